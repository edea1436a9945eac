//! The same request to several URLs: what came of each, and in which CORS fields their answers differ.

use std::fmt::Write;

use crosscheck_core::{
    diagnostic::visible,
    exchange::{FieldDifference, differing_cors_fields},
    fetch::Reason,
};

use super::paint::{Paint, Tone};
use crate::run::explain::Explanation;

/// One way to a resource.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The URL as it is shown.
    pub url: &'a str,
    /// What came of it.
    pub explanation: &'a Explanation,
}

/// The comparison of the first way with the others; ends with a line feed.
pub fn render(first: Way<'_>, others: &[Way<'_>], paint: Paint) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\n{}", paint.tone(Tone::Strong, "The same request to each URL"));
    write_way(&mut out, first, paint);
    for other in others {
        write_way(&mut out, *other, paint);
        let differences = differences(first.explanation, other.explanation);
        for FieldDifference { answer, name, first, other } in &differences {
            let shown = |value: &Option<String>| match value {
                Some(value) => format!("`{}`", visible(value)),
                None => "missing".to_owned(),
            };
            let _ = writeln!(
                out,
                "      {} {}: {}, first URL: {}",
                answer.as_str(),
                paint.tone(Tone::Strong, name),
                shown(other),
                shown(first)
            );
        }
        if differences.is_empty() {
            let _ =
                writeln!(out, "      {}", paint.tone(Tone::Faint, "the same CORS fields as the first URL"));
        }
    }
    out
}

/// The CORS fields in which the answers of two explanations differ.
pub fn differences(first: &Explanation, other: &Explanation) -> Vec<FieldDifference> {
    differing_cors_fields(&first.test.transcript.steps, &other.test.transcript.steps)
}

fn write_way(out: &mut String, way: Way<'_>, paint: Paint) {
    let result = way.explanation.result();
    let (sign, tone, verdict) = match way.explanation.allowed {
        Some(true) => ("✓", Tone::Good, "allowed".to_owned()),
        Some(false) => {
            let reason = result.and_then(|result| result.reason);
            ("✗", Tone::Bad, format!("blocked ({})", reason.map_or("no valid response", Reason::as_str)))
        }
        None => ("?", Tone::Doubtful, "unknown".to_owned()),
    };
    let status = way
        .explanation
        .last()
        .and_then(|step| step.exchange.response())
        .map(|response| format!(", status {}", response.status))
        .unwrap_or_default();
    let _ = writeln!(out, "  {} {}: {verdict}{status}", paint.tone(tone, sign), visible(way.url));
    if let Some(cause) = way.explanation.causes.first().filter(|_| way.explanation.allowed == Some(false)) {
        let _ = writeln!(out, "      {}: {}", cause.code, visible(&cause.sentence));
    }
}
