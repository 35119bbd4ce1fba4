//! The house rules, checked on the source itself: who may import whom, what each room keeps out, what every file begins
//! with. A rule is a function of one file's text, so each is also shown to fail on a bad example.

mod source;

use std::fs;
use std::path::Path;

use source::{Source, mark_tests, sources, without_comment};

/// The rooms of the engine, each of which may use only those before it.
const ROOMS: [&str; 17] = [
    "settings", "pixels", "metrics", "disk", "resize", "shrink", "sample", "sidecars", "scan", "plan", "commit", "forecast", "preview",
    "run", "bench", "benching", "fuzzing",
];

/// Who may touch files directly, and why. Everybody else goes through the `disk` room, where links are never followed,
/// every error names its path and a test can pull the plug.
const MAY_USE_FS: [(&str, &str); 8] = [
    ("src/engine/disk/", "is the door"),
    (
        "src/engine/resize/gpu/sentinel.rs",
        "marks a driver's start beside the program's own data",
    ),
    ("src/engine/sample/", "writes a fresh folder in which nothing of a user's lies"),
    ("src/report/", "writes reports where a person asked for them, never into a shard"),
    (
        "src/config/",
        "keeps presets in a folder of its own, and reads a library's settings before any work begins",
    ),
    ("src/cli/", "reads what a person named on the command line"),
    ("src/gui/kept.rs", "keeps the window's own state among the user's settings"),
    ("src/gui/start.rs", "marks a start among the user's settings"),
];

const LONGEST_FILE: usize = 700;

/// A broken rule: line (from 1) and what to do instead.
type Finding = (usize, String);

/// Name of a rule, and the rule.
type Rule = (&'static str, fn(&Source) -> Vec<Finding>);

/// Rules for `src/**/*.rs`.
const RULES: [Rule; 10] = [
    ("room order", room_order),
    ("front door", front_door),
    ("no window in the engine", no_window),
    ("module docs", module_docs),
    ("short files", short_files),
    ("files only through disk", files_only_through_disk),
    ("nothing unfinished", nothing_unfinished),
    ("a silent engine", silent_engine),
    ("no network", no_network),
    ("unsafe is explained", unsafe_is_explained),
];

/// A path from the engine's root without its head, wherever in the engine the file lies: `crate::engine::x::Y`, or as many
/// `super::` as lead up there.
fn below_engine<'p>(source: &Source, path: &'p str) -> Option<&'p str> {
    if let Some(rest) = path.strip_prefix("crate::engine::") {
        return Some(rest);
    }
    let inside = source.path.strip_prefix("src/engine/")?;
    // `src/engine/room/mod.rs` and `src/engine/room.rs` are one step below the engine, `src/engine/room/part.rs` two.
    let steps = inside.trim_end_matches("/mod.rs").split('/').count();
    let mut rest = path;
    let mut climbed = 0;
    while let Some(next) = rest.strip_prefix("super::") {
        rest = next;
        climbed += 1;
    }
    (climbed == steps && inside != "mod.rs").then_some(rest)
}

fn room_order(source: &Source) -> Vec<Finding> {
    let Some(room) = source.room() else { return Vec::new() };
    let Some(place) = ROOMS.iter().position(|known| *known == room) else {
        return vec![(
            1,
            format!("the room `{room}` has no place in the order: add it to ROOMS in tests/it/house.rs and to docs/ARCHITECTURE.md"),
        )];
    };
    let mut findings = Vec::new();
    for (line, path) in source.paths() {
        if ["crate::report", "crate::cli", "crate::gui"]
            .iter()
            .any(|outside| starts_with_path(&path, outside))
        {
            findings.push((
                line,
                format!("`{path}`: the engine knows nobody outside it; return a value or send an event instead"),
            ));
        }
        let Some(target) = below_engine(source, &path).and_then(|rest| rest.split("::").next()) else {
            continue;
        };
        match ROOMS.iter().position(|known| *known == target) {
            Some(other) if other > place => findings.push((
                line,
                format!("`{path}`: `{room}` comes before `{target}` and may not use it; move what both need into the earlier room"),
            )),
            Some(_) => {}
            None => findings.push((
                line,
                format!("`{path}`: inside the engine import from the room that owns it, not through the front door"),
            )),
        }
    }
    findings
}

fn starts_with_path(path: &str, head: &str) -> bool {
    path.strip_prefix(head)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn front_door(source: &Source) -> Vec<Finding> {
    if source.path.starts_with("src/engine/") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, path) in source.paths() {
        let inside = ["crate::engine::", "shardpress::engine::", "engine::"]
            .iter()
            .find_map(|head| path.strip_prefix(head));
        let behind_the_door = inside
            .and_then(|inside| inside.split_once("::"))
            .is_some_and(|(first, _)| ROOMS.contains(&first));
        if behind_the_door || inside.is_some_and(|inside| ROOMS.contains(&inside)) {
            findings.push((
                line,
                format!("`{path}` reaches behind the engine's front door; use `crate::engine::Name`, re-exported in src/engine/mod.rs"),
            ));
        }
        if source.path.starts_with("src/report/") && (starts_with_path(&path, "crate::cli") || starts_with_path(&path, "crate::gui")) {
            findings.push((line, format!("`{path}`: a report knows nobody who shows it")));
        }
    }
    findings
}

/// Whether `word` stands in `line` by itself, not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}

fn no_window(source: &Source) -> Vec<Finding> {
    if !source.path.starts_with("src/engine/") {
        return Vec::new();
    }
    let gpu = source.path.starts_with("src/engine/resize/gpu/");
    let mut findings = Vec::new();
    for (number, line) in source.code() {
        for word in ["egui", "eframe", "winit"] {
            if has_word(&line, word) {
                findings.push((
                    number,
                    format!("`{word}` in the engine: the window asks the engine, never the other way round"),
                ));
            }
        }
        if !gpu && has_word(&line, "wgpu") {
            findings.push((
                number,
                "`wgpu` belongs under src/engine/resize/gpu/, behind the trait Backend".to_owned(),
            ));
        }
    }
    findings
}

fn module_docs(source: &Source) -> Vec<Finding> {
    if source.text.starts_with("//!") {
        Vec::new()
    } else {
        vec![(1, "begin the file with `//!`: what it is responsible for, and why".to_owned())]
    }
}

fn short_files(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines > LONGEST_FILE {
        vec![(
            LONGEST_FILE + 1,
            format!("{lines} lines, more than {LONGEST_FILE}: part it along its jobs"),
        )]
    } else {
        Vec::new()
    }
}

fn files_only_through_disk(source: &Source) -> Vec<Finding> {
    if MAY_USE_FS.iter().any(|(folder, _)| source.path.starts_with(folder)) {
        return Vec::new();
    }
    source
        .paths()
        .into_iter()
        .filter(|(_, path)| starts_with_path(path, "std::fs") || starts_with_path(path, "rustix::fs"))
        .map(|(line, path)| {
            (
                line,
                format!("`{path}`: touch files through the `disk` room (or give a reason in MAY_USE_FS in tests/it/house.rs)"),
            )
        })
        .collect()
}

fn nothing_unfinished(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for call in ["todo!(", "unimplemented!(", "dbg!("] {
            if without_comment(line).contains(call) {
                findings.push((index + 1, format!("`{call}…)`: finish it, or leave the door out")));
            }
        }
    }
    findings
}

fn silent_engine(source: &Source) -> Vec<Finding> {
    if !source.path.starts_with("src/engine/") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in source.code() {
        for call in ["println!(", "print!("] {
            // Covers eprintln! and eprint!, too.
            if line.contains(call) {
                findings.push((
                    number,
                    format!("`{call}…)`: the engine prints nothing; send an event, or use `tracing`"),
                ));
                break;
            }
        }
    }
    findings
}

fn no_network(source: &Source) -> Vec<Finding> {
    source
        .paths()
        .into_iter()
        .filter(|(_, path)| {
            ["std::net", "std::os::unix::net", "rustix::net"]
                .iter()
                .any(|net| starts_with_path(path, net))
        })
        .map(|(line, path)| {
            (
                line,
                format!("`{path}`: this program speaks to nobody; docs/reliability.md promises it"),
            )
        })
        .collect()
}

/// Packages that speak HTTP, TLS or the like, or look names up. Absent from the lock file altogether, tests included.
const NETWORK_PACKAGES: [&str; 26] = [
    "actix-web",
    "async-net",
    "attohttpc",
    "axum",
    "curl",
    "curl-sys",
    "h2",
    "hickory-resolver",
    "http",
    "hyper",
    "isahc",
    "libssh2-sys",
    "minreq",
    "native-tls",
    "openssl",
    "openssl-sys",
    "quinn",
    "reqwest",
    "russh",
    "rustls",
    "socket2",
    "surf",
    "tonic",
    "tungstenite",
    "ureq",
    "websocket",
];

/// Those of [`NETWORK_PACKAGES`] that a lock file names.
fn network_packages(lock: &str) -> Vec<&str> {
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    names.filter(|name| NETWORK_PACKAGES.contains(name)).collect()
}

#[test]
fn no_package_speaks_to_the_network() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).expect("the lock file");
    assert!(lock.contains("name = \"shardpress\""), "not the lock file");
    assert_eq!(network_packages(&lock), Vec::<&str>::new());
    let with = lock.replace("name = \"png\"", "name = \"ureq\"");
    assert_eq!(network_packages(&with), ["ureq"]);
}

fn unsafe_is_explained(source: &Source) -> Vec<Finding> {
    // Above a block; below the head of an `unsafe extern` function, which a caller of ours never sees.
    const ABOVE: usize = 8;
    const BELOW: usize = 2;
    let lines: Vec<&str> = source.text.lines().collect();
    let mut findings = Vec::new();
    for (number, line) in source.code() {
        let start = line.trim_start();
        if !has_word(&line, "unsafe") || start.starts_with('#') || start.starts_with("type ") {
            continue;
        }
        let below = if start.contains("fn ") { BELOW } else { 0 };
        let near = &lines[number.saturating_sub(ABOVE)..(number + below).min(lines.len())];
        if !near.iter().any(|line| line.contains("SAFETY:") || line.contains("# Safety")) {
            findings.push((
                number,
                "`unsafe` without `// SAFETY:` just above: prove why it is sound, or do without".to_owned(),
            ));
        }
    }
    findings
}

/// Places on somebody's machine have no place in the project. For text files of every kind.
fn no_machine_paths(source: &Source) -> Vec<Finding> {
    // Written in pieces, or this file would break its own rule.
    let here = env!("CARGO_MANIFEST_DIR");
    let forbidden = [
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("C:\\", "Users"),
        concat!("/ro", "ot/"),
        here,
    ];
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        if let Some(place) = forbidden.iter().find(|place| line.contains(**place)) {
            findings.push((
                index + 1,
                format!("`{place}`: a place on one machine; name a path from the project's root, or `~/…`"),
            ));
        }
    }
    findings
}

fn report(findings: Vec<String>) {
    assert!(
        findings.is_empty(),
        "the house rules are broken:\n\n{}\n\n(tests/it/house.rs)",
        findings.join("\n")
    );
}

fn broken<'s>(sources: &'s [Source], (name, rule): Rule) -> impl Iterator<Item = String> + 's {
    sources.iter().flat_map(move |source| {
        let findings = rule(source).into_iter();
        findings.map(move |(line, what)| format!("{}:{line}: {name}: {what}", source.path))
    })
}

#[test]
fn the_source_keeps_the_house_rules() {
    let sources = sources("src", |name| name.ends_with(".rs"));
    assert!(
        sources.iter().any(|source| source.path == "src/engine/mod.rs"),
        "the source tree was not found"
    );
    report(RULES.into_iter().flat_map(|rule| broken(&sources, rule)).collect());
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let texts = sources("", |name| {
        [".rs", ".md", ".sh", ".toml", ".json", ".svg", ".yml", ".txt", "run"]
            .iter()
            .any(|ending| name.ends_with(ending))
    });
    assert!(texts.iter().any(|source| source.path == "Cargo.toml"), "the project was not found");
    report(broken(&texts, ("machine paths", no_machine_paths)).collect());
}

#[test]
fn files_of_tests_are_told_from_the_program() {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
        test_only: false,
    };
    let mut sources = [
        source(
            "src/engine/scan/mod.rs",
            "mod walk;\n#[cfg(test)]\nmod hard;\n#[cfg(test)]\npub(crate) mod fake;\n",
        ),
        source("src/engine/scan/walk.rs", "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod more {\n}\n"),
        source("src/engine/scan/hard.rs", ""),
        source("src/engine/scan/harder.rs", ""),
        source("src/engine/scan/fake/mod.rs", ""),
        source("src/engine/scan/walk/tests.rs", ""),
    ];
    mark_tests(&mut sources);
    let marks: Vec<bool> = sources.iter().map(|source| source.test_only).collect();
    assert_eq!(marks, [false, false, true, false, true, true]);
}

#[test]
fn the_rooms_are_those_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    for room in ROOMS {
        assert!(
            root.join(room).is_dir() || root.join(format!("{room}.rs")).is_file(),
            "ROOMS names `{room}`, which does not exist"
        );
    }
    for (folder, reason) in MAY_USE_FS {
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).exists(),
            "MAY_USE_FS names {folder} ({reason}), which does not exist"
        );
    }
}

/// Rule, path, text, and the lines on which the rule must find something.
#[test]
fn every_rule_fails_on_a_bad_example_and_passes_a_good_one() {
    let check = |rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str, lines: &[usize]| {
        let source = Source {
            path: path.to_owned(),
            text: text.to_owned(),
            test_only: false,
        };
        let found: Vec<usize> = rule(&source).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, lines, "{path}:\n{text}");
    };
    let scan = "src/engine/scan/mod.rs";

    check(room_order, scan, "use crate::engine::pixels::Size;", &[]);
    check(room_order, scan, "\nuse crate::engine::run::Pipeline;", &[2]);
    check(
        room_order,
        scan,
        "use crate::engine::{\n    pixels::Size,\n    plan::{Job, Plan},\n};",
        &[1, 1],
    );
    check(room_order, scan, "use super::plan::Plan;", &[1]);
    check(room_order, "src/engine/scan/walk.rs", "use super::super::commit::Lock;", &[1]);
    check(room_order, "src/engine/scan/walk.rs", "use super::plan_of_walk::Walk;", &[]);
    check(room_order, scan, "fn f() { crate::engine::commit::lock(); }", &[1]);
    check(room_order, scan, "// crate::engine::commit::lock();", &[]);
    check(room_order, scan, "use crate::engine::Inventory;", &[1]);
    check(room_order, scan, "use crate::report::Report;", &[1]);
    check(room_order, scan, "use crate::reporting::Report;", &[]);
    check(room_order, "src/engine/cellar/mod.rs", "", &[1]);
    check(
        room_order,
        scan,
        "#[cfg(test)]\nmod tests {\n    use crate::engine::run::X;\n}\nuse crate::engine::run::Y;",
        &[5],
    );
    check(room_order, scan, "#[cfg(test)]\nmod tests;\nuse crate::engine::run::Y;", &[3]);
    check(room_order, scan, "pub(crate) use crate::engine::run::Y as Z;", &[1]);

    check(front_door, "src/cli/mod.rs", "use crate::engine::{Plan, plan};", &[1]);
    check(front_door, "src/cli/mod.rs", "use crate::engine::{Plan, write_sample};", &[]);
    check(front_door, "src/report/mod.rs", "use crate::engine::metrics::Record;", &[1]);
    check(front_door, "src/report/mod.rs", "use crate::cli::Args;", &[1]);
    check(front_door, "src/main.rs", "fn main() { shardpress::engine::run::go() }", &[1]);

    check(no_window, scan, "use eframe::egui;", &[1, 1]);
    check(no_window, scan, "//! egui never comes here", &[]);
    check(no_window, "src/engine/resize/cpu.rs", "use wgpu::Device;", &[1]);
    check(no_window, "src/engine/resize/gpu/device.rs", "use wgpu::Device;", &[]);
    check(no_window, "src/gui/mod.rs", "use eframe::egui;", &[]);

    check(module_docs, scan, "//! Walks folders.\n", &[]);
    check(module_docs, scan, "\n//! Walks folders.\n", &[1]);

    check(short_files, scan, &"\n".repeat(LONGEST_FILE), &[]);
    check(short_files, scan, &"\n".repeat(LONGEST_FILE + 1), &[LONGEST_FILE + 1]);

    check(files_only_through_disk, scan, "use std::fs::File;", &[1]);
    check(files_only_through_disk, scan, "use std::{fs, io};", &[1]);
    check(files_only_through_disk, scan, "fn f() { std::fs::remove_file(p) }", &[1]);
    check(files_only_through_disk, scan, "use rustix::fs::flock;", &[1]);
    check(files_only_through_disk, scan, "use std::os::unix::fs::MetadataExt;", &[]);
    check(files_only_through_disk, "src/engine/disk/real.rs", "use std::fs::File;", &[]);

    check(nothing_unfinished, scan, "fn f() { todo!() }", &[1]);
    check(nothing_unfinished, scan, "fn f() { unimplemented!(\"later\") }", &[1]);
    check(nothing_unfinished, scan, "#[cfg(test)]\nmod tests {\n    dbg!(1);\n}", &[3]);
    check(nothing_unfinished, scan, "// no todo!() here", &[]);

    check(no_network, scan, "use std::net::TcpStream;", &[1]);
    check(no_network, "src/cli/mod.rs", "fn f() { std::net::UdpSocket::bind(a) }", &[1]);
    check(no_network, scan, "use std::os::unix::net::UnixStream;", &[1]);
    check(no_network, scan, "use crate::network::Net; // std::net", &[]);

    check(
        silent_engine,
        scan,
        "fn f() {\n    eprintln!(\"x\");\n    print!(\"x\");\n}",
        &[2, 3],
    );
    check(silent_engine, "src/cli/mod.rs", "fn f() { println!(\"x\"); }", &[]);

    check(unsafe_is_explained, scan, "fn f() {\n    unsafe { g() }\n}", &[2]);
    check(
        unsafe_is_explained,
        scan,
        "fn f() {\n    // SAFETY: g has no precondition.\n    unsafe { g() }\n}",
        &[],
    );
    check(
        unsafe_is_explained,
        scan,
        "type F = unsafe fn();\nunsafe fn f() {\n    // SAFETY: x.\n}\nunsafe extern \"C\" {\n",
        &[],
    );
    check(
        unsafe_is_explained,
        scan,
        "unsafe extern \"C\" {\n    // SAFETY: too late.\n}\n",
        &[1],
    );
    check(unsafe_is_explained, scan, "#![deny(unsafe_op_in_unsafe_fn)]", &[]);

    check(no_machine_paths, "README.md", concat!("see /ho", "me/me/pictures"), &[1]);
    check(no_machine_paths, "README.md", "see ~/pictures", &[]);
    check(
        no_machine_paths,
        "README.md",
        concat!("built in ", env!("CARGO_MANIFEST_DIR")),
        &[1],
    );
}
