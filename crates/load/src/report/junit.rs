//! JUnit XML for CI systems: a case for each budget, for each reason for which answers were wrong, for
//! the baseline's figures, and for whether the harness kept up.

use std::{fmt::Write, time::Duration};

use crosscheck_core::{
    diagnostic::{visible, visible_lines},
    exchange::preflight_headers_note,
};
use crosscheck_harness::report::junit::{PREFLIGHT_HEADERS, written};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{figures, words};
use crate::{
    baseline::{Change, Comparison},
    record::{LoadCause, LoadFinding, LoadRecord},
};

/// The record as JUnit XML.
///
/// # Errors
/// Only what the XML writer reports.
pub fn render(
    record: &LoadRecord,
    comparison: Option<&Comparison>,
) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("crosscheck load");
    report.set_time(Duration::try_from_secs_f64(record.seconds).unwrap_or_default());
    report.add_test_suite(budgets(record));
    report.add_test_suite(answers(record));
    if let Some(comparison) = comparison {
        report.add_test_suite(baseline(comparison));
    }
    report.add_test_suite(harness(record));
    written(&report)
}

fn case(plan: &str, suite: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(visible(name), status);
    case.set_classname(visible(&format!("load.{plan}.{suite}")));
    case
}

fn failed(kind: NonSuccessKind, code: &str, message: String, detail: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(visible(code));
    status.set_message(visible(&message));
    status.set_description(visible_lines(&detail));
    status
}

fn budgets(record: &LoadRecord) -> TestSuite {
    let mut suite = TestSuite::new("budgets");
    for budget in &record.budgets {
        let status = if budget.met {
            TestCaseStatus::success()
        } else {
            let message = format!("{}: measured {}", budget.budget.text, words::measured(budget));
            let detail = format!(
                "limit {}, over {} requests",
                words::in_unit(budget.limit, budget.unit),
                words::count(budget.samples)
            );
            failed(NonSuccessKind::Failure, "budget", message, detail)
        };
        suite.add_test_case(case(&record.plan.id, "budgets", &budget.budget.text, status));
    }
    suite
}

fn answers(record: &LoadRecord) -> TestSuite {
    let mut suite = TestSuite::new("answers");
    for row in &record.requests {
        if !record.findings.iter().any(|finding| finding.request == row.name) {
            suite.add_test_case(case(&record.plan.id, "answers", &row.name, TestCaseStatus::success()));
        }
    }
    for finding in &record.findings {
        let name = format!("{} {}", finding.request, finding.reason);
        let message = format!("{} ({} answers)", finding.message, words::count(finding.count));
        // What the budgets allow fails nothing, and is told all the same.
        let case = if record.has_too_many_wrong() {
            let detail = format!("{}{}", causes(record, finding), evidence(finding));
            let status = failed(NonSuccessKind::Failure, finding.reason.as_str(), message, detail);
            case(&record.plan.id, "answers", &name, status)
        } else {
            let mut case = case(&record.plan.id, "answers", &name, TestCaseStatus::success());
            case.set_system_out(visible_lines(&format!(
                "{message}\n{}{}",
                causes(record, finding),
                evidence(finding)
            )));
            case
        };
        suite.add_test_case(case);
    }
    suite
}

/// The causes of a finding, with their cure.
fn causes(record: &LoadRecord, finding: &LoadFinding) -> String {
    let mut out = String::new();
    let of_finding = |cause: &&LoadCause| {
        finding.cause == Some(cause.cause.code) && cause.requests.contains(&finding.request)
    };
    for cause in record.causes.iter().filter(of_finding) {
        let _ = writeln!(out, "cause: {}: {}", cause.cause.code, cause.cause.sentence);
        for cure in &cause.cause.cure {
            let _ = writeln!(out, "fix: {cure}");
        }
    }
    out
}

fn evidence(finding: &LoadFinding) -> String {
    let mut out = String::new();
    for sample in finding.samples.iter().take(2) {
        let _ = writeln!(out, "after {} for {}:", words::seconds(sample.at), sample.origin);
        let sent = sample.sent.iter().map(|line| ("> ", line));
        for (sign, line) in sent.chain(sample.received.iter().map(|line| ("< ", line))) {
            let _ = writeln!(out, "{sign}{line}");
        }
        let _ = writeln!(out, "expected: {}", sample.expected);
    }
    out
}

fn baseline(comparison: &Comparison) -> TestSuite {
    let mut suite = TestSuite::new("baseline");
    for figure in &comparison.figures {
        let name = format!("{} {}", figure.request, figure.metric.words());
        let said = format!(
            "{} before, {} now: {} ({} to {})",
            figures::value(figure, figure.before),
            figures::value(figure, figure.now),
            figures::change(figure, figure.change),
            figures::change(figure, figure.interval.0),
            figures::change(figure, figure.interval.1)
        );
        let status = match figure.verdict {
            Change::Worse => failed(NonSuccessKind::Failure, "regression", said, String::new()),
            Change::Unknown => {
                let mut status = TestCaseStatus::skipped();
                status.set_message("too few samples to say");
                status
            }
            Change::Same | Change::Better => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(visible(&name), status);
        case.set_classname("load.baseline");
        suite.add_test_case(case);
    }
    suite
}

fn harness(record: &LoadRecord) -> TestSuite {
    let mut suite = TestSuite::new("harness");
    if let Some(note) = preflight_headers_note(&record.configuration.preflight_headers) {
        suite.add_property((PREFLIGHT_HEADERS, note.as_str()));
    }
    let error =
        |code: &str, message: String, help: String| failed(NonSuccessKind::Error, code, message, help);
    let status = match (&record.incomplete, record.validity.doubts.iter().find(|doubt| doubt.invalidates)) {
        (Some(incomplete), _) => error("incomplete", incomplete.clone(), String::new()),
        (None, Some(doubt)) => error(doubt.code.as_str(), doubt.message.clone(), doubt.help.clone()),
        (None, None) => TestCaseStatus::success(),
    };
    suite.add_test_case(case(&record.plan.id, "harness", "figures are the endpoint's", status));
    let status = if record.interrupted {
        let message = format!("cut short after {}", words::seconds(record.seconds));
        error("interrupted", message, String::new())
    } else {
        TestCaseStatus::success()
    };
    suite.add_test_case(case(&record.plan.id, "harness", "ran to its end", status));
    suite
}
