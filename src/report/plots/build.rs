//! The plots of a report, from its figures.

use super::super::findings;
use super::super::format::{self, count, milliseconds};
use super::super::sections::format_name;
use super::super::value::{ImageOutcome, ImageReport, PhaseReport, Report};
use super::bins::LogBins;
use super::{BarRow, Bars, Columns, Curve, Curves, Ink, Plot, Shape};
use crate::engine::{Kind, Phase};

/// More points than pixels show nothing more.
const MOST_POINTS: usize = 480;

/// Images a second over time, phase by phase.
pub(in crate::report) fn throughput(report: &Report) -> Option<Plot> {
    let series = &report.phases.series;
    let of = |phase: Phase, images: &[u64]| Curve {
        name: phase.name().to_owned(),
        ink: ink(phase),
        points: rates(&series.seconds, images.iter().map(|&images| images as f64)),
    };
    let curves = vec![
        of(Phase::Load, &series.load.images),
        of(Phase::Process, &series.process.images),
        of(Phase::Write, &series.write.images),
    ];
    let phases = &report.phases;
    Some(Plot {
        title: "Throughput".to_owned(),
        unit: "images/s".to_owned(),
        summary: format!(
            "Images a second over {}: on average {} loaded, {} processed, {} written.",
            format::seconds(series.seconds.iter().sum()),
            format::number(phases.load.images_per_second),
            format::number(phases.process.images_per_second),
            format::number(phases.write.images_per_second)
        ),
        shape: curves_of(&series.seconds, curves, Vec::new())?,
    })
}

/// Megabytes loaded a second over time, with the percentiles.
pub(in crate::report) fn load_speed(report: &Report) -> Option<Plot> {
    let speed = report.load_speed.as_ref()?;
    let series = &report.phases.series;
    let curve = Curve {
        name: Phase::Load.name().to_owned(),
        ink: Ink::Load,
        points: rates(&series.seconds, series.load.bytes.iter().map(|&bytes| bytes as f64 / 1e6)),
    };
    let percentiles = speed.megabytes_per_second;
    let levels = [("p5", percentiles.p5), ("p50", percentiles.p50), ("p95", percentiles.p95)];
    // Of a few seconds the percentiles say nothing that the curve does not.
    let levels = levels
        .into_iter()
        .filter(|_| speed.points >= 6)
        .map(|(name, level)| (level, format!("{name} {}", format::number(level))));
    Some(Plot {
        title: "Load speed".to_owned(),
        unit: "MB/s".to_owned(),
        summary: format!(
            "Megabytes loaded a second: half of the time below {}, nine tenths of it between {} and {}.",
            format::number(percentiles.p50),
            format::number(percentiles.p5),
            format::number(percentiles.p95)
        ),
        shape: curves_of(&series.seconds, vec![curve], levels.collect())?,
    })
}

/// How long single images took to load.
pub(in crate::report) fn load_times(report: &Report) -> Option<Plot> {
    let speed = report.load_speed.as_ref()?;
    let times = images(report).filter_map(|image| image.steps.as_deref().filter(|steps| steps.load_us > 0));
    let times: Vec<f64> = times.map(|steps| f64::from(steps.load_us) / 1e3).collect();
    let bins = LogBins::of(times.iter().copied())?;
    let percentiles = speed.image_milliseconds;
    let marks = [("p5", percentiles.p5), ("p50", percentiles.p50), ("p95", percentiles.p95)];
    Some(Plot {
        title: "Time to load an image".to_owned(),
        unit: "images".to_owned(),
        summary: format!(
            "{} by the time their read took: half below {}, one in twenty above {}.",
            format::things(times.len() as u64, "image", "images"),
            milliseconds(percentiles.p50),
            milliseconds(percentiles.p95)
        ),
        shape: Shape::Columns(Columns {
            bins: names(&bins, milliseconds),
            ticks: bins.ticks(milliseconds),
            series: vec![("load".to_owned(), Ink::Load, bins.count(times.into_iter()))],
            marks: marks
                .iter()
                .map(|(name, value)| (bins.place(*value), format!("{name} {}", milliseconds(*value))))
                .collect(),
        }),
    })
}

/// Thread time of each phase: at work, and what it waited for.
pub(in crate::report) fn phases(report: &Report) -> Option<Plot> {
    let phases = &report.phases;
    let row = |phase: Phase, totals: &PhaseReport| BarRow {
        label: phase.name().to_owned(),
        parts: [
            (ink(phase), totals.busy_seconds, "at work"),
            (Ink::WaitInput, totals.waited.input_seconds, "waiting for the phase before"),
            (Ink::WaitOutput, totals.waited.output_seconds, "waiting for the phase after"),
            (Ink::WaitMemory, totals.waited.memory_seconds, "waiting for memory"),
        ]
        .map(|(ink, seconds, what)| (ink, seconds, format!("{} {what}", format::seconds(seconds))))
        .to_vec(),
    };
    let rows = vec![
        row(Phase::Load, &phases.load),
        row(Phase::Process, &phases.process),
        row(Phase::Write, &phases.write),
    ];
    any_length(&rows)?;
    Some(Plot {
        title: "Phase timings".to_owned(),
        unit: "at work (coloured) and waiting".to_owned(),
        summary: format!(
            "Thread time at work: load {}, process {}, write {}; the rest of each bar was spent waiting.",
            format::seconds(phases.load.busy_seconds),
            format::seconds(phases.process.busy_seconds),
            format::seconds(phases.write.busy_seconds)
        ),
        shape: Shape::Bars(Bars {
            rows,
            legend: vec![
                ("for the phase before".to_owned(), Ink::WaitInput),
                ("for the phase after".to_owned(), Ink::WaitOutput),
                ("for memory".to_owned(), Ink::WaitMemory),
            ],
            stacked: true,
        }),
    })
}

/// Changed images by format: bytes before and after.
pub(in crate::report) fn formats(report: &Report) -> Option<Plot> {
    let after = if report.kind == Kind::Estimate {
        "after, predicted"
    } else {
        "after"
    };
    let rows: Vec<BarRow> = report
        .formats
        .iter()
        .map(|row| BarRow {
            label: row.format.map_or("unknown", format_name).to_owned(),
            parts: vec![
                (Ink::Before, row.bytes_before as f64, format::bytes(row.bytes_before)),
                (Ink::After, row.bytes_after as f64, format::bytes(row.bytes_after)),
            ],
        })
        .collect();
    any_length(&rows)?;
    if !findings::knows_sizes_after(report) {
        return None;
    }
    Some(Plot {
        title: "Size before and after".to_owned(),
        unit: "changed images".to_owned(),
        summary: format!(
            "Changed images went from {} to {}.",
            format::bytes(report.totals.changed_bytes_before),
            format::bytes(report.totals.changed_bytes_after)
        ),
        shape: Shape::Bars(Bars {
            rows,
            legend: vec![("before".to_owned(), Ink::Before), (after.to_owned(), Ink::After)],
            stacked: false,
        }),
    })
}

/// Changed images by size of their files, before and after.
pub(in crate::report) fn sizes(report: &Report) -> Option<Plot> {
    let (before, after): (Vec<f64>, Vec<f64>) = changed(report)
        .map(|image| (image.bytes_before as f64, image.bytes_after as f64))
        .unzip();
    let known = findings::knows_sizes_after(report);
    let after = if known { after } else { Vec::new() };
    let bins = LogBins::of(before.iter().chain(&after).copied())?;
    let size = |value: f64| format::bytes(value.round() as u64).replace(".0 ", " ");
    Some(Plot {
        title: "File sizes".to_owned(),
        unit: "changed images".to_owned(),
        summary: format!(
            "{} by size: half were below {} before{}.",
            format::things(before.len() as u64, "image", "images"),
            size(middle(&before)),
            if known {
                format!(" and are below {} after", size(middle(&after)))
            } else {
                String::new()
            }
        ),
        shape: Shape::Columns(Columns {
            bins: names(&bins, size),
            ticks: bins.ticks(size),
            series: std::iter::once(("before".to_owned(), Ink::Before, bins.count(before.into_iter())))
                .chain(known.then(|| ("after".to_owned(), Ink::After, bins.count(after.into_iter()))))
                .collect(),
            marks: Vec::new(),
        }),
    })
}

/// Changed images by the part of their bytes that was saved.
pub(in crate::report) fn savings(report: &Report) -> Option<Plot> {
    /// Columns of five per cent, and one for images that got larger.
    const COLUMNS: usize = 21;
    let saved: Vec<f64> = changed(report)
        .map(|image| {
            let (before, after) = (image.bytes_before as f64, image.bytes_after as f64);
            format::share(before - after, before)
        })
        .collect();
    if saved.is_empty() || !findings::knows_sizes_after(report) {
        return None;
    }
    let column = |saved: f64| {
        if saved < 0.0 {
            0
        } else {
            ((saved * 20.0 + 1e-9) as usize + 1).min(COLUMNS - 1)
        }
    };
    let mut counts = vec![0; COLUMNS];
    saved.iter().for_each(|&saved| counts[column(saved)] += 1);
    let bins = (0..COLUMNS).map(|at| match at {
        0 => "larger than before".to_owned(),
        at => format!("{} to {} %", (at - 1) * 5, at * 5),
    });
    Some(Plot {
        title: "Savings".to_owned(),
        unit: "changed images".to_owned(),
        summary: format!(
            "{} by the part of their bytes that was saved: half of them more than {}; {} larger than before.",
            format::things(saved.len() as u64, "image", "images"),
            format::percent(middle(&saved)),
            count(counts[0])
        ),
        shape: Shape::Columns(Columns {
            bins: bins.collect(),
            ticks: [0, 25, 50, 75, 100]
                .map(|percent| (percent / 5 + 1, format!("{percent} %")))
                .to_vec(),
            series: vec![("saved".to_owned(), Ink::After, counts)],
            marks: Vec::new(),
        }),
    })
}

/// The ink of a phase.
fn ink(phase: Phase) -> Ink {
    match phase {
        Phase::Load => Ink::Load,
        Phase::Process => Ink::Process,
        Phase::Write => Ink::Write,
    }
}

fn images(report: &Report) -> impl Iterator<Item = &ImageReport> {
    report.shards.iter().flat_map(|shard| &shard.images)
}

fn changed(report: &Report) -> impl Iterator<Item = &ImageReport> {
    images(report).filter(|image| image.outcome == ImageOutcome::Shrunk)
}

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    super::super::load_speed::percentile(&sorted, 0.5)
}

fn names(bins: &LogBins, label: impl Fn(f64) -> String) -> Vec<String> {
    (0..bins.len)
        .map(|column| format!("{} to {}", label(bins.edge(column)), label(bins.edge(column + 1))))
        .collect()
}

fn any_length(rows: &[BarRow]) -> Option<()> {
    rows.iter()
        .flat_map(|row| &row.parts)
        .any(|(_, length, _)| *length > 0.0)
        .then_some(())
}

/// Nothing where no time passed, or nothing happened in it.
fn curves_of(seconds: &[f64], curves: Vec<Curve>, levels: Vec<(f64, String)>) -> Option<Shape> {
    let seconds: f64 = seconds.iter().sum();
    let any = curves.iter().flat_map(|curve| &curve.points).any(|(.., value)| *value > 0.0);
    (seconds > 0.0 && any).then_some(Shape::Curves(Curves { seconds, curves, levels }))
}

/// Begin, end and amount a second of every point; neighbours are joined until there are no more points than can be seen.
fn rates(seconds: &[f64], amounts: impl Iterator<Item = f64>) -> Vec<(f64, f64, f64)> {
    let together = seconds.len().div_ceil(MOST_POINTS).max(1);
    let points: Vec<(f64, f64)> = seconds.iter().copied().zip(amounts).collect();
    let mut now = 0.0;
    points
        .chunks(together)
        .map(|chunk| {
            let (length, amount) = chunk.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
            let begin = now;
            now += length;
            (begin, now, format::share(amount, length))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_series_are_joined_without_loss() {
        let seconds = vec![1.0; 3601];
        let points = rates(&seconds, (0..3601).map(|_| 2.0));
        assert!(points.len() <= MOST_POINTS, "{}", points.len());
        let images: f64 = points.iter().map(|(begin, end, rate)| (end - begin) * rate).sum();
        assert!((images - 7202.0).abs() < 1e-6, "{images}");
    }
}
