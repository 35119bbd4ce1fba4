//! From a picture's own colour space to sRGB, by its embedded ICC profile, or not at all where the profile goes along. A
//! profile that cannot be used is never a reason to refuse a picture: its samples are then taken as sRGB, as every viewer
//! does.
//!
//! Relative colorimetric with black point compensation, which is what photographs are converted with elsewhere.
//! `moxcms` has no compensation of its own. It scales XYZ so that the profile's black becomes black (ISO 18619): for
//! a neutral black of luminance `y` under the common white that is `(v - y) / (1 - y)` on every linear sRGB sample,
//! so a table behind the transform does it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use moxcms::{ColorProfile, DataColorSpace, Layout, ParsingOptions, RenderingIntent, Transform8BitExecutor, TransformOptions};

use super::Channels;
use super::flatten::Matte;

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

/// What is known of a profile for samples of some layout.
#[derive(Clone)]
enum Known {
    /// Garbage, of another colour space, of unreasonable size.
    Unusable,
    /// sRGB under another name.
    Srgb,
    /// Of a space of its own.
    Other(ToSrgb),
}

/// What is known of the profiles seen last, by the hash of their bytes.
static SEEN: Mutex<VecDeque<(u128, Input, Known)>> = Mutex::new(VecDeque::new());

/// What decoded samples are to be taken for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Colours {
    /// There was no profile for them: as stored, taken as sRGB.
    #[default]
    Stored,
    /// sRGB, converted by the profile, or named so by it.
    Srgb,
    /// As stored, in the space of this ICC profile.
    Own(Arc<[u8]>),
    /// There was a profile that nobody can read: as stored, taken as sRGB.
    Unreadable,
}

impl Colours {
    /// A matte, which is sRGB, in the space of samples with these colours and so many channels.
    pub(crate) fn matte(&self, channels: Channels, matte: Matte) -> Matte {
        let Colours::Own(icc) = self else { return matte };
        let input = match channels {
            Channels::Grey => Input::Grey8,
            Channels::Rgb => Input::Rgb8,
        };
        Matte {
            colour: matte_in(icc, input, matte.colour),
            ..matte
        }
    }
}

/// What is to be done about the colours of one picture.
pub(super) struct Managed {
    /// The transform for its samples, where they are to be converted.
    pub(super) convert: Option<ToSrgb>,
    /// What its samples are afterwards.
    pub(super) colours: Colours,
    /// The matte in their space.
    pub(super) matte: Matte,
}

impl Managed {
    /// For samples laid out as `input` with this ICC profile. `keep`: leave them in the profile's space; only to be asked
    /// for where they come out with as many channels as they are stored. `matte` is sRGB.
    pub(super) fn new(icc: Option<&[u8]>, input: Input, keep: bool, matte: Matte) -> Self {
        let plain = |colours| Self {
            convert: None,
            colours,
            matte,
        };
        let Some(icc) = icc else {
            return plain(Colours::Stored);
        };
        let known = known(icc, input);
        match known {
            Known::Unusable if is_for_another_space(icc, input) => plain(Colours::Stored),
            Known::Unusable => plain(Colours::Unreadable),
            _ if keep && input != Input::Cmyk8 => Self {
                convert: None,
                matte: Matte {
                    colour: matte_in(icc, input, matte.colour),
                    ..matte
                },
                colours: Colours::Own(icc.into()),
            },
            Known::Srgb => plain(Colours::Srgb),
            Known::Other(convert) => Self {
                convert: Some(convert),
                ..plain(Colours::Srgb)
            },
        }
    }
}

/// A profile in order, but not for these samples: grey pictures often come with one for RGB.
fn is_for_another_space(icc: &[u8], input: Input) -> bool {
    icc.get(36..40) == Some(b"acsp") && icc.get(16..20) != Some(signature(input))
}

/// An sRGB colour in the space of a profile; as it is where the profile tells no way there.
fn matte_in(icc: &[u8], input: Input, matte: [u8; 3]) -> [u8; 3] {
    match known(icc, input) {
        Known::Other(ToSrgb(inner)) => match &*inner {
            Inner::Grey(table) => {
                let nearest = (0..=255_u8).min_by_key(|&v| table[usize::from(v)].abs_diff(matte[0]));
                [nearest.unwrap_or(matte[0]); 3]
            }
            Inner::Colour { .. } => from_srgb(icc, matte).unwrap_or(matte),
        },
        Known::Srgb | Known::Unusable => matte,
    }
}

fn from_srgb(icc: &[u8], colour: [u8; 3]) -> Option<[u8; 3]> {
    let profile = parsed(icc)?;
    let transform = ColorProfile::new_srgb()
        .create_transform_8bit(Layout::Rgb, &profile, Layout::Rgb, colorimetric())
        .ok()?;
    // Two pixels: some vector code paths of the transform expect more than one.
    let mut out = [0; 6];
    transform.transform(&[colour, colour].concat(), &mut out).ok()?;
    Some([out[0], out[1], out[2]])
}

impl ToSrgb {
    /// From the bytes of an ICC profile. `None` where no transform is needed (the profile is sRGB) or possible
    /// (garbage, of another colour space than `input`, of unreasonable size): samples are then taken as sRGB.
    #[cfg(test)]
    pub(super) fn new(icc: &[u8], input: Input) -> Option<ToSrgb> {
        match known(icc, input) {
            Known::Other(transform) => Some(transform),
            Known::Srgb | Known::Unusable => None,
        }
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

fn known(icc: &[u8], input: Input) -> Known {
    if icc.len() > MAX_PROFILE {
        return Known::Unusable;
    }
    let hash = twox_hash::XxHash3_128::oneshot(icc);
    let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, known)) = seen().iter().find(|(h, i, _)| *h == hash && *i == input) {
        return known.clone();
    }
    // Not under the lock: others go on meanwhile, at worst two build the same.
    let built = match build(icc, input) {
        None => Known::Unusable,
        Some(None) => Known::Srgb,
        Some(Some(inner)) => Known::Other(ToSrgb(Arc::new(inner))),
    };
    let mut seen = seen();
    if seen.len() >= KEPT {
        seen.pop_front();
    }
    seen.push_back((hash, input, built.clone()));
    built
}

/// The name of the samples' colour space in a profile.
fn signature(input: Input) -> &'static [u8] {
    match input {
        Input::Grey8 => b"GRAY",
        Input::Rgb8 => b"RGB ",
        Input::Cmyk8 => b"CMYK",
    }
}

fn parsed(icc: &[u8]) -> Option<ColorProfile> {
    let limits = ParsingOptions {
        max_profile_size: MAX_PROFILE + 1,
        ..ParsingOptions::default()
    };
    ColorProfile::new_from_slice_with_options(icc, limits).ok()
}

fn colorimetric() -> TransformOptions {
    TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        // Curves of the profile itself: a cICP tag in it is not what other programs go by.
        allow_use_cicp_transfer: false,
        ..TransformOptions::default()
    }
}

/// `None`: the profile cannot be used; `Some(None)`: it is sRGB.
fn build(icc: &[u8], input: Input) -> Option<Option<Inner>> {
    let (space, layout) = match input {
        Input::Grey8 => (DataColorSpace::Gray, Layout::Gray),
        Input::Rgb8 => (DataColorSpace::Rgb, Layout::Rgb),
        Input::Cmyk8 => (DataColorSpace::Cmyk, Layout::Rgba),
    };
    // The colour space stands at a fixed place: a foreign one need not be parsed.
    if icc.get(16..20) != Some(signature(input)) {
        return None;
    }
    let profile = parsed(icc)?;
    if profile.color_space != space {
        return None;
    }
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(layout, &srgb, Layout::Rgb, colorimetric()).ok()?;
    match input {
        Input::Grey8 => {
            let ramp: [u8; 256] = std::array::from_fn(|i| i as u8);
            let mut rgb = [0; 256 * 3];
            transform.transform(&ramp, &mut rgb).ok()?;
            let table = black_table(rgb[1]);
            let grey: [u8; 256] = std::array::from_fn(|i| table.map_or(rgb[i * 3 + 1], |table| table[usize::from(rgb[i * 3 + 1])]));
            let same = grey.iter().zip(ramp).all(|(a, b)| a.abs_diff(b) <= SAME);
            Some((!same).then_some(Inner::Grey(grey)))
        }
        Input::Rgb8 => {
            let grid = grid();
            let mut out = vec![0; grid.len()];
            transform.transform(&grid, &mut out).ok()?;
            if grid.iter().zip(&out).all(|(a, b)| a.abs_diff(*b) <= SAME) {
                return Some(None);
            }
            // The first colour of the grid is black.
            let table = black_table(luminance_sample(&out[..3]));
            Some(Some(Inner::Colour { transform, table }))
        }
        Input::Cmyk8 => {
            let table = black_table(press_black(&profile, &*transform).unwrap_or(0));
            Some(Some(Inner::Colour { transform, table }))
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
pub(super) fn linear(sample: u8) -> f64 {
    let v = f64::from(sample) / 255.0;
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Back from linear light, rounded and clamped.
pub(super) fn encoded(v: f64) -> u8 {
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
    fn a_profile_is_kept_where_it_fits() {
        const MATTE: [u8; 3] = [200, 100, 50];
        #[derive(Debug, PartialEq)]
        enum Is {
            Stored,
            Srgb,
            Own,
            Unreadable,
        }
        fn check(icc: Option<&[u8]>, input: Input, keep: bool, expected: Is, converts: bool) -> [u8; 3] {
            let managed = Managed::new(icc, input, keep, MATTE.into());
            let is = match &managed.colours {
                Colours::Stored => Is::Stored,
                Colours::Srgb => Is::Srgb,
                Colours::Own(own) if Some(&**own) == icc => Is::Own,
                Colours::Own(_) => panic!("another profile"),
                Colours::Unreadable => Is::Unreadable,
            };
            assert_eq!((is, managed.convert.is_some()), (expected, converts), "{input:?}, keep {keep}");
            managed.matte.colour
        }
        let (p3, srgb) = (icc(ColorProfile::new_display_p3()), icc(ColorProfile::new_srgb()));
        let grey = icc(ColorProfile::new_gray_with_gamma(1.0));
        assert_eq!(check(None, Input::Rgb8, true, Is::Stored, false), MATTE);
        assert_eq!(check(Some(&p3), Input::Rgb8, false, Is::Srgb, true), MATTE);
        // SMPTE EG 432-1 and IEC 61966-2-1 in floating point.
        let matte = check(Some(&p3), Input::Rgb8, true, Is::Own, false);
        let expected = [187, 105, 62];
        assert!(matte.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1), "{matte:?}");
        assert_eq!(check(Some(&srgb), Input::Rgb8, false, Is::Srgb, false), MATTE);
        assert_eq!(check(Some(&srgb), Input::Rgb8, true, Is::Own, false), MATTE);
        assert_eq!(check(Some(&p3), Input::Grey8, true, Is::Stored, false), MATTE);
        let [matte, ..] = check(Some(&grey), Input::Grey8, true, Is::Own, false);
        assert!(matte.abs_diff(147) <= 1, "sRGB 200 is {matte} in linear light");
        check(Some(&grey), Input::Rgb8, true, Is::Stored, false);
        check(Some(&p3[..200]), Input::Rgb8, true, Is::Unreadable, false);
        check(Some(b"no profile"), Input::Rgb8, true, Is::Unreadable, false);
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
