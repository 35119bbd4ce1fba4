//! How evenly the run was fed: percentiles, plots and the likely cause.

use super::super::format;
use super::super::load_speed::PercentilesReport;
use super::super::page::{Block, Section, Table, Width, plain};
use super::super::plots;
use super::super::value::Report;

pub(super) fn section(report: &Report) -> Option<Section> {
    let speed = report.load_speed.as_ref()?;
    let mut blocks = vec![Block::Text(plain(speed.explanation.clone()))];
    blocks.extend(plots::load_speed(report).map(Block::Plot));
    blocks.extend(plots::load_times(report).map(Block::Plot));
    let row = |label: &str, values: PercentilesReport, told: fn(f64) -> String| {
        let mut row = vec![label.to_owned()];
        row.extend([values.min, values.p5, values.p50, values.p95, values.max].map(told));
        row
    };
    let mut rows = Vec::new();
    if speed.points > 0 {
        rows.push(row("MB/s, second by second", speed.megabytes_per_second, format::number));
        rows.push(row("images/s, second by second", speed.images_per_second, format::number));
    }
    if speed.images > 0 {
        rows.push(row("Time to load an image", speed.image_milliseconds, format::milliseconds));
    }
    blocks.push(Table::of(&["Load", "min", "p5", "p50", "p95", "max"], rows));
    Some(Section::new("Load speed", Width::Whole, blocks))
}
