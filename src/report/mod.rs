//! What a plan or a run found and did, as one versioned value, and its exports: one file each. Everything here is drawn from
//! the engine's `Record`; nothing is measured, and nothing but a report file is ever written.
//!
//! - [`Report`]: the value (`docs/report.schema.json` describes it, `docs/report.md` explains its numbers);
//! - [`write()`]: to a file, JSON or Markdown by the ending of its name;
//! - [`history`]: every plan and run is kept in the user's data folder;
//! - [`summary`]: the closing words of a plan or a run in the terminal;
//! - [`mod@format`]: numbers as people read them, shared by all of them.

mod advice;
mod file;
mod findings;
pub mod format;
pub mod history;
mod json;
mod make;
mod markdown;
mod name;
pub mod summary;
mod table;
mod tree;
mod value;

pub use file::{ReportError, check_path, write};
pub use name::Name;
pub use value::{
    BoundReport, Counts, Dimensions, DriveReport, EstimateReport, Failure, FailureKind, Forecast, FormatSavings, ImageOutcome, ImageReport,
    MachineReport, NoticeReport, PhaseReport, PhasesReport, RangeReport, Recommendation, Report, SeriesCounts, SeriesReport, ShardReport,
    ShardStateName, SpreadReport, Steps, Totals, VERSION, WaitReport,
};

#[cfg(test)]
mod random;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
