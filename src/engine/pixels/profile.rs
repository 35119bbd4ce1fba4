//! The name of a picture's colour profile, for a person who looks at it. Nothing is decided by it.

use moxcms::{ColorProfile, ParsingOptions, ProfileText};

use super::colour::MAX_PROFILE;
use super::{Header, jpeg, png, webp};
use crate::engine::settings::Format;

/// What the embedded profile calls itself; `None` without one, or where it has no name that can be read.
pub(crate) fn profile_name(bytes: &[u8], header: &Header) -> Option<String> {
    let icc = match header.format {
        Format::Png => png::profile(bytes)?,
        Format::Jpeg => jpeg::profile(bytes)?,
        Format::Webp => webp::profile(bytes)?.to_owned(),
        Format::Bmp | Format::Tiff | Format::Gif => return None,
    };
    let limits = ParsingOptions {
        max_profile_size: MAX_PROFILE + 1,
        ..ParsingOptions::default()
    };
    let text = ColorProfile::new_from_slice_with_options(&icc, limits).ok()?.description?;
    let name = match text {
        ProfileText::PlainString(text) => text,
        // English where there is a choice.
        ProfileText::Localizable(texts) => {
            let english = texts.iter().position(|text| text.language.eq_ignore_ascii_case("en")).unwrap_or(0);
            texts.into_iter().nth(english)?.value
        }
        ProfileText::Description(text) if text.ascii_string.trim_matches(['\0', ' ']).is_empty() => text.unicode_string,
        ProfileText::Description(text) => text.ascii_string,
    };
    let name = name.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::pixels::{InMemory, probe};

    #[test]
    fn the_profile_tells_its_name() {
        let file = |icc: Option<Vec<u8>>| {
            let mut out = Vec::new();
            let mut info = png_info();
            info.icc_profile = icc.map(Into::into);
            let mut writer = ::png::Encoder::with_info(&mut out, info)
                .and_then(::png::Encoder::write_header)
                .expect("header");
            writer.write_image_data(&[1, 2, 3]).expect("pixels");
            writer.finish().expect("an end");
            out
        };
        let name = |file: &[u8]| profile_name(file, &probe(&mut InMemory(file)).expect("a header"));
        let p3 = ColorProfile::new_display_p3().encode().expect("a profile");
        assert_eq!(name(&file(Some(p3))).as_deref(), Some("Display P3"));
        assert_eq!(name(&file(Some(vec![7; 300]))), None);
        assert_eq!(name(&file(None)), None);
    }

    fn png_info() -> ::png::Info<'static> {
        let mut info = ::png::Info::with_size(1, 1);
        info.color_type = ::png::ColorType::Rgb;
        info.bit_depth = ::png::BitDepth::Eight;
        info
    }
}
