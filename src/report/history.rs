//! Every plan and every run is kept, so that later ones can be compared with them: one JSON file each, without spaces, in
//! the folder that the system gives a user's data (on Linux `$XDG_DATA_HOME/shardpress/history`, else
//! `~/.local/share/shardpress/history`). Whoever calls treats a failure as a remark: the work itself is done.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::{ReportError, write_whole};
use super::json;
use super::value::{FORMAT, Report, VERSION};

/// Where the history lies; `None` where the system names no folder for user data. It need not exist yet.
pub fn folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "shardpress").map(|dirs| dirs.data_dir().join("history"))
}

/// Keeps a report in the user's history and tells where.
pub fn save(report: &Report) -> Result<PathBuf, ReportError> {
    save_in(&folder().ok_or(ReportError::NoDataFolder)?, report)
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
    Ok(path)
}

/// Reads a report back, from the history or wherever it was written as JSON.
pub fn read(path: &Path) -> Result<Report, ReportError> {
    let error = |reason: String| ReportError::Read {
        path: path.to_owned(),
        reason,
    };
    let bytes = fs::read(path).map_err(|source| error(source.to_string()))?;
    /// What every version of the value has.
    #[derive(serde::Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_slice(&bytes).map_err(|_| error("it is no report".to_owned()))?;
    if head.format != FORMAT {
        return Err(error("it is no report".to_owned()));
    }
    if head.version != VERSION {
        return Err(error(format!(
            "its version is {}, this program reads version {VERSION}",
            head.version
        )));
    }
    serde_json::from_slice(&bytes).map_err(|source| error(source.to_string()))
}
