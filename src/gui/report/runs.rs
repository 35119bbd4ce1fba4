//! The table of all plans and runs: sorted, filtered, opened, two of them compared; what is damaged is named below.

use egui::{Align, Frame, Layout, Margin, Sense, Ui};
use egui_extras::{Column as TableColumn, TableBuilder};
use time::OffsetDateTime;

use super::View;
use super::act::Command;
use super::bar::folder_words;
use super::page::time_words;
use super::sheet::kind_name;
use super::state::Column;
use crate::engine::Kind;
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, Side, Sorted, TextField};
use crate::report::history::Entry;

/// Columns that sort: which, words, where they stand.
const COLUMNS: [(Column, &str, Side); 6] = [
    (Column::Date, "Date", Side::Left),
    (Column::Kind, "Kind", Side::Left),
    (Column::Folder, "Folder", Side::Left),
    (Column::Images, "Images", Side::Right),
    (Column::Saved, "Saved", Side::Right),
    (Column::Time, "Time", Side::Right),
];

/// Damaged reports that are named one by one.
const NAMED: usize = 5;

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let report = &model.report;
    if !report.looked {
        ui.centered_and_justified(|ui| widgets::spinner(ui, 24.0, "Reading the history"));
        return;
    }
    if report.entries.is_empty() && report.damaged.is_empty() {
        let sentence = "Every plan and run is kept here, so that two of them can be compared.";
        widgets::empty_state(ui, Icon::History, "No runs yet", sentence, |ui| {
            if Button::secondary("Go to the plan").show(ui).clicked() {
                out.send(shell::Command::Go(shell::Page::Plan));
            }
        });
        return;
    }
    let now = format::local(OffsetDateTime::now_utc());
    let wanted = view.filter.trim().to_lowercase();
    let rows: Vec<&Entry> = report
        .order
        .iter()
        .filter_map(|at| report.entries.get(*at))
        .filter(|entry| wanted.is_empty() || matches(entry, &wanted, now))
        .collect();
    Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::SPACE_12;
        head(ui, model, view, rows.len(), out);
        damaged(ui, model, out);
        widgets::card_frame(ui, 1.0).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            if rows.is_empty() {
                widgets::empty_state(
                    ui,
                    Icon::SearchX,
                    "Nothing matches",
                    "Search for a folder, a kind or a date.",
                    |_| {},
                );
                return;
            }
            table(ui, model, &rows, now, out);
        });
    });
}

fn matches(entry: &Entry, wanted: &str, now: OffsetDateTime) -> bool {
    let when = format::moment(format::local(entry.started), now);
    let roots = entry.roots.iter().map(|root| root.text.as_str());
    let all = roots.chain([kind_name(entry.kind), when.as_str(), entry.id.as_str()]);
    all.into_iter().any(|text| text.to_lowercase().contains(wanted))
}

fn head(ui: &mut Ui, model: &Model, view: &mut View, shown: usize, out: &mut Outbox) {
    let report = &model.report;
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        TextField::new("Search all runs", &mut view.filter)
            .hint("Folder, kind or date")
            .icon(Icon::Search)
            .width(240.0)
            .show(ui);
        let words = if shown == report.entries.len() {
            format::things(shown as u64, "report", "reports")
        } else {
            format!(
                "{} of {}",
                format::count(shown as u64),
                format::things(report.entries.len() as u64, "report", "reports")
            )
        };
        widgets::label(ui, words, Text::Small, tokens.text2);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let reason = match report.marked.len() {
                2 => None,
                1 => Some("Tick one more to compare it with."),
                _ => Some("Tick two of them to compare them."),
            };
            if Button::secondary("Compare the two ticked")
                .icon(Icon::GitCompareArrows)
                .disabled_because(reason)
                .show(ui)
                .clicked()
            {
                out.send(Command::CompareMarked);
            }
        });
    });
}

fn damaged(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let damaged = &model.report.damaged;
    let Some(first) = damaged.first() else { return };
    let names: Vec<String> = damaged
        .iter()
        .take(NAMED)
        .map(|one| {
            let name = one.path.file_name().unwrap_or_default().to_string_lossy();
            format!("{} ({})", crate::report::format::one_line(&name), one.reason)
        })
        .collect();
    let more = damaged.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {}", format::things(more as u64, "more", "more"))
    } else {
        String::new()
    };
    let words = format!(
        "{} cannot be read: {}{more}. They were left as they are.",
        format::things(damaged.len() as u64, "file of the history", "files of the history"),
        names.join(", ")
    );
    if widgets::warning_strip(ui, false, &words, Some("Show file")) {
        out.send(shell::Command::ShowFile(first.path.clone()));
    }
}

fn table(ui: &mut Ui, model: &Model, rows: &[&Entry], now: OffsetDateTime, out: &mut Outbox) {
    let report = &model.report;
    let tokens = theme::tokens(ui);
    widgets::table_style(ui);
    let narrow = ui.available_width() < 720.0;
    let header = ui.available_rect_before_wrap();
    widgets::header_ground(
        ui,
        egui::Rect::from_min_size(header.min, egui::vec2(header.width(), theme::HEIGHT_ROW)),
    );
    let open = report.opened.as_ref().map(|open| &open.path);
    TableBuilder::new(ui)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(TableColumn::exact(40.0))
        .column(TableColumn::exact(if narrow { 120.0 } else { 150.0 }))
        .column(TableColumn::exact(118.0))
        .column(TableColumn::remainder().at_least(100.0).clip(true))
        .column(TableColumn::exact(84.0))
        .column(TableColumn::exact(112.0))
        .column(TableColumn::exact(100.0))
        .column(TableColumn::exact(40.0))
        .header(theme::HEIGHT_ROW, |mut header| {
            header.col(|ui| widgets::plain_header_cell(ui, "", Side::Left));
            for (column, words, side) in COLUMNS {
                header.col(|ui| {
                    let sorted = match (report.sort.by == column, report.sort.down) {
                        (false, _) => Sorted::No,
                        (true, true) => Sorted::Down,
                        (true, false) => Sorted::Up,
                    };
                    if widgets::header_cell(ui, words, side, sorted).clicked() {
                        out.send(Command::Sort(column));
                    }
                });
            }
            header.col(|_| {});
        })
        .body(|body| {
            body.rows(theme::HEIGHT_ROW, rows.len(), |mut row| {
                let entry = rows[row.index()];
                row.set_selected(open == Some(&entry.path));
                let when = format::moment(format::local(entry.started), now);
                let kind = kind_name(entry.kind);
                row.col(|ui| {
                    let mut marked = report.marked.contains(&entry.path);
                    ui.add_space(8.0);
                    if widgets::checkbox(ui, &mut marked, &format!("Compare {kind}, {when}")).clicked() {
                        out.send(Command::Mark(entry.path.clone()));
                    }
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    ui.add_space(theme::SPACE_12);
                    if widgets::link_named(ui, &when, &format!("Open {kind}, {when}")).clicked() {
                        out.send(Command::Show(entry.path.clone()));
                    }
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    let (icon, ink) = match entry.kind {
                        Kind::Run => (Icon::Play, tokens.accent),
                        Kind::Exact => (Icon::ClipboardCheck, tokens.text2),
                        Kind::Estimate => (Icon::ClipboardList, tokens.text2),
                    };
                    widgets::state_cell(ui, icon, kind, ink, tokens.text);
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    widgets::name_cell(ui, &folder_words(entry));
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    widgets::number_cell(ui, &format::count(entry.totals.images.shrunk), "");
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    let saved = format::signed_bytes(entry.bytes_saved);
                    widgets::number_cell(ui, &saved.value, saved.unit);
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    widgets::number_cell(ui, &time_words(entry.wall_seconds), "");
                    widgets::row_line(ui);
                });
                row.col(|ui| {
                    let name = format!("Delete the report of {kind}, {when}");
                    ui.add_space(6.0);
                    if widgets::icon_button_with(ui, Icon::Trash2, &name, None, false, theme::HEIGHT_SMALL).clicked() {
                        out.send(Command::AskDelete(entry.path.clone()));
                    }
                    widgets::row_line(ui);
                });
                if row.response().clicked() {
                    out.send(Command::Show(entry.path.clone()));
                }
            });
        });
}
