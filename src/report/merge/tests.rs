//! Merging: sums reconcile, time is told by one clock, nothing is counted twice.

use std::path::PathBuf;

use super::super::samples;
use super::super::tests::{keeps_to_the_schema, numbers_are_finite, reconciles, schema};
use super::*;
use crate::engine::{Kind, Outcome, Why};

/// A run of another machine, so many seconds later, on shards of other names.
fn other(seconds: i64, shard: &str) -> Report {
    let mut record = samples::clean_run();
    record.id = format!("2026010{}T000000Z-{seconds:04}", 3);
    record.started += Duration::seconds(seconds);
    record.machine.processor = "Another processor".to_owned();
    record.shards[0].path = PathBuf::from(shard);
    record.settings.picture.quality = 90;
    Report::new(&record)
}

fn named(reports: impl IntoIterator<Item = Report>) -> Vec<(String, Report)> {
    reports
        .into_iter()
        .enumerate()
        .map(|(at, report)| (format!("{at}.json"), report))
        .collect()
}

#[test]
fn machines_in_parallel_are_summed() {
    let first = Report::new(&samples::clean_run());
    let second = other(30, "library/shard_00007");
    let merged = merge(named([second.clone(), first.clone()])).unwrap();
    reconciles(&merged);
    numbers_are_finite(&merged);
    keeps_to_the_schema(&schema(), &merged);
    assert_eq!(merged.wall_seconds, 113.25, "from the first begin to the last end");
    assert_eq!(merged.started, first.started);
    assert_eq!(merged.totals.images.shrunk, 4);
    assert_eq!(merged.totals.bytes_saved, first.totals.bytes_saved * 2);
    assert_eq!(merged.totals.written_bytes, 820_000);
    assert_eq!(merged.phases.process.busy_seconds, 2.4);
    assert_eq!(merged.phases.process.cpu_seconds, Some(2.16));
    assert_eq!(merged.shards.len(), 2);
    let ids: Vec<&str> = merged.parts.iter().map(|part| part.id.as_str()).collect();
    assert_eq!(ids, [first.id.as_str(), second.id.as_str()], "in order of time");
    // Series on one clock, to the last image and byte.
    let series = &merged.phases.series;
    assert_eq!(series.load.images.iter().sum::<u64>(), 4);
    assert_eq!(series.write.bytes.iter().sum::<u64>(), 820_000);
    let length: f64 = series.seconds.iter().sum();
    assert!((length - 31.731).abs() < 1e-3, "{length}");
    assert!(
        merged.notices.iter().any(|n| n.message.contains("Quality was 90, not 95")),
        "{:?}",
        merged.notices
    );
    let forecast = merged.forecast.unwrap();
    assert!(forecast.complete && forecast.within_range && forecast.bytes_saved == 5_180_000);
    assert_eq!(merged.bound.unwrap().evidence[0], "2 of 2 parts are bounded by load.");
}

#[test]
fn one_report_stays_what_it_is() {
    let report = Report::new(&samples::clean_run());
    let merged = merge(named([report.clone()])).unwrap();
    assert_eq!(
        (&merged.totals, &merged.phases, &merged.formats),
        (&report.totals, &report.phases, &report.formats)
    );
    assert_eq!(merged.load_speed, report.load_speed);
}

#[test]
fn nothing_is_counted_twice() {
    #[track_caller]
    fn refused(reports: Vec<Report>, says: &str) {
        let error = merge(named(reports)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let first = Report::new(&samples::clean_run());
    let second = other(30, "library/shard_00007");

    let once = merge(named([first.clone(), first.clone()])).unwrap();
    assert_eq!(once.totals, first.totals);
    assert!(
        once.notices
            .iter()
            .any(|n| n.message.contains("The same report as 0.json: taken once."))
    );

    let mut altered = first.clone();
    altered.wall_seconds += 1.0;
    refused(vec![first.clone(), altered], "two versions of one run");
    refused(
        vec![first.clone(), other(60, "library/shard_00000")],
        "both worked on library/shard_00000",
    );
    let merged = merge(named([first.clone(), second])).unwrap();
    refused(vec![merged, first.clone()], "would be counted twice");
    let mut plan = Report::new(&samples::plan());
    plan.id = "20260102T030300Z-0009".to_owned();
    refused(vec![first.clone(), plan], "plans and runs are not summed");
    refused(Vec::new(), "no report");

    // A shard that was locked there and done here counts once.
    let mut locked = samples::run();
    locked.id = "20260104T000000Z-0004".to_owned();
    locked.shards = vec![samples::shard(
        "library/shard_00000",
        crate::engine::ShardState::Skipped(samples::problem("locked", "library/shard_00000")),
        Vec::new(),
    )];
    locked.stopped = None;
    let merged = merge(named([Report::new(&locked), first.clone()])).unwrap();
    assert_eq!((merged.totals.shards, merged.totals.images.total), (1, 2));
    assert!(merged.failures.is_empty(), "{:?}", merged.failures);
    assert!(
        merged.notices.iter().any(|n| n.message.contains("it counts from 1.json")),
        "{:?}",
        merged.notices
    );

    // Another machine's folder of the same path is another shard.
    let mut elsewhere = samples::clean_run();
    elsewhere.id = "20260105T000000Z-0005".to_owned();
    elsewhere.shards[0].images = vec![samples::image("other.png", Outcome::Shrunk(Why::AboveTarget), 10, 5)];
    let merged = merge(named([first, Report::new(&elsewhere)])).unwrap();
    assert_eq!(merged.totals.shards, 2);
}

/// A run on `library/shard_00000` with these images, so many seconds after the others.
fn life(seconds: i64, images: Vec<crate::engine::ImageRecord>) -> Report {
    let mut record = samples::clean_run();
    record.id = format!("20260106T000000Z-{seconds:04}");
    record.started += Duration::seconds(seconds);
    let shard = &mut record.shards[0];
    let shrunk = images.iter().filter(|image| matches!(image.outcome, Outcome::Shrunk(_)));
    shard.kept_bytes = shrunk.map(|image| image.bytes_before).sum();
    if images.iter().any(|image| image.outcome == Outcome::NotReached) {
        shard.state = crate::engine::ShardState::NotReached;
        record.stopped = Some(StopReason::Asked);
    }
    shard.images = images;
    Report::new(&record)
}

#[test]
fn a_run_that_was_stopped_and_the_one_that_went_on_are_one_history() {
    let image = samples::image;
    let shrunk = || Outcome::Shrunk(Why::AboveTarget);
    let small = || Outcome::LeftAlone(Why::SmallEnough);
    let stopped = life(
        0,
        vec![
            image("a.png", shrunk(), 2_000_000, 250_000),
            image("b.png", Outcome::NotReached, 1_000_000, 1_000_000),
            image("c.png", Outcome::NotReached, 500_000, 500_000),
        ],
    );
    // Killed between them, without a report: a run that did c.png.
    let went_on = life(
        200,
        vec![
            image("a.jpg", small(), 250_000, 250_000),
            image("b.png", shrunk(), 1_000_000, 160_000),
            image("c.jpg", small(), 90_000, 90_000),
        ],
    );
    // And once more, with nothing left to do.
    let idle = life(
        400,
        vec![
            image("a.jpg", small(), 250_000, 250_000),
            image("b.jpg", small(), 160_000, 160_000),
            image("c.jpg", small(), 90_000, 90_000),
        ],
    );
    assert_eq!(merge(named([stopped.clone()])).unwrap().stopped, Some(StopReason::Asked));
    for reports in [
        vec![stopped.clone(), went_on.clone()],
        vec![went_on.clone(), stopped.clone()],
        vec![stopped.clone(), went_on.clone(), idle.clone()],
        vec![idle.clone(), stopped.clone(), went_on.clone()],
    ] {
        let last = reports.len() - 1;
        let merged = merge(named(reports)).unwrap();
        reconciles(&merged);
        keeps_to_the_schema(&schema(), &merged);
        assert_eq!(
            (merged.totals.shards, merged.totals.images.total, merged.totals.images.shrunk),
            (1, 3, 2)
        );
        assert_eq!(
            (merged.totals.changed_bytes_before, merged.totals.changed_bytes_after),
            (3_000_000, 410_000)
        );
        assert_eq!((merged.totals.untouched_bytes, merged.totals.kept_bytes), (90_000, 3_000_000));
        assert_eq!((merged.stopped, &merged.forecast), (None, &None), "what was stopped was finished");
        assert_eq!(merged.shards[0].images[0].name, stopped.shards[0].images[0].name);
        let parts: Vec<(u64, u64)> = merged.parts.iter().map(|part| (part.shards, part.images_shrunk)).collect();
        assert_eq!(parts, [(0, 1), (u64::from(last == 1), 1), (1, 0)][..=last]);
        assert!(
            merged.notices.iter().any(|n| n.message.contains("each image counts once")),
            "{:?}",
            merged.notices
        );
    }

    // Begun first, and second at the lock.
    let mut early = went_on.clone();
    early.started -= Duration::seconds(300);
    let merged = merge(named([stopped.clone(), early])).unwrap();
    assert_eq!((merged.totals.images.total, merged.totals.changed_bytes_before), (3, 3_000_000));

    // What the first made is no longer what it made: its savings are not true any more.
    for (found, says) in [
        (image("a.jpg", small(), 250_001, 250_001), "a.jpg was changed between them"),
        (image("a.jpg", shrunk(), 250_000, 9_000), "both replaced a.png"),
        (
            image("a.png", shrunk(), 2_000_000, 250_000),
            "a.jpg, which one of them made, is not in the other",
        ),
    ] {
        let later = life(200, vec![found, image("b.png", shrunk(), 1_000_000, 160_000)]);
        let error = merge(named([stopped.clone(), later])).unwrap_err().to_string();
        assert!(
            error.contains("both worked on library/shard_00000") && error.contains(says),
            "{error}"
        );
    }
}

#[test]
fn runs_weeks_apart_keep_within_bounds() {
    let first = Report::new(&samples::clean_run());
    let merged = merge(named([first, other(20 * 86_400, "library/shard_00009")])).unwrap();
    let series = &merged.phases.series;
    assert!(series.seconds.len() <= 3601, "{}", series.seconds.len());
    assert_eq!(series.process.images.iter().sum::<u64>(), 4);
    assert_eq!(series.process.bytes.iter().sum::<u64>(), 6_000_000);
    let plans = [Report::new(&samples::plan()), {
        let mut record = samples::plan();
        record.id = "x".to_owned();
        for (at, shard) in record.shards.iter_mut().enumerate() {
            shard.path = PathBuf::from(format!("else/{at}"));
        }
        Report::new(&record)
    }];
    let merged = merge(named(plans)).unwrap();
    assert_eq!(merged.kind, Kind::Estimate);
    assert_eq!(merged.estimate.unwrap().bytes_saved.expected, 5_200_000);
    assert!(
        merged.critical_finding.starts_with("Would save about 5.20 MB of 6.2 MB"),
        "{}",
        merged.critical_finding
    );
}
