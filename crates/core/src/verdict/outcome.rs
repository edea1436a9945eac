//! The outcome oracle: Fetch's algorithms over the bytes, compared with what the case expects.

mod answer;
mod text;

use answer::{RESPONSE, answer, preflight};
use text::{cors_lines, lines, outcome_word, outcome_words, served, words};

use super::{Code, Finding, Oracle, Weight, fields, fix};
use crate::{
    case::model::{Expect, OutcomeName},
    exchange::{Purpose, RequestResult, Step, Transcript},
    fetch::reason::Reason,
    message::isomorphic,
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
    for header in &expect.named_if_allowed {
        let step = transcript.actual(name);
        if result.outcome == OutcomeName::Allowed && !step.is_some_and(|step| exposes(step, header)) {
            found(unnamed(header, step));
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
        named_if_allowed,
        hidden,
        preflight,
        response,
        served_by,
    } = expect;
    let more = status.is_some() || preflight.is_some() || response.is_some() || served_by.is_some();
    let fit = Fit::of(expect, got, why);
    let names = [exposed, exposed_if_sent, named_if_allowed, hidden];
    !more && names.into_iter().all(Vec::is_empty) && fit.outcome && fit.reason
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

/// A field that is to be exposed, and that an answer which pages can read does not name.
fn unnamed(header: &str, step: Option<&Step>) -> Finding {
    Finding::failure(
        Oracle::Outcome,
        Code::ExpectExposed,
        format!("Access-Control-Expose-Headers does not name the response header `{header}`"),
    )
    .expected(format!("`{header}` in Access-Control-Expose-Headers"), "not named")
    .evidence(
        step.map(|step| lines(step, &["access-control-allow-origin", "access-control-expose-headers"]))
            .unwrap_or_default(),
    )
    .fix(format!(
        "add `{header}` to Access-Control-Expose-Headers on the actual answer (in a bucket's rule: ExposeHeader {header})"
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
        (_, Some(reasons)) => format!("blocked with {}", words(reasons.iter().map(|reason| reason.as_str()))),
        (None, None) => String::new(),
    };
    let step = transcript.steps.iter().rev().find(|step| step.request == name);
    let finding = match (result.outcome, result.reason) {
        (OutcomeName::Blocked, Some(reason)) => {
            let message = if fit.outcome {
                format!("blocked for another reason than expected: {}", reason.meaning())
            } else {
                format!("a browser blocks this: {}", reason.meaning())
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

fn carries(step: &Step, header: &str) -> bool {
    step.exchange.response().is_some_and(|response| response.fields.contains(header))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{exchange::PreflightState, message::Fields};

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
