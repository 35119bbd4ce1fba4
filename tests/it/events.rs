//! What happens, told to programs: every line keeps to the schema, and nobody who reads them can stop a run.

use std::fs;
use std::io::{BufRead as _, BufReader};

use serde_json::Value;

use crate::fixture::{Fixture, finish};

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../../docs/events.schema.json")).expect("JSON");
    jsonschema::validator_for(&schema).expect("schema")
}

/// Lines as values; each is held to the schema and counted.
#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    let schema = schema();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    for (n, line) in lines.iter().enumerate() {
        let errors: Vec<String> = schema.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line:#}\n{errors:#?}");
        assert_eq!(line["seq"], n, "a line is missing");
    }
    lines
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["event"].as_str()).collect()
}

#[test]
fn events_on_standard_output_are_alone_there() {
    let fixture = Fixture::sample();
    let library = fixture.library();
    for (arguments, shrunk) in [
        (&["plan"][..], 0),
        (&["plan", "--exact"], 1),
        (&["run", "--yes"], 1),
        (&["run", "--yes"], 0),
        (&["recover"], 0),
    ] {
        let finished =
            fixture.shardpress(
                arguments
                    .iter()
                    .map(AsRef::as_ref)
                    .chain([library.as_os_str(), "--events".as_ref(), "-".as_ref()]),
            );
        let finished = finished.ends_with(0);
        let lines = lines(&finished.out);
        let kinds = kinds(&lines);
        assert_eq!((kinds[0], kinds[kinds.len() - 1]), ("begin", "end"), "{arguments:?}");
        assert!(!finished.err.is_empty(), "the words went nowhere");
        let images = lines.iter().filter(|line| line["event"] == "image");
        assert_eq!(images.clone().count() > 0, shrunk > 0, "{arguments:?}");
        let end = &lines[lines.len() - 1];
        assert_eq!(end["exit_code"], 0);
        if kinds.contains(&"started") {
            // Counts of every kind agree.
            let planned = lines.iter().find(|line| line["event"] == "planned").expect("planned");
            let tick = lines.iter().rfind(|line| line["event"] == "tick").expect("at least the last");
            assert_eq!(planned["work_images"], images.clone().count());
            assert_eq!((&tick["done"], &tick["total"]), (&planned["work_images"], &planned["work_images"]));
            let saved: i64 = images
                .map(|i| i["bytes_before"].as_i64().expect("bytes") - i["bytes_after"].as_i64().expect("bytes"))
                .sum();
            assert_eq!(end["result"]["bytes_saved"], saved);
            assert_eq!(tick["saved_bytes"], saved);
            let started = kinds.iter().filter(|kind| **kind == "shard_started").count();
            assert_eq!(started, kinds.iter().filter(|kind| **kind == "shard_finished").count());
        }
    }
}

#[test]
fn a_file_of_events_takes_many_runs_and_no_other_file_is_touched() {
    let fixture = Fixture::new();
    fixture.picture("s/a.png", 600, 400);
    fixture.picture("s/a.webp", 600, 400);
    let rows = fixture.file("s/metadata.jsonl", b"{\"file_name\": \"a.png\"}\n");
    fixture
        .run(&["--events", rows.to_str().expect("plain"), "--quality", "0"])
        .ends_with(2)
        .says(&["holds no events", "quality is 0"]);
    assert_eq!(fs::read(&rows).expect("rows"), b"{\"file_name\": \"a.png\"}\n");

    let log = fixture.beside("events.jsonl");
    let to_log = ["--events", log.to_str().expect("plain")];
    fixture.run(&to_log).ends_with(3);
    fixture.run(&[&to_log[..], &["--collisions", "number"]].concat()).ends_with(0);
    let text = fs::read_to_string(&log).expect("log");
    let second = text.rfind("{\"seq\":0,").expect("a second run");
    let (blocked, done) = (lines(&text[..second]), lines(&text[second..]));
    assert_eq!(kinds(&blocked), ["begin", "planned", "collision", "end"]);
    assert_eq!((&blocked[2]["resolution"], &blocked[3]["exit_code"]), (&"blocks".into(), &3.into()));
    assert_eq!(blocked[3]["result"], Value::Null);
    let collision = done.iter().find(|line| line["event"] == "collision").expect("told");
    assert_eq!(collision["images"][1]["output"]["text"], "a-2.jpg");
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let fixture = Fixture::new();
    for n in 0..40 {
        fixture.picture(&format!("{n}.png"), 700, 500);
    }
    let mut child = fixture.start(&["--events", "-"]);
    let mut reader = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    reader.read_line(&mut first).expect("a line");
    assert!(first.contains("\"begin\""), "{first}");
    drop(reader);
    finish(child).ends_with(0);
    let names = fixture.look().without_ours();
    assert_eq!(names.files().filter(|(name, _)| name.ends_with(".jpg")).count(), 40);
}

#[test]
#[cfg(unix)]
fn a_run_that_is_stopped_tells_so() {
    let fixture = Fixture::new();
    for n in 0..150 {
        fixture.picture(&format!("{n}.png"), 900, 700);
    }
    let mut child = fixture.start(&["--events", "-", "--workers", "1"]);
    let mut reader = BufReader::new(child.stdout.take().expect("piped"));
    let mut text = String::new();
    while !text.contains("\"image\"") {
        assert!(reader.read_line(&mut text).expect("a line") > 0, "{text}");
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill").success());
    while reader.read_line(&mut text).expect("a line") > 0 {}
    finish(child).ends_with(130);
    let lines = lines(&text);
    let end = &lines[lines.len() - 1];
    assert_eq!((&end["event"], &end["exit_code"]), (&"end".into(), &130.into()));
    assert!(end["result"]["images"]["not_reached"].as_u64() > Some(0), "{end}");
}
