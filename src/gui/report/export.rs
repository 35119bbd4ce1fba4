//! Where to export to: a path that is typed, or the system's dialog where there is one.

use std::path::PathBuf;

use egui::{Id, Key, Modifiers, Ui};

use super::View;
use super::act::Command;
use super::state::What;
use crate::gui::command::Outbox;
use crate::gui::model::Model;
use crate::gui::theme::{self, Icon, Text};
use crate::gui::widgets::{self, Button, TextField};
use crate::report::ReportFormat;

/// What is written, as a title.
fn title(what: What, model: &Model) -> String {
    let form = |format: ReportFormat| match format {
        ReportFormat::Json => "JSON",
        ReportFormat::Markdown => "Markdown",
        ReportFormat::Html => "HTML",
        ReportFormat::Csv => "CSV",
    };
    match what {
        What::Report(format) => format!("Export the report as {}", form(format)),
        What::Comparison(format) => format!("Export the comparison as {}", form(format)),
        What::Benchmark(format) => format!("Export the benchmark as {}", form(format)),
        What::Plot(at) => {
            let plot = model.report.opened.as_ref().and_then(|open| open.sheet.plots.get(at));
            format!("Export the plot \"{}\" as PNG", plot.map_or("", |plot| plot.title.as_str()))
        }
    }
}

/// What the file holds, in a sentence.
fn sentence(what: What) -> &'static str {
    match what {
        What::Report(ReportFormat::Markdown) | What::Comparison(ReportFormat::Markdown) => {
            "A page of text and tables, to read or to paste into an issue."
        }
        What::Report(ReportFormat::Html) | What::Comparison(ReportFormat::Html) => {
            "One page with its plots drawn in, without scripts and without anything from the network."
        }
        What::Report(ReportFormat::Json) => "Every figure, with a version: it can be opened and compared again.",
        What::Report(ReportFormat::Csv) => "A line an image, for a spreadsheet.",
        What::Plot(_) => "Drawn in the light colours, three pixels to a point.",
        What::Benchmark(_) => "What was measured, against the settings in force.",
        What::Comparison(_) => "Both reports and where they differ.",
    }
}

pub(super) fn show(ui: &mut Ui, model: &Model, view: &mut View, out: &mut Outbox) {
    let Some(exporting) = &model.report.exporting else { return };
    // The question whether to replace a file lies above; it is answered first.
    if model.shell.dialog.is_some() {
        return;
    }
    let fresh = view.path.0 != exporting.id;
    if fresh {
        view.path = (exporting.id, exporting.path.display().to_string());
    }
    let title = title(exporting.what, model);
    let field = Id::unique("export path");
    let typed = &mut view.path.1;
    let ((), close) = widgets::dialog(ui.ctx(), Id::unique("export"), &title, |ui| {
        let tokens = theme::tokens(ui);
        widgets::dialog_head(ui, &title, sentence(exporting.what));
        let save = egui::Frame::new()
            .inner_margin(egui::Margin::symmetric(24, 0))
            .show(ui, |ui| {
                let mut save = false;
                ui.add_space(theme::SPACE_8);
                ui.horizontal(|ui| {
                    let choose = 96.0;
                    let response = TextField::new("Path of the file", typed)
                        .id(field)
                        .width(ui.available_width() - choose - theme::SPACE_8)
                        .invalid(exporting.problem.is_some())
                        .show(ui);
                    if fresh {
                        response.request_focus();
                    }
                    save = response.lost_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
                    let reason = exporting
                        .no_dialog
                        .then_some("This system offers no dialog. Type the path instead.");
                    if Button::secondary("Choose")
                        .icon(Icon::FolderOpen)
                        .name("Choose a place with the system's dialog")
                        .disabled_because(reason)
                        .enabled(!exporting.busy)
                        .show(ui)
                        .clicked()
                    {
                        out.send(Command::ChoosePlace(typed.clone()));
                    }
                });
                if let Some(problem) = &exporting.problem {
                    ui.add_space(6.0);
                    widgets::error_line(ui, problem);
                }
                if exporting.no_dialog {
                    ui.add_space(6.0);
                    let words = "This system offers no dialog for files. Type the path above; it works just as well.";
                    widgets::paragraph(ui, words, Text::Small, tokens.text2);
                }
                save
            })
            .inner;
        let mut save = save;
        widgets::dialog_buttons(ui, |ui| {
            let words = if exporting.busy { "Writing" } else { "Export file" };
            save |= Button::primary(words)
                .icon(Icon::Download)
                .tall()
                .enabled(!exporting.busy)
                .show(ui)
                .clicked();
            if Button::secondary("Cancel").shortcut("Esc").tall().show(ui).clicked() {
                out.send(Command::CloseExport);
            }
        });
        if save {
            out.send(Command::Save(PathBuf::from(typed.trim()), false));
        }
    });
    if close {
        out.send(Command::CloseExport);
    }
}
