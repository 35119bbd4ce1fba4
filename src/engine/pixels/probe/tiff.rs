//! The head of a TIFF file (TIFF 6.0, section 2): its first directory, and whether another page follows.

use super::reader::Reader;
use super::{ProbeError, damaged, size};
use crate::engine::pixels::exif::{self, Order};
use crate::engine::pixels::{Header, Orientation};
use crate::engine::settings::Format;

/// Entries of a directory that are looked at; real ones have a few dozen.
const MAX_ENTRIES: u16 = 1024;

pub(super) fn header(reader: &mut Reader) -> Result<Header, ProbeError> {
    let start: [u8; 8] = reader.array(0)?;
    let order = if start[0] == b'I' { Order::Little } else { Order::Big };
    if reader.bytes(8, 2)? == b"CR" {
        return Err(ProbeError::OtherFormat("a camera's raw file"));
    }
    let directory = u64::from(order.u32(&start[4..]));
    let count = order.u16(&reader.array::<2>(directory)?);
    let (mut width, mut height, mut bits, mut samples) = (0, 0, 1, 1);
    let mut header = Header {
        format: Format::Tiff,
        size: crate::engine::pixels::Size { width: 1, height: 1 },
        orientation: Orientation::Upright,
        animated: false,
        transparent: false,
        samples: 1,
        bits: 1,
        multi_pass: false,
        coded_sixteenths: 0,
    };
    for entry in 0..count.min(MAX_ENTRIES) {
        let entry: [u8; 12] = reader.array(directory + 2 + u64::from(entry) * 12)?;
        let (tag, kind, values) = (order.u16(&entry), order.u16(&entry[2..]), order.u32(&entry[4..]));
        let value = match kind {
            1 => u32::from(entry[8]),
            3 => u32::from(order.u16(&entry[8..])),
            _ => order.u32(&entry[8..]),
        };
        match tag {
            256 => width = value,
            257 => height = value,
            // Three and more values do not fit into the entry: it then holds the offset of the first.
            258 if kind == 3 && values > 2 => bits = u32::from(order.u16(&reader.array::<2>(u64::from(order.u32(&entry[8..])))?)),
            258 => bits = value,
            274 => header.orientation = exif::from_value(value),
            277 => samples = value,
            338 => header.transparent = true,
            50706 => return Err(ProbeError::OtherFormat("a camera's raw file")),
            _ => {}
        }
    }
    let next = reader.bytes(directory + 2 + u64::from(count) * 12, 4)?;
    header.animated = next.len() == 4 && order.u32(next) != 0;
    if !(1..=64).contains(&bits) || !(1..=255).contains(&samples) {
        return Err(damaged(format!("it claims {samples} samples of {bits} bits")));
    }
    header.bits = bits as u8;
    header.samples = samples as u8;
    header.size = size(width, height)?;
    Ok(header)
}
