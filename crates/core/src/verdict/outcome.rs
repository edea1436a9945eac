//! The outcome oracle: Fetch's algorithms over the bytes, compared with what the case expects.

use super::{Code, Finding, Oracle, Weight, fields, fix};
use crate::{
    case::model::{
        Expect, FieldExpect, OutcomeName, PreflightDetail, PreflightExpect, PreflightState, ServedBy,
        StatusClass, StatusExpect,
    },
    exchange::{Purpose, RequestResult, Step, Transcript},
    fetch::reason::Reason,
    message::{Fields, isomorphic},
};

/// Compares what became of one request with what is expected of it.
pub(super) fn judge(
    name: &str,
    expect: &Expect,
    result: &RequestResult,
    transcript: &Transcript,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |finding: Finding| findings.push(finding.of(name));

    if let Some(finding) = outcome(name, expect, result, transcript) {
        found(finding);
    }
    if let Some(expected) = &expect.status
        && result.outcome != OutcomeName::Blocked
        && !expected.as_slice().iter().any(|status| Some(*status) == result.status)
    {
        let actual = result.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        found(
            Finding::failure(
                Oracle::Outcome,
                Code::ExpectStatus,
                "the page reads another status than expected",
            )
            .expected(words(expected.as_slice().iter()), actual),
        );
    }
    let (always, where_sent) = (&expect.exposed, &expect.exposed_if_sent);
    for (header, required) in
        always.iter().map(|header| (header, true)).chain(where_sent.iter().map(|header| (header, false)))
    {
        if result.outcome == OutcomeName::Allowed && !result.readable.contains(header) {
            let on_the_wire = transcript.actual(name).is_some_and(|step| carries(step, header));
            if !required && !on_the_wire {
                if !transcript.actual(name).is_some_and(|step| exposes(step, header)) {
                    found(unsent(header));
                }
                continue;
            }
            let (actual, cure) = if on_the_wire {
                (
                    "sent, but hidden from the page".to_owned(),
                    Some(format!(
                        "add `{header}` to Access-Control-Expose-Headers on the actual answer (in a bucket's rule: ExposeHeader {header})"
                    )),
                )
            } else {
                ("not sent at all".to_owned(), None)
            };
            let mut finding = Finding::failure(
                Oracle::Outcome,
                Code::ExpectExposed,
                format!("the page cannot read the response header `{header}`"),
            )
            .expected("readable by the page", actual)
            .evidence(
                transcript
                    .actual(name)
                    .map(|step| lines(step, &["access-control-expose-headers", header]))
                    .unwrap_or_default(),
            );
            if let Some(cure) = cure {
                finding = finding.fix(cure);
            }
            found(finding);
        }
    }
    for header in &expect.hidden {
        if result.readable.contains(header) {
            found(
                Finding::failure(
                    Oracle::Outcome,
                    Code::ExpectHidden,
                    format!("the page can read the response header `{header}`"),
                )
                .expected("hidden from the page", "readable"),
            );
        }
    }
    if let Some(expected) = &expect.preflight {
        preflight(name, expected, result, transcript).into_iter().for_each(&mut found);
    }
    if let Some(expected) = &expect.response {
        match transcript.actual(name) {
            Some(step) => {
                answer(&RESPONSE, step, expected.status.as_ref(), &expected.fields)
                    .into_iter()
                    .for_each(&mut found);
            }
            None => found(
                Finding::failure(Oracle::Outcome, Code::ExpectResponse, "the actual request was never made")
                    .expected("an answer to the actual request", outcome_words(result)),
            ),
        }
    }
    if let Some(expected) = &expect.served_by
        && !expected.as_slice().iter().any(|served_by| Some(*served_by) == result.served_by)
    {
        found(
            Finding::failure(
                Oracle::Outcome,
                Code::ExpectServedBy,
                "another than expected served the request",
            )
            .expected(
                words(expected.as_slice().iter().map(|served_by| served(*served_by))),
                result.served_by.map_or("none", served),
            ),
        );
    }
    findings
}

/// Whether what a page got is what the case expects.
struct Fit {
    outcome: bool,
    reason: bool,
}

impl Fit {
    fn of(expect: &Expect, outcome: OutcomeName, reason: Option<Reason>) -> Self {
        let expected = expect.outcome.as_ref().map(|outcome| outcome.as_slice());
        let reasons = expect.reason.as_ref().map(|reason| reason.as_slice());
        Self {
            outcome: expected.is_none_or(|expected| expected.contains(&outcome)),
            reason: reasons.is_none_or(|reasons| match reason {
                Some(reason) => reasons.contains(&reason),
                // A reason speaks of the blocked alternative; where another outcome is accepted, it is moot.
                None => expected.is_some_and(|expected| expected.contains(&outcome)),
            }),
        }
    }
}

/// Whether [`judge`] finds nothing, as far as the outcome and its reason alone show it: where the case expects more
/// than these, the transcript must be judged.
pub(super) fn holds(expect: &Expect, got: OutcomeName, why: Option<Reason>) -> bool {
    let Expect {
        outcome: _,
        reason: _,
        status,
        exposed,
        exposed_if_sent,
        hidden,
        preflight,
        response,
        served_by,
    } = expect;
    let more = status.is_some() || preflight.is_some() || response.is_some() || served_by.is_some();
    let fit = Fit::of(expect, got, why);
    !more && [exposed, exposed_if_sent, hidden].into_iter().all(Vec::is_empty) && fit.outcome && fit.reason
}

/// A field that is to be exposed, and was neither sent nor named, so that nothing shows whether a page could read it.
fn unsent(header: &str) -> Finding {
    Finding::failure(
        Oracle::Outcome,
        Code::ExpectExposedUnsent,
        format!(
            "the answer has no `{header}` and does not expose it, so nothing shows that pages can read it"
        ),
    )
    .weight(Weight::Warning)
    .expected(format!("`{header}`, or its name in Access-Control-Expose-Headers"), "neither")
    .fix(format!(
        "declare a path whose answer has `{header}`, or remove it from the declared exposed headers"
    ))
}

/// Whether the answer names a field in `Access-Control-Expose-Headers`; `*` names every field here.
fn exposes(step: &Step, header: &str) -> bool {
    step.exchange.response().is_some_and(|response| {
        let lines: Vec<String> = response
            .fields
            .lines("access-control-expose-headers")
            .map(|line| isomorphic::decode(line))
            .collect();
        fields::members(&lines).any(|member| member == "*" || member.eq_ignore_ascii_case(header))
    })
}

fn outcome(name: &str, expect: &Expect, result: &RequestResult, transcript: &Transcript) -> Option<Finding> {
    let expected = expect.outcome.as_ref().map(|outcome| outcome.as_slice());
    let reasons = expect.reason.as_ref().map(|reason| reason.as_slice());
    let fit = Fit::of(expect, result.outcome, result.reason);
    if fit.outcome && fit.reason {
        return None;
    }
    let expected_words = match (expected, reasons) {
        (Some(expected), None) => words(expected.iter().map(|outcome| outcome_word(*outcome))),
        (_, Some(reasons)) => format!("blocked with {}", words(reasons.iter().map(|reason| reason.code()))),
        (None, None) => String::new(),
    };
    let step = transcript.steps.iter().rev().find(|step| step.request == name);
    let finding = match (result.outcome, result.reason) {
        (OutcomeName::Blocked, Some(reason)) => {
            let message = if fit.outcome {
                format!("blocked for another reason than expected: {}", reason.about())
            } else {
                format!("a browser blocks this: {}", reason.about())
            };
            let finding = Finding::failure(Oracle::Outcome, reason, message);
            let stored = fix::for_stored(reason, result, transcript);
            match stored.or_else(|| fix::for_reason(reason, result, step)) {
                Some(cure) if !fit.outcome => finding.fix(cure),
                _ => finding,
            }
        }
        _ => {
            let granted = step.map(|step| lines(step, &["access-control-allow-origin"])).unwrap_or_default();
            let preflight = step.is_some_and(|step| step.purpose == Purpose::Preflight);
            let (may, cure) = if preflight {
                (
                    "send this request",
                    "grant only what the rules allow: compare the whole Origin with the allowed ones, and list only \
                     the allowed methods and headers",
                )
            } else {
                (
                    "read this answer",
                    "compare the whole Origin with the allowed ones, byte for byte, before sending it back",
                )
            };
            let finding = Finding::failure(
                Oracle::Outcome,
                Code::OutcomeNotRefused,
                format!("a page of {} can {may}", result.origin),
            );
            match granted.first() {
                Some(_) => finding.fix(cure),
                None => finding,
            }
        }
    };
    Some(
        finding
            .expected(expected_words, outcome_words(result))
            .evidence(step.map(cors_lines).unwrap_or_default()),
    )
}

fn preflight(
    name: &str,
    expected: &PreflightExpect,
    result: &RequestResult,
    transcript: &Transcript,
) -> Vec<Finding> {
    let detail = match expected {
        PreflightExpect::State(state) if *state == result.preflight => return Vec::new(),
        PreflightExpect::State(state) => {
            let finding = Finding::failure(
                Oracle::Outcome,
                Code::ExpectPreflight,
                "the browser's CORS-preflight request is not as expected",
            )
            .expected(preflight_word(*state), preflight_word(result.preflight));
            let kept = (*state, result.preflight) == (PreflightState::Sent, PreflightState::Cached);
            return vec![if kept {
                finding.fix(
                    "the browser still keeps the answer to an earlier preflight: wait for Access-Control-Max-Age to pass, or clear the cache; while rules change, send 0 (MaxAgeSeconds 0)",
                )
            } else {
                finding
            }];
        }
        PreflightExpect::Detail(detail) => detail,
    };
    let Some(step) = transcript.preflight(name) else {
        return vec![
            Finding::failure(Oracle::Outcome, Code::ExpectPreflight, "no CORS-preflight request was sent")
                .expected(preflight_word(PreflightState::Sent), preflight_word(result.preflight)),
        ];
    };
    let PreflightDetail { sent, status, fields } = detail;
    let mut findings = Vec::new();
    for (field, expect) in sent {
        if let Err(mismatch) = fields::compare(&step.exchange.sent.fields, field, expect) {
            findings.push(
                Finding::failure(
                    Oracle::Outcome,
                    Code::ExpectPreflightSent,
                    format!("the CORS-preflight request's `{field}` is not as expected"),
                )
                .expected(mismatch.expected, mismatch.actual),
            );
        }
    }
    findings.extend(answer(&PREFLIGHT, step, status.as_ref(), fields));
    findings
}

/// The codes of what is expected of an answer.
struct AnswerCodes {
    none: Code,
    status: Code,
    field: Code,
}

const PREFLIGHT: AnswerCodes = AnswerCodes {
    none: Code::ExpectPreflight,
    status: Code::ExpectPreflightStatus,
    field: Code::ExpectPreflightField,
};

const RESPONSE: AnswerCodes = AnswerCodes {
    none: Code::ExpectResponse,
    status: Code::ExpectResponseStatus,
    field: Code::ExpectResponseField,
};

/// Compares an answer on the wire with what is expected of it.
fn answer<'a>(
    codes: &AnswerCodes,
    step: &Step,
    status: Option<&StatusExpect>,
    fields: impl IntoIterator<Item = (&'a String, &'a FieldExpect)>,
) -> Vec<Finding> {
    let Some(response) = step.exchange.response() else {
        return vec![Finding::failure(
            Oracle::Outcome,
            codes.none,
            format!("the {} got no answer", step.purpose),
        )];
    };
    let mut findings = Vec::new();
    if let Some(expected) = status
        && !status_holds(expected, response.status)
    {
        findings.push(
            Finding::failure(
                Oracle::Outcome,
                codes.status,
                format!("the {} was answered with another status", step.purpose),
            )
            .expected(status_words(expected), response.status.to_string())
            .evidence(vec![status_line(step)]),
        );
    }
    for (field, expect) in fields {
        if let Err(mismatch) = fields::compare(&response.fields, field, expect) {
            let mut finding = Finding::failure(
                Oracle::Outcome,
                codes.field,
                format!("the answer's `{field}` is not as expected"),
            )
            .expected(mismatch.expected, mismatch.actual)
            .evidence(lines(step, &[field]));
            if let Some((section, cure)) = fix::for_field(field, &response.fields) {
                finding = finding.section(section).fix(cure);
            }
            findings.push(finding);
        }
    }
    findings
}

fn status_holds(expected: &StatusExpect, status: u16) -> bool {
    match expected {
        StatusExpect::Code(code) => *code == status,
        StatusExpect::Codes(codes) => codes.contains(&status),
        StatusExpect::Class(class) => match class {
            StatusClass::Successful => (200..300).contains(&status),
            StatusClass::Redirection => (300..400).contains(&status),
            StatusClass::ClientError => (400..500).contains(&status),
            StatusClass::ServerError => (500..600).contains(&status),
            StatusClass::NotServerError => status < 500,
        },
    }
}

fn status_words(expected: &StatusExpect) -> String {
    match expected {
        StatusExpect::Code(code) => code.to_string(),
        StatusExpect::Codes(codes) => words(codes.iter()),
        StatusExpect::Class(class) => match class {
            StatusClass::Successful => "200 to 299",
            StatusClass::Redirection => "300 to 399",
            StatusClass::ClientError => "400 to 499",
            StatusClass::ServerError => "500 to 599",
            StatusClass::NotServerError => "below 500",
        }
        .to_owned(),
    }
}

fn words(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(" or ")
}

fn outcome_word(outcome: OutcomeName) -> &'static str {
    match outcome {
        OutcomeName::Allowed => "allowed",
        OutcomeName::Opaque => "opaque",
        OutcomeName::Blocked => "blocked",
    }
}

fn outcome_words(result: &RequestResult) -> String {
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

fn preflight_word(state: PreflightState) -> &'static str {
    match state {
        PreflightState::Sent => "a preflight is sent",
        PreflightState::Cached => "the CORS-preflight cache makes it needless",
        PreflightState::None => "no preflight is needed",
    }
}

fn served(served_by: ServedBy) -> &'static str {
    match served_by {
        ServedBy::Network => "the endpoint",
        ServedBy::Cache => "a stored response",
        ServedBy::Validated => "a stored response, validated",
    }
}

fn carries(step: &Step, header: &str) -> bool {
    step.exchange.response().is_some_and(|response| response.fields.contains(header))
}

fn status_line(step: &Step) -> String {
    let request = &step.exchange.sent;
    let status = step
        .exchange
        .response()
        .map_or_else(|| "no answer".to_owned(), |response| response.status.to_string());
    format!("{} {} → {status}", request.method, request.url.path())
}

/// The status line and every CORS-relevant line of a step, both ways.
fn cors_lines(step: &Step) -> Vec<String> {
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
fn lines(step: &Step, names: &[&str]) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::PreflightState;

    /// The two ways to ask agree wherever the short one says that nothing is wrong.
    #[test]
    fn what_holds_by_its_outcome_is_judged_without_findings() {
        use OutcomeName::{Allowed, Blocked};
        let missing = Some(Reason::CorsCheckMissing);
        // (what is expected, what a page got, whether that alone shows that it holds, whether it holds)
        let rows = [
            (json!({}), Blocked, missing, true, true),
            (json!({ "outcome": "allowed" }), Allowed, None, true, true),
            (json!({ "outcome": "allowed" }), Blocked, missing, false, false),
            (json!({ "outcome": "blocked", "reason": "cors-check.missing" }), Blocked, missing, true, true),
            (json!({ "outcome": "blocked", "reason": "preflight.status" }), Blocked, missing, false, false),
            (json!({ "reason": "cors-check.missing" }), Blocked, missing, true, true),
            // A reason without an outcome demands that the page is blocked.
            (json!({ "reason": "cors-check.missing" }), Allowed, None, false, false),
            (
                json!({ "outcome": ["allowed", "blocked"], "reason": "cors-check.missing" }),
                Allowed,
                None,
                true,
                true,
            ),
            // More is expected than an outcome shows.
            (json!({ "hidden": ["x-a"] }), Allowed, None, false, true),
        ];
        for (expect, got, why, shown, right) in rows {
            let parsed: Expect = serde_json::from_value(expect.clone()).unwrap();
            assert_eq!(holds(&parsed, got, why), shown, "{expect} {got:?} {why:?}");
            let result = RequestResult {
                origin: "https://a.example".to_owned(),
                outcome: got,
                reason: why,
                subject: None,
                status: None,
                readable: Fields::new(),
                preflight: PreflightState::None,
                served_by: None,
                stored: None,
                ended_after: 0,
                story: Vec::new(),
            };
            let findings = judge("page", &parsed, &result, &Transcript::default());
            assert_eq!(findings.is_empty(), right, "{expect} {got:?} {why:?}: {findings:?}");
        }
    }
}
