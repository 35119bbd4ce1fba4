//! One picture, shrunk again and again with settings that change: decoded once, resized only where its size or its
//! resampling changes, encoded every time. For a preview that follows a slider; by the very steps of a run, so that what is
//! shown is what would be written.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::quality::Judge;
use super::{Ready, ShrinkError, Shrinker, Shrunk, clock::Clock, cost, guard, keeps_profile, matte};
use crate::engine::metrics::StepTimes;
use crate::engine::pixels::{self, DecodeOptions, Decoded, Header, InMemory, Matte, Pixels, Size, probe, turn, turned_part};
use crate::engine::resize::{Backend, Resample, StripError, StripResizer};
use crate::engine::settings::{Filter, Metadata, PictureSettings, Settings};

/// Pictures that take more to work on whole are worked on in strips, which gives the same samples, and are decoded anew
/// every time. Bytes.
const WHOLE: u64 = 512 << 20;

/// A picture in memory with what was made of it last.
pub(crate) struct Again {
    shrinker: Shrinker,
    bytes: Vec<u8>,
    header: Header,
    /// One with the samples in sRGB, and one with them in the space of their profile where the settings keep that.
    decoded: Vec<(Decoding, Decoded)>,
    /// What takes more to work on whole is worked on in strips, bytes.
    whole: u64,
    ready: Option<(PictureSettings, Ready)>,
}

/// What a decoded picture depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Decoding {
    matte: Matte,
    keep_profile: bool,
}

/// A picture as it is seen, 8 bits a sample, sRGB.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Upright; smaller than the picture where it is a large one.
    pub(crate) pixels: Pixels,
    /// Of the whole picture.
    pub(crate) size: Size,
    /// The matte shows in at least one pixel.
    pub(crate) flattened: bool,
}

impl Again {
    /// From the bytes of a file.
    ///
    /// # Errors
    /// They are no picture.
    pub(crate) fn new(bytes: Vec<u8>, backend: Arc<dyn Backend>) -> Result<Self, ShrinkError> {
        let header = guard::run(|| probe(&mut InMemory(&bytes))).unwrap_or_else(|panic| Err(pixels::ProbeError::Damaged(panic)))?;
        Ok(Self {
            shrinker: Shrinker::new(&Settings::default(), backend),
            bytes,
            header,
            decoded: Vec::new(),
            whole: WHOLE,
            ready: None,
        })
    }

    /// Works on it in strips, which gives the same samples, where it takes more than so many bytes whole.
    pub(crate) fn whole_up_to(mut self, bytes: u64) -> Self {
        self.whole = bytes;
        self
    }

    /// What its head tells.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The replacement that a run with these settings would write. `None` where `cancelled` said so between two steps.
    ///
    /// # Errors
    /// What keeps a run from replacing it.
    pub(crate) fn shrink(&mut self, settings: &Settings, cancelled: &dyn Fn() -> bool) -> Result<Option<Shrunk>, ShrinkError> {
        self.guarded(|this| this.work(settings, cancelled))
    }

    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, ShrinkError>) -> Result<T, ShrinkError> {
        let result = guard::run(|| work(self));
        result.unwrap_or_else(|panic| {
            // A panic may have left the buffers in any state.
            (self.decoded, self.ready) = (Vec::new(), None);
            self.shrinker.scratch = super::Scratch::default();
            Err(ShrinkError::Panicked(panic))
        })
    }

    fn work(&mut self, settings: &Settings, cancelled: &dyn Fn() -> bool) -> Result<Option<Shrunk>, ShrinkError> {
        let cost = cost(&self.header, self.bytes.len() as u64, settings)?;
        self.shrinker.settings = settings.clone();
        let clock = Clock::since(Instant::now(), self.header.size, &settings.limits);
        let mut steps = StepTimes::default();
        let before_encoding = resized_by(&settings.picture);
        if self.ready.as_ref().is_none_or(|(made_with, _)| *made_with != before_encoding) {
            self.ready = None;
            let strips = cost.strips.is_some() && cost.whole > self.whole;
            let small = if strips || self.shrinker.scales(&self.header) {
                self.shrinker.small(&self.bytes, &self.header, strips, clock, &mut steps)?
            } else {
                let keep = keeps_profile(&self.header, &settings.picture);
                self.decode(settings, keep)?;
                if cancelled() {
                    return Ok(None);
                }
                let decoding = Decoding {
                    matte: matte(&settings.picture),
                    keep_profile: keep,
                };
                let decoded = self.decoded.iter().find(|(how, _)| *how == decoding).map(|(_, decoded)| decoded);
                // `decode` has just put it there.
                let Some(decoded) = decoded else { return Ok(None) };
                let length = self.bytes.len() as u64;
                self.shrinker.resized(Cow::Borrowed(decoded), &self.header, length, &mut steps)?
            };
            let ready = self.shrinker.ready(small, &self.header, &mut steps);
            self.ready = Some((before_encoding, ready));
        }
        if cancelled() {
            return Ok(None);
        }
        let Some((_, ready)) = &self.ready else { return Ok(None) };
        self.shrinker.replacement(&self.bytes, &self.header, ready, steps, clock).map(Some)
    }

    /// Decodes the whole picture unless that was done.
    fn decode(&mut self, settings: &Settings, keep_profile: bool) -> Result<(), ShrinkError> {
        let decoding = Decoding {
            matte: matte(&settings.picture),
            keep_profile,
        };
        if self.decoded.iter().any(|(how, _)| *how == decoding) {
            return Ok(());
        }
        self.decoded.retain(|(how, _)| how.keep_profile != keep_profile);
        let options = DecodeOptions {
            matte: decoding.matte,
            limits: &settings.limits,
            deadline: Clock::since(Instant::now(), self.header.size, &settings.limits).deadline(),
            keep_profile,
            least: None,
        };
        let decoded = pixels::decode(&self.bytes, &self.header, &options)?;
        self.decoded.push((decoding, decoded));
        Ok(())
    }

    /// The original as it is seen: upright, over the matte, in sRGB; at its own size where that is at most `most_pixels`,
    /// otherwise reduced to as many.
    ///
    /// # Errors
    /// It cannot be decoded within the limits.
    pub(crate) fn seen(&mut self, settings: &Settings, most_pixels: u64) -> Result<Seen, ShrinkError> {
        self.guarded(|this| this.look(settings, most_pixels))
    }

    fn look(&mut self, settings: &Settings, most_pixels: u64) -> Result<Seen, ShrinkError> {
        let cost = cost(&self.header, self.bytes.len() as u64, settings)?;
        let small = within(self.header.size, most_pixels);
        // Hardly rings, and takes a quarter of the time of the area mean; nobody judges a replacement by this.
        let how = Resample {
            filter: Filter::Mitchell,
            linear: false,
        };
        let (pixels, orientation, flattened) = if cost.strips.is_some() && cost.whole > self.whole {
            let options = DecodeOptions {
                matte: matte(&settings.picture),
                limits: &settings.limits,
                deadline: Clock::since(Instant::now(), self.header.size, &settings.limits).deadline(),
                keep_profile: false,
                least: None,
            };
            let rows = pixels::rows(&self.bytes, &self.header, &options)?;
            let Some(mut rows) = rows else {
                return Err(pixels::DecodeError::Unsupported("it is too large to be shown".into()).into());
            };
            let orientation = rows.orientation();
            let resizer = StripResizer::new(rows.size(), rows.channels(), small, how);
            let pixels = resizer.resize(|buffer: &mut [u8]| rows.next_rows(buffer), &mut self.shrinker.scratch);
            let pixels = pixels.map_err(|error| match error {
                StripError::Source(error) => ShrinkError::from(error),
                StripError::Resize(error) => ShrinkError::from(error),
            })?;
            (pixels, orientation, rows.flattened())
        } else {
            self.decode(settings, false)?;
            let found = self.decoded.iter().find(|(how, _)| !how.keep_profile);
            let Some((_, decoded)) = found else {
                return Err(ShrinkError::Panicked("a decoded picture is gone".into()));
            };
            let pixels = if small == decoded.pixels.size {
                decoded.pixels.clone()
            } else {
                self.shrinker
                    .backend
                    .resize(&decoded.pixels, small, how, &mut self.shrinker.scratch)?
            };
            (pixels, decoded.orientation, decoded.flattened)
        };
        Ok(Seen {
            pixels: turn(pixels, orientation),
            size: orientation.seen(self.header.size),
            flattened,
        })
    }

    /// A part of the original, as [`seen`](Self::seen), at its own size. `None` where it lies outside, or where the picture is
    /// too large to be held whole.
    pub(crate) fn part(&self, at: (u32, u32), size: Size) -> Option<Pixels> {
        let (_, decoded) = self.decoded.iter().find(|(how, _)| !how.keep_profile)?;
        turned_part(&decoded.pixels, decoded.orientation, at, size)
    }

    /// How good a replacement looks that was made last by [`shrink`](Self::shrink): against the very pixels that were encoded.
    ///
    /// # Errors
    /// The metric refuses the picture.
    pub(crate) fn score(&mut self, shrunk: &Shrunk) -> Result<Option<f64>, ShrinkError> {
        if let Some(known) = &shrunk.quality {
            return Ok(Some(known.score));
        }
        self.guarded(|this| {
            let Some((picture, ready)) = &this.ready else { return Ok(None) };
            let judge = Judge::new(&ready.upright)?;
            Ok(Some(judge.score(&shrunk.bytes, picture.metadata == Metadata::Keep)?))
        })
    }

    /// The pixels that were encoded last.
    pub(crate) fn encoded_from(&self) -> Option<&Pixels> {
        self.ready.as_ref().map(|(_, ready)| &ready.upright)
    }
}

/// The settings with everything that matters only after the resize set to one value.
fn resized_by(picture: &PictureSettings) -> PictureSettings {
    let any = PictureSettings::default();
    PictureSettings {
        quality: any.quality,
        min_score: any.min_score,
        chroma: any.chroma,
        optimise_huffman: any.optimise_huffman,
        progressive: any.progressive,
        keep_gps: any.keep_gps,
        prompts: any.prompts,
        ..picture.clone()
    }
}

/// The size, or the largest of its shape with so many pixels at most.
fn within(size: Size, most_pixels: u64) -> Size {
    if size.pixels() <= most_pixels {
        return size;
    }
    let scale = (most_pixels as f64 / size.pixels() as f64).sqrt();
    let side = |whole: u32| ((f64::from(whole) * scale) as u32).clamp(1, whole);
    Size {
        width: side(size.width),
        height: side(size.height),
    }
}
