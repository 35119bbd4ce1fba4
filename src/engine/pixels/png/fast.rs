//! The fast way through a PNG that is not interlaced: one inflate into one buffer, then filters row behind row inside it,
//! each row being converted while it is in the nearest cache.

use std::ffi::c_void;
use std::time::Instant;

use super::ROWS_PER_LOOK;
use super::chunks::{Parts, damaged, truncated};
use super::convert::Converter;
use super::place::{Placer, Pourer};
use super::unfilter;
use crate::engine::pixels::decode::{DecodeError, DecodeOptions};

/// All pixels, packed; `None` where the stream holds more than the picture needs.
pub(super) fn decode(
    parts: &Parts,
    converter: &mut Converter,
    options: &DecodeOptions,
    started: Instant,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let Some((mut buffer, row)) = inflated(parts)? else {
        return Ok(None);
    };
    let mut placer = Placer::new(converter, row, parts.ihdr.size.height as usize);
    unfiltered(parts, &mut buffer, row, options, started, |buffer, y| placer.place(buffer, y))?;
    Ok(Some(placer.finish(buffer)))
}

/// Pours all rows; `false`, and not one of them, where the stream holds more than the picture needs.
pub(super) fn decode_into(parts: &Parts, pourer: &mut Pourer, options: &DecodeOptions, started: Instant) -> Result<bool, DecodeError> {
    let Some((mut buffer, row)) = inflated(parts)? else {
        return Ok(false);
    };
    unfiltered(parts, &mut buffer, row, options, started, |buffer, y| {
        pourer.row(&buffer[y * (row + 1) + 1..][..row]);
    })?;
    Ok(true)
}

/// All rows as stored, each with its filter byte before it, and the bytes of one without it; `None` where the stream holds
/// more.
fn inflated(parts: &Parts) -> Result<Option<(Vec<u8>, usize)>, DecodeError> {
    let ihdr = &parts.ihdr;
    let too_large = || DecodeError::Unsupported("it is larger than the address space".into());
    let row = ihdr.row_bytes().ok_or_else(too_large)?;
    let len = row
        .checked_add(1)
        .and_then(|line| line.checked_mul(ihdr.size.height as usize))
        .filter(|&len| len <= isize::MAX as usize)
        .ok_or_else(too_large)?;
    let joined = parts.joined_data();
    // A deflate stream expands at most 1032-fold: a header that claims more has no pixels to show for it.
    if len as u64 > (joined.len() as u64).saturating_mul(1032).saturating_add(1032) {
        return Err(truncated("its pixels are missing"));
    }
    Ok(inflate(&joined, len, parts.ended)?.map(|buffer| (buffer, row)))
}

/// Undoes the filters from top to bottom. `done(buffer, y)` is called for every row in turn once nothing below is predicted
/// from it any more, so that it may be overwritten.
fn unfiltered(
    parts: &Parts,
    buffer: &mut [u8],
    row: usize,
    options: &DecodeOptions,
    started: Instant,
    mut done: impl FnMut(&mut [u8], usize),
) -> Result<(), DecodeError> {
    let (line, step, height) = (row + 1, parts.ihdr.filter_step(), parts.ihdr.size.height as usize);
    let (mut y, mut look) = (0, 0);
    while y < height {
        let several = if y == 0 {
            0
        } else {
            unfilter::several(&mut buffer[(y - 1) * line..], line, step)
        };
        if several == 0 {
            let (above, rest) = buffer.split_at_mut(y * line);
            let above = if y == 0 { &[][..] } else { &above[(y - 1) * line + 1..] };
            let filter = rest[0];
            unfilter::row(filter, &mut rest[1..line], above, step)
                .map_err(|unfilter::UnknownFilter(byte)| damaged(format!("row {y} names a filter {byte} that does not exist")))?;
        }
        let next = y + several.max(1);
        // The last row is still to be seen by the one below it.
        (y.max(1) - 1..next - 1).for_each(|y| done(buffer, y));
        if y >= look {
            options.check_time(started)?;
            look = y + ROWS_PER_LOOK;
        }
        y = next;
    }
    done(buffer, height - 1);
    Ok(())
}

/// Inflates a zlib stream of exactly `len` bytes, with its Adler-32 checked. `None`: it holds more than that.
fn inflate(deflated: &[u8], len: usize, ended: bool) -> Result<Option<Vec<u8>>, DecodeError> {
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
    // Not zeroed: that is a pass of its own over memory that was used before.
    let mut out: Vec<u8> = Vec::with_capacity(len);
    let (mut used, mut filled) = (0_usize, 0_usize);
    // SAFETY: the decompressor is valid and used by this thread alone; the input is a live slice of the length given; the
    // output is the vector's own memory, of which `len` bytes are reserved, only written to (matches are copied from what was
    // written before); the counters are valid for writing.
    let result = unsafe {
        libdeflate_sys::libdeflate_zlib_decompress_ex(
            decompressor.0,
            deflated.as_ptr().cast::<c_void>(),
            deflated.len(),
            out.as_mut_ptr().cast::<c_void>(),
            len,
            &mut used,
            &mut filled,
        )
    };
    match result {
        libdeflate_sys::libdeflate_result_LIBDEFLATE_SUCCESS if filled == len => {
            // SAFETY: so many bytes are reserved, and on success the first `filled` of them were written.
            unsafe { out.set_len(len) };
            Ok(Some(out))
        }
        libdeflate_sys::libdeflate_result_LIBDEFLATE_SUCCESS => Err(truncated("its pixels end before the last row")),
        libdeflate_sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Ok(None),
        _ if !ended => Err(truncated("its pixels end in the middle")),
        _ => Err(damaged("its compressed pixels are corrupt or do not fit their checksum")),
    }
}
