//! What the fuzz targets share: a count of the memory that is taken, and mutations that get past checksums.

#[cfg(fuzzing)]
compile_error!("build with `cargo fuzz build --no-cfg-fuzzing`: under cfg(fuzzing) the PNG decoder takes wrong checksums for right ones, and what is tried would not be what ships");

pub mod heap;
pub mod png;
