//! Names that a person chooses by globs. Compared as file systems that fold case and normalise see them, so that a choice
//! means the same on every machine: `*.PNG` and `*.png` are one glob, and so are both ways to write `é`.

use std::collections::HashSet;
use std::ffi::OsStr;

use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use unicode_normalization::UnicodeNormalization;

/// Globs of one setting. `*`, `?`, `[a-z]`, `[!a-z]`, `{png,jpg}`; a backslash takes the meaning from the character behind
/// it. A glob without `/` is about names; one with `/` about `folder/name`, where `*` stays within its part and `**/`
/// stands for any parts. A name matches itself, whatever it looks like. `?` and `[…]` stand for one byte: of characters
/// beyond ASCII only `*` and the characters themselves match.
#[derive(Debug)]
pub(crate) struct Globs {
    names: GlobSet,
    paths: GlobSet,
    literal: HashSet<Vec<u8>>,
}

/// The form under which names are compared: file systems that fold case or normalise see these as one.
pub(crate) fn folded(name: &OsStr) -> Vec<u8> {
    folded_bytes(name.as_encoded_bytes())
}

/// As [`folded`], of a part of a name: its encoded bytes.
pub(crate) fn folded_bytes(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) => folded_text(text).into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

fn folded_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lower-casing can decompose (İ), so normalise after it.
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// One glob, or why it is none.
fn glob(text: &str) -> Result<Glob, String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    GlobBuilder::new(&folded_text(text))
        .literal_separator(true)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map_err(|error| error.kind().to_string())
}

/// One sentence for each that is no glob; `what` it should choose, for the sentence.
pub(super) fn problems(globs: &[String], what: &str) -> Vec<String> {
    globs
        .iter()
        .filter_map(|text| {
            let reason = glob(text).err()?;
            Some(format!(
                "\"{text}\" is no glob for {what}: {reason}. Examples are *.png and cat_?[0-9].*"
            ))
        })
        .collect()
}

impl Globs {
    /// `None` where one of them is no glob: [`Settings::problems`](super::Settings::problems) says which and why.
    pub(crate) fn new(globs: &[String]) -> Option<Self> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for text in globs {
            let set = if text.contains('/') { &mut paths } else { &mut names };
            set.add(glob(text).ok()?);
        }
        Some(Self {
            names: names.build().ok()?,
            paths: paths.build().ok()?,
            literal: globs.iter().map(|text| folded_text(text).into_bytes()).collect(),
        })
    }

    /// Whether any of them matches a name in a folder of that name. Without globs nothing does.
    pub(crate) fn matches(&self, folder: &OsStr, name: &OsStr) -> bool {
        let name = folded(name);
        if self.literal.contains(&name) || self.names.is_match_candidate(&Candidate::from_bytes(&name)) {
            return true;
        }
        !self.paths.is_empty() && {
            let mut path = folded(folder);
            path.push(b'/');
            path.extend(name);
            self.paths.is_match_candidate(&Candidate::from_bytes(&path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_glob_matches() {
        for (glob, name, expected) in [
            ("*.png", "a.png", true),
            ("*.PNG", "a.png", true),
            ("*.png", "A.PNG", true),
            ("*.png", "a.jpg", false),
            ("a", "a", true),
            ("a", "ab", false),
            ("cat_?.*", "cat_1.webp", true),
            ("cat_?.*", "cat_12.webp", false),
            ("[!b]*", "b.png", false),
            ("*.{png,webp}", "x.webp", true),
            ("a{,_x}.png", "a.png", true),
            ("caf\u{e9}*", "cafe\u{301}1.png", true),
            ("\u{c9}*", "e\u{301}1.png", true),
            ("[1] cat.png", "[1] cat.png", true),
            ("\\[1] cat.png", "[1] cat.png", true),
            // With a slash, the folder's name belongs to it.
            ("shard_1/*.png", "a.png", true),
            ("shard_?/a.png", "a.png", true),
            ("other/*", "a.png", false),
            ("**/a.png", "a.png", true),
            ("*/b.png", "a.png", false),
        ] {
            let globs = Globs::new(&[glob.to_owned()]).expect(glob);
            assert_eq!(globs.matches("Shard_1".as_ref(), name.as_ref()), expected, "{glob} {name}");
        }
        assert!(!Globs::new(&[]).expect("none").matches("s".as_ref(), "a".as_ref()));
    }

    #[test]
    fn names_that_are_no_text_are_matched_all_the_same() {
        #[cfg(unix)]
        let name: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(b"A\xff.PNG".to_vec());
        #[cfg(not(unix))]
        let name = std::ffi::OsString::from("a.png");
        let globs = Globs::new(&["*.png".to_owned()]).expect("valid");
        assert!(globs.matches("s".as_ref(), &name));
    }

    #[test]
    fn what_is_no_glob_is_said_of_each() {
        let globs = ["[a", "*.png", "", "{a"].map(str::to_owned);
        let found = problems(&globs, "files to leave alone");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].starts_with("\"[a\" is no glob for files to leave alone: unclosed character class"),
            "{found:?}"
        );
        assert!(found[1].contains("it is empty"), "{found:?}");
        assert!(Globs::new(&globs).is_none());
    }

    #[test]
    fn names_that_some_file_systems_see_as_one() {
        for (a, b, same) in [
            ("a.jpg", "A.JPG", true),
            ("\u{e9}.jpg", "e\u{301}.jpg", true),
            ("\u{c9}.jpg", "e\u{301}.jpg", true),
            ("stra\u{df}e.jpg", "strasse.jpg", false),
            ("a.jpg", "b.jpg", false),
        ] {
            assert_eq!(folded(OsStr::new(a)) == folded(OsStr::new(b)), same, "{a} {b}");
        }
    }
}
