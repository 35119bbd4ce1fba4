//! Transparent pixels over a matte, in integers, before anything is resized: so hidden colours under full
//! transparency cannot bleed into their neighbours.
//!
//! In sRGB's own curve, as most programs mix, or in linear light, as light itself mixes:
//! `round((alpha * T(colour) + (255 - alpha) * T(matte)) / 255)` with `T` and the way back from `light`, 16 bits each. Both
//! give 8-bit samples. The curve is sRGB's, also where the samples are those of another profile.

use super::light;

/// What lies behind transparent pixels and around padded ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Matte {
    /// Its colour, sRGB.
    pub(crate) colour: [u8; 3],
    /// Transparent pixels are mixed with it in linear light.
    pub(crate) linear: bool,
}

impl Matte {
    /// Whether it has no colour, so that a grey picture over it stays grey.
    pub(crate) fn is_neutral(self) -> bool {
        let [r, g, b] = self.colour;
        r == g && g == b
    }

    /// Packed RGBA over it: packed RGB.
    #[cfg(any(test, feature = "gpu", feature = "benching"))]
    pub(crate) fn flatten(self, pixels: &[u8]) -> Vec<u8> {
        let mut rgb = vec![0; pixels.len() / 4 * 3];
        rgba(pixels, &mut rgb, self);
        rgb
    }

    /// Packed RGBA over it, into packed RGB of as many pixels.
    pub(crate) fn flatten_into(self, from: &[u8], into: &mut [u8]) {
        rgba(from, into, self);
    }

    /// One colour of an opacity over it.
    pub(super) fn under(self, colour: [u8; 3], alpha: u8) -> [u8; 3] {
        let mix = if self.linear { over_linear } else { over };
        std::array::from_fn(|c| mix(colour[c], alpha, self.colour[c]))
    }
}

#[cfg(test)]
impl From<[u8; 3]> for Matte {
    /// Mixed in sRGB's own curve.
    fn from(colour: [u8; 3]) -> Self {
        Self { colour, linear: false }
    }
}

/// As [`over`], in linear light. The largest numerator is 255 * 65,535; a quotient by an odd number is never a half.
fn over_linear(colour: u8, alpha: u8, matte: u8) -> u8 {
    // Most pixels are the one or the other, and both come back from light as they went.
    match alpha {
        255 => colour,
        0 => matte,
        _ => {
            let [colour, matte] = [colour, matte].map(|sample| u32::from(light::to_linear(sample)));
            let alpha = u32::from(alpha);
            light::to_srgb(((alpha * colour + (255 - alpha) * matte + 127) / 255) as u16)
        }
    }
}

/// `round((alpha * colour + (255 - alpha) * matte) / 255)`, exactly. With `t` that numerator plus 128,
/// `(t + (t >> 8)) >> 8` is the rounded quotient for every numerator up to 255², and stays within 16 bits, so that
/// compilers turn loops of it into SIMD code.
#[inline(always)]
fn over(colour: u8, alpha: u8, matte: u8) -> u8 {
    let (colour, alpha, matte) = (u16::from(colour), u16::from(alpha), u16::from(matte));
    // Nothing here can wrap: the largest `t` is 65,153, the largest sum 65,407. Said this way, checks for it cannot
    // stand in the way of SIMD either.
    let t = alpha
        .wrapping_mul(colour)
        .wrapping_add((255_u16.wrapping_sub(alpha)).wrapping_mul(matte))
        .wrapping_add(128);
    (t.wrapping_add(t >> 8) >> 8) as u8
}

/// Packed RGBA over the matte into packed RGB; both hold the same number of pixels.
pub(super) fn rgba(rgba: &[u8], rgb: &mut [u8], matte: Matte) {
    if matte.linear {
        for (from, to) in rgba.as_chunks::<4>().0.iter().zip(rgb.as_chunks_mut::<3>().0) {
            let [r, g, b, a] = *from;
            *to = matte.under([r, g, b], a);
        }
        return;
    }
    let matte = matte.colour;
    #[cfg(target_arch = "x86_64")]
    let (rgba, rgb) = lanes::rgba(rgba, rgb, matte);
    for (from, to) in rgba.as_chunks::<4>().0.iter().zip(rgb.as_chunks_mut::<3>().0) {
        let [r, g, b, a] = *from;
        *to = [over(r, a, matte[0]), over(g, a, matte[1]), over(b, a, matte[2])];
    }
}

/// Four pixels at a time in SSE2 registers, which every x86-64 processor has: compilers do not find a fast way from
/// four bytes a pixel to three by themselves.
#[cfg(target_arch = "x86_64")]
mod lanes {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi16, _mm_cmpeq_epi8, _mm_cvtsi128_si64, _mm_movemask_epi8, _mm_mullo_epi16, _mm_packus_epi16, _mm_set_epi16,
        _mm_set_epi64x, _mm_set1_epi8, _mm_set1_epi16, _mm_setzero_si128, _mm_shufflehi_epi16, _mm_shufflelo_epi16, _mm_srli_epi16,
        _mm_sub_epi16, _mm_unpackhi_epi8, _mm_unpackhi_epi64, _mm_unpacklo_epi8,
    };

    /// Flattens as many fours of pixels as there are and gives back the rest.
    pub(super) fn rgba<'a, 'b>(rgba: &'a [u8], rgb: &'b mut [u8], matte: [u8; 3]) -> (&'a [u8], &'b mut [u8]) {
        let (from, from_rest) = rgba.as_chunks::<16>();
        let (to, to_rest) = rgb.as_chunks_mut::<12>();
        // SAFETY: the intrinsics here and below are of SSE2, which is part of the x86-64 baseline, and touch no memory.
        unsafe {
            let [r, g, b] = matte.map(i16::from);
            let mattes = _mm_set_epi16(0, b, g, r, 0, b, g, r);
            for (from, to) in from.iter().zip(to) {
                let (low, high) = from.split_at(8);
                let word = |half: &[u8]| i64::from_le_bytes([half[0], half[1], half[2], half[3], half[4], half[5], half[6], half[7]]);
                let mut pixels = _mm_set_epi64x(word(high), word(low));
                // One bit a byte; those of alpha are the upper ones of every four. Most pixels are opaque.
                if _mm_movemask_epi8(_mm_cmpeq_epi8(pixels, _mm_set1_epi8(-1))) & 0x8888 != 0x8888 {
                    let zero = _mm_setzero_si128();
                    pixels = _mm_packus_epi16(
                        mixed(_mm_unpacklo_epi8(pixels, zero), mattes),
                        mixed(_mm_unpackhi_epi8(pixels, zero), mattes),
                    );
                }
                // Two pixels of four bytes to six bytes, twice.
                let squeezed = |two: i64| {
                    let two = two as u64;
                    two & 0xff_ffff | two >> 8 & 0xffff_ff00_0000
                };
                let (first, second) = (
                    squeezed(_mm_cvtsi128_si64(pixels)),
                    squeezed(_mm_cvtsi128_si64(_mm_unpackhi_epi64(pixels, pixels))),
                );
                to[..8].copy_from_slice(&(first | second << 48).to_le_bytes());
                to[8..].copy_from_slice(&((second >> 16) as u32).to_le_bytes());
            }
        }
        (from_rest, to_rest)
    }

    /// [`over`](super::over) for two pixels of four 16-bit lanes, alpha last.
    ///
    /// # Safety
    /// Needs SSE2.
    #[inline(always)]
    unsafe fn mixed(pixels: __m128i, mattes: __m128i) -> __m128i {
        // SAFETY: see above.
        unsafe {
            let alphas = _mm_shufflehi_epi16::<0xff>(_mm_shufflelo_epi16::<0xff>(pixels));
            let clear = _mm_sub_epi16(_mm_set1_epi16(255), alphas);
            let sum = _mm_add_epi16(_mm_mullo_epi16(pixels, alphas), _mm_mullo_epi16(clear, mattes));
            let t = _mm_add_epi16(sum, _mm_set1_epi16(128));
            _mm_srli_epi16::<8>(_mm_add_epi16(t, _mm_srli_epi16::<8>(t)))
        }
    }
}

/// Grey with alpha over a neutral matte into grey.
pub(super) fn grey_alpha(grey_alpha: &[u8], grey: &mut [u8], matte: Matte) {
    let mix = if matte.linear { over_linear } else { over };
    for (from, to) in grey_alpha.as_chunks::<2>().0.iter().zip(grey) {
        *to = mix(from[0], from[1], matte.colour[0]);
    }
}

/// Grey with alpha over a matte of any colour into packed RGB.
pub(super) fn grey_alpha_to_rgb(grey_alpha: &[u8], rgb: &mut [u8], matte: Matte) {
    for (from, to) in grey_alpha.as_chunks::<2>().0.iter().zip(rgb.as_chunks_mut::<3>().0) {
        let [grey, a] = *from;
        *to = matte.under([grey; 3], a);
    }
}

/// Whether no pixel of `N` samples, the last of which is alpha, lets the matte through.
pub(super) fn is_opaque<const N: usize>(pixels: &[u8]) -> bool {
    // Without an early end this becomes SIMD code, and most pictures are opaque throughout. Whole pixels are joined, so that no
    // byte has to be picked out of them before the end.
    match N {
        4 => {
            let all = pixels
                .as_chunks::<4>()
                .0
                .iter()
                .fold(u32::MAX, |all, pixel| all & u32::from_le_bytes(*pixel));
            all.to_le_bytes()[3] == 255
        }
        2 => {
            let all = pixels
                .as_chunks::<2>()
                .0
                .iter()
                .fold(u16::MAX, |all, pixel| all & u16::from_le_bytes(*pixel));
            all.to_le_bytes()[1] == 255
        }
        _ => pixels.as_chunks::<N>().0.iter().all(|pixel| pixel[N - 1] == 255),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_linear_light_it_is_light_that_mixes() {
        // Against floating point, for every colour and opacity over some mattes: the nearest level, or its neighbour where
        // 16 bits of light decide differently. That happens next to black only, where a level is few units of light.
        let (mut off, mut all) = (0, 0);
        for alpha in 0..=255 {
            for colour in 0..=255 {
                for matte in [0, 1, 114, 200, 255] {
                    let light = |v: u8| super::super::colour::linear(v);
                    let part = f64::from(alpha) / 255.0;
                    let exact = super::super::colour::encoded(part * light(colour) + (1.0 - part) * light(matte));
                    let found = over_linear(colour, alpha, matte);
                    assert!(found.abs_diff(exact) <= 1, "{colour} {alpha} {matte}: {found} for {exact}");
                    off += u32::from(found != exact);
                    all += 1;
                }
            }
        }
        println!("{off} of {all} are a level off");
        assert!(off * 400 < all, "{off} of {all}");
        // White at half opacity over black is half of the light.
        assert_eq!(over_linear(255, 128, 0), 188);
        let matte = Matte {
            colour: [10, 20, 30],
            linear: true,
        };
        let pixels = [255, 0, 0, 0, 1, 2, 3, 255, 200, 100, 50, 90];
        let mut rgb = [0; 9];
        rgba(&pixels, &mut rgb, matte);
        assert_eq!(rgb[..6], [10, 20, 30, 1, 2, 3]);
        assert_eq!(
            rgb[6..],
            [over_linear(200, 90, 10), over_linear(100, 90, 20), over_linear(50, 90, 30)]
        );
    }

    #[test]
    fn rounds_exactly_for_every_input() {
        for alpha in 0..=255_u32 {
            for colour in 0..=255_u32 {
                for matte in [0, 1, 77, 114, 127, 128, 200, 254, 255_u32] {
                    let exact = (2 * (alpha * colour + (255 - alpha) * matte) + 255) / 510;
                    assert_eq!(
                        u32::from(over(colour as u8, alpha as u8, matte as u8)),
                        exact,
                        "{colour} {alpha} {matte}"
                    );
                }
            }
        }
    }

    #[test]
    fn fours_and_the_rest_are_the_same() {
        // Opaque and mixed fours, and every length of a rest.
        let pixel = |i: usize| {
            [
                (i * 7) as u8,
                (i * 13) as u8,
                (i * 31) as u8,
                if (i / 8).is_multiple_of(2) { 255 } else { (i * 5) as u8 },
            ]
        };
        for count in [0, 1, 3, 4, 5, 64, 65, 66, 67, 500] {
            let from: Vec<u8> = (0..count).flat_map(pixel).collect();
            let mut got = vec![0; count * 3];
            rgba(&from, &mut got, [114, 3, 250].into());
            let one = |i: usize| {
                let [r, g, b, a] = pixel(i);
                [over(r, a, 114), over(g, a, 3), over(b, a, 250)]
            };
            assert_eq!(got, (0..count).flat_map(one).collect::<Vec<u8>>(), "{count} pixels");
        }
    }

    #[test]
    fn the_colour_under_full_transparency_is_gone() {
        let mut out = [0; 6];
        rgba(&[255, 0, 0, 0, 1, 2, 3, 255], &mut out, [114, 115, 116].into());
        assert_eq!(out, [114, 115, 116, 1, 2, 3]);
        let mut grey = [0; 2];
        grey_alpha(&[255, 0, 9, 255], &mut grey, [114; 3].into());
        assert_eq!(grey, [114, 9]);
        grey_alpha_to_rgb(&[255, 0, 9, 255], &mut out, [1, 2, 3].into());
        assert_eq!(out, [1, 2, 3, 9, 9, 9]);
    }
}
