//! What this file system can do, tried out once on small files of ours in `.shardpress/probe/`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::files::ensure_folder;
use super::names::{Home, Room};
use crate::engine::disk::{Disk, DiskError, Trouble};
use crate::engine::metrics::{Drive, DriveKind};
use crate::engine::settings::WriteMode;

/// A rename between folders is slow when it takes this many times one inside a folder …
const SLOW_FACTOR: u32 = 3;
/// … and more than this.
const SLOW_FLOOR: Duration = Duration::from_millis(10);

/// How replacements are written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mount {
    /// Written under a name of ours, then renamed without replacing; otherwise created under the final name.
    pub(super) staged: bool,
    /// A file can be renamed without replacing anything.
    pub(super) no_replace: bool,
    /// A file can have a second name.
    pub(super) links: bool,
    /// A rename over an existing file is atomic and harms nothing (SMB deletes the target when somebody holds it; FAT has no journal,
    /// and a power cut in the middle can leave neither).
    pub(super) over: bool,
    /// Identities may change by themselves: inode numbers are invented by a client, or by a file system that has none.
    pub(super) loose_inodes: bool,
    /// A rename is a slow round trip: a replacement is not written under a name of ours first only to be renamed.
    pub(super) slow_renames: bool,
    /// Where kept originals go.
    pub(super) keep_in: Room,
}

/// What a run has found out about network mounts, by the numbers of their file systems. Trying one out takes a dozen creations, renames and
/// deletions, and the folders of a library nearly always lie on one mount.
#[derive(Debug, Default)]
pub(crate) struct Mounts(Mutex<HashMap<u64, Mount>>);

/// As [`probe`], but a network mount is tried out once in a run; whoever comes meanwhile waits for the answer. Should a folder on it be of
/// another kind all the same (unions of several file systems), every rename has its second way (`files`), and nothing but `over`, which
/// no network mount is believed to have, decides about more than the order of names.
///
/// The shard is locked: the lock file tells which file system it lies on.
pub(super) fn probe_once(disk: &dyn Disk, home: &Home, wanted: WriteMode, mounts: &Mounts) -> Result<Mount, DiskError> {
    let number = match is_remote(&disk.drive(&home.shard)) {
        true => disk.stat(&home.lock())?.map(|lock| lock.device),
        false => None,
    };
    let Some(number) = number else {
        return probe(disk, home, wanted);
    };
    let mut known = mounts.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(mount) = known.get(&number) {
        clear(disk, &home.probe())?;
        return Ok(*mount);
    }
    let mount = probe(disk, home, wanted)?;
    known.insert(number, mount);
    Ok(mount)
}

/// Tries the mount out. Leaves nothing behind, and takes away what an interrupted probe left.
pub(super) fn probe(disk: &dyn Disk, home: &Home, wanted: WriteMode) -> Result<Mount, DiskError> {
    let folder = home.probe();
    clear(disk, &folder)?;
    ensure_folder(disk, &folder)?;
    let drive = disk.drive(&home.shard);
    let remote = is_remote(&drive);
    let result = measure(disk, home, &folder, remote);
    let cleared = clear(disk, &folder);
    let found = result?;
    cleared?;
    let staged = match wanted {
        WriteMode::Direct => false,
        WriteMode::Staged => found.no_replace,
        WriteMode::Auto => found.no_replace && !remote,
    };
    Ok(Mount {
        staged,
        no_replace: found.no_replace,
        links: found.links,
        over: is_atomic(&drive),
        loose_inodes: remote || is_fat(&drive),
        slow_renames: found.slow_renames,
        keep_in: if found.slow_between_folders { Room::Shard } else { Room::Originals },
    })
}

/// Network and user-space file systems get the ways that assume the least: nothing is ever renamed over a file there.
fn is_remote(drive: &Drive) -> bool {
    drive.kind == DriveKind::Network
}

/// May a file be renamed over another?
pub(super) fn renames_over(disk: &dyn Disk, home: &Home) -> bool {
    is_atomic(&disk.drive(&home.shard))
}

fn is_atomic(drive: &Drive) -> bool {
    !is_remote(drive) && !is_fat(drive)
}

/// Memory cards and sticks, as Linux and macOS name their file systems.
fn is_fat(drive: &Drive) -> bool {
    matches!(drive.file_system.as_str(), "vfat" | "msdos" | "exfat")
}

/// What trying told.
struct Tried {
    no_replace: bool,
    links: bool,
    slow_renames: bool,
    slow_between_folders: bool,
}

fn measure(disk: &dyn Disk, home: &Home, folder: &Path, remote: bool) -> Result<Tried, DiskError> {
    let (one, two, link) = (folder.join("one"), folder.join("two"), folder.join("link"));
    drop(disk.create_new(&one)?);
    // Without an exclusive creation there is no safe way at all.
    match disk.create_new(&one) {
        Err(error) if error.kind() == Trouble::Exists => {}
        Err(error) => return Err(error),
        Ok(_) => {
            let problem = "it creates files that are already there; nothing can be replaced safely on it";
            return Err(DiskError::new(
                "trust the file system of",
                &home.shard,
                std::io::Error::other(problem),
            ));
        }
    }
    drop(disk.create_new(&two)?);
    let refuses = match disk.rename_noreplace(&one, &two) {
        Err(error) => error.kind() == Trouble::Exists,
        Ok(()) => false,
    };
    let third = folder.join("three");
    let begin = Instant::now();
    let no_replace = refuses && disk.rename_noreplace(&two, &third).is_ok();
    let inside = begin.elapsed();
    let links = disk.hard_link(&one, &link).is_ok();
    let slow_renames = remote && inside > SLOW_FLOOR;
    // Linux lets only one rename between folders through at a time, in the whole file system: where each is a slow round trip, shards that
    // are worked on side by side would wait for each other, while renames inside a folder wait for that folder alone.
    let mut slow_between_folders = slow_renames;
    if no_replace && !slow_renames {
        let between = folder.join("four");
        disk.create_dir(&between)?;
        let begin = Instant::now();
        disk.rename_noreplace(&third, &between.join("three"))?;
        let took = begin.elapsed();
        slow_between_folders = took > SLOW_FLOOR && took > inside * SLOW_FACTOR;
    }
    Ok(Tried {
        no_replace,
        links,
        slow_renames,
        slow_between_folders,
    })
}

/// Removes everything a probe can have left; only names that it uses.
pub(super) fn clear(disk: &dyn Disk, folder: &Path) -> Result<(), DiskError> {
    if !disk.is_folder(folder)? {
        return Ok(());
    }
    let inner = folder.join("four");
    for path in [
        inner.join("three"),
        folder.join("one"),
        folder.join("two"),
        folder.join("three"),
        folder.join("link"),
    ] {
        match disk.remove_file(&path) {
            Err(error) if error.kind() != Trouble::Vanished => return Err(error),
            _ => {}
        }
    }
    if disk.is_folder(&inner)? {
        disk.remove_dir(&inner)?;
    }
    disk.remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_renamed_over_on_networks_and_memory_cards() {
        let on = |kind, name: &str| Drive {
            kind,
            file_system: name.to_owned(),
        };
        for name in ["ext4", "xfs", "btrfs", "ntfs3", "apfs", ""] {
            let drive = on(DriveKind::Solid, name);
            assert!(is_atomic(&drive) && !is_fat(&drive), "{name}");
        }
        for name in ["vfat", "msdos", "exfat"] {
            let drive = on(DriveKind::Unknown, name);
            assert!(!is_atomic(&drive) && is_fat(&drive), "{name}");
        }
        assert!(!is_atomic(&on(DriveKind::Network, "nfs")));
    }
}
