//! Names of replacements, and which of them more than one file wants.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use super::Action;
use crate::engine::scan::Inventory;

/// A name that more than one file wants: two images that would be written under it, or one image and a file that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The wanted name.
    pub output: OsString,
    /// The images that would be written under it.
    pub images: Vec<OsString>,
    /// The file, folder or link that has the name already and stays.
    pub stays: Option<OsString>,
}

/// Stem + `.jpg`; a name that ends in `.jpg` or `.jpeg`, in any case, is kept.
pub(super) fn output_name(name: &OsStr) -> OsString {
    let path = Path::new(name);
    let keeps = path
        .extension()
        .and_then(OsStr::to_str)
        .is_some_and(|e| e.eq_ignore_ascii_case("jpg") || e.eq_ignore_ascii_case("jpeg"));
    if keeps {
        return name.to_owned();
    }
    let mut output = path.file_stem().unwrap_or(name).to_owned();
    output.push(".jpg");
    output
}

/// Longest name that file systems take: bytes on Unix, UTF-16 units on Windows.
const LONGEST_NAME: usize = 255;

/// Whether no file can have this name.
pub(super) fn is_too_long(name: &OsStr) -> bool {
    #[cfg(windows)]
    let length = std::os::windows::ffi::OsStrExt::encode_wide(name).count();
    #[cfg(not(windows))]
    let length = name.len();
    length > LONGEST_NAME
}

/// The form under which names are compared: file systems that fold case or normalise see these as one.
fn folded(name: &OsStr) -> Vec<u8> {
    match name.to_str() {
        // Lower-casing can decompose (İ), so normalise after it.
        Some(text) => text.nfc().flat_map(char::to_lowercase).nfc().collect::<String>().into_bytes(),
        None => name.as_encoded_bytes().to_ascii_lowercase(),
    }
}

/// Every name that more than one file wants, in the order of the images.
pub(super) fn collisions(inventory: &Inventory, actions: &[Action]) -> Vec<Collision> {
    let mut stay: HashMap<Vec<u8>, &OsStr> = inventory.occupied.iter().map(|n| (folded(n), n.as_os_str())).collect();
    let mut wanted: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (index, (image, action)) in inventory.images.iter().zip(actions).enumerate() {
        match action {
            Action::Shrink { output, .. } => wanted.entry(folded(output)).or_default().push(index),
            Action::LeaveAlone(_) | Action::Refuse(_) => {
                stay.insert(folded(&image.name), &image.name);
            }
        }
    }
    let mut found: Vec<(usize, Collision)> = wanted
        .into_iter()
        .filter_map(|(key, images)| {
            let stays = stay.get(&key).map(|n| (*n).to_owned());
            if images.len() < 2 && stays.is_none() {
                return None;
            }
            let Action::Shrink { output, .. } = &actions[images[0]] else {
                return None;
            };
            let names = images.iter().map(|i| inventory.images[*i].name.clone()).collect();
            Some((
                images[0],
                Collision {
                    output: output.clone(),
                    images: names,
                    stays,
                },
            ))
        })
        .collect();
    found.sort_by_key(|(first, _)| *first);
    found.into_iter().map(|(_, collision)| collision).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_names() {
        for (name, expected) in [
            ("a.png", "a.jpg"),
            ("a.jpg", "a.jpg"),
            ("a.JPG", "a.JPG"),
            ("a.JPeG", "a.JPeG"),
            ("a.b.webp", "a.b.jpg"),
            ("a", "a.jpg"),
            ("a.", "a.jpg"),
            ("日本.bmp", "日本.jpg"),
        ] {
            assert_eq!(output_name(OsStr::new(name)), OsStr::new(expected), "{name}");
        }
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
