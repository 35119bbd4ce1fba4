//! A benchmark in words and bars.

use super::{AxisName, BenchReport, SpreadSeconds, VariantReport, Verdict};
use crate::report::format::{self, things};
use crate::report::page::{Block, Line, Page, Section, Table, Width, plain, strong};
use crate::report::plots::{BarRow, Bars, Ink, Plot, Shape};
use crate::report::sections::head::whole_seconds;
use crate::report::sections::{machine, settings};

/// The one sentence to read.
pub(super) fn finding(report: &BenchReport) -> String {
    let Some(base) = report.variants.first().filter(|base| base.runs > 0) else {
        return "Stopped before anything was measured.".to_owned();
    };
    let fastest = report
        .variants
        .iter()
        .filter(|variant| variant.verdict == Verdict::Faster && variant.axis != Some(AxisName::Originals))
        .min_by(|a, b| a.seconds.median.total_cmp(&b.seconds.median));
    match fastest {
        Some(best) => format!("{}: {}.", best.label, against(best)),
        None if report.stopped => format!(
            "Stopped before all rounds were made; so far the settings in force take {}.",
            format::seconds(base.seconds.median)
        ),
        None => format!(
            "Nothing that was tried is clearly faster than the settings in force ({} for {}).",
            format::seconds(base.seconds.median),
            things(report.images, "image", "images")
        ),
    }
}

/// How fast it is against the settings in force.
pub(super) fn against(variant: &VariantReport) -> String {
    let Some(speed) = variant.speed else {
        return "not measured".to_owned();
    };
    match variant.verdict {
        Verdict::InForce => "what is compared with".to_owned(),
        Verdict::Faster => format!("{} as fast as the settings in force", times(speed)),
        Verdict::Slower => format!("{} as fast as the settings in force", times(speed)),
        Verdict::NoDifference => "no clear difference".to_owned(),
        Verdict::TooFewRuns => "too few runs to say".to_owned(),
    }
}

/// `1.32 times`.
fn times(speed: f64) -> String {
    format!("{speed:.2} times")
}

/// How the best of what was tried stands against the runs of the settings in force: whether the difference is more than chance.
pub(super) fn beyond_spread(report: &BenchReport) -> Option<String> {
    let base = report.variants.first().filter(|base| base.runs > 0)?;
    let tried = report.variants.iter().filter(|variant| {
        variant.runs > 0 && !matches!(variant.verdict, Verdict::InForce | Verdict::TooFewRuns) && variant.axis != Some(AxisName::Originals)
    });
    let best = tried.min_by(|a, b| a.seconds.median.total_cmp(&b.seconds.median))?;
    let (own, base) = (best.seconds, base.seconds);
    Some(match best.verdict {
        Verdict::Faster => format!(
            "That is beyond the spread: its slowest run took {}, the fastest of the settings in force {}.",
            format::seconds(own.max),
            format::seconds(base.min)
        ),
        Verdict::NoDifference if own.max < base.min => format!(
            "{} came out ahead in every run, but by less than 3 %: not worth a change.",
            best.label
        ),
        Verdict::NoDifference => format!(
            "The best of the others, {}, took {}: within the spread, as the runs overlap.",
            best.label,
            spread(own)
        ),
        _ => format!("The best of the others, {}, was slower in every run.", best.label),
    })
}

/// The settings in force against what the machine could do at best.
pub(super) fn limit(report: &BenchReport) -> Option<String> {
    let base = report.variants.first()?;
    let times = base.times_of_limit?;
    let cores = things(report.machine.cores, "core", "cores");
    let time = match base.processor_seconds {
        Some(seconds) => format!("{} of processor time", format::seconds(seconds)),
        None => format!("{} of threads at work", format::seconds(base.busy_seconds.iter().sum())),
    };
    Some(format!(
        "The settings in force take {times:.2} times as long as {time} need on {cores} that never wait. A drive's own speed is no part of that limit."
    ))
}

pub(super) fn spread(seconds: SpreadSeconds) -> String {
    format!("{} to {}", format::seconds(seconds.min), format::seconds(seconds.max))
}

/// The whole page.
pub(super) fn page(report: &BenchReport) -> Page {
    let mut sections = vec![measured(report)];
    let remarks: Vec<Line> = [beyond_spread(report), limit(report)].into_iter().flatten().map(plain).collect();
    if !remarks.is_empty() {
        sections.push(Section::new(
            "How sure, and how near the limit",
            Width::Whole,
            vec![Block::List(remarks)],
        ));
    }
    if !report.recommendations.is_empty() {
        let mut blocks = vec![Block::List(report.recommendations.iter().map(plain).collect())];
        blocks.push(Block::Text(plain(
            "Each was measured by itself, everything else as it is set; together they may gain less than the sum.",
        )));
        sections.push(Section::new("What to set", Width::Whole, blocks));
    }
    if !report.notices.is_empty() {
        let lines = report
            .notices
            .iter()
            .map(|notice| plain(format!("{}: {}", notice.path, notice.message)));
        sections.push(Section::new("Remarks", Width::Whole, vec![Block::List(lines.collect())]));
    }
    let told = settings::told(&report.settings).into_iter().map(|one| vec![one.label, one.value]);
    sections.push(Section::new(
        "Settings in force",
        Width::Half,
        vec![Table::of(&["Setting", "Value"], told)],
    ));
    let rows = machine::rows(&report.machine)
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value]);
    sections.push(Section::new("Machine", Width::Half, vec![Table::of(&["", ""], rows)]));
    Page {
        title: "Shardpress benchmark".to_owned(),
        subject: report.shard.one_line(),
        finding: report.critical_finding.clone(),
        lead: vec![
            Block::Text(plain(format!(
                "Begun {}, {} long. {} of the {} with work in this shard, {} in all, copied beside it and worked on afresh in every run; {} of each variant, in turn forward and backward, after one run to warm up.",
                whole_seconds(report.started),
                format::seconds(report.wall_seconds),
                format::count(report.images),
                things(report.images_with_work, "image", "images"),
                format::bytes(report.bytes),
                things(u64::from(report.rounds), "run", "runs"),
            ))),
            Block::Text(plain(
                "The copy was written just before each run, so the system may serve reads from memory: figures of loading are those of a warm drive.",
            )),
        ],
        sections,
    }
}

fn measured(report: &BenchReport) -> Section {
    let rows = report.variants.iter().map(|variant| {
        let label: Line = if variant.axis.is_none() {
            strong(variant.label.clone())
        } else {
            plain(variant.label.clone())
        };
        if variant.runs == 0 {
            let none = || plain("–");
            return vec![label, none(), none(), none(), none(), none(), none(), none(), plain("not measured")];
        }
        vec![
            label,
            plain(format::seconds(variant.seconds.median)),
            plain(spread(variant.seconds)),
            plain(format::number(variant.images_per_second)),
            plain(format::rate(variant.bytes_per_second)),
            plain(variant.speed.map_or("–".to_owned(), |speed| format!("{speed:.2}×"))),
            plain(busy(variant)),
            plain(variant.times_of_limit.map_or("–".to_owned(), |times| format!("{times:.2}×"))),
            plain(words(variant)),
        ]
    });
    let columns = [
        "",
        "Median",
        "Range",
        "images/s",
        "Read",
        "Speed",
        "Busy: load, process, write",
        "Of the limit",
        "Against the settings in force",
    ];
    let mut blocks = vec![Table::dressed(&columns, rows.collect())];
    blocks.extend(plot(report).map(Block::Plot));
    Section::new("What was measured", Width::Whole, blocks)
}

/// Thread time at work in the three phases: `0.12 / 1.90 / 0.20 s`.
pub(super) fn busy(variant: &VariantReport) -> String {
    let [load, process, write] = variant.busy_seconds;
    format!("{load:.2} / {process:.2} / {write:.2} s")
}

/// The verdict in a few words.
pub(super) fn words(variant: &VariantReport) -> String {
    let words = match variant.verdict {
        Verdict::InForce => "what is compared with",
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::NoDifference => "no clear difference",
        Verdict::TooFewRuns => "too few runs to say",
    };
    match variant.failed {
        0 => words.to_owned(),
        failed => format!("{words}; {} failed", things(failed, "image", "images")),
    }
}

/// Thread time at work, phase by phase, of every variant.
fn plot(report: &BenchReport) -> Option<Plot> {
    let rows: Vec<BarRow> = report
        .variants
        .iter()
        .filter(|variant| variant.runs > 0)
        .map(|variant| BarRow {
            label: variant.label.clone(),
            parts: vec![(
                if variant.axis.is_none() { Ink::Before } else { Ink::After },
                variant.seconds.median,
                format::seconds(variant.seconds.median),
            )],
        })
        .collect();
    (!rows.is_empty()).then(|| Plot {
        title: "Time of a run".to_owned(),
        unit: "median, shorter is faster".to_owned(),
        summary: finding(report),
        shape: Shape::Bars(Bars {
            rows,
            legend: Vec::new(),
            stacked: false,
        }),
    })
}
