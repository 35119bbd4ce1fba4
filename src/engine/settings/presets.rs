//! The presets that come with the program. Own ones are files of the same form.

/// A preset of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What people call it; compared without regard to case, blanks and dashes.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Its TOML.
    pub text: &'static str,
}

/// All of them, in the order in which they are shown.
pub const PRESETS: [Preset; 4] = [
    Preset {
        name: "Training 512",
        description: "Longest side 512, quality 95 without chroma subsampling: for models that train at 512 pixels.",
        text: include_str!("presets/training-512.toml"),
    },
    Preset {
        name: "Training 1024",
        description: "Longest side 1,024, quality 95 without chroma subsampling: for models that train at 1,024 pixels.",
        text: include_str!("presets/training-1024.toml"),
    },
    Preset {
        name: "Archive photos",
        description: "Longest side 3,840, quality 90, colour profile, EXIF and XMP kept; only what gets at least 10 % smaller.",
        text: include_str!("presets/archive-photos.toml"),
    },
    Preset {
        name: "Small web",
        description: "Longest side 1,600, progressive, quality 80 at 4:2:0, nothing but the picture.",
        text: include_str!("presets/small-web.toml"),
    },
];

impl Preset {
    /// The one that is called `name`.
    pub fn find(name: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| plain(preset.name) == plain(name))
    }
}

/// A name without what people leave out or write differently.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::{Layer, Origin, Settings};

    #[test]
    fn every_preset_is_sound_and_says_what_it_is() {
        for preset in PRESETS {
            let layer = Layer::parse(preset.text).expect(preset.name);
            let resolved = Settings::resolve(vec![(Origin::Preset(preset.name.into()), layer)]);
            assert_eq!(resolved.problems, Vec::<String>::new(), "{}", preset.name);
            assert_eq!(resolved.settings.to_preset(preset.description), preset.text, "{}", preset.name);
        }
    }

    #[test]
    fn names_are_found_as_people_write_them() {
        for (name, found) in [
            ("Training 512", true),
            ("training-512", true),
            ("TRAINING_512", true),
            ("smallweb", true),
            ("training", false),
            ("", false),
        ] {
            assert_eq!(Preset::find(name).is_some(), found, "{name}");
        }
    }
}
