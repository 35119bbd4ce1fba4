//! One image and the stages on its way, each to be measured by itself at default settings: 512 pixels, Lanczos3, JPEG of quality 95
//! with full chroma.

use std::sync::Arc;

use crate::engine::pixels::{self, DecodeOptions, EncodeOptions, Header, InMemory, Matte, Pixels, Size, probe};
use crate::engine::resize::{Backend as _, Cpu, Resample, Scratch};
use crate::engine::settings::Settings;
use crate::engine::shrink::Shrinker;

/// An image with what every stage begins from, so that each can be repeated alone.
pub struct Stages {
    bytes: Vec<u8>,
    header: Header,
    settings: Settings,
    options: EncodeOptions,
    pixels: Pixels,
    small: Pixels,
    encoded: Vec<u8>,
    scratch: Scratch,
    shrinker: Shrinker,
}

impl Stages {
    /// Of the bytes of a file. All stages are gone through once.
    ///
    /// # Errors
    /// What the first stage that refuses it says.
    pub fn of(bytes: Vec<u8>) -> Result<Self, String> {
        let settings = Settings::default();
        let header = probe(&mut InMemory(&bytes)).map_err(|error| error.to_string())?;
        let pixels = decoded(&bytes, &header, &settings)?;
        let mut scratch = Scratch::default();
        let small = resized(&pixels, &settings, &mut scratch)?;
        let picture = &settings.picture;
        let options = EncodeOptions {
            quality: picture.quality,
            chroma: picture.chroma,
            optimise_huffman: picture.optimise_huffman,
            progressive: picture.progressive,
        };
        let encoded = pixels::encode(&small, &options).map_err(|error| error.to_string())?;
        pixels::verify(&encoded, &small, &options).map_err(|error| error.to_string())?;
        let mut shrinker = Shrinker::new(&settings, Arc::new(Cpu));
        shrinker.shrink(&bytes, false).map_err(|error| error.to_string())?;
        Ok(Self {
            bytes,
            header,
            options,
            pixels,
            small,
            encoded,
            scratch,
            shrinker,
            settings,
        })
    }

    /// Pixels of the file, and of its replacement.
    pub fn pixels(&self) -> (u64, u64) {
        (self.pixels.size.pixels(), self.small.size.pixels())
    }

    /// Reads the header; whether it could be read.
    pub fn probe(&self) -> bool {
        probe(&mut InMemory(&self.bytes)).is_ok()
    }

    /// Decodes the whole, flattening included; bytes of samples.
    pub fn decode(&self) -> usize {
        decoded(&self.bytes, &self.header, &self.settings).map_or(0, |pixels| pixels.data.len())
    }

    /// Lanczos3 to the target; bytes of samples.
    pub fn resize(&mut self) -> usize {
        resized(&self.pixels, &self.settings, &mut self.scratch).map_or(0, |small| small.data.len())
    }

    /// Encodes what was resized; bytes of the file.
    pub fn encode(&self) -> usize {
        pixels::encode(&self.small, &self.options).map_or(0, |encoded| encoded.len())
    }

    /// Decodes the replacement again and compares; whether it is the picture.
    pub fn verify(&self) -> bool {
        pixels::verify(&self.encoded, &self.small, &self.options).is_ok()
    }

    /// From the bytes of the file to verified bytes of its replacement; their number.
    pub fn whole(&mut self) -> usize {
        self.shrinker.shrink(&self.bytes, false).map_or(0, |shrunk| shrunk.bytes.len())
    }

    /// Packed RGBA over the matte; bytes of samples.
    pub fn flatten(rgba: &[u8]) -> usize {
        matte(&Settings::default()).flatten(rgba).len()
    }
}

fn matte(settings: &Settings) -> Matte {
    Matte {
        colour: settings.picture.matte,
        linear: settings.picture.linear,
    }
}

fn decoded(bytes: &[u8], header: &Header, settings: &Settings) -> Result<Pixels, String> {
    let options = DecodeOptions {
        matte: matte(settings),
        limits: &settings.limits,
        deadline: None,
        keep_profile: false,
        least: None,
    };
    pixels::decode(bytes, header, &options)
        .map(|decoded| decoded.pixels)
        .map_err(|error| error.to_string())
}

/// The longest side at the target; smaller pictures stay.
fn resized(pixels: &Pixels, settings: &Settings, scratch: &mut Scratch) -> Result<Pixels, String> {
    let target = settings.picture.target.min(pixels.size.longest());
    let side = |side: u32| (u64::from(side) * u64::from(target) / u64::from(pixels.size.longest())).max(1) as u32;
    let to = Size {
        width: side(pixels.size.width),
        height: side(pixels.size.height),
    };
    Cpu.resize(pixels, to, Resample::new(&settings.picture), scratch)
        .map_err(|error| error.to_string())
}

/// Every image of `files` shrunk by one worker on this thread; the bytes of all replacements. Never inlined:
/// instructions are counted from its first to its last.
///
/// # Errors
/// What the first image that fails says.
#[inline(never)]
pub fn shrink_all(files: &[Vec<u8>]) -> Result<usize, String> {
    let mut shrinker = Shrinker::new(&Settings::default(), Arc::new(Cpu));
    let mut bytes = 0;
    for file in files {
        bytes += shrinker.shrink(file, false).map_err(|error| error.to_string())?.bytes.len();
    }
    Ok(bytes)
}
