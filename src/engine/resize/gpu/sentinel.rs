//! A driver that crashes takes the whole program with it. So a small file says that a card is being opened, and goes once its
//! first pictures came out right. A run that finds the file of a program that is gone leaves the card alone.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::engine::disk::sync_file;

/// Name of the file, in the folder for the program's data.
const NAME: &str = "gpu.starting";

/// A card is being opened. The mark goes with this value.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    /// Locked as long as the program lives, however it ends: that tells a crash from a start that is just under way.
    _file: File,
}

/// Whether a card may be opened.
#[derive(Debug)]
pub(super) enum Start {
    /// Yes; `None` where no mark could be left, which is no reason not to work.
    Go(Option<Mark>),
    /// The program did not survive it last time.
    Crashed,
}

/// Leaves the mark in `folder`. A card that a person asked for (`anyway`) is opened again after a crash.
pub(super) fn begin(folder: Option<&Path>, anyway: bool) -> Start {
    let Some(folder) = folder else { return Start::Go(None) };
    let path = folder.join(NAME);
    let open = || {
        fs::create_dir_all(folder)?;
        // Append: a mark of another start that is under way stays as it is.
        File::options().read(true).append(true).create(true).open(&path)
    };
    let Ok(mut file) = open() else { return Start::Go(None) };
    match file.try_lock() {
        Ok(()) => {}
        // Another run is at it right now.
        Err(TryLockError::WouldBlock) => return Start::Go(None),
        // A file system without locks: no mark would tell anything.
        Err(TryLockError::Error(_)) => return Start::Go(None),
    }
    let was_there = file.metadata().is_ok_and(|found| found.len() > 0);
    if was_there && !anyway {
        return Start::Crashed;
    }
    if !was_there && (writeln!(file, "A graphics card is being opened.").is_err() || sync_file(&file).is_err()) {
        return Start::Go(None);
    }
    Start::Go(Some(Mark { path, _file: file }))
}

impl Drop for Mark {
    fn drop(&mut self) {
        // What cannot be removed keeps the next run from the card, which is safe.
        let _ = fs::remove_file(&self.path);
    }
}

/// The file, for messages.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_noticed_and_a_start_under_way_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("not yet there");
        let Start::Go(Some(mark)) = begin(Some(&data), false) else {
            panic!("nothing was in the way")
        };
        assert!(path(&data).exists());
        // The same moment, another run.
        assert!(matches!(begin(Some(&data), false), Start::Go(None)));
        drop(mark);
        assert!(!path(&data).exists());

        // What a crash leaves: the file, not locked.
        fs::write(path(&data), "A graphics card is being opened.\n").expect("written");
        assert!(matches!(begin(Some(&data), false), Start::Crashed));
        assert!(matches!(begin(Some(&data), false), Start::Crashed), "until somebody asks for it");
        let asked = begin(Some(&data), true);
        assert!(matches!(asked, Start::Go(Some(_))));
        drop(asked);
        assert!(matches!(begin(Some(&data), false), Start::Go(Some(_))));
        assert!(matches!(begin(None, false), Start::Go(None)));
    }
}
