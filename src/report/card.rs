//! The graphics card in the report: which it was, what it did, what was measured of it and decided.

use serde::{Deserialize, Serialize};

use crate::engine::{Adapter, AdapterKind, BackendChoice, CardRecord, ClassRecord, Format, SizeClass};

use super::format;
use super::make::{rounded, seconds};
use super::name::one_line;

/// What became of the graphics card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardReport {
    /// What was asked for.
    pub choice: BackendChoice,
    /// The card that was opened; `null` where none was.
    pub adapter: Option<AdapterReport>,
    /// From the begin of the work until it could take images; `null` where it never could.
    pub ready_seconds: Option<f64>,
    /// Images it resized.
    pub images: u64,
    /// Their pixels before.
    pub pixels: u64,
    /// Submissions they went in.
    pub submissions: u64,
    /// Images that were begun on it and done again by the processor.
    pub redone_images: u64,
    /// Images of its that the processor resized as well, to compare every sample.
    pub compared_images: u64,
    /// What was measured, by kind of image; empty where nothing was.
    pub classes: Vec<ClassReport>,
    /// Why it was used, or not.
    pub verdict: String,
}

/// A graphics card as its driver names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterReport {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// The driver with its version; empty where it does not tell.
    pub driver: String,
    /// How it is spoken to.
    pub api: String,
    /// Memory of its own; `null` where that is not told, or where it has none.
    pub memory_bytes: Option<u64>,
}

/// What was measured of images that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// What they are decoded from.
    pub format: Format,
    /// Their pixels.
    pub size: SizeClass,
    /// Processor time of an image, nanoseconds a source pixel, where the processor resized; `null` where not measured.
    pub cpu_ns: Option<f64>,
    /// The same where the card did.
    pub card_ns: Option<f64>,
    /// `1 - card_ns / cpu_ns`: negative where the card cost more than it saved. `null` where not measured.
    pub saved_share: Option<f64>,
    /// Images that these figures are of.
    pub measured_images: u64,
    /// Images that the card resized.
    pub card_images: u64,
    /// The card was in use for them at the end.
    pub on_card: bool,
}

impl CardReport {
    /// What it did and why, for the closing words of a run; `None` where no card was opened, of which most runs would tell.
    pub(super) fn sentence(&self) -> Option<String> {
        let adapter = self.adapter.as_ref()?;
        let images = format::things(self.images, "image", "images");
        Some(format!("{} resized {images}. {}", one_line(&adapter.name), one_line(&self.verdict)))
    }
}

impl From<&CardRecord> for CardReport {
    fn from(record: &CardRecord) -> Self {
        Self {
            choice: record.choice,
            adapter: record.adapter.as_ref().map(AdapterReport::from),
            ready_seconds: record.opened_after.map(seconds),
            images: record.images,
            pixels: record.pixels,
            submissions: record.batches,
            redone_images: record.redone,
            compared_images: record.compared,
            classes: record.classes.iter().map(ClassReport::from).collect(),
            verdict: record.verdict.clone(),
        }
    }
}

impl From<&Adapter> for AdapterReport {
    fn from(adapter: &Adapter) -> Self {
        Self {
            name: adapter.name.clone(),
            kind: adapter.kind,
            driver: adapter.driver.clone(),
            api: adapter.api.clone(),
            memory_bytes: adapter.memory,
        }
    }
}

impl From<&ClassRecord> for ClassReport {
    fn from(record: &ClassRecord) -> Self {
        Self {
            format: record.class.format,
            size: record.class.size,
            cpu_ns: record.cpu_ns.map(rounded),
            card_ns: record.card_ns.map(rounded),
            saved_share: record.saving().map(rounded),
            measured_images: record.measured,
            card_images: record.by_card,
            on_card: record.on_card,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Comparison, Report, ReportFormat, markdown, merge, render, samples, sections, summary};

    #[test]
    fn the_section_tells_what_was_measured_and_decided() {
        let report = Report::new(&samples::with_card());
        let page = markdown::markdown(&sections::page(&report));
        for part in [
            "## Graphics card\n\nThe graphics card was worth using for JPEG of 2 to 8 Mpx",
            "| Card | An adapter (discrete) |",
            "| Driver | a driver 1.2 |",
            "| Interface | Vulkan |",
            "| Memory of its own | 8 GiB |",
            "| Asked for | auto |",
            "| Ready after | 420 ms |",
            "| Images it resized | 1,100 (5,500 Mpx) |",
            "| Submissions | 280 |",
            "| Done again by the processor | 2 images |",
            "| Compared with the processor | 9 images, sample by sample |",
            "## With and without the graphics card",
            "288 images were measured.",
            "| JPEG, 2 to 8 Mpx | 9.3 | 8.0 | 14.0 % | 1,100 | yes |",
            "| PNG, below 0.5 Mpx | 10.0 | 10.3 | -3.0 % | 96 | no |",
            "| WebP, 8 Mpx and more | – | – | – | 0 | no |",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        let mut html = Vec::new();
        render(&report, ReportFormat::Html, &mut html).unwrap();
        assert!(String::from_utf8(html).unwrap().contains("An adapter (discrete)"));
        let closing = summary::run_text(&report);
        assert!(
            closing.contains("\nAn adapter resized 1,100 images. The graphics card was worth using for JPEG"),
            "{closing}"
        );
    }

    #[test]
    fn where_there_was_no_card_only_the_reason_is_told() {
        let mut record = samples::with_card();
        let card = record.card.as_mut().unwrap();
        (card.adapter, card.opened_after, card.images) = (None, None, 0);
        card.classes.clear();
        card.verdict = "There was too little work for a graphics card to be opened.".to_owned();
        let page = markdown::markdown(&sections::page(&Report::new(&record)));
        assert!(
            page.contains("## Graphics card\n\nThere was too little work for a graphics card to be opened.\n\n## Settings"),
            "{page}"
        );
        assert!(!summary::run_text(&Report::new(&record)).contains("too little work"));
        record.card = None;
        assert!(!markdown::markdown(&sections::page(&Report::new(&record))).contains("## Graphics card"));
    }

    #[test]
    fn with_and_without_a_card_compare() {
        let (cpu, gpu) = (Report::new(&samples::clean_run()), Report::new(&samples::with_card()));
        let comparison = Comparison::of(("a", &cpu), ("b", &gpu));
        let page = markdown::markdown(&comparison.page());
        for part in [
            "## Graphics card",
            "| Images it resized | – | 1,100 | – | – |",
            "| done again by the processor | – | 2 | – | – |",
            "| JPEG, 2 to 8 Mpx, saved processor time | – | 14.0 % | – | – |",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        let neither = Comparison::of(("a", &cpu), ("b", &cpu));
        assert!(!markdown::markdown(&neither.page()).contains("Graphics card"));
    }

    #[test]
    fn a_merged_report_tells_of_no_single_card() {
        let first = Report::new(&samples::with_card());
        let alone = merge(vec![("a".to_owned(), first.clone())]).unwrap();
        assert_eq!(alone.card, first.card);
        let mut record = samples::with_card();
        record.id = "20260103T000000Z-0002".to_owned();
        record.started += std::time::Duration::from_secs(7);
        record.shards[0].path = "library/shard_00009".into();
        let two = merge(vec![("a".to_owned(), first), ("b".to_owned(), Report::new(&record))]).unwrap();
        assert_eq!(two.card, None);
    }
}
