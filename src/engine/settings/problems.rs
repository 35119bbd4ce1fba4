//! Everything that is wrong with settings, at once.

use super::{Fit, Format, Settings, Shape};

/// Largest longest side of a replacement: JPEG ends at 65,535 and libjpeg at 65,500.
const LARGEST_TARGET: u32 = 65_500;

/// Largest side of multiples; trainers want 8 to 128.
const LARGEST_MULTIPLE: u32 = 1024;

/// Most million pixels of a replacement: the largest square of the JPEG format.
const LARGEST_MEGAPIXELS: f64 = 4290.0;

/// Least memory in which a run makes sense, bytes.
const LEAST_MEMORY: u64 = 64 << 20;

/// Most time for an image, whatever its size, seconds: a day.
const MOST_SECONDS: u64 = 86_400;

/// Most time for each of its megapixels, seconds: an hour.
const MOST_SECONDS_PER_MEGAPIXEL: f64 = 3600.0;

/// More threads than this are a slip of the finger.
const MOST_THREADS: usize = 1024;

/// A value that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Section and name of the setting to change, for example `picture.target`.
    pub key: &'static str,
    /// What is wrong with it, and what it must be.
    pub sentence: String,
}

impl Settings {
    /// One sentence for each value that makes no sense; empty when a run may begin.
    pub fn problems(&self) -> Vec<String> {
        self.faults().into_iter().map(|fault| fault.sentence).collect()
    }

    /// As [`problems`](Self::problems), each with the setting that it is about: for places that show it beside its field.
    pub fn faults(&self) -> Vec<Fault> {
        let mut found = Vec::new();
        let mut check = |key: &'static str, right: bool, sentence: String| {
            if !right {
                found.push(Fault { key, sentence });
            }
        };
        let p = &self.picture;
        check(
            "picture.target",
            (1..=LARGEST_TARGET).contains(&p.target),
            format!("The target is {} pixels; it must be from 1 to {LARGEST_TARGET}.", p.target),
        );
        check(
            "picture.quality",
            (1..=100).contains(&p.quality),
            format!("The quality is {}; it must be from 1 to 100.", p.quality),
        );
        match p.fit {
            Fit::Box { width, height } => check(
                "picture.fit",
                (1..=LARGEST_TARGET).contains(&width) && (1..=LARGEST_TARGET).contains(&height),
                format!("The box is {width}x{height} pixels; both sides must be from 1 to {LARGEST_TARGET}."),
            ),
            Fit::Megapixels(megapixels) => check(
                "picture.fit",
                megapixels > 0.0 && megapixels <= LARGEST_MEGAPIXELS,
                format!("The picture is to have {megapixels} megapixels; it must be more than 0 and at most {LARGEST_MEGAPIXELS}."),
            ),
            Fit::Longest | Fit::Shortest => {}
        }
        check(
            "picture.multiple_of",
            (1..=LARGEST_MULTIPLE).contains(&p.multiple_of),
            format!(
                "Sides are to be multiples of {}; it must be from 1 to {LARGEST_MULTIPLE}.",
                p.multiple_of
            ),
        );
        let (smallest, name) = match p.fit {
            Fit::Longest | Fit::Shortest => (p.target, format!("target of {}", p.target)),
            Fit::Box { width, height } => (width.min(height), format!("box of {width}x{height}")),
            // As a side of a square.
            Fit::Megapixels(megapixels) => ((megapixels * 1e6).sqrt() as u32, format!("picture of {megapixels} megapixels")),
        };
        check(
            "picture.multiple_of",
            p.multiple_of <= 1 || smallest >= p.multiple_of,
            format!(
                "A {name} has no room for one multiple of {}; make it larger or the multiple smaller.",
                p.multiple_of
            ),
        );
        check(
            "picture.shape",
            p.shape == Shape::Free || p.multiple_of > 1 || matches!(p.fit, Fit::Box { .. }),
            "To crop or to pad needs a shape: a box, or sides that are multiples.".into(),
        );
        if let Some(score) = p.min_score {
            check(
                "picture.min_score",
                score > 0.0 && score <= 100.0,
                format!("The lowest SSIMULACRA2 score is {score}; it must be more than 0 and at most 100."),
            );
        }
        let c = &self.choose;
        if let Some(slice) = c.slice {
            check(
                "choose.slice",
                slice.of >= 1 && (1..=slice.of).contains(&slice.index),
                format!("The slice is {slice}; its number must be from 1 to the number of slices."),
            );
        }
        check(
            "choose.limit",
            c.limit != Some(0),
            "The limit is 0 images; it must be at least 1.".into(),
        );
        check(
            "choose.min_saving",
            (0.0..=100.0).contains(&c.min_saving),
            format!("The least saving is {} percent; it must be from 0 to 100.", c.min_saving),
        );
        check(
            "choose.min_size",
            !matches!((c.min_size, c.max_size), (Some(min), Some(max)) if min > max),
            "The smallest file is larger than the largest: no file fits.".into(),
        );
        for (key, globs, what) in [
            ("choose.include", &c.include, "files to work on"),
            ("choose.exclude", &c.exclude, "files to leave alone"),
            ("choose.shards", &c.shards, "shards to work on"),
        ] {
            for sentence in super::globs::problems(globs, what) {
                check(key, false, sentence);
            }
        }
        check(
            "choose.resume_from",
            c.resume_from.as_deref().is_none_or(|from| !from.trim().is_empty()),
            "The shard to begin with has no name.".into(),
        );
        check(
            "sidecars.tag_flattened",
            self.sidecars.tag_flattened.as_deref().is_none_or(|tag| !tag.trim().is_empty()),
            "The tag for flattened images is empty.".into(),
        );
        let odd = self.choose.also.iter().filter(|f| !matches!(f, Format::Tiff | Format::Gif)).count();
        check(
            "choose.also",
            odd == 0,
            "Only TIFF and GIF are worked on by request; the other formats always are.".into(),
        );
        let l = &self.limits;
        check(
            "limits.max_pixels",
            l.max_pixels > 0,
            "The largest image must have at least one pixel.".into(),
        );
        check(
            "limits.max_file_bytes",
            l.max_file_bytes > 0,
            "The largest file must have at least one byte.".into(),
        );
        check(
            "limits.max_image_memory",
            l.max_image_memory > 0,
            "An image needs some memory.".into(),
        );
        check(
            "limits.max_seconds",
            (1..=MOST_SECONDS).contains(&l.max_seconds),
            format!(
                "The time for an image is {} seconds; it must be from 1 to {MOST_SECONDS}.",
                l.max_seconds
            ),
        );
        check(
            "limits.max_seconds_per_megapixel",
            (0.0..=MOST_SECONDS_PER_MEGAPIXEL).contains(&l.max_seconds_per_megapixel),
            format!(
                "The time for a megapixel is {} seconds; it must be from 0 to {MOST_SECONDS_PER_MEGAPIXEL}.",
                l.max_seconds_per_megapixel
            ),
        );
        let m = &self.machine;
        for (key, name, value) in [("machine.workers", "workers", m.workers), ("machine.io", "reads in flight", m.io)] {
            if let Some(n) = value {
                check(
                    key,
                    (1..=MOST_THREADS).contains(&n),
                    format!("The number of {name} is {n}; it must be from 1 to {MOST_THREADS}."),
                );
            }
        }
        if let Some(memory) = m.memory {
            check(
                "machine.memory",
                memory >= LEAST_MEMORY,
                format!("The memory is {memory} bytes; it must be at least {} MiB.", LEAST_MEMORY >> 20),
            );
        }
        check(
            "machine.adapter",
            m.adapter.as_deref().is_none_or(|name| !name.trim().is_empty()),
            "The graphics card to take has no name; `shardpress adapters` lists those there are.".into(),
        );
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::Slice;

    #[test]
    fn a_shape_needs_one() {
        let mut settings = Settings::default();
        settings.picture.shape = Shape::Crop;
        assert!(settings.problems()[0].contains("crop"));
        settings.picture.multiple_of = 64;
        assert_eq!(settings.problems(), Vec::<String>::new());
    }

    #[test]
    fn a_multiple_needs_room() {
        fn check(fit: Fit, target: u32, multiple_of: u32, right: bool) {
            let mut settings = Settings::default();
            (settings.picture.fit, settings.picture.target, settings.picture.multiple_of) = (fit, target, multiple_of);
            let found = settings.problems();
            assert_eq!(found.is_empty(), right, "{found:?}");
            assert!(right || found[0].contains("no room for one multiple of 64"), "{found:?}");
        }
        check(Fit::Longest, 64, 64, true);
        check(Fit::Longest, 63, 64, false);
        check(Fit::Shortest, 63, 64, false);
        check(Fit::Box { width: 512, height: 63 }, 512, 64, false);
        check(Fit::Box { width: 512, height: 64 }, 1, 64, true);
        check(Fit::Megapixels(0.004_096), 1, 64, true);
        check(Fit::Megapixels(0.004), 512, 64, false);
    }

    #[test]
    fn all_problems_at_once() {
        assert_eq!(Settings::default().problems(), Vec::<String>::new());
        let mut wrong = Settings::default();
        wrong.picture.target = 0;
        wrong.picture.quality = 101;
        wrong.choose.also = vec![Format::Png];
        wrong.limits.max_pixels = 0;
        (wrong.limits.max_seconds, wrong.limits.max_seconds_per_megapixel) = (0, -0.5);
        wrong.machine.workers = Some(0);
        wrong.machine.memory = Some(1);
        wrong.picture.fit = Fit::Box { width: 0, height: 9 };
        wrong.picture.multiple_of = 0;
        wrong.picture.min_score = Some(f64::NAN);
        wrong.choose.slice = Some(Slice { index: 3, of: 2 });
        wrong.choose.limit = Some(0);
        wrong.choose.min_saving = -1.0;
        (wrong.choose.min_size, wrong.choose.max_size) = (Some(2), Some(1));
        wrong.choose.include = vec!["[a".into()];
        wrong.choose.exclude = vec!["*.png".into(), "".into()];
        wrong.choose.shards = vec!["{s".into()];
        wrong.choose.resume_from = Some(String::new());
        wrong.sidecars.tag_flattened = Some(" ".into());
        wrong.machine.adapter = Some(" ".into());
        let found = wrong.problems();
        let parts = [
            "target",
            "quality",
            "box",
            "multiples",
            "score",
            "slice",
            "limit",
            "saving",
            "smallest",
            "files to work on",
            "files to leave alone",
            "shards to work on",
            "no name",
            "tag",
            "TIFF",
            "pixel",
            "time for an image",
            "time for a megapixel",
            "workers",
            "memory",
            "graphics card",
        ];
        assert_eq!(found.len(), parts.len(), "{found:?}");
        for (part, sentence) in parts.iter().zip(&found) {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
