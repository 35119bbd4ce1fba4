//! The live line: phases, speeds, what was saved, time left. Only on a terminal; a log gets the failures, and what a run waits for.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::events::Events;
use super::signals::Signals;
use crate::engine::{Estimate, Event, Handle, Outcome, Phase, Snapshot, StopReason};
use crate::report::format;

/// The line is drawn this often.
const REDRAW: Duration = Duration::from_millis(100);

/// Failures printed one by one; the report has them all.
pub(super) const MOST_FAILURES: usize = 50;

/// Said in place of those after that.
pub(super) const MORE_FAILURES: &str = "More images failed; a report lists them all (--report FILE).";

/// Before this the speeds are too young to foretell anything.
const NO_TIME_LEFT_BEFORE: Duration = Duration::from_secs(2);

/// Follows a run until its last event, tells it to whoever listens, and passes signals on.
pub(super) fn follow(handle: &Handle, signals: &mut Signals, quiet: bool, events: &Events) {
    let mut screen = Screen::new(quiet);
    loop {
        if let Some(sentence) = signals.pass_on(&handle.control) {
            screen.print(sentence);
        }
        match handle.events.recv_timeout(REDRAW) {
            Ok(Event::Finished) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(event) => {
                events.tell(&event);
                screen.tell(&event);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = handle.metrics.snapshot();
        events.tick(&now, false);
        screen.draw(&now);
    }
    events.tick(&handle.metrics.snapshot(), true);
    events.tell(&Event::Finished);
    screen.bar.finish_and_clear();
}

struct Screen {
    bar: ProgressBar,
    quiet: bool,
    failures: usize,
    /// The last reason that was told: it comes from every shard in flight.
    stopping: Option<StopReason>,
    drawn: std::time::Instant,
}

impl Screen {
    fn new(quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, target(quiet));
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {prefix}\n{wide_msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            quiet,
            failures: 0,
            stopping: None,
            drawn: std::time::Instant::now(),
        }
    }

    /// Above the bar, where there is one.
    fn print(&self, text: &str) {
        self.bar.suspend(|| super::complain(text));
    }

    fn tell(&mut self, event: &Event) {
        match event {
            Event::Started { images, .. } => self.bar.set_length(*images),
            Event::ImageDone(image) => {
                // Without a bar the closing words come soon enough, and a log needs them but once.
                if let Outcome::Failed(problem) = &image.outcome
                    && (self.quiet || !self.bar.is_hidden())
                {
                    self.failures += 1;
                    match self.failures {
                        n if n <= MOST_FAILURES => self.print(&super::told(problem)),
                        n if n == MOST_FAILURES + 1 => self.print(MORE_FAILURES),
                        _ => {}
                    }
                }
            }
            Event::ShardRecovered { path, summary } if !self.bar.is_hidden() => {
                self.print(&format!("{}: {}", format::shown(path), format::one_line(summary)));
            }
            Event::Stopping(reason) if self.stopping != Some(*reason) => {
                self.stopping = Some(*reason);
                match reason {
                    StopReason::DiskFull => self.print("The drive is full. Stopping; nothing is lost."),
                    StopReason::TooManyFailures => {
                        self.print("Too many files in a row could not be read or written. Stopping; nothing is lost.");
                    }
                    // Whoever asked was answered when the signal came.
                    StopReason::Asked | StopReason::Insisted => {}
                }
            }
            // Without a bar, too: a log that stands still should say why.
            Event::Waiting(notice) if !self.quiet => {
                self.print(&format!("{}: {}", format::shown(&notice.path), format::one_line(&notice.message)));
            }
            _ => {}
        }
    }

    fn draw(&mut self, now: &Snapshot) {
        if self.bar.is_hidden() || now.total == 0 || self.drawn.elapsed() < REDRAW {
            return;
        }
        self.drawn = std::time::Instant::now();
        self.bar.set_position(now.done);
        self.bar.set_prefix(first_line(now));
        self.bar.set_message(second_line(now));
    }
}

/// The line while a sample is worked on: the prediction, narrowing.
pub(super) struct Sampling(ProgressBar);

impl Sampling {
    /// Only on a terminal, and not when asked to be quiet.
    pub(super) fn new(quiet: bool) -> Self {
        Self(line(quiet))
    }

    pub(super) fn draw(&self, now: &Estimate) {
        self.0.set_message(sampling_line(now));
        self.0.tick();
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `Sampled 23 of 384 images · saves 169 MB to 174 MB · takes 2.6 s to 3.3 s`
fn sampling_line(now: &Estimate) -> String {
    let (saved, wall) = (now.bytes_saved, now.times.wall);
    format!(
        "Sampled {} of {} · saves {} to {} · takes {} to {}",
        format::count(now.sampled as u64),
        format::things(now.images as u64, "image", "images"),
        format::fine_bytes(saved.low),
        format::fine_bytes(saved.high),
        format::seconds(wall.low),
        format::seconds(wall.high),
    )
}

/// A line that says how far it is; only on a terminal, and not when asked to be quiet.
pub(super) fn line(quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target(quiet));
    if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// Where a live line goes.
fn target(quiet: bool) -> ProgressDrawTarget {
    if !quiet && io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(10)
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// `1,234/100,000 images · 120 images/s · 40 s left`
fn first_line(now: &Snapshot) -> String {
    let mut parts = vec![format!("{}/{} images", format::count(now.done), format::count(now.total))];
    // A dry run writes nothing: there the images count that were processed.
    let phase = if now.write.images > 0 { Phase::Write } else { Phase::Process };
    parts.push(format::images_rate(now.of(phase).images_per_second));
    if now.elapsed >= NO_TIME_LEFT_BEFORE {
        parts.extend(now.time_left.map(|t| format!("{} left", format::duration(t))));
    }
    parts.join(" · ")
}

/// `load 88.0 MB/s · process 85.0 MB/s · write 10.0 MB/s · saved 1.2 GB`
fn second_line(now: &Snapshot) -> String {
    let mut parts: Vec<String> = Phase::ALL
        .iter()
        .map(|&phase| format!("{} {}", phase.name(), format::rate(now.of(phase).bytes_per_second)))
        .collect();
    parts.push(format!("saved {}", format::signed_bytes(now.saved_bytes)));
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::PhaseNow;

    fn snapshot(elapsed: u64) -> Snapshot {
        let phase = PhaseNow {
            images: 1_234_567,
            images_per_second: 12_345.0,
            bytes_per_second: 99.9e6,
            ..PhaseNow::default()
        };
        Snapshot {
            elapsed: Duration::from_secs(elapsed),
            load: phase,
            process: phase,
            write: phase,
            done: 1_234_567,
            total: 9_999_999,
            total_bytes: 0,
            others: 0,
            saved_bytes: -99_900_000_000,
            io_depth: 4,
            time_left: Some(Duration::from_secs(3599)),
        }
    }

    #[test]
    fn it_fits_a_terminal_of_80_columns() {
        let now = snapshot(60);
        let (first, second) = (first_line(&now), second_line(&now));
        assert_eq!(first, "1,234,567/9,999,999 images · 12,345 images/s · 59 min 59 s left");
        assert_eq!(second, "load 99.9 MB/s · process 99.9 MB/s · write 99.9 MB/s · saved -99.9 GB");
        for line in [first, second] {
            assert!(line.chars().count() < 80, "{line}");
        }
    }

    #[test]
    fn no_time_is_foretold_at_the_beginning() {
        assert!(!first_line(&snapshot(1)).contains("left"));
        assert!(first_line(&snapshot(2)).contains("left"));
    }
}
