//! From the engine's record to the report: sums, names, rounding. A pure function.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use crate::engine::{
    Drive, Format, ImageRecord, Kind, Machine, Notice, Outcome, Phase, PhaseTotals, Phases, Point, Problem, Record, ShardRecord,
    ShardState, SidecarRecord, Size, Spread, StepTimes, Wait, Why, bound,
};

use super::card::CardReport;
use super::forecast::{estimate, forecast};
use super::load_speed::load_speed;
use super::quality::quality;
use super::value::*;
use super::{Name, advice, findings};

impl Report {
    /// The report on a plan or a run.
    pub fn new(record: &Record) -> Self {
        let shards: Vec<ShardReport> = record.shards.iter().map(shard).collect();
        let totals = totals(&shards, record.phases.write.bytes);
        let phases = phases(&record.phases);
        let verdict = bound(&record.phases);
        let mut report = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            id: record.id.clone(),
            kind: record.kind,
            started: record.started,
            wall_seconds: seconds(record.wall),
            stopped: record.stopped,
            critical_finding: String::new(),
            roots: record.roots.iter().map(|root| Name::of_path(root)).collect(),
            formats: formats(&shards),
            estimate: record.estimate.as_ref().map(estimate),
            quality: quality(record),
            forecast: record
                .estimate
                .as_ref()
                .filter(|_| record.kind == Kind::Run)
                .map(|e| forecast(e, record, &totals)),
            totals,
            load_speed: load_speed(&phases, &shards),
            card: record.card.as_ref().map(CardReport::from),
            parts: Vec::new(),
            phases,
            recommendations: verdict
                .as_ref()
                .map(|bound| advice::recommendations(record, bound))
                .unwrap_or_default(),
            bound: verdict.map(|bound| BoundReport {
                phase: bound.phase,
                memory: bound.memory,
                evidence: bound.evidence,
            }),
            failures: record.shards.iter().flat_map(failures).collect(),
            collisions: record
                .shards
                .iter()
                .flat_map(|shard| {
                    shard
                        .collisions
                        .iter()
                        .map(|collision| CollisionReport::new(&shard.path, collision))
                })
                .collect(),
            notices: record.notices.iter().map(NoticeReport::from).collect(),
            settings: record.settings.clone(),
            machine: machine_of(&record.machine),
            shards,
        };
        report.critical_finding = findings::critical(&report);
        report
    }
}

impl From<&Notice> for NoticeReport {
    fn from(notice: &Notice) -> Self {
        Self {
            path: Name::of_path(&notice.path),
            message: notice.message.clone(),
        }
    }
}

/// What the file is after the run. Only a shrunk image is another file then, whatever a record says of the others.
fn bytes_after(image: &ImageRecord) -> u64 {
    match image.outcome {
        Outcome::Shrunk(_) => image.bytes_after,
        _ => image.bytes_before,
    }
}

fn shard(shard: &ShardRecord) -> ShardReport {
    let mut counts = Counts::default();
    for image in &shard.images {
        counts.total += 1;
        match image.outcome {
            Outcome::Shrunk(_) => counts.shrunk += 1,
            Outcome::LeftAlone(_) => counts.left_alone += 1,
            Outcome::Refused(_) => counts.refused += 1,
            Outcome::Failed(_) => counts.failed += 1,
            Outcome::NotReached => counts.not_reached += 1,
        }
    }
    ShardReport {
        path: Name::of_path(&shard.path),
        drive: drive_of(&shard.drive),
        state: match shard.state {
            ShardState::Planned => ShardStateName::Planned,
            ShardState::Done => ShardStateName::Done,
            ShardState::Skipped(_) => ShardStateName::Skipped,
            ShardState::NotReached => ShardStateName::NotReached,
        },
        counts,
        image_bytes_before: shard.images.iter().map(|image| image.bytes_before).sum(),
        image_bytes_after: shard.images.iter().map(bytes_after).sum(),
        other_files: shard.other_files,
        other_bytes: shard.other_bytes,
        kept_bytes: shard.kept_bytes,
        write_mode: shard.write_mode.clone(),
        recovered: shard.recovered.clone(),
        sidecars: sidecars(&shard.sidecars),
        commit_seconds: seconds(shard.commit),
        opening_seconds: seconds(shard.opening),
        images: shard.images.iter().map(image).collect(),
    }
}

fn sidecars(record: &SidecarRecord) -> SidecarsReport {
    let names = |list: &[OsString]| list.iter().map(|name| Name::new(name)).collect();
    SidecarsReport {
        files: record.files,
        naming_old: record.naming_old,
        rows_naming_old: record.rows_naming_old,
        updated: record.updated,
        unreadable: names(&record.unreadable),
        unreadable_rows: record.unreadable_rows,
        orphans: names(&record.orphans),
        images_without: names(&record.images_without),
        stale_latents: names(&record.stale_latents),
    }
}

fn image(image: &ImageRecord) -> ImageReport {
    let (outcome, reason) = match &image.outcome {
        Outcome::Shrunk(why) => (ImageOutcome::Shrunk, Some(reason(*why).into())),
        Outcome::LeftAlone(why) => (ImageOutcome::LeftAlone, Some(reason(*why).into())),
        Outcome::Refused(problem) => (ImageOutcome::Refused, Some(problem.code.into())),
        Outcome::Failed(problem) => (ImageOutcome::Failed, Some(problem.code.into())),
        Outcome::NotReached => (ImageOutcome::NotReached, None),
    };
    let dimensions = |size: Size| Dimensions {
        width: size.width,
        height: size.height,
    };
    ImageReport {
        name: Name::new(&image.name),
        output: image
            .output
            .as_ref()
            .filter(|&output| *output != image.name)
            .map(|output| Name::new(output)),
        format: image.format,
        outcome,
        reason,
        bytes_before: image.bytes_before,
        bytes_after: bytes_after(image),
        before: image.before.map(dimensions),
        after: image.after.map(dimensions),
        score: image.quality.as_ref().map(|quality| rounded(quality.score)),
        quality: image.quality.as_ref().map(|quality| quality.quality),
        steps: (image.steps != StepTimes::default()).then(|| {
            Box::new(Steps {
                load_us: image.steps.load_us,
                decode_us: image.steps.decode_us,
                resize_us: image.steps.resize_us,
                encode_us: image.steps.encode_us,
                verify_us: image.steps.verify_us,
                write_us: image.steps.write_us,
            })
        }),
    }
}

/// Why an image is worked on or left alone, as the field `reason` says it.
pub fn reason(why: Why) -> &'static str {
    match why {
        Why::AboveTarget => "above_target",
        Why::BelowTargetUpscaled => "below_target_upscaled",
        Why::Converted => "converted",
        Why::SmallEnough => "small_enough",
        Why::Animated => "animated",
        Why::NotRequested => "not_requested",
        Why::OtherShape => "other_shape",
        Why::NotChosen => "not_chosen",
        Why::NameTaken => "name_taken",
        Why::NotSmaller => "not_smaller",
    }
}

fn failures(shard: &ShardRecord) -> Vec<Failure> {
    let failure = |kind: FailureKind, problem: &Problem| Failure {
        kind,
        shard: Name::of_path(&shard.path),
        path: Name::of_path(&problem.path),
        code: problem.code.to_owned(),
        message: problem.message.clone(),
        advice: problem.advice.clone(),
    };
    let mut failures = Vec::new();
    if let ShardState::Skipped(problem) = &shard.state {
        failures.push(failure(FailureKind::ShardSkipped, problem));
    }
    failures.extend(shard.images.iter().filter_map(|image| match &image.outcome {
        Outcome::Failed(problem) => Some(failure(FailureKind::Failed, problem)),
        Outcome::Refused(problem) => Some(failure(FailureKind::Refused, problem)),
        _ => None,
    }));
    failures
}

/// Adds to a sum, which ends at the largest number: reports that are merged were written by others, and may say anything.
pub(super) fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

/// The sum of numbers, as [`add`] makes it.
pub(super) fn total(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

/// Sums over shards; `written_bytes` is known by the phases alone.
pub(super) fn totals(shards: &[ShardReport], written_bytes: u64) -> Totals {
    let mut totals = Totals {
        shards: shards.len() as u64,
        written_bytes,
        ..Totals::default()
    };
    for shard in shards {
        add(&mut totals.images.total, shard.counts.total);
        add(&mut totals.images.shrunk, shard.counts.shrunk);
        add(&mut totals.images.left_alone, shard.counts.left_alone);
        add(&mut totals.images.refused, shard.counts.refused);
        add(&mut totals.images.failed, shard.counts.failed);
        add(&mut totals.images.not_reached, shard.counts.not_reached);
        add(&mut totals.other_files, shard.other_files);
        add(&mut totals.other_bytes, shard.other_bytes);
        add(&mut totals.kept_bytes, shard.kept_bytes);
        for image in &shard.images {
            if image.outcome == ImageOutcome::Shrunk {
                add(&mut totals.changed_bytes_before, image.bytes_before);
                add(&mut totals.changed_bytes_after, image.bytes_after);
            } else {
                add(&mut totals.untouched_bytes, image.bytes_before);
            }
        }
    }
    totals.bytes_before = total([totals.changed_bytes_before, totals.untouched_bytes, totals.other_bytes].into_iter());
    totals.bytes_after = total([totals.changed_bytes_after, totals.untouched_bytes, totals.other_bytes].into_iter());
    totals.bytes_saved = difference(totals.bytes_before, totals.bytes_after);
    totals
}

/// Changed images by the format they had.
pub(super) fn formats(shards: &[ShardReport]) -> Vec<FormatSavings> {
    let mut sums: BTreeMap<Option<Format>, (u64, u64, u64)> = BTreeMap::new();
    for image in shards.iter().flat_map(|shard| &shard.images) {
        if image.outcome == ImageOutcome::Shrunk {
            let sum = sums.entry(image.format).or_default();
            add(&mut sum.0, 1);
            add(&mut sum.1, image.bytes_before);
            add(&mut sum.2, image.bytes_after);
        }
    }
    sums.into_iter()
        .map(|(format, (images, before, after))| FormatSavings {
            format,
            images,
            bytes_before: before,
            bytes_after: after,
            bytes_saved: difference(before, after),
            saved_share: rounded(super::format::share(difference(before, after) as f64, before as f64)),
        })
        .collect()
}

fn phases(phases: &Phases) -> PhasesReport {
    let phase = |phase: Phase| {
        let totals = phases.of(phase);
        PhaseReport {
            images: totals.images,
            bytes: totals.bytes,
            busy_seconds: seconds(totals.busy),
            cpu_seconds: totals.cpu.map(seconds),
            cpu_use: totals.cpu_share().map(rounded),
            wall_seconds: seconds(totals.wall()),
            share: rounded(phases.share(phase)),
            mean_busy_threads: rounded(totals.mean_busy_threads()),
            images_per_second: rounded(totals.mean_images_per_second()),
            megabytes_per_second: rounded(totals.mean_bytes_per_second() / 1e6),
            images_per_second_spread: spread(totals.images_per_second, 1.0),
            megabytes_per_second_spread: spread(totals.bytes_per_second, 1e6),
            waited: waited(totals),
        }
    };
    let series = |phase: Phase| SeriesCounts {
        images: phases.series.iter().map(|point: &Point| point.of(phase).images).collect(),
        bytes: phases.series.iter().map(|point: &Point| point.of(phase).bytes).collect(),
    };
    PhasesReport {
        load: phase(Phase::Load),
        process: phase(Phase::Process),
        write: phase(Phase::Write),
        io_depth: phases.io_depth as u64,
        series: SeriesReport {
            seconds: phases.series.iter().map(|point| seconds(point.span)).collect(),
            load: series(Phase::Load),
            process: series(Phase::Process),
            write: series(Phase::Write),
        },
    }
}

fn spread(spread: Spread, unit: f64) -> SpreadReport {
    SpreadReport {
        min: rounded(spread.min / unit),
        median: rounded(spread.median / unit),
        max: rounded(spread.max / unit),
    }
}

fn waited(totals: &PhaseTotals) -> WaitReport {
    WaitReport {
        input_seconds: seconds(totals.waited(Wait::Input)),
        output_seconds: seconds(totals.waited(Wait::Output)),
        memory_seconds: seconds(totals.waited(Wait::Memory)),
    }
}

pub(super) fn difference(before: u64, after: u64) -> i64 {
    let difference = i128::from(before) - i128::from(after);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

pub(super) fn seconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64())
}

/// To six decimals (a microsecond): more would be noise. What is not finite becomes 0, which JSON can say.
pub(super) fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    // Adding zero takes the sign off a negative zero.
    if rounded.is_finite() { rounded + 0.0 } else { 0.0 }
}

/// Where it ran.
pub(super) fn machine_of(machine: &Machine) -> MachineReport {
    MachineReport {
        system: machine.system.clone(),
        processor: machine.processor.clone(),
        cores: machine.cores as u64,
        memory_bytes: machine.memory_bytes,
        workers: machine.workers as u64,
        memory_budget_bytes: machine.memory_budget,
        backend: machine.backend.clone(),
        program_version: machine.version.clone(),
        codecs: machine.codecs.clone(),
    }
}

/// What a shard lies on.
pub(super) fn drive_of(drive: &Drive) -> DriveReport {
    DriveReport {
        kind: drive.kind,
        file_system: drive.file_system.clone(),
    }
}
