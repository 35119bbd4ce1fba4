//! `bench` as people and scripts meet it: what it prints and writes, that it changes nothing, and how it ends where there is
//! nothing to measure.

use std::fs;

use crate::fixture::{Finished, Fixture, Tree};

fn bench(fixture: &Fixture, more: &[&str]) -> Finished {
    let library = fixture.library();
    let arguments = ["bench".as_ref(), library.as_os_str()].into_iter();
    fixture.shardpress(arguments.chain(more.iter().map(|more| more.as_ref())))
}

#[test]
fn a_library_is_measured_and_left_as_it_was() {
    let fixture = Fixture::new();
    for name in ["few/a.png", "many/b.png", "many/c.jpg", "many/d.png"] {
        fixture.picture(name, 700, 500);
    }
    let look = || ["few", "many"].map(|shard| Tree::of(&fixture.library().join(shard)));
    let before = look();
    let (json, page) = (fixture.beside("bench.json"), fixture.beside("bench.md"));
    let (json, page) = (json.to_str().expect("plain"), page.to_str().expect("plain"));
    let finished = bench(&fixture, &["--vary", "originals", "--json", json, "--report", page])
        .ends_with(0)
        .says(&["many has the most images to shrink of 2 shards with work", "images/s", "of limit"])
        .says(&["Settings in force", "Originals deleted", "The copy is removed"]);
    for (after, before) in look().iter().zip(&before) {
        after.is_unchanged_since(before);
    }
    assert_eq!(fs::read_dir(fixture.library()).expect("library").count(), 2, "the copy is gone");
    assert!(!finished.out.contains("worker"), "workers were not to be varied\n{}", finished.out);

    let text = fs::read_to_string(json).expect("the report");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["format"], "shardpress-benchmark");
    assert_eq!(
        (&report["images"], &report["images_with_work"], &report["rounds"]),
        (&3.into(), &3.into(), &3.into())
    );
    let variants = report["variants"].as_array().expect("variants");
    assert_eq!(variants.len(), 2, "{text}");
    for variant in variants {
        let number = |key: &str| variant[key].as_f64().unwrap_or_else(|| panic!("{key} of {variant}"));
        assert_eq!((&variant["runs"], &variant["failed"]), (&3.into(), &0.into()), "{variant}");
        let at = |key: &str| variant["seconds"][key].as_f64().expect(key);
        assert!(
            0.0 < at("min") && at("min") <= at("median") && at("median") <= at("max"),
            "{variant}"
        );
        // The rates are of the middle run, whatever that took.
        assert!((number("images_per_second") * at("median") - 3.0).abs() < 1e-6, "{variant}");
        let bytes = report["bytes"].as_f64().expect("bytes");
        assert!((number("bytes_per_second") * at("median") - bytes).abs() < 1e-3, "{variant}");
        let cores = report["machine"]["cores"].as_f64().expect("cores");
        let busy: f64 = variant["busy_seconds"]
            .as_array()
            .expect("busy")
            .iter()
            .filter_map(|one| one.as_f64())
            .sum();
        let work = variant["processor_seconds"].as_f64().unwrap_or(busy);
        assert!((number("times_of_limit") * work / cores - at("median")).abs() < 1e-6, "{variant}");
    }
    let page = fs::read_to_string(page).expect("the page");
    assert!(
        page.contains("# Shardpress benchmark") && page.contains("Originals deleted"),
        "{page}"
    );
}

#[test]
fn where_nothing_is_to_do_nothing_is_measured() {
    let fixture = Fixture::new();
    fixture.picture("a.jpg", 300, 200);
    let before = fixture.look();
    let finished = bench(&fixture, &[])
        .ends_with(2)
        .says(&["has no images to shrink", "Nothing was touched."]);
    assert_eq!(finished.out, "", "no table of nothing");
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn what_makes_no_sense_is_told_before_anything_is_measured() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 700, 500);
    let before = fixture.look();
    for (arguments, word) in [
        (&["--rounds", "1"][..], "from 3 to 100"),
        (&["--images", "none"], "--images"),
        (&["--bytes", "0"], "--bytes"),
        (&["--vary", "weather"], "weather"),
        (&["--quality", "300"], "300"),
        (&["--report", "b.csv"], "a benchmark is written as"),
        (&["--events", "-"], "--events"),
    ] {
        let finished = bench(&fixture, arguments).ends_with(2).says(&[word, "Nothing was"]);
        assert_eq!(finished.out, "", "{arguments:?}");
    }
    let missing = fixture.beside("nowhere");
    fixture
        .shardpress(["bench".as_ref(), missing.as_os_str()])
        .ends_with(2)
        .says(&["nowhere"]);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn its_help_says_that_nothing_is_changed() {
    Fixture::new()
        .shardpress(["bench", "--help"])
        .ends_with(0)
        .says(&["only read", "the copy is", "--vary", "--rounds", "--target"]);
}
