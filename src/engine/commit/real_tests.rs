//! The whole protocol on a real file system.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::engine::disk::{Disk, RealDisk};
use crate::engine::settings::{Mtime, Originals, Verify, WriteMode};

fn disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

fn options(originals: Originals, write: WriteMode) -> CommitOptions {
    CommitOptions {
        originals,
        write,
        verify: Verify::Reread,
        mtime: Mtime::Keep,
        parallel: 3,
    }
}

/// What a run would hand over after reading `source`.
fn replacement(shard: &Path, source: &str, output: &str, bytes: &[u8]) -> Replacement {
    let file = RealDisk.open(&shard.join(source)).expect("readable");
    Replacement {
        source: source.into(),
        seen: file.identity().expect("identity"),
        attributes: file.attributes().expect("attributes"),
        source_hash: content_hash(&file.read_all(1 << 20).expect("readable")),
        output: output.into(),
        bytes: bytes.to_vec(),
    }
}

/// All files below a folder with their bytes.
fn tree(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<OsString, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).expect("list") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let below = path.strip_prefix(root).expect("below");
                // Elsewhere a name may hold a backslash, and need be no Unicode.
                let name = match cfg!(windows) {
                    true => below.display().to_string().replace('\\', "/").into(),
                    false => below.as_os_str().to_owned(),
                };
                found.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn shard() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in [("a.png", "AAAA"), ("b.jpg", "BBBBBB"), ("c.webp", "CC"), ("a.txt", "sidecar")] {
        std::fs::write(dir.path().join(name), bytes).expect("write");
    }
    dir
}

fn run_all(shard: &Path, options: CommitOptions) -> (Vec<Verdict>, Finished) {
    let disk = disk();
    let lock = lock(&disk, shard, "r1").expect("lock");
    let committer = Committer::open(&disk, &lock, "r1", options, &Mounts::default()).expect("open");
    let batch = vec![
        replacement(shard, "a.png", "a.jpg", b"aa"),
        replacement(shard, "b.jpg", "b.jpg", b"bbb"),
    ];
    let mut verdicts = committer.commit(batch, &no_edits);
    verdicts.extend(committer.commit(vec![replacement(shard, "c.webp", "c.jpg", b"cccc")], &no_edits));
    (verdicts, committer.finish().expect("finish"))
}

#[test]
fn replaces_and_deletes_leaving_nothing_behind() {
    for write in [WriteMode::Auto, WriteMode::Direct, WriteMode::Staged] {
        let dir = shard();
        let (verdicts, finished) = run_all(dir.path(), options(Originals::Delete, write));
        assert!(
            verdicts.iter().all(|v| matches!(v, Verdict::Committed { .. })),
            "{write:?} {verdicts:?}"
        );
        assert_eq!((finished.kept, finished.kept_bytes, finished.open), (0, 0, 0));
        let want: BTreeMap<OsString, Vec<u8>> = [("a.jpg", "aa"), ("b.jpg", "bbb"), ("c.jpg", "cccc"), ("a.txt", "sidecar")]
            .map(|(n, b)| (n.into(), b.into()))
            .into();
        assert_eq!(tree(dir.path()), want, "{write:?}");
        assert!(!dir.path().join(".shardpress").exists(), "{write:?}");
    }
}

#[test]
fn keeps_originals_and_the_journal() {
    for write in [WriteMode::Direct, WriteMode::Staged] {
        let dir = shard();
        let (verdicts, finished) = run_all(dir.path(), options(Originals::Keep, write));
        assert!(verdicts.iter().all(|v| matches!(v, Verdict::Committed { .. })), "{verdicts:?}");
        assert_eq!((finished.kept, finished.kept_bytes, finished.open), (3, 12, 0));
        let found = tree(dir.path());
        for (name, bytes) in [("a.jpg", "aa"), ("b.jpg", "bbb"), ("c.jpg", "cccc"), ("a.txt", "sidecar")] {
            assert_eq!(found[OsStr::new(name)], bytes.as_bytes(), "{name}");
        }
        for (name, bytes) in [("a.png", "AAAA"), ("b.jpg", "BBBBBB"), ("c.webp", "CC")] {
            assert_eq!(
                found[OsStr::new(&format!(".shardpress/originals/r1/{name}.orig"))],
                bytes.as_bytes(),
                "{name}"
            );
        }
        assert_eq!(found.len(), 8, "{:?}", found.keys());
        let kept = journal::read(&RealDisk, &dir.path().join(".shardpress/originals/r1/journal"))
            .expect("readable")
            .expect("there");
        assert_eq!(kept.intents.len(), 3);
        assert!(kept.intents.iter().all(|(_, known)| *known == journal::Known::Done));
        assert_eq!(pending(&RealDisk, dir.path()).expect("look"), None);
    }
}

#[test]
fn nothing_committed_leaves_nothing() {
    let dir = shard();
    let before = tree(dir.path());
    let disk = disk();
    {
        let lock = lock(&disk, dir.path(), "r1").expect("lock");
        let committer = Committer::open(&disk, &lock, "r1", options(Originals::Keep, WriteMode::Auto), &Mounts::default()).expect("open");
        assert!(committer.commit(Vec::new(), &no_edits).is_empty());
        // One that changed, one whose name is taken: both before anything is created.
        let mut changed = replacement(dir.path(), "a.png", "a.jpg", b"aa");
        changed.seen.modified_ns += 1;
        let taken = replacement(dir.path(), "c.webp", "a.txt", b"aa");
        let codes: Vec<_> = committer
            .commit(vec![changed, taken], &no_edits)
            .into_iter()
            .map(|verdict| match verdict {
                Verdict::Failed(failure) => failure.code,
                Verdict::Committed { .. } => "committed",
            })
            .collect();
        assert_eq!(codes, ["changed-meanwhile", "name-taken"]);
        committer.finish().expect("finish");
    }
    assert_eq!(tree(dir.path()), before);
    assert!(!dir.path().join(".shardpress").exists());
}

#[test]
fn a_held_lock_says_by_whom() {
    let dir = shard();
    let disk = disk();
    let first = lock(&disk, dir.path(), "r1").expect("lock");
    match lock(&disk, dir.path(), "r2") {
        Err(LockError::Held { by }) => assert!(by.contains("run r1") && by.contains(&std::process::id().to_string()), "{by}"),
        other => panic!("{other:?}"),
    }
    drop(first);
    drop(lock(&disk, dir.path(), "r2").expect("free again"));
    assert!(!dir.path().join(".shardpress").exists());
}

#[test]
fn a_committer_that_was_dropped_is_recovered() {
    let dir = shard();
    let disk = disk();
    {
        let lock = lock(&disk, dir.path(), "r1").expect("lock");
        let committer = Committer::open(&disk, &lock, "r1", options(Originals::Keep, WriteMode::Auto), &Mounts::default()).expect("open");
        let batch = vec![
            replacement(dir.path(), "a.png", "a.jpg", b"aa"),
            replacement(dir.path(), "b.jpg", "b.jpg", b"bbb"),
        ];
        committer.commit(batch, &no_edits);
    }
    assert_eq!(pending(&RealDisk, dir.path()).expect("look").as_deref(), Some("r1"));
    let lock = lock(&disk, dir.path(), "r2").expect("lock");
    assert!(
        Committer::open(&disk, &lock, "r2", options(Originals::Keep, WriteMode::Auto), &Mounts::default()).is_err(),
        "not before recovery"
    );
    let recovery = recover(&disk, &lock).expect("recover");
    assert_eq!(
        (recovery.run.as_str(), recovery.finished, recovery.alarms.len()),
        ("r1", 2, 0),
        "{recovery:?}"
    );
    assert!(
        recovery.summary().starts_with("Run r1 was interrupted: 2 finished"),
        "{}",
        recovery.summary()
    );
    assert!(dir.path().join(".shardpress/originals/r1/journal").exists());
    assert!(!recover(&disk, &lock).expect("again").happened());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn mode_and_time_carry_over() {
        for (name, output) in [("a.png", "a.jpg"), ("b.jpg", "b.jpg")] {
            let dir = shard();
            let path = dir.path().join(name);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).expect("chmod");
            let before = std::fs::metadata(&path).expect("stat");
            let disk = disk();
            let lock = lock(&disk, dir.path(), "r1").expect("lock");
            let committer =
                Committer::open(&disk, &lock, "r1", options(Originals::Delete, WriteMode::Auto), &Mounts::default()).expect("open");
            let verdicts = committer.commit(vec![replacement(dir.path(), name, output, b"new")], &no_edits);
            assert!(matches!(verdicts[..], [Verdict::Committed { .. }]), "{verdicts:?}");
            let after = std::fs::metadata(dir.path().join(output)).expect("stat");
            assert_eq!(
                (after.mode(), after.mtime(), after.mtime_nsec()),
                (before.mode(), before.mtime(), before.mtime_nsec())
            );
        }
    }

    #[test]
    fn links_and_pipes_that_take_the_place_are_left() {
        let dir = shard();
        let outside = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(outside.path().join("target"), "precious").expect("write");
        let disk = disk();
        let lock = lock(&disk, dir.path(), "r1").expect("lock");
        let committer = Committer::open(
            &disk,
            &lock,
            "r1",
            options(Originals::Delete, WriteMode::Direct),
            &Mounts::default(),
        )
        .expect("open");
        let batch = vec![
            replacement(dir.path(), "a.png", "a.jpg", b"aa"),
            replacement(dir.path(), "c.webp", "c.jpg", b"cc"),
        ];
        std::fs::remove_file(dir.path().join("a.png")).expect("remove");
        symlink(outside.path().join("target"), dir.path().join("a.png")).expect("symlink");
        // An output name that is a link to something else.
        symlink(outside.path().join("target"), dir.path().join("c.jpg")).expect("symlink");
        for verdict in committer.commit(batch, &no_edits) {
            assert!(matches!(verdict, Verdict::Failed(_)), "{verdict:?}");
        }
        committer.finish().expect("finish");
        drop(lock);
        assert_eq!(std::fs::read(outside.path().join("target")).expect("read"), b"precious");
        assert_eq!(std::fs::read(dir.path().join("c.webp")).expect("read"), b"CC");
        assert!(!dir.path().join(".shardpress").exists());
    }

    #[test]
    fn a_link_in_the_place_of_our_folder_is_refused() {
        let dir = shard();
        let outside = tempfile::tempdir().expect("a temporary folder");
        symlink(outside.path(), dir.path().join(".shardpress")).expect("symlink");
        assert!(matches!(lock(&disk(), dir.path(), "r1"), Err(LockError::Disk(_))));
        assert_eq!(pending(&RealDisk, dir.path()).expect("look"), None);
        assert_eq!(std::fs::read_dir(outside.path()).expect("list").count(), 0);
    }

    #[test]
    fn raw_and_very_long_names_are_kept_and_recovered() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let disk = disk();
        let raw = OsStr::from_bytes(b"\xff\xfe.png").to_owned();
        let long = OsString::from(format!("{}.png", "n".repeat(251)));
        let outputs = [
            OsStr::from_bytes(b"\xff\xfe.jpg").to_owned(),
            OsString::from(format!("{}.jpg", "n".repeat(251))),
        ];
        for name in [&raw, &long] {
            std::fs::write(dir.path().join(name), name.as_bytes()).expect("write");
        }
        {
            let lock = lock(&disk, dir.path(), "r1").expect("lock");
            let committer =
                Committer::open(&disk, &lock, "r1", options(Originals::Keep, WriteMode::Auto), &Mounts::default()).expect("open");
            let batch = [&raw, &long].into_iter().zip(&outputs).map(|(source, output)| {
                let file = RealDisk.open(&dir.path().join(source)).expect("open");
                Replacement {
                    source: source.clone(),
                    seen: file.identity().expect("identity"),
                    attributes: file.attributes().expect("attributes"),
                    source_hash: content_hash(source.as_bytes()),
                    output: output.clone(),
                    bytes: b"new".to_vec(),
                }
            });
            let verdicts = committer.commit(batch.collect(), &no_edits);
            assert!(verdicts.iter().all(|v| matches!(v, Verdict::Committed { .. })), "{verdicts:?}");
        }
        let lock = lock(&disk, dir.path(), "r2").expect("lock");
        let recovery = recover(&disk, &lock).expect("recover");
        assert_eq!((recovery.finished, recovery.alarms.len()), (2, 0), "{recovery:?}");
        let kept = tree(&dir.path().join(".shardpress/originals/r1"));
        assert_eq!(kept[OsStr::new("1..orig")], long.as_bytes());
        assert_eq!(kept[OsStr::from_bytes(b"\xff\xfe.png.orig")], raw.as_bytes());
    }
}
