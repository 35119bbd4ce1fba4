//! Kept originals go for good, but only those that are not the last copy of anything: each one's replacement, or what became
//! of it since, must stand. Files that were replaced together go together. The journal goes last, so that a purge that was
//! killed goes on by being asked again, and what it had not reached can still be undone.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{hash_file, remove_file};
use super::journal::Intent;
use super::lock::ShardLock;
use super::names::Home;
use super::state::{kept_runs, read_kept};
use super::undo::{each, pool, units};
use crate::engine::disk::{Disk, DiskError, Trouble};
use crate::engine::metrics::{Notice, Problem};

/// What a purge did in one shard.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Purged {
    /// The run.
    pub(crate) run: String,
    /// Kept originals that are gone.
    pub(crate) files: u64,
    /// Bytes of them.
    pub(crate) bytes: u64,
    /// Kept originals that stay, by name, and why.
    pub(crate) held: Vec<Notice>,
    /// A journal that does not tell everything, or a file that could not be removed.
    pub(crate) failed: Vec<Problem>,
    /// What a person should know.
    pub(crate) notices: Vec<Notice>,
    /// It was asked to stop before the end.
    pub(crate) stopped: bool,
}

/// Kept originals removed between two looks at `stopped`.
const BATCH: usize = 256;

/// One kept original.
struct Item<'a> {
    intent: &'a Intent,
    kept: PathBuf,
    /// Its bytes; `None` where it is gone already.
    len: Option<u64>,
    /// Why it stays.
    held: Option<String>,
    failed: Option<DiskError>,
}

/// Frees the kept originals of a finished run in a locked shard that was recovered. `None`: nothing of such a run is kept.
/// `is_whole` tells whether a file that is not what the run wrote is a good one all the same (its user's own change).
///
/// # Errors
/// The drive refuses; what is freed is freed, and everything else is as it was.
pub(crate) fn purge(
    disk: &Arc<dyn Disk>,
    lock: &ShardLock,
    run: &str,
    parallel: usize,
    is_whole: &(dyn Fn(&Path) -> bool + Sync),
    stopped: &dyn Fn() -> bool,
) -> Result<Option<Purged>, DiskError> {
    let (disk, home) = (disk.as_ref(), &lock.home);
    let kept = read_kept(disk, home, run)?;
    let problem = kept.problem(&home.kept(run));
    if kept.intents.is_empty() && problem.is_none() {
        return Ok(None);
    }
    let mut purged = Purged {
        run: run.to_owned(),
        ..Purged::default()
    };
    if let Some(message) = problem {
        // Without the whole journal nobody knows which files are the last of their kind.
        purged.failed.push(Problem {
            code: "journal-damaged",
            path: home.kept(run),
            message: format!("{message} Nothing was freed."),
            advice: "Delete the folder yourself once you need nothing of it.".to_owned(),
        });
        return Ok(Some(purged));
    }
    let look = Look {
        disk,
        home,
        wrote: written(disk, home)?,
        is_whole,
    };
    let pool = pool(parallel);
    let mut units: Vec<Vec<Item<'_>>> = units(&kept.intents)
        .into_iter()
        .map(|unit| unit.into_iter().map(|intent| look.item(intent, run)).collect())
        .collect();
    let mut gone = Vec::new();
    let mut all_gone = true;
    for batch in units.chunks_mut(BATCH) {
        if stopped() {
            purged.stopped = true;
            all_gone = false;
            break;
        }
        each(pool.as_ref(), batch, |unit| look.decide(unit));
        each(pool.as_ref(), batch, |unit| {
            for item in unit
                .iter_mut()
                .filter(|item| item.len.is_some() && item.held.is_none() && item.failed.is_none())
            {
                item.failed = remove_file(disk, &item.kept).err();
            }
        });
        for item in batch.iter().flatten() {
            if let Some(error) = &item.failed {
                purged.failed.push(failed(item, error));
            } else if let Some(message) = &item.held {
                purged.held.push(Notice {
                    path: home.shard.join(&item.intent.output.0),
                    message: message.clone(),
                });
            } else {
                purged.files += u64::from(item.len.is_some());
                purged.bytes += item.len.unwrap_or(0);
                gone.push(item.intent);
                continue;
            }
            all_gone = false;
        }
    }
    // Before the journal says so.
    if disk.is_folder(&home.kept(run))? {
        disk.sync_dir(&home.kept(run))?;
    }
    disk.sync_dir(&home.shard)?;
    if !all_gone {
        kept.forget(disk, &gone)?;
    } else if let Some(folder) = kept.end(disk, home)? {
        purged.notices.push(Notice {
            path: folder,
            message: "There are files in this folder that the run did not keep; they were left.".to_owned(),
        });
    }
    Ok(Some(purged))
}

/// Name and length of everything that runs wrote here whose journals are kept: a later run may have changed what an earlier
/// one wrote.
fn written(disk: &dyn Disk, home: &Home) -> Result<HashSet<(OsString, u64)>, DiskError> {
    let mut all = HashSet::new();
    for run in kept_runs(disk, home)? {
        let Ok(kept) = read_kept(disk, home, &run.run) else { continue };
        all.extend(kept.intents.into_iter().map(|intent| (intent.output.0, intent.output_len)));
    }
    Ok(all)
}

struct Look<'a> {
    disk: &'a dyn Disk,
    home: &'a Home,
    wrote: HashSet<(OsString, u64)>,
    is_whole: &'a (dyn Fn(&Path) -> bool + Sync),
}

impl Look<'_> {
    fn item<'i>(&self, intent: &'i Intent, run: &str) -> Item<'i> {
        Item {
            intent,
            kept: intent.kept.as_ref().map(|place| place.path(self.home, run)).unwrap_or_default(),
            len: None,
            held: None,
            failed: None,
        }
    }

    /// Whether the kept originals of one unit may go: all of them, or none.
    fn decide(&self, unit: &mut [Item<'_>]) {
        for item in unit.iter_mut() {
            if let Err(error) = self.look(item) {
                item.failed = Some(error);
            }
        }
        let stays = |item: &&Item<'_>| item.len.is_some() && (item.held.is_some() || item.failed.is_some());
        let Some(other) = unit.iter().find(stays).map(|item| item.intent.output.0.clone()) else {
            return;
        };
        for item in unit
            .iter_mut()
            .filter(|item| item.len.is_some() && item.held.is_none() && item.failed.is_none())
        {
            item.held = Some(format!(
                "Its original stays kept, together with that of {}, with which it would go back.",
                other.display()
            ));
        }
    }

    fn look(&self, item: &mut Item<'_>) -> Result<(), DiskError> {
        let Some(place) = &item.intent.kept else { return Ok(()) };
        item.len = match self.disk.stat(&item.kept) {
            Ok(found) => found.map(|found| found.len),
            Err(error) if error.kind() == Trouble::NotRegular => None,
            Err(error) => return Err(error),
        };
        if item.len.is_none() {
            return Ok(());
        }
        let output = self.home.shard.join(&item.intent.output.0);
        let there = match self.disk.stat(&output) {
            Ok(found) => found,
            Err(error) if error.kind() == Trouble::NotRegular => None,
            Err(error) => return Err(error),
        };
        let kept = place.name.0.display();
        item.held = match there {
            Some(now) if self.wrote.contains(&(item.intent.output.0.clone(), now.len)) => None,
            Some(_) if (self.is_whole)(&output) => None,
            Some(_) => Some(format!(
                "This is neither what the run wrote nor another whole image; its original stays kept ({kept}). Delete that yourself if you do not need it."
            )),
            None if self.is_back(item)? => None,
            None => Some(format!(
                "This replacement is missing, so its kept original is the last copy; it stays kept ({kept}). Undo brings it back."
            )),
        };
        Ok(())
    }

    /// Does the original have its name again, put there by hand?
    fn is_back(&self, item: &Item<'_>) -> Result<bool, DiskError> {
        let source = self.home.shard.join(&item.intent.source.0);
        match self.disk.stat(&source) {
            Ok(Some(now)) if now.len == item.intent.seen.len => Ok(hash_file(self.disk, &source)? == item.intent.source_hash.0),
            Ok(_) => Ok(false),
            Err(error) if error.kind() == Trouble::NotRegular => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn failed(item: &Item<'_>, error: &DiskError) -> Problem {
    let failure = super::failure::CommitFailure::from_disk(error, "It stays kept.");
    Problem {
        code: failure.code,
        path: item.kept.clone(),
        message: failure.message,
        advice: "Put that right, then purge again.".to_owned(),
    }
}
