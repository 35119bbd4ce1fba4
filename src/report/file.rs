//! A report reaches its file: whole or not at all, and never over something that is not a report of ours. A report may be
//! asked for inside a shard, where `x.json` can be the caption of `x.png`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::value::{FORMAT, Report};
use super::{json, markdown};

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The ending of the name tells no format.
    #[error("{}: a report's name must end in .json or .md. Nothing was written.", path.display())]
    Ending {
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
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Json,
    Markdown,
}

/// Everything that can be known beforehand: the ending is `.json` or `.md` (in any case), the folder exists and can be
/// written to (a hidden file is created there and removed), and whatever bears the name already is a report of ours. To be asked before a run, so that nobody learns of a typing error an hour later.
pub fn check_path(path: &Path) -> Result<(), ReportError> {
    ending(path).map(|_| ())?;
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
        Ok(metadata) if metadata.is_file() && is_ours(path) => {}
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

/// Writes `report` to `path`: JSON where the name ends in `.json`, Markdown where it ends in `.md`. An earlier report of
/// that name is replaced, anything else is refused; see [`check_path`].
pub fn write(report: &Report, path: &Path) -> Result<(), ReportError> {
    check_path(path)?;
    match ending(path)? {
        Ending::Json => write_whole(path, |file| json::write_pretty(report, file)),
        Ending::Markdown => write_whole(path, |file| file.write_all(markdown::markdown(report).as_bytes())),
    }
}

fn ending(path: &Path) -> Result<Ending, ReportError> {
    match path.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("json") => Ok(Ending::Json),
        Some(ending) if ending.eq_ignore_ascii_case("md") => Ok(Ending::Markdown),
        _ => Err(ReportError::Ending { path: path.to_owned() }),
    }
}

/// Of a file name alone, the folder is this one.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Both formats name themselves at the very beginning. A file that cannot be read is none of ours, nor is an empty one: ours
/// are whole or not there.
fn is_ours(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut head));
    if read.is_err() {
        return false;
    }
    let head: String = String::from_utf8_lossy(&head).chars().filter(|c| !c.is_whitespace()).collect();
    head.starts_with(&format!("{{\"format\":\"{FORMAT}\"")) || head.starts_with("#Shardpressreport")
}

/// Writes beside `path`, syncs, then renames: whoever reads `path` sees the old file or the whole new one.
pub(super) fn write_whole(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReportError> {
    let temp = temp_path(path);
    let written = (|| {
        let mut file = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(&temp)?);
        content(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
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
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// What the system said, in the words that the engine has for it.
fn reason(source: &io::Error) -> String {
    use io::ErrorKind as K;
    match source.kind() {
        K::StorageFull | K::QuotaExceeded | K::FileTooLarge => "no space is left on the drive (or a quota is used up)".to_owned(),
        K::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        K::PermissionDenied => "permission denied".to_owned(),
        K::NotFound => "the folder is not there any more".to_owned(),
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
