//! What is left of runs that had ended when the power went: the last names to go (the lock, the journal of a purge, empty folders)
//! go without a sync, since nothing depends on them. They come back with the power, and `recover` takes them away.

use std::path::Path;
use std::sync::Arc;

use super::lock::{lock, pending};
use super::mount;
use super::names::Home;
use super::recover::prune;
use super::state::{Kept, is_journal, read_kept, run_folders};
use crate::engine::disk::{Disk, DiskError};

/// Takes away what is ours in a shard in which nothing is under way and nobody works, and what no kept original needs. `run`: who asks,
/// for the lock. What is refused stays: it does no harm.
pub(crate) fn tidy(disk: &Arc<dyn Disk>, shard: &Path, run: &str) {
    let home = Home::new(shard);
    if !matches!(has_rests(disk.as_ref(), &home), Ok(true)) {
        return;
    }
    let Ok(locked) = lock(disk, shard, run) else { return };
    if matches!(pending(disk.as_ref(), shard), Ok(None)) {
        // The next one to be asked tries again.
        let _ = take_away(disk.as_ref(), &home);
    }
    drop(locked);
}

/// Looks without touching anything: a shard that only keeps originals is not even locked.
fn has_rests(disk: &dyn Disk, home: &Home) -> Result<bool, DiskError> {
    if !disk.is_folder(&home.folder())? {
        return Ok(false);
    }
    if disk.stat(&home.lock())?.is_some() || disk.is_folder(&home.probe())? || disk.entries(&home.folder())?.is_empty() {
        return Ok(true);
    }
    if !disk.is_folder(&home.originals())? {
        return Ok(false);
    }
    Ok(disk.entries(&home.originals())?.is_empty() || !over(disk, home)?.is_empty())
}

/// Runs in whose folder lies nothing, or a whole journal of which no kept original is left, here or beside the images.
fn over(disk: &dyn Disk, home: &Home) -> Result<Vec<Kept>, DiskError> {
    let mut over = Vec::new();
    for run in run_folders(disk, home)? {
        let folder = home.kept(&run);
        // Mostly kept originals lie here, and no journal has to be read to see it.
        if disk.entries(&folder)?.iter().any(|entry| !is_journal(&entry.name)) {
            continue;
        }
        let kept = read_kept(disk, home, &run)?;
        let mut places = kept.intents.iter().filter_map(|intent| intent.kept.as_ref());
        // Whatever has the name: while anything does, its journal stays.
        if kept.problem(&folder).is_none() && places.all(|place| matches!(disk.stat(&place.path(home, &run)), Ok(None))) {
            over.push(kept);
        }
    }
    Ok(over)
}

fn take_away(disk: &dyn Disk, home: &Home) -> Result<(), DiskError> {
    mount::clear(disk, &home.probe())?;
    for kept in over(disk, home)? {
        kept.end(disk, home)?;
    }
    prune(disk, home)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use super::super::journal::{Header, Journal};
    use super::super::names::Home;
    use super::super::state::mark;
    use super::tidy;
    use crate::engine::disk::{Disk, RealDisk};
    use crate::engine::settings::Originals;

    fn shard() -> (tempfile::TempDir, Arc<dyn Disk>) {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("a.png"), b"A").expect("written");
        (dir, Arc::new(RealDisk))
    }

    fn journal_in(shard: &Path, run: &str) {
        let home = Home::new(shard);
        let header = Header {
            version: 1,
            run: run.to_owned(),
            originals: Originals::Keep,
            started: 1,
        };
        fs::create_dir_all(home.kept(run)).expect("a folder");
        drop(Journal::create(&RealDisk, &home, header).expect("a journal"));
        fs::rename(home.journal(), home.kept_journal(run)).expect("moved");
    }

    #[test]
    fn what_came_back_with_the_power_goes() {
        let (dir, disk) = shard();
        journal_in(dir.path(), "r1");
        let ours = dir.path().join(".shardpress");
        fs::create_dir_all(ours.join("originals/r2")).expect("a folder");
        fs::create_dir_all(ours.join("probe/four")).expect("a folder");
        fs::write(ours.join("probe/one"), b"").expect("written");
        fs::write(ours.join("lock"), b"run r1").expect("written");
        tidy(&disk, dir.path(), "r3");
        assert!(
            !ours.exists(),
            "{:?}",
            fs::read_dir(&ours).map(|all| all.flatten().collect::<Vec<_>>())
        );
        assert!(dir.path().join("a.png").exists());
    }

    #[test]
    fn kept_originals_and_their_journal_stay() {
        let (dir, disk) = shard();
        journal_in(dir.path(), "r1");
        let home = Home::new(dir.path());
        fs::write(home.kept("r1").join("a.png.orig"), b"A").expect("written");
        fs::write(home.lock(), b"").expect("written");
        tidy(&disk, dir.path(), "r3");
        assert!(home.kept("r1").join("a.png.orig").exists() && home.kept_journal("r1").exists());
        assert!(!home.lock().exists(), "nobody holds it");
    }

    #[test]
    fn what_is_under_way_stays() {
        let (dir, disk) = shard();
        let home = Home::new(dir.path());
        journal_in(dir.path(), "r1");
        mark(&RealDisk, &home, "r1").expect("marked");
        tidy(&disk, dir.path(), "r3");
        assert!(home.undo_mark().exists() && home.kept_journal("r1").exists());
        // A damaged journal is for a person.
        fs::remove_file(home.undo_mark()).expect("removed");
        fs::write(home.kept_journal("r1"), b"no journal\n").expect("written");
        tidy(&disk, dir.path(), "r3");
        assert!(home.kept_journal("r1").exists());
    }
}
