//! The lines as values: what `docs/events.schema.json` describes, field by field. Sizes are bytes, times seconds.

use serde::Serialize;

use crate::engine::{ImageDone, Outcome, PhaseNow, Problem, StopReason};
use crate::report::{CollisionReport, Counts, ImageOutcome, Name, ShardStateName, reason};

/// One line.
#[derive(Serialize)]
pub(super) struct Stamped<'a> {
    /// Counts every line, also those that were dropped: a gap tells how many.
    pub(super) seq: u64,
    pub(super) time: String,
    #[serde(flatten)]
    pub(super) line: Line<'a>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Begin {
        format: &'static str,
        version: u32,
        program: &'static str,
        command: &'static str,
        roots: Vec<Name>,
    },
    Planned {
        shards: u64,
        images: u64,
        bytes: u64,
        work_images: u64,
        work_bytes: u64,
        left_alone: u64,
        refused: u64,
        collisions: u64,
        interrupted: u64,
    },
    Collision(Box<CollisionReport>),
    Started {
        images: u64,
        bytes: u64,
    },
    ShardStarted {
        shard: Name,
    },
    ShardRecovered {
        shard: Name,
        summary: &'a str,
    },
    Image {
        shard: Name,
        name: Name,
        outcome: ImageOutcome,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<ProblemPart<'a>>,
        bytes_before: u64,
        bytes_after: u64,
    },
    ShardFinished {
        shard: Name,
        state: ShardStateName,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<ProblemPart<'a>>,
        changed: u64,
        saved_bytes: i64,
    },
    Notice {
        path: Name,
        message: &'a str,
    },
    Problem(ProblemPart<'a>),
    Stopping {
        reason: StopReason,
    },
    Tick {
        elapsed_seconds: f64,
        done: u64,
        total: u64,
        total_bytes: u64,
        others: u64,
        saved_bytes: i64,
        time_left_seconds: Option<f64>,
        reads_in_flight: u64,
        load: PhasePart,
        process: PhasePart,
        write: PhasePart,
    },
    Finished,
    End {
        exit_code: u8,
        result: Option<ResultPart>,
    },
}

#[derive(Serialize)]
pub(super) struct ProblemPart<'a> {
    pub(super) code: &'static str,
    pub(super) path: Name,
    pub(super) message: &'a str,
    pub(super) advice: &'a str,
}

#[derive(Serialize)]
pub(super) struct PhasePart {
    pub(super) images: u64,
    pub(super) bytes: u64,
    pub(super) images_per_second: f64,
    pub(super) bytes_per_second: f64,
    pub(super) queue: i64,
}

/// What it came to; the report has the rest.
#[derive(Serialize)]
pub(super) struct ResultPart {
    pub(super) id: String,
    pub(super) finding: String,
    pub(super) images: Counts,
    pub(super) bytes_before: u64,
    pub(super) bytes_after: u64,
    pub(super) bytes_saved: i64,
    pub(super) kept_bytes: u64,
}

impl<'a> From<&'a Problem> for ProblemPart<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self {
            code: problem.code,
            path: Name::of_path(&problem.path),
            message: &problem.message,
            advice: &problem.advice,
        }
    }
}

impl From<&PhaseNow> for PhasePart {
    fn from(phase: &PhaseNow) -> Self {
        Self {
            images: phase.images,
            bytes: phase.bytes,
            images_per_second: rounded(phase.images_per_second),
            bytes_per_second: rounded(phase.bytes_per_second),
            queue: phase.queue,
        }
    }
}

/// To a thousandth; what is not finite becomes 0, which JSON can say.
pub(super) fn rounded(value: f64) -> f64 {
    if value.is_finite() { (value * 1e3).round() / 1e3 } else { 0.0 }
}

/// An image that has its outcome.
pub(super) fn image(done: &ImageDone) -> Line<'_> {
    let (outcome, reason, problem) = match &done.outcome {
        Outcome::Shrunk(why) => (ImageOutcome::Shrunk, Some(reason(*why)), None),
        Outcome::LeftAlone(why) => (ImageOutcome::LeftAlone, Some(reason(*why)), None),
        Outcome::Refused(problem) => (ImageOutcome::Refused, Some(problem.code), Some(problem.as_ref().into())),
        Outcome::Failed(problem) => (ImageOutcome::Failed, Some(problem.code), Some(problem.as_ref().into())),
        Outcome::NotReached => (ImageOutcome::NotReached, None, None),
    };
    Line::Image {
        shard: Name::of_path(&done.shard),
        name: Name::new(&done.name),
        outcome,
        reason,
        problem,
        bytes_before: done.bytes_before,
        bytes_after: done.bytes_after,
    }
}
