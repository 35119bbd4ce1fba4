//! A PNG that is mutated blindly is refused at the first checksum. Here its checksums are made right again, most of the time, and
//! sometimes its pixels are mutated before they are compressed.

use std::io::{Read, Write};

use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use libfuzzer_sys::fuzzer_mutate;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Inflated pixels beyond this are not mutated: a campaign lives from many small tries.
const MOST_PIXELS: u64 = 1 << 16;

/// Mutates `data[..size]` in place and returns its new size; of a PNG it mends the checksums, by `seed`.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if !data[..size].starts_with(SIGNATURE) {
        return fuzzer_mutate(data, size, max_size);
    }
    if seed.is_multiple_of(8)
        && let Some(file) = with_other_pixels(&data[..size])
        && file.len() <= max_size
    {
        data[..file.len()].copy_from_slice(&file);
        return file.len();
    }
    let size = fuzzer_mutate(data, size, max_size);
    if seed % 8 < 6 {
        mend(&mut data[..size]);
    }
    size
}

/// Chunks as places: name and body together, with the checksum behind it.
fn chunks(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 8);
    while let Some(head) = file.get(at..at + 4) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(end) = (at + 8).checked_add(length).filter(|end| end + 4 <= file.len()) else { break };
        found.push(at + 4..end);
        at = end + 4;
    }
    found
}

fn mend(file: &mut [u8]) {
    for chunk in chunks(file) {
        let sum = crc32fast::hash(&file[chunk.clone()]).to_be_bytes();
        file[chunk.end..chunk.end + 4].copy_from_slice(&sum);
    }
}

/// The file with its inflated pixels mutated and deflated again, as one chunk.
fn with_other_pixels(file: &[u8]) -> Option<Vec<u8>> {
    let chunks = chunks(file);
    let (mut out, mut deflated, mut first) = (file[..8].to_vec(), Vec::new(), None);
    for chunk in &chunks {
        if &file[chunk.start..chunk.start + 4] == b"IDAT" {
            first.get_or_insert(chunk.start);
            deflated.extend_from_slice(&file[chunk.start + 4..chunk.end]);
        }
    }
    let mut pixels = Vec::new();
    ZlibDecoder::new(deflated.as_slice()).take(MOST_PIXELS).read_to_end(&mut pixels).ok()?;
    let len = pixels.len();
    pixels.resize(len + 64, 0);
    let len = fuzzer_mutate(&mut pixels, len, len + 64);
    let mut packed = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&pixels[..len]).ok()?;
    let packed = packed.finish().ok()?;
    for chunk in chunks {
        let is_data = &file[chunk.start..chunk.start + 4] == b"IDAT";
        let name_and_body = match first {
            Some(first) if is_data && chunk.start == first => [b"IDAT", packed.as_slice()].concat(),
            _ if is_data => continue,
            _ => file[chunk].to_vec(),
        };
        out.extend((name_and_body.len() as u32 - 4).to_be_bytes());
        out.extend_from_slice(&name_and_body);
        out.extend(crc32fast::hash(&name_and_body).to_be_bytes());
    }
    Some(out)
}
