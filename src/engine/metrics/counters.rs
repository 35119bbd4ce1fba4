//! The counters themselves: atomics, so that counting costs a worker nothing next to an image, and one mutex over
//! the short history that only the ticker and onlookers take.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::cpu::thread_cpu_time;
use super::in_hand::{Hands, Holding, InHand};
use super::phases::{Phase, PhaseTotals, Phases, Span, Spread, Wait, per_second};
use super::series::{Count, Point, Series};
use super::snapshot::{PhaseNow, Snapshot};

/// Ticks the rates of a [`Snapshot`] look back.
const RATE_TICKS: usize = 5;
/// Ticks the estimate of the time left looks back: long enough to be calm, short enough to notice a change.
const TIME_LEFT_TICKS: usize = 30;

/// Everything a run counts, shared by all its threads.
#[derive(Debug)]
pub struct Metrics {
    clock: Instant,
    phases: [Counters; 3],
    total_images: AtomicU64,
    total_bytes: AtomicU64,
    done: AtomicU64,
    others: AtomicU64,
    saved: AtomicI64,
    depth: AtomicUsize,
    hands: Hands,
    history: Mutex<History>,
}

/// One phase. Apart from its neighbours in memory: loaders and workers count at the same time.
#[derive(Debug)]
#[repr(align(128))]
struct Counters {
    images: AtomicU64,
    bytes: AtomicU64,
    busy: AtomicU64,
    cpu: AtomicU64,
    /// Nanoseconds since `clock`; `u64::MAX` before anything began.
    first: AtomicU64,
    last: AtomicU64,
    waits: [AtomicU64; 3],
    queue: AtomicI64,
    queue_bytes: AtomicI64,
}

impl Counters {
    fn new() -> Self {
        Self {
            images: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            cpu: AtomicU64::new(0),
            first: AtomicU64::new(u64::MAX),
            last: AtomicU64::new(0),
            waits: [const { AtomicU64::new(0) }; 3],
            queue: AtomicI64::new(0),
            queue_bytes: AtomicI64::new(0),
        }
    }

    fn count(&self) -> Count {
        Count {
            images: self.images.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    fn spent(&self, now: Duration, busy: Duration, cpu: Duration) {
        self.busy.fetch_add(nanos(busy), Relaxed);
        self.cpu.fetch_add(nanos(cpu), Relaxed);
        self.first.fetch_min(nanos(now.saturating_sub(busy)), Relaxed);
        self.last.fetch_max(nanos(now), Relaxed);
    }
}

#[derive(Debug)]
struct History {
    series: Series,
    /// As it stood at the latest ticks, oldest first; never empty.
    recent: VecDeque<Stand>,
}

/// What had been done at a time.
#[derive(Debug, Clone, Copy, Default)]
struct Stand {
    at: Duration,
    counts: [Count; 3],
    done: u64,
}

impl Metrics {
    /// Nothing counted yet; the clock starts now.
    pub fn new() -> Self {
        Self {
            clock: Instant::now(),
            phases: [Counters::new(), Counters::new(), Counters::new()],
            total_images: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            done: AtomicU64::new(0),
            others: AtomicU64::new(0),
            saved: AtomicI64::new(0),
            depth: AtomicUsize::new(0),
            hands: Hands::new(),
            history: Mutex::new(History {
                series: Series::new(),
                recent: VecDeque::from([Stand::default()]),
            }),
        }
    }

    /// How many images have work, and the bytes of their files. Everything else is not counted in the time left, nor is the time
    /// before this call (the scan says nothing about the speed of the work).
    pub fn set_total(&self, images: u64, bytes: u64) {
        self.set_total_at(self.clock.elapsed(), images, bytes);
    }

    fn set_total_at(&self, now: Duration, images: u64, bytes: u64) {
        self.total_images.store(images, Relaxed);
        self.total_bytes.store(bytes, Relaxed);
        self.resumed_at(now);
    }

    /// An image has just finished a phase: `busy` is the time it took by the clock on the wall, `cpu` the processor time of
    /// it (zero where unknown), `bytes` what was read (load), the size of the source (process) or what was written (write).
    pub fn work(&self, phase: Phase, busy: Duration, cpu: Duration, bytes: u64) {
        self.work_at(self.clock.elapsed(), phase, busy, cpu, bytes);
    }

    fn work_at(&self, now: Duration, phase: Phase, busy: Duration, cpu: Duration, bytes: u64) {
        let counters = &self.phases[phase as usize];
        counters.spent(now, busy, cpu);
        counters.bytes.fetch_add(bytes, Relaxed);
        counters.images.fetch_add(1, Relaxed);
    }

    /// Time of a phase that finished no image: an image that failed half-way, or a step for a whole batch.
    pub fn spent(&self, phase: Phase, busy: Duration, cpu: Duration) {
        self.phases[phase as usize].spent(self.clock.elapsed(), busy, cpu);
    }

    /// Starts a timer for one image on this thread; see [`Timer`].
    pub fn start(&self, phase: Phase) -> Timer<'_> {
        Timer {
            metrics: self,
            phase,
            begun: Instant::now(),
            cpu: thread_cpu_time(),
            counted: false,
        }
    }

    /// A thread of `phase` has just waited.
    pub fn waited(&self, phase: Phase, wait: Wait, time: Duration) {
        self.phases[phase as usize].waits[wait as usize].fetch_add(nanos(time), Relaxed);
    }

    /// An image has its outcome. `worked`: it is one of the images told to [`Metrics::set_total`], however it ended.
    /// `saved_bytes`: bytes before minus bytes after, 0 where it was not replaced.
    pub fn finished(&self, saved_bytes: i64, worked: bool) {
        self.saved.fetch_add(saved_bytes, Relaxed);
        let counter = if worked { &self.done } else { &self.others };
        counter.fetch_add(1, Relaxed);
    }

    /// So many more images, of so many bytes in memory, wait in front of `phase`; fewer, where they are negative.
    pub fn queue(&self, phase: Phase, more: i64, bytes: i64) {
        self.phases[phase as usize].queue.fetch_add(more, Relaxed);
        self.phases[phase as usize].queue_bytes.fetch_add(bytes, Relaxed);
    }

    /// A thread of `phase` has taken a file in hand; it has until what it gets is dropped.
    pub fn hold(&self, phase: Phase, name: &OsStr) -> Holding<'_> {
        self.hands.hold(phase, name)
    }

    /// The files that are in hand at this moment, a bounded number of them: those about to be done first, and of one phase the
    /// longest in hand first.
    pub fn in_hand(&self) -> Vec<InHand> {
        self.hands.list()
    }

    /// The run goes on after a pause: what was measured before it, and the pause itself, say nothing about its speed.
    pub fn resumed(&self) {
        self.resumed_at(self.clock.elapsed());
    }

    fn resumed_at(&self, now: Duration) {
        self.tick_at(now);
        let mut history = self.history();
        let keep_from = history.recent.len().saturating_sub(1);
        history.recent.drain(..keep_from);
    }

    /// Reads in flight that are allowed from now on.
    pub fn depth(&self, io: usize) {
        self.depth.store(io, Relaxed);
    }

    /// To be called about once a second: closes a point of the series.
    pub fn tick(&self) {
        self.tick_at(self.clock.elapsed());
    }

    fn tick_at(&self, now: Duration) {
        let mut history = self.history();
        let stand = self.stand(now);
        let point = since(&stand, history.recent.back());
        history.series.push(point);
        history.recent.push_back(stand);
        if history.recent.len() > TIME_LEFT_TICKS + 1 {
            history.recent.pop_front();
        }
    }

    /// How it stands. Cheap enough for twenty times a second.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.elapsed())
    }

    fn snapshot_at(&self, now: Duration) -> Snapshot {
        let (oldest, recent) = {
            let history = self.history();
            let ticks = history.recent.len();
            let at = |back: usize| history.recent.get(ticks.saturating_sub(back)).copied().unwrap_or_default();
            (at(TIME_LEFT_TICKS), at(RATE_TICKS))
        };
        let stand = self.stand(now);
        let total = Count {
            images: self.total_images.load(Relaxed),
            bytes: self.total_bytes.load(Relaxed),
        };
        let point = since(&stand, Some(&recent));
        let phase = |phase: Phase| {
            let (counters, lately) = (&self.phases[phase as usize], point.of(phase));
            PhaseNow {
                images: stand.counts[phase as usize].images,
                bytes: stand.counts[phase as usize].bytes,
                busy: Duration::from_nanos(counters.busy.load(Relaxed)),
                images_per_second: per_second(lately.images, point.span),
                bytes_per_second: per_second(lately.bytes, point.span),
                queue: counters.queue.load(Relaxed),
                queue_bytes: counters.queue_bytes.load(Relaxed),
                in_hand: self.hands.count(phase),
            }
        };
        Snapshot {
            elapsed: now,
            load: phase(Phase::Load),
            process: phase(Phase::Process),
            write: phase(Phase::Write),
            done: stand.done,
            total: total.images,
            total_bytes: total.bytes,
            others: self.others.load(Relaxed),
            saved_bytes: self.saved.load(Relaxed),
            io_depth: self.depth.load(Relaxed),
            time_left: time_left(&oldest, &stand, total),
        }
    }

    /// What it came to. Made once, when all threads are done.
    pub fn phases(&self) -> Phases {
        self.phases_at(self.clock.elapsed())
    }

    fn phases_at(&self, now: Duration) -> Phases {
        let series = {
            let history = self.history();
            let rest = since(&self.stand(now), history.recent.back());
            // Time alone is no point: a run that did nothing since the last tick ended with that tick.
            let idle = Phase::ALL.iter().all(|&p| rest.of(p) == Count::default());
            history.series.points(if idle { Point::default() } else { rest })
        };
        let totals = |phase: Phase| {
            let counters = &self.phases[phase as usize];
            let (first, cpu) = (counters.first.load(Relaxed), counters.cpu.load(Relaxed));
            let waited = |wait: Wait| Duration::from_nanos(counters.waits[wait as usize].load(Relaxed));
            PhaseTotals {
                images: counters.images.load(Relaxed),
                bytes: counters.bytes.load(Relaxed),
                busy: Duration::from_nanos(counters.busy.load(Relaxed)),
                // No thread works for nothing: zero means that the system does not tell.
                cpu: (cpu > 0).then(|| Duration::from_nanos(cpu)),
                span: (first != u64::MAX).then(|| Span {
                    begin: Duration::from_nanos(first),
                    end: Duration::from_nanos(counters.last.load(Relaxed)),
                }),
                waited_input: waited(Wait::Input),
                waited_output: waited(Wait::Output),
                waited_memory: waited(Wait::Memory),
                images_per_second: Spread::of(&series, phase, |p| p.of(phase).images),
                bytes_per_second: Spread::of(&series, phase, |p| p.of(phase).bytes),
            }
        };
        Phases {
            load: totals(Phase::Load),
            process: totals(Phase::Process),
            write: totals(Phase::Write),
            io_depth: self.depth.load(Relaxed),
            series,
        }
    }

    fn stand(&self, at: Duration) -> Stand {
        Stand {
            at,
            counts: Phase::ALL.map(|p| self.phases[p as usize].count()),
            done: self.done.load(Relaxed),
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        // A panic elsewhere must not stop the counting: what is behind the lock is whole after every step.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Measures one image in one phase on the thread that made it. [`Timer::done`] counts the image; dropped without it (the
/// image failed) only the time is counted.
#[derive(Debug)]
pub struct Timer<'a> {
    metrics: &'a Metrics,
    phase: Phase,
    begun: Instant,
    cpu: Option<Duration>,
    counted: bool,
}

impl Timer<'_> {
    /// The image has finished the phase with so many bytes. Gives back the time it took.
    pub fn done(mut self, bytes: u64) -> Duration {
        self.counted = true;
        let (busy, cpu) = self.times();
        self.metrics.work(self.phase, busy, cpu, bytes);
        busy
    }

    fn times(&self) -> (Duration, Duration) {
        let cpu = match (self.cpu, thread_cpu_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => Duration::ZERO,
        };
        (self.begun.elapsed(), cpu)
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        if !self.counted {
            let (busy, cpu) = self.times();
            self.metrics.spent(self.phase, busy, cpu);
        }
    }
}

fn since(now: &Stand, then: Option<&Stand>) -> Point {
    let then = then.copied().unwrap_or_default();
    let count = |p: Phase| now.counts[p as usize].minus(then.counts[p as usize]);
    Point {
        span: now.at.saturating_sub(then.at),
        load: count(Phase::Load),
        process: count(Phase::Process),
        write: count(Phase::Write),
    }
}

/// Images alone would take a shard's few giants for its many dwarfs, bytes alone would forget what each file costs however
/// small: progress is the mean of both parts. Bytes are counted where they are processed.
fn time_left(then: &Stand, now: &Stand, total: Count) -> Option<Duration> {
    if total.images == 0 {
        return None;
    }
    if now.done >= total.images {
        return Some(Duration::ZERO);
    }
    let progress = |stand: &Stand| {
        let images = (stand.done as f64 / total.images as f64).min(1.0);
        let bytes = stand.counts[Phase::Process as usize].bytes as f64 / total.bytes.max(1) as f64;
        images.midpoint(if total.bytes == 0 { images } else { bytes.min(1.0) })
    };
    let (gained, missing) = (progress(now) - progress(then), 1.0 - progress(now));
    if gained <= 0.0 {
        return None;
    }
    let seconds = missing / gained * now.at.saturating_sub(then.at).as_secs_f64();
    Duration::try_from_secs_f64(seconds).ok()
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn threads_count_together() {
        let metrics = Metrics::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for i in 0..1000 {
                        let phase = Phase::ALL[i % 3];
                        metrics.work(phase, Duration::from_micros(3), Duration::from_micros(2), 7);
                        metrics.waited(phase, Wait::ALL[i % 2], Duration::from_micros(1));
                        metrics.finished(if i % 2 == 0 { 10 } else { -4 }, i % 4 != 0);
                        if i % 100 == 0 {
                            metrics.tick();
                            metrics.snapshot();
                        }
                    }
                });
            }
        });
        let (snapshot, phases) = (metrics.snapshot(), metrics.phases());
        assert_eq!(snapshot.saved_bytes, 8 * 500 * (10 - 4));
        assert_eq!((snapshot.done, snapshot.others), (8 * 750, 8 * 250));
        for (phase, images) in [(Phase::Load, 8 * 334), (Phase::Process, 8 * 333), (Phase::Write, 8 * 333)] {
            let totals = phases.of(phase);
            assert_eq!((totals.images, totals.bytes), (images, images * 7), "{phase:?}");
            assert_eq!(totals.busy, Duration::from_micros(images * 3));
            assert_eq!(totals.cpu, Some(Duration::from_micros(images * 2)));
            assert_eq!(totals.known() - totals.busy, Duration::from_micros(images));
            assert_eq!(
                phases.series.iter().map(|p| p.of(phase).images).sum::<u64>(),
                images,
                "the series loses nothing"
            );
        }
    }

    #[test]
    fn spans_rates_and_series() {
        let metrics = Metrics::new();
        for second in 1..=10_u64 {
            metrics.work_at(SECOND * second as u32, Phase::Load, SECOND / 2, SECOND / 10, 1_000_000 * second);
            metrics.tick_at(SECOND * second as u32);
        }
        metrics.queue(Phase::Process, 5, 500);
        metrics.queue(Phase::Process, -1, -200);
        let _held = metrics.hold(Phase::Load, OsStr::new("a.png"));
        metrics.depth(16);
        let snapshot = metrics.snapshot_at(SECOND * 10);
        assert_eq!((snapshot.load.queue, snapshot.process.queue, snapshot.io_depth), (0, 4, 16));
        assert_eq!((snapshot.process.queue_bytes, snapshot.load.in_hand), (300, 1));
        // The last four seconds (from the fifth tick back to now): 7 + 8 + 9 + 10 MB.
        assert_eq!(
            (snapshot.load.images_per_second, snapshot.load.bytes_per_second),
            (1.0, 8_500_000.0)
        );
        let phases = metrics.phases_at(SECOND * 11);
        let span = phases.load.span.unwrap();
        assert_eq!((span.begin, span.end), (SECOND / 2, SECOND * 10));
        assert_eq!(phases.series.len(), 10, "an idle rest is no point");
        assert_eq!(
            phases.load.images_per_second,
            Spread {
                min: 1.0,
                median: 1.0,
                max: 1.0
            }
        );
        assert_eq!(
            phases.load.bytes_per_second,
            Spread {
                min: 1e6,
                median: 5.5e6,
                max: 1e7
            }
        );
        assert_eq!((phases.write.span, phases.write.cpu), (None, None));
        assert_eq!(phases.share(Phase::Load), 1.0);
    }

    #[test]
    fn time_left_comes_from_images_with_work_alone() {
        let metrics = Metrics::new();
        assert_eq!(metrics.snapshot_at(SECOND).time_left, None, "no total yet");
        metrics.set_total_at(Duration::ZERO, 100, 1000);
        metrics.finished(0, false);
        assert_eq!(metrics.snapshot_at(SECOND).time_left, None, "an image left alone is no progress");
        for second in 1..=10 {
            for _ in 0..2 {
                metrics.work_at(SECOND * second, Phase::Process, SECOND, SECOND, 10);
                metrics.finished(5, true);
                metrics.finished(0, false);
            }
            metrics.tick_at(SECOND * second);
        }
        // 20 of 100 images and 200 of 1,000 bytes in 10 seconds: 40 seconds for the other four fifths.
        let left = metrics.snapshot_at(SECOND * 10).time_left.unwrap();
        assert!((left.as_secs_f64() - 40.0).abs() < 0.001, "{left:?}");
        for _ in 0..80 {
            metrics.finished(5, true);
        }
        assert_eq!(metrics.snapshot_at(SECOND * 11).time_left, Some(Duration::ZERO));
    }

    #[test]
    fn the_scan_does_not_slow_the_forecast() {
        let metrics = Metrics::new();
        metrics.set_total_at(SECOND * 100, 10, 100);
        metrics.work_at(SECOND * 101, Phase::Process, SECOND, SECOND, 10);
        metrics.finished(1, true);
        let left = metrics.snapshot_at(SECOND * 101).time_left.unwrap();
        assert!((left.as_secs_f64() - 9.0).abs() < 0.001, "{left:?}");
    }

    #[test]
    fn large_images_first_do_not_deceive() {
        // Ten giants hold nearly all bytes; when they are done, half the progress is.
        let metrics = Metrics::new();
        metrics.set_total_at(Duration::ZERO, 1000, 1_000_000);
        for _ in 0..10 {
            metrics.work_at(SECOND * 10, Phase::Process, SECOND, SECOND, 99_000);
            metrics.finished(1, true);
        }
        let left = metrics.snapshot_at(SECOND * 10).time_left.unwrap();
        assert!((9.0..11.0).contains(&left.as_secs_f64()), "{left:?}");
    }

    #[test]
    fn a_pause_is_no_slowness() {
        let metrics = Metrics::new();
        metrics.set_total_at(Duration::ZERO, 100, 1000);
        let work = |second: u32| {
            metrics.work_at(SECOND * second, Phase::Process, SECOND, SECOND, 10);
            metrics.finished(1, true);
            metrics.tick_at(SECOND * second);
        };
        (1..=10).for_each(work);
        metrics.resumed_at(SECOND * 1000);
        (1001..=1010).for_each(work);
        // 20 of 100 in twenty seconds of work.
        let left = metrics.snapshot_at(SECOND * 1010).time_left.unwrap();
        assert!((left.as_secs_f64() - 80.0).abs() < 0.001, "{left:?}");
    }

    #[test]
    fn a_stalled_run_has_no_time_left() {
        let metrics = Metrics::new();
        metrics.set_total_at(Duration::ZERO, 100, 1000);
        metrics.finished(1, true);
        for second in 1..=40 {
            metrics.tick_at(SECOND * second);
        }
        assert_eq!(metrics.snapshot_at(SECOND * 41).time_left, None);
    }

    #[test]
    fn a_timer_counts_what_it_saw() {
        let metrics = Metrics::new();
        metrics.start(Phase::Process).done(42);
        drop(metrics.start(Phase::Process));
        let process = metrics.phases().process;
        assert_eq!((process.images, process.bytes), (1, 42));
        assert!(process.busy > Duration::ZERO && process.span.is_some());
    }
}
