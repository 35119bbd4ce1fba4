//! How the first start looks: a dialog of two cards, one for each way to begin.

use egui::{Align, Id, Key, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::{Command, State, View, shown};
use crate::engine::{SAMPLE_IMAGES, SAMPLE_SHARDS};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shards;
use crate::gui::shell::{ADD_FOLDER, in_words};
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, TextField};

const WIDTH: f32 = 640.0;
/// Of a card.
const HEIGHT: f32 = 206.0;

const TITLE: &str = "Welcome to Shardpress";
const SENTENCE: &str = "It makes the large images of whole folders small, in place, and loses none of them.";
/// What becomes of originals, and how they come back.
const KEPT: &str = "Your originals stay.";
const UNDO: &str = "Every image that is replaced is kept in its folder until you purge it. Until then one click undoes a run, \
                    and every file is again what it was, byte for byte.";

/// Draws it, where it is open.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.welcome;
    if !state.is_open {
        *view = View::default();
        return;
    }
    if state.place.is_some() && state.place != view.from {
        view.from.clone_from(&state.place);
        let home = shards::home();
        view.folder = state
            .place
            .as_deref()
            .map(|place| shown(place, home.as_deref()))
            .unwrap_or_default();
    }
    let ((), left) = widgets::dialog_of(ui.ctx(), Id::unique("welcome"), TITLE, WIDTH, |ui| {
        head(ui);
        egui::Frame::new().inner_margin(egui::Margin::symmetric(24, 0)).show(ui, |ui| {
            cards(ui, state, view, out);
            if let Some(problem) = &state.problem {
                ui.add_space(theme::SPACE_12);
                widgets::error_line(ui, problem);
            }
            ui.add_space(theme::SPACE_16);
            widgets::verdict(ui, Icon::Undo2, theme::tokens(ui).accent, KEPT, UNDO);
        });
        foot(ui, out);
    });
    view.is_settled = true;
    if left {
        out.send(Command::Close);
    }
}

fn head(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space(theme::SPACE_24);
        widgets::drawing(ui);
        ui.add_space(theme::SPACE_16);
        let heading = ui.add(egui::Label::new(theme::rich(TITLE, Text::Title, tokens.text)).selectable(false));
        heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, TITLE));
        ui.add_space(theme::SPACE_4);
        ui.add(egui::Label::new(theme::rich(SENTENCE, Text::Body, tokens.text2)).selectable(false));
        ui.add_space(20.0);
    });
}

fn cards(ui: &mut Ui, state: &State, view: &mut View, out: &mut Outbox) {
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let half = (width - theme::SPACE_12) / 2.0;
    let left = Rect::from_min_size(rect.min, vec2(half, HEIGHT));
    let right = Rect::from_min_size(pos2(rect.right() - half, rect.top()), vec2(half, HEIGHT));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("cards"));
    let ui = &mut child;
    widgets::card_in(ui, left, theme::SPACE_16, |ui| sample(ui, state, view, out));
    widgets::card_in(ui, right, theme::SPACE_16, |ui| own(ui, out));
}

/// Title and words of a card.
fn card_head(ui: &mut Ui, icon: Icon, title: &str, words: &str) {
    let tokens = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
    ui.horizontal(|ui| {
        widgets::icon(ui, icon, theme::ICON_BAR, tokens.accent);
        let heading = ui.add(egui::Label::new(theme::rich(title, Text::Strong, tokens.text)).selectable(false));
        heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    });
    ui.add_space(theme::SPACE_8);
    ui.add(
        egui::Label::new(theme::rich(words, Text::Body, tokens.text2))
            .selectable(false)
            .wrap(),
    );
}

/// The foot of a card: rows that stand at its lower edge.
fn card_foot(ui: &mut Ui, height: f32, content: impl FnOnce(&mut Ui)) {
    let room = ui.max_rect();
    let place = Rect::from_min_max(pos2(room.left(), room.bottom() - height), room.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("foot"));
    child.spacing_mut().item_spacing = vec2(8.0, 0.0);
    content(&mut child);
}

fn sample(ui: &mut Ui, state: &State, view: &mut View, out: &mut Outbox) {
    let images = format::count(SAMPLE_IMAGES as u64);
    let words = format!("{images} small pictures in {SAMPLE_SHARDS} folders, drawn by the program. Shrink them, undo it, and delete them.");
    card_head(ui, Icon::Images, "Try it on a sample library", &words);
    card_foot(ui, theme::HEIGHT_CONTROL + 10.0 + theme::HEIGHT_DIALOG_BUTTON, |ui| {
        if let Some(writing) = &state.writing {
            let tokens = theme::tokens(ui);
            let part = writing.done as f32 / SAMPLE_IMAGES as f32;
            let words = format!("{} of {images} pictures are written", format::count(writing.done as u64));
            ui.add_space(theme::SPACE_8);
            widgets::progress(ui, part, 8.0, tokens.accent, &words);
            ui.add_space(theme::SPACE_12);
            let response = widgets::label(ui, words.as_str(), Text::Small, tokens.text2);
            widgets::tip(response, &writing.folder.display().to_string());
            return;
        }
        let mut write = false;
        ui.horizontal(|ui| {
            let field = TextField::new("Folder for the sample library", &mut view.folder)
                .icon(Icon::Folder)
                .hint("A folder that does not exist yet")
                .invalid(state.problem.is_some())
                .width(ui.available_width() - 36.0)
                .show(ui);
            write = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if widgets::icon_button(ui, Icon::FolderOpen, "Choose another folder").clicked() {
                out.send(Command::Choose);
            }
        });
        ui.add_space(10.0);
        let empty = view.folder.trim().is_empty();
        let button = Button::primary("Write sample library")
            .icon(Icon::Sparkles)
            .tall()
            .full_width()
            .disabled_because(empty.then_some("Name a folder for it first."))
            .show(ui);
        if !view.is_settled {
            button.request_focus();
        }
        if (button.clicked() || write) && !empty {
            out.send(Command::Write(view.folder.clone()));
        }
    });
}

fn own(ui: &mut Ui, out: &mut Outbox) {
    let words = "A folder of images, or a library of hundreds of such folders. They are only read until you press Shrink.";
    card_head(ui, Icon::Folder, "Begin with a folder of yours", words);
    card_foot(ui, theme::HEIGHT_CONTROL + 10.0 + theme::HEIGHT_DIALOG_BUTTON, |ui| {
        let tokens = theme::tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_CONTROL), Sense::hover());
        let drop = "Or drop folders on the window";
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, drop));
        widgets::put_left(ui, rect.left(), rect.center().y, widgets::line(ui, drop, Text::Small, tokens.text3));
        ui.add_space(10.0);
        let keys = in_words(&ADD_FOLDER);
        let button = Button::secondary("Add folder")
            .icon(Icon::FolderPlus)
            .name("Add a folder of your own")
            .shortcut(keys.as_str())
            .tall()
            .full_width();
        if button.show(ui).clicked() {
            out.send(Command::OwnFolder);
        }
    });
}

fn foot(ui: &mut Ui, out: &mut Outbox) {
    widgets::dialog_buttons(ui, |ui| {
        if Button::secondary("Not now").shortcut("Esc").tall().show(ui).clicked() {
            out.send(Command::Close);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            widgets::label(ui, "The menu leads back here.", Text::Small, theme::tokens(ui).text3);
        });
    });
}
