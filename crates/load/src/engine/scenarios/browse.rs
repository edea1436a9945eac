//! A user's browser: page views whose requests its own caches may answer.

use std::{
    ops::DerefMut,
    sync::{PoisonError, atomic::Ordering},
};

use crosscheck_core::{caching::Cache, exchange::SendContext, message::Request, verdict::Code};

use super::{
    super::page::{Came, Network, Page},
    Shared,
    moment::Moment,
    user::User,
};
use crate::{tally::Tally, time::Nanos};

/// What the pages of one user are served by.
struct ByUser<'a> {
    shared: &'a Shared,
    user: &'a mut User,
}

impl Network for ByUser<'_> {
    fn now(&self) -> Nanos {
        self.shared.now()
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.shared.counts(self.user.number).tally);
    }

    fn cache(&self) -> Option<impl DerefMut<Target = Cache>> {
        self.shared.cache.as_ref().map(|cache| cache.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn send(
        &mut self,
        request: (&Request, &SendContext),
        (row, stage): (usize, usize),
        due: Nanos,
    ) -> Result<Came, String> {
        let (came, told) = self.user.lane.ask(self.shared, request, row, Moment { due, stage }).await;
        self.user.tell(told);
        came
    }

    fn was_wrong(&mut self, reason: Code) {
        self.user.tell_wrong(reason);
    }
}

impl User {
    /// One page view. Gives whether every request got an answer.
    pub(super) async fn view(&mut self, shared: &Shared, moment: Moment) -> bool {
        let Some(mut agent) = self.agent.take() else { return true };
        let view = shared.views.fetch_add(1, Ordering::Relaxed);
        let requests = shared.work.plan.browser.as_ref().map_or(1, |browser| browser.requests_per_view);
        let number = self.number;
        let mut page = Page {
            network: &mut ByUser { shared, user: self },
            work: &shared.work,
            time: &shared.time,
            connection: number as u64,
            stage: moment.stage,
            now: shared.time.at(u32::try_from(view).unwrap_or(u32::MAX)),
            due: moment.due,
            sent: false,
        };
        let answered = page.view(&mut agent, requests, || shared.counts(number).random.draw()).await;
        self.agent = Some(agent);
        answered
    }
}
