//! What to change in a bucket's rules, where the rules that were set are the reason why a browser
//! refused: which of them came nearest, and which of its fields kept it from matching.

use super::{Code, Finding, Oracle};
use crate::{
    case::model::ServedBy,
    exchange::{Step, Transcript},
    message::isomorphic,
    policy::{Decision, Dialect, Policy, Question, Refusal, Rule, evaluate},
};

/// Puts the cure that the rules suggest in the place of a general one.
pub(super) fn give(policy: &Policy, dialect: Dialect, transcript: &Transcript, findings: &mut [Finding]) {
    let about_a_refusal = |finding: &&mut Finding| {
        finding.oracle == Oracle::Outcome
            && finding.fix.is_some()
            && matches!(finding.code, Code::Reason(reason) if reason.is_of_preflight() || reason.is_of_cors_check())
    };
    for finding in findings.iter_mut().filter(about_a_refusal) {
        let mut steps = transcript.steps.iter().rev();
        let step = steps.find(|step| finding.request.as_deref() == Some(step.request.as_str()));
        if let Some(cure) = step.and_then(|step| cure(policy, dialect, step)) {
            finding.fix = Some(cure);
        }
    }
}

fn cure(policy: &Policy, dialect: Dialect, step: &Step) -> Option<String> {
    if step.served_by != ServedBy::Network {
        return None;
    }
    let sent = &step.exchange.sent;
    let question = Question::of(dialect, &sent.method, &sent.fields).ok()?;
    let origin = isomorphic::decode(question.origin.as_deref().unwrap_or_default());
    let method = question.method();
    match evaluate(policy, dialect, &question).decision {
        Decision::NotCors | Decision::Matched { .. } => None,
        Decision::Refused(Refusal::NoRules) => Some(format!(
            "CORS is not configured on this bucket: add a rule with AllowedOrigin {origin} and AllowedMethod {method}"
        )),
        Decision::Refused(Refusal::Origin) => Some(match near_miss(policy, &origin) {
            Some(cure) => cure,
            None => format!(
                "no rule has the origin: add AllowedOrigin {origin}, scheme and port included; to find out what \
                 refuses, allow origin *, all five methods and header * for a moment, then narrow one field at a time"
            ),
        }),
        Decision::Refused(Refusal::Method { rule }) => Some(format!(
            "rule {} allows the origin, but not the method: add AllowedMethod {method}",
            rule + 1
        )),
        Decision::Refused(Refusal::Headers { rule, names }) => Some(format!(
            "rule {} allows the origin and the method, but not every header: add AllowedHeader {}, or *",
            rule + 1,
            names.join(", ")
        )),
    }
}

/// An entry that was meant for the origin, and never matches it.
fn near_miss(policy: &Policy, origin: &str) -> Option<String> {
    if origin == "null" {
        return Some(
            "the page has the opaque origin `null`, as one that was opened from a file has: serve it over HTTP, or \
             from an origin that a rule allows"
                .to_owned(),
        );
    }
    let entries = policy.rules.iter().flat_map(|rule: &Rule| &rule.allowed_origins);
    let (_, authority) = origin.split_once("://")?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let bare = |entry: &str| {
        let rest = entry.split_once("://").map_or(entry, |(_, rest)| rest);
        let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        rest.rsplit_once(':').map_or(rest, |(host, _)| host).to_ascii_lowercase()
    };
    entries.into_iter().find(|entry| bare(entry) == host).map(|entry| {
        format!(
            "AllowedOrigin `{entry}` is not the page's origin, byte for byte: write `{origin}`, with scheme and \
             non-default port, in lower case, without a slash"
        )
    })
}
