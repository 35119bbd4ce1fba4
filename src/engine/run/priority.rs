//! Letting other programs go first: processor and, where a system has such a thing, drive. For the whole process, as early as
//! possible: on Linux a priority is each thread's own and is passed on to the threads that it starts.

/// Lowers the priority of the process (on Linux: of the calling thread and all that it will start). Never raises it: who was
/// started with a lower one keeps that.
///
/// # Errors
/// What the system says. Nothing depends on it.
pub(super) fn lower() -> Result<(), String> {
    system::lower().map_err(|error| error.to_string())
}

/// `setpriority(2)` and `ioprio_set(2)`.
#[cfg(target_os = "linux")]
mod system {
    use std::io;

    /// The lowest there is.
    const NICE: i32 = 19;

    /// `IOPRIO_WHO_PROCESS`: of one thread; 0 is the calling one.
    const WHO_PROCESS: libc::c_long = 1;
    /// The class stands above this bit.
    const CLASS_SHIFT: u32 = 13;
    const CLASS_BEST_EFFORT: libc::c_long = 2;
    const CLASS_IDLE: libc::c_long = 3;
    /// The lowest of its class.
    const LEVEL: libc::c_long = 7;

    pub(super) fn lower() -> io::Result<()> {
        rustix::process::setpriority_process(None, NICE)?;
        // Not the idle class: who waits there for the drive for minutes may hold the file system's journal meanwhile, and
        // then others wait for it, too.
        // SAFETY: takes two numbers and gives one back; it touches no memory of ours.
        let now = unsafe { libc::syscall(libc::SYS_ioprio_get, WHO_PROCESS, 0 as libc::c_long) };
        if now >= 0 && now >> CLASS_SHIFT == CLASS_IDLE {
            return Ok(());
        }
        let wanted = (CLASS_BEST_EFFORT << CLASS_SHIFT) | LEVEL;
        // SAFETY: takes three numbers; it touches no memory of ours.
        match unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, 0 as libc::c_long, wanted) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The background state of macOS: processor, drive and network.
#[cfg(target_os = "macos")]
mod system {
    use std::io;

    pub(super) fn lower() -> io::Result<()> {
        // SAFETY: takes three numbers; it touches no memory of ours. 0 is the calling process.
        match unsafe { libc::setpriority(libc::PRIO_DARWIN_PROCESS, 0, libc::PRIO_DARWIN_BG) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Other Unix systems: the processor.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
mod system {
    use std::io;

    pub(super) fn lower() -> io::Result<()> {
        Ok(rustix::process::setpriority_process(None, 19)?)
    }
}

/// The processor. Not the background mode, which would lower the drive's priority as well: it also holds a process to 32 MiB
/// of working set, in which no picture of any size is worked on.
#[cfg(windows)]
mod system {
    use std::io;

    use windows_sys::Win32::System::Threading::{BELOW_NORMAL_PRIORITY_CLASS, GetCurrentProcess, SetPriorityClass};

    pub(super) fn lower() -> io::Result<()> {
        // SAFETY: the handle is the process's own pseudo handle, which is always valid and is not closed.
        match unsafe { SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(not(any(unix, windows)))]
mod system {
    use std::io;

    pub(super) fn lower() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
