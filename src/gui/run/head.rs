//! The card on top: time left, what was saved, a bar for each phase, and the verdict on what bounds the run.

use egui::text::LayoutJob;
use egui::{Align, Color32, Layout, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use lucide_icons::Icon;

use super::follow::{End, Told};
use super::state::Live;
use super::verdict::Verdict;
use super::{Command, words};
use crate::engine::Phase;
use crate::gui::command::Outbox;
use crate::gui::theme::{self, PHASES, Text};
use crate::gui::widgets::{Button, PhaseBar, card_in, icon_at, line, link, menu, paragraph, phase_bar, put_left, side_number};
use crate::gui::{format, shell};

/// Height of the card.
pub(super) fn height(narrow: bool) -> f32 {
    if narrow { 223.0 } else { 272.0 }
}

/// Height of the strip with the verdict.
fn foot(narrow: bool) -> f32 {
    if narrow { 36.0 } else { 58.0 }
}

pub(super) fn show(ui: &mut Ui, rect: Rect, live: &Live, narrow: bool, out: &mut Outbox) {
    card_in(ui, rect, 0.0, |ui| {
        let inner = rect.shrink2(vec2(theme::SPACE_16, 0.0));
        number(ui, inner, live, narrow);
        numbers(ui, inner, live, narrow);
        let top = inner.top() + if narrow { 60.0 } else { 83.0 };
        for (at, phase) in Phase::ALL.into_iter().enumerate() {
            let place = Rect::from_min_size(pos2(inner.left(), top + 42.0 * at as f32), vec2(inner.width(), 31.0));
            bar(ui, place, live, phase);
        }
        let strip = Rect::from_min_max(pos2(rect.left() + 1.0, rect.bottom() - foot(narrow)), rect.max - vec2(1.0, 1.0));
        verdict_strip(ui, strip, live, narrow, out);
    });
}

/// Says to a screen reader what is painted there.
fn said(ui: &Ui, rect: Rect, id: &str, words: &str) {
    ui.interact(rect, ui.scope_id().with(id), Sense::hover())
        .widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, words));
}

fn number(ui: &Ui, inner: Rect, live: &Live, narrow: bool) {
    let tokens = theme::tokens(ui);
    let caption = words::caption(live);
    let middle = inner.top() + if narrow { 16.0 } else { 24.0 };
    put_left(ui, inner.left(), middle, line(ui, caption.as_str(), Text::Small, tokens.text2));
    let figure = words::figure(live);
    let unit = words::unit(live, &figure);
    let (step, middle, below) = match (narrow, figure.unit.is_empty()) {
        // Words are no number: they need no size of one.
        (true, _) => (Text::Title, inner.top() + 39.0, 2.5),
        (false, true) => (Text::Title, inner.top() + 50.0, 0.0),
        (false, false) => (Text::Figure, inner.top() + 52.0, 5.0),
    };
    let right = put_left(ui, inner.left(), middle, line(ui, figure.value.as_str(), step, tokens.text));
    put_left(
        ui,
        right + 6.0,
        middle + below,
        line(ui, unit.as_str(), Text::Control, tokens.text2),
    );
    let rect = Rect::from_min_max(inner.min, pos2(inner.center().x, middle + 17.0));
    said(ui, rect, "number", format!("{} {unit}. {caption}", figure.value).trim());
}

/// Elapsed, saved, failed: from the right.
fn numbers(ui: &mut Ui, inner: Rect, live: &Live, narrow: bool) {
    let tokens = theme::tokens(ui);
    let top = inner.top() + if narrow { 15.0 } else { 33.0 };
    let place = Rect::from_min_max(pos2(inner.center().x, top), pos2(inner.right(), top + 38.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Min)));
    row.spacing_mut().item_spacing.x = theme::SPACE_24;
    let failed = live.now.story.failed;
    let ink = if failed > 0 { tokens.danger } else { tokens.text };
    side_number(&mut row, "Failed", &format::count(failed), ink);
    let saved = format::signed_bytes(live.now.snapshot.saved_bytes).text();
    side_number(&mut row, "Saved", &saved, tokens.accent);
    if live.end.is_none() {
        let seconds = std::time::Duration::try_from_secs_f64(live.now.seconds).unwrap_or_default();
        side_number(&mut row, "Elapsed", &format::clock(seconds), tokens.text);
    } else {
        side_number(&mut row, "Shrunk", &format::count(live.now.story.changed), tokens.text);
    }
}

fn bar(ui: &mut Ui, place: Rect, live: &Live, phase: Phase) {
    let mut row = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Min)));
    let snapshot = &live.now.snapshot;
    let (images, megabytes) = words::rates(live, phase);
    let look = PHASES[phase as usize];
    let done = format::count(snapshot.of(phase).images);
    let spoken = format!(
        "{}, {done} of {} images{}",
        look.name(),
        format::count(snapshot.total),
        if images.is_empty() {
            String::new()
        } else {
            format!(", {images} per second")
        }
    );
    phase_bar(
        &mut row,
        &PhaseBar {
            phase: look,
            done: &done,
            images_per_second: &images,
            megabytes_per_second: &megabytes,
            queue: &words::queue(live, phase),
            part: words::part(live, phase),
            spoken: &spoken,
        },
    );
}

/// What stands in the strip: an icon, a lead, the rest, and the words of a link.
struct Strip {
    icon: Icon,
    color: Color32,
    lead: String,
    rest: String,
}

fn verdict_strip(ui: &mut Ui, strip: Rect, live: &Live, narrow: bool, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let radius = egui::CornerRadius {
        sw: theme::RADIUS_CARD - 1,
        se: theme::RADIUS_CARD - 1,
        ..egui::CornerRadius::ZERO
    };
    let ground = if tokens.dark { tokens.s2 } else { tokens.s1 };
    ui.painter().rect_filled(strip, radius, ground);
    ui.painter().hline(strip.x_range(), strip.top(), Stroke::new(1.0, tokens.line));
    let inner = strip.shrink2(vec2(theme::SPACE_16 - 1.0, 0.0));
    let mut links = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    links.spacing_mut().item_spacing.x = theme::SPACE_12;
    if let Some(End::Told(told)) = &live.end {
        after(&mut links, told, narrow, out);
    }
    if let Some(verdict) = &live.now.verdict {
        evidence(&mut links, verdict);
    }
    let room = links.available_rect_before_wrap().right();
    let words = said_in_strip(live, tokens);
    icon_at(ui, pos2(inner.left() + 9.0, inner.center().y), words.icon, 18.0, words.color);
    let mut job = LayoutJob::default();
    job.append(&words.lead, 0.0, Text::Strong.format(tokens.text));
    job.append(" ", 0.0, Text::Body.format(tokens.text2));
    job.append(&words.rest, 0.0, Text::Body.format(tokens.text2));
    job.wrap.max_width = room - inner.left() - 30.0 - theme::SPACE_12;
    job.wrap.max_rows = if narrow { 1 } else { 2 };
    let galley = ui.painter().layout_job(job);
    let at = pos2(inner.left() + 30.0, inner.center().y - galley.size().y / 2.0);
    let rect = Rect::from_min_size(at, galley.size());
    ui.painter().galley(at, galley, tokens.text);
    let response = ui.interact(rect, ui.scope_id().with("verdict"), Sense::hover());
    let all = format!("{} {}", words.lead, words.rest);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &all));
    crate::gui::widgets::tip(response, &all);
}

fn said_in_strip(live: &Live, tokens: &theme::Tokens) -> Strip {
    let plain = |lead: &str, rest: String| Strip {
        icon: Icon::Gauge,
        color: tokens.text3,
        lead: lead.to_owned(),
        rest,
    };
    match (&live.end, &live.now.verdict) {
        (Some(End::Blocked { text, names }), _) => Strip {
            icon: Icon::TriangleAlert,
            color: tokens.warning,
            lead: text.clone(),
            rest: names.first().cloned().unwrap_or_default(),
        },
        (Some(End::Broken { text }), _) => Strip {
            icon: Icon::CircleAlert,
            color: tokens.danger,
            lead: "The program made an error.".to_owned(),
            rest: text.clone(),
        },
        (_, Some(verdict)) => Strip {
            icon: Icon::Gauge,
            color: PHASES[verdict.phase as usize].color(tokens),
            lead: verdict.head.to_owned(),
            rest: format!("{} {}", verdict.detail, verdict.advice),
        },
        (Some(End::Told(_)), None) => plain("Done.", "Too few images to say what bounded the run.".to_owned()),
        (None, None) if live.has_begun() => plain("Measuring.", "What bounds this run is known after a few images.".to_owned()),
        (None, None) => plain(
            "Getting ready.",
            "Shards are locked, looked at again and tried out before anything is written.".to_owned(),
        ),
    }
}

fn evidence(ui: &mut Ui, verdict: &Verdict) {
    let anchor = link(ui, "Evidence");
    menu(&anchor, 360.0, |ui| {
        let tokens = theme::tokens(ui);
        egui::Frame::new().inner_margin(8).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::SPACE_8;
            for sentence in &verdict.evidence {
                paragraph(ui, sentence, Text::Small, tokens.text);
            }
        });
    });
}

/// What can be done when it is over.
fn after(ui: &mut Ui, told: &Told, narrow: bool, out: &mut Outbox) {
    if told.not_saved.is_none() && Button::secondary("Show report").icon(Icon::FileText).show(ui).clicked() {
        out.send(Command::ShowReport(told.id.clone()));
    }
    // Beside the list of what is worked on there is room for the verdict's sentence and one button.
    let roomy = !narrow && ui.ctx().content_rect().width() >= 1440.0;
    if roomy && let [folder] = told.kept_in.as_slice() {
        let button = Button::secondary("Show folder").icon(Icon::FolderOpen);
        if button.show(ui).clicked() {
            out.send(shell::Command::ShowFile(folder.clone()));
        }
    }
}
