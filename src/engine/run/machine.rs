//! What this machine has, and what a run takes of it by default.

use std::path::PathBuf;
use std::thread;

use sysinfo::{CpuRefreshKind, Disks, MemoryRefreshKind, RefreshKind, System};

use crate::engine::metrics::Machine;
use crate::engine::pixels::codecs;
use crate::engine::settings::Settings;

/// Default memory for images in flight, bytes a CPU worker.
const MEMORY_A_WORKER: u64 = 96 << 20;

/// And never less than this.
const LEAST_MEMORY: u64 = 192 << 20;

/// Threads that decode, resize and encode: as set, otherwise one a core.
pub fn workers(settings: &Settings) -> usize {
    settings.machine.workers.unwrap_or_else(cores).max(1)
}

/// Bound on the memory of images in flight, bytes: as set, otherwise 96 MiB a worker, at least 192 MiB, at most a
/// quarter of the machine's memory.
pub fn memory_budget(settings: &Settings) -> u64 {
    settings
        .machine
        .memory
        .unwrap_or_else(|| default_memory(workers(settings), physical_memory()))
}

fn default_memory(workers: usize, physical: u64) -> u64 {
    let wanted = (MEMORY_A_WORKER * workers as u64).max(LEAST_MEMORY);
    if physical == 0 { wanted } else { wanted.min(physical / 4) }
}

/// Cores the program may use.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn physical_memory() -> u64 {
    System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram())).total_memory()
}

/// Lets the system have what was freed. The allocator keeps it for the next picture, which is what makes a run fast, but of a plan of a
/// million images hundreds of megabytes would stay beside what comes after it.
pub(super) fn give_back_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: malloc_trim touches free memory of the allocator only, under the allocator's own locks.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}

/// This machine as a report names it.
pub fn this_machine(settings: &Settings, backend: &str) -> Machine {
    let system = System::new_with_specifics(
        RefreshKind::nothing()
            .with_memory(MemoryRefreshKind::nothing().with_ram())
            .with_cpu(CpuRefreshKind::nothing()),
    );
    Machine {
        system: System::long_os_version().unwrap_or_else(|| std::env::consts::OS.into()),
        processor: system
            .cpus()
            .first()
            .map_or_else(|| std::env::consts::ARCH.into(), |c| c.brand().trim().into()),
        cores: cores(),
        memory_bytes: system.total_memory(),
        workers: workers(settings),
        memory_budget: memory_budget(settings),
        backend: backend.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        codecs: codecs(),
    }
}

/// Mount points of this machine's drives, each once.
pub fn drives() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = Disks::new_with_refreshed_list()
        .iter()
        .map(|d| d.mount_point().to_owned())
        .collect();
    places.sort();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_memory_follows_workers_and_machine() {
        for (workers, physical, expected) in [
            (1, 64 << 30, 192 << 20),
            (2, 64 << 30, 192 << 20),
            (16, 64 << 30, 1536 << 20),
            (16, 4 << 30, 1 << 30),
            (2, 512 << 20, 128 << 20),
            (2, 0, 192 << 20),
        ] {
            assert_eq!(default_memory(workers, physical), expected, "{workers} workers, {physical} bytes");
        }
    }
}
