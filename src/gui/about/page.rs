//! How the box about the program looks.

use egui::{Align, Id, Label, Layout, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::{Command, Facts, Part, Place, State, View, list};
use crate::about::{NO_NETWORK, TARGET, VERSION, commit};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, Segment};

/// Room for a licence as its lines were broken, beside the list.
const WIDTH: f32 = 860.0;
/// Of what lies between head and foot, at most.
const HEIGHT: f32 = 424.0;

/// Draws it, where it is open.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.about;
    if !state.is_open {
        *view = View::default();
        return;
    }
    if view.opened != state.opened.0 {
        view.opened = state.opened.0;
        view.part = state.opened.1;
    }
    let height = HEIGHT.min(ui.ctx().content_rect().height() - 190.0);
    let ((), left) = widgets::dialog_of(ui.ctx(), Id::unique("about"), "About Shardpress", WIDTH, |ui| {
        head(ui, view);
        egui::Frame::new().inner_margin(egui::Margin::symmetric(24, 0)).show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            let mut child = ui.new_child(
                UiBuilder::new()
                    .max_rect(rect)
                    .layout(Layout::top_down(Align::Min))
                    .id_salt(view.part as u8),
            );
            match (view.part, &state.facts, state.licences) {
                (Part::Program, Some(facts), _) => program(&mut child, state, facts, out),
                (Part::Licences, _, Some(all)) => list::show(&mut child, all, &mut view.list),
                _ => {
                    widgets::spinner(&mut child, 20.0, "Looking at the machine");
                }
            }
        });
        widgets::dialog_buttons(ui, |ui| {
            let close = Button::secondary("Close").shortcut("Esc").tall().show(ui);
            if close.clicked() {
                out.send(Command::Close);
            }
            let button = Button::secondary("Copy diagnostics")
                .icon(Icon::Copy)
                .tall()
                .hint("Versions, system, graphics and drives as text, for somebody who helps. None of your files is named.")
                .disabled_because(state.gathering.then_some("The drivers of graphics cards are being asked."));
            if button.show(ui).clicked() {
                out.send(Command::CopyDiagnostics);
            }
        });
    });
    if left {
        out.send(Command::Close);
    }
}

/// Mark, version and build, and what is shown.
fn head(ui: &mut Ui, view: &mut View) {
    let tokens = theme::tokens(ui);
    let frame = egui::Frame::new().inner_margin(egui::Margin {
        left: 24,
        right: 24,
        top: 24,
        bottom: 16,
    });
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_height(46.0);
            widgets::mark(ui, 40.0);
            ui.add_space(8.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let title = format!("Shardpress {VERSION}");
                let heading = ui.add(Label::new(theme::rich(title.as_str(), Text::Title, tokens.text)));
                heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &title));
                let commit = commit().map(|commit| format!("Commit {}, ", commit.get(..12).unwrap_or(commit)));
                let build = format!("{}built for {TARGET}", commit.unwrap_or_default());
                let build = build[..1].to_uppercase() + &build[1..];
                ui.add(Label::new(theme::rich(build, Text::Small, tokens.text2)));
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let choices = [(Part::Program, Segment::new("Program")), (Part::Licences, Segment::new("Licences"))];
                widgets::segmented(ui, &mut view.part, choices, None);
            });
        });
    });
}

fn program(ui: &mut Ui, state: &State, facts: &Facts, out: &mut Outbox) {
    ScrollArea::vertical().id_salt("program").auto_shrink([false, false]).show(ui, |ui| {
        let tokens = theme::tokens(ui);
        let whole = ui.max_rect();
        let width = (whole.width() - theme::SPACE_12) / 2.0;
        let column = |left: f32| {
            let place = Rect::from_min_size(pos2(left, whole.top()), vec2(width, whole.height()));
            UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min))
        };
        let left = ui.scope_builder(column(whole.left()).id_salt("kept"), |ui| {
            ui.spacing_mut().item_spacing.y = theme::SPACE_12;
            card(ui, "Where things are kept", |ui| {
                for place in &facts.places {
                    kept(ui, place, facts, out);
                }
                place_lines(ui, "Originals of your images", "In .shardpress in each shard, until you purge them", 0.0);
            });
            card(ui, "Free and private", |ui| {
                ui.add_space(4.0);
                ui.add(Label::new(theme::rich(NO_NETWORK, Text::Body, tokens.text2)).wrap());
                ui.add_space(8.0);
                let words = "It is free software under the MIT licence or the Apache licence 2.0, as you choose. This software is based in part \
                             on the work of the Independent JPEG Group.";
                ui.add(Label::new(theme::rich(words, Text::Body, tokens.text2)).wrap());
            });
        });
        let right = ui.scope_builder(column(whole.right() - width).id_salt("machine"), |ui| {
            ui.spacing_mut().item_spacing.y = theme::SPACE_12;
            let machine = &facts.machine;
            card(ui, "This machine", |ui| {
                line_of(ui, "System", &machine.system);
                let cores = format::things(machine.cores as u64, "core", "cores");
                line_of(ui, "Processor", &format!("{}, {cores}", machine.processor));
                line_of(ui, "Memory", &format::bytes(machine.memory_bytes).text());
                line_of(ui, "Window drawn by", state.drawn_by.as_deref().unwrap_or("Not known"));
            });
            card(ui, "Codecs", |ui| {
                for codec in &machine.codecs {
                    let (name, what) = codec.split_once(' ').unwrap_or((codec, ""));
                    line_of(ui, name, what.trim_start_matches([':', ' ']));
                }
            });
        });
        let bottom = left.response.rect.bottom().max(right.response.rect.bottom());
        ui.advance_cursor_after_rect(Rect::from_min_max(whole.min, pos2(whole.right(), bottom)));
    });
}

fn card(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui)) {
    widgets::card_frame(ui, theme::SPACE_12).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 0.0;
        widgets::card_title(ui, title, |_| {});
        ui.add_space(4.0);
        content(ui);
    });
}

/// A name and what it is, which goes on below where it is long.
fn line_of(ui: &mut Ui, name: &str, value: &str) {
    let tokens = theme::tokens(ui);
    let width = ui.available_width();
    let left = 130.0;
    let value_galley = widgets::lines(ui, value, Text::Small, tokens.text, width - left);
    let height = (value_galley.size().y + 8.0).max(theme::HEIGHT_SMALL);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
    let top = rect.top() + 4.0;
    let name = widgets::lines(ui, name, Text::Small, tokens.text2, left - 8.0);
    ui.painter().galley(pos2(rect.left(), top), name, tokens.text2);
    ui.painter().galley(pos2(rect.left() + left, top), value_galley, tokens.text);
}

/// What is kept, and below it where, in what `right` leaves of the width, points.
fn place_lines(ui: &mut Ui, what: &str, place: &str, right: f32) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEIGHT_LIST_ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{what}: {place}")));
    widgets::put_left(
        ui,
        rect.left(),
        rect.top() + 13.0,
        widgets::line(ui, what, Text::Control, tokens.text),
    );
    let (short, _) = widgets::elide_middle(ui, place, Text::Small, rect.width() - right);
    widgets::put_left(
        ui,
        rect.left(),
        rect.top() + 31.0,
        widgets::line(ui, short, Text::Small, tokens.text3),
    );
    response
}

/// Where something is kept, and a way there.
fn kept(ui: &mut Ui, place: &Place, facts: &Facts, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let path = place.path.as_deref().map_or_else(
        || "Nowhere: the system names no folder for it".to_owned(),
        |path| match facts.home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(below) if !cfg!(windows) => format!("~/{}", below.display()),
            _ => path.display().to_string(),
        },
    );
    let response = place_lines(ui, place.what, &path, 96.0);
    let rect = response.rect;
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, tokens.line));
    let end = Rect::from_min_max(pos2(rect.right() - 90.0, rect.top()), rect.max);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(end)
            .layout(Layout::right_to_left(Align::Center))
            .id_salt(place.what),
    );
    match &place.path {
        Some(path) if place.is_there => {
            let name = format!("Show in its folder: {}", place.what);
            if widgets::link_named(&mut child, "Show in folder", &name).clicked() {
                out.send(shell::Command::ShowFile(path.clone()));
            }
        }
        Some(_) => {
            widgets::label(&mut child, "Not there yet", Text::Small, tokens.text3);
        }
        None => {}
    }
    if let Some(path) = &place.path {
        widgets::tip(response, &path.display().to_string());
    }
}
