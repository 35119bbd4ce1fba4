//! What lies over the page: the invitation to let go of dragged folders, the shards of a library to be ticked, and the box in which
//! a path is typed.

use egui::{Id, Key, LayerId, Order, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::list::on_drive;
use super::state::{Choosing, Picker, State};
use super::{Command, View, paths, start};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shell::TYPE_PATH;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, TextField};

/// Height of a shard in the list of a library.
const ROW: f32 = 28.0;

/// The library whose shards are being ticked, and how.
#[derive(Debug, Default)]
pub(super) struct LibraryView {
    /// Whose this is.
    id: u64,
    ticked: Vec<bool>,
    filter: String,
}

/// Draws what lies over the page.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.shards;
    if model.shell.dialog.is_none() && ui.input_mut(|input| input.consume_shortcut(&TYPE_PATH)) {
        view.adding = true;
        view.focus = true;
    }
    // Where the system has no dialog, this is the one; the start page has a field of its own.
    let missing = state.picker == Picker::Missing;
    if missing && !view.no_dialog && !state.is_empty() {
        view.adding = true;
        view.focus = true;
    }
    view.no_dialog = missing;
    if let Some(choosing) = state.choosing.front() {
        library(ui, choosing, &mut view.library, out);
    } else if view.adding {
        type_a_path(ui, state, view, out);
    }
    dragged(ui);
}

/// While something is dragged over the window: that it can be let go here.
fn dragged(ui: &mut Ui) {
    let names: Vec<String> = ui.input(|input| {
        let files = input.raw.hovered_files.iter();
        files
            .map(|file| file.path.as_deref().map(paths::name).unwrap_or_default())
            .collect()
    });
    if names.is_empty() {
        return;
    }
    let tokens = theme::tokens(ui);
    let window = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("drop")));
    painter.rect_filled(window, 0, tokens.scrim);
    let words = match names.as_slice() {
        [one] if !one.is_empty() => format!("Let go to add {one}"),
        [_] => "Let go to add it".to_owned(),
        many => format!("Let go to add {} folders", format::count(many.len() as u64)),
    };
    let place = Rect::from_center_size(window.center(), vec2(440.0_f32.min(window.width() - 32.0), 132.0));
    painter.rect_filled(place, theme::RADIUS_DIALOG, tokens.pop);
    let mut over = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .layer_id(LayerId::new(Order::Tooltip, Id::unique("drop"))),
    );
    widgets::drop_outline(&over, place, true);
    widgets::icon_at(&over, place.center() - vec2(0.0, 26.0), Icon::FolderPlus, 28.0, tokens.accent);
    let title = widgets::line(&over, words.as_str(), Text::Section, tokens.text);
    over.painter().galley(
        pos2(place.center().x - title.size().x / 2.0, place.center().y + 2.0),
        title,
        tokens.text,
    );
    let note = widgets::line(&over, "Nothing is changed until you press Shrink.", Text::Small, tokens.text2);
    over.painter().galley(
        pos2(place.center().x - note.size().x / 2.0, place.center().y + 30.0),
        note,
        tokens.text2,
    );
    let response = over.allocate_rect(place, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &words));
}

/// Which shards of a library are meant.
fn library(ui: &Ui, choosing: &Choosing, view: &mut LibraryView, out: &mut Outbox) {
    let shards = &choosing.library.shards;
    let is_new = view.id != choosing.id || view.ticked.len() != shards.len();
    if is_new {
        *view = LibraryView {
            id: choosing.id,
            ticked: vec![true; shards.len()],
            filter: String::new(),
        };
    }
    let name = paths::name(&choosing.library.path);
    let title = format!("Add shards of {name}");
    let (_, left) = widgets::dialog(ui.ctx(), Id::unique("library"), &title, |ui| {
        let on = on_drive(choosing.library.drive.kind);
        let images = format::things(shards.iter().map(|shard| shard.images).sum(), "image", "images");
        let found = format::things(shards.len() as u64, "shard", "shards");
        let text = format!("{found} with {images}{on}. Ticked ones are planned at once; the others wait in the list.");
        widgets::dialog_head(ui, &title, &text);
        let wanted = view.filter.trim().to_lowercase();
        let shown: Vec<usize> = (0..shards.len())
            .filter(|at| wanted.is_empty() || label(choosing, *at).to_lowercase().contains(&wanted))
            .collect();
        library_head(ui, view, &shown);
        library_rows(ui, choosing, view, &shown);
        let count = view.ticked.iter().filter(|ticked| **ticked).count();
        widgets::dialog_buttons(ui, |ui| {
            let words = match count {
                0 => "Add, tick none".to_owned(),
                n if n == shards.len() => format!("Add {}", format::things(n as u64, "shard", "shards")),
                n => format!("Add all, tick {}", format::count(n as u64)),
            };
            let add = Button::primary(&words).icon(Icon::FolderPlus).tall().show(ui);
            if is_new {
                add.request_focus();
            }
            if add.clicked() {
                out.send(Command::TakeLibrary {
                    id: choosing.id,
                    ticked: view.ticked.clone(),
                });
            }
            if Button::secondary("Cancel").shortcut("Esc").tall().show(ui).clicked() {
                out.send(Command::DropLibrary(choosing.id));
            }
        });
    });
    if left {
        out.send(Command::DropLibrary(choosing.id));
    }
}

fn library_head(ui: &mut Ui, view: &mut LibraryView, shown: &[usize]) {
    let frame = egui::Frame::new().inner_margin(egui::Margin {
        left: 24,
        right: 24,
        top: 12,
        bottom: 4,
    });
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            let field = TextField::new("Filter the shards of the library", &mut view.filter)
                .icon(Icon::Search)
                .hint("Filter by name");
            field.width(ui.available_width() - 134.0).show(ui);
            ui.add_space(8.0);
            if widgets::link_named(ui, "Tick all", "Tick all that are shown").clicked() {
                shown.iter().for_each(|at| view.ticked[*at] = true);
            }
            ui.add_space(4.0);
            if widgets::link_named(ui, "Tick none", "Tick none of those shown").clicked() {
                shown.iter().for_each(|at| view.ticked[*at] = false);
            }
        });
    });
}

fn label(choosing: &Choosing, at: usize) -> String {
    let (shard, library) = (&choosing.library.shards[at], &choosing.library.path);
    let below = shard.path.strip_prefix(library).unwrap_or(&shard.path).display().to_string();
    if below.is_empty() { paths::name(library) } else { below }
}

fn library_rows(ui: &mut Ui, choosing: &Choosing, view: &mut LibraryView, shown: &[usize]) {
    let tokens = theme::tokens(ui);
    if shown.is_empty() {
        let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(24, 12));
        frame.show(ui, |ui| widgets::empty_line(ui, "No shard has this in its name."));
        return;
    }
    let room = (ui.ctx().content_rect().height() - 300.0).clamp(ROW * 3.0, ROW * 11.0);
    let list = ScrollArea::vertical()
        .id_salt("shards of the library")
        .max_height(room)
        .auto_shrink([false, true]);
    list.show_rows(ui, ROW, shown.len(), |ui, range| {
        for at in &shown[range] {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
            let name = label(choosing, *at);
            let response = ui.interact(rect, Id::unique(("library shard", choosing.id, *at)), Sense::CLICK);
            if response.clicked() {
                view.ticked[*at] = !view.ticked[*at];
            }
            let part = widgets::hover_part(ui, &response) * 0.6;
            if part > 0.0 {
                ui.painter().rect_filled(rect, 0, theme::mix(tokens.pop, tokens.s3, part));
            }
            let square = Rect::from_center_size(pos2(rect.left() + 33.0, rect.center().y), vec2(24.0, 24.0));
            let mut child = ui.new_child(UiBuilder::new().max_rect(square).id_salt(("tick in library", *at)));
            widgets::checkbox(&mut child, &mut view.ticked[*at], &format!("Tick {name}"));
            let images = format::things(choosing.library.shards[*at].images, "image", "images");
            let right = widgets::line(ui, images, Text::Small, tokens.text3);
            let right = widgets::put_right(ui, rect.right() - 24.0, rect.center().y, right);
            let (short, _) = widgets::elide_middle(ui, &name, Text::Body, right - 16.0 - (rect.left() + 52.0));
            widgets::put_left(
                ui,
                rect.left() + 52.0,
                rect.center().y,
                widgets::line(ui, short, Text::Body, tokens.text),
            );
        }
    });
}

/// For those who have no dialog, or are faster without.
fn type_a_path(ui: &Ui, state: &State, view: &mut View, out: &mut Outbox) {
    let focus = std::mem::take(&mut view.focus);
    let before = view.typed_over.clone();
    let title = "Add folders";
    let (typed, left) = widgets::dialog(ui.ctx(), Id::unique("type a path"), title, |ui| {
        let text = "A shard, or a library with shards in it. Several lines that you paste are several folders.";
        let text = match state.picker {
            Picker::Missing => {
                format!("This computer has no dialog for folders. Type or paste a path, or drop folders on the window. {text}")
            }
            Picker::Open | Picker::Closed => text.to_owned(),
        };
        widgets::dialog_head(ui, title, &text);
        let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(24, 8));
        let typed = frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                let width = ui.available_width() - 60.0;
                start::path_field(ui, "over", &mut view.typed_over, width, false, out);
            });
            if focus {
                ui.memory_mut(|memory| memory.request_focus(Id::unique(("path of a folder", "over"))));
            }
            super::row::adding(ui, state, out);
            !before.is_empty() && view.typed_over.is_empty() && !ui.input(|input| input.key_pressed(Key::Backspace))
        });
        widgets::dialog_buttons(ui, |ui| {
            if Button::secondary("Close").shortcut("Esc").tall().show(ui).clicked() {
                view.adding = false;
            }
        });
        typed.inner
    });
    // What was typed is on its way.
    if left || typed {
        view.adding = false;
    }
}
