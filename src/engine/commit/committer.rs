//! The batch: announced, written, synced, retired, each step for all of it at once, so that syncs are shared.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rayon::prelude::*;

use super::edit::Edits;
use super::failure::CommitFailure;
use super::files::{Target, ensure_folder, move_file, remove_file};
use super::group::open_groups;
use super::item::{Fate, Item, Shop, Way, now, output_hash};
use super::journal::{Batch, Hash, Header, Intent, Journal};
use super::lock::ShardLock;
use super::mount::{Mount, Mounts, probe_once};
use super::names::{Home, Name, Place, Room, is_run_id};
use crate::engine::disk::{Attributes, Disk, DiskError, Identity};
use crate::engine::metrics::{Metrics, Phase};
use crate::engine::settings::{Mtime, Originals, Verify, WriteMode};

/// How replacements are committed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitOptions {
    /// What becomes of originals.
    pub(crate) originals: Originals,
    /// How a replacement gets its name.
    pub(crate) write: WriteMode,
    /// How much is read again.
    pub(crate) verify: Verify,
    /// Modification time of a replacement.
    pub(crate) mtime: Mtime,
    /// Requests in flight, at least 1.
    pub(crate) parallel: usize,
}

/// A file that is ready to be replaced.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    /// Its name in the shard.
    pub(crate) source: OsString,
    /// Who it was when it was read.
    pub(crate) seen: Identity,
    /// What carries over.
    pub(crate) attributes: Attributes,
    /// [`content_hash`](super::content_hash) of the bytes that were read.
    pub(crate) source_hash: u128,
    /// Name of the replacement in the shard; may be the same.
    pub(crate) output: OsString,
    /// Its content, verified.
    pub(crate) bytes: Vec<u8>,
}

/// How one replacement ended.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// In place and durable; the original has retired.
    Committed {
        /// Time spent on this one, waiting for shared syncs left out.
        write: Duration,
        /// CPU time within it.
        cpu: Duration,
    },
    /// It did not happen.
    Failed(CommitFailure),
}

/// What a finished shard holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Bytes of originals of this run that are kept.
    pub(crate) kept_bytes: u64,
    /// How many originals of replacements; files that were edited with them count in bytes alone.
    pub(crate) kept: u64,
    /// Replacements whose end is not known: the journal stays and the next run settles them.
    pub(crate) open: u64,
}

/// Commits the batches of one run in one shard. Dropping it without [`finish`](Self::finish) is as if the process had died
/// there: the next run recovers.
pub(crate) struct Committer {
    disk: Arc<dyn Disk>,
    home: Home,
    run: String,
    pub(super) options: CommitOptions,
    mount: Mount,
    /// Nothing where one request is in flight: then the caller's thread does it all.
    pool: Option<rayon::ThreadPool>,
    state: Mutex<State>,
    /// Who is told which file is in hand.
    metrics: Option<Arc<Metrics>>,
}

impl fmt::Debug for Committer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Committer")
            .field("home", &self.home)
            .field("run", &self.run)
            .field("mount", &self.mount)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(super) struct State {
    journal: Option<Journal>,
    /// Why nothing more can be announced.
    broken: Option<String>,
    next_id: u64,
    /// Ended durably since the last line of the journal.
    done: Vec<u64>,
    pub(super) dropped: Vec<u64>,
    /// Names given out to originals that step aside, in lower case for file systems that fold it.
    kept_names: HashSet<OsString>,
    kept_ready: bool,
    kept: u64,
    kept_bytes: u64,
    /// Replacements whose end is not known.
    open: u64,
    uncarried: Option<Uncarried>,
}

/// Files that are in place without some of their originals' extended attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uncarried {
    /// The first of them.
    pub(crate) path: PathBuf,
    /// What it lacks.
    pub(crate) lost: Vec<String>,
    /// How many there are.
    pub(crate) files: u64,
}

impl State {
    /// A sync failed, so which names a crash would show is not known: nothing may follow.
    pub(super) fn broken(&mut self, error: &DiskError) {
        self.broken = Some(format!("An earlier sync failed ({error})."));
    }
}

impl Committer {
    /// Makes ready to commit in a locked shard whose earlier run, if any, was recovered. Tries the mount out, unless it is among
    /// `mounts`, which are those of this run and these options.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        lock: &ShardLock,
        run: &str,
        options: CommitOptions,
        mounts: &Mounts,
    ) -> Result<Self, DiskError> {
        let mount = probe_once(disk.as_ref(), &lock.home, options.write, mounts)?;
        Self::with_mount(disk, lock, run, options, mount)
    }

    /// As [`open`](Self::open), on a mount that is known.
    pub(super) fn with_mount(
        disk: &Arc<dyn Disk>,
        lock: &ShardLock,
        run: &str,
        options: CommitOptions,
        mount: Mount,
    ) -> Result<Self, DiskError> {
        let refuse = |problem: String| DiskError::new("work in", lock.shard(), std::io::Error::other(problem));
        if !is_run_id(run) {
            return Err(refuse(format!("the run id {run:?} is no plain name")));
        }
        if disk.stat(&lock.home.journal())?.is_some() {
            return Err(refuse("an earlier run was interrupted here and must be recovered first".to_owned()));
        }
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(options.parallel)
            .thread_name(|number| format!("commit-{number}"));
        let pool = (options.parallel > 1).then(|| threads.build()).transpose();
        let pool = pool.map_err(|error| refuse(format!("no threads: {error}")))?;
        Ok(Self {
            disk: Arc::clone(disk),
            home: lock.home.clone(),
            run: run.to_owned(),
            options,
            mount,
            pool,
            state: Mutex::default(),
            metrics: None,
        })
    }

    /// Tells from now on which file is in hand.
    pub(crate) fn watched(mut self, metrics: &Arc<Metrics>) -> Self {
        self.metrics = Some(Arc::clone(metrics));
        self
    }

    /// `direct` or `staged`: what the mount and the settings led to.
    pub(crate) fn write_mode(&self) -> &'static str {
        if self.mount.staged { "staged" } else { "direct" }
    }

    /// Bytes of originals that are kept so far.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.state().kept_bytes
    }

    /// Replacements so far that lack extended attributes of their originals, if any.
    pub(crate) fn uncarried(&self) -> Option<Uncarried> {
        self.state().uncarried.clone()
    }

    /// Commits a batch, and with it what `editor` says must change in the same transaction; verdicts in the order of the batch.
    /// Returns when everything that it did is durable. One batch at a time.
    pub(crate) fn commit(&self, batch: Vec<Replacement>, editor: &dyn Fn(&[usize]) -> Edits) -> Vec<Verdict> {
        let shop = Shop {
            disk: self.disk.as_ref(),
            home: &self.home,
            run: &self.run,
            mount: self.mount,
            verify: self.options.verify,
            mtime: self.options.mtime,
        };
        let replacements = batch.len();
        let mut items = self.plan(&shop, batch);
        self.each(&mut items, Item::is_going, |item| shop.look_first(item));
        let going: Vec<usize> = (0..replacements).filter(|&index| items[index].is_going()).collect();
        self.join(&shop, &mut items, &going, editor);
        if self.announce(&mut items) {
            self.each(&mut items, Item::is_going, |item| shop.stage(item));
            self.sync_staged(&shop, &mut items);
            self.mend(&shop, &mut items, editor);
            self.each(&mut items, Item::is_going, |item| shop.retire(item));
            self.take_back_broken(&shop, &mut items);
            self.change_hands(&shop, &mut items);
            self.take_back_broken(&shop, &mut items);
            self.settle(&shop, &mut items);
        }
        self.note(&items);
        let edits = items.split_off(replacements);
        for edit in edits {
            if let Some(item) = edit.charge.and_then(|index| items.get_mut(index)) {
                item.busy += edit.busy;
                item.cpu += edit.cpu;
            }
        }
        items.into_iter().map(verdict).collect()
    }

    /// Ends the run in this shard: the journal goes, or goes with the kept originals.
    pub(crate) fn finish(self) -> Result<Finished, DiskError> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let finished = Finished {
            kept_bytes: state.kept_bytes,
            kept: state.kept,
            open: state.open,
        };
        let disk = self.disk.as_ref();
        let Some(mut journal) = state.journal.take() else {
            if state.kept_ready {
                remove_empty(disk, &self.home, &self.run);
            }
            return Ok(finished);
        };
        if state.broken.is_none() {
            journal.announce(Batch {
                done: state.done,
                dropped: state.dropped,
                ..Batch::default()
            })?;
        }
        drop(journal);
        if state.broken.is_none() && state.open == 0 {
            close_journal(disk, &self.home, &self.run, state.kept > 0)?;
        }
        Ok(finished)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a step on all items that `wanted` picks, in parallel.
    pub(super) fn each(&self, items: &mut [Item], wanted: impl Fn(&Item) -> bool + Sync, step: impl Fn(&mut Item) + Sync) {
        let step = |item: &mut Item| {
            let _in_hand = self.metrics.as_ref().map(|m| m.hold(Phase::Write, &item.intent.source.0));
            item.timed(&step);
        };
        match &self.pool {
            Some(pool) => pool.install(|| items.par_iter_mut().filter(|item| wanted(item)).for_each(step)),
            None => items.iter_mut().filter(|item| wanted(item)).for_each(step),
        }
    }

    /// Gives every replacement its number, its way and its places.
    fn plan(&self, shop: &Shop<'_>, batch: Vec<Replacement>) -> Vec<Item> {
        let mut state = self.state();
        let item = |wanted| self.item(shop, &mut state, wanted, Vec::new());
        batch.into_iter().map(item).collect()
    }

    /// `with`: of an edit, the numbers of the replacements that it tells of.
    pub(super) fn item(&self, shop: &Shop<'_>, state: &mut State, wanted: Replacement, with: Vec<u64>) -> Item {
        let id = state.next_id;
        state.next_id += 1;
        let mut intent = Intent {
            id,
            seen: wanted.seen,
            attributes: wanted.attributes,
            source_hash: Hash(wanted.source_hash),
            output_len: wanted.bytes.len() as u64,
            output_hash: Hash(output_hash(&wanted.bytes)),
            temp: None,
            kept: None,
            source: Name(wanted.source),
            output: Name(wanted.output),
            with,
        };
        let reversible = intent.is_edit();
        let way = self.arrange(state, &mut intent, reversible);
        Item::new(shop, way, intent, wanted.bytes)
    }

    /// Chooses the way and the places of an intent. `reversible`: until everything that belongs to it is settled, it must be
    /// possible to take it back, so its original steps aside first where it would be deleted otherwise.
    pub(super) fn arrange(&self, state: &mut State, intent: &mut Intent, reversible: bool) -> Way {
        let keep = self.options.originals == Originals::Keep;
        let stays = keep || reversible;
        let way = match intent.same_name() {
            false => Way::New,
            true if self.mount.over && (self.mount.links || !stays) => Way::Over,
            true => Way::Park,
        };
        let temp = match way {
            Way::New => self.mount.staged,
            Way::Over => true,
            // What must be possible to take back is never written in place: recovery could not tell somebody else's file from a beginning
            // of ours.
            Way::Park => self.mount.no_replace && (reversible || !self.mount.slow_renames),
        };
        intent.temp = temp.then(|| Place::temporary(&self.run, intent.id, &intent.output.0));
        let (id, source) = (intent.id, &intent.source.0);
        let place = |numbered| match self.mount.keep_in {
            Room::Originals if keep => Place::original(id, source, numbered),
            _ => Place::beside(&self.run, id, source, numbered),
        };
        intent.kept = (stays || way == Way::Park).then(|| {
            // A file may be edited by many batches of a run: every earlier content of it is kept.
            let plain = place(false);
            let fresh = state.kept_names.insert(plain.name.0.to_ascii_lowercase());
            if fresh { plain } else { place(true) }
        });
        way
    }

    /// Writes the intents of all items on their way into the journal, durably, where it does not have them. False: nothing may
    /// be created.
    pub(super) fn announce(&self, items: &mut [Item]) -> bool {
        let intents: Vec<Intent> = items
            .iter()
            .filter(|item| item.is_going() && !item.announced)
            .map(|item| item.intent.clone())
            .collect();
        if intents.is_empty() {
            return false;
        }
        let mut state = self.state();
        let failure = match &state.broken {
            Some(problem) => Some(CommitFailure::new("io", format!("{problem} The original is untouched."))),
            None => self
                .write_intents(&mut state, intents)
                .err()
                .map(|error| CommitFailure::from_disk(&error, "The original is untouched.")),
        };
        let Some(failure) = failure.map(CommitFailure::fatal) else {
            for item in items.iter_mut().filter(|item| item.is_going()) {
                item.announced = true;
            }
            return true;
        };
        for item in items.iter_mut().filter(|item| item.is_going() && !item.announced) {
            // Nothing was created: whatever the journal says of it, there is nothing to settle.
            item.fail(failure.clone());
        }
        false
    }

    /// The journal and the folders that a batch needs.
    fn write_intents(&self, state: &mut State, intents: Vec<Intent>) -> Result<(), DiskError> {
        let disk = self.disk.as_ref();
        if !state.kept_ready
            && intents
                .iter()
                .any(|intent| intent.kept.as_ref().is_some_and(|place| place.room == Room::Originals))
        {
            let ready = ensure_folder(disk, &self.home.originals())
                .and_then(|_| ensure_folder(disk, &self.home.kept(&self.run)))
                .and_then(|_| disk.sync_dir(&self.home.originals()))
                .and_then(|()| disk.sync_dir(&self.home.folder()));
            if let Err(error) = ready {
                remove_empty(disk, &self.home, &self.run);
                return Err(error);
            }
            state.kept_ready = true;
        }
        if state.journal.is_none() {
            let header = Header {
                version: 1,
                run: self.run.clone(),
                originals: self.options.originals,
                started: now().as_secs(),
            };
            state.journal = Some(Journal::create(disk, &self.home, header)?);
        }
        let batch = Batch {
            intents,
            done: std::mem::take(&mut state.done),
            dropped: std::mem::take(&mut state.dropped),
            ..Batch::default()
        };
        let Some(journal) = &mut state.journal else { return Ok(()) };
        journal.announce(batch).inspect_err(|error| {
            // Its end is unknown: nothing may follow.
            state.broken = Some(format!("The journal could not be written earlier ({error})."));
        })
    }

    /// New names and links become durable before any original retires.
    pub(super) fn sync_staged(&self, shop: &Shop<'_>, items: &mut [Item]) {
        let linked = items.iter().any(|item| item.is_going() && item.linked);
        let synced = self.sync_kept(linked).and_then(|()| self.disk.sync_dir(&self.home.shard));
        let Err(error) = synced else { return };
        let failure = CommitFailure::from_disk(&error, "The original is untouched.").fatal();
        self.each(items, Item::is_going, |item| {
            shop.give_up(item, failure.clone());
            // Removed, but not durably: the name may come back.
            if let Fate::Failed { clean, .. } = &mut item.fate {
                *clean = false;
            }
        });
    }

    /// Originals that stepped aside are durably where they are kept; then replacements take their names. Without the sync
    /// between them a crash could show the second rename without the first: over the original.
    fn change_hands(&self, shop: &Shop<'_>, items: &mut [Item]) {
        let parked = |item: &Item| item.is_going() && item.parked;
        if !items.iter().any(parked) {
            return;
        }
        let synced = self.sync_kept(true).and_then(|()| self.disk.sync_dir(&self.home.shard));
        match synced {
            Ok(()) => self.each(items, parked, |item| shop.take_place(item)),
            Err(error) => {
                let failure = CommitFailure::from_disk(&error, "The original is untouched.").fatal();
                self.each(items, parked, |item| {
                    shop.step_back(item, failure.clone());
                    if let Fate::Failed { clean, .. } = &mut item.fate {
                        *clean = false;
                    }
                });
            }
        }
    }

    pub(super) fn sync_kept(&self, wanted: bool) -> Result<(), DiskError> {
        if wanted && self.state().kept_ready {
            return self.disk.sync_dir(&self.home.kept(&self.run));
        }
        Ok(())
    }

    /// What retired becomes durable; only then originals go that stepped aside and are not to be kept.
    fn settle(&self, shop: &Shop<'_>, items: &mut [Item]) {
        let synced = self.sync_kept(true).and_then(|()| self.disk.sync_dir(&self.home.shard));
        if let Err(error) = synced {
            return self.left_open(items, &error);
        }
        let aside = |item: &Item| item.is_retired() && item.kept.is_some();
        if self.options.originals == Originals::Delete && items.iter().any(aside) {
            self.each(items, aside, |item| shop.unpark(item));
            if let Err(error) = self.disk.sync_dir(&self.home.shard) {
                return self.left_open(items, &error);
            }
        }
        for item in items.iter_mut().filter(|item| item.is_retired()) {
            item.fate = Fate::Committed;
        }
    }

    /// The last sync failed: replacements are in place and were durable before their originals retired, so nothing is lost;
    /// but which names a crash would show is not known. The journal stays, and nothing more is begun.
    fn left_open(&self, items: &mut [Item], error: &DiskError) {
        let mut state = self.state();
        state.broken(error);
        for item in items {
            match &mut item.fate {
                Fate::Failed { clean, .. } => *clean = false,
                // Not called done: a power cut now could show the original again, and the next run would bring that back.
                Fate::Retired => {
                    item.fail_open(CommitFailure::from_disk(error, "The replacement is in place, but not for certain.").fatal())
                }
                Fate::Going | Fate::Committed => {}
            }
        }
    }

    /// Remembers for the journal and for the totals how items ended.
    fn note(&self, items: &[Item]) {
        let mut state = self.state();
        let keep = self.options.originals == Originals::Keep;
        // Recovery decides by what it sees of a whole group: none of it is forgotten while some of it is open.
        let open = open_groups(items);
        if items.iter().any(|item| {
            item.intent.is_edit()
                && item.announced
                && item.group.is_some_and(|group| open.contains(&group))
                && !matches!(item.fate, Fate::Committed)
        }) && state.broken.is_none()
        {
            state.broken = Some(format!("An earlier batch in {} could not be settled.", self.home.shard.display()));
        }
        for item in items.iter().filter(|item| item.announced) {
            match &item.fate {
                Fate::Committed => {
                    if !item.lost.is_empty() {
                        let uncarried = state.uncarried.get_or_insert_with(|| Uncarried {
                            path: item.output.clone(),
                            lost: item.lost.clone(),
                            files: 0,
                        });
                        uncarried.files += 1;
                    }
                    if state.broken.is_none() {
                        state.done.push(item.intent.id);
                    }
                    if keep {
                        state.kept += u64::from(!item.intent.is_edit());
                        state.kept_bytes += item.intent.seen.len;
                    }
                }
                Fate::Failed { clean: true, .. } if item.group.is_none_or(|group| !open.contains(&group)) => {
                    state.dropped.push(item.intent.id);
                }
                Fate::Failed { .. } | Fate::Going | Fate::Retired => state.open += 1,
            }
        }
    }
}

fn verdict(item: Item) -> Verdict {
    match item.fate {
        Fate::Failed { failure, .. } => Verdict::Failed(failure),
        Fate::Committed => Verdict::Committed {
            write: item.busy,
            cpu: item.cpu,
        },
        // No path leads here; if one did, nothing may be called replaced.
        Fate::Going | Fate::Retired => {
            let message = format!("{} was not finished. The next run will settle it.", item.source.display());
            Verdict::Failed(CommitFailure::new("io", message))
        }
    }
}

/// Takes the journal away, or to the kept originals, where undo looks for it.
pub(super) fn close_journal(disk: &dyn Disk, home: &Home, run: &str, kept: bool) -> Result<(), DiskError> {
    let path = home.journal();
    if kept {
        ensure_folder(disk, &home.originals())?;
        ensure_folder(disk, &home.kept(run))?;
        disk.sync_dir(&home.originals())?;
        if let Some(file) = disk.stat(&path)? {
            // One run has one journal; should the name be taken all the same, both are worth keeping.
            let mut target = home.kept_journal(run);
            let mut number = 1;
            while disk.stat(&target)?.is_some() {
                number += 1;
                target.set_file_name(format!("journal-{number}"));
            }
            move_file(disk, &path, &target, &file, Target::Ours)?;
        }
        disk.sync_dir(&home.kept(run))?;
    } else {
        remove_file(disk, &path)?;
        remove_empty(disk, home, run);
    }
    disk.sync_dir(&home.folder())
}

/// Removes the folders for kept originals where nothing is in them; the system refuses otherwise.
fn remove_empty(disk: &dyn Disk, home: &Home, run: &str) {
    if disk.remove_dir(&home.kept(run)).is_ok() {
        let _ = disk.remove_dir(&home.originals());
    }
}
