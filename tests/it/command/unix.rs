//! What only Unix has, or can show.

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
