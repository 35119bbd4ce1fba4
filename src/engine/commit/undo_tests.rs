//! Undo and purge on a disk in memory, and what changed since the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::crash_tests::CUT;
use super::purge::Purged;
use super::testing::{IMAGES, Mode, Moment, SHARD, STRANGER, first_content, job, judge, modes};
use super::undo::Undone;
use super::walk::{Told, listing};
use super::*;
use crate::engine::disk::Disk;
use crate::engine::disk::crash::{CrashDisk, Survives};
use crate::engine::settings::Originals;

pub(super) fn keeping() -> impl Iterator<Item = Mode> {
    modes().into_iter().filter(|mode| mode.originals == Originals::Keep)
}

/// The shard after an undisturbed run.
pub(super) fn after_run(mode: &Mode) -> CrashDisk {
    let disk = mode.disk();
    job(&disk, mode, "r1").expect("no fault");
    disk.after(Survives::Machine)
}

/// As `shardpress undo` does it: lock, recover, undo unless that was the undo which was killed.
pub(super) fn undo_run(disk: &CrashDisk, run: &str) -> Result<Option<Undone>, String> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let lock = lock(&shared, Path::new(SHARD), "u1").map_err(|error| error.to_string())?;
    let recovery = recover(&shared, &lock).map_err(|error| error.to_string())?;
    if !recovery.alarms.is_empty() {
        return Err(format!("{:?}", recovery.alarms));
    }
    match recovery.undone.filter(|undone| undone.run == run) {
        Some(undone) => Ok(Some(undone)),
        None => undo(&shared, &lock, run, 1, &|| false).map_err(|error| error.to_string()),
    }
}

pub(super) fn purge_run(disk: &CrashDisk, run: &str) -> Result<Option<Purged>, String> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let lock = lock(&shared, Path::new(SHARD), "u1").map_err(|error| error.to_string())?;
    recover(&shared, &lock).map_err(|error| error.to_string())?;
    purge(&shared, &lock, run, 1, &|_| false, &|| false).map_err(|error| error.to_string())
}

/// Name, content and time of every file, but for an unlocked lock, which a power cut may bring back, and for what a file
/// system that can neither rename without replacing nor link makes recovery put aside.
fn tree(disk: &CrashDisk, copies: bool) -> BTreeMap<PathBuf, (Vec<u8>, i128)> {
    let aside = Path::new(SHARD).join(".shardpress/set-aside");
    let ignored = |path: &Path| path.ends_with(".shardpress/lock") || (copies && path.starts_with(&aside));
    let files = disk.files().into_iter().filter(|(path, _)| !ignored(path));
    files
        .map(|(path, data)| {
            let identity = disk.stat(&path).expect("no fault").expect("listed");
            (path, (data, identity.modified_ns))
        })
        .collect()
}

pub(super) fn is_as_before(disk: &CrashDisk, mode: &Mode) -> Told {
    is_as_before_but_for(disk, mode, !mode.abilities.no_replace && !mode.abilities.links)
}

/// The same; `copies`: unfinished copies may have been set aside, since a rename was refused for once.
pub(super) fn is_as_before_but_for(disk: &CrashDisk, mode: &Mode, copies: bool) -> Told {
    if tree(disk, copies) == tree(&mode.disk(), copies) {
        Ok(())
    } else {
        Err(format!("not as before the run:\n{}", listing(disk)))
    }
}

/// Every original is under its name or kept, and nothing of others was touched.
pub(super) fn nothing_is_lost(disk: &CrashDisk, mode: &Mode) -> Told {
    let files = disk.files();
    if files.get(&Path::new(SHARD).join(STRANGER.0)).map(Vec::as_slice) != Some(STRANGER.1) {
        return Err(format!("{} was touched", STRANGER.0));
    }
    for image in mode.images() {
        let somewhere = files.iter().any(|(path, data)| {
            data.as_slice() == image.original && (path == &Path::new(SHARD).join(image.source) || path.to_string_lossy().ends_with(".orig"))
        });
        if !somewhere {
            return Err(format!("{} is lost", image.source));
        }
    }
    for (name, of) in mode.sidecars() {
        let first = first_content(&of);
        let somewhere = files
            .iter()
            .any(|(path, data)| *data == first && (path == &Path::new(SHARD).join(name) || path.to_string_lossy().ends_with(".orig")));
        if !somewhere {
            return Err(format!("{name} is lost as it was"));
        }
    }
    Ok(())
}

#[test]
fn an_undisturbed_undo_leaves_no_trace() {
    for mode in keeping() {
        let disk = after_run(&mode);
        assert_eq!(look(&disk, Path::new(SHARD)).expect("no fault").kept.len(), 1, "{mode:?}");
        let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!(undone.files, mode.images().len() as u64, "{mode:?} {undone:?}");
        assert!(
            undone.refused.is_empty() && undone.alarms.is_empty() && undone.notices.is_empty(),
            "{undone:?}"
        );
        is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{mode:?}: {problem}"));
        assert_eq!(disk.folders().len(), 1, "{mode:?} {:#?}", disk.folders());
        // Durable altogether: nothing pending may make a difference.
        let cut = disk.after(CUT);
        is_as_before(&cut, &mode).unwrap_or_else(|problem| panic!("{mode:?}, then a power cut: {problem}"));
        assert_eq!(undo_run(&disk, "r1"), Ok(None), "{mode:?}");
        // And the run can be made again.
        job(&disk, &mode, "r2").expect("no fault");
        judge(&disk, &mode, Moment::Complete).expect("complete");
    }
}

#[test]
fn what_changed_since_is_refused_by_name() {
    let theirs: &[u8] = b"somebody's own";
    // What happens after the run, the image it happens to, and what is said; nothing said: it comes back all the same.
    type Meddle = (&'static str, fn(&CrashDisk), usize, Option<&'static str>);
    let rows: [Meddle; 7] = [
        (
            "a replacement was edited",
            |disk| disk.put("/s/a.jpg", b"somebody's own"),
            0,
            Some("changed after the run"),
        ),
        (
            "the same, of the same name",
            |disk| disk.put("/s/b.jpg", b"somebody's own"),
            1,
            Some("changed after the run"),
        ),
        (
            "the original's name was taken",
            |disk| disk.put("/s/a.png", b"somebody's own"),
            0,
            Some("was not there when the run ended"),
        ),
        (
            "a kept original was damaged",
            |disk| disk.put("/s/.shardpress/originals/r1/a.png.orig", b"original of a, rather lonG"),
            0,
            None,
        ),
        (
            "a kept original is gone",
            |disk| disk.take("/s/.shardpress/originals/r1/b.jpg.orig"),
            1,
            Some("is not there any more"),
        ),
        ("a replacement was deleted", |disk| disk.take("/s/a.jpg"), 9, None),
        ("a replacement was deleted, same name", |disk| disk.take("/s/b.jpg"), 9, None),
    ];
    for mode in keeping().filter(|mode| mode.mount.keep_in == names::Room::Originals) {
        for (what, meddle, touched, said) in &rows {
            let disk = after_run(&mode);
            let before = disk.files();
            meddle(&disk);
            let meddled = disk.files();
            let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
            let context = format!("{what}, {mode:?}: {undone:?}\n{}", listing(&disk));
            let files = disk.files();
            for (at, image) in IMAGES.iter().enumerate() {
                let (source, output) = (Path::new(SHARD).join(image.source), Path::new(SHARD).join(image.output));
                if at == *touched {
                    // Everything of it is as it was found: both names, and what is kept.
                    for path in [&source, &output] {
                        assert_eq!(files.get(path), meddled.get(path), "{context}");
                    }
                    let kept = Path::new(SHARD).join(format!(".shardpress/originals/r1/{}.orig", image.source));
                    assert_eq!(files.get(&kept), meddled.get(&kept), "{context}");
                } else {
                    assert_eq!(files.get(&source).map(Vec::as_slice), Some(image.original), "{context}");
                    assert!(image.source == image.output || !files.contains_key(&output), "{context}");
                }
            }
            assert!(before != meddled, "{what} changed nothing");
            match said {
                Some(said) => {
                    assert_eq!((undone.refused.len(), undone.files), (1, 3), "{context}");
                    assert!(undone.refused[0].message.contains(said), "{context}");
                }
                None if *touched == 0 => assert_eq!(
                    (undone.alarms.len(), undone.alarms[0].code),
                    (1, "kept-original-damaged"),
                    "{context}"
                ),
                None => {
                    assert_eq!((undone.refused.len(), undone.files), (0, 4), "{context}");
                    is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{}: {problem}", context.clone()));
                    continue;
                }
            }
            // Once what was in the way is gone, the rest comes back too.
            if said.is_some_and(|said| said.contains("changed") || said.contains("was not there")) {
                let gone = meddled
                    .iter()
                    .find(|(_, data)| data.as_slice() == theirs)
                    .map(|(path, _)| path.clone())
                    .expect("theirs");
                disk.take(gone.to_str().expect("plain"));
                let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
                assert_eq!((undone.refused.len(), undone.files), (0, 1), "{what}, {mode:?}: {undone:?}");
                is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{what}, {mode:?}, then moved away: {problem}"));
            }
        }
    }
}

#[test]
fn of_two_runs_the_later_goes_back_first() {
    for mode in keeping() {
        let disk = after_run(&mode);
        // A second run makes b.jpg smaller once more.
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        {
            let lock = lock(&shared, Path::new(SHARD), "r2").expect("lock");
            let options = CommitOptions {
                originals: Originals::Keep,
                write: crate::engine::settings::WriteMode::Auto,
                verify: crate::engine::settings::Verify::Decode,
                mtime: crate::engine::settings::Mtime::Keep,
                parallel: 1,
            };
            let committer = Committer::with_mount(&shared, &lock, "r2", options, mode.mount).expect("open");
            let file = shared.open(&Path::new(SHARD).join("b.jpg")).expect("there");
            let replacement = Replacement {
                source: "b.jpg".into(),
                seen: file.identity().expect("identity"),
                attributes: file.attributes().expect("attributes"),
                source_hash: content_hash(&file.read_all(1 << 20).expect("content")),
                output: "b.jpg".into(),
                bytes: b"b".to_vec(),
            };
            drop(file);
            committer.commit(vec![replacement], &no_edits);
            committer.finish().expect("no fault");
        }
        let early = disk.after(Survives::Machine);
        let undone = undo_run(&early, "r1").expect("no fault").expect("kept");
        assert_eq!((undone.files, undone.refused.len()), (3, 1), "{mode:?} {undone:?}");
        assert!(undone.refused[0].message.contains("changed again by run r2"), "{undone:?}");
        // The rest of the first run is still there, and can go back after the second.
        for run in ["r2", "r1"] {
            let undone = undo_run(&early, run).expect("no fault").expect("kept");
            assert_eq!((undone.files, undone.refused.len()), (1, 0), "{mode:?} {run} {undone:?}");
        }
        is_as_before(&early, &mode).unwrap_or_else(|problem| panic!("{mode:?}, the first run first: {problem}"));
        for run in ["r2", "r1"] {
            undo_run(&disk, run).expect("no fault").expect("kept");
        }
        is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{mode:?}, the last run first: {problem}"));
    }
}

#[test]
fn a_stop_leaves_a_shard_that_is_no_half_of_anything() {
    let mode = keeping().next().expect("a mode");
    let disk = after_run(&mode);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    {
        let lock = lock(&shared, Path::new(SHARD), "u1").expect("lock");
        let undone = undo(&shared, &lock, "r1", 1, &|| true).expect("no fault").expect("kept");
        assert!(undone.stopped && undone.files == 0, "{undone:?}");
    }
    let looked = look(&disk, Path::new(SHARD)).expect("no fault");
    assert_eq!((looked.standing, looked.kept[0].files), (Standing::Quiet, 4));
    undo_run(&disk, "r1").expect("no fault").expect("kept");
    is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{}: {problem}", "after a stop".to_owned()));
}

#[test]
fn a_mark_that_broke_off_began_nothing() {
    let mode = keeping().next().expect("a mode");
    for text in [
        "",
        "shardpress und",
        "shardpress undo 1\n",
        "shardpress undo 1\nr1",
        "shardpress undo 1\n../r1\n",
    ] {
        let disk = after_run(&mode);
        disk.put("/s/.shardpress/undo", text.as_bytes());
        let standing = look(&disk, Path::new(SHARD)).expect("no fault").standing;
        assert_eq!(
            standing,
            Standing::Interrupted {
                run: String::new(),
                undo: true
            },
            "{text:?}"
        );
        job(&disk, &mode, "r2").expect("no fault");
        judge(&disk, &mode, Moment::Complete).expect("complete");
        assert!(!disk.files().contains_key(Path::new("/s/.shardpress/undo")), "{text:?}");
    }
    let disk = after_run(&mode);
    disk.put("/s/.shardpress/undo", b"shardpress undo 2\nsomething else\n");
    let problem = undo_run(&disk, "r1").expect_err("newer");
    assert!(problem.contains("newer version"), "{problem}");
}

#[test]
fn the_last_copy_of_an_image_is_never_freed() {
    for mode in keeping() {
        let disk = after_run(&mode);
        disk.take("/s/a.jpg");
        disk.put("/s/b.jpg", b"cut");
        let purged = purge_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!((purged.files, purged.held.len()), (2, 2), "{mode:?} {purged:?}");
        let said: Vec<&str> = purged.held.iter().map(|notice| notice.message.as_str()).collect();
        assert!(said.iter().any(|said| said.contains("last copy")), "{said:?}");
        assert!(said.iter().any(|said| said.contains("neither what the run wrote")), "{said:?}");
        // What stays can be brought back, and only that.
        let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!((undone.files, undone.refused.len()), (1, 1), "{mode:?} {undone:?}");
        assert_eq!(disk.files()[Path::new("/s/a.png")], IMAGES[0].original);
        disk.take("/s/b.jpg");
        undo_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!(disk.files()[Path::new("/s/b.jpg")], IMAGES[1].original);
        assert!(look(&disk, Path::new(SHARD)).expect("no fault").kept.is_empty());
    }
}
