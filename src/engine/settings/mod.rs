//! What a person can choose. Plain values with defaults; [`Settings::problems`] names everything that is
//! wrong with them at once.

mod globs;
mod layers;
mod presets;
mod problems;
mod text;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub(crate) use globs::{Globs, folded, folded_bytes};
pub use layers::{Explained, Layer, Origin, Resolved};
pub use presets::{PRESETS, Preset};
pub use problems::Fault;
pub use text::NotAValue;

/// Every choice of a plan or a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How a replacement looks.
    pub picture: PictureSettings,
    /// Which files are worked on.
    pub choose: ChooseSettings,
    /// What one image may cost.
    pub limits: Limits,
    /// How replacements reach the disk.
    pub safety: SafetySettings,
    /// What becomes of the files beside the images.
    pub sidecars: SidecarSettings,
    /// What the machine gives.
    pub machine: MachineSettings,
}

/// How a replacement looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureSettings {
    /// Side of a replacement that `fit` speaks of, pixels, 1 to 65,500 (the JPEG format ends at 65,535).
    pub target: u32,
    /// What the picture has to fit, the way it is seen.
    pub fit: Fit,
    /// Sides of a replacement are multiples of this, 1 to 1,024; 1: any side. A target or a box that is no multiple counts
    /// as the next one below. Sides become one multiple at least; only one that is shorter than that, and may neither be
    /// enlarged nor padded, stays as it was fitted.
    pub multiple_of: u32,
    /// How a shape that the picture does not have is reached: of a box, or of multiples.
    pub shape: Shape,
    /// Enlarge images that are smaller. Without it no picture is ever enlarged, in either direction.
    pub upscale: bool,
    /// Resampling filter.
    pub filter: Filter,
    /// Resample and flatten in linear light instead of in sRGB's own curve (whose inverse is taken, whatever the profile).
    pub linear: bool,
    /// Decode large JPEGs at a fraction of their size, at least twice that of the replacement, by scaling their transform: faster, and
    /// hardly to be told from a full decode. Only where libjpeg-turbo is built in.
    pub scaled_decode: bool,
    /// JPEG quality on libjpeg's scale, 1 to 100. With `min_score` the highest that is tried.
    pub quality: u8,
    /// Per image the lowest quality that reaches this SSIMULACRA2 score, up to 100.
    pub min_score: Option<f64>,
    /// Chroma subsampling of the replacement.
    pub chroma: Chroma,
    /// Compute Huffman tables for each image instead of taking the standard's: about 14 % fewer bytes.
    pub optimise_huffman: bool,
    /// Progressive JPEG: fewer bytes, slower to decode. Its Huffman tables are always computed for the image.
    pub progressive: bool,
    /// Colour behind transparent pixels, and around padded ones, sRGB.
    pub matte: [u8; 3],
    /// What is said of the picture beside its pixels.
    pub metadata: Metadata,
    /// With [`Metadata::Keep`]: leave the place where it was taken in.
    pub keep_gps: bool,
    /// Carry the text chunks of a PNG (generation prompts) into the JPEG.
    pub prompts: bool,
}

impl Default for PictureSettings {
    fn default() -> Self {
        Self {
            target: 512,
            fit: Fit::Longest,
            multiple_of: 1,
            shape: Shape::Free,
            upscale: false,
            filter: Filter::Lanczos3,
            linear: false,
            scaled_decode: false,
            quality: 95,
            min_score: None,
            chroma: Chroma::C444,
            optimise_huffman: true,
            progressive: false,
            matte: [114, 114, 114],
            metadata: Metadata::None,
            keep_gps: false,
            prompts: false,
        }
    }
}

/// What a picture has to fit. As text: `longest`, `shortest`, `768x512`, `1.5MP`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fit {
    /// Its longest side is the target.
    Longest,
    /// Its shortest side is the target; the longest ends at 65,500 pixels, as the format does.
    Shortest,
    /// It fits into a box; the target does not matter.
    Box {
        /// Pixels, 1 to 65,500.
        width: u32,
        /// Pixels, 1 to 65,500.
        height: u32,
    },
    /// It has so many million pixels at most; the target does not matter.
    Megapixels(f64),
}

/// How a shape that the picture does not have is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A box is fitted into; for multiples each side is rounded to the nearest, down where the picture would have to be
    /// enlarged or has to have so many pixels at most. That stretches it a little.
    #[default]
    Free,
    /// The picture covers the shape (the box, or the largest multiples within the fitted picture), and what hangs over is
    /// cut, evenly on both sides. A picture that does not cover the box, and may not be enlarged, is cut to the box's
    /// proportions: 1000x300 for a box of 512x512 becomes 300x300.
    Crop,
    /// The picture fits into the shape (the box, or the smallest multiples around the fitted picture), and the rest is the
    /// matte, evenly on both sides. A picture that is smaller than the box, and may not be enlarged, is padded to the box's
    /// proportions: 400x300 for a box of 512x512 becomes 400x400.
    Pad,
}

/// Resampling filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// Windowed sinc of three lobes: the sharpest.
    #[default]
    Lanczos3,
    /// Cubic through the samples: sharp, rings less.
    CatmullRom,
    /// Cubic of B = C = 1/3 (Mitchell and Netravali 1988): softer, hardly rings.
    Mitchell,
    /// Mean over the area of an output pixel: no ringing at all.
    Area,
}

/// What a replacement says beside its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metadata {
    /// Nothing; colours are sRGB.
    #[default]
    None,
    /// ICC profile (colours stay as they are in it), EXIF with the orientation reset and without the place, XMP.
    Keep,
}

/// Chroma subsampling, as J:a:b.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chroma {
    /// 4:4:4, colour at full resolution.
    #[serde(rename = "444")]
    C444,
    /// 4:2:2, colour at half the width.
    #[serde(rename = "422")]
    C422,
    /// 4:2:0, colour at half the width and height.
    #[serde(rename = "420")]
    C420,
}

/// Which files are worked on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChooseSettings {
    /// Formats that become JPEG even at or below the target.
    pub convert: Vec<Format>,
    /// Formats worked on beside PNG, JPEG, WebP and BMP: TIFF and still GIF.
    pub also: Vec<Format>,
    /// Look for shards at any depth, not only in the named folder and its direct subfolders.
    pub recursive: bool,
    /// Work only on images whose names match one of these globs; empty: on all.
    pub include: Vec<String>,
    /// Leave images alone whose names match one of these globs.
    pub exclude: Vec<String>,
    /// Work only on files of at least so many bytes.
    pub min_size: Option<u64>,
    /// Work only on files of at most so many bytes.
    pub max_size: Option<u64>,
    /// Work only on files that were modified after this.
    #[serde(with = "time::serde::rfc3339::option")]
    pub newer_than: Option<OffsetDateTime>,
    /// Work only on shards whose names match one of these globs; empty: on all.
    pub shards: Vec<String>,
    /// Begin with the shard of this name, or with the one of this number, counted from 1.
    pub resume_from: Option<String>,
    /// Work only on one of several slices of the shards.
    pub slice: Option<Slice>,
    /// Work on so many images at most.
    pub limit: Option<u64>,
    /// Leave an image alone whose replacement would not be smaller.
    pub skip_unless_smaller: bool,
    /// Leave an image alone whose replacement would not save this part of its bytes, percent, 0 to 100; 0: any.
    pub min_saving: f64,
}

impl Default for ChooseSettings {
    fn default() -> Self {
        Self {
            convert: vec![Format::Png],
            also: Vec::new(),
            recursive: false,
            include: Vec::new(),
            exclude: Vec::new(),
            min_size: None,
            max_size: None,
            newer_than: None,
            shards: Vec::new(),
            resume_from: None,
            slice: None,
            limit: None,
            skip_unless_smaller: false,
            min_saving: 0.0,
        }
    }
}

impl ChooseSettings {
    /// Whether a replacement of `after` bytes may take the place of a file of `before` bytes.
    pub(crate) fn is_worth_it(&self, before: u64, after: u64) -> bool {
        let smaller = !self.skip_unless_smaller || after < before;
        let saved = before as f64 - after as f64;
        smaller && (self.min_saving <= 0.0 || (saved > 0.0 && saved >= before as f64 * self.min_saving / 100.0))
    }
}

/// One of several slices of the shards, chosen by a stable hash of a shard's name. As text: `2/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Which, from 1.
    pub index: u32,
    /// Of how many, at least 1.
    pub of: u32,
}

/// Image formats that are told apart by their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// PNG, APNG included.
    Png,
    /// JPEG of every coding.
    Jpeg,
    /// WebP, lossy or lossless.
    Webp,
    /// Windows and OS/2 bitmaps.
    Bmp,
    /// TIFF; worked on by request.
    Tiff,
    /// GIF; still ones are worked on by request.
    Gif,
}

impl Format {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Gif => "GIF",
        }
    }
}

/// What one image may cost. An image past a limit is left alone, with what it needs and the setting that allows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Width × height, pixels.
    pub max_pixels: u64,
    /// Size of the file, bytes.
    pub max_file_bytes: u64,
    /// Memory to work on the image, bytes.
    pub max_image_memory: u64,
    /// Time on the wall clock from the start of its decode to its verified replacement, seconds, whatever its size: at
    /// least 1.
    pub max_seconds: u64,
    /// The same on top of it for each million pixels, seconds, 0 and fractions allowed.
    pub max_seconds_per_megapixel: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 268_000_000,
            max_file_bytes: 512 << 20,
            max_image_memory: 1 << 30,
            // Together ten times what the slowest codec takes on one core.
            max_seconds: 30,
            max_seconds_per_megapixel: 1.0,
        }
    }
}

/// How replacements reach the disk.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SafetySettings {
    /// What becomes of an original whose replacement is durable.
    pub originals: Originals,
    /// How a replacement gets its name.
    pub write: WriteMode,
    /// How much of a replacement is read again before its original may go.
    pub verify: Verify,
    /// What happens where more than one file wants a name.
    pub collisions: Collisions,
    /// Modification time of a replacement.
    pub mtime: Mtime,
}

/// What happens where more than one file wants a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Collisions {
    /// Nothing is begun.
    #[default]
    Block,
    /// The images are left alone.
    Skip,
    /// All but one get a number behind their stem.
    Number,
}

/// Modification time of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mtime {
    /// The original's.
    #[default]
    Keep,
    /// When it was written.
    Now,
}

/// What becomes of the files beside the images. Without either choice they are never touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SidecarSettings {
    /// Make the fields that named the old file, or gave its size, tell of the new one.
    pub update: bool,
    /// Append this to the tags of images whose transparency was flattened.
    pub tag_flattened: Option<String>,
}

/// What becomes of an original whose replacement is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Originals {
    /// Moved by rename into the shard's `.shardpress`, undoable, purged on request.
    #[default]
    Keep,
    /// Deleted.
    Delete,
}

/// How a replacement gets its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteMode {
    /// What the file system does best.
    #[default]
    Auto,
    /// Created with `O_CREAT|O_EXCL` under its final name.
    Direct,
    /// Written under a name of ours, then renamed without clobbering.
    Staged,
}

/// How much of a replacement is read again before its original may go. There is no `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// The encoded bytes are decoded in memory and compared with the pixels; the file's length is checked.
    #[default]
    Decode,
    /// As `Decode`, and the file is opened again and compared byte for byte.
    Reread,
}

/// What the machine gives. `None` means: chosen by the program.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MachineSettings {
    /// Threads that decode, resize and encode.
    pub workers: Option<usize>,
    /// Reads in flight; pinned when given, otherwise it adapts.
    pub io: Option<usize>,
    /// Bound on the memory of images in flight, bytes.
    pub memory: Option<u64>,
    /// Who resizes.
    pub backend: BackendChoice,
    /// A part of the name of the graphics card to take, whatever its case; without it the most promising one.
    pub adapter: Option<String>,
    /// Let other programs go first: processor and drive.
    pub low_priority: bool,
}

/// Who resizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendChoice {
    /// The processor, and the graphics card where it was measured to win on the images at hand.
    #[default]
    Auto,
    /// The processor's SIMD units alone.
    Cpu,
    /// The graphics card wherever a picture fits; a software one where there is no other.
    Gpu,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_it() {
        for (skip, min_saving, before, after, expected) in [
            (false, 0.0, 100, 200, true),
            (false, 0.0, 100, 100, true),
            (true, 0.0, 100, 99, true),
            (true, 0.0, 100, 100, false),
            (true, 0.0, 0, 0, false),
            (false, 10.0, 100, 90, true),
            (false, 10.0, 100, 91, false),
            (true, 10.0, 1000, 901, false),
            (false, 0.001, 100, 100, false),
            (false, 100.0, 100, 1, false),
            (false, 10.0, 0, 0, false),
        ] {
            let choose = ChooseSettings {
                skip_unless_smaller: skip,
                min_saving,
                ..ChooseSettings::default()
            };
            assert_eq!(choose.is_worth_it(before, after), expected, "{skip} {min_saving} {before} {after}");
        }
    }
}
