//! A user's browser: page views whose requests its own caches may answer.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::SystemTime,
};

use super::{super::evidence::lines_of, Shared, moment::Moment, user::User};
use crate::{
    caching::{Key, Relayed},
    exchange::SendContext,
    fetch::{Agent, NetworkError, Next, Note, Outcome, Outgoing, Purpose},
    load::{judge::judge_page, record::Sample, tally::Answer, work::Wish, wrong::is_trouble},
    message::{Request, Response},
};

/// The last answer of the endpoint, for evidence.
struct Last {
    answer: Answer,
    sent: Vec<String>,
    received: Vec<String>,
}

impl User {
    /// One page view. Gives whether every request got an answer.
    pub(super) async fn view(&mut self, shared: &Shared, moment: Moment) -> bool {
        let Some(mut agent) = self.agent.take() else { return true };
        let view = shared.views.fetch_add(1, Ordering::Relaxed);
        let now = shared.time.at(u32::try_from(view).unwrap_or(u32::MAX));
        let requests = shared.work.plan.browser.as_ref().map_or(1, |browser| browser.requests_per_view);
        let (mut answered, mut due) = (true, moment.due);
        for _ in 0..requests {
            let random = shared.counts(self.number).random.draw();
            let Some(wish) = shared.work.wishes.get(shared.work.picker.pick(random) as usize) else { break };
            answered &= self.fetch(shared, &mut agent, wish, now, Moment { due, ..moment }).await;
            due = shared.now();
        }
        self.agent = Some(agent);
        answered
    }

    async fn fetch(
        &mut self,
        shared: &Shared,
        agent: &mut Agent,
        wish: &Wish,
        now: SystemTime,
        moment: Moment,
    ) -> bool {
        let (mut answered, mut sent, mut last, mut due) = (true, false, None, moment.due);
        let id = agent.fetch(wish.request.clone());
        let outcome = loop {
            match agent.next(id, now) {
                Next::Done(outcome) => break outcome,
                Next::Send(outgoing) => {
                    sent |= outgoing.purpose != Purpose::Preflight;
                    let row = if outgoing.purpose == Purpose::Preflight { wish.row - 1 } else { wish.row };
                    let moment = Moment { due, ..moment };
                    let received = self.through_cache(shared, &outgoing, row, now, moment, &mut last).await;
                    answered &= received.is_ok();
                    agent.receive(id, now, received.map_err(NetworkError));
                    due = shared.now();
                }
            }
        };
        let cached = agent.notes(id).iter().any(|note| matches!(note, Note::PreflightCached));
        agent.forget(id);
        let mut counts = shared.counts(self.number);
        if cached {
            counts.tally.from_cache(wish.row - 1, moment.stage);
        }
        if !sent && matches!(outcome, Outcome::Allowed(_)) {
            counts.tally.from_cache(wish.row, moment.stage);
        }
        drop(counts);
        if answered {
            self.judge(shared, wish, &outcome, last, moment);
        }
        answered
    }

    /// What came out against what must come out.
    fn judge(&mut self, shared: &Shared, wish: &Wish, outcome: &Outcome, last: Option<Last>, moment: Moment) {
        let origin = wish.request.client.serialized_origin().to_owned();
        let Some(wrong) = judge_page(outcome, wish.expected, &origin, &shared.work.origins) else { return };
        let now = shared.now();
        let last = last.unwrap_or_else(|| Last {
            answer: Answer {
                row: wish.row,
                stage: moment.stage,
                due: now,
                sent: now,
                done: now,
                status: 0,
                bytes: 0,
            },
            sent: Vec::new(),
            received: vec!["(a stored response)".to_owned()],
        });
        if is_trouble(last.answer.status) {
            return;
        }
        self.tell_wrong(wrong.reason);
        let answer = Answer { row: wish.row, ..last.answer };
        let (connection, expected) = (self.number as u64, wrong.expected.clone());
        shared.counts(self.number).tally.wrong(&answer, &wrong, None, || Sample {
            at: now as f64 / 1e9,
            connection,
            origin,
            sent: last.sent,
            received: last.received,
            expected,
        });
    }

    /// Asks the shared cache, where there is one, and then the endpoint.
    async fn through_cache(
        &mut self,
        shared: &Shared,
        outgoing: &Outgoing,
        row: usize,
        now: SystemTime,
        moment: Moment,
        last: &mut Option<Last>,
    ) -> Result<Response, String> {
        let (request, context) = (&outgoing.request, SendContext::from(outgoing));
        let Some(cache) = &shared.cache else {
            return self.send(shared, (request, &context), row, now, moment, last).await;
        };
        let key = Key { partition: String::new(), url: request.url.clone() };
        let relayed = cache.lock().unwrap_or_else(PoisonError::into_inner).relay(&key, request, now);
        let forward = match relayed {
            Relayed::Answer(stored) => {
                shared.counts(self.number).tally.from_cache(row, moment.stage);
                return Ok(stored.answer(request, now));
            }
            Relayed::AnswerAndForward(_, forward) | Relayed::Forward(forward) => forward,
        };
        let response = self.send(shared, (&forward.request, &context), row, now, moment, last).await?;
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(cache.receive(forward, response, now, 0).0)
    }

    /// Asks the endpoint.
    async fn send(
        &mut self,
        shared: &Shared,
        (request, context): (&Request, &SendContext),
        row: usize,
        now: SystemTime,
        moment: Moment,
        last: &mut Option<Last>,
    ) -> Result<Response, String> {
        let (result, told) = self.lane.ask(shared, (request, context), row, moment).await;
        self.tell(told);
        let (response, answer, received) = result?;
        *last = Some(Last { answer, sent: lines_of(request, &received), received });
        Ok(shared.time.moved(response, now))
    }
}
