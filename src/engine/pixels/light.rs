//! sRGB's curve as tables: 8-bit samples to 16 bits of linear light, and back.

use std::sync::LazyLock;

use super::colour::{encoded, linear};

static LINEAR: LazyLock<[u16; 256]> = LazyLock::new(|| std::array::from_fn(|v| (linear(v as u8) * 65_535.0).round() as u16));

static SRGB: LazyLock<Box<[u8]>> = LazyLock::new(|| (0..=u16::MAX).map(|v| encoded(f64::from(v) / 65_535.0)).collect());

/// `round(65535 * L(v / 255))`, where `L` is the sRGB curve (IEC 61966-2-1) towards light.
pub(crate) fn to_linear(sample: u8) -> u16 {
    LINEAR[usize::from(sample)]
}

/// The sample whose light is nearest by the curve's own measure: `round(255 * E(v / 65535))`, `E` being the inverse of `L`.
/// `to_srgb(to_linear(v)) == v` for every sample.
pub(crate) fn to_srgb(light: u16) -> u8 {
    SRGB[usize::from(light)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for v in 0..=255 {
            assert_eq!(to_srgb(to_linear(v)), v);
        }
        assert_eq!((to_linear(0), to_linear(255)), (0, 65_535));
        assert_eq!((to_srgb(0), to_srgb(65_535)), (0, 255));
        // Half of the light, a fifth of it: by the formula.
        assert_eq!((to_srgb(32_768), to_srgb(13_107)), (188, 124));
        assert!((0..65_535).all(|v| to_srgb(v) <= to_srgb(v + 1)));
    }
}
