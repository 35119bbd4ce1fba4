//! What the reports need done elsewhere: reading the history, opening reports, writing exports, the system's dialog.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hear::News;
use super::sheet::{Against, Opened, Sheet};
use super::state::{Beside, Exporting, Wanted, What};
use crate::gui::model::Model;
use crate::gui::office::Office;
use crate::report::{self, BenchReport, Report, ReportError, ReportFormat, history, write_png};

/// A dialog that comes back sooner was never there.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Reads the list of all plans and runs.
pub(super) fn look(model: &mut Model, office: &Office) {
    model.report.due = false;
    let folder = office.places.history();
    office.spawn("history", move |courier| {
        let home = directories::UserDirs::new().map(|dirs| dirs.document_dir().unwrap_or(dirs.home_dir()).to_owned());
        let (entries, damaged) = folder.as_deref().map(history::all_in).unwrap_or_default();
        courier.tell(News::History {
            entries,
            damaged,
            problem: folder.is_none().then(|| ReportError::NoDataFolder.to_string()),
            home,
        });
    });
}

/// Reads a report and what it is compared with, and makes ready what is drawn of them.
pub(super) fn open(model: &mut Model, office: &Office, wanted: Wanted) {
    let report = &mut model.report;
    report.revision += 1;
    report.reading = true;
    let revision = report.revision;
    let beside = match &wanted.beside {
        Beside::Fitting => report.fitting(&wanted.path),
        Beside::Nothing => None,
        Beside::This(path) => Some(path.clone()),
    };
    let must = matches!(wanted.beside, Beside::This(_));
    // What is open already needs no second reading.
    let at_hand = report
        .opened
        .as_ref()
        .filter(|open| open.path == wanted.path)
        .map(|open| Arc::clone(&open.report));
    office.spawn("open a report", move |courier| {
        let result = opened(&wanted.path, at_hand, beside, must).map(Arc::new);
        courier.tell(News::Opened { revision, result });
    });
}

fn opened(path: &Path, at_hand: Option<Arc<Report>>, beside: Option<PathBuf>, must: bool) -> Result<Opened, String> {
    let read = |path: &Path| report::read(path).map_err(|error| error.to_string());
    let report = match at_hand {
        Some(report) => report,
        None => Arc::new(read(path)?),
    };
    let against = match beside.map(|other| (read(&other), other)) {
        None => None,
        Some((Ok(other), at)) => Some(Against::of((path, &report), (&at, &other))),
        // Chosen by the program: without it the report is shown all the same.
        Some((Err(_), _)) if !must => None,
        Some((Err(problem), _)) => return Err(problem),
    };
    Ok(Opened {
        path: path.to_owned(),
        sheet: Sheet::of(&report),
        report,
        against,
    })
}

/// Takes a report out of the history.
pub(super) fn delete(office: &Office, path: PathBuf) {
    office.spawn("delete a report", move |courier| {
        let problem = history::delete(&path).err().map(|error| error.to_string());
        courier.tell(News::Deleted { path, problem });
    });
}

/// What is shown, as Markdown for the clipboard.
pub(super) fn copy(model: &Model, office: &Office) {
    use super::Segment;
    let state = &model.report;
    match (state.kept.segment, &state.opened, &state.bench.shown) {
        (Segment::Benchmark, _, Some(bench)) => {
            let bench = Arc::clone(bench);
            office.spawn("copy", move |courier| courier.tell(News::Markdown(bench.markdown())));
        }
        (Segment::Benchmark, ..) | (_, None, _) => {}
        (_, Some(open), _) => {
            let (open, whole) = (Arc::clone(open), state.whole_comparison);
            office.spawn("copy", move |courier| {
                let comparison = open.against.as_ref().filter(|_| whole);
                let text = match comparison {
                    Some(against) => report::render_comparison(&against.comparison, ReportFormat::Markdown),
                    None => {
                        let mut bytes = Vec::new();
                        let written = report::render(&open.report, ReportFormat::Markdown, &mut bytes);
                        written.ok().and_then(|()| String::from_utf8(bytes).ok())
                    }
                };
                courier.tell(News::Markdown(text.unwrap_or_default()));
            });
        }
    }
}

/// Opens the system's dialog for a file to write.
pub(super) fn choose(office: &Office, exporting: &Exporting, typed: &Path) {
    let (id, ending) = (exporting.id, exporting.what.ending());
    let typed = typed.to_owned();
    office.spawn("choose a file", move |courier| {
        let begun = Instant::now();
        let mut dialog = rfd::FileDialog::new().set_title("Export to").add_filter(ending, &[ending]);
        if let Some(folder) = typed.parent().filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        if let Some(name) = typed.file_name() {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        let path = dialog.save_file();
        let at_once = path.is_none() && begun.elapsed() < AT_ONCE;
        courier.tell(News::Place { id, path, at_once });
    });
}

/// Writes what is asked for; without leave to `replace`, only where nothing bears the name.
pub(super) fn save(model: &mut Model, office: &Office, replace: bool) {
    let state = &model.report;
    let Some(exporting) = &state.exporting else { return };
    let (id, what, path) = (exporting.id, exporting.what, exporting.path.clone());
    let (open, bench) = (state.opened.clone(), state.bench.shown.clone());
    office.spawn("export", move |courier| {
        // A link counts: it leads to what somebody has there.
        let there = path.symlink_metadata().is_ok();
        if there && !replace && report::is_report(&path) {
            courier.tell(News::WouldReplace { id, path });
            return;
        }
        match write(what, &path, open.as_deref(), bench.as_deref()) {
            Ok(()) => courier.tell(News::Saved { id, path }),
            Err(error) => courier.tell(News::NotSaved {
                id,
                problem: error.to_string(),
            }),
        }
    });
}

fn write(what: What, path: &Path, open: Option<&Opened>, bench: Option<&BenchReport>) -> Result<(), ReportError> {
    // The form was chosen; an ending that says something else is a slip of the hand.
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !ending.eq_ignore_ascii_case(what.ending()) {
        return Err(ReportError::OtherEnding {
            path: path.to_owned(),
            wanted: what.ending(),
        });
    }
    let gone = || ReportError::Read {
        path: path.to_owned(),
        reason: "there is nothing open to write any more".to_owned(),
    };
    match what {
        What::Report(_) => report::write(&open.ok_or_else(gone)?.report, path),
        What::Plot(at) => write_png(open.and_then(|open| open.sheet.plots.get(at)).ok_or_else(gone)?, path),
        What::Comparison(_) => {
            let against = open.and_then(|open| open.against.as_ref()).ok_or_else(gone)?;
            report::write_comparison(&against.comparison, path)
        }
        What::Benchmark(_) => report::bench::write_benchmark(bench.ok_or_else(gone)?, path),
    }
}
