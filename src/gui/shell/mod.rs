//! What frames the pages: bars, the left panel, toasts, dialogs, keys, and how the whole looks.

mod actions;
mod bars;
mod dialog;
mod keys;
mod menu;
mod panel;
#[cfg(test)]
mod pictures;
mod search;
mod show_file;
mod system_theme;
#[cfg(test)]
mod tests;
mod title;
mod toast;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(super) use self::actions::in_words;
pub(super) use self::bars::{Status, show_status};
pub(super) use self::dialog::Dialog;
pub(super) use self::keys::{ADD_FOLDER, EXPORT, SHRINK, TYPE_PATH, keys};
pub(super) use self::toast::{Toast, Tone};
use super::command::Outbox;
use super::model::{Model, Views};
use super::office::Office;
use super::theme::{self, Looks};
use super::{about, plan, preview, report, run, settings, shards, welcome};
use crate::engine::{Settings, workers};

/// What fills the middle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Page {
    #[default]
    Plan,
    Preview,
    Run,
    Report,
    /// All settings; takes the place of a page.
    Settings,
}

impl Page {
    /// Those with a tab, in order of their keys 1 to 4.
    pub(super) const TABS: [(Page, &str); 4] = [
        (Page::Plan, "Plan"),
        (Page::Preview, "Preview"),
        (Page::Run, "Run"),
        (Page::Report, "Report"),
    ];
}

/// Dark or light.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    Dark,
    Light,
}

/// What the left panel shows where it opens over the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PanelPart {
    #[default]
    Shards,
    Settings,
    Presets,
}

/// Facts of the frame.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) page: Page,
    /// Where closing the settings leads.
    back: Page,
    /// The system's own choice, where it tells.
    pub(super) system_dark: Option<bool>,
    /// The system asks for more contrast, or for less motion.
    system_contrast: bool,
    system_still: bool,
    pub(super) kept: Kept,
    pub(super) toasts: Vec<Toast>,
    next_toast: u64,
    /// The question that is asked now; everything else waits.
    pub(super) dialog: Option<Dialog>,
    /// A close that nobody stops any more.
    pub(super) closing: bool,
    /// Somebody chose to quit.
    quitting: bool,
    /// Somebody chose to search.
    searching: bool,
    /// Cores of this machine, once known.
    pub(super) cores: Option<usize>,
    /// As it was installed.
    looks: Option<Looks>,
    /// For the clipboard.
    copied: Option<String>,
    /// The window's title as it was set last.
    title: String,
    /// The window is to step aside.
    minimise: bool,
    /// In a narrow window: what lies over the page.
    pub(super) over: Option<PanelPart>,
}

/// What is remembered of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) page: Page,
    pub(super) theme: ThemeChoice,
    /// 0.75 to 2.
    pub(super) zoom: f32,
    pub(super) more_contrast: bool,
    pub(super) reduced_motion: bool,
    /// The left panel is there (in a wide window).
    pub(super) panel: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            page: Page::Plan,
            theme: ThemeChoice::System,
            zoom: 1.0,
            more_contrast: false,
            reduced_motion: false,
            panel: true,
        }
    }
}

/// What only drawing needs of the frame.
#[derive(Debug, Default)]
pub(super) struct View {
    /// What is searched for, while the search is open.
    pub(super) search: Option<String>,
    /// Which of what was found the keyboard is at.
    search_at: usize,
    /// Toasts by number, and when each came.
    toasts: Vec<(u64, f64)>,
    /// The question that has been given the focus.
    asked: String,
}

/// What a person asks of the frame.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Go(Page),
    /// From all settings to the page before.
    Back,
    Theme(ThemeChoice),
    Zoom(f32),
    MoreContrast(bool),
    ReducedMotion(bool),
    TogglePanel,
    Search,
    Over(Option<PanelPart>),
    DropToast(u64),
    Ask(Box<Dialog>),
    /// The dialog goes; nothing happens.
    Dismiss,
    /// The dialog goes, and this happens. (Acted on by the app, which knows all parts.)
    Confirm(Box<super::command::Command>),
    /// Shows a file, or a folder, in the system's file manager.
    ShowFile(PathBuf),
    Copy(String),
    /// Closes the window, and asks where a run is under way.
    Quit,
    /// The window steps aside; what goes on goes on.
    Minimise,
}

/// What the frame's workers tell.
#[derive(Debug)]
pub(super) enum News {
    WorkerPanicked {
        what: String,
    },
    NoThread {
        what: String,
        error: String,
    },
    NotKept {
        path: PathBuf,
        error: String,
    },
    /// The three of the system's looks are asked for on Linux alone; elsewhere the window library tells.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "heard everywhere, told on Linux"))]
    SystemTheme {
        dark: bool,
    },
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "heard everywhere, told on Linux"))]
    SystemContrast(bool),
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "heard everywhere, told on Linux"))]
    SystemStill(bool),
    Cores(usize),
    CannotShow {
        path: PathBuf,
        error: String,
    },
}

impl State {
    pub(super) fn from_kept(kept: Kept) -> Self {
        // A page that needs a run or a choice is no place to start from.
        let page = if kept.page == Page::Settings { Page::Plan } else { kept.page };
        Self {
            page,
            back: page,
            kept: Kept {
                page,
                zoom: kept.zoom.clamp(0.75, 2.0),
                ..kept
            },
            ..Self::default()
        }
    }

    pub(super) fn keep(&self) -> Kept {
        Kept {
            page: if self.page == Page::Settings { self.back } else { self.page },
            ..self.kept.clone()
        }
    }

    /// Shows a remark at the lower right.
    pub(super) fn toast(&mut self, mut toast: Toast) {
        toast.id = self.next_toast;
        self.next_toast += 1;
        self.toasts.push(toast);
        // More than a few are not read.
        if self.toasts.len() > 4 {
            self.toasts.remove(0);
        }
    }

    /// Asks a question; one that is open gives way.
    pub(super) fn ask(&mut self, dialog: Dialog) {
        self.dialog = Some(dialog);
    }

    fn go(&mut self, page: Page) {
        if page == Page::Settings && self.page != Page::Settings {
            self.back = self.page;
        }
        self.page = page;
        self.over = None;
    }
}

/// What is due at the start.
pub(super) fn start(_: &mut Model, office: &Office) {
    system_theme::watch(office);
    // Read from files of the system, so not by a frame.
    office.spawn("cores", |courier| courier.tell(News::Cores(workers(&Settings::default()))));
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let shell = &mut model.shell;
    match command {
        Command::Go(page) => shell.go(page),
        Command::Back => shell.go(shell.back),
        Command::Theme(theme) => shell.kept.theme = theme,
        Command::Zoom(zoom) => shell.kept.zoom = zoom.clamp(0.75, 2.0),
        Command::MoreContrast(more) => shell.kept.more_contrast = more,
        Command::ReducedMotion(reduced) => shell.kept.reduced_motion = reduced,
        Command::TogglePanel => shell.kept.panel = !shell.kept.panel,
        Command::Over(part) => shell.over = part,
        Command::DropToast(id) => shell.toasts.retain(|toast| toast.id != id),
        Command::Ask(dialog) => shell.ask(*dialog),
        Command::Dismiss | Command::Confirm(_) => shell.dialog = None,
        Command::ShowFile(path) => office.spawn("show file", move |courier| {
            if let Err(error) = show_file::show(&path) {
                courier.tell(News::CannotShow { path, error });
            }
        }),
        Command::Copy(text) => shell.copied = Some(text),
        Command::Quit => shell.quitting = true,
        Command::Search => shell.searching = true,
        Command::Minimise => shell.minimise = true,
    }
}

pub(super) fn hear(model: &mut Model, news: News, _: &Office) {
    let toast = match news {
        News::SystemTheme { dark } => {
            model.shell.system_dark = Some(dark);
            return;
        }
        News::SystemContrast(more) => {
            model.shell.system_contrast = more;
            return;
        }
        News::SystemStill(still) => {
            model.shell.system_still = still;
            return;
        }
        News::Cores(cores) => {
            model.shell.cores = Some(cores);
            return;
        }
        News::WorkerPanicked { what } => Toast::new(Tone::Danger, "A part of the program failed").detail(format!(
            "It was busy with: {what}. Your files are as they were; the rest goes on. Please report this."
        )),
        News::NoThread { what, error } => Toast::new(Tone::Danger, "The system starts no more threads").detail(format!(
            "Not begun: {what} ({error}). Nothing was touched. Close other programs, then try again."
        )),
        News::NotKept { path, error } => Toast::new(Tone::Warning, "The window's settings were not saved")
            .detail(format!("{}: {error}. Those saved before are still there.", path.display())),
        News::CannotShow { path, error } => {
            Toast::new(Tone::Warning, "The folder cannot be shown").detail(format!("{}: {error}.", path.display()))
        }
    };
    model.shell.toast(toast);
}

/// Hands to the window what only it can do: looks, clipboard, closing.
pub(super) fn apply(window: &egui::Context, model: &mut Model, views: &mut Views) {
    let shell = &mut model.shell;
    if std::mem::take(&mut shell.searching) {
        views.shell.search.get_or_insert_default();
    }
    if std::mem::take(&mut shell.quitting) {
        window.send_viewport_cmd(egui::ViewportCommand::Close);
    }
    let dark = match shell.kept.theme {
        ThemeChoice::Dark => true,
        ThemeChoice::Light => false,
        ThemeChoice::System => shell
            .system_dark
            .or_else(|| window.system_theme().map(|theme| theme == egui::Theme::Dark))
            .unwrap_or(true),
    };
    let wanted = if dark {
        egui::ThemePreference::Dark
    } else {
        egui::ThemePreference::Light
    };
    if window.options(|options| options.theme_preference) != wanted {
        window.set_theme(wanted);
    }
    let looks = Looks {
        more_contrast: shell.kept.more_contrast || shell.system_contrast,
        reduced_motion: shell.kept.reduced_motion || shell.system_still,
    };
    if shell.looks != Some(looks) {
        theme::install(window, looks);
        // The zoom is ours to remember, so its keys are ours, too.
        window.options_mut(|options| options.zoom_with_keyboard = false);
        shell.looks = Some(looks);
    }
    if (window.zoom_factor() - shell.kept.zoom).abs() > 0.001 {
        window.set_zoom_factor(shell.kept.zoom);
    }
    if let Some(text) = shell.copied.take() {
        window.copy_text(text);
    }
    if std::mem::take(&mut shell.minimise) {
        window.send_viewport_cmd(egui::ViewportCommand::Minimized(true));
    }
    let title = title::of(model, views);
    if title != model.shell.title {
        window.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
        model.shell.title = title;
    }
    run::is_watched(model, window.input(|input| input.focused));
    let asked = window.input(|input| input.viewport().close_requested());
    if asked && !model.shell.closing && model.run.is_running() {
        window.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        run::ask_before_closing(model);
    } else if asked && !model.shell.closing && model.shards.is_at_work() {
        window.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        shards::ask_before_closing(model);
    } else if model.shell.closing && !asked {
        window.send_viewport_cmd(egui::ViewportCommand::Close);
    }
}

/// Draws everything.
pub(super) fn show(ui: &mut egui::Ui, model: &Model, views: &mut Views, out: &mut Outbox) {
    bars::status(ui, model, views, out);
    panel::left(ui, model, views, out);
    bars::top(ui, model, views, out);
    egui::CentralPanel::default()
        .frame(egui::Frame::new().fill(theme::tokens(ui).s0))
        .show(ui, |ui| match model.shell.page {
            Page::Plan if model.shards.is_empty() => shards::show_empty(ui, model, &mut views.shards, out),
            Page::Plan => plan::show(ui, model, &mut views.plan, out),
            Page::Preview if model.shards.is_empty() => shards::show_empty(ui, model, &mut views.shards, out),
            Page::Preview => preview::show(ui, model, &mut views.preview, out),
            Page::Run => run::show(ui, model, &mut views.run, out),
            Page::Report => report::show(ui, model, &mut views.report, out),
            Page::Settings => settings::show(ui, model, &mut views.settings, out),
        });
    panel::over(ui, model, views, out);
    shards::show_over(ui, model, &mut views.shards, out);
    settings::show_over(ui, model, &mut views.settings, out);
    report::show_over(ui, model, &mut views.report, out);
    welcome::show(ui, model, &mut views.welcome, out);
    about::show(ui, model, &mut views.about, out);
    search::show(ui, model, views, out);
    dialog::show(ui, model, &mut views.shell, out);
    toast::show(ui, model, &mut views.shell, out);
}
