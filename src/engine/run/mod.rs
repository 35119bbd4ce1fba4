//! The pipeline: load, process and write overlap, joined by channels whose contents are bounded in bytes.
//!
//! ```text
//! driver (one a shard in flight) ──jobs──▶ loaders ──bytes──▶ workers ──replacements──▶ committer (one a shard in flight)
//!    lock, recover, look again            gate: depth         decode … verify           batches: journal … retire
//! ```
//! The drive decides how many shards and reads are in flight, the cores how many workers; neither waits for the other
//! except through the budgets.

mod budget;
#[cfg(test)]
mod card_tests;
mod control;
mod depth;
mod drive;
mod engine;
mod kept;
mod load;
mod look;
mod machine;
mod priority;
mod problem;
mod scanned;
#[cfg(test)]
mod scanned_tests;
mod shard;
mod sidecars;
#[cfg(test)]
mod tests;
mod work;
mod write;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded, unbounded};

use self::budget::Budgets;
use self::depth::{Climber, Gate};
use self::shard::ShardRun;
use crate::engine::commit::Mounts;
use crate::engine::disk::Disk;
use crate::engine::forecast::Kept;
use crate::engine::metrics::{Event, Kind, Metrics, Notice, Phase, ShardRecord, ShardState, StopReason};
use crate::engine::plan::{Plan, ShardPlan};
use crate::engine::resize::Backend;
use crate::engine::settings::Settings;

pub use control::Control;
pub(in crate::engine) use engine::run_id;
pub use engine::{Blocked, Engine, Handle, Recovered};
pub use kept::{KeptOutcome, ShardStatus};
pub use look::{Library, LibraryShard, Measured, NoLook, ShardLook};
pub use machine::{drives, memory_budget, this_machine, workers};
pub use scanned::{Ground, ScanNews, Scanned};

/// What every thread of a run may use.
struct Shared {
    run: String,
    kind: Kind,
    settings: Settings,
    disk: Arc<dyn Disk>,
    backend: Arc<dyn Backend>,
    control: Arc<Control>,
    metrics: Arc<Metrics>,
    events: Sender<Event>,
    budgets: Budgets,
    gate: Gate,
    probe_pool: Arc<rayon::ThreadPool>,
    /// Made already, for the forecast.
    sampled: Kept,
    /// Shards given up since something last worked.
    given_up: AtomicU32,
    shards: Vec<Arc<ShardPlan>>,
    next_shard: AtomicUsize,
    /// How long is waited for a shard that another run works on.
    patience: Duration,
    /// Shards that another run worked on when their turn came, to be tried again after all others.
    put_off: Mutex<Vec<usize>>,
    records: Mutex<Vec<Option<ShardRecord>>>,
    notices: Mutex<Vec<Notice>>,
    reading_turn: Mutex<()>,
    /// Network mounts that were tried out.
    mounts: Mounts,
}

/// A folder that went away or lost its permissions fails every file; there is no point in asking it a million times.
const FAILURES_IN_A_ROW: u32 = 200;

/// Shards given up without a single success between them before the whole run stops: the drive is gone.
const SHARDS_IN_A_ROW: u32 = 2;

/// Jobs that wait for a loader. Small, so that a stop takes effect at once.
const JOBS_AHEAD: usize = 16;

/// How often depth and series are looked at.
const TICK: Duration = Duration::from_millis(250);

/// Ticks in one point of the one-second series.
const TICKS_A_POINT: u32 = 4;

impl Shared {
    fn event(&self, event: Event) {
        // A listener that went away is no reason to stop.
        let _ = self.events.send(event);
    }

    fn notice(&self, path: PathBuf, message: String) {
        let notice = Notice { path, message };
        self.event(Event::Notice(notice.clone()));
        lock(&self.notices).push(notice);
    }

    fn notices(&self, notices: impl IntoIterator<Item = Notice>) {
        for Notice { path, message } in notices {
            self.notice(path, message);
        }
    }

    fn stop(&self, reason: StopReason) {
        if self.control.stop(reason) {
            self.event(Event::Stopping(reason));
        }
    }

    /// A read or a commit succeeded.
    fn worked(&self, shard: &ShardRun, phase: Phase) {
        shard.worked(phase);
        self.given_up.store(0, Ordering::Relaxed);
    }

    /// A read or a commit failed in a way that the drive or the folder is to blame for.
    fn failed_in_a_row(&self, shard: &ShardRun, phase: Phase) {
        if shard.failed_in_a_row(phase) != FAILURES_IN_A_ROW {
            return;
        }
        shard.give_up();
        let path = shard.plan.inventory.path.clone();
        self.notice(
            path,
            format!("{FAILURES_IN_A_ROW} files in a row could not be read or written; the rest of this shard is left untouched."),
        );
        if self.given_up.fetch_add(1, Ordering::Relaxed) + 1 >= SHARDS_IN_A_ROW {
            self.stop(StopReason::TooManyFailures);
        }
    }

    fn put_record(&self, index: usize, record: ShardRecord) {
        lock(&self.records)[index] = Some(record);
    }

    /// Held while one local folder is read.
    fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.reading_turn)
    }
}

/// A panic of another thread is reported by its owner; what it guarded is plain data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the caller of the pipeline provides.
struct Parts {
    run: String,
    kind: Kind,
    disk: Arc<dyn Disk>,
    backend: Arc<dyn Backend>,
    control: Arc<Control>,
    metrics: Arc<Metrics>,
    events: Sender<Event>,
    sampled: Kept,
    patience: Duration,
    probe_pool: Arc<rayon::ThreadPool>,
}

/// Works on every shard of the plan. Returns one record a shard, in the plan's order, and the notices.
fn pipeline(plan: Plan, parts: Parts) -> (Vec<ShardRecord>, Vec<Notice>) {
    let workers = workers(&plan.settings);
    let drive = plan.busiest_drive().kind;
    let (first, most) = match plan.settings.machine.io {
        Some(pinned) => (pinned.max(1), pinned.max(1)),
        None => depth::range_for(drive),
    };
    let count = plan.shards.len();
    let totals = plan.totals();
    let unreadable = plan.unreadable;
    parts.metrics.set_total(totals.work_images, totals.work_bytes);
    let shared = Shared {
        run: parts.run,
        kind: parts.kind,
        budgets: Budgets::new(memory_budget(&plan.settings)),
        settings: plan.settings,
        disk: parts.disk,
        backend: parts.backend,
        control: parts.control,
        metrics: parts.metrics,
        events: parts.events,
        gate: Gate::new(first),
        probe_pool: parts.probe_pool,
        sampled: parts.sampled,
        given_up: AtomicU32::new(0),
        shards: plan.shards.into_iter().map(Arc::new).collect(),
        next_shard: AtomicUsize::new(0),
        patience: parts.patience,
        put_off: Mutex::default(),
        records: Mutex::new((0..count).map(|_| None).collect()),
        notices: Mutex::default(),
        reading_turn: Mutex::default(),
        mounts: Mounts::default(),
    };
    shared.metrics.depth(first);
    shared.event(Event::Started {
        images: totals.work_images,
        bytes: totals.work_bytes,
    });
    let over = AtomicBool::new(false);
    let in_flight = depth::shards_in_flight(drive).min(count);
    thread::scope(|scope| {
        let (jobs, to_load) = bounded(JOBS_AHEAD);
        let (loaded, to_work) = unbounded();
        let shared = &shared;
        let mut threads = Vec::new();
        let mut refused = None;
        let mut start = |work: Box<dyn FnOnce() + Send>| match thread::Builder::new().spawn_scoped(scope, work) {
            Ok(thread) => threads.push(thread),
            Err(error) => refused = Some(error),
        };
        // The first of each before the second of any: with one of each everything gets done.
        for n in 0..in_flight.max(most).max(workers) {
            if n < workers {
                let to_work = to_work.clone();
                start(Box::new(move || work::run(shared, &to_work)));
            }
            if n < most {
                let (to_load, loaded) = (to_load.clone(), loaded.clone());
                start(Box::new(move || load::run(shared, &to_load, &loaded)));
            }
            if n < in_flight {
                let jobs = jobs.clone();
                start(Box::new(move || drive::run(shared, &jobs)));
            }
        }
        if let Some(error) = refused {
            shared.notice(
                PathBuf::new(),
                format!("The system refuses to start more threads ({error}); the run goes on with fewer, if any."),
            );
        }
        drop((jobs, to_load, loaded, to_work));
        let ticking = thread::Builder::new().spawn_scoped(scope, || tick(shared, &over, most, workers));
        for thread in threads {
            if thread.join().is_err() {
                shared.notice(
                    PathBuf::new(),
                    "An internal error ended a thread of the run; originals without a replacement are safe.".into(),
                );
            }
        }
        over.store(true, Ordering::Relaxed);
        if let Ok(ticking) = ticking {
            ticking.thread().unpark();
        }
    });
    shared.event(Event::Finished);
    let records = lock(&shared.records)
        .iter_mut()
        .zip(&shared.shards)
        .map(|(record, plan)| {
            record
                .take()
                .unwrap_or_else(|| shard::untouched(plan, &shared.settings, ShardState::NotReached))
        })
        .collect();
    let mut records: Vec<ShardRecord> = records;
    records.extend(unreadable.into_iter().map(shard::unreadable));
    let notices = std::mem::take(&mut *lock(&shared.notices));
    (records, notices)
}

/// Feeds the series and lets the number of reads in flight find itself.
fn tick(shared: &Shared, over: &AtomicBool, most: usize, workers: usize) {
    let mut climber = Climber::new(most);
    let look = || {
        let phases = shared.metrics.phases();
        (Instant::now(), phases.load.bytes, phases.process.waited_input)
    };
    let mut last = look();
    let mut paused = false;
    for n in 1.. {
        thread::park_timeout(TICK);
        if over.load(Ordering::Relaxed) {
            break;
        }
        remarks(shared);
        // What happens, or does not, in a pause says nothing about the drive.
        if shared.control.is_paused() {
            paused = true;
            continue;
        }
        if std::mem::take(&mut paused) {
            shared.metrics.resumed();
            climber = Climber::new(most);
            last = look();
        }
        if n % TICKS_A_POINT == 0 {
            shared.metrics.tick();
        }
        if n % (2 * TICKS_A_POINT) == 0 && shared.settings.machine.io.is_none() {
            let now = look();
            let secs = (now.0 - last.0).as_secs_f64().max(1e-3);
            let rate = now.1.saturating_sub(last.1) as f64 / secs;
            let starved = now.2.saturating_sub(last.2).as_secs_f64() > 0.25 * secs * workers as f64;
            let before = shared.gate.limit();
            let limit = climber.look(now.0, before, rate, starved);
            if limit != before {
                shared.event(Event::Depth { before, now: limit });
            }
            shared.gate.set_limit(limit);
            shared.metrics.depth(limit);
            last = now;
        }
    }
    // The rest of the last second.
    shared.metrics.tick();
    remarks(shared);
}

/// What the backend has to say.
fn remarks(shared: &Shared) {
    let root = shared.shards.first().map(|shard| shard.inventory.path.clone()).unwrap_or_default();
    for remark in shared.backend.remarks() {
        shared.notice(root.clone(), remark);
    }
}
