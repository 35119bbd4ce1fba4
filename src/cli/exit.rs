//! Exit codes, in one table, and what a finished plan or run means in them. The README shows the same.

use std::process::ExitCode;

use crate::engine::{Outcome, Record, ShardRecord, ShardState, StopReason};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, also when nothing was to do.
    Done,
    /// Done, but some images or shards failed.
    SomeFailed,
    /// The arguments make no sense, or a question could not be asked. Nothing was touched.
    Usage,
    /// Blocked by the pre-flight or by another run's lock. Nothing was touched.
    Blocked,
    /// No space, read-only, no display.
    Environment,
    /// Recovery found something that only a person can decide.
    NeedsPerson,
    /// Stopped by Ctrl-C.
    Interrupted,
    /// Stopped by SIGTERM.
    Terminated,
}

impl Exit {
    /// The number a shell sees.
    pub(super) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::SomeFailed => 1,
            Exit::Usage => 2,
            Exit::Blocked => 3,
            Exit::Environment => 4,
            Exit::NeedsPerson => 5,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The drive or the folder's rights are to blame: the next attempt ends the same until somebody changes them.
pub(super) fn is_environment(code: &str) -> bool {
    matches!(code, "no-space" | "read-only" | "permission")
}

/// What the record of a finished plan or run means for a shell, the gravest first.
pub(super) fn exit_of(record: &Record) -> Exit {
    let skipped: Vec<&str> = record
        .shards
        .iter()
        .filter_map(|shard| match &shard.state {
            ShardState::Skipped(problem) => Some(problem.code),
            _ => None,
        })
        .collect();
    // Nothing was done because nothing could be: the other shards had no work. A library of which one shard was left over
    // last time ends like that shard alone.
    let only_skipped = !skipped.is_empty() && record.shards.iter().all(had_no_turn_or_no_work);
    let failed_by_environment = |image: &crate::engine::ImageRecord| match &image.outcome {
        // Rights may differ from file to file; a drive that is full or read-only is so for all of them.
        Outcome::Failed(problem) => matches!(problem.code, "no-space" | "read-only"),
        _ => false,
    };
    if skipped.iter().any(|code| matches!(*code, "undecided" | "journal-damaged")) {
        Exit::NeedsPerson
    } else if record.stopped == Some(StopReason::DiskFull)
        || record.shards.iter().flat_map(|shard| &shard.images).any(failed_by_environment)
        || (only_skipped && skipped.iter().any(|code| is_environment(code)))
    {
        Exit::Environment
    } else if only_skipped && skipped.iter().all(|code| *code == "locked") {
        Exit::Blocked
    } else if record.shards.iter().any(failed) || record.stopped.is_some() {
        Exit::SomeFailed
    } else {
        Exit::Done
    }
}

fn had_no_turn_or_no_work(shard: &ShardRecord) -> bool {
    match shard.state {
        ShardState::Skipped(_) => true,
        ShardState::Done | ShardState::Planned => shard
            .images
            .iter()
            .all(|image| matches!(image.outcome, Outcome::LeftAlone(_) | Outcome::Refused(_))),
        ShardState::NotReached => false,
    }
}

fn failed(shard: &ShardRecord) -> bool {
    matches!(shard.state, ShardState::Skipped(_))
        || shard
            .images
            .iter()
            .any(|i| matches!(i.outcome, Outcome::Failed(_) | Outcome::Refused(_) | Outcome::NotReached))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Kind, Why};
    use crate::report::samples;

    fn done(outcomes: &[Outcome]) -> ShardRecord {
        let images = outcomes
            .iter()
            .map(|outcome| samples::image("a.png", outcome.clone(), 9, 9))
            .collect();
        samples::shard("library/a", ShardState::Done, images)
    }

    fn skipped(code: &'static str) -> ShardRecord {
        // The plan's images are still listed for a shard that was skipped later.
        let images = vec![samples::image("a.png", Outcome::NotReached, 9, 9)];
        samples::shard("library/b", ShardState::Skipped(samples::problem(code, "library/b")), images)
    }

    #[test]
    fn the_root_cause_decides() {
        let shrunk = || Outcome::Shrunk(Why::AboveTarget);
        let small = || Outcome::LeftAlone(Why::SmallEnough);
        let refused = || Outcome::Refused(Box::new(samples::problem("truncated", "a.png")));
        let failed = |code| Outcome::Failed(Box::new(samples::problem(code, "a.png")));
        let not_reached = || {
            samples::shard(
                "c",
                ShardState::NotReached,
                vec![samples::image("a.png", Outcome::NotReached, 9, 9)],
            )
        };
        let rows: Vec<(&str, Vec<ShardRecord>, Option<StopReason>, Exit)> = vec![
            ("nothing at all", vec![], None, Exit::Done),
            ("all well", vec![done(&[shrunk(), small()])], None, Exit::Done),
            ("one refused", vec![done(&[shrunk(), refused()])], None, Exit::SomeFailed),
            ("one failed", vec![done(&[shrunk(), failed("io")])], None, Exit::SomeFailed),
            (
                "one without rights",
                vec![done(&[shrunk(), failed("permission")])],
                None,
                Exit::SomeFailed,
            ),
            ("read-only", vec![done(&[failed("read-only"), small()])], None, Exit::Environment),
            (
                "read-only later",
                vec![done(&[shrunk(), failed("read-only")])],
                None,
                Exit::Environment,
            ),
            ("no space", vec![done(&[shrunk(), failed("no-space")])], None, Exit::Environment),
            ("disk full", vec![done(&[shrunk()])], Some(StopReason::DiskFull), Exit::Environment),
            (
                "too many",
                vec![done(&[failed("io")])],
                Some(StopReason::TooManyFailures),
                Exit::SomeFailed,
            ),
            ("locked alone", vec![skipped("locked")], None, Exit::Blocked),
            (
                "locked, others idle",
                vec![skipped("locked"), done(&[small(), refused()])],
                None,
                Exit::Blocked,
            ),
            ("locked, others empty", vec![skipped("locked"), done(&[])], None, Exit::Blocked),
            (
                "locked, others worked",
                vec![skipped("locked"), done(&[shrunk()])],
                None,
                Exit::SomeFailed,
            ),
            (
                "locked, others not reached",
                vec![skipped("locked"), not_reached()],
                None,
                Exit::SomeFailed,
            ),
            (
                "locked and unreadable",
                vec![skipped("locked"), skipped("io")],
                None,
                Exit::SomeFailed,
            ),
            (
                "read-only shard",
                vec![skipped("read-only"), done(&[small()])],
                None,
                Exit::Environment,
            ),
            ("full shard", vec![skipped("no-space")], None, Exit::Environment),
            ("no rights", vec![skipped("permission"), done(&[small()])], None, Exit::Environment),
            (
                "no rights and locked",
                vec![skipped("permission"), skipped("locked")],
                None,
                Exit::Environment,
            ),
            (
                "no rights, others worked",
                vec![skipped("permission"), done(&[shrunk()])],
                None,
                Exit::SomeFailed,
            ),
            (
                "undecided",
                vec![skipped("undecided"), done(&[failed("no-space")])],
                Some(StopReason::DiskFull),
                Exit::NeedsPerson,
            ),
            (
                "damaged journal",
                vec![skipped("journal-damaged"), skipped("locked")],
                None,
                Exit::NeedsPerson,
            ),
        ];
        for (what, shards, stopped, expected) in rows {
            let mut record = samples::empty(Kind::Run);
            (record.shards, record.stopped) = (shards, stopped);
            assert_eq!(exit_of(&record), expected, "{what}");
        }
    }
}
