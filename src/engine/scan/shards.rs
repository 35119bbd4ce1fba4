//! Which of the folders are worked on: by name, from one on, in slices. Decided from the folders' names, before any header is
//! read: a machine that has one slice of a library does not look into the others.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use super::discover::ScanError;
use super::{PICTURE_ENDINGS, is_hidden};
use crate::engine::disk::{Disk, EntryKind};
use crate::engine::settings::{ChooseSettings, Globs, Slice, folded};

/// Names that are told of those that exist.
const TOLD: usize = 5;

/// The folders that a person chose, in their order: first those whose names were chosen, of these all from the one to begin
/// with, of these one slice. So a number to begin with counts as the plan without a slice does, and the machines that share a
/// library may all be told to begin at the same shard.
///
/// # Errors
/// A name or a glob that matches none of the folders, or a shard to begin with that is none of them, with the names of a few
/// that are.
pub(crate) fn chosen(
    mut folders: Vec<PathBuf>,
    choose: &ChooseSettings,
    holds_pictures: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, ScanError> {
    if !choose.shards.is_empty() {
        folders = named(folders, &choose.shards)?;
    }
    if let Some(from) = &choose.resume_from {
        let first = begin(&folders, from.trim(), holds_pictures)?;
        folders.drain(..first);
    }
    if let Some(slice) = choose.slice {
        folders.retain(|folder| is_in(slice, name_of(folder)));
    }
    Ok(folders)
}

/// Whether a shard of this name is in the slice: XXH3 of 128 bits (seed 0) over the name as UTF-8 in its composed form (NFC;
/// the bytes as they are where a name is no Unicode), modulo the number of slices, plus one. Of the name alone, so that every machine and every version agrees, whatever the path under
/// which it sees the library, and whichever shards are added or removed.
fn is_in(slice: Slice, name: &OsStr) -> bool {
    let hash = match name.to_str() {
        Some(text) => twox_hash::XxHash3_128::oneshot(text.nfc().collect::<String>().as_bytes()),
        None => twox_hash::XxHash3_128::oneshot(name.as_encoded_bytes()),
    };
    slice.of > 0 && hash % u128::from(slice.of) + 1 == u128::from(slice.index)
}

/// Empty for the root of a file system, which has no name.
fn name_of(folder: &Path) -> &OsStr {
    folder.file_name().unwrap_or_default()
}

fn named(folders: Vec<PathBuf>, wanted: &[String]) -> Result<Vec<PathBuf>, ScanError> {
    let mut chosen = vec![false; folders.len()];
    let mut missing = Vec::new();
    for text in wanted {
        // What is no glob was told by `Settings::problems`; it matches nothing.
        let globs = Globs::new(std::slice::from_ref(text));
        let mut any = false;
        for (folder, chosen) in folders.iter().zip(&mut chosen) {
            let above = folder.parent().map(name_of).unwrap_or_default();
            if globs.as_ref().is_some_and(|g| g.matches(above, name_of(folder))) {
                (any, *chosen) = (true, true);
            }
        }
        if !any {
            missing.push(format!("\"{text}\""));
        }
    }
    if !missing.is_empty() {
        return Err(ScanError::NoShard {
            message: format!("No shard here is named {}. {}", missing.join(" or "), existing(&folders)),
        });
    }
    let mut chosen = chosen.into_iter();
    Ok(folders.into_iter().filter(|_| chosen.next().unwrap_or(false)).collect())
}

/// Where to begin: the folder of this name, or else of this number, counted from 1.
fn begin(folders: &[PathBuf], from: &str, holds_pictures: impl Fn(&Path) -> bool) -> Result<usize, ScanError> {
    let wanted = folded(OsStr::new(from));
    if let Some(at) = folders.iter().position(|folder| folded(name_of(folder)) == wanted) {
        return Ok(at);
    }
    let Ok(number) = from.parse::<usize>() else {
        return Err(ScanError::NoShard {
            message: format!("There is no shard \"{from}\" to begin with. {}", existing(folders)),
        });
    };
    let shards = (0..folders.len()).filter(|at| holds_pictures(&folders[*at]));
    let mut count = 0;
    for at in shards {
        count += 1;
        if count == number {
            return Ok(at);
        }
    }
    Err(ScanError::NoShard {
        message: match count {
            0 => "There are no shards here to begin with.".to_owned(),
            _ => format!("There is no shard number {number} to begin with; the numbers go from 1 to {count}."),
        },
    })
}

/// Whether a plan would list the folder, as its names tell: a library's own folder holds shards and no pictures.
pub(crate) fn holds_pictures(disk: &dyn Disk, folder: &Path) -> bool {
    // A folder that cannot be listed is told of by the scan; it has no number.
    disk.entries(folder)
        .is_ok_and(|entries| entries.iter().any(|e| e.kind == EntryKind::File && is_picture(&e.name)))
}

/// Whether a name promises a picture.
pub(super) fn is_picture(name: &OsStr) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    !is_hidden(name) && ending.is_some_and(|e| PICTURE_ENDINGS.contains(&e.to_ascii_lowercase().as_str()))
}

/// The first few, for somebody who mistyped a name.
fn existing(folders: &[PathBuf]) -> String {
    let names: Vec<String> = folders.iter().map(|f| name_of(f).display().to_string()).collect();
    match names.len() {
        0 => "There are no folders here.".to_owned(),
        1..=TOLD => format!("There are: {}.", names.join(", ")),
        n => format!("There are {n}, for example {}.", names[n - TOLD..].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::engine::disk::RealDisk;

    #[test]
    fn a_slice_is_the_same_on_every_machine() {
        // python3 -c 'import xxhash; print(xxhash.xxh3_128_intdigest(b"shard_00000") % 8 + 1)'
        let slice_of = |name: &str| {
            (1..=8)
                .find(|index| is_in(Slice { index: *index, of: 8 }, name.as_ref()))
                .expect("one")
        };
        let found = ["shard_00000", "shard_00001", "shard_00002", "caf\u{e9}", ""].map(slice_of);
        assert_eq!(found, [4, 8, 3, 8, 8]);
        assert_eq!(slice_of("cafe\u{301}"), slice_of("caf\u{e9}"));
        for name in ["shard_00000", "x", ""] {
            assert!(is_in(Slice { index: 1, of: 1 }, name.as_ref()));
            assert!(!is_in(Slice { index: 1, of: 0 }, name.as_ref()));
        }
    }

    #[test]
    fn slices_share_out_everything_once() {
        for of in [2, 3, 8] {
            let mut counts = vec![0_u32; of as usize];
            for n in 0..1000 {
                let name = format!("shard_{n:05}");
                let of_it: Vec<u32> = (1..=of).filter(|index| is_in(Slice { index: *index, of }, name.as_ref())).collect();
                let [index] = of_it[..] else { panic!("{name}: {of_it:?}") };
                counts[index as usize - 1] += 1;
            }
            // A binomial of 1,000 strays from its mean by less than five of its deviations.
            let mean = 1000.0 / f64::from(of);
            let far = 5.0 * (mean * (1.0 - 1.0 / f64::from(of))).sqrt();
            assert!(counts.iter().all(|c| (f64::from(*c) - mean).abs() < far), "{counts:?}");
        }
    }

    #[test]
    fn names_numbers_and_slices() {
        let dir = tempfile::tempdir().expect("tempdir");
        let folders: Vec<PathBuf> = ["", "s1", "s2", "s3", "s10", "2"].map(|name| dir.path().join(name)).into();
        for folder in &folders[1..] {
            fs::create_dir(folder).expect("folder");
            fs::write(folder.join("a.PNG"), b"x").expect("file");
        }
        let check = |change: fn(&mut ChooseSettings), expected: Result<&[&str], &str>| {
            let mut choose = ChooseSettings::default();
            change(&mut choose);
            let names = |folders: Vec<PathBuf>| -> Vec<String> {
                let below = folders
                    .iter()
                    .map(|f| f.strip_prefix(dir.path()).expect("below").display().to_string());
                below.collect()
            };
            match (
                chosen(folders.clone(), &choose, |f| holds_pictures(&RealDisk, f)).map(names),
                expected,
            ) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{choose:?}"),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
                (found, _) => panic!("{choose:?}: {found:?}"),
            }
        };
        check(|_| {}, Ok(&["", "s1", "s2", "s3", "s10", "2"]));
        check(|c| c.shards = vec!["S1".into()], Ok(&["s1"]));
        check(|c| c.shards = vec!["s?".into(), "s10".into()], Ok(&["s1", "s2", "s3", "s10"]));
        check(
            |c| c.shards = vec!["s1".into(), "x".into(), "y*".into()],
            Err("No shard here is named \"x\" or \"y*\". There are 6, for example s1, s2, s3, s10, 2."),
        );
        check(|c| c.resume_from = Some("s3".into()), Ok(&["s3", "s10", "2"]));
        // A name weighs more than a number.
        check(|c| c.resume_from = Some("2".into()), Ok(&["2"]));
        // The library's own folder has no pictures, so it has no number.
        check(|c| c.resume_from = Some("3".into()), Ok(&["s3", "s10", "2"]));
        check(|c| c.resume_from = Some("6".into()), Err("from 1 to 5"));
        check(|c| c.resume_from = Some("0".into()), Err("from 1 to 5"));
        check(
            |c| c.resume_from = Some("s".into()),
            Err("no shard \"s\" to begin with. There are 6, for example"),
        );
        check(
            |c| (c.shards, c.resume_from) = (vec!["s*".into()], Some("3".into())),
            Ok(&["s3", "s10"]),
        );
        let slice = |index| Some(Slice { index, of: 2 });
        let mut both = Vec::new();
        for index in [1, 2] {
            let choose = ChooseSettings {
                slice: slice(index),
                resume_from: Some("s2".into()),
                ..ChooseSettings::default()
            };
            both.extend(chosen(folders.clone(), &choose, |f| holds_pictures(&RealDisk, f)).expect("valid"));
        }
        both.sort();
        let mut all = folders[2..].to_vec();
        all.sort();
        assert_eq!(both, all);
    }
}
