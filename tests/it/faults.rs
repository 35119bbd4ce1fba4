//! What happens around a run: signals, what a killed program leaves, somebody else at work in the folder, two programs at once. The
//! long campaigns are in `tests/faults`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::fixture::{Fixture, Tree, drawn, finish, jpeg_size};

/// Pictures enough for a run to be caught in its middle.
fn busy() -> Fixture {
    let fixture = Fixture::new();
    for number in 0..14 {
        fixture.picture(&format!("{number:02}.png"), 600, 420);
        fixture.file(&format!("{number:02}.txt"), b"a caption");
    }
    fixture
}

/// Waits until the run announces its first batch. False: it was over before.
fn writes(fixture: &Fixture, child: &mut Child) -> bool {
    let journal = fixture.library().join(".shardpress/journal");
    let begun = Instant::now();
    while child.try_wait().expect("wait").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(120), "the program hangs");
        if journal.exists() {
            return true;
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    false
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
    assert!(sent.expect("kill").success(), "SIG{signal} could not be sent");
}

/// Every picture of before is there, or its whole replacement; captions are as they were.
#[track_caller]
fn nothing_is_lost(before: &Tree, now: &Tree) {
    for (name, content) in before.files() {
        let replaced = || {
            let output = Path::new(name).with_extension("jpg").to_string_lossy().into_owned();
            name.ends_with(".png") && now.files().any(|(found, bytes)| found == output && jpeg_size(bytes).is_some())
        };
        let stays = now.files().any(|(found, bytes)| found == name && bytes == content);
        assert!(stays || replaced(), "{name} is lost; there are: {}", now.names().join(", "));
    }
}

#[test]
fn a_closed_terminal_ends_a_run_in_order() {
    let fixture = busy();
    let before = fixture.look();
    let mut child = fixture.start(&["--originals", "delete"]);
    let caught = writes(&fixture, &mut child);
    send("HUP", &child);
    let ended = finish(child);
    assert!(caught, "the run was over before it could be caught");
    assert!(
        matches!(ended.code, Some(0 | 130)),
        "SIGHUP must not kill: {:?}\n{}",
        ended.code,
        ended.err
    );
    let now = fixture.look();
    nothing_is_lost(&before, &now);
    assert!(now.ours().0.is_empty(), "left behind: {}", now.ours().names().join(", "));
}

#[test]
fn under_nohup_a_closed_terminal_ends_nothing() {
    let fixture = busy();
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_shardpress")).arg("run").arg(fixture.library());
    command.args(["--yes", "--originals", "delete"]);
    command
        .env("XDG_DATA_HOME", fixture.data())
        .env("XDG_CONFIG_HOME", fixture.config());
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("nohup");
    let caught = writes(&fixture, &mut child);
    send("HUP", &child);
    finish(child).ends_with(0);
    assert!(caught, "the run was over before it could be caught");
    let left = fixture.look().files().filter(|(name, _)| name.ends_with(".png")).count();
    assert_eq!(left, 0, "the run was not brought to its end");
}

/// Killed before its journal or after it, a program leaves its lock file and what it tried the mount out with.
#[test]
fn what_a_killed_program_left_is_tidied() {
    for finisher in ["recover", "run"] {
        let fixture = Fixture::new();
        fixture.file("caption.txt", b"a caption");
        fixture.picture("small.jpg", 64, 64);
        fixture.file(".shardpress/lock", b"run 1\nprocess 1\n");
        fixture.file(".shardpress/probe/one", b"");
        let library = fixture.library();
        let mut arguments = vec![finisher.as_ref(), library.as_os_str()];
        if finisher == "run" {
            arguments.push("--yes".as_ref());
        }
        fixture.shardpress(arguments).ends_with(0);
        let ours = fixture.look().ours();
        assert!(ours.0.is_empty(), "{finisher} left: {}", ours.names().join(", "));
        assert_eq!(fixture.look().files().count(), 2, "strangers must stay");
    }
}

/// A purge that is killed just before its last step leaves the journal alone behind.
#[test]
fn the_journal_of_a_killed_purge_is_tidied() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 90, 60);
    fixture.run(&[]).ends_with(0);
    let originals = fixture.library().join(".shardpress/originals");
    let run = fs::read_dir(&originals)
        .expect("originals")
        .next()
        .expect("a run")
        .expect("entry")
        .path();
    let recover = || fixture.shardpress(["recover".as_ref(), fixture.library().as_os_str()]).ends_with(0);
    recover();
    assert!(run.join("a.png.orig").exists(), "recovery must leave what is kept");
    fs::remove_file(run.join("a.png.orig")).expect("purged");
    assert!(run.join("journal").exists());
    recover();
    let ours = fixture.look().ours();
    assert!(ours.0.is_empty(), "left behind: {}", ours.names().join(", "));
}

/// Their newest bytes are there at the end, or a replacement of them. With `delete` there is a moment between the last look and the
/// removal that cannot be closed, so a change could fall into it and this test fail by chance.
#[test]
fn what_changes_during_a_run_stays_as_changed() {
    for originals in ["keep"] {
        let fixture = busy();
        let before = fixture.look();
        let mut child = fixture.start(&["--originals", originals]);
        let caught = writes(&fixture, &mut child);
        // The batch is announced, and its originals were looked at for the first time. What is replaced by then stays so.
        let theirs = drawn("theirs.png", 90, 60);
        let mut changed = Vec::new();
        for (name, _) in before.files().filter(|(name, _)| name.ends_with(".png")) {
            let path = fixture.library().join(name);
            if path.exists() {
                let beside = fixture.beside("theirs");
                fs::write(&beside, &theirs).expect("theirs");
                fs::rename(&beside, &path).expect("into its place");
                changed.push(name.to_owned());
            }
        }
        let ended = finish(child);
        assert!(caught && matches!(ended.code, Some(0 | 1)), "{:?}\n{}", ended.code, ended.err);
        let now = fixture.look();
        for name in &changed {
            let theirs_stays = now.files().any(|(found, bytes)| found == name && bytes == theirs);
            let output = Path::new(name).with_extension("jpg").to_string_lossy().into_owned();
            let of_theirs = now
                .files()
                .any(|(found, bytes)| found == output && jpeg_size(bytes) == Some((90, 60)));
            assert!(
                theirs_stays || of_theirs || now.ours().holds(&theirs),
                "{originals}: what somebody put at {name} is nowhere"
            );
        }
        assert!(!changed.is_empty(), "nothing was changed, so nothing was tested");
    }
}

#[test]
fn two_runs_at_once_come_out_as_one() {
    let alone = busy();
    alone.run(&["--originals", "delete"]).ends_with(0);
    let fixture = busy();
    let before = fixture.look();
    let children: Vec<Child> = (0..3).map(|_| fixture.start(&["--originals", "delete"])).collect();
    for child in children {
        let ended = finish(child);
        assert!(matches!(ended.code, Some(0 | 1 | 3)), "{:?}\n{}", ended.code, ended.err);
    }
    nothing_is_lost(&before, &fixture.look());
    fixture.run(&["--originals", "delete"]).ends_with(0);
    fixture.look().has_the_contents_of(&alone.look());
}

/// Somebody else works there: left out at once, or waited for, and then all of it is done.
#[test]
fn a_shard_that_another_run_works_on_is_waited_for_when_asked() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 90, 60);
    let lock = fixture.file(".shardpress/lock", b"run 1\nprocess 1\nhost another\n");
    let held = fs::File::open(&lock).expect("their lock");
    held.lock().expect("locked");
    fixture
        .run(&[])
        .ends_with(3)
        .says(&["Another run works on this shard", "host another"]);
    fixture.run(&["--wait", "100ms"]).ends_with(3);
    fixture.run(&["--wait", "10"]).ends_with(2).says(&["--wait"]);
    assert!(fixture.library().join("a.png").exists());

    let events = fixture.beside("events.jsonl");
    let waits = fixture.start(&["--wait", "2m", "--events", &events.to_string_lossy()]);
    let begun = Instant::now();
    while !fs::read_to_string(&events).is_ok_and(|text| text.contains("Waiting up to 120 s")) {
        assert!(begun.elapsed() < Duration::from_secs(100), "it does not say that it waits");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(held);
    finish(waits).ends_with(0).says(&["Waiting up to 120 s"]);
    assert!(fixture.library().join("a.jpg").exists() && !fixture.library().join("a.png").exists());
}

/// A run that was stopped and the one that went on have two reports; together they tell what one would have told.
#[test]
fn the_reports_of_a_stopped_run_and_the_next_are_one() {
    let fixture = busy();
    let pictures: Vec<u64> = fixture
        .look()
        .files()
        .filter(|(name, _)| name.ends_with(".png"))
        .map(|(_, bytes)| bytes.len() as u64)
        .collect();
    let [one, two, both] = ["1.json", "2.json", "both.json"].map(|name| fixture.beside(name));
    let mut child = fixture.start(&["--report", &one.to_string_lossy()]);
    let caught = writes(&fixture, &mut child);
    send("TERM", &child);
    let ended = finish(child);
    assert!(caught && matches!(ended.code, Some(0 | 143)), "{:?}\n{}", ended.code, ended.err);
    fixture.run(&["--report", &two.to_string_lossy()]).ends_with(0);
    let arguments = ["report".as_ref(), "merge".as_ref(), two.as_os_str(), one.as_os_str()];
    let to = ["-o".as_ref(), both.as_os_str()];
    fixture
        .shardpress(arguments.into_iter().chain(to))
        .ends_with(0)
        .says(&["2 reports"]);
    let merged: serde_json::Value = serde_json::from_slice(&fs::read(&both).expect("report")).expect("JSON");
    let totals = &merged["totals"];
    assert_eq!(totals["images"]["total"], pictures.len());
    assert_eq!(totals["images"]["shrunk"], pictures.len());
    assert_eq!(totals["changed_bytes_before"], pictures.iter().sum::<u64>());
    assert_eq!(totals["kept_bytes"], pictures.iter().sum::<u64>());
    assert_eq!(merged["stopped"], serde_json::Value::Null);
}
