//! Paths in the two forms that Windows has: the one people know, which is shown, and the literal one, under which files are opened.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf, Prefix};

/// The path as `\\?\C:\…` or `\\?\UNC\server\share\…`, which Windows takes to the letter.
///
/// Any other it edits first: dots and spaces at the end of a name go, so that `a.png.` would be the file `a.png`; `aux.png` would be a
/// device; and past 260 units nothing is found. Files with such names come from other systems, through shares and out of archives.
/// What is not absolute, or climbs by `..`, stays as it is.
pub(in crate::engine::disk) fn literal(path: &Path) -> Cow<'_, Path> {
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else {
        return Cow::Borrowed(path);
    };
    let mut text = OsString::from(r"\\?\");
    match prefix.kind() {
        Prefix::Disk(letter) => text.push(format!("{}:", char::from(letter))),
        Prefix::UNC(server, share) => {
            text.push(r"UNC\");
            text.push(server);
            text.push(r"\");
            text.push(share);
        }
        // Literal already, or a device.
        _ => return Cow::Borrowed(path),
    }
    if parts.next() != Some(Component::RootDir) {
        return Cow::Borrowed(path);
    }
    text.push(r"\");
    let mut first = true;
    for part in parts {
        let Component::Normal(name) = part else {
            return Cow::Borrowed(path);
        };
        if !first {
            text.push(r"\");
        }
        first = false;
        text.push(name);
    }
    Cow::Owned(PathBuf::from(text))
}

/// A literal path as people know it, `C:\…` or `\\server\share\…`: for everything that is shown, and for programs that do not know the
/// other form, the file manager among them. Any other path as it is.
pub(in crate::engine::disk) fn plain(path: PathBuf) -> PathBuf {
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else {
        return path;
    };
    let head = match prefix.kind() {
        Prefix::VerbatimDisk(letter) => OsString::from(format!("{}:", char::from(letter))),
        Prefix::VerbatimUNC(server, share) => {
            let mut head = OsString::from(r"\\");
            head.push(server);
            head.push(r"\");
            head.push(share);
            head
        }
        _ => return path,
    };
    let mut text = head;
    text.push(parts.as_path());
    PathBuf::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        for (shown, opened) in [
            (r"C:\", r"\\?\C:\"),
            (r"C:\a\b.png", r"\\?\C:\a\b.png"),
            (r"C:\a\aux.png", r"\\?\C:\a\aux.png"),
            (r"C:\a.\b .", r"\\?\C:\a.\b ."),
            (r"\\nas\data\a\b.png", r"\\?\UNC\nas\data\a\b.png"),
            (r"\\nas\data\", r"\\?\UNC\nas\data\"),
        ] {
            assert_eq!(literal(Path::new(shown)).as_os_str(), opened);
            assert_eq!(literal(Path::new(opened)).as_os_str(), opened, "once is enough");
            assert_eq!(plain(PathBuf::from(opened)).as_os_str(), shown);
            assert_eq!(plain(PathBuf::from(shown)).as_os_str(), shown);
        }
        assert_eq!(literal(Path::new("C:/a/./b//c")).as_os_str(), r"\\?\C:\a\b\c");
        for other in ["a", r"C:a", r"\a", r"C:\a\..\b", r"\\.\NUL", r"\\?\Volume{1}\a"] {
            assert_eq!(literal(Path::new(other)).as_os_str(), other);
            assert_eq!(plain(PathBuf::from(other)).as_os_str(), other);
        }
    }
}
