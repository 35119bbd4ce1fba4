//! The list in the left panel. Only what is in view is drawn, so that a thousand shards cost no more than ten.

use std::path::PathBuf;
use std::time::Duration;

use egui::{EventFilter, Id, Key, Modifiers, Rect, ScrollArea, Ui, pos2, vec2};

use super::list::{Row, Shard};
use super::state::State;
use super::{Command, View, menus, row};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, TextField};

/// Height of the line with the title.
const HEADER: f32 = 40.0;
/// Rows that Page Up and Page Down pass.
const PAGE: usize = 8;

/// Draws the list.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.shards;
    ui.spacing_mut().item_spacing.y = 0.0;
    header(ui, state, view, out);
    if view.filter {
        filter(ui, state, view, out);
    }
    row::adding(ui, state, out);
    if state.is_waiting() {
        // An answer that does not come has to be told of, too.
        ui.ctx().request_repaint_after(Duration::from_millis(500));
    }
    if state.is_empty() {
        empty(ui, "No folders yet. What you add is listed here, with its state after every run.");
        return;
    }
    if state.rows.is_empty() {
        empty(ui, "No shard is like that. Show all shards again with the menu above.");
        return;
    }
    rows(ui, model, view, out);
}

fn header(ui: &mut Ui, state: &State, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEADER), egui::Sense::hover());
    let middle = rect.top() + 24.0;
    let title = Rect::from_min_max(
        pos2(rect.left() + theme::SPACE_16, middle - 9.0),
        pos2(rect.center().x, middle + 9.0),
    );
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(title));
    child.add(egui::Label::new(theme::rich("Shards", Text::SmallStrong, tokens.text2)).selectable(false));

    let place = |right: f32| Rect::from_center_size(pos2(rect.right() - right, middle), vec2(28.0, 28.0));
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(place(23.0)).id_salt("add"));
    let add = widgets::icon_button(&mut child, Icon::FolderPlus, "Add folders");
    menus::add(&add, state, view, out);
    if state.is_empty() {
        return;
    }
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(place(51.0)).id_salt("arrange"));
    let arrangement = &state.arrangement;
    let on = arrangement.only != super::list::Only::All || !arrangement.text.trim().is_empty();
    let arrange = widgets::icon_button_with(
        &mut child,
        Icon::ListFilter,
        "Filter, sort and tick shards",
        None,
        on,
        theme::HEIGHT_CONTROL,
    );
    menus::arrange(&arrange, state, view, out);
}

fn filter(ui: &mut Ui, state: &State, view: &mut View, out: &mut Outbox) {
    let mut text = state.arrangement.text.clone();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), egui::Sense::hover());
    let inner = Rect::from_min_size(
        rect.min + vec2(theme::SPACE_16, 2.0),
        vec2(rect.width() - theme::SPACE_32, theme::HEIGHT_CONTROL),
    );
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner));
    let field = TextField::new("Filter shards by name", &mut text)
        .icon(Icon::Search)
        .hint("Filter by name")
        .show(&mut child);
    if std::mem::take(&mut view.focus) {
        field.request_focus();
    }
    if field.changed() {
        out.send(Command::Filter(text));
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        view.filter = false;
        out.send(Command::Filter(String::new()));
    }
}

fn empty(ui: &mut Ui, sentence: &str) {
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(16, 8));
    frame.show(ui, |ui| widgets::empty_line(ui, sentence));
}

fn rows(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.shards;
    // The keyboard stops at one row; arrows go on from there.
    let chosen = state.chosen.as_ref().filter(|path| state.shown().any(|shard| shard.path == **path));
    let stop: Option<PathBuf> = chosen.cloned().or_else(|| state.shown().next().map(|shard| shard.path.clone()));
    let rows = std::sync::Arc::clone(&state.rows);
    let total: f32 = rows.iter().map(|row| row::height(state, row)).sum();
    ScrollArea::vertical()
        .id_salt("shards")
        .auto_shrink([false, false])
        .show_viewport(ui, |ui, viewport| {
            ui.set_height(total);
            let origin = ui.max_rect().min;
            let width = ui.max_rect().width();
            let mut top = 0.0;
            for row in rows.iter() {
                let height = row::height(state, row);
                let rect = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, height));
                let in_view = top + height >= viewport.top() && top <= viewport.bottom();
                top += height;
                let is_chosen = matches!(row, Row::Shard(at) if state.shards.get(*at).map(|shard| &shard.path) == stop.as_ref());
                if is_chosen && std::mem::take(&mut view.reveal) {
                    ui.scroll_to_rect(rect, None);
                    if let Row::Shard(at) = row {
                        ui.memory_mut(|memory| memory.request_focus(row::row_id(&state.shards[*at])));
                    }
                }
                // What has the keyboard is drawn wherever it is, or it would lose it.
                if !in_view && !is_chosen {
                    continue;
                }
                match row {
                    Row::Group { .. } => row::heading(ui, rect, row, out),
                    Row::More { place, hidden } => row::more(ui, rect, place, *hidden, out),
                    Row::Shard(at) => {
                        let Some(shard) = state.shards.get(*at) else { continue };
                        let response = row::shard(ui, rect, model, shard, is_chosen, out);
                        row::with_menu(ui, &response, state, shard, out);
                        if response.has_focus() {
                            keys(ui, response.id, state, shard, view, out);
                        }
                        if response.clicked() {
                            view.reveal = true;
                        }
                    }
                }
            }
        });
}

/// Keys of the row that has the keyboard.
fn keys(ui: &Ui, id: Id, state: &State, shard: &Shard, view: &mut View, out: &mut Outbox) {
    let filter = EventFilter {
        vertical_arrows: true,
        horizontal_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let shown: Vec<&Shard> = state.shown().collect();
    let here = shown.iter().position(|other| other.path == shard.path).unwrap_or(0);
    let last = shown.len().saturating_sub(1);
    let to = [
        (Key::ArrowDown, (here + 1).min(last)),
        (Key::ArrowUp, here.saturating_sub(1)),
        (Key::PageDown, (here + PAGE).min(last)),
        (Key::PageUp, here.saturating_sub(PAGE)),
        (Key::Home, 0),
        (Key::End, last),
    ];
    if let Some((_, to)) = to.into_iter().find(|(key, _)| pressed(Modifiers::NONE, *key)) {
        out.send(Command::Choose(Some(shown[to].path.clone())));
        view.reveal = true;
    }
    let open = !state.arrangement.closed.contains(&shard.place());
    if pressed(Modifiers::NONE, Key::ArrowLeft) && open {
        out.send(Command::ToggleGroup(shard.place()));
    }
    if pressed(Modifiers::NONE, Key::Space) {
        out.send(Command::Tick(vec![shard.path.clone()], !shard.ticked));
    }
    if pressed(Modifiers::COMMAND, Key::A) {
        out.send(Command::Tick(shown.iter().map(|shard| shard.path.clone()).collect(), true));
    }
    if pressed(Modifiers::NONE, Key::F5) {
        out.send(Command::LookAgain(vec![shard.path.clone()]));
    }
    // The keyboards of Macs have the one key for both.
    let backspace = cfg!(target_os = "macos") && pressed(Modifiers::NONE, Key::Backspace);
    if backspace || pressed(Modifiers::NONE, Key::Delete) {
        out.send(Command::Remove(vec![shard.path.clone()]));
        view.reveal = true;
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        out.send(Command::Choose(None));
        ui.memory_mut(|memory| memory.surrender_focus(id));
    }
}
