//! Sidecars: whatever bytes they are, only the fields that may change change, and JSON stays JSON.

use std::collections::HashSet;
use std::ffi::OsStr;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::engine::pixels::Size;
use crate::engine::sidecars::{Change, Edited, Kind, Other, Wishes, edit_json, edit_rows, kind, pair};

/// Fields whose values an edit may change; everywhere else every byte stays.
const MAY_CHANGE: [&str; 8] = ["filename", "file_name", "image", "path", "width", "height", "ext", "tags"];

/// The first three bytes choose what is asked for and which images are replaced; the rest is the file.
pub(crate) fn fuzz_sidecar(data: &[u8]) {
    let [how, which, size, file @ ..] = data else { return };
    let changes: Vec<Change> = changes(*which, *size);
    let changes: Vec<&Change> = changes.iter().collect();
    let folders = HashSet::from(["other".to_owned()]);
    let wishes = Wishes {
        update: how & 1 != 0,
        tag: [None, Some("flattened"), Some("a\"b\\"), Some(" two words ")][usize::from(how >> 1 & 3)],
        folders: &folders,
    };
    if how & 8 == 0 {
        match edit_json(file, &changes, how & 16 != 0, wishes) {
            Ok(edited) => {
                check(file, &edited, &changes);
                let after = edited.bytes.as_deref().unwrap_or(file);
                let again = edit_json(after, &changes, how & 16 != 0, wishes).unwrap_or_else(|_| panic!("no JSON any more"));
                settled(&edited, &again, wishes);
            }
            Err(_) => assert!(!is_json(without_mark(file)), "JSON was taken for none"),
        }
    } else {
        let edited = edit_rows(file, &changes, wishes);
        check_rows(file, &edited, &changes);
        let after = edited.bytes.as_deref().unwrap_or(file);
        let again = edit_rows(after, &changes, wishes);
        assert_eq!(again.invalid_rows, edited.invalid_rows, "rows that are no JSON");
        settled(&edited, &again, wishes);
    }
    names(file);
}

/// Replacements with names and sizes that are hard to tell apart. No new name is an old one, so that a second edit has nothing to do.
fn changes(which: u8, size: u8) -> Vec<Change> {
    const NAMES: [[&str; 2]; 6] = [
        ["a.png", "a.jpg"],
        ["b.JPEG", "b.JPEG"],
        ["\u{e9}\u{1f600}.webp", "\u{e9}\u{1f600}_1.jpg"],
        ["q\"\\.bmp", "q\"\\.jpg"],
        ["long name.tiff", "l.jpg"],
        ["a", "a.b.jpg"],
    ];
    let side = |shift: u32| 1 + (u32::from(size) >> shift & 7);
    let old = Size {
        width: 10 * side(0),
        height: 10 * side(3),
    };
    let change = |(place, [old_name, new_name]): (usize, &[&str; 2])| Change {
        old_name: (*old_name).to_owned(),
        new_name: (*new_name).to_owned(),
        old: [old, old.transposed()],
        new: Size { width: 7, height: 3 },
        flattened: place % 2 == 0,
    };
    let wanted = NAMES.iter().enumerate().filter(|(place, _)| which >> place & 1 != 0);
    wanted.map(change).collect()
}

/// What an edit says of itself, and what it left of the file.
fn check(before: &[u8], edited: &Edited, changes: &[&Change]) {
    said(edited, changes);
    let Some(after) = &edited.bytes else { return };
    assert!(after.as_slice() != before, "an edit that changes nothing");
    let (before, after) = (masked(without_mark(before)), masked(without_mark(after)));
    assert!(after.is_some() && before == after, "bytes changed that are none of the fields");
}

fn check_rows(before: &[u8], edited: &Edited, changes: &[&Change]) {
    said(edited, changes);
    let Some(after) = &edited.bytes else { return };
    let rows = |file: &[u8]| -> Vec<Vec<u8>> {
        let rows = without_mark(file).split(|&byte| byte == b'\n');
        rows.map(|row| masked(row).unwrap_or_else(|| row.to_vec())).collect()
    };
    assert!(rows(before) == rows(after), "bytes changed that are none of the fields");
    assert!(after.as_slice() != before, "an edit that changes nothing");
}

fn said(edited: &Edited, changes: &[&Change]) {
    assert!(edited.of.iter().chain(&edited.tagged).all(|&of| of < changes.len()));
    assert!(edited.tagged.iter().all(|&of| changes[of].flattened));
    assert_eq!(
        edited.bytes.is_none(),
        edited.of.is_empty(),
        "what it tells of, and whether it changed"
    );
}

/// A second edit finds nothing to rename; where names stay, nothing at all.
fn settled(first: &Edited, again: &Edited, wishes: Wishes<'_>) {
    if wishes.update {
        assert_eq!(again.named, 0, "a name stayed");
    } else {
        assert!(again.bytes.is_none() && again.tagged == first.tagged, "a tag is put in twice");
    }
}

fn without_mark(file: &[u8]) -> &[u8] {
    file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file)
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(text).is_ok()
}

/// The text without the values that may change: of the top object, and of objects one level down. `None` where it is no JSON. It
/// goes through the text byte by byte, by another way than the editor's, on purpose.
fn masked(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    serde_json::from_str::<&RawValue>(text).ok()?;
    let bytes = text.as_bytes();
    let blanks = |at: usize| bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    // Which of the brackets around this place are of objects.
    let mut open: Vec<bool> = Vec::new();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => at += value_length(&text[at..])?,
            byte => {
                match byte {
                    b'{' | b'[' => open.push(byte == b'{'),
                    b'}' | b']' => drop(open.pop()),
                    _ => {}
                }
                at += 1;
            }
        }
        out.extend_from_slice(&bytes[start..at]);
        let colon = at + blanks(at);
        let is_key = bytes[start] == b'"' && open.last() == Some(&true) && bytes.get(colon) == Some(&b':');
        if is_key && open.len() <= 2 {
            let key: String = serde_json::from_str(&text[start..at]).ok()?;
            if MAY_CHANGE.contains(&key.as_str()) {
                let value = colon + 1 + blanks(colon + 1);
                // What stands for an object or for tags in one is looked at no further: it is the value of such a field.
                at = value + value_length(&text[value..])?;
            }
        }
    }
    Some(out)
}

/// Bytes of the JSON value that a text begins with.
fn value_length(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text);
    let raw = <&RawValue>::deserialize(&mut values).ok()?;
    Some(raw.get().len())
}

/// Which files belong to which images, by names that are the lines of the file: every answer is about names that are there, and no
/// file both belongs to an image and has none.
fn names(file: &[u8]) {
    let Ok(text) = std::str::from_utf8(file) else { return };
    let is_image = |name: &&str| [".png", ".jpg", ".webp"].iter().any(|ending| name.to_lowercase().ends_with(ending));
    let (images, others): (Vec<&str>, Vec<&str>) = text.lines().take(40).partition(is_image);
    let others: Vec<Other<'_>> = others
        .into_iter()
        .map(|name| Other {
            name: name.trim_end_matches('/').as_ref(),
            is_file: !name.ends_with('/'),
        })
        .collect();
    let pairs = pair(images.iter().map(|name| OsStr::new(*name)), &others);
    let owned: Vec<(usize, usize)> = pairs
        .files()
        .flat_map(|(file, images)| images.map(move |image| (file, image)))
        .collect();
    for &(file, image) in &owned {
        assert!(
            others[file].is_file && kind(others[file].name).is_some(),
            "a file that is no sidecar"
        );
        assert!(pairs.of_image(image).any(|found| found == file) && pairs.of_file(file).any(|found| found == image));
        assert!(image < images.len());
    }
    for file in pairs.orphans() {
        assert!(owned.iter().all(|(owned, _)| *owned != file), "an orphan that belongs to an image");
    }
    for file in pairs.rows() {
        assert_eq!(kind(others[file].name), Some(Kind::Rows));
    }
}
