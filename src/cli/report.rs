//! `report`: reports are shown, converted, summed and compared; the history is listed.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::exit::Exit;
use super::{complain, say};
use crate::engine::Kind;
use crate::report::{self, Comparison, Report, ReportError, ReportFormat, format, history};

/// What `shardpress report` can do. A report goes by its file, by its id, or by `last`, `last-1` and so on.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Show a report, or convert it
    Show {
        /// A JSON report: a file, an id of the history, `last`, `last-1`, …
        report: String,
        /// Form on the screen
        #[arg(long, value_name = "FORMAT")]
        format: Option<FormatArg>,
        /// Write it here instead; the ending tells the form (.json, .md, .html, .csv)
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Sum the reports of several machines
    Merge {
        /// JSON reports: files, ids of the history, `last`, …
        #[arg(required = true)]
        reports: Vec<String>,
        /// Where to write the sum; the ending tells the form (.json, .md, .html, .csv)
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
    /// Compare two reports: a plan and its run, two machines, two months
    Compare {
        /// The first
        a: String,
        /// The second; differences are told against the first
        b: String,
        /// Form on the screen
        #[arg(long, value_name = "FORMAT")]
        format: Option<PageArg>,
        /// Write it here instead; the ending tells the form (.md, .html)
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List the plans and runs that were kept, the newest first
    History {
        /// So many at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    /// A page to read or to paste
    Md,
    /// A page with plots
    Html,
    /// A line an image
    Csv,
    /// The whole value
    Json,
}

/// Forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PageArg {
    /// A page to read or to paste
    Md,
    /// A page for a browser
    Html,
}

impl From<FormatArg> for ReportFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Md => Self::Markdown,
            FormatArg::Html => Self::Html,
            FormatArg::Csv => Self::Csv,
            FormatArg::Json => Self::Json,
        }
    }
}

impl From<PageArg> for ReportFormat {
    fn from(format: PageArg) -> Self {
        match format {
            PageArg::Md => Self::Markdown,
            PageArg::Html => Self::Html,
        }
    }
}

/// Does what was asked.
pub(super) fn report(command: &ReportCommand) -> Exit {
    let done = match command {
        ReportCommand::Show { report, format, output } => show(report, format.map(Into::into), output.as_deref()),
        ReportCommand::Merge { reports, output } => merge(reports, output),
        ReportCommand::Compare { a, b, format, output } => compare(a, b, format.map(Into::into), output.as_deref()),
        ReportCommand::History { limit } => list(*limit),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(&format::one_line(&error.to_string()));
            match error {
                ReportError::Write { .. } | ReportError::NoDataFolder => Exit::Environment,
                _ => Exit::Usage,
            }
        }
    }
}

fn show(wanted: &str, format: Option<ReportFormat>, output: Option<&Path>) -> Result<(), ReportError> {
    let (_, report) = read(wanted)?;
    match output {
        Some(output) => {
            agree(format, output)?;
            report::write(&report, output)?;
            say(&format!("{}: written.", format::shown(output)));
        }
        None => {
            let mut text = Vec::new();
            // Writing to memory cannot fail.
            let _ = report::render(&report, format.unwrap_or(ReportFormat::Markdown), &mut text);
            put(&text);
        }
    }
    Ok(())
}

fn merge(wanted: &[String], output: &Path) -> Result<(), ReportError> {
    report::check_path(output)?;
    let reports = wanted.iter().map(|wanted| read(wanted)).collect::<Result<Vec<_>, ReportError>>()?;
    let merged = report::merge(reports)?;
    report::write(&merged, output)?;
    say(&format!(
        "{}: {} with {} in {}. {}",
        format::shown(output),
        format::things(merged.parts.len() as u64, "report", "reports"),
        format::things(merged.totals.images.total, "image", "images"),
        format::things(merged.totals.shards, "shard", "shards"),
        format::one_line(&merged.critical_finding)
    ));
    Ok(())
}

fn compare(a: &str, b: &str, format: Option<ReportFormat>, output: Option<&Path>) -> Result<(), ReportError> {
    let ((first_name, first), (second_name, second)) = (read(a)?, read(b)?);
    let comparison = Comparison::of((&first_name, &first), (&second_name, &second));
    match output {
        Some(output) => {
            agree(format, output)?;
            report::write_comparison(&comparison, output)?;
            say(&format!("{}: written. {}", format::shown(output), comparison.finding()));
        }
        None => {
            let page = report::render_comparison(&comparison, format.unwrap_or(ReportFormat::Markdown));
            put(page.unwrap_or_default().as_bytes());
        }
    }
    Ok(())
}

fn list(limit: usize) -> Result<(), ReportError> {
    let entries = history::list(limit)?;
    if entries.is_empty() {
        say("No plans or runs yet. Each is kept here after its end.");
        return Ok(());
    }
    let mut rows = vec![["Report", "Begun", "Kind", "Images", "Saved", "Time", "Folders"].map(str::to_owned)];
    for entry in &entries {
        let kind = match entry.kind {
            Kind::Estimate => "plan",
            Kind::Exact => "exact plan",
            Kind::Run => "run",
        };
        let roots: Vec<String> = entry.roots.iter().map(report::Name::one_line).collect();
        let begun = entry.started;
        rows.push([
            format::one_line(&entry.id),
            format!("{} {:02}:{:02}", begun.date(), begun.hour(), begun.minute()),
            kind.to_owned(),
            format!(
                "{} of {}",
                format::count(entry.totals.images.shrunk),
                format::count(entry.totals.images.total)
            ),
            format::signed_bytes(entry.bytes_saved),
            format::seconds(entry.wall_seconds),
            roots.join(", "),
        ]);
    }
    say(&columns(&rows));
    if let Some(newest) = entries.first() {
        say(&format!("\nlast: {}", format::one_line(&newest.critical_finding)));
    }
    Ok(())
}

/// Columns as wide as their widest cell; words to the left, figures (all from the fourth to the sixth) to the right.
fn columns(rows: &[[String; 7]]) -> String {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let line = |row: &[String; 7]| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, &width))| {
                if (3..6).contains(&at) {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The report that goes by this name, and how a message may speak of it. A file of that name comes before the history.
fn read(wanted: &str) -> Result<(String, Report), ReportError> {
    let file = Path::new(wanted);
    let path = if file.exists() || file.components().count() > 1 || ReportFormat::of_path(file).is_some() {
        file.to_owned()
    } else {
        history::find(wanted)?
    };
    Ok((wanted.to_owned(), report::read(&path)?))
}

/// A form that was asked for twice is the same both times.
fn agree(format: Option<ReportFormat>, output: &Path) -> Result<(), ReportError> {
    match (format, ReportFormat::of_path(output)) {
        (Some(asked), Some(named)) if asked != named => Err(ReportError::Ending { path: output.to_owned() }),
        _ => Ok(()),
    }
}

/// Prints a rendered report to the byte, so that it can be piped; on a screen nothing in it steers the terminal.
fn put(text: &[u8]) {
    let mut out = io::stdout().lock();
    // A reader that went away (`| head`) is no failure of ours.
    let _ = if out.is_terminal() {
        out.write_all(format::printable(&String::from_utf8_lossy(text)).as_bytes())
    } else {
        out.write_all(text)
    };
}
