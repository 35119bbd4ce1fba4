//! The same resize from rows that come one after another, so that the picture need not be whole in memory.
//!
//! The vertical pass comes first, as in the CPU backend (`vertical`). Finished rows go through the CPU backend's
//! horizontal pass in bands. Weights, sums and roundings are the CPU backend's own, so the samples are equal to the whole
//! resize, not only near; tests hold that. The kernel of 16-bit samples takes its rows one after another anyway.

use super::vertical::{BAND, Vertical, open_rows};
use super::weights::{Weights, support, weights_cost};
use super::wide::{self, Wide};
use super::{Resample, ResizeError, Scratch, bytes, cpu};
use crate::engine::pixels::{Channels, Pixels, Size};
use crate::engine::settings::Filter;

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
pub(crate) fn strip_cost(source: Size, channels: Channels, to: Size, how: Resample) -> u64 {
    let row = u64::from(source.width) * channels.count() as u64;
    let open = open_rows(source.height, to.height, support(how.filter));
    let passes = if how.is_wide() {
        wide::cost(row, open) + row * BAND as u64
    } else {
        row * (4 * open + 2 * BAND as u64)
    };
    passes + bytes(to, channels) as u64 + weights_cost(source, to, how.filter)
}

/// Resizes a picture whose rows come in order.
pub(crate) struct StripResizer {
    source: Size,
    channels: Channels,
    to: Size,
    passes: Passes,
}

enum Passes {
    Narrow(Narrow),
    Wide(Wide),
}

impl StripResizer {
    /// For a picture of size `source` that becomes `to`, both as stored.
    pub(crate) fn new(source: Size, channels: Channels, to: Size, how: Resample) -> Self {
        Self {
            source,
            channels,
            to,
            passes: if how.is_wide() {
                Passes::Wide(Wide::new(source, channels, to, how))
            } else {
                Passes::Narrow(Narrow::new(source, channels, to, how.filter))
            },
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
        let stride = self.source.width as usize * self.channels.count();
        let mut rows = vec![0; BAND * stride];
        let mut left = self.source.height as usize;
        while left > 0 {
            let count = left.min(BAND);
            let rows = &mut rows[..count * stride];
            next(rows).map_err(StripError::Source)?;
            match &mut self.passes {
                Passes::Narrow(narrow) => narrow.push(rows, scratch)?,
                Passes::Wide(wide) => wide.push(rows),
            }
            left -= count;
        }
        Ok(Pixels {
            size: self.to,
            channels: self.channels,
            data: match self.passes {
                Passes::Narrow(narrow) => narrow.finish(scratch)?,
                Passes::Wide(wide) => wide.finish(),
            },
        })
    }
}

/// 8-bit samples: the CPU backend's library, but for the vertical pass.
struct Narrow {
    source: Size,
    channels: Channels,
    to: Size,
    filter: Filter,
    /// `None` where the height stays.
    down: Option<Vertical>,
    /// Finished rows, still as wide as the source.
    band: Vec<u8>,
    out: Vec<u8>,
}

impl Narrow {
    fn new(source: Size, channels: Channels, to: Size, filter: Filter) -> Self {
        let (from, height) = (source.height, to.height);
        Self {
            source,
            channels,
            to,
            filter,
            down: (from != height).then(|| Vertical::new(Weights::narrow(from, height, filter))),
            band: Vec::new(),
            out: Vec::with_capacity(bytes(to, channels)),
        }
    }

    fn stride(&self) -> usize {
        self.source.width as usize * self.channels.count()
    }

    /// Takes the next source rows, [`BAND`] at most.
    fn push(&mut self, rows: &[u8], scratch: &mut Scratch) -> Result<(), ResizeError> {
        let Some(mut down) = self.down.take() else {
            self.band.extend_from_slice(rows);
            return self.across_if_full(scratch);
        };
        let done = down.push(rows, self.stride(), |sums, precision| {
            self.band.extend(sums.iter().map(|sum| (sum >> precision).clamp(0, 255) as u8));
            self.across_if_full(scratch)
        });
        self.down = Some(down);
        done
    }

    fn finish(mut self, scratch: &mut Scratch) -> Result<Vec<u8>, ResizeError> {
        self.across(scratch)?;
        Ok(self.out)
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
        cpu::resize_into(&self.band, from, &mut self.out[before..], to, self.channels, self.filter, scratch)?;
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

    /// Every way to resample, of grey and of colour.
    fn every() -> impl Iterator<Item = (Channels, Resample)> {
        let filters = [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area];
        let ways = filters
            .into_iter()
            .flat_map(|filter| [false, true].map(|linear| Resample { filter, linear }));
        ways.flat_map(|how| [Channels::Grey, Channels::Rgb].map(|channels| (channels, how)))
    }

    #[test]
    fn strips_equal_the_whole() {
        fn check(from: (u32, u32), to: (u32, u32)) {
            let size = |(width, height)| Size { width, height };
            for (channels, how) in every() {
                let picture = noise(size(from), channels);
                let mut scratch = Scratch::default();
                let whole = Cpu.resize(&picture, size(to), how, &mut scratch).unwrap();
                let mut rest = picture.data.as_slice();
                let mut largest = 0;
                let next = |rows: &mut [u8]| {
                    let (now, later) = rest.split_at(rows.len());
                    rows.copy_from_slice(now);
                    rest = later;
                    largest = largest.max(rows.len());
                    Ok::<(), ()>(())
                };
                let strips = StripResizer::new(picture.size, channels, size(to), how)
                    .resize(next, &mut scratch)
                    .unwrap();
                assert_eq!(strips.size, whole.size);
                let differing = strips.data.iter().zip(&whole.data).filter(|(a, b)| a != b).count();
                assert_eq!(differing, 0, "{from:?} to {to:?} {channels:?} {how:?}");
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
        // Outputs that lie on an input, where the cubic filters are 0 at its neighbours.
        check((63, 45), (21, 15));
        check((9, 7), (27, 35));
    }

    #[test]
    fn an_error_of_the_source_comes_through() {
        let size = Size { width: 8, height: 64 };
        let resizer = StripResizer::new(size, Channels::Grey, Size { width: 2, height: 16 }, Resample::default());
        let mut calls = 0;
        let next = |_: &mut [u8]| {
            calls += 1;
            if calls == 3 { Err("gone") } else { Ok(()) }
        };
        assert_eq!(resizer.resize(next, &mut Scratch::default()), Err(StripError::Source("gone")));
    }

    #[test]
    fn memory_does_not_grow_with_height() {
        for (_, how) in every() {
            let cost = |height| {
                let to = Size { width: 512, height: 512 };
                strip_cost(Size { width: 10_000, height }, Channels::Rgb, to, how)
            };
            // By the vertical weights alone: the pixels are 1.5 GB more.
            assert!(cost(60_000) - cost(10_000) < 4 << 20, "{how:?}");
            // The open rows of a real run stay within what is promised.
            for (from, to) in [(2000, 500), (2000, 1999), (500, 2000)] {
                let mut down = Vertical::new(Weights::narrow(from, to, how.filter));
                let mut done = 0;
                let promised = open_rows(from, to, support(how.filter));
                for rows in vec![9u8; from as usize * 4].chunks(BAND * 4) {
                    let finished = down.push(rows, 4, |_, _| {
                        done += 1;
                        Ok::<(), ()>(())
                    });
                    assert_eq!(finished, Ok(()));
                    assert!(down.held() as u64 <= promised, "{how:?} {from} to {to}: {}", down.held());
                }
                assert_eq!(done, to);
            }
        }
    }
}
