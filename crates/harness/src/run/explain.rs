//! Explains one request of one page: performs it as a browser would, and where it is refused asks
//! again, one thing at a time, until the cause stands alone.

use std::sync::Arc;

use crosscheck_core::{
    case::model::{Case, OutcomeName, Through},
    exchange::{ConnectOptions, RequestResult, Step},
    fetch::{self, Reason},
    message::Fields,
    plan::{Claim, Test},
    redaction::Side,
    verdict::{self, Finding, Product},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Options, perform_one, record::TestRecord};
use crate::endpoint::Endpoint;

/// The name of the request in the record.
pub(crate) const PAGE: &str = "page";

/// How many headers are asked about one by one.
const HEADERS: usize = 12;

/// A request that somebody wonders about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The page's origin.
    pub origin: String,
    /// The method, as a script writes it.
    pub method: String,
    /// The headers that the script sets.
    pub headers: Vec<(String, String)>,
    /// Whether with credentials.
    pub credentials: bool,
    /// Whether a request that may change something is really sent, or its preflight alone.
    pub send: bool,
}

/// What became of it, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was asked.
    pub question: Question,
    /// The request as a test, with its findings and its exchanges.
    pub test: TestRecord,
    /// What was asked besides, in order.
    pub attempts: Vec<Attempt>,
    /// The product that answered, as far as it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// The names of headers that preflights were sent with, which no browser sends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preflight_headers: Vec<String>,
    /// How the endpoint was reached, where that is not as usual.
    #[serde(default, skip_serializing_if = "ConnectOptions::is_usual")]
    pub connect: ConnectOptions,
    /// The cause, where asking again made it plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What was found of the endpoint's connections, whatever the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Finding>,
}

/// The same with one thing changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was changed.
    pub what: Change,
    /// What the page would get.
    pub outcome: OutcomeName,
    /// Why it was blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What one attempt changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// An ordinary read: GET, no headers, no credentials.
    Read,
    /// The method without headers.
    MethodAlone,
    /// This header alone.
    HeaderAlone(String),
    /// Without credentials.
    NoCredentials,
    /// A URL that no cache has seen.
    FreshUrl,
    /// An origin that somebody may have written instead.
    OriginAs(String),
}

impl Question {
    /// The question as it is kept.
    fn redacted(&self, endpoint: &Endpoint) -> Self {
        let header = |(name, value): &(String, String)| {
            let shown = endpoint.redactor().field(Side::Request, name, value);
            (name.clone(), shown.map_or_else(|| value.clone(), |shown| shown.text))
        };
        Self { headers: self.headers.iter().map(header).collect(), ..self.clone() }
    }
}

impl Explanation {
    /// What became of the request itself.
    pub fn result(&self) -> Option<&RequestResult> {
        self.test.transcript.requests.get(PAGE)
    }

    /// The last step of the request itself.
    pub fn last(&self) -> Option<&Step> {
        self.test.transcript.steps.last()
    }

    /// Whether the page may read, as far as was asked.
    pub fn allowed(&self) -> bool {
        self.result().is_some_and(|result| result.outcome == OutcomeName::Allowed)
    }
}

/// Explains a request to an endpoint. Sends at most 24 requests, one after the other; those
/// once more where the endpoint sends unsolicited bytes.
///
/// # Errors
/// A question that no request can be made of, as `serde_json` tells it.
pub async fn explain(
    question: Question,
    endpoint: &Endpoint,
    options: &Options,
) -> Result<Explanation, serde_json::Error> {
    let explanation = explain_once(&question, endpoint, options).await?;
    endpoint.settle().await;
    let Some(unsolicited) = endpoint.wire().unsolicited() else { return Ok(explanation) };
    // What was answered on kept connections may have been an answer to nothing; now there are none.
    let mut explanation = explain_once(&question, endpoint, options).await?;
    let finding = verdict::unsolicited_bytes(&unsolicited.place(), &unsolicited.shown());
    explanation.connection = Some(finding.redacted(endpoint.redactor()));
    Ok(explanation)
}

async fn explain_once(
    question: &Question,
    endpoint: &Endpoint,
    options: &Options,
) -> Result<Explanation, serde_json::Error> {
    let asker = Asker { question, endpoint, options };
    let test = asker.ask("explain", asker.page(question)).await?;
    let mut explanation = Explanation {
        product: product(&test),
        question: question.redacted(endpoint),
        test,
        attempts: Vec::new(),
        preflight_headers: endpoint.preflight_headers().to_vec(),
        connect: endpoint.connect().clone(),
        cause: None,
        connection: None,
    };
    // What the browser refuses by itself, and what nobody answers, says nothing of CORS rules.
    let answered = explanation.last().is_some_and(|step| step.exchange.response().is_some());
    if let Some(reason) = explanation.result().and_then(|result| result.reason)
        && answered
    {
        explanation.attempts = asker.attempts(reason).await?;
        explanation.cause = cause(question, reason, &explanation.attempts);
    }
    Ok(explanation)
}

struct Asker<'a> {
    question: &'a Question,
    endpoint: &'a Endpoint,
    options: &'a Options,
}

impl Asker<'_> {
    /// The case of a page's request.
    fn page(&self, question: &Question) -> serde_json::Value {
        let mut headers = serde_json::Map::new();
        for (name, value) in &question.headers {
            headers.insert(name.clone(), json!(value));
        }
        let changes = !matches!(fetch::method::normalize(&question.method).as_str(), "GET" | "HEAD");
        let mut request = json!({
            "origin": question.origin,
            "method": question.method,
            "headers": headers,
            "credentials": if question.credentials { "include" } else { "omit" },
            "expect": { "outcome": "allowed" },
        });
        if changes && !question.send {
            request["until"] = json!("preflight");
        }
        request
    }

    async fn attempts(&self, reason: Reason) -> Result<Vec<Attempt>, serde_json::Error> {
        let plain = Question {
            method: "GET".to_owned(),
            headers: Vec::new(),
            credentials: false,
            ..self.question.clone()
        };
        let mut attempts = vec![self.attempt(Change::Read, self.page(&plain)).await?];
        let needs_preflight = reason.is_of_preflight();
        if needs_preflight && !self.question.headers.is_empty() {
            let alone = Question { headers: Vec::new(), ..self.question.clone() };
            attempts.push(self.attempt(Change::MethodAlone, self.page(&alone)).await?);
            for header in self.question.headers.iter().take(HEADERS) {
                let one = Question { headers: vec![header.clone()], ..self.question.clone() };
                attempts.push(self.attempt(Change::HeaderAlone(header.0.clone()), self.page(&one)).await?);
            }
        }
        if self.question.credentials {
            let without = Question { credentials: false, ..self.question.clone() };
            attempts.push(self.attempt(Change::NoCredentials, self.page(&without)).await?);
        }
        if attempts.first().is_some_and(|read| read.outcome != OutcomeName::Allowed) {
            let mut fresh = self.page(&plain);
            fresh["query"] = json!(format!("crosscheck-{}", self.options.seed));
            attempts.push(self.attempt(Change::FreshUrl, fresh).await?);
            for spelling in spellings(&self.question.origin) {
                let raw = json!({
                    "client": "raw", "origin": spelling, "expect": { "outcome": "allowed" }
                });
                attempts.push(self.attempt(Change::OriginAs(spelling), raw).await?);
            }
        }
        Ok(attempts)
    }

    async fn attempt(&self, what: Change, request: serde_json::Value) -> Result<Attempt, serde_json::Error> {
        let record = self.ask("explain/again", request).await?;
        let result = record.transcript.requests.get(PAGE);
        Ok(Attempt {
            what,
            outcome: result.map_or(OutcomeName::Blocked, |result| result.outcome),
            reason: result.and_then(|result| result.reason),
            status: record.transcript.steps.last().and_then(|step| Some(step.exchange.response()?.status)),
        })
    }

    async fn ask(&self, id: &str, request: serde_json::Value) -> Result<TestRecord, serde_json::Error> {
        let title = format!("a page of {} reads {}", self.question.origin, self.endpoint.name());
        let case = json!({ "id": "explain", "title": title, "requests": { PAGE: request } });
        let case: Case = serde_json::from_value(case)?;
        let claim = Claim {
            id: id.to_owned(),
            title,
            kind: case.kind,
            source: Vec::new(),
            file: String::new(),
            line: 0,
            sampled_of: None,
            promise: None,
            operation: None,
        };
        let test = Test {
            claim: Arc::new(claim),
            order: vec![PAGE.to_owned()],
            case: Arc::new(case),
            policy: None,
            through: Through::None,
            near: None,
        };
        Ok(perform_one(id, &test, self.endpoint, self.options).await)
    }
}

/// The product that answered last.
fn product(test: &TestRecord) -> Option<Product> {
    let fields: &Fields = &test.transcript.steps.last()?.exchange.response()?.fields;
    Product::of(fields)
}

/// What somebody may have written instead of an origin: a slash, another scheme, a default port,
/// `www`, the other name of this machine.
fn spellings(origin: &str) -> Vec<String> {
    let Some((scheme, rest)) = origin.split_once("://") else { return Vec::new() };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, format!(":{port}")),
        _ => (rest, String::new()),
    };
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let mut found = vec![format!("{origin}/"), format!("{other_scheme}://{rest}")];
    found.push(if port.is_empty() {
        format!("{origin}{default_port}")
    } else {
        format!("{scheme}://{host}")
    });
    match host {
        "localhost" => found.push(format!("{scheme}://127.0.0.1{port}")),
        "127.0.0.1" => found.push(format!("{scheme}://localhost{port}")),
        _ => found.push(match host.strip_prefix("www.") {
            Some(bare) => format!("{scheme}://{bare}{port}"),
            None => format!("{scheme}://www.{host}{port}"),
        }),
    }
    found.push("null".to_owned());
    found
}

/// What the attempts say together.
fn cause(question: &Question, reason: Reason, attempts: &[Attempt]) -> Option<String> {
    let of = |change: &Change| {
        let attempt = attempts.iter().rfind(|attempt| attempt.what == *change);
        attempt.map(|attempt| attempt.outcome == OutcomeName::Allowed)
    };
    let Question { origin, method, .. } = question;
    if of(&Change::Read) == Some(false) {
        if of(&Change::FreshUrl) == Some(true) {
            return Some(format!(
                "a cache: the same URL with a query that no cache has seen is allowed to {origin}"
            ));
        }
        let written = attempts.iter().find_map(|attempt| match &attempt.what {
            Change::OriginAs(spelling) if attempt.outcome == OutcomeName::Allowed => Some(spelling),
            _ => None,
        });
        if let Some(written) = written {
            return Some(format!("the server allows `{written}`, and the page's origin is `{origin}`"));
        }
        let read = attempts.iter().find(|attempt| attempt.what == Change::Read);
        if let Some(status) = read.and_then(|read| read.status).filter(|status| *status >= 400) {
            return Some(format!(
                "the server's {status}: it comes without CORS fields, so that the page is told of CORS instead"
            ));
        }
        return Some(match reason {
            Reason::PreflightStatus | Reason::PreflightCorsCheckMissing | Reason::CorsCheckMissing => {
                format!("the origin: not even an ordinary read is allowed to {origin}")
            }
            _ => format!("the answer to {origin} itself, whatever the method and the headers"),
        });
    }
    if of(&Change::NoCredentials) == Some(true) {
        return Some("the credentials: without them it is allowed".to_owned());
    }
    let refused: Vec<&str> = attempts
        .iter()
        .filter_map(|attempt| match &attempt.what {
            Change::HeaderAlone(name) if attempt.outcome != OutcomeName::Allowed => Some(name.as_str()),
            _ => None,
        })
        .collect();
    match of(&Change::MethodAlone) {
        Some(true) if refused.is_empty() => {
            Some("the headers together: each of them alone is allowed".to_owned())
        }
        Some(true) => Some(format!("the header {}: {method} without it is allowed", refused.join(" and "))),
        Some(false) => Some(format!("the method: {method} is refused without any header, too")),
        None if reason.is_of_preflight() => {
            Some(format!("the preflight: an ordinary read is allowed to {origin}, {method} is not"))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_what_people_write() {
        for (origin, expected) in [
            (
                "https://app.example",
                &[
                    "https://app.example/",
                    "http://app.example",
                    "https://app.example:443",
                    "https://www.app.example",
                    "null",
                ][..],
            ),
            (
                "http://localhost:3000",
                &[
                    "http://localhost:3000/",
                    "https://localhost:3000",
                    "http://localhost",
                    "http://127.0.0.1:3000",
                    "null",
                ],
            ),
            ("null", &[]),
        ] {
            assert_eq!(spellings(origin), expected, "{origin}");
        }
    }

    #[test]
    fn the_cause_is_what_alone_makes_the_difference() {
        let question = Question {
            origin: "https://app.example".to_owned(),
            method: "PUT".to_owned(),
            headers: vec![("x-a".to_owned(), "1".to_owned()), ("x-b".to_owned(), "1".to_owned())],
            credentials: false,
            send: false,
        };
        let yes = |what| Attempt { what, outcome: OutcomeName::Allowed, reason: None, status: Some(200) };
        let no = |what| Attempt { outcome: OutcomeName::Blocked, ..yes(what) };
        let failed = |what| Attempt { status: Some(502), ..no(what) };
        let header = |name: &str| Change::HeaderAlone(name.to_owned());
        for (attempts, expected) in [
            (
                vec![yes(Change::Read), yes(Change::MethodAlone), yes(header("x-a")), no(header("x-b"))],
                "the header x-b",
            ),
            (vec![yes(Change::Read), no(Change::MethodAlone), no(header("x-a"))], "the method: PUT"),
            (vec![yes(Change::Read), no(Change::MethodAlone), yes(Change::NoCredentials)], "the credentials"),
            (vec![no(Change::Read), yes(Change::FreshUrl)], "a cache"),
            (
                vec![
                    no(Change::Read),
                    no(Change::FreshUrl),
                    yes(Change::OriginAs("https://app.example/".into())),
                ],
                "`https://app.example/`",
            ),
            (vec![no(Change::Read), no(Change::FreshUrl)], "the origin"),
            (vec![failed(Change::Read), failed(Change::FreshUrl)], "502"),
            (vec![yes(Change::Read)], "the preflight"),
        ] {
            let cause = cause(&question, Reason::PreflightStatus, &attempts).unwrap();
            assert!(cause.contains(expected), "{cause}: expected {expected}");
        }
    }
}
