//! The drive damages the journal of a run that crashed: any byte of it, any end of it, all of it. Whoever comes next may say so and
//! stop; it never loses a file, and never overwrites or removes one that the journal does not speak of. And who comes while
//! somebody else is at work waits.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::crash_tests::{CUT, two};
use super::journal::LONGEST_HEADER;
use super::testing::{Mode, Moment, SHARD, Sidecars, job, judge, modes, modes_with_edits, recover_only};
use super::walk::{Tally, Told, caught, for_each, listing};
use super::{LockError, lock, look};
use crate::engine::disk::Disk;
use crate::engine::disk::crash::{CrashDisk, Survives};

const JOURNAL: &str = "/s/.shardpress/journal";

/// Whatever is said, nothing is lost by it: not by recovery, nor by the run after it.
fn harmless(state: &CrashDisk, mode: &Mode) -> Told {
    let lost = |what: &str, disk: &CrashDisk| {
        judge(disk, mode, Moment::Interrupted).map_err(|problem| format!("after {what}: {problem}\nleft:\n{}", listing(disk)))
    };
    caught(|| {
        let told = recover_only(state, "r8");
        lost(&format!("a recovery that said {told:?}"), state)?;
        lost("a recovery and a power cut", &state.after(CUT))?;
        let told = job(state, mode, "r9").map(|done| done.verdicts);
        lost(&format!("a run that said {told:?}"), state)
    })
}

/// The journals that a drive may give back instead of this one.
fn damages(journal: &[u8], every: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for at in (0..journal.len()).step_by(every) {
        all.push(journal[..at].to_vec());
        for flip in [0x01, 0x04, 0x80, 0xff] {
            let mut damaged = journal.to_vec();
            damaged[at] ^= flip;
            all.push(damaged);
        }
    }
    // Line ends are where it matters most.
    for (at, _) in journal.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let mut damaged = journal.to_vec();
        damaged[at] = b' ';
        all.push(damaged);
        all.push(journal[..=at].to_vec());
        all.push(journal[at + 1..].to_vec());
        all.push([&journal[..=at], journal].concat());
    }
    all.push(vec![0; journal.len()]);
    all.push(b"nothing that we ever wrote".to_vec());
    all
}

fn damaged_journals(what: &str, modes: &[Mode], every: usize, least: usize) {
    for_each(what, modes, least, |mode| {
        let disk = mode.disk();
        disk.record();
        job(&disk, mode, "r1").expect("no fault");
        let (mut tally, mut seen) = (Tally::default(), HashSet::new());
        for (step, crashed) in disk.recorded().iter().enumerate() {
            for survives in [Survives::Machine, CUT] {
                let crashed = crashed.after(survives);
                let journal = crashed.files().remove(Path::new(JOURNAL));
                let Some(journal) = journal.filter(|_| seen.insert(crashed.fingerprint())) else {
                    continue;
                };
                for damaged in damages(&journal, every) {
                    let state = crashed.after(Survives::Machine);
                    state.put(JOURNAL, &damaged);
                    tally.states += 1;
                    if let Err(problem) = harmless(&state, mode) {
                        let text = String::from_utf8_lossy(&damaged).chars().take(200).collect::<String>();
                        tally.problem(format!("{mode:?}, crashes [{step} {survives:?}]: {problem}\njournal {text:?}"));
                    }
                }
            }
        }
        tally
    });
}

#[test]
fn a_damaged_journal_never_costs_a_file() {
    let modes: Vec<Mode> = modes().into_iter().map(two).collect();
    damaged_journals("damaged journals", &modes, 97, 1_000);
}

#[test]
#[ignore = "a campaign: sh tests/faults/model.sh"]
fn campaign_damaged_journals() {
    let modes: Vec<Mode> = modes()
        .into_iter()
        .map(two)
        .chain(modes_with_edits(&[(Sidecars::Shared, 2, 2), (Sidecars::Rows, 2, 1)]))
        .collect();
    damaged_journals("damaged journals", &modes, 1, 500_000);
}

/// States of a crashed job that have a journal.
fn crashed(mode: &Mode) -> Vec<CrashDisk> {
    let disk = mode.disk();
    disk.record();
    job(&disk, mode, "r1").expect("no fault");
    let all = disk.recorded().into_iter().map(|state| state.after(Survives::Machine));
    all.filter(|state| state.files().contains_key(Path::new(JOURNAL))).collect()
}

#[test]
fn a_journal_that_is_no_beginning_of_one_is_said() {
    for mode in modes() {
        for state in crashed(&mode) {
            for journal in [
                &b"garbage"[..],
                &[b'0'; LONGEST_HEADER + 1],
                b"garbage\ngarbage\n",
                b"00000000 {}\n",
            ] {
                let disk = state.after(Survives::Machine);
                disk.put(JOURNAL, journal);
                let before = disk.files();
                let recovery = recover_only(&disk, "r2").expect("no fault");
                assert_eq!(recovery.alarms.first().map(|alarm| alarm.code), Some("journal-damaged"), "{mode:?}");
                let kept = |disk: &CrashDisk| {
                    let mut files = disk.files();
                    files.retain(|path, _| !path.ends_with("lock"));
                    files
                };
                disk.put("/s/.shardpress/lock", b"");
                assert_eq!(
                    kept(&disk),
                    before.into_iter().filter(|(path, _)| !path.ends_with("lock")).collect(),
                    "{mode:?}"
                );
            }
        }
    }
}

#[test]
fn a_journal_whose_end_was_lost_is_said_where_files_tell_of_it() {
    let mut said = 0;
    for mode in modes() {
        for state in crashed(&mode) {
            let files = state.files();
            let strays = files.keys().filter(|path| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                name.starts_with(".shardpress-") || name.ends_with(".orig")
            });
            let strays = strays.count();
            let journal = &files[Path::new(JOURNAL)];
            let Some(first) = journal.iter().position(|byte| *byte == b'\n') else {
                continue;
            };
            state.put(JOURNAL, &journal[..=first]);
            let recovery = recover_only(&state, "r2").expect("no fault");
            assert_eq!(
                recovery.alarms.is_empty(),
                strays == 0,
                "{mode:?} {recovery:?}\n{}",
                listing(&state)
            );
            said += usize::from(strays > 0);
        }
    }
    assert!(said > 50, "only {said}");
}

#[test]
fn a_journal_of_a_newer_version_stops_everything_untouched() {
    for mode in modes() {
        let state = crashed(&mode).pop().expect("one");
        let json = r#"{"begin":{"version":9,"something":"else"}}"#;
        state.put(JOURNAL, format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).as_bytes());
        let before = state.files();
        let problem = recover_only(&state, "r2").expect_err("newer");
        let names_it = problem.replace('\\', "/").contains(JOURNAL);
        assert!(problem.contains("newer version") && names_it, "{problem}");
        assert!(job(&state, &mode, "r3").is_err());
        let mut after = state.files();
        after.insert(Path::new("/s/.shardpress/lock").to_owned(), Vec::new());
        let mut before = before;
        before.insert(Path::new("/s/.shardpress/lock").to_owned(), Vec::new());
        assert_eq!(before, after, "{mode:?}");
    }
}

#[test]
fn whoever_comes_while_another_is_at_work_touches_nothing() {
    for mode in modes() {
        // A lock that a dead process left is none.
        let state = crashed(&mode).pop().expect("one");
        state.put("/s/.shardpress/lock", b"run r0\nprocess 1\n");
        let shared: Arc<dyn Disk> = Arc::new(state.clone());
        let held = lock(&shared, Path::new(SHARD), "r2").expect("left by a dead process");
        let before = state.files();
        match lock(&shared, Path::new(SHARD), "r3") {
            Err(LockError::Held { by }) => assert!(by.contains("run r2"), "{by}"),
            other => panic!("{mode:?}: {other:?}"),
        }
        assert!(matches!(
            look(shared.as_ref(), Path::new(SHARD)).expect("no fault").standing,
            super::Standing::Locked { .. }
        ));
        assert_eq!(state.files(), before, "{mode:?}");
        drop(held);
    }
}
