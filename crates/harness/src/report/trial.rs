//! A case file that is tried while it is written: of every test what was sent and answered, what
//! the browser made of it, and the verdict, whatever that is.

use std::fmt::Write;

use crosscheck_core::{
    case::model::{OutcomeName, ServedBy},
    diagnostic::{verbatim, visible},
    exchange::{Received, RequestResult, Step},
    message::{Fields, isomorphic},
};

use super::{
    diagnosis, failure,
    paint::{Paint, Tone},
    terminal,
};
use crate::run::record::{RunRecord, TestRecord};

/// Everything that happened; ends with a line feed.
pub fn render(record: &RunRecord, paint: Paint) -> String {
    let mut out = String::new();
    for test in &record.tests {
        out.push_str(&failure::render(test, &record.endpoint.connect, paint));
        write_exchanges(&mut out, test, paint);
        write_outcomes(&mut out, test, paint);
        out.push('\n');
    }
    out.push_str(&diagnosis::render(record, paint, true));
    out.push_str(&terminal::verdict(record, paint));
    out
}

fn write_exchanges(out: &mut String, test: &TestRecord, paint: Paint) {
    for (number, step) in test.transcript.steps.iter().enumerate() {
        let sent = &step.exchange.sent;
        let by = match step.served_by {
            ServedBy::Network => "",
            ServedBy::Cache => ", answered by a stored response",
            ServedBy::Validated => ", answered by a stored response after validation",
        };
        let query = sent.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(out);
        let _ = writeln!(
            out,
            "    {} `{}`, {}{by}",
            paint.tone(Tone::Faint, format!("{}.", number + 1)),
            visible(&step.request),
            step.purpose
        );
        let _ = writeln!(
            out,
            "      > {} {}{}",
            visible(&sent.method),
            verbatim(sent.url.path()),
            verbatim(&query)
        );
        write_fields(out, "      > ", &sent.fields);
        write_answer(out, step);
    }
}

fn write_answer(out: &mut String, step: &Step) {
    match &step.exchange.received {
        Received::Response(response) => {
            let _ = writeln!(out, "      < {}", response.status);
            write_fields(out, "      < ", &response.fields);
        }
        Received::Failed(failure) => {
            let _ = writeln!(out, "      < {}", visible(&failure.to_string()));
        }
    }
}

fn write_fields(out: &mut String, prefix: &str, fields: &Fields) {
    for field in fields {
        let _ = writeln!(
            out,
            "{prefix}{}: {}",
            verbatim(&field.name),
            verbatim(&isomorphic::decode(&field.value))
        );
    }
}

fn write_outcomes(out: &mut String, test: &TestRecord, paint: Paint) {
    for (name, result) in &test.transcript.requests {
        let _ = writeln!(out);
        let _ = writeln!(
            out,
            "    `{}` of {}: {}",
            visible(name),
            visible(&result.origin),
            outcome(result, paint)
        );
        for sentence in &result.story {
            let _ = writeln!(out, "      {} {}", paint.tone(Tone::Faint, "·"), visible(sentence));
        }
    }
}

/// What a page got, in words.
fn outcome(result: &RequestResult, paint: Paint) -> String {
    match (result.outcome, result.reason) {
        (OutcomeName::Blocked, Some(reason)) => {
            let about = result.subject.as_ref().map(|subject| format!(" ({subject})"));
            let why = format!("blocked, {reason}{}: {}", about.unwrap_or_default(), reason.meaning());
            paint.tone(Tone::Doubtful, why).to_string()
        }
        (OutcomeName::Blocked, None) => "blocked".to_owned(),
        (OutcomeName::Opaque, _) => "opaque: used without being readable".to_owned(),
        (OutcomeName::Allowed, _) => {
            let mut names: Vec<String> =
                result.readable.iter().map(|field| field.name.to_ascii_lowercase()).collect();
            names.sort();
            names.dedup();
            let status = result.status.map(|status| format!(", reads {status}")).unwrap_or_default();
            let names = if names.is_empty() { String::new() } else { format!(" and {}", names.join(", ")) };
            paint.tone(Tone::Good, format!("allowed{status}{names}")).to_string()
        }
    }
}
