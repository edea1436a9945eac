//! The rules oracle: what the ordered rules of the endpoint's dialect demand of an answer,
//! against what the endpoint sent.

use super::{Code, Finding, Oracle, Weight, fields::members};
use crate::{
    exchange::Step,
    message::{Fields, Response, isomorphic},
    policy::{Decision, Dialect, Policy, Question, evaluate},
};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Compares one answer of the endpoint with what the rules demand. Where an `application` stands
/// behind the rules, OPTIONS that is no preflight is for it to answer.
pub(super) fn judge(step: &Step, policy: &Policy, dialect: Dialect, application: bool) -> Vec<Finding> {
    let Some(response) = step.exchange.response() else { return Vec::new() };
    let sent = &step.exchange.sent;
    let found = match Question::of(dialect, &sent.method, &sent.fields) {
        Err(malformed) => refused(response, format!("the preflight has {malformed}"), !application),
        Ok(question) => {
            let ruling = evaluate(policy, dialect, &question);
            let preflight = sent.method == "OPTIONS";
            let mut found = match &ruling.decision {
                Decision::Matched { rule, .. } => {
                    matched(response, &ruling.fields, question.headers(), question.method(), *rule, preflight)
                }
                Decision::Refused(refusal) => refused(response, refusal.to_string(), preflight),
                Decision::NotCors => Vec::new(),
            };
            found.extend(vary(response, &ruling.fields));
            found
        }
    };
    found.into_iter().map(|finding| finding.of(&step.request)).collect()
}

/// No rule matches: no field that lets a page read, and a preflight is answered with 403 or 400.
fn refused(response: &Response, why: String, preflight: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in [ALLOW_ORIGIN, "access-control-allow-credentials"] {
        if let Some(value) = response.fields.text(name) {
            findings.push(
                Finding::failure(
                    Oracle::Rules,
                    Code::RulesGranted,
                    format!("the answer carries `{name}` although {why}"),
                )
                .expected("absent", format!("`{value}`"))
                .evidence(vec![format!("< {name}: {value}")]),
            );
        }
    }
    if preflight && response.status < 400 {
        findings.push(
            Finding::failure(
                Oracle::Rules,
                Code::RulesPreflightStatus,
                format!("the preflight is not refused although {why}"),
            )
            .expected("400 or 403", response.status.to_string()),
        );
    }
    findings
}

fn matched(
    response: &Response,
    demanded: &Fields,
    headers: &[String],
    method: &str,
    rule: usize,
    preflight: bool,
) -> Vec<Finding> {
    let rule = rule + 1;
    let mut findings = Vec::new();
    if preflight && !(200..300).contains(&response.status) {
        findings.push(
            Finding::failure(
                Oracle::Rules,
                Code::RulesPreflightStatus,
                format!("the preflight is refused although rule {rule} matches"),
            )
            .expected("200 to 299", response.status.to_string()),
        );
        return findings;
    }
    let mut differ = |code: Code, name: &str, expected: String, lines: Vec<String>| {
        let actual = match lines.as_slice() {
            [] => "absent".to_owned(),
            lines => format!("`{}`", lines.join("` and `")),
        };
        findings.push(
            Finding::failure(Oracle::Rules, code, format!("`{name}` is not what rule {rule} demands"))
                .expected(expected, actual)
                .evidence(lines.iter().map(|line| format!("< {name}: {line}")).collect()),
        );
    };
    for (code, name) in [
        (Code::RulesAllowOrigin, ALLOW_ORIGIN),
        (Code::RulesAllowCredentials, "access-control-allow-credentials"),
        (Code::RulesMaxAge, "access-control-max-age"),
    ] {
        let expected = texts(demanded, name);
        let actual = texts(&response.fields, name);
        // A max-age is of use on a preflight's answer only.
        let needless = code == Code::RulesMaxAge && !preflight && actual.is_empty();
        if expected != actual && !needless {
            let expected = expected.first().map_or_else(|| "absent".to_owned(), |value| format!("`{value}`"));
            differ(code, name, expected, actual);
        }
    }
    let exposed = "access-control-expose-headers";
    if !preflight {
        let (expected, actual) = (texts(demanded, exposed), texts(&response.fields, exposed));
        if lower(&expected) != lower(&actual) {
            differ(
                Code::RulesExposeHeaders,
                exposed,
                expected.first().map_or_else(|| "absent".to_owned(), |list| format!("`{list}`")),
                actual,
            );
        }
    }
    if preflight {
        let name = "access-control-allow-methods";
        let actual = texts(&response.fields, name);
        // Some answer with the rule's methods, some with the one that was asked for.
        if !members(&actual).any(|member| member == method) {
            differ(Code::RulesAllowMethods, name, format!("a list with `{method}`"), actual);
        }
        let name = "access-control-allow-headers";
        let actual = texts(&response.fields, name);
        let granted = lower(&actual);
        if let Some(missing) = headers.iter().find(|header| !granted.contains(&header.to_ascii_lowercase())) {
            differ(Code::RulesAllowHeaders, name, format!("a list with `{missing}`"), actual);
        }
    }
    findings
}

/// Where the rules demand `Vary: Origin`, it is there. That it is there without need is no fault.
fn vary(response: &Response, demanded: &Fields) -> Vec<Finding> {
    let expected = lower(&texts(demanded, "vary"));
    let actual = texts(&response.fields, "vary");
    let found = lower(&actual);
    let lacks = |member: &&String| !found.contains(*member) && !found.contains(&"*".to_owned());
    let origin = expected.iter().find(|member| *member == "origin" && lacks(member));
    let missing = origin.or_else(|| expected.iter().find(lacks));
    missing
        .map(|missing| {
            let finding = Finding::failure(
                Oracle::Rules,
                Code::RulesVary,
                "the answer does not say on what it depends",
            );
            // S3 names the preflight's fields besides, on which no cached answer depends: a note for those who must
            // answer as S3 does.
            let weight = if missing == "origin" { Weight::Failure } else { Weight::Warning };
            finding
                .weight(weight)
                .expected(
                    format!("a list with `{missing}`"),
                    actual.first().map_or_else(|| "absent".to_owned(), |line| format!("`{line}`")),
                )
                .fix("with ResponseVary every answer carries `Vary: Origin`, whether a rule matches or not")
        })
        .into_iter()
        .collect()
}

fn texts(fields: &Fields, name: &str) -> Vec<String> {
    fields.lines(name).map(|line| isomorphic::decode(line)).collect()
}

/// The members in lower case, sorted: a list field without order and case.
fn lower(lines: &[String]) -> Vec<String> {
    let mut list: Vec<String> = members(lines).map(str::to_ascii_lowercase).collect();
    list.sort();
    list.dedup();
    list
}
