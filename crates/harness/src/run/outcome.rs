use std::fmt;

use crosscheck_core::verdict::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::RunRecord;

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
    /// An unexpected pass, or a known-issue entry that matches nothing.
    StaleExpectations,
    /// Interrupted before everything was judged.
    Interrupted,
}

impl Outcome {
    /// Of a record. An endpoint that never answered with success was not judged;
    /// otherwise a proven failure outranks what could not be judged. `strict`: warnings and flaky tests are failures.
    pub fn of(record: &RunRecord, strict: bool) -> Self {
        let counts = record.counts();
        let any = |verdict| counts.get(verdict) > 0;
        if record.interrupted && record.could_not_judge.is_none() {
            Self::Interrupted
        } else if record.no_success.is_some() {
            Self::NotJudged
        } else if any(Verdict::Fail) || (strict && (any(Verdict::Warn) || any(Verdict::Flaky))) {
            Self::Broken
        } else if record.could_not_judge.is_some()
            || record.operations.iter().any(|operation| operation.not_judged.is_some())
            || record.tests.iter().any(|test| test.verdict.is_not_judged())
        {
            Self::NotJudged
        } else if any(Verdict::UnexpectedPass) || !record.stale_known_issues.is_empty() {
            Self::StaleExpectations
        } else if counts.run() == 0 {
            Self::NothingRan
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
            Self::StaleExpectations => 6,
            Self::Interrupted => 130,
        }
    }

    /// Whether the endpoint was judged, for good or bad.
    pub const fn is_judged(self) -> bool {
        matches!(self, Self::Held | Self::Broken | Self::StaleExpectations)
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
}
