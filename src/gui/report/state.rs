//! Facts of the reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sheet::Opened;
use super::{Segment, bench};
use crate::engine::Kind;
use crate::report::ReportFormat;
use crate::report::history::{Damaged, Entry};

/// What is remembered of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::gui) struct Kept {
    pub(super) segment: Segment,
    /// Where something was last exported to.
    pub(super) folder: Option<PathBuf>,
    pub(super) bench: bench::Kept,
}

/// Facts of the reports.
#[derive(Debug, Default)]
pub(in crate::gui) struct State {
    pub(super) kept: Kept,
    /// Newest first.
    pub(super) entries: Arc<Vec<Entry>>,
    pub(super) damaged: Arc<Vec<Damaged>>,
    /// Why there is no history, in a sentence.
    pub(super) no_history: Option<String>,
    /// The history was read at least once.
    pub(super) looked: bool,
    /// It changed since.
    pub(super) due: bool,
    /// A folder of the user's for exports, told with the history.
    pub(super) home: Option<PathBuf>,
    /// Opened as soon as the history has it.
    pub(super) awaited: Option<String>,
    /// To be read.
    pub(super) wanted: Option<Wanted>,
    /// Goes up with every report that is asked for: an older answer is no news.
    pub(super) revision: u64,
    /// A report is being read.
    pub(super) reading: bool,
    pub(super) opened: Option<Arc<Opened>>,
    /// Why the report that was asked for is not shown.
    pub(super) trouble: Option<String>,
    /// The whole comparison is shown in place of the report.
    pub(super) whole_comparison: bool,
    pub(super) sort: Sort,
    /// Of the table of all runs: places in `entries`.
    pub(super) order: Vec<usize>,
    /// Ticked to be compared; two at most.
    pub(super) marked: Vec<PathBuf>,
    pub(super) exporting: Option<Exporting>,
    pub(super) next_question: u64,
    pub(super) bench: bench::State,
}

/// A report that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    pub(super) beside: Beside,
}

/// What a report is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Beside {
    /// What suits it: the dry run before it, else the run before it.
    Fitting,
    Nothing,
    This(PathBuf),
}

/// A question where to write something.
#[derive(Debug, Clone)]
pub(super) struct Exporting {
    /// Tells questions apart, and a path that was chosen from one that was typed.
    pub(super) id: u64,
    pub(super) what: What,
    pub(super) path: PathBuf,
    /// Being written, or looked for in a dialog.
    pub(super) busy: bool,
    pub(super) problem: Option<String>,
    /// The system has no dialog to offer.
    pub(super) no_dialog: bool,
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gui) enum What {
    /// The report that is open.
    Report(ReportFormat),
    /// One of its plots.
    Plot(usize),
    /// It beside the other.
    Comparison(ReportFormat),
    /// The benchmark.
    Benchmark(ReportFormat),
}

/// How all runs are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) by: Column,
    /// Largest or newest first.
    pub(super) down: bool,
}

/// Columns of all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gui) enum Column {
    Date,
    Kind,
    Folder,
    Images,
    Saved,
    Time,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by: Column::Date,
            down: true,
        }
    }
}

impl What {
    /// Ending of its file's name.
    pub(super) fn ending(self) -> &'static str {
        match self {
            What::Plot(_) => "png",
            What::Report(format) | What::Comparison(format) | What::Benchmark(format) => match format {
                ReportFormat::Json => "json",
                ReportFormat::Markdown => "md",
                ReportFormat::Html => "html",
                ReportFormat::Csv => "csv",
            },
        }
    }
}

impl State {
    pub(in crate::gui) fn from_kept(kept: Kept) -> Self {
        let bench = bench::State::from_kept(&kept.bench);
        Self {
            kept,
            bench,
            ..Self::default()
        }
    }

    pub(in crate::gui) fn keep(&self) -> Kept {
        Kept {
            bench: self.bench.keep(),
            ..self.kept.clone()
        }
    }

    /// The entry of this file.
    pub(super) fn entry(&self, path: &Path) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.path == path)
    }

    /// What suits a report to be compared with: the newest dry run of the same folders before it, else the newest run.
    pub(super) fn fitting(&self, path: &Path) -> Option<PathBuf> {
        let entry = self.entry(path)?;
        let earlier = || {
            self.entries
                .iter()
                .filter(|other| other.id < entry.id && other.roots == entry.roots)
        };
        let dry = earlier().find(|other| entry.kind == Kind::Run && other.kind != Kind::Run);
        dry.or_else(|| earlier().find(|other| other.kind == entry.kind))
            .map(|entry| entry.path.clone())
    }

    /// Sorts all runs anew.
    pub(super) fn arrange(&mut self) {
        let entries = &self.entries;
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let folder = |at: usize| entries[at].roots.first().map(|name| name.text.as_str()).unwrap_or_default();
        match self.sort.by {
            Column::Date => order.sort_by(|a, b| entries[*a].id.cmp(&entries[*b].id)),
            Column::Kind => order.sort_by_key(|at| super::sheet::kind_name(entries[*at].kind)),
            Column::Folder => order.sort_by(|a, b| folder(*a).cmp(folder(*b))),
            Column::Images => order.sort_by_key(|at| entries[*at].totals.images.shrunk),
            Column::Saved => order.sort_by_key(|at| entries[*at].bytes_saved),
            Column::Time => order.sort_by(|a, b| entries[*a].wall_seconds.total_cmp(&entries[*b].wall_seconds)),
        }
        if self.sort.down {
            order.reverse();
        }
        self.order = order;
    }
}
