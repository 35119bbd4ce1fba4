//! Somebody else works in the folder while a run is interrupted, or in the middle of it. What is theirs stays theirs.

use std::path::Path;
use std::sync::Arc;

use super::testing::{IMAGES, Mode, SHARD, job, modes, recover_only};
use super::*;
use crate::engine::disk::Disk;
use crate::engine::disk::crash::{Abilities, CrashDisk, Survives};
use crate::engine::settings::{Originals, Verify, WriteMode};

const THEIRS: &[u8] = b"edited by a person, and longer than anything of ours";
const SHORT: &[u8] = b"short";

fn at(disk: &CrashDisk, name: &str) -> Option<Vec<u8>> {
    disk.files().get(&Path::new(SHARD).join(name)).cloned()
}

fn anywhere(disk: &CrashDisk, bytes: &[u8]) -> bool {
    disk.files().values().any(|data| data == bytes)
}

/// Interrupts the job at every step in every mode, lets `meddle` do its worst to the image, recovers, and hands both disks to `check`.
fn meddle_everywhere(image: usize, meddle: impl Fn(&CrashDisk), check: impl Fn(&CrashDisk, &CrashDisk, &Recovery, &dyn Fn() -> String)) {
    for mode in modes() {
        let whole = mode.disk();
        job(&whole, &mode, "r1").expect("no fault");
        for step in 0..whole.steps() {
            let disk = mode.disk();
            disk.crash_at(step);
            let _ = job(&disk, &mode, "r1");
            let before = disk.after(Survives::Machine);
            meddle(&before);
            let after = before.after(Survives::Machine);
            let context = || format!("{} in {mode:?} step {step}", IMAGES[image].source);
            let recovery = recover_only(&after, "r2").unwrap_or_else(|problem| panic!("{}: {problem}", context()));
            // Others are none of its business.
            for other in IMAGES.iter().filter(|other| other.source != IMAGES[image].source) {
                let there = at(&after, other.source).as_deref() == Some(other.original)
                    || at(&after, other.output).as_deref() == Some(other.replacement);
                assert!(there, "{}: {} is lost", context(), other.source);
            }
            check(&before, &after, &recovery, &context);
        }
    }
}

#[test]
fn an_original_that_was_edited_meanwhile_stays() {
    for image in [0, 1] {
        let name = format!("{SHARD}/{}", IMAGES[image].source);
        meddle_everywhere(
            image,
            |disk| disk.put(&name, THEIRS),
            |before, after, recovery, context| {
                assert_eq!(
                    at(after, IMAGES[image].source).as_deref(),
                    Some(THEIRS),
                    "{}: {recovery:?}",
                    context()
                );
                // A kept original is never thrown away for it.
                if anywhere(before, IMAGES[image].original) {
                    assert!(anywhere(after, IMAGES[image].original), "{}: {recovery:?}", context());
                }
            },
        );
    }
}

#[test]
fn an_original_that_was_deleted_meanwhile_costs_no_picture() {
    for image in [0, 1] {
        let name = format!("{SHARD}/{}", IMAGES[image].source);
        meddle_everywhere(
            image,
            |disk| disk.take(&name),
            |before, after, recovery, context| {
                let holds = |disk: &CrashDisk| anywhere(disk, IMAGES[image].original) || anywhere(disk, IMAGES[image].replacement);
                assert_eq!(holds(before), holds(after), "{}: {recovery:?}", context());
            },
        );
    }
}

#[test]
fn a_file_under_the_name_of_a_replacement_stays() {
    let name = format!("{SHARD}/{}", IMAGES[0].output);
    for bytes in [THEIRS, SHORT] {
        meddle_everywhere(
            0,
            |disk| disk.put(&name, bytes),
            |_, after, recovery, context| {
                // What may be the beginning of a replacement may be moved out of the way, and is never deleted.
                let there = if bytes == SHORT {
                    anywhere(after, bytes)
                } else {
                    at(after, IMAGES[0].output).as_deref() == Some(bytes)
                };
                assert!(there, "{}: {recovery:?}", context());
            },
        );
    }
}

/// A disk on which somebody replaces a file between two calls of ours.
fn replaced_during_commit(mode: &Mode, image: usize, call: usize) -> (CrashDisk, Option<Verdict>) {
    let disk = mode.disk();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let lock = lock(&shared, Path::new(SHARD), "r1").expect("free");
    let options = CommitOptions {
        originals: mode.originals,
        write: WriteMode::Auto,
        verify: Verify::Reread,
        parallel: 1,
    };
    let committer = Committer::with_mount(&shared, &lock, "r1", options, mode.mount).expect("open");
    let image = &IMAGES[image];
    let replacement = {
        let file = shared.open(&Path::new(SHARD).join(image.source)).expect("there");
        Replacement {
            source: image.source.into(),
            seen: file.identity().expect("identity"),
            attributes: file.attributes().expect("attributes"),
            source_hash: content_hash(image.original),
            output: image.output.into(),
            bytes: image.replacement.to_vec(),
        }
    };
    disk.replace_before(call, Path::new(SHARD).join(image.source), THEIRS);
    let verdict = committer.commit(vec![replacement]).pop();
    let _ = committer.finish();
    drop(lock);
    (disk, verdict)
}

#[test]
fn an_original_replaced_in_the_middle_of_a_commit_is_never_lost() {
    let mut changed = 0;
    for mode in modes() {
        // Between the last look and the removal or the rename over it there is a moment that no portable call can close;
        // keeping closes it by looking at what was moved.
        for image in [0, 1] {
            for call in 0..60 {
                let (disk, verdict) = replaced_during_commit(&mode, image, call);
                if !disk.was_replaced() {
                    break;
                }
                let theirs = anywhere(&disk, THEIRS);
                let last_moment = disk.replaced_right_before() == Some("remove") || disk.replaced_right_before() == Some("rename");
                let unprotected = last_moment
                    && (mode.originals == Originals::Delete
                        || !mode.abilities.no_replace
                        || (image == 1 && mode.mount.over && mode.mount.links));
                assert!(
                    theirs || unprotected,
                    "{mode:?} image {image} call {call}: {verdict:?} {:?}",
                    disk.replaced_right_before()
                );
                if let Some(Verdict::Failed(failure)) = verdict {
                    changed += usize::from(failure.code == "changed-meanwhile");
                }
            }
        }
    }
    assert!(changed > 50, "only {changed} times noticed");
}

#[test]
fn the_probe_finds_out_what_the_mount_can_do_and_leaves_nothing() {
    for mode in modes() {
        let opened = |disk: &CrashDisk| {
            let shared: Arc<dyn Disk> = Arc::new(disk.clone());
            let lock = lock(&shared, Path::new(SHARD), "r1").expect("free");
            mount::probe(shared.as_ref(), &lock.home, WriteMode::Auto)
        };
        let disk = mode.disk();
        let found = opened(&disk).expect("no fault");
        let Abilities {
            no_replace,
            links,
            network,
            ..
        } = mode.abilities;
        assert_eq!((found.no_replace, found.links), (no_replace || links, links), "{mode:?}");
        assert_eq!((found.over, found.staged), (!network, !network && found.no_replace), "{mode:?}");
        assert_eq!(disk.folders().len(), 1, "{mode:?}");
        // Interrupted anywhere, it is tidied by the next one.
        for step in 0..disk.steps() {
            let disk = mode.disk();
            disk.crash_at(step);
            let shared: Arc<dyn Disk> = Arc::new(disk.clone());
            if let Ok(lock) = lock(&shared, Path::new(SHARD), "r1") {
                let _ = mount::probe(shared.as_ref(), &lock.home, WriteMode::Auto);
            }
            let next = disk.after(Survives::Machine);
            opened(&next).expect("no fault");
            assert_eq!(next.folders().len(), 1, "{mode:?} step {step}");
        }
    }
}
