//! Proof that what was encoded is the picture: it is decoded again and the mean of every block is compared.
//!
//! A JPEG stores a block's mean as its DC coefficient, which is 8 × the mean, rounded to a multiple of the quantiser step
//! `q`: the mean is off by at most `q / 16`. Rounding of samples on the way there and back (RGB to YCbCr, IDCT, no
//! conversion back: the decoder hands out YCbCr) adds at most 1.1; [`SLACK`] allows 2. Whatever goes wrong between the
//! pixels and the bytes (a flipped bit, a shifted row, exchanged components) moves the mean of some block much further.
//!
//! Means alone would miss damage to the detail within a block; so components that are not subsampled are also compared sample by sample, by the root mean
//! square of a block's errors, which the quantiser bounds by `E` as below ([`RMS_SLACK`] for the roundings of the
//! transforms). The quantiser's steps are those of the quality that was asked for, never those found in the bytes.
//!
//! Two kinds of blocks need more, and get what follows from all
//! quantiser steps: by Parseval the error of a block's
//! 64 samples has a root mean square of at most `E = sqrt(Σ (q_k / 2)²) / 8`.
//! - Clipped samples (0 or 255 after decoding): clipping brings a sample nearer to the original but moves the mean, by at
//!   most `sqrt(n / 64) E` for `n` clipped samples (Cauchy-Schwarz), and never so far that the mean is off by more than `E`.
//! - Blocks cut by the picture's border, where only `n` samples are seen: `sqrt(64 / n) E`.
//!
//! Subsampled chroma is averaged by the encoder over the pixels that share a sample and repeated by the decoder, so the
//! same holds on the larger block (16 pixels where it is halved). A decoder that interpolates across the borders of blocks
//! instead moves a mean by at most 255 / 4 on 1 of 16 pixels at either border: 8 levels for each halved direction.

use super::super::decode::DecodeError;
use super::super::{Channels, Pixels, Size};
use super::cells::{self, Cell};
use super::markers::Head;
use super::{EncodeOptions, quantisers};
use crate::engine::settings::Chroma;

/// Rounding of samples, levels.
const SLACK: f32 = 2.0;

/// Rounding in both transforms, levels, as a root mean square.
const RMS_SLACK: f32 = 1.0;

/// Chroma that bleeds over the borders of a block, levels for each halved direction.
const BLEED: f32 = 8.0;

/// Why the encoded bytes are not the picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum VerifyError {
    /// It does not even decode.
    #[error("what was encoded cannot be decoded again: {0}")]
    Decode(#[from] DecodeError),
    /// Its head is not what was asked for.
    #[error("what was encoded has another form: {0}")]
    Form(&'static str),
    /// A block's mean differs.
    #[error(
        "what was encoded differs from the picture: component {component} of the block at {x},{y} by {by:.1} levels, {allowed:.1} allowed"
    )]
    Differs {
        /// Left edge of the block, pixels.
        x: u32,
        /// Upper edge of the block, pixels.
        y: u32,
        /// 0 luma, 1 blue and 2 red difference.
        component: usize,
        /// Difference of the means, or root mean square of the differences within the block, levels of 0 to 255.
        by: f32,
        /// What it may be.
        allowed: f32,
    },
}

/// What a component's quantiser may do to a block.
#[derive(Debug, Clone, Copy)]
struct Tolerance {
    /// Half a step of the mean, levels.
    mean: f32,
    /// Largest root mean square of a block's error, levels.
    rms: f32,
    /// Bleeding of interpolated chroma, levels.
    bleed: f32,
}

impl Tolerance {
    fn new(table: &[u16; 64], bleed: f32) -> Self {
        let squares: f32 = table.iter().map(|&q| (f32::from(q) / 2.0).powi(2)).sum();
        Self {
            mean: f32::from(table[0]) / 16.0,
            rms: squares.sqrt() / 8.0,
            bleed,
        }
    }

    /// Root mean square of the errors of a block of which `seen` of 64 samples lie in the picture.
    fn allowed_rms(&self, seen: f32) -> f32 {
        self.rms * (64.0 / seen).sqrt() + RMS_SLACK
    }

    /// Error of the mean of a block of which `seen` of 64 samples lie in the picture and `clipped` are at 0 or 255.
    fn allowed(&self, seen: f32, clipped: f32) -> f32 {
        let quantiser = if seen < 64.0 {
            self.rms * (64.0 / seen).sqrt()
        } else {
            (self.mean + self.rms * (clipped / 64.0).sqrt()).min(self.rms)
        };
        quantiser + self.bleed + SLACK
    }
}

/// Compares what `decode` hands out, a number of rows at a time, with `pixels`. `head` is that of the encoded bytes,
/// `options` what was asked for; `interpolated`: the decoder interpolates chroma. `decode` takes the number of rows and a sink that returns false when
/// it has seen enough; it returns the bytes behind the end marker.
pub(super) fn check(
    head: &Head,
    pixels: &Pixels,
    options: &EncodeOptions,
    interpolated: bool,
    decode: impl FnOnce(usize, &mut dyn FnMut(&[u8]) -> bool) -> Result<usize, DecodeError>,
) -> Result<(), VerifyError> {
    let (tolerances, h, v) = tolerances(head, pixels, options, interpolated)?;
    let channels = pixels.channels.count();
    let stride = pixels.size.width as usize * channels;
    let columns = (pixels.size.width as usize).div_ceil(8);
    let mut cells = vec![Cell::default(); columns * v];
    let mut y = 0;
    let mut found = Ok(());
    let trailing = decode(8 * v, &mut |band| {
        let original = &pixels.data[y * stride..][..band.len()];
        // The last unit may reach below the picture.
        cells.fill(Cell::default());
        for ((original, decoded), cells) in original
            .chunks(8 * stride)
            .zip(band.chunks(8 * stride))
            .zip(cells.chunks_mut(columns))
        {
            cells::fill(cells, pixels.channels, original, decoded, stride);
        }
        found = compare(&cells, columns, &tolerances[..channels], (h, v), y as u32);
        y += band.len() / stride;
        found.is_ok()
    })?;
    found?;
    if trailing > 0 {
        return Err(VerifyError::Form("bytes behind the end marker"));
    }
    if y != pixels.size.height as usize {
        return Err(VerifyError::Form("rows are missing"));
    }
    Ok(())
}

/// Tolerances by component and the sampling factors of luma, as the options want them; an error where the head differs.
fn tolerances(
    head: &Head,
    pixels: &Pixels,
    options: &EncodeOptions,
    interpolated: bool,
) -> Result<([Tolerance; 3], usize, usize), VerifyError> {
    let size = Size {
        width: head.width,
        height: head.height,
    };
    if size != pixels.size {
        return Err(VerifyError::Form("its size"));
    }
    if head.components.len() != pixels.channels.count() {
        return Err(VerifyError::Form("its number of components"));
    }
    if head.progressive() != options.progressive {
        return Err(VerifyError::Form("its coding"));
    }
    let (h, v) = match options.chroma {
        _ if pixels.channels == Channels::Grey => (1, 1),
        Chroma::C444 => (1, 1),
        Chroma::C422 => (2, 1),
        Chroma::C420 => (2, 2),
    };
    // A lone component's factors mean nothing: its blocks stand side by side.
    let factors = head.components.iter().map(|c| (c.h, c.v));
    if pixels.channels == Channels::Rgb && !factors.eq([(h, v), (1, 1), (1, 1)]) {
        return Err(VerifyError::Form("its chroma subsampling"));
    }
    let (luma, chroma) = (quantisers::table(options.quality, false), quantisers::table(options.quality, true));
    for (component, wanted) in head.components.iter().zip([luma, chroma, chroma]) {
        let found = head.tables.get(usize::from(component.table)).copied().flatten();
        if found != Some(wanted) {
            return Err(VerifyError::Form("its quantisation tables"));
        }
    }
    let bleed = if interpolated { f32::from(h + v - 2) * BLEED } else { 0.0 };
    let chroma = Tolerance::new(&chroma, bleed);
    Ok(([Tolerance::new(&luma, 0.0), chroma, chroma], usize::from(h), usize::from(v)))
}

/// Compares a row of units (`h` × `v` cells) whose upper edge is at `y`.
fn compare(cells: &[Cell], columns: usize, tolerances: &[Tolerance], (h, v): (usize, usize), y: u32) -> Result<(), VerifyError> {
    let weights = if tolerances.len() == 1 { &GREY } else { &YCBCR };
    for first in (0..columns).step_by(h) {
        let mut unit = Cell::default();
        for row in 0..v {
            for column in first..(first + h).min(columns) {
                let cell = cells[row * columns + column];
                if cell.pixels > 0 {
                    block(&cell, 0, &tolerances[..1], weights, 1.0, (column, y + 8 * row as u32))?;
                }
                unit.add(&cell);
            }
        }
        if let [_, chroma @ ..] = tolerances {
            block(&unit, 1, chroma, weights, (h * v) as f32, (first, y))?;
        }
    }
    Ok(())
}

/// From RGB means to a component's mean: offset, then weights. ITU-T T.871 (JFIF), clause 7.
const YCBCR: [[f32; 4]; 3] = [
    [0.0, 0.299, 0.587, 0.114],
    [128.0, -0.168_736, -0.331_264, 0.5],
    [128.0, 0.5, -0.418_688, -0.081_312],
];

/// A grey picture is its own luma.
const GREY: [[f32; 4]; 3] = [[0.0, 1.0, 0.0, 0.0]; 3];

/// Compares the components from `first` on, one for each of `tolerances`, of a block whose samples cover `area` pixels.
fn block(
    cell: &Cell,
    first: usize,
    tolerances: &[Tolerance],
    weights: &[[f32; 4]; 3],
    area: f32,
    (column, y): (usize, u32),
) -> Result<(), VerifyError> {
    let differs = |component, by, allowed| VerifyError::Differs {
        x: column as u32 * 8,
        y,
        component,
        by,
        allowed,
    };
    let pixels = cell.pixels as f32;
    let [r, g, b] = cell.original.map(|sum| sum as f32 / pixels);
    for (component, tolerance) in (first..).zip(tolerances) {
        // What subsampling took from chroma is no error.
        if area == 1.0 {
            let by = (cell.squares[component] as f32 / pixels).sqrt();
            let allowed = tolerance.allowed_rms(pixels);
            if by > allowed {
                return Err(differs(component, by, allowed));
            }
        }
        let [offset, of_r, of_g, of_b] = weights[component];
        let expected = offset + of_r * r + of_g * g + of_b * b;
        let by = (cell.decoded[component] as f32 / pixels - expected).abs();
        let allowed = tolerance.allowed(pixels / area, cell.clipped[component] as f32 / area);
        if by > allowed {
            return Err(differs(component, by, allowed));
        }
    }
    Ok(())
}
