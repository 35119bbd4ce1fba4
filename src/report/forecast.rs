//! The prediction in the report, a run's outcome against it, and both in words.

use std::time::Duration;

use super::format;
use super::make::{rounded, seconds};
use super::value::*;
use crate::engine::{Estimate, OnDisk, Outcome, Phase, Phases, Range, Record, Seconds, Times, Why, WriteBasis};

pub(super) fn estimate(estimate: &Estimate) -> EstimateReport {
    let Times {
        load,
        process,
        write,
        wall,
    } = estimate.times;
    EstimateReport {
        sampled_images: estimate.sampled as u64,
        images: estimate.images as u64,
        bytes_after: range(estimate.bytes_after),
        bytes_saved: range(estimate.bytes_saved),
        on_disk: estimate.on_disk.map(|disk| OnDiskReport {
            block_bytes: disk.block,
            bytes_before: disk.before,
            bytes_after: range(disk.after),
            bytes_saved: range(disk.saved),
        }),
        times: TimesReport {
            load: times(load),
            process: times(process),
            write: times(write),
            wall: times(wall),
        },
        write_basis: match estimate.basis {
            WriteBasis::EarlierRuns => WriteBasisName::EarlierRuns,
            WriteBasis::DriveKind => WriteBasisName::DriveKind,
        },
        sampling_seconds: seconds(estimate.sampling),
    }
}

/// How the run that is recorded went, against what was predicted of it.
pub(super) fn forecast(estimate: &Estimate, record: &Record, totals: &Totals) -> Forecast {
    let ended = images(record).filter(|outcome| matches!(outcome, Outcome::Shrunk(_) | Outcome::LeftAlone(Why::NotSmaller)));
    let saved = totals.bytes_saved;
    let (within_range, deviation) = bytes_outcome(range(estimate.bytes_saved), saved);
    let outcome = |expected: Seconds, took: Duration| time_outcome(times(expected), took.as_secs_f64());
    let busy = |phases: &Phases, phase| phases.of(phase).busy;
    Forecast {
        complete: record.stopped.is_none() && ended.count() == estimate.images,
        images_expected: estimate.images as u64,
        images_changed: totals.images.shrunk,
        bytes_saved_expected: range(estimate.bytes_saved),
        bytes_saved: saved,
        within_range,
        deviation,
        on_disk: estimate.on_disk.map(|disk| {
            let saved = saved_on_disk(record, disk.block);
            let (within_range, deviation) = bytes_outcome(range(disk.saved), saved);
            OnDiskOutcome {
                expected: range(disk.saved),
                bytes_saved: saved,
                within_range,
                deviation,
            }
        }),
        times: TimesOutcome {
            load: outcome(estimate.times.load, busy(&record.phases, Phase::Load)),
            process: outcome(estimate.times.process, busy(&record.phases, Phase::Process)),
            write: outcome(estimate.times.write, busy(&record.phases, Phase::Write)),
            // What was sampled is not worked on again: sampling is part of the work, but for the judging.
            wall: outcome(
                estimate.times.wall,
                record.wall + estimate.sampling.saturating_sub(estimate.judging),
            ),
        },
        sampling_seconds: seconds(estimate.sampling),
        sampling_share: rounded(format::share(
            estimate.judging.as_secs_f64(),
            (record.wall + estimate.sampling).as_secs_f64(),
        )),
    }
}

fn images(record: &Record) -> impl Iterator<Item = &Outcome> {
    record.shards.iter().flat_map(|shard| &shard.images).map(|image| &image.outcome)
}

/// Blocks that changed images gave back, minus blocks that their replacements take, in bytes.
fn saved_on_disk(record: &Record, block: u64) -> i64 {
    let changed = record.shards.iter().flat_map(|shard| &shard.images);
    let saved: i128 = changed
        .filter(|image| matches!(image.outcome, Outcome::Shrunk(_)))
        .map(|image| i128::from(OnDisk::of(image.bytes_before, block)) - i128::from(OnDisk::of(image.bytes_after, block)))
        .sum();
    i64::try_from(saved).unwrap_or(if saved < 0 { i64::MIN } else { i64::MAX })
}

/// Whether it lies in the range, and how far it is from what was expected, as part of that.
pub(super) fn bytes_outcome(expected: RangeReport, saved: i64) -> (bool, f64) {
    let within = u64::try_from(saved).is_ok_and(|saved| (expected.low..=expected.high).contains(&saved));
    let deviation = match expected.expected {
        0 => 0.0,
        expected => rounded(saved as f64 / expected as f64 - 1.0),
    };
    (within, deviation)
}

/// As [`bytes_outcome`], for a time in seconds.
pub(super) fn time_outcome(expected: SecondsReport, took: f64) -> TimeOutcome {
    TimeOutcome {
        expected,
        seconds: rounded(took),
        within_range: (expected.low..=expected.high).contains(&took),
        deviation: if expected.expected > 0.0 {
            rounded(took / expected.expected - 1.0)
        } else {
            0.0
        },
    }
}

fn range(range: Range) -> RangeReport {
    RangeReport {
        low: range.low,
        expected: range.expected,
        high: range.high,
    }
}

fn times(seconds: Seconds) -> SecondsReport {
    SecondsReport {
        low: rounded(seconds.low),
        expected: rounded(seconds.expected),
        high: rounded(seconds.high),
    }
}

/// A prediction as sentences for people, whatever it predicts of bytes saved left out.
pub(super) fn before(estimate: &EstimateReport) -> Vec<String> {
    let TimesReport {
        load,
        process,
        write,
        wall,
    } = estimate.times;
    let mut lines = vec![format!(
        "It would take about {} ({}): load {}, process {}, write {} of thread time.",
        format::seconds(wall.expected),
        between(wall),
        format::seconds(load.expected),
        format::seconds(process.expected),
        format::seconds(write.expected),
    )];
    if let Some(disk) = &estimate.on_disk {
        lines.push(format!(
            "On the drive, in blocks of {} bytes: {} before, {} after, {} saved.",
            format::count(disk.block_bytes),
            format::fine_bytes(disk.bytes_before),
            format::fine_bytes(disk.bytes_after.expected),
            format::fine_bytes(disk.bytes_saved.expected),
        ));
    }
    lines.push(format!(
        "Estimated from {} in {}{}.",
        format::things(estimate.sampled_images, "image", "images"),
        format::seconds(estimate.sampling_seconds),
        match estimate.write_basis {
            WriteBasisName::EarlierRuns => " and from earlier runs on the like of this drive",
            WriteBasisName::DriveKind => "; how fast this drive writes is known only after a first run on it",
        }
    ));
    lines
}

/// A run against its prediction as a sentence.
pub(super) fn after(forecast: &Forecast) -> String {
    let saved = forecast.bytes_saved_expected;
    let half = format::share((saved.high - saved.low.min(saved.high)) as f64 / 2.0, saved.expected as f64);
    let wall = forecast.times.wall;
    format!(
        "Forecast: {} ±{} in {} ({}). It was {} in {}.",
        format::fine_bytes(saved.expected),
        format::percent(half),
        format::seconds(wall.expected.expected),
        between(wall.expected),
        than(forecast.deviation),
        than(wall.deviation),
    )
}

/// A run against its prediction as rows: what, expected, range, outcome, deviation, whether within.
pub(super) fn rows(forecast: &Forecast) -> Vec<Vec<String>> {
    let within = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let bytes = |name: &str, expected: RangeReport, saved: i64, deviation: f64, inside: bool| {
        vec![
            name.to_owned(),
            format::fine_bytes(expected.expected),
            format!("{} to {}", format::fine_bytes(expected.low), format::fine_bytes(expected.high)),
            format::fine_signed_bytes(saved),
            signed(deviation),
            within(inside),
        ]
    };
    let mut rows = vec![bytes(
        "Bytes saved",
        forecast.bytes_saved_expected,
        forecast.bytes_saved,
        forecast.deviation,
        forecast.within_range,
    )];
    if let Some(disk) = &forecast.on_disk {
        rows.push(bytes(
            "On the drive",
            disk.expected,
            disk.bytes_saved,
            disk.deviation,
            disk.within_range,
        ));
    }
    let times = &forecast.times;
    for (name, time) in [
        ("Time", times.wall),
        ("Load, thread time", times.load),
        ("Process, thread time", times.process),
        ("Write, thread time", times.write),
    ] {
        rows.push(vec![
            name.to_owned(),
            format::seconds(time.expected.expected),
            between(time.expected),
            format::seconds(time.seconds),
            signed(time.deviation),
            within(time.within_range),
        ]);
    }
    rows
}

fn between(range: SecondsReport) -> String {
    format!("{} to {}", format::seconds(range.low), format::seconds(range.high))
}

fn signed(deviation: f64) -> String {
    let sign = if deviation < 0.0 { "-" } else { "+" };
    format!("{sign}{}", format::percent(deviation.abs()))
}

/// `1.4 % less`, `3 % more`.
fn than(deviation: f64) -> String {
    let more = if deviation < 0.0 { "less" } else { "more" };
    format!("{} {more}", format::percent(deviation.abs()))
}
