//! One image: from the bytes of a file to the verified bytes of its replacement. Run, exact plan, estimate and preview all
//! come through here, so what is shown is what is written.
//!
//! Decode (or rows, where the picture is too large to be whole in memory), resize, turn upright, encode, decode again and
//! compare. Turning comes after the resize: the same picture for less work, because the filter is the same along both axes.

mod error;
mod guard;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use error::ShrinkError;

use super::metrics::StepTimes;
use super::pixels::{
    self, Channels, DecodeError, DecodeOptions, EncodeOptions, Header, InMemory, Orientation, Pixels, Size, check_limits, probe, turn,
};
use super::resize::{Backend, Scratch, StripError, StripResizer, fit, strip_cost};
use super::settings::{Format, Settings};

/// Memory that working on an image takes beside the bytes of its file: an upper bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// With the decoded picture whole in memory, bytes. May be above the limit for one image where `strips` is not: then
    /// it has to be strips.
    pub(crate) whole: u64,
    /// In strips, bytes; `None` where the format does not allow that, or where it would not keep the limit either.
    pub(crate) strips: Option<u64>,
}

/// What working on an image takes, from its header alone.
///
/// # Errors
/// `OverLimit`: too many pixels, too long a file, or more memory than one image may take, in whichever way.
pub(crate) fn cost(header: &Header, file_len: u64, settings: &Settings) -> Result<Cost, DecodeError> {
    check_limits(header, file_len, &settings.limits)?;
    let to = fit(header.size, settings.picture.target, settings.picture.upscale);
    // Palettes count as one sample and a matte may have a colour: only grey JPEG is grey for sure.
    let channels = match header.format {
        Format::Jpeg if header.samples == 1 => Channels::Grey,
        _ => Channels::Rgb,
    };
    let count = channels.count() as u64;
    let small = to.pixels() * count;
    // The vertical pass comes first: as wide as the source, as high as the result.
    let between = u64::from(header.size.width) * u64::from(to.height) * count;
    // The picture to encode and its turned twin, all coefficients (16 bits, blocks padded) for the Huffman tables, what
    // comes out of it (noise at quality 100 may be larger than its pixels), rows of the check.
    let padded = |side: u32| u64::from(side).next_multiple_of(16);
    let encode = 2 * small + 2 * padded(to.width) * padded(to.height) * count + 2 * small + u64::from(to.width) * count * 200 + (256 << 10);
    let decode = pixels::whole_cost(header, file_len);
    let whole = decode.max(header.size.pixels() * count + between + small).max(encode);
    let limit = settings.limits.max_image_memory;
    let strips = pixels::rows_cost(header).map(|rows| (rows + strip_cost(header.size, channels, to)).max(encode));
    let least = strips.map_or(whole, |strips| strips.min(whole));
    if least > limit {
        return Err(DecodeError::OverLimit {
            needs: least,
            limit,
            what: "bytes of memory",
            setting: "--max-image-memory",
        });
    }
    Ok(Cost {
        whole,
        strips: strips.filter(|&strips| strips <= limit),
    })
}

/// Shrinks images, one after another; every worker thread has its own.
pub(crate) struct Shrinker {
    settings: Settings,
    backend: Arc<dyn Backend>,
    scratch: Scratch,
}

/// A replacement, decoded again and compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shrunk {
    /// The bytes of its file, a JPEG.
    pub(crate) bytes: Vec<u8>,
    /// As seen, before.
    pub(crate) before: Size,
    /// As seen, after.
    pub(crate) after: Size,
    /// The file stores transparency, so the matte may show.
    pub(crate) flattened: bool,
    /// What a person should know about the original although it worked.
    pub(crate) notes: Vec<String>,
    /// Time of each step; loading and writing are not done here.
    pub(crate) steps: StepTimes,
}

/// Time of one image: 30 s, and 1 s a megapixel of the original. Ten times what the slowest codec takes.
fn allowance(size: Size) -> Duration {
    Duration::from_secs(30 + size.pixels() / 1_000_000)
}

impl Shrinker {
    /// A worker's own. `backend` is shared by all of them.
    pub(crate) fn new(settings: &Settings, backend: Arc<dyn Backend>) -> Self {
        Self {
            settings: settings.clone(),
            backend,
            scratch: Scratch::default(),
        }
    }

    /// From the bytes of a file to its replacement, whatever the file's size on screen: whether there is work to do was
    /// decided by the plan. `in_strips`: never hold the decoded picture whole, where [`Cost::strips`] said that this goes
    /// (the resize is then always the CPU's).
    ///
    /// # Errors
    /// Anything that keeps the image from being replaced; a panic of a codec is one of them. Nothing was written.
    pub(crate) fn shrink(&mut self, bytes: &[u8], in_strips: bool) -> Result<Shrunk, ShrinkError> {
        guard::run(|| self.work(bytes, in_strips)).unwrap_or_else(|panic| {
            // A panic may have left the buffers in any state.
            self.scratch = Scratch::default();
            Err(ShrinkError::Panicked(panic))
        })
    }

    fn work(&mut self, bytes: &[u8], in_strips: bool) -> Result<Shrunk, ShrinkError> {
        let mut steps = StepTimes::default();
        let started = Instant::now();
        let header = probe(&mut InMemory(bytes))?;
        cost(&header, bytes.len() as u64, &self.settings)?;
        let options = EncodeOptions {
            quality: self.settings.picture.quality,
            chroma: self.settings.picture.chroma,
            optimise_huffman: self.settings.picture.optimise_huffman,
        };
        let small = self.small(bytes, &header, in_strips, started, &mut steps)?;
        let begun = Instant::now();
        let upright = turn(small.pixels, small.orientation);
        steps.resize_us = steps.resize_us.saturating_add(micros(begun));
        let begun = Instant::now();
        let encoded = pixels::encode(&upright, &options)?;
        steps.encode_us = micros(begun);
        let begun = Instant::now();
        pixels::verify(&encoded, &upright, &options)?;
        steps.verify_us = micros(begun);
        Ok(Shrunk {
            bytes: encoded,
            before: small.orientation.seen(header.size),
            after: upright.size,
            flattened: small.flattened,
            notes: small.notes,
            steps,
        })
    }

    /// Decodes and resizes.
    fn small(
        &mut self,
        bytes: &[u8],
        header: &Header,
        in_strips: bool,
        started: Instant,
        steps: &mut StepTimes,
    ) -> Result<Small, ShrinkError> {
        let to = fit(header.size, self.settings.picture.target, self.settings.picture.upscale);
        let options = DecodeOptions {
            matte: self.settings.picture.matte,
            limits: &self.settings.limits,
            deadline: started.checked_add(allowance(header.size)),
        };
        if in_strips && let Some(mut rows) = pixels::rows(bytes, header, &options)? {
            let mut decoding = Duration::ZERO;
            let resizer = StripResizer::new(rows.size(), rows.channels(), to);
            let next = |buffer: &mut [u8]| {
                let begun = Instant::now();
                let done = rows.next_rows(buffer);
                decoding += begun.elapsed();
                done
            };
            let pixels = resizer.resize(next, &mut self.scratch).map_err(|error| match error {
                StripError::Source(error) => ShrinkError::from(error),
                StripError::Resize(error) => ShrinkError::from(error),
            })?;
            let begun = Instant::now();
            rows.finish()?;
            decoding += begun.elapsed();
            steps.decode_us = u32::try_from(decoding.as_micros()).unwrap_or(u32::MAX);
            steps.resize_us = micros(started).saturating_sub(steps.decode_us);
            return Ok(Small {
                pixels,
                // Only now: a PNG may carry it behind its pixels.
                orientation: rows.orientation(),
                flattened: header.transparent,
                notes: Vec::new(),
            });
        }
        let decoded = pixels::decode(bytes, header, &options)?;
        steps.decode_us = micros(started);
        let begun = Instant::now();
        let pixels = if decoded.pixels.size == to {
            decoded.pixels
        } else {
            self.backend.resize(&decoded.pixels, to, &mut self.scratch)?
        };
        steps.resize_us = micros(begun);
        if pixels.size != to {
            return Err(ShrinkError::Resize(super::resize::ResizeError::Backend(
                "it came out at another size".into(),
            )));
        }
        Ok(Small {
            pixels,
            orientation: decoded.orientation,
            flattened: decoded.flattened,
            notes: decoded.notes,
        })
    }
}

/// A picture at its new size, not yet turned.
struct Small {
    pixels: Pixels,
    orientation: Orientation,
    flattened: bool,
    notes: Vec<String>,
}

fn micros(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}
