//! JPEGs that are decoded at a fraction of their size: the same by every way, and hardly to be told from a full decode.
#![cfg(feature = "native-codecs")]

use std::path::PathBuf;
use std::sync::Arc;

use super::quality::Judge;
use super::{Again, Shrinker, Shrunk};
use crate::engine::pixels::{Channels, EncodeOptions, Pixels, Size, encode};
use crate::engine::resize::Cpu;
use crate::engine::settings::{Chroma, Settings};

/// Soft shapes, hard edges, gratings near what the target can show, and grain.
fn detailed(width: u32, height: u32) -> Pixels {
    let mut state = 5_u32;
    let mut data = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (state >> 28) as i32 - 8;
            let (fx, fy) = (f64::from(x), f64::from(y));
            let soft = 110.0 + 60.0 * (fx / 97.0).sin() * (fy / 61.0).cos();
            let grating = 35.0 * (fx * fy / 9000.0).sin();
            let edge = if (x / 90 + y / 70) % 2 == 0 { 25.0 } else { -25.0 };
            for channel in [soft + grating, soft + edge, soft - grating + edge] {
                data.push((channel as i32 + grain).clamp(0, 255) as u8);
            }
        }
    }
    Pixels {
        size: Size { width, height },
        channels: Channels::Rgb,
        data,
    }
}

fn file(width: u32, height: u32, chroma: Chroma, progressive: bool) -> Vec<u8> {
    let options = EncodeOptions {
        quality: 90,
        chroma,
        optimise_huffman: true,
        progressive,
    };
    encode(&detailed(width, height), &options).expect("encoded")
}

fn settings(target: u32, scaled: bool) -> Settings {
    let mut settings = Settings::default();
    settings.picture.target = target;
    settings.picture.scaled_decode = scaled;
    settings
}

/// The replacement, and the score it loses by scaled decoding, both judged against what a full decode gives to encode.
fn loss(file: &[u8], target: u32) -> Option<(Shrunk, Shrunk, f64)> {
    let mut again = Again::new(file.to_vec(), Arc::new(Cpu)).ok()?;
    let full = again.shrink(&settings(target, false), &|| false).ok()??;
    let pixels = again.encoded_from()?.clone();
    let scaled = again.shrink(&settings(target, true), &|| false).ok()??;
    let judge = Judge::new(&pixels).ok()?;
    let lost = judge.score(&full.bytes, false).ok()? - judge.score(&scaled.bytes, false).ok()?;
    Some((full, scaled, lost))
}

#[test]
fn it_is_hardly_to_be_told_and_the_same_by_every_way() {
    let mut losses = Vec::new();
    for (width, height, chroma, progressive) in [
        (1280, 960, Chroma::C420, false),
        (1283, 961, Chroma::C420, true),
        (961, 1283, Chroma::C444, false),
        (1600, 1200, Chroma::C422, false),
        (2011, 777, Chroma::C444, true),
    ] {
        let file = file(width, height, chroma, progressive);
        let (full, scaled, lost) = loss(&file, 200).expect("shrunk");
        assert_eq!((scaled.before, scaled.after), (full.before, full.after));
        assert_ne!(scaled.bytes, full.bytes, "{width} x {height} was decoded whole");
        losses.push(lost);
        let mut shrinker = Shrinker::new(&settings(200, true), Arc::new(Cpu));
        for strips in [false, true] {
            assert_eq!(
                shrinker.shrink(&file, strips).expect("shrunk").bytes,
                scaled.bytes,
                "strips: {strips}"
            );
        }
    }
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    println!("scores lost: {losses:.3?}");
    // Half a point of a hundred: what separates one step of quality from the next.
    assert!(mean <= 0.5, "{losses:.3?}");
}

#[test]
fn what_is_below_twice_the_target_is_decoded_whole() {
    for (width, height, target) in [(390, 300, 200), (300, 390, 200), (200, 150, 512)] {
        let file = file(width, height, Chroma::C420, false);
        let of = |scaled| {
            Shrinker::new(&settings(target, scaled), Arc::new(Cpu))
                .shrink(&file, false)
                .expect("shrunk")
        };
        assert_eq!(of(true).bytes, of(false).bytes, "{width} x {height}");
    }
}

#[test]
fn a_preview_goes_on_showing_the_original_whole() {
    let file = file(900, 700, Chroma::C420, false);
    let mut again = Again::new(file, Arc::new(Cpu)).expect("read");
    let settings = settings(200, true);
    again.shrink(&settings, &|| false).expect("shrunk");
    let seen = again.seen(&settings, u64::MAX).expect("seen");
    assert_eq!(
        (seen.pixels.size, seen.size),
        (Size { width: 900, height: 700 }, Size { width: 900, height: 700 })
    );
}

/// The figures of `docs/benchmarks.md`: `SHARDPRESS_PICTURES` names a folder of JPEGs.
#[test]
#[ignore = "needs a folder of real pictures"]
fn real_pictures_lose_half_a_point() {
    let folder = PathBuf::from(std::env::var_os("SHARDPRESS_PICTURES").expect("SHARDPRESS_PICTURES names a folder"));
    let mut losses: Vec<f64> = std::fs::read_dir(folder)
        .expect("a folder")
        .filter_map(|entry| std::fs::read(entry.ok()?.path()).ok())
        .filter_map(|file| loss(&file, 512))
        .filter(|(full, scaled, _)| full.bytes != scaled.bytes)
        .map(|(_, _, lost)| lost)
        .collect();
    losses.sort_by(f64::total_cmp);
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let at = |share: f64| losses[(share * (losses.len() - 1) as f64) as usize];
    println!(
        "{} pictures: mean {mean:.4}, median {:.4}, 95 % below {:.3}, most {:.3}",
        losses.len(),
        at(0.5),
        at(0.95),
        at(1.0)
    );
    assert!(mean <= 0.6);
}
