//! The front door to what earlier runs kept: how every shard stands, bring a run back, free what is kept.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use time::OffsetDateTime;

use super::engine::{Engine, run_id};
use super::{Control, depth, problem};
use crate::engine::commit::{self, KeptRun, Recovery, ShardLock, Standing};
use crate::engine::disk::{Disk, EntryKind};
use crate::engine::metrics::{Notice, Problem};
use crate::engine::scan::{self, ScanError};
use crate::engine::settings::Settings;
use crate::engine::shrink::Shrinker;

/// How one folder stands, and what is kept in it.
#[derive(Debug, Clone)]
pub struct ShardStatus {
    /// The folder.
    pub path: PathBuf,
    /// What is under way in it.
    pub standing: Standing,
    /// Runs whose originals are kept, oldest first.
    pub kept: Vec<KeptRun>,
    /// Something in it is named as images are.
    pub has_images: bool,
    /// It could not be looked into; nothing else is known then.
    pub problem: Option<Problem>,
}

/// What an undo or a purge did in one shard.
#[derive(Debug, Clone, Default)]
pub struct KeptOutcome {
    /// The shard.
    pub path: PathBuf,
    /// The run.
    pub run: String,
    /// What had to be brought to an end first.
    pub recovered: Option<String>,
    /// Originals brought back, or freed.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// What was left as it is, by name, and why.
    pub left: Vec<Notice>,
    /// What went wrong. Codes: those of a run, and `kept-original-damaged`, `journal-damaged`, `nothing-kept`.
    pub problems: Vec<Problem>,
    /// What a person should know.
    pub notices: Vec<Notice>,
    /// It was asked to stop before the end.
    pub stopped: bool,
}

impl Engine {
    /// How every folder stands that could be a shard. Touches nothing; the sizes are those that journals tell.
    ///
    /// # Errors
    /// A folder that is not there or cannot be listed.
    pub fn status(&self, roots: &[PathBuf], recursive: bool) -> Result<Vec<ShardStatus>, ScanError> {
        let disk = self.disk.as_ref();
        let look = |path| status_of(disk, path).0;
        Ok(scan::candidates(disk, roots, recursive)?.into_iter().map(look).collect())
    }

    /// Brings a run back in one shard: originals byte for byte, with their times and rights; what replaced them goes. An
    /// interrupted run or undo is brought to its end first. What changed since the run is left as it is, by name. A stop takes
    /// effect between batches of files; what is not back then stays kept.
    pub fn undo(&self, shard: &Path, run: &str, control: &Control) -> KeptOutcome {
        self.with_lock(shard, run, |lock, recovery, parallel, outcome| {
            // The undo that was killed may have been this very one.
            let undone = match recovery.undone.filter(|undone| undone.run == run) {
                Some(undone) => Some(undone),
                None => commit::undo(&self.disk, lock, run, parallel, &|| control.stopped().is_some())
                    .map_err(|error| problem::of_disk(shard.to_owned(), &error, INTERRUPTED, "Put that right, then undo again."))?,
            };
            let Some(undone) = undone else {
                return Err(nothing_kept(shard, run));
            };
            (outcome.files, outcome.bytes, outcome.stopped) = (undone.files, undone.bytes, undone.stopped);
            outcome.left = undone.refused;
            outcome.problems = undone.alarms;
            outcome.problems.extend(undone.failed);
            outcome.notices.extend(undone.notices);
            Ok(())
        })
    }

    /// Deletes the kept originals of a run in one shard for good, but those whose replacements do not stand, which are named. A
    /// shard with an interrupted run or undo is left as it is.
    pub fn purge(&self, shard: &Path, run: &str, control: &Control) -> KeptOutcome {
        match commit::pending(self.disk.as_ref(), shard) {
            Ok(None) => {}
            Ok(Some(_)) => return unable(shard, run, interrupted(shard)),
            Err(error) => return unable(shard, run, problem::of_shard(shard.to_owned(), &error)),
        }
        self.with_lock(shard, run, |lock, _, parallel, outcome| {
            let stopped = || control.stopped().is_some();
            let purged = commit::purge(&self.disk, lock, run, parallel, &|path| self.is_whole(path), &stopped)
                .map_err(|error| problem::of_disk(shard.to_owned(), &error, INTERRUPTED, "Put that right, then purge again."))?;
            let Some(purged) = purged else {
                return Err(nothing_kept(shard, run));
            };
            (outcome.files, outcome.bytes, outcome.stopped) = (purged.files, purged.bytes, purged.stopped);
            outcome.left = purged.held;
            outcome.problems = purged.failed;
            outcome.notices.extend(purged.notices);
            Ok(())
        })
    }

    /// Locks, recovers, works.
    fn with_lock(
        &self,
        shard: &Path,
        run: &str,
        work: impl FnOnce(&ShardLock, Recovery, usize, &mut KeptOutcome) -> Result<(), Problem>,
    ) -> KeptOutcome {
        let mut outcome = KeptOutcome {
            path: shard.to_owned(),
            run: run.to_owned(),
            ..KeptOutcome::default()
        };
        let locked =
            commit::lock(&self.disk, shard, &run_id(OffsetDateTime::now_utc())).map_err(|e| problem::of_lock(shard.to_owned(), &e));
        let result = locked.and_then(|lock| {
            let mut recovery = commit::recover(&self.disk, &lock).map_err(|e| problem::of_shard(shard.to_owned(), &e))?;
            let same_undo = recovery.undone.as_ref().is_some_and(|undone| undone.run == run);
            outcome.recovered = recovery.happened().then(|| recovery.summary());
            // What the undo of this very run says comes with its outcome.
            if !same_undo {
                outcome.notices = std::mem::take(&mut recovery.notices);
                outcome.problems = std::mem::take(&mut recovery.alarms);
                if !outcome.problems.is_empty() {
                    return Ok(());
                }
            }
            let parallel = depth::commits_in_flight(self.disk.drive(shard).kind);
            work(&lock, recovery, parallel, &mut outcome)
        });
        if let Err(problem) = result {
            outcome.problems.push(problem);
        }
        outcome
    }

    /// Is this file, which is not what a run wrote, good for what it is? An image must decode to its last pixel; of other files
    /// nobody knows more than that there is something in them.
    fn is_whole(&self, path: &Path) -> bool {
        let settings = Settings::default();
        let bytes = self.disk.open(path).and_then(|file| file.read_all(settings.limits.max_file_bytes));
        let Ok(bytes) = bytes else { return false };
        if is_named_as_image(path) {
            Shrinker::new(&settings, Arc::clone(&self.backend)).shrink(&bytes, false).is_ok()
        } else {
            !bytes.is_empty()
        }
    }
}

/// How one folder stands, and the names of the files in it.
pub(super) fn status_of(disk: &dyn Disk, path: PathBuf) -> (ShardStatus, Vec<OsString>) {
    let looked = commit::look(disk, &path).and_then(|looked| Ok((looked, disk.entries(&path)?)));
    match looked {
        Ok((looked, entries)) => {
            let files: Vec<OsString> = entries
                .into_iter()
                .filter(|entry| entry.kind == EntryKind::File)
                .map(|entry| entry.name)
                .collect();
            let status = ShardStatus {
                path,
                standing: looked.standing,
                kept: looked.kept,
                has_images: files.iter().any(|name| is_named_as_image(Path::new(name))),
                problem: None,
            };
            (status, files)
        }
        Err(error) => {
            let status = ShardStatus {
                problem: Some(problem::of_shard(path.clone(), &error)),
                path,
                standing: Standing::Quiet,
                kept: Vec::new(),
                has_images: false,
            };
            (status, Vec::new())
        }
    }
}

/// By the ending of its name.
fn is_named_as_image(path: &Path) -> bool {
    const ENDINGS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"];
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| ENDINGS.iter().any(|image| ending.eq_ignore_ascii_case(image)))
}

/// What became of a shard on which the drive failed midway.
const INTERRUPTED: &str = "Nothing is lost; what was begun goes on from here.";

fn unable(shard: &Path, run: &str, problem: Problem) -> KeptOutcome {
    KeptOutcome {
        path: shard.to_owned(),
        run: run.to_owned(),
        problems: vec![problem],
        ..KeptOutcome::default()
    }
}

fn nothing_kept(shard: &Path, run: &str) -> Problem {
    Problem {
        code: "nothing-kept",
        path: shard.to_owned(),
        message: format!("Nothing that run {run} replaced is kept here."),
        advice: String::new(),
    }
}

fn interrupted(shard: &Path) -> Problem {
    Problem {
        code: "interrupted",
        path: shard.to_owned(),
        message: "A run or an undo was interrupted here. Nothing was freed.".to_owned(),
        advice: "Run `shardpress recover` first, then purge again.".to_owned(),
    }
}
