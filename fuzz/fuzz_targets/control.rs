//! A planted fault that a campaign must find, or it proves nothing: a read one byte behind an allocation, in PNGs of a certain
//! width whose first checksum is right. It takes the mutations that mend checksums, the comparisons that guide libFuzzer and
//! AddressSanitizer to see it.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| {
    if let Some(header) = data.get(12..33)
        && header.starts_with(b"IHDR")
        && crc32fast::hash(&header[..17]).to_be_bytes() == header[17..]
        && header[4..8] == [0, 0, 2, 43]
    {
        let copy = data.to_vec();
        // SAFETY: none, on purpose: this is the fault.
        std::hint::black_box(unsafe { copy.as_ptr().add(copy.capacity()).read_volatile() });
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { shardpress_fuzz::png::mutate(data, size, max_size, seed) });
