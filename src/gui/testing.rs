//! The whole window in a test: driven by label, without a display and without graphics.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tempfile::TempDir;

use super::app::App;
use super::kept;
use super::office::Places;
use crate::engine::{Engine, write_sample};

/// As long as anything may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window with folders of its own, and a small library drawn by code.
pub(super) struct Window {
    pub(super) harness: Harness<'static, App>,
    pub(super) folder: TempDir,
}

impl Window {
    /// 1280 × 800, as new.
    pub(super) fn new() -> Self {
        Self::sized(1280.0, 800.0)
    }

    /// As new.
    pub(super) fn sized(width: f32, height: f32) -> Self {
        Self::again(tempfile::tempdir().expect("a temporary folder"), width, height)
    }

    /// As somebody sees it who never used the program.
    pub(super) fn first(width: f32, height: f32) -> Self {
        Self::with(tempfile::tempdir().expect("a temporary folder"), width, height, true)
    }

    /// As another window left it in this folder.
    pub(super) fn again(folder: TempDir, width: f32, height: f32) -> Self {
        Self::with(folder, width, height, false)
    }

    fn with(folder: TempDir, width: f32, height: f32, may_greet: bool) -> Self {
        let places = places(folder.path());
        let harness = Harness::builder()
            .with_size([width, height])
            .with_max_steps(64)
            .build_eframe(move |context| {
                let mut loaded = kept::load(places.config.as_deref());
                loaded.is_first &= may_greet;
                App::new(&context.egui_ctx, Engine::default(), places, loaded)
            });
        Self { harness, folder }
    }

    /// A library of a few small shards.
    pub(super) fn sample(&self) -> PathBuf {
        let library = self.folder.path().join("library");
        if !library.exists() {
            write_remembered(&library);
        }
        library
    }

    /// Lets frames go by until something is so.
    #[track_caller]
    pub(super) fn wait_for(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        loop {
            self.harness.step();
            if is_so(self) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} for: {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a control or a text with this label is there.
    #[track_caller]
    pub(super) fn wait_for_label(&mut self, label: &str) {
        self.wait_for(label, |window| window.harness.query_all_by_label(label).next().is_some());
    }

    /// Waits for the control and clicks it.
    #[track_caller]
    pub(super) fn click(&mut self, label: &str) {
        self.wait_for_label(label);
        // What has just come may still move: a dialog that grew is centred again in the next frame.
        self.harness.run_steps(2);
        let nodes: Vec<_> = self.harness.query_all_by_label(label).collect();
        let operable = |role: Role| !matches!(role, Role::Label | Role::Unknown | Role::GenericContainer);
        let node = nodes.iter().find(|node| operable(node.accesskit_node().role())).or(nodes.first());
        node.expect("waited for it").click();
        self.harness.run_steps(3);
    }

    /// Clicks a button that opens a menu with this item. An answer from a worker may move the button in the frame of the click, which then
    /// falls beside it; so where no menu has come it is clicked again.
    #[track_caller]
    pub(super) fn open_menu(&mut self, button: &str, item: &str) {
        for _ in 0..10 {
            self.click(button);
            if self.harness.query_all_by_label(item).next().is_some() {
                return;
            }
            self.harness.run_steps(10);
        }
        panic!("{button}: no menu with {item}");
    }

    /// Clicks the item of an open menu with this label, which may stand elsewhere on the page as well.
    #[track_caller]
    pub(super) fn click_item(&mut self, label: &str) {
        self.wait_for_label(label);
        let is_item = |role: Role| matches!(role, Role::MenuItem | Role::MenuItemRadio);
        let nodes: Vec<_> = self.harness.query_all_by_label(label).collect();
        let node = nodes.iter().find(|node| is_item(node.accesskit_node().role()));
        node.unwrap_or_else(|| panic!("no item of a menu is called {label}")).click();
        self.harness.run_steps(3);
    }

    /// Drops files or folders on the window.
    pub(super) fn drop(&mut self, paths: &[&Path]) {
        for path in paths {
            self.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.to_path_buf())));
        }
        self.harness.step();
        self.harness.run_steps(2);
    }
}

/// Writes the sample library. Drawing it takes longer than most tests, so it is drawn once, and remembered in memory: nothing of it is
/// left on the disk when the tests are over.
fn write_remembered(library: &Path) {
    static DRAWN: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let drawn = DRAWN.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let library = folder.path().join("library");
        write_sample(&library).expect("a sample library");
        let mut files = Vec::new();
        remember(&library, Path::new(""), &mut files);
        files
    });
    for (name, content) in drawn {
        let path = library.join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
}

fn remember(root: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(below))
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
    {
        let name = below.join(entry.file_name());
        if entry.path().is_dir() {
            remember(root, &name, files);
        } else {
            files.push((name, fs::read(entry.path()).expect("a file")));
        }
    }
}

/// Everything of the program's own lies in the test's folder.
pub(super) fn places(folder: &Path) -> Places {
    Places {
        config: Some(folder.join("config")),
        data: Some(folder.join("data")),
        pictures: vec![folder.join("pictures"), folder.to_owned()],
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("a folder".to_owned())
    }
}

#[test]
fn the_window_opens_as_it_was_left() {
    let mut window = Window::new();
    window.click("Report");
    let kept = window.harness.state().model.keep();
    kept::tests::leave(window.folder.path(), &kept);
    let mut again = Window::again(window.folder, 900.0, 600.0);
    again.harness.run_steps(2);
    assert_eq!(again.harness.state().model.shell.page, super::shell::Page::Report);
}
