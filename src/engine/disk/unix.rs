//! What only Unix has: modes, owners, inodes, `renameat2`.

use std::fs::{self, DirEntry, File, FileTimes, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirEntryExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::real::refuse_irregular;
use super::sync::sync_file;
use super::{Attributes, DiskError, Identity, Owner, extended};

pub(super) fn entry_inode(entry: &DirEntry) -> u64 {
    entry.ino()
}

/// Every path is taken to the letter.
pub(super) fn literal(path: &Path) -> &Path {
    path
}

/// The path with links resolved.
pub(super) fn canonical(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// There is one form of a path.
pub(super) fn plain(path: PathBuf) -> PathBuf {
    path
}

/// Nobody who has a file open keeps others from renaming or removing it.
pub(super) fn patiently<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    operation()
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Takes the lock on a file if nobody has it.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Opens without following a link and without waiting for the other end of a pipe. The standard library adds
/// `O_CLOEXEC` and starts again after a signal.
pub(super) fn open_regular(options: &mut OpenOptions, path: &Path, action: &'static str) -> Result<File, DiskError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.custom_flags(flags.bits() as i32);
    let file = options.open(path).map_err(|error| DiskError::new(action, path, error))?;
    refuse_irregular(file, path, action)
}

/// Nobody but the owner may read a file until it gets the mode of its original.
pub(super) fn private(options: &mut OpenOptions) {
    options.mode(0o600).custom_flags(OFlags::NOFOLLOW.bits() as i32);
}

fn identity_of(found: &fs::Metadata) -> Identity {
    Identity {
        device: found.dev(),
        inode: found.ino(),
        len: found.size(),
        modified_ns: nanoseconds(found.mtime(), found.mtime_nsec()),
        links: found.nlink(),
    }
}

fn nanoseconds(seconds: i64, nanos: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

pub(super) fn identity(file: &File) -> io::Result<Identity> {
    Ok(identity_of(&file.metadata()?))
}

pub(super) fn stat(path: &Path) -> Result<Option<Identity>, DiskError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DiskError::new("look at", path, error)),
    };
    let kind = found.file_type();
    if kind.is_file() {
        return Ok(Some(identity_of(&found)));
    }
    let what = if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        "a pipe, socket or device"
    };
    Err(DiskError::not_regular("use", path, what))
}

pub(super) fn attributes(file: &File) -> io::Result<Attributes> {
    let found = file.metadata()?;
    Ok(Attributes {
        owner: Some(Owner {
            mode: found.mode() & 0o7777,
            uid: found.uid(),
            gid: found.gid(),
        }),
        readonly: false,
        modified_ns: nanoseconds(found.mtime(), found.mtime_nsec()),
        accessed_ns: nanoseconds(found.atime(), found.atime_nsec()),
        extended: extended::read(file),
    })
}

/// Extended attributes first (an owner without the right to write may not give them), then the owner (giving a file away clears bits of
/// its mode), then the access list, then mode, then times. The names of extended attributes that it did not take.
pub(super) fn set_attributes(file: &File, attributes: &Attributes) -> io::Result<Vec<String>> {
    let mut lost = extended::give(file, &attributes.extended);
    if let Some(owner) = attributes.owner {
        let now = file.metadata()?;
        // Set-user-id, set-group-id and sticky are dropped: new content must not inherit special powers.
        let mut mode = owner.mode & 0o777;
        if now.gid() != owner.gid && std::os::unix::fs::fchown(file, None, Some(owner.gid)).is_err() {
            // Another group than the original's: it may do no more than everybody may.
            mode &= !0o070 | ((mode & 0o007) << 3);
        }
        if now.uid() != owner.uid {
            // Only root may; for everybody else the replacement belongs to whoever made it.
            let _ = std::os::unix::fs::fchown(file, Some(owner.uid), None);
        }
        let access = extended::give_access(file, &attributes.extended, mode);
        if access.lost {
            lost.push("access list".to_owned());
        }
        mode = access.mode;
        if file.metadata()?.mode() & 0o7777 != mode {
            ignore_unsupported(file.set_permissions(Permissions::from_mode(mode)))?;
        }
    }
    if let (Some(modified), Some(accessed)) = (system_time(attributes.modified_ns), system_time(attributes.accessed_ns)) {
        ignore_unsupported(file.set_times(FileTimes::new().set_modified(modified).set_accessed(accessed)))?;
    }
    Ok(lost)
}

/// Our own file: a refusal can only mean that the file system has no such attribute (FAT, some network mounts).
fn ignore_unsupported(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if matches!(errno(&error), Some(Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::INVAL)) => Ok(()),
        other => other,
    }
}

fn system_time(nanos: i128) -> Option<SystemTime> {
    let distance = Duration::from_nanos_u128(nanos.unsigned_abs());
    if nanos >= 0 {
        UNIX_EPOCH.checked_add(distance)
    } else {
        UNIX_EPOCH.checked_sub(distance)
    }
}

fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}

pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Lets go of what the system holds of a file in memory, so that the next read asks the drive (over a network: the server). Only
/// advice: a refusal means that a read is answered from memory.
pub(super) fn forget(file: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(target_os = "macos")]
    let _ = rustix::fs::fcntl_nocache(file, true);
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    let _ = file;
}

/// The atomic rename that refuses to replace, where the system has one.
#[cfg(target_os = "linux")]
pub(super) fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    loop {
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

/// The atomic rename that refuses to replace, where the system has one.
#[cfg(not(target_os = "linux"))]
pub(super) fn rename_noreplace(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `renameat2` answers EINVAL where the file system does not know the flag, ENOSYS where the kernel does not.
pub(super) fn lacks_operation(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || matches!(errno(error), Some(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP))
}

/// FAT answers EPERM to `link`, others what they answer to everything unknown.
pub(super) fn lacks_links(error: &io::Error) -> bool {
    lacks_operation(error) || matches!(errno(error), Some(Errno::PERM | Errno::MLINK))
}

pub(super) fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

pub(super) fn sync_dir(folder: &Path) -> io::Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(folder)?;
    match sync_file(&folder) {
        // Network and user-space file systems whose folders know no fsync.
        Err(error) if lacks_operation(&error) => Ok(()),
        result => result,
    }
}

/// A second lock on a locked file of a local drive, for those who come through a file server on this machine: Samba and NFS servers in
/// user space know records that are locked, and nothing of `flock`. False: one of them holds it. (A client's `flock` becomes such a record
/// at the server, so a client needs no second one.)
#[cfg(target_os = "linux")]
pub(super) fn lock_for_servers(file: &File) -> io::Result<bool> {
    use std::os::fd::AsRawFd;
    let all = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    loop {
        // SAFETY: the descriptor is open as long as `file` is borrowed, and the system only reads `all`, which outlives the call. It
        // belongs to the open file like `flock`, so that no other handle of this process lets go of it.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const all) } == 0 {
            return Ok(true);
        }
        match Errno::from_io_error(&io::Error::last_os_error()) {
            Some(Errno::INTR) => {}
            Some(Errno::AGAIN | Errno::ACCESS) => return Ok(false),
            // An old system, or a drive without such locks: then there is no server that could have one either.
            Some(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::NOLCK) => return Ok(true),
            Some(other) => return Err(other.into()),
            None => return Err(io::Error::last_os_error()),
        }
    }
}

/// As on Linux; elsewhere `flock` and record locks are known to exclude each other, or nothing is known.
#[cfg(not(target_os = "linux"))]
pub(super) fn lock_for_servers(_file: &File) -> io::Result<bool> {
    Ok(true)
}

/// `fsync` is about the file, not about the handle: one open for reading will do.
pub(super) fn sync_read(file: &File, _path: &Path) -> io::Result<()> {
    sync_file(file)
}
