use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet, time};

use super::{
    event::{Event, Sink},
    perform,
    record::{RECORD_VERSION, RunRecord, TargetRecord, TestRecord},
};
use crate::{
    exchange::{Stage, Transcript},
    fetch::Profile,
    plan::{Planned, Test, Work},
    policy::Policy,
    target::Target,
    verdict::{self, KnownIssue, Verdict},
};

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many tests run at once, at least 1.
    pub jobs: usize,
    /// How often a test is run again when its connection failed.
    pub retries: u32,
    /// How long the whole run may take.
    pub deadline: Duration,
    /// Whose behaviour the browser's side has.
    pub profile: Profile,
    /// What reproduces a sample of orders; for the record.
    pub seed: u64,
    /// The command that repeats the run; for the record.
    pub command: String,
}

/// Performs a plan on a target and keeps the record. Ends early, with what there is, when
/// `cancelled` completes or the deadline passes.
pub async fn run(
    plan: Vec<Planned>,
    target: Arc<Target>,
    options: &Options,
    cancelled: impl Future<Output = ()>,
    sink: &mut dyn Sink,
) -> RunRecord {
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let to_perform = plan.iter().filter(|planned| matches!(planned.work, Work::Perform(_))).count();
    sink.event(&Event::Started { tests: to_perform, not_applicable: plan.len() - to_perform });

    let mut hindrance = None;
    let mut interrupted = false;
    let mut restored = Ok(());
    let mut records: Vec<Option<TestRecord>> = plan.iter().map(|_| None).collect();
    tokio::pin!(cancelled);
    if to_perform > 0 {
        // Whoever interrupts while an endpoint keeps the probe waiting gets the record, too.
        let probed = tokio::select! {
            biased;
            () = &mut cancelled => None,
            probed = target.probe() => Some(probed),
        };
        match probed {
            None => interrupted = true,
            Some(Err(error)) => hindrance = Some(error),
            Some(Ok(())) => {
                let ending =
                    perform_all(&plan, &target, options, cancelled.as_mut(), sink, &mut records).await;
                interrupted = ending != Ending::Complete;
                restored = target.restore().await;
                if ending == Ending::Deadline {
                    hindrance = Some(format!(
                        "the run's deadline of {} s passed; --deadline gives it more time",
                        options.deadline.as_secs()
                    ));
                }
            }
        }
    }
    if let Err(error) = restored {
        hindrance = Some(error);
    }
    let tests = plan
        .into_iter()
        .zip(records)
        .map(|(planned, record)| record.unwrap_or_else(|| unperformed(planned, hindrance.as_deref())))
        .collect();
    let record = RunRecord {
        record_version: RECORD_VERSION,
        crosscheck: env!("CARGO_PKG_VERSION").to_owned(),
        target: TargetRecord {
            name: target.name().to_owned(),
            dialect: target.description().dialect.to_string(),
            fault: target.fault().map(|fault| fault.name().to_owned()),
        },
        started: started.to_string(),
        duration_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
        profile: options.profile,
        seed: options.seed,
        command: options.command.clone(),
        interrupted,
        hindrance,
        stale_known_issues: Vec::new(),
        tests,
    };
    sink.event(&Event::Ended(&record));
    record
}

/// The ids of the known issues that cover nothing any more: neither one of these cases nor one of
/// the tests that a case became. Of a case that was not selected, the tests are not known.
pub fn stale_known_issues(issues: &[KnownIssue], cases: &[String], tests: &[TestRecord]) -> Vec<String> {
    let case_of =
        |test: &TestRecord| test.id.split_once('[').map_or(test.id.clone(), |(case, _)| case.to_owned());
    let planned: HashSet<String> = tests.iter().map(case_of).collect();
    let covers = |issue: &KnownIssue| {
        cases.iter().any(|case| issue.covers(case))
            || tests.iter().any(|test| issue.covers(&test.id))
            || cases.iter().any(|case| !planned.contains(case) && issue.may_cover_below(case))
    };
    issues.iter().filter(|issue| !covers(issue)).map(|issue| issue.id.clone()).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Complete,
    Cancelled,
    Deadline,
}

async fn perform_all(
    plan: &[Planned],
    target: &Arc<Target>,
    options: &Options,
    cancelled: impl Future<Output = ()>,
    sink: &mut dyn Sink,
    records: &mut [Option<TestRecord>],
) -> Ending {
    let deadline = time::sleep(options.deadline);
    tokio::pin!(cancelled, deadline);
    for group in groups(plan, target) {
        let ending =
            perform_group(&group, target, options, &mut cancelled, &mut deadline, sink, records).await;
        if ending != Ending::Complete {
            return ending;
        }
        if let Err(error) = target.check().await {
            distrust(&group, records, &error.to_string());
        }
    }
    Ending::Complete
}

/// The tests that can run at the same time, and the places of their records: all of them, unless
/// rules must be set on a bucket that is not ours, which is done once for each distinct set of
/// rules. Those that need none set come first, while everything is as it was.
fn groups<'a>(plan: &'a [Planned], target: &Target) -> Vec<Vec<(usize, &'a str, &'a Test)>> {
    let mut groups: Vec<(Option<Policy>, Vec<_>)> = vec![(None, Vec::new())];
    for (index, planned) in plan.iter().enumerate() {
        let Work::Perform(test) = &planned.work else { continue };
        let rules = target.rules_to_set(test.case.given.as_ref());
        let member = (index, planned.id.as_str(), test);
        match groups.iter_mut().find(|(other, _)| *other == rules) {
            Some((_, members)) => members.push(member),
            None => groups.push((rules, vec![member])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// What was asked while somebody else changed the rules says nothing of the endpoint.
fn distrust(group: &[(usize, &str, &Test)], records: &mut [Option<TestRecord>], why: &str) {
    for (index, _, test) in group {
        let record = records.get_mut(*index).and_then(Option::as_mut);
        let Some(record) = record.filter(|_| test.case.given.is_some()) else { continue };
        if matches!(record.verdict, Verdict::Fail | Verdict::Warn | Verdict::KnownIssue) {
            record.verdict = Verdict::SetupError;
            record.note = Some(why.to_owned());
        }
    }
}

async fn perform_group(
    group: &[(usize, &str, &Test)],
    target: &Arc<Target>,
    options: &Options,
    mut cancelled: impl Future<Output = ()> + Unpin,
    mut deadline: impl Future<Output = ()> + Unpin,
    sink: &mut dyn Sink,
    records: &mut [Option<TestRecord>],
) -> Ending {
    let room = Arc::new(Semaphore::new(options.jobs.max(1)));
    let mut tests = JoinSet::new();
    for (index, id, test) in group {
        let (index, id, test, target, options, room) = (
            *index,
            (*id).to_owned(),
            Test::clone(test),
            Arc::clone(target),
            options.clone(),
            Arc::clone(&room),
        );
        tests.spawn(async move {
            // The semaphore is never closed.
            let _place = room.acquire_owned().await;
            (index, perform_one(&id, &test, &target, &options).await)
        });
    }
    let ending = loop {
        tokio::select! {
            biased;
            () = &mut cancelled => break Ending::Cancelled,
            () = &mut deadline => break Ending::Deadline,
            finished = tests.join_next() => match finished {
                None => break Ending::Complete,
                Some(Ok((index, record))) => {
                    sink.event(&Event::Finished(&record));
                    if let Some(place) = records.get_mut(index) {
                        *place = Some(record);
                    }
                }
                // A test that panicked is a fault of ours; its place is filled below.
                Some(Err(_)) => {}
            },
        }
    };
    tests.shutdown().await;
    ending
}

/// What is said of a planned test that was not performed.
fn unperformed(planned: Planned, hindrance: Option<&str>) -> TestRecord {
    let (verdict, note) = match planned.work {
        Work::NotApplicable(reason) => (Verdict::NotApplicable, reason),
        Work::Perform(_) => {
            (Verdict::DependencyFailed, hindrance.unwrap_or("the run ended before this test").to_owned())
        }
    };
    blank(&planned.id, &planned.claim, verdict, Some(note))
}

fn blank(id: &str, claim: &crate::plan::Claim, verdict: Verdict, note: Option<String>) -> TestRecord {
    TestRecord {
        id: id.to_owned(),
        title: claim.title.clone(),
        kind: claim.kind,
        file: claim.file.clone(),
        line: claim.line,
        source: claim.source.clone(),
        verdict,
        note,
        findings: Vec::new(),
        transcript: Transcript::default(),
        micros: 0,
    }
}

/// Performs one test on a target: sets up what it needs, asks, judges.
pub async fn perform_one(id: &str, test: &Test, target: &Target, options: &Options) -> TestRecord {
    let mut record = attempt(id, test, target, options).await;
    for _ in 0..options.retries {
        if record.verdict != Verdict::HarnessError || !connection_failed(&record.transcript) {
            break;
        }
        record = attempt(id, test, target, options).await;
        if record.verdict == Verdict::Pass {
            record.verdict = Verdict::Flaky;
            record.note = Some("passed when it was run again after its connection had failed".to_owned());
        }
    }
    record
}

async fn attempt(id: &str, test: &Test, target: &Target, options: &Options) -> TestRecord {
    let clock = Instant::now();
    let mut record = judged(id, test, target, options.profile).await;
    if record.verdict == Verdict::Fail
        && options.profile != Profile::Spec
        && speaks_of_the_browser(test)
        && judged(id, test, target, Profile::Spec).await.verdict == Verdict::Pass
    {
        record.verdict = Verdict::Observed;
        record.note = Some(format!("{} differs from the standard here", options.profile));
    }
    record.micros = u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX);
    if let Some(issue) = target.known_issues().iter().find(|issue| issue.covers(id)) {
        let verdict = issue.apply(record.verdict, &record.findings);
        if verdict != record.verdict {
            record.note = Some(match verdict {
                Verdict::UnexpectedPass => {
                    format!(
                        "known issue `{}` says that this fails: remove the entry ({})",
                        issue.id, issue.reason
                    )
                }
                _ => issue.reason.clone(),
            });
            record.verdict = verdict;
        }
    }
    record
}

/// Whether a test says nothing of an endpoint: its answers are dictated, and what is claimed is
/// what a browser makes of them.
fn speaks_of_the_browser(test: &Test) -> bool {
    test.case.given.as_ref().is_some_and(|given| !given.answers.is_empty())
}

/// Performs a test once, as a browser of this profile, and judges it.
async fn judged(id: &str, test: &Test, target: &Target, profile: Profile) -> TestRecord {
    let setup_error = |error: String| blank(id, &test.claim, Verdict::SetupError, Some(error));
    let (place, _hold) = match target.prepare(test.case.given.as_ref()).await {
        Ok(prepared) => prepared,
        Err(error) => return setup_error(error.to_string()),
    };
    let transcript = match perform::perform(test, &place, target.wire(), profile).await {
        Ok(transcript) => transcript,
        Err(error) => return setup_error(error.to_string()),
    };
    let findings = verdict::judge(test, &transcript, target.dialect());
    let mut record = blank(id, &test.claim, Verdict::of(test.claim.kind, &findings), None);
    record.findings = findings;
    record.transcript = transcript;
    record
}

/// Whether an exchange failed before any answer, so that asking again is no second opinion.
fn connection_failed(transcript: &Transcript) -> bool {
    transcript.steps.iter().any(|step| match &step.exchange.received {
        crate::exchange::Received::Failed(failure) => {
            matches!(failure.stage, Stage::Resolve | Stage::Connect | Stage::Tls | Stage::Send | Stage::Head)
        }
        crate::exchange::Received::Response(_) => false,
    })
}
