//! A folder of hostile pictures with good ones among them, as a user meets it: one run. The good ones are shrunk, each hostile one
//! gets a sound replacement or is refused by name with a reason and keeps every byte, and memory stays within what was allowed.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use crate::bombs::{self, Must};
use crate::fixture::{Fixture, drawn, finish, jpeg_size};

/// `--memory`, mebibytes.
const ALLOWED: u64 = 256;
/// What the program takes beside the pictures it works on, mebibytes: itself, its threads, lists, and what the allocator keeps.
const BESIDE: u64 = 96;
/// Formats of the good ones.
const GOOD: [&str; 4] = ["png", "jpg", "webp", "bmp"];

#[test]
fn a_folder_of_hostile_pictures_costs_no_more_than_their_names() {
    let fixture = Fixture::new();
    for ending in GOOD {
        // Two formats may not come to one name.
        fixture.file(&format!("a/good-{ending}.{ending}"), &drawn(&format!("good.{ending}"), 640, 480));
    }
    let hostile = bombs::all();
    // By their whole names: those that differ in their ending alone would come to one.
    for (name, content, _) in &hostile {
        fixture.file(&format!("a/{}-{name}", name.replace('.', "-")), content);
    }
    let report = fixture.beside("report.json");
    let memory = format!("{ALLOWED}M");
    let child = fixture.start(&[
        "--json",
        report.to_str().expect("utf-8"),
        "--no-forecast",
        "--backend",
        "cpu",
        "--memory",
        &memory,
        "--workers",
        "2",
        "--metadata",
        "keep",
        "--prompts",
    ]);
    let peak = watched(child.id());
    let finished = finish(child).ends_with(1);
    let peak = peak.join().expect("the watcher");

    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).expect("report")).expect("JSON");
    let outcomes: HashMap<String, String> = report["shards"]
        .as_array()
        .expect("shards")
        .iter()
        .flat_map(|shard| shard["images"].as_array().expect("images"))
        .map(|image| {
            let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
            (text(&image["name"]["text"]), text(&image["outcome"]))
        })
        .collect();
    let reasons: HashMap<PathBuf, String> = report["failures"]
        .as_array()
        .expect("failures")
        .iter()
        .map(|failure| {
            let path = PathBuf::from(failure["path"]["text"].as_str().expect("path"));
            (path, failure["message"].as_str().expect("message").to_owned())
        })
        .collect();
    let mut faults = Vec::new();
    for (name, content, must) in &hostile {
        let own = format!("{}-{name}", name.replace('.', "-"));
        let path = fixture.library().join("a").join(&own);
        let outcome = outcomes.get(&own).map_or("left_alone", String::as_str);
        let kept = fs::read(&path).is_ok_and(|now| now == *content);
        let reason = reasons
            .iter()
            .find_map(|(path, reason)| path.ends_with(&own).then_some(reason.as_str()))
            .unwrap_or_default();
        println!("{name}: {outcome} {reason}");
        let fault = match (outcome, must) {
            ("shrunk", Must::Shrunk | Must::WholeOrShrunk) => {
                let replacement = fs::read(path.with_extension("jpg")).unwrap_or_default();
                let sound = jpeg_size(&replacement).is_some_and(|(width, height)| width.max(height) == 512);
                (!sound).then(|| "its replacement is no JPEG of 512 pixels".to_owned())
            }
            ("refused" | "failed", Must::Refused | Must::WholeOrShrunk) => {
                let said = reason.len() > 20 && finished.err.contains(&own) | finished.out.contains(&own);
                (!kept || !said || reason.contains("own code failed")).then(|| format!("{outcome}, kept {kept}, said {said}: {reason}"))
            }
            ("left_alone", Must::WholeOrShrunk) => (!kept).then(|| "left alone, but it changed".to_owned()),
            (outcome, must) => Some(format!("{outcome}, kept {kept}, must {must:?}: {reason}")),
        };
        faults.extend(fault.map(|fault| format!("{name}: {fault}")));
    }
    for ending in GOOD {
        let own = format!("good-{ending}.{ending}");
        if outcomes.get(&own).map(String::as_str) != Some("shrunk") {
            faults.push(format!("{own}: {:?}", outcomes.get(&own)));
        }
    }
    println!("{} hostile files, at most {:?} MiB", hostile.len(), peak.map(|bytes| bytes >> 20));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    if let Some(peak) = peak {
        assert!(
            peak <= (ALLOWED + BESIDE) << 20,
            "{} MiB, {ALLOWED} + {BESIDE} are allowed",
            peak >> 20
        );
        // The watcher saw the run.
        assert!(peak > 8 << 20, "{} MiB", peak >> 20);
    }
}

/// The most memory that a process ever has, bytes; `None` where the system does not tell. Ends with the process.
fn watched(process: u32) -> std::thread::JoinHandle<Option<u64>> {
    std::thread::spawn(move || {
        let mut peak = None;
        // Gone, or without memory once it has ended but was not waited for.
        while let Some(now) = fs::read_to_string(format!("/proc/{process}/status")).ok().and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        }) {
            peak = Some(now << 10);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        peak
    })
}
