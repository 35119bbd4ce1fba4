//! The tiles on top: what there is to do, what it comes to, and how long it takes. No forecast without its range.

use super::Planned;
use super::facts::Facts;
use crate::engine::{Range, Seconds};
use crate::gui::format::{self, count};
use crate::gui::widgets::Tile;
use std::time::Duration;

/// `narrow`: before and after share a tile.
pub(super) fn tiles(planned: Option<&Planned>, facts: Option<&Facts>, sampling: bool, narrow: bool) -> Vec<Tile<'static>> {
    let (Some(planned), Some(facts)) = (planned, facts) else {
        let empty = |label| Tile {
            label,
            number: "–".to_owned(),
            ..Tile::default()
        };
        let labels: &[&'static str] = if narrow {
            &["To shrink", "After", "Saves", "Time"]
        } else {
            &["To shrink", "Before", "After", "Saves", "Time"]
        };
        return labels.iter().map(|label| empty(label)).collect();
    };
    let totals = facts.totals;
    let alone = totals.images - totals.work_images;
    let untouched = totals.bytes - totals.work_bytes;
    let mut tiles = vec![Tile {
        label: "To shrink",
        number: count(totals.work_images),
        unit: format!("of {}", count(totals.images)),
        range: format!("{} left alone", count(alone)),
        accent: false,
    }];
    let before = format::bytes(totals.bytes);
    let estimate = planned.estimate.as_deref();
    let after = estimate.map(|e| all_after(e.bytes_after, untouched));
    if narrow {
        tiles.push(match &after {
            Some(after) => {
                let shown = format::bytes(after.expected);
                Tile {
                    label: "After",
                    number: shown.value,
                    unit: format!("{} of {}", shown.unit, before.text()),
                    range: likely(after),
                    accent: false,
                }
            }
            None => Tile {
                label: "Before",
                number: before.value,
                unit: before.unit.to_owned(),
                range: waiting(sampling),
                accent: false,
            },
        });
    } else {
        tiles.push(Tile {
            label: "Before",
            number: before.value,
            unit: before.unit.to_owned(),
            range: format!("{} of it untouched", format::bytes(untouched).text()),
            accent: false,
        });
        tiles.push(match &after {
            Some(after) => {
                let shown = format::bytes(after.expected);
                Tile {
                    label: "After",
                    number: shown.value,
                    unit: shown.unit.to_owned(),
                    range: likely(after),
                    accent: false,
                }
            }
            None => nothing_yet("After", sampling),
        });
    }
    tiles.push(match estimate {
        Some(estimate) if totals.bytes > 0 => {
            let saved = estimate.bytes_saved;
            let half = saved.high.saturating_sub(saved.low) / 2;
            let share = format::percent(saved.expected as f64 / totals.bytes as f64);
            Tile {
                label: "Saves",
                number: share.value,
                unit: share.unit.to_owned(),
                range: plus_minus(saved.expected, half),
                accent: saved.expected > 0,
            }
        }
        _ => nothing_yet("Saves", sampling),
    });
    tiles.push(match estimate {
        Some(estimate) => {
            let wall = estimate.times.wall;
            let shown = time(wall.expected);
            Tile {
                label: "Time",
                number: shown.value,
                unit: shown.unit.to_owned(),
                range: likely_time(wall),
                accent: false,
            }
        }
        None => nothing_yet("Time", sampling),
    });
    tiles
}

fn nothing_yet(label: &'static str, sampling: bool) -> Tile<'static> {
    Tile {
        label,
        number: "–".to_owned(),
        range: waiting(sampling),
        ..Tile::default()
    }
}

fn waiting(sampling: bool) -> String {
    if sampling { "Being sampled".to_owned() } else { String::new() }
}

/// Of all files: those with work, and those that stay.
fn all_after(range: Range, untouched: u64) -> Range {
    Range {
        low: range.low + untouched,
        expected: range.expected + untouched,
        high: range.high + untouched,
    }
}

/// `0.64 to 0.69 likely`; with their units where these differ from each other.
pub(super) fn likely(range: &Range) -> String {
    let (low, high) = (format::bytes(range.low), format::bytes(range.high));
    let middle = format::bytes(range.expected);
    if low.unit == high.unit && high.unit == middle.unit {
        format!("{} to {} likely", low.value, high.value)
    } else {
        format!("{} to {} likely", low.text(), high.text())
    }
}

/// `3.67 GiB, ± 0.03`, in one unit.
fn plus_minus(expected: u64, half: u64) -> String {
    let shown = format::bytes(expected);
    let own = format::bytes(half);
    if own.unit == shown.unit {
        return format!("{}, ± {}", shown.text(), own.value);
    }
    // The same unit as the figure, down to a hundredth; below that in its own.
    let factor = match shown.unit {
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0_f64.powi(4),
        _ => 1.0,
    };
    let scaled = half as f64 / factor;
    if scaled >= 0.005 {
        format!("{}, ± {scaled:.2}", shown.text())
    } else {
        format!("{}, ± {}", shown.text(), own.text())
    }
}

/// Seconds as the window tells times.
pub(super) fn time(seconds: f64) -> format::Quantity {
    format::time(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

/// `1:52 to 2:31 likely`.
pub(super) fn likely_time(range: Seconds) -> String {
    let (low, high) = (time(range.low), time(range.high));
    if range.low < 0.001 {
        // One or two images tell little.
        return format!("up to {} likely", high.text());
    }
    if low.unit == high.unit && high.unit == time(range.expected).unit {
        format!("{} to {} likely", low.value, high.value)
    } else {
        format!("{} to {} likely", low.text(), high.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_in_words() {
        const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
        let range = |low: f64, expected: f64, high: f64| Range {
            low: (low * GIB) as u64,
            expected: (expected * GIB) as u64,
            high: (high * GIB) as u64,
        };
        assert_eq!(likely(&range(1.64, 1.66, 1.69)), "1.64 to 1.69 likely");
        assert_eq!(likely(&range(0.5, 1.2, 1.3)), "512 MiB to 1.30 GiB likely");
        assert_eq!(plus_minus((3.67 * GIB) as u64, (0.03 * GIB) as u64), "3.67 GiB, ± 0.03");
        assert_eq!(plus_minus((3.67 * GIB) as u64, 1024 * 1024), "3.67 GiB, ± 1.00 MiB");
        let seconds = |low, expected, high| Seconds { low, expected, high };
        assert_eq!(likely_time(seconds(112.0, 129.0, 151.0)), "1:52 to 2:31 likely");
        assert_eq!(likely_time(seconds(0.0, 2.0, 80.0)), "up to 1:20 min likely");
        assert_eq!(likely_time(seconds(40.0, 62.0, 80.0)), "40 s to 1:20 min likely");
    }
}
