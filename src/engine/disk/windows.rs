//! What only Windows has: file indices by handle, reparse points, `MoveFileExW`, locks that bind, names taken to the letter.

use std::fs::{self, DirEntry, File, FileTimes, OpenOptions};
use std::io;
use std::mem::MaybeUninit;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, ERROR_NOT_SUPPORTED, FILETIME,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_REPARSE_POINT,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, GetFileInformationByHandle, LOCKFILE_EXCLUSIVE_LOCK,
    LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH, MoveFileExW, SetFileAttributesW,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

mod paths;
mod patience;

pub(super) use paths::{literal, plain};
pub(super) use patience::patiently;

use super::real::refuse_irregular;
use super::{Attributes, DiskError, Identity, Trouble, extended};

/// From 1601 to 1970, in the 100 ns steps of a FILETIME.
const EPOCH_STEPS: i128 = 116_444_736_000_000_000;

/// A listing does not tell it, and asking for each file costs an open.
pub(super) fn entry_inode(_entry: &DirEntry) -> u64 {
    0
}

/// Opens the link itself instead of what it points to, or the folder, then refuses it.
pub(super) fn open_regular(options: &mut OpenOptions, path: &Path, action: &'static str) -> Result<File, DiskError> {
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS);
    let file = patiently(|| options.open(literal(path))).map_err(|error| DiskError::new(action, path, error))?;
    refuse_irregular(file, path, action)
}

/// A new file inherits the access list of its folder.
pub(super) fn private(_options: &mut OpenOptions) {}

fn information(file: &File) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut found = MaybeUninit::<BY_HANDLE_FILE_INFORMATION>::uninit();
    // SAFETY: the handle is open for as long as `file` lives, and `found` is a writable place of the size the call fills.
    let done = unsafe { GetFileInformationByHandle(file.as_raw_handle(), found.as_mut_ptr()) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so it filled the whole structure.
    Ok(unsafe { found.assume_init() })
}

fn nanoseconds(time: FILETIME) -> i128 {
    let steps = (i128::from(time.dwHighDateTime) << 32) | i128::from(time.dwLowDateTime);
    (steps - EPOCH_STEPS) * 100
}

fn identity_of(found: &BY_HANDLE_FILE_INFORMATION) -> Identity {
    Identity {
        device: u64::from(found.dwVolumeSerialNumber),
        inode: (u64::from(found.nFileIndexHigh) << 32) | u64::from(found.nFileIndexLow),
        len: (u64::from(found.nFileSizeHigh) << 32) | u64::from(found.nFileSizeLow),
        modified_ns: nanoseconds(found.ftLastWriteTime),
        links: u64::from(found.nNumberOfLinks),
    }
}

pub(super) fn identity(file: &File) -> io::Result<Identity> {
    Ok(identity_of(&information(file)?))
}

pub(super) fn stat(path: &Path) -> Result<Option<Identity>, DiskError> {
    // No access rights are asked for: looking works on files that others hold.
    let opened = OpenOptions::new()
        .access_mode(0)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
        .open(literal(path))
        .map_err(|error| DiskError::new("look at", path, error));
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == Trouble::Vanished => return Ok(None),
        Err(error) => return Err(error),
    };
    let found = information(&file).map_err(|error| DiskError::new("look at", path, error))?;
    // Cloud-synced files are reparse points too, but their metadata says `is_file`: ask the standard library, which knows them apart.
    if found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        return Err(DiskError::not_regular("use", path, "a folder"));
    }
    if found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        refuse_irregular(file, path, "use")?;
    }
    Ok(Some(identity_of(&found)))
}

pub(super) fn attributes(file: &File) -> io::Result<Attributes> {
    let found = information(file)?;
    Ok(Attributes {
        owner: None,
        readonly: found.dwFileAttributes & FILE_ATTRIBUTE_READONLY != 0,
        modified_ns: nanoseconds(found.ftLastWriteTime),
        accessed_ns: nanoseconds(found.ftLastAccessTime),
        extended: extended::read(file),
    })
}

/// Times first: a read-only file takes none.
pub(super) fn set_attributes(file: &File, attributes: &Attributes) -> io::Result<Vec<String>> {
    if let (Some(modified), Some(accessed)) = (system_time(attributes.modified_ns), system_time(attributes.accessed_ns)) {
        file.set_times(FileTimes::new().set_modified(modified).set_accessed(accessed))?;
    }
    if attributes.readonly {
        let mut permissions = file.metadata()?.permissions();
        permissions.set_readonly(true);
        file.set_permissions(permissions)?;
    }
    Ok(Vec::new())
}

fn system_time(nanos: i128) -> Option<SystemTime> {
    let distance = Duration::from_nanos_u128(nanos.unsigned_abs());
    if nanos >= 0 {
        UNIX_EPOCH.checked_add(distance)
    } else {
        UNIX_EPOCH.checked_sub(distance)
    }
}

pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// Only a file opened without buffering would be read past the cache, in whole sectors; the length and the flush have to do here.
pub(super) fn forget(_file: &File) {}

fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let mut units: Vec<u16> = literal(path).as_os_str().encode_wide().collect();
    if units.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    units.push(0);
    Ok(units)
}

fn move_file(from: &Path, to: &Path, flags: u32) -> io::Result<()> {
    let (from, to) = (wide(from)?, wide(to)?);
    patiently(|| {
        // SAFETY: both are zero-terminated and outlive the call.
        let done = unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), flags) };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    })
}

/// Without `MOVEFILE_REPLACE_EXISTING` a taken name is refused, without `MOVEFILE_COPY_ALLOWED` nothing is ever copied.
pub(super) fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    move_file(from, to, MOVEFILE_WRITE_THROUGH)
}

pub(super) fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    though_read_only(to, || move_file(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    though_read_only(path, || patiently(|| fs::remove_file(literal(path))))
}

/// The literal path with links resolved.
///
/// Some drives cannot tell it although the file is there (RAM disks, encrypted volumes; wine, of long paths and of dots at the end).
/// Then links stay in it, and one folder under two names is two folders; the lock still keeps two runs apart.
pub(super) fn canonical(path: &Path) -> io::Result<PathBuf> {
    let opened = literal(path);
    match fs::canonicalize(&opened) {
        Ok(full) if fs::symlink_metadata(&full).is_ok() => Ok(full),
        _ => {
            fs::metadata(&opened)?;
            std::path::absolute(&opened).map(|full| literal(&full).into_owned())
        }
    }
}

/// Does what the read-only attribute of `path` forbids. Elsewhere a file that nobody may write can be removed or replaced by whoever
/// may write its folder, and that is what the steps of a commit are thought out for.
fn though_read_only(path: &Path, operation: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let refused = match operation() {
        Err(error) if error.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => error,
        answer => return answer,
    };
    let path = literal(path);
    let Ok(found) = fs::symlink_metadata(&path) else {
        return Err(refused);
    };
    // A link keeps the attribute of its own; nothing of ours is one.
    if found.file_attributes() & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_REPARSE_POINT) != FILE_ATTRIBUTE_READONLY {
        return Err(refused);
    }
    let set = |readonly: bool| {
        let mut permissions = found.permissions();
        permissions.set_readonly(readonly);
        fs::set_permissions(&path, permissions)
    };
    set(false)?;
    // What was refused for another reason keeps its attribute.
    operation().inspect_err(|_| {
        let _ = set(true);
    })
}

/// A dot at the beginning hides nothing here, so what would be hidden elsewhere gets the attribute. A folder that stays visible harms
/// nobody.
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    patiently(|| fs::create_dir(literal(path)))?;
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    if hidden && let Ok(name) = wide(path) {
        // SAFETY: the name is zero-terminated and outlives the call.
        let _ = unsafe { SetFileAttributesW(name.as_ptr(), FILE_ATTRIBUTE_HIDDEN) };
    }
    Ok(())
}

/// Takes the lock on a file if nobody has it.
///
/// Locks bind on Windows: what one program locks no other can read. So not the text that says who holds it, but one byte far behind it.
/// On a share such a lock keeps out clients of every kind that lock the whole file.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    let mut place = OVERLAPPED::default();
    // The upper half of the position: 4 GiB.
    place.Anonymous.Anonymous.OffsetHigh = 1;
    let how = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    // SAFETY: the handle is open for as long as `file` lives. It was opened for calls that wait, so `place` is not used after this one.
    let done = unsafe { LockFileEx(file.as_raw_handle(), how, 0, 1, 0, &mut place) };
    if done != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(|code| code as u32) {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Ok(false),
        _ => Err(error),
    }
}

pub(super) fn lacks_operation(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || matches!(
            error.raw_os_error().map(|code| code as u32),
            Some(ERROR_INVALID_FUNCTION | ERROR_NOT_SUPPORTED)
        )
}

pub(super) fn lacks_links(error: &io::Error) -> bool {
    lacks_operation(error)
}

/// Windows has no such call; renames are written through instead.
pub(super) fn sync_dir(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The one lock that there is binds everybody, clients of this machine included.
pub(super) fn lock_for_servers(_file: &File) -> io::Result<bool> {
    Ok(true)
}

/// `FlushFileBuffers` wants a handle that may write.
pub(super) fn sync_read(_file: &File, path: &Path) -> io::Result<()> {
    let opened = patiently(|| {
        OpenOptions::new()
            .append(true)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
            .open(literal(path))
    });
    match opened {
        Ok(file) => file.sync_all(),
        // Read-only: its attributes were set after its content was flushed.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}
