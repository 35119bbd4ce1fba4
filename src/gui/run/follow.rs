//! The worker that starts a run, follows it to its end and makes its report. It depends on no frame: a window that is minimised,
//! or draws slowly, costs the run nothing, and what it did not look at yet never piles up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, select, tick};
use time::OffsetDateTime;

use super::plots::Plots;
use super::story::Story;
use super::track::Track;
use super::verdict::{Verdict, verdict};
use super::{News, notify, story};
use crate::engine::{
    Blocked, CardRecord, Collision, Engine, Estimate, Event, Handle, InHand, Kind, Metrics, Plan, Snapshot, StopReason, workers,
};
use crate::gui::format;
use crate::gui::office::Courier;
use crate::report::{self, CollisionReport, Report};

/// How often the run is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How often it is decided anew what bounds the run.
const JUDGE: Duration = Duration::from_secs(1);

/// Events that are heard before the run is looked at again, so that a flood of them does not still the picture.
const EVENTS_A_LOOK: usize = 4096;

/// What is to be done.
pub(super) struct Job {
    pub(super) plan: Arc<Plan>,
    pub(super) roots: Vec<PathBuf>,
    pub(super) estimate: Option<Arc<Estimate>>,
    /// Where its report is kept.
    pub(super) history: Option<PathBuf>,
    /// Somebody looks at the window.
    pub(super) watched: Arc<AtomicBool>,
    /// What it is about, for the sign at its end.
    pub(super) name: String,
}

/// What the person wants of a run that is under way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Pause,
    Resume,
    Stop(StopReason),
}

/// How the run stands: everything the page shows of it. Cheap to clone and to draw.
#[derive(Debug, Clone, Default)]
pub(in crate::gui) struct Now {
    /// Seconds of work: since it began, pauses left out.
    pub(in crate::gui) seconds: f64,
    pub(in crate::gui) snapshot: Snapshot,
    pub(in crate::gui) in_hand: Vec<InHand>,
    pub(in crate::gui) paused: bool,
    pub(in crate::gui) verdict: Option<Verdict>,
    /// What becomes of the graphics card; `None` where none was asked for.
    pub(in crate::gui) card: Option<CardRecord>,
    pub(in crate::gui) plots: Arc<Plots>,
    pub(in crate::gui) story: Story,
}

/// The latest [`Now`], from the worker to the window. Neither ever waits: what was not taken is replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest(Arc<Mutex<Option<Arc<Now>>>>);

impl Latest {
    /// Tells whether the one before was taken: only then is there something new to wake the window for.
    fn put(&self, now: Now) -> bool {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.replace(Arc::new(now)).is_none()
    }

    /// What is new, if it is to be had at once.
    pub(super) fn take(&self) -> Option<Arc<Now>> {
        self.0.try_lock().ok()?.take()
    }
}

/// How a run ended.
#[derive(Debug)]
pub(in crate::gui) enum End {
    /// With a report.
    Told(Box<Told>),
    /// Nothing was begun. Sentences: why, and what to do.
    Blocked { text: String, names: Vec<String> },
    /// A bug.
    Broken { text: String },
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Told {
    /// Of its report.
    pub(in crate::gui) id: String,
    pub(in crate::gui) changed: u64,
    pub(in crate::gui) failed: u64,
    pub(in crate::gui) not_reached: u64,
    pub(in crate::gui) saved_bytes: i64,
    /// Of kept originals.
    pub(in crate::gui) kept_bytes: u64,
    /// Shards in which originals are kept.
    pub(in crate::gui) kept_in: Vec<PathBuf>,
    pub(in crate::gui) wall: Duration,
    pub(in crate::gui) stopped: Option<StopReason>,
    /// The report is not in the history, and why.
    pub(in crate::gui) not_saved: Option<String>,
}

/// Does it all, and tells the window at its end how it was.
pub(super) fn work(engine: &Engine, job: Job, orders: &Receiver<Order>, latest: &Latest, courier: &Courier) {
    let plan = Plan::clone(&job.plan);
    let estimate = job.estimate.as_deref().cloned();
    let handle = engine.start(plan, job.roots, Kind::Run, estimate);
    let metrics = Arc::clone(&handle.metrics);
    let mut watch = Watch::new(&job.plan);
    watch.follow(&handle, orders, latest, courier);
    // What the run's own thread panics with is a bug of ours, and none of the window's business.
    let joined = catch_unwind(AssertUnwindSafe(|| handle.join()));
    if let Ok(Ok(record)) = &joined {
        watch.card.clone_from(&record.card);
    }
    watch.over(&metrics);
    latest.put(watch.now(&metrics, false));
    let end = match joined {
        Ok(Ok(record)) => {
            let kept_in = record.shards.iter().filter(|shard| shard.kept_bytes > 0);
            let kept_in = kept_in.map(|shard| shard.path.clone()).collect();
            let report = Report::new(&record);
            drop(record);
            End::Told(Box::new(told(&report, kept_in, job.history.as_deref())))
        }
        Ok(Err(blocked)) => blocked_end(&blocked),
        Err(_) => End::Broken {
            text: "The run ended by an error of the program itself. Every original that has no replacement is as it was; recover the \
                   shard before you run again. Please report this."
                .to_owned(),
        },
    };
    let sign = (!job.watched.load(Ordering::Relaxed)).then(|| super::words::sign(&job.name, &end));
    courier.tell(News::Ended(end));
    if let Some((title, text)) = sign {
        notify::show(&title, &text);
    }
}

/// What is gathered while a run goes on.
struct Watch {
    work: Vec<(PathBuf, u64)>,
    workers: usize,
    story: Story,
    track: Track,
    plots: Arc<Plots>,
    verdict: Option<Verdict>,
    card: Option<CardRecord>,
    /// When the work began: the scan and the recovery before it are not on the axis.
    began: Option<Instant>,
    /// Of the pause that goes on, and of those before.
    paused: Option<Instant>,
    pauses: Duration,
}

impl Watch {
    fn new(plan: &Plan) -> Self {
        let mut work: Vec<(PathBuf, u64)> = plan
            .shards
            .iter()
            .map(|shard| (shard.inventory.path.clone(), shard.work().count() as u64))
            .collect();
        work.sort();
        Self {
            work,
            workers: workers(&plan.settings),
            story: Story::default(),
            track: Track::default(),
            plots: Arc::default(),
            verdict: None,
            card: None,
            began: None,
            paused: None,
            pauses: Duration::ZERO,
        }
    }

    /// Until its last event.
    fn follow(&mut self, handle: &Handle, orders: &Receiver<Order>, latest: &Latest, courier: &Courier) {
        let (looks, judging) = (tick(LOOK), tick(JUDGE));
        // Without a window there is nobody left to give orders; the run goes on.
        let mut orders = orders.clone();
        loop {
            select! {
                recv(handle.events) -> event => match event {
                    Ok(Event::Finished) | Err(_) => return,
                    Ok(event) => {
                        if self.heard(&event) {
                            return;
                        }
                        for event in handle.events.try_iter().take(EVENTS_A_LOOK) {
                            if self.heard(&event) {
                                return;
                            }
                        }
                    }
                },
                recv(orders) -> order => match order {
                    Ok(order) => self.obey(order, handle),
                    Err(_) => orders = crossbeam_channel::never(),
                },
                recv(judging) -> _ => self.judge(&handle.metrics, false),
                recv(looks) -> _ => {
                    self.card = handle.card();
                    if latest.put(self.now(&handle.metrics, handle.control.is_paused())) {
                        courier.tell(News::Fresh);
                    }
                }
            }
        }
    }

    /// Tells whether it was the last.
    fn heard(&mut self, event: &Event) -> bool {
        if let Event::Started { .. } = event {
            self.began = Some(Instant::now());
        }
        let work = &self.work;
        self.story.tell(&clock, event, |shard: &Path| {
            work.binary_search_by(|(path, _)| path.as_path().cmp(shard))
                .map_or(0, |at| work[at].1)
        });
        *event == Event::Finished
    }

    fn obey(&mut self, order: Order, handle: &Handle) {
        match order {
            Order::Pause => {
                handle.control.pause();
                self.paused.get_or_insert_with(Instant::now);
                self.story.line(clock(), "Paused".to_owned());
            }
            Order::Resume => {
                handle.control.resume();
                self.end_pause();
                self.story.line(clock(), "Resumed".to_owned());
            }
            Order::Stop(reason) => {
                self.end_pause();
                if handle.control.stop(reason) {
                    self.story.tell(&clock, &Event::Stopping(reason), |_| 0);
                }
            }
        }
    }

    fn end_pause(&mut self) {
        self.pauses += self.paused.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    fn seconds(&self) -> f64 {
        let Some(began) = self.began else { return 0.0 };
        let until = self.paused.unwrap_or_else(Instant::now);
        until.saturating_duration_since(began).saturating_sub(self.pauses).as_secs_f64()
    }

    fn judge(&mut self, metrics: &Metrics, over: bool) {
        self.verdict = verdict(&metrics.phases(), self.workers, over);
    }

    fn now(&mut self, metrics: &Metrics, paused: bool) -> Now {
        let (seconds, snapshot) = (self.seconds(), metrics.snapshot());
        if self.track.push(seconds, &snapshot) {
            self.plots = Arc::new(Plots::new(&self.track, &self.story.sizes));
        }
        Now {
            seconds,
            snapshot,
            in_hand: metrics.in_hand(),
            paused,
            verdict: self.verdict.clone(),
            card: self.card.clone(),
            plots: Arc::clone(&self.plots),
            story: self.story.clone(),
        }
    }

    /// The last look.
    fn over(&mut self, metrics: &Metrics) {
        self.end_pause();
        self.track.end(self.seconds(), &metrics.snapshot());
        self.plots = Arc::new(Plots::new(&self.track, &self.story.sizes));
        self.judge(metrics, true);
    }
}

/// On the clock of the wall: `14:08:02`.
fn clock() -> String {
    let now = format::local(OffsetDateTime::now_utc());
    format!("{:02}:{:02}:{:02}", now.hour(), now.minute(), now.second())
}

fn told(report: &Report, kept_in: Vec<PathBuf>, history: Option<&Path>) -> Told {
    let saved = match history {
        Some(folder) => report::history::save_with_writes(folder, report)
            .map(|_| ())
            .map_err(|error| error.to_string()),
        None => Err("The system names no folder for user data.".to_owned()),
    };
    Told {
        id: report.id.clone(),
        changed: report.totals.images.shrunk,
        failed: report.totals.images.failed,
        not_reached: report.totals.images.not_reached,
        saved_bytes: report.totals.bytes_saved,
        kept_bytes: report.totals.kept_bytes,
        kept_in,
        wall: Duration::try_from_secs_f64(report.wall_seconds).unwrap_or_default(),
        stopped: report.stopped,
        not_saved: saved.err(),
    }
}

/// The words of names that are wanted twice; of a thousand the first tell enough.
const MOST_NAMES: usize = 50;

fn blocked_end(blocked: &Blocked) -> End {
    let sentence = |(shard, collision): &(PathBuf, Collision)| {
        let told = CollisionReport::new(shard, collision);
        format!("{}: {}", story::name_of(shard), told.sentence())
    };
    let wanted = match blocked.collisions.len() {
        1 => "1 name is wanted twice.".to_owned(),
        n => format!("{} names are wanted twice.", format::count(n as u64)),
    };
    let untouched = if blocked.recovered.is_empty() {
        "Nothing was touched."
    } else {
        "Beyond bringing an interrupted run into order, nothing was touched."
    };
    End::Blocked {
        text: format!("{wanted} {untouched} Rename one file of each, or let clashing names be skipped or numbered in the settings."),
        names: blocked.collisions.iter().take(MOST_NAMES).map(sentence).collect(),
    }
}
