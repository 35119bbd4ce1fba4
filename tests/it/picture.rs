//! How replacements look: the flags for sizes, shapes, filters, light and coding, run as a user would and judged by the
//! pictures that come out.

use std::io::Cursor;

use crate::fixture::{Fixture, jpeg_size};

/// The library's pictures after a run, by name: width and height.
#[track_caller]
fn sizes(fixture: &Fixture) -> Vec<(String, (usize, usize))> {
    let tree = fixture.look().without_ours();
    let jpegs = tree.files().filter(|(name, _)| name.ends_with(".jpg"));
    jpegs
        .map(|(name, content)| {
            (
                name.to_owned(),
                jpeg_size(content).unwrap_or_else(|| panic!("{name} is no whole JPEG")),
            )
        })
        .collect()
}

/// Packed RGB and the width.
#[track_caller]
fn pixels(content: &[u8]) -> (Vec<u8>, usize) {
    let options = zune_core::options::DecoderOptions::default().jpeg_set_out_colorspace(zune_core::colorspace::ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(Cursor::new(content), options);
    let rgb = decoder.decode().expect("a JPEG");
    (rgb, decoder.dimensions().expect("decoded").0)
}

/// A PNG of 8-bit samples.
fn png(width: u32, height: u32, colour: png::ColorType, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.write_header().expect("png").write_image_data(samples).expect("png");
    file
}

#[test]
fn sizes_and_shapes() {
    #[track_caller]
    fn check(flags: &[&str], expected: [(usize, usize); 3]) {
        let fixture = Fixture::new();
        fixture.picture("s/large.png", 900, 600);
        fixture.picture("s/narrow.png", 1000, 90);
        fixture.picture("s/small.png", 200, 300);
        fixture.run(flags).ends_with(0);
        let names = ["s/large.jpg", "s/narrow.jpg", "s/small.jpg"].map(str::to_owned);
        let expected: Vec<_> = names.into_iter().zip(expected).collect();
        assert_eq!(sizes(&fixture), expected, "{flags:?}");
        // What came out stays as it is: a second run has nothing to do.
        let before = fixture.look().without_ours();
        fixture.run(flags).ends_with(0);
        fixture.look().without_ours().is_unchanged_since(&before);
    }
    check(&["--target", "400"], [(400, 267), (400, 36), (200, 300)]);
    check(&["--target", "300", "--fit", "shortest"], [(450, 300), (1000, 90), (200, 300)]);
    check(&["--fit", "320x320"], [(320, 213), (320, 29), (200, 300)]);
    check(&["--fit", "0.06MP"], [(300, 200), (816, 73), (200, 300)]);
    check(&["--fit", "320x320", "--upscale"], [(320, 213), (320, 29), (213, 320)]);
    check(&["--target", "400", "--multiple-of", "64"], [(384, 256), (384, 64), (192, 256)]);
    check(
        &["--target", "400", "--multiple-of", "64", "--crop"],
        [(384, 256), (384, 64), (192, 256)],
    );
    check(
        &["--target", "400", "--multiple-of", "64", "--pad"],
        [(384, 256), (384, 64), (256, 320)],
    );
    check(&["--fit", "256x256", "--crop"], [(256, 256), (90, 90), (200, 200)]);
    check(&["--fit", "256x256", "--pad"], [(256, 256), (256, 256), (256, 256)]);
    check(
        &["--fit", "512x512", "--pad", "--multiple-of", "8"],
        [(512, 512), (512, 512), (304, 304)],
    );
}

#[test]
fn what_does_not_go_together_is_told_and_nothing_is_touched() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    let before = fixture.look();
    fixture.run(&["--pad"]).ends_with(2).says(&["needs a shape"]);
    fixture
        .run(&["--target", "50", "--multiple-of", "64"])
        .ends_with(2)
        .says(&["no room for one multiple of 64"]);
    fixture.run(&["--crop", "--pad", "--multiple-of", "8"]).ends_with(2);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn padding_is_the_matte_and_the_picture_is_in_the_middle() {
    let fixture = Fixture::new();
    fixture.file("s/white.png", &png(400, 200, png::ColorType::Rgb, &[255; 400 * 200 * 3]));
    fixture.run(&["--fit", "128x128", "--pad", "--matte", "#c01020"]).ends_with(0);
    let tree = fixture.look();
    let (rgb, width) = pixels(tree.file("s/white.jpg"));
    let at = |x: usize, y: usize| &rgb[(y * width + x) * 3..][..3];
    let near = |found: &[u8], wanted: [u8; 3]| found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 12);
    // 128 x 64 in the middle of 128 x 128.
    for (y, wanted) in [(3, [0xc0, 0x10, 0x20]), (124, [0xc0, 0x10, 0x20]), (40, [255; 3]), (88, [255; 3])] {
        assert!(near(at(64, y), wanted), "row {y}: {:?}", at(64, y));
    }
}

#[test]
fn light_is_what_is_averaged_with_linear() {
    let checker: Vec<u8> = (0..256 * 256).map(|i| if (i % 256 + i / 256) % 2 == 0 { 255 } else { 0 }).collect();
    let checker = png(256, 256, png::ColorType::Grayscale, &checker);
    let clear = png(256, 256, png::ColorType::Rgba, &[255, 255, 255, 128].repeat(256 * 256));
    for filter in ["lanczos3", "catmullrom", "mitchell", "area"] {
        for (linear, expected) in [(false, 128u8), (true, 188)] {
            let fixture = Fixture::new();
            fixture.file("s/checker.png", &checker);
            fixture.file("s/clear.png", &clear);
            let mut flags = vec!["--target", "64", "--filter", filter, "--matte", "#000000"];
            flags.extend(linear.then_some("--linear"));
            fixture.run(&flags).ends_with(0);
            for name in ["s/checker.jpg", "s/clear.jpg"] {
                let tree = fixture.look();
                let (rgb, width) = pixels(tree.file(name));
                let middle = rgb[(32 * width + 32) * 3];
                assert!(middle.abs_diff(expected) <= 2, "{name} {filter} linear {linear}: {middle}");
            }
        }
    }
}

#[test]
fn filters_differ_and_an_area_has_no_overshoot() {
    // A step: filters with negative lobes overshoot beside it, an area mean never does.
    let step: Vec<u8> = (0..300 * 300).map(|i| if i % 300 < 143 { 60 } else { 200 }).collect();
    let mut seen = Vec::new();
    for filter in ["lanczos3", "catmullrom", "mitchell", "area"] {
        let fixture = Fixture::new();
        fixture.file("s/step.png", &png(300, 300, png::ColorType::Grayscale, &step));
        fixture
            .run(&["--target", "100", "--filter", filter, "--quality", "100"])
            .ends_with(0);
        let tree = fixture.look();
        let (rgb, _) = pixels(tree.file("s/step.jpg"));
        let (least, most) = (*rgb.iter().min().expect("samples"), *rgb.iter().max().expect("samples"));
        assert_eq!(filter == "area", least >= 58 && most <= 202, "{filter}: {least} to {most}");
        assert!(!seen.contains(&rgb), "{filter} gives what another filter gave");
        seen.push(rgb);
    }
}

#[test]
fn progressive_files_hold_the_same_picture() {
    let run = |flags: &[&str]| {
        let fixture = Fixture::new();
        fixture.picture("s/a.png", 700, 500);
        fixture.run(flags).ends_with(0);
        fixture.look().file("s/a.jpg").to_vec()
    };
    let (baseline, progressive) = (run(&[]), run(&["--progressive"]));
    let frame = |file: &[u8]| file.windows(2).find(|pair| matches!(pair, [0xff, 0xc0 | 0xc2])).map(|pair| pair[1]);
    assert_eq!((frame(&baseline), frame(&progressive)), (Some(0xc0), Some(0xc2)));
    assert_eq!(pixels(&baseline), pixels(&progressive));
}
