//! Browsers: each arrival is a page view by one of them, and its own caches decide what is sent. Time
//! passes for caches as the plan says, not as the clock does, so that a short run shows what hours do.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    ops::DerefMut,
    rc::Rc,
    time::{Duration, SystemTime},
};

use crosscheck_core::{
    caching::Cache,
    case::model::Through,
    exchange::SendContext,
    fetch::{Agent, AgentConfig, Profile},
    interleave::shared_model,
    message::Request,
    random::Rng,
};

use super::{
    caller::Caller,
    page::{Came, Network, Page},
    worker::Worker,
};
use crate::{plan::Browser, tally::Tally, time::Nanos, virtual_time::VirtualTime};

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

/// What the pages of one slot are served by.
struct OfThread<'a> {
    worker: &'a Worker,
    fleet: &'a Fleet,
    caller: &'a mut Caller,
}

impl Network for OfThread<'_> {
    fn now(&self) -> Nanos {
        self.worker.now()
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.worker.state.borrow_mut().tally);
    }

    fn cache(&self) -> Option<impl DerefMut<Target = Cache>> {
        self.fleet.cache.as_ref().map(RefCell::borrow_mut)
    }

    async fn send(
        &mut self,
        request: (&Request, &SendContext),
        row_and_stage: (usize, usize),
        due: Nanos,
    ) -> Result<Came, String> {
        self.caller.ask(request, row_and_stage, due).await.map_err(|broken| broken.message)
    }
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
        let view = fleet.views.get();
        fleet.views.set(view.wrapping_add(1));
        let mut network = OfThread { worker: &worker, fleet: &fleet, caller: &mut caller };
        let mut page = Page {
            network: &mut network,
            work: &worker.work,
            time: &fleet.time,
            connection: number,
            stage: job.stage,
            now: fleet.time.at(view),
            due: job.due.unwrap_or(now),
            sent: false,
        };
        let mut agent = fleet.take();
        let draw = || fleet.random.borrow_mut().draw();
        let answered = page.view(&mut agent, fleet.plan.requests_per_view, draw).await;
        let sent = page.sent;
        fleet.give_back(agent);
        worker.end(slot, worker.now());
        if !answered && !worker.ending.get() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        } else if !sent || job.due.is_none() {
            // Views that caches answer wholly must not keep the thread from its connections.
            tokio::task::yield_now().await;
        }
        if let Some(rest) = worker.work.plan.pause.filter(|_| job.due.is_none()) {
            tokio::time::sleep(rest.duration()).await;
        }
    }
    worker.live.set(worker.live.get().saturating_sub(1));
}
