//! The processor, on the calling thread: our own kernels (`narrow`, and `wide` for what needs 16-bit samples), and
//! `fast_image_resize` for the horizontal pass where the processor has no AVX2 and for strips.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{CpuExtensions, FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::{Backend, Resample, ResizeError, Scratch, bytes, poured, wide};
use crate::engine::pixels::{Channels, Pixels, Size};
use crate::engine::settings::Filter;

/// Resizes on the calling thread.
#[derive(Debug, Default)]
pub(crate) struct Cpu;

/// The largest intermediate picture that is kept for the next one, bytes: that of a source of 10,000 columns at the default
/// target. A rare giant must not stay in every worker's memory.
const KEPT: usize = 16 << 20;

/// The resizer with its intermediate picture.
#[derive(Debug, Default)]
pub(super) struct CpuScratch {
    resizer: Resizer,
}

impl Backend for Cpu {
    fn name(&self) -> String {
        let unit = match Resizer::new().cpu_extensions() {
            #[cfg(target_arch = "x86_64")]
            CpuExtensions::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            CpuExtensions::Sse4_1 => "SSE4.1",
            #[cfg(target_arch = "aarch64")]
            CpuExtensions::Neon => "NEON",
            _ => "no SIMD",
        };
        format!("CPU (fast_image_resize, {unit})")
    }

    fn resize(&self, source: &Pixels, to: Size, how: Resample, scratch: &mut Scratch) -> Result<Pixels, ResizeError> {
        if how.is_wide() {
            return wide::resize(source, to, how);
        }
        poured::whole(source, to, how, scratch)
    }

    fn is_the_processor(&self) -> bool {
        true
    }
}

/// From one packed buffer into another, in 8-bit samples, all by the library.
pub(super) fn resize_into(
    source: &[u8],
    from: Size,
    target: &mut [u8],
    to: Size,
    channels: Channels,
    filter: Filter,
    scratch: &mut Scratch,
) -> Result<(), ResizeError> {
    let resizer = &mut scratch.cpu.resizer;
    library(source, from, f64::from(from.width), target, to, channels, filter, resizer)?;
    if resizer.size_of_internal_buffers() > KEPT {
        resizer.reset_internal_buffers();
    }
    Ok(())
}

/// As [`resize_into`], by a resizer of the caller's, of the first `extent` columns, the last of which may be covered in part.
#[allow(clippy::too_many_arguments, reason = "two buffers with their sizes, and how one becomes the other")]
pub(super) fn library(
    source: &[u8],
    from: Size,
    extent: f64,
    target: &mut [u8],
    to: Size,
    channels: Channels,
    filter: Filter,
    resizer: &mut Resizer,
) -> Result<(), ResizeError> {
    for (have, want) in [(source.len(), bytes(from, channels)), (target.len(), bytes(to, channels))] {
        if have != want {
            return Err(ResizeError::Buffer { have, want });
        }
    }
    let kind = match channels {
        Channels::Grey => PixelType::U8,
        Channels::Rgb => PixelType::U8x3,
    };
    let filter = match filter {
        Filter::Lanczos3 => FilterType::Lanczos3,
        Filter::CatmullRom => FilterType::CatmullRom,
        Filter::Mitchell => FilterType::Mitchell,
        // Its `Box` takes whole source pixels, those whose centres lie within; that is no mean of an area.
        Filter::Area => return Err(ResizeError::Backend("the area mean has no 8-bit kernel".into())),
    };
    let failed = |error: &dyn std::fmt::Display| ResizeError::Backend(error.to_string());
    let source = ImageRef::new(from.width, from.height, source, kind).map_err(|error| failed(&error))?;
    let mut target = Image::from_slice_u8(to.width, to.height, target, kind).map_err(|error| failed(&error))?;
    // Pixels are flattened already: there is no alpha to premultiply.
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .use_alpha(false)
        .crop(0.0, 0.0, extent, f64::from(from.height));
    resizer.resize(&source, &mut target, &options).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(width: u32, height: u32, channels: Channels, value: u8) -> Pixels {
        let size = Size { width, height };
        Pixels {
            size,
            channels,
            data: vec![value; bytes(size, channels)],
        }
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        for channels in [Channels::Grey, Channels::Rgb] {
            for (width, height) in [(1, 1), (3, 200), (301, 17), (64, 64)] {
                let mut scratch = Scratch::default();
                let to = Size { width: 31, height: 15 };
                let small = Cpu
                    .resize(&flat(width, height, channels, 77), to, Resample::default(), &mut scratch)
                    .unwrap();
                assert_eq!(small, flat(31, 15, channels, 77));
            }
        }
    }

    #[test]
    fn the_same_size_is_a_copy_and_a_wrong_buffer_an_error() {
        let mut picture = flat(5, 4, Channels::Rgb, 1);
        picture.data[7] = 200;
        let mut scratch = Scratch::default();
        assert_eq!(
            Cpu.resize(&picture, picture.size, Resample::default(), &mut scratch).unwrap(),
            picture
        );
        picture.data.pop();
        assert_eq!(
            Cpu.resize(&picture, Size { width: 2, height: 2 }, Resample::default(), &mut scratch),
            Err(ResizeError::Buffer { have: 59, want: 60 })
        );
    }

    #[test]
    fn it_is_the_filter_of_its_name() {
        // Against the filters as published, in floating point and without the rounding of the intermediate picture.
        fn lanczos3(x: f64) -> f64 {
            let sinc = |x: f64| {
                if x == 0.0 {
                    1.0
                } else {
                    (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI)
                }
            };
            if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
        }
        /// Mitchell and Netravali 1988, equation 8.
        fn cubic(x: f64, b: f64, c: f64) -> f64 {
            let x = x.abs();
            let value = if x < 1.0 {
                (12.0 - 9.0 * b - 6.0 * c) * x.powi(3) + (-18.0 + 12.0 * b + 6.0 * c) * x.powi(2) + 6.0 - 2.0 * b
            } else if x < 2.0 {
                (-b - 6.0 * c) * x.powi(3) + (6.0 * b + 30.0 * c) * x.powi(2) + (-12.0 * b - 48.0 * c) * x + 8.0 * b + 24.0 * c
            } else {
                0.0
            };
            value / 6.0
        }
        fn check(filter: Filter, kernel: impl Fn(f64) -> f64) {
            let axis = |from: usize, to: usize| -> Vec<Vec<f64>> {
                let scale = from as f64 / to as f64;
                let row = |o: usize| -> Vec<f64> {
                    let center = (o as f64 + 0.5) * scale - 0.5;
                    let weights: Vec<f64> = (0..from).map(|i| kernel((i as f64 - center) / scale)).collect();
                    let sum: f64 = weights.iter().sum();
                    weights.iter().map(|w| w / sum).collect()
                };
                (0..to).map(row).collect()
            };
            let (width, height, to) = (97, 61, Size { width: 40, height: 25 });
            let mut picture = flat(width, height, Channels::Grey, 0);
            for (i, sample) in picture.data.iter_mut().enumerate() {
                *sample = ((i as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
            }
            let how = Resample { filter, linear: false };
            let small = Cpu.resize(&picture, to, how, &mut Scratch::default()).unwrap();
            let (across, down) = (axis(97, 40), axis(61, 25));
            for (o, sample) in small.data.iter().enumerate() {
                let (x, y) = (o % 40, o / 40);
                let mut exact = 0.0;
                for (j, wy) in down[y].iter().enumerate() {
                    for (i, wx) in across[x].iter().enumerate() {
                        exact += wx * wy * f64::from(picture.data[j * 97 + i]);
                    }
                }
                assert!(
                    (exact.clamp(0.0, 255.0) - f64::from(*sample)).abs() < 2.0,
                    "{filter:?} {x},{y}: {exact} and {sample}"
                );
            }
        }
        check(Filter::Lanczos3, lanczos3);
        check(Filter::CatmullRom, |x| cubic(x, 0.0, 0.5));
        check(Filter::Mitchell, |x| cubic(x, 1.0 / 3.0, 1.0 / 3.0));
    }
}
