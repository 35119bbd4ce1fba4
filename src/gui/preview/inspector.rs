//! The figures of the image that is looked at, and what can be tried on it. In a narrow window one row.

use egui::{Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::state::{After, Made, Shown, What};
use super::work::with;
use super::{Command, Tried};
use crate::engine::{Facts, Fit, Settings};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::settings;
use crate::gui::theme::{self, Text, mix};
use crate::gui::widgets::{self, NumberField, Slider, elide_end, elide_middle, label, line, link, link_named, put_left, put_right, tip};
use crate::report::format_name;

/// Height of the row in a narrow window.
pub(super) const STRIP: f32 = 60.0;
/// Inset of a section.
const INSET: f32 = theme::SPACE_16;

/// The column at the right.
pub(super) fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let Some(shown) = &model.preview.shown else { return };
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::SPACE_4;
        section(ui, |ui| title(ui, model, shown));
        if let Some(facts) = &shown.facts {
            divider(ui);
            section(ui, |ui| saves(ui, facts, shown.after.as_ref(), model.preview.made()));
        }
        if model.preview.made().is_some() {
            divider(ui);
            section(ui, |ui| quality_kept(ui, model, shown.after.as_ref()));
        }
        divider(ui);
        section(ui, |ui| try_on(ui, model, out));
        if !shown.sidecars.is_empty() {
            divider(ui);
            section(ui, |ui| sidecars(ui, shown));
        }
        let notes = model.preview.made().map_or(&[][..], |made| made.notes.as_slice());
        let flattened = model.preview.made().is_some_and(|made| made.flattened);
        if !notes.is_empty() || flattened {
            divider(ui);
            section(ui, |ui| {
                label(ui, "Good to know", Text::Strong, tokens.text);
                if flattened {
                    words(ui, "Transparent pixels are filled with the background colour.");
                }
                for note in notes {
                    words(ui, note);
                }
            });
        }
    });
}

fn section(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let margin = egui::Margin {
        left: INSET as i8,
        right: INSET as i8,
        top: 12,
        bottom: 12,
    };
    egui::Frame::NONE.inner_margin(margin).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
    });
}

fn divider(ui: &mut Ui) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    let y = rect.center().y;
    ui.painter().hline(rect.x_range(), y, Stroke::new(1.0, tokens.line));
}

fn words(ui: &mut Ui, text: &str) {
    let color = theme::tokens(ui).text2;
    ui.add(egui::Label::new(theme::rich(text, Text::Small, color)).wrap());
}

/// A row of this height.
fn row(ui: &mut Ui, height: f32) -> Rect {
    ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover()).0
}

fn title(ui: &mut Ui, model: &Model, shown: &Shown) {
    let tokens = theme::tokens(ui);
    let name = shown.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (short, was_cut) = elide_middle(ui, &name, Text::Strong, ui.available_width());
    let response = label(ui, short, Text::Strong, tokens.text);
    if was_cut {
        tip(response, &name);
    }
    let shard = shown
        .path
        .parent()
        .and_then(|path| path.file_name())
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let film = &model.preview.film;
    let of = film.images().len() as u64;
    let place = film.place.filter(|place| film.images().get(*place) == Some(&shown.at));
    let words = match place {
        Some(place) => format!("{shard}, image {} of {}", format::count(place as u64 + 1), format::count(of)),
        None => shard,
    };
    let (words, _) = elide_end(ui, &words, Text::Small, ui.available_width());
    label(ui, words, Text::Small, tokens.text3);
}

fn saves(ui: &mut Ui, facts: &Facts, after: Option<&After>, made: Option<&Made>) {
    let tokens = theme::tokens(ui);
    if let Some(made) = made {
        let grows = made.bytes > facts.bytes;
        label(ui, if grows { "Grows by" } else { "Saves" }, Text::Small, tokens.text2);
        let rect = row(ui, 34.0);
        let share = 1.0 - made.bytes as f64 / facts.bytes.max(1) as f64;
        let ink = if grows || made.not_worth_it {
            tokens.warning
        } else {
            tokens.accent
        };
        let figure = format::percent(share.abs());
        let right = put_left(ui, rect.left(), rect.center().y, line(ui, figure.value.as_str(), Text::Figure, ink));
        put_left(ui, right + 4.0, rect.center().y + 5.0, line(ui, figure.unit, Text::Section, ink));
        let less = format::bytes(made.bytes.abs_diff(facts.bytes)).text();
        let less = format!("{less} {}", if grows { "more" } else { "less" });
        put_right(
            ui,
            rect.right(),
            rect.center().y - 8.0,
            line(ui, less.as_str(), Text::Small, tokens.text3),
        );
        let times = times(facts.bytes, made.bytes);
        put_right(
            ui,
            rect.right(),
            rect.center().y + 9.0,
            line(ui, times.as_str(), Text::Small, tokens.text3),
        );
        speak(
            ui,
            rect,
            "saving",
            &format!("{} {}, {less}, {times}", if grows { "Grows by" } else { "Saves" }, figure.text()),
        );
        ui.add_space(4.0);
        let bar = row(ui, 6.0);
        ui.painter().rect_filled(bar, 3, tokens.track);
        let left = (made.bytes as f32 / facts.bytes.max(1) as f32).clamp(0.0, 1.0);
        let part = Rect::from_min_size(bar.min, vec2((bar.width() * left).max(4.0), bar.height()));
        ui.painter().rect_filled(part, 3, ink);
        ui.add_space(4.0);
    }
    // Three columns: what, before, after.
    let rect = row(ui, 20.0);
    let after_right = rect.right();
    let size_of = |made: &Made| format::size(made.sheet.size.width, made.sheet.size.height);
    let widest = made
        .map_or(56.0, |made| line(ui, size_of(made), Text::Small, tokens.text).size().x)
        .max(40.0);
    let before_right = after_right - widest.max(62.0) - 10.0;
    put_right(ui, before_right, rect.center().y, line(ui, "Before", Text::Small, tokens.text3));
    put_right(ui, after_right, rect.center().y, line(ui, "After", Text::Small, tokens.text3));
    let dash = || "–".to_owned();
    let stays = after.is_some_and(|after| matches!(after.what, What::Stays(_)));
    let sized = format::size(facts.size.width, facts.size.height);
    let bytes = format::bytes(facts.bytes).text();
    let profile = |name: Option<&String>| name.map_or_else(|| "sRGB".to_owned(), |name| plain_profile(name));
    let same = |value: String| if stays { value } else { dash() };
    let rows = [
        (
            "Format",
            format_name(facts.format).to_owned(),
            made.map_or_else(|| same(format_name(facts.format).to_owned()), |_| "JPEG".to_owned()),
        ),
        ("Pixels", sized.clone(), made.map_or_else(|| same(sized), size_of)),
        (
            "Bytes",
            bytes.clone(),
            made.map_or_else(|| same(bytes), |made| format::bytes(made.bytes).text()),
        ),
        (
            "Profile",
            profile(facts.profile.as_ref()),
            made.map_or_else(|| same(profile(facts.profile.as_ref())), |made| profile(made.profile.as_ref())),
        ),
    ];
    for (name, before, after) in rows {
        let rect = row(ui, 18.0);
        let left = put_left(ui, rect.left(), rect.center().y, line(ui, name, Text::Small, tokens.text2)) + 8.0;
        let (shown, _) = elide_end(ui, &before, Text::Small, before_right - left);
        put_right(ui, before_right, rect.center().y, line(ui, shown, Text::Small, tokens.text));
        let ink = if after == "–" { tokens.text3 } else { tokens.text };
        let (shown, _) = elide_end(ui, &after, Text::Small, after_right - before_right - 6.0);
        put_right(ui, after_right, rect.center().y, line(ui, shown, Text::Small, ink));
        speak(ui, rect, name, &format!("{name}: before {before}, after {after}"));
    }
}

/// A row that is painted tells a screen reader what it says, and a pointer what was cut.
fn speak(ui: &mut Ui, rect: Rect, id: &str, words: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("row", id)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    tip(response, words);
}

fn times(before: u64, after: u64) -> String {
    let (large, small, words) = if after > before {
        (after, before, "larger")
    } else {
        (before, after, "smaller")
    };
    let ratio = large as f64 / small.max(1) as f64;
    if ratio < 9.95 {
        format!("{ratio:.1} times {words}")
    } else {
        format!("{} times {words}", format::count(ratio.round() as u64))
    }
}

/// A profile's name without the year or number of its standard.
fn plain_profile(name: &str) -> String {
    if name.starts_with("sRGB") {
        return "sRGB".to_owned();
    }
    name.split(" (").next().unwrap_or(name).to_owned()
}

/// What a score means, in words.
pub(super) fn verdict(score: f64) -> &'static str {
    match score {
        s if s >= 90.0 => "Not visible",
        s if s >= 80.0 => "Hardly visible",
        s if s >= 70.0 => "Visible up close",
        s if s >= 50.0 => "Visible",
        _ => "Poor",
    }
}

/// Where a score stands on the scale, 0 to 1: the upper half is for scores from 70 on, where pictures differ.
fn on_scale(score: f64) -> f32 {
    let part = match score {
        s if s < 70.0 => s.max(0.0) / 70.0 * 0.5,
        s if s < 90.0 => 0.5 + (s - 70.0) / 20.0 * 0.25,
        s => 0.75 + (s.min(100.0) - 90.0) / 10.0 * 0.25,
    };
    part as f32
}

/// The middle score of the images that were judged for the forecast.
fn median(model: &Model) -> Option<f64> {
    let estimate = model.plan.current()?.estimate.as_ref()?;
    let mut scores: Vec<f64> = estimate.judged.iter().map(|judged| judged.quality.score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    scores.get(scores.len() / 2).copied()
}

fn quality_kept(ui: &mut Ui, model: &Model, after: Option<&After>) {
    let tokens = theme::tokens(ui);
    widgets::card_title_note(ui, "Quality kept", "SSIMULACRA2");
    let score = after.and_then(|after| after.score);
    let rect = row(ui, 28.0);
    let spoken = match score {
        Some(Some(score)) => {
            let ink = if score >= 70.0 { tokens.accent } else { tokens.warning };
            let right = put_left(
                ui,
                rect.left(),
                rect.center().y,
                line(ui, format!("{score:.1}"), Text::Title, tokens.text),
            );
            put_left(
                ui,
                right + 8.0,
                rect.center().y + 3.0,
                line(ui, verdict(score), Text::SmallStrong, ink),
            );
            format!("{score:.1}, {}", verdict(score))
        }
        Some(None) => {
            put_left(
                ui,
                rect.left(),
                rect.center().y,
                line(ui, "It cannot be told", Text::Small, tokens.text2),
            );
            "It cannot be told".to_owned()
        }
        None => {
            put_left(ui, rect.left(), rect.center().y, line(ui, "–", Text::Title, tokens.text3));
            put_left(
                ui,
                rect.left() + 24.0,
                rect.center().y + 3.0,
                line(ui, "being judged", Text::Small, tokens.text3),
            );
            "being judged".to_owned()
        }
    };
    if let Some(median) = median(model) {
        let words = format!("Median {median:.1}");
        put_right(ui, rect.right(), rect.center().y + 3.0, line(ui, words, Text::Small, tokens.text3));
    }
    speak(
        ui,
        rect,
        "score",
        &format!("Quality kept {spoken}. 100 is the same, 90 cannot be told from it, 70 is good."),
    );
    let bar = row(ui, 8.0);
    let bar = Rect::from_center_size(bar.center(), vec2(bar.width(), 6.0));
    let x = |part: f32| egui::lerp(bar.x_range(), part);
    let good = mix(tokens.card, tokens.accent, 0.5);
    for (from, to, fill) in [(0.0, 0.5, tokens.track), (0.5, 0.75, tokens.track), (0.75, 1.0, good)] {
        let gap = |end: f32| if end > 0.0 && end < 1.0 { 1.0 } else { 0.0 };
        let part = Rect::from_min_max(pos2(x(from) + gap(from), bar.top()), pos2(x(to) - gap(to), bar.bottom()));
        ui.painter().rect_filled(part, 2, fill);
    }
    if let Some(Some(score)) = score {
        let centre = pos2(x(on_scale(score)).clamp(bar.left() + 6.0, bar.right() - 6.0), bar.center().y);
        ui.painter().circle(centre, 6.0, tokens.accent, Stroke::new(2.0, tokens.card));
    }
    let marks = row(ui, 14.0);
    for (score, words) in [(0.0, "0"), (70.0, "70"), (90.0, "90"), (100.0, "100")] {
        let galley = line(ui, words, Text::Tiny, tokens.text3);
        let half = galley.size().x / 2.0;
        let left = (x(on_scale(score)) - half).clamp(marks.left(), marks.right() - 2.0 * half);
        put_left(ui, left, marks.center().y, galley);
    }
}

/// Quality and target of this image alone.
fn try_on(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    label(ui, "Try on this image", Text::Strong, tokens.text);
    let Some(settings) = model.settings.valid() else {
        words(ui, "A setting needs a change first.");
        return;
    };
    let tried = model.preview.tried;
    let now = with(&settings, tried);
    let name = |ui: &mut Ui, words: &str| {
        let (rect, _) = ui.allocate_exact_size(vec2(52.0, theme::HEIGHT_CONTROL), Sense::hover());
        put_left(
            ui,
            rect.left(),
            rect.center().y,
            line(ui, words, Text::Small, theme::tokens(ui).text2),
        );
    };
    ui.horizontal(|ui| {
        name(ui, quality_word(&settings));
        quality(ui, &settings, &now, tried, out);
    });
    ui.horizontal(|ui| {
        name(ui, "Target");
        target(ui, &settings, &now, tried, out);
    });
    ui.add_space(theme::SPACE_4);
    if tried == Tried::default() {
        label(ui, "Same as the plan, nothing is written", Text::Small, tokens.text3);
    } else {
        ui.horizontal(|ui| {
            label(ui, "This image alone", Text::Small, tokens.text2);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = theme::SPACE_12;
                if tip(link(ui, "Reset"), "Back to the settings of the plan").clicked() {
                    out.send(Command::Try(Tried::default()));
                }
                if tip(link(ui, "Apply to all"), "Makes this the plan's setting").clicked() {
                    apply_to_all(tried, out);
                }
            });
        });
    }
}

/// What was tried becomes the setting of all images; then nothing is tried any more.
fn apply_to_all(tried: Tried, out: &mut Outbox) {
    if let Some(quality) = tried.quality {
        out.send(settings::Command::Set("picture.quality", quality.into()));
    }
    if let Some(target) = tried.target {
        out.send(settings::Command::Set("picture.target", target.into()));
    }
    out.send(Command::Try(Tried::default()));
}

fn quality_word(settings: &Settings) -> &'static str {
    if settings.picture.min_score.is_some() {
        "At most"
    } else {
        "Quality"
    }
}

fn quality(ui: &mut Ui, settings: &Settings, now: &Settings, tried: Tried, out: &mut Outbox) {
    let mut value = f64::from(now.picture.quality);
    if Slider::new("Quality of this image", &mut value, 1.0..=100.0).show(ui).changed() {
        let quality = value.round() as u8;
        out.send(Command::Try(Tried {
            quality: (quality != settings.picture.quality).then_some(quality),
            ..tried
        }));
    }
}

fn target(ui: &mut Ui, settings: &Settings, now: &Settings, tried: Tried, out: &mut Outbox) {
    if !matches!(settings.picture.fit, Fit::Longest | Fit::Shortest) {
        let response = label(ui, "set by the fit", Text::Small, theme::tokens(ui).text3);
        tip(
            response,
            "A box or a number of megapixels decides the size; the target does not matter then.",
        );
        return;
    }
    let mut value = f64::from(now.picture.target);
    let width = ui.available_width();
    let field = NumberField::new("Target of this image", &mut value, 1.0..=65_500.0)
        .step(16.0)
        .unit("px")
        .width(width);
    if field.show(ui).changed() {
        let target = value.round() as u32;
        out.send(Command::Try(Tried {
            target: (target != settings.picture.target).then_some(target),
            ..tried
        }));
    }
}

fn sidecars(ui: &mut Ui, shown: &Shown) {
    let tokens = theme::tokens(ui);
    label(
        ui,
        if shown.sidecars.len() == 1 { "Sidecar" } else { "Sidecars" },
        Text::Strong,
        tokens.text,
    );
    for sidecar in &shown.sidecars {
        let name = sidecar.name.to_string_lossy();
        widgets::file_name(ui, &name, Text::Small, tokens.text2, ui.available_width());
        let what = match (sidecar.note, sidecar.fields.as_slice()) {
            (Some(note), []) => format!("{note}, stays as it is"),
            (_, []) => "stays as it is".to_owned(),
            (_, [one]) => format!("{one} follows"),
            (_, [first @ .., last]) => format!("{} and {last} follow", first.join(", ")),
        };
        ui.add(egui::Label::new(theme::rich(what, Text::Small, tokens.text3)).wrap());
    }
}

/// The row of a narrow window.
pub(super) fn show_strip(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let rect = ui.max_rect();
    let Some(shown) = &model.preview.shown else { return };
    let inner = rect.shrink2(vec2(theme::SPACE_12, theme::SPACE_8));
    let upper = inner.top() + 12.0;
    let lower = inner.top() + 33.0;
    let name = shown.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (short, _) = elide_middle(ui, &name, Text::Strong, 190.0);
    put_left(ui, inner.left(), upper, line(ui, short, Text::Strong, tokens.text));
    let film = &model.preview.film;
    let place = film.place.map_or(0, |place| place as u64 + 1);
    let of = format!("image {} of {}", format::count(place), format::count(film.images().len() as u64));
    put_left(ui, inner.left(), lower, line(ui, of.as_str(), Text::Small, tokens.text3));
    speak(
        ui,
        Rect::from_min_size(inner.min, vec2(190.0, 44.0)),
        "name",
        &format!("{name}, {of}"),
    );
    let mut left = inner.left() + 206.0;
    if let (Some(facts), Some(made)) = (&shown.facts, model.preview.made()) {
        let share = 1.0 - made.bytes as f64 / facts.bytes.max(1) as f64;
        let saves = format!("Saves {}", format::percent(share).text());
        put_left(ui, left, upper, line(ui, saves.as_str(), Text::Strong, tokens.accent));
        let bytes = format!("{} to {}", format::bytes(facts.bytes).text(), format::bytes(made.bytes).text());
        put_left(ui, left, lower, line(ui, bytes.as_str(), Text::Small, tokens.text3));
        speak(
            ui,
            Rect::from_min_size(pos2(left, inner.top()), vec2(140.0, 44.0)),
            "saving",
            &format!("{saves}, {bytes}"),
        );
        left += 152.0;
        let (score, words) = match shown.after.as_ref().and_then(|after| after.score) {
            Some(Some(score)) => (format!("Quality kept {score:.1}"), verdict(score)),
            Some(None) => ("Quality kept –".to_owned(), "cannot be told"),
            None => ("Quality kept –".to_owned(), "being judged"),
        };
        put_left(ui, left, upper, line(ui, score.as_str(), Text::Strong, tokens.text));
        put_left(ui, left, lower, line(ui, words, Text::Small, tokens.text3));
        speak(
            ui,
            Rect::from_min_size(pos2(left, inner.top()), vec2(130.0, 44.0)),
            "score",
            &format!("{score}, {words}"),
        );
        left += 144.0;
    }
    let Some(settings) = model.settings.valid() else { return };
    let tried = model.preview.tried;
    let now = with(&settings, tried);
    let controls = Rect::from_min_max(pos2(left, inner.top() + 8.0), pos2(inner.right(), inner.bottom()));
    ui.scope_builder(UiBuilder::new().max_rect(controls), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::SPACE_8;
            label(ui, quality_word(&settings), Text::Small, tokens.text2);
            let room = ui.available_width();
            let links = if tried == Tried::default() { 0.0 } else { 96.0 };
            ui.allocate_ui(vec2((room - 88.0 - links).max(90.0), theme::HEIGHT_CONTROL), |ui| {
                quality(ui, &settings, &now, tried, out)
            });
            ui.allocate_ui(vec2(80.0, theme::HEIGHT_CONTROL), |ui| target(ui, &settings, &now, tried, out));
            if links > 0.0 {
                if tip(link_named(ui, "Apply", "Apply to all"), "Makes this the plan's setting").clicked() {
                    apply_to_all(tried, out);
                }
                if tip(link(ui, "Reset"), "Back to the settings of the plan").clicked() {
                    out.send(Command::Try(Tried::default()));
                }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_stand_where_the_scale_says() {
        for (score, part) in [
            (-20.0, 0.0),
            (0.0, 0.0),
            (35.0, 0.25),
            (70.0, 0.5),
            (80.0, 0.625),
            (90.0, 0.75),
            (100.0, 1.0),
        ] {
            assert_eq!(on_scale(score), part, "{score}");
        }
        assert_eq!(
            (verdict(91.2), verdict(89.9), verdict(70.0), verdict(12.0)),
            ("Not visible", "Hardly visible", "Visible up close", "Poor")
        );
    }

    #[test]
    fn profiles_have_short_names() {
        for (name, short) in [
            ("sRGB IEC61966-2.1", "sRGB"),
            ("Adobe RGB (1998)", "Adobe RGB"),
            ("Display P3", "Display P3"),
        ] {
            assert_eq!(plain_profile(name), short);
        }
    }

    #[test]
    fn how_many_times() {
        assert_eq!(times(5_683_283, 105_472), "54 times smaller");
        assert_eq!(times(2000, 1000), "2.0 times smaller");
        assert_eq!(times(1000, 3000), "3.0 times larger");
    }
}
