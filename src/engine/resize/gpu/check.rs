//! The self-test of a card before it gets a person's pictures: few and small ones, whose results the processor knows. A card
//! or a driver that computes anything else is not used at all.
//!
//! Every way through the kernels is in them, and contrasts that reach both clamps, so that a wrong weight, shift, half or
//! limit shows; a test holds them against programs with such mistakes.

use super::batch::{Picture, stride};
use crate::engine::pixels::{Layout, Matte, Pixels, Size};
use crate::engine::resize::{Backend, Cpu, Resample, Scratch};
use crate::engine::settings::Filter;

/// Samples that look like nothing: the same for the same seed. A half of them black or white, so that sums pass both ends.
pub(super) struct Noise(u64);

impl Noise {
    /// Any seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 32 bits.
    pub(super) fn next(&mut self) -> u32 {
        // Splitmix64 (Steele, Lea and Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    /// A sample.
    fn sample(&mut self) -> u8 {
        let next = self.next();
        match next & 3 {
            0 => 0,
            1 => 255,
            _ => (next >> 8) as u8,
        }
    }
}

/// Packed rows of noise for a picture.
pub(super) fn noise(picture: &Picture, seed: u64) -> Vec<u8> {
    let mut noise = Noise::new(seed);
    let bytes = picture.size.width as usize * picture.size.height as usize * picture.layout.count();
    (0..bytes).map(|_| noise.sample()).collect()
}

/// Packed rows with the padding of a staging slot. It is not 0, so that a kernel that counts it in is found out.
pub(super) fn padded(rows: &[u8], picture: &Picture) -> Vec<u8> {
    let row = picture.size.width as usize * picture.layout.count();
    let stride = stride(picture.layout, picture.size.width);
    let mut padded = vec![0xa5; stride * picture.size.height as usize];
    for (from, to) in rows.chunks_exact(row).zip(padded.chunks_exact_mut(stride)) {
        to[..row].copy_from_slice(from);
    }
    padded
}

/// What the processor makes of packed rows: flattened where they are RGBA, then resized.
///
/// # Errors
/// What the processor's backend says; rows that do not fit the picture's size.
pub(super) fn expected(rows: &[u8], picture: &Picture) -> Result<Pixels, String> {
    let data = match picture.layout {
        Layout::Grey | Layout::Rgb => rows.to_vec(),
        Layout::Rgba(matte) => matte.flatten(rows),
    };
    let source = Pixels {
        size: picture.size,
        channels: picture.layout.channels(),
        data,
    };
    Cpu.resize(&source, picture.to, picture.how, &mut Scratch::default())
        .map_err(|error| error.to_string())
}

/// Padded rows, what to do with them, and what has to come out; all of them under ten thousand pixels, and to be done in any
/// number of batches.
///
/// # Errors
/// None but a mistake of the program.
pub(super) fn pictures() -> Result<Vec<(Vec<u8>, Picture, Pixels)>, String> {
    use Filter::{Area, CatmullRom, Lanczos3, Mitchell};
    let matte = |colour, linear| Layout::Rgba(Matte { colour, linear });
    let pictures = [
        (Layout::Grey, (45, 37), (16, 13), Lanczos3, false),
        (Layout::Rgb, (38, 29), (17, 31), Mitchell, false),
        (Layout::Rgb, (21, 40), (21, 7), CatmullRom, false),
        (matte([114, 3, 250], false), (33, 26), (14, 9), Lanczos3, false),
        (matte([90, 200, 30], true), (27, 22), (11, 13), CatmullRom, false),
        (Layout::Grey, (35, 31), (12, 11), Lanczos3, true),
        (Layout::Rgb, (29, 34), (40, 13), Lanczos3, true),
        (Layout::Rgb, (34, 27), (9, 27), Area, false),
        (Layout::Grey, (17, 23), (7, 8), Area, false),
        (matte([255, 128, 0], false), (25, 21), (9, 8), Mitchell, true),
        (matte([0, 60, 255], true), (23, 19), (8, 7), Area, true),
    ];
    pictures
        .into_iter()
        .zip(1..)
        .map(|((layout, size, to, filter, linear), seed)| {
            let size_of = |(width, height)| Size { width, height };
            let picture = Picture {
                layout,
                size: size_of(size),
                to: size_of(to),
                how: Resample { filter, linear },
            };
            let rows = noise(&picture, seed);
            let expected = expected(&rows, &picture)?;
            Ok((padded(&rows, &picture), picture, expected))
        })
        .collect()
}
