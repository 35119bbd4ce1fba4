//! Segments of a JPEG, and where they go.

use crate::engine::pixels::jpeg;

/// Bytes a segment holds behind its length.
pub(super) const MAX_BODY: usize = 65_533;

const EXIF: u8 = 0xE1;
const XMP: u8 = 0xE1;
const ICC: u8 = 0xE2;
const COMMENT: u8 = 0xFE;

const EXIF_NAME: &[u8] = b"Exif\0\0";
/// Bytes an EXIF block may have.
pub(super) const MAX_EXIF: usize = MAX_BODY - EXIF_NAME.len();
/// Bytes an XMP packet may have.
pub(super) const MAX_XMP: usize = MAX_BODY - super::collect::XMP_NAME.len();
const ICC_NAME: &[u8] = b"ICC_PROFILE\0";
/// Bytes of a profile in one segment, beside its name and the numbers of this one and of all.
const ICC_PART: usize = MAX_BODY - ICC_NAME.len() - 2;

/// Appends a segment whose body is of at most [`MAX_BODY`] bytes.
fn push(out: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    debug_assert!(length <= MAX_BODY);
    out.extend([0xFF, marker]);
    out.extend((length as u16 + 2).to_be_bytes());
    parts.iter().for_each(|part| out.extend(*part));
}

/// An EXIF block (CIPA DC-008, 4.7.2).
pub(super) fn exif(out: &mut Vec<u8>, block: &[u8]) {
    push(out, EXIF, &[EXIF_NAME, block]);
}

/// An XMP packet (XMP specification, part 3, 1.1.3).
pub(super) fn xmp(out: &mut Vec<u8>, packet: &[u8]) {
    push(out, XMP, &[super::collect::XMP_NAME, packet]);
}

/// A colour profile in as many segments as it takes (ICC.1, annex B.4); `false` where it takes more than 255.
pub(super) fn icc(out: &mut Vec<u8>, profile: &[u8]) -> bool {
    let Ok(count) = u8::try_from(profile.len().div_ceil(ICC_PART)) else {
        return false;
    };
    for (number, part) in (1..=count).zip(profile.chunks(ICC_PART)) {
        push(out, ICC, &[ICC_NAME, &[number, count], part]);
    }
    true
}

/// A comment.
pub(super) fn comment(out: &mut Vec<u8>, body: &[u8]) {
    push(out, COMMENT, &[body]);
}

/// Puts segments behind the start and the JFIF marker, where readers look for them first.
pub(super) fn insert(mut jpeg: Vec<u8>, segments: &[u8]) -> Vec<u8> {
    let mut at = 2;
    while let Some((0xE0, _, next)) = jpeg::segment(&jpeg, at) {
        at = next;
    }
    if at <= jpeg.len() {
        jpeg.splice(at..at, segments.iter().copied());
    }
    jpeg
}
