//! Markdown: for reading and for pasting into an issue. The finding first, then savings, time, failures, advice; what was set
//! and where it ran last. Per-image detail is left to JSON.

use std::fmt::Write;

use crate::engine::{Format, Kind, Originals, Phase};

use super::findings::saving;
use super::format::{self, count};
use super::name::one_line;
use super::summary::advice;
use super::tree;
use super::value::{Failure, FailureKind, PhaseReport, Report, ShardStateName};

pub(super) fn markdown(report: &Report) -> String {
    // Writing to a `String` cannot fail.
    let mut page = String::new();
    head(&mut page, report);
    savings(&mut page, report);
    time(&mut page, report);
    failures(&mut page, report);
    recommendations(&mut page, report);
    shards(&mut page, report);
    notices(&mut page, report);
    settings(&mut page, report);
    machine(&mut page, report);
    page
}

fn head(page: &mut String, report: &Report) {
    let kind = match report.kind {
        Kind::Estimate => "plan, estimated",
        Kind::Exact => "plan, exact",
        Kind::Run => "run",
    };
    // Nobody reads fractions of a second here; JSON has them.
    let started = report.started.replace_nanosecond(0).unwrap_or(report.started);
    let started = started.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    let _ = writeln!(page, "# Shardpress report\n\n**{}**\n", plain(&report.critical_finding));
    let _ = writeln!(
        page,
        "A {kind}, begun {started}, {} long (`{}`).\n",
        format::seconds(report.wall_seconds),
        report.id
    );
    let images = &report.totals.images;
    let _ = writeln!(
        page,
        "{} in {}: {} {}, {} left alone, {} refused, {} failed, {} not reached.\n",
        format::things(images.total, "image", "images"),
        format::things(report.totals.shards, "shard", "shards"),
        count(images.shrunk),
        if report.kind == Kind::Run { "shrunk" } else { "with work" },
        count(images.left_alone),
        count(images.refused),
        count(images.failed),
        count(images.not_reached)
    );
}

fn savings(page: &mut String, report: &Report) {
    let totals = &report.totals;
    let _ = writeln!(page, "## Savings\n\n{}\n", saving(report));
    table(
        page,
        &["", "Before", "After", "Saved"],
        &[
            vec![
                "Changed images".to_owned(),
                format::bytes(totals.changed_bytes_before),
                format::bytes(totals.changed_bytes_after),
                format::signed_bytes(totals.bytes_saved),
            ],
            same("Untouched images", totals.untouched_bytes),
            same(&format!("Other files ({})", count(totals.other_files)), totals.other_bytes),
            vec![
                "**Together**".to_owned(),
                format::bytes(totals.bytes_before),
                format::bytes(totals.bytes_after),
                format::signed_bytes(totals.bytes_saved),
            ],
        ],
    );
    if totals.kept_bytes > 0 {
        let _ = writeln!(
            page,
            "On top of that, originals are kept: {}, freed by purge.\n",
            format::bytes(totals.kept_bytes)
        );
    }
    if totals.written_bytes > 0 {
        let _ = writeln!(page, "Written: {}.\n", format::bytes(totals.written_bytes));
    }
    if !report.formats.is_empty() {
        let rows: Vec<Vec<String>> = report
            .formats
            .iter()
            .map(|row| {
                vec![
                    row.format.map_or("unknown", format_name).to_owned(),
                    count(row.images),
                    format::bytes(row.bytes_before),
                    format::bytes(row.bytes_after),
                    format::signed_bytes(row.bytes_saved),
                    format::percent(row.saved_share),
                ]
            })
            .collect();
        table(page, &["Changed images", "Images", "Before", "After", "Saved", "Saved %"], &rows);
    }
    if let Some(estimate) = report.estimate.as_ref().filter(|_| report.kind != Kind::Run) {
        let range = estimate.bytes_after;
        let _ = writeln!(
            page,
            "Estimated from {}: replacements of {} ({} to {}), {} of thread time to process them.\n",
            format::things(estimate.sampled_images, "image", "images"),
            format::fine_bytes(range.expected),
            format::fine_bytes(range.low),
            format::fine_bytes(range.high),
            format::seconds(estimate.process_seconds)
        );
    }
    if let Some(forecast) = &report.forecast {
        let range = forecast.bytes_saved_expected;
        let _ = writeln!(
            page,
            "Forecast: {} ({} to {}) saved on {}; outcome: {} on {}, {}.{}\n",
            format::fine_bytes(range.expected),
            format::fine_bytes(range.low),
            format::fine_bytes(range.high),
            format::things(forecast.images_expected, "image", "images"),
            format::fine_signed_bytes(forecast.bytes_saved),
            count(forecast.images_changed),
            if forecast.within_range {
                "within the range"
            } else {
                "outside the range"
            },
            if forecast.complete {
                ""
            } else {
                " Not all of the predicted images were changed, so the two do not compare."
            }
        );
    }
}

fn same(label: &str, bytes: u64) -> Vec<String> {
    vec![label.to_owned(), format::bytes(bytes), format::bytes(bytes), format::bytes(0)]
}

fn time(page: &mut String, report: &Report) {
    let tree = tree::lines(report);
    if tree.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Where the time went\n\nTime at work, all threads together:\n\n```text");
    for line in tree {
        let _ = writeln!(page, "{line}");
    }
    let _ = writeln!(page, "```\n");
    if let Some(bound) = &report.bound {
        for sentence in &bound.evidence {
            let _ = writeln!(page, "- {}", plain(sentence));
        }
        page.push('\n');
    }
    let phases = [
        (Phase::Load, &report.phases.load),
        (Phase::Process, &report.phases.process),
        (Phase::Write, &report.phases.write),
    ];
    let rows: Vec<Vec<String>> = phases.iter().map(|(phase, totals)| phase_row(*phase, totals)).collect();
    let columns = [
        "Phase",
        "Images",
        "Bytes",
        "Busy",
        "Share",
        "Wall",
        "Busy threads",
        "CPU use",
        "images/s",
        "MB/s",
    ];
    table(page, &columns, &rows);
    let rows: Vec<Vec<String>> = phases
        .iter()
        .map(|(phase, totals)| {
            let (images, megabytes) = (totals.images_per_second_spread, totals.megabytes_per_second_spread);
            let spread = |s: super::SpreadReport| {
                format!(
                    "{} / {} / {}",
                    format::number(s.min),
                    format::number(s.median),
                    format::number(s.max)
                )
            };
            vec![
                phase.name().to_owned(),
                spread(images),
                spread(megabytes),
                format::seconds(totals.waited.input_seconds),
                format::seconds(totals.waited.output_seconds),
                format::seconds(totals.waited.memory_seconds),
            ]
        })
        .collect();
    let columns = [
        "Phase",
        "images/s min / median / max",
        "MB/s min / median / max",
        "Waited for input",
        "Waited for output",
        "Waited for memory",
    ];
    table(page, &columns, &rows);
}

fn phase_row(phase: Phase, totals: &PhaseReport) -> Vec<String> {
    vec![
        phase.name().to_owned(),
        count(totals.images),
        format::bytes(totals.bytes),
        format::seconds(totals.busy_seconds),
        format::percent(totals.share),
        format::seconds(totals.wall_seconds),
        format::number(totals.mean_busy_threads),
        totals.cpu_use.map_or("unknown".to_owned(), format::percent),
        format::number(totals.images_per_second),
        format::number(totals.megabytes_per_second),
    ]
}

fn failures(page: &mut String, report: &Report) {
    for (kind, title) in [
        (FailureKind::ShardSkipped, "Skipped shards"),
        (FailureKind::Failed, "Failed"),
        (FailureKind::Refused, "Refused, left as they are"),
    ] {
        let these: Vec<&Failure> = report.failures.iter().filter(|failure| failure.kind == kind).collect();
        if !these.is_empty() {
            let _ = writeln!(page, "## {title}\n");
            for failure in these {
                let text = format!("{} {}", failure.message, failure.advice);
                let _ = writeln!(page, "- {}: {}", code(&failure.path.text), plain(text.trim_end()));
            }
            page.push('\n');
        }
    }
}

fn recommendations(page: &mut String, report: &Report) {
    if report.recommendations.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Recommendations\n");
    for recommendation in &report.recommendations {
        let _ = writeln!(page, "- {}", advice(recommendation, code));
    }
    page.push('\n');
}

fn shards(page: &mut String, report: &Report) {
    if report.shards.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Shards\n");
    let rows: Vec<Vec<String>> = report
        .shards
        .iter()
        .map(|shard| {
            let state = match shard.state {
                ShardStateName::Planned => "planned",
                ShardStateName::Done => "done",
                ShardStateName::Skipped => "skipped",
                ShardStateName::NotReached => "not reached",
            };
            vec![
                code(&shard.path.text),
                state.to_owned(),
                count(shard.counts.total),
                count(shard.counts.shrunk),
                format::bytes(shard.image_bytes_before),
                format::bytes(shard.image_bytes_after),
                word(&shard.drive.kind),
                plain(&shard.drive.file_system),
                plain(&shard.write_mode),
            ]
        })
        .collect();
    let shrunk = if report.kind == Kind::Run { "Shrunk" } else { "With work" };
    let columns = [
        "Shard",
        "State",
        "Images",
        shrunk,
        "Images before",
        "Images after",
        "Drive",
        "File system",
        "Write",
    ];
    table(page, &columns, &rows);
    let mut any = false;
    for shard in &report.shards {
        if let Some(recovered) = &shard.recovered {
            let _ = writeln!(
                page,
                "- {}: recovered from an earlier run: {}",
                code(&shard.path.text),
                plain(recovered)
            );
            any = true;
        }
    }
    if any {
        page.push('\n');
    }
}

fn notices(page: &mut String, report: &Report) {
    if report.notices.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Notices\n");
    for notice in &report.notices {
        let _ = writeln!(page, "- {}: {}", code(&notice.path.text), plain(&notice.message));
    }
    page.push('\n');
}

fn settings(page: &mut String, report: &Report) {
    let settings = &report.settings;
    let picture = &settings.picture;
    let formats = |formats: &[Format]| match formats {
        [] => "none".to_owned(),
        formats => formats.iter().map(|&f| format_name(f)).collect::<Vec<_>>().join(", "),
    };
    let chosen = |value: Option<String>| value.unwrap_or_else(|| "chosen by the program".to_owned());
    let [red, green, blue] = picture.matte;
    let rows = [
        ("Target", format!("{} pixels", count(picture.target.into()))),
        ("Enlarge smaller images", yes(picture.upscale)),
        ("Quality", picture.quality.to_string()),
        ("Chroma", word(&picture.chroma)),
        ("Optimised Huffman tables", yes(picture.optimise_huffman)),
        ("Matte", format!("{red},{green},{blue}")),
        ("Converted at any size", formats(&settings.choose.convert)),
        ("On request", formats(&settings.choose.also)),
        ("Recursive", yes(settings.choose.recursive)),
        ("Most pixels", count(settings.limits.max_pixels)),
        ("Largest file", format::memory(settings.limits.max_file_bytes)),
        ("Most memory for an image", format::memory(settings.limits.max_image_memory)),
        (
            "Originals",
            if settings.safety.originals == Originals::Keep {
                "keep"
            } else {
                "delete"
            }
            .to_owned(),
        ),
        ("Write", word(&settings.safety.write)),
        ("Verify", word(&settings.safety.verify)),
        ("Workers", chosen(settings.machine.workers.map(|n| n.to_string()))),
        (
            "Reads in flight",
            settings
                .machine
                .io
                .map_or_else(|| "adapts to the drive".to_owned(), |n| n.to_string()),
        ),
        ("Memory budget", chosen(settings.machine.memory.map(format::memory))),
        ("Backend", word(&settings.machine.backend)),
    ];
    let _ = writeln!(page, "## Settings\n");
    table(page, &["Setting", "Value"], &rows.map(|(name, value)| vec![name.to_owned(), value]));
    let _ = writeln!(
        page,
        "Folders: {}\n",
        report.roots.iter().map(|root| code(&root.text)).collect::<Vec<_>>().join(", ")
    );
}

fn machine(page: &mut String, report: &Report) {
    let machine = &report.machine;
    let known = |bytes: u64| if bytes == 0 { "unknown".to_owned() } else { format::memory(bytes) };
    let rows = [
        ("Shardpress", plain(&machine.program_version)),
        ("Codecs", plain(&machine.codecs.join(", "))),
        ("Resized by", plain(&machine.backend)),
        ("System", plain(&machine.system)),
        ("Processor", plain(&machine.processor)),
        ("Cores", count(machine.cores)),
        ("Workers", count(machine.workers)),
        ("Memory", known(machine.memory_bytes)),
        ("Memory budget", known(machine.memory_budget_bytes)),
    ];
    let _ = writeln!(page, "## Machine\n");
    table(page, &["", ""], &rows.map(|(name, value)| vec![name.to_owned(), value]));
    // One line break ends a file.
    page.truncate(page.trim_end().len());
    page.push('\n');
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Png => "PNG",
        Format::Jpeg => "JPEG",
        Format::Webp => "WebP",
        Format::Bmp => "BMP",
        Format::Tiff => "TIFF",
        Format::Gif => "GIF",
    }
}

/// The word by which a choice goes in settings and in JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn table(page: &mut String, columns: &[&str], rows: &[Vec<String>]) {
    let _ = writeln!(page, "| {} |", columns.join(" | "));
    // Numbers to the right, words to the left.
    let number = |cell: &String| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let numbers = |at: usize| at > 0 && rows.iter().filter_map(|row| row.get(at)).all(number);
    let rule: String = (0..columns.len()).map(|at| if numbers(at) { "---:|" } else { "---|" }).collect();
    let _ = writeln!(page, "|{rule}");
    for row in rows {
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    page.push('\n');
}

/// Text that is to be read as it stands: what Markdown or HTML would make something of is escaped.
fn plain(text: &str) -> String {
    one_line(text).chars().fold(String::new(), |mut plain, c| {
        if matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&') {
            plain.push('\\');
        }
        plain.push(c);
        plain
    })
}

/// A name or a setting: a code span that its own backticks cannot end, safe in a table.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(code("a.png"), "`a.png`");
        assert_eq!(code("a|`b``.png"), "```a\\|`b``.png```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(plain("<b>|\n"), r"\<b\>\|\\n");
    }
}
