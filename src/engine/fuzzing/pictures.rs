//! Pictures: a header, every way to decode, and the whole way to a replacement.

use std::sync::Arc;

use super::{blame, pick, with_codecs};
use crate::engine::pixels::{
    self, Channels, DecodeError, DecodeOptions, Decoded, Header, HeaderSource, InMemory, Matte, Orientation, decode_both_ways, probe,
};
use crate::engine::resize::Cpu;
use crate::engine::settings::{Chroma, Filter, Fit, Format, Limits, Metadata, Settings, Shape};
use crate::engine::shrink::{self, ShrinkError, Shrinker};

/// Who can tell how much memory is taken. Without one, nothing is said about it.
pub trait Meter {
    /// From here on.
    fn start(&mut self);
    /// The most bytes that were taken at once since [`start`](Self::start), beyond what was taken then.
    fn peak(&mut self) -> Option<u64>;
}

/// Beyond what a cost counts: messages, tables of a codec, and what an allocator rounds up to, bytes.
const SLACK: u64 = 512 << 10;

/// Small enough that a thousand pictures a second can be tried, large enough for every path through the codecs.
const LIMITS: Limits = Limits {
    max_pixels: 400_000,
    max_file_bytes: 1 << 20,
    max_image_memory: 32 << 20,
    max_seconds: 30,
    max_seconds_per_megapixel: 1.0,
};

/// Hands out what it holds in small pieces, and asks no more than the whole would: what a slow drive or a network may do.
struct Dribble<'a>(&'a [u8]);

impl HeaderSource for Dribble<'_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let most = buf.len().min(7);
        InMemory(self.0).read_at(offset, &mut buf[..most])
    }

    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

/// The header of a file. It is the same however the file is read, and says nothing that cannot be.
pub(crate) fn fuzz_probe(data: &[u8]) {
    let at_once = probe(&mut InMemory(data));
    let in_pieces = probe(&mut Dribble(data));
    match (&at_once, &in_pieces) {
        (Ok(one), Ok(other)) => assert_eq!(one, other, "in pieces"),
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string(), "in pieces"),
        _ => panic!("at once {at_once:?}, in pieces {in_pieces:?}"),
    }
    let Ok(header) = at_once else { return };
    assert!(header.size.width > 0 && header.size.height > 0, "{header:?}");
    // None of these may overflow, whatever a header claims.
    let _ = pixels::check_limits(&header, data.len() as u64, &Limits::default());
    let _ = pixels::check_limits(&header, u64::MAX, &NO_LIMITS);
    let _ = pixels::whole_cost(&header, data.len() as u64);
    let _ = pixels::rows_cost(&header);
    for settings in [Settings::default(), settings(pick(data))] {
        let _ = shrink::cost(&header, data.len() as u64, &settings);
    }
    let _ = with_codecs(|| pixels::profile_name(data, &header));
}

const NO_LIMITS: Limits = Limits {
    max_pixels: u64::MAX,
    max_file_bytes: u64::MAX,
    max_image_memory: u64::MAX,
    max_seconds: u64::MAX,
    max_seconds_per_megapixel: 0.0,
};

/// A file decoded in every way there is, then shrunk. All ways give the same samples or none; nobody takes more memory than was
/// counted beforehand; a replacement is a sound JPEG of the size that was promised.
pub(crate) fn fuzz_decode(data: &[u8], meter: &mut dyn Meter) {
    let Ok(header) = probe(&mut InMemory(data)) else { return };
    let pick = pick(data);
    let options = DecodeOptions {
        matte: Matte {
            colour: [114, 3, 250],
            linear: pick & 1 != 0,
        },
        limits: &LIMITS,
        deadline: None,
        keep_profile: pick & 2 != 0,
        least: None,
    };
    if let Some(whole) = with_codecs(|| whole(data, &header, &options, meter)) {
        with_codecs(|| strips(data, &header, &options, &whole, meter));
    }
    shrunk(data, &header, &settings(pick >> 2), meter);
}

fn whole(data: &[u8], header: &Header, options: &DecodeOptions, meter: &mut dyn Meter) -> Result<Decoded, DecodeError> {
    meter.start();
    let decoded = pixels::decode(data, header, options);
    within(meter, pixels::whole_cost(header, data.len() as u64), "a whole decode", header);
    if let Ok(decoded) = &decoded {
        let pixels = &decoded.pixels;
        assert_eq!(pixels.size, header.size);
        let count = pixels.size.pixels() * pixels.channels.count() as u64;
        assert_eq!(pixels.data.len() as u64, count, "bytes of {:?}", pixels.size);
    }
    drop(decoded);
    decode_both_ways(data, header, options)
}

/// Decodes in strips of an odd height, and holds it against the whole.
fn strips(data: &[u8], header: &Header, options: &DecodeOptions, whole: &Result<Decoded, DecodeError>, meter: &mut dyn Meter) {
    let cost = pixels::rows_cost(header).unwrap_or_default();
    meter.start();
    let mut buffer = Vec::new();
    let result = in_strips(data, header, options, whole.as_ref().ok(), &mut buffer);
    within(meter, cost.saturating_add(buffer.capacity() as u64), "a decode in strips", header);
    match (result, whole) {
        // Too large as a whole is what strips are for.
        (Ok(Some(())), Err(error)) => assert!(
            matches!(error, DecodeError::OverLimit { .. }) || header.animated,
            "in strips there is a picture, as a whole: {error}"
        ),
        (Err(error), Ok(_)) => assert!(
            matches!(error, DecodeError::OverLimit { .. }) || reads_more(header, &error),
            "as a whole there is a picture, in strips: {error}"
        ),
        _ => {}
    }
}

/// libdeflate takes the two distance codes that the deflate format leaves unused for the last one, the decoder of strips refuses
/// them. Whatever came out has the checksum that its writer gave to the pixels.
fn reads_more(header: &Header, error: &DecodeError) -> bool {
    header.format == Format::Png && matches!(error, DecodeError::Damaged(why) if why.starts_with("Corrupt deflate stream"))
}

fn in_strips(
    data: &[u8],
    header: &Header,
    options: &DecodeOptions,
    whole: Option<&Decoded>,
    buffer: &mut Vec<u8>,
) -> Result<Option<()>, DecodeError> {
    let Some(mut rows) = pixels::rows(data, header, options)? else {
        return Ok(None);
    };
    assert_eq!(rows.size(), header.size);
    let row = header.size.width as usize * rows.channels().count();
    let (mut left, mut at) = (header.size.height as usize, 0);
    buffer.reserve_exact(13.min(left) * row);
    while left > 0 {
        let count = left.min(13);
        buffer.resize(count * row, 0);
        rows.next_rows(buffer)?;
        if let Some(whole) = whole {
            assert_eq!(rows.channels(), whole.pixels.channels);
            assert!(
                buffer[..] == whole.pixels.data[at..at + buffer.len()],
                "other samples in strips, {left} rows before the end"
            );
        }
        at += buffer.len();
        left -= count;
    }
    rows.finish()?;
    if let Some(whole) = whole {
        assert_eq!(
            (rows.orientation(), rows.flattened(), rows.colours()),
            (whole.orientation, whole.flattened, whole.colours.clone())
        );
    }
    Ok(Some(()))
}

fn within(meter: &mut dyn Meter, cost: u64, what: &str, header: &Header) {
    if let Some(peak) = meter.peak() {
        assert!(
            peak <= cost.saturating_add(SLACK),
            "{what} took {peak} bytes, counted were {cost}: {header:?}"
        );
    }
}

/// Settings for small replacements that go through other code from one number to the next.
fn settings(pick: u32) -> Settings {
    let bit = |place: u32| pick >> place & 1 != 0;
    let mut settings = Settings {
        limits: LIMITS,
        ..Settings::default()
    };
    let picture = &mut settings.picture;
    picture.target = 24;
    picture.metadata = if bit(0) { Metadata::Keep } else { Metadata::None };
    picture.keep_gps = bit(1);
    picture.prompts = bit(2);
    picture.linear = bit(3);
    picture.filter = [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area][(pick >> 4 & 3) as usize];
    picture.progressive = bit(6);
    picture.optimise_huffman = bit(7);
    picture.chroma = [Chroma::C444, Chroma::C420, Chroma::C422, Chroma::C444][(pick >> 8 & 3) as usize];
    picture.upscale = bit(10);
    picture.fit = [
        Fit::Longest,
        Fit::Shortest,
        Fit::Box { width: 31, height: 17 },
        Fit::Megapixels(0.001),
    ][(pick >> 11 & 3) as usize];
    picture.multiple_of = if bit(13) { 8 } else { 1 };
    if picture.multiple_of > 1 || matches!(picture.fit, Fit::Box { .. }) {
        picture.shape = [Shape::Free, Shape::Crop, Shape::Pad, Shape::Free][(pick >> 14 & 3) as usize];
    }
    picture.quality = [95, 1, 100, 50][(pick >> 16 & 3) as usize];
    // The search encodes up to eight times.
    picture.min_score = (pick >> 18 & 15 == 0).then_some(70.0);
    settings
}

fn shrunk(data: &[u8], header: &Header, settings: &Settings, meter: &mut dyn Meter) {
    let Ok(cost) = shrink::cost(header, data.len() as u64, settings) else {
        return;
    };
    let mut made = Vec::new();
    let ways = [
        (cost.whole <= settings.limits.max_image_memory).then_some((false, cost.whole)),
        cost.strips.map(|cost| (true, cost)),
    ];
    for (in_strips, cost) in ways.into_iter().flatten() {
        let mut shrinker = Shrinker::new(settings, Arc::new(Cpu));
        meter.start();
        let result = shrinker.shrink(data, in_strips);
        within(meter, cost, if in_strips { "work in strips" } else { "work" }, header);
        match result {
            Ok(shrunk) => {
                let again = with_codecs(|| {
                    let head = probe(&mut InMemory(&shrunk.bytes)).expect("a replacement has a header");
                    assert_eq!(
                        (head.format, head.size, head.orientation),
                        (Format::Jpeg, shrunk.after, Orientation::Upright)
                    );
                    pixels::decode_ours(&shrunk.bytes, true).expect("a replacement decodes")
                });
                assert!(again.is_some_and(|again| again.pixels.size == shrunk.after && again.pixels.channels.count() >= 1));
                made.push(shrunk.bytes);
            }
            Err(ShrinkError::Panicked(panic)) => blame(&panic),
            Err(ShrinkError::Verify(error)) => panic!("what was encoded here is not the picture: {error}"),
            Err(ShrinkError::Encode(error)) => panic!("{error}"),
            Err(_) => {}
        }
    }
    // Where both went, they made the same.
    if let [one, other] = made.as_slice() {
        assert!(one == other, "other bytes in strips: {} and {}", one.len(), other.len());
    }
}

/// Nobody's memory is measured.
#[cfg(test)]
impl Meter for () {
    fn start(&mut self) {}

    fn peak(&mut self) -> Option<u64> {
        None
    }
}

/// A small sound JPEG, to put things into.
pub(super) fn small_jpeg() -> Vec<u8> {
    let size = crate::engine::pixels::Size { width: 16, height: 9 };
    let picture = pixels::Pixels {
        size,
        channels: Channels::Rgb,
        data: (0..16 * 9 * 3_u32).map(|i| (i * i / 5) as u8).collect(),
    };
    let options = pixels::EncodeOptions {
        quality: 90,
        chroma: Chroma::C444,
        optimise_huffman: false,
        progressive: false,
    };
    pixels::encode(&picture, &options).expect("a small picture")
}
