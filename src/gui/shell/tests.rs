//! The frame as somebody uses it: pages, panel, search, menu, questions and remarks.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::{Command, Dialog, Page, PanelPart, ThemeChoice, Toast, Tone};
use crate::gui::testing::Window;

#[test]
fn pages_by_click_and_by_key() {
    let mut window = Window::new();
    window.click("Report");
    assert_eq!(window.harness.state().model.shell.page, Page::Report);
    window.harness.key_press(Key::Num3);
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.page, Page::Run);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.page, Page::Settings);
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.page, Page::Run);
}

#[test]
fn search_finds_and_does() {
    let mut window = Window::new();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.wait_for_label("Search commands, shards and settings");
    window.harness.run_steps(2);
    window.harness.event(egui::Event::Text("light th".to_owned()));
    window.wait_for_label("Light theme");
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    assert_eq!(window.harness.state().model.shell.kept.theme, ThemeChoice::Light);
    assert!(window.harness.query_by_label("Search commands, shards and settings").is_none());
}

#[test]
fn the_menu_shows_keys_and_zooms() {
    let mut window = Window::new();
    window.click("Menu");
    window.harness.run_steps(4);
    for n in window.harness.query_all_by_label("Larger") {
        eprintln!("{:?} {:?}", n.rect(), n);
    }
    window.click("Larger");
    assert_eq!(window.harness.state().model.shell.kept.zoom, 1.1);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.kept.zoom, 1.0);
}

#[test]
fn a_narrow_window_has_a_rail_that_opens_over_the_page() {
    let mut window = Window::sized(900.0, 600.0);
    window.click("Shards");
    assert_eq!(window.harness.state().model.shell.over, Some(PanelPart::Shards));
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.over, None);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::B);
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.over, Some(PanelPart::Shards));
    // Beside it.
    window.harness.drag_at(egui::pos2(700.0, 400.0));
    window.harness.drop_at(egui::pos2(700.0, 400.0));
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().model.shell.over, None);
}

#[test]
fn what_cannot_be_taken_back_has_the_focus_on_cancel() {
    let mut window = Window::new();
    let ask = |is_final: bool| {
        let dialog = Dialog::new("Go to the report?", "It is only a page.").figure("Pages", "4", "of 4");
        let dialog = if is_final {
            dialog.final_answer("Go for good", None, Command::Go(Page::Report))
        } else {
            dialog.answer("Go there", None, Command::Go(Page::Report))
        };
        Command::Ask(Box::new(dialog))
    };
    window.harness.state_mut().send(ask(true));
    window.wait_for_label("Go for good");
    window.harness.run_steps(2);
    assert!(window.harness.get_by_label("Cancel").is_focused());
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    assert!(window.harness.state().model.shell.dialog.is_none());
    assert_eq!(window.harness.state().model.shell.page, Page::Plan);

    window.harness.state_mut().send(ask(false));
    window.wait_for_label("Go there");
    window.harness.run_steps(2);
    assert!(window.harness.get_by_label("Go there").is_focused());
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    assert_eq!(window.harness.state().model.shell.page, Page::Report);
}

#[test]
fn remarks_go_when_sent_away_and_by_themselves() {
    let mut window = Window::new();
    let remark = Toast::new(Tone::Success, "A remark").link("Report instead", Command::Go(Page::Report));
    window.harness.state_mut().model.shell.toast(remark.clone());
    window.click("Report instead");
    assert_eq!(window.harness.state().model.shell.page, Page::Report);
    assert!(window.harness.state().model.shell.toasts.is_empty());
    window.harness.state_mut().model.shell.toast(remark);
    window.click("Close: A remark");
    assert!(window.harness.state().model.shell.toasts.is_empty());
    window.harness.state_mut().model.shell.toast(Toast::new(Tone::Warning, "Gone soon"));
    window.wait_for_label("Gone soon");
    window.wait_for("the remark to go", |window| window.harness.state().model.shell.toasts.is_empty());
}
