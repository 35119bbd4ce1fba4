//! The list of presets, in the place of the shards while all settings are shown.

use egui::{Align, Layout, Panel, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use super::sheet::Sheet;
use super::state::Listed;
use super::{Command, View};
use crate::gui::command::Outbox;
use crate::gui::format::things;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, MenuItem};

/// Draws it.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let state = &model.settings;
    let locked = model.run.is_running();
    let changed = state.changed() as u64;
    if changed > 0 {
        Panel::bottom("changes of the preset")
            .frame(egui::Frame::NONE)
            .resizable(false)
            .show(ui, |ui| {
                egui::Frame::new()
                    .inner_margin(egui::Margin {
                        left: 16,
                        right: 16,
                        top: 17,
                        bottom: 24,
                    })
                    .show(ui, |ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        let words = format!("{} has {}", state.preset(), things(changed, "change", "changes"));
                        let (words, _) = widgets::elide_end(ui, &words, Text::Small, ui.available_width());
                        widgets::label(ui, words, Text::Small, tokens.text2);
                        ui.add_space(theme::SPACE_8);
                        ui.horizontal(|ui| {
                            if Button::secondary("Save as preset").show(ui).clicked() {
                                view.sheet = Some(Sheet::save_as(state));
                            }
                            let reason = locked.then_some("Fixed for this run.");
                            if Button::text("Reset").disabled_because(reason).show(ui).clicked() {
                                view.typing = None;
                                out.send(Command::Reset);
                            }
                        });
                    });
            });
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(10.0);
    head(ui, model, view);
    ui.add_space(2.0);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for listed in state.presets().filter(|listed| listed.built_in) {
            entry(ui, model, listed, view, out);
        }
        ui.add_space(theme::SPACE_16);
        heading(ui, "Your presets");
        ui.add_space(6.0);
        if state.own().is_empty() {
            egui::Frame::new().inner_margin(egui::Margin::symmetric(16, 2)).show(ui, |ui| {
                widgets::empty_line(
                    ui,
                    "Change some settings, then save them as a preset. Files in TOML can be imported.",
                );
            });
        }
        for listed in state.own() {
            entry(ui, model, listed, view, out);
        }
        ui.add_space(theme::SPACE_16);
    });
}

fn heading(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(16.0);
        let title = widgets::label(ui, words, Text::SmallStrong, tokens.text2);
        title.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, words));
    });
}

fn head(ui: &mut Ui, model: &Model, view: &mut View) {
    let tokens = theme::tokens(ui);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 28.0), Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(16.0);
        let title = widgets::label(ui, "Presets", Text::SmallStrong, tokens.text2);
        title.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, "Presets"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(8.0);
            if widgets::icon_button(ui, Icon::Plus, "Save as preset").clicked() {
                view.sheet = Some(Sheet::save_as(&model.settings));
            }
            if widgets::icon_button(ui, Icon::Download, "Import preset").clicked() {
                view.sheet = Some(Sheet::import());
            }
            if widgets::icon_button(ui, Icon::Upload, "Export preset").clicked() {
                view.sheet = Some(Sheet::export(&model.settings));
            }
        });
    });
}

fn entry(ui: &mut Ui, model: &Model, listed: &Listed, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let state = &model.settings;
    let locked = model.run.is_running();
    let in_use = listed.name == state.preset();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_LIST_ROW), Sense::click());
    let caption = match &listed.caption {
        Ok(caption) => caption.as_str(),
        Err(_) => "Cannot be used",
    };
    let enabled = listed.caption.is_ok() && !locked;
    let spoken = format!("{}, {caption}", listed.name);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, enabled, in_use, &spoken));
    widgets::list_row_ground(ui, rect, &response, in_use);
    let icon = if listed.built_in { Icon::Box } else { Icon::Bookmark };
    let ink = if in_use { tokens.accent } else { tokens.text2 };
    widgets::icon_at(ui, pos2(rect.left() + 24.0, rect.top() + 14.0), icon, theme::ICON_ROW, ink);
    let left = rect.left() + 41.0;
    let mut right = rect.right() - theme::SPACE_16;
    if in_use {
        let words = widgets::line(ui, "In use", Text::Small, tokens.accent);
        right = widgets::put_right(ui, right, rect.top() + 14.0, words) - 13.0;
        widgets::icon_at(
            ui,
            pos2(right + 1.0, rect.top() + 14.0),
            Icon::Check,
            theme::ICON_ROW,
            tokens.accent,
        );
        right -= theme::SPACE_12;
    }
    let (name, shortened) = widgets::elide_end(ui, &listed.name, Text::Control, right - left);
    widgets::put_left(ui, left, rect.top() + 14.0, widgets::line(ui, name, Text::Control, tokens.text));
    let below = rect.top() + 30.0;
    if listed.caption.is_ok() {
        widgets::put_left(ui, left, below, widgets::line(ui, caption, Text::Small, tokens.text2));
    } else {
        widgets::icon_at(ui, pos2(left + 6.5, below), Icon::CircleAlert, theme::ICON_CHIP, tokens.danger);
        widgets::put_left(ui, left + 18.0, below, widgets::line(ui, caption, Text::Small, tokens.danger));
    }
    if response.clicked() && enabled && !in_use {
        view.typing = None;
        out.send(Command::Use(listed.name.clone()));
    }
    let response = match &listed.caption {
        Err(why) => widgets::tip(response, why),
        Ok(_) if shortened => widgets::tip(response, &listed.name),
        Ok(_) => response,
    };
    if !listed.built_in {
        more(ui, rect, &response, listed, view, out);
    }
}

/// What else can be done to an own preset: behind three dots, which show under the pointer and for the keyboard.
fn more(ui: &mut Ui, row: Rect, response: &egui::Response, listed: &Listed, view: &mut View, out: &mut Outbox) {
    let place = Rect::from_min_size(pos2(row.right() - 40.0, row.bottom() - 23.0), vec2(24.0, 20.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("more", &listed.name)));
    let over = ui.rect_contains_pointer(row);
    let id = response.id.with("more was focused");
    let focused = ui.data(|data| data.get_temp::<bool>(id).unwrap_or(false));
    if !over && !focused && !response.has_focus() {
        child.set_opacity(0.0);
    }
    let name = format!("More about {}", listed.name);
    let button = widgets::icon_button_with(&mut child, Icon::Ellipsis, &name, None, false, 20.0);
    // Asked first: both look into the window's memory, which is locked while either does.
    let focused = button.has_focus();
    ui.data_mut(|data| data.insert_temp(id, focused));
    let mut items = |ui: &mut Ui| {
        if MenuItem::new("Rename").icon(Icon::Pencil).show(ui).clicked() {
            view.sheet = Some(Sheet::rename(&listed.name));
        }
        if MenuItem::new("Delete").icon(Icon::Trash2).danger().show(ui).clicked() {
            out.send(Command::Delete(listed.name.clone()));
        }
    };
    widgets::menu(&button, 180.0, &mut items);
}
