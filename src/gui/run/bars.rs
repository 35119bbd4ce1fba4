//! What the run has in the bars that frame every page: the one thing to do at the top right, how far it is at the bottom.

use egui::Ui;
use lucide_icons::Icon;

use super::page::View;
use super::state::Live;
use super::{Command, words};
use crate::engine::{DriveKind, Phase};
use crate::gui::command::Outbox;
use crate::gui::format;
use crate::gui::model::Model;
use crate::gui::theme::{self, Text};
use crate::gui::widgets::{Button, MenuItem, elide_end, icon, label, menu, phase_heads, state};

/// The one thing to do, top right, drawn from right to left: Shrink, or Pause and Stop.
pub(in crate::gui) fn show_actions(ui: &mut Ui, model: &Model, _: &mut View, out: &mut Outbox) {
    let narrow = is_narrow(ui);
    let Some(live) = model.run.running() else {
        let (deed, reason) = (words::deed(model), words::why_not(model));
        let button = Button::primary(&deed).icon(Icon::Scaling).disabled_because(reason.as_deref());
        let keys = crate::gui::shell::in_words(&crate::gui::shell::SHRINK);
        let button = if narrow { button } else { button.shortcut(keys.as_str()) };
        if button.show(ui).clicked() {
            out.send(Command::Ask);
        }
        return;
    };
    let stopping = live.stopping.map(|_| "It stops as soon as what is in flight is finished.");
    let stop = Button::quiet_danger("Stop").icon(Icon::Square).trailing(Icon::ChevronDown).show(ui);
    menu(&stop, 232.0, |ui| {
        let after = MenuItem::new("Stop after what is in flight").icon(Icon::Square);
        if after.disabled_because(stopping).show(ui).clicked() {
            out.send(Command::AskStop);
        }
        if MenuItem::new("Stop now").icon(Icon::OctagonX).danger().show(ui).clicked() {
            out.send(Command::AskStopNow);
        }
    });
    let (words, glyph) = if live.pausing {
        ("Resume", Icon::Play)
    } else {
        ("Pause", Icon::Pause)
    };
    let reason = if live.has_begun() {
        stopping
    } else {
        Some("The run is getting ready.")
    };
    let pause = Button::secondary(words).icon(glyph).disabled_because(reason);
    let pause = if narrow { pause } else { pause.shortcut("P") };
    if pause.show(ui).clicked() {
        out.send(Command::TogglePause);
    }
}

/// Room for the name of a graphics card; the rest is in its tooltip.
const CARD: f32 = 180.0;

/// Below this width shortcuts go, and the page has one column less.
pub(super) fn is_narrow(ui: &Ui) -> bool {
    ui.ctx().content_rect().width() < theme::NARROW
}

/// What the status bar says during a run; false where there is none.
pub(in crate::gui) fn show_status(ui: &mut Ui, model: &Model, _: &mut Outbox) -> bool {
    let Some(live) = model.run.running() else { return false };
    let tokens = theme::tokens(ui);
    let narrow = is_narrow(ui);
    ui.spacing_mut().item_spacing.x = theme::SPACE_8;
    let calm = live.pausing || live.stopping.is_some();
    let (dot, _) = ui.allocate_exact_size(egui::vec2(8.0, 8.0), egui::Sense::hover());
    ui.painter()
        .circle_filled(dot.center(), 4.0, if calm { tokens.warning } else { tokens.accent });
    let verb = match (live.stopping, live.pausing) {
        (Some(_), _) => "Stopping",
        (None, true) => "Paused",
        (None, false) => "Shrinking",
    };
    label(ui, format!("{verb} {}", live.offer.name), Text::Small, tokens.text2);
    ui.add_space(theme::SPACE_8);
    let part = live.part();
    let spoken = format!(
        "Written, {} of {} images",
        format::count(live.now.snapshot.write.images),
        format::count(live.now.snapshot.total)
    );
    let width = if narrow { 140.0 } else { 180.0 };
    phase_heads(ui, Phase::ALL.map(|phase| words::part(live, phase)), width, &spoken);
    label(ui, format!("{:.0} %", (part * 100.0).floor()), Text::Small, tokens.text2);
    if !narrow && let Some(left) = words::time_left(live).filter(|_| !calm && live.has_begun()) {
        ui.add_space(theme::SPACE_8);
        label(ui, format!("{} left", format::time(left).text()), Text::Small, tokens.text2);
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| machines(ui, live, narrow));
    true
}

/// Drive, processor and graphics card, from the right.
fn machines(ui: &mut Ui, live: &Live, narrow: bool) {
    let tokens = theme::tokens(ui);
    if let Some((card, tip)) = words::card_in_use(live) {
        let (words, _) = elide_end(ui, if narrow { "GPU" } else { &card }, Text::Small, CARD);
        let response = state(ui, Icon::Gpu, &words, tokens.text2);
        crate::gui::widgets::tip(response, &tip);
        ui.add_space(theme::SPACE_8);
    }
    let workers = format::things(live.offer.workers as u64, "worker", "workers");
    label(
        ui,
        if narrow { workers } else { format!("CPU, {workers}") },
        Text::Small,
        tokens.text2,
    );
    icon(ui, Icon::Cpu, theme::ICON_ROW, tokens.text2);
    ui.add_space(theme::SPACE_8);
    let flight = live.now.snapshot.io_depth;
    let drive = live.offer.drive_name();
    let words = match (flight, narrow) {
        (0, _) => drive.to_owned(),
        (n, true) => format!("{n} in flight"),
        (n, false) => format!("{drive}, {} in flight", format::things(n as u64, "read", "reads")),
    };
    label(ui, words, Text::Small, tokens.text2);
    let glyph = match live.offer.drive {
        DriveKind::Network => Icon::Server,
        DriveKind::Memory => Icon::MemoryStick,
        _ => Icon::HardDrive,
    };
    icon(ui, glyph, theme::ICON_ROW, tokens.text2);
}
