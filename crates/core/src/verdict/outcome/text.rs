//! How expectations, outcomes and evidence are written in a finding.

use crate::{
    case::model::{OutcomeName, PreflightState, ServedBy},
    exchange::{RequestResult, Step},
    message::{Fields, isomorphic},
};

/// Alternatives.
pub(super) fn words(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" or ")
}

pub(super) fn outcome_word(outcome: OutcomeName) -> &'static str {
    match outcome {
        OutcomeName::Allowed => "allowed",
        OutcomeName::Opaque => "opaque",
        OutcomeName::Blocked => "blocked",
    }
}

pub(super) fn outcome_words(result: &RequestResult) -> String {
    let mut words = outcome_word(result.outcome).to_owned();
    if let Some(reason) = result.reason {
        words.push_str(&format!(" with {reason}"));
    }
    if let Some(subject) = &result.subject {
        words.push_str(&format!(" ({})", short(subject)));
    }
    words
}

/// The beginning of a value, which may be as long as a response head.
fn short(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
    }
}

pub(super) fn preflight_word(state: PreflightState) -> &'static str {
    match state {
        PreflightState::Sent => "a preflight is sent",
        PreflightState::Cached => "the CORS-preflight cache makes it needless",
        PreflightState::None => "no preflight is needed",
    }
}

pub(super) fn served(served_by: ServedBy) -> &'static str {
    match served_by {
        ServedBy::Network => "the endpoint",
        ServedBy::Cache => "a stored response",
        ServedBy::Validated => "a stored response, validated",
    }
}

pub(super) fn status_line(step: &Step) -> String {
    let request = &step.exchange.sent;
    let status = step
        .exchange
        .response()
        .map_or_else(|| "no answer".to_owned(), |response| response.status.to_string());
    format!("{} {} → {status}", request.method, request.url.path())
}

/// The status line and every CORS-relevant line of a step, both ways.
pub(super) fn cors_lines(step: &Step) -> Vec<String> {
    let mut evidence = vec![status_line(step)];
    let relevant = |fields: &Fields, sign: &str, out: &mut Vec<String>| {
        for field in fields {
            let name = field.name.to_ascii_lowercase();
            if name.starts_with("access-control-") || name == "origin" || name == "vary" || name == "location"
            {
                out.push(format!("{sign} {}: {}", field.name, isomorphic::decode(&field.value)));
            }
        }
    };
    relevant(&step.exchange.sent.fields, ">", &mut evidence);
    if let Some(response) = step.exchange.response() {
        relevant(&response.fields, "<", &mut evidence);
    }
    evidence.extend(step.evidence.iter().map(|line| format!("< {line}")));
    evidence
}

/// The status line and the answer's lines of the named fields.
pub(super) fn lines(step: &Step, names: &[&str]) -> Vec<String> {
    let mut evidence = Vec::new();
    if let Some(response) = step.exchange.response() {
        for field in &response.fields {
            if names.iter().any(|name| field.is(name)) {
                evidence.push(format!("< {}: {}", field.name, isomorphic::decode(&field.value)));
            }
        }
    }
    evidence
}
