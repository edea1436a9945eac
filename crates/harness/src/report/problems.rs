//! What a run found, each once and worst first: its causes, then the tests that no cause explains, by case and code. The
//! list that SARIF, annotations and Markdown are made from.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use crosscheck_core::{
    cause::{Cause, Severity},
    verdict::{Code, Finding, Verdict},
};

use crate::run::record::{CauseRecord, RunRecord, TestRecord};

/// What names a problem, whatever the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    /// A cause.
    Cause(Cause),
    /// What a finding is about, where no cause is known.
    Code(Code),
    /// The verdict on a test without findings.
    Verdict(Verdict),
}

impl Rule {
    /// Its stable code.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Cause(cause) => cause.as_str(),
            Self::Code(code) => code.as_str(),
            Self::Verdict(verdict) => verdict.word(),
        }
    }

    /// One sentence that says what it is.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Cause(cause) => cause.meaning(),
            Self::Code(code) => code.meaning(),
            Self::Verdict(Verdict::UnexpectedPass) => "A test that is listed as a known issue passed.",
            Self::Verdict(Verdict::Flaky) => "A test passed only after a retry.",
            Self::Verdict(_) => "A test did not pass.",
        }
    }
}

/// What a problem does to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Tests fail with it.
    Fails,
    /// Tests only warn.
    Warns,
    /// Every test is excused as a known issue.
    Known,
}

/// One thing that a run found.
#[derive(Clone, Debug)]
pub(super) struct Problem<'r> {
    /// What names it.
    pub(super) rule: Rule,
    /// What it does to the run.
    pub(super) standing: Standing,
    /// The cause with what it explains, where it is one.
    pub(super) cause: Option<&'r CauseRecord>,
    /// One sentence.
    pub(super) sentence: &'r str,
    /// Lines that show it.
    pub(super) evidence: &'r [String],
    /// What to change, one step each.
    pub(super) cure: Vec<&'r str>,
    /// The tests that show it, in the order of the suites.
    pub(super) tests: Vec<&'r TestRecord>,
}

impl<'r> Problem<'r> {
    /// How bad it is, where it is a cause.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.cause.map(|cause| cause.cause.severity)
    }

    /// The operations that it concerns.
    pub(super) fn operations(&self) -> &'r [String] {
        self.cause.map_or(&[], |cause| cause.operations.as_slice())
    }

    /// Why it is excused, if it is.
    pub(super) fn excuse(&self) -> Option<&'r str> {
        let known = self.tests.iter().find(|test| test.verdict == Verdict::KnownIssue);
        known.filter(|_| self.standing == Standing::Known)?.note.as_deref()
    }

    /// The code with its severity: `vary-missing (medium)`.
    pub(super) fn title(&self) -> String {
        let known = if self.standing == Standing::Known { ", known issue" } else { "" };
        match self.severity() {
            Some(severity) => format!("{} ({severity}{known})", self.rule.as_str()),
            None if known.is_empty() => self.rule.as_str().to_owned(),
            None => format!("{} (known issue)", self.rule.as_str()),
        }
    }
}

/// Everything that a run found. What fails comes first, known issues last; causes come before what none explains.
pub(super) fn of(record: &RunRecord) -> Vec<Problem<'_>> {
    let mut problems: Vec<Problem<'_>> = record.causes.iter().map(|cause| of_cause(cause, record)).collect();
    let explained: HashSet<usize> = record.causes.iter().flat_map(|cause| &cause.tests).copied().collect();
    let mut seen: HashMap<(&str, Verdict, Rule), usize> = HashMap::new();
    for (place, test) in record.tests.iter().enumerate() {
        if explained.contains(&place) {
            continue;
        }
        let Some(problem) = of_test(test) else { continue };
        match seen.entry((case_of(&test.id), test.verdict, problem.rule)) {
            Entry::Occupied(known) => {
                if let Some(known) = problems.get_mut(*known.get()) {
                    known.tests.push(test);
                }
            }
            Entry::Vacant(entry) => {
                entry.insert(problems.len());
                problems.push(problem);
            }
        }
    }
    problems.sort_by_key(|problem| problem.standing);
    problems
}

/// The id of the case that a test was made of.
pub(super) fn case_of(id: &str) -> &str {
    id.split_once('[').map_or(id, |(case, _)| case)
}

fn of_cause<'r>(cause: &'r CauseRecord, record: &'r RunRecord) -> Problem<'r> {
    let found = &cause.cause;
    Problem {
        rule: Rule::Cause(found.code),
        standing: match (cause.known, cause.fails) {
            (true, _) => Standing::Known,
            (false, true) => Standing::Fails,
            (false, false) => Standing::Warns,
        },
        cause: Some(cause),
        sentence: &found.sentence,
        evidence: &found.evidence,
        cure: found.cure.iter().map(String::as_str).collect(),
        tests: cause.tests.iter().filter_map(|place| record.tests.get(*place)).collect(),
    }
}

/// What a test shows that no cause explains; `None` if it shows nothing.
fn of_test(test: &TestRecord) -> Option<Problem<'_>> {
    let standing = match test.verdict {
        Verdict::Fail | Verdict::UnexpectedPass => Standing::Fails,
        Verdict::Warn | Verdict::Flaky => Standing::Warns,
        Verdict::KnownIssue => Standing::Known,
        _ => return None,
    };
    let worst: Option<&Finding> =
        test.findings.iter().rev().max_by_key(|finding| finding.weight).filter(|_| is_of_findings(test));
    let rule = worst.map_or(Rule::Verdict(test.verdict), |finding| Rule::Code(finding.code));
    Some(Problem {
        rule,
        standing,
        cause: None,
        sentence: worst
            .map(|finding| finding.message.as_str())
            .or(test.note.as_deref())
            .unwrap_or(rule.meaning()),
        evidence: worst.map_or(&[], |finding| finding.evidence.as_slice()),
        cure: worst.and_then(|finding| finding.fix.as_deref()).into_iter().collect(),
        tests: vec![test],
    })
}

/// Whether the findings of a test are why it stands out.
fn is_of_findings(test: &TestRecord) -> bool {
    !matches!(test.verdict, Verdict::UnexpectedPass | Verdict::Flaky)
}
