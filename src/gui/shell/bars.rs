//! The bar on top with the pages and the one thing to do, and the bar at the bottom with the state.

use egui::{Align, Frame, Layout, Margin, Panel, Sense, Ui, vec2};

use super::{Command, Page, Tone, keys, panel};
use crate::engine::{BackendChoice, DriveKind};
use crate::gui::command::Outbox;
use crate::gui::model::{Model, Views};
use crate::gui::settings::Taken;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::{plan, preview, report, run, settings, shards, widgets};

/// What the status bar says of a part.
pub(in crate::gui) struct Status {
    /// Its colour: `None` while nothing is the matter.
    pub(in crate::gui) tone: Option<super::Tone>,
    pub(in crate::gui) text: String,
    pub(in crate::gui) detail: String,
}

/// A bar's ground.
pub(super) fn bar(ui: &Ui) -> Frame {
    Frame::new().fill(theme::tokens(ui).s1)
}

pub(super) fn top(ui: &mut Ui, model: &Model, views: &mut Views, out: &mut Outbox) {
    let narrow = panel::is_narrow(ui.ctx());
    let frame = bar(ui).inner_margin(Margin {
        left: 8,
        right: 16,
        top: 0,
        bottom: 0,
    });
    Panel::top("top")
        .exact_size(theme::HEIGHT_TOP_BAR)
        .resizable(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                if model.shell.page == Page::Settings {
                    settings::show_top(ui, model, &mut views.settings, out);
                    return;
                }
                ui.spacing_mut().item_spacing.x = 0.0;
                for (index, (page, name)) in Page::TABS.into_iter().enumerate() {
                    // Digits go where room is short; the keys stay.
                    let digit = (index + 1).to_string();
                    let digit = (!narrow).then_some(digit.as_str());
                    if widgets::tab(ui, name, digit, model.shell.page == page).clicked() {
                        out.send(Command::Go(page));
                    }
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = theme::SPACE_8;
                    if model.shell.page == Page::Report && !model.run.is_running() {
                        report::show_actions(ui, model, &mut views.report, out);
                    } else {
                        run::show_actions(ui, model, &mut views.run, out);
                    }
                    if !narrow {
                        theme_button(ui, model, out);
                    }
                    let search = keys::SEARCH;
                    let words = super::actions::in_words(&search);
                    if widgets::icon_button_with(ui, Icon::Search, "Search", Some(&words), false, theme::HEIGHT_CONTROL).clicked() {
                        views.shell.search.get_or_insert_default();
                    }
                });
            });
        });
}

/// Between dark and light; the system's choice is in the menu.
pub(super) fn theme_button(ui: &mut Ui, _: &Model, out: &mut Outbox) {
    let dark = theme::tokens(ui).dark;
    let (icon, name, other) = if dark {
        (Icon::Moon, "Switch to light", super::ThemeChoice::Light)
    } else {
        (Icon::Sun, "Switch to dark", super::ThemeChoice::Dark)
    };
    if widgets::icon_button(ui, icon, name).clicked() {
        out.send(Command::Theme(other));
    }
}

pub(super) fn status(ui: &mut Ui, model: &Model, views: &mut Views, out: &mut Outbox) {
    let frame = bar(ui).inner_margin(Margin::symmetric(16, 0));
    Panel::bottom("status")
        .exact_size(theme::HEIGHT_STATUS_BAR)
        .resizable(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = theme::SPACE_8;
                if run::show_status(ui, model, out) || settings::show_status(ui, model, out) {
                    return;
                }
                if model.shell.page == Page::Report && report::show_status(ui, model, &mut views.report, out) {
                    return;
                }
                let mut status = plan::status(model);
                if model.shell.page == Page::Preview
                    && let Some(detail) = preview::status(model)
                {
                    status.detail = detail;
                }
                show_status(ui, &status);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| machine(ui, model));
            });
        });
}

/// A dot, the state, its detail: the left of the status bar.
pub(in crate::gui) fn show_status(ui: &mut Ui, status: &Status) {
    let tokens = theme::tokens(ui);
    let color = match status.tone {
        None => tokens.text3,
        Some(Tone::Success) => tokens.accent,
        Some(Tone::Warning) => tokens.warning,
        Some(Tone::Danger) => tokens.danger,
    };
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 4.0, color);
        widgets::label(ui, status.text.as_str(), Text::Small, tokens.text2);
    });
    if !status.detail.is_empty() {
        ui.add_space(theme::SPACE_8);
        widgets::label(ui, status.detail.as_str(), Text::Small, tokens.text3);
    }
}

/// What works, right in the status bar.
fn machine(ui: &mut Ui, model: &Model) {
    let tokens = theme::tokens(ui);
    card(ui, model);
    let set = model.settings.valid().and_then(|settings| settings.machine.workers);
    if let Some(workers) = set.or(model.shell.cores) {
        let words = if workers == 1 {
            "CPU, 1 worker".to_owned()
        } else {
            format!("CPU, {workers} workers")
        };
        widgets::state(ui, Icon::Cpu, &words, tokens.text2);
        ui.add_space(theme::SPACE_8);
    }
    // One drive has a name; of several the shards say which is where.
    let mut drives = model.shards.all().iter().filter(|shard| shard.ticked).map(|shard| shard.drive);
    let Some(drive) = drives.next().filter(|first| drives.all(|other| other == *first)) else {
        return;
    };
    let words = shards::kind_of_drive(drive);
    if !words.is_empty() {
        let icon = match drive {
            DriveKind::Network => Icon::Server,
            DriveKind::Memory => Icon::MemoryStick,
            DriveKind::Solid | DriveKind::Spinning | DriveKind::Unknown => Icon::HardDrive,
        };
        widgets::state(ui, icon, words, tokens.text2);
    }
}

/// The graphics card that a run would ask, where one is known, or asked for.
fn card(ui: &mut Ui, model: &Model) {
    let Some(settings) = model.settings.valid() else { return };
    let machine = &settings.machine;
    let words = match machine.backend {
        BackendChoice::Cpu => return,
        BackendChoice::Auto => "GPU: auto",
        BackendChoice::Gpu => "GPU",
    };
    let tip = match settings::taken(&model.settings.cards, machine.backend, machine.adapter.as_deref()) {
        Taken::Card(card) => settings::in_full(card),
        // Quiet until it matters: where nobody asked for a card, its absence is no news.
        Taken::Off(_) => return,
        Taken::Unknown | Taken::None(_) if machine.backend == BackendChoice::Auto => return,
        Taken::Unknown => "It is opened when the run begins.".to_owned(),
        Taken::None(why) => why.to_owned(),
    };
    let tokens = theme::tokens(ui);
    let response = widgets::state(ui, Icon::Gpu, words, tokens.text2);
    widgets::tip(response, &tip);
    ui.add_space(theme::SPACE_8);
}
