//! The graphics card: which it was, what it did, and why it was used or not.

use super::super::card::{CardReport, ClassReport};
use super::super::format::{self, count};
use super::super::page::{Block, Section, Table, Width, plain};
use super::super::value::Report;
use super::{format_name, word};

/// No value.
const NONE: &str = "–";

pub(super) fn section(report: &Report) -> Option<Section> {
    let card = report.card.as_ref()?;
    let mut blocks = Vec::new();
    if !card.verdict.is_empty() {
        blocks.push(Block::Text(plain(card.verdict.clone())));
    }
    let facts = facts(card);
    if !facts.is_empty() {
        blocks.push(Table::of(
            &["", ""],
            facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]),
        ));
    }
    let width = if card.classes.is_empty() { Width::Whole } else { Width::Half };
    (!blocks.is_empty()).then(|| Section::new("Graphics card", width, blocks))
}

/// What was measured, by kind of image.
pub(super) fn measured(report: &Report) -> Option<Section> {
    let classes = &report.card.as_ref()?.classes;
    let images = classes.iter().fold(0_u64, |sum, class| sum.saturating_add(class.measured_images));
    let explained = plain(format!(
        "What an image took the processor, the card's own thread included, in nanoseconds a source pixel: medians of windows of \
         images with and without the card. {} measured.",
        format::things(images, "image was", "images were")
    ));
    let blocks = vec![Block::Text(explained), self::classes(classes)];
    (!classes.is_empty()).then(|| Section::new("With and without the graphics card", Width::Half, blocks))
}

/// What there is to say of the card, where there was one.
fn facts(card: &CardReport) -> Vec<(&'static str, String)> {
    let Some(adapter) = &card.adapter else { return Vec::new() };
    let mut rows = vec![("Card", format!("{} ({})", adapter.name, adapter.kind))];
    if !adapter.driver.is_empty() {
        rows.push(("Driver", adapter.driver.clone()));
    }
    rows.push(("Interface", adapter.api.clone()));
    if let Some(bytes) = adapter.memory_bytes {
        rows.push(("Memory of its own", format::memory(bytes)));
    }
    rows.push(("Asked for", word(&card.choice)));
    if let Some(ready) = card.ready_seconds {
        rows.push(("Ready after", format::seconds(ready)));
    }
    let megapixels = match card.pixels {
        few @ ..10_000_000 => format!("{:.2}", few as f64 / 1e6),
        many => count(many.saturating_add(500_000) / 1_000_000),
    };
    rows.push(("Images it resized", format!("{} ({megapixels} Mpx)", count(card.images))));
    rows.push(("Submissions", count(card.submissions)));
    if card.redone_images > 0 {
        let images = format::things(card.redone_images, "image", "images");
        rows.push(("Done again by the processor", images));
    }
    if card.compared_images > 0 {
        let images = format::things(card.compared_images, "image", "images");
        rows.push(("Compared with the processor", format!("{images}, sample by sample")));
    }
    rows
}

/// The images as a row's name says them.
pub(in crate::report) fn class_name(class: &ClassReport) -> String {
    format!("{}, {}", format_name(class.format), class.size)
}

fn classes(classes: &[ClassReport]) -> Block {
    let told = |value: Option<f64>, how: fn(f64) -> String| value.map_or(NONE.to_owned(), how);
    let rows = classes.iter().map(|class| {
        vec![
            class_name(class),
            told(class.cpu_ns, |ns| format!("{ns:.1}")),
            told(class.card_ns, |ns| format!("{ns:.1}")),
            told(class.saved_share, format::percent),
            count(class.card_images),
            if class.on_card { "yes" } else { "no" }.to_owned(),
        ]
    });
    let columns = ["Images", "CPU", "Card", "Saved", "By card", "Used"];
    Table::of(&columns, rows)
}
