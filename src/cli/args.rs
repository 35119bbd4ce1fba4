//! What can be typed, and its translation into [`Settings`].

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::engine::{BackendChoice, Chroma, Originals, Settings, Verify, WriteMode};

/// Shrinks whole folders of images in place, quickly, and without losing one of them.
#[derive(Debug, Parser)]
#[command(name = "shardpress", version)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what a run would do, and predict bytes and time. Touches nothing
    Plan(PlanOptions),
    /// Shrink the images of the folders in place
    Run(RunOptions),
    /// Bring shards into order whose run was killed
    Recover(RecoverOptions),
    /// Write a small library of drawn pictures to try the program on
    Sample {
        /// A folder that does not exist yet, or is empty
        dir: PathBuf,
    },
    /// Show drives, codecs and limits of this machine
    Doctor {
        /// Folders whose drives are looked at; all drives when none is named
        paths: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct PlanOptions {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do all work but writing, in memory, instead of predicting from a sample
    #[arg(long)]
    pub(super) exact: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do not ask before the first change
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct RecoverOptions {
    /// Shards, or folders of shards
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Look for shards at any depth
    #[arg(long)]
    pub(super) recursive: bool,
}

/// A value, or what was typed in its place: all that is wrong is told at once, by [`Common::settings`].
type Typed<T> = Result<T, String>;

/// What `plan` and `run` share.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Shards, or folders of shards
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Longest side of a replacement, pixels
    #[arg(long, default_value = "512", value_name = "PIXELS", value_parser = number::<u32>, allow_negative_numbers = true, help_heading = "Pictures")]
    target: Typed<u32>,
    /// Enlarge images whose longest side is below the target
    #[arg(long, help_heading = "Pictures")]
    upscale: bool,
    /// JPEG quality, 1 to 100
    #[arg(long, default_value = "95", value_name = "1-100", value_parser = number::<u8>, allow_negative_numbers = true, help_heading = "Pictures")]
    quality: Typed<u8>,
    /// Chroma subsampling
    #[arg(long, default_value = "444", help_heading = "Pictures")]
    chroma: ChromaArg,
    /// Huffman tables: computed for each image (smaller), or the standard's (faster)
    #[arg(long, default_value = "optimised", help_heading = "Pictures")]
    huffman: Huffman,
    /// Colour behind transparent pixels, as R,G,B or #RRGGBB
    #[arg(long, default_value = "114,114,114", value_name = "COLOUR", value_parser = matte, help_heading = "Pictures")]
    matte: Typed<[u8; 3]>,

    /// Formats that become JPEG at any size, with commas between them
    #[arg(
        long,
        default_value = "png",
        value_delimiter = ',',
        value_name = "FORMATS",
        help_heading = "Choice"
    )]
    convert: Vec<FormatArg>,
    /// Formats to work on beside PNG, JPEG, WebP and BMP
    #[arg(long, value_delimiter = ',', value_name = "FORMATS", help_heading = "Choice")]
    also: Vec<AlsoArg>,
    /// Look for shards at any depth
    #[arg(long, help_heading = "Choice")]
    recursive: bool,

    /// What becomes of an original whose replacement is safe
    #[arg(long, default_value = "keep", help_heading = "Safety")]
    originals: OriginalsArg,
    /// How a replacement gets its name
    #[arg(long, default_value = "auto", help_heading = "Safety")]
    write: WriteArg,
    /// How a replacement is checked before its original may go
    #[arg(long, default_value = "decode", help_heading = "Safety")]
    verify: VerifyArg,

    /// Threads that decode, resize and encode [default: one a core]
    #[arg(long, value_name = "N", value_parser = number::<usize>, allow_negative_numbers = true, help_heading = "Machine")]
    workers: Option<Typed<usize>>,
    /// Reads in flight [default: adapts to the drive]
    #[arg(long, value_name = "N", value_parser = number::<usize>, allow_negative_numbers = true, help_heading = "Machine")]
    io: Option<Typed<usize>>,
    /// Memory for images in flight, for example 512MiB [default: 96 MiB a worker, at least 192 MiB, at most a quarter of RAM]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Machine")]
    memory: Option<Typed<u64>>,
    /// Who resizes
    #[arg(long, default_value = "cpu", help_heading = "Machine")]
    backend: BackendArg,
    /// Largest image that is worked on, pixels
    #[arg(long, default_value = "268000000", value_name = "PIXELS", value_parser = number::<u64>, allow_negative_numbers = true, help_heading = "Machine")]
    max_pixels: Typed<u64>,
    /// Largest file that is worked on
    #[arg(long, default_value = "512MiB", value_name = "SIZE", value_parser = size, help_heading = "Machine")]
    max_file_bytes: Typed<u64>,
    /// Memory that a single image may take
    #[arg(long, default_value = "1GiB", value_name = "SIZE", value_parser = size, help_heading = "Machine")]
    max_image_memory: Typed<u64>,

    /// Write the report as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) json: Option<PathBuf>,
    /// Write the report; the ending tells the format (.json, .md). May be given several times
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) report: Vec<PathBuf>,
    /// Print problems only
    #[arg(long, short, help_heading = "Output")]
    pub(super) quiet: bool,
}

impl Common {
    /// What was typed, as the engine understands it, and a sentence for each value that makes no sense.
    pub(super) fn settings(&self) -> (Settings, Vec<String>) {
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        let mut wrong = |option: &str, typed: &str, must: &str| problems.push(format!("--{option} is \"{typed}\"; it must be {must}."));
        // Of a value that makes no sense the default stays, so that the rest can be judged.
        macro_rules! take {
            ($option:literal, $typed:expr, $must:literal => $place:expr) => {
                match $typed {
                    Ok(value) => $place = (*value).into(),
                    Err(typed) => wrong($option, typed, $must),
                }
            };
        }
        take!("target", &self.target, "a whole number from 1 to 65,500" => settings.picture.target);
        take!("quality", &self.quality, "a whole number from 1 to 100" => settings.picture.quality);
        take!("matte", &self.matte, "a colour such as 114,114,114 or #727272" => settings.picture.matte);
        if let Some(workers) = &self.workers {
            take!("workers", workers, "a whole number from 1 to 1024" => settings.machine.workers);
        }
        if let Some(io) = &self.io {
            take!("io", io, "a whole number from 1 to 1024" => settings.machine.io);
        }
        if let Some(memory) = &self.memory {
            take!("memory", memory, "a size such as 512MiB or 2GB" => settings.machine.memory);
        }
        take!("max-pixels", &self.max_pixels, "a whole number of pixels" => settings.limits.max_pixels);
        take!("max-file-bytes", &self.max_file_bytes, "a size such as 512MiB or 2GB" => settings.limits.max_file_bytes);
        take!("max-image-memory", &self.max_image_memory, "a size such as 512MiB or 2GB" => settings.limits.max_image_memory);
        settings.picture.upscale = self.upscale;
        settings.picture.chroma = self.chroma.into();
        settings.picture.optimise_huffman = self.huffman == Huffman::Optimised;
        settings.choose.convert = self.convert.iter().map(|f| (*f).into()).collect();
        settings.choose.also = self.also.iter().map(|f| (*f).into()).collect();
        settings.choose.recursive = self.recursive;
        settings.safety.originals = self.originals.into();
        settings.safety.write = self.write.into();
        settings.safety.verify = self.verify.into();
        settings.machine.backend = self.backend.into();
        problems.extend(settings.problems());
        (settings, problems)
    }
}

/// An argument enum and its translation into the engine's.
macro_rules! choice {
    ($name:ident => $target:ty { $($variant:ident $(= $text:literal)? => $value:expr),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum $name { $($(#[value(name = $text)])? $variant),+ }

        impl From<$name> for $target {
            fn from(choice: $name) -> Self {
                match choice { $($name::$variant => $value),+ }
            }
        }
    };
}

choice!(ChromaArg => Chroma { Full = "444" => Chroma::C444, HalfWidth = "422" => Chroma::C422, Half = "420" => Chroma::C420 });
choice!(FormatArg => crate::engine::Format {
    Png => crate::engine::Format::Png, Webp => crate::engine::Format::Webp, Bmp => crate::engine::Format::Bmp,
    Tiff => crate::engine::Format::Tiff, Gif => crate::engine::Format::Gif,
});
choice!(AlsoArg => crate::engine::Format { Tiff => crate::engine::Format::Tiff, Gif => crate::engine::Format::Gif });
choice!(OriginalsArg => Originals { Keep => Originals::Keep, Delete => Originals::Delete });
choice!(WriteArg => WriteMode { Auto => WriteMode::Auto, Direct => WriteMode::Direct, Staged => WriteMode::Staged });
choice!(VerifyArg => Verify { Decode => Verify::Decode, Reread => Verify::Reread });
choice!(BackendArg => BackendChoice { Cpu => BackendChoice::Cpu });

/// Huffman tables of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Huffman {
    /// Computed for each image.
    Optimised,
    /// The example tables of the JPEG standard.
    Standard,
}

/// A whole number.
fn number<T: FromStr>(text: &str) -> Result<Typed<T>, Infallible> {
    Ok(text.trim().parse().map_err(|_| text.to_owned()))
}

/// `R,G,B` or `#RRGGBB`.
fn matte(text: &str) -> Result<Typed<[u8; 3]>, Infallible> {
    let parts: Option<Vec<u8>> = match text.strip_prefix('#') {
        Some(hex) if hex.len() == 6 && hex.is_ascii() => (0..3).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()).collect(),
        Some(_) => None,
        None => text.split(',').map(|part| part.trim().parse::<u8>().ok()).collect(),
    };
    Ok(parts.and_then(|parts| parts.try_into().ok()).ok_or_else(|| text.to_owned()))
}

/// Bytes: `512MiB`, `1.5GB`, `1000000`.
fn size(text: &str) -> Result<Typed<u64>, Infallible> {
    Ok(parse_size::parse_size(text).map_err(|_| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn defaults_typed_are_defaults_meant() {
        let arguments = Arguments::try_parse_from(["shardpress", "plan", "x"]).expect("valid");
        let Some(Command::Plan(options)) = arguments.command else {
            panic!("plan")
        };
        assert_eq!(options.common.settings(), (Settings::default(), Vec::new()));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = "shardpress plan x --target -3 --quality 300 --matte blue --workers many --io 0 --memory much --max-pixels 1e6";
        let arguments = Arguments::try_parse_from(typed.split(' ')).expect("judged later");
        let Some(Command::Plan(options)) = arguments.command else {
            panic!("plan")
        };
        let (_, problems) = options.common.settings();
        let expected = [
            "--target is \"-3\"; it must be a whole number from 1 to 65,500.",
            "--quality is \"300\"; it must be a whole number from 1 to 100.",
            "--matte is \"blue\"; it must be a colour such as 114,114,114 or #727272.",
            "--workers is \"many\"; it must be a whole number from 1 to 1024.",
            "--memory is \"much\"; it must be a size such as 512MiB or 2GB.",
            "--max-pixels is \"1e6\"; it must be a whole number of pixels.",
        ];
        assert_eq!(problems[..6], expected);
        assert!(problems.len() == 7 && problems[6].contains("reads in flight"), "{problems:?}");
    }

    #[test]
    fn colours_and_sizes() {
        for (text, expected) in [
            ("1,2,3", Some([1, 2, 3])),
            ("#0aFF10", Some([10, 255, 16])),
            (" 0, 0 ,255", Some([0, 0, 255])),
            ("256,0,0", None),
            ("1,2", None),
            ("#fff", None),
            ("#ééé", None),
            ("", None),
        ] {
            assert_eq!(matte(text).ok().and_then(Result::ok), expected, "{text}");
        }
        assert_eq!(size("256MiB"), Ok(Ok(256 << 20)));
        assert_eq!(size("2GB"), Ok(Ok(2_000_000_000)));
        assert_eq!(size("much"), Ok(Err("much".to_owned())));
    }
}
