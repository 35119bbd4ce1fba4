//! What can be typed, and its translation into [`Settings`].

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::adapters::AdaptersOptions;
use super::args_kept::{PurgeOptions, StatusOptions, UndoOptions};
use super::bench::BenchOptions;
use super::typed::{Typed, matte, number, or_none, size, size_or_none, when_or_none, word};
use crate::engine::{
    BackendChoice, Chroma, Collisions, Filter, Fit, Format, Layer, Metadata, Mtime, Originals, Shape, Slice, Verify, WriteMode,
};

/// Shrinks whole folders of images in place, quickly, and without losing one of them.
#[derive(Debug, Parser)]
#[command(name = "shardpress", version)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open the window, as without a command, with these folders in its list
    Window {
        /// Shards or libraries
        folders: Vec<PathBuf>,
    },
    /// Show what a run would do, and predict bytes and time. Touches nothing
    Plan(PlanOptions),
    /// Shrink the images of the folders in place
    Run(RunOptions),
    /// Measure which settings are fastest here, on a copy of a few images. The images themselves are only read
    ///
    /// A few images of the shard with the most work are copied into a hidden folder beside it, on its own drive, and worked on
    /// there, over and over: with the settings in force, and with one of them changed at a time. The images themselves are only
    /// read, and the copy is removed at the end, also after Ctrl-C. The options of `shardpress run` say what is in force.
    Bench(BenchOptions),
    /// Bring shards into order whose run was killed
    Recover(RecoverOptions),
    /// Bring a run back: originals byte for byte, what replaced them removed
    Undo(UndoOptions),
    /// Delete the kept originals of earlier runs for good
    Purge(PurgeOptions),
    /// Show how every shard stands, and what can be undone or purged. Touches nothing
    Status(StatusOptions),
    /// Write a small library of drawn pictures to try the program on
    Sample {
        /// A folder that does not exist yet, or is empty
        dir: PathBuf,
    },
    /// List the presets, or print one as TOML, to keep or to change
    Presets {
        /// Print this one
        name: Option<String>,
    },
    /// Print what a shell needs to complete commands and options
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// A folder; it is created where it is missing
        dir: PathBuf,
    },
    /// Show drives, codecs, graphics cards and limits of this machine
    Doctor {
        /// Folders whose drives are looked at; all drives when none is named
        paths: Vec<PathBuf>,
    },
    /// Print what the program is made of, with the licences of all of it
    #[command(visible_alias = "licenses")]
    Licences,
    /// List the graphics cards of this machine, and which of them would be taken
    Adapters(AdaptersOptions),
    /// Show, convert, sum and compare reports, and list the history
    #[command(subcommand)]
    Report(super::report::ReportCommand),
}

#[derive(Debug, Args)]
pub(super) struct PlanOptions {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do all work but writing, in memory, instead of predicting from a sample
    #[arg(long)]
    pub(super) exact: bool,
    /// Say of every setting where its value comes from
    #[arg(long)]
    pub(super) explain: bool,
    #[command(flatten)]
    pub(super) told: Told,
}

#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do not ask before the first change
    #[arg(long, short)]
    pub(super) yes: bool,
    /// With --yes: begin at once, without the sample that the report compares the outcome with
    #[arg(long)]
    pub(super) no_forecast: bool,
    /// Wait so long, for example 90s or 10m, for each shard that another run works on, after all others [default: leave it out]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) wait: Option<Duration>,
    #[command(flatten)]
    pub(super) told: Told,
}

#[derive(Debug, Args)]
pub(super) struct RecoverOptions {
    /// Shards, or folders of shards
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Look for shards at any depth
    #[arg(long)]
    pub(super) recursive: bool,
    /// Write what happens as JSON lines, one event a line; with - on standard output, and all words on standard error
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
}

/// What `plan`, `run` and `bench` share. No flag has a default here: what is not typed comes from the library's file, the preset, or
/// the program, in this order.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Shards, or folders of shards
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Begin from a preset: one of `shardpress presets`, or a TOML file
    #[arg(long, value_name = "NAME")]
    pub(super) preset: Option<String>,

    /// Side of a replacement that --fit speaks of, pixels [default: 512]
    #[arg(long, value_name = "PIXELS", value_parser = number::<u32>, allow_negative_numbers = true, help_heading = "Pictures")]
    target: Option<Typed<u32>>,
    /// What a picture has to fit: longest or shortest side, a box such as 768x512, or megapixels such as 1.5MP [default: longest]
    #[arg(long, value_name = "longest|shortest|WxH|MP", value_parser = word::<Fit>, help_heading = "Pictures")]
    fit: Option<Typed<Fit>>,
    /// Sides are multiples of this [default: 1]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true, help_heading = "Pictures")]
    multiple_of: Option<Typed<u32>>,
    /// Cover the box, or the multiples, and cut what hangs over
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", conflicts_with = "pad", help_heading = "Pictures")]
    crop: Option<bool>,
    /// Fit into the box, or the multiples, and fill up with the matte
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    pad: Option<bool>,
    /// Enlarge images that are smaller
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    upscale: Option<bool>,
    /// Resampling filter [default: lanczos3]
    #[arg(long, help_heading = "Pictures")]
    filter: Option<FilterArg>,
    /// Resample and flatten in linear light
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    linear: Option<bool>,
    /// Decode JPEGs at a fraction of their size, at least twice that of the replacement: faster, hardly different
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    scaled_decode: Option<bool>,
    /// JPEG quality, 1 to 100 [default: 95]
    #[arg(long, value_name = "1-100", value_parser = number::<u8>, allow_negative_numbers = true, help_heading = "Pictures")]
    quality: Option<Typed<u8>>,
    /// Per image the lowest quality that reaches this SSIMULACRA2 score (90 is hard to tell from the original, 70 is good)
    #[arg(long, value_name = "SCORE", value_parser = or_none::<f64>, allow_negative_numbers = true, help_heading = "Pictures")]
    min_score: Option<Typed<Option<f64>>>,
    /// Chroma subsampling [default: 444]
    #[arg(long, help_heading = "Pictures")]
    chroma: Option<ChromaArg>,
    /// Huffman tables: computed for each image (smaller), or the standard's (faster) [default: optimised]
    #[arg(long, help_heading = "Pictures")]
    huffman: Option<Huffman>,
    /// Write progressive JPEG
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    progressive: Option<bool>,
    /// Colour behind transparent pixels, as R,G,B or #RRGGBB [default: 114,114,114]
    #[arg(long, value_name = "COLOUR", value_parser = matte, help_heading = "Pictures")]
    matte: Option<Typed<[u8; 3]>>,
    /// What a replacement says beside its pixels: nothing, or ICC profile, EXIF and XMP [default: none]
    #[arg(long, help_heading = "Pictures")]
    metadata: Option<MetadataArg>,
    /// With --metadata keep: leave the place where a photo was taken in
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    keep_gps: Option<bool>,
    /// Carry the text chunks of a PNG (generation prompts) into the JPEG
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Pictures")]
    prompts: Option<bool>,

    /// Formats that become JPEG at any size, with commas between them; none: no format [default: png]
    #[arg(long, value_delimiter = ',', value_name = "FORMATS", help_heading = "Choice")]
    convert: Option<Vec<FormatArg>>,
    /// Formats to work on beside PNG, JPEG, WebP and BMP
    #[arg(long, value_delimiter = ',', value_name = "FORMATS", help_heading = "Choice")]
    also: Option<Vec<AlsoArg>>,
    /// Only images whose names match, for example "cat_*"; may be given several times
    #[arg(long, value_name = "GLOB", help_heading = "Choice")]
    include: Vec<String>,
    /// No images whose names match; may be given several times
    #[arg(long, value_name = "GLOB", help_heading = "Choice")]
    exclude: Vec<String>,
    /// Only files of at least this size
    #[arg(long, value_name = "SIZE", value_parser = size_or_none, help_heading = "Choice")]
    min_size: Option<Typed<Option<u64>>>,
    /// Only files of at most this size
    #[arg(long, value_name = "SIZE", value_parser = size_or_none, help_heading = "Choice")]
    max_size: Option<Typed<Option<u64>>>,
    /// Only files modified after this: an age such as 7d or 12h, a date such as 2026-11-01 (UTC), or a time
    #[arg(long, value_name = "WHEN", value_parser = when_or_none, help_heading = "Choice")]
    newer_than: Option<Typed<Option<OffsetDateTime>>>,
    /// Leave images alone whose replacement would not be smaller
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Choice")]
    skip_unless_smaller: Option<bool>,
    /// Leave images alone whose replacement would save less than this part of their bytes
    #[arg(long, value_name = "PERCENT", value_parser = number::<f64>, allow_negative_numbers = true, help_heading = "Choice")]
    min_saving: Option<Typed<f64>>,
    /// Work on so many images at most
    #[arg(long, value_name = "N", value_parser = or_none::<u64>, allow_negative_numbers = true, help_heading = "Choice")]
    limit: Option<Typed<Option<u64>>>,
    /// Look for shards at any depth
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Choice")]
    recursive: Option<bool>,
    /// Only shards of this name; may be given several times
    #[arg(long, value_name = "NAME|GLOB", help_heading = "Choice")]
    shard: Vec<String>,
    /// Begin with the shard of this name, or of this number, counted from 1
    #[arg(long, value_name = "NAME|N", help_heading = "Choice")]
    resume_from: Option<String>,
    /// Only slice I of N slices of the shards, so that several machines share a library
    #[arg(long, value_name = "I/N", value_parser = or_none::<Slice>, help_heading = "Choice")]
    slice: Option<Typed<Option<Slice>>>,

    /// What becomes of an original whose replacement is safe [default: keep]
    #[arg(long, help_heading = "Safety")]
    originals: Option<OriginalsArg>,
    /// Where more than one file wants a name: begin nothing, leave these images alone, or number them [default: block]
    #[arg(long, help_heading = "Safety")]
    collisions: Option<CollisionsArg>,
    /// How a replacement gets its name [default: auto]
    #[arg(long, help_heading = "Safety")]
    write: Option<WriteArg>,
    /// How a replacement is checked before its original may go [default: decode]
    #[arg(long, help_heading = "Safety")]
    verify: Option<VerifyArg>,
    /// Modification time of a replacement: the original's, or when it was written [default: keep]
    #[arg(long, help_heading = "Safety")]
    mtime: Option<MtimeArg>,

    /// Make the fields of sidecars that named the old file, or gave its size, tell of the new one
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Sidecars")]
    update_sidecars: Option<bool>,
    /// Append TAG to the tags of images whose transparency was flattened
    #[arg(long, value_name = "TAG", help_heading = "Sidecars")]
    tag_flattened: Option<String>,

    /// Threads that decode, resize and encode [default: one a core]
    #[arg(long, value_name = "N", value_parser = or_none::<usize>, allow_negative_numbers = true, help_heading = "Machine")]
    workers: Option<Typed<Option<usize>>>,
    /// Reads in flight [default: adapts to the drive]
    #[arg(long, value_name = "N", value_parser = or_none::<usize>, allow_negative_numbers = true, help_heading = "Machine")]
    io: Option<Typed<Option<usize>>>,
    /// Memory for images in flight, for example 512MiB [default: 96 MiB a worker, at least 192 MiB, at most a quarter of RAM]
    #[arg(long, value_name = "SIZE", value_parser = size_or_none, help_heading = "Machine")]
    memory: Option<Typed<Option<u64>>>,
    /// Who resizes: the graphics card where it is measured to win, the processor alone, or the graphics card wherever an image
    /// fits it [default: auto]
    #[arg(long, help_heading = "Machine")]
    backend: Option<BackendArg>,
    /// The graphics card to take, by its name or a part of it; `shardpress adapters` lists them [default: the most promising one]
    #[arg(long, value_name = "NAME", help_heading = "Machine")]
    adapter: Option<String>,
    /// Let other programs go first: processor and drive
    #[arg(long, value_name = "YES", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Machine")]
    low_priority: Option<bool>,
    /// Largest image that is worked on, pixels [default: 268000000]
    #[arg(long, value_name = "PIXELS", value_parser = number::<u64>, allow_negative_numbers = true, help_heading = "Machine")]
    max_pixels: Option<Typed<u64>>,
    /// Largest file that is worked on [default: 512MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Machine")]
    max_file_bytes: Option<Typed<u64>>,
    /// Memory that a single image may take [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Machine")]
    max_image_memory: Option<Typed<u64>>,
    /// Time that a single image may take, seconds [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = number::<u64>, allow_negative_numbers = true, help_heading = "Machine")]
    max_seconds: Option<Typed<u64>>,
    /// Time that it may take on top of that for each of its megapixels, seconds [default: 1]
    #[arg(long, value_name = "SECONDS", value_parser = number::<f64>, allow_negative_numbers = true, help_heading = "Machine")]
    max_seconds_per_megapixel: Option<Typed<f64>>,

    /// Write the report as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) json: Option<PathBuf>,
    /// Write the report; the ending tells the format (.json, .md, .html, .csv). May be given several times
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) report: Vec<PathBuf>,
    /// Print problems only
    #[arg(long, short, help_heading = "Output")]
    pub(super) quiet: bool,
}

/// Who hears what happens while it happens.
#[derive(Debug, Default, Args)]
pub(super) struct Told {
    /// Write what happens as JSON lines, one event a line; with - on standard output, and all words on standard error
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) events: Option<PathBuf>,
}

impl Common {
    /// What was typed, as a layer of settings, and a sentence for each value that makes no sense.
    pub(super) fn flags(&self) -> (Layer, Vec<String>) {
        let mut layer = Layer::default();
        let mut problems = Vec::new();
        let mut wrong = |option: &str, typed: &str, must: &str| problems.push(format!("--{option} is \"{typed}\"; it must be {must}."));
        macro_rules! typed {
            ($option:literal, $typed:expr, $must:literal => $key:literal) => {
                match $typed {
                    Some(Ok(value)) => layer.set($key, serde_json::json!(value)),
                    Some(Err(typed)) => wrong($option, typed, $must),
                    None => {}
                }
            };
        }
        typed!("target", &self.target, "a whole number from 1 to 65,500" => "picture.target");
        typed!("fit", &self.fit, "longest, shortest, a box such as 768x512, or megapixels such as 1.5MP" => "picture.fit");
        typed!("multiple-of", &self.multiple_of, "a whole number from 1 to 1,024" => "picture.multiple_of");
        typed!("quality", &self.quality, "a whole number from 1 to 100" => "picture.quality");
        typed!("min-score", &self.min_score, "a number above 0 and up to 100" => "picture.min_score");
        typed!("matte", &self.matte, "a colour such as 114,114,114 or #727272" => "picture.matte");
        typed!("min-size", &self.min_size, "a size such as 100kB or 2MiB" => "choose.min_size");
        typed!("max-size", &self.max_size, "a size such as 100kB or 2MiB" => "choose.max_size");
        typed!("min-saving", &self.min_saving, "a number of percent from 0 to 100" => "choose.min_saving");
        typed!("limit", &self.limit, "a whole number of images" => "choose.limit");
        typed!("slice", &self.slice, "one of several such as 2/8, counted from 1" => "choose.slice");
        typed!("workers", &self.workers, "a whole number from 1 to 1024" => "machine.workers");
        typed!("io", &self.io, "a whole number from 1 to 1024" => "machine.io");
        typed!("memory", &self.memory, "a size such as 512MiB or 2GB" => "machine.memory");
        typed!("max-pixels", &self.max_pixels, "a whole number of pixels" => "limits.max_pixels");
        typed!("max-file-bytes", &self.max_file_bytes, "a size such as 512MiB or 2GB" => "limits.max_file_bytes");
        typed!("max-image-memory", &self.max_image_memory, "a size such as 512MiB or 2GB" => "limits.max_image_memory");
        typed!("max-seconds", &self.max_seconds, "a whole number of seconds" => "limits.max_seconds");
        typed!("max-seconds-per-megapixel", &self.max_seconds_per_megapixel, "a number of seconds" => "limits.max_seconds_per_megapixel");
        match &self.newer_than {
            Some(Ok(when)) => layer.set("choose.newer_than", when.and_then(|when| when.format(&Rfc3339).ok())),
            Some(Err(typed)) => wrong(
                "newer-than",
                typed,
                "an age such as 7d or 12h, a date such as 2026-11-01, or a time",
            ),
            None => {}
        }
        macro_rules! chosen {
            ($($key:literal: $choice:expr),+ $(,)?) => {$(
                if let Some(choice) = &$choice {
                    layer.set($key, serde_json::json!(choice));
                }
            )+};
        }
        let shape = match (self.crop, self.pad) {
            (Some(true), _) => Some(Shape::Crop),
            (_, Some(true)) => Some(Shape::Pad),
            (None, None) => None,
            _ => Some(Shape::Free),
        };
        // One that is empty takes away what a preset or a library's file asks for.
        let globs = |globs: &[String]| match globs {
            [] => None,
            [none] if none.is_empty() => Some(Vec::new()),
            globs => Some(globs.to_vec()),
        };
        let word = |word: &Option<String>| word.as_ref().map(|word| (!word.is_empty()).then(|| word.clone()));
        chosen! {
            "picture.shape": shape,
            "picture.upscale": self.upscale,
            "picture.filter": self.filter.map(Filter::from),
            "picture.linear": self.linear,
            "picture.scaled_decode": self.scaled_decode,
            "picture.chroma": self.chroma.map(Chroma::from),
            "picture.optimise_huffman": self.huffman.map(|tables| tables == Huffman::Optimised),
            "picture.progressive": self.progressive,
            "picture.metadata": self.metadata.map(Metadata::from),
            "picture.keep_gps": self.keep_gps,
            "picture.prompts": self.prompts,
            "choose.convert": self.convert.as_ref().map(|all| all.iter().filter_map(|f| Option::<Format>::from(*f)).collect::<Vec<_>>()),
            "choose.also": self.also.as_ref().map(|all| all.iter().filter_map(|f| Option::<Format>::from(*f)).collect::<Vec<_>>()),
            "choose.include": globs(&self.include),
            "choose.exclude": globs(&self.exclude),
            "choose.skip_unless_smaller": self.skip_unless_smaller,
            "choose.recursive": self.recursive,
            "choose.shards": globs(&self.shard),
            "choose.resume_from": word(&self.resume_from),
            "safety.originals": self.originals.map(Originals::from),
            "safety.collisions": self.collisions.map(Collisions::from),
            "safety.write": self.write.map(WriteMode::from),
            "safety.verify": self.verify.map(Verify::from),
            "safety.mtime": self.mtime.map(Mtime::from),
            "sidecars.update": self.update_sidecars,
            "sidecars.tag_flattened": word(&self.tag_flattened),
            "machine.backend": self.backend.map(BackendChoice::from),
            "machine.adapter": word(&self.adapter),
            "machine.low_priority": self.low_priority,
        }
        (layer, problems)
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
choice!(FormatArg => Option<Format> {
    Png => Some(Format::Png), Jpeg => Some(Format::Jpeg), Webp => Some(Format::Webp), Bmp => Some(Format::Bmp), Tiff => Some(Format::Tiff), Gif => Some(Format::Gif),
    None = "none" => None,
});
choice!(AlsoArg => Option<Format> { Tiff => Some(Format::Tiff), Gif => Some(Format::Gif), None = "none" => None });
choice!(FilterArg => Filter {
    Lanczos3 => Filter::Lanczos3, CatmullRom = "catmullrom" => Filter::CatmullRom, Mitchell => Filter::Mitchell, Area => Filter::Area,
});
choice!(MetadataArg => Metadata { None => Metadata::None, Keep => Metadata::Keep });
choice!(CollisionsArg => Collisions { Block => Collisions::Block, Skip => Collisions::Skip, Number => Collisions::Number });
choice!(MtimeArg => Mtime { Keep => Mtime::Keep, Now => Mtime::Now });
choice!(OriginalsArg => Originals { Keep => Originals::Keep, Delete => Originals::Delete });
choice!(WriteArg => WriteMode { Auto => WriteMode::Auto, Direct => WriteMode::Direct, Staged => WriteMode::Staged });
choice!(VerifyArg => Verify { Decode => Verify::Decode, Reread => Verify::Reread });
choice!(BackendArg => BackendChoice { Auto => BackendChoice::Auto, Cpu => BackendChoice::Cpu, Gpu => BackendChoice::Gpu });

/// Huffman tables of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Huffman {
    /// Computed for each image.
    Optimised,
    /// The example tables of the JPEG standard.
    Standard,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::engine::{Origin, Settings};

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    fn flags(typed: &str) -> (Layer, Vec<String>) {
        let arguments = Arguments::try_parse_from(typed.split(' ')).expect("judged later");
        let Some(Command::Plan(options)) = arguments.command else {
            panic!("plan")
        };
        options.common.flags()
    }

    #[test]
    fn nothing_typed_is_nothing_chosen() {
        assert_eq!(flags("shardpress plan x"), (Layer::default(), Vec::new()));
    }

    /// Every setting has a flag, and the flag has its effect.
    #[test]
    fn every_setting_can_be_typed() {
        let typed = "shardpress plan x --target 300 --fit 768x512 --multiple-of 64 --crop --upscale --filter area --linear --scaled-decode --quality 80 \
            --min-score 85.5 --chroma 420 --huffman standard --progressive --matte #010203 --metadata keep --keep-gps --prompts \
            --convert webp,bmp --also tiff,gif --include a* --include b* --exclude c* --min-size 1kB --max-size 1MiB \
            --newer-than 2026-11-01 --skip-unless-smaller --min-saving 12.5 --limit 7 --recursive --shard s1 --resume-from s0 --slice 2/8 \
            --originals delete --collisions number --write staged --verify reread --mtime now --update-sidecars --tag-flattened flat \
            --workers 3 --io 5 --memory 1GiB --backend cpu --adapter rtx --low-priority --max-pixels 5 --max-file-bytes 6 --max-image-memory 7 \
            --max-seconds 8 --max-seconds-per-megapixel 0.5";
        let (layer, problems) = flags(&typed.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(problems, Vec::<String>::new());
        let resolved = Settings::resolve(vec![(Origin::Flag, layer)]);
        assert_eq!(resolved.problems, Vec::<String>::new());
        for explained in &resolved.explained {
            assert_eq!(explained.origin, Origin::Flag, "{} has no flag", explained.key);
        }
        let default = Settings::resolve(Vec::new()).explained;
        for (typed, default) in resolved.explained.iter().zip(default) {
            assert!(typed.value != default.value, "{typed:?}");
        }
    }

    #[test]
    fn what_a_preset_turned_on_can_be_turned_off() {
        let (layer, _) = flags("shardpress plan x --progressive=false --convert none");
        let preset = Layer::parse("[picture]\nprogressive = true").expect("sound");
        let settings = Settings::resolve(vec![(Origin::Flag, layer), (Origin::Preset("p".into()), preset)]).settings;
        assert!(!settings.picture.progressive && settings.choose.convert.is_empty());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = "shardpress plan x --target -3 --quality 300 --matte blue --workers many --memory much --max-pixels 1e6 \
            --fit round --slice 3 --newer-than yesterday --io 0 --limit 0";
        let (layer, mut problems) = flags(&typed.split_whitespace().collect::<Vec<_>>().join(" "));
        problems.extend(Settings::resolve(vec![(Origin::Flag, layer)]).problems);
        let expected = [
            "--target is \"-3\"; it must be a whole number from 1 to 65,500.",
            "--fit is \"round\"; it must be longest, shortest, a box such as 768x512, or megapixels such as 1.5MP.",
            "--quality is \"300\"; it must be a whole number from 1 to 100.",
            "--matte is \"blue\"; it must be a colour such as 114,114,114 or #727272.",
            "--slice is \"3\"; it must be one of several such as 2/8, counted from 1.",
            "--workers is \"many\"; it must be a whole number from 1 to 1024.",
            "--memory is \"much\"; it must be a size such as 512MiB or 2GB.",
            "--max-pixels is \"1e6\"; it must be a whole number of pixels.",
            "--newer-than is \"yesterday\"; it must be an age such as 7d or 12h, a date such as 2026-11-01, or a time.",
            "The limit is 0 images; it must be at least 1.",
            "The number of reads in flight is 0; it must be from 1 to 1024.",
        ];
        assert_eq!(problems, expected);
    }
}
