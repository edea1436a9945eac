//! The causes of what a run found, worst first: what each breaks, what shows it, and what to change, each once.

use std::fmt::Write;

use crosscheck_core::diagnostic::visible;

use super::{
    paint::{Paint, Tone},
    prose::prose,
};
use crate::run::record::{CauseRecord, RunRecord};

/// How many causes are shown whole; of the others the first line.
const WHOLE: usize = 3;

/// How many lines of evidence are shown of each.
const EVIDENCE: usize = 3;

/// Every cause; empty if there is none. Ends with an empty line.
pub fn render(record: &RunRecord, paint: Paint) -> String {
    let mut out = String::new();
    if record.causes.is_empty() {
        return out;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "Causes, worst first"));
    for (number, cause) in record.causes.iter().enumerate() {
        write_cause(&mut out, cause, record, number < WHOLE, paint);
    }
    out.push('\n');
    out
}

fn write_cause(out: &mut String, cause: &CauseRecord, record: &RunRecord, whole: bool, paint: Paint) {
    let (sign, tone) = match (cause.known, cause.fails) {
        (true, _) => ("·", Tone::Faint),
        (false, true) => ("✗", Tone::Bad),
        (false, false) => ("!", Tone::Doubtful),
    };
    let found = &cause.cause;
    let mut text = String::new();
    let known = if cause.known { ", known issue" } else { "" };
    prose(&mut text, "  ", &format!("{} ({}{known}): {}", found.code, found.severity, found.sentence));
    let _ = write!(out, "{} {}", paint.tone(tone, sign), text.strip_prefix("  ").unwrap_or(&text));
    if !whole || cause.known {
        return;
    }
    prose(out, "    ", &explains(cause, record));
    for line in found.evidence.iter().take(EVIDENCE) {
        let _ = writeln!(out, "    {} {}", paint.tone(Tone::Faint, "|"), visible(line));
    }
    for cure in &found.cure {
        prose(out, "    fix: ", cure);
    }
}

/// What a cause explains, in a sentence.
fn explains(cause: &CauseRecord, record: &RunRecord) -> String {
    let tests = cause.tests.len();
    let first = cause.tests.first().and_then(|place| record.tests.get(*place));
    let example = first.map(|test| format!(", such as {}", test.id)).unwrap_or_default();
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
    format!("{promises}explains {tests} {noun}{operations}{example}")
}
