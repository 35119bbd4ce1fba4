//! Files and folders. Every error names its path; links are never followed; nothing but a regular file is
//! ever opened. [`Disk`] is a trait so that a test can pull the plug at any step; [`RealDisk`] is the one
//! that a run uses.
//!
//! What cannot be promised is left out: there is no call here that overwrites a file's bytes, and none that
//! replaces a name silently except [`Disk::rename_over`].

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::Path;

mod drive;
mod error;
mod extended;
mod identity;
mod promise;
mod real;
mod sync;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(test)]
pub(crate) mod crash;
#[cfg(test)]
mod tests;

use drive::block_size;
pub(crate) use drive::writable;
pub use drive::{drive, free_space};
pub(crate) use error::{DiskError, LET_GO, Trouble};
pub(crate) use extended::Extended;
#[cfg(unix)]
pub(crate) use identity::Owner;
pub(crate) use identity::{Attributes, Identity};
pub(crate) use promise::weak_sync;
pub use real::resolve;
pub(crate) use real::{RealDisk, resolve_folder};
pub use sync::sync_file;

use crate::engine::metrics::Drive;

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name, as raw as the system has it.
    pub(crate) name: OsString,
    /// What it is; links are not followed.
    pub(crate) kind: EntryKind,
    /// Its number on its file system, which is near disk order on many; 0 where unknown.
    pub(crate) inode: u64,
}

/// What a name in a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link (or junction), wherever it points.
    Link,
    /// A pipe, socket or device.
    Other,
}

/// The operations on files and folders that this program uses. Paths are absolute. Every call starts again by
/// itself when a signal interrupts it. An operation that reports an error may still have happened (network
/// file systems do that): look before acting on it.
pub(crate) trait Disk: Send + Sync + Debug {
    /// All names in a folder, in no particular order, without `.` and `..`.
    fn entries(&self, folder: &Path) -> Result<Vec<Entry>, DiskError>;

    /// Opens a regular file for reading. Links are not followed, pipes do not hang.
    fn open(&self, path: &Path) -> Result<Box<dyn OpenFile>, DiskError>;

    /// Who the regular file at `path` is; `None` where nothing is. Links are not followed; what is no
    /// regular file is an error ([`Trouble::NotRegular`]).
    fn stat(&self, path: &Path) -> Result<Option<Identity>, DiskError>;

    /// Is there a real folder (no link to one) at `path`?
    fn is_folder(&self, path: &Path) -> Result<bool, DiskError>;

    /// Creates a file that is not there yet, readable by nobody else until attributes are set.
    fn create_new(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError>;

    /// Opens an existing regular file for appending.
    fn open_append(&self, path: &Path) -> Result<Box<dyn NewFile>, DiskError>;

    /// Gives a file another name that nothing has yet. Atomic where the file system can; otherwise link, folder
    /// sync, unlink. [`Trouble::Exists`] where the name is taken, [`Trouble::Unsupported`] where neither works.
    fn rename_noreplace(&self, from: &Path, to: &Path) -> Result<(), DiskError>;

    /// Gives a file another name, replacing what had it, atomically.
    fn rename_over(&self, from: &Path, to: &Path) -> Result<(), DiskError>;

    /// Gives a file a second name that nothing has yet.
    fn hard_link(&self, from: &Path, to: &Path) -> Result<(), DiskError>;

    /// Takes a file's name away.
    fn remove_file(&self, path: &Path) -> Result<(), DiskError>;

    /// Creates a folder that is not there yet.
    fn create_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// Removes an empty folder.
    fn remove_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// Makes the names in a folder durable. Does nothing where the system has no such thing.
    fn sync_dir(&self, folder: &Path) -> Result<(), DiskError>;

    /// Takes the lock on the file at `path`, creating it where needed; `None` while somebody else has it.
    /// The lock is on the file that has this name *now*: a file unlinked by its last holder is not taken.
    fn lock(&self, path: &Path) -> Result<Option<Box<dyn LockGuard>>, DiskError>;

    /// What kind of drive `path` lies on, as far as the system tells.
    fn drive(&self, path: &Path) -> Drive;

    /// Bytes of one block of the file system that `path` lies on, in which it gives space away; `None` where the
    /// system does not tell.
    fn block_size(&self, path: &Path) -> Option<u64>;
}

/// A regular file open for reading.
pub(crate) trait OpenFile: Send {
    /// Who it is, as of now.
    fn identity(&self) -> Result<Identity, DiskError>;

    /// What carries over to its replacement.
    fn attributes(&self) -> Result<Attributes, DiskError>;

    /// Reads from `offset` on until `buffer` is full or the file ends; the count of bytes read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError>;

    /// The whole file; an error where it is longer than `cap` bytes (no more than that is ever taken).
    fn read_all(&self, cap: u64) -> Result<Vec<u8>, DiskError>;

    /// As [`OpenFile::read_all`], but from the drive: what the system holds of the file in memory is let go first, where it can
    /// be asked to (Linux, macOS) and as far as it obeys. For content that was synced.
    fn read_back(&self, cap: u64) -> Result<Vec<u8>, DiskError>;

    /// Makes the content durable, whoever wrote it.
    fn sync(&self) -> Result<(), DiskError>;
}

/// A file of ours, open for writing. Dropping closes it.
pub(crate) trait NewFile: Send {
    /// Who it is, as of now.
    fn identity(&self) -> Result<Identity, DiskError>;

    /// Appends all of `bytes`.
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), DiskError>;

    /// Gives it times, mode and owner. The owner is best effort: only root may give files away, so a refusal is no
    /// error; where the group cannot be carried over, its permissions shrink to those of everybody, and
    /// set-user-id and the like are dropped, so that nobody gains a right. File systems without modes or times
    /// keep what they have. Extended attributes are best effort, too: answered are the names of those that it did not take. An access
    /// list that it did not take leaves it open to nobody who was kept out before.
    fn set_attributes(&mut self, attributes: &Attributes) -> Result<Vec<String>, DiskError>;

    /// Makes content, length and attributes durable. A failure is final: asking again may lie.
    fn sync(&mut self) -> Result<(), DiskError>;
}

/// A lock that ends when it is dropped (or its process dies).
pub(crate) trait LockGuard: Send + Sync + Debug {
    /// Replaces the text in the lock file, which tells others who holds it.
    fn describe(&mut self, text: &str) -> Result<(), DiskError>;
}
