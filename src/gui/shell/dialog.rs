//! A question with its consequences in figures.

use egui::{Id, Ui};

use super::{Command as ShellCommand, View};
use crate::gui::command::{Command, Outbox};
use crate::gui::model::Model;
use crate::gui::widgets::{self, Button};

/// A question. Cancel is always there and never first in doubt: an answer that cannot be taken back does not have the focus.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Dialog {
    /// The question.
    pub(in crate::gui) title: String,
    /// The consequence.
    pub(in crate::gui) text: String,
    pub(in crate::gui) figures: Vec<Figure>,
    /// A strip of warning, and what shows more of it.
    pub(in crate::gui) warning: Option<(String, Option<(String, Command)>)>,
    /// From the weakest to the one that was asked for.
    pub(in crate::gui) answers: Vec<Answer>,
}

/// A row of figures.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Figure {
    pub(in crate::gui) label: String,
    /// With its unit.
    pub(in crate::gui) value: String,
    pub(in crate::gui) note: String,
}

/// Something that can be answered.
#[derive(Debug, Clone)]
pub(in crate::gui) struct Answer {
    /// What will happen, with the count.
    pub(in crate::gui) label: String,
    /// It cannot be taken back: red, and Cancel has the focus.
    pub(in crate::gui) is_final: bool,
    pub(in crate::gui) icon: Option<lucide_icons::Icon>,
    pub(in crate::gui) command: Command,
}

impl Dialog {
    pub(in crate::gui) fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
            figures: Vec::new(),
            warning: None,
            answers: Vec::new(),
        }
    }

    pub(in crate::gui) fn figure(mut self, label: impl Into<String>, value: impl Into<String>, note: impl Into<String>) -> Self {
        self.figures.push(Figure {
            label: label.into(),
            value: value.into(),
            note: note.into(),
        });
        self
    }

    pub(in crate::gui) fn warn(mut self, text: impl Into<String>, more: Option<(String, Command)>) -> Self {
        self.warning = Some((text.into(), more));
        self
    }

    pub(in crate::gui) fn answer(self, label: impl Into<String>, icon: Option<lucide_icons::Icon>, command: impl Into<Command>) -> Self {
        self.with(label.into(), false, icon, command.into())
    }

    /// An answer that cannot be taken back.
    pub(in crate::gui) fn final_answer(
        self,
        label: impl Into<String>,
        icon: Option<lucide_icons::Icon>,
        command: impl Into<Command>,
    ) -> Self {
        self.with(label.into(), true, icon, command.into())
    }

    fn with(mut self, label: String, is_final: bool, icon: Option<lucide_icons::Icon>, command: Command) -> Self {
        self.answers.push(Answer {
            label,
            is_final,
            icon,
            command,
        });
        self
    }
}

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let Some(dialog) = &model.shell.dialog else {
        view.asked.clear();
        return;
    };
    // The focus is given once, when the question comes up.
    let is_new = view.asked != dialog.title;
    view.asked.clone_from(&dialog.title);
    let cancel_first = dialog.answers.last().is_none_or(|answer| answer.is_final);
    let ((), left) = widgets::dialog(ui.ctx(), Id::unique("dialog"), &dialog.title, |ui| {
        widgets::dialog_head(ui, &dialog.title, &dialog.text);
        let rows: Vec<(String, String, String)> = dialog
            .figures
            .iter()
            .map(|figure| (figure.label.clone(), figure.value.clone(), figure.note.clone()))
            .collect();
        widgets::dialog_rows(ui, &rows);
        if let Some((warning, more)) = &dialog.warning {
            let link = more.as_ref().map(|(label, _)| label.as_str());
            if widgets::warning_strip(ui, false, warning, link)
                && let Some((_, command)) = more
            {
                out.send(ShellCommand::Confirm(Box::new(command.clone())));
            }
        }
        widgets::dialog_buttons(ui, |ui| {
            // Drawn from the right, so the strongest comes first; the keyboard goes the same way.
            for (index, answer) in dialog.answers.iter().enumerate().rev() {
                let is_last = index + 1 == dialog.answers.len();
                let mut button = match (answer.is_final, is_last) {
                    (true, _) => Button::danger(&answer.label),
                    (false, true) => Button::primary(&answer.label),
                    (false, false) => Button::secondary(&answer.label),
                };
                if let Some(icon) = answer.icon {
                    button = button.icon(icon);
                }
                if is_last && !cancel_first {
                    button = button.shortcut("↵");
                }
                let response = button.tall().show(ui);
                if is_new && is_last && !cancel_first {
                    response.request_focus();
                }
                if response.clicked() {
                    out.send(ShellCommand::Confirm(Box::new(answer.command.clone())));
                }
            }
            let cancel = Button::secondary("Cancel").shortcut("Esc").tall().show(ui);
            if is_new && cancel_first {
                cancel.request_focus();
            }
            if cancel.clicked() {
                out.send(ShellCommand::Dismiss);
            }
        });
    });
    if left {
        out.send(ShellCommand::Dismiss);
    }
}
