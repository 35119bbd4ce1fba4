//! Memory that is taken, Rust's and C's alike, as AddressSanitizer's allocator tells it.

use std::ffi::{c_int, c_void};
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use shardpress::fuzzing::Meter;

type OnMalloc = unsafe extern "C" fn(*const c_void, usize);
type OnFree = unsafe extern "C" fn(*const c_void);

// SAFETY: declared as in <sanitizer/allocator_interface.h>; the sanitizer's runtime, which every target is linked with, defines them.
unsafe extern "C" {
    fn __sanitizer_install_malloc_and_free_hooks(on_malloc: OnMalloc, on_free: OnFree) -> c_int;
    fn __sanitizer_get_allocated_size(block: *const c_void) -> usize;
}

static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

unsafe extern "C" fn taken(_: *const c_void, bytes: usize) {
    let live = LIVE.fetch_add(bytes as i64, Relaxed) + bytes as i64;
    PEAK.fetch_max(live, Relaxed);
}

unsafe extern "C" fn freed(block: *const c_void) {
    if !block.is_null() {
        // SAFETY: the runtime calls this with a block of its own that is about to be freed.
        LIVE.fetch_sub(unsafe { __sanitizer_get_allocated_size(block) } as i64, Relaxed);
    }
}

/// Counts from `start` on.
pub struct Heap;

impl Meter for Heap {
    fn start(&mut self) {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            // SAFETY: both functions are as the runtime wants them, live as long as the program, and take no memory.
            let installed = unsafe { __sanitizer_install_malloc_and_free_hooks(taken, freed) };
            assert!(installed > 0, "no place for another hook");
        });
        LIVE.store(0, Relaxed);
        PEAK.store(0, Relaxed);
    }

    fn peak(&mut self) -> Option<u64> {
        Some(PEAK.load(Relaxed).max(0) as u64)
    }
}
