//! Waiting until the drive has a file: what every promise here rests on. It is asked for in full everywhere; there is no faster, weaker
//! choice, because an original may go right after it.
//!
//! macOS needs its own words for it. `fsync` hands the bytes to the drive, whose cache a power cut empties; `F_FULLFSYNC` waits for the
//! drive. The standard library asks for the latter alone, and SMB and NFS mounts answer that they do not know it, as do some other file
//! systems: there nothing could ever be synced, so every image of a network drive would fail. On those `fsync` is as far as a client can
//! reach: it goes to the server, and waits for its answer.

use std::fs::File;
use std::io;

/// Waits until content and size of `file`, or the names in it where it is a folder, are on the drive.
///
/// # Errors
/// What the system says. A sync that failed is never repeated: what it was about may be lost without a second error.
pub fn sync_file(file: &File) -> io::Result<()> {
    #[cfg(target_vendor = "apple")]
    {
        use rustix::fs::{fcntl_fullfsync, fsync};
        use rustix::io::retry_on_intr;
        full_or_plain(
            || retry_on_intr(|| fcntl_fullfsync(file)).map_err(io::Error::from),
            || retry_on_intr(|| fsync(file)).map_err(io::Error::from),
        )
    }
    #[cfg(not(target_vendor = "apple"))]
    file.sync_all()
}

/// The plain sync only where the full one is not known. Any other error is the drive's, and a second question would hide it.
#[cfg(any(target_vendor = "apple", all(test, unix)))]
fn full_or_plain(full: impl FnOnce() -> io::Result<()>, plain: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    use rustix::io::Errno;
    // Not one pattern: on Linux two of them are one number.
    const UNKNOWN: [Errno; 5] = [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOTTY, Errno::INVAL, Errno::NOSYS];
    match full() {
        Err(error) if Errno::from_io_error(&error).is_some_and(|errno| UNKNOWN.contains(&errno)) => plain(),
        result => result,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::cell::Cell;
    use std::io;

    use rustix::io::Errno;

    /// What the full sync answers, what the plain one would, whether that one is asked, and what comes of it.
    fn check(full: Result<(), Errno>, plain: Result<(), Errno>, asked: bool, expected: Result<(), Errno>) {
        let was_asked = Cell::new(false);
        let result = super::full_or_plain(
            || full.map_err(io::Error::from),
            || {
                was_asked.set(true);
                plain.map_err(io::Error::from)
            },
        );
        assert_eq!(was_asked.get(), asked, "{full:?}");
        let result = result.map_err(|error| Errno::from_io_error(&error).expect("one of the system's"));
        assert_eq!(result, expected, "{full:?}");
    }

    #[test]
    fn a_mount_that_knows_no_full_sync_gets_the_plain_one() {
        for unknown in [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOTTY, Errno::INVAL, Errno::NOSYS] {
            check(Err(unknown), Ok(()), true, Ok(()));
            check(Err(unknown), Err(Errno::IO), true, Err(Errno::IO));
        }
    }

    #[test]
    fn what_the_drive_says_stands() {
        check(Ok(()), Err(Errno::IO), false, Ok(()));
        for failed in [Errno::IO, Errno::NOSPC, Errno::DQUOT, Errno::ROFS] {
            check(Err(failed), Ok(()), false, Err(failed));
        }
    }

    #[test]
    fn files_and_folders_are_synced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        std::fs::write(&path, b"x").expect("a file");
        super::sync_file(&std::fs::File::open(&path).expect("open")).expect("a file");
        super::sync_file(&std::fs::File::open(folder.path()).expect("open")).expect("a folder");
    }
}
