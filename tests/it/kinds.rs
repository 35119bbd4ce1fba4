//! Names and kinds of files that a folder of pictures can hold, through the built program: names of every sort, links, pipes, devices,
//! and what hangs on a file besides its bytes. What only root may make is skipped, and said, where the tests run as somebody else.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::{Fixture, drawn, jpeg_size};

/// Names that files have somewhere: raw bytes, control characters, what shells, Windows and terminals take for something else.
const NAMES: [&[u8]; 30] = [
    b"new\nline.png",
    b"quote\"s'.png",
    b"-rf.png",
    b"--help.png",
    b"..two.dots.png",
    b"trailing..png",
    b"space .png",
    b" space.png",
    b"CON.png",
    b"aux.png",
    b"nul.PNG",
    b"com1.jpg.png",
    b"a?b*c:d|e<f>.png",
    b"back\\slash.png",
    b"case.PNG",
    b"B.png",
    "caf\u{e9}.png".as_bytes(),
    "\u{202e}gnp.exe.png".as_bytes(),
    b"\x1b[31mred\x1b]0;owned\x07.png",
    "\u{9b}31mc1.png".as_bytes(),
    b"tab\tcr\r.png",
    b"<script>alert(1)<script>.png",
    b"%s%n.png",
    b"$(touch pwned).png",
    b"`id`.png",
    b"\xf0\x9f\x98\x80.png",
    b".hidden.png",
    b".shardpress-x.tmp",
    b".shardpress-x.png",
    b"trailing.png.",
];

fn put(folder: &Path, name: &[u8], content: &[u8]) -> PathBuf {
    let path = folder.join(OsStr::from_bytes(name));
    fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", name.escape_ascii()));
    path
}

fn names(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).expect("folder");
    let mut all: Vec<_> = entries.map(|entry| entry.expect("entry").file_name().into_vec()).collect();
    all.retain(|name| name != b".shardpress");
    all.sort();
    all
}

fn may_be_root(what: &str) -> bool {
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !root {
        eprintln!("SKIPPED: {what} needs root");
    }
    root
}

#[test]
fn names_of_every_sort_are_worked_on_and_come_back() {
    let fixture = Fixture::new();
    let library = fixture.library();
    let picture = drawn("a.png", 600, 40);
    let mut all: Vec<Vec<u8>> = NAMES.iter().map(|name| name.to_vec()).collect();
    // As long as a name can be: ours are longer, and so is one that gets an ending.
    all.push([&[b'x'; 251][..], b".png"].concat());
    all.push(vec![b'y'; 255]);
    if cfg!(target_os = "linux") {
        all.push(b"raw\xff\xfe.png".to_vec());
        // The same to a reader, two names to the system.
        all.push("nfc\u{e9}.png".as_bytes().to_vec());
        all.push("nfde\u{301}.png".as_bytes().to_vec());
    }
    for name in &all {
        put(&library, name, &picture);
    }
    all.sort();
    let report = fixture.beside("report.html");
    let ended = fixture.run(&["--report", report.to_str().expect("path")]).ends_with(1);
    let page = fs::read_to_string(&report).expect("report");
    for text in [&ended.out, &ended.err, &page] {
        let raw = text
            .chars()
            .find(|c| (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || *c == '\u{202e}');
        assert_eq!(raw, None, "a file name may not steer a terminal or a page");
    }
    assert!(!page.contains("<script>alert(1)"), "a file name became part of the page");
    // Hidden files, one that is no picture by its name, and one whose new name would be too long stay.
    let stays =
        |name: &[u8]| name[0] == b'.' && !name.starts_with(b"..") || name.starts_with(b"..") || name.ends_with(b".") || name[0] == b'y';
    let wanted: Vec<Vec<u8>> = {
        let mut wanted: Vec<Vec<u8>> = all
            .iter()
            .map(|name| {
                if stays(name) {
                    name.clone()
                } else {
                    [&name[..name.len() - 4], b".jpg"].concat()
                }
            })
            .collect();
        wanted.sort();
        wanted
    };
    let shown = |names: &[Vec<u8>]| names.iter().map(|name| name.escape_ascii().to_string()).collect::<Vec<_>>();
    assert_eq!(shown(&names(&library)), shown(&wanted));
    for name in &wanted {
        let content = fs::read(library.join(OsStr::from_bytes(name))).expect("file");
        assert!(
            content == picture || jpeg_size(&content).is_some(),
            "{} is neither",
            name.escape_ascii()
        );
    }
    fixture
        .shardpress(["undo".as_ref(), library.as_os_str(), "--yes".as_ref()])
        .ends_with(0);
    assert_eq!(shown(&names(&library)), shown(&all));
    for name in &all {
        assert!(
            fs::read(library.join(OsStr::from_bytes(name))).expect("file") == picture,
            "{}",
            name.escape_ascii()
        );
    }
}

#[test]
fn names_that_differ_in_case_alone_never_become_one() {
    let fixture = Fixture::new();
    fixture.picture("a.png", 600, 40);
    fixture.picture("A.PNG", 600, 44);
    if names(&fixture.library()).len() < 2 {
        eprintln!("SKIPPED: this file system folds case");
        return;
    }
    let before = fixture.look();
    fixture.run(&[]).ends_with(3);
    fixture.look().is_unchanged_since(&before);
}

#[test]
fn what_is_no_file_is_left_and_a_link_is_never_followed() {
    let fixture = Fixture::new();
    let library = fixture.library();
    fixture.picture("a.png", 600, 40);
    fixture.picture("folder.png/inside.txt.png", 600, 40);
    let outside = fixture.beside("outside");
    fs::create_dir(&outside).expect("folder");
    let victim = put(&outside, b"victim.png", &drawn("v.png", 600, 40));
    symlink(&victim, library.join("link.png")).expect("link");
    symlink(&outside, library.join("tree")).expect("link");
    symlink("nowhere", library.join("dangling.png")).expect("link");
    symlink("loop.png", library.join("loop.png")).expect("link");
    let made = Command::new("mkfifo").arg(library.join("pipe.png")).status().expect("mkfifo");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(library.join("socket.png")).expect("socket");
    if may_be_root("a device") {
        let made = Command::new("mknod").arg(library.join("device.png")).args(["c", "1", "5"]).status();
        assert!(made.expect("mknod").success());
    }
    let content = fs::read(&victim).expect("victim");
    let before = names(&library);
    fixture
        .run(&["--recursive", "--originals", "delete"])
        .ends_with(0)
        .says(&["symbolic link", "pipe, socket or device"]);
    let mut wanted = before;
    wanted
        .iter_mut()
        .filter(|name| *name == b"a.png")
        .for_each(|name| *name = b"a.jpg".to_vec());
    wanted.sort();
    assert_eq!(names(&library), wanted);
    assert_eq!(names(&outside), [b"victim.png"]);
    assert!(fs::read(&victim).expect("victim") == content, "a link was followed");
    for name in ["link.png", "tree", "dangling.png", "loop.png"] {
        assert!(fs::symlink_metadata(library.join(name)).expect("link").is_symlink(), "{name}");
    }
}

#[test]
fn a_link_planted_where_our_things_go_is_never_written_through() {
    // The folder itself, and everything in it that a run opens or creates.
    for planted in ["", "journal", "lock", "originals", "probe"] {
        let fixture = Fixture::new();
        let library = fixture.library();
        let picture = fixture.picture("a.png", 600, 40);
        let content = fs::read(&picture).expect("picture");
        let outside = fixture.beside("outside");
        fs::create_dir(&outside).expect("folder");
        let kept = put(&outside, b"one", b"somebody's");
        let ours = library.join(".shardpress");
        let (at, to) = match planted {
            "" => (ours, &outside),
            "journal" | "lock" => (ours.join(planted), &kept),
            _ => (ours.join(planted), &outside),
        };
        if !planted.is_empty() {
            fs::create_dir(library.join(".shardpress")).expect("folder");
        }
        symlink(to, &at).expect("link");
        let ended = fixture.run(&[]);
        assert_eq!(ended.code, Some(1), "{planted}: {}", ended.err);
        assert_eq!(names(&outside), [b"one"], "{planted}");
        assert_eq!(fs::read(&kept).expect("kept"), b"somebody's", "{planted}");
        assert!(fs::read(&picture).expect("picture") == content, "{planted}: the original changed");
        assert!(fs::symlink_metadata(&at).expect("link").is_symlink(), "{planted}");
    }
}

#[test]
fn other_names_of_a_file_keep_its_bytes_and_a_plan_says_what_is_not_freed() {
    for originals in ["keep", "delete"] {
        let fixture = Fixture::new();
        let picture = fixture.picture("a.jpg", 900, 700);
        let content = fs::read(&picture).expect("picture");
        let other = fixture.beside("other");
        fs::hard_link(&picture, &other).expect("link");
        let planned = fixture.shardpress(["plan".as_ref(), fixture.library().as_os_str()]);
        let said = format!("{:.1} MB will not be freed", content.len() as f64 / 1e6);
        planned.ends_with(0).says(&["1 image with work has other names", &said]);
        fixture.run(&["--originals", originals]).ends_with(0).says(&[&said]);
        assert!(fs::read(&other).expect("other") == content, "the other name has other bytes");
        assert!(fs::read(&picture).expect("picture") != content);
    }
}

/// Extended attributes as `getfattr` tells them; `None` where this machine or file system has none.
#[cfg(target_os = "linux")]
mod extended {
    use super::*;

    fn tool(name: &str, arguments: &[&str], path: &Path) -> Option<String> {
        let done = Command::new(name).args(arguments).arg(path).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// All of them without the line that names the file, and the access list.
    fn all(path: &Path) -> String {
        let attributes = tool("getfattr", &["--absolute-names", "-d", "-m", "^user\\.", "-e", "hex"], path).expect("getfattr");
        let list = tool("getfacl", &["-n", "-p", "-E"], path).expect("getfacl");
        attributes
            .lines()
            .chain(list.lines())
            .filter(|line| !line.starts_with("# file:"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn can(folder: &Path) -> bool {
        let able =
            tool("setfattr", &["-n", "user.try", "-v", "1"], folder).is_some() && tool("setfacl", &["-m", "u:4321:r"], folder).is_some();
        let _ = (tool("setfattr", &["-x", "user.try"], folder), tool("setfacl", &["-b"], folder));
        if !able {
            eprintln!("SKIPPED: setfattr and setfacl (Debian: attr, acl) or a file system that knows both are missing");
        }
        able
    }

    #[test]
    fn attributes_and_access_lists_go_with_the_picture_and_come_back() {
        // A new name, one kept name in each way of writing, and one that its owner may not write.
        for (name, write, mode) in [
            ("a.png", "staged", 0o640),
            ("a.jpg", "staged", 0o664),
            ("a.jpg", "direct", 0o660),
            ("a.png", "direct", 0o440),
        ] {
            let fixture = Fixture::new();
            if !can(&fixture.library()) {
                return;
            }
            let picture = fixture.picture(name, 900, 700);
            fs::set_permissions(&picture, fs::Permissions::from_mode(0o600)).expect("mode");
            let long = "0x".to_owned() + &"ab".repeat(900);
            for arguments in [
                ["-n", "user.rating", "-v", "5"],
                ["-n", "user.empty", "-v", ""],
                ["-n", "user.long", "-v", long.as_str()],
            ] {
                tool("setfattr", &arguments, &picture).expect("setfattr");
            }
            fs::set_permissions(&picture, fs::Permissions::from_mode(mode)).expect("mode");
            tool("setfacl", &["-m", "u:4321:r,g:4322:-"], &picture).expect("setfacl");
            let before = all(&picture);
            assert!(before.contains("4321") && before.contains("user.rating"), "{before}");
            fixture.run(&["--write", write]).ends_with(0);
            assert_eq!(all(&fixture.library().join("a.jpg")), before, "{name} {write}");
            fixture
                .shardpress(["undo".as_ref(), fixture.library().as_os_str(), "--yes".as_ref()])
                .ends_with(0);
            assert_eq!(all(&picture), before, "{name} {write}, brought back");
        }
    }

    #[test]
    fn the_list_that_a_folder_gives_new_files_opens_no_replacement() {
        let fixture = Fixture::new();
        if !can(&fixture.library()) {
            return;
        }
        let picture = fixture.picture("a.png", 900, 700);
        fs::set_permissions(&picture, fs::Permissions::from_mode(0o660)).expect("mode");
        let before = all(&picture);
        tool("setfacl", &["-d", "-m", "u:4321:rw"], &fixture.library()).expect("setfacl");
        fixture.run(&[]).ends_with(0);
        assert_eq!(
            all(&fixture.library().join("a.jpg")),
            before,
            "somebody may read what only the owner could"
        );
    }

    #[test]
    fn edited_sidecars_keep_theirs() {
        let fixture = Fixture::new();
        if !can(&fixture.library()) {
            return;
        }
        fixture.picture("a.png", 900, 700);
        let sidecar = fixture.file("a.json", br#"{"file_name": "a.png", "width": 900, "height": 700}"#);
        tool("setfattr", &["-n", "user.rating", "-v", "5"], &sidecar).expect("setfattr");
        tool("setfacl", &["-m", "u:4321:r"], &sidecar).expect("setfacl");
        let before = (all(&sidecar), fs::read(&sidecar).expect("sidecar"));
        fixture.run(&["--update-sidecars"]).ends_with(0);
        assert_ne!(
            fs::read(&sidecar).expect("sidecar"),
            before.1,
            "it was not edited, so nothing is tested"
        );
        assert_eq!(all(&sidecar), before.0);
    }
}
