//! The rate engine: threads of one connection task each, requests that were rendered before, answers judged
//! as they come. Arrivals come at their rate whether or not earlier ones are answered, or users
//! ask as fast as they are answered.

mod broken;
mod caller;
mod carrier;
mod collect;
mod connection;
mod evidence;
mod fleet;
mod http1;
mod http2;
mod judging;
mod pacer;
mod page;
#[cfg(feature = "goose")]
mod scenarios;
mod thread;
mod trial;
mod unsolicited;
mod way;
mod worker;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant, SystemTime},
};

use collect::Collector;
pub use collect::{Progress, Watch};
#[cfg(feature = "goose")]
pub use scenarios::run as run_scenarios;
use thread::{Message, Setup};

use crosscheck_harness::transport::Wire;

use super::{
    hlog::HistogramLog,
    judge::Knowledge,
    record::{PacingKind, Second},
    tally::{RowTally, Tally},
    work::Work,
};

/// How requests are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Threads that send.
    pub threads: usize,
    /// Connections, over all threads.
    pub connections: usize,
    /// Requests that may be under way on one connection at once; more than one only with HTTP/2.
    pub streams: usize,
    /// Whether HTTP/2 is spoken.
    pub http2: bool,
    /// What wakes the sender.
    pub pacing: PacingKind,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long a connection may take to come up.
    pub connect_timeout: Duration,
    /// The rate that users may not exceed together, in arrivals a second.
    pub max_rate: Option<f64>,
    /// What reproduces the choice of requests.
    pub seed: u64,
}

/// What the engine measured.
#[derive(Debug)]
pub struct Measured {
    /// By stage and row.
    pub stages: Vec<Vec<RowTally>>,
    /// Everything that is not counted by stage.
    pub tally: Tally,
    /// The run in slices.
    pub series: Vec<Second>,
    /// From the start until the last answer, in seconds.
    pub seconds: f64,
    /// When it began.
    pub started: SystemTime,
    /// Whether it was told to stop before its end.
    pub interrupted: bool,
    /// Processor time of each sending thread, in seconds.
    pub cpu: Vec<f64>,
    /// What kept it from going on, where that is so.
    pub incomplete: Option<String>,
}

/// What a run is made of.
#[derive(Clone, Copy)]
pub struct Run<'r> {
    /// The requests, and when they are due.
    pub work: &'r Arc<Work>,
    /// What is known of their answers before the load.
    pub knowledge: &'r Arc<Knowledge>,
    /// What opens connections.
    pub wire: &'r Arc<Wire>,
    /// How they are sent.
    pub options: &'r Options,
    /// Set when the run is to end before its time.
    pub stop: &'r Arc<AtomicBool>,
}

/// Runs the work until its end, or until `stop` is set.
pub fn run(run: Run<'_>, log: Option<HistogramLog>, watch: &mut dyn Watch) -> Measured {
    let Run { work, knowledge, wire, options, stop } = run;
    let threads = options.threads.clamp(1, options.connections.max(1));
    let (sender, receiver) = mpsc::channel();
    let started = SystemTime::now();
    let start = Instant::now() + LEAD;
    let mut handles = Vec::new();
    let mut incomplete = None;
    for number in 0..threads {
        let setup = Setup {
            work: Arc::clone(work),
            knowledge: Arc::clone(knowledge),
            wire: Arc::clone(wire),
            options: options.clone(),
            stop: Arc::clone(stop),
            start,
            number,
            threads,
            sender: sender.clone(),
        };
        let name = format!("load-{number}");
        match std::thread::Builder::new().name(name).spawn(move || thread::run(setup)) {
            Ok(handle) => handles.push(handle),
            Err(error) => {
                incomplete = Some(format!("a sending thread could not be started: {error}"));
                stop.store(true, Ordering::Relaxed);
            }
        }
    }
    drop(sender);
    let mut collector = Collector::new(work, started, handles.len(), log);
    // Ends when every thread has dropped its sender.
    while let Ok(message) = receiver.recv() {
        match message {
            Message::Second { number, second } => collector.second(number, &second, watch),
            Message::Stage { stage, row, tally } => collector.stage(stage, row, &tally),
            Message::Ended { tally, cpu, seconds } => collector.ended(*tally, cpu, seconds),
            Message::Incomplete(why) => {
                incomplete.get_or_insert(why);
            }
        }
    }
    for handle in handles {
        if handle.join().is_err() {
            incomplete.get_or_insert_with(|| "a sending thread failed: please report this".to_owned());
        }
    }
    let mut measured = collector.finish(watch);
    measured.interrupted = stop.load(Ordering::Relaxed);
    measured.incomplete = incomplete;
    measured
}

/// How long before the first arrival threads are started, so that all are ready.
const LEAD: Duration = Duration::from_millis(20);
