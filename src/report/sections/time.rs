//! Where the time went: the tree, the verdict with its evidence, the three phases in figures.

use super::super::format::{self, count};
use super::super::page::{Block, Section, Table, Width, plain};
use super::super::plots;
use super::super::tree;
use super::super::value::{PhaseReport, Report, SpreadReport};
use crate::engine::Phase;

pub(super) fn section(report: &Report) -> Option<Section> {
    let rows = tree::rows(report);
    if rows.is_empty() {
        return None;
    }
    let mut blocks = vec![Block::Text(plain("Time at work, all threads together:")), Block::Tree(rows)];
    if let Some(bound) = &report.bound {
        blocks.push(Block::List(bound.evidence.iter().map(plain).collect()));
    }
    blocks.extend(plots::throughput(report).map(Block::Plot));
    blocks.extend(plots::phases(report).map(Block::Plot));
    let phases = [
        (Phase::Load, &report.phases.load),
        (Phase::Process, &report.phases.process),
        (Phase::Write, &report.phases.write),
    ];
    let columns = [
        "Phase",
        "Images",
        "Bytes",
        "Busy",
        "Share",
        "Wall",
        "Busy threads",
        "CPU use",
        "images/s",
        "MB/s",
    ];
    blocks.push(Table::of(&columns, phases.iter().map(|(phase, totals)| costs(*phase, totals))));
    let columns = [
        "Phase",
        "images/s min / median / max",
        "MB/s min / median / max",
        "Waited for input",
        "Waited for output",
        "Waited for memory",
    ];
    blocks.push(Table::of(&columns, phases.iter().map(|(phase, totals)| waits(*phase, totals))));
    Some(Section::new("Where the time went", Width::Whole, blocks))
}

fn costs(phase: Phase, totals: &PhaseReport) -> Vec<String> {
    vec![
        phase.name().to_owned(),
        count(totals.images),
        format::bytes(totals.bytes),
        format::seconds(totals.busy_seconds),
        format::percent(totals.share),
        format::seconds(totals.wall_seconds),
        format::number(totals.mean_busy_threads),
        totals.cpu_use.map_or("unknown".to_owned(), format::percent),
        format::number(totals.images_per_second),
        format::number(totals.megabytes_per_second),
    ]
}

fn waits(phase: Phase, totals: &PhaseReport) -> Vec<String> {
    let spread = |s: SpreadReport| {
        format!(
            "{} / {} / {}",
            format::number(s.min),
            format::number(s.median),
            format::number(s.max)
        )
    };
    vec![
        phase.name().to_owned(),
        spread(totals.images_per_second_spread),
        spread(totals.megabytes_per_second_spread),
        format::seconds(totals.waited.input_seconds),
        format::seconds(totals.waited.output_seconds),
        format::seconds(totals.waited.memory_seconds),
    ]
}
