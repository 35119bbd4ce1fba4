//! How long the pipeline takes by the clock on the wall, from what its phases cost: a pure model of what `run` does.
//!
//! Reading, processing and writing overlap, so the slowest of the three counts: reading is shared by all reads in flight,
//! processing by the workers. Writing is not shared inside a folder (creates, renames and deletes of one folder hardly
//! overlap), but several folders are written at once: a lane for each shard in flight. On top comes what cannot overlap:
//! the first image before anything can be written, and the last batch after everything is processed.

/// What a run asks for. Seconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    /// Thread time of reading, all images.
    pub(super) load: f64,
    /// Thread time of processing, all images.
    pub(super) process: f64,
    /// CPU time that reading and writing take from the workers.
    pub(super) other_cpu: f64,
    /// Wall time of committing one image in its folder.
    pub(super) commit: f64,
    /// Wall time of opening and closing one shard.
    pub(super) opening: f64,
    /// Images with work of each shard, in the order worked on; none is zero.
    pub(super) shards: Vec<u64>,
}

/// What it gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes {
    /// Threads that process.
    pub(super) workers: usize,
    /// Cores that they share with reading and writing.
    pub(super) cores: usize,
    /// Reads in flight.
    pub(super) reads: usize,
    /// Shards in flight.
    pub(super) shards: usize,
}

/// Images of one batch, as the writer gathers them.
const BATCH: f64 = 64.0;

/// A batch that has begun waits no longer for more.
const BATCH_AGE: f64 = 1.0;

/// While images come faster than this, seconds, it goes on gathering.
const KEEPS_GATHERING: f64 = 0.02;

/// Seconds from the first read to the last shard closed.
pub(super) fn wall(needs: &Needs, lanes: &Lanes) -> f64 {
    let images: u64 = needs.shards.iter().sum();
    if images == 0 {
        return 0.0;
    }
    let count = images as f64;
    let threads = lanes.workers.min(lanes.cores).max(1) as f64;
    let reads = (lanes.reads.max(1) as f64).min(count);
    let process = needs.process / (lanes.workers.max(1) as f64).min(count);
    // Where every core is a worker's, what the others do comes on top.
    let crowded = (needs.process + needs.other_cpu) / threads.min(count);
    let work = process.max(if lanes.workers >= lanes.cores { crowded } else { 0.0 });
    let first = (needs.load + needs.process) / count;
    // The first image was counted.
    let before = work.max(needs.load / reads) * (count - 1.0) / count;
    let in_flight = lanes.shards.clamp(1, needs.shards.len()) as f64;
    // The first batch of a lane is complete when this many images are ready, or when it is old enough.
    let largest = needs.shards.iter().copied().max().unwrap_or(0) as f64;
    let gather = (before / count * BATCH.min(largest) * in_flight).min(before).min(BATCH_AGE);
    let writing = gather + makespan(needs, lanes.shards);
    // What is left to write when the last image is ready: the last batch, which grew while the one before was committed,
    // or while images kept coming.
    let interval = before * in_flight / count;
    let utilised = (needs.commit / interval.max(f64::MIN_POSITIVE)).min(1.0);
    let grown = 1.0 / (1.0 - utilised).max(1.0 / BATCH);
    let flowing = if interval < KEEPS_GATHERING { BATCH / 2.0 } else { 1.0 };
    let tail = needs.commit * grown.max(flowing).min(largest) + needs.opening;
    first + writing.max(before + tail)
}

/// When the last lane is through: each shard goes to the lane that is free first, in order.
fn makespan(needs: &Needs, lanes: usize) -> f64 {
    let mut free = vec![0.0_f64; lanes.clamp(1, needs.shards.len().max(1))];
    for images in &needs.shards {
        if let Some(lane) = free.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *lane += needs.opening + needs.commit * *images as f64;
        }
    }
    free.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: Lanes = Lanes {
        workers: 2,
        cores: 2,
        reads: 4,
        shards: 2,
    };
    const NAS: Lanes = Lanes {
        workers: 2,
        cores: 2,
        reads: 16,
        shards: 16,
    };

    fn needs(shards: &[u64]) -> Needs {
        Needs {
            load: 0.1,
            process: 6.0,
            other_cpu: 0.2,
            commit: 0.0005,
            opening: 0.002,
            shards: shards.to_vec(),
        }
    }

    #[track_caller]
    fn check(needs: &Needs, lanes: &Lanes, low: f64, high: f64) {
        let wall = wall(needs, lanes);
        assert!((low..=high).contains(&wall), "{wall}");
    }

    #[test]
    fn the_slowest_resource_counts() {
        // Two workers, six thread-seconds, and a bit of everything else.
        check(&needs(&[400]), &LOCAL, 3.1, 3.2);
        // Twice the cores do not help two workers, but free them of the rest.
        check(&needs(&[400]), &Lanes { cores: 4, ..LOCAL }, 3.0, 3.1);
        // A drive that is slower than the workers.
        let cold = Needs {
            load: 40.0,
            ..needs(&[400])
        };
        check(&cold, &LOCAL, 10.0, 10.3);
        check(&cold, &Lanes { reads: 16, ..LOCAL }, 3.2, 3.4);
    }

    #[test]
    fn one_folder_is_written_one_by_one_and_many_at_once() {
        let slow = |shards: &[u64]| Needs {
            commit: 0.1,
            opening: 0.5,
            ..needs(shards)
        };
        check(&slow(&[400]), &NAS, 40.5, 41.8);
        check(&slow(&[25; 16]), &NAS, 3.2, 5.5);
        check(&slow(&[25; 16]), &LOCAL, 24.0, 25.5);
        // The longest lane counts, not the mean.
        check(&slow(&[10, 10, 380]), &NAS, 38.5, 40.0);
    }

    #[test]
    fn nothing_to_do_takes_no_time_and_one_image_its_own() {
        check(&needs(&[]), &LOCAL, 0.0, 0.0);
        let one = Needs {
            load: 0.5,
            process: 1.0,
            other_cpu: 0.0,
            ..needs(&[1])
        };
        check(&one, &LOCAL, 1.5, 1.51);
    }
}
