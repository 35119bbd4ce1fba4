//! Presets: those of the program, and own ones, which are TOML files in one folder of the user's.
//!
//! Files are people's work: they are written under another name first and brought to the disk, never put over another one
//! unasked, and what is deleted stays beside it as `.bak`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::{Fit, Layer, Origin, PRESETS, Preset, Resolved, Settings, sync_file};
use crate::report::format;

/// A longer file is no settings.
const LONGEST: u64 = 1 << 20;

/// A longer name fits into no list.
const LONGEST_NAME: usize = 80;

/// Where own presets lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presets {
    folder: Option<PathBuf>,
}

/// An own preset.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// What it is called: its file's name without the ending.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// What it says, or a sentence about why it cannot be used.
    pub layer: Result<Layer, String>,
}

/// A preset that was looked for by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// As it is called, not as it was typed.
    pub name: String,
    /// What it says.
    pub layer: Layer,
}

/// Why a preset was not saved, renamed, imported, exported or deleted. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// Something has this name already, and may only be replaced by somebody who was asked.
    #[error("{} is there already. It was left as it was; choose another name, or replace it.", .0.display())]
    Taken(PathBuf),
    /// Anything else, as a sentence.
    #[error("{0}")]
    Other(String),
}

impl Presets {
    /// Those of this user. Where the system names no folder for configuration there are none.
    pub fn of_this_user() -> Self {
        Self {
            folder: directories::ProjectDirs::from("", "", "shardpress").map(|dirs| dirs.config_dir().join("presets")),
        }
    }

    /// Those in a folder; it need not exist.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Where they lie.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// All own ones, by name.
    pub fn own(&self) -> Vec<Own> {
        let files = self.files().into_iter();
        files
            .map(|(name, file)| Own {
                layer: preset_of(&file),
                name,
                file,
            })
            .collect()
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        let Some(entries) = self.folder().and_then(|folder| fs::read_dir(folder).ok()) else {
            return Vec::new();
        };
        let mut all: Vec<(String, PathBuf)> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| is_toml(path))
            .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
            .filter(|(name, _)| !name.starts_with('.'))
            .collect();
        all.sort_by(|(a, _), (b, _)| natord::compare_ignore_case(a, b).then_with(|| a.cmp(b)));
        all
    }

    /// A preset by its name: a file that was named, an own one, or one of the program's.
    ///
    /// # Errors
    /// A sentence that names the file, or the presets that there are.
    pub fn find(&self, name: &str) -> Result<Found, String> {
        let path = Path::new(name);
        let file = if is_toml(path) {
            Some(path.to_owned())
        } else {
            self.files().into_iter().find(|(own, _)| own == name).map(|(_, file)| file)
        };
        if let Some(file) = file {
            let name = name.to_owned();
            return preset_of(&file).map(|layer| Found { name, layer });
        }
        match Preset::find(name) {
            Some(preset) => Layer::parse(preset.text).map(|layer| Found {
                name: preset.name.to_owned(),
                layer,
            }),
            None => {
                let own = self.files().into_iter().map(|(name, _)| name);
                let known: Vec<String> = own.chain(PRESETS.map(|p| p.name.to_owned())).collect();
                Err(format!("There is no preset {name}; there are {}.", known.join(", ")))
            }
        }
    }

    /// Saves settings under a name; over an own preset of this name only with `replace`.
    ///
    /// # Errors
    /// Why it could not be saved.
    pub fn save(&self, name: &str, settings: &Settings, replace: bool) -> Result<PathBuf, PresetError> {
        self.put(name, &settings.to_preset(&caption(settings)), replace)
    }

    /// Takes a file in, word for word, under its own name.
    ///
    /// # Errors
    /// Why it is no preset, or could not be saved.
    pub fn import(&self, from: &Path, replace: bool) -> Result<String, PresetError> {
        let said = |problem: String| PresetError::Other(problem);
        let text = text_of(from).map_err(|problem| said(format!("{}: {problem}. Nothing was imported.", from.display())))?;
        let layer = preset_of(from).map_err(said)?;
        let name = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let Resolved { problems, .. } = Settings::resolve(vec![(Origin::Preset(name.clone()), layer)]);
        if !problems.is_empty() {
            return Err(said(format!(
                "{} cannot be used: {} Nothing was imported.",
                from.display(),
                problems.join(" ")
            )));
        }
        self.put(&name, &text, replace)?;
        Ok(name)
    }

    /// Gives an own preset another name.
    ///
    /// # Errors
    /// Why it kept its name.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), PresetError> {
        let old = self.file_of(from)?;
        let to = checked(to)?;
        let new = self.place(&to)?;
        if old == new {
            return Ok(());
        }
        rename_noreplace(&old, &new)
    }

    /// Takes an own preset out of the list. Its file stays beside the others as `.bak`, until another one of this name is
    /// deleted.
    ///
    /// # Errors
    /// Why it is still there.
    pub fn delete(&self, name: &str) -> Result<(), PresetError> {
        let file = self.file_of(name)?;
        fs::rename(&file, backup(&file)).map_err(|error| failed(&file, &error))
    }

    /// Brings back what [`delete`](Self::delete) took out of the list.
    ///
    /// # Errors
    /// Why it is not back.
    pub fn restore(&self, name: &str) -> Result<(), PresetError> {
        let file = self.place(&checked(name)?)?;
        rename_noreplace(&backup(&file), &file)
    }

    fn place(&self, name: &str) -> Result<PathBuf, PresetError> {
        let folder = self.folder.as_ref().ok_or_else(|| {
            PresetError::Other("This system names no folder for settings, so no preset can be saved. Set HOME, then try again.".to_owned())
        })?;
        Ok(folder.join(format!("{name}.toml")))
    }

    fn file_of(&self, name: &str) -> Result<PathBuf, PresetError> {
        let found = self.files().into_iter().find(|(own, _)| own == name);
        found
            .map(|(_, file)| file)
            .ok_or_else(|| PresetError::Other(format!("There is no preset of your own called {name} any more.")))
    }

    fn put(&self, name: &str, text: &str, replace: bool) -> Result<PathBuf, PresetError> {
        let file = self.place(&checked(name)?)?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        write(&file, text, replace)?;
        Ok(file)
    }
}

/// Writes settings as a preset to any place; over a file that is there only with `replace`.
///
/// # Errors
/// Why it was not written.
pub fn export(settings: &Settings, to: &Path, replace: bool) -> Result<(), PresetError> {
    if !is_toml(to) {
        return Err(PresetError::Other(format!(
            "{}: the name of a preset's file ends in .toml. Nothing was written.",
            to.display()
        )));
    }
    write(to, &settings.to_preset(&caption(settings)), replace)
}

/// A preset in a few words: "Longest side 512, quality 95".
pub fn caption(settings: &Settings) -> String {
    let p = &settings.picture;
    let target = format::count(u64::from(p.target));
    let size = match p.fit {
        Fit::Longest => format!("Longest side {target}"),
        Fit::Shortest => format!("Shortest side {target}"),
        Fit::Box { width, height } => format!("Box {} × {}", format::count(u64::from(width)), format::count(u64::from(height))),
        Fit::Megapixels(1.0) => "1 megapixel".to_owned(),
        Fit::Megapixels(megapixels) => format!("{megapixels} megapixels"),
    };
    if p.metadata == crate::engine::Metadata::Keep {
        return format!("{size}, keeps EXIF");
    }
    match p.min_score {
        Some(score) => format!("{size}, score {score}"),
        None => format!("{size}, quality {}", p.quality),
    }
}

/// A name under which a file can lie on every system, and that means no other preset.
fn checked(name: &str) -> Result<String, PresetError> {
    let name = name.trim();
    let wrong = |reason: &str| Err(PresetError::Other(reason.to_owned()));
    if name.is_empty() {
        return wrong("Give the preset a name.");
    }
    if name.chars().count() > LONGEST_NAME {
        return wrong("The name is too long; use up to 80 characters.");
    }
    if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) || name.chars().any(char::is_control) {
        return wrong("A name cannot contain / \\ : * ? \" < > or |.");
    }
    let device = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let numbered = |port: &str| {
        device
            .strip_prefix(port)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    if matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT") {
        return wrong("Windows keeps this name for itself; choose another one.");
    }
    if name.starts_with('.') || name.ends_with('.') || is_toml(Path::new(name)) {
        return wrong("A name cannot begin or end with a dot, or end in .toml.");
    }
    if Preset::find(name).is_some() {
        return wrong("A preset of the program has this name; choose another one.");
    }
    Ok(name.to_owned())
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

fn backup(file: &Path) -> PathBuf {
    file.with_extension("toml.bak")
}

fn failed(file: &Path, error: &io::Error) -> PresetError {
    PresetError::Other(format!("{}: {error}. Nothing was changed.", file.display()))
}

/// Whole or not at all: under another name first, and on the disk before it gets its own.
fn write(file: &Path, text: &str, replace: bool) -> Result<(), PresetError> {
    if !replace && file.exists() {
        return Err(PresetError::Taken(file.to_owned()));
    }
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(file.file_name().unwrap_or_default());
    hidden.push(format!(".{}.tmp", std::process::id()));
    let temporary = file.with_file_name(hidden);
    let written = fs::File::options()
        .write(true)
        .create_new(true)
        .open(&temporary)
        .and_then(|mut new| new.write_all(text.as_bytes()).and_then(|()| sync_file(&new)));
    let done = match written {
        Ok(()) if replace => fs::rename(&temporary, file).map_err(|error| failed(file, &error)),
        Ok(()) => rename_noreplace(&temporary, file),
        Err(error) => Err(failed(file, &error)),
    };
    if done.is_err() {
        // Ours, and of no use any more.
        let _ = fs::remove_file(&temporary);
    }
    done
}

/// A second name first, which never takes another file's place; where files cannot have two names, a look and a rename.
fn rename_noreplace(from: &Path, to: &Path) -> Result<(), PresetError> {
    let folded = |path: &Path| path.to_string_lossy().to_lowercase();
    if folded(from) == folded(to) {
        // The same name in other letters: to some file systems this is one file.
        return fs::rename(from, to).map_err(|error| failed(from, &error));
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from).map_err(|error| failed(from, &error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists || to.exists() => Err(PresetError::Taken(to.to_owned())),
        Err(_) => fs::rename(from, to).map_err(|error| failed(from, &error)),
    }
}

/// What a file says as a preset.
fn preset_of(file: &Path) -> Result<Layer, String> {
    let layer = layer_of(file).map_err(|problem| told(file, &problem))?;
    match layer.preset() {
        Some(_) => Err(told(file, "a preset cannot build on another one")),
        None => Ok(layer),
    }
}

pub(super) fn layer_of(file: &Path) -> Result<Layer, String> {
    Layer::parse(&text_of(file)?)
}

pub(super) fn told(file: &Path, problem: &str) -> String {
    format!("{}: {problem}. Mend the file, or move it away.", file.display())
}

fn text_of(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = fs::File::open(file).and_then(|opened| opened.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > LONGEST => Err("it is too long for settings".to_owned()),
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(target: u32) -> Settings {
        let mut settings = Settings::default();
        settings.picture.target = target;
        settings
    }

    fn target_of(presets: &Presets, name: &str) -> u32 {
        let found = presets.find(name).expect(name);
        Settings::resolve(vec![(Origin::Preset(found.name), found.layer)])
            .settings
            .picture
            .target
    }

    fn names(presets: &Presets) -> Vec<String> {
        presets.own().into_iter().map(|own| own.name).collect()
    }

    #[test]
    fn saved_found_renamed_deleted_and_brought_back() {
        let dir = tempfile::tempdir().expect("folder");
        let presets = Presets::at(dir.path().join("not/yet/there"));
        assert_eq!(names(&presets), Vec::<String>::new());
        let file = presets.save(" Flora, 768 with tags ", &settings(768), false).expect("saved");
        assert!(file.ends_with("Flora, 768 with tags.toml"));
        presets.save("a 10", &settings(10), false).expect("saved");
        presets.save("A 9", &settings(9), false).expect("saved");
        assert_eq!(names(&presets), ["A 9", "a 10", "Flora, 768 with tags"]);
        assert_eq!(target_of(&presets, "Flora, 768 with tags"), 768);

        assert_eq!(
            presets.save("a 10", &settings(1), false),
            Err(PresetError::Taken(dir.path().join("not/yet/there/a 10.toml")))
        );
        assert_eq!(target_of(&presets, "a 10"), 10, "what was there stayed");
        presets.save("a 10", &settings(11), true).expect("replaced");
        assert_eq!(target_of(&presets, "a 10"), 11);

        assert!(matches!(presets.rename("a 10", "A 9"), Err(PresetError::Taken(_))));
        presets.rename("a 10", "b").expect("renamed");
        assert_eq!(target_of(&presets, "b"), 11);
        presets.rename("b", "B").expect("in other letters");
        assert_eq!(names(&presets), ["A 9", "B", "Flora, 768 with tags"]);

        presets.delete("B").expect("deleted");
        assert_eq!(names(&presets), ["A 9", "Flora, 768 with tags"]);
        presets.restore("B").expect("back");
        assert_eq!(target_of(&presets, "B"), 11);
        presets.delete("B").expect("deleted");
        presets.save("B", &settings(12), false).expect("a new one");
        assert!(matches!(presets.restore("B"), Err(PresetError::Taken(_))));
        assert_eq!(target_of(&presets, "B"), 12);
        let left: Vec<_> = fs::read_dir(dir.path().join("not/yet/there")).expect("folder").collect();
        assert_eq!(left.len(), 4, "three presets, one backup, nothing temporary: {left:?}");
    }

    #[test]
    fn names_that_no_preset_can_have() {
        let dir = tempfile::tempdir().expect("folder");
        let presets = Presets::at(dir.path().to_owned());
        for name in [
            "",
            "  ",
            "a/b",
            "a\\b",
            "..",
            ".hidden",
            "x.",
            "x.toml",
            "CON",
            "com1.x",
            "Training 512",
            "training-512",
            "a\nb",
            "a:b",
        ] {
            assert!(
                matches!(presets.save(name, &settings(1), false), Err(PresetError::Other(_))),
                "{name:?}"
            );
        }
        assert!(presets.save(&"x".repeat(81), &settings(1), false).is_err());
        assert_eq!(fs::read_dir(dir.path()).expect("folder").count(), 0);
        let nowhere = Presets { folder: None };
        assert!(
            nowhere
                .save("x", &settings(1), false)
                .is_err_and(|e| e.to_string().contains("no folder"))
        );
    }

    #[test]
    fn taken_in_word_for_word_and_given_out() {
        let dir = tempfile::tempdir().expect("folder");
        let presets = Presets::at(dir.path().join("own"));
        let file = dir.path().join("from a friend.toml");
        let text = "# for the phone\n[picture]\ntarget = 700\n";
        fs::write(&file, text).expect("file");
        assert_eq!(presets.import(&file, false), Ok("from a friend".to_owned()));
        let kept = fs::read_to_string(dir.path().join("own/from a friend.toml")).expect("there");
        assert_eq!(kept, text);
        assert!(matches!(presets.import(&file, false), Err(PresetError::Taken(_))));

        for (text, part) in [
            ("[picture]\nqality = 3\n", "picture.qality"),
            ("[picture]\ntarget = 0\n", "The target is 0"),
            ("preset = \"x\"\n", "cannot build on"),
            ("[picture\n", "line 1"),
        ] {
            let bad = dir.path().join("bad.toml");
            fs::write(&bad, text).expect("file");
            let said = presets.import(&bad, false).expect_err(text).to_string();
            assert!(said.contains(part) && said.contains("bad.toml"), "{said}");
        }
        assert_eq!(names(&presets), ["from a friend"]);
        assert!(presets.import(&dir.path().join("none.toml"), false).is_err());

        let out = dir.path().join("out.toml");
        export(&settings(321), &out, false).expect("written");
        assert_eq!(target_of(&presets, out.to_str().expect("plain")), 321);
        assert!(matches!(export(&settings(1), &out, false), Err(PresetError::Taken(_))));
        assert!(export(&settings(1), &dir.path().join("out.txt"), false).is_err());
        assert_eq!(target_of(&presets, out.to_str().expect("plain")), 321);
    }

    #[test]
    fn a_broken_file_is_listed_with_its_problem() {
        let dir = tempfile::tempdir().expect("folder");
        fs::write(dir.path().join("x.toml"), "[picture\n").expect("file");
        let own = Presets::at(dir.path().to_owned()).own();
        assert!(own[0].layer.as_ref().is_err_and(|said| said.contains("x.toml: line 1")), "{own:?}");
    }

    #[test]
    fn presets_in_a_few_words() {
        let mut s = settings(1024);
        assert_eq!(caption(&s), "Longest side 1,024, quality 95");
        s.picture.fit = Fit::Megapixels(2.0);
        s.picture.quality = 88;
        assert_eq!(caption(&s), "2 megapixels, quality 88");
        s.picture.fit = Fit::Box { width: 768, height: 512 };
        s.picture.min_score = Some(90.0);
        assert_eq!(caption(&s), "Box 768 × 512, score 90");
        s.picture.metadata = crate::engine::Metadata::Keep;
        assert_eq!(caption(&s), "Box 768 × 512, keeps EXIF");
    }
}
