//! The box about the program as somebody uses it: what it tells, the licences found, the diagnostics copied.

use egui::Key;
use egui_kittest::kittest::Queryable as _;

use super::{Command, Part, State};
use crate::about::{TARGET, VERSION};
use crate::gui::kept;
use crate::gui::testing::Window;

const FIELD: &str = "Search crates, fonts and licences";

fn state(window: &Window) -> &State {
    &window.harness.state().model.about
}

fn is_there(window: &Window, label: &str) -> bool {
    window.harness.query_all_by_label(label).next().is_some()
}

#[test]
fn it_tells_the_build_and_where_things_are_kept() {
    let mut window = Window::new();
    kept::tests::leave(window.folder.path(), &window.harness.state().model.keep());
    window.click("Menu");
    window.click_item("About Shardpress");
    window.wait_for_label("Where things are kept");
    assert!(is_there(&window, &format!("Shardpress {VERSION}")));
    assert!(window.harness.query_all_by_label_contains(TARGET).next().is_some());
    assert!(window.harness.query_all_by_label_contains("no network code").next().is_some());
    // Where there is something, it can be shown.
    assert!(is_there(&window, "Show in its folder: What the window remembers"));
    assert!(!is_there(&window, "Show in its folder: Reports of all runs"));
    assert!(window.harness.query_all_by_label_contains("System: ").next().is_some());
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    assert!(!is_there(&window, "Where things are kept"));
}

#[test]
fn licences_are_found_and_read() {
    let mut window = Window::sized(900.0, 600.0);
    window.harness.state_mut().send(Command::Open(Part::Licences));
    window.wait_for_label(FIELD);
    window.harness.run_steps(3);
    assert!(window.harness.get_by_label(FIELD).is_focused());
    window.harness.event(egui::Event::Text("hack".to_owned()));
    window.wait_for("the font alone", |window| {
        window.harness.query_all_by_label_contains("Hack, Font").next().is_some()
    });
    window.harness.run_steps(2);
    assert!(
        window
            .harness
            .query_all_by_label_contains("BITSTREAM VERA LICENSE")
            .next()
            .is_some()
    );

    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text("zune".to_owned()));
    window.wait_for("zune-core", |window| {
        window.harness.query_all_by_label_contains("zune-core").next().is_some()
    });
    let chosen = |window: &Window| {
        let view = &window.harness.state().views.about.list;
        (view.at(), view.found())
    };
    let (first, found) = chosen(&window);
    assert!(first == 0 && found > 1, "{found} found");
    window.harness.key_press(Key::ArrowDown);
    window.harness.run_steps(2);
    assert_eq!(chosen(&window).0, 1);
    window.harness.key_press(Key::ArrowUp);
    window.harness.key_press(Key::ArrowUp);
    window.harness.run_steps(2);
    assert_eq!(chosen(&window).0, 0);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.harness.event(egui::Event::Text("there is no such thing".to_owned()));
    window.wait_for("a sentence", |window| {
        window
            .harness
            .query_all_by_label_contains("Nothing here is called so")
            .next()
            .is_some()
    });
    window.click("Program");
    window.wait_for_label("Where things are kept");
}

#[test]
fn diagnostics_come_into_the_clipboard_without_anybodys_names() {
    let mut window = Window::new();
    window.harness.state_mut().model.about.drawn_by = Some("A card, Vulkan, a driver".to_owned());
    let library = window.sample();
    window.drop(&[&library.join("shard_00000")]);
    window.wait_for("the shard", |window| window.harness.state().model.shards.all().len() == 1);
    window.harness.state_mut().send(Command::Open(Part::Program));
    window.click("Copy diagnostics");
    let mut copied = None;
    window.wait_for("the text", |window| {
        for command in &window.harness.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                copied = Some(text.clone());
            }
        }
        copied.is_some()
    });
    let text = copied.expect("just seen");
    for told in [
        VERSION,
        TARGET,
        "System ",
        "Codecs",
        "Graphics cards",
        "Window drawn by",
        "A card, Vulkan, a driver",
        "Drives",
    ] {
        assert!(text.contains(told), "{told} is not in:\n{text}");
    }
    let folder = window.folder.path().to_str().expect("plain");
    assert!(!text.contains("shard_00000") && !text.contains(folder), "{text}");
    if let Some(home) = crate::gui::shards::home() {
        assert!(!text.contains(&format!("{}/", home.display())), "{text}");
    }
    window.wait_for_label("Diagnostics are in the clipboard");
    assert!(!state(&window).gathering);
}

#[test]
fn nothing_is_cut_off_in_the_smallest_window() {
    for (width, height) in [(1280.0, 800.0), (900.0, 600.0)] {
        let mut window = Window::sized(width, height);
        let inside = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
        for part in [Part::Program, Part::Licences] {
            window.harness.state_mut().send(Command::Open(part));
            window.wait_for_label(if part == Part::Licences { FIELD } else { "Where things are kept" });
            window.harness.run_steps(3);
            for label in ["Close", "Copy diagnostics", "Program", "Licences"] {
                let rect = window.harness.get_by_label(label).rect();
                assert!(inside.contains_rect(rect), "{label} at {width}: {rect:?}");
            }
        }
    }
}
