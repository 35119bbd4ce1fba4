//! A slider with its number beside it: the hand finds the region, the keyboard the value.

use super::NumberField;
use super::paint::{focus_ring, sense};
use super::switch::knob;
use crate::gui::theme;
use egui::{EventFilter, Key, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;

/// A slider.
#[derive(Debug)]
pub(crate) struct Slider<'a> {
    name: &'a str,
    value: &'a mut f64,
    range: RangeInclusive<f64>,
    width: Option<f32>,
    number: Option<f32>,
}

impl<'a> Slider<'a> {
    /// Whole numbers within `range`, with a number field beside it.
    pub(crate) fn new(name: &'a str, value: &'a mut f64, range: RangeInclusive<f64>) -> Self {
        Slider {
            name,
            value,
            range,
            width: None,
            number: Some(44.0),
        }
    }

    /// Of slider and number together; otherwise as wide as there is room.
    pub(crate) fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Without the number field, where the number stands elsewhere.
    pub(crate) fn without_number(mut self) -> Self {
        self.number = None;
        self
    }

    /// Draws both; `changed` when either was moved.
    pub(crate) fn show(self, ui: &mut Ui) -> Response {
        let width = self.width.unwrap_or_else(|| ui.available_width());
        let Some(number) = self.number else { return self.track(ui, width) };
        ui.horizontal(|ui| {
            let gap = 16.0;
            ui.spacing_mut().item_spacing.x = gap;
            let (name, range) = (self.name, self.range.clone());
            let Slider { value, .. } = self;
            let rail = Slider {
                name,
                value: &mut *value,
                range: range.clone(),
                width: None,
                number: None,
            };
            let track = rail.track(ui, (width - number - gap).max(24.0));
            let field = NumberField::new(name, value, range).width(number).show(ui);
            let changed = field.changed();
            let mut both = track;
            if changed {
                both.mark_changed();
            }
            both
        })
        .inner
    }

    fn track(self, ui: &mut Ui, width: f32) -> Response {
        let tokens = theme::tokens(ui);
        let enabled = ui.is_enabled();
        let sense = if enabled { Sense::click_and_drag() } else { sense(false) };
        let (rect, mut response) = ui.allocate_exact_size(vec2(width, theme::HEIGHT_CONTROL), sense);
        let (low, high) = (*self.range.start(), *self.range.end());
        let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 14.0, 4.0));
        let mut value = *self.value;
        if let Some(pointer) = response.interact_pointer_pos() {
            let part = f64::from(((pointer.x - rail.left()) / rail.width()).clamp(0.0, 1.0));
            value = low + part * (high - low);
        }
        if response.has_focus() {
            ui.memory_mut(|memory| {
                let filter = EventFilter {
                    horizontal_arrows: true,
                    vertical_arrows: true,
                    ..EventFilter::default()
                };
                memory.set_focus_lock_filter(response.id, filter);
            });
            let steps = ui.input(|input| {
                let count = |key| input.num_presses(key) as f64;
                count(Key::ArrowRight) + count(Key::ArrowUp) - count(Key::ArrowLeft) - count(Key::ArrowDown)
                    + 10.0 * (count(Key::PageUp) - count(Key::PageDown))
            });
            value += steps;
            if ui.input(|input| input.key_pressed(Key::Home)) {
                value = low;
            }
            if ui.input(|input| input.key_pressed(Key::End)) {
                value = high;
            }
        }
        value = (value.round()).clamp(low, high);
        if value != *self.value
            && (response.dragged() || response.clicked() || response.has_focus() || response.is_pointer_button_down_on())
        {
            *self.value = value;
            response.mark_changed();
        }
        let shown = *self.value;
        let name = format!("{}, slider", self.name);
        response.widget_info(|| WidgetInfo {
            enabled,
            value: Some(shown),
            label: Some(name.clone()),
            ..WidgetInfo::new(Role::Slider)
        });
        if ui.is_rect_visible(rect) {
            let part = (((shown - low) / (high - low).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)) as f32;
            let x = egui::lerp(rail.left()..=rail.right(), part);
            ui.painter().rect_filled(rail.expand2(vec2(7.0, 0.0)), 2, tokens.track);
            let filled = Rect::from_min_max(pos2(rail.left() - 7.0, rail.top()), pos2(x, rail.bottom()));
            let ink = if enabled { tokens.accent } else { tokens.line2 };
            ui.painter().rect_filled(filled, 2, ink);
            let centre = pos2(x, rail.center().y);
            let paper = if enabled { knob(ui) } else { tokens.text3 };
            ui.painter()
                .circle(centre, 7.0, paper, Stroke::new(1.0, if tokens.dark { paper } else { tokens.line2 }));
            focus_ring(ui, &response, Rect::from_center_size(centre, vec2(14.0, 14.0)), 7);
        }
        response
    }
}
