//! Keys that work everywhere. Keys of one page are its own affair. A key that writes goes to the text field that has the focus.

use std::path::PathBuf;

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Command, Page, PanelPart, View, panel};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::{report, run, shards, welcome};

pub(in crate::gui) const ADD_FOLDER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::O);
pub(in crate::gui) const ALL_SETTINGS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Comma);
pub(in crate::gui) const PANEL: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::B);
pub(in crate::gui) const SEARCH: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::K);
pub(in crate::gui) const SHRINK: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);
pub(in crate::gui) const PAUSE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::P);
pub(in crate::gui) const TYPE_PATH: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::L);
pub(in crate::gui) const EXPORT: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::E);
pub(super) const LARGER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Plus);
pub(super) const SMALLER: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Minus);
pub(super) const USUAL_SIZE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Num0);
pub(super) const QUIT: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Q);

/// The zooms one can step through.
pub(super) const ZOOMS: [f32; 8] = [0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0];

/// The next larger or smaller zoom; the last one again at the end.
pub(super) fn next_zoom(zoom: f32, larger: bool) -> f32 {
    let next = if larger {
        ZOOMS.into_iter().find(|step| *step > zoom + 0.01)
    } else {
        ZOOMS.into_iter().rev().find(|step| *step < zoom - 0.01)
    };
    next.unwrap_or(zoom)
}

/// Turns keys into commands.
pub(in crate::gui) fn keys(window: &egui::Context, model: &Model, view: &mut View, out: &mut Outbox) {
    let drops: Vec<PathBuf> = window.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    if !drops.is_empty() {
        out.send(shards::Command::Add(drops));
        // That was an answer to what it asks.
        out.send(welcome::Command::Close);
    }
    // What lies over the page has the keys, Escape above all.
    if model.shell.dialog.is_some() || window.memory(|memory| memory.top_modal_layer().is_some()) || egui::Popup::is_any_open(window) {
        return;
    }
    let pressed = |shortcut: &KeyboardShortcut| window.input_mut(|input| input.consume_shortcut(shortcut));
    if pressed(&ADD_FOLDER) {
        out.send(shards::Command::ChooseFolders);
    }
    if pressed(&ALL_SETTINGS) {
        out.send(Command::Go(Page::Settings));
    }
    if pressed(&PANEL) {
        if !panel::is_narrow(window) {
            out.send(Command::TogglePanel);
        } else if model.shell.over.is_some() {
            out.send(Command::Over(None));
        } else {
            out.send(Command::Over(Some(PanelPart::Shards)));
        }
    }
    if pressed(&SEARCH) {
        view.search.get_or_insert_default();
    }
    if pressed(&SHRINK) && !model.run.is_running() {
        out.send(run::Command::Ask);
    }
    if model.shell.page == Page::Report && report::can_export(model) && pressed(&EXPORT) {
        out.send(report::usual_export(model));
    }
    // The same key, with and without Shift on most keyboards.
    if pressed(&LARGER) || pressed(&KeyboardShortcut::new(Modifiers::COMMAND, Key::Equals)) {
        out.send(Command::Zoom(next_zoom(model.shell.kept.zoom, true)));
    }
    if pressed(&SMALLER) {
        out.send(Command::Zoom(next_zoom(model.shell.kept.zoom, false)));
    }
    if pressed(&USUAL_SIZE) {
        out.send(Command::Zoom(1.0));
    }
    if pressed(&QUIT) {
        out.send(Command::Quit);
    }
    if view.search.is_some() || window.egui_wants_keyboard_input() {
        return;
    }
    let alone = |key: Key| window.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    for ((page, _), key) in Page::TABS.into_iter().zip([Key::Num1, Key::Num2, Key::Num3, Key::Num4]) {
        if alone(key) {
            out.send(Command::Go(page));
        }
    }
    if model.run.is_running() && pressed(&PAUSE) {
        out.send(run::Command::TogglePause);
    }
    if egui::Popup::is_any_open(window) {
        return;
    }
    if model.shell.over.is_some() && alone(Key::Escape) {
        out.send(Command::Over(None));
    }
    if model.shell.page == Page::Settings && alone(Key::Escape) {
        out.send(Command::Back);
    }
}

#[cfg(test)]
mod tests {
    use super::next_zoom;

    #[test]
    fn zoom_goes_in_steps_and_ends() {
        assert_eq!(next_zoom(1.0, true), 1.1);
        assert_eq!(next_zoom(1.05, false), 1.0);
        assert_eq!(next_zoom(2.0, true), 2.0);
        assert_eq!(next_zoom(0.75, false), 0.75);
    }
}
