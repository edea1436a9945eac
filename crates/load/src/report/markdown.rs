//! The run as Markdown: what a pull request or a job's summary shows.

use std::fmt::Write;

use crosscheck_harness::report::markdown::text::{code, code_cell, plain};

use super::{figures, saving, words};
use crate::{
    baseline::{Change, Comparison},
    record::{LoadRecord, Outcome, RequestRecord},
};

/// The whole text.
pub fn render(record: &LoadRecord, comparison: Option<&Comparison>) -> String {
    let outcome = Outcome::of(record, comparison.is_some_and(Comparison::regressed));
    let mut out = String::new();
    let sign = match outcome {
        Outcome::Held => "✅",
        Outcome::CutShort | Outcome::Incomplete | Outcome::Invalid => "⚠️",
        Outcome::Wrong | Outcome::Missed | Outcome::Regressed => "❌",
    };
    let _ = writeln!(
        out,
        "## {sign} Load {}: {}\n\n{} answers in {} from {}, {}.\n",
        code(&record.plan.id),
        outcome.words(),
        words::count(record.total.answered),
        words::seconds(record.seconds),
        code(&record.target),
        words::rate(record.total.per_second),
    );
    for said in record.incomplete.iter().chain(record.validity.doubts.iter().map(|doubt| &doubt.message)) {
        let _ = writeln!(out, "> {}\n", plain(said));
    }
    if record.interrupted {
        out.push_str("> The run was cut short.\n\n");
    }
    budgets(&mut out, record);
    requests(&mut out, record);
    causes(&mut out, record);
    findings(&mut out, record);
    let saved =
        record.caching.iter().flat_map(|caching| [saving::of_max_age(caching), saving::of_vary(caching)]);
    for sentence in saved.flatten() {
        let _ = writeln!(out, "{}\n", plain(&sentence));
    }
    errors(&mut out, record);
    if let Some(comparison) = comparison {
        baseline(&mut out, comparison);
    }
    let _ = writeln!(out, "Again: {}", code(&record.command));
    out
}

fn budgets(out: &mut String, record: &LoadRecord) {
    out.push_str("| budget | | measured | margin |\n| --- | --- | ---: | ---: |\n");
    for budget in &record.budgets {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            code_cell(&budget.budget.text),
            if budget.met { "✅" } else { "❌" },
            plain(&words::measured(budget)),
            budget.margin.map(words::change).unwrap_or_default()
        );
    }
    out.push('\n');
}

fn requests(out: &mut String, record: &LoadRecord) {
    out.push_str("| request | answered | a second | errors | wrong | p50 | p99 | p99.9 | greatest |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    let mut row = |name: String, row: &RequestRecord| {
        #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
        let latency = |value: u64| {
            if row.response.count == 0 { "–".to_owned() } else { words::micros(value as f64) }
        };
        let h = &row.response;
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            words::count(row.answered),
            words::digits(row.per_second),
            words::count(row.errors),
            words::count(row.wrong),
            latency(h.p50),
            latency(h.p99),
            latency(h.p99_9),
            latency(h.max)
        );
    };
    for request in super::rows(record) {
        row(code_cell(&request.name), request);
    }
    if record.requests.len() != 1 {
        row("total".to_owned(), &record.total);
    }
    out.push('\n');
}

/// The causes of wrong answers, worst first, each with its cure.
fn causes(out: &mut String, record: &LoadRecord) {
    if record.causes.is_empty() {
        return;
    }
    out.push_str("### Causes, worst first\n\n");
    for cause in &record.causes {
        let found = &cause.cause;
        let _ = writeln!(
            out,
            "- **{}** ({}): {}; {}",
            found.code,
            found.severity,
            plain(&found.sentence),
            plain(&words::explains(cause))
        );
        for line in &found.evidence {
            let _ = writeln!(out, "  - shown by {}", code(line));
        }
        for cure in &found.cure {
            let _ = writeln!(out, "  - fix: {}", plain(cure));
        }
    }
    out.push('\n');
}

fn findings(out: &mut String, record: &LoadRecord) {
    if record.findings.is_empty() {
        return;
    }
    out.push_str("| wrong answers | request | | share |\n| --- | --- | --- | ---: |\n");
    for finding in &record.findings {
        let _ = writeln!(
            out,
            "| {} × {} | {} | {} | {} |",
            words::count(finding.count),
            code_cell(finding.reason.as_str()),
            code_cell(&finding.request),
            plain(&finding.message),
            words::share(finding.rate)
        );
    }
    out.push('\n');
}

fn errors(out: &mut String, record: &LoadRecord) {
    if record.errors.is_empty() {
        return;
    }
    out.push_str("| errors on the way | | first |\n| --- | ---: | --- |\n");
    for error in &record.errors {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            error.kind.words(),
            words::count(error.count),
            plain(&error.first)
        );
    }
    out.push('\n');
}

fn baseline(out: &mut String, comparison: &Comparison) {
    let _ = writeln!(
        out,
        "Beside the baseline of {} ({} confidence):\n\n| request | figure | before | now | change | interval | |\n| --- | --- | ---: | ---: | ---: | ---: | --- |",
        plain(&words::moment(&comparison.baseline.started)),
        words::share(comparison.confidence)
    );
    for figure in figures::gravest_first(comparison) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} to {} | {} |",
            code_cell(&figure.request),
            figure.metric.words(),
            figures::value(figure, figure.before),
            figures::value(figure, figure.now),
            figures::change(figure, figure.change),
            figures::change(figure, figure.interval.0),
            figures::change(figure, figure.interval.1),
            match figure.verdict {
                Change::Worse => "❌ worse",
                Change::Better => "better",
                Change::Same => "within noise",
                Change::Unknown => "too few to say",
            }
        );
    }
    out.push('\n');
    for sentence in &comparison.unlike {
        let _ = writeln!(out, "> not alike: {}\n", plain(sentence));
    }
}
