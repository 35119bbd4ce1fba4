//! The reports: what a run did, as the exported page shows it; the history; comparing; the benchmark.
//!
//! - `state`, `act`, `hear`: facts, and what changes them; `workers`: what reads and writes;
//! - `sheet`: what the page of one report shows, as values;
//! - `bar`, `page`, `runs`, `export`: drawing; `blocks` and `plots` set what an exported page is made of;
//! - `bench`: the benchmark.

mod act;
mod bar;
mod bench;
mod blocks;
mod export;
mod hear;
mod page;
mod plots;
mod runs;
mod sheet;
mod state;
#[cfg(test)]
mod tests;
mod workers;

use std::collections::HashSet;

use egui::Ui;

pub(super) use self::act::{Command, act};
pub(super) use self::hear::{News, hear};
pub(super) use self::state::{Kept, State};
use super::command::Outbox;
use super::model::Model;
use super::office::Office;

/// What fills the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Segment {
    /// One report.
    #[default]
    Report,
    /// The history.
    AllRuns,
    /// The benchmark.
    Benchmark,
}

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Plots that are shown as tables, by their titles.
    as_tables: HashSet<String>,
    /// What is typed into the search of all runs.
    filter: String,
    /// The path that is typed, and of which question.
    path: (u64, String),
    bench: bench::View,
}

/// What is due at the start.
pub(super) fn start(model: &mut Model, office: &Office) {
    workers::look(model, office);
}

/// Starts what became due.
pub(super) fn settle(model: &mut Model, office: &Office) {
    if model.report.due {
        model.report.due = false;
        workers::look(model, office);
    }
    if let Some(wanted) = model.report.wanted.take() {
        workers::open(model, office, wanted);
    }
}

/// The page.
pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    // The page begins where the bar ends.
    let gap = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 0.0);
    bar::show(ui, model, out);
    ui.add_space(0.0);
    ui.spacing_mut().item_spacing.y = gap;
    match model.report.kept.segment {
        Segment::Report => page::show(ui, model, view, out),
        Segment::AllRuns => runs::show(ui, model, view, out),
        Segment::Benchmark => bench::show(ui, model, &mut view.bench, out),
    }
}

/// The one thing to do, top right, drawn from right to left: copy, export.
pub(super) fn show_actions(ui: &mut Ui, model: &Model, _: &mut View, out: &mut Outbox) {
    bar::show_actions(ui, model, out);
}

/// What the status bar says on this page; false where there is nothing to say.
pub(super) fn show_status(ui: &mut Ui, model: &Model, _: &mut View, out: &mut Outbox) -> bool {
    bar::show_status(ui, model, out)
}

/// What lies over the page.
pub(super) fn show_over(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    export::show(ui, model, view, out);
}

/// What the window's title says of this page.
pub(super) fn title(model: &Model) -> &'static str {
    if model.report.exporting.is_some() {
        "Export"
    } else if model.report.opened.is_some() {
        "Report"
    } else {
        "No report"
    }
}

/// What the export key exports: the page as HTML, or the benchmark.
pub(super) fn usual_export(model: &Model) -> Command {
    Command::Export(match model.report.kept.segment {
        Segment::Benchmark => state::What::Benchmark(crate::report::ReportFormat::Html),
        _ => state::What::Report(crate::report::ReportFormat::Html),
    })
}

/// Something is shown that can be exported.
pub(super) fn can_export(model: &Model) -> bool {
    model.report.exporting.is_none() && (model.report.opened.is_some() || model.report.kept.segment == Segment::Benchmark)
}
