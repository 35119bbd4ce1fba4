//! One line of the list: a heading, a shard with what is known of it, or what is folded away.

use egui::{Color32, Id, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::list::{Look, Place, Row, Shard, TaskKind};
use super::state::State;
use super::{Command, menus};
use crate::engine::{DriveKind, ScanNews, Standing};
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text, Tokens};
use crate::gui::{format, widgets};

/// Left edge of what stands behind the checkbox.
const INSET: f32 = 42.0;
/// Height of a heading.
const HEADING: f32 = 28.0;
/// Height of the line that unfolds a group.
const MORE: f32 = 30.0;
/// What a chosen shard offers stands below its figures.
const OFFERS: f32 = 26.0;

/// How a shard stands, in an icon and a word.
pub(super) struct Badge {
    /// `None`: it turns, since something is being done.
    pub(super) icon: Option<Icon>,
    pub(super) words: String,
    pub(super) color: Color32,
}

/// Height of a line.
pub(super) fn height(state: &State, row: &Row) -> f32 {
    match row {
        Row::Group { .. } => HEADING,
        Row::More { .. } => MORE,
        Row::Shard(at) => match state.shards.get(*at) {
            Some(shard) if offers(state, shard) => theme::HEIGHT_LIST_ROW + OFFERS,
            _ => theme::HEIGHT_LIST_ROW,
        },
    }
}

/// Something can be done about what runs left here, and it is the chosen row.
fn offers(state: &State, shard: &Shard) -> bool {
    let chosen = state.chosen.as_deref() == Some(shard.path.as_path());
    chosen && shard.is_there() && (shard.task.is_some() || TaskKind::ALL.iter().any(|kind| kind.applies(shard)))
}

/// The heading of a group: folds it with a click.
pub(super) fn heading(ui: &mut Ui, rect: Rect, row: &Row, out: &mut Outbox) {
    let Row::Group {
        place,
        title,
        detail,
        drive,
        open,
    } = row
    else {
        return;
    };
    let tokens = theme::tokens(ui);
    let response = ui.interact(rect, Id::unique(("shard group", place)), Sense::click());
    let spoken = format!("{title}, {detail}, {}", if *open { "open" } else { "closed" });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    if response.clicked() {
        out.send(Command::ToggleGroup(place.clone()));
    }
    let ink = widgets::hover_part(ui, &response);
    let middle = rect.center().y;
    let chevron = if *open { Icon::ChevronDown } else { Icon::ChevronRight };
    let quiet = theme::mix(tokens.text3, tokens.text, ink);
    widgets::icon_at(ui, pos2(rect.left() + 19.0, middle), chevron, theme::ICON_ROW, quiet);
    widgets::icon_at(
        ui,
        pos2(rect.left() + 39.0, middle),
        place_icon(place, *drive),
        theme::ICON_ROW,
        tokens.text2,
    );
    let detail = widgets::line(ui, detail.as_str(), Text::Small, tokens.text3);
    let right = widgets::put_right(ui, rect.right() - theme::SPACE_16, middle, detail);
    let (name, shortened) = widgets::elide_middle(ui, title, Text::Strong, right - 8.0 - (rect.left() + 52.0));
    widgets::put_left(ui, rect.left() + 52.0, middle, widgets::line(ui, name, Text::Strong, tokens.text));
    widgets::focus_ring_inside(ui, &response, rect, theme::RADIUS_BAR);
    let whole = match place {
        Place::Library(path) => path.display().to_string(),
        Place::Computer | Place::Network => title.clone(),
    };
    if shortened || matches!(place, Place::Library(_)) {
        widgets::tip(response, &whole);
    }
}

fn place_icon(place: &Place, drive: DriveKind) -> Icon {
    match (place, drive) {
        (Place::Network, _) | (_, DriveKind::Network) => Icon::Server,
        (_, DriveKind::Memory) => Icon::MemoryStick,
        _ => Icon::HardDrive,
    }
}

/// Unfolds the tail of a group, or folds it again.
pub(super) fn more(ui: &mut Ui, rect: Rect, place: &Place, hidden: usize, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    let words = match hidden {
        0 => "Show fewer".to_owned(),
        n => format!("{} more {}", format::count(n as u64), if n == 1 { "shard" } else { "shards" }),
    };
    let response = ui.interact(rect, Id::unique(("more shards", place)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    if response.clicked() {
        out.send(Command::ToggleMore(place.clone()));
    }
    let ink = theme::mix(tokens.text3, tokens.text, widgets::hover_part(ui, &response));
    let middle = rect.center().y - 2.0;
    widgets::put_left(ui, rect.left() + 44.0, middle, widgets::line(ui, words, Text::Small, ink));
    widgets::focus_ring_inside(ui, &response, rect, theme::RADIUS_BAR);
}

/// A shard. The response is that of the whole row, for keys and menu; the keyboard stops at the chosen one alone.
pub(super) fn shard(ui: &mut Ui, rect: Rect, model: &Model, shard: &Shard, stops: bool, out: &mut Outbox) -> Response {
    let state = &model.shards;
    let tokens = theme::tokens(ui);
    let chosen = state.chosen.as_deref() == Some(shard.path.as_path());
    let sense = if stops { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, row_id(shard), sense);
    let badge = badge(model, shard, tokens);
    let (images, bytes) = match scan_of(model, shard) {
        Some(scan) => (format!("{} so far", format::count(scan.read)), format::bytes(scan.bytes).text()),
        None => (images(shard), bytes(shard)),
    };
    let spoken = format!("{}, {images}, {bytes}", badge.words);
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(spoken.clone()),
        ..WidgetInfo::selected(Role::ListBoxOption, true, chosen, &shard.name)
    });
    widgets::list_row_ground(ui, rect, &response, chosen);

    let first = rect.top() + 14.0;
    let second = rect.top() + 31.0;
    let right = rect.right() - theme::SPACE_16;
    let quiet = !shard.is_there() && !matches!(shard.look, Look::Unknown);
    let ink = if quiet { tokens.text3 } else { tokens.text };
    let left = draw_badge(ui, right, first, &badge);
    let (name, _) = widgets::elide_middle(ui, &shard.name, Text::Control, left - 8.0 - (rect.left() + INSET));
    widgets::put_left(ui, rect.left() + INSET, first, widgets::line(ui, name, Text::Control, ink));
    let ink = if quiet { tokens.text3 } else { tokens.text2 };
    let bytes_left = widgets::put_right(ui, right, second, widgets::line(ui, bytes, Text::Small, ink));
    let (images, _) = widgets::elide_end(ui, &images, Text::Small, bytes_left - 8.0 - (rect.left() + INSET));
    widgets::put_left(
        ui,
        rect.left() + INSET,
        second,
        widgets::line(ui, images, Text::Small, tokens.text3),
    );

    let mut ticked = shard.ticked;
    let place = Rect::from_center_size(pos2(rect.left() + 25.0, first), vec2(theme::HEIGHT_SMALL, theme::HEIGHT_SMALL));
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("tick", &shard.path)));
    if widgets::checkbox_in_row(&mut child, &mut ticked, &format!("Tick {}", shard.name)).changed() {
        out.send(Command::Tick(vec![shard.path.clone()], ticked));
    }
    if offers(state, shard) {
        let below = Rect::from_min_max(
            pos2(rect.left() + INSET, rect.top() + theme::HEIGHT_LIST_ROW - 4.0),
            pos2(right, rect.bottom() - 4.0),
        );
        show_offers(ui, below, state, shard, out);
    }
    if response.clicked() {
        out.send(Command::Choose(Some(shard.path.clone())));
    }
    if response.double_clicked() {
        out.send(Command::TickOnly(shard.path.clone()));
    }
    widgets::tip(response, &tip(state, shard))
}

/// The same in every frame, wherever the row stands.
pub(super) fn row_id(shard: &Shard) -> Id {
    Id::unique(("shard row", &shard.path))
}

fn draw_badge(ui: &Ui, right: f32, middle: f32, badge: &Badge) -> f32 {
    let words = widgets::line(ui, badge.words.as_str(), Text::Small, badge.color);
    let left = widgets::put_right(ui, right, middle, words);
    let centre = pos2(left - 6.0 - theme::ICON_CHIP / 2.0, middle);
    match badge.icon {
        Some(icon) => widgets::icon_at(ui, centre, icon, theme::ICON_CHIP, badge.color),
        None => widgets::spinner_at(ui, centre, theme::ICON_CHIP),
    }
    centre.x - theme::ICON_CHIP / 2.0
}

/// What can be done about what runs left here, with the bytes it would free.
fn show_offers(ui: &mut Ui, rect: Rect, state: &State, shard: &Shard, out: &mut Outbox) {
    let busy = state.busy(shard);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    child.spacing_mut().item_spacing.x = theme::SPACE_16;
    if let Some(task) = state.tasks.iter().find(|task| task.jobs.iter().any(|job| job.shard == shard.path)) {
        if widgets::link_named(&mut child, "Stop", &format!("Stop: {}", shard.name)).clicked() {
            out.send(Command::StopTask(task.id));
        }
        return;
    }
    if busy.is_some() {
        child.disable();
    }
    for kind in TaskKind::ALL.into_iter().filter(|kind| kind.applies(shard)) {
        let words = match kind {
            TaskKind::Undo => "Undo".to_owned(),
            TaskKind::Purge => format!("Purge, frees {}", format::bytes(shard.kept_bytes()).text()),
            TaskKind::Recover => "Recover".to_owned(),
        };
        let response = widgets::link_named(&mut child, &words, &format!("{words}: {}", shard.name));
        if response.clicked() {
            out.send(Command::Ask(kind, vec![shard.path.clone()]));
        }
        if let Some(reason) = busy {
            widgets::tip(response, reason);
        }
    }
}

/// How a shard stands.
pub(super) fn badge(model: &Model, shard: &Shard, tokens: &Tokens) -> Badge {
    let state = &model.shards;
    let badge = |icon, words: &str, color| Badge {
        icon,
        words: words.to_owned(),
        color,
    };
    if let Some(task) = shard.task {
        return badge(None, task.under_way(), tokens.text2);
    }
    if state.running.contains(&shard.path) {
        let words = match model.run.progress(&shard.path) {
            Some(part) => format!("{:.0} %", (part * 100.0).floor()),
            None => "Waiting".to_owned(),
        };
        return badge(Some(Icon::Play), &words, tokens.accent);
    }
    if state.is_slow(shard) {
        return badge(Some(Icon::Hourglass), "Not answering", tokens.warning);
    }
    match &shard.look {
        Look::NotMounted => return badge(Some(Icon::Unplug), "Not mounted", tokens.text3),
        Look::Gone => return badge(Some(Icon::FolderX), "Not found", tokens.warning),
        Look::Unreadable(_) => return badge(Some(Icon::CircleAlert), "Unreadable", tokens.danger),
        Look::Unknown => return badge(None, "Looking", tokens.text3),
        Look::There => {}
    }
    match &shard.standing {
        Standing::Locked { .. } => return badge(Some(Icon::Lock), "In use", tokens.text2),
        Standing::Interrupted { .. } => return badge(Some(Icon::TriangleAlert), "Interrupted", tokens.warning),
        Standing::Quiet => {}
    }
    if let Some(scan) = scan_of(model, shard) {
        let part = scan.read as f64 / scan.found.max(1) as f64;
        return badge(None, &format!("{:.0} %", part * 100.0), tokens.text2);
    }
    if shard.ticked && shard.planned.is_some_and(|work| work > 0) {
        return badge(Some(Icon::ClipboardList), "Planned", tokens.text2);
    }
    if let Some(last) = shard.saved() {
        let words = format!("Saved {}", format::percent(last.saved()).text());
        return badge(Some(Icon::CircleCheck), &words, tokens.success);
    }
    if !shard.kept.is_empty() {
        return badge(Some(Icon::CircleCheck), "Done", tokens.success);
    }
    match shard.measured {
        Some(so_far) if so_far.looked_at < so_far.images && shard.measuring => {
            let part = so_far.looked_at as f64 / so_far.images as f64;
            badge(None, &format!("{:.0} %", part * 100.0), tokens.text2)
        }
        _ if shard.planned == Some(0) && shard.ticked => badge(Some(Icon::Check), "Nothing to do", tokens.text2),
        _ => badge(Some(Icon::CircleDashed), "Never run", tokens.text3),
    }
}

/// The plan reads its headers now.
fn scan_of<'a>(model: &'a Model, shard: &Shard) -> Option<&'a ScanNews> {
    let (scan, _) = model.plan.scanning_now()?;
    (scan.path.as_os_str() == shard.path.as_os_str() && !scan.done && scan.found > 0).then_some(scan)
}

impl TaskKind {
    pub(super) const ALL: [Self; 3] = [Self::Recover, Self::Undo, Self::Purge];

    fn under_way(self) -> &'static str {
        match self {
            Self::Undo => "Bringing back",
            Self::Purge => "Purging",
            Self::Recover => "Recovering",
        }
    }
}

fn images(shard: &Shard) -> String {
    match (shard.images, shard.measured) {
        (None, _) => match shard.look {
            Look::Unknown => "Not looked at yet".to_owned(),
            _ => "–".to_owned(),
        },
        (Some(_), Some(so_far)) if shard.measuring && so_far.looked_at < so_far.images => {
            format!("{} so far", format::count(so_far.looked_at))
        }
        (Some(0), _) if shard.unnamed > 0 => format::things(shard.unnamed, "file without ending", "files without endings"),
        (Some(images), _) => format::things(images, "image", "images"),
    }
}

/// What lies there, and apart from it what a purge would free.
fn bytes(shard: &Shard) -> String {
    let kept = shard.kept_bytes();
    match shard.measured.filter(|measured| measured.images > 0) {
        None if kept > 0 => format!("{} kept", format::bytes(kept).text()),
        None => String::new(),
        Some(now) if kept == 0 => format::bytes(now.bytes).text(),
        Some(now) => together(now.bytes, kept),
    }
}

/// Both in the unit of the larger one, which stands once: `0.71 + 3.81 GiB kept`.
fn together(now: u64, kept: u64) -> String {
    let larger = format::bytes(now.max(kept));
    let power = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        .iter()
        .position(|unit| *unit == larger.unit)
        .unwrap_or(0);
    let in_unit = |bytes: u64| match power {
        0 => bytes.to_string(),
        _ => format::significant(bytes as f64 / 1024_f64.powi(power as i32)),
    };
    format!("{} + {} {} kept", in_unit(now), in_unit(kept), larger.unit)
}

fn tip(state: &State, shard: &Shard) -> String {
    let path = state.shown_path(&shard.path);
    let more = match (&shard.look, &shard.standing) {
        _ if state.is_slow(shard) => "The drive does not answer. It is asked again by itself; nothing waits for it.".to_owned(),
        (Look::NotMounted, _) => "Plug in the drive, or connect it, then look again.".to_owned(),
        (Look::Gone, _) => "There is no such folder any more. Nothing was touched.".to_owned(),
        (Look::Unreadable(problem), _) => format!("{} {}", problem.message, problem.advice),
        (_, Standing::Locked { by }) => format!("Another program works on it: {by}."),
        (_, Standing::Interrupted { .. }) => {
            "A run or an undo was interrupted here. The next run recovers it first; Recover does just that.".to_owned()
        }
        _ => String::new(),
    };
    if more.is_empty() { path } else { format!("{path}\n{more}") }
}

/// Folders that are being looked at to be added.
pub(super) fn adding(ui: &mut Ui, state: &State, out: &mut Outbox) {
    let tokens = theme::tokens(ui);
    for adding in &state.adding {
        let slow = adding.begun.elapsed() >= super::settle::SLOW;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
        let name = adding.names.get(adding.done).map_or("", String::as_str);
        let words = match adding.names.len() {
            _ if slow => format!("{name} does not answer yet"),
            0 | 1 => format!("Looking at {name}"),
            n => format!("Looking at {} of {}: {name}", adding.done + 1, n),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        widgets::spinner_at(ui, pos2(rect.left() + 25.0, rect.center().y), theme::ICON_ROW);
        let (words, _) = widgets::elide_end(ui, &words, Text::Small, rect.width() - INSET - 44.0);
        widgets::put_left(
            ui,
            rect.left() + INSET,
            rect.center().y,
            widgets::line(ui, words, Text::Small, tokens.text2),
        );
        let corner = Rect::from_center_size(pos2(rect.right() - theme::SPACE_16 - 8.0, rect.center().y), vec2(24.0, 24.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(corner).id_salt(("adding", adding.id)));
        if widgets::icon_button_with(&mut child, Icon::X, "Do not add it", None, false, theme::HEIGHT_SMALL).clicked() {
            out.send(Command::CancelAdding(adding.id));
        }
    }
}

/// Its menu, by a secondary click or Shift F10.
pub(super) fn with_menu(ui: &Ui, response: &Response, state: &State, shard: &Shard, out: &mut Outbox) {
    let open = response.has_focus() && ui.input_mut(|input| input.consume_key(egui::Modifiers::SHIFT, egui::Key::F10));
    menus::of_shard(response, open, state, shard, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_originals_stand_apart_in_one_unit() {
        let gib = |value: f64| (value * 1024.0_f64.powi(3)) as u64;
        assert_eq!(together(gib(0.71), gib(3.81)), "0.71 + 3.81 GiB kept");
        assert_eq!(together(2_000, 500), "1.95 + 0.49 KiB kept");
        assert_eq!(together(7, 500), "7 + 500 B kept");
    }
}
