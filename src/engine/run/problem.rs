//! What went wrong, for a person: from the errors of the rooms below to plain values.

use std::path::PathBuf;

use crate::engine::commit::LockError;
use crate::engine::disk::{DiskError, LET_GO, Trouble};
use crate::engine::metrics::Problem;

/// `untouched` is a sentence that says what was left as it was; `advice` is for anything but a file that somebody holds.
pub(super) fn of_disk(path: PathBuf, error: &DiskError, untouched: &str, advice: &str) -> Problem {
    let trouble = error.kind();
    Problem {
        code: code(trouble),
        path,
        message: format!("{error}. {untouched}"),
        advice: if trouble == Trouble::Busy { LET_GO } else { advice }.into(),
    }
}

/// The shard cannot be locked.
pub(super) fn of_lock(path: PathBuf, error: &LockError) -> Problem {
    match error {
        LockError::Held { by } => Problem {
            code: "locked",
            path,
            message: format!("Another run works on this shard ({by}). It was left as it is."),
            advice: "Wait until that run has ended, then try again.".into(),
        },
        LockError::Disk(error) => of_shard(path, error),
    }
}

/// The shard as a whole cannot be worked on.
pub(super) fn of_shard(path: PathBuf, error: &DiskError) -> Problem {
    of_disk(
        path,
        error,
        "The shard was left as it is.",
        "Check the folder's permissions and the drive, then try again.",
    )
}

/// Short and stable, for machines.
fn code(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::NoSpace => "no-space",
        Trouble::ReadOnly => "read-only",
        Trouble::Permission => "permission",
        Trouble::Vanished => "vanished",
        Trouble::Exists => "name-taken",
        Trouble::Busy => "busy",
        Trouble::NotRegular => "not-a-file",
        Trouble::NameTooLong => "name-too-long",
        Trouble::Unsupported => "unsupported-by-drive",
        Trouble::Io => "io",
    }
}
