//! Turning a picture the way it is meant to be seen. Done after the resize, on the few pixels that are left.

use super::{Orientation, Pixels, Size};

/// The picture as it is meant to be seen.
pub(crate) fn turn(pixels: Pixels, orientation: Orientation) -> Pixels {
    if orientation == Orientation::Upright {
        return pixels;
    }
    match pixels.channels.count() {
        1 => turned::<1>(&pixels, orientation),
        _ => turned::<3>(&pixels, orientation),
    }
}

fn turned<const N: usize>(pixels: &Pixels, orientation: Orientation) -> Pixels {
    let (width, height) = (pixels.size.width as usize, pixels.size.height as usize);
    let size = if swaps_sides(orientation) {
        pixels.size.transposed()
    } else {
        pixels.size
    };
    let from = pixels.data.as_chunks::<N>().0;
    let mut data = vec![0; pixels.data.len()];
    let to = data.as_chunks_mut::<N>().0;
    // Where the first pixel of the result lies in the source, and the steps from there.
    let (w, h) = (width as isize, height as isize);
    let (start, across, down) = match orientation {
        Orientation::Upright => (0, 1, w),
        Orientation::FlipHorizontal => (w - 1, -1, w),
        Orientation::Rotate180 => (w * h - 1, -1, -w),
        Orientation::FlipVertical => (w * (h - 1), 1, -w),
        Orientation::Transpose => (0, w, 1),
        Orientation::Rotate90 => (w * (h - 1), -w, 1),
        Orientation::Transverse => (w * h - 1, -w, -1),
        Orientation::Rotate270 => (w - 1, w, -1),
    };
    for (y, row) in to.chunks_exact_mut(size.width as usize).enumerate() {
        let mut at = start + y as isize * down;
        for pixel in row {
            *pixel = from[at as usize];
            at += across;
        }
    }
    Pixels {
        size,
        channels: pixels.channels,
        data,
    }
}

/// Whether width and height change places.
fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Transpose | Orientation::Rotate90 | Orientation::Transverse | Orientation::Rotate270
    )
}

impl Orientation {
    /// The size a picture stored as `size` is seen at.
    pub(crate) fn seen(self, size: Size) -> Size {
        if swaps_sides(self) { size.transposed() } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::pixels::Channels;

    /// `1 2 3 / 4 5 6` turned by each orientation, as EXIF 2.3 draws them.
    #[test]
    fn all_eight() {
        let rows: [(Orientation, &[&[u8]]); 8] = [
            (Orientation::Upright, &[&[1, 2, 3], &[4, 5, 6]]),
            (Orientation::FlipHorizontal, &[&[3, 2, 1], &[6, 5, 4]]),
            (Orientation::Rotate180, &[&[6, 5, 4], &[3, 2, 1]]),
            (Orientation::FlipVertical, &[&[4, 5, 6], &[1, 2, 3]]),
            (Orientation::Transpose, &[&[1, 4], &[2, 5], &[3, 6]]),
            (Orientation::Rotate90, &[&[4, 1], &[5, 2], &[6, 3]]),
            (Orientation::Transverse, &[&[6, 3], &[5, 2], &[4, 1]]),
            (Orientation::Rotate270, &[&[3, 6], &[2, 5], &[1, 4]]),
        ];
        for (orientation, expected) in rows {
            for channels in [Channels::Grey, Channels::Rgb] {
                let spread = |values: &[u8]| -> Vec<u8> {
                    values
                        .iter()
                        .flat_map(|&v| (0..channels.count() as u8).map(move |c| v * 10 + c))
                        .collect()
                };
                let turned = turn(
                    Pixels {
                        size: Size { width: 3, height: 2 },
                        channels,
                        data: spread(&[1, 2, 3, 4, 5, 6]),
                    },
                    orientation,
                );
                let size = Size {
                    width: expected[0].len() as u32,
                    height: expected.len() as u32,
                };
                assert_eq!(turned.size, size, "{orientation:?}");
                assert_eq!(orientation.seen(Size { width: 3, height: 2 }), size, "{orientation:?}");
                assert_eq!(turned.data, spread(&expected.concat()), "{orientation:?} {channels:?}");
            }
        }
    }
}
