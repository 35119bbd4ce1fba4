//! The thread of the graphics card: the only one that calls wgpu. Opens the card, gathers filled slots into submissions, hands
//! back what comes out; and when anything goes wrong, lets go of everything, opens the card once more, and then gives it up.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::adapters::{self, NoAdapter};
use super::batch::Batch;
use super::check;
use super::device::Opened;
use super::failure::{Failure, Faults};
use super::ring::{self, Job, Message, Pool, Staging};
use super::sentinel::{self, Mark, Start};
use crate::engine::metrics::{Adapter, AdapterKind, thread_cpu_time};
use crate::engine::resize::Want;
use crate::engine::resize::card::{Card, Figures, Slot};

/// Between two looks at a card that is at work while more may come.
const LOOK: Duration = Duration::from_micros(500);

/// Between two looks whether anybody still wants the card.
const IDLE: Duration = Duration::from_millis(100);

/// How long the end of a run waits for the card's thread. One that hangs in its driver is left behind.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a card is to be opened.
#[derive(Clone, Default)]
pub(in crate::engine::resize) struct Wish {
    /// Part of its name.
    pub(in crate::engine::resize) name: Option<String>,
    /// A person asked for it: software ones are taken, too, and also one that crashed the program before.
    pub(in crate::engine::resize) asked_for: bool,
    /// Memory of the machine for the staging ring, bytes.
    pub(in crate::engine::resize) ring: u64,
    /// Where the mark of a start is left.
    pub(in crate::engine::resize) marks: Option<PathBuf>,
    /// For tests.
    pub(in crate::engine::resize) faults: Faults,
}

/// A graphics card, open or on its way to be.
pub(in crate::engine::resize) struct Gpu {
    inner: Arc<Inner>,
    pool: Arc<Pool>,
    messages: Sender<Message>,
    stop: Arc<AtomicBool>,
    thread: Option<(JoinHandle<()>, Receiver<()>)>,
}

/// What the thread tells.
#[derive(Default)]
struct Inner {
    told: Mutex<Told>,
    images: AtomicU64,
    pixels: AtomicU64,
    batches: AtomicU64,
    /// Processor time of the thread since the card was open, nanoseconds.
    busy: AtomicU64,
    overdue: Arc<AtomicBool>,
    wrong: AtomicBool,
}

#[derive(Default)]
struct Told {
    remarks: Vec<String>,
    adapter: Option<Adapter>,
    opened_after: Option<Duration>,
    /// Why there is none (any more).
    gone: Option<String>,
    /// The mark of a start that is under way.
    mark: Option<Mark>,
}

impl Inner {
    fn told(&self) -> MutexGuard<'_, Told> {
        // Plain data, whole after every step.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remark(&self, text: String) {
        self.told().remarks.push(text);
    }
}

impl Gpu {
    /// Begins to open the card, and comes back at once.
    pub(in crate::engine::resize) fn open(wish: Wish) -> Self {
        let (messages, heard) = unbounded();
        let inner = Arc::<Inner>::default();
        let pool = Pool::new(messages.clone(), Arc::clone(&inner.overdue));
        let stop = Arc::<AtomicBool>::default();
        let (ended, end) = bounded(0);
        let worker = {
            let (inner, pool, stop) = (Arc::clone(&inner), Arc::clone(&pool), Arc::clone(&stop));
            move || {
                // Dropped when this thread is done, however.
                let _ended = ended;
                Life {
                    inner,
                    pool,
                    stop,
                    heard,
                    wish,
                    begun: Instant::now(),
                }
                .live();
            }
        };
        let thread = thread::Builder::new().name("graphics card".into()).spawn(worker);
        if let Err(error) = &thread {
            inner.remark(format!(
                "The graphics card is not used: the system refuses to start a thread for it ({error})."
            ));
            pool.close(true);
        }
        Self {
            inner,
            pool,
            messages,
            stop,
            thread: thread.ok().map(|thread| (thread, end)),
        }
    }
}

impl Card for Gpu {
    fn slot(&self, want: &Want, at_most: Duration) -> Option<Box<dyn Slot>> {
        if self.inner.overdue.load(Ordering::Relaxed) || self.inner.wrong.load(Ordering::Relaxed) {
            return None;
        }
        self.pool.take(want, at_most).map(|slot| Box::new(slot) as Box<dyn Slot>)
    }

    fn is_open(&self) -> bool {
        self.pool.is_open()
    }

    fn accuse(&self) {
        self.inner.wrong.store(true, Ordering::Relaxed);
        let _ = self.messages.send(Message::Wake);
    }

    fn overhead(&self) -> f64 {
        let pixels = self.inner.pixels.load(Ordering::Relaxed).max(1);
        self.inner.busy.load(Ordering::Relaxed) as f64 / pixels as f64
    }

    fn remarks(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.told().remarks)
    }

    fn figures(&self) -> Figures {
        let told = self.inner.told();
        Figures {
            adapter: told.adapter.clone(),
            opened_after: told.opened_after,
            images: self.inner.images.load(Ordering::Relaxed),
            pixels: self.inner.pixels.load(Ordering::Relaxed),
            batches: self.inner.batches.load(Ordering::Relaxed),
            gone: told.gone.clone(),
        }
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.messages.send(Message::Wake);
        let Some((thread, end)) = self.thread.take() else { return };
        // The other end is dropped, never sent to.
        if end.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Disconnected) {
            let _ = thread.join();
        } else {
            // A driver that is slow to start is none that crashed.
            self.inner.told().mark = None;
        }
    }
}

/// The thread's own.
struct Life {
    inner: Arc<Inner>,
    pool: Arc<Pool>,
    stop: Arc<AtomicBool>,
    heard: Receiver<Message>,
    wish: Wish,
    begun: Instant,
}

impl Life {
    fn live(self) {
        // Once, and once more.
        let mut lost: Option<(String, Failure)> = None;
        for session in 0..2 {
            let mut opened = None;
            let result = catch_unwind(AssertUnwindSafe(|| self.session(session, lost.as_ref(), &mut opened)));
            // However it ended, the program is still there.
            self.inner.told().mark = None;
            let failure = match result {
                Ok(Ok(())) => {
                    self.let_go(opened, None, true);
                    return;
                }
                Ok(Err(failure)) => failure,
                Err(panic) => Failure::Panicked(of_panic(panic.as_ref())),
            };
            let name = opened.as_ref().map(|opened: &Opened| opened.adapter.name.clone());
            let last = session == 1 || failure.is_final() || name.is_none();
            self.let_go(opened, Some(&failure), last);
            if last {
                // A machine without a card needs no remark in every run, unless somebody wanted one.
                if !matches!(failure, Failure::NotFound(_)) || self.wish.asked_for {
                    self.inner.remark(given_up(&failure, name.as_deref(), lost.as_ref()));
                }
                self.inner.told().gone = Some(failure.to_string());
                return;
            }
            self.inner.overdue.store(false, Ordering::Relaxed);
            lost = name.map(|name| (name, failure));
        }
    }

    /// Nobody gets a slot any more, whoever waits for an answer does the work himself, and the card is closed.
    fn let_go(&self, opened: Option<Opened>, failure: Option<&Failure>, for_good: bool) {
        let free = self.pool.close(for_good);
        let waiting: Vec<Message> = self.heard.try_iter().collect();
        let hangs = failure.is_some_and(Failure::may_hang);
        // Giving a card's things back waits for the card, in some drivers for ever.
        let mut views: Vec<Staging> = Vec::new();
        for message in waiting {
            match message {
                Message::Filled(Job { staging, answer, .. }) => {
                    drop(answer);
                    views.push(staging);
                }
                Message::Stale(staging) => views.push(staging),
                Message::Wake => {}
            }
        }
        views.extend(free);
        if let Some(mut opened) = opened {
            opened.abandon();
            if hangs {
                std::mem::forget((opened, views));
            } else {
                // Some panic over errors that were told already.
                let _ = catch_unwind(AssertUnwindSafe(|| drop((views, opened))));
            }
        }
    }

    /// From opening to the end of the run, or to the first failure.
    fn session(&self, session: u32, lost: Option<&(String, Failure)>, place: &mut Option<Opened>) -> Result<(), Failure> {
        match sentinel::begin(self.wish.marks.as_deref(), self.wish.asked_for) {
            Start::Go(mark) => self.inner.told().mark = mark,
            Start::Crashed => {
                let file = self
                    .wish
                    .marks
                    .as_deref()
                    .map(|folder| sentinel::path(folder).display().to_string());
                return Err(Failure::NoCard(format!(
                    "the program ended while it was opened the last time; `--backend gpu` tries it again, and so does removing {}",
                    file.unwrap_or_default()
                )));
            }
        }
        let found = adapters::choose(self.wish.name.as_deref(), self.wish.asked_for);
        let (adapter, described) = found.map_err(|none| match none {
            NoAdapter::None | NoAdapter::OnlySoftware(_) => Failure::NotFound(none.to_string()),
            none => Failure::NoCard(none.to_string()),
        })?;
        let kind = described.kind;
        let ring = self.wish.ring;
        let slots = move |largest| ring::slots(ring, largest);
        let opened = place.insert(Opened::new(&adapter, described, slots, self.wish.faults.clone(), session)?);
        let free = tested(opened)?;
        self.inner.told().mark = None;
        {
            let mut told = self.inner.told();
            told.opened_after.get_or_insert(self.begun.elapsed());
            told.adapter = Some(opened.adapter.clone());
        }
        if kind == AdapterKind::Software && session == 0 {
            self.inner.remark(format!(
                "The graphics card {} is software: the processor poses as one, which is far slower than resizing on the processor itself.",
                opened.adapter.name
            ));
        }
        if let Some((name, failure)) = lost {
            self.inner.remark(format!(
                "The graphics card {name} stopped working: {failure}. It was opened again; what it was at was done again by the processor, \
                 with the same result."
            ));
        }
        for staging in free {
            self.pool.put(staging);
        }
        // A worker gives the thread the time to say itself that the card hangs.
        let patience = opened.patience() + Duration::from_secs(1);
        self.pool.open(session, opened.room, opened.largest_slot(), patience);
        self.serve(opened)
    }

    fn serve(&self, opened: &mut Opened) -> Result<(), Failure> {
        let mut ready: VecDeque<Job> = VecDeque::new();
        let mut cpu = thread_cpu_time();
        loop {
            if self.stop.load(Ordering::Relaxed) && opened.is_idle() && ready.is_empty() {
                return Ok(());
            }
            if self.inner.wrong.load(Ordering::Relaxed) {
                return Err(Failure::Wrong);
            }
            if self.inner.overdue.load(Ordering::Relaxed) {
                return Err(Failure::TimedOut(opened.patience()));
            }
            // Hear what there is; wait for it only as long as nothing else is to be done.
            let wait = match (opened.is_idle(), ready.is_empty()) {
                (true, true) => IDLE,
                (false, _) if opened.takes_more() && ready.is_empty() => LOOK,
                _ => Duration::ZERO,
            };
            let first = self.heard.recv_timeout(wait).ok();
            for message in first.into_iter().chain(self.heard.try_iter()) {
                match message {
                    Message::Filled(job) if job.staging.session == opened.session() => ready.push_back(job),
                    // Of a session that is over: its answer is dropped with it.
                    Message::Filled(Job { staging, .. }) | Message::Stale(staging) => drop(staging),
                    Message::Wake => {}
                }
            }
            while opened.takes_more() && !ready.is_empty() {
                let (batch, jobs) = gathered(opened, &mut ready);
                if jobs.is_empty() {
                    break;
                }
                opened.submit(batch, jobs)?;
            }
            let wait = (!opened.is_idle() && !opened.takes_more()).then_some(Duration::from_millis(5));
            let progress = opened.poll(wait)?;
            self.inner.images.fetch_add(progress.images, Ordering::Relaxed);
            self.inner.pixels.fetch_add(progress.pixels, Ordering::Relaxed);
            self.inner.batches.fetch_add(progress.batches, Ordering::Relaxed);
            for staging in progress.free {
                self.pool.put(staging);
            }
            let now = thread_cpu_time();
            if let (Some(before), Some(after)) = (cpu, now) {
                let spent = after.saturating_sub(before).as_nanos();
                self.inner
                    .busy
                    .fetch_add(u64::try_from(spent).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
            cpu = now;
        }
    }
}

/// Has the card resize pictures whose results are known; gives back the slots.
fn tested(opened: &mut Opened) -> Result<Vec<Staging>, Failure> {
    let until = Instant::now() + opened.patience();
    let mut free = Vec::new();
    for (rows, picture, expected) in check::pictures().map_err(Failure::Invalid)? {
        let mut staging = loop {
            if let Some(staging) = free.pop() {
                break staging;
            }
            free.extend(opened.poll(None)?.free);
            in_time(opened, until)?;
        };
        staging.view.slice(..rows.len()).copy_from_slice(&rows);
        let mut batch = Batch::new(opened.room, &opened.tables);
        if !batch.push(&picture) {
            return Err(Failure::Invalid("its bindings are too small".into()));
        }
        let (answer, answered) = bounded(1);
        let job = Job { staging, picture, answer };
        opened.submit(batch, vec![job])?;
        let found = loop {
            free.extend(opened.poll(Some(LOOK))?.free);
            if let Ok(answer) = answered.try_recv() {
                break answer;
            }
            in_time(opened, until)?;
        };
        if found != Ok(expected) {
            return Err(Failure::Wrong);
        }
    }
    Ok(free)
}

fn in_time(opened: &Opened, until: Instant) -> Result<(), Failure> {
    if Instant::now() < until {
        return Ok(());
    }
    Err(Failure::TimedOut(opened.patience()))
}

/// As many of the waiting pictures as go into one submission, in their order.
fn gathered(opened: &Opened, ready: &mut VecDeque<Job>) -> (Batch, Vec<Job>) {
    let mut batch = Batch::new(opened.next_room(), &opened.tables);
    let mut jobs = Vec::new();
    while let Some(job) = ready.pop_front() {
        if !batch.push(&job.picture) {
            ready.push_front(job);
            break;
        }
        jobs.push(job);
    }
    (batch, jobs)
}

/// What a person should know of a card that is not used any more, or never was.
fn given_up(failure: &Failure, name: Option<&str>, before: Option<&(String, Failure)>) -> String {
    let rest = "The processor resizes instead, with the same result.";
    match (name, before) {
        (_, Some((name, first))) => format!(
            "The graphics card {name} stopped working: {first}. It was tried once more: {failure}. What it was at was done again by the \
             processor, which does the rest, with the same result."
        ),
        (None, None) => format!("No graphics card is used: {failure}. {rest}"),
        (Some(name), None) => format!("The graphics card {name} is not used: {failure}. {rest}"),
    }
}

fn of_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked");
    text.lines().next().unwrap_or_default().to_owned()
}
