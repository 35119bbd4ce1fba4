//! BMP, TIFF and still GIF, by the `image` crate. Rare formats: plain ways, checked hard.

use std::io::{BufRead, Cursor, Read, Seek, SeekFrom};
use std::time::Instant;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, tiff::TiffDecoder};
use image::{ColorType, ImageDecoder, ImageError};

use super::colour::{Colours, Input, MAX_PROFILE, Managed};
use super::decode::{DecodeError, DecodeOptions, Decoded};
use super::depth::to_8_bits;
use super::{Channels, Header, Pixels, Size, flatten};
use crate::engine::settings::Format;

/// What a decoder takes beside pixels.
const OVERHEAD: u64 = 8 << 20;

/// Upper bound of the memory a decode takes beside the file, bytes: the decoder's picture, one more of it (a TIFF's
/// planes, a GIF's screen), and ours.
pub(super) fn whole_cost(header: &Header) -> u64 {
    let per_pixel = match header.format {
        // Bitmaps are decoded to 3 or 4 bytes a pixel straight into our buffer.
        Format::Bmp => 4 + 3,
        Format::Gif => 4 + 4 + 3,
        _ => 2 * u64::from(header.samples.max(3)) * u64::from(header.bits).div_ceil(8).max(1) + 3,
    };
    header.size.pixels().saturating_mul(per_pixel).saturating_add(OVERHEAD)
}

/// Decodes a still bitmap, TIFF or GIF.
pub(super) fn decode(bytes: &[u8], header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let started = Instant::now();
    let cursor = Timed {
        bytes: Cursor::new(bytes),
        deadline: options.deadline,
        reads: 0,
    };
    let picture = match header.format {
        Format::Bmp => {
            check_bitmap_length(bytes, header)?;
            BmpDecoder::new(cursor).map_err(failed).and_then(|decoder| read(decoder, options))
        }
        Format::Tiff => TiffDecoder::new(cursor).map_err(failed).and_then(|decoder| read(decoder, options)),
        _ => GifDecoder::new(cursor).map_err(failed).and_then(|decoder| read(decoder, options)),
    };
    // Before the error: decoders that were stopped say that the file was cut short, or that it is damaged.
    options.check_time(started)?;
    let picture = picture?;
    let (pixels, flattened, colours) = convert(picture, options)?;
    Ok(Decoded {
        pixels,
        orientation: header.orientation,
        flattened,
        colours,
        notes: Vec::new(),
    })
}

/// The bytes of a file until time is up: the decoders of `image` cannot be stopped otherwise. What they do between two reads is
/// bounded by the picture's size.
struct Timed<'a> {
    bytes: Cursor<&'a [u8]>,
    deadline: Option<Instant>,
    reads: u32,
}

/// Reads between two looks at the clock; a read may be of a single byte.
const READS_PER_LOOK: u32 = 256;

impl Timed<'_> {
    fn look(&mut self) -> std::io::Result<()> {
        self.reads = self.reads.wrapping_add(1);
        if self.reads.is_multiple_of(READS_PER_LOOK) && self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.look()?;
        self.bytes.read(buffer)
    }
}

impl BufRead for Timed<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.look()?;
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

impl Seek for Timed<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.look()?;
        self.bytes.seek(to)
    }
}

/// What a decoder of `image` gives.
struct Picture {
    size: Size,
    colour: ColorType,
    profile: Option<Vec<u8>>,
    data: Vec<u8>,
}

fn read(mut decoder: impl ImageDecoder, options: &DecodeOptions) -> Result<Picture, DecodeError> {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(options.limits.max_image_memory);
    decoder.set_limits(limits).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let len = usize::try_from(decoder.total_bytes()).map_err(|_| DecodeError::Unsupported("it is larger than the address space".into()))?;
    if len as u64 > options.limits.max_image_memory {
        return Err(DecodeError::OverLimit {
            needs: len as u64,
            limit: options.limits.max_image_memory,
            what: "bytes of memory",
            setting: "--max-image-memory",
        });
    }
    // A profile that cannot be read is no reason to refuse the picture.
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| profile.len() <= MAX_PROFILE);
    let mut data = vec![0; len];
    decoder.read_image(&mut data).map_err(failed)?;
    Ok(Picture {
        size: Size { width, height },
        colour,
        profile,
        data,
    })
}

/// To 8-bit grey or RGB over the matte, and whether that may show.
fn convert(picture: Picture, options: &DecodeOptions) -> Result<(Pixels, bool, Colours), DecodeError> {
    let Picture {
        size,
        colour,
        profile,
        data,
    } = picture;
    let (samples, deep) = match colour {
        ColorType::L8 => (1, false),
        ColorType::La8 => (2, false),
        ColorType::Rgb8 => (3, false),
        ColorType::Rgba8 => (4, false),
        ColorType::L16 => (1, true),
        ColorType::La16 => (2, true),
        ColorType::Rgb16 => (3, true),
        ColorType::Rgba16 => (4, true),
        other => return Err(DecodeError::Unsupported(format!("its samples are stored as {other:?}"))),
    };
    let data = if deep {
        // `image` gives 16-bit samples in this machine's byte order.
        data.as_chunks::<2>()
            .0
            .iter()
            .map(|&pair| to_8_bits(u16::from_ne_bytes(pair)))
            .collect()
    } else {
        data
    };
    let input = if samples <= 2 { Input::Grey8 } else { Input::Rgb8 };
    let grey = samples == 1 || samples == 2 && options.matte.is_neutral();
    let keep = options.keep_profile && (grey || samples > 2);
    let managed = Managed::new(profile.as_deref(), input, keep, options.matte);
    let mut data = data;
    if let Some(transform) = managed.convert {
        match samples {
            1 => transform.apply_grey8(&mut data),
            2 => transform.apply_with_alpha::<2>(&mut data),
            3 => transform.apply_rgb8(&mut data),
            _ => transform.apply_with_alpha::<4>(&mut data),
        }
    }
    let channels = if grey { Channels::Grey } else { Channels::Rgb };
    if matches!(samples, 1 | 3) {
        return Ok((Pixels { size, channels, data }, false, managed.colours));
    }
    let flattened = match samples {
        2 => !flatten::is_opaque::<2>(&data),
        _ => !flatten::is_opaque::<4>(&data),
    };
    let mut out = vec![0; data.len() / samples * channels.count()];
    match (samples, channels) {
        (2, Channels::Grey) => flatten::grey_alpha(&data, &mut out, managed.matte),
        (2, Channels::Rgb) => flatten::grey_alpha_to_rgb(&data, &mut out, managed.matte),
        _ => flatten::rgba(&data, &mut out, managed.matte),
    }
    Ok((Pixels { size, channels, data: out }, flattened, managed.colours))
}

/// An uncompressed bitmap says how long it must be. Checked here, before memory is taken, because decoders differ in
/// what they do about missing rows.
fn check_bitmap_length(bytes: &[u8], header: &Header) -> Result<(), DecodeError> {
    let u32_at = |at: usize| {
        bytes
            .get(at..at + 4)
            .map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])))
    };
    let u16_at = |at: usize| bytes.get(at..at + 2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]])));
    let (Some(start), Some(info)) = (u32_at(10), u32_at(14)) else {
        return Err(DecodeError::Truncated("it ends inside its header".into()));
    };
    let (bits, compression) = if info == 12 {
        (u16_at(24), Some(0))
    } else {
        (u16_at(28), if info >= 20 { u32_at(30) } else { Some(0) })
    };
    let (Some(bits), Some(compression)) = (bits, compression) else {
        return Err(DecodeError::Truncated("it ends inside its header".into()));
    };
    match (compression, bits) {
        // Huffman and 24-bit runs of OS/2; the numbers mean bit fields and JPEG elsewhere.
        (3 | 4, _) if info == 64 => Err(DecodeError::Unsupported("its coding is one of OS/2 alone".into())),
        (0 | 3 | 6, _) => {
            let row = (u64::from(header.size.width) * bits).div_ceil(32) * 4;
            let needs = row.saturating_mul(u64::from(header.size.height)).saturating_add(start);
            // The padding of the last row is left out by some writers.
            if (bytes.len() as u64).saturating_add(3) < needs {
                return Err(DecodeError::Truncated("its pixels end before the last row".into()));
            }
            Ok(())
        }
        (1, 8) | (2, 4) => {
            let runs = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
            if runs_cover(runs, header.size, bits == 4) {
                return Ok(());
            }
            Err(DecodeError::Truncated("its runs do not fill the picture".into()))
        }
        _ => Err(DecodeError::Unsupported(format!(
            "its coding is number {compression} with {bits} bits"
        ))),
    }
}

/// Whether run-length coding sets every pixel. Rows may end early and jumps may skip, by the format; what was never
/// drawn is a hole that decoders fill with black, or the place where the file was damaged.
fn runs_cover(runs: &[u8], size: Size, nibbles: bool) -> bool {
    let width = u64::from(size.width);
    let (mut at, mut x, mut rows) = (0, 0_u64, 0_u32);
    while rows < size.height {
        let Some(&[count, value]) = runs.get(at..at + 2).and_then(|pair| pair.first_chunk::<2>()) else {
            // The mark behind the last row may be missing.
            return x >= width && rows + 1 == size.height;
        };
        at += 2;
        match (count, value) {
            // End of a row, of the picture.
            (0, 0 | 1) => {
                if x < width {
                    return false;
                }
                rows += 1;
                x = 0;
                if value == 1 {
                    return rows == size.height;
                }
            }
            (0, 2) => return false,
            (0, count) => {
                x += u64::from(count);
                let bytes = if nibbles {
                    usize::from(count).div_ceil(2)
                } else {
                    usize::from(count)
                };
                at += bytes.next_multiple_of(2);
            }
            (count, _) => x += u64::from(count),
        }
    }
    true
}

fn failed(error: ImageError) -> DecodeError {
    match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated("its pixels end before the last row".into())
        }
        ImageError::Unsupported(error) => DecodeError::Unsupported(error.to_string()),
        ImageError::Limits(error) => DecodeError::Unsupported(error.to_string()),
        other => DecodeError::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::ImageEncoder as _;

    use super::*;
    use crate::engine::pixels::basin::decode_both_ways;
    use crate::engine::pixels::probe::{InMemory, probe};
    use crate::engine::settings::Limits;

    fn decoded(file: &[u8]) -> Result<Decoded, DecodeError> {
        let limits = Limits::default();
        let options = DecodeOptions {
            matte: [114, 114, 114].into(),
            limits: &limits,
            deadline: None,
            keep_profile: false,
            least: None,
        };
        let header = probe(&mut InMemory(file)).expect("a header");
        decode_both_ways(file, &header, &options)
    }

    /// A bitmap with a palette of `count` greys: the index times 10.
    fn bitmap(width: i32, height: i32, bits: u16, compression: u32, count: u32, data: &[u8]) -> Vec<u8> {
        let start = 54 + 4 * count;
        let mut file = b"BM".to_vec();
        for value in [start + data.len() as u32, 0, start, 40, width as u32, height as u32] {
            file.extend(value.to_le_bytes());
        }
        file.extend(1_u16.to_le_bytes());
        file.extend(bits.to_le_bytes());
        for value in [compression, 0, 0, 0, count, 0] {
            file.extend(value.to_le_bytes());
        }
        for index in 0..count {
            file.extend([index as u8 * 10, index as u8 * 10, index as u8 * 10, 0]);
        }
        file.extend(data);
        file
    }

    fn greys(indices: &[u8]) -> Vec<u8> {
        indices.iter().flat_map(|&i| [i * 10; 3]).collect()
    }

    #[test]
    fn bitmaps_both_ways_up_and_in_runs() {
        let rows: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
            (
                "24 bits",
                bitmap(2, 2, 24, 0, 0, &[1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]),
                vec![9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4],
            ),
            (
                "top down",
                bitmap(2, -2, 24, 0, 0, &[1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]),
                vec![3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10],
            ),
            (
                "8 bits",
                bitmap(3, 2, 8, 0, 8, &[1, 2, 3, 0, 4, 5, 6, 0]),
                greys(&[4, 5, 6, 1, 2, 3]),
            ),
            ("4 bits", bitmap(3, 1, 4, 0, 8, &[0x12, 0x30, 0, 0]), greys(&[1, 2, 3])),
            ("1 bit", bitmap(3, 1, 1, 0, 2, &[0b1010_0000, 0, 0, 0]), greys(&[1, 0, 1])),
            (
                "runs",
                bitmap(4, 2, 8, 1, 8, &[4, 5, 0, 0, 1, 2, 0, 3, 1, 2, 3, 0, 0, 1]),
                greys(&[2, 1, 2, 3, 5, 5, 5, 5]),
            ),
            ("runs of nibbles", bitmap(4, 1, 4, 2, 8, &[4, 0x12, 0, 1]), greys(&[1, 2, 1, 2])),
        ];
        for (name, file, expected) in rows {
            let picture = decoded(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(picture.pixels.data, expected, "{name}");
            for at in 54..file.len() {
                let cut = decoded(&file[..at]);
                assert!(
                    cut.as_ref().map_or(true, |cut| cut.pixels == picture.pixels),
                    "{name}, cut at {at}: {cut:?}"
                );
            }
        }
    }

    #[test]
    fn bitmaps_with_holes_are_refused() {
        for (name, file) in [
            ("a row too short", bitmap(4, 2, 8, 1, 8, &[4, 5, 0, 0, 3, 2, 0, 0, 0, 1])),
            ("the end too early", bitmap(4, 2, 8, 1, 8, &[4, 5, 0, 1])),
            ("a jump", bitmap(4, 2, 8, 1, 8, &[4, 5, 0, 2, 0, 1, 0, 1])),
            ("nothing", bitmap(4, 2, 8, 1, 8, &[])),
            ("a row missing", bitmap(2, 3, 24, 0, 0, &[0; 16])),
            ("a bomb", bitmap(8_000, 8_000, 8, 1, 8, &[0, 1])),
        ] {
            assert!(
                matches!(decoded(&file), Err(DecodeError::Truncated(_))),
                "{name}: {:?}",
                decoded(&file).map(|d| d.notes)
            );
        }
    }

    #[test]
    fn tiff_and_gif_come_out_whole_or_not_at_all() {
        let pixels: Vec<u8> = (0..17 * 9 * 3).map(|v| (v * 7) as u8).collect();
        let mut tiff = Cursor::new(Vec::new());
        image::codecs::tiff::TiffEncoder::new(&mut tiff)
            .write_image(&pixels, 17, 9, image::ExtendedColorType::Rgb8)
            .expect("in memory");
        let tiff = tiff.into_inner();
        let picture = decoded(&tiff).expect("a TIFF");
        assert_eq!(picture.pixels.data, pixels);
        assert_eq!(picture.pixels.channels, Channels::Rgb);

        let half: Vec<u8> = (0..12 * 5)
            .flat_map(|v| if v % 2 == 0 { [200, 0, 0, 255] } else { [9, 9, 9, 0] })
            .collect();
        let mut gif = Vec::new();
        image::codecs::gif::GifEncoder::new(&mut gif)
            .encode(&half, 12, 5, image::ExtendedColorType::Rgba8)
            .expect("in memory");
        let picture = decoded(&gif).expect("a GIF");
        let expected: Vec<u8> = (0..12 * 5).flat_map(|v| if v % 2 == 0 { [200, 0, 0] } else { [114; 3] }).collect();
        assert_eq!(picture.pixels.data, expected);
        assert!(picture.flattened);

        for (name, file) in [("tiff", &tiff), ("gif", &gif)] {
            let whole = decoded(file).expect(name).pixels;
            for at in 0..file.len() {
                if probe(&mut InMemory(&file[..at])).is_ok() {
                    let cut = decoded(&file[..at]);
                    assert!(cut.as_ref().map_or(true, |cut| cut.pixels == whole), "{name}, cut at {at}");
                }
            }
        }
    }
}
