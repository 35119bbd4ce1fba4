//! The plan (dry run): what would be done to each image, what it would save, how long it would take. Folders are scanned when
//! they are ticked, planned again at every change of a setting, and a sample tells what comes of it; all on workers, the newest
//! question always wins, and what was known stays on the page until something newer is.

mod columns;
mod facts;
mod forecast;
mod numbers;
mod order;
mod page;
mod preflight;
mod savings;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod toolbar;
mod work;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::model::Model;
use super::office::Office;
use super::shell::{self, Page, Status, Tone};
use crate::engine::{Estimate, Plan, Predictions};
use crate::report::Concerned;

pub(super) use facts::Reason;
pub(super) use order::{Column, Filter, Sort};
pub(super) use page::show;
pub(super) use state::State;
pub(super) use work::News;

/// What is remembered of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    sort: Sort,
    /// Columns that a person took out of the table, and put into it.
    hidden: BTreeSet<Column>,
    shown: BTreeSet<Column>,
    /// The small plot shows dimensions instead of savings.
    dimensions: bool,
}

/// What only drawing needs.
#[derive(Debug, Default)]
pub(super) struct View {
    text: String,
    /// The filter that `text` was made from.
    text_of: String,
    /// In a low window: which of the three cards is shown.
    card: page::Card,
    /// Row of the table to bring into sight.
    scroll_to: Option<usize>,
}

/// A plan, and what was predicted of it so far.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) plan: Arc<Plan>,
    /// The folders as they were ticked.
    pub(super) roots: Vec<PathBuf>,
    pub(super) estimate: Option<Arc<Estimate>>,
    /// Bytes of each image afterwards; together with the estimate.
    pub(super) predictions: Option<Arc<Predictions>>,
    /// Goes up with every new plan; not with a better estimate.
    pub(super) revision: u64,
}

/// An image of the current plan, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ImageAt {
    pub(super) shard: usize,
    pub(super) image: usize,
}

/// What a person asks of the plan.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Select(Option<ImageAt>),
    /// The row of the table at this place.
    SelectPlace(usize),
    /// By this column; the other way round where it is sorted by it already.
    Sort(Column),
    Filter(Filter),
    /// The table shows the files of a line of the pre-flight list alone.
    ShowFinding(usize),
    /// A column comes, or goes.
    ToggleColumn(Column),
    /// The small plot shows dimensions, or savings.
    ShowDimensions(bool),
    /// The selected image, before and after.
    OpenPreview,
    /// What lies in the folders may have changed.
    ScanAgain,
}

pub(super) fn act(model: &mut Model, command: Command, office: &Office) {
    let plan = &mut model.plan;
    match command {
        Command::Select(image) => plan.select(image),
        Command::SelectPlace(place) => plan.select_place(place),
        Command::Sort(column) => {
            let down = if plan.kept.sort.column == column {
                !plan.kept.sort.down
            } else {
                columns::begins_down(column)
            };
            plan.kept.sort = Sort { column, down };
        }
        Command::Filter(filter) => plan.filter = filter,
        Command::ShowFinding(number) => show_finding(model, number, office),
        Command::ToggleColumn(column) => {
            let now = columns::is_shown(column, &plan.kept, plan.shards());
            plan.kept.hidden.remove(&column);
            plan.kept.shown.remove(&column);
            let others = if now { &mut plan.kept.hidden } else { &mut plan.kept.shown };
            others.insert(column);
        }
        Command::ShowDimensions(dimensions) => plan.kept.dimensions = dimensions,
        Command::OpenPreview => {
            if plan.selected().is_some() {
                shell::act(model, shell::Command::Go(Page::Preview), office);
            }
        }
        Command::ScanAgain => plan.forget_scans(),
    }
}

/// Files of images become the filter of the table; other files and folders are shown by the system.
fn show_finding(model: &mut Model, number: usize, office: &Office) {
    let plan = &mut model.plan;
    let (Some(finding), Some(planned), Some(facts)) = (plan.findings.get(number), &plan.current, &plan.facts) else {
        return;
    };
    let rows: HashSet<u32> = finding
        .files
        .iter()
        .filter_map(|file| match file {
            Concerned::Image(shard, image) => Some(facts.row_of(ImageAt {
                shard: *shard,
                image: *image,
            })),
            Concerned::File(..) | Concerned::Folder(_) => None,
        })
        .collect();
    if !rows.is_empty() {
        plan.filter = Filter {
            only: Some((finding.headline.clone(), Arc::new(rows))),
            ..Filter::default()
        };
        return;
    }
    let path = finding.files.first().and_then(|file| match file {
        Concerned::Folder(path) => Some(path.clone()),
        Concerned::File(shard, name) => Some(planned.plan.shards.get(*shard)?.inventory.path.join(name)),
        Concerned::Image(..) => None,
    });
    if let Some(path) = path {
        shell::act(model, shell::Command::ShowFile(path), office);
    }
}

pub(super) fn hear(model: &mut Model, news: News, _: &Office) {
    model.plan.hear(news);
}

/// Starts what became due.
pub(super) fn settle(model: &mut Model, office: &Office) {
    work::settle(model, office);
}

/// What the status bar says.
pub(super) fn status(model: &Model) -> Status {
    let plan = &model.plan;
    let quiet = |text: &str, detail: String| Status {
        tone: None,
        text: text.to_owned(),
        detail,
    };
    if let Some(error) = &plan.error {
        return Status {
            tone: Some(Tone::Danger),
            text: "No plan".to_owned(),
            detail: error.clone(),
        };
    }
    if let Some((news, waiting)) = plan.scanning_now() {
        let name = news.path.file_name().unwrap_or(news.path.as_os_str()).to_string_lossy();
        let more = match waiting {
            0 => String::new(),
            more => format!(", {} to come", super::format::things(more as u64, "folder", "folders")),
        };
        let read = super::format::count(news.read);
        let found = super::format::count(news.found);
        return quiet("Reading headers", format!("{name}: {read} of {found}{more}"));
    }
    if model.shards.is_empty() || plan.ticked.is_empty() {
        return quiet("Waiting for a folder", String::new());
    }
    if plan.current.is_none() || plan.is_planning() {
        return quiet("Planning", String::new());
    }
    if let (true, Some(planned)) = (plan.is_sampling(), &plan.current) {
        let (sampled, images) = planned
            .estimate
            .as_ref()
            .map_or((0, plan.work_images()), |e| (e.sampled, e.images as u64));
        let detail = format!(
            "{} of {} worked on in memory, nothing written",
            super::format::count(sampled as u64),
            super::format::things(images, "image", "images")
        );
        return quiet("Sampling", detail);
    }
    let took = super::format::time(plan.scan_took());
    Status {
        tone: Some(Tone::Success),
        text: "Plan ready".to_owned(),
        detail: format!(
            "{} read in {}, nothing written",
            super::format::things(plan.headers(), "header", "headers"),
            took.text()
        ),
    }
}
