//! Phases as bars: what each has done, how fast, what waits for it.

use super::paint::{icon_at, line, put_left, put_right};
use crate::gui::theme::{self, Phase, Text};
use egui::{Color32, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// What stands on a phase's bar.
#[derive(Clone, Debug)]
pub(crate) struct PhaseBar<'a> {
    /// Which one.
    pub phase: Phase,
    /// Images done.
    pub done: &'a str,
    /// Images per second.
    pub images_per_second: &'a str,
    /// MB per second.
    pub megabytes_per_second: &'a str,
    /// What waits for it, or is in flight.
    pub queue: &'a str,
    /// How much of the run it has done, 0 to 1.
    pub part: f32,
    /// For a screen reader: "Write, 1,204 of 2,338 images, 18.1 per second".
    pub spoken: &'a str,
}

/// Icon, name, done; rates; queue; the bar below at full width. 29 high, 42 from one to the next.
pub(crate) fn phase_bar(ui: &mut Ui, bar: &PhaseBar) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 29.0), Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(bar.part) * 100.0),
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, bar.spoken)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let middle = rect.top() + 9.0;
    let color = bar.phase.color(tokens);
    icon_at(ui, pos2(rect.left() + 8.0, middle), bar.phase.icon(), theme::ICON_BAR, color);
    put_left(
        ui,
        rect.left() + 24.0,
        middle,
        line(ui, bar.phase.name(), Text::Control, tokens.text2),
    );
    put_left(ui, rect.left() + 92.0, middle, line(ui, bar.done, Text::Strong, tokens.text));
    // Rates stand in columns counted from the right, so that they stay below each other at any width.
    let queue = line(ui, bar.queue, Text::Small, tokens.text2);
    put_right(ui, rect.right(), middle, queue);
    let megabytes = rect.right() - 156.0;
    rate(ui, megabytes, middle, bar.megabytes_per_second, "MB/s");
    rate(ui, megabytes - 92.0, middle, bar.images_per_second, "images/s");
    let track = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 8.0), rect.max);
    let time = if theme::reduced_motion(ui) { 0.0 } else { theme::MOTION_TICK };
    let part = ui
        .ctx()
        .animate_value_with_time(response.id.with("part"), bar.part.clamp(0.0, 1.0), time);
    progress_at(ui, track, part, color);
    response
}

fn rate(ui: &Ui, right: f32, middle: f32, value: &str, unit: &str) {
    let tokens = theme::tokens(ui);
    if value.is_empty() {
        put_right(ui, right, middle, line(ui, "–", Text::Small, tokens.text3));
        return;
    }
    let left = put_right(ui, right, middle, line(ui, unit, Text::Small, tokens.text3));
    put_right(ui, left - 3.0, middle, line(ui, value, Text::Small, tokens.text));
}

/// A bar in its track; from the first image on at least its own height is filled.
pub(crate) fn progress_at(ui: &Ui, track: Rect, part: f32, color: Color32) {
    let radius = (track.height() / 2.0).min(f32::from(theme::RADIUS_BAR));
    ui.painter().rect_filled(track, radius, theme::tokens(ui).track);
    if part > 0.0 {
        let width = (track.width() * part.min(1.0)).max(track.height());
        ui.painter()
            .rect_filled(Rect::from_min_size(track.min, vec2(width, track.height())), radius, color);
    }
}

/// A bar as part of a column. `name` says of what.
pub(crate) fn progress(ui: &mut Ui, part: f32, height: f32, color: Color32, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(part) * 100.0),
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, name)
    });
    progress_at(ui, rect, part, color);
    response
}

/// The heads of all three phases on one track: what the status bar has room for.
pub(crate) fn phase_heads(ui: &mut Ui, parts: [f32; 3], width: f32, spoken: &str) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 8.0), Sense::hover());
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(parts[2]) * 100.0),
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, spoken)
    });
    ui.painter().rect_filled(rect, theme::RADIUS_BAR, tokens.track);
    // The furthest first, each later phase over it.
    for (phase, part) in theme::PHASES.into_iter().zip(parts) {
        if part > 0.0 {
            let width = (rect.width() * part.min(1.0)).max(rect.height());
            ui.painter().rect_filled(
                Rect::from_min_size(rect.min, vec2(width, rect.height())),
                theme::RADIUS_BAR,
                phase.color(tokens),
            );
        }
    }
    response
}

/// A swatch and a name: an entry of a legend.
pub(crate) fn swatch(ui: &mut Ui, name: &str, color: Color32) -> Response {
    let tokens = theme::tokens(ui);
    let words = line(ui, name, Text::Tiny, tokens.text2);
    let (rect, response) = ui.allocate_exact_size(vec2(13.0 + words.size().x, 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let square = Rect::from_center_size(pos2(rect.left() + 4.0, rect.center().y), vec2(8.0, 8.0));
    ui.painter().rect_filled(square, 2, color);
    put_left(ui, rect.left() + 13.0, rect.center().y, words);
    response
}

/// The legend of the three phases, in their order.
pub(crate) fn phase_legend(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let entries = |ui: &mut Ui, phase: Phase| {
        swatch(ui, phase.name(), phase.color(tokens));
    };
    ui.spacing_mut().item_spacing.x = theme::SPACE_12;
    // In a row that is filled from the right the last comes first.
    if ui.layout().prefer_right_to_left() {
        theme::PHASES.into_iter().rev().for_each(|phase| entries(ui, phase));
    } else {
        theme::PHASES.into_iter().for_each(|phase| entries(ui, phase));
    }
}
