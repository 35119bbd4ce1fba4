//! How good replacements look: scores and qualities, what the lower ones save, and the worst images.

use super::super::format::{self, count};
use super::super::load_speed::PercentilesReport;
use super::super::page::{Block, Section, Span, Table, Width, code, plain};
use super::super::value::Report;

pub(super) fn section(report: &Report) -> Option<Section> {
    let quality = report.quality.as_ref()?;
    let mut lead = format!(
        "SSIMULACRA2 of {}, each as it was encoded against the pixels that were encoded: 100 is the same, 90 cannot be told from it side by side, 70 is good.",
        format::things(quality.judged_images, "image", "images"),
    );
    if let Some(least) = quality.least_score {
        lead.push_str(&format!(" Asked for: at least {}.", format::number(least)));
        if quality.below_least > 0 {
            lead.push_str(&format!(
                " {} do not reach it at quality {}.",
                format::things(quality.below_least, "image", "images"),
                report.settings.picture.quality
            ));
        }
    }
    if let Some(saved) = &quality.saved {
        let part = 1.0 - format::share(saved.bytes as f64, saved.bytes_at_highest as f64);
        lead.push_str(&format!(
            " On {} the qualities found take {} instead of {} at quality {}: {} less.",
            format::things(saved.images, "image", "images"),
            format::bytes(saved.bytes),
            format::bytes(saved.bytes_at_highest),
            report.settings.picture.quality,
            format::percent(part)
        ));
    }
    let spread = |label: &str, p: &PercentilesReport| {
        let values = [p.min, p.p5, p.p50, p.p95, p.max];
        let mut cells = vec![label.to_owned()];
        cells.extend(values.map(|value| format!("{value:.1}")));
        cells
    };
    let columns = ["", "Lowest", "5 %", "Median", "95 %", "Highest"];
    let mut blocks = vec![
        Block::Text(vec![Span::Plain(lead)]),
        Table::of(
            &columns,
            [spread("Score", &quality.scores), spread("JPEG quality", &quality.qualities)],
        ),
    ];
    let rows = quality.worst.iter().map(|image| {
        vec![
            code(image.name.text.clone()),
            plain(image.shard.text.clone()),
            plain(format!("{:.1}", image.score)),
            plain(count(u64::from(image.quality))),
        ]
    });
    blocks.push(Table::dressed(&["Lowest scores", "Shard", "Score", "Quality"], rows.collect()));
    Some(Section::new("How good it looks", Width::Whole, blocks))
}
