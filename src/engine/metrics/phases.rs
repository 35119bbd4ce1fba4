//! What the three phases cost in all: plain values, made once when a run is over, from which the report and the
//! verdict on what bounds the run are drawn.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::series::Point;

/// The three phases users know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Bytes from disk.
    Load,
    /// Decode, flatten, resize, encode, verify.
    Process,
    /// Create, write, sync, retire originals.
    Write,
}

impl Phase {
    /// In the order of the pipeline.
    pub const ALL: [Phase; 3] = [Phase::Load, Phase::Process, Phase::Write];

    /// `load`, `process` or `write`.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Load => "load",
            Phase::Process => "process",
            Phase::Write => "write",
        }
    }
}

/// What a thread of a phase waits for when it does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// Nothing to do yet: the phase before has not delivered.
    Input,
    /// The phase after is full.
    Output,
    /// The memory budget is spent by images in flight.
    Memory,
}

impl Wait {
    /// Every kind.
    pub const ALL: [Wait; 3] = [Wait::Input, Wait::Output, Wait::Memory];
}

/// What the phases of a run cost. All zero where nothing was worked on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Phases {
    /// Bytes from disk. Its bytes are bytes read.
    pub load: PhaseTotals,
    /// Decode to verify. Its bytes are bytes of the sources.
    pub process: PhaseTotals,
    /// Create to retire. Its bytes are bytes of the replacements.
    pub write: PhaseTotals,
    /// Images and bytes second by second, in order of time.
    pub series: Vec<Point>,
    /// Reads in flight that were allowed at the end; 0 where nobody told.
    pub io_depth: usize,
}

impl Phases {
    /// One of the three.
    pub fn of(&self, phase: Phase) -> &PhaseTotals {
        match phase {
            Phase::Load => &self.load,
            Phase::Process => &self.process,
            Phase::Write => &self.write,
        }
    }

    /// Busy thread-seconds of all phases together.
    pub fn busy(&self) -> Duration {
        Phase::ALL
            .iter()
            .map(|&p| self.of(p).busy)
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Wall time from the first begin to the last end of any phase.
    pub fn wall(&self) -> Duration {
        let spans = || Phase::ALL.iter().filter_map(|&p| self.of(p).span);
        let (begin, end) = (spans().map(|s| s.begin).min(), spans().map(|s| s.end).max());
        end.unwrap_or_default().saturating_sub(begin.unwrap_or_default())
    }

    /// Part of the busy thread-seconds that fell into `phase`, 0 to 1; 0 where nothing was worked on.
    pub fn share(&self, phase: Phase) -> f64 {
        ratio(self.of(phase).busy, self.busy())
    }
}

/// What one phase cost in all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PhaseTotals {
    /// Images that finished it.
    pub images: u64,
    /// Bytes that went with them.
    pub bytes: u64,
    /// Time its threads were at work, summed over threads.
    pub busy: Duration,
    /// CPU time its threads used while at work; `None` where the system does not tell.
    pub cpu: Option<Duration>,
    /// From its first begin to its last end; `None` where it never began.
    pub span: Option<Span>,
    /// Thread time spent waiting for the phase before.
    pub waited_input: Duration,
    /// Thread time spent waiting for room in the phase after.
    pub waited_output: Duration,
    /// Thread time spent waiting for memory.
    pub waited_memory: Duration,
    /// Images a second, from the one-second series.
    pub images_per_second: Spread,
    /// Bytes a second, from the one-second series.
    pub bytes_per_second: Spread,
}

impl PhaseTotals {
    /// Wall time from its first begin to its last end.
    pub fn wall(&self) -> Duration {
        self.span.map_or(Duration::ZERO, |span| span.end.saturating_sub(span.begin))
    }

    /// Thread time spent waiting for `wait`.
    pub fn waited(&self, wait: Wait) -> Duration {
        match wait {
            Wait::Input => self.waited_input,
            Wait::Output => self.waited_output,
            Wait::Memory => self.waited_memory,
        }
    }

    /// Thread time known: at work or waiting.
    pub fn known(&self) -> Duration {
        Wait::ALL.iter().map(|&w| self.waited(w)).fold(self.busy, Duration::saturating_add)
    }

    /// Part of its threads' time spent waiting for `wait`, 0 to 1.
    pub fn wait_share(&self, wait: Wait) -> f64 {
        ratio(self.waited(wait), self.known())
    }

    /// Part of its threads' time spent at work, 0 to 1.
    pub fn busy_share(&self) -> f64 {
        ratio(self.busy, self.known())
    }

    /// Threads at work at a time, on average over its span.
    pub fn mean_busy_threads(&self) -> f64 {
        ratio(self.busy, self.wall())
    }

    /// CPU time as part of busy time, 0 to about 1; `None` where the system does not tell.
    pub fn cpu_share(&self) -> Option<f64> {
        self.cpu.filter(|_| !self.busy.is_zero()).map(|cpu| ratio(cpu, self.busy))
    }

    /// Images a second over its span.
    pub fn mean_images_per_second(&self) -> f64 {
        per_second(self.images, self.wall())
    }

    /// Bytes a second over its span.
    pub fn mean_bytes_per_second(&self) -> f64 {
        per_second(self.bytes, self.wall())
    }
}

/// Times since the metrics began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First begin.
    pub begin: Duration,
    /// Last end.
    pub end: Duration,
}

/// How a rate varied. Only points between the first and the last activity count, and a last point of less than half
/// the usual length does not: neither the idle time before and after nor a sliver at the end says anything about speed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spread {
    /// The slowest point.
    pub min: f64,
    /// The middle one (mean of the two middle ones where the number is even).
    pub median: f64,
    /// The fastest one.
    pub max: f64,
}

impl Spread {
    /// Of `count` (images or bytes of a point) over the points where `phase` was active.
    pub(super) fn of(points: &[Point], phase: Phase, count: impl Fn(&Point) -> u64) -> Self {
        let active = |p: &Point| p.of(phase) != Default::default();
        let (Some(first), Some(mut last)) = (points.iter().position(active), points.iter().rposition(active)) else {
            return Self::default();
        };
        if last > first && last + 1 == points.len() && points[last].span < points[first].span / 2 {
            last -= 1;
        }
        let mut rates: Vec<f64> = points[first..=last].iter().map(|p| per_second(count(p), p.span)).collect();
        rates.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        let median = if rates.len() % 2 == 1 {
            rates[middle]
        } else {
            rates[middle - 1].midpoint(rates[middle])
        };
        Self {
            min: rates[0],
            median,
            max: rates[rates.len() - 1],
        }
    }
}

/// `part / whole`, 0 where the whole is nothing: never NaN, never infinite.
pub(super) fn ratio(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() {
        0.0
    } else {
        part.as_secs_f64() / whole.as_secs_f64()
    }
}

/// `count` a second, 0 where no time passed.
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::super::series::Count;
    use super::*;

    fn point(millis: u64, images: u64) -> Point {
        Point {
            span: Duration::from_millis(millis),
            load: Count { images, bytes: 0 },
            ..Point::default()
        }
    }

    #[test]
    fn spread_of_a_series() {
        #[track_caller]
        fn check(points: &[(u64, u64)], min: f64, median: f64, max: f64) {
            let points: Vec<Point> = points.iter().map(|&(millis, images)| point(millis, images)).collect();
            assert_eq!(Spread::of(&points, Phase::Load, |p| p.load.images), Spread { min, median, max });
        }
        check(&[], 0.0, 0.0, 0.0);
        check(&[(1000, 0), (1000, 0)], 0.0, 0.0, 0.0);
        check(&[(200, 7)], 35.0, 35.0, 35.0);
        check(&[(1000, 4), (1000, 10), (1000, 7)], 4.0, 7.0, 10.0);
        check(&[(1000, 4), (1000, 10)], 4.0, 7.0, 10.0);
        // Idle before and after does not count, idle in between does.
        check(&[(1000, 0), (1000, 6), (1000, 0), (1000, 8), (1000, 0)], 0.0, 6.0, 8.0);
        // A sliver at the end does not count; points of other lengths are rates all the same.
        check(&[(1000, 6), (2000, 8), (100, 9)], 4.0, 5.0, 6.0);
    }

    #[test]
    fn shares_of_nothing_are_zero() {
        let phases = Phases::default();
        for phase in Phase::ALL {
            assert_eq!(phases.share(phase), 0.0);
            assert_eq!(phases.of(phase).busy_share(), 0.0);
            assert_eq!(phases.of(phase).mean_images_per_second(), 0.0);
            assert_eq!(phases.of(phase).cpu_share(), None);
        }
    }
}
