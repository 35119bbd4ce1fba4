//! Draws a report's plots as the exported page does, in the colours of the theme: few gridlines, a base, no box. Each says in
//! a sentence what it shows, answers the pointer with figures, and can be shown as a table.

use egui::{Color32, Pos2, Rect, Role, Sense, Shape as Ink2, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::gui::format;
use crate::gui::theme::{self, Text, Tokens, mix};
use crate::gui::widgets::{self, line, put_left, put_right};
use crate::report::{Bars, Columns, Curves, Ink, Plot, Shape, axis, legend};

/// Room for numbers beside the plot.
const LEFT: f32 = 40.0;
const TOP: f32 = 6.0;
/// Below the base line.
const FOOT: f32 = 20.0;
/// Height of a plot with a base line.
pub(super) const HEIGHT: f32 = 150.0;
const BAR: f32 = 12.0;

fn color(ink: Ink, tokens: &Tokens) -> Color32 {
    match ink {
        Ink::Load => tokens.load,
        Ink::Process => tokens.process,
        Ink::Write => tokens.write,
        Ink::Before => mix(tokens.card, tokens.text3, 0.75),
        Ink::After => tokens.accent,
        Ink::WaitInput => tokens.line2,
        Ink::WaitOutput => tokens.text3,
        Ink::WaitMemory => tokens.warning,
    }
}

/// The name of an ink in the legend, short enough to stand beside a title in half a page.
fn key(name: &str, ink: Ink) -> String {
    match ink {
        Ink::WaitInput => "Waits for input".to_owned(),
        Ink::WaitOutput => "for output".to_owned(),
        Ink::WaitMemory => "for memory".to_owned(),
        _ => super::sheet::capital(name),
    }
}

/// Title, legend and drawing; `true` when a person asked for the table.
pub(super) fn show(ui: &mut Ui, plot: &Plot, as_table: bool) -> bool {
    let tokens = theme::tokens(ui);
    let mut asked = false;
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_SMALL), Sense::hover());
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(row)
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    let title = widgets::label(&mut inner, plot.title.as_str(), Text::Strong, tokens.text);
    title.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &plot.title));
    // Where the legend needs the room, the sentence for screen readers and the table still tell the unit.
    let wide = |words: &str, step: Text| line(&inner, words, step, tokens.text3).size().x;
    let legend_width: f32 = legend(plot)
        .iter()
        .map(|(name, ink, _)| wide(&key(name, *ink), Text::Tiny) + 26.0)
        .sum();
    let needed = wide(&plot.title, Text::Strong) + wide(&plot.unit, Text::Small) + legend_width + theme::HEIGHT_SMALL + 32.0;
    if needed <= row.width() {
        widgets::label(&mut inner, plot.unit.as_str(), Text::Small, tokens.text3);
    }
    inner.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = theme::SPACE_12;
        let words = if as_table { "Show as plot" } else { "Show as table" };
        let icon = if as_table { theme::Icon::ChartLine } else { theme::Icon::Table };
        let name = format!("{words}: {}", plot.title);
        asked = widgets::icon_button_with(ui, icon, &name, None, false, theme::HEIGHT_SMALL).clicked();
        if !as_table {
            for (name, ink, _) in legend(plot).into_iter().rev() {
                widgets::swatch(ui, &key(&name, ink), color(ink, tokens));
            }
        }
    });
    if as_table {
        super::blocks::table(ui, &crate::report::as_table(plot));
        return asked;
    }
    let height = match &plot.shape {
        Shape::Bars(bars) => bars_height(bars),
        _ => HEIGHT,
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let summary = format!("{}. {}", plot.title, plot.summary);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &summary));
    if ui.is_rect_visible(rect) {
        let pointer = response.hover_pos();
        let told = match &plot.shape {
            Shape::Curves(curves) => draw_curves(ui, rect, curves, pointer, &plot.unit),
            Shape::Columns(columns) => draw_columns(ui, rect, columns, pointer),
            Shape::Bars(bars) => draw_bars(ui, rect, bars, pointer),
        };
        if let Some(told) = told {
            response.on_hover_text_at_pointer(told);
        }
    }
    asked
}

/// Gridlines with their numbers; the value at the top.
fn grid(ui: &Ui, field: Rect, highest: f64, whole: bool) -> f64 {
    let tokens = theme::tokens(ui);
    let step = axis::step(highest, 3, whole);
    let lines = (highest / step - 1e-9).ceil().max(1.0);
    let top = lines * step;
    for at in 0..=(lines as usize) {
        let value = at as f64 * step;
        let y = height_of(field, value, top).round() + 0.5;
        let ink = if at == 0 { tokens.line2 } else { tokens.line };
        ui.painter().hline(field.x_range(), y, Stroke::new(1.0, ink));
        put_right(
            ui,
            field.left() - 8.0,
            y,
            line(ui, axis::number(value, step), Text::Tiny, tokens.text3),
        );
    }
    top
}

fn height_of(field: Rect, value: f64, top: f64) -> f32 {
    field.bottom() - field.height() * (value / top).clamp(0.0, 1.0) as f32
}

/// Words below the base line, centred on `x`, kept inside `rect`; `free` is where the next may begin.
fn tick(ui: &Ui, rect: Rect, x: f32, words: &str, free: &mut f32) {
    let tokens = theme::tokens(ui);
    let galley = line(ui, words, Text::Tiny, tokens.text3);
    let left = (x - galley.size().x / 2.0).min(rect.right() - galley.size().x);
    if left < *free {
        return;
    }
    *free = left + galley.size().x + 8.0;
    put_left(ui, left, rect.bottom() - 7.0, galley);
}

fn draw_curves(ui: &Ui, rect: Rect, curves: &Curves, pointer: Option<Pos2>, unit: &str) -> Option<String> {
    let tokens = theme::tokens(ui);
    let right = if curves.levels.is_empty() { 8.0 } else { 64.0 };
    let field = Rect::from_min_max(
        pos2(rect.left() + LEFT, rect.top() + TOP),
        pos2(rect.right() - right, rect.bottom() - FOOT),
    );
    let values = curves.curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.2));
    let highest = values.chain(curves.levels.iter().map(|level| level.0)).fold(0.0, f64::max);
    let top = grid(ui, field, highest, false);
    let x = |seconds: f64| field.left() + field.width() * (seconds / curves.seconds).clamp(0.0, 1.0) as f32;
    let step = axis::time_step(curves.seconds, 5);
    let mut free = f32::NEG_INFINITY;
    for at in 0..=((curves.seconds / step + 1e-9) as usize) {
        let seconds = at as f64 * step;
        tick(ui, rect, x(seconds), &axis::time(seconds, step), &mut free);
    }
    for curve in &curves.curves {
        let points: Vec<Pos2> = match curve.points.as_slice() {
            // A single stretch of time is a level.
            [(begin, end, value)] => [begin, end].map(|at| pos2(x(*at), height_of(field, *value, top))).to_vec(),
            many => many
                .iter()
                .map(|(begin, end, value)| pos2(x(begin.midpoint(*end)), height_of(field, *value, top)))
                .collect(),
        };
        let width = if curve.ink == Ink::Write { 2.0 } else { 1.5 };
        let stroke = Stroke::new(width, color(curve.ink, tokens));
        if curve.ink == Ink::Process {
            ui.painter().extend(Ink2::dashed_line(&points, stroke, 4.0, 2.0));
        } else {
            ui.painter().add(Ink2::line(points, stroke));
        }
    }
    let mut below = f32::NEG_INFINITY;
    let mut levels: Vec<&(f64, String)> = curves.levels.iter().collect();
    levels.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (value, name) in levels {
        let y = height_of(field, *value, top);
        let ends = [pos2(field.left(), y), pos2(field.right(), y)];
        ui.painter()
            .extend(Ink2::dashed_line(&ends, Stroke::new(1.0, tokens.text3), 2.0, 3.0));
        // Labels keep apart from each other; a level stays where it is.
        below = (below + 13.0).max(y);
        put_left(ui, field.right() + 6.0, below, line(ui, name.as_str(), Text::Tiny, tokens.text2));
    }
    let pointer = pointer.filter(|at| field.contains(*at))?;
    ui.painter().vline(pointer.x, field.y_range(), Stroke::new(1.0, tokens.text3));
    let seconds = f64::from((pointer.x - field.left()) / field.width()) * curves.seconds;
    let at = |curve: &crate::report::Curve| {
        let found = curve.points.iter().find(|(begin, end, _)| (*begin..=*end).contains(&seconds))?;
        let name = super::sheet::capital(&curve.name);
        Some(format!("{name} {} {unit}", format::significant(found.2)))
    };
    let mut words = vec![format::clock(std::time::Duration::from_secs_f64(seconds.max(0.0)))];
    words.extend(curves.curves.iter().filter_map(at));
    Some(words.join("\n"))
}

fn draw_columns(ui: &Ui, rect: Rect, columns: &Columns, pointer: Option<Pos2>) -> Option<String> {
    let tokens = theme::tokens(ui);
    let field = Rect::from_min_max(
        pos2(rect.left() + LEFT, rect.top() + TOP),
        pos2(rect.right() - 8.0, rect.bottom() - FOOT),
    );
    let highest = columns.series.iter().flat_map(|(.., counts)| counts).copied().max().unwrap_or(0);
    let top = grid(ui, field, highest as f64, true);
    let width = field.width() / columns.bins.len().max(1) as f32;
    let drawn = width.min(64.0);
    let middle = |at: usize| field.left() + width * (at as f32 + 0.5);
    let several = columns.series.len() > 1;
    for (series, (_, ink, counts)) in columns.series.iter().enumerate() {
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // Two series overlap by half: both are seen, and the second is in front.
            let (left, wide) = match (several, series) {
                (false, _) => (middle(at) - drawn * 0.42, drawn * 0.84),
                (true, 0) => (middle(at) - drawn * 0.2, drawn * 0.62),
                (true, _) => (middle(at) - drawn * 0.42, drawn * 0.62),
            };
            let y = height_of(field, *count as f64, top).min(field.bottom() - 0.5);
            let bar = Rect::from_min_max(pos2(left, y), pos2(left + wide, field.bottom()));
            ui.painter().rect_filled(bar, 0, color(*ink, tokens));
        }
    }
    let mut free = f32::NEG_INFINITY;
    for (at, words) in &columns.ticks {
        tick(ui, rect, field.left() + width * *at as f32, words, &mut free);
    }
    let mut ends = [f32::NEG_INFINITY; 3];
    for (place, words) in &columns.marks {
        let x = field.left() + width * *place as f32;
        let galley = line(ui, words.as_str(), Text::Tiny, tokens.text2);
        let wide = galley.size().x;
        let start = if x + 4.0 + wide > field.right() { x - 4.0 - wide } else { x + 4.0 };
        let row = ends.iter().position(|end| *end + 6.0 < start).unwrap_or(2);
        ends[row] = start + wide;
        let line_ends = [pos2(x, field.top()), pos2(x, field.bottom())];
        ui.painter()
            .extend(Ink2::dashed_line(&line_ends, Stroke::new(1.0, tokens.text3), 2.0, 3.0));
        put_left(ui, start, field.top() + 6.0 + 13.0 * row as f32, galley);
    }
    let pointer = pointer.filter(|at| field.contains(*at))?;
    let at = (((pointer.x - field.left()) / width) as usize).min(columns.bins.len().saturating_sub(1));
    let mut words = vec![columns.bins.get(at)?.clone()];
    words.extend(columns.series.iter().filter_map(|(name, _, counts)| {
        let count = *counts.get(at)?;
        Some(format!("{}: {}", super::sheet::capital(name), format::count(count)))
    }));
    Some(words.join("\n"))
}

fn bars_height(bars: &Bars) -> f32 {
    let row = |parts: usize| {
        if bars.stacked { BAR + 4.0 } else { (BAR + 2.0) * parts as f32 }
    };
    let rows: f32 = bars.rows.iter().map(|bar| row(bar.parts.len()) + 12.0).sum();
    rows.max(BAR) + 4.0
}

fn draw_bars(ui: &Ui, rect: Rect, bars: &Bars, pointer: Option<Pos2>) -> Option<String> {
    let tokens = theme::tokens(ui);
    let label = |words: &str| line(ui, super::sheet::capital(words), Text::Small, tokens.text2);
    let widest = bars.rows.iter().map(|row| label(&row.label).size().x).fold(0.0, f32::max);
    let left = rect.left() + (widest + 14.0).min(rect.width() * 0.4);
    let right = rect.right() - if bars.stacked { 136.0 } else { 72.0 };
    let length = |row: &crate::report::BarRow| -> f64 {
        let lengths = row.parts.iter().map(|part| part.1);
        if bars.stacked { lengths.sum() } else { lengths.fold(0.0, f64::max) }
    };
    let longest = bars.rows.iter().map(length).fold(0.0, f64::max).max(1e-9);
    let scale = f64::from((right - left).max(1.0)) / longest;
    let mut y = rect.top() + 6.0;
    let mut told = None;
    for row in &bars.rows {
        let height = if bars.stacked {
            BAR + 4.0
        } else {
            (BAR + 2.0) * row.parts.len() as f32
        };
        let (words, _) = widgets::elide_end(ui, &super::sheet::capital(&row.label), Text::Small, left - rect.left() - 8.0);
        put_left(ui, rect.left(), y + height / 2.0, line(ui, words, Text::Small, tokens.text2));
        let band = Rect::from_min_max(pos2(rect.left(), y - 4.0), pos2(rect.right(), y + height + 4.0));
        if pointer.is_some_and(|at| band.contains(at)) {
            let parts: Vec<&str> = row.parts.iter().map(|part| part.2.as_str()).collect();
            told = Some(format!("{}\n{}", super::sheet::capital(&row.label), parts.join("\n")));
        }
        let mut x = left;
        let mut part_y = y;
        for (ink, length, words) in &row.parts {
            let wide = if *length > 0.0 { ((length * scale) as f32).max(1.0) } else { 0.0 };
            let tall = if bars.stacked { height } else { BAR };
            let bar = Rect::from_min_size(pos2(x, part_y), vec2(wide, tall));
            ui.painter().rect_filled(bar, if bars.stacked { 0 } else { 2 }, color(*ink, tokens));
            if bars.stacked {
                x += wide;
            } else {
                put_left(
                    ui,
                    left + wide + 6.0,
                    part_y + tall / 2.0,
                    line(ui, words.as_str(), Text::Tiny, tokens.text3),
                );
                part_y += BAR + 2.0;
            }
        }
        if bars.stacked {
            let time = |seconds: f64| format::time(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()).text();
            let worked = row.parts.first().map_or(0.0, |part| part.1);
            let words = format!("{} of {}", time(worked), time(length(row)));
            put_left(ui, x + 6.0, y + height / 2.0, line(ui, words, Text::Tiny, tokens.text3));
        }
        y += height + 12.0;
    }
    told
}
