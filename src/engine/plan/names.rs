//! Names of replacements, from names alone.

use std::ffi::{OsStr, OsString};
use std::path::Path;

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

/// Stem + `-N.jpg`: how an image goes by that cannot have its own name.
pub(super) fn numbered(name: &OsStr, number: u32) -> OsString {
    let mut output = Path::new(name).file_stem().unwrap_or(name).to_owned();
    output.push(format!("-{number}.jpg"));
    output
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
    fn numbered_names() {
        for (name, expected) in [
            ("a.png", "a-2.jpg"),
            ("a.JPG", "a-2.jpg"),
            ("a.b.webp", "a.b-2.jpg"),
            ("a", "a-2.jpg"),
            ("a-2.png", "a-2-2.jpg"),
        ] {
            assert_eq!(numbered(OsStr::new(name), 2), OsStr::new(expected), "{name}");
        }
    }
}
