//! Explains one request of one page: performs it as a browser would, and where it is refused makes the experiments that
//! tell its causes apart.

use std::sync::Arc;

use crosscheck_core::{
    case::model::{BodySpec, Case, OutcomeName, RequestSpec, ServedBy, Through},
    diagnosis::{
        self, Certainty, Diagnosed, Diagnosis, Edit, Experiment, ExplainedRequest, Guess, Inquiry, PAGE,
        Product, STRANGER, Sighting, Verified,
    },
    exchange::{ConnectOptions, PreflightState, RequestResult, Step},
    fetch::{self, Reason},
    interleave::with_fresh_query,
    message::Fields,
    operation::Operation,
    plan::{Claim, Test},
    redaction::Side,
    verdict::{self, Finding, Verdict},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{Options, one, perform_one, record::TestRecord, settings};

pub use super::settings::SettingRecord;
use crate::endpoint::Endpoint;

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
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodySpec>,
    /// The product to configure, where it is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// The response fields that the page must be able to read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose: Vec<String>,
    /// The names of headers that were given and that no script can set; they are not among [`Self::headers`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsendable: Vec<String>,
}

/// What became of it, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What was asked.
    pub question: Question,
    /// Whether the page may read. `None`: only sending the request would tell.
    pub allowed: Option<bool>,
    /// Why it may not, or what is worth knowing where it may, in the order in which a person should fix it.
    pub causes: Vec<Diagnosed>,
    /// How far the repair of all causes together is proven.
    pub verified: Verified,
    /// The experiments that were made, in order.
    pub experiments: Vec<Made>,
    /// The product that answered, as far as it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Guess>,
    /// What to set there, rendered from all causes together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingRecord>,
    /// The names of headers that preflights were sent with, which no browser sends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preflight_headers: Vec<String>,
    /// How the endpoint was reached, where that is not as usual.
    #[serde(default, skip_serializing_if = "ConnectOptions::is_usual")]
    pub connect: ConnectOptions,
    /// What was found of the endpoint's connections, whatever the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Finding>,
    /// The request as a test, with its findings and its exchanges.
    pub test: TestRecord,
}

/// An experiment, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// What was changed.
    pub experiment: Experiment,
    /// The same as a sentence.
    pub sentence: String,
    /// What a page gets.
    pub outcome: OutcomeName,
    /// Why it was blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The status of the answer that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Question {
    /// The question as it is kept.
    fn redacted(&self, endpoint: &Endpoint) -> Self {
        let header = |(name, value): &(String, String)| {
            let shown = endpoint.redactor().field(Side::Request, name, value);
            (name.clone(), shown.map_or_else(|| value.clone(), |shown| shown.text))
        };
        Self { headers: self.headers.iter().map(header).collect(), body: None, ..self.clone() }
    }

    fn page(&self, url: Url) -> ExplainedRequest {
        ExplainedRequest {
            url,
            origin: self.origin.clone(),
            method: self.method.clone(),
            headers: self.headers.clone(),
            credentials: self.credentials,
            body: self.body.clone(),
            send: self.send,
        }
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
}

/// Explains a request to an endpoint. Sends at most 24 requests, one after the other; those once more where the endpoint
/// sends unsolicited bytes.
///
/// # Errors
/// A question that no request can be made of, as `serde_json` tells it.
pub async fn explain(
    question: Question,
    endpoint: &Endpoint,
    options: &Options,
) -> Result<Explanation, serde_json::Error> {
    let mut distrusted = false;
    let explanation = explain_once(&question, endpoint, options, &mut distrusted).await?;
    endpoint.settle().await;
    let Some(unsolicited) = endpoint.wire().unsolicited() else { return Ok(explanation) };
    // What was answered on kept connections may have been an answer to nothing; now there are none.
    let mut explanation = explain_once(&question, endpoint, options, &mut true).await?;
    let finding = verdict::unsolicited_bytes(&unsolicited.place(), &unsolicited.shown());
    explanation.connection = Some(finding.redacted(endpoint.redactor()));
    Ok(explanation)
}

async fn explain_once(
    question: &Question,
    endpoint: &Endpoint,
    options: &Options,
    distrusted: &mut bool,
) -> Result<Explanation, serde_json::Error> {
    let page = question.page(endpoint.description().url.clone());
    let lab = Lab { page: &page, endpoint, options, url: None };
    let (test, seen) = lab.request().await?;
    let mut explanation = Explanation {
        question: question.redacted(endpoint),
        allowed: seen.as_ref().map(Sighting::allowed),
        causes: Vec::new(),
        verified: Verified::NotReplayed,
        experiments: Vec::new(),
        product: product(&test, question.product),
        settings: Vec::new(),
        preflight_headers: endpoint.preflight_headers().to_vec(),
        connect: endpoint.connect().clone(),
        connection: None,
        test,
    };
    let Some(seen) = seen else { return Ok(explanation) };
    // Experiments are no better than the connections they use.
    endpoint.settle().await;
    if endpoint.wire().unsolicited().is_some() && !std::mem::replace(distrusted, true) {
        return Ok(explanation);
    }
    let mut inquiry = Inquiry::new(page.clone(), seen, question.expose.clone());
    let diagnosis = lab.conclude(&mut inquiry).await?;
    let redactor = endpoint.redactor();
    explanation.experiments = inquiry
        .made()
        .map(|(experiment, sighting)| Made {
            experiment: experiment.clone(),
            sentence: redactor.text(&experiment.sentence(&page)).into_owned(),
            outcome: sighting.outcome,
            reason: sighting.reason,
            status: sighting.status(),
        })
        .collect();
    let Diagnosis { causes, verified, repaired: _ } = diagnosis;
    explanation.causes = causes.into_iter().map(|cause| cause.redacted(redactor)).collect();
    explanation.verified = verified;
    if let Some(guess) = explanation.product.filter(|_| explanation.allowed == Some(false)) {
        explanation.settings = settings::of(&explanation.causes, &page, guess);
        name_settings(&mut explanation);
    }
    Ok(explanation)
}

/// What is wrong with a request that was refused, found by experiments. No causes where the resource is gone since: a test
/// may have put it there, and taken it away again.
///
/// # Errors
/// An experiment that no request can be made of, as `serde_json` tells it.
pub(super) async fn inquire(
    page: &ExplainedRequest,
    seen: Sighting,
    endpoint: &Endpoint,
    options: &Options,
) -> Result<Diagnosis, serde_json::Error> {
    let lab = Lab { page, endpoint, options, url: Some(page.url.clone()) };
    let is_gone = |seen: &Sighting| matches!(seen.status(), Some(404 | 410));
    let was_there = !is_gone(&seen);
    let mut inquiry = Inquiry::new(page.clone(), seen, Vec::new());
    let repeat = lab.make(&Experiment::Repeat(1)).await?;
    if was_there && repeat.as_ref().is_some_and(is_gone) {
        return Ok(Diagnosis { causes: Vec::new(), verified: Verified::NotReplayed, repaired: None });
    }
    inquiry.saw(Experiment::Repeat(1), repeat);
    lab.conclude(&mut inquiry).await
}

/// Whether a page of an undeclared origin may read.
///
/// # Errors
/// An experiment that no request can be made of, as `serde_json` tells it.
pub(super) async fn undeclared_origin_reads(
    page: &ExplainedRequest,
    endpoint: &Endpoint,
    options: &Options,
) -> Result<bool, serde_json::Error> {
    let lab = Lab { page, endpoint, options, url: Some(page.url.clone()) };
    let seen = lab.make(&Experiment::ReadAs(STRANGER.to_owned())).await?;
    let value = |seen: Sighting| seen.decisive()?.fields.text("access-control-allow-origin");
    Ok(seen.and_then(value).is_some_and(|value| value == "*" || value == STRANGER))
}

/// Where experiments are made.
struct Lab<'a> {
    page: &'a ExplainedRequest,
    endpoint: &'a Endpoint,
    options: &'a Options,
    /// Where the request goes; `None`: to the endpoint's own URL.
    url: Option<Url>,
}

impl Lab<'_> {
    /// The request itself; no sighting: nothing of it could be sent.
    async fn request(&self) -> Result<(TestRecord, Option<Sighting>), serde_json::Error> {
        let title = format!("a page of {} reads {}", self.page.origin, self.endpoint.name());
        let case = json!({ "id": "explain", "title": title, "requests": { PAGE: self.page.spec() } });
        let case: Case = serde_json::from_value(case)?;
        let mut test = self.perform("explain", case.clone(), None).await;
        // An endpoint that does not answer at all is the first thing to mend.
        let answered = test.transcript.steps.iter().any(|step| step.exchange.response().is_some());
        if answered && self.is_mixed_content() {
            test = self.blocked_as_mixed_content(&case);
        }
        let seen = sighting(&case, &test);
        Ok((test, seen))
    }

    /// Makes experiments until the causes are known.
    async fn conclude(&self, inquiry: &mut Inquiry) -> Result<Diagnosis, serde_json::Error> {
        loop {
            match inquiry.next() {
                diagnosis::Step::Ask(experiment) => {
                    let sighting = self.make(&experiment).await?;
                    inquiry.saw(experiment, sighting);
                }
                diagnosis::Step::Done(diagnosis) => return Ok(*diagnosis),
            }
        }
    }

    /// An experiment; `None`: it could not be made.
    async fn make(&self, experiment: &Experiment) -> Result<Option<Sighting>, serde_json::Error> {
        let Some(case) = experiment.case(self.page)? else { return Ok(None) };
        let url = match experiment {
            Experiment::UrlAs(url) => Url::parse(url).ok(),
            Experiment::PreflightUnsigned => {
                let mut url = self.page.url.clone();
                url.set_query(None);
                Some(url)
            }
            experiment if experiment.is_fresh() => {
                let now =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                let query = format!("crosscheck={:x}-{}", now.as_nanos(), self.options.seed);
                Some(with_fresh_query(self.page.url.clone(), &query))
            }
            _ => self.url.clone(),
        };
        let test = self.perform("explain/again", case.clone(), url).await;
        let refused = test.transcript.steps.iter().any(|step| match &step.exchange.received {
            crosscheck_core::exchange::Received::Failed(failure) => failure.stage.is_refusal(),
            crosscheck_core::exchange::Received::Response(_) => false,
        });
        Ok(if refused { None } else { sighting(&case, &test) })
    }

    async fn perform(&self, id: &str, case: Case, url: Option<Url>) -> TestRecord {
        let mut claim = claim(id, &case);
        claim.operation = url.map(|url| {
            Arc::new(Operation {
                name: String::new(),
                method: self.page.method.clone(),
                url,
                headers: Vec::new(),
                body: None,
                success: Vec::new(),
                send: self.page.send,
                policy: None,
            })
        });
        let order = case.requests.keys().cloned().collect();
        let test = Test {
            claim: Arc::new(claim),
            order,
            case: Arc::new(case),
            policy: None,
            through: Through::None,
            near: None,
        };
        perform_one(id, &test, self.endpoint, self.options).await
    }

    /// Mixed Content §4.4: the browser sends nothing then.
    fn is_mixed_content(&self) -> bool {
        let Ok(origin) = fetch::Origin::parse(&self.page.origin) else { return false };
        fetch::Client::top_level(origin).blocks_as_mixed_content(&self.page.url)
    }

    fn blocked_as_mixed_content(&self, case: &Case) -> TestRecord {
        let mut test = one::blank("explain", &claim("explain", case), Verdict::Fail, None);
        let result = RequestResult {
            origin: self.page.origin.clone(),
            outcome: OutcomeName::Blocked,
            reason: Some(Reason::RequestMixedContent),
            subject: Some(self.page.url.to_string()),
            status: None,
            readable: Fields::new(),
            preflight: PreflightState::None,
            served_by: None,
            stored: None,
            ended_after: 0,
            story: vec!["the browser sends nothing: mixed content".to_owned()],
        };
        test.transcript.requests.insert(PAGE.to_owned(), result);
        test
    }
}

fn claim(id: &str, case: &Case) -> Claim {
    Claim {
        id: id.to_owned(),
        title: case.title.clone(),
        kind: case.kind,
        source: Vec::new(),
        file: String::new(),
        line: 0,
        sampled_of: None,
        promise: None,
        operation: None,
    }
}

fn sighting(case: &Case, test: &TestRecord) -> Option<Sighting> {
    let spec: &RequestSpec = case.requests.get(PAGE)?;
    Sighting::of(PAGE, spec, &test.transcript)
}

/// Says in the cure where the settings go.
fn name_settings(explanation: &mut Explanation) {
    let configures =
        |edit: &Edit| matches!(edit, Edit::SetField { .. } | Edit::AddMember { .. } | Edit::SetStatus { .. });
    let cause = explanation.causes.iter_mut().find(|cause| cause.repair.iter().any(configures));
    if let Some((cause, setting)) = cause.zip(explanation.settings.last()) {
        cause.cure.push(format!("{}: as below. {}", setting.product, setting.replaces));
    }
}

/// The product that is named, or that answered last.
fn product(test: &TestRecord, named: Option<Product>) -> Option<Guess> {
    if let Some(product) = named {
        return Some(Guess { product, certainty: Certainty::Certain });
    }
    let step = test.transcript.steps.iter().rfind(|step| step.served_by == ServedBy::Network)?;
    Product::guess(&step.exchange.response()?.fields)
}
