//! What would make the next run faster.

use super::super::format;
use super::super::page::{Block, Section, Span, Width};
use super::super::value::Report;

pub(super) fn section(report: &Report) -> Option<Section> {
    let items: Vec<_> = report
        .recommendations
        .iter()
        .map(|one| {
            vec![
                Span::Plain(format!("{} Try ", one.text)),
                Span::Code(one.setting.clone()),
                Span::Plain(format!(
                    ": up to {:.1} times as fast, up to {} less.",
                    one.speedup_up_to,
                    format::seconds(one.seconds_up_to)
                )),
            ]
        })
        .collect();
    (!items.is_empty()).then(|| Section::new("Recommendations", Width::Whole, vec![Block::List(items)]))
}
