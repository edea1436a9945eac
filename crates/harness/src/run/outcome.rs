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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::run::{
        gate::{Baseline, FailOn},
        record::RunRecord,
        sample::{cause, promise, record_with},
    };

    const WRONG: &[&str] = &["cors-check.missing"];

    fn run(tests: &[(&str, &str, &[&str])], more: &Value) -> RunRecord {
        let failing: Vec<usize> = (0..tests.len()).filter(|place| tests[*place].1 == "fail").collect();
        let causes = if failing.is_empty() { vec![] } else { vec![cause("vary-missing", None, &failing)] };
        record_with(tests, &causes, &[], more)
    }

    fn promised(why: &str, other_shard: bool) -> RunRecord {
        let mut unchecked = promise("https://a.example", "not-checked", &[]);
        unchecked["why"] = json!(why);
        unchecked["other_shard"] = json!(other_shard);
        record_with(&[("a", "pass", &[])], &[], &[unchecked], &json!({}))
    }

    #[test]
    fn the_first_of_several_reasons_wins() {
        let failed = ("a", "fail", WRONG);
        let (passed, warned): ((&str, &str, &[&str]), _) = (("b", "pass", &[]), ("c", "warn", WRONG));
        let known = ("d", "known-issue", WRONG);
        let (not_judged, unexpected): ((&str, &str, &[&str]), (&str, &str, &[&str])) =
            (("e", "harness-error", &[]), ("f", "unexpected-pass", &[]));
        let not_applicable: (&str, &str, &[&str]) = ("g", "not-applicable", &[]);
        let plain = json!({});
        let stale = json!({ "stale_known_issues": ["x"] });
        let shard = json!({
            "shard": { "number": 1, "of": 2, "tests": 1, "plan": "0a", "parts": [] },
            "stale_known_issues": ["x"],
        });
        let usual = Gate::default();
        let strict = Gate { strict: true, ..Gate::default() };
        let on = |text: &str| Gate { fail_on: vec![text.parse::<FailOn>().unwrap()], ..Gate::default() };
        let selected = Gate { selected: true, ..strict.clone() };
        let against = |gate: &Gate, old: &RunRecord, new: &RunRecord| Gate {
            baseline: Some(Baseline::new(old, new)),
            ..gate.clone()
        };
        let both = |gate: &Gate, record: &RunRecord| (record.clone(), against(gate, record, record));
        let newly = |old: &RunRecord, new: RunRecord, gate: &Gate| {
            let gate = against(gate, old, &new);
            (new, gate)
        };
        let of = |tests: &[(&str, &str, &[&str])], more: &Value| run(tests, more);
        let no_success = json!({ "no_success": "404" });
        let cases: Vec<(&str, (RunRecord, Gate), Outcome)> = vec![
            ("passed", (of(&[passed], &plain), usual.clone()), Outcome::Held),
            ("failed", (of(&[passed, failed], &plain), usual.clone()), Outcome::Broken),
            ("known", (of(&[passed, known], &plain), usual.clone()), Outcome::Held),
            ("stale", (of(&[passed], &stale), usual.clone()), Outcome::StaleExpectations),
            ("unexpected", (of(&[unexpected], &plain), usual.clone()), Outcome::StaleExpectations),
            ("stale hides no failure", (of(&[failed], &stale), usual.clone()), Outcome::Broken),
            ("stale hides nothing unjudged", (of(&[not_judged], &stale), usual.clone()), Outcome::NotJudged),
            ("stale in a shard", (of(&[passed], &shard), usual.clone()), Outcome::Held),
            ("nothing ran in a shard", (of(&[not_applicable], &shard), usual.clone()), Outcome::Held),
            ("nothing ran", (of(&[not_applicable], &plain), usual.clone()), Outcome::NothingRan),
            ("no success", (of(&[failed], &no_success), usual.clone()), Outcome::NotJudged),
            ("a part", (of(&[passed, not_judged], &plain), usual.clone()), Outcome::NotJudged),
            ("failed and a part", (of(&[failed, not_judged], &plain), usual.clone()), Outcome::Broken),
            (
                "interrupted",
                (of(&[failed], &json!({ "interrupted": true })), usual.clone()),
                Outcome::Interrupted,
            ),
            (
                "stopped by known issues",
                (of(&[known, not_judged], &json!({ "stopped_after": 1 })), usual.clone()),
                Outcome::Broken,
            ),
            ("a warning", (of(&[warned], &plain), usual.clone()), Outcome::Held),
            ("a strict warning", (of(&[warned], &plain), strict.clone()), Outcome::Broken),
            ("unchecked", (promised("no answer", false), usual.clone()), Outcome::Held),
            ("strict and unchecked", (promised("no answer", false), strict.clone()), Outcome::Broken),
            ("checked elsewhere", (promised("another shard checks it", true), strict.clone()), Outcome::Held),
            ("unselected", (promised("no selected test checks it", false), selected.clone()), Outcome::Held),
            (
                "not selected by hand",
                (promised("no selected test checks it", false), strict.clone()),
                Outcome::Broken,
            ),
            ("selected and unchecked", (promised("no answer", false), selected), Outcome::Broken),
            ("tolerated", (of(&[failed], &plain), on("high")), Outcome::Broken),
            ("tolerated by severity", (of(&[failed], &plain), on("critical")), Outcome::Held),
            ("tolerated by cause", (of(&[failed], &plain), on("tls")), Outcome::Held),
            ("named", (of(&[failed], &plain), on("vary-missing")), Outcome::Broken),
            ("unexplained", (record_with(&[failed], &[], &[], &plain), on("critical")), Outcome::Broken),
            ("tolerated, but stale", (of(&[failed], &stale), on("tls")), Outcome::StaleExpectations),
            ("broken before", both(&usual, &of(&[failed], &plain)), Outcome::Held),
            ("broken before, and stale", both(&usual, &of(&[failed], &stale)), Outcome::StaleExpectations),
            (
                "newly broken",
                newly(&of(&[("a", "pass", &[])], &plain), of(&[failed], &stale), &usual),
                Outcome::Regression,
            ),
            (
                "newly broken, and tolerated",
                newly(&of(&[("a", "pass", &[])], &plain), of(&[failed], &plain), &on("tls")),
                Outcome::Held,
            ),
            ("a strict warning as before", both(&strict, &of(&[warned], &plain)), Outcome::Held),
            (
                "a new strict warning",
                newly(&of(&[("c", "pass", &[])], &plain), of(&[warned], &plain), &strict),
                Outcome::Broken,
            ),
            ("unchecked as before", both(&strict, &promised("no answer", false)), Outcome::Held),
        ];
        for (what, (record, gate), expected) in cases {
            assert_eq!(Outcome::behind(&record, &gate), expected, "{what}");
        }
    }
}
