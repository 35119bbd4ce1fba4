//! Somebody else works in the folder while a run is interrupted, or in the middle of it. What is theirs stays theirs.

use std::path::Path;
use std::sync::Arc;

use super::testing::{
    IMAGES, JobDone, Mode, Moment, SHARD, Sidecars, first_content, job, judge, modes, modes_with_edits, recover_only, says_so,
};
use super::*;
use crate::engine::disk::Disk;
use crate::engine::disk::crash::{Abilities, CrashDisk, Fault, Pick, Remains, Survives};
use crate::engine::settings::{Mtime, Originals, Verify, WriteMode};

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
        mtime: Mtime::Keep,
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
    let verdict = committer.commit(vec![replacement], &no_edits).pop();
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

/// Two images of which one file tells.
fn told_modes() -> Vec<Mode> {
    modes_with_edits(&[(Sidecars::Shared, 2, 2)])
}

const SIDECAR: &str = "pair.json";

/// What somebody makes of the file that tells of both images.
fn their_sidecar() -> Vec<u8> {
    [&first_content(&[0, 1])[..], b"a line by a person\n"].concat()
}

/// A whole job in which somebody puts `bytes` under `name` right before the call of that number.
fn job_with_meddler(mode: &Mode, name: &str, bytes: &[u8], call: usize) -> (CrashDisk, Result<JobDone, String>) {
    let disk = mode.disk();
    disk.replace_before(call, Path::new(SHARD).join(name), bytes);
    let done = job(&disk, mode, "r1");
    (disk, done)
}

/// The moment between the last look and a rename over it or a removal, which no portable call can close.
fn unprotected(disk: &CrashDisk) -> bool {
    matches!(disk.replaced_right_before(), Some("remove" | "rename"))
}

#[test]
fn a_sidecar_changed_in_the_middle_of_a_commit_is_edited_as_it_is_now_or_left() {
    let (mut mended, mut failed) = (0, 0);
    for mode in told_modes() {
        let theirs = their_sidecar();
        for call in 0.. {
            let (disk, done) = job_with_meddler(&mode, SIDECAR, &theirs, call);
            if !disk.was_replaced() {
                break;
            }
            let context = || format!("{mode:?} call {call} right before {:?}: {done:?}", disk.replaced_right_before());
            let done = done.as_ref().unwrap_or_else(|_| panic!("{}", context()));
            let now = at(&disk, SIDECAR).unwrap_or_else(|| panic!("{}", context()));
            // Whoever wrote over what was edited already has taken that back.
            let before_us = disk
                .replaced_content()
                .is_some_and(|before| before == first_content(&[0, 1]) || before.is_empty());
            if !before_us {
                assert_eq!(now, theirs, "{}", context());
                continue;
            }
            assert!(
                String::from_utf8_lossy(&now).ends_with("a line by a person\n") || unprotected(&disk),
                "{}",
                context()
            );
            for (name, verdict) in &done.verdicts {
                let committed = matches!(verdict, Verdict::Committed { .. });
                assert!(!committed || says_so(&disk, &mode, name) || now == theirs, "{}", context());
                failed += usize::from(matches!(verdict, Verdict::Failed(failure) if failure.code == "changed-meanwhile"));
            }
            if done.verdicts.iter().all(|(_, verdict)| matches!(verdict, Verdict::Failed(_))) {
                assert_eq!(now, theirs, "{}", context());
            }
            mended += done.mended;
        }
    }
    assert!(mended > 50 && failed > 10, "mended {mended}, failed {failed}");
}

#[test]
fn an_image_changed_in_the_middle_of_a_commit_is_not_told_of() {
    let (mut mended, mut others) = (0, 0);
    for mode in told_modes() {
        for image in [0, 1] {
            let source = IMAGES[image].source;
            for call in 0.. {
                let (disk, done) = job_with_meddler(&mode, source, THEIRS, call);
                if !disk.was_replaced() {
                    break;
                }
                let context = || {
                    format!(
                        "{mode:?} {source} call {call} right before {:?}: {done:?}",
                        disk.replaced_right_before()
                    )
                };
                let done = done.as_ref().unwrap_or_else(|_| panic!("{}", context()));
                mended += done.mended;
                if disk.replaced_content().as_deref() != Some(IMAGES[image].original) || unprotected(&disk) {
                    continue;
                }
                assert_eq!(at(&disk, source).as_deref(), Some(THEIRS), "{}", context());
                for told in &IMAGES[..2] {
                    let replaced = at(&disk, told.output).as_deref() == Some(told.replacement);
                    assert_eq!(says_so(&disk, &mode, told.source), replaced, "{}: {}", context(), told.source);
                    others += usize::from(told.source != source && replaced);
                }
            }
        }
    }
    assert!(mended > 50 && others > 50, "mended {mended}, {others} others");
}

#[test]
fn a_sidecar_that_was_edited_after_the_crash_stays_and_costs_no_picture() {
    let (mut settled, mut undecided) = (0, 0);
    // Longer than before, and shorter: what looks like the beginning of what was there is theirs all the same.
    for theirs in [their_sidecar(), first_content(&[0])] {
        for mode in told_modes() {
            let whole = mode.disk();
            job(&whole, &mode, "r1").expect("no fault");
            for step in 0..whole.steps() {
                let disk = mode.disk();
                disk.crash_at(step);
                let _ = job(&disk, &mode, "r1");
                let after = disk.after(Survives::Machine);
                after.put(&format!("{SHARD}/{SIDECAR}"), &theirs);
                let recovery = recover_only(&after, "r2").expect("no fault");
                let context = || format!("{mode:?} step {step}: {recovery:?}");
                // Written in place, a beginning of it may be ours: it is moved out of the way, and nothing deleted.
                let stays = at(&after, SIDECAR).as_deref() == Some(&theirs[..]);
                assert!(stays || (!mode.mount.no_replace && anywhere(&after, &theirs)), "{}", context());
                for image in &IMAGES[..2] {
                    let there = at(&after, image.source).as_deref() == Some(image.original)
                        || at(&after, image.output).as_deref() == Some(image.replacement);
                    assert!(there, "{}: {} is lost", context(), image.source);
                }
                if recovery.alarms.is_empty() {
                    settled += 1;
                } else {
                    undecided += 1;
                }
            }
        }
    }
    assert!(settled > 10 * undecided, "{settled} settled, {undecided} undecided");
}

/// Somebody changes the sidecar so late that it is edited a second time; then the plug is pulled, or a call fails.
#[test]
fn an_edit_that_is_made_anew_is_as_safe() {
    let theirs = their_sidecar();
    let mut tried = 0;
    for mode in told_modes() {
        let mends = |call: &usize| job_with_meddler(&mode, SIDECAR, &theirs, *call).1.is_ok_and(|done| done.mended > 0);
        let calls = mode.disk();
        job(&calls, &mode, "r1").expect("no fault");
        let call = (0..calls.calls()).rev().find(mends).expect("some call is late enough");
        let (whole, _) = job_with_meddler(&mode, SIDECAR, &theirs, call);
        let goes_on = |disk: &CrashDisk, context: &dyn Fn() -> String| {
            let judged = |disk: &CrashDisk, moment| judge(disk, &mode, moment).unwrap_or_else(|problem| panic!("{}: {problem}", context()));
            judged(disk, Moment::Interrupted);
            match recover_only(disk, "r2") {
                Ok(recovery) if recovery.alarms.is_empty() => {}
                other => panic!("{}: {other:?}", context()),
            }
            job(disk, &mode, "r3").unwrap_or_else(|problem| panic!("{}: {problem}", context()));
            for image in &IMAGES[..2] {
                assert_eq!(at(disk, image.output).as_deref(), Some(image.replacement), "{}", context());
                assert!(says_so(disk, &mode, image.source), "{}", context());
            }
        };
        for step in 0..whole.steps() {
            let disk = mode.disk();
            disk.replace_before(call, Path::new(SHARD).join(SIDECAR), &theirs);
            disk.crash_at(step);
            let _ = job(&disk, &mode, "r1");
            let power = |names, data| Survives::Power { names, data };
            for survives in [
                Survives::Machine,
                power(Pick::All, Remains::Nothing),
                power(Pick::None, Remains::Nothing),
                power(Pick::Chance(1), Remains::Half),
                power(Pick::Chance(2), Remains::Zeros),
            ] {
                goes_on(&disk.after(survives), &|| format!("{mode:?} call {call} step {step} {survives:?}"));
                tried += 1;
            }
        }
        for after in 0..whole.calls() {
            for for_good in [false, true] {
                let disk = mode.disk();
                disk.replace_before(call, Path::new(SHARD).join(SIDECAR), &theirs);
                disk.inject(Fault {
                    after,
                    for_good,
                    kind: std::io::ErrorKind::Other,
                    happens: false,
                    quarters: 2,
                });
                let _ = job(&disk, &mode, "r1");
                // The call that fails may move that moment behind the edit: then somebody wrote over it, and that is that.
                if disk.replaced_content().is_some_and(|before| before != first_content(&[0, 1])) {
                    continue;
                }
                goes_on(&disk.after(Survives::Machine), &|| {
                    format!("{mode:?} call {call}, {after} fails, for good: {for_good}")
                });
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "only {tried}");
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
