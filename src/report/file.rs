//! A report reaches its file: whole or not at all, and never over something that is not a report of ours. A report may be
//! asked for inside a shard, where `x.json` can be the caption of `x.png`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::compare::Comparison;
use super::page::Page;
use super::value::{FORMAT, Report};
use super::{csv, findings, html, json, markdown, sections};
use crate::engine::sync_file;

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The ending of the name tells no format.
    #[error("{}: a report's name must end in .json, .md, .html or .csv. Nothing was written.", path.display())]
    Ending {
        /// The name.
        path: PathBuf,
    },
    /// A comparison has no such form.
    #[error("{}: a comparison is written as .md or .html. Nothing was written.", path.display())]
    NotForComparisons {
        /// The name.
        path: PathBuf,
    },
    /// The ending belongs to another form than the one that was chosen.
    #[error("{}: the name must end in .{wanted}. Nothing was written.", path.display())]
    OtherEnding {
        /// The name.
        path: PathBuf,
        /// Without its dot.
        wanted: &'static str,
    },
    /// A plot is drawn as a PNG.
    #[error("{}: the name of a plot must end in .png. Nothing was written.", path.display())]
    PlotEnding {
        /// The name.
        path: PathBuf,
    },
    /// A plot could not be drawn.
    #[error("{}: the plot could not be drawn ({reason}). Nothing was written. This is a fault of the program; please report it.", path.display())]
    Draw {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// A benchmark has no such form.
    #[error("{}: a benchmark is written as .json, .md or .html. Nothing was written.", path.display())]
    NotForBenchmarks {
        /// The name.
        path: PathBuf,
    },
    /// The folder it should go to is not there.
    #[error("{}: there is no folder {}. Nothing was written; create the folder or choose another place.", path.display(), folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The missing folder.
        folder: PathBuf,
    },
    /// Something else bears that name.
    #[error("{}: this exists and is not a report, so it was left as it is. Choose another name.", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The system said no.
    #[error("{}: the report could not be written: {}. What was there before is unchanged; choose another place.", path.display(), reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a report, not readable or of another version.
    #[error("{}: this report could not be read ({reason}).", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system names no folder for user data.
    #[error("There is no folder for user data; set HOME to a folder of yours.")]
    NoDataFolder,
    /// The history has nothing of that name.
    #[error("\"{wanted}\": there is no such file, and the history has no such plan or run. `shardpress report history` lists them.")]
    NotInHistory {
        /// What was asked for.
        wanted: String,
    },
    /// Reports that do not make one.
    #[error("{reason} Nothing was written.")]
    Merge {
        /// Why, in a sentence or two.
        reason: String,
    },
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// The whole value.
    Json,
    /// A page to read or to paste.
    Markdown,
    /// A page with plots, in one file.
    Html,
    /// A line an image.
    Csv,
}

impl ReportFormat {
    /// By the ending of a file's name, in any case.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "md" => Some(Self::Markdown),
            "html" => Some(Self::Html),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A report in one of its forms.
pub fn render(report: &Report, format: ReportFormat, to: &mut dyn Write) -> io::Result<()> {
    let page = || sections::page(report);
    match format {
        ReportFormat::Json => json::write_pretty(report, to),
        ReportFormat::Markdown => to.write_all(markdown::markdown(&page()).as_bytes()),
        ReportFormat::Html => to.write_all(html::html(&page(), findings::is_bad(report)).as_bytes()),
        ReportFormat::Csv => csv::write(report, to),
    }
}

/// Everything that can be known beforehand: the ending is `.json`, `.md`, `.html` or `.csv` (in any case), the folder exists and can be
/// written to (a hidden file is created there and removed), and whatever bears the name already is a report of ours. To be asked before a run, so that nobody learns of a typing error an hour later.
pub fn check_path(path: &Path) -> Result<(), ReportError> {
    ending(path).map(|_| ())?;
    check_place(path)
}

/// Of [`check_path`] all but the ending.
pub(super) fn check_place(path: &Path) -> Result<(), ReportError> {
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(ReportError::NoFolder {
            path: path.to_owned(),
            folder: folder.to_owned(),
        });
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(write_error(path, source)),
        Ok(metadata) if metadata.is_file() && is_report(path) => {}
        Ok(_) => return Err(ReportError::NotOurs { path: path.to_owned() }),
    }
    let temp = temp_path(path);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temp)
        .and_then(|file| {
            drop(file);
            fs::remove_file(&temp)
        })
        .map_err(|source| write_error(path, source))
}

/// Writes `report` to `path`, in the form that its ending tells. An earlier report of that name is replaced, anything else is
/// refused; see [`check_path`].
pub fn write(report: &Report, path: &Path) -> Result<(), ReportError> {
    check_path(path)?;
    let format = ending(path)?;
    write_whole(path, |file| render(report, format, file))
}

/// As [`write()`], for a comparison: Markdown or HTML.
pub fn write_comparison(comparison: &Comparison, path: &Path) -> Result<(), ReportError> {
    let format = ending(path)?;
    check_path(path)?;
    match render_comparison(comparison, format) {
        Some(page) => write_whole(path, |file| file.write_all(page.as_bytes())),
        None => Err(ReportError::NotForComparisons { path: path.to_owned() }),
    }
}

/// A comparison as Markdown or HTML; it has no other form.
pub fn render_comparison(comparison: &Comparison, format: ReportFormat) -> Option<String> {
    let page: Page = comparison.page();
    match format {
        ReportFormat::Markdown => Some(markdown::markdown(&page)),
        ReportFormat::Html => Some(html::html(&page, false)),
        ReportFormat::Json | ReportFormat::Csv => None,
    }
}

fn ending(path: &Path) -> Result<ReportFormat, ReportError> {
    ReportFormat::of_path(path).ok_or_else(|| ReportError::Ending { path: path.to_owned() })
}

/// Of a file name alone, the folder is this one.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Whether a file is a report, comparison, benchmark or plot of ours, which a new one may replace. Every form names itself at the
/// very beginning. A file that cannot be read is none of ours, nor is an empty one: ours are
/// whole or not there.
pub fn is_report(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(96).read_to_end(&mut head));
    if read.is_err() {
        return false;
    }
    let head = String::from_utf8_lossy(&head);
    if head.starts_with(csv::HEAD) || head.starts_with(html::HEAD) || is_our_plot(&head) {
        return true;
    }
    let head: String = head.chars().filter(|c| !c.is_whitespace()).collect();
    let ours = [
        format!("{{\"format\":\"{FORMAT}\""),
        "#Shardpressreport".to_owned(),
        "#Shardpresscomparison".to_owned(),
        format!("{{\"format\":\"{}\"", super::bench::FORMAT),
        "#Shardpressbenchmark".to_owned(),
    ];
    ours.iter().any(|ours| head.starts_with(ours))
}

/// Whether a file that begins so is a plot of ours. Without the window there is nothing that writes them.
#[cfg(feature = "gui")]
fn is_our_plot(head: &str) -> bool {
    head.get(..8).is_some_and(|begin| begin.contains("PNG")) && head.contains(super::png::MARK)
}

#[cfg(not(feature = "gui"))]
fn is_our_plot(_: &str) -> bool {
    false
}

/// Whether the name ends so, in any case.
#[cfg(feature = "gui")]
pub(super) fn check_ending(path: &Path, wanted: &str) -> Result<(), ReportError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending {
        Some(ending) if ending.eq_ignore_ascii_case(wanted) => Ok(()),
        _ => Err(ReportError::PlotEnding { path: path.to_owned() }),
    }
}

/// Writes a plain text, whole or not at all.
pub fn write_text(path: &Path, text: &str) -> Result<(), ReportError> {
    write_whole(path, |file| file.write_all(text.as_bytes()))
}

/// Writes beside `path`, syncs, then renames: whoever reads `path` sees the old file or the whole new one.
pub(super) fn write_whole(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReportError> {
    let temp = temp_path(path);
    let written = (|| {
        let mut file = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(&temp)?);
        content(&mut file)?;
        file.flush()?;
        sync_file(file.get_ref())?;
        drop(file);
        fs::rename(&temp, path)?;
        sync_folder(folder(path));
        Ok(())
    })();
    written.map_err(|source: io::Error| {
        // `AlreadyExists` means that the file of that name is not ours to remove.
        if source.kind() != io::ErrorKind::AlreadyExists {
            let _ = fs::remove_file(&temp);
        }
        write_error(path, source)
    })
}

/// A hidden name beside `path`.
fn temp_path(path: &Path) -> PathBuf {
    folder(path).join(format!(".shardpress-report-{}-{}.tmp", std::process::id(), next_number()))
}

/// Two reports written at once in one process must not share a name.
fn next_number() -> u64 {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// The report is readable already; that its name survives a power cut as well is asked for, not insisted on: some file
/// systems have no sync of folders.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| sync_file(&folder));
    }
}

/// What the system said, in the words that the engine has for it.
pub(super) fn reason(source: &io::Error) -> String {
    use io::ErrorKind as K;
    match source.kind() {
        K::StorageFull | K::QuotaExceeded | K::FileTooLarge => "no space is left on the drive (or a quota is used up)".to_owned(),
        K::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        K::PermissionDenied => "permission denied".to_owned(),
        K::NotFound => "there is no such file or folder".to_owned(),
        K::AlreadyExists => "the name is already taken".to_owned(),
        K::InvalidFilename => "the name is not one this file system takes".to_owned(),
        _ => source.to_string(),
    }
}

fn write_error(path: &Path, source: io::Error) -> ReportError {
    ReportError::Write {
        path: path.to_owned(),
        source,
    }
}
