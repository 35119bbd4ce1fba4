//! A comparison in words: what differs, in figures, with the difference and the per cent.

use super::super::format;
use super::super::page::{Block, Line, Page, Section, Span, Table, Tile, Width, code, joined, plain, strong};
use super::super::sections::head::kind_words;
use super::{Comparison, ForecastCheck, Predicted, Row, Side, Unit};
use crate::engine::{Kind, Phase};

/// No value.
const NONE: &str = "–";

impl Comparison {
    /// The page, for Markdown, HTML and the window.
    pub fn page(&self) -> Page {
        let [a, b] = &self.sides;
        let mut sections = Vec::new();
        sections.extend(self.forecast.as_ref().map(|check| forecast(check, self)));
        sections.push(self.table("In all", self.totals.iter()));
        if !self.formats.is_empty() {
            let rows = self.formats.iter().flat_map(|(_, rows)| rows);
            sections.push(self.table("Changed images by format", rows));
        }
        for (phase, rows) in &self.phases {
            let title = match phase {
                Phase::Load => "Load",
                Phase::Process => "Process",
                Phase::Write => "Write",
            };
            sections.push(self.table(title, rows.iter()));
        }
        if !self.load_speed.is_empty() {
            sections.push(self.table("Load speed", self.load_speed.iter()));
        }
        if !self.card.is_empty() {
            sections.push(self.table("Graphics card", self.card.iter()));
        }
        sections.extend(outcomes(self));
        sections.push(differences("Settings that differ", "Setting", &self.settings, self));
        sections.push(differences("Machines", "", &self.machines, self));
        Page {
            title: "Shardpress comparison".to_owned(),
            subject: subject(a, b),
            finding: self.finding(),
            lead: vec![sides(&self.sides), Block::Text(plain(self.images())), Block::Tiles(self.tiles())],
            sections,
        }
    }

    /// The one sentence to read.
    pub fn finding(&self) -> String {
        let [a, b] = &self.sides;
        let row = |label: &str| self.totals.iter().find(|row| row.label == label);
        if let Some(check) = &self.forecast {
            return predicted_well(check);
        }
        let mut parts = Vec::new();
        let time = row("Time").and_then(Row::relative).filter(|_| a.kind == Kind::Run);
        if let Some(time) = time {
            let times = format!("{} and {}", format::seconds(a.wall_seconds), format::seconds(b.wall_seconds));
            parts.push(more_or_less("took", time, "time", &times));
        }
        if let Some(saved) = row("Bytes saved") {
            let verb = if b.kind == Kind::Run { "saved" } else { "would save" };
            match (saved.relative(), saved.values) {
                (Some(part), [Some(first), Some(second)]) => {
                    let bytes = format!("{} and {}", told(first, Unit::Bytes), told(second, Unit::Bytes));
                    parts.push(more_or_less(verb, part, "bytes", &bytes));
                }
                (_, [_, Some(second)]) => parts.push(format!("{verb} {} where A saved nothing", told(second, Unit::Bytes))),
                _ => {}
            }
        }
        if parts.is_empty() {
            return "Neither had anything to save.".to_owned();
        }
        let caution = if self.overlap.is_whole() {
            ""
        } else {
            " They are not of the same images, so the differences are not of speed alone."
        };
        format!("Against A, B {}.{caution}", parts.join(" and "))
    }

    /// Which images they are of.
    fn images(&self) -> String {
        let overlap = &self.overlap;
        if overlap.is_whole() {
            return format!("Both are of the same {}.", format::things(overlap.both, "image", "images"));
        }
        format!(
            "{} in both, {} in A alone, {} in B alone.",
            format::things(overlap.both, "image is", "images are"),
            format::count(overlap.first_only),
            format::count(overlap.second_only)
        )
    }

    fn tiles(&self) -> Vec<Tile> {
        let wanted = [
            "Time",
            "Images/s, all told",
            "Bytes after",
            "Bytes saved",
            "Shrunk, or with work",
            "Failed",
        ];
        let rows = wanted
            .iter()
            .filter_map(|label| self.totals.iter().find(|row| row.label == *label && row.compares));
        let tile = |row: &Row| Tile {
            label: row.label.clone(),
            value: match row.unit {
                Unit::Count => value(row, 1),
                _ => row.relative().map_or_else(|| value(row, 1), percent),
            },
            note: format!("{} and {}", value(row, 0), value(row, 1)),
        };
        rows.map(tile).collect()
    }

    /// Rows as a table: first, second, difference, per cent.
    fn table<'a>(&self, title: &str, rows: impl Iterator<Item = &'a Row>) -> Section {
        let rows = rows.map(|row| {
            vec![
                row.label.clone(),
                value(row, 0),
                value(row, 1),
                row.difference().map_or(NONE.to_owned(), |difference| signed(difference, row.unit)),
                row.relative().map_or(NONE.to_owned(), percent),
            ]
        });
        let [a, b] = &self.sides;
        let columns = ["", &a.head, &b.head, "Difference", "%"];
        Section::new(title, Width::Half, vec![Table::of(&columns, rows)])
    }
}

fn subject(a: &Side, b: &Side) -> String {
    let names = |side: &Side| -> Vec<String> {
        let roots = side.roots.iter().map(|root| root.text.trim_end_matches(['/', '\\']).to_owned());
        roots
            .map(|root| root.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
            .collect()
    };
    let (first, second) = (names(a), names(b));
    if first == second {
        format!("{}: {} and {}", first.join(", "), a.head, b.head)
    } else {
        format!("{} and {}", first.join(", "), second.join(", "))
    }
}

fn sides(sides: &[Side; 2]) -> Block {
    let row = |side: &Side| -> Vec<Line> {
        vec![
            strong(side.head.clone()),
            plain(format!("{} ({})", side.started, kind_words(side.kind))),
            plain(format::seconds(side.wall_seconds)),
            joined(side.roots.iter().map(|root| code(root.text.clone()))),
            code(side.id.clone()),
        ]
    };
    Table::dressed(&["", "Begun", "Time", "Folders", "Report"], sides.iter().map(row).collect())
}

/// A prediction against the outcome, in one sentence.
fn predicted_well(check: &ForecastCheck) -> String {
    let Some(saved) = check.rows.iter().find(|row| row.label == "Bytes saved") else {
        return "There was nothing to predict.".to_owned();
    };
    let (expected, actual) = (told(saved.expected, saved.unit), told(saved.actual, saved.unit));
    if !check.complete {
        return format!(
            "The plan foresaw {expected} saved, the run saved {actual}; it did not change all of the images that were to change, so the two do not compare."
        );
    }
    let within = match saved.within() {
        Some(true) => ", within the range",
        Some(false) => ", outside the range",
        None => "",
    };
    let off = saved.deviation().map_or(String::new(), |off| format!(" ({})", percent(off)));
    format!("The plan foresaw {expected} saved, the run saved {actual}{off}{within}.")
}

fn forecast(check: &ForecastCheck, comparison: &Comparison) -> Section {
    let row = |row: &Predicted| {
        vec![
            row.label.clone(),
            told(row.expected, row.unit),
            row.range.map_or(NONE.to_owned(), |(low, high)| {
                let (low, high) = (told(low, row.unit), told(high, row.unit));
                if low == high { low } else { format!("{low} to {high}") }
            }),
            told(row.actual, row.unit),
            row.deviation().map_or(NONE.to_owned(), percent),
            match row.within() {
                Some(true) => "yes",
                Some(false) => "no",
                None => NONE,
            }
            .to_owned(),
        ]
    };
    let columns = ["", "Predicted", "Range", "Actual", "Off by", "Within the range"];
    let mut blocks = vec![Table::of(&columns, check.rows.iter().map(row))];
    if let Some(off) = check.per_image {
        blocks.push(Block::Text(plain(format!(
            "{} changed in both. The sizes of their replacements are off by {} in the middle; nine of ten lie between {} and {}.",
            format::things(comparison.overlap.sizes.len() as u64, "image", "images"),
            percent(off.p50),
            percent(off.p5),
            percent(off.p95)
        ))));
    }
    if !check.complete {
        blocks.push(Block::Text(plain(
            "Not all of the predicted images were changed, or others were, so the totals do not compare.",
        )));
    }
    Section::new("Prediction and outcome", Width::Whole, blocks)
}

/// Images of both that ended otherwise; nothing where there are none.
fn outcomes(comparison: &Comparison) -> Option<Section> {
    let changed = &comparison.overlap.changed;
    if changed.is_empty() {
        return None;
    }
    let [a, b] = &comparison.sides;
    let rows = changed
        .iter()
        .map(|(first, second, images)| vec![first.clone(), second.clone(), format::count(*images)]);
    let columns = [a.head.as_str(), b.head.as_str(), "Images"];
    Some(Section::new(
        "Images that ended otherwise",
        Width::Whole,
        vec![Table::of(&columns, rows)],
    ))
}

fn differences(title: &str, what: &str, rows: &[[String; 3]], comparison: &Comparison) -> Section {
    let [a, b] = &comparison.sides;
    let block = if rows.is_empty() {
        Block::Text(vec![Span::Plain("No difference.".to_owned())])
    } else {
        let columns = [what, &a.head, &b.head];
        Table::of(&columns, rows.iter().map(|row| row.to_vec()))
    };
    Section::new(title, Width::Half, vec![block])
}

fn value(row: &Row, side: usize) -> String {
    row.values[side].map_or(NONE.to_owned(), |value| told(value, row.unit))
}

/// A figure in its unit.
fn told(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => format::count(value.round().max(0.0) as u64),
        Unit::Bytes => format::fine_signed_bytes(value.round() as i64).replace('-', "−"),
        Unit::Seconds => format::seconds(value),
        Unit::Milliseconds => format::milliseconds(value),
        Unit::Number => format::number(value),
        Unit::Share => format::percent(value),
    }
}

/// A difference with its sign.
fn signed(value: f64, unit: Unit) -> String {
    let size = match unit {
        // Two shares are told apart in points, not in parts of each other.
        Unit::Share => format!("{:.1} points", value.abs() * 100.0),
        unit => told(value.abs(), unit),
    };
    let nothing = size.chars().all(|c| !c.is_ascii_digit() || c == '0');
    format!("{}{size}", if nothing { "" } else { sign(value) })
}

/// A relative difference with its sign: `+2.6 %`.
fn percent(part: f64) -> String {
    let size = format::percent(part.abs());
    format!("{}{size}", if size == "0.0 %" { "" } else { sign(part) })
}

fn sign(value: f64) -> &'static str {
    if value < 0.0 { "−" } else { "+" }
}

/// `took 12.3 % less time (2.0 s and 1.8 s)`.
fn more_or_less(verb: &str, part: f64, what: &str, values: &str) -> String {
    let size = format::percent(part.abs());
    if size == "0.0 %" {
        return format!("{verb} as much {what} ({values})").replace("as much bytes", "as many bytes");
    }
    let word = match (part < 0.0, what) {
        (true, "bytes") => "fewer",
        (true, _) => "less",
        (false, _) => "more",
    };
    format!("{verb} {size} {word} {what} ({values})")
}
