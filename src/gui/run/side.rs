//! The lists beside the plots: the files in hand, what failed, what happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use lucide_icons::Icon;

use super::page::List;
use super::state::Live;
use super::story::{Failure, Line};
use super::{Command, News, words};
use crate::gui::command::Outbox;
use crate::gui::theme::{self, PHASES, Text};
use crate::gui::widgets::{
    Button, Segment, badge, card_line, card_title, card_title_note, elide_middle, empty_line, icon_at, line, link, paragraph, put_left,
    put_right, segmented, tip,
};
use crate::gui::{format, shell};
use crate::report;

/// Height of a file in hand.
const ROW: f32 = 26.0;
/// Height of a line of the log.
const LOG_ROW: f32 = 22.0;
/// Failures that are shown with their words; more are in the list that can be saved.
const SHOWN: usize = 50;

pub(super) fn working_on_title(ui: &mut Ui, live: &Live) {
    let workers = format::things(live.offer.workers as u64, "worker", "workers");
    card_title_note(ui, "Working on", &workers);
}

/// The files in hand, as many as there is room for, and below them what the graphics card did of the work.
pub(super) fn working_on(ui: &mut Ui, live: &Live) {
    let Some(said) = words::by_card(live) else {
        return in_hand(ui, live);
    };
    let whole = ui.available_rect_before_wrap();
    let foot = Rect::from_min_max(pos2(whole.left(), whole.bottom() - ROW), whole.max);
    let above = Rect::from_min_max(whole.min, pos2(whole.right(), foot.top() - theme::SPACE_4));
    in_hand(&mut ui.new_child(UiBuilder::new().max_rect(above)), live);
    let tokens = theme::tokens(ui);
    let response = ui.interact(foot, ui.scope_id().with("card"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &said));
    let middle = foot.center().y;
    icon_at(ui, pos2(foot.left() + 7.0, middle), Icon::Gpu, theme::ICON_ROW, tokens.text2);
    let (words, _) = crate::gui::widgets::elide_end(ui, &said, Text::Small, foot.width() - 22.0);
    put_left(ui, foot.left() + 22.0, middle, line(ui, words, Text::Small, tokens.text2));
    if let Some((_, full)) = words::card_in_use(live) {
        tip(response, &full);
    }
}

/// The files, in the room that is left.
fn in_hand(ui: &mut Ui, live: &Live) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let files = &live.now.in_hand;
    if live.end.is_some() || files.is_empty() {
        ui.add_space(theme::SPACE_4);
        empty_line(
            ui,
            match (live.end.is_some(), live.now.paused, live.has_begun()) {
                (true, ..) => "Nothing is in hand; the run is over.",
                (_, true, _) => "Nothing is in hand while the run is paused.",
                (_, _, true) => "Waiting for the drive.",
                (_, _, false) => "Shards are being locked.",
            },
        );
        return;
    }
    let rows = ((ui.available_height() + 4.0) / ROW).floor().max(1.0) as usize;
    for file in shown(files, rows) {
        let tokens = theme::tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let phase = PHASES[file.phase as usize];
        let name = report::format::shown_name(&file.name);
        let time = format::time(file.time).text();
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, format!("{}, {name}, {time}", phase.name())));
        let middle = rect.center().y;
        icon_at(
            ui,
            pos2(rect.left() + 7.0, middle),
            phase.icon(),
            theme::ICON_ROW,
            phase.color(tokens),
        );
        let left = put_right(ui, rect.right(), middle, line(ui, time, Text::Small, tokens.text2));
        let (words, shortened) = elide_middle(ui, &name, Text::Body, left - rect.left() - 22.0 - 12.0);
        put_left(ui, rect.left() + 22.0, middle, line(ui, words, Text::Body, tokens.text));
        if shortened {
            tip(response, &name);
        }
    }
}

/// Of every phase some, where there is not room for all: those about to be done first.
fn shown(files: &[crate::engine::InHand], rows: usize) -> Vec<&crate::engine::InHand> {
    if files.len() <= rows {
        return files.iter().collect();
    }
    let mut left: Vec<_> = crate::engine::Phase::ALL
        .iter()
        .rev()
        .map(|&phase| files.iter().filter(move |file| file.phase == phase).collect::<Vec<_>>())
        .collect();
    let mut taken = [0_usize; 3];
    for n in 0..rows * 3 {
        if taken.iter().sum::<usize>() >= rows {
            break;
        }
        let at = n % 3;
        if taken[at] < left[at].len() {
            taken[at] += 1;
        }
    }
    left.iter_mut()
        .zip(taken)
        .flat_map(|(files, taken)| files.drain(..).take(taken).collect::<Vec<_>>())
        .collect()
}

/// What is chosen in a narrow window.
pub(super) fn tabs(ui: &mut Ui, live: &Live, list: &mut List) {
    let failed = live.now.story.failed;
    let hands = live.now.in_hand.len();
    let choices = [
        (List::WorkingOn, Segment::new("Working on").count(hands.to_string())),
        (
            List::Failures,
            Segment::new("Failures").count(format::count(failed)).danger(failed > 0),
        ),
        (List::Log, Segment::new("Log")),
    ];
    let width = ui.available_width();
    segmented(ui, list, choices, Some(width));
}

/// Both in one card.
pub(super) fn failures_and_log(ui: &mut Ui, live: &Live, out: &mut Outbox) {
    let whole = ui.max_rect();
    let failed = live.now.story.failed;
    // Without failures the log has the room; with many it keeps a third.
    let most = if failed == 0 { 64.0 } else { whole.height() * 0.64 };
    let inner = |rect: Rect| rect.shrink2(vec2(theme::SPACE_12, 0.0));
    let upper = Rect::from_min_size(whole.min + vec2(0.0, theme::SPACE_8), vec2(whole.width(), most - theme::SPACE_8));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner(upper)));
    child.spacing_mut().item_spacing.y = theme::SPACE_4;
    card_title_with_badge(&mut child, live, out);
    failures(&mut child, live, out);
    let used = if failed == 0 {
        most
    } else {
        (child.min_rect().bottom() - whole.top() + theme::SPACE_8).min(most)
    };
    let lower = Rect::from_min_max(pos2(whole.left(), whole.top() + used), whole.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner(lower)));
    child.spacing_mut().item_spacing.y = theme::SPACE_4;
    card_line(&mut child, theme::SPACE_12);
    card_title(&mut child, "Log", |_| {});
    log(&mut child, live);
}

fn card_title_with_badge(ui: &mut Ui, live: &Live, out: &mut Outbox) {
    let failed = live.now.story.failed;
    card_title(ui, "Failures", |ui| {
        if failed > 0 && link(ui, "Save list").clicked() {
            out.send(Command::SaveFailures);
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            if failed > 0 {
                badge(ui, &format::count(failed), &format::things(failed, "image failed", "images failed"));
            }
        });
    });
}

/// The newest first, each with what to do about it.
pub(super) fn failures(ui: &mut Ui, live: &Live, out: &mut Outbox) {
    let story = &live.now.story;
    if story.failed == 0 {
        empty_line(ui, "No failures so far.");
        return;
    }
    ScrollArea::vertical()
        .id_salt("failures")
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for (at, failure) in story.failures.iter().rev().take(SHOWN).enumerate() {
                if at > 0 {
                    ui.add_space(theme::SPACE_8);
                }
                ui.push_id(at, |ui| one(ui, failure, out));
            }
            if story.failed > SHOWN as u64 {
                let more = story.failed - SHOWN as u64;
                ui.add_space(theme::SPACE_8);
                ui.horizontal(|ui| {
                    empty_line(ui, &format!("{} more.", format::count(more)));
                    if link(ui, "Save all failures").clicked() {
                        out.send(Command::SaveFailures);
                    }
                });
            }
        });
}

fn one(ui: &mut Ui, failure: &Arc<Failure>, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let left = ui.max_rect().left();
    let top = ui.cursor().top();
    icon_at(ui, pos2(left + 8.0, top + 10.0), Icon::CircleX, theme::ICON_BAR, tokens.danger);
    let place = Rect::from_min_max(pos2(left + 26.0, top), pos2(ui.max_rect().right(), f32::INFINITY));
    let body = ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
        ui.spacing_mut().item_spacing = vec2(theme::SPACE_8, 2.0);
        let (name, shortened) = elide_middle(ui, &failure.name, Text::Body, ui.available_width());
        let response = paragraph(ui, &name, Text::Body, tokens.text);
        if shortened {
            tip(response, &failure.name);
        }
        paragraph(ui, &failure.what, Text::Small, tokens.text2);
        if !failure.advice.is_empty() {
            paragraph(ui, &failure.advice, Text::Small, tokens.text);
        }
        ui.add_space(theme::SPACE_4);
        ui.horizontal(|ui| {
            let show = format!("Show file {}", failure.name);
            if Button::secondary("Show file").small().name(&show).show(ui).clicked() {
                out.send(shell::Command::ShowFile(failure.path.clone()));
            }
            let copy = format!("Copy path of {}", failure.name);
            if Button::secondary("Copy path").small().name(&copy).show(ui).clicked() {
                out.send(shell::Command::Copy(failure.path.display().to_string()));
            }
        });
    });
    ui.advance_cursor_after_rect(body.response.rect);
}

/// The newest on top.
pub(super) fn log(ui: &mut Ui, live: &Live) {
    let lines = &live.now.story.log;
    if lines.is_empty() {
        empty_line(ui, "Nothing has happened yet.");
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("log")
        .auto_shrink([false, false])
        .show_rows(ui, LOG_ROW, lines.len(), |ui, rows| {
            for row in rows {
                if let Some(line) = lines.get(lines.len() - 1 - row) {
                    log_line(ui, line);
                }
            }
        });
}

fn log_line(ui: &mut Ui, Line { clock, text }: &Line) {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LOG_ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, format!("{clock} {text}")));
    let middle = rect.center().y;
    put_left(ui, rect.left(), middle, line(ui, clock.as_str(), Text::Small, tokens.text3));
    let left = rect.left() + 62.0;
    let (words, shortened) = crate::gui::widgets::elide_end(ui, text, Text::Small, rect.right() - left);
    put_left(ui, left, middle, line(ui, words, Text::Small, tokens.text2));
    if shortened {
        tip(response, text);
    }
}

/// A dialog that comes back sooner than this was none.
const NO_DIALOG: Duration = Duration::from_millis(300);

/// Asks for a file and writes the list there. On a worker.
pub(super) fn save(failures: &[Arc<Failure>]) -> News {
    let asked = Instant::now();
    let chosen = rfd::FileDialog::new()
        .set_title("Save the list of failures")
        .set_file_name("failures.txt")
        .add_filter("Text", &["txt"])
        .save_file();
    let list = listed(failures);
    match chosen {
        Some(path) => News::Saved(match report::write_text(&path, &list) {
            Ok(()) => Ok(Some(path)),
            Err(error) => Err(error.to_string()),
        }),
        None if asked.elapsed() < NO_DIALOG => News::NoDialog(list),
        None => News::Saved(Ok(None)),
    }
}

/// A failure a line: where, what, what to do.
fn listed(failures: &[Arc<Failure>]) -> String {
    let line = |failure: &Arc<Failure>| {
        let path = report::format::shown(&failure.path);
        format!("{path}\t{}\t{}\n", failure.what, failure.advice)
    };
    failures.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{InHand, Phase};

    #[test]
    fn every_phase_is_seen_where_not_all_files_are() {
        let file = |phase, at: usize| InHand {
            phase,
            name: format!("{at}.png").into(),
            time: Duration::from_millis(at as u64),
        };
        let files: Vec<InHand> = (0..16)
            .map(|at| file(Phase::Write, at))
            .chain((0..8).map(|at| file(Phase::Process, at)))
            .chain((0..1).map(|at| file(Phase::Load, at)))
            .collect();
        let count = |shown: &[&InHand], phase| shown.iter().filter(|file| file.phase == phase).count();
        let seven = shown(&files, 7);
        assert_eq!(seven.len(), 7);
        assert_eq!(
            [Phase::Load, Phase::Process, Phase::Write].map(|phase| count(&seven, phase)),
            [1, 3, 3]
        );
        assert_eq!(shown(&files, 100).len(), 25);
        assert_eq!(shown(&files[..16], 4).len(), 4);
    }

    #[test]
    fn the_list_has_a_line_a_failure() {
        let failure = Arc::new(Failure {
            name: "a.png".into(),
            path: "s/a.png".into(),
            what: "It is damaged.".into(),
            advice: "Replace it.".into(),
        });
        assert_eq!(listed(&[failure.clone(), failure]).lines().count(), 2);
    }
}
