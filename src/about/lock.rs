//! The list of licences against the lock file: a build must hold nothing that the list does not name. Needs neither the network nor
//! the tool that makes the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::{PartKind, licences};

/// What to do about it.
const MAKE: &str = "Run `sh assets/licences/make.sh`, look at what changed, and commit assets/licences/licences.json.gz.";

fn read(name: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).expect(name).parse().expect(name)
}

/// Packages of a lock file, `name version`, with what each needs.
fn packages(lock: &Table) -> BTreeMap<String, Vec<String>> {
    let list = lock["package"].as_array().expect("packages");
    let text = |value: &Value, key: &str| value[key].as_str().expect(key).to_owned();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in list {
        versions.entry(text(package, "name")).or_default().push(text(package, "version"));
    }
    // With one version of a package the lock file names it without.
    let whole = |needed: &Value| {
        let needed = needed.as_str().expect("a name");
        let mut words = needed.split(' ');
        let name = words.next().expect("a name");
        let version = words.next().unwrap_or_else(|| versions[name][0].as_str());
        format!("{name} {version}")
    };
    let entry = |package: &Value| {
        let needs = package.get("dependencies").and_then(Value::as_array);
        let needs = needs.map(|list| list.iter().map(whole).collect()).unwrap_or_default();
        (format!("{} {}", text(package, "name"), text(package, "version")), needs)
    };
    list.iter().map(entry).collect()
}

/// What a manifest needs outside of tests and build scripts, on whatever system.
fn needed(manifest: &Table) -> BTreeSet<String> {
    let mut tables = vec![&manifest["dependencies"]];
    if let Some(targets) = manifest.get("target").and_then(Value::as_table) {
        tables.extend(targets.values().filter_map(|target| target.get("dependencies")));
    }
    let keys = tables
        .into_iter()
        .filter_map(Value::as_table)
        .flat_map(|table| table.keys().cloned());
    keys.collect()
}

/// Sentences about packages that `listed` and `left_out` do not know, or that are gone.
fn gaps(lock: &Table, manifest: &Table, listed: &BTreeSet<String>, left_out: &BTreeMap<String, String>) -> Vec<String> {
    let packages = packages(lock);
    let own = |package: &&String| package.starts_with("shardpress ");
    let mut gaps: Vec<String> = packages
        .keys()
        .filter(|package| !own(package) && !listed.contains(*package) && !left_out.contains_key(*package))
        .map(|package| format!("{package} is in Cargo.lock and not in the list of licences."))
        .collect();
    let gone = listed.iter().filter(|package| !packages.contains_key(*package));
    gaps.extend(gone.map(|package| format!("{package} is in the list of licences and not in Cargo.lock.")));
    // Moved from the tests into the program.
    let root = packages.iter().find(|(package, _)| own(package)).expect("ourselves").1;
    let direct = needed(manifest);
    let name_of = |package: &str| package.split(' ').next().unwrap_or_default().to_owned();
    let mut due: Vec<&String> = root.iter().filter(|package| direct.contains(&name_of(package))).collect();
    let mut seen = BTreeSet::new();
    while let Some(package) = due.pop() {
        if !seen.insert(package) {
            continue;
        }
        if left_out.get(package).is_some_and(|why| why == "tests") {
            gaps.push(format!("{package} was for tests alone and is a part of the program now."));
        }
        due.extend(&packages[package]);
    }
    gaps.sort();
    gaps
}

#[test]
fn the_list_of_licences_knows_what_is_in_a_build() {
    let all = licences();
    let crates = all.parts.iter().filter(|part| part.kind == PartKind::Crate);
    let listed: BTreeSet<String> = crates.map(|part| part.title()).collect();
    let gaps = gaps(&read("Cargo.lock"), &read("Cargo.toml"), &listed, &all.left_out);
    assert!(
        gaps.is_empty(),
        "The list of licences is not that of this program any more:\n{}\n{MAKE}",
        gaps.join("\n")
    );
}

#[test]
fn what_came_went_or_moved_is_noticed() {
    let lock: Table = r#"
        [[package]]
        name = "shardpress"
        version = "0.1.0"
        dependencies = ["a", "b 1.0.0", "test-only"]
        [[package]]
        name = "a"
        version = "3.0.0"
        dependencies = ["deep"]
        [[package]]
        name = "b"
        version = "1.0.0"
        [[package]]
        name = "b"
        version = "2.0.0"
        [[package]]
        name = "deep"
        version = "0.1.0"
        [[package]]
        name = "test-only"
        version = "9.0.0"
    "#
    .parse()
    .expect("a lock file");
    let manifest: Table = "[dependencies]\na = '3'\n[target.'cfg(windows)'.dependencies]\nb = '1'\n[dev-dependencies]\ntest-only = '9'\n"
        .parse()
        .expect("a manifest");
    let check = |listed: &[&str], left_out: &[(&str, &str)], expected: &[&str]| {
        let listed = listed.iter().map(|text| (*text).to_owned()).collect();
        let left_out = left_out.iter().map(|(name, why)| ((*name).to_owned(), (*why).to_owned())).collect();
        let found = gaps(&lock, &manifest, &listed, &left_out);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    };
    let rest = [("b 2.0.0", "other systems"), ("test-only 9.0.0", "tests")];
    check(&["a 3.0.0", "b 1.0.0", "deep 0.1.0"], &rest, &[]);
    check(&["a 3.0.0", "b 1.0.0"], &rest, &["deep 0.1.0 is in Cargo.lock and not"]);
    check(
        &["a 2.9.0", "b 1.0.0", "deep 0.1.0"],
        &rest,
        &["a 2.9.0 is in the list", "a 3.0.0 is in Cargo.lock"],
    );
    let moved = [rest[0], rest[1], ("deep 0.1.0", "tests")];
    check(&["a 3.0.0", "b 1.0.0"], &moved, &["deep 0.1.0 was for tests alone"]);
}
