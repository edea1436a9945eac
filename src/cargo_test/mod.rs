//! A conformance run as tests of `cargo test`: one trial for each test, with its stable id as its name.

mod summary;

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::time::timeout_at;

use summary::Summary;

use crate::{
    conformance::{Conformance, Ready},
    endpoint::{Endpoint, Provenance},
    plan::{Planned, Test, Work},
    policy::Policy,
    process::{
        console::{self, Colour, Console},
        environment::{self, variable},
        exit::Exit,
        runtime::{Executor, runtime},
        signal,
    },
    report::{failure, paint::Paint},
    run::{self, Options, record::TestRecord},
    verdict::Verdict,
};

/// How long a process waits for its turn to set rules, where nobody says otherwise.
const TURN: Duration = Duration::from_secs(120);

/// What the trials share: one target, one runtime.
struct Shared {
    endpoint: Arc<Endpoint>,
    options: Options,
    runtime: Executor,
    /// When the deadline of the whole run passes.
    until: Instant,
    /// What failed.
    summary: Mutex<Summary>,
}

/// Runs a conformance run as a test binary: for a test target with `harness = false`, whose `main` is this. Each test
/// is one of `cargo test`, with its stable id as its name; filters, `--list`, `--exact`, `--skip` and `--test-threads`
/// work as in any other.
///
/// A test whose needs the endpoint cannot meet is ignored, with `--ignored` and `--include-ignored` too.
/// Under cargo-nextest, which runs such a test in a process that can only pass or fail, it then fails.
/// Listing sends nothing. What must be corrected ends the process with exit code 2.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     crosscheck::cargo_test(|| {
///         crosscheck::Conformance::against("http://127.0.0.1:8080/items").allow_origin("https://app.example.com")
///     })
/// }
/// ```
pub fn cargo_test(build: impl FnOnce() -> Conformance) -> ExitCode {
    let arguments = Arguments::from_args();
    let console = Console::new(Colour::Never, false, true, environment::github().is_some());
    match concluded(&arguments, build(), &console) {
        Ok(conclusion) => conclusion.exit_code(),
        Err(exit) => exit.into(),
    }
}

/// The same for the endpoint that the environment or a target file names, or else the embedded reference store: the
/// tests of Crosscheck itself.
#[doc(hidden)]
pub fn cargo_test_embedded() -> ExitCode {
    cargo_test(Conformance::from_env_or_embedded)
}

fn concluded(
    arguments: &Arguments,
    conformance: Conformance,
    console: &Console,
) -> Result<libtest_mimic::Conclusion, Exit> {
    // One process for each test (cargo nextest): look at its suite alone.
    let only = arguments.filter.as_deref().filter(|_| arguments.exact);
    let ready = conformance.ready(only, console).map_err(|error| console.fail(&error))?;
    console.diagnostics(&ready.warnings);
    conclude(arguments, ready, console)
}

fn conclude(
    arguments: &Arguments,
    // The service is served until the last test is done.
    Ready { mut settings, fault, mut plan, options, serving: _serving, .. }: Ready,
    console: &Console,
) -> Result<libtest_mimic::Conclusion, Exit> {
    if arguments.list {
        let trials = plan
            .into_iter()
            .map(|planned| trial(planned, Runner::found(), |_, _| Ok(Completion::Completed)))
            .collect();
        return Ok(libtest_mimic::run(arguments, trials));
    }
    let runtime = runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    // One process for each test takes turns with the others.
    if settings.bucket.lease_wait.from == Provenance::Default {
        settings.bucket.lease_wait.value = TURN;
    }
    let tell = Arc::new(|line: &str| console::note(line));
    let endpoint =
        runtime.block_on(Endpoint::start_with_progress(&settings, fault, tell)).map_err(|error| {
            console.note(&error.to_string());
            Exit::Input
        })?;
    let until = Instant::now() + options.deadline;
    let probed = runtime.block_on(async { timeout_at(until.into(), endpoint.probe()).await });
    match probed.unwrap_or_else(|_| Err(late(&options))) {
        Ok(None) => {}
        // A hint: where every test fails, this is why.
        Ok(Some(by)) => console.note(&by.to_string()),
        Err(error) => {
            console.note(&error);
            return Err(Exit::CouldNotJudge);
        }
    }
    let shared =
        Arc::new(Shared { endpoint: Arc::new(endpoint), options, runtime, until, summary: Mutex::default() });
    restore_when_ended(&shared);
    sort_by_rules(&mut plan, &shared.endpoint);
    let trials = plan
        .into_iter()
        .map(|planned| {
            let shared = Arc::clone(&shared);
            trial(planned, Runner::found(), move |id, test| perform(&shared, id, test))
        })
        .collect();
    let conclusion = libtest_mimic::run(arguments, trials);
    if let Some(summary) = shared.summary.lock().unwrap_or_else(PoisonError::into_inner).render() {
        console.note(&summary);
    }
    shared.runtime.block_on(shared.endpoint.settle());
    match shared.runtime.block_on(shared.endpoint.restore()) {
        Ok(()) => match shared.endpoint.wire().unsolicited() {
            None => Ok(conclusion),
            Some(unsolicited) => {
                let record = run::unsolicited_bytes(&unsolicited, shared.endpoint.redactor());
                let shown = failure::render(&record, shared.endpoint.connect(), Paint::PLAIN);
                console.note(&Paint::PLAIN.finish(&shown));
                Err(Exit::Findings)
            }
        },
        Err(error) => {
            console.note(&error);
            Err(Exit::CouldNotJudge)
        }
    }
}

/// Puts those with the same rules on a bucket that is not ours side by side, and those without any
/// first.
fn sort_by_rules(plan: &mut [Planned], endpoint: &Endpoint) {
    let mut seen: Vec<Policy> = Vec::new();
    plan.sort_by_cached_key(|planned| {
        let Work::Perform(test) = &planned.work else { return 0 };
        let Some(rules) = endpoint.rules_to_set(test.case.given.as_ref()) else { return 0 };
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
    let endpoint = Arc::clone(&shared.endpoint);
    let _runtime = shared.runtime.enter();
    let ended = signal::watched();
    shared.runtime.spawn(async move {
        ended.await;
        if let Err(error) = endpoint.restore().await {
            console::note(&error);
        }
        #[allow(clippy::exit, reason = "nobody else ends a test binary that was interrupted")]
        std::process::exit(Exit::Interrupted.code().into());
    });
}

/// A line of the plan as a trial: what is not applicable is ignored, and stays so where ignored tests are
/// to run, as it did not pass.
fn trial(
    planned: Planned,
    runner: Runner,
    perform: impl FnOnce(&str, &Test) -> Result<Completion, Failed> + Send + 'static,
) -> Trial {
    let id = planned.id;
    match planned.work {
        Work::NotApplicable(reason) => {
            let run = move || not_applicable(&reason, runner);
            Trial::ignorable_test(id, run).with_ignored_flag(true)
        }
        Work::Perform(test) => Trial::ignorable_test(id.clone(), move || perform(&id, &test)),
    }
}

/// How a test ends whose needs the endpoint cannot meet.
fn not_applicable(reason: &str, runner: Runner) -> Result<Completion, Failed> {
    match runner {
        Runner::Harness => Ok(Completion::ignored_with(reason)),
        Runner::Nextest => Err(format!("not applicable: {reason}").into()),
    }
}

/// What counts the tests.
#[derive(Clone, Copy, Debug)]
enum Runner {
    /// This process, which knows tests that were ignored.
    Harness,
    /// cargo-nextest, which takes every process that ends well for a test that passed.
    Nextest,
}

impl Runner {
    fn found() -> Self {
        if variable("NEXTEST").is_some() { Self::Nextest } else { Self::Harness }
    }
}

fn performed(shared: &Shared, id: &str, test: &Test) -> Result<TestRecord, Failed> {
    let performed = run::perform_one(id, test, &shared.endpoint, &shared.options);
    let until = shared.until.into();
    let performed = shared.runtime.block_on(async { timeout_at(until, performed).await });
    performed.map_err(|_| late(&shared.options).into())
}

/// That the deadline of the whole run passed.
fn late(options: &Options) -> String {
    format!(
        "the deadline of the run, {} ms, passed; CROSSCHECK_TOTAL_TIMEOUT gives it more time",
        options.deadline.as_millis()
    )
}

fn perform(shared: &Shared, id: &str, test: &Test) -> Result<Completion, Failed> {
    let unsolicited = || shared.endpoint.wire().unsolicited().is_some();
    let known = unsolicited();
    let mut record = performed(shared, id, test)?;
    // What was answered on a kept connection may have been an answer to nothing; now none is kept.
    if !known && unsolicited() {
        record = performed(shared, id, test)?;
    }
    match record.verdict {
        Verdict::Pass | Verdict::Warn | Verdict::Observed | Verdict::KnownIssue | Verdict::Flaky => {
            Ok(Completion::Completed)
        }
        Verdict::NotApplicable => not_applicable(record.note.as_deref().unwrap_or_default(), Runner::found()),
        _ => {
            let mut summary = shared.summary.lock().unwrap_or_else(PoisonError::into_inner);
            Err(summary.add(&record, shared.endpoint.connect()).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::model::Kind, plan::Claim, process::environment};

    fn claim() -> Arc<Claim> {
        Arc::new(Claim {
            id: "a".to_owned(),
            title: "t".to_owned(),
            kind: Kind::Rule,
            source: Vec::new(),
            file: "a.json".to_owned(),
            line: 1,
            sampled_of: None,
            promise: None,
            operation: None,
        })
    }

    #[test]
    fn what_is_not_applicable_never_counts_as_passed() {
        // (--ignored, --include-ignored, who counts, tests ignored, tests failed)
        for (ignored, include_ignored, runner, ignoring, failing) in [
            (false, false, Runner::Harness, 1, 0),
            (false, true, Runner::Harness, 1, 0),
            (true, false, Runner::Harness, 1, 0),
            (false, false, Runner::Nextest, 1, 0),
            (false, true, Runner::Nextest, 0, 1),
            (true, false, Runner::Nextest, 0, 1),
        ] {
            let work = Work::NotApplicable("needs a bucket".to_owned());
            let planned = Planned { id: "a/b".to_owned(), claim: claim(), work };
            let trial = trial(planned, runner, |_, _| Ok(Completion::Completed));
            let arguments = Arguments { ignored, include_ignored, ..Arguments::default() };
            let conclusion = libtest_mimic::run(&arguments, vec![trial]);
            let counted = (conclusion.num_passed, conclusion.num_ignored, conclusion.num_failed);
            assert_eq!(counted, (0, ignoring, failing), "{ignored} {include_ignored} {runner:?}");
        }
    }

    #[test]
    fn a_project_without_a_target_does_not_pass() {
        if variable(environment::TARGET.name).is_some() {
            return;
        }
        let console = Console::new(Colour::Never, false, true, environment::github().is_some());
        for list in [false, true] {
            let arguments = Arguments { list, ..Arguments::default() };
            let ended = concluded(&arguments, Conformance::from_env(), &console).map(|_| ());
            assert_eq!(ended, Err(Exit::Input), "list: {list}");
        }
    }
}
