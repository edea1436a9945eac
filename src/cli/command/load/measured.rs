//! One run: the endpoint started and set up, asked in a calm moment, and then with the load.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::SystemTime,
};

use super::{
    super::super::{
        args::LoadArgs,
        console::{self, Console},
        exit::Exit,
        flags::Resolved,
        typed,
    },
    asked::Asked,
    lines::Lines,
    unwritable,
};
use crate::{
    diagnostic::Diagnostic,
    endpoint::Endpoint,
    load::{
        self,
        assemble::{self, About},
        cases::{self, StandError, Standing},
        engine::{self, Measured, Options},
        hlog::HistogramLog,
        judge::Knowledge,
        record::{Configuration, LoadRecord},
        set_up::{SetUp, SetUpError},
        tally::Tally,
        trial::Stand,
        work::{BuildError, Ground, Work, build},
    },
    plan::Outlook,
};

pub(super) type Refused = (Vec<Diagnostic>, Exit);

/// Starts the endpoint, asks it in a calm moment, and then with the load.
pub(super) async fn measured(
    args: &LoadArgs,
    asked: &Asked,
    options: &Options,
    stop: &Arc<AtomicBool>,
    log: &Path,
    console: &Console,
) -> Result<LoadRecord, Refused> {
    let one = |diagnostic: Diagnostic, exit: Exit| (vec![diagnostic], exit);
    let resolved = &asked.resolved;
    let tell = Arc::new(|line: &str| console::note(line));
    let endpoint = Endpoint::start_telling(&resolved.settings, resolved.fault, tell)
        .await
        .map_err(|error| one(Diagnostic::error("endpoint.start", error.to_string()), Exit::Input))?;
    let endpoint = Arc::new(endpoint);
    let mut result = with_endpoint(args, asked, options, stop, log, console, &endpoint).await;
    // What was asked while somebody else changed the rules says nothing of the endpoint.
    if let (Err(error), Ok(record)) = (endpoint.check().await, &mut result) {
        record.hindrance.get_or_insert(error.to_string());
    }
    // Only what sets rules has changed anything.
    match (endpoint.restore().await, &mut result) {
        (Ok(()), _) => {}
        (Err(error), Ok(record)) => record.hindrance = Some(error),
        (Err(error), Err((diagnostics, _))) => diagnostics.push(Diagnostic::error("endpoint.restore", error)),
    }
    let redactor = endpoint.redactor().clone();
    endpoint.stop().await;
    result.map(|record| load::redacted(record, &redactor))
}

async fn with_endpoint(
    args: &LoadArgs,
    asked: &Asked,
    options: &Options,
    stop: &Arc<AtomicBool>,
    log: &Path,
    console: &Console,
    endpoint: &Arc<Endpoint>,
) -> Result<LoadRecord, Refused> {
    let one = |diagnostic: Diagnostic, exit: Exit| (vec![diagnostic], exit);
    let Asked { budgets, resolved, .. } = asked;
    let wire = resolved.settings.wire(endpoint.wire().gate().clone());
    let wire = Arc::new(wire.map_err(|problem| (vec![problem.diagnostic(None)], Exit::Input))?);
    let standing = standing(asked, endpoint, args.seed, console).await?;
    let set_up = set_up(asked, endpoint).await?;
    let work = work(asked, &standing.stands, &set_up, &wire, args.max_rate)?;
    let work = Arc::new(work);
    let about = about(args, resolved, endpoint, &work, options);
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
    let log = HistogramLog::create(log, SystemTime::now())
        .map_err(|error| one(unwritable(log, &error), Exit::Input))?;
    let (live, paint) = (console.live, console.err_paint());
    let (engine_work, options, stop) = (Arc::clone(&work), options.clone(), Arc::clone(stop));
    let goose_report = args.goose_report.clone();
    let running = tokio::task::spawn_blocking(move || {
        let mut watch = Lines { live, paint };
        if engine_work.plan.engine == load::plan::EngineName::Scenarios {
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
        measured.hindrance = load::assemble::silence(&work, &measured)
            .map(|after| format!("{} answered nothing any more after {after:.1} s", about.target));
    }
    let about = About { memory_peak: load::machine::memory_peak(), ..about };
    Ok(LoadRecord { caching, ..assemble::record(&work, measured, budgets, about) })
}

fn nothing_answered(measured: &Measured) -> bool {
    measured.stages.iter().flatten().all(|row| row.answered == 0 && row.from_cache == 0)
}

/// What is measured of an endpoint that does not answer.
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
async fn standing(
    asked: &Asked,
    endpoint: &Endpoint,
    seed: u64,
    console: &Console,
) -> Result<Standing, Refused> {
    let outlook = asked.resolved.settings.outlook();
    let standing = cases::stand(&asked.cases, endpoint, &outlook, seed).await.map_err(|error| {
        let diagnostic =
            Diagnostic::error("load.plan", format!("`{}` cannot run here: {error}", asked.plan.id));
        match error {
            StandError::NotApplicable { .. } => {
                let help =
                    "say what the endpoint allows: --allowed-origin, --allowed-method, --allowed-header";
                (vec![diagnostic.help(help)], Exit::NothingRan)
            }
            StandError::Writes { method, .. } => {
                (vec![diagnostic.help(writable(&method, &outlook))], Exit::Input)
            }
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

/// How to permit a method, besides those that are.
fn writable(method: &str, outlook: &Outlook) -> String {
    let permitted = outlook.methods.iter().flatten().map(String::as_str).chain([method]);
    let list = permitted.map(|method| format!("\"{method}\"")).collect::<Vec<_>>().join(", ");
    format!("permit it in crosscheck.json: \"capabilities\": {{ \"methods\": [{list}] }}")
}

/// Sets up what the plan needs.
async fn set_up(asked: &Asked, endpoint: &Endpoint) -> Result<SetUp, Refused> {
    let plan = &asked.plan;
    let outlook = asked.resolved.settings.outlook();
    load::set_up::set_up(plan, endpoint, &outlook).await.map_err(|error| {
        let diagnostic = Diagnostic::error("load.plan", format!("`{}` cannot run here: {error}", plan.id));
        match error {
            SetUpError::NotApplicable(_) => {
                let help =
                    "copy the plan, leave out `given`, and name the endpoint's own origins and resources";
                (vec![diagnostic.help(help)], Exit::NothingRan)
            }
            SetUpError::Roles(error) => impossible(&plan.id, &error, &outlook),
            SetUpError::Setup(_) => (vec![diagnostic], Exit::CouldNotJudge),
        }
    })
}

fn work(
    asked: &Asked,
    stands: &[Stand],
    set_up: &SetUp,
    wire: &Arc<crate::transport::Wire>,
    max_rate: Option<f64>,
) -> Result<Work, Refused> {
    let Asked { plan, resolved, .. } = asked;
    let outlook = resolved.settings.outlook();
    let ground = Ground {
        url: &set_up.place.url,
        base: &set_up.place.base,
        write_url: &set_up.writes.url,
        write_base: &set_up.writes.base,
        roles: &outlook.roles,
        policy: set_up.policy.as_ref(),
        methods: outlook.methods.as_deref(),
        max_rate,
        stands,
        write: &|request, context| wire.written(request, context),
    };
    build(plan, &ground).map_err(|error| impossible(&plan.id, &error, &outlook))
}

fn impossible(plan: &str, error: &BuildError, outlook: &Outlook) -> Refused {
    let diagnostic = Diagnostic::error("load.plan", format!("`{plan}` cannot run here: {error}"));
    match error {
        BuildError::Unbound(_) => {
            let help = "say what the endpoint allows: --allowed-origin, --allowed-method, --allowed-header; \
                        or give the role: --role NAME=VALUE";
            (vec![diagnostic.help(help)], Exit::NothingRan)
        }
        BuildError::Writes { method, .. } => (vec![diagnostic.help(writable(method, outlook))], Exit::Input),
        BuildError::Value(_) => (vec![diagnostic], Exit::Input),
        BuildError::TooMany(_) => {
            (vec![diagnostic.help("lower `count` of origins or resources")], Exit::Input)
        }
    }
}

fn about(args: &LoadArgs, resolved: &Resolved, endpoint: &Endpoint, work: &Work, options: &Options) -> About {
    let tls = endpoint.description().url.scheme() == "https";
    let now = jiff::Timestamp::now();
    About {
        target: endpoint.name().to_owned(),
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
            preflight_headers: endpoint.preflight_headers().to_vec(),
        },
        machine: load::machine::machine(),
        command: typed::command(),
        seed: args.seed,
        started: now.to_string(),
        memory_peak: load::machine::memory_peak(),
    }
}
