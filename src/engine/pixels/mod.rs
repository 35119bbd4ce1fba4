//! Pictures in memory: formats, headers, decoding, colour, encoding. Knows nothing about folders or datasets,
//! does no I/O beyond the reader it is handed, and takes no memory before a limit was checked.

#[cfg(any(test, feature = "fuzzing"))]
mod basin;
mod colour;
#[cfg(test)]
mod corpus;
mod decode;
mod depth;
mod exif;
mod flatten;
mod jpeg;
pub(crate) mod light;
pub(super) mod metadata;
mod orient;
mod other;
mod png;
mod probe;
mod profile;
#[cfg(test)]
pub(super) mod sunk;
mod webp;

use serde::Serialize;

#[cfg(any(test, feature = "fuzzing"))]
pub(super) use basin::decode_both_ways;
pub(crate) use colour::Colours;
pub(super) use decode::{
    DecodeError, DecodeOptions, Decoded, Layout, Poured, RowSink, check_limits, codecs, decode, decode_into, decode_ours, poured_cost,
    rows, rows_cost, scaled_extent, whole_cost,
};
pub(crate) use flatten::Matte;
pub(crate) use jpeg::{EncodeError, EncodeOptions, VerifyError, encode, verify};
pub(super) use orient::{turn, turned_part};
pub(super) use probe::{HeaderSource, InMemory, ProbeError, probe};
pub(super) use profile::profile_name;

use crate::engine::settings::Format;

/// Width and height in pixels, both at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// The longer of the two sides.
    pub fn longest(self) -> u32 {
        self.width.max(self.height)
    }

    /// Width × height.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// With width and height exchanged.
    pub fn transposed(self) -> Self {
        Self {
            width: self.height,
            height: self.width,
        }
    }
}

/// Samples of a pixel, 8 bits each, sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    /// One: grey.
    Grey,
    /// Three: red, green, blue.
    Rgb,
}

impl Channels {
    /// Bytes of one pixel.
    pub(crate) fn count(self) -> usize {
        match self {
            Channels::Grey => 1,
            Channels::Rgb => 3,
        }
    }
}

/// A picture ready to be resized or encoded: 8 bits a sample, sRGB, no transparency, rows packed top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Width and height.
    pub size: Size,
    /// Grey or RGB.
    pub channels: Channels,
    /// `width * height * channels` bytes.
    pub data: Vec<u8>,
}

/// What the head of a file tells. No pixel was decoded for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// By content, never by name.
    pub format: Format,
    /// As stored, before orientation.
    pub size: Size,
    /// EXIF orientation, where it stands before the pixels (a PNG may carry it behind them).
    pub orientation: Orientation,
    /// More than one frame: left alone.
    pub animated: bool,
    /// Samples may be transparent (alpha channel, tRNS, palette with alpha).
    pub transparent: bool,
    /// Samples of a stored pixel. A palette counts as 1. Pictures have 1 to 4; other numbers are what a header claims whose
    /// pixels nobody decodes.
    pub samples: u8,
    /// Bits of a stored sample: 1 to 16, or what a header claims whose pixels nobody decodes.
    pub bits: u8,
    /// Rows cannot be decoded top to bottom in one pass (progressive JPEG, interlaced PNG).
    pub multi_pass: bool,
    /// Coded samples of a pixel of a JPEG in several scans, in sixteenths, rounded up: 48 with chroma at full size, 24 at half of either
    /// side. 0: not told, at most all of [`samples`](Self::samples).
    pub coded_sixteenths: u8,
}

/// EXIF orientation: how stored pixels are turned to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) enum Orientation {
    /// 1, and every invalid value.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    FlipHorizontal,
    /// 3: turned by 180°.
    Rotate180,
    /// 4: mirrored top to bottom.
    FlipVertical,
    /// 5: mirrored along the main diagonal.
    Transpose,
    /// 6: to be turned by 90° clockwise.
    Rotate90,
    /// 7: mirrored along the other diagonal.
    Transverse,
    /// 8: to be turned by 270° clockwise.
    Rotate270,
}
