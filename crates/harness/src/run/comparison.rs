//! What differs between two runs: newly broken, fixed, and broken in another way. A test that one of them did not judge
//! is neither broken nor fixed in it.
//!
//! Tests decide: a cause or a promise is newly broken if one of its tests is. A test that fails in both runs was broken
//! before, whatever explains it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

use crosscheck_core::{
    diagnosis::{Cause, Diagnosed},
    fetch::Profile,
    promise::Promise,
    verdict::{Code, Verdict, Weight},
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{CauseRecord, PromiseRecord, PromiseState, RunRecord, TestRecord};

/// The version of the comparison's form; it grows whenever that changes.
const COMPARISON_VERSION: u32 = 1;

/// What differs between two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Version of this format.
    pub comparison_version: u32,
    /// The earlier run.
    pub old: ComparedRun,
    /// The later run.
    pub new: ComparedRun,
    /// What makes the runs hard to compare, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What is broken in the later run and was not in the earlier one.
    #[serde(default)]
    pub newly_broken: Differences,
    /// What was broken in the earlier run and is not in the later one.
    #[serde(default)]
    pub fixed: Differences,
    /// What is broken in another way, or is a known issue in one of the runs only.
    #[serde(default)]
    pub changed: Differences,
    /// What was broken in the earlier run and was not judged in the later one.
    #[serde(default)]
    pub not_judged: Differences,
}

/// One of the runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedRun {
    /// The tested endpoint.
    pub endpoint: String,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// When the run began, RFC 3339.
    pub started: String,
    /// Emulated browser.
    pub profile: Profile,
    /// Number of tests with a verdict on the endpoint.
    pub judged: usize,
    /// Number of tests that failed, without known issues.
    pub failed: usize,
}

/// Causes, promises and tests that differ in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Differences {
    /// Causes, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<CauseDifference>,
    /// Promises of the declared rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<PromiseDifference>,
    /// Tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestDifference>,
}

impl Differences {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty() && self.promises.is_empty() && self.tests.is_empty()
    }
}

/// A cause that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CauseDifference {
    /// The cause, as the later run has it if it does.
    #[serde(flatten)]
    pub cause: Diagnosed,
    /// The operations on which it differs, where the endpoint has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// What it was in the earlier run.
    pub before: CauseState,
    /// What it is in the later run.
    pub after: CauseState,
    /// Number of tests that it explained in the earlier run.
    pub tests_before: usize,
    /// Number of tests that it explains in the later run.
    pub tests: usize,
    /// Id of one of these tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// Causes that explain its tests in the other run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<Cause>,
}

/// What a cause is in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CauseState {
    /// The run does not have it.
    Absent,
    /// Tests only warn because of it.
    Warns,
    /// Tests fail because of it, all of them known issues.
    KnownIssue,
    /// Tests fail because of it.
    Fails,
}

impl CauseState {
    /// The words for it in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Warns => "a warning",
            Self::KnownIssue => "a known issue",
            Self::Fails => "a failure",
        }
    }

    const fn is_broken(self) -> bool {
        matches!(self, Self::KnownIssue | Self::Fails)
    }
}

/// A promise that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromiseDifference {
    /// The operation that it is about, where the endpoint has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The promise as a sentence.
    pub sentence: String,
    /// What it was in the earlier run. If missing: not a promise there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PromiseState>,
    /// What it is in the later run. If missing: not a promise there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PromiseState>,
    /// Id of a test that proves that it was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

/// A test that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestDifference {
    /// The stable id.
    pub id: String,
    /// The claim.
    pub title: String,
    /// Verdict in the earlier run. If missing: it has no such test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Verdict>,
    /// Verdict in the later run. If missing: it has no such test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Verdict>,
    /// Codes of the failed checks in the earlier run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub codes_before: BTreeSet<Code>,
    /// Codes of the failed checks in the later run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub codes: BTreeSet<Code>,
    /// Causes of its failure in the earlier run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub causes_before: BTreeSet<Cause>,
    /// Causes of its failure in the later run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub causes: BTreeSet<Cause>,
}

/// What a test says of the endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Broken,
    Fine,
    NotJudged,
}

fn standing(verdict: Verdict) -> Standing {
    match verdict {
        Verdict::Fail | Verdict::KnownIssue => Standing::Broken,
        Verdict::Pass | Verdict::Warn | Verdict::Observed | Verdict::Flaky | Verdict::UnexpectedPass => {
            Standing::Fine
        }
        Verdict::NotApplicable
        | Verdict::SetupError
        | Verdict::HarnessError
        | Verdict::DependencyFailed
        | Verdict::Interfered => Standing::NotJudged,
    }
}

/// A cause on one operation: what is compared. The subject counts where it makes another thing to change.
type Key<'r> = (Cause, Option<&'r str>, Option<&'r str>);

struct Unit<'r> {
    cause: &'r CauseRecord,
    state: CauseState,
    tests: Vec<&'r TestRecord>,
}

/// One of the records, with what is looked up in it.
struct Side<'r> {
    record: &'r RunRecord,
    tests: HashMap<&'r str, &'r TestRecord>,
    /// The causes of each test that has some.
    causes: HashMap<&'r str, Vec<&'r CauseRecord>>,
    units: IndexMap<Key<'r>, Unit<'r>>,
    promises: HashMap<(Option<&'r str>, &'r Promise), &'r PromiseRecord>,
}

impl<'r> Side<'r> {
    fn new(record: &'r RunRecord) -> Self {
        let mut causes: HashMap<&str, Vec<&CauseRecord>> = HashMap::new();
        let mut units = IndexMap::new();
        for cause in &record.causes {
            let tests: Vec<&TestRecord> =
                cause.tests.iter().filter_map(|place| record.tests.get(*place)).collect();
            for test in &tests {
                causes.entry(&test.id).or_default().push(cause);
            }
            for operation in operations(cause) {
                units.entry(key(cause, operation)).or_insert_with(|| unit(record, cause, operation, &tests));
            }
        }
        Self {
            tests: record.tests.iter().map(|test| (test.id.as_str(), test)).collect(),
            promises: record.promises.iter().map(|promise| (promise_key(promise), promise)).collect(),
            causes,
            units,
            record,
        }
    }

    fn standing(&self, id: &str) -> Option<Standing> {
        self.tests.get(id).map(|test| standing(test.verdict))
    }

    fn causes(&self, id: &str) -> &[&'r CauseRecord] {
        self.causes.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    fn state(&self, key: &Key<'_>) -> CauseState {
        self.units.get(key).map_or(CauseState::Absent, |unit| unit.state)
    }

    fn compared(&self) -> ComparedRun {
        let count = |is_meant: fn(Verdict) -> bool| {
            self.record.tests.iter().filter(|test| is_meant(test.verdict)).count()
        };
        ComparedRun {
            endpoint: self.record.endpoint.name.clone(),
            crosscheck: self.record.crosscheck.clone(),
            started: self.record.started.clone(),
            profile: self.record.profile,
            judged: count(|verdict| standing(verdict) != Standing::NotJudged),
            failed: count(|verdict| verdict == Verdict::Fail),
        }
    }
}

/// The operations of a cause; one that is none, where the endpoint has a URL alone.
fn operations(cause: &CauseRecord) -> Vec<Option<&str>> {
    match cause.operations.as_slice() {
        [] => vec![None],
        operations => operations.iter().map(|operation| Some(operation.as_str())).collect(),
    }
}

fn key<'r>(cause: &'r CauseRecord, operation: Option<&'r str>) -> Key<'r> {
    let subject = cause.cause.subject.as_deref().filter(|_| cause.cause.code.is_per_subject());
    (cause.cause.code, subject, operation)
}

fn promise_key(promise: &PromiseRecord) -> (Option<&str>, &Promise) {
    (promise.operation.as_deref(), &promise.promise)
}

/// The operation that a test is of: the id of its case ends with `@` and the name.
fn is_of(test: &TestRecord, operation: &str) -> bool {
    test.id.match_indices('@').any(|(at, _)| {
        let rest = test.id.get(at + 1..).and_then(|rest| rest.strip_prefix(operation));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    })
}

fn unit<'r>(
    record: &RunRecord,
    cause: &'r CauseRecord,
    operation: Option<&str>,
    tests: &[&'r TestRecord],
) -> Unit<'r> {
    let own: Vec<&TestRecord> = match operation.filter(|_| record.operations.len() > 1) {
        Some(operation) => tests.iter().copied().filter(|test| is_of(test, operation)).collect(),
        None => Vec::new(),
    };
    let tests = if own.is_empty() { tests.to_vec() } else { own };
    let any = |verdict| tests.iter().any(|test| test.verdict == verdict);
    let state = if !cause.fails {
        CauseState::Warns
    } else if any(Verdict::Fail) {
        CauseState::Fails
    } else if any(Verdict::KnownIssue) {
        CauseState::KnownIssue
    } else {
        CauseState::Warns
    };
    Unit { cause, state, tests }
}

/// What differs between an earlier and a later run.
pub fn compare(old: &RunRecord, new: &RunRecord) -> Comparison {
    let (old, new) = (Side::new(old), Side::new(new));
    let newly: HashSet<&str> = new
        .record
        .tests
        .iter()
        .filter(|test| is_newly_broken(test, &old, &new))
        .map(|test| test.id.as_str())
        .collect();
    let mut comparison = Comparison {
        comparison_version: COMPARISON_VERSION,
        old: old.compared(),
        new: new.compared(),
        notes: notes(&old, &new),
        newly_broken: Differences::default(),
        fixed: Differences::default(),
        changed: Differences::default(),
        not_judged: Differences::default(),
    };
    compare_causes(&old, &new, &newly, &mut comparison);
    compare_promises(&old, &new, &newly, &mut comparison);
    compare_tests(&old, &new, &newly, &mut comparison);
    comparison
}

/// Whether a test fails that did not before. One that the earlier run did not judge is newly broken unless that run has
/// all of its causes.
fn is_newly_broken(test: &TestRecord, old: &Side<'_>, new: &Side<'_>) -> bool {
    if test.verdict != Verdict::Fail {
        return false;
    }
    match old.standing(&test.id) {
        Some(Standing::Fine) => true,
        Some(Standing::Broken) => false,
        Some(Standing::NotJudged) | None => {
            let mut causes = new.causes(&test.id).iter().filter(|cause| cause.fails).peekable();
            let was_broken = |cause: &CauseRecord| {
                let all = operations(cause);
                let own = || all.iter().copied().filter(|it| it.is_none_or(|it| is_of(test, it)));
                let was = |operation| old.state(&key(cause, operation)).is_broken();
                if own().next().is_some() { own().all(was) } else { all.iter().copied().all(was) }
            };
            causes.peek().is_none() || !causes.all(|cause| was_broken(cause))
        }
    }
}

/// Where a difference of a cause belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    NewlyBroken,
    Fixed,
    Changed,
    NotJudged,
}

impl Comparison {
    fn group(&mut self, group: Group) -> &mut Differences {
        match group {
            Group::NewlyBroken => &mut self.newly_broken,
            Group::Fixed => &mut self.fixed,
            Group::Changed => &mut self.changed,
            Group::NotJudged => &mut self.not_judged,
        }
    }

    fn add_cause(&mut self, group: Group, operation: Option<&str>, found: CauseDifference) {
        let causes = &mut self.group(group).causes;
        // The same cause on another operation.
        let same = |it: &&mut CauseDifference| {
            it.cause.code == found.cause.code
                && it.cause.subject == found.cause.subject
                && (it.before, it.after) == (found.before, found.after)
        };
        match (causes.iter_mut().find(same), operation) {
            (Some(known), Some(operation)) => {
                known.operations.push(operation.to_owned());
                known.tests_before += found.tests_before;
                known.tests += found.tests;
                known.instead.extend(found.instead);
                known.instead.sort_unstable();
                known.instead.dedup();
            }
            _ => causes.push(CauseDifference {
                operations: operation.map(str::to_owned).into_iter().collect(),
                ..found
            }),
        }
    }
}

fn compare_causes(old: &Side<'_>, new: &Side<'_>, newly: &HashSet<&str>, comparison: &mut Comparison) {
    for (key, unit) in &new.units {
        let before = old.units.get(key);
        let state_before = before.map_or(CauseState::Absent, |unit| unit.state);
        let mut fresh = unit.tests.iter().filter(|test| newly.contains(test.id.as_str())).peekable();
        let other_subject =
            before.is_some_and(|before| before.cause.cause.subject != unit.cause.cause.subject);
        let group = if unit.state == CauseState::Fails && fresh.peek().is_some() {
            Group::NewlyBroken
        } else if state_before != unit.state || other_subject {
            Group::Changed
        } else {
            continue;
        };
        let instead = if before.is_none() { others(old, key, &unit.tests) } else { Vec::new() };
        let found = CauseDifference {
            cause: unit.cause.cause.clone(),
            operations: Vec::new(),
            before: state_before,
            after: unit.state,
            tests_before: before.map_or(0, |unit| unit.tests.len()),
            tests: unit.tests.len(),
            example: fresh.peek().or(unit.tests.first().as_ref()).map(|test| test.id.clone()),
            instead,
        };
        comparison.add_cause(group, key.2, found);
    }
    for (key, unit) in &old.units {
        if new.units.contains_key(key) {
            continue;
        }
        let now = |wanted| unit.tests.iter().any(|test| new.standing(&test.id) == wanted);
        let group = if now(Some(Standing::Broken)) {
            Group::Changed
        } else if now(Some(Standing::NotJudged)) || now(None) {
            Group::NotJudged
        } else {
            Group::Fixed
        };
        // That a warning was not repeated says nothing where its tests were not judged.
        if group == Group::NotJudged && unit.state == CauseState::Warns {
            continue;
        }
        let group = if unit.state == CauseState::Warns { Group::Changed } else { group };
        let found = CauseDifference {
            cause: unit.cause.cause.clone(),
            operations: Vec::new(),
            before: unit.state,
            after: CauseState::Absent,
            tests_before: unit.tests.len(),
            tests: 0,
            example: unit.tests.first().map(|test| test.id.clone()),
            instead: others(new, key, &unit.tests),
        };
        comparison.add_cause(group, key.2, found);
    }
}

/// The causes of these tests in the other run that this run does not have.
fn others(side: &Side<'_>, key: &Key<'_>, tests: &[&TestRecord]) -> Vec<Cause> {
    let causes = tests.iter().flat_map(|test| side.causes(&test.id));
    let codes: BTreeSet<Cause> = causes.map(|cause| cause.cause.code).filter(|code| *code != key.0).collect();
    codes.into_iter().collect()
}

fn compare_promises(old: &Side<'_>, new: &Side<'_>, newly: &HashSet<&str>, comparison: &mut Comparison) {
    let difference = |promise: &PromiseRecord, before: Option<PromiseState>, after, test: Option<&String>| {
        PromiseDifference {
            operation: promise.operation.clone(),
            sentence: promise.sentence.clone(),
            before,
            after,
            test: test.cloned(),
        }
    };
    for promise in &new.record.promises {
        let was = old.promises.get(&promise_key(promise));
        let before = was.map(|was| was.state);
        let fresh = promise.tests.iter().find(|id| newly.contains(id.as_str()));
        let (group, test) = match (before, promise.state) {
            (_, PromiseState::Broken) if fresh.is_some() && before != Some(PromiseState::Broken) => {
                (Group::NewlyBroken, fresh)
            }
            (Some(PromiseState::Broken), PromiseState::Broken) => continue,
            (_, PromiseState::Broken) => (Group::Changed, promise.tests.first()),
            (Some(PromiseState::Broken), PromiseState::Kept) => {
                (Group::Fixed, was.and_then(|was| was.tests.first()))
            }
            (Some(PromiseState::Broken), PromiseState::NotChecked) => {
                (Group::NotJudged, was.and_then(|was| was.tests.first()))
            }
            _ => continue,
        };
        let found = difference(promise, before, Some(promise.state), test);
        comparison.group(group).promises.push(found);
    }
    let gone = |promise: &&PromiseRecord| {
        promise.state == PromiseState::Broken && !new.promises.contains_key(&promise_key(promise))
    };
    for promise in old.record.promises.iter().filter(gone) {
        let found = difference(promise, Some(promise.state), None, promise.tests.first());
        comparison.not_judged.promises.push(found);
    }
}

fn compare_tests(old: &Side<'_>, new: &Side<'_>, newly: &HashSet<&str>, comparison: &mut Comparison) {
    let only_old = old.record.tests.iter().filter(|test| !new.tests.contains_key(test.id.as_str()));
    for test in new.record.tests.iter().chain(only_old) {
        let (was, is) = (old.tests.get(test.id.as_str()), new.tests.get(test.id.as_str()));
        let of = |side: &Side<'_>, test: Option<&&TestRecord>| {
            let broken = test.filter(|test| standing(test.verdict) == Standing::Broken);
            let codes: BTreeSet<Code> = broken.map(|test| codes(test)).unwrap_or_default();
            let causes = broken.map(|test| side.causes(&test.id)).unwrap_or_default();
            let failing = causes.iter().filter(|cause| cause.fails);
            (codes, failing.map(|cause| cause.cause.code).collect::<BTreeSet<Cause>>())
        };
        let ((codes_before, causes_before), (codes, causes)) = (of(old, was), of(new, is));
        let broken = |standing: Option<Standing>| standing == Some(Standing::Broken);
        let (before, after) = (old.standing(&test.id), new.standing(&test.id));
        let verdicts = (was.map(|test| test.verdict), is.map(|test| test.verdict));
        let group = match (before, after) {
            _ if newly.contains(test.id.as_str()) => Group::NewlyBroken,
            (Some(Standing::Broken), Some(Standing::Broken)) => {
                let same = verdicts.0 == verdicts.1 && codes_before == codes && causes_before == causes;
                if same { continue } else { Group::Changed }
            }
            (before, Some(Standing::Fine)) if broken(before) => Group::Fixed,
            (before, _) if broken(before) => Group::NotJudged,
            // Known issues of which the earlier run says nothing, or that were fine then; failures by known causes.
            (_, after) if broken(after) => Group::Changed,
            _ => continue,
        };
        let found = TestDifference {
            id: test.id.clone(),
            title: test.title.clone(),
            before: verdicts.0,
            after: verdicts.1,
            codes_before,
            codes,
            causes_before,
            causes,
        };
        comparison.group(group).tests.push(found);
    }
}

/// The codes of the failed checks.
fn codes(test: &TestRecord) -> BTreeSet<Code> {
    let failed = test.findings.iter().filter(|finding| finding.weight == Weight::Failure);
    failed.map(|finding| finding.code).collect()
}

/// What makes two runs hard to compare.
fn notes(old: &Side<'_>, new: &Side<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let (was, is) = (old.record, new.record);
    let mut differs = |what: &str, old: &str, new: &str| {
        if old != new {
            notes.push(format!("{what} differs: {old} before, {new} now"));
        }
    };
    differs("the endpoint", &was.endpoint.name, &is.endpoint.name);
    differs("the dialect", &was.endpoint.dialect, &is.endpoint.dialect);
    differs("the version of Crosscheck", &was.crosscheck, &is.crosscheck);
    differs("the emulated browser", &was.profile.to_string(), &is.profile.to_string());
    if !(was.sampled.is_empty() && is.sampled.is_empty()) {
        differs("the seed of sampled orders", &was.seed.to_string(), &is.seed.to_string());
    }
    let only = |side: &Side<'_>, other: &Side<'_>| {
        side.promises.keys().filter(|promise| !other.promises.contains_key(*promise)).count()
    };
    match (only(old, new), only(new, old)) {
        (0, 0) => {}
        (before, now) => notes.push(format!(
            "the declared policy differs: {} before, {} now",
            counted(before, "other promise"),
            counted(now, "other promise")
        )),
    }
    let only = |side: &Side<'_>, other: &Side<'_>| {
        side.record.tests.iter().filter(|test| !other.tests.contains_key(test.id.as_str())).count()
    };
    match (only(old, new), only(new, old)) {
        (0, 0) => {}
        (before, now) => notes.push(format!(
            "the tests differ: {before} of the earlier run are not in this one, and {now} of this run are not in the earlier one"
        )),
    }
    let lost = |test: &&TestRecord| {
        standing(test.verdict) != Standing::NotJudged && new.standing(&test.id) == Some(Standing::NotJudged)
    };
    match was.tests.iter().filter(lost).count() {
        0 => {}
        1 => notes.push("1 test was judged before and not now".to_owned()),
        lost => notes.push(format!("{lost} tests were judged before and not now")),
    }
    let lost = |promise: &&PromiseRecord| {
        let now = new.promises.get(&promise_key(promise)).map(|now| now.state);
        promise.state == PromiseState::Kept && now == Some(PromiseState::NotChecked)
    };
    match was.promises.iter().filter(lost).count() {
        0 => {}
        1 => notes.push("1 promise was kept before and is not checked now".to_owned()),
        lost => notes.push(format!("{lost} promises were kept before and are not checked now")),
    }
    for (record, which) in [(was, "earlier"), (is, "later")] {
        if record.interrupted {
            notes.push(format!("the {which} run was interrupted"));
        }
        if let Some(failures) = record.stopped_after {
            notes.push(format!("the {which} run stopped after {}", counted(failures, "failed test")));
        }
        if let Some(shard) = &record.shard {
            notes.push(format!("the {which} run is shard {shard} alone"));
        }
    }
    notes
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The JSON Schema of a comparison.
pub fn published() -> String {
    let mut schema = crosscheck_core::document::schema_of::<Comparison>();
    schema.insert("title".to_owned(), "Crosscheck comparison of two runs".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
