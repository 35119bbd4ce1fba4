//! Where settings come from: flags, the library's own file, presets; and what is generated from the flags.

use std::fs;

use crate::fixture::{Fixture, Thing, jpeg_size};

/// The line of `plan --explain` that tells of a setting.
fn explained(text: &str, key: &str) -> String {
    let line = text
        .lines()
        .find(|line| line.starts_with(key))
        .unwrap_or_else(|| panic!("{key} is not told:\n{text}"));
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_library_decides_over_the_preset_and_the_flag_over_both() {
    let fixture = Fixture::new();
    fixture.picture("s/a.png", 900, 600);
    fixture.file(
        "shardpress.toml",
        b"preset = \"small web\"\n[picture]\nquality = 70\ntarget = 400\n",
    );
    let library = fixture.library();
    let library = library.to_str().expect("a plain path");
    let plan = |more: &[&str]| {
        let mut arguments = vec!["plan", library, "--explain"];
        arguments.extend(more);
        fixture.shardpress(&arguments).ends_with(0).out
    };
    let text = plan(&["--target", "300"]);
    assert_eq!(explained(&text, "picture.target"), "300 command line");
    assert!(explained(&text, "picture.quality").starts_with("70 ") && explained(&text, "picture.quality").ends_with("shardpress.toml"));
    assert_eq!(explained(&text, "picture.chroma"), "420 preset Small web");
    assert_eq!(explained(&text, "safety.originals"), "keep default");
    let text = plan(&["--preset", "Training 1024"]);
    assert_eq!(
        explained(&text, "picture.chroma"),
        "444 default",
        "a preset that is named replaces the library's"
    );
    assert!(
        explained(&text, "picture.target").starts_with("400 "),
        "the library's file still decides over it"
    );
    // One shard of the library named alone is still the library's.
    let shard = fixture.library().join("s");
    let out = fixture.shardpress(["run", shard.to_str().expect("plain"), "--yes"]).ends_with(0);
    let after = fixture.look();
    let Some(Thing::File(bytes)) = after.0.get("s/a.jpg").map(|entry| &entry.thing) else {
        panic!("no replacement: {}", out.out);
    };
    assert_eq!(jpeg_size(bytes), Some((400, 267)));
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_the_rest_and_nothing_is_touched() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 900, 600);
    fixture.file("shardpress.toml", b"[picture]\nqality = 70\n[safety]\noriginals = \"delete\"\n");
    let before = fixture.look();
    fixture.run(&["--target", "x", "--preset", "nonsense"]).ends_with(2).says(&[
        "--target is \"x\"",
        "picture.qality",
        "There is no preset nonsense",
        "Training 512",
        "Say --originals delete to agree",
    ]);
    fixture.look().is_unchanged_since(&before);
    fixture.file("shardpress.toml", b"[picture\n");
    fixture.run(&[]).ends_with(2).says(&["shardpress.toml: line 1"]);
    fixture.file("shardpress.toml", b"[safety]\noriginals = \"delete\"\n");
    fixture.run(&["--originals", "delete"]).ends_with(0);
}

#[test]
fn libraries_that_want_different_things_are_not_mixed() {
    let fixture = Fixture::new();
    for (library, target) in [("x", 100), ("y", 200)] {
        fixture.picture(&format!("{library}/s/a.png"), 300, 300);
        fixture.file(
            &format!("{library}/shardpress.toml"),
            format!("[picture]\ntarget = {target}\n").as_bytes(),
        );
    }
    let (x, y) = (fixture.library().join("x"), fixture.library().join("y"));
    let both = ["run".as_ref(), x.as_os_str(), y.as_os_str(), "--yes".as_ref()];
    fixture.shardpress(both).ends_with(2).says(&["want different settings"]);
    fs::copy(x.join("shardpress.toml"), y.join("shardpress.toml")).expect("copy");
    fixture.shardpress(both).ends_with(0);
}

#[test]
fn presets_are_listed_printed_and_read_back() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 900, 600);
    fixture
        .shardpress(["presets"])
        .ends_with(0)
        .says(&["Training 512", "Archive photos", "Own presets are TOML files"]);
    let printed = fixture.shardpress(["presets", "small-web"]).ends_with(0).out;
    let file = fixture.beside("mine.toml");
    fs::write(&file, printed.replace("1600", "200")).expect("preset");
    let file = file.to_str().expect("a plain path");
    fixture.run(&["--preset", file]).ends_with(0);
    let Some(Thing::File(bytes)) = fixture.look().0.remove("a.jpg").map(|entry| entry.thing) else {
        panic!("no replacement");
    };
    assert_eq!(jpeg_size(&bytes), Some((200, 133)));
    fixture
        .shardpress(["presets", "none such"])
        .ends_with(2)
        .says(&["There is no preset"]);
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn own_presets_have_a_place() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 900, 600);
    let folder = fixture.config().join("shardpress/presets");
    fs::create_dir_all(&folder).expect("folder");
    fs::write(folder.join("tiny.toml"), "[picture]\ntarget = 64\n").expect("preset");
    fixture.shardpress(["presets"]).ends_with(0).says(&["tiny", "tiny.toml"]);
    fixture.run(&["--preset", "tiny"]).ends_with(0);
    fixture
        .run(&["--preset", "huge"])
        .ends_with(2)
        .says(&["there are tiny, Training 512"]);
}

#[test]
fn manual_and_completions_know_every_command() {
    let fixture = Fixture::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = fixture.shardpress(["completions", shell]).ends_with(0).out;
        assert!(text.contains("recover") && text.contains("multiple-of"), "{shell}");
    }
    let dir = fixture.beside("man");
    let dir_text = dir.to_str().expect("a plain path");
    for _ in 0..2 {
        fixture.shardpress(["man", dir_text]).ends_with(0);
    }
    let page = fs::read_to_string(dir.join("shardpress-run.1")).expect("a page for each command");
    assert!(page.contains(".TH") && page.contains("min\\-saving"), "{page}");
    assert!(dir.join("shardpress.1").is_file());
    let taken = fixture.file("taken", b"a file");
    fixture
        .shardpress(["man", taken.to_str().expect("plain")])
        .ends_with(4)
        .says(&["taken"]);
}

/// The reference names every setting, and every flag that it names exists.
#[test]
fn the_reference_of_settings_is_complete() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 9, 9);
    let library = fixture.library();
    let page = include_str!("../../docs/settings.md");
    let told = fixture
        .shardpress(["plan", library.to_str().expect("plain"), "--explain"])
        .ends_with(0)
        .out;
    let keys = told
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    let mut count = 0;
    for key in keys {
        let (section, name) = key.split_once('.').unwrap_or_else(|| panic!("no setting: {key}"));
        assert!(
            page.contains(&format!("`{name}`")) && page.contains(&format!("`[{section}]`")),
            "docs/settings.md does not tell of {key}"
        );
        count += 1;
    }
    assert!(count > 40, "only {count} settings were told:\n{told}");
    let help = fixture.shardpress(["run", "--help"]).ends_with(0).out;
    for flag in page.split('`').filter(|word| word.starts_with("--") && !word.contains('=')) {
        let flag = flag.split(' ').next().expect("a word");
        assert!(
            help.contains(flag) || flag == "--explain",
            "docs/settings.md names {flag}, which does not exist"
        );
    }
}
