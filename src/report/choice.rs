//! What a choice and a policy came to, in sentences: images that were passed over, and names that more than one file wants.

use std::path::Path;

use crate::engine::{Collision, Resolution, Why};

use super::format;
use super::make::reason;
use super::name::Name;
use super::value::{CollidingImage, CollisionReport, Report, ResolutionName};

impl CollisionReport {
    /// Of a collision in this shard.
    pub fn new(shard: &Path, collision: &Collision) -> Self {
        let outputs: &[_] = match &collision.resolution {
            Resolution::Numbered(names) => names,
            Resolution::Blocks | Resolution::LeftAlone => &[],
        };
        let images = collision.images.iter().enumerate().map(|(i, name)| CollidingImage {
            name: Name::new(name),
            output: outputs.get(i).and_then(Option::as_deref).map(Name::new),
        });
        Self {
            shard: Name::of_path(shard),
            output: Name::new(&collision.output),
            images: images.collect(),
            stays: collision.stays.as_deref().map(Name::new),
            resolution: match collision.resolution {
                Resolution::Blocks => ResolutionName::Blocks,
                Resolution::LeftAlone => ResolutionName::LeftAlone,
                Resolution::Numbered(_) => ResolutionName::Numbered,
            },
        }
    }

    /// Who wants which name, and what becomes of them. Without the shard.
    pub fn sentence(&self) -> String {
        let names: Vec<String> = self.images.iter().map(|image| image.name.to_string()).collect();
        let (images, output) = (listed(&names), &self.output);
        let wanted = match &self.stays {
            Some(stays) => format!("{images} would become {output}, but {stays} has that name and stays"),
            None if names.len() == 2 => format!("{images} would both become {output}"),
            None => format!("{images} would all become {output}"),
        };
        let alone = match names.len() {
            1 => "it is left alone",
            _ => "they are left alone",
        };
        match self.resolution {
            ResolutionName::Blocks => format!("{wanted}."),
            ResolutionName::LeftAlone => format!("{wanted}; {alone}."),
            ResolutionName::Numbered if self.images.iter().all(|image| image.output.is_none()) => format!("{wanted}; {alone}."),
            ResolutionName::Numbered => {
                let fates: Vec<String> = self.images.iter().map(|image| self.fate(image)).collect();
                format!("{wanted}: {}.", listed(&fates))
            }
        }
    }

    fn fate(&self, image: &CollidingImage) -> String {
        match &image.output {
            Some(output) if *output == image.name => format!("{} keeps its name", image.name),
            Some(output) => format!("{} becomes {output}", image.name),
            None => format!("{} is left alone", image.name),
        }
    }
}

/// `a, b and c`.
fn listed(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A sentence for each reason for which images with or without work were passed over.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let images = || report.shards.iter().flat_map(|shard| &shard.images);
    let number = |why: Why| images().filter(|image| image.reason.as_deref() == Some(reason(why))).count() as u64;
    [
        (Why::NotChosen, "passed over by the choice of names, sizes, times or numbers"),
        (Why::NameTaken, "left alone, since their names are wanted twice"),
        (Why::NotSmaller, "left alone, since their replacements would not save enough"),
    ]
    .into_iter()
    .filter_map(|(why, what)| match number(why) {
        0 => None,
        n => Some(format!("{}: {what}.", format::things(n, "image", "images"))),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[track_caller]
    fn check(images: &[&str], stays: Option<&str>, resolution: Resolution, expected: &str) {
        let collision = Collision {
            output: OsString::from("a.jpg"),
            images: images.iter().map(OsString::from).collect(),
            stays: stays.map(OsString::from),
            resolution,
        };
        assert_eq!(CollisionReport::new(Path::new("s"), &collision).sentence(), expected);
    }

    #[test]
    fn collisions_read_as_sentences() {
        use Resolution::{Blocks, LeftAlone, Numbered};
        check(&["a.png", "a.webp"], None, Blocks, "a.png and a.webp would both become a.jpg.");
        check(
            &["a.png", "a.webp", "a.bmp"],
            None,
            Blocks,
            "a.png, a.webp and a.bmp would all become a.jpg.",
        );
        check(
            &["a.png"],
            Some("A.jpg"),
            Blocks,
            "a.png would become a.jpg, but A.jpg has that name and stays.",
        );
        check(
            &["a\n.png"],
            Some("A.jpg"),
            LeftAlone,
            "a\\n.png would become a.jpg, but A.jpg has that name and stays; it is left alone.",
        );
        check(
            &["a.png", "a.bmp"],
            None,
            LeftAlone,
            "a.png and a.bmp would both become a.jpg; they are left alone.",
        );
        let names = |names: &[Option<&str>]| Numbered(names.iter().map(|n| n.map(OsString::from)).collect());
        check(
            &["a.jpg", "a.png", "a.webp"],
            None,
            names(&[Some("a.jpg"), Some("a-2.jpg"), None]),
            "a.jpg, a.png and a.webp would all become a.jpg: a.jpg keeps its name, a.png becomes a-2.jpg and a.webp is left alone.",
        );
        check(
            &["a.png", "a.webp"],
            Some("a.jpg"),
            names(&[None, None]),
            "a.png and a.webp would become a.jpg, but a.jpg has that name and stays; they are left alone.",
        );
    }
}
