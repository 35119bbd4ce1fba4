//! Files that must change together with replacements: what the commit room is told of them.
//!
//! Some files of a shard name others or say how large they are. When such an *other* is replaced, the file that tells of it
//! gets new contents in the same transaction: after any fault and any crash either both have changed or neither has.
//! What those contents are is not known here; an editor gives them when it is asked.
//!
//! An **editor** is a function that is asked with the places (in the batch) of replacements that are still on their way, reads the
//! files that tell of them *as they are at that moment*, and answers with their new contents. It is asked once for a
//! batch, before anything is created, and again for some of them, should one of them fail or one of those
//! files be changed by somebody else before anything has retired. An edit it gives must hold if exactly the replacements it
//! was asked for succeed. It is called on the thread that commits.

use std::ffi::OsString;

use super::failure::CommitFailure;
use crate::engine::disk::{Attributes, Identity};

/// New contents of one file of the shard, which must change together with replacements of the same batch.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    /// Its name in the shard; it keeps it.
    pub(crate) name: OsString,
    /// Who it was when it was read.
    pub(crate) seen: Identity,
    /// What carries over: owner and mode. Its time becomes that of the edit, so that whoever copies by time sees the change.
    pub(crate) attributes: Attributes,
    /// [`content_hash`](super::content_hash) of the bytes that were read.
    pub(crate) source_hash: u128,
    /// The new content, whole.
    pub(crate) bytes: Vec<u8>,
    /// The replacements it tells of, as places in the batch: they and it succeed or fail together. A subset of
    /// those that were asked for.
    pub(crate) with: Vec<usize>,
}

/// What an editor answers.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// Files to change, each name once. A replacement may have several, and one may belong to many replacements.
    pub(crate) edits: Vec<Edit>,
    /// Replacements that must not happen, since a file that tells of them could not be read: they fail so, untouched. The rest of
    /// such an answer counts for nothing: the editor is asked again without them.
    pub(crate) refused: Vec<(usize, CommitFailure)>,
}

/// The editor where nothing tells of replacements.
pub(crate) fn no_edits(_going: &[usize]) -> Edits {
    Edits::default()
}
