//! Both codecs through the same door.

use std::time::{Duration, Instant};

use super::super::basin::both_ways;
use super::super::decode::{DecodeError, DecodeOptions, Decoded};
use super::super::{Channels, Header, Orientation, Pixels, Size};
use super::{EncodeError, EncodeOptions, VerifyError, encode, markers, pure, verify};
use crate::engine::settings::{Chroma, Format, Limits};

/// A picture with edges, gradients and saturated corners, the same every time.
fn picture(width: u32, height: u32, channels: Channels) -> Pixels {
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let disc = (x as i32 - 40).pow(2) + (y as i32 - 30).pow(2) < 400;
            let value = |c: u32| if disc { 255 * (c & 1) } else { (x * (2 + c) + y * (3 - c)) & 255 };
            (0..channels.count() as u32).for_each(|c| data.push(value(c) as u8));
        }
    }
    Pixels {
        size: Size { width, height },
        channels,
        data,
    }
}

const Q95: EncodeOptions = EncodeOptions {
    quality: 95,
    chroma: Chroma::C444,
    optimise_huffman: true,
    progressive: false,
};

const PROGRESSIVE: EncodeOptions = EncodeOptions { progressive: true, ..Q95 };

fn options(quality: u8, chroma: Chroma) -> EncodeOptions {
    EncodeOptions {
        quality,
        chroma,
        optimise_huffman: true,
        progressive: false,
    }
}

fn header(bytes: &[u8]) -> Header {
    let head = markers::read(bytes);
    Header {
        format: Format::Jpeg,
        size: Size {
            width: head.width,
            height: head.height,
        },
        orientation: Orientation::Rotate90,
        animated: false,
        transparent: false,
        samples: head.components.len() as u8,
        bits: head.bits,
        multi_pass: head.frame & 3 == 2,
        coded_sixteenths: 0,
    }
}

/// By the codec that is built in, held against decoding into a sink.
fn whole(bytes: &[u8], header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    both_ways(super::decode(bytes, header, options), |sink| {
        super::decode_into(bytes, header, options, sink)
    })
}

/// By each codec.
fn decode(bytes: &[u8]) -> [Result<Decoded, DecodeError>; 2] {
    let limits = Limits::default();
    let options = DecodeOptions {
        matte: [0; 3].into(),
        limits: &limits,
        deadline: None,
        keep_profile: false,
        least: None,
    };
    let (header, head) = (header(bytes), markers::read(bytes));
    [whole(bytes, &header, &options), pure::decode(bytes, &head, &header, &options)]
}

fn mean_difference(a: &Pixels, b: &Pixels) -> f64 {
    assert_eq!((a.size, a.channels), (b.size, b.channels));
    let sum: u64 = a.data.iter().zip(&b.data).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.data.len() as f64
}

#[test]
fn there_and_back() {
    fn check(width: u32, height: u32, channels: Channels, quality: u8, chroma: Chroma, tolerance: f64) {
        for progressive in [false, true] {
            check_one(
                width,
                height,
                channels,
                EncodeOptions {
                    progressive,
                    ..options(quality, chroma)
                },
                tolerance,
            );
        }
    }
    fn check_one(width: u32, height: u32, channels: Channels, options: EncodeOptions, tolerance: f64) {
        let pixels = picture(width, height, channels);
        for encoded in [encode(&pixels, &options).unwrap(), pure::encode(&pixels, &options).unwrap()] {
            let what = format!("{width}x{height} {channels:?} {options:?}");
            verify(&encoded, &pixels, &options).unwrap_or_else(|error| panic!("{what}: {error}"));
            verify_pure(&encoded, &pixels, &options).unwrap_or_else(|error| panic!("{what} pure: {error}"));
            let head = markers::read(&encoded);
            assert_eq!(head.components.len(), channels.count());
            assert_eq!(head.frame, if options.progressive { 0xC2 } else { 0xC0 }, "{what}");
            for decoded in decode(&encoded) {
                let decoded = decoded.unwrap();
                assert_eq!(decoded.orientation, Orientation::Rotate90);
                assert_eq!(decoded.notes, [""; 0]);
                let difference = mean_difference(&decoded.pixels, &pixels);
                assert!(difference < tolerance, "{what}: {difference}");
            }
        }
    }
    use Channels::{Grey, Rgb};
    for (width, height) in [(1, 1), (7, 3), (8, 8), (64, 65), (129, 70), (17, 200)] {
        for channels in [Grey, Rgb] {
            check(width, height, channels, 95, Chroma::C444, 3.0);
            check(width, height, channels, 95, Chroma::C422, 14.0);
            check(width, height, channels, 95, Chroma::C420, 14.0);
            check(width, height, channels, 30, Chroma::C444, 14.0);
            check(width, height, channels, 100, Chroma::C444, 1.0);
            check(width, height, channels, 1, Chroma::C420, 60.0);
        }
    }
}

fn verify_pure(encoded: &[u8], pixels: &Pixels, options: &EncodeOptions) -> Result<(), VerifyError> {
    super::verify::check(&markers::read(encoded), pixels, options, pure::CHROMA_INTERPOLATED, |rows, band| {
        pure::decode_for_check(encoded, pixels.size, pixels.channels, rows, band)
    })
}

#[test]
fn noise_is_verified_too() {
    let mut state = 1u32;
    let mut noise = picture(90, 75, Channels::Rgb);
    for sample in &mut noise.data {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Black and white noise rings the most.
        *sample = if state >> 31 == 0 { 0 } else { 255 };
    }
    for quality in [1, 10, 50, 95, 100] {
        for chroma in [Chroma::C444, Chroma::C422, Chroma::C420] {
            let options = options(quality, chroma);
            let encoded = encode(&noise, &options).unwrap();
            verify(&encoded, &noise, &options).unwrap_or_else(|error| panic!("q{quality} {chroma:?}: {error}"));
            verify_pure(&encoded, &noise, &options).unwrap_or_else(|error| panic!("q{quality} {chroma:?} pure: {error}"));
        }
    }
}

#[test]
fn huffman_tables_matter() {
    // The pure codec makes tables for grey pictures only.
    let channels = if cfg!(feature = "native-codecs") {
        Channels::Rgb
    } else {
        Channels::Grey
    };
    let pixels = picture(200, 150, channels);
    let made = encode(&pixels, &Q95).unwrap();
    let standard = EncodeOptions {
        optimise_huffman: false,
        ..Q95
    };
    let standard = encode(&pixels, &standard).unwrap();
    assert!(made.len() < standard.len(), "{} and {}", made.len(), standard.len());
    assert_eq!(decode(&made)[0], decode(&standard)[0]);
}

#[test]
fn progressive_is_smaller_and_the_same_picture() {
    for channels in [Channels::Grey, Channels::Rgb] {
        let pixels = picture(300, 200, channels);
        let (baseline, progressive) = (encode(&pixels, &Q95).unwrap(), encode(&pixels, &PROGRESSIVE).unwrap());
        assert_eq!(decode(&baseline)[0], decode(&progressive)[0], "the same coefficients");
        if cfg!(feature = "native-codecs") {
            assert!(progressive.len() < baseline.len(), "{} and {}", progressive.len(), baseline.len());
        }
        // The one is not taken for the other, and a scan less is noticed.
        assert!(matches!(verify(&progressive, &pixels, &Q95), Err(VerifyError::Form(_))));
        assert!(matches!(verify(&baseline, &pixels, &PROGRESSIVE), Err(VerifyError::Form(_))));
        let last = progressive.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
        let cut = [&progressive[..last], &[0xFF, 0xD9]].concat();
        assert!(verify(&cut, &pixels, &PROGRESSIVE).is_err());
    }
}

#[test]
fn wrong_pictures_are_not_verified() {
    fn check(change: impl FnOnce(&mut Pixels)) {
        let mut pixels = picture(100, 60, Channels::Rgb);
        let encoded = encode(&pixels, &Q95).unwrap();
        change(&mut pixels);
        assert!(verify(&encoded, &pixels, &Q95).is_err());
        assert!(verify_pure(&encoded, &pixels, &Q95).is_err());
    }
    // One block a little brighter.
    check(|p| {
        for y in 16..24 {
            for x in 24..32 {
                for c in 0..3 {
                    let sample = &mut p.data[(y * 100 + x) * 3 + c];
                    *sample = sample.saturating_add(9);
                }
            }
        }
    });
    // Red and blue exchanged.
    check(|p| p.data.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2)));
    // Shifted by a row.
    check(|p| p.data.rotate_right(300));
    check(|p| p.size = p.size.transposed());
    check(|p| {
        p.size.height -= 1;
        p.data.truncate(100 * 59 * 3);
    });
    check(|p| {
        p.channels = Channels::Grey;
        p.data.truncate(100 * 60);
    });
}

#[test]
fn flipped_bits_are_caught() {
    // Every single flipped bit of the file. What is not refused must leave the picture as it was, or within what the
    // quantiser and the allowed two levels do to it anyway: a small step of one coefficient cannot be told from rounding.
    let pixels = picture(48, 40, Channels::Rgb);
    let encoded = encode(&pixels, &Q95).unwrap();
    let intact = decode(&encoded)[0].clone().unwrap().pixels;
    let (mut refused, mut harmless, mut subtle, mut worst) = (0, 0, 0, 0.0f64);
    for at in 0..encoded.len() {
        for bit in 0..8 {
            let mut flipped = encoded.clone();
            flipped[at] ^= 1 << bit;
            if verify(&flipped, &pixels, &Q95).is_err() {
                refused += 1;
                continue;
            }
            let [decoded, _] = decode(&flipped);
            let decoded = decoded.unwrap_or_else(|error| panic!("byte {at} bit {bit}: {error}")).pixels;
            if decoded == intact {
                harmless += 1;
                continue;
            }
            worst = worst.max(mean_difference(&decoded, &intact));
            subtle += 1;
        }
    }
    println!("{refused} refused, {harmless} harmless, {subtle} within a step; worst mean difference {worst:.2}");
    assert!(worst < 2.5, "{worst}");
    assert!(
        refused > 2 * subtle,
        "{refused} refused, {harmless} harmless, {subtle} within a step"
    );
    assert!(harmless > 0);
}

#[test]
fn every_truncation_is_an_error() {
    let encoded = encode(&picture(60, 50, Channels::Rgb), &options(90, Chroma::C420)).unwrap();
    for length in 0..encoded.len() {
        for (codec, decoded) in decode(&encoded[..length]).into_iter().enumerate() {
            assert!(decoded.is_err(), "codec {codec}, {length} of {} bytes", encoded.len());
        }
    }
    let cut = &encoded[..encoded.len() / 2];
    for decoded in decode(cut) {
        assert!(matches!(decoded, Err(DecodeError::Truncated(_))), "{decoded:?}");
    }
}

#[test]
fn a_cut_scan_with_an_end_marker_is_an_error() {
    for pixels in [picture(60, 90, Channels::Rgb), picture(60, 90, Channels::Grey)] {
        for encoded in [
            encode(
                &pixels,
                &EncodeOptions {
                    optimise_huffman: false,
                    ..Q95
                },
            )
            .unwrap(),
            encode(&pixels, &options(95, Chroma::C420)).unwrap(),
        ] {
            let scan = encoded.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14;
            for cut in scan..encoded.len() - 4 {
                if encoded[cut - 1] == 0xFF {
                    continue;
                }
                let ended = [&encoded[..cut], &[0xFF, 0xD9]].concat();
                for (codec, decoded) in decode(&ended).into_iter().enumerate() {
                    assert!(decoded.is_err(), "codec {codec}, cut at {cut} of {}", encoded.len());
                }
            }
        }
    }
}

/// By jpeg-encoder: seven scans.
fn progressive(pixels: &Pixels) -> Vec<u8> {
    let mut encoded = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut encoded, 95);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_4_4);
    encoder.set_progressive(true);
    let (width, height) = (pixels.size.width as u16, pixels.size.height as u16);
    encoder.encode(&pixels.data, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    encoded
}

#[test]
fn progressive_pictures_lack_no_scan() {
    let pixels = picture(60, 90, Channels::Rgb);
    let encoded = progressive(&pixels);
    for decoded in decode(&encoded) {
        assert!(mean_difference(&decoded.unwrap().pixels, &pixels) < 3.0);
    }
    let scans = || {
        encoded
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| *pair == [0xFF, 0xDA])
            .map(|(at, _)| at)
    };
    assert!(scans().count() > 5);
    for scan in scans().skip(1) {
        let ended = [&encoded[..scan], &[0xFF, 0xD9]].concat();
        for (codec, decoded) in decode(&ended).into_iter().enumerate() {
            assert!(
                matches!(decoded, Err(DecodeError::Truncated(_))),
                "codec {codec}, cut at {scan}: {decoded:?}"
            );
        }
    }
}

#[test]
#[cfg(feature = "native-codecs")]
fn progressive_scans_are_not_cut() {
    // The pure codec cannot tell: see the head of `pure`.
    let encoded = progressive(&picture(60, 90, Channels::Rgb));
    let last = encoded.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap() + 10;
    for cut in (last..encoded.len() - 4).filter(|&cut| encoded[cut - 1] != 0xFF) {
        let ended = [&encoded[..cut], &[0xFF, 0xD9]].concat();
        assert!(decode(&ended)[0].is_err(), "cut at {cut} of {}", encoded.len());
    }
}

#[test]
fn what_follows_the_end_is_noted() {
    let pixels = picture(30, 20, Channels::Grey);
    let mut encoded = encode(&pixels, &Q95).unwrap();
    encoded.extend([1, 2, 3]);
    for decoded in decode(&encoded) {
        let notes = decoded.unwrap().notes;
        assert!(notes.len() == 1 && notes[0].starts_with("3 bytes"), "{notes:?}");
    }
    assert_eq!(
        verify(&encoded, &pixels, &Q95),
        Err(VerifyError::Form("bytes behind the end marker"))
    );
}

#[test]
fn buffers_and_sizes_are_checked() {
    let mut pixels = picture(10, 10, Channels::Rgb);
    pixels.data.pop();
    assert_eq!(encode(&pixels, &Q95), Err(EncodeError::Buffer { have: 299, want: 300 }));
    let long = Pixels {
        size: Size { width: 65_501, height: 1 },
        channels: Channels::Grey,
        data: vec![0; 65_501],
    };
    assert_eq!(encode(&long, &Q95), Err(EncodeError::TooLarge(long.size)));
}

#[test]
fn time_runs_out() {
    let encoded = encode(&picture(100, 100, Channels::Rgb), &Q95).unwrap();
    let limits = Limits::default();
    let options = DecodeOptions {
        matte: [0; 3].into(),
        limits: &limits,
        deadline: Instant::now().checked_sub(Duration::from_millis(1)),
        keep_profile: false,
        least: None,
    };
    let header = header(&encoded);
    for decoded in [
        whole(&encoded, &header, &options),
        pure::decode(&encoded, &markers::read(&encoded), &header, &options),
    ] {
        assert!(matches!(decoded, Err(DecodeError::OutOfTime { .. })), "{decoded:?}");
    }
}

#[test]
fn unwanted_kinds() {
    fn check(change: impl Fn(&mut Vec<u8>)) {
        let mut encoded = encode(&picture(16, 16, Channels::Grey), &Q95).unwrap();
        change(&mut encoded);
        let limits = Limits::default();
        let options = DecodeOptions {
            matte: [0; 3].into(),
            limits: &limits,
            deadline: None,
            keep_profile: false,
            least: None,
        };
        let decoded = whole(&encoded, &header(&encoded), &options);
        assert!(matches!(decoded, Err(DecodeError::Unsupported(_))), "{decoded:?}");
    }
    fn frame(bytes: &[u8]) -> usize {
        bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap()
    }
    check(|bytes| {
        let at = frame(bytes);
        bytes[at + 1] = 0xC3;
    });
    check(|bytes| {
        let at = frame(bytes);
        bytes[at + 1] = 0xC1;
        bytes[at + 4] = 12;
    });
}

#[test]
fn rows_give_the_whole_picture() {
    let pixels = picture(75, 83, Channels::Rgb);
    let encoded = encode(&pixels, &options(95, Chroma::C420)).unwrap();
    let limits = Limits::default();
    let options = DecodeOptions {
        matte: [0; 3].into(),
        limits: &limits,
        deadline: None,
        keep_profile: false,
        least: None,
    };
    let header = header(&encoded);
    let whole = super::decode(&encoded, &header, &options).unwrap().pixels;
    let Some(mut rows) = super::rows(&encoded, &header, &options).unwrap() else {
        assert_eq!(super::rows_cost(&header), None);
        return;
    };
    let (whole_cost, poured_cost) = (super::whole_cost(&header, encoded.len() as u64), super::poured_cost(&header));
    assert!(super::rows_cost(&header).is_some_and(|cost| cost < poured_cost && poured_cost < whole_cost));
    let mut data = vec![0; whole.data.len()];
    let mut rest = data.as_mut_slice();
    for count in [1, 2, 30, 17, 33] {
        let (now, later) = rest.split_at_mut(count * 75 * 3);
        rows.next_rows(now).unwrap();
        rest = later;
    }
    rows.finish().unwrap();
    assert_eq!(data, whole.data);
    assert_eq!(
        (rows.size(), rows.channels(), rows.orientation()),
        (whole.size, whole.channels, Orientation::Rotate90)
    );
}

#[test]
fn components_in_scans_of_their_own() {
    // jpeg-encoder writes such files; zune-jpeg reads rows of blocks as black and says nothing.
    let pixels = picture(64, 65, Channels::Rgb);
    let mut encoded = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut encoded, 95);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&pixels.data, 64, 65, jpeg_encoder::ColorType::Rgb).unwrap();
    let [native, pure] = decode(&encoded);
    assert!(matches!(pure, Err(DecodeError::Unsupported(_))), "{pure:?}");
    if cfg!(feature = "native-codecs") {
        assert!(mean_difference(&native.unwrap().pixels, &pixels) < 14.0);
    }
}
