//! One image through all steps.

use std::sync::Arc;

use super::super::pixels::{InMemory, probe};
use super::super::resize::Cpu;
use super::super::resize::fake::Fake;
use super::*;
use crate::engine::settings::Chroma;

/// A smooth picture with a red left and a bright top, so that turning shows.
fn picture(width: u32, height: u32) -> Pixels {
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let red = if x < width / 2 { 220 } else { 30 };
            data.extend([red, (255 - y * 200 / height) as u8, (x * 200 / width) as u8]);
        }
    }
    Pixels {
        size: Size { width, height },
        channels: Channels::Rgb,
        data,
    }
}

const OPTIONS: EncodeOptions = EncodeOptions {
    quality: 95,
    chroma: crate::engine::settings::Chroma::C444,
    optimise_huffman: true,
    progressive: false,
};

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    pixels::encode(&picture(width, height), &OPTIONS).unwrap()
}

/// With an EXIF block that says how it is to be turned.
fn turned_jpeg(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut bytes = jpeg(width, height);
    let tiff = [
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0",
        [orientation].as_slice(),
        b"\0\0\0\0\0\0",
    ]
    .concat();
    let body = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = (body.len() as u16 + 2).to_be_bytes();
    bytes.splice(2..2, [&[0xFF, 0xE1], length.as_slice(), &body].concat());
    bytes
}

fn png(width: u32, height: u32, colour: png::ColorType, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(colour);
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    out
}

fn settings(target: u32) -> Settings {
    let mut settings = Settings::default();
    settings.picture.target = target;
    settings
}

fn shrinker(settings: &Settings) -> Shrinker {
    Shrinker::new(settings, Arc::new(Cpu))
}

fn decoded(bytes: &[u8]) -> Pixels {
    let header = probe(&mut InMemory(bytes)).unwrap();
    let settings = Settings::default();
    let options = DecodeOptions {
        matte: [0; 3].into(),
        limits: &settings.limits,
        deadline: None,
        keep_profile: false,
        least: None,
    };
    pixels::decode(bytes, &header, &options).unwrap().pixels
}

fn at(pixels: &Pixels, x: u32, y: u32) -> [u8; 3] {
    let at = (y * pixels.size.width + x) as usize * 3;
    [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2]]
}

#[test]
fn formats_come_out_at_their_size() {
    fn check(bytes: &[u8], target: u32, before: (u32, u32), after: (u32, u32)) -> Shrunk {
        let settings = settings(target);
        let header = probe(&mut InMemory(bytes)).unwrap();
        let cost = cost(&header, bytes.len() as u64, &settings).unwrap();
        let mut shrinker = shrinker(&settings);
        let shrunk = shrinker.shrink(bytes, false).unwrap();
        let sizes = [shrunk.before, shrunk.after].map(|size| (size.width, size.height));
        assert_eq!(sizes, [before, after]);
        assert_eq!(decoded(&shrunk.bytes).size, shrunk.after);
        if cost.strips.is_some() {
            let strips = shrinker.shrink(bytes, true).unwrap();
            assert_eq!(strips.bytes, shrunk.bytes, "strips give the same file");
            assert_eq!(
                (strips.before, strips.after, strips.flattened),
                (shrunk.before, shrunk.after, shrunk.flattened)
            );
        }
        shrunk
    }
    let rgb = picture(120, 90);
    check(&jpeg(120, 90), 40, (120, 90), (40, 30));
    check(&jpeg(120, 90), 512, (120, 90), (120, 90));
    check(&turned_jpeg(120, 90, 6), 40, (90, 120), (30, 40));
    check(&turned_jpeg(120, 90, 3), 40, (120, 90), (40, 30));
    let opaque = check(&png(120, 90, png::ColorType::Rgb, &rgb.data), 40, (120, 90), (40, 30));
    assert!(!opaque.flattened && opaque.notes.is_empty());
    let clear = vec![0; 120 * 90 * 4];
    let clear = check(&png(120, 90, png::ColorType::Rgba, &clear), 60, (120, 90), (60, 45));
    assert!(clear.flattened);
    let solid = vec![255; 120 * 90 * 4];
    let solid = check(&png(120, 90, png::ColorType::Rgba, &solid), 60, (120, 90), (60, 45));
    assert!(!solid.flattened, "an alpha channel of which no pixel makes use");
    assert!(
        decoded(&clear.bytes).data.iter().all(|&sample| sample.abs_diff(114) <= 1),
        "the matte shows"
    );
    check(&png(100, 3, png::ColorType::Grayscale, &[9; 300]), 40, (100, 3), (40, 1));
}

#[test]
fn orientation_is_applied_and_gone() {
    // Red is left and bright is top in the stored picture; 6 turns it clockwise, so red comes to the top.
    let shrunk = shrinker(&settings(40)).shrink(&turned_jpeg(120, 90, 6), false).unwrap();
    let header = probe(&mut InMemory(&shrunk.bytes)).unwrap();
    assert_eq!(header.orientation, Orientation::Upright);
    let seen = decoded(&shrunk.bytes);
    assert!(at(&seen, 15, 5)[0] > 180 && at(&seen, 15, 35)[0] < 80);
    assert!(at(&seen, 28, 20)[1] > at(&seen, 2, 20)[1] + 100);
}

#[test]
fn failures_have_their_codes() {
    fn check(bytes: &[u8], backend: impl Backend + 'static, code: &str) {
        let settings = settings(40);
        let mut shrinker = Shrinker::new(&settings, Arc::new(backend));
        let error = shrinker.shrink(bytes, false).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.to_string().is_empty() && !error.advice().is_empty());
    }
    let good = jpeg(120, 90);
    check(&good[..good.len() / 2], Cpu, "truncated");
    check(b"", Cpu, "empty");
    check(b"just some text in a file named like an image", Cpu, "not-an-image");
    assert!(Shrinker::new(&settings(40), Arc::new(Fake::Nearest)).shrink(&good, false).is_ok());
    check(&good, Fake::Fails, "resize");
    check(&good, Fake::Panics, "panic");
    let mut twelve = good.clone();
    let frame = twelve.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    twelve[frame + 1] = 0xC1;
    twelve[frame + 4] = 12;
    check(&twelve, Cpu, "unsupported");
}

#[test]
fn work_goes_on_after_a_panic() {
    struct Once(std::sync::atomic::AtomicBool);
    impl Backend for Once {
        fn name(&self) -> String {
            "once".into()
        }
        fn resize(
            &self,
            source: &Pixels,
            to: Size,
            how: Resample,
            scratch: &mut Scratch,
        ) -> Result<Pixels, super::super::resize::ResizeError> {
            assert!(self.0.swap(true, std::sync::atomic::Ordering::Relaxed), "first time");
            Cpu.resize(source, to, how, scratch)
        }
    }
    let mut shrinker = Shrinker::new(&settings(40), Arc::new(Once(false.into())));
    let error = shrinker.shrink(&jpeg(120, 90), false).unwrap_err();
    assert!(
        error.to_string().contains("first time") && error.to_string().contains("tests.rs"),
        "{error}"
    );
    assert!(shrinker.shrink(&jpeg(120, 90), false).is_ok());
}

#[test]
fn limits_name_the_need_and_the_setting() {
    let header = probe(&mut InMemory(&jpeg(400, 300))).unwrap();
    fn check(header: &Header, change: impl FnOnce(&mut Settings), name: &str) {
        let mut settings = settings(40);
        change(&mut settings);
        let error = ShrinkError::from(cost(header, 100_000, &settings).unwrap_err());
        assert_eq!(error.code(), "over-limit");
        assert!(
            error.to_string().contains(name) && error.advice().contains(name),
            "{error} {}",
            error.advice()
        );
    }
    check(&header, |s| s.limits.max_pixels = 119_999, "--max-pixels");
    check(&header, |s| s.limits.max_file_bytes = 99_999, "--max-file-bytes");
    check(&header, |s| s.limits.max_image_memory = 100_000, "--max-image-memory");
}

#[test]
fn an_image_that_takes_too_long_is_given_up_with_the_setting_named() {
    let mut no_time = settings(40);
    (no_time.limits.max_seconds, no_time.limits.max_seconds_per_megapixel) = (0, 0.0);
    for in_strips in [false, true] {
        let error = shrinker(&no_time).shrink(&jpeg(400, 300), in_strips).unwrap_err();
        assert_eq!(error.code(), "out-of-time");
        assert!(
            error.to_string().contains("--max-seconds") && error.advice().contains("--max-seconds"),
            "{error}"
        );
    }
    // Between the steps, too: what was decoded in time is not encoded after it.
    let mut again = Again::new(jpeg(400, 300), Arc::new(Cpu)).unwrap();
    again.shrink(&settings(40), &|| false).unwrap().unwrap();
    let error = again.shrink(&no_time, &|| false).unwrap_err();
    assert_eq!(error.code(), "out-of-time");
}

#[test]
fn a_huge_picture_costs_little_in_strips() {
    let settings = Settings::default();
    let huge = |file: &[u8]| {
        let header = Header {
            size: Size {
                width: 16_000,
                height: 16_000,
            },
            ..probe(&mut InMemory(file)).unwrap()
        };
        cost(&header, 1 << 20, &settings).unwrap()
    };
    let whole = huge(&png(40, 30, png::ColorType::Rgb, &[9; 3600]));
    assert!(whole.whole > 3 * 256_000_000, "{whole:?}");
    assert!(whole.strips.is_some_and(|strips| strips < 64 << 20), "{whole:?}");
    // Of a JPEG in one scan no codec but a pure Rust one has more than some rows at a time.
    let rows = huge(&jpeg(40, 30));
    assert_eq!(rows.whole < 64 << 20, cfg!(feature = "native-codecs"), "{rows:?}");
}

#[test]
fn coefficients_count_as_chroma_is_coded() {
    let settings = Settings::default();
    let encoded = |chroma| {
        let options = EncodeOptions {
            progressive: true,
            chroma,
            ..encode_options(&settings.picture)
        };
        let file = pixels::encode(&picture(40, 30), &options).unwrap();
        let header = Header {
            size: Size { width: 4000, height: 3000 },
            ..probe(&mut InMemory(&file)).unwrap()
        };
        cost(&header, 1 << 20, &settings).unwrap().whole
    };
    let [full, half, quarter] = [Chroma::C444, Chroma::C422, Chroma::C420].map(encoded);
    if cfg!(feature = "native-codecs") {
        // Two bytes for each coded sample of twelve megapixels, and little beside.
        let within = |cost: u64, samples: f64| (0.0..0.2).contains(&(cost as f64 / (24e6 * samples) - 1.0));
        assert!(
            within(full, 3.0) && within(half, 2.0) && within(quarter, 1.5),
            "{full} {half} {quarter}"
        );
    } else {
        assert_eq!(full, quarter, "zune-jpeg has its own ways");
    }
}

#[test]
fn weights_of_a_picture_millions_of_pixels_wide_are_counted() {
    let settings = Settings::default();
    // Its pixels fit into the memory of one image with room to spare; its horizontal weights take a gigabyte.
    let header = Header {
        size: Size { width: 1 << 24, height: 4 },
        ..probe(&mut InMemory(&png(40, 30, png::ColorType::Rgba, &[9; 4800]))).unwrap()
    };
    let refused = cost(&header, 1 << 20, &settings).unwrap_err();
    let DecodeError::OverLimit { needs, .. } = refused else {
        panic!("{refused:?}")
    };
    assert!(needs > (1 << 24) * 60, "{needs}");
}

#[test]
fn what_needs_strips_says_so() {
    let settings = Settings {
        limits: crate::engine::settings::Limits {
            max_image_memory: 24 << 20,
            ..Default::default()
        },
        ..settings(64)
    };
    // 36 MB decoded.
    let bytes = png(4000, 3000, png::ColorType::Rgb, &picture(4000, 3000).data);
    let header = probe(&mut InMemory(&bytes)).unwrap();
    let cost = cost(&header, bytes.len() as u64, &settings).unwrap();
    assert!(cost.whole > settings.limits.max_image_memory);
    let mut shrinker = shrinker(&settings);
    assert_eq!(shrinker.shrink(&bytes, false).unwrap_err().code(), "over-limit");
    assert_eq!(shrinker.shrink(&bytes, true).unwrap().after, Size { width: 64, height: 48 });
}

/// The picture both ways, whole and in strips where that goes.
fn shrunk(bytes: &[u8], change: impl FnOnce(&mut PictureSettings)) -> Shrunk {
    let mut settings = Settings::default();
    change(&mut settings.picture);
    let header = probe(&mut InMemory(bytes)).unwrap();
    let cost = cost(&header, bytes.len() as u64, &settings).unwrap();
    let mut shrinker = shrinker(&settings);
    let whole = shrinker.shrink(bytes, false).unwrap();
    if cost.strips.is_some() {
        assert_eq!(
            shrinker.shrink(bytes, true).unwrap().bytes,
            whole.bytes,
            "strips give the same file"
        );
    }
    whole
}

/// As [`turned_jpeg`], with the block behind the pixels, where no header tells of it.
fn late_turned_png(orientation: u8) -> Vec<u8> {
    let mut bytes = png(120, 90, png::ColorType::Rgb, &picture(120, 90).data);
    let tiff = [
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0",
        [orientation].as_slice(),
        b"\0\0\0\0\0\0",
    ]
    .concat();
    let typed = [b"eXIf".as_slice(), &tiff].concat();
    let chunk = [
        (tiff.len() as u32).to_be_bytes().as_slice(),
        &typed,
        crc32fast::hash(&typed).to_be_bytes().as_slice(),
    ]
    .concat();
    let end = bytes.len() - 12;
    bytes.splice(end..end, chunk);
    bytes
}

#[test]
fn a_shape_is_that_of_the_picture_as_seen() {
    use crate::engine::settings::{Fit, Shape};
    let box_of = |width, height| Fit::Box { width, height };
    // Stored 120 x 90, seen 90 x 120; red is at the top.
    for bytes in [turned_jpeg(120, 90, 6), late_turned_png(6)] {
        let fitted = shrunk(&bytes, |p| p.fit = box_of(60, 40));
        assert_eq!((fitted.before.width, fitted.before.height), (90, 120));
        assert_eq!((fitted.after.width, fitted.after.height), (30, 40));
        let cut = shrunk(&bytes, |p| {
            p.fit = box_of(60, 40);
            p.shape = Shape::Crop;
        });
        let seen = decoded(&cut.bytes);
        assert_eq!((seen.size, cut.after), (cut.after, Size { width: 60, height: 40 }));
        // 60 x 80, of which the middle 40 rows are left: red and not red meet in its middle.
        assert!(at(&seen, 30, 10)[0] > 180 && at(&seen, 30, 30)[0] < 80);
        let padded = shrunk(&bytes, |p| {
            p.fit = box_of(80, 60);
            p.shape = Shape::Pad;
            p.matte = [10, 200, 30];
        });
        let seen = decoded(&padded.bytes);
        assert_eq!(seen.size, Size { width: 80, height: 60 });
        // 45 x 60 in the middle.
        let near = |found: [u8; 3], wanted: [u8; 3]| found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 6);
        assert!(near(at(&seen, 8, 30), [10, 200, 30]) && near(at(&seen, 72, 30), [10, 200, 30]));
        assert!(at(&seen, 40, 10)[0] > 180 && at(&seen, 40, 50)[0] < 80);
        assert!(!padded.flattened);
    }
    // A grey picture gets the matte's colour.
    let grey = png(100, 40, png::ColorType::Grayscale, &[77; 4000]);
    let padded = shrunk(&grey, |p| {
        p.fit = box_of(64, 64);
        p.shape = Shape::Pad;
        p.matte = [200, 20, 20];
    });
    let seen = decoded(&padded.bytes);
    assert_eq!((seen.size, seen.channels), (Size { width: 64, height: 64 }, Channels::Rgb));
    assert!(at(&seen, 32, 4)[0] > 190 && at(&seen, 32, 4)[1] < 30);
    assert!(at(&seen, 32, 32).iter().all(|sample| sample.abs_diff(77) <= 2));
}

#[test]
fn filters_and_light_change_the_picture() {
    use crate::engine::settings::Filter;
    // A fine checker: in sRGB's own curve it becomes 128, in light 188.
    let checker: Vec<u8> = (0..128 * 128).map(|i| if (i % 128 + i / 128) % 2 == 0 { 255 } else { 0 }).collect();
    let checker = png(128, 128, png::ColorType::Grayscale, &checker);
    for filter in [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area] {
        for (linear, expected) in [(false, 128u8), (true, 188)] {
            let shrunk = shrunk(&checker, |p| (p.target, p.filter, p.linear) = (32, filter, linear));
            let middle = decoded(&shrunk.bytes).data[16 * 32 + 16];
            assert!(middle.abs_diff(expected) <= 2, "{filter:?} {linear}: {middle}");
        }
    }
    // White at half opacity over black, as colour and as grey.
    let half: Vec<u8> = [255, 255, 255, 128].repeat(40 * 40);
    let grey: Vec<u8> = [255, 128].repeat(40 * 40);
    for bytes in [
        png(40, 40, png::ColorType::Rgba, &half),
        png(40, 40, png::ColorType::GrayscaleAlpha, &grey),
    ] {
        for (linear, expected) in [(false, 128u8), (true, 188)] {
            let shrunk = shrunk(&bytes, |p| (p.target, p.matte, p.linear) = (20, [0; 3], linear));
            let seen = decoded(&shrunk.bytes);
            assert!(seen.data.iter().all(|sample| sample.abs_diff(expected) <= 1), "{linear}");
        }
    }
}

#[test]
fn progressive_is_asked_for_and_delivered() {
    let baseline = shrunk(&jpeg(400, 300), |p| p.target = 200);
    let progressive = shrunk(&jpeg(400, 300), |p| (p.target, p.progressive) = (200, true));
    let frame = |bytes: &[u8]| {
        bytes
            .windows(2)
            .find(|pair| matches!(pair, [0xFF, 0xC0 | 0xC2]))
            .map(|pair| pair[1])
    };
    assert_eq!((frame(&baseline.bytes), frame(&progressive.bytes)), (Some(0xC0), Some(0xC2)));
    assert_eq!(decoded(&baseline.bytes), decoded(&progressive.bytes));
}

/// With a colour profile.
fn profiled_png(width: u32, height: u32, colour: png::ColorType, profile: moxcms::ColorProfile, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut info = png::Info::with_size(width, height);
    info.color_type = colour;
    info.icc_profile = Some(profile.encode().unwrap().into());
    let mut encoder = png::Encoder::with_info(&mut out, info).unwrap();
    encoder.add_text_chunk("prompt".into(), "{}".into()).unwrap();
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    out
}

#[test]
fn a_kept_profile_changes_no_colour_that_is_seen() {
    use crate::engine::settings::{Fit, Shape};
    const MATTE: [u8; 3] = [200, 100, 50];
    let has_profile = |bytes: &[u8]| bytes.windows(12).any(|window| window == b"ICC_PROFILE\0");
    let mut settings = settings(60);
    settings.picture.matte = MATTE;
    settings.picture.fit = Fit::Box { width: 60, height: 60 };
    settings.picture.shape = Shape::Pad;
    settings.picture.prompts = true;
    let p3 = moxcms::ColorProfile::new_display_p3;
    let grey = || moxcms::ColorProfile::new_gray_with_gamma(1.0);
    let clear = [[180, 60, 60, 255].repeat(120 * 30), [180, 60, 60, 0].repeat(120 * 30)].concat();
    let rows = [
        ("P3", profiled_png(120, 60, png::ColorType::Rgba, p3(), &clear), [196, 47, 54], true),
        // A margin in colour is nothing for a grey profile; 55 in linear light is sRGB 128.
        (
            "grey",
            profiled_png(120, 60, png::ColorType::Grayscale, grey(), &[55; 120 * 60]),
            [128; 3],
            false,
        ),
    ];
    let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 4);
    for metadata in [Metadata::None, Metadata::Keep] {
        settings.picture.metadata = metadata;
        for (name, file, colour, kept) in &rows {
            let shrunk = shrinker(&settings).shrink(file, false).unwrap();
            assert_eq!(
                shrinker(&settings).shrink(file, true).unwrap().bytes,
                shrunk.bytes,
                "{name}: strips give the same file"
            );
            assert_eq!(has_profile(&shrunk.bytes), *kept && metadata == Metadata::Keep, "{name}");
            assert!(shrunk.bytes.windows(9).any(|window| window == b"prompt:{}"), "{name}");
            assert_eq!(shrunk.notes, Vec::<String>::new());
            // Decoded as viewers do: by the profile, where there is one.
            let seen = decoded(&shrunk.bytes);
            assert_eq!(seen.size, Size { width: 60, height: 60 });
            assert!(near(at(&seen, 30, 20), *colour), "{name} {metadata:?}: {:?}", at(&seen, 30, 20));
            assert!(near(at(&seen, 5, 3), MATTE), "{name} {metadata:?}: {:?}", at(&seen, 5, 3));
            if *name == "P3" {
                assert!(near(at(&seen, 30, 40), MATTE), "{name} {metadata:?}: {:?}", at(&seen, 30, 40));
            }
        }
    }
}

#[test]
fn metadata_is_paid_for() {
    let file = png(600, 600, png::ColorType::Rgb, &[7; 600 * 600 * 3]);
    let header = probe(&mut InMemory(&file)).unwrap();
    let mut settings = settings(500);
    let bare = cost(&header, file.len() as u64, &settings).unwrap();
    settings.picture.metadata = Metadata::Keep;
    settings.picture.prompts = true;
    let laden = cost(&header, file.len() as u64, &settings).unwrap();
    assert!(laden.whole > bare.whole && laden.strips > bare.strips);
}
