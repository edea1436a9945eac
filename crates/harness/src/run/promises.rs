//! Which promises of a policy a run kept, broke, or did not check.

use std::{collections::HashMap, sync::Arc};

use crosscheck_core::{
    exchange::OutcomeName, operation::Operation, plan::Claim, promise::Promise, verdict::Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::TestRecord;

/// Result of one promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromiseRecord {
    /// The operation that it is about, where the endpoint has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The promise.
    #[serde(flatten)]
    pub promise: Promise,
    /// The promise as a sentence.
    pub sentence: String,
    /// Whether it was kept.
    pub state: PromiseState,
    /// Why it was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether another shard of the run checks it, and this one does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_shard: bool,
    /// Ids of the tests that prove that it was broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<String>,
}

/// Whether a promise was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromiseState {
    /// Every test of it passed.
    Kept,
    /// A test of it failed, whether or not that is a known issue.
    Broken,
    /// No test of it had a verdict.
    NotChecked,
}

impl PromiseState {
    /// The word for it in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken => "broken",
            Self::NotChecked => "not checked",
        }
    }
}

/// The account of these promises after these tests, each with its claim. `unjudged`: why nothing can be said of an
/// operation. `elsewhere`: whether another shard checks a promise.
pub fn account<'t>(
    promises: Vec<(Option<Arc<Operation>>, Promise)>,
    tests: impl Iterator<Item = (&'t Claim, &'t TestRecord)>,
    unjudged: impl Fn(&Operation) -> Option<String>,
    elsewhere: impl Fn(Option<&str>, &Promise) -> bool,
) -> Vec<PromiseRecord> {
    let mut checked: HashMap<(Option<&str>, &Promise), Vec<&TestRecord>> = HashMap::new();
    for (claim, test) in tests {
        let Some(promise) = &claim.promise else { continue };
        checked.entry((name(claim.operation.as_ref()), promise)).or_default().push(test);
    }
    let of = |(operation, promise): (Option<Arc<Operation>>, Promise)| {
        let tests = checked.get(&(name(operation.as_ref()), &promise)).map(Vec::as_slice).unwrap_or_default();
        let own = tests.iter().copied();
        let unjudged = operation.as_deref().and_then(&unjudged);
        let broken: Vec<String> =
            own.clone().filter(|test| is_broken(test.verdict)).map(|test| test.id.clone()).collect();
        let (state, why) = if !broken.is_empty() {
            (PromiseState::Broken, None)
        } else if let Some(why) = unjudged {
            (PromiseState::NotChecked, Some(why))
        } else if own.clone().any(|test| shows_kept(&promise, test)) {
            (PromiseState::Kept, None)
        } else if elsewhere(name(operation.as_ref()), &promise) {
            (PromiseState::NotChecked, Some(OTHER_SHARD.to_owned()))
        } else {
            (PromiseState::NotChecked, Some(why_unchecked(own)))
        };
        let other_shard = why.as_deref() == Some(OTHER_SHARD);
        let operation = operation.map(|operation| operation.name.clone());
        let sentence = promise.to_string();
        PromiseRecord { operation, sentence, promise, state, why, other_shard, tests: broken }
    };
    promises.into_iter().map(of).collect()
}

/// Why a promise was not checked in one shard.
const OTHER_SHARD: &str = "another shard checks it";

/// Why a promise was not checked by the selected tests.
const NO_SELECTED_TEST: &str = "no selected test checks it";

fn name(operation: Option<&Arc<Operation>>) -> Option<&str> {
    operation.map(|operation| operation.name.as_str())
}

fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::KnownIssue)
}

fn shows_kept(promise: &Promise, test: &TestRecord) -> bool {
    let exposes = matches!(promise, Promise::Exposes { .. });
    match test.verdict {
        Verdict::Pass | Verdict::Flaky | Verdict::UnexpectedPass | Verdict::Observed => {
            // Where no page read an answer, nothing shows what pages read of it.
            !exposes || reads(test)
        }
        // A field that the answer does not have is a warning, and shows nothing.
        Verdict::Warn => !exposes,
        _ => false,
    }
}

/// Whether a page read one of the answers.
fn reads(test: &TestRecord) -> bool {
    test.transcript.requests.values().any(|result| result.outcome == OutcomeName::Allowed)
}

fn why_unchecked<'t>(mut tests: impl Iterator<Item = &'t TestRecord>) -> String {
    let why = |test: &TestRecord| {
        test.note.clone().or_else(|| test.findings.first().map(|finding| finding.message.clone()))
    };
    let mut performed = false;
    let found = tests.find_map(|test| {
        performed = true;
        why(test)
    });
    found.unwrap_or_else(|| match performed {
        true => {
            "no answer to what may be sent is readable; declare an operation with `\"send\": true`".to_owned()
        }
        false => NO_SELECTED_TEST.to_owned(),
    })
}

impl PromiseRecord {
    /// Whether it was not checked, and no other shard checks it.
    pub fn is_unchecked(&self) -> bool {
        self.state == PromiseState::NotChecked && !self.other_shard
    }

    /// Whether no test of the selection could have checked it.
    pub fn is_unselected(&self) -> bool {
        self.is_unchecked() && self.why.as_deref() == Some(NO_SELECTED_TEST)
    }
}

/// How many promises have each state: kept, broken, not checked. Those that another shard checks are not counted.
pub fn counts(promises: &[PromiseRecord]) -> (usize, usize, usize) {
    let own = || promises.iter().filter(|promise| !promise.other_shard);
    let count = |state| own().filter(|promise| promise.state == state).count();
    (count(PromiseState::Kept), count(PromiseState::Broken), count(PromiseState::NotChecked))
}
