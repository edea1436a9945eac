//! `crosscheck load`.

mod asked;
mod lines;
mod measured;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::super::{
    args::{HttpArg, LoadArgs, PacingArg},
    console::Console,
    exit::Exit,
    flags::Resolved,
    load_plans, load_reports, signal,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    load::{
        self,
        baseline::{Comparison, compare},
        engine::Options,
        plan::{EngineName, LoadPlan, Span, is_closed},
        record::{LoadRecord, PacingKind},
    },
    report,
};
use asked::{Asked, is_loopback, prepared};
use measured::measured;

/// The histogram log of a run, and of what was measured once more beside a baseline.
const LOG: &str = "load.hlog";
const LOG_AGAIN: &str = "load-again.hlog";

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

fn run(args: &LoadArgs, asked: &Asked, console: &Console) -> Exit {
    let Asked { plan, resolved, .. } = asked;
    let options = options(args, plan, resolved);
    let url = resolved.settings.url.value.as_ref();
    let (connections, fewer) = most_connections(plan, &options);
    let open = load::limits::check(connections, fewer, url.is_none(), url.is_none_or(is_loopback));
    if let Err(diagnostic) = open {
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
    if plan.engine == EngineName::Scenarios {
        signal::kept_from_goose(&stop);
    }
    let before: Result<Vec<LoadRecord>, _> =
        args.baseline.iter().map(|path| load_reports::read(path)).collect();
    let before = match before {
        Ok(before) => before,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    // Those of an earlier run would seem to be this one's.
    for log in [LOG, LOG_AGAIN] {
        let _ = fs::remove_file(args.report_dir.join(log));
    }
    let measure = |log: &str| {
        let log = args.report_dir.join(log);
        runtime.block_on(measured(args, asked, &options, &stop, &log, console))
    };
    let record = match measure(LOG) {
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
        match measure(LOG_AGAIN) {
            // What was not wholly measured a second time neither confirms nor refutes.
            Ok(again) if again.interrupted || again.hindrance.is_some() => {
                console.note("the second measurement was cut short: the first one holds");
            }
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

/// How many connections may be open at once, where each of goose's users has its own, and what says so.
fn most_connections(plan: &LoadPlan, options: &Options) -> (usize, &'static str) {
    let users = load::work::Timeline::of(plan, options.max_rate).peak().ceil() as usize;
    let browsers = plan.browser.as_ref().map_or(0, |browser| browser.count as usize);
    match plan.engine {
        EngineName::Scenarios if is_closed(plan) => (users, "--users"),
        EngineName::Scenarios if browsers > 0 => (browsers, "`browser.count` of"),
        EngineName::Rate | EngineName::Scenarios => (options.connections, "--connections"),
    }
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
