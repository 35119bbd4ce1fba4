//! What can be done from everywhere, each with its words, icon and key: the menu, the search and the tooltips show the same.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Command as ShellCommand, Page, keys};
use crate::gui::command::Command;
use crate::gui::model::Model;
use crate::gui::theme::Icon;
use crate::gui::{about, run, shards, welcome};

/// One thing to do.
pub(super) struct Action {
    pub(super) words: &'static str,
    pub(super) icon: Icon,
    pub(super) keys: Option<String>,
    pub(super) command: Command,
    /// Why not now.
    pub(super) not_now: Option<&'static str>,
}

fn action(words: &'static str, icon: Icon, keys: impl Into<Option<KeyboardShortcut>>, command: impl Into<Command>) -> Action {
    Action {
        words,
        icon,
        keys: keys.into().map(|keys| in_words(&keys)),
        command: command.into(),
        not_now: None,
    }
}

/// What is done with folders and runs.
pub(super) fn work(model: &Model) -> Vec<Action> {
    let running = model.run.is_running();
    let mut work = vec![action(
        "Add folder",
        Icon::FolderPlus,
        keys::ADD_FOLDER,
        shards::Command::ChooseFolders,
    )];
    if running {
        work.push(action("Pause or resume", Icon::Pause, keys::PAUSE, run::Command::TogglePause));
    } else {
        let mut shrink = action("Shrink", Icon::Scaling, keys::SHRINK, run::Command::Ask);
        if model.plan.current().is_none() {
            shrink.not_now = Some("Add a folder and tick it first.");
        }
        work.push(shrink);
    }
    work.push(action(
        "All settings",
        Icon::SlidersHorizontal,
        keys::ALL_SETTINGS,
        ShellCommand::Go(Page::Settings),
    ));
    work
}

/// The pages.
pub(super) fn pages() -> Vec<Action> {
    let digits = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
    let icons = [Icon::ClipboardList, Icon::Image, Icon::Play, Icon::ChartNoAxesColumn];
    Page::TABS
        .into_iter()
        .zip(digits.into_iter().zip(icons))
        .map(|((page, name), (key, icon))| action(name, icon, KeyboardShortcut::new(Modifiers::NONE, key), ShellCommand::Go(page)))
        .collect()
}

/// What changes how the window looks, without the choices that the menu shows as such.
pub(super) fn view(model: &Model) -> Vec<Action> {
    let kept = &model.shell.kept;
    vec![
        action("Left panel", Icon::PanelLeft, keys::PANEL, ShellCommand::TogglePanel),
        action(
            "Larger",
            Icon::ZoomIn,
            keys::LARGER,
            ShellCommand::Zoom(keys::next_zoom(kept.zoom, true)),
        ),
        action(
            "Smaller",
            Icon::ZoomOut,
            keys::SMALLER,
            ShellCommand::Zoom(keys::next_zoom(kept.zoom, false)),
        ),
        action("Usual size", Icon::Search, keys::USUAL_SIZE, ShellCommand::Zoom(1.0)),
    ]
}

/// What the program says of itself.
pub(super) fn help() -> Vec<Action> {
    let about = |words, icon, part| action(words, icon, None::<KeyboardShortcut>, about::Command::Open(part));
    vec![
        action("Welcome", Icon::Sparkles, None::<KeyboardShortcut>, welcome::Command::Open),
        about("About Shardpress", Icon::Info, about::Part::Program),
        about("Licences", Icon::Scale, about::Part::Licences),
        action(
            "Copy diagnostics",
            Icon::Copy,
            None::<KeyboardShortcut>,
            about::Command::CopyDiagnostics,
        ),
    ]
}

/// Ends the program.
pub(super) fn quit() -> Action {
    action("Quit", Icon::LogOut, keys::QUIT, ShellCommand::Quit)
}

/// A key as it is shown: `Ctrl O`, `Ctrl ↵`, `1`.
pub(in crate::gui) fn in_words(keys: &KeyboardShortcut) -> String {
    let control = if cfg!(target_os = "macos") { "⌘" } else { "Ctrl" };
    let key = match keys.logical_key {
        Key::Enter => "↵",
        Key::Comma => ",",
        Key::Plus => "+",
        Key::Minus => "−",
        other => other.symbol_or_name(),
    };
    let shift = if keys.modifiers.shift { "Shift " } else { "" };
    if keys.modifiers.command || keys.modifiers.ctrl {
        format!("{control} {shift}{key}")
    } else {
        format!("{shift}{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_words() {
        let control = if cfg!(target_os = "macos") { "⌘" } else { "Ctrl" };
        assert_eq!(in_words(&keys::SHRINK), format!("{control} ↵"));
        assert_eq!(in_words(&keys::ALL_SETTINGS), format!("{control} ,"));
        assert_eq!(in_words(&keys::PAUSE), "P");
    }
}
