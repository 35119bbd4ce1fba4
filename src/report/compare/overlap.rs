//! Which images two reports have in common, and how each of them ended. Shards are known by their last names: the same library
//! may be mounted elsewhere on another machine.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::super::Name;
use super::super::sections::word;
use super::super::value::{ImageOutcome, ImageReport, Report};

/// What two reports have in common.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overlap {
    /// Images in both.
    pub both: u64,
    /// Images in the first alone.
    pub first_only: u64,
    /// Images in the second alone.
    pub second_only: u64,
    /// Images in both that ended otherwise: outcome in the first and in the second, and how many.
    pub changed: Vec<(String, String, u64)>,
    /// Of images that changed in both: bytes after, first and second.
    pub(super) sizes: Vec<(u64, u64)>,
}

impl Overlap {
    /// Of two reports.
    pub(super) fn of(first: &Report, second: &Report) -> Self {
        // Shards of two libraries may have one name: their images are paired in order.
        let mut theirs: HashMap<(&str, &Name), VecDeque<&ImageReport>> = HashMap::new();
        for (key, image) in images(second) {
            theirs.entry(key).or_default().push_back(image);
        }
        let all = images(second).count() as u64;
        let mut overlap = Self::default();
        let mut changed: BTreeMap<(String, String), u64> = BTreeMap::new();
        for (key, ours) in images(first) {
            let Some(other) = theirs.get_mut(&key).and_then(VecDeque::pop_front) else {
                overlap.first_only += 1;
                continue;
            };
            overlap.both += 1;
            if ours.outcome != other.outcome {
                let words = |image: &ImageReport| word(&image.outcome).replace('_', " ");
                *changed.entry((words(ours), words(other))).or_default() += 1;
            } else if ours.outcome == ImageOutcome::Shrunk {
                overlap.sizes.push((ours.bytes_after, other.bytes_after));
            }
        }
        overlap.second_only = all.saturating_sub(overlap.both);
        overlap.changed = changed
            .into_iter()
            .map(|((first, second), images)| (first, second, images))
            .collect();
        // Most first, then by name, so that the page is the same every time.
        overlap.changed.sort_by_key(|changed| std::cmp::Reverse(changed.2));
        overlap
    }

    /// Both have the same images.
    pub fn is_whole(&self) -> bool {
        self.first_only == 0 && self.second_only == 0
    }
}

fn images(report: &Report) -> impl Iterator<Item = ((&str, &Name), &ImageReport)> {
    report.shards.iter().flat_map(|shard| {
        let text = shard.path.text.trim_end_matches(['/', '\\']);
        let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
        shard.images.iter().map(move |image| ((name, &image.name), image))
    })
}
