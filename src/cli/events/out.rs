//! Where the lines go: which files may take them, and the thread that writes them. What is there already is never written
//! over, and a reader that sleeps or goes away holds nobody up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::FORMAT;
use crate::cli::complain;

/// Lines that wait for a slow reader, about 20 MB; what comes after that is dropped, and `seq` tells.
pub(super) const LINES_AHEAD: usize = 1 << 16;

/// At the end a reader that takes nothing for so long is not waited for any more.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everything that can be known of `--events` beforehand: a file is new, empty or holds events (which stay: new ones go
/// behind them), or it is a pipe or a device. Anything else may be the rows of somebody's metadata.
///
/// # Errors
/// A sentence.
pub(in crate::cli) fn check(target: &Path) -> Result<(), String> {
    if target == Path::new("-") {
        return Ok(());
    }
    let wrong = |what: &str| Err(format!("{}: {what} Choose another name for the events.", target.display()));
    match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            match folder.unwrap_or(Path::new(".")).is_dir() {
                true => Ok(()),
                false => wrong("there is no such folder."),
            }
        }
        Err(error) => wrong(&format!("it cannot be looked at ({error}).")),
        Ok(metadata) if metadata.is_dir() => wrong("this is a folder."),
        Ok(metadata) if metadata.is_file() && metadata.len() > 0 => match holds_events(target) {
            Ok(true) => Ok(()),
            Ok(false) => wrong("this exists and holds no events, so it was left as it is."),
            Err(error) => wrong(&format!("it cannot be read ({error}).")),
        },
        Ok(_) => Ok(()),
    }
}

fn holds_events(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut head)?;
    let wanted = format!("\"format\":\"{FORMAT}\"");
    Ok(head.starts_with(b"{") && head.windows(wanted.len()).any(|window| window == wanted.as_bytes()))
}

/// Opens what [`check`] found in order.
pub(super) fn open(target: &Path) -> io::Result<Box<dyn Write + Send>> {
    if target == Path::new("-") {
        return Ok(Box::new(io::stdout()));
    }
    let regular = fs::metadata(target).is_ok_and(|m| m.is_file());
    let mut file = match regular {
        true => OpenOptions::new().read(true).append(true).open(target)?,
        false => OpenOptions::new().append(true).create(true).open(target)?,
    };
    if regular && file.seek(SeekFrom::End(-1)).is_ok() {
        // A run that was killed may have left half a line.
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(Box::new(file))
}

/// Lines on their way to a file, a pipe or a terminal.
pub(super) struct Sink {
    pub(super) lines: Sender<String>,
    /// Closed when the writer has ended.
    ended: Receiver<()>,
    written: Arc<AtomicU64>,
    /// How long a reader may take nothing before it is not waited for any more.
    pub(super) patience: Duration,
}

impl Sink {
    /// `name` for people.
    pub(super) fn new(file: Box<dyn Write + Send>, name: String) -> Self {
        let (lines, arriving) = bounded(LINES_AHEAD);
        let (alive, ended) = bounded(0);
        let written = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&written);
        let writing = move || {
            let _alive: Sender<()> = alive;
            match write_all(file, &arriving, &counter) {
                Ok(()) => {}
                // A reader that went away has had what it wanted.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => complain(&format!("{name}: no more events are written there ({error}); the work goes on.")),
            }
        };
        // Without a thread the lines are lost and the run goes on: what would receive them is dropped with the closure.
        let _ = thread::Builder::new().name("events".into()).spawn(writing);
        Self {
            lines,
            ended,
            written,
            patience: PATIENCE,
        }
    }

    /// Waits until all lines are written, as long as somebody takes them.
    pub(super) fn finish(self) {
        drop(self.lines);
        let mut before = self.written.load(Ordering::Relaxed);
        while self.ended.recv_timeout(self.patience) == Err(RecvTimeoutError::Timeout) {
            let now = self.written.load(Ordering::Relaxed);
            if now == before {
                return;
            }
            before = now;
        }
    }
}

/// Writes lines as they come; whoever reads along sees each at once.
fn write_all(file: Box<dyn Write + Send>, arriving: &Receiver<String>, written: &AtomicU64) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(first) = arriving.recv() {
        let mut next = Ok(first);
        while let Ok(line) = next {
            file.write_all(line.as_bytes())?;
            written.fetch_add(1, Ordering::Relaxed);
            next = arriving.try_recv();
        }
        file.flush()?;
        if next == Err(TryRecvError::Disconnected) {
            break;
        }
    }
    Ok(())
}
