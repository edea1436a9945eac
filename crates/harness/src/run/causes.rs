//! The causes of what a run found: each once, with what it breaks and how many tests it explains; and the known issues
//! that name a cause.

use std::collections::BTreeSet;

use crosscheck_core::{
    diagnosis::{self, Attributed, Background, Cause, Diagnosed, Performed},
    plan::Test,
    redaction::Redactor,
    verdict::{Code, KnownIssue, Verdict},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{PromiseRecord, TestRecord};
use crate::endpoint::Endpoint;

/// A cause, and what it explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CauseRecord {
    /// The cause.
    #[serde(flatten)]
    pub cause: Diagnosed,
    /// Whether tests fail with it; otherwise they only warn.
    pub fails: bool,
    /// Whether every test that it explains is a known issue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// The operations that it concerns, where the endpoint has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// The promises that it breaks: indices in `promises`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<usize>,
    /// The tests that it explains: indices in `tests`.
    pub tests: Vec<usize>,
}

/// The causes of these tests, each with the test of the plan that it performed.
pub(super) fn find(
    planned: &[Option<Test>],
    records: &[TestRecord],
    endpoint: &Endpoint,
) -> Vec<CauseRecord> {
    let mut performed = Vec::new();
    let mut places = Vec::new();
    for (place, (test, record)) in planned.iter().zip(records).enumerate() {
        let Some(test) = test else { continue };
        places.push(place);
        performed.push(Performed {
            test,
            transcript: &record.transcript,
            findings: &record.findings,
            counts: counts(record.verdict),
        });
    }
    let is_unstable = |test: &TestRecord| test.findings.iter().any(|it| it.code == Code::AnswerUnstable);
    let unstable = records.iter().any(is_unstable);
    let background = Background { declared: endpoint.declared_policy(), unstable };
    let (found, _) = diagnosis::attribute(&performed, background);
    let mut causes: Vec<CauseRecord> =
        found.into_iter().map(|attributed| record(attributed, &places, endpoint.redactor())).collect();
    // What belongs to no case: bytes that answer no request, answers that differ.
    for (place, test) in
        records.iter().enumerate().skip(planned.len()).filter(|(_, test)| counts(test.verdict))
    {
        for cause in test.findings.iter().filter_map(diagnosis::of_finding) {
            if let Some(known) = causes.iter_mut().find(|known| known.cause.code == cause.code) {
                known.tests.push(place);
                known.tests.dedup();
                // What was asked again on purpose shows more than tests that contradict each other.
                if known.cause.evidence.is_empty() {
                    known.cause = cause;
                }
                continue;
            }
            causes.push(CauseRecord {
                cause,
                fails: test.verdict != Verdict::Warn,
                known: false,
                operations: Vec::new(),
                promises: Vec::new(),
                tests: vec![place],
            });
        }
    }
    causes
}

fn counts(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::KnownIssue)
}

fn record(attributed: Attributed, places: &[usize], redactor: &Redactor) -> CauseRecord {
    CauseRecord {
        cause: attributed.cause.redacted(redactor),
        fails: attributed.fails,
        known: false,
        operations: attributed.operations.into_iter().collect(),
        promises: Vec::new(),
        tests: attributed.tests.iter().filter_map(|place| places.get(*place).copied()).collect(),
    }
}

/// Excuses the tests whose causes are all known, and gives the entries that excused nothing.
pub(super) fn excuse(
    causes: &mut [CauseRecord],
    tests: &mut [TestRecord],
    issues: &[KnownIssue],
) -> Vec<String> {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for (place, test) in tests.iter_mut().enumerate() {
        if !matches!(test.verdict, Verdict::Fail | Verdict::Warn) {
            continue;
        }
        let own: BTreeSet<Cause> = causes
            .iter()
            .filter(|cause| cause.tests.contains(&place))
            .map(|cause| cause.cause.code)
            .collect();
        let excuses = |cause: &Cause| {
            issues.iter().position(|issue| issue.cause == Some(*cause) && issue.covers(&test.id))
        };
        let excused: Vec<Option<usize>> = own.iter().map(excuses).collect();
        used.extend(excused.iter().flatten());
        if let Some(reason) = excused.first().copied().flatten().and_then(|issue| issues.get(issue))
            && excused.iter().all(Option::is_some)
        {
            test.verdict = Verdict::KnownIssue;
            test.note = Some(reason.reason.clone());
        }
    }
    for cause in causes {
        cause.known = cause
            .tests
            .iter()
            .all(|place| tests.get(*place).is_some_and(|test| test.verdict == Verdict::KnownIssue));
    }
    let unused = |(place, issue): (usize, &KnownIssue)| {
        let cause = issue.cause.filter(|_| !used.contains(&place))?;
        Some(format!("{} ({cause})", issue.id))
    };
    issues.iter().enumerate().filter_map(unused).collect()
}

/// Says of each cause which promises it breaks.
pub(super) fn name_promises(causes: &mut [CauseRecord], promises: &[PromiseRecord], tests: &[TestRecord]) {
    for cause in causes {
        let ids: BTreeSet<&str> =
            cause.tests.iter().filter_map(|place| tests.get(*place)).map(|test| test.id.as_str()).collect();
        let broken = |promise: &PromiseRecord| promise.tests.iter().any(|test| ids.contains(test.as_str()));
        cause.promises = promises
            .iter()
            .enumerate()
            .filter(|(_, promise)| broken(promise))
            .map(|(place, _)| place)
            .collect();
    }
}
