//! The four plots of a run. They are painted from what the worker made ready; nothing is counted here.

use egui::{Align2, Color32, Ui};
use egui_plot::{Bar, BarChart, Line, LineStyle, PlotPoint, PlotPoints, PlotUi, Points, Polygon, Text as PlotText};

use super::histogram;
use super::page::Chart;
use super::plots::{Plots, WINDOW_SECONDS};
use super::state::Live;
use super::words;
use crate::engine::Phase;
use crate::gui::format;
use crate::gui::theme::{self, PHASES, Text, Tokens, mix, rich};
use crate::gui::widgets::{self, label, phase_legend, phase_line};

/// Room for the words below the plot.
const AXIS: f32 = 4.0;

/// A line of the smallest letters, points.
pub(super) const LINE: f64 = 15.0;

/// One plot in the room there is, with its title or without.
pub(super) fn show(ui: &mut Ui, live: &Live, chart: Chart, titled: bool) {
    ui.spacing_mut().item_spacing.y = theme::SPACE_4;
    if titled {
        let title = match chart {
            Chart::Throughput => "Throughput",
            Chart::Saved => "Saved",
            Chart::Time => "Time per image",
            Chart::Sizes => "File sizes",
        };
        widgets::card_title(ui, title, |ui| note(ui, live, chart));
    }
    let height = (ui.available_height() - AXIS).max(60.0);
    match chart {
        Chart::Throughput => throughput(ui, live, height),
        Chart::Saved => saved(ui, live, height),
        Chart::Time => time(ui, live, height),
        Chart::Sizes => histogram::show(ui, live, height),
    }
}

/// Right in the title's row: the unit, or the legend.
pub(super) fn note(ui: &mut Ui, live: &Live, chart: Chart) {
    let tokens = theme::tokens(ui);
    let unit = match chart {
        Chart::Throughput => "images/s",
        Chart::Saved => saved_scale(live).1,
        Chart::Time => {
            phase_legend(ui);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                label(ui, "ms", Text::Small, tokens.text3);
            });
            return;
        }
        Chart::Sizes => "images",
    };
    label(ui, unit, Text::Small, tokens.text3);
}

/// Seconds that the run will have taken, as far as anybody knows; a round number, so that the axis does not crawl.
fn end_of(live: &Live) -> f64 {
    let now = live.now.plots.seconds.max(live.now.seconds);
    if live.end.is_some() {
        return now.max(0.05);
    }
    let left = words::time_left(live).map_or(now * 0.25, |left| left.as_secs_f64());
    let end = (now + left).max(4.0);
    let step = nice(end / 24.0);
    (end / step).ceil() * step
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn nice(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-9).log10().floor());
    let part = least / power;
    power
        * if part <= 1.0 {
            1.0
        } else if part <= 2.0 {
            2.0
        } else if part <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// Gridlines from 0 to the first at or above `most`: two to four of them.
pub(super) fn marks(most: f64) -> Vec<f64> {
    let step = nice(most.max(1e-9) / 3.5);
    let count = (most / step).ceil().max(1.0) as usize;
    (0..=count).map(|n| n as f64 * step).collect()
}

/// Marks of a clock: whole seconds, quarters of a minute, minutes.
fn clock_marks(seconds: f64) -> Vec<f64> {
    const STEPS: [f64; 15] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21_600.0,
    ];
    let step = STEPS
        .into_iter()
        .find(|step| seconds / step <= 3.6)
        .unwrap_or_else(|| nice(seconds / 3.0));
    // A mark at the very end has no room for its words.
    let fits = |mark: &f64| *mark <= seconds * 0.96;
    (0..=(seconds / step) as usize).map(|n| n as f64 * step).filter(fits).collect()
}

fn clock(seconds: f64) -> String {
    format::clock(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// What is not yet, faintly.
fn future<'a>(tokens: &Tokens, from: f64, to: f64, top: f64) -> Polygon<'a> {
    let corners = vec![[from, 0.0], [to, 0.0], [to, top], [from, top]];
    Polygon::new("", PlotPoints::from(corners))
        .fill_color(mix(tokens.card, tokens.s3, 0.6))
        .stroke((0.0, Color32::TRANSPARENT))
        .allow_hover(false)
}

pub(super) fn words_at(at: [f64; 2], words: &str, color: Color32, anchor: Align2) -> PlotText {
    PlotText::new("", PlotPoint::new(at[0], at[1]), rich(words, Text::Tiny, color))
        .anchor(anchor)
        .allow_hover(false)
}

fn throughput(ui: &mut Ui, live: &Live, height: f32) {
    let tokens = theme::tokens(ui);
    let plots = std::sync::Arc::clone(&live.now.plots);
    let (now, end) = (plots.seconds, end_of(live));
    let y = marks(plots.fastest().max(1.0) * 1.05);
    let top = y.last().copied().unwrap_or(1.0);
    let decimals = usize::from(y.get(1).is_some_and(|step| *step < 1.0));
    let over = live.end.is_some();
    let rate = |phase: Phase| words::rates(live, phase).0;
    let summary = format!(
        "Images a second over time: load {}, process {}, write {} now",
        spoken(&rate(Phase::Load)),
        spoken(&rate(Phase::Process)),
        spoken(&rate(Phase::Write))
    );
    let lines: Vec<Line<'static>> = Phase::ALL
        .iter()
        .map(|&phase| phase_line(ui, PHASES[phase as usize], plots.rates[phase as usize].clone()).allow_hover(false))
        .collect();
    let at_hover = std::sync::Arc::clone(&plots);
    widgets::Chart::new("throughput", "", &summary)
        .height(height)
        .x(0.0, end, clock_marks(end), clock)
        .y(0.0, top, y, move |value| format!("{value:.decimals$}"))
        .hover(move |x, _| rates_at(&at_hover, x))
        .show(ui, move |plot| {
            if !over && now < end {
                plot.polygon(future(tokens, now, end, top));
            }
            for line in lines {
                plot.line(line);
            }
            if !over {
                legend(plot, tokens, now, end, top);
            }
        });
}

fn spoken(rate: &str) -> &str {
    if rate.is_empty() { "none" } else { rate }
}

/// The names behind the tips of the lines, where there is room for them.
fn legend(plot: &mut PlotUi<'_>, tokens: &Tokens, now: f64, end: f64, top: f64) {
    let transform = *plot.transform();
    let (point, tall) = (transform.dpos_dvalue_x(), transform.dpos_dvalue_y().abs());
    let fits = (end - now) * point > 70.0;
    let left = if fits { now + 8.0 / point } else { 8.0 / point };
    for (row, phase) in PHASES.into_iter().enumerate() {
        let y = top * 0.78 - row as f64 * 15.0 / tall;
        let swatch = Points::new("", vec![[left + 4.0 / point, y]])
            .shape(egui_plot::MarkerShape::Square)
            .radius(4.0)
            .color(phase.color(tokens))
            .allow_hover(false);
        plot.points(swatch);
        plot.text(words_at([left + 12.0 / point, y], phase.name(), tokens.text2, Align2::LEFT_CENTER));
    }
}

fn rates_at(plots: &Plots, x: f64) -> String {
    let at = |phase: Phase| {
        let line = &plots.rates[phase as usize];
        let found = line.partition_point(|[at, _]| *at < x).min(line.len().saturating_sub(1));
        line.get(found).map_or(0.0, |[_, rate]| *rate)
    };
    if x > plots.seconds {
        return clock(x);
    }
    format!(
        "{}\nLoad {}\nProcess {}\nWrite {}",
        clock(x),
        format::significant(at(Phase::Load)),
        format::significant(at(Phase::Process)),
        format::significant(at(Phase::Write))
    )
}

/// Bytes in a unit of the axis, and the unit.
fn saved_scale(live: &Live) -> (f64, &'static str) {
    let most = saved_most(live);
    for (bytes, unit) in [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if most >= bytes as f64 * 0.8 {
            return (bytes as f64, unit);
        }
    }
    (1.0, "B")
}

fn saved_most(live: &Live) -> f64 {
    let so_far = live.now.plots.saved.iter().map(|[_, saved]| *saved).fold(0.0, f64::max);
    let high = live
        .estimate
        .as_ref()
        .filter(|_| live.end.is_none())
        .map_or(0, |estimate| estimate.bytes_saved.high);
    so_far.max(high as f64).max(1.0)
}

fn saved(ui: &mut Ui, live: &Live, height: f32) {
    let tokens = theme::tokens(ui);
    let (scale, unit) = saved_scale(live);
    let line: Vec<[f64; 2]> = live.now.plots.saved.iter().map(|[at, saved]| [*at, saved / scale]).collect();
    let tip = line.last().copied().unwrap_or_default();
    let shown = format::signed_bytes(live.now.snapshot.saved_bytes).text();
    let range = live.estimate.as_ref().filter(|_| live.end.is_none()).map(|estimate| {
        let (saved, wall) = (estimate.bytes_saved, estimate.times.wall);
        [
            [wall.low, saved.high as f64 / scale],
            [wall.expected, saved.expected as f64 / scale],
            [wall.high, saved.low as f64 / scale],
        ]
    });
    let end = match &range {
        Some([_, _, latest]) => end_of(live).max(latest[0]),
        None => end_of(live),
    };
    let y = marks(saved_most(live) / scale * 1.02);
    let top = y.last().copied().unwrap_or(1.0);
    let bottom = line.iter().map(|[_, saved]| *saved).fold(0.0, f64::min);
    let summary = match &range {
        Some([_, expected, _]) => format!(
            "{shown} saved so far, about {} {unit} expected at the end",
            format::significant(expected[1])
        ),
        None => format!("{shown} saved"),
    };
    let small = y.get(1).is_some_and(|step| *step < 1.0);
    let points = live.now.plots.saved.clone();
    widgets::Chart::new("saved", "", &summary)
        .height(height)
        .x(0.0, end, clock_marks(end), clock)
        .y(
            bottom,
            top,
            y,
            move |value| if small { format!("{value:.1}") } else { format!("{value:.0}") },
        )
        .hover(move |x, _| {
            let at = points.partition_point(|[at, _]| *at < x).min(points.len().saturating_sub(1));
            let saved = points.get(at).map_or(0.0, |[_, saved]| *saved);
            format!("{}\n{}", clock(x), format::signed_bytes(saved as i64).text())
        })
        .show(ui, move |plot| {
            if let Some([early, expected, late]) = range {
                forecast(plot, tokens, tip, [early, expected, late]);
            }
            let area = Line::new("", line)
                .color(tokens.accent)
                .width(2.0)
                .fill(0.0)
                .fill_alpha(0.22)
                .allow_hover(false);
            plot.line(area);
            plot.points(Points::new("", vec![tip]).radius(3.0).color(tokens.accent).allow_hover(false));
            let right = tip[0] > end * 0.18;
            let anchor = if right { Align2::RIGHT_BOTTOM } else { Align2::LEFT_BOTTOM };
            let transform = plot.transform();
            let point = [1.0 / transform.dpos_dvalue_x(), 1.0 / transform.dpos_dvalue_y().abs()];
            // Above the point; beside it where there is no room above.
            let above = (tip[1] + 5.0 * point[1]).max(top * 0.04);
            let highest = top - LINE * point[1];
            let beside = if above > highest { 8.0 * point[0] } else { 0.0 };
            let at = [if right { tip[0] - beside } else { tip[0] + beside }, above.min(highest)];
            plot.text(words_at(at, &shown, tokens.accent, anchor));
        });
}

/// Where the plan thought this would end: a band from the beginning, the best guess dashed.
fn forecast(plot: &mut PlotUi<'_>, tokens: &Tokens, tip: [f64; 2], [early, expected, late]: [[f64; 2]; 3]) {
    let band = vec![[0.0, 0.0], late, [late[0].max(early[0]), late[1]], early];
    plot.polygon(
        Polygon::new("", PlotPoints::from(band))
            .fill_color(mix(tokens.card, tokens.s3, 0.9))
            .stroke((0.0, Color32::TRANSPARENT))
            .allow_hover(false),
    );
    if tip[0] < expected[0] {
        let dashed = Line::new("", vec![tip, expected])
            .color(tokens.text3)
            .width(1.0)
            .style(LineStyle::Dashed { length: 3.0 })
            .allow_hover(false);
        plot.line(dashed);
    }
    let words = [late[0], late[1] * 0.42];
    if tip[0] < late[0] * 0.7 {
        plot.text(words_at(words, "Forecast range", tokens.text3, Align2::RIGHT_CENTER));
    }
}

fn time(ui: &mut Ui, live: &Live, height: f32) {
    let tokens = theme::tokens(ui);
    let plots = &live.now.plots;
    let slices = plots.slices.clone();
    let window = plots.seconds.clamp(0.05, WINDOW_SECONDS);
    let begin = plots.seconds - window;
    let total = |ms: &[f64; 3]| ms.iter().sum::<f64>();
    let most = slices.iter().map(|slice| total(&slice.ms)).fold(1.0, f64::max);
    let y = marks(most * 1.02);
    let top = y.last().copied().unwrap_or(1.0);
    let last = slices.last().map_or([0.0; 3], |slice| slice.ms);
    let summary = format!(
        "Thread time of an image lately: load {} ms, process {} ms, write {} ms",
        format::significant(last[0]),
        format::significant(last[1]),
        format::significant(last[2])
    );
    let width = window / slices.len().max(1) as f64 * 0.86;
    let over = live.end.is_some();
    let left = match begin > 0.0 {
        true => format!("{window:.0} s ago"),
        false => "start".to_owned(),
    };
    let decimals = usize::from(y.get(1).is_some_and(|step| *step < 1.0));
    let mid = slices.clone();
    widgets::Chart::new("time per image", "", &summary)
        .height(height)
        .x(
            begin,
            plots.seconds,
            vec![begin + window * 0.06, plots.seconds - window * 0.03],
            move |at| match (at < begin + window / 2.0, over) {
                (true, _) => left.clone(),
                (false, true) => "end".to_owned(),
                (false, false) => "now".to_owned(),
            },
        )
        .y(0.0, top, y, move |value| match decimals {
            0 => format::count(value.round() as u64),
            _ => format!("{value:.decimals$}"),
        })
        .hover(move |x, _| {
            let near = mid.iter().min_by(|a, b| (a.at - x).abs().total_cmp(&(b.at - x).abs()));
            near.map_or_else(String::new, |slice| {
                format!(
                    "Load {} ms\nProcess {} ms\nWrite {} ms",
                    format::significant(slice.ms[0]),
                    format::significant(slice.ms[1]),
                    format::significant(slice.ms[2])
                )
            })
        })
        .show(ui, move |plot| {
            for phase in PHASES {
                let at = phase as usize;
                let bars = slices.iter().map(|slice| {
                    let below: f64 = slice.ms[..at].iter().sum();
                    Bar::new(slice.at, slice.ms[at]).base_offset(below).width(width)
                });
                plot.bar_chart(bar_chart(bars.collect(), phase.color(tokens)));
            }
        });
}

/// Plain bars of one colour.
pub(super) fn bar_chart(bars: Vec<Bar>, color: Color32) -> BarChart {
    let bars = bars.into_iter().map(|bar| bar.fill(color).stroke((0.0, color))).collect();
    BarChart::new("", bars).color(color).allow_hover(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_few_round_marks() {
        assert_eq!(marks(23.0), [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(marks(4.0), [0.0, 2.0, 4.0]);
        for most in [0.3, 1.0, 7.0, 160.0, 2338.0, 1e6] {
            let marks = marks(most);
            assert!(
                (2..=5).contains(&marks.len()) && marks[marks.len() - 1] >= most,
                "{most}: {marks:?}"
            );
        }
        assert_eq!(clock_marks(145.0), [0.0, 60.0, 120.0]);
        for seconds in [1.0, 9.0, 60.0, 3599.0, 86_400.0] {
            assert!((1..=5).contains(&clock_marks(seconds).len()), "{seconds}");
        }
    }
}
