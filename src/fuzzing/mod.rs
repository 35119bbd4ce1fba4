//! What `fuzz/` may call (feature `fuzzing`), and the tests that keep it working. Each function takes hostile bytes, treats them as
//! the program would, and panics where a promise is broken. Nobody else has a use for it.

mod reports;
#[cfg(test)]
mod tests;

pub use crate::engine::Meter;

/// The header of an image.
pub fn probe(data: &[u8]) {
    crate::engine::fuzz_probe(data);
}

/// An image decoded in every way there is, and shrunk.
pub fn decode(data: &[u8], meter: &mut dyn Meter) {
    crate::engine::fuzz_decode(data, meter);
}

/// What an image says beside its pixels.
pub fn metadata(data: &[u8]) {
    crate::engine::fuzz_metadata(data);
}

/// A sidecar and the names beside it.
pub fn sidecar(data: &[u8]) {
    crate::engine::fuzz_sidecar(data);
}

/// A journal, damaged or invented.
pub fn journal(data: &[u8]) {
    crate::engine::fuzz_journal(data);
}

/// A preset, a library's file, and words as people type them.
pub fn settings(data: &[u8]) {
    crate::engine::fuzz_settings(data);
    reports::words(data);
}

/// A report that somebody hands in.
pub fn report(data: &[u8]) {
    reports::report(data);
}
