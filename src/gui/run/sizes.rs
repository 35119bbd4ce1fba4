//! How large files were and became, counted as they finish: two histograms over the same bins. Half an octave each, so that
//! the step from photographs to thumbnails and the spread within each are both seen.

/// The first bin begins here, bytes; what is smaller counts into it.
const FIRST: f64 = 1024.0;

/// From 1 KiB to 64 MiB; what is larger counts into the last.
pub(in crate::gui) const BINS: usize = 32;

/// Files before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::gui) struct Sizes {
    before: [u32; BINS],
    after: [u32; BINS],
}

/// One bin, with something in it or between two that have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::gui) struct Bin {
    /// Where it begins and ends, as the binary logarithm of bytes.
    pub(in crate::gui) octaves: [f64; 2],
    /// Files of that size before.
    pub(in crate::gui) before: u32,
    /// And after.
    pub(in crate::gui) after: u32,
}

impl Sizes {
    /// A file of `before` bytes has become one of `after` bytes.
    pub(in crate::gui) fn add(&mut self, before: u64, after: u64) {
        self.before[bin(before)] += 1;
        self.after[bin(after)] += 1;
    }

    /// From the first bin that has something to the last.
    pub(in crate::gui) fn bins(&self) -> Vec<Bin> {
        let used = |n: &usize| self.before[*n] > 0 || self.after[*n] > 0;
        let (Some(first), Some(last)) = ((0..BINS).find(used), (0..BINS).rev().find(used)) else {
            return Vec::new();
        };
        let begin = |n: usize| FIRST.log2() + n as f64 / 2.0;
        (first..=last)
            .map(|n| Bin {
                octaves: [begin(n), begin(n + 1)],
                before: self.before[n],
                after: self.after[n],
            })
            .collect()
    }
}

fn bin(bytes: u64) -> usize {
    let octaves = (bytes.max(1) as f64 / FIRST).log2();
    ((octaves * 2.0).max(0.0) as usize).min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_counted_once_on_each_side() {
        let mut sizes = Sizes::default();
        for bytes in [0, 1, 1023, 1024, 1500, 1 << 20, (1 << 20) + 1, 5 << 30] {
            sizes.add(bytes, bytes / 10);
        }
        let bins = sizes.bins();
        assert_eq!(bins.iter().map(|b| b.before).sum::<u32>(), 8);
        assert_eq!(bins.iter().map(|b| b.after).sum::<u32>(), 8);
        let mega = bins.iter().find(|b| b.octaves[0] == 20.0).expect("1 MiB begins a bin");
        assert_eq!(mega.before, 2);
        assert_eq!((bins[0].octaves, bins[0].before), ([10.0, 10.5], 4));
        assert!(Sizes::default().bins().is_empty());
    }
}
