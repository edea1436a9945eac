//! What the tasks of one thread share: who is due, who is free, and what was counted. Everything
//! here is synchronous and short; nothing is held across an await.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use crosscheck_core::random::Rng;

use super::{
    connection::{Connected, Sender},
    http1::Patience,
    judging::Judging,
};
use crate::{
    tally::Tally,
    time::Nanos,
    work::{Arrivals, Work},
};

/// One arrival that a task has to serve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    /// When it was due; `None` in a closed loop.
    pub due: Option<Nanos>,
    /// The stage in which it was due.
    pub stage: usize,
    /// What arrives: an index into the visits, or a browser's view.
    pub visit: u32,
}

/// The place of one connection, or of one stream of it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    job: Option<Job>,
    waker: Option<Waker>,
    /// When it became free.
    freed: Nanos,
    /// When its request was sent; 0 where none is under way.
    pub busy_since: Nanos,
    /// Whether its request took too long.
    pub late: bool,
    idle: bool,
}

/// Which users the slots of a thread are, where there are users.
#[derive(Clone, Copy, Debug)]
pub(super) struct Users {
    /// Whether users ask, rather than arrivals come.
    pub closed: bool,
    /// Whether they ask only when their next moment has come.
    pub capped: bool,
    /// The number of the first slot's user.
    pub first: usize,
    /// How far the users of slots are apart: users are spread over threads.
    pub apart: usize,
}

/// What the tasks of one thread share.
pub(super) struct Worker {
    pub work: Arc<Work>,
    pub start: Instant,
    pub state: RefCell<State>,
    /// Set when nothing more is to be sent.
    pub ending: Cell<bool>,
    /// How many tasks have not ended.
    pub live: Cell<usize>,
}

pub(super) struct State {
    pub arrivals: Arrivals,
    backlog: VecDeque<Job>,
    /// Free slots; the one that was used last is used next.
    free: Vec<usize>,
    /// Since when there has always been a free slot.
    idle_since: Nanos,
    pub slots: Vec<Slot>,
    pub tally: Tally,
    pub judging: Judging,
    random: Rng,
    users: Users,
    /// Whether what is due is dropped rather than kept waiting.
    dropping: bool,
}

/// One slot, as its connection knows it.
pub(super) struct OfSlot<'w> {
    pub worker: &'w Worker,
    pub slot: usize,
    /// Whether its request follows others of the same job, so that it begins only now.
    pub follows: bool,
}

impl Patience for OfSlot<'_> {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.worker.is_late(self.slot, cx)
    }
}

impl Sender for OfSlot<'_> {
    fn now(&self) -> Nanos {
        self.worker.now()
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.worker.state.borrow_mut().tally);
    }

    fn begins(&mut self, sent: Nanos, on: Connected) {
        if self.follows || on == Connected::Anew {
            self.worker.restart(self.slot, sent);
        }
    }
}

/// So many arrivals may wait for a connection in one thread; what comes beyond is dropped and counted, so
/// that an endpoint that answers nothing does not take all memory.
const MAX_BACKLOG: usize = 1_000_000;

impl Worker {
    pub(super) fn now(&self) -> Nanos {
        Nanos::of(Instant::now().saturating_duration_since(self.start))
    }

    /// The next job of a slot; `None` when there will be none.
    pub(super) async fn next_job(&self, slot: usize) -> Option<Job> {
        self.next(slot, self.now()).await.map(|(job, _)| job)
    }

    /// The next job of a slot that is asked for at `now`, and when it was given; `None` when there will
    /// be none. The clock is read again only where it had to be waited for.
    pub(super) async fn next(&self, slot: usize, now: Nanos) -> Option<(Job, Nanos)> {
        let mut known = Some(now);
        std::future::poll_fn(|cx| {
            let now = known.take().unwrap_or_else(|| self.now());
            self.poll_job(slot, now, cx).map(|job| job.map(|job| (job, now)))
        })
        .await
    }

    fn poll_job(&self, slot: usize, now: Nanos, cx: &mut Context<'_>) -> Poll<Option<Job>> {
        let mut state = self.state.borrow_mut();
        if let Some(job) = state.slots.get_mut(slot).and_then(|slot| slot.job.take()) {
            return Poll::Ready(Some(job));
        }
        if let Some(job) = state.take(slot, now, self) {
            return Poll::Ready(Some(job));
        }
        if self.ending.get() {
            return Poll::Ready(None);
        }
        state.park(slot, now, cx);
        Poll::Pending
    }

    /// How late a job is the harness's own fault, and that its slot is busy from now on.
    pub(super) fn begin(&self, slot: usize, job: &Job, now: Nanos) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(place) = state.slots.get_mut(slot) else { return };
        (place.busy_since, place.late) = (now.max(Nanos(1)), false);
        if let Some(due) = job.due {
            // Where another connection has been free for longer, it could have been sent on that one.
            let free = if state.free.is_empty() { place.freed } else { place.freed.min(state.idle_since) };
            let lag = now.since(due.max(free)).micros();
            crate::record::record(&mut state.tally.lag, lag);
        }
    }

    /// That the slot's request is sent only now: it had to connect first, or another one went before.
    pub(super) fn restart(&self, slot: usize, now: Nanos) {
        if let Some(place) = self.state.borrow_mut().slots.get_mut(slot) {
            (place.busy_since, place.late) = (now.max(Nanos(1)), false);
        }
    }

    /// That the slot's request is over.
    pub(super) fn end(&self, slot: usize, now: Nanos) {
        if let Some(place) = self.state.borrow_mut().slots.get_mut(slot) {
            (place.busy_since, place.freed) = (Nanos::ZERO, now);
        }
    }

    /// Whether the slot's request took too long; what waits for its answer asks.
    pub(super) fn is_late(&self, slot: usize, cx: &Context<'_>) -> bool {
        let mut state = self.state.borrow_mut();
        let Some(place) = state.slots.get_mut(slot) else { return false };
        if !place.late && !place.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            place.waker = Some(cx.waker().clone());
        }
        place.late
    }

    /// Hands what is due to who is free, and the rest to the backlog. Gives the next moment.
    pub(super) fn dispatch(&self) -> Option<Nanos> {
        let now = self.now();
        let mut state = self.state.borrow_mut();
        if state.users.closed {
            return state.wake_users(now, self);
        }
        while let Some((due, stage)) = state.arrivals.peek().filter(|(due, _)| *due <= now) {
            state.arrivals.advance();
            let job = state.job(Some(due), stage, self);
            let Some(free) = state.free.pop() else {
                state.wait(job);
                continue;
            };
            state.tally.arrived += 1;
            if let Some(slot) = state.slots.get_mut(free) {
                slot.idle = false;
                slot.job = Some(job);
                if let Some(waker) = &slot.waker {
                    waker.wake_by_ref();
                }
            }
        }
        state.arrivals.peek().map(|(due, _)| due)
    }

    /// Whether everything was sent that had to be.
    pub(super) fn is_drained(&self, now: Nanos) -> bool {
        let mut state = self.state.borrow_mut();
        let over = if state.users.closed {
            now.seconds() >= self.work.timeline.seconds()
        } else {
            state.arrivals.peek().is_none()
        };
        over && state.backlog.is_empty()
    }

    /// Drops what waits, and wakes everybody: there will be no more jobs.
    pub(super) fn finish(&self) {
        self.ending.set(true);
        let mut state = self.state.borrow_mut();
        state.dropping = true;
        let waiting = state.backlog.len() as u64;
        state.tally.dropped += waiting;
        state.backlog.clear();
        for slot in &state.slots {
            if let Some(waker) = &slot.waker {
                waker.wake_by_ref();
            }
        }
    }

    /// Marks requests that take too long, and wakes who waits for them.
    pub(super) fn sweep(&self, now: Nanos, timeout: Nanos) {
        let mut state = self.state.borrow_mut();
        for slot in &mut state.slots {
            if slot.busy_since > Nanos::ZERO && now.since(slot.busy_since) > timeout && !slot.late {
                slot.late = true;
                if let Some(waker) = &slot.waker {
                    waker.wake_by_ref();
                }
            }
        }
    }

    /// Ends what is under way, as if it had taken too long.
    pub(super) fn cut(&self) {
        self.sweep(Nanos::MAX, Nanos::ZERO);
    }
}

impl State {
    pub(super) fn new(
        arrivals: Arrivals,
        slots: usize,
        tally: Tally,
        judging: Judging,
        random: Rng,
        users: Users,
    ) -> Self {
        Self {
            arrivals,
            backlog: VecDeque::new(),
            free: Vec::with_capacity(slots),
            idle_since: Nanos::ZERO,
            slots: (0..slots).map(|_| Slot::default()).collect(),
            tally,
            judging,
            random,
            users,
            dropping: false,
        }
    }

    /// Arrivals that wait, and slots that are busy.
    pub(super) fn load(&self) -> (u64, u64) {
        let busy = self.slots.iter().filter(|slot| slot.busy_since > Nanos::ZERO).count();
        (self.backlog.len() as u64, busy as u64)
    }

    fn job(&mut self, due: Option<Nanos>, stage: usize, worker: &Worker) -> Job {
        self.tally.due += 1;
        self.tally.second.due += 1;
        Job { due, stage, visit: worker.work.picker.pick(self.random.draw()) }
    }

    /// What to do for a slot that has become free.
    fn take(&mut self, slot: usize, now: Nanos, worker: &Worker) -> Option<Job> {
        if self.users.closed {
            return self.users_job(slot, now, worker);
        }
        let job = match self.backlog.pop_front() {
            Some(job) => job,
            None => {
                let (due, stage) = self.arrivals.peek().filter(|(due, _)| *due <= now && !self.dropping)?;
                self.arrivals.advance();
                self.job(Some(due), stage, worker)
            }
        };
        self.tally.arrived += 1;
        Some(job)
    }

    /// A user asks again at once, as long as there is that user, and the cap lets them.
    fn users_job(&mut self, slot: usize, now: Nanos, worker: &Worker) -> Option<Job> {
        let user = self.users.first + slot * self.users.apart;
        if worker.ending.get() || user >= worker.work.timeline.users_at(now) {
            return None;
        }
        if self.users.capped {
            let (moment, _) = self.arrivals.peek()?;
            if moment > now {
                return None;
            }
            self.arrivals.advance();
        }
        let job = self.job(None, worker.work.timeline.stage_at(now), worker);
        self.tally.arrived += 1;
        Some(job)
    }

    fn wait(&mut self, job: Job) {
        if self.backlog.len() >= MAX_BACKLOG || self.dropping {
            self.tally.dropped += 1;
            return;
        }
        self.backlog.push_back(job);
        self.tally.backlog_max = self.tally.backlog_max.max(self.backlog.len() as u64);
    }

    fn park(&mut self, index: usize, now: Nanos, cx: &Context<'_>) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        if !slot.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            slot.waker = Some(cx.waker().clone());
        }
        if !slot.idle {
            slot.idle = true;
            if self.free.is_empty() {
                self.idle_since = now;
            }
            self.free.push(index);
        }
    }

    /// Wakes users that have come; where there is a cap, one for each moment that has come. Gives the
    /// next moment to look.
    fn wake_users(&mut self, now: Nanos, worker: &Worker) -> Option<Nanos> {
        /// How often it is looked whether users have come.
        const LOOK: Nanos = Nanos(10_000_000);
        let users = worker.work.timeline.users_at(now);
        let next = if self.users.capped { self.arrivals.peek().map(|(moment, _)| moment) } else { None };
        if next.is_some_and(|moment| moment > now) {
            return next.map(|moment| moment.min(now.plus(LOOK)));
        }
        let mut woken = 0;
        let mut index = self.free.len();
        while index > 0 && (woken == 0 || !self.users.capped) {
            index -= 1;
            let Some(free) = self.free.get(index).copied() else { break };
            if self.users.first + free * self.users.apart >= users {
                continue;
            }
            self.free.swap_remove(index);
            woken += 1;
            if let Some(slot) = self.slots.get_mut(free) {
                slot.idle = false;
                if let Some(waker) = &slot.waker {
                    waker.wake_by_ref();
                }
            }
        }
        Some(if self.users.capped && woken > 0 { now } else { now.plus(LOOK) })
    }
}
