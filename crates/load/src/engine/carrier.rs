//! Serves the arrivals of one slot: connects, sends, counts.

use std::{rc::Rc, sync::Arc, time::Duration};

use super::{
    connection::Connection,
    evidence::lines_of,
    http1::Received,
    http2::{Open, Session},
    judging::Verdict,
    unsolicited::unsolicited_bytes,
    way::Way,
    worker::{Job, OfSlot, Worker},
};
use crate::{plan::Expected, record::Sample, tally::Answer, time::Nanos, work::Template, wrong::Wrong};

/// What carries the requests of one slot.
pub(super) enum Carrier {
    /// A connection of its own.
    Http1(Connection),
    /// A stream of a connection that others use too.
    Http2(Rc<Session>, Option<Open>),
}

/// One slot and what it sends with.
struct Slot {
    worker: Rc<Worker>,
    slot: usize,
    /// The number of its connection, for evidence.
    number: u64,
    way: Rc<Way>,
    carrier: Carrier,
}

/// One request of a job.
struct Exchange<'w> {
    template: &'w Template,
    /// The index of the template.
    index: usize,
    job: Job,
    /// When it is due.
    due: Nanos,
}

/// Serves a slot until there is nothing more to send.
pub(super) async fn serve(worker: Rc<Worker>, slot: usize, number: u64, way: Rc<Way>, carrier: Carrier) {
    let work = Arc::clone(&worker.work);
    let mut served = Slot { worker: Rc::clone(&worker), slot, number, way, carrier };
    let mut pause = Pause::new();
    let mut now = worker.now();
    while let Some((job, begun)) = worker.next(slot, now).await {
        now = begun;
        worker.begin(slot, &job, now);
        let steps = work.visits.get(job.visit as usize).map_or(&[][..], |visit| &visit.steps);
        for (place, step) in steps.iter().enumerate() {
            let index = *step as usize;
            let Some(template) = work.templates.get(index) else { break };
            // The second step of a visit is due when the first is answered.
            let due = if place == 0 { job.due.unwrap_or(now) } else { now };
            if place > 0 {
                worker.begin(slot, &Job { due: None, ..job }, now);
            }
            let Ok((right, done)) = served.exchange(&Exchange { template, index, job, due }, now).await
            else {
                pause.after_failure(&worker).await;
                now = worker.now();
                break;
            };
            now = done;
            pause.reset();
            // A browser sends no actual request after a preflight that it takes for a refusal.
            if !right {
                break;
            }
        }
        worker.end(slot, now);
        if let Some(rest) = work.plan.pause.filter(|_| job.due.is_none()) {
            tokio::time::sleep(rest.duration()).await;
            now = worker.now();
        }
    }
    worker.live.set(worker.live.get().saturating_sub(1));
}

impl Slot {
    /// Sends one request. Gives whether its answer was right, and when it was there.
    async fn exchange(&mut self, exchange: &Exchange<'_>, mut sent: Nanos) -> Result<(bool, Nanos), ()> {
        let Self { worker, slot, way, carrier, .. } = self;
        let Exchange { template, index, job, .. } = *exchange;
        let received = match carrier {
            Carrier::Http1(connection) => {
                let mut sender = OfSlot { worker, slot: *slot, follows: false };
                let hear = |bytes: &[u8]| worker.state.borrow_mut().judging.hear(&worker.work, index, bytes);
                connection.exchange(&mut sender, way, &template.wire, &mut sent, hear).await
            }
            Carrier::Http2(session, kept) => {
                session.exchange(worker, *slot, way, index, kept, &mut sent).await
            }
        };
        // In a closed loop nothing is due before it is sent, though it may have had to connect first.
        let due = if job.due.is_none() { sent } else { exchange.due.min(sent) };
        let done = worker.now();
        let received = match received {
            Ok(received) => received,
            Err(broken) => {
                let mut state = worker.state.borrow_mut();
                state.tally.failure(template.row, job.stage, broken.kind, done, || broken.message);
                return Err(());
            }
        };
        let status = received.heard.status;
        let (row, stage, bytes) = (template.row, job.stage, received.bytes);
        let right = self.count(exchange, &received, &Answer { row, stage, due, sent, done, status, bytes });
        if let Carrier::Http1(connection) = &mut self.carrier {
            connection.answered(&received, &OfSlot { worker: &self.worker, slot: self.slot, follows: false });
        }
        Ok((right, done))
    }

    /// Counts an answer. Gives whether it was right.
    fn count(&self, exchange: &Exchange<'_>, received: &Received, answer: &Answer) -> bool {
        let mut state = self.worker.state.borrow_mut();
        let state = &mut *state;
        state.tally.answer(answer);
        let template = exchange.template;
        let sample = |wrong: &Wrong| {
            let came = match &self.carrier {
                Carrier::Http1(connection) => connection.seen(received),
                Carrier::Http2(..) => received.lines.clone(),
            };
            Sample {
                at: answer.done.seconds(),
                connection: self.number,
                origin: template.origin.clone(),
                // Without what the transport adds, which may be secret.
                sent: lines_of(&template.request, &came),
                received: came,
                expected: wrong.expected.clone(),
            }
        };
        let requested = state.judging.requested(exchange.index);
        if received.unsolicited > 0 {
            let wrong = unsolicited_bytes();
            state.tally.wrong(answer, &wrong, requested, || None, || sample(&wrong));
            return false;
        }
        match received.heard.verdict {
            Verdict::Right => template.expected == Expected::Allowed,
            Verdict::Wrong(fault) => {
                if let Some(wrong) = state.judging.fault(fault) {
                    state.tally.wrong(answer, wrong, requested, || wrong.shown(), || sample(wrong));
                }
                false
            }
        }
    }
}

/// How long a slot waits after a failure, so that an endpoint that refuses connections does not make a
/// thread spin.
pub(super) struct Pause {
    millis: u64,
}

impl Pause {
    pub(super) const fn new() -> Self {
        Self { millis: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.millis = 0;
    }

    pub(super) async fn after_failure(&mut self, worker: &Worker) {
        if self.millis > 0 && !worker.ending.get() {
            tokio::time::sleep(Duration::from_millis(self.millis)).await;
        }
        self.millis = (self.millis * 2).clamp(1, 100);
    }
}
