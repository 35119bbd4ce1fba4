//! What a file is, from its first bytes: format by content, size, orientation, one frame or several. Most files are
//! told from a single small read, so that planning a folder never reads the pictures in it.

mod bmp;
mod gif;
mod jpeg;
mod png;
mod reader;
mod tiff;
mod webp;

use std::io;

use super::{Header, Size};
use reader::Reader;
pub(crate) use reader::{HeaderSource, InMemory};

/// Why a file has no header that could be worked with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// The content is of no image format known here.
    #[error("the content is no image")]
    NotAnImage,
    /// An image of a format that is left alone.
    #[error("the content is {0}, which is left alone")]
    OtherFormat(&'static str),
    /// An image of a known format whose header contradicts itself or ends too early.
    #[error("the header is damaged: {0}")]
    Damaged(String),
    /// The bytes could not be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Bytes of the first read: enough for the header of most files.
const FIRST_READ: usize = 1024;

/// Chunks, segments or blocks that are walked in search of a header before the file is given up.
const MAX_STEPS: usize = 1 << 20;

/// Reads the header of an image, whatever its name, with as few and as small reads as it takes.
pub(crate) fn probe(source: &mut dyn HeaderSource) -> Result<Header, ProbeError> {
    let mut reader = Reader::new(source);
    let head = reader.bytes(0, FIRST_READ)?.to_vec();
    if head.is_empty() {
        return Err(ProbeError::Empty);
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        png::header(&mut reader)
    } else if head.starts_with(&[0xff, 0xd8, 0xff]) {
        jpeg::header(&mut reader)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        webp::header(&mut reader)
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        gif::header(&mut reader)
    } else if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        tiff::header(&mut reader)
    } else if head.starts_with(b"BM") {
        bmp::header(&mut reader)
    } else {
        Err(other_format(&head).map_or(ProbeError::NotAnImage, ProbeError::OtherFormat))
    }
}

/// The size of a header, which must not be empty.
fn size(width: u32, height: u32) -> Result<Size, ProbeError> {
    if width == 0 || height == 0 {
        return Err(damaged(format!("it claims {width} × {height} pixels")));
    }
    Ok(Size { width, height })
}

fn damaged(message: impl Into<String>) -> ProbeError {
    ProbeError::Damaged(message.into())
}

/// Name of an image format that is recognised in order to say so, and left alone.
fn other_format(head: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 14] = [
        (b"8BPS", "a Photoshop document"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"II+\0", "BigTIFF"),
        (b"MM\0+", "BigTIFF"),
        (b"\0\0\x01\0", "an icon"),
        (b"\x76\x2f\x31\x01", "OpenEXR"),
        (b"#?RADIANCE", "Radiance HDR"),
        (b"qoif", "QOI"),
        (b"DDS ", "DDS"),
        (b"\x8aMNG\r\n\x1a\n", "MNG"),
        (b"\x8bJNG\r\n\x1a\n", "JNG"),
    ];
    if let Some((_, name)) = STARTS.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(name);
    }
    if head.get(4..8) == Some(b"ftyp") {
        // ISO base media: the brands say which kind, the major one first.
        let brands = head[8..head.len().min(64)].chunks_exact(4);
        for brand in brands {
            match brand {
                b"avif" | b"avis" => return Some("AVIF"),
                b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" => return Some("HEIF"),
                b"crx " => return Some("a camera's raw file"),
                _ => {}
            }
        }
        return None;
    }
    if let [b'P', b'1'..=b'7', space, ..] = head
        && space.is_ascii_whitespace()
    {
        return Some("a Netpbm image");
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let lower = text.to_ascii_lowercase();
    let holds = |needle: &[u8]| lower.windows(needle.len()).any(|window| window == needle);
    if lower.starts_with(b"<svg")
        || ((lower.starts_with(b"<?xml") || lower.starts_with(b"<!doctype svg") || lower.starts_with(b"<!--")) && holds(b"<svg"))
    {
        return Some("SVG");
    }
    None
}

#[cfg(test)]
mod tests;
