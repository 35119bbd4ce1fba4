//! Draws plots as SVG: rectangles, lines and text, nothing else. Colours and dashes come from classes, so that one drawing
//! serves the light and the dark page and the printer; each says what it shows to those who do not see it.

use std::fmt::Write;

use super::super::format::count;
use super::super::plots::{Bars, Columns, Curves, Ink, Plot, Shape};
use super::axis;
use super::escaped;

/// Width of every drawing, pixels at 100 %.
const WIDTH: f64 = 520.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 10.0;
/// From the top to the base line.
const BASE: f64 = 150.0;
/// Height of a drawing with a labelled base line.
const HEIGHT: f64 = 174.0;
/// Height of a bar, and from one row of bars to the next but for them.
const BAR: f64 = 12.0;
const GAP: f64 = 14.0;
/// Labels closer than this run into each other.
const LABEL: f64 = 12.0;

/// The drawing. `id` is unique on the page.
pub(super) fn svg(plot: &Plot, id: &str) -> String {
    let (body, [width, height]) = drawing(plot);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}t {id}d\">\
         <title id=\"{id}t\">{}, {}</title><desc id=\"{id}d\">{}</desc>\n{body}</svg>",
        escaped(&plot.title),
        escaped(&plot.unit),
        escaped(&plot.summary)
    )
}

/// What is inside it, with its width and height.
pub(super) fn drawing(plot: &Plot) -> (String, [f64; 2]) {
    // Writing to a `String` cannot fail.
    let mut body = String::new();
    let height = match &plot.shape {
        Shape::Curves(curves) => draw_curves(&mut body, curves),
        Shape::Columns(columns) => draw_columns(&mut body, columns),
        Shape::Bars(bars) => draw_bars(&mut body, bars),
    };
    (body, [WIDTH, height])
}

/// The class of an ink.
pub(super) fn class(ink: Ink) -> &'static str {
    match ink {
        Ink::Load => "load",
        Ink::Process => "process",
        Ink::Write => "write",
        Ink::Before => "before",
        Ink::After => "after",
        Ink::WaitInput => "wait1",
        Ink::WaitOutput => "wait2",
        Ink::WaitMemory => "wait3",
    }
}

/// Grid lines with their numbers; gives the value at the top.
fn grid(body: &mut String, highest: f64, whole: bool, right: f64) -> f64 {
    let step = axis::step(highest, 4, whole);
    let lines = (highest / step - 1e-9).ceil().max(1.0);
    let top = lines * step;
    for line in 0..=(lines as usize) {
        let value = line as f64 * step;
        let y = height_of(value, top);
        let class = if line == 0 { "base" } else { "grid" };
        let _ = writeln!(
            body,
            "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"axis\" text-anchor=\"end\" x=\"{}\" y=\"{:.1}\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            axis::number(value, step)
        );
    }
    top
}

fn height_of(value: f64, top: f64) -> f64 {
    BASE - (BASE - TOP) * (value / top).clamp(0.0, 1.0)
}

fn draw_curves(body: &mut String, curves: &Curves) -> f64 {
    let right = if curves.levels.is_empty() { WIDTH - 14.0 } else { WIDTH - 66.0 };
    let values = curves.curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.2));
    let highest = values.chain(curves.levels.iter().map(|level| level.0)).fold(0.0, f64::max);
    let top = grid(body, highest, false, right);
    let x = |seconds: f64| LEFT + (right - LEFT) * (seconds / curves.seconds).clamp(0.0, 1.0);
    let step = axis::time_step(curves.seconds, 6);
    for tick in 0..=((curves.seconds / step + 1e-9) as usize) {
        let seconds = tick as f64 * step;
        let _ = writeln!(
            body,
            "<text class=\"axis\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{}\">{}</text>",
            x(seconds),
            BASE + 16.0,
            axis::time(seconds, step)
        );
    }
    for curve in &curves.curves {
        let mut points = String::new();
        let at = |points: &mut String, seconds: f64, value: f64| {
            let _ = write!(points, "{:.1},{:.1} ", x(seconds), height_of(value, top));
        };
        match curve.points.as_slice() {
            // A single stretch of time is a level.
            [(begin, end, value)] => {
                at(&mut points, *begin, *value);
                at(&mut points, *end, *value);
            }
            many => many
                .iter()
                .for_each(|(begin, end, value)| at(&mut points, begin.midpoint(*end), *value)),
        }
        let _ = writeln!(
            body,
            "<polyline class=\"line {}\" points=\"{}\"/>",
            class(curve.ink),
            points.trim_end()
        );
    }
    let mut levels: Vec<(f64, f64, &str)> = curves
        .levels
        .iter()
        .map(|(value, name)| (height_of(*value, top), height_of(*value, top), name.as_str()))
        .collect();
    // From the top down, labels apart from each other; a level stays where it is.
    levels.sort_by(|left, right| left.0.total_cmp(&right.0));
    for at in 1..levels.len() {
        levels[at].1 = levels[at].1.max(levels[at - 1].1 + LABEL);
    }
    let over = levels.last().map_or(0.0, |last| (last.1 - BASE).max(0.0));
    for (y, label, name) in levels {
        let _ = writeln!(
            body,
            "<line class=\"level\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"mark\" x=\"{}\" y=\"{:.1}\">{}</text>",
            right + 6.0,
            label - over + 4.0,
            escaped(name)
        );
    }
    HEIGHT
}

fn draw_columns(body: &mut String, columns: &Columns) -> f64 {
    let right = WIDTH - 14.0;
    let highest = columns.series.iter().flat_map(|(.., counts)| counts).copied().max().unwrap_or(0);
    let top = grid(body, highest as f64, true, right);
    let width = (right - LEFT) / columns.bins.len().max(1) as f64;
    // One column alone would fill the page.
    let drawn = width.min(64.0);
    let middle = |at: usize| LEFT + width * (at as f64 + 0.5);
    let several = columns.series.len() > 1;
    for (series, (name, ink, counts)) in columns.series.iter().enumerate() {
        for (at, &number) in counts.iter().enumerate().filter(|(_, number)| **number > 0) {
            // Two series overlap by half: both are seen, and the second is in front.
            let (left, wide) = match (several, series) {
                (false, _) => (middle(at) - drawn * 0.42, drawn * 0.84),
                (true, 0) => (middle(at) - drawn * 0.2, drawn * 0.62),
                (true, _) => (middle(at) - drawn * 0.42, drawn * 0.62),
            };
            let y = height_of(number as f64, top);
            let _ = writeln!(
                body,
                "<rect class=\"{}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{:.1}\"><title>{}, {}: {}</title></rect>",
                class(*ink),
                (BASE - y).max(0.5),
                escaped(name),
                escaped(&columns.bins[at]),
                count(number)
            );
        }
    }
    let mut free = f64::NEG_INFINITY;
    for (column, label) in &columns.ticks {
        let x = LEFT + width * *column as f64;
        let half = text_width(label) / 2.0;
        // The last label may not leave the picture, and none may touch the one before.
        let place = x.min(WIDTH - half);
        if place - half < free + 8.0 {
            continue;
        }
        free = place + half;
        let _ = writeln!(
            body,
            "<text class=\"axis\" text-anchor=\"middle\" x=\"{place:.1}\" y=\"{}\">{}</text>",
            BASE + 16.0,
            escaped(label)
        );
    }
    // Marks are ascending; a label that would touch the one before goes a line lower.
    let mut ends = [f64::NEG_INFINITY; 3];
    for (place, label) in &columns.marks {
        let x = LEFT + width * place;
        let wide = text_width(label);
        let leftward = x + 4.0 + wide > right;
        let start = if leftward { x - 4.0 - wide } else { x + 4.0 };
        let row = ends.iter().position(|end| *end + 6.0 < start).unwrap_or(2);
        ends[row] = start + wide;
        let _ = writeln!(
            body,
            "<line class=\"level\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{BASE}\"/>\
             <text class=\"mark halo\" x=\"{start:.1}\" y=\"{:.1}\">{}</text>",
            TOP + 8.0 + LABEL * row as f64,
            escaped(label)
        );
    }
    HEIGHT
}

fn draw_bars(body: &mut String, bars: &Bars) -> f64 {
    // Room for the longest label, and for the figures behind the bars.
    let label = bars.rows.iter().map(|row| text_width(&row.label)).fold(0.0, f64::max);
    let left = (label + 14.0).min(140.0);
    let right = WIDTH - if bars.stacked { 140.0 } else { 74.0 };
    let lengths = |row: &super::super::plots::BarRow| row.parts.iter().map(|part| part.1).collect::<Vec<_>>();
    let longest = bars
        .rows
        .iter()
        .map(|row| {
            if bars.stacked {
                lengths(row).iter().sum()
            } else {
                lengths(row).into_iter().fold(0.0, f64::max)
            }
        })
        .fold(f64::MIN_POSITIVE, f64::max);
    let scale = (right - left) / longest;
    let mut y = 6.0;
    for row in &bars.rows {
        let height = if bars.stacked {
            BAR + 4.0
        } else {
            (BAR + 2.0) * row.parts.len() as f64
        };
        let _ = writeln!(
            body,
            "<text class=\"label\" x=\"0\" y=\"{:.1}\">{}</text>",
            y + height / 2.0 + 4.0,
            escaped(&row.label)
        );
        let mut x = left;
        for (ink, length, words) in &row.parts {
            let wide = if *length > 0.0 { (length * scale).max(1.0) } else { 0.0 };
            let tall = if bars.stacked { height } else { BAR };
            if wide > 0.0 {
                let _ = writeln!(
                    body,
                    "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"><title>{}: {}</title></rect>",
                    class(*ink),
                    escaped(&row.label),
                    escaped(words)
                );
            }
            if bars.stacked {
                x += wide;
            } else {
                let _ = writeln!(
                    body,
                    "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    left + wide + 6.0,
                    y + 10.0,
                    escaped(words)
                );
                y += BAR + 2.0;
            }
        }
        if bars.stacked {
            // What was worked, in figures; the waits are told by the legend and the table.
            let worked = row.parts.first().map_or("", |part| part.2.as_str());
            let worked = format!(
                "{} of {}",
                worked.split(" at work").next().unwrap_or(worked),
                super::super::format::seconds(lengths(row).iter().sum())
            );
            let _ = writeln!(
                body,
                "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x + 6.0,
                y + height / 2.0 + 4.0,
                escaped(&worked)
            );
            y += height;
        }
        y += GAP;
    }
    (y - GAP + 8.0).max(BAR)
}

/// About how wide a label of the page's font is, pixels: digits and letters of 11 px are at most 6.8 wide in the fonts there are.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * 6.8
}
