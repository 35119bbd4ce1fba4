//! What the window remembers from one start to the next: one JSON file among the user's settings. It is replaced as a whole or not at
//! all, and a damaged one is set aside, never thrown away: there may be folders in it that somebody wants to see again.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;

use super::office::Office;
use super::{plan, preview, report, settings, shards, shell};
use crate::engine::sync_file;

/// Everything that is remembered. A field that an older version did not know has its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// Of this layout.
    pub(super) version: u32,
    pub(super) shell: shell::Kept,
    pub(super) shards: shards::Kept,
    pub(super) settings: settings::Kept,
    pub(super) plan: plan::Kept,
    pub(super) preview: preview::Kept,
    pub(super) report: report::Kept,
}

impl Kept {
    /// Goes up when an older program could not make sense of the file.
    pub(super) const VERSION: u32 = 1;
}

/// A longer file is none of ours.
const LONGEST: u64 = 16 << 20;
/// How often what is remembered may be written while the window is open.
const EVERY: Duration = Duration::from_secs(2);

/// What was read at the start, and what a person must know of it.
pub(super) struct Loaded {
    pub(super) kept: Kept,
    /// The window never ran before: every start leaves the file behind, whichever version it was.
    pub(super) is_first: bool,
    /// A sentence where the file could not be used.
    pub(super) problem: Option<String>,
}

/// The file, in the folder of the program's settings.
pub(super) fn file(config: &Path) -> PathBuf {
    config.join("window.json")
}

/// Reads what is remembered. A file that makes no sense is renamed, and the window starts as new.
pub(super) fn load(config: Option<&Path>) -> Loaded {
    let fresh = |problem| Loaded {
        kept: Kept::default(),
        is_first: false,
        problem,
    };
    let Some(path) = config.map(file) else { return fresh(None) };
    let text = match fs::metadata(&path).and_then(|meta| {
        if meta.len() > LONGEST {
            Ok(String::new())
        } else {
            fs::read_to_string(&path)
        }
    }) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Loaded {
                is_first: true,
                ..fresh(None)
            };
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => String::new(),
        Err(error) => {
            return fresh(Some(format!(
                "{}: the window's settings cannot be read ({error}). They were left as they are; the window starts as new.",
                path.display()
            )));
        }
    };
    match serde_json::from_str::<Kept>(&text) {
        Ok(kept) if kept.version <= Kept::VERSION => Loaded {
            kept,
            is_first: false,
            problem: None,
        },
        Ok(_) => fresh(Some(set_aside(&path, "was written by a newer version"))),
        Err(_) => fresh(Some(set_aside(&path, "is damaged"))),
    }
}

fn set_aside(path: &Path, what: &str) -> String {
    let stamp = OffsetDateTime::now_utc()
        .format(format_description!("[year][month][day]-[hour][minute][second]"))
        .unwrap_or_default();
    let aside = path.with_extension(format!("json.aside-{stamp}"));
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "{} {what}. It was set aside as {}; the window starts as new.",
            path.display(),
            aside.display()
        ),
        Err(error) => format!(
            "{} {what} and could not be set aside ({error}). The window starts as new and will replace it.",
            path.display()
        ),
    }
}

/// Writes what is remembered, when it changed.
pub(super) struct Keeper {
    written: Kept,
    looked: Instant,
}

impl Keeper {
    /// As it was read.
    pub(super) fn new(kept: Kept) -> Self {
        Self {
            written: kept,
            looked: Instant::now(),
        }
    }

    /// To be called every frame: writes on a worker, at most every two seconds. Gives back when to look again, where something may be due.
    pub(super) fn look(&mut self, keep: impl FnOnce() -> Kept, office: &Office) {
        if self.looked.elapsed() < EVERY {
            return;
        }
        self.looked = Instant::now();
        let kept = keep();
        let Some(config) = office.places.config.clone().filter(|_| kept != self.written) else {
            return;
        };
        self.written = kept.clone();
        office.spawn("keep", move |courier| {
            if let Err(error) = write(&config, &kept) {
                courier.tell(shell::News::NotKept {
                    path: file(&config),
                    error: error.to_string(),
                });
            }
        });
    }

    /// At the end, when no frame waits any more.
    pub(super) fn finish(&mut self, kept: Kept, config: Option<&Path>) {
        if let Some(config) = config.filter(|_| kept != self.written)
            && let Err(error) = write(config, &kept)
        {
            tracing::warn!(%error, "the window's settings were not written");
        }
    }
}

/// Replaces the file as a whole: written under a name of ours, synced, renamed.
fn write(config: &Path, kept: &Kept) -> std::io::Result<()> {
    fs::create_dir_all(config)?;
    let path = file(config);
    let fresh = path.with_extension(format!("json.{}.tmp", std::process::id()));
    let text = serde_json::to_vec_pretty(kept)?;
    let written = fs::File::create(&fresh).and_then(|mut file| file.write_all(&text).and_then(|()| sync_file(&file)));
    let renamed = written.and_then(|()| fs::rename(&fresh, &path));
    if renamed.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    renamed
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Leaves a window's state where the next one finds it.
    pub(in crate::gui) fn leave(folder: &Path, kept: &Kept) {
        write(&folder.join("config"), kept).expect("the settings of a test");
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("new");
        let loaded = load(Some(&config));
        assert!(loaded.problem.is_none() && loaded.is_first);
        let mut kept = Kept {
            version: Kept::VERSION,
            ..Kept::default()
        };
        kept.shell.page = shell::Page::Run;
        write(&config, &kept).unwrap();
        let loaded = load(Some(&config));
        assert_eq!((loaded.kept, loaded.problem, loaded.is_first), (kept, None, false));
        assert_eq!(fs::read_dir(&config).unwrap().count(), 1, "nothing of ours is left over");
    }

    #[test]
    fn what_makes_no_sense_is_set_aside() {
        for text in [
            &b"{ \"version\": 1, \"shards\": [}"[..],
            b"",
            b"\xff\xfe",
            b"{\"version\": 99}",
            b"7",
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(file(folder.path()), text).unwrap();
            let loaded = load(Some(folder.path()));
            assert_eq!(loaded.kept, Kept::default());
            assert!(!loaded.is_first, "somebody had something remembered");
            assert!(loaded.problem.is_some_and(|problem| problem.contains("set aside")));
            assert!(!file(folder.path()).exists());
            let aside = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
            assert_eq!(fs::read(aside).unwrap(), text);
        }
    }

    #[test]
    fn fields_of_another_version_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            file(folder.path()),
            br#"{"version": 1, "unheard": [1], "shell": {"page": "report", "of": 2}}"#,
        )
        .unwrap();
        let loaded = load(Some(folder.path()));
        assert!(loaded.problem.is_none() && !loaded.is_first);
        assert_eq!(loaded.kept.shell.page, shell::Page::Report);
    }
}
