use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use super::{
    super::{
        args::{EndpointArgs, RunArgs},
        console::Console,
        environment,
        exit::Exit,
        flags::Unnamed,
        run_reports, typed,
    },
    perform::{Prepared, Sent, perform, prepare},
};
use crate::{
    diagnostic::Diagnostic,
    report::{self, events::Events, progress::Progress},
    run::{self, Outcome, record::RunRecord},
    verdict::Verdict,
};

/// Runs the suites against an endpoint and judges it.
pub(in crate::cli) fn run(args: &RunArgs, unnamed: Unnamed, console: &Console) -> Exit {
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
    };
    let events = match args.events.as_deref().map(writer).transpose() {
        Ok(events) => events.map(Events::new),
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let mut sink = (Progress::new(console.err_paint(), console.live), events);
    let plan = selected.run_plan(&resolved.settings, plan);
    let mut record = match perform(plan, &resolved, &options, &mut sink, console) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let cases = selected.all(&resolved.settings);
    let stale = run::stale_known_issues(&resolved.settings.known_issues, &cases, &record.tests);
    record.stale_known_issues.extend(stale);
    let outcome = Outcome::of(&record, args.strict);
    // Where events are the result, everything for people is beside it.
    let beside = args.events.as_deref() == Some(Path::new(STANDARD_OUTPUT));
    let (paint, print): (_, fn(&Console, &str)) = match beside {
        true => (console.err_paint(), Console::print_beside),
        false => (console.out_paint(), Console::print),
    };
    print(console, &report::terminal::render(&record, paint, console.verbose));
    match run_reports::write(&record, outcome, &args.report_dir) {
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
