//! The one error of this room: it always names the path, and says in words what the system answered.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// An operation on a file or folder that failed, with the path it failed on.
#[derive(Debug)]
pub(crate) struct DiskError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// What kind of trouble a [`DiskError`] is, as far as callers decide by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
    /// The drive, the quota or the inodes are used up.
    NoSpace,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The system denies it.
    Permission,
    /// The file or folder is not there (any more).
    Vanished,
    /// The name is taken.
    Exists,
    /// Something holds the file, or the folder is not empty.
    Busy,
    /// A link, folder, pipe, socket or device where a regular file is needed.
    NotRegular,
    /// The name or path is longer than the file system takes.
    NameTooLong,
    /// The file system has no such operation.
    Unsupported,
    /// Everything else, input/output errors above all.
    Io,
}

/// What to do about [`Trouble::Busy`]: on Windows nearly always a viewer, an editor or a sync client that has the file open.
pub(crate) const LET_GO: &str = "Close the program that has it open, or wait until it is done with it, then try again.";

/// Carried inside an [`io::Error`] where a path is no regular file.
#[derive(Debug)]
struct NotRegular(&'static str);

impl fmt::Display for NotRegular {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "it is {}, not a regular file", self.0)
    }
}

impl std::error::Error for NotRegular {}

impl DiskError {
    /// An error of `action` (an infinitive: `open`, `rename`) on `path`.
    pub(crate) fn new(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self {
            action,
            path: path.into(),
            source,
        }
    }

    /// `path` is `what` ("a symbolic link", "a folder") where a regular file is needed.
    pub(crate) fn not_regular(action: &'static str, path: impl Into<PathBuf>, what: &'static str) -> Self {
        Self::new(action, path, io::Error::other(NotRegular(what)))
    }

    /// What kind of trouble it is.
    pub(crate) fn kind(&self) -> Trouble {
        use io::ErrorKind as K;
        if self.source.get_ref().is_some_and(|inner| inner.is::<NotRegular>()) {
            return Trouble::NotRegular;
        }
        match self.source.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Trouble::NoSpace,
            K::ReadOnlyFilesystem => Trouble::ReadOnly,
            K::PermissionDenied => Trouble::Permission,
            K::NotFound | K::StaleNetworkFileHandle => Trouble::Vanished,
            K::AlreadyExists => Trouble::Exists,
            K::ResourceBusy | K::ExecutableFileBusy | K::DirectoryNotEmpty | K::WouldBlock => Trouble::Busy,
            K::IsADirectory => Trouble::NotRegular,
            K::InvalidFilename => Trouble::NameTooLong,
            K::Unsupported => Trouble::Unsupported,
            _ => self.platform_kind(),
        }
    }

    #[cfg(unix)]
    fn platform_kind(&self) -> Trouble {
        use rustix::io::Errno;
        match self.source.raw_os_error().map(Errno::from_raw_os_error) {
            // `O_NOFOLLOW` on a symbolic link.
            Some(Errno::LOOP) => Trouble::NotRegular,
            // `open` of a socket or of a device without a driver.
            Some(Errno::NXIO | Errno::NODEV) => Trouble::NotRegular,
            Some(Errno::NOTSUP) => Trouble::Unsupported,
            _ => Trouble::Io,
        }
    }

    #[cfg(windows)]
    fn platform_kind(&self) -> Trouble {
        use windows_sys::Win32::Foundation as codes;
        match self.source.raw_os_error().map(|code| code as u32) {
            Some(
                codes::ERROR_SHARING_VIOLATION | codes::ERROR_LOCK_VIOLATION | codes::ERROR_USER_MAPPED_FILE | codes::ERROR_DELETE_PENDING,
            ) => Trouble::Busy,
            Some(codes::ERROR_HANDLE_DISK_FULL) => Trouble::NoSpace,
            Some(codes::ERROR_INVALID_FUNCTION | codes::ERROR_NOT_SUPPORTED) => Trouble::Unsupported,
            _ => Trouble::Io,
        }
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot {} {}: ", self.action, self.path.display())?;
        match self.kind() {
            Trouble::NoSpace => write!(out, "no space is left on the drive (or a quota is used up)"),
            Trouble::ReadOnly => write!(out, "the file system is read-only"),
            Trouble::Permission => write!(out, "permission denied"),
            Trouble::Vanished => write!(out, "it is not there any more"),
            Trouble::Exists => write!(out, "the name is already taken"),
            Trouble::Busy => write!(out, "something else is using it"),
            Trouble::NameTooLong => write!(out, "the name is not one this file system takes"),
            Trouble::NotRegular if self.source.get_ref().is_none() => write!(out, "it is a link or another special file"),
            Trouble::NotRegular | Trouble::Unsupported | Trouble::Io => write!(out, "{}", self.source),
        }
    }
}

impl std::error::Error for DiskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_its_path_and_its_kind() {
        let rows: &[(io::Error, Trouble, &str)] = &[
            (io::ErrorKind::StorageFull.into(), Trouble::NoSpace, "no space"),
            (io::ErrorKind::ReadOnlyFilesystem.into(), Trouble::ReadOnly, "read-only"),
            (io::ErrorKind::PermissionDenied.into(), Trouble::Permission, "permission denied"),
            (io::ErrorKind::NotFound.into(), Trouble::Vanished, "not there"),
            (io::ErrorKind::AlreadyExists.into(), Trouble::Exists, "taken"),
            (io::ErrorKind::Unsupported.into(), Trouble::Unsupported, "unsupported"),
            (io::Error::other("the cable is cut"), Trouble::Io, "the cable is cut"),
        ];
        for (source, kind, words) in rows {
            let error = DiskError::new("open", "/a/b.png", io::Error::new(source.kind(), source.to_string()));
            assert_eq!(error.kind(), *kind, "{error}");
            let text = error.to_string();
            assert!(text.starts_with("cannot open /a/b.png: ") && text.contains(words), "{text}");
        }
        let pipe = DiskError::not_regular("open", "/a/pipe.png", "a pipe");
        assert_eq!(pipe.kind(), Trouble::NotRegular);
        assert_eq!(pipe.to_string(), "cannot open /a/pipe.png: it is a pipe, not a regular file");
    }

    #[cfg(windows)]
    #[test]
    fn numbers_of_the_system_are_understood() {
        use windows_sys::Win32::Foundation as codes;
        for (code, kind) in [
            (codes::ERROR_DISK_FULL, Trouble::NoSpace),
            (codes::ERROR_HANDLE_DISK_FULL, Trouble::NoSpace),
            (codes::ERROR_DISK_QUOTA_EXCEEDED, Trouble::NoSpace),
            (codes::ERROR_WRITE_PROTECT, Trouble::ReadOnly),
            (codes::ERROR_ACCESS_DENIED, Trouble::Permission),
            (codes::ERROR_FILE_NOT_FOUND, Trouble::Vanished),
            (codes::ERROR_PATH_NOT_FOUND, Trouble::Vanished),
            (codes::ERROR_FILE_EXISTS, Trouble::Exists),
            (codes::ERROR_ALREADY_EXISTS, Trouble::Exists),
            (codes::ERROR_SHARING_VIOLATION, Trouble::Busy),
            (codes::ERROR_LOCK_VIOLATION, Trouble::Busy),
            (codes::ERROR_USER_MAPPED_FILE, Trouble::Busy),
            (codes::ERROR_DELETE_PENDING, Trouble::Busy),
            (codes::ERROR_DIR_NOT_EMPTY, Trouble::Busy),
            (codes::ERROR_INVALID_NAME, Trouble::NameTooLong),
            (codes::ERROR_FILENAME_EXCED_RANGE, Trouble::NameTooLong),
            (codes::ERROR_INVALID_FUNCTION, Trouble::Unsupported),
            (codes::ERROR_NOT_SUPPORTED, Trouble::Unsupported),
            (codes::ERROR_CRC, Trouble::Io),
        ] {
            let error = DiskError::new("open", "x", io::Error::from_raw_os_error(code as i32));
            assert_eq!(error.kind(), kind, "{code}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn numbers_of_the_system_are_understood() {
        use rustix::io::Errno;
        for (errno, kind) in [
            (Errno::NOSPC, Trouble::NoSpace),
            (Errno::DQUOT, Trouble::NoSpace),
            (Errno::ROFS, Trouble::ReadOnly),
            (Errno::ACCESS, Trouble::Permission),
            (Errno::PERM, Trouble::Permission),
            (Errno::NOENT, Trouble::Vanished),
            (Errno::STALE, Trouble::Vanished),
            (Errno::EXIST, Trouble::Exists),
            (Errno::BUSY, Trouble::Busy),
            (Errno::LOOP, Trouble::NotRegular),
            (Errno::NAMETOOLONG, Trouble::NameTooLong),
            (Errno::NOTSUP, Trouble::Unsupported),
            (Errno::NOSYS, Trouble::Unsupported),
            (Errno::IO, Trouble::Io),
        ] {
            let error = DiskError::new("open", "/x", io::Error::from_raw_os_error(errno.raw_os_error()));
            assert_eq!(error.kind(), kind, "{errno:?}");
        }
    }
}
