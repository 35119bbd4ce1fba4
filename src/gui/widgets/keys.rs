//! Keys as they are shown: in buttons, menus and tooltips, each combination in a small outline.

use super::paint::line;
use crate::gui::theme::{self, Text};
use egui::{Color32, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

const INSET: f32 = 5.0;
const HEIGHT: f32 = 18.0;

/// Width that [`kbd_at`] takes.
pub(super) fn kbd_width(ui: &Ui, keys: &str) -> f32 {
    (line(ui, keys, Text::Tiny, Color32::WHITE).size().x + INSET * 2.0).max(HEIGHT)
}

/// Paints keys with their left edge at `at`.
pub(super) fn kbd_at(ui: &Ui, at: Pos2, keys: &str, ink: Color32, outline: Color32) -> Rect {
    let words = line(ui, keys, Text::Tiny, ink);
    let width = (words.size().x + INSET * 2.0).max(HEIGHT);
    let rect = Rect::from_min_size(pos2(at.x, at.y - HEIGHT / 2.0), vec2(width, HEIGHT));
    ui.painter()
        .rect_stroke(rect, theme::RADIUS_BAR, Stroke::new(1.0, outline), StrokeKind::Inside);
    let left = rect.center().x - words.size().x / 2.0;
    ui.painter()
        .galley(pos2(left, at.y - words.size().y / 2.0), words, Color32::PLACEHOLDER);
    rect
}

/// Keys as part of a row.
pub(crate) fn kbd(ui: &mut Ui, keys: &str) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(kbd_width(ui, keys), HEIGHT), Sense::hover());
    if ui.is_rect_visible(rect) {
        kbd_at(ui, rect.left_center(), keys, tokens.text2, tokens.line2);
    }
    response
}
