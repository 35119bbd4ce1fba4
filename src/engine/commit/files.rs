//! Moving, removing and comparing files with a second look: on a network an operation that reported an error may
//! have happened all the same.

use std::path::Path;

use twox_hash::XxHash3_128;

use crate::engine::disk::{Attributes, Disk, DiskError, Identity, Trouble};

/// Bytes read at a time for a hash.
const CHUNK: usize = 1 << 20;

/// The hash by which the journal knows contents: XXH3 with 128 bits.
pub(crate) fn content_hash(bytes: &[u8]) -> u128 {
    XxHash3_128::oneshot(bytes)
}

/// The hash of a file's whole content.
pub(super) fn hash_file(disk: &dyn Disk, path: &Path) -> Result<u128, DiskError> {
    let file = disk.open(path)?;
    let mut hasher = XxHash3_128::new();
    let len = file.identity()?.len;
    let mut buffer = vec![0; CHUNK.min(usize::try_from(len).unwrap_or(CHUNK).max(1))];
    let mut offset = 0u64;
    loop {
        let count = file.read_at(offset, &mut buffer)?;
        if count == 0 {
            return Ok(hasher.finish_128());
        }
        hasher.write(&buffer[..count]);
        offset += count as u64;
    }
}

/// May `to` be replaced by an ordinary rename where the file system knows no other?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A name of ours, which nobody else uses: look first, then rename.
    Ours,
    /// A name anybody could take at any moment: copy into a file that is created exclusively.
    Anybodys,
}

/// Moves a file to a name that nothing has, never replacing anything. `file` is who it is (from a `stat` of `from`).
/// When this fails, the file is where it was, as far as could be seen.
pub(super) fn move_file(disk: &dyn Disk, from: &Path, to: &Path, file: &Identity, target: Target) -> Result<(), DiskError> {
    match settle_move(disk, from, to, file, disk.rename_noreplace(from, to)) {
        Err(error) if error.kind() == Trouble::Unsupported => {}
        result => return result,
    }
    match target {
        Target::Ours => {
            if disk.stat(to)?.is_some() {
                return Err(DiskError::new("rename to", to, std::io::ErrorKind::AlreadyExists.into()));
            }
            settle_move(disk, from, to, file, disk.rename_over(from, to))
        }
        Target::Anybodys => copy_then_remove(disk, from, to),
    }
}

/// Looks at both names after a rename that reported an error: perhaps it happened.
pub(super) fn settle_move(disk: &dyn Disk, from: &Path, to: &Path, file: &Identity, told: Result<(), DiskError>) -> Result<(), DiskError> {
    let error = match told {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    match (disk.stat(from), disk.stat(to)) {
        (Ok(None), Ok(Some(now))) if same_content(file, &now) => Ok(()),
        // Half of it happened: by links, where there is no other way. Both names are one file; finish what was begun.
        (Ok(Some(old)), Ok(Some(new))) if error.kind() != Trouble::Exists && old.unchanged(&new) && old.links > 1 => {
            if let Some(folder) = to.parent() {
                disk.sync_dir(folder)?;
            }
            match disk.stat(from)? {
                Some(now) if now.same_file(&new) => remove_file(disk, from),
                _ => Err(error),
            }
        }
        _ => Err(error),
    }
}

/// After a rename the inode must be the same; file systems that invent inode numbers keep at least length and time.
fn same_content(before: &Identity, now: &Identity) -> bool {
    before.same_file(now) || (before.len == now.len && before.modified_ns == now.modified_ns)
}

/// Removes a file; an error that left nothing behind is none.
pub(super) fn remove_file(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    match disk.remove_file(path) {
        Ok(()) => Ok(()),
        Err(_) if matches!(disk.stat(path), Ok(None)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The last resort for a name that anybody could take, where a file system can neither rename without replacing nor link.
fn copy_then_remove(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), DiskError> {
    let (bytes, attributes) = {
        let file = disk.open(from)?;
        (file.read_all(u64::MAX - 1)?, file.attributes()?)
    };
    write_new(disk, to, &bytes, &attributes).map_err(|failed| {
        if let (Some(made), Ok(Some(now))) = (failed.made, disk.stat(to))
            && made.same_file(&now)
        {
            let _ = remove_file(disk, to);
        }
        failed.error
    })?;
    if let Some(folder) = to.parent() {
        disk.sync_dir(folder)?;
    }
    remove_file(disk, from)
}

/// A file that was created and written to the end.
#[derive(Debug)]
pub(super) struct Made {
    /// Who it is.
    pub(super) identity: Identity,
    /// Extended attributes that it did not take.
    pub(super) lost: Vec<String>,
}

/// A file that could not be written to the end.
#[derive(Debug)]
pub(super) struct WriteFailed {
    /// Why.
    pub(super) error: DiskError,
    /// Who the file is that was created before the failure; `None` where none was, or nobody knows.
    pub(super) made: Option<Identity>,
}

/// Creates a file exclusively, writes it, gives it its attributes and makes it durable. The handle is closed when
/// this returns. A sync that failed is not repeated: the second answer may be a lie.
pub(super) fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8], attributes: &Attributes) -> Result<Made, WriteFailed> {
    let mut file = disk.create_new(path).map_err(|error| WriteFailed { error, made: None })?;
    let made = file.identity().map_err(|error| WriteFailed { error, made: None })?;
    let write = file
        .write_all(bytes)
        .and_then(|()| file.set_attributes(attributes))
        .and_then(|lost| file.sync().map(|()| lost));
    drop(file);
    match write {
        Ok(lost) => Ok(Made { identity: made, lost }),
        Err(error) => Err(WriteFailed { error, made: Some(made) }),
    }
}

/// Creates a folder where there is none yet; a link or file of that name is an error.
pub(super) fn ensure_folder(disk: &dyn Disk, path: &Path) -> Result<bool, DiskError> {
    if disk.is_folder(path)? {
        return Ok(false);
    }
    match disk.create_dir(path) {
        Ok(()) => Ok(true),
        Err(_) if matches!(disk.is_folder(path), Ok(true)) => Ok(true),
        Err(error) => Err(error),
    }
}
