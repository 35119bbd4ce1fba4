//! The tree of a run: load, process with its steps, write; how long threads were at work in each, and what share that is.

use super::format;
use super::table;
use super::value::{PhaseReport, Report, Steps};

/// One line a phase and step; empty where nothing was worked on.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let phases = &report.phases;
    let busy = phases.load.busy_seconds + phases.process.busy_seconds + phases.write.busy_seconds;
    if busy <= 0.0 {
        return Vec::new();
    }
    let phase = |label: &str, phase: &PhaseReport| {
        vec![
            label.to_owned(),
            format::seconds(phase.busy_seconds),
            format::percent(phase.share),
            format::images_rate(phase.images_per_second),
            format::rate(phase.megabytes_per_second * 1e6),
        ]
    };
    let step = |label: &str, seconds: f64| {
        vec![
            label.to_owned(),
            format::seconds(seconds),
            format::percent(format::share(seconds, busy)),
        ]
    };
    let mut rows = vec![
        vec!["All phases".to_owned(), format::seconds(busy), "100.0 %".to_owned()],
        phase("├─ load", &phases.load),
        phase("├─ process", &phases.process),
    ];
    let steps = steps(report);
    if steps.iter().any(|&(_, seconds)| seconds > 0.0) {
        for (at, (name, seconds)) in steps.into_iter().enumerate() {
            rows.push(step(&format!("│  {} {name}", if at < 3 { "├─" } else { "└─" }), seconds));
        }
    }
    rows.push(phase("└─ write", &phases.write));
    table::lines(&rows)
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
