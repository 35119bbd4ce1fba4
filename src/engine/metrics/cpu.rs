//! What a thread has cost the processor so far. Beside the clock on the wall it tells work from waiting.

use std::time::Duration;

/// CPU time of the calling thread since it began; `None` where the system does not tell.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub fn thread_cpu_time() -> Option<Duration> {
    let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
    // By the C library: rustix looks for the kernel's own copy of the call in memory, which is not there under valgrind.
    // SAFETY: clock_gettime writes one timespec to `time`, which is large enough, and it is read only where the call says so.
    let time = unsafe { (libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, time.as_mut_ptr()) == 0).then(|| time.assume_init())? };
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// CPU time of the calling thread since it began; `None` where the system does not tell.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
pub fn thread_cpu_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanos = u32::try_from(time.tv_nsec).ok()?;
    Some(Duration::new(seconds, nanos))
}

/// CPU time of the calling thread since it began; `None` where the system does not tell.
#[cfg(not(unix))]
pub fn thread_cpu_time() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_costs_cpu_time() {
        let before = thread_cpu_time().unwrap();
        let mut sum = 0_u64;
        for i in 0..2_000_000_u64 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(i));
        }
        let after = thread_cpu_time().unwrap();
        assert!(after > before, "{before:?} {after:?} {sum}");
    }
}
