//! One run: the endpoint started and set up, asked before the load, and then under it.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, SystemTime},
};

use crate::{
    assemble::{self, About},
    cases::{self, Found, StandError, Standing},
    engine::{self, Measured, Options, Watch},
    hlog::HistogramLog,
    judge::Knowledge,
    machine,
    plan::{Budget, EngineName, LoadPlan},
    record::{Configuration, LoadRecord, PacingKind},
    redacted, saving,
    set_up::{SetUp, SetUpError, set_up},
    tally::{RowTally, Tally},
    trial::Stand,
    unloaded,
    work::{BuildError, Ground, Timeline, Work, build},
};
use crosscheck_harness::{
    endpoint::{Endpoint, Fault, Problem, Settings, StartError},
    transport::Wire,
};

/// A load run that is about to be made.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What is sent.
    pub plan: &'a LoadPlan,
    /// The cases that the plan names.
    pub cases: &'a [Found],
    /// What must hold.
    pub budgets: &'a [Budget],
    /// Where it is sent.
    pub settings: &'a Settings,
    /// The defect that the embedded reference store has.
    pub fault: Option<Fault>,
    /// How it is sent.
    pub options: &'a Options,
    /// The command that repeats the run, for its record.
    pub command: &'a str,
    /// Where the histograms go, slice by slice.
    pub log: Option<&'a Path>,
    /// Where goose writes a report of its own.
    pub goose_report: Option<&'a Path>,
}

/// What hears of a run beside its record, such as cases that are left out.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// Why a run could not be made.
#[derive(Debug)]
pub struct RunError {
    /// Why.
    pub cause: RunCause,
    /// Why the rules of a bucket could not be put back after that.
    pub restore: Option<String>,
}

/// Why a run could not be made, before or after the endpoint was set up.
#[derive(Debug, thiserror::Error)]
pub enum RunCause {
    /// The endpoint cannot be set up at all.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] Problem),
    /// The cases of the plan cannot be put under load there.
    #[error(transparent)]
    Cases(#[from] StandError),
    /// What the plan needs is not there.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// The plan makes no requests there.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The histogram log cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Log {
        /// Where.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The plan runs on goose, which this build does not have.
    #[error("this build does not have goose")]
    NoGoose,
    /// The engine failed, which is a defect of Crosscheck.
    #[error("the engine failed: {0}")]
    Engine(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        self.restore.iter().try_for_each(|error| write!(f, "; {error}"))
    }
}

impl std::error::Error for RunError {}

/// How requests are sent, as far as that is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sending {
    /// Threads that send [default: half as many as there are processors].
    pub threads: Option<usize>,
    /// Whether HTTP/2 is spoken.
    pub http2: bool,
    /// With HTTP/2, requests that may be under way on one connection at once.
    pub streams: usize,
    /// What wakes the sender of arrivals.
    pub pacing: PacingKind,
    /// No more arrivals than this in a second.
    pub max_rate: Option<f64>,
    /// What reproduces the choice of requests.
    pub seed: u64,
}

impl Sending {
    /// HTTP/1.1, paced by a timer, with the usual seed.
    pub const DEFAULT: Self = Self {
        threads: None,
        http2: false,
        streams: 16,
        pacing: PacingKind::Timer,
        max_rate: None,
        seed: 2026,
    };

    /// What it comes to for a plan. `connect_timeout` is the endpoint's.
    pub fn options(&self, plan: &LoadPlan, connect_timeout: Duration) -> Options {
        let timeline = Timeline::of(plan, self.max_rate);
        let users = timeline.peak().ceil() as usize;
        let streams = if self.http2 { self.streams.max(1) } else { 1 };
        let connections = match plan.connections {
            Some(connections) => connections as usize,
            None if timeline.closed => users.div_ceil(streams),
            None => 64_usize.div_ceil(streams),
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            threads: self.threads.unwrap_or((processors / 2).max(1)).clamp(1, connections.max(1)),
            connections,
            streams,
            http2: self.http2,
            pacing: if timeline.closed && self.max_rate.is_none() { PacingKind::None } else { self.pacing },
            timeout: plan.timeout.duration(),
            // Who waits for an answer waits for its connection, too.
            connect_timeout: connect_timeout.min(plan.timeout.duration()),
            max_rate: self.max_rate,
            seed: self.seed,
        }
    }
}

/// Starts the endpoint, sets it up, asks it before the load and then under it, and puts back what was found. Ends
/// early when `stop` is set; `watch` hears of each second.
///
/// # Errors
/// Why nothing could be measured. An endpoint that does not answer is not an error: the record says so.
pub async fn run(
    run: Run<'_>,
    stop: &Arc<AtomicBool>,
    notice: &Notice,
    watch: impl Watch + Send + 'static,
) -> Result<LoadRecord, RunError> {
    let started = Endpoint::start_with_progress(run.settings, run.fault, Arc::clone(notice)).await;
    let endpoint = match started {
        Ok(endpoint) => Arc::new(endpoint),
        Err(error) => return Err(RunError { cause: error.into(), restore: None }),
    };
    let mut result = with_endpoint(run, stop, notice, watch, &endpoint)
        .await
        .map_err(|cause| RunError { cause, restore: None });
    // What was asked while somebody else changed the rules says nothing of the endpoint.
    if let (Err(error), Ok(record)) = (endpoint.check().await, &mut result) {
        record.incomplete.get_or_insert(error.to_string());
    }
    // Only what sets rules has changed anything.
    match (endpoint.restore().await, &mut result) {
        (Ok(()), _) => {}
        (Err(error), Ok(record)) => record.incomplete = Some(error),
        (Err(error), Err(refused)) => refused.restore = Some(error),
    }
    let redactor = endpoint.redactor().clone();
    endpoint.stop().await;
    result.map(|record| redacted::redacted(record, &redactor))
}

async fn with_endpoint(
    run: Run<'_>,
    stop: &Arc<AtomicBool>,
    notice: &Notice,
    watch: impl Watch + Send + 'static,
    endpoint: &Arc<Endpoint>,
) -> Result<LoadRecord, RunCause> {
    let Run { plan, settings, options, .. } = run;
    if plan.engine == EngineName::Scenarios && !cfg!(feature = "goose") {
        return Err(RunCause::NoGoose);
    }
    let wire = Arc::new(settings.bare_wire(endpoint.wire().gate().clone())?);
    let outlook = settings.outlook();
    let standing: Standing = cases::stand(run.cases, endpoint, &outlook, options.seed).await?;
    for (case, why) in &standing.left_out {
        notice(&format!("`{case}` is left out: {why}"));
    }
    let place = set_up(plan, endpoint, &outlook).await?;
    let work = Arc::new(work(run, &standing.stands, &place, &wire)?);
    let about = about(run, endpoint, &work);
    let mut knowledge = match unloaded::listen(&work, &wire, options.max_rate).await {
        Ok(knowledge) => knowledge,
        // The requests before the load are sent over HTTP/1.1; who speaks HTTP/2 alone is judged without them.
        Err(_) if options.http2 => Knowledge::new(work.templates.len()),
        Err(why) => {
            let measured = nothing(&work, format!("{} cannot be asked: {why}", about.target));
            let knowledge = Knowledge::default();
            return Ok(assemble::record(&work, &knowledge, measured, run.budgets, about));
        }
    };
    let answers = unloaded::answers(&work, &wire, options.max_rate).await;
    let caching = saving::study(&work, &answers, options.seed);
    knowledge.learn_pages(&answers);
    let knowledge = Arc::new(knowledge);
    let log = run.log.map(|path| {
        HistogramLog::create(path, SystemTime::now())
            .map_err(|error| RunCause::Log { path: path.to_owned(), error })
    });
    let known = Arc::clone(&knowledge);
    let mut measured = under_load(run, &work, known, wire, stop, log.transpose()?, watch).await?;
    if measured.incomplete.is_none() && !measured.interrupted && nothing_answered(&measured) {
        measured.incomplete = Some(format!("{} answered nothing", about.target));
    }
    if measured.incomplete.is_none() && !measured.interrupted {
        measured.incomplete = assemble::silence(&work, &measured)
            .map(|after| format!("{} answered nothing any more after {after:.1} s", about.target));
    }
    let about = About { memory_peak: machine::memory_peak(), ..about };
    Ok(LoadRecord { caching, ..assemble::record(&work, &knowledge, measured, run.budgets, about) })
}

/// Has the plan's engine send, on threads of its own.
async fn under_load(
    run: Run<'_>,
    work: &Arc<Work>,
    knowledge: Arc<Knowledge>,
    wire: Arc<Wire>,
    stop: &Arc<AtomicBool>,
    log: Option<HistogramLog>,
    mut watch: impl Watch + Send + 'static,
) -> Result<Measured, RunCause> {
    let (work, options, stop) = (Arc::clone(work), run.options.clone(), Arc::clone(stop));
    #[cfg(feature = "goose")]
    let goose_report = run.goose_report.map(Path::to_owned);
    let running = tokio::task::spawn_blocking(move || {
        let run =
            engine::Run { work: &work, knowledge: &knowledge, wire: &wire, options: &options, stop: &stop };
        #[cfg(feature = "goose")]
        if work.plan.engine == EngineName::Scenarios {
            let report = goose_report.as_deref();
            return engine::run_scenarios(run, log, report, &mut watch);
        }
        engine::run(run, log, &mut watch)
    });
    running.await.map_err(|error| RunCause::Engine(error.to_string()))
}

fn nothing_answered(measured: &Measured) -> bool {
    measured.stages.iter().flatten().all(|row| row.answered == 0 && row.from_cache == 0)
}

/// What is measured of an endpoint that does not answer.
fn nothing(work: &Work, why: String) -> Measured {
    let (stages, rows) = (work.timeline.stages.len().max(1), work.rows.len());
    Measured {
        stages: vec![vec![RowTally::default(); rows]; stages],
        tally: Tally::new(stages, rows, 0),
        series: Vec::new(),
        seconds: 0.0,
        started: SystemTime::now(),
        interrupted: false,
        cpu: Vec::new(),
        incomplete: Some(why),
    }
}

fn work(run: Run<'_>, stands: &[Stand], place: &SetUp, wire: &Arc<Wire>) -> Result<Work, BuildError> {
    let outlook = run.settings.outlook();
    let ground = Ground {
        place: &place.place,
        writes: &place.writes,
        roles: &outlook.roles,
        policy: place.policy.as_ref(),
        methods: outlook.methods.as_deref(),
        max_rate: run.options.max_rate,
        stands,
        write: &|request, context| wire.written(request, context),
    };
    build(run.plan, &ground)
}

fn about(run: Run<'_>, endpoint: &Endpoint, work: &Work) -> About {
    let options = run.options;
    About {
        target: endpoint.name().to_owned(),
        fault: endpoint.fault().map(|fault| fault.name().to_owned()),
        configuration: Configuration {
            r#loop: assemble::loop_kind(work),
            threads: options.threads,
            connections: options.connections,
            streams: options.streams,
            protocol: if options.http2 { "HTTP/2" } else { "HTTP/1.1" }.to_owned(),
            tls: endpoint.description().url.scheme() == "https",
            pacing: options.pacing,
            timeout_ms: u64::try_from(options.timeout.as_millis()).unwrap_or(u64::MAX),
            max_rate: options.max_rate,
            preflight_headers: endpoint.preflight_headers().to_vec(),
            connect: endpoint.connect().clone(),
        },
        machine: machine::machine(),
        command: run.command.to_owned(),
        seed: options.seed,
        started: jiff::Timestamp::now().to_string(),
        memory_peak: machine::memory_peak(),
    }
}
