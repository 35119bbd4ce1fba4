//! JPEG by libjpeg-turbo, through the C shim (`shim.c`), which keeps libjpeg's longjmp to itself and makes it strict.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::Instant;

// Its build script compiles libjpeg-turbo, its link line brings the library the shim calls.
use turbojpeg_sys as _;

use super::super::colour::Colours;
use super::super::decode::{DecodeError, DecodeOptions, Decoded, Poured, RowSink, Rows};
use super::super::{Channels, Header, Orientation, Pixels, Size};
use super::markers::Head;
use super::samples::{Space, ToPixels};
use super::{EncodeError, EncodeOptions, MAX_SCANS, trailing_note};
use crate::engine::settings::{Chroma, Limits};

/// Rows converted at a time: few enough to stay in the cache, and a multiple of what libjpeg hands out at once.
const BAND: usize = 16;

#[repr(C)]
struct RawDecoder {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Default)]
struct RawPicture {
    width: u32,
    height: u32,
    scaled_width: u32,
    scaled_height: u32,
    space: i32,
    adobe: i32,
}

type Expired = unsafe extern "C" fn(*mut c_void) -> c_int;
type Sink = unsafe extern "C" fn(*mut c_void, *const u8, usize);

// SAFETY: names, parameters and structs are those of shim.c, which `build.rs` compiles into this crate.
unsafe extern "C" {
    fn sp_decoder_new(expired: Expired, context: *mut c_void) -> *mut RawDecoder;
    fn sp_decoder_free(decoder: *mut RawDecoder);
    fn sp_decoder_message(decoder: *const RawDecoder) -> *const c_char;
    fn sp_decoder_start(
        decoder: *mut RawDecoder,
        data: *const u8,
        length: usize,
        max_memory: u64,
        max_scans: c_int,
        verifying: c_int,
        eighths: c_int,
        picture: *mut RawPicture,
    ) -> c_int;
    fn sp_decoder_read(decoder: *mut RawDecoder, out: *mut u8, stride: usize, rows: u32) -> c_int;
    fn sp_decoder_finish(decoder: *mut RawDecoder, left: *mut usize) -> c_int;
    fn sp_encode(
        pixels: *const u8,
        width: u32,
        height: u32,
        channels: c_int,
        quality: c_int,
        h: c_int,
        v: c_int,
        optimise: c_int,
        progressive: c_int,
        sink: Sink,
        context: *mut c_void,
        message: *mut c_char,
    ) -> c_int;
    fn sp_version() -> c_int;
}

/// What is compiled in, for example `libjpeg-turbo 3.1.0`.
pub(in crate::engine::pixels) fn name() -> String {
    // SAFETY: takes nothing and returns a constant.
    let version = unsafe { sp_version() };
    format!("libjpeg-turbo {}.{}.{}", version / 1_000_000, version / 1000 % 1000, version % 1000)
}

struct Clock {
    started: Instant,
    deadline: Option<Instant>,
}

/// Called by libjpeg between rows and scans.
unsafe extern "C" fn expired(context: *mut c_void) -> c_int {
    // SAFETY: `context` is the `Clock` shared by `Decoder::open`, which outlives the raw decoder and is only read.
    let clock = unsafe { &*context.cast::<Clock>() };
    c_int::from(clock.deadline.is_some_and(|deadline| Instant::now() >= deadline))
}

/// libjpeg's decoder over bytes that outlive it.
struct Decoder<'a> {
    raw: NonNull<RawDecoder>,
    /// Shared with libjpeg by its address. Not a `Box`: moving one claims that nobody else points into it.
    clock: Rc<Clock>,
    picture: RawPicture,
    limits: Limits,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Decoder<'a> {
    fn open(bytes: &'a [u8], limits: &Limits, deadline: Option<Instant>, eighths: u32, verifying: bool) -> Result<Self, DecodeError> {
        let clock = Rc::new(Clock {
            started: Instant::now(),
            deadline,
        });
        let context = Rc::as_ptr(&clock).cast_mut();
        // SAFETY: `expired` only reads a `Clock` from `context`; its owner lives in `self` beside the decoder and is dropped after it.
        let raw = NonNull::new(unsafe { sp_decoder_new(expired, context.cast()) });
        let Some(raw) = raw else {
            return Err(DecodeError::Unsupported("the system gave no memory to decode it".into()));
        };
        let mut decoder = Self {
            raw,
            clock,
            picture: RawPicture::default(),
            limits: limits.clone(),
            bytes: PhantomData,
        };
        // SAFETY: `raw` is a fresh decoder; `bytes` outlives it by `'a`; `picture` is a valid place to write.
        let code = unsafe {
            sp_decoder_start(
                raw.as_ptr(),
                bytes.as_ptr(),
                bytes.len(),
                limits.max_image_memory,
                MAX_SCANS as c_int,
                c_int::from(verifying),
                eighths as c_int,
                &mut decoder.picture,
            )
        };
        decoder.check(code)?;
        Ok(decoder)
    }

    fn check(&self, code: c_int) -> Result<(), DecodeError> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: the message is a NUL-terminated array inside the decoder, which is alive and not written meanwhile.
        let message = unsafe { CStr::from_ptr(sp_decoder_message(self.raw.as_ptr())) }
            .to_string_lossy()
            .into_owned();
        Err(match code {
            1 => DecodeError::Damaged(message),
            2 => DecodeError::Truncated(message),
            3 => DecodeError::Unsupported(message),
            4 => DecodeError::OverLimit {
                needs: self.limits.max_image_memory.saturating_add(1),
                limit: self.limits.max_image_memory,
                what: "bytes of memory or more",
                setting: super::MEMORY_SETTING,
            },
            5 => DecodeError::OutOfTime {
                secs: self.clock.started.elapsed().as_secs(),
            },
            6 => DecodeError::Damaged(format!("it has more than {MAX_SCANS} scans, more than any real picture")),
            _ => DecodeError::Unsupported(format!("the JPEG decoder failed: {message}")),
        })
    }

    /// Of the picture.
    fn size(&self) -> Size {
        Size {
            width: self.picture.width,
            height: self.picture.height,
        }
    }

    /// Of what comes out.
    fn scaled(&self) -> Size {
        Size {
            width: self.picture.scaled_width,
            height: self.picture.scaled_height,
        }
    }

    /// The next `rows.len() / stride` rows.
    fn read(&mut self, rows: &mut [u8], stride: usize) -> Result<(), DecodeError> {
        let count = u32::try_from(rows.len() / stride).unwrap_or(u32::MAX);
        // SAFETY: the shim writes `count` rows of at most `stride` bytes (it checks both), which fit into `rows`.
        let code = unsafe { sp_decoder_read(self.raw.as_ptr(), rows.as_mut_ptr(), stride, count) };
        self.check(code)
    }

    /// Reads to the end marker; the number of bytes behind it.
    fn finish(&mut self) -> Result<usize, DecodeError> {
        let mut left = 0;
        // SAFETY: the decoder is alive, `left` a valid place to write.
        let code = unsafe { sp_decoder_finish(self.raw.as_ptr(), &mut left) };
        self.check(code).map(|()| left)
    }
}

impl Drop for Decoder<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `sp_decoder_new`, freed here and nowhere else.
        unsafe { sp_decoder_free(self.raw.as_ptr()) }
    }
}

/// A picture at its own size, in the eighths that libjpeg scales by.
const FULL: u32 = 8;

/// Scales whose transforms libjpeg-turbo has SIMD code for; the others take longer than the next larger one of these.
const FAST: [u32; 3] = [1, 2, 4];

/// The smallest number of eighths with a fast transform at which no side of a picture falls below `least`. The transform then gives so many samples of 8
/// along either axis of a block, made of its lowest frequencies.
pub(super) fn eighths(header: &Header, least: Option<Size>) -> u32 {
    let Some(least) = least else { return FULL };
    let enough = |side: u32, eighths: u32, least: u32| u64::from(side) * u64::from(eighths) >= u64::from(least) * u64::from(FULL);
    FAST.into_iter()
        .find(|&eighths| enough(header.size.width, eighths, least.width) && enough(header.size.height, eighths, least.height))
        .unwrap_or(FULL)
}

/// A picture on its way out, top to bottom.
struct NativeRows<'a> {
    decoder: Decoder<'a>,
    to_pixels: ToPixels,
    orientation: Orientation,
    cmyk: Vec<u8>,
    /// Bytes behind the end marker, known at the end.
    trailing: usize,
}

impl<'a> NativeRows<'a> {
    fn open(bytes: &'a [u8], head: &Head, header: &Header, options: &DecodeOptions) -> Result<Self, DecodeError> {
        let decoder = Decoder::open(bytes, options.limits, options.deadline, eighths(header, options.least), false)?;
        super::check_size(header, decoder.size())?;
        let space = match decoder.picture.space {
            1 => Space::Grey,
            2 => Space::Rgb,
            3 => Space::Cmyk,
            other => return Err(DecodeError::Unsupported(format!("colour space {other}"))),
        };
        Ok(Self {
            decoder,
            to_pixels: ToPixels::new(space, head, options.keep_profile),
            orientation: header.orientation,
            cmyk: Vec::new(),
            trailing: 0,
        })
    }
}

impl Rows for NativeRows<'_> {
    fn size(&self) -> Size {
        self.decoder.scaled()
    }

    fn channels(&self) -> Channels {
        self.to_pixels.space().channels()
    }

    fn orientation(&self) -> Orientation {
        self.orientation
    }

    fn colours(&self) -> Colours {
        self.to_pixels.colours()
    }

    fn flattened(&self) -> bool {
        false
    }

    fn next_rows(&mut self, rows: &mut [u8]) -> Result<(), DecodeError> {
        let width = self.decoder.picture.scaled_width as usize;
        let stride = width * self.channels().count();
        for band in rows.chunks_mut(BAND * stride) {
            if self.to_pixels.space() == Space::Cmyk {
                let stored = width * Space::Cmyk.count();
                self.cmyk.resize(band.len() / stride * stored, 0);
                self.decoder.read(&mut self.cmyk, stored)?;
                self.to_pixels.cmyk_to_rgb(&mut self.cmyk, band);
            } else {
                self.decoder.read(band, stride)?;
                self.to_pixels.in_place(band);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        self.trailing = self.decoder.finish()?;
        Ok(())
    }
}

/// Decodes the whole picture.
pub(super) fn decode(bytes: &[u8], head: &Head, header: &Header, options: &DecodeOptions) -> Result<Decoded, DecodeError> {
    let mut rows = NativeRows::open(bytes, head, header, options)?;
    let (size, channels) = (rows.size(), rows.channels());
    let mut data = vec![0; size.width as usize * size.height as usize * channels.count()];
    rows.next_rows(&mut data)?;
    rows.finish()?;
    Ok(Decoded {
        pixels: Pixels { size, channels, data },
        orientation: header.orientation,
        flattened: false,
        colours: rows.to_pixels.colours(),
        notes: trailing_note(rows.trailing),
    })
}

/// Decodes the picture into `sink`, which is told of it before its first row is decoded; `None` where it has no room.
pub(super) fn decode_into(
    bytes: &[u8],
    head: &Head,
    header: &Header,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Option<Poured>, DecodeError> {
    let mut rows = NativeRows::open(bytes, head, header, options)?;
    let (size, layout) = (rows.size(), rows.channels().into());
    if !sink.begin(size, layout) {
        return Ok(None);
    }
    let stride = size.width as usize * rows.channels().count();
    let mut left = size.height as usize;
    let mut band = vec![0; BAND.min(left) * stride];
    while left > 0 {
        let band = &mut band[..BAND.min(left) * stride];
        rows.next_rows(band)?;
        sink.push(band);
        left -= band.len() / stride;
    }
    rows.finish()?;
    Ok(Some(Poured {
        size,
        layout,
        orientation: header.orientation,
        flattened: false,
        colours: rows.colours(),
        notes: trailing_note(rows.trailing),
    }))
}

/// Decodes in strips.
pub(super) fn rows<'a>(
    bytes: &'a [u8],
    head: &Head,
    header: &Header,
    options: &DecodeOptions<'a>,
) -> Result<Option<Box<dyn Rows + 'a>>, DecodeError> {
    Ok(Some(Box::new(NativeRows::open(bytes, head, header, options)?)))
}

/// Takes what the encoder wrote.
unsafe extern "C" fn sink(context: *mut c_void, data: *const u8, length: usize) {
    // SAFETY: `context` is the `Vec` of `encode`, borrowed by nobody else while `sp_encode` runs; `data` holds `length`
    // bytes.
    unsafe { (*context.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(data, length)) }
}

/// Encodes packed pixels.
pub(super) fn encode(pixels: &Pixels, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let (h, v) = match options.chroma {
        Chroma::C444 => (1, 1),
        Chroma::C422 => (2, 1),
        Chroma::C420 => (2, 2),
    };
    // A quarter of the samples is more than quality 95 needs, and so the last growth but for noise.
    let mut out: Vec<u8> = Vec::with_capacity(pixels.data.len() / 4 + 1024);
    let mut message: [c_char; 256] = [0; 256];
    // SAFETY: `pixels.data` holds width * height * channels bytes (checked by the caller, `super::encode`); `sink` gets
    // the `Vec` it expects; `message` is longer than libjpeg's 200 bytes.
    let code = unsafe {
        sp_encode(
            pixels.data.as_ptr(),
            pixels.size.width,
            pixels.size.height,
            pixels.channels.count() as c_int,
            c_int::from(options.quality),
            h,
            v,
            c_int::from(options.optimise_huffman),
            c_int::from(options.progressive),
            sink,
            (&raw mut out).cast(),
            message.as_mut_ptr(),
        )
    };
    if code == 0 {
        return Ok(out);
    }
    // SAFETY: the shim wrote a NUL-terminated message, and the array ends in zeros beyond it.
    let message = unsafe { CStr::from_ptr(message.as_ptr()) }.to_string_lossy().into_owned();
    Err(EncodeError::Codec(message))
}

/// Hands the decoded samples of what was encoded (grey, or YCbCr with repeated chroma) to `band`, `rows` rows at a time,
/// top to bottom. Returns the bytes behind the end marker.
pub(super) fn decode_for_check(
    encoded: &[u8],
    size: Size,
    channels: Channels,
    rows: usize,
    mut band: impl FnMut(&[u8]) -> bool,
) -> Result<usize, DecodeError> {
    let mut decoder = Decoder::open(encoded, &Limits::default(), None, FULL, true)?;
    let space = match channels {
        Channels::Grey => 1,
        Channels::Rgb => 4,
    };
    if decoder.size() != size || decoder.picture.space != space {
        return Err(DecodeError::Damaged("it decodes to another size or colour space".into()));
    }
    let stride = size.width as usize * channels.count();
    let mut buffer = vec![0; rows * stride];
    let mut left = size.height as usize;
    while left > 0 {
        let count = rows.min(left);
        decoder.read(&mut buffer[..count * stride], stride)?;
        if !band(&buffer[..count * stride]) {
            return Ok(0);
        }
        left -= count;
    }
    decoder.finish()
}

/// Chroma samples are repeated, so the check needs no allowance for interpolation.
pub(super) const CHROMA_INTERPOLATED: bool = false;

/// Memory of the codec's own row buffers, bytes: an iMCU row of every component (at most 32 rows at full width, as samples
/// and upsampled), and what does not depend on the picture.
fn buffers(header: &Header) -> u64 {
    u64::from(header.size.width) * u64::from(header.samples) * 80 + (256 << 10)
}

/// Coefficients of a picture in several scans: two bytes each, blocks padded to whole units of at most 32 pixels.
fn coefficients(header: &Header) -> u64 {
    if !header.multi_pass {
        return 0;
    }
    // Units are 8, 16, 24 or 32 pixels long: none adds more.
    let padded = |side: u32| u64::from(side) + 32;
    let sixteenths = match header.coded_sixteenths {
        0 => 16 * u64::from(header.samples),
        told => u64::from(told),
    };
    (2 * padded(header.size.width) * padded(header.size.height) * sixteenths).div_ceil(16)
}

/// Memory of a whole decode, bytes.
pub(super) fn whole_cost(header: &Header) -> u64 {
    let channels: u64 = if header.samples == 1 { 1 } else { 3 };
    header.size.pixels() * channels + coefficients(header) + buffers(header)
}

/// Memory of a decode into a sink, bytes: there is no picture beside the sink, only a band of rows on its way.
pub(super) fn poured_cost(header: &Header) -> u64 {
    // CMYK comes into a band of its own.
    let bytes = match header.samples {
        1 => 1,
        4 => 4 + 3,
        _ => 3,
    };
    let band = u64::from(header.size.height).min(BAND as u64) * u64::from(header.size.width) * bytes;
    coefficients(header) + buffers(header) + band
}

/// Memory of a decode in strips, bytes.
pub(super) fn rows_cost(header: &Header) -> Option<u64> {
    Some(coefficients(header) + buffers(header))
}
