//! One shard on its way: what is still to do, what became of each image.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::engine::metrics::{
    Drive, DriveKind, Event, ImageDone, ImageRecord, Metrics, Outcome, Phase, Problem, ShardRecord, ShardState, SidecarRecord, StepTimes,
};
use crate::engine::plan::{self, Action, ShardPlan};
use crate::engine::scan::Content;
use crate::engine::settings::Settings;

/// Shared by every thread that handles an image of the shard.
pub(super) struct ShardRun {
    pub(super) plan: Arc<ShardPlan>,
    outcomes: Mutex<Vec<Option<ImageRecord>>>,
    /// Images without an outcome.
    unfinished: AtomicUsize,
    /// Nothing more can be committed here.
    given_up: AtomicBool,
    /// Failures since something last worked. Reads and commits apart: a folder that lost its permissions is still read well.
    read_failures: AtomicU32,
    commit_failures: AtomicU32,
    /// Wall time of its batches, microseconds.
    commit_us: AtomicU64,
    metrics: Arc<Metrics>,
    events: Sender<Event>,
    /// Sidecars that were changed together with their images.
    updated_sidecars: AtomicU64,
}

impl ShardRun {
    /// Images without work have their outcome at once.
    pub(super) fn new(plan: Arc<ShardPlan>, settings: &Settings, metrics: Arc<Metrics>, events: Sender<Event>) -> Self {
        let outcomes: Vec<Option<ImageRecord>> = (0..plan.actions.len())
            .map(|i| match &plan.actions[i] {
                Action::Shrink { .. } => None,
                Action::LeaveAlone(why) => Some(record(&plan, settings, i, Outcome::LeftAlone(*why))),
                Action::Refuse(problem) => Some(record(&plan, settings, i, Outcome::Refused(problem.clone()))),
            })
            .collect();
        Self {
            plan,
            unfinished: AtomicUsize::new(outcomes.iter().filter(|outcome| outcome.is_none()).count()),
            outcomes: Mutex::new(outcomes),
            given_up: AtomicBool::new(false),
            read_failures: AtomicU32::new(0),
            commit_failures: AtomicU32::new(0),
            commit_us: AtomicU64::new(0),
            metrics,
            events,
            updated_sidecars: AtomicU64::new(0),
        }
    }

    /// Nothing more can be committed here: the journal or the folder cannot be written. What is left stays untouched.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether it makes sense to read another image of this shard.
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// So many sidecars were changed until now.
    pub(super) fn set_updated_sidecars(&self, count: usize) {
        self.updated_sidecars.store(count as u64, Ordering::Relaxed);
    }

    fn failures(&self, phase: Phase) -> &AtomicU32 {
        if phase == Phase::Load {
            &self.read_failures
        } else {
            &self.commit_failures
        }
    }

    /// A read or a commit succeeded.
    pub(super) fn worked(&self, phase: Phase) {
        self.failures(phase).store(0, Ordering::Relaxed);
    }

    /// A read or a commit failed; how many have now in a row.
    pub(super) fn failed_in_a_row(&self, phase: Phase) -> u32 {
        self.failures(phase).fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A batch took so long to commit.
    pub(super) fn committed(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commit_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// Full path of an image.
    pub(super) fn image_path(&self, image: usize) -> PathBuf {
        self.plan.inventory.path.join(&self.plan.inventory.images[image].name)
    }

    /// The image has its outcome. The first one counts: every image ends in exactly one.
    pub(super) fn ended(&self, image: usize, record: ImageRecord) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        if outcomes[image].is_some() {
            return;
        }
        let saved = match record.outcome {
            Outcome::Shrunk(_) => record.bytes_before as i64 - record.bytes_after as i64,
            _ => 0,
        };
        if record.outcome != Outcome::NotReached {
            self.metrics.finished(saved, true);
        }
        // A listener that went away is no reason to stop.
        let _ = self.events.send(Event::ImageDone(Box::new(ImageDone {
            shard: self.plan.inventory.path.clone(),
            name: record.name.clone(),
            outcome: record.outcome.clone(),
            bytes_before: record.bytes_before,
            bytes_after: record.bytes_after,
        })));
        outcomes[image] = Some(record);
        self.unfinished.fetch_sub(1, Ordering::Relaxed);
    }

    /// Images that still have no outcome.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.load(Ordering::Relaxed)
    }

    /// Work on the image went wrong; it is untouched.
    pub(super) fn failed(&self, settings: &Settings, image: usize, problem: Problem, steps: StepTimes) {
        let mut record = record(&self.plan, settings, image, Outcome::Failed(Box::new(problem)));
        record.steps = steps;
        self.ended(image, record);
    }

    /// Takes what became of the images; those without an outcome were not reached.
    pub(super) fn take_record(&self, settings: &Settings) -> ShardRecord {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let images: Vec<ImageRecord> = std::mem::take(&mut *outcomes)
            .into_iter()
            .enumerate()
            .map(|(i, r)| r.unwrap_or_else(|| record(&self.plan, settings, i, Outcome::NotReached)))
            .collect();
        let reached = images.iter().all(|i| i.outcome != Outcome::NotReached);
        let state = if reached { ShardState::Done } else { ShardState::NotReached };
        let mut record = ShardRecord {
            images,
            state,
            commit: Duration::from_micros(self.commit_us.load(Ordering::Relaxed)),
            ..shard_record(&self.plan)
        };
        record.sidecars.updated = self.updated_sidecars.load(Ordering::Relaxed);
        record
    }
}

/// The record of a shard that was not worked on.
pub(super) fn untouched(plan: &ShardPlan, settings: &Settings, state: ShardState) -> ShardRecord {
    let images = (0..plan.actions.len())
        .map(|i| {
            let outcome = match &plan.actions[i] {
                Action::Shrink { why, .. } if state == ShardState::Planned => Outcome::Shrunk(*why),
                Action::Shrink { .. } => Outcome::NotReached,
                Action::LeaveAlone(why) => Outcome::LeftAlone(*why),
                Action::Refuse(problem) => Outcome::Refused(problem.clone()),
            };
            record(plan, settings, i, outcome)
        })
        .collect();
    ShardRecord {
        images,
        state,
        ..shard_record(plan)
    }
}

/// The record of a folder that could not be looked into.
pub(super) fn unreadable(problem: Problem) -> ShardRecord {
    ShardRecord {
        path: problem.path.clone(),
        drive: Drive {
            kind: DriveKind::Unknown,
            file_system: String::new(),
        },
        state: ShardState::Skipped(problem),
        images: Vec::new(),
        other_files: 0,
        other_bytes: 0,
        kept_bytes: 0,
        write_mode: String::new(),
        recovered: None,
        collisions: Vec::new(),
        sidecars: SidecarRecord::default(),
        commit: Duration::ZERO,
        opening: Duration::ZERO,
    }
}

fn shard_record(plan: &ShardPlan) -> ShardRecord {
    ShardRecord {
        path: plan.inventory.path.clone(),
        drive: plan.inventory.drive.clone(),
        state: ShardState::Planned,
        images: Vec::new(),
        other_files: plan.inventory.other_files,
        other_bytes: plan.inventory.other_bytes,
        kept_bytes: 0,
        write_mode: String::new(),
        recovered: None,
        collisions: plan.collisions.clone(),
        sidecars: plan.sidecars.clone(),
        commit: Duration::ZERO,
        opening: Duration::ZERO,
    }
}

/// What is known of an image from its header and the plan.
pub(super) fn record(plan: &ShardPlan, settings: &Settings, image: usize, outcome: Outcome) -> ImageRecord {
    let found = &plan.inventory.images[image];
    let (format, before, after) = match &found.content {
        Content::Image(header) => {
            let (before, after) = plan::sizes(header, settings);
            (
                Some(header.format),
                Some(before),
                matches!(outcome, Outcome::Shrunk(_)).then_some(after),
            )
        }
        Content::Refused(_) | Content::Foreign(_) => (None, None, None),
    };
    let output = match (&outcome, &plan.actions[image]) {
        (Outcome::Shrunk(_), Action::Shrink { output, .. }) => Some(output.clone()),
        _ => None,
    };
    ImageRecord {
        name: found.name.clone(),
        format,
        outcome,
        bytes_before: found.bytes(),
        bytes_after: found.bytes(),
        before,
        after,
        output,
        steps: StepTimes::default(),
        quality: None,
    }
}
