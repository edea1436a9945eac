//! Budgets: what must hold, in goose's grammar: `p99<20ms for preflight`, `error-rate<0.1%`,
//! `rps>=5000`, `cors-errors==0`; and for one stage alone: `p99<20ms for preflight in peak`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crosscheck_core::document::{nearest, quote};

/// A budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// As it was written.
    pub text: String,
    /// What is measured.
    pub metric: Metric,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what, in the metric's unit.
    pub limit: f64,
    /// The name of the request that it is about; absent: all of them together.
    pub request: Option<String>,
    /// The name of the stage that it is about; absent: the whole run.
    pub stage: Option<String>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// A percentile of the latency, counted from the moment a request was due; 0 to 100.
    Percentile(f64),
    /// The mean of the latency.
    Mean,
    /// The least latency.
    Least,
    /// The greatest latency.
    Greatest,
    /// Answers in a second.
    Throughput,
    /// Requests without an answer, or with an answer of 429 or from 500 on.
    Errors,
    /// Their share of all requests.
    ErrorRate,
    /// Answers that were judged wrong.
    CorsErrors,
    /// Their share of all answers.
    CorsErrorRate,
    /// Arrivals that were never sent.
    Dropped,
}

/// In what a metric is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds.
    Micros,
    /// Per second.
    PerSecond,
    /// So many.
    Count,
    /// A share, 0 to 1.
    Share,
}

/// How a measured value is compared with the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

/// A text that is no budget.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseBudgetError {
    /// What is wrong.
    pub message: String,
    /// What was expected, or meant.
    pub help: String,
}

/// The budget that holds unless a plan says something else of wrong answers.
pub const DEFAULT: &str = "cors-errors==0";

/// Every name of a metric but those of percentiles.
const NAMES: [(&str, Metric); 9] = [
    ("avg", Metric::Mean),
    ("min", Metric::Least),
    ("max", Metric::Greatest),
    ("rps", Metric::Throughput),
    ("errors", Metric::Errors),
    ("error-rate", Metric::ErrorRate),
    ("cors-errors", Metric::CorsErrors),
    ("cors-error-rate", Metric::CorsErrorRate),
    ("dropped", Metric::Dropped),
];

impl Metric {
    /// In what it is counted.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Percentile(_) | Self::Mean | Self::Least | Self::Greatest => Unit::Micros,
            Self::Throughput => Unit::PerSecond,
            Self::Errors | Self::CorsErrors | Self::Dropped => Unit::Count,
            Self::ErrorRate | Self::CorsErrorRate => Unit::Share,
        }
    }

    /// Whether it counts the answers that were judged wrong.
    pub(crate) const fn counts_wrong(self) -> bool {
        matches!(self, Self::CorsErrors | Self::CorsErrorRate)
    }

    /// The metric of this name.
    fn named(name: &str) -> Result<Self, ParseBudgetError> {
        if let Some((_, metric)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*metric);
        }
        let percentile = name.strip_prefix('p').filter(|digits| {
            digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        });
        match percentile.map(str::parse::<f64>) {
            Some(Ok(percent)) if (0.0..=100.0).contains(&percent) => Ok(Self::Percentile(percent)),
            Some(_) => Err(ParseBudgetError {
                message: format!("{} is no percentile", quote(name)),
                help: "percentiles go from p0 to p100, such as p99 or p99.9".to_owned(),
            }),
            None => {
                let known = NAMES.iter().map(|(known, _)| *known);
                let all: Vec<&str> = known.clone().collect();
                let help = match nearest(name, known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("metrics: a percentile such as p99, {}", all.join(", ")),
                };
                Err(ParseBudgetError { message: format!("there is no metric {}", quote(name)), help })
            }
        }
    }
}

impl Comparison {
    const ALL: [(&str, Self); 5] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("<", Self::Below),
        (">", Self::Above),
    ];

    /// Whether a measured value meets the limit.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Equal => (value - limit).abs() < f64::EPSILON,
        }
    }

    /// How far a value is on the good side of the limit, as a share of the limit; negative where
    /// it is on the bad side. `None` where the limit is nothing, so that there is no share of it.
    pub fn margin(self, value: f64, limit: f64) -> Option<f64> {
        if limit == 0.0 {
            return None;
        }
        Some(match self {
            Self::Below | Self::AtMost => (limit - value) / limit,
            Self::Above | Self::AtLeast => (value - limit) / limit,
            Self::Equal => -((value - limit) / limit).abs(),
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(_, comparison)| comparison == self);
        f.write_str(found.map_or("", |(text, _)| text))
    }
}

/// As it was written.
impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Budget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Budget {
    fn schema_name() -> Cow<'static, str> {
        "Budget".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl FromStr for Budget {
    type Err = ParseBudgetError;

    fn from_str(text: &str) -> Result<Self, ParseBudgetError> {
        let form = || ParseBudgetError {
            message: format!("{} is no budget", quote(text)),
            help: "expected METRIC COMPARISON LIMIT, such as `p99<20ms for preflight` or `error-rate<0.1%`"
                .to_owned(),
        };
        let at = text.find(['<', '>', '=']).ok_or_else(form)?;
        let (name, rest) = text.split_at(at);
        let (operator, comparison) =
            Comparison::ALL.into_iter().find(|(operator, _)| rest.starts_with(operator)).ok_or_else(form)?;
        let metric = Metric::named(name.trim())?;
        let mut words = rest.get(operator.len()..).unwrap_or_default().split_ascii_whitespace();
        let limit = limit(words.next().ok_or_else(form)?, metric.unit())?;
        let (mut request, mut stage) = (None, None);
        while let Some(word) = words.next() {
            let slot = match word {
                "for" => &mut request,
                "in" => &mut stage,
                _ => return Err(form()),
            };
            if slot.replace(words.next().ok_or_else(form)?.to_owned()).is_some() {
                return Err(form());
            }
        }
        Ok(Self { text: text.trim().to_owned(), metric, comparison, limit, request, stage })
    }
}

/// A limit in the unit of its metric; a unit that does not fit is told with those that do.
fn limit(text: &str, unit: Unit) -> Result<f64, ParseBudgetError> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let factor = match (unit, suffix) {
        (Unit::Micros, "us" | "µs") | (Unit::PerSecond | Unit::Count | Unit::Share, "") => 1.0,
        (Unit::Micros, "ms") => 1_000.0,
        (Unit::Micros, "s") => 1_000_000.0,
        (Unit::Share, "%") => 0.01,
        _ => {
            let help = match unit {
                Unit::Micros => "a length of time is expected: 500us, 20ms, 2s",
                Unit::Share => "a share is expected: 0.1%, or 0.001",
                Unit::PerSecond | Unit::Count => "a plain number is expected",
            };
            let message = format!("{} is no limit for this metric", quote(text));
            return Err(ParseBudgetError { message, help: help.to_owned() });
        }
    };
    match number.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number * factor),
        _ => Err(ParseBudgetError {
            message: format!("{} is no number", quote(number)),
            help: "digits are expected, with a point before decimals".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_as_goose_writes_them() {
        use Comparison as C;
        use Metric as M;
        type Row<'a> = (&'a str, M, C, f64, Option<&'a str>, Option<&'a str>);
        let table: [Row<'_>; 12] = [
            ("p99<20ms for preflight", M::Percentile(99.0), C::Below, 20_000.0, Some("preflight"), None),
            ("p99.9 <= 1.5s", M::Percentile(99.9), C::AtMost, 1_500_000.0, None, None),
            ("p50<500us in peak", M::Percentile(50.0), C::Below, 500.0, None, Some("peak")),
            ("max<2s for get in peak", M::Greatest, C::Below, 2_000_000.0, Some("get"), Some("peak")),
            ("avg<1µs", M::Mean, C::Below, 1.0, None, None),
            ("min>1us", M::Least, C::Above, 1.0, None, None),
            ("error-rate<0.1%", M::ErrorRate, C::Below, 0.001, None, None),
            ("cors-error-rate<=0.5", M::CorsErrorRate, C::AtMost, 0.5, None, None),
            ("errors==0", M::Errors, C::Equal, 0.0, None, None),
            ("dropped==0", M::Dropped, C::Equal, 0.0, None, None),
            ("rps>=5000", M::Throughput, C::AtLeast, 5000.0, None, None),
            (DEFAULT, M::CorsErrors, C::Equal, 0.0, None, None),
        ];
        for (text, metric, comparison, limit, request, stage) in table {
            let budget: Budget = text.parse().unwrap();
            assert_eq!((budget.metric, budget.comparison), (metric, comparison), "{text}");
            assert!((budget.limit - limit).abs() < 1e-9, "{text}: {}", budget.limit);
            assert_eq!((budget.request.as_deref(), budget.stage.as_deref()), (request, stage), "{text}");
        }
    }

    #[test]
    fn what_is_no_budget_is_said_with_what_was_expected() {
        for (text, help) in [
            ("", "expected METRIC COMPARISON LIMIT"),
            ("p99", "expected METRIC COMPARISON LIMIT"),
            ("p99<", "expected METRIC COMPARISON LIMIT"),
            ("p99=20ms", "expected METRIC COMPARISON LIMIT"),
            ("p99<20ms at preflight", "expected METRIC COMPARISON LIMIT"),
            ("p99<20ms for", "expected METRIC COMPARISON LIMIT"),
            ("p99<20ms for a for b", "expected METRIC COMPARISON LIMIT"),
            ("p101<20ms", "percentiles go from p0 to p100"),
            ("p9.9.9<20ms", "percentiles go from p0 to p100"),
            ("eror-rate<1%", "did you mean `error-rate`?"),
            ("latency<1ms", "metrics: a percentile such as p99, avg"),
            ("p99<20", "a length of time is expected"),
            ("p99<20m", "a length of time is expected"),
            ("rps>=5000/s", "a plain number is expected"),
            ("error-rate<1ms", "a share is expected"),
            ("rps>=1.2.3", "digits are expected"),
            ("rps>=.", "digits are expected"),
        ] {
            let error = text.parse::<Budget>().unwrap_err();
            assert!(error.help.contains(help), "{text}: {error:?}");
        }
    }

    #[test]
    fn the_margin_is_what_is_left_of_the_limit() {
        use Comparison as C;
        for (comparison, value, limit, holds, margin) in [
            (C::Below, 15.0, 20.0, true, Some(0.25)),
            (C::Below, 20.0, 20.0, false, Some(0.0)),
            (C::AtMost, 20.0, 20.0, true, Some(0.0)),
            (C::Below, 30.0, 20.0, false, Some(-0.5)),
            (C::AtLeast, 30.0, 20.0, true, Some(0.5)),
            (C::Above, 20.0, 20.0, false, Some(0.0)),
            (C::Equal, 0.0, 0.0, true, None),
            (C::Equal, 3.0, 0.0, false, None),
            (C::Equal, 3.0, 2.0, false, Some(-0.5)),
        ] {
            assert_eq!(comparison.holds(value, limit), holds, "{value} {comparison} {limit}");
            assert_eq!(comparison.margin(value, limit), margin, "{value} {comparison} {limit}");
        }
    }
}
