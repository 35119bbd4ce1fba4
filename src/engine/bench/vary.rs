//! What a benchmark can vary, and the values it tries. One choice is varied at a time; everything else stays as it is set,
//! so that a difference has one cause.

use crate::engine::settings::{BackendChoice, Originals, Settings, WriteMode};

/// A choice that a benchmark can vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BenchAxis {
    /// Threads that decode, resize and encode.
    Workers,
    /// Reads in flight.
    Reads,
    /// How a replacement gets its name.
    Writing,
    /// What becomes of an original.
    Originals,
    /// Who resizes.
    Backend,
}

impl BenchAxis {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 5] = [Self::Workers, Self::Reads, Self::Writing, Self::Originals, Self::Backend];

    /// The values to try beside what is set, which is tried anyway. Empty where there is no other. `card`: this machine has a
    /// graphics card that is no software; without one there is nothing to learn of it.
    pub fn values(self, settings: &Settings, workers: usize, cores: usize, card: bool) -> Vec<BenchValue> {
        let machine = &settings.machine;
        match self {
            Self::Workers => {
                let mut counts = vec![1];
                // Halves and doubles of the cores say where more stops to help; in between there is little to learn.
                counts.extend([cores / 2, cores, cores * 2]);
                counts.retain(|count| *count > 0 && *count != workers);
                counts.sort_unstable();
                counts.dedup();
                counts.into_iter().map(BenchValue::Workers).collect()
            }
            Self::Reads => {
                let depths = [1, 4, 16, 64].into_iter().filter(|depth| Some(*depth) != machine.io);
                depths.map(BenchValue::Reads).collect()
            }
            Self::Writing => {
                let modes = [WriteMode::Direct, WriteMode::Staged].into_iter();
                modes
                    .filter(|mode| *mode != settings.safety.write)
                    .map(BenchValue::Writing)
                    .collect()
            }
            Self::Originals => {
                let all = [Originals::Keep, Originals::Delete].into_iter();
                all.filter(|one| *one != settings.safety.originals)
                    .map(BenchValue::Originals)
                    .collect()
            }
            Self::Backend => {
                let other = |one: &BackendChoice| *one != machine.backend;
                // Without a card `auto` is the processor.
                let differs = |one: &BackendChoice| card || (*one == BackendChoice::Cpu && machine.backend == BackendChoice::Gpu);
                let all = [BackendChoice::Cpu, BackendChoice::Gpu].into_iter();
                all.filter(other).filter(differs).map(BenchValue::Backend).collect()
            }
        }
    }

    /// What is set, in the terms of this choice; `None` where the program chooses.
    pub fn set(self, settings: &Settings) -> Option<BenchValue> {
        let machine = &settings.machine;
        match self {
            Self::Workers => machine.workers.map(BenchValue::Workers),
            Self::Reads => machine.io.map(BenchValue::Reads),
            Self::Writing => Some(BenchValue::Writing(settings.safety.write)),
            Self::Originals => Some(BenchValue::Originals(settings.safety.originals)),
            Self::Backend => Some(BenchValue::Backend(machine.backend)),
        }
    }
}

/// One value of one choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenchValue {
    /// Threads that decode, resize and encode.
    Workers(usize),
    /// Reads in flight, pinned.
    Reads(usize),
    /// How a replacement gets its name.
    Writing(WriteMode),
    /// What becomes of an original.
    Originals(Originals),
    /// Who resizes.
    Backend(BackendChoice),
}

impl BenchValue {
    /// The choice it belongs to.
    pub fn axis(self) -> BenchAxis {
        match self {
            Self::Workers(_) => BenchAxis::Workers,
            Self::Reads(_) => BenchAxis::Reads,
            Self::Writing(_) => BenchAxis::Writing,
            Self::Originals(_) => BenchAxis::Originals,
            Self::Backend(_) => BenchAxis::Backend,
        }
    }

    /// Sets it.
    pub fn apply(self, settings: &mut Settings) {
        match self {
            Self::Workers(count) => settings.machine.workers = Some(count),
            Self::Reads(depth) => settings.machine.io = Some(depth),
            Self::Writing(mode) => settings.safety.write = mode,
            Self::Originals(what) => settings.safety.originals = what,
            Self::Backend(who) => settings.machine.backend = who,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_not_tried_twice() {
        let mut settings = Settings::default();
        let workers = |settings: &Settings, now, cores| BenchAxis::Workers.values(settings, now, cores, true);
        assert_eq!(workers(&settings, 8, 8), [1, 4, 16].map(BenchValue::Workers));
        assert_eq!(workers(&settings, 1, 1), [2].map(BenchValue::Workers));
        assert_eq!(workers(&settings, 2, 2), [1, 4].map(BenchValue::Workers));
        assert_eq!(BenchAxis::Reads.values(&settings, 2, 2, true).len(), 4);
        settings.machine.io = Some(4);
        assert_eq!(BenchAxis::Reads.values(&settings, 2, 2, true), [1, 16, 64].map(BenchValue::Reads));
        assert_eq!(BenchAxis::Writing.values(&settings, 2, 2, true).len(), 2);
        for axis in BenchAxis::ALL {
            for value in axis.values(&settings, 2, 2, true) {
                let mut changed = settings.clone();
                value.apply(&mut changed);
                assert_eq!(value.axis(), axis);
                assert_eq!(axis.set(&changed), Some(value));
                assert!(
                    axis.values(&changed, 2, 2, true)
                        .iter()
                        .all(|other| *other != value || axis == BenchAxis::Workers)
                );
            }
        }
    }

    #[test]
    fn a_card_is_tried_where_there_is_one() {
        use BackendChoice::{Auto, Cpu, Gpu};
        for (set, card, tried) in [
            (Auto, true, &[Cpu, Gpu][..]),
            (Cpu, true, &[Gpu]),
            (Gpu, true, &[Cpu]),
            (Auto, false, &[]),
            (Cpu, false, &[]),
            // With software that was asked for there is something to compare.
            (Gpu, false, &[Cpu]),
        ] {
            let mut settings = Settings::default();
            settings.machine.backend = set;
            let values = BenchAxis::Backend.values(&settings, 2, 2, card);
            assert_eq!(
                values,
                tried.iter().copied().map(BenchValue::Backend).collect::<Vec<_>>(),
                "{set:?}, {card}"
            );
        }
    }
}
