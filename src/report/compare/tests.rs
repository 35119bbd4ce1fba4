//! Comparing: differences are those of the reports, what does not compare has none, and the page can be published.

use super::super::{ReportFormat, render_comparison, samples};
use super::*;
use crate::engine::{Outcome, Why};

fn page(first: &Report, second: &Report) -> String {
    let comparison = Comparison::of(("a.json", first), ("b.json", second));
    render_comparison(&comparison, ReportFormat::Markdown).unwrap()
}

#[track_caller]
fn has(page: &str, line: &str) {
    assert!(page.lines().any(|found| found == line), "{line}\nis not in\n{page}");
}

#[test]
fn a_plan_is_held_against_its_run() {
    let plan = Report::new(&{
        let mut record = samples::clean_run();
        record.kind = Kind::Estimate;
        record.phases = Default::default();
        record.shards[0].images[0].bytes_after = 200_000;
        record
    });
    let run = Report::new(&samples::clean_run());
    let page = page(&plan, &run);
    has(
        &page,
        "**The plan foresaw 2.60 MB saved, the run saved 2.59 MB (−0.4 %), within the range.**",
    );
    has(&page, "Both are of the same 2 images.");
    has(&page, "|  | Predicted | Range | Actual | Off by | Within the range |");
    has(
        &page,
        "| Bytes of the replacements | 400 kB | 380 kB to 420 kB | 410 kB | +2.5 % | yes |",
    );
    has(
        &page,
        "| Time by the clock | 1 min 20 s | 1 min 12 s to 1 min 28 s | 1 min 23 s | +4.1 % | yes |",
    );
    has(&page, "| Process, thread time | 1.2 s | 1.1 s to 1.4 s | 1.2 s | −4.0 % | yes |");
    has(&page, "| Bytes after | 360 kB | 410 kB | +50.0 kB | +13.9 % |");
    has(&page, "| Time | 1 min 23 s | 1 min 23 s | – | – |");
    // A plan has no phases to be held against those of the run.
    assert!(!page.contains("## Process"), "{page}");
    has(&page, "| PNG, saved | 88.0 % | 86.3 % | −1.7 points | – |");
    has(
        &page,
        "2 images changed in both. The sizes of their replacements are off by +12.5 % in the middle; nine of ten lie between +1.2 % and +23.8 %.",
    );
    // A plan that predicted the sum alone, not each image.
    let mut whole = samples::clean_run();
    (whole.kind, whole.phases) = (Kind::Estimate, Default::default());
    for image in &mut whole.shards[0].images {
        image.bytes_after = image.bytes_before;
    }
    let whole = self::page(&Report::new(&whole), &run);
    has(&whole, "| Bytes after | 400 kB | 410 kB | +10.0 kB | +2.5 % |");
    has(&whole, "| PNG, after | – | 410 kB | – | – |");
    assert!(!whole.contains("changed in both"), "{whole}");
    // The other way round it is the same prediction.
    let turned = Comparison::of(("b", &run), ("a", &plan));
    let straight = Comparison::of(("a", &plan), ("b", &run));
    assert_eq!(turned.forecast, straight.forecast);
    assert_eq!(turned.finding(), straight.finding());
}

#[test]
fn two_runs_tell_what_made_the_difference() {
    let first = Report::new(&samples::clean_run());
    let mut record = samples::clean_run();
    record.wall /= 2;
    record.machine.backend = "gpu (a card)".to_owned();
    record.settings.picture.quality = 90;
    record.shards[0].images[1].outcome = Outcome::Failed(Box::new(samples::problem("truncated", "x")));
    record.shards[0]
        .images
        .push(samples::image("new.png", Outcome::LeftAlone(Why::SmallEnough), 5, 5));
    let page = page(&first, &Report::new(&record));
    has(&page, "| Time | 1 min 23 s | 41.6 s | −41.6 s | −50.0 % |");
    has(&page, "| at work | 1.2 s | 1.2 s | 0 ms | 0.0 % |");
    has(&page, "| Quality | 95 | 90 |");
    has(&page, "| Resized by | cpu (avx2) | gpu (a card) |");
    has(&page, "| Setting | A, cpu (avx2) | B, gpu (a card) |");
    has(&page, "| shrunk | failed | 1 |");
    has(&page, "2 images are in both, 0 in A alone, 1 in B alone.");
    assert!(
        page.contains("**Against A, B took 50.0 % less time (1 min 23 s and 41.6 s) and saved 32.4 % fewer bytes"),
        "{page}"
    );
    assert!(page.contains("not of the same images"), "{page}");
}

#[test]
fn equal_reports_have_no_difference() {
    let report = Report::new(&samples::clean_run());
    let comparison = Comparison::of(("a", &report), ("a", &report));
    assert!(comparison.settings.is_empty() && comparison.machines.is_empty() && comparison.overlap.changed.is_empty());
    let rows = comparison.totals.iter().chain(comparison.phases.iter().flat_map(|(_, rows)| rows));
    for row in rows
        .chain(&comparison.load_speed)
        .chain(comparison.formats.iter().flat_map(|(_, rows)| rows))
    {
        assert_eq!(row.difference(), Some(0.0), "{}", row.label);
    }
    let page = page(&report, &report);
    assert!(
        page.contains("took as much time (1 min 23 s and 1 min 23 s) and saved as many bytes"),
        "{page}"
    );
    let empty = Report::new(&samples::empty(Kind::Run));
    assert!(
        self::page(&empty, &empty).contains("**Against A, B took as much time"),
        "an empty run has a page as well"
    );
}
