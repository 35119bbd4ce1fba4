//! What a program of this crate sets for its whole process before it does anything else: the allocator, and what drivers print.

/// To be called first in `main`, before there is any other thread.
pub fn prepare() {
    bound_allocator();
    quiet_drivers();
}

/// Keeps Mesa's Vulkan layer from asking a Wayland session that is not there.
///
/// Where `XDG_RUNTIME_DIR` is not set, as on a server or under a scheduler, libwayland prints a line to standard error each time a
/// card is asked for, eight for one listing. The layer only puts the session's own card first; here cards are ordered by what they
/// are.
fn quiet_drivers() {
    #[cfg(target_os = "linux")]
    if std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| !folder.as_encoded_bytes().starts_with(b"/")) {
        // SAFETY: no other thread exists yet that could read the environment at the same time.
        unsafe {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
    }
}

/// Keeps freed memory from piling up in arenas that one thread filled and another emptied, and what one picture gave back for the next.
///
/// Loaders allocate what workers free, and glibc gives every thread an arena of its own, up to eight a core. On a shard of
/// 1 GB with two workers that cost 384 MB at `--memory 256MiB`, against 295 MB with an arena a core (and 590 MB with
/// mimalloc, which saved 3 % of the CPU time).
fn bound_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // glibc gives large blocks back to the system one by one, and the next picture pays for fresh pages: 8 % of the processor
        // time of whole shards, for up to 10 % more memory. Giants still go back at once.
        const KEPT_BLOCK: libc::c_int = 32 << 20;
        const KEPT_IN_ALL: libc::c_int = 64 << 20;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: mallopt only sets a parameter of the allocator; it is called before any other thread exists.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, i32::try_from(cores).unwrap_or(i32::MAX));
            libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT_BLOCK);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_IN_ALL);
        }
    }
}
