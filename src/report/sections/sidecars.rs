//! Files beside the images: how many, what they tell of files that are gone, and which of them want a look.

use super::super::format::{self, count};
use super::super::name::Name;
use super::super::page::{Block, Line, Section, Span, Table, Width, code, plain};
use super::super::value::{Report, ShardReport, SidecarsReport};
use crate::engine::Kind;

/// Names of each kind that are listed; the JSON report has all of them.
const MOST_NAMES: usize = 20;

/// What is listed by name: the title over it, and where it is found.
type List = (&'static str, fn(&SidecarsReport) -> &[Name]);

const LISTS: [List; 4] = [
    ("Latents of images whose size changes", |s| &s.stale_latents),
    ("Sidecars of images that are not there", |s| &s.orphans),
    ("Images without a sidecar, where most have one", |s| &s.images_without),
    ("Sidecars that cannot be read as JSON, never touched", |s| &s.unreadable),
];

pub(super) fn section(report: &Report) -> Option<Section> {
    let shards: Vec<&ShardReport> = report
        .shards
        .iter()
        .filter(|shard| shard.sidecars != SidecarsReport::default())
        .collect();
    if shards.is_empty() {
        return None;
    }
    let old = if report.kind == Kind::Run {
        "Named a file that is gone"
    } else {
        "Name a file that goes"
    };
    let rows = shards.iter().map(|shard| {
        let sidecars = &shard.sidecars;
        vec![
            code(shard.path.text.clone()),
            plain(count(sidecars.files)),
            plain(count(sidecars.naming_old.saturating_add(sidecars.rows_naming_old))),
            plain(count(sidecars.updated)),
        ]
    });
    let mut blocks = vec![Table::dressed(&["Shard", "Sidecars", old, "Updated"], rows.collect())];
    for (title, of) in LISTS {
        let all: Vec<(&str, &Name)> = shards
            .iter()
            .flat_map(|shard| of(&shard.sidecars).iter().map(|name| (shard.path.text.as_str(), name)))
            .collect();
        if all.is_empty() {
            continue;
        }
        blocks.push(Block::Text(vec![Span::Plain(format!("{title}: {}.", count(all.len() as u64)))]));
        let mut items: Vec<Line> = all
            .iter()
            .take(MOST_NAMES)
            .map(|(shard, name)| vec![Span::Code(name.text.clone()), Span::Plain(format!(" in {shard}"))])
            .collect();
        if all.len() > MOST_NAMES {
            let rest = (all.len() - MOST_NAMES) as u64;
            items.push(plain(format!("and {} more, all of them in the JSON report", format::count(rest))));
        }
        blocks.push(Block::List(items));
    }
    Some(Section::new("Sidecars", Width::Whole, blocks))
}
