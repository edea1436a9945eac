//! A page view in a browser: what it asks for one after the other, as far as its own caches and the one between it and
//! the endpoint do not have it.

use std::{ops::DerefMut, time::SystemTime};

use crosscheck_core::{
    caching::{Cache, Key, Relayed},
    exchange::SendContext,
    fetch::{Agent, NetworkError, Next, Note, Outcome, Outgoing, Purpose},
    message::{Request, Response},
    verdict::Code,
};

use super::evidence::lines_of;
use crate::{
    judge::judge_page,
    record::Sample,
    tally::{Answer, Tally},
    time::Nanos,
    virtual_time::VirtualTime,
    work::{PageRequest, Work},
    wrong::counts_as_error,
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

/// The last answer of the endpoint, for evidence.
struct Last {
    answer: Answer,
    sent: Vec<String>,
    received: Vec<String>,
}

impl<N: Network> Page<'_, N> {
    /// Asks for so many things, which `draw` chooses. Gives whether every request got an answer.
    pub(super) async fn view(&mut self, agent: &mut Agent, many: u32, mut draw: impl FnMut() -> u64) -> bool {
        let mut answered = true;
        for _ in 0..many {
            let work = self.work;
            let Some(page_request) = work.page_requests.get(work.picker.pick(draw()) as usize) else { break };
            answered &= self.fetch(agent, page_request).await;
            self.due = self.network.now();
        }
        answered
    }

    async fn fetch(&mut self, agent: &mut Agent, page_request: &PageRequest) -> bool {
        let (mut answered, mut sent, mut last) = (true, false, None);
        let id = agent.fetch(page_request.request.clone());
        let outcome = loop {
            match agent.next(id, self.now) {
                Next::Done(outcome) => break outcome,
                Next::Send(outgoing) => {
                    let preflight = outgoing.purpose == Purpose::Preflight;
                    sent |= !preflight;
                    let row = if preflight { page_request.row - 1 } else { page_request.row };
                    let received = self.through_cache(&outgoing, row, &mut last).await;
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
            self.judge(page_request, &outcome, last);
        }
        answered
    }

    /// What came out against what must come out.
    fn judge(&mut self, page_request: &PageRequest, outcome: &Outcome, last: Option<Last>) {
        let origin = page_request.request.client.serialized_origin();
        let Some(wrong) = judge_page(outcome, page_request.expected, origin, &self.work.origins) else {
            return;
        };
        let now = self.network.now();
        let last = last.unwrap_or_else(|| Last {
            answer: Answer {
                row: page_request.row,
                stage: self.stage,
                due: now,
                sent: now,
                done: now,
                status: 0,
                bytes: 0,
            },
            sent: Vec::new(),
            received: vec!["(a stored response)".to_owned()],
        });
        if counts_as_error(last.answer.status) {
            return;
        }
        self.network.was_wrong(wrong.reason);
        let answer = Answer { row: page_request.row, ..last.answer };
        let connection = self.connection;
        self.network.count(|tally| {
            tally.wrong(&answer, &wrong, None, || Sample {
                at: now.seconds(),
                connection,
                origin: origin.to_owned(),
                sent: last.sent,
                received: last.received,
                expected: wrong.expected.clone(),
            });
        });
    }

    /// Asks the cache on the way, where there is one, and then the endpoint.
    async fn through_cache(
        &mut self,
        outgoing: &Outgoing,
        row: usize,
        last: &mut Option<Last>,
    ) -> Result<Response, String> {
        let (request, context, now) = (&outgoing.request, SendContext::from(outgoing), self.now);
        let key = || Key { partition: String::new(), url: request.url.clone() };
        let relayed = self.network.cache().map(|cache| cache.relay(&key(), request, now));
        let forward = match relayed {
            None => return self.send((request, &context), row, last).await,
            Some(Relayed::Answer(stored)) => {
                let stage = self.stage;
                self.network.count(|tally| tally.from_cache(row, stage));
                return Ok(stored.answer(request, now));
            }
            Some(Relayed::AnswerAndForward(_, forward) | Relayed::Forward(forward)) => forward,
        };
        let response = self.send((&forward.request, &context), row, last).await?;
        Ok(match self.network.cache() {
            Some(mut cache) => cache.receive(forward, response, now, 0).0,
            None => response,
        })
    }

    /// Asks the endpoint.
    async fn send(
        &mut self,
        (request, context): (&Request, &SendContext),
        row: usize,
        last: &mut Option<Last>,
    ) -> Result<Response, String> {
        self.sent = true;
        match self.network.send((request, context), (row, self.stage), self.due).await {
            Ok(Came { response, answer, lines }) => {
                self.due = answer.done;
                *last = Some(Last { answer, sent: lines_of(request, &lines), received: lines });
                Ok(self.time.moved(response, self.now))
            }
            Err(why) => {
                self.due = self.network.now();
                Err(why)
            }
        }
    }
}
