//! Columns of a histogram over sizes or times that span decades: five to a decade, each about 1.58 times as wide as the one
//! before.

/// Columns to a decade.
const TO_A_DECADE: f64 = 5.0;
/// More than this are not drawn: what lies beyond goes into the last.
const MOST: usize = 40;

/// Logarithmic columns that hold all of the values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogBins {
    /// Number of the first column, counted from 1 (the unit), maybe negative.
    first: i32,
    /// How many there are.
    pub(super) len: usize,
}

impl LogBins {
    /// Columns for values above 0; the others count as the smallest. `None` of no value.
    pub(super) fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let positive = values.filter(|value| *value > 0.0 && value.is_finite());
        let low = positive.clone().fold(f64::INFINITY, f64::min);
        let high = positive.fold(0.0, f64::max);
        if high <= 0.0 {
            return None;
        }
        let (first, last) = (number(low), number(high));
        Some(Self {
            first,
            len: ((last - first + 1) as usize).min(MOST),
        })
    }

    /// The column of a value.
    pub(super) fn at(&self, value: f64) -> usize {
        let column = if value > 0.0 { number(value) - self.first } else { 0 };
        (column.max(0) as usize).min(self.len - 1)
    }

    /// Where a value lies, in columns from the left edge.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = value.max(f64::MIN_POSITIVE).log10() * TO_A_DECADE - f64::from(self.first);
        place.clamp(0.0, self.len as f64)
    }

    /// The left edge of a column.
    pub(super) fn edge(&self, column: usize) -> f64 {
        10_f64.powf((f64::from(self.first) + column as f64) / TO_A_DECADE)
    }

    /// Edges to be labelled: whole decades, or where there are fewer than two of them, every other edge.
    pub(super) fn ticks(&self, label: impl Fn(f64) -> String) -> Vec<(usize, String)> {
        let edges = || 0..=self.len;
        let decade = |column: &usize| (self.first + *column as i32).rem_euclid(TO_A_DECADE as i32) == 0;
        let decades: Vec<usize> = edges().filter(decade).collect();
        let shown = if decades.len() >= 2 {
            decades
        } else {
            edges().step_by(2).collect()
        };
        shown.into_iter().map(|column| (column, label(self.edge(column)))).collect()
    }

    /// Counts of the values.
    pub(super) fn count(&self, values: impl Iterator<Item = f64>) -> Vec<u64> {
        let mut counts = vec![0; self.len];
        for value in values {
            counts[self.at(value)] += 1;
        }
        counts
    }
}

/// Number of the column of a value above 0; a value on an edge belongs to the column above it.
fn number(value: f64) -> i32 {
    // A power of ten must not fall below its edge by a rounding error.
    (value.log10() * TO_A_DECADE + 1e-9).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_column() {
        let values = [0.0, 1.0, 9.9, 10.0, 1000.0];
        let bins = LogBins::of(values.iter().copied()).expect("values");
        assert_eq!(
            (bins.len, bins.at(0.0), bins.at(1.0), bins.at(10.0), bins.at(1000.0)),
            (16, 0, 0, 5, 15)
        );
        assert_eq!(bins.count(values.into_iter()).iter().sum::<u64>(), 5);
        assert_eq!(
            bins.ticks(|edge| format!("{edge:.0}")),
            [(0, "1".into()), (5, "10".into()), (10, "100".into()), (15, "1000".into())]
        );
        assert_eq!(bins.place(10.0), 5.0);
        assert_eq!(LogBins::of([0.0].into_iter()), None);
        // One value is one column; an absurd span is cut short and loses nothing.
        assert_eq!(LogBins::of([5.0].into_iter()).map(|bins| bins.len), Some(1));
        let absurd = LogBins::of([1e-9, 1e30].into_iter()).expect("values");
        assert_eq!((absurd.len, absurd.at(1e30)), (MOST, MOST - 1));
    }
}
