//! Decides whether a run is worse than an earlier one beyond noise. Pure: records in, a
//! [`Comparison`] out; the resampling takes its randomness from a fixed seed, so that the same
//! records always compare alike.
//!
//! A figure is worse when the whole interval of its change lies on the bad side, and the change is
//! greater than what is worth a person's time. The interval comes from the repeats where both
//! sides have at least `REPEATS` runs, because runs differ from one another by more than their
//! seconds do; else from the seconds of the one run on each side.

mod compare;
mod likeness;
mod resample;

pub use compare::compare;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many runs on each side it takes to tell their noise from themselves.
pub(crate) const REPEATS: usize = 3;

/// How sure an interval is.
pub(crate) const CONFIDENCE: f64 = 0.99;

/// The least relative change of a latency, a rate or a cost that counts.
pub(crate) const RELATIVE_FLOOR: f64 = 0.05;

/// The least change of a latency that counts, in microseconds: below it the clock and the scheduler speak.
pub(crate) const MICROS_FLOOR: f64 = 50.0;

/// The least change of a share that counts.
pub(crate) const SHARE_FLOOR: f64 = 0.001;

/// A run beside an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The earlier run.
    pub baseline: BaselineRecord,
    /// How many runs of today are compared.
    pub runs: usize,
    /// What the intervals were resampled from.
    pub units: Units,
    /// How sure they are, from 0 to 1.
    pub confidence: f64,
    /// What differs between the runs besides the endpoint, and so speaks against comparing them.
    pub unlike: Vec<String>,
    /// Each figure.
    pub figures: Vec<Figure>,
    /// Whether what looked worse was measured again, and only what was worse both times counts.
    pub measured_again: bool,
}

/// The earlier run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineRecord {
    /// When its first run began.
    pub started: String,
    /// The version of Crosscheck that made it.
    pub crosscheck: String,
    /// What was asked.
    pub target: String,
    /// How many runs it has.
    pub runs: usize,
    /// Its latencies, all runs together.
    pub response: crate::record::HistogramRecord,
}

/// What an interval was resampled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Units {
    /// Whole runs.
    Runs,
    /// The seconds of one run.
    Seconds,
}

/// A figure, before and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The name of the request; `total` for all of them.
    pub request: String,
    /// What is compared.
    pub metric: Compared,
    /// In the baseline, in the metric's unit.
    pub before: f64,
    /// Now.
    pub now: f64,
    /// The change: relative to `before`, or the difference where the metric is a share.
    pub change: f64,
    /// The ends of its interval.
    pub interval: (f64, f64),
    /// Verdict.
    pub verdict: Change,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// The median latency.
    P50,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// Answers in a second.
    Throughput,
    /// The share of requests that went wrong on the way.
    ErrorRate,
    /// The share of answers that were judged wrong.
    WrongRate,
}

/// What is said of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Better beyond noise.
    Better,
    /// No difference that noise does not explain.
    Same,
    /// Worse beyond noise.
    Worse,
    /// Too few samples to say.
    Unknown,
}

impl Compared {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Throughput => "answers a second",
            Self::ErrorRate => "errors",
            Self::WrongRate => "wrong answers",
        }
    }

    /// Whether it is a share, whose change is a difference.
    pub(crate) const fn is_share(self) -> bool {
        matches!(self, Self::ErrorRate | Self::WrongRate)
    }

    /// The percentile, where it is one.
    pub const fn percent(self) -> Option<f64> {
        match self {
            Self::P50 => Some(50.0),
            Self::P95 => Some(95.0),
            Self::P99 => Some(99.0),
            _ => None,
        }
    }
}

impl Comparison {
    /// The figures that are worse beyond noise.
    pub fn worse(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(|figure| figure.verdict == Change::Worse)
    }

    /// Whether there are any.
    pub fn regressed(&self) -> bool {
        self.worse().next().is_some()
    }

    /// This comparison after what looked worse was measured again: a figure stays worse only
    /// where it is worse in `again` too.
    #[must_use]
    pub fn confirmed_by(mut self, again: &Self) -> Self {
        self.measured_again = true;
        for figure in &mut self.figures {
            let still =
                again.worse().any(|other| other.request == figure.request && other.metric == figure.metric);
            if figure.verdict == Change::Worse && !still {
                figure.verdict = Change::Same;
            }
        }
        self
    }
}
