//! The head of a PNG file (PNG specification, third edition, clause 11): the chunks in front of the pixels.

use super::reader::Reader;
use super::{MAX_STEPS, ProbeError, damaged, size};
use crate::engine::pixels::{Header, Orientation, exif};
use crate::engine::settings::Format;

/// EXIF blocks above this are not looked into beyond it: the first directory of any sane block lies in front.
const MAX_EXIF: usize = 64 << 10;

pub(super) fn header(reader: &mut Reader) -> Result<Header, ProbeError> {
    let ihdr: [u8; 25] = reader.array(8)?;
    if &ihdr[4..8] == b"CgBI" {
        return Err(damaged("it is Apple's private variant of PNG"));
    }
    if ihdr[..8] != *b"\0\0\0\x0dIHDR" {
        return Err(damaged("it does not begin with a header chunk"));
    }
    let number = |at: usize| u32::from_be_bytes([ihdr[at], ihdr[at + 1], ihdr[at + 2], ihdr[at + 3]]);
    let (width, height) = (number(8), number(12));
    let (bits, colour, compression, filter, interlace) = (ihdr[16], ihdr[17], ihdr[18], ihdr[19], ihdr[20]);
    let samples = match (colour, bits) {
        (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) => 1,
        (2, 8 | 16) => 3,
        (4, 8 | 16) => 2,
        (6, 8 | 16) => 4,
        _ => return Err(damaged(format!("there is no colour type {colour} with {bits} bits"))),
    };
    if compression != 0 || filter != 0 || interlace > 1 {
        return Err(damaged("it names a compression, filter or interlace method that does not exist"));
    }
    if width > i32::MAX as u32 || height > i32::MAX as u32 {
        return Err(damaged(format!("it claims {width} × {height} pixels")));
    }
    let mut header = Header {
        format: Format::Png,
        size: size(width, height)?,
        orientation: Orientation::Upright,
        animated: false,
        transparent: matches!(colour, 4 | 6),
        samples,
        bits,
        multi_pass: interlace == 1,
        coded_sixteenths: 0,
    };
    let mut at = 33_u64;
    for _ in 0..MAX_STEPS {
        let chunk: [u8; 8] = reader.array(at)?;
        let len = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        match &chunk[4..8] {
            b"IDAT" => return Ok(header),
            b"IEND" => return Err(damaged("it holds no pixels")),
            b"tRNS" => header.transparent = true,
            // Of one frame only: as still as any other.
            b"acTL" => header.animated = u32::from_be_bytes(reader.array(at + 8)?) > 1,
            b"eXIf" => {
                let block = reader.bytes(at + 8, (len as usize).min(MAX_EXIF))?;
                header.orientation = exif::orientation(block);
            }
            _ => {}
        }
        at += 12 + u64::from(len);
    }
    Err(damaged("a million chunks and no pixels yet"))
}
