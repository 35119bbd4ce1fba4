//! The window's title: what is asked, what runs, what is looked at. A taskbar shows it, and scripts wait for it.

use super::Page;
use crate::gui::model::{Model, Views};
use crate::gui::{plan, preview, report, run};

/// The title as things are now.
pub(super) fn of(model: &Model, views: &Views) -> String {
    let what = if let Some(dialog) = &model.shell.dialog {
        dialog.title.clone()
    } else if model.welcome.is_open() {
        "Welcome".to_owned()
    } else if model.about.is_open() {
        "About".to_owned()
    } else if views.shards.is_adding() {
        "Add folders".to_owned()
    } else if let Some(running) = run::title(model) {
        running
    } else {
        match model.shell.page {
            Page::Plan if model.shards.is_empty() => return "Shardpress".to_owned(),
            Page::Plan => plan::status(model).text,
            Page::Preview if preview::is_ready(model) => "Preview".to_owned(),
            Page::Preview if model.plan.selected().is_none() => "No preview".to_owned(),
            Page::Preview => "Making a preview".to_owned(),
            Page::Run => "Run".to_owned(),
            Page::Report => report::title(model).to_owned(),
            Page::Settings => "All settings".to_owned(),
        }
    };
    format!("{what} – Shardpress")
}
