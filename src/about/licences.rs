//! What the program is made of: every crate, library and font that is in a shipped build, and the texts of their licences, which
//! have to go with it. `assets/licences/make.sh` makes the file from the lock file; a test says when it has to be made anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use serde::Deserialize;

use super::VERSION;
use crate::report::format;

/// Everything, each text once.
#[derive(Debug, Deserialize)]
pub struct Licences {
    /// By kind and name.
    pub parts: Vec<Part>,
    /// In no order; parts name them by place.
    pub texts: Vec<Text>,
    /// Packages of the lock file that are in no shipped build, and why.
    #[cfg(test)]
    pub(super) left_out: BTreeMap<String, String>,
}

/// One thing that somebody else wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Part {
    /// As its makers call it.
    pub name: String,
    /// Empty where it has none.
    pub version: String,
    /// What it is.
    pub kind: PartKind,
    /// As an SPDX expression.
    pub licence: String,
    /// Where it comes from; empty where that is not known.
    pub link: String,
    /// Places of its texts.
    pub texts: Vec<usize>,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// A library in C, linked statically, or what belongs to the language.
    Library,
    /// A font of the window.
    Font,
    /// A package in Rust.
    Crate,
}

/// A licence as somebody put it beside their work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Text {
    /// What it is: `MIT`.
    pub licence: String,
    /// Word for word, with lines as they were broken.
    pub text: String,
}

/// All of it; unpacked when it is asked for first, which takes some milliseconds.
pub fn licences() -> &'static Licences {
    static ALL: OnceLock<Licences> = OnceLock::new();
    ALL.get_or_init(|| {
        let packed = include_bytes!("../../assets/licences/licences.json.gz");
        let mut text = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .expect("the licences are packed whole, a test reads them");
        serde_json::from_str(&text).expect("the licences are a list of parts, a test reads them")
    })
}

impl Part {
    /// Name and version.
    pub fn title(&self) -> String {
        if self.version.is_empty() {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.version)
        }
    }
}

impl PartKind {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Library => "Library",
            Self::Font => "Font",
            Self::Crate => "Rust crate",
        }
    }
}

impl Licences {
    /// Places of the parts that have all words of `wanted` in name, version, kind, or licence; or, where a word of four letters and more
    /// stands in none of these, in one of their texts (a name of a copyright holder).
    pub fn find(&self, wanted: &str) -> Vec<usize> {
        let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
        let in_head = |part: &Part, words: &[String]| {
            let head = format!("{} {} {}", part.title(), part.kind.word(), part.licence).to_lowercase();
            words.iter().all(|word| head.contains(word.as_str()))
        };
        let found: Vec<usize> = (0..self.parts.len()).filter(|at| in_head(&self.parts[*at], &words)).collect();
        if !found.is_empty() || words.iter().any(|word| word.chars().count() < 4) {
            return found;
        }
        let has: Vec<bool> = self
            .texts
            .iter()
            .map(|text| {
                let text = text.text.to_lowercase();
                words.iter().all(|word| text.contains(word.as_str()))
            })
            .collect();
        let in_text = |part: &Part| part.texts.iter().any(|at| has[*at]);
        (0..self.parts.len()).filter(|at| in_text(&self.parts[*at])).collect()
    }

    /// The texts of one part, one below the other.
    pub fn text_of(&self, part: &Part) -> String {
        let rule = "-".repeat(72);
        let mut whole = String::new();
        for (index, at) in part.texts.iter().enumerate() {
            if index > 0 {
                let _ = write!(whole, "\n{rule}\n\n");
            }
            whole.push_str(&self.texts[*at].text);
            whole.push('\n');
        }
        whole
    }

    /// As one page of text: the parts, then each text once with the parts that it belongs to.
    pub fn page(&self) -> String {
        let mut page = format!(
            "Shardpress {VERSION} is free software, under the MIT licence or the Apache licence 2.0, as you choose.\n\
             A build with everything in it holds what follows; one without the window or without the native codecs holds less of it.\n\n\
             This software is based in part on the work of the Independent JPEG Group.\n"
        );
        for kind in [PartKind::Library, PartKind::Font, PartKind::Crate] {
            let parts: Vec<&Part> = self.parts.iter().filter(|part| part.kind == kind).collect();
            let (one, many) = match kind {
                PartKind::Library => ("library", "libraries"),
                PartKind::Font => ("font", "fonts"),
                PartKind::Crate => ("Rust crate", "Rust crates"),
            };
            let _ = write!(page, "\n{}\n\n", format::things(parts.len() as u64, one, many));
            for part in parts {
                let _ = writeln!(page, "  {}: {}", part.title(), part.licence);
            }
        }
        let mut users: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for part in &self.parts {
            for at in &part.texts {
                users.entry(*at).or_default().push(part.title());
            }
        }
        let rule = "=".repeat(78);
        for (at, users) in users {
            let text = &self.texts[at];
            let _ = write!(
                page,
                "\n{rule}\n{}, of:\n{}\n{rule}\n\n{}\n",
                text.licence,
                wrapped(&users),
                text.text
            );
        }
        page
    }
}

/// Names with commas between them, in lines of a terminal.
fn wrapped(names: &[String]) -> String {
    let mut lines = vec![String::from(" ")];
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "" };
        let line = lines.last_mut().expect("never empty");
        if line.len() > 1 && line.len() + name.len() + 2 > 78 {
            lines.push(format!("  {name}{comma}"));
        } else {
            let _ = write!(line, " {name}{comma}");
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_licence_and_every_text_belongs_to_one() {
        let all = licences();
        let mut used = vec![false; all.texts.len()];
        for part in &all.parts {
            assert!(!part.licence.is_empty() && !part.texts.is_empty(), "{part:?}");
            for at in &part.texts {
                used[*at] = true;
            }
        }
        assert!(used.iter().all(|used| *used), "a text that nobody needs");
        for text in &all.texts {
            assert!(!text.licence.is_empty() && text.text.trim().len() > 100, "{text:?}");
            let odd = |c: char| c.is_control() && c != '\n';
            assert!(!text.text.contains(odd), "{}: {:?}", text.licence, text.text.find(odd));
            assert!(
                !text.text.contains("<copyright holders>"),
                "nobody holds the copyright of:\n{}",
                text.text
            );
        }
        let sorted = all.parts.windows(2).all(|pair| {
            let key = |part: &Part| (part.kind, part.name.to_lowercase(), part.version.clone());
            key(&pair[0]) <= key(&pair[1])
        });
        assert!(sorted, "by kind and name");
        for name in [
            "libjpeg-turbo",
            "libwebp",
            "libdeflate",
            "Inter",
            "Hack",
            "Lucide",
            "eframe",
            "png",
            "windows-sys",
            "Rust standard library",
        ] {
            assert!(all.parts.iter().any(|part| part.name == name), "{name} is missing");
        }
    }

    #[test]
    fn parts_are_found_by_name_licence_and_holder() {
        let all = licences();
        let names = |wanted: &str| -> Vec<&str> { all.find(wanted).into_iter().map(|at| all.parts[at].name.as_str()).collect() };
        assert_eq!(all.find("").len(), all.parts.len());
        assert_eq!(names("eFrame crate"), ["eframe"]);
        assert!(names("font ofl").contains(&"Inter"));
        assert!(
            names("viktor szathm").contains(&"libjpeg-turbo"),
            "a holder's name stands only in the text"
        );
        assert!(names("no such thing anywhere").is_empty());
    }

    #[test]
    fn the_page_has_every_part_and_every_text() {
        let all = licences();
        let page = all.page();
        for part in &all.parts {
            assert!(
                page.contains(&format!("  {}: {}\n", part.title(), part.licence)),
                "{}",
                part.title()
            );
        }
        for text in &all.texts {
            assert!(page.contains(&text.text), "{}", text.licence);
        }
        assert!(page.contains("in part on the work of the Independent JPEG Group"));
        let part = &all.parts[all.find("libjpeg-turbo")[0]];
        assert!(part.texts.len() > 1);
        for at in &part.texts {
            assert!(all.text_of(part).contains(&all.texts[*at].text));
        }
    }

    #[test]
    fn names_are_broken_into_lines() {
        let names: Vec<String> = (0..20).map(|n| format!("crate-{n} 1.0.{n}")).collect();
        let text = wrapped(&names);
        assert!(
            text.lines().count() > 2 && text.lines().all(|line| line.len() <= 78 && line.starts_with("  ")),
            "{text}"
        );
        assert_eq!(text.replace('\n', "").split(',').count(), 20);
    }
}
