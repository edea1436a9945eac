//! The causes of what a run found, worst first: what each breaks, what shows it, and what to change, each once.

use std::{cmp::Reverse, fmt::Write};

use crosscheck_core::{diagnostic::visible, verdict::Code};

use super::{
    failure,
    paint::{Paint, Tone},
    prose::prose,
};
use crate::run::record::{CauseRecord, RunRecord, TestRecord};

/// How many causes are named.
const NAMED: usize = 3;

/// How many codes of findings are named.
const CODES: usize = 3;

/// How many lines of evidence are shown.
const EVIDENCE: usize = 5;

/// The causes; empty if there is none. The worst is shown whole, and all are with `verbose`. Ends with an empty line.
pub fn render(record: &RunRecord, paint: Paint, verbose: bool) -> String {
    let mut out = String::new();
    if record.causes.is_empty() {
        return out;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "Causes, worst first"));
    let shown = if verbose { record.causes.len() } else { NAMED };
    for (number, cause) in record.causes.iter().take(shown).enumerate() {
        let much = match number {
            0 => Much::Whole,
            _ if verbose => Much::Whole,
            _ => Much::Line,
        };
        write_cause(&mut out, cause, record, much, paint);
    }
    if record.causes.len() > shown {
        let more = format!("  … and {} more (--verbose shows them)", record.causes.len() - shown);
        let _ = writeln!(out, "{}", paint.tone(Tone::Faint, more));
    }
    out.push('\n');
    out
}

/// How much is shown of a cause.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Much {
    /// Everything.
    Whole,
    /// What it is, in a line.
    Line,
}

/// How long a line is at most that is cut.
const WIDTH: usize = 78;

fn write_cause(out: &mut String, cause: &CauseRecord, record: &RunRecord, much: Much, paint: Paint) {
    let (sign, tone) = match (cause.known, cause.fails) {
        (true, _) => ("·", Tone::Faint),
        (false, true) => ("✗", Tone::Bad),
        (false, false) => ("!", Tone::Doubtful),
    };
    let found = &cause.cause;
    let known = if cause.known { ", known issue" } else { "" };
    let sentence = format!("{} ({}{known}): {}", found.code, found.severity, found.sentence);
    if much == Much::Line || cause.known {
        let cut: String = sentence.chars().take(WIDTH).collect();
        let dots = if cut.len() < sentence.len() { "…" } else { "" };
        let _ = writeln!(out, "{} {}{dots}", paint.tone(tone, sign), visible(&cut));
        return;
    }
    let mut text = String::new();
    prose(&mut text, "  ", &sentence);
    let _ = write!(out, "{} {}", paint.tone(tone, sign), text.strip_prefix("  ").unwrap_or(&text));
    prose(out, "    ", &explains(cause, record));
    for line in found.evidence.iter().take(EVIDENCE) {
        let _ = writeln!(out, "    {} {}", paint.tone(Tone::Faint, "|"), visible(line));
    }
    for cure in &found.cure {
        prose(out, "    fix: ", cure);
    }
    if let Some(test) = first_test(cause, record) {
        failure::write_ask_again(out, test, &record.endpoint.connect, paint);
    }
}

fn first_test<'r>(cause: &CauseRecord, record: &'r RunRecord) -> Option<&'r TestRecord> {
    record.tests.get(*cause.tests.first()?)
}

/// The codes of the first finding of the tests that a cause explains, most frequent first.
fn codes(cause: &CauseRecord, record: &RunRecord) -> String {
    let tests = cause.tests.iter().filter_map(|place| record.tests.get(*place));
    let mut counts: Vec<(Code, usize)> = Vec::new();
    for finding in tests.filter_map(|test| test.findings.first()) {
        match counts.iter_mut().find(|(code, _)| *code == finding.code) {
            Some((_, count)) => *count += 1,
            None => counts.push((finding.code, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let named: Vec<&str> = counts.iter().take(CODES).map(|(code, _)| code.as_str()).collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

/// What a cause explains, in a sentence.
pub(super) fn explains(cause: &CauseRecord, record: &RunRecord) -> String {
    let tests = cause.tests.len();
    let example = first_test(cause, record).map(|test| match record.breaking(test) {
        Some(breaking) => format!(", such as {} {}", test.id, breaking.through.words()),
        None => format!(", such as {}", test.id),
    });
    let example = example.unwrap_or_default();
    let promises = match cause.promises.len() {
        0 => String::new(),
        1 => "breaks 1 promise; ".to_owned(),
        many => format!("breaks {many} promises; "),
    };
    let operations = match cause.operations.as_slice() {
        [] => String::new(),
        [one] => format!(" on {one}"),
        [one, rest @ ..] => format!(" on {one} and {} more", rest.len()),
    };
    let noun = if tests == 1 { "test" } else { "tests" };
    format!("{promises}explains {tests} {noun}{}{operations}{example}", codes(cause, record))
}
