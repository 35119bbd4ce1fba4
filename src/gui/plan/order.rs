//! Which rows the table shows, and in which order: an index over the images, made on a worker.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsString;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::facts::{Act, Facts, Reason};
use crate::engine::{Format, Plan, Predictions, natural_order};

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::gui) enum Column {
    Name,
    Shard,
    Format,
    PixelsBefore,
    PixelsAfter,
    BytesBefore,
    BytesAfter,
    Saves,
    Action,
    Reason,
    NewName,
}

impl Column {
    /// All, as they stand from left to right.
    pub(super) const ALL: [Self; 11] = [
        Self::Name,
        Self::Shard,
        Self::Format,
        Self::PixelsBefore,
        Self::PixelsAfter,
        Self::BytesBefore,
        Self::BytesAfter,
        Self::Saves,
        Self::Action,
        Self::Reason,
        Self::NewName,
    ];
}

/// Down: the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::gui) struct Sort {
    pub(in crate::gui) column: Column,
    pub(in crate::gui) down: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            column: Column::Saves,
            down: true,
        }
    }
}

/// All, those with work, or those without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::gui) enum Which {
    #[default]
    All,
    Shrink,
    LeftAlone,
}

/// What of the plan is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::gui) struct Filter {
    /// A part of the name, in any case.
    pub(in crate::gui) text: String,
    pub(in crate::gui) which: Which,
    /// `Some(None)`: those of no format that is known.
    pub(in crate::gui) format: Option<Option<Format>>,
    pub(in crate::gui) reason: Option<Reason>,
    /// Those of a finding: what it says, and its rows.
    pub(in crate::gui) only: Option<(String, Arc<HashSet<u32>>)>,
}

impl Filter {
    /// Whether it hides anything.
    pub(super) fn is_on(&self) -> bool {
        *self != Self::default()
    }
}

/// What a worker needs to know to make the index.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) plan: Arc<Plan>,
    pub(super) facts: Arc<Facts>,
    pub(super) predictions: Option<Arc<Predictions>>,
    pub(super) filter: Filter,
    pub(super) sort: Sort,
}

impl Ask {
    /// The rows to show, from top to bottom. The same question always has the same answer.
    pub(super) fn answer(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.facts.len() as u32).filter(|row| self.shows(*row)).collect();
        self.sort(&mut rows);
        rows
    }

    fn shows(&self, number: u32) -> bool {
        let filter = &self.filter;
        if !filter.is_on() {
            return true;
        }
        if filter.only.as_ref().is_some_and(|(_, rows)| !rows.contains(&number)) {
            return false;
        }
        let Some(row) = self.facts.row(&self.plan, None, number) else {
            return false;
        };
        let works = matches!(row.act, Act::Shrink | Act::Convert | Act::Blocked);
        let which = match filter.which {
            Which::All => true,
            Which::Shrink => works,
            Which::LeftAlone => !works,
        };
        which
            && filter.format.is_none_or(|format| row.format == format)
            && filter.reason.is_none_or(|reason| row.reason == reason)
            && (filter.text.is_empty() || contains(&row.name.to_string_lossy(), &filter.text))
    }

    fn sort(&self, rows: &mut Vec<u32>) {
        let predictions = self.predictions.as_deref();
        let row = |number: u32| self.facts.row(&self.plan, predictions, number);
        let pixels = |size: Option<crate::engine::Size>| size.map(|s| u64::from(s.width) * u64::from(s.height));
        match self.sort.column {
            Column::Name => self.by_text(rows, |r| row(r).map(|row| row.name.to_owned())),
            Column::NewName => self.by_text(rows, |r| self.new_name(r)),
            // Rows are numbered shard by shard.
            Column::Shard if self.sort.down => rows.reverse(),
            Column::Shard => {}
            Column::Format => self.by_number(rows, |r| row(r)?.format.map(|f| f as u64)),
            Column::PixelsBefore => self.by_number(rows, |r| pixels(row(r)?.before)),
            Column::PixelsAfter => self.by_number(rows, |r| pixels(row(r)?.after)),
            Column::BytesBefore => self.by_number(rows, |r| Some(row(r)?.bytes)),
            Column::BytesAfter => self.by_number(rows, |r| row(r)?.bytes_after),
            // Shares of one, finer than they are shown; larger than 0 for every number.
            Column::Saves => self.by_number(rows, |r| row(r)?.saves().map(|share| ((share + 1e6) * 1e9) as u64)),
            Column::Action => self.by_number(rows, |r| Some(row(r)?.act as u64)),
            Column::Reason => self.by_number(rows, |r| Some(row(r)?.reason as u64)),
        }
    }

    fn new_name(&self, number: u32) -> Option<OsString> {
        let at = self.facts.at(number)?;
        self.plan.shards.get(at.shard)?.actions.get(at.image)?.output().cloned()
    }

    /// What has no number stands below, either way; equals keep their order.
    fn by_number(&self, rows: &mut Vec<u32>, key: impl Fn(u32) -> Option<u64>) {
        let down = self.sort.down;
        let mut keyed: Vec<(u64, u32)> = rows
            .iter()
            .map(|row| {
                let place = match key(*row) {
                    Some(key) if down => u64::MAX - 1 - key.min(u64::MAX - 1),
                    Some(key) => key.min(u64::MAX - 1),
                    None => u64::MAX,
                };
                (place, *row)
            })
            .collect();
        keyed.sort_unstable();
        rows.clear();
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }

    fn by_text(&self, rows: &mut Vec<u32>, text: impl Fn(u32) -> Option<OsString>) {
        let down = self.sort.down;
        let mut keyed: Vec<(Option<OsString>, u32)> = rows.iter().map(|row| (text(*row), *row)).collect();
        // Stable, and quick where shards are sorted already.
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            (Some(a), Some(b)) if down => natural_order(b, a),
            (Some(a), Some(b)) => natural_order(a, b),
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
        });
        rows.clear();
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }
}

/// Whether the name contains the text, in any case.
fn contains(name: &str, text: &str) -> bool {
    name.to_lowercase().contains(&text.trim().to_lowercase())
}
