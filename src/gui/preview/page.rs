//! The page: toolbar, stage, inspector and strip, and their keys.

use egui::{CentralPanel, Frame, Key, Margin, Modifiers, Panel, Ui, Vec2};

use super::film::Hard;
use super::sheet::Textures;
use super::{Command, Mode, inspector, stage, strip};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::plan::ImageAt;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Segment, icon_button_with, label, segmented};

/// What only drawing needs.
#[derive(Debug)]
pub(in crate::gui) struct View {
    pub(super) zoom: Zoom,
    /// From the middle of the stage to that of the picture, points.
    pub(super) pan: Vec2,
    /// Where the line stands, as a part of the picture's width.
    pub(super) divider: f32,
    /// Scale of the last frame: screen pixels for each of the original's.
    pub(super) scale: f32,
    /// The image of the last frame.
    pub(super) image: u64,
    pub(super) textures: Textures,
    /// What was wanted for the strip last.
    pub(super) wanted: Vec<ImageAt>,
    /// The place that the strip was moved to last.
    pub(super) in_sight: Option<(usize, ImageAt)>,
    /// The kind of hard cases, to see that it changed.
    pub(super) hard: Option<Hard>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            zoom: Zoom::Fit,
            pan: Vec2::ZERO,
            divider: 0.5,
            scale: 1.0,
            image: 0,
            textures: Textures::default(),
            wanted: Vec::new(),
            in_sight: None,
            hard: None,
        }
    }
}

/// How large the original is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Zoom {
    /// All of it is seen.
    Fit,
    /// Screen pixels for each of its own.
    Scale(f32),
}

/// Steps of the buttons and keys.
const STEPS: [f32; 15] = [
    0.03125,
    0.0625,
    0.125,
    0.25,
    0.333_333_34,
    0.5,
    0.666_666_7,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    8.0,
    16.0,
    32.0,
];

impl View {
    /// The next step up or down.
    pub(super) fn step_zoom(&mut self, up: bool) {
        let scale = self.scale;
        let next = if up {
            STEPS.into_iter().find(|step| *step > scale * 1.01)
        } else {
            STEPS.into_iter().rev().find(|step| *step < scale * 0.99)
        };
        if let Some(next) = next {
            self.zoom_to(next, Vec2::ZERO);
        }
    }

    /// To a scale, so that what lies `at` (from the middle of the stage) stays there.
    pub(super) fn zoom_to(&mut self, scale: f32, at: Vec2) {
        let scale = scale.clamp(STEPS[0], STEPS[STEPS.len() - 1]);
        let ratio = scale / self.scale.max(f32::MIN_POSITIVE);
        self.pan = at + (self.pan - at) * ratio;
        (self.zoom, self.scale) = (Zoom::Scale(scale), scale);
    }

    pub(super) fn fit(&mut self) {
        (self.zoom, self.pan) = (Zoom::Fit, Vec2::ZERO);
    }
}

/// Height of the toolbar.
const TOOLBAR: f32 = 44.0;
/// Width of the inspector.
const INSPECTOR: f32 = 248.0;

/// The page.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    view.textures.next_frame();
    let image = model.preview.shown.as_ref().map_or(0, |shown| shown.image);
    if view.image != image {
        view.image = image;
        // The same place of the next image is rarely of interest; its size on screen is.
        view.pan = Vec2::ZERO;
    }
    if model.plan.current().is_none() {
        waiting(ui, "The plan is being made.", "Previews come with it.");
        return;
    }
    if model.plan.selected().is_none() && model.preview.film.images().is_empty() {
        if model.preview.film.is_ordering() {
            waiting(ui, "The plan is being made.", "Previews come with it.");
        } else {
            widgets::empty_state(
                ui,
                Icon::Image,
                "No image would change",
                "All images are as the settings want them. Change the target size, or choose an image in the plan.",
                |_| {},
            );
        }
        return;
    }
    keys(ui, model, view, out);
    let narrow = ui.ctx().content_rect().width() < theme::NARROW;
    let panel = |fill| Frame::NONE.fill(fill);
    Panel::bottom("preview strip")
        .exact_size(strip::HEIGHT)
        .resizable(false)
        .frame(panel(tokens.s1))
        .show(ui, |ui| strip::show(ui, model, view, out));
    if narrow {
        Panel::bottom("preview facts")
            .exact_size(inspector::STRIP)
            .resizable(false)
            .frame(panel(tokens.s1))
            .show(ui, |ui| inspector::show_strip(ui, model, out));
    } else {
        Panel::right("preview inspector")
            .exact_size(INSPECTOR)
            .resizable(false)
            .frame(panel(tokens.s1))
            .show(ui, |ui| inspector::show(ui, model, out));
    }
    Panel::top("preview tools")
        .exact_size(TOOLBAR)
        .resizable(false)
        .frame(panel(tokens.s1).inner_margin(Margin::symmetric(12, 8)))
        .show(ui, |ui| toolbar(ui, model, view, out, narrow));
    CentralPanel::default()
        .frame(panel(tokens.stage))
        .show(ui, |ui| stage::show(ui, model, view, out, narrow));
}

fn waiting(ui: &mut Ui, title: &str, sentence: &str) {
    widgets::empty_state(ui, Icon::Image, title, sentence, |_| {});
}

fn toolbar(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox, narrow: bool) {
    ui.horizontal_centered(|ui| {
        let preview = &model.preview;
        let mut mode = preview.kept.mode;
        let segment = |icon, name: &'static str| {
            let words = if narrow { "" } else { name };
            Segment::new(words).icon(icon).name(name)
        };
        let choices = [
            (Mode::Slider, segment(Icon::SquareSplitHorizontal, "Slider")),
            (Mode::SideBySide, segment(Icon::Columns2, "Side by side")),
            (Mode::Flip, segment(Icon::FlipVertical, "Flip")),
            (Mode::Difference, segment(Icon::Diff, "Difference")),
        ];
        if segmented(ui, &mut mode, choices, None).changed() {
            out.send(Command::Mode(mode));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = theme::SPACE_8;
            let mut zoom = match view.zoom {
                Zoom::Fit => Some(true),
                Zoom::Scale(scale) if (scale - 1.0).abs() < 0.001 => Some(false),
                Zoom::Scale(_) => None,
            };
            let choices = [
                (Some(true), Segment::new("Fit").name("Fit the stage")),
                (Some(false), Segment::new("1:1").name("One to one")),
            ];
            if segmented(ui, &mut zoom, choices, None).changed() {
                match zoom {
                    Some(true) => view.fit(),
                    _ => view.zoom_to(1.0, Vec2::ZERO),
                }
            }
            ui.add_space(theme::SPACE_4);
            if icon_button_with(ui, Icon::Plus, "Zoom in", Some("+"), false, theme::HEIGHT_CONTROL).clicked() {
                view.step_zoom(true);
            }
            let percent = format!("{} %", percent(view.scale));
            ui.allocate_ui_with_layout(
                egui::vec2(48.0, theme::HEIGHT_CONTROL),
                egui::Layout::centered_and_justified(egui::Direction::LeftToRight),
                |ui| label(ui, percent, Text::Body, theme::tokens(ui).text),
            );
            if icon_button_with(ui, Icon::Minus, "Zoom out", Some("-"), false, theme::HEIGHT_CONTROL).clicked() {
                view.step_zoom(false);
            }
        });
    });
}

/// Whole percent; where there are few, with one digit more.
fn percent(scale: f32) -> String {
    let percent = scale * 100.0;
    if percent < 9.95 {
        format!("{percent:.1}")
    } else {
        format!("{percent:.0}")
    }
}

/// Keys of this page. Those of a control that has the keyboard stay with it.
fn keys(ui: &Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    if model.shell.dialog.is_some() || ui.ctx().egui_wants_keyboard_input() {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let times = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as i64;
    let steps = times(Key::ArrowRight) - times(Key::ArrowLeft);
    if steps != 0 {
        out.send(Command::Step(steps));
    }
    if pressed(Key::Home) {
        out.send(Command::Go(0));
    }
    if pressed(Key::End) {
        out.send(Command::Go(model.preview.film.images().len().saturating_sub(1)));
    }
    if pressed(Key::Space) {
        out.send(Command::Flip);
    }
    if pressed(Key::D) {
        out.send(Command::ToggleDifference);
    }
    if pressed(Key::Plus) || pressed(Key::Equals) || ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::Plus)) {
        view.step_zoom(true);
    }
    if pressed(Key::Minus) {
        view.step_zoom(false);
    }
    if pressed(Key::Num0) {
        view.fit();
    }
    if pressed(Key::Z) {
        match view.zoom {
            Zoom::Scale(scale) if (scale - 1.0).abs() < 0.001 => view.fit(),
            _ => view.zoom_to(1.0, Vec2::ZERO),
        }
    }
    if pressed(Key::T) {
        out.send(Command::TruePixels(!model.preview.kept.true_pixels));
    }
    let pan = |key| ui.input(|input| input.modifiers.shift && input.key_down(key));
    let mut by = Vec2::ZERO;
    for (key, direction) in [
        (Key::ArrowLeft, egui::vec2(1.0, 0.0)),
        (Key::ArrowRight, egui::vec2(-1.0, 0.0)),
        (Key::ArrowUp, egui::vec2(0.0, 1.0)),
        (Key::ArrowDown, egui::vec2(0.0, -1.0)),
    ] {
        if pan(key) {
            by += direction * 24.0;
        }
    }
    view.pan += by;
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut view = View {
            scale: 0.27,
            ..View::default()
        };
        let at = vec2(100.0, -40.0);
        // A point of the picture, from its middle, in its own pixels.
        let under = |view: &View| (at - view.pan) / view.scale;
        let before = under(&view);
        view.zoom_to(2.0, at);
        assert!((under(&view) - before).length() < 0.01);
        assert_eq!(view.zoom, Zoom::Scale(2.0));
        view.step_zoom(true);
        assert_eq!(view.scale, 3.0);
        view.step_zoom(false);
        view.step_zoom(false);
        assert_eq!(view.scale, 1.5);
        view.fit();
        assert_eq!((view.zoom, view.pan), (Zoom::Fit, Vec2::ZERO));
        assert_eq!(
            (percent(0.27), percent(0.0312), percent(1.5)),
            ("27".into(), "3.1".into(), "150".into())
        );
    }
}
