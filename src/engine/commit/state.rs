//! What a shard holds of earlier runs: kept originals, the journals that know where they belong, and the mark of an undo on
//! its way. Looking takes no lock and touches nothing.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use super::journal::{self, Batch, Found, Intent, Journal, Known};
use super::lock::held_by;
use super::names::{Home, Room, is_run_id};
use crate::engine::disk::{Disk, DiskError, EntryKind, Trouble};

/// A mark of more bytes is not ours.
const LONGEST_MARK: u64 = 4096;
/// First line of the mark that this program writes and reads.
const MARK: &str = "shardpress undo 1";

/// A run whose originals, or some of them, are still kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRun {
    /// Its id.
    pub run: String,
    /// When it began, seconds since 1970; 0 where its journal does not say.
    pub started: u64,
    /// Kept files that can be brought back.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Why some or all of it can neither be brought back nor freed by this program; empty: nothing is in the way.
    pub problem: String,
}

/// How a shard stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is under way.
    Quiet,
    /// A program works on it now; who, as its lock says.
    Locked {
        /// Run, process, host and time, as far as known.
        by: String,
    },
    /// A run, or an undo, was killed here: `recover` brings it to an end.
    Interrupted {
        /// The run; empty where its journal broke off before it said.
        run: String,
        /// It was an undo of that run.
        undo: bool,
    },
}

/// What is known of a shard without touching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) standing: Standing,
    /// Oldest first.
    pub(crate) kept: Vec<KeptRun>,
}

/// Looks at a shard.
pub(crate) fn look(disk: &dyn Disk, shard: &Path) -> Result<Looked, DiskError> {
    let home = Home::new(shard);
    if !disk.is_folder(&home.folder())? {
        return Ok(Looked {
            standing: Standing::Quiet,
            kept: Vec::new(),
        });
    }
    let standing = match held_by(disk, &home)? {
        Some(by) => Standing::Locked { by },
        None => match (journal::run_of(disk, &home.journal())?, marked(disk, &home)?) {
            (Some(run), _) => Standing::Interrupted { run, undo: false },
            (None, Some(run)) => Standing::Interrupted { run, undo: true },
            (None, None) => Standing::Quiet,
        },
    };
    Ok(Looked {
        standing,
        kept: kept_runs(disk, &home)?,
    })
}

/// All runs with kept originals, oldest first.
pub(super) fn kept_runs(disk: &dyn Disk, home: &Home) -> Result<Vec<KeptRun>, DiskError> {
    let mut all = Vec::new();
    let mut beside: Option<HashSet<OsString>> = None;
    for run in run_folders(disk, home)? {
        let mut told = KeptRun {
            run: run.clone(),
            started: 0,
            files: 0,
            bytes: 0,
            problem: String::new(),
        };
        let kept = match read_kept(disk, home, &run) {
            Ok(kept) => kept,
            // The program that is at work there may have taken it away just now.
            Err(error) if error.kind() == Trouble::Vanished => continue,
            Err(error) => {
                told.problem = format!("{error}.");
                all.push(told);
                continue;
            }
        };
        let inside = names(disk, &home.kept(&run))?;
        let here = match &mut beside {
            None if kept.intents.iter().any(|intent| room_of(intent) == Some(Room::Shard)) => beside.insert(names(disk, &home.shard)?),
            Some(here) => here,
            None => &mut HashSet::new(),
        };
        told.started = kept.started;
        for intent in &kept.intents {
            let there = intent.kept.as_ref().is_some_and(|place| match place.room {
                Room::Originals => inside.contains(&place.name.0),
                Room::Shard => here.contains(&place.name.0),
            });
            if there {
                told.files += 1;
                told.bytes += intent.seen.len;
            }
        }
        told.problem = kept.problem(&home.kept(&run)).unwrap_or_default();
        // The folder of a run on its way, or of one that kept nothing, says nothing.
        if told.files > 0 || !told.problem.is_empty() {
            all.push(told);
        }
    }
    all.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
    Ok(all)
}

fn room_of(intent: &Intent) -> Option<Room> {
    intent.kept.as_ref().map(|place| place.room)
}

fn names(disk: &dyn Disk, folder: &Path) -> Result<HashSet<OsString>, DiskError> {
    Ok(disk.entries(folder)?.into_iter().map(|entry| entry.name).collect())
}

/// Folders in `originals/` that are named as runs are.
pub(super) fn run_folders(disk: &dyn Disk, home: &Home) -> Result<Vec<String>, DiskError> {
    if !disk.is_folder(&home.originals())? {
        return Ok(Vec::new());
    }
    let entries = disk.entries(&home.originals())?;
    let named = entries.into_iter().filter(|entry| entry.kind == EntryKind::Folder);
    Ok(named
        .filter_map(|entry| entry.name.into_string().ok())
        .filter(|name| is_run_id(name))
        .collect())
}

/// What the journal of a finished run knows.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) run: String,
    /// Seconds since 1970.
    pub(super) started: u64,
    /// What was replaced and neither brought back nor freed since, oldest first.
    pub(super) intents: Vec<Intent>,
    /// A journal that was closed twice (killed in between) lies there under two names.
    journals: Vec<(PathBuf, Found)>,
    /// Files in its folder that are no journals.
    files: Vec<OsString>,
}

/// Reads what a finished run keeps. A folder without a journal has no intents.
pub(super) fn read_kept(disk: &dyn Disk, home: &Home, run: &str) -> Result<Kept, DiskError> {
    let folder = home.kept(run);
    let mut kept = Kept {
        run: run.to_owned(),
        started: 0,
        intents: Vec::new(),
        journals: Vec::new(),
        files: Vec::new(),
    };
    if !disk.is_folder(&folder)? {
        return Ok(kept);
    }
    let mut names: Vec<OsString> = disk.entries(&folder)?.into_iter().map(|entry| entry.name).collect();
    names.sort();
    for name in names {
        if !is_journal(&name) {
            kept.files.push(name);
            continue;
        }
        let path = folder.join(name);
        if let Some(found) = journal::read(disk, &path)? {
            kept.journals.push((path, found));
        }
    }
    // Two names of one journal tell the same twice; what one of them knows of an end holds for both.
    let mut seen = HashSet::new();
    let over: HashSet<Key<'_>> = with_known(&kept.journals)
        .filter(|(_, known)| *known == Known::Dropped)
        .map(|(i, _)| key(i))
        .collect();
    let intents = with_known(&kept.journals)
        .filter(|(intent, _)| !over.contains(&key(intent)) && seen.insert(key(intent)))
        .map(|(intent, _)| intent.clone())
        .collect();
    kept.started = kept
        .journals
        .iter()
        .filter_map(|(_, found)| Some(found.header.as_ref()?.started))
        .next()
        .unwrap_or(0);
    kept.intents = intents;
    Ok(kept)
}

type Key<'a> = (u64, &'a OsStr, u128);

fn key(intent: &Intent) -> Key<'_> {
    (intent.id, &intent.source.0, intent.source_hash.0)
}

fn with_known(journals: &[(PathBuf, Found)]) -> impl Iterator<Item = (&Intent, Known)> {
    let all = journals.iter().flat_map(|(_, found)| &found.intents);
    all.map(|(intent, known)| (intent, *known))
}

/// `journal`, `journal-2` …
pub(super) fn is_journal(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        let number = name.strip_prefix("journal").map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
    })
}

impl Kept {
    /// What stands in the way of ending this run's folder: a journal that does not tell everything.
    pub(super) fn problem(&self, folder: &Path) -> Option<String> {
        let whole = |found: &Found| found.damaged.is_empty() && found.header.as_ref().is_some_and(|header| header.run == self.run);
        if self.journals.is_empty() && !self.files.is_empty() {
            return Some(format!(
                "The journal of this run is gone; what is in {} was left as it is. Compare it with the folder and take what you want.",
                folder.display()
            ));
        }
        (!self.journals.iter().all(|(_, found)| whole(found))).then(|| {
            format!(
                "The journal of this run is damaged, so not everything that was kept is known; what is in {} was left as it is.",
                folder.display()
            )
        })
    }

    /// Remembers, durably, that nothing of ours is left of these.
    pub(super) fn forget(&self, disk: &dyn Disk, gone: &[&Intent]) -> Result<(), DiskError> {
        let gone: HashSet<Key<'_>> = gone.iter().map(|intent| key(intent)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        for (path, found) in &self.journals {
            let ids = found
                .intents
                .iter()
                .filter(|(intent, known)| *known != Known::Dropped && gone.contains(&key(intent)));
            let batch = Batch {
                resumed: found.torn,
                dropped: ids.map(|(intent, _)| intent.id).collect(),
                ..Batch::default()
            };
            if !batch.dropped.is_empty() {
                Journal::reopen_at(disk, path, found.torn)?.announce(batch)?;
            }
        }
        Ok(())
    }

    /// Ends the run: its journals go, and its folder where nothing else is in it. Only when nothing is left to bring back.
    /// What is left there, strangers to the journal, is returned.
    pub(super) fn end(&self, disk: &dyn Disk, home: &Home) -> Result<Option<PathBuf>, DiskError> {
        let folder = home.kept(&self.run);
        if !disk.is_folder(&folder)? {
            return Ok(None);
        }
        for (path, _) in &self.journals {
            super::files::remove_file(disk, path)?;
        }
        disk.sync_dir(&folder)?;
        let left = disk.remove_dir(&folder).is_err() && disk.is_folder(&folder)?;
        disk.sync_dir(&home.originals())?;
        // Refused while another run keeps something.
        if disk.remove_dir(&home.originals()).is_ok() {
            disk.sync_dir(&home.folder())?;
        }
        Ok(left.then_some(folder))
    }
}

/// Marks, durably, that a run is being undone: from here on whoever locks the shard brings that to an end first.
pub(super) fn mark(disk: &dyn Disk, home: &Home, run: &str) -> Result<(), DiskError> {
    let path = home.undo_mark();
    if disk.stat(&path)?.is_some() {
        super::files::remove_file(disk, &path)?;
    }
    let written = disk.create_new(&path).and_then(|mut file| {
        file.write_all(format!("{MARK}\n{run}\n").as_bytes())?;
        file.sync()
    });
    written
        .and_then(|()| disk.sync_dir(&home.folder()))
        .and_then(|()| disk.sync_dir(&home.shard))
        .inspect_err(|_| {
            // Nothing has begun. If it cannot go, the next one to lock the shard finds nothing to do.
            let _ = super::files::remove_file(disk, &path);
        })
}

/// Makes the mark that is there durable.
pub(super) fn sync_mark(disk: &dyn Disk, home: &Home) -> Result<(), DiskError> {
    disk.open(&home.undo_mark())?.sync()?;
    disk.sync_dir(&home.folder())?;
    disk.sync_dir(&home.shard)
}

/// The undo is over, durably.
pub(super) fn unmark(disk: &dyn Disk, home: &Home) -> Result<(), DiskError> {
    let path = home.undo_mark();
    if disk.stat(&path)?.is_some() {
        super::files::remove_file(disk, &path)?;
        disk.sync_dir(&home.folder())?;
    }
    Ok(())
}

/// The run that is being undone; empty where the mark broke off while it was made, so that nothing had begun.
pub(super) fn marked(disk: &dyn Disk, home: &Home) -> Result<Option<String>, DiskError> {
    let path = home.undo_mark();
    if disk.stat(&path)?.is_none() {
        return Ok(None);
    }
    let bytes = match disk.open(&path).and_then(|file| file.read_all(LONGEST_MARK)) {
        Err(error) if error.kind() == Trouble::Vanished => return Ok(None),
        bytes => bytes?,
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.split_inclusive('\n').map(|line| line.strip_suffix('\n'));
    match (lines.next().flatten(), lines.next().flatten()) {
        (Some(MARK), Some(run)) if is_run_id(run) => Ok(Some(run.to_owned())),
        (Some(first), _) if first != MARK && first.starts_with("shardpress undo ") => {
            let problem = "a newer version of shardpress began to undo a run here; use that version";
            Err(DiskError::new("recover", &path, io::Error::other(problem)))
        }
        _ => Ok(Some(String::new())),
    }
}
