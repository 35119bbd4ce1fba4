//! What happens on other threads: looking at folders, asking for sizes, reading the history, the system's dialog, and undo, purge and
//! recovery. Each tells news and holds nothing of the window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::list::TaskKind;
use super::paths;
use super::state::Job;
use super::{Found, News, Outcome};
use crate::engine::{Control, Engine, NoLook, Notice, Recovered, Standing};
use crate::gui::office::Courier;
use crate::report;

/// A dialog that ends sooner was never there: nobody cancels that fast.
const NOBODY_CANCELS: Duration = Duration::from_millis(300);
/// Progress is told no more often.
const TELL: Duration = Duration::from_millis(100);

/// Looks at shards of the list, one after the other.
pub(super) fn look(engine: &Engine, batch: u64, shards: Vec<PathBuf>, courier: &Courier) {
    for path in shards {
        let look = engine.look_at_shard(&path);
        courier.tell(News::Looked { batch, path, look });
    }
    courier.tell(News::BatchOver(batch));
}

/// Asks for the sizes of the images in shards of the list.
pub(super) fn measure(engine: &Engine, id: u64, shards: Vec<PathBuf>, control: &Control, courier: &Courier) {
    for path in shards {
        let mut told = Instant::now();
        let measured = engine.measure_shard(&path, control, |so_far| {
            if told.elapsed() >= TELL {
                told = Instant::now();
                courier.tell(News::Measured {
                    path: path.clone(),
                    measured: so_far,
                });
            }
        });
        if control.stopped().is_some() {
            break;
        }
        courier.tell(match measured {
            Ok(measured) => News::Measured { path, measured },
            // The next look at it says why.
            Err(_) => News::NotMeasured(path),
        });
    }
    courier.tell(News::MeasureOver(id));
}

/// What the newest runs did in these shards.
pub(super) fn history(folder: &Path, shards: &[PathBuf], courier: &Courier) {
    courier.tell(News::Past(report::last_runs_in(folder, shards)));
}

/// Looks at folders that somebody wants to add.
pub(super) fn find(engine: &Engine, id: u64, asked: Vec<PathBuf>, control: &Arc<Control>, courier: &Courier) {
    for path in asked {
        if control.stopped().is_some() {
            break;
        }
        let found = find_one(engine, &path, control);
        courier.tell(News::Found {
            id,
            asked: path,
            found: Box::new(found),
        });
    }
    courier.tell(News::AddingOver(id));
}

fn find_one(engine: &Engine, asked: &Path, control: &Control) -> Found {
    let (look, of_file) = match (engine.look_at_shard(asked), asked.parent()) {
        (Err(NoLook::IsFile), Some(folder)) => (engine.look_at_shard(folder), true),
        (look, _) => (look, false),
    };
    let look = match look {
        Ok(look) => look,
        Err(error) => return Found::Not(error),
    };
    let path = look.status.path.clone();
    if paths::is_ours(&path) {
        return Found::Ours;
    }
    // A file stands for its own folder, and for none below it.
    if of_file && look.images + look.unnamed > 0 {
        return Found::Shard { look, of_file };
    }
    let library = match engine.library(&path, control, |_| {}) {
        Ok(library) => library,
        Err(error) => return Found::Not(error),
    };
    match library.shards.as_slice() {
        [one] if one.path == path => Found::Shard { look, of_file },
        [one] => match engine.look_at_shard(&one.path) {
            Ok(look) => Found::Shard { look, of_file },
            Err(error) => Found::Not(error),
        },
        // All of its images may have gone; what is kept of them is still there.
        [] if !look.status.kept.is_empty() || look.status.standing != Standing::Quiet => Found::Shard { look, of_file },
        _ => Found::Library(library),
    }
}

/// Whether a folder that was used lately is there. A worker each: one that hangs holds up none.
pub(super) fn is_there(path: PathBuf, courier: &Courier) {
    let there = path.is_dir();
    courier.tell(News::Recent { path, there });
}

/// The system's dialog for folders.
pub(super) fn pick(title: &str, several: bool, courier: &Courier) {
    let begun = Instant::now();
    let dialog = rfd::FileDialog::new().set_title(title);
    let picked = if several {
        dialog.pick_folders()
    } else {
        dialog.pick_folder().map(|folder| vec![folder])
    };
    let missing = picked.is_none() && begun.elapsed() < NOBODY_CANCELS;
    courier.tell(News::Picked {
        folders: picked.unwrap_or_default(),
        missing,
    });
}

/// Undo, purge or recovery, shard by shard.
pub(super) fn task(engine: &Engine, id: u64, kind: TaskKind, jobs: Vec<Job>, control: &Control, courier: &Courier) {
    for job in jobs {
        let mut outcome = Outcome {
            shard: job.shard.clone(),
            stopped: control.stopped().is_some(),
            ..Outcome::default()
        };
        if outcome.stopped {
            courier.tell(News::JobOver { id, outcome });
            continue;
        }
        if kind == TaskKind::Recover {
            outcome.add(engine.recover_shard(&job.shard).into());
        }
        for run in &job.runs {
            if control.stopped().is_some() {
                outcome.stopped = true;
                break;
            }
            outcome.add(match kind {
                TaskKind::Purge => engine.purge(&job.shard, run, control).into(),
                TaskKind::Undo | TaskKind::Recover => engine.undo(&job.shard, run, control).into(),
            });
        }
        courier.tell(News::JobOver { id, outcome });
    }
    courier.tell(News::TaskOver(id));
}

impl Outcome {
    /// Of another run, or another shard.
    pub(super) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.left.extend(other.left);
        self.problems.extend(other.problems);
        self.said.extend(other.said);
        self.stopped |= other.stopped;
    }
}

impl From<crate::engine::KeptOutcome> for Outcome {
    fn from(kept: crate::engine::KeptOutcome) -> Self {
        let mut said: Vec<String> = kept.recovered.into_iter().collect();
        said.extend(kept.notices.into_iter().map(told));
        Self {
            shard: kept.path,
            files: kept.files,
            bytes: kept.bytes,
            left: kept.left,
            problems: kept.problems,
            said,
            stopped: kept.stopped,
        }
    }
}

impl From<Recovered> for Outcome {
    fn from(recovered: Recovered) -> Self {
        let mut said: Vec<String> = recovered.summary.into_iter().collect();
        said.extend(recovered.notices.into_iter().map(told));
        let mut problems = recovered.alarms;
        problems.extend(recovered.problem);
        Self {
            shard: recovered.path,
            problems,
            said,
            ..Self::default()
        }
    }
}

fn told(notice: Notice) -> String {
    format!("{}: {}", notice.path.display(), notice.message)
}
