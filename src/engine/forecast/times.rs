//! Time of each phase and of the whole, with ranges: what the sample measured, what earlier runs tell of writing, and the
//! model of the pipeline put together.

use super::fit::Total;
use super::wall::{Lanes, Needs, wall};
use crate::engine::metrics::{Drive, DriveKind, PastWrites, Seconds, Times, WriteBasis};

/// What writing costs on a drive. Seconds, for one image or one shard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Writing {
    /// Wall time of committing one image in its folder.
    pub(super) commit: f64,
    /// Thread time of the same.
    pub(super) busy: f64,
    /// Wall time of opening and closing a shard.
    pub(super) opening: f64,
    /// The truth lies between these divided and multiplied by this, nine times in ten.
    pub(super) factor: f64,
    pub(super) basis: WriteBasis,
}

/// Fewest images of earlier runs that say something about a drive.
const FEWEST: u64 = 20;

/// Images of earlier runs that are enough: older ones tell of an older drive.
const ENOUGH: u64 = 4000;

/// Two runs on one drive differ by this factor at least, whatever earlier ones did.
const LEAST_FACTOR: f64 = 1.15;

impl Writing {
    /// What is known of a drive: earlier runs on the like, the newest first, else what its kind costs at large.
    pub(super) fn known(drive: &Drive, kept: bool, shards: usize, past: &[PastWrites]) -> Self {
        let like: Vec<&PastWrites> = past.iter().filter(|p| p.drive == *drive && p.images > 0).collect();
        // How many folders are written at once and what becomes of originals change the cost; any run is better than none.
        let rank = |p: &PastWrites| u8::from(p.kept != kept) + 2 * u8::from((p.shards > 1) != (shards > 1));
        let Some(best) = like.iter().map(|p| rank(p)).min() else {
            return Self::of_kind(drive.kind);
        };
        let (mut images, mut opened) = (0, 0);
        let (mut commit, mut busy, mut opening) = (0.0, 0.0, 0.0);
        let mut costs = Vec::new();
        for run in like.into_iter().filter(|p| rank(p) == best) {
            if images >= ENOUGH {
                break;
            }
            images += run.images;
            opened += run.opened;
            commit += run.commit.as_secs_f64();
            busy += run.busy.as_secs_f64();
            opening += run.opening.as_secs_f64();
            costs.push(run.commit.as_secs_f64() / run.images as f64);
        }
        if images < FEWEST {
            return Self::of_kind(drive.kind);
        }
        let mean = commit / images as f64;
        let least = if best == 0 { LEAST_FACTOR } else { 1.5 };
        let factor = if costs.len() > 1 && mean > 0.0 {
            let variance = costs.iter().map(|c| (c / mean - 1.0).powi(2)).sum::<f64>() / (costs.len() - 1) as f64;
            least.max(1.0 + 1.645 * variance.sqrt()).min(3.0)
        } else {
            least.max(1.3)
        };
        Self {
            commit: mean,
            busy: busy / images as f64,
            opening: opening / opened.max(1) as f64,
            factor,
            basis: WriteBasis::EarlierRuns,
        }
    }

    /// The same on a network drive about which nothing is known but how long its files take to open: what changes a folder
    /// takes so many times that long. Others are left as they are.
    pub(super) fn by_latency(self, kind: DriveKind, open: Option<f64>) -> Self {
        let (WriteBasis::DriveKind, DriveKind::Network, Some(open)) = (self.basis, kind, open) else {
            return self;
        };
        let commit = CHANGES_AN_OPEN * open;
        Self {
            commit,
            busy: self.busy / self.commit * commit,
            opening: self.opening / self.commit * commit,
            ..self
        }
    }

    /// As much more for each image.
    pub(super) fn times(self, more: f64) -> Self {
        Self {
            commit: self.commit * more,
            busy: self.busy * more,
            ..self
        }
    }

    /// Of a kind of drive about which no earlier run tells: orders of magnitude, hence the wide range. The network drive is the
    /// one of the first users.
    fn of_kind(kind: DriveKind) -> Self {
        let (commit, busy, opening, factor) = match kind {
            DriveKind::Memory => (0.000_1, 0.000_3, 0.002, 3.0),
            DriveKind::Solid | DriveKind::Unknown => (0.001, 0.006, 0.02, 3.0),
            DriveKind::Spinning => (0.004, 0.03, 0.1, 4.0),
            DriveKind::Network => (0.09, 1.0, 1.0, 2.5),
        };
        Self {
            commit,
            busy,
            opening,
            factor,
            basis: WriteBasis::DriveKind,
        }
    }
}

/// A replacement and the end of its original take as long as so many files take to open. Between two
/// NAS: the first users' took 142 ms for one and 22 ms for a whole read, six times.
const CHANGES_AN_OPEN: f64 = 10.0;

/// CPU time that reading one byte, and writing one image, take: about so much on Linux.
const CPU_A_BYTE: f64 = 0.3e-9;
const CPU_A_WRITE: f64 = 0.000_3;

/// The machine is never twice the same: what the sample measured of processing may be off by this part for that alone.
const PROCESS_DRIFT: f64 = 0.07;

/// And of reading: caches, other users.
const LOAD_DRIFT: f64 = 0.35;

/// Thread time of reading in a run, beside busy workers and with more reads in flight than the sample had, as a multiple of the
/// sample's: on a drive of this machine, and over a network, where reads wait for each other. Medians of some forty runs on
/// one machine and of six over an imitation of a NAS (docs/forecast.md), and the part by which single ones differed.
const LOAD_BESIDE_WORK: f64 = 1.4;
const LOAD_BESIDE_READS: f64 = 2.2;
const LOAD_LOW: f64 = 0.5;
const LOAD_HIGH: f64 = 1.65;

/// Thread time of writing differs by so much more from run to run than the time by the clock.
const WRITE_BUSY: f64 = 1.2;

/// What the model of the pipeline leaves out, part of the wall and seconds.
const MODEL: f64 = 0.05;
const MODEL_SECONDS: f64 = 0.05;

/// What is put together.
pub(super) struct Parts<'a> {
    pub(super) load: Total,
    pub(super) process: Total,
    /// Bytes of the originals.
    pub(super) bytes: f64,
    /// Images with work of each shard.
    pub(super) shards: &'a [u64],
    pub(super) writing: Writing,
    pub(super) lanes: Lanes,
    /// Most of it lies on another machine.
    pub(super) network: bool,
}

/// The times of a run.
pub(super) fn times(parts: &Parts<'_>) -> Times {
    let images: u64 = parts.shards.iter().sum();
    let count = images as f64;
    let load = around(parts.load.value, parts.load.half_width().hypot(LOAD_DRIFT * parts.load.value));
    let process = around(
        parts.process.value,
        parts.process.half_width().hypot(PROCESS_DRIFT * parts.process.value),
    );
    let Writing {
        commit,
        busy,
        opening,
        factor,
        ..
    } = parts.writing;
    let needs = Needs {
        load: load.expected,
        process: process.expected,
        other_cpu: CPU_A_BYTE * parts.bytes + CPU_A_WRITE * count,
        commit,
        opening,
        shards: parts.shards.to_vec(),
    };
    let expected = wall(&needs, &parts.lanes);
    let (mut below, mut above) = (MODEL * expected + MODEL_SECONDS, MODEL * expected + MODEL_SECONDS);
    let variants = [
        (
            Needs {
                load: load.low,
                ..needs.clone()
            },
            Needs {
                load: load.high,
                ..needs.clone()
            },
        ),
        (
            Needs {
                process: process.low,
                ..needs.clone()
            },
            Needs {
                process: process.high,
                ..needs.clone()
            },
        ),
        (
            Needs {
                commit: commit / factor,
                opening: opening / factor,
                ..needs.clone()
            },
            Needs {
                commit: commit * factor,
                opening: opening * factor,
                ..needs.clone()
            },
        ),
    ];
    for (low, high) in &variants {
        below = below.hypot(expected - wall(low, &parts.lanes));
        above = above.hypot(wall(high, &parts.lanes) - expected);
    }
    let write = busy * count;
    let beside = if parts.network { LOAD_BESIDE_READS } else { LOAD_BESIDE_WORK };
    Times {
        load: Seconds {
            low: beside * load.expected * LOAD_LOW,
            expected: beside * load.expected,
            high: beside * load.expected * LOAD_HIGH,
        },
        process,
        write: Seconds {
            low: write / (factor * WRITE_BUSY),
            expected: write,
            high: write * factor * WRITE_BUSY,
        },
        wall: if images == 0 {
            Seconds::default()
        } else {
            Seconds {
                low: (expected - below).max(0.0),
                expected,
                high: expected + above,
            }
        },
    }
}

fn around(expected: f64, half: f64) -> Seconds {
    Seconds {
        low: (expected - half).max(0.0),
        expected,
        high: expected + half,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn nas() -> Drive {
        Drive {
            kind: DriveKind::Network,
            file_system: "fuse".into(),
        }
    }

    fn past(millis: u64, kept: bool, shards: usize) -> PastWrites {
        PastWrites {
            drive: nas(),
            kept,
            shards,
            images: 100,
            commit: Duration::from_millis(100 * millis),
            busy: Duration::from_millis(1000 * millis),
            opening: Duration::from_millis(400),
            opened: 1,
        }
    }

    #[test]
    fn the_history_of_the_like_comes_first() {
        let known = |past: &[PastWrites], kept, shards| Writing::known(&nas(), kept, shards, past);
        let none = known(&[], true, 1);
        assert_eq!(none.basis, WriteBasis::DriveKind);
        let one = known(&[past(80, true, 1)], true, 1);
        assert_eq!(
            (one.basis, one.commit, one.busy, one.opening),
            (WriteBasis::EarlierRuns, 0.08, 0.8, 0.4)
        );
        assert!(1.0 < one.factor && one.factor < none.factor);
        // Like with like, where there is any.
        let mixed = [past(80, true, 1), past(20, false, 1), past(10, true, 9)];
        assert_eq!(known(&mixed, true, 1).commit, 0.08);
        assert_eq!(known(&mixed, false, 1).commit, 0.02);
        assert_eq!(known(&mixed, true, 16).commit, 0.01);
        let other = known(&mixed[..1], false, 1);
        assert!(other.commit == 0.08 && other.factor > one.factor, "{other:?}");
        // Runs that differ widen the range.
        let wide = known(&[past(60, true, 1), past(100, true, 1)], true, 1);
        assert!(wide.commit == 0.08 && wide.factor > one.factor, "{wide:?}");
        // Another drive says nothing.
        let elsewhere = Drive {
            kind: DriveKind::Solid,
            file_system: "ext4".into(),
        };
        assert_eq!(Writing::known(&elsewhere, true, 1, &mixed).basis, WriteBasis::DriveKind);
    }

    #[test]
    fn an_unknown_network_drive_is_judged_by_its_latency() {
        let unknown = Writing::known(&nas(), true, 1, &[]);
        let quick = unknown.by_latency(DriveKind::Network, Some(0.001));
        let slow = unknown.by_latency(DriveKind::Network, Some(0.01));
        assert!((slow.commit / quick.commit - 10.0).abs() < 1e-9 && slow.busy > quick.busy && slow.opening > quick.opening);
        assert_eq!(quick.factor, unknown.factor);
        assert_eq!(unknown.by_latency(DriveKind::Network, None), unknown);
        assert_eq!(unknown.by_latency(DriveKind::Solid, Some(0.01)), unknown);
        let known = Writing::known(&nas(), true, 1, &[past(80, true, 1)]);
        assert_eq!(known.by_latency(DriveKind::Network, Some(0.01)), known);
    }

    #[test]
    fn ranges_enclose_what_is_expected_and_follow_their_cause() {
        let total = |value: f64, relative: f64| Total {
            value,
            variance: (value * relative).powi(2),
            freedom: 38.0,
        };
        let run = |scatter: f64, commit: f64| {
            times(&Parts {
                load: total(0.1, 0.1),
                process: total(10.0, scatter),
                bytes: 1e8,
                shards: &[200],
                writing: Writing {
                    commit,
                    busy: commit,
                    opening: 0.01,
                    factor: 2.0,
                    basis: WriteBasis::DriveKind,
                },
                lanes: Lanes {
                    workers: 2,
                    cores: 2,
                    reads: 4,
                    shards: 2,
                },
                network: false,
            })
        };
        let width = |s: Seconds| (s.high - s.low) / s.expected;
        let narrow = run(0.01, 0.001);
        for s in [narrow.load, narrow.process, narrow.write, narrow.wall] {
            assert!(0.0 <= s.low && s.low < s.expected && s.expected < s.high, "{s:?}");
        }
        assert!((5.0..5.6).contains(&narrow.wall.expected), "{:?}", narrow.wall);
        assert!(width(run(0.2, 0.001).wall) > 2.0 * width(narrow.wall), "scatter of processing");
        assert!(width(run(0.01, 0.1).wall) > 2.0 * width(narrow.wall), "nobody knows the drive");
    }
}
