//! Whether the endpoint answers the same request in the same way. Repeats a few reads and preflights: those that were
//! answered in two ways during the run, those of failed tests, and one more.

use crosscheck_core::{
    availability::{Difference, Unavailable, View, difference},
    case::model::Kind,
    exchange::SendContext,
    message::Request,
    plan::Claim,
    verdict::{self, Finding, Verdict},
};

use super::{one, record::TestRecord};
use crate::endpoint::Endpoint;

/// The id of the test.
const STABLE: &str = "answers/same-request";

/// How often a request is repeated, and how often at first where nothing spoke against it yet.
const REPEATS: usize = 8;
const FIRST_REPEATS: usize = 4;

/// The test that the endpoint fails whose answers to one request differ; `None`: no answers differed.
pub(super) async fn check(endpoint: &Endpoint) -> Option<TestRecord> {
    let (differing, doubtful) = {
        let answers = endpoint.sender().answers();
        (answers.differing(), answers.doubtful())
    };
    let mut findings: Vec<Finding> = Vec::new();
    let requests =
        differing.iter().map(|sent| (sent, REPEATS)).chain(doubtful.iter().map(|sent| (sent, FIRST_REPEATS)));
    for ((request, context), at_first) in requests {
        let Some(difference) = repeated((request, context), at_first, endpoint).await else { continue };
        let finding = verdict::unstable_answers(&shown(request), &difference);
        findings.push(finding.redacted(endpoint.redactor()));
    }
    if findings.is_empty() {
        return None;
    }
    let claim = Claim {
        id: STABLE.to_owned(),
        title: "The same request gets the same answer".to_owned(),
        kind: Kind::Safety,
        source: vec!["https://fetch.spec.whatwg.org/#cors-check".to_owned()],
        file: "answers".to_owned(),
        line: 0,
        sampled_of: None,
        promise: None,
        operation: None,
    };
    let verdict = Verdict::of(claim.kind, &findings);
    let record = TestRecord { findings, ..one::blank(STABLE, &claim, verdict, None) };
    Some(one::excused(record, endpoint))
}

async fn repeated(
    (request, context): (&Request, &SendContext),
    at_first: usize,
    endpoint: &Endpoint,
) -> Option<Difference> {
    let mut views: Vec<View> = Vec::new();
    for number in 0..REPEATS {
        if number == at_first && difference(&views).is_none() {
            return None;
        }
        let exchange = endpoint.sender().send_once(request, context).await;
        let answer = exchange.response().filter(|response| speaks(response.status));
        views.extend(answer.map(View::of));
    }
    difference(&views)
}

/// Whether an answer is what pages get of the endpoint. A rate limit is not: it is about how much this run sends.
fn speaks(status: u16) -> bool {
    !matches!(Unavailable::of(status), Some(Unavailable::RateLimit | Unavailable::Overload))
}

/// A request as a finding names it.
fn shown(request: &Request) -> String {
    let origin = request.fields.text("origin");
    let from = origin.map(|origin| format!(" from {origin}")).unwrap_or_default();
    format!("{} {}{from}", request.method, request.url)
}
