//! What the page of one report shows, as values: made by a worker, since a report may tell of a million images. Drawing only
//! lays it out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::engine::{DriveKind, Kind, Phase};
use crate::gui::format;
use crate::report::{
    Block, BoundReport, Columns, Comparison, EstimateReport, ImageOutcome, ImageReport, Ink, Page, Plot, Report, Section, Shape,
    ShardStateName, Span, Table, bytes_after, format_name, is_bad, knows_sizes_after, page, plots, tree,
};

/// A report that is open, and what it is compared with.
#[derive(Debug)]
pub(in crate::gui) struct Opened {
    /// Its file in the history.
    pub(super) path: PathBuf,
    pub(super) report: Arc<Report>,
    pub(super) sheet: Sheet,
    pub(super) against: Option<Against>,
}

/// The report beside it.
#[derive(Debug)]
pub(super) struct Against {
    pub(super) path: PathBuf,
    /// As a whole, for a page of its own and for export.
    pub(super) comparison: Comparison,
    pub(super) page: Page,
    pub(super) table: AgainstTable,
}

/// Two sets of figures beside each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AgainstTable {
    /// What it is called: `Live run against dry run`.
    pub(super) title: String,
    /// Heads of its two columns.
    pub(super) heads: [String; 2],
    pub(super) rows: Vec<AgainstRow>,
}

/// A figure of both.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AgainstRow {
    pub(super) label: &'static str,
    /// Of the other one and of the open one; empty where it does not have it.
    pub(super) values: [String; 2],
    /// `+2.6 %`; empty where there is nothing to compare.
    pub(super) difference: String,
    pub(super) strong: bool,
}

/// One report.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) verdict: Verdict,
    pub(super) tree: Vec<Node>,
    pub(super) saved: Vec<SavedRow>,
    /// A run beside what was predicted of it, for when it is compared with nothing else.
    pub(super) forecast: Option<AgainstTable>,
    pub(super) plots: Vec<Plot>,
    pub(super) more: Vec<Section>,
}

/// The sentences to read first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// Whose colour the strip has.
    pub(super) phase: Option<Phase>,
    pub(super) lead: String,
    pub(super) rest: String,
    /// Something did not go well.
    pub(super) bad: bool,
}

/// A row of the tree of times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) depth: usize,
    pub(super) label: String,
    pub(super) phase: Option<Phase>,
    pub(super) seconds: f64,
    /// Of all thread time.
    pub(super) share: f64,
    /// Milliseconds; none where no image went through.
    pub(super) an_image: Option<f64>,
}

/// A row of what was saved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SavedRow {
    pub(super) label: String,
    pub(super) count: u64,
    pub(super) before: u64,
    pub(super) after: Option<u64>,
    /// Of before; `None` where nothing was to be saved or it is not known.
    pub(super) share: Option<f64>,
    pub(super) sum: bool,
}

impl Sheet {
    /// Everything the page shows.
    pub(super) fn of(report: &Report) -> Self {
        let whole = page(report);
        // What is drawn above in the window's own way.
        const DRAWN: [&str; 2] = ["Savings", "Where the time went"];
        let more = whole
            .sections
            .into_iter()
            .filter(|section| !DRAWN.contains(&section.title.as_str()));
        let more = more.map(|section| {
            if section.title == "Shards" {
                shards(report, section)
            } else {
                section
            }
        });
        Self {
            title: whole.subject,
            subtitle: subtitle(report),
            verdict: verdict(report),
            tree: nodes(report),
            saved: saved(report),
            forecast: forecast(report),
            plots: window_plots(report),
            more: more.map(without_plots).filter(|section| !section.blocks.is_empty()).collect(),
        }
    }
}

/// The shards, with bytes in the units of the window.
fn shards(report: &Report, section: Section) -> Section {
    let plain = |text: String| vec![Span::Plain(text)];
    let rows = report.shards.iter().map(|shard| {
        vec![
            vec![Span::Code(shard.path.one_line())],
            plain(capital(match shard.state {
                ShardStateName::Planned => "planned",
                ShardStateName::Done => "done",
                ShardStateName::Skipped => "left as it was",
                ShardStateName::NotReached => "not reached",
            })),
            plain(format::count(shard.counts.total)),
            plain(format::count(shard.counts.shrunk)),
            plain(format::count(shard.counts.failed)),
            plain(format::bytes(shard.image_bytes_before).text()),
            plain(format::bytes(shard.image_bytes_after).text()),
            plain(drive_name(shard.drive.kind).to_owned()),
        ]
    });
    let columns = ["Shard", "State", "Images", "Shrunk", "Failed", "Before", "After", "Drive"];
    let table = Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    Section {
        blocks: vec![Block::Table(table)],
        ..section
    }
}

/// Every plot stands among the others already.
fn without_plots(mut section: Section) -> Section {
    section.blocks.retain(|block| !matches!(block, Block::Plot(_)));
    section
}

/// What a report is, in the words of the window.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Estimate => "Dry run",
        Kind::Exact => "Exact dry run",
        Kind::Run => "Live run",
    }
}

/// What a drive is, in words.
pub(super) fn drive_name(kind: DriveKind) -> &'static str {
    match kind {
        DriveKind::Solid => "Flash drive of this machine",
        DriveKind::Spinning => "Spinning disk",
        DriveKind::Network => "Network drive",
        DriveKind::Memory => "In memory",
        DriveKind::Unknown => "Drive of unknown kind",
    }
}

fn subtitle(report: &Report) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let begun = format::local(report.started);
    let ended = begun + Duration::try_from_secs_f64(report.wall_seconds).unwrap_or_default();
    let clock = |when: OffsetDateTime| format!("{:02}:{:02}", when.hour(), when.minute());
    let times = if clock(begun) == clock(ended) && begun.date() == ended.date() {
        clock(begun)
    } else {
        format!("{} to {}", clock(begun), clock(ended))
    };
    let month = MONTHS[usize::from(u8::from(begun.month())) - 1];
    let mut text = format!(
        "{} on {} {month} {}, {times}. {}, quality {}, chroma {}.",
        kind_name(report.kind),
        begun.day(),
        begun.year(),
        fit_words(report),
        report.settings.picture.quality,
        chroma_words(report),
    );
    if let Some(shard) = report.shards.first() {
        let system = &shard.drive.file_system;
        let system = if system.is_empty() { String::new() } else { format!(" ({system})") };
        text.push_str(&format!(" {}{system},", drive_name(shard.drive.kind)));
        let workers = format::things(report.machine.workers, "worker", "workers");
        // Which library and which instructions stands below, under the machine.
        let backend = report.machine.backend.split(" (").next().unwrap_or_default();
        let card = report.card.as_ref().is_some_and(|card| card.images > 0);
        let beside = if card { " and graphics card" } else { "" };
        text.push_str(&format!(" {backend}{beside} with {workers}."));
    }
    text
}

fn fit_words(report: &Report) -> String {
    use crate::engine::Fit;
    let picture = &report.settings.picture;
    match picture.fit {
        Fit::Longest => format!("Longest side {} px", picture.target),
        Fit::Shortest => format!("Shortest side {} px", picture.target),
        Fit::Box { width, height } => format!("Within {} px", format::size(width, height)),
        Fit::Megapixels(most) => format!("At most {} MP", most),
    }
}

fn chroma_words(report: &Report) -> &'static str {
    use crate::engine::Chroma;
    match report.settings.picture.chroma {
        Chroma::C444 => "4:4:4",
        Chroma::C422 => "4:2:2",
        Chroma::C420 => "4:2:0",
    }
}

fn verdict(report: &Report) -> Verdict {
    let bad = is_bad(report);
    match &report.bound {
        Some(BoundReport { phase, evidence, .. }) if !bad && report.kind != Kind::Estimate => Verdict {
            phase: Some(*phase),
            lead: evidence.first().cloned().unwrap_or_default(),
            rest: evidence.iter().skip(1).cloned().collect::<Vec<_>>().join(" "),
            bad,
        },
        bound => Verdict {
            phase: None,
            lead: report.critical_finding.clone(),
            rest: bound.as_ref().map(|bound| bound.evidence.join(" ")).unwrap_or_default(),
            bad,
        },
    }
}

fn nodes(report: &Report) -> Vec<Node> {
    let images = |phase: Option<Phase>| match phase {
        Some(Phase::Load) => report.phases.load.images,
        Some(Phase::Process) | None => report.phases.process.images,
        Some(Phase::Write) => report.phases.write.images,
    };
    let rows = tree(report).into_iter();
    rows.map(|row| Node {
        depth: row.depth,
        label: capital(&row.label),
        phase: row.phase,
        seconds: row.seconds,
        share: row.share,
        an_image: Some(images(row.phase)).filter(|n| *n > 0).map(|n| row.seconds * 1e3 / n as f64),
    })
    .collect()
}

/// The first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn saved(report: &Report) -> Vec<SavedRow> {
    let totals = &report.totals;
    let known = knows_sizes_after(report);
    let row = |label: &str, count: u64, before: u64, after: Option<u64>, sum: bool| SavedRow {
        label: label.to_owned(),
        count,
        before,
        after,
        share: after
            .filter(|after| before > 0 && *after != before)
            .map(|after| 1.0 - after as f64 / before as f64),
        sum,
    };
    let mut rows: Vec<SavedRow> = report
        .formats
        .iter()
        .map(|format| {
            let name = format.format.map_or("Unknown", format_name);
            row(name, format.images, format.bytes_before, known.then_some(format.bytes_after), false)
        })
        .collect();
    let counts = &totals.images;
    let others = counts.total - counts.shrunk.min(counts.total);
    if others > 0 {
        let mut label = "Left alone".to_owned();
        let not = [
            (counts.refused, "refused"),
            (counts.failed, "failed"),
            (counts.not_reached, "not reached"),
        ];
        for (number, what) in not.into_iter().filter(|(number, _)| *number > 0) {
            label.push_str(&format!(", {} {what}", format::count(number)));
        }
        rows.push(row(&label, others, totals.untouched_bytes, Some(totals.untouched_bytes), false));
    }
    let before = totals.bytes_before.saturating_sub(totals.other_bytes);
    rows.push(row("All images", counts.total, before, Some(images_after(report)), true));
    rows
}

/// Bytes of all images afterwards; of an estimate the best guess.
fn images_after(report: &Report) -> u64 {
    bytes_after(report).saturating_sub(report.totals.other_bytes)
}

/// The plots of the report; sizes in the units of the window.
fn window_plots(report: &Report) -> Vec<Plot> {
    let mut all = plots(report);
    // Its figures stand in the table of what was saved.
    all.retain(|plot| plot.title != "Size before and after");
    if let Some(plot) = all.iter_mut().find(|plot| plot.title == "File sizes")
        && let Some(shape) = sizes(report)
    {
        plot.unit = "images".to_owned();
        plot.shape = shape;
    }
    all
}

/// Changed images by size of their files, two columns to a doubling.
fn sizes(report: &Report) -> Option<Shape> {
    const MOST: i32 = 48;
    let column = |bytes: u64| ((bytes.max(1) as f64).log2() * 2.0 + 1e-9).floor() as i32;
    let changed = |image: &&ImageReport| image.outcome == ImageOutcome::Shrunk;
    let images: Vec<&ImageReport> = report.shards.iter().flat_map(|shard| &shard.images).filter(changed).collect();
    let known = knows_sizes_after(report);
    let before = images.iter().map(|image| column(image.bytes_before));
    let after = images.iter().filter(|_| known).map(|image| column(image.bytes_after));
    let (first, last) = before
        .clone()
        .chain(after.clone())
        .fold((i32::MAX, i32::MIN), |(low, high), at| (low.min(at), high.max(at)));
    if first > last {
        return None;
    }
    let len = (last - first + 1).min(MOST);
    let edge = |at: i32| 2_f64.powf(f64::from(first + at) / 2.0);
    let name = |value: f64| format::bytes(value.round() as u64).text();
    let count = |columns: &mut dyn Iterator<Item = i32>| {
        let mut counts = vec![0_u64; len as usize];
        columns.for_each(|at| counts[(at - first).clamp(0, len - 1) as usize] += 1);
        counts
    };
    // Every eighth of a step up where there is room, every doubling where there are few.
    let every = if len > 14 { 6 } else { 2 };
    let ticks = (0..=len).filter(|at| (first + at).rem_euclid(every) == 0);
    let whole = |value: f64| {
        let quantity = format::bytes(value.round() as u64);
        let digits: String = quantity.value.trim_end_matches('0').trim_end_matches('.').to_owned();
        let digits = if quantity.value.contains('.') { digits } else { quantity.value };
        format!("{digits} {}", quantity.unit)
    };
    let mut series = vec![("Before".to_owned(), Ink::Before, count(&mut before.clone()))];
    if known {
        series.push(("After".to_owned(), Ink::After, count(&mut after.clone())));
    }
    Some(Shape::Columns(Columns {
        bins: (0..len).map(|at| format!("{} to {}", name(edge(at)), name(edge(at + 1)))).collect(),
        ticks: ticks.map(|at| (at as usize, whole(edge(at)))).collect(),
        series,
        marks: Vec::new(),
    }))
}

impl Against {
    /// `open` beside `other`.
    pub(super) fn of(open: (&std::path::Path, &Report), other: (&std::path::Path, &Report)) -> Self {
        let comparison = Comparison::of((&short(other.0), other.1), (&short(open.0), open.1));
        let page = comparison.page();
        let (a, b) = (other.1, open.1);
        let (title, heads) = if a.kind == b.kind {
            let now = format::local(OffsetDateTime::now_utc());
            let moment = |report: &Report| format::moment(format::local(report.started), now);
            (format!("{} against an earlier one", kind_name(b.kind)), [moment(a), moment(b)])
        } else {
            (
                format!("{} against {}", kind_name(b.kind), kind_name(a.kind).to_lowercase()),
                [kind_name(a.kind).to_owned(), kind_name(b.kind).to_owned()],
            )
        };
        Self {
            path: other.0.to_owned(),
            comparison,
            page,
            table: AgainstTable {
                title,
                heads,
                rows: rows(&Figures::of(a), &Figures::of(b)),
            },
        }
    }
}

fn short(path: &std::path::Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What two reports are compared by; `None` where a report does not have it. Times are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Figures {
    total: Option<f64>,
    write: Option<f64>,
    load: Option<f64>,
    process: Option<f64>,
    bytes_after: Option<f64>,
    shrunk: Option<f64>,
}

impl Figures {
    /// As measured; of a dry run as predicted.
    fn of(report: &Report) -> Self {
        if report.kind == Kind::Estimate {
            return Self {
                bytes_after: Some(images_after(report) as f64),
                shrunk: Some(report.totals.images.shrunk as f64),
                ..report.estimate.as_ref().map(Self::times).unwrap_or_default()
            };
        }
        let measured = |seconds: f64| Some(seconds).filter(|seconds| *seconds > 0.0);
        Self {
            total: measured(report.wall_seconds),
            write: measured(report.phases.write.busy_seconds),
            load: measured(report.phases.load.busy_seconds),
            process: measured(report.phases.process.busy_seconds),
            bytes_after: Some(images_after(report) as f64),
            shrunk: Some(report.totals.images.shrunk as f64),
        }
    }

    fn times(estimate: &EstimateReport) -> Self {
        let times = &estimate.times;
        Self {
            total: Some(times.wall.expected),
            write: Some(times.write.expected),
            load: Some(times.load.expected),
            process: Some(times.process.expected),
            ..Self::default()
        }
    }
}

/// A run that was predicted, beside the prediction.
fn forecast(report: &Report) -> Option<AgainstTable> {
    let estimate = report.estimate.as_ref().filter(|_| report.kind == Kind::Run)?;
    let changed = estimate.bytes_after.expected as f64 - report.totals.changed_bytes_after as f64;
    // Only what was predicted of every image compares.
    let complete = report.forecast.as_ref().is_some_and(|forecast| forecast.complete);
    let predicted = Figures {
        bytes_after: complete.then(|| images_after(report) as f64 + changed),
        shrunk: Some(estimate.images as f64),
        ..Figures::times(estimate)
    };
    Some(AgainstTable {
        title: "Live run against dry run".to_owned(),
        heads: ["Dry run".to_owned(), "Live run".to_owned()],
        rows: rows(&predicted, &Figures::of(report)),
    })
}

fn rows(a: &Figures, b: &Figures) -> Vec<AgainstRow> {
    let row = |label: &'static str, of: fn(&Figures) -> Option<f64>, words: fn(f64) -> String, strong: bool| {
        let values = [of(a), of(b)];
        let difference = match values {
            [Some(first), Some(second)] if first != 0.0 => difference(second / first - 1.0),
            _ => String::new(),
        };
        AgainstRow {
            label,
            values: values.map(|value| value.map(words).unwrap_or_default()),
            difference,
            strong,
        }
    };
    let seconds: fn(f64) -> String = |seconds| format::time(Duration::try_from_secs_f64(seconds).unwrap_or_default()).text();
    let bytes: fn(f64) -> String = |bytes| format::bytes(bytes as u64).text();
    let count: fn(f64) -> String = |count| format::count(count as u64);
    let mut rows = vec![
        row("Total", |f| f.total, seconds, true),
        row("Write", |f| f.write, seconds, false),
        row("Load", |f| f.load, seconds, false),
        row("Process", |f| f.process, seconds, false),
        row("Bytes after", |f| f.bytes_after, bytes, false),
        row("Images shrunk", |f| f.shrunk, count, false),
    ];
    rows.retain(|row| row.values.iter().any(|value| !value.is_empty()));
    rows
}

/// `+2.6 %`, with a real minus sign.
pub(super) fn difference(share: f64) -> String {
    let percent = share * 100.0;
    let sign = if percent < -0.05 {
        "−"
    } else if percent >= 0.05 {
        "+"
    } else {
        ""
    };
    format!("{sign}{:.1} %", percent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn differences_read_well() {
        for (share, words) in [(0.026, "+2.6 %"), (-0.038, "−3.8 %"), (0.0004, "0.0 %"), (-0.0001, "0.0 %")] {
            assert_eq!(difference(share), words);
        }
    }

    #[test]
    fn what_was_saved_adds_up() {
        let report = Report::new(&samples::run());
        let rows = saved(&report);
        let (sum, parts) = rows.split_last().expect("rows");
        assert_eq!(parts.iter().map(|row| row.count).sum::<u64>(), sum.count);
        assert_eq!(parts.iter().map(|row| row.before).sum::<u64>(), sum.before);
        assert_eq!(parts.iter().filter_map(|row| row.after).sum::<u64>(), sum.after.expect("known"));
        assert!(sum.sum && parts.iter().all(|row| !row.sum));
    }

    #[test]
    fn the_plot_of_sizes_counts_every_changed_image_twice() {
        let report = Report::new(&samples::run());
        let Some(Shape::Columns(columns)) = sizes(&report) else {
            panic!("columns")
        };
        let changed = report.totals.images.shrunk;
        let counts: Vec<u64> = columns.series.iter().map(|(.., counts)| counts.iter().sum()).collect();
        assert_eq!(counts, [changed, changed]);
        assert!(
            columns
                .ticks
                .iter()
                .all(|(at, words)| *at <= columns.bins.len() && words.ends_with('B'))
        );
    }

    #[test]
    fn a_run_stands_beside_its_own_prediction() {
        let mut report = Report::new(&samples::run());
        assert_eq!(Sheet::of(&report).forecast.is_some(), report.estimate.is_some());
        report.kind = Kind::Estimate;
        assert_eq!(forecast(&report), None);
    }
}
