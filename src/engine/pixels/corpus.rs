//! The corpus of hard pictures: every file's verdict and pixels against its manifest. Reads the folder named by
//! `SHARDPRESS_CORPUS`; says loudly that it skips without one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::basin::decode_both_ways;
use super::decode::{DecodeOptions, check_limits, rows};
use super::probe::{InMemory, ProbeError, probe};
use super::{Pixels, orient};
use crate::engine::settings::{Format, Limits};

const MATTE: [u8; 3] = [114, 114, 114];
/// Mean absolute error against the truth picture, 8-bit samples.
const TOLERANCE: f64 = 4.0;
/// The same for a JPEG whose chroma is sampled oddly: decoders interpolate differently.
const ODD_SAMPLING_TOLERANCE: f64 = 12.0;
/// Files that we judge otherwise than the manifest, and why.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "jpeg-icc-large__its__7997b6b229f25315d33f5c7085e37500.jpg",
        "a foreign marker cuts its scan: half a row of blocks is plain grey, which the manifest's decoders only warn of",
    ),
    (
        "jpeg-sampling-large__ljtseed__id-001603-src-001061-op-arith16-pos-225-val-be--16.jpg",
        "a fuzzer's file with invalid Huffman codes, which the manifest's decoders only warn of",
    ),
    #[cfg(not(feature = "native-codecs"))]
    (
        "gen_jpeg-samp-3x1_1x1_1x1.jpg",
        "zune-jpeg does not read chroma at a third of the width, and says so",
    ),
    (
        "jpeg-ycck-small__12m__warning-embedded-color-profile-invalid-ignored-cmyk.jpg",
        "moxcms has no transform for its scanner's CMYK profile; the plain formula is 13 levels off (small: never worked on)",
    ),
];

/// Rows of a CSV file with quoted fields, as maps from the header's names.
fn csv(text: &str) -> Vec<HashMap<String, String>> {
    let mut lines: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut quoted = false;
    for c in text.chars() {
        let line = lines.last_mut().expect("never empty");
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(String::new()),
            '\n' if !quoted => lines.push(vec![String::new()]),
            '\r' if !quoted => {}
            c => line.last_mut().expect("never empty").push(c),
        }
    }
    let names = lines.remove(0);
    lines
        .into_iter()
        .filter(|line| line.len() == names.len())
        .map(|line| names.iter().cloned().zip(line).collect())
        .collect()
}

fn truth(path: &Path) -> (usize, usize, Vec<u8>) {
    let file = std::io::BufReader::new(fs::File::open(path).expect("a truth picture"));
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut data = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut data).expect("pixels");
    data.truncate(info.buffer_size());
    if info.color_type == png::ColorType::Grayscale {
        data = data.iter().flat_map(|&v| [v; 3]).collect();
    }
    assert_eq!(data.len(), info.width as usize * info.height as usize * 3, "{path:?} is RGB");
    (info.width as usize, info.height as usize, data)
}

/// As Pillow's box filter, which the truth pictures were made with: the mean of the pixels whose centres fall into the
/// area of the new one.
fn shrunk(pixels: &Pixels, width: usize, height: usize) -> Vec<f64> {
    let (w, h, count) = (pixels.size.width as usize, pixels.size.height as usize, pixels.channels.count());
    let spans = |from: usize, to: usize| -> Vec<Vec<usize>> {
        let scale = from as f64 / to as f64;
        (0..to)
            .map(|i| {
                let centre = (i as f64 + 0.5) * scale;
                let first = (centre - scale / 2.0 + 0.5).max(0.0) as usize;
                let last = ((centre + scale / 2.0 + 0.5) as usize).min(from);
                let inside = |x: usize| {
                    let distance = (x as f64 - centre + 0.5) / scale;
                    distance > -0.5 && distance <= 0.5
                };
                (first..last).filter(|&x| inside(x)).collect()
            })
            .collect()
    };
    let (columns, lines) = (spans(w, width), spans(h, height));
    let mut out = Vec::with_capacity(width * height * 3);
    for line in &lines {
        for column in &columns {
            let (mut sum, mut weights) = ([0.0; 3], 0.0);
            for &y in line {
                for &x in column {
                    let pixel = &pixels.data[(y * w + x) * count..][..count];
                    for (channel, sum) in sum.iter_mut().enumerate() {
                        *sum += f64::from(pixel[channel % count]);
                    }
                    weights += 1.0;
                }
            }
            out.extend(sum.map(|sum| sum / weights));
        }
    }
    out
}

fn judge(folder: &Path, row: &HashMap<String, String>, faults: &mut Vec<String>) {
    let name = row["file"].as_str();
    let bytes = fs::read(folder.join(name)).expect("a file of the corpus");
    let limits = Limits::default();
    let options = DecodeOptions {
        matte: MATTE.into(),
        limits: &limits,
        deadline: None,
        keep_profile: false,
        least: None,
    };
    let may = |verdict: &str| row["expect"].split('|').any(|v| v == verdict);
    let header = match probe(&mut InMemory(&bytes)) {
        Ok(header) => header,
        Err(ProbeError::OtherFormat(format)) => {
            if !may("skip") && !may("reject") {
                faults.push(format!("{name}: taken for {format}"));
            }
            return;
        }
        Err(error) => {
            if !may("reject") {
                faults.push(format!("{name}: probe: {error}"));
            }
            return;
        }
    };
    if header.animated {
        if !may("skip") {
            faults.push(format!("{name}: taken for animated"));
        }
        return;
    }
    if row["frames"].parse::<u32>().is_ok_and(|frames| frames > 1) && row["magic"] != "bmp" {
        faults.push(format!("{name}: {} frames, not taken for animated", row["frames"]));
    }
    let result = check_limits(&header, bytes.len() as u64, &limits).and_then(|()| decode_both_ways(&bytes, &header, &options));
    let decoded = match result {
        Err(error) => {
            // Small JPEGs are skipped unread: whether they decode decides nothing.
            let read_anyway = !matches!(header.format, Format::Gif | Format::Jpeg);
            if row["expect"] == "process" || (row["expect"] == "skip" && row["second_ok"] == "1" && read_anyway) {
                faults.push(format!("{name}: {error}"));
            }
            return;
        }
        Ok(decoded) => decoded,
    };
    if row["expect"] == "reject" {
        faults.push(format!("{name}: accepted ({})", row["why"]));
        return;
    }
    if let Ok(Some(mut rows)) = rows(&bytes, &header, &options) {
        let mut data = vec![0; decoded.pixels.data.len()];
        let done = rows.next_rows(&mut data).and_then(|()| rows.finish());
        if done.is_err() || data != decoded.pixels.data || rows.orientation() != decoded.orientation {
            faults.push(format!("{name}: in strips {done:?}, same pixels: {}", data == decoded.pixels.data));
        }
    }
    if row["truth"].is_empty() || row["truth_agree"] != "1" {
        return;
    }
    let pixels = orient::turn(decoded.pixels, decoded.orientation);
    let displayed = (row["disp_w"].parse(), row["disp_h"].parse());
    if displayed != (Ok(pixels.size.width), Ok(pixels.size.height)) {
        faults.push(format!("{name}: {:?}, should be seen as {displayed:?}", pixels.size));
        return;
    }
    let (width, height, expected) = truth(&folder.join(&row["truth"]));
    let got = shrunk(&pixels, width, height);
    let error = got.iter().zip(&expected).map(|(a, &b)| (a - f64::from(b)).abs()).sum::<f64>() / got.len() as f64;
    let odd = row["kind"].contains("sampling") && header.format == Format::Jpeg;
    if error > if odd { ODD_SAMPLING_TOLERANCE } else { TOLERANCE } {
        faults.push(format!("{name}: mean absolute error {error:.2}"));
    }
}

#[test]
fn every_file_gets_its_verdict_and_its_pixels() {
    let Some(folder) = std::env::var_os("SHARDPRESS_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: SHARDPRESS_CORPUS does not name a folder with the corpus");
        return;
    };
    let manifest = fs::read_to_string(folder.join("MANIFEST.csv")).expect("the corpus has a manifest");
    let rows = csv(&manifest);
    assert!(rows.len() > 300, "{} rows", rows.len());
    let mut faults = Vec::new();
    for row in &rows {
        judge(&folder, row, &mut faults);
    }
    faults.retain(|fault| !OTHERWISE.iter().any(|(name, _)| fault.starts_with(name)));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
