//! Replacements reach the disk, originals retire, and nothing is ever lost. Knows nothing about pictures.
//!
//! The promise: for every file, at every moment, under every fault, either the original is there byte for
//! byte or its complete replacement is; and nothing that is not ours is ever touched.
//!
//! How, for one shard (folder): [`lock()`] it, [`recover()`] what an earlier run left unfinished, then a
//! [`Committer`] takes batches. A batch is announced in the journal (one sync) before anything is created;
//! its outputs are written, synced and checked; the folder is synced; only then do originals retire, and only
//! if they are still the files that were read. Recovery works from the journal and from what is on
//! the disk, by full hashes, and can itself be interrupted anywhere.
//!
//! - `names`: our names inside a shard;
//! - `lock`: one run a shard;
//! - `journal`: what is about to happen, durable before it does;
//! - `mount`: what this file system can do, tried out;
//! - `files`: moving and removing with a second look, since an error does not mean that nothing happened;
//! - `item`: the steps of one replacement; `give_up`: the way back;
//! - `committer`: the batch;
//! - `recover`: the same table of cases for every interrupted replacement;
//! - `failure`: what a person is told.

mod committer;
mod failure;
mod files;
mod give_up;
mod item;
mod journal;
mod lock;
mod mount;
mod names;
mod recover;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod stranger_tests;
#[cfg(test)]
mod testing;

pub(crate) use committer::{CommitOptions, Committer, Replacement, Verdict};
pub(crate) use failure::CommitFailure;
pub(crate) use files::content_hash;
pub(crate) use lock::{LockError, ShardLock, lock, pending};
pub(crate) use recover::recover;
#[cfg(test)]
use {committer::Finished, recover::Recovery};
