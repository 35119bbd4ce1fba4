//! What failed, was refused or skipped, each with what happened and what to do.

use super::super::page::{Block, Section, Span, Width};
use super::super::value::{FailureKind, Report};

/// A kind of failures and the title over them.
pub(super) type Part = (FailureKind, &'static str);

/// Whole shards.
pub(super) const SKIPPED: Part = (FailureKind::ShardSkipped, "Skipped shards");
/// Images on which work was begun.
pub(super) const FAILED: Part = (FailureKind::Failed, "Failed");
/// Images whose content or a limit forbids the work.
pub(super) const REFUSED: Part = (FailureKind::Refused, "Refused, left as they are");

pub(super) fn section(report: &Report, (kind, title): Part) -> Option<Section> {
    let items: Vec<_> = report
        .failures
        .iter()
        .filter(|failure| failure.kind == kind)
        .map(|failure| {
            let text = format!("{} {}", failure.message, failure.advice);
            vec![Span::Code(failure.path.text.clone()), Span::Plain(format!(": {}", text.trim_end()))]
        })
        .collect();
    (!items.is_empty()).then(|| Section::new(title, Width::Whole, vec![Block::List(items)]))
}
