//! What a benchmark may claim, and that it can be written and told from other files.

use std::time::Duration;

use super::*;
use crate::engine::{BenchRun, Drive, DriveKind, Kind};
use crate::report::samples;

fn variant(value: Option<BenchValue>, millis: &[u64]) -> BenchVariant {
    let run = |millis: &u64| BenchRun {
        wall: Duration::from_millis(*millis),
        busy: [Duration::from_millis(millis / 4); 3],
        cpu: Some(Duration::from_millis(millis * 2 / 5)),
        images: 10,
        failed: 0,
        bytes_after: 1000,
    };
    BenchVariant {
        value,
        runs: millis.iter().map(run).collect(),
    }
}

fn record(variants: Vec<BenchVariant>) -> BenchRecord {
    let run = samples::run();
    assert_eq!(run.kind, Kind::Run);
    BenchRecord {
        id: "20261122-140700000-abcd".to_owned(),
        started: run.started,
        wall: Duration::from_secs(60),
        shard: "/pictures/shard_00000".into(),
        drive: Drive {
            kind: DriveKind::Solid,
            file_system: "ext4".to_owned(),
        },
        machine: run.machine.clone(),
        settings: run.settings.clone(),
        images: 10,
        bytes: 5_000_000,
        of_images: 2338,
        rounds: 3,
        variants,
        stopped: false,
        notices: Vec::new(),
    }
}

#[test]
fn only_what_is_clear_is_claimed() {
    let base = variant(None, &[1000, 1010, 1040]);
    for (millis, expected) in [
        (&[500, 510, 900][..], Verdict::Faster),
        // One run among those of the base: not clear.
        (&[500, 510, 1005], Verdict::NoDifference),
        // Clear, and not worth it.
        (&[985, 990, 995], Verdict::NoDifference),
        (&[1100, 1200, 1300], Verdict::Slower),
        (&[500, 500], Verdict::TooFewRuns),
        (&[], Verdict::TooFewRuns),
    ] {
        let other = variant(Some(BenchValue::Workers(4)), millis);
        assert_eq!(verdict(&base, &other), expected, "{millis:?}");
        let report = BenchReport::new(&record(vec![base.clone(), other]));
        assert_eq!(report.recommendations.len(), usize::from(expected == Verdict::Faster), "{millis:?}");
    }
}

#[test]
fn the_fastest_of_each_choice_is_suggested_and_originals_never() {
    let record = record(vec![
        variant(None, &[1000, 1010, 1040]),
        variant(Some(BenchValue::Workers(2)), &[800, 810, 820]),
        variant(Some(BenchValue::Workers(4)), &[500, 505, 510]),
        variant(Some(BenchValue::Reads(16)), &[1005, 1010, 1020]),
        variant(Some(BenchValue::Writing(WriteMode::Direct)), &[700, 710, 720]),
        variant(Some(BenchValue::Originals(Originals::Delete)), &[100, 110, 120]),
    ]);
    assert_eq!(suggested(&record), [BenchValue::Workers(4), BenchValue::Writing(WriteMode::Direct)]);
    let report = BenchReport::new(&record);
    assert_eq!(report.critical_finding, "4 workers: 2.00 times as fast as the settings in force.");
    assert_eq!(report.variants[2].speed, Some(2.0));
    assert_eq!(
        report.variants[0].seconds,
        SpreadSeconds {
            min: 1.0,
            median: 1.01,
            max: 1.04
        }
    );
}

#[test]
fn it_is_written_read_and_never_written_over_strangers() {
    let dir = tempfile::tempdir().expect("tempdir");
    let report = BenchReport::new(&record(vec![variant(None, &[1000]), variant(Some(BenchValue::Workers(1)), &[])]));
    for name in ["b.json", "b.md", "b.html"] {
        let path = dir.path().join(name);
        write_benchmark(&report, &path).expect(name);
        // Ours may be replaced.
        write_benchmark(&report, &path).expect(name);
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.contains("Settings in force"), "{name}: {text}");
        std::fs::write(&path, "mine").expect("write");
        assert!(
            matches!(write_benchmark(&report, &path), Err(ReportError::NotOurs { .. })),
            "{name}"
        );
    }
    assert!(matches!(
        write_benchmark(&report, &dir.path().join("b.csv")),
        Err(ReportError::NotForBenchmarks { .. })
    ));
    let json = serde_json::to_string(&report).expect("json");
    assert_eq!(serde_json::from_str::<BenchReport>(&json).expect("value"), report);
}
