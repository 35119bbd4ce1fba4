//! The plug is pulled at every step of a job, and at every step of the recovery from that.

use std::collections::HashSet;

use super::testing::{Mode, Moment, Sidecars, job, judge, modes, modes_with_edits, recover_only};
use crate::engine::disk::crash::{Abilities, CrashDisk, Pick, Remains, Survives};
use crate::engine::settings::Originals;

/// What may survive a crash.
pub(super) fn survivals() -> Vec<Survives> {
    let mut all = vec![Survives::Machine];
    for names in [Pick::All, Pick::None] {
        for data in [Remains::All, Remains::Nothing, Remains::Half, Remains::Zeros] {
            all.push(Survives::Power { names, data });
        }
    }
    for seed in 1..=8 {
        let (names, data) = (Pick::Chance(seed), Remains::Chance(seed));
        all.push(Survives::Power { names, data });
        all.push(Survives::Power {
            names,
            data: Remains::Nothing,
        });
    }
    all
}

/// Different states that a crash of this disk can leave, with how they came to be.
pub(super) fn states(disk: &CrashDisk, survivals: &[Survives], seen: &mut HashSet<String>) -> Vec<(Survives, CrashDisk)> {
    let all = survivals.iter().map(|survives| (*survives, disk.after(*survives)));
    all.filter(|(_, state)| seen.insert(state.fingerprint())).collect()
}

/// After a crash: nothing is lost, recovery has no doubts, and the job can be done again to the end.
fn goes_on(state: &CrashDisk, mode: &Mode, context: &dyn Fn() -> String) {
    let check = |disk: &CrashDisk, moment: Moment| {
        if let Err(problem) = judge(disk, mode, moment) {
            panic!("{}: {moment:?}: {problem}\n{:#?}", context(), names(disk));
        }
    };
    check(state, Moment::Interrupted);
    match recover_only(state, "r8") {
        Ok(recovery) if recovery.alarms.is_empty() => {}
        other => panic!("{}: recovery says {other:?}\n{:#?}", context(), names(state)),
    }
    check(state, Moment::Recovered);
    match job(state, mode, "r9") {
        Ok(done) if done.finished.is_some_and(|finished| finished.open == 0) => {}
        other => panic!("{}: the job says {other:?}", context()),
    }
    check(state, Moment::Complete);
}

pub(super) fn names(disk: &CrashDisk) -> Vec<String> {
    disk.files()
        .iter()
        .map(|(path, data)| format!("{} = {}", path.display(), String::from_utf8_lossy(data)))
        .collect()
}

/// Every kind of edit: in all of a batch or in some of it, over more batches than one.
const EDITS: [(Sidecars, usize, usize); 5] = [
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
        judge(&disk, &mode, Moment::Complete).unwrap_or_else(|problem| panic!("{mode:?}: {problem}\n{:#?}", names(&disk)));
        if mode.originals == Originals::Delete {
            assert!(
                disk.folders().len() == 1 && disk.files().len() == mode.images + mode.sidecars().len() + 1,
                "{mode:?} {:#?}",
                names(&disk)
            );
        }
        // Durable altogether: nothing pending may make a difference.
        let after = disk.after(Survives::Power {
            names: Pick::None,
            data: Remains::Nothing,
        });
        // Except that an unlocked lock may come back.
        after.take("/s/.shardpress/lock");
        judge(&after, &mode, Moment::Complete).unwrap_or_else(|problem| panic!("{mode:?}: a power cut after the end: {problem}"));
    }
}

#[test]
fn a_crash_at_every_step_loses_nothing() {
    crash_at_every_step(modes());
}

#[test]
fn a_crash_at_every_step_leaves_what_belongs_together_together() {
    crash_at_every_step(modes_with_edits(&EDITS));
}

fn crash_at_every_step(modes: Vec<Mode>) {
    let survivals = survivals();
    let mut tried = 0;
    for mode in modes {
        let whole = mode.disk();
        job(&whole, &mode, "r1").expect("no fault");
        for step in 0..whole.steps() {
            let disk = mode.disk();
            disk.crash_at(step);
            let _ = job(&disk, &mode, "r1");
            assert!(disk.crashed(), "{mode:?} step {step}");
            for (survives, state) in states(&disk, &survivals, &mut HashSet::new()) {
                goes_on(&state, &mode, &|| format!("{mode:?} step {step} {survives:?}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "only {tried} states");
    eprintln!("{tried} states after a crash");
}

#[test]
fn a_second_crash_at_every_step_of_recovery_loses_nothing() {
    let two = |mode| Mode {
        images: 2,
        batch: 2,
        ..mode
    };
    second_crash_at_every_step(modes().into_iter().map(two).collect(), &survivals());
}

#[test]
fn a_second_crash_at_every_step_of_recovery_leaves_what_belongs_together_together() {
    // Fewer ways to survive: what one edit more costs here is a square.
    let survivals: Vec<Survives> = survivals().into_iter().step_by(3).collect();
    second_crash_at_every_step(modes_with_edits(&[(Sidecars::Rows, 2, 2)]), &survivals);
}

fn second_crash_at_every_step(modes: Vec<Mode>, survivals: &[Survives]) {
    let mut tried = 0;
    for mode in modes {
        let whole = mode.disk();
        job(&whole, &mode, "r1").expect("no fault");
        let mut seen = HashSet::new();
        for step in 0..whole.steps() {
            let disk = mode.disk();
            disk.crash_at(step);
            let _ = job(&disk, &mode, "r1");
            for (survives, state) in states(&disk, survivals, &mut seen) {
                let whole = state.after(Survives::Machine);
                recover_only(&whole, "r2").unwrap_or_else(|problem| panic!("{mode:?} step {step} {survives:?}: {problem}"));
                for second in 0..whole.steps() {
                    let again = state.after(Survives::Machine);
                    again.crash_at(second);
                    let _ = recover_only(&again, "r2");
                    for (survives2, state) in states(&again, survivals, &mut seen) {
                        goes_on(&state, &mode, &|| {
                            format!("{mode:?} step {step} {survives:?}, then step {second} {survives2:?}")
                        });
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 1_000, "only {tried} states");
    eprintln!("{tried} states after a second crash");
}

/// The control: on a disk whose file syncs lie, this very harness must find losses.
#[test]
fn a_disk_that_lies_is_found_out() {
    let mut lost = 0;
    for mode in modes().into_iter().filter(|mode| mode.originals == Originals::Delete) {
        let mode = Mode {
            abilities: Abilities {
                lies: true,
                ..mode.abilities
            },
            ..mode
        };
        let disk = mode.disk();
        let _ = job(&disk, &mode, "r1");
        let after = disk.after(Survives::Power {
            names: Pick::All,
            data: Remains::Nothing,
        });
        lost += usize::from(judge(&after, &mode, Moment::Interrupted).is_err());
    }
    assert!(lost > 0);
}
