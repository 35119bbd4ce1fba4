//! The door to decoding: bytes of a file in, 8-bit sRGB pixels without transparency out, or an error that says why
//! not. Strict everywhere: a picture whose file is truncated or damaged is an error, never half a picture, because
//! what comes out of here replaces an original.

use std::time::Instant;

use super::colour::Colours;
use super::{Channels, Header, Matte, Orientation, Pixels, Size};
use crate::engine::settings::{Format, Limits};

/// What a decode has to know beside the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecodeOptions<'a> {
    /// What lies behind transparent pixels.
    pub matte: Matte,
    /// What one image may cost.
    pub limits: &'a Limits,
    /// When to give up: checked between rows where the codec lets us, so it may be passed by a moment.
    pub deadline: Option<Instant>,
    /// Leave the samples in the space of the picture's own colour profile, where that fits them.
    pub keep_profile: bool,
    /// A JPEG may be decoded smaller than it is, by scaling its transform, but with no side below these; see [`scaled_extent`].
    pub least: Option<Size>,
}

impl DecodeOptions<'_> {
    /// An error once the deadline has passed; `started` is when the decode began.
    pub(crate) fn check_time(&self, started: Instant) -> Result<(), DecodeError> {
        let Some(deadline) = self.deadline else { return Ok(()) };
        let now = Instant::now();
        if now < deadline {
            return Ok(());
        }
        Err(DecodeError::OutOfTime {
            secs: now.duration_since(started).as_secs(),
        })
    }
}

/// A decoded picture, as stored: `orientation` is still to be applied (after the resize, which gives the same
/// picture for less work).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoded {
    /// 8 bits a sample, flattened over the matte; sRGB unless `colours` says otherwise.
    pub pixels: Pixels,
    /// How the pixels are to be turned to be seen.
    pub orientation: Orientation,
    /// The matte shows in at least one pixel.
    pub flattened: bool,
    /// What the samples are to be taken for.
    pub colours: Colours,
    /// What a person should know about the file although it decoded, each one sentence without the path.
    pub notes: Vec<String>,
}

/// How the samples of packed rows stand, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One a pixel.
    Grey,
    /// Three a pixel.
    Rgb,
    /// Four a pixel, the last one opacity, still to be flattened over this matte.
    Rgba(Matte),
}

impl Layout {
    /// Bytes of one pixel.
    pub(crate) fn count(self) -> usize {
        match self {
            Layout::Grey => 1,
            Layout::Rgb => 3,
            Layout::Rgba(_) => 4,
        }
    }

    /// What it becomes once it is flattened.
    pub(crate) fn channels(self) -> Channels {
        match self {
            Layout::Grey => Channels::Grey,
            Layout::Rgb | Layout::Rgba(_) => Channels::Rgb,
        }
    }
}

impl From<Channels> for Layout {
    fn from(channels: Channels) -> Self {
        match channels {
            Channels::Grey => Layout::Grey,
            Channels::Rgb => Layout::Rgb,
        }
    }
}

/// Where the rows of a picture are put as they are decoded. What was put there cannot be read back: it may be memory that is
/// slow to read. So codecs prepare rows in a small buffer of their own, which stays in the processor's cache, and put each
/// there once, forward.
pub(crate) trait RowSink {
    /// Before the first row, once for a picture. `false`: there is no room for such a picture, and no row is to come.
    fn begin(&mut self, size: Size, layout: Layout) -> bool;
    /// The next whole packed rows, one or more, top to bottom; as many in all as the picture is high, or fewer where the
    /// decode ends in an error.
    fn push(&mut self, rows: &[u8]);
}

/// Announces a picture to a sink, which may have no room for it (`false`).
///
/// # Errors
/// It is not as large as its header says; the sink was told nothing.
pub(super) fn begin(sink: &mut dyn RowSink, header: &Header, size: Size, layout: Layout) -> Result<bool, DecodeError> {
    check_found(header.size, size)?;
    Ok(sink.begin(size, layout))
}

/// A picture whose rows went elsewhere; otherwise as [`Decoded`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Poured {
    /// Width and height as stored.
    pub(crate) size: Size,
    /// What the rows are.
    pub(crate) layout: Layout,
    /// How the pixels are to be turned to be seen.
    pub(crate) orientation: Orientation,
    /// The matte shows in at least one pixel.
    pub(crate) flattened: bool,
    /// What the samples are to be taken for.
    pub(crate) colours: Colours,
    /// What a person should know about the file although it decoded.
    pub(crate) notes: Vec<String>,
}

/// Why there is no picture. Messages are sentences without the path; the caller names the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// The file ends before its last pixel.
    #[error("the file ends too early: {0}")]
    Truncated(String),
    /// The content contradicts itself or its checksums.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// A variety that no codec of ours reads.
    #[error("this kind of image cannot be read: {0}")]
    Unsupported(String),
    /// A limit of the settings forbids it; nothing was decoded.
    #[error("it takes {needs} {what}, more than the {limit} that {setting} allows")]
    OverLimit {
        /// What it needs, in the unit of `what`.
        needs: u64,
        /// What is allowed.
        limit: u64,
        /// Unit of both, for example `pixels`.
        what: &'static str,
        /// The option of the command line that allows more.
        setting: &'static str,
    },
    /// The deadline passed.
    #[error("it was given up after {secs} s, longer than --max-seconds and --max-seconds-per-megapixel allow one image")]
    OutOfTime {
        /// Seconds spent on it, whole ones.
        secs: u64,
    },
}

/// A picture decoded top to bottom without ever being whole in memory.
pub(crate) trait Rows {
    /// Width and height as stored, before orientation.
    fn size(&self) -> Size;
    /// Samples of the rows that come out.
    fn channels(&self) -> Channels;
    /// How the picture is to be turned to be seen, as far as it is known before the pixels.
    fn orientation(&self) -> Orientation;
    /// What the samples are to be taken for.
    fn colours(&self) -> Colours;
    /// The matte shows in at least one pixel of the rows so far.
    fn flattened(&self) -> bool;
    /// Fills `rows` with the next whole packed rows, flattened and in `colours`. Its length is a multiple of
    /// `width * channels`, and no more rows are asked for than remain.
    fn next_rows(&mut self, rows: &mut [u8]) -> Result<(), DecodeError>;
    /// To be called after the last row: everything a whole decode would check (checksums, end marker).
    fn finish(&mut self) -> Result<(), DecodeError>;
}

/// Decodes a replacement that was just encoded here, without limits: it was within them as pixels. `keep_profile`: its samples stay
/// in the space of its own profile.
pub(crate) fn decode_ours(bytes: &[u8], keep_profile: bool) -> Result<Decoded, DecodeError> {
    let header = super::probe(&mut super::InMemory(bytes)).map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let options = DecodeOptions {
        matte: Matte {
            colour: [0; 3],
            linear: false,
        },
        limits: &Limits {
            max_pixels: u64::MAX,
            max_file_bytes: u64::MAX,
            max_image_memory: u64::MAX,
            ..Limits::default()
        },
        deadline: None,
        keep_profile,
        least: None,
    };
    decode(bytes, &header, &options)
}

/// The size that a picture is decoded at, as stored, in samples: its own, or for a JPEG the smallest number of eighths of it with no
/// side below `least` (native codecs). The last sample of an axis counts for the part of it that the picture covers, so these are
/// no whole numbers.
pub(crate) fn scaled_extent(header: &Header, least: Option<Size>) -> [f64; 2] {
    let eighths = match header.format {
        Format::Jpeg => super::jpeg::eighths(header, least),
        _ => 8,
    };
    [header.size.width, header.size.height].map(|side| f64::from(side) * f64::from(eighths) / 8.0)
}

/// The rows and columns that come out.
fn decoded_size(header: &Header, options: &DecodeOptions) -> Size {
    let [width, height] = scaled_extent(header, options.least).map(|side| side.ceil() as u32);
    Size { width, height }
}

/// Decodes a whole file, as stored (not yet turned). `header` is what `probe` said about the same bytes. Limits are
/// checked before memory is taken.
pub(crate) fn decode(bytes: &[u8], header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    check_before(bytes, header, options, whole_cost(header, bytes.len() as u64))?;
    let decoded = match header.format {
        Format::Png => super::png::decode(bytes, options)?,
        Format::Jpeg => super::jpeg::decode(bytes, header, options)?,
        Format::Webp => super::webp::decode(bytes, header, options)?,
        Format::Bmp | Format::Tiff | Format::Gif => super::other::decode(bytes, header, options)?,
    };
    check_found(decoded_size(header, options), decoded.pixels.size)?;
    Ok(decoded)
}

/// As [`decode`], with the rows put into `sink`; `None` where the sink has no room. After an error the sink holds anything.
///
/// The samples, and what is said about them, are those of [`decode`]; only that 8-bit colours which come with their opacity
/// and need no conversion go to the sink with it ([`Layout::Rgba`]). Of a JPEG there is no picture beside the sink (native
/// codecs: [`poured_cost`]), of a PNG none beside the one it was inflated into.
///
/// # Errors
/// Those of [`decode`], under the same limits.
pub(crate) fn decode_into(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Option<Poured>, DecodeError> {
    check_before(bytes, header, options, poured_cost(header, bytes.len() as u64))?;
    match header.format {
        Format::Png => super::png::decode_into(bytes, header, options, sink),
        Format::Jpeg => super::jpeg::decode_into(bytes, header, options, sink),
        Format::Webp => super::webp::decode_into(bytes, header, options, sink),
        Format::Bmp | Format::Tiff | Format::Gif => pour(super::other::decode(bytes, header, options)?, header, sink),
    }
}

/// Puts a picture that was decoded whole into a sink.
pub(super) fn pour(decoded: Decoded, header: &Header, sink: &mut dyn RowSink) -> Result<Option<Poured>, DecodeError> {
    let Decoded {
        pixels,
        orientation,
        flattened,
        colours,
        notes,
    } = decoded;
    let layout = Layout::from(pixels.channels);
    if !begin(sink, header, pixels.size, layout)? {
        return Ok(None);
    }
    sink.push(&pixels.data);
    Ok(Some(Poured {
        size: pixels.size,
        layout,
        orientation,
        flattened,
        colours,
        notes,
    }))
}

/// Opens a file for decoding in strips; `None` where its format or coding does not allow that. Limits are checked
/// before memory is taken.
pub(crate) fn rows<'a>(bytes: &'a [u8], header: &Header, options: &DecodeOptions<'a>) -> Result<Option<Box<dyn Rows + 'a>>, DecodeError> {
    let Some(cost) = rows_cost(header) else { return Ok(None) };
    check_size(header, bytes.len() as u64, options.limits)?;
    check_memory(cost, options.limits)?;
    options.check_time(Instant::now())?;
    let rows = match header.format {
        Format::Png => super::png::rows(bytes, options)?,
        Format::Jpeg => super::jpeg::rows(bytes, header, options)?,
        _ => None,
    };
    match rows {
        Some(rows) if rows.size() != decoded_size(header, options) => {
            Err(DecodeError::Damaged("its size is not the one its header says".into()))
        }
        rows => Ok(rows),
    }
}

/// Upper bound of the memory that [`decode_into`] takes, bytes, without the file itself and without the sink.
pub(crate) fn poured_cost(header: &Header, file_len: u64) -> u64 {
    match header.format {
        Format::Jpeg => super::jpeg::poured_cost(header),
        Format::Png | Format::Webp | Format::Bmp | Format::Tiff | Format::Gif => whole_cost(header, file_len),
    }
}

/// Upper bound of the memory that [`decode`] takes, bytes, without the file itself; what comes out is included.
pub(crate) fn whole_cost(header: &Header, file_len: u64) -> u64 {
    match header.format {
        Format::Png => super::png::whole_cost(header, file_len),
        Format::Jpeg => super::jpeg::whole_cost(header, file_len),
        Format::Webp => super::webp::whole_cost(header),
        Format::Bmp | Format::Tiff | Format::Gif => super::other::whole_cost(header),
    }
}

/// Upper bound of the memory that [`rows`] takes, bytes, without the file itself and without the rows of the caller;
/// `None` where the header already rules strips out.
pub(crate) fn rows_cost(header: &Header) -> Option<u64> {
    match header.format {
        Format::Png => super::png::rows_cost(header),
        Format::Jpeg => super::jpeg::rows_cost(header),
        _ => None,
    }
}

/// Whether an image is within the limits, by its header alone: its pixels, its file, and the memory of the cheapest
/// way to decode it. The error says what it needs and which option of the command line allows it.
pub(crate) fn check_limits(header: &Header, file_len: u64, limits: &Limits) -> Result<(), DecodeError> {
    check_size(header, file_len, limits)?;
    let whole = whole_cost(header, file_len);
    check_memory(rows_cost(header).map_or(whole, |rows| rows.min(whole)), limits)
}

/// What is looked at before a byte is decoded.
fn check_before(bytes: &[u8], header: &Header, options: &DecodeOptions, cost: u64) -> Result<(), DecodeError> {
    check_size(header, bytes.len() as u64, options.limits)?;
    check_memory(cost, options.limits)?;
    options.check_time(Instant::now())?;
    if header.animated {
        return Err(DecodeError::Unsupported("it holds more than one picture".into()));
    }
    Ok(())
}

/// The plan was made from the header: pixels of another size are not those of its picture.
pub(super) fn check_found(expected: Size, found: Size) -> Result<(), DecodeError> {
    if expected == found {
        return Ok(());
    }
    Err(DecodeError::Damaged(format!(
        "its header says {} × {} pixels, its pixels are {} × {}",
        expected.width, expected.height, found.width, found.height
    )))
}

fn check_size(header: &Header, file_len: u64, limits: &Limits) -> Result<(), DecodeError> {
    within(header.size.pixels(), limits.max_pixels, "pixels", "--max-pixels")?;
    within(file_len, limits.max_file_bytes, "bytes", "--max-file-bytes")
}

fn check_memory(needs: u64, limits: &Limits) -> Result<(), DecodeError> {
    within(needs, limits.max_image_memory, "bytes of memory", "--max-image-memory")
}

fn within(needs: u64, limit: u64, what: &'static str, setting: &'static str) -> Result<(), DecodeError> {
    if needs <= limit {
        return Ok(());
    }
    Err(DecodeError::OverLimit {
        needs,
        limit,
        what,
        setting,
    })
}

/// The codecs that are built in, with the versions of their packages, for example `png 0.18.1`.
pub(crate) fn codecs() -> Vec<String> {
    #[cfg(feature = "native-codecs")]
    let own = ["libdeflate-sys", "libwebp-sys"];
    #[cfg(not(feature = "native-codecs"))]
    let own = ["image-webp", "jpeg-encoder", "zune-jpeg"];
    let packages = own
        .into_iter()
        .chain(["png", "image", "moxcms"])
        .map(|name| match locked_version(name) {
            Some(version) => format!("{name} {version}"),
            None => name.into(),
        });
    // The library says itself which it is; its package counts otherwise.
    #[cfg(feature = "native-codecs")]
    let packages = packages.chain([super::jpeg::name()]);
    packages.collect()
}

/// The version of a dependency, from the lock file this program was built with.
fn locked_version(name: &str) -> Option<&'static str> {
    const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
    let (_, entry) = LOCK.split_once(&format!("name = \"{name}\"\n"))?;
    entry.strip_prefix("version = \"")?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(format: Format, width: u32, height: u32, samples: u8, bits: u8) -> Header {
        Header {
            format,
            size: Size { width, height },
            orientation: Orientation::Upright,
            animated: false,
            transparent: samples.is_multiple_of(2),
            samples,
            bits,
            multi_pass: false,
            coded_sixteenths: 0,
        }
    }

    #[test]
    fn limits_name_the_need_and_the_setting() {
        let limits = Limits::default();
        let rows = [
            (header(Format::Png, 4000, 3000, 4, 8), 1 << 20, None),
            (header(Format::Png, u32::MAX >> 1, u32::MAX >> 1, 4, 16), 1000, Some("--max-pixels")),
            (header(Format::Png, 50_000, 50_000, 1, 1), 300_000, Some("--max-pixels")),
            (header(Format::Png, 10, 10, 3, 8), 1 << 40, Some("--max-file-bytes")),
            // Too large as a whole, fine in strips.
            (header(Format::Png, 16_000, 16_000, 4, 16), 1 << 20, None),
            (header(Format::Png, 100_000_000, 1, 4, 16), 1 << 20, Some("--max-image-memory")),
            (header(Format::Webp, 16_383, 16_000, 3, 8), 1 << 20, Some("--max-image-memory")),
            (header(Format::Bmp, 16_000, 16_000, 1, 8), 1 << 20, Some("--max-image-memory")),
            (header(Format::Tiff, u32::MAX, u32::MAX, 255, 64), 1 << 20, Some("--max-pixels")),
        ];
        for (header, len, expected) in rows {
            match check_limits(&header, len, &limits) {
                Ok(()) => assert_eq!(expected, None, "{header:?}"),
                Err(error) => {
                    let DecodeError::OverLimit { needs, limit, setting, .. } = error else {
                        panic!("{error:?}")
                    };
                    assert_eq!(Some(setting), expected, "{header:?}");
                    assert!(needs > limit);
                    let text = DecodeError::OverLimit {
                        needs,
                        limit,
                        what: "pixels",
                        setting,
                    }
                    .to_string();
                    assert!(text.contains(setting) && text.contains(&needs.to_string()), "{text}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_decoded_over_a_limit_or_after_the_deadline() {
        // The bytes are no picture at all: only the limits can have been looked at.
        let limits = Limits {
            max_image_memory: 1 << 20,
            ..Limits::default()
        };
        let mut options = DecodeOptions {
            matte: [0; 3].into(),
            limits: &limits,
            deadline: None,
            keep_profile: false,
            least: None,
        };
        for format in [Format::Png, Format::Webp, Format::Bmp, Format::Tiff, Format::Gif] {
            let header = header(format, 2000, 2000, 3, 8);
            assert!(
                matches!(decode(&[], &header, &options), Err(DecodeError::OverLimit { .. })),
                "{format:?}"
            );
        }
        let plenty = Limits::default();
        options.limits = &plenty;
        options.deadline = Some(Instant::now());
        let header = header(Format::Png, 2000, 2000, 3, 8);
        assert!(matches!(decode(&[], &header, &options), Err(DecodeError::OutOfTime { .. })));
        assert!(matches!(rows(&[], &header, &options), Err(DecodeError::OutOfTime { .. })));
    }

    #[test]
    fn every_codec_has_its_version() {
        for codec in codecs() {
            let (name, version) = codec.split_once(' ').unwrap_or_default();
            assert!(!name.is_empty() && version.split('.').count() == 3, "{codec:?}");
        }
    }
}
