//! `adapters --measure`: what was measured of a graphics card, as a page of Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use super::exit::Exit;
use super::{complain, say};
use crate::engine::{CardMeasurements, measure_card};
use crate::report::format;

/// Measures and prints. What is being done goes to standard error.
pub(super) fn measure(name: Option<&str>) -> Exit {
    match measure_card(name, &mut |what| complain(&format!("{what} …"))) {
        Ok(measured) => {
            say(&page(&measured));
            if measured.differing() == 0 { Exit::Done } else { Exit::SomeFailed }
        }
        Err(error) => {
            complain(&format!(
                "No graphics card was measured: {error}. `shardpress adapters` lists what there is."
            ));
            Exit::Environment
        }
    }
}

fn page(measured: &CardMeasurements) -> String {
    let card = &measured.adapter;
    let mut page = format!("## {} ({}, {})\n", format::one_line(&card.name), card.kind, card.api);
    // Writing to a string cannot fail.
    let mut line = |text: String| {
        let _ = writeln!(page, "{text}");
    };
    line(format!(
        "\nDriver: {}. Opened in {} ms.",
        format::one_line(&card.driver),
        ms(measured.opening)
    ));
    if card.is_software() {
        line(
            "\n**This is software: the processor poses as a graphics card. That its samples are right means something; its times mean \
             nothing for any real card.**"
                .to_owned(),
        );
    }
    if cfg!(debug_assertions) {
        line("\n**This is a development build of the program: what it takes on the processor means nothing.**".to_owned());
    }
    line("\n### Samples against the processor's\n".to_owned());
    line("| rows | filter | in linear light | pictures | largest, Mpx | samples | differing |".to_owned());
    line("|---|---|---|--:|--:|--:|--:|".to_owned());
    for row in &measured.parity {
        line(format!(
            "| {} | {:?} | {} | {} | {} | {} | {} |",
            row.rows,
            row.filter,
            if row.linear { "yes" } else { "no" },
            row.pictures,
            mpx(row.largest),
            row.samples,
            row.differing
        ));
    }
    let samples: u64 = measured.parity.iter().map(|row| row.samples).sum();
    line(format!("\n{} of {samples} samples differ.", measured.differing()));
    line("\n### Handing a picture over\n".to_owned());
    line("Medians. The caller: until the rows are off the hands of whoever decoded them. Done: both passes over them, too.\n".to_owned());
    line("| way | picture, Mpx | caller, ms | caller, ns a pixel | done, ms |".to_owned());
    line("|---|--:|--:|--:|--:|".to_owned());
    for row in &measured.uploads {
        line(format!(
            "| {} | {} | {} | {:.2} | {} |",
            row.way,
            mpx(row.pixels),
            ms(row.caller),
            row.caller.as_nanos() as f64 / row.pixels.max(1) as f64,
            ms(row.done)
        ));
    }
    line("\n### Submissions\n".to_owned());
    line(
        "Medians. A submission copies rows out of staging buffers, resizes them and copies the results back; reading copies them to where \
         they are encoded. The last column is the same work on one core of the processor.\n"
            .to_owned(),
    );
    line("| work | picture, Mpx | pictures | submission, ms | reading, ms | ns a source pixel | one core, ns |".to_owned());
    line("|---|--:|--:|--:|--:|--:|--:|".to_owned());
    for row in &measured.batches {
        line(format!(
            "| {} | {} | {} | {} | {} | {:.2} | {:.2} |",
            row.what,
            mpx(row.pixels),
            row.pictures,
            ms(row.submission),
            ms(row.reading),
            row.card_ns(),
            row.core_ns()
        ));
    }
    page
}

fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}

fn mpx(pixels: u64) -> String {
    format!("{:.2}", pixels as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Adapter, AdapterKind, BatchRow, Filter, ParityRow, UploadRow, UploadWay};

    #[test]
    fn a_page_has_every_figure_and_warns_of_software() {
        let mut measured = CardMeasurements {
            adapter: Adapter {
                name: "A card".to_owned(),
                kind: AdapterKind::Discrete,
                driver: "Maker 1.2".to_owned(),
                api: "Vulkan".to_owned(),
                memory: None,
            },
            opening: Duration::from_millis(120),
            parity: vec![ParityRow {
                rows: "RGB".to_owned(),
                filter: Filter::Lanczos3,
                linear: true,
                pictures: 7,
                largest: 19_961_856,
                samples: 1234,
                differing: 3,
            }],
            uploads: vec![UploadRow {
                way: UploadWay::Write,
                pixels: 1_000_000,
                caller: Duration::from_micros(1500),
                done: Duration::from_millis(4),
            }],
            batches: vec![BatchRow {
                what: "RGB, Lanczos3".to_owned(),
                pixels: 500_000,
                pictures: 4,
                submission: Duration::from_micros(900),
                reading: Duration::from_micros(100),
                core: Duration::from_micros(750),
            }],
        };
        let text = page(&measured);
        for part in [
            "## A card (discrete, Vulkan)",
            "Opened in 120.00 ms",
            "| RGB | Lanczos3 | yes | 7 | 19.96 | 1234 | 3 |",
            "3 of 1234 samples differ.",
            "| write_buffer | 1.00 | 1.50 | 1.50 | 4.00 |",
            "| RGB, Lanczos3 | 0.50 | 4 | 0.90 | 0.10 | 0.50 | 1.50 |",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains("software"));
        measured.adapter.kind = AdapterKind::Software;
        assert!(page(&measured).contains("**This is software"));
    }
}
