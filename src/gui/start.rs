//! A driver that crashes takes the whole program with it, and would at every start. So a small file says that a start is under way,
//! and goes when the first frames were shown. A start that finds it from a program that is gone draws with OpenGL instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// A start under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempt {
    file: Option<PathBuf>,
    /// The start before this one did not get to its first frames.
    crashed: bool,
    over: Arc<AtomicBool>,
}

impl Attempt {
    /// Marks that a start is under way. Where that cannot be written, the start goes on without.
    pub(super) fn begin(config: Option<&Path>) -> Self {
        let Some(config) = config else { return Self::default() };
        let file = config.join("window.starting");
        let crashed = fs::read_to_string(&file).is_ok_and(|text| !text.trim().parse::<u32>().is_ok_and(is_alive));
        let written = fs::create_dir_all(config).and_then(|()| fs::write(&file, std::process::id().to_string()));
        Self {
            file: written.is_ok().then_some(file),
            crashed,
            over: Arc::default(),
        }
    }

    /// What to try, in order.
    pub(super) fn backends(&self) -> Vec<wgpu::Backends> {
        let usual = wgpu::Backends::PRIMARY | wgpu::Backends::GL;
        let spare = wgpu::Backends::VULKAN | wgpu::Backends::GL;
        if self.crashed {
            vec![wgpu::Backends::GL, usual]
        } else {
            vec![usual, spare]
        }
    }

    /// What a person should know of this start.
    pub(super) fn remark(&self) -> Option<&'static str> {
        self.crashed.then_some(
            "The last start ended before the window was there, so this time it is drawn with OpenGL. The next start tries the usual way again.",
        )
    }

    /// The window is there, or will never be. Cheap to call again.
    pub(super) fn ended(&self) {
        if !self.over.swap(true, Ordering::Relaxed)
            && let Some(file) = &self.file
        {
            let _ = fs::remove_file(file);
        }
    }
}

fn is_alive(process: u32) -> bool {
    let pid = Pid::from_u32(process);
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, ProcessRefreshKind::nothing());
    system.process(pid).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_crashed_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("new");
        let file = config.join("window.starting");
        let first = Attempt::begin(Some(&config));
        assert!(!first.crashed && file.exists());
        // Another window of a program that still runs is no crash.
        assert!(!Attempt::begin(Some(&config)).crashed);
        // No process has this number.
        fs::write(&file, "4294967294").unwrap();
        let after = Attempt::begin(Some(&config));
        assert!(after.crashed && after.remark().is_some());
        assert_eq!(after.backends()[0], wgpu::Backends::GL);
        after.ended();
        assert!(!file.exists());
        assert!(!Attempt::begin(Some(&config)).crashed);
        assert!(!Attempt::begin(None).crashed);
    }
}
