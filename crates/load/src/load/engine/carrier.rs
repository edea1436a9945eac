//! Serves the arrivals of one slot: connects, sends, counts.

use std::{rc::Rc, time::Duration};

use super::{
    evidence::{lines, lines_of},
    http1::{Line, Received},
    http2::{Open, Session},
    judging::Verdict,
    unsolicited::unsolicited_bytes,
    way::Way,
    worker::{Job, Worker},
};
use crate::{
    load::{record::Sample, tally::Answer, work::Template, wrong::Wrong},
    transport::Alpn,
};

/// What carries the requests of one slot.
pub(super) enum Carrier {
    /// A connection of its own, when it is open.
    Http1(Option<Box<Line>>),
    /// A stream of a connection that others use too.
    Http2(Rc<Session>, Option<Open>),
}

/// Serves a slot until there is nothing more to send.
pub(super) async fn serve(worker: Rc<Worker>, slot: usize, number: u64, way: Rc<Way>, mut carrier: Carrier) {
    let mut pause = Pause::new();
    let mut now = worker.now();
    while let Some((job, begun)) = worker.next(slot, now).await {
        now = begun;
        worker.begin(slot, &job, now);
        let steps = worker.work.visits.get(job.visit as usize).map_or(&[][..], |visit| &visit.steps);
        for (place, step) in steps.iter().enumerate() {
            let index = *step as usize;
            let Some(template) = worker.work.templates.get(index) else { break };
            // The second step of a visit is due when the first is answered.
            let due = if place == 0 { job.due.unwrap_or(now) } else { now };
            if place > 0 {
                worker.begin(slot, &Job { due: None, ..job }, now);
            }
            let served =
                one(&worker, slot, number, &way, &mut carrier, template, index, &job, due, now).await;
            let Ok((right, done)) = served else {
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
        if let Some(rest) = worker.work.plan.pause.filter(|_| job.due.is_none()) {
            tokio::time::sleep(rest.duration()).await;
            now = worker.now();
        }
    }
    worker.live.set(worker.live.get().saturating_sub(1));
}

/// One request. Gives whether its answer was right, and when it was there.
#[allow(clippy::too_many_arguments, reason = "what one request is counted by")]
async fn one(
    worker: &Rc<Worker>,
    slot: usize,
    number: u64,
    way: &Rc<Way>,
    carrier: &mut Carrier,
    template: &Template,
    index: usize,
    job: &Job,
    due: u64,
    mut sent: u64,
) -> Result<(bool, u64), ()> {
    let mut early = Vec::new();
    let received = match carrier {
        Carrier::Http1(line) => loop {
            if let Some(heard) = line.as_mut().and_then(|line| line.overheard()) {
                early.extend(heard);
                worker.state.borrow_mut().tally.closed_by_peer += 1;
                *line = None;
            }
            let open = match line {
                Some(open) => open,
                None => match way.dial(Alpn::Http1).await {
                    Ok(stream) => {
                        worker.state.borrow_mut().tally.connects += 1;
                        sent = worker.now();
                        worker.restart(slot, sent);
                        line.insert(Box::new(Line::new(stream)))
                    }
                    Err(broken) => break Err(broken),
                },
            };
            let result = open
                .exchange(worker, slot, &template.wire, |bytes| {
                    worker.state.borrow_mut().judging.hear(&worker.work, index, bytes)
                })
                .await;
            match result {
                Ok(received) => break Ok(received.after(early)),
                // Sent again on a new connection.
                Err(broken) if broken.is_stale(open.served) => {
                    early.extend(broken.unsolicited);
                    worker.state.borrow_mut().tally.closed_by_peer += 1;
                    *line = None;
                }
                Err(broken) => {
                    *line = None;
                    break Err(broken);
                }
            }
        },
        Carrier::Http2(session, kept) => session.exchange(worker, slot, way, index, kept, &mut sent).await,
    };
    // In a closed loop nothing is due before it is sent, though it may have had to connect first.
    let due = if job.due.is_none() { sent } else { due.min(sent) };
    let done = worker.now();
    let received = match received {
        Ok(received) => received,
        Err(broken) => {
            let mut state = worker.state.borrow_mut();
            state.tally.failure(template.row, job.stage, broken.kind, done, || broken.message);
            return Err(());
        }
    };
    let right = count(worker, number, carrier, template, index, job, &received, (due, sent, done));
    if let Carrier::Http1(line) = carrier
        && !received.reusable
    {
        *line = None;
        worker.state.borrow_mut().tally.closed_by_peer += 1;
    }
    Ok((right, done))
}

#[allow(clippy::too_many_arguments, reason = "what one request is counted by")]
fn count(
    worker: &Worker,
    number: u64,
    carrier: &Carrier,
    template: &Template,
    index: usize,
    job: &Job,
    received: &Received,
    (due, sent, done): (u64, u64, u64),
) -> bool {
    let mut state = worker.state.borrow_mut();
    let state = &mut *state;
    let status = received.heard.status;
    let answer =
        Answer { row: template.row, stage: job.stage, due, sent, done, status, bytes: received.bytes };
    state.tally.answer(&answer);
    let sample = |wrong: &Wrong| {
        let came: Vec<String> = match carrier {
            Carrier::Http1(Some(line)) => {
                lines(line.seen(received.heard.head)).into_iter().chain(received.lines.clone()).collect()
            }
            Carrier::Http1(None) | Carrier::Http2(..) => received.lines.clone(),
        };
        Sample {
            at: done as f64 / 1e9,
            connection: number,
            origin: template.origin.clone(),
            // Without what the transport adds, which may be secret.
            sent: lines_of(&template.request, &came),
            received: came,
            expected: wrong.expected.clone(),
        }
    };
    let calm = state.judging.right_when_calm(index);
    if received.unsolicited > 0 {
        let wrong = unsolicited_bytes();
        state.tally.wrong(&answer, &wrong, calm, || sample(&wrong));
        return false;
    }
    match received.heard.verdict {
        Verdict::Right => template.expected == crate::load::plan::Expected::Allowed,
        Verdict::Wrong(fault) => {
            if let Some(wrong) = state.judging.fault(fault) {
                state.tally.wrong(&answer, wrong, calm, || sample(wrong));
            }
            false
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
