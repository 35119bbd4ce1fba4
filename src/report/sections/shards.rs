//! The shards, one line each, and what was recovered in them; of a merged report, where each part ran.

use super::super::findings;
use super::super::format::{self, count};
use super::super::page::{Block, Section, Span, Table, Width, code, plain};
use super::super::value::{Report, ShardReport, ShardStateName};
use super::word;
use crate::engine::Kind;

pub(super) fn section(report: &Report) -> Option<Section> {
    if report.shards.is_empty() {
        return None;
    }
    let rows = report
        .shards
        .iter()
        .map(|shard| {
            vec![
                code(shard.path.text.clone()),
                plain(state(shard.state)),
                plain(count(shard.counts.total)),
                plain(count(shard.counts.shrunk)),
                plain(format::bytes(shard.image_bytes_before)),
                plain(after(report, shard)),
                plain(word(&shard.drive.kind)),
                plain(shard.drive.file_system.clone()),
                plain(shard.write_mode.clone()),
            ]
        })
        .collect();
    let shrunk = if report.kind == Kind::Run { "Shrunk" } else { "With work" };
    let columns = [
        "Shard",
        "State",
        "Images",
        shrunk,
        "Images before",
        "Images after",
        "Drive",
        "File system",
        "Write",
    ];
    let mut blocks = vec![Table::dressed(&columns, rows)];
    let recovered: Vec<_> = report
        .shards
        .iter()
        .filter_map(|shard| {
            let what = shard.recovered.as_ref()?;
            Some(vec![
                Span::Code(shard.path.text.clone()),
                Span::Plain(format!(": recovered from an earlier run: {what}")),
            ])
        })
        .collect();
    if !recovered.is_empty() {
        blocks.push(Block::List(recovered));
    }
    Some(Section::new("Shards", Width::Whole, blocks))
}

/// Its images after the change; of an estimate that knows no more than the sum over all shards, nothing.
fn after(report: &Report, shard: &ShardReport) -> String {
    if shard.counts.shrunk > 0 && !findings::knows_sizes_after(report) {
        return "–".to_owned();
    }
    format::bytes(shard.image_bytes_after)
}

fn state(state: ShardStateName) -> &'static str {
    match state {
        ShardStateName::Planned => "planned",
        ShardStateName::Done => "done",
        ShardStateName::Skipped => "skipped",
        ShardStateName::NotReached => "not reached",
    }
}
