//! One image: from the bytes of a file to the verified bytes of its replacement. Run, exact plan, estimate and preview all
//! come through here, so what is shown is what is written.
//!
//! Decode (or rows, where the picture is too large to be whole in memory), resize, turn upright, cut or pad to the shape
//! that was asked for, encode, decode again and compare. Turning comes after the resize: the same picture for less work,
//! because the filter is the same along both axes.

mod again;
mod card;
mod clock;
mod error;
mod guard;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod mutations;
mod quality;
#[cfg(test)]
mod scaled_tests;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use again::Again;
pub(crate) use card::{Begun, Underway};
use clock::Clock;
pub(crate) use error::ShrinkError;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use guard::run as guarded;
pub(crate) use quality::scoring_cost;
use quality::{Judge, Judged};

use super::metrics::{ImageQuality, StepTimes};
use super::pixels::{
    self, Channels, Colours, DecodeError, DecodeOptions, Decoded, EncodeOptions, Header, Matte, Orientation, Pixels, Size, check_limits,
    metadata, turn,
};
use super::resize::{Backend, Geometry, Poured, Resample, Scratch, StripError, StripResizer, framed, geometry, poured_cost, strip_cost};
use super::settings::{Format, Metadata, PictureSettings, Settings, Shape};

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
    let how = Resample::new(&settings.picture);
    let Geometry { scaled, finished } = geometry(header.orientation.seen(header.size), &settings.picture);
    // As stored; turned, it is as many pixels.
    let to = header.orientation.seen(scaled);
    // Palettes count as one sample and a matte may have a colour: only grey JPEG is grey for sure.
    let channels = match header.format {
        // Padding may bring the matte's colour in.
        Format::Jpeg if header.samples == 1 && (finished == scaled || matte(&settings.picture).is_neutral()) => Channels::Grey,
        _ => Channels::Rgb,
    };
    let count = channels.count() as u64;
    let (resized, small) = (scaled.pixels() * count, finished.pixels() * count);
    let resize = if how.is_wide() {
        strip_cost(header.size, channels, to, how)
    } else {
        poured_cost(header.size, channels, to, how)
    };
    // The resized picture and its turned twin, or the one that is cut or padded.
    let turn = resized + resized.max(small);
    // The picture to encode and its turned twin, all coefficients (16 bits, blocks padded) for the Huffman tables or for
    // progressive scans (to write them, or to read them again for the check), what comes out of it (noise at quality 100
    // may be larger than its pixels), rows of the check.
    let padded = |side: u32| u64::from(side).next_multiple_of(16);
    let coefficients = 2 * padded(finished.width) * padded(finished.height) * count;
    let encode = 2 * small + coefficients + 2 * small + u64::from(finished.longest()) * count * 200 + (256 << 10);
    let beside = metadata::cost(&settings.picture);
    // While a quality is sought, the metric's planes are there beside the encoder's.
    let scoring = settings.picture.min_score.map_or(0, |_| scoring_cost(finished));
    let after = turn.max(encode + beside + scoring);
    let whole = if how.is_wide() {
        (pixels::whole_cost(header, file_len) + beside).max(header.size.pixels() * count + resize)
    } else {
        // Rows are resized while the picture is decoded.
        pixels::poured_cost(header, file_len) + beside + resize
    };
    let whole = whole.max(after);
    let limit = settings.limits.max_image_memory;
    let strips = pixels::rows_cost(header).map(|rows| (rows + beside + strip_cost(header.size, channels, to, how)).max(after));
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
    /// Replacements are judged for a sample.
    judging: bool,
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
    /// Transparency was flattened: the matte shows in at least one pixel of the original.
    pub(crate) flattened: bool,
    /// What a person should know about the original although it worked.
    pub(crate) notes: Vec<String>,
    /// Time of each step; loading and writing are not done here.
    pub(crate) steps: StepTimes,
    /// How good it looks, where that was measured.
    pub(crate) quality: Option<ImageQuality>,
    /// Time of judging that the settings did not ask for; in none of the steps.
    pub(crate) judged: Duration,
}

/// What the encoder is told: here and nowhere else.
fn encode_options(picture: &PictureSettings) -> EncodeOptions {
    EncodeOptions {
        quality: picture.quality,
        chroma: picture.chroma,
        optimise_huffman: picture.optimise_huffman,
        progressive: picture.progressive,
    }
}

fn matte(picture: &PictureSettings) -> Matte {
    Matte {
        colour: picture.matte,
        linear: picture.linear,
    }
}

/// What decoding an image for the settings has to know.
fn decode_options<'a>(settings: &'a Settings, header: &Header, clock: Clock) -> DecodeOptions<'a> {
    DecodeOptions {
        matte: matte(&settings.picture),
        limits: &settings.limits,
        deadline: clock.deadline(),
        keep_profile: keeps_profile(header, &settings.picture),
        least: None,
    }
}

/// How large a picture has to be decoded at least, as stored, where it need not be whole: twice the size it is resized to, so that the
/// filter still decides about every frequency that is left. `None`: the settings want it whole.
fn least(header: &Header, picture: &PictureSettings) -> Option<Size> {
    let scaled = geometry(header.orientation.seen(header.size), picture).scaled;
    let Size { width, height } = header.orientation.seen(scaled);
    let allowed = picture.scaled_decode && !Resample::new(picture).is_wide();
    allowed.then(|| Size {
        width: width.saturating_mul(2),
        height: height.saturating_mul(2),
    })
}

/// Whether samples may stay in the space of their profile: not where grey ones may get a margin in colour.
fn keeps_profile(header: &Header, picture: &PictureSettings) -> bool {
    let may_be_grey = header.samples < 3;
    picture.metadata == Metadata::Keep && !(may_be_grey && picture.shape == Shape::Pad && !matte(picture).is_neutral())
}

impl Shrinker {
    /// A worker's own. `backend` is shared by all of them.
    pub(crate) fn new(settings: &Settings, backend: Arc<dyn Backend>) -> Self {
        Self {
            settings: settings.clone(),
            backend,
            scratch: Scratch::default(),
            judging: false,
        }
    }

    /// Whether the next replacements are also judged, beyond what the settings ask for. Takes about as long again.
    pub(crate) fn judge(&mut self, judging: bool) {
        self.judging = judging;
    }

    /// From the bytes of a file to its replacement, whatever the file's size on screen: whether there is work to do was
    /// decided by the plan. `in_strips`: never hold the decoded picture whole, where [`Cost::strips`] said that this goes
    /// (the resize is then always the CPU's).
    ///
    /// # Errors
    /// Anything that keeps the image from being replaced; a panic of a codec is one of them. Nothing was written.
    pub(crate) fn shrink(&mut self, bytes: &[u8], in_strips: bool) -> Result<Shrunk, ShrinkError> {
        match self.begin(bytes, in_strips)? {
            Begun::Shrunk(shrunk) => Ok(*shrunk),
            Begun::Underway(underway) => self.finish(bytes, *underway),
        }
    }

    /// Runs a step of an image; a panic is an error of that image.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, ShrinkError>) -> Result<T, ShrinkError> {
        guard::run(|| step(self)).unwrap_or_else(|panic| {
            // A panic may have left the buffers in any state.
            self.scratch = Scratch::default();
            Err(ShrinkError::Panicked(panic))
        })
    }

    /// Turns and frames what was resized.
    fn ready(&self, small: Small, header: &Header, steps: &mut StepTimes) -> Ready {
        let begun = Instant::now();
        let before = small.orientation.seen(header.size);
        let around = small.colours.matte(small.pixels.channels, matte(&self.settings.picture));
        let upright = framed(turn(small.pixels, small.orientation), small.finished, around);
        steps.resize_us = steps.resize_us.saturating_add(micros(begun));
        Ready {
            upright,
            before,
            flattened: small.flattened,
            colours: small.colours,
            notes: small.notes,
        }
    }

    /// Encodes, carries over what is said beside the pixels, verifies.
    fn replacement(&self, bytes: &[u8], header: &Header, ready: &Ready, mut steps: StepTimes, clock: Clock) -> Result<Shrunk, ShrinkError> {
        let upright = &ready.upright;
        let mut options = encode_options(&self.settings.picture);
        let begun = Instant::now();
        clock.check()?;
        let found = metadata::collect(bytes, header, &self.settings.picture);
        let (jpeg, mut quality) = self.encoded(upright, &mut options, clock)?;
        let carried = found.prepare(&self.settings.picture, &ready.colours, upright.size);
        let encoded = carried.insert(jpeg);
        clock.check()?;
        steps.encode_us = micros(begun);
        let begun = Instant::now();
        pixels::verify(&encoded, upright, &options)?;
        clock.check()?;
        steps.verify_us = micros(begun);
        let begun = Instant::now();
        if self.judging {
            quality = self.judged(upright, &encoded, &options, quality);
        }
        let judged = begun.elapsed();
        Ok(Shrunk {
            quality,
            judged,
            bytes: encoded,
            before: ready.before,
            after: upright.size,
            flattened: ready.flattened,
            notes: [ready.notes.as_slice(), &carried.notes].concat(),
            steps,
        })
    }

    /// Encodes, at the lowest quality that is good enough where that was asked for: `options` then tells it.
    fn encoded(&self, upright: &Pixels, options: &mut EncodeOptions, clock: Clock) -> Result<(Vec<u8>, Option<ImageQuality>), ShrinkError> {
        let Some(least) = self.settings.picture.min_score else {
            return Ok((pixels::encode(upright, options)?, None));
        };
        let Judged { bytes, quality, score } = Judge::new(upright)?.lowest(options, least, || clock.check())?;
        options.quality = quality;
        let looks = ImageQuality {
            quality,
            score,
            bytes_at_highest: None,
        };
        Ok((bytes, Some(looks)))
    }

    /// How good the replacement looks, and what its quality saves against the highest one. Nothing where that cannot be told:
    /// the replacement is none the worse.
    fn judged(&self, upright: &Pixels, encoded: &[u8], options: &EncodeOptions, known: Option<ImageQuality>) -> Option<ImageQuality> {
        let highest = self.settings.picture.quality;
        match known {
            Some(known) if known.quality < highest => {
                let best = EncodeOptions {
                    quality: highest,
                    ..*options
                };
                let bytes_at_highest = pixels::encode(upright, &best).ok().map(|bytes| bytes.len() as u64);
                Some(ImageQuality { bytes_at_highest, ..known })
            }
            Some(known) => Some(ImageQuality {
                bytes_at_highest: Some(encoded.len() as u64),
                ..known
            }),
            None => {
                let judge = Judge::new(upright).ok()?;
                let score = judge
                    .score(encoded, matches!(self.settings.picture.metadata, Metadata::Keep))
                    .ok()?;
                Some(ImageQuality {
                    quality: options.quality,
                    score,
                    bytes_at_highest: None,
                })
            }
        }
    }

    /// Decodes and resizes.
    fn small(&mut self, bytes: &[u8], header: &Header, in_strips: bool, clock: Clock, steps: &mut StepTimes) -> Result<Small, ShrinkError> {
        self.small_in_time(bytes, header, in_strips, clock, steps)
            .map_err(|error| clock.told(error))
    }

    fn small_in_time(
        &mut self,
        bytes: &[u8],
        header: &Header,
        in_strips: bool,
        clock: Clock,
        steps: &mut StepTimes,
    ) -> Result<Small, ShrinkError> {
        let started = Instant::now();
        let how = Resample::new(&self.settings.picture);
        // What is scaled takes no more memory than strips.
        if (!in_strips || self.scales(header))
            && !how.is_wide()
            && self.backend.is_the_processor()
            && let Some(small) = self.poured(bytes, header, clock, steps)?
        {
            return Ok(small);
        }
        let options = decode_options(&self.settings, header, clock);
        if in_strips && let Some(mut rows) = pixels::rows(bytes, header, &options)? {
            let orientation = rows.orientation();
            let (to, finished) = self.sizes(header, bytes.len() as u64, orientation)?;
            let mut decoding = Duration::ZERO;
            let resizer = StripResizer::new(rows.size(), rows.channels(), to, how);
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
                orientation,
                finished,
                flattened: rows.flattened(),
                colours: rows.colours(),
                notes: Vec::new(),
            });
        }
        let decoded = pixels::decode(bytes, header, &options)?;
        steps.decode_us = micros(started);
        clock.check()?;
        self.resized(Cow::Owned(decoded), header, bytes.len() as u64, steps)
    }

    /// Decodes and resizes row by row. `None` where the picture turned out to stand otherwise than its header says, which
    /// decides about the size it is to have.
    fn poured(&mut self, bytes: &[u8], header: &Header, clock: Clock, steps: &mut StepTimes) -> Result<Option<Small>, ShrinkError> {
        let started = Instant::now();
        let (to, finished) = self.sizes(header, bytes.len() as u64, header.orientation)?;
        let how = Resample::new(&self.settings.picture);
        let options = DecodeOptions {
            least: least(header, &self.settings.picture),
            ..decode_options(&self.settings, header, clock)
        };
        let extent = pixels::scaled_extent(header, options.least);
        let mut sink = Poured::new(extent, to, how, &mut self.scratch);
        let Some(poured) = pixels::decode_into(bytes, header, &options, &mut sink)? else {
            return Ok(None);
        };
        if poured.orientation != header.orientation {
            return Ok(None);
        }
        clock.check()?;
        let (pixels, spent) = sink.finish()?;
        steps.resize_us = u32::try_from(spent.as_micros()).unwrap_or(u32::MAX);
        steps.decode_us = micros(started).saturating_sub(steps.resize_us);
        Ok(Some(Small {
            pixels,
            orientation: poured.orientation,
            finished,
            flattened: poured.flattened,
            colours: poured.colours,
            notes: poured.notes,
        }))
    }

    /// Whether the picture is decoded smaller than it is.
    fn scales(&self, header: &Header) -> bool {
        let least = least(header, &self.settings.picture);
        let [width, height] = pixels::scaled_extent(header, least);
        self.backend.is_the_processor() && (width < f64::from(header.size.width) || height < f64::from(header.size.height))
    }

    /// Resizes what was decoded, whole.
    fn resized(&mut self, decoded: Cow<'_, Decoded>, header: &Header, file_len: u64, steps: &mut StepTimes) -> Result<Small, ShrinkError> {
        let how = Resample::new(&self.settings.picture);
        let (to, finished) = self.sizes(header, file_len, decoded.orientation)?;
        let begun = Instant::now();
        let (orientation, flattened, colours) = (decoded.orientation, decoded.flattened, decoded.colours.clone());
        let notes = decoded.notes.clone();
        let pixels = if decoded.pixels.size == to {
            decoded.into_owned().pixels
        } else {
            self.backend.resize(&decoded.pixels, to, how, &mut self.scratch)?
        };
        steps.resize_us = micros(begun);
        if pixels.size != to {
            return Err(ShrinkError::Resize(super::resize::ResizeError::Backend(
                "it came out at another size".into(),
            )));
        }
        Ok(Small {
            pixels,
            orientation,
            finished,
            flattened,
            colours,
            notes,
        })
    }

    /// What the picture is resized to, as stored, and what it is cut or padded to, as seen. A PNG may say how it is to be
    /// turned behind its pixels only, where no header tells: then the cost was counted for another shape.
    fn sizes(&self, header: &Header, file_len: u64, orientation: Orientation) -> Result<(Size, Size), ShrinkError> {
        if orientation != header.orientation {
            let header = Header {
                orientation,
                ..header.clone()
            };
            cost(&header, file_len, &self.settings)?;
        }
        let Geometry { scaled, finished } = geometry(orientation.seen(header.size), &self.settings.picture);
        Ok((orientation.seen(scaled), finished))
    }
}

/// A picture resized, not yet turned.
struct Small {
    pixels: Pixels,
    orientation: Orientation,
    /// The size it gets once it is turned, as seen.
    finished: Size,
    flattened: bool,
    colours: Colours,
    notes: Vec<String>,
}

/// A picture ready to be encoded: as it will be seen.
struct Ready {
    upright: Pixels,
    /// As seen, before.
    before: Size,
    flattened: bool,
    colours: Colours,
    notes: Vec<String>,
}

fn micros(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}
