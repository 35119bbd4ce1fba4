//! See `shardpress::fuzzing::journal`.
#![no_main]

use shardpress_fuzz as _;

libfuzzer_sys::fuzz_target!(|data: &[u8]| shardpress::fuzzing::journal(data));
