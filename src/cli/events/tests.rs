//! Lines keep to their schema, files of others are left alone, and readers stop nobody.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, mpsc};

use serde_json::Value;

use super::out::LINES_AHEAD;
use super::*;
use crate::engine::{Collision, ImageDone, Kind, Notice, Outcome, Resolution, StopReason, Why};
use crate::report::samples;

/// Everything that is written, as one text.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("page").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/events.schema.json")).expect("JSON");
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("the schema itself: {error}"));
    jsonschema::validator_for(&schema).expect("schema")
}

fn to(file: impl Write + Send + 'static) -> Events {
    let mut sink = Sink::new(Box::new(file), "x".into());
    sink.patience = Duration::from_millis(50);
    Events::to(Some(sink))
}

fn done(outcome: Outcome) -> Event {
    Event::ImageDone(Box::new(ImageDone {
        shard: PathBuf::from("library/s"),
        name: OsString::from("a\n.png"),
        outcome,
        bytes_before: 2,
        bytes_after: 1,
    }))
}

#[test]
fn every_line_keeps_to_the_schema() {
    let page = Page::default();
    let events = to(page.clone());
    let problem = || samples::problem("io", "library/s/a.png");
    events.begin("run", &[PathBuf::from("library")]);
    let collision = Collision {
        output: "a.jpg".into(),
        images: vec!["a.png".into(), "a.webp".into()],
        stays: Some("a.jpg".into()),
        resolution: Resolution::Numbered(vec![Some("a-2.jpg".into()), None]),
    };
    events.put(Line::Collision(Box::new(CollisionReport::new(Path::new("library/s"), &collision))));
    for event in [
        Event::Started { images: 1, bytes: 2 },
        Event::ShardStarted { path: "library/s".into() },
        Event::ShardRecovered {
            path: "library/s".into(),
            summary: "done".into(),
        },
        done(Outcome::Shrunk(Why::Converted)),
        done(Outcome::LeftAlone(Why::NotSmaller)),
        done(Outcome::Refused(Box::new(problem()))),
        done(Outcome::Failed(Box::new(problem()))),
        done(Outcome::NotReached),
        Event::ShardFinished {
            path: "library/s".into(),
            state: ShardState::Skipped(problem()),
            changed: 0,
            saved_bytes: -1,
        },
        Event::Notice(Notice {
            path: "library".into(),
            message: "A remark.".into(),
        }),
        Event::Stopping(StopReason::DiskFull),
    ] {
        events.tell(&event);
    }
    events.recovered(&Recovered {
        path: "library/s".into(),
        summary: Some("done".into()),
        alarms: vec![problem()],
        notices: Vec::new(),
        problem: None,
    });
    let mut snapshot = Snapshot::default();
    events.tick(&snapshot, false);
    // Too soon.
    events.tick(&snapshot, false);
    snapshot.time_left = Some(Duration::from_secs(3));
    snapshot.load.bytes_per_second = f64::NAN;
    events.tick(&snapshot, true);
    events.tell(&Event::Finished);
    events.result(&Report::new(&samples::empty(Kind::Run)));
    assert_eq!(events.end(Exit::SomeFailed), Exit::SomeFailed);

    let schema = schema();
    let text = String::from_utf8(page.0.lock().expect("page").clone()).expect("UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (n, line) in lines.iter().enumerate() {
        assert!(
            schema.is_valid(line),
            "{line:#}: {:?}",
            schema.iter_errors(line).map(|e| e.to_string()).collect::<Vec<_>>()
        );
        assert_eq!(line["seq"], n as u64);
        // Nothing may be added, nor taken away.
        let mut more = line.clone();
        more["more"] = Value::Null;
        assert!(!schema.is_valid(&more), "{line:#}");
        let mut less = line.clone();
        less.as_object_mut().expect("object").remove("event");
        assert!(!schema.is_valid(&less), "{line:#}");
    }
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(kinds.first(), Some(&"begin"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "tick").count(), 2);
    assert_eq!(kinds.last(), Some(&"end"));
    assert_eq!(lines[lines.len() - 1]["exit_code"], 1);
}

/// Takes nothing until it is let go.
struct Stalled(mpsc::Receiver<()>);

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_sleeps_or_goes_away_stops_nothing() {
    let (_still_there, stalled) = mpsc::channel();
    for events in [to(Stalled(stalled)), to(Gone)] {
        // That this comes to an end is the test.
        for _ in 0..LINES_AHEAD + 5000 {
            events.tell(&Event::Finished);
        }
        assert_eq!(events.end(Exit::Done), Exit::Done);
    }
}

#[test]
fn only_events_are_written_behind() {
    let dir = tempfile::tempdir().expect("tempdir");
    let at = |name: &str| dir.path().join(name);
    fs::write(at("rows.jsonl"), "{\"file_name\":\"a.png\"}\n").expect("file");
    fs::write(at("empty"), "").expect("file");
    for wrong in ["rows.jsonl", "no/events", ""] {
        assert!(check(&at(wrong)).is_err(), "{wrong}");
    }
    for right in [at("new"), at("empty"), PathBuf::from("-")] {
        assert_eq!(check(&right), Ok(()), "{}", right.display());
    }
    for _ in 0..2 {
        assert_eq!(check(&at("new")), Ok(()));
        let events = Events::open(Some(&at("new"))).expect("opens");
        events.begin("run", &[]);
        events.end(Exit::Done);
        // Half a line of a run that was killed.
        let mut file = OpenOptions::new().append(true).open(at("new")).expect("file");
        file.write_all(b"{\"seq\":").expect("half");
    }
    let text = fs::read_to_string(at("new")).expect("text");
    let starts: Vec<&str> = text.lines().map(|line| line.get(..9).unwrap_or(line)).collect();
    assert_eq!(starts.len(), 6, "{text}");
    assert_eq!(text.matches("{\"seq\":0,").count(), 2, "{text}");
}
