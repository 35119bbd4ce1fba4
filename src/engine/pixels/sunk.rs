//! Pictures that are decoded into a sink are those that are decoded whole, for every format. The small files drawn for it also
//! begin the short campaign with damaged ones.

use std::time::{Duration, Instant};

use super::basin::{Basin, decode_both_ways};
use super::colour::Colours;
use super::decode::{DecodeError, DecodeOptions, Layout, decode_into};
use super::probe::{InMemory, probe};
use super::{Channels, EncodeOptions, Header, Matte, Orientation, Pixels, Size};
use crate::engine::settings::{Chroma, Limits};

const SIZE: Size = Size { width: 37, height: 41 };

fn options(limits: &Limits) -> DecodeOptions<'_> {
    DecodeOptions {
        matte: [114, 3, 250].into(),
        limits,
        deadline: None,
        keep_profile: false,
        least: None,
    }
}

fn samples(count: usize) -> Vec<u8> {
    (0..SIZE.pixels() as usize * count).map(|i| (i * i / 7 + i / 111) as u8).collect()
}

fn png_file(kind: png::ColorType, count: usize, icc: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut info = png::Info::with_size(SIZE.width, SIZE.height);
    info.color_type = kind;
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = icc.map(Into::into);
    let encoder = png::Encoder::with_info(&mut file, info).expect("no animation");
    let mut writer = encoder.write_header().expect("in memory");
    writer.write_image_data(&samples(count)).expect("in memory");
    drop(writer);
    file
}

fn webp_file(kind: image_webp::ColorType, count: usize, icc: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut file);
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc.to_vec());
    }
    encoder.encode(&samples(count), SIZE.width, SIZE.height, kind).expect("in memory");
    file
}

fn jpeg_file(channels: Channels, chroma: Chroma, progressive: bool) -> Vec<u8> {
    let options = EncodeOptions {
        quality: 90,
        chroma,
        optimise_huffman: true,
        progressive,
    };
    let pixels = Pixels {
        size: SIZE,
        channels,
        data: samples(channels.count()),
    };
    super::encode(&pixels, &options).expect("a JPEG")
}

fn by_image(format: image::ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut file,
        &samples(3),
        SIZE.width,
        SIZE.height,
        image::ExtendedColorType::Rgb8,
        format,
    )
    .expect("in memory");
    file.into_inner()
}

/// Files with what their rows are in a sink, all of [`SIZE`].
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>, Layout)> {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    let rgba = Layout::Rgba(options(&Limits::default()).matte);
    vec![
        ("PNG, grey", png_file(png::ColorType::Grayscale, 1, None), Layout::Grey),
        ("PNG, RGB", png_file(png::ColorType::Rgb, 3, None), Layout::Rgb),
        ("PNG, RGB with a profile", png_file(png::ColorType::Rgb, 3, Some(&p3)), Layout::Rgb),
        ("PNG, RGBA", png_file(png::ColorType::Rgba, 4, None), rgba),
        (
            "PNG, RGBA with a profile",
            png_file(png::ColorType::Rgba, 4, Some(&p3)),
            Layout::Rgb,
        ),
        (
            "PNG, grey with alpha",
            png_file(png::ColorType::GrayscaleAlpha, 2, None),
            Layout::Rgb,
        ),
        ("JPEG, grey", jpeg_file(Channels::Grey, Chroma::C444, false), Layout::Grey),
        ("JPEG, 4:4:4", jpeg_file(Channels::Rgb, Chroma::C444, false), Layout::Rgb),
        ("JPEG, 4:2:0", jpeg_file(Channels::Rgb, Chroma::C420, false), Layout::Rgb),
        ("JPEG, progressive", jpeg_file(Channels::Rgb, Chroma::C420, true), Layout::Rgb),
        ("WebP", webp_file(image_webp::ColorType::Rgb8, 3, None), Layout::Rgb),
        (
            "WebP with a profile",
            webp_file(image_webp::ColorType::Rgb8, 3, Some(&p3)),
            Layout::Rgb,
        ),
        ("WebP with alpha", webp_file(image_webp::ColorType::Rgba8, 4, None), rgba),
        (
            "WebP with alpha and a profile",
            webp_file(image_webp::ColorType::Rgba8, 4, Some(&p3)),
            Layout::Rgb,
        ),
        ("BMP", by_image(image::ImageFormat::Bmp), Layout::Rgb),
        ("TIFF", by_image(image::ImageFormat::Tiff), Layout::Rgb),
    ]
}

#[test]
fn every_format_goes_into_a_sink_as_it_is() {
    let limits = Limits::default();
    for (name, file, layout) in files() {
        let header = probe(&mut InMemory(&file)).expect(name);
        let whole = decode_both_ways(&file, &header, &options(&limits)).expect(name);
        let mut basin = Basin::default();
        let poured = decode_into(&file, &header, &options(&limits), &mut basin).expect(name).expect(name);
        assert_eq!(
            (poured.size, poured.layout, poured.orientation),
            (SIZE, layout, Orientation::Upright),
            "{name}"
        );
        // Where the background may show, this one has pixels in which it does.
        assert_eq!(whole.flattened, header.transparent, "{name}");
        let linear = DecodeOptions {
            matte: Matte {
                colour: [1, 200, 3],
                linear: true,
            },
            keep_profile: true,
            least: None,
            ..options(&limits)
        };
        let kept = decode_both_ways(&file, &header, &linear).expect(name);
        assert_eq!(matches!(kept.colours, Colours::Own(_)), name.contains("profile"), "{name}");
        let late = DecodeOptions {
            deadline: Instant::now().checked_sub(Duration::from_millis(1)),
            ..options(&limits)
        };
        let late = decode_both_ways(&file, &header, &late);
        assert!(matches!(late, Err(DecodeError::OutOfTime { .. })), "{name}: {late:?}");
        let tight = Limits {
            max_image_memory: 100,
            ..Limits::default()
        };
        let tight = decode_both_ways(&file, &header, &options(&tight));
        assert!(matches!(tight, Err(DecodeError::OverLimit { .. })), "{name}: {tight:?}");
    }
}

#[test]
fn files_cut_short_or_changed_are_judged_alike() {
    let limits = Limits::default();
    for (name, file, _) in files() {
        let step = (file.len() / 60).max(1);
        let mut refused = 0;
        for at in (0..file.len()).step_by(step) {
            let mut changed = file.clone();
            changed[at] ^= 1 << (at % 8);
            for bad in [&file[..at], &changed] {
                refused += usize::from(match probe(&mut InMemory(bad)) {
                    Ok(header) => decode_both_ways(bad, &header, &options(&limits)).is_err(),
                    Err(_) => true,
                });
            }
        }
        assert!(refused > 20, "{name}: {refused} refused");
    }
}

#[test]
fn a_picture_of_another_size_is_never_announced() {
    let limits = Limits::default();
    for (name, file, _) in files() {
        let header = Header {
            size: SIZE.transposed(),
            ..probe(&mut InMemory(&file)).expect(name)
        };
        let mut basin = Basin::default();
        let result = decode_into(&file, &header, &options(&limits), &mut basin);
        assert!(
            matches!(result, Err(DecodeError::Damaged(_) | DecodeError::Truncated(_))),
            "{name}: {result:?}"
        );
        assert!(basin.begun.is_empty(), "{name}");
    }
}
