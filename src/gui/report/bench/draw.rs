//! Draws the benchmark: what to vary on the left, what came of it on the right.

use egui::{Align, Frame, Layout, Margin, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::{Command, MOST_IMAGES, MOST_ROUNDS, View, left, shard};
use crate::engine::{BenchAxis, BenchValue, FEWEST_ROUNDS, workers};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::report::{Command as ReportCommand, blocks, page, plots, sheet};
use crate::gui::settings;
use crate::gui::shell;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, NumberField, Select, line, put_left, put_right};
use crate::report::bench::{VariantReport, Verdict, axis_name, value_name};

/// Narrower than this the two cards lie below each other.
const TWO_COLUMNS: f32 = 780.0;
const FORM: f32 = 304.0;

fn send(out: &mut Outbox, command: Command) {
    out.send(ReportCommand::Bench(command));
}

pub(in crate::gui::report) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let shard = shard(model);
    if shard.is_none() && model.report.bench.shown.is_none() {
        let sentence = "Add a folder with images to shrink first. A copy of a few of them is measured; the folder itself is only read.";
        widgets::empty_state(ui, Icon::Gauge, "Nothing to measure yet", sentence, |ui| {
            if Button::secondary("Go to the plan").show(ui).clicked() {
                out.send(shell::Command::Go(shell::Page::Plan));
            }
        });
        return;
    }
    ScrollArea::vertical().auto_shrink(false).id_salt("benchmark").show(ui, |ui| {
        Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| {
            let room = ui.available_width();
            if room < TWO_COLUMNS {
                form(ui, model, out);
                ui.add_space(theme::SPACE_12);
                results(ui, model, view, out);
                return;
            }
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.x = theme::SPACE_12;
                let column = |ui: &mut Ui, width: f32, content: &mut dyn FnMut(&mut Ui)| {
                    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                        ui.set_width(width);
                        ui.spacing_mut().item_spacing.x = theme::SPACE_8;
                        content(ui);
                    });
                };
                column(ui, FORM, &mut |ui| form(ui, model, out));
                column(ui, room - FORM - theme::SPACE_12, &mut |ui| results(ui, model, view, out));
            });
        });
    });
}

fn form(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let bench = &model.report.bench;
    let tokens = theme::tokens(ui);
    let shard = shard(model);
    widgets::card_frame(ui, theme::SPACE_16).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        blocks::title(ui, "Benchmark");
        let words = "Copies a few images into a hidden folder beside the shard, on its drive, runs the real thing over them with one \
                     setting changed at a time, and removes the copy. The shard is only read.";
        widgets::paragraph(ui, words, Text::Small, tokens.text2);
        ui.add_space(theme::SPACE_8);
        ui.add_enabled_ui(bench.running.is_none(), |ui| {
            choices(ui, model, shard.as_deref(), out);
        });
        ui.add_space(theme::SPACE_8);
        match &bench.running {
            Some(running) => {
                progress(ui, running);
                let words = if running.stopping { "Stopping" } else { "Stop" };
                if Button::quiet_danger(words)
                    .icon(Icon::Square)
                    .name("Stop the benchmark")
                    .enabled(!running.stopping)
                    .show(ui)
                    .clicked()
                {
                    send(out, Command::Stop);
                }
            }
            None => {
                let variants = planned(model);
                let words = if variants > 0 {
                    let rounds = bench.kept.rounds;
                    format!(
                        "Measure {}, {rounds} times",
                        format::things(variants as u64 + 1, "variant", "variants")
                    )
                } else {
                    "Measure".to_owned()
                };
                let reason = match (shard.is_none(), model.run.is_running(), variants) {
                    (true, ..) => Some("The plan has no images to shrink."),
                    (_, true, _) => Some("A run is under way; both would be slower and neither figure true."),
                    (.., 0) => Some("Choose something to vary."),
                    _ => None,
                };
                if Button::secondary(&words)
                    .icon(Icon::Gauge)
                    .full_width()
                    .disabled_because(reason)
                    .show(ui)
                    .clicked()
                {
                    send(out, Command::Start);
                }
            }
        }
        if let Some(problem) = &bench.problem {
            ui.add_space(theme::SPACE_8);
            widgets::error_line(ui, problem);
        }
    });
}

/// Variants beside the settings in force.
fn planned(model: &Model) -> usize {
    let bench = &model.report.bench;
    let axes = BenchAxis::ALL.into_iter().filter(|axis| bench.varies(*axis));
    axes.map(|axis| tried(model, axis).len()).sum()
}

fn tried(model: &Model, axis: BenchAxis) -> Vec<BenchValue> {
    let Some(planned) = model.plan.current() else { return Vec::new() };
    let settings = &planned.plan.settings;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let card = model.settings.cards.has_real() == Some(true);
    axis.values(settings, workers(settings), cores, card)
}

fn choices(ui: &mut Ui, model: &Model, shard: Option<&std::path::Path>, out: &mut Outbox) {
    let bench = &model.report.bench;
    let tokens = theme::tokens(ui);
    if let Some(planned) = model.plan.current() {
        let mut chosen = shard.map(ToOwned::to_owned).unwrap_or_default();
        let shards: Vec<_> = planned
            .plan
            .shards
            .iter()
            .filter(|shard| shard.work().next().is_some())
            .map(|shard| {
                let path = &shard.inventory.path;
                let name = path.file_name().unwrap_or(path.as_os_str());
                (path.clone(), crate::report::format::shown_name(name))
            })
            .collect();
        setting(ui, "Shard", |ui| {
            if Select::new("Shard to measure").show(ui, &mut chosen, &shards).changed() {
                send(out, Command::Shard(chosen.clone()));
            }
        });
    }
    widgets::label(ui, "Vary", Text::SmallStrong, tokens.text2);
    for axis in BenchAxis::ALL {
        let values = tried(model, axis);
        let none = values.is_empty();
        ui.add_enabled_ui(!none, |ui| {
            ui.horizontal(|ui| {
                let mut on = bench.varies(axis) && !none;
                if widgets::labelled_checkbox(ui, &mut on, axis_name(axis)).changed() {
                    send(out, Command::Vary(axis, on));
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let words = if none {
                        why_none(model, axis).to_owned()
                    } else {
                        values.iter().map(|value| short(*value)).collect::<Vec<_>>().join(", ")
                    };
                    widgets::label(ui, words, Text::Small, tokens.text3);
                });
            });
        });
    }
    setting(ui, "Rounds", |ui| {
        let mut rounds = f64::from(bench.kept.rounds);
        let range = f64::from(FEWEST_ROUNDS)..=f64::from(MOST_ROUNDS);
        if NumberField::new("Rounds", &mut rounds, range).show(ui).changed() {
            send(out, Command::Rounds(rounds as u32));
        }
        widgets::label(ui, "of every variant", Text::Small, tokens.text3);
    });
    setting(ui, "Images", |ui| {
        let mut images = f64::from(bench.kept.images);
        if NumberField::new("Images to copy", &mut images, 1.0..=f64::from(MOST_IMAGES))
            .show(ui)
            .changed()
        {
            send(out, Command::Images(images as u32));
        }
        widgets::label(ui, "copied at most", Text::Small, tokens.text3);
    });
}

/// Why there is nothing to vary.
fn why_none(model: &Model, axis: BenchAxis) -> &'static str {
    match (axis, model.settings.cards.has_real()) {
        (BenchAxis::Backend, None) => "looking for a graphics card",
        (BenchAxis::Backend, Some(false)) => "no graphics card",
        _ => "nothing to compare",
    }
}

/// A value beside the name of its choice.
fn short(value: BenchValue) -> String {
    use crate::engine::{BackendChoice, Originals, WriteMode};
    match value {
        BenchValue::Workers(count) | BenchValue::Reads(count) => count.to_string(),
        BenchValue::Writing(WriteMode::Auto) => "auto".to_owned(),
        BenchValue::Writing(WriteMode::Direct) => "direct".to_owned(),
        BenchValue::Writing(WriteMode::Staged) => "staged".to_owned(),
        BenchValue::Originals(Originals::Keep) => "keep".to_owned(),
        BenchValue::Originals(Originals::Delete) => "delete".to_owned(),
        BenchValue::Backend(BackendChoice::Auto) => "auto".to_owned(),
        BenchValue::Backend(BackendChoice::Cpu) => "CPU".to_owned(),
        BenchValue::Backend(BackendChoice::Gpu) => "GPU".to_owned(),
    }
}

fn setting(ui: &mut Ui, label: &str, content: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(64.0, theme::HEIGHT_CONTROL), Sense::hover());
        put_left(ui, rect.left(), rect.center().y, line(ui, label, Text::Body, tokens.text2));
        content(ui);
    });
}

fn progress(ui: &mut Ui, running: &super::Running) {
    let tokens = theme::tokens(ui);
    let (part, words) = match &running.progress {
        None => (0.0, "Reading a few images".to_owned()),
        Some(progress) => {
            let now = match progress.now {
                Some(value) => value_name(value),
                None if progress.done == 0 => "Warming up".to_owned(),
                None => "Settings in force".to_owned(),
            };
            let number = (progress.done + 1).min(progress.of);
            (
                f64::from(progress.done) / f64::from(progress.of.max(1)),
                format!("Run {number} of {}: {now}", progress.of),
            )
        }
    };
    widgets::label(ui, words.as_str(), Text::Small, tokens.text2);
    widgets::progress(ui, part as f32, 8.0, tokens.accent, &format!("Benchmark. {words}"));
    if let Some(left) = running.progress.as_ref().and_then(left) {
        let words = format!("About {} left", format::time(left).text());
        widgets::label(ui, words, Text::Small, tokens.text3);
    }
}

fn results(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let bench = &model.report.bench;
    let tokens = theme::tokens(ui);
    widgets::card_frame(ui, theme::SPACE_16).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = theme::SPACE_8;
        let Some(report) = &bench.shown else {
            blocks::title(ui, "What was measured");
            widgets::empty_line(
                ui,
                "Nothing yet. Every variant runs several times, forward and backward in turn; medians and ranges appear here.",
            );
            return;
        };
        let shard = report.shard.text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let now = format::local(time::OffsetDateTime::now_utc());
        ui.horizontal(|ui| {
            blocks::title(ui, &format!("What was measured on {shard}"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let when = format::moment(format::local(report.started), now);
                widgets::label(ui, when, Text::Small, tokens.text3);
            });
        });
        let sample = format!(
            "{} of {}, {}. {}{}, {}.",
            format::count(report.images),
            format::things(report.images_with_work, "image with work", "images with work"),
            format::bytes(report.bytes).text(),
            sheet::drive_name(report.drive.kind),
            match report.drive.file_system.as_str() {
                "" => String::new(),
                system => format!(" ({system})"),
            },
            format::things(report.machine.cores, "core", "cores"),
        );
        widgets::paragraph(ui, &sample, Text::Small, tokens.text2);
        if bench.running.is_none() {
            let better = !bench.suggested.is_empty();
            let edge = if better { tokens.success } else { tokens.text3 };
            let rest = if better {
                "Each was measured by itself, everything else as it is set."
            } else {
                ""
            };
            widgets::verdict(ui, Icon::Gauge, edge, &report.critical_finding, rest);
        }
        if bench.running.is_none() && !bench.suggested.is_empty() {
            suggestion(ui, model, out);
        }
        table(ui, &report.variants);
        if let Some(plot) = &bench.plot
            && plots::show(ui, plot, view.as_table)
        {
            view.as_table = !view.as_table;
        }
        let words = "The copy was written just before each run, so the system may serve reads from memory: figures of loading are \
                     those of a warm drive.";
        widgets::paragraph(ui, words, Text::Small, tokens.text3);
    });
}

/// What would be set, and the button that does it.
fn suggestion(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let bench = &model.report.bench;
    let tokens = theme::tokens(ui);
    let now = model.settings.valid();
    let set = |value: BenchValue| now.as_ref().is_some_and(|settings| value.axis().set(settings) == Some(value));
    let done = bench.suggested.iter().all(|value| set(*value));
    ui.horizontal(|ui| {
        let reason = if model.run.is_running() {
            Some("Settings are fixed while a run is under way.")
        } else if done {
            Some("They are set.")
        } else {
            None
        };
        if Button::secondary("Use these settings")
            .icon(Icon::SlidersHorizontal)
            .disabled_because(reason)
            .show(ui)
            .clicked()
        {
            for value in &bench.suggested {
                out.send(in_settings(*value));
            }
        }
        let words: Vec<String> = bench.suggested.iter().map(|value| value_name(*value)).collect();
        widgets::label(ui, words.join(", "), Text::Small, tokens.text2);
    });
}

/// A value as the settings take it.
fn in_settings(value: BenchValue) -> settings::Command {
    use crate::engine::{BackendChoice, Originals, WriteMode};
    let (key, value) = match value {
        BenchValue::Workers(count) => ("machine.workers", count.into()),
        BenchValue::Reads(depth) => ("machine.io", depth.into()),
        BenchValue::Writing(WriteMode::Auto) => ("safety.write", "auto".into()),
        BenchValue::Writing(WriteMode::Direct) => ("safety.write", "direct".into()),
        BenchValue::Writing(WriteMode::Staged) => ("safety.write", "staged".into()),
        BenchValue::Originals(Originals::Keep) => ("safety.originals", "keep".into()),
        BenchValue::Originals(Originals::Delete) => ("safety.originals", "delete".into()),
        BenchValue::Backend(BackendChoice::Auto) => ("machine.backend", "auto".into()),
        BenchValue::Backend(BackendChoice::Cpu) => ("machine.backend", "cpu".into()),
        BenchValue::Backend(BackendChoice::Gpu) => ("machine.backend", "gpu".into()),
    };
    settings::Command::Set(key, value)
}

fn verdict(variant: &VariantReport) -> (&'static str, Option<Icon>) {
    match variant.verdict {
        _ if variant.runs == 0 => ("not measured yet", None),
        Verdict::InForce => ("compared with this", None),
        Verdict::Faster => ("faster", Some(Icon::TrendingUp)),
        Verdict::Slower => ("slower", Some(Icon::TrendingDown)),
        Verdict::NoDifference => ("no clear difference", None),
        Verdict::TooFewRuns => ("too few runs yet", None),
    }
}

fn table(ui: &mut Ui, variants: &[VariantReport]) {
    let tokens = theme::tokens(ui);
    let width = ui.available_width();
    let says = width - 150.0;
    let ends = [says - 270.0, says - 140.0, says - 68.0, says];
    let row = |ui: &mut Ui, spoken: &str| {
        let (rect, response) = ui.allocate_exact_size(vec2(width, theme::HEIGHT_REPORT_ROW), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken));
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
        rect
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let dim = |ui: &Ui, words: &str| line(ui, words, Text::Small, tokens.text3);
        let head = row(ui, "Variant, median, range, images a second, speed, what it says");
        put_left(ui, head.left(), head.center().y, dim(ui, "Variant"));
        for (end, words) in ends.iter().zip(["Median", "Range", "Images/s", "Speed"]) {
            put_right(ui, head.left() + end, head.center().y, dim(ui, words));
        }
        for variant in variants {
            let measured = variant.runs > 0;
            let seconds = variant.seconds;
            let cells = if measured {
                [
                    page::time_words(seconds.median),
                    format!("{} to {}", page::time_words(seconds.min), page::time_words(seconds.max)),
                    format::significant(variant.images_per_second),
                    variant.speed.map_or(String::new(), |speed| format!("{speed:.2}×")),
                ]
            } else {
                Default::default()
            };
            let (words, icon) = verdict(variant);
            let mut says = words.to_owned();
            if variant.failed > 0 {
                says = format!("{says}, {} failed", format::count(variant.failed));
            }
            let spoken = format!("{}: {}. {says}", variant.label, cells.join(", "));
            let rect = row(ui, &spoken);
            let middle = rect.center().y;
            let base = variant.axis.is_none();
            let step = if base { Text::SmallStrong } else { Text::Small };
            let (label, _) = widgets::elide_end(ui, &variant.label, step, ends[0] - 60.0);
            put_left(ui, rect.left(), middle, line(ui, label, step, tokens.text));
            for (end, words) in ends.iter().zip(&cells) {
                let (words, ink) = if words.is_empty() {
                    ("–", tokens.text3)
                } else {
                    (words.as_str(), tokens.text)
                };
                put_right(ui, rect.left() + end, middle, line(ui, words, step, ink));
            }
            let ink = match variant.verdict {
                Verdict::Faster => tokens.success,
                Verdict::Slower => tokens.warning,
                _ => tokens.text3,
            };
            let mut x = rect.left() + ends[3] + 16.0;
            if let Some(icon) = icon {
                widgets::icon_at(ui, egui::pos2(x + 6.0, middle), icon, theme::ICON_CHIP, ink);
                x += 18.0;
            }
            put_left(ui, x, middle, line(ui, says, Text::Small, ink));
        }
    });
}

/// What the status bar says of it; false where nothing is under way.
pub(in crate::gui::report) fn show_status(ui: &mut Ui, model: &Model) -> bool {
    let Some(running) = &model.report.bench.running else { return false };
    let tokens = theme::tokens(ui);
    widgets::state(ui, Icon::Gauge, "Measuring", tokens.text2);
    if let Some(progress) = &running.progress {
        let words = format!("{} of {} runs", progress.done, progress.of);
        widgets::label(ui, words, Text::Small, tokens.text2);
    }
    true
}
