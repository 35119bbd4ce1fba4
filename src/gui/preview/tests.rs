//! Journeys: a person looks at images before anything is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use egui::Key;
use egui_kittest::kittest::Queryable as _;

use super::Mode;
use super::state::{Made, What};
use crate::gui::testing::Window;

/// Every file below a folder with its content and time.
pub(super) fn files(folder: &Path) -> BTreeMap<std::path::PathBuf, (Vec<u8>, SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let time = fs::metadata(&path).and_then(|meta| meta.modified()).expect("a time");
            all.insert(path.clone(), (fs::read(&path).expect("content"), time));
        }
    }
    all
}

/// A window that shows the preview of a shard's first image, judged.
pub(super) fn looking(width: f32, height: f32) -> Window {
    let mut window = Window::sized(width, height);
    let shard = window.sample().join("shard_00000");
    window.drop(&[&shard]);
    window.click("Preview");
    judged(&mut window);
    window
}

pub(super) fn made(window: &Window) -> Option<&Made> {
    window.harness.state().model.preview.made()
}

/// Waits until the newest request is answered whole.
pub(super) fn judged(window: &mut Window) {
    window.wait_for("a score", |window| {
        let preview = &window.harness.state().model.preview;
        let after = preview.shown.as_ref().and_then(|shown| shown.after.as_ref());
        !preview.is_making() && after.is_some_and(|after| after.score.is_some() || !matches!(after.what, What::Made(_)))
    });
    window.harness.run_steps(2);
}

pub(super) fn shown_name(window: &Window) -> String {
    let preview = &window.harness.state().model.preview;
    let path = preview.shown.as_ref().map(|shown| shown.path.clone()).unwrap_or_default();
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(super) fn press(window: &mut Window, key: Key) {
    window.harness.key_press(key);
    window.harness.run_steps(3);
}

#[test]
fn a_person_looks_compares_and_tries_and_nothing_is_written() {
    let mut window = Window::new();
    let library = window.sample();
    let before = files(&library);
    window.drop(&[&library.join("shard_00000")]);
    window.click("Preview");
    judged(&mut window);

    // The largest image comes first, with its figures.
    let first = shown_name(&window);
    let largest = before
        .iter()
        .filter(|(path, _)| path.parent().is_some_and(|folder| folder.ends_with("shard_00000")))
        .max_by_key(|(_, (content, _))| content.len())
        .map(|(path, _)| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    assert_eq!(Some(&first), largest.as_ref());
    assert!(window.harness.query_by_label_contains("Before, ").is_some());
    assert!(window.harness.query_by_label_contains("After, ").is_some());
    assert!(window.harness.query_by_label_contains("Quality kept ").is_some());

    // Flip, difference and back.
    let mode = |window: &Window| window.harness.state().model.preview.kept.mode;
    press(&mut window, Key::Space);
    assert_eq!((mode(&window), window.harness.state().model.preview.after_side), (Mode::Flip, true));
    press(&mut window, Key::Space);
    assert!(!window.harness.state().model.preview.after_side);
    press(&mut window, Key::D);
    assert_eq!(mode(&window), Mode::Difference);
    press(&mut window, Key::D);
    assert_eq!(mode(&window), Mode::Flip);
    window.click("Side by side");
    window.click("True pixels");
    window.click("Slider");

    // The next image, and back.
    press(&mut window, Key::ArrowRight);
    judged(&mut window);
    assert_ne!(shown_name(&window), first);
    press(&mut window, Key::ArrowLeft);
    judged(&mut window);
    assert_eq!(shown_name(&window), first);

    // A lower quality on this image alone: fewer bytes, and the plan's settings stay.
    let bytes = made(&window).expect("a replacement").bytes;
    let slider = window.harness.get_by_label("Quality of this image, slider");
    slider.focus();
    window.harness.run_steps(2);
    for _ in 0..3 {
        press(&mut window, Key::PageDown);
    }
    judged(&mut window);
    assert_eq!(made(&window).expect("a replacement").quality, 65);
    let fewer = made(&window).expect("a replacement").bytes;
    assert!(fewer < bytes);
    let settings = window.harness.state().model.settings.valid().expect("settings");
    assert_eq!(settings.picture.quality, 95);
    window.click("Apply to all");
    window.wait_for("the plan's quality", |window| {
        let settings = window.harness.state().model.settings.valid();
        settings.is_some_and(|settings| settings.picture.quality == 65)
    });
    judged(&mut window);
    assert_eq!(made(&window).expect("a replacement").bytes, fewer);

    assert!(files(&library) == before, "something was written");
}

#[test]
fn hard_cases_fill_the_strip_and_all_images_come_back() {
    let mut window = looking(1280.0, 800.0);
    let all = window.harness.state().model.preview.film.images().len();
    window.click("Hard cases");
    window.click("Transparent");
    window.wait_for("transparent images", |window| {
        let film = &window.harness.state().model.preview.film;
        !film.searching && !film.images().is_empty()
    });
    judged(&mut window);
    assert!(window.harness.state().model.preview.film.images().len() < all);
    assert!(made(&window).is_some_and(|made| made.flattened), "{}", shown_name(&window));
    window.click("All images");
    assert_eq!(window.harness.state().model.preview.film.images().len(), all);
}

#[test]
fn a_small_window_has_the_figures_in_a_row() {
    let mut window = looking(900.0, 600.0);
    window.wait_for_label("Quality of this image, slider");
    window.click("Difference");
    assert_eq!(window.harness.state().model.preview.kept.mode, Mode::Difference);
    press(&mut window, Key::ArrowRight);
    judged(&mut window);
    assert!(made(&window).is_some());
}

#[test]
fn a_file_that_is_gone_says_so_and_the_next_one_is_shown() {
    let mut window = looking(1280.0, 800.0);
    let library = window.sample();
    let next = {
        let state = window.harness.state();
        let at = state.model.preview.film.images()[1];
        let plan = &state.model.plan.current().expect("a plan").plan;
        let shard = &plan.shards[at.shard].inventory;
        shard.path.join(&shard.images[at.image].name)
    };
    assert!(next.starts_with(&library));
    fs::remove_file(&next).expect("removed");
    press(&mut window, Key::ArrowRight);
    window.wait_for("a problem", |window| {
        let shown = window.harness.state().model.preview.shown.as_ref();
        shown.is_some_and(|shown| shown.problem.as_ref().is_some_and(|problem| problem.code == "vanished"))
    });
    let name = next.file_name().unwrap_or_default().to_string_lossy().into_owned();
    window.wait_for_label(&name);
    press(&mut window, Key::ArrowRight);
    judged(&mut window);
    assert!(made(&window).is_some());
}
