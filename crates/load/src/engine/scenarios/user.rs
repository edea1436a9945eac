//! One of goose's users: a connection, its part of the arrivals, and where requests are of the
//! kind `fetch` a browser.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crosscheck_core::{
    fetch::{Agent, AgentConfig},
    verdict::Code,
};
use tokio::sync::Mutex;

use super::{
    super::{evidence::lines_of, judging::Verdict, pacer, unsolicited::unsolicited_bytes},
    Shared,
    lane::Lane,
    moment::{Moment, Told},
};
use crate::{
    plan::Expected,
    record::{Sample, record},
    tally::Answer,
    time::Nanos,
    work::Arrivals,
};

/// A user, as goose keeps it.
#[derive(Clone)]
pub(super) struct UserData(Arc<Mutex<User>>);

/// One user.
pub(super) struct User {
    pub(super) number: usize,
    pub(super) lane: Lane,
    /// For what is asked beside it at once.
    beside: Vec<Lane>,
    /// The moments at which this user has to ask, where arrivals come at a rate.
    arrivals: Option<Arrivals>,
    pacer: Option<pacer::timer::Timer>,
    freed: Nanos,
    pub(super) agent: Option<Agent>,
    /// What goose is to be told.
    told: Vec<Told>,
}

/// How often a user visits before goose gets its turn.
const BATCH: usize = 32;
/// How long that may take.
const LONGEST: Duration = Duration::from_millis(100);
/// How long a user waits who has nothing to do.
const IDLE: Duration = Duration::from_millis(20);

/// A user's turn: the moment it is for, what is visited, and when it begins.
struct Turn {
    moment: Moment,
    visit: usize,
    now: Nanos,
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
        let number = shared.begin();
        let timeline = &shared.work.timeline;
        let arrivals = (!timeline.closed)
            .then(|| Arrivals::new(timeline, (number % shared.users) as u64, shared.users as u64));
        let agent = shared.work.plan.browser.clone().filter(|_| !shared.work.page_requests.is_empty());
        let agent = agent.map(|browser| {
            let profile = browser.profile.parse().unwrap_or_default();
            Agent::new(AgentConfig { profile, http_cache: browser.http_cache })
        });
        let agent = agent
            .or_else(|| (!shared.work.page_requests.is_empty()).then(|| Agent::new(AgentConfig::default())));
        Self {
            number,
            lane: Lane::new(shared, number),
            beside: Vec::new(),
            pacer: arrivals.as_ref().and_then(|_| pacer::timer::Timer::new().ok()),
            arrivals,
            freed: Nanos::ZERO,
            agent,
            told: Vec::new(),
        }
    }

    /// Keeps what goose is to be told of a request, where it is.
    pub(super) fn tell(&mut self, told: Option<Told>) {
        self.told.extend(told);
    }

    /// So many connections to ask on at once.
    pub(super) fn lanes(&mut self, shared: &Shared, many: usize) -> impl Iterator<Item = &mut Lane> {
        while self.beside.len() + 1 < many {
            self.beside.push(Lane::new(shared, self.number));
        }
        std::iter::once(&mut self.lane).chain(&mut self.beside).take(many)
    }

    /// That what was told last was wrong.
    pub(super) fn tell_wrong(&mut self, reason: Code) {
        if let Some(told) = self.told.last_mut() {
            told.error = Some(reason.to_string());
        }
    }

    async fn batch(&mut self, shared: &Shared) -> Vec<Told> {
        let Some(start) = shared.start.get() else {
            tokio::time::sleep(IDLE).await;
            return Vec::new();
        };
        if *start > Instant::now() {
            tokio::time::sleep_until((*start).into()).await;
        }
        let began = shared.now();
        let mut now = began;
        for turn in 0.. {
            let enough = turn >= BATCH || now.since(began).duration() > LONGEST;
            // What is left to do in the end is done at once.
            let left =
                shared.is_ending(now) && self.arrivals.as_mut().is_some_and(|left| left.peek().is_some());
            if enough && !left {
                break;
            }
            if shared.is_over(now) && (self.arrivals.is_none() || shared.stop.load(Ordering::Relaxed)) {
                tokio::time::sleep(IDLE).await;
                break;
            }
            let Some(turn) = self.turn(shared, now).await else {
                now = shared.now();
                if left {
                    continue;
                }
                break;
            };
            let answered = if self.agent.is_some() {
                self.view(shared, turn.moment).await
            } else if !shared.work.trials.is_empty() {
                self.trial(shared, turn.visit, turn.moment).await
            } else {
                self.visit(shared, turn).await
            };
            if !answered {
                // An endpoint that refuses connections must not make a user spin.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            now = shared.now();
            self.freed = now;
            if let Some(rest) = shared.work.plan.pause.filter(|_| self.arrivals.is_none()) {
                tokio::time::sleep(rest.duration()).await;
                break;
            }
        }
        shared.last.fetch_max(self.freed.0, Ordering::Relaxed);
        std::mem::take(&mut self.told)
    }

    /// Waits until the next request is due; `None` where that is not soon.
    async fn turn(&mut self, shared: &Shared, mut now: Nanos) -> Option<Turn> {
        let moment = match &mut self.arrivals {
            None => Moment { due: now, stage: shared.work.timeline.stage_at(now) },
            Some(arrivals) => {
                let Some((due, stage)) = arrivals.peek() else {
                    tokio::time::sleep(IDLE).await;
                    return None;
                };
                let wait = due.since(now).duration();
                if wait > IDLE {
                    tokio::time::sleep(wait.min(LONGEST).saturating_sub(IDLE / 2)).await;
                    return None;
                }
                match &self.pacer {
                    _ if wait.is_zero() => {}
                    Some(pacer) => drop(pacer.wait(wait).await),
                    None => tokio::time::sleep(wait).await,
                }
                arrivals.advance();
                now = shared.now();
                Moment { due, stage }
            }
        };
        let mut counts = shared.counts(self.number);
        let counts = &mut *counts;
        (counts.tally.due, counts.tally.arrived) = (counts.tally.due + 1, counts.tally.arrived + 1);
        counts.tally.second.due += 1;
        if self.arrivals.is_some() {
            record(&mut counts.tally.lag, now.since(moment.due.max(self.freed)).micros());
        }
        let visit = shared.work.picker.pick(counts.random.draw()) as usize;
        Some(Turn { moment, visit, now })
    }

    /// One visit. Gives whether every request got an answer.
    async fn visit(&mut self, shared: &Shared, turn: Turn) -> bool {
        let Turn { mut moment, visit, mut now } = turn;
        let steps = shared.work.visits.get(visit).map_or(&[][..], |visit| &visit.steps);
        for step in steps {
            let Some((done, right)) = self.step(shared, *step as usize, moment, now).await else {
                return false;
            };
            // A browser sends no actual request after a preflight that it takes for a refusal.
            if !right {
                break;
            }
            (moment.due, now) = (done, done);
        }
        true
    }

    /// One request that was rendered before. Gives when its answer came, and whether that allows the next
    /// one; `None` where none came.
    async fn step(
        &mut self,
        shared: &Shared,
        index: usize,
        moment: Moment,
        now: Nanos,
    ) -> Option<(Nanos, bool)> {
        let template = shared.work.templates.get(index)?;
        let number = self.number;
        let hear = |bytes: &[u8]| shared.counts(number).judging.hear(&shared.work, index, bytes);
        let (result, sent) = self.lane.exchange(shared, &template.wire, now, hear).await;
        let done = shared.now();
        let due = moment.due.min(sent);
        let told = |status, error| {
            let took = done.since(due).duration();
            shared.tells_goose.then_some(Told { row: template.row, took, status, error })
        };
        let mut guard = shared.counts(number);
        let counts = &mut *guard;
        let received = match result {
            Ok(received) => received,
            Err(broken) => {
                self.tell(told(None, Some(broken.kind.words().to_owned())));
                counts.tally.failure(template.row, moment.stage, broken.kind, done, || broken.message);
                return None;
            }
        };
        let status = received.heard.status;
        let answer =
            Answer { row: template.row, stage: moment.stage, due, sent, done, status, bytes: received.bytes };
        counts.tally.answer(&answer);
        self.tell(told(Some(status), None));
        let found;
        let wrong = match received.heard.verdict {
            _ if received.unsolicited > 0 => {
                found = unsolicited_bytes();
                Some(&found)
            }
            Verdict::Right => None,
            Verdict::Wrong(fault) => counts.judging.fault(fault),
        };
        if let Some(wrong) = wrong {
            self.tell_wrong(wrong.reason);
            let requested = counts.judging.requested(index);
            let lane = &self.lane;
            counts.tally.wrong(
                &answer,
                wrong,
                requested,
                || wrong.shown(),
                || {
                    let came = lane.seen(&received);
                    Sample {
                        at: done.seconds(),
                        connection: number as u64,
                        origin: template.origin.clone(),
                        sent: lines_of(&template.request, &came),
                        received: came,
                        expected: wrong.expected.clone(),
                    }
                },
            );
        }
        let right = wrong.is_none();
        drop(guard);
        self.lane.answered(shared, &received);
        Some((done, right && template.expected == Expected::Allowed))
    }
}
