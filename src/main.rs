//! `shardpress`: without arguments the window, otherwise the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    bound_allocator();
    shardpress::cli::main()
}

/// Keeps freed memory from piling up in arenas that one thread filled and another emptied.
///
/// Loaders allocate what workers free, and glibc gives every thread an arena of its own, up to eight a core. On a shard of
/// 1 GB with two workers that cost 384 MB at `--memory 256MiB`, against 295 MB with an arena a core (and 590 MB with
/// mimalloc, which saved 3 % of the CPU time).
fn bound_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: mallopt only sets a parameter of the allocator; it is called before any other thread exists.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, i32::try_from(cores).unwrap_or(i32::MAX));
        }
    }
}
