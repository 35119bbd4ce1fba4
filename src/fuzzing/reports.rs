//! Reports that are read back, and words as people type them: neither may end the program, whatever they say.

use crate::config::{CATALOGUE, parse_bytes, parse_colour, parse_moment};
use crate::engine::Settings;
use crate::report::{Comparison, Report, ReportFormat, merge, parse, plots, render, render_comparison, summary, tree};

/// Reads a report and makes everything of it that can be made.
pub(super) fn report(data: &[u8]) {
    let Ok(report) = parse(data) else { return };
    for format in [ReportFormat::Json, ReportFormat::Markdown, ReportFormat::Html, ReportFormat::Csv] {
        let mut out = Vec::new();
        render(&report, format, &mut out).expect("into memory");
        if format == ReportFormat::Json {
            let again = parse(&out).expect("what was written is read");
            assert!(again == report, "another report came back");
        }
    }
    let _ = (summary::plan_text(&report), summary::run_text(&report));
    let _ = (plots(&report), tree(&report));
    let comparison = Comparison::of(("one", &report), ("other", &report));
    for format in [ReportFormat::Markdown, ReportFormat::Html] {
        let _ = render_comparison(&comparison, format);
    }
    let _ = merge(vec![("one".to_owned(), report.clone()), ("same".to_owned(), report.clone())]);
    let other = elsewhere(&report);
    let _ = merge(vec![("one".to_owned(), report), ("other".to_owned(), other)]);
}

/// The same of other shards: reports of the same ones are refused before they are summed.
pub(super) fn elsewhere(report: &Report) -> Report {
    let mut other = report.clone();
    other.id.push('x');
    for (number, shard) in other.shards.iter_mut().enumerate() {
        shard.path.text = format!("elsewhere/{number}");
    }
    other
}

/// Single words, by every field that could be meant. What a field takes, it shows so that it takes it again.
pub(super) fn words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for word in text.lines().take(2) {
        let _ = (parse_bytes(word), parse_colour(word), parse_moment(word));
        for row in &CATALOGUE {
            let Ok(value) = row.parse(word) else { continue };
            let Ok(settings) = Settings::default().with_value(row.key, &value) else {
                continue;
            };
            let value = settings.value(row.key).expect("a setting that exists");
            let shown = row.text(&value);
            let again = row
                .parse(&shown)
                .unwrap_or_else(|why| panic!("{}: {word:?} shows as {shown:?}: {why}", row.key));
            let again = settings
                .with_value(row.key, &again)
                .unwrap_or_else(|why| panic!("{}: {shown:?}: {why}", row.key));
            // An age counts from now, and other words may be shortened; shown once, a value stays.
            let stays = again.value(row.key).map(|value| row.text(&value));
            assert_eq!(stays, Some(shown), "{}: {word:?}", row.key);
        }
    }
}
