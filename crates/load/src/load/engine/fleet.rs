//! Browsers: each arrival is a page view by one of them, and its own caches decide what is sent. Time
//! passes for caches as the plan says, not as the clock does, so that a short run shows what hours do.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::{Duration, SystemTime},
};

use super::{
    caller::{Caller, Told},
    worker::{Job, Worker},
};
use crate::{
    caching::{Cache, Key, Relayed},
    case::model::Through,
    exchange::SendContext,
    fetch::{Agent, AgentConfig, NetworkError, Next, Note, Outcome, Outgoing, Profile, Purpose},
    interleave::shared_model,
    load::{
        judge::judge_page, plan::Browser, record::Sample, tally::Answer, virtual_time::VirtualTime,
        work::Wish, wrong::is_trouble,
    },
    message::{Request, Response},
    random::Rng,
};

/// The browsers of one thread, and the cache between them and the endpoint.
pub(super) struct Fleet {
    plan: Browser,
    profile: Profile,
    browsers: RefCell<VecDeque<Agent>>,
    cache: Option<RefCell<Cache>>,
    time: VirtualTime,
    views: Cell<u32>,
    random: RefCell<Rng>,
}

impl Fleet {
    /// Of a plan's browsers, those of one of several threads.
    pub(super) fn new(plan: &Browser, through: Through, number: usize, threads: usize, seed: u64) -> Self {
        let all = plan.count as usize;
        let share = (all / threads + usize::from(number < all % threads)).max(1);
        let profile: Profile = plan.profile.parse().unwrap_or_default();
        let config = AgentConfig { profile, http_cache: plan.http_cache };
        let step = plan.view_every.duration() / u32::try_from(share).unwrap_or(u32::MAX).max(1);
        Self {
            plan: plan.clone(),
            profile,
            browsers: RefCell::new((0..share).map(|_| Agent::new(config)).collect()),
            cache: shared_model(through).map(|model| RefCell::new(Cache::new(model))),
            time: VirtualTime::new(SystemTime::now(), step),
            views: Cell::new(0),
            random: RefCell::new(Rng::new(seed)),
        }
    }

    /// The browser whose turn it is; a new one, where all are viewing.
    fn take(&self) -> Agent {
        let config = AgentConfig { profile: self.profile, http_cache: self.plan.http_cache };
        self.browsers.borrow_mut().pop_front().unwrap_or_else(|| Agent::new(config))
    }

    fn give_back(&self, agent: Agent) {
        let mut browsers = self.browsers.borrow_mut();
        if browsers.len() < self.plan.count as usize {
            browsers.push_back(agent);
        }
    }
}

/// What one slot views with.
struct Page<'a> {
    worker: &'a Worker,
    fleet: &'a Fleet,
    caller: &'a mut Caller,
    number: u64,
    job: Job,
    /// When the next request is due.
    due: u64,
    /// Whether anything was sent.
    asked: bool,
    /// The last answer from the endpoint, for evidence.
    last: Option<(Answer, Vec<String>, Vec<String>)>,
}

/// Serves a slot with page views until there is nothing more to send.
pub(super) async fn serve(
    worker: Rc<Worker>,
    slot: usize,
    number: u64,
    mut caller: Caller,
    fleet: Rc<Fleet>,
) {
    while let Some(job) = worker.next_job(slot).await {
        let now = worker.now();
        worker.begin(slot, &job, now);
        let mut page = Page {
            worker: &worker,
            fleet: &fleet,
            caller: &mut caller,
            number,
            job,
            due: job.due.unwrap_or(now),
            asked: false,
            last: None,
        };
        let failed = page.view().await;
        let asked = page.asked;
        worker.end(slot, worker.now());
        if failed && !worker.ending.get() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        } else if !asked || job.due.is_none() {
            // Views that caches answer wholly must not keep the thread from its connections.
            tokio::task::yield_now().await;
        }
        if let Some(rest) = worker.work.plan.pause.filter(|_| job.due.is_none()) {
            tokio::time::sleep(rest.duration()).await;
        }
    }
    worker.live.set(worker.live.get().saturating_sub(1));
}

impl Page<'_> {
    /// One page view. Gives whether a request got no answer.
    async fn view(&mut self) -> bool {
        let fleet = self.fleet;
        let view = fleet.views.get();
        fleet.views.set(view.wrapping_add(1));
        let now = fleet.time.at(view);
        let mut agent = fleet.take();
        let mut failed = false;
        for _ in 0..fleet.plan.requests_per_view {
            let random = fleet.random.borrow_mut().draw();
            let index = self.worker.work.picker.pick(random) as usize;
            let work = std::sync::Arc::clone(&self.worker.work);
            let Some(wish) = work.wishes.get(index) else { break };
            failed |= self.fetch(&mut agent, wish, now).await;
            self.due = self.worker.now();
        }
        fleet.give_back(agent);
        failed
    }

    async fn fetch(&mut self, agent: &mut Agent, wish: &Wish, now: SystemTime) -> bool {
        self.last = None;
        let (mut failed, mut sent) = (false, false);
        let id = agent.fetch(wish.request.clone());
        let outcome = loop {
            match agent.next(id, now) {
                Next::Done(outcome) => break outcome,
                Next::Send(outgoing) => {
                    sent |= outgoing.purpose != Purpose::Preflight;
                    let row = if outgoing.purpose == Purpose::Preflight { wish.row - 1 } else { wish.row };
                    let received = self.through_cache(&outgoing, row, now).await;
                    failed |= received.is_err();
                    agent.receive(id, now, received.map_err(NetworkError));
                }
            }
        };
        let cached = agent.notes(id).iter().any(|note| matches!(note, Note::PreflightCached));
        agent.forget(id);
        let mut state = self.worker.state.borrow_mut();
        if cached {
            state.tally.from_cache(wish.row - 1, self.job.stage);
        }
        if !sent && matches!(outcome, Outcome::Allowed(_)) {
            state.tally.from_cache(wish.row, self.job.stage);
        }
        drop(state);
        if !failed {
            self.judge(wish, &outcome);
        }
        failed
    }

    /// What came out against what must come out.
    fn judge(&self, wish: &Wish, outcome: &Outcome) {
        let origin = wish.request.client.serialized_origin().to_owned();
        let Some(wrong) = judge_page(outcome, wish.expected, &origin, &self.worker.work.origins) else {
            return;
        };
        let now = self.worker.now();
        let (answer, sent, received) = self.last.clone().unwrap_or_else(|| {
            let answer = Answer {
                row: wish.row,
                stage: self.job.stage,
                due: now,
                sent: now,
                done: now,
                status: 0,
                bytes: 0,
            };
            (answer, Vec::new(), vec!["(a stored response)".to_owned()])
        });
        if is_trouble(answer.status) {
            return;
        }
        let answer = Answer { row: wish.row, ..answer };
        let sample = || Sample {
            at: now as f64 / 1e9,
            connection: self.number,
            origin,
            sent,
            received,
            expected: wrong.expected.clone(),
        };
        self.worker.state.borrow_mut().tally.wrong(&answer, &wrong, None, sample);
    }

    /// Asks the shared cache, where there is one, and then the endpoint.
    async fn through_cache(
        &mut self,
        outgoing: &Outgoing,
        row: usize,
        now: SystemTime,
    ) -> Result<Response, String> {
        let fleet = self.fleet;
        let context = SendContext::from(outgoing);
        let Some(cache) = &fleet.cache else {
            return self.send((&outgoing.request, &context), row, now).await;
        };
        let request = &outgoing.request;
        let key = Key { partition: String::new(), url: request.url.clone() };
        let forward = match cache.borrow().relay(&key, request, now) {
            Relayed::Answer(stored) => {
                self.worker.state.borrow_mut().tally.from_cache(row, self.job.stage);
                return Ok(stored.answer(request, now));
            }
            Relayed::AnswerAndForward(_, forward) | Relayed::Forward(forward) => forward,
        };
        let response = self.send((&forward.request, &context), row, now).await?;
        Ok(cache.borrow_mut().receive(forward, response, now, 0).0)
    }

    /// Asks the endpoint.
    async fn send(
        &mut self,
        (request, context): (&Request, &SendContext),
        row: usize,
        now: SystemTime,
    ) -> Result<Response, String> {
        self.asked = true;
        let told = self.caller.ask((request, context), (row, self.job.stage), self.due).await;
        let Told { response, answer, lines } = told.map_err(|broken| broken.message)?;
        self.due = answer.done;
        self.last = Some((answer, super::evidence::lines_of(request, &lines), lines));
        Ok(self.fleet.time.moved(response, now))
    }
}
