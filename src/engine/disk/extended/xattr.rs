//! Extended attributes by the calls that Linux and macOS have for them.

use std::ffi::CString;
use std::fs::File;
use std::sync::Arc;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

use super::{Access, Extended, One};

/// The POSIX access list of a file on Linux (`linux/xattr.h`).
const ACCESS_LIST: &str = "system.posix_acl_access";

/// The longest value that is held in memory, bytes: what Linux allows (`XATTR_SIZE_MAX`). macOS keeps resource forks of any length
/// among them; a longer one is not carried, and that is said.
const LONGEST: usize = 1 << 16;

/// All values of one file together, bytes: hundreds of files are in memory at a time.
const MOST: usize = 1 << 18;

/// Attributes that say something of the *content* (signatures of it), give powers to it, or belong to the file system's own
/// machinery. New content must not have them.
fn stays_behind(name: &str) -> bool {
    ["security.capability", "security.ima", "security.evm"].contains(&name) || name.starts_with("trusted.overlay.")
}

/// Reads what a file has. A file system that knows none has none.
pub(in crate::engine::disk) fn read(file: &File) -> Extended {
    let mut names = vec![0u8; 1024];
    let listed = loop {
        match flistxattr(file, &mut names[..]) {
            // Too small; a list never passes 64 KiB on Linux.
            Err(Errno::RANGE) if names.len() < LONGEST => names.resize(LONGEST, 0),
            other => break other,
        }
    };
    let len = match listed {
        Ok(len) => len,
        Err(error) => return unlisted(error),
    };
    if len == 0 {
        return Extended::Known(None);
    }
    let mut names: Vec<&[u8]> = names[..len].split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    // First, so that no long value takes its room: a file without its list is closed to more people than need be.
    names.sort_by_key(|name| *name != ACCESS_LIST.as_bytes());
    let mut room = MOST;
    let mut found = Vec::new();
    for name in names {
        let Ok(text) = std::str::from_utf8(name) else {
            found.push((String::from_utf8_lossy(name).into_owned(), None));
            continue;
        };
        if stays_behind(text) {
            continue;
        }
        let value = value(file, text).filter(|value| value.len() <= room);
        room -= value.as_ref().map_or(0, Vec::len);
        found.push((text.to_owned(), value));
    }
    Extended::Known((!found.is_empty()).then(|| Arc::new(found)))
}

/// What is taken for granted of a file that does not say what it has. Without attributes on its file system: none. Otherwise it may have
/// an access list that keeps somebody out, and the mode alone, whose group bits are then the list's mask, would let them in.
fn unlisted(error: Errno) -> Extended {
    // The ways in which file systems say that they know no attributes.
    if matches!(error, Errno::NOTSUP | Errno::NOSYS | Errno::INVAL | Errno::PERM) {
        return Extended::Known(None);
    }
    Extended::Known(Some(Arc::new(vec![(ACCESS_LIST.to_owned(), None)])))
}

fn value(file: &File, name: &str) -> Option<Vec<u8>> {
    let name = CString::new(name).ok()?;
    let mut buffer = vec![0u8; 256];
    loop {
        match fgetxattr(file, &name, &mut buffer[..]) {
            Ok(len) => {
                buffer.truncate(len);
                return Some(buffer);
            }
            Err(Errno::RANGE) if buffer.len() < LONGEST => buffer.resize(LONGEST, 0),
            Err(_) => return None,
        }
    }
}

/// Gives a new file everything but the access list; the names of what it did not take. While it still belongs to whoever made it
/// and may be written: an owner without the right to write may not set these either.
pub(in crate::engine::disk) fn give(file: &File, extended: &Extended) -> Vec<String> {
    let Extended::Known(Some(attributes)) = extended else {
        return Vec::new();
    };
    let refused = |(name, wanted): &&One| match wanted {
        // A system that labels by itself (SELinux) refuses, and has given the same already.
        Some(wanted) => !set(file, name, wanted) && value(file, name).as_ref() != Some(wanted),
        None => true,
    };
    let others = attributes.iter().filter(|(name, _)| name != ACCESS_LIST);
    others.filter(refused).map(|(name, _)| name.clone()).collect()
}

fn set(file: &File, name: &str, value: &[u8]) -> bool {
    CString::new(name).is_ok_and(|name| fsetxattr(file, &name, value, XattrFlags::empty()).is_ok())
}

/// Gives a new file the original's access list, or takes away one that the folder gave it. Call it with the owner set and before the
/// mode: a mode opens what an inherited list grants. `mode`: the permission bits of the original.
pub(in crate::engine::disk) fn give_access(file: &File, extended: &Extended, mode: u32) -> Access {
    let Extended::Known(attributes) = extended else {
        return Access { mode, lost: false };
    };
    let wanted = attributes.iter().flat_map(|list| list.iter()).find(|(name, _)| name == ACCESS_LIST);
    if let Some((_, Some(list))) = wanted
        && (set(file, ACCESS_LIST, list) || value(file, ACCESS_LIST).as_ref() == Some(list))
    {
        return Access { mode, lost: false };
    }
    let inherits = cfg!(any(target_os = "linux", target_os = "android")) && value(file, ACCESS_LIST).is_some();
    // An inherited list that stays is shut by the mask, which the group's bits of a mode set.
    let shut = inherits && fremovexattr(file, ACCESS_LIST).is_err();
    let mode = if shut { mode & 0o707 } else { mode };
    match wanted {
        None => Access { mode, lost: shut },
        Some((_, list)) => Access {
            mode: mode & list.as_deref().and_then(least).unwrap_or(0o700),
            lost: true,
        },
    }
}

/// The permission bits that give nobody more than this POSIX access list did; `None` where it cannot be read. A user or group that it
/// names falls to "the group" or "everybody" without it, so these get no more than any of the named had. Layout:
/// `linux/posix_acl_xattr.h`, a version and entries of tag, permissions and id, little-endian.
fn least(list: &[u8]) -> Option<u32> {
    let (version, entries) = list.split_at_checked(4)?;
    if version != 2u32.to_le_bytes() || entries.len() % 8 != 0 {
        return None;
    }
    let entries = || {
        entries
            .chunks_exact(8)
            .map(|e| (u16::from_le_bytes([e[0], e[1]]), u32::from(e[2] & 7)))
    };
    let one = |tag: u16| entries().find(|(found, _)| *found == tag).map(|(_, allowed)| allowed);
    let (owner, group, others) = (one(0x01)?, one(0x04)?, one(0x20)?);
    let mask = one(0x10).unwrap_or(7);
    let named = entries()
        .filter(|(tag, _)| matches!(tag, 0x02 | 0x08))
        .fold(7, |least, (_, allowed)| least & allowed & mask);
    Some(owner << 6 | (group & mask & named) << 3 | (others & named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u16, u16)]) -> Vec<u8> {
        let mut bytes = 2u32.to_le_bytes().to_vec();
        for (tag, allowed) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(allowed.to_le_bytes());
            bytes.extend(1000u32.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn without_its_access_list_a_file_is_no_more_open() {
        // Owner rw-, a user r--, the group rwx, mask rw-, others r--.
        let one = list(&[(0x01, 6), (0x02, 4), (0x04, 7), (0x10, 6), (0x20, 4)]);
        assert_eq!(least(&one), Some(0o644));
        // Somebody is kept out by name: then nobody but the owner comes in.
        let kept_out = list(&[(0x01, 6), (0x02, 0), (0x04, 6), (0x10, 6), (0x20, 4)]);
        assert_eq!(least(&kept_out), Some(0o600));
        // The mode's group bits are the mask; the group itself had less.
        let masked = list(&[(0x01, 6), (0x04, 0), (0x08, 6), (0x10, 6), (0x20, 0)]);
        assert_eq!(least(&masked), Some(0o600));
        for broken in [&[][..], &[1, 0, 0, 0], &one[..one.len() - 1], &one[..12]] {
            assert_eq!(least(broken), None);
        }
    }

    #[test]
    fn a_list_that_cannot_be_asked_for_closes_the_file() {
        assert_eq!(unlisted(Errno::NOTSUP), Extended::Known(None));
        let file = tempfile::tempfile().expect("a file");
        for error in [Errno::IO, Errno::STALE, Errno::TOOBIG] {
            let access = give_access(&file, &unlisted(error), 0o664);
            assert_eq!((access.mode, access.lost), (0o600, true), "{error}");
        }
    }

    #[test]
    fn what_signs_or_empowers_the_old_content_stays_behind() {
        assert!(stays_behind("security.capability") && stays_behind("trusted.overlay.origin"));
        assert!(!stays_behind("security.selinux") && !stays_behind("user.rating") && !stays_behind(ACCESS_LIST));
    }
}
