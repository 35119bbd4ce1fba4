//! All settings, each once: the window draws its fields from this table, the command that it offers is written from it, and
//! a test holds it against the settings of the engine and the flags of the command line.

use super::rows::{Choice, Heading, Kind, Optional, Row};

const fn choice(value: &'static str, label: &'static str) -> Choice {
    Choice { value, label }
}

const fn field(
    key: &'static str,
    flags: &'static [&'static str],
    heading: Heading,
    label: &'static str,
    says: &'static str,
    kind: Kind,
) -> Row {
    Row {
        key,
        flags,
        heading,
        label,
        says,
        kind,
        none: None,
        words: "",
    }
}

impl Row {
    const fn words(mut self, words: &'static str) -> Self {
        self.words = words;
        self
    }

    const fn or_none(mut self, hint: &'static str) -> Self {
        self.none = Some(Optional { hint, on: None });
        self
    }

    const fn off_or(mut self, on: &'static str) -> Self {
        self.none = Some(Optional { hint: "Off", on: Some(on) });
        self
    }
}

/// The row of a setting.
pub fn row(key: &str) -> Option<&'static Row> {
    CATALOGUE.iter().find(|row| row.key == key)
}

const THREADS: Kind = Kind::Whole {
    unit: "",
    from: 1,
    to: 1024,
};

/// Every setting, in the order in which they are shown.
pub static CATALOGUE: [Row; 49] = [
    field(
        "picture.target",
        &["target"],
        Heading::Size,
        "Target",
        "Images larger than this are shrunk, none is enlarged.",
        Kind::Whole {
            unit: "px",
            from: 1,
            to: 65_500,
        },
    )
    .words("resize pixels width height resolution"),
    field(
        "picture.fit",
        &["fit"],
        Heading::Size,
        "Fit",
        "What the target is measured against.",
        Kind::Fit,
    )
    .words("longest shortest side box megapixels"),
    field(
        "picture.filter",
        &["filter"],
        Heading::Size,
        "Filter",
        "Lanczos3 keeps the most detail, area is softer.",
        Kind::Choice(&[
            choice("lanczos3", "Lanczos3"),
            choice("catmullrom", "Catmull-Rom"),
            choice("mitchell", "Mitchell"),
            choice("area", "Area"),
        ]),
    )
    .words("resampling interpolation bicubic"),
    field(
        "picture.linear",
        &["linear"],
        Heading::Size,
        "Linear light",
        "Keeps fine bright detail, takes longer.",
        Kind::Switch,
    )
    .words("gamma"),
    field(
        "picture.shape",
        &["crop", "pad"],
        Heading::Size,
        "Shape",
        "For a box or multiples: round the sides, cut what hangs over, or fill up with the matte.",
        Kind::Choice(&[choice("free", "Round"), choice("crop", "Crop"), choice("pad", "Pad")]),
    )
    .words("aspect ratio cut fill letterbox"),
    field(
        "picture.multiple_of",
        &["multiple-of"],
        Heading::Size,
        "Sides are multiples of",
        "Models that work in blocks want 8, 32 or 64; 1 allows any side.",
        Kind::Whole {
            unit: "px",
            from: 1,
            to: 1024,
        },
    )
    .words("bucket divisible"),
    field(
        "picture.upscale",
        &["upscale"],
        Heading::Size,
        "Enlarge smaller images",
        "Brings images up to the target that do not reach it.",
        Kind::Switch,
    )
    .words("upscale grow"),
    field(
        "picture.quality",
        &["quality"],
        Heading::Encoding,
        "Quality",
        "Higher keeps more and takes more bytes.",
        Kind::Whole {
            unit: "",
            from: 1,
            to: 100,
        },
    )
    .words("jpeg compression"),
    field(
        "picture.chroma",
        &["chroma"],
        Heading::Encoding,
        "Chroma",
        "4:4:4 keeps colour edges sharp, 4:2:0 takes fewer bytes.",
        Kind::Choice(&[choice("444", "4:4:4"), choice("422", "4:2:2"), choice("420", "4:2:0")]),
    )
    .words("subsampling colour 444 422 420"),
    field(
        "picture.progressive",
        &["progressive"],
        Heading::Encoding,
        "Progressive",
        "Smaller files that decode more slowly.",
        Kind::Switch,
    ),
    field(
        "picture.min_score",
        &["min-score"],
        Heading::Encoding,
        "Lowest score",
        "Picks the quality per image that still reaches it.",
        Kind::Number {
            unit: "SSIMULACRA2",
            from: 0.0,
            with_from: false,
            to: 100.0,
        },
    )
    .off_or("90")
    .words("perceptual metric automatic quality"),
    field(
        "picture.optimise_huffman",
        &["huffman"],
        Heading::Encoding,
        "Optimised Huffman tables",
        "Computed for each image: smaller files, a little slower to write.",
        Kind::Switch,
    )
    .words("optimized entropy coding"),
    field(
        "picture.matte",
        &["matte"],
        Heading::Colour,
        "Matte",
        "The colour behind transparent pixels and around padded pictures.",
        Kind::Colour,
    )
    .words("background transparency alpha flatten"),
    field(
        "picture.metadata",
        &["metadata"],
        Heading::Metadata,
        "Metadata",
        "Drop all of it, or keep the colour profile, EXIF and XMP.",
        Kind::Choice(&[choice("none", "Drop"), choice("keep", "Keep")]),
    )
    .words("icc exif xmp profile strip"),
    field(
        "picture.keep_gps",
        &["keep-gps"],
        Heading::Metadata,
        "Keep the place",
        "With kept metadata, also where a photo was taken.",
        Kind::Switch,
    )
    .words("gps location privacy"),
    field(
        "picture.prompts",
        &["prompts"],
        Heading::Metadata,
        "Carry prompts",
        "Takes the text of a PNG, such as a generation prompt, over into the JPEG.",
        Kind::Switch,
    )
    .words("text chunks parameters comment"),
    field(
        "safety.mtime",
        &["mtime"],
        Heading::Metadata,
        "Modification time",
        "Of a replacement: the original's, or when it was written.",
        Kind::Choice(&[choice("keep", "The original's"), choice("now", "Now")]),
    )
    .words("date timestamp"),
    field(
        "sidecars.update",
        &["update-sidecars"],
        Heading::Sidecars,
        "Update sidecars",
        "Fields that named the old file, or gave its size, follow the new one.",
        Kind::Switch,
    )
    .words("json captions jsonl"),
    field(
        "sidecars.tag_flattened",
        &["tag-flattened"],
        Heading::Sidecars,
        "Tag flattened images",
        "Added to the tags of images whose transparency was flattened.",
        Kind::Word,
    )
    .or_none("No tag")
    .words("transparent alpha"),
    field(
        "safety.originals",
        &["originals"],
        Heading::Originals,
        "Originals",
        "Kept ones can be brought back until you purge them.",
        Kind::Choice(&[choice("keep", "Keep"), choice("delete", "Delete")]),
    )
    .words("backup undo remove"),
    field(
        "safety.verify",
        &["verify"],
        Heading::Originals,
        "Check before an original goes",
        "Decoded in memory, or also read back from the drive byte for byte.",
        Kind::Choice(&[choice("decode", "Decode"), choice("reread", "Read back")]),
    )
    .words("verify reread compare"),
    field(
        "safety.write",
        &["write"],
        Heading::Originals,
        "How files get their names",
        "Directly under the final name, or under one of ours first; both lose nothing.",
        Kind::Choice(&[choice("auto", "Automatic"), choice("direct", "Direct"), choice("staged", "Staged")]),
    )
    .words("write mode rename temporary"),
    field(
        "safety.collisions",
        &["collisions"],
        Heading::Names,
        "Where several files want one name",
        "Begin nothing, leave these images alone, or number all but one.",
        Kind::Choice(&[
            choice("block", "Begin nothing"),
            choice("skip", "Leave alone"),
            choice("number", "Number"),
        ]),
    )
    .words("collisions conflicts duplicate"),
    field(
        "choose.convert",
        &["convert"],
        Heading::Files,
        "Converted at any size",
        "These formats become JPEG even where they are small enough.",
        Kind::Several(&[
            choice("png", "PNG"),
            choice("jpeg", "JPEG"),
            choice("webp", "WebP"),
            choice("bmp", "BMP"),
            choice("tiff", "TIFF"),
            choice("gif", "GIF"),
        ]),
    )
    .words("formats re-encode"),
    field(
        "choose.also",
        &["also"],
        Heading::Files,
        "Also work on",
        "Beside PNG, JPEG, WebP and BMP; of GIF only still images.",
        Kind::Several(&[choice("tiff", "TIFF"), choice("gif", "GIF")]),
    )
    .words("formats"),
    field(
        "choose.include",
        &["include"],
        Heading::Files,
        "Only images named",
        "Globs such as cat_*, one a line; empty means all.",
        Kind::Globs,
    )
    .words("include pattern filter"),
    field(
        "choose.exclude",
        &["exclude"],
        Heading::Files,
        "No images named",
        "Globs such as *_mask.png, one a line.",
        Kind::Globs,
    )
    .words("exclude pattern skip ignore"),
    field(
        "choose.min_size",
        &["min-size"],
        Heading::Files,
        "Smallest file",
        "Smaller files are left alone.",
        Kind::Bytes { from: 0 },
    )
    .or_none("Any")
    .words("bytes minimum"),
    field(
        "choose.max_size",
        &["max-size"],
        Heading::Files,
        "Largest file",
        "Larger files are left alone.",
        Kind::Bytes { from: 0 },
    )
    .or_none("Any")
    .words("bytes maximum"),
    field(
        "choose.newer_than",
        &["newer-than"],
        Heading::Files,
        "Modified after",
        "An age such as 7d, or a day such as 2026-11-01.",
        Kind::Moment,
    )
    .or_none("Any")
    .words("newer date recent"),
    field(
        "choose.skip_unless_smaller",
        &["skip-unless-smaller"],
        Heading::Files,
        "Only where it gets smaller",
        "Leaves an image alone whose replacement would not be smaller.",
        Kind::Switch,
    )
    .words("skip bytes"),
    field(
        "choose.min_saving",
        &["min-saving"],
        Heading::Files,
        "Least saving",
        "Leaves an image alone that would save less; 0 allows any.",
        Kind::Number {
            unit: "%",
            from: 0.0,
            with_from: true,
            to: 100.0,
        },
    )
    .words("percent minimum"),
    field(
        "choose.limit",
        &["limit"],
        Heading::Files,
        "Most images",
        "Works on so many at most, for a trial.",
        Kind::Whole {
            unit: "",
            from: 1,
            to: u64::MAX,
        },
    )
    .or_none("All")
    .words("limit first trial"),
    field(
        "choose.recursive",
        &["recursive"],
        Heading::Files,
        "Look at any depth",
        "Finds shards in folders within folders.",
        Kind::Switch,
    )
    .words("recursive subfolders"),
    field(
        "choose.shards",
        &["shard"],
        Heading::Files,
        "Only shards named",
        "Names or globs, one a line; empty means all.",
        Kind::Globs,
    )
    .words("folders pattern"),
    field(
        "choose.resume_from",
        &["resume-from"],
        Heading::Files,
        "Begin with the shard",
        "A name, or a number counted from 1.",
        Kind::Word,
    )
    .or_none("The first")
    .words("resume continue"),
    field(
        "choose.slice",
        &["slice"],
        Heading::Files,
        "Slice of the shards",
        "One of several, such as 2/8, so that machines share a library.",
        Kind::Slice,
    )
    .or_none("All")
    .words("cluster array machines"),
    field(
        "machine.workers",
        &["workers"],
        Heading::Speed,
        "Workers",
        "Threads that decode, resize and encode.",
        THREADS,
    )
    .or_none("One a core")
    .words("threads cpu cores parallel"),
    field(
        "machine.io",
        &["io"],
        Heading::Speed,
        "Reads in flight",
        "A network drive wants many, a spinning disk few.",
        THREADS,
    )
    .or_none("Adapts to the drive")
    .words("queue depth concurrency"),
    field(
        "machine.memory",
        &["memory"],
        Heading::Speed,
        "Memory",
        "For images in flight.",
        Kind::Bytes { from: 64 << 20 },
    )
    .or_none("Fits this machine")
    .words("ram budget"),
    field(
        "machine.backend",
        &["backend"],
        Heading::Speed,
        "Resized by",
        "Whoever wins measures both on your own images. The files are the same either way.",
        Kind::Choice(&[
            choice("auto", "Whoever wins"),
            choice("cpu", "Processor"),
            choice("gpu", "Graphics card"),
        ]),
    )
    .words("backend cpu gpu"),
    field(
        "machine.adapter",
        &["adapter"],
        Heading::Speed,
        "Which graphics card",
        "Where there are several. Whether it is used is up to the setting above.",
        Kind::Card,
    )
    .or_none("The most promising one")
    .words("adapter gpu device vulkan metal directx nvidia amd intel"),
    field(
        "machine.low_priority",
        &["low-priority"],
        Heading::Speed,
        "Let other programs go first",
        "Takes what they leave of processor and drive.",
        Kind::Switch,
    )
    .words("low priority nice background"),
    field(
        "picture.scaled_decode",
        &["scaled-decode"],
        Heading::Speed,
        "Scaled JPEG decode",
        "Decodes JPEGs at a fraction of their size, at least twice the target: faster, hardly different.",
        Kind::Switch,
    )
    .words("dct shrink on load libjpeg"),
    field(
        "limits.max_pixels",
        &["max-pixels"],
        Heading::Speed,
        "Largest image",
        "Larger ones are left alone.",
        Kind::Whole {
            unit: "px",
            from: 1,
            to: u64::MAX,
        },
    )
    .words("limit pixels megapixels"),
    field(
        "limits.max_file_bytes",
        &["max-file-bytes"],
        Heading::Speed,
        "Largest file that is read",
        "Guards against files that are no pictures.",
        Kind::Bytes { from: 1 },
    )
    .words("limit bytes"),
    field(
        "limits.max_image_memory",
        &["max-image-memory"],
        Heading::Speed,
        "Most memory for one image",
        "Images that need more are left alone.",
        Kind::Bytes { from: 1 },
    )
    .words("limit ram"),
    field(
        "limits.max_seconds",
        &["max-seconds"],
        Heading::Speed,
        "Most time for one image",
        "Images that take longer are left alone.",
        Kind::Whole {
            unit: "s",
            from: 1,
            to: 86_400,
        },
    )
    .words("limit seconds timeout"),
    field(
        "limits.max_seconds_per_megapixel",
        &["max-seconds-per-megapixel"],
        Heading::Speed,
        "And for each megapixel",
        "On top of it, for large images.",
        Kind::Number {
            unit: "s",
            from: 0.0,
            with_from: true,
            to: 3600.0,
        },
    )
    .words("limit seconds timeout"),
];

#[cfg(test)]
mod tests;
