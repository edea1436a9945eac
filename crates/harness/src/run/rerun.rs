//! Which cases of an earlier run are run again: those with a test that failed or was not judged.

use std::collections::HashSet;

use crosscheck_core::{plan::Planned, verdict::Verdict};

use super::record::{RunRecord, TestRecord};

/// What is run again of an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    /// Ids of cases; `None`: all, as what failed is not about a case.
    cases: Option<HashSet<String>>,
    /// Number of tests that failed or were not judged.
    tests: usize,
}

impl Rerun {
    /// Of an earlier run. All cases, where it did not judge the endpoint, or where what failed is about the endpoint and
    /// not about a case.
    pub fn of(record: &RunRecord) -> Self {
        let not_judged: Vec<String> = record
            .operations
            .iter()
            .filter(|operation| operation.not_judged.is_some())
            .map(|operation| format!("@{}", operation.name))
            .collect();
        let again = |test: &&TestRecord| {
            test.verdict == Verdict::Fail
                || test.verdict.is_not_judged()
                || (test.verdict != Verdict::NotApplicable
                    && not_judged.iter().any(|operation| test.id.contains(operation)))
        };
        let tests: Vec<&TestRecord> = record.tests.iter().filter(again).collect();
        // What belongs to no case has no line in a file.
        let all = record.no_success.is_some() || tests.iter().any(|test| test.line == 0);
        let cases = || tests.iter().flat_map(|test| prefixes(&test.id)).map(str::to_owned).collect();
        Self { cases: (!all).then(cases), tests: if all { tests.len().max(1) } else { tests.len() } }
    }

    /// Whether nothing is left to run again.
    pub fn is_empty(&self) -> bool {
        self.tests == 0
    }

    /// The tests of a plan that are run again.
    pub fn keep(&self, plan: Vec<Planned>) -> Vec<Planned> {
        let Some(cases) = &self.cases else { return plan };
        plan.into_iter().filter(|planned| cases.contains(&planned.claim.id)).collect()
    }
}

/// The ids that the case of a test may have: its orders and caches are in brackets behind it.
fn prefixes(id: &str) -> impl Iterator<Item = &str> {
    let before = id.match_indices('[').filter_map(|(at, _)| id.get(..at));
    before.chain([id])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::sample::record_with;

    #[test]
    fn the_cases_of_what_failed_or_was_not_judged_are_run_again() {
        let of = |tests: &[(&str, &str, &[&str])], more| Rerun::of(&record_with(tests, &[], &[], &more));
        let usual: [(&str, &str, &[&str]); 6] = [
            ("a[1]", "pass", &[]),
            ("a[2]", "fail", &[]),
            ("b", "known-issue", &[]),
            ("c@GET /x", "harness-error", &[]),
            ("d", "not-applicable", &[]),
            ("e@GET /y[1]", "pass", &[]),
        ];
        let cases = |rerun: &Rerun| {
            let mut cases: Vec<String> = rerun.cases.iter().flatten().cloned().collect();
            cases.sort();
            cases
        };
        let again = of(&usual, json!({}));
        assert_eq!((cases(&again), again.tests), (["a", "a[2]", "c@GET /x"].map(str::to_owned).to_vec(), 2));
        let operation = json!({ "operations": [
            { "name": "GET /y", "method": "GET", "url": "https://api.example/y", "not_judged": "404" },
        ] });
        assert!(
            cases(&of(&usual, operation)).contains(&"e@GET /y".to_owned()),
            "of an operation without a verdict"
        );
        let all = of(&usual, json!({ "no_success": "404" }));
        assert_eq!(all.cases, None, "where nothing was judged, everything");
        assert!(of(&usual[..1], json!({})).is_empty());
    }

    #[test]
    fn the_case_of_a_test_is_among_the_beginnings_of_its_id() {
        let of = |id| prefixes(id).collect::<Vec<_>>();
        assert_eq!(of("a/b"), ["a/b"]);
        assert_eq!(of("a/b[x,y|shared]"), ["a/b", "a/b[x,y|shared]"]);
        assert_eq!(of("a/b@GET /[x][y]"), ["a/b@GET /", "a/b@GET /[x]", "a/b@GET /[x][y]"]);
    }
}
