//! What a thread has cost the processor so far. Beside the clock on the wall it tells work from waiting.

use std::time::Duration;

/// CPU time of the calling thread since it began; `None` where the system does not tell.
#[cfg(unix)]
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
