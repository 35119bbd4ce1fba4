//! Remarks that no single image owns.

use super::super::page::{Block, Section, Span, Width};
use super::super::value::Report;

pub(super) fn section(report: &Report) -> Option<Section> {
    let items: Vec<_> = report
        .notices
        .iter()
        .map(|notice| vec![Span::Code(notice.path.text.clone()), Span::Plain(format!(": {}", notice.message))])
        .collect();
    (!items.is_empty()).then(|| Section::new("Notices", Width::Whole, vec![Block::List(items)]))
}
