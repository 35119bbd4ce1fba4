//! What a picture says beside its pixels: carried over from any bytes into a JPEG, which stays the picture it was.

use std::sync::Arc;
use std::sync::LazyLock;

use super::pictures::small_jpeg;
use super::{pick, with_codecs};
use crate::engine::pixels::{Colours, Decoded, InMemory, Orientation, decode_ours, metadata, probe};
use crate::engine::settings::{Metadata, PictureSettings};

static SMALL: LazyLock<(Vec<u8>, Decoded)> = LazyLock::new(|| {
    let jpeg = small_jpeg();
    let decoded = decode_ours(&jpeg, true).expect("a sound picture");
    (jpeg, decoded)
});

/// Carries over what a file says, in all the ways that can be asked for. The JPEG that gets it shows the same picture, upright,
/// and holds no place where a picture was taken unless that was asked for.
pub(crate) fn fuzz_metadata(data: &[u8]) {
    let Ok(header) = probe(&mut InMemory(data)) else { return };
    let (jpeg, picture) = &*SMALL;
    for wish in 1..8_u8 {
        let settings = PictureSettings {
            metadata: if wish & 1 != 0 { Metadata::Keep } else { Metadata::None },
            prompts: wish & 2 != 0,
            keep_gps: wish & 4 != 0,
            ..PictureSettings::default()
        };
        if settings.metadata == Metadata::None && !settings.prompts {
            continue;
        }
        let colours = match pick(data) & 3 {
            0 => Colours::Srgb,
            1 => Colours::Unreadable,
            2 => Colours::Own(Arc::from(&data[..data.len().min(70_000)])),
            _ => Colours::Stored,
        };
        let found = metadata::collect(data, &header, &settings);
        let carried = found.prepare(&settings, &colours, picture.pixels.size);
        let out = carried.insert(jpeg.clone());
        // Markers in front of the pixels are all that came in.
        assert!(out.ends_with(&jpeg[20..]), "the picture's own bytes changed");
        let head = probe(&mut InMemory(&out)).expect("still a JPEG");
        assert_eq!((head.size, head.orientation), (picture.pixels.size, Orientation::Upright));
        if let Some(again) = with_codecs(|| decode_ours(&out, true).expect("still sound")) {
            assert!(again.pixels == picture.pixels, "other pixels");
        }
        if settings.metadata == Metadata::Keep && !settings.keep_gps {
            assert!(!metadata::tells_a_place(&out), "the place is still told");
        }
        if settings.metadata == Metadata::None {
            assert!(!metadata::tells_a_place(&out), "the place came with the texts");
        }
    }
}
