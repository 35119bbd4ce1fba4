//! Names that more than one file wants, and what becomes of the images.

use super::super::page::{Block, Section, Span, Width};
use super::super::value::Report;

pub(super) fn section(report: &Report) -> Option<Section> {
    let items: Vec<_> = report
        .collisions
        .iter()
        .map(|collision| {
            vec![
                Span::Code(collision.shard.text.clone()),
                Span::Plain(format!(": {}", collision.sentence())),
            ]
        })
        .collect();
    (!items.is_empty()).then(|| Section::new("Names that more than one file wants", Width::Whole, vec![Block::List(items)]))
}
