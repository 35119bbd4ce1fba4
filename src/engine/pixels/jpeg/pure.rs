//! JPEG in pure Rust: zune-jpeg decodes, jpeg-encoder encodes. Slower than libjpeg-turbo, but a Rust compiler and `cc`
//! are enough to build it. No arithmetic coding, and nothing in strips.
//!
//! zune-jpeg takes scans that are cut short for whole ones where a marker follows. `scan` finds that in sequential files, and
//! missing scans in progressive ones; data cut short *within* a scan of a progressive file whose other scans and end marker
//! are there is not noticed here (libjpeg-turbo notices it). A file that just ends is always noticed.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::super::decode::{DecodeError, DecodeOptions, Decoded};
#[cfg(not(feature = "native-codecs"))]
use super::super::decode::{Poured, RowSink, Rows, pour};
use super::super::{Channels, Header, Pixels, Size};
use super::markers::{self, Head};
use super::samples::{Space, ToPixels};
use super::scan;
use super::{EncodeError, EncodeOptions, MAX_SCANS, trailing_note};
use crate::engine::settings::Chroma;

fn error(error: DecodeErrors) -> DecodeError {
    let text = error.to_string();
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => DecodeError::Truncated(text),
        DecodeErrors::FormatStatic(text) if text.contains("Premature end") => DecodeError::Truncated(text.into()),
        DecodeErrors::Unsupported(_) | DecodeErrors::LargeDimensions(_) => DecodeError::Unsupported(text),
        _ => DecodeError::Damaged(text),
    }
}

/// The samples as stored, in their own colour space but for YCbCr, which becomes `three`.
fn samples(bytes: &[u8], three: ColorSpace) -> Result<(Size, ColorSpace, Vec<u8>), DecodeError> {
    // zune-jpeg takes a file that stops behind its last whole row of blocks for complete.
    if markers::end(bytes).is_none() {
        return Err(DecodeError::Truncated("there is no end marker".into()));
    }
    let head = markers::read(bytes);
    if !head.progressive() && usize::from(head.first_scan) < head.components.len() {
        // zune-jpeg 0.5.15 gives black rows for such files, without an error.
        return Err(DecodeError::Unsupported(
            "components in scans of their own (the build with native codecs reads them)".into(),
        ));
    }
    scan::check(bytes, &head)?;
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(MAX_SCANS as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(error)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::Unknown);
    let wanted = match stored {
        ColorSpace::Luma => ColorSpace::Luma,
        ColorSpace::YCbCr => three,
        ColorSpace::RGB | ColorSpace::CMYK | ColorSpace::YCCK => stored,
        other => return Err(DecodeError::Unsupported(format!("colour space {other:?}"))),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let (Some((width, height)), Some(length)) = (decoder.dimensions(), decoder.output_buffer_size()) else {
        return Err(DecodeError::Damaged("it has no frame".into()));
    };
    if length != width * height * wanted.num_components() {
        return Err(DecodeError::Unsupported(format!("{length} bytes for {width}x{height} pixels")));
    }
    let mut data = vec![0; length];
    decoder.decode_into(&mut data).map_err(error)?;
    let size = Size {
        width: width as u32,
        height: height as u32,
    };
    Ok((size, wanted, data))
}

/// YCCK to CMYK as stored: the first three samples are YCbCr of 255 - ink (Adobe's technical note 5116).
fn ycck_to_cmyk(data: &mut [u8]) {
    for pixel in data.chunks_exact_mut(4) {
        let [y, cb, cr] = [0, 1, 2].map(|i| f32::from(pixel[i]));
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        let rgb = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
        for (sample, light) in pixel.iter_mut().zip(rgb) {
            *sample = 255 - (light + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
}

/// Its transform is not scaled.
#[cfg(not(feature = "native-codecs"))]
pub(super) fn eighths(_header: &Header, _least: Option<Size>) -> u32 {
    8
}

/// Decodes the whole picture.
pub(super) fn decode(bytes: &[u8], head: &Head, header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let started = std::time::Instant::now();
    let (size, stored, mut data) = samples(bytes, ColorSpace::RGB)?;
    super::check_size(header, size)?;
    // zune-jpeg cannot be stopped on its way.
    options.check_time(started)?;
    let space = match stored {
        ColorSpace::Luma => Space::Grey,
        ColorSpace::RGB => Space::Rgb,
        _ => Space::Cmyk,
    };
    let to_pixels = ToPixels::new(space, head, options.keep_profile);
    if space == Space::Cmyk {
        if stored == ColorSpace::YCCK {
            ycck_to_cmyk(&mut data);
        }
        let mut rgb = vec![0; data.len() / 4 * 3];
        to_pixels.cmyk_to_rgb(&mut data, &mut rgb);
        data = rgb;
    } else {
        to_pixels.in_place(&mut data);
    }
    let trailing = bytes.len() - markers::end(bytes).unwrap_or(bytes.len());
    Ok(Decoded {
        pixels: Pixels {
            size,
            channels: space.channels(),
            data,
        },
        orientation: header.orientation,
        flattened: false,
        colours: to_pixels.colours(),
        notes: trailing_note(trailing),
    })
}

/// Decodes the picture into `sink`; zune-jpeg decodes nothing in parts, so it is whole before.
#[cfg(not(feature = "native-codecs"))]
pub(super) fn decode_into(
    bytes: &[u8],
    head: &Head,
    header: &Header,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Option<Poured>, DecodeError> {
    pour(decode(bytes, head, header, options)?, header, sink)
}

/// Nothing comes in strips here.
#[cfg(not(feature = "native-codecs"))]
pub(super) fn rows<'a>(
    _bytes: &'a [u8],
    _head: &Head,
    _header: &Header,
    _options: &DecodeOptions<'a>,
) -> Result<Option<Box<dyn Rows + 'a>>, DecodeError> {
    Ok(None)
}

/// Encodes packed pixels.
pub(super) fn encode(pixels: &Pixels, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
    let (Ok(width), Ok(height)) = (u16::try_from(pixels.size.width), u16::try_from(pixels.size.height)) else {
        return Err(EncodeError::TooLarge(pixels.size));
    };
    let mut out = Vec::with_capacity(pixels.data.len() / 4 + 1024);
    let mut encoder = Encoder::new(&mut out, options.quality);
    encoder.set_sampling_factor(match options.chroma {
        Chroma::C444 => SamplingFactor::R_4_4_4,
        Chroma::C422 => SamplingFactor::R_4_2_2,
        Chroma::C420 => SamplingFactor::R_4_2_0,
    });
    // As libjpeg does; the crate's default takes one pixel of each block.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    // With tables of its own the encoder writes a colour picture as a scan for each component, which zune-jpeg cannot read
    // back: then the standard's tables it is, at about 14 % more bytes.
    encoder.set_optimized_huffman_tables(options.optimise_huffman && pixels.channels == Channels::Grey);
    encoder.set_progressive(options.progressive);
    let colour = match pixels.channels {
        Channels::Grey => ColorType::Luma,
        Channels::Rgb => ColorType::Rgb,
    };
    encoder
        .encode(&pixels.data, width, height, colour)
        .map_err(|error| EncodeError::Codec(error.to_string()))?;
    Ok(out)
}

/// Hands the decoded samples of what was encoded (grey or YCbCr) to `band`, `rows` rows at a time, top to bottom. Returns
/// the bytes behind the end marker.
pub(super) fn decode_for_check(
    encoded: &[u8],
    size: Size,
    channels: Channels,
    rows: usize,
    mut band: impl FnMut(&[u8]) -> bool,
) -> Result<usize, DecodeError> {
    let (found, space, data) = samples(encoded, ColorSpace::YCbCr)?;
    let expected = match channels {
        Channels::Grey => ColorSpace::Luma,
        Channels::Rgb => ColorSpace::YCbCr,
    };
    if found != size || space != expected {
        return Err(DecodeError::Damaged("it decodes to another size or colour space".into()));
    }
    for rows in data.chunks(rows * size.width as usize * channels.count()) {
        if !band(rows) {
            break;
        }
    }
    Ok(encoded.len() - markers::end(encoded).unwrap_or(encoded.len()))
}

/// zune-jpeg interpolates subsampled chroma over the borders of blocks.
pub(super) const CHROMA_INTERPOLATED: bool = true;

/// Memory of a whole decode, bytes: the picture, for CMYK beside its RGB, coefficients of two bytes each where they are
/// kept, and rows of blocks in 16 bits.
#[cfg(not(feature = "native-codecs"))]
pub(super) fn whole_cost(header: &Header) -> u64 {
    let samples = u64::from(header.samples);
    let padded = |side: u32| u64::from(side).next_multiple_of(32);
    let picture = header.size.pixels() * if samples == 4 { 7 } else { samples.max(1) };
    let coefficients = if header.multi_pass {
        2 * samples * padded(header.size.width) * padded(header.size.height)
    } else {
        0
    };
    picture + coefficients + u64::from(header.size.width) * samples * 160 + (256 << 10)
}

/// Memory of a decode into a sink, bytes: the picture is whole before its first row goes there.
#[cfg(not(feature = "native-codecs"))]
pub(super) fn poured_cost(header: &Header) -> u64 {
    whole_cost(header)
}

/// Nothing comes in strips here.
#[cfg(not(feature = "native-codecs"))]
pub(super) fn rows_cost(_header: &Header) -> Option<u64> {
    None
}
