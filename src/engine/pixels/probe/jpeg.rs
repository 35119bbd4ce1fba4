//! The head of a JPEG file (ITU-T T.81, annex B): the segments in front of the frame header.

use super::reader::Reader;
use super::{MAX_STEPS, ProbeError, damaged, size};
use crate::engine::pixels::{Header, Orientation, exif};
use crate::engine::settings::Format;

/// Bytes between two segments that are skipped in search of a marker, as decoders do.
const MAX_JUNK: u64 = 64 << 10;
/// First look into an EXIF segment; the whole of it is read only where the directory lies behind.
const EXIF_LOOK: usize = 512;

pub(super) fn header(reader: &mut Reader) -> Result<Header, ProbeError> {
    let mut orientation = None;
    let mut at = 2_u64;
    for _ in 0..MAX_STEPS {
        let marker;
        (marker, at) = next_marker(reader, at)?;
        match marker {
            // Markers without a segment: restart, start of image, and the private ones of arithmetic coding.
            0x01 | 0xd0..=0xd8 => continue,
            0xd9 | 0xda => return Err(damaged("it holds no frame header in front of its pixels")),
            _ => {}
        }
        let len = u16::from_be_bytes(reader.array(at)?);
        if len < 2 {
            return Err(damaged("it has a segment of impossible length"));
        }
        let body = usize::from(len) - 2;
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let frame: [u8; 6] = reader.array(at + 2)?;
                let multi_pass = matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
                let coded_sixteenths = if multi_pass {
                    coded_sixteenths(reader, at + 8, frame[5])?
                } else {
                    0
                };
                return Ok(Header {
                    format: Format::Jpeg,
                    size: size(
                        u32::from(u16::from_be_bytes([frame[3], frame[4]])),
                        u32::from(u16::from_be_bytes([frame[1], frame[2]])),
                    )?,
                    orientation: orientation.unwrap_or_default(),
                    animated: false,
                    transparent: false,
                    samples: frame[5],
                    bits: frame[0],
                    multi_pass,
                    coded_sixteenths,
                });
            }
            0xe1 if orientation.is_none() => orientation = exif_orientation(reader, at + 2, body)?,
            _ => {}
        }
        at += u64::from(len);
    }
    Err(damaged("a million segments and no frame header yet"))
}

/// Coded samples of a pixel in sixteenths, from the sampling factors of the components that stand at `at`; 0 where they are cut short or
/// make no sense, which is for the decoder to say.
fn coded_sixteenths(reader: &mut Reader, at: u64, components: u8) -> Result<u8, ProbeError> {
    /// Of one component: its number, its factors (across, down), its quantiser.
    const COMPONENT: usize = 3;
    let count = usize::from(components);
    if !(1..=4).contains(&count) {
        return Ok(0);
    }
    let factors = reader.bytes(at, count * COMPONENT)?;
    let sides = || {
        factors
            .chunks_exact(COMPONENT)
            .map(|c| (u32::from(c[1] >> 4), u32::from(c[1] & 15)))
    };
    let valid = sides().all(|(h, v)| (1..=4).contains(&h) && (1..=4).contains(&v));
    if factors.len() != count * COMPONENT || !valid {
        return Ok(0);
    }
    let full = sides().map(|(h, _)| h).max().unwrap_or(1) * sides().map(|(_, v)| v).max().unwrap_or(1);
    let coded: u32 = sides().map(|(h, v)| (16 * h * v).div_ceil(full)).sum();
    Ok(u8::try_from(coded).unwrap_or(0))
}

/// The next marker from `at` on, with the offset behind it. Fill bytes are part of the format, junk is skipped.
fn next_marker(reader: &mut Reader, at: u64) -> Result<(u8, u64), ProbeError> {
    let mut here = at;
    while here - at <= MAX_JUNK {
        let [first, second] = reader.array(here)?;
        if first == 0xff && second != 0xff && second != 0 {
            return Ok((second, here + 2));
        }
        here += 1;
    }
    Err(damaged("there is no segment where one must begin"))
}

/// Orientation from an APP1 segment, where it is an EXIF one.
fn exif_orientation(reader: &mut Reader, at: u64, len: usize) -> Result<Option<Orientation>, ProbeError> {
    let look = reader.bytes(at, len.min(EXIF_LOOK))?;
    if !look.starts_with(b"Exif\0") {
        return Ok(None);
    }
    Ok(Some(match exif::look(look) {
        exif::Found::Orientation(orientation) => orientation,
        exif::Found::Needs(end) if end <= len => exif::orientation(reader.bytes(at, len)?),
        exif::Found::Needs(_) => Orientation::Upright,
    }))
}
