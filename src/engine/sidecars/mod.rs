//! The files beside the images: which belong to which (`pair`), and what is said in them (`edit`). By names and bytes
//! alone; nothing here touches a disk.
//!
//! A sidecar is never lost, moved or renamed. Its bytes change only where a person asked for it, and then in named
//! fields alone.

mod edit;
#[cfg(test)]
mod edit_tests;
mod json;
mod pair;

pub(crate) use edit::{Change, Edited, Wishes, edit_json, edit_rows};
pub(crate) use pair::{Kind, Other, Pairs, kind, pair};

/// Longest JSON file of one image that is read, bytes.
pub(crate) const LARGEST_JSON: u64 = 1 << 20;

/// Longest file of rows that is read, bytes: a million rows of 256 bytes.
pub(crate) const LARGEST_ROWS: u64 = 256 << 20;
