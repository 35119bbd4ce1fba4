//! The first start as somebody meets it: it comes once, leads to a sample library or a folder, and says what went wrong.

use std::fs;

use egui::Key;
use egui_kittest::kittest::Queryable as _;

use super::State;
use crate::engine::SAMPLE_IMAGES;
use crate::gui::kept;
use crate::gui::shell::{Command, Page};
use crate::gui::testing::Window;

const TITLE: &str = "Welcome to Shardpress";
const FIELD: &str = "Folder for the sample library";
const WRITE: &str = "Write sample library";

fn state(window: &Window) -> &State {
    &window.harness.state().model.welcome
}

fn is_there(window: &Window, label: &str) -> bool {
    window.harness.query_all_by_label(label).next().is_some()
}

/// Writes over what stands in the field.
fn type_folder(window: &mut Window, text: &str) {
    window.click(FIELD);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text(text.to_owned()));
    window.harness.run_steps(2);
}

#[test]
fn it_comes_once_and_the_menu_leads_back() {
    let mut window = Window::first(1280.0, 800.0);
    window.wait_for_label(TITLE);
    assert_eq!(window.harness.state().model.shell.page, Page::Plan);
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    assert!(!is_there(&window, TITLE));
    window.click("Menu");
    window.click_item("Welcome");
    window.wait_for_label(TITLE);
    window.click("Not now");
    assert!(!is_there(&window, TITLE));

    // What is left behind is the mark.
    kept::tests::leave(window.folder.path(), &window.harness.state().model.keep());
    let folder = std::mem::replace(&mut window.folder, tempfile::tempdir().expect("a folder"));
    let loaded = kept::load(crate::gui::testing::places(folder.path()).config.as_deref());
    assert!(!loaded.is_first);
}

#[test]
fn search_leads_to_it_and_the_keyboard_goes_through_it() {
    let mut window = Window::new();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
    window.wait_for_label("Search commands, shards and settings");
    window.harness.run_steps(2);
    window.harness.event(egui::Event::Text("welc".to_owned()));
    window.wait_for_label("Welcome");
    window.harness.key_press(Key::Enter);
    window.wait_for_label(TITLE);
    window.wait_for("a place for the sample", |window| state(window).place.is_some());
    window.harness.run_steps(3);
    assert!(window.harness.get_by_label(WRITE).is_focused(), "Enter does what is offered first");
    // Round through all that can be used, and nothing of the page below.
    let mut stops = Vec::new();
    for _ in 0..5 {
        window.harness.key_press(Key::Tab);
        window.harness.run_steps(2);
        for label in [WRITE, FIELD, "Choose another folder", "Add a folder of your own", "Not now"] {
            if window.harness.get_by_label(label).is_focused() {
                stops.push(label);
            }
        }
    }
    stops.sort_unstable();
    assert_eq!(
        stops,
        ["Add a folder of your own", "Choose another folder", FIELD, "Not now", WRITE]
    );
}

#[test]
fn the_sample_library_is_written_and_added() {
    let mut window = Window::first(900.0, 600.0);
    let folder = window.folder.path().join("Shardpress sample");
    window.wait_for("a place for the sample", |window| state(window).place.is_some());
    assert_eq!(state(&window).place.as_deref(), Some(folder.as_path()));
    assert!(!folder.exists(), "nothing is written unasked");
    // It goes on without the box.
    window.click(WRITE);
    window.harness.key_press(Key::Escape);
    window.wait_for_label(&format!("{SAMPLE_IMAGES} pictures in 3 shards were written"));
    window.wait_for("the sample in the list", |window| {
        window.harness.state().model.shards.all().len() == 3
    });
    assert!(state(&window).writing.is_none() && !state(&window).is_open());
    window.wait_for("a plan", |window| window.harness.state().model.plan.is_fresh());
    assert_eq!(window.harness.state().model.shards.ticked().len(), 3);
    assert_eq!(fs::read_dir(&folder).expect("the library").count(), 3);
    // The next one would go beside it.
    window.harness.state_mut().send(super::Command::Open);
    let next = window.folder.path().join("Shardpress sample 2");
    window.wait_for("another place", |window| state(window).place.as_deref() == Some(next.as_path()));
}

#[test]
fn progress_takes_the_place_of_the_field() {
    let mut window = Window::first(1280.0, 800.0);
    window.wait_for_label(WRITE);
    window.harness.state_mut().model.welcome.writing = Some(super::Writing {
        folder: window.folder.path().join("sample"),
        done: 24,
    });
    window.harness.run_steps(2);
    assert!(is_there(&window, "24 of 72 pictures are written"));
    assert!(!is_there(&window, WRITE) && !is_there(&window, FIELD));
    // A second one is not begun beside it.
    window.harness.state_mut().send(super::Command::Write("~/somewhere".to_owned()));
    window.harness.run_steps(2);
    assert!(state(&window).problem.is_none() && state(&window).writing.as_ref().is_some_and(|writing| writing.done == 24));
}

#[test]
fn what_goes_wrong_is_told_in_place_and_nothing_is_touched() {
    let mut window = Window::first(900.0, 600.0);
    let taken = window.folder.path().join("mine");
    fs::create_dir(&taken).expect("a folder");
    fs::write(taken.join("a.png"), b"mine").expect("a file");
    window.wait_for("a place for the sample", |window| state(window).place.is_some());
    window.harness.run_steps(2);

    type_folder(&mut window, "pictures");
    window.click(WRITE);
    assert_eq!(
        state(&window).problem.as_deref(),
        Some("Name the folder with its whole path. Nothing was written.")
    );

    type_folder(&mut window, taken.to_str().expect("plain"));
    window.harness.key_press(Key::Enter);
    window.wait_for("the refusal", |window| {
        state(window)
            .problem
            .as_deref()
            .is_some_and(|problem| problem.contains("is not empty"))
    });
    let problem = state(&window).problem.clone().expect("just seen");
    assert!(
        problem.contains(taken.to_str().expect("plain")) && problem.contains("Nothing was touched"),
        "{problem}"
    );
    assert!(is_there(&window, &problem), "it stands in the box");
    assert_eq!(fs::read_dir(&taken).expect("the folder").count(), 1);

    // Below a file no folder can be; the box is closed by then, so a remark tells it.
    type_folder(&mut window, taken.join("a.png/sample").to_str().expect("plain"));
    window.click(WRITE);
    window.harness.state_mut().send(super::Command::Close);
    window.wait_for("the remark", |window| {
        let model = &window.harness.state().model;
        let told = |text: &str| text.contains("a.png") && text.contains("not a folder");
        model.shell.toasts.iter().any(|toast| told(&toast.detail)) || model.welcome.problem.as_deref().is_some_and(told)
    });
    assert!(window.harness.state().model.shards.is_empty());
}

#[test]
fn folders_that_are_dropped_are_an_answer() {
    let mut window = Window::first(1280.0, 800.0);
    let library = window.sample();
    window.wait_for_label(TITLE);
    window.drop(&[&library.join("shard_00001")]);
    window.wait_for("the shard", |window| window.harness.state().model.shards.all().len() == 1);
    assert!(!state(&window).is_open());
}

#[test]
fn nothing_is_cut_off_in_the_smallest_window_in_either_theme() {
    for (width, height) in [(1280.0, 800.0), (900.0, 600.0)] {
        for theme in [crate::gui::shell::ThemeChoice::Dark, crate::gui::shell::ThemeChoice::Light] {
            let mut window = Window::first(width, height);
            window.harness.state_mut().send(Command::Theme(theme));
            window.wait_for("a place for the sample", |window| state(window).place.is_some());
            window.harness.state_mut().model.welcome.problem =
                Some("cannot create the folder /a/folder/with/a/name/that/is/long: permission denied. Nothing was touched. ".repeat(2));
            window.harness.run_steps(4);
            let inside = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
            // The dialog itself bears the title, too, and has no place of its own.
            let title = window.harness.get_by_role_and_label(egui::accesskit::Role::Heading, TITLE).rect();
            assert!(inside.contains_rect(title), "{title:?} at {width}");
            for label in [FIELD, WRITE, "Add a folder of your own", "Not now", "The menu leads back here."] {
                let rects: Vec<egui::Rect> = window.harness.query_all_by_label(label).map(|node| node.rect()).collect();
                assert!(
                    !rects.is_empty() && rects.iter().all(|rect| inside.contains_rect(*rect)),
                    "{label} at {width}: {rects:?}"
                );
            }
        }
    }
}
