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

/// The part of the picture, as it is meant to be seen, that begins at `at` (across, down) and is of the size `part`; what lies
/// beyond the picture is left out. `None` where nothing remains.
pub(crate) fn turned_part(pixels: &Pixels, orientation: Orientation, at: (u32, u32), part: Size) -> Option<Pixels> {
    let seen = orientation.seen(pixels.size);
    let part = Size {
        width: part.width.min(seen.width.checked_sub(at.0)?),
        height: part.height.min(seen.height.checked_sub(at.1)?),
    };
    if part.pixels() == 0 {
        return None;
    }
    Some(match pixels.channels.count() {
        1 => taken::<1>(pixels, orientation, at, part),
        _ => taken::<3>(pixels, orientation, at, part),
    })
}

fn turned<const N: usize>(pixels: &Pixels, orientation: Orientation) -> Pixels {
    taken::<N>(pixels, orientation, (0, 0), orientation.seen(pixels.size))
}

/// `size` pixels from `at` on, as seen; they lie within the picture.
fn taken<const N: usize>(pixels: &Pixels, orientation: Orientation, at: (u32, u32), size: Size) -> Pixels {
    let (width, height) = (pixels.size.width as usize, pixels.size.height as usize);
    let (left, top) = (at.0 as isize, at.1 as isize);
    let from = pixels.data.as_chunks::<N>().0;
    let mut data = vec![0; size.width as usize * size.height as usize * N];
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
        let mut at = start + (y as isize + top) * down + left * across;
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

    #[test]
    fn a_part_is_what_the_whole_has_there() {
        let pixels = Pixels {
            size: Size { width: 7, height: 5 },
            channels: Channels::Rgb,
            data: (0..105).collect(),
        };
        let all = [
            Orientation::Upright,
            Orientation::FlipHorizontal,
            Orientation::Rotate180,
            Orientation::FlipVertical,
            Orientation::Transpose,
            Orientation::Rotate90,
            Orientation::Transverse,
            Orientation::Rotate270,
        ];
        for orientation in all {
            let whole = turn(pixels.clone(), orientation);
            let part = turned_part(&pixels, orientation, (2, 1), Size { width: 2, height: 9 }).expect("a part");
            assert_eq!(
                part.size,
                Size {
                    width: 2,
                    height: whole.size.height - 1
                },
                "{orientation:?}"
            );
            let row = whole.size.width as usize * 3;
            for (y, line) in part.data.chunks_exact(6).enumerate() {
                let at = (y + 1) * row + 6;
                assert_eq!(line, &whole.data[at..at + 6], "{orientation:?}");
            }
            assert_eq!(
                turned_part(&pixels, orientation, (7, 0), Size { width: 2, height: 2 }),
                None,
                "{orientation:?}"
            );
        }
    }

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
