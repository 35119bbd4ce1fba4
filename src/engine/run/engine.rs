//! The front door: scan and plan, estimate, start, recover.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{Control, Parts, depth, lock, machine, pipeline, priority, problem};
use crate::engine::commit;
use crate::engine::disk::{Disk, RealDisk, weak_sync};
use crate::engine::forecast::{self, Kept, Means, Predictions};
use crate::engine::metrics::{
    CardRecord, Collision, Estimate, Event, Kind, Metrics, Notice, PastWrites, Phases, Problem, Record, ShardRecord, ShardState, Why,
};
use crate::engine::plan::{Action, Plan, look_at_sidecars};
use crate::engine::preview::Preview;
use crate::engine::resize::{Backend, Both, Cpu, Prospect};
use crate::engine::scan::{self, FoundImage, ScanError};
use crate::engine::settings::Settings;

/// Scans, plans and runs. Cheap to make; holds nothing between calls but the file system, the backend, and the replacements
/// of the last sample for the run that follows.
pub struct Engine {
    pub(in crate::engine) disk: Arc<dyn Disk>,
    /// Resizes single images; a run has a backend of its own, as its settings want it.
    pub(in crate::engine) backend: Arc<dyn Backend>,
    /// Where the program keeps its data.
    pub(in crate::engine) data: Option<PathBuf>,
    pub(in crate::engine) sampled: Mutex<Kept>,
    /// How long a run waits for a shard that another one works on.
    pub(in crate::engine) patience: Duration,
}

/// A run that is under way on threads of its own.
pub struct Handle {
    /// What happens, in order. Must be read: it is bounded.
    pub events: Receiver<Event>,
    /// To stop and to pause.
    pub control: Arc<Control>,
    /// To look how far it is.
    pub metrics: Arc<Metrics>,
    backend: Arc<dyn Backend>,
    thread: JoinHandle<Result<Record, Blocked>>,
}

/// Nothing was begun: more than one file wants the same name.
#[derive(Debug)]
pub struct Blocked {
    /// Shard and collision.
    pub collisions: Vec<(PathBuf, Collision)>,
    /// Shards whose earlier run was brought to an end before the names were compared, with what was done.
    pub recovered: Vec<(PathBuf, String)>,
}

/// What became of one folder that was asked to be recovered.
#[derive(Debug)]
pub struct Recovered {
    /// The shard.
    pub path: PathBuf,
    /// What was done; `None` where there was nothing to do.
    pub summary: Option<String>,
    /// What only a person can decide.
    pub alarms: Vec<Problem>,
    /// What a person should know.
    pub notices: Vec<Notice>,
    /// It could not be locked or read.
    pub problem: Option<Problem>,
}

/// Events that may wait for a slow listener before the run waits too.
const EVENTS_AHEAD: usize = 8192;

impl Default for Engine {
    fn default() -> Self {
        Self {
            disk: Arc::new(RealDisk),
            backend: Arc::new(Cpu),
            data: None,
            sampled: Mutex::default(),
            patience: Duration::ZERO,
        }
    }
}

impl Engine {
    /// On another file system than the real one.
    #[cfg(test)]
    pub(in crate::engine) fn on(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            backend: Arc::new(Cpu),
            data: None,
            sampled: Mutex::default(),
            patience: Duration::ZERO,
        }
    }

    /// Remembers in this folder what has to outlive the program: a graphics driver that crashed it.
    #[must_use]
    pub fn marking_in(mut self, data: Option<PathBuf>) -> Self {
        self.data = data;
        self
    }

    /// Has a run wait so long for each shard that another run works on, after all the others, before it leaves that shard out.
    /// Without this it does not wait.
    #[must_use]
    pub fn waiting_for_others(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Who shows single images of a plan, before and after.
    pub fn preview(&self) -> Preview {
        Preview::new(Arc::clone(&self.disk), Arc::clone(&self.backend))
    }

    /// Works on a sample in memory and predicts bytes and time of carrying the plan out. Writes nothing.
    ///
    /// `past`: what writing cost in earlier runs, the newest first; without it the kind of the drive has to do. `news` gets
    /// the estimate as its ranges narrow, at most ten times a second. A stop through `control` ends the sample; what was
    /// sampled until then is used.
    pub fn estimate(&self, plan: &Plan, past: &[PastWrites], control: &Control, mut news: impl FnMut(&Estimate)) -> Estimate {
        self.predict(plan, past, control, |estimate, _| news(estimate)).0
    }

    /// As [`estimate`](Self::estimate), where the run follows at once, whatever it says: fewer replacements are judged, since that is the
    /// only work which the run is not spared.
    pub fn estimate_on_the_way(&self, plan: &Plan, past: &[PastWrites], control: &Control, mut news: impl FnMut(&Estimate)) -> Estimate {
        self.forecast_with(plan, past, control, forecast::FEWEST_JUDGED_ON_THE_WAY, &mut |estimate, _| {
            news(estimate)
        })
        .0
    }

    /// As [`estimate`](Self::estimate), with what each image will take; `news` can ask for it as well.
    pub fn predict(
        &self,
        plan: &Plan,
        past: &[PastWrites],
        control: &Control,
        mut news: impl FnMut(&Estimate, &dyn Fn() -> Predictions),
    ) -> (Estimate, Predictions) {
        self.forecast_with(plan, past, control, forecast::FEWEST_JUDGED, &mut news)
    }

    fn forecast_with(
        &self,
        plan: &Plan,
        past: &[PastWrites],
        control: &Control,
        judged: usize,
        news: &mut dyn FnMut(&Estimate, &dyn Fn() -> Predictions),
    ) -> (Estimate, Predictions) {
        let kind = plan.busiest_drive().kind;
        let means = Means {
            workers: machine::workers(&plan.settings),
            cores: machine::cores(),
            memory: machine::memory_budget(&plan.settings),
            reads: plan.settings.machine.io.unwrap_or_else(|| depth::range_for(kind).0).max(1),
            shards: depth::shards_in_flight(kind),
            judged,
        };
        let cancelled = || control.stopped().is_some();
        let parts = (plan, self.disk.as_ref(), &self.backend);
        let (estimate, predictions, kept) = forecast::forecast(parts, means, past, &cancelled, news);
        *lock(&self.sampled) = kept;
        (estimate, predictions)
    }

    /// The record of a plan that is not carried out.
    pub fn record_of_plan(&self, plan: &Plan, roots: &[PathBuf], estimate: Option<Estimate>, begun: Instant) -> Record {
        let shards = plan
            .shards
            .iter()
            .map(|s| super::shard::untouched(s, &plan.settings, ShardState::Planned))
            .chain(plan.unreadable.iter().cloned().map(super::shard::unreadable))
            .collect();
        let mut record = self.record(Kind::Estimate, roots, &plan.settings, shards, begun);
        record.notices = notices(plan);
        record.estimate = estimate;
        record
    }

    /// Carries the plan out ([`Kind::Run`]) or does all of it but writing ([`Kind::Exact`]), on threads of its own.
    pub fn start(&self, plan: Plan, roots: Vec<PathBuf>, kind: Kind, estimate: Option<Estimate>) -> Handle {
        let prospect = Prospect {
            pixels: plan.work_pixels(),
            memory: machine::memory_budget(&plan.settings),
            data: self.data.clone(),
        };
        self.start_on(Arc::new(Both::new(&plan.settings.machine, &prospect)), plan, roots, kind, estimate)
    }

    /// As [`start`](Self::start), with this backend.
    pub(super) fn start_on(
        &self,
        backend: Arc<dyn Backend>,
        plan: Plan,
        roots: Vec<PathBuf>,
        kind: Kind,
        estimate: Option<Estimate>,
    ) -> Handle {
        let (events, listener) = bounded(EVENTS_AHEAD);
        let control = Arc::new(Control::default());
        let metrics = Arc::new(Metrics::new());
        let kept = std::mem::take(&mut *lock(&self.sampled)).for_run(&plan.settings);
        let engine = Self {
            disk: Arc::clone(&self.disk),
            backend: Arc::clone(&backend),
            data: self.data.clone(),
            sampled: Mutex::new(kept),
            patience: self.patience,
        };
        let thread = {
            let (control, metrics) = (Arc::clone(&control), Arc::clone(&metrics));
            thread::spawn(move || engine.run(plan, &roots, kind, estimate, control, metrics, events))
        };
        Handle {
            events: listener,
            control,
            metrics,
            backend,
            thread,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the other end of `start`, called nowhere else")]
    fn run(
        &self,
        plan: Plan,
        roots: &[PathBuf],
        kind: Kind,
        estimate: Option<Estimate>,
        control: Arc<Control>,
        metrics: Arc<Metrics>,
        events: Sender<Event>,
    ) -> Result<Record, Blocked> {
        let begun = Instant::now();
        // The thread that planned may have been another one; what went wrong was told then.
        let _ = lowered(&plan.settings, roots);
        let mut plan = plan;
        let mut record = self.record(kind, roots, &plan.settings, Vec::new(), begun);
        let mut recovered = Vec::new();
        if kind == Kind::Run {
            recovered = self.recover_first(&mut plan, &mut record, &events);
            let collisions: Vec<_> = plan.blocking().map(|(path, c)| (path.to_owned(), c.clone())).collect();
            if !collisions.is_empty() {
                return Err(Blocked { collisions, recovered });
            }
        }
        record.notices.extend(notices(&plan));
        let parts = Parts {
            run: record.id.clone(),
            kind,
            disk: Arc::clone(&self.disk),
            backend: Arc::clone(&self.backend),
            control: Arc::clone(&control),
            metrics: Arc::clone(&metrics),
            events,
            sampled: std::mem::take(&mut *lock(&self.sampled)),
            patience: self.patience,
            probe_pool: self.probe_pool(plan.shards.first().map(|s| s.inventory.path.as_path())),
        };
        let (shards, run_notices) = pipeline(plan, parts);
        // The plan is gone, and a report as large as it is about to be made.
        machine::give_back_freed();
        record.shards = shards;
        for (path, summary) in recovered {
            if let Some(shard) = record.shards.iter_mut().find(|s| s.path == path) {
                shard.recovered = Some(summary);
            }
        }
        record.notices.extend(run_notices);
        record.estimate = estimate;
        record.stopped = control.stopped();
        record.phases = metrics.phases();
        record.machine.backend = self.backend.name();
        record.card = self.backend.card();
        record.wall = begun.elapsed();
        Ok(record)
    }

    /// Interrupted shards are recovered before names are compared: what lies there may be half a batch.
    fn recover_first(&self, plan: &mut Plan, record: &mut Record, events: &Sender<Event>) -> Vec<(PathBuf, String)> {
        let mut summaries = Vec::new();
        let settings = plan.settings.clone();
        for shard in plan.shards.iter_mut().filter(|s| s.interrupted.is_some()) {
            let path = shard.inventory.path.clone();
            // A shard that cannot be locked, recovered or read stays marked; its driver says why and skips it.
            let Ok(lock) = commit::lock(&self.disk, &path, &record.id) else {
                continue;
            };
            let Ok(recovery) = commit::recover(&self.disk, &lock) else {
                continue;
            };
            if !recovery.alarms.is_empty() {
                continue;
            }
            let summary = recovery.summary();
            record.notices.extend(recovery.notices);
            let _ = events.send(Event::ShardRecovered {
                path: path.clone(),
                summary: summary.clone(),
            });
            summaries.push((path.clone(), summary));
            let pool = self.probe_pool(Some(&path));
            if let Ok(inventory) = scan::scan(self.disk.as_ref(), &path, &pool) {
                *shard = shard.again(&settings, Arc::new(inventory));
                shard.sidecars = look_at_sidecars(self.disk.as_ref(), shard, &settings, &pool);
            }
        }
        summaries
    }

    /// Brings every interrupted shard among the folders into order, without starting a run.
    ///
    /// # Errors
    /// A folder that is not there or cannot be listed.
    pub fn recover(&self, roots: &[PathBuf], recursive: bool) -> Result<Vec<Recovered>, ScanError> {
        let run = run_id(OffsetDateTime::now_utc());
        let mut all = Vec::new();
        for path in scan::candidates(self.disk.as_ref(), roots, recursive)? {
            match commit::pending(self.disk.as_ref(), &path) {
                Ok(None) => commit::tidy(&self.disk, &path, &run),
                Ok(Some(_)) => all.push(self.recover_one(path, &run)),
                Err(error) => all.push(Recovered::unable(problem::of_shard(path, &error))),
            }
        }
        Ok(all)
    }

    pub(super) fn recover_one(&self, path: PathBuf, run: &str) -> Recovered {
        let lock = commit::lock(&self.disk, &path, run).map_err(|e| problem::of_lock(path.clone(), &e));
        let result = lock.and_then(|lock| commit::recover(&self.disk, &lock).map_err(|e| problem::of_shard(path.clone(), &e)));
        match result {
            Ok(recovery) => Recovered {
                summary: Some(recovery.summary()),
                alarms: recovery.alarms,
                notices: recovery.notices,
                problem: None,
                path,
            },
            Err(problem) => Recovered::unable(problem),
        }
    }

    fn record(&self, kind: Kind, roots: &[PathBuf], settings: &Settings, shards: Vec<ShardRecord>, begun: Instant) -> Record {
        let started = OffsetDateTime::now_utc() - begun.elapsed();
        Record {
            id: run_id(started),
            kind,
            started,
            wall: begun.elapsed(),
            settings: settings.clone(),
            roots: roots.to_vec(),
            machine: machine::this_machine(settings, &self.backend.name()),
            shards,
            phases: Phases::default(),
            card: None,
            estimate: None,
            stopped: None,
            notices: Vec::new(),
        }
    }
}

impl Recovered {
    /// There was nothing to do.
    pub(super) fn nothing(path: PathBuf) -> Self {
        Self {
            path,
            summary: None,
            alarms: Vec::new(),
            notices: Vec::new(),
            problem: None,
        }
    }

    /// The shard could not be locked or read; the problem names it.
    pub(super) fn unable(problem: Problem) -> Self {
        Self {
            path: problem.path.clone(),
            summary: None,
            alarms: Vec::new(),
            notices: Vec::new(),
            problem: Some(problem),
        }
    }
}

impl Handle {
    /// Waits for the end.
    ///
    /// # Errors
    /// Nothing was begun, since names collide.
    ///
    /// # Panics
    /// When the run's own thread panicked, which is a bug: codecs and threads of the pipeline are caught.
    pub fn join(self) -> Result<Record, Blocked> {
        // Nobody listens any more; an end that is gone lets the run send into the void instead of waiting.
        drop(self.events);
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// What became of the graphics card so far; `None` where none was asked for.
    pub fn card(&self) -> Option<CardRecord> {
        self.backend.card()
    }

    /// Whether [`join`](Self::join) would return at once.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

/// Lets other programs go first where that is asked for; what to say where it could not be done.
pub(super) fn lowered(settings: &Settings, roots: &[PathBuf]) -> Option<Notice> {
    if !settings.machine.low_priority {
        return None;
    }
    let error = priority::lower().err()?;
    Some(of_roots(
        roots,
        format!("The priority could not be lowered ({error}); it goes on with the one it has."),
    ))
}

/// A remark on the whole.
pub(super) fn of_roots(roots: &[PathBuf], message: String) -> Notice {
    Notice {
        path: roots.first().cloned().unwrap_or_default(),
        message,
    }
}

/// Remarks on the plan, of all scans, and of shards that await recovery.
fn notices(plan: &Plan) -> Vec<Notice> {
    let mut all = plan.notices.clone();
    all.extend(plan.unfreed_notice());
    for shard in &plan.shards {
        if shard.interrupted.is_some() {
            let message =
                "An earlier run or undo was interrupted here. The next run recovers it first; `shardpress recover` does just that.".into();
            all.push(Notice {
                path: shard.inventory.path.clone(),
                message,
            });
        }
        for (why, what) in [
            (Why::Animated, "animated"),
            (Why::NotRequested, "of a format that is not worked on"),
        ] {
            let alone = |(_, action): &(&FoundImage, &Action)| **action == Action::LeaveAlone(why);
            let names: Vec<_> = shard
                .inventory
                .images
                .iter()
                .zip(&shard.actions)
                .filter(alone)
                .map(|(image, _)| image.name.display())
                .collect();
            let message = match names.as_slice() {
                [] => continue,
                [one] => format!("{one} is {what}; it is left alone."),
                [first, ..] => format!("{} images are {what}, {first} the first; they are left alone.", names.len()),
            };
            all.push(Notice {
                path: shard.inventory.path.clone(),
                message,
            });
        }
        let path = &shard.inventory.path;
        all.extend(super::sidecars::notices(path, &shard.sidecars, plan.settings.sidecars.update));
        all.extend(shard.inventory.notices.iter().cloned());
    }
    all.extend(weak_mounts(plan, weak_sync));
    all
}

/// Remarks on mounts that call files saved before they are, one for each reason.
pub(super) fn weak_mounts(plan: &Plan, weak_sync: impl Fn(&Path) -> Option<&'static str>) -> Vec<Notice> {
    let mut by_reason: BTreeMap<&'static str, Vec<&Path>> = BTreeMap::new();
    for shard in &plan.shards {
        let works = shard.work().next().is_some();
        if let Some(reason) = works.then(|| weak_sync(&shard.inventory.path)).flatten() {
            by_reason.entry(reason).or_default().push(&shard.inventory.path);
        }
    }
    let notice = |(reason, folders): (&str, Vec<&Path>)| Notice {
        path: folders[0].to_owned(),
        message: match folders.len() - 1 {
            0 => format!(
                "A power cut here may take replacements that were reported as done: {reason}. Keep the originals until all is checked."
            ),
            more => format!(
                "A power cut here, and in {more} more, may take replacements that were reported as done: {reason}. Keep the originals until \
                 all is checked."
            ),
        },
    };
    by_reason.into_iter().map(notice).collect()
}

/// Sorts by time; the tail tells runs of the same millisecond apart, on this machine and on others.
pub(in crate::engine) fn run_id(started: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]-[hour][minute][second][subsecond digits:3]");
    let when = started.format(FORMAT).unwrap_or_default();
    let salt = twox_hash::XxHash3_128::oneshot(format!("{}-{}", started.unix_timestamp_nanos(), std::process::id()).as_bytes());
    format!("{when}-{:04x}", salt as u16)
}
