//! One order of a case's requests through one cache, step by step: says what to send next, takes
//! what comes back, and in the end tells what happened. Sends nothing itself, so that an order is
//! really sent or replayed by the same steps.

use std::{sync::Arc, time::SystemTime};

use super::{
    between::{Between, Forwarded, Passage},
    prepared::{Prepared, Start},
};
use crate::{
    case::model::{RequestSpec, ServedBy, Through},
    exchange::{self, Exchange, Purpose, Received, SendContext, StoredUse},
    fetch::{self, Agent, AgentConfig, FetchId},
    message::{Request, Response},
};

/// How many exchanges one request may take: 20 redirects, each with a preflight, and some air.
const EXCHANGES: usize = 64;

/// One order on its way.
#[derive(Debug)]
pub struct Walk<'a> {
    prepared: &'a Prepared,
    order: &'a [String],
    through: Through,
    agent: Agent,
    between: Between,
    performers: Vec<Performer>,
    /// The next mention of the order.
    at: usize,
    /// The performers whose turn it is, and whether this mention carries them to their end.
    turns: Vec<(usize, bool)>,
    /// What was sent and is not answered; without a performer, what a cache between asked by itself.
    sent: Vec<(Option<usize>, SendContext, Forwarded)>,
    steps: Vec<Taken>,
}

/// One request on its way.
#[derive(Debug, Default)]
pub(super) struct Performer {
    pub(super) state: State,
    exchanges: usize,
    /// How many steps had been made when it ended.
    pub(super) ended_after: Option<usize>,
    /// The last stored response of a cache between that served its actual request.
    pub(super) stored: Option<StoredUse>,
}

#[derive(Debug, Default)]
pub(super) enum State {
    /// Not begun.
    #[default]
    New,
    /// In the hands of the browser.
    Fetching(FetchId),
    /// Ended after its preflight, as the case asks.
    Preflighted(FetchId),
    /// A raw client's, answered by this step.
    Raw(usize),
}

/// A step that was made.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) performer: usize,
    pub(super) purpose: Purpose,
    pub(super) served_by: ServedBy,
    pub(super) exchange: Arc<Exchange>,
    pub(super) evidence: Vec<String>,
}

impl<'a> Walk<'a> {
    /// The walk of `order` through a new browser and a new cache.
    pub fn new(prepared: &'a Prepared, order: &'a [String], through: Through) -> Self {
        let profile = prepared.profile();
        Self {
            prepared,
            order,
            through,
            agent: Agent::new(AgentConfig { profile, http_cache: through == Through::Browser }),
            between: Between::new(through),
            performers: prepared.case().requests.iter().map(|_| Performer::default()).collect(),
            at: 0,
            turns: Vec::new(),
            sent: Vec::new(),
            steps: Vec::with_capacity(order.len()),
        }
    }

    /// Whether the browser's cache, or the one between, has stored anything.
    pub fn stores(&self) -> bool {
        self.agent.stores() || self.between.stores()
    }

    /// What is to be sent now, and why, all of it at once; nothing: the order is at its end. Until
    /// [`Walk::receive`], the answer stays the same.
    pub fn next(&mut self, now: SystemTime) -> impl ExactSizeIterator<Item = (&Arc<Request>, &SendContext)> {
        while self.sent.is_empty() {
            if self.turns.is_empty() && !self.take_turn() {
                break;
            }
            let mut turns = std::mem::take(&mut self.turns);
            turns.retain(|(performer, to_the_end)| {
                let made = self.step(*performer, now);
                if !made {
                    self.end(*performer);
                }
                made && *to_the_end
            });
            self.turns = turns;
        }
        self.sent.iter().map(|(_, context, forwarded)| (forwarded.sent(), context))
    }

    /// What came back, for each request that [`Walk::next`] gave, in its order.
    pub fn receive(&mut self, answers: impl IntoIterator<Item = Arc<Exchange>>, now: SystemTime) {
        let mut sent = std::mem::take(&mut self.sent);
        for ((performer, context, forwarded), exchange) in sent.drain(..).zip(answers) {
            let step = performer.map(|_| self.steps.len());
            let answer = self.between.answered(forwarded, exchange, step, now);
            if let Some(performer) = performer {
                self.take(performer, context.purpose, answer, now);
            }
        }
        self.sent = sent;
    }

    fn end(&mut self, performer: usize) {
        let made = self.steps.len();
        if let Some(performer) = self.performers.get_mut(performer) {
            performer.ended_after.get_or_insert(made);
        }
    }

    /// The next mention of the order: one request, or several at once (`a+b`).
    fn take_turn(&mut self) -> bool {
        let Some(mention) = self.order.get(self.at) else { return false };
        self.at += 1;
        let later = self.order.get(self.at..).unwrap_or_default();
        for name in mention.split('+') {
            let Some(index) = self.prepared.case().requests.get_index_of(name) else { continue };
            let last = !later.iter().any(|mention| mention.split('+').any(|other| other == name));
            self.turns.push((index, last));
        }
        true
    }

    /// Makes one exchange of a request, or sends what it takes. `false`: there is none left to make.
    fn step(&mut self, index: usize, now: SystemTime) -> bool {
        let Some((_, spec, start)) = self.prepared.get(index) else { return false };
        let Some(performer) = self.performers.get_mut(index) else { return false };
        if performer.exchanges >= EXCHANGES {
            return false;
        }
        let (context, request) = match (&performer.state, start) {
            (State::New, Start::Raw(request)) => (SendContext::RAW, Arc::clone(request)),
            (State::New, Start::Page(request)) => {
                performer.state = State::Fetching(self.agent.fetch_again(request));
                return self.step(index, now);
            }
            (State::Fetching(id), _) => {
                let id = *id;
                let Some(outgoing) = self.agent.outgoing(id, now) else { return false };
                if ends_before(spec, outgoing.purpose) {
                    performer.state = State::Preflighted(id);
                    return false;
                }
                (SendContext::from(&outgoing), outgoing.request)
            }
            (State::Preflighted(_) | State::Raw(_), _) => return false,
        };
        performer.exchanges += 1;
        match self.between.ask(request, now) {
            Passage::Forwarded(forwarded) => self.sent.push((Some(index), context, forwarded)),
            Passage::Answered(exchange, stored, meanwhile) => {
                let purpose = context.purpose;
                self.sent.extend(meanwhile.map(|forwarded| (None, context, forwarded)));
                self.take(index, purpose, (exchange, ServedBy::Cache, Some(stored)), now);
            }
        }
        true
    }

    /// Writes a step down and hands its answer to the request that it is for.
    fn take(
        &mut self,
        index: usize,
        purpose: Purpose,
        (exchange, served_by, stored): (Arc<Exchange>, ServedBy, Option<StoredUse>),
        now: SystemTime,
    ) {
        let (served_by, evidence, stored) = match (self.through, exchange.response()) {
            (Through::Live, Some(response)) => self.witness(response),
            _ => (served_by, Vec::new(), stored),
        };
        let Some(performer) = self.performers.get_mut(index) else { return };
        if purpose != Purpose::Preflight {
            performer.stored = stored;
        }
        match performer.state {
            State::Fetching(id) => {
                let answer = match &exchange.received {
                    Received::Response(response) => Ok(response.clone()),
                    Received::Failed(failure) => Err(fetch::NetworkError(failure.to_string())),
                };
                self.agent.receive(id, now, answer);
            }
            _ => performer.state = State::Raw(self.steps.len()),
        }
        self.steps.push(Taken { performer: index, purpose, served_by, exchange, evidence });
    }

    /// Who served an answer that was really sent for, as far as that shows.
    fn witness(&self, response: &Response) -> (ServedBy, Vec<String>, Option<StoredUse>) {
        let (places, earlier): (Vec<usize>, Vec<&Response>) = self
            .steps
            .iter()
            .enumerate()
            .filter_map(|(place, taken)| Some((place, taken.exchange.response()?)))
            .unzip();
        let served = exchange::served(response, &earlier);
        let stored = (served.by != ServedBy::Network).then(|| {
            let step = exchange::stored_as(response, &earlier).and_then(|known| places.get(known).copied());
            let origin = step.and_then(|step| self.steps.get(step)?.exchange.sent.fields.text("origin"));
            let age = response.fields.text("age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
            StoredUse { origin, step, age }
        });
        (served.by, served.evidence, stored)
    }

    /// Whether a request of the case was begun with.
    pub(super) fn performers(&self) -> impl Iterator<Item = (usize, &Performer)> {
        let begun = |(_, performer): &(usize, &Performer)| !matches!(performer.state, State::New);
        self.performers.iter().enumerate().filter(begun)
    }

    pub(super) fn prepared(&self) -> &Prepared {
        self.prepared
    }

    pub(super) fn agent(&self) -> &Agent {
        &self.agent
    }

    pub(super) fn steps(&self) -> &[Taken] {
        &self.steps
    }
}

/// Whether the case ends the request before what it would send now.
fn ends_before(spec: &RequestSpec, purpose: fetch::Purpose) -> bool {
    spec.until.is_some() && purpose != fetch::Purpose::Preflight
}
