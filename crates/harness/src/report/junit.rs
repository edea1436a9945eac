//! JUnit XML for CI systems: a suite for each case file, with the causes of what failed as its properties, and a case for
//! each test; failure, error and skipped are kept apart. Tests that do not apply are one skipped case for each reason.

use std::time::Duration;

use crosscheck_core::{
    diagnostic::{visible, visible_lines},
    exchange::preflight_headers_note,
    verdict::Verdict,
};
use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{failure, paint::Paint};
use crate::run::record::{RunRecord, TestRecord};

/// The property that says that preflights were sent with headers that no browser sends.
pub const PREFLIGHT_HEADERS: &str = "preflight_headers";

/// The property of a suite that has a cause of what failed in it.
pub const CAUSE: &str = "cause";

/// The suite of the tests that do not apply.
const NOT_APPLICABLE: &str = "not-applicable";

/// The record as JUnit XML.
///
/// # Errors
/// Only what the XML writer reports.
pub fn render(record: &RunRecord) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("crosscheck");
    report.set_time(Duration::from_millis(record.duration_ms));
    let mut suites: IndexMap<&str, TestSuite> = IndexMap::new();
    for test in record.tests.iter().filter(|test| test.verdict != Verdict::NotApplicable) {
        suites
            .entry(&test.file)
            .or_insert_with(|| TestSuite::new(visible(&test.file)))
            .add_test_case(case(record, test));
    }
    let note = preflight_headers_note(&record.endpoint.preflight_headers);
    for (file, mut suite) in suites {
        for cause in causes_in(file, record) {
            suite.add_property((CAUSE, cause.as_str()));
        }
        if let Some(note) = &note {
            suite.add_property((PREFLIGHT_HEADERS, note.as_str()));
        }
        if let Some(note) = record.endpoint.connect.insecure_note() {
            suite.add_property(("insecure", note));
        }
        report.add_test_suite(suite);
    }
    if let Some(suite) = not_applicable(record) {
        report.add_test_suite(suite);
    }
    written(&report)
}

/// The causes that tests of a case file show, worst first: `vary-missing: sentence`.
fn causes_in(file: &str, record: &RunRecord) -> Vec<String> {
    let shows = |place: &usize| record.tests.get(*place).is_some_and(|test| test.file == file);
    let causes = record.causes.iter().filter(|cause| cause.tests.iter().any(shows));
    causes.map(|cause| format!("{}: {}", cause.cause.code, visible(&cause.cause.sentence))).collect()
}

/// How many tests that do not apply for one reason are named.
const NAMED: usize = 20;

/// The tests that do not apply, as one skipped case for each reason.
fn not_applicable(record: &RunRecord) -> Option<TestSuite> {
    let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for test in record.tests.iter().filter(|test| test.verdict == Verdict::NotApplicable) {
        reasons.entry(test.note.as_deref().unwrap_or_default()).or_default().push(&test.id);
    }
    if reasons.is_empty() {
        return None;
    }
    let mut suite = TestSuite::new(NOT_APPLICABLE);
    for (reason, tests) in reasons {
        let mut status = TestCaseStatus::skipped();
        let noun = if tests.len() == 1 { "test" } else { "tests" };
        status.set_message(visible(&format!("{} {noun} not applicable: {reason}", tests.len())));
        if tests.len() <= NAMED {
            status.set_description(visible_lines(&tests.join("\n")));
        }
        let mut case = TestCase::new(visible(reason), status);
        case.set_classname(NOT_APPLICABLE);
        suite.add_test_case(case);
    }
    Some(suite)
}

/// The text of a report. Jenkins' schema for JUnit XML counts what is skipped in each suite, and refuses a count
/// for all of them.
pub fn written(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut text = report.to_string()?;
    let root = text.find("<testsuites").unwrap_or(0);
    let end = text[root..].find('>').map_or(text.len(), |length| root + length);
    if let Some(from) = text[root..end].find(" skipped=\"").map(|at| root + at)
        && let Some((length, _)) = text[from..end].match_indices('"').nth(1)
    {
        text.replace_range(from..=from + length, "");
    }
    Ok(text)
}

fn case(record: &RunRecord, test: &TestRecord) -> TestCase {
    let detail = || {
        let own = || failure::render(test, &record.endpoint.connect, Paint::PLAIN);
        match record.breaking(test) {
            Some(breaking) if breaking.failed.first() == Some(&test.id) => {
                failure::render_breaking(breaking, test, &record.endpoint.connect, Paint::PLAIN)
            }
            Some(breaking) => failure::smallest(breaking) + &own(),
            None => own(),
        }
    };
    let message = || test.findings.first().map(|finding| finding.message.clone());
    let status = match test.verdict {
        Verdict::Fail | Verdict::UnexpectedPass => {
            non_success(NonSuccessKind::Failure, test, message(), detail())
        }
        verdict if verdict.is_not_judged() => non_success(NonSuccessKind::Error, test, message(), detail()),
        Verdict::KnownIssue => {
            let mut status = TestCaseStatus::skipped();
            if let Some(note) = &test.note {
                status.set_message(visible(note));
            }
            status
        }
        _ => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(visible(&test.id), status);
    let (suite, _) = test.id.rsplit_once('/').unwrap_or((test.id.as_str(), ""));
    case.set_classname(visible(&suite.replace('/', ".")));
    case.set_time(Duration::from_micros(test.micros));
    case.extra.insert("file".into(), visible(&test.file).as_str().into());
    case.extra.insert("line".into(), test.line.to_string().into());
    if matches!(test.verdict, Verdict::Warn | Verdict::Observed | Verdict::Flaky) {
        case.set_system_out(visible_lines(&detail()));
    }
    case
}

fn non_success(
    kind: NonSuccessKind,
    test: &TestRecord,
    message: Option<String>,
    detail: String,
) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let code = test.findings.first().map_or(test.verdict.word(), |finding| finding.code.as_str());
    status.set_type(visible(code));
    if let Some(message) = message.or_else(|| test.note.clone()) {
        status.set_message(visible(&message));
    }
    status.set_description(visible_lines(&detail));
    status
}
