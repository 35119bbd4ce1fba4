//! Several pictures laid out for one submission: where the rows of each belong, and the descriptions, windows and weights that
//! the kernels read (`common.wgsl` names the same words). Nothing here talks to a card.

use std::ops::Range;

use super::axis::{Axis, Tables};
use crate::engine::pixels::{Layout, Pixels, Size};
use crate::engine::resize::{Resample, bytes};

/// Pictures of one submission at most. Their descriptions stand in front of the tables, so that room is always taken.
pub(super) const MOST_PICTURES: usize = 64;

/// Words of a description: `DESCRIPTION` in `common.wgsl`.
const DESCRIPTION: usize = 20;

/// Where the rows of a picture begin in the source buffer: what copies from buffer to buffer like best.
const SOURCE_ALIGNMENT: u64 = 256;

/// Pixels and rows that a workgroup of either kernel makes; the vertical pass makes words instead of pixels.
pub(super) const GROUP: [u32; 2] = [32, 4];

/// Workgroups along one dimension that every device takes (the default of `maxComputeWorkgroupsPerDimension` in WebGPU).
const MOST_GROUPS: u64 = 65_535;

/// What there is room for in one submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes of padded source rows.
    pub(super) source: u64,
    /// Bytes between the passes.
    pub(super) middle: u64,
    /// Bytes of padded rows of results.
    pub(super) out: u64,
    /// Bytes of descriptions, windows and weights.
    pub(super) tables: u64,
    /// Source pixels, so that no submission takes too long; a picture alone may have more.
    pub(super) pixels: u64,
}

/// A picture to be resized.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Picture {
    /// Samples of its rows.
    pub(super) layout: Layout,
    /// Its size.
    pub(super) size: Size,
    /// The size of the result.
    pub(super) to: Size,
    /// How.
    pub(super) how: Resample,
}

/// Bytes of a source row: packed samples, padded to whole words.
pub(super) fn stride(layout: Layout, width: u32) -> usize {
    (width as usize * layout.count()).next_multiple_of(4)
}

/// Words of a picture's parts.
struct Parts {
    source: u64,
    middle: u64,
    out: u64,
}

impl Picture {
    /// Words of a source row.
    fn source_stride(&self) -> u32 {
        (stride(self.layout, self.size.width) / 4) as u32
    }

    /// Words of a row between the passes: fours of pixels, 8 or 16 bits a sample.
    fn middle_stride(&self) -> u32 {
        let samples = self.layout.channels().count() as u32;
        self.size.width.div_ceil(4) * samples * if self.how.is_wide() { 2 } else { 1 }
    }

    /// Words of a row of the result.
    fn out_stride(&self) -> u32 {
        (self.to.width as usize * self.layout.channels().count()).div_ceil(4) as u32
    }

    /// Threads of a row of the vertical pass.
    fn items(&self) -> u32 {
        match self.layout {
            Layout::Grey | Layout::Rgb => self.source_stride(),
            Layout::Rgba(_) => self.size.width.div_ceil(4),
        }
    }

    fn parts(&self) -> Parts {
        let of = |stride: u32, rows: u32| u64::from(stride) * u64::from(rows);
        Parts {
            source: of(self.source_stride(), self.size.height),
            middle: of(self.middle_stride(), self.to.height),
            out: of(self.out_stride(), self.to.height),
        }
    }

    fn down(&self) -> Axis {
        Axis {
            from: self.size.height,
            to: self.to.height,
            how: self.how,
            is_down: true,
        }
    }

    fn across(&self) -> Axis {
        Axis {
            from: self.size.width,
            to: self.to.width,
            how: self.how,
            is_down: false,
        }
    }

    /// Workgroups of both passes along x, and along y.
    fn groups(&self) -> [u32; 3] {
        [
            self.items().div_ceil(GROUP[0]),
            self.to.width.div_ceil(GROUP[0]),
            self.to.height.div_ceil(GROUP[1]),
        ]
    }

    fn words(&self) -> [u32; DESCRIPTION] {
        let [matte, samples] = match self.layout {
            Layout::Grey => [0, 1],
            Layout::Rgb => [0, 3],
            Layout::Rgba(matte) => {
                let [r, g, b] = matte.colour;
                [u32::from_le_bytes([r, g, b, u8::from(matte.linear)]), 4]
            }
        };
        let mut words = [0; DESCRIPTION];
        words[0] = samples;
        words[1] = matte;
        words[3] = self.source_stride();
        words[4] = self.size.width;
        words[5] = self.size.height;
        words[6] = self.to.width;
        words[7] = self.to.height;
        words[9] = self.middle_stride();
        words[11] = self.out_stride();
        words[18] = u32::from(self.how.linear);
        words[19] = self.items();
        words
    }
}

/// A picture of a batch.
#[derive(Debug, Clone)]
struct Placed {
    picture: Picture,
    /// Bytes.
    source: Range<u64>,
    /// Where its result begins, bytes.
    out: u64,
}

/// An axis whose table is in a batch.
#[derive(Debug, Clone, Copy)]
struct Shared {
    axis: Axis,
    /// The first word of its table.
    at: u32,
    window: u32,
    bits: u32,
}

/// Pictures of one submission: all in 8-bit samples, or all in 16-bit ones.
#[derive(Debug)]
pub(super) struct Batch {
    room: Room,
    /// Tables of pictures before.
    kept: Tables,
    placed: Vec<Placed>,
    axes: Vec<Shared>,
    tables: Vec<u8>,
    /// Bytes used.
    middle: u64,
    out: u64,
    pixels: u64,
    groups: [u32; 3],
}

impl Batch {
    /// An empty one; `kept` are the card's tables.
    pub(super) fn new(room: Room, kept: &Tables) -> Self {
        Self {
            room,
            kept: kept.clone(),
            placed: Vec::new(),
            axes: Vec::new(),
            tables: vec![0; MOST_PICTURES * DESCRIPTION * 4],
            middle: 0,
            out: 0,
            pixels: 0,
            groups: [0; 3],
        }
    }

    /// Whether an empty batch has room for it, whatever its number of pixels. Where this says so, it has; close to the limit
    /// of [`Room::tables`] it may have room for more.
    pub(super) fn fits(room: &Room, picture: &Picture) -> bool {
        let parts = picture.parts();
        let header = (MOST_PICTURES * DESCRIPTION) as u64;
        let tables = header + picture.down().most_words() + picture.across().most_words();
        Self::holds(
            room,
            [parts.source, parts.middle, parts.out, tables].map(|words| words * 4),
            picture.groups(),
        )
    }

    /// `bytes` of source, middle, out and tables.
    fn holds(room: &Room, bytes: [u64; 4], groups: [u32; 3]) -> bool {
        // Whatever room there is, the kernels count words in 32 bits.
        let has = [room.source, room.middle, room.out, room.tables].map(|bytes| bytes.min(u64::from(u32::MAX)));
        bytes.iter().zip(has).all(|(bytes, room)| *bytes <= room) && groups.iter().all(|&groups| u64::from(groups) <= MOST_GROUPS)
    }

    /// Adds a picture, or says that there is no room for it, or that it is of the other kind; the batch is as it was then. The
    /// first picture may have more pixels than there is room for.
    pub(super) fn push(&mut self, picture: &Picture) -> bool {
        let parts = picture.parts();
        let pixels = self.pixels + picture.size.pixels();
        if let Some(first) = self.placed.first()
            && (first.picture.how.is_wide() != picture.how.is_wide() || pixels > self.room.pixels || self.len() >= MOST_PICTURES)
        {
            return false;
        }
        let source = self.source_end().next_multiple_of(SOURCE_ALIGNMENT);
        let (middle, out) = (self.middle, self.out);
        let ends = [source + parts.source * 4, middle + parts.middle * 4, out + parts.out * 4];
        let [source_end, middle_end, out_end] = ends;
        let groups = picture.groups();
        // Before windows are computed that nobody would use.
        if !Self::holds(&self.room, [source_end, middle_end, out_end, self.tables.len() as u64], groups) {
            return false;
        }
        let (known, written) = (self.axes.len(), self.tables.len());
        let down = self.shared(picture.down());
        let across = self.shared(picture.across());
        if self.tables.len() as u64 > self.room.tables {
            self.axes.truncate(known);
            self.tables.truncate(written);
            return false;
        }
        let mut words = picture.words();
        words[2] = (source / 4) as u32;
        words[8] = (middle / 4) as u32;
        words[10] = (out / 4) as u32;
        words[12..15].copy_from_slice(&[down.at, down.window, down.bits]);
        words[15..18].copy_from_slice(&[across.at, across.window, across.bits]);
        let at = self.len() * DESCRIPTION * 4;
        for (bytes, word) in self.tables[at..].as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
        self.placed.push(Placed {
            picture: *picture,
            source: source..source_end,
            out,
        });
        self.middle = middle_end;
        self.out = out_end;
        self.pixels = pixels;
        self.groups = std::array::from_fn(|i| self.groups[i].max(groups[i]));
        true
    }

    /// The table of this axis in this batch; written to its end where it is not there yet.
    fn shared(&mut self, axis: Axis) -> Shared {
        if let Some(shared) = self.axes.iter().find(|shared| shared.axis == axis) {
            return *shared;
        }
        let table = self.kept.of(axis);
        let shared = Shared {
            axis,
            at: (self.tables.len() / 4) as u32,
            window: table.window,
            bits: table.bits,
        };
        self.tables.extend(table.words.iter().flat_map(|word| word.to_le_bytes()));
        self.axes.push(shared);
        shared
    }

    fn source_end(&self) -> u64 {
        self.placed.last().map_or(0, |last| last.source.end)
    }

    /// Pictures.
    pub(super) fn len(&self) -> usize {
        self.placed.len()
    }

    /// None yet.
    pub(super) fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// Source pixels of all of them.
    pub(super) fn pixels(&self) -> u64 {
        self.pixels
    }

    /// Its samples have 16 bits on the way.
    pub(super) fn is_wide(&self) -> bool {
        self.placed.first().is_some_and(|first| first.picture.how.is_wide())
    }

    /// Where the padded rows of picture `i` belong in the source buffer, bytes. Begins at a multiple of 256 and is a multiple
    /// of 4 long.
    pub(super) fn source(&self, i: usize) -> Range<u64> {
        self.placed[i].source.clone()
    }

    /// Bytes of the results, a multiple of 4.
    pub(super) fn out_bytes(&self) -> u64 {
        self.out
    }

    /// Descriptions, windows and weights: what belongs at the beginning of the tables' buffer. A multiple of 4 bytes.
    pub(super) fn tables(&self) -> &[u8] {
        &self.tables
    }

    /// Workgroups of the vertical pass.
    pub(super) fn down_groups(&self) -> [u32; 3] {
        [self.groups[0], self.groups[2], self.len() as u32]
    }

    /// Workgroups of the horizontal pass.
    pub(super) fn across_groups(&self) -> [u32; 3] {
        [self.groups[1], self.groups[2], self.len() as u32]
    }

    /// Picture `i`, from what the kernels left at the beginning of the out buffer: [`out_bytes`](Self::out_bytes) of it at
    /// least.
    pub(super) fn read(&self, i: usize, out: &[u8]) -> Pixels {
        let Placed { picture, out: at, .. } = &self.placed[i];
        let channels = picture.layout.channels();
        let stride = picture.out_stride() as usize * 4;
        let row = picture.to.width as usize * channels.count();
        let rows = &out[*at as usize..][..stride * picture.to.height as usize];
        let mut data = Vec::with_capacity(bytes(picture.to, channels));
        if row == stride {
            data.extend_from_slice(rows);
        } else {
            rows.chunks_exact(stride).for_each(|padded| data.extend_from_slice(&padded[..row]));
        }
        Pixels {
            size: picture.to,
            channels,
            data,
        }
    }
}
