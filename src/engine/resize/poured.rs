//! A sink that resizes rows as they are decoded: of the decoded picture there is never more than the window of one output row.

use std::time::Duration;

use super::narrow::{self, Narrow};
use super::{Resample, ResizeError, Scratch, bytes};
use crate::engine::pixels::{Channels, Layout, Pixels, RowSink, Size};

/// Memory that [`Poured`] takes, the resized picture included, bytes: an upper bound.
pub(crate) fn poured_cost(source: Size, channels: Channels, to: Size, how: Resample) -> u64 {
    narrow::cost(source, channels, to, how.filter)
}

/// Takes the rows of one picture, 8-bit samples in sRGB's own curve, and resizes them on the calling thread.
pub(crate) struct Poured<'a> {
    extent: [f64; 2],
    to: Size,
    how: Resample,
    scratch: &'a mut Scratch,
    state: State,
}

enum State {
    /// No picture yet.
    Waiting,
    /// Rows are coming, in this layout.
    Coming(Box<Narrow>, Layout),
    Failed(ResizeError),
}

impl<'a> Poured<'a> {
    /// For a picture that becomes `to`, as stored; `how` is not [wide](Resample::is_wide). Of the rows and columns that come, the last
    /// may be covered in part: `extent` is how many there are, width and height, for all of it the size.
    pub(crate) fn new(extent: [f64; 2], to: Size, how: Resample, scratch: &'a mut Scratch) -> Self {
        Self {
            extent,
            to,
            how,
            scratch,
            state: State::Waiting,
        }
    }

    /// The resized picture, once all rows came, and the time that resizing took.
    ///
    /// # Errors
    /// No picture came, or not all of it; or what the resize says.
    pub(crate) fn finish(self) -> Result<(Pixels, Duration), ResizeError> {
        match self.state {
            State::Coming(narrow, _) => narrow.finish(self.scratch),
            State::Failed(error) => Err(error),
            State::Waiting => Err(ResizeError::Buffer { have: 0, want: 1 }),
        }
    }
}

impl RowSink for Poured<'_> {
    fn begin(&mut self, size: Size, layout: Layout) -> bool {
        let narrow = Narrow::new(size, self.extent, layout.channels(), self.to, self.how.filter, self.scratch);
        self.state = State::Coming(Box::new(narrow), layout);
        true
    }

    fn push(&mut self, rows: &[u8]) {
        let State::Coming(narrow, layout) = &mut self.state else {
            return;
        };
        let row_bytes = narrow.row_bytes() / layout.channels().count() * layout.count();
        for row in rows.chunks_exact(row_bytes) {
            let slot = narrow.slot();
            match layout {
                Layout::Rgba(matte) => matte.flatten_into(row, slot),
                Layout::Grey | Layout::Rgb => slot.copy_from_slice(row),
            }
            if let Err(error) = narrow.took() {
                self.state = State::Failed(error);
                return;
            }
        }
    }
}

/// A whole picture, as if its rows came one after another.
///
/// # Errors
/// The buffer does not fit its size, or what the resize says.
pub(super) fn whole(source: &Pixels, to: Size, how: Resample, scratch: &mut Scratch) -> Result<Pixels, ResizeError> {
    let (have, want) = (source.data.len(), bytes(source.size, source.channels));
    if have != want {
        return Err(ResizeError::Buffer { have, want });
    }
    let mut sink = Poured::new(all_of(source.size), to, how, scratch);
    sink.begin(source.size, source.channels.into());
    sink.push(&source.data);
    Ok(sink.finish()?.0)
}

/// A picture whose last row and column are whole.
fn all_of(size: Size) -> [f64; 2] {
    [size.width, size.height].map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::cpu;
    use super::*;
    use crate::engine::pixels::Matte;
    use crate::engine::settings::Filter;

    fn noise(count: usize) -> Vec<u8> {
        let mut state = 31_u32;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                match state >> 30 {
                    0 => 0,
                    1 => 255,
                    _ => (state >> 20) as u8,
                }
            })
            .collect()
    }

    fn size((width, height): (u32, u32)) -> Size {
        Size { width, height }
    }

    #[test]
    fn samples_are_those_of_the_library() {
        let mut scratch = Scratch::default();
        for filter in [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell] {
            let how = Resample { filter, linear: false };
            for channels in [Channels::Grey, Channels::Rgb] {
                for (from, to) in [
                    ((200, 300), (50, 75)),
                    ((301, 203), (97, 65)),
                    ((1000, 40), (75, 3)),
                    ((513, 511), (512, 510)),
                    ((64, 64), (64, 20)),
                    ((64, 64), (20, 64)),
                    ((20, 30), (45, 67)),
                    ((1, 500), (1, 12)),
                    ((500, 1), (12, 1)),
                    ((5, 7), (1, 1)),
                    ((1, 1), (3, 3)),
                    ((2000, 1500), (512, 384)),
                ] {
                    let source = Pixels {
                        size: size(from),
                        channels,
                        data: noise(bytes(size(from), channels)),
                    };
                    let mut wanted = vec![0; bytes(size(to), channels)];
                    cpu::resize_into(&source.data, size(from), &mut wanted, size(to), channels, filter, &mut scratch).expect("resized");
                    let found = whole(&source, size(to), how, &mut scratch).expect("resized");
                    assert_eq!((found.size, found.channels), (size(to), channels));
                    let differing = found.data.iter().zip(&wanted).filter(|(a, b)| a != b).count();
                    assert_eq!(
                        (found.data.len(), differing),
                        (wanted.len(), 0),
                        "{from:?} to {to:?} {channels:?} {filter:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn transparency_is_flattened_on_the_way() {
        let (from, to) = (size((37, 23)), size((9, 6)));
        for linear in [false, true] {
            let matte = Matte {
                colour: [10, 120, 230],
                linear,
            };
            let rgba = noise(37 * 23 * 4);
            let flat = Pixels {
                size: from,
                channels: Channels::Rgb,
                data: matte.flatten(&rgba),
            };
            let mut scratch = Scratch::default();
            let wanted = whole(&flat, to, Resample::default(), &mut scratch).expect("resized");
            let mut sink = Poured::new(all_of(from), to, Resample::default(), &mut scratch);
            assert!(sink.begin(from, Layout::Rgba(matte)));
            // Rows come in any number.
            rgba.chunks(37 * 4 * 5).for_each(|rows| sink.push(rows));
            assert_eq!(sink.finish().expect("resized").0, wanted);
        }
    }

    #[test]
    fn missing_and_surplus_rows_are_errors() {
        let mut scratch = Scratch::default();
        for rows in [0, 7, 9, 30] {
            let mut sink = Poured::new([4.0, 8.0], size((2, 2)), Resample::default(), &mut scratch);
            sink.begin(size((4, 8)), Layout::Grey);
            sink.push(&vec![9; 4 * rows]);
            assert!(sink.finish().is_err(), "{rows}");
        }
        let sink = Poured::new([4.0, 8.0], size((2, 2)), Resample::default(), &mut scratch);
        assert!(sink.finish().is_err());
    }
}
