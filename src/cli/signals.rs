//! Ctrl-C, SIGTERM and a closed terminal: the first asks, the second insists.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::exit::Exit;
use crate::engine::{Control, StopReason};

#[cfg(not(windows))]
use posix as system;
#[cfg(windows)]
use windows as system;

/// The numbers that POSIX gives them; the exit codes are made of these.
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// Counts signals from the moment it is made.
pub(super) struct Signals {
    came: Arc<Came>,
    /// Signals that were passed on.
    passed_on: usize,
}

/// What the handlers write.
#[derive(Default)]
struct Came {
    /// 0, or the number of the first signal: it decides the exit code.
    first: AtomicUsize,
    /// Two that come between two looks are two all the same.
    count: AtomicUsize,
}

impl Came {
    fn add(&self, signal: usize) {
        let _ = self.first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}

impl Signals {
    /// Takes over what asks a command to end: on Windows what a console tells its programs, elsewhere SIGINT, SIGTERM and SIGHUP.
    pub(super) fn new() -> Self {
        Self {
            came: system::hear(),
            passed_on: 0,
        }
    }

    /// Passes signals that came since the last call on; returns what to tell the user.
    pub(super) fn pass_on(&mut self, control: &Control) -> Option<&'static str> {
        let count = self.came.count.load(Ordering::SeqCst);
        if count == self.passed_on {
            return None;
        }
        self.passed_on = count;
        if count == 1 {
            control.stop(StopReason::Asked);
            Some("Stopping: what is in flight is finished. Once more stops at the next safe step.")
        } else {
            control.stop(StopReason::Insisted);
            Some("Stopping at the next safe step.")
        }
    }

    /// The exit code that the first signal asks for, if one came.
    pub(super) fn exit(&self) -> Option<Exit> {
        match self.came.first.load(Ordering::SeqCst) {
            0 => None,
            signal if signal == SIGTERM as usize => Some(Exit::Terminated),
            _ => Some(Exit::Interrupted),
        }
    }
}

#[cfg(not(windows))]
mod posix {
    use std::sync::Arc;

    use signal_hook::consts::SIGHUP;

    use super::{Came, SIGINT, SIGTERM};

    /// A closed terminal asks like Ctrl-C, unless the program was started under `nohup`.
    pub(super) fn hear() -> Arc<Came> {
        let came = Arc::new(Came::default());
        for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)) {
            let came = Arc::clone(&came);
            // SAFETY: the handler does two operations on lock-free atomics that it owns a share of, which are safe in a
            // signal handler; it neither allocates, locks nor panics.
            let registered = unsafe { signal_hook::low_level::register(signal, move || came.add(signal as usize)) };
            // Where a handler cannot be set the system's own stays: the program ends at once, and recovery does the rest.
            let _ = registered;
        }
        came
    }

    /// Was the program started so that it is not to hear of a closed terminal, as by `nohup`? Of the others every one is heard: shells
    /// have background jobs ignore SIGINT, and who sends it to such a job means it.
    fn is_ignored(signal: i32) -> bool {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        if signal == SIGHUP {
            let mut now = std::mem::MaybeUninit::<libc::sigaction>::uninit();
            // SAFETY: with a null for the new action, sigaction changes nothing; it writes the present one to `now`, which is large
            // enough and read only where the call says that it did.
            return unsafe {
                libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) == 0 && now.assume_init().sa_sigaction == libc::SIG_IGN
            };
        }
        let _ = signal;
        false
    }
}

/// Not by C's `signal`: it forgets its handler each time that it calls it, and a second Ctrl-C just then ends the program; and it hears
/// nothing of a console that is closed.
#[cfg(windows)]
mod windows {
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
    use windows_sys::core::BOOL;

    use super::{Came, SIGINT, SIGTERM};

    /// Windows hands a handler nothing but the event.
    static CAME: OnceLock<Arc<Came>> = OnceLock::new();

    pub(super) fn hear() -> Arc<Came> {
        if CAME.set(Arc::default()).is_ok() {
            // SAFETY: the function lives as long as the program, and may run on a thread of its own at any time.
            let registered = unsafe { SetConsoleCtrlHandler(Some(told), 1) };
            // Where it cannot be set the system's own stays: the program ends at once, and recovery does the rest.
            let _ = registered;
        }
        CAME.get().cloned().unwrap_or_default()
    }

    /// Called by Windows on a thread of its own.
    extern "system" fn told(event: u32) -> BOOL {
        let asked = matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT);
        if let Some(came) = CAME.get() {
            came.add(if asked { SIGINT } else { SIGTERM } as usize);
        }
        if !asked {
            // The window of the console is closed, its user logs off, or the system goes down: the program is ended as soon as this
            // returns, or after the seconds that Windows gives it. They go to what is in flight; the program ends by itself before.
            std::thread::sleep(Duration::from_secs(60));
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Handlers are the whole process's, so these call what a handler calls.
    fn check(between_looks: &[&[i32]], stopped: Option<StopReason>, exit: Option<Exit>) {
        let mut signals = Signals {
            came: Arc::default(),
            passed_on: 0,
        };
        let control = Control::default();
        for came in between_looks {
            came.iter().for_each(|&signal| signals.came.add(signal as usize));
            assert_eq!(signals.pass_on(&control).is_some(), !came.is_empty(), "{between_looks:?}");
        }
        assert_eq!(control.stopped(), stopped, "{between_looks:?}");
        assert_eq!(signals.exit(), exit, "{between_looks:?}");
    }

    #[test]
    fn the_first_asks_the_second_insists() {
        check(&[&[], &[]], None, None);
        check(&[&[SIGINT], &[]], Some(StopReason::Asked), Some(Exit::Interrupted));
        check(&[&[SIGTERM]], Some(StopReason::Asked), Some(Exit::Terminated));
        check(&[&[SIGINT], &[SIGINT]], Some(StopReason::Insisted), Some(Exit::Interrupted));
        // Both before anybody looked.
        check(&[&[SIGINT, SIGINT]], Some(StopReason::Insisted), Some(Exit::Interrupted));
        check(&[&[SIGINT, SIGTERM]], Some(StopReason::Insisted), Some(Exit::Interrupted));
        check(&[&[SIGTERM, SIGINT]], Some(StopReason::Insisted), Some(Exit::Terminated));
    }
}
