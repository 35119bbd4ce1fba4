//! The fast way through a PNG that is not interlaced: one inflate into one buffer, then filters and conversion row
//! behind row inside it.

use std::ffi::c_void;
use std::time::Instant;

use super::ROWS_PER_LOOK;
use super::chunks::{Parts, damaged, truncated};
use super::convert::Converter;
use super::unfilter;
use crate::engine::pixels::decode::{DecodeError, DecodeOptions};

/// All pixels, packed; `None` where the stream holds more than the picture needs.
pub(super) fn decode(
    parts: &Parts,
    converter: &mut Converter,
    options: &DecodeOptions,
    started: Instant,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let ihdr = &parts.ihdr;
    let too_large = || DecodeError::Unsupported("it is larger than the address space".into());
    let row = ihdr.row_bytes().ok_or_else(too_large)?;
    let height = ihdr.size.height as usize;
    let line = row.checked_add(1).ok_or_else(too_large)?;
    let len = line
        .checked_mul(height)
        .filter(|&len| len <= isize::MAX as usize)
        .ok_or_else(too_large)?;
    let joined = parts.joined_data();
    // A deflate stream expands at most 1032-fold: a header that claims more has no pixels to show for it.
    if len as u64 > (joined.len() as u64).saturating_mul(1032).saturating_add(1032) {
        return Err(truncated("its pixels are missing"));
    }
    let mut buffer = vec![0; len];
    if !inflate(&joined, &mut buffer, parts.ended)? {
        return Ok(None);
    }
    drop(joined);

    let out_row = converter.out_row();
    let step = ihdr.filter_step();
    // A row may be converted once the row below it is unfiltered, which predicts from it.
    let mut convert = Placer::new(converter, out_row, row, height);
    for y in 0..height {
        let (above, rest) = buffer.split_at_mut(y * line);
        let above = if y == 0 { &[][..] } else { &above[(y - 1) * line + 1..] };
        let filter = rest[0];
        unfilter::row(filter, &mut rest[1..line], above, step)
            .map_err(|unfilter::UnknownFilter(byte)| damaged(format!("row {y} names a filter {byte} that does not exist")))?;
        if y > 0 {
            convert.place(&mut buffer, y - 1);
        }
        if y % ROWS_PER_LOOK == 0 {
            options.check_time(started)?;
        }
    }
    convert.place(&mut buffer, height - 1);
    Ok(Some(convert.finish(buffer)))
}

/// Puts finished rows where they belong: into the same buffer, further up, where a row does not grow; else into a
/// second one.
struct Placer<'a> {
    converter: &'a mut Converter,
    out_row: usize,
    row: usize,
    height: usize,
    grown: Option<Vec<u8>>,
    scratch: Vec<u8>,
}

impl<'a> Placer<'a> {
    fn new(converter: &'a mut Converter, out_row: usize, row: usize, height: usize) -> Self {
        let grown = (out_row > row).then(|| vec![0; out_row * height]);
        let scratch = if grown.is_none() && !converter.keeps_bytes() {
            vec![0; row]
        } else {
            Vec::new()
        };
        Self {
            converter,
            out_row,
            row,
            height,
            grown,
            scratch,
        }
    }

    fn place(&mut self, buffer: &mut [u8], y: usize) {
        let from = y * (self.row + 1) + 1;
        let to = y * self.out_row;
        if let Some(grown) = &mut self.grown {
            self.converter
                .row(&buffer[from..from + self.row], &mut grown[to..to + self.out_row]);
        } else if self.converter.keeps_bytes() {
            buffer.copy_within(from..from + self.row, to);
            self.converter.colour_only(&mut buffer[to..to + self.out_row]);
        } else {
            // The first rows overlap their own place, so a row is taken out first; it is in the nearest cache.
            self.scratch.copy_from_slice(&buffer[from..from + self.row]);
            self.converter.row(&self.scratch, &mut buffer[to..to + self.out_row]);
        }
    }

    fn finish(self, mut buffer: Vec<u8>) -> Vec<u8> {
        self.grown.unwrap_or_else(|| {
            buffer.truncate(self.out_row * self.height);
            buffer
        })
    }
}

/// Inflates a zlib stream that must fill `out`, with its Adler-32 checked. `false`: it holds more than that.
fn inflate(deflated: &[u8], out: &mut [u8], ended: bool) -> Result<bool, DecodeError> {
    struct Decompressor(*mut libdeflate_sys::libdeflate_decompressor);
    impl Drop for Decompressor {
        fn drop(&mut self) {
            // SAFETY: the pointer came from the allocation below and is freed once; freeing null is allowed.
            unsafe { libdeflate_sys::libdeflate_free_decompressor(self.0) }
        }
    }
    // SAFETY: takes no arguments; null means out of memory and is checked.
    let decompressor = Decompressor(unsafe { libdeflate_sys::libdeflate_alloc_decompressor() });
    if decompressor.0.is_null() {
        return Err(DecodeError::Unsupported("there is no memory for the decompressor".into()));
    }
    let (mut used, mut filled) = (0_usize, 0_usize);
    // SAFETY: the decompressor is valid and used by this thread alone; both pointers come from slices with the
    // lengths given, which live through the call, the output exclusively ours; the counters are valid for writing.
    let result = unsafe {
        libdeflate_sys::libdeflate_zlib_decompress_ex(
            decompressor.0,
            deflated.as_ptr().cast::<c_void>(),
            deflated.len(),
            out.as_mut_ptr().cast::<c_void>(),
            out.len(),
            &mut used,
            &mut filled,
        )
    };
    match result {
        libdeflate_sys::libdeflate_result_LIBDEFLATE_SUCCESS if filled == out.len() => Ok(true),
        libdeflate_sys::libdeflate_result_LIBDEFLATE_SUCCESS => Err(truncated("its pixels end before the last row")),
        libdeflate_sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Ok(false),
        _ if !ended => Err(truncated("its pixels end in the middle")),
        _ => Err(damaged("its compressed pixels are corrupt or do not fit their checksum")),
    }
}
