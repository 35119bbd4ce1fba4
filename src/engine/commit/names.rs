//! Our names inside a shard, and names as the journal writes them.
//!
//! Everything of ours is `.shardpress/…` or, only while needed, `.shardpress-<run>-<name>.tmp|.orig` in the
//! shard itself.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Our folder in a shard.
const FOLDER: &str = ".shardpress";
/// The longest name that common file systems take: bytes on Unix, UTF-16 units on Windows.
const LONGEST: usize = 255;

/// Where our things are in one shard.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// The shard.
    pub(super) shard: PathBuf,
}

impl Home {
    pub(super) fn new(shard: &Path) -> Self {
        Self { shard: shard.to_owned() }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.shard.join(FOLDER)
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.folder().join("lock")
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.folder().join("journal")
    }

    /// There while a run is being undone.
    pub(super) fn undo_mark(&self) -> PathBuf {
        self.folder().join("undo")
    }

    pub(super) fn probe(&self) -> PathBuf {
        self.folder().join("probe")
    }

    /// All kept originals.
    pub(super) fn originals(&self) -> PathBuf {
        self.folder().join("originals")
    }

    /// Kept originals and the finished journal of one run.
    pub(super) fn kept(&self, run: &str) -> PathBuf {
        self.originals().join(run)
    }

    pub(super) fn kept_journal(&self, run: &str) -> PathBuf {
        self.kept(run).join("journal")
    }

    pub(super) fn set_aside(&self, run: &str) -> PathBuf {
        self.folder().join("set-aside").join(run)
    }
}

/// Can this be part of a file name everywhere, and leads nowhere else? Run ids come back from disk.
pub(super) fn is_run_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 64 && !text.starts_with('.') && text.chars().all(plain)
}

/// Is it a hidden name that a run gives to files in the shard itself?
pub(super) fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".shardpress-")
}

/// Is it one of those, given by this run?
pub(super) fn is_of_run(name: &OsStr, run: &OsStr) -> bool {
    let rest = name.as_encoded_bytes().strip_prefix(b".shardpress-");
    let rest = rest.and_then(|rest| rest.strip_prefix(run.as_encoded_bytes()));
    rest.is_some_and(|rest| rest.starts_with(b"-"))
}

/// A place of ours for one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The folder.
    #[serde(rename = "in")]
    pub(super) room: Room,
    /// The name in it.
    pub(super) name: Name,
}

/// Which folder a [`Place`] is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Room {
    /// The shard itself, under a hidden name of ours.
    Shard,
    /// `.shardpress/originals/<run>/`.
    Originals,
}

impl Place {
    pub(super) fn path(&self, home: &Home, run: &str) -> PathBuf {
        match self.room {
            Room::Shard => home.shard.join(&self.name.0),
            Room::Originals => home.kept(run).join(&self.name.0),
        }
    }

    /// Is it a name that only we give? `originals/<run>/` is ours altogether.
    pub(super) fn is_ours(&self) -> bool {
        match self.room {
            Room::Shard => is_ours(&self.name.0),
            Room::Originals => self.name.0.as_encoded_bytes().ends_with(b".orig"),
        }
    }

    /// Where `output` is written before it gets its name.
    pub(super) fn temporary(run: &str, id: u64, output: &OsStr) -> Self {
        Self {
            room: Room::Shard,
            name: Name(ours(run, id, output, ".tmp")),
        }
    }

    /// Where the original `source` goes, in the shard itself; numbered where an earlier file of this run has that name.
    pub(super) fn beside(run: &str, id: u64, source: &OsStr, numbered: bool) -> Self {
        let name = if numbered {
            number_of_ours(run, id, ".orig")
        } else {
            ours(run, id, source, ".orig")
        };
        Self {
            room: Room::Shard,
            name: Name(name),
        }
    }

    /// Where the original `source` goes, in `originals/<run>/`; numbered (with two dots, which no name of an image
    /// and `.orig` make) where `.orig` makes its name too long
    /// or an earlier file of this run has it.
    pub(super) fn original(id: u64, source: &OsStr, numbered: bool) -> Self {
        let mut name = source.to_owned();
        name.push(".orig");
        if numbered || length(&name) > LONGEST {
            name = OsString::from(format!("{id}..orig"));
        }
        Self {
            room: Room::Originals,
            name: Name(name),
        }
    }
}

/// `.shardpress-<run>-<name><ending>`, with a number instead of a name that would be too long.
fn ours(run: &str, id: u64, name: &OsStr, ending: &str) -> OsString {
    let mut full = OsString::from(format!("{FOLDER}-{run}-"));
    full.push(name);
    full.push(ending);
    if length(&full) > LONGEST {
        full = number_of_ours(run, id, ending);
    }
    full
}

fn number_of_ours(run: &str, id: u64, ending: &str) -> OsString {
    OsString::from(format!("{FOLDER}-{run}-{id}.{ending}"))
}

#[cfg(unix)]
fn length(name: &OsStr) -> usize {
    name.len()
}

#[cfg(windows)]
fn length(name: &OsStr) -> usize {
    use std::os::windows::ffi::OsStrExt;
    name.encode_wide().count()
}

/// One file name, raw. In JSON a string, or `{"hex": "…"}` where it is no valid Unicode (bytes on Unix, UTF-16 units
/// on Windows). Reading refuses whatever is not one name: a journal must not lead out of its shard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name(pub(super) OsString);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Raw { hex: String },
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => Written::Text(text.to_owned()),
            None => Written::Raw { hex: to_hex(&self.0) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = match Written::deserialize(deserializer)? {
            Written::Text(text) => OsString::from(text),
            Written::Raw { hex } => from_hex(&hex).ok_or_else(|| D::Error::custom("no name in hex"))?,
        };
        let single = Path::new(&name).file_name() == Some(&name) && !name.as_encoded_bytes().contains(&0);
        if single {
            Ok(Self(name))
        } else {
            Err(D::Error::custom("not a single file name"))
        }
    }
}

#[cfg(unix)]
fn to_hex(name: &OsStr) -> String {
    use std::os::unix::ffi::OsStrExt;
    name.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(windows)]
fn to_hex(name: &OsStr) -> String {
    use std::os::windows::ffi::OsStrExt;
    name.encode_wide().map(|unit| format!("{unit:04x}")).collect()
}

#[cfg(unix)]
fn from_hex(hex: &str) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt;
    let bytes = units(hex, 2)?.into_iter().map(|unit| unit as u8).collect();
    Some(OsString::from_vec(bytes))
}

#[cfg(windows)]
fn from_hex(hex: &str) -> Option<OsString> {
    use std::os::windows::ffi::OsStringExt;
    Some(OsString::from_wide(&units(hex, 4)?))
}

fn units(hex: &str, digits: usize) -> Option<Vec<u16>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(digits) {
        return None;
    }
    (0..hex.len() / digits)
        .map(|at| u16::from_str_radix(&hex[at * digits..(at + 1) * digits], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through_json(name: &OsStr) -> Result<Name, serde_json::Error> {
        let text = serde_json::to_string(&Name(name.to_owned())).expect("a name");
        serde_json::from_str(&text)
    }

    #[test]
    fn names_survive_json() {
        // A backslash parts folders on Windows.
        let odd = if cfg!(windows) { "猫 \" \n.jpg" } else { "猫 \" \n\\x.jpg" };
        for name in ["a.png", odd, ".hidden", "..a", "x."] {
            assert_eq!(through_json(OsStr::new(name)).expect(name).0, name);
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let raw = OsStr::from_bytes(b"a\xff\xfe.png");
            assert_eq!(through_json(raw).expect("raw").0, raw);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "a/b", "/etc/passwd", "../a", "a/", "a\0b"] {
            assert!(through_json(OsStr::new(name)).is_err(), "{name:?}");
        }
        let above = if cfg!(windows) {
            r#"{"hex":"002e002e002f0061"}"#
        } else {
            r#"{"hex":"2e2e2f61"}"#
        };
        for json in [above, r#"{"hex":"6"}"#, r#"{"hex":"zz"}"#, r#"{"hex":"éé"}"#] {
            assert!(serde_json::from_str::<Name>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn no_name_of_ours_is_too_long() {
        let long = OsString::from("n".repeat(255));
        for (name, numbered) in [
            (Place::temporary("run", 7, &long).name.0, ".shardpress-run-7..tmp"),
            (Place::beside("run", 7, &long, false).name.0, ".shardpress-run-7..orig"),
            (
                Place::beside("run", 7, OsStr::new("a.json"), true).name.0,
                ".shardpress-run-7..orig",
            ),
            (Place::original(7, &long, false).name.0, "7..orig"),
        ] {
            assert_eq!(name, numbered);
        }
        assert_eq!(Place::temporary("run", 7, OsStr::new("a.jpg")).name.0, ".shardpress-run-a.jpg.tmp");
        assert_eq!(Place::original(7, OsStr::new("a.png"), false).name.0, "a.png.orig");
        assert_eq!(Place::original(7, OsStr::new("a.png"), true).name.0, "7..orig");
        assert_eq!(
            Place::original(8, OsStr::new("7"), false).name.0,
            "7.orig",
            "an image without an ending takes none of these"
        );
    }

    #[test]
    fn run_ids_are_plain() {
        assert!(is_run_id("20261122T120000Z-1a2b"));
        for bad in ["", ".", "..", "../x", "a/b", "a b", "é", ".x"] {
            assert!(!is_run_id(bad), "{bad}");
        }
        assert!(!is_run_id(&"x".repeat(65)));
    }
}
