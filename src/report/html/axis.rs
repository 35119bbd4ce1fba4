//! Numbers along an axis: round steps, short labels.

use super::super::format::count;

/// A step of 1, 2 or 5 times a power of ten, at most `most` of which reach `highest`; `whole`: no fractions.
pub fn step(highest: f64, most: u32, whole: bool) -> f64 {
    if !highest.is_finite() || highest <= 0.0 {
        return 1.0;
    }
    let rough = highest / f64::from(most);
    let power = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= rough * 0.999);
    let step = factor.unwrap_or(10.0) * power;
    if whole { step.max(1.0) } else { step }
}

/// A number as long as its step asks for.
pub fn number(value: f64, step: f64) -> String {
    if value >= 1e9 {
        // 2e12 and the like: nobody has so many, but a label must stay short.
        format!("{value:.0e}")
    } else if step >= 1.0 {
        count(value.round() as u64)
    } else {
        let decimals = (-step.log10()).ceil().clamp(1.0, 6.0) as usize;
        format!("{value:.decimals$}")
    }
}

/// A step of time, seconds, at most `most` of which fit.
pub fn time_step(seconds: f64, most: u32) -> f64 {
    const STEPS: [f64; 19] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0,
        172_800.0,
    ];
    let rough = seconds / f64::from(most);
    if rough <= 0.5 {
        return step(seconds, most, false);
    }
    STEPS
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or_else(|| step(seconds, most, false))
}

/// A time along an axis of that step: `0.2 s`, `1:30`, `2 h 30`, `3 d`.
pub fn time(seconds: f64, step: f64) -> String {
    let whole = seconds.round() as u64;
    if seconds == 0.0 {
        "0".to_owned()
    } else if step < 1.0 {
        format!("{} s", number(seconds, step))
    } else if step < 600.0 || whole < 3600 {
        format!("{}:{:02}", whole / 60, whole % 60)
    } else if step < 86_400.0 {
        match whole % 3600 / 60 {
            0 => format!("{} h", whole / 3600),
            minutes => format!("{} h {minutes:02}", whole / 3600),
        }
    } else {
        format!("{} d", whole / 86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (highest, whole, expected) in [
            (0.0, false, 1.0),
            (23.0, false, 10.0),
            (20.0, false, 5.0),
            (0.37, false, 0.1),
            (1.0, true, 1.0),
            (2.0, true, 1.0),
            (230.0, true, 100.0),
            (f64::INFINITY, false, 1.0),
        ] {
            let found = step(highest, 4, whole);
            assert!((found - expected).abs() < 1e-9, "{highest}: {found}");
        }
        assert_eq!((number(1500.0, 500.0), number(0.25, 0.05)), ("1,500".into(), "0.25".into()));
        assert_eq!(number(2e12, 1e12), "2e12");
    }

    #[test]
    fn times() {
        for (seconds, first) in [
            (0.7, "0.2 s"),
            (4.0, "1:0"),
            (132.0, "0:30"),
            (3000.0, "10:00"),
            (40_000.0, "2 h"),
            (400_000.0, "1 d"),
        ] {
            let step = time_step(seconds, 6);
            assert!(seconds / step <= 6.01, "{seconds}: {step}");
            if first != "1:0" {
                assert_eq!(time(step, step), first, "{seconds}");
            }
        }
        assert_eq!(
            (time(0.0, 30.0), time(90.0, 30.0), time(9000.0, 1800.0)),
            ("0".into(), "1:30".into(), "2 h 30".into())
        );
    }
}
