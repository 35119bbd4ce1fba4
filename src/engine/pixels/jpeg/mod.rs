//! JPEG: decoding every coding that pictures come in, encoding what replaces them, and proving that what was encoded is
//! the picture it should be.
//!
//! Two codecs stand behind the same functions: `native` (libjpeg-turbo, feature `native-codecs`) and `pure` (Rust alone).
//! Both are fed by `markers` (the head of the file) and `samples` (to sRGB), and judged by `verify`.

mod cells;
mod markers;
#[cfg(feature = "native-codecs")]
mod native;
// Tested beside the native codec, so that it does not rot unseen.
#[cfg(any(test, not(feature = "native-codecs")))]
mod pure;
mod quantisers;
mod samples;
#[cfg(any(test, not(feature = "native-codecs")))]
mod scan;
#[cfg(test)]
mod tests;
mod verify;

#[cfg(feature = "native-codecs")]
use native as codec;
#[cfg(not(feature = "native-codecs"))]
use pure as codec;

use super::decode::{DecodeError, DecodeOptions, Decoded, Poured, RowSink, Rows};
use super::{Header, Pixels, Size};
use crate::engine::settings::Chroma;

pub(super) use markers::segment;
pub(crate) use verify::VerifyError;

/// Encoders write about ten scans; thousands of empty ones would cost minutes.
const MAX_SCANS: u32 = 100;

/// The option that bounds the memory of one image.
#[cfg(feature = "native-codecs")]
const MEMORY_SETTING: &str = "--max-image-memory";

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EncodeOptions {
    /// On libjpeg's scale, 1 to 100.
    pub(crate) quality: u8,
    /// Chroma subsampling; grey pictures have none.
    pub(crate) chroma: Chroma,
    /// Huffman tables made for the picture.
    pub(crate) optimise_huffman: bool,
    /// In several scans, from coarse to fine; the tables are then made for the picture whatever `optimise_huffman` says.
    pub(crate) progressive: bool,
}

/// Why there is no JPEG.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EncodeError {
    /// A side beyond what the format can say.
    #[error("{}x{} pixels are more than JPEG allows (65500 a side)", .0.width, .0.height)]
    TooLarge(Size),
    /// The buffer does not fit the size it claims: a mistake of the program.
    #[error("{have} bytes of pixels where {want} belong")]
    Buffer {
        /// Bytes there.
        have: usize,
        /// Bytes that belong there.
        want: usize,
    },
    /// The codec refused.
    #[error("the JPEG encoder failed: {0}")]
    Codec(String),
}

#[cfg(feature = "native-codecs")]
pub(super) use native::name;

/// How large it is decoded, in eighths, where no side may fall below `least`.
pub(super) fn eighths(header: &Header, least: Option<Size>) -> u32 {
    codec::eighths(header, least)
}

/// Decodes a JPEG file. Orientation comes from the header; limits on pixels and bytes were checked by the caller.
///
/// # Errors
/// `Unsupported` for lossless coding and samples of other than 8 bits; `Truncated`, `Damaged` wherever libjpeg would only
/// warn; `OverLimit`, `OutOfTime`.
pub(super) fn decode(bytes: &[u8], header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let head = head(bytes)?;
    codec::decode(bytes, &head, header, options)
}

/// Decodes a JPEG file into `sink`; `None` where it has no room. Errors as [`decode`].
pub(super) fn decode_into(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Option<Poured>, DecodeError> {
    let head = head(bytes)?;
    codec::decode_into(bytes, &head, header, options, sink)
}

/// Decodes a JPEG file in strips; `None` where the codec cannot. Errors as [`decode`]. A picture in several scans still
/// has all its coefficients in memory: see [`rows_cost`].
pub(super) fn rows<'a>(bytes: &'a [u8], header: &Header, options: &DecodeOptions<'a>) -> Result<Option<Box<dyn Rows + 'a>>, DecodeError> {
    let head = head(bytes)?;
    codec::rows(bytes, &head, header, options)
}

/// Memory a whole decode takes beside the file's bytes, the picture included, bytes.
pub(super) fn whole_cost(header: &Header, _file_len: u64) -> u64 {
    codec::whole_cost(header)
}

/// Memory [`decode_into`] takes beside the file's bytes and the sink, bytes.
pub(super) fn poured_cost(header: &Header) -> u64 {
    codec::poured_cost(header)
}

/// Memory a decode in strips takes beside the file's bytes and the rows handed out, bytes.
pub(super) fn rows_cost(header: &Header) -> Option<u64> {
    codec::rows_cost(header)
}

/// Encodes a picture as a baseline or progressive JPEG with a JFIF marker and nothing else: libjpeg's tables at `quality`, one component
/// for grey, YCbCr for RGB.
///
/// # Errors
/// Sides beyond 65,500 pixels; a buffer that does not fit its size; out of memory.
pub(crate) fn encode(pixels: &Pixels, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    check_buffer(pixels)?;
    codec::encode(pixels, options)
}

/// Decodes `encoded` again, strictly, and compares it with the picture it was made from: size, channels, and the mean of
/// every block and component and the error within it; `options` as they were given to [`encode`]. Costs about a decode.
///
/// # Errors
/// What does not agree, and where.
pub(crate) fn verify(encoded: &[u8], pixels: &Pixels, options: &EncodeOptions) -> Result<(), VerifyError> {
    let head = markers::read(encoded);
    verify::check(&head, pixels, options, codec::CHROMA_INTERPOLATED, |rows, band| {
        codec::decode_for_check(encoded, pixels.size, pixels.channels, rows, band)
    })
}

fn check_buffer(pixels: &Pixels) -> Result<(), EncodeError> {
    // libjpeg's own limit (JPEG_MAX_DIMENSION); the format would end at 65,535.
    if pixels.size.longest() > 65_500 {
        return Err(EncodeError::TooLarge(pixels.size));
    }
    let want = pixels.size.width as usize * pixels.size.height as usize * pixels.channels.count();
    let have = pixels.data.len();
    if have == want && want > 0 {
        Ok(())
    } else {
        Err(EncodeError::Buffer { have, want })
    }
}

/// The embedded colour profile.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    markers::read(bytes).icc
}

fn head(bytes: &[u8]) -> Result<markers::Head, DecodeError> {
    let head = markers::read(bytes);
    if head.lossless() {
        return Err(DecodeError::Unsupported("lossless JPEG".into()));
    }
    if head.frame != 0 && head.bits != 8 {
        return Err(DecodeError::Unsupported(format!("JPEG of {} bits a sample", head.bits)));
    }
    Ok(head)
}

/// The plan was made from the probe's header: another size now means that the codec read another frame.
fn check_size(header: &Header, found: Size) -> Result<(), DecodeError> {
    if header.size == found {
        return Ok(());
    }
    Err(DecodeError::Damaged(format!(
        "its head says {}x{} pixels, its frame {}x{}",
        header.size.width, header.size.height, found.width, found.height
    )))
}

fn trailing_note(bytes: usize) -> Vec<String> {
    if bytes == 0 {
        return Vec::new();
    }
    vec![format!(
        "{bytes} bytes behind the end of the image (a second picture, or data of the camera) are not taken over"
    )]
}
