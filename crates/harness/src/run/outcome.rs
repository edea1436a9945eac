use std::fmt;

use crosscheck_core::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{gate::Gate, record::RunRecord};

/// What a run comes to: its verdict in every report, and its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything that was judged held, and known issues matched.
    Held,
    /// Something did not hold.
    Broken,
    /// The selection matched no test, or every test's needs were unmet.
    NothingRan,
    /// The endpoint, or a part of it, could not be judged.
    NotJudged,
    /// Something is broken that was not in the baseline.
    Regression,
    /// An unexpected pass, or a known-issue entry that matches nothing.
    StaleExpectations,
    /// Interrupted before everything was judged.
    Interrupted,
}

impl Outcome {
    /// Of a record. `strict`: warnings, flaky tests and promises that were not checked are failures.
    pub fn of(record: &RunRecord, strict: bool) -> Self {
        Self::behind(record, &Gate { strict, ..Gate::default() })
    }

    /// Of a record, behind a gate. An endpoint that never answered with success was not judged;
    /// otherwise a proven failure outranks what could not be judged, and that outranks stale expectations.
    pub fn behind(record: &RunRecord, gate: &Gate) -> Self {
        let counts = record.counts();
        let broken = if gate.baseline.is_some() { Self::Regression } else { Self::Broken };
        // Only all shards together show that an entry matches nothing, or that nothing ran.
        let alone = record.shard.is_none();
        if record.interrupted && record.could_not_judge.is_none() {
            Self::Interrupted
        } else if record.no_success.is_some() {
            Self::NotJudged
        } else if gate.is_broken(record) {
            broken
        } else if record.stopped_after.is_some() || gate.warns(record) {
            Self::Broken
        } else if record.could_not_judge.is_some()
            || record.operations.iter().any(|operation| operation.not_judged.is_some())
            || record.tests.iter().any(|test| test.verdict.is_not_judged())
        {
            Self::NotJudged
        } else if counts.run() == 0 && alone && record.stale_known_issues.is_empty() {
            Self::NothingRan
        } else if !gate.unchecked(record).is_empty() {
            Self::Broken
        } else if counts.get(Verdict::UnexpectedPass) > 0 || (alone && !record.stale_known_issues.is_empty())
        {
            Self::StaleExpectations
        } else {
            Self::Held
        }
    }
}

impl Outcome {
    /// The word for it in records and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "broken",
            Self::NothingRan => "nothing-ran",
            Self::NotJudged => "not-judged",
            Self::Regression => "regression",
            Self::StaleExpectations => "stale-expectations",
            Self::Interrupted => "interrupted",
        }
    }

    /// The exit code of a process that ends with it.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Broken => 1,
            Self::NothingRan => 3,
            Self::NotJudged => 4,
            Self::Regression => 5,
            Self::StaleExpectations => 6,
            Self::Interrupted => 130,
        }
    }

    /// Whether the endpoint was judged, for good or bad.
    pub const fn is_judged(self) -> bool {
        matches!(self, Self::Held | Self::Broken | Self::Regression | Self::StaleExpectations)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl RunRecord {
    /// Whether everything was judged and held.
    pub fn held(&self) -> bool {
        Outcome::of(self, false) == Outcome::Held
    }

    /// Whether no test has a verdict on the endpoint.
    pub fn judged_nothing(&self) -> bool {
        let judged = |verdict: Verdict| !verdict.is_not_judged() && verdict != Verdict::NotApplicable;
        self.no_success.is_some() || !self.tests.iter().any(|test| judged(test.verdict))
    }
}
