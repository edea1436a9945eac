use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use super::super::{
    args::{EngineArg, HttpArg, LoadArgs, PacingArg},
    console::{self, Console},
    exit::Exit,
    load_plans, load_reports,
    resolve::{self, Resolved},
    signal,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    load::{
        self,
        adjust::{Adjust, adjust},
        assemble::{self, About},
        baseline::{Comparison, compare},
        cases::{self, Found, StandError, Standing},
        engine::{self, Measured, Options, Progress, Watch},
        hlog::HistogramLog,
        judge::Knowledge,
        plan::{Budget, EngineName, LoadPlan, Span},
        record::{Configuration, LoadRecord, PacingKind, Second},
        tally::Tally,
        trial::Stand,
        work::{BuildError, Ground, Work, build},
    },
    report::{self, load::live, paint::Paint},
    target::Target,
};

/// Asks an endpoint much at once, measures and judges it.
pub(in crate::cli) fn load(args: &LoadArgs, console: &Console) -> Exit {
    if args.plans {
        console.print(&load_plans::list());
        return Exit::AsExpected;
    }
    match prepared(args, console) {
        Ok(asked) => run(args, &asked, console),
        Err(diagnostics) => {
            console.diagnostics(&diagnostics);
            Exit::Input
        }
    }
}

/// What is asked for.
struct Asked {
    /// The plan as it is to be run.
    plan: LoadPlan,
    /// The cases that it names.
    cases: Vec<Found>,
    budgets: Vec<Budget>,
    resolved: Resolved,
}

/// The plan as it is to be run, its budgets, and the target.
fn prepared(args: &LoadArgs, console: &Console) -> Result<Asked, Vec<Diagnostic>> {
    let load_plans::Read { mut plan, cases, warnings } = load_plans::read(&args.plan)?;
    console.diagnostics(&warnings);
    let change = Adjust {
        rate: args.rate,
        users: args.users,
        duration: args.duration,
        connections: args.connections,
        budgets: args.budget.clone(),
    };
    adjust(&mut plan, &change).map_err(|error| {
        let diagnostic = Diagnostic::error("load.rate", error.to_string());
        vec![diagnostic.help("use --users, or a plan with a rate")]
    })?;
    let mut problems = engine(args, &mut plan);
    let mut budgets = Vec::new();
    for text in &plan.budgets {
        match load::plan::budget(&plan, text) {
            Ok(budget) => budgets.push(budget),
            Err(diagnostic) => problems.push(diagnostic),
        }
    }
    let resolved = match resolve::resolve(&args.target) {
        Ok(resolved) => resolved,
        Err(diagnostics) => {
            problems.extend(diagnostics);
            return Err(problems);
        }
    };
    if let Some(url) = &resolved.settings.url.value
        && !is_loopback(url)
        && !args.i_own_this_target
    {
        problems.push(
            Diagnostic::error("load.not-loopback", format!("{url} is not on this machine"))
                .help(
                    "load on somebody else's endpoint is an attack: if it is yours, say --i-own-this-target",
                )
                .help("--max-rate N holds the run to N arrivals a second"),
        );
    }
    if problems.is_empty() { Ok(Asked { plan, cases, budgets, resolved }) } else { Err(problems) }
}

/// What sends the requests; gives what speaks against it.
fn engine(args: &LoadArgs, plan: &mut LoadPlan) -> Vec<Diagnostic> {
    match args.engine {
        Some(EngineArg::Rate) => plan.engine = EngineName::Rate,
        Some(EngineArg::Goose) => plan.engine = EngineName::Scenarios,
        None => {}
    }
    let mut problems = Vec::new();
    let goose = plan.engine == EngineName::Scenarios;
    if goose && !cfg!(feature = "load") {
        problems.push(
            Diagnostic::error("load.engine", "this Crosscheck was built without goose")
                .help("use --engine rate, or build it with the feature `load`"),
        );
    }
    if goose && args.http == HttpArg::Two {
        problems.push(
            Diagnostic::error("load.engine", "goose's users speak HTTP/1.1 here")
                .help("use --engine rate for HTTP/2"),
        );
    }
    if let Some(path) = &args.goose_report {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !goose {
            let message = "goose writes no report where it sends nothing";
            problems.push(Diagnostic::error("load.engine", message).help("--engine goose has it send"));
        } else if !["html", "htm", "md", "json"].contains(&ending) {
            let message = format!("goose writes no report into {}", path.display());
            problems.push(
                Diagnostic::error("load.goose-report", message)
                    .help("the name ends with .html, .md or .json"),
            );
        }
    }
    problems
}

/// Whether a URL names this machine, whatever the resolver says.
fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn run(args: &LoadArgs, asked: &Asked, console: &Console) -> Exit {
    let Asked { plan, resolved, .. } = asked;
    let options = options(args, plan, resolved);
    let loopback = resolved.settings.url.value.as_ref().is_none_or(is_loopback);
    if let Err(diagnostic) = load::limits::check(options.connections, loopback) {
        console.diagnostics(std::slice::from_ref(&diagnostic));
        if diagnostic.severity == Severity::Error {
            return Exit::Input;
        }
    }
    let runtime = match super::super::runtime::runtime() {
        Ok(runtime) => runtime,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    if let Err(error) = fs::create_dir_all(&args.report_dir) {
        return console.refuse(&unwritable(&args.report_dir, &error));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    runtime.spawn(async move {
        signal::ended().await;
        signal.store(true, Ordering::Relaxed);
    });
    let before: Result<Vec<LoadRecord>, _> =
        args.baseline.iter().map(|path| load_reports::read(path)).collect();
    let before = match before {
        Ok(before) => before,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let measure = || runtime.block_on(measured(args, asked, &options, &stop, console));
    let record = match measure() {
        Ok(record) => record,
        Err((diagnostics, exit)) => {
            console.diagnostics(&diagnostics);
            return exit;
        }
    };
    let mut comparison = compare(&before, std::slice::from_ref(&record));
    let sound = !record.interrupted && record.hindrance.is_none();
    if sound && comparison.as_ref().is_some_and(Comparison::regressed) {
        console.note("worse than the baseline: measured once more");
        match measure() {
            Ok(again) => {
                let again = compare(&before, &[again]);
                comparison = comparison.zip(again).map(|(first, again)| first.confirmed_by(&again));
            }
            Err((diagnostics, exit)) => {
                console.diagnostics(&diagnostics);
                return exit;
            }
        }
    }
    console.print(&report::load::terminal::render(&record, comparison.as_ref(), console.out_paint()));
    match load_reports::write(&record, comparison.as_ref(), &args.report_dir) {
        Ok(files) => console.print(&format!("reports: {}\n", files.join(", "))),
        Err(diagnostic) => return console.refuse(&diagnostic),
    }
    load_reports::exit(&record, comparison.as_ref())
}

fn options(args: &LoadArgs, plan: &LoadPlan, resolved: &Resolved) -> Options {
    let timeline = load::work::Timeline::of(plan, args.max_rate);
    let http2 = args.http == HttpArg::Two;
    let users = timeline.peak().ceil() as usize;
    let streams = if http2 { args.streams.max(1) } else { 1 };
    let connections = match plan.connections {
        Some(connections) => connections as usize,
        None if timeline.closed => users.div_ceil(streams),
        None => 64_usize.div_ceil(streams),
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Options {
        threads: args.threads.unwrap_or((processors / 2).max(1)).clamp(1, connections.max(1)),
        connections,
        streams,
        http2,
        pacing: match args.pacing {
            _ if timeline.closed && args.max_rate.is_none() => PacingKind::None,
            PacingArg::Timer => PacingKind::Timer,
            PacingArg::Spin => PacingKind::Spin,
        },
        timeout: plan.timeout.duration(),
        // Who waits for an answer waits for its connection, too.
        connect_timeout: resolved.settings.connect_timeout.value.min(plan.timeout.duration()),
        max_rate: args.max_rate,
        seed: args.seed,
    }
}

type Refused = (Vec<Diagnostic>, Exit);

/// Starts the target, asks it in a calm moment, and then with the load.
async fn measured(
    args: &LoadArgs,
    asked: &Asked,
    options: &Options,
    stop: &Arc<AtomicBool>,
    console: &Console,
) -> Result<LoadRecord, Refused> {
    let one = |diagnostic: Diagnostic, exit: Exit| (vec![diagnostic], exit);
    let resolved = &asked.resolved;
    let tell = Arc::new(|line: &str| console::note(line));
    let target = Target::start_telling(&resolved.settings, resolved.fault, tell)
        .await
        .map_err(|error| one(Diagnostic::error("target.start", error.to_string()), Exit::Input))?;
    let target = Arc::new(target);
    let mut result = with_target(args, asked, options, stop, console, &target).await;
    // Only cases that set rules have changed anything.
    match (target.restore().await, &mut result) {
        (Ok(()), _) => {}
        (Err(error), Ok(record)) => record.hindrance = Some(error),
        (Err(error), Err((diagnostics, _))) => diagnostics.push(Diagnostic::error("target.restore", error)),
    }
    target.stop().await;
    result
}

async fn with_target(
    args: &LoadArgs,
    asked: &Asked,
    options: &Options,
    stop: &Arc<AtomicBool>,
    console: &Console,
    target: &Arc<Target>,
) -> Result<LoadRecord, Refused> {
    let one = |diagnostic: Diagnostic, exit: Exit| (vec![diagnostic], exit);
    let Asked { budgets, resolved, .. } = asked;
    let wire =
        Arc::new(resolved.settings.wire().map_err(|problem| (vec![problem.diagnostic(None)], Exit::Input))?);
    let standing = standing(asked, target, args.seed, console).await?;
    let work = work(asked, &standing.stands, target, &wire, args.max_rate)?;
    let work = Arc::new(work);
    let about = about(args, resolved, target, &work, options);
    let knowledge = match load::calm::listen(&work, &wire, args.max_rate).await {
        Ok(knowledge) => Arc::new(knowledge),
        // The calm moment is in HTTP/1.1; who speaks HTTP/2 alone is judged without one.
        Err(_) if options.http2 => Arc::new(Knowledge::new(work.templates.len())),
        Err(why) => {
            let measured = nothing(&work, format!("{} cannot be asked: {why}", about.target));
            return Ok(assemble::record(&work, measured, budgets, about));
        }
    };
    let answers = load::calm::answers(&work, &wire, args.max_rate).await;
    let caching = load::saving::study(&work, &answers, args.seed);
    let path = args.report_dir.join("load.hlog");
    let log = HistogramLog::create(&path, SystemTime::now())
        .map_err(|error| one(unwritable(&path, &error), Exit::Input))?;
    let (live, paint) = (console.live, console.err_paint());
    let (engine_work, options, stop) = (Arc::clone(&work), options.clone(), Arc::clone(stop));
    #[cfg(feature = "load")]
    let goose_report = args.goose_report.clone();
    let running = tokio::task::spawn_blocking(move || {
        let mut watch = Lines { live, paint };
        #[cfg(feature = "load")]
        if engine_work.plan.engine == EngineName::Scenarios {
            let report = goose_report.as_deref();
            return engine::run_scenarios(
                &engine_work,
                &knowledge,
                &wire,
                &options,
                &stop,
                Some(log),
                report,
                &mut watch,
            );
        }
        engine::run(&engine_work, &knowledge, &wire, &options, &stop, Some(log), &mut watch)
    });
    let mut measured = running.await.map_err(|error| {
        one(Diagnostic::error("harness.engine", format!("the engine failed: {error}")), Exit::CouldNotJudge)
    })?;
    if measured.hindrance.is_none() && !measured.interrupted && nothing_answered(&measured) {
        measured.hindrance = Some(format!("{} answered nothing", about.target));
    }
    if measured.hindrance.is_none() && !measured.interrupted {
        measured.hindrance = load::assemble::silence(&measured)
            .map(|after| format!("{} answered nothing any more after {after:.1} s", about.target));
    }
    let about = About { memory_peak: load::machine::memory_peak(), ..about };
    Ok(LoadRecord { caching, ..assemble::record(&work, measured, budgets, about) })
}

fn nothing_answered(measured: &Measured) -> bool {
    measured.stages.iter().flatten().all(|row| row.answered == 0 && row.from_cache == 0)
}

/// What is measured of a target that does not answer.
fn nothing(work: &Work, why: String) -> Measured {
    let (stages, rows) = (work.timeline.stages.len().max(1), work.rows.len());
    Measured {
        stages: vec![vec![load::tally::RowTally::default(); rows]; stages],
        tally: Tally::new(stages, rows, 0),
        series: Vec::new(),
        seconds: 0.0,
        started: SystemTime::now(),
        interrupted: false,
        cpu: Vec::new(),
        hindrance: Some(why),
    }
}

/// Sets up the cases of a plan.
async fn standing(asked: &Asked, target: &Target, seed: u64, console: &Console) -> Result<Standing, Refused> {
    let outlook = asked.resolved.settings.outlook();
    let standing = cases::stand(&asked.cases, target, &outlook, seed).await.map_err(|error| {
        let diagnostic =
            Diagnostic::error("load.plan", format!("`{}` cannot run here: {error}", asked.plan.id));
        match error {
            StandError::NotApplicable { .. } => {
                let help =
                    "say what the endpoint allows: --allowed-origin, --allowed-method, --allowed-header";
                (vec![diagnostic.help(help)], Exit::NothingRan)
            }
            StandError::Writes { method, .. } => (vec![diagnostic.help(writable(&method))], Exit::Input),
            StandError::Rules(_) => {
                (vec![diagnostic.help("make it a plan for each set of rules")], Exit::Input)
            }
            StandError::Setup { .. } => (vec![diagnostic], Exit::CouldNotJudge),
        }
    })?;
    for (case, why) in &standing.left_out {
        console.note(&format!("`{case}` is left out: {why}"));
    }
    Ok(standing)
}

/// How to allow a method.
fn writable(method: &str) -> String {
    format!("allow it in crosscheck.json: \"capabilities\": {{ \"methods\": [\"{method}\"] }}")
}

fn work(
    asked: &Asked,
    stands: &[Stand],
    target: &Target,
    wire: &Arc<crate::transport::Wire>,
    max_rate: Option<f64>,
) -> Result<Work, Refused> {
    let place = target.place_as_found().map_err(|error| {
        (vec![Diagnostic::error("target.prepare", error.to_string())], Exit::CouldNotJudge)
    })?;
    let Asked { plan, resolved, .. } = asked;
    let outlook = resolved.settings.outlook();
    let methods = target.description().capabilities.real_methods();
    let ground = Ground {
        url: &place.url,
        base: &place.base,
        roles: &outlook.roles,
        policy: outlook.declared.as_ref(),
        methods: &methods,
        max_rate,
        stands,
        write: &|request| wire.written(request),
    };
    build(plan, &ground).map_err(|error| {
        let diagnostic = Diagnostic::error("load.plan", format!("`{}` cannot run here: {error}", plan.id));
        match error {
            BuildError::Unbound(_) => {
                let help = "say what the endpoint allows: --allowed-origin, --allowed-method, --allowed-header; \
                            or give the role: --role NAME=VALUE";
                (vec![diagnostic.help(help)], Exit::NothingRan)
            }
            BuildError::Writes { method, .. } => {
                (vec![diagnostic.help(writable(&method))], Exit::Input)
            }
            BuildError::Value(_) => (vec![diagnostic], Exit::Input),
            BuildError::TooMany(_) => {
                (vec![diagnostic.help("lower `count` of origins or resources")], Exit::Input)
            }
        }
    })
}

fn about(args: &LoadArgs, resolved: &Resolved, target: &Target, work: &Work, options: &Options) -> About {
    let tls = target.description().url.scheme() == "https";
    let now = jiff::Timestamp::now();
    About {
        target: target.name().to_owned(),
        fault: resolved.fault.map(|fault| fault.name().to_owned()),
        configuration: Configuration {
            r#loop: assemble::loop_kind(work),
            threads: options.threads,
            connections: options.connections,
            streams: options.streams,
            protocol: if options.http2 { "HTTP/2" } else { "HTTP/1.1" }.to_owned(),
            tls,
            pacing: options.pacing,
            timeout_ms: u64::try_from(options.timeout.as_millis()).unwrap_or(u64::MAX),
            max_rate: options.max_rate,
        },
        machine: load::machine::machine(),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        seed: args.seed,
        started: now.to_string(),
        memory_peak: load::machine::memory_peak(),
    }
}

/// One line that is written anew each second, where somebody watches.
struct Lines {
    live: bool,
    paint: Paint,
}

impl Watch for Lines {
    #[allow(clippy::print_stderr, reason = "progress goes to standard error")]
    fn second(&mut self, second: &Second, progress: &Progress) {
        if !self.live {
            return;
        }
        let moment = live::Moment {
            slice: second,
            stage: &progress.stage,
            elapsed: progress.elapsed,
            planned: progress.planned,
            errors: progress.errors,
            wrong: progress.wrong,
        };
        eprint!("\r\x1b[2K{}", live::line(&moment, columns(), self.paint));
    }
}

impl Drop for Lines {
    /// The report takes the place of the line.
    #[allow(clippy::print_stderr, reason = "progress goes to standard error")]
    fn drop(&mut self) {
        if self.live {
            eprint!("\r\x1b[2K");
        }
    }
}

/// How wide the terminal is.
fn columns() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stderr())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    resolve::variable("COLUMNS").and_then(|text| text.parse().ok()).unwrap_or(80)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("report.write", format!("cannot write {}: {error}", path.display()))
        .help("--report-dir DIR writes the reports elsewhere")
}

/// The time that a text says.
pub(in crate::cli) fn span(text: &str) -> Result<Span, String> {
    text.parse::<Span>().map_err(|error| error.to_string()).and_then(|span| {
        if span.duration() > Duration::ZERO { Ok(span) } else { Err("at least 1ms is expected".to_owned()) }
    })
}
