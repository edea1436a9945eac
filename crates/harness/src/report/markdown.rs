//! The run as Markdown: what a pull request or a job's summary shows.

pub mod text;

use std::{collections::BTreeMap, fmt::Write};

use crosscheck_core::{
    exchange::preflight_headers_note,
    fetch::Profile,
    verdict::{Code, Verdict},
};

use super::{
    diagnosis::explains,
    problems::{self, Problem, Standing},
    terminal::{duration, others, slowed_down},
};
use crate::run::{
    Outcome, promises,
    record::{OperationRecord, PromiseRecord, PromiseState, RunRecord, TestRecord},
};
use text::{code, code_cell, fenced, sentence, sentence_cell};

/// How many promises, tests or reasons of one kind are listed; the record has all.
const LISTED: usize = 50;

/// A part of the report that stands for itself.
#[derive(Debug)]
pub(super) struct Section {
    /// What it has, for where it is left out.
    pub(super) what: &'static str,
    /// Its text; ends with an empty line.
    pub(super) text: String,
}

/// What a section with one cause is called.
pub(super) const A_CAUSE: &str = "a cause";

/// The whole text. `outcome`: what the run comes to.
pub fn render(record: &RunRecord, outcome: Outcome) -> String {
    sections(record, outcome).into_iter().map(|section| section.text).collect()
}

/// The text in its parts, the most important ones first.
pub(super) fn sections(record: &RunRecord, outcome: Outcome) -> Vec<Section> {
    let problems = problems::of(record);
    let (causes, unexplained): (Vec<&Problem<'_>>, Vec<&Problem<'_>>) =
        problems.iter().partition(|problem| problem.cause.is_some());
    let mut sections = vec![Section { what: "the verdict", text: verdict(record, outcome) }];
    let mut add = |what, text: String| {
        if !text.is_empty() {
            sections.push(Section { what, text });
        }
    };
    add("the promises", promises_of(record));
    for (place, problem) in causes.iter().enumerate() {
        let heading = if place == 0 { "### Causes, worst first\n\n" } else { "" };
        add(A_CAUSE, heading.to_owned() + &cause(problem, record));
    }
    add("what no cause explains", unexplained_of(&unexplained));
    add("what was not judged", not_judged(record));
    add("what is not applicable", not_applicable(record));
    let again = format!("Crosscheck {}. Again: {}\n", text::plain(&record.crosscheck), code(&record.command));
    add("the command", again);
    sections
}

/// The sign of what a run comes to.
pub(super) const fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "✅",
        Outcome::Broken | Outcome::Regression | Outcome::StaleExpectations => "❌",
        Outcome::NothingRan | Outcome::NotJudged | Outcome::Interrupted => "❔",
    }
}

fn verdict(record: &RunRecord, outcome: Outcome) -> String {
    let counts = record.counts();
    let rest = others(&counts);
    let rest = if rest.is_empty() { rest } else { format!(", {rest}") };
    let judge = match record.profile {
        Profile::Spec => String::new(),
        browser => format!(" as {browser} judges"),
    };
    let mut out = format!(
        "## {} CORS of {}: {}\n\n{} passed{rest} in {}{judge}.\n\n",
        sign(outcome),
        code(&record.endpoint.name),
        outcome.as_str().replace('-', " "),
        counts.get(Verdict::Pass),
        duration(record.duration_ms),
    );
    let mut note = |label: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "> **{label}** {}\n", sentence(text));
    };
    for why in record.could_not_judge.iter().chain(&record.no_success) {
        note("Could not judge:", why);
    }
    if record.interrupted {
        note("Interrupted:", "the rest was not run");
    }
    if let Some(throttled) = &record.throttled {
        note("Throttled:", &slowed_down(throttled));
    }
    if let Some(headers) = preflight_headers_note(&record.endpoint.preflight_headers) {
        note("No browser:", &headers);
    }
    if let Some(insecure) = record.endpoint.connect.insecure_note() {
        note("Insecure:", insecure);
    }
    for entry in &record.stale_known_issues {
        note("Stale:", &format!("known issue {entry} covers no test: remove it or correct its id"));
    }
    for sampled in &record.sampled {
        let text = format!("{} orders of {} of {}", sampled.orders, sampled.of, sampled.case);
        note("Sampled:", &text);
    }
    out
}

fn promises_of(record: &RunRecord) -> String {
    let (kept, broken, unchecked) = promises::counts(&record.promises);
    if kept + broken == 0 {
        return String::new();
    }
    let mut out = format!("### Promises: {kept} kept, {broken} broken, {unchecked} not checked\n\n");
    if !record.operations.is_empty() {
        operations(&mut out, record);
    }
    let of = |state| record.promises.iter().filter(move |promise| promise.state == state);
    for promise in of(PromiseState::Broken).take(LISTED) {
        let test = promise.tests.first().map(|test| format!(": {}", code(test))).unwrap_or_default();
        let _ = writeln!(out, "- ❌ {}{test}", named(promise));
    }
    more(&mut out, broken, "promises");
    let mut reasons: Vec<(&str, &PromiseRecord, usize)> = Vec::new();
    for promise in of(PromiseState::NotChecked) {
        let why = promise.why.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|(reason, _, _)| *reason == why) {
            Some((_, _, more)) => *more += 1,
            None => reasons.push((why, promise, 0)),
        }
    }
    for (why, first, others) in reasons.iter().take(LISTED) {
        let others = if *others > 0 { format!(" and {others} more") } else { String::new() };
        let _ = writeln!(out, "- ❔ {}{others}: not checked: {}", named(first), sentence(why));
    }
    more(&mut out, reasons.len(), "reasons");
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    out
}

/// A promise, with its operation where there are several.
fn named(promise: &PromiseRecord) -> String {
    let operation = promise.operation.as_deref().map(|operation| format!("{}: ", code(operation)));
    operation.unwrap_or_default() + &sentence(&promise.sentence)
}

fn operations(out: &mut String, record: &RunRecord) {
    out.push_str("| operation | kept | broken | not checked | |\n| --- | ---: | ---: | ---: | --- |\n");
    for operation in &record.operations {
        let own: Vec<PromiseRecord> = record
            .promises
            .iter()
            .filter(|promise| promise.operation.as_deref() == Some(operation.name.as_str()))
            .cloned()
            .collect();
        let (kept, broken, unchecked) = promises::counts(&own);
        let _ = writeln!(
            out,
            "| {} | {kept} | {broken} | {unchecked} | {} |",
            code_cell(&operation.name),
            remark(operation)
        );
    }
    out.push('\n');
}

fn remark(operation: &OperationRecord) -> String {
    let not_judged = operation.not_judged.as_deref().map(|why| format!("not judged: {}", sentence_cell(why)));
    let layer = operation.same_layer_as.as_deref().map(|other| format!("same layer as {}", code_cell(other)));
    not_judged.into_iter().chain(layer).collect::<Vec<_>>().join("; ")
}

fn more(out: &mut String, all: usize, what: &str) {
    if all > LISTED {
        let _ = writeln!(out, "- … and {} more {what}", all - LISTED);
    }
}

fn cause(problem: &Problem<'_>, record: &RunRecord) -> String {
    let sign = match problem.standing {
        Standing::Fails => "❌",
        Standing::Warns => "❕",
        Standing::Known => "➖",
    };
    let severity = problem.severity().map(|severity| format!(" ({severity})")).unwrap_or_default();
    let mut out = format!("#### {sign} {}{severity}\n\n", code(problem.rule.as_str()));
    let explains = problem.cause.map(|cause| explains(cause, record)).unwrap_or_default();
    let _ = writeln!(out, "{}; {}.\n", sentence(problem.sentence), sentence(&explains));
    if let Some(excuse) = problem.excuse() {
        let _ = writeln!(out, "Known issue: {}\n", sentence(excuse));
    }
    if !problem.evidence.is_empty() {
        let _ = writeln!(out, "{}", fenced(problem.evidence.iter().map(String::as_str)));
    }
    for cure in &problem.cure {
        let _ = writeln!(out, "- **Fix:** {}", sentence(cure));
    }
    if !problem.cure.is_empty() {
        out.push('\n');
    }
    out
}

fn unexplained_of(problems: &[&Problem<'_>]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let mut out =
        "### Unexplained by any cause\n\n| test | | code | |\n| --- | --- | --- | --- |\n".to_owned();
    for problem in problems.iter().take(LISTED) {
        let Some(first) = problem.tests.first() else { continue };
        let others = match problem.tests.len() {
            1 => String::new(),
            many => format!(" and {} more", many - 1),
        };
        let _ = writeln!(
            out,
            "| {}{others} | {} | {} | {} |",
            code_cell(&first.id),
            first.verdict.word().replace('-', " "),
            code_cell(problem.rule.as_str()),
            sentence_cell(problem.sentence)
        );
    }
    if problems.len() > LISTED {
        let _ = writeln!(out, "\n… and {} more.", problems.len() - LISTED);
    }
    out.push('\n');
    out
}

/// Why tests have no verdict, each reason once.
fn not_judged(record: &RunRecord) -> String {
    let why = |test: &TestRecord| {
        let finding = test.findings.first().map(|finding| (Some(finding.code), finding.message.clone()));
        finding.unwrap_or_else(|| (None, test.note.clone().unwrap_or_default()))
    };
    let mut reasons: BTreeMap<(Option<Code>, String), usize> = BTreeMap::new();
    for test in record.tests.iter().filter(|test| test.verdict.is_not_judged()) {
        *reasons.entry(why(test)).or_default() += 1;
    }
    let rows = reasons.iter().map(|((code, why), count)| {
        let code = code.map(|code| format!("`{code}`: ")).unwrap_or_default();
        (*count, format!("{code}{}", sentence(why)))
    });
    folded("not judged", rows.collect())
}

fn not_applicable(record: &RunRecord) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for test in record.tests.iter().filter(|test| test.verdict == Verdict::NotApplicable) {
        *reasons.entry(test.note.as_deref().unwrap_or_default()).or_default() += 1;
    }
    folded("not applicable", reasons.into_iter().map(|(why, count)| (count, sentence(why))).collect())
}

/// Tests by reason, of which a reader sees the number at first.
fn folded(what: &str, rows: Vec<(usize, String)>) -> String {
    let all: usize = rows.iter().map(|(count, _)| count).sum();
    if all == 0 {
        return String::new();
    }
    let noun = if all == 1 { "test" } else { "tests" };
    let mut out = format!("<details><summary>{all} {noun} {what}</summary>\n\n");
    for (count, why) in rows.iter().take(LISTED) {
        let _ = writeln!(out, "- {count} × {why}");
    }
    more(&mut out, rows.len(), "reasons");
    out.push_str("\n</details>\n\n");
    out
}
