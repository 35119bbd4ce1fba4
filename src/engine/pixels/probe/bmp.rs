//! The head of a bitmap: Windows' versions 1 to 5 and OS/2's (BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER).

use super::reader::Reader;
use super::{ProbeError, damaged, size};
use crate::engine::pixels::{Header, Orientation};
use crate::engine::settings::Format;

pub(super) fn header(reader: &mut Reader) -> Result<Header, ProbeError> {
    let head = reader.bytes(0, 14 + 124)?.to_vec();
    let u16_at = |at: usize| head.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let u32_at = |at: usize| head.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let cut = || damaged("the file ends inside its header");
    let info = u32_at(14).ok_or_else(cut)?;
    let (width, height, bits, compression, alpha_mask) = match info {
        12 => (
            i32::from(u16_at(18).ok_or_else(cut)? as i16) & 0xffff,
            i32::from(u16_at(20).ok_or_else(cut)? as i16) & 0xffff,
            u16_at(24).ok_or_else(cut)?,
            0,
            0,
        ),
        16..=124 => (
            u32_at(18).ok_or_else(cut)? as i32,
            u32_at(22).ok_or_else(cut)? as i32,
            u16_at(28).ok_or_else(cut)?,
            if info >= 20 { u32_at(30).ok_or_else(cut)? } else { 0 },
            if info >= 56 { u32_at(66).ok_or_else(cut)? } else { 0 },
        ),
        // Two letters are a weak sign: text may begin with them too.
        _ => return Err(ProbeError::NotAnImage),
    };
    let (samples, depth) = match bits {
        1 | 2 | 4 | 8 => (1, bits as u8),
        16 | 24 | 32 => (3, 8),
        _ => return Err(damaged(format!("there is no bitmap with {bits} bits a pixel"))),
    };
    if width < 0 {
        return Err(damaged(format!("its width is {width}")));
    }
    // Masks say where the samples are in bit fields (3, 6) only; elsewhere the bytes are not alpha.
    let transparent = matches!(compression, 3 | 6) && alpha_mask != 0 && bits >= 16;
    Ok(Header {
        format: Format::Bmp,
        // A negative height stores the rows top to bottom.
        size: size(width as u32, height.unsigned_abs())?,
        orientation: Orientation::Upright,
        animated: false,
        transparent,
        samples: if transparent { 4 } else { samples },
        bits: depth,
        multi_pass: false,
        coded_sixteenths: 0,
    })
}
