//! See `shardpress::fuzzing::probe`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| shardpress::fuzzing::probe(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { shardpress_fuzz::png::mutate(data, size, max_size, seed) });
