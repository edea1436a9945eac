//! JUnit XML for CI systems: a suite for each case file, a case for each test; failure, error
//! and skipped are kept apart.

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

/// The record as JUnit XML.
///
/// # Errors
/// Only what the XML writer reports.
pub fn render(record: &RunRecord) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("crosscheck");
    report.set_time(Duration::from_millis(record.duration_ms));
    let mut suites: IndexMap<&str, TestSuite> = IndexMap::new();
    for test in &record.tests {
        suites
            .entry(&test.file)
            .or_insert_with(|| TestSuite::new(visible(&test.file)))
            .add_test_case(case(record, test));
    }
    let note = preflight_headers_note(&record.endpoint.preflight_headers);
    for mut suite in suites.into_values() {
        if let Some(note) = &note {
            suite.add_property((PREFLIGHT_HEADERS, note.as_str()));
        }
        if let Some(note) = record.endpoint.connect.insecure_note() {
            suite.add_property(("insecure", note));
        }
        report.add_test_suite(suite);
    }
    written(&report)
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
        Verdict::NotApplicable | Verdict::KnownIssue => {
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
