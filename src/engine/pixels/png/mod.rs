//! PNG. Two ways to the same pixels:
//!
//! - the fast one inflates the whole picture at once with libdeflate, undoes the filters and converts row behind row
//!   in the same buffer (feature `native-codecs`, not interlaced);
//! - the `png` crate does the rest: interlaced pictures, strips, and everything without the feature.
//!
//! Both are strict: every checksum that vouches for pixels is verified, and a picture comes out whole or not at all.

mod chunks;
mod clear;
mod convert;
#[cfg(feature = "native-codecs")]
mod fast;
mod place;
mod stream;
#[cfg(all(target_arch = "x86_64", any(test, feature = "native-codecs")))]
mod sums;
#[cfg(any(test, feature = "native-codecs"))]
mod unfilter;
#[cfg(all(target_arch = "x86_64", any(test, feature = "native-codecs")))]
mod wave;

#[cfg(test)]
mod tests;

use std::time::Instant;

use super::decode::{DecodeError, DecodeOptions, Decoded, Poured, RowSink, Rows, begin};
use super::{Header, Pixels};
use chunks::Parts;
pub(super) use chunks::{Chunks, Inflation, inflated};
use convert::Converter;
use place::Pourer;

/// Rows between two looks at the clock.
const ROWS_PER_LOOK: usize = 64;

/// What the chunk list, the codecs' states and one colour profile take beside the pixels.
const OVERHEAD: u64 = 6 << 20;
/// The list of a file's pixel chunks at most: 48 bytes a chunk while it grows, which takes 13 bytes in the file.
fn list_cost(file_len: u64) -> u64 {
    file_len.saturating_mul(4).min(8 << 20)
}

/// Decodes a PNG file.
pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let started = Instant::now();
    let parts = Parts::of(bytes)?;
    let mut converter = Converter::new(&parts, options.matte, options.keep_profile);
    let data = if parts.ihdr.interlaced {
        stream::interlaced(&parts, &mut converter, options, started)?
    } else {
        progressive(&parts, &mut converter, options, started)?
    };
    Ok(Decoded {
        pixels: Pixels {
            size: parts.ihdr.size,
            channels: converter.channels(),
            data,
        },
        orientation: parts.orientation,
        flattened: converter.flattened(),
        colours: converter.colours(),
        notes: notes(&parts),
    })
}

#[cfg(feature = "native-codecs")]
fn progressive(parts: &Parts, converter: &mut Converter, options: &DecodeOptions, started: Instant) -> Result<Vec<u8>, DecodeError> {
    match fast::decode(parts, converter, options, started)? {
        Some(data) => Ok(data),
        // More data than pixels: the patient way stops where the picture is whole.
        None => stream::whole(parts, converter, options, started),
    }
}

#[cfg(not(feature = "native-codecs"))]
fn progressive(parts: &Parts, converter: &mut Converter, options: &DecodeOptions, started: Instant) -> Result<Vec<u8>, DecodeError> {
    stream::whole(parts, converter, options, started)
}

/// Decodes a PNG file into `sink`, which is told of the picture before anything is inflated; `None` where it has no room.
pub(super) fn decode_into(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Option<Poured>, DecodeError> {
    let started = Instant::now();
    let parts = Parts::of(bytes)?;
    let mut converter = Converter::new(&parts, options.matte, options.keep_profile);
    let layout = converter.layout();
    if !begin(sink, header, parts.ihdr.size, layout)? {
        return Ok(None);
    }
    let mut pourer = Pourer::new(&mut converter, sink);
    if parts.ihdr.interlaced {
        stream::interlaced_into(&parts, &mut pourer, options, started)?;
    } else {
        progressive_into(&parts, &mut pourer, options, started)?;
    }
    Ok(Some(Poured {
        size: parts.ihdr.size,
        layout,
        orientation: parts.orientation,
        flattened: converter.flattened(),
        colours: converter.colours(),
        notes: notes(&parts),
    }))
}

#[cfg(feature = "native-codecs")]
fn progressive_into(parts: &Parts, pourer: &mut Pourer, options: &DecodeOptions, started: Instant) -> Result<(), DecodeError> {
    if fast::decode_into(parts, pourer, options, started)? {
        return Ok(());
    }
    // As for a whole decode; no row was poured yet.
    stream::whole_into(parts, pourer, options, started)
}

#[cfg(not(feature = "native-codecs"))]
fn progressive_into(parts: &Parts, pourer: &mut Pourer, options: &DecodeOptions, started: Instant) -> Result<(), DecodeError> {
    stream::whole_into(parts, pourer, options, started)
}

/// Rows of a PNG file; `None` where it is interlaced.
pub(super) fn rows<'a>(bytes: &'a [u8], options: &DecodeOptions<'a>) -> Result<Option<Box<dyn Rows + 'a>>, DecodeError> {
    let parts = Parts::of(bytes)?;
    if parts.ihdr.interlaced {
        return Ok(None);
    }
    Ok(Some(Box::new(stream::Strips::new(parts, *options)?)))
}

/// The embedded colour profile, inflated.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    Parts::of(bytes).ok()?.profile().ok()?
}

fn notes(parts: &Parts) -> Vec<String> {
    let mut notes = Vec::new();
    if !parts.ended {
        notes.push("the end marker is missing, all pixels are there".into());
    }
    if parts.trailing > 0 {
        notes.push(format!(
            "{} bytes follow the end of the picture and are not carried over",
            parts.trailing
        ));
    }
    notes
}

/// Bytes of a row as stored and as it comes out (at most), from the header alone.
fn row_sizes(header: &Header) -> (u64, u64) {
    let width = u64::from(header.size.width);
    let stored = width
        .saturating_mul(u64::from(header.samples) * u64::from(header.bits))
        .div_ceil(8)
        .saturating_add(1);
    // One sample may be grey, or an index of a palette of colours.
    (stored, width.saturating_mul(3))
}

/// Upper bound of the memory a whole decode takes beside the file, bytes.
pub(super) fn whole_cost(header: &Header, file_len: u64) -> u64 {
    let (stored, out) = row_sizes(header);
    let height = u64::from(header.size.height);
    let inflated = stored.saturating_mul(height);
    // Rows that shrink are converted in place; an index, a few bits, or grey over a matte
    // with a colour grow into a second buffer. IDAT chunks are
    // joined where there are several. Some rows are at hand in the converter and the streaming codec.
    let second = if header.samples <= 2 || header.multi_pass || !cfg!(feature = "native-codecs") {
        out.saturating_mul(height)
    } else {
        0
    };
    inflated
        .saturating_add(second)
        .saturating_add(file_len)
        .saturating_add(list_cost(file_len))
        .saturating_add((stored + out).saturating_mul(2))
        .saturating_add(OVERHEAD)
}

/// Upper bound of the memory a decode in strips takes beside the file, bytes, without the caller's rows.
pub(super) fn rows_cost(header: &Header) -> Option<u64> {
    if header.multi_pass {
        return None;
    }
    let (stored, out) = row_sizes(header);
    // The streaming codec keeps up to six rows and grows its buffer by doubling.
    Some(
        stored
            .saturating_mul(14)
            .saturating_add(out.saturating_mul(2))
            .saturating_add(list_cost(u64::MAX))
            .saturating_add(OVERHEAD),
    )
}
