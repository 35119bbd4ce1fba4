//! What a file carries besides bytes, mode and times: extended attributes, POSIX access lists among them.
//!
//! A replacement is a new file, so whatever hung on the original is lost unless it is carried over by hand. Nearly no file has
//! any: the original is asked once which it has (`flistxattr`), and nothing more where the answer is none. The new file is asked
//! once for an access list, since it may have inherited one from its folder, which would open it to others than the original.
//!
//! Windows has access lists and alternate streams of another kind; a new file there has what its folder gives it.

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod without;
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod xattr;

use std::sync::Arc;

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) use without::*;
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) use xattr::{give, give_access, read};

/// One attribute with its value; `None`: it could not be read.
type One = (String, Option<Vec<u8>>);

/// The extended attributes of a file as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Extended {
    /// Nobody asked (the journal does not write them down): what the file has is left as it is.
    #[default]
    Unknown,
    /// It has these; none at all is the rule.
    Known(Option<Arc<Vec<One>>>),
}

/// What became of the access list.
#[cfg(unix)]
pub(super) struct Access {
    /// The mode that the file may have: less than wanted where an access list is missing that kept somebody out.
    pub(super) mode: u32,
    /// The access list could not be carried over.
    pub(super) lost: bool,
}
