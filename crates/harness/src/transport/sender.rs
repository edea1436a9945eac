//! Sends what tests request of an endpoint, at a rate; repeats what was only answered with a rate limit or a gateway
//! error; and sends nothing more to an endpoint that stopped answering. What all this decides is `availability`'s.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime},
};

use crosscheck_core::{
    availability::{Ended, Limits, Pace, Step, Throttled, Unavailable, retry_after},
    case::model::Case,
    exchange::{Exchange, Failure, Received, SendContext, Stage},
    message::{Request, is_safe_method},
};
use tokio::{
    sync::Notify,
    time::{sleep, sleep_until},
};

use super::{Answers, Carrying, Transport, Wire};

/// The requests of a run on one endpoint.
pub struct Sender {
    wire: Wire,
    /// Whether answers can be those of a rate limit or a gateway; not those of our own store.
    is_remote: bool,
    /// Whether the error of a gateway is an answer like any other.
    takes_gateway_errors: bool,
    started: Instant,
    pace: Mutex<Pace>,
    /// Held while a request is under way that must be alone.
    alone: tokio::sync::Mutex<()>,
    ended: Notify,
    answers: Mutex<Answers>,
}

impl Sender {
    /// Sends over this wire. `is_remote`: whether rate limits, gateways and a death of the endpoint are looked for.
    pub fn new(wire: Wire, limits: Limits, is_remote: bool) -> Self {
        Self {
            wire,
            is_remote,
            takes_gateway_errors: false,
            started: Instant::now(),
            pace: Mutex::new(Pace::new(limits)),
            alone: tokio::sync::Mutex::new(()),
            ended: Notify::new(),
            answers: Mutex::default(),
        }
    }

    /// The same, but what a gateway answers in the endpoint's place is an answer, as it is for a page.
    #[must_use]
    pub fn taking_gateway_errors(self) -> Self {
        Self { takes_gateway_errors: true, ..self }
    }

    /// What carries the requests.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Sends a request as [`Wire::send`] does, when it is its turn, and again where the answer only says that the
    /// endpoint cannot answer now. What stays so has failed at [`Stage::Throttled`] or [`Stage::Gateway`]. `case`: whose
    /// request it is; an error status that the case expects is an answer.
    pub async fn send(&self, request: &Request, context: &SendContext, case: Option<&Case>) -> Exchange {
        let own = self.is_remote && self.wire.gate().is_own(&request.url);
        for number in 0.. {
            let alone = if self.pace().is_alone() { Some(self.alone.lock().await) } else { None };
            if !self.wait_for_turn().await {
                break;
            }
            let sent = self.started.elapsed();
            let exchange = self.wire.send(request, context).await;
            drop(alone);
            if !own {
                return exchange;
            }
            let response = match &exchange.received {
                Received::Response(response) => response,
                Received::Failed(failure) => {
                    let in_doubt = self.pace().failure(failure.stage, &failure.message);
                    if in_doubt {
                        self.confirm().await;
                    }
                    return exchange;
                }
            };
            let is_gateway = Unavailable::of(response.status) == Some(Unavailable::Gateway);
            let expected = (is_gateway && self.takes_gateway_errors)
                || case.is_some_and(|case| case.expects_status(response.status));
            let status = if expected { 200 } else { response.status };
            let wait = retry_after(&response.fields, SystemTime::now());
            let step = self.pace().answer((sent, self.started.elapsed()), request, status, wait, number);
            if is_gateway && step != Step::Take {
                self.answers().note_gateway(request, context, response, case);
            }
            match step {
                Step::Take => {
                    self.answers().note(request, context, response, case);
                    return exchange;
                }
                Step::Again(_) if !is_gateway => {}
                Step::Again(wait) => sleep(wait).await,
                Step::Confirm => {
                    self.confirm().await;
                    return unavailable(exchange, status, number);
                }
                Step::GiveUp => {
                    if self.ended().is_some() {
                        self.ended.notify_waiters();
                    }
                    return unavailable(exchange, status, number);
                }
            }
        }
        self.not_sent(request)
    }

    /// Sends a request once, when it is its turn: what a gateway answers is the answer.
    pub async fn send_once(&self, request: &Request, context: &SendContext) -> Exchange {
        let _alone = if self.pace().is_alone() { Some(self.alone.lock().await) } else { None };
        match self.wait_for_turn().await {
            true => self.wire.send(request, context).await,
            false => self.not_sent(request),
        }
    }

    /// Waits until a request may be sent; `false`: nothing is sent any more.
    async fn wait_for_turn(&self) -> bool {
        let Some(turn) = self.turn() else { return false };
        // A timer costs a millisecond even where its time has come.
        if turn > self.started.elapsed() {
            sleep_until((self.started + turn).into()).await;
        }
        while let Some(left) = self.paused() {
            sleep(left).await;
        }
        true
    }

    fn not_sent(&self, request: &Request) -> Exchange {
        let why = self.ended().map_or_else(String::new, |ended| ended.to_string());
        not_sent(request, Failure::new(Stage::Gone, why))
    }

    fn turn(&self) -> Option<std::time::Duration> {
        let now = self.started.elapsed();
        self.pace().turn(now).map(|turn| turn.at)
    }

    fn paused(&self) -> Option<std::time::Duration> {
        let now = self.started.elapsed();
        self.pace().pause(now)
    }

    /// Asks whether the endpoint still answers, with the last request that it answered, if that can do no harm.
    async fn confirm(&self) {
        let Some((request, context)) = self.answers().last() else { return };
        let exchange = self.wire.send(&request, &context).await;
        let status = exchange.response().map(|response| response.status);
        self.pace().confirmed(status);
        if self.ended().is_some() {
            self.ended.notify_waiters();
        }
    }

    /// Asks once more after the last request, where that had no answer.
    pub async fn settle(&self) {
        let doubtful = self.is_remote && self.pace().is_doubtful();
        if doubtful {
            self.confirm().await;
        }
    }

    /// Why nothing is sent any more; `None`: the endpoint answers.
    pub fn ended(&self) -> Option<Ended> {
        self.pace().ended().cloned()
    }

    /// Waits until nothing is sent any more.
    pub async fn until_ended(&self) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if self.ended().is_some() {
                return;
            }
            ended.await;
        }
    }

    /// How much the run was slowed down; `None`: not at all.
    pub fn throttled(&self) -> Option<Throttled> {
        self.pace().throttled()
    }

    /// What was answered to requests that can be sent again.
    pub fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Sender {
    fn exchange<'a>(&'a self, request: &'a Request) -> Carrying<'a> {
        Box::pin(self.send(request, &SendContext::RAW, None))
    }
}

/// An exchange whose answer says nothing of the endpoint.
fn unavailable(exchange: Exchange, status: u16, repeats: u32) -> Exchange {
    let Some(why) = Unavailable::of(status) else { return exchange };
    let times = if repeats == 0 { String::new() } else { format!(", {} times", repeats + 1) };
    let message = format!("answered with status {status}{times}");
    Exchange { received: Received::Failed(Failure::new(why.stage(), message)), ..exchange }
}

fn not_sent(request: &Request, failure: Failure) -> Exchange {
    Exchange::new(std::sync::Arc::new(request.clone()), Received::Failed(failure))
}

/// Whether a request may be repeated to see if its answers are the same.
pub(super) fn is_repeatable(request: &Request) -> bool {
    is_safe_method(&request.method) && request.method != "TRACE"
}
