//! Undo, purge and status as people meet them: a run goes back byte for byte, later runs and changed files are refused by
//! name, and what is killed midway goes on.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use crate::fixture::{Finished, Fixture, Tree, age};

/// `undo --yes` and the like on the library.
fn on(fixture: &Fixture, command: &str, more: &[&str]) -> Finished {
    let library = fixture.library();
    let arguments = [command.as_ref(), library.as_os_str()];
    fixture.shardpress(arguments.into_iter().chain(more.iter().map(|more| more.as_ref())))
}

/// All but the times of folders, which every change in them moves.
fn files_and_times(tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    let folder = tree.0.get(".").cloned();
    for entry in tree.0.values_mut() {
        if let (crate::fixture::Thing::Folder, Some(folder)) = (&entry.thing, &folder) {
            entry.modified = folder.modified;
        }
    }
    tree.0.remove(".");
    let folders = |entry: &crate::fixture::Entry| matches!(entry.thing, crate::fixture::Thing::Folder);
    tree.0
        .values_mut()
        .filter(|entry| folders(entry))
        .for_each(|entry| entry.modified = std::time::SystemTime::UNIX_EPOCH);
    tree
}

#[track_caller]
fn is_as_it_was(fixture: &Fixture, before: &Tree) {
    files_and_times(&fixture.look()).is_unchanged_since(&files_and_times(before));
}

/// Two small shards with images of every kind that is worked on, sidecars, a read-only file and times long past.
fn two_shards() -> Fixture {
    let fixture = Fixture::new();
    for shard in ["one", "two"] {
        for name in ["a.png", "b b.png", "c.jpg", "d.JPEG", "e.webp", "猫.png"] {
            age(&fixture.picture(&format!("{shard}/{name}"), 560, 300));
        }
        age(&fixture.picture(&format!("{shard}/small.jpg"), 60, 40));
        age(&fixture.file(&format!("{shard}/a.txt"), b"a caption"));
        age(&fixture.file(&format!("{shard}/metadata.jsonl"), b"{\"file_name\": \"a.png\"}\n"));
        let private = fixture.library().join(format!("{shard}/b b.png"));
        let mut rights = fs::metadata(&private).expect("metadata").permissions();
        rights.set_readonly(true);
        fs::set_permissions(&private, rights).expect("rights");
    }
    fixture
}

/// The id of the last run, as `status` tells it.
fn last_run(fixture: &Fixture, shard: &str) -> String {
    let told: serde_json::Value = serde_json::from_str(&on(fixture, "status", &["--json"]).ends_with(0).out).expect("JSON");
    let shards = told["shards"].as_array().expect("a list");
    let found = shards
        .iter()
        .find(|found| found["path"]["text"].as_str().is_some_and(|path| path.ends_with(shard)));
    let runs = found.expect("the shard")["runs"].as_array().expect("a list");
    runs.last().expect("a run")["run"].as_str().expect("text").to_owned()
}

#[test]
fn a_run_goes_back_byte_for_byte_in_every_way_of_writing() {
    for more in [&[][..], &["--write", "direct"], &["--write", "staged", "--target", "300"]] {
        let fixture = two_shards();
        let before = fixture.look();
        fixture.run(more).ends_with(0);
        assert!(fixture.look().without_ours().names() != before.names(), "the run changed nothing");
        on(&fixture, "status", &[])
            .ends_with(0)
            .says(&["can be undone", "2 shards, 2 with kept originals", "shardpress undo"]);
        on(&fixture, "undo", &["--yes"]).ends_with(0).says(&["originals brought back"]);
        is_as_it_was(&fixture, &before);
        on(&fixture, "status", &[]).ends_with(0).says(&["nothing is kept"]);
        on(&fixture, "undo", &["--yes"]).ends_with(0).says(&["nothing to undo"]);
        is_as_it_was(&fixture, &before);
    }
}

#[test]
fn nothing_happens_without_a_go_ahead() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 700, 500);
    fixture.run(&[]).ends_with(0);
    let before = fixture.look();
    for command in ["undo", "purge"] {
        on(&fixture, command, &[])
            .ends_with(2)
            .says(&["no terminal", "Nothing was touched", "--yes"]);
        on(&fixture, command, &["--yes", "--run", "20000101-000000-beef"])
            .ends_with(2)
            .says(&["20000101-000000-beef", "Nothing was touched"]);
    }
    on(&fixture, "purge", &["--yes", "--older-than", "soon"])
        .ends_with(2)
        .says(&["soon", "30d"]);
    on(&fixture, "purge", &["--yes", "--older-than", "1d"])
        .ends_with(0)
        .says(&["Nothing that old"]);
    on(&fixture, "status", &[]).ends_with(0);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn what_changed_since_is_refused_by_name_and_the_rest_comes_back() {
    let fixture = Fixture::new();
    let originals: Vec<_> = ["a.png", "b.png", "c.jpg"]
        .map(|name| (name, fixture.picture(name, 700, 500)))
        .into();
    let contents: Vec<Vec<u8>> = originals.iter().map(|(_, path)| fs::read(path).expect("content")).collect();
    fixture.run(&[]).ends_with(0);
    // The user's own: another a.jpg, and a new file where b.png was.
    let edited = fixture.file("a.jpg", &contents[2]);
    fixture.file("b.png", b"a new file");
    let told = on(&fixture, "undo", &["--yes"]).ends_with(1);
    let told = told.says(&[
        "1 original brought back",
        "a.jpg: This file was changed after the run; it was left as it is",
        "b.png: This file was not there",
    ]);
    assert!(!told.err.contains("c.jpg"), "{}", told.err);
    let now = fixture.look();
    assert_eq!(now.file("a.jpg"), contents[2]);
    assert_eq!(now.file("b.png"), b"a new file");
    assert_eq!(now.file("c.jpg"), contents[2]);
    assert!(now.holds(&contents[0]) && now.holds(&contents[1]), "what was refused stays kept");
    // Once these are out of the way, the rest comes back.
    fs::rename(&edited, fixture.beside("mine.jpg")).expect("move");
    fs::remove_file(fixture.library().join("b.png")).expect("remove");
    on(&fixture, "undo", &["--yes"]).ends_with(0).says(&["2 originals brought back"]);
    let now = fixture.look();
    assert_eq!(now.names(), [".", "a.png", "b.png", "c.jpg"]);
    assert_eq!(
        (now.file("a.png"), now.file("b.png")),
        (contents[0].as_slice(), contents[1].as_slice())
    );
}

#[test]
fn an_earlier_run_goes_back_after_a_later_one() {
    let fixture = Fixture::new();
    for name in ["a.png", "b.jpg"] {
        age(&fixture.picture(name, 900, 600));
    }
    let before = fixture.look();
    fixture.run(&["--target", "600"]).ends_with(0);
    let first = last_run(&fixture, "library");
    let between = fixture.look();
    fixture.run(&["--target", "300"]).ends_with(0);
    let second = last_run(&fixture, "library");
    assert_ne!(first, second);
    // The first cannot go back alone: what it wrote was changed again.
    let replaced = fixture.look();
    on(&fixture, "undo", &["--yes", "--run", &first]).ends_with(1).says(&[
        "a.jpg: This file was changed again by run",
        &second,
        "Undo that run first",
        "0 originals brought back",
    ]);
    files_and_times(&fixture.look()).is_unchanged_since(&files_and_times(&replaced));
    // By default the last one goes back; then the first can.
    on(&fixture, "undo", &["--yes"])
        .ends_with(0)
        .says(&[&second, "2 originals brought back"]);
    files_and_times(&fixture.look().without_ours()).is_unchanged_since(&files_and_times(&between.without_ours()));
    on(&fixture, "undo", &["--yes", "--run", &first]).ends_with(0);
    is_as_it_was(&fixture, &before);
}

#[test]
fn a_purge_frees_what_is_kept_and_leaves_the_replacements() {
    let fixture = two_shards();
    fixture.run(&[]).ends_with(0);
    let before = fixture.look();
    on(&fixture, "purge", &["--yes"])
        .ends_with(0)
        .says(&["kept originals deleted for good", "Together:"]);
    let now = fixture.look();
    assert!(now.ours().0.is_empty(), "{:?}", now.ours().names());
    files_and_times(&now).is_unchanged_since(&files_and_times(&before.without_ours()));
    on(&fixture, "undo", &["--yes"]).ends_with(0).says(&["nothing to undo"]);
    on(&fixture, "purge", &["--yes"]).ends_with(0).says(&["nothing to purge"]);
}

#[test]
fn a_purge_never_frees_the_last_copy_of_an_image() {
    let fixture = Fixture::new();
    let contents: Vec<Vec<u8>> = ["a.png", "b.png", "c.png", "d.png"]
        .map(|name| fs::read(fixture.picture(name, 700, 500)).expect("content"))
        .into();
    fixture.run(&[]).ends_with(0);
    // Deleted, cut short by a bad drive, and made anew by their owner.
    fs::remove_file(fixture.library().join("a.jpg")).expect("remove");
    let whole = fs::read(fixture.library().join("b.jpg")).expect("content");
    fixture.file("b.jpg", &whole[..whole.len() / 2]);
    fixture.picture("c.jpg", 400, 300);
    on(&fixture, "purge", &["--yes"]).ends_with(1).says(&[
        "2 kept originals deleted for good",
        "a.jpg: This replacement is missing, so its kept original is the last copy",
        "b.jpg: This is neither what the run wrote nor another whole image",
    ]);
    let now = fixture.look();
    assert!(now.holds(&contents[0]) && now.holds(&contents[1]));
    assert!(!now.holds(&contents[2]) && !now.holds(&contents[3]));
    on(&fixture, "undo", &["--yes"]).ends_with(1).says(&["1 original brought back"]);
    assert_eq!(fixture.look().file("a.png"), contents[0]);
}

#[test]
fn a_damaged_kept_original_is_an_alarm_and_nothing_is_touched() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 700, 500);
    fixture.picture("b.png", 700, 500);
    fixture.run(&[]).ends_with(0);
    let run = last_run(&fixture, "library");
    let kept = fixture.library().join(".shardpress/originals").join(run).join("a.png.orig");
    let mut content = fs::read(&kept).expect("kept");
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&kept, &content).expect("damage");
    on(&fixture, "undo", &["--yes"])
        .ends_with(5)
        .says(&["a.jpg: Its kept original", "is not what was kept", "1 original brought back"]);
    let now = fixture.look();
    assert!(
        now.holds(&content) && now.names().contains(&"a.jpg") && now.names().contains(&"b.png"),
        "{:?}",
        now.names()
    );
}

#[test]
fn killed_amid_an_undo_it_goes_on() {
    let fixture = two_shards();
    let before = fixture.look();
    let mut amid = 0;
    for round in 0..9u32 {
        fixture.run(&["--quiet"]).ends_with(0);
        let library = fixture.library();
        let mut child = fixture
            .command()
            .args(["undo".as_ref(), library.as_os_str(), "--yes".as_ref()])
            .spawn()
            .expect("the program starts");
        wait_for_the_mark(&library, &mut child);
        std::thread::sleep(Duration::from_micros(u64::from(round) * 300));
        child.kill().expect("kill");
        child.wait().expect("wait");
        let now = fixture.look();
        for (name, content) in before.files() {
            assert!(now.holds(content), "round {round}: the original of {name} is nowhere");
        }
        amid += u32::from(now.names().iter().any(|name| name.ends_with(".shardpress/undo")));
        match round % 3 {
            0 => on(&fixture, "undo", &["--yes"]),
            1 => {
                // `recover` ends the shard that was hit; the others are still to be undone.
                on(&fixture, "recover", &[]).ends_with(0);
                on(&fixture, "undo", &["--yes"])
            }
            _ => {
                // So does a run, which then shrinks everything again.
                fixture.run(&["--quiet"]).ends_with(0);
                on(&fixture, "undo", &["--yes"]).ends_with(0);
                on(&fixture, "undo", &["--yes"])
            }
        }
        .ends_with(0);
        // What the killed one had not reached may be of the run before.
        on(&fixture, "undo", &["--yes"]).ends_with(0);
        is_as_it_was(&fixture, &before);
    }
    println!("{amid} of 9 kills came amid the undo of a shard");
    assert!(amid > 0, "no kill came amid an undo, so nothing was tested");
}

/// Waits until an undo has begun somewhere, or is over.
fn wait_for_the_mark(library: &Path, child: &mut Child) {
    let shards: Vec<_> = fs::read_dir(library)
        .expect("library")
        .map(|entry| entry.expect("entry").path())
        .collect();
    while !shards.iter().any(|shard| shard.join(".shardpress/undo").exists()) {
        if child.try_wait().expect("wait").is_some() {
            return;
        }
        std::thread::yield_now();
    }
}
