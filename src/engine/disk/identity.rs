//! Who a file is, and what belongs to it besides its bytes.

use serde::{Deserialize, Serialize};

use super::Extended;

/// What tells one version of one file from every other, as far as the system knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The file system it lies on.
    pub(crate) device: u64,
    /// Its number there.
    pub(crate) inode: u64,
    /// Bytes.
    pub(crate) len: u64,
    /// Last change of its content, nanoseconds since 1970.
    #[serde(with = "nanoseconds")]
    pub(crate) modified_ns: i128,
    /// Names it has.
    pub(crate) links: u64,
}

impl Identity {
    /// Is `other` the same file, with the same content as far as length and time tell? The number of its
    /// names does not count: a link somewhere else changes no byte.
    pub(crate) fn unchanged(&self, other: &Self) -> bool {
        self.same_file(other) && self.len == other.len && self.modified_ns == other.modified_ns
    }

    /// Is `other` the same file, whatever happened to its content? Without a number (some network clients say 0)
    /// nothing is known to be the same.
    pub(crate) fn same_file(&self, other: &Self) -> bool {
        self.inode != 0 && self.device == other.device && self.inode == other.inode
    }
}

/// What carries over from an original to its replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attributes {
    /// Mode and owner; `None` on systems without them.
    pub(crate) owner: Option<Owner>,
    /// The read-only attribute (Windows; elsewhere `false`: the mode says it).
    pub(crate) readonly: bool,
    /// Last change, nanoseconds since 1970.
    #[serde(with = "nanoseconds")]
    pub(crate) modified_ns: i128,
    /// Last access, nanoseconds since 1970.
    #[serde(with = "nanoseconds")]
    pub(crate) accessed_ns: i128,
    /// Extended attributes and the access list. Not in the journal: they follow a kept original wherever it moves.
    #[serde(skip)]
    pub(crate) extended: Extended,
}

/// Mode and owner of a file on Unix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    /// Permission bits, set-user-id and the like included as found (they are never carried over).
    pub(crate) mode: u32,
    /// Owning user.
    pub(crate) uid: u32,
    /// Owning group.
    pub(crate) gid: u32,
}

/// Nanoseconds as a decimal string: JSON numbers end at 64 bits, and a file without a time on Windows says 1601.
mod nanoseconds {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unchanged_looks_at_all_but_the_links() {
        let one = Identity {
            device: 1,
            inode: 2,
            len: 3,
            modified_ns: 4,
            links: 1,
        };
        assert!(one.unchanged(&Identity { links: 2, ..one }));
        for other in [
            Identity { device: 9, ..one },
            Identity { inode: 9, ..one },
            Identity { len: 9, ..one },
            Identity { modified_ns: 9, ..one },
        ] {
            assert!(!one.unchanged(&other), "{other:?}");
        }
        let unnumbered = Identity { inode: 0, ..one };
        assert!(!unnumbered.unchanged(&unnumbered));
    }

    #[test]
    fn survives_json_with_times_before_1678() {
        let one = Identity {
            device: u64::MAX,
            inode: 2,
            len: 3,
            modified_ns: -11_644_473_600_000_000_000,
            links: 1,
        };
        let text = serde_json::to_string(&one).expect("plain values");
        assert_eq!(serde_json::from_str::<Identity>(&text).expect("what was just written"), one);
    }
}
