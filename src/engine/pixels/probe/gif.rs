//! The head of a GIF file (GIF89a specification): its screen, and whether a second frame follows the first.

use super::reader::Reader;
use super::{MAX_STEPS, ProbeError, size};
use crate::engine::pixels::{Header, Orientation};
use crate::engine::settings::Format;

pub(super) fn header(reader: &mut Reader) -> Result<Header, ProbeError> {
    let screen: [u8; 13] = reader.array(0)?;
    let mut header = Header {
        format: Format::Gif,
        size: size(
            u32::from(u16::from_le_bytes([screen[6], screen[7]])),
            u32::from(u16::from_le_bytes([screen[8], screen[9]])),
        )?,
        orientation: Orientation::Upright,
        animated: false,
        transparent: false,
        samples: 1,
        bits: 8,
        multi_pass: false,
        coded_sixteenths: 0,
    };
    let mut at = 13 + colour_table(screen[10]);
    let mut frames = 0;
    for _ in 0..MAX_STEPS {
        // Where the file is cut short the decoder will say so; the header is known.
        let block = reader.bytes(at, 10)?.to_vec();
        match block.first() {
            Some(0x21) => {
                if let [_, 0xf9, 4, flags, ..] = block[..] {
                    header.transparent |= flags & 1 == 1;
                }
                at = skip_blocks(reader, at + 2)?;
            }
            Some(0x2c) => {
                frames += 1;
                if frames > 1 {
                    header.animated = true;
                    return Ok(header);
                }
                let Some(&flags) = block.get(9) else { return Ok(header) };
                at = skip_blocks(reader, at + 10 + colour_table(flags) + 1)?;
            }
            _ => return Ok(header),
        }
        if at >= reader.len() {
            return Ok(header);
        }
    }
    Ok(header)
}

/// Bytes of the colour table that these flags announce.
fn colour_table(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The offset behind a sequence of sub-blocks, or the end of the file.
fn skip_blocks(reader: &mut Reader, mut at: u64) -> Result<u64, ProbeError> {
    loop {
        match reader.bytes(at, 1)?.first() {
            Some(0) => return Ok(at + 1),
            Some(&len) => at += 1 + u64::from(len),
            None => return Ok(reader.len()),
        }
    }
}
