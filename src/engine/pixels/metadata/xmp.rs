//! An XMP packet with what is no longer true set right. XML is read by a parser, so that it does not matter whether a
//! property stands as an attribute or as an element, or which prefix a writer took; everything else is copied byte for byte.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{LocalName, ResolveResult};
use quick_xml::reader::NsReader;

use crate::engine::pixels::Size;

const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const NOTE: &str = "http://ns.adobe.com/xmp/note/";
const CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";

/// Name spaces that speak of data elsewhere in the file, which is not there any more: a video or depth behind the picture, a
/// gain map as a second picture.
const ABSENT: [&str; 8] = [
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/container/item/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/audio/",
    "http://ns.google.com/photos/1.0/depthmap/",
    "http://ns.google.com/photos/dd/1.0/device/",
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
];

/// What becomes of a property.
enum Fate {
    Keep,
    Drop,
    Set(String),
}

/// A packet that cannot be read, or of which nothing would be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// The packet with orientation 1, the sizes of `size`, without thumbnails and padding, and without the place unless
/// `keep_gps`.
pub(super) fn corrected(packet: &[u8], keep_gps: bool, size: Size) -> Result<String, Broken> {
    let text = std::str::from_utf8(packet).map_err(|_| Broken)?.trim_end_matches('\0');
    let mut reader = NsReader::from_str(text);
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut kept = false;
    loop {
        let before = position(&reader);
        let event = reader.read_event().map_err(|_| Broken)?;
        let raw = text.get(before..position(&reader)).ok_or(Broken)?;
        match &event {
            Event::Eof if depth == 0 && kept => return Ok(out),
            // Entities of a document's own are not for XMP, and a way to mischief.
            Event::Eof | Event::DocType(_) => return Err(Broken),
            Event::Start(tag) | Event::Empty(tag) => {
                let has_content = matches!(event, Event::Start(_));
                match fate(reader.resolver().resolve_element(tag.name()), keep_gps, size) {
                    Fate::Keep => {
                        kept = true;
                        depth += usize::from(has_content);
                        start_tag(&mut out, &reader, tag, raw, keep_gps, size)?;
                    }
                    Fate::Drop if has_content => {
                        let name = tag.to_end().into_owned();
                        reader.read_to_end(name.name()).map_err(|_| Broken)?;
                    }
                    Fate::Drop => {}
                    Fate::Set(value) if has_content => {
                        kept = true;
                        out.push_str(raw);
                        out.push_str(&value);
                        let name = tag.to_end().into_owned();
                        reader.read_to_end(name.name()).map_err(|_| Broken)?;
                        out.push_str(&format!("</{}>", name.name().as_ref()));
                    }
                    // Empty, where a number belongs.
                    Fate::Set(_) => {}
                }
            }
            Event::End(_) => {
                depth = depth.checked_sub(1).ok_or(Broken)?;
                out.push_str(raw);
            }
            // Kilobytes of blanks, for editing in place.
            Event::Text(_) if raw.len() > 100 && raw.trim().is_empty() => out.push('\n'),
            _ => out.push_str(raw),
        }
    }
}

fn position(reader: &NsReader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// Copies a start tag, with its attributes looked at one by one.
fn start_tag(out: &mut String, reader: &NsReader<&[u8]>, tag: &BytesStart, raw: &str, keep_gps: bool, size: Size) -> Result<(), Broken> {
    let mut fates = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| Broken)?;
        let fate = fate(reader.resolver().resolve_attribute(attribute.key), keep_gps, size);
        fates.push((attribute, fate));
    }
    if fates.iter().all(|(_, fate)| matches!(fate, Fate::Keep)) {
        out.push_str(raw);
        return Ok(());
    }
    out.push('<');
    out.push_str(tag.name().as_ref());
    for (attribute, fate) in &fates {
        let value = match fate {
            Fate::Keep => &*attribute.value,
            Fate::Set(value) => value,
            Fate::Drop => continue,
        };
        let quote = if value.contains('"') { '\'' } else { '"' };
        out.push_str(&format!("\n{}={quote}{value}{quote}", attribute.key.as_ref()));
    }
    out.push_str(if raw.ends_with("/>") { "/>" } else { ">" });
    Ok(())
}

fn fate((space, local): (ResolveResult, LocalName), keep_gps: bool, size: Size) -> Fate {
    let local = local.into_inner();
    // The place has one name in all name spaces (exif, and those of makers of drones).
    if !keep_gps && local.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("GPS")) {
        return Fate::Drop;
    }
    let ResolveResult::Bound(space) = space else { return Fate::Keep };
    let space = space.into_inner();
    match (space, local) {
        (TIFF, "Orientation") => Fate::Set("1".into()),
        (TIFF, "ImageWidth") | (EXIF, "PixelXDimension") => Fate::Set(size.width.to_string()),
        (TIFF, "ImageLength") | (EXIF, "PixelYDimension") => Fate::Set(size.height.to_string()),
        (XMP, "Thumbnails") | (NOTE, "HasExtendedXMP") => Fate::Drop,
        (CAMERA, name) if name.starts_with("MicroVideo") || name.starts_with("MotionPhoto") => Fate::Drop,
        (space, _) if ABSENT.contains(&space) => Fate::Drop,
        _ => Fate::Keep,
    }
}
