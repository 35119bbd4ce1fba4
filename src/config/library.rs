//! The file of settings that a library brings along.

use std::path::{Path, PathBuf};

use super::presets::{layer_of, told};
use crate::engine::{Layer, resolve};

/// Settings of a library lie in this file, in the library or above the shard that was named.
pub const LIBRARY_FILE: &str = "shardpress.toml";

/// The file of the library that the paths lie in; several must say the same.
///
/// # Errors
/// A sentence: the file, what is wrong with it and what to do, or that two libraries want different things.
pub fn library(paths: &[PathBuf]) -> Result<Option<(PathBuf, Layer)>, String> {
    let mut found: Option<(PathBuf, Layer)> = None;
    let mut seen: Option<PathBuf> = None;
    for path in paths {
        let Some(file) = file_of(path) else { continue };
        // Shards of one library name the same file, over and over.
        if seen.as_ref() == Some(&file) {
            continue;
        }
        seen = Some(file.clone());
        let layer = layer_of(&file).map_err(|problem| told(&file, &problem))?;
        match &found {
            Some((other, same)) if *same != layer => {
                return Err(format!(
                    "{} and {} want different settings; work on these libraries one after the other.",
                    other.display(),
                    file.display()
                ));
            }
            Some(_) => {}
            None => found = Some((file, layer)),
        }
    }
    Ok(found)
}

fn file_of(path: &Path) -> Option<PathBuf> {
    // `x/..` and links: the folder that is meant, not the words.
    let folder = resolve(path).unwrap_or_else(|_| path.to_owned());
    [Some(folder.as_path()), folder.parent()]
        .into_iter()
        .flatten()
        .map(|folder| folder.join(LIBRARY_FILE))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn in_the_library_or_above_the_shard() {
        let dir = tempfile::tempdir().expect("folder");
        let (x, y) = (dir.path().join("x"), dir.path().join("y"));
        for shard in [x.join("s1"), x.join("s2"), y.join("s1")] {
            fs::create_dir_all(shard).expect("folder");
        }
        let at = |paths: &[PathBuf]| library(paths).map(|found| found.map(|(file, _)| file));
        assert_eq!(at(std::slice::from_ref(&x)), Ok(None));
        fs::write(x.join(LIBRARY_FILE), "[picture]\ntarget = 300\n").expect("file");
        let file = resolve(&x.join(LIBRARY_FILE)).expect("there");
        assert_eq!(at(std::slice::from_ref(&x)), Ok(Some(file.clone())));
        assert_eq!(at(&[y.join("s1"), x.join("s1"), x.join("s2")]), Ok(Some(file)));
        fs::write(y.join(LIBRARY_FILE), "[picture]\ntarget = 400\n").expect("file");
        assert!(at(&[x.join("s1"), y.join("s1")]).is_err_and(|said| said.contains("want different settings")));
        fs::write(y.join(LIBRARY_FILE), "[picture\n").expect("file");
        assert!(at(&[y]).is_err_and(|said| said.contains("line 1") && said.contains("Mend the file")));
    }
}
