//! See `shardpress::fuzzing::sidecar`.
#![no_main]

use shardpress_fuzz as _;

libfuzzer_sys::fuzz_target!(|data: &[u8]| shardpress::fuzzing::sidecar(data));
