//! The windows and weights of one axis as the kernels read them, and those of the last pictures: computing them takes as long
//! as copying a picture, and most pictures of a shard share their sizes or their target.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::resize::Resample;
use crate::engine::resize::weights::{WIDE_BITS, Weights, Window, support};

/// Words that are kept for pictures to come: 4 MiB, some 80 axes of photographs.
const KEPT: usize = 1 << 20;

/// Which axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    /// Samples of the source, at least 1.
    pub(super) from: u32,
    /// Samples of the result, at least 1.
    pub(super) to: u32,
    /// How the picture is resized.
    pub(super) how: Resample,
    /// The vertical one.
    pub(super) is_down: bool,
}

/// Its windows and weights.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Two words an output sample: where its window begins, and how long it is; then [`Self::window`] words an output sample,
    /// two weights in each, the earlier one in the lower half, 0 where the window is shorter.
    ///
    /// Along the vertical axis a window begins at a row and is so many rows long. Along the horizontal one both are fours of
    /// pixels, filled up with weights of 0: there the kernel reads fours, which are whole words.
    pub(super) words: Vec<u32>,
    /// Words of an output sample's weights.
    pub(super) window: u32,
    /// Bits behind the point.
    pub(super) bits: u32,
}

impl Axis {
    /// Words of the table, at most: without computing it.
    pub(super) fn most_words(self) -> u64 {
        let taps = if self.from == self.to {
            1
        } else {
            let stretch = (f64::from(self.from) / f64::from(self.to)).max(1.0);
            // What `Weights` looks at begins and ends at whole samples.
            ((2.0 * support(self.how.filter) * stretch).ceil() as u64 + 2).min(u64::from(self.from))
        };
        let words = if self.is_down {
            taps.div_ceil(2)
        } else {
            (taps + 3).div_ceil(4) * 2
        };
        u64::from(self.to) * (2 + words)
    }

    fn compute(self) -> Table {
        let weights = if self.from == self.to {
            // One sample with the weight 1 stays as it is, in both kernels.
            let outputs = (0..self.to as usize).map(|first| Window {
                first,
                values: vec![1 << WIDE_BITS],
            });
            Weights {
                precision: WIDE_BITS,
                outputs: outputs.collect(),
            }
        } else if self.how.is_wide() {
            Weights::wide(self.from, self.to, self.how.filter)
        } else {
            Weights::narrow(self.from, self.to, self.how.filter)
        };
        // Pixels in front of the window's own, and weights of the window with what fills it up.
        let lead = |window: &Window| if self.is_down { 0 } else { window.first % 4 };
        let filled = |window: &Window| (lead(window) + window.values.len()).next_multiple_of(if self.is_down { 2 } else { 4 });
        let most = weights.outputs.iter().map(filled).max().unwrap_or(0);
        let mut words = Vec::with_capacity(weights.outputs.len() * (2 + most / 2));
        for window in &weights.outputs {
            let (first, count) = if self.is_down {
                (window.first, window.values.len())
            } else {
                (window.first / 4, filled(window) / 4)
            };
            words.extend([first as u32, count as u32]);
        }
        for window in &weights.outputs {
            let mut values = std::iter::repeat_n(0, lead(window))
                .chain(window.values.iter().copied())
                .chain(std::iter::repeat(0));
            for _ in 0..most / 2 {
                let half = |value: Option<i16>| u32::from(value.unwrap_or(0).cast_unsigned());
                let low = half(values.next());
                words.push(low | half(values.next()) << 16);
            }
        }
        Table {
            words,
            window: (most / 2) as u32,
            bits: weights.precision,
        }
    }
}

/// The tables of a card that is open. Cheap to clone, and then the same.
#[derive(Clone, Default)]
pub(super) struct Tables(Arc<Mutex<Cache>>);

impl fmt::Debug for Tables {
    /// What is in there changes nothing but time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

impl Tables {
    /// From those that are kept, or computed.
    pub(super) fn of(&self, axis: Axis) -> Arc<Table> {
        // What a panic could leave here is whole tables only.
        let cache = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = cache().get(axis) {
            return table;
        }
        let table = Arc::new(axis.compute());
        cache().put(axis, Arc::clone(&table));
        table
    }
}

/// The tables used last, the newest at the end.
#[derive(Default)]
struct Cache {
    tables: VecDeque<(Axis, Arc<Table>)>,
    words: usize,
}

impl Cache {
    fn get(&mut self, axis: Axis) -> Option<Arc<Table>> {
        let at = self.tables.iter().position(|(is, _)| *is == axis)?;
        let found = self.tables.remove(at)?;
        let table = Arc::clone(&found.1);
        self.tables.push_back(found);
        Some(table)
    }

    fn put(&mut self, axis: Axis, table: Arc<Table>) {
        // Two may have computed the same one.
        if table.words.len() > KEPT || self.get(axis).is_some() {
            return;
        }
        self.words += table.words.len();
        self.tables.push_back((axis, table));
        while self.words > KEPT
            && let Some((_, oldest)) = self.tables.pop_front()
        {
            self.words -= oldest.words.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::Filter;

    fn axis(from: u32, to: u32, filter: Filter, linear: bool, is_down: bool) -> Axis {
        Axis {
            from,
            to,
            how: Resample { filter, linear },
            is_down,
        }
    }

    /// The weight of input sample `input` in output sample `output`, as the kernels look for it.
    fn weight(table: &Table, axis: Axis, output: usize, input: usize) -> i16 {
        let unit = if axis.is_down { 1 } else { 4 };
        let [first, count] = [0, 1].map(|i| table.words[2 * output + i] as usize * unit);
        if input < first || input >= first + count {
            return 0;
        }
        let word = table.words[2 * axis.to as usize + output * table.window as usize + (input - first) / 2];
        (word >> (16 * ((input - first) % 2))) as i16
    }

    #[test]
    fn every_weight_is_where_the_kernels_look() {
        for (from, to) in [(100, 37), (37, 100), (5, 5), (1, 9), (9, 1), (301, 300), (4, 2)] {
            for filter in [Filter::Lanczos3, Filter::Mitchell, Filter::Area] {
                for linear in [false, true] {
                    for is_down in [false, true] {
                        let axis = axis(from, to, filter, linear, is_down);
                        let table = axis.compute();
                        let weights = if axis.how.is_wide() {
                            Weights::wide(from, to, filter)
                        } else {
                            Weights::narrow(from, to, filter)
                        };
                        for (output, window) in weights.outputs.iter().enumerate() {
                            for input in 0..from as usize {
                                let expected = if from == to {
                                    if input == output { 1 << 14 } else { 0 }
                                } else if input < window.first || input >= window.end() {
                                    0
                                } else {
                                    window.values[input - window.first]
                                };
                                assert_eq!(weight(&table, axis, output, input), expected, "{axis:?} {output} {input}");
                            }
                        }
                        assert_eq!(table.bits, if from == to { 14 } else { weights.precision });
                    }
                }
            }
        }
    }

    #[test]
    fn no_table_is_larger_than_was_said() {
        for from in [1, 2, 3, 4, 5, 7, 63, 64, 512, 513, 1001, 4000, 65_500] {
            for to in [1, 2, 3, 5, 8, 31, 512, 600] {
                for filter in [Filter::Lanczos3, Filter::CatmullRom, Filter::Mitchell, Filter::Area] {
                    for is_down in [false, true] {
                        let axis = axis(from, to, filter, false, is_down);
                        let words = axis.compute().words.len() as u64;
                        assert!(words <= axis.most_words(), "{axis:?}: {words} of {}", axis.most_words());
                    }
                }
            }
        }
    }

    #[test]
    fn the_cache_stays_small_and_gives_back_what_it_got() {
        let mut cache = Cache::default();
        let table = |words: usize| {
            Arc::new(Table {
                words: vec![0; words],
                window: 0,
                bits: 14,
            })
        };
        let named = |from: u32| axis(from, 1, Filter::Area, false, true);
        cache.put(named(1), table(KEPT + 1));
        assert!(cache.get(named(1)).is_none());
        for from in 1..=4 {
            cache.put(named(from), table(KEPT / 4));
            cache.put(named(from), table(KEPT / 4));
        }
        assert_eq!(cache.words, KEPT);
        // The first was just used, so the second is the one to go.
        assert!(cache.get(named(1)).is_some());
        cache.put(named(5), table(1));
        assert!(cache.get(named(1)).is_some() && cache.get(named(2)).is_none());
        assert_eq!(cache.words, cache.tables.iter().map(|(_, table)| table.words.len()).sum::<usize>());
    }
}
