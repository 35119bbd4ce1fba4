//! Pictures as a screen wants them: RGBA, upright, sRGB, opaque; halved, and compared.

use crate::engine::pixels::{Channels, Pixels, Size};

/// A picture ready for a screen.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width and height.
    pub size: Size,
    /// `width * height * 4` bytes, rows packed top to bottom; alpha is 255.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.size.width, self.size.height)
    }
}

impl Picture {
    /// From samples in sRGB.
    pub(super) fn of(pixels: &Pixels) -> Self {
        let mut rgba = Vec::with_capacity(pixels.size.width as usize * pixels.size.height as usize * 4);
        match pixels.channels {
            Channels::Grey => rgba.extend(pixels.data.iter().flat_map(|&grey| [grey, grey, grey, 255])),
            Channels::Rgb => rgba.extend(pixels.data.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255])),
        }
        Self { size: pixels.size, rgba }
    }

    /// Memory of its samples, bytes.
    pub fn bytes(&self) -> usize {
        self.rgba.len()
    }

    /// At half the size: the mean of each four pixels, so that a screen which shows it small need not skip any. `None` where
    /// it is one pixel wide or high.
    pub fn halved(&self) -> Option<Self> {
        let size = Size {
            width: self.size.width / 2,
            height: self.size.height / 2,
        };
        if size.pixels() == 0 {
            return None;
        }
        let row = self.size.width as usize * 4;
        let mut rgba = Vec::with_capacity(size.width as usize * size.height as usize * 4);
        for pair in self.rgba.chunks_exact(2 * row).take(size.height as usize) {
            let (upper, lower) = pair.split_at(row);
            let blocks = upper.as_chunks::<8>().0.iter().zip(lower.as_chunks::<8>().0);
            for (a, b) in blocks {
                for c in 0..4 {
                    let sum = u16::from(a[c]) + u16::from(a[c + 4]) + u16::from(b[c]) + u16::from(b[c + 4]);
                    rgba.push(((sum + 2) / 4) as u8);
                }
            }
        }
        Some(Self { size, rgba })
    }

    /// How far two pictures of one size are apart, sample by sample, made visible: black where they are the same. `None`
    /// where their sizes differ.
    pub(super) fn difference(a: &Pixels, b: &Pixels, times: u8) -> Option<Self> {
        let (a, b) = (Self::of(a), Self::of(b));
        if a.size != b.size {
            return None;
        }
        let mut rgba = a.rgba;
        for (pixel, other) in rgba.as_chunks_mut::<4>().0.iter_mut().zip(b.rgba.as_chunks::<4>().0) {
            for c in 0..3 {
                pixel[c] = pixel[c].abs_diff(other[c]).saturating_mul(times);
            }
        }
        Some(Self { size: a.size, rgba })
    }
}

/// A small picture of an image, and what it tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Thumbnail {
    /// Upright, over the matte.
    pub picture: Picture,
    /// Of the whole image, as seen.
    pub size: Size,
    /// The matte shows in at least one pixel.
    pub flattened: bool,
    /// Mean luma, 0 (black) to 1.
    pub luma: f64,
    /// How much it looks like writing or a drawing, 0 to 1: even ground and hard edges at once, which photographs lack.
    pub text_like: f64,
}

impl Thumbnail {
    pub(super) fn new(picture: Picture, size: Size, flattened: bool) -> Self {
        let luma: Vec<i32> = picture.rgba.as_chunks::<4>().0.iter().map(|p| luma(*p)).collect();
        let mean = luma.iter().map(|&v| f64::from(v)).sum::<f64>() / luma.len().max(1) as f64 / 255.0;
        Self {
            text_like: text_like(&luma, picture.size),
            luma: mean,
            picture,
            size,
            flattened,
        }
    }
}

/// BT.601, 0 to 255.
fn luma([r, g, b, _]: [u8; 4]) -> i32 {
    (299 * i32::from(r) + 587 * i32::from(g) + 114 * i32::from(b) + 500) / 1000
}

/// Steps between neighbours up to this are even ground: a gradient or noise is more than that in a reduced photograph.
const EVEN: i32 = 1;
/// Steps from this on are hard edges.
const EDGE: i32 = 56;

/// The geometric mean of the shares of even ground and, five times over, of hard edges: neither alone makes a page.
fn text_like(luma: &[i32], size: Size) -> f64 {
    let width = size.width as usize;
    let (mut even, mut edges, mut all) = (0_u32, 0_u32, 0_u32);
    for row in luma.chunks_exact(width.max(1)) {
        for pair in row.windows(2) {
            let step = (pair[0] - pair[1]).abs();
            all += 1;
            even += u32::from(step <= EVEN);
            edges += u32::from(step >= EDGE);
        }
    }
    if all == 0 {
        return 0.0;
    }
    let share = |count: u32| f64::from(count) / f64::from(all);
    (share(even) * (5.0 * share(edges)).min(1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32, sample: impl Fn(u32, u32) -> u8) -> Pixels {
        let data = (0..width * height).map(|i| sample(i % width, i / width)).collect();
        Pixels {
            size: Size { width, height },
            channels: Channels::Grey,
            data,
        }
    }

    #[test]
    fn halves_are_means_and_end_at_one_pixel() {
        let picture = Picture::of(&grey(5, 3, |x, y| (10 * x + 100 * (y % 2)) as u8));
        let half = picture.halved().expect("five by three");
        assert_eq!(half.size, Size { width: 2, height: 1 });
        assert_eq!(half.rgba, [55, 55, 55, 255, 75, 75, 75, 255]);
        assert_eq!(half.halved(), None);
    }

    #[test]
    fn the_same_pictures_differ_by_nothing() {
        let (a, b) = (
            grey(4, 1, |x, _| 50 * x as u8),
            grey(4, 1, |x, _| 50 * x as u8 + u8::from(x == 2) * 9),
        );
        let same = Picture::difference(&a, &a, 8).expect("one size");
        assert!(same.rgba.as_chunks::<4>().0.iter().all(|p| *p == [0, 0, 0, 255]));
        let apart = Picture::difference(&b, &a, 8).expect("one size");
        assert_eq!(apart.rgba[8..12], [72, 72, 72, 255]);
        assert_eq!(Picture::difference(&a, &grey(2, 2, |_, _| 0), 8), None);
    }

    #[test]
    fn pages_look_like_text_and_photographs_do_not() {
        let thumb = |pixels: &Pixels| Thumbnail::new(Picture::of(pixels), pixels.size, false);
        let page = thumb(&grey(120, 90, |x, y| if y % 6 < 3 && x % 10 < 3 { 20 } else { 240 }));
        let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 27;
        let photo = thumb(&grey(120, 90, |x, y| (x + y / 2 + noise(x, y)) as u8));
        let blank = thumb(&grey(120, 90, |_, _| 255));
        assert!(
            page.text_like > 0.5 && photo.text_like < 0.2 && blank.text_like == 0.0,
            "{page:?} {photo:?}"
        );
        assert!(blank.luma > 0.99 && thumb(&grey(3, 3, |_, _| 0)).luma == 0.0);
    }
}
