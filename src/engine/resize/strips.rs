//! The same resize from rows that come one after another, so that the picture need not be whole in memory.
//!
//! The vertical pass comes first, as in the CPU backend: every source row is added, weighted, to the few output rows whose
//! window it lies in (about six times the 32-bit width of a row, whatever the picture's height). Finished rows go through
//! the CPU backend's horizontal pass in bands. Weights, sums and roundings are the CPU backend's own, so the samples are
//! equal to the whole resize, not only near; tests hold that.

use std::collections::VecDeque;

use super::weights::Weights;
use super::{ResizeError, Scratch, bytes, cpu};
use crate::engine::pixels::{Channels, Pixels, Size};

/// Source rows asked for, and finished rows resized across, at a time.
const BAND: usize = 16;

/// Why there is no picture: its rows did not come, or the resize failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StripError<E> {
    /// The source said so.
    #[error("{0}")]
    Source(E),
    /// The resize said so.
    #[error("{0}")]
    Resize(#[from] ResizeError),
}

/// Memory it takes beside the source of rows, the resized picture included, bytes.
pub(crate) fn strip_cost(source: Size, channels: Channels, to: Size) -> u64 {
    let row = u64::from(source.width) * channels.count() as u64;
    let scale = f64::from(source.height) / f64::from(to.height.max(1));
    // Windows are 6 output rows wide, or 6 source rows where the picture grows; one more at either end.
    let open = (6.0 / scale.min(1.0)).ceil() as u64 + 2;
    row * (4 * open + 2 * BAND as u64) + bytes(to, channels) as u64
}

/// Resizes a picture whose rows come in order.
pub(crate) struct StripResizer {
    source: Size,
    channels: Channels,
    to: Size,
    /// `None` where the height stays.
    weights: Option<Weights>,
    /// Sums of the output rows whose window has begun, the first of which is output row `finished`.
    open: VecDeque<Vec<i32>>,
    spare: Vec<Vec<i32>>,
    finished: usize,
    /// Source rows taken so far.
    taken: usize,
    /// Finished rows, still as wide as the source.
    band: Vec<u8>,
    out: Vec<u8>,
}

impl StripResizer {
    /// For a picture of size `source` that becomes `to`, both as stored.
    pub(crate) fn new(source: Size, channels: Channels, to: Size) -> Self {
        Self {
            source,
            channels,
            to,
            weights: (source.height != to.height).then(|| Weights::new(source.height, to.height)),
            open: VecDeque::new(),
            spare: Vec::new(),
            finished: 0,
            taken: 0,
            band: Vec::new(),
            out: Vec::with_capacity(bytes(to, channels)),
        }
    }

    /// Takes all rows from `next`, which fills a buffer of whole packed rows, and returns the resized picture.
    ///
    /// # Errors
    /// What `next` says; what the backend says.
    pub(crate) fn resize<E>(
        mut self,
        mut next: impl FnMut(&mut [u8]) -> Result<(), E>,
        scratch: &mut Scratch,
    ) -> Result<Pixels, StripError<E>> {
        let stride = self.stride();
        let mut rows = vec![0; BAND * stride];
        let mut left = self.source.height as usize;
        while left > 0 {
            let count = left.min(BAND);
            let rows = &mut rows[..count * stride];
            next(rows).map_err(StripError::Source)?;
            for row in rows.chunks_exact(stride) {
                self.push(row, scratch)?;
            }
            left -= count;
        }
        self.across(scratch)?;
        Ok(Pixels {
            size: self.to,
            channels: self.channels,
            data: self.out,
        })
    }

    fn stride(&self) -> usize {
        self.source.width as usize * self.channels.count()
    }

    /// Takes the next source row.
    fn push(&mut self, row: &[u8], scratch: &mut Scratch) -> Result<(), ResizeError> {
        let Some(weights) = self.weights.take() else {
            self.band.extend_from_slice(row);
            return self.across_if_full(scratch);
        };
        let done = self.push_weighted(row, &weights, scratch);
        self.weights = Some(weights);
        done
    }

    fn push_weighted(&mut self, row: &[u8], weights: &Weights, scratch: &mut Scratch) -> Result<(), ResizeError> {
        let at = self.taken;
        self.taken += 1;
        // Rows whose window begins here. Adding a half first makes the shift round.
        while let Some(window) = weights.outputs.get(self.finished + self.open.len())
            && window.first <= at
        {
            let mut sums = self.spare.pop().unwrap_or_default();
            sums.clear();
            sums.resize(row.len(), 1 << (weights.precision - 1));
            self.open.push_back(sums);
        }
        for (window, sums) in weights.outputs[self.finished..].iter().zip(&mut self.open) {
            let Some(&weight) = at.checked_sub(window.first).and_then(|i| window.values.get(i)) else {
                continue;
            };
            let weight = i32::from(weight);
            for (sum, &sample) in sums.iter_mut().zip(row) {
                *sum += weight * i32::from(sample);
            }
        }
        while weights.outputs.get(self.finished).is_some_and(|window| window.end() <= at + 1)
            && let Some(sums) = self.open.pop_front()
        {
            self.band
                .extend(sums.iter().map(|sum| (sum >> weights.precision).clamp(0, 255) as u8));
            self.spare.push(sums);
            self.finished += 1;
            self.across_if_full(scratch)?;
        }
        Ok(())
    }

    fn across_if_full(&mut self, scratch: &mut Scratch) -> Result<(), ResizeError> {
        if self.band.len() < BAND * self.stride() {
            return Ok(());
        }
        self.across(scratch)
    }

    /// The horizontal pass over the finished rows.
    fn across(&mut self, scratch: &mut Scratch) -> Result<(), ResizeError> {
        let rows = self.band.len() / self.stride();
        if rows == 0 {
            return Ok(());
        }
        let height = rows as u32;
        let from = Size {
            width: self.source.width,
            height,
        };
        let to = Size {
            width: self.to.width,
            height,
        };
        let before = self.out.len();
        self.out.resize(before + bytes(to, self.channels), 0);
        cpu::resize_into(&self.band, from, &mut self.out[before..], to, self.channels, scratch)?;
        self.band.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Backend, Cpu};
    use super::*;

    fn noise(size: Size, channels: Channels) -> Pixels {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Extremes make the filter overshoot, so clamping is tested too.
            match state >> 30 {
                0 => 0,
                1 => 255,
                _ => (state >> 20) as u8,
            }
        };
        Pixels {
            size,
            channels,
            data: (0..bytes(size, channels)).map(|_| next()).collect(),
        }
    }

    #[test]
    fn strips_equal_the_whole() {
        fn check(from: (u32, u32), to: (u32, u32)) {
            let size = |(width, height)| Size { width, height };
            for channels in [Channels::Grey, Channels::Rgb] {
                let picture = noise(size(from), channels);
                let mut scratch = Scratch::default();
                let whole = Cpu.resize(&picture, size(to), &mut scratch).unwrap();
                let mut rest = picture.data.as_slice();
                let mut largest = 0;
                let next = |rows: &mut [u8]| {
                    let (now, later) = rest.split_at(rows.len());
                    rows.copy_from_slice(now);
                    rest = later;
                    largest = largest.max(rows.len());
                    Ok::<(), ()>(())
                };
                let strips = StripResizer::new(picture.size, channels, size(to))
                    .resize(next, &mut scratch)
                    .unwrap();
                assert_eq!(strips.size, whole.size);
                let differing = strips.data.iter().zip(&whole.data).filter(|(a, b)| a != b).count();
                assert_eq!(differing, 0, "{from:?} to {to:?} {channels:?}");
                assert!(rest.is_empty() && largest <= BAND * from.0 as usize * channels.count());
            }
        }
        check((200, 300), (50, 75));
        check((301, 203), (97, 65));
        check((40, 1000), (3, 75));
        check((1000, 40), (75, 3));
        check((513, 511), (512, 510));
        check((64, 64), (64, 20));
        check((64, 64), (20, 64));
        check((64, 64), (64, 64));
        check((20, 30), (45, 67));
        check((1, 500), (1, 12));
        check((500, 1), (12, 1));
        check((5, 7), (1, 1));
    }

    #[test]
    fn an_error_of_the_source_comes_through() {
        let size = Size { width: 8, height: 64 };
        let resizer = StripResizer::new(size, Channels::Grey, Size { width: 2, height: 16 });
        let mut calls = 0;
        let next = |_: &mut [u8]| {
            calls += 1;
            if calls == 3 { Err("gone") } else { Ok(()) }
        };
        assert_eq!(resizer.resize(next, &mut Scratch::default()), Err(StripError::Source("gone")));
    }

    #[test]
    fn memory_does_not_grow_with_height() {
        let cost = |height| {
            let source = Size { width: 10_000, height };
            strip_cost(source, Channels::Rgb, super::super::fit(source, 512, false))
        };
        assert!(cost(60_000) < cost(10_000) + (1 << 20));
        // The open rows of a real run stay within what is promised.
        let (source, to) = (Size { width: 64, height: 2000 }, Size { width: 16, height: 500 });
        let mut resizer = StripResizer::new(source, Channels::Grey, to);
        let mut scratch = Scratch::default();
        for _ in 0..2000 {
            resizer.push(&[9; 64], &mut scratch).unwrap();
            assert!(resizer.open.len() + resizer.spare.len() <= 8);
        }
    }
}
