//! Where a benchmark works: a fresh hidden folder of ours beside the shard, on the same drive, never inside it. A lock in it
//! tells a benchmark that is under way from what a killed program left; the latter is removed by the next one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::BenchError;
use crate::engine::disk::{Disk, DiskError, EntryKind, LockGuard};

/// Names of such folders begin with this; hidden, so that no scan looks into them.
pub(super) const PREFIX: &str = ".shardpress-bench-";

/// The file in it whose lock says that somebody is at work.
const LOCK: &str = "lock";

/// The folder in it that is worked on.
const COPY: &str = "copy";

/// Files written at once: a sync waits for the drive, and several wait together.
const WRITES_AT_ONCE: usize = 8;

/// An image in memory, under its own name.
pub(super) struct Image {
    pub(super) name: std::ffi::OsString,
    pub(super) bytes: Vec<u8>,
}

/// The folder. Dropping it removes it, whatever happened.
pub(super) struct Place {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    lock: Option<Box<dyn LockGuard>>,
}

impl Place {
    /// Creates it in `parent`, after removing what killed benchmarks left there.
    pub(super) fn new(disk: Arc<dyn Disk>, parent: &Path, id: &str) -> Result<Self, BenchError> {
        clear(disk.as_ref(), parent);
        let folder = parent.join(format!("{PREFIX}{id}"));
        disk.create_dir(&folder).map_err(|error| BenchError::Place {
            folder: parent.to_owned(),
            message: error.to_string(),
        })?;
        let mut place = Self { disk, folder, lock: None };
        place.lock = place.disk.lock(&place.folder.join(LOCK))?;
        Ok(place)
    }

    /// Whether it lies on the file system of the file at `path`; `None` where the system does not tell.
    pub(super) fn same_drive(&self, path: &Path) -> Option<bool> {
        let here = self.disk.stat(&self.folder.join(LOCK)).ok()??;
        let there = self.disk.stat(path).ok()??;
        Some(here.device == there.device)
    }

    /// Writes a fresh copy of the images and makes it durable, so that no run pays for what was written before it.
    pub(super) fn fill(&self, images: &[Image]) -> Result<PathBuf, BenchError> {
        let copy = self.folder.join(COPY);
        self.disk.create_dir(&copy)?;
        let next = AtomicUsize::new(0);
        let write = || -> Result<(), DiskError> {
            while let Some(image) = images.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut file = self.disk.create_new(&copy.join(&image.name))?;
                file.write_all(&image.bytes)?;
                file.sync()?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..WRITES_AT_ONCE.min(images.len()))
                .map_while(|_| thread::Builder::new().spawn_scoped(scope, write).ok())
                .collect();
            // Short of threads: this one does it.
            let mut result = write();
            for thread in threads {
                match thread.join() {
                    Ok(other) => result = result.and(other),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            result
        })?;
        self.disk.sync_dir(&copy)?;
        Ok(copy)
    }

    /// Removes the copy that was worked on.
    pub(super) fn empty(&self) -> Result<(), DiskError> {
        remove(self.disk.as_ref(), &self.folder.join(COPY))
    }

    /// Removes all of it, and tells what could not be.
    pub(super) fn close(mut self) -> Result<(), DiskError> {
        self.remove()
    }

    fn remove(&mut self) -> Result<(), DiskError> {
        // A file that is held open cannot be removed everywhere.
        self.lock = None;
        if self.disk.is_folder(&self.folder)? {
            remove(self.disk.as_ref(), &self.folder)?;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next benchmark.
        let _ = self.remove();
    }
}

/// Removes what killed benchmarks left in `parent`: folders of our name whose lock nobody holds. What cannot be looked at or
/// removed stays; it is no reason not to begin.
fn clear(disk: &dyn Disk, parent: &Path) {
    let ours = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
    for entry in disk.entries(parent).unwrap_or_default() {
        if entry.kind != EntryKind::Folder || !ours(&entry.name) {
            continue;
        }
        let folder = parent.join(&entry.name);
        // Without the lock it is none of ours, or was killed before it held anything: only an empty folder goes.
        if !matches!(disk.stat(&folder.join(LOCK)), Ok(Some(_))) {
            let _ = disk.remove_dir(&folder);
            continue;
        }
        if let Ok(Some(lock)) = disk.lock(&folder.join(LOCK)) {
            drop(lock);
            let _ = remove(disk, &folder);
        }
    }
}

/// Removes a folder with all that lies in it; links are removed, never followed.
fn remove(disk: &dyn Disk, folder: &Path) -> Result<(), DiskError> {
    let mut lock = None;
    for entry in disk.entries(folder)? {
        let path = folder.join(&entry.name);
        match entry.kind {
            EntryKind::Folder => remove(disk, &path)?,
            // Last, so that a removal that is cut short is still known for what it is.
            _ if entry.name == LOCK => lock = Some(path),
            _ => disk.remove_file(&path)?,
        }
    }
    if let Some(path) = lock {
        disk.remove_file(&path)?;
    }
    disk.remove_dir(folder)
}
