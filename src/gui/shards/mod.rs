//! The folders that are worked on: adding them, how each stands, which are ticked, and what earlier runs kept in them.
//!
//! - `list`: the shards, their groups and order; `state`: the facts around them; `kept`: what is remembered;
//! - `act`: what a person asks for; `hear`: what workers tell; `settle`: work that became due; `adding`, `tasks`: the two that take
//!   several steps;
//! - `workers`: what happens on other threads; `paths`: what people type;
//! - `panel`, `row`, `menus`: the list; `start`: the page before anything was added; `over`: what lies over the page.

mod act;
mod adding;
mod hear;
mod kept;
mod list;
mod menus;
mod over;
mod panel;
mod paths;
mod row;
mod settle;
mod start;
mod state;
mod tasks;
#[cfg(test)]
mod tests;
mod workers;

use std::collections::HashMap;
use std::path::PathBuf;

pub(super) use self::act::act;
pub(super) use self::hear::hear;
pub(super) use self::kept::Kept;
pub(super) use self::list::{TaskKind, kind_of_drive};
pub(super) use self::paths::{home, typed};
pub(super) use self::settle::{settle, start};
pub(super) use self::state::State;
pub(super) use self::tasks::ask_before_closing;
pub(super) use self::{over::show as show_over, panel::show, start::show as show_empty};

use self::list::{Only, Order, Place};
use self::state::Job;
use crate::engine::{Library, Measured, NoLook, Notice, Problem, ShardLook};
use crate::report::LastRun;

/// What a person asks of the shards.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// These were dropped, chosen, or named at the start.
    Add(Vec<PathBuf>),
    /// A library of which every shard is meant: nobody is asked.
    AddWhole(PathBuf),
    /// Typed or pasted: one folder a line.
    AddTyped(String),
    /// The system's dialog.
    ChooseFolders,
    /// The same, for one folder with shards in it.
    ChooseLibrary,
    CancelAdding(u64),
    /// The shards of a library, each with whether it is ticked.
    TakeLibrary {
        id: u64,
        ticked: Vec<bool>,
    },
    DropLibrary(u64),
    Tick(Vec<PathBuf>, bool),
    /// This one, and no other.
    TickOnly(PathBuf),
    /// What has the keyboard.
    Choose(Option<PathBuf>),
    ToggleGroup(Place),
    /// Folds the tail of a long group, or unfolds it.
    ToggleMore(Place),
    Order(Order),
    Only(Only),
    Filter(String),
    LookAgain(Vec<PathBuf>),
    /// From the list; no file is touched.
    Remove(Vec<PathBuf>),
    /// What was removed last.
    PutBack,
    /// The confirmation of an undo, purge or recovery.
    Ask(TaskKind, Vec<PathBuf>),
    /// It was confirmed.
    Do(TaskKind, Vec<Job>),
    StopTask(u64),
    /// All of them end between two batches of files, and then the window closes.
    StopAndClose,
    /// Ticks these alone and goes to the plan.
    PlanAgain(Vec<PathBuf>),
    ForgetRecents,
}

/// What the workers tell.
#[derive(Debug)]
pub(super) enum News {
    Looked {
        batch: u64,
        path: PathBuf,
        look: Result<ShardLook, NoLook>,
    },
    BatchOver(u64),
    Measured {
        path: PathBuf,
        measured: Measured,
    },
    NotMeasured(PathBuf),
    MeasureOver(u64),
    Past(HashMap<PathBuf, LastRun>),
    Found {
        id: u64,
        asked: PathBuf,
        found: Box<Found>,
    },
    AddingOver(u64),
    Recent {
        path: PathBuf,
        there: bool,
    },
    Picked {
        folders: Vec<PathBuf>,
        missing: bool,
    },
    JobOver {
        id: u64,
        outcome: Outcome,
    },
    TaskOver(u64),
}

/// What a folder is that somebody wants to add.
#[derive(Debug)]
pub(super) enum Found {
    /// It holds images itself.
    Shard {
        look: ShardLook,
        /// A file was named; this is its folder.
        of_file: bool,
    },
    /// Its subfolders may.
    Library(Library),
    /// This program keeps originals there.
    Ours,
    Not(NoLook),
}

/// What an undo, purge or recovery did in one shard.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    shard: PathBuf,
    /// Brought back, or freed.
    files: u64,
    bytes: u64,
    /// What was left as it is, and why.
    left: Vec<Notice>,
    problems: Vec<Problem>,
    /// What was brought to an end first, and other remarks.
    said: Vec<String>,
    stopped: bool,
}

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The path field of the start page.
    typed: String,
    /// The path field of the box that adds.
    typed_over: String,
    /// The box that adds is open.
    adding: bool,
    /// It was just opened: its field wants the keyboard.
    focus: bool,
    /// It is known that the system has no dialog.
    no_dialog: bool,
    /// The library whose shards are being ticked, and how.
    library: over::LibraryView,
    /// The chosen row is to be scrolled to.
    reveal: bool,
    /// The filter field is shown.
    filter: bool,
}

impl View {
    /// A path is being typed.
    pub(super) fn is_adding(&self) -> bool {
        self.adding
    }
}
