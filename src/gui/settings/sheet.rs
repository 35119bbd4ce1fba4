//! Small questions about presets: a name, or the place of a file. What went wrong is told beside the field, and the sheet stays
//! until it went well.

use std::path::PathBuf;

use egui::{Id, Key, Ui};

use super::{Command, State, View};
use crate::config::PresetError;
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, TextField};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    SaveAs,
    Rename { from: String },
    Import,
    Export,
}

/// A question, and what was answered so far.
#[derive(Debug)]
pub(super) struct Sheet {
    kind: Kind,
    text: String,
    /// The number of the answer that is waited for.
    waits_for: Option<u64>,
    /// Files that were chosen before it was opened are not meant.
    chosen: Option<u64>,
    fresh: bool,
}

impl Sheet {
    fn new(kind: Kind, text: String) -> Self {
        Self {
            kind,
            text,
            waits_for: None,
            chosen: None,
            fresh: true,
        }
    }

    pub(super) fn save_as(state: &State) -> Self {
        let own = state.own().iter().any(|listed| listed.name == state.preset());
        Self::new(Kind::SaveAs, if own { state.preset().to_owned() } else { String::new() })
    }

    pub(super) fn rename(from: &str) -> Self {
        Self::new(Kind::Rename { from: from.to_owned() }, from.to_owned())
    }

    pub(super) fn import() -> Self {
        Self::new(Kind::Import, String::new())
    }

    pub(super) fn export(state: &State) -> Self {
        Self::new(Kind::Export, format!("{}.toml", state.preset()))
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Kind::SaveAs => "Save as preset",
            Kind::Rename { .. } => "Rename preset",
            Kind::Import => "Import a preset",
            Kind::Export => "Export the settings as a preset",
        }
    }

    fn words(&self) -> &'static str {
        match self.kind {
            Kind::SaveAs => "All settings as they are now, under a name of yours.",
            Kind::Rename { .. } => "Its settings stay as they are.",
            Kind::Import => "A TOML file, as exported here or printed by the command line.",
            Kind::Export => "All settings as they are now, in a TOML file that the command line reads, too.",
        }
    }

    fn field(&self) -> &'static str {
        match self.kind {
            Kind::SaveAs | Kind::Rename { .. } => "Name",
            Kind::Import | Kind::Export => "Path of the file",
        }
    }

    fn is_about_a_file(&self) -> bool {
        matches!(self.kind, Kind::Import | Kind::Export)
    }

    fn command(&self, replace: bool) -> Command {
        let path = || PathBuf::from(self.text.trim());
        match &self.kind {
            Kind::SaveAs => Command::SaveAs {
                name: self.text.clone(),
                replace,
            },
            Kind::Rename { from } => Command::Rename {
                from: from.clone(),
                to: self.text.clone(),
            },
            Kind::Import => Command::Import { from: path(), replace },
            Kind::Export => Command::Export { to: path(), replace },
        }
    }
}

/// Draws the sheet that is open.
pub(in crate::gui) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let state = &model.settings;
    let Some(sheet) = &mut view.sheet else { return };
    let mut error = None;
    if sheet.waits_for.is_some_and(|number| state.answers >= number) {
        match &state.answer {
            Ok(()) => {
                view.sheet = None;
                return;
            }
            Err(problem) => error = Some(problem),
        }
    }
    let begun = *sheet.chosen.get_or_insert(state.chosen.0);
    if state.chosen.0 > begun
        && let Some(path) = &state.chosen.1
    {
        sheet.text = path.to_string_lossy().into_owned();
        sheet.chosen = Some(state.chosen.0);
        sheet.waits_for = None;
    }
    let mut close = false;
    let mut send = None;
    let ((), left) = widgets::dialog(ui.ctx(), Id::unique("preset sheet"), sheet.title(), |ui| {
        widgets::dialog_head(ui, sheet.title(), sheet.words());
        ui.add_space(theme::SPACE_12);
        egui::Frame::new().inner_margin(egui::Margin::symmetric(24, 0)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            send = fields(ui, sheet, error, out);
        });
        let taken = matches!(error, Some(PresetError::Taken(_))) && !matches!(sheet.kind, Kind::Rename { .. });
        widgets::dialog_buttons(ui, |ui| {
            let empty = sheet.text.trim().is_empty().then_some(if sheet.is_about_a_file() {
                "Type the path of a file first."
            } else {
                "Type a name first."
            });
            let label = match (&sheet.kind, taken) {
                (_, true) => "Replace it",
                (Kind::SaveAs, _) => "Save preset",
                (Kind::Rename { .. }, _) => "Rename",
                (Kind::Import, _) => "Import",
                (Kind::Export, _) => "Export",
            };
            let button = if taken { Button::danger(label) } else { Button::primary(label) };
            if button.tall().disabled_because(empty).show(ui).clicked() {
                send = Some(taken);
            }
            if Button::secondary("Cancel").shortcut("Esc").tall().show(ui).clicked() {
                close = true;
            }
        });
    });
    if let Some(replace) = send
        && !sheet.text.trim().is_empty()
    {
        sheet.waits_for = Some(state.answers + 1);
        out.send(sheet.command(replace));
    }
    if close || left {
        view.sheet = None;
    }
}

/// The field, and what is wrong with what stands in it. Some: Enter was pressed.
fn fields(ui: &mut Ui, sheet: &mut Sheet, error: Option<&PresetError>, out: &mut Outbox) -> Option<bool> {
    let tokens = theme::tokens(ui);
    let id = Id::unique("preset sheet field");
    let about_a_file = sheet.is_about_a_file();
    let mut entered = None;
    ui.horizontal(|ui| {
        let room = ui.available_width() - if about_a_file { 100.0 } else { 0.0 };
        let hint = match sheet.kind {
            Kind::Import => "/path/to/preset.toml",
            _ => "",
        };
        let name = sheet.field();
        let field = TextField::new(name, &mut sheet.text).id(id).hint(hint).width(room);
        let response = field.invalid(error.is_some()).show(ui);
        if sheet.fresh {
            sheet.fresh = false;
            response.request_focus();
        }
        if response.changed() {
            sheet.waits_for = None;
        }
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            entered = Some(false);
        }
        if about_a_file && Button::secondary("Browse").icon(Icon::FolderOpen).show(ui).clicked() {
            out.send(Command::Browse {
                to_save: sheet.kind == Kind::Export,
            });
        }
    });
    match error {
        Some(error) => {
            widgets::error_line(ui, &error.to_string());
        }
        None if about_a_file => {
            let words = if sheet.kind == Kind::Export {
                "A file that is there already is not replaced without asking."
            } else {
                "It goes into the list under the name of its file."
            };
            widgets::label(ui, words, Text::Small, tokens.text3);
        }
        None => {}
    }
    entered
}
