//! What files of every format say beside their pixels, cut out of their containers. Containers in the wild are cut short and
//! lie about lengths; what cannot be read is left out with a note, never a reason to refuse a picture.

use std::borrow::Cow;

use super::block::{self, Block, Part};
use super::text;
use super::{Found, Wish};
use crate::engine::pixels::{jpeg, png};
use crate::engine::settings::Format;

/// Name of a JPEG's segment with an XMP packet.
pub(super) const XMP_NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Name of segments with what did not fit into the packet.
const XMP_MORE_NAME: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Keyword of a PNG's chunk with an XMP packet.
const XMP_KEYWORD: &str = "XML:com.adobe.xmp";
/// XMP packets above this are not looked into: a JPEG holds 64 KiB, and padding is a few.
const MAX_XMP: usize = 1 << 20;
/// Texts of one picture, together and inflated: twice the largest workflows seen.
const MAX_TEXTS: usize = 4 << 20;
/// Texts of one picture; real ones have fewer than twenty.
const MAX_COUNT: usize = 1000;

/// Texts that may turn out unreadable or too long before the others are given up: each may have cost an inflation.
const MAX_FAILURES: usize = 16;

/// Everything asked for in a file of this format.
pub(super) fn collect(bytes: &[u8], format: Format, wish: Wish) -> Found<'_> {
    let mut found = Found::default();
    if !wish.anything() {
        return found;
    }
    match format {
        Format::Jpeg => from_jpeg(bytes, wish, &mut found),
        Format::Png => from_png(bytes, wish, &mut found),
        Format::Webp => from_webp(bytes, &mut found),
        Format::Tiff if wish.keep => from_tiff(bytes, wish, &mut found),
        // Neither has a place for any of it.
        Format::Tiff | Format::Bmp | Format::Gif => {}
    }
    if found.xmp.as_ref().is_some_and(|xmp| xmp.len() > MAX_XMP) {
        found.xmp = None;
        found.note("its XMP packet is left out: it is larger than 1 MiB");
    }
    found
}

fn from_jpeg<'a>(bytes: &'a [u8], wish: Wish, found: &mut Found<'a>) {
    let mut at = 2;
    let mut more = false;
    while let Some((marker, body, next)) = jpeg::segment(bytes, at) {
        at = next;
        match marker {
            0xDA | 0xD9 => break,
            0xE1 if body.starts_with(b"Exif\0") && found.exif.is_none() => found.exif = Some(body.get(6..).unwrap_or_default().into()),
            0xE1 if body.starts_with(XMP_NAME) && found.xmp.is_none() => found.xmp = Some(body[XMP_NAME.len()..].into()),
            0xE1 if body.starts_with(XMP_MORE_NAME) => more = true,
            // Prompts that an earlier run, or another program, put there.
            0xFE if wish.prompts && found.comments.len() < MAX_COUNT => found.comments.push(body.into()),
            _ => {}
        }
    }
    if more && wish.keep {
        found.note("the second part of its XMP, called extended, is left out");
    }
}

fn from_png<'a>(bytes: &'a [u8], wish: Wish, found: &mut Found<'a>) {
    let mut budget = MAX_TEXTS;
    let (mut broken, mut over) = (0, 0);
    // What is cut off behind the pixels is no reason to refuse a picture; within them decoding says so.
    for chunk in png::Chunks::of(bytes).map_while(Result::ok) {
        let key = match &chunk.name {
            b"eXIf" => "",
            b"tEXt" | b"zTXt" | b"iTXt" => match text::key(chunk.body) {
                Ok(XMP_KEYWORD) if wish.keep => XMP_KEYWORD,
                // ImageMagick's way to store EXIF and profiles in hexadecimal digits.
                Ok(key) if key == XMP_KEYWORD || key.starts_with("Raw profile type ") => continue,
                _ if wish.prompts => "",
                _ => continue,
            },
            _ => continue,
        };
        if chunk.checked().is_err() {
            broken += 1;
        } else if &chunk.name == b"eXIf" {
            found.exif = Some(chunk.body.into());
        } else if found.texts.len() >= MAX_COUNT || over >= MAX_FAILURES || broken >= MAX_FAILURES {
            over += 1;
        } else if key == XMP_KEYWORD {
            match text::parsed(chunk.name, chunk.body, MAX_XMP) {
                Ok(text) => found.xmp = Some(Cow::Owned(text.value.into_bytes())),
                Err(_) => broken += 1,
            }
        } else {
            match text::parsed(chunk.name, chunk.body, budget) {
                Ok(text) => {
                    budget -= text.value.len();
                    found.texts.push(text);
                }
                Err(text::Fault::TooLong) => over += 1,
                Err(text::Fault::Broken) => broken += 1,
            }
        }
    }
    if broken > 0 {
        found.note(format!("{broken} of its chunks with metadata cannot be read and are left out"));
    }
    if over > 0 {
        found.note(format!(
            "{over} of its texts are left out: they are more than 4 MiB, or more than 1,000"
        ));
    }
}

fn from_webp<'a>(bytes: &'a [u8], found: &mut Found<'a>) {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]) as usize;
        let Some(body) = behind.get(..length) else { return };
        match &chunk[..4] {
            b"EXIF" => found.exif = Some(body.into()),
            b"XMP " => found.xmp = Some(body.into()),
            _ => {}
        }
        rest = behind.get(length + (length & 1)..).unwrap_or_default();
    }
}

/// Tags of a TIFF's first directory that speak of the picture and not of how its file is laid out.
const TIFF_TAGS: [u16; 13] = [
    0x010D, 0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, 0x0112,
];
/// Values above this are not for a JPEG.
const MAX_VALUE: usize = 60 << 10;

/// A TIFF file is one large EXIF block, most of it pixels: its tags are copied into a small one. The maker note stays
/// behind, as it points into the file.
fn from_tiff<'a>(bytes: &'a [u8], wish: Wish, found: &mut Found<'a>) {
    let Some((order, at)) = block::start(bytes) else { return };
    let Some((main, _)) = block::directory(bytes, order, at) else {
        return;
    };
    let mut copy = Block::empty(order);
    let pointer = |tag: u16| {
        let entry = main.entries.iter().find(|entry| entry.tag == tag)?;
        let value = block::value(bytes, order, entry)?;
        (value.len() == 4).then(|| order.u32(value) as usize)
    };
    for entry in &main.entries {
        let Some(value) = block::value(bytes, order, entry) else { continue };
        if entry.tag == 0x02BC && value.len() <= MAX_XMP {
            found.xmp = Some(Cow::Owned(value.to_vec()));
        }
        if TIFF_TAGS.contains(&entry.tag) && value.len() <= MAX_VALUE {
            copy.set(Part::Main, entry.tag, entry.kind, value.to_vec());
        }
    }
    if let Some((photo, _)) = pointer(0x8769).and_then(|at| block::directory(bytes, order, at)) {
        for entry in &photo.entries {
            let value = block::value(bytes, order, entry).filter(|value| value.len() <= MAX_VALUE);
            // Not the maker note, nor what points to other directories.
            if let (Some(value), false) = (value, matches!(entry.tag, 0x927C | 0xA005 | 0x8825)) {
                copy.set(Part::Photo, entry.tag, entry.kind, value.to_vec());
            }
        }
    }
    if wish.gps && pointer(0x8825).is_some() {
        found.note("where it was taken is left out: places are not taken over from TIFF files");
    }
    if !copy.is_empty() {
        found.exif = Some(Cow::Owned(copy.written()));
    }
}
