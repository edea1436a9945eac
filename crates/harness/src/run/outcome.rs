use crosscheck_core::verdict::Verdict;

use super::record::RunRecord;

/// What a run comes to: its verdict in every report, and its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All held, known issues matched.
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

impl RunRecord {
    /// Whether everything was judged and held.
    pub fn held(&self) -> bool {
        Outcome::of(self, false) == Outcome::Held
    }
}
