//! See `shardpress::fuzzing::decode`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use shardpress_fuzz::heap::Heap;

fuzz_target!(|data: &[u8]| shardpress::fuzzing::decode(data, &mut Heap));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { shardpress_fuzz::png::mutate(data, size, max_size, seed) });
