//! Doors for campaigns with hostile bytes: each takes bytes, does with them what the program would, and panics where what came out
//! breaks a promise. The tests of this package go through them, over kept findings and a short campaign of their own, and so do
//! the fuzz targets in `fuzz/` (feature `fuzzing`). No part of the program.

mod metadata;
mod pictures;
mod settings;
mod sidecar;

pub(crate) use crate::engine::commit::fuzz_journal;
pub(crate) use metadata::fuzz_metadata;
pub use pictures::Meter;
pub(crate) use pictures::{fuzz_decode, fuzz_probe};
pub(crate) use settings::fuzz_settings;
pub(crate) use sidecar::fuzz_sidecar;

/// A number that depends on every byte: which of several ways a door takes, the same for the same bytes.
fn pick(data: &[u8]) -> u32 {
    crc32fast::hash(data)
}

/// Runs what a codec takes part in. A panic of somebody else's code fails one image, and the program goes on: that is allowed
/// here, too (`None`). One of our own is not.
fn with_codecs<T>(work: impl FnOnce() -> T) -> Option<T> {
    match crate::engine::shrink::guarded(work) {
        Ok(done) => Some(done),
        Err(panic) => {
            blame(&panic);
            None
        }
    }
}

/// Panics with `panic`, which says where it was, unless that was in a package of somebody else.
fn blame(panic: &str) {
    let theirs = panic.contains("/registry/src/") || panic.contains("/rustlib/src/");
    assert!(theirs, "a panic of our own: {panic}");
    report_once(panic);
}

/// Tells of a tolerated panic, once for each place.
fn report_once(panic: &str) {
    use std::collections::BTreeSet;
    use std::sync::{Mutex, PoisonError};
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let place = panic.rsplit('(').next().unwrap_or_default().to_owned();
    if SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
        tracing::warn!("a codec panicked, which fails one image: {panic}");
    }
}
