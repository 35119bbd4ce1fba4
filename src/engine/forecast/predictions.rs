//! Bytes of each image afterwards, laid beside the plan: what the sample measured, and for the others what its own law
//! predicts. They sum up to the total of the estimate.

use crate::engine::plan::Plan;

use super::jobs::{self, Job, Traits};

/// Bytes of every image with work afterwards. Small: a law and the sampled images, whatever the number of all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predictions {
    /// Bytes a trait, of images that lossless files become.
    pub(super) lossless: [f64; 2],
    /// And lossy ones.
    pub(super) lossy: [f64; 2],
    /// What was measured, in the order of the jobs.
    pub(super) sampled: Vec<(Job, u64)>,
}

impl Predictions {
    /// Bytes of the file afterwards; `None` for an image without work. An image counts as its shard's and its own place in
    /// the plan that was estimated.
    pub fn bytes_after(&self, plan: &Plan, shard: usize, image: usize) -> Option<u64> {
        let job = Job {
            shard: u32::try_from(shard).ok()?,
            image: u32::try_from(image).ok()?,
        };
        self.of(job, &Traits::of(plan, job)?)
    }

    fn of(&self, job: Job, traits: &Traits) -> Option<u64> {
        if let Ok(at) = self.sampled.binary_search_by_key(&job, |(job, _)| *job) {
            return Some(self.sampled[at].1);
        }
        let (x, _) = traits.for_bytes();
        let law = if traits.is_lossless() { &self.lossless } else { &self.lossy };
        Some((x[0] * law[0] + x[1] * law[1]).round() as u64)
    }

    /// Whether the image was worked on for the estimate, so that its bytes are no prediction.
    pub fn is_measured(&self, shard: usize, image: usize) -> bool {
        let at = |job: &Job| (job.shard as usize, job.image as usize);
        self.sampled.binary_search_by_key(&(shard, image), |(job, _)| at(job)).is_ok()
    }

    /// Every image with work: shard, image, bytes afterwards; in the order of the plan.
    pub fn all<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (usize, usize, u64)> + 'a {
        jobs::all(plan).filter_map(|(job, traits)| Some((job.shard as usize, job.image as usize, self.of(job, &traits)?)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sample::Worked;
    use super::super::{Known, Means};
    use super::*;
    use crate::engine::disk::RealDisk;
    use crate::engine::settings::Settings;
    use crate::engine::{Engine, write_sample};

    #[test]
    fn single_images_sum_up_to_the_total() {
        let dir = tempfile::tempdir().expect("tempdir");
        write_sample(&dir.path().join("lib")).expect("sample");
        let plan = Engine::default()
            .plan(&[dir.path().join("lib")], &Settings::default())
            .expect("plan");
        let means = Means {
            judged: super::super::FEWEST_JUDGED,
            workers: 1,
            cores: 1,
            memory: 1 << 30,
            reads: 1,
            shards: 1,
        };
        let mut known = Known::new(&plan, &RealDisk, means, &[]);
        let jobs: Vec<Job> = jobs::drawn(&plan, 400);
        assert!(jobs.len() > 30, "{}", jobs.len());
        for (n, job) in std::iter::once(None).chain(jobs.iter().map(Some)).enumerate() {
            if let Some(job) = job {
                known.add(
                    &plan,
                    *job,
                    Worked {
                        bytes_after: 3_000 + 977 * (n as u64 % 11),
                        open: Duration::ZERO,
                        load: Duration::ZERO,
                        process: Duration::from_millis(1),
                        quality: None,
                        judged: Duration::ZERO,
                    },
                );
            }
            let estimate = known.estimate(Duration::ZERO);
            let predictions = known.predictions();
            let mut count = 0;
            let sum: u64 = predictions
                .all(&plan)
                .map(|(shard, image, bytes)| {
                    count += 1;
                    assert_eq!(predictions.bytes_after(&plan, shard, image), Some(bytes));
                    bytes
                })
                .sum();
            assert_eq!(count, estimate.images);
            let off = sum.abs_diff(estimate.bytes_after.expected);
            // Each is rounded to a whole byte.
            assert!(off <= 1 + count as u64, "{n} sampled: {sum} against {:?}", estimate.bytes_after);
        }
        let measured = jobs[0];
        assert!(known.predictions().is_measured(measured.shard as usize, measured.image as usize));
        assert_eq!(
            known
                .predictions()
                .bytes_after(&plan, measured.shard as usize, measured.image as usize),
            Some(3_977)
        );
        // The same question has the same answer.
        assert_eq!(known.predictions(), known.predictions());
    }
}
