//! Random folders, random ways to work, then undo: the folder is what it was, on a real file system.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::mount::Mount;
use super::names::Room;
use super::*;
use crate::engine::disk::{Disk, RealDisk};
use crate::engine::settings::{Mtime, Originals, Verify};

/// One file of a folder.
#[derive(Debug, Clone)]
struct File {
    stem: String,
    /// Of an image; the first two keep their names.
    ending: &'static str,
    content: Vec<u8>,
    replacement: Vec<u8>,
    /// Seconds since 1970, and nanoseconds.
    modified: (u64, u32),
    mode: u32,
    sidecar: bool,
    /// Works on it in the second run, too.
    again: bool,
}

/// How the runs work.
#[derive(Debug, Clone)]
struct How {
    mount: Mount,
    batch: usize,
    parallel: usize,
    /// The first run is dropped before it is finished, and recovered.
    killed: bool,
    /// There is a second run.
    twice: bool,
}

fn file() -> impl Strategy<Value = File> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..300);
    (
        "[a-zA-Z0-9_ ().äß猫-]{1,24}",
        prop::sample::select(vec!["jpg", "JPEG", "png", "webp", "bmp"]),
        bytes(),
        bytes(),
        (1u64..2_000_000_000, 0u32..1_000_000_000),
        prop::sample::select(vec![0o644, 0o600, 0o640, 0o444, 0o664, 0o755]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(stem, ending, content, replacement, modified, mode, sidecar, again)| File {
            stem,
            ending,
            content,
            replacement,
            modified,
            mode,
            sidecar,
            again,
        })
        .prop_filter("a replacement is another file", |file| file.content != file.replacement)
}

fn how() -> impl Strategy<Value = How> {
    (
        any::<[bool; 5]>(),
        1usize..9,
        prop::sample::select(vec![1usize, 4]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |([staged, links, over, loose_inodes, beside], batch, parallel, killed, twice)| How {
                mount: Mount {
                    staged,
                    no_replace: true,
                    links,
                    over,
                    loose_inodes,
                    slow_renames: beside && !over,
                    keep_in: if beside { Room::Shard } else { Room::Originals },
                },
                batch,
                parallel,
                killed,
                twice,
            },
        )
}

/// Everything below the folder: content, time and rights.
fn tree(folder: &Path) -> BTreeMap<OsString, (Vec<u8>, SystemTime, u32)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(&below).expect("list") {
            let path = entry.expect("entry").path();
            let metadata = fs::symlink_metadata(&path).expect("metadata");
            let name = path.strip_prefix(folder).expect("below").as_os_str().to_owned();
            if metadata.is_dir() {
                found.insert(name, (Vec::new(), SystemTime::UNIX_EPOCH, 0));
                folders.push(path);
            } else {
                found.insert(
                    name,
                    (
                        fs::read(&path).expect("content"),
                        metadata.modified().expect("time"),
                        mode(&metadata),
                    ),
                );
            }
        }
    }
    found
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("rights");
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

fn write(path: &Path, content: &[u8], modified: (u64, u32), mode: u32) {
    fs::write(path, content).expect("write");
    let file = fs::File::options().write(true).open(path).expect("open");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(modified.0, modified.1))
        .expect("time");
    drop(file);
    set_mode(path, mode);
}

/// Replaces these names, in batches.
fn run(disk: &Arc<dyn Disk>, shard: &Path, id: &str, how: &How, wanted: &[(String, String, Vec<u8>)], finish: bool) {
    let lock = lock(disk, shard, id).expect("lock");
    assert!(recover(disk, &lock).expect("recover").alarms.is_empty());
    let options = CommitOptions {
        originals: Originals::Keep,
        write: crate::engine::settings::WriteMode::Auto,
        verify: Verify::Decode,
        mtime: Mtime::Keep,
        parallel: how.parallel,
    };
    let committer = Committer::with_mount(disk, &lock, id, options, how.mount).expect("open");
    for batch in wanted.chunks(how.batch) {
        let batch = batch.iter().map(|(source, output, bytes)| {
            let file = disk.open(&shard.join(source)).expect("there");
            Replacement {
                source: source.into(),
                seen: file.identity().expect("identity"),
                attributes: file.attributes().expect("attributes"),
                source_hash: content_hash(&file.read_all(1 << 20).expect("content")),
                output: output.into(),
                bytes: bytes.clone(),
            }
        });
        for verdict in committer.commit(batch.collect(), &no_edits) {
            assert!(matches!(verdict, Verdict::Committed { .. }), "{verdict:?}");
        }
    }
    if finish {
        committer.finish().expect("finish");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn run_then_undo_is_as_if_nothing_had_been(files in proptest::collection::vec(file(), 1..14), how in how()) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let shard = dir.path();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let mut names = HashSet::new();
        let mut first = Vec::new();
        let mut second = Vec::new();
        for file in &files {
            let stem = file.stem.trim_matches(['.', ' ']);
            if stem.is_empty() || !names.insert(stem.to_lowercase()) {
                continue;
            }
            let source = format!("{stem}.{}", file.ending);
            let output = if matches!(file.ending, "jpg" | "JPEG") { source.clone() } else { format!("{stem}.jpg") };
            write(&shard.join(&source), &file.content, file.modified, file.mode);
            if file.sidecar {
                write(&shard.join(format!("{stem}.json")), b"{}", file.modified, file.mode);
            }
            if file.again {
                second.push((output.clone(), output.clone(), b"smaller once more".to_vec()));
            }
            first.push((source, output, file.replacement.clone()));
        }
        let pristine = tree(shard);
        run(&disk, shard, "r1", &how, &first, !how.killed);
        let replaced = tree(shard);
        prop_assert!(first.is_empty() || replaced != pristine);
        let mut runs = vec!["r1"];
        if how.twice && !second.is_empty() {
            run(&disk, shard, "r2", &how, &second, true);
            runs.insert(0, "r2");
        }
        for id in runs {
            let lock = lock(&disk, shard, "u1").expect("lock");
            prop_assert!(recover(&disk, &lock).expect("recover").alarms.is_empty());
            let undone = undo(&disk, &lock, id, how.parallel, &|| false).expect("no fault");
            if let Some(undone) = undone {
                prop_assert!(undone.refused.is_empty() && undone.alarms.is_empty() && undone.failed.is_empty(), "{:?}", undone);
                prop_assert!(undone.notices.is_empty(), "{:?}", undone);
            }
        }
        prop_assert_eq!(tree(shard), pristine);
    }
}
