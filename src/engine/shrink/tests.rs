//! One image through all steps.

use std::sync::Arc;

use super::super::resize::Cpu;
use super::super::resize::fake::Fake;
use super::*;

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
        matte: [0; 3],
        limits: &settings.limits,
        deadline: None,
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
        fn resize(&self, source: &Pixels, to: Size, scratch: &mut Scratch) -> Result<Pixels, super::super::resize::ResizeError> {
            assert!(self.0.swap(true, std::sync::atomic::Ordering::Relaxed), "first time");
            Cpu.resize(source, to, scratch)
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
fn a_huge_picture_costs_little_in_strips() {
    let header = Header {
        size: Size {
            width: 16_000,
            height: 16_000,
        },
        ..probe(&mut InMemory(&jpeg(40, 30))).unwrap()
    };
    let settings = Settings::default();
    let cost = cost(&header, 1 << 20, &settings).unwrap();
    assert!(cost.whole > 3 * 256_000_000, "{cost:?}");
    if cfg!(feature = "native-codecs") {
        assert!(cost.strips.is_some_and(|strips| strips < 32 << 20), "{cost:?}");
    }
}

#[test]
fn what_needs_strips_says_so() {
    let settings = Settings {
        limits: crate::engine::settings::Limits {
            max_image_memory: 8 << 20,
            ..Default::default()
        },
        ..settings(64)
    };
    // 14 MB decoded.
    let bytes = jpeg(2400, 2000);
    let header = probe(&mut InMemory(&bytes)).unwrap();
    let cost = cost(&header, bytes.len() as u64, &settings);
    if cfg!(not(feature = "native-codecs")) {
        // Nothing of JPEG in strips: over the limit for good.
        assert!(matches!(cost, Err(DecodeError::OverLimit { .. })));
        return;
    }
    let cost = cost.unwrap();
    assert!(cost.whole > settings.limits.max_image_memory);
    let mut shrinker = shrinker(&settings);
    assert_eq!(shrinker.shrink(&bytes, false).unwrap_err().code(), "over-limit");
    assert_eq!(shrinker.shrink(&bytes, true).unwrap().after, Size { width: 64, height: 53 });
}
