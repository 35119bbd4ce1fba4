//! The settings that are changed most, below the list of shards; fixed while a run goes on.

use egui::{Align, Layout, Sense, Ui, vec2};

use super::{Command, State, View, control};
use crate::config::{Row, row};
use crate::engine::Fit;
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::shell::{self, Page};
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Select};

const LABELS: f32 = 65.0;

/// Draws them.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.settings;
    let locked = model.run.is_running();
    egui::Frame::new()
        .inner_margin(egui::Margin {
            left: 16,
            right: 16,
            top: 6,
            bottom: 8,
        })
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            head(ui, locked, out);
            ui.add_enabled_ui(!locked, |ui| {
                preset(ui, state, out);
                if let Some(setting) = row("picture.target") {
                    target(ui, state, setting, view, out);
                }
                line_of(ui, "picture.quality", |ui, row| {
                    control::slider(ui, state, row, 1.0..=100.0, ui.available_width(), view, out);
                });
                fault(ui, state, "picture.quality");
                line_of(ui, "picture.chroma", |ui, row| control::segments(ui, state, row, out));
                line_of(ui, "safety.originals", |ui, row| control::segments(ui, state, row, out));
                fault(ui, state, "safety.originals");
            });
            others(ui, state, out);
        });
}

fn head(ui: &mut Ui, locked: bool, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 28.0), Layout::left_to_right(Align::Center), |ui| {
        let title = widgets::label(ui, "Settings", Text::SmallStrong, tokens.text2);
        title.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, "Settings"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if locked {
                widgets::state(ui, Icon::Lock, "Fixed for this run", tokens.text2);
                return;
            }
            widgets::kbd(ui, "Ctrl ,");
            if widgets::link(ui, "All settings").clicked() {
                out.send(shell::Command::Go(Page::Settings));
            }
        });
    });
    ui.add_space(4.0);
}

/// A row: its label, and what `control` draws behind it.
fn line(ui: &mut Ui, label: &str, control: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, theme::HEIGHT_SETTING_ROW), Sense::hover());
    let ink = if ui.is_enabled() { tokens.text2 } else { tokens.text3 };
    widgets::put_left(ui, rect.left(), rect.center().y, widgets::line(ui, label, Text::Body, ink));
    let mut place = rect;
    place.min.x += LABELS;
    let builder = egui::UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center));
    let mut child = ui.new_child(builder);
    child.spacing_mut().item_spacing.x = 8.0;
    control(&mut child);
}

fn line_of(ui: &mut Ui, key: &str, control: impl FnOnce(&mut Ui, &'static Row)) {
    if let Some(row) = row(key) {
        line(ui, row.label, |ui| control(ui, row));
    }
}

/// What is wrong, below its row.
fn fault(ui: &mut Ui, state: &State, key: &str) {
    if let Some(sentence) = state.fault(key) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(LABELS);
            let room = ui.available_width();
            ui.vertical(|ui| {
                ui.set_max_width(room);
                widgets::error_line(ui, sentence);
            });
        });
        ui.add_space(theme::SPACE_8);
    }
}

fn preset(ui: &mut Ui, state: &State, out: &mut Outbox) {
    let shown = if state.changed() > 0 {
        format!("{}, changed", state.preset())
    } else {
        state.preset().to_owned()
    };
    line(ui, "Preset", |ui| {
        Select::new("Preset").show_menu(ui, &shown, |ui| {
            let mut own = false;
            for listed in state.presets() {
                if !listed.built_in && !own {
                    own = true;
                    widgets::menu_line(ui);
                }
                let chosen = listed.name == state.preset();
                let caption = listed.caption.as_ref();
                let item = widgets::MenuItem::new(&listed.name)
                    .chosen(chosen)
                    .disabled_because(caption.err().map(String::as_str));
                if item.show(ui).clicked() && !chosen {
                    out.send(Command::Use(listed.name.clone()));
                }
            }
            if state.changed() > 0 {
                widgets::menu_line(ui);
                let reset = format!("Reset to {}", state.preset());
                if widgets::MenuItem::new(&reset).icon(Icon::RotateCcw).show(ui).clicked() {
                    out.send(Command::Reset);
                }
            }
        });
    });
}

fn target(ui: &mut Ui, state: &State, setting: &'static Row, view: &mut View, out: &mut Outbox) {
    let Some(fit_row) = row("picture.fit") else { return };
    let fit = control::fit(&state.value(fit_row.key));
    let has_target = matches!(fit, Fit::Longest | Fit::Shortest);
    line(ui, setting.label, |ui| {
        let number = if matches!(fit, Fit::Box { .. }) { 84.0 } else { 66.0 };
        if has_target {
            control::field(ui, state, setting, number, view, out);
        } else {
            control::fit_size(ui, state, fit_row, number, view, out);
        }
        let room = ui.available_width();
        control::fit_select(ui, state, fit_row, room, out);
    });
    fault(ui, state, if has_target { setting.key } else { fit_row.key });
}

/// What else is wrong or comes from elsewhere, in one line: it stands on the page of all settings.
fn others(ui: &mut Ui, state: &State, out: &mut Outbox) {
    const HERE: [&str; 4] = ["picture.target", "picture.fit", "picture.quality", "safety.originals"];
    let tokens = theme::tokens(ui);
    let elsewhere = state
        .faults()
        .iter()
        .filter(|fault| fault.key.is_none_or(|key| !HERE.contains(&key)))
        .count() as u64;
    if elsewhere > 0 {
        let need = if elsewhere == 1 { "needs" } else { "need" };
        let words = format!("{} {need} a change", crate::gui::format::things(elsewhere, "setting", "settings"));
        ui.horizontal(|ui| {
            widgets::state(ui, Icon::CircleAlert, &words, tokens.danger);
            if widgets::link_named(ui, "Show", "Show what needs a change").clicked() {
                out.send(shell::Command::Go(Page::Settings));
            }
        });
        ui.add_space(theme::SPACE_8);
    }
    if let Some((name, count, _)) = state.library() {
        let settings = crate::gui::format::things(count as u64, "setting", "settings");
        let words = format!("{settings} from {name}");
        let told = widgets::state(ui, Icon::LibraryBig, &words, tokens.text3);
        let more = format!(
            "The {} of {name} decides over the preset for its shards.",
            crate::config::LIBRARY_FILE
        );
        widgets::tip(told, &more);
        ui.add_space(theme::SPACE_8);
    }
}
