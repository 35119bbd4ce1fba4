//! Resizing on a graphics card through wgpu, sample for sample as the processor does it.
//!
//! ```text
//! worker ──rows──▶ ring slot (mapped staging buffer) ──filled──▶ thread ──batch──▶ device: copy, down, across, copy
//!        ◀─────────────────────── pixels, or an error ◀──────────────── read back ◀──┘
//! ```
//! `ring` is all that workers touch. `thread` is the only one that calls wgpu, through `device`; `batch` lays pictures out,
//! `kernels` computes, `check` proves at every opening that it computes right, `sentinel` remembers a driver that crashed.

mod adapters;
mod axis;
mod batch;
mod check;
mod device;
#[cfg(test)]
mod exact;
mod failure;
mod kernels;
mod measure;
mod ring;
mod sentinel;
#[cfg(test)]
mod tests;
mod thread;

pub(super) use adapters::adapters;
pub(super) use measure::measure;
#[cfg(test)]
pub(crate) use tests::lost_after;
pub(super) use thread::{Gpu, Wish};
