//! The patient way through a PNG, row by row, by the `png` crate: interlaced pictures, strips, and everything where
//! libdeflate is not built in.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::time::Instant;

use super::ROWS_PER_LOOK;
use super::chunks::{Kind, Parts, damaged, truncated};
use super::convert::Converter;
use super::place::Pourer;
use crate::engine::pixels::colour::Colours;
use crate::engine::pixels::decode::{DecodeError, DecodeOptions, Rows};
use crate::engine::pixels::{Channels, Orientation, Size};

/// What the crate may take for itself beside a few rows.
const CODEC_MEMORY: usize = 4 << 20;

type Codec<'a> = png::Reader<Slices<'a>>;

/// All pixels of a picture that is not interlaced.
pub(super) fn whole(parts: &Parts, converter: &mut Converter, options: &DecodeOptions, started: Instant) -> Result<Vec<u8>, DecodeError> {
    let out_row = converter.out_row();
    let mut data = vec![0; out_row.checked_mul(parts.ihdr.size.height as usize).ok_or_else(too_large)?];
    let mut places = data.chunks_exact_mut(out_row);
    each_row(parts, options, started, |raw| {
        if let Some(out) = places.next() {
            converter.row(raw, out);
        }
    })?;
    Ok(data)
}

/// Pours all rows of a picture that is not interlaced.
pub(super) fn whole_into(parts: &Parts, pourer: &mut Pourer, options: &DecodeOptions, started: Instant) -> Result<(), DecodeError> {
    each_row(parts, options, started, |raw| pourer.row(raw))
}

/// Hands out the rows of a picture that is not interlaced, as stored.
fn each_row(parts: &Parts, options: &DecodeOptions, started: Instant, mut row: impl FnMut(&[u8])) -> Result<(), DecodeError> {
    let mut codec = open(parts)?;
    for y in 0..parts.ihdr.size.height as usize {
        row(next(&mut codec)?);
        if y % ROWS_PER_LOOK == 0 {
            options.check_time(started)?;
        }
    }
    end(&mut codec)
}

/// All pixels of an interlaced picture.
pub(super) fn interlaced(
    parts: &Parts,
    converter: &mut Converter,
    options: &DecodeOptions,
    started: Instant,
) -> Result<Vec<u8>, DecodeError> {
    let (mut raw, row) = woven(parts, options, started)?;
    let out_row = converter.out_row();
    if converter.keeps_bytes() {
        for row in raw.chunks_exact_mut(out_row) {
            converter.colour_only(row);
        }
        return Ok(raw);
    }
    let mut data = vec![0; out_row.checked_mul(parts.ihdr.size.height as usize).ok_or_else(too_large)?];
    for (raw, out) in raw.chunks_exact(row).zip(data.chunks_exact_mut(out_row)) {
        converter.row(raw, out);
    }
    Ok(data)
}

/// Pours all rows of an interlaced picture, which is whole before the first.
pub(super) fn interlaced_into(parts: &Parts, pourer: &mut Pourer, options: &DecodeOptions, started: Instant) -> Result<(), DecodeError> {
    let (raw, row) = woven(parts, options, started)?;
    raw.chunks_exact(row).for_each(|raw| pourer.row(raw));
    Ok(())
}

/// All rows of an interlaced picture as stored, and the bytes of one.
fn woven(parts: &Parts, options: &DecodeOptions, started: Instant) -> Result<(Vec<u8>, usize), DecodeError> {
    let mut codec = open(parts)?;
    let row = parts.ihdr.row_bytes().ok_or_else(too_large)?;
    let bits = (parts.ihdr.kind.samples() * parts.ihdr.bits) as u8;
    let mut raw = vec![0; row.checked_mul(parts.ihdr.size.height as usize).ok_or_else(too_large)?];
    let mut passes = 0;
    while let Some(line) = codec.next_interlaced_row().map_err(failed)? {
        let png::InterlaceInfo::Adam7(place) = line.interlace() else {
            return Err(damaged("its interlacing is inconsistent"));
        };
        png::expand_interlaced_row(&mut raw, row, line.data(), place, bits);
        passes += 1;
        if passes % ROWS_PER_LOOK == 0 {
            options.check_time(started)?;
        }
    }
    end(&mut codec)?;
    Ok((raw, row))
}

/// Rows of a picture that is not interlaced.
pub(super) struct Strips<'a> {
    codec: Codec<'a>,
    converter: Converter,
    size: Size,
    orientation: Orientation,
    options: DecodeOptions<'a>,
    started: Instant,
}

impl<'a> Strips<'a> {
    pub(super) fn new(parts: Parts<'a>, options: DecodeOptions<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            codec: open(&parts)?,
            converter: Converter::new(&parts, options.matte, options.keep_profile),
            size: parts.ihdr.size,
            orientation: parts.orientation,
            options,
            started: Instant::now(),
        })
    }
}

impl Rows for Strips<'_> {
    fn size(&self) -> Size {
        self.size
    }

    fn channels(&self) -> Channels {
        self.converter.channels()
    }

    fn orientation(&self) -> Orientation {
        self.orientation
    }

    fn colours(&self) -> Colours {
        self.converter.colours()
    }

    fn flattened(&self) -> bool {
        self.converter.flattened()
    }

    fn next_rows(&mut self, rows: &mut [u8]) -> Result<(), DecodeError> {
        for (y, out) in rows.chunks_exact_mut(self.converter.out_row()).enumerate() {
            self.converter.row(next(&mut self.codec)?, out);
            if y % ROWS_PER_LOOK == 0 {
                self.options.check_time(self.started)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        end(&mut self.codec)
    }
}

fn next<'a>(codec: &'a mut Codec) -> Result<&'a [u8], DecodeError> {
    match codec.next_row().map_err(failed)? {
        Some(row) => Ok(row.data()),
        None => Err(truncated("its pixels end before the last row")),
    }
}

/// Everything behind the last row: the end of the compressed stream with its checksum.
fn end(codec: &mut Codec) -> Result<(), DecodeError> {
    if codec.next_row().map_err(failed)?.is_some() {
        return Err(damaged("it has more rows than its header says"));
    }
    codec.finish().map_err(failed)
}

fn open<'a>(parts: &Parts<'a>) -> Result<Codec<'a>, DecodeError> {
    let mut options = png::DecodeOptions::default();
    options.set_ignore_adler32(false);
    let mut decoder = png::Decoder::new_with_options(Slices::of(parts), options);
    let row = parts.ihdr.row_bytes().ok_or_else(too_large)?;
    decoder.set_limits(png::Limits {
        bytes: row.saturating_mul(8).saturating_add(CODEC_MEMORY),
    });
    decoder.set_transformations(png::Transformations::IDENTITY);
    decoder.read_info().map_err(failed)
}

fn too_large() -> DecodeError {
    DecodeError::Unsupported("it is larger than the address space".into())
}

fn failed(error: png::DecodingError) -> DecodeError {
    match error {
        png::DecodingError::IoError(_) => truncated("its pixels end in the middle"),
        png::DecodingError::LimitsExceeded => DecodeError::Unsupported("its rows are too long for the decoder".into()),
        other => {
            let message = other.to_string();
            // The crate has no variants of its own for these; a test holds this against its wording.
            if ["enough data", "InsufficientInput"].iter().any(|words| message.contains(words)) {
                truncated("its pixels end before the last row")
            } else {
                damaged(message)
            }
        }
    }
}

/// A PNG of the chunks that make pixels and no others: what the crate is fed. Bombs in text or profile chunks, and
/// whatever else surrounds the pixels, cannot reach it.
struct Slices<'a> {
    slices: Vec<&'a [u8]>,
    current: usize,
}

/// Signature and end chunk.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

impl<'a> Slices<'a> {
    fn of(parts: &Parts<'a>) -> Self {
        let mut slices = vec![SIGNATURE, parts.ihdr_chunk];
        // The crate wants to see a palette although indices come out as they are.
        if parts.ihdr.kind == Kind::Palette {
            slices.push(parts.palette_chunk);
        }
        slices.extend(&parts.data_chunks);
        slices.push(END);
        slices.reverse();
        Self { slices, current: 0 }
    }
}

impl Read for Slices<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buf.len());
        buf[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Slices<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while let Some(last) = self.slices.last() {
            if self.current < last.len() {
                return Ok(&last[self.current..]);
            }
            self.slices.pop();
            self.current = 0;
        }
        Ok(&[])
    }

    fn consume(&mut self, count: usize) {
        self.current += count;
    }
}

/// Asked for by the crate's bounds; it never seeks while it decodes a still picture.
impl Seek for Slices<'_> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}
