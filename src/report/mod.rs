//! What a plan or a run found and did, as one versioned value, and its exports: one file each. Everything here is drawn from
//! the engine's `Record`; nothing is measured, and nothing but a report file is ever written.
//!
//! - [`Report`]: the value (`docs/report.schema.json` describes it, `docs/report.md` explains its numbers);
//! - [`write()`]: to a file, JSON, Markdown, HTML or CSV by the ending of its name; [`render`]: the same, wherever it goes;
//! - [`read()`]: back from JSON; [`merge()`]: the reports of many machines as one; [`Comparison`]: two of them side by side;
//! - [`history`]: every plan and run is kept in the user's data folder;
//! - [`summary`]: the closing words of a plan or a run in the terminal;
//! - [`preflight()`]: what to know before a run;
//! - [`mod@format`]: numbers as people read them, shared by all of them.
//!
//! What a page says is written once, in `sections`, as blocks of `page`; `markdown` and `html` set them, `plots` has what is
//! drawn and `html::svg` draws it.

mod advice;
pub mod bench;
mod card;
mod choice;
pub mod compare;
mod csv;
mod file;
mod findings;
mod forecast;
pub mod format;
pub mod history;
mod html;
mod json;
mod last_runs;
mod load_speed;
mod make;
mod markdown;
mod merge;
mod name;
mod page;
mod past;
mod plots;
#[cfg(feature = "gui")]
mod png;
mod preflight;
mod quality;
mod read;
mod sections;
pub mod summary;
mod table;
mod tree;
mod value;

pub use bench::{AxisName, BenchReport};
pub use card::{AdapterReport, CardReport, ClassReport};
pub use compare::Comparison;
pub use file::{ReportError, ReportFormat, check_path, is_report, render, render_comparison, write, write_comparison, write_text};
pub use findings::{bytes_after, bytes_saved, is_bad, knows_sizes_after};
pub use html::{as_table, axis, legend};
pub use last_runs::{LastRun, last_runs, last_runs_in};
pub use load_speed::{LoadCause, LoadSpeedReport, PercentilesReport};
pub use make::reason;
pub use merge::merge;
pub use name::Name;
pub use page::{Block, Line, Page, Section, Span, Table, Tile, TreeRow, Width};
pub use past::{past_writes, past_writes_in};
pub use plots::{BarRow, Bars, Columns, Curve, Curves, Ink, Plot, Shape, plots};
#[cfg(feature = "gui")]
pub use png::write_png;
pub use preflight::{Concerned, Finding, Level, Matter, preflight};
pub use quality::{QualityReport, QualitySaved, WorstImage};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use read::parse;
pub use read::read;
pub use sections::{format_name, page};
pub use tree::rows as tree;
pub use value::{
    BoundReport, CollidingImage, CollisionReport, Counts, Dimensions, DriveReport, EstimateReport, Failure, FailureKind, Forecast,
    FormatSavings, ImageOutcome, ImageReport, MachineReport, NoticeReport, OnDiskOutcome, OnDiskReport, PartReport, PhaseReport,
    PhasesReport, RangeReport, Recommendation, Report, ResolutionName, SecondsReport, SeriesCounts, SeriesReport, ShardReport,
    ShardStateName, SpreadReport, Steps, TimeOutcome, TimesOutcome, TimesReport, Totals, VERSION, WaitReport, WriteBasisName,
};

#[cfg(test)]
mod random;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
