//! Which of the things that a run found make it fail.

use std::{collections::HashSet, str::FromStr};

use crosscheck_core::{
    diagnosis::{Cause, Severity},
    document::{nearest, quote},
    verdict::Verdict,
};
use thiserror::Error;

use super::{
    comparison::{self, Comparison},
    record::{CauseRecord, PromiseRecord, PromiseState, RunRecord, TestRecord},
};

/// What makes a run fail; by default, every failed test.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// Whether warnings, flaky tests and promises that were not checked make a run fail, too.
    pub strict: bool,
    /// Causes that make a run fail; none: all. A failed test that no cause explains always does.
    pub fail_on: Vec<FailOn>,
    /// Whether only some of the tests were selected: then promises that none of these checks are not missing.
    pub selected: bool,
    /// The comparison with an earlier run, whose failures do not make this run fail.
    pub baseline: Option<Baseline>,
}

/// Causes that make a run fail: one, or all that are bad enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// This cause.
    Cause(Cause),
    /// Causes of this severity or worse.
    Severity(Severity),
}

/// A text that is neither a cause nor a severity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} is neither a cause nor a severity{}", quote(.text), .meant.map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default())]
pub struct ParseFailOnError {
    text: String,
    meant: Option<&'static str>,
}

impl FailOn {
    /// The names of the severities, worst first.
    pub const SEVERITIES: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    fn covers(self, cause: &CauseRecord) -> bool {
        match self {
            Self::Cause(code) => cause.cause.code == code,
            Self::Severity(severity) => cause.cause.severity >= severity,
        }
    }
}

impl FromStr for FailOn {
    type Err = ParseFailOnError;

    fn from_str(text: &str) -> Result<Self, ParseFailOnError> {
        if let Some(severity) = Self::SEVERITIES.into_iter().find(|severity| severity.as_str() == text) {
            return Ok(Self::Severity(severity));
        }
        if let Ok(cause) = text.parse() {
            return Ok(Self::Cause(cause));
        }
        let severities = Self::SEVERITIES.into_iter().map(Severity::as_str);
        let known = severities.chain(Cause::ALL.iter().map(|cause| cause.as_str()));
        let meant = nearest(text, known.clone());
        let meant = meant.and_then(|meant| known.into_iter().find(|known| *known == meant));
        Err(ParseFailOnError { text: text.to_owned(), meant })
    }
}

/// An earlier run beside the one that is judged.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// What differs.
    pub comparison: Comparison,
    /// Ids of the tests that are newly broken.
    newly_broken: HashSet<String>,
    /// Ids of the tests that failed, warned or were flaky in the earlier run.
    blemished: HashSet<String>,
    /// The promises that the earlier run did not check.
    unchecked: HashSet<(Option<String>, String)>,
}

impl Baseline {
    /// The comparison of these two.
    pub fn new(old: &RunRecord, new: &RunRecord) -> Self {
        let comparison = comparison::compare(old, new);
        let newly_broken = comparison.newly_broken.tests.iter().map(|test| test.id.clone()).collect();
        let blemished = |test: &&TestRecord| {
            matches!(test.verdict, Verdict::Fail | Verdict::KnownIssue | Verdict::Warn | Verdict::Flaky)
        };
        let unchecked = |promise: &&PromiseRecord| promise.state == PromiseState::NotChecked;
        Self {
            newly_broken,
            blemished: old.tests.iter().filter(blemished).map(|test| test.id.clone()).collect(),
            unchecked: old
                .promises
                .iter()
                .filter(unchecked)
                .map(|promise| (promise.operation.clone(), promise.sentence.clone()))
                .collect(),
            comparison,
        }
    }
}

impl Gate {
    /// Whether a cause makes a run fail.
    pub fn covers(&self, cause: &CauseRecord) -> bool {
        self.fail_on.is_empty() || self.fail_on.iter().any(|on| on.covers(cause))
    }

    /// Whether a failed test makes the run fail, by its causes.
    fn counts(&self, record: &RunRecord, place: usize) -> bool {
        if self.fail_on.is_empty() {
            return true;
        }
        let mut explained = false;
        for cause in record.causes.iter().filter(|cause| cause.tests.contains(&place)) {
            explained = true;
            if self.covers(cause) {
                return true;
            }
        }
        !explained
    }

    fn any<'r>(&self, record: &'r RunRecord, is_meant: impl Fn(&'r TestRecord) -> bool) -> bool {
        let mut meant = record.tests.iter().enumerate().filter(|(_, test)| is_meant(test));
        meant.any(|(place, _)| self.counts(record, place))
    }

    /// Whether a failed test makes the run fail that did not fail in the baseline. Without one: whether any does.
    pub fn is_broken(&self, record: &RunRecord) -> bool {
        self.any(record, |test| {
            test.verdict == Verdict::Fail
                && self.baseline.as_ref().is_none_or(|baseline| baseline.newly_broken.contains(&test.id))
        })
    }

    /// Whether a warning or a flaky test makes the run fail.
    pub fn warns(&self, record: &RunRecord) -> bool {
        self.strict
            && self.any(record, |test| {
                matches!(test.verdict, Verdict::Warn | Verdict::Flaky)
                    && self.baseline.as_ref().is_none_or(|baseline| !baseline.blemished.contains(&test.id))
            })
    }

    /// The promises that make the run fail because they were not checked.
    pub fn unchecked<'r>(&self, record: &'r RunRecord) -> Vec<&'r PromiseRecord> {
        let counts = |promise: &&PromiseRecord| {
            let known = |baseline: &Baseline| {
                baseline.unchecked.contains(&(promise.operation.clone(), promise.sentence.clone()))
            };
            promise.is_unchecked()
                && !(self.selected && promise.is_unselected())
                && !self.baseline.as_ref().is_some_and(known)
        };
        if self.strict { record.promises.iter().filter(counts).collect() } else { Vec::new() }
    }

    /// The causes of failures that do not make the run fail, although they would without `fail_on`.
    pub fn tolerated<'r>(&self, record: &'r RunRecord) -> Vec<&'r CauseRecord> {
        record.causes.iter().filter(|cause| cause.fails && !cause.known && !self.covers(cause)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_or_a_severity_is_named_and_what_is_neither_is_refused_with_the_nearest() {
        for (text, expected) in [
            ("high", Ok(FailOn::Severity(Severity::High))),
            ("info", Ok(FailOn::Severity(Severity::Info))),
            ("vary-missing", Ok(FailOn::Cause(Cause::VaryMissing))),
            ("hihg", Err("`hihg` is neither a cause nor a severity, did you mean `high`?")),
            (
                "vary-mising",
                Err("`vary-mising` is neither a cause nor a severity, did you mean `vary-missing`?"),
            ),
            ("HIGH", Err("`HIGH` is neither a cause nor a severity")),
            ("", Err("`` is neither a cause nor a severity")),
        ] {
            match (text.parse::<FailOn>(), expected) {
                (Ok(found), expected) => assert_eq!(Ok(found), expected, "{text}"),
                (Err(error), Err(message)) => assert!(error.to_string().starts_with(message), "{error}"),
                (Err(error), Ok(_)) => panic!("{text}: {error}"),
            }
        }
    }
}
