//! Two reports side by side: dry against live, CPU against GPU, last month against today. Pure: two values in, one out, which
//! `page` turns into words. What does not compare (the time a plan took against that of a run) is shown without a difference.

mod overlap;
mod page;

use super::card::CardReport;
use super::findings;
use super::format;
use super::load_speed::PercentilesReport;
use super::sections;
use super::sections::card::class_name;
use super::sections::format_name;
use super::value::{EstimateReport, PhaseReport, RangeReport, Report, SecondsReport, TimesReport};
use crate::engine::{Format, Kind, Phase};

pub use overlap::Overlap;

/// Two reports, and where they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What is compared, first and second.
    pub sides: [Side; 2],
    /// Sizes, counts and times of everything together.
    pub totals: Vec<Row>,
    /// What each phase cost.
    pub phases: Vec<(Phase, Vec<Row>)>,
    /// How evenly images were loaded.
    pub load_speed: Vec<Row>,
    /// What became of the graphics card; empty where neither had one.
    pub card: Vec<Row>,
    /// Changed images by the format they had: format, and its rows.
    pub formats: Vec<(Option<Format>, Vec<Row>)>,
    /// A prediction against what came of it; only of a plan and a run.
    pub forecast: Option<ForecastCheck>,
    /// Which images are in both, and how each ended.
    pub overlap: Overlap,
    /// Settings that differ: name, first, second.
    pub settings: Vec<[String; 3]>,
    /// What of the machines and drives differs: name, first, second.
    pub machines: Vec<[String; 3]>,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// The head of its column.
    pub head: String,
    /// The file or the id by which it was named.
    pub name: String,
    /// Its id.
    pub id: String,
    /// A plan or a run.
    pub kind: Kind,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// From begin to end, seconds.
    pub wall_seconds: f64,
    /// Its folders.
    pub roots: Vec<super::Name>,
    /// Its one sentence.
    pub finding: String,
}

/// A figure of both reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// What it is counted in.
    pub unit: Unit,
    /// The first and the second; `None` where that report does not have it.
    pub values: [Option<f64>; 2],
    /// The two may be subtracted; not so where they are of different things.
    pub compares: bool,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// A plain number: images a second, megabytes a second, threads.
    Number,
    /// A part of one.
    Share,
}

/// A prediction against what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastCheck {
    /// Every image that was to change did: only then the two compare.
    pub complete: bool,
    /// What was predicted, and what it was.
    pub rows: Vec<Predicted>,
    /// Of images that changed in both: size of the replacement over its prediction, less 1. `None` where there are none.
    pub per_image: Option<PercentilesReport>,
}

/// One predicted figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// What it is.
    pub label: String,
    /// What it is counted in.
    pub unit: Unit,
    /// The best guess.
    pub expected: f64,
    /// Where it should lie nine times in ten; `None` where no range was given.
    pub range: Option<(f64, f64)>,
    /// What it was.
    pub actual: f64,
}

impl Predicted {
    /// `actual / expected - 1`; `None` where nothing was expected.
    pub fn deviation(&self) -> Option<f64> {
        (self.expected != 0.0).then(|| self.actual / self.expected - 1.0)
    }

    /// Whether it lies in its range.
    pub fn within(&self) -> Option<bool> {
        self.range.map(|(low, high)| (low..=high).contains(&self.actual))
    }
}

impl Row {
    /// Second less first.
    pub fn difference(&self) -> Option<f64> {
        match self.values {
            [Some(first), Some(second)] if self.compares => Some(second - first),
            _ => None,
        }
    }

    /// The difference as part of the first; `None` of nothing, and of shares, whose difference is told in points.
    pub fn relative(&self) -> Option<f64> {
        let first = self.values[0].filter(|first| *first != 0.0)?;
        self.difference()
            .filter(|_| self.unit != Unit::Share)
            .map(|difference| difference / first.abs())
    }
}

impl Comparison {
    /// Of two reports, each with the name by which it was asked for.
    pub fn of(first: (&str, &Report), second: (&str, &Report)) -> Self {
        let (a, b) = (first.1, second.1);
        let overlap = Overlap::of(a, b);
        let mut comparison = Self {
            sides: [side(first.0, a), side(second.0, b)],
            totals: totals(a, b),
            phases: Phase::ALL
                .iter()
                .filter_map(|&phase| Some((phase, phase_rows(phase, a, b)?)))
                .collect(),
            load_speed: load_speed(a, b),
            card: card(a, b),
            formats: formats(a, b),
            forecast: forecast(a, b, &overlap),
            overlap,
            settings: differing(told(a), told(b)),
            machines: differing(machine(a), machine(b)),
        };
        comparison.name_columns(a, b);
        comparison
    }

    /// Heads that tell the two apart, by what they differ in.
    fn name_columns(&mut self, a: &Report, b: &Report) {
        let kind = |kind: Kind| match kind {
            Kind::Estimate => "plan",
            Kind::Exact => "exact plan",
            Kind::Run => "run",
        };
        let [first, second] = &mut self.sides;
        let words = if a.kind != b.kind {
            [kind(a.kind).to_owned(), kind(b.kind).to_owned()]
        } else if a.machine.backend != b.machine.backend {
            [a.machine.backend.clone(), b.machine.backend.clone()]
        } else if a.started.date() != b.started.date() {
            [a.started.date().to_string(), b.started.date().to_string()]
        } else {
            [kind(a.kind).to_owned(), kind(b.kind).to_owned()]
        };
        let [of_first, of_second] = words;
        first.head = format!("A, {of_first}");
        second.head = format!("B, {of_second}");
    }
}

fn side(name: &str, report: &Report) -> Side {
    Side {
        head: String::new(),
        name: name.to_owned(),
        id: report.id.clone(),
        kind: report.kind,
        started: sections::head::whole_seconds(report.started),
        wall_seconds: report.wall_seconds,
        roots: report.roots.clone(),
        finding: report.critical_finding.clone(),
    }
}

fn row(label: &str, unit: Unit, first: impl Into<Option<f64>>, second: impl Into<Option<f64>>) -> Row {
    Row {
        label: label.to_owned(),
        unit,
        values: [first.into(), second.into()],
        compares: true,
    }
}

fn totals(a: &Report, b: &Report) -> Vec<Row> {
    let both = |label: &str, unit: Unit, of: fn(&Report) -> f64| row(label, unit, of(a), of(b));
    let mut rows = vec![
        both("Images", Unit::Count, |r| r.totals.images.total as f64),
        both("Shrunk, or with work", Unit::Count, |r| r.totals.images.shrunk as f64),
        both("Left alone", Unit::Count, |r| r.totals.images.left_alone as f64),
        both("Refused", Unit::Count, |r| r.totals.images.refused as f64),
        both("Failed", Unit::Count, |r| r.totals.images.failed as f64),
        both("Not reached", Unit::Count, |r| r.totals.images.not_reached as f64),
        both("Bytes before", Unit::Bytes, |r| r.totals.bytes_before as f64),
        both("Bytes after", Unit::Bytes, |r| findings::bytes_after(r) as f64),
        both("Bytes saved", Unit::Bytes, |r| findings::bytes_saved(r) as f64),
        both("Saved", Unit::Share, |r| {
            format::share(findings::bytes_saved(r) as f64, r.totals.bytes_before as f64)
        }),
        both("Kept originals", Unit::Bytes, |r| r.totals.kept_bytes as f64),
    ];
    // An estimate works on a sample, an exact plan writes nothing: their time is not that of a run.
    let mut time = both("Time", Unit::Seconds, |r| r.wall_seconds);
    time.compares = a.kind == b.kind;
    rows.push(time);
    let speed = |r: &Report| (r.kind != Kind::Estimate && r.wall_seconds > 0.0).then(|| r.phases.process.images as f64 / r.wall_seconds);
    let mut speed = row("Images/s, all told", Unit::Number, speed(a), speed(b));
    speed.compares = a.kind == b.kind;
    rows.push(speed);
    rows.retain(|row| row.values.iter().flatten().any(|value| *value != 0.0));
    rows
}

fn phase(report: &Report, phase: Phase) -> Option<&PhaseReport> {
    let totals = match phase {
        Phase::Load => &report.phases.load,
        Phase::Process => &report.phases.process,
        Phase::Write => &report.phases.write,
    };
    (totals.images > 0 || totals.busy_seconds > 0.0).then_some(totals)
}

/// Nothing where a report does not have the phase: an estimate has none.
fn phase_rows(which: Phase, a: &Report, b: &Report) -> Option<Vec<Row>> {
    let (first, second) = (phase(a, which), phase(b, which));
    let (Some(first), Some(second)) = (first, second) else {
        return None;
    };
    let both = |label: &str, unit: Unit, of: fn(&PhaseReport) -> Option<f64>| row(label, unit, of(first), of(second));
    let rows = vec![
        both("images", Unit::Count, |p| Some(p.images as f64)),
        both("at work", Unit::Seconds, |p| Some(p.busy_seconds)),
        both("at work, an image", Unit::Milliseconds, |p| {
            (p.images > 0).then(|| p.busy_seconds * 1e3 / p.images as f64)
        }),
        both("wall", Unit::Seconds, |p| Some(p.wall_seconds)),
        both("busy threads", Unit::Number, |p| Some(p.mean_busy_threads)),
        both("CPU use", Unit::Share, |p| p.cpu_use),
        both("images/s", Unit::Number, |p| Some(p.images_per_second)),
        both("images/s, median second", Unit::Number, |p| Some(p.images_per_second_spread.median)),
        both("images/s, best second", Unit::Number, |p| Some(p.images_per_second_spread.max)),
        both("MB/s", Unit::Number, |p| Some(p.megabytes_per_second)),
        both("waited for input", Unit::Seconds, |p| Some(p.waited.input_seconds)),
        both("waited for output", Unit::Seconds, |p| Some(p.waited.output_seconds)),
        both("waited for memory", Unit::Seconds, |p| Some(p.waited.memory_seconds)),
    ];
    Some(
        rows.into_iter()
            .filter(|row| row.values.iter().flatten().any(|value| *value != 0.0))
            .collect(),
    )
}

fn load_speed(a: &Report, b: &Report) -> Vec<Row> {
    type Of = fn(&PercentilesReport) -> f64;
    let parts: [(&str, Of); 5] = [
        ("min", |p| p.min),
        ("p5", |p| p.p5),
        ("p50", |p| p.p50),
        ("p95", |p| p.p95),
        ("max", |p| p.max),
    ];
    let mut rows = Vec::new();
    for (name, of) in parts {
        let value = |report: &Report| {
            report
                .load_speed
                .as_ref()
                .filter(|s| s.points > 0)
                .map(|s| of(&s.megabytes_per_second))
        };
        rows.push(row(&format!("MB/s, {name}"), Unit::Number, value(a), value(b)));
    }
    for (name, of) in parts {
        let value = |report: &Report| {
            report
                .load_speed
                .as_ref()
                .filter(|s| s.images > 0)
                .map(|s| of(&s.image_milliseconds))
        };
        rows.push(row(&format!("An image, {name}"), Unit::Milliseconds, value(a), value(b)));
    }
    rows.retain(|row| row.values.iter().all(Option::is_some));
    rows
}

fn card(a: &Report, b: &Report) -> Vec<Row> {
    // A card that was never opened has no figures.
    let [first, second] = [a, b].map(|report| report.card.as_ref().filter(|card| card.adapter.is_some()));
    let both = |label: &str, unit: Unit, of: &dyn Fn(&CardReport) -> Option<f64>| row(label, unit, first.and_then(of), second.and_then(of));
    let mut rows = vec![
        both("Images it resized", Unit::Count, &|c| Some(c.images as f64)),
        both("of these, megapixels", Unit::Number, &|c| Some(c.pixels as f64 / 1e6)),
        both("submissions", Unit::Count, &|c| Some(c.submissions as f64)),
        both("done again by the processor", Unit::Count, &|c| Some(c.redone_images as f64)),
        both("ready after", Unit::Seconds, &|c| c.ready_seconds),
    ];
    let mut names: Vec<_> = [first, second]
        .into_iter()
        .flatten()
        .flat_map(|card| &card.classes)
        .map(class_name)
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        rows.push(both(&format!("{name}, saved processor time"), Unit::Share, &|c| {
            c.classes.iter().find(|class| class_name(class) == name)?.saved_share
        }));
    }
    rows.retain(|row| row.values.iter().flatten().any(|value| *value != 0.0));
    rows
}

fn formats(a: &Report, b: &Report) -> Vec<(Option<Format>, Vec<Row>)> {
    let mut all: Vec<Option<Format>> = a.formats.iter().chain(&b.formats).map(|row| row.format).collect();
    all.sort();
    all.dedup();
    all.into_iter()
        .map(|format| {
            let of = |report: &'_ Report| report.formats.iter().find(|row| row.format == format).cloned();
            let (first, second) = (of(a), of(b));
            let both = |label: &str, unit: Unit, of: fn(&super::FormatSavings) -> f64| {
                let name = format.map_or("unknown", format_name);
                row(&format!("{name}, {label}"), unit, first.as_ref().map(of), second.as_ref().map(of))
            };
            let mut rows = vec![
                both("images", Unit::Count, |f| f.images as f64),
                both("before", Unit::Bytes, |f| f.bytes_before as f64),
                both("after", Unit::Bytes, |f| f.bytes_after as f64),
                both("saved", Unit::Share, |f| f.saved_share),
            ];
            // What was not predicted format by format is no figure.
            for (side, report) in [a, b].into_iter().enumerate() {
                if !findings::knows_sizes_after(report) {
                    rows[2].values[side] = None;
                    rows[3].values[side] = None;
                }
            }
            (format, rows)
        })
        .collect()
}

/// Of a plan and a run, in either order.
fn forecast(a: &Report, b: &Report, overlap: &Overlap) -> Option<ForecastCheck> {
    let (plan, run, turned) = match (a.kind, b.kind) {
        (Kind::Run, Kind::Run) => return None,
        (_, Kind::Run) => (a, b, false),
        (Kind::Run, _) => (b, a, true),
        _ => return None,
    };
    let estimate = plan.estimate.as_ref().filter(|_| plan.kind == Kind::Estimate);
    let predicted = |label: &str, unit: Unit, of: fn(&EstimateReport) -> RangeReport, exact: f64, actual: f64| {
        let range = estimate.map(of);
        Predicted {
            label: label.to_owned(),
            unit,
            expected: range.map_or(exact, |range| range.expected as f64),
            range: range.map(|range| (range.low as f64, range.high as f64)),
            actual,
        }
    };
    let without_range = |label: &str, unit: Unit, expected: f64, actual: f64| Predicted {
        label: label.to_owned(),
        unit,
        expected,
        range: None,
        actual,
    };
    let mut rows = vec![
        without_range(
            "Images that change",
            Unit::Count,
            plan.totals.images.shrunk as f64,
            run.totals.images.shrunk as f64,
        ),
        predicted(
            "Bytes of the replacements",
            Unit::Bytes,
            |e| e.bytes_after,
            plan.totals.changed_bytes_after as f64,
            run.totals.changed_bytes_after as f64,
        ),
        predicted(
            "Bytes saved",
            Unit::Bytes,
            |e| e.bytes_saved,
            plan.totals.bytes_saved as f64,
            run.totals.bytes_saved as f64,
        ),
    ];
    type Time = (&'static str, fn(&TimesReport) -> SecondsReport, fn(&Report) -> f64);
    let times: [Time; 4] = [
        // A run that took over the replacements of a sample was spared that time.
        (
            "Time by the clock",
            |t| t.wall,
            |r| r.forecast.as_ref().map_or(r.wall_seconds, |f| f.times.wall.seconds),
        ),
        ("Load, thread time", |t| t.load, |r| r.phases.load.busy_seconds),
        ("Process, thread time", |t| t.process, |r| r.phases.process.busy_seconds),
        ("Write, thread time", |t| t.write, |r| r.phases.write.busy_seconds),
    ];
    for (label, of, actual) in times {
        let range = estimate.map(|estimate| of(&estimate.times));
        // An exact plan worked on all images, but wrote none.
        let expected = range.map_or_else(|| actual(plan), |range| range.expected);
        if expected > 0.0 && (range.is_some() || label.starts_with("Process")) {
            rows.push(Predicted {
                label: label.to_owned(),
                unit: Unit::Seconds,
                expected,
                range: range.map(|range| (range.low, range.high)),
                actual: actual(run),
            });
        }
    }
    let ratios = overlap.sizes.iter().filter(|(first, second)| *first > 0 && *second > 0);
    let ratios: Vec<f64> = ratios
        .filter(|_| findings::knows_sizes_after(plan))
        .map(|&(first, second)| {
            let (first, second) = if turned { (second, first) } else { (first, second) };
            second as f64 / first as f64 - 1.0
        })
        .collect();
    Some(ForecastCheck {
        complete: run.stopped.is_none() && plan.totals.images.shrunk == run.totals.images.shrunk && overlap.is_whole(),
        rows,
        per_image: (!ratios.is_empty()).then(|| PercentilesReport::of(&ratios)),
    })
}

fn told(report: &Report) -> Vec<(String, String)> {
    let all = sections::settings::told(&report.settings).into_iter();
    all.map(|one| (one.label, one.value)).collect()
}

fn machine(report: &Report) -> Vec<(String, String)> {
    let rows = sections::machine::rows(&report.machine);
    let mut all: Vec<(String, String)> = rows.into_iter().map(|(label, value)| (label.to_owned(), value)).collect();
    let mut distinct = |label: &str, of: &dyn Fn(&super::ShardReport) -> String| {
        let mut values: Vec<String> = report.shards.iter().map(of).filter(|value| !value.is_empty()).collect();
        values.sort();
        values.dedup();
        all.push((label.to_owned(), values.join(", ")));
    };
    distinct("Drives", &|shard| sections::word(&shard.drive.kind));
    distinct("File systems", &|shard| shard.drive.file_system.clone());
    // A plan writes nothing.
    if report.kind == Kind::Run {
        distinct("Written", &|shard| shard.write_mode.clone());
    }
    all
}

/// What both have, and differs.
fn differing(first: Vec<(String, String)>, second: Vec<(String, String)>) -> Vec<[String; 3]> {
    let pairs = first.into_iter().filter_map(|(label, first)| {
        let (_, second) = second.iter().find(|(other, _)| *other == label)?;
        (first != *second).then(|| [label, first, second.clone()])
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
