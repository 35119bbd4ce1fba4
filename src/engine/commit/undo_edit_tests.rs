//! Undo and purge where files tell of others: they go back together, or not at all, and what they say stays true.

use std::path::Path;

use super::look;
use super::testing::{IMAGES, Mode, SHARD, Sidecars, first_content, modes_with_edits};
use super::undo_tests::{after_run, is_as_before, purge_run, undo_run};
use super::walk::listing;
use crate::engine::disk::crash::CrashDisk;
use crate::engine::settings::Originals;

fn keeping(ways: &[(Sidecars, usize, usize)]) -> Vec<Mode> {
    let keeps = |mode: &Mode| mode.originals == Originals::Keep;
    modes_with_edits(ways).into_iter().filter(keeps).collect()
}

const WAYS: [(Sidecars, usize, usize); 4] = [
    (Sidecars::Private, 4, 2),
    (Sidecars::Shared, 4, 2),
    (Sidecars::Rows, 4, 1),
    (Sidecars::Both, 4, 2),
];

#[test]
fn files_that_tell_of_others_go_back_with_them() {
    for mode in keeping(&WAYS) {
        let disk = after_run(&mode);
        let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
        assert!(undone.refused.is_empty() && undone.alarms.is_empty(), "{mode:?} {undone:?}");
        is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{mode:?}: {problem}"));
        assert_eq!(disk.folders().len(), 1, "{mode:?}");
        let disk = after_run(&mode);
        let purged = purge_run(&disk, "r1").expect("no fault").expect("kept");
        assert!(purged.held.is_empty() && purged.failed.is_empty(), "{mode:?} {purged:?}");
        assert!(look(&disk, Path::new(SHARD)).expect("no fault").kept.is_empty(), "{mode:?}");
        let left: Vec<_> = disk
            .files()
            .into_keys()
            .filter(|path| path.to_string_lossy().contains(".shardpress"))
            .collect();
        assert!(left.is_empty(), "{mode:?} {left:?}");
    }
}

/// Somebody adds a row.
fn add_row(disk: &CrashDisk, name: &str) {
    let path = Path::new(SHARD).join(name);
    let mut content = disk.files()[&path].clone();
    content.extend_from_slice(b"a row of theirs\n");
    disk.put(path.to_str().expect("plain"), &content);
}

#[test]
fn a_group_of_which_one_changed_since_stays_whole() {
    // Of a private file: its image stays with it, the rest comes back.
    for mode in keeping(&[(Sidecars::Private, 4, 2)]) {
        let disk = after_run(&mode);
        add_row(&disk, "a.json");
        let before = disk.files();
        let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
        let context = format!("{mode:?} {undone:?}\n{}", listing(&disk));
        assert_eq!((undone.files, undone.refused.len()), (6, 2), "{context}");
        let said = |name: &str| {
            undone
                .refused
                .iter()
                .find(|notice| notice.path.ends_with(name))
                .map(|notice| notice.message.replace('\\', "/"))
        };
        assert!(
            said("a.json").is_some_and(|said| said.contains("changed after the run")),
            "{context}"
        );
        assert!(
            said("a.jpg").is_some_and(|said| said.contains("goes back together with /s/a.json")),
            "{context}"
        );
        for name in ["a.jpg", "a.json"] {
            let path = Path::new(SHARD).join(name);
            assert_eq!(disk.files().get(&path), before.get(&path), "{context}");
        }
        assert!(!disk.files().contains_key(Path::new("/s/a.png")), "{context}");
        // Out of the way, it and its image come back.
        disk.take("/s/a.json");
        undo_run(&disk, "r1").expect("no fault").expect("kept");
        is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{}: {problem}", context.clone()));
    }
    // Of rows that tell of all: a batch whose image changed stays, with its rows; later batches come back, with theirs.
    for mode in keeping(&[(Sidecars::Rows, 4, 2)]) {
        let disk = after_run(&mode);
        disk.put("/s/a.jpg", b"somebody's own");
        let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
        let context = format!("{mode:?} {undone:?}\n{}", listing(&disk));
        let files = disk.files();
        let rows = String::from_utf8_lossy(&files[Path::new("/s/rows.jsonl")]).into_owned();
        for (image, back) in IMAGES.iter().zip([false, false, true, true]) {
            let content = if back { image.original } else { image.replacement };
            let name = if back { image.source } else { image.output };
            assert!(
                image.source == "a.png" || files[&Path::new(SHARD).join(name)] == content,
                "{context}"
            );
            assert_eq!(rows.contains(&format!("{} is old", image.source)), back, "{context}");
        }
        disk.take("/s/a.jpg");
        undo_run(&disk, "r1").expect("no fault").expect("kept");
        is_as_before(&disk, &mode).unwrap_or_else(|problem| panic!("{}: {problem}", context.clone()));
        // Somebody's own row: nothing can go back, since none of the rows can.
        let disk = after_run(&mode);
        let before = disk.files();
        add_row(&disk, "rows.jsonl");
        let undone = undo_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!((undone.files, undone.refused.len()), (0, 6), "{mode:?} {undone:?}");
        let more_than_once = undone
            .refused
            .iter()
            .filter(|notice| notice.message.contains("more than once"))
            .count();
        assert_eq!(more_than_once, 1, "{mode:?} {undone:?}");
        for image in IMAGES {
            let path = Path::new(SHARD).join(image.output);
            assert_eq!(disk.files().get(&path), before.get(&path), "{mode:?}");
        }
    }
}

#[test]
fn a_purge_keeps_a_group_whole() {
    for mode in keeping(&[(Sidecars::Private, 4, 2)]) {
        let disk = after_run(&mode);
        disk.take("/s/a.jpg");
        let purged = purge_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!((purged.files, purged.held.len()), (6, 2), "{mode:?} {purged:?}");
        undo_run(&disk, "r1").expect("no fault").expect("kept");
        let files = disk.files();
        assert_eq!(files[Path::new("/s/a.png")], IMAGES[0].original, "{mode:?}");
        assert_eq!(files[Path::new("/s/a.json")], first_content(&[0]), "{mode:?}");
    }
}
