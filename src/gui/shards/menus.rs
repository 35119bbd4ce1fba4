//! Menus of the list: how it is arranged, what can be added, and what can be done with one shard or with all that are ticked.

use std::path::PathBuf;

use egui::{Popup, Response, Ui};

use super::list::{Only, Order, Shard, TaskKind, kind_of_drive};
use super::state::{Recent, State};
use super::{Command, View, paths};
use crate::gui::command::Outbox;
use crate::gui::shell::{self, ADD_FOLDER};
use crate::gui::theme::Icon;
use crate::gui::widgets::{self, MenuItem};
use crate::gui::{format, theme};

const WIDTH: f32 = 264.0;
/// Folders used lately that the menu has room for.
const RECENTS: usize = 5;

/// Below the funnel: which shards are shown, in which order, and all that are ticked at once.
pub(super) fn arrange(anchor: &Response, state: &State, view: &mut View, out: &mut Outbox) {
    widgets::menu(anchor, WIDTH, |ui| {
        widgets::menu_heading(ui, "Show");
        for (only, words) in [
            (Only::All, "All shards"),
            (Only::Ticked, "Ticked"),
            (Only::NeverRun, "Never run"),
            (Only::Kept, "With kept originals"),
            (Only::Troubled, "Interrupted or not there"),
        ] {
            if MenuItem::new(words).chosen(state.arrangement.only == only).show(ui).clicked() {
                out.send(Command::Only(only));
            }
        }
        if MenuItem::new("Filter by name").chosen(view.filter).show(ui).clicked() {
            view.filter = !view.filter;
            view.focus = view.filter;
            if !view.filter {
                out.send(Command::Filter(String::new()));
            }
        }
        widgets::menu_line(ui);
        widgets::menu_heading(ui, "Sort by");
        for (order, words) in [
            (Order::Name, "Name"),
            (Order::State, "What needs a look first"),
            (Order::Images, "Most images first"),
            (Order::Bytes, "Largest first"),
        ] {
            if MenuItem::new(words).chosen(state.arrangement.order == order).show(ui).clicked() {
                out.send(Command::Order(order));
            }
        }
        widgets::menu_line(ui);
        let shown: Vec<PathBuf> = state.shown().map(|shard| shard.path.clone()).collect();
        let all: Vec<PathBuf> = state.shards.iter().map(|shard| shard.path.clone()).collect();
        let filtered = state.arrangement.only != Only::All || !state.arrangement.text.trim().is_empty();
        let (words, which) = if filtered {
            ("Tick all shown", shown)
        } else {
            ("Tick all", all.clone())
        };
        if MenuItem::new(words).icon(Icon::ListChecks).shortcut(ALL).show(ui).clicked() {
            out.send(Command::Tick(which, true));
        }
        if MenuItem::new("Tick none").icon(Icon::ListX).show(ui).clicked() {
            out.send(Command::Tick(all.clone(), false));
        }
        if MenuItem::new("Look at all again").icon(Icon::RefreshCw).show(ui).clicked() {
            out.send(Command::LookAgain(all));
        }
        of_ticked(ui, state, out);
    });
}

/// Keys that tick all, as they are shown.
const ALL: &str = if cfg!(target_os = "macos") { "⌘ A" } else { "Ctrl A" };

fn of_ticked(ui: &mut Ui, state: &State, out: &mut Outbox) {
    let ticked: Vec<&Shard> = state.shards.iter().filter(|shard| shard.ticked).collect();
    if ticked.is_empty() {
        return;
    }
    widgets::menu_line(ui);
    widgets::menu_heading(ui, &format!("{} ticked", format::count(ticked.len() as u64)));
    for kind in TaskKind::ALL {
        let of_it: Vec<&Shard> = ticked.iter().copied().filter(|shard| kind.applies(shard)).collect();
        if of_it.is_empty() {
            continue;
        }
        let busy = of_it
            .iter()
            .all(|shard| state.busy(shard).is_some())
            .then(|| state.busy(of_it[0]))
            .flatten();
        let paths = of_it.iter().map(|shard| shard.path.clone()).collect();
        let bytes = format::bytes(of_it.iter().map(|shard| kind.bytes(shard)).sum()).text();
        if task_item(kind, &bytes).disabled_because(busy).show(ui).clicked() {
            out.send(Command::Ask(kind, paths));
        }
    }
    if MenuItem::new("Remove from the list").icon(Icon::ListMinus).show(ui).clicked() {
        out.send(Command::Remove(ticked.iter().map(|shard| shard.path.clone()).collect()));
    }
}

fn task_item<'a>(kind: TaskKind, bytes: &'a str) -> MenuItem<'a> {
    match kind {
        TaskKind::Undo => MenuItem::new("Undo the last run").icon(Icon::Undo2).note(bytes),
        TaskKind::Purge => MenuItem::new("Purge originals").icon(Icon::Trash2).note(bytes).danger(),
        TaskKind::Recover => MenuItem::new("Recover").icon(Icon::RotateCcw),
    }
}

impl TaskKind {
    /// That come back, or are freed.
    fn bytes(self, shard: &Shard) -> u64 {
        match self {
            Self::Undo => shard.undoable().map_or(0, |run| run.bytes),
            Self::Purge => shard.kept_bytes(),
            Self::Recover => 0,
        }
    }
}

/// Below the folder with the plus.
pub(super) fn add(anchor: &Response, state: &State, view: &mut View, out: &mut Outbox) {
    widgets::menu(anchor, WIDTH, |ui| {
        let keys = crate::gui::shell::in_words(&ADD_FOLDER);
        if MenuItem::new("Add folder")
            .icon(Icon::FolderPlus)
            .shortcut(keys.as_str())
            .show(ui)
            .clicked()
        {
            out.send(Command::ChooseFolders);
        }
        if MenuItem::new("Add library").icon(Icon::Library).show(ui).clicked() {
            out.send(Command::ChooseLibrary);
        }
        let keys = shell::in_words(&shell::TYPE_PATH);
        if MenuItem::new("Type a path")
            .icon(Icon::TextCursorInput)
            .shortcut(keys.as_str())
            .show(ui)
            .clicked()
        {
            view.adding = true;
            view.focus = true;
        }
        let recents: Vec<&Recent> = state
            .recents
            .iter()
            .filter(|recent| !is_listed(state, recent))
            .take(RECENTS)
            .collect();
        if recents.is_empty() {
            return;
        }
        widgets::menu_line(ui);
        widgets::menu_heading(ui, "Recent");
        for recent in recents {
            let name = paths::name(&recent.path);
            let note = if recent.there == Some(false) {
                "Not there"
            } else {
                kind_of_drive(recent.drive)
            };
            if MenuItem::new(&name).icon(Icon::Folder).note(note).show(ui).clicked() {
                out.send(Command::Add(vec![recent.path.clone()]));
            }
        }
    });
}

fn is_listed(state: &State, recent: &Recent) -> bool {
    let listed = |shard: &Shard| shard.path == recent.path || shard.library.as_ref() == Some(&recent.path);
    state.shards.iter().any(listed)
}

/// Of one shard.
pub(super) fn of_shard(response: &Response, open: bool, state: &State, shard: &Shard, out: &mut Outbox) {
    let style = response.ctx.global_style();
    let tokens = theme::tokens_of(&style.visuals);
    let frame = egui::Frame::new()
        .fill(tokens.pop)
        .stroke(egui::Stroke::new(1.0, tokens.line2))
        .corner_radius(theme::RADIUS_CARD)
        .shadow(style.visuals.popup_shadow)
        .inner_margin(egui::Margin::same(4));
    if open {
        Popup::open_id(&response.ctx, Popup::default_response_id(response));
    }
    Popup::context_menu(response).width(WIDTH - 8.0).frame(frame).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(WIDTH - 10.0);
        items_of_shard(ui, state, shard, out);
    });
}

fn items_of_shard(ui: &mut Ui, state: &State, shard: &Shard, out: &mut Outbox) {
    let one = || vec![shard.path.clone()];
    let words = if shard.ticked { "Untick" } else { "Tick" };
    if MenuItem::new(words).icon(Icon::SquareCheck).shortcut("Space").show(ui).clicked() {
        out.send(Command::Tick(one(), !shard.ticked));
    }
    if MenuItem::new("Tick only this").icon(Icon::ListChecks).show(ui).clicked() {
        out.send(Command::TickOnly(shard.path.clone()));
    }
    widgets::menu_line(ui);
    for kind in TaskKind::ALL.into_iter().filter(|kind| kind.applies(shard)) {
        let bytes = format::bytes(kind.bytes(shard)).text();
        if task_item(kind, &bytes).disabled_because(state.busy(shard)).show(ui).clicked() {
            out.send(Command::Ask(kind, one()));
        }
    }
    if MenuItem::new("Open folder").icon(Icon::FolderOpen).show(ui).clicked() {
        out.send(shell::Command::ShowFile(shard.path.clone()));
    }
    if MenuItem::new("Copy path").icon(Icon::Copy).show(ui).clicked() {
        out.send(shell::Command::Copy(shard.path.display().to_string()));
    }
    if MenuItem::new("Look again").icon(Icon::RefreshCw).shortcut("F5").show(ui).clicked() {
        out.send(Command::LookAgain(one()));
    }
    widgets::menu_line(ui);
    let removal = MenuItem::new("Remove from the list").icon(Icon::ListMinus).shortcut("Del");
    let busy =
        (shard.task.is_some() || state.running.contains(&shard.path)).then_some("It is being worked on. Remove it once that has ended.");
    if removal.disabled_because(busy).show(ui).clicked() {
        out.send(Command::Remove(one()));
    }
}
