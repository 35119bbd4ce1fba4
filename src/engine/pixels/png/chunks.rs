//! A PNG file taken apart into its chunks, with every checksum that vouches for pixels verified.

use std::io::Read;

use crate::engine::pixels::colour::MAX_PROFILE;
use crate::engine::pixels::decode::DecodeError;
use crate::engine::pixels::{Orientation, Size, exif};

/// IDAT chunks of a picture. With the usual 8 KiB each that is 2 GiB; the list of them stays within 8 MiB.
const MAX_DATA_CHUNKS: usize = 1 << 18;

/// How a pixel is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    Rgba,
}

impl Kind {
    /// Samples of a pixel.
    pub(super) fn samples(self) -> usize {
        match self {
            Kind::Grey | Kind::Palette => 1,
            Kind::GreyAlpha => 2,
            Kind::Rgb => 3,
            Kind::Rgba => 4,
        }
    }
}

/// The header chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ihdr {
    pub(super) size: Size,
    pub(super) kind: Kind,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub(super) bits: usize,
    pub(super) interlaced: bool,
}

impl Ihdr {
    /// Bytes of a row of pixels, without its filter byte; `None` past the address space.
    pub(super) fn row_bytes(&self) -> Option<usize> {
        (self.size.width as usize)
            .checked_mul(self.kind.samples() * self.bits)
            .map(|bits| bits.div_ceil(8))
    }

    #[cfg(feature = "native-codecs")]
    /// Bytes from a sample to the one filters predict it from.
    pub(super) fn filter_step(&self) -> usize {
        (self.kind.samples() * self.bits).div_ceil(8)
    }
}

/// What a file consists of, as far as its pixels are concerned.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) ihdr: Ihdr,
    /// The whole header chunk with length and checksum, for a codec that wants to see it.
    pub(super) ihdr_chunk: &'a [u8],
    /// Packed RGB; empty without a palette.
    pub(super) palette: &'a [u8],
    /// The whole palette chunk; empty without one.
    pub(super) palette_chunk: &'a [u8],
    /// The body of tRNS.
    pub(super) transparency: Option<&'a [u8]>,
    /// The body of iCCP, still deflated.
    iccp: Option<&'a [u8]>,
    pub(super) orientation: Orientation,
    /// All IDAT chunks, whole, in order.
    pub(super) data_chunks: Vec<&'a [u8]>,
    /// The end chunk is there.
    pub(super) ended: bool,
    /// Bytes behind the end chunk.
    pub(super) trailing: usize,
}

impl<'a> Parts<'a> {
    /// Walks all chunks. A bad checksum is an error, but in chunks that have no part in how the picture looks.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut chunks = Chunks::of(bytes);
        let first = chunks.next().transpose()?.ok_or_else(|| truncated("the header is missing"))?;
        first.checked()?;
        let ihdr = parse_ihdr(&first)?;
        let mut parts = Parts {
            ihdr,
            ihdr_chunk: first.whole,
            palette: &[],
            palette_chunk: &[],
            transparency: None,
            iccp: None,
            orientation: Orientation::Upright,
            data_chunks: Vec::new(),
            ended: false,
            trailing: 0,
        };
        let mut data_is_over = false;
        while let Some(chunk) = chunks.next() {
            let chunk = match chunk {
                // What is cut off behind the pixels does not touch them.
                Err(_) if data_is_over => break,
                other => other?,
            };
            if &chunk.name != b"IDAT" && !parts.data_chunks.is_empty() {
                data_is_over = true;
            }
            match &chunk.name {
                b"IDAT" => {
                    chunk.checked()?;
                    if data_is_over {
                        return Err(damaged("its pixels are interrupted by other chunks"));
                    }
                    if parts.data_chunks.len() >= MAX_DATA_CHUNKS {
                        return Err(DecodeError::Unsupported("its pixels are in more than 262,144 pieces".into()));
                    }
                    parts.data_chunks.push(chunk.whole);
                }
                b"IEND" => {
                    chunk.checked()?;
                    parts.ended = true;
                    parts.trailing = bytes.len() - chunks.at;
                    break;
                }
                b"PLTE" => {
                    chunk.checked()?;
                    if chunk.body.is_empty() || chunk.body.len() > 768 || chunk.body.len() % 3 != 0 {
                        return Err(damaged("its palette has an impossible length"));
                    }
                    parts.palette = chunk.body;
                    parts.palette_chunk = chunk.whole;
                }
                b"tRNS" => {
                    chunk.checked()?;
                    parts.transparency = Some(chunk.body);
                }
                b"acTL" => {
                    chunk.checked()?;
                    if chunk.body.get(..4).is_some_and(|n| *n > [0, 0, 0, 1][..]) {
                        return Err(DecodeError::Unsupported("it is animated".into()));
                    }
                }
                b"iCCP" => {
                    chunk.checked()?;
                    parts.iccp = Some(chunk.body);
                }
                b"eXIf" => {
                    chunk.checked()?;
                    parts.orientation = exif::orientation(chunk.body);
                }
                // Nothing in these is used, so nothing in these can spoil the picture.
                b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" | b"pHYs" | b"gAMA" | b"cHRM" | b"sRGB" | b"sBIT" | b"bKGD" | b"hIST" | b"sPLT"
                | b"cICP" | b"mDCV" | b"cLLI" | b"fcTL" | b"fdAT" => {}
                // By the format, a chunk whose first letter is a capital must be understood.
                [b'A'..=b'Z', ..] => {
                    let name = String::from_utf8_lossy(&chunk.name).into_owned();
                    return Err(damaged(format!("it holds a chunk {name:?} that no PNG has")));
                }
                // A stranger may be one of the above with a damaged name.
                _ => chunk.checked()?,
            }
        }
        if parts.data_chunks.is_empty() {
            return Err(truncated("it holds no pixels"));
        }
        if ihdr.kind == Kind::Palette && parts.palette.is_empty() {
            return Err(damaged("its palette is missing"));
        }
        Ok(parts)
    }

    /// The compressed pixels: borrowed where one chunk holds them all, else joined.
    #[cfg(feature = "native-codecs")]
    pub(super) fn joined_data(&self) -> std::borrow::Cow<'a, [u8]> {
        let body = |chunk: &'a [u8]| &chunk[8..chunk.len() - 4];
        match self.data_chunks.as_slice() {
            [one] => body(one).into(),
            many => {
                let mut joined = Vec::with_capacity(many.iter().map(|chunk| body(chunk).len()).sum());
                many.iter().for_each(|chunk| joined.extend_from_slice(body(chunk)));
                joined.into()
            }
        }
    }

    /// The ICC profile, inflated; `None` without one.
    pub(super) fn profile(&self) -> Result<Option<Vec<u8>>, BrokenProfile> {
        let Some(body) = self.iccp else { return Ok(None) };
        let name = body.iter().take(80).position(|&b| b == 0).ok_or(BrokenProfile)?;
        // Behind the name: its end, and the method, of which there is one.
        let [0, 0, deflated @ ..] = &body[name..] else {
            return Err(BrokenProfile);
        };
        inflated(deflated, MAX_PROFILE).map(Some).map_err(|_| BrokenProfile)
    }
}

/// A profile that is corrupt or unreasonably large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BrokenProfile;

/// Why a stream was not inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine::pixels) enum Inflation {
    /// Corrupt, or cut short.
    Broken,
    /// It holds more than was allowed.
    TooLong,
}

/// A whole zlib stream that holds at most `limit` bytes.
pub(in crate::engine::pixels) fn inflated(deflated: &[u8], limit: usize) -> Result<Vec<u8>, Inflation> {
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(deflated)
        .take(limit as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| Inflation::Broken)?;
    if out.len() > limit {
        return Err(Inflation::TooLong);
    }
    Ok(out)
}

fn parse_ihdr(chunk: &Chunk) -> Result<Ihdr, DecodeError> {
    let &[w0, w1, w2, w3, h0, h1, h2, h3, bits, colour, compression, filter, interlace] = chunk.body else {
        return Err(damaged("its header has an impossible length"));
    };
    if &chunk.name != b"IHDR" || compression != 0 || filter != 0 || interlace > 1 {
        return Err(damaged("its header is not one of a PNG"));
    }
    let kind = match (colour, bits) {
        (0, 1 | 2 | 4 | 8 | 16) => Kind::Grey,
        (2, 8 | 16) => Kind::Rgb,
        (3, 1 | 2 | 4 | 8) => Kind::Palette,
        (4, 8 | 16) => Kind::GreyAlpha,
        (6, 8 | 16) => Kind::Rgba,
        _ => return Err(damaged("its header names a colour type that does not exist")),
    };
    let size = Size {
        width: u32::from_be_bytes([w0, w1, w2, w3]),
        height: u32::from_be_bytes([h0, h1, h2, h3]),
    };
    if size.width == 0 || size.height == 0 {
        return Err(damaged("it has no width or no height"));
    }
    Ok(Ihdr {
        size,
        kind,
        bits: usize::from(bits),
        interlaced: interlace == 1,
    })
}

/// A chunk of a file.
pub(in crate::engine::pixels) struct Chunk<'a> {
    pub(in crate::engine::pixels) name: [u8; 4],
    pub(in crate::engine::pixels) body: &'a [u8],
    /// With length and checksum.
    whole: &'a [u8],
}

impl Chunk<'_> {
    /// The checksum over name and body must be the stored one.
    pub(in crate::engine::pixels) fn checked(&self) -> Result<(), DecodeError> {
        let (content, stored) = self.whole[4..].split_at(4 + self.body.len());
        if crc32fast::hash(content).to_be_bytes() == stored {
            return Ok(());
        }
        let name = String::from_utf8_lossy(&self.name).into_owned();
        Err(damaged(format!("the checksum of a chunk {name} does not fit its content")))
    }
}

/// The chunks of a file, in order. Ends behind the first that is cut off.
pub(in crate::engine::pixels) struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Chunks<'a> {
    /// Those behind the signature of a file.
    pub(in crate::engine::pixels) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 8 }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return None;
        }
        let whole = rest.first_chunk::<8>().and_then(|head| {
            let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
            rest.get(..len.checked_add(12)?)
        });
        let Some(whole) = whole else {
            self.at = self.bytes.len();
            return Some(Err(truncated("it is cut off inside a chunk")));
        };
        self.at += whole.len();
        Some(Ok(Chunk {
            name: [whole[4], whole[5], whole[6], whole[7]],
            body: &whole[8..whole.len() - 4],
            whole,
        }))
    }
}

pub(super) fn damaged(message: impl Into<String>) -> DecodeError {
    DecodeError::Damaged(message.into())
}

pub(super) fn truncated(message: impl Into<String>) -> DecodeError {
    DecodeError::Truncated(message.into())
}
