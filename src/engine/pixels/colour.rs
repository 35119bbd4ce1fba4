//! From a picture's own colour space to sRGB, by its embedded ICC profile. A profile that cannot be used is never a
//! reason to refuse a picture: its samples are then taken as sRGB, as every viewer does.
//!
//! Relative colorimetric with black point compensation, which is what photographs are converted with elsewhere.
//! `moxcms` has no compensation of its own. It scales XYZ so that the profile's black becomes black (ISO 18619): for
//! a neutral black of luminance `y` under the common white that is `(v - y) / (1 - y)` on every linear sRGB sample,
//! so a table behind the transform does it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use moxcms::{ColorProfile, DataColorSpace, Layout, ParsingOptions, RenderingIntent, Transform8BitExecutor, TransformOptions};

/// Profiles above this are ignored: real ones reach 2 MiB (CMYK presses).
pub(super) const MAX_PROFILE: usize = 4 << 20;
/// Transforms that are kept: pictures of one folder mostly share a profile, and building one costs milliseconds.
const KEPT: usize = 8;
/// Pixels converted at a time, so that the scratch lives on the stack.
const BATCH: usize = 512;
/// A profile whose colours all come out within this of where they went in is sRGB under another name.
const SAME: u8 = 1;

/// Layout of the samples that a profile belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Input {
    /// 8-bit grey.
    Grey8,
    /// 8-bit RGB.
    Rgb8,
    /// 8-bit CMYK, 0 = no ink (files of Adobe store it inverted: the caller turns it back).
    Cmyk8,
}

/// A transform to sRGB. Cheap to clone.
#[derive(Clone)]
pub(super) struct ToSrgb(Arc<Inner>);

enum Inner {
    Grey([u8; 256]),
    Colour {
        transform: Arc<Transform8BitExecutor>,
        /// Black point compensation, where the profile's black is not black.
        table: Option<[u8; 256]>,
    },
}

/// What is known of the profiles seen last, by the hash of their bytes. `None`: no transform.
static SEEN: Mutex<VecDeque<(u128, Input, Option<ToSrgb>)>> = Mutex::new(VecDeque::new());

impl ToSrgb {
    /// From the bytes of an ICC profile. `None` where no transform is needed (the profile is sRGB) or possible
    /// (garbage, of another colour space than `input`, of unreasonable size): samples are then taken as sRGB.
    pub(super) fn new(icc: &[u8], input: Input) -> Option<ToSrgb> {
        if icc.len() > MAX_PROFILE {
            return None;
        }
        let hash = twox_hash::XxHash3_128::oneshot(icc);
        let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, known)) = seen().iter().find(|(h, i, _)| *h == hash && *i == input) {
            return known.clone();
        }
        // Not under the lock: others go on meanwhile, at worst two build the same.
        let built = build(icc, input).map(|inner| ToSrgb(Arc::new(inner)));
        let mut seen = seen();
        if seen.len() >= KEPT {
            seen.pop_front();
        }
        seen.push_back((hash, input, built.clone()));
        built
    }

    /// Converts packed RGB in place; for [`Input::Rgb8`].
    pub(super) fn apply_rgb8(&self, row: &mut [u8]) {
        let Inner::Colour { transform, table } = &*self.0 else { return };
        let mut scratch = [0; BATCH * 3];
        for batch in row.chunks_mut(BATCH * 3) {
            let out = &mut scratch[..batch.len()];
            if transform.transform(batch, out).is_ok() {
                batch.copy_from_slice(out);
                compensate(table, batch);
            }
        }
    }

    /// Converts grey samples in place to sRGB grey; for [`Input::Grey8`].
    pub(super) fn apply_grey8(&self, row: &mut [u8]) {
        let Inner::Grey(table) = &*self.0 else { return };
        for sample in row {
            *sample = table[usize::from(*sample)];
        }
    }

    /// Converts packed pixels of `N` samples in place whose last one is alpha, which stays: 2 for [`Input::Grey8`], 4
    /// for [`Input::Rgb8`].
    pub(super) fn apply_with_alpha<const N: usize>(&self, row: &mut [u8]) {
        // The transforms take pixels without alpha.
        let mut scratch = [0; BATCH * 3];
        for batch in row.as_chunks_mut::<N>().0.chunks_mut(BATCH) {
            let bare = &mut scratch[..batch.len() * (N - 1)];
            for (pixel, bare) in batch.iter().zip(bare.chunks_exact_mut(N - 1)) {
                bare.copy_from_slice(&pixel[..N - 1]);
            }
            if N == 2 {
                self.apply_grey8(bare);
            } else {
                self.apply_rgb8(bare);
            }
            for (pixel, bare) in batch.iter_mut().zip(bare.chunks_exact(N - 1)) {
                pixel[..N - 1].copy_from_slice(bare);
            }
        }
    }

    /// Converts packed CMYK (0 = no ink) into packed RGB; for [`Input::Cmyk8`].
    pub(super) fn apply_cmyk8(&self, cmyk: &[u8], rgb: &mut [u8]) {
        let Inner::Colour { transform, table } = &*self.0 else { return };
        let pixels = (cmyk.len() / 4).min(rgb.len() / 3);
        let rgb = &mut rgb[..pixels * 3];
        if transform.transform(&cmyk[..pixels * 4], rgb).is_ok() {
            compensate(table, rgb);
        }
    }
}

fn compensate(table: &Option<[u8; 256]>, row: &mut [u8]) {
    if let Some(table) = table {
        for sample in row {
            *sample = table[usize::from(*sample)];
        }
    }
}

fn build(icc: &[u8], input: Input) -> Option<Inner> {
    let (space, layout) = match input {
        Input::Grey8 => (DataColorSpace::Gray, Layout::Gray),
        Input::Rgb8 => (DataColorSpace::Rgb, Layout::Rgb),
        Input::Cmyk8 => (DataColorSpace::Cmyk, Layout::Rgba),
    };
    // The colour space stands at a fixed place: a foreign one need not be parsed.
    let signature: &[u8] = match input {
        Input::Grey8 => b"GRAY",
        Input::Rgb8 => b"RGB ",
        Input::Cmyk8 => b"CMYK",
    };
    if icc.get(16..20) != Some(signature) {
        return None;
    }
    let limits = ParsingOptions {
        max_profile_size: MAX_PROFILE + 1,
        ..ParsingOptions::default()
    };
    let profile = ColorProfile::new_from_slice_with_options(icc, limits).ok()?;
    if profile.color_space != space {
        return None;
    }
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        // Curves of the profile itself: a cICP tag in it is not what other programs go by.
        allow_use_cicp_transfer: false,
        ..TransformOptions::default()
    };
    let transform = profile.create_transform_8bit(layout, &srgb, Layout::Rgb, options).ok()?;
    match input {
        Input::Grey8 => {
            let ramp: [u8; 256] = std::array::from_fn(|i| i as u8);
            let mut rgb = [0; 256 * 3];
            transform.transform(&ramp, &mut rgb).ok()?;
            let table = black_table(rgb[1]);
            let grey: [u8; 256] = std::array::from_fn(|i| table.map_or(rgb[i * 3 + 1], |table| table[usize::from(rgb[i * 3 + 1])]));
            let same = grey.iter().zip(ramp).all(|(a, b)| a.abs_diff(b) <= SAME);
            (!same).then_some(Inner::Grey(grey))
        }
        Input::Rgb8 => {
            let grid = grid();
            let mut out = vec![0; grid.len()];
            transform.transform(&grid, &mut out).ok()?;
            if grid.iter().zip(&out).all(|(a, b)| a.abs_diff(*b) <= SAME) {
                return None;
            }
            // The first colour of the grid is black.
            let table = black_table(luminance_sample(&out[..3]));
            Some(Inner::Colour { transform, table })
        }
        Input::Cmyk8 => {
            let table = black_table(press_black(&profile, &*transform).unwrap_or(0));
            Some(Inner::Colour { transform, table })
        }
    }
}

/// Colours over the whole cube, black first: steps of 51 and a fine grey ramp.
fn grid() -> Vec<u8> {
    let cube = (0..216_u8).flat_map(|i| [i / 36, i / 6 % 6, i % 6].map(|step| step * 51));
    cube.chain((0..=255).step_by(5).flat_map(|v| [v; 3])).collect()
}

/// Grey of the same luminance as an sRGB colour.
fn luminance_sample(rgb: &[u8]) -> u8 {
    let y = 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
    encoded(y)
}

/// The darkest grey a press profile prints: black through its perceptual table to inks, and those back to colour.
/// This is how the black point of a printer is defined (ISO 18619, 6.3): all inks at full would be darker than any
/// paper can bear.
fn press_black(profile: &ColorProfile, to_srgb: &Transform8BitExecutor) -> Option<u8> {
    let options = TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        allow_use_cicp_transfer: false,
        ..TransformOptions::default()
    };
    let to_inks = ColorProfile::new_srgb()
        .create_transform_8bit(Layout::Rgb, profile, Layout::Rgba, options)
        .ok()?;
    // Two pixels: some vector code paths of the transform expect more than one.
    let (mut inks, mut rgb) = ([0; 8], [0; 6]);
    to_inks.transform(&[0; 6], &mut inks).ok()?;
    to_srgb.transform(&inks, &mut rgb).ok()?;
    Some(luminance_sample(&rgb[..3]))
}

/// The table that maps `black` to black and white to white, linear in light between; `None` for true black.
fn black_table(black: u8) -> Option<[u8; 256]> {
    // A black above L* = 50 is not one (the bound ISO 18619 sets): 119 is its sRGB grey.
    let y = linear(black.min(119));
    (black > 0).then(|| std::array::from_fn(|v| encoded((linear(v as u8) - y) / (1.0 - y))))
}

/// The sRGB curve (IEC 61966-2-1) of an 8-bit sample, to linear light.
fn linear(sample: u8) -> f64 {
    let v = f64::from(sample) / 255.0;
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Back from linear light, rounded and clamped.
fn encoded(v: f64) -> u8 {
    let v = v.clamp(0.0, 1.0);
    let encoded = if v <= 0.003_130_8 {
        v * 12.92
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    };
    (encoded * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icc(profile: ColorProfile) -> Vec<u8> {
        profile.encode().expect("a profile of the library's own")
    }

    #[test]
    fn srgb_needs_no_transform_and_garbage_gets_none() {
        let srgb = icc(ColorProfile::new_srgb());
        let mut foreign = srgb.clone();
        foreign[16..20].copy_from_slice(b"CMYK");
        let huge = [srgb.clone(), vec![0; MAX_PROFILE]].concat();
        for (name, bytes, input) in [
            ("sRGB", srgb.as_slice(), Input::Rgb8),
            ("sRGB for grey samples", &srgb, Input::Grey8),
            ("sRGB for CMYK samples", &srgb, Input::Cmyk8),
            ("says CMYK", &foreign, Input::Rgb8),
            ("says CMYK and has no tables", &foreign, Input::Cmyk8),
            ("empty", &[], Input::Rgb8),
            ("cut short", &srgb[..200], Input::Rgb8),
            ("too large", &huge, Input::Rgb8),
        ] {
            assert!(ToSrgb::new(bytes, input).is_none(), "{name}");
        }
    }

    #[test]
    fn display_p3_becomes_srgb() {
        let p3 = ToSrgb::new(&icc(ColorProfile::new_display_p3()), Input::Rgb8).expect("not sRGB");
        // By the primaries of both spaces (SMPTE EG 432-1, IEC 61966-2-1) in floating point, for colours inside both.
        let mut row = [128, 128, 128, 200, 100, 100, 60, 120, 60, 180, 200, 90, 0, 0, 0, 255, 255, 255];
        p3.apply_rgb8(&mut row);
        let expected = [128, 128, 128, 215, 93, 97, 30, 122, 52, 175, 201, 68, 0, 0, 0, 255, 255, 255];
        for (at, (got, want)) in row.iter().zip(expected).enumerate() {
            assert!(got.abs_diff(want) <= 2, "sample {at}: {row:?} should be about {expected:?}");
        }
    }

    #[test]
    fn alpha_stays_as_it_is() {
        let p3 = ToSrgb::new(&icc(ColorProfile::new_display_p3()), Input::Rgb8).expect("not sRGB");
        let rgb: Vec<u8> = (0..2000 * 3).map(|v| (v * 11) as u8).collect();
        let mut rgba: Vec<u8> = rgb
            .as_chunks::<3>()
            .0
            .iter()
            .enumerate()
            .flat_map(|(i, &[r, g, b])| [r, g, b, i as u8])
            .collect();
        let mut expected = rgb;
        p3.apply_rgb8(&mut expected);
        p3.apply_with_alpha::<4>(&mut rgba);
        for (i, (got, want)) in rgba.as_chunks::<4>().0.iter().zip(expected.as_chunks::<3>().0).enumerate() {
            assert_eq!(got, &[want[0], want[1], want[2], i as u8]);
        }
    }

    #[test]
    fn a_grey_profile_is_a_curve() {
        let linear_grey = ToSrgb::new(&icc(ColorProfile::new_gray_with_gamma(1.0)), Input::Grey8).expect("not sRGB");
        let mut row = [0, 55, 128, 255];
        linear_grey.apply_grey8(&mut row);
        assert_eq!(row[0], 0);
        assert_eq!(row[3], 255);
        assert!(row[1].abs_diff(encoded(55.0 / 255.0)) <= 1, "{row:?}");
        assert!(row[2].abs_diff(encoded(128.0 / 255.0)) <= 1, "{row:?}");
    }

    #[test]
    fn flipped_bytes_in_a_profile_never_panic() {
        let good = icc(ColorProfile::new_adobe_rgb());
        for at in (0..good.len()).step_by(3) {
            let mut bad = good.clone();
            bad[at] ^= 0xa5;
            if let Some(transform) = ToSrgb::new(&bad, Input::Rgb8) {
                transform.apply_rgb8(&mut [1, 2, 3, 250, 128, 7]);
            }
        }
    }

    #[test]
    fn black_point_compensation_keeps_white_and_lifts_nothing() {
        assert!(black_table(0).is_none());
        let table = black_table(40).expect("not black");
        assert_eq!((table[0], table[40], table[255]), (0, 0, 255));
        assert!(table.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
