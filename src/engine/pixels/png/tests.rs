//! Both ways through a PNG against each other and against samples worked out by the specification, for pictures of
//! every kind, drawn here.

use std::time::Instant;

use super::chunks::Parts;
use super::convert::Converter;
use super::*;
use crate::engine::pixels::basin::{Basin, both_ways};
use crate::engine::pixels::{Channels, InMemory, Size, probe};
use crate::engine::settings::Limits;

const MATTE: [u8; 3] = [114, 114, 114];
const COLOURED: [u8; 3] = [10, 200, 30];

fn with_options<T>(matte: [u8; 3], work: impl FnOnce(&DecodeOptions) -> T) -> T {
    let limits = Limits::default();
    work(&DecodeOptions {
        matte: matte.into(),
        limits: &limits,
        deadline: None,
        keep_profile: false,
        least: None,
    })
}

/// Repeatable noise with runs in it, so that all filters have something to predict.
fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut value = 0_u8;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 30 != 0 {
                value = value.wrapping_add((state >> 27) as u8 & 3)
            } else {
                value = (state >> 16) as u8
            }
            value
        })
        .collect()
}

struct Drawing {
    colour: png::ColorType,
    depth: png::BitDepth,
    width: u32,
    height: u32,
    trns: Option<Vec<u8>>,
    filter: png::Filter,
    icc: Option<Vec<u8>>,
}

impl Drawing {
    fn row_bytes(&self) -> usize {
        (self.width as usize * self.colour.samples() * self.depth as usize).div_ceil(8)
    }

    fn raw(&self) -> Vec<u8> {
        let mut raw = noise(self.row_bytes() * self.height as usize, self.width * 7 + self.depth as u32);
        // The key colour must occur: the first pixel of every other row carries it.
        if let (Some(trns), true) = (&self.trns, self.colour != png::ColorType::Indexed && self.depth as usize >= 8) {
            let bytes = self.depth as usize / 8;
            let key: Vec<u8> = trns.chunks(2).flat_map(|c| &c[2 - bytes..]).copied().collect();
            for row in raw.chunks_mut(self.row_bytes()).step_by(2) {
                row[..key.len()].copy_from_slice(&key);
            }
        }
        raw
    }

    fn encode(&self, raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut info = png::Info::with_size(self.width, self.height);
        info.color_type = self.colour;
        info.bit_depth = self.depth;
        info.trns = self.trns.clone().map(Into::into);
        info.icc_profile = self.icc.clone().map(Into::into);
        if self.colour == png::ColorType::Indexed {
            info.palette = Some(noise(3 << (self.depth as u32), 99).into());
        }
        let mut encoder = png::Encoder::with_info(&mut out, info).expect("a valid header");
        encoder.set_filter(self.filter);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(raw).expect("pixels");
        writer.finish().expect("an end");
        out
    }
}

const KINDS: [(png::ColorType, &[png::BitDepth]); 5] = {
    use png::BitDepth::{Eight, Four, One, Sixteen, Two};
    [
        (png::ColorType::Grayscale, &[One, Two, Four, Eight, Sixteen]),
        (png::ColorType::Rgb, &[Eight, Sixteen]),
        (png::ColorType::Indexed, &[One, Two, Four, Eight]),
        (png::ColorType::GrayscaleAlpha, &[Eight, Sixteen]),
        (png::ColorType::Rgba, &[Eight, Sixteen]),
    ]
};

fn drawings() -> Vec<Drawing> {
    use png::Filter::{Adaptive, Avg, NoFilter, Paeth, Sub, Up};
    let mut all = Vec::new();
    for (colour, depths) in KINDS {
        for &depth in depths {
            for (i, filter) in [NoFilter, Sub, Up, Avg, Paeth, Adaptive].into_iter().enumerate() {
                let (width, height) = [(1, 1), (13, 7), (2, 40), (37, 5), (129, 66), (64, 33)][i];
                let keys: &[Option<Vec<u8>>] = match colour {
                    png::ColorType::Grayscale if depth == png::BitDepth::Sixteen => &[None, Some(vec![0x12, 0x34])],
                    png::ColorType::Grayscale => &[None, Some(vec![0, 1])],
                    png::ColorType::Rgb if depth == png::BitDepth::Sixteen => &[None, Some(vec![1, 2, 3, 4, 5, 6])],
                    png::ColorType::Rgb => &[None, Some(vec![0, 20, 0, 30, 0, 40])],
                    png::ColorType::Indexed => &[None, Some(vec![0, 128])],
                    _ => &[None],
                };
                for trns in keys {
                    all.push(Drawing {
                        colour,
                        depth,
                        width,
                        height,
                        trns: trns.clone(),
                        filter,
                        icc: None,
                    });
                }
            }
        }
    }
    all
}

/// The picture by the `png` crate alone, expanded to RGBA with 16 bits by its own transformations, then flattened in
/// floating point.
fn reference(file: &[u8], matte: [u8; 3]) -> Vec<[f64; 3]> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a header");
    let mut data = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut data).expect("pixels");
    let samples = info.color_type.samples();
    let values: Vec<f64> = match info.bit_depth {
        png::BitDepth::Sixteen => data
            .chunks(2)
            .map(|b| f64::from(u16::from_be_bytes([b[0], b[1]])) / 257.0)
            .collect(),
        _ => data.iter().map(|&v| f64::from(v)).collect(),
    };
    values
        .chunks(samples)
        .map(|pixel| {
            let (colour, alpha) = match pixel {
                [g] => ([*g; 3], 255.0),
                [g, a] => ([*g; 3], *a),
                [r, g, b] => ([*r, *g, *b], 255.0),
                [r, g, b, a] => ([*r, *g, *b], *a),
                _ => unreachable!("no other sample counts"),
            };
            std::array::from_fn(|i| (colour[i] * alpha + f64::from(matte[i]) * (255.0 - alpha)) / 255.0)
        })
        .collect()
}

/// Whether any matte shows.
fn is_clear(file: &[u8]) -> bool {
    reference(file, [0; 3]) != reference(file, [255; 3])
}

/// As [`super::decode`], held against decoding into a sink.
fn decode(file: &[u8], options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let whole = super::decode(file, options);
    let Ok(header) = probe(&mut InMemory(file)) else {
        return whole;
    };
    both_ways(whole, |sink| super::decode_into(file, &header, options, sink))
}

fn through_rows(file: &[u8], matte: [u8; 3]) -> Result<Vec<u8>, DecodeError> {
    with_options(matte, |options| {
        let mut rows = rows(file, options)?.expect("not interlaced");
        let row = rows.size().width as usize * rows.channels().count();
        let mut data = vec![0; row * rows.size().height as usize];
        for strip in data.chunks_mut(row * 5) {
            rows.next_rows(strip)?;
        }
        rows.finish()?;
        Ok(data)
    })
}

fn through_stream(file: &[u8], matte: [u8; 3]) -> Result<Vec<u8>, DecodeError> {
    with_options(matte, |options| {
        let parts = Parts::of(file)?;
        let mut converter = Converter::new(&parts, options.matte, false);
        let data = stream::whole(&parts, &mut converter, options, Instant::now())?;
        let mut basin = Basin::default();
        assert!(basin.begin(parts.ihdr.size, converter.layout()));
        stream::whole_into(&parts, &mut Pourer::new(&mut converter, &mut basin), options, Instant::now())?;
        assert!(basin.flat() == data, "poured row by row");
        Ok(data)
    })
}

#[test]
fn every_kind_and_filter_decodes_the_same_every_way_and_as_the_crate_says() {
    let mut seen = 0;
    for drawing in drawings() {
        let what = format!(
            "{:?} {:?} {}x{} {:?} {:?}",
            drawing.colour, drawing.depth, drawing.width, drawing.height, drawing.filter, drawing.trns
        );
        let file = drawing.encode(&drawing.raw());
        for matte in [MATTE, COLOURED] {
            let whole = with_options(matte, |options| decode(&file, options)).unwrap_or_else(|e| panic!("{what}: {e}"));
            let size = Size {
                width: drawing.width,
                height: drawing.height,
            };
            assert_eq!(whole.pixels.size, size, "{what}");
            assert_eq!(whole.notes, Vec::<String>::new(), "{what}");
            assert_eq!(whole.flattened, is_clear(&file), "{what}");
            assert_eq!(through_rows(&file, matte).as_ref(), Ok(&whole.pixels.data), "{what}: strips");
            assert_eq!(through_stream(&file, matte).as_ref(), Ok(&whole.pixels.data), "{what}: stream");
            let expected = reference(&file, matte);
            let count = whole.pixels.channels.count();
            // Deep samples with alpha are rounded before flattening (colour and alpha) and after.
            let twice = drawing.depth == png::BitDepth::Sixteen && drawing.colour.samples() % 2 == 0;
            let tolerance = if twice { 1.5 } else { 0.5 };
            assert_eq!(whole.pixels.data.len(), expected.len() * count, "{what}");
            for (at, (got, want)) in whole.pixels.data.chunks(count).zip(&expected).enumerate() {
                for (channel, want) in want.iter().enumerate() {
                    let got = f64::from(got[channel % count]);
                    assert!(
                        (got - want).abs() <= tolerance + 1e-9,
                        "{what}: pixel {at}, channel {channel}: {got} for {want}"
                    );
                }
            }
        }
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_grey_picture_stays_grey_unless_the_matte_has_a_colour() {
    let drawing = |colour, trns| Drawing {
        colour,
        depth: png::BitDepth::Eight,
        width: 9,
        height: 3,
        trns,
        filter: png::Filter::Sub,
        icc: None,
    };
    for (colour, trns, matte, expected) in [
        (png::ColorType::Grayscale, None, COLOURED, Channels::Grey),
        (png::ColorType::Grayscale, Some(vec![0, 3]), MATTE, Channels::Grey),
        (png::ColorType::Grayscale, Some(vec![0, 3]), COLOURED, Channels::Rgb),
        (png::ColorType::GrayscaleAlpha, None, MATTE, Channels::Grey),
        (png::ColorType::GrayscaleAlpha, None, COLOURED, Channels::Rgb),
    ] {
        let drawing = drawing(colour, trns);
        let file = drawing.encode(&drawing.raw());
        let decoded = with_options(matte, |options| decode(&file, options)).expect("a picture");
        assert_eq!(decoded.pixels.channels, expected, "{colour:?} {matte:?}");
        assert_eq!(decoded.flattened, is_clear(&file), "{colour:?} {matte:?}");
    }
}

#[test]
fn a_profile_is_applied_before_flattening_every_way() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    for (colour, depths) in KINDS {
        if matches!(colour, png::ColorType::Grayscale | png::ColorType::GrayscaleAlpha) {
            continue;
        }
        for &depth in depths {
            let mut drawing = Drawing {
                colour,
                depth,
                width: 40,
                height: 21,
                trns: None,
                filter: png::Filter::Paeth,
                icc: Some(p3.clone()),
            };
            let raw = drawing.raw();
            let file = drawing.encode(&raw);
            drawing.icc = None;
            let plain = with_options(MATTE, |options| decode(&drawing.encode(&raw), options)).expect("a picture");
            let converted = with_options(MATTE, |options| decode(&file, options)).expect("a picture");
            assert_ne!(plain.pixels.data, converted.pixels.data, "{colour:?} {depth:?}");
            assert_eq!(
                through_rows(&file, MATTE).as_ref(),
                Ok(&converted.pixels.data),
                "{colour:?} {depth:?}"
            );
            if plain.flattened {
                continue;
            }
            let mut expected = plain.pixels.data.clone();
            crate::engine::pixels::colour::ToSrgb::new(&p3, crate::engine::pixels::colour::Input::Rgb8)
                .expect("not sRGB")
                .apply_rgb8(&mut expected);
            assert_eq!(expected, converted.pixels.data, "{colour:?} {depth:?}");
        }
    }
}

/// A chunk with its checksum.
fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let content = [name.as_slice(), body].concat();
    [
        &(body.len() as u32).to_be_bytes()[..],
        &content,
        &crc32fast::hash(&content).to_be_bytes(),
    ]
    .concat()
}

fn deflated(raw: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(raw).expect("in memory");
    encoder.finish().expect("in memory")
}

/// A file of raw chunks: grey, 8 bits, `width × height`, rows unfiltered, `interlace` as given.
fn by_hand(width: u32, height: u32, interlace: u8, before: &[Vec<u8>], data: &[&[u8]], after: &[Vec<u8>]) -> Vec<u8> {
    let ihdr = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, interlace]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &ihdr));
    file.extend(before.concat());
    for data in data {
        file.extend(chunk(b"IDAT", data));
    }
    file.extend(after.concat());
    file
}

#[test]
fn verdicts_on_odd_files() {
    let raw: Vec<u8> = (0..4).flat_map(|y| [0, y, y + 1, y + 2]).collect();
    let whole = deflated(&raw);
    let end = || vec![chunk(b"IEND", &[])];
    let text = |n: usize| vec![chunk(b"tEXt", b"k\0v"); n];
    let mut bad_text = chunk(b"tEXt", b"k\0v");
    *bad_text.last_mut().expect("not empty") ^= 1;
    let mut bad_iccp = chunk(b"iCCP", b"n\0\0broken");
    let mut bad_adler = whole.clone();
    *bad_adler.last_mut().expect("not empty") ^= 1;
    let more = deflated(&[raw.as_slice(), &[0; 40]].concat());
    let bomb = [b"n\0\0".as_slice(), &deflated(&vec![0; 40 << 20])].concat();
    let (head, tail) = whole.split_at(5);
    type Check = fn(&Result<Decoded, DecodeError>) -> bool;
    let fine: Check = |r| r.is_ok();
    let damaged: Check = |r| matches!(r, Err(DecodeError::Damaged(_)));
    let truncated: Check = |r| matches!(r, Err(DecodeError::Truncated(_)));
    let rows: Vec<(&str, Vec<u8>, Check)> = vec![
        ("plain", by_hand(3, 4, 0, &[], &[&whole], &end()), fine),
        (
            "in pieces, one of them empty",
            by_hand(3, 4, 0, &[], &[head, &[], tail], &end()),
            fine,
        ),
        ("30,000 texts", by_hand(3, 4, 0, &text(30_000), &[&whole], &end()), fine),
        ("a text with a bad checksum", by_hand(3, 4, 0, &[bad_text], &[&whole], &end()), fine),
        ("a broken profile", by_hand(3, 4, 0, &[bad_iccp.clone()], &[&whole], &end()), fine),
        (
            "a profile bomb",
            by_hand(3, 4, 0, &[chunk(b"iCCP", &bomb)], &[&whole], &end()),
            fine,
        ),
        (
            "a profile with a bad checksum",
            by_hand(
                3,
                4,
                0,
                &[{
                    bad_iccp[9] ^= 1;
                    bad_iccp
                }],
                &[&whole],
                &end(),
            ),
            damaged,
        ),
        ("no end", by_hand(3, 4, 0, &[], &[&whole], &[]), fine),
        (
            "bytes behind the end",
            by_hand(3, 4, 0, &[], &[&whole], &[chunk(b"IEND", &[]), vec![1, 2, 3]]),
            fine,
        ),
        (
            "one frame",
            by_hand(3, 4, 0, &[chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0])], &[&whole], &end()),
            fine,
        ),
        ("junk behind the stream", by_hand(3, 4, 0, &[], &[&whole, b"junk"], &end()), fine),
        ("more data than pixels", by_hand(3, 4, 0, &[], &[&more], &end()), fine),
        ("rows missing", by_hand(3, 40, 0, &[], &[&whole], &end()), truncated),
        ("stream cut", by_hand(3, 4, 0, &[], &[head], &[]), truncated),
        ("no pixels at all", by_hand(3, 4, 0, &[], &[], &end()), truncated),
        ("a bad Adler-32", by_hand(3, 4, 0, &[], &[&bad_adler], &end()), damaged),
        (
            "no such filter",
            by_hand(3, 1, 0, &[], &[&deflated(&[5, 1, 2, 3])], &end()),
            damaged,
        ),
        (
            "pixels interrupted",
            by_hand(3, 4, 0, &[], &[head], &[text(1), vec![chunk(b"IDAT", tail)], end()].concat()),
            damaged,
        ),
        (
            "an unknown critical chunk",
            by_hand(3, 4, 0, &[chunk(b"ABCD", &[])], &[&whole], &end()),
            damaged,
        ),
        ("no such interlacing", by_hand(3, 4, 2, &[], &[&whole], &end()), damaged),
        (
            "two frames",
            by_hand(3, 4, 0, &[chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])], &[&whole], &end()),
            |r| matches!(r, Err(DecodeError::Unsupported(_))),
        ),
    ];
    let expected: Vec<u8> = (0..4).flat_map(|y| [y, y + 1, y + 2]).collect();
    for (name, file, check) in rows {
        let result = with_options(MATTE, |options| decode(&file, options));
        assert!(check(&result), "{name}: {result:?}");
        let strips = through_rows(&file, MATTE);
        assert_eq!(strips.is_ok(), result.is_ok(), "{name}: in strips {strips:?}");
        if let Ok(decoded) = result {
            assert_eq!(decoded.pixels.data, expected, "{name}");
            assert_eq!(strips, Ok(expected.clone()), "{name}");
            let noted = ["no end", "bytes behind the end"].contains(&name);
            assert_eq!(!decoded.notes.is_empty(), noted, "{name}: {:?}", decoded.notes);
        }
    }
}

#[test]
fn interlaced_pictures_are_put_together() {
    // Adam7 by the specification: passes of (first column, first row, steps).
    const PASSES: [(usize, usize, usize, usize); 7] = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];
    for (width, height) in [(1, 1), (3, 5), (8, 8), (13, 9), (33, 20)] {
        let picture = noise(width * height, 5);
        let mut raw = Vec::new();
        for (x0, y0, dx, dy) in PASSES {
            for y in (y0..height).step_by(dy) {
                let row: Vec<u8> = (x0..width).step_by(dx).map(|x| picture[y * width + x]).collect();
                if !row.is_empty() {
                    raw.push(0);
                    raw.extend(row);
                }
            }
        }
        let file = by_hand(width as u32, height as u32, 1, &[], &[&deflated(&raw)], &[chunk(b"IEND", &[])]);
        let decoded = with_options(MATTE, |options| decode(&file, options)).expect("a picture");
        assert_eq!(decoded.pixels.data, picture, "{width}x{height}");
        let cut = by_hand(
            width as u32,
            height as u32,
            1,
            &[],
            &[&deflated(&raw[..raw.len() - 1])],
            &[chunk(b"IEND", &[])],
        );
        assert!(
            with_options(MATTE, |options| decode(&cut, options)).is_err(),
            "{width}x{height} short of a byte"
        );
        assert!(with_options(MATTE, |options| rows(&file, options).expect("a header").is_none()));
    }
}

#[test]
fn a_cut_or_flipped_file_is_an_error_or_the_same_picture() {
    for drawing in drawings().into_iter().step_by(5) {
        let what = format!("{:?} {:?} {:?}", drawing.colour, drawing.depth, drawing.filter);
        let file = drawing.encode(&drawing.raw());
        let good = with_options(MATTE, |options| decode(&file, options)).expect("a picture").pixels;
        let judge = |bad: &[u8], how: String| {
            let whole = with_options(MATTE, |options| decode(bad, options));
            let strips = through_rows(bad, MATTE);
            if let Ok(decoded) = whole {
                assert_eq!(decoded.pixels, good, "{what}, {how}");
            }
            if let Ok(data) = strips {
                assert_eq!(data, good.data, "{what}, {how}, in strips");
            }
        };
        let step = (file.len() / 40).max(1);
        for at in (0..file.len()).step_by(step) {
            judge(&file[..at], format!("cut at {at}"));
            // Everything but the end chunk (12 bytes) is needed.
            assert!(
                at >= file.len() - 12 || with_options(MATTE, |options| decode(&file[..at], options)).is_err(),
                "{what}, cut at {at}"
            );
        }
        // Behind the signature, which `probe` looks at.
        for at in (8..file.len()).step_by(step) {
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            judge(&bad, format!("flipped at {at}"));
        }
    }
}
