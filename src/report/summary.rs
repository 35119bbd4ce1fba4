//! The closing words of a plan or a run in a terminal: plain text, the worst first, no colours, every name on one line.

use crate::engine::{Kind, Originals};

use super::card::CardReport;
use super::choice;
use super::forecast;
use super::format::{self, count};
use super::name::one_line;
use super::table::{self, row};
use super::tree;
use super::value::{Failure, FailureKind, Recommendation, Report};

/// Failures and notices that are listed in full; the rest is counted.
const MOST_LISTED: usize = 20;

/// What a plan found: a line a shard, what it would save, and what to know before the run. That nothing was changed is left
/// to the caller, who may be about to ask.
pub fn plan_text(report: &Report) -> String {
    let mut text = Text::default();
    let totals = &report.totals;
    if report.shards.is_empty() {
        text.line("There are no folders with images here.");
    } else {
        let failed = totals.images.failed > 0;
        let mut head = row(["Shard", "Images", "With work", "Left alone", "Refused"]);
        let cells = |name: String, counts: &super::Counts| {
            let mut cells = vec![name];
            let numbers = [counts.total, counts.shrunk, counts.left_alone, counts.refused];
            cells.extend(numbers.into_iter().map(count));
            if failed {
                cells.push(count(counts.failed));
            }
            cells
        };
        if failed {
            head.push("Failed".to_owned());
        }
        let mut rows = vec![head];
        rows.extend(report.shards.iter().map(|shard| cells(shard.path.one_line(), &shard.counts)));
        if report.shards.len() > 1 {
            rows.push(cells(
                format!("Total ({})", format::things(totals.shards, "shard", "shards")),
                &totals.images,
            ));
        }
        text.lines(table::lines(&rows));
    }
    if !report.notices.is_empty() {
        text.gap();
        text.line("Before the run:");
        listed(&mut text, &report.notices, |notice| {
            format!("{}: {}", notice.path, one_line(&notice.message))
        });
    }
    if !report.collisions.is_empty() {
        text.gap();
        text.line("Names that more than one file wants:");
        listed(&mut text, &report.collisions, |collision| {
            format!("{}: {}", collision.shard, collision.sentence())
        });
    }
    failures(&mut text, report);
    text.gap();
    text.lines(choice::lines(report));
    text.line(&report.critical_finding);
    if let Some(estimate) = &report.estimate
        && report.kind == Kind::Estimate
        && totals.images.shrunk > 0
    {
        forecast::before(estimate).iter().for_each(|line| text.line(line));
    }
    if let Some(quality) = &report.quality {
        text.line(&quality.sentence());
    }
    if report.settings.safety.originals == Originals::Keep && totals.images.shrunk > 0 {
        let about = if report.kind == Kind::Estimate { "about " } else { "" };
        let more = report
            .estimate
            .as_ref()
            .filter(|_| report.kind == Kind::Estimate)
            .map_or(totals.changed_bytes_after, |estimate| estimate.bytes_after.expected);
        text.line(&format!(
            "Originals are kept: their {} stay on the drive, and the replacements take {about}{} more, until purge frees them.",
            format::bytes(totals.changed_bytes_before),
            format::bytes(more)
        ));
    }
    text.finish()
}

/// What a run did: counts, sizes, where the time went, what failed and what would help; the kept originals last.
pub fn run_text(report: &Report) -> String {
    let mut text = Text::default();
    let totals = &report.totals;
    let images = &totals.images;
    let mut rows = vec![
        vec!["Shrunk".to_owned(), count(images.shrunk)],
        vec!["Left alone".to_owned(), count(images.left_alone)],
    ];
    for (label, number) in [
        ("Refused", images.refused),
        ("Failed", images.failed),
        ("Not reached", images.not_reached),
    ] {
        if number > 0 {
            rows.push(vec![label.to_owned(), count(number)]);
        }
    }
    rows.push(vec!["Before".to_owned(), format::bytes(totals.bytes_before)]);
    rows.push(vec!["After".to_owned(), format::bytes(totals.bytes_after)]);
    let share = format::percent(format::share(totals.bytes_saved as f64, totals.bytes_before as f64));
    rows.push(vec!["Saved".to_owned(), format::signed_bytes(totals.bytes_saved), share]);
    rows.push(vec!["Time".to_owned(), format::seconds(report.wall_seconds)]);
    text.lines(table::lines(&rows));

    let tree = tree::lines(report);
    if !tree.is_empty() {
        text.gap();
        text.line("Time at work, all threads together:");
        text.lines(tree);
    }
    let recovered: Vec<_> = report
        .shards
        .iter()
        .filter_map(|shard| shard.recovered.as_ref().map(|what| (shard, what)))
        .collect();
    if !recovered.is_empty() {
        text.gap();
        text.line("Recovered from an earlier run:");
        listed(&mut text, &recovered, |(shard, what)| format!("{}: {}", shard.path, one_line(what)));
    }
    if !report.notices.is_empty() {
        text.gap();
        text.line("Notices:");
        listed(&mut text, &report.notices, |notice| {
            format!("{}: {}", notice.path, one_line(&notice.message))
        });
    }
    failures(&mut text, report);
    text.gap();
    text.lines(choice::lines(report));
    text.line(&report.critical_finding);
    if let Some(verdict) = report.bound.as_ref().and_then(|bound| bound.evidence.first())
        && !report.critical_finding.contains(verdict.as_str())
    {
        text.line(verdict);
    }
    if let Some(forecast) = report.forecast.as_ref().filter(|forecast| forecast.complete) {
        text.line(&forecast::after(forecast));
    }
    if let Some(quality) = &report.quality {
        text.line(&quality.sentence());
    }
    if let Some(sentence) = report.card.as_ref().and_then(CardReport::sentence) {
        text.line(&sentence);
    }
    for recommendation in &report.recommendations {
        text.line(&advice(recommendation, |setting| setting.to_owned()));
    }
    if report.settings.safety.originals == Originals::Keep && totals.kept_bytes > 0 {
        text.gap();
        text.line(&format!("Kept originals: {}, freed by purge.", format::bytes(totals.kept_bytes)));
    }
    text.finish()
}

/// A recommendation as sentences; `quote` sets the setting apart where the export can.
pub(super) fn advice(recommendation: &Recommendation, quote: impl Fn(&str) -> String) -> String {
    format!(
        "{} Try {}: up to {:.1} times as fast, up to {} less.",
        recommendation.text,
        quote(&recommendation.setting),
        recommendation.speedup_up_to,
        format::seconds(recommendation.seconds_up_to)
    )
}

fn failures(text: &mut Text, report: &Report) {
    for (kind, title) in [
        (FailureKind::ShardSkipped, "Skipped shards:"),
        (FailureKind::Failed, "Failed:"),
        (FailureKind::Refused, "Refused, left as they are:"),
    ] {
        let these: Vec<&Failure> = report.failures.iter().filter(|failure| failure.kind == kind).collect();
        if !these.is_empty() {
            text.gap();
            text.line(title);
            listed(text, &these, |failure| {
                let advice = if failure.advice.is_empty() {
                    String::new()
                } else {
                    format!(" {}", one_line(&failure.advice))
                };
                format!("{}: {}{advice}", failure.path, one_line(&failure.message))
            });
        }
    }
}

fn listed<T>(text: &mut Text, all: &[T], line: impl Fn(&T) -> String) {
    for one in all.iter().take(MOST_LISTED) {
        text.line(&format!("  {}", line(one)));
    }
    if let Some(more) = all.len().checked_sub(MOST_LISTED).filter(|&more| more > 0) {
        text.line(&format!(
            "  and {} more; a report lists them all (--report FILE).",
            count(more as u64)
        ));
    }
}

/// Lines with single gaps between blocks.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn lines(&mut self, lines: Vec<String>) {
        lines.iter().for_each(|line| self.line(line));
    }

    fn gap(&mut self) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
    }

    fn finish(self) -> String {
        self.0
    }
}
