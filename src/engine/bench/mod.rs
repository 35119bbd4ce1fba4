//! A benchmark: the real engine over a copy of a few images of a shard, on the same drive, with one choice varied at a time.
//! The shard itself is only read. Every run gets a fresh copy; rounds go forward and backward in turn, so that a drive or a
//! processor that grows slower is no variant's fault; medians and ranges are told, never a single run.
//!
//! What it cannot show: the copy was just written, so that a system with memory to spare answers reads from there.

mod place;
#[cfg(test)]
mod tests;
mod vary;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use thiserror::Error;
use time::OffsetDateTime;

use self::place::{Image, Place};
pub use self::vary::{BenchAxis, BenchValue};
use crate::engine::disk::{Disk, DiskError, free_space};
use crate::engine::forecast::drawn;
use crate::engine::metrics::{Drive, Event, Kind, Machine, Notice, Outcome, Phase, Record, StopReason};
use crate::engine::plan::Plan;
use crate::engine::run::{Control, Engine, Handle, run_id, this_machine, workers};
use crate::engine::scan::ScanError;
use crate::engine::settings::{ChooseSettings, Collisions, Settings};

/// Rounds below which a median means little.
pub const FEWEST_ROUNDS: u32 = 3;

/// Room that is left on the drive beyond the copy and its replacements.
const SPARE: u64 = 64 << 20;

/// What is asked of a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchAsk {
    /// The shard of the plan whose images are copied.
    pub shard: PathBuf,
    /// What is varied, each by itself.
    pub axes: Vec<BenchAxis>,
    /// How often each variant runs; at least [`FEWEST_ROUNDS`] are made.
    pub rounds: u32,
    /// Images that are copied at most.
    pub most_images: usize,
    /// Their bytes at most; one image is copied however large it is.
    pub most_bytes: u64,
    /// This machine has a graphics card that is no software: it is varied, too.
    pub card: bool,
}

impl BenchAsk {
    /// All choices but a graphics card, three rounds, up to 64 images of up to 96 MiB together.
    pub fn of(shard: PathBuf) -> Self {
        Self {
            shard,
            axes: BenchAxis::ALL.to_vec(),
            rounds: FEWEST_ROUNDS,
            most_images: 64,
            most_bytes: 96 << 20,
            card: false,
        }
    }
}

/// What a benchmark measured.
#[derive(Debug, Clone)]
pub struct BenchRecord {
    /// Unique name; sorts by time.
    pub id: String,
    /// When it began, UTC.
    pub started: OffsetDateTime,
    /// From begin to end, copying included.
    pub wall: Duration,
    /// The shard whose images were copied.
    pub shard: PathBuf,
    /// What it lies on.
    pub drive: Drive,
    /// Where it ran.
    pub machine: Machine,
    /// The settings in force, against which everything is compared.
    pub settings: Settings,
    /// Images that were copied.
    pub images: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Images of the shard that have work.
    pub of_images: u64,
    /// Rounds that were asked for.
    pub rounds: u32,
    /// The settings in force first, then one entry a value that was tried.
    pub variants: Vec<BenchVariant>,
    /// It was stopped before all rounds were made.
    pub stopped: bool,
    /// What a person should know.
    pub notices: Vec<Notice>,
}

/// One variant and its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchVariant {
    /// What is different from the settings in force; `None`: nothing.
    pub value: Option<BenchValue>,
    /// One entry a round.
    pub runs: Vec<BenchRun>,
}

/// One run over the copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchRun {
    /// From begin to end.
    pub wall: Duration,
    /// Time that the threads of load, process and write were at work.
    pub busy: [Duration; 3],
    /// Processor time of those threads while they were at work, all three together; `None` where the system does not tell.
    pub cpu: Option<Duration>,
    /// Images that were replaced.
    pub images: u64,
    /// Images that failed.
    pub failed: u64,
    /// Bytes of the files afterwards.
    pub bytes_after: u64,
}

impl BenchRun {
    fn of(record: &Record) -> Self {
        let images = || record.shards.iter().flat_map(|shard| &shard.images);
        let count = |wanted: fn(&Outcome) -> bool| images().filter(|image| wanted(&image.outcome)).count() as u64;
        Self {
            wall: record.wall,
            busy: Phase::ALL.map(|phase| record.phases.of(phase).busy),
            cpu: Phase::ALL
                .iter()
                .filter_map(|&phase| record.phases.of(phase).cpu)
                .reduce(Duration::saturating_add),
            images: count(|outcome| matches!(outcome, Outcome::Shrunk(_))),
            failed: count(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Refused(_))),
            bytes_after: images().map(|image| image.bytes_after).sum(),
        }
    }
}

/// How far a benchmark is.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchProgress {
    /// Runs that are over.
    pub done: u32,
    /// Runs in all, the first of which only warms up.
    pub of: u32,
    /// What is being tried; `None`: the settings in force.
    pub now: Option<BenchValue>,
    /// Since it began.
    pub elapsed: Duration,
}

/// Why there is no benchmark, or no more of it. The shard was only read in any case.
#[derive(Debug, Error)]
pub enum BenchError {
    /// There is nothing to measure.
    #[error("{} has no images to shrink that could be read. Nothing was touched. Choose another shard, or a smaller target", shard.display())]
    NothingToDo {
        /// The shard.
        shard: PathBuf,
    },
    /// No folder for the copy.
    #[error("{message}. A benchmark needs a folder beside the shard, on its drive; the shard was not touched. Make {} writable, or copy the shard to where you may write", folder.display())]
    Place {
        /// Where it would lie.
        folder: PathBuf,
        /// What the system said.
        message: String,
    },
    /// The folder beside the shard lies on another drive.
    #[error("{} is the root of its drive, and the folder above it lies on another one. A benchmark there would measure the wrong drive. Nothing was touched. Name a folder inside it", shard.display())]
    OtherDrive {
        /// The shard.
        shard: PathBuf,
    },
    /// Not enough room.
    #[error("The benchmark needs {needed} bytes in {}, and {free} are free. Nothing was touched. Make room, or measure fewer images", folder.display())]
    NoSpace {
        /// Where the copy would lie.
        folder: PathBuf,
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
    /// A run could not be carried out.
    #[error("{message}. The shard was not touched; the copy that was measured is removed")]
    Run {
        /// What happened.
        message: String,
    },
}

impl From<DiskError> for BenchError {
    fn from(error: DiskError) -> Self {
        Self::Run {
            message: error.to_string(),
        }
    }
}

impl From<ScanError> for BenchError {
    fn from(error: ScanError) -> Self {
        let message = error.to_string();
        Self::Run {
            message: message.trim_end_matches('.').to_owned(),
        }
    }
}

impl Engine {
    /// Measures variants of the plan's settings on a copy of a few images of one of its shards.
    ///
    /// `news` gets how far it is and what is known so far, before every run. A stop through `control` ends it at once;
    /// what was measured until then is in the record.
    ///
    /// # Errors
    /// There is nothing to measure, or no place to do it.
    pub fn benchmark(
        &self,
        plan: &Plan,
        ask: &BenchAsk,
        control: &Control,
        mut news: impl FnMut(&BenchProgress, &BenchRecord),
    ) -> Result<BenchRecord, BenchError> {
        let begun = Instant::now();
        let images = sample(self.disk.as_ref(), plan, ask, control)?;
        let mut record = self.empty_record(plan, ask, &images);
        let parent = ask
            .shard
            .parent()
            .ok_or_else(|| BenchError::OtherDrive { shard: ask.shard.clone() })?;
        enough_space(parent, record.bytes)?;
        let place = Place::new(Arc::clone(&self.disk), parent, &record.id)?;
        if place.same_drive(&ask.shard.join(&images[0].name)) == Some(false) {
            return Err(BenchError::OtherDrive { shard: ask.shard.clone() });
        }
        let rounds = ask.rounds.max(FEWEST_ROUNDS);
        let of = 1 + rounds * record.variants.len() as u32;
        let mut tell = |done: u32, now: Option<BenchValue>, record: &BenchRecord| {
            let elapsed = begun.elapsed();
            news(&BenchProgress { done, of, now, elapsed }, record);
        };
        let base = settings_of_copy(&plan.settings);
        let turns = (0..rounds).flat_map(|round| {
            let count = record.variants.len();
            (0..count).map(move |n| if round % 2 == 0 { n } else { count - 1 - n })
        });
        // The first run finds cold caches and fresh threads; it is made for the others' sake and not counted.
        let turns: Vec<Option<usize>> = std::iter::once(None).chain(turns.map(Some)).collect();
        for (done, turn) in (0..).zip(turns) {
            let value = turn.and_then(|at| record.variants[at].value);
            tell(done, value, &record);
            let mut settings = base.clone();
            if let Some(value) = value {
                value.apply(&mut settings);
            }
            let Some(run) = self.once(&place, &images, &settings, control)? else {
                record.stopped = true;
                break;
            };
            if let Some(at) = turn {
                record.variants[at].runs.push(run);
            }
        }
        if let Err(error) = place.close() {
            record.notices.push(Notice {
                path: parent.to_owned(),
                message: format!("The folder of the benchmark could not be removed: {error}. The next benchmark here removes it."),
            });
        }
        record.wall = begun.elapsed();
        if !record.stopped {
            tell(of, None, &record);
        }
        Ok(record)
    }

    /// One run over a fresh copy; `None` where it was stopped.
    fn once(&self, place: &Place, images: &[Image], settings: &Settings, control: &Control) -> Result<Option<BenchRun>, BenchError> {
        if control.stopped().is_some() {
            return Ok(None);
        }
        let copy = place.fill(images)?;
        let roots = vec![copy];
        // Nothing that a forecast made already may spare this run its work.
        let engine = Engine {
            disk: Arc::clone(&self.disk),
            backend: Arc::clone(&self.backend),
            data: self.data.clone(),
            sampled: Mutex::default(),
            patience: self.patience,
        };
        let plan = engine.plan(&roots, settings)?;
        let running = Running(Some(engine.start(plan, roots, Kind::Run, None)));
        let record = running.watch(control)?;
        place.empty()?;
        match record.stopped {
            Some(StopReason::Asked | StopReason::Insisted) => Ok(None),
            Some(StopReason::DiskFull) => Err(BenchError::Run {
                message: "The drive is full".to_owned(),
            }),
            Some(StopReason::TooManyFailures) => Err(BenchError::Run {
                message: "Too many files of the copy in a row could not be read or written".to_owned(),
            }),
            None => Ok(Some(BenchRun::of(&record))),
        }
    }

    fn empty_record(&self, plan: &Plan, ask: &BenchAsk, images: &[Image]) -> BenchRecord {
        let started = OffsetDateTime::now_utc();
        let shard = plan.shards.iter().find(|shard| shard.inventory.path == ask.shard);
        let machine = this_machine(&plan.settings, &self.backend.name());
        let mut values = vec![None];
        for axis in &ask.axes {
            let tried = axis.values(&plan.settings, workers(&plan.settings), machine.cores, ask.card);
            values.extend(tried.into_iter().map(Some));
        }
        let mut notices = Vec::new();
        let sidecars = &plan.settings.sidecars;
        if sidecars.update || sidecars.tag_flattened.is_some() {
            notices.push(Notice {
                path: ask.shard.clone(),
                message: "Sidecars are not part of the benchmark; updating them costs a little more.".to_owned(),
            });
        }
        BenchRecord {
            id: run_id(started),
            started,
            wall: Duration::ZERO,
            shard: ask.shard.clone(),
            drive: self.disk.drive(&ask.shard),
            machine,
            settings: plan.settings.clone(),
            images: images.len() as u64,
            bytes: images.iter().map(|image| image.bytes.len() as u64).sum(),
            of_images: shard.map_or(0, |shard| shard.work().count() as u64),
            rounds: ask.rounds.max(FEWEST_ROUNDS),
            variants: values.into_iter().map(|value| BenchVariant { value, runs: Vec::new() }).collect(),
            stopped: false,
            notices,
        }
    }
}

/// A run that is never left alone: a panic of whoever watches it ends it.
struct Running(Option<Handle>);

impl Running {
    /// Waits for the end; a stop of the benchmark stops it at once.
    fn watch(mut self, control: &Control) -> Result<Record, BenchError> {
        let Some(handle) = &self.0 else {
            return Err(BenchError::Run {
                message: "The run did not begin".to_owned(),
            });
        };
        loop {
            if control.stopped().is_some() {
                handle.control.stop(StopReason::Insisted);
            }
            match handle.events.recv_timeout(Duration::from_millis(20)) {
                Ok(Event::Finished) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
        let ended = self.0.take().map(Handle::join);
        ended.and_then(Result::ok).ok_or_else(|| BenchError::Run {
            message: "Names in the copy collide".to_owned(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.control.stop(StopReason::Insisted);
            // Its own panic would end the program while another one is under way.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| handle.join()));
        }
    }
}

/// The images to copy, drawn as those of a forecast, in memory. An image that cannot be read is passed over.
fn sample(disk: &dyn Disk, plan: &Plan, ask: &BenchAsk, control: &Control) -> Result<Vec<Image>, BenchError> {
    let (mut images, mut bytes) = (Vec::new(), 0_u64);
    let mut alone = plan.clone();
    alone.shards.retain(|shard| shard.inventory.path == ask.shard);
    for (shard, image) in drawn(&alone, ask.most_images) {
        if control.stopped().is_some() || images.len() >= ask.most_images {
            break;
        }
        let found = &alone.shards[shard].inventory.images[image];
        if !images.is_empty() && bytes.saturating_add(found.bytes()) > ask.most_bytes {
            continue;
        }
        let read = disk
            .open(&ask.shard.join(&found.name))
            .and_then(|file| file.read_all(found.bytes()));
        if let Ok(read) = read {
            bytes += read.len() as u64;
            images.push(Image {
                name: found.name.clone(),
                bytes: read,
            });
        }
    }
    if images.is_empty() {
        return Err(BenchError::NothingToDo { shard: ask.shard.clone() });
    }
    Ok(images)
}

/// Everything that says how, nothing that says which: the copy holds what was chosen.
fn settings_of_copy(settings: &Settings) -> Settings {
    let mut copy = settings.clone();
    copy.choose = ChooseSettings {
        convert: settings.choose.convert.clone(),
        also: settings.choose.also.clone(),
        skip_unless_smaller: settings.choose.skip_unless_smaller,
        min_saving: settings.choose.min_saving,
        ..ChooseSettings::default()
    };
    copy.safety.collisions = Collisions::Skip;
    copy.sidecars = Default::default();
    copy
}

/// The copy and as much again for its replacements, and a reserve for everybody else.
fn enough_space(folder: &std::path::Path, bytes: u64) -> Result<(), BenchError> {
    let needed = bytes.saturating_mul(2).saturating_add(SPARE);
    match free_space(folder) {
        Some(free) if free < needed => Err(BenchError::NoSpace {
            folder: folder.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}
