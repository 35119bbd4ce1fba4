//! One call fails, or all from some moment on; it may have happened all the same. Never a loss, and what a person is told
//! names a file.

use std::collections::HashSet;
use std::io::ErrorKind;

use super::testing::{Mode, Moment, Sidecars, job, judge, modes, modes_with_edits, recover_only, says_so};
use super::{CommitFailure, Verdict};
use crate::engine::disk::crash::{CrashDisk, Fault, Pick, Remains, Survives};

/// After the fault: nothing lost, verdicts true, and the next run (on a healed disk) brings everything to its end.
fn check(disk: &CrashDisk, mode: &Mode, verdicts: &[(&'static str, Verdict)], context: &dyn Fn() -> String) {
    let fail = |problem: String| -> ! { panic!("{}: {problem}\n{:#?}", context(), names(disk)) };
    judge(disk, mode, Moment::Interrupted).unwrap_or_else(|problem| fail(problem));
    let files = disk.files();
    for (name, verdict) in verdicts {
        let image = mode.images().iter().find(|image| image.source == *name).expect("one of ours");
        let at = |name: &str| {
            files
                .get(&std::path::Path::new(super::testing::SHARD).join(name))
                .map(Vec::as_slice)
        };
        match verdict {
            Verdict::Committed { .. } if at(image.output) != Some(image.replacement) => {
                fail(format!("{name} is called committed and is not"))
            }
            Verdict::Committed { .. } if !says_so(disk, mode, name) => {
                fail(format!("{name} is called committed and its files do not say so"))
            }
            Verdict::Committed { .. } => {}
            Verdict::Failed(CommitFailure { message, .. }) => {
                if !message.contains("/s") {
                    fail(format!("{name}: nothing is named in {message:?}"));
                }
            }
        }
    }
    // What was reported as committed is durable: a power cut right now takes none of it.
    let cut = disk.after(Survives::Power {
        names: Pick::None,
        data: Remains::Nothing,
    });
    judge(&cut, mode, Moment::Interrupted).unwrap_or_else(|problem| fail(format!("and then a power cut: {problem}")));
    for healed in [disk.after(Survives::Machine), cut] {
        match job(&healed, mode, "r9") {
            Ok(done) if done.recovery.as_ref().is_some_and(|recovery| recovery.alarms.is_empty()) => {}
            other => fail(format!("the next run says {other:?}")),
        }
        judge(&healed, mode, Moment::Complete)
            .unwrap_or_else(|problem| fail(format!("after the next run: {problem}\n{:#?}", names(&healed))));
    }
}

fn names(disk: &CrashDisk) -> Vec<String> {
    disk.files()
        .iter()
        .map(|(path, data)| format!("{} = {}", path.display(), String::from_utf8_lossy(data)))
        .collect()
}

const KINDS: [ErrorKind; 6] = [
    ErrorKind::Other,
    ErrorKind::StorageFull,
    ErrorKind::PermissionDenied,
    ErrorKind::NotFound,
    ErrorKind::ReadOnlyFilesystem,
    ErrorKind::StaleNetworkFileHandle,
];

/// In all of a batch, over two batches, and more than one edit an image.
const EDITS: [(Sidecars, usize, usize); 3] = [(Sidecars::Shared, 3, 3), (Sidecars::Rows, 2, 1), (Sidecars::Both, 2, 2)];

fn every_call_fails(modes: Vec<Mode>, for_good: bool, happens: bool, kinds: &[ErrorKind]) {
    let mut tried = 0;
    for mode in modes {
        let whole = mode.disk();
        job(&whole, &mode, "r1").expect("no fault");
        for after in 0..whole.calls() {
            for kind in kinds {
                let fault = Fault {
                    after,
                    for_good,
                    kind: *kind,
                    happens,
                };
                let disk = mode.disk();
                disk.inject(fault);
                let done = job(&disk, &mode, "r1");
                let hit = disk.hit();
                assert!(hit.is_some(), "{mode:?} {fault:?} hit nothing");
                let verdicts = done.as_ref().map(|done| done.verdicts.as_slice()).unwrap_or_default();
                if let Err(message) = &done {
                    assert!(message.contains("/s"), "{message}");
                }
                // Nothing but the fault, from here on.
                let healed = disk.after(Survives::Machine);
                check(&healed, &mode, verdicts, &|| {
                    format!("{mode:?} {fault:?} hit {hit:?}, the job said {done:?}")
                });
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "only {tried}");
    eprintln!("{tried} faults");
}

#[test]
fn one_call_fails() {
    every_call_fails(modes(), false, false, &KINDS);
}

#[test]
fn one_call_fails_with_edits() {
    let edits = modes_with_edits(&EDITS);
    every_call_fails(
        edits.clone(),
        false,
        false,
        &[ErrorKind::Other, ErrorKind::StorageFull, ErrorKind::NotFound],
    );
    every_call_fails(edits, false, true, &[ErrorKind::Other]);
}

#[test]
fn all_calls_fail_from_then_on_with_edits() {
    every_call_fails(modes_with_edits(&EDITS), true, false, &[ErrorKind::Other]);
}

#[test]
fn one_call_fails_and_happened() {
    every_call_fails(modes(), false, true, &[ErrorKind::Other, ErrorKind::PermissionDenied]);
}

#[test]
fn all_calls_fail_from_then_on() {
    every_call_fails(modes(), true, false, &[ErrorKind::Other, ErrorKind::StorageFull]);
}

#[test]
fn one_call_of_recovery_fails() {
    let two = |mode| Mode { images: 2, ..mode };
    every_call_of_recovery_fails(modes().into_iter().map(two).collect());
}

#[test]
fn one_call_of_recovery_fails_with_edits() {
    every_call_of_recovery_fails(modes_with_edits(&[(Sidecars::Rows, 2, 2)]));
}

fn every_call_of_recovery_fails(modes: Vec<Mode>) {
    let mut tried = 0;
    for mode in modes {
        let whole = mode.disk();
        job(&whole, &mode, "r1").expect("no fault");
        let mut seen = HashSet::new();
        for step in 0..whole.steps() {
            let disk = mode.disk();
            disk.crash_at(step);
            let _ = job(&disk, &mode, "r1");
            let crashed = disk.after(Survives::Machine);
            if !seen.insert(crashed.fingerprint()) {
                continue;
            }
            let whole = crashed.after(Survives::Machine);
            recover_only(&whole, "r2").expect("no fault");
            for after in 0..whole.calls() {
                for (kind, happens) in [(ErrorKind::Other, false), (ErrorKind::Other, true), (ErrorKind::NotFound, false)] {
                    let fault = Fault {
                        after,
                        for_good: false,
                        kind,
                        happens,
                    };
                    let disk = crashed.after(Survives::Machine);
                    disk.inject(fault);
                    let told = recover_only(&disk, "r2");
                    let hit = disk.hit();
                    let healed = disk.after(Survives::Machine);
                    check(&healed, &mode, &[], &|| {
                        format!("{mode:?} step {step}, then {fault:?} hit {hit:?}, told {told:?}")
                    });
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 500, "only {tried}");
    eprintln!("{tried} faults in recovery");
}
