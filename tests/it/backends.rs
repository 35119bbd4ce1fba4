//! Whole runs on the processor, on a graphics card, and on both: the very same files, and a report that says who resized.
//! Machines without a card run them on software Vulkan, which is why the pictures are small.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Finished, Fixture, Tree, drawn, finish};

const FILTERS: [&str; 4] = ["lanczos3", "catmullrom", "mitchell", "area"];

/// Whether this machine has anything that can be taken for a graphics card. Says so where it has not, and fails where it must.
fn has_adapter() -> bool {
    let fixture = Fixture::new();
    let listed = fixture.shardpress(["adapters", "--json"]).ends_with(0);
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    let there = listed["adapters"].as_array().is_some_and(|all| !all.is_empty());
    if !there {
        assert!(
            std::env::var_os("REQUIRE_GPU_ADAPTER").is_none_or(|value| value != "1"),
            "REQUIRE_GPU_ADAPTER=1, but no adapter was found"
        );
        eprintln!("SKIPPED: no graphics card, and no software that poses as one");
    }
    there
}

/// Repeatable samples with slopes and a grain.
fn samples(name: &str, count: usize) -> Vec<u8> {
    let mut state = twox_hash::XxHash3_128::oneshot(name.as_bytes()) as u64 | 1;
    (0..count)
        .map(|i| {
            // Marsaglia's xorshift64.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (i / 97) as u8 ^ (state & 31) as u8
        })
        .collect()
}

fn png(width: u32, height: u32, colour: png::ColorType, depth: png::BitDepth) -> Vec<u8> {
    let (mut file, name) = (Vec::new(), format!("{colour:?} {depth:?}"));
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == png::ColorType::Indexed {
        encoder.set_palette(samples("palette", 768));
        encoder.set_trns((0..=255).rev().collect::<Vec<u8>>());
    }
    let row = (width as usize * colour.samples() * depth as usize).div_ceil(8);
    let mut writer = encoder.write_header().expect("png");
    writer.write_image_data(&samples(&name, row * height as usize)).expect("png");
    writer.finish().expect("png");
    file
}

/// A grey PNG by Adam7, which no encoder at hand writes.
fn interlaced(width: usize, height: usize) -> Vec<u8> {
    // Passes of first column, first row, steps (PNG specification, clause 8.2).
    const PASSES: [[usize; 4]; 7] = [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
    ];
    let picture = samples("interlaced", width * height);
    let mut raw = Vec::new();
    for [x0, y0, dx, dy] in PASSES {
        for y in (y0..height).step_by(dy) {
            raw.push(0);
            raw.extend((x0..width).step_by(dx).map(|x| picture[y * width + x]));
        }
    }
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut deflated, &raw).expect("in memory");
    let mut head = Vec::new();
    head.extend((width as u32).to_be_bytes());
    head.extend((height as u32).to_be_bytes());
    head.extend([8, 0, 0, 0, 1]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [
        (b"IHDR", head),
        (b"IDAT", deflated.finish().expect("in memory")),
        (b"IEND", Vec::new()),
    ] {
        let named = [name.as_slice(), &body].concat();
        file.extend((body.len() as u32).to_be_bytes());
        file.extend(&named);
        file.extend(crc32fast::hash(&named).to_be_bytes());
    }
    file
}

fn jpeg(width: u16, height: u16, colour: jpeg_encoder::ColorType, orientation: Option<u8>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    if let Some(orientation) = orientation {
        // TIFF, little-endian: one entry, tag 0x112, a short.
        let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
        let block = [b"Exif\0\0II*\0\x08\0\0\0\x01\0".as_slice(), &entry, &[0; 4]].concat();
        encoder.add_app_segment(1, block).expect("a segment");
    }
    let count = usize::from(width) * usize::from(height) * if colour == jpeg_encoder::ColorType::Luma { 1 } else { 3 };
    let samples = samples(&format!("{width} {height} {orientation:?}"), count);
    encoder.encode(&samples, width, height, colour).expect("jpeg");
    file
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(
            &samples("webp", width as usize * height as usize * 4),
            width,
            height,
            image_webp::ColorType::Rgba8,
        )
        .expect("webp");
    file
}

/// A lossy WebP, with opacity where `count` is 4.
#[cfg(feature = "native-codecs")]
fn lossy(width: usize, height: usize, count: usize) -> Vec<u8> {
    use libwebp_sys::{WebPEncodeRGB, WebPEncodeRGBA, WebPFree};
    let samples = samples("lossy", width * height * count);
    let encode = if count == 4 { WebPEncodeRGBA } else { WebPEncodeRGB };
    let mut out = std::ptr::null_mut();
    let (width, height, row) = (width as i32, height as i32, (width * count) as i32);
    // SAFETY: the samples are `height` rows of `row` bytes and live through the call; `out` may be written. What comes back in it
    // is so many bytes of libwebp's own (checked not to be none), copied before they are freed, once.
    unsafe {
        let len = encode(samples.as_ptr(), width, height, row, 80.0, &mut out);
        assert!(len > 0 && !out.is_null(), "libwebp encodes");
        let file = std::slice::from_raw_parts(out, len).to_vec();
        WebPFree(out.cast());
        file
    }
}

/// One picture of every kind that takes a way of its own to the resize, none of more than 0.1 megapixels.
fn draw(fixture: &Fixture) -> usize {
    use png::BitDepth::{Eight, Four, Sixteen};
    use png::ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    let mut files = vec![
        ("rgb.png", png(301, 207, Rgb, Eight)),
        ("rgba.png", png(299, 201, Rgba, Eight)),
        ("grey.png", png(333, 111, Grayscale, Eight)),
        ("grey-4-bits.png", png(303, 99, Grayscale, Four)),
        ("grey-alpha.png", png(205, 307, GrayscaleAlpha, Eight)),
        ("palette.png", png(311, 187, Indexed, Eight)),
        ("rgb-16-bits.png", png(257, 193, Rgb, Sixteen)),
        ("rgba-16-bits.png", png(193, 257, Rgba, Sixteen)),
        ("interlaced.png", interlaced(310, 177)),
        ("thin.png", png(1000, 1, Rgb, Eight)),
        ("photo-grey.jpg", jpeg(283, 199, jpeg_encoder::ColorType::Luma, None)),
        ("photo.jpg", jpeg(317, 211, jpeg_encoder::ColorType::Rgb, None)),
        ("turned.jpg", jpeg(319, 173, jpeg_encoder::ColorType::Rgb, Some(6))),
        ("lossless.webp", drawn("lossless.webp", 289, 177)),
        ("lossless-alpha.webp", webp(287, 179)),
        ("bitmap.bmp", drawn("bitmap.bmp", 303, 155)),
        ("upright.png", png(90, 280, Rgb, Eight)),
    ];
    #[cfg(feature = "native-codecs")]
    files.extend([("lossy.webp", lossy(305, 181, 3)), ("lossy-alpha.webp", lossy(291, 203, 4))]);
    // Another batch of each, so that the card gets several at a time.
    for (name, file) in &files {
        fixture.file(&format!("one/{name}"), file);
        fixture.file(&format!("two/{name}"), file);
    }
    2 * files.len()
}

/// A library of those pictures, run with these flags: how it ended, what there is then, and the report.
#[track_caller]
fn run(flags: &[&str], change: impl FnOnce(&mut Command)) -> (Finished, Tree, Value, usize) {
    let fixture = Fixture::new();
    let pictures = draw(&fixture);
    let report = fixture.beside("report.json");
    let mut command = fixture.command();
    command
        .arg("run")
        .arg(fixture.library())
        // No forecast: its samples are made by the processor before the run begins.
        .args(["--yes", "--no-forecast", "--target", "128", "--matte", "#2080e0", "--json"])
        .arg(&report)
        .args(flags);
    change(&mut command);
    let ended = finish(command.spawn().expect("the program starts")).ends_with(0);
    let tree = fixture.look().without_ours();
    (ended, tree, read(&report), pictures)
}

fn read(report: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(report).expect("a report")).expect("JSON")
}

/// Notices that are about the graphics card.
fn notices(report: &Value) -> Vec<String> {
    let all = report["notices"].as_array().cloned().unwrap_or_default();
    let all = all.iter().map(Value::to_string);
    all.filter(|notice| notice.contains("graphics card")).collect()
}

#[test]
fn a_card_makes_the_very_files_of_the_processor() {
    if !has_adapter() {
        return;
    }
    for filter in FILTERS {
        for linear in [false, true] {
            let mut flags = vec!["--filter", filter, "--backend", "cpu"];
            flags.extend(linear.then_some("--linear"));
            let (_, by_cpu, report, pictures) = run(&flags, |_| {});
            assert_eq!(report["totals"]["images"]["shrunk"], pictures, "{flags:?}");
            assert!(report["card"].is_null(), "{flags:?}: {}", report["card"]);

            flags[3] = "gpu";
            let (_, by_card, report, _) = run(&flags, |_| {});
            by_card.has_the_contents_of(&by_cpu);
            let card = &report["card"];
            assert_eq!(card["choice"], "gpu", "{flags:?}");
            assert!(
                card["adapter"]["name"].as_str().is_some_and(|name| !name.is_empty()),
                "{flags:?}: {card}"
            );
            assert_eq!(card["redone_images"], 0, "{flags:?}: {card}");
            // The first is compared with the processor's, and nothing else goes to the card until then.
            assert!(
                card["compared_images"].as_u64().is_some_and(|count| count >= 1),
                "{flags:?}: {card}"
            );
            // Whoever asks for the card gets it for every image that fits.
            assert_eq!(card["images"], pictures, "{flags:?}: {card}");
            assert!(!card["verdict"].as_str().unwrap_or_default().is_empty(), "{flags:?}: {card}");
            let software = card["adapter"]["kind"] == "software";
            assert_eq!(notices(&report).len(), usize::from(software), "{flags:?}: {:?}", notices(&report));
        }
    }
}

#[test]
fn auto_makes_the_same_files_and_opens_no_card_for_little_work() {
    for linear in [&[][..], &["--linear"]] {
        let (_, by_cpu, ..) = run(&[linear, &["--backend", "cpu"]].concat(), |_| {});
        let (_, by_auto, report, _) = run(&[linear, &["--backend", "auto"]].concat(), |_| {});
        by_auto.has_the_contents_of(&by_cpu);
        let card = &report["card"];
        assert_eq!(
            (&card["choice"], &card["adapter"], &card["images"]),
            (&"auto".into(), &Value::Null, &0.into()),
            "{card}"
        );
        assert!(
            card["verdict"].as_str().is_some_and(|why| why.contains("too little work")),
            "{card}"
        );
        assert_eq!(notices(&report), [""; 0], "nobody asked for a card");
    }
}

#[test]
fn a_card_that_is_not_there_is_one_note_and_the_processor_resizes() {
    #[track_caller]
    fn check(flags: &[&str], change: impl FnOnce(&mut Command), words: &str) {
        let (_, by_cpu, ..) = run(&["--backend", "cpu"], |_| {});
        let (ended, found, report, _) = run(&[&["--backend", "gpu"], flags].concat(), change);
        found.has_the_contents_of(&by_cpu);
        let notices = notices(&report);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains(words), "{notices:?}");
        assert_eq!((&report["card"]["adapter"], &report["card"]["images"]), (&Value::Null, &0.into()));
        ended.says(&["graphics card"]);
    }
    // Drivers are found through files on Linux alone.
    #[cfg(target_os = "linux")]
    check(
        &[],
        |command| {
            command.envs([("VK_DRIVER_FILES", "/nowhere.json"), ("VK_ICD_FILENAMES", "/nowhere.json")]);
        },
        "no graphics card was found",
    );
    if has_adapter() {
        check(&["--adapter", "no such card"], |_| {}, "no such card");
    }
}
