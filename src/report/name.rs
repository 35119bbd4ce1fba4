//! Names and paths in a report: text for people, and where a file system's bytes are no text, the bytes as well.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A file name or a path, without loss.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The name; what is no Unicode stands as U+FFFD.
    pub text: String,
    /// Only where `text` loses something: the bytes of the name, two hexadecimal digits each (on Windows: its WTF-8 form). Boxed: nearly all
    /// have none, and a million names are in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<Box<str>>,
}

impl Name {
    /// Of a file name.
    pub fn new(name: &OsStr) -> Self {
        match name.to_str() {
            Some(text) => Self {
                text: text.to_owned(),
                hex: None,
            },
            None => Self {
                text: name.to_string_lossy().into_owned(),
                hex: Some(
                    name.as_encoded_bytes()
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>()
                        .into(),
                ),
            },
        }
    }

    /// Of a path.
    pub fn of_path(path: &Path) -> Self {
        Self::new(path.as_os_str())
    }

    /// On one line: a name may hold line breaks and other control characters, which must not reach a terminal or break a table.
    pub fn one_line(&self) -> String {
        one_line(&self.text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.one_line())
    }
}

/// Control characters escaped, and with them what breaks a line or turns the direction of reading without being one.
pub(super) fn one_line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            line.extend(c.escape_default())
        } else {
            line.push(c)
        }
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let name = Name::new(OsStr::new("bär.png"));
        assert_eq!((name.text.as_str(), name.hex), ("bär.png", None));
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_kept() {
        use std::os::unix::ffi::OsStrExt;
        let name = Name::new(OsStr::from_bytes(b"a\xff.png"));
        assert_eq!((name.text.as_str(), name.hex.as_deref()), ("a\u{fffd}.png", Some("61ff2e706e67")));
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(Name::new(OsStr::new("a\n\u{1b}[2Jb")).to_string(), "a\\n\\u{1b}[2Jb");
        assert_eq!(Name::new(OsStr::new("gpj.\u{202e}a")).to_string(), "gpj.\\u{202e}a");
    }
}
