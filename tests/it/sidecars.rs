//! Captions beside pictures, as somebody with a dataset meets them: never touched unasked, followed when asked, and what is
//! odd about them told.

use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Fixture, Tree, jpeg_size};

/// A PNG of which the left half is transparent, or none.
fn with_alpha(width: u32, height: u32, clear: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("png");
    let pixel = |i: u32| [90, 60, 30, if clear && i % width < width / 2 { 0 } else { 255 }];
    let rgba: Vec<u8> = (0..width * height).flat_map(pixel).collect();
    writer.write_image_data(&rgba).expect("png");
    writer.finish().expect("png");
    file
}

const A_JSON: &str = "\u{feff}{\r\n  \"filename\": \"a.png\",\r\n  \"width\": 640.0, \"height\": 480,\r\n  \"tags\": [\"x\", \"y\"],\r\n  \"ext\": \".PNG\", \"score\": 1.50\r\n}";
const ROWS: &str = "{\"file_name\":\"a.png\",\"text\":\"a.png of old\"}\n{\"file_name\": \"sub/b.png\"}\r\nno json\n{\"file_name\":\"c.jpg\",\"width\":600}\n{\"file_name\":\"none.png\"}";

/// What a trainer's folder looks like, with everything that can be said about an image.
fn dataset() -> Fixture {
    let fixture = Fixture::new();
    fixture.picture("a.png", 640, 480);
    fixture.file("a.json", A_JSON.as_bytes());
    fixture.file("a.txt", b"a.png, 640");
    fixture.file("a.caption", b"a picture\n");
    fixture.file("a.npz", b"PK latents");
    fixture.file("a.png.json", b"{\"image\":\"x\\/a.png\",\"a\":[1,]}");
    fixture.file(".a_meta.json", br#"{"path":"C:\\data\\a.png","original_width":640}"#);
    fixture.file("b.png", &with_alpha(600, 300, true));
    fixture.file("b.json", br#"{"tags":"one, two","width":600,"height":299}"#);
    fixture.file("b.txt", b"two");
    fixture.file("f.png", &with_alpha(20, 10, true));
    fixture.file("f.json", br#"{"caption":"no tags"}"#);
    fixture.picture("c.jpg", 600, 400);
    fixture.file("c.json", br#"{"width":600,"height":400,"image":"c.jpg"}"#);
    fixture.file("d.png", &with_alpha(600, 300, false));
    fixture.file("d.json", br#"{"filename":"d","tags":["opaque"]}"#);
    fixture.picture("e.png", 300, 200);
    fixture.file("e_0300x0200_sdxl.npz", b"PK latents");
    fixture.file("metadata.jsonl", ROWS.as_bytes());
    fixture.file("lost.json", b"{}");
    fixture.file("lost.txt", b"x");
    fixture.file("README.txt", b"x");
    fixture.file("sub/kept.txt", b"a folder that rows lead into");
    fixture
}

fn sidecars_of(fixture: &Fixture, command: &[&str]) -> Value {
    let json = fixture.beside("report.json");
    let library = fixture.library();
    let mut arguments = vec![
        command[0],
        library.to_str().expect("a plain path"),
        "--json",
        json.to_str().expect("a plain path"),
    ];
    arguments.extend(&command[1..]);
    fixture.shardpress(arguments);
    let report: Value = serde_json::from_slice(&std::fs::read(&json).expect("a report")).expect("json");
    report["shards"][0]["sidecars"].clone()
}

/// What is no image and none of ours, as text.
fn sidecars(tree: &Tree) -> Vec<(String, String)> {
    let tree = tree.without_ours();
    let others = tree.files().filter(|(name, _)| !name.ends_with(".jpg") && !name.ends_with(".png"));
    others
        .map(|(name, content)| (name.to_owned(), String::from_utf8_lossy(content).into_owned()))
        .collect()
}

#[test]
fn the_plan_tells_what_it_means_for_sidecars() {
    let fixture = dataset();
    let before = fixture.look();
    let library = fixture.library();
    fixture.shardpress(["plan".as_ref(), library.as_os_str()]).ends_with(0).says(&[
        "2 sidecars and 1 row will name files that are gone; --update-sidecars makes them follow.",
        "2 files look like sidecars of images that are not there: lost.json, lost.txt.",
        "1 image has no sidecar: e.png.",
        "1 file of latents (.npz) is of an image whose size changes; it will not fit any more: a.npz.",
        "1 sidecar cannot be read as JSON and stays as it is: a.png.json.",
    ]);
    let found = sidecars_of(&fixture, &["plan"]);
    let expected = serde_json::json!({
        "files": 13,
        "naming_old": 2,
        "rows_naming_old": 1,
        "updated": 0,
        "unreadable": [{"text": "a.png.json"}],
        "unreadable_rows": 1,
        "orphans": [{"text": "lost.json"}, {"text": "lost.txt"}],
        "images_without": [{"text": "e.png"}],
        "stale_latents": [{"text": "a.npz"}],
    });
    let sorted = |mut value: Value| {
        for (_, list) in value.as_object_mut().expect("an object") {
            if let Value::Array(names) = list {
                names.sort_by_key(Value::to_string);
            }
        }
        value
    };
    assert_eq!(sorted(found), sorted(expected));
    fixture
        .shardpress(["plan".as_ref(), library.as_os_str(), "--update-sidecars".as_ref()])
        .ends_with(0)
        .says(&["2 sidecars and 1 row name images by names that they lose, and follow them"]);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn unasked_no_sidecar_is_touched() {
    let fixture = dataset();
    let before = fixture.look();
    fixture.run(&[]).ends_with(0).says(&["will name files that are gone"]);
    let after = fixture.look();
    assert_eq!(jpeg_size(after.file("a.jpg")), Some((512, 384)));
    for (name, _) in sidecars(&before) {
        assert!(after.0[&name] == before.0[&name], "{name}: bytes, time and permissions");
    }
    assert_eq!(sidecars(&after), sidecars(&before));
}

#[test]
fn asked_they_follow_their_images_and_nothing_else_changes() {
    let fixture = dataset();
    let before = fixture.look();
    fixture
        .run(&["--update-sidecars", "--tag-flattened", "flattened"])
        .ends_with(0)
        .says(&[
            "1 sidecar cannot be read as JSON and stays as it is: a.png.json.",
            "1 row of metadata.jsonl or captions.jsonl cannot be read as JSON and stays as it is.",
            "1 flattened image has no sidecar with tags, so nothing says flattened there.",
        ]);
    let after = fixture.look();
    let mut expected = sidecars(&before);
    let mut becomes = |name: &str, from: &str, to: &str| {
        let (_, text) = expected.iter_mut().find(|(n, _)| n == name).expect("a sidecar");
        assert!(text.contains(from), "{name}");
        *text = text.replacen(from, to, 1);
    };
    becomes("a.json", "a.png", "a.jpg");
    becomes("a.json", "640.0", "512.0");
    becomes("a.json", "480", "384");
    becomes("a.json", ".PNG", ".JPG");
    becomes(".a_meta.json", "a.png", "a.jpg");
    // The tag for the one that is clear somewhere; a height that was wrong stays so.
    becomes("b.json", "one, two", "one, two, flattened");
    becomes("b.json", "600", "512");
    becomes("c.json", "600", "512");
    becomes("c.json", "400", "341");
    becomes("metadata.jsonl", "a.png", "a.jpg");
    becomes("metadata.jsonl", "600", "512");
    assert_eq!(sidecars(&after), expected);
    // What was updated keeps its permissions, what was not is left alone whole.
    for (name, _) in sidecars(&before) {
        assert_eq!(after.0[&name].mode, before.0[&name].mode, "{name}");
    }
    for name in ["a.txt", "a.npz", "a.png.json", "d.json", "lost.json"] {
        assert!(after.0[name] == before.0[name], "{name}");
    }
    // A second run finds nothing to do.
    let again = fixture.run(&["--update-sidecars", "--tag-flattened", "flattened"]).ends_with(0);
    assert!(!again.out.contains("will name"), "{}", again.out);
    fixture.look().has_the_contents_of(&after);
}

#[test]
fn the_report_counts_what_was_updated() {
    let fixture = dataset();
    let found = sidecars_of(&fixture, &["run", "--yes", "--update-sidecars"]);
    assert_eq!(found["updated"], 5, "a.json, .a_meta.json, b.json, c.json, metadata.jsonl: {found}");
    assert_eq!(found["orphans"].as_array().map(Vec::len), Some(2));
}

/// `a.json` beside `a.png` and `a.webp` speaks of either; only what it says by name is changed.
#[test]
fn a_shared_sidecar_keeps_what_may_be_about_the_other() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 640, 480);
    fixture.picture("a.webp", 320, 240);
    fixture.file("a.json", br#"{"width":640,"files":{"image":"a.png","width":640}}"#);
    fixture.run(&["--update-sidecars"]).ends_with(0);
    let after = fixture.look();
    assert_eq!(
        String::from_utf8_lossy(after.file("a.json")),
        r#"{"width":640,"files":{"image":"a.jpg","width":512}}"#
    );
}

/// One tag for each transparent image of many, with files of rows that are written anew batch by batch.
#[test]
fn many_images_and_one_file_of_rows() {
    let fixture = Fixture::new();
    let mut rows = String::new();
    let mut expected = Vec::new();
    for n in 0..150 {
        let clear = n % 3 == 0;
        fixture.file(&format!("{n:03}.png"), &with_alpha(30, 20, clear));
        rows += &format!("{{\"file_name\": \"{n:03}.png\", \"tags\": [\"t{n}\"]}}\n");
        let tag = if clear { ", \"flat\"" } else { "" };
        expected.push(format!("{{\"file_name\": \"{n:03}.jpg\", \"tags\": [\"t{n}\"{tag}]}}\n"));
    }
    fixture.file("metadata.jsonl", rows.as_bytes());
    fixture.run(&["--update-sidecars", "--tag-flattened", "flat"]).ends_with(0);
    let after = fixture.look();
    let found = String::from_utf8_lossy(after.file("metadata.jsonl"));
    for (found, expected) in found.split_inclusive('\n').zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.concat().len());
    assert!(after.holds(rows.as_bytes()), "the file as it was is kept");
}

#[test]
#[cfg(unix)]
fn a_link_is_no_sidecar() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 640, 480);
    let outside = fixture.beside("outside.json");
    std::fs::write(&outside, r#"{"filename":"a.png"}"#).expect("file");
    std::os::unix::fs::symlink(&outside, fixture.library().join("a.json")).expect("link");
    fixture.run(&["--update-sidecars"]).ends_with(0);
    assert_eq!(std::fs::read_to_string(&outside).expect("file"), r#"{"filename":"a.png"}"#);
    assert!(fixture.library().join("a.json").is_symlink());
}

#[test]
fn where_hardly_an_image_has_a_sidecar_nothing_is_missing() {
    let fixture = Fixture::new();
    for name in ["a.png", "b.png", "c.png"] {
        fixture.picture(name, 30, 20);
    }
    fixture.file("a.txt", b"a caption");
    let missing = |fixture: &Fixture| sidecars_of(fixture, &["plan"])["images_without"].as_array().map(Vec::len);
    assert_eq!(missing(&fixture), Some(0));
    fixture.file("b.json", b"{}");
    assert_eq!(missing(&fixture), Some(1));
}

/// Killed at some moment of the writing, and recovered: a picture and all that tells of it have changed together, or not.
#[test]
fn killed_while_sidecars_follow() {
    const IMAGES: usize = 200;
    let sidecar = |n: usize, ending: &str, width: u32| format!("{{\"image\": \"{n:03}.{ending}\", \"width\": {width}}}");
    let row = |n: usize, ending: &str, width: u32| format!("{{\"file_name\": \"{n:03}.{ending}\", \"width\": {width}}}\n");
    let (mut interrupted, mut amid) = (0, 0);
    for round in 0..8 {
        let originals = ["keep", "delete"][round % 2];
        let more = ["--update-sidecars", "--originals", originals, "--target", "16", "--workers", "1"];
        let fixture = Fixture::new();
        for n in 0..IMAGES {
            fixture.picture(&format!("{n:03}.png"), 32, 8);
            fixture.file(&format!("{n:03}.json"), sidecar(n, "png", 32).as_bytes());
        }
        let rows: String = (0..IMAGES).map(|n| row(n, "png", 32)).collect();
        fixture.file("metadata.jsonl", rows.as_bytes());

        let mut child = fixture.start(&more);
        let written = || {
            let mut names = std::fs::read_dir(fixture.library()).expect("library").flatten();
            names.any(|entry| entry.file_name().to_string_lossy().ends_with(".jpg"))
        };
        while !written() && child.try_wait().expect("wait").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(15 * round as u64));
        child.kill().expect("kill");
        child.wait().expect("wait");
        let library = fixture.library();
        let recovered = fixture.shardpress(["recover".as_ref(), library.as_os_str()]).ends_with(0);
        interrupted += usize::from(!recovered.out.contains("No interrupted run"));

        let now = fixture.look().without_ours();
        let there = |name: &str| now.0.contains_key(name);
        let found = String::from_utf8_lossy(now.file("metadata.jsonl"));
        let found: Vec<&str> = found.split_inclusive('\n').collect();
        assert_eq!(found.len(), IMAGES);
        for (n, found) in found.into_iter().enumerate() {
            let done = there(&format!("{n:03}.jpg"));
            assert_ne!(done, there(&format!("{n:03}.png")), "round {round}: {n:03} is there once");
            let (ending, width) = if done { ("jpg", 16) } else { ("png", 32) };
            assert_eq!(found, row(n, ending, width), "round {round}");
            let json = String::from_utf8_lossy(now.file(&format!("{n:03}.json")));
            assert_eq!(json, sidecar(n, ending, width), "round {round}");
        }
        let done = now.names().iter().filter(|name| name.ends_with(".jpg")).count();
        amid += usize::from(done > 0 && done < IMAGES);

        fixture.run(&more).ends_with(0);
        let after = fixture.look();
        let rows: String = (0..IMAGES).map(|n| row(n, "jpg", 16)).collect();
        assert!(
            after.file("metadata.jsonl") == rows.as_bytes(),
            "round {round}: the next run does the rest"
        );
    }
    println!("{interrupted} of 8 kills left something to recover, {amid} a part of the images done");
    assert!(interrupted > 0, "no kill came amid the writing, so nothing was tested");
}
