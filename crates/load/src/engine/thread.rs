//! One sending thread: a runtime of its own, a task for each slot, one that paces, one that tells once a
//! second what was counted.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
    time::{Duration, Instant},
};

use crosscheck_core::random::Rng;
use crosscheck_harness::transport::Wire;
use tokio::task::LocalSet;

use super::{
    Options,
    caller::{Caller, Sessions},
    carrier::{Carrier, serve},
    connection::Connection,
    fleet::{self, Fleet},
    http2::Session,
    judging::Judging,
    pacer::pace,
    trial,
    way::Way,
    worker::{State, Users, Worker},
};
use crate::{
    judge::Knowledge,
    plan::Shape,
    record::PacingKind,
    tally::{RowTally, SecondTally, Tally},
    time::Nanos,
    work::{Arrivals, StageLine, Timeline, Work},
};

/// What a thread needs.
pub(super) struct Setup {
    pub work: Arc<Work>,
    pub knowledge: Arc<Knowledge>,
    pub wire: Arc<Wire>,
    pub options: Options,
    pub stop: Arc<AtomicBool>,
    pub start: Instant,
    pub number: usize,
    pub threads: usize,
    pub sender: Sender<Message>,
}

/// What a thread tells.
pub(super) enum Message {
    /// A second is over.
    Second { number: u64, second: Box<SecondTally> },
    /// A row of a stage that is over.
    Stage { stage: usize, row: usize, tally: Box<RowTally> },
    /// The thread has ended: what it counted, its processor time, and when its last answer came.
    Ended { tally: Box<Tally>, cpu: f64, seconds: f64 },
    /// The thread could not do its work.
    Incomplete(String),
}

/// How long after the last arrival answers are waited for at most, beyond the timeout, when the run was not
/// stopped; and how long when it was.
const GRACE: Duration = Duration::from_millis(500);

pub(super) fn run(setup: Setup) {
    let sender = setup.sender.clone();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    if setup.options.pacing == PacingKind::Spin {
        // What never sleeps must look at its connections often.
        builder.event_interval(2);
    }
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = sender.send(Message::Incomplete(format!("a sending thread has no runtime: {error}")));
            return;
        }
    };
    let local = LocalSet::new();
    runtime.block_on(local.run_until(work(setup)));
}

async fn work(setup: Setup) {
    let Setup { work, knowledge, wire, options, stop, start, number, threads, sender } = setup;
    let connections = share(options.connections, number, threads);
    let streams = if options.http2 { options.streams.max(1) } else { 1 };
    let slots = connections * streams;
    let tally = Tally::new(work.timeline.stages.len(), work.rows.len(), options.seed ^ number as u64);
    let closed = work.timeline.closed;
    let capped = closed && options.max_rate.is_some();
    let arrivals = match options.max_rate.filter(|_| closed) {
        Some(rate) => Arrivals::new(&even(rate, work.timeline.seconds()), number as u64, threads as u64),
        None => Arrivals::new(&work.timeline, number as u64, threads as u64),
    };
    let judging = Judging::new(knowledge, work.templates.len());
    // Threads that are seeded one apart must not pick the same.
    let mut seeds = Rng::new(options.seed);
    let random = (0..=number).map(|_| seeds.draw()).last().unwrap_or(options.seed);
    let users = Users { closed, capped, first: number, apart: threads };
    let state = State::new(arrivals, slots, tally, judging, Rng::new(random), users);
    let worker = Rc::new(Worker {
        work: Arc::clone(&work),
        start,
        state: RefCell::new(state),
        ending: Cell::new(false),
        live: Cell::new(slots),
    });
    let Some(url) = work.first_url() else { return };
    let way = Rc::new(Way::new(wire, url, &options));
    tokio::time::sleep_until(start.into()).await;
    let mut sessions = Vec::new();
    let shared: Vec<Rc<Sessions>> = (0..connections).map(|_| Rc::default()).collect();
    let caller = |slot: usize, number: u64| {
        let sessions = shared.get(slot % connections).filter(|_| options.http2).map(Rc::clone);
        Caller::new(Rc::clone(&worker), (slot, number), Rc::clone(&way), sessions)
    };
    let fleet = (!work.page_requests.is_empty()).then(|| {
        let browser = work.plan.browser.clone().unwrap_or_default();
        Rc::new(Fleet::new(&browser, work.plan.through, number, threads, random ^ 1))
    });
    for slot in 0..slots {
        let connection = (number + (slot % connections) * threads) as u64;
        if let Some(fleet) = &fleet {
            let (worker, fleet) = (Rc::clone(&worker), Rc::clone(fleet));
            let caller = caller(slot, connection);
            tokio::task::spawn_local(fleet::serve(worker, slot, connection, caller, fleet));
            continue;
        }
        if !work.trials.is_empty() {
            tokio::task::spawn_local(trial::serve(
                Rc::clone(&worker),
                slot,
                connection,
                caller(slot, connection),
            ));
            continue;
        }
        if !options.http2 {
            let carrier = Carrier::Http1(Connection::default());
            tokio::task::spawn_local(serve(Rc::clone(&worker), slot, connection, Rc::clone(&way), carrier));
            continue;
        }
        let session = slot % connections;
        if session == sessions.len() {
            sessions.push((Rc::new(Session::new(&work)), LocalSet::new()));
        }
        let Some((session, streams)) = sessions.get(session) else { continue };
        let carrier = Carrier::Http2(Rc::clone(session), None);
        streams.spawn_local(serve(Rc::clone(&worker), slot, connection, Rc::clone(&way), carrier));
    }
    // The streams of a connection take their turn together, so that what they send goes out before the answers of
    // another are looked at, and the endpoint does not wait for all.
    for (_, streams) in sessions {
        tokio::task::spawn_local(streams);
    }
    let pacer = {
        let (worker, sender, kind) = (Rc::clone(&worker), sender.clone(), options.pacing);
        tokio::task::spawn_local(async move {
            if let Err(error) = pace(worker, kind).await {
                let _ = sender.send(Message::Incomplete(format!("the timer failed: {error}")));
            }
        })
    };
    watch(&worker, &options, &stop, &sender).await;
    pacer.abort();
    let seconds = worker.now().seconds();
    let cpu = cpu_of_thread();
    let mut state = worker.state.borrow_mut();
    let mut tally = std::mem::replace(&mut state.tally, Tally::new(1, 1, 0));
    tally.identical = state.judging.identical;
    let last = worker.now().0 / Nanos::SECOND.0;
    let second = Box::new(tally.second.take());
    let _ = sender.send(Message::Second { number: last, second });
    let _ = sender.send(Message::Ended { tally: Box::new(tally), cpu, seconds });
}

/// Tells each second what was counted, cuts what takes too long, and sees when it is over.
async fn watch(worker: &Worker, options: &Options, stop: &AtomicBool, sender: &Sender<Message>) {
    let timeout = Nanos::of(options.timeout);
    let step = (options.timeout / 8).clamp(Duration::from_millis(2), Duration::from_millis(50));
    let end = worker.work.timeline.seconds();
    let mut second = 0;
    // When the end was seen, and with how much patience.
    let mut over: Option<(Nanos, Nanos)> = None;
    loop {
        let next = Duration::from_secs(second + 1);
        let now = worker.now().duration();
        tokio::time::sleep(step.min(next.saturating_sub(now))).await;
        let now = worker.now();
        worker.sweep(now, timeout);
        while now >= Nanos((second + 1) * Nanos::SECOND.0) {
            tell(worker, second, now, timeout, sender);
            second += 1;
        }
        if stop.load(Ordering::Relaxed) && over.is_none_or(|(_, patience)| patience > Nanos::of(GRACE)) {
            worker.finish();
            over = Some((now, Nanos::of(GRACE)));
        }
        if over.is_none() && now.seconds() >= end {
            over = Some((now, timeout.plus(Nanos::of(GRACE))));
        }
        if over.is_some() && !worker.ending.get() && worker.is_drained(now) {
            worker.finish();
        }
        if worker.live.get() == 0 {
            return;
        }
        if let Some((since, patience)) = over {
            if now.since(since) > patience {
                worker.finish();
                worker.cut();
            }
            if now.since(since) > patience.plus(Nanos::of(3 * GRACE)) {
                return;
            }
        }
    }
}

fn tell(worker: &Worker, number: u64, now: Nanos, timeout: Nanos, sender: &Sender<Message>) {
    let mut state = worker.state.borrow_mut();
    let (backlog, active) = state.load();
    (state.tally.second.backlog, state.tally.second.active) = (backlog, active);
    let second = Box::new(state.tally.second.take());
    let _ = sender.send(Message::Second { number, second });
    // Nothing of a stage is under way any more when its end lies further back than the timeout,
    // and nothing waits.
    if backlog == 0 {
        let past = worker.work.timeline.stage_at(now.since(timeout.plus(Nanos::SECOND)));
        for (stage, row, tally) in state.tally.take_stages(past) {
            let _ = sender.send(Message::Stage { stage, row, tally });
        }
    }
}

/// One stage of an even rate.
fn even(rate: f64, seconds: f64) -> Timeline {
    let stage =
        StageLine { name: String::new(), shape: Shape::Steady, at: 0.0, seconds, from: rate, to: rate };
    Timeline { stages: vec![stage], closed: false }
}

/// The part of `all` that belongs to one of several.
fn share(all: usize, number: usize, of: usize) -> usize {
    (all / of + usize::from(number < all % of)).max(1)
}

/// Processor time of this thread, in seconds.
#[cfg(target_os = "linux")]
pub(super) fn cpu_of_thread() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(not(target_os = "linux"))]
pub(super) fn cpu_of_thread() -> f64 {
    0.0
}
