//! The second engine: users, stages, scheduling and metrics are goose's, the exchange is ours,
//! because goose sends no OPTIONS. Every request is counted with the same tally as the rate engine's, so that
//! both leave the same record; where goose writes a report of its own, it is told of each as a custom request.

mod browse;
mod lane;
mod moment;
mod timer;
mod trial;
mod user;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant, SystemTime},
};

use crosscheck_core::{caching::Cache, interleave::shared_model, random::Rng};
use crosscheck_harness::transport::Wire;
use goose::{
    GooseError,
    config::GooseConfiguration,
    goose::{GooseUser, Scenario, Transaction, TransactionFunction},
    prelude::GooseAttack,
};

use super::{Measured, Options, Run, Watch, collect::Collector, judging::Judging, thread::cpu_of_thread};
use crate::{
    hlog::HistogramLog,
    plan::Shape,
    tally::{SecondTally, Tally},
    time::Nanos,
    virtual_time::VirtualTime,
    work::{Timeline, Work},
};
use user::{User, UserData};

/// What all users share.
struct Shared {
    work: Arc<Work>,
    wire: Arc<Wire>,
    url: url::Url,
    options: Options,
    stop: Arc<AtomicBool>,
    /// When the work begins: when goose has launched the users that are there from the beginning.
    start: OnceLock<Instant>,
    /// How many users have begun, and how many there are from the beginning.
    begun: AtomicUsize,
    first: usize,
    /// How many there are at most.
    users: usize,
    counts: Vec<Mutex<Counts>>,
    /// The cache between the pages and the endpoint.
    cache: Option<Mutex<Cache>>,
    time: VirtualTime,
    views: AtomicUsize,
    /// When the last answer came, as [`Nanos`].
    last: AtomicU64,
    /// Whether goose counts too: where it writes a report of its own. What nobody reads is not told.
    tells_goose: bool,
}

/// What one part of the users counts; parts are as many as threads, so that they seldom meet.
struct Counts {
    tally: Tally,
    judging: Judging,
    random: Rng,
}

impl Shared {
    fn now(&self) -> Nanos {
        let since = self.start.get().map(|start| Instant::now().saturating_duration_since(*start));
        since.map_or(Nanos::ZERO, Nanos::of)
    }

    /// A moment of the work.
    fn moment(&self, at: Nanos) -> Instant {
        self.start.get().copied().unwrap_or_else(Instant::now) + at.duration()
    }

    /// How long after the last user has begun the work begins, so that each of them is there when its first arrival
    /// is due. Users that nothing is due for need not be.
    fn lead(&self) -> Duration {
        const LEAST: Duration = Duration::from_millis(60);
        const EACH: Duration = Duration::from_micros(200);
        if self.work.timeline.closed {
            return Duration::ZERO;
        }
        LEAST + EACH * u32::try_from(self.users).unwrap_or(u32::MAX)
    }

    /// That one more user has begun; gives its number.
    fn begin(&self) -> usize {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        if number + 1 >= self.first {
            self.start.get_or_init(|| Instant::now() + self.lead());
        }
        number
    }

    /// Whether goose may soon take its users away, though arrivals are still to come.
    fn is_ending(&self, now: Nanos) -> bool {
        /// In seconds: before the end, and after it, where an endpoint that does not answer would have all wait.
        const SOON: f64 = 1.0;
        !self.work.timeline.closed && (now.seconds() - self.work.timeline.seconds()).abs() <= SOON
    }

    fn counts(&self, user: usize) -> MutexGuard<'_, Counts> {
        // Nothing that is counted is half done when a user ends.
        self.counts[user % self.counts.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing more is to be sent.
    fn is_over(&self, now: Nanos) -> bool {
        self.stop.load(Ordering::Relaxed) || now.seconds() >= self.work.timeline.seconds()
    }

    /// What all have counted since it was asked last.
    fn second(&self) -> SecondTally {
        let mut sum = SecondTally::default();
        for part in &self.counts {
            let mut counts = part.lock().unwrap_or_else(PoisonError::into_inner);
            let mut second = counts.tally.second.take();
            (second.backlog, second.active) = (0, 0);
            sum.merge(&second);
        }
        sum.active = self.begun.load(Ordering::Relaxed) as u64;
        sum
    }
}

/// Runs the work with goose's users until its end, or until `stop` is set. `report` is where goose writes a report
/// of its own.
pub fn run(
    run: Run<'_>,
    log: Option<HistogramLog>,
    report: Option<&Path>,
    watch: &mut dyn Watch,
) -> Measured {
    let Run { work, options, stop, .. } = run;
    let mut collector = Collector::new(work, SystemTime::now(), 1, log);
    let threads = options.threads.max(1);
    let cpu = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&cpu);
    let runtime = if threads == 1 {
        // The users of one thread need nobody to steal them, and wake each other for less.
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    } else {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("load-goose")
            .enable_all()
            .on_thread_stop(move || {
                told.lock().unwrap_or_else(PoisonError::into_inner).push(cpu_of_thread());
            })
            .build()
    };
    let incomplete = |collector: Collector, watch: &mut dyn Watch, why: String| {
        let mut measured = collector.finish(watch);
        measured.incomplete = Some(why);
        measured
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return incomplete(collector, watch, format!("goose's users have no runtime: {error}")),
    };
    let Some(shared) = Shared::new(run, report.is_some()) else {
        return incomplete(collector, watch, "there is nothing to ask".to_owned());
    };
    let shared = Arc::new(shared);
    let (sender, seconds) = mpsc::channel();
    let (ended, own) = std::thread::scope(|scope| {
        let users = &shared;
        let attacking = scope.spawn(move || {
            let before = cpu_of_thread();
            let ended = runtime.block_on(attack(users, report, &sender));
            drop(runtime);
            (ended, (cpu_of_thread() - before).max(0.0))
        });
        // Bringing a second together takes time that the users' thread needs for them.
        for (number, second) in seconds {
            collector.second(number, &second, watch);
        }
        attacking.join().unwrap_or_else(|_| (Err("goose's thread broke off".to_owned()), 0.0))
    });
    // Goose counts whole seconds; what is left of its last one was idle.
    let last = Nanos(shared.last.load(Ordering::Relaxed)).seconds();
    let seconds = shared.now().seconds().min(last.max(work.timeline.seconds()));
    let mut busy = std::mem::take(&mut *cpu.lock().unwrap_or_else(PoisonError::into_inner));
    // The thread that waited for goose did some of its work.
    busy.push(own);
    collector.second(seconds.floor() as u64, &shared.second(), watch);
    for (number, part) in shared.counts.iter().enumerate() {
        let mut counts = part.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tally = std::mem::replace(&mut counts.tally, Tally::new(1, 1, 0));
        tally.identical = counts.judging.identical;
        let part = busy.get(number).copied().unwrap_or(0.0);
        collector.ended(tally, part, seconds);
    }
    for more in busy.iter().skip(shared.counts.len()) {
        collector.ended(Tally::new(1, 1, 0), *more, 0.0);
    }
    let mut measured = collector.finish(watch);
    measured.interrupted = stop.load(Ordering::Relaxed);
    if !work.timeline.closed && !measured.interrupted {
        let due = work.timeline.arrivals();
        measured.tally.dropped = due.saturating_sub(measured.tally.arrived);
        measured.tally.due = due;
    }
    measured.incomplete = ended.err();
    measured
}

impl Shared {
    fn new(run: Run<'_>, tells_goose: bool) -> Option<Self> {
        let Run { work, knowledge, wire, options, stop } = run;
        let url = work.first_url()?;
        let browser = work.plan.browser.clone().unwrap_or_default();
        let users = match (work.timeline.closed, work.page_requests.is_empty()) {
            (true, _) => work.timeline.peak().ceil().max(1.0) as usize,
            (false, true) => options.connections.max(1),
            (false, false) => browser.count.max(1) as usize,
        };
        let first = match work.timeline.stages.first() {
            Some(stage) if work.timeline.closed && stage.shape == Shape::Ramp => 1,
            Some(stage) if work.timeline.closed => stage.to.ceil().max(1.0) as usize,
            _ => users,
        };
        let parts = options.threads.max(1);
        let mut seeds = Rng::new(options.seed);
        let counts = (0..parts)
            .map(|_| {
                let tally = Tally::new(work.timeline.stages.len(), work.rows.len(), seeds.draw());
                let judging = Judging::new(Arc::clone(knowledge), work.templates.len());
                Mutex::new(Counts { tally, judging, random: Rng::new(seeds.draw()) })
            })
            .collect();
        let step = browser.view_every.duration() / u32::try_from(users).unwrap_or(u32::MAX).max(1);
        Some(Self {
            work: Arc::clone(work),
            wire: Arc::clone(wire),
            url,
            options: options.clone(),
            stop: Arc::clone(stop),
            start: OnceLock::new(),
            begun: AtomicUsize::new(0),
            first,
            users,
            counts,
            cache: shared_model(work.plan.through).map(|model| Mutex::new(Cache::new(model))),
            time: VirtualTime::new(SystemTime::now(), step),
            views: AtomicUsize::new(0),
            last: AtomicU64::new(0),
            tells_goose,
        })
    }
}

/// Has goose run, and tells each second what was counted.
async fn attack(
    shared: &Arc<Shared>,
    report: Option<&Path>,
    sender: &mpsc::Sender<(u64, SecondTally)>,
) -> Result<(), String> {
    let goose = goose(shared, report)?;
    let mut attack = std::pin::pin!(goose.execute());
    let mut second = 0_u64;
    loop {
        let next = shared.start.get().map(|start| *start + Duration::from_secs(second + 1));
        let soon = Instant::now() + Duration::from_millis(100);
        let look = next.map_or(soon, |next| next.min(soon));
        tokio::select! {
            ended = &mut attack => {
                // Goose's time began with the launch of its last user, and the work's a moment later.
                if ended.is_ok() && !shared.stop.load(Ordering::Relaxed) && shared.start.get().is_some() {
                    let end = Duration::from_secs_f64(shared.work.timeline.seconds());
                    let end = shared.moment(Nanos::of(end));
                    tokio::time::sleep_until(end.min(Instant::now() + shared.lead()).into()).await;
                }
                return ended.map(drop).map_err(|error| said(&error));
            }
            () = tokio::time::sleep_until(look.into()) => {
                if shared.stop.load(Ordering::Relaxed) {
                    goose::trigger_killswitch("the run was stopped");
                }
                if next.is_some_and(|next| Instant::now() >= next) {
                    // Nobody listens any more only when the run is over.
                    let _ = sender.send((second, shared.second()));
                    second += 1;
                }
            }
        }
    }
}

/// The attack: one scenario, in which each user begins, and then visits for as long as it lasts.
fn goose(shared: &Arc<Shared>, report: Option<&Path>) -> Result<GooseAttack, String> {
    let plan = test_plan(&shared.work.timeline, shared.users);
    let mut host = shared.url.clone();
    host.set_path("/");
    host.set_query(None);
    let mut arguments: Vec<String> =
        ["--host", host.as_str(), "--test-plan", &plan, "--no-print-metrics", "--no-error-summary"]
            .map(str::to_owned)
            .to_vec();
    arguments.extend(["--no-telnet", "-qqq"].map(str::to_owned));
    match report {
        Some(path) => arguments.extend(["--report-file".to_owned(), path.display().to_string()]),
        None => arguments.push("--no-metrics".to_owned()),
    }
    let configuration = GooseConfiguration::parse_args_default(&arguments).map_err(|error| said(&error))?;
    let attack = GooseAttack::initialize_with_config(configuration).map_err(|error| said(&error))?;
    let begin = {
        let shared = Arc::clone(shared);
        let function: TransactionFunction = Arc::new(move |user: &mut GooseUser| {
            let mine = UserData::new(User::new(&shared));
            Box::pin(async move {
                user.set_session_data(mine);
                Ok(())
            })
        });
        Transaction::new(function).set_on_start().set_name("begin")
    };
    let visits = {
        let shared = Arc::clone(shared);
        let function: TransactionFunction = Arc::new(move |user: &mut GooseUser| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let Some(mine) = user.get_session_data::<UserData>().cloned() else { return Ok(()) };
                for told in mine.batch(&shared).await {
                    let row = shared.work.rows.get(told.row);
                    let (method, name) = row.map_or(("", ""), |row| (row.method.as_str(), row.name.as_str()));
                    user.record_custom_request_duration(
                        method,
                        name,
                        told.took,
                        told.error.is_none(),
                        told.status,
                        told.error.as_deref(),
                    )
                    .await?;
                }
                Ok(())
            })
        });
        Transaction::new(function).set_name("visits")
    };
    let scenario =
        Scenario::new(&shared.work.plan.id).register_transaction(begin).register_transaction(visits);
    Ok(attack.register_scenario(scenario))
}

/// What goose says of an error.
fn said(error: &GooseError) -> String {
    match error {
        GooseError::InvalidOption { option, value, detail } => {
            format!("goose refuses {option} `{value}`: {detail}")
        }
        error => format!("goose ended the run: {error}"),
    }
}

/// The stages as goose's test plan: `users,time` steps. Where arrivals come at a rate, all users are
/// there all the time, and each serves its part of the arrivals.
fn test_plan(timeline: &Timeline, users: usize) -> String {
    let mut steps = Vec::new();
    let whole = |seconds: f64| seconds.ceil().max(1.0) as u64;
    if timeline.closed {
        let mut level = 0;
        for stage in &timeline.stages {
            let to = stage.to.ceil().max(1.0) as usize;
            if stage.shape != Shape::Ramp && to != level {
                steps.push(format!("{to},0s"));
            }
            steps.push(format!("{to},{}s", whole(stage.seconds)));
            level = to;
        }
    } else {
        steps.push(format!("{users},0s"));
        steps.push(format!("{users},{}s", whole(timeline.seconds())));
    }
    steps.push("0,0s".to_owned());
    steps.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::StageLine;

    #[test]
    fn stages_become_steps_of_a_test_plan() {
        let stage =
            |shape, seconds, from, to| StageLine { name: String::new(), shape, at: 0.0, seconds, from, to };
        let stages = vec![
            stage(Shape::Ramp, 2.0, 0.0, 10.0),
            stage(Shape::Steady, 5.5, 10.0, 10.0),
            stage(Shape::Spike, 1.0, 50.0, 50.0),
        ];
        let closed = Timeline { stages: stages.clone(), closed: true };
        assert_eq!(test_plan(&closed, 50), "10,2s;10,6s;50,0s;50,1s;0,0s");
        let open = Timeline { stages, closed: false };
        assert_eq!(test_plan(&open, 64), "64,0s;64,9s;0,0s");
    }
}
