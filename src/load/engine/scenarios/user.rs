//! One of goose's users: a connection, its part of the arrivals, and where requests are of the
//! kind `fetch` a browser.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::Mutex;

use super::{
    super::{
        carrier::{Way, closed, lines_of},
        http1::{Broken, Received},
        judging::{Heard, Verdict},
        pacer::timer,
    },
    Shared,
    line::Line,
};
use crate::{
    fetch::{Agent, AgentConfig},
    load::{
        judge::Wrong,
        plan::Expected,
        record::{Sample, record},
        tally::Answer,
        work::Arrivals,
    },
    transport::Alpn,
};

/// A user, as goose keeps it.
#[derive(Clone)]
pub(super) struct UserData(Arc<Mutex<User>>);

/// One request, as goose is told of it.
pub(super) struct Told {
    pub(super) row: usize,
    pub(super) took: Duration,
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
}

/// One user.
pub(super) struct User {
    pub(super) number: usize,
    way: Way,
    pub(super) line: Option<Line>,
    /// The moments at which this user has to ask, where arrivals come at a rate.
    arrivals: Option<Arrivals>,
    timer: Option<timer::Timer>,
    freed: u64,
    pub(super) agent: Option<Agent>,
    pub(super) told: Vec<Told>,
}

/// What is asked at once before goose is told.
const BATCH: usize = 32;
/// How long that may take, in nanoseconds.
const LONGEST: u64 = 100_000_000;
/// How long a user waits who has nothing to do.
const IDLE: Duration = Duration::from_millis(20);

/// When and for which stage a request is.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) due: u64,
    pub(super) stage: usize,
}

impl UserData {
    pub(super) fn new(user: User) -> Self {
        Self(Arc::new(Mutex::new(user)))
    }

    /// Asks for a while, and says what came of it.
    pub(super) async fn batch(&self, shared: &Shared) -> Vec<Told> {
        self.0.lock().await.batch(shared).await
    }
}

impl User {
    pub(super) fn new(shared: &Shared) -> Self {
        let number = shared.begun.fetch_add(1, Ordering::Relaxed);
        let timeline = &shared.work.timeline;
        let arrivals = (!timeline.closed)
            .then(|| Arrivals::new(timeline, (number % shared.users) as u64, shared.users as u64));
        let agent = shared.work.plan.browser.clone().filter(|_| !shared.work.wishes.is_empty());
        let agent = agent.map(|browser| {
            let profile = browser.profile.parse().unwrap_or_default();
            Agent::new(AgentConfig { profile, http_cache: browser.http_cache })
        });
        let agent =
            agent.or_else(|| (!shared.work.wishes.is_empty()).then(|| Agent::new(AgentConfig::default())));
        Self {
            number,
            way: Way::new(Arc::clone(&shared.wire), shared.url.clone(), &shared.options),
            line: None,
            timer: arrivals.as_ref().and_then(|_| timer::Timer::new().ok()),
            arrivals,
            freed: 0,
            agent,
            told: Vec::with_capacity(BATCH),
        }
    }

    async fn batch(&mut self, shared: &Shared) -> Vec<Told> {
        let began = shared.now();
        while self.told.len() < BATCH {
            let now = shared.now();
            if now.saturating_sub(began) > LONGEST {
                break;
            }
            if shared.is_over(now) && (self.arrivals.is_none() || shared.stop.load(Ordering::Relaxed)) {
                tokio::time::sleep(IDLE).await;
                break;
            }
            let Some(moment) = self.moment(shared).await else { break };
            if !self.visit(shared, moment).await {
                // An endpoint that refuses connections must not make a user spin.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            self.freed = shared.now();
            shared.last.fetch_max(self.freed, Ordering::Relaxed);
            if let Some(rest) = shared.work.plan.pause.filter(|_| self.arrivals.is_none()) {
                tokio::time::sleep(rest.duration()).await;
                break;
            }
        }
        std::mem::take(&mut self.told)
    }

    /// Waits until the next request is due; `None` where that is not soon.
    async fn moment(&mut self, shared: &Shared) -> Option<Moment> {
        let Some(arrivals) = &mut self.arrivals else {
            let now = shared.now();
            let mut counts = shared.counts(self.number);
            (counts.tally.due, counts.tally.arrived) = (counts.tally.due + 1, counts.tally.arrived + 1);
            counts.tally.second.due += 1;
            return Some(Moment { due: now, stage: shared.work.timeline.stage_at(now) });
        };
        let Some((due, stage)) = arrivals.peek() else {
            tokio::time::sleep(IDLE).await;
            return None;
        };
        let wait = Duration::from_nanos(due.saturating_sub(shared.now()));
        if wait > IDLE {
            tokio::time::sleep(wait.min(Duration::from_nanos(LONGEST)).saturating_sub(IDLE / 2)).await;
            return None;
        }
        match &self.timer {
            _ if wait.is_zero() => {}
            Some(timer) => drop(timer.wait(wait).await),
            None => tokio::time::sleep(wait).await,
        }
        arrivals.advance();
        let now = shared.now();
        let mut counts = shared.counts(self.number);
        (counts.tally.due, counts.tally.arrived) = (counts.tally.due + 1, counts.tally.arrived + 1);
        counts.tally.second.due += 1;
        let lag = now.saturating_sub(due.max(self.freed)) / 1_000;
        record(&mut counts.tally.lag, lag);
        Some(Moment { due, stage })
    }

    /// One visit. Gives whether every request got an answer.
    async fn visit(&mut self, shared: &Shared, moment: Moment) -> bool {
        let random = shared.counts(self.number).random.draw();
        let pick = shared.work.picker.pick(random) as usize;
        if self.agent.is_some() {
            return self.view(shared, moment).await;
        }
        if !shared.work.trials.is_empty() {
            return self.trial(shared, pick, moment).await;
        }
        let steps = shared.work.visits.get(pick).map_or(&[][..], |visit| &visit.steps);
        let mut due = moment.due;
        for step in steps {
            let Some(right) = self.step(shared, *step as usize, Moment { due, ..moment }).await else {
                return false;
            };
            // A browser sends no actual request after a preflight that it takes for a refusal.
            if !right {
                break;
            }
            due = shared.now();
        }
        true
    }

    /// One request that was rendered before. Gives whether its answer allows the next one; `None` where
    /// none came.
    async fn step(&mut self, shared: &Shared, index: usize, moment: Moment) -> Option<bool> {
        let template = shared.work.templates.get(index)?;
        let number = self.number;
        let hear = |bytes: &[u8]| shared.counts(number).judging.hear(&shared.work, index, bytes);
        let (result, sent) = self.exchange(shared, &template.wire, hear).await;
        let done = shared.now();
        let mut counts = shared.counts(number);
        let counts = &mut *counts;
        let took = Duration::from_nanos(done.saturating_sub(moment.due.min(sent)));
        let received = match result {
            Ok(received) => received,
            Err(broken) => {
                let error = Some(broken.kind.words().to_owned());
                self.told.push(Told { row: template.row, took, status: None, error });
                counts.tally.failure(template.row, moment.stage, broken.kind, done, || broken.message);
                return None;
            }
        };
        let status = received.heard.status;
        let due = moment.due.min(sent);
        let answer =
            Answer { row: template.row, stage: moment.stage, due, sent, done, status, bytes: received.bytes };
        counts.tally.answer(&answer);
        let unasked;
        let wrong = match received.heard.verdict {
            _ if received.unasked > 0 => {
                unasked = unasked_bytes();
                Some(&unasked)
            }
            Verdict::Right => None,
            Verdict::Wrong(fault) => counts.judging.fault(fault),
        };
        let reason = wrong.map(|wrong| wrong.reason.clone());
        if let Some(wrong) = wrong {
            let calm = counts.judging.right_when_calm(index);
            let line = self.line.as_ref();
            counts.tally.wrong(&answer, wrong, calm, || Sample {
                at: done as f64 / 1e9,
                connection: number as u64,
                origin: template.origin.clone(),
                sent: lines_of(&template.request),
                received: line.map(|line| line.lines(received.heard.head)).unwrap_or_default(),
                expected: wrong.expected.clone(),
            });
        }
        if !received.reusable {
            self.line = None;
            counts.tally.closed_by_peer += 1;
        }
        let right = reason.is_none();
        self.told.push(Told { row: template.row, took, status: Some(status), error: reason });
        Some(right && template.expected == Expected::Allowed)
    }

    /// Turns to the origin of a URL: a user has one connection, and redirects and cases may lead elsewhere.
    pub(super) fn turn_to(&mut self, url: &url::Url) {
        if self.way.url.origin() != url.origin() {
            self.way.url = url.clone();
            self.line = None;
        }
    }

    /// Sends bytes on the user's connection, which is opened where there is none. Gives when they were sent, too.
    pub(super) async fn exchange(
        &mut self,
        shared: &Shared,
        bytes: &[u8],
        mut hear: impl FnMut(&[u8]) -> Result<Option<Heard>, String>,
    ) -> (Result<Received, Broken>, u64) {
        let mut sent = shared.now();
        loop {
            let line = match &mut self.line {
                Some(line) => line,
                None => match self.way.dial(Alpn::Http1).await {
                    Ok(stream) => {
                        shared.counts(self.number).tally.connects += 1;
                        sent = shared.now();
                        self.line.insert(Line::new(stream))
                    }
                    Err(broken) => return (Err(broken), sent),
                },
            };
            match line.exchange(bytes, shared.options.timeout, &mut hear).await {
                Ok(received) => return (Ok(received), sent),
                // The endpoint had closed the connection by the time the request arrived, as it may
                // (RFC 9112 §9.3.1): asked again on a new one.
                Err(broken) if line.served > 0 && !broken.heard && closed(broken.kind) => {
                    shared.counts(self.number).tally.closed_by_peer += 1;
                    self.line = None;
                }
                Err(broken) => {
                    self.line = None;
                    return (Err(broken), sent);
                }
            }
        }
    }
}

/// What is wrong with bytes after an answer.
fn unasked_bytes() -> Wrong {
    Wrong {
        reason: "load.unasked-bytes".to_owned(),
        message: "bytes came after the answer that nobody had asked for: on a kept connection they would be taken for the next answer".to_owned(),
        section: Some("https://www.rfc-editor.org/rfc/rfc9112#section-9.2".to_owned()),
        expected: "nothing after the answer".to_owned(),
        crossed: false,
    }
}
