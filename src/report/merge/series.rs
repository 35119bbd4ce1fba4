//! One-second series of several reports on one clock. Whatever happened in a point of one of them is spread evenly over that
//! point's time; sums are kept to the last image and byte.

use time::{Duration, OffsetDateTime};

use super::super::load_speed::PercentilesReport;
use super::super::make::{self, rounded};
use super::super::value::{PhaseReport, PhasesReport, Report, SeriesCounts, SeriesReport, SpreadReport};
use crate::engine::Phase;

/// As many points as a single run has at most.
const MOST: f64 = 3600.0;

/// One phase of a report.
pub(super) fn of(phases: &PhasesReport, phase: Phase) -> &PhaseReport {
    match phase {
        Phase::Load => &phases.load,
        Phase::Process => &phases.process,
        Phase::Write => &phases.write,
    }
}

fn counts(series: &SeriesReport, phase: Phase) -> &SeriesCounts {
    match phase {
        Phase::Load => &series.load,
        Phase::Process => &series.process,
        Phase::Write => &series.write,
    }
}

/// All series, beginning with the first point of any.
pub(super) fn merged(reports: &[Report], begin: OffsetDateTime) -> SeriesReport {
    // A series ends with its run; what came before it (the scan) is the rest of the run's time.
    let placed: Vec<(f64, &SeriesReport)> = reports
        .iter()
        .filter(|report| !report.phases.series.seconds.is_empty())
        .map(|report| {
            let series = &report.phases.series;
            let length: f64 = series.seconds.iter().sum();
            let since: Duration = report.started - begin;
            (since.as_seconds_f64() + (report.wall_seconds - length).max(0.0), series)
        })
        .collect();
    let start = placed.iter().map(|(start, _)| *start).fold(f64::INFINITY, f64::min);
    let end = placed
        .iter()
        .map(|(start, series)| start + series.seconds.iter().sum::<f64>())
        .fold(0.0, f64::max);
    if placed.is_empty() || end <= start {
        return SeriesReport::default();
    }
    let mut step = 1.0;
    while (end - start) / step > MOST {
        step *= 2.0;
    }
    let points = ((end - start) / step).ceil().max(1.0) as usize;
    let edge = |point: usize| (point as f64 * step).min(end - start);
    let spread = |phase: Phase| {
        let mut sum = SeriesCounts {
            images: vec![0; points],
            bytes: vec![0; points],
        };
        for (at, series) in &placed {
            let counts = counts(series, phase);
            spread_over(&mut sum.images, &series.seconds, &counts.images, at - start, &edge);
            spread_over(&mut sum.bytes, &series.seconds, &counts.bytes, at - start, &edge);
        }
        sum
    };
    SeriesReport {
        seconds: (0..points).map(|point| rounded(edge(point + 1) - edge(point))).collect(),
        load: spread(Phase::Load),
        process: spread(Phase::Process),
        write: spread(Phase::Write),
    }
}

/// Adds `counts`, which happened in points of these lengths beginning at `at`, to the points of `sum`.
fn spread_over(sum: &mut [u64], seconds: &[f64], counts: &[u64], at: f64, edge: &impl Fn(usize) -> f64) {
    // A report that somebody else wrote may count more points than it has times for.
    let counts = &counts[..counts.len().min(seconds.len())];
    // How much had happened until an edge; what is told of that before stays told, so nothing is lost by rounding.
    let (mut done, mut told, mut point, mut begin) = (0_u64, 0_u64, 0_usize, at);
    let whole = make::total(counts.iter().copied());
    let last = sum.len() - 1;
    for (index, slot) in sum.iter_mut().enumerate() {
        let until = edge(index + 1);
        while point < counts.len() && begin + seconds[point] <= until {
            make::add(&mut done, counts[point]);
            begin += seconds[point];
            point += 1;
        }
        let part = match counts.get(point) {
            Some(&count) if until > begin && seconds[point] > 0.0 => (count as f64 * ((until - begin) / seconds[point]).min(1.0)) as u64,
            _ => 0,
        };
        let happened = if index == last {
            whole
        } else {
            done.saturating_add(part).min(whole)
        };
        make::add(slot, happened - told.min(happened));
        told = told.max(happened);
    }
}

/// From the first to the last activity of a phase, seconds.
pub(super) fn span(series: &SeriesReport, phase: Phase) -> f64 {
    active(series, phase).map_or(0.0, |range| series.seconds[range].iter().sum())
}

/// The points from the first to the last activity of a phase.
fn active(series: &SeriesReport, phase: Phase) -> Option<std::ops::RangeInclusive<usize>> {
    let counts = counts(series, phase);
    let is_active = |at: &usize| counts.images[*at] > 0 || counts.bytes[*at] > 0;
    let all = 0..series.seconds.len();
    Some(all.clone().find(is_active)?..=all.rev().find(is_active)?)
}

/// How the rates of a phase varied over those points: images and megabytes a second.
pub(super) fn rates(series: &SeriesReport, phase: Phase) -> (SpreadReport, SpreadReport) {
    let Some(mut range) = active(series, phase) else {
        return Default::default();
    };
    let (first, last) = (*range.start(), *range.end());
    if last > first && series.seconds[last] < series.seconds[first] / 2.0 {
        range = first..=last - 1;
    }
    let counts = counts(series, phase);
    let of = |values: &[u64], unit: f64| {
        let rates: Vec<f64> = range
            .clone()
            .filter(|&at| series.seconds[at] > 0.0)
            .map(|at| values[at] as f64 / unit / series.seconds[at])
            .collect();
        let all = PercentilesReport::of(&rates);
        SpreadReport {
            min: all.min,
            median: all.p50,
            max: all.max,
        }
    };
    (of(&counts.images, 1.0), of(&counts.bytes, 1e6))
}
