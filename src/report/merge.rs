//! The reports of many machines as one. Pure: values in, a value out.
//!
//! What is counted is summed, what is time by the clock goes from the earliest begin to the latest end: machines work at the
//! same time. Nothing may be counted twice, so the rules on what is the same are strict:
//!
//! - the same report twice is taken once, with a notice; a report that is already part of another is refused, and so are two
//!   versions of one run;
//! - a shard that one report worked on and another did not (skipped, not reached) counts from the one that did;
//! - a shard that two runs worked on counts once, each image from the run that did it, where the later went on from where the earlier
//!   ended; otherwise it is refused: summed, its images would be counted twice.

mod lives;
mod series;
mod shards;

use time::{Duration, OffsetDateTime};

use self::shards::Kept;
use super::file::ReportError;
use super::findings;
use super::forecast::{bytes_outcome, time_outcome};
use super::load_speed::{LoadCause, load_speed};
use super::make;
use super::make::rounded;
use super::sections;
use super::value::*;
use super::{Name, format};
use crate::engine::{Kind, Phase, StopReason};

/// A report, and how a message may speak of it.
type Named = (String, Report);

/// One report out of several, each with the name by which a message may speak of it (a file, an id).
///
/// # Errors
/// [`ReportError::Merge`]: none was given, the kinds differ (plans and runs), or something would be counted twice.
pub fn merge(reports: Vec<(String, Report)>) -> Result<Report, ReportError> {
    let refused = |reason: String| ReportError::Merge { reason };
    let (mut reports, mut notices) = once_each(reports).map_err(refused)?;
    if reports.is_empty() {
        return Err(refused("There is no report to merge.".to_owned()));
    }
    let kind = reports[0].1.kind;
    if let Some((name, other)) = reports.iter().find(|(_, report)| report.kind != kind) {
        return Err(refused(format!(
            "{} is of a {}, {name} of a {}: plans and runs are not summed.",
            reports[0].0,
            sections::head::kind_words(kind),
            sections::head::kind_words(other.kind)
        )));
    }
    // In order of time, whatever the order of the arguments.
    reports.sort_by(|left, right| (left.1.started, &left.1.id).cmp(&(right.1.started, &right.1.id)));
    let kept = shards::kept(&reports, &mut notices).map_err(refused)?;
    if kept.resumed && kind != Kind::Run {
        return Err(refused(
            "Plans of one shard are not summed: its images would be counted twice.".to_owned(),
        ));
    }
    Ok(joined(reports.into_iter().map(|(_, report)| report).collect(), kept, notices))
}

/// Each report once; what was given twice is told.
fn once_each(reports: Vec<Named>) -> Result<(Vec<Named>, Vec<NoticeReport>), String> {
    let mut kept: Vec<Named> = Vec::new();
    let mut notices = Vec::new();
    for (name, report) in reports {
        if let Some((first, same)) = kept.iter().find(|(_, other)| is_one_run(other, &report)) {
            if *same != report {
                return Err(format!(
                    "{first} and {name} are two versions of one run ({}): take one of them.",
                    report.id
                ));
            }
            notices.push(NoticeReport {
                path: Name::new(name.as_ref()),
                message: format!("The same report as {first}: taken once."),
            });
            continue;
        }
        kept.push((name, report));
    }
    for (name, report) in &kept {
        let other = kept.iter().filter(|(other, _)| other != name);
        for (other, merged) in other {
            let of = |one: &Report| -> Vec<(String, OffsetDateTime)> {
                let parts = one.parts.iter().map(|part| (part.id.clone(), part.started));
                parts.chain([(one.id.clone(), one.started)]).collect()
            };
            let theirs = of(merged);
            if let Some((id, _)) = of(report).into_iter().find(|part| theirs.contains(part)) {
                return Err(format!(
                    "{name} and {other} both hold {id}: it would be counted twice. Leave one of them out."
                ));
            }
        }
    }
    Ok((kept, notices))
}

/// An id has two bytes of salt and a time in seconds: machines that begin at once can come to the same one, but hardly in the
/// same nanosecond.
fn is_one_run(left: &Report, right: &Report) -> bool {
    left.id == right.id && left.started == right.started && left.machine == right.machine
}

fn joined(reports: Vec<Report>, Kept { shards: kept, resumed }: Kept, mut notices: Vec<NoticeReport>) -> Report {
    let begin = reports
        .iter()
        .map(|report| report.started)
        .min()
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let end = reports.iter().map(end_of).max().unwrap_or(begin);
    let parts = reports
        .iter()
        .zip(&kept)
        .flat_map(|(report, shards)| part(report, shards))
        .collect();
    let phases = phases(&reports, begin);
    let failures = reports
        .iter()
        .zip(&kept)
        .flat_map(|(report, shards)| {
            // What failed in a shard that counts from another report is not told here.
            let counts = |shard: &Name| shards.iter().any(|kept| kept.path == *shard);
            report.failures.iter().filter(move |failure| counts(&failure.shard)).cloned()
        })
        .collect();
    notices.extend(settings_that_differ(&reports));
    notices.extend(reports.iter().flat_map(|report| report.notices.iter().cloned()));
    let mut roots: Vec<Name> = Vec::new();
    for root in reports.iter().flat_map(|report| &report.roots) {
        if !roots.contains(root) {
            roots.push(root.clone());
        }
    }
    let stopped = reports.iter().zip(&kept).filter_map(still_stopped).max();
    let shards: Vec<ShardReport> = kept.into_iter().flatten().collect();
    let totals = make::totals(&shards, make::total(reports.iter().map(|report| report.totals.written_bytes)));
    let first = &reports[0];
    let mut merged = Report {
        format: FORMAT.to_owned(),
        version: VERSION,
        id: format!("merged-{}-{}", first.id, reports.len()),
        kind: first.kind,
        started: begin,
        wall_seconds: rounded((end - begin).as_seconds_f64()),
        // The gravest, as within a run.
        stopped,
        critical_finding: String::new(),
        roots,
        formats: make::formats(&shards),
        // What was predicted of a shard in two runs would be counted twice.
        estimate: if resumed { None } else { estimate(&reports) },
        // Percentiles cannot be put together from percentiles: each part tells its own.
        quality: if reports.len() == 1 { first.quality.clone() } else { None },
        forecast: if resumed { None } else { forecast(&reports) },
        totals,
        load_speed: load_speed(&phases, &shards).map(|mut speed| {
            // What the shape of a series tells of one drive, it does not tell of the sum over several.
            if reports.len() > 1 {
                speed.cause = LoadCause::NoClearCause;
                speed.explanation = format!(
                    "This is the sum over {}: causes are told by each of them.",
                    format::things(reports.len() as u64, "report", "reports")
                );
            }
            speed
        }),
        // Cards are not summed: each part tells of its own.
        card: if reports.len() == 1 { first.card.clone() } else { None },
        phases,
        bound: bound(&reports),
        // A gain is one machine's: they do not add up.
        recommendations: if reports.len() == 1 {
            first.recommendations.clone()
        } else {
            Vec::new()
        },
        failures,
        collisions: reports.iter().flat_map(|report| report.collisions.iter().cloned()).collect(),
        notices,
        settings: first.settings.clone(),
        machine: first.machine.clone(),
        shards,
        parts,
    };
    merged.critical_finding = findings::critical(&merged);
    merged
}

/// Why a run was stopped, unless others went on with every shard of it.
fn still_stopped((report, kept): (&Report, &Vec<ShardReport>)) -> Option<StopReason> {
    report.stopped.filter(|_| report.shards.is_empty() || !kept.is_empty())
}

fn end_of(report: &Report) -> OffsetDateTime {
    let wall = Duration::checked_seconds_f64(report.wall_seconds).unwrap_or_default();
    report.started.checked_add(wall).unwrap_or(report.started)
}

/// What a report brings along: itself, or where it was merged before, its parts.
fn part(report: &Report, shards: &[ShardReport]) -> Vec<PartReport> {
    if !report.parts.is_empty() {
        return report.parts.clone();
    }
    vec![PartReport {
        id: report.id.clone(),
        started: report.started,
        wall_seconds: report.wall_seconds,
        roots: report.roots.clone(),
        shards: shards.len() as u64,
        // Its own, also of shards that another went on with.
        images_shrunk: report.totals.images.shrunk,
        machine: report.machine.clone(),
    }]
}

/// Ranges are summed end by end. Errors of one model lie on one side, so they do not cancel out as independent ones would.
fn estimate(reports: &[Report]) -> Option<EstimateReport> {
    let all: Vec<&EstimateReport> = reports.iter().filter_map(|report| report.estimate.as_ref()).collect();
    if all.len() < reports.len() {
        return None;
    }
    let mut sum = all[0].clone();
    for one in &all[1..] {
        make::add(&mut sum.sampled_images, one.sampled_images);
        make::add(&mut sum.images, one.images);
        sum.bytes_after = added(sum.bytes_after, one.bytes_after);
        sum.bytes_saved = added(sum.bytes_saved, one.bytes_saved);
        sum.on_disk = sum.on_disk.zip(one.on_disk).and_then(|(left, right)| on_disk(left, right));
        sum.times = TimesReport {
            load: in_turn(sum.times.load, one.times.load),
            process: in_turn(sum.times.process, one.times.process),
            write: in_turn(sum.times.write, one.times.write),
            wall: side_by_side(sum.times.wall, one.times.wall),
        };
        if one.write_basis == WriteBasisName::DriveKind {
            sum.write_basis = WriteBasisName::DriveKind;
        }
        sum.sampling_seconds = rounded(sum.sampling_seconds + one.sampling_seconds);
    }
    Some(sum)
}

/// Nothing, where blocks are of two sizes.
fn on_disk(left: OnDiskReport, right: OnDiskReport) -> Option<OnDiskReport> {
    (left.block_bytes == right.block_bytes).then(|| OnDiskReport {
        block_bytes: left.block_bytes,
        bytes_before: left.bytes_before.saturating_add(right.bytes_before),
        bytes_after: added(left.bytes_after, right.bytes_after),
        bytes_saved: added(left.bytes_saved, right.bytes_saved),
    })
}

/// Thread time is summed.
fn in_turn(left: SecondsReport, right: SecondsReport) -> SecondsReport {
    SecondsReport {
        low: rounded(left.low + right.low),
        expected: rounded(left.expected + right.expected),
        high: rounded(left.high + right.high),
    }
}

/// Machines work at the same time: the longest decides.
fn side_by_side(left: SecondsReport, right: SecondsReport) -> SecondsReport {
    SecondsReport {
        low: left.low.max(right.low),
        expected: left.expected.max(right.expected),
        high: left.high.max(right.high),
    }
}

fn added(left: RangeReport, right: RangeReport) -> RangeReport {
    RangeReport {
        low: left.low.saturating_add(right.low),
        expected: left.expected.saturating_add(right.expected),
        high: left.high.saturating_add(right.high),
    }
}

fn forecast(reports: &[Report]) -> Option<Forecast> {
    let all: Vec<&Forecast> = reports.iter().filter_map(|report| report.forecast.as_ref()).collect();
    if all.len() < reports.len() {
        return None;
    }
    let mut sum = all[0].clone();
    for one in &all[1..] {
        sum.complete &= one.complete;
        make::add(&mut sum.images_expected, one.images_expected);
        make::add(&mut sum.images_changed, one.images_changed);
        sum.bytes_saved_expected = added(sum.bytes_saved_expected, one.bytes_saved_expected);
        sum.bytes_saved = sum.bytes_saved.saturating_add(one.bytes_saved);
        sum.on_disk = sum.on_disk.zip(one.on_disk).map(|(left, right)| {
            let (expected, saved) = (
                added(left.expected, right.expected),
                left.bytes_saved.saturating_add(right.bytes_saved),
            );
            let (within_range, deviation) = bytes_outcome(expected, saved);
            OnDiskOutcome {
                expected,
                bytes_saved: saved,
                within_range,
                deviation,
            }
        });
        let summed =
            |left: TimeOutcome, right: TimeOutcome| time_outcome(in_turn(left.expected, right.expected), left.seconds + right.seconds);
        let (left, right) = (sum.times, one.times);
        sum.times = TimesOutcome {
            load: summed(left.load, right.load),
            process: summed(left.process, right.process),
            write: summed(left.write, right.write),
            wall: time_outcome(
                side_by_side(left.wall.expected, right.wall.expected),
                left.wall.seconds.max(right.wall.seconds),
            ),
        };
        sum.sampling_seconds = rounded(sum.sampling_seconds + one.sampling_seconds);
        // Of the longest part, as the time by the clock is.
        sum.sampling_share = sum.sampling_share.max(one.sampling_share);
    }
    (sum.within_range, sum.deviation) = bytes_outcome(sum.bytes_saved_expected, sum.bytes_saved);
    Some(sum)
}

/// The phase that bounds most of the time at work, and what each report says.
fn bound(reports: &[Report]) -> Option<BoundReport> {
    if let [only] = reports {
        return only.bound.clone();
    }
    let verdicts: Vec<(&Report, &BoundReport)> = reports
        .iter()
        .filter_map(|report| report.bound.as_ref().map(|bound| (report, bound)))
        .collect();
    let time = |phase: Phase| -> f64 {
        let these = verdicts.iter().filter(|(_, bound)| bound.phase == phase);
        these.map(|(report, _)| report.wall_seconds).sum()
    };
    let phase = Phase::ALL.into_iter().max_by(|left, right| time(*left).total_cmp(&time(*right)))?;
    let these: Vec<_> = verdicts.iter().filter(|(_, bound)| bound.phase == phase).collect();
    if these.is_empty() {
        return None;
    }
    let mut evidence = vec![format!(
        "{} of {} bounded by {}.",
        format::count(these.len() as u64),
        format::things(verdicts.len() as u64, "part is", "parts are"),
        phase.name()
    )];
    for (report, bound) in &verdicts {
        if let Some(verdict) = bound.evidence.first() {
            evidence.push(format!("{}: {verdict}", report.id));
        }
    }
    Some(BoundReport {
        phase,
        memory: these.iter().all(|(_, bound)| bound.memory),
        evidence,
    })
}

fn phases(reports: &[Report], begin: OffsetDateTime) -> PhasesReport {
    if let [only] = reports {
        return only.phases.clone();
    }
    let series = series::merged(reports, begin);
    let of = |phase: Phase| -> PhaseReport { phase_totals(reports, phase, &series) };
    let mut phases = PhasesReport {
        load: of(Phase::Load),
        process: of(Phase::Process),
        write: of(Phase::Write),
        io_depth: reports.iter().map(|report| report.phases.io_depth).max().unwrap_or(0),
        series,
    };
    let all = phases.load.busy_seconds + phases.process.busy_seconds + phases.write.busy_seconds;
    for totals in [&mut phases.load, &mut phases.process, &mut phases.write] {
        totals.share = rounded(format::share(totals.busy_seconds, all));
    }
    phases
}

fn phase_totals(reports: &[Report], phase: Phase, series: &SeriesReport) -> PhaseReport {
    let mut sum = PhaseReport {
        cpu_seconds: Some(0.0),
        ..PhaseReport::default()
    };
    let mut longest = 0.0_f64;
    for report in reports {
        let one = series::of(&report.phases, phase);
        make::add(&mut sum.images, one.images);
        make::add(&mut sum.bytes, one.bytes);
        sum.busy_seconds += one.busy_seconds;
        // Known only where every machine tells; one that had nothing to do has nothing to tell.
        if one.busy_seconds > 0.0 {
            sum.cpu_seconds = sum.cpu_seconds.zip(one.cpu_seconds).map(|(sum, one)| sum + one);
        }
        sum.waited.input_seconds += one.waited.input_seconds;
        sum.waited.output_seconds += one.waited.output_seconds;
        sum.waited.memory_seconds += one.waited.memory_seconds;
        longest = longest.max(one.wall_seconds);
    }
    let (images, megabytes) = series::rates(series, phase);
    // Reports tell how long a phase was, and the series when: to about a second.
    sum.wall_seconds = rounded(longest.max(series::span(series, phase)));
    for seconds in [
        &mut sum.busy_seconds,
        &mut sum.waited.input_seconds,
        &mut sum.waited.output_seconds,
        &mut sum.waited.memory_seconds,
    ] {
        *seconds = rounded(*seconds);
    }
    sum.cpu_seconds = sum.cpu_seconds.filter(|_| sum.busy_seconds > 0.0).map(rounded);
    sum.cpu_use = sum.cpu_seconds.map(|cpu| rounded(format::share(cpu, sum.busy_seconds)));
    sum.mean_busy_threads = rounded(format::share(sum.busy_seconds, sum.wall_seconds));
    sum.images_per_second = rounded(format::share(sum.images as f64, sum.wall_seconds));
    sum.megabytes_per_second = rounded(format::share(sum.bytes as f64 / 1e6, sum.wall_seconds));
    sum.images_per_second_spread = images;
    sum.megabytes_per_second_spread = megabytes;
    sum
}

/// The settings are those of the first report; what another had otherwise is told.
fn settings_that_differ(reports: &[Report]) -> Vec<NoticeReport> {
    let first = sections::settings::told(&reports[0].settings);
    let mut notices = Vec::new();
    for report in &reports[1..] {
        let others = sections::settings::told(&report.settings);
        let differ: Vec<String> = first
            .iter()
            .zip(&others)
            .filter(|(first, other)| first.value != other.value)
            .map(|(first, other)| format!("{} was {}, not {}", first.label, other.value, first.value))
            .collect();
        if !differ.is_empty() {
            notices.push(NoticeReport {
                path: Name::new(report.id.as_ref()),
                message: format!("Other settings than the first part: {}.", differ.join("; ")),
            });
        }
    }
    notices
}

#[cfg(test)]
mod tests;
