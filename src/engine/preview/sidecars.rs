//! What the files beside an image will say of its replacement, by the code that edits them in a run.

use std::ffi::{OsStr, OsString};

use serde_json::Value;

use crate::engine::disk::Disk;
use crate::engine::pixels::Header;
use crate::engine::scan::Inventory;
use crate::engine::settings::Settings;
use crate::engine::shrink::Shrunk;
use crate::engine::sidecars::{Change, Kind, LARGEST_JSON, Wishes, edit_json, edit_rows, kind};

/// Longest file of rows that is looked into for one image, bytes: it is read whole.
const LARGEST_LOOKED: u64 = 16 << 20;

/// A file beside the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidecarFacts {
    /// Its name.
    pub name: OsString,
    /// Fields that will say something else, in their order; empty: it stays as it is, byte for byte.
    pub fields: Vec<String>,
    /// What a person should know of it.
    pub note: Option<&'static str>,
}

/// The sidecars of one image; `change`: name of the replacement, and the replacement.
pub(super) fn of(
    disk: &dyn Disk,
    inventory: &Inventory,
    (image, header): (usize, &Header),
    settings: &Settings,
    change: Option<(&OsStr, &Shrunk)>,
) -> Vec<SidecarFacts> {
    let change = change.and_then(|(output, shrunk)| {
        Some(Change {
            old_name: inventory.images[image].name.to_str()?.to_owned(),
            new_name: output.to_str()?.to_owned(),
            old: [shrunk.before, header.size],
            new: shrunk.after,
            flattened: shrunk.flattened,
        })
    });
    let wishes = Wishes {
        update: settings.sidecars.update,
        tag: settings.sidecars.tag_flattened.as_deref(),
        folders: inventory.sidecars.folders(),
    };
    let change = change.filter(|_| wishes.update || wishes.tag.is_some());
    let pairs = &inventory.sidecars;
    let mut all: Vec<SidecarFacts> = Vec::new();
    for file in pairs.of_image(image) {
        let name = &inventory.occupied[file];
        let kind = kind(name);
        let mut facts = SidecarFacts {
            name: name.clone(),
            fields: Vec::new(),
            note: (kind == Some(Kind::Latents)).then_some("made for the old size"),
        };
        if let (Some(Kind::Json), Some(change)) = (kind, &change) {
            let alone = pairs.of_file(file).count() == 1;
            match content(disk, inventory, name, LARGEST_JSON) {
                None => facts.note = Some("cannot be read"),
                Some(before) => match edit_json(&before, &[change], alone, wishes) {
                    Ok(edited) => facts.fields = changed(&before, edited.bytes.as_deref()),
                    Err(_) => facts.note = Some("is no JSON"),
                },
            }
        }
        all.push(facts);
    }
    // A file of rows tells of all images: it is named where it tells of this one.
    if let Some(change) = &change {
        for file in pairs.rows() {
            let name = &inventory.occupied[file];
            let Some(before) = content(disk, inventory, name, LARGEST_LOOKED) else {
                continue;
            };
            let Some(after) = edit_rows(&before, &[change], wishes).bytes else {
                continue;
            };
            let lines = || before.split(|b| *b == b'\n').zip(after.split(|b| *b == b'\n'));
            let fields = lines().find(|(a, b)| a != b).map(|(a, b)| changed(a, Some(b)));
            all.push(SidecarFacts {
                name: name.clone(),
                fields: fields.unwrap_or_default(),
                note: None,
            });
        }
    }
    all
}

fn content(disk: &dyn Disk, inventory: &Inventory, name: &OsStr, cap: u64) -> Option<Vec<u8>> {
    let file = disk.open(&inventory.path.join(name)).ok()?;
    let length = file.identity().ok()?.len;
    if length > cap { None } else { file.read_all(cap).ok() }
}

/// Names of the fields that differ, however deep, in the order of the file.
fn changed(before: &[u8], after: Option<&[u8]>) -> Vec<String> {
    let Some(after) = after else { return Vec::new() };
    let (Ok(old), Ok(new)) = (serde_json::from_slice::<Value>(before), serde_json::from_slice::<Value>(after)) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    differing(&old, &new, &mut names);
    // As they stand in the file: the values above know only the alphabet.
    let text = String::from_utf8_lossy(before);
    names.sort_by_key(|name| text.find(&format!("\"{name}\"")).unwrap_or(usize::MAX));
    names
}

fn differing(before: &Value, after: &Value, names: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in after {
                match before.get(name) {
                    Some(old) if old == value => {}
                    Some(old @ Value::Object(_)) => differing(old, value, names),
                    _ if names.contains(name) => {}
                    _ => names.push(name.clone()),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => before.iter().zip(after).for_each(|(a, b)| differing(a, b, names)),
        _ => {}
    }
}
