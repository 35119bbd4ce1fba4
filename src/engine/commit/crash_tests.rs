//! The plug is pulled at every step of a job, at every step of the recovery from that, and of the recovery from that one.

use super::testing::{Mode, Moment, Sidecars, job, judge, modes, modes_with_edits, recover_only};
use super::walk::{Act, How, Told, Walk, for_each, listing};
use crate::engine::disk::crash::{Abilities, CrashDisk, Pick, Remains, Survives};
use crate::engine::settings::{Mtime, Originals, Verify};

/// Nothing that is not durable survives.
pub(super) const CUT: Survives = Survives::Power {
    names: Pick::None,
    data: Remains::Nothing,
};

/// Recovery without doubts.
pub(super) fn recovers(disk: &CrashDisk) -> Told {
    match recover_only(disk, "r8") {
        Ok(recovery) if recovery.alarms.is_empty() => Ok(()),
        other => Err(format!("recovery says {other:?}")),
    }
}

/// After recovery all is in order, durably, and the job can be done again to the end, durably too.
pub(super) fn in_order(disk: &CrashDisk, mode: &Mode) -> Told {
    let tell = |what: &str, problem: String| format!("{what}: {problem}");
    judge(disk, mode, Moment::Recovered).map_err(|problem| tell("after recovery", problem))?;
    judge(&disk.after(CUT), mode, Moment::Interrupted).map_err(|problem| tell("a power cut after recovery", problem))?;
    match job(disk, mode, "r9") {
        Ok(done) if done.finished.is_some_and(|finished| finished.open == 0) => {}
        other => return Err(format!("the next job says {other:?}")),
    }
    judge(disk, mode, Moment::Complete).map_err(|problem| tell("after the next job", problem))?;
    let after = disk.after(CUT);
    // An unlocked lock may come back, and a journal that a killed recovery had just taken away: it says nothing new.
    after.take("/s/.shardpress/lock");
    let tell = |problem| tell("a power cut after the next job", problem);
    recovers(&after).map_err(tell)?;
    judge(&after, mode, Moment::Complete).map_err(tell)
}

/// Walks through the crashes of one job.
pub(super) fn walk_job(mode: &Mode, how: How, then: impl FnOnce(&mut Walk<'_>)) -> super::walk::Tally {
    let act = Act {
        again: &recovers,
        promise: &|disk| judge(disk, mode, Moment::Interrupted),
        end: &|disk| in_order(disk, mode),
    };
    let mut walk = Walk::new(act, how);
    then(&mut walk);
    walk.tally
}

/// What an undisturbed job leaves at every step.
fn undisturbed(mode: &Mode) -> Vec<CrashDisk> {
    let disk = mode.disk();
    disk.record();
    job(&disk, mode, "r1").expect("no fault");
    disk.recorded()
}

fn crashes(what: &str, modes: &[Mode], how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        walk_job(mode, how, |walk| walk.visit(&undisturbed(mode), &|| format!("{mode:?}")))
    });
}

/// Every kind of edit: in all of a batch or in some of it, over more batches than one.
pub(super) const EDITS: [(Sidecars, usize, usize); 5] = [
    (Sidecars::Private, 2, 1),
    (Sidecars::Shared, 3, 3),
    (Sidecars::Rows, 4, 2),
    (Sidecars::Both, 2, 2),
    (Sidecars::Both, 2, 1),
];

#[test]
fn an_undisturbed_job_replaces_everything() {
    for mode in modes().into_iter().chain(modes_with_edits(&EDITS)) {
        let disk = mode.disk();
        let done = job(&disk, &mode, "r1").expect("no fault");
        assert!(
            done.verdicts
                .iter()
                .all(|(_, verdict)| matches!(verdict, super::Verdict::Committed { .. })),
            "{mode:?} {done:?}"
        );
        judge(&disk, &mode, Moment::Complete).unwrap_or_else(|problem| panic!("{mode:?}: {problem}\n{}", listing(&disk)));
        if mode.originals == Originals::Delete {
            assert!(
                disk.folders().len() == 1 && disk.files().len() == mode.images + mode.sidecars().len() + 1,
                "{mode:?} {}",
                listing(&disk)
            );
        }
        // Durable altogether: nothing pending may make a difference.
        let after = disk.after(CUT);
        // Except that an unlocked lock may come back.
        after.take("/s/.shardpress/lock");
        judge(&after, &mode, Moment::Complete).unwrap_or_else(|problem| panic!("{mode:?}: a power cut after the end: {problem}"));
    }
}

/// In `cargo test`: some of what a campaign does.
pub(super) const QUICK: How = How {
    depth: 0,
    subsets: 2,
    seeds: 4,
};

#[test]
fn a_crash_at_every_step_loses_nothing() {
    crashes("crashes", &modes(), QUICK, 1_000);
}

#[test]
fn a_crash_at_every_step_leaves_what_belongs_together_together() {
    crashes("crashes with edits", &modes_with_edits(&EDITS[1..4]), QUICK, 1_000);
}

pub(super) fn two(mode: Mode) -> Mode {
    Mode {
        images: 2,
        batch: 2,
        ..mode
    }
}

#[test]
fn a_second_crash_at_every_step_of_recovery_loses_nothing() {
    let modes: Vec<Mode> = modes().into_iter().map(two).collect();
    crashes("second crashes", &modes, How { depth: 1, ..QUICK }, 1_000);
}

#[test]
fn a_second_crash_at_every_step_of_recovery_leaves_what_belongs_together_together() {
    let how = How {
        depth: 1,
        subsets: 1,
        seeds: 1,
    };
    crashes(
        "second crashes with edits",
        &modes_with_edits(&[(Sidecars::Rows, 2, 2)]),
        how,
        1_000,
    );
}

/// All images with and without edits, everything read again, times new: what a campaign works on.
pub(super) fn all_modes() -> Vec<Mode> {
    let plain = modes().into_iter().chain(modes_with_edits(&EDITS));
    let strict = |mode: Mode| Mode {
        verify: Verify::Reread,
        mtime: Mtime::Now,
        ..mode
    };
    plain.clone().chain(plain.map(strict)).collect()
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_crashes() {
    let how = How {
        depth: 0,
        subsets: 6,
        seeds: 32,
    };
    crashes("crashes", &all_modes(), how, 20_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_crashes_of_recovery_of_recovery() {
    let modes: Vec<Mode> = modes()
        .into_iter()
        .map(two)
        .chain(modes_with_edits(&[(Sidecars::Shared, 2, 2), (Sidecars::Both, 2, 2)]))
        .collect();
    let how = How {
        depth: 2,
        subsets: 3,
        seeds: 4,
    };
    crashes("three crashes", &modes, how, 20_000);
}

/// The control: on a disk whose file syncs lie, this very harness must find losses; killed processes lose nothing even there.
#[test]
fn a_disk_that_lies_is_found_out() {
    let mut lost = 0;
    for mode in modes().into_iter().map(two) {
        let mode = Mode {
            abilities: Abilities {
                lies: true,
                ..mode.abilities
            },
            ..mode
        };
        let states = undisturbed(&mode);
        for state in &states {
            let killed = state.after(Survives::Machine);
            judge(&killed, &mode, Moment::Interrupted).unwrap_or_else(|problem| panic!("{mode:?} killed: {problem}"));
        }
        let tally = walk_job(&mode, QUICK, |walk| walk.visit(&states, &|| String::new()));
        lost += usize::from(tally.wrong > 0);
        assert!(mode.originals == Originals::Keep || tally.wrong > 0, "{mode:?}: nothing found");
    }
    assert!(lost > 0);
}
