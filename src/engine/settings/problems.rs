//! Everything that is wrong with settings, at once.

use super::{Format, Settings};

/// Largest longest side of a replacement: JPEG ends at 65,535 and libjpeg at 65,500.
const LARGEST_TARGET: u32 = 65_500;

/// Least memory in which a run makes sense, bytes.
const LEAST_MEMORY: u64 = 64 << 20;

/// More threads than this are a slip of the finger.
const MOST_THREADS: usize = 1024;

impl Settings {
    /// One sentence for each value that makes no sense; empty when a run may begin.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |right: bool, sentence: String| {
            if !right {
                found.push(sentence);
            }
        };
        let p = &self.picture;
        check(
            (1..=LARGEST_TARGET).contains(&p.target),
            format!("The target is {} pixels; it must be from 1 to {LARGEST_TARGET}.", p.target),
        );
        check(
            (1..=100).contains(&p.quality),
            format!("The quality is {}; it must be from 1 to 100.", p.quality),
        );
        let odd = self.choose.also.iter().filter(|f| !matches!(f, Format::Tiff | Format::Gif)).count();
        check(
            odd == 0,
            "Only TIFF and GIF are worked on by request; the other formats always are.".into(),
        );
        let l = &self.limits;
        check(l.max_pixels > 0, "The largest image must have at least one pixel.".into());
        check(l.max_file_bytes > 0, "The largest file must have at least one byte.".into());
        check(l.max_image_memory > 0, "An image needs some memory.".into());
        let m = &self.machine;
        for (name, value) in [("workers", m.workers), ("reads in flight", m.io)] {
            if let Some(n) = value {
                check(
                    (1..=MOST_THREADS).contains(&n),
                    format!("The number of {name} is {n}; it must be from 1 to {MOST_THREADS}."),
                );
            }
        }
        if let Some(memory) = m.memory {
            check(
                memory >= LEAST_MEMORY,
                format!("The memory is {memory} bytes; it must be at least {} MiB.", LEAST_MEMORY >> 20),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_at_once() {
        assert_eq!(Settings::default().problems(), Vec::<String>::new());
        let mut wrong = Settings::default();
        wrong.picture.target = 0;
        wrong.picture.quality = 101;
        wrong.choose.also = vec![Format::Png];
        wrong.limits.max_pixels = 0;
        wrong.machine.workers = Some(0);
        wrong.machine.memory = Some(1);
        let found = wrong.problems();
        assert_eq!(found.len(), 6, "{found:?}");
        for (part, sentence) in ["target", "quality", "TIFF", "pixel", "workers", "memory"].iter().zip(&found) {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
