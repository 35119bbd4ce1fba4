//! The stage: both sides drawn in step, the line between them, labels in the corners.

use std::sync::Arc;

use egui::{CursorIcon, EventFilter, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2};

use super::page::{View, Zoom};
use super::sheet::{Canvas, Region, Sheet, place_of};
use super::state::{Made, Shown, What};
use super::work::TIMES;
use super::{Command, Mode};
use crate::engine::{Problem, Size, Why};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text, Tokens};
use crate::gui::widgets::{self, focus_ring, icon_at, kbd, label, line, put_left, segmented, spinner_at};

/// Around a picture that fits.
const AROUND: Vec2 = vec2(theme::SPACE_24, 44.0);
/// Width of what can be taken hold of at the line.
const GRIP: f32 = 20.0;
/// Height of the row at the lower edge.
const ROW: f32 = 28.0;

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Where a label stands: alone, or one of two in one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Corner {
    Left,
    LeftOfTwo,
    RightOfTwo,
}

/// Where both sides lie.
#[derive(Debug, Clone, Copy)]
struct Places {
    /// What of the window they are drawn into.
    view: Rect,
    before: Rect,
    after: Rect,
}

impl Places {
    /// How far down the pictures reach.
    fn bottom(&self) -> f32 {
        self.before.bottom().max(self.after.bottom())
    }
}

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox, narrow: bool) {
    let stage = ui.max_rect();
    let preview = &model.preview;
    let Some(shown) = &preview.shown else {
        spinner_at(ui, stage.center(), 20.0);
        return;
    };
    if let Some(problem) = &shown.problem {
        sorry(ui, problem);
        return;
    }
    let size = shown
        .before
        .as_ref()
        .map(|sheet| sheet.size)
        .or(shown.facts.as_ref().map(|facts| facts.size));
    let Some(size) = size else {
        spinner_at(ui, stage.center(), 20.0);
        return;
    };
    let made = preview.made();
    // Without a replacement there is one side.
    let mode = if made.is_some() { preview.kept.mode } else { Mode::Flip };
    let response = hold(ui, stage, view, size, mode, shown);
    if response.clicked() && preview.kept.mode == Mode::Flip && made.is_some() {
        out.send(Command::Flip);
    }
    let mut under = stage.top();
    let per_point = ui.pixels_per_point();
    let places = |pane: Rect, view: &mut View| lay_out(per_point, pane, view, size, made, preview.kept.true_pixels);
    match mode {
        Mode::SideBySide => {
            let middle = stage.center().x;
            let left = Rect::from_min_max(stage.min, pos2(middle - 0.5, stage.bottom()));
            let right = Rect::from_min_max(pos2(middle + 0.5, stage.top()), stage.max);
            for (pane, side) in [(left, Side::Before), (right, Side::After)] {
                let places = places(pane, view);
                under = under.max(places.bottom());
                one_side(ui, model, view, out, shown, places, pane, side);
            }
            ui.painter()
                .vline(middle, stage.y_range(), Stroke::new(1.0, theme::tokens(ui).line));
        }
        Mode::Slider => {
            let places = places(stage, view);
            under = places.bottom();
            slider(ui, model, view, out, shown, places, &response);
        }
        Mode::Flip => {
            let places = places(stage, view);
            under = places.bottom();
            let side = if made.is_some() && preview.after_side {
                Side::After
            } else {
                Side::Before
            };
            one_side(ui, model, view, out, shown, places, stage, side);
        }
        Mode::Difference => {
            let places = places(stage, view);
            let sheet = shown.after.as_ref().and_then(|after| after.difference.as_ref());
            match sheet {
                Some(sheet) => view.textures.draw(&Canvas::within(ui, stage), sheet, places.after),
                None => spinner_at(ui, stage.center(), 20.0),
            }
            let detail = format!("what the encoding changed, {TIMES} times as strong");
            corner(ui, stage, places.after, Corner::Left, "Difference", &detail);
        }
    }
    if let Some(after) = &shown.after
        && let What::Stays(why) = &after.what
    {
        banner(ui, stage, Icon::Check, &format!("Stays as it is: {}", words_for(*why)));
    } else if let Some(after) = &shown.after
        && let What::Problem(problem) = &after.what
    {
        banner(ui, stage, Icon::CircleAlert, &format!("{} {}", problem.message, problem.advice));
    } else if made.is_some_and(|made| made.not_worth_it) {
        banner(ui, stage, Icon::Check, "Stays as it is: the replacement would not save enough");
    }
    if preview.is_making() {
        spinner_at(ui, pos2(stage.right() - 24.0, stage.top() + 24.0), 14.0);
    }
    controls(ui, stage, model, out, mode, narrow, under);
}

/// Why an image stays, behind a colon.
pub(super) fn words_for(why: Why) -> &'static str {
    match why {
        Why::SmallEnough => "it is small enough",
        Why::Animated => "it is animated",
        Why::NotRequested => "its format is not worked on",
        Why::NotChosen => "it is not chosen",
        Why::NameTaken => "another file has the name of its replacement",
        Why::NotSmaller => "the replacement would not save enough",
        Why::AboveTarget | Why::BelowTargetUpscaled | Why::Converted | Why::OtherShape => "nothing would change",
    }
}

/// Takes the pointer: dragging pans, the wheel zooms, two clicks go to one to one and back.
fn hold(ui: &mut Ui, stage: Rect, view: &mut View, size: Size, mode: Mode, shown: &Shown) -> Response {
    let response = ui.interact(stage, ui.scope_id().with("stage"), Sense::click_and_drag());
    let name = shown.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let what = format!("{name}, {}", format::size(size.width, size.height));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &what));
    focus_ring(ui, &response, stage.shrink(4.0), theme::RADIUS_BAR);
    let middle = if mode == Mode::SideBySide {
        // Of the pane under the pointer.
        let quarter = stage.width() / 4.0;
        let right = response.hover_pos().is_some_and(|pointer| pointer.x > stage.center().x);
        stage.center() + vec2(if right { quarter } else { -quarter }, 0.0)
    } else {
        stage.center()
    };
    if response.dragged() {
        view.pan += response.drag_delta();
    }
    if let Some(pointer) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = pinch * (scroll * 0.004).exp();
        if (factor - 1.0).abs() > 1e-4 {
            view.zoom_to(view.scale * factor, pointer - middle);
        }
    }
    if response.double_clicked() {
        match view.zoom {
            Zoom::Fit => {
                let at = response.interact_pointer_pos().map_or(Vec2::ZERO, |pointer| pointer - middle);
                view.zoom_to(1.0, at);
            }
            Zoom::Scale(_) => view.fit(),
        }
    }
    response
}

/// Where the sides lie in a pane, by zoom and pan; keeps the picture in sight.
fn lay_out(per_point: f32, pane: Rect, view: &mut View, size: Size, made: Option<&Made>, true_pixels: bool) -> Places {
    let pixels = vec2(size.width as f32, size.height as f32);
    let room = (pane.size() - 2.0 * AROUND).max(vec2(48.0, 48.0)) * per_point;
    let fitting = (room.x / pixels.x).min(room.y / pixels.y);
    // A small picture is not made large without being asked.
    let scale = match view.zoom {
        Zoom::Fit => fitting.min(1.0),
        Zoom::Scale(scale) => scale,
    };
    view.scale = scale;
    let extent = pixels * scale / per_point;
    let slack = ((extent - pane.size()) / 2.0 + AROUND).max(Vec2::ZERO);
    view.pan = view.pan.clamp(-slack, slack);
    if view.zoom == Zoom::Fit {
        view.pan = Vec2::ZERO;
    }
    let round = |point: egui::Pos2| pos2((point.x * per_point).round() / per_point, (point.y * per_point).round() / per_point);
    let before = Rect::from_center_size(pane.center() + view.pan, extent);
    let before = Rect::from_min_size(round(before.min), before.size());
    let after = made.map_or(before, |made| {
        let finished = vec2(made.sheet.size.width as f32, made.sheet.size.height as f32);
        let scaled = vec2(made.scaled.width as f32, made.scaled.height as f32);
        // What was cut hangs over; what was padded lies around.
        let matching = before.size() * finished / scaled;
        if !true_pixels {
            return Rect::from_center_size(before.center(), matching);
        }
        let own = finished * scale.max(1.0) / per_point;
        // In step: the same place of the picture is in the middle.
        let step = view.pan * (own.x / matching.x.max(1.0));
        let rect = Rect::from_center_size(pane.center() + step, own);
        Rect::from_min_size(round(rect.min), own)
    });
    Places { view: pane, before, after }
}

#[allow(clippy::too_many_arguments, reason = "one call for each of three modes")]
fn one_side(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox, shown: &Shown, places: Places, pane: Rect, side: Side) {
    draw(ui, pane, model, view, out, shown, places, side);
    // Each label in the corner of its own picture.
    let on = if side == Side::After { places.after } else { places.before };
    side_label(ui, shown, model, pane, on, side, Corner::Left);
}

/// Draws one side.
#[allow(clippy::too_many_arguments, reason = "as above")]
fn draw(ui: &Ui, pane: Rect, model: &Model, view: &mut View, out: &mut Outbox, shown: &Shown, places: Places, side: Side) {
    let canvas = Canvas::within(ui, pane);
    match (side, model.preview.made()) {
        (Side::After, Some(made)) => {
            view.textures.draw(&canvas, &made.sheet, places.after);
        }
        _ => before(ui, &canvas, model, view, out, shown, places),
    }
}

/// The original: as it is held, and over that the part in its own pixels where a person looks closely.
fn before(ui: &Ui, canvas: &Canvas, model: &Model, view: &mut View, out: &mut Outbox, shown: &Shown, places: Places) {
    let Some(sheet) = &shown.before else {
        // Until it is decoded: what the strip has of it.
        let planned = model.plan.current();
        let thumbnail = planned.and_then(|planned| model.preview.film.thumbnail(&planned.plan, shown.at).flatten());
        match thumbnail {
            Some(sheet) => view.textures.draw(canvas, sheet, places.before),
            None => spinner_at(ui, places.view.center(), 20.0),
        }
        return;
    };
    view.textures.draw(canvas, sheet, places.before);
    let held = sheet.held_width() as f32 / sheet.size.width as f32;
    if !sheet.is_reduced() || view.scale <= held * 1.05 {
        return;
    }
    let Some(seen) = seen(sheet, places) else { return };
    if let Some((region, part)) = &shown.part {
        view.textures.draw(canvas, part, place_of(*region, sheet.size, places.before));
    }
    let wanted = widened(seen, sheet.size);
    let has = shown.part.as_ref().is_some_and(|(region, _)| region.holds(&seen));
    let asked = shown.part_asked.is_some_and(|region| region.holds(&seen));
    if !has && !asked {
        out.send(Command::Part(wanted));
    }
}

/// The part of the original that can be seen.
fn seen(sheet: &Arc<Sheet>, places: Places) -> Option<Region> {
    let visible = places.before.intersect(places.view);
    if !visible.is_positive() {
        return None;
    }
    let scale = sheet.size.width as f32 / places.before.width();
    let from = (visible.min - places.before.min) * scale;
    let to = (visible.max - places.before.min) * scale;
    let (left, top) = (from.x.max(0.0) as u32, from.y.max(0.0) as u32);
    let side = |to: f32, from: u32, all: u32| (to.ceil() as u32).min(all).saturating_sub(from).max(1);
    Some(Region {
        left,
        top,
        size: Size {
            width: side(to.x, left, sheet.size.width),
            height: side(to.y, top, sheet.size.height),
        },
    })
}

/// With a quarter more on every side, so that a small move needs no other part; at most what a graphics card takes.
fn widened(region: Region, all: Size) -> Region {
    const MOST: u32 = 4096;
    let (across, down) = (region.size.width / 4, region.size.height / 4);
    let (left, top) = (region.left.saturating_sub(across), region.top.saturating_sub(down));
    let side = |from: u32, wanted: u32, all: u32| wanted.min(all.saturating_sub(from)).min(MOST.max(wanted / 2));
    Region {
        left,
        top,
        size: Size {
            width: side(left, region.left - left + region.size.width + across, all.width),
            height: side(top, region.top - top + region.size.height + down, all.height),
        },
    }
}

/// Both sides in one picture, and the line between them.
fn slider(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox, shown: &Shown, places: Places, stage: &Response) {
    let pane = places.view;
    let union = places.before.union(places.after).intersect(pane);
    if !union.is_positive() {
        return;
    }
    let at = |view: &View| egui::lerp(union.x_range(), view.divider).round();
    let grip = Rect::from_center_size(pos2(at(view), union.center().y), vec2(GRIP, union.height()));
    let response = ui.interact(grip, ui.scope_id().with("line"), Sense::click_and_drag());
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        view.divider = ((pointer.x - union.left()) / union.width()).clamp(0.0, 1.0);
    }
    if response.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let steps = ui.input(|input| input.num_presses(Key::ArrowRight) as f32 - input.num_presses(Key::ArrowLeft) as f32);
        view.divider = (view.divider + steps * 0.02).clamp(0.0, 1.0);
    }
    let value = f64::from(view.divider) * 100.0;
    response.widget_info(|| WidgetInfo {
        value: Some(value),
        label: Some("Line between before and after".to_owned()),
        ..WidgetInfo::new(Role::Slider)
    });
    let x = at(view);
    let left = Rect::from_min_max(pane.min, pos2(x, pane.bottom()));
    let right = Rect::from_min_max(pos2(x, pane.top()), pane.max);
    draw(ui, left, model, view, out, shown, places, Side::Before);
    draw(ui, right, model, view, out, shown, places, Side::After);
    side_label(ui, shown, model, pane, union, Side::Before, Corner::LeftOfTwo);
    let on = if model.preview.kept.true_pixels { places.after } else { union };
    side_label(ui, shown, model, pane, on, Side::After, Corner::RightOfTwo);
    let tokens = theme::tokens(ui);
    let (paper, ink) = paper(tokens);
    let painter = ui.painter();
    painter.vline(x, union.y_range(), Stroke::new(3.0, tokens.scrim));
    painter.vline(x, union.y_range(), Stroke::new(1.0, paper));
    let middle = pos2(x, union.center().y);
    painter.circle(middle, 17.0, tokens.scrim, Stroke::NONE);
    painter.circle(middle, 16.0, paper, Stroke::NONE);
    icon_at(ui, middle, Icon::ChevronsLeftRight, 18.0, ink);
    focus_ring(ui, &response, Rect::from_center_size(middle, vec2(32.0, 32.0)), 16);
    if response.hovered() || response.dragged() {
        ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
    } else if stage.dragged() {
        ui.set_cursor_icon(CursorIcon::Grabbing);
    }
}

/// White as paper and dark as ink, in both themes: they lie on pictures, not on the page.
fn paper(tokens: &Tokens) -> (egui::Color32, egui::Color32) {
    if tokens.dark {
        (tokens.text, tokens.s0)
    } else {
        (tokens.pop, tokens.text)
    }
}

/// Which side it is, with its pixels and bytes, in the corner `at` of what can be seen of the picture.
fn side_label(ui: &mut Ui, shown: &Shown, model: &Model, pane: Rect, on: Rect, side: Side, at: Corner) {
    let (name, detail) = match (side, model.preview.made()) {
        (Side::After, Some(made)) => {
            let size = format::size(made.sheet.size.width, made.sheet.size.height);
            ("After", format!("{size}, {}", format::bytes(made.bytes).text()))
        }
        _ => {
            let Some(facts) = &shown.facts else { return };
            let size = format::size(facts.size.width, facts.size.height);
            ("Before", format!("{size}, {}", format::bytes(facts.bytes).text()))
        }
    };
    corner(ui, pane, on, at, name, &detail);
}

fn corner(ui: &mut Ui, pane: Rect, on: Rect, at: Corner, name: &str, detail: &str) {
    let tokens = theme::tokens(ui);
    let visible = on.intersect(pane.shrink(theme::SPACE_12));
    let words = line(ui, name, Text::SmallStrong, tokens.text);
    let figures = line(ui, detail, Text::Small, tokens.text2);
    let width = words.size().x + figures.size().x + 28.0;
    let needed = if at == Corner::Left { width + 24.0 } else { 430.0 };
    // Above a picture that has no room for it, or for both.
    let inside = visible.width() >= needed && visible.height() > 120.0;
    let inset = if inside { theme::SPACE_12 } else { 0.0 };
    let y = if inside {
        visible.top() + inset
    } else {
        (visible.top() - 30.0).max(pane.top() + theme::SPACE_8)
    };
    let (left, right) = (visible.left() + inset, visible.right() - inset - width);
    let x = match at {
        Corner::Left => left,
        Corner::LeftOfTwo if inside => left,
        Corner::RightOfTwo if inside => right,
        // Two labels of a narrow picture would lie on each other.
        Corner::LeftOfTwo => left.min(pane.center().x - width - 4.0),
        Corner::RightOfTwo => right.max(pane.center().x + 4.0),
    };
    let x = x.min(pane.right() - width - 8.0).max(pane.left() + 8.0);
    let rect = Rect::from_min_size(pos2(x.round(), y.round()), vec2(width, 24.0));
    let ground = tokens.pop.gamma_multiply(0.92);
    ui.painter()
        .rect(rect, theme::RADIUS_CONTROL, ground, Stroke::NONE, StrokeKind::Inside);
    let response = ui.interact(rect, ui.scope_id().with(("corner", name)), Sense::hover());
    let spoken = format!("{name}, {detail}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let right = put_left(ui, rect.left() + 10.0, rect.center().y, words);
    put_left(ui, right + 8.0, rect.center().y, figures);
}

/// What a person should know of what is shown, above the lower row.
fn banner(ui: &mut Ui, stage: Rect, icon: Icon, words: &str) {
    let tokens = theme::tokens(ui);
    let room = stage.width() - 120.0;
    let text = widgets::lines(ui, words, Text::Small, tokens.text, room);
    let size = text.size() + vec2(44.0, 14.0);
    let middle = pos2(stage.center().x, stage.bottom() - ROW - 28.0 - size.y / 2.0);
    let rect = Rect::from_center_size(middle, size);
    ui.painter().rect(
        rect,
        theme::RADIUS_CARD,
        tokens.pop,
        Stroke::new(1.0, tokens.line2),
        StrokeKind::Inside,
    );
    icon_at(ui, pos2(rect.left() + 18.0, rect.center().y), icon, theme::ICON_ROW, tokens.text2);
    let response = ui.interact(rect, ui.scope_id().with("banner"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    put_left(ui, rect.left() + 32.0, rect.center().y, text);
}

fn sorry(ui: &mut Ui, problem: &Problem) {
    let name = problem.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sentence = format!("{} {}", problem.message, problem.advice);
    widgets::empty_state(ui, Icon::ImageOff, &name, &sentence, |_| {});
}

/// The row at the lower edge: how large the after side is, and the keys.
fn controls(ui: &mut Ui, stage: Rect, model: &Model, out: &mut Outbox, mode: Mode, narrow: bool, under: f32) {
    let row = Rect::from_min_max(
        pos2(stage.left() + theme::SPACE_24, stage.bottom() - ROW - 10.0),
        pos2(stage.right() - theme::SPACE_24, stage.bottom() - 10.0),
    );
    let tokens = theme::tokens(ui);
    let covered = under > row.top();
    ui.scope_builder(UiBuilder::new().max_rect(row), |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = theme::SPACE_8;
            if model.preview.made().is_some() && mode != Mode::Difference {
                // Words need a ground where the picture reaches below them.
                if covered {
                    let ground = Rect::from_min_size(row.min - vec2(10.0, 4.0), vec2(216.0, ROW + 8.0));
                    let fill = tokens.pop.gamma_multiply(0.92);
                    ui.painter().rect_filled(ground, theme::RADIUS_CARD, fill);
                }
                label(ui, "After", Text::Small, tokens.text2);
                let mut true_pixels = model.preview.kept.true_pixels;
                let choices = [(false, "Enlarged"), (true, "True pixels")];
                if segmented(ui, &mut true_pixels, choices, None).changed() {
                    out.send(Command::TruePixels(true_pixels));
                }
            }
            if narrow || covered {
                return;
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                for (words, keys) in [("next image", "← →"), ("difference", "D"), ("flip", "Space")] {
                    label(ui, words, Text::Small, tokens.text3);
                    kbd(ui, keys);
                    ui.add_space(theme::SPACE_8);
                }
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_widened_within_the_picture() {
        let all = Size {
            width: 10_000,
            height: 500,
        };
        let region = Region {
            left: 9_000,
            top: 100,
            size: Size { width: 800, height: 200 },
        };
        let wide = widened(region, all);
        assert!(wide.holds(&region));
        assert_eq!((wide.left, wide.top, wide.size.width, wide.size.height), (8_800, 50, 1_200, 300));
        let whole = Region {
            left: 0,
            top: 0,
            size: all,
        };
        assert!(widened(whole, all).size.width <= 10_000);
    }
}
