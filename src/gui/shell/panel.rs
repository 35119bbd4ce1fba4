//! The left panel: shards and the settings that are changed most, or presets beside all settings. In a narrow window a rail that
//! opens over the page.

use egui::{Align, Area, Context, Frame, Id, Layout, Margin, Order, Panel, Ui, pos2, vec2};

use super::{Command, Page, PanelPart, bars, keys, menu};
use crate::gui::command::Outbox;
use crate::gui::model::{Model, Views};
use crate::gui::theme::{self, Icon, Text};
use crate::gui::{settings, shards, widgets};

/// Side of the program's mark.
const MARK: f32 = 18.0;

/// Below this width the panel folds into a rail.
pub(in crate::gui) const NARROW: f32 = theme::NARROW;

/// The window is too narrow for a panel beside the page.
pub(in crate::gui) fn is_narrow(window: &Context) -> bool {
    window.content_rect().width() < NARROW
}

pub(super) fn left(ui: &mut Ui, model: &Model, views: &mut Views, out: &mut Outbox) {
    if is_narrow(ui.ctx()) || !model.shell.kept.panel {
        rail(ui, model, out);
        return;
    }
    Panel::left("left")
        .default_size(theme::PANEL)
        .size_range(theme::PANEL_LEAST..=theme::PANEL_MOST)
        .frame(bars::bar(ui))
        .show(ui, |ui| {
            head(ui, model, out);
            content(ui, model, views, None, out);
        });
}

/// Name, folding, menu.
fn head(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_TOP_BAR), egui::Sense::hover());
    let tokens = theme::tokens(ui);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, tokens.line));
    let inside = egui::Rect::from_min_max(rect.min + vec2(theme::SPACE_16, 0.0), rect.max - vec2(9.0, 0.0));
    let row = |layout| egui::UiBuilder::new().max_rect(inside).layout(layout);
    let left = &mut ui.new_child(row(Layout::left_to_right(Align::Center)));
    left.spacing_mut().item_spacing.x = 10.0;
    widgets::mark(left, MARK);
    widgets::label(left, "Shardpress", Text::Strong, tokens.text);
    let right = &mut ui.new_child(row(Layout::right_to_left(Align::Center)).id_salt("right"));
    right.spacing_mut().item_spacing.x = theme::SPACE_8;
    menu::button(right, model, out);
    let words = super::actions::in_words(&keys::PANEL);
    let size = theme::HEIGHT_CONTROL;
    if widgets::icon_button_with(right, Icon::PanelLeft, "Fold the panel", Some(&words), false, size).clicked() {
        out.send(Command::TogglePanel);
    }
}

/// Shards over quick settings, or presets; or the one part that was opened over the page.
fn content(ui: &mut Ui, model: &Model, views: &mut Views, part: Option<PanelPart>, out: &mut Outbox) {
    let presets = match part {
        Some(part) => part == PanelPart::Presets,
        None => model.shell.page == Page::Settings,
    };
    if presets {
        settings::show_presets(ui, model, &mut views.settings, out);
        return;
    }
    if part != Some(PanelPart::Shards) {
        let quick = Panel::bottom("quick").resizable(false).frame(Frame::new());
        if part == Some(PanelPart::Settings) {
            settings::show_quick(ui, model, &mut views.settings, out);
            return;
        }
        quick.show(ui, |ui| settings::show_quick(ui, model, &mut views.settings, out));
    }
    shards::show(ui, model, &mut views.shards, out);
}

/// The folded panel: what it holds, as icons.
fn rail(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let frame = bars::bar(ui).inner_margin(Margin::symmetric(0, 0));
    Panel::left("rail")
        .exact_size(theme::RAIL)
        .resizable(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.add_space(15.0);
                widgets::mark(ui, MARK);
                ui.add_space(22.0);
                let parts = [
                    (PanelPart::Shards, Icon::Layers, "Shards"),
                    (PanelPart::Settings, Icon::SlidersHorizontal, "Quick settings"),
                    (PanelPart::Presets, Icon::Bookmark, "Presets"),
                ];
                for (part, icon, name) in parts {
                    let open = model.shell.over == Some(part);
                    if widgets::icon_button_with(ui, icon, name, None, open, 36.0).clicked() {
                        out.send(Command::Over(if open { None } else { Some(part) }));
                    }
                }
                ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
                    ui.add_space(12.0);
                    menu::button(ui, model, out);
                    ui.add_space(4.0);
                    bars::theme_button(ui, model, out);
                    if !is_narrow(ui.ctx()) {
                        ui.add_space(4.0);
                        let words = super::actions::in_words(&keys::PANEL);
                        let size = theme::HEIGHT_CONTROL;
                        if widgets::icon_button_with(ui, Icon::PanelLeft, "Unfold the panel", Some(&words), false, size).clicked() {
                            out.send(Command::TogglePanel);
                        }
                    }
                });
            });
        });
}

/// What the rail opened, over the page; a click beside it closes it.
pub(super) fn over(ui: &mut Ui, model: &Model, views: &mut Views, out: &mut Outbox) {
    let folded = is_narrow(ui.ctx()) || !model.shell.kept.panel;
    let Some(part) = model.shell.over.filter(|_| folded) else { return };
    let tokens = theme::tokens(ui);
    let window = ui.ctx().content_rect();
    let height = window.height() - theme::HEIGHT_STATUS_BAR;
    let name = match part {
        PanelPart::Shards => "Shards",
        PanelPart::Settings => "Quick settings",
        PanelPart::Presets => "Presets",
    };
    let response = Area::new(Id::unique("over"))
        .order(Order::Middle)
        .movable(false)
        .accessible_name(name)
        .fixed_pos(pos2(theme::RAIL, 0.0))
        .constrain(false)
        .show(ui.ctx(), |ui| {
            let mut shadow = ui.visuals().popup_shadow;
            shadow.offset = [8, 0];
            let frame = bars::bar(ui).shadow(shadow).stroke(egui::Stroke::new(1.0, tokens.line));
            frame.show(ui, |ui| {
                let size = vec2(theme::PANEL, height);
                ui.set_min_size(size);
                ui.set_max_size(size);
                ui.spacing_mut().item_spacing.y = 0.0;
                content(ui, model, views, Some(part), out);
            });
        })
        .response;
    let elsewhere = ui.ctx().input(|input| {
        let position = input.pointer.interact_pos()?;
        input.pointer.any_pressed().then_some(position)
    });
    // What the panel itself opened (a menu, a dialog) lies above it, and a click there is no click beside it; the rail has its own say.
    if let Some(position) = elsewhere
        && !response.rect.contains(position)
        && position.x > theme::RAIL
        && ui.ctx().layer_id_at(position).is_none_or(|layer| layer.order == Order::Background)
    {
        out.send(Command::Over(None));
    }
}
