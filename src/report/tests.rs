//! The report as a whole: its totals reconcile, its JSON keeps to the schema and reads back, its files harm no other.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use super::{ImageOutcome, Report, ReportError, check_path, history, markdown, read, samples, sections, summary, write};
use crate::engine::{Kind, Originals, Outcome, Record, StopReason, Why};

pub(super) fn schema() -> jsonschema::Validator {
    let text = include_str!("../../docs/report.schema.json");
    let schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("the schema itself: {error}"));
    jsonschema::validator_for(&schema).unwrap()
}

fn markdown_of(report: &Report) -> String {
    markdown::markdown(&sections::page(report))
}

#[track_caller]
pub(super) fn keeps_to_the_schema(validator: &jsonschema::Validator, report: &Report) {
    let value = serde_json::to_value(report).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// `serde_json` writes what is not finite as `null`, where the schema has a number: this finds the places it leaves open.
#[track_caller]
pub(super) fn numbers_are_finite(report: &Report) {
    let text = serde_json::to_string(report).unwrap();
    let phases = &report.phases;
    for totals in [&phases.load, &phases.process, &phases.write] {
        let (images, megabytes) = (totals.images_per_second_spread, totals.megabytes_per_second_spread);
        let numbers = [
            totals.busy_seconds,
            totals.cpu_seconds.unwrap_or(0.0),
            totals.cpu_use.unwrap_or(0.0),
            totals.wall_seconds,
            totals.share,
            totals.mean_busy_threads,
            totals.images_per_second,
            totals.megabytes_per_second,
            images.min,
            images.median,
            images.max,
            megabytes.min,
            megabytes.median,
            megabytes.max,
        ];
        assert!(numbers.iter().all(|n| n.is_finite() && *n >= 0.0), "{numbers:?}");
    }
    assert!(!text.contains("NaN") && !text.contains("inf,"));
}

#[track_caller]
pub(super) fn reconciles(report: &Report) {
    let totals = &report.totals;
    assert_eq!(totals.bytes_before as i128 - totals.bytes_after as i128, totals.bytes_saved as i128);
    assert_eq!(
        totals.bytes_before,
        totals.changed_bytes_before + totals.untouched_bytes + totals.other_bytes
    );
    assert_eq!(
        totals.bytes_after,
        totals.changed_bytes_after + totals.untouched_bytes + totals.other_bytes
    );
    // The shards are the whole.
    let shards = || report.shards.iter();
    assert_eq!(
        totals.bytes_before,
        shards().map(|s| s.image_bytes_before + s.other_bytes).sum::<u64>()
    );
    assert_eq!(
        totals.bytes_after,
        shards().map(|s| s.image_bytes_after + s.other_bytes).sum::<u64>()
    );
    assert_eq!(totals.kept_bytes, shards().map(|s| s.kept_bytes).sum::<u64>());
    // The images are their shards.
    for shard in shards() {
        assert_eq!(shard.image_bytes_before, shard.images.iter().map(|i| i.bytes_before).sum::<u64>());
        assert_eq!(shard.image_bytes_after, shard.images.iter().map(|i| i.bytes_after).sum::<u64>());
        let c = shard.counts;
        assert_eq!(c.total, c.shrunk + c.left_alone + c.refused + c.failed + c.not_reached);
        assert_eq!(c.total, shard.images.len() as u64);
    }
    let changed = shards().flat_map(|s| &s.images).filter(|i| i.outcome == ImageOutcome::Shrunk);
    assert_eq!(
        totals.bytes_saved as i128,
        changed.map(|i| i.bytes_before as i128 - i.bytes_after as i128).sum::<i128>()
    );
    // The formats are the changed images.
    assert_eq!(totals.images.shrunk, report.formats.iter().map(|f| f.images).sum::<u64>());
    assert_eq!(
        totals.changed_bytes_before,
        report.formats.iter().map(|f| f.bytes_before).sum::<u64>()
    );
    assert_eq!(
        totals.changed_bytes_after,
        report.formats.iter().map(|f| f.bytes_after).sum::<u64>()
    );
}

#[cfg(unix)]
fn no_text() -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"a\xff\n.png".to_vec())
}

#[cfg(not(unix))]
fn no_text() -> OsString {
    OsString::from("a.png")
}

fn all_samples() -> Vec<(&'static str, Record)> {
    let mut named = samples::clean_run();
    named.shards[0].images[0].name = no_text();
    let mut larger = samples::clean_run();
    larger.shards[0].images[0].bytes_after = 9_000_000;
    vec![
        ("live", samples::clean_run()),
        ("a graphics card", samples::with_card()),
        ("failures, skipped, stopped", samples::run()),
        ("dry", samples::plan()),
        ("empty run", samples::empty(Kind::Run)),
        ("empty plan", samples::empty(Kind::Estimate)),
        ("empty exact plan", samples::empty(Kind::Exact)),
        ("a name that is no text", named),
        ("replacements that are larger", larger),
    ]
}

#[test]
fn samples_keep_to_the_schema() {
    let validator = schema();
    for (_, record) in all_samples() {
        let report = Report::new(&record);
        keeps_to_the_schema(&validator, &report);
        numbers_are_finite(&report);
        reconciles(&report);
        let text = serde_json::to_string_pretty(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}

/// A schema that lets everything through would prove nothing.
#[test]
fn the_schema_refuses_what_is_wrong() {
    let validator = schema();
    let good = serde_json::to_value(Report::new(&samples::run())).unwrap();
    assert!(validator.is_valid(&good));
    for (pointer, wrong) in [
        ("/version", Value::from(2)),
        ("/totals/bytes_before", Value::from(-1)),
        ("/phases/load/busy_seconds", Value::Null),
        ("/kind", Value::from("dream")),
        ("/shards/0/images/0/outcome", Value::from("vanished")),
        ("/collisions/0/resolution", Value::from("fought out")),
        ("/settings/picture/matte", serde_json::json!([1, 2])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    // Nothing may be added anywhere, nor taken away where it is required.
    fn objects(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields
                    .iter()
                    .for_each(|(name, field)| objects(field, format!("{at}/{name}"), found));
                found.push(at);
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(i, item)| objects(item, format!("{at}/{i}"), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    objects(&good, String::new(), &mut found);
    for pointer in found {
        let mut bad = good.clone();
        bad.pointer_mut(&pointer)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .insert("extra".to_owned(), Value::Null);
        assert!(!validator.is_valid(&bad), "{pointer}/extra");
    }
}

#[test]
fn names_are_kept_without_loss() {
    let mut record = samples::clean_run();
    record.shards[0].images[0].name = no_text();
    let report = Report::new(&record);
    let name = &report.shards[0].images[0].name;
    if cfg!(unix) {
        assert_eq!(name.hex.as_deref(), Some("61ff0a2e706e67"));
    }
    assert!(!name.to_string().contains('\n'));
}

#[test]
fn the_finding_names_the_worst_first() {
    #[track_caller]
    fn check(record: &Record, says: &str) {
        let finding = Report::new(record).critical_finding;
        assert!(finding.contains(says), "{finding}");
    }
    check(&samples::empty(Kind::Run), "There are no images here.");
    check(&samples::clean_run(), "Saved 2.6 MB of 3.0 MB (86.3 %). Workers waited for input");
    check(
        &samples::plan(),
        "Would save about 2.60 MB of 3.1 MB (84.2 %), between 2.58 MB and 2.62 MB.",
    );
    let mut exact = samples::plan();
    exact.kind = Kind::Exact;
    check(&exact, "Would save 2.59 MB of 3.1 MB (");
    let ranged = |low, high| {
        let mut record = samples::plan();
        let range = &mut record.estimate.as_mut().unwrap().bytes_saved;
        (range.low, range.high) = (low, high);
        record
    };
    check(&ranged(2_600_000, 2_600_000), "Would save exactly 2.60 MB of 3.1 MB (84.2 %).");
    check(&ranged(2_599_900, 2_600_100), "Would save about 2.60 MB of 3.1 MB (84.2 %).");
    check(&samples::run(), "1 shard was skipped and 1 of 6 images failed: see the failures");
    let mut record = samples::run();
    record.stopped = Some(StopReason::TooManyFailures);
    check(
        &record,
        "Stopped after too many failures in a row (1 image failed): 1 image was not reached",
    );
    record.stopped = Some(StopReason::DiskFull);
    check(&record, "ran out of space: 1 image was not reached");
    record.stopped = Some(StopReason::Asked);
    record.shards.remove(1);
    record.shards[0].images.remove(2);
    check(
        &record,
        "Stopped as asked: 1 image was not reached and left as it was. Run again to go on.",
    );
}

#[test]
fn the_forecast_meets_the_outcome() {
    let forecast = Report::new(&samples::clean_run()).forecast.unwrap();
    assert!(forecast.complete && forecast.within_range);
    assert_eq!((forecast.bytes_saved, forecast.deviation), (2_590_000, -0.003846));
    assert_eq!(Report::new(&samples::plan()).forecast, None, "a plan has no outcome");
    let mut stopped = samples::clean_run();
    stopped.shards[0].images[0].outcome = Outcome::NotReached;
    let forecast = Report::new(&stopped).forecast.unwrap();
    assert!(!forecast.complete && !forecast.within_range);
}

#[test]
fn summaries_read_well() {
    let plan = summary::plan_text(&Report::new(&samples::plan()));
    assert_eq!(
        plan.lines().next().unwrap(),
        "Shard                Images  With work  Left alone  Refused",
        "{plan}"
    );
    assert!(
        plan.contains("\nlibrary/shard_00000       5          2           2        1\n"),
        "{plan}"
    );
    assert!(
        plan.contains("Before the run:\n  library/shard_00000/d.gif: More than one frame"),
        "{plan}"
    );
    assert!(
        plan.ends_with(
            "Originals are kept: their 3.0 MB stay on the drive, and the replacements take about 400 kB more, until purge frees them.\n"
        ),
        "{plan}"
    );
    assert!(
        plan.contains("Names that more than one file wants:\n  library/shard_00000: a.png and a.webp would both become a.jpg: "),
        "{plan}"
    );
    let mut choosy = samples::plan();
    choosy.shards[0].images[3].outcome = Outcome::LeftAlone(Why::NotChosen);
    let choosy = summary::plan_text(&Report::new(&choosy));
    assert!(
        choosy.contains("\n1 image: passed over by the choice of names, sizes, times or numbers.\n"),
        "{choosy}"
    );
    let mut deleting = samples::plan();
    deleting.settings.safety.originals = Originals::Delete;
    assert!(!summary::plan_text(&Report::new(&deleting)).contains("kept"));

    let run = summary::run_text(&Report::new(&samples::run()));
    assert!(run.contains("├─ load"), "{run}");
    assert!(run.contains("│  └─ verify"), "{run}");
    assert!(
        run.contains("Failed:\n  library/shard_00000/c.png: The file ends before its pixels do"),
        "{run}"
    );
    assert_eq!(run.lines().last().unwrap(), "Kept originals: 3.0 MB, freed by purge.", "{run}");

    let mut deleted = samples::run();
    deleted.settings.safety.originals = Originals::Delete;
    deleted.shards[0].kept_bytes = 0;
    assert!(!summary::run_text(&Report::new(&deleted)).contains("Kept originals"));
    let empty = summary::plan_text(&Report::new(&samples::empty(Kind::Estimate)));
    assert!(empty.starts_with("There are no folders with images here.\n"), "{empty}");
}

#[test]
fn long_lists_are_cut_short_in_the_terminal_alone() {
    let mut record = samples::clean_run();
    record.shards[0].images = (0..50)
        .map(|i| {
            samples::image(
                &format!("{i}.png"),
                Outcome::Failed(Box::new(samples::problem("truncated", &format!("{i}.png")))),
                10,
                10,
            )
        })
        .collect();
    let report = Report::new(&record);
    let text = summary::run_text(&report);
    assert!(
        text.contains("  19.png: ") && !text.contains("  20.png: ") && text.contains("and 30 more"),
        "{text}"
    );
    assert!(markdown_of(&report).contains("- `49.png`: "));
}

#[test]
fn markdown_has_its_parts_in_order() {
    let page = markdown_of(&Report::new(&samples::run()));
    let parts = [
        "# Shardpress report\n\n**1 shard was skipped",
        "## Savings",
        "| Changed images | 3.0 MB | 410 kB | 2.6 MB |",
        "| PNG | 2 | 3.0 MB | 410 kB | 2.6 MB | 86.3 % |",
        "## Where the time went",
        "├─ process",
        "| load | 2 | 3.0 MB | 600 ms |",
        "## Skipped shards",
        "## Failed",
        "## Refused",
        "## Names that more than one file wants",
        "a.png and a.webp would both become a.jpg: a.png becomes a.jpg and a.webp is left alone.",
        "## Shards",
        "## Notices",
        "## Settings",
        "| Chroma | 444 |",
        "## Machine",
    ];
    let mut from = 0;
    for part in parts {
        from += page[from..]
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is missing or out of order in\n{page}"));
    }
    let plan = markdown_of(&Report::new(&samples::plan()));
    assert!(
        plan.contains("Replacements of 400 kB (380 kB to 420 kB). It would take about 1 min 20 s (1 min 12 s to 1 min 28 s): load 500 ms,"),
        "{plan}"
    );
    assert!(!plan.contains("Where the time went") && !plan.contains("Forecast"), "{plan}");
    for (_, record) in all_samples() {
        let page = markdown_of(&Report::new(&record));
        assert!(!page.contains("\n\n\n"), "a gap of two lines in\n{page}");
    }
    // Every row of a table has as many cells as its head.
    let mut cells = None;
    for line in page.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        cells = if line.starts_with('|') {
            Some(*cells.get_or_insert(bars)).inspect(|n| assert_eq!(*n, bars, "{line}"))
        } else {
            None
        };
    }
}

#[test]
fn the_documented_sample_is_what_is_written() {
    let documented = include_str!("../../docs/report.md");
    let report = Report::new(&samples::clean_run());
    let page = markdown_of(&report);
    let (head, _) = page.split_once("## Shards").unwrap();
    assert!(
        documented.contains(&format!("````markdown\n{}\n````\n", head.trim_end())),
        "docs/report.md should show\n{head}"
    );
    let image = serde_json::to_string_pretty(&report.shards[0].images[0]).unwrap();
    assert!(documented.contains(&image), "docs/report.md should show\n{image}");
}

#[test]
fn files_are_ours_or_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let report = Report::new(&samples::run());
    for name in ["r.json", "r.md", "R.JSON", "r.html", "r.csv"] {
        write(&report, &at(name)).unwrap();
        // Again: a report of ours is replaced.
        write(&report, &at(name)).unwrap();
    }
    assert_eq!(read(&at("r.json")).unwrap(), report);
    assert!(std::fs::read_to_string(at("r.md")).unwrap().starts_with("# Shardpress report"));

    // The caption of `x.png` is no report.
    std::fs::write(at("x.json"), "{\"caption\": \"a dog\"}").unwrap();
    assert!(matches!(write(&report, &at("x.json")), Err(ReportError::NotOurs { .. })));
    assert_eq!(std::fs::read_to_string(at("x.json")).unwrap(), "{\"caption\": \"a dog\"}");
    std::fs::write(at("empty.md"), "").unwrap();
    assert!(matches!(check_path(&at("empty.md")), Err(ReportError::NotOurs { .. })));
    std::fs::create_dir(at("d.md")).unwrap();
    assert!(matches!(check_path(&at("d.md")), Err(ReportError::NotOurs { .. })));
    assert!(matches!(check_path(&at("r.txt")), Err(ReportError::Ending { .. })));
    assert!(matches!(check_path(&at("r")), Err(ReportError::Ending { .. })));
    assert!(matches!(check_path(&at("no/r.json")), Err(ReportError::NoFolder { .. })));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("r.json"), at("link.json")).unwrap();
        assert!(matches!(check_path(&at("link.json")), Err(ReportError::NotOurs { .. })));
    }
    assert!(check_path(Path::new("fresh-report-in-this-folder.json")).is_ok());
    // Where nothing can be written, that is known before the work. (The kernel's own folder refuses the superuser, too.)
    #[cfg(target_os = "linux")]
    {
        let refused = check_path(Path::new("/proc/r.json"));
        assert!(matches!(refused, Err(ReportError::Write { .. })), "{refused:?}");
    }

    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    left.retain(|name| name.starts_with('.'));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_history_keeps_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut record = samples::run();
    let history_folder = folder.path().join("deep/history");
    let first = history::save_in(&history_folder, &Report::new(&record)).unwrap();
    record.id = "../../evil".to_owned();
    let second = history::save_in(&history_folder, &Report::new(&record)).unwrap();
    assert_eq!(second.parent(), first.parent());
    assert_eq!(read(&second).unwrap().id, "../../evil");

    std::fs::write(folder.path().join("f"), "").unwrap();
    assert!(matches!(
        history::save_in(&folder.path().join("f/history"), &Report::new(&record)),
        Err(ReportError::Write { .. })
    ));
    let newer = folder.path().join("newer.json");
    std::fs::write(&newer, "{\"format\":\"shardpress-report\",\"version\":2}").unwrap();
    assert!(read(&newer).unwrap_err().to_string().contains("version is 2"));
    std::fs::write(&newer, "{}").unwrap();
    assert!(read(&newer).unwrap_err().to_string().contains("no report"));
}
