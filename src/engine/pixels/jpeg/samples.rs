//! From the samples a codec hands out (grey, RGB or CMYK in the file's own colours) to sRGB.

use super::super::colour::{Colours, Input, Managed, ToSrgb};
use super::super::{Channels, Matte};
use super::markers::Head;

/// Samples as a codec hands them out, packed, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// One sample.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black, as stored.
    Cmyk,
}

impl Space {
    #[cfg(feature = "native-codecs")]
    /// Bytes of one pixel.
    pub(super) fn count(self) -> usize {
        match self {
            Space::Grey => 1,
            Space::Rgb => 3,
            Space::Cmyk => 4,
        }
    }

    /// Samples of a pixel once it is sRGB.
    pub(super) fn channels(self) -> Channels {
        match self {
            Space::Grey => Channels::Grey,
            Space::Rgb | Space::Cmyk => Channels::Rgb,
        }
    }
}

/// Turns rows into sRGB.
pub(super) struct ToPixels {
    space: Space,
    /// CMYK is stored as 255 - ink: the custom of Adobe, whose segment the file then carries.
    inverted: bool,
    profile: Option<ToSrgb>,
    colours: Colours,
}

impl ToPixels {
    /// For pictures of `space` with the profile and the Adobe segment of `head`; `keep_profile` leaves grey and RGB in it.
    pub(super) fn new(space: Space, head: &Head, keep_profile: bool) -> Self {
        let input = match space {
            Space::Grey => Input::Grey8,
            Space::Rgb => Input::Rgb8,
            Space::Cmyk => Input::Cmyk8,
        };
        // Nothing is transparent, so no matte shows.
        let no_matte = Matte {
            colour: [0; 3],
            linear: false,
        };
        let managed = Managed::new(head.icc.as_deref(), input, keep_profile, no_matte);
        Self {
            space,
            inverted: head.adobe.is_some(),
            profile: managed.convert,
            colours: managed.colours,
        }
    }

    /// What the samples are afterwards.
    pub(super) fn colours(&self) -> Colours {
        self.colours.clone()
    }

    #[cfg(feature = "native-codecs")]
    /// The space it was made for.
    pub(super) fn space(&self) -> Space {
        self.space
    }

    /// In place, for grey and RGB.
    pub(super) fn in_place(&self, rows: &mut [u8]) {
        match (&self.profile, self.space) {
            (Some(profile), Space::Grey) => profile.apply_grey8(rows),
            (Some(profile), Space::Rgb) => profile.apply_rgb8(rows),
            _ => {}
        }
    }

    /// From CMYK, which is changed on the way, to RGB.
    pub(super) fn cmyk_to_rgb(&self, cmyk: &mut [u8], rgb: &mut [u8]) {
        // From here on 0 is no ink.
        if self.inverted {
            cmyk.iter_mut().for_each(|sample| *sample = 255 - *sample);
        }
        if let Some(profile) = &self.profile {
            profile.apply_cmyk8(cmyk, rgb);
            return;
        }
        // Without a profile: light that passes both inks, (255 - C) (255 - K) / 255, the formula of PostScript viewers.
        for (ink, light) in cmyk.chunks_exact(4).zip(rgb.chunks_exact_mut(3)) {
            let key = 255 - u32::from(ink[3]);
            for (light, ink) in light.iter_mut().zip(ink) {
                *light = ((key * (255 - u32::from(*ink)) + 127) / 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cmyk_without_profile() {
        fn check(adobe: bool, cmyk: [u8; 4], rgb: [u8; 3]) {
            let head = Head {
                adobe: adobe.then_some(2),
                ..Head::default()
            };
            let mut out = [0; 3];
            ToPixels::new(Space::Cmyk, &head, false).cmyk_to_rgb(&mut cmyk.clone(), &mut out);
            assert_eq!(out, rgb, "adobe {adobe}, {cmyk:?}");
        }
        check(false, [0, 0, 0, 0], [255, 255, 255]);
        check(false, [255, 0, 0, 0], [0, 255, 255]);
        check(false, [10, 20, 30, 255], [0, 0, 0]);
        check(false, [0, 128, 255, 51], [204, 102, 0]);
        check(true, [255, 255, 255, 255], [255, 255, 255]);
        check(true, [0, 255, 255, 255], [0, 255, 255]);
        check(true, [255, 127, 0, 204], [204, 102, 0]);
    }
}
