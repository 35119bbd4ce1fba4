//! The command as people and scripts meet it: exit codes, what is touched and what never is, and what is reported.

#[cfg(unix)]
mod unix;

use std::fs;
use std::path::Path;

use crate::fixture::{Fixture, Thing, Tree, age, drawn, jpeg_size};

#[test]
fn wrong_usage_ends_with_2() {
    let fixture = Fixture::new();
    let library = fixture.library();
    let library = library.to_str().expect("a plain path");
    for arguments in [
        vec!["run"],
        vec!["plan"],
        vec!["shrink", library],
        vec!["run", library, "--bogus"],
        vec!["run", library, "--yes", "--quality", "0"],
        vec!["run", library, "--yes", "--quality", "101"],
        vec!["run", library, "--yes", "--target", "0"],
        vec!["run", library, "--yes", "--originals", "burn"],
        vec!["run", library, "--yes", "--verify", "off"],
        vec!["run", library, "--yes", "--memory", "much"],
    ] {
        let finished = fixture.shardpress(&arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}\n{}{}", finished.out, finished.err);
        assert!(!finished.err.is_empty(), "{arguments:?}: nothing was said");
    }
}

#[test]
fn every_wrong_argument_is_told_at_once_and_nothing_is_touched() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    let before = fixture.look();
    let notes = fixture.beside("x.txt");
    let notes = notes.to_str().expect("a plain path");
    let finished = fixture
        .run(&[
            "--quality",
            "300",
            "--target",
            "0",
            "--memory",
            "much",
            "--matte",
            "blue",
            "--json",
            notes,
        ])
        .ends_with(2)
        .says(&["300", "The target is 0", "much", "blue", "x.txt"]);
    assert_eq!(finished.err.matches("Nothing was touched.").count(), 1, "{}", finished.err);
    assert_eq!(finished.err.matches("x.txt").count(), 1, "{}", finished.err);
    // What clap finds by itself ends the same way.
    let finished = fixture.run(&["--originals", "burn"]).ends_with(2);
    assert_eq!(finished.err.matches("Nothing was touched.").count(), 1, "{}", finished.err);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn help_is_not_wrong() {
    for arguments in [&["help"][..], &["--help"], &["help", "run"], &["--version"]] {
        Fixture::new().shardpress(arguments).ends_with(0);
    }
}

#[test]
fn without_arguments_it_says_what_is_missing() {
    let finished = Fixture::new().shardpress([] as [&str; 0]);
    assert!(finished.code != Some(0), "the window did not open, yet the exit code is 0");
    finished.says(&["window"]);
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let fixture = Fixture::new();
    let missing = fixture.beside("nowhere");
    for command in ["plan", "run"] {
        let finished = fixture.shardpress([command.as_ref(), missing.as_os_str(), "--quiet".as_ref()]);
        assert!(
            matches!(finished.code, Some(2 | 4)),
            "{command}: {:?} {}",
            finished.code,
            finished.err
        );
        assert!(!missing.exists());
    }
    fixture
        .shardpress(["plan".as_ref(), missing.as_os_str()])
        .says(&[missing.to_str().expect("plain")]);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_touched() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    let before = fixture.look();
    let finished = fixture.shardpress(["run".as_ref(), fixture.library().as_os_str()]);
    finished.ends_with(2).says(&["--yes"]);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn a_plan_touches_nothing() {
    let fixture = Fixture::sample();
    let before = fixture.look();
    let library = fixture.library();
    for more in [&[][..], &["--exact"][..]] {
        let arguments = ["plan".as_ref(), library.as_os_str()]
            .into_iter()
            .chain(more.iter().map(|more| more.as_ref()));
        fixture.shardpress(arguments).ends_with(0);
        fixture.look().is_unchanged_since(&before);
    }
}

#[test]
fn the_sample_is_shrunk_and_the_report_adds_up() {
    let fixture = Fixture::sample();
    let before = fixture.look();
    let (json, markdown) = (fixture.beside("run.json"), fixture.beside("run.md"));
    let exact = fixture.beside("exact.json");
    let finished = fixture.shardpress([
        "plan".as_ref(),
        fixture.library().as_os_str(),
        "--exact".as_ref(),
        "--json".as_ref(),
        exact.as_os_str(),
    ]);
    finished.ends_with(0);
    let finished = fixture.run(&[
        "--json",
        json.to_str().expect("plain"),
        "--report",
        markdown.to_str().expect("plain"),
    ]);
    let finished = finished.ends_with(0);
    assert!(
        finished.out.ends_with(", freed by purge.\n"),
        "another last line:\n{}",
        finished.out
    );
    let after = fixture.look();
    let outside = after.without_ours();

    let read = |path: &Path| -> serde_json::Value { serde_json::from_slice(&fs::read(path).expect("report")).expect("JSON") };
    let report = read(&json);
    let total = |name: &str| {
        report["totals"][name]
            .as_i64()
            .unwrap_or_else(|| panic!("totals.{name} is missing"))
    };
    assert_eq!(total("bytes_before"), before.bytes() as i64);
    assert_eq!(total("bytes_after"), outside.bytes() as i64);
    assert_eq!(total("bytes_before") - total("bytes_after"), total("bytes_saved"));
    assert!(total("bytes_saved") > 0, "the sample library did not shrink");
    let kept: u64 = after
        .ours()
        .files()
        .filter(|(name, _)| name.ends_with(".orig"))
        .map(|(_, content)| content.len() as u64)
        .sum();
    assert_eq!(total("kept_bytes"), kept as i64);
    assert!(kept > 0, "no original was kept");
    let images = &report["totals"]["images"];
    let count = |name: &str| images[name].as_u64().unwrap_or_else(|| panic!("totals.images.{name} is missing"));
    assert_eq!(count("total"), 72);
    let parts = ["shrunk", "left_alone", "refused", "failed", "not_reached"].map(count);
    assert_eq!(parts.iter().sum::<u64>(), 72, "{parts:?}");
    assert_eq!((count("refused"), count("failed"), count("not_reached")), (0, 0, 0));
    assert_eq!(
        read(&exact)["totals"]["bytes_after"],
        report["totals"]["bytes_after"],
        "plan --exact told another size than the run came to"
    );
    let markdown = fs::read_to_string(markdown).expect("report");
    assert!(markdown.starts_with('#') && markdown.contains('|'), "no Markdown:\n{markdown}");

    for (name, content) in before.files() {
        if name.ends_with(".json") || name.ends_with(".txt") {
            assert!(after.file(name) == content, "the sidecar {name} changed");
            assert_eq!(after.0[name].modified, before.0[name].modified, "the sidecar {name} was written");
        } else if !outside.files().any(|(other, same)| other == name && same == content) {
            assert!(after.ours().holds(content), "the original of {name} was not kept");
        }
    }
    for (name, content) in outside
        .files()
        .filter(|(name, _)| !name.ends_with(".json") && !name.ends_with(".txt"))
    {
        if before.0.contains_key(name) && before.file(name) == content {
            continue;
        }
        let (width, height) = jpeg_size(content).unwrap_or_else(|| panic!("{name} is no whole JPEG"));
        assert!(width.max(height) <= 512, "{name} is {width} x {height}");
    }

    // Everything a person could want again is in the history, too.
    if cfg!(target_os = "linux") {
        let kept = Tree::of(&fixture.data());
        let reports = kept.files().filter(|(name, _)| name.starts_with("shardpress/")).count();
        assert!(
            reports >= 2,
            "the history has {reports} entries after a plan and a run: {:?}",
            kept.names()
        );
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let fixture = Fixture::sample();
    fixture.run(&[]).ends_with(0);
    let before = fixture.look();
    fixture.run(&[]).ends_with(0);
    let after = fixture.look();
    // Folders aside: a lock that comes and goes changes their times.
    let files = |tree: &Tree| -> Vec<_> {
        let files = tree.0.iter().filter(|(_, entry)| matches!(entry.thing, Thing::File(_)));
        files.map(|(name, entry)| (name.clone(), entry.modified, entry.mode)).collect()
    };
    assert_eq!(files(&after.without_ours()), files(&before.without_ours()));
    after.without_ours().has_the_contents_of(&before.without_ours());
    let kept = |tree: &Tree| -> Vec<String> {
        let ours = tree.ours();
        let kept = ours.files().filter(|(name, _)| name.ends_with(".orig"));
        kept.map(|(name, _)| name.to_owned()).collect()
    };
    assert!(!kept(&before).is_empty());
    assert_eq!(kept(&after), kept(&before), "the kept originals changed");
}

#[test]
fn deleted_originals_leave_only_replacements() {
    let fixture = Fixture::new();
    let original = drawn("a.png", 700, 500);
    fixture.file("a.png", &original);
    fixture.file("a.txt", b"caption");
    fixture.run(&["--originals", "delete"]).ends_with(0);
    let after = fixture.look();
    assert!(!after.holds(&original), "the original is still there");
    let outside = after.without_ours();
    let names: Vec<&str> = outside.files().map(|(name, _)| name).collect();
    assert_eq!(names, ["a.jpg", "a.txt"]);
    assert_eq!(jpeg_size(after.file("a.jpg")), Some((512, 366)));
}

#[test]
fn every_collision_is_listed_and_blocks_before_the_first_write() {
    let fixture = Fixture::new();
    // Two images that would be written under one name.
    fixture.picture("one/a.png", 600, 400);
    fixture.picture("one/a.webp", 600, 400);
    // One whose output name belongs to a file that stays.
    fixture.picture("two/b.png", 600, 400);
    fixture.picture("two/b.jpg", 100, 80);
    // A shard without any: it must not be touched either.
    fixture.picture("three/c.png", 600, 400);
    let before = fixture.look();
    let finished = fixture.run(&[]).ends_with(3);
    finished.says(&["a.png", "a.webp", "would both become", "b.png", "b.jpg", "Nothing was touched."]);
    fixture.look().is_unchanged_since(&before);

    let finished = fixture.shardpress(["plan".as_ref(), fixture.library().as_os_str()]);
    let finished = finished.ends_with(3).says(&["a.png", "a.webp", "b.png", "b.jpg"]);
    assert!(
        !finished.out.contains("save"),
        "a promise for a run that would not begin: {}",
        finished.out
    );
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn names_that_differ_in_case_alone_collide() {
    let fixture = Fixture::new();
    fixture.picture("A.png", 600, 400);
    fixture.picture("a.webp", 600, 400);
    let before = fixture.look();
    fixture.run(&[]).ends_with(3).says(&["A.png", "a.webp"]);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn a_small_file_that_stays_claims_only_its_own_name() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    // Left alone, so it never becomes a.jpg.
    fixture.picture("a.webp", 100, 80);
    let webp = drawn("a.webp", 100, 80);
    fixture.run(&[]).ends_with(0);
    let after = fixture.look();
    assert!(after.file("a.webp") == webp);
    assert_eq!(jpeg_size(after.file("a.jpg")), Some((512, 341)));
}

#[test]
fn what_is_small_enough_is_left_alone_to_the_byte() {
    let fixture = Fixture::new();
    let names = ["a.jpg", "b.webp", "c.bmp", "d.JPEG"];
    for name in names {
        let path = fixture.library().join(name);
        fs::write(&path, drawn(&name.to_lowercase(), 512, 300)).expect("file");
        age(&path);
    }
    let before = fixture.look().without_ours();
    fixture.run(&[]).ends_with(0);
    let after = fixture.look();
    for name in names {
        assert!(after.0[name] == before.0[name], "{name} was touched");
    }
}

#[test]
fn content_decides_and_names_are_kept() {
    let fixture = Fixture::new();
    fixture.file("UPPER.JPG", &drawn("upper.jpg", 900, 600));
    fixture.file("long.jpeg", &drawn("long.jpeg", 600, 900));
    fixture.file("liar.jpg", &drawn("liar.png", 100, 50));
    fixture.file("small.png", &drawn("small.png", 64, 48));
    fixture.run(&[]).ends_with(0);
    let after = fixture.look().without_ours();
    let names: Vec<&str> = after.files().map(|(name, _)| name).collect();
    assert_eq!(names, ["UPPER.JPG", "liar.jpg", "long.jpeg", "small.jpg"]);
    for (name, size) in [
        ("UPPER.JPG", (512, 341)),
        ("long.jpeg", (341, 512)),
        ("liar.jpg", (100, 50)),
        ("small.jpg", (64, 48)),
    ] {
        assert_eq!(jpeg_size(after.file(name)), Some(size), "{name}");
    }
}

#[test]
fn settings_reach_the_pictures() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    fixture.picture("b.png", 600, 400);
    let small = Fixture::new();
    small.picture("a.png", 600, 400);
    fixture.run(&["--target", "300"]).ends_with(0);
    small.run(&["--target", "300", "--quality", "30"]).ends_with(0);
    let (fine, coarse) = (fixture.look(), small.look());
    assert_eq!(jpeg_size(fine.file("a.jpg")), Some((300, 200)));
    assert!(
        coarse.file("a.jpg").len() * 2 < fine.file("a.jpg").len(),
        "quality 30 is not much smaller than 95"
    );
}

#[test]
fn a_damaged_picture_is_named_and_never_replaced() {
    let fixture = Fixture::new();
    let whole = drawn("cut.png", 700, 500);
    fixture.file("cut.png", &whole[..whole.len() * 2 / 3]);
    fixture.file("cut too.jpg", &drawn("x.jpg", 900, 600)[..9_000]);
    fixture.file("notes.png", b"not a picture at all, whatever its name says\n");
    fixture.picture("good.png", 700, 500);
    let before = fixture.look();
    fixture
        .run(&["--originals", "delete"])
        .ends_with(1)
        .says(&["cut.png", "cut too.jpg", "notes.png"]);
    let after = fixture.look();
    for name in ["cut.png", "cut too.jpg", "notes.png"] {
        assert!(after.0[name] == before.0[name], "{name} was touched");
    }
    let outside = after.without_ours();
    let names: Vec<&str> = outside.files().map(|(name, _)| name).collect();
    assert_eq!(names, ["cut too.jpg", "cut.png", "good.jpg", "notes.png"]);
}

#[test]
fn what_failed_is_told_once() {
    let fixture = Fixture::new();
    let whole = drawn("cut.png", 700, 500);
    fixture.file("cut.png", &whole[..whole.len() * 2 / 3]);
    fixture.file("notes.png", b"not a picture at all, whatever its name says\n");
    for more in [&[][..], &["--quiet"]] {
        let finished = fixture.run(more).ends_with(1);
        let text = format!("{}{}", finished.out, finished.err);
        for name in ["cut.png: ", "notes.png: "] {
            assert_eq!(text.matches(name).count(), 1, "{name}, {more:?}:\n{text}");
        }
    }
}

#[test]
fn a_quiet_run_prints_nothing() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 400);
    let finished = fixture.run(&["--quiet"]).ends_with(0);
    assert_eq!((finished.out.as_str(), finished.err.as_str()), ("", ""));
}

#[test]
fn folders_further_down_want_recursive_and_hidden_ones_never_come() {
    let fixture = Fixture::new();
    for name in ["shard/a.png", "deep/er/b.png", ".hidden/c.png"] {
        fixture.picture(name, 600, 400);
    }
    let has = |name: &str| fixture.look().0.contains_key(name);
    fixture.run(&[]).ends_with(0);
    assert!(has("shard/a.jpg") && has("deep/er/b.png") && has(".hidden/c.png"));
    fixture.run(&["--recursive"]).ends_with(0);
    assert!(has("deep/er/b.jpg") && !has("deep/er/b.png") && has(".hidden/c.png"));
}

#[test]
fn an_empty_folder_is_nothing_to_do() {
    let fixture = Fixture::new();
    let before = fixture.look();
    for finished in [
        fixture.run(&[]).ends_with(0),
        fixture.shardpress(["plan".as_ref(), fixture.library().as_os_str()]).ends_with(0),
    ] {
        // Once, and no table of zeros.
        assert_eq!(finished.out.matches("mages").count(), 1, "{}", finished.out);
        assert!(
            finished.out.contains("No images in") && finished.out.lines().count() == 1,
            "{}",
            finished.out
        );
    }
    fixture.look().is_unchanged_since(&before);
    fixture.shardpress(["recover".as_ref(), fixture.library().as_os_str()]).ends_with(0);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn a_sample_never_lands_in_a_folder_in_use() {
    let fixture = Fixture::new();
    fixture.file("mine.txt", b"mine");
    let before = fixture.look();
    let library = fixture.library();
    let finished = fixture.shardpress(["sample".as_ref(), library.as_os_str()]);
    finished
        .ends_with(2)
        .says(&[library.to_str().expect("plain"), "othing was touched"]);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn the_doctor_tells_the_codecs() {
    let fixture = Fixture::new();
    fixture
        .shardpress(["doctor".as_ref(), fixture.library().as_os_str()])
        .ends_with(0)
        .says(&["jpeg", "png ", "Largest image", "free"]);
    fixture
        .shardpress(["doctor".as_ref(), fixture.beside("nowhere").as_os_str()])
        .ends_with(2)
        .says(&["nowhere is not there. Nothing was touched."]);
}

#[test]
fn the_licences_are_printed_in_either_spelling() {
    let fixture = Fixture::new();
    for spelling in ["licences", "licenses"] {
        let finished = fixture.shardpress([spelling]).ends_with(0);
        let finished = finished.says(&[
            "Rust crates",
            "libjpeg-turbo",
            "  flate2 ",
            "Permission is hereby granted",
            "Independent JPEG Group",
        ]);
        assert_eq!(finished.err, "");
    }
}

/// On any machine, with cards and without: a table or the same as JSON, and a sentence of what that means. Drivers have no say on
/// standard error, also where there is no session.
#[test]
fn graphics_cards_are_listed() {
    let fixture = Fixture::new();
    let ask = |more: &[&str]| {
        let mut command = fixture.command();
        command.env_remove("XDG_RUNTIME_DIR").arg("adapters").args(more);
        let finished = crate::fixture::finish(command.spawn().expect("the program starts")).ends_with(0);
        assert_eq!(finished.err, "");
        finished.out
    };
    let json: serde_json::Value = serde_json::from_str(&ask(&["--json"])).expect("JSON");
    let cards = json["adapters"].as_array().expect("a list");
    let text = ask(&[]);
    for card in cards {
        assert!(text.contains(card["name"].as_str().expect("a name")), "{text}");
        assert!(card["kind"] != "software" || card["auto"] == false, "{card}");
    }
    let software = cards.iter().any(|card| card["kind"] == "software");
    assert_eq!(text.contains("software, for tests only"), software, "{text}");
    let taken = cards.iter().filter(|card| card["auto"] == true).count();
    assert!(
        taken == usize::from(text.contains("--backend auto takes") && !text.contains("takes none")),
        "{text}"
    );
    assert!(
        taken == 1 || text.contains("The processor does everything") || text.contains("so the processor does everything"),
        "{text}"
    );
}

#[test]
fn what_only_a_person_can_decide_ends_with_5_even_where_nothing_else_is_to_do() {
    let fixture = Fixture::new();
    fixture.picture("small.jpg", 60, 40);
    fixture.file(".shardpress/journal", b"this was\na journal\n");
    let read = |name: &str| fs::read(fixture.library().join(name)).expect("still there");
    let before = (read("small.jpg"), read(".shardpress/journal"));
    fixture.run(&[]).ends_with(5).says(&["journal", "damaged"]);
    let library = fixture.library();
    fixture
        .shardpress(["recover".as_ref(), library.as_os_str()])
        .ends_with(5)
        .says(&["A run was interrupted", "only a person can decide"]);
    assert!(before == (read("small.jpg"), read(".shardpress/journal")), "somebody decided");
}

#[test]
fn one_folder_that_cannot_be_looked_into_does_not_stop_the_others() {
    let fixture = Fixture::new();
    fixture.picture("good/a.png", 600, 400);
    fixture.picture("bad/a.png", 600, 400);
    // A folder where the journal should be: not even root can read it as a file.
    fs::create_dir_all(fixture.library().join("bad/.shardpress/journal")).expect("folder");
    fixture.run(&["--originals", "delete"]).ends_with(1).says(&["bad"]);
    assert!(fixture.library().join("good/a.jpg").exists());
    assert!(fixture.library().join("bad/a.png").exists() && !fixture.library().join("bad/a.jpg").exists());
}
