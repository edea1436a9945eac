//! `crosscheck load`.

mod asked;
mod lines;
mod refused;

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
    console::{self, Console},
    exit::Exit,
    flags::Resolved,
    load_reports, records, signal, typed,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    load::{
        self,
        baseline::{Comparison, compare},
        engine::Options,
        most_connections,
        plan::{EngineName, LoadPlan, Span},
        plans,
        record::{LoadRecord, PacingKind},
    },
    report,
};
use asked::{Asked, prepared};
use crosscheck_core::fetch::origin::is_loopback;
use lines::Lines;
use refused::refused;

/// The histogram log of a run, and of what was measured once more beside a baseline.
const LOG: &str = "load.hlog";
const LOG_AGAIN: &str = "load-again.hlog";

/// Asks an endpoint much at once, measures and judges it.
pub(in crate::cli) fn load(args: &LoadArgs, console: &Console) -> Exit {
    if args.plans {
        console.print(&plans::list());
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
        args.baseline.iter().map(|path| records::read_load(path)).collect();
    let before = match before {
        Ok(before) => before,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    // Those of an earlier run would seem to be this one's.
    for log in [LOG, LOG_AGAIN] {
        let _ = fs::remove_file(args.report_dir.join(log));
    }
    let command = typed::command();
    let notice: load::Notice = Arc::new(|line: &str| console::note(line));
    let measure = |log: &str| {
        let log = args.report_dir.join(log);
        let run = load::Run {
            plan,
            cases: &asked.cases,
            budgets: &asked.budgets,
            settings: &resolved.settings,
            fault: resolved.fault,
            options: &options,
            command: &command,
            log: Some(&log),
            goose_report: args.goose_report.as_deref(),
        };
        let watch = Lines { live: console.live, paint: console.err_paint() };
        let run = crosscheck_load::run(run, &stop, &notice, watch);
        runtime.block_on(run).map_err(|error| refused(&error, &plan.id, &resolved.settings))
    };
    let record = match measure(LOG) {
        Ok(record) => record,
        Err((diagnostics, exit)) => {
            console.diagnostics(&diagnostics);
            return exit;
        }
    };
    let mut comparison = compare(&before, std::slice::from_ref(&record));
    let sound = !record.interrupted && record.incomplete.is_none();
    if sound && comparison.as_ref().is_some_and(Comparison::regressed) {
        console.note("worse than the baseline: measured once more");
        match measure(LOG_AGAIN) {
            // What was not wholly measured a second time neither confirms nor refutes.
            Ok(again) if again.interrupted || again.incomplete.is_some() => {
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
    let sending = load::Sending {
        threads: args.threads,
        http2: args.http == HttpArg::Two,
        streams: args.streams,
        pacing: match args.pacing {
            PacingArg::Timer => PacingKind::Timer,
            PacingArg::Spin => PacingKind::Spin,
        },
        max_rate: args.max_rate,
        seed: args.seed,
    };
    sending.options(plan, resolved.settings.connect_timeout.value)
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
