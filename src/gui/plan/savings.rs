//! Two small plots that take turns: how many images save how much, and the dimensions that images have.

use egui::{Color32, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Command;
use super::facts::{Dot, Facts, Savings};
use crate::engine::{Fit, Plan};
use crate::gui::command::Outbox;
use crate::gui::format::{count, percent, things};
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{Segment, card_title, label, line, put_left, put_right, segmented, tip};

/// The card's content.
pub(super) fn show(ui: &mut Ui, model: &Model, titled: bool, out: &mut Outbox) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let plan = &model.plan;
    let dimensions = plan.kept.dimensions;
    if titled {
        ui.add_space(-4.0);
        card_title(ui, if dimensions { "Dimensions" } else { "Savings" }, |ui| switch(ui, model, out));
    }
    let tokens = theme::tokens(ui);
    match (&plan.savings, plan.facts(), plan.current()) {
        (_, Some(facts), Some(planned)) if dimensions => scatter(ui, facts, &planned.plan),
        (Some(savings), _, _) if savings.images > 0 => histogram(ui, savings),
        _ => {
            ui.add_space(theme::SPACE_12);
            let words = if plan.is_sampling() && plan.work_images() > 0 {
                "A sample is being worked on in memory."
            } else {
                "There is nothing to shrink."
            };
            label(ui, words, Text::Small, tokens.text3);
        }
    }
}

/// Which of the two is shown.
pub(super) fn switch(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let mut dimensions = model.plan.kept.dimensions;
    let choices = [
        (false, Segment::new("").icon(Icon::ChartColumn).name("Savings as a histogram")),
        (true, Segment::new("").icon(Icon::ChartScatter).name("Dimensions as a scatter plot")),
    ];
    if segmented(ui, &mut dimensions, choices, None).changed() {
        out.send(Command::ShowDimensions(dimensions));
    }
}

/// Where the plot itself is: left of it and below it stand the words of the axes.
fn area(all: Rect, words: f32) -> Rect {
    Rect::from_min_max(
        pos2(all.left() + words, all.top() + 4.0),
        pos2(all.right() - 12.0, all.bottom() - 18.0),
    )
}

fn histogram(ui: &mut Ui, savings: &Savings) {
    let tokens = theme::tokens(ui);
    let (all, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let summary = format!(
        "Savings of {}. Half of them save more than {}.",
        things(u64::from(savings.images), "image", "images"),
        percent(savings.median).text()
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &summary));
    let area = area(all, 28.0);
    let most = savings.bins.iter().copied().max().unwrap_or(0).max(1);
    let (top, step) = scale(most);
    let y = |images: f32| area.bottom() - images / top as f32 * area.height();
    let mut mark = 0;
    while mark <= top {
        let ink = if mark == 0 { tokens.line2 } else { tokens.line };
        ui.painter()
            .hline(area.x_range(), y(mark as f32).round() + 0.5, Stroke::new(1.0, ink));
        put_right(
            ui,
            area.left() - 6.0,
            y(mark as f32),
            line(ui, short(mark), Text::Tiny, tokens.text3),
        );
        mark += step;
    }
    let width = area.width() / savings.bins.len() as f32;
    for (number, images) in savings.bins.iter().enumerate() {
        if *images == 0 {
            continue;
        }
        let left = area.left() + width * number as f32;
        let bar = Rect::from_min_max(
            pos2(left + 1.0, y(*images as f32).min(area.bottom() - 1.0)),
            pos2(left + width - 1.0, area.bottom()),
        );
        let radius = egui::CornerRadius {
            nw: 1,
            ne: 1,
            sw: 0,
            se: 0,
        };
        ui.painter().rect_filled(bar, radius, tokens.accent);
    }
    for part in [0, 25, 50, 75, 100] {
        let words = if part == 100 { "100 %".to_owned() } else { part.to_string() };
        let words = line(ui, words, Text::Tiny, tokens.text3);
        let x = area.left() + area.width() * part as f32 / 100.0;
        put_left(
            ui,
            (x - words.size().x / 2.0).min(all.right() + 4.0 - words.size().x),
            all.bottom() - 7.0,
            words,
        );
    }
    let x = (area.left() + area.width() * savings.median.clamp(0.0, 1.0) as f32).round() + 0.5;
    let line_of_it = [pos2(x, area.top()), pos2(x, area.bottom())];
    ui.painter()
        .extend(egui::Shape::dashed_line(&line_of_it, Stroke::new(1.0, tokens.text), 3.0, 3.0));
    let words = line(ui, format!("Median {}", percent(savings.median).text()), Text::Tiny, tokens.text2);
    if x - area.left() > words.size().x + 8.0 {
        put_right(ui, x - 5.0, area.top() + 6.0, words);
    } else {
        put_left(ui, x + 5.0, area.top() + 6.0, words);
    }
    // The bar under the pointer in words.
    let under = response
        .hover_pos()
        .filter(|at| area.contains(*at))
        .map(|at| ((at.x - area.left()) / width) as usize);
    if let Some((number, images)) = under.and_then(|number| Some((number, savings.bins.get(number)?))) {
        let images = things(u64::from(*images), "image saves", "images save");
        tip(response, &format!("{images} {} to {} %", number * 5, number * 5 + 5));
    }
}

/// The top of an axis and the distance of its marks, two or four of them.
fn scale(most: u32) -> (u32, u32) {
    let mut unit = 1_u32;
    loop {
        for (top, step) in [(2, 1), (4, 2), (5, 5), (8, 4), (10, 5)] {
            if let Some(whole) = unit.checked_mul(top)
                && whole >= most
            {
                return (whole, (unit * step).max(1));
            }
        }
        match unit.checked_mul(10) {
            Some(next) => unit = next,
            None => return (u32::MAX, u32::MAX / 2),
        }
    }
}

/// For the side of an axis, where there is little room: `500`, `1.5k`, `20k`.
fn short(value: u32) -> String {
    match value {
        0..=9999 => count(u64::from(value)),
        10_000..=999_999 => format!("{}k", value / 1000),
        _ => format!("{}M", f64::from(value) / 1e6),
    }
}

fn scatter(ui: &mut Ui, facts: &Facts, plan: &Plan) {
    let tokens = theme::tokens(ui);
    let (all, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let summary = format!(
        "Width and height of images, {} of them as points. {} of {} have work.",
        facts.dots.len(),
        count(facts.totals.work_images),
        things(facts.totals.images, "image", "images")
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &summary));
    let area = area(all, 34.0);
    let sides = facts.dots.iter().flat_map(|dot| [dot.width, dot.height]);
    let (low, high) = sides.fold((u32::MAX, 1), |(low, high), side| (low.min(side.max(1)), high.max(side)));
    if low > high {
        label(ui, "No image tells its dimensions.", Text::Small, tokens.text3);
        return;
    }
    let (from, to) = powers(low, high);
    let part = |side: f32| ((side.max(1.0).log2() - from) / (to - from)).clamp(0.0, 1.0);
    let at = |width: f32, height: f32| -> Pos2 {
        pos2(
            area.left() + part(width) * area.width(),
            area.bottom() - part(height) * area.height(),
        )
    };
    let mut power = from;
    while power <= to + 0.1 {
        let side = power.exp2();
        let place = at(side, side);
        let ink = if power == from { tokens.line2 } else { tokens.line };
        ui.painter().hline(area.x_range(), place.y.round() + 0.5, Stroke::new(1.0, ink));
        let words = || line(ui, count(side as u64), Text::Tiny, tokens.text3);
        put_right(ui, area.left() - 4.0, place.y, words());
        let below = words();
        let left = (place.x - below.size().x / 2.0).clamp(all.left(), all.right() + 6.0 - below.size().x);
        put_left(ui, left, all.bottom() - 7.0, below);
        power += 2.0;
    }
    let dot = |dot: &Dot, ink: Color32| {
        ui.painter().circle_filled(at(dot.width as f32, dot.height as f32), 1.75, ink);
    };
    facts.dots.iter().filter(|d| !d.has_work).for_each(|d| dot(d, tokens.text3));
    facts.dots.iter().filter(|d| d.has_work).for_each(|d| dot(d, tokens.accent));
    target(ui, plan, area, at);
    let words = "Each point is an image: width to the right, height upwards, both doubled from mark to mark and again";
    tip(response, words);
}

/// Powers of two around all sides. Marks stand at 2, 8, 32, 128, 512 …, as targets do.
fn powers(low: u32, high: u32) -> (f32, f32) {
    let odd = |power: i32| power % 2 != 0;
    let (low, high) = (low.max(1).ilog2() as i32, (high.max(1) as f32).log2().ceil() as i32);
    let from = if odd(low) { low } else { low - 1 }.max(1);
    let to = if odd(high) { high } else { high + 1 }.max(from + 2);
    (from as f32, to as f32)
}

/// What pictures will fit: the corner that the target cuts off.
fn target(ui: &Ui, plan: &Plan, area: Rect, at: impl Fn(f32, f32) -> Pos2) {
    let tokens = theme::tokens(ui);
    let picture = &plan.settings.picture;
    let (width, height, words) = match picture.fit {
        Fit::Longest | Fit::Shortest => (
            picture.target,
            picture.target,
            format!("Target {}", count(u64::from(picture.target))),
        ),
        Fit::Box { width, height } => (width, height, format!("Target {}", crate::gui::format::size(width, height))),
        Fit::Megapixels(_) => return,
    };
    let corner = at(width as f32, height as f32);
    let stroke = Stroke::new(1.0, tokens.text);
    ui.painter().hline(area.left()..=corner.x, corner.y.round() + 0.5, stroke);
    ui.painter().vline(corner.x.round() + 0.5, corner.y..=area.bottom(), stroke);
    let words = line(ui, words, Text::Tiny, tokens.text2);
    let ground = Rect::from_min_size(pos2(corner.x + 6.0, area.bottom() - 19.0), words.size() + vec2(4.0, 0.0));
    ui.painter().rect_filled(ground, 2, tokens.card);
    put_left(ui, corner.x + 8.0, area.bottom() - 11.0, words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_round() {
        for (most, expected) in [
            (1, (2, 1)),
            (3, (4, 2)),
            (5, (5, 5)),
            (7, (8, 4)),
            (471, (500, 500)),
            (900, (1000, 500)),
            (u32::MAX, (u32::MAX, u32::MAX / 2)),
        ] {
            assert_eq!(scale(most), expected, "{most}");
        }
        assert_eq!(powers(200, 4032), (7.0, 13.0));
        assert_eq!(powers(128, 8192), (7.0, 13.0));
        assert_eq!(powers(256, 4096), (7.0, 13.0));
        assert_eq!(powers(1, 1), (1.0, 3.0));
        assert_eq!([short(500), short(20_000), short(2_500_000)], ["500", "20k", "2.5M"]);
    }
}
