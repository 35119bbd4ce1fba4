//! What a picture says beside its pixels, carried from the original into the replacement: colour profile, EXIF, XMP, and the
//! texts of a PNG (prompts). Pure functions over bytes: [`collect`] from the file, [`Found::prepare`] for what was made of
//! it, [`Carried::insert`] into the encoded JPEG.
//!
//! Carried over is what is still true of the replacement. Orientation and sizes are set right, thumbnails of the old picture
//! go, and so does the place where it was taken unless it is asked for. What cannot be read is left out with a note, and
//! never a reason to fail. Where each thing goes and what is left out is in `docs/metadata.md`.

mod block;
mod collect;
#[cfg(any(test, feature = "fuzzing"))]
mod place;
mod segment;
#[cfg(test)]
mod tests;
mod text;
mod xmp;

use std::borrow::Cow;

use super::colour::Colours;
use super::{Header, Size};
use crate::engine::settings::{Metadata, PictureSettings};
use block::{Block, LONG, Part, SHORT};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use place::tells_a_place;
use text::Text;

/// What is to be carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wish {
    /// Profile, EXIF and XMP.
    keep: bool,
    /// The place, with `keep`.
    gps: bool,
    /// Texts.
    prompts: bool,
}

impl Wish {
    fn of(settings: &PictureSettings) -> Self {
        Self {
            keep: settings.metadata == Metadata::Keep,
            gps: settings.keep_gps,
            prompts: settings.prompts,
        }
    }

    fn anything(self) -> bool {
        self.keep || self.prompts
    }
}

/// What was asked for and is there, as stored.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    /// A block, with or without its name in front.
    exif: Option<Cow<'a, [u8]>>,
    xmp: Option<Cow<'a, [u8]>>,
    texts: Vec<Text>,
    /// Comments of a JPEG.
    comments: Vec<Cow<'a, [u8]>>,
    notes: Vec<String>,
}

/// Finds in a file what is to be carried over. `header` is what `probe` said about the same bytes. Inflates at most 4 MiB of
/// texts.
pub(crate) fn collect<'a>(bytes: &'a [u8], header: &Header, settings: &PictureSettings) -> Found<'a> {
    collect::collect(bytes, header.format, Wish::of(settings))
}

/// Upper bound of the memory that carrying over takes for one image, bytes: a profile (twice, and a third time in the file),
/// an EXIF block and an XMP packet while they are edited, texts as they were and as comments.
pub(crate) fn cost(settings: &PictureSettings) -> u64 {
    let wish = Wish::of(settings);
    let keep = if wish.keep { 3 * super::colour::MAX_PROFILE + (4 << 20) } else { 0 };
    let prompts = if wish.prompts { 16 << 20 } else { 0 };
    (keep + prompts) as u64
}

/// What goes into a JPEG.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    segments: Vec<u8>,
    /// What a person should know, each one sentence without the path.
    pub(crate) notes: Vec<String>,
}

impl Carried {
    /// The JPEG with it: behind the JFIF marker, EXIF first, then XMP, the profile and comments.
    pub(crate) fn insert(&self, jpeg: Vec<u8>) -> Vec<u8> {
        if self.segments.is_empty() {
            return jpeg;
        }
        segment::insert(jpeg, &self.segments)
    }
}

/// Tags of the first directory that speak of how another file laid out its pixels, or hold what has a place of its own in a
/// JPEG: strips and tiles, other pictures, XMP, IPTC, resources of Photoshop (a thumbnail among them), the profile.
const LAYOUT_TAGS: [u16; 27] = [
    0x00FE, 0x00FF, 0x0102, 0x0103, 0x0106, 0x010A, 0x0111, 0x0115, 0x0116, 0x0117, 0x011C, 0x013D, 0x0140, 0x0142, 0x0143, 0x0144, 0x0145,
    0x014A, 0x0152, 0x0153, 0x015B, 0x0201, 0x0202, 0x02BC, 0x83BB, 0x8649, 0x8773,
];

impl Found<'_> {
    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// For a replacement of this size whose samples are of these colours.
    pub(crate) fn prepare(mut self, settings: &PictureSettings, colours: &Colours, size: Size) -> Carried {
        let wish = Wish::of(settings);
        let mut segments = Vec::new();
        let (block, texts) = self.block(wish, colours, size);
        if let Some(block) = block {
            segment::exif(&mut segments, &block);
        }
        if wish.keep {
            if let Some(packet) = self.packet(wish, size) {
                segment::xmp(&mut segments, packet.as_bytes());
            }
            match colours {
                Colours::Own(icc) if !segment::icc(&mut segments, icc) => {
                    self.note("its colour profile is left out, although its colours are of it: it is too large");
                }
                Colours::Unreadable => self.note("its colour profile cannot be read and is left out"),
                _ => {}
            }
        }
        for comment in &self.comments {
            segment::comment(&mut segments, comment);
        }
        for body in texts.iter().flat_map(text::into_comments) {
            segment::comment(&mut segments, &body);
        }
        Carried {
            segments,
            notes: self.notes,
        }
    }

    /// The EXIF block, and the texts that found no place in it.
    fn block(&mut self, wish: Wish, colours: &Colours, size: Size) -> (Option<Vec<u8>>, Vec<Text>) {
        let exif = self.exif.take();
        let stored = exif.as_deref().and_then(Block::read);
        if exif.is_some() && stored.is_none() && wish.keep {
            self.note("its EXIF cannot be read and is left out");
        }
        let mut block = None;
        if let Some(mut stored) = stored {
            if !wish.keep {
                let mut prompts = Block::empty(stored.order());
                text::between_blocks(&stored, &mut prompts);
                stored = prompts;
            } else if stored.lost > 0 {
                self.note(format!("{} of its EXIF tags lie outside the file and are left out", stored.lost));
            }
            correct(&mut stored, wish, colours, size);
            if stored.written().len() <= segment::MAX_EXIF {
                block = Some(stored);
            } else {
                self.note("its EXIF is left out: it is larger than the 64 KiB that a JPEG holds");
            }
        }
        let mut block = block.unwrap_or_else(text::fresh_block);
        let left = text::into_block(&self.texts, &mut block, segment::MAX_EXIF);
        ((!block.is_empty()).then(|| block.written()), left)
    }

    /// The XMP packet.
    fn packet(&mut self, wish: Wish, size: Size) -> Option<String> {
        let packet = xmp::corrected(&self.xmp.take()?, wish.gps, size);
        match packet {
            Ok(packet) if packet.len() <= segment::MAX_XMP => return Some(packet),
            Ok(_) => self.note("its XMP packet is left out: it is larger than the 64 KiB that a JPEG holds"),
            Err(xmp::Broken) => self.note("its XMP packet cannot be read and is left out"),
        }
        None
    }
}

/// Makes true of the replacement what was true of the original.
fn correct(block: &mut Block, wish: Wish, colours: &Colours, size: Size) {
    if !wish.gps {
        block.remove_gps();
    }
    for tag in LAYOUT_TAGS {
        block.remove(Part::Main, tag);
    }
    let size = [size.width, size.height];
    block.correct(Part::Main, 0x0112, SHORT, 1);
    for (tag, side) in [0x0100, 0x0101].into_iter().zip(size) {
        block.correct(Part::Main, tag, LONG, side);
    }
    for (tag, side) in [0xA002, 0xA003].into_iter().zip(size) {
        block.correct(Part::Photo, tag, LONG, side);
    }
    if *colours == Colours::Srgb {
        // ColorSpace: 1 is sRGB.
        block.correct(Part::Photo, 0xA001, SHORT, 1);
    }
}
