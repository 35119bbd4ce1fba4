//! How good a replacement looks, and the lowest quality that looks good enough.
//!
//! SSIMULACRA2 (Cloudinary's metric, by the crate `fast-ssim2`) of the encoded picture against the very pixels that were
//! encoded: resizing is wanted and not judged. 100 is the same picture, 90 cannot be told from it side by side, 70 is
//! good, 50 fair; there is no lower end.

use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};

use crate::engine::pixels::{self, Channels, EncodeError, EncodeOptions, Pixels, Size};

/// Below this libjpeg's scale knows only blocks.
const LOWEST_QUALITY: u8 = 5;

/// Where the search begins: photographs reach the usual scores around here.
const FIRST_QUALITY: u8 = 82;

/// Memory of scoring, bytes for each pixel: the pyramid of the reference and the planes of a comparison. The peak of the
/// program grew by 118 bytes for each of four million pixels.
const BYTES_A_PIXEL: u64 = 130;

/// A larger picture is judged by a part of it in the middle with as many pixels.
const MOST_PIXELS: u64 = 2 << 20;

/// What the metric needs beside the picture, bytes.
pub(crate) fn scoring_cost(size: Size) -> u64 {
    size.pixels().min(MOST_PIXELS) * BYTES_A_PIXEL
}

/// Judges encodings of one picture.
pub(super) struct Judge<'p> {
    pixels: &'p Pixels,
    /// The part that is looked at.
    part: Part,
    reference: Ssimulacra2Reference,
}

/// An encoding that was judged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// On libjpeg's scale.
    pub(super) quality: u8,
    /// SSIMULACRA2.
    pub(super) score: f64,
}

/// Why there is no score.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ScoreError {
    /// The metric refused the picture.
    #[error("its quality could not be measured: {0}")]
    Metric(String),
    /// What was encoded does not decode.
    #[error("what was encoded cannot be decoded again: {0}")]
    Decode(#[from] pixels::DecodeError),
    /// It could not be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A rectangle of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    left: u32,
    top: u32,
    size: Size,
}

impl Part {
    /// All of it, or its middle in the same shape.
    fn of(size: Size) -> Self {
        if size.pixels() <= MOST_PIXELS {
            return Self { left: 0, top: 0, size };
        }
        let scale = (MOST_PIXELS as f64 / size.pixels() as f64).sqrt();
        let side = |whole: u32| ((f64::from(whole) * scale) as u32).clamp(1, whole);
        let part = Size {
            // A sliver keeps its short side whole.
            width: side(size.width),
            height: side(size.height),
        };
        Self {
            left: (size.width - part.width) / 2,
            top: (size.height - part.height) / 2,
            size: part,
        }
    }

    /// That part of a picture, as the metric wants it.
    fn view<'p>(self, pixels: &'p Pixels) -> Result<PixelSlice<'p>, ScoreError> {
        let (channels, descriptor) = match pixels.channels {
            Channels::Grey => (1, PixelDescriptor::GRAY8_SRGB),
            Channels::Rgb => (3, PixelDescriptor::RGB8_SRGB),
        };
        let stride = pixels.size.width as usize * channels;
        let first = self.top as usize * stride + self.left as usize * channels;
        PixelSlice::new(&pixels.data[first..], self.size.width, self.size.height, stride, descriptor)
            .map_err(|error| ScoreError::Metric(error.to_string()))
    }
}

impl<'p> Judge<'p> {
    /// Makes ready to judge encodings of `pixels`.
    pub(super) fn new(pixels: &'p Pixels) -> Result<Self, ScoreError> {
        let part = Part::of(pixels.size);
        let reference = Ssimulacra2Reference::new(&part.view(pixels)?).map_err(|error| ScoreError::Metric(error.to_string()))?;
        Ok(Self { pixels, part, reference })
    }

    /// The score of an encoding, which must be of the same size and channels; `keep_profile`: its samples are in the space of
    /// its own profile, as those it was made from.
    pub(super) fn score(&self, encoded: &[u8], keep_profile: bool) -> Result<f64, ScoreError> {
        let decoded = pixels::decode_ours(encoded, keep_profile)?;
        self.reference
            .compare(&self.part.view(&decoded.pixels)?)
            .map_err(|error| ScoreError::Metric(error.to_string()))
    }

    /// Encodes with `options` and judges that.
    fn judge(&self, options: &EncodeOptions) -> Result<Judged, ScoreError> {
        let bytes = pixels::encode(self.pixels, options)?;
        let score = self.score(&bytes, false)?;
        Ok(Judged {
            bytes,
            quality: options.quality,
            score,
        })
    }

    /// The encoding of the lowest quality, up to that of `options`, that reaches `least`; where none does, that of the highest.
    ///
    /// Scores grow with quality but for noise. So this looks up or down from [`FIRST_QUALITY`] in growing steps until the
    /// answer is between two qualities, then halves: nine encodings at most. It begins with nothing learnt from other
    /// pictures, so that a picture's replacement is the same whenever it is made.
    ///
    /// `in_time` is asked before every attempt; its error ends the search.
    pub(super) fn lowest<E: From<ScoreError>>(
        &self,
        options: &EncodeOptions,
        least: f64,
        in_time: impl Fn() -> Result<(), E>,
    ) -> Result<Judged, E> {
        let highest = options.quality;
        let lowest = LOWEST_QUALITY.min(highest);
        let mut step: u8 = 6;
        let mut next = FIRST_QUALITY.clamp(lowest, highest);
        let mut reached: Option<Judged> = None;
        let mut failed: Option<u8> = None;
        loop {
            in_time()?;
            let tried = self.judge(&EncodeOptions { quality: next, ..*options })?;
            if tried.score >= least {
                reached = Some(tried);
            } else if next == highest {
                return Ok(tried);
            } else {
                failed = Some(next);
            }
            next = match (&reached, failed) {
                (Some(best), Some(failed)) => u8::midpoint(failed, best.quality),
                (Some(best), None) => best.quality.saturating_sub(step).max(lowest),
                (None, failed) => failed.unwrap_or(lowest).saturating_add(step).min(highest),
            };
            step = step.saturating_mul(2);
            match reached {
                Some(best) if best.quality == lowest || failed.is_some_and(|failed| failed + 1 >= best.quality) => return Ok(best),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::Chroma;

    fn in_time() -> Result<(), ScoreError> {
        Ok(())
    }

    /// A picture with edges, gradients and texture.
    fn picture(width: u32, height: u32, channels: Channels) -> Pixels {
        let mut data = Vec::new();
        let mut noise = 7_u32;
        for y in 0..height {
            for x in 0..width {
                for c in 0..channels.count() as u32 {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let edge = if (x / 16 + y / 24).is_multiple_of(2) { 60 } else { 0 };
                    data.push((x * 97 / width + y * 61 / height + edge + (noise >> 28) + 9 * c).min(255) as u8);
                }
            }
        }
        Pixels {
            size: Size { width, height },
            channels,
            data,
        }
    }

    fn options(quality: u8) -> EncodeOptions {
        EncodeOptions {
            quality,
            chroma: Chroma::C444,
            optimise_huffman: true,
            progressive: false,
        }
    }

    #[test]
    fn scores_grow_with_quality() {
        for channels in [Channels::Rgb, Channels::Grey] {
            let pixels = picture(200, 150, channels);
            let judge = Judge::new(&pixels).expect("a picture");
            let scores: Vec<f64> = [10, 40, 70, 95].map(|q| judge.judge(&options(q)).expect("judged").score).into();
            assert!(
                scores.windows(2).all(|pair| pair[0] < pair[1]) && scores[3] > 80.0 && scores[0] < 70.0,
                "{scores:?}"
            );
        }
    }

    /// The one below it does not reach the score.
    #[test]
    fn the_lowest_quality_is_found() {
        let pixels = picture(160, 120, Channels::Rgb);
        let judge = Judge::new(&pixels).expect("a picture");
        let scores: Vec<f64> = (1..=95).map(|q| judge.judge(&options(q)).expect("judged").score).collect();
        for least in [40.0, 60.0, 75.0, 85.0] {
            let found = judge.lowest(&options(95), least, in_time).expect("found");
            let at = usize::from(found.quality) - 1;
            assert!(found.score >= least && found.score == scores[at], "{least} {}", found.quality);
            assert!(
                found.quality == LOWEST_QUALITY || scores[at - 1] < least,
                "{least} {}",
                found.quality
            );
        }
        let never = judge.lowest(&options(60), 99.9, in_time).expect("the highest");
        assert_eq!(never.quality, 60, "a score out of reach takes the highest quality");
        assert_eq!(
            judge.lowest(&options(3), -1e9, in_time).expect("tiny").quality,
            3,
            "the setting may be below the scale"
        );
    }

    #[test]
    fn large_and_tiny_pictures_are_judged_by_what_they_have() {
        for (size, part) in [
            ((100, 50), (100, 50)),
            ((2048, 1024), (2048, 1024)),
            ((8192, 2048), (2896, 724)),
            ((65_500, 100), (37062, 56)),
        ] {
            let found = Part::of(Size {
                width: size.0,
                height: size.1,
            });
            assert_eq!((found.size.width, found.size.height), part, "{size:?}");
        }
        for (width, height) in [(1, 1), (1, 40), (9, 7)] {
            let pixels = picture(width, height, Channels::Rgb);
            let judge = Judge::new(&pixels).expect("a picture");
            assert!(judge.judge(&options(95)).expect("judged").score > 50.0, "{width}x{height}");
        }
    }
}
