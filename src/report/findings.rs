//! The one sentence to read: what a person would want to know first about a plan or a run.

use crate::engine::{Kind, StopReason};

use super::format;
use super::value::{FailureKind, Report};

/// The worst first; without anything bad, what it came to and what held it back.
pub(super) fn critical(report: &Report) -> String {
    let images = &report.totals.images;
    let untouched = || {
        if images.not_reached == 0 {
            return "every image had its turn all the same".to_owned();
        }
        let as_before = if images.not_reached == 1 { "it was" } else { "they were" };
        format!("{} not reached and left as {as_before}", was(images.not_reached, "image", "images"))
    };
    match report.stopped {
        Some(StopReason::DiskFull) => return format!("The drive ran out of space: {}. Free some and run again.", untouched()),
        Some(StopReason::TooManyFailures) => {
            return format!(
                "Stopped after too many failures in a row ({} failed): {}. See the failures for the reasons.",
                format::things(images.failed, "image", "images"),
                untouched()
            );
        }
        _ => {}
    }
    let skipped = report.failures.iter().filter(|f| f.kind == FailureKind::ShardSkipped).count() as u64;
    let mut bad = Vec::new();
    if skipped > 0 {
        bad.push(format!("{} skipped", was(skipped, "shard", "shards")));
    }
    if images.failed > 0 {
        bad.push(format!(
            "{} of {} failed",
            format::count(images.failed),
            format::things(images.total, "image", "images")
        ));
    }
    if !bad.is_empty() {
        let bad = bad.join(" and ");
        return format!("{bad}: see the failures for the reasons.");
    }
    if images.not_reached > 0 && matches!(report.stopped, Some(StopReason::Asked | StopReason::Insisted)) {
        return format!("Stopped as asked: {}. Run again to go on.", untouched());
    }
    if images.total == 0 {
        return "There are no images here.".to_owned();
    }
    if images.shrunk == 0 {
        let refused = match images.refused {
            0 => String::new(),
            refused => format!(" {} refused: see the failures for the reasons.", was(refused, "image", "images")),
        };
        return format!("Nothing to do.{refused}");
    }
    let saved = saving(report);
    match report.bound.as_ref().and_then(|bound| bound.evidence.first()) {
        Some(verdict) if report.kind == Kind::Run => format!("{saved} {verdict}"),
        _ => saved,
    }
}

/// Whether the sizes of single images after the change are known, or at least predicted. An estimate may know their sum alone.
pub fn knows_sizes_after(report: &Report) -> bool {
    let totals = &report.totals;
    report.kind != Kind::Estimate || totals.changed_bytes_after != totals.changed_bytes_before
}

/// Bytes of the changed images after the change: where only their sum was predicted, its best guess.
pub(super) fn changed_bytes_after(report: &Report) -> u64 {
    match &report.estimate {
        Some(estimate) if !knows_sizes_after(report) => estimate.bytes_after.expected,
        _ => report.totals.changed_bytes_after,
    }
}

/// Bytes saved, with the same care.
pub fn bytes_saved(report: &Report) -> i64 {
    let totals = &report.totals;
    totals
        .bytes_saved
        .saturating_add(super::make::difference(totals.changed_bytes_after, changed_bytes_after(report)))
}

/// Bytes of everything after the change, with the same care.
pub fn bytes_after(report: &Report) -> u64 {
    let totals = &report.totals;
    // A part of the whole, in every report of ours; others are read, too.
    let others = totals.bytes_after.saturating_sub(totals.changed_bytes_after);
    others.saturating_add(changed_bytes_after(report))
}

/// Whether the finding is no good news: something failed, was skipped or was stopped.
pub fn is_bad(report: &Report) -> bool {
    report.stopped.is_some()
        || report.totals.images.failed > 0
        || report.failures.iter().any(|failure| failure.kind == FailureKind::ShardSkipped)
}

/// What it saves, as a sentence: measured, or predicted with its range.
pub(super) fn saving(report: &Report) -> String {
    let totals = &report.totals;
    let share = |saved: f64| format::percent(format::share(saved, totals.bytes_before as f64));
    let before = format::bytes(totals.bytes_before);
    match (report.kind, &report.estimate) {
        (Kind::Estimate, Some(estimate)) => {
            let range = estimate.bytes_saved;
            let (low, high) = (format::fine_bytes(range.low), format::fine_bytes(range.high));
            let amount = format::fine_bytes(range.expected);
            let share = share(range.expected as f64);
            if range.low == range.high {
                format!("Would save exactly {amount} of {before} ({share}).")
            } else if low == high {
                // The range is narrower than the figures tell.
                format!("Would save about {amount} of {before} ({share}).")
            } else {
                format!("Would save about {amount} of {before} ({share}), between {low} and {high}.")
            }
        }
        (kind, _) => {
            let (saves, costs) = if kind == Kind::Run {
                ("Saved", "Added")
            } else {
                ("Would save", "Would add")
            };
            let verb = if totals.bytes_saved < 0 { costs } else { saves };
            let amount = totals.bytes_saved.unsigned_abs();
            let preposition = if totals.bytes_saved < 0 { "to" } else { "of" };
            format!(
                "{verb} {} {preposition} {before} ({}).",
                // As an estimate has it: the two are compared.
                if kind == Kind::Run {
                    format::bytes(amount)
                } else {
                    format::fine_bytes(amount)
                },
                share(amount as f64)
            )
        }
    }
}

fn was(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", format::things(value, one, many), if value == 1 { "was" } else { "were" })
}
