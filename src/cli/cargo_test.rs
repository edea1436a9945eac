//! The suites as tests of `cargo test`: one trial for each test, with its stable id as its name.

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};

use super::{
    args::{Colour, SelectArgs, TargetArgs},
    command::run::runtime,
    console::Console,
    exit::Exit,
    resolve::{self, variable},
    suites::Selected,
};
use crate::{
    plan::{Planned, Test, Work},
    report::{failure, paint::Paint},
    run::{self, Options},
    target::Target,
    verdict::Verdict,
};

/// What the trials share: one target, one runtime.
struct Shared {
    target: Arc<Target>,
    options: Options,
    runtime: tokio::runtime::Runtime,
}

/// Runs the suites as a test binary: for a test target with `harness = false`, whose `main` is
/// this. Filters, `--list`, `--exact`, `--skip` and `--test-threads` work as in any other, and
/// the target comes from the same environment and `crosscheck.json` as the command line's.
///
/// A test whose needs the target cannot meet is listed as ignored. Listing sends nothing.
pub fn cargo_test() -> ExitCode {
    let arguments = Arguments::from_args();
    let console = Console::new(Colour::Never, false, true);
    match conclude(&arguments, &console) {
        Ok(conclusion) => conclusion.exit_code(),
        Err(exit) => exit.into(),
    }
}

fn conclude(arguments: &Arguments, console: &Console) -> Result<libtest_mimic::Conclusion, Exit> {
    let suites = variable("CROSSCHECK_SUITES").map(|paths| paths.split(',').map(Into::into).collect());
    let seed = variable("CROSSCHECK_SEED").and_then(|seed| seed.parse().ok());
    let select = SelectArgs { suites: suites.unwrap_or_default(), seed, ..SelectArgs::default() };
    // One process for each test (cargo nextest): look at its suite alone.
    let only = arguments.filter.as_deref().filter(|_| arguments.exact);
    let selected = Selected::load(&select, only, console)?;
    let resolved = resolve::resolve(&TargetArgs::default()).map_err(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::Input
    })?;
    let plan = selected.plan(&resolved.settings, console)?;
    if arguments.list {
        let trials = plan.into_iter().map(|planned| trial(planned, |_, _| Ok(()))).collect();
        return Ok(libtest_mimic::run(arguments, trials));
    }
    let options = Options {
        jobs: resolved.settings.concurrency.value,
        retries: 0,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        seed: selected.seed(),
        command: String::new(),
    };
    let runtime = runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    let target = runtime.block_on(Target::start(&resolved.settings, resolved.fault)).map_err(|error| {
        console.note(&error.to_string());
        Exit::Input
    })?;
    if let Err(error) = runtime.block_on(target.probe()) {
        console.note(&error);
        return Err(Exit::CouldNotJudge);
    }
    let shared = Arc::new(Shared { target: Arc::new(target), options, runtime });
    let trials = plan
        .into_iter()
        .map(|planned| {
            let shared = Arc::clone(&shared);
            trial(planned, move |id, test| perform(&shared, id, test))
        })
        .collect();
    Ok(libtest_mimic::run(arguments, trials))
}

/// A line of the plan as a trial: what is not applicable is ignored.
fn trial(
    planned: Planned,
    perform: impl FnOnce(&str, &Test) -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let id = planned.id;
    match planned.work {
        Work::NotApplicable(_) => Trial::test(id, || Ok(())).with_ignored_flag(true),
        Work::Perform(test) => Trial::test(id.clone(), move || perform(&id, &test)),
    }
}

fn perform(shared: &Shared, id: &str, test: &Test) -> Result<(), Failed> {
    let record = shared.runtime.block_on(run::perform_one(id, test, &shared.target, &shared.options));
    match record.verdict {
        Verdict::Pass
        | Verdict::Warn
        | Verdict::Observed
        | Verdict::KnownIssue
        | Verdict::Flaky
        | Verdict::NotApplicable => Ok(()),
        _ => Err(failure::render(&record, Paint::PLAIN).into()),
    }
}
