//! The doors in every test run: findings of earlier campaigns, kept in `tests/data/fuzz`, and a short campaign that is the same each
//! time. It is no search for new faults (that is `tests/faults/fuzz.sh`), but shows that the doors open and notice.

use std::fs;
use std::path::Path;

use super::*;
use crate::engine::drawn_pictures;

/// The name of a fuzz target, and its door.
type Door = (&'static str, fn(&[u8]));

/// All of them.
const DOORS: [Door; 7] = [
    ("probe", probe),
    ("decode", |data| decode(data, &mut ())),
    ("metadata", metadata),
    ("sidecar", sidecar),
    ("journal", journal),
    ("settings", settings),
    ("report", report),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Mutations by a generator of numbers (xorshift, Marsaglia 2003): the same from run to run.
struct Mutator(u64);

impl Mutator {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    /// Up to four changes of the kinds that find most: bits, whole bytes, lengths, pieces copied, cut out or put in.
    fn mutated(&mut self, seed: &[u8], words: &[&str]) -> Vec<u8> {
        let mut file = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(file.len());
            let few = self.below(24);
            match self.below(7) {
                0 if !file.is_empty() => file[at] ^= 1 << self.below(8),
                1 if !file.is_empty() => file[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                2 => file.truncate(at),
                3 => {
                    let piece = file[at..(at + few).min(file.len())].to_vec();
                    let to = self.below(file.len());
                    file.splice(to..to, piece);
                }
                4 => drop(file.drain(at..(at + few).min(file.len()))),
                5 if !words.is_empty() => {
                    let word = words[self.below(words.len())].bytes();
                    file.splice(at..(at + few / 8).min(file.len()), word);
                }
                _ if at + 4 <= file.len() => {
                    let number = [0, 1, 0xffff, 0x7fff_ffff, u32::MAX][self.below(5)];
                    file[at..at + 4].copy_from_slice(&number.to_be_bytes());
                }
                _ => {}
            }
        }
        if self.below(4) > 0 {
            mend_png(&mut file);
        }
        file
    }
}

/// Makes the checksums of a PNG right, so that more than the first of them is tried.
fn mend_png(file: &mut [u8]) {
    if !file.starts_with(b"\x89PNG\r\n\x1a\n") {
        return;
    }
    let mut at = 8;
    while let Some(head) = file.get(at..at + 4) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(end) = (at + 8).checked_add(length).filter(|end| end + 4 <= file.len()) else {
            return;
        };
        let sum = crc32fast::hash(&file[at + 4..end]).to_be_bytes();
        file[end..end + 4].copy_from_slice(&sum);
        at = end + 4;
    }
}

fn campaign(name: &str, rounds: usize, seeds: &[Vec<u8>], words: &[&str]) {
    let (_, door) = DOORS.iter().find(|(door, _)| *door == name).expect("a door");
    let mut mutator = Mutator(0x9e37_79b9_7f4a_7c15);
    for seed in seeds {
        door(seed);
        for _ in 0..rounds.div_ceil(seeds.len()) {
            door(&mutator.mutated(seed, words));
        }
    }
}

fn pictures() -> Vec<Vec<u8>> {
    drawn_pictures().into_iter().map(|(_, file, _)| file).collect()
}

#[test]
fn every_door_has_its_target() {
    for (name, _) in DOORS {
        let text = fs::read_to_string(root().join("fuzz/fuzz_targets").join(format!("{name}.rs"))).expect(name);
        assert!(text.contains(&format!("shardpress::fuzzing::{name}(")), "{name}");
    }
}

#[test]
fn what_campaigns_found_stays_found() {
    let mut kept = 0;
    for (name, door) in DOORS {
        let Ok(files) = fs::read_dir(root().join("tests/data/fuzz").join(name)) else {
            continue;
        };
        for file in files {
            let file = file.expect("an entry").path();
            // Should it panic, the test's output tells which file it was.
            eprintln!("{}", file.display());
            door(&fs::read(&file).expect("a kept finding"));
            kept += 1;
        }
    }
    assert!(kept > 0, "tests/data/fuzz was not found");
}

#[test]
fn pictures_that_are_damaged() {
    campaign("probe", 6000, &pictures(), &[]);
    campaign("decode", 300, &pictures(), &[]);
    campaign("metadata", 600, &pictures(), &["Exif\0\0", "GPS", "<x:xmpmeta", "iTXt", "eXIf"]);
}

#[test]
fn sidecars_of_all_kinds() {
    const WORDS: [&str; 14] = [
        "\"width\":20",
        "\"tags\":[]",
        "\"ext\":\".png\"",
        "\"path\":\"x/a.png\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\u00e9",
        "\n",
        "\u{feff}",
    ];
    let text = "{\"filename\": \"a.png\", \"width\": 20, \"height\":10.0, \"tags\": [\"x\", \"y\"],\r\n \"ext\": \"PNG\", \"more\":{\"image\":\"./b.JPEG\",\"tags\":\"a, b\"}}";
    let seeds: Vec<Vec<u8>> = (0..32_u8)
        .map(|how| {
            let rows = if how & 8 == 0 { 1 } else { 2 };
            [vec![how, 0x3f, 0x01], format!("{text}\n").repeat(rows).into_bytes()].concat()
        })
        .collect();
    campaign("sidecar", 6000, &seeds, &WORDS);
}

#[test]
fn journals_that_are_damaged() {
    let seeds: Vec<Vec<u8>> = (170..=255_u8)
        .map(|how| vec![how, 0, 0, 90, 1, 1, 2, 200, 0, 3, 1, 0, 40])
        .collect();
    campaign("journal", 3000, &seeds, &[]);
    let lines = "\u{60}{\"begin\":{\"version\":1,\"run\":\"r1\",\"originals\":\"keep\",\"started\":1}}\n{\"batch\":{\"done\":[1]}}\n";
    campaign(
        "journal",
        2000,
        &[lines.as_bytes().to_vec()],
        &["../", "{\"hex\":\"2f\"}", "\"resumed\":true", "2", "{", "}"],
    );
}

#[test]
fn texts_that_people_write() {
    let presets: Vec<Vec<u8>> = crate::engine::PRESETS
        .iter()
        .map(|preset| preset.text.as_bytes().to_vec())
        .collect();
    campaign(
        "settings",
        400,
        &presets,
        &["nan", "1e9", "\"1.5MP\"", "[choose]\nslice = \"2/3\"", "=", "\n", "7d", "-1"],
    );
    let report = serde_json::to_vec(&crate::report::Report::new(&crate::report::samples::run())).expect("plain values");
    campaign(
        "report",
        120,
        &[report],
        &["18446744073709551615", "-1", "1e308", "null", "[]", "\"\""],
    );
}

/// Every number of a report, one after another, as large as it can be: sums and differences of them end nothing.
#[test]
fn reports_whose_numbers_do_not_add_up() {
    let whole = serde_json::to_value(crate::report::Report::new(&crate::report::samples::run())).expect("plain values");
    let mut places = Vec::new();
    numbers(&whole, String::new(), &mut places);
    assert!(places.len() > 200, "{} numbers", places.len());
    for (place, kind) in &places {
        // One image, one point of a series and so on stand for all.
        if place.split('/').any(|part| part.parse::<usize>().is_ok_and(|index| index > 0)) {
            continue;
        }
        let extremes = match kind {
            Kind::Whole => vec![u64::MAX.into(), 0.into()],
            Kind::Signed => vec![i64::MIN.into(), i64::MAX.into()],
            Kind::Part => vec![1e308.into(), (-1e308).into()],
        };
        for extreme in extremes {
            let mut changed = whole.clone();
            *changed.pointer_mut(place).expect("a place that is there") = extreme;
            eprintln!("{place}");
            report(changed.to_string().as_bytes());
        }
    }
}

/// More numbers in a series than it has times for.
#[test]
fn reports_whose_series_are_of_different_lengths() {
    let mut value = serde_json::to_value(crate::report::Report::new(&crate::report::samples::run())).expect("plain values");
    let series = value.pointer_mut("/phases/series").expect("a series");
    let before = series["seconds"].as_array().map_or(0, Vec::len);
    assert!(before > 1);
    series["seconds"] = serde_json::json!([0.5]);
    let bytes = value.to_string().into_bytes();
    report(&bytes);
    // The door came as far as to the merged series.
    let one = crate::report::parse(&bytes).expect("a report");
    let other = reports::elsewhere(&one);
    let merged = crate::report::merge(vec![("one".to_owned(), one), ("other".to_owned(), other)]).expect("two runs");
    assert!(!merged.phases.series.seconds.is_empty());
}

enum Kind {
    Whole,
    Signed,
    Part,
}

/// The places of all numbers of a value, as JSON pointers.
fn numbers(value: &serde_json::Value, at: String, found: &mut Vec<(String, Kind)>) {
    match value {
        serde_json::Value::Number(number) if number.is_f64() => found.push((at, Kind::Part)),
        serde_json::Value::Number(_) if at.ends_with("saved") || at.contains("bytes_saved") => found.push((at, Kind::Signed)),
        serde_json::Value::Number(_) => found.push((at, Kind::Whole)),
        serde_json::Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                numbers(item, format!("{at}/{place}"), found);
            }
        }
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                numbers(field, format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}
