//! JSON with places: which bytes of a text hold which value. The grammar is `serde_json`'s; a raw value of it is a slice
//! of the text, so its place is the distance between two addresses.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The bytes of a byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Text of JSON within a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    /// Without byte order mark.
    text: &'a str,
    /// Where it begins in the file.
    offset: usize,
}

/// A value and its place in the file.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    /// As it is written.
    pub(super) raw: &'a str,
    /// Its bytes in the file.
    pub(super) at: Range<usize>,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// Escapes resolved.
    pub(super) key: String,
    pub(super) value: Value<'a>,
}

impl<'a> Text<'a> {
    /// The text in `file[at]`, without the byte order mark with which a file may begin; `None` where it is not UTF-8.
    pub(super) fn new(file: &'a [u8], at: Range<usize>) -> Option<Self> {
        let bytes = &file[at.clone()];
        let inner = bytes.strip_prefix(BOM).filter(|_| at.start == 0).unwrap_or(bytes);
        Some(Self {
            text: std::str::from_utf8(inner).ok()?,
            offset: at.start + bytes.len() - inner.len(),
        })
    }

    /// Whether it holds nothing at all.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim_ascii().is_empty()
    }

    /// The one value that the text holds; `None` where it is no JSON.
    pub(super) fn value(&self) -> Option<Value<'a>> {
        let raw: &'a RawValue = serde_json::from_str(self.text).ok()?;
        Some(self.place(raw.get()))
    }

    /// `raw` is a part of the text.
    fn place(&self, raw: &'a str) -> Value<'a> {
        let start = self.offset + (raw.as_ptr().addr() - self.text.as_ptr().addr());
        Value {
            raw,
            at: start..start + raw.len(),
        }
    }
}

impl<'a> Value<'a> {
    fn text(&self) -> Text<'a> {
        Text {
            text: self.raw,
            offset: self.at.start,
        }
    }

    /// The members of an object in their order, doubled keys included; `None` where it is none.
    pub(super) fn fields(&self) -> Option<Vec<Field<'a>>> {
        if !self.raw.starts_with('{') {
            return None;
        }
        let members: Members<'a> = serde_json::from_str(self.raw).ok()?;
        let field = |(key, raw): (String, &'a RawValue)| Field {
            key,
            value: self.text().place(raw.get()),
        };
        Some(members.0.into_iter().map(field).collect())
    }

    /// The members of an array; `None` where it is none.
    pub(super) fn elements(&self) -> Option<Vec<Value<'a>>> {
        if !self.raw.starts_with('[') {
            return None;
        }
        let elements: Vec<&'a RawValue> = serde_json::from_str(self.raw).ok()?;
        Some(elements.into_iter().map(|raw| self.text().place(raw.get())).collect())
    }

    /// A string, escapes resolved; `None` where it is none, or none that Unicode allows.
    pub(super) fn string(&self) -> Option<String> {
        self.raw.starts_with('"').then(|| serde_json::from_str(self.raw).ok()).flatten()
    }

    /// The characters of a string with their places in the file; `None` where it is none.
    pub(super) fn characters(&self) -> Option<Vec<(char, Range<usize>)>> {
        let decoded = self.string()?;
        let inside = &self.raw[1..self.raw.len() - 1];
        let (mut at, mut found) = (0, Vec::with_capacity(inside.len()));
        for character in decoded.chars() {
            let long = match inside.as_bytes().get(at..at + 2) {
                // Two of them make a character beyond the first 65,536.
                Some(b"\\u") => 6 * character.len_utf16(),
                Some([b'\\', _]) => 2,
                _ => character.len_utf8(),
            };
            let start = self.at.start + 1 + at;
            found.push((character, start..start + long));
            at += long;
        }
        Some(found)
    }
}

/// Members of an object as they come: a map would lose order and doubles.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// `text` as it stands between the quotes of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_places() {
        let file = "\u{feff} {\"a\" : 1.50,\r\n \"\\u0061\":[ {} , \"x\\ud83d\\ude00\\/\u{e9}\" ], \"a\":null } \n".as_bytes();
        let text = Text::new(file, 0..file.len()).expect("text");
        let fields = text.value().expect("json").fields().expect("an object");
        let keys: Vec<&str> = fields.iter().map(|f| f.key.as_str()).collect();
        assert_eq!(keys, ["a", "a", "a"]);
        for field in &fields {
            assert_eq!(&file[field.value.at.clone()], field.value.raw.as_bytes());
        }
        assert_eq!(fields[0].value.raw, "1.50");
        let elements = fields[1].value.elements().expect("an array");
        assert_eq!(&file[elements[1].at.clone()], elements[1].raw.as_bytes());
        let characters = elements[1].characters().expect("a string");
        let spelled: Vec<(char, &str)> = characters
            .iter()
            .map(|(c, at)| (*c, std::str::from_utf8(&file[at.clone()]).expect("text")))
            .collect();
        assert_eq!(
            spelled,
            [('x', "x"), ('\u{1f600}', "\\ud83d\\ude00"), ('/', "\\/"), ('\u{e9}', "\u{e9}")]
        );
    }

    #[test]
    fn what_is_no_json_is_none() {
        for wrong in [
            &b""[..],
            b"{",
            b"{}x",
            b"{} {}",
            b"{'a':1}",
            b"{\"a\":01}",
            b"{\"a\":1,}",
            b"[1,]",
            b"{\"a\":\"\n\"}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\\x\"}",
            b"// x\n{}",
        ] {
            let text = Text::new(wrong, 0..wrong.len()).expect("text");
            assert!(text.value().is_none(), "{}", String::from_utf8_lossy(wrong));
        }
        assert!(Text::new(b"\xff", 0..1).is_none());
        // Not a matter of the stack.
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert!(Text::new(deep.as_bytes(), 0..deep.len()).expect("text").value().is_some());
    }
}
