//! Resizing of 8-bit samples from rows that come one after another: no more source rows are in memory than the window of one
//! output row, and they stay in the processor's cache from the decoder to the last sum. Vertical pass first; finished rows go
//! through the horizontal pass a few at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fast_image_resize::Resizer;

use super::rowwise::{self, BEHIND, ROWS, STEP};
use super::weights::{Taps, support, weights_cost};
use super::{ResizeError, Scratch, bytes, cpu};
use crate::engine::pixels::{Channels, Pixels, Size};
use crate::engine::settings::Filter;

/// Buffers that are kept for the next picture, bytes at most. A rare giant must not stay in every worker's memory.
const KEPT: usize = 16 << 20;

/// Weights that are kept for the next pictures: both axes of a few sizes.
const KEPT_TAPS: usize = 8;

/// Rows that `fast_image_resize` gets at a time where the horizontal pass is its own: it makes its weights anew every time.
const LIBRARY_ROWS: usize = 64;

/// What a worker keeps between pictures.
#[derive(Debug, Default)]
pub(super) struct Kept {
    buffers: Buffers,
    taps: Vec<(Axis, Arc<Taps>)>,
}

/// What the weights of an axis depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    from: u32,
    /// How much of `from` the picture covers.
    extent: f64,
    to: u32,
    filter: Filter,
}

impl Axis {
    /// Whether its length stays, so that there is nothing to be done.
    fn stays(&self) -> bool {
        self.from == self.to && self.extent == f64::from(self.to)
    }
}

impl Kept {
    /// The weights of an axis; `None` where its length stays.
    fn taps(&mut self, key: Axis) -> Option<Arc<Taps>> {
        if key.stays() {
            return None;
        }
        if let Some(at) = self.taps.iter().position(|(known, _)| *known == key) {
            // The last one used goes last.
            let known = self.taps.remove(at);
            let taps = Arc::clone(&known.1);
            self.taps.push(known);
            return Some(taps);
        }
        let taps = Arc::new(Taps::new(key.from, key.extent, key.to, key.filter));
        if taps.bytes() <= KEPT / KEPT_TAPS {
            if self.taps.len() == KEPT_TAPS {
                self.taps.remove(0);
            }
            self.taps.push((key, Arc::clone(&taps)));
        }
        Some(taps)
    }
}

#[derive(Debug, Default)]
struct Buffers {
    /// Source rows, each at its number modulo the window.
    ring: Vec<u8>,
    /// Rows that are as high as they will be, still as wide as the source.
    band: Vec<u8>,
    /// Rows that are done.
    done: Vec<u8>,
    /// Where the rows of a window begin in the ring.
    starts: Vec<usize>,
}

/// Rows of the band: those that the horizontal pass takes at a time.
fn band_rows(channels: Channels) -> usize {
    if rowwise::can_go_across(channels.count()) {
        ROWS
    } else {
        LIBRARY_ROWS
    }
}

/// Bytes from row to row in the buffers.
fn stride(width: u32, channels: Channels) -> usize {
    (width as usize * channels.count() + BEHIND).next_multiple_of(STEP)
}

/// Memory it takes beside what comes in, the resized picture included, bytes: an upper bound.
pub(super) fn cost(source: Size, channels: Channels, to: Size, filter: Filter) -> u64 {
    let scale = (f64::from(source.height) / f64::from(to.height.max(1))).max(1.0);
    let window = (2.0 * support(filter) * scale).ceil() as u64 + 2 + Taps::GROUP as u64;
    let held = window.min(u64::from(source.height) + Taps::GROUP as u64) + band_rows(channels) as u64;
    let done = band_rows(channels) as u64 * u64::from(to.width) * channels.count() as u64;
    held * stride(source.width, channels) as u64 + done + bytes(to, channels) as u64 + weights_cost(source, to, filter)
}

/// One picture on its way.
pub(super) struct Narrow {
    source: Size,
    channels: Channels,
    to: Size,
    filter: Filter,
    down: Option<Arc<Taps>>,
    across: Option<Arc<Taps>>,
    columns: Axis,
    buffers: Buffers,
    stride: usize,
    /// Rows that the ring has room for; 0 where the height stays.
    window: usize,
    /// Rows in the band.
    banded: usize,
    /// Source rows that came.
    taken: usize,
    /// Output rows that the vertical pass has made.
    made: usize,
    out: Vec<u8>,
    /// Time of both passes.
    spent: Duration,
}

impl Narrow {
    /// For a picture of size `source`, of which it covers `extent`, that becomes `to`, all as stored.
    pub(super) fn new(source: Size, extent: [f64; 2], channels: Channels, to: Size, filter: Filter, scratch: &mut Scratch) -> Self {
        let begun = Instant::now();
        let kept = &mut scratch.narrow;
        let down = kept.taps(Axis {
            from: source.height,
            extent: extent[1],
            to: to.height,
            filter,
        });
        // Where the pass is the library's, so are its weights.
        let ours = rowwise::can_go_across(channels.count());
        let columns = Axis {
            from: source.width,
            extent: extent[0],
            to: to.width,
            filter,
        };
        let across = ours.then(|| kept.taps(columns)).flatten();
        let stride = stride(source.width, channels);
        let window = down.as_ref().map_or(0, |taps| taps.longest());
        let mut buffers = std::mem::take(&mut kept.buffers);
        grow(&mut buffers.ring, window * stride);
        grow(&mut buffers.band, band_rows(channels) * stride);
        Self {
            source,
            channels,
            to,
            filter,
            down,
            across,
            columns,
            buffers,
            stride,
            window,
            banded: 0,
            taken: 0,
            made: 0,
            out: Vec::with_capacity(bytes(to, channels)),
            spent: begun.elapsed(),
        }
    }

    /// Bytes of a packed source row.
    pub(super) fn row_bytes(&self) -> usize {
        self.source.width as usize * self.channels.count()
    }

    /// Where the next source row is to be written; then [`took`](Self::took).
    pub(super) fn slot(&mut self) -> &mut [u8] {
        let count = self.row_bytes();
        match self.taken.checked_rem(self.window) {
            Some(slot) => &mut self.buffers.ring[slot * self.stride..][..count],
            None => &mut self.buffers.band[self.banded * self.stride..][..count],
        }
    }

    /// Takes the row that was written into the [`slot`](Self::slot).
    ///
    /// # Errors
    /// What the library says, or more rows than the picture has.
    pub(super) fn took(&mut self) -> Result<(), ResizeError> {
        if self.taken == self.source.height as usize {
            return Err(self.rows(self.taken + 1));
        }
        self.taken += 1;
        let Some(taps) = self.down.clone() else {
            self.banded += 1;
            return self.flush_if_full();
        };
        if self.made == taps.len() || taps.reach(self.made).1 > self.taken {
            return Ok(());
        }
        let begun = Instant::now();
        while self.made < taps.len() && taps.reach(self.made).1 <= self.taken {
            let (first, end) = taps.reach(self.made);
            let weights = taps.of(self.made);
            let Buffers { ring, band, starts, .. } = &mut self.buffers;
            starts.clear();
            // Behind the window nothing has weight; its last row will do.
            starts.extend((0..weights.len()).map(|n| (first + n).min(end - 1) % self.window * self.stride));
            let out = &mut band[self.banded * self.stride..][..self.stride];
            rowwise::down(ring, starts, weights, taps.precision, out);
            self.made += 1;
            self.banded += 1;
            self.flush_if_full()?;
        }
        self.spent += begun.elapsed();
        Ok(())
    }

    /// The resized picture, after the last row, and the time that resizing took; gives the buffers back.
    ///
    /// # Errors
    /// Rows are missing, or what the library says.
    pub(super) fn finish(mut self, scratch: &mut Scratch) -> Result<(Pixels, Duration), ResizeError> {
        let begun = Instant::now();
        if self.taken != self.source.height as usize {
            return Err(self.rows(self.taken));
        }
        self.flush()?;
        let Buffers { ring, band, done, .. } = &self.buffers;
        if ring.capacity() + band.capacity() + done.capacity() <= KEPT {
            scratch.narrow.buffers = self.buffers;
        }
        let pixels = Pixels {
            size: self.to,
            channels: self.channels,
            data: self.out,
        };
        Ok((pixels, self.spent + begun.elapsed()))
    }

    fn rows(&self, have: usize) -> ResizeError {
        ResizeError::Buffer {
            have: have * self.row_bytes(),
            want: bytes(self.source, self.channels),
        }
    }

    fn flush_if_full(&mut self) -> Result<(), ResizeError> {
        if self.banded < band_rows(self.channels) {
            return Ok(());
        }
        self.flush()
    }

    /// The horizontal pass over the band.
    fn flush(&mut self) -> Result<(), ResizeError> {
        let rows = std::mem::take(&mut self.banded);
        if rows == 0 {
            return Ok(());
        }
        let (row_bytes, stride) = (self.row_bytes(), self.stride);
        let Buffers { band, done, .. } = &mut self.buffers;
        if self.columns.stays() {
            for row in band.chunks_exact(stride).take(rows) {
                self.out.extend_from_slice(&row[..row_bytes]);
            }
            return Ok(());
        }
        let out_row = self.to.width as usize * self.channels.count();
        if let Some(taps) = &self.across {
            grow(done, ROWS * out_row);
            rowwise::across(&band[..ROWS * stride], stride, taps, &mut done[..ROWS * out_row]);
            self.out.extend_from_slice(&done[..rows * out_row]);
            return Ok(());
        }
        // The library wants its rows packed.
        for row in 1..rows {
            band.copy_within(row * stride..row * stride + row_bytes, row * row_bytes);
        }
        let before = self.out.len();
        self.out.resize(before + rows * out_row, 0);
        let size = |width| Size {
            width,
            height: rows as u32,
        };
        cpu::library(
            &band[..rows * row_bytes],
            size(self.source.width),
            self.columns.extent,
            &mut self.out[before..],
            size(self.to.width),
            self.channels,
            self.filter,
            &mut Resizer::new(),
        )
    }
}

/// Makes a buffer at least so long. What it held stays: nobody reads what was not written for this picture, but for samples that have
/// no weight.
fn grow(buffer: &mut Vec<u8>, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}
