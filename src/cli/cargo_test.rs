//! The suites as tests of `cargo test`: one trial for each test, with its stable id as its name.

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::ValueEnum;
use libtest_mimic::{Arguments, Failed, Trial};

use super::{
    args::{Colour, SelectArgs, TargetArgs},
    console::Console,
    exit::Exit,
    resolve::{self, variable},
    runtime::runtime,
    signal,
    suites::Selected,
};
use crate::{
    case::model::Through,
    diagnostic::Diagnostic,
    plan::{Planned, Test, Work},
    policy::Policy,
    report::{failure, paint::Paint},
    run::{self, Options},
    target::{Provenance, Target},
    verdict::Verdict,
};

/// How long a process waits for its turn to set rules, where nobody says otherwise.
const TURN: Duration = Duration::from_secs(120);

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

/// The caches that `CROSSCHECK_THROUGH` names.
fn through(names: &str, console: &Console) -> Result<Vec<Through>, Exit> {
    let parsed = names.split(',').map(|name| Through::from_str(name.trim(), false));
    parsed.collect::<Result<_, _>>().map_err(|_| {
        let known: Vec<&str> = Through::value_variants().iter().map(|known| known.name()).collect();
        let message = format!("CROSSCHECK_THROUGH=`{names}` names a cache that is not known");
        console
            .refuse(&Diagnostic::error("environment", message).help(format!("known: {}", known.join(", "))))
    })
}

fn conclude(arguments: &Arguments, console: &Console) -> Result<libtest_mimic::Conclusion, Exit> {
    let suites = variable("CROSSCHECK_SUITES").map(|paths| paths.split(',').map(Into::into).collect());
    let seed = variable("CROSSCHECK_SEED").and_then(|seed| seed.parse().ok());
    let through = variable("CROSSCHECK_THROUGH").map(|names| through(&names, console)).transpose()?;
    let select = SelectArgs {
        suites: suites.unwrap_or_default(),
        seed,
        through: through.unwrap_or_default(),
        ..SelectArgs::default()
    };
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
    // One process for each test takes turns with the others.
    let mut settings = resolved.settings;
    if settings.bucket.lease_wait.from == Provenance::Default {
        settings.bucket.lease_wait.value = TURN;
    }
    let tell = Arc::new(|line: &str| super::console::note(line));
    let target =
        runtime.block_on(Target::start_telling(&settings, resolved.fault, tell)).map_err(|error| {
            console.note(&error.to_string());
            Exit::Input
        })?;
    if let Err(error) = runtime.block_on(target.probe()) {
        console.note(&error);
        return Err(Exit::CouldNotJudge);
    }
    let shared = Arc::new(Shared { target: Arc::new(target), options, runtime });
    restore_when_ended(&shared);
    let mut plan = plan;
    sort_by_rules(&mut plan, &shared.target);
    let trials = plan
        .into_iter()
        .map(|planned| {
            let shared = Arc::clone(&shared);
            trial(planned, move |id, test| perform(&shared, id, test))
        })
        .collect();
    let conclusion = libtest_mimic::run(arguments, trials);
    match shared.runtime.block_on(shared.target.restore()) {
        Ok(()) => Ok(conclusion),
        Err(error) => {
            console.note(&error);
            Err(Exit::CouldNotJudge)
        }
    }
}

/// Puts those with the same rules on a bucket that is not ours side by side, and those without any
/// first.
fn sort_by_rules(plan: &mut [Planned], target: &Target) {
    let mut seen: Vec<Policy> = Vec::new();
    plan.sort_by_cached_key(|planned| {
        let Work::Perform(test) = &planned.work else { return 0 };
        let Some(rules) = target.rules_to_set(test.case.given.as_ref()) else { return 0 };
        match seen.iter().position(|other| *other == rules) {
            Some(place) => place + 1,
            None => {
                seen.push(rules);
                seen.len()
            }
        }
    });
}

/// Puts back what was found on a bucket that is not ours when the process is asked to end.
fn restore_when_ended(shared: &Arc<Shared>) {
    let target = Arc::clone(&shared.target);
    let _runtime = shared.runtime.enter();
    let ended = signal::watched();
    shared.runtime.spawn(async move {
        ended.await;
        if let Err(error) = target.restore().await {
            super::console::note(&error);
        }
        #[allow(clippy::exit, reason = "nobody else ends a test binary that was interrupted")]
        std::process::exit(Exit::Interrupted.code().into());
    });
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
        _ => {
            let told = failure::render(&record, shared.target.connect(), Paint::PLAIN);
            Err(Paint::PLAIN.finish(&told).into())
        }
    }
}
