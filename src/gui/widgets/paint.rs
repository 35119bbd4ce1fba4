//! What all parts paint with: text on a centre line, icons, the focus ring, the ease between states.

use crate::gui::theme::{self, Icon, Text};
use egui::{Color32, FontId, Galley, Pos2, Rect, Response, Stroke, StrokeKind, Ui, pos2};
use std::sync::Arc;

/// Lays out a line.
pub(crate) fn line(ui: &Ui, text: impl Into<String>, step: Text, color: Color32) -> Arc<Galley> {
    ui.painter().layout_no_wrap(text.into(), step.font(), color)
}

/// Lays out text that may take several lines.
pub(crate) fn lines(ui: &Ui, text: impl Into<String>, step: Text, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::single_section(text.into(), step.format(color));
    job.wrap.max_width = width;
    ui.painter().layout_job(job)
}

/// Paints a line with its left end at `left`, centred on `middle`; returns its right end.
pub(crate) fn put_left(ui: &Ui, left: f32, middle: f32, galley: Arc<Galley>) -> f32 {
    let right = left + galley.size().x;
    ui.painter()
        .galley(pos2(left, middle - galley.size().y / 2.0), galley, Color32::PLACEHOLDER);
    right
}

/// Paints a line with its right end at `right`, centred on `middle`; returns its left end.
pub(crate) fn put_right(ui: &Ui, right: f32, middle: f32, galley: Arc<Galley>) -> f32 {
    let left = right - galley.size().x;
    ui.painter()
        .galley(pos2(left, middle - galley.size().y / 2.0), galley, Color32::PLACEHOLDER);
    left
}

/// Paints an icon around `centre`.
pub(crate) fn icon_at(ui: &Ui, centre: Pos2, icon: Icon, size: f32, color: Color32) {
    let font = FontId::new(size, theme::ICONS.clone());
    let galley = ui.painter().layout_no_wrap(char::from(icon).to_string(), font, color);
    // Whole pixels, halves downwards: beside words an icon that is high by half a pixel looks high by one.
    let scale = ui.pixels_per_point();
    let corner = centre - galley.size() / 2.0;
    let snapped = pos2((corner.x * scale).round() / scale, (corner.y * scale + 0.01).round() / scale);
    ui.painter().galley(snapped, galley, color);
}

/// An icon as part of a row, without a name: beside words that say the same.
pub(crate) fn icon(ui: &mut Ui, icon: Icon, size: f32, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(size, size), egui::Sense::hover());
    if ui.is_rect_visible(rect) {
        icon_at(ui, rect.center(), icon, size, color);
    }
    response
}

/// 2 px outside a gap of 2 px, for those who move the focus by keyboard.
pub(crate) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() && theme::focus_is_visible(ui.ctx()) {
        let ring = Stroke::new(2.0, theme::tokens(ui).focus);
        ui.painter().rect_stroke(rect.expand(2.0), radius + 2, ring, StrokeKind::Outside);
    }
}

/// The same inside the edge: for rows and tabs, which lie against each other.
pub(crate) fn focus_ring_inside(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() && theme::focus_is_visible(ui.ctx()) {
        let ring = Stroke::new(2.0, theme::tokens(ui).focus);
        ui.painter().rect_stroke(rect.shrink(1.0), radius, ring, StrokeKind::Inside);
    }
}

/// How far the pointer has woken the widget, 0 to 1.
pub(crate) fn hover_part(ui: &Ui, response: &Response) -> f32 {
    let time = if theme::reduced_motion(ui) { 0.0 } else { theme::MOTION_HOVER };
    ui.ctx()
        .animate_bool_with_time(response.id.with("hover"), response.hovered() && response.enabled(), time)
}

/// What can be pressed, and what of it a person may not press now.
pub(crate) fn sense(enabled: bool) -> egui::Sense {
    if enabled { egui::Sense::click() } else { egui::Sense::hover() }
}
