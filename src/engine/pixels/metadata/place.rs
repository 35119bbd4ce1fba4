//! Whether a JPEG of ours tells where it was taken: asked by the campaigns with hostile bytes, of what they were given back.

use super::block::{Block, Part};
use super::{Wish, collect, xmp};
use crate::engine::pixels::Size;
use crate::engine::settings::Format;

/// Pointer to the directory of the place (EXIF 2.3, table 3).
const TAG_GPS: u16 = 0x8825;

/// Whether the EXIF block or the XMP packet of a JPEG says where a picture was taken, as far as either can be read.
pub(crate) fn tells_a_place(jpeg: &[u8]) -> bool {
    let wish = Wish {
        keep: true,
        gps: true,
        prompts: false,
    };
    let found = collect::collect(jpeg, Format::Jpeg, wish);
    let block = found.exif.as_deref().and_then(Block::read);
    let in_exif = block.is_some_and(|block| [Part::Main, Part::Photo].iter().any(|part| block.get(*part, TAG_GPS).is_some()));
    let size = Size { width: 1, height: 1 };
    let packet = |with_place: bool| found.xmp.as_deref().map(|packet| xmp::corrected(packet, with_place, size));
    in_exif || packet(true) != packet(false)
}
