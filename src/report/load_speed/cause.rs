//! The likely cause of uneven loading. Each rule asks for what its cause alone would leave behind, the rules with the strongest
//! evidence come first, and what none of them explains has no clear cause.

use std::collections::BTreeMap;

use super::super::format::{self, count, percent};
use super::super::value::PhaseReport;
use super::stats::{correlation, median, percentile};
use super::{LoadCause, Point, Read};

/// Fewer points than this have no shape.
const FEWEST_POINTS: usize = 6;
/// Fewer reads than this have no distribution.
const FEWEST_READS: usize = 20;
/// A read that takes so many times what others of its size take is a spike.
const SPIKE: f64 = 5.0;
/// Spikes that cost this part of all reading time explain the spread.
const SPIKES_COUNT: f64 = 0.15;
/// Reads of about one size (within a factor of two) that there must be to know what is usual.
const FEWEST_OF_A_SIZE: usize = 8;
/// 95th over 5th percentile of the rate below which it hardly varied.
const STEADY: f64 = 1.5;
/// Part of its time that loading must have waited for the phases behind it.
const HELD_BACK: f64 = 0.4;
/// Correlation from which one thing follows another.
const FOLLOWS: f64 = 0.7;
/// 95th over 5th percentile of the sizes from which they are mixed.
const MIXED: f64 = 8.0;
/// A stretch is slow below this part of the usual rate.
const SLOW: f64 = 0.6;
/// The rest of the run is even above this part of the usual rate: a slow stretch must stand out from something.
const EVEN: f64 = 0.7;

/// What the judgement rests on.
pub(super) struct Evidence<'a> {
    /// The series, in order of time.
    pub(super) points: &'a [Point],
    /// The single reads, in any order.
    pub(super) reads: &'a [Read],
    /// What loading cost.
    pub(super) load: &'a PhaseReport,
    /// The files came over a network.
    pub(super) network: bool,
}

/// The cause and its figures, as sentences.
pub(super) fn cause(evidence: &Evidence) -> (LoadCause, String) {
    if evidence.points.len() < FEWEST_POINTS && evidence.reads.len() < FEWEST_READS {
        return (
            LoadCause::TooShort,
            "Loading was over too soon to say how evenly it went.".to_owned(),
        );
    }
    spikes(evidence)
        .or_else(|| steady(evidence))
        .or_else(|| held_back(evidence))
        .or_else(|| mixed_sizes(evidence))
        .or_else(|| slow_stretch(evidence))
        .unwrap_or_else(|| {
            (
                LoadCause::NoClearCause,
                format!(
                    "The speed of loading varied{}, and the figures show no clear cause.",
                    range(evidence.points)
                ),
            )
        })
}

/// ` between x and y MB/s`, where nine of ten points lie; empty without a series.
fn range(points: &[Point]) -> String {
    if points.len() < FEWEST_POINTS {
        return String::new();
    }
    let (low, high) = spread(points);
    format!(" between {} and {} MB/s", format::number(low), format::number(high))
}

/// 5th and 95th percentile of the rate.
fn spread(points: &[Point]) -> (f64, f64) {
    let mut rates: Vec<f64> = points.iter().map(Point::megabytes_per_second).collect();
    rates.sort_by(f64::total_cmp);
    (percentile(&rates, 0.05), percentile(&rates, 0.95))
}

/// A few reads that took far longer than others of their size, and together a good part of the time.
fn spikes(evidence: &Evidence) -> Option<(LoadCause, String)> {
    let mut sizes: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for read in evidence.reads {
        // Within a factor of two.
        let size = (read.bytes.max(1.0)).log2() as u32;
        sizes.entry(size).or_default().push(read.milliseconds);
    }
    let all: f64 = evidence.reads.iter().map(|read| read.milliseconds).sum();
    let (mut spikes, mut spent, mut slowest) = (0_u64, 0.0, 0.0_f64);
    for times in sizes.into_values().filter(|times| times.len() >= FEWEST_OF_A_SIZE) {
        let usual = median(times.iter().copied());
        for time in times.into_iter().filter(|&time| time > SPIKE * usual) {
            spikes += 1;
            spent += time;
            slowest = slowest.max(time);
        }
    }
    // Spikes are the exception: where every fifth read is one, the middle read is not what is usual.
    if spent < SPIKES_COUNT * all || spikes as f64 > 0.2 * evidence.reads.len() as f64 {
        return None;
    }
    let likely = if evidence.network {
        "likely latency spikes of the network or of the server"
    } else {
        "likely a drive that stalls now and then, or is shared with others"
    };
    Some((
        LoadCause::LatencySpikes,
        format!(
            "{} of {} ({}) took over {SPIKE:.0} times as long as others of their size, the slowest {}, and {} of all reading time: {likely}.",
            count(spikes),
            format::things(evidence.reads.len() as u64, "read", "reads"),
            percent(spikes as f64 / evidence.reads.len() as f64),
            format::seconds(slowest / 1e3),
            percent(spent / all)
        ),
    ))
}

fn steady(evidence: &Evidence) -> Option<(LoadCause, String)> {
    if evidence.points.len() < FEWEST_POINTS {
        return None;
    }
    let (low, high) = spread(evidence.points);
    (low > 0.0 && high <= STEADY * low).then(|| {
        (
            LoadCause::Steady,
            format!("Loading was steady: nine of ten seconds lie{}.", range(evidence.points)),
        )
    })
}

/// The drive was not asked for more: the series shows the demand.
fn held_back(evidence: &Evidence) -> Option<(LoadCause, String)> {
    let waited = &evidence.load.waited;
    let behind = waited.output_seconds + waited.memory_seconds;
    let known = evidence.load.busy_seconds + behind + waited.input_seconds;
    let share = format::share(behind, known);
    (share >= HELD_BACK).then(|| {
        (
            LoadCause::HeldBack,
            format!(
                "Loading waited {} of its time for the phases behind it: its speed shows what they asked for, not what the drive can do.",
                percent(share)
            ),
        )
    })
}

/// Small files cost a drive time without bytes: where sizes are mixed, the rate follows them.
fn mixed_sizes(evidence: &Evidence) -> Option<(LoadCause, String)> {
    let mut sizes: Vec<f64> = evidence.reads.iter().map(|read| read.bytes).collect();
    sizes.sort_by(f64::total_cmp);
    let (small, large) = (percentile(&sizes, 0.05).max(1.0), percentile(&sizes, 0.95));
    if sizes.len() < FEWEST_READS || large < MIXED * small {
        return None;
    }
    let range = format!(
        "Nine of ten images have between {} and {}",
        format::bytes(small as u64),
        format::bytes(large as u64)
    );
    if evidence.points.len() >= FEWEST_POINTS {
        let pairs: Vec<(f64, f64)> = evidence
            .points
            .iter()
            .filter(|point| point.images > 0.0)
            .map(|point| (point.bytes / point.images, point.megabytes_per_second()))
            .collect();
        let found = correlation(&pairs);
        return (pairs.len() >= FEWEST_POINTS && found >= FOLLOWS).then(|| {
            (
                LoadCause::MixedSizes,
                format!("{range}, and the speed of loading follows their size (correlation {found:.2}): small and large files are mixed."),
            )
        });
    }
    let pairs: Vec<(f64, f64)> = evidence
        .reads
        .iter()
        .map(|read| (read.bytes.max(1.0).ln(), read.milliseconds.ln()))
        .collect();
    let found = correlation(&pairs);
    (found >= FOLLOWS).then(|| {
        (
            LoadCause::MixedSizes,
            format!("{range}, and the time to read one follows its size (correlation {found:.2}): small and large files are mixed."),
        )
    })
}

/// One slow stretch in an otherwise even run; where it lies tells the cause.
fn slow_stretch(evidence: &Evidence) -> Option<(LoadCause, String)> {
    let points = evidence.points;
    if points.len() < FEWEST_POINTS {
        return None;
    }
    let rates: Vec<f64> = points.iter().map(Point::megabytes_per_second).collect();
    // What is usual is told by the faster half: a long slow stretch must not hide itself.
    let mut sorted = rates.clone();
    sorted.sort_by(f64::total_cmp);
    let usual = percentile(&sorted, 0.75);
    let slow = |rate: f64| rate < SLOW * usual;
    let (start, length) = longest_run(&rates, slow)?;
    let end = start + length;
    // Seconds of a single dip come and go; a stretch lasts.
    let lasts = length >= 2 && length as f64 >= 0.08 * rates.len() as f64;
    let rest: Vec<f64> = rates[..start].iter().chain(&rates[end..]).copied().collect();
    let even = !rest.is_empty() && rest.iter().filter(|&&rate| rate >= EVEN * usual).count() as f64 >= 0.85 * rest.len() as f64;
    if !lasts || !even {
        return None;
    }
    let seconds = |range: &[Point]| format::seconds(range.iter().map(|point| point.seconds).sum());
    let stretch = median(rates[start..end].iter().copied());
    let figures = format!(
        "{} MB/s for {}, {} MB/s otherwise",
        format::number(stretch),
        seconds(&points[start..end]),
        format::number(median(rest))
    );
    Some(if start <= 1 {
        (
            LoadCause::ColdStart,
            format!("Loading began slowly ({figures}): likely a cold cache, or a drive that had to wake up."),
        )
    } else if end + 1 >= rates.len() && length as f64 >= 0.15 * rates.len() as f64 {
        (
            LoadCause::Throttling,
            format!("Loading was slower towards the end ({figures}): likely a drive or server that throttles under load."),
        )
    } else if end + 1 < rates.len() {
        let after = seconds(&points[..start]);
        (
            LoadCause::OtherLoad,
            format!("After {after} loading was slow for a while ({figures}): likely other load on the drive."),
        )
    } else {
        return None;
    })
}

/// Start and length of the longest run of values that are so; the first of several.
fn longest_run(values: &[f64], so: impl Fn(f64) -> bool) -> Option<(usize, usize)> {
    let mut longest: Option<(usize, usize)> = None;
    let mut start = 0;
    for (at, &value) in values.iter().enumerate() {
        if !so(value) {
            start = at + 1;
        } else if longest.is_none_or(|(_, length)| at + 1 - start > length) {
            longest = Some((start, at + 1 - start));
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of a second with 10 images each, of so many MB together.
    fn points(megabytes: &[f64]) -> Vec<Point> {
        let point = |&megabytes: &f64| Point {
            seconds: 1.0,
            images: 10.0,
            bytes: megabytes * 1e6,
        };
        megabytes.iter().map(point).collect()
    }

    /// Reads of 1 MB that took so many milliseconds.
    fn reads(milliseconds: impl IntoIterator<Item = f64>) -> Vec<Read> {
        let read = |milliseconds| Read { bytes: 1e6, milliseconds };
        milliseconds.into_iter().map(read).collect()
    }

    fn even(n: usize) -> Vec<Read> {
        reads((0..n).map(|at| 10.0 + (at % 3) as f64))
    }

    #[track_caller]
    fn check(points: &[Point], reads: &[Read], waited_output: f64, network: bool, expected: LoadCause, says: &str) {
        let mut load = PhaseReport {
            busy_seconds: 10.0,
            ..PhaseReport::default()
        };
        load.waited.output_seconds = waited_output;
        let (found, words) = cause(&Evidence {
            points,
            reads,
            load: &load,
            network,
        });
        assert_eq!(found, expected, "{words}");
        assert!(words.contains(says), "{words}");
    }

    #[test]
    fn each_cause_leaves_its_traces() {
        check(&[], &[], 0.0, false, LoadCause::TooShort, "too soon");
        check(&points(&[100.0; 3]), &even(5), 0.0, false, LoadCause::TooShort, "too soon");
        check(
            &points(&[100.0; 20]),
            &even(200),
            0.0,
            false,
            LoadCause::Steady,
            "between 100 and 100 MB/s",
        );

        // Two reads of 2 s among 198 of 10 ms.
        let slow = reads((0..200).map(|at| if at % 100 == 7 { 2000.0 } else { 10.0 }));
        check(
            &points(&[90.0; 10]),
            &slow,
            0.0,
            true,
            LoadCause::LatencySpikes,
            "2 of 200 reads (1.0 %) took over 5 times",
        );
        check(&points(&[90.0; 10]), &slow, 0.0, true, LoadCause::LatencySpikes, "of the network");
        check(
            &points(&[90.0; 10]),
            &slow,
            0.0,
            false,
            LoadCause::LatencySpikes,
            "a drive that stalls",
        );

        let uneven: Vec<f64> = (0..20).map(|at| if at % 2 == 0 { 20.0 } else { 100.0 }).collect();
        check(
            &points(&uneven),
            &even(200),
            30.0,
            false,
            LoadCause::HeldBack,
            "waited 75.0 % of its time",
        );
        check(
            &points(&uneven),
            &even(200),
            0.0,
            false,
            LoadCause::NoClearCause,
            "between 20.0 and 100 MB/s",
        );

        let mut cold = vec![100.0; 20];
        cold[..4].fill(15.0);
        check(
            &points(&cold),
            &even(200),
            0.0,
            false,
            LoadCause::ColdStart,
            "15.0 MB/s for 4.0 s, 100 MB/s otherwise",
        );
        cold.reverse();
        check(&points(&cold), &even(200), 0.0, false, LoadCause::Throttling, "towards the end");
        cold.rotate_left(8);
        check(
            &points(&cold),
            &even(200),
            0.0,
            false,
            LoadCause::OtherLoad,
            "After 8.0 s loading was slow for a while",
        );
    }

    #[test]
    fn mixed_sizes_are_told_from_a_slow_drive() {
        // 10 images a second whatever their size: every rate is the drive's latency, and the megabytes follow the sizes.
        let sizes = [0.1e6, 2e6, 0.2e6, 4e6, 1e6, 0.1e6, 3e6, 0.5e6];
        let points: Vec<Point> = sizes
            .iter()
            .map(|bytes| Point {
                seconds: 1.0,
                images: 10.0,
                bytes: bytes * 10.0,
            })
            .collect();
        let reads: Vec<Read> = sizes
            .iter()
            .cycle()
            .take(80)
            .map(|&bytes| Read {
                bytes,
                milliseconds: 5.0 + bytes / 1e5,
            })
            .collect();
        check(&points, &reads, 0.0, false, LoadCause::MixedSizes, "(correlation 1.00)");
        // Without a series the single reads tell.
        check(
            &[],
            &reads,
            0.0,
            false,
            LoadCause::MixedSizes,
            "the time to read one follows its size",
        );
        // A large file that takes long is no spike.
        let mut large = reads.clone();
        large.push(Read {
            bytes: 500e6,
            milliseconds: 5_000.0,
        });
        check(&points, &large, 0.0, false, LoadCause::MixedSizes, "mixed");
    }

    #[test]
    fn a_single_dip_is_no_stretch() {
        let mut dip = vec![100.0; 40];
        dip[20] = 10.0;
        dip[10] = 150.0;
        dip[30] = 60.0;
        dip[31] = 60.0;
        // 5th percentile 60, 95th 100: not steady, and nothing that lasts.
        let mut rates = dip.clone();
        rates[5] = 50.0;
        check(&points(&rates), &even(300), 0.0, false, LoadCause::NoClearCause, "no clear cause");
    }
}
