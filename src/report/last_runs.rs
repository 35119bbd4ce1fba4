//! What the newest run of the history did in each of some shards: for a list of shards that says how each of them stands.
//! Reads only what it shows of a report, and stops at the newest run of each.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use time::OffsetDateTime;

use super::read::check_head;
use super::value::{Counts, ShardStateName};
use super::{Name, history};
use crate::engine::Kind;

/// What a run did in one shard.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    /// The report of it.
    pub report: PathBuf,
    /// The run.
    pub run: String,
    /// When it began, UTC.
    pub started: OffsetDateTime,
    /// How it ended here.
    pub state: ShardStateName,
    /// Images by outcome.
    pub counts: Counts,
    /// All images before.
    pub bytes_before: u64,
    /// All images after; originals kept are not in it.
    pub bytes_after: u64,
}

impl LastRun {
    /// Which part of the images' bytes it saved, from 0 to 1; negative where replacements are larger.
    pub fn saved(&self) -> f64 {
        if self.bytes_before == 0 {
            return 0.0;
        }
        1.0 - self.bytes_after as f64 / self.bytes_before as f64
    }
}

/// The newest run in each of these shards, as far as the user's history knows one. What cannot be read is passed over.
pub fn last_runs(shards: &[PathBuf]) -> HashMap<PathBuf, LastRun> {
    history::folder().map(|folder| last_runs_in(&folder, shards)).unwrap_or_default()
}

/// As [`last_runs`], in a folder of choice.
pub fn last_runs_in(folder: &Path, shards: &[PathBuf]) -> HashMap<PathBuf, LastRun> {
    let mut wanted: HashSet<Name> = shards.iter().map(|path| Name::of_path(path)).collect();
    let by_name: HashMap<Name, &PathBuf> = shards.iter().map(|path| (Name::of_path(path), path)).collect();
    let mut found = HashMap::new();
    for report in history::reports(folder) {
        if wanted.is_empty() {
            break;
        }
        let Some(part) = read(&report) else { continue };
        for shard in part.shards {
            // Where nothing changed, an earlier run may have.
            if shard.counts.shrunk == 0 || !wanted.remove(&shard.path) {
                continue;
            }
            let Some(path) = by_name.get(&shard.path) else { continue };
            found.insert(
                (*path).clone(),
                LastRun {
                    report: report.clone(),
                    run: part.id.clone(),
                    started: part.started,
                    state: shard.state,
                    counts: shard.counts,
                    bytes_before: shard.image_bytes_before,
                    bytes_after: shard.image_bytes_after,
                },
            );
        }
    }
    found
}

#[derive(Deserialize)]
struct Part {
    id: String,
    kind: Kind,
    #[serde(with = "time::serde::rfc3339")]
    started: OffsetDateTime,
    shards: Vec<Shard>,
}

#[derive(Deserialize)]
struct Shard {
    path: Name,
    state: ShardStateName,
    counts: Counts,
    image_bytes_before: u64,
    image_bytes_after: u64,
}

fn read(report: &Path) -> Option<Part> {
    let bytes = fs::read(report).ok()?;
    check_head(&bytes).ok()?;
    let part: Part = serde_json::from_slice(&bytes).ok()?;
    (part.kind == Kind::Run).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::super::{Report, samples};
    use super::*;

    #[test]
    fn the_newest_run_of_each_shard_counts() {
        let place = tempfile::tempdir().unwrap();
        let mut record = samples::clean_run();
        let shards: Vec<PathBuf> = record.shards.iter().map(|shard| shard.path.clone()).collect();
        for id in ["20260102-030401-0000", "20260103-030401-0000"] {
            record.id = id.to_owned();
            history::save_in(place.path(), &Report::new(&record)).unwrap();
        }
        // A plan is no run, and what is no report is passed over.
        let mut plan = samples::plan();
        plan.id = "20270102-030401-0000".to_owned();
        history::save_in(place.path(), &Report::new(&plan)).unwrap();
        fs::write(place.path().join("30000101-000000-0000.json"), "{}").unwrap();
        let mut asked = shards.clone();
        asked.push(PathBuf::from("/somewhere/else"));
        let found = last_runs_in(place.path(), &asked);
        let report = Report::new(&record);
        let changed: Vec<_> = report.shards.iter().filter(|shard| shard.counts.shrunk > 0).collect();
        assert!(!changed.is_empty());
        assert_eq!(found.len(), changed.len());
        for shard in changed {
            let run = &found[&PathBuf::from(&shard.path.text)];
            assert_eq!(run.run, "20260103-030401-0000");
            assert_eq!(
                (run.bytes_before, run.bytes_after),
                (shard.image_bytes_before, shard.image_bytes_after)
            );
            assert!(run.saved() > 0.0 && run.saved() < 1.0, "{}", run.saved());
        }
        assert!(last_runs_in(&place.path().join("none"), &shards).is_empty());
    }
}
