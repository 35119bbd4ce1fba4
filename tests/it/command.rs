//! The command as people and scripts meet it: exit codes, what is touched and what never is, and what is reported.

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

/// What only Unix has, or can show.
#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::process::Command;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;
    use crate::fixture::finish;

    #[test]
    fn names_never_steer_the_terminal() {
        let fixture = Fixture::new();
        let name = "evil\u{1b}[2J\n.png";
        fixture.file(name, b"not a picture at all, whatever its name says\n");
        fixture.file("a\u{1b}[2J.png", &drawn("a.png", 600, 400));
        fixture.file("a\u{1b}[2J.webp", &drawn("a.webp", 600, 400));
        let library = fixture.library();
        let there = |name: &str| fs::remove_file(library.join(name)).expect("file");
        let plan = || fixture.shardpress(["plan".as_ref(), library.as_os_str()]);
        let check = |finished: crate::fixture::Finished| {
            let text = format!("{}{}", finished.out, finished.err);
            assert!(!text.contains('\u{1b}') && text.contains("\\u{1b}[2J"), "{text:?}");
        };
        check(plan().ends_with(3));
        there("a\u{1b}[2J.webp");
        check(plan().ends_with(1));
        check(fixture.run(&["--quiet"]).ends_with(1));
        check(fixture.run(&[]).ends_with(1));
    }

    /// The program on a terminal of its own, made by `script`: what it prints, once it asked, after `keys` were typed.
    #[cfg(target_os = "linux")]
    fn asked(fixture: &Fixture, keys: &[u8]) -> Option<(Option<i32>, String)> {
        use std::io::{Read as _, Write as _};
        use std::process::Stdio;

        if !Command::new("script")
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
        {
            eprintln!("SKIPPED: there is no `script` to make a terminal with");
            return None;
        }
        let program = fixture.command();
        let mut script = Command::new("script");
        script.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let line = format!("exec '{}' run '{}'", program.get_program().display(), fixture.library().display());
        let mut child = script
            .args(["-q", "-e", "-c", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script");
        let mut text = Vec::new();
        let mut screen = child.stdout.take().expect("a pipe");
        let mut keyboard = child.stdin.take().expect("a pipe");
        let mut piece = [0; 4096];
        let mut typed = false;
        loop {
            match screen.read(&mut piece).expect("screen") {
                0 => break,
                n => text.extend_from_slice(&piece[..n]),
            }
            if !typed && String::from_utf8_lossy(&text).contains("[y/N]") {
                keyboard.write_all(keys).expect("keyboard");
                keyboard.flush().expect("keyboard");
                typed = true;
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(typed, "it did not ask:\n{text}");
        Some((child.wait().expect("an end").code(), text))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_question_can_be_answered_and_interrupted() {
        let fixture = Fixture::new();
        fixture.picture("a.png", 600, 400);
        let before = fixture.look();
        for (keys, code) in [(&b"\x03"[..], 130), (b"n\n", 0), (b"\n", 0)] {
            let Some((ended, text)) = asked(&fixture, keys) else { return };
            assert_eq!(ended, Some(code), "{keys:?}\n{text}");
            assert!(text.contains("Nothing was touched."), "{text}");
            assert!(!text.contains("Nothing was changed."), "said before the question:\n{text}");
            fixture.look().is_unchanged_since(&before);
        }
        let Some((ended, text)) = asked(&fixture, b"y\n") else { return };
        assert_eq!(ended, Some(0), "{text}");
        assert!(text.contains("Shrink 1 image and keep the originals in .shardpress?"), "{text}");
        assert!(text.trim_end().ends_with("freed by purge."), "{text}");
        assert!(jpeg_size(fixture.look().file("a.jpg")).is_some());
    }

    #[test]
    fn times_and_permissions_carry_over() {
        let fixture = Fixture::new();
        let mut wanted = Vec::new();
        for (name, output) in [("a.png", "a.jpg"), ("b.jpg", "b.jpg")] {
            let path = fixture.picture(name, 700, 500);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
            wanted.push((output, age(&path)));
        }
        fixture.run(&[]).ends_with(0);
        let after = fixture.look();
        for (output, modified) in wanted {
            let entry = &after.0[output];
            assert_eq!((entry.modified, entry.mode), (modified, 0o640), "{output}");
            assert_eq!(jpeg_size(after.file(output)), Some((512, 366)), "{output}");
        }
    }

    #[test]
    fn links_pipes_and_folders_with_a_pictures_name_are_left_alone() {
        let fixture = Fixture::new();
        let outside = fixture.beside("outside.png");
        fs::write(&outside, drawn("outside.png", 700, 500)).expect("file");
        symlink(&outside, fixture.library().join("link.png")).expect("link");
        symlink("nowhere.png", fixture.library().join("dangling.png")).expect("link");
        let pipe = fixture.library().join("pipe.png");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        fs::create_dir(fixture.library().join("folder.png")).expect("folder");
        fixture.file("empty.png", b"");
        fixture.picture("real.png", 700, 500);
        let before = fixture.look();
        let finished = fixture.run(&[]);
        assert!(matches!(finished.code, Some(0 | 1)), "{:?} {}", finished.code, finished.err);
        let after = fixture.look();
        for name in ["link.png", "dangling.png", "pipe.png", "folder.png", "empty.png"] {
            assert!(after.0[name] == before.0[name], "{name} was touched");
        }
        assert!(matches!(after.0["link.png"].thing, Thing::Other));
        assert_eq!(fs::read(&outside).expect("file"), drawn("outside.png", 700, 500));
        assert!(jpeg_size(after.file("real.jpg")).is_some());
    }

    #[test]
    fn another_name_of_a_hard_link_keeps_its_bytes() {
        for (name, output) in [("a.png", "a.jpg"), ("a.jpg", "a.jpg")] {
            for originals in ["keep", "delete"] {
                let fixture = Fixture::new();
                let path = fixture.picture(name, 700, 500);
                let other = fixture.beside("other");
                fs::hard_link(&path, &other).expect("link");
                fixture.run(&["--originals", originals]).ends_with(0);
                assert_eq!(fs::read(&other).expect("file"), drawn(name, 700, 500), "{name}, {originals}");
                assert_eq!(jpeg_size(fixture.look().file(output)), Some((512, 366)), "{name}, {originals}");
                let replaced = fs::metadata(fixture.library().join(output)).expect("file");
                assert!(
                    replaced.ino() != fs::metadata(&other).expect("file").ino(),
                    "{name}, {originals}: still one file"
                );
            }
        }
    }

    /// Images of [`busy_fixture`]: several batches of the commit, so that some are done when others have not begun.
    const BUSY: usize = 320;

    /// Enough work for a signal to come in the midst of it.
    fn busy_fixture() -> Fixture {
        let fixture = Fixture::new();
        let picture = drawn("p.png", 640, 480);
        for number in 0..BUSY {
            fixture.file(&format!("{number:03}.png"), &picture);
        }
        fixture
    }

    /// Waits until the run has put its first replacement into the library.
    fn wait_for_the_first(fixture: &Fixture) {
        let begun = Instant::now();
        loop {
            let mut names = fs::read_dir(fixture.library())
                .expect("library")
                .map(|entry| entry.expect("entry").file_name());
            if names.any(|name| name.to_string_lossy().ends_with(".jpg")) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the run put nothing into the library for a minute"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_signal_stops_it_with_its_own_code_and_nothing_is_lost() {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let fixture = busy_fixture();
            let picture = drawn("p.png", 640, 480);
            let child = fixture.start(&["--workers", "1", "--io", "1"]);
            wait_for_the_first(&fixture);
            kill_process(Pid::from_child(&child), signal).expect("signal");
            finish(child).ends_with(code);
            let stopped = fixture.look().without_ours();
            let (mut done, mut to_do) = (0, 0);
            for number in 0..BUSY {
                let (png, jpg) = (format!("{number:03}.png"), format!("{number:03}.jpg"));
                match (stopped.0.contains_key(&png), stopped.0.contains_key(&jpg)) {
                    (true, false) => {
                        assert!(stopped.file(&png) == picture, "{png} was changed");
                        to_do += 1;
                    }
                    (false, true) => {
                        assert_eq!(jpeg_size(stopped.file(&jpg)), Some((512, 384)), "{jpg}");
                        done += 1;
                    }
                    (both, _) => panic!("{png}: {}", if both { "both names are there" } else { "it is lost" }),
                }
            }
            assert!(
                done > 0 && to_do > 0,
                "{done} done, {to_do} to do: the signal came too early or too late to show anything"
            );
            assert_eq!(stopped.files().count(), BUSY, "strangers in the library: {:?}", stopped.names());

            fixture.run(&[]).ends_with(0);
            let after = fixture.look();
            assert_eq!(
                after.without_ours().files().filter(|(name, _)| name.ends_with(".jpg")).count(),
                BUSY
            );
            let kept = after
                .ours()
                .files()
                .filter(|(name, content)| name.ends_with(".orig") && *content == picture)
                .count();
            assert_eq!(kept, BUSY, "not every original was kept");
        }
    }

    #[test]
    fn a_shard_that_another_run_works_on_is_not_touched() {
        let fixture = busy_fixture();
        let first = fixture.start(&["--workers", "1", "--io", "1"]);
        wait_for_the_first(&fixture);
        let second = fixture.run(&[]);
        finish(first).ends_with(0);
        second.ends_with(3);
        let after: Tree = fixture.look().without_ours();
        assert_eq!(
            after.files().filter(|(_, content)| jpeg_size(content) == Some((512, 384))).count(),
            BUSY
        );
    }
}
