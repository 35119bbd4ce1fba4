//! The strip of thumbnails, of which only those in sight are drawn, however many there are.

use egui::{Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::Command;
use super::film::{Film, Hard, Order};
use super::page::View;
use super::sheet::Canvas;
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::plan::{ImageAt, Planned};
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{
    Button, MenuItem, Select, empty_line, focus_ring, icon_at, label, line, menu, menu_heading, put_left, put_right, spinner, tip,
};

/// Height of the strip.
pub(super) const HEIGHT: f32 = 112.0;
/// Width of the controls at its left end.
const CONTROLS: f32 = 132.0;
/// Left of the first thumbnail, for the frame of the selected one.
const EDGE: f32 = 6.0;
/// A thumbnail.
const WIDTH: f32 = 104.0;
const TALL: f32 = 66.0;
/// From one to the next.
const PITCH: f32 = WIDTH + 8.0;
/// Thumbnails beyond the edges that are drawn before they are seen.
const AHEAD: usize = 6;

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let rect = ui.max_rect();
    let controls = Rect::from_min_size(
        rect.min + vec2(theme::SPACE_12, 0.0),
        vec2(CONTROLS - theme::SPACE_12 - 4.0, HEIGHT),
    );
    ui.scope_builder(UiBuilder::new().max_rect(controls), |ui| choose(ui, model, out));
    let film = Rect::from_min_max(pos2(rect.left() + CONTROLS, rect.top() + 1.0), rect.max);
    ui.scope_builder(UiBuilder::new().max_rect(film), |ui| thumbnails(ui, model, view, out));
}

fn choose(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let film = &model.preview.film;
    ui.add_space(26.0);
    ui.spacing_mut().item_spacing.y = theme::SPACE_8;
    if let Some(kind) = film.hard {
        let mut chosen = kind;
        if Select::new("Kind of hard cases")
            .menu_width(172.0)
            .show(ui, &mut chosen, &Hard::ALL)
            .changed()
        {
            out.send(Command::Hard(Some(chosen)));
        }
        if Button::secondary("All images").full_width().show(ui).clicked() {
            out.send(Command::Hard(None));
        }
        return;
    }
    let mut order = model.preview.kept.order;
    if Select::new("Order of the images")
        .menu_width(172.0)
        .show(ui, &mut order, &Order::ALL)
        .changed()
    {
        out.send(Command::Order(order));
    }
    let response = Button::secondary("Hard cases")
        .icon(Icon::Flame)
        .hint("Images on which a replacement is most likely to disappoint")
        .full_width()
        .show(ui);
    menu(&response, 220.0, |ui| {
        menu_heading(ui, "Show hard cases");
        for (kind, words) in Hard::ALL {
            if MenuItem::new(words).show(ui).clicked() {
                out.send(Command::Hard(Some(kind)));
            }
        }
    });
}

fn thumbnails(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let film = &model.preview.film;
    let Some(planned) = model.plan.current() else { return };
    let images = film.images();
    if images.is_empty() {
        nothing(ui, film);
        return;
    }
    let room = ui.available_width();
    let mut area = ScrollArea::horizontal()
        .id_salt(("strip", film.hard.map(|kind| kind as u8)))
        .auto_shrink(false)
        .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysHidden);
    // Follows the selection, not the pointer.
    let selected = film.place.and_then(|place| Some((place, *images.get(place)?)));
    if selected != view.in_sight || film.hard != view.hard {
        (view.in_sight, view.hard) = (selected, film.hard);
        if let Some((place, _)) = selected {
            let middle = EDGE + place as f32 * PITCH + PITCH / 2.0 - room / 2.0;
            area = area.horizontal_scroll_offset(middle.clamp(0.0, (images.len() as f32 * PITCH - room).max(0.0)));
        }
    }
    // A wheel has one direction, and here there is only one.
    let hovered = ui.rect_contains_pointer(ui.max_rect());
    if hovered {
        ui.input_mut(|input| {
            if input.smooth_scroll_delta.x == 0.0 {
                input.smooth_scroll_delta.x = std::mem::take(&mut input.smooth_scroll_delta.y);
            }
        });
    }
    let output = area.show_viewport(ui, |ui, seen| {
        ui.set_width(images.len() as f32 * PITCH + EDGE);
        ui.set_height(HEIGHT - 1.0);
        let first = (((seen.left() - EDGE) / PITCH).floor().max(0.0)) as usize;
        let last = ((seen.right() / PITCH).ceil().max(0.0) as usize).min(images.len());
        let origin = ui.max_rect().min;
        for place in first..last {
            let at = images[place];
            let left = origin.x + EDGE + place as f32 * PITCH;
            let frame = Rect::from_min_size(pos2(left, origin.y + 13.0), vec2(WIDTH, TALL));
            thumbnail(ui, model, view, planned, (place, at), frame, out);
        }
        first..last
    });
    let range = output.inner;
    let from = range.start.saturating_sub(AHEAD);
    let to = (range.end + AHEAD).min(images.len());
    // Those in sight before those around them.
    let around = (range.end..to).chain(from..range.start.min(to));
    let wanted: Vec<ImageAt> = range.chain(around).filter_map(|place| images.get(place).copied()).collect();
    if wanted != view.wanted {
        out.send(Command::Wanted(wanted.clone()));
        view.wanted = wanted;
    }
}

fn nothing(ui: &mut Ui, film: &Film) {
    ui.add_space(44.0);
    ui.horizontal(|ui| {
        if film.searching || film.is_ordering() {
            spinner(ui, 14.0, "Looking");
            let cases = film.cases.as_ref();
            let words = match cases.filter(|cases| cases.to_look_at > 0) {
                Some(cases) => format!("Looked at {} of {} images", cases.looked_at, cases.to_look_at),
                None => "Looking at the images".to_owned(),
            };
            label(ui, words, Text::Small, theme::tokens(ui).text2);
        } else if film.hard == Some(Hard::Loss) {
            empty_line(
                ui,
                "No image was judged yet. Scores come with the forecast, and with every image that is looked at.",
            );
        } else {
            empty_line(ui, "None among the images that were looked at.");
        }
    });
}

fn thumbnail(ui: &mut Ui, model: &Model, view: &mut View, planned: &Planned, (place, at): (usize, ImageAt), frame: Rect, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let is_selected = model.preview.film.place == Some(place);
    let whole = Rect::from_min_max(frame.min, pos2(frame.right(), frame.bottom() + 22.0));
    let response = ui.interact(whole, ui.scope_id().with(("thumbnail", place)), Sense::click());
    let Some(found) = planned
        .plan
        .shards
        .get(at.shard)
        .and_then(|shard| shard.inventory.images.get(at.image))
    else {
        return;
    };
    let name = found.name.to_string_lossy();
    let before = format::bytes(found.bytes()).text();
    let after = bytes_after(model, planned, at);
    let spoken = match &after {
        Some(after) => format!("{name}, {before} to {after}"),
        None => format!("{name}, {before}"),
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &spoken));
    if response.clicked() {
        out.send(Command::Go(place));
    }
    match model.preview.film.thumbnail(&planned.plan, at) {
        Some(Some(sheet)) => {
            // Cut to the frame, its middle in the middle.
            let aspect = sheet.size.width as f32 / sheet.size.height as f32;
            let fitted = if aspect > WIDTH / TALL {
                vec2(TALL * aspect, TALL)
            } else {
                vec2(WIDTH, WIDTH / aspect)
            };
            let canvas = Canvas::within(ui, frame);
            view.textures.draw(&canvas, sheet, Rect::from_center_size(frame.center(), fitted));
        }
        other => {
            ui.painter().rect_filled(frame, theme::RADIUS_BAR, tokens.s3);
            if other.is_some() {
                icon_at(ui, frame.center(), Icon::ImageOff, theme::ICON_BAR, tokens.text3);
            }
        }
    }
    // Corners are rounded by what lies around them.
    ui.painter().rect_stroke(
        frame.expand(1.0),
        theme::RADIUS_BAR + 1,
        Stroke::new(2.0, tokens.s1),
        StrokeKind::Middle,
    );
    if is_selected {
        ui.painter().rect_stroke(
            frame.expand(2.0),
            theme::RADIUS_CONTROL,
            Stroke::new(2.0, tokens.accent),
            StrokeKind::Outside,
        );
    }
    focus_ring(ui, &response, frame.expand(2.0), theme::RADIUS_CONTROL);
    let ink = if is_selected || response.hovered() {
        tokens.text
    } else {
        tokens.text3
    };
    let y = frame.bottom() + 12.0;
    put_left(ui, frame.left(), y, line(ui, before, Text::Tiny, ink));
    put_right(
        ui,
        frame.right(),
        y,
        line(ui, after.unwrap_or_else(|| "–".to_owned()), Text::Tiny, ink),
    );
    tip(response, &name);
}

/// Bytes of the replacement: those of the image that is looked at, otherwise what the forecast says.
fn bytes_after(model: &Model, planned: &Planned, at: ImageAt) -> Option<String> {
    let preview = &model.preview;
    if preview.shown.as_ref().is_some_and(|shown| shown.at == at)
        && let Some(made) = preview.made()
    {
        return Some(format::bytes(made.bytes).text());
    }
    let predicted = planned.predictions.as_ref()?.bytes_after(&planned.plan, at.shard, at.image)?;
    Some(format::bytes(predicted).text())
}
