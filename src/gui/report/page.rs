//! The page of one report: title, verdict, where the time went, what it saved, the report beside it, plots, and the rest of the
//! exported page. Two columns where there is room.

use std::time::Duration;

use egui::{Align, Frame, Layout, Margin, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::act::Command;
use super::sheet::{Against, AgainstTable, Node, Opened, SavedRow};
use super::{Segment, View, blocks, plots};
use crate::engine::Phase;
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text, mix};
use crate::gui::widgets::{self, Button, line, put_left, put_right};
use crate::report::{Block, Page, Section, Width};

/// Narrower than this is one column.
const TWO_COLUMNS: f32 = 780.0;
/// Between the columns.
const GAP: f32 = 28.0;
/// Wider than this a line is hard to follow.
const WIDEST: f32 = 1280.0;
const ROW: f32 = theme::HEIGHT_REPORT_ROW;

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let report = &model.report;
    if let Some(problem) = &report.trouble {
        widgets::empty_state(ui, Icon::FileX, "This report cannot be shown", problem, |ui| {
            if Button::secondary("All runs").show(ui).clicked() {
                out.send(Command::Segment(Segment::AllRuns));
            }
        });
        return;
    }
    let Some(open) = &report.opened else {
        empty(ui, model, out);
        return;
    };
    ScrollArea::vertical().auto_shrink(false).id_salt("report").show(ui, |ui| {
        let room = ui.available_width() - 2.0 * theme::SPACE_16;
        let side = theme::SPACE_16 + ((room - WIDEST) / 2.0).max(0.0);
        let margin = Margin {
            left: side.min(120.0) as i8,
            right: side.min(120.0) as i8,
            top: 16,
            bottom: 16,
        };
        // A margin is a small number by its type; in the widest windows lines get a little longer.
        Frame::new().inner_margin(margin).show(ui, |ui| {
            let card = widgets::card_frame(ui, theme::SPACE_24).inner_margin(Margin::symmetric(23, 15));
            card.show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 0.0;
                match open.against.as_ref().filter(|_| report.whole_comparison) {
                    Some(against) => whole_comparison(ui, against, view, out),
                    None => whole_report(ui, open, view, out),
                }
            });
        });
    });
}

fn empty(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let report = &model.report;
    if !report.looked || report.reading {
        ui.centered_and_justified(|ui| widgets::spinner(ui, 24.0, "Opening the report"));
        return;
    }
    if let Some(problem) = &report.no_history {
        widgets::empty_state(ui, Icon::FileX, "Reports cannot be kept", problem, |_| {});
        return;
    }
    let sentence = "Reports appear here after the first one.";
    widgets::empty_state(ui, Icon::ChartNoAxesColumn, "No runs yet", sentence, |ui| {
        if Button::secondary("Go to the plan").show(ui).clicked() {
            out.send(shell::Command::Go(shell::Page::Plan));
        }
    });
}

fn whole_report(ui: &mut Ui, open: &Opened, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let sheet = &open.sheet;
    let title = widgets::label(ui, sheet.title.as_str(), Text::Title, tokens.text);
    title.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &sheet.title));
    ui.add_space(2.0);
    widgets::paragraph(ui, &sheet.subtitle, Text::Small, tokens.text2);
    ui.add_space(theme::SPACE_12);
    let (icon, edge) = match (sheet.verdict.bad, sheet.verdict.phase) {
        (true, _) => (Icon::TriangleAlert, tokens.warning),
        (false, Some(phase)) => (Icon::Gauge, phase_color(ui, phase)),
        (false, None) => (Icon::Gauge, tokens.accent),
    };
    widgets::verdict(ui, icon, edge, &sheet.verdict.lead, &sheet.verdict.rest);
    ui.add_space(theme::SPACE_16);
    let has_tree = !sheet.tree.is_empty();
    let against = open.against.as_ref().map(|against| (&against.table, true));
    let shown = against.or(sheet.forecast.as_ref().map(|table| (table, false)));
    let right = |ui: &mut Ui, out: &mut Outbox| {
        saved(ui, &sheet.saved);
        if let Some((table, whole)) = shown {
            ui.add_space(theme::SPACE_12);
            beside(ui, table, whole, out);
        }
    };
    if has_tree {
        pair(ui, out, |ui, _| tree(ui, &sheet.tree), right);
    } else if let Some((table, whole)) = shown {
        pair(ui, out, |ui, _| saved(ui, &sheet.saved), |ui, out| beside(ui, table, whole, out));
    } else {
        saved(ui, &sheet.saved);
    }
    ui.add_space(theme::SPACE_16);
    let two = ui.available_width() >= TWO_COLUMNS;
    for row in sheet.plots.chunks(if two { 2 } else { 1 }) {
        let one = |ui: &mut Ui, at: usize, view: &mut View| {
            if let Some(plot) = row.get(at)
                && plots::show(ui, plot, view.as_tables.contains(&plot.title))
                && !view.as_tables.remove(&plot.title)
            {
                view.as_tables.insert(plot.title.clone());
            }
        };
        columns(ui, view, |ui, view| one(ui, 0, view), |ui, view| one(ui, 1, view));
        ui.add_space(theme::SPACE_16);
    }
    sections(ui, &sheet.more);
}

/// Two columns beside each other, or one below the other.
fn columns<S>(ui: &mut Ui, shared: &mut S, left: impl FnOnce(&mut Ui, &mut S), right: impl FnOnce(&mut Ui, &mut S)) {
    let room = ui.available_width();
    if room < TWO_COLUMNS {
        left(ui, shared);
        ui.add_space(theme::SPACE_16);
        right(ui, shared);
        return;
    }
    let width = ((room - GAP) / 2.0).floor();
    ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let column = |ui: &mut Ui, content: &mut dyn FnMut(&mut Ui)| {
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.x = theme::SPACE_8;
                content(ui);
            });
        };
        let (mut left, mut right) = (Some(left), Some(right));
        column(ui, &mut |ui| {
            if let Some(left) = left.take() {
                left(ui, shared);
            }
        });
        ui.add_space(GAP);
        column(ui, &mut |ui| {
            if let Some(right) = right.take() {
                right(ui, shared);
            }
        });
    });
}

fn pair(ui: &mut Ui, out: &mut Outbox, left: impl FnOnce(&mut Ui, &mut Outbox), right: impl FnOnce(&mut Ui, &mut Outbox)) {
    columns(ui, out, left, right);
}

/// Sections of half the width beside each other, as the exported page sets them.
fn sections(ui: &mut Ui, all: &[Section]) {
    let mut rest = all;
    while let [first, tail @ ..] = rest {
        ui.add_space(theme::SPACE_8);
        match tail {
            [second, after @ ..] if first.width == Width::Half && second.width == Width::Half => {
                columns(
                    ui,
                    &mut (),
                    |ui, ()| blocks::section(ui, first),
                    |ui, ()| blocks::section(ui, second),
                );
                rest = after;
            }
            _ => {
                blocks::section(ui, first);
                rest = tail;
            }
        }
        ui.add_space(theme::SPACE_8);
    }
}

fn phase_color(ui: &Ui, phase: Phase) -> egui::Color32 {
    theme_phase(phase).color(theme::tokens(ui))
}

fn theme_phase(phase: Phase) -> theme::Phase {
    match phase {
        Phase::Load => theme::Phase::Load,
        Phase::Process => theme::Phase::Process,
        Phase::Write => theme::Phase::Write,
    }
}

/// A painted row: its place, with a line below; `spoken` is what a screen reader says.
fn row(ui: &mut Ui, spoken: &str, below: bool) -> egui::Rect {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken));
    if below {
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, theme::tokens(ui).line));
    }
    rect
}

fn tree(ui: &mut Ui, nodes: &[Node]) {
    let tokens = theme::tokens(ui);
    blocks::title(ui, "Where the time went");
    let width = ui.available_width();
    // Right ends of the figures, from the left; the bar has the rest.
    let bar_width = (width * 0.22).clamp(48.0, 120.0);
    let per_image = width - bar_width - 12.0;
    let share = per_image - 72.0;
    let busy = share - 56.0;
    let head = row(ui, "Phase, busy seconds, share, milliseconds an image", true);
    let middle = head.center().y;
    let dim = |words: &str| line(ui, words, Text::Small, tokens.text3);
    put_left(ui, head.left(), middle, dim("Phase"));
    put_right(ui, head.left() + busy, middle, dim("Busy, s"));
    put_right(ui, head.left() + share, middle, dim("Share"));
    put_right(ui, head.left() + per_image, middle, dim("ms/image"));
    let longest = nodes.iter().map(|node| node.share).fold(0.0, f64::max).max(1e-9);
    for (at, node) in nodes.iter().enumerate() {
        let seconds = if node.seconds < 99.95 {
            format!("{:.1}", node.seconds)
        } else {
            format::count(node.seconds.round() as u64)
        };
        let part = format!("{:.0}", node.share * 100.0);
        let an_image = node.an_image.map(format::significant).unwrap_or_default();
        let spoken = format!(
            "{}: {seconds} seconds at work, {part} percent, {an_image} milliseconds an image",
            node.label
        );
        let rect = row(ui, &spoken, true);
        let middle = rect.center().y;
        let step = match node.depth {
            0 => Text::SmallStrong,
            1 => Text::SmallStrong,
            _ => Text::Small,
        };
        let ink = if node.depth < 2 { tokens.text } else { tokens.text2 };
        let mut left = rect.left();
        match (node.depth, node.phase) {
            (1, Some(phase)) => {
                let own = theme_phase(phase);
                widgets::icon_at(ui, pos2(left + 23.0, middle), own.icon(), theme::ICON_ROW, own.color(tokens));
                left += 36.0;
            }
            (2.., _) => {
                let last = nodes.get(at + 1).is_none_or(|next| next.depth < 2);
                let end = if last { middle } else { rect.bottom() };
                ui.painter().vline(left + 22.5, rect.top()..=end, Stroke::new(1.0, tokens.line2));
                left += 41.0;
            }
            _ => {}
        }
        put_left(ui, left, middle, line(ui, node.label.as_str(), step, ink));
        put_right(ui, rect.left() + busy, middle, line(ui, seconds, step, tokens.text));
        let percent = line(ui, "%", Text::Small, tokens.text3);
        let edge = put_right(ui, rect.left() + share, middle, percent);
        put_right(ui, edge - 3.0, middle, line(ui, part, step, tokens.text));
        if an_image.is_empty() {
            put_right(ui, rect.left() + per_image, middle, line(ui, "–", Text::Small, tokens.text3));
        } else {
            put_right(ui, rect.left() + per_image, middle, line(ui, an_image, step, tokens.text));
        }
        let color = match node.phase {
            None => mix(tokens.card, tokens.text3, 0.5),
            Some(phase) if node.depth > 1 => mix(tokens.card, phase_color(ui, phase), 0.45),
            Some(phase) => phase_color(ui, phase),
        };
        let long = (bar_width * (node.share / longest) as f32).max(1.5);
        let bar = egui::Rect::from_min_size(pos2(rect.right() - bar_width, middle - 4.0), vec2(long, 8.0));
        ui.painter().rect_filled(bar, (long / 2.0).min(2.0), color);
    }
}

/// A number with its unit in a column of its own.
fn figure(ui: &Ui, right: f32, middle: f32, quantity: &format::Quantity, step: Text) {
    let tokens = theme::tokens(ui);
    const UNIT: f32 = 25.0;
    put_left(ui, right - UNIT + 3.0, middle, line(ui, quantity.unit, Text::Small, tokens.text3));
    put_right(ui, right - UNIT, middle, line(ui, quantity.value.as_str(), step, tokens.text));
}

fn saved(ui: &mut Ui, rows: &[SavedRow]) {
    let tokens = theme::tokens(ui);
    blocks::title(ui, "What it saved");
    let width = ui.available_width();
    let (count, before, after) = (width - 3.0 * 83.0, width - 2.0 * 80.0, width - 72.0);
    let head = row(ui, "Images, count, before, after, saved", true);
    let dim = |ui: &Ui, words: &str| line(ui, words, Text::Small, tokens.text3);
    put_left(ui, head.left(), head.center().y, dim(ui, "Images"));
    for (right, words) in [(count, "Count"), (before, "Before"), (after, "After"), (width, "Saved")] {
        put_right(ui, head.left() + right, head.center().y, dim(ui, words));
    }
    for saved in rows {
        let share = saved.share.map(format::percent);
        let bytes = [Some(saved.before), saved.after].map(|bytes| bytes.map(format::bytes));
        let spoken = format!(
            "{}: {}, {} before, {} after, {} saved",
            saved.label,
            format::things(saved.count, "image", "images"),
            bytes[0].as_ref().map(format::Quantity::text).unwrap_or_default(),
            bytes[1]
                .as_ref()
                .map_or("an unknown number of bytes".to_owned(), format::Quantity::text),
            share.as_ref().map_or("nothing".to_owned(), format::Quantity::text),
        );
        let rect = row(ui, &spoken, true);
        let middle = rect.center().y;
        let step = if saved.sum { Text::SmallStrong } else { Text::Small };
        let room = count - 44.0;
        let (label, _) = widgets::elide_end(ui, &saved.label, step, room);
        put_left(ui, rect.left(), middle, line(ui, label, step, tokens.text));
        put_right(
            ui,
            rect.left() + count,
            middle,
            line(ui, format::count(saved.count), step, tokens.text),
        );
        for (right, bytes) in [before, after].into_iter().zip(&bytes) {
            match bytes {
                Some(bytes) => figure(ui, rect.left() + right, middle, bytes, step),
                None => {
                    put_right(ui, rect.left() + right, middle, dim(ui, "–"));
                }
            }
        }
        match share {
            None => {
                put_right(ui, rect.right(), middle, dim(ui, "–"));
            }
            Some(share) => {
                let ink = if saved.sum { tokens.success } else { tokens.text };
                let unit = if saved.sum { tokens.success } else { tokens.text3 };
                let edge = put_right(ui, rect.right(), middle, line(ui, share.unit, step, unit));
                put_right(ui, edge - 3.0, middle, line(ui, share.value, step, ink));
            }
        }
    }
}

/// `whole`: there is more to see of it.
fn beside(ui: &mut Ui, against: &AgainstTable, whole: bool, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        blocks::title(ui, &against.title);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if whole && widgets::link_named(ui, "All differences", "Show all differences").clicked() {
                out.send(Command::WholeComparison(true));
            }
        });
    });
    let width = ui.available_width();
    let ends = [width * 0.48, width * 0.74, width];
    let heads = [&against.heads[0], &against.heads[1], &"Difference".to_owned()];
    let spoken = format!("Figure, {}, {}, difference", against.heads[0], against.heads[1]);
    let head = row(ui, &spoken, true);
    for (end, words) in ends.iter().zip(heads) {
        let galley = line(ui, words.as_str(), Text::Small, tokens.text3);
        put_right(ui, head.left() + end, head.center().y, galley);
    }
    for figure in &against.rows {
        let spoken = format!(
            "{}: {}, then {}. {}",
            figure.label, figure.values[0], figure.values[1], figure.difference
        );
        let rect = row(ui, &spoken, true);
        let middle = rect.center().y;
        let step = if figure.strong { Text::SmallStrong } else { Text::Small };
        put_left(ui, rect.left(), middle, line(ui, figure.label, step, tokens.text));
        let cells = [
            (&figure.values[0], tokens.text2),
            (&figure.values[1], tokens.text),
            (&figure.difference, tokens.text),
        ];
        for (end, (words, ink)) in ends.iter().zip(cells) {
            let (words, ink) = if words.is_empty() {
                ("–", tokens.text3)
            } else {
                (words.as_str(), ink)
            };
            put_right(ui, rect.left() + end, middle, line(ui, words, step, ink));
        }
    }
}

fn whole_comparison(ui: &mut Ui, against: &Against, view: &mut View, out: &mut Outbox) {
    ui.horizontal(|ui| {
        let tokens = theme::tokens(ui);
        widgets::label(ui, against.table.title.as_str(), Text::Title, tokens.text);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if Button::secondary("Back to the report").icon(Icon::ArrowLeft).show(ui).clicked() {
                out.send(Command::WholeComparison(false));
            }
        });
    });
    ui.add_space(theme::SPACE_8);
    exported(ui, &against.page, view);
}

/// A page as it is exported.
pub(super) fn exported(ui: &mut Ui, page: &Page, view: &mut View) {
    let tokens = theme::tokens(ui);
    widgets::verdict(ui, Icon::Gauge, tokens.accent, &page.finding, "");
    ui.add_space(theme::SPACE_12);
    for block in &page.lead {
        blocks::block(ui, block);
    }
    for section in &page.sections {
        ui.add_space(theme::SPACE_12);
        blocks::title(ui, &section.title);
        for block in &section.blocks {
            match block {
                Block::Plot(plot) => {
                    if plots::show(ui, plot, view.as_tables.contains(&plot.title)) && !view.as_tables.remove(&plot.title) {
                        view.as_tables.insert(plot.title.clone());
                    }
                }
                other => blocks::block(ui, other),
            }
        }
    }
}

/// A time in the window's words.
pub(super) fn time_words(seconds: f64) -> String {
    format::time(Duration::try_from_secs_f64(seconds).unwrap_or_default()).text()
}
