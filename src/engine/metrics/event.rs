//! Facts of a run: each travels once, in order, from the pipeline to the command line or the window. Plain data:
//! whoever listens needs nothing of the engine to read it, and a slow listener loses nothing.

use std::ffi::OsString;
use std::path::PathBuf;

use super::record::{Notice, Outcome, ShardState, StopReason};

/// A fact of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The plan stands and work begins.
    Started {
        /// Images that have work.
        images: u64,
        /// Bytes of their files.
        bytes: u64,
    },
    /// Work on a shard begins: it is locked, recovered and probed.
    ShardStarted {
        /// The folder.
        path: PathBuf,
    },
    /// An earlier run had left something to put in order.
    ShardRecovered {
        /// The folder.
        path: PathBuf,
        /// What was done, for a person.
        summary: String,
    },
    /// A batch of replacements is durable, and its originals have retired.
    BatchSynced {
        /// The folder.
        shard: PathBuf,
        /// Replacements in it.
        images: u64,
    },
    /// The drive rewards another number of reads in flight.
    Depth {
        /// Reads that were in flight at most.
        before: usize,
        /// And are from now on.
        now: usize,
    },
    /// An image has its outcome.
    ImageDone(Box<ImageDone>),
    /// A shard is over.
    ShardFinished {
        /// The folder.
        path: PathBuf,
        /// How it ended.
        state: ShardState,
        /// Images that were replaced.
        changed: u64,
        /// Bytes before minus bytes after, changed images only; negative where replacements are larger.
        saved_bytes: i64,
    },
    /// A remark that no single image owns.
    Notice(Notice),
    /// The run has nothing else to do and waits, for what the remark says. Not part of the record.
    Waiting(Notice),
    /// The run is being stopped; may come again with a stronger reason.
    Stopping(StopReason),
    /// Nothing comes after this.
    Finished,
}

/// What is told of an image that has its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageDone {
    /// The folder it lies in.
    pub shard: PathBuf,
    /// File name inside the shard.
    pub name: OsString,
    /// How it ended.
    pub outcome: Outcome,
    /// Bytes of the file as found.
    pub bytes_before: u64,
    /// Bytes of its replacement, or of the untouched file.
    pub bytes_after: u64,
}
