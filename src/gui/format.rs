//! Figures as the window shows them: three significant digits, and the value apart from its unit, which is set one step dimmer.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

pub(super) use crate::report::format::{count, things};

/// A number and its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) value: String,
    /// May be empty.
    pub(super) unit: &'static str,
}

impl Quantity {
    /// In one piece: `4.33 GiB`.
    pub(super) fn text(&self) -> String {
        if self.unit.is_empty() {
            self.value.clone()
        } else {
            format!("{} {}", self.value, self.unit)
        }
    }
}

/// Three significant digits, at least all before the point: `4.33`, `96.4`, `118`, `1,204`.
pub(super) fn significant(value: f64) -> String {
    let size = value.abs();
    let text = if size < 9.995 {
        format!("{size:.2}")
    } else if size < 99.95 {
        format!("{size:.1}")
    } else {
        count(size.round() as u64)
    };
    with_sign(value < 0.0, text)
}

/// With the sign that numbers bear in print, as wide as the plus.
fn with_sign(is_negative: bool, text: String) -> String {
    if is_negative { format!("−{text}") } else { text }
}

/// Bytes as the file managers of most systems count: `4.33 GiB`, `96.4 KiB`, `999 B`.
pub(super) fn bytes(bytes: u64) -> Quantity {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return Quantity {
            value: bytes.to_string(),
            unit: "B",
        };
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 999.5 would be told with four digits.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    Quantity {
        value: significant(value),
        unit: UNITS[unit],
    }
}

/// Bytes with a sign where there are fewer than none.
pub(super) fn signed_bytes(value: i64) -> Quantity {
    let quantity = bytes(value.unsigned_abs());
    if value < 0 {
        Quantity {
            value: format!("−{}", quantity.value),
            ..quantity
        }
    } else {
        quantity
    }
}

/// A time: `41 ms`, `5.3 s`, `58 s`, `2:09 min`, `1:02:09 h`.
pub(super) fn time(time: Duration) -> Quantity {
    let (value, unit) = match time.as_secs_f64() {
        short if short < 0.9995 => (format!("{}", (short * 1000.0).round() as u64), "ms"),
        short if short < 9.95 => (format!("{short:.1}"), "s"),
        short if short < 59.5 => (format!("{short:.0}"), "s"),
        long => {
            let seconds = long.round() as u64;
            if seconds < 3600 { (clock(time), "min") } else { (clock(time), "h") }
        }
    };
    Quantity { value, unit }
}

/// As a clock shows it, without a unit: `0:07`, `2:09`, `1:02:09`.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A share of one: `84.7`; the unit is a percent sign.
pub(super) fn percent(share: f64) -> Quantity {
    Quantity {
        value: with_sign(share < -0.0005, format!("{:.1}", (share * 100.0).abs())),
        unit: "%",
    }
}

/// Width and height: `3,024 × 4,032`.
pub(super) fn size(width: u32, height: u32) -> String {
    format!("{} × {}", count(width.into()), count(height.into()))
}

/// A day, with the year where it is another one: `22 Nov`, `22 Nov 2025`.
pub(super) fn day(when: OffsetDateTime, now: OffsetDateTime) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS[usize::from(u8::from(when.month())) - 1];
    if when.year() == now.year() {
        format!("{} {month}", when.day())
    } else {
        format!("{} {month} {}", when.day(), when.year())
    }
}

/// A day and a time of day: `22 Nov, 14:07`.
pub(super) fn moment(when: OffsetDateTime, now: OffsetDateTime) -> String {
    format!("{}, {:02}:{:02}", day(when, now), when.hour(), when.minute())
}

/// On the clock of the wall where the program runs; UTC where the system does not tell.
pub(super) fn local(when: OffsetDateTime) -> OffsetDateTime {
    UtcOffset::local_offset_at(when).map_or(when, |offset| when.to_offset(offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn figures() {
        for (value, shown) in [
            (0.0, "0.00"),
            (4.334, "4.33"),
            (9.996, "10.0"),
            (96.44, "96.4"),
            (99.96, "100"),
            (1203.6, "1,204"),
            (-1203.6, "−1,204"),
        ] {
            assert_eq!(significant(value), shown);
        }
        for (value, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (98_714, "96.4 KiB"),
            (1_023_900, "0.98 MiB"),
            (4_649_302_876, "4.33 GiB"),
            (u64::MAX, "16,384 PiB"),
        ] {
            assert_eq!(bytes(value).text(), shown);
        }
        assert_eq!(signed_bytes(-2048).text(), "−2.00 KiB");
        for (seconds, shown) in [
            (0.041, "41 ms"),
            (0.9999, "1.0 s"),
            (5.34, "5.3 s"),
            (58.2, "58 s"),
            (59.6, "1:00 min"),
            (129.0, "2:09 min"),
            (3729.0, "1:02:09 h"),
        ] {
            assert_eq!(time(Duration::from_secs_f64(seconds)).text(), shown);
        }
        assert_eq!(percent(0.8471).text(), "84.7 %");
        assert_eq!(percent(-0.0).text(), "0.0 %");
        assert_eq!(percent(-3.386).text(), "−338.6 %");
        assert_eq!(size(3024, 4032), "3,024 × 4,032");
    }

    #[test]
    fn dates() {
        let now = datetime!(2026-11-22 14:09 UTC);
        assert_eq!(moment(datetime!(2026-11-22 14:07 UTC), now), "22 Nov, 14:07");
        assert_eq!(day(datetime!(2025-02-01 00:00 UTC), now), "1 Feb 2025");
    }
}
