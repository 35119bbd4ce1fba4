//! Facts of the shards: the list, what is being added, what is being done to them, and what is remembered of it all.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

use super::list::{self, Arrangement, Row, Shard, TaskKind};
use super::paths;
use crate::engine::{Control, DriveKind, Library};

/// Folders that were used lately, at most.
pub(super) const MOST_RECENT: usize = 12;

/// Facts of the shards.
#[derive(Debug, Default)]
pub(in crate::gui) struct State {
    /// In list order.
    pub(super) shards: Vec<Shard>,
    /// Goes up whenever [`ticked`](Self::ticked) changes, or the files in a ticked shard.
    pub(in crate::gui) revision: u64,
    pub(super) arrangement: Arrangement,
    /// What is shown, as of the last [`settle`](super::settle).
    pub(super) rows: Arc<Vec<Row>>,
    pub(super) rows_due: bool,
    /// The row that has the keyboard.
    pub(super) chosen: Option<PathBuf>,
    /// Folders that are being looked at to be added.
    pub(super) adding: Vec<Adding>,
    pub(super) next_id: u64,
    /// Libraries whose shards are to be ticked, one after the other.
    pub(super) choosing: VecDeque<Choosing>,
    pub(super) recents: Vec<Recent>,
    /// Looks under way.
    pub(super) batches: Vec<Batch>,
    /// Sizes that are being asked for.
    pub(super) measures: Vec<Measuring>,
    /// What the newest runs did has to be asked for.
    pub(super) past_due: bool,
    pub(super) past_asked: bool,
    /// Undo, purge or recovery under way.
    pub(super) tasks: Vec<Task>,
    /// The shards of the run under way; empty where there is none.
    pub(super) running: HashSet<PathBuf>,
    pub(super) was_running: bool,
    /// The revision of the plan whose figures were taken.
    pub(super) plan_seen: u64,
    /// The window closes once nothing is under way any more.
    pub(super) closing: bool,
    pub(super) picker: Picker,
    /// Taken off the list last.
    pub(super) removed: Vec<Shard>,
    pub(super) home: Option<PathBuf>,
}

/// Folders that somebody asked to be added.
#[derive(Debug)]
pub(super) struct Adding {
    pub(super) id: u64,
    pub(super) names: Vec<String>,
    pub(super) begun: Instant,
    pub(super) done: usize,
    pub(super) control: Arc<Control>,
    /// All shards of a library are meant.
    pub(super) whole: bool,
    /// What was taken in.
    pub(super) added: Vec<PathBuf>,
    /// Sentences on what was not.
    pub(super) refused: Vec<String>,
}

/// A library of which somebody ticks shards.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Choosing {
    pub(super) id: u64,
    pub(super) library: Library,
}

/// A folder that was used lately.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recent {
    pub(super) path: PathBuf,
    pub(super) drive: DriveKind,
    /// Shards of a library; `None`: it is one shard.
    pub(super) shards: Option<u64>,
    pub(super) images: u64,
    pub(super) when: OffsetDateTime,
    /// Whether it is there now; `None` while nobody knows.
    pub(super) there: Option<bool>,
}

/// Looks that one worker makes, in order.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) id: u64,
    /// Only one worker at a time looks below one folder: where a drive hangs, one waits and not a thousand.
    pub(super) above: PathBuf,
    /// When the last answer came.
    pub(super) heard: Instant,
}

/// Sizes that one worker asks for.
#[derive(Debug)]
pub(super) struct Measuring {
    pub(super) id: u64,
    pub(super) above: PathBuf,
    pub(super) paths: Vec<PathBuf>,
    pub(super) control: Arc<Control>,
}

/// An undo, purge or recovery on its way.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: u64,
    pub(super) kind: TaskKind,
    pub(super) jobs: Vec<Job>,
    pub(super) outcomes: Vec<super::Outcome>,
    pub(super) control: Arc<Control>,
}

/// One shard of a task.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Job {
    /// As it stands in the list.
    pub(super) shard: PathBuf,
    /// The runs that are meant, the newest first; none for a recovery.
    pub(super) runs: Vec<String>,
}

/// The system's own dialog.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Picker {
    #[default]
    Closed,
    Open,
    /// This computer has none.
    Missing,
}

impl State {
    /// Nothing was added yet.
    pub(in crate::gui) fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    /// The folders that the plan and the run are about, in their order: ticked, and there.
    pub(in crate::gui) fn ticked(&self) -> Vec<PathBuf> {
        let shards = self.shards.iter().filter(|shard| shard.ticked && shard.is_there());
        shards.map(|shard| shard.path.clone()).collect()
    }

    /// Everything that is listed, by heading and name.
    pub(in crate::gui) fn all(&self) -> &[Shard] {
        &self.shards
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Shard> {
        self.position(path).map(|at| &self.shards[at])
    }

    /// Shards whose newest kept run is this one: it can be undone there.
    pub(in crate::gui) fn undoable_of(&self, run: &str) -> Vec<PathBuf> {
        let newest = |shard: &&Shard| TaskKind::Undo.applies(shard) && shard.undoable().is_some_and(|newest| newest.run == run);
        self.shards.iter().filter(newest).map(|shard| shard.path.clone()).collect()
    }

    /// Shards that keep originals of this run.
    pub(in crate::gui) fn kept_of(&self, run: &str) -> Vec<PathBuf> {
        let keeps = |shard: &&Shard| TaskKind::Purge.applies(shard) && shard.kept.iter().any(|kept| kept.run == run && kept.files > 0);
        self.shards.iter().filter(keeps).map(|shard| shard.path.clone()).collect()
    }

    pub(super) fn get_mut(&mut self, path: &Path) -> Option<&mut Shard> {
        let at = self.position(path)?;
        Some(&mut self.shards[at])
    }

    /// Compared as text: with many shards that is what makes it cheap.
    fn position(&self, path: &Path) -> Option<usize> {
        self.shards.iter().position(|shard| shard.path.as_os_str() == path.as_os_str())
    }

    /// Puts shards where they belong in the list.
    pub(super) fn take_in(&mut self, shards: Vec<Shard>) {
        self.shards.extend(shards);
        self.sort();
        self.past_due = true;
        self.revision += 1;
    }

    pub(super) fn sort(&mut self) {
        self.shards.sort_by(list::in_list_order);
        self.rows_due = true;
    }

    /// Ticks or unticks some; what changed nothing counts as nothing.
    pub(super) fn tick(&mut self, paths: &HashSet<&Path>, ticked: bool) {
        for shard in self.shards.iter_mut().filter(|shard| paths.contains(shard.path.as_path())) {
            if shard.ticked != ticked {
                shard.ticked = ticked;
                self.revision += 1;
                self.rows_due = true;
            }
        }
    }

    /// The shards that are shown, in their order.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Shard> {
        self.rows.iter().filter_map(|row| match row {
            Row::Shard(at) => self.shards.get(*at),
            _ => None,
        })
    }

    /// Why nothing can be done to a shard now; `None` where it can.
    pub(super) fn busy(&self, shard: &Shard) -> Option<&'static str> {
        if self.running.contains(&shard.path) {
            Some("A run is working on it. Wait until it has ended, or stop it first.")
        } else if shard.task.is_some() {
            Some("This shard is being worked on already.")
        } else if matches!(shard.standing, crate::engine::Standing::Locked { .. }) {
            Some("Another program is working on it. Wait until that has ended, then look again.")
        } else {
            None
        }
    }

    /// Puts a folder on top of those used lately.
    pub(super) fn used(&mut self, recent: Recent) {
        self.recents.retain(|other| other.path != recent.path);
        self.recents.insert(0, recent);
        self.recents.truncate(MOST_RECENT);
    }

    /// A drive hangs where this shard lies: a look at it, or at one beside it, does not come back.
    pub(super) fn is_slow(&self, shard: &Shard) -> bool {
        let above = shard.path.parent().unwrap_or(&shard.path);
        let waits = shard.due || shard.asked.is_some();
        waits
            && self
                .batches
                .iter()
                .any(|batch| batch.above == above && batch.heard.elapsed() >= super::settle::SLOW)
    }

    /// An undo, a purge or a recovery is under way.
    pub(in crate::gui) fn is_at_work(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Somebody waits for an answer that may never come: drawing has to look at the clock.
    pub(super) fn is_waiting(&self) -> bool {
        !self.batches.is_empty() || !self.adding.is_empty()
    }

    /// The history is to be asked again, and every ticked shard looked at.
    pub(super) fn changed(&mut self, shards: &HashSet<PathBuf>) {
        for shard in self.shards.iter_mut().filter(|shard| shards.contains(&shard.path)) {
            shard.due = true;
            shard.measured = None;
        }
        self.past_due = true;
        self.revision += 1;
        self.rows_due = true;
    }

    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The libraries of the list.
    pub(super) fn libraries(&self) -> HashMap<PathBuf, u64> {
        let mut found = HashMap::new();
        for library in self.shards.iter().filter_map(|shard| shard.library.clone()) {
            *found.entry(library).or_default() += 1;
        }
        found
    }

    pub(super) fn shown_path(&self, path: &Path) -> String {
        paths::shown(path, self.home.as_deref())
    }
}
