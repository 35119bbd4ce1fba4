//! The sample: images are read and worked on as the run would, as many at once, and nothing is written.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::Means;
use super::jobs::Job;
use super::kept::{Done, Kept, Original};
use crate::engine::commit::content_hash;
use crate::engine::disk::Disk;
use crate::engine::metrics::{ImageQuality, thread_cpu_time};
use crate::engine::plan::{Plan, sizes};
use crate::engine::resize::Backend;
use crate::engine::scan::Content;
use crate::engine::settings::Settings;
use crate::engine::shrink::{Shrinker, cost, scoring_cost};

/// What working on one image told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worked {
    /// Bytes of its file afterwards: of the original where the replacement would not be small enough.
    pub(super) bytes_after: u64,
    /// Opening the file: one round trip to the drive, or few.
    pub(super) open: Duration,
    /// Reading, opening included.
    pub(super) load: Duration,
    /// From the bytes of the file to those of the verified replacement.
    pub(super) process: Duration,
    /// How good its replacement looks, where that was judged, and the bytes of the replacement.
    pub(super) quality: Option<(ImageQuality, u64)>,
    /// Thread time of judging beyond what the run does; in no other figure.
    pub(super) judged: Duration,
}

/// What every thread of the sample may use.
struct Bench<'a> {
    plan: &'a Plan,
    disk: &'a dyn Disk,
    means: Means,
    /// As many as may work at once; who has one works.
    shrinkers: Mutex<Vec<Shrinker>>,
    returned: Condvar,
    /// Held by a picture past its worker's share of the memory.
    alone: Mutex<()>,
    kept: &'a Kept,
}

/// Works on `jobs` in their order; at least `least` of them are begun even when `until` says that it is enough.
///
/// `look` gets each result as it comes and says whether to go on; `cancelled` ends the sample at the next image. What could
/// not be read or worked on counts as not sampled. While `judging` is set, replacements are judged. Replacements are `kept`.
pub(super) fn work_on(
    (plan, disk, backend): (&Plan, &dyn Disk, &Arc<dyn Backend>),
    (means, kept): (Means, &Kept),
    jobs: &[Job],
    least: usize,
    (cancelled, judging): (&(dyn Fn() -> bool + Sync), &AtomicBool),
    mut look: impl FnMut(Option<(Job, Worked)>) -> bool,
) {
    let bench = Bench {
        plan,
        disk,
        means,
        shrinkers: Mutex::new(
            (0..means.workers.max(1))
                .map(|_| Shrinker::new(&plan.settings, Arc::clone(backend)))
                .collect(),
        ),
        returned: Condvar::new(),
        alone: Mutex::new(()),
        kept,
    };
    let (next, enough, stop) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
    let (done, results) = unbounded();
    let one_by_one = |done: &Sender<(Job, Option<Worked>)>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            // What is not begun is left; what is begun is finished, however long it takes: the slow ones count too.
            let over = || stop.load(Ordering::Relaxed) || (number >= least && enough.load(Ordering::Relaxed));
            let Some(job) = jobs.get(number).filter(|_| !over()) else { return };
            let Some(loaded) = bench.load(*job) else {
                let _ = done.send((*job, None));
                continue;
            };
            let shrinker = bench.turn();
            if over() {
                bench.put_back(shrinker);
                return;
            }
            let (shrinker, worked) = bench.process(*job, loaded, shrinker, judging.load(Ordering::Relaxed));
            bench.put_back(shrinker);
            let _ = done.send((*job, worked));
        }
    };
    thread::scope(|scope| {
        for _ in 0..bench.readers(jobs) {
            let done = done.clone();
            let started = thread::Builder::new().spawn_scoped(scope, {
                let done = done.clone();
                let one_by_one = &one_by_one;
                move || one_by_one(&done)
            });
            // Short of threads: those that did start do it all, or nobody does and nothing is sampled.
            if started.is_err() {
                break;
            }
        }
        drop(done);
        collect(
            &results,
            || {
                let asked = cancelled();
                stop.fetch_or(asked, Ordering::Relaxed);
            },
            |result| {
                if !look(result) {
                    enough.store(true, Ordering::Relaxed);
                }
            },
        );
    });
}

/// Takes results until all threads are gone; in between `idle` is called a few dozen times a second.
fn collect(results: &Receiver<(Job, Option<Worked>)>, idle: impl Fn(), mut take: impl FnMut(Option<(Job, Worked)>)) {
    loop {
        idle();
        match results.recv_timeout(Duration::from_millis(20)) {
            Ok((job, worked)) => take(worked.map(|w| (job, w))),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A file in memory.
struct Loaded {
    bytes: Vec<u8>,
    original: Original,
    opened: Duration,
}

impl Bench<'_> {
    /// Reads in flight: as the run begins with, unless a few files would fill a quarter of the memory.
    fn readers(&self, jobs: &[Job]) -> usize {
        let bytes = |job: &Job| self.plan.shards[job.shard as usize].inventory.images[job.image as usize].bytes();
        let largest = jobs.iter().map(bytes).max().unwrap_or(0).max(1);
        let fit = usize::try_from(self.means.memory / 4 / largest).unwrap_or(usize::MAX);
        self.means.reads.max(self.means.workers).min(fit).min(jobs.len()).max(1)
    }

    /// Reads a file as the run does, and takes the time.
    fn load(&self, job: Job) -> Option<Loaded> {
        let shard = &self.plan.shards[job.shard as usize];
        let image = &shard.inventory.images[job.image as usize];
        let begun = Instant::now();
        let file = self.disk.open(&shard.inventory.path.join(&image.name)).ok()?;
        let opened = begun.elapsed();
        let identity = file.identity().ok()?;
        let attributes = file.attributes().ok()?;
        let bytes = file.read_all(image.bytes()).ok()?;
        if bytes.len() as u64 != identity.len {
            return None;
        }
        let hash = content_hash(&bytes);
        Some(Loaded {
            bytes,
            original: Original {
                identity,
                attributes,
                hash,
                read: begun,
                took: begun.elapsed(),
            },
            opened,
        })
    }

    /// Waits for its turn to work.
    fn turn(&self) -> Shrinker {
        let mut idle = lock(&self.shrinkers);
        loop {
            match idle.pop() {
                Some(shrinker) => return shrinker,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn put_back(&self, shrinker: Shrinker) {
        lock(&self.shrinkers).push(shrinker);
        self.returned.notify_one();
    }

    /// Works on one image in memory: the place for whatever else is to be known of a sampled image.
    fn process(&self, job: Job, loaded: Loaded, mut shrinker: Shrinker, judging: bool) -> (Shrinker, Option<Worked>) {
        let image = &self.plan.shards[job.shard as usize].inventory.images[job.image as usize];
        let Content::Image(header) = &image.content else {
            return (shrinker, None);
        };
        let Ok(cost) = cost(header, image.bytes(), &self.plan.settings) else {
            return (shrinker, None);
        };
        let strips = cost.strips.filter(|s| *s < cost.whole && cost.whole > self.means.memory / 2);
        let need = strips.unwrap_or(cost.whole).saturating_add(image.bytes());
        let share = self.means.memory / self.means.workers.max(1) as u64;
        let scoring = scoring_cost(sizes(header, &self.plan.settings).1);
        // Judging is no reason to work alone.
        shrinker.judge(judging && need.saturating_add(scoring) <= share);
        let alone = (need > share).then(|| lock(&self.alone));
        let (begun, cpu) = (Instant::now(), thread_cpu_time());
        let result = shrinker.shrink(&loaded.bytes, strips.is_some());
        // The run will not judge.
        let judged = result.as_ref().map_or(Duration::ZERO, |shrunk| shrunk.judged);
        let process = begun.elapsed().saturating_sub(judged);
        let cpu = thread_cpu_time()
            .zip(cpu)
            .map_or(Duration::ZERO, |(now, then)| now.saturating_sub(then).saturating_sub(judged));
        drop(alone);
        let worked = result.ok().map(|shrunk| {
            let worked = Worked {
                bytes_after: bytes_after(&self.plan.settings, loaded.bytes.len() as u64, shrunk.bytes.len() as u64),
                open: loaded.opened,
                load: loaded.original.took,
                process,
                quality: shrunk.quality.map(|quality| (quality, shrunk.bytes.len() as u64)),
                judged,
            };
            self.kept.put(Done {
                original: loaded.original,
                shrunk,
                took: process,
                cpu,
            });
            worked
        });
        (shrinker, worked)
    }
}

/// Bytes of the file afterwards: where the replacement does not save what was asked for, the original stays.
fn bytes_after(settings: &Settings, before: u64, after: u64) -> u64 {
    if settings.choose.is_worth_it(before, after) {
        after
    } else {
        before
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn originals_that_would_not_shrink_enough_stay() {
        let settings = |skip, min_saving| {
            let mut settings = Settings::default();
            settings.choose.skip_unless_smaller = skip;
            settings.choose.min_saving = min_saving;
            settings
        };
        for (skip, min_saving, after, expected) in [
            (false, 0.0, 150, 150),
            (true, 0.0, 150, 100),
            (true, 0.0, 100, 100),
            (true, 0.0, 99, 99),
            (false, 10.0, 95, 100),
            (false, 10.0, 90, 90),
        ] {
            assert_eq!(
                bytes_after(&settings(skip, min_saving), 100, after),
                expected,
                "{skip} {min_saving} {after}"
            );
        }
    }
}
