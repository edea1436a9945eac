//! Compares an answer on the wire with what the case expects of it: the preflight's, or that to the actual request.

use super::text::{lines, preflight_word, status_line, words};
use crate::{
    case::model::{FieldExpect, PreflightDetail, PreflightExpect, PreflightState, StatusClass, StatusExpect},
    exchange::{RequestResult, Step, Transcript},
    verdict::{Code, Finding, Oracle, fields, fix},
};

/// Compares what was sent and answered as a preflight with what is expected of it.
pub(super) fn preflight(
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
pub(super) struct AnswerCodes {
    none: Code,
    status: Code,
    field: Code,
}

const PREFLIGHT: AnswerCodes = AnswerCodes {
    none: Code::ExpectPreflight,
    status: Code::ExpectPreflightStatus,
    field: Code::ExpectPreflightField,
};

pub(super) const RESPONSE: AnswerCodes = AnswerCodes {
    none: Code::ExpectResponse,
    status: Code::ExpectResponseStatus,
    field: Code::ExpectResponseField,
};

/// Compares an answer on the wire with what is expected of it.
pub(super) fn answer<'a>(
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
