//! What a path lies on. Only hints come from here (how many requests at once, which way of writing): nothing
//! depends on them being right.

use std::path::Path;

use crate::engine::metrics::{Drive, DriveKind};

/// What kind of drive `path` lies on, as far as the system tells.
pub fn drive(path: &Path) -> Drive {
    system::drive(path).unwrap_or(Drive {
        kind: DriveKind::Unknown,
        file_system: String::new(),
    })
}

/// Bytes that this user may still write where `path` is; `None` where the system does not tell.
pub fn free_space(path: &Path) -> Option<u64> {
    system::free_space(path)
}

/// Whether this user may change the names in the folder, as far as rights tell; `None` where the system does not. Only asks.
pub(crate) fn writable(folder: &Path) -> Option<bool> {
    #[cfg(unix)]
    {
        use rustix::fs::Access;
        match rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => Some(true),
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::ROFS | rustix::io::Errno::PERM) => Some(false),
            Err(_) => None,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Bytes of one block in which the file system under `path` gives space away; `None` where the system does not tell.
pub(super) fn block_size(path: &Path) -> Option<u64> {
    system::block_size(path).filter(|bytes| *bytes > 0)
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Drive, DriveKind, Path};
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    /// Magic numbers of `statfs(2)` and `linux/magic.h`: number, name, kind (`None`: ask the block device).
    const KNOWN: &[(u32, &str, Option<DriveKind>)] = &[
        (0xef53, "ext4", None),
        (0x5846_5342, "xfs", None),
        (0x9123_683e, "btrfs", None),
        (0xf2f5_2010, "f2fs", None),
        (0x2fc1_2fc1, "zfs", None),
        (0xca45_1a4e, "bcachefs", None),
        (0x4d44, "vfat", None),
        (0x2011_bab0, "exfat", None),
        (0x7366_746e, "ntfs3", None),
        (0x5346_544e, "ntfs", None),
        (0x482b, "hfsplus", None),
        (0x794c_7630, "overlay", None),
        (0x0102_1994, "tmpfs", Some(DriveKind::Memory)),
        (0x8584_58f6, "ramfs", Some(DriveKind::Memory)),
        (0x6969, "nfs", Some(DriveKind::Network)),
        (0x517b, "smb", Some(DriveKind::Network)),
        (0xff53_4d42, "cifs", Some(DriveKind::Network)),
        (0xfe53_4d42, "smb2", Some(DriveKind::Network)),
        (0x6573_5546, "fuse", Some(DriveKind::Network)),
        (0x00c3_6400, "ceph", Some(DriveKind::Network)),
        (0x0bd0_0bd0, "lustre", Some(DriveKind::Network)),
        (0x4750_4653, "gpfs", Some(DriveKind::Network)),
        (0x0102_1997, "9p", Some(DriveKind::Network)),
        (0x5346_414f, "afs", Some(DriveKind::Network)),
    ];

    pub(super) fn drive(path: &Path) -> Option<Drive> {
        let number = rustix::fs::statfs(path).ok()?.f_type as u32;
        let known = KNOWN.iter().find(|(magic, _, _)| *magic == number);
        let kind = match known {
            Some((_, _, Some(kind))) => *kind,
            _ => block_device(path).unwrap_or(DriveKind::Unknown),
        };
        let file_system = known.map(|(_, name, _)| (*name).to_owned()).unwrap_or_default();
        Some(Drive { kind, file_system })
    }

    /// Whether the block device under `path` turns; a partition has no queue of its own, its disk has.
    fn block_device(path: &Path) -> Option<DriveKind> {
        let device = fs::metadata(path).ok()?.dev();
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        let link = format!("/sys/dev/block/{major}:{minor}");
        let text = fs::read_to_string(format!("{link}/queue/rotational"))
            .or_else(|_| fs::read_to_string(fs::canonicalize(&link)?.join("../queue/rotational")))
            .ok()?;
        Some(if text.trim() == "0" {
            DriveKind::Solid
        } else {
            DriveKind::Spinning
        })
    }

    pub(super) fn free_space(path: &Path) -> Option<u64> {
        let found = rustix::fs::statvfs(path).ok()?;
        found.f_bavail.checked_mul(found.f_frsize)
    }

    pub(super) fn block_size(path: &Path) -> Option<u64> {
        Some(rustix::fs::statvfs(path).ok()?.f_frsize)
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod system {
    use super::{Drive, Path};

    /// Rename over a file that somebody holds open is not safe on SMB, so what lies behind a network must be known.
    #[cfg(target_os = "macos")]
    pub(super) fn drive(path: &Path) -> Option<Drive> {
        use super::DriveKind;

        /// `MNT_LOCAL` of `sys/mount.h`.
        const LOCAL: u32 = 0x1000;
        let found = rustix::fs::statfs(path).ok()?;
        let name = found.f_fstypename.iter().take_while(|&&c| c != 0).map(|&c| char::from(c as u8));
        let file_system: String = name.collect();
        // File systems in user space call themselves local and are often remote.
        let remote = found.f_flags & LOCAL == 0 || file_system.contains("fuse");
        let kind = if remote { DriveKind::Network } else { DriveKind::Unknown };
        Some(Drive { kind, file_system })
    }

    #[cfg(not(target_os = "macos"))]
    pub(super) fn drive(_path: &Path) -> Option<Drive> {
        None
    }

    pub(super) fn free_space(path: &Path) -> Option<u64> {
        let found = rustix::fs::statvfs(path).ok()?;
        found.f_bavail.checked_mul(found.f_frsize)
    }

    pub(super) fn block_size(path: &Path) -> Option<u64> {
        Some(rustix::fs::statvfs(path).ok()?.f_frsize)
    }
}

#[cfg(windows)]
mod system {
    use super::{Drive, DriveKind, Path};
    use std::os::windows::ffi::OsStrExt;

    use windows_sys::Win32::Storage::FileSystem::{
        GetDiskFreeSpaceExW, GetDiskFreeSpaceW, GetDriveTypeW, GetVolumeInformationW, GetVolumePathNameW,
    };

    use crate::engine::disk::windows::literal;

    /// `DRIVE_REMOTE` and `DRIVE_RAMDISK` of `GetDriveTypeW`.
    const REMOTE: u32 = 4;
    const RAMDISK: u32 = 6;

    fn wide(path: &Path) -> Vec<u16> {
        literal(path).as_os_str().encode_wide().chain([0]).collect()
    }

    /// The file system's name as [`named`] has it; empty where the system does not tell.
    fn file_system(root: &[u16]) -> String {
        let mut name = [0u16; 64];
        // SAFETY: `root` is zero-terminated, `name` is writable for the length that is passed, both outlive the call, and the other
        // results may be null.
        let found = unsafe {
            GetVolumeInformationW(
                root.as_ptr(),
                std::ptr::null_mut(),
                0,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                name.as_mut_ptr(),
                name.len() as u32,
            )
        };
        if found == 0 {
            return String::new();
        }
        let end = name.iter().position(|&unit| unit == 0).unwrap_or(name.len());
        named(&String::from_utf16_lossy(&name[..end]))
    }

    /// `NTFS`, `ReFS`, `FAT32`, `exFAT` by the names that Linux and macOS use: what is known of file systems goes by those.
    pub(super) fn named(windows: &str) -> String {
        let name = windows.to_ascii_lowercase();
        if name.starts_with("fat") { "vfat".to_owned() } else { name }
    }

    /// The root of the volume that `path` lies on, zero-terminated.
    fn volume(path: &Path) -> Option<[u16; 1024]> {
        let path = wide(path);
        let mut root = [0u16; 1024];
        // SAFETY: `path` is zero-terminated, `root` is writable for the length that is passed, and both outlive the call.
        let found = unsafe { GetVolumePathNameW(path.as_ptr(), root.as_mut_ptr(), root.len() as u32) };
        (found != 0).then_some(root)
    }

    pub(super) fn drive(path: &Path) -> Option<Drive> {
        let root = volume(path)?;
        // SAFETY: `volume` leaves a zero-terminated string in `root`.
        let kind = match unsafe { GetDriveTypeW(root.as_ptr()) } {
            REMOTE => DriveKind::Network,
            RAMDISK => DriveKind::Memory,
            _ => DriveKind::Unknown,
        };
        Some(Drive {
            kind,
            file_system: file_system(&root),
        })
    }

    pub(super) fn free_space(path: &Path) -> Option<u64> {
        let path = wide(path);
        let mut free = 0u64;
        // SAFETY: `path` is zero-terminated, `free` outlives the call, and the other two results may be null.
        let done = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut free, std::ptr::null_mut(), std::ptr::null_mut()) };
        (done != 0).then_some(free)
    }

    pub(super) fn block_size(path: &Path) -> Option<u64> {
        let root = volume(path)?;
        let (mut sectors, mut bytes) = (0u32, 0u32);
        // SAFETY: `root` is zero-terminated, the two results outlive the call, and the other two may be null.
        let done = unsafe { GetDiskFreeSpaceW(root.as_ptr(), &mut sectors, &mut bytes, std::ptr::null_mut(), std::ptr::null_mut()) };
        (done != 0).then(|| u64::from(sectors) * u64::from(bytes))
    }
}

#[cfg(all(test, windows))]
mod tests {
    #[test]
    fn memory_cards_are_known_by_the_names_that_decisions_go_by() {
        for (windows, name) in [
            ("NTFS", "ntfs"),
            ("ReFS", "refs"),
            ("FAT", "vfat"),
            ("FAT32", "vfat"),
            ("exFAT", "exfat"),
        ] {
            assert_eq!(super::system::named(windows), name);
        }
    }
}
