//! Images that have work, as the sample sees them: what headers tell of them, and in which order they are drawn.
//!
//! The order makes every beginning of it a fair sample, so that sampling can stop at any time: strata take turns in
//! proportion to their sizes, and within a stratum images are drawn evenly over their bits a pixel, which tells plain
//! pictures from busy ones (systematic sampling along a golden-ratio sequence; Cochran, *Sampling Techniques*, 3rd ed.,
//! chapter 8).

use std::collections::{BTreeMap, HashSet};

use crate::engine::metrics::Why;
use crate::engine::pixels::Header;
use crate::engine::plan::{Action, Plan, sizes};
use crate::engine::scan::Content;
use crate::engine::settings::Format;

/// Codecs that cost differently a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// PNG, BMP, GIF, TIFF.
    Lossless,
    /// JPEG in one scan.
    Jpeg,
    /// JPEG in several scans: four times the time.
    Progressive,
    /// WebP.
    Webp,
}

impl Class {
    fn of(header: &Header) -> Self {
        match header.format {
            Format::Jpeg if header.multi_pass => Self::Progressive,
            Format::Jpeg => Self::Jpeg,
            Format::Webp => Self::Webp,
            Format::Png | Format::Bmp | Format::Tiff | Format::Gif => Self::Lossless,
        }
    }
}

/// What the headers tell of one image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Traits {
    pub(super) class: Class,
    /// Megapixels of the original.
    pub(super) from: f64,
    /// Megapixels of the replacement.
    pub(super) to: f64,
    /// Bytes of the original.
    pub(super) bytes: u64,
}

impl Traits {
    /// Of an image of the plan; `None` where it has no work.
    pub(super) fn of(plan: &Plan, job: Job) -> Option<Self> {
        let shard = plan.shards.get(job.shard as usize)?;
        let image = shard.inventory.images.get(job.image as usize)?;
        let (Content::Image(header), Some(Action::Shrink { .. })) = (&image.content, shard.actions.get(job.image as usize)) else {
            return None;
        };
        let (before, after) = sizes(header, &plan.settings);
        Some(Self {
            class: Class::of(header),
            from: before.pixels() as f64 / 1e6,
            to: after.pixels() as f64 / 1e6,
            bytes: image.bytes(),
        })
    }

    /// Of the original's file, for each of its pixels.
    fn bits_a_pixel(&self) -> f64 {
        8e-6 * self.bytes as f64 / self.from.max(1e-6)
    }

    /// For the bytes of the replacement: its megapixels, alone and by the root of the original's bits a pixel. Measured on
    /// photographs, drawings and clip art: a third of the error of megapixels alone.
    pub(super) fn for_bytes(&self) -> ([f64; 2], f64) {
        ([self.to, self.to * self.bits_a_pixel().sqrt()], self.to.max(1e-6))
    }

    /// For the time of processing: megapixels to decode and resize by class, megapixels to encode and verify.
    pub(super) fn for_process(&self) -> ([f64; 5], f64) {
        let mut x = [self.to, 0.0, 0.0, 0.0, 0.0];
        x[1 + self.class as usize] = self.from;
        // Encoding and verifying a pixel takes about four times what decoding and resizing one takes.
        (x, (self.from + 4.0 * self.to).max(1e-6))
    }

    /// For the time of reading: the file, and its megabytes.
    pub(super) fn for_load(&self) -> ([f64; 2], f64) {
        let megabytes = self.bytes as f64 / 1e6;
        ([1.0, megabytes], 1.0 + megabytes)
    }

    /// Replacements of lossy originals and of others have laws of their own.
    pub(super) fn is_lossless(&self) -> bool {
        self.class == Class::Lossless
    }
}

/// Where an image with work is: shard of the plan, image of its inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Job {
    pub(super) shard: u32,
    pub(super) image: u32,
}

/// Every image with work.
pub(super) fn all(plan: &Plan) -> impl Iterator<Item = (Job, Traits)> {
    plan.shards.iter().enumerate().flat_map(move |(shard, found)| {
        found.work().filter_map(move |image| {
            let job = Job {
                shard: u32::try_from(shard).ok()?,
                image: u32::try_from(image).ok()?,
            };
            Some((job, Traits::of(plan, job)?))
        })
    })
}

/// Fewest images of a stratum, so that its scatter is known; they come first.
const SMALLEST_STRATUM: usize = 4;

/// The first `most` images in the order in which they are drawn; all of them where there are no more.
pub(super) fn drawn(plan: &Plan, most: usize) -> Vec<Job> {
    let mut strata: BTreeMap<(Class, bool), Vec<(f32, Job)>> = BTreeMap::new();
    for (job, traits) in all(plan) {
        let converted = matches!(
            plan.shards[job.shard as usize].actions[job.image as usize],
            Action::Shrink { why: Why::Converted, .. }
        );
        let bits = traits.bits_a_pixel() as f32;
        strata.entry((traits.class, converted)).or_default().push((bits, job));
    }
    let count: usize = strata.values().map(Vec::len).sum();
    let mut turns: Vec<(f64, Job)> = Vec::new();
    for jobs in strata.values_mut() {
        jobs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted = (jobs.len() * most).div_ceil(count.max(1)).max(SMALLEST_STRATUM).min(jobs.len());
        turns.extend(evenly(jobs.len(), wanted).into_iter().enumerate().map(|(n, index)| {
            // The n-th of a stratum when that part of all strata is drawn; the first few at once.
            let turn = if n < SMALLEST_STRATUM {
                0.0
            } else {
                (n as f64 + 0.5) / jobs.len() as f64
            };
            (turn, jobs[index].1)
        }));
    }
    turns.sort_by(|a, b| a.0.total_cmp(&b.0));
    turns.into_iter().map(|(_, job)| job).collect()
}

/// `wanted` different indices below `count`, every beginning of which is spread evenly.
fn evenly(count: usize, wanted: usize) -> Vec<usize> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let mut taken = HashSet::with_capacity(wanted);
    let mut indices = Vec::with_capacity(wanted);
    let mut place = 0.5_f64;
    while indices.len() < wanted.min(count) {
        let mut index = ((place * count as f64) as usize).min(count - 1);
        // Taken: the next that is free, so that this ends however much of all is wanted.
        while !taken.insert(index) {
            index = (index + 1) % count;
        }
        indices.push(index);
        place = (place + GOLDEN).fract();
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_spread_evenly() {
        for (count, wanted) in [(0, 5), (1, 1), (7, 7), (100, 100), (1000, 40), (3, 9)] {
            let indices = evenly(count, wanted);
            let different: HashSet<_> = indices.iter().collect();
            assert_eq!(different.len(), wanted.min(count));
            assert!(indices.iter().all(|&i| i < count));
        }
        let indices = evenly(1000, 200);
        for beginning in [20, 40, 80, 200] {
            for quarter in 0..4 {
                let inside = indices[..beginning].iter().filter(|&&i| i / 250 == quarter).count();
                assert!(
                    (beginning / 4 - 2..=beginning / 4 + 2).contains(&inside),
                    "{beginning} {quarter}: {inside}"
                );
            }
        }
    }

    #[test]
    fn traits_by_class() {
        let traits = |class| Traits {
            class,
            from: 2.0,
            to: 0.25,
            bytes: 1_000_000,
        };
        assert_eq!(traits(Class::Lossless).for_process().0, [0.25, 2.0, 0.0, 0.0, 0.0]);
        assert_eq!(traits(Class::Webp).for_process().0, [0.25, 0.0, 0.0, 0.0, 2.0]);
        assert_eq!(traits(Class::Jpeg).for_bytes().0, [0.25, 0.5]);
        assert_eq!(traits(Class::Jpeg).for_load(), ([1.0, 1.0], 2.0));
        assert!(traits(Class::Lossless).is_lossless() && !traits(Class::Progressive).is_lossless());
    }
}
