//! How the run went so far, for the plots: what had been done at evenly spaced times, in bounded memory. Finer than the one
//! series of the report, which has a point a second: a run of ten seconds is to have a line, too.

use std::time::Duration;

use crate::engine::{Phase, Snapshot};

/// Time between two stands at first.
const STEP: Duration = Duration::from_millis(250);

/// Stands that are kept; past it every second one goes and the step doubles. More than a plot has pixels to show.
const MOST: usize = 512;

/// Over so many seconds a rate is averaged, or over a quarter of a shorter run: writing comes in batches, and its line would be a comb.
const SMOOTH_SECONDS: f64 = 2.0;

/// What had been done at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::gui) struct Stand {
    /// Seconds since the work began, pauses left out.
    pub(in crate::gui) at: f64,
    images: [u64; 3],
    busy: [f64; 3],
    saved: i64,
}

/// All stands of a run, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gui) struct Track {
    stands: Vec<Stand>,
    step: Duration,
}

/// Milliseconds a phase takes for an image, in one slice of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::gui) struct Slice {
    /// Its middle, seconds since the work began.
    pub(in crate::gui) at: f64,
    /// Load, process, write.
    pub(in crate::gui) ms: [f64; 3],
}

impl Default for Track {
    fn default() -> Self {
        Self {
            stands: vec![Stand::default()],
            step: STEP,
        }
    }
}

impl Track {
    /// Takes a stand where one is due. `at`: seconds since the work began. Tells whether it did.
    pub(in crate::gui) fn push(&mut self, at: f64, now: &Snapshot) -> bool {
        let last = self.stands.last().map_or(0.0, |stand| stand.at);
        if at < last + self.step.as_secs_f64() {
            return false;
        }
        self.take(at, now);
        true
    }

    /// Takes the last stand, due or not.
    pub(in crate::gui) fn end(&mut self, at: f64, now: &Snapshot) {
        if self.stands.last().is_some_and(|last| at > last.at) {
            self.take(at, now);
        }
    }

    fn take(&mut self, at: f64, now: &Snapshot) {
        if self.stands.len() >= MOST {
            let mut n = 0;
            self.stands.retain(|_| {
                n += 1;
                n % 2 == 1
            });
            self.step *= 2;
        }
        self.stands.push(Stand {
            at,
            images: Phase::ALL.map(|p| now.of(p).images),
            busy: Phase::ALL.map(|p| now.of(p).busy.as_secs_f64()),
            saved: now.saved_bytes,
        });
    }

    /// Seconds until the last stand.
    pub(in crate::gui) fn length(&self) -> f64 {
        self.stands.last().map_or(0.0, |stand| stand.at)
    }

    /// Images a second of a phase over time.
    pub(in crate::gui) fn rates(&self, phase: Phase) -> Vec<[f64; 2]> {
        let images = |stand: &Stand| stand.images[phase as usize];
        let smooth = (self.length() / 4.0).min(SMOOTH_SECONDS);
        let mut from = 0;
        let mut line = Vec::with_capacity(self.stands.len());
        for (n, now) in self.stands.iter().enumerate() {
            while from + 1 < n && now.at - self.stands[from].at > smooth {
                from += 1;
            }
            let then = &self.stands[from];
            // Before the beginning there was nothing, which is part of the first average: drives answer the first reads at once.
            let span = (now.at - then.at).max(smooth);
            let rate = if span > 0.0 {
                images(now).saturating_sub(images(then)) as f64 / span
            } else {
                0.0
            };
            line.push([now.at, rate]);
        }
        line
    }

    /// Bytes saved over time.
    pub(in crate::gui) fn saved(&self) -> Vec<[f64; 2]> {
        self.stands.iter().map(|stand| [stand.at, stand.saved as f64]).collect()
    }

    /// The last `window` seconds in at most `most` slices. Where no image came through a phase in a slice, it says what the
    /// last one took: a batch of writes ends once a second or so, and that is no gap in the work.
    pub(in crate::gui) fn slices(&self, window: f64, most: usize) -> Vec<Slice> {
        let begin = (self.length() - window).max(0.0);
        let width = ((self.length() - begin) / most.max(1) as f64).max(self.step.as_secs_f64());
        let mut slices: Vec<Slice> = Vec::with_capacity(most);
        let mut ms = [0.0; 3];
        // Before the window somebody may have come through, too.
        let mut from = self.stands.iter().rposition(|stand| stand.at <= begin).unwrap_or(0);
        for (n, now) in self.stands.iter().enumerate().skip(from + 1) {
            let then = &self.stands[from];
            if now.at - then.at < width * 0.999 && n + 1 < self.stands.len() {
                continue;
            }
            for (phase, ms) in ms.iter_mut().enumerate() {
                let images = now.images[phase].saturating_sub(then.images[phase]);
                if images > 0 {
                    *ms = (now.busy[phase] - then.busy[phase]).max(0.0) * 1e3 / images as f64;
                }
            }
            slices.push(Slice {
                at: then.at.midpoint(now.at),
                ms,
            });
            from = n;
        }
        slices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::PhaseNow;

    /// `images` through every phase, each of which took `ms` milliseconds, and a kilobyte saved each.
    fn snapshot(images: u64, ms: u64) -> Snapshot {
        let phase = PhaseNow {
            images,
            busy: Duration::from_millis(images * ms),
            ..PhaseNow::default()
        };
        Snapshot {
            load: phase,
            process: phase,
            write: phase,
            saved_bytes: images as i64 * 1000,
            ..Snapshot::default()
        }
    }

    /// Ten images a second for `seconds`, looked at twenty times a second.
    fn steady(seconds: u64) -> Track {
        let mut track = Track::default();
        for n in 1..=seconds * 20 {
            track.push(n as f64 * 0.05, &snapshot(n / 2, 30));
        }
        track
    }

    #[test]
    fn a_steady_run_has_a_level_line_however_long() {
        for seconds in [10, 100, 1000, 20_000] {
            let track = steady(seconds);
            assert!(track.stands.len() <= MOST, "{seconds}");
            assert!(
                (track.length() - seconds as f64).abs() < track.step.as_secs_f64() + 0.06,
                "{seconds}: {}",
                track.length()
            );
            for [at, rate] in &track.rates(Phase::Write)[9..] {
                assert!((rate - 10.0).abs() < 1.1, "{seconds}: {rate} at {at}");
            }
            let saved = track.saved();
            assert!((saved[saved.len() - 1][1] - track.length() * 10_000.0).abs() < 1500.0);
        }
    }

    #[test]
    fn a_run_of_a_moment_has_its_true_rate() {
        let mut track = Track::default();
        track.end(0.1, &snapshot(20, 5));
        let line = track.rates(Phase::Process);
        assert_eq!(line.len(), 2);
        assert!(line[0][1].abs() < 1e-9 && (line[1][1] - 200.0).abs() < 1e-6, "{line:?}");
        assert_eq!(Track::default().rates(Phase::Load), [[0.0, 0.0]]);
    }

    #[test]
    fn slices_cover_the_window_and_know_what_an_image_takes() {
        let track = steady(100);
        let slices = track.slices(45.0, 45);
        assert!((44..=46).contains(&slices.len()), "{}", slices.len());
        assert!(slices[0].at > 54.0 && slices[0].at < 57.0, "{}", slices[0].at);
        assert!(
            slices.iter().all(|slice| slice.ms.iter().all(|ms| (ms - 30.0).abs() < 1e-6)),
            "{slices:?}"
        );
        assert!(Track::default().slices(45.0, 45).is_empty());
    }

    #[test]
    fn a_phase_that_comes_in_batches_has_no_gaps() {
        let mut track = Track::default();
        let mut now = snapshot(0, 30);
        for n in 1..=40_u64 {
            now.load = snapshot(n * 3, 30).load;
            if n.is_multiple_of(4) {
                now.write = snapshot(n * 3, 50).write;
            }
            track.push(n as f64 * 0.25, &now);
        }
        let slices = track.slices(45.0, 45);
        assert_eq!(slices.len(), 40);
        assert!(slices[3..].iter().all(|slice| (slice.ms[2] - 50.0).abs() < 1e-6), "{slices:?}");
    }

    #[test]
    fn the_end_is_on_the_line() {
        let mut track = steady(10);
        track.end(10.1, &snapshot(200, 30));
        assert_eq!(track.saved().last(), Some(&[10.1, 200_000.0]));
    }
}
