//! What needs pixels is predicted from a sample and laid beside the plan, never inside it.
//!
//! The sample is stratified by format and by whether the image is resized; within a stratum the bytes of a replacement
//! are taken as proportional to its pixels (ratio estimator), and the spread of the sampled images around that line
//! gives the range. Cochran, *Sampling Techniques*, 3rd ed., sections 6.2 and 6.11.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Action, Plan};
use crate::engine::disk::Disk;
use crate::engine::metrics::{Estimate, Range, Why};
use crate::engine::resize::Backend;
use crate::engine::scan::Content;
use crate::engine::settings::Format;
use crate::engine::shrink::{Shrinker, cost};

/// Fewest images of a sample, where there are as many.
pub(crate) const SMALLEST_SAMPLE: usize = 40;

/// Fewest images of a stratum, so that its spread is known.
const SMALLEST_STRATUM: usize = 4;

/// What a sample may use, as the run would.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means {
    /// Threads, at least 1.
    pub(crate) workers: usize,
    /// Bytes.
    pub(crate) memory: u64,
}

/// One image of the plan that has work.
struct Job {
    shard: usize,
    image: usize,
    /// Bytes of the original.
    before: u64,
    /// Pixels of the replacement.
    pixels_after: f64,
    /// Pixels of the original: what time depends on.
    pixels_before: f64,
}

/// One sampled image.
struct Sampled {
    pixels_after: f64,
    pixels_before: f64,
    bytes_after: f64,
    seconds: f64,
}

/// Works on a sample of about `wanted` images (at least [`SMALLEST_SAMPLE`], at most all) and predicts the rest.
///
/// Images that fail count as not sampled. `cancelled` is asked between images; what was sampled until then is used.
pub(crate) fn estimate(
    plan: &Plan,
    disk: &dyn Disk,
    backend: &Arc<dyn Backend>,
    means: Means,
    wanted: usize,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Estimate {
    let mut strata: BTreeMap<(Format, bool), Vec<Job>> = BTreeMap::new();
    for (s, shard) in plan.shards.iter().enumerate() {
        for i in shard.work() {
            let image = &shard.inventory.images[i];
            let (Content::Image(header), Action::Shrink { why, .. }) = (&image.content, &shard.actions[i]) else {
                continue;
            };
            let (before, after) = super::sizes(header, &plan.settings);
            strata.entry((header.format, *why == Why::Converted)).or_default().push(Job {
                shard: s,
                image: i,
                before: image.bytes(),
                pixels_after: after.pixels() as f64,
                pixels_before: before.pixels() as f64,
            });
        }
    }
    let all: usize = strata.values().map(Vec::len).sum();
    let wanted = wanted.max(SMALLEST_SAMPLE).min(all);
    let mut picked: Vec<(usize, &Job)> = Vec::new();
    for (number, jobs) in strata.values().enumerate() {
        let share = (jobs.len() * wanted).div_ceil(all).max(SMALLEST_STRATUM).min(jobs.len());
        // Evenly spread over the names: neighbours in a dataset look alike, so this beats drawing lots.
        picked.extend((0..share).map(|k| (number, &jobs[(2 * k + 1) * jobs.len() / (2 * share)])));
    }
    let samples = work_on(plan, disk, backend, means, &picked, cancelled);

    let mut total = Prediction::default();
    for (number, jobs) in strata.values().enumerate() {
        let sampled: Vec<&Sampled> = samples.iter().filter(|(n, _)| *n == number).map(|(_, s)| s).collect();
        total.add(jobs, &sampled);
    }
    let before: u64 = strata.values().flatten().map(|j| j.before).sum();
    let half = total.half_width();
    let range = |middle: f64| Range {
        low: (middle - half).max(0.0) as u64,
        expected: middle.max(0.0) as u64,
        high: (middle + half).max(0.0) as u64,
    };
    Estimate {
        sampled: samples.len(),
        images: all,
        bytes_after: range(total.bytes_after),
        bytes_saved: range(before as f64 - total.bytes_after),
        process_secs: total.seconds,
    }
}

/// Shrinks the picked images on as many threads as a run would use; returns those that worked, with their stratum.
fn work_on(
    plan: &Plan,
    disk: &dyn Disk,
    backend: &Arc<dyn Backend>,
    means: Means,
    picked: &[(usize, &Job)],
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Vec<(usize, Sampled)> {
    let next = AtomicUsize::new(0);
    let alone = Mutex::new(());
    let one = |shrinker: &mut Shrinker, job: &Job| -> Option<Sampled> {
        let shard = &plan.shards[job.shard];
        let image = &shard.inventory.images[job.image];
        let Content::Image(header) = &image.content else { return None };
        let cost = cost(header, image.bytes(), &plan.settings).ok()?;
        let strips = cost.strips.filter(|s| *s < cost.whole && cost.whole > means.memory / 2);
        let need = strips.unwrap_or(cost.whole).saturating_add(image.bytes());
        // A picture past its worker's share is worked on while no other such picture is.
        let _alone = (need > means.memory / means.workers as u64).then(|| alone.lock().unwrap_or_else(PoisonError::into_inner));
        let file = disk.open(&shard.inventory.path.join(&image.name)).ok()?;
        let bytes = file.read_all(image.bytes()).ok()?;
        let begin = std::time::Instant::now();
        let shrunk = shrinker.shrink(&bytes, strips.is_some()).ok()?;
        Some(Sampled {
            pixels_after: job.pixels_after,
            pixels_before: job.pixels_before,
            bytes_after: shrunk.bytes.len() as f64,
            seconds: begin.elapsed().as_secs_f64(),
        })
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..means.workers.min(picked.len()))
            .map(|_| {
                scope.spawn(|| {
                    let mut shrinker = Shrinker::new(&plan.settings, Arc::clone(backend));
                    let mut done = Vec::new();
                    while !cancelled() {
                        let Some((stratum, job)) = picked.get(next.fetch_add(1, Ordering::Relaxed)) else {
                            break;
                        };
                        done.extend(one(&mut shrinker, job).map(|s| (*stratum, s)));
                    }
                    done
                })
            })
            .collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
    })
}

/// Sums over strata.
#[derive(Default)]
struct Prediction {
    bytes_after: f64,
    seconds: f64,
    /// Variance of `bytes_after`.
    variance: f64,
    /// Bytes predicted without any sample behind them: the range must own up to them.
    blind: f64,
}

impl Prediction {
    fn add(&mut self, jobs: &[Job], sampled: &[&Sampled]) {
        let pixels: f64 = jobs.iter().map(|j| j.pixels_after).sum();
        let source: f64 = jobs.iter().map(|j| j.pixels_before).sum();
        if sampled.is_empty() {
            // A photograph at quality 95, 4:4:4 takes about 2.5 bits a sample; used only where every sample failed.
            self.bytes_after += pixels;
            self.blind += pixels;
            return;
        }
        let n = sampled.len() as f64;
        let all = jobs.len() as f64;
        let seen: f64 = sampled.iter().map(|s| s.pixels_after).sum();
        let ratio = sampled.iter().map(|s| s.bytes_after).sum::<f64>() / seen.max(1.0);
        self.bytes_after += ratio * pixels;
        let source_seen: f64 = sampled.iter().map(|s| s.pixels_before).sum();
        self.seconds += sampled.iter().map(|s| s.seconds).sum::<f64>() / source_seen.max(1.0) * source;
        if sampled.len() < jobs.len() {
            let spread = if sampled.len() > 1 {
                sampled
                    .iter()
                    .map(|s| (s.bytes_after - ratio * s.pixels_after).powi(2))
                    .sum::<f64>()
                    / (n - 1.0)
            } else {
                (ratio * pixels / all).powi(2)
            };
            self.variance += all * all * (1.0 - n / all) * spread / n;
        }
    }

    /// Half the width of the range that holds nine times in ten: 1.645 standard deviations of the normal, widened by a
    /// fifth since the spread itself comes from few images.
    fn half_width(&self) -> f64 {
        1.2 * 1.645 * self.variance.sqrt() + self.blind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(pixels_after: f64) -> Job {
        Job {
            shard: 0,
            image: 0,
            before: 0,
            pixels_after,
            pixels_before: pixels_after * 4.0,
        }
    }

    fn sampled(pixels_after: f64, bytes_after: f64) -> Sampled {
        Sampled {
            pixels_after,
            pixels_before: pixels_after * 4.0,
            bytes_after,
            seconds: 0.5,
        }
    }

    #[test]
    fn a_sample_of_everything_is_exact() {
        let mut p = Prediction::default();
        let s = [sampled(100.0, 40.0), sampled(200.0, 110.0)];
        p.add(&[job(100.0), job(200.0)], &s.iter().collect::<Vec<_>>());
        assert_eq!(p.bytes_after.round(), 150.0);
        assert_eq!(p.seconds.round(), 1.0);
        assert_eq!(p.half_width(), 0.0);
    }

    #[test]
    fn spread_widens_and_more_samples_narrow() {
        let jobs: Vec<Job> = (0..100).map(|_| job(100.0)).collect();
        let few: Vec<Sampled> = [30.0, 50.0, 40.0, 60.0].map(|b| sampled(100.0, b)).into();
        let many: Vec<Sampled> = [30.0, 50.0, 40.0, 60.0].repeat(5).into_iter().map(|b| sampled(100.0, b)).collect();
        let width = |s: &[Sampled]| {
            let mut p = Prediction::default();
            p.add(&jobs, &s.iter().collect::<Vec<_>>());
            assert_eq!(p.bytes_after.round(), 4500.0);
            p.half_width()
        };
        assert!(width(&few) > 1.8 * width(&many) && width(&many) > 0.0);
    }

    #[test]
    fn what_could_not_be_sampled_is_owned_up_to() {
        let mut p = Prediction::default();
        p.add(&[job(100.0)], &[]);
        assert_eq!(p.half_width(), 100.0);
    }
}
