//! What a person can choose. Plain values with defaults; [`Settings::problems`] names everything that is
//! wrong with them at once.

mod problems;

use serde::{Deserialize, Serialize};

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
    /// What the machine gives.
    pub machine: MachineSettings,
}

/// How a replacement looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureSettings {
    /// Longest side of a replacement, pixels, 1 to 65,500 (the JPEG format ends at 65,535).
    pub target: u32,
    /// Enlarge images whose longest side is below the target.
    pub upscale: bool,
    /// JPEG quality on libjpeg's scale, 1 to 100.
    pub quality: u8,
    /// Chroma subsampling of the replacement.
    pub chroma: Chroma,
    /// Compute Huffman tables for each image instead of taking the standard's: about 14 % fewer bytes.
    pub optimise_huffman: bool,
    /// Colour behind transparent pixels, sRGB.
    pub matte: [u8; 3],
}

impl Default for PictureSettings {
    fn default() -> Self {
        Self {
            target: 512,
            upscale: false,
            quality: 95,
            chroma: Chroma::C444,
            optimise_huffman: true,
            matte: [114, 114, 114],
        }
    }
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
}

impl Default for ChooseSettings {
    fn default() -> Self {
        Self {
            convert: vec![Format::Png],
            also: Vec::new(),
            recursive: false,
        }
    }
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 268_000_000,
            max_file_bytes: 512 << 20,
            max_image_memory: 1 << 30,
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
}

/// Who resizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendChoice {
    /// The processor's SIMD units.
    #[default]
    Cpu,
}
