//! What it saved, or would save: the parts that reconcile, the formats, and the forecast against the outcome.

use super::super::findings;
use super::super::forecast;
use super::super::format::{self, count};
use super::super::page::{Block, Section, Table, Width, plain, strong};
use super::super::plots;
use super::super::value::{EstimateReport, Forecast, Report};
use super::format_name;
use crate::engine::Kind;

pub(super) fn section(report: &Report) -> Option<Section> {
    let totals = &report.totals;
    let same = |label: &str, bytes: u64| {
        let (bytes, nothing) = (format::bytes(bytes), format::bytes(0));
        vec![plain(label), plain(bytes.clone()), plain(bytes), plain(nothing)]
    };
    let saved = format::signed_bytes(findings::bytes_saved(report));
    let mut blocks = vec![
        Block::Text(plain(findings::saving(report))),
        Table::dressed(
            &["", "Before", "After", "Saved"],
            vec![
                vec![
                    plain("Changed images"),
                    plain(format::bytes(totals.changed_bytes_before)),
                    plain(format::bytes(findings::changed_bytes_after(report))),
                    plain(saved.clone()),
                ],
                same("Untouched images", totals.untouched_bytes),
                same(&format!("Other files ({})", count(totals.other_files)), totals.other_bytes),
                vec![
                    strong("Together"),
                    plain(format::bytes(totals.bytes_before)),
                    plain(format::bytes(findings::bytes_after(report))),
                    plain(saved),
                ],
            ],
        ),
    ];
    if !report.formats.is_empty() {
        blocks.push(formats(report));
    }
    let plots = [plots::sizes(report), plots::savings(report), plots::formats(report)];
    blocks.extend(plots.into_iter().flatten().map(Block::Plot));
    let mut remarks = Vec::new();
    if totals.kept_bytes > 0 {
        let kept = format::bytes(totals.kept_bytes);
        remarks.push(plain(format!("On top of that, originals are kept: {kept}, freed by purge.")));
    }
    if totals.written_bytes > 0 {
        remarks.push(plain(format!("Written: {}.", format::bytes(totals.written_bytes))));
    }
    if let Some(estimate) = report.estimate.as_ref().filter(|_| report.kind != Kind::Run) {
        remarks.push(plain(predicted(estimate)));
    }
    if !remarks.is_empty() {
        blocks.push(Block::List(remarks));
    }
    if let Some(forecast) = &report.forecast {
        blocks.extend(outcome(forecast));
    }
    Some(Section::new("Savings", Width::Whole, blocks))
}

/// Changed images by the format they had; where only their sum was predicted, without what each format saves.
fn formats(report: &Report) -> Block {
    let all = findings::knows_sizes_after(report);
    let rows = report.formats.iter().map(|row| {
        let mut cells = vec![
            row.format.map_or("unknown", format_name).to_owned(),
            count(row.images),
            format::bytes(row.bytes_before),
        ];
        if all {
            cells.push(format::bytes(row.bytes_after));
            cells.push(format::signed_bytes(row.bytes_saved));
            cells.push(format::percent(row.saved_share));
        }
        cells
    });
    let columns = ["Changed images", "Images", "Before", "After", "Saved", "Saved %"];
    Table::of(if all { &columns } else { &columns[..3] }, rows)
}

fn predicted(estimate: &EstimateReport) -> String {
    let range = estimate.bytes_after;
    format!(
        "Replacements of {} ({} to {}). {}",
        format::fine_bytes(range.expected),
        format::fine_bytes(range.low),
        format::fine_bytes(range.high),
        forecast::before(estimate).join(" ")
    )
}

/// The run against its prediction, as a table.
fn outcome(outcome: &Forecast) -> Vec<Block> {
    let columns = ["Forecast", "Expected", "Range", "Outcome", "Deviation", "In range"];
    let mut blocks = vec![Table::of(&columns, forecast::rows(outcome))];
    if !outcome.complete {
        blocks.push(Block::Text(plain(
            "Not all of the predicted images were changed, so the forecast and the outcome do not compare.",
        )));
    }
    blocks
}
