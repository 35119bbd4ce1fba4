//! The head of a WebP file (RFC 9649): the first chunk, and for the extended layout the EXIF chunk, which stands
//! behind the pixels and is reached by skipping them.

use super::reader::Reader;
use super::{ProbeError, damaged, size};
use crate::engine::pixels::{Header, Orientation, exif};
use crate::engine::settings::Format;

/// EXIF chunks are read up to this.
const MAX_EXIF: usize = 64 << 10;
/// Chunks walked in search of EXIF; a still picture has fewer than ten.
const MAX_CHUNKS: usize = 256;

pub(super) fn header(reader: &mut Reader) -> Result<Header, ProbeError> {
    let first: [u8; 8] = reader.array(12)?;
    let mut header = Header {
        format: Format::Webp,
        size: crate::engine::pixels::Size { width: 1, height: 1 },
        orientation: Orientation::Upright,
        animated: false,
        transparent: false,
        samples: 3,
        bits: 8,
        multi_pass: false,
        coded_sixteenths: 0,
    };
    match &first[..4] {
        b"VP8 " => {
            let frame: [u8; 10] = reader.array(20)?;
            if frame[0] & 1 != 0 || frame[3..6] != [0x9d, 0x01, 0x2a] {
                return Err(damaged("it does not begin with a key frame"));
            }
            // The two upper bits are a scale for display, which no viewer heeds.
            let side = |at: usize| u32::from(u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3fff);
            header.size = size(side(6), side(8))?;
        }
        b"VP8L" => {
            let frame: [u8; 5] = reader.array(20)?;
            let bits = u32::from_le_bytes([frame[1], frame[2], frame[3], frame[4]]);
            if frame[0] != 0x2f || bits >> 29 != 0 {
                return Err(damaged("it does not begin with a lossless frame"));
            }
            header.size = size((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)?;
            header.transparent = bits >> 28 & 1 == 1;
        }
        b"VP8X" => {
            let frame: [u8; 10] = reader.array(20)?;
            let side = |at: usize| u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], 0]) + 1;
            header.size = size(side(4), side(7))?;
            header.transparent = frame[0] & 0x10 != 0;
            header.animated = frame[0] & 0x02 != 0;
            if frame[0] & 0x08 != 0 && !header.animated {
                header.orientation = exif_orientation(reader)?;
            }
        }
        _ => return Err(damaged("its first chunk is unknown")),
    }
    header.samples = if header.transparent { 4 } else { 3 };
    Ok(header)
}

fn exif_orientation(reader: &mut Reader) -> Result<Orientation, ProbeError> {
    let mut at = 12_u64;
    for _ in 0..MAX_CHUNKS {
        let Ok(chunk) = <[u8; 8]>::try_from(reader.bytes(at, 8)?) else {
            break;
        };
        let len = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        if &chunk[..4] == b"EXIF" {
            return Ok(exif::orientation(reader.bytes(at + 8, (len as usize).min(MAX_EXIF))?));
        }
        at += 8 + u64::from(len) + u64::from(len & 1);
    }
    Ok(Orientation::Upright)
}
