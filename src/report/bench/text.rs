//! A benchmark as a terminal shows it: one table, and what it says.

use super::page::{self, busy, spread, words};
use super::{BenchReport, VariantReport};
use crate::report::format::{self, things};

/// Headings of the table. The first column is the variant's name.
const COLUMNS: [&str; 9] = [
    "",
    "median",
    "range",
    "images/s",
    "read",
    "speed",
    "busy: load/process/write",
    "of limit",
    "",
];

/// The whole, without a line break at its end.
pub(super) fn text(report: &BenchReport) -> String {
    let mut lines = vec![
        format!(
            "{} of the {} with work in {}, {} in all; {} of each variant.",
            format::count(report.images),
            things(report.images_with_work, "image", "images"),
            report.shard.one_line(),
            format::bytes(report.bytes),
            things(u64::from(report.rounds), "run", "runs"),
        ),
        String::new(),
    ];
    lines.extend(table(report));
    lines.push(String::new());
    lines.push(report.critical_finding.clone());
    lines.extend(page::beyond_spread(report));
    lines.extend(page::limit(report));
    let more: Vec<&String> = report
        .recommendations
        .iter()
        .filter(|one| **one != report.critical_finding)
        .collect();
    if !more.is_empty() {
        lines.push("Each by itself, everything else as it is set:".to_owned());
        lines.extend(more.into_iter().map(|one| format!("  {one}")));
    }
    lines.extend(
        report
            .notices
            .iter()
            .map(|notice| format::one_line(&format!("{}: {}", notice.path, notice.message))),
    );
    lines.join("\n")
}

fn table(report: &BenchReport) -> Vec<String> {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(report.variants.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let line = |row: &[String; 9]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            let width = *width;
            // Names and verdicts are read, the rest is compared.
            if at == 0 || at == COLUMNS.len() - 1 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(variant: &VariantReport) -> [String; 9] {
    let none = || "–".to_owned();
    if variant.runs == 0 {
        return [
            variant.label.clone(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            "not measured".to_owned(),
        ];
    }
    [
        variant.label.clone(),
        format::seconds(variant.seconds.median),
        spread(variant.seconds),
        format::number(variant.images_per_second),
        format::rate(variant.bytes_per_second),
        variant.speed.map_or_else(none, |speed| format!("{speed:.2}×")),
        busy(variant),
        variant.times_of_limit.map_or_else(none, |times| format!("{times:.2}×")),
        words(variant),
    ]
}
