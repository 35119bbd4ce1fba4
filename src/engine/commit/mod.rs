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
//! Files that tell of others (what is in them is not known here) change in the same transaction: [`Edit`]s are journalled, staged
//! and exchanged with the replacements they tell of, and such a group happens as a whole or not at all.
//!
//! - `names`: our names inside a shard;
//! - `lock`: one run a shard;
//! - `journal`: what is about to happen, durable before it does;
//! - `mount`: what this file system can do, tried out;
//! - `files`: moving and removing with a second look, since an error does not mean that nothing happened;
//! - `item`: the steps of one replacement; `give_up`: the way back;
//! - `edit`: what must change with replacements; `group`: all of it, or none;
//! - `committer`: the batch;
//! - `stray`: files of a run that its journal does not speak of;
//! - `recover`: the same table of cases for every interrupted replacement; `standing`: which of them belong together;
//! - `state`: what a shard keeps of earlier runs; `undo` and `back`: a run goes back; `purge`: kept originals go for good;
//! - `tidy`: what is left of runs that had ended when the power went;
//! - `failure`: what a person is told.

mod back;
mod committer;
mod edit;
mod failure;
mod files;
mod give_up;
mod group;
mod item;
mod journal;
mod lock;
mod mount;
mod names;
mod purge;
mod recover;
mod standing;
mod state;
mod stray;
mod tidy;
mod undo;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod durable_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod journal_damage_tests;
#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod stranger_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod undo_crash_tests;
#[cfg(test)]
mod undo_edit_tests;
#[cfg(test)]
mod undo_props;
#[cfg(test)]
mod undo_tests;
#[cfg(test)]
mod walk;

#[cfg(test)]
use committer::Finished;
pub(crate) use committer::{CommitOptions, Committer, Replacement, Uncarried, Verdict};
pub(crate) use edit::{Edit, Edits, no_edits};
pub(crate) use failure::CommitFailure;
pub(crate) use files::content_hash;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use journal::fuzz::fuzz_journal;
pub(crate) use lock::{LockError, ShardLock, lock, pending};
pub(crate) use mount::Mounts;
pub(crate) use purge::purge;
pub(crate) use recover::{Recovery, recover};
pub(crate) use state::look;
pub use state::{KeptRun, Standing};
pub(crate) use tidy::tidy;
pub(crate) use undo::undo;
