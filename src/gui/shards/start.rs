//! The page before anything was added: where to drop folders, how else to add them, what was used lately, and what happens then.

use egui::{Align, Id, Key, Layout, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use time::{Duration, OffsetDateTime};

use super::list::kind_of_drive;
use super::state::{Picker, Recent, State};
use super::{Command, View, paths, row};
use crate::engine::DriveKind;
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::shell::ADD_FOLDER;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, TextField};

const WIDTH: f32 = 720.0;
const DROP_HEIGHT: f32 = 312.0;
/// Folders used lately that stand here.
const RECENTS: usize = 6;

/// What happens after folders were added.
const STEPS: [(&str, &str); 3] = [
    (
        "Plan",
        "Reads headers only, then says what each image will become, how many bytes that saves and how long it takes.",
    ),
    (
        "Preview",
        "Shows any image before and after, made by the code that will make the real one.",
    ),
    (
        "Shrink",
        "Keeps your originals until you say otherwise. Stop at any time, undo at any time.",
    ),
];

/// Draws the page.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    ScrollArea::vertical().id_salt("start").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
        let room = ui.available_width();
        let width = WIDTH.min(room - 2.0 * theme::SPACE_16);
        let above = if ui.available_height() > 640.0 { 40.0 } else { theme::SPACE_16 };
        let left = ui.max_rect().left() + (room - width) / 2.0;
        ui.add_space(above);
        let place = Rect::from_min_size(pos2(left, ui.cursor().top()), vec2(width, DROP_HEIGHT));
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min)), |ui| {
            ui.set_width(width);
            drop_zone(ui, &model.shards, view, out);
            recents(ui, &model.shards, out);
            ui.add_space(theme::SPACE_24);
            steps(ui);
            ui.add_space(theme::SPACE_24);
        });
    });
}

fn drop_zone(ui: &mut Ui, state: &State, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), DROP_HEIGHT), Sense::hover());
    ui.painter().rect_filled(rect, theme::RADIUS_DIALOG, tokens.s1);
    widgets::drop_outline(ui, rect, false);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink(theme::SPACE_24))
            .layout(Layout::top_down(Align::Center)),
    );
    let ui = &mut child;
    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
    ui.add_space(16.0);
    widgets::drawing(ui);
    ui.add_space(20.0);
    let title = "Drop folders of images here";
    let heading = ui.add(egui::Label::new(theme::rich(title, Text::Title, tokens.text)).selectable(false));
    heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    ui.add_space(4.0);
    let sentence = "A single shard, or a library of hundreds. Nothing is changed until you press Shrink.";
    ui.add(egui::Label::new(theme::rich(sentence, Text::Body, tokens.text2)).selectable(false));
    ui.add_space(20.0);
    centred(ui, 296.0, theme::HEIGHT_DIALOG_BUTTON, |ui| {
        let keys = crate::gui::shell::in_words(&ADD_FOLDER);
        if Button::primary("Add folder")
            .icon(Icon::FolderPlus)
            .shortcut(keys.as_str())
            .tall()
            .show(ui)
            .clicked()
        {
            out.send(Command::ChooseFolders);
        }
        if Button::secondary("Add library").icon(Icon::Library).tall().show(ui).clicked() {
            out.send(Command::ChooseLibrary);
        }
    });
    ui.add_space(theme::SPACE_16);
    centred(ui, 440.0, theme::HEIGHT_CONTROL, |ui| {
        path_field(ui, "start", &mut view.typed, 381.0, state.picker == Picker::Missing, out);
    });
    if state.picker == Picker::Missing {
        ui.add_space(6.0);
        let sentence = "This computer has no dialog for folders. Type or paste a path, or drop folders on the window.";
        ui.add(egui::Label::new(theme::rich(sentence, Text::Small, tokens.text3)).selectable(false));
    }
    row::adding(ui, state, out);
}

/// A row of known width in the middle.
fn centred(ui: &mut Ui, width: f32, height: f32, content: impl FnOnce(&mut Ui)) {
    let size = vec2(width.min(ui.available_width()), height);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), content);
}

/// A field for a path, and the button that adds what it says. Several lines that are pasted are several folders.
pub(super) fn path_field(ui: &mut Ui, id: &str, text: &mut String, width: f32, focus: bool, out: &mut Outbox) {
    let id = Id::unique(("path of a folder", id));
    let focused = ui.memory(|memory| memory.has_focus(id));
    let pasted = if focused { several_lines(ui) } else { None };
    if let Some(pasted) = pasted {
        out.send(Command::AddTyped(pasted));
    }
    let field = TextField::new("Path of a folder", text)
        .id(id)
        .icon(Icon::Folder)
        .hint("Or type a path, such as //nas/datasets/flora")
        .width(width)
        .show(ui);
    // Once: somebody who leaves the field is not called back.
    let asked = Id::unique(("asked for the keyboard", id));
    if focus && !ui.data(|data| data.get_temp::<bool>(asked).unwrap_or(false)) {
        ui.data_mut(|data| data.insert_temp(asked, true));
        field.request_focus();
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let empty = text.trim().is_empty();
    let clicked = Button::secondary("Add")
        .disabled_because(empty.then_some("Type the path of a folder first."))
        .show(ui)
        .clicked();
    if (entered || clicked) && !empty {
        out.send(Command::AddTyped(std::mem::take(text)));
    }
}

/// A field of one line would make one path of them.
fn several_lines(ui: &Ui) -> Option<String> {
    ui.input_mut(|input| {
        let is_it = |event: &egui::Event| matches!(event, egui::Event::Paste(text) if text.trim().contains('\n'));
        let at = input.events.iter().position(is_it)?;
        match input.events.remove(at) {
            egui::Event::Paste(text) => Some(text),
            _ => None,
        }
    })
}

fn recents(ui: &mut Ui, state: &State, out: &mut Outbox) {
    if state.recents.is_empty() {
        return;
    }
    let tokens = theme::tokens(ui);
    ui.add_space(theme::SPACE_32 - 1.0);
    ui.horizontal(|ui| {
        ui.set_height(18.0);
        ui.add(egui::Label::new(theme::rich("Recent", Text::Strong, tokens.text)).selectable(false));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let words = theme::rich("Clear list", Text::Small, tokens.text3);
            let clear = ui.add(egui::Label::new(words).selectable(false).sense(Sense::click()));
            clear.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Clear list"));
            widgets::focus_ring(ui, &clear, clear.rect, theme::RADIUS_BAR);
            if clear.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                out.send(Command::ForgetRecents);
            }
        });
    });
    ui.add_space(8.0);
    let count = state.recents.len().min(RECENTS);
    let size = vec2(ui.available_width(), count as f32 * (theme::HEIGHT_LIST_ROW + 0.5) + 1.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect(
        rect,
        theme::RADIUS_CARD,
        tokens.card,
        Stroke::new(1.0, tokens.line),
        egui::StrokeKind::Inside,
    );
    let now = format::local(OffsetDateTime::now_utc());
    for (at, recent) in state.recents.iter().take(RECENTS).enumerate() {
        let top = rect.top() + 1.0 + at as f32 * (theme::HEIGHT_LIST_ROW + 0.5);
        let line = Rect::from_min_size(pos2(rect.left() + 1.0, top), vec2(rect.width() - 2.0, theme::HEIGHT_LIST_ROW));
        if at > 0 {
            ui.painter().hline(line.x_range(), top, Stroke::new(1.0, tokens.line));
        }
        recent_row(ui, line, state, recent, now, out);
    }
}

fn recent_row(ui: &mut Ui, rect: Rect, state: &State, recent: &Recent, now: OffsetDateTime, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let there = recent.there != Some(false);
    let name = paths::name(&recent.path);
    let path = if there {
        state.shown_path(&recent.path)
    } else {
        "Not mounted, plug in the drive to use it".to_owned()
    };
    let count = match recent.shards {
        Some(shards) => format::things(shards, "shard", "shards"),
        None => format::things(recent.images, "image", "images"),
    };
    let (kind, when) = (kind_of_drive(recent.drive), day(recent.when, now));
    let response = ui.interact(rect, Id::unique(("recent", &recent.path)), Sense::click());
    let spoken = format!("{path}, {kind}, {count}, {when}");
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(spoken.clone()),
        ..WidgetInfo::labeled(Role::Button, true, format!("Add {name}"))
    });
    let part = widgets::hover_part(ui, &response);
    if part > 0.0 {
        ui.painter()
            .rect_filled(rect, theme::RADIUS_CARD - 1, theme::mix(tokens.card, tokens.s3, part * 0.6));
    }
    widgets::focus_ring_inside(ui, &response, rect, theme::RADIUS_CARD);
    if response.clicked() {
        out.send(Command::Add(vec![recent.path.clone()]));
    }
    let icon = match recent.drive {
        _ if !there => Icon::Unplug,
        DriveKind::Network => Icon::Server,
        _ => Icon::HardDrive,
    };
    let middle = rect.center().y;
    let x = |of_720: f32| rect.left() + of_720 / WIDTH * rect.width();
    let (strong, plain) = if there {
        (tokens.text, tokens.text2)
    } else {
        (tokens.text2, tokens.text3)
    };
    widgets::icon_at(ui, pos2(rect.left() + 24.0, middle), icon, theme::ICON_BAR, tokens.text2);
    let left = rect.left() + 44.0;
    let (name, _) = widgets::elide_middle(ui, &name, Text::Control, x(160.0) - left);
    widgets::put_left(ui, left, middle, widgets::line(ui, name, Text::Control, strong));
    let (short, _) = widgets::elide_middle(ui, &path, Text::Body, x(442.0) - x(168.0));
    widgets::put_left(ui, x(168.0), middle, widgets::line(ui, short, Text::Body, tokens.text3));
    widgets::put_left(ui, x(450.0), middle, widgets::line(ui, kind, Text::Body, tokens.text3));
    widgets::put_right(ui, x(618.0), middle, widgets::line(ui, count, Text::Body, plain));
    widgets::put_right(ui, rect.right() - 16.0, middle, widgets::line(ui, when, Text::Body, tokens.text3));
    widgets::tip(response, &recent.path.display().to_string());
}

/// `Today`, `Yesterday`, `18 Nov`.
fn day(when: OffsetDateTime, now: OffsetDateTime) -> String {
    let when = format::local(when);
    if when.date() == now.date() {
        "Today".to_owned()
    } else if when.date() == (now - Duration::days(1)).date() {
        "Yesterday".to_owned()
    } else {
        format::day(when, now)
    }
}

fn steps(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, 96.0), Sense::hover());
    let column = width / 3.0 + 4.0;
    for (at, (title, words)) in STEPS.into_iter().enumerate() {
        let left = rect.left() + at as f32 * column;
        let centre = pos2(left + 16.0, rect.top() + 12.0);
        ui.painter().circle_stroke(centre, 11.5, Stroke::new(1.0, tokens.line2));
        let digit = widgets::line(ui, (at + 1).to_string(), Text::SmallStrong, tokens.text2);
        ui.painter().galley(centre - digit.size() / 2.0, digit, tokens.text2);
        let place = Rect::from_min_size(pos2(left + 40.0, rect.top() + 1.0), vec2(column - 58.0, 95.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("step", at)));
        child.spacing_mut().item_spacing.y = 2.0;
        child.add(egui::Label::new(theme::rich(title, Text::Strong, tokens.text)).selectable(false));
        child.add(
            egui::Label::new(theme::rich(words, Text::Small, tokens.text2))
                .selectable(false)
                .wrap(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn days_as_people_say_them() {
        let now = format::local(datetime!(2026-11-22 12:00 UTC));
        assert_eq!(day(datetime!(2026-11-22 11:00 UTC), now), "Today");
        assert_eq!(day(datetime!(2026-11-21 12:00 UTC), now), "Yesterday");
        assert_eq!(day(datetime!(2026-11-18 12:00 UTC), now), "18 Nov");
        assert_eq!(day(datetime!(2025-10-02 12:00 UTC), now), "2 Oct 2025");
    }
}
