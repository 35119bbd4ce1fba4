//! The tree of a run: load, process with its steps, write; how long threads were at work in each, and what share that is.

use crate::engine::Phase;

use super::format;
use super::markdown;
use super::page::TreeRow;
use super::value::{PhaseReport, Report, Steps};

/// One line a phase and step, of plain text; empty where nothing was worked on.
pub(super) fn lines(report: &Report) -> Vec<String> {
    markdown::tree(&rows(report))
}

/// One row a phase and step; empty where nothing was worked on.
pub fn rows(report: &Report) -> Vec<TreeRow> {
    let phases = &report.phases;
    let busy = phases.load.busy_seconds + phases.process.busy_seconds + phases.write.busy_seconds;
    if busy <= 0.0 {
        return Vec::new();
    }
    let row = |depth: usize, label: &str, phase: Option<Phase>, seconds: f64, rates: Vec<String>| TreeRow {
        depth,
        label: label.to_owned(),
        phase,
        time: format::seconds(seconds),
        seconds,
        share: format::share(seconds, busy),
        rates,
    };
    let of_phase = |phase: Phase, totals: &PhaseReport| {
        let rates = vec![
            format::images_rate(totals.images_per_second),
            format::rate(totals.megabytes_per_second * 1e6),
        ];
        row(1, phase.name(), Some(phase), totals.busy_seconds, rates)
    };
    let mut rows = vec![
        row(0, "All phases", None, busy, Vec::new()),
        of_phase(Phase::Load, &phases.load),
        of_phase(Phase::Process, &phases.process),
    ];
    let steps = steps(report);
    if steps.iter().any(|&(_, seconds)| seconds > 0.0) {
        let steps = steps.into_iter();
        rows.extend(steps.map(|(name, seconds)| row(2, name, Some(Phase::Process), seconds, Vec::new())));
    }
    rows.push(of_phase(Phase::Write, &phases.write));
    rows
}

/// Thread-seconds of the steps of processing, all images together.
fn steps(report: &Report) -> [(&'static str, f64); 4] {
    let sum = |of: fn(&Steps) -> u32| {
        let images = report.shards.iter().flat_map(|shard| &shard.images);
        images
            .filter_map(|image| image.steps.as_ref())
            .map(|steps| u64::from(of(steps)))
            .sum::<u64>() as f64
            / 1e6
    };
    [
        ("decode", sum(|s| s.decode_us)),
        ("resize", sum(|s| s.resize_us)),
        ("encode", sum(|s| s.encode_us)),
        ("verify", sum(|s| s.verify_us)),
    ]
}
