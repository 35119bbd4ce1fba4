//! What a person types, pastes or drops as a path, as the folders that are meant: quotes, `~`, `file://` addresses, several
//! lines. And how a path is shown: below the home folder without it. Nothing here looks at a disk.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The folders that a text names, one a line; empty lines are passed over.
pub(in crate::gui) fn typed(text: &str, home: Option<&Path>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in text.lines().filter_map(|line| one(line, home)) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

fn one(line: &str, home: Option<&Path>) -> Option<PathBuf> {
    let line = unquoted(line.trim());
    if line.is_empty() {
        return None;
    }
    if let Some(address) = without_prefix(line, "file://") {
        return Some(PathBuf::from(of_address(address)));
    }
    // A shell is asked for `~somebody`; here it is a name like any other.
    let below_home = line
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
    if let (Some(rest), Some(home)) = (below_home, home) {
        return Some(home.join(rest.trim_start_matches(['/', '\\'])));
    }
    Some(PathBuf::from(line))
}

/// Without a pair of quotes around it, or one quote that was left behind.
fn unquoted(line: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inside) = line.strip_prefix(quote) {
            return inside.strip_suffix(quote).unwrap_or(inside).trim();
        }
    }
    line
}

/// Addresses are written in either case.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The path of a `file://` address: `/a%20b`, `localhost/a`, `/C:/a`; another host is a share.
fn of_address(address: &str) -> OsString {
    let address = without_prefix(address, "localhost/").map_or_else(|| address.to_owned(), |rest| format!("/{rest}"));
    let path = decoded(&address);
    let text = path.to_string_lossy();
    if let Some(rest) = text.strip_prefix('/') {
        let is_drive = rest.len() >= 2 && rest.as_bytes()[1] == b':' && rest.as_bytes()[0].is_ascii_alphabetic();
        return if is_drive { OsString::from(rest) } else { path };
    }
    OsString::from(format!("//{text}"))
}

/// `%20` and the like as the bytes they stand for; what is no such code stays as it is.
fn decoded(text: &str) -> OsString {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    os_string(out)
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a path leads into what this program keeps in a shard.
pub(super) fn is_ours(path: &Path) -> bool {
    let ours = |part: Component<'_>| matches!(part, Component::Normal(name) if name.to_string_lossy().starts_with(".shardpress"));
    path.components().any(ours)
}

/// The last part of a path, or all of it where that has no name.
pub(in crate::gui) fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// A path as it is shown: below the home folder without it, and with slashes as the system has them.
pub(super) fn shown(path: &Path, home: Option<&Path>) -> String {
    let below = home
        .and_then(|home| path.strip_prefix(home).ok())
        .filter(|rest| rest.components().next().is_some());
    below.unwrap_or(path).display().to_string()
}

/// The person's own folder.
pub(in crate::gui) fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_understood() {
        let home = Path::new("/people/me");
        let check = |text: &str, expected: &[&str]| {
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(typed(text, Some(home)), expected, "{text:?}");
        };
        check("/data/flora", &["/data/flora"]);
        check("  /data/my flora \n", &["/data/my flora"]);
        check("\"/data/my flora\"", &["/data/my flora"]);
        check("'/data/it is'", &["/data/it is"]);
        check("\"/data/left open", &["/data/left open"]);
        check("~", &["/people/me"]);
        check("~/Pictures", &["/people/me/Pictures"]);
        check("~other/Pictures", &["~other/Pictures"]);
        check("//nas/datasets/flora", &["//nas/datasets/flora"]);
        check("file:///data/my%20flora", &["/data/my flora"]);
        check("FILE://localhost/data/100%25", &["/data/100%"]);
        check("file:///data/100%", &["/data/100%"]);
        check("file:///C:/data", &["C:/data"]);
        check("file://nas/flora", &["//nas/flora"]);
        check("/a\n\n'/b'\r\n/a\n", &["/a", "/b"]);
        check("\n \n''", &[]);
        check("/data/夕焼け%20", &["/data/夕焼け%20"]);
        assert_eq!(typed("~", None), [PathBuf::from("~")]);
    }

    #[cfg(unix)]
    #[test]
    fn addresses_may_hold_any_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let found = typed("file:///data/a%FFb", None);
        assert_eq!(found[0].as_os_str().as_bytes(), b"/data/a\xffb");
    }

    #[test]
    fn names_and_places() {
        assert_eq!(name(Path::new("/data/flora/shard_00000")), "shard_00000");
        assert_eq!(name(Path::new("/")), "/");
        let home = Some(Path::new("/people/me"));
        assert_eq!(shown(Path::new("/people/me/Pictures/a"), home).replace('\\', "/"), "Pictures/a");
        assert_eq!(shown(Path::new("/people/me"), home), "/people/me");
        assert_eq!(shown(Path::new("/data/a"), home), "/data/a");
        assert!(is_ours(Path::new("/data/a/.shardpress/originals")));
        assert!(!is_ours(Path::new("/data/shardpress/a")));
    }
}
