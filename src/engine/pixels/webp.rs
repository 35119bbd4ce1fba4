//! WebP: the container's chunks read here, the picture by libwebp (feature `native-codecs`) or `image-webp`.

use std::time::Instant;

use super::colour::{Input, Managed};
use super::decode::{DecodeError, DecodeOptions, Decoded, Layout, Poured, RowSink, begin, check_found};
use super::{Channels, Header, Orientation, Pixels, Size, exif, flatten};

/// What a decoder takes beside pixels: tables, row caches, a profile.
const OVERHEAD: u64 = 8 << 20;

/// Upper bound of the memory a decode takes beside the file, bytes: the lossless decoder's own 4 bytes a pixel (the
/// lossy one needs less), a plane of alpha, and the picture with its alpha.
pub(super) fn whole_cost(header: &Header) -> u64 {
    let pixels = header.size.pixels();
    let per_pixel = if header.transparent { 9 } else { 7 };
    pixels.saturating_mul(per_pixel).saturating_add(OVERHEAD)
}

/// Decodes a still WebP file.
pub(super) fn decode(bytes: &[u8], header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let picture = Picture::open(bytes, header, options)?;
    let (size, row) = (picture.codec.size(), picture.row());
    let (alpha, colour) = (picture.codec.alpha(), &picture.managed.convert);
    let mut data = picture.codec.decode()?;
    let mut flattened = false;
    if alpha {
        let stored_row = size.width as usize * 4;
        let mut stored = vec![0; stored_row];
        flattened = !flatten::is_opaque::<4>(&data);
        for y in 0..size.height as usize {
            stored.copy_from_slice(&data[y * stored_row..][..stored_row]);
            if let Some(colour) = colour {
                colour.apply_with_alpha::<4>(&mut stored);
            }
            flatten::rgba(&stored, &mut data[y * row..][..row], picture.managed.matte);
        }
        data.truncate(row * size.height as usize);
    } else if let Some(colour) = colour {
        for row in data.chunks_exact_mut(row) {
            colour.apply_rgb8(row);
        }
    }
    options.check_time(picture.started)?;
    Ok(Decoded {
        pixels: Pixels {
            size,
            channels: Channels::Rgb,
            data,
        },
        orientation: picture.container.orientation,
        flattened,
        notes: picture.container.notes(bytes),
        colours: picture.managed.colours,
    })
}

/// Decodes a still WebP file into `sink`, which is told of the picture before it is decoded; `None` where it has no room. The
/// picture is whole before its first row is poured: the codecs predict from the rows that they have written.
pub(super) fn decode_into(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Option<Poured>, DecodeError> {
    let picture = Picture::open(bytes, header, options)?;
    let (size, row) = (picture.codec.size(), picture.row());
    let (alpha, colour) = (picture.codec.alpha(), &picture.managed.convert);
    let layout = if alpha && colour.is_none() {
        Layout::Rgba(picture.managed.matte)
    } else {
        Layout::Rgb
    };
    if !begin(sink, header, size, layout)? {
        return Ok(None);
    }
    let mut data = picture.codec.decode()?;
    let mut flattened = false;
    if alpha {
        let mut out = vec![0; if colour.is_some() { row } else { 0 }];
        for stored in data.chunks_exact_mut(size.width as usize * 4) {
            flattened = flattened || !flatten::is_opaque::<4>(stored);
            if let Some(colour) = colour {
                colour.apply_with_alpha::<4>(stored);
                flatten::rgba(stored, &mut out, picture.managed.matte);
                sink.push(&out);
            } else {
                sink.push(stored);
            }
        }
    } else if let Some(colour) = colour {
        for row in data.chunks_exact_mut(row) {
            colour.apply_rgb8(row);
            sink.push(row);
        }
    } else {
        sink.push(&data);
    }
    options.check_time(picture.started)?;
    Ok(Some(Poured {
        size,
        layout,
        orientation: picture.container.orientation,
        flattened,
        notes: picture.container.notes(bytes),
        colours: picture.managed.colours,
    }))
}

/// A file that was looked at, before its pixels are decoded.
struct Picture<'a> {
    container: Container<'a>,
    codec: codec::Opened<'a>,
    managed: Managed,
    started: Instant,
}

impl<'a> Picture<'a> {
    fn open(bytes: &'a [u8], header: &Header, options: &DecodeOptions) -> Result<Self, DecodeError> {
        let container = Container::of(bytes)?;
        let started = Instant::now();
        options.check_time(started)?;
        let codec = codec::Opened::open(&bytes[..container.end])?;
        check_found(header.size, codec.size())?;
        let managed = Managed::new(container.profile, Input::Rgb8, options.keep_profile, options.matte);
        Ok(Self {
            container,
            codec,
            managed,
            started,
        })
    }

    /// Bytes of a row that comes out without its opacity.
    fn row(&self) -> usize {
        self.codec.size().width as usize * 3
    }
}

/// The chunks of a file that matter beside its pixels.
struct Container<'a> {
    profile: Option<&'a [u8]>,
    orientation: Orientation,
    /// Where the container ends; what lies behind is not part of the picture.
    end: usize,
}

impl<'a> Container<'a> {
    /// Walks the chunks. The container must be whole: a file that ends before it does was cut short.
    fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let truncated = || DecodeError::Truncated("it is shorter than its container says".into());
        let head = bytes.first_chunk::<12>().ok_or_else(truncated)?;
        let end = 8_usize.saturating_add(u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize);
        if end > bytes.len() {
            return Err(truncated());
        }
        let mut container = Self {
            profile: None,
            orientation: Orientation::Upright,
            end,
        };
        let mut rest = bytes.get(12..container.end).unwrap_or_default();
        while let Some((chunk, behind)) = rest.split_first_chunk::<8>() {
            let len = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]) as usize;
            let body = behind.get(..len).ok_or_else(truncated)?;
            match &chunk[..4] {
                b"ICCP" => container.profile = Some(body),
                b"EXIF" => container.orientation = exif::orientation(body),
                _ => {}
            }
            rest = behind.get(len + (len & 1)..).unwrap_or_default();
        }
        Ok(container)
    }

    fn notes(&self, bytes: &[u8]) -> Vec<String> {
        let trailing = bytes.len() - self.end;
        // One byte is the padding of the last chunk, which some writers do not count.
        (trailing > 1)
            .then(|| format!("{trailing} bytes follow the end of the picture and are not carried over"))
            .into_iter()
            .collect()
    }
}

/// The embedded colour profile.
pub(super) fn profile(bytes: &[u8]) -> Option<&[u8]> {
    Container::of(bytes).ok()?.profile
}

/// libwebp.
#[cfg(feature = "native-codecs")]
mod codec {
    use libwebp_sys::{VP8StatusCode, WEBP_CSP_MODE, WebPDecode, WebPDecoderConfig, WebPGetFeatures, WebPRGBABuffer};

    use super::{DecodeError, Size};

    /// A picture whose head was read.
    pub(super) struct Opened<'a> {
        bytes: &'a [u8],
        config: WebPDecoderConfig,
        size: Size,
    }

    impl<'a> Opened<'a> {
        pub(super) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
            let mut config = WebPDecoderConfig::new().map_err(|()| DecodeError::Unsupported("libwebp is of another version".into()))?;
            // SAFETY: the pointer and length are of a live slice, `config.input` is valid for writing.
            check(unsafe { WebPGetFeatures(bytes.as_ptr(), bytes.len(), &mut config.input) })?;
            if config.input.has_animation != 0 {
                return Err(DecodeError::Unsupported("it is animated".into()));
            }
            let (Ok(width), Ok(height)) = (u32::try_from(config.input.width), u32::try_from(config.input.height)) else {
                return Err(DecodeError::Damaged("it claims a negative size".into()));
            };
            let size = Size { width, height };
            Ok(Self { bytes, config, size })
        }

        pub(super) fn size(&self) -> Size {
            self.size
        }

        pub(super) fn alpha(&self) -> bool {
            self.config.input.has_alpha != 0
        }

        /// Packed RGBA where there is alpha, or RGB.
        pub(super) fn decode(mut self) -> Result<Vec<u8>, DecodeError> {
            let alpha = self.alpha();
            let stride = self.size.width as usize * if alpha { 4 } else { 3 };
            let mut data = vec![0; stride * self.size.height as usize];
            let output = &mut self.config.output;
            output.colorspace = if alpha { WEBP_CSP_MODE::MODE_RGBA } else { WEBP_CSP_MODE::MODE_RGB };
            output.is_external_memory = 1;
            output.u.RGBA = WebPRGBABuffer {
                rgba: data.as_mut_ptr(),
                stride: stride as std::ffi::c_int,
                size: data.len(),
            };
            // SAFETY: the input is a live slice; the output describes `data` exactly, which is ours alone and outlives the
            // call, and libwebp is told that it does not own it. Sides of a WebP end at 2^14 (2^24 in the container), so the
            // stride fits a C int.
            check(unsafe { WebPDecode(self.bytes.as_ptr(), self.bytes.len(), &mut self.config) })?;
            Ok(data)
        }
    }

    fn check(status: VP8StatusCode) -> Result<(), DecodeError> {
        match status {
            VP8StatusCode::VP8_STATUS_OK => Ok(()),
            VP8StatusCode::VP8_STATUS_NOT_ENOUGH_DATA | VP8StatusCode::VP8_STATUS_SUSPENDED => {
                Err(DecodeError::Truncated("its pixels end in the middle".into()))
            }
            VP8StatusCode::VP8_STATUS_UNSUPPORTED_FEATURE => {
                Err(DecodeError::Unsupported("libwebp does not know a feature it uses".into()))
            }
            VP8StatusCode::VP8_STATUS_OUT_OF_MEMORY => Err(DecodeError::Unsupported("there is no memory for it".into())),
            _ => Err(DecodeError::Damaged("its compressed pixels are corrupt".into())),
        }
    }
}

/// `image-webp`.
#[cfg(not(feature = "native-codecs"))]
mod codec {
    use std::io::Cursor;

    use image_webp::{DecodingError, WebPDecoder};

    use super::{DecodeError, Size};

    /// A picture whose head was read.
    pub(super) struct Opened<'a> {
        decoder: WebPDecoder<Cursor<&'a [u8]>>,
    }

    impl<'a> Opened<'a> {
        pub(super) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
            let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(failed)?;
            if decoder.is_animated() {
                return Err(DecodeError::Unsupported("it is animated".into()));
            }
            Ok(Self { decoder })
        }

        pub(super) fn size(&self) -> Size {
            let (width, height) = self.decoder.dimensions();
            Size { width, height }
        }

        pub(super) fn alpha(&self) -> bool {
            self.decoder.has_alpha()
        }

        /// Packed RGBA where there is alpha, or RGB.
        pub(super) fn decode(mut self) -> Result<Vec<u8>, DecodeError> {
            let len = self
                .decoder
                .output_buffer_size()
                .ok_or_else(|| DecodeError::Unsupported("it is larger than the address space".into()))?;
            let mut data = vec![0; len];
            self.decoder.read_image(&mut data).map_err(failed)?;
            Ok(data)
        }
    }

    fn failed(error: DecodingError) -> DecodeError {
        match error {
            DecodingError::IoError(_) => DecodeError::Truncated("its pixels end in the middle".into()),
            other => DecodeError::Damaged(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use image_webp::{ColorType, WebPEncoder};

    use super::*;
    use crate::engine::pixels::basin::decode_both_ways;
    use crate::engine::pixels::colour::ToSrgb;
    use crate::engine::pixels::exif::{self, Order};
    use crate::engine::pixels::probe::{InMemory, probe};
    use crate::engine::settings::Limits;

    const MATTE: [u8; 3] = [114, 3, 250];

    fn decoded(file: &[u8]) -> Result<Decoded, DecodeError> {
        let limits = Limits::default();
        let options = DecodeOptions {
            matte: MATTE.into(),
            limits: &limits,
            deadline: None,
            keep_profile: false,
            least: None,
        };
        let header = probe(&mut InMemory(file)).map_err(|error| DecodeError::Truncated(error.to_string()))?;
        decode_both_ways(file, &header, &options)
    }

    fn samples(count: usize) -> Vec<u8> {
        (0..count).map(|i| (i * i / 7) as u8).collect()
    }

    fn lossless(data: &[u8], colour: ColorType, icc: Option<Vec<u8>>, exif: Option<Vec<u8>>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = WebPEncoder::new(&mut file);
        if let Some(icc) = icc {
            encoder.set_icc_profile(icc);
        }
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif);
        }
        encoder.encode(data, 23, 11, colour).expect("in memory");
        file
    }

    #[test]
    fn lossless_pictures_come_out_exactly() {
        let rgb = samples(23 * 11 * 3);
        let picture = decoded(&lossless(&rgb, ColorType::Rgb8, None, None)).expect("a picture");
        assert_eq!(picture.pixels.data, rgb);
        assert!(!picture.flattened);

        let rgba = samples(23 * 11 * 4);
        let file = lossless(&rgba, ColorType::Rgba8, None, None);
        let picture = decoded(&file).expect("a picture");
        let mut expected = vec![0; 23 * 11 * 3];
        flatten::rgba(&rgba, &mut expected, MATTE.into());
        assert_eq!(picture.pixels.data, expected);
        assert!(picture.flattened && probe(&mut InMemory(&file)).expect("a header").transparent);
    }

    #[test]
    fn profile_and_orientation_are_found() {
        let rgb = samples(23 * 11 * 3);
        let icc = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
        let file = lossless(&rgb, ColorType::Rgb8, Some(icc.clone()), Some(exif::tests::block(Order::Little, 8)));
        let picture = decoded(&file).expect("a picture");
        let mut expected = rgb.clone();
        ToSrgb::new(&icc, Input::Rgb8).expect("not sRGB").apply_rgb8(&mut expected);
        assert_eq!(picture.pixels.data, expected);
        assert_eq!(picture.orientation, Orientation::Rotate270);
        assert_eq!(probe(&mut InMemory(&file)).expect("a header").orientation, Orientation::Rotate270);

        // With alpha, colour comes before flattening.
        let rgba: Vec<u8> = rgb
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|&[r, g, b]| [r, g, b, if r > 99 { 255 } else { 0 }])
            .collect();
        let picture = decoded(&lossless(&rgba, ColorType::Rgba8, Some(icc), None)).expect("a picture");
        for (at, (got, &[r, ..])) in picture
            .pixels
            .data
            .as_chunks::<3>()
            .0
            .iter()
            .zip(rgb.as_chunks::<3>().0)
            .enumerate()
        {
            let want = if r > 99 { &expected[at * 3..at * 3 + 3] } else { &MATTE };
            assert_eq!(got, want, "pixel {at}");
        }
    }

    #[test]
    fn a_cut_or_flipped_file_is_an_error_or_the_same_picture_and_never_a_panic() {
        let file = lossless(&samples(23 * 11 * 4), ColorType::Rgba8, None, None);
        for at in 0..file.len() {
            let cut = decoded(&file[..at]);
            assert!(matches!(cut, Err(DecodeError::Truncated(_))), "cut at {at}: {cut:?}");
            // WebP has no checksums: what a flip makes of the pixels is not to be known.
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            let _ = decoded(&bad);
            // A container that claims to be whole does not help (the last byte may be padding).
            let mut lying = file[..at].to_vec();
            if at > 20 && at + 1 < file.len() {
                lying[4..8].copy_from_slice(&(at as u32 - 8).to_le_bytes());
                assert!(decoded(&lying).is_err(), "cut at {at} and patched");
            }
        }
        let behind = [file.as_slice(), b"behind"].concat();
        assert_eq!(decoded(&behind).expect("a picture").notes.len(), 1);
    }
}
