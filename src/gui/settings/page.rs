//! All settings: headings, cards of rows, what needs a change on top, and the command that says the same at the end.

use egui::{Align, Layout, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use super::{GoTo, View, appearance, nav, row};
use crate::config::{CATALOGUE, Heading, Row, Shell, quoted};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, TextField};

/// Rows do not get longer than an eye follows.
const WIDEST: f32 = 880.0;
const EDGE: f32 = 24.0;

/// The top bar: back, search, done.
pub(in crate::gui) fn show_top(ui: &mut Ui, _: &Model, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    if widgets::icon_button(ui, Icon::ArrowLeft, "Back").clicked() {
        out.send(shell::Command::Back);
    }
    let heading = widgets::label(ui, "All settings", Text::Strong, tokens.text);
    heading.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, "All settings"));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if Button::primary("Done").shortcut("Esc").show(ui).clicked() {
            out.send(shell::Command::Back);
        }
        let hint = format!("Search {} settings", CATALOGUE.len() + appearance::ROWS.len());
        let id = egui::Id::unique("search settings");
        let find = egui::KeyboardShortcut::new(egui::Modifiers::COMMAND, egui::Key::F);
        if ui.input_mut(|input| input.consume_shortcut(&find)) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let response = TextField::new("Search settings", &mut view.search)
            .id(id)
            .icon(Icon::Search)
            .hint(&hint)
            .width(240.0)
            .show(ui);
        if response.has_focus() && ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            view.search.clear();
        }
    });
}

/// The page.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.settings;
    let tokens = theme::tokens(ui);
    let locked = model.run.is_running();
    if view.shown != state.shown.0 {
        view.shown = state.shown.0;
        view.search.clear();
        view.go_to = state.shown.1.map(GoTo::Setting);
    }
    ui.painter().rect_filled(ui.max_rect(), 0, tokens.s0);
    nav::show(ui, state, view);
    egui::ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, viewport| {
        let top = ui.min_rect().top();
        let width = (ui.available_width() - EDGE * 2.0).min(WIDEST);
        let place = Rect::from_min_size(ui.min_rect().min + vec2(EDGE, theme::SPACE_16), vec2(width, 0.0));
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min)), |ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = 0.0;
            if locked {
                widgets::verdict(
                    ui,
                    Icon::Lock,
                    tokens.line2,
                    "Fixed for this run.",
                    "Settings can be changed again when it ends.",
                );
                ui.add_space(theme::SPACE_16);
            }
            banner(ui, model, view);
            library(ui, model, out);
            let (mut in_sight, mut last) = (None, None);
            let mut found = 0;
            for heading in Heading::ALL {
                let begin = ui.cursor().top();
                let shown = if heading == Heading::Appearance {
                    let rows = appearance::ROWS
                        .iter()
                        .filter(|row| appearance::is_found_by(row, &view.search))
                        .count();
                    if rows > 0 {
                        title(ui, heading, view);
                        appearance::show(ui, model, &view.search, out);
                    }
                    rows
                } else {
                    let rows: Vec<&'static Row> = CATALOGUE
                        .iter()
                        .filter(|row| row.heading == heading && row.is_found_by(&view.search))
                        .collect();
                    if !rows.is_empty() {
                        title(ui, heading, view);
                        ui.add_enabled_ui(!locked, |ui| {
                            row::card(ui, |ui| {
                                for (index, setting) in rows.iter().enumerate() {
                                    row::setting(ui, index == 0, state, setting, view, out);
                                }
                            });
                        });
                    }
                    rows.len()
                };
                found += shown;
                if shown > 0 {
                    last = Some(heading);
                    ui.add_space(theme::SPACE_16);
                    if begin - top < viewport.top() + viewport.height() * 0.3 {
                        in_sight = Some(heading);
                    }
                }
            }
            let at_end = viewport.bottom() >= view.height - 4.0 && viewport.top() > 0.0;
            view.section = if at_end { last } else { in_sight };
            if found == 0 {
                nothing_found(ui, view);
            } else if view.search.trim().is_empty() {
                command(ui, model, out);
            }
            ui.add_space(EDGE);
        });
        view.height = ui.min_rect().height();
    });
}

/// A heading between two cards.
fn title(ui: &mut Ui, heading: Heading, view: &mut View) {
    let tokens = theme::tokens(ui);
    let response = widgets::label(ui, heading.label(), Text::Section, tokens.text);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, heading.label()));
    if view.go_to == Some(GoTo::Heading(heading)) {
        view.go_to = None;
        let above = Rect::from_min_max(response.rect.min - vec2(0.0, theme::SPACE_16), response.rect.max);
        ui.scroll_to_rect(above, Some(Align::Min));
    }
    ui.add_space(theme::SPACE_8);
}

/// All that needs a change, at once.
fn banner(ui: &mut Ui, model: &Model, view: &mut View) {
    let faults = model.settings.faults();
    // Under a hand that types nothing may move: the field says it by itself until the keyboard leaves it.
    let typing = view.typing.is_some();
    if typing && (faults.is_empty() || view.banner == 0.0) {
        ui.add_space(view.banner);
        return;
    }
    let begin = ui.cursor().top();
    view.banner = 0.0;
    let Some(first) = faults.first() else { return };
    let tokens = theme::tokens(ui);
    let keyed: Vec<&'static str> = faults.iter().filter_map(|fault| fault.key).collect();
    let (lead, rest) = match first.key {
        None => ("The library's settings cannot be used.".to_owned(), first.sentence.clone()),
        Some(_) => {
            let many = faults.len() as u64;
            let need = if many == 1 { "needs" } else { "need" };
            let settings = crate::gui::format::things(many, "setting", "settings");
            (format!("{settings} {need} a change before you can shrink."), listed(&keyed))
        }
    };
    let link = keyed.first().map(|key| (*key, "Go to first"));
    let width = ui.available_width();
    let link_width = link.map_or(0.0, |(_, words)| {
        widgets::line(ui, words, Text::SmallStrong, tokens.accent).size().x + 16.0
    });
    let mut job = egui::text::LayoutJob::default();
    job.append(&lead, 0.0, Text::Strong.format(tokens.text));
    job.append(&format!(" {rest}"), 0.0, Text::Body.format(tokens.text2));
    job.wrap.max_width = width - 38.0 - 16.0 - link_width;
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 16.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Alert, true, format!("{lead} {rest}")));
    ui.painter().rect_filled(rect, theme::RADIUS_CARD, tokens.danger_bg);
    widgets::icon_at(
        ui,
        pos2(rect.left() + 20.0, rect.top() + 17.0),
        Icon::CircleAlert,
        theme::ICON_BAR,
        tokens.danger,
    );
    ui.painter().galley(pos2(rect.left() + 38.0, rect.top() + 8.0), galley, tokens.text);
    if let Some((key, words)) = link {
        let place = Rect::from_min_max(pos2(rect.right() - link_width, rect.top()), rect.max - vec2(16.0, 0.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)));
        if widgets::link(&mut child, words).clicked() {
            view.search.clear();
            view.go_to = Some(GoTo::Setting(key));
        }
    }
    ui.add_space(theme::SPACE_16);
    view.banner = ui.cursor().top() - begin;
}

/// "Quality, and memory."
fn listed(keys: &[&'static str]) -> String {
    let labels: Vec<&str> = keys.iter().filter_map(|key| crate::config::row(key)).map(|row| row.label).collect();
    let mut words: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
    for word in words.iter_mut().skip(1) {
        *word = word.to_lowercase();
    }
    match words.split_last() {
        Some((last, [])) => format!("{last}."),
        Some((last, others)) => format!("{}, and {last}.", others.join(", ")),
        None => String::new(),
    }
}

/// A library's own file, while it decides over the preset.
fn library(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let Some((name, count, preset)) = model.settings.library() else {
        return;
    };
    let tokens = theme::tokens(ui);
    let settings = crate::gui::format::things(count as u64, "setting", "settings");
    let lead = format!("{} of {name} gives {settings}.", crate::config::LIBRARY_FILE);
    let known = preset
        .map(|preset| crate::engine::Preset::find(preset).map_or(preset, |known| known.name))
        .filter(|known| *known != model.settings.preset());
    let rest = match known {
        Some(preset) => format!("What it says goes before the preset; it was written for {preset}."),
        None => "What it says goes before the preset; what you change here goes before it.".to_owned(),
    };
    widgets::verdict(ui, Icon::LibraryBig, tokens.accent, &lead, &rest);
    if let Some(known) = known {
        ui.add_space(theme::SPACE_4);
        ui.add_enabled_ui(!model.run.is_running(), |ui| {
            if widgets::link(ui, &format!("Use {known}")).clicked() {
                out.send(super::Command::Use(known.to_owned()));
            }
        });
    }
    ui.add_space(theme::SPACE_16);
}

fn nothing_found(ui: &mut Ui, view: &mut View) {
    let sentence = format!("No setting has \"{}\" in its name or in what it does.", view.search.trim());
    let mut clear = false;
    widgets::empty_state(ui, Icon::SearchX, "Nothing found", &sentence, |ui| {
        clear = Button::secondary("Show all settings").show(ui).clicked();
    });
    if clear {
        view.search.clear();
    }
}

/// The same on the command line.
fn command(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let mut paths = model.shards.ticked();
    if paths.is_empty() {
        paths.push("FOLDER".into());
    }
    let line = quoted(&model.settings.command(&paths), Shell::HERE);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 46.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("The same on the command line: {line}")));
    let stroke = egui::Stroke::new(1.0, tokens.line);
    ui.painter()
        .rect(rect, theme::RADIUS_CARD, tokens.card, stroke, egui::StrokeKind::Inside);
    widgets::icon_at(
        ui,
        pos2(rect.left() + 20.0, rect.center().y),
        Icon::Terminal,
        theme::ICON_BAR,
        tokens.text2,
    );
    let place = rect.shrink2(vec2(12.0, 0.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)));
    let why = (!model.settings.faults().is_empty()).then_some("Some settings need a change first.");
    let copy = Button::secondary("Copy")
        .icon(Icon::Copy)
        .name("Copy the command")
        .disabled_because(why)
        .small();
    let button = copy.show(&mut child);
    if button.clicked() {
        out.send(shell::Command::Copy(line.clone()));
    }
    let left = rect.left() + 41.0;
    let (words, shortened) = widgets::elide_end(ui, &line, Text::Code, button.rect.left() - 12.0 - left);
    widgets::put_left(ui, left, rect.center().y, widgets::line(ui, words, Text::Code, tokens.text));
    if shortened {
        widgets::tip(response, &line);
    }
}
