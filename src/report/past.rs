//! What writing cost in earlier runs, for the next forecast: a plan touches nothing, so it cannot try. One line a run and
//! kind of drive, in `writes.jsonl` beside the history. Reports could tell the same, but those of a million images are not
//! read again for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::file::{ReportError, write_whole};
use super::history;
use super::value::{ImageOutcome, Report, ShardReport};
use crate::engine::{Drive, DriveKind, Kind, Originals, PastWrites, name_changes};

/// Lines that are kept: what is older tells of older drives.
const MOST: usize = 200;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    run: String,
    drive: DriveKind,
    file_system: String,
    kept: bool,
    shards: usize,
    images: u64,
    commit_seconds: f64,
    busy_seconds: f64,
    opening_seconds: f64,
    /// Images, those that kept their names counted as often as they cost.
    #[serde(skip)]
    changes: f64,
}

/// What writing cost in earlier runs, the newest first. What cannot be read is passed over.
pub fn past_writes() -> Vec<PastWrites> {
    history::folder().map(|history| past_writes_in(&history)).unwrap_or_default()
}

/// As [`past_writes`], of the runs whose reports lie in that folder.
pub fn past_writes_in(history: &Path) -> Vec<PastWrites> {
    file(history)
        .map(|path| lines(&path))
        .unwrap_or_default()
        .iter()
        .rev()
        .map(Line::plain)
        .collect()
}

/// Remembers, beside that history, what writing cost in a run; of other reports, nothing.
pub(super) fn remember(history: &Path, report: &Report) -> Result<(), ReportError> {
    let new = writes_of(report);
    match file(history) {
        Some(path) if !new.is_empty() => remember_in(&path, new),
        _ => Ok(()),
    }
}

fn remember_in(path: &Path, new: Vec<Line>) -> Result<(), ReportError> {
    let mut all = lines(path);
    all.extend(new);
    let first = all.len().saturating_sub(MOST);
    write_whole(path, |file| {
        all[first..].iter().try_for_each(|line| {
            serde_json::to_writer(&mut *file, line)?;
            std::io::Write::write_all(file, b"\n")
        })
    })
}

fn file(history: &Path) -> Option<PathBuf> {
    Some(history.parent()?.join("writes.jsonl"))
}

fn lines(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Where shards of one run lie on several kinds of drives, thread time is shared out by images.
fn writes_of(report: &Report) -> Vec<Line> {
    if report.kind != Kind::Run {
        return Vec::new();
    }
    let written = |shard: &ShardReport| if shard.commit_seconds > 0.0 { shard.counts.shrunk } else { 0 };
    let all = super::make::total(report.shards.iter().map(written));
    let mut lines: Vec<Line> = Vec::new();
    for shard in report.shards.iter().filter(|shard| written(shard) > 0) {
        let (kind, name) = (shard.drive.kind, &shard.drive.file_system);
        let index = lines.iter().position(|line| line.drive == kind && line.file_system == *name);
        let index = index.unwrap_or_else(|| {
            lines.push(Line {
                run: report.id.clone(),
                drive: kind,
                file_system: name.clone(),
                kept: report.settings.safety.originals == Originals::Keep,
                shards: 0,
                images: 0,
                changes: 0.0,
                commit_seconds: 0.0,
                busy_seconds: 0.0,
                opening_seconds: 0.0,
            });
            lines.len() - 1
        });
        let line = &mut lines[index];
        line.shards += 1;
        super::make::add(&mut line.images, written(shard));
        // As if all had changed their names: the next forecast knows how many will.
        let same = shard
            .images
            .iter()
            .filter(|image| image.outcome == ImageOutcome::Shrunk && image.output.is_none())
            .count() as u64;
        let names = name_changes(kind, same, written(shard));
        line.commit_seconds += shard.commit_seconds / names;
        line.changes += written(shard) as f64 * names;
        line.opening_seconds += shard.opening_seconds;
    }
    for line in &mut lines {
        let share = line.images as f64 / all.max(1) as f64;
        line.busy_seconds = report.phases.write.busy_seconds * share * line.images as f64 / line.changes.max(1.0);
    }
    lines
}

impl Line {
    fn plain(&self) -> PastWrites {
        // Of a number from a file, which anybody may have written.
        let duration = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        PastWrites {
            drive: Drive {
                kind: self.drive,
                file_system: self.file_system.clone(),
            },
            kept: self.kept,
            shards: self.shards,
            images: self.images,
            commit: duration(self.commit_seconds),
            busy: duration(self.busy_seconds),
            opening: duration(self.opening_seconds),
            opened: self.shards as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_run_is_remembered_and_a_plan_is_not() {
        let mut record = samples::clean_run();
        record.shards[0].commit = Duration::from_millis(900);
        record.shards[0].opening = Duration::from_millis(30);
        let report = Report::new(&record);
        let images = report.shards[0].counts.shrunk;
        let lines = writes_of(&report);
        assert_eq!(lines.len(), 1);
        let past = lines[0].plain();
        assert_eq!((past.images, past.commit, past.opened), (images, Duration::from_millis(900), 1));
        assert_eq!(past.busy, record.phases.write.busy);
        assert!(writes_of(&Report::new(&samples::plan())).is_empty());
    }

    #[test]
    fn the_newest_are_kept_and_garbage_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writes.jsonl");
        let line = |n: u64| Line {
            run: n.to_string(),
            drive: DriveKind::Network,
            file_system: "nfs".into(),
            kept: true,
            shards: 1,
            images: n,
            changes: 0.0,
            commit_seconds: -1.0,
            busy_seconds: 1.0,
            opening_seconds: 1.0,
        };
        fs::write(&path, "{\n\0garbage\n").unwrap();
        for n in 0..(MOST as u64 + 7) {
            remember_in(&path, vec![line(n)]).unwrap();
        }
        let kept = lines(&path);
        assert_eq!((kept.len(), kept[0].images, kept[MOST - 1].images), (MOST, 7, MOST as u64 + 6));
        assert_eq!(kept[0].plain().commit, Duration::ZERO, "nobody writes in less than no time");
    }
}
