//! Virus scanners, indexers and sync clients open what was just written or read, for a moment each, and Windows refuses meanwhile to
//! rename, remove or open it. So what is refused for that reason is asked for again a few times.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION};

/// The first wait; each is twice the one before.
const FIRST: Duration = Duration::from_millis(1);
/// Waits for somebody who holds a file: half a second in all.
const WAITS_FOR_HOLDER: u32 = 9;
/// Waits where access is denied, which is also what Windows says of a name whose file was removed while somebody has it open. Mostly it
/// means what it says, so this is 63 ms in all.
const WAITS_WHEN_DENIED: u32 = 6;

/// Asks until the answer is one that lasts.
pub(in crate::engine::disk) fn patiently<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut waits = 0;
    loop {
        match operation() {
            Err(error) if waits < worth(&error) => {
                sleep(FIRST * (1 << waits));
                waits += 1;
            }
            answer => return answer,
        }
    }
}

/// How many waits an error is worth.
fn worth(error: &io::Error) -> u32 {
    match error.raw_os_error().map(|code| code as u32) {
        Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION) => WAITS_FOR_HOLDER,
        Some(ERROR_ACCESS_DENIED) => WAITS_WHEN_DENIED,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(code: u32, refused: u32) -> (u32, bool) {
        let mut count = 0;
        let answer = patiently(|| {
            count += 1;
            if count > refused {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(code as i32))
            }
        });
        (count, answer.is_ok())
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        assert_eq!(tries(ERROR_SHARING_VIOLATION, 0), (1, true));
        assert_eq!(tries(ERROR_SHARING_VIOLATION, 3), (4, true));
        assert_eq!(tries(ERROR_SHARING_VIOLATION, 99), (10, false));
        assert_eq!(tries(ERROR_ACCESS_DENIED, 99), (7, false));
        assert_eq!(tries(windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND, 1), (1, false));
    }
}
