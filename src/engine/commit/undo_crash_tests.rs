//! Undo and purge: the plug is pulled at every step and at every step of what follows, and every call fails in every way.

use std::path::{Path, PathBuf};

use super::crash_tests::QUICK;
use super::fault_tests::{every_fault, forgetful, some_faults};
use super::testing::{IMAGES, Mode, Moment, SHARD, Sidecars, job, judge, modes_with_edits};
use super::undo_tests::{after_run, is_as_before, is_as_before_but_for, keeping, nothing_is_lost, purge_run, undo_run};
use super::walk::{Act, How, Tally, Told, Walk, for_each};
use crate::engine::disk::crash::{CrashDisk, Fault, Survives};
use crate::engine::settings::Originals;

fn told_and_untold() -> Vec<Mode> {
    let edits = modes_with_edits(&[(Sidecars::Both, 3, 2), (Sidecars::Rows, 2, 1)]).into_iter();
    keeping().chain(edits.filter(|mode| mode.originals == Originals::Keep)).collect()
}

/// Asking again brings everything back. What was refused while the drive failed is brought back by asking once more.
fn goes_back(disk: &CrashDisk) -> Told {
    for round in 0.. {
        match undo_run(disk, "r1") {
            Ok(None) => return Ok(()),
            Ok(Some(undone)) if undone.refused.is_empty() && undone.alarms.is_empty() && undone.failed.is_empty() => return Ok(()),
            Ok(Some(_)) if round == 0 => {}
            told => return Err(format!("undo says {told:?}")),
        }
    }
    Ok(())
}

fn walk_undo(mode: &Mode, how: How, faults: bool, then: impl FnOnce(&mut Walk<'_>)) -> Tally {
    let act = Act {
        again: &goes_back,
        promise: &|disk| nothing_is_lost(disk, mode),
        end: &|disk| {
            if faults {
                is_as_before_but_for(disk, mode, true)?;
            } else {
                is_as_before(disk, mode)?;
            }
            // And the run can be made again.
            job(disk, mode, "r2").map_err(|problem| format!("then a run: {problem}"))?;
            judge(disk, mode, Moment::Complete).map_err(|problem| format!("then a run: {problem}"))
        },
    };
    let mut walk = Walk::new(act, how);
    then(&mut walk);
    walk.tally
}

/// Whatever else locks the shard, a run here, brings an undo that was killed to its end, and then works.
fn walk_run_after_undo(mode: &Mode, how: How, then: impl FnOnce(&mut Walk<'_>)) -> Tally {
    let again = |disk: &CrashDisk| match job(disk, mode, "r2") {
        Ok(done) if done.recovery.as_ref().is_some_and(|recovery| recovery.alarms.is_empty()) => Ok(()),
        other => Err(format!("the run says {other:?}")),
    };
    let act = Act {
        again: &again,
        promise: &|disk| nothing_is_lost(disk, mode),
        end: &|disk| judge(disk, mode, Moment::Complete),
    };
    let mut walk = Walk::new(act, how);
    then(&mut walk);
    walk.tally
}

/// What an undo leaves at every step.
fn undisturbed(mode: &Mode) -> Vec<CrashDisk> {
    let disk = after_run(mode);
    disk.record();
    undo_run(&disk, "r1").expect("no fault");
    disk.recorded()
}

fn crashes_of_undo(what: &str, modes: &[Mode], how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        walk_undo(mode, how, false, |walk| walk.visit(&undisturbed(mode), &|| format!("{mode:?}")))
    });
}

fn faults_of_undo(what: &str, modes: &[Mode], faults: fn(usize) -> Vec<Fault>, how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        let start = after_run(mode);
        let whole = start.after(Survives::Machine);
        undo_run(&whole, "r1").expect("no fault");
        walk_undo(mode, how, true, |walk| {
            for fault in (0..whole.calls()).flat_map(faults) {
                let disk = start.after(Survives::Machine);
                disk.inject(fault);
                disk.record();
                let told = undo_run(&disk, "r1");
                let hit = disk.hit();
                walk.tally.faults += 1;
                walk.visit(&disk.recorded(), &|| format!("{mode:?} {fault:?} hit {hit:?}, told {told:?}"));
            }
        })
    });
}

/// Every replacement, whole, under its name; and no other file of theirs touched.
fn replacements_stand(disk: &CrashDisk, mode: &Mode) -> Told {
    let files = disk.files();
    for image in mode.images() {
        let now = files.get(&Path::new(SHARD).join(image.output)).map(Vec::as_slice);
        if now != Some(image.replacement) {
            return Err(format!("{} is not what was put there", image.output));
        }
    }
    Ok(())
}

fn walk_purge(mode: &Mode, how: How, then: impl FnOnce(&mut Walk<'_>)) -> Tally {
    let end = |disk: &CrashDisk| {
        let ours = disk
            .files()
            .into_keys()
            .filter(|path| path.to_string_lossy().contains(".shardpress") && !path.ends_with("lock"));
        let ours: Vec<PathBuf> = ours.collect();
        if ours.is_empty() {
            replacements_stand(disk, mode)
        } else {
            Err(format!("left: {ours:?}"))
        }
    };
    let promise = |disk: &CrashDisk| {
        replacements_stand(disk, mode)?;
        // What was not reached can be undone still; what was, is told by name.
        let other = disk.after(Survives::Machine);
        let Some(undone) = undo_run(&other, "r1")? else {
            return Ok(());
        };
        if !undone.alarms.is_empty() {
            return Err(format!("undone in the middle: {undone:?}"));
        }
        let files = other.files();
        let at = |name: &str| files.get(&Path::new(SHARD).join(name)).map(Vec::as_slice);
        for image in mode.images() {
            if at(image.source) != Some(image.original) && at(image.output) != Some(image.replacement) {
                return Err(format!("{} is lost by an undo in the middle: {undone:?}", image.source));
            }
        }
        Ok(())
    };
    let again = |disk: &CrashDisk| purge_run(disk, "r1").map(|_| ());
    let act = Act {
        again: &again,
        promise: &promise,
        end: &end,
    };
    let mut walk = Walk::new(act, how);
    then(&mut walk);
    walk.tally
}

fn crashes_of_purge(what: &str, modes: &[Mode], how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        let disk = after_run(mode);
        disk.record();
        let purged = purge_run(&disk, "r1").expect("no fault").expect("kept");
        assert!(purged.held.is_empty() && purged.failed.is_empty(), "{mode:?} {purged:?}");
        walk_purge(mode, how, |walk| walk.visit(&disk.recorded(), &|| format!("{mode:?}")))
    });
}

fn faults_of_purge(what: &str, modes: &[Mode], faults: fn(usize) -> Vec<Fault>, how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        let start = after_run(mode);
        let whole = start.after(Survives::Machine);
        purge_run(&whole, "r1").expect("no fault");
        walk_purge(mode, how, |walk| {
            for fault in (0..whole.calls()).flat_map(faults) {
                let disk = start.after(Survives::Machine);
                disk.inject(fault);
                disk.record();
                let told = purge_run(&disk, "r1");
                let hit = disk.hit();
                walk.tally.faults += 1;
                walk.visit(&disk.recorded(), &|| format!("{mode:?} {fault:?} hit {hit:?}, told {told:?}"));
            }
        })
    });
}

const FEW: How = How {
    depth: 0,
    subsets: 1,
    seeds: 1,
};

#[test]
fn an_undo_killed_at_every_step_goes_on() {
    crashes_of_undo("crashes of undo", &told_and_untold(), QUICK, 1_000);
}

#[test]
fn a_run_brings_a_killed_undo_to_its_end() {
    let modes: Vec<Mode> = keeping().collect();
    for_each("runs after killed undos", &modes, 500, |mode| {
        walk_run_after_undo(mode, FEW, |walk| walk.visit(&undisturbed(mode), &|| format!("{mode:?}")))
    });
}

#[test]
fn a_second_crash_of_an_undo_loses_nothing() {
    let modes: Vec<Mode> = keeping().map(|mode| Mode { images: 2, ..mode }).collect();
    crashes_of_undo("second crashes of undo", &modes, How { depth: 1, ..FEW }, 500);
}

#[test]
fn every_call_of_an_undo_fails_once() {
    let modes: Vec<Mode> = keeping().map(|mode| Mode { images: 2, ..mode }).collect();
    faults_of_undo("faults of undo", &modes, some_faults, FEW, 1_000);
}

#[test]
fn a_purge_killed_at_every_step_frees_nothing_that_matters() {
    crashes_of_purge("crashes of purge", &told_and_untold(), QUICK, 200);
}

#[test]
fn every_call_of_a_purge_fails_once() {
    let modes: Vec<Mode> = keeping().map(|mode| Mode { images: 2, ..mode }).collect();
    faults_of_purge("faults of purge", &modes, some_faults, FEW, 500);
}

#[test]
fn a_purge_frees_all_bytes_that_were_kept() {
    for mode in keeping() {
        let disk = after_run(&mode);
        let purged = purge_run(&disk, "r1").expect("no fault").expect("kept");
        assert_eq!((purged.files, purged.held.len(), purged.failed.len()), (4, 0, 0), "{mode:?}");
        assert_eq!(purged.bytes, IMAGES.iter().map(|image| image.original.len() as u64).sum::<u64>());
        assert_eq!(disk.folders().len(), 1, "{mode:?}");
    }
}

/// Everything a campaign tries, on disks that keep and on disks that forget what a failing sync was to write.
fn all() -> Vec<Mode> {
    let plain = told_and_untold();
    plain.iter().copied().chain(plain.iter().copied().map(forgetful)).collect()
}

const MORE: How = How {
    depth: 0,
    subsets: 4,
    seeds: 8,
};

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_crashes_of_undo() {
    crashes_of_undo("two crashes of undo", &told_and_untold(), How { depth: 1, ..MORE }, 20_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_faults_of_undo() {
    faults_of_undo("faults of undo", &all(), every_fault, MORE, 50_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_crashes_of_purge() {
    crashes_of_purge("two crashes of purge", &told_and_untold(), How { depth: 1, ..MORE }, 2_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_faults_of_purge() {
    faults_of_purge("faults of purge", &all(), every_fault, MORE, 20_000);
}
