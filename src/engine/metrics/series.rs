//! The one-second series: images and bytes per phase, second by second, in bounded memory. A run of a day must
//! not grow a list for ever, so past [`Series::MOST`] points two neighbours become one and every later point covers
//! twice the time.

use std::time::Duration;

use super::phases::Phase;

/// Images and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Images that finished the phase.
    pub images: u64,
    /// Bytes that went with them.
    pub bytes: u64,
}

impl Count {
    /// Both parts added.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            images: self.images.saturating_add(other.images),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// Both parts subtracted, never below zero.
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            images: self.images.saturating_sub(other.images),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// One point of the series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Point {
    /// Time it covers: about a second, about twice as long after each halving. The last point of a run may be short.
    pub span: Duration,
    /// What was loaded in it: images, and bytes read.
    pub load: Count,
    /// What was processed in it: images, and bytes of their sources.
    pub process: Count,
    /// What was written in it: images, and bytes of their replacements.
    pub write: Count,
}

impl Point {
    /// One phase of it.
    pub fn of(&self, phase: Phase) -> Count {
        match phase {
            Phase::Load => self.load,
            Phase::Process => self.process,
            Phase::Write => self.write,
        }
    }

    fn plus(&self, other: &Self) -> Self {
        Self {
            span: self.span.saturating_add(other.span),
            load: self.load.plus(other.load),
            process: self.process.plus(other.process),
            write: self.write.plus(other.write),
        }
    }
}

/// Points in order of time, never more than [`Series::MOST`] and one unfinished.
#[derive(Debug, Clone)]
pub(super) struct Series {
    points: Vec<Point>,
    /// Ticks in a finished point: 1, 2, 4, …
    ticks_per_point: u32,
    open: Point,
    open_ticks: u32,
}

impl Series {
    /// An hour of seconds.
    pub(super) const MOST: usize = 3600;

    pub(super) fn new() -> Self {
        Self {
            points: Vec::new(),
            ticks_per_point: 1,
            open: Point::default(),
            open_ticks: 0,
        }
    }

    /// Adds what happened since the last tick.
    pub(super) fn push(&mut self, tick: Point) {
        self.open = self.open.plus(&tick);
        self.open_ticks += 1;
        if self.open_ticks < self.ticks_per_point {
            return;
        }
        if self.points.len() == Self::MOST {
            // The open point has all its ticks for the old step, half of them for the new one: it stays open.
            self.points = self
                .points
                .chunks(2)
                .map(|pair| pair.iter().fold(Point::default(), |sum, p| sum.plus(p)))
                .collect();
            self.ticks_per_point = self.ticks_per_point.saturating_mul(2);
            return;
        }
        self.points.push(self.open);
        self.open = Point::default();
        self.open_ticks = 0;
    }

    /// All points, the unfinished one and `rest` (what happened since the last tick) as the last.
    pub(super) fn points(&self, rest: Point) -> Vec<Point> {
        let mut points = self.points.clone();
        let last = self.open.plus(&rest);
        if last != Point::default() {
            points.push(last);
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(images: u64) -> Point {
        let count = Count {
            images,
            bytes: images * 10,
        };
        Point {
            span: Duration::from_secs(1),
            load: count,
            process: count,
            write: count,
        }
    }

    #[test]
    fn a_long_run_stays_bounded_and_loses_no_image() {
        for ticks in [0_u64, 1, 3599, 3600, 3601, 3602, 7200, 7201, 100_003] {
            let mut series = Series::new();
            for _ in 0..ticks {
                series.push(second(3));
            }
            let points = series.points(second(5));
            assert!(points.len() <= Series::MOST + 1, "{ticks}: {}", points.len());
            assert_eq!(points.iter().map(|p| p.write.images).sum::<u64>(), ticks * 3 + 5, "{ticks}");
            assert_eq!(points.iter().map(|p| p.load.bytes).sum::<u64>(), ticks * 30 + 50, "{ticks}");
            assert_eq!(
                points.iter().map(|p| p.span).sum::<Duration>(),
                Duration::from_secs(ticks + 1),
                "{ticks}"
            );
        }
    }

    #[test]
    fn halving_doubles_the_step() {
        let mut series = Series::new();
        for _ in 0..=Series::MOST {
            series.push(second(1));
        }
        let points = series.points(Point::default());
        assert_eq!(points.len(), Series::MOST / 2 + 1);
        assert_eq!(points[0].span, Duration::from_secs(2));
        assert_eq!(points[0].process.images, 2);
    }

    #[test]
    fn an_empty_run_has_no_points() {
        assert!(Series::new().points(Point::default()).is_empty());
    }
}
