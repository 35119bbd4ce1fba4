//! Cutting what hangs over a shape, and filling what it leaves free: the last step of the geometry, on the few pixels that
//! are left and the way they are seen.

use crate::engine::pixels::{Channels, Matte, Pixels, Size};

/// The picture at the size `to`, its middle staying in the middle: along each axis what is too much is cut and what is too
/// little filled with `matte`, evenly on both sides; an odd pixel goes to the right or the lower side. A grey picture that
/// is filled with a colour becomes RGB.
pub(crate) fn framed(pixels: Pixels, to: Size, matte: Matte) -> Pixels {
    let from = pixels.size;
    if from == to {
        return pixels;
    }
    let fills = to.width > from.width || to.height > from.height;
    let pixels = if fills { with_room_for(pixels, matte) } else { pixels };
    let count = pixels.channels.count();
    let mut data: Vec<u8> = Vec::new();
    if fills {
        let pixel = &matte.colour[..count];
        data = pixel.repeat(to.width as usize * to.height as usize);
    } else {
        data.resize(to.width as usize * to.height as usize * count, 0);
    }
    let (across, down) = (overlap(from.width, to.width), overlap(from.height, to.height));
    let (from_row, to_row) = (from.width as usize * count, to.width as usize * count);
    for y in 0..down.count {
        let from = (down.from + y) * from_row + across.from * count;
        let to = (down.to + y) * to_row + across.to * count;
        let length = across.count * count;
        data[to..to + length].copy_from_slice(&pixels.data[from..from + length]);
    }
    Pixels {
        size: to,
        channels: pixels.channels,
        data,
    }
}

/// In as many channels as the matte has.
fn with_room_for(pixels: Pixels, matte: Matte) -> Pixels {
    if pixels.channels == Channels::Rgb || matte.is_neutral() {
        return pixels;
    }
    Pixels {
        size: pixels.size,
        channels: Channels::Rgb,
        data: pixels.data.iter().flat_map(|&grey| [grey; 3]).collect(),
    }
}

/// What of one axis is kept: `count` samples that begin at `from` and come to lie at `to`.
struct Overlap {
    from: usize,
    to: usize,
    count: usize,
}

fn overlap(from: u32, to: u32) -> Overlap {
    Overlap {
        from: (from.saturating_sub(to) / 2) as usize,
        to: (to.saturating_sub(from) / 2) as usize,
        count: from.min(to) as usize,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbered(width: u32, height: u32, channels: Channels) -> Pixels {
        Pixels {
            size: Size { width, height },
            channels,
            data: (0..width as usize * height as usize * channels.count())
                .map(|i| (i % 200) as u8)
                .collect(),
        }
    }

    fn pixel(pixels: &Pixels, x: u32, y: u32) -> [u8; 3] {
        let count = pixels.channels.count();
        let at = (y * pixels.size.width + x) as usize * count;
        let samples = &pixels.data[at..at + count];
        std::array::from_fn(|c| samples[c.min(count - 1)])
    }

    proptest! {
        #[test]
        fn what_is_kept_is_in_the_middle(
            from in (1u32..12, 1u32..12), to in (1u32..12, 1u32..12), grey: bool, neutral: bool,
        ) {
            let matte = if neutral { [201, 201, 201] } else { [201, 202, 203] };
            let source = numbered(from.0, from.1, if grey { Channels::Grey } else { Channels::Rgb });
            let size = Size { width: to.0, height: to.1 };
            let found = framed(source.clone(), size, matte.into());
            prop_assert_eq!(found.size, size);
            prop_assert_eq!(found.data.len(), size.pixels() as usize * found.channels.count());
            // Left and upper offset of the picture in the frame: half of the difference, towards zero.
            let offset = |from: u32, to: u32| (i64::from(to) - i64::from(from)) / 2;
            let (left, top) = (offset(from.0, to.0), offset(from.1, to.1));
            for y in 0..to.1 {
                for x in 0..to.0 {
                    let (sx, sy) = (i64::from(x) - left, i64::from(y) - top);
                    let inside = (0..i64::from(from.0)).contains(&sx) && (0..i64::from(from.1)).contains(&sy);
                    let expected = if inside { pixel(&source, sx as u32, sy as u32) } else { matte };
                    prop_assert_eq!(pixel(&found, x, y), expected, "{},{}", x, y);
                }
            }
        }
    }
}
