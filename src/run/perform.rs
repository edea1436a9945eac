//! Performs one test: walks the order, asks the browser's state machine what to send next, sends
//! it, and writes down what happened.

use std::time::SystemTime;

use indexmap::IndexMap;

use super::{
    cache::Between,
    request::{self, RequestError},
    story,
};
use crate::{
    case::model::{Client, Credentials, OutcomeName, RequestSpec, ServedBy, Through},
    exchange::{Exchange, PreflightState, Purpose, Received, RequestResult, Step, Transcript},
    fetch::{self, Agent, AgentConfig, FetchId, Next, Note, Outcome, Profile, Reason},
    message::{Fields, Request},
    plan::Test,
    target::Place,
    transport::Wire,
};

/// How many exchanges one request may take: 20 redirects, each with a preflight, and some air.
const STEPS: usize = 64;

/// Performs a test at a place where everything that it needs is set up.
pub(super) async fn perform(
    test: &Test,
    place: &Place,
    wire: &Wire,
    profile: Profile,
) -> Result<Transcript, RequestError> {
    let mut stage = Stage {
        wire,
        between: Between::new(test.through),
        agent: Agent::new(AgentConfig { profile, http_cache: test.through == Through::Browser }),
        transcript: Transcript::default(),
    };
    let mut performers: IndexMap<&str, Performer<'_>> = IndexMap::new();
    for (name, spec) in &test.case.requests {
        performers.insert(name, Performer::new(name, spec, place)?);
    }
    for (at, name) in test.order.iter().enumerate() {
        let Some(performer) = performers.get_mut(name.as_str()) else { continue };
        let last = !test.order.iter().skip(at + 1).any(|later| later == name);
        performer.advance(&mut stage, last).await;
    }
    let Stage { agent, mut transcript, .. } = stage;
    for (name, performer) in performers {
        transcript.requests.insert(name.to_owned(), performer.result(&agent, &transcript));
    }
    Ok(transcript)
}

/// What all requests of a test share.
struct Stage<'a> {
    wire: &'a Wire,
    between: Between,
    agent: Agent,
    transcript: Transcript,
}

impl Stage<'_> {
    /// Sends a request on its way and writes the step down.
    async fn exchange(&mut self, name: &str, purpose: Purpose, request: &Request) -> Exchange {
        let (exchange, served_by) = self.between.exchange(self.wire, request).await;
        self.transcript.steps.push(Step {
            request: name.to_owned(),
            purpose,
            served_by,
            exchange: exchange.clone(),
        });
        exchange
    }
}

/// One request on its way.
struct Performer<'a> {
    name: &'a str,
    spec: &'a RequestSpec,
    state: State,
}

enum State {
    /// A raw client's, still to be sent.
    Raw(Request),
    /// A raw client's, done.
    RawDone(Received),
    /// A page's, not begun.
    Page(Box<fetch::Request>),
    /// A page's, in the hands of the browser.
    Fetching(FetchId),
    /// A page's that ended after its preflight, as the case asks.
    Preflighted(FetchId),
    /// A page's that has its outcome.
    Done(FetchId, Outcome),
}

impl<'a> Performer<'a> {
    fn new(name: &'a str, spec: &'a RequestSpec, place: &Place) -> Result<Self, RequestError> {
        let state = match spec.client {
            Client::Raw => State::Raw(request::raw(spec, place)?),
            Client::Browser => State::Page(Box::new(request::of_page(spec, place)?)),
        };
        Ok(Self { name, spec, state })
    }

    /// Makes the next step; with `to_the_end`, all that are left.
    async fn advance(&mut self, stage: &mut Stage<'_>, to_the_end: bool) {
        for _ in 0..STEPS {
            let exchanged = self.step(stage).await;
            if !exchanged || !to_the_end {
                return;
            }
        }
    }

    /// Makes one exchange. `false`: there is none left to make.
    async fn step(&mut self, stage: &mut Stage<'_>) -> bool {
        if let State::Page(request) = &self.state {
            self.state = State::Fetching(stage.agent.fetch((**request).clone()));
        }
        match &self.state {
            State::Raw(request) => {
                let exchange = stage.exchange(self.name, Purpose::Raw, request).await;
                self.state = State::RawDone(exchange.received);
                true
            }
            State::Fetching(id) => {
                let id = *id;
                let outgoing = match stage.agent.next(id, SystemTime::now()) {
                    Next::Done(outcome) => {
                        self.state = State::Done(id, outcome);
                        return false;
                    }
                    Next::Send(outgoing) => outgoing,
                };
                let purpose = match outgoing.purpose {
                    fetch::Purpose::Preflight => Purpose::Preflight,
                    fetch::Purpose::Actual => Purpose::Actual,
                    fetch::Purpose::RedirectHop(hop) => Purpose::RedirectHop(hop),
                };
                if self.spec.until.is_some() && purpose != Purpose::Preflight {
                    self.state = State::Preflighted(id);
                    return false;
                }
                let exchange = stage.exchange(self.name, purpose, &outgoing.request).await;
                let answer = match exchange.received {
                    Received::Response(response) => Ok(response),
                    Received::Failed(failure) => Err(fetch::NetworkError(failure.to_string())),
                };
                let now = SystemTime::now();
                stage.agent.receive(id, now, answer);
                // Whether this was the last step shows at once, so that no later step of
                // another request comes between the answer and the outcome.
                if let Next::Done(outcome) = stage.agent.next(id, now) {
                    self.state = State::Done(id, outcome);
                    return false;
                }
                true
            }
            State::Page(_) | State::RawDone(_) | State::Preflighted(_) | State::Done(..) => false,
        }
    }

    fn result(&self, agent: &Agent, transcript: &Transcript) -> RequestResult {
        let origin = self.spec.origin.clone().unwrap_or_else(|| "none".to_owned());
        let mut result = RequestResult {
            origin,
            outcome: OutcomeName::Blocked,
            reason: None,
            subject: None,
            status: None,
            readable: Fields::new(),
            preflight: PreflightState::None,
            served_by: None,
            story: Vec::new(),
        };
        if transcript.preflight(self.name).is_some() {
            result.preflight = PreflightState::Sent;
        }
        match &self.state {
            State::RawDone(received) => self.judge_raw(received, transcript, &mut result),
            State::Preflighted(id) => {
                result.outcome = OutcomeName::Allowed;
                describe(agent, *id, &mut result);
            }
            State::Done(id, outcome) => {
                match outcome {
                    Outcome::Allowed(readable) => {
                        result.outcome = OutcomeName::Allowed;
                        result.status = Some(readable.status);
                        result.readable = readable.fields.clone();
                    }
                    Outcome::Opaque(_) => result.outcome = OutcomeName::Opaque,
                    Outcome::Blocked(blocked) => {
                        result.reason = Some(blocked.reason);
                        result.subject.clone_from(&blocked.subject);
                    }
                }
                describe(agent, *id, &mut result);
                // The browser cannot tell a cache on the way from the endpoint; the transcript can.
                if result.served_by == Some(ServedBy::Network) {
                    result.served_by = transcript.actual(self.name).map(|step| step.served_by);
                }
            }
            State::Raw(_) | State::Page(_) | State::Fetching(_) => {}
        }
        result
    }

    /// What the CORS check says of a raw answer to a page of the origin that was sent.
    fn judge_raw(&self, received: &Received, transcript: &Transcript, result: &mut RequestResult) {
        let step = transcript.actual(self.name);
        result.served_by = step.map(|step| step.served_by);
        let Received::Response(response) = received else {
            result.reason = Some(Reason::NetworkError);
            return;
        };
        let Some(origin) = step.and_then(|step| step.exchange.sent.fields.text("origin")) else {
            // Nobody asked on behalf of a page.
            result.outcome = OutcomeName::Opaque;
            result.status = Some(response.status);
            return;
        };
        let credentials = self.spec.credentials == Credentials::Include;
        match fetch::cors_check(&origin, credentials, response) {
            Ok(()) => {
                result.outcome = OutcomeName::Allowed;
                result.status = Some(response.status);
                result.readable = fetch::filter::cors_filtered(response, credentials);
            }
            Err(failure) => {
                result.reason = Some(failure.reason());
                result.subject = failure.subject().map(str::to_owned);
            }
        }
    }
}

/// What the browser did on the way.
fn describe(agent: &Agent, id: FetchId, result: &mut RequestResult) {
    for note in agent.notes(id) {
        match note {
            Note::PreflightCached if result.preflight == PreflightState::None => {
                result.preflight = PreflightState::Cached;
            }
            Note::ServedByNetwork => result.served_by = Some(ServedBy::Network),
            Note::ServedByCache(_) => result.served_by = Some(ServedBy::Cache),
            Note::ServedByValidation(_) => result.served_by = Some(ServedBy::Validated),
            _ => {}
        }
        result.story.push(story::sentence(note));
    }
}
