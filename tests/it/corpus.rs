//! The corpus of hard pictures, as a user meets it: every file in a shard of its own, one run over all of them, and the
//! verdict of each held against the manifest. What comes out is decoded and compared with the truth picture.
//!
//! The corpus is no part of the repository; the folder is named by `SHARDPRESS_CORPUS`.

use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::fixture::Fixture;

/// Mean absolute difference to the truth picture that is allowed, levels of 255.
const TOLERANCE: f64 = 4.0;

/// The same for JPEGs with odd chroma sampling, whose upsampling differs between decoders.
const ODD_SAMPLING_TOLERANCE: f64 = 12.0;

/// Files on which this program is stricter than the manifest: both decoders behind it only warn, and replace the
/// missing pixels with grey. Half a picture never replaces an original here.
const STRICTER: [&str; 2] = [
    "jpeg-icc-large__its__7997b6b229f25315d33f5c7085e37500.jpg",
    "jpeg-sampling-large__ljtseed__id-001603-src-001061-op-arith16-pos-225-val-be--16.jpg",
];

/// What the pure Rust codec refuses beyond that: chroma at a third of the width.
const PURE_STRICTER: [&str; 1] = ["gen_jpeg-samp-3x1_1x1_1x1.jpg"];

#[test]
fn every_file_of_the_corpus_gets_its_verdict() {
    let Some(corpus) = std::env::var_os("SHARDPRESS_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: SHARDPRESS_CORPUS does not name a folder with the corpus");
        return;
    };
    let manifest = fs::read_to_string(corpus.join("MANIFEST.csv")).expect("manifest");
    let rows = csv(&manifest);
    assert!(rows.len() > 300, "{} rows", rows.len());
    let fixture = Fixture::new();
    for (number, row) in rows.iter().enumerate() {
        let shard = fixture.library().join(format!("shard_{number:05}"));
        fs::create_dir(&shard).expect("folder");
        fs::copy(corpus.join(&row["file"]), shard.join(&row["file"])).expect("copy");
    }
    let report = fixture.beside("report.json");
    let finished = fixture.run(&["--json", report.to_str().expect("utf-8"), "--quiet"]);
    assert_eq!(finished.code, Some(1), "{}", finished.err);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).expect("report")).expect("JSON");
    let outcomes: HashMap<&str, &str> = report["shards"]
        .as_array()
        .expect("shards")
        .iter()
        .flat_map(|shard| shard["images"].as_array().expect("images"))
        .map(|i| (i["name"]["text"].as_str().expect("name"), i["outcome"].as_str().expect("outcome")))
        .collect();
    let faults: Vec<String> = rows
        .iter()
        .enumerate()
        .filter_map(|(number, row)| {
            let shard = fixture.library().join(format!("shard_{number:05}"));
            let outcome = outcomes.get(row["file"].as_str()).copied();
            judge(&corpus, &shard, row, outcome)
                .err()
                .map(|fault| format!("{}: {fault}", row["file"]))
        })
        .collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

/// Holds one file's outcome against its row.
fn judge(corpus: &Path, shard: &Path, row: &HashMap<String, String>, outcome: Option<&str>) -> Result<(), String> {
    let name = row["file"].as_str();
    let original = fs::read(corpus.join(name)).expect("corpus");
    let kept = shard.join(name);
    let verdict = match outcome {
        Some("shrunk") => "process",
        // Nothing is said of what is no image by its name, such as a GIF without one of its frames.
        Some("left_alone") | None => "skip",
        Some("refused" | "failed") => "reject",
        Some(other) => return Err(format!("ended as {other}")),
    };
    if verdict != "process" && fs::read(&kept).ok().as_ref() != Some(&original) {
        return Err(format!("{verdict}, but it is not what it was"));
    }
    let stricter = STRICTER.contains(&name) || (cfg!(not(feature = "native-codecs")) && PURE_STRICTER.contains(&name));
    if stricter {
        return if verdict == "reject" {
            Ok(())
        } else {
            Err(format!("{verdict}: it is no exception any more"))
        };
    }
    // A small JPEG, WebP or BMP stays and is not read beyond its header, so damage behind it is nobody's business; the
    // manifest's verdicts are those of a tool that decodes everything.
    let stays_unread = verdict == "skip" && matches!(row["magic"].as_str(), "jpeg" | "webp" | "bmp") && longest(row) <= 512;
    if !stays_unread && !row["expect"].split('|').any(|e| e == verdict) {
        return Err(format!("{verdict}, wanted {} ({})", row["expect"], row["why"]));
    }
    if verdict == "process" {
        picture_is_right(corpus, shard, row)
    } else {
        Ok(())
    }
}

/// Size and pixels of the replacement.
fn picture_is_right(corpus: &Path, shard: &Path, row: &HashMap<String, String>) -> Result<(), String> {
    let name = Path::new(&row["file"]);
    let jpeg = name
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("jpg") || e.eq_ignore_ascii_case("jpeg"));
    let output = if jpeg {
        shard.join(name)
    } else {
        shard.join(name.file_stem().expect("stem")).with_file_name_jpg()
    };
    let (width, height, pixels) = decoded(&output)?;
    if row["out_w"].is_empty() {
        // No decoder behind the manifest opened it, so there is nothing to compare with.
        return Ok(());
    }
    let wanted: (u32, u32) = (number(&row["out_w"])?, number(&row["out_h"])?);
    let (near_w, near_h) = (width.abs_diff(wanted.0), height.abs_diff(wanted.1));
    if near_w > 1 || near_h > 1 || width.max(height) != wanted.0.max(wanted.1) {
        return Err(format!("{width}x{height}, wanted {wanted:?}"));
    }
    if row["truth"].is_empty() || row["truth_agree"] != "1" {
        return Ok(());
    }
    let (tw, th, truth) = truth(&corpus.join(&row["truth"]));
    // Where the truth is the picture itself, single pixels of a dither would show what JPEG does to them: there a quarter
    // of the size is compared.
    let whole = (tw, th) == (width as usize, height as usize);
    let (w, h) = if whole { ((tw / 4).max(1), (th / 4).max(1)) } else { (tw, th) };
    let small = averaged(&pixels, width as usize, height as usize, w, h);
    let truth = averaged(&truth, tw, th, w, h);
    let error = small.iter().zip(&truth).map(|(a, b)| (a - b).abs()).sum::<f64>() / truth.len() as f64;
    let odd = row["kind"].contains("sampling");
    let allowed = if odd { ODD_SAMPLING_TOLERANCE } else { TOLERANCE };
    if error <= allowed {
        Ok(())
    } else {
        Err(format!("mean absolute difference {error:.2}"))
    }
}

/// The longest side that the manifest knows; 0 where no decoder opened the file.
fn longest(row: &HashMap<String, String>) -> u32 {
    let side = |key: &str| row[key].parse().unwrap_or(0);
    side("width").max(side("height"))
}

/// Appending, not replacing an ending: a stem may have dots.
trait WithJpg {
    fn with_file_name_jpg(self) -> PathBuf;
}

impl WithJpg for PathBuf {
    fn with_file_name_jpg(self) -> PathBuf {
        let mut name = self.into_os_string();
        name.push(".jpg");
        name.into()
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("the manifest says `{text}` where a number belongs"))
}

/// RGB pixels of a JPEG, by a decoder that the program's default build does not use.
fn decoded(path: &Path) -> Result<(u32, u32, Vec<u8>), String> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let options = zune_core::options::DecoderOptions::default().jpeg_set_out_colorspace(zune_core::colorspace::ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(Cursor::new(bytes), options);
    let pixels = decoder.decode().map_err(|e| format!("the replacement does not decode: {e:?}"))?;
    let (width, height) = decoder.dimensions().ok_or("no dimensions")?;
    Ok((width as u32, height as u32, pixels))
}

/// RGB pixels of a truth picture.
fn truth(path: &Path) -> (usize, usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(Cursor::new(fs::read(path).expect("truth")));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("PNG");
    let mut data = vec![0; reader.output_buffer_size().expect("size")];
    let info = reader.next_frame(&mut data).expect("pixels");
    data.truncate(info.buffer_size());
    if info.color_type == png::ColorType::Grayscale {
        data = data.iter().flat_map(|v| [*v; 3]).collect();
    }
    (info.width as usize, info.height as usize, data)
}

/// As Pillow's box filter, which the truth pictures were made with: means of the pixels whose centres fall into the area
/// of the new one.
fn averaged(pixels: &[u8], width: usize, height: usize, to_w: usize, to_h: usize) -> Vec<f64> {
    let (columns, lines) = (boxes(width, to_w), boxes(height, to_h));
    let mut out = Vec::with_capacity(to_w * to_h * 3);
    for line in &lines {
        for column in &columns {
            for channel in 0..3 {
                let values = line
                    .iter()
                    .flat_map(|y| column.iter().map(move |x| f64::from(pixels[(y * width + x) * 3 + channel])));
                out.push(values.sum::<f64>() / (line.len() * column.len()) as f64);
            }
        }
    }
    out
}

/// For each of `to` boxes over `from` pixels: the pixels whose centres it holds.
fn boxes(from: usize, to: usize) -> Vec<Vec<usize>> {
    let scale = from as f64 / to as f64;
    let holds = |i: usize, x: usize| {
        let distance = (x as f64 + 0.5) / scale - (i as f64 + 0.5);
        distance > -0.5 && distance <= 0.5
    };
    (0..to).map(|i| (0..from).filter(|x| holds(i, *x)).collect()).collect()
}

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
        .filter(|l| l.len() == names.len())
        .map(|l| names.iter().cloned().zip(l).collect())
        .collect()
}
