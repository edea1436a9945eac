//! A page view in a browser: what it asks for one after the other, as far as its own caches and the one between it and
//! the endpoint do not have it.

use std::{ops::DerefMut, sync::Arc, time::SystemTime};

use crosscheck_core::{
    caching::{Cache, Key, Relayed},
    exchange::{self, Exchange, Received, SendContext},
    fetch::{Agent, NetworkError, Next, Note, Outcome, Outgoing, Purpose},
    message::{Request, Response},
    verdict::Code,
};

use super::evidence::lines_of;
use crate::{
    causes,
    judge::judge_page,
    kept,
    record::Sample,
    tally::{Answer, Tally},
    time::Nanos,
    virtual_time::VirtualTime,
    work::{PageRequest, Work},
    wrong::{Requested, Shown, counts_as_error},
};

/// What sends the requests of pages, and counts them.
pub(super) trait Network {
    /// The present moment.
    fn now(&self) -> Nanos;
    /// Changes what was counted.
    fn count(&self, change: impl FnOnce(&mut Tally));
    /// The cache between the pages and the endpoint, where there is one.
    fn cache(&self) -> Option<impl DerefMut<Target = Cache>>;
    /// Sends a request of a row that was due at a moment of a stage, and counts what comes of it.
    ///
    /// # Errors
    /// Why there is no answer.
    async fn send(
        &mut self,
        request: (&Request, &SendContext),
        row_and_stage: (usize, usize),
        due: Nanos,
    ) -> Result<Came, String>;
    /// That the answer that came last was wrong.
    fn was_wrong(&mut self, _reason: Code) {}
}

/// What came of a request.
pub(super) struct Came {
    pub response: Response,
    /// How it is counted.
    pub answer: Answer,
    /// The lines of its head.
    pub lines: Vec<String>,
}

/// A page view.
pub(super) struct Page<'p, N> {
    pub network: &'p mut N,
    pub work: &'p Work,
    pub time: &'p VirtualTime,
    /// The number of its connection, for evidence.
    pub connection: u64,
    pub stage: usize,
    /// When caches believe it is.
    pub now: SystemTime,
    /// When its next request is due.
    pub due: Nanos,
    /// Whether anything was sent.
    pub sent: bool,
}

/// What came of a page's request, for evidence.
#[derive(Default)]
struct Seen {
    /// The last preflight.
    preflight: Option<Last>,
    /// The last answer to the request itself, redirects included.
    actual: Option<Last>,
    /// Whether the cache on the way answered last, and whether that answer depends on Origin.
    stored: Option<bool>,
}

/// The last answer of the endpoint.
struct Last {
    exchange: Arc<Exchange>,
    answer: Answer,
    sent: Vec<String>,
    received: Vec<String>,
}

impl<N: Network> Page<'_, N> {
    /// Asks for so many things, which `draw` chooses. Gives whether every request got an answer.
    pub(super) async fn view(&mut self, agent: &mut Agent, many: u32, mut draw: impl FnMut() -> u64) -> bool {
        let mut answered = true;
        for _ in 0..many {
            let index = self.work.picker.pick(draw()) as usize;
            let Some(page_request) = self.work.page_requests.get(index) else { break };
            answered &= self.fetch(agent, (index, page_request)).await;
            self.due = self.network.now();
        }
        answered
    }

    async fn fetch(&mut self, agent: &mut Agent, (index, page_request): (usize, &PageRequest)) -> bool {
        let (mut answered, mut sent, mut seen) = (true, false, Seen::default());
        let id = agent.fetch(page_request.request.clone());
        let outcome = loop {
            match agent.next(id, self.now) {
                Next::Done(outcome) => break outcome,
                Next::Send(outgoing) => {
                    let preflight = outgoing.purpose == Purpose::Preflight;
                    sent |= !preflight;
                    let row = if preflight { page_request.row - 1 } else { page_request.row };
                    let received = self.through_cache(&outgoing, row, &mut seen).await;
                    answered &= received.is_ok();
                    agent.receive(id, self.now, received.map_err(NetworkError));
                }
            }
        };
        let cached = agent.notes(id).iter().any(|note| matches!(note, Note::PreflightCached));
        agent.forget(id);
        let stored = !sent && matches!(outcome, Outcome::Allowed(_));
        if cached || stored {
            let stage = self.stage;
            self.network.count(|tally| {
                if cached {
                    tally.from_cache(page_request.row - 1, stage);
                }
                if stored {
                    tally.from_cache(page_request.row, stage);
                }
            });
        }
        if answered {
            self.judge((index, page_request), &outcome, &seen);
        }
        answered
    }

    /// What came out against what must come out.
    fn judge(&mut self, (index, page_request): (usize, &PageRequest), outcome: &Outcome, seen: &Seen) {
        let origin = page_request.request.client.serialized_origin();
        let Some(wrong) = judge_page(outcome, page_request.expected, origin, &self.work.origins) else {
            return;
        };
        let now = self.network.now();
        let requested = Requested { index, ok_unloaded: None };
        // A reason of a preflight is about the preflight.
        let of_preflight = matches!(outcome, Outcome::Blocked(blocked) if blocked.reason.is_of_preflight());
        let last = match &seen.actual {
            Some(actual) if !of_preflight => Some(actual),
            None if !of_preflight && seen.stored.is_some() => None,
            _ => seen.preflight.as_ref(),
        };
        let unsent = Answer {
            row: page_request.row,
            stage: self.stage,
            due: now,
            sent: now,
            done: now,
            status: 0,
            bytes: 0,
        };
        let answer = last.map_or(unsent, |last| Answer { row: page_request.row, ..last.answer });
        if counts_as_error(answer.status) {
            return;
        }
        self.network.was_wrong(wrong.reason);
        let connection = self.connection;
        let shown = || {
            let page = causes::page_of(&page_request.request);
            let exchange = |last: &Last| kept::exchange(&last.exchange);
            let exchanges = (seen.preflight.as_ref().map(exchange), seen.actual.as_ref().map(exchange));
            let sighting = causes::sighting_of_page(&page, outcome, exchanges, seen.stored);
            Some(Shown::Page(Box::new((page, sighting))))
        };
        self.network.count(|tally| {
            tally.wrong(&answer, &wrong, requested, shown, || Sample {
                at: now.seconds(),
                connection,
                origin: origin.to_owned(),
                sent: last.map(|last| last.sent.clone()).unwrap_or_default(),
                received: last
                    .map_or_else(|| vec!["(a stored response)".to_owned()], |last| last.received.clone()),
                expected: wrong.expected.clone(),
            });
        });
    }

    /// Asks the cache on the way, where there is one, and then the endpoint.
    async fn through_cache(
        &mut self,
        outgoing: &Outgoing,
        row: usize,
        seen: &mut Seen,
    ) -> Result<Response, String> {
        let (request, context, now) = (&outgoing.request, SendContext::from(outgoing), self.now);
        let key = || Key { partition: String::new(), url: request.url.clone() };
        let relayed = self.network.cache().map(|cache| cache.relay(&key(), request, now));
        let forward = match relayed {
            None => return self.send((request, request, &context), row, seen).await,
            Some(Relayed::Answer(stored)) => {
                let stage = self.stage;
                self.network.count(|tally| tally.from_cache(row, stage));
                let response = stored.answer(request, now);
                (seen.stored, seen.actual) = (Some(response.varies_by("origin")), None);
                return Ok(response);
            }
            Some(Relayed::AnswerAndForward(_, forward) | Relayed::Forward(forward)) => forward,
        };
        let response = self.send((request, &forward.request, &context), row, seen).await?;
        Ok(match self.network.cache() {
            Some(mut cache) => cache.receive(forward, response, now, 0).0,
            None => response,
        })
    }

    /// Asks the endpoint.
    async fn send(
        &mut self,
        (asked, request, context): (&Arc<Request>, &Request, &SendContext),
        row: usize,
        seen: &mut Seen,
    ) -> Result<Response, String> {
        self.sent = true;
        match self.network.send((request, context), (row, self.stage), self.due).await {
            Ok(Came { response, answer, lines }) => {
                self.due = answer.done;
                let sent = lines_of(request, &lines);
                let exchange =
                    Arc::new(Exchange::new(Arc::clone(asked), Received::Response(response.clone())));
                let last = Some(Last { exchange, answer, sent, received: lines });
                seen.stored = None;
                match context.purpose {
                    exchange::Purpose::Preflight => seen.preflight = last,
                    _ => seen.actual = last,
                }
                Ok(self.time.moved(response, self.now))
            }
            Err(why) => {
                self.due = self.network.now();
                Err(why)
            }
        }
    }
}
