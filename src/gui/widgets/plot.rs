//! Plots: few gridlines, a base, no box. What they show is also said in a sentence, for those who cannot see it.

use super::card::card_title;
use crate::gui::theme::{self, Phase, Text};
use egui::{Response, Role, Ui, Vec2b, WidgetInfo};
use egui_plot::{AxisHints, GridMark, HLine, Line, LineStyle, Plot, PlotPoints, PlotUi};
use std::ops::RangeInclusive;

/// Between the base and the axis' words.
const FOOT: f32 = 5.0;

/// A plot as every page shows them.
pub(crate) struct Chart<'a> {
    id: &'a str,
    title: &'a str,
    summary: &'a str,
    height: f32,
    x: (f64, f64),
    y: (f64, f64),
    x_marks: Vec<f64>,
    y_marks: Vec<f64>,
    x_words: Box<dyn Fn(f64) -> String + 'a>,
    y_words: Box<dyn Fn(f64) -> String + 'a>,
    hover: Option<Box<dyn Fn(f64, f64) -> String + 'a>>,
}

impl<'a> Chart<'a> {
    /// `summary` is the sentence a screen reader says; `id` tells plots apart.
    pub(crate) fn new(id: &'a str, title: &'a str, summary: &'a str) -> Self {
        Chart {
            id,
            title,
            summary,
            height: 140.0,
            x: (0.0, 1.0),
            y: (0.0, 1.0),
            x_marks: Vec::new(),
            y_marks: Vec::new(),
            x_words: Box::new(|value| format!("{value}")),
            y_words: Box::new(|value| format!("{value}")),
            hover: None,
        }
    }

    /// Height without the title.
    pub(crate) fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// What the horizontal axis spans and where it is marked.
    pub(crate) fn x(mut self, from: f64, to: f64, marks: Vec<f64>, words: impl Fn(f64) -> String + 'a) -> Self {
        self.x = (from, to);
        self.x_marks = marks;
        self.x_words = Box::new(words);
        self
    }

    /// What the vertical axis spans and where it is marked: three or four gridlines.
    pub(crate) fn y(mut self, from: f64, to: f64, marks: Vec<f64>, words: impl Fn(f64) -> String + 'a) -> Self {
        self.y = (from, to);
        self.y_marks = marks;
        self.y_words = Box::new(words);
        self
    }

    /// What is said beside the pointer.
    pub(crate) fn hover(mut self, words: impl Fn(f64, f64) -> String + 'a) -> Self {
        self.hover = Some(Box::new(words));
        self
    }

    /// Title row and plot.
    pub(crate) fn show(self, ui: &mut Ui, content: impl FnOnce(&mut PlotUi<'a>) + 'a) -> Response {
        let tokens = theme::tokens(ui);
        if !self.title.is_empty() {
            card_title(ui, self.title, |_| {});
        }
        let marks = |marks: Vec<f64>| {
            move |_: egui_plot::GridInput| {
                let all = marks.iter();
                all.map(|value| GridMark {
                    value: *value,
                    step_size: f64::MAX,
                })
                .collect()
            }
        };
        let (x_words, y_words) = (self.x_words, self.y_words);
        let axis = |hints: AxisHints<'a>| hints.tick_label_color(tokens.text3).tick_label_font(Text::Tiny.font());
        let x_axis = axis(AxisHints::new_x()).formatter(move |mark: GridMark, _: &RangeInclusive<f64>| x_words(mark.value));
        let y_axis = axis(AxisHints::new_y())
            .formatter(move |mark: GridMark, _: &RangeInclusive<f64>| y_words(mark.value))
            .min_thickness(28.0);
        let mut plot = Plot::new(self.id)
            .height(self.height)
            .show_background(false)
            .show_grid(Vec2b::new(false, true))
            .grid_color(tokens.line)
            .grid_fade(0.0)
            .x_grid_spacer(marks(self.x_marks))
            .y_grid_spacer(marks(self.y_marks))
            .custom_x_axes(vec![x_axis])
            .custom_y_axes(vec![y_axis])
            .allow_drag(false)
            .allow_zoom(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .allow_double_click_reset(false)
            .allow_axis_zoom_drag(false)
            .show_x(false)
            .show_y(false)
            .cursor_color(tokens.text3);
        plot = match self.hover {
            Some(words) => plot.label_formatter(move |at| match at {
                egui_plot::HoverPosition::NearDataPoint { position, .. } | egui_plot::HoverPosition::Elsewhere { position } => {
                    Some(words(position.x, position.y))
                }
            }),
            None => plot.label_formatter(|_| None),
        };
        let (x, y) = (self.x, self.y);
        // The base stands a little above the words of the axis, or the lowest mark would run into the first of them.
        let floor = y.0 - (y.1 - y.0) * f64::from(FOOT / self.height.max(1.0));
        let base = HLine::new("", y.0).color(tokens.line2).width(1.0).allow_hover(false);
        let response = plot
            .show(ui, move |plot| {
                plot.set_plot_bounds(egui_plot::PlotBounds::from_min_max([x.0, floor], [x.1, y.1]));
                plot.hline(base);
                content(plot);
            })
            .response;
        // Where the title stands in the page's own row, the sentence names the plot itself.
        let summary = if self.title.is_empty() {
            self.summary.to_owned()
        } else {
            format!("{}. {}", self.title, self.summary)
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &summary));
        response
    }
}

/// A phase's line: load solid, process dashed, write solid and wider.
pub(crate) fn phase_line<'a>(ui: &Ui, phase: Phase, points: impl Into<PlotPoints<'a>>) -> Line<'a> {
    let line = Line::new(phase.name(), points)
        .color(phase.color(theme::tokens(ui)))
        .width(phase.line_width());
    // The library makes the gap 0.62 of the dash.
    if phase.is_dashed() {
        line.style(LineStyle::Dashed { length: 4.0 })
    } else {
        line
    }
}
