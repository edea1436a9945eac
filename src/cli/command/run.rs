use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use super::{
    super::{
        args::{EndpointArgs, RunArgs, SelectArgs},
        console::Console,
        environment,
        exit::Exit,
        flags::Unnamed,
        records,
        run_reports::{self, Reported},
        typed,
    },
    compare::judged_nothing,
    perform::{Prepared, Sent, perform, prepare},
};
use crate::{
    diagnostic::Diagnostic,
    report::{
        self,
        events::Events,
        progress::{Progress, Shown},
        terminal::{Detail, render_behind},
    },
    run::{
        self, Outcome, Rerun,
        gate::{Baseline, Gate},
        record::RunRecord,
    },
    verdict::Verdict,
};

/// Runs the suites against an endpoint and judges it.
pub(in crate::cli) fn run(args: &RunArgs, unnamed: Unnamed, console: &Console) -> Exit {
    // What is read is read before anything is sent, and before this run's record may take its place.
    let (baseline, rerun) = match earlier(args) {
        Ok(earlier) => earlier,
        Err(problems) => {
            console.diagnostics(&problems);
            return Exit::Input;
        }
    };
    if let (Some(path), Some(rerun)) = (&args.rerun_failed, &rerun)
        && rerun.is_empty()
    {
        console.print(&format!(
            "nothing to run again: no test of {} failed, and all were judged\n",
            path.display()
        ));
        return Exit::AsExpected;
    }
    let endpoint = EndpointArgs { rate: args.rate, ..args.endpoint.clone() };
    let prepared = prepare(&args.select, &endpoint, unnamed, Sent::Harmless, console);
    let Prepared { selected, resolved, plan } = match prepared {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let options = run::Options {
        jobs: resolved.settings.concurrency.value,
        retries: args.retries,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        repeats: true,
        seed: selected.seed(),
        command: typed::command(),
        shard: args.shard,
        max_failures: args.max_failures,
    };
    let events = match args.events.as_deref().map(writer).transpose() {
        Ok(events) => events.map(Events::new),
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let shown = match (args.quiet, console.live) {
        (true, _) => Shown::Nowhere,
        (false, true) => Shown::Live,
        (false, false) => Shown::Lines,
    };
    let mut sink = (Progress::new(console.err_paint(), shown), events);
    let plan = selected.run_plan(&resolved.settings, plan);
    let plan = match rerun {
        None => plan,
        Some(rerun) => plan.filtered(move |tests| rerun.keep(tests)),
    };
    if let (Some(path), run::Plan::Known(tests)) = (&args.rerun_failed, &plan)
        && tests.is_empty()
    {
        let message = format!("no test of {} that is to run again is in the selection", path.display());
        console.refuse(
            &Diagnostic::error("rerun.nothing", message)
                .help("select the same suites and tests, on the same endpoint"),
        );
        return Exit::NothingRan;
    }
    let mut record = match perform(plan, &resolved, &options, &mut sink, console) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let cases = selected.all(&resolved.settings);
    let stale = run::stale_known_issues(&resolved.settings.known_issues, &cases, &record.tests);
    record.stale_known_issues.extend(stale);
    let gate = Gate {
        selected: is_selective(args),
        baseline: baseline.map(|old| Baseline::new(&old, &record)),
        ..args.gate.gate()
    };
    let outcome = Outcome::behind(&record, &gate);
    let detail = match (args.quiet, console.verbose) {
        (true, _) => Detail::Quiet,
        (false, true) => Detail::Verbose,
        (false, false) => Detail::Usual,
    };
    // Where events are the result, everything for people is beside it.
    let beside = args.events.as_deref() == Some(Path::new(STANDARD_OUTPUT));
    let (paint, print): (_, fn(&Console, &str)) = match beside {
        true => (console.err_paint(), Console::print_beside),
        false => (console.out_paint(), Console::print),
    };
    print(console, &render_behind(&record, &gate, paint, detail));
    if let Some(Baseline { comparison, .. }) = &gate.baseline
        && (!args.quiet || !comparison.newly_broken.is_empty())
    {
        let text = report::comparison::render(comparison, paint, console.verbose);
        print(console, &format!("\n{text}"));
    }
    let comparison = gate.baseline.as_ref().map(|baseline| &baseline.comparison);
    let reported = Reported { record: &record, outcome, comparison };
    match run_reports::write(reported, &args.report_dir) {
        Ok(_) if args.quiet => {}
        Ok(files) => print(console, &format!("reports: {}\n", files.join(", "))),
        Err(diagnostic) => {
            console.diagnostics(&[diagnostic]);
            return Exit::Input;
        }
    }
    if let Some(path) = &args.write_known_issues
        && let Err(error) = fs::write(path, known_issues(&record))
    {
        let message = format!("cannot write {}: {error}", path.display());
        console.diagnostics(&[Diagnostic::error("known-issues.write", message)]);
        return Exit::Input;
    }
    if let Some(github) = environment::github() {
        console.print_commands(&report::github::annotations(&record, outcome), beside);
        if let Some(summary) = github.summary {
            run_reports::append_summary(&record, outcome, &summary, console);
        }
    }
    if let (_, Some(events)) = sink
        && let Err(error) = events.finish(&record, outcome)
        // A reader that went away, such as `head`, has what it needs.
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return console.refuse(&events_error(&error));
    }
    outcome.into()
}

/// The name of standard output where a file is expected.
const STANDARD_OUTPUT: &str = "-";

/// What events are written to.
fn writer(path: &Path) -> Result<Box<dyn Write + Send>, Diagnostic> {
    if path == Path::new(STANDARD_OUTPUT) {
        return Ok(Box::new(io::stdout()));
    }
    let file = fs::File::create(path).map_err(|error| events_error(&error))?;
    Ok(Box::new(file))
}

fn events_error(error: &io::Error) -> Diagnostic {
    Diagnostic::error("events.write", format!("cannot write the events: {error}"))
        .help("--events FILE writes them elsewhere")
}

/// The earlier runs that the arguments name: the baseline, and what is run again.
fn earlier(args: &RunArgs) -> Result<(Option<RunRecord>, Option<Rerun>), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut read = |path: &Path| records::read_run(path).map_err(|problem| problems.push(problem)).ok();
    let baseline = args.baseline.as_deref().and_then(&mut read);
    let rerun = args.rerun_failed.as_deref().and_then(&mut read);
    if let (Some(path), Some(record)) = (&args.baseline, &baseline)
        && record.judged_nothing()
    {
        problems.push(judged_nothing(&path.display().to_string(), record));
    }
    match problems.is_empty() {
        true => Ok((baseline, rerun.as_ref().map(Rerun::of))),
        false => Err(problems),
    }
}

/// Whether only some of the tests were selected.
fn is_selective(args: &RunArgs) -> bool {
    let SelectArgs { select, skip, kind, suites, seed: _, through } = &args.select;
    args.rerun_failed.is_some()
        || !(select.is_empty()
            && skip.is_empty()
            && kind.is_empty()
            && suites.is_empty()
            && through.is_empty())
}

/// An entry for each cause that makes tests fail, and for each failed test that no cause explains, as the
/// `known_issues` of a target file.
fn known_issues(record: &RunRecord) -> String {
    let failing = record.causes.iter().filter(|cause| cause.fails);
    let mut entries: Vec<serde_json::Value> = Vec::new();
    for cause in failing {
        let entry = serde_json::json!({ "cause": cause.cause.code, "reason": cause.cause.sentence });
        if !entries.iter().any(|other| other["cause"] == entry["cause"]) {
            entries.push(entry);
        }
    }
    let explained = |place: usize| record.causes.iter().any(|cause| cause.tests.contains(&place));
    for (place, test) in record.tests.iter().enumerate() {
        if test.verdict == Verdict::Fail && !explained(place) {
            let finding = test.findings.first();
            entries.push(serde_json::json!({
                "id": test.id,
                "expect": finding.map(|finding| finding.code),
                "reason": finding.map_or("failed", |finding| finding.message.as_str()),
            }));
        }
    }
    let document = serde_json::json!({ "known_issues": entries });
    format!("{document:#}\n")
}
