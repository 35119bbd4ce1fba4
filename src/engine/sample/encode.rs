//! From a canvas to the bytes of a file, in every coding that the sample library shows.

use image::ExtendedColorType;
use image::codecs::bmp::BmpEncoder;

use super::scenes::Canvas;

/// How a picture of the library is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// PNG, 8 bits, red green blue.
    PngRgb,
    /// PNG, 8 bits, with soft transparency.
    PngRgba,
    /// PNG, 8 bits, grey.
    PngGrey,
    /// PNG, 8 bits, grey with soft transparency.
    PngGreyAlpha,
    /// PNG, 252 colours, some of them transparent (tRNS).
    PngPalette,
    /// PNG, 16 bits, red green blue.
    Png16,
    /// PNG, 8 bits, red green blue, Adam7.
    PngInterlaced,
    /// JPEG, 4:2:0, quality 92.
    Jpeg,
    /// JPEG, progressive.
    JpegProgressive,
    /// JPEG, grey.
    JpegGrey,
    /// JPEG whose EXIF orientation 6 asks to turn it 90° clockwise.
    JpegTurned,
    /// WebP, lossless.
    Webp,
    /// WebP, lossless, with soft transparency.
    WebpAlpha,
    /// BMP, 24 bits.
    Bmp,
}

impl Coding {
    /// Whether the picture may be transparent.
    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Self::PngRgba | Self::PngGreyAlpha | Self::PngPalette | Self::WebpAlpha)
    }
}

/// A big-endian TIFF block with one field: orientation (0x0112), one SHORT, value 6. EXIF 2.3, section 4.6.
const ORIENTATION_6: [u8; 26] = [
    b'M', b'M', 0, 42, 0, 0, 0, 8, // header; the first directory is at byte 8
    0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, // one field
    0, 0, 0, 0, // no further directory
];

/// The picture as a file of this coding. An error is what the encoder says.
pub(super) fn encode(canvas: &Canvas, coding: Coding) -> Result<Vec<u8>, String> {
    match coding {
        Coding::PngRgb => png(canvas, png::ColorType::Rgb, &rgb(canvas)),
        Coding::PngRgba => png(canvas, png::ColorType::Rgba, &rgba(canvas)),
        Coding::PngGrey => png(canvas, png::ColorType::Grayscale, &grey(canvas)),
        Coding::PngGreyAlpha => png(canvas, png::ColorType::GrayscaleAlpha, &grey_alpha(canvas)),
        Coding::PngPalette => png_palette(canvas),
        Coding::Png16 => png_16(canvas),
        Coding::PngInterlaced => png_interlaced(canvas),
        Coding::Jpeg | Coding::JpegProgressive | Coding::JpegGrey | Coding::JpegTurned => jpeg(canvas, coding),
        Coding::Webp => webp(canvas, image_webp::ColorType::Rgb8, &rgb(canvas)),
        Coding::WebpAlpha => webp(canvas, image_webp::ColorType::Rgba8, &rgba(canvas)),
        Coding::Bmp => {
            let mut file = Vec::new();
            BmpEncoder::new(&mut file)
                .encode(&rgb(canvas), canvas.width, canvas.height, ExtendedColorType::Rgb8)
                .map_err(text)?;
            Ok(file)
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn byte(sample: f32) -> u8 {
    (sample * 255.0).round() as u8
}

/// Luma of BT.601, as JPEG weighs it.
fn luma([red, green, blue, _]: [f32; 4]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

fn rgb(canvas: &Canvas) -> Vec<u8> {
    canvas
        .pixels
        .iter()
        .flat_map(|&[red, green, blue, _]| [red, green, blue].map(byte))
        .collect()
}

fn rgba(canvas: &Canvas) -> Vec<u8> {
    canvas.pixels.iter().flat_map(|pixel| pixel.map(byte)).collect()
}

fn grey(canvas: &Canvas) -> Vec<u8> {
    canvas.pixels.iter().map(|&pixel| byte(luma(pixel))).collect()
}

fn grey_alpha(canvas: &Canvas) -> Vec<u8> {
    canvas
        .pixels
        .iter()
        .flat_map(|&pixel| [byte(luma(pixel)), byte(pixel[3])])
        .collect()
}

fn png_encoder<'a>(canvas: &Canvas, file: &'a mut Vec<u8>, colour: png::ColorType) -> png::Encoder<'static, &'a mut Vec<u8>> {
    let mut encoder = png::Encoder::new(file, canvas.width, canvas.height);
    encoder.set_color(colour);
    encoder.set_compression(png::Compression::Fast);
    encoder
}

fn png(canvas: &Canvas, colour: png::ColorType, samples: &[u8]) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    let mut writer = png_encoder(canvas, &mut file, colour).write_header().map_err(text)?;
    writer.write_image_data(samples).map_err(text)?;
    writer.finish().map_err(text)?;
    Ok(file)
}

fn png_16(canvas: &Canvas) -> Result<Vec<u8>, String> {
    let samples: Vec<u8> = canvas
        .pixels
        .iter()
        .flat_map(|&[red, green, blue, _]| [red, green, blue])
        .flat_map(|sample| ((sample * 65535.0).round() as u16).to_be_bytes())
        .collect();
    let mut file = Vec::new();
    let mut encoder = png_encoder(canvas, &mut file, png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Sixteen);
    let mut writer = encoder.write_header().map_err(text)?;
    writer.write_image_data(&samples).map_err(text)?;
    writer.finish().map_err(text)?;
    Ok(file)
}

/// 6 × 7 × 6 levels of red, green and blue. The darkest level of green is half transparent, the entry of pure black wholly.
fn png_palette(canvas: &Canvas) -> Result<Vec<u8>, String> {
    let level = |step: usize, steps: usize| (step * 255 / (steps - 1)) as u8;
    let mut palette = Vec::with_capacity(252 * 3);
    let mut opacity = Vec::with_capacity(252);
    for green in 0..7 {
        for red in 0..6 {
            for blue in 0..6 {
                palette.extend([level(red, 6), level(green, 7), level(blue, 6)]);
                opacity.push(if green == 0 { 128 } else { 255 });
            }
        }
    }
    opacity[0] = 0;
    // tRNS may end after the last entry that is not opaque.
    opacity.truncate(36);
    let step = |sample: f32, steps: u8| (sample * f32::from(steps - 1)).round() as u8;
    let indices: Vec<u8> = canvas
        .pixels
        .iter()
        .map(|&[red, green, blue, alpha]| {
            if alpha < 0.25 {
                0
            } else {
                step(green, 7) * 36 + step(red, 6) * 6 + step(blue, 6)
            }
        })
        .collect();
    let mut file = Vec::new();
    let mut encoder = png_encoder(canvas, &mut file, png::ColorType::Indexed);
    encoder.set_palette(palette);
    encoder.set_trns(opacity);
    let mut writer = encoder.write_header().map_err(text)?;
    writer.write_image_data(&indices).map_err(text)?;
    writer.finish().map_err(text)?;
    Ok(file)
}

/// The seven passes of Adam7: first column, first row, step across, step down. PNG specification, 8.2.
const ADAM7: [(u32, u32, u32, u32); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// The `png` crate reads interlaced files but writes none, so the passes are laid out here. Rows are not filtered.
fn png_interlaced(canvas: &Canvas) -> Result<Vec<u8>, String> {
    let samples = rgb(canvas);
    let mut passes = Vec::with_capacity(samples.len() + 2 * canvas.height as usize);
    for (left, top, across, down) in ADAM7 {
        for y in (top..canvas.height).step_by(down as usize) {
            if left >= canvas.width {
                continue;
            }
            passes.push(0);
            for x in (left..canvas.width).step_by(across as usize) {
                let at = (y as usize * canvas.width as usize + x as usize) * 3;
                passes.extend_from_slice(&samples[at..at + 3]);
            }
        }
    }
    let mut info = png::Info::with_size(canvas.width, canvas.height);
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    info.interlaced = true;
    let mut file = Vec::new();
    let encoder = png::Encoder::with_info(&mut file, info).map_err(text)?;
    let mut writer = encoder.write_header().map_err(text)?;
    writer
        .write_chunk(png::chunk::IDAT, &fdeflate::compress_to_vec(&passes))
        .map_err(text)?;
    writer.finish().map_err(text)?;
    Ok(file)
}

fn jpeg(canvas: &Canvas, coding: Coding) -> Result<Vec<u8>, String> {
    // Every picture of the library is far smaller than JPEG's 65,535.
    let (width, height) = (canvas.width as u16, canvas.height as u16);
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 92);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.set_progressive(coding == Coding::JpegProgressive);
    if coding == Coding::JpegTurned {
        encoder.add_exif_metadata(&ORIENTATION_6).map_err(text)?;
    }
    if coding == Coding::JpegGrey {
        encoder.encode(&grey(canvas), width, height, jpeg_encoder::ColorType::Luma)
    } else {
        encoder.encode(&rgb(canvas), width, height, jpeg_encoder::ColorType::Rgb)
    }
    .map_err(text)?;
    Ok(file)
}

fn webp(canvas: &Canvas, colour: image_webp::ColorType, samples: &[u8]) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(samples, canvas.width, canvas.height, colour)
        .map_err(text)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::engine::sample::scenes::{Scene, draw};

    /// Odd sizes, so that the passes of Adam7 end unevenly; 1 × 1 has passes without a pixel.
    const SIZES: [(u32, u32); 3] = [(37, 23), (1, 1), (5, 64)];

    fn png_pixels(file: &[u8]) -> (png::OutputInfo, Vec<u8>) {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().expect("header");
        let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        pixels.truncate(info.buffer_size());
        (info, pixels)
    }

    #[test]
    fn every_png_decodes_to_the_samples_drawn() {
        for (width, height) in SIZES {
            let canvas = draw(Scene::Clouds, 1, width, height, true);
            let check = |coding: Coding, colour: png::ColorType, samples: Vec<u8>| {
                let (info, pixels) = png_pixels(&encode(&canvas, coding).expect("encodes"));
                assert_eq!((info.width, info.height, info.color_type), (width, height, colour), "{coding:?}");
                assert!(pixels == samples, "{coding:?} {width}x{height}: the pixels differ from those drawn");
            };
            check(Coding::PngRgb, png::ColorType::Rgb, rgb(&canvas));
            check(Coding::PngRgba, png::ColorType::Rgba, rgba(&canvas));
            check(Coding::PngGrey, png::ColorType::Grayscale, grey(&canvas));
            check(Coding::PngGreyAlpha, png::ColorType::GrayscaleAlpha, grey_alpha(&canvas));
            check(Coding::PngInterlaced, png::ColorType::Rgb, rgb(&canvas));
        }
    }

    #[test]
    fn the_special_pngs_are_what_they_claim() {
        let canvas = draw(Scene::Clouds, 1, 64, 48, true);
        let info = |coding: Coding| {
            let file = encode(&canvas, coding).expect("encodes");
            let reader = png::Decoder::new(Cursor::new(file)).read_info().expect("header");
            reader.info().clone()
        };
        assert!(info(Coding::PngInterlaced).interlaced);
        assert_eq!(info(Coding::Png16).bit_depth, png::BitDepth::Sixteen);
        let palette = info(Coding::PngPalette);
        assert_eq!(palette.color_type, png::ColorType::Indexed);
        let opacity = palette.trns.expect("tRNS");
        assert!(opacity.contains(&0) && opacity.contains(&128));
    }

    #[test]
    fn the_turned_jpeg_carries_orientation_6() {
        let canvas = draw(Scene::Gradient, 1, 40, 30, false);
        let file = encode(&canvas, Coding::JpegTurned).expect("encodes");
        let mut field = b"Exif\0\0".to_vec();
        field.extend(ORIENTATION_6);
        assert!(file.windows(field.len()).any(|window| window == field), "no EXIF block");
        let upright = encode(&canvas, Coding::Jpeg).expect("encodes");
        assert!(!upright.windows(4).any(|window| window == b"Exif"));
    }
}
