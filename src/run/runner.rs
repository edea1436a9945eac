use std::{
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
    case::model::Through,
    exchange::{Stage, Transcript},
    fetch::Profile,
    interleave::Place,
    plan::{Planned, Test, Work},
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
    let mut records: Vec<Option<TestRecord>> = plan.iter().map(|_| None).collect();
    if to_perform > 0 {
        match target.probe().await {
            Err(error) => hindrance = Some(error),
            Ok(()) => {
                let ending = perform_all(&plan, &target, options, cancelled, sink, &mut records).await;
                interrupted = ending != Ending::Complete;
                if ending == Ending::Deadline {
                    hindrance = Some(format!(
                        "the run's deadline of {} s passed; --deadline gives it more time",
                        options.deadline.as_secs()
                    ));
                }
            }
        }
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

/// The ids of the known issues that cover none of these cases: whatever they excused is gone.
pub fn stale_known_issues(issues: &[KnownIssue], ids: &[String]) -> Vec<String> {
    issues
        .iter()
        .filter(|issue| !ids.iter().any(|id| issue.covers(id)))
        .map(|issue| issue.id.clone())
        .collect()
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
    let room = Arc::new(Semaphore::new(options.jobs.max(1)));
    let mut tests = JoinSet::new();
    for (index, planned) in plan.iter().enumerate() {
        let Work::Perform(test) = &planned.work else { continue };
        let (id, test, target, options, room) =
            (planned.id.clone(), test.clone(), Arc::clone(target), options.clone(), Arc::clone(&room));
        tests.spawn(async move {
            // The semaphore is never closed.
            let _place = room.acquire_owned().await;
            (index, perform_one(&id, &test, &target, &options).await)
        });
    }
    let deadline = time::sleep(options.deadline);
    tokio::pin!(cancelled, deadline);
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
    let mut record = match target.prepare(test.case.given.as_ref()) {
        Err(error) => blank(id, &test.claim, Verdict::SetupError, Some(error.to_string())),
        Ok(place) => {
            match perform::perform(test, &fresh(test, place, target), target.wire(), options.profile).await {
                Err(error) => blank(id, &test.claim, Verdict::SetupError, Some(error.to_string())),
                Ok(transcript) => {
                    let findings = verdict::judge(test, &transcript, target.dialect());
                    let mut record = blank(id, &test.claim, Verdict::of(test.claim.kind, &findings), None);
                    record.findings = findings;
                    record.transcript = transcript;
                    record
                }
            }
        }
    };
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

/// Where the requests of a test go: those of a live order to URLs that no cache has seen.
fn fresh(test: &Test, place: Place, target: &Target) -> Place {
    let fresh = (test.through == Through::Live).then(|| target.fresh_query()).flatten();
    Place { fresh, ..place }
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
