//! What a person is told when one replacement did not happen.

use crate::engine::disk::{DiskError, LET_GO, Trouble};

/// One replacement that did not happen. The original is untouched unless the message says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitFailure {
    /// Short, stable: `changed-meanwhile`, `vanished`, `name-taken`, `no-space`, `read-only`, `permission`, `busy`, `io`, `verify`.
    pub(crate) code: &'static str,
    /// What happened, and what was left untouched.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) advice: &'static str,
    /// Nothing else in this shard can work either: no more batches, please.
    pub(crate) fatal_for_shard: bool,
}

impl CommitFailure {
    /// A failure of `code` that says `message`.
    pub(crate) fn new(code: &'static str, message: String) -> Self {
        let advice = match code {
            "changed-meanwhile" => "Run again to shrink the file as it is now.",
            "vanished" => "Nothing, if you moved or deleted it yourself; otherwise look at the drive.",
            "name-taken" => "Rename one of the two files and run again.",
            "no-space" => "Free some space on the drive and run again.",
            "read-only" => "Mount the file system writable and run again.",
            "permission" => "Give yourself the right to write in this folder and run again.",
            "busy" => LET_GO,
            "verify" => "Check the drive and its cable: what was written is not what came back.",
            _ => "Check the drive or the network and run again.",
        };
        Self {
            code,
            message,
            advice,
            fatal_for_shard: matches!(code, "no-space" | "read-only"),
        }
    }

    /// The same, and nothing else in the shard can work.
    pub(super) fn fatal(mut self) -> Self {
        self.fatal_for_shard = true;
        self
    }

    /// A failed operation, and `untouched`: what is where now.
    pub(crate) fn from_disk(error: &DiskError, untouched: &str) -> Self {
        let code = match error.kind() {
            Trouble::NoSpace => "no-space",
            Trouble::ReadOnly => "read-only",
            Trouble::Permission => "permission",
            Trouble::Exists => "name-taken",
            Trouble::Vanished => "vanished",
            Trouble::Busy => "busy",
            Trouble::NotRegular | Trouble::NameTooLong | Trouble::Unsupported | Trouble::Io => "io",
        };
        Self::new(code, format!("{error}. {untouched}"))
    }
}
