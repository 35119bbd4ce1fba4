//! What a page begins with: what it was, when, how long, how many; and the figures to see first.

use time::OffsetDateTime;

use super::super::format::{self, count};
use super::super::page::{Block, Span, Tile};
use super::super::value::{Report, Totals};
use crate::engine::Kind;

/// The folders, by their last names.
pub(super) fn subject(report: &Report) -> String {
    let name = |root: &super::super::Name| {
        let text = root.text.trim_end_matches(['/', '\\']);
        text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    };
    let first = report.roots.first().map(name).unwrap_or_default();
    match report.roots.len() {
        0 => "No folder".to_owned(),
        1 => first,
        n => format!("{first} and {} more", n - 1),
    }
}

/// What the plan or run was, in words.
pub(in crate::report) fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Estimate => "plan, estimated",
        Kind::Exact => "plan, exact",
        Kind::Run => "run",
    }
}

/// When it was: nobody reads fractions of a second here; JSON has them.
pub(in crate::report) fn whole_seconds(time: OffsetDateTime) -> String {
    let time = time.replace_nanosecond(0).unwrap_or(time);
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

pub(super) fn lead(report: &Report) -> Vec<Block> {
    let images = &report.totals.images;
    let mut blocks = vec![
        Block::Text(vec![
            Span::Plain(format!(
                "A {}, begun {}, {} long (",
                kind_words(report.kind),
                whole_seconds(report.started),
                format::seconds(report.wall_seconds)
            )),
            Span::Code(report.id.clone()),
            Span::Plain(").".to_owned()),
        ]),
        Block::Text(vec![Span::Plain(format!(
            "{} in {}: {} {}, {} left alone, {} refused, {} failed, {} not reached.",
            format::things(images.total, "image", "images"),
            format::things(report.totals.shards, "shard", "shards"),
            count(images.shrunk),
            if report.kind == Kind::Run { "shrunk" } else { "with work" },
            count(images.left_alone),
            count(images.refused),
            count(images.failed),
            count(images.not_reached)
        ))]),
        Block::Tiles(tiles(report)),
    ];
    if !report.parts.is_empty() {
        blocks.push(Block::Text(vec![Span::Plain(format!(
            "Made of {}: times at work are summed, the time by the clock goes from the earliest begin to the latest end.",
            format::things(report.parts.len() as u64, "report", "reports")
        ))]));
    }
    blocks
}

fn tiles(report: &Report) -> Vec<Tile> {
    let totals = &report.totals;
    let run = report.kind == Kind::Run;
    let tile = |label: &str, value: String, note: String| Tile {
        label: label.to_owned(),
        value,
        note,
    };
    let (saved, range) = saved(report, totals);
    vec![
        tile(
            if run { "Saved" } else { "Would save" },
            format::percent(format::share(saved, totals.bytes_before as f64)),
            range,
        ),
        tile(
            if run { "Shrunk" } else { "With work" },
            count(totals.images.shrunk),
            format!("of {}", format::things(totals.images.total, "image", "images")),
        ),
        tile(
            "Before",
            format::bytes(totals.bytes_before),
            format::things(totals.shards, "shard", "shards"),
        ),
        tile(
            "After",
            format::bytes(super::super::findings::bytes_after(report)),
            if totals.kept_bytes > 0 {
                format!("and {} kept until purged", format::bytes(totals.kept_bytes))
            } else {
                String::new()
            },
        ),
        tile("Time", format::seconds(report.wall_seconds), speed(report)),
        tile("Failed", count(totals.images.failed), refused(totals)),
    ]
}

/// What it saves, bytes, with the range or the amount as a note.
fn saved(report: &Report, totals: &Totals) -> (f64, String) {
    match report.estimate.as_ref().filter(|_| report.kind == Kind::Estimate) {
        Some(estimate) => {
            let range = estimate.bytes_saved;
            let (low, high) = (format::fine_bytes(range.low), format::fine_bytes(range.high));
            let note = if low == high { low } else { format!("{low} to {high}") };
            (range.expected as f64, note)
        }
        None => (totals.bytes_saved as f64, format::signed_bytes(totals.bytes_saved)),
    }
}

fn speed(report: &Report) -> String {
    if report.phases.process.images == 0 || report.wall_seconds <= 0.0 {
        return String::new();
    }
    format::images_rate(report.phases.process.images as f64 / report.wall_seconds)
}

fn refused(totals: &Totals) -> String {
    match totals.images.refused {
        0 => String::new(),
        n => format!("and {} refused", count(n)),
    }
}
