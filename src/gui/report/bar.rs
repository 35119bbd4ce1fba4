//! The bar above the page (which report, compared with what, which view), the actions top right, and the words of the status
//! bar after a run.

use std::path::PathBuf;

use egui::{Align, Layout, Sense, Stroke, Ui, UiBuilder, vec2};
use time::OffsetDateTime;

use super::act::Command;
use super::sheet::kind_name;
use super::state::What;
use super::{Segment, bench};
use crate::engine::Kind;
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shards::{self, TaskKind};
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, MenuItem, Select};
use crate::report::ReportFormat;
use crate::report::history::Entry;

/// Reports in a menu; the others are in the table of all runs.
const IN_MENU: usize = 12;

pub(super) fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
    ui.painter().rect_filled(rect, 0, tokens.s1);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let inside = rect.shrink2(vec2(16.0, 0.0));
    let row = |layout| UiBuilder::new().max_rect(inside).layout(layout);
    let left = &mut ui.new_child(row(Layout::left_to_right(Align::Center)));
    if model.report.kept.segment == Segment::Report && !model.report.entries.is_empty() {
        which(left, model, out);
    } else {
        title(left, model);
    }
    let right = &mut ui.new_child(row(Layout::right_to_left(Align::Center)).id_salt("views"));
    segments(right, model, out);
}

fn segments(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let mut chosen = model.report.kept.segment;
    let count = model.report.entries.len();
    let mut all = widgets::Segment::new("All runs");
    if count > 0 {
        all = all.count(format::count(count as u64));
    }
    let choices = [
        (Segment::Report, widgets::Segment::new("Report")),
        (Segment::AllRuns, all.name("All runs")),
        (Segment::Benchmark, widgets::Segment::new("Benchmark")),
    ];
    if widgets::segmented(ui, &mut chosen, choices, None).changed() {
        out.send(Command::Segment(chosen));
    }
}

fn title(ui: &mut Ui, model: &Model) {
    let tokens = theme::tokens(ui);
    let words = match model.report.kept.segment {
        Segment::Report => "Reports of plans and runs",
        Segment::AllRuns => "Every plan and run on this computer",
        Segment::Benchmark => "What the settings of this machine are worth on a drive",
    };
    widgets::label(ui, words, Text::Body, tokens.text2);
}

/// `Live run, 22 Nov, 14:07`.
pub(super) fn entry_words(entry: &Entry) -> String {
    let now = format::local(OffsetDateTime::now_utc());
    format!("{}, {}", kind_name(entry.kind), format::moment(format::local(entry.started), now))
}

/// The last name of its first folder.
pub(super) fn folder_words(entry: &Entry) -> String {
    let Some(first) = entry.roots.first() else { return String::new() };
    let text = first.text.trim_end_matches(['/', '\\']);
    let name = crate::report::format::one_line(text.rsplit(['/', '\\']).next().unwrap_or(text));
    match entry.roots.len() {
        1 => name,
        n => format!("{name} and {} more", n - 1),
    }
}

fn which(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let report = &model.report;
    let tokens = theme::tokens(ui);
    let open = report.opened.as_ref();
    let width = if ui.available_width() < 760.0 { 186.0 } else { 216.0 };
    let shown = open.and_then(|open| report.entry(&open.path)).map(entry_words).unwrap_or_else(|| {
        if report.reading {
            "Opening".to_owned()
        } else {
            "Choose a report".to_owned()
        }
    });
    let mut picked: Option<PathBuf> = None;
    Select::new("Report")
        .icon(Icon::History)
        .width(width)
        .menu_width(360.0)
        .show_menu(ui, &shown, |ui| {
            for entry in report.entries.iter().take(IN_MENU) {
                let chosen = open.is_some_and(|open| open.path == entry.path);
                if item(ui, entry, chosen) {
                    picked = Some(entry.path.clone());
                }
            }
            if report.entries.len() > IN_MENU {
                widgets::menu_line(ui);
                if MenuItem::new("All runs").icon(Icon::List).show(ui).clicked() {
                    out.send(Command::Segment(Segment::AllRuns));
                }
            }
        });
    if let Some(path) = picked {
        out.send(Command::Show(path));
    }
    let Some(open) = open else { return };
    widgets::label(ui, "compared with", Text::Small, tokens.text2);
    let against = open.against.as_ref().map(|against| &against.path);
    let shown = against
        .and_then(|path| report.entry(path))
        .map_or("Nothing".to_owned(), entry_words);
    let mut picked: Option<Option<PathBuf>> = None;
    Select::new("Compared with")
        .width(width - 8.0)
        .menu_width(360.0)
        .show_menu(ui, &shown, |ui| {
            if MenuItem::new("Nothing").chosen(against.is_none()).show(ui).clicked() {
                picked = Some(None);
            }
            let roots = report.entry(&open.path).map(|entry| &entry.roots);
            let same = |entry: &&Entry| Some(&entry.roots) == roots;
            let mut list = |ui: &mut Ui, heading: &str, entries: &mut dyn Iterator<Item = &Entry>| {
                for (at, entry) in entries.filter(|entry| entry.path != open.path).take(IN_MENU).enumerate() {
                    if at == 0 {
                        widgets::menu_heading(ui, heading);
                    }
                    if item(ui, entry, against == Some(&entry.path)) {
                        picked = Some(Some(entry.path.clone()));
                    }
                }
            };
            list(ui, "Of the same folders", &mut report.entries.iter().filter(same));
            list(ui, "Of other folders", &mut report.entries.iter().filter(|entry| !same(entry)));
        });
    if let Some(path) = picked {
        out.send(Command::Against(path));
    }
    if report.reading {
        widgets::spinner(ui, 14.0, "Opening the report");
    }
}

fn item(ui: &mut Ui, entry: &Entry, chosen: bool) -> bool {
    let folder = folder_words(entry);
    MenuItem::new(&entry_words(entry)).note(&folder).chosen(chosen).show(ui).clicked()
}

/// Copy and export, from right to left.
pub(super) fn show_actions(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let report = &model.report;
    let benchmark = report.kept.segment == Segment::Benchmark;
    let there = if benchmark {
        report.bench.shown.is_some()
    } else {
        report.opened.is_some()
    };
    let reason = match (there, benchmark) {
        (true, _) => None,
        (false, true) => Some("Nothing was measured yet."),
        (false, false) => Some("There is no report to export yet."),
    };
    let button = Button::primary("Export")
        .icon(Icon::Download)
        .trailing(Icon::ChevronDown)
        .disabled_because(reason)
        .show(ui);
    widgets::menu(&button, 264.0, |ui| {
        let mut offer = |ui: &mut Ui, icon: Icon, words: &str, note: &str, what: What| {
            if MenuItem::new(words).icon(icon).note(note).show(ui).clicked() {
                out.send(Command::Export(what));
            }
        };
        if benchmark {
            offer(ui, Icon::FileText, "Markdown", ".md", What::Benchmark(ReportFormat::Markdown));
            offer(ui, Icon::FileCode, "HTML, one file", ".html", What::Benchmark(ReportFormat::Html));
            offer(ui, Icon::Braces, "JSON", ".json", What::Benchmark(ReportFormat::Json));
            return;
        }
        let comparison = report.whole_comparison && report.opened.as_ref().is_some_and(|open| open.against.is_some());
        if comparison {
            widgets::menu_heading(ui, "The comparison");
            offer(
                ui,
                Icon::FileText,
                "Comparison, Markdown",
                ".md",
                What::Comparison(ReportFormat::Markdown),
            );
            offer(
                ui,
                Icon::FileCode,
                "Comparison, HTML",
                ".html",
                What::Comparison(ReportFormat::Html),
            );
            widgets::menu_line(ui);
        }
        widgets::menu_heading(ui, "The report");
        offer(ui, Icon::FileText, "Markdown", ".md", What::Report(ReportFormat::Markdown));
        let html = format!(".html, {}", shell::in_words(&shell::EXPORT));
        offer(ui, Icon::FileCode, "HTML, one file", &html, What::Report(ReportFormat::Html));
        offer(ui, Icon::Braces, "JSON", ".json", What::Report(ReportFormat::Json));
        offer(ui, Icon::Sheet, "CSV, a line an image", ".csv", What::Report(ReportFormat::Csv));
        if let Some(open) = report.opened.as_ref().filter(|open| !open.sheet.plots.is_empty()) {
            widgets::menu_line(ui);
            widgets::menu_heading(ui, "A plot");
            for (at, plot) in open.sheet.plots.iter().enumerate() {
                offer(ui, Icon::ChartLine, &plot.title, ".png", What::Plot(at));
            }
        }
    });
    if Button::secondary("Copy as Markdown")
        .icon(Icon::Copy)
        .disabled_because(reason)
        .show(ui)
        .clicked()
    {
        out.send(Command::CopyMarkdown);
    }
}

/// How the run that is shown ended, and what can still be done about it; false where that is none.
pub(super) fn show_status(ui: &mut Ui, model: &Model, out: &mut Outbox) -> bool {
    if model.report.kept.segment == Segment::Benchmark {
        return bench::show_status(ui, model);
    }
    let Some(open) = model.report.opened.as_ref().filter(|open| open.report.kind == Kind::Run) else {
        return false;
    };
    let tokens = theme::tokens(ui);
    let report = &open.report;
    let (state, color, icon) = if report.stopped.is_some() {
        ("Stopped", tokens.warning, Icon::CircleStop)
    } else if report.totals.images.failed > 0 {
        ("Done, with failures", tokens.warning, Icon::TriangleAlert)
    } else {
        ("Done", tokens.success, Icon::CircleCheck)
    };
    widgets::state(ui, icon, state, color);
    let images = &report.totals.images;
    let mut detail = format!("{} shrunk", format::things(images.shrunk, "image", "images"));
    if images.failed > 0 {
        detail.push_str(&format!(", {} failed", format::count(images.failed)));
    }
    let saved = format::signed_bytes(report.totals.bytes_saved).text();
    let purged = if report.totals.kept_bytes > 0 {
        " once originals are purged"
    } else {
        ""
    };
    detail.push_str(&format!(", {saved} saved{purged}"));
    widgets::label(ui, detail, Text::Small, tokens.text2);
    let (kept, undoable) = (model.shards.kept_of(&report.id), model.shards.undoable_of(&report.id));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = theme::SPACE_16;
        if !kept.is_empty() && widgets::link(ui, "Purge originals").clicked() {
            out.send(shards::Command::Ask(TaskKind::Purge, kept));
        }
        if !undoable.is_empty() && widgets::link(ui, "Undo this run").clicked() {
            out.send(shards::Command::Ask(TaskKind::Undo, undoable));
        }
    });
    true
}
