//! The forecast: when each phase is under way, how long it is busy, and when the run ends.

use egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::numbers::{likely_time, time};
use crate::engine::{Estimate, Seconds};
use crate::gui::format::{clock, count};
use crate::gui::model::Model;
use crate::gui::theme::{self, Phase, Text, mix};
use crate::gui::widgets::{card_title, label, line, put_left, put_right, tip};
use std::time::Duration;

/// The card's content.
pub(super) fn show(ui: &mut Ui, model: &Model, titled: bool) {
    ui.spacing_mut().item_spacing.y = 0.0;
    if titled {
        ui.add_space(-4.0);
        card_title(ui, "Forecast", |ui| note(ui, model));
    }
    let tokens = theme::tokens(ui);
    let estimate = model.plan.current().and_then(|planned| planned.estimate.as_deref());
    let Some(estimate) = estimate.filter(|e| e.images > 0) else {
        let words = if model.plan.is_sampling() && model.plan.work_images() > 0 {
            "A sample is being worked on in memory."
        } else {
            "There is nothing to do, so it takes no time."
        };
        ui.add_space(theme::SPACE_12);
        label(ui, words, Text::Small, tokens.text3);
        return;
    };
    gantt(ui, estimate);
}

/// How much was sampled.
pub(super) fn note(ui: &mut Ui, model: &Model) {
    let tokens = theme::tokens(ui);
    if let Some(estimate) = model.plan.current().and_then(|planned| planned.estimate.as_deref()) {
        let words = format!("{} of {} sampled", count(estimate.sampled as u64), count(estimate.images as u64));
        label(ui, words, Text::Small, tokens.text3);
    }
}

/// When a phase begins and ends, and how long its threads are busy in all.
struct Lane {
    phase: Phase,
    from: f64,
    to: f64,
    busy: Seconds,
}

/// The phases overlap: each begins when the first image has come through the one before, and ends that much before the next.
fn lanes(estimate: &Estimate) -> [Lane; 3] {
    let times = estimate.times;
    let wall = times.wall.expected;
    let each = |seconds: Seconds| seconds.expected / estimate.images.max(1) as f64;
    let (load, process, write) = (each(times.load), each(times.process), each(times.write));
    let within = |at: f64| at.clamp(0.0, wall);
    [
        Lane {
            phase: Phase::Load,
            from: 0.0,
            to: within(wall - process - write),
            busy: times.load,
        },
        Lane {
            phase: Phase::Process,
            from: within(load),
            to: within(wall - write),
            busy: times.process,
        },
        Lane {
            phase: Phase::Write,
            from: within(load + process),
            to: wall,
            busy: times.write,
        },
    ]
}

fn gantt(ui: &mut Ui, estimate: &Estimate) {
    let tokens = theme::tokens(ui);
    let (all, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let wall = estimate.times.wall;
    let summary = format!("Forecast: the run takes {}, {}.", time(wall.expected).text(), likely_time(wall));
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &summary));
    let area = Rect::from_min_max(
        pos2(all.left() + 73.0, all.top() + 4.0),
        pos2(all.right() - 4.0, all.bottom() - 18.0),
    );
    let end = wall.high.max(wall.expected).max(0.05);
    let x = |seconds: f64| area.left() + (seconds / end).clamp(0.0, 1.0) as f32 * area.width();

    let band = Rect::from_x_y_ranges(x(wall.low)..=x(wall.high), area.y_range());
    ui.painter().rect_filled(band, 0, mix(tokens.card, tokens.text, 0.06));
    let step = tick(end);
    let mut at = 0.0;
    while at <= end + step * 0.01 {
        ui.painter()
            .vline(x(at).round() + 0.5, area.y_range(), Stroke::new(1.0, tokens.line));
        let words = line(ui, axis_words(at, step, end), Text::Tiny, tokens.text3);
        let left = (x(at) - words.size().x / 2.0).min(all.right() - words.size().x);
        put_left(ui, left, all.bottom() - 7.0, words);
        at += step;
    }
    let pitch = area.height() / 3.0;
    let height = (pitch - 14.0).clamp(12.0, 20.0);
    for (number, lane) in lanes(estimate).into_iter().enumerate() {
        let middle = area.top() + pitch * (number as f32 + 0.5);
        let color = lane.phase.color(tokens);
        let swatch = Rect::from_center_size(pos2(all.left() + 4.0, middle), vec2(8.0, 8.0));
        ui.painter().rect_filled(swatch, 2, color);
        put_left(ui, all.left() + 14.0, middle, line(ui, lane.phase.name(), Text::Body, tokens.text2));
        let span = Rect::from_x_y_ranges(
            x(lane.from)..=x(lane.to).max(x(lane.from) + 2.0),
            middle - height / 2.0..=middle + height / 2.0,
        );
        ui.painter().rect_filled(span, 2, mix(tokens.card, color, 0.25));
        // Several threads at once may be busy for longer than the phase takes.
        let busy_end = x((lane.from + lane.busy.expected).min(lane.to)).max(span.left() + 2.0);
        let busy = Rect::from_min_max(span.min, pos2(busy_end, span.max.y));
        ui.painter().rect_filled(busy, 2, color);
        busy_words(ui, &lane, span, busy);
        let row = Rect::from_x_y_ranges(all.x_range(), middle - pitch / 2.0..=middle + pitch / 2.0);
        let response = ui.interact(row, response.id.with(number), Sense::hover());
        let words = format!(
            "{}: {} of thread time, {}",
            lane.phase.name(),
            time(lane.busy.expected).text(),
            likely_time(lane.busy)
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        tip(response, &words);
    }
    ui.painter()
        .vline(x(wall.expected).round() + 0.5, area.y_range(), Stroke::new(1.0, tokens.text));
}

/// Behind the busy part where there is room, or else in it.
fn busy_words(ui: &Ui, lane: &Lane, span: Rect, busy: Rect) {
    let tokens = theme::tokens(ui);
    let shown = time(lane.busy.expected).text();
    let outside = line(ui, shown.as_str(), Text::Tiny, tokens.text);
    if span.right() - busy.right() >= outside.size().x + 10.0 {
        put_left(ui, busy.right() + 6.0, span.center().y, outside);
        return;
    }
    let ink = lane.phase.on_color(tokens);
    let inside = line(ui, format!("{shown} busy"), Text::Tiny, ink);
    if busy.width() >= inside.size().x + 12.0 {
        put_right(ui, busy.right() - 6.0, span.center().y, inside);
    } else if busy.width() >= outside.size().x + 8.0 {
        put_right(ui, busy.right() - 4.0, span.center().y, line(ui, shown, Text::Tiny, ink));
    }
}

/// Seconds between two marks, so that there are two to four.
fn tick(end: f64) -> f64 {
    const STEPS: [f64; 21] = [
        0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0,
        28_800.0,
    ];
    STEPS
        .into_iter()
        .find(|step| end / step <= 3.6)
        .unwrap_or_else(|| (end / 3.0).ceil())
}

fn axis_words(at: f64, step: f64, end: f64) -> String {
    if end >= 20.0 {
        clock(Duration::try_from_secs_f64(at).unwrap_or_default())
    } else if step >= 1.0 {
        format!("{at:.0} s")
    } else if step >= 0.1 {
        format!("{at:.1} s")
    } else {
        format!("{at:.2} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_few_and_round() {
        for (end, step) in [
            (0.06, 0.02),
            (1.3, 0.5),
            (9.0, 5.0),
            (151.0, 60.0),
            (3000.0, 1200.0),
            (90_000.0, 28_800.0),
        ] {
            assert_eq!(tick(end), step, "{end}");
        }
        assert_eq!(axis_words(60.0, 60.0, 151.0), "1:00");
        assert_eq!(axis_words(0.5, 0.5, 1.3), "0.5 s");
    }
}
