//! What a report says, section by section, in no particular form: the finding first, then savings, time, failures, advice; what
//! was set and where it ran last. A section is a function from the report to a [`Section`], or nothing where there is nothing
//! to tell; to add one, write it in a file of its own and name it in [`page`]. Markdown and HTML both follow.

pub(super) mod card;
mod collisions;
mod failures;
pub(super) mod head;
mod load_speed;
pub(super) mod machine;
mod notices;
mod quality;
mod recommendations;
mod savings;
pub(super) mod settings;
mod shards;
mod sidecars;
mod time;

use crate::engine::Format;

use super::page::{Page, Section};
use super::value::Report;

/// The page of a report, as Markdown and HTML set it.
pub fn page(report: &Report) -> Page {
    type Writer = fn(&Report) -> Option<Section>;
    let sections: [Writer; 16] = [
        savings::section,
        quality::section,
        time::section,
        load_speed::section,
        |report| failures::section(report, failures::SKIPPED),
        |report| failures::section(report, failures::FAILED),
        |report| failures::section(report, failures::REFUSED),
        collisions::section,
        sidecars::section,
        recommendations::section,
        shards::section,
        notices::section,
        card::section,
        card::measured,
        |report| Some(settings::section(report)),
        |report| Some(machine::section(report)),
    ];
    Page {
        title: "Shardpress report".to_owned(),
        subject: head::subject(report),
        finding: report.critical_finding.clone(),
        lead: head::lead(report),
        sections: sections.iter().filter_map(|section| section(report)).collect(),
    }
}

/// A format as people write it.
pub fn format_name(format: Format) -> &'static str {
    format.name()
}

/// The word by which a choice goes in settings and in JSON.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
