//! Which folders are shards: the named ones and their direct subfolders, deeper when asked, hidden ones never.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::natural_order;
use crate::engine::disk::{Disk, DiskError, EntryKind, resolve_folder};

/// A named folder cannot be looked into.
#[derive(Debug, Error)]
pub enum ScanError {
    /// It isn't there, or it is no folder.
    #[error("{path} is not a folder that can be opened: {reason}. Nothing was touched. Check the spelling, and that the drive is mounted.", path = path.display())]
    NoFolder {
        /// As it was named.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A shard that was asked for by its name or number is not there.
    #[error("{message} Nothing was touched.")]
    NoShard {
        /// Which, and the names of a few that are there.
        message: String,
    },
    /// Somebody stopped the scan.
    #[error("The scan was stopped. Nothing was touched.")]
    Stopped,
    /// It cannot be listed.
    #[error("{message}. Nothing was touched.")]
    Disk {
        /// The folder, the operation and the system's reason.
        message: String,
    },
}

impl From<DiskError> for ScanError {
    fn from(error: DiskError) -> Self {
        Self::Disk {
            message: error.to_string(),
        }
    }
}

/// The folder with links resolved, so that the same folder under two names is worked on once.
///
/// # Errors
/// It isn't there or is no folder.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, ScanError> {
    let wrong = |reason: String| ScanError::NoFolder {
        path: path.to_owned(),
        reason,
    };
    match resolve_folder(path) {
        Ok((full, true)) => Ok(full),
        Ok((_, false)) => Err(wrong("it is a file".into())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Folders that may be shards, each once: every root followed by its subfolders in natural order. A subfolder that cannot
/// be listed is among them; the scan says why.
///
/// # Errors
/// A root that is no folder, or that cannot be listed.
pub(crate) fn candidates(disk: &dyn Disk, roots: &[PathBuf], recursive: bool) -> Result<Vec<PathBuf>, ScanError> {
    let mut walk = Walk {
        disk,
        recursive,
        listed: HashSet::new(),
        seen: HashSet::new(),
        found: Vec::new(),
    };
    for root in roots {
        let root = absolute(root)?;
        let below = walk.below(&root)?;
        walk.add(root, below);
    }
    Ok(walk.found)
}

/// Folders on the way. A folder may be seen as somebody's subfolder and be named as a root as well.
struct Walk<'a> {
    disk: &'a dyn Disk,
    recursive: bool,
    listed: HashSet<PathBuf>,
    seen: HashSet<PathBuf>,
    found: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Visible subfolders in natural order; none where they were handed out before.
    fn below(&mut self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        if !self.listed.insert(folder.to_owned()) {
            return Ok(Vec::new());
        }
        let mut names: Vec<_> = self
            .disk
            .entries(folder)?
            .into_iter()
            .filter(|e| e.kind == EntryKind::Folder && !super::is_hidden(&e.name))
            .map(|e| e.name)
            .collect();
        names.sort_by(|a, b| natural_order(a, b));
        Ok(names.into_iter().map(|name| folder.join(name)).collect())
    }

    fn add(&mut self, folder: PathBuf, below: Vec<PathBuf>) {
        if self.seen.insert(folder.clone()) {
            self.found.push(folder);
        }
        for folder in below {
            let below = if self.recursive {
                self.below(&folder).unwrap_or_default()
            } else {
                Vec::new()
            };
            self.add(folder, below);
        }
    }
}
