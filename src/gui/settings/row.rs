//! A row of a card: what a setting is called and does on the left, its control on the right, what is wrong below it.

use egui::{Align, Layout, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::{Command, GoTo, State, View, control};
use crate::config::Row;
use crate::gui::command::Outbox;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets;

const INSET: f32 = 16.0;
/// Between the words and the control.
const GAP: f32 = 24.0;
const ABOVE: f32 = 12.0;
/// The least room for words beside a control.
const NARROW: f32 = 180.0;

/// What stands on the left of a row.
pub(super) struct Words<'a> {
    pub(super) label: &'a str,
    pub(super) says: &'a str,
    /// Where the value comes from, when that is not the person who looks at it.
    pub(super) origin: Option<String>,
    /// What became of it on this machine.
    pub(super) note: Option<String>,
    /// What is wrong.
    pub(super) fault: Option<&'a str>,
}

/// A card around rows.
pub(super) fn card(ui: &mut Ui, rows: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    let ground = ui.painter().add(egui::Shape::Noop);
    ui.spacing_mut().item_spacing.y = 0.0;
    let inner = ui.scope(rows).response.rect;
    let stroke = Stroke::new(1.0, tokens.line);
    let shape = egui::epaint::RectShape::new(inner, theme::RADIUS_CARD, tokens.card, stroke, StrokeKind::Inside);
    ui.painter().set(ground, shape);
}

/// A row; `first` has no line above. Gives back where it was drawn.
pub(super) fn frame(
    ui: &mut Ui,
    first: bool,
    words: &Words,
    wide: f32,
    high: f32,
    control: impl FnOnce(&mut Ui),
    extra: impl FnOnce(&mut Ui),
) -> Rect {
    let tokens = theme::tokens(ui);
    let room = ui.available_width();
    // Where words and control have no room beside each other they stand below each other.
    let stacked = room - INSET * 2.0 - wide - GAP < NARROW;
    let wide = wide.min(room - INSET * 2.0);
    let left = room - INSET * 2.0 - if stacked { 0.0 } else { wide + GAP };
    let says = widgets::lines(ui, words.says, Text::Small, tokens.text2, left);
    let origin = words
        .origin
        .as_ref()
        .map(|origin| widgets::lines(ui, origin.as_str(), Text::Small, tokens.text3, left));
    let note = words.note.as_ref();
    let note = note.map(|note| widgets::lines(ui, note.as_str(), Text::Small, tokens.text3, left));
    let fault_room = wide.max(control::WIDE).min(room - INSET * 2.0);
    let fault = words
        .fault
        .map(|fault| widgets::lines(ui, fault, Text::Small, tokens.danger, fault_room - 18.0));
    let text_high = 18.0 + says.size().y + [&origin, &note].into_iter().flatten().map(|line| line.size().y).sum::<f32>();
    let fault_high = fault.as_ref().map_or(0.0, |fault| fault.size().y + 8.0);
    let content = if stacked {
        text_high + 8.0 + high + fault_high
    } else {
        text_high.max(high + fault_high)
    };
    let total = (ABOVE * 2.0 + content).max(58.0).ceil();
    let (rect, response) = ui.allocate_exact_size(vec2(room, total), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::GenericContainer, true, words.label));
    if !first {
        ui.painter().hline(rect.x_range(), rect.top(), Stroke::new(1.0, tokens.line));
    }
    let from_top = stacked || words.fault.is_some() || high > theme::HEIGHT_CONTROL;
    let mut y = if from_top {
        rect.top() + ABOVE
    } else {
        rect.center().y - text_high / 2.0
    };
    let at = rect.left() + INSET;
    let title = Rect::from_min_size(pos2(at, y), vec2(left, 18.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(title).layout(Layout::left_to_right(Align::Center)));
    child.spacing_mut().item_spacing.x = 4.0;
    widgets::label(&mut child, words.label, Text::Control, tokens.text);
    extra(&mut child);
    y += 18.0;
    for galley in [Some(says), origin].into_iter().flatten() {
        let high = galley.size().y;
        ui.painter().galley(pos2(at, y), galley, tokens.text2);
        y += high;
    }
    if let (Some(galley), Some(words)) = (note, &words.note) {
        let place = Rect::from_min_size(pos2(at, y), galley.size());
        y += galley.size().y;
        let told = ui.interact(place, response.id.with("note"), Sense::hover());
        told.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
        ui.painter().galley(place.min, galley, tokens.text3);
    }
    let top = if stacked {
        y + 8.0
    } else if from_top {
        rect.top() + ABOVE
    } else {
        rect.center().y - high / 2.0
    };
    let control_at = if stacked { at } else { rect.right() - INSET - wide };
    let place = Rect::from_min_size(pos2(control_at, top.round()), vec2(wide, high));
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
    child.set_width(wide);
    control(&mut child);
    if let (Some(galley), Some(words)) = (fault, words.fault) {
        let told_at = if stacked {
            at
        } else {
            rect.right() - INSET - wide.max(galley.size().x + 18.0)
        };
        let place = pos2(told_at, top + high + 8.0);
        let told = ui.interact(
            Rect::from_min_size(place, galley.size() + vec2(18.0, 0.0)),
            response.id.with("fault"),
            Sense::hover(),
        );
        told.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
        widgets::icon_at(
            ui,
            pos2(place.x + 6.5, place.y + 8.0),
            Icon::CircleAlert,
            theme::ICON_CHIP,
            tokens.danger,
        );
        ui.painter().galley(pos2(place.x + 18.0, place.y), galley, tokens.danger);
    }
    rect
}

/// The row of a setting.
pub(super) fn setting(ui: &mut Ui, first: bool, state: &State, row: &'static Row, view: &mut View, out: &mut Outbox) {
    let value = state.value(row.key);
    let text = match &view.typing {
        Some((key, text)) if *key == row.key => text.clone(),
        _ => state.text(row),
    };
    let fault = state.fault(row.key);
    let words = Words {
        label: row.label,
        says: row.says,
        origin: state
            .library_of(row.key)
            .map(|library| format!("From {} of {library}.", crate::config::LIBRARY_FILE)),
        note: (row.key == super::cards::KEY).then(|| super::cards::note(state)),
        fault,
    };
    let mut wide = control::width(row, &value);
    if fault.is_some() && row.none.is_some_and(|none| none.on.is_some()) {
        // Wrong, and so on.
        wide = wide.max(184.0);
    }
    let goes_here = view.go_to == Some(GoTo::Setting(row.key));
    let back = format!("Reset {}", row.label);
    let hint = match state.base_text(row) {
        text if text.is_empty() => format!("{back} to none"),
        text => format!("{back} to {}", text.lines().next().unwrap_or_default()),
    };
    let mut reset = false;
    let rect = ui
        .scope(|ui| {
            let enabled = ui.is_enabled();
            frame(
                ui,
                first,
                &words,
                wide,
                control::height(row, &text),
                |ui| control::show(ui, state, row, view, out),
                |ui| {
                    if state.is_changed(row.key) && enabled {
                        reset = small_reset(ui, &back, &hint);
                    }
                },
            )
        })
        .inner;
    if reset {
        view.typing = None;
        out.send(Command::ResetOne(row.key));
    }
    if goes_here {
        view.go_to = None;
        ui.scroll_to_rect(rect.expand(24.0), Some(Align::Center));
        ui.memory_mut(|memory| memory.request_focus(control::field_id(row.key)));
    }
}

/// 18 high, so that a row with it is no higher than one without.
fn small_reset(ui: &mut Ui, name: &str, hint: &str) -> bool {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 18.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    let ink = theme::mix(tokens.text3, tokens.text, widgets::hover_part(ui, &response));
    widgets::icon_at(ui, rect.center(), Icon::RotateCcw, 12.0, ink);
    widgets::focus_ring(ui, &response, rect.shrink2(vec2(2.0, 0.0)), theme::RADIUS_BAR);
    widgets::tip(response, hint).clicked()
}
