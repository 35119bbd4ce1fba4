//! Cards: what belongs together, on one ground with one outline. No shadow: that is for what floats.

use super::paint::{line, put_left, put_right};
use crate::gui::theme::{self, Text};
use egui::{Color32, Frame, Margin, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// The frame of a card with an inset.
pub(crate) fn card_frame(ui: &Ui, inset: f32) -> Frame {
    let tokens = theme::tokens(ui);
    Frame::new()
        .fill(tokens.card)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::same((inset - 1.0) as i8))
}

/// A card of a size of its own, as cells of a page are; what does not fit is cut off.
pub(crate) fn card_in<R>(ui: &mut Ui, rect: Rect, inset: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = theme::tokens(ui);
    ui.painter().rect(
        rect,
        theme::RADIUS_CARD,
        tokens.card,
        Stroke::new(1.0, tokens.line),
        egui::StrokeKind::Inside,
    );
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink(inset))
            .layout(egui::Layout::top_down(egui::Align::Min)),
    );
    child.shrink_clip_rect(rect.shrink(1.0));
    let result = content(&mut child);
    ui.advance_cursor_after_rect(rect);
    result
}

/// The first row of a card: its title, and right what `trailing` draws (from right to left).
pub(crate) fn card_title(ui: &mut Ui, title: &str, trailing: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), theme::HEIGHT_SMALL),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| {
            let tokens = theme::tokens(ui);
            let response = ui.add(egui::Label::new(theme::rich(title, Text::Strong, tokens.text)));
            response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), trailing);
        },
    );
}

/// The same with words on the right: a unit, a count.
pub(crate) fn card_title_note(ui: &mut Ui, title: &str, note: &str) {
    card_title(ui, title, |ui| {
        let tokens = theme::tokens(ui);
        ui.add(egui::Label::new(theme::rich(note, Text::Small, tokens.text3)));
    });
}

/// A line across a card, through its inset.
pub(crate) fn card_line(ui: &mut Ui, inset: f32) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    let across = (rect.left() - inset + 1.0)..=(rect.right() + inset - 1.0);
    let clip = ui.clip_rect().expand2(vec2(inset, 0.0));
    ui.painter()
        .with_clip_rect(clip)
        .hline(across, rect.center().y, Stroke::new(1.0, tokens.line));
}

/// One number of a row of tiles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tile<'a> {
    /// What the number is.
    pub label: &'a str,
    /// The number.
    pub number: String,
    /// Its unit, or "of 7,340".
    pub unit: String,
    /// Below: its range, or what it does not cover.
    pub range: String,
    /// Stands in the accent: the one that is good news.
    pub accent: bool,
}

/// Tiles in one card, a divider between every two. 88 high.
pub(crate) fn tiles(ui: &mut Ui, tiles: &[Tile]) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 88.0), Sense::hover());
    ui.painter().rect(
        rect,
        theme::RADIUS_CARD,
        tokens.card,
        Stroke::new(1.0, tokens.line),
        egui::StrokeKind::Inside,
    );
    let width = rect.width() / tiles.len().max(1) as f32;
    for (index, tile) in tiles.iter().enumerate() {
        let left = rect.left() + width * index as f32;
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        if index > 0 {
            ui.painter()
                .vline(left.round(), rect.shrink(1.0).y_range(), Stroke::new(1.0, tokens.line));
        }
        tile_at(ui, place, tile, response.id.with(index));
    }
    response
}

fn tile_at(ui: &mut Ui, place: Rect, tile: &Tile, id: egui::Id) {
    let tokens = theme::tokens(ui);
    let spoken = [tile.label, " ", &tile.number, " ", &tile.unit].concat();
    let spoken = if tile.range.is_empty() {
        spoken
    } else {
        format!("{spoken}, {}", tile.range)
    };
    ui.interact(place, id, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken.trim()));
    let left = place.left() + theme::SPACE_16;
    put_left(ui, left, place.top() + 20.0, line(ui, tile.label, Text::Small, tokens.text2));
    let ink = if tile.accent { tokens.accent } else { tokens.text };
    let right = put_left(ui, left, place.top() + 43.0, line(ui, tile.number.as_str(), Text::Title, ink));
    let unit_ink = if tile.accent { tokens.accent } else { tokens.text2 };
    put_left(
        ui,
        right + 6.0,
        place.top() + 45.5,
        line(ui, tile.unit.as_str(), Text::Control, unit_ink),
    );
    let room = place.width() - theme::SPACE_16 - 8.0;
    let (range, _) = super::elide_end(ui, &tile.range, Text::Small, room);
    put_left(ui, left, place.top() + 67.0, line(ui, range, Text::Small, tokens.text3));
}

/// A small number with its label above, right-aligned: what stands beside the one number of a page.
pub(crate) fn side_number(ui: &mut Ui, label: &str, value: &str, color: Color32) -> Response {
    let tokens = theme::tokens(ui);
    let words = line(ui, label, Text::Small, tokens.text2);
    let digits = line(ui, value, Text::Section, color);
    let (rect, response) = ui.allocate_exact_size(vec2(words.size().x.max(digits.size().x), 38.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label} {value}")));
    put_right(ui, rect.right(), rect.top() + 9.0, words);
    put_right(ui, rect.right(), rect.top() + 29.0, digits);
    response
}
