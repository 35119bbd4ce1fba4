//! Workers: threads that do for a part what a frame must not do, and tell it afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::command::News;
use super::shell;
use crate::engine::Engine;

/// Where the program keeps its own files. Either may be missing where the system names no such folder: then nothing is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Window and settings.
    pub(super) config: Option<PathBuf>,
    /// History of runs.
    pub(super) data: Option<PathBuf>,
    /// Where a person's pictures lie, or other files, the best place first; some of them may not be there.
    pub(super) pictures: Vec<PathBuf>,
}

/// Where work is given to.
pub(super) struct Office {
    /// The engine; cheap to share.
    pub(super) engine: Arc<Engine>,
    /// The program's own folders.
    pub(super) places: Places,
    courier: Courier,
}

/// Carries news from a worker to the window, and wakes it. News arrive in the order in which one worker told them.
#[derive(Clone)]
pub(super) struct Courier {
    tray: Sender<News>,
    window: egui::Context,
}

impl Places {
    /// Those of the person who runs the program.
    pub(super) fn of_system() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "shardpress");
        let user = directories::UserDirs::new();
        let pictures = user
            .iter()
            .flat_map(|user| [user.picture_dir(), user.document_dir(), Some(user.home_dir())]);
        Self {
            config: dirs.as_ref().map(|dirs| dirs.config_dir().to_owned()),
            data: dirs.as_ref().map(|dirs| dirs.data_dir().to_owned()),
            pictures: pictures.flatten().map(Path::to_owned).collect(),
        }
    }

    /// Where reports of all runs lie.
    pub(super) fn history(&self) -> Option<PathBuf> {
        self.data.as_deref().map(|data: &Path| data.join("history"))
    }
}

impl Office {
    /// An office, and the tray its news arrive in.
    pub(super) fn new(engine: Engine, places: Places, window: egui::Context) -> (Self, Receiver<News>) {
        let (tray, inbox) = unbounded();
        let office = Self {
            engine: Arc::new(engine),
            places,
            courier: Courier { tray, window },
        };
        (office, inbox)
    }

    /// Does `work` on a thread of its own. A panic in it is told as a toast and touches nothing else.
    pub(super) fn spawn(&self, name: &str, work: impl FnOnce(&Courier) + Send + 'static) {
        let courier = self.courier.clone();
        let what = name.to_owned();
        let body = move || {
            if catch_unwind(AssertUnwindSafe(|| work(&courier))).is_err() {
                courier.tell(shell::News::WorkerPanicked { what });
            }
        };
        if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(body) {
            self.courier.tell(shell::News::NoThread {
                what: name.to_owned(),
                error: error.to_string(),
            });
        }
    }

    /// A courier for a worker that is started elsewhere.
    pub(super) fn courier(&self) -> Courier {
        self.courier.clone()
    }
}

impl Courier {
    /// Tells the window; it draws a frame soon. After the window closed this does nothing.
    pub(super) fn tell(&self, news: impl Into<News>) {
        if self.tray.send(news.into()).is_ok() {
            self.window.request_repaint();
        }
    }
}
