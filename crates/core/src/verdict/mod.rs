//! Decides whether a transcript is in order: the oracles, their findings, known issues, root
//! causes. Knows no transports.

mod advice;
mod code;
mod fields;
mod finding;
mod fix;
mod known_issue;
mod near;
mod outcome;
mod rules;
mod syntax;
#[allow(clippy::module_inception, reason = "the word of the room is the word of its main type")]
mod verdict;

pub use code::{Code, ParseCodeError};
pub use finding::{Finding, Oracle, Weight};
pub use known_issue::KnownIssue;
pub use verdict::Verdict;

use std::collections::HashSet;

use crate::{
    availability::Difference,
    case::model::{Expect, OutcomeName, ServedBy},
    exchange::{Failure, PROXY_HELP, Purpose, Received, Stage, Step, Transcript},
    fetch::reason::Reason,
    plan::Test,
    policy::Dialect,
};

/// Looks at the transcript of a test with every oracle that has something to say about it.
///
/// `dialect`: how the endpoint's rules are read, where the case sets rules.
pub fn judge(test: &Test, transcript: &Transcript, dialect: Dialect) -> Vec<Finding> {
    let mut findings = Vec::new();
    let not_judged = unanswered(test, transcript);
    if !not_judged.is_empty() {
        return not_judged;
    }
    for (name, spec) in &test.case.requests {
        if let Some(result) = transcript.requests.get(name) {
            findings.extend(outcome::judge(name, &spec.expect, result, transcript));
        }
    }
    findings.extend(transcript.steps.iter().filter_map(stored_preflight));
    // Dictated answers are wrong on purpose, as often as not.
    let given = test.case.given.as_ref();
    let application = given.is_some_and(|given| !given.routes.is_empty());
    let dictated = given.is_some_and(|given| !given.answers.is_empty());
    let dialect = given.and_then(|given| given.dialect).unwrap_or(dialect);
    if let Some(policy) = test.policy.as_ref().filter(|_| !dictated) {
        advice::give(policy, dialect, transcript, &mut findings);
    }
    if !dictated {
        for step in transcript.steps.iter().filter(|step| step.served_by == ServedBy::Network) {
            findings.extend(syntax::judge(step));
            if let Some(policy) = test.policy.as_ref().filter(|_| !refused_before_rules(test, step)) {
                findings.extend(rules::judge(step, policy, dialect, application));
            }
        }
    }
    near::weigh(test, transcript, &mut findings);
    once(findings)
}

/// Whether a page got what the case expects, as far as its outcome and the reason alone show it. `false` where the
/// case expects more than these: then the transcript must be judged.
pub fn outcome_holds(expect: &Expect, outcome: OutcomeName, reason: Option<Reason>) -> bool {
    outcome::holds(expect, outcome, reason)
}

/// A warning of an endpoint that answers the same request in two ways, which chance decides.
pub fn unstable(difference: &str) -> Finding {
    Finding::failure(
        Oracle::Outcome,
        Code::AnswerUnstable,
        format!("the endpoint answers the same request in two ways: {difference}"),
    )
    .weight(Weight::Warning)
    .expected("the same answer to the same request", "another one")
    .fix(
        "look for replicas with different rules, and for an origin that is kept from one request to the next",
    )
}

/// Answers to one request that differ. `request`: method, URL and origin.
pub fn unstable_answers(request: &str, difference: &Difference) -> Finding {
    let weight = if difference.decides { Weight::Failure } else { Weight::Warning };
    let mut evidence = vec![request.to_owned()];
    evidence.extend(difference.counts.iter().cloned());
    Finding::failure(
        Oracle::Outcome,
        Code::AnswerUnstable,
        format!("the same request is answered differently: {}", difference.ratio),
    )
    .weight(weight)
    .expected("the same answer to the same request", difference.ratio.clone())
    .evidence(evidence)
    .fix(if difference.gateway {
        "find out why the service behind the gateway sometimes does not answer in time, and have the gateway add the \
         CORS fields to its own error answers too"
    } else {
        "send the request to each server behind the load balancer, and give all of them the same CORS configuration"
    })
}

/// An endpoint that sends bytes although nothing was requested; `place`: where they came, `shown`: the first of them,
/// printable.
pub fn unsolicited_bytes(place: &str, shown: &[String]) -> Finding {
    Finding::failure(
        Oracle::Syntax,
        Code::ResponseUnsolicitedBytes,
        format!("unsolicited bytes {place}: on a kept connection they are taken for the next answer"),
    )
    .expected("nothing after an answer", "bytes that answer no request")
    .evidence(shown.iter().map(|line| format!("< {line}")).collect())
    .fix(
        "send no content with 204, 304 and answers to HEAD, and a Content-Length that is the length of the content; \
         until then every request has a connection of its own here",
    )
}

/// RFC 9110 §9.3.7: the answer to OPTIONS is not cacheable, so that a cache on the way that answers
/// a preflight from its store will answer the next origin's with it too.
fn stored_preflight(step: &Step) -> Option<Finding> {
    (step.purpose == Purpose::Preflight && step.served_by != ServedBy::Network).then(|| {
        Finding::failure(
            Oracle::Outcome,
            Code::CachePreflightStored,
            "a cache on the way answered a preflight from its store",
        )
        .weight(Weight::Warning)
        .of(&step.request)
        .expected("an answer of the endpoint", "a stored response")
        .evidence(step.evidence.clone())
        .fix("do not cache OPTIONS; where it must be, its cache key needs Origin, Access-Control-Request-Method and Access-Control-Request-Headers")
    })
}

/// Whether a private bucket refused the request itself: authentication comes before the rules, and
/// stores differ in what they add then.
fn refused_before_rules(test: &Test, step: &Step) -> bool {
    let private = test.case.given.as_ref().is_some_and(|given| given.private);
    let refused = step.exchange.response().is_some_and(|response| response.status == 403);
    private && refused && step.exchange.sent.method != "OPTIONS"
}

/// Exchanges without an answer where the case expects one: nothing is said of the endpoint then.
fn unanswered(test: &Test, transcript: &Transcript) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &transcript.steps {
        let Received::Failed(failure) = &step.exchange.received else { continue };
        if failure.stage.is_refusal() {
            findings.push(refused(step, failure));
            continue;
        }
        if failure.stage.is_unavailable() {
            findings.push(unavailable(step, failure));
            continue;
        }
        let expected =
            test.case.requests.get(&step.request).is_some_and(|spec| expects_no_answer(&spec.expect));
        if expected || near::may_be_hung_up_on(test, failure) {
            continue;
        }
        let request = &step.exchange.sent;
        findings.push(
            Finding::failure(
                Oracle::Harness,
                Code::HarnessNoAnswer,
                format!("the {} got no answer: {failure}", step.purpose),
            )
            .weight(Weight::NotJudged)
            .of(&step.request)
            .expected("an HTTP response", failure.stage.to_string())
            .evidence(vec![format!("{} {}", request.method, request.url)])
            .fix(match failure.stage {
                Stage::Proxy => PROXY_HELP,
                _ => "look at the server's log for this request; --request-timeout gives slow servers more time",
            }),
        );
    }
    findings
}

/// A request that only rate limits or gateways answered: whatever the case expects, nothing is known of the endpoint.
fn unavailable(step: &Step, failure: &Failure) -> Finding {
    let request = &step.exchange.sent;
    let (code, fix) = match failure.stage {
        Stage::Throttled => (Code::HarnessThrottled, "send fewer requests a second (--rate), or run later"),
        Stage::Gateway => (Code::HarnessGateway, "check that the service behind the gateway is up"),
        _ => (Code::HarnessNoAnswer, "look at the server's log for the last request that it answered"),
    };
    Finding::failure(Oracle::Harness, code, format!("the {} was not judged: {failure}", step.purpose))
        .weight(Weight::NotJudged)
        .of(&step.request)
        .expected("an answer of the endpoint", failure.stage.to_string())
        .evidence(vec![format!("{} {}", request.method, request.url)])
        .fix(fix)
}

/// A request that was not sent: whatever the case expects, nothing is known of it.
fn refused(step: &Step, failure: &Failure) -> Finding {
    let request = &step.exchange.sent;
    let (code, fix) = match failure.stage {
        Stage::PrivateAddress => (
            Code::RedirectPrivateAddress,
            "redirect to a public address; where this one is meant, --follow-private follows the redirect",
        ),
        Stage::HostNotPermitted => {
            (Code::HarnessHostNotPermitted, "write a path below the endpoint's URL, or name another endpoint")
        }
        _ => (
            Code::HarnessMethodNotPermitted,
            "where this endpoint may be written to, add the method to `capabilities.methods` in crosscheck.json",
        ),
    };
    Finding::failure(Oracle::Harness, code, format!("the {} was {failure}", step.purpose))
        .weight(Weight::NotJudged)
        .of(&step.request)
        .expected("a request that may be sent", failure.stage.to_string())
        .evidence(vec![format!("{} {}", request.method, request.url)])
        .fix(fix)
}

fn expects_no_answer(expect: &Expect) -> bool {
    expect.reason.as_ref().is_some_and(|reasons| {
        reasons
            .as_slice()
            .iter()
            .any(|reason| matches!(reason, Reason::NetworkError | Reason::PreflightNetworkError))
    })
}

/// The same finding about the same request once, however many steps show it.
fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = HashSet::with_capacity(findings.len());
    let is_new =
        |finding: &Finding| seen.insert((finding.code, finding.request.clone(), finding.message.clone()));
    let new: Vec<bool> = findings.iter().map(is_new).collect();
    findings.into_iter().zip(new).filter_map(|(finding, new)| new.then_some(finding)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        case::model::{Case, Kind, Through},
        exchange::Exchange,
        message::Request,
        plan::Claim,
    };

    /// The findings on a request that ended at a stage, where the case expects that it got no answer.
    fn findings(stage: Stage) -> Vec<Finding> {
        let case = serde_json::json!({
            "id": "a", "title": "a", "requests": { "page": { "expect": { "reason": "network.error" } } }
        });
        let claim = Claim {
            id: "a".to_owned(),
            title: "a".to_owned(),
            kind: Kind::Note,
            source: Vec::new(),
            file: String::new(),
            line: 0,
            sampled_of: None,
            promise: None,
            operation: None,
        };
        let case: Arc<Case> = Arc::new(serde_json::from_value(case).unwrap());
        let order = vec!["page".to_owned()];
        let test =
            Test { claim: Arc::new(claim), case, policy: None, order, through: Through::None, near: None };
        let message = "10.0.0.1 is at the private address 10.0.0.1".to_owned();
        let exchange = Exchange::new(
            Arc::new(Request::new("GET", "http://10.0.0.1/x".parse().unwrap())),
            Received::Failed(Failure::new(stage, message)),
        );
        let step = Step {
            request: "page".to_owned(),
            purpose: Purpose::RedirectHop(2),
            served_by: ServedBy::Network,
            exchange: Arc::new(exchange),
            evidence: Vec::new(),
        };
        let transcript = Transcript { steps: vec![step], ..Transcript::default() };
        judge(&test, &transcript, Dialect::Oss)
    }

    #[test]
    fn a_request_that_was_not_sent_is_never_what_was_expected() {
        for (stage, code) in [
            (Stage::PrivateAddress, "redirect.private-address"),
            (Stage::HostNotPermitted, "harness.host-not-permitted"),
            (Stage::MethodNotPermitted, "harness.method-not-permitted"),
            (Stage::Throttled, "harness.throttled"),
            (Stage::Gateway, "harness.gateway-error"),
            (Stage::Gone, "harness.no-answer"),
        ] {
            let [finding] = &findings(stage)[..] else { panic!("one finding") };
            assert_eq!((finding.code.as_str(), finding.weight), (code, Weight::NotJudged));
            assert_eq!(Verdict::of(Kind::Note, &findings(stage)), Verdict::HarnessError);
            assert!(finding.message.starts_with("the redirect hop 2 was not "), "{}", finding.message);
            assert_eq!(finding.evidence, ["GET http://10.0.0.1/x"]);
        }
        assert_eq!(findings(Stage::Connect), []);
    }
}
