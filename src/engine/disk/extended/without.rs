//! Systems whose files carry nothing of the kind, or nothing that this program carries over.

use std::fs::File;

use super::Extended;

pub(in crate::engine::disk) fn read(_file: &File) -> Extended {
    Extended::Known(None)
}

#[cfg(unix)]
pub(in crate::engine::disk) fn give(_file: &File, _extended: &Extended) -> Vec<String> {
    Vec::new()
}

#[cfg(unix)]
pub(in crate::engine::disk) fn give_access(_file: &File, _extended: &Extended, mode: u32) -> super::Access {
    super::Access { mode, lost: false }
}
