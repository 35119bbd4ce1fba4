//! Bytes and time of a run before anything is written: from headers of all images, from a sample that is worked on in
//! memory, and from what earlier runs tell of writing on the like of this drive.
//!
//! `jobs` draws the sample, `sample` works on it, `fit` goes from the sample to the total with its error, `wall` is the
//! pipeline as a formula, `times` puts the phases together. Sampling ends when the ranges are narrow, or when it has cost
//! its part of the run, whichever comes first; never before [`SMALLEST_SAMPLE`] images.

mod fit;
mod jobs;
mod kept;
mod predictions;
mod sample;
mod times;
mod wall;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fit::{Rest, Row, Total, fitted, total};
use jobs::{Job, Traits};
pub(crate) use kept::{Done, Kept};
pub use predictions::Predictions;
use sample::Worked;
use times::{Parts, Writing, times};
use wall::Lanes;

use crate::engine::disk::Disk;
use crate::engine::metrics::{DriveKind, Estimate, JudgedImage, OnDisk, PastWrites, Range, name_changes};
use crate::engine::plan::{Action, Plan};
use crate::engine::resize::Backend;
use crate::engine::settings::Originals;

/// Fewest images of a sample, where there are as many.
pub(crate) const SMALLEST_SAMPLE: usize = 40;

/// Past this many more images narrow the range too little for their time.
const LARGEST_SAMPLE: usize = 400;

/// Narrow enough: half the range of the bytes saved, as part of them …
const NARROW_BYTES: f64 = 0.01;
/// … and of the thread time of processing that the sample leaves open.
const NARROW_PROCESS: f64 = 0.05;

/// What the sample may cost beyond its smallest size, part of the time that the run is expected to take.
const ALLOWED_PART: f64 = 0.05;

/// Images that are judged, whatever it costs, where a person looks at the forecast before anything is done.
pub(crate) const FEWEST_JUDGED: usize = 8;

/// The same where a run follows at once: of a run of a second, eight would be a seventh.
pub(crate) const FEWEST_JUDGED_ON_THE_WAY: usize = 2;

/// What judging may cost beyond those, part of the time that the run is expected to take.
const JUDGING_PART: f64 = 0.03;

/// News are given no more often.
const NEWS: Duration = Duration::from_millis(100);

/// What the run has, and so the sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means {
    /// Threads that process, at least 1.
    pub(crate) workers: usize,
    /// Cores of the machine.
    pub(crate) cores: usize,
    /// Bytes.
    pub(crate) memory: u64,
    /// Reads in flight that the run begins with, at least 1.
    pub(crate) reads: usize,
    /// Shards in flight.
    pub(crate) shards: usize,
    /// Images that are judged, whatever it costs.
    pub(crate) judged: usize,
}

/// The first `most` images with work, as shard of the plan and image of its inventory, in the order in which a sample is
/// drawn: every beginning of it is a fair sample.
pub(crate) fn drawn(plan: &Plan, most: usize) -> Vec<(usize, usize)> {
    let jobs = jobs::drawn(plan, most).into_iter();
    jobs.map(|job| (job.shard as usize, job.image as usize)).collect()
}

/// Works on a sample in memory and predicts what carrying out the plan will do and take. Writes nothing.
///
/// `past`: what writing cost before, the newest first. `cancelled` is asked between images; what was sampled until then is
/// used. `news` gets the estimate as it narrows, at most ten times a second. The replacements that were made come along, for
/// the run that follows.
pub(crate) fn forecast(
    (plan, disk, backend): (&Plan, &dyn Disk, &Arc<dyn Backend>),
    means: Means,
    past: &[PastWrites],
    cancelled: &(dyn Fn() -> bool + Sync),
    news: &mut dyn FnMut(&Estimate, &dyn Fn() -> Predictions),
) -> (Estimate, Predictions, Kept) {
    let begun = Instant::now();
    let mut known = Known::new(plan, disk, means, past);
    let jobs = jobs::drawn(plan, LARGEST_SAMPLE);
    let kept = Kept::new(&plan.settings, means.memory);
    let mut told: Option<Instant> = None;
    let judging = AtomicBool::new(true);
    let until = (cancelled, &judging);
    sample::work_on((plan, disk, backend), (means, &kept), &jobs, SMALLEST_SAMPLE, until, |result| {
        if let Some((job, worked)) = result {
            known.add(plan, job, worked);
            judging.store(known.may_judge(), Ordering::Relaxed);
        }
        let due = told.is_none_or(|t| t.elapsed() >= NEWS);
        if !due && known.sampled < SMALLEST_SAMPLE {
            return true;
        }
        let estimate = known.estimate(begun.elapsed());
        if due {
            told = Some(Instant::now());
            news(&estimate, &|| known.predictions());
        }
        known.sampled < SMALLEST_SAMPLE || !known.is_enough(&estimate)
    });
    (known.estimate(begun.elapsed()), known.predictions(), kept)
}

/// Everything that is known so far: sums over images, never the images themselves.
struct Known {
    images: usize,
    bytes: u64,
    sampled: usize,
    /// Bytes of each sampled image afterwards.
    measured: Vec<(Job, u64)>,
    sampled_bytes: f64,
    judged: Vec<JudgedImage>,
    /// Thread time of judging.
    judging: Duration,
    fewest_judged: usize,
    workers: u32,
    /// What names that stay make of the cost of writing.
    names: f64,
    shards: Vec<u64>,
    lossless: Part<2>,
    lossy: Part<2>,
    process: Part<5>,
    load: Part<2>,
    /// Block size, and bytes of all images with work in blocks.
    blocks: Option<(u64, u64)>,
    /// Bytes of sampled replacements, in blocks.
    sampled_blocks: f64,
    writing: Writing,
    drive: DriveKind,
    /// How long sampled files took to open, seconds.
    opens: Vec<f64>,
    lanes: Lanes,
}

/// Sampled images and sums over the others.
struct Part<const K: usize> {
    rows: Vec<Row<K>>,
    rest: Rest<K>,
    prior: [f64; K],
}

impl<const K: usize> Part<K> {
    fn new(prior: [f64; K]) -> Self {
        Self {
            rows: Vec::new(),
            rest: Rest::default(),
            prior,
        }
    }

    fn expect(&mut self, (x, scale): ([f64; K], f64)) {
        self.rest.add(x, scale);
    }

    fn measured(&mut self, (x, scale): ([f64; K], f64), y: f64) {
        self.rest.remove(x, scale);
        self.rows.push(Row { x, scale, y });
    }

    fn total(&self) -> Total {
        total(&self.rows, &self.rest, self.prior)
    }
}

/// Bytes a megapixel of a photograph at quality 95, 4:4:4. Like the next two it counts only where no image of its kind
/// could be sampled, and the range owns up to it.
const BYTES_A_MEGAPIXEL: f64 = 300_000.0;

/// Seconds a megapixel: encode and verify; then decode and resize of lossless files, JPEG, progressive JPEG, WebP.
const SECONDS_A_MEGAPIXEL: [f64; 5] = [0.022, 0.009, 0.006, 0.017, 0.014];

/// Seconds a file, and a megabyte.
const SECONDS_A_READ: [f64; 2] = [0.000_5, 0.002];

impl Known {
    fn new(plan: &Plan, disk: &dyn Disk, means: Means, past: &[PastWrites]) -> Self {
        let drive = plan.busiest_drive();
        let shards: Vec<u64> = plan.shards.iter().map(|s| s.work().count() as u64).filter(|n| *n > 0).collect();
        let keep = plan.settings.safety.originals == Originals::Keep;
        let in_flight = means.shards.min(shards.len());
        let block = plan.shards.first().and_then(|s| disk.block_size(&s.inventory.path));
        let mut known = Self {
            images: 0,
            bytes: 0,
            sampled: 0,
            measured: Vec::new(),
            sampled_bytes: 0.0,
            judged: Vec::new(),
            judging: Duration::ZERO,
            fewest_judged: means.judged,
            names: names(plan, drive.kind),
            workers: u32::try_from(means.workers.max(1)).unwrap_or(u32::MAX),
            lossless: Part::new([BYTES_A_MEGAPIXEL, 0.0]),
            lossy: Part::new([BYTES_A_MEGAPIXEL, 0.0]),
            process: Part::new(SECONDS_A_MEGAPIXEL),
            load: Part::new(SECONDS_A_READ),
            blocks: block.map(|b| (b, 0)),
            sampled_blocks: 0.0,
            writing: Writing::known(&drive, keep, in_flight, past),
            drive: drive.kind,
            opens: Vec::new(),
            lanes: Lanes {
                workers: means.workers,
                cores: means.cores,
                reads: means.reads,
                shards: means.shards,
            },
            shards,
        };
        for (_, traits) in jobs::all(plan) {
            known.images += 1;
            known.bytes += traits.bytes;
            if let Some((block, before)) = &mut known.blocks {
                *before += OnDisk::of(traits.bytes, *block);
            }
            known.bytes_of(&traits).expect(traits.for_bytes());
            known.process.expect(traits.for_process());
            known.load.expect(traits.for_load());
        }
        known
    }

    fn bytes_of(&mut self, traits: &Traits) -> &mut Part<2> {
        if traits.is_lossless() {
            &mut self.lossless
        } else {
            &mut self.lossy
        }
    }

    fn add(&mut self, plan: &Plan, job: Job, worked: Worked) {
        let Some(traits) = Traits::of(plan, job) else { return };
        self.sampled += 1;
        self.measured.push((job, worked.bytes_after));
        self.sampled_bytes += worked.bytes_after as f64;
        if let Some((block, _)) = self.blocks {
            self.sampled_blocks += OnDisk::of(worked.bytes_after, block) as f64;
        }
        self.bytes_of(&traits).measured(traits.for_bytes(), worked.bytes_after as f64);
        self.process.measured(traits.for_process(), worked.process.as_secs_f64());
        self.judging += worked.judged;
        if let Some((quality, bytes_after)) = worked.quality {
            let shard = &plan.shards[job.shard as usize].inventory;
            self.judged.push(JudgedImage {
                shard: shard.path.clone(),
                name: shard.images[job.image as usize].name.clone(),
                quality,
                bytes_after,
            });
        }
        self.opens.push(worked.open.as_secs_f64());
        self.load.measured(traits.for_load(), worked.load.as_secs_f64());
    }

    fn estimate(&self, sampling: Duration) -> Estimate {
        let after = self.lossless.total().plus(self.lossy.total());
        let half = after.half_width();
        Estimate {
            sampled: self.sampled,
            images: self.images,
            bytes_after: Range::around(after.value, half),
            bytes_saved: Range::around(self.bytes as f64 - after.value, half),
            on_disk: self.blocks.map(|(block, before)| {
                // The last block of a file is half full on average.
                let others = (self.images - self.sampled) as f64;
                let rest = after.value - self.sampled_bytes + others * block as f64 / 2.0;
                let expected = self.sampled_blocks + rest;
                let half = half.hypot(1.645 * others.sqrt() * block as f64 / 12.0_f64.sqrt());
                OnDisk {
                    block,
                    before,
                    after: Range::around(expected, half),
                    saved: Range::around(before as f64 - expected, half),
                }
            }),
            times: times(&Parts {
                load: self.load.total(),
                process: self.process.total(),
                bytes: self.bytes as f64,
                shards: &self.shards,
                writing: self.writing.by_latency(self.drive, median(&self.opens)).times(self.names),
                lanes: self.lanes,
                network: self.drive == DriveKind::Network,
            }),
            basis: self.writing.basis,
            sampling,
            judging: self.judging / self.workers,
            judged: self.judged.clone(),
        }
    }

    /// What each image will take.
    fn predictions(&self) -> Predictions {
        let law = |part: &Part<2>| fitted(&part.rows, &part.rest, part.prior).1;
        let mut sampled = self.measured.clone();
        sampled.sort_unstable();
        Predictions {
            lossless: law(&self.lossless),
            lossy: law(&self.lossy),
            sampled,
        }
    }

    /// Whether the next image may be judged: that tells how replacements look, but is no work that the run is spared.
    fn may_judge(&self) -> bool {
        let judged = self.judged.len();
        let spent = (self.judging / self.workers).as_secs_f64();
        judged < self.fewest_judged
            || (judged < SMALLEST_SAMPLE && spent < JUDGING_PART * self.estimate(Duration::ZERO).times.wall.expected)
    }

    /// Whether more images are worth their time.
    fn is_enough(&self, estimate: &Estimate) -> bool {
        let saved = estimate.bytes_saved;
        let narrow_bytes = (saved.high - saved.low) as f64 <= 2.0 * NARROW_BYTES * saved.expected as f64;
        let process = self.process.total();
        let narrow_time = process.half_width() <= NARROW_PROCESS * process.value;
        let dear = estimate.sampling.as_secs_f64() > ALLOWED_PART * estimate.times.wall.expected;
        (narrow_bytes && narrow_time) || dear
    }
}

/// The middle one; `None` of nothing.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// How many images keep their names, as a multiple of the cost of writing.
fn names(plan: &Plan, drive: DriveKind) -> f64 {
    let (mut same, mut images) = (0, 0);
    for shard in &plan.shards {
        for (image, action) in shard.inventory.images.iter().zip(&shard.actions) {
            if let Action::Shrink { output, .. } = action {
                images += 1;
                same += u64::from(*output == image.name);
            }
        }
    }
    name_changes(drive, same, images)
}
