//! Every plan and every run is kept, so that later ones can be compared with them: one JSON file each, without spaces, in
//! the folder that the system gives a user's data (on Linux `$XDG_DATA_HOME/shardpress/history`, else
//! `~/.local/share/shardpress/history`). Whoever calls treats a failure as a remark: the work itself is done.
//!
//! The folder does not grow for ever: the newest [`MOST_REPORTS`] stay, and of those as many as fit into [`MOST_BYTES`], the
//! newest always. Only files that are reports of ours are ever removed, and what cannot be removed stays, silently: nobody's
//! run fails over an old report.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use time::OffsetDateTime;

use super::file::{ReportError, is_report, reason, write_whole};
use super::read::check_head;
use super::value::{Report, Totals};
use super::{Name, json};
use crate::engine::Kind;

/// Reports that are kept.
pub const MOST_REPORTS: usize = 200;
/// Bytes that they may take together. A report has about 0.3 kB an image, and a library may have a million.
pub const MOST_BYTES: u64 = 256 << 20;
/// A half-written report that is older than this belongs to no program that still runs.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the history lies; `None` where the system names no folder for user data. It need not exist yet.
pub fn folder() -> Option<PathBuf> {
    data_folder().map(|data| data.join("history"))
}

/// Where the program keeps its own data; as [`folder`].
pub fn data_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "shardpress").map(|dirs| dirs.data_dir().to_owned())
}

/// Keeps a report in the user's history, removes the oldest where there are too many, and tells where it is; of a run it
/// also keeps what writing cost, for the next forecast.
pub fn save(report: &Report) -> Result<PathBuf, ReportError> {
    let folder = folder().ok_or(ReportError::NoDataFolder)?;
    save_with_writes(&folder, report)
}

/// As [`save`], in a folder of choice: what writing cost is kept beside it.
pub fn save_with_writes(folder: &Path, report: &Report) -> Result<PathBuf, ReportError> {
    let path = save_in(folder, report)?;
    super::past::remember(folder, report)?;
    Ok(path)
}

/// As [`save`], in a folder of choice, which is created where it is missing.
pub fn save_in(folder: &Path, report: &Report) -> Result<PathBuf, ReportError> {
    // Whatever an id looks like, it names a file in this folder and nowhere else.
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            c
        } else {
            '_'
        }
    };
    let path = folder.join(format!("{}.json", report.id.chars().map(safe).collect::<String>()));
    fs::create_dir_all(folder).map_err(|source| ReportError::Write {
        path: path.clone(),
        source,
    })?;
    write_whole(&path, |file| json::write_compact(report, file))?;
    prune(folder, &path, MOST_REPORTS, MOST_BYTES);
    Ok(path)
}

/// A report of the history, as its list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its file.
    pub path: PathBuf,
    /// Its id.
    pub id: String,
    /// A plan or a run.
    pub kind: Kind,
    /// When it began, UTC.
    pub started: OffsetDateTime,
    /// From begin to end, seconds.
    pub wall_seconds: f64,
    /// Its folders as they were named.
    pub roots: Vec<Name>,
    /// Sizes and counts.
    pub totals: Totals,
    /// What it saved, or would save: of an estimate the best guess.
    pub bytes_saved: i64,
    /// Its one sentence.
    pub critical_finding: String,
}

/// The newest `limit` reports of the user's history, the newest first. What cannot be read is passed over. Empty where there
/// is no history.
pub fn list(limit: usize) -> Result<Vec<Entry>, ReportError> {
    Ok(list_in(&folder().ok_or(ReportError::NoDataFolder)?, limit))
}

/// As [`list`], of a folder of choice.
pub fn list_in(folder: &Path, limit: usize) -> Vec<Entry> {
    let files = files(folder).into_iter();
    files.filter_map(|file| entry(&file.path)).take(limit).collect()
}

/// A file of the history that should be a report and cannot be read as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Everything that is kept in the user's history, the newest first, and what of it cannot be read. Empty where there is no
/// history.
///
/// # Errors
/// The system names no folder for user data.
pub fn all() -> Result<(Vec<Entry>, Vec<Damaged>), ReportError> {
    Ok(all_in(&folder().ok_or(ReportError::NoDataFolder)?))
}

/// As [`all`], in a folder of choice.
pub fn all_in(folder: &Path) -> (Vec<Entry>, Vec<Damaged>) {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    for Kept { path, .. } in files(folder) {
        match read_entry(&path) {
            Ok(entry) => found.push(entry),
            Err(reason) => damaged.push(Damaged { path, reason }),
        }
    }
    (found, damaged)
}

/// Takes a report out of the history for good. The images it tells of are not touched.
///
/// # Errors
/// The file is no report of ours, or the system refused; then it stays.
pub fn delete(path: &Path) -> Result<(), ReportError> {
    if !is_report(path) {
        return Err(ReportError::NotOurs { path: path.to_owned() });
    }
    fs::remove_file(path).map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The file of a report that goes by an id, by `last`, or by `last-1` and so on, in the user's history.
pub fn find(wanted: &str) -> Result<PathBuf, ReportError> {
    find_in(&folder().ok_or(ReportError::NoDataFolder)?, wanted)
}

/// As [`find`], in a folder of choice.
pub fn find_in(folder: &Path, wanted: &str) -> Result<PathBuf, ReportError> {
    let missing = || ReportError::NotInHistory { wanted: wanted.to_owned() };
    let back = match wanted.strip_prefix("last") {
        Some("") => Some(0),
        Some(back) => back.strip_prefix('-').and_then(|back| back.parse::<usize>().ok()),
        None => None,
    };
    let files = files(folder);
    match back {
        Some(back) => {
            let path = files.into_iter().filter(|file| entry(&file.path).is_some()).nth(back);
            path.map(|file| file.path).ok_or_else(missing)
        }
        // Ids are file names here, without their ending; nothing that was typed leads out of the folder.
        None => files
            .into_iter()
            .map(|file| file.path)
            .find(|path| path.file_stem().is_some_and(|stem| stem == wanted))
            .ok_or_else(missing),
    }
}

/// The files of a history that may be reports, the newest first.
pub(super) fn reports(folder: &Path) -> impl Iterator<Item = PathBuf> {
    files(folder).into_iter().map(|kept| kept.path)
}

/// A file of the history that may be a report.
struct Kept {
    path: PathBuf,
    bytes: u64,
}

/// All that may be reports, the newest first: an id begins with its time.
fn files(folder: &Path) -> Vec<Kept> {
    let mut found: Vec<Kept> = entries(folder)
        .filter(|(path, metadata)| metadata.is_file() && path.extension().is_some_and(|ending| ending == "json"))
        .map(|(path, metadata)| Kept {
            path,
            bytes: metadata.len(),
        })
        .collect();
    found.sort_by_key(|kept| Reverse(kept.path.file_name().map(ToOwned::to_owned)));
    found
}

/// What lies in the folder; links are not followed. What cannot be looked at is passed over.
fn entries(folder: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
}

/// What the list shows; everything else in the file is passed over.
fn entry(path: &Path) -> Option<Entry> {
    read_entry(path).ok()
}

/// As [`entry`], or why there is none.
fn read_entry(path: &Path) -> Result<Entry, String> {
    #[derive(Deserialize)]
    struct Part {
        id: String,
        kind: Kind,
        #[serde(with = "time::serde::rfc3339")]
        started: OffsetDateTime,
        wall_seconds: f64,
        roots: Vec<Name>,
        totals: Totals,
        critical_finding: String,
        #[serde(default)]
        estimate: Option<Estimate>,
    }
    #[derive(Deserialize)]
    struct Estimate {
        bytes_saved: super::RangeReport,
    }
    let bytes = fs::read(path).map_err(|error| reason(&error))?;
    check_head(&bytes)?;
    let part: Part = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let predicted = part.estimate.filter(|_| part.kind == Kind::Estimate);
    Ok(Entry {
        path: path.to_owned(),
        id: part.id,
        kind: part.kind,
        started: part.started,
        wall_seconds: part.wall_seconds,
        roots: part.roots,
        bytes_saved: predicted.map_or(part.totals.bytes_saved, |estimate| {
            i64::try_from(estimate.bytes_saved.expected).unwrap_or(i64::MAX)
        }),
        totals: part.totals,
        critical_finding: part.critical_finding,
    })
}

/// Removes the oldest reports past either bound, and what killed programs left half-written. `newest` stays in any case.
fn prune(folder: &Path, newest: &Path, most: usize, most_bytes: u64) {
    let mut bytes = 0_u64;
    for (at, kept) in files(folder).into_iter().enumerate() {
        bytes = bytes.saturating_add(kept.bytes);
        if (at >= most || bytes > most_bytes) && kept.path != newest && is_report(&kept.path) {
            remove(&kept.path);
        }
    }
    let now = SystemTime::now();
    for (path, metadata) in entries(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let half_written = name.starts_with(".shardpress-report-") && name.ends_with(".tmp");
        let age = metadata.modified().ok().and_then(|time| now.duration_since(time).ok());
        if half_written && metadata.is_file() && age.is_some_and(|age| age > STALE) {
            remove(&path);
        }
    }
}

/// It may be in use, or gone already: either is no reason to trouble anybody.
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!("{}: not removed from the history: {}", path.display(), reason(&error));
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn filled(folder: &Path, reports: usize) -> Vec<PathBuf> {
        let mut record = samples::clean_run();
        (0..reports)
            .map(|at| {
                record.id = format!("20260102-0304{at:02}-0000");
                save_in(folder, &Report::new(&record)).unwrap()
            })
            .collect()
    }

    #[test]
    fn reports_are_found_by_id_and_by_age() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        assert!(list_in(&folder.join("none"), 9).is_empty());
        assert!(matches!(find_in(folder, "last"), Err(ReportError::NotInHistory { .. })));
        let paths = filled(folder, 3);
        // A stranger's file, and a report of another version, are passed over.
        fs::write(folder.join("30000101-000000-0000.json"), "{}").unwrap();
        assert_eq!(find_in(folder, "last").unwrap(), paths[2]);
        assert_eq!(find_in(folder, "last-2").unwrap(), paths[0]);
        assert_eq!(find_in(folder, "20260102-030401-0000").unwrap(), paths[1]);
        for wanted in ["last-3", "last-", "last-x", "../20260102-030401-0000", "", "lasting"] {
            assert!(find_in(folder, wanted).is_err(), "{wanted}");
        }
        let list = list_in(folder, 2);
        let ids: Vec<&str> = list.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["20260102-030402-0000", "20260102-030401-0000"]);
        assert_eq!(list[0].bytes_saved, 2_590_000);
        // Of an estimate the best guess is told.
        let mut plan = samples::plan();
        plan.id = "20270102-030401-0000".to_owned();
        save_in(folder, &Report::new(&plan)).unwrap();
        assert_eq!(list_in(folder, 1)[0].bytes_saved, 2_600_000);
    }

    #[test]
    fn a_run_is_remembered_beside_its_history() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("history");
        let mut record = samples::clean_run();
        record.shards[0].commit = Duration::from_secs(1);
        let path = save_with_writes(&folder, &Report::new(&record)).unwrap();
        assert!(path.starts_with(&folder) && path.exists());
        let writes = fs::read_to_string(place.path().join("writes.jsonl")).unwrap();
        assert_eq!(writes.lines().count(), 1, "{writes}");
    }

    #[test]
    fn the_oldest_go_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let paths = filled(folder, 6);
        // Older than all of them by name, and none of ours.
        fs::write(folder.join("1.json"), "{\"caption\": 1}").unwrap();
        fs::write(folder.join("0.txt"), "notes").unwrap();
        fs::create_dir(folder.join("0.json")).unwrap();
        fs::write(folder.join(".shardpress-report-1-1.tmp"), "half").unwrap();
        let left = || -> Vec<bool> { paths.iter().map(|path| path.exists()).collect() };
        prune(folder, &paths[5], 4, u64::MAX);
        assert_eq!(left(), [false, false, true, true, true, true]);
        let size = fs::metadata(&paths[5]).unwrap().len();
        prune(folder, &paths[5], 4, size * 2);
        assert_eq!(left(), [false, false, false, false, true, true]);
        // The newest stays, however large, and so does the one just written where the clock was set back.
        prune(folder, &paths[4], 0, 0);
        assert_eq!(left(), [false, false, false, false, true, false]);
        for stays in ["1.json", "0.txt", "0.json", ".shardpress-report-1-1.tmp"] {
            assert!(folder.join(stays).exists(), "{stays}");
        }
        // A killed program's leftovers go after a day.
        let old = SystemTime::now() - STALE * 2;
        let stale = folder.join(".shardpress-report-1-1.tmp");
        fs::File::options().write(true).open(&stale).unwrap().set_modified(old).unwrap();
        prune(folder, &paths[4], 9, u64::MAX);
        assert!(!stale.exists());
    }

    #[test]
    fn what_is_damaged_is_named_and_only_reports_are_deleted() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let paths = filled(folder, 2);
        let whole = fs::read(&paths[0]).unwrap();
        fs::write(&paths[0], &whole[..whole.len() / 2]).unwrap();
        fs::write(folder.join("mine.json"), "[1]").unwrap();
        let (found, mut damaged) = all_in(folder);
        assert_eq!(found.iter().map(|entry| &entry.path).collect::<Vec<_>>(), [&paths[1]]);
        damaged.sort_by_key(|damaged| damaged.path.clone());
        let told: Vec<_> = damaged.iter().map(|damaged| (&damaged.path, damaged.reason.is_empty())).collect();
        assert_eq!(told, [(&paths[0], false), (&folder.join("mine.json"), false)]);
        assert!(matches!(delete(&folder.join("mine.json")), Err(ReportError::NotOurs { .. })));
        // Damaged, but ours all the same.
        delete(&paths[0]).unwrap();
        assert!(!paths[0].exists() && paths[1].exists() && folder.join("mine.json").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_report() {
        let place = tempfile::tempdir().unwrap();
        let (folder, outside) = (place.path().join("history"), place.path().join("mine.json"));
        let paths = filled(&folder, 2);
        fs::copy(&paths[0], &outside).unwrap();
        std::os::unix::fs::symlink(&outside, folder.join("0.json")).unwrap();
        prune(&folder, &paths[1], 1, 0);
        assert!(outside.exists() && folder.join("0.json").is_symlink());
    }
}
