//! One call fails, or all from some moment on; it may have happened all the same; what a failing sync was to write may be
//! forgotten; and then the plug is pulled, right away or at any later step. Never a loss, and what a person is told names a file.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use super::crash_tests::{EDITS, QUICK, all_modes, two, walk_job};
use super::testing::{Mode, SHARD, Sidecars, job, modes, modes_with_edits, recover_only, says_so};
use super::walk::{How, Told, for_each};
use super::{CommitFailure, Verdict};
use crate::engine::disk::crash::{Abilities, CrashDisk, Fault, Gate, Survives};

/// Whatever was called committed is, and whatever was not says which file.
fn verdicts_hold(disk: &CrashDisk, mode: &Mode, verdicts: &[(&'static str, Verdict)]) -> Told {
    let files = disk.files();
    for (name, verdict) in verdicts {
        let image = mode.images().iter().find(|image| image.source == *name).expect("one of ours");
        match verdict {
            Verdict::Committed { .. } => {
                if files.get(&Path::new(SHARD).join(image.output)).map(Vec::as_slice) != Some(image.replacement) {
                    return Err(format!("{name} is called committed and is not"));
                }
                if !says_so(disk, mode, name) {
                    return Err(format!("{name} is called committed and its files do not say so"));
                }
            }
            Verdict::Failed(CommitFailure { message, .. }) => {
                if !message.contains(SHARD) {
                    return Err(format!("{name}: nothing is named in {message:?}"));
                }
            }
        }
    }
    Ok(())
}

/// One of every kind of trouble: input or output, space, quota, rights, read-only, vanished, interrupted, a stale handle,
/// and a file in use.
pub(super) const ALL: [ErrorKind; 9] = [
    ErrorKind::Other,
    ErrorKind::StorageFull,
    ErrorKind::QuotaExceeded,
    ErrorKind::PermissionDenied,
    ErrorKind::ReadOnlyFilesystem,
    ErrorKind::NotFound,
    ErrorKind::Interrupted,
    ErrorKind::StaleNetworkFileHandle,
    ErrorKind::ResourceBusy,
];

/// What can happen to the call of this number, and to all later ones.
pub(super) fn every_fault(after: usize) -> Vec<Fault> {
    let once = ALL.map(|kind| Fault::once(after, kind));
    let mut all: Vec<Fault> = once.to_vec();
    all.extend(once.map(Fault::happens));
    all.extend(once.map(Fault::for_good));
    all.push(Fault::once(after, ErrorKind::Other).happens().for_good());
    // Parts of a write.
    for (kind, quarters) in [
        (ErrorKind::Other, 0),
        (ErrorKind::Other, 1),
        (ErrorKind::Other, 3),
        (ErrorKind::Other, 4),
        (ErrorKind::StorageFull, 0),
    ] {
        all.push(Fault {
            quarters,
            ..Fault::once(after, kind)
        });
    }
    all
}

/// In `cargo test`: some of them, another one at each call.
pub(super) fn some_faults(after: usize) -> Vec<Fault> {
    let kinds = [0, 3, 6].map(|way| ALL[(after + way) % ALL.len()]);
    vec![
        Fault::once(after, ErrorKind::Other),
        Fault::once(after, kinds[0]),
        Fault::once(after, kinds[1]).happens(),
        Fault::once(after, kinds[2]).for_good(),
    ]
}

type Faults = fn(usize) -> Vec<Fault>;

/// Every call of a job fails in every way, and then the plug is pulled at every step from there.
fn every_call_fails(what: &str, modes: &[Mode], faults: Faults, how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        // Where a link is refused the original is parked.
        let mode = &Mode { may_park: true, ..*mode };
        let whole = mode.disk();
        job(&whole, mode, "r1").expect("no fault");
        walk_job(mode, how, |walk| {
            for fault in (0..whole.calls()).flat_map(faults) {
                let disk = mode.disk();
                disk.inject(fault);
                disk.record();
                let done = job(&disk, mode, "r1");
                let hit = disk.hit();
                let context = || format!("{mode:?} {fault:?} hit {hit:?}, the job said {done:?}");
                assert!(hit.is_some(), "{} hit nothing", context());
                let verdicts = done.as_ref().map(|done| done.verdicts.as_slice()).unwrap_or_default();
                let told = match &done {
                    Err(message) if !message.contains(SHARD) && !message.contains("this folder") => {
                        Err(format!("nothing is named in {message:?}"))
                    }
                    _ => verdicts_hold(&disk, mode, verdicts),
                };
                if let Err(problem) = told {
                    walk.tally.problem(format!("{}: {problem}", context()));
                }
                walk.tally.faults += 1;
                walk.visit(&disk.recorded(), &context);
            }
        })
    });
}

/// Every call of a recovery fails in every way, whatever it recovers from.
fn every_call_of_recovery_fails(what: &str, modes: &[Mode], faults: Faults, how: How, least: usize) {
    for_each(what, modes, least, |mode| {
        let disk = mode.disk();
        disk.record();
        job(&disk, mode, "r1").expect("no fault");
        let mut seen = HashSet::new();
        walk_job(mode, how, |walk| {
            for (step, crashed) in disk.recorded().iter().enumerate() {
                for survives in [Survives::Machine, super::crash_tests::CUT] {
                    let crashed = crashed.after(survives);
                    if !seen.insert(crashed.fingerprint()) {
                        continue;
                    }
                    let whole = crashed.after(Survives::Machine);
                    recover_only(&whole, "r2").expect("no fault");
                    for fault in (0..whole.calls()).flat_map(faults) {
                        let disk = crashed.after(Survives::Machine);
                        disk.inject(fault);
                        disk.record();
                        let told = recover_only(&disk, "r2");
                        let hit = disk.hit();
                        walk.tally.faults += 1;
                        walk.visit(&disk.recorded(), &|| {
                            format!("{mode:?} step {step} {survives:?}, then {fault:?} hit {hit:?}, told {told:?}")
                        });
                    }
                }
            }
        })
    });
}

/// What a failing sync was to write is forgotten, and the next sync says yes.
pub(super) fn forgetful(mode: Mode) -> Mode {
    Mode {
        abilities: Abilities {
            gate: Gate::Drops,
            ..mode.abilities
        },
        ..mode
    }
}

fn only_syncs(after: usize) -> Vec<Fault> {
    vec![
        Fault::once(after, ErrorKind::Other),
        Fault::once(after, ErrorKind::Other).for_good(),
    ]
}

/// In `cargo test`: no more than this survives a fault.
const FEW: How = How {
    depth: 0,
    subsets: 0,
    seeds: 1,
};

#[test]
fn one_call_fails() {
    let modes: Vec<Mode> = modes().into_iter().map(two).collect();
    every_call_fails("faults", &modes, some_faults, FEW, 5_000);
}

#[test]
fn one_call_fails_with_edits() {
    every_call_fails(
        "faults with edits",
        &modes_with_edits(&[(Sidecars::Shared, 2, 2)]),
        some_faults,
        FEW,
        5_000,
    );
}

#[test]
fn a_sync_that_failed_is_never_believed_again() {
    let modes: Vec<Mode> = modes().into_iter().map(two).map(forgetful).collect();
    every_call_fails("forgetful syncs", &modes, only_syncs, FEW, 1_000);
}

#[test]
fn one_call_of_recovery_fails() {
    let modes: Vec<Mode> = modes().into_iter().map(two).collect();
    every_call_of_recovery_fails("faults in recovery", &modes, |after| some_faults(after)[..2].to_vec(), FEW, 2_000);
}

const MORE: How = How {
    depth: 0,
    subsets: 3,
    seeds: 8,
};

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_faults() {
    every_call_fails("faults", &all_modes(), every_fault, MORE, 100_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_faults_and_crashes_of_recovery() {
    let modes: Vec<Mode> = modes()
        .into_iter()
        .map(two)
        .chain(modes_with_edits(&[(Sidecars::Shared, 2, 2)]))
        .collect();
    every_call_fails("faults, then two crashes", &modes, every_fault, How { depth: 1, ..QUICK }, 100_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_forgetful_syncs() {
    let modes: Vec<Mode> = all_modes().into_iter().map(forgetful).collect();
    every_call_fails("forgetful syncs", &modes, every_fault, How { depth: 1, ..QUICK }, 100_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_faults_in_recovery() {
    let plain = modes().into_iter().map(two).chain(modes_with_edits(&EDITS[1..4]));
    let modes: Vec<Mode> = plain.clone().chain(plain.map(forgetful)).collect();
    every_call_of_recovery_fails("faults in recovery", &modes, every_fault, MORE, 100_000);
}
