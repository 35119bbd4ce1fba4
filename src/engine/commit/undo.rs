//! A run goes back: every kept original returns to its name, and what replaced it goes.
//!
//! Before the first step the shard is marked; the mark goes after the last. Whoever locks a marked shard brings the undo to its
//! end first ([`recover`](super::recover())), so that nobody ever works on half of one. What files that belong together were
//! replaced by goes back together or not at all, newest first; what changed since the run is refused by name and stays kept.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::back::{Bench, End, Item, Older, Refusal};
use super::failure::CommitFailure;
use super::journal::Intent;
use super::lock::ShardLock;
use super::mount::renames_over;
use super::names::Home;
use super::state::{self, Kept, read_kept};
use crate::engine::disk::{Disk, DiskError};
use crate::engine::metrics::{Notice, Problem};

/// Files that go back between two syncs of their folder.
const BATCH: usize = 256;

/// What an undo did in one shard.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Undone {
    /// The run.
    pub(crate) run: String,
    /// Originals that are back, those of an earlier undo of this run that was killed included.
    pub(crate) files: u64,
    /// Bytes of them.
    pub(crate) bytes: u64,
    /// What changed since the run and was left as it is, by name.
    pub(crate) refused: Vec<Notice>,
    /// Kept originals that are not what was kept, and journals that do not tell everything. Nothing was touched there.
    pub(crate) alarms: Vec<Problem>,
    /// Steps that the drive refused. The next undo, recovery or run goes on there.
    pub(crate) failed: Vec<Problem>,
    /// What a person should know.
    pub(crate) notices: Vec<Notice>,
    /// It was asked to stop before the end; what is not back yet stays kept.
    pub(crate) stopped: bool,
}

impl Undone {
    /// One sentence about an undo that was killed and is over now.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!(
            "The undo of run {} was interrupted and is finished now: {} brought back",
            self.run, self.files
        );
        match self.refused.len() + self.alarms.len() + self.failed.len() {
            0 => {}
            count => text.push_str(&format!(", {count} left as they are")),
        }
        text.push('.');
        text
    }
}

/// Brings a finished run back in a locked shard that was recovered. `None`: nothing of such a run is kept. `parallel`:
/// requests in flight, at least 1; `stopped` is asked before each batch of files.
///
/// # Errors
/// The drive refuses; nothing is lost, and the next one to lock the shard goes on.
pub(crate) fn undo(
    disk: &Arc<dyn Disk>,
    lock: &ShardLock,
    run: &str,
    parallel: usize,
    stopped: &dyn Fn() -> bool,
) -> Result<Option<Undone>, DiskError> {
    let (disk, home) = (disk.as_ref(), &lock.home);
    let kept = read_kept(disk, home, run)?;
    if kept.intents.is_empty() && kept.problem(&home.kept(run)).is_none() {
        return Ok(None);
    }
    state::mark(disk, home, run)?;
    go_back(disk, home, &kept, parallel, false, stopped).map(Some)
}

/// Brings an undo that was killed to its end. `None`: there was none.
pub(super) fn resume(disk: &dyn Disk, home: &Home) -> Result<Option<Undone>, DiskError> {
    match state::marked(disk, home)? {
        None => Ok(None),
        Some(run) if run.is_empty() => {
            // It broke off while the mark was made: nothing had begun.
            state::unmark(disk, home)?;
            Ok(None)
        }
        Some(run) => {
            // Whoever made the mark may have been killed before it was durable, and what follows relies on it.
            state::sync_mark(disk, home)?;
            let kept = read_kept(disk, home, &run)?;
            go_back(disk, home, &kept, 1, true, &|| false).map(Some)
        }
    }
}

fn go_back(
    disk: &dyn Disk,
    home: &Home,
    kept: &Kept,
    parallel: usize,
    resumed: bool,
    stopped: &dyn Fn() -> bool,
) -> Result<Undone, DiskError> {
    let bench = Bench {
        disk,
        home,
        run: &kept.run,
        over: renames_over(disk, home),
        resumed,
    };
    let mut work = Work {
        older: older(&bench, &kept.intents),
        pool: pool(parallel),
        later: None,
        stuck: HashSet::new(),
        undone: Undone {
            run: kept.run.clone(),
            ..Undone::default()
        },
        bench,
    };
    if let Some(problem) = kept.problem(&home.kept(&kept.run)) {
        work.undone.alarms.push(Problem {
            code: "journal-damaged",
            path: home.kept(&kept.run),
            message: problem,
            advice: "Check the drive. Compare the folder with a backup.".to_owned(),
        });
    }
    let mut back = Vec::new();
    for batch in batches(units(&kept.intents)) {
        if stopped() {
            work.undone.stopped = true;
            break;
        }
        back.extend(work.batch(batch)?);
    }
    // Before the journal says so: an undo that was killed may have done all of it, and not durably.
    work.sync()?;
    let mut undone = work.undone;
    if !undone.failed.is_empty() {
        // The mark stays, so that it goes on there.
        kept.forget(disk, &back.iter().collect::<Vec<_>>())?;
        return Ok(undone);
    }
    if back.len() == kept.intents.len() && undone.alarms.is_empty() {
        if let Some(folder) = kept.end(disk, home)? {
            undone.notices.push(Notice {
                path: folder,
                message: "There are files in this folder that the run did not keep; they were left.".to_owned(),
            });
        }
    } else {
        kept.forget(disk, &back.iter().collect::<Vec<_>>())?;
    }
    state::unmark(disk, home)?;
    Ok(undone)
}

/// Several requests in flight, or none to spare: then one after the other.
pub(super) fn pool(parallel: usize) -> Option<rayon::ThreadPool> {
    let build = rayon::ThreadPoolBuilder::new()
        .num_threads(parallel)
        .thread_name(|number| format!("back-{number}"));
    (parallel > 1).then(|| build.build().ok()).flatten()
}

/// Runs a step on every item, side by side where there is a pool.
pub(super) fn each<T: Send>(pool: Option<&rayon::ThreadPool>, items: &mut [T], step: impl Fn(&mut T) + Sync) {
    match pool {
        Some(pool) => pool.install(|| items.par_iter_mut().for_each(&step)),
        None => items.iter_mut().for_each(&step),
    }
}

/// Files that were replaced together, newest first.
pub(super) fn units(intents: &[Intent]) -> Vec<Vec<&Intent>> {
    let place: HashMap<u64, usize> = intents.iter().enumerate().map(|(at, intent)| (intent.id, at)).collect();
    // The lowest index of each one's company.
    let mut lead: Vec<usize> = (0..intents.len()).collect();
    fn leader(lead: &mut [usize], mut at: usize) -> usize {
        while lead[at] != at {
            lead[at] = lead[lead[at]];
            at = lead[at];
        }
        at
    }
    for (at, intent) in intents.iter().enumerate() {
        for other in &intent.with {
            if let Some(&other) = place.get(other) {
                let (one, two) = (leader(&mut lead, at), leader(&mut lead, other));
                lead[one.max(two)] = one.min(two);
            }
        }
    }
    let mut units: HashMap<usize, Vec<usize>> = HashMap::new();
    for at in 0..intents.len() {
        units.entry(leader(&mut lead, at)).or_default().push(at);
    }
    let mut units: Vec<Vec<usize>> = units.into_values().collect();
    units.iter_mut().for_each(|unit| unit.reverse());
    units.sort_by_key(|unit| std::cmp::Reverse(unit[0]));
    units
        .into_iter()
        .map(|unit| unit.into_iter().map(|at| &intents[at]).collect())
        .collect()
}

/// Of each change of a file that the run had changed before: what it was before those.
fn older(bench: &Bench<'_>, intents: &[Intent]) -> HashMap<u64, Vec<Older>> {
    let mut before: HashMap<&OsString, Vec<Older>> = HashMap::new();
    let mut older = HashMap::new();
    for intent in intents {
        let before = before.entry(&intent.source.0).or_default();
        if !before.is_empty() {
            older.insert(intent.id, before.clone());
        }
        before.push(Older {
            len: intent.seen.len,
            hash: intent.source_hash.0,
            kept: intent.kept.as_ref().map(|place| place.path(bench.home, bench.run)),
        });
    }
    older
}

/// Units that can go side by side: no name twice, in any case of letters.
fn batches(units: Vec<Vec<&Intent>>) -> Vec<Vec<Vec<&Intent>>> {
    let mut all: Vec<Vec<Vec<&Intent>>> = Vec::new();
    let mut names: HashSet<OsString> = HashSet::new();
    let mut count = 0;
    for unit in units {
        let wanted: HashSet<OsString> = unit
            .iter()
            .flat_map(|intent| [intent.source.0.to_ascii_lowercase(), intent.output.0.to_ascii_lowercase()])
            .collect();
        let fits = count + unit.len() <= BATCH && wanted.is_disjoint(&names);
        match all.last_mut() {
            Some(batch) if fits => {
                count += unit.len();
                batch.push(unit);
            }
            _ => {
                names.clear();
                count = unit.len();
                all.push(vec![unit]);
            }
        }
        names.extend(wanted);
    }
    all
}

struct Work<'a> {
    bench: Bench<'a>,
    /// See [`older()`].
    older: HashMap<u64, Vec<Older>>,
    pool: Option<rayon::ThreadPool>,
    /// Which later run took which name as its source; read when first asked for.
    later: Option<HashMap<OsString, String>>,
    /// Names whose last replacement by this run stays: an earlier one of the same name has to stay with it.
    stuck: HashSet<OsString>,
    undone: Undone,
}

impl Work<'_> {
    fn item(&self, intent: &Intent) -> Item {
        let older = self.older.get(&intent.id).cloned().unwrap_or_default();
        Item::new(&self.bench, intent.clone(), older)
    }

    /// Takes one batch back. What is back, durably; an error leaves the rest to the next attempt.
    fn batch(&mut self, units: Vec<Vec<&Intent>>) -> Result<Vec<Intent>, DiskError> {
        let mut units: Vec<Vec<Item>> = units
            .into_iter()
            .map(|unit| unit.into_iter().map(|intent| self.item(intent)).collect())
            .collect();
        // Files first; then those that tell of them, which must not say what is not so.
        units.iter_mut().for_each(|unit| unit.sort_by_key(|item| item.intent.is_edit()));
        let bench = &self.bench;
        each(self.pool.as_ref(), &mut units, |unit| {
            unit.iter_mut().for_each(|item| bench.look(item))
        });
        units.iter_mut().for_each(|unit| together(bench, unit));
        let step = |units: &mut [Vec<Item>], step: &(dyn Fn(&mut Item) + Sync)| {
            each(self.pool.as_ref(), units, |unit| {
                for at in 0..unit.len() {
                    if unit[at].is_going() {
                        step(&mut unit[at]);
                        together(bench, unit);
                    }
                }
            });
        };
        if units.iter().flatten().any(Item::is_going) {
            step(&mut units, &|item| bench.prepare(item));
            self.sync()?;
            step(&mut units, &|item| bench.bring(item));
            self.sync()?;
            step(&mut units, &|item| bench.clear(item));
            self.sync()?;
        }
        let mut back = Vec::new();
        for item in units.into_iter().flatten() {
            if let Some(intent) = self.tell(item) {
                back.push(intent);
            }
        }
        Ok(back)
    }

    /// New names, and those that are gone, become durable: in the shard and where originals are kept.
    fn sync(&self) -> Result<(), DiskError> {
        let (disk, home) = (self.bench.disk, self.bench.home);
        let kept = home.kept(self.bench.run);
        if disk.is_folder(&kept)? {
            disk.sync_dir(&kept)?;
        }
        disk.sync_dir(&home.shard)
    }

    /// How it ended, for a person. The intent where the original is back.
    fn tell(&mut self, item: Item) -> Option<Intent> {
        if let Some((path, message)) = item.remark.clone() {
            self.undone.notices.push(Notice { path, message });
        }
        // Only where something newer of that name stayed before.
        let newer_stayed = !matches!(item.end, End::Back) && !self.stuck.insert(item.intent.output.0.clone());
        match &item.end {
            End::Back => {
                self.undone.files += 1;
                self.undone.bytes += item.intent.seen.len;
                return Some(item.intent);
            }
            End::Refused(Refusal::Damaged) => self.undone.alarms.push(damaged(&item)),
            End::Refused(Refusal::Changed) if newer_stayed => {
                self.undone.refused.push(Notice {
                    path: item.output.clone(),
                    message:
                        "The run changed this file more than once; what it did last could not go back, so what it did before stays too."
                            .to_owned(),
                });
            }
            End::Refused(why) => {
                let notice = self.refused(&item, why);
                self.undone.refused.push(notice);
            }
            End::Failed(error) => self.undone.failed.push(failed(&item, error)),
            // No path leads here: every step ends an item or leaves it going, and the last one ends it.
            End::Going => {}
        }
        None
    }

    fn refused(&mut self, item: &Item, why: &Refusal) -> Notice {
        let kept = item.kept.as_deref().unwrap_or(Path::new(""));
        let stays = format!("Its original stays kept ({}).", kept.display());
        let (path, message) = match why {
            Refusal::Changed => match self.later_run(&item.intent) {
                Some(run) => (
                    &item.output,
                    format!("This file was changed again by run {run}; it was left as it is. Undo that run first. {stays}"),
                ),
                None => (
                    &item.output,
                    format!(
                        "This file was changed after the run; it was left as it is. {stays} Move the file away and undo again to have that back."
                    ),
                ),
            },
            Refusal::NameTaken => (
                &item.source,
                format!(
                    "This file was not there when the run ended; it was left as it is. The original of that name stays kept ({}). Move the file away and undo again to have that back.",
                    kept.display()
                ),
            ),
            Refusal::Gone => (
                &item.output,
                format!(
                    "Its kept original is not there any more ({}), so it was left as it is.",
                    kept.display()
                ),
            ),
            Refusal::Together(other) => (
                &item.output,
                format!(
                    "This file goes back together with {}, which could not; both were left as they are. {stays}",
                    other.display()
                ),
            ),
            // Told as an alarm.
            Refusal::Damaged => (&item.output, stays),
        };
        Notice {
            path: path.clone(),
            message,
        }
    }

    /// The later run that replaced what this one wrote, where its journal is kept.
    fn later_run(&mut self, intent: &Intent) -> Option<&String> {
        let (disk, home, run) = (self.bench.disk, self.bench.home, self.bench.run);
        let later = self.later.get_or_insert_with(|| {
            let mut sources = HashMap::new();
            // Only for a better sentence: what cannot be read is left out.
            let runs = state::kept_runs(disk, home).unwrap_or_default();
            for other in runs.iter().skip_while(|other| other.run != run).skip(1) {
                let intents = read_kept(disk, home, &other.run).map(|kept| kept.intents).unwrap_or_default();
                for intent in intents {
                    sources.insert(intent.source.0, other.run.clone());
                }
            }
            sources
        });
        later.get(&intent.output.0)
    }
}

/// One that stays keeps its company, as far as that has not gone back yet.
fn together(bench: &Bench<'_>, unit: &mut [Item]) {
    let stays = |item: &Item| !matches!(item.end, End::Going | End::Back);
    let Some(other) = unit.iter().find(|item| stays(item)).map(|item| item.output.clone()) else {
        return;
    };
    for item in unit.iter_mut().filter(|item| item.is_going()) {
        bench.stay(item, Refusal::Together(other.clone()));
    }
}

fn damaged(item: &Item) -> Problem {
    let kept: PathBuf = item.kept.clone().unwrap_or_default();
    Problem {
        code: "kept-original-damaged",
        path: item.output.clone(),
        message: format!(
            "Its kept original {} is not what was kept: the drive damaged it, or somebody changed it. Nothing was touched.",
            kept.display()
        ),
        advice: "Check the drive. Take the original from a backup, if there is one.".to_owned(),
    }
}

fn failed(item: &Item, error: &DiskError) -> Problem {
    let failure = CommitFailure::from_disk(error, "Nothing is lost; undo again, or recover, once that is put right.");
    Problem {
        code: failure.code,
        path: item.source.clone(),
        message: failure.message,
        advice: String::new(),
    }
}
