//! Which files and shards are worked on, and what becomes of names that are wanted twice: the command as people meet it.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::fixture::{Finished, Fixture, age, drawn, jpeg_size};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn plan(fixture: &Fixture, more: &[&str]) -> Finished {
    let library = fixture.library();
    let arguments = ["plan".as_ref(), library.as_os_str()]
        .into_iter()
        .chain(more.iter().map(AsRef::as_ref));
    fixture.shardpress(arguments)
}

/// Names outside of the program's own folder, folders left out.
fn names(fixture: &Fixture) -> Vec<String> {
    fixture.look().without_ours().files().map(|(name, _)| name.to_owned()).collect()
}

/// Three images of one stem, a pair of a case-blind drive, and one that is in nobody's way.
fn colliding() -> Fixture {
    let fixture = Fixture::new();
    for name in ["s/a.png", "s/a.webp", "s/a.jpg", "s/B.png", "s/b.webp", "s/c.png"] {
        fixture.picture(name, 600, 400);
    }
    fixture.file("s/a.txt", b"caption");
    fixture
}

#[test]
fn images_whose_names_collide_can_be_skipped() {
    let fixture = colliding();
    let before = fixture.look();
    let report = fixture.beside("plan.json");
    plan(&fixture, &["--collisions", "skip", "--json", report.to_str().expect("plain")])
        .ends_with(0)
        .says(&[
            "Names that more than one file wants:",
            "a.jpg, a.png and a.webp would all become a.jpg; they are left alone.",
            "B.png and b.webp would both become B.jpg; they are left alone.",
            "5 images: left alone, since their names are wanted twice.",
        ]);
    fixture.look().is_unchanged_since(&before);
    let report = json(&report);
    let collisions = report["collisions"].as_array().expect("a list");
    assert_eq!(collisions.len(), 2);
    assert!(collisions.iter().all(|c| c["resolution"] == "left_alone"));

    fixture.run(&["--collisions", "skip"]).ends_with(0);
    let after = fixture.look();
    for name in ["s/a.png", "s/a.webp", "s/a.jpg", "s/B.png", "s/b.webp", "s/a.txt"] {
        assert!(after.0[name] == before.0[name], "{name} was touched");
    }
    assert_eq!(jpeg_size(after.file("s/c.jpg")), Some((512, 341)));
}

#[test]
fn images_whose_names_collide_can_be_numbered() {
    let fixture = colliding();
    let before = fixture.look();
    let report = fixture.beside("run.json");
    plan(&fixture, &["--collisions", "number"]).ends_with(0).says(&[
        "a.jpg, a.png and a.webp would all become a.jpg: a.jpg keeps its name, a.png becomes a-2.jpg and a.webp becomes a-3.jpg.",
        "B.png becomes B.jpg and b.webp becomes b-2.jpg.",
    ]);
    fixture.look().is_unchanged_since(&before);
    let finished = fixture.run(&["--collisions", "number", "--json", report.to_str().expect("plain")]);
    finished.ends_with(0);
    assert_eq!(
        names(&fixture),
        ["s/B.jpg", "s/a-2.jpg", "s/a-3.jpg", "s/a.jpg", "s/a.txt", "s/b-2.jpg", "s/c.jpg"]
    );
    // Each is the picture of its own original, and all originals are kept.
    let (after, report) = (fixture.look(), json(&report));
    for name in ["s/a.png", "s/a.webp", "s/a.jpg", "s/B.png", "s/b.webp"] {
        assert!(after.ours().holds(before.file(name)), "the original of {name} was not kept");
    }
    let images = report["shards"][0]["images"].as_array().expect("images");
    let output = |name: &str| {
        let image = images.iter().find(|i| i["name"]["text"] == name).expect("listed");
        image["output"]["text"].as_str().map(str::to_owned)
    };
    assert_eq!(output("a.webp").as_deref(), Some("a-3.jpg"));
    assert_eq!(output("a.jpg"), None, "the same name in and out");
    assert_eq!(report["collisions"][0]["resolution"], "numbered");
    // Another run has nothing to do, and no collision: what is small enough stays as it is.
    let before = fixture.look().without_ours();
    fixture.run(&["--collisions", "number"]).ends_with(0);
    fixture.look().without_ours().has_the_contents_of(&before);
}

#[test]
fn a_number_never_parts_a_sidecar_from_its_last_image() {
    let fixture = Fixture::new();
    fixture.picture("s/a.png", 600, 400);
    fixture.picture("s/a.webp", 600, 400);
    fixture.file("s/a.txt", b"caption");
    fs::create_dir(fixture.library().join("s/a.jpg")).expect("folder");
    fixture.picture("s/b.png", 600, 400);
    fs::create_dir(fixture.library().join("s/b.jpg")).expect("folder");
    let before = fixture.look();
    fixture.run(&["--collisions", "number"]).ends_with(0);
    let after = fixture.look();
    for name in ["s/a.png", "s/a.webp", "s/a.txt"] {
        assert!(after.0[name] == before.0[name], "{name} was touched");
    }
    assert!(after.0.contains_key("s/b-2.jpg") && !after.0.contains_key("s/b.png"));
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_only_some_drives_tell_apart() {
    for (one, two, number) in [("A.png", "a.PNG", "a-2.jpg"), ("\u{e9}.png", "e\u{301}.png", "\u{e9}-2.jpg")] {
        let fixture = Fixture::new();
        for name in [one, two] {
            fixture.file(name, &drawn(&format!("{name}.png"), 600, 400));
        }
        fixture.run(&[]).ends_with(3).says(&["would both become"]);
        fixture.run(&["--collisions", "skip"]).ends_with(0);
        assert_eq!(names(&fixture).len(), 2);
        assert!(names(&fixture).contains(&one.to_owned()));
        fixture.run(&["--collisions", "number"]).ends_with(0);
        let found = names(&fixture);
        assert!(found.contains(&number.to_owned()) && found.len() == 2, "{found:?}");
    }
}

#[test]
fn images_are_chosen_by_name_size_time_and_number() {
    let fixture = Fixture::new();
    for name in ["s/cat_1.png", "s/cat_2.webp", "s/dog_1.png", "t/cat_1.png"] {
        let path = fixture.picture(name, 600, 400);
        age(&path);
    }
    let large = fixture.picture("t/large.png", 1200, 900);
    let new = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let file = fs::File::options().write(true).open(&large).expect("file");
    file.set_modified(new).expect("time");
    drop(file);
    let size = fs::metadata(&large).expect("file").len().to_string();
    let check = |more: &[&str], expected: &[&str]| {
        let report = fixture.beside("plan.json");
        let _ = fs::remove_file(&report);
        let mut all = vec!["--exact", "--json", report.to_str().expect("plain")];
        all.extend(more);
        let finished = plan(&fixture, &all).ends_with(0);
        let report = json(&report);
        let mut work = Vec::new();
        for shard in report["shards"].as_array().expect("shards") {
            let folder = shard["path"]["text"]
                .as_str()
                .expect("text")
                .rsplit(['/', '\\'])
                .next()
                .expect("name")
                .to_owned();
            for image in shard["images"].as_array().expect("images") {
                if image["outcome"] == "shrunk" {
                    work.push(format!("{folder}/{}", image["name"]["text"].as_str().expect("text")));
                } else {
                    assert_eq!(image["reason"], "not_chosen", "{image}");
                }
            }
        }
        assert_eq!(work, expected, "{more:?}");
        let passed = 5 - expected.len();
        let words = match passed {
            1 => "1 image: passed over by the choice".to_owned(),
            n => format!("{n} images: passed over by the choice"),
        };
        assert_eq!(finished.out.contains(&words), passed > 0, "{more:?}\n{}", finished.out);
    };
    let all = ["s/cat_1.png", "s/cat_2.webp", "s/dog_1.png", "t/cat_1.png", "t/large.png"];
    check(&[], &all);
    check(&["--include", "CAT_*"], &["s/cat_1.png", "s/cat_2.webp", "t/cat_1.png"]);
    check(&["--include", "s/*", "--exclude", "*.{webp,bmp}"], &["s/cat_1.png", "s/dog_1.png"]);
    check(&["--min-size", &size], &["t/large.png"]);
    check(&["--newer-than", "2023-01-01"], &["t/large.png"]);
    check(&["--newer-than", "2030-01-01"], &[]);
    check(&["--limit", "4"], &all[..4]);
    check(&["--limit", "2", "--include", "cat*"], &["s/cat_1.png", "s/cat_2.webp"]);

    // The next run with a limit goes on where the first one ended.
    fixture.run(&["--limit", "2"]).ends_with(0);
    fixture.run(&["--limit", "2"]).ends_with(0);
    assert_eq!(
        names(&fixture),
        ["s/cat_1.jpg", "s/cat_2.jpg", "s/dog_1.jpg", "t/cat_1.jpg", "t/large.png"]
    );
}

#[test]
fn what_is_passed_over_blocks_no_name() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    fixture.picture("a.webp", 600, 400);
    let before = fixture.look();
    fixture.run(&[]).ends_with(3);
    fixture.run(&["--exclude", "*.webp"]).ends_with(0);
    let after = fixture.look();
    assert!(after.0["a.webp"] == before.0["a.webp"]);
    assert!(after.0.contains_key("a.jpg"));
}

#[test]
fn every_glob_that_is_none_is_told_at_once() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    let before = fixture.look();
    fixture
        .run(&["--include", "[a", "--exclude", "{b", "--shard", "c[", "--limit", "0"])
        .ends_with(2)
        .says(&[
            "\"[a\" is no glob",
            "\"{b\" is no glob",
            "\"c[\" is no glob",
            "limit is 0",
            "Nothing was touched.",
        ]);
    fixture.look().is_unchanged_since(&before);
}

/// A library of ten shards.
fn shards() -> Fixture {
    let fixture = Fixture::new();
    for n in 0..10 {
        fixture.picture(&format!("shard_{n:05}/a.png"), 540, 40);
    }
    fixture
}

/// Numbers of the shards that a plan with these arguments lists.
fn planned(fixture: &Fixture, more: &[&str]) -> Vec<u32> {
    let finished = plan(fixture, more).ends_with(0);
    let table = finished.out.lines().take_while(|line| !line.is_empty());
    let numbers = table.filter_map(|line| line.split_once("shard_")?.1.get(..5)?.parse::<u32>().ok());
    numbers.collect()
}

#[test]
fn shards_are_chosen_by_name_number_and_slice() {
    let fixture = shards();
    assert_eq!(planned(&fixture, &[]), (0..10).collect::<Vec<_>>());
    assert_eq!(
        planned(&fixture, &["--shard", "shard_0000[12]", "--shard", "shard_00007"]),
        [1, 2, 7]
    );
    assert_eq!(planned(&fixture, &["--resume-from", "shard_00008"]), [8, 9]);
    assert_eq!(planned(&fixture, &["--resume-from", "8"]), [7, 8, 9]);
    let mut all = Vec::new();
    for index in 1..=4 {
        let slice = planned(&fixture, &["--slice", &format!("{index}/4")]);
        assert!(slice.is_sorted());
        all.extend(slice);
    }
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());

    for (more, words) in [
        (
            ["--shard", "shard_9"],
            "No shard here is named \"shard_9\". There are 11, for example",
        ),
        (["--resume-from", "shard_9"], "no shard \"shard_9\" to begin with"),
        (["--resume-from", "11"], "the numbers go from 1 to 10"),
        (["--slice", "5/4"], "its number must be from 1"),
    ] {
        plan(&fixture, &more).ends_with(2).says(&[words, "Nothing was touched."]);
    }
    plan(&fixture, &["--shard", "library"])
        .ends_with(0)
        .says(&["No images in those shards"]);
}

#[test]
#[cfg(target_os = "linux")]
fn shards_that_are_not_chosen_are_not_looked_into() {
    let fixture = shards();
    // Opening this for reading would hang; a scan of the folder is enough to find it, as a notice.
    for n in 0..10 {
        let made = std::process::Command::new("mkfifo")
            .arg(fixture.library().join(format!("shard_{n:05}/pipe.png")))
            .status();
        assert!(made.expect("mkfifo").success());
    }
    let finished = plan(&fixture, &["--shard", "shard_00003"]).ends_with(0);
    assert_eq!(finished.out.matches("pipe.png").count(), 2, "{}", finished.out);
    assert!(!finished.out.contains("shard_00004"), "{}", finished.out);
    assert!(finished.out.contains("10 of 11 folders are not looked into"), "{}", finished.out);
}

#[test]
fn what_would_not_get_smaller_stays_what_it_is() {
    let fixture = Fixture::new();
    // A small drawing, of which a JPEG at quality 100 is larger.
    let mut drawing = Vec::new();
    let mut encoder = png::Encoder::new(&mut drawing, 64, 64);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::High);
    let pixels: Vec<u8> = (0..64 * 64_u32).map(|p| if (p / 8 + p / 512) % 2 == 0 { 0 } else { 255 }).collect();
    encoder.write_header().and_then(|mut w| w.write_image_data(&pixels)).expect("png");
    fixture.file("drawing.png", &drawing);
    fixture.file("drawing.txt", b"caption");
    fixture.picture("photo.png", 900, 600);
    let before = fixture.look();
    let report = fixture.beside("report.json");
    let report_text = report.to_str().expect("plain");
    let options = ["--skip-unless-smaller", "--quality", "100", "--json", report_text];
    for exact in [true, false] {
        let finished = match exact {
            true => plan(&fixture, &[&["--exact"], &options[..]].concat()),
            false => fixture.run(&options),
        };
        finished
            .ends_with(0)
            .says(&["1 image: left alone, since their replacements would not save enough."]);
        let report = json(&report);
        let image = &report["shards"][0]["images"][0];
        assert_eq!(
            (&image["outcome"], &image["reason"]),
            (&"left_alone".into(), &"not_smaller".into()),
            "{image}"
        );
        assert_eq!(image["bytes_after"], drawing.len());
        assert!(image["steps"]["encode_us"].as_u64() > Some(0), "the time it took is told: {image}");
        assert_eq!(image["steps"]["write_us"], 0);
        assert_eq!(report["totals"]["images"]["left_alone"], 1);
        assert_eq!(report["totals"]["untouched_bytes"], drawing.len());
        assert_eq!(report["phases"]["process"]["images"], 2);
    }
    let after = fixture.look();
    for name in ["drawing.png", "drawing.txt"] {
        assert!(after.0[name] == before.0[name], "{name} was touched");
    }
    assert!(after.0.contains_key("photo.jpg"));

    // As much as was asked for, or nothing.
    let fixture = Fixture::new();
    fixture.picture("photo.png", 900, 600);
    let before = fixture.look();
    fixture.run(&["--min-saving", "99.9"]).ends_with(0);
    assert!(fixture.look().0["photo.png"] == before.0["photo.png"]);
    fixture.run(&["--min-saving", "10"]).ends_with(0);
    assert!(fixture.look().0.contains_key("photo.jpg"));
}

#[test]
#[cfg(target_os = "linux")]
fn other_programs_go_first() {
    let fixture = Fixture::new();
    for n in 0..8 {
        fixture.picture(&format!("{n}.png"), 1400, 1000);
    }
    for (more, nice) in [(&["--low-priority"][..], "19"), (&[], "0")] {
        let library = fixture.library();
        let mut child = fixture
            .command()
            .args(["plan", "--exact", "--quiet"])
            .args(more)
            .arg(&library)
            .spawn()
            .expect("the program starts");
        // Of every thread that works: the name stands in brackets, and may hold blanks.
        let tasks = format!("/proc/{}/task", child.id());
        let own = nice_of(Path::new("/proc/self/stat")).expect("ours");
        let mut seen = std::collections::BTreeSet::new();
        while !child_is_over(&tasks) {
            for task in fs::read_dir(&tasks).into_iter().flatten().flatten() {
                seen.extend(nice_of(&task.path().join("stat")));
            }
            if seen.contains(nice) && seen.len() > 1 {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // It has shown what it does, touches nothing, and would wait for a busy machine.
        child.kill().expect("kill");
        child.wait().expect("wait");
        if more.is_empty() {
            assert_eq!(seen.into_iter().collect::<Vec<_>>(), [own]);
        } else {
            assert!(seen.contains(nice), "{seen:?}");
        }
    }
}

/// The nice value, the 19th field of `/proc/…/stat`.
#[cfg(target_os = "linux")]
fn nice_of(stat: &Path) -> Option<String> {
    let text = fs::read_to_string(stat).ok()?;
    let behind = text.rsplit_once(')')?.1;
    behind.split_whitespace().nth(16).map(str::to_owned)
}

#[cfg(target_os = "linux")]
fn child_is_over(tasks: &str) -> bool {
    // A process that ended and was not waited for has one task, a zombie.
    let stat = Path::new(tasks).with_file_name("stat");
    fs::read_to_string(stat).map_or(true, |text| {
        text.rsplit_once(')')
            .is_some_and(|(_, behind)| behind.trim_start().starts_with('Z'))
    })
}
