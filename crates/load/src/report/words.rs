//! Figures in words: lengths of time, counts, shares and sizes, with as many digits as a reader needs.

pub use crosscheck_harness::report::page::moment;

use crate::record::{BudgetRecord, BudgetUnit, LoadCause};

/// A length of time that is given in microseconds.
pub fn micros(value: f64) -> String {
    match value.abs() {
        small if small < 1_000.0 => format!("{} µs", digits(value)),
        middle if middle < 1_000_000.0 => format!("{} ms", digits(value / 1_000.0)),
        long if long < 120_000_000.0 => format!("{} s", digits(value / 1_000_000.0)),
        _ => format!("{} min", digits(value / 60_000_000.0)),
    }
}

/// A length of time that is given in seconds.
pub fn seconds(value: f64) -> String {
    if value == 0.0 {
        return "0 s".to_owned();
    }
    micros(value * 1_000_000.0)
}

/// A number with three digits that count; whole numbers stay whole.
pub fn digits(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let places = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.places$}");
    match text.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|digit| digit == b'0') => grouped(whole),
        Some((whole, decimals)) => format!("{}.{decimals}", grouped(whole)),
        None => grouped(&text),
    }
}

/// A count, its digits in groups of three.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(whole: &str) -> String {
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let mut out = String::with_capacity(whole.len() + whole.len() / 3 + 1);
    out.push_str(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share from 0 to 1 as per cent; one that is not nothing never reads as nothing.
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    match percent.abs() {
        p if !p.is_finite() => "–".to_owned(),
        0.0 => "0 %".to_owned(),
        p if p < 0.001 => "under 0.001 %".to_owned(),
        p if p < 0.1 => format!("{percent:.3} %"),
        p if p < 10.0 => format!("{percent:.2} %"),
        _ => format!("{percent:.1} %"),
    }
}

/// A change as per cent, with its sign; one that is nothing has none.
pub fn change(value: f64) -> String {
    let percent = value * 100.0;
    match percent.abs() {
        p if !p.is_finite() => "–".to_owned(),
        p if p < 0.05 => "0 %".to_owned(),
        p if p < 999.95 => format!("{percent:+.1} %"),
        _ => format!("{}{} %", if percent > 0.0 { "+" } else { "" }, digits(percent)),
    }
}

/// A change of a share in percentage points, with its sign; one that is nothing has none.
pub fn points(value: f64) -> String {
    let points = value * 100.0;
    if points.abs() < 0.005 { "0 points".to_owned() } else { format!("{points:+.2} points") }
}

/// What a cause explains: how many wrong answers, to which requests of the plan.
pub(crate) fn explains(cause: &LoadCause) -> String {
    const NAMED: usize = 4;
    let named: Vec<&str> = cause.requests.iter().take(NAMED).map(String::as_str).collect();
    let more = match cause.requests.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let noun = if cause.answers == 1 { "wrong answer" } else { "wrong answers" };
    format!("explains {} {noun} to {}{more}", count(cause.answers), named.join(", "))
}

/// How many in a second.
pub fn rate(value: f64) -> String {
    format!("{}/s", digits(value))
}

/// A size in bytes.
#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn bytes(value: u64) -> String {
    let value = value as f64;
    match value {
        v if v < 1_000.0 => format!("{v:.0} B"),
        v if v < 1_000_000.0 => format!("{} kB", digits(v / 1_000.0)),
        v if v < 1_000_000_000.0 => format!("{} MB", digits(v / 1_000_000.0)),
        v => format!("{} GB", digits(v / 1_000_000_000.0)),
    }
}

/// A value in the unit of a budget.
pub(crate) fn in_unit(value: f64, unit: BudgetUnit) -> String {
    match unit {
        BudgetUnit::Micros => micros(value),
        BudgetUnit::PerSecond => rate(value),
        BudgetUnit::Count => digits(value),
        BudgetUnit::Share => share(value),
    }
}

/// What a budget came to: the value, or why there is none.
pub fn measured(budget: &BudgetRecord) -> String {
    match (budget.value, &budget.why) {
        (Some(value), _) => in_unit(value, budget.unit),
        (None, Some(why)) => why.clone(),
        (None, None) => "nothing measured".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_three_digits_that_count() {
        for (value, text) in [
            (0.0, "0 µs"),
            (1.0, "1 µs"),
            (87.25, "87.2 µs"),
            (350.0, "350 µs"),
            (999.6, "1,000 µs"),
            (1_000.0, "1 ms"),
            (1_254.0, "1.25 ms"),
            (18_000.0, "18 ms"),
            (181_200.0, "181 ms"),
            (2_100_000.0, "2.10 s"),
            (90_000_000.0, "90 s"),
            (600_000_000.0, "10 min"),
        ] {
            assert_eq!(micros(value), text, "{value}");
        }
    }

    #[test]
    fn counts_shares_and_sizes_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(rate(-12_345.6), "-12,346/s");
        for (value, text) in [
            (0.0, "0 %"),
            (0.000_001, "under 0.001 %"),
            (0.000_5, "0.050 %"),
            (0.012_3, "1.23 %"),
            (0.5, "50.0 %"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(share(value), text, "{value}");
        }
        assert_eq!(bytes(16_400_000), "16.4 MB");
        for (value, text) in [
            (-0.123, "-12.3 %"),
            (-0.000_4, "0 %"),
            (63.743, "+6,374 %"),
            (-35.536, "-3,554 %"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(change(value), text, "{value}");
        }
        for (value, text) in [(-0.000_01, "0 points"), (0.012, "+1.20 points"), (-0.5, "-50.00 points")] {
            assert_eq!(points(value), text, "{value}");
        }
    }
}
