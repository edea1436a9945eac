use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use crosscheck_core::{
    case::model::Kind,
    interleave::{self, Breaking},
    operation::{Operation, Survey, Surveyed},
    plan::{Claim, Planned, Steps, Test, Work},
    policy::Policy,
    promise::Promise,
    redaction::Redactor,
    verdict::{self, KnownIssue, Verdict},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time,
};

use super::{
    causes, elsewhere,
    event::{Event, Sink},
    follow_up,
    group::{self, Found, Group},
    keeper::Keeper,
    one,
    options::Options,
    promises,
    record::{
        EndpointRecord, MachineRecord, OperationRecord, RECORD_VERSION, RunRecord, Sampled, TestRecord,
    },
    shard, stability, success,
    survey::{self, Plan},
};
use crate::{
    endpoint::{Endpoint, Interference},
    transport::Unsolicited,
};

/// The id of the test that an endpoint fails which sends unsolicited bytes.
pub(crate) const UNSOLICITED: &str = "connections/unsolicited-bytes";

/// Performs a plan on an endpoint and keeps the record. Ends early, with what there is, when
/// `cancelled` completes or the deadline passes.
pub async fn run(
    plan: impl Into<Plan>,
    endpoint: Arc<Endpoint>,
    options: &Options,
    cancelled: impl Future<Output = ()>,
    sink: &mut dyn Sink,
) -> RunRecord {
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let mut could_not_judge = None;
    let mut interference = None;
    let mut interrupted = false;
    let mut stopped_after = None;
    let mut restored = Ok(());
    let mut breaking = Vec::new();
    let mut unsolicited = None;
    let mut unstable = None;
    // A completed future must not be polled again.
    let mut in_time = true;
    let mut ended = None;
    // One deadline for all that is asked. Only what was changed is put back however long that takes.
    let deadline = time::sleep(options.deadline);
    tokio::pin!(cancelled, deadline);
    let plan = plan.into();
    let mut survey = Survey::assumed(endpoint.operations());
    let mut probed = None;
    if plan.needs_a_survey() {
        let surveyed = async {
            let by = endpoint.probe().await?;
            Ok::<_, String>((by, survey::survey(&endpoint, options.jobs).await))
        };
        let surveyed = tokio::select! {
            biased;
            () = &mut cancelled => Err(Ending::Cancelled),
            () = &mut deadline => Err(Ending::Deadline),
            surveyed = surveyed => Ok(surveyed),
        };
        probed = Some(surveyed.map(|surveyed| {
            surveyed.map(|(by, found)| {
                survey = found;
                by
            })
        }));
    }
    let plan = plan.tests(&survey);
    let (mut plan, rest) = match options.shard {
        Some(shard) => shard.split(plan),
        None => (plan, shard::Rest::default()),
    };
    let performs = |planned: &&Planned| matches!(planned.work, Work::Perform(_));
    let probed = match probed {
        Some(Err(ending)) => Err(ending),
        Some(Ok(Err(error))) => Ok(Err(error)),
        None if !plan.iter().any(|planned| performs(&planned)) => Ok(Ok((None, None))),
        known => tokio::select! {
            biased;
            () = &mut cancelled => Err(Ending::Cancelled),
            () = &mut deadline => Err(Ending::Deadline),
            ready = ready(&plan, &endpoint, known.and_then(Result::ok).and_then(Result::ok)) => Ok(ready),
        },
    };
    if let Ok(Ok((_, Some(uncovered)))) = &probed {
        elsewhere::leave_out(&mut plan, uncovered);
    }
    let to_perform = plan.iter().filter(performs).count();
    sink.event(&Event::Started {
        target: endpoint.name(),
        started: &started.to_string(),
        tests: to_perform,
        not_applicable: plan.len() - to_perform,
    });
    let sampled = sampled(&plan);
    let mut records: Vec<Option<TestRecord>> = plan.iter().map(|_| None).collect();
    if to_perform > 0 {
        let ending = match probed {
            Err(ending) => ending,
            Ok(Err(error)) => {
                could_not_judge = Some(error);
                Ending::Complete
            }
            Ok(Ok((by, _))) => {
                interference = by;
                let until = (cancelled.as_mut(), deadline.as_mut());
                let into = (&mut records, &mut breaking);
                let ending = perform_trusted(&plan, &endpoint, options, until, sink, into).await;
                if ending == Ending::Complete && options.repeats {
                    unstable = tokio::select! {
                        biased;
                        () = &mut cancelled => { in_time = false; None }
                        () = &mut deadline => { in_time = false; None }
                        unstable = stability::check(&endpoint) => unstable,
                    };
                }
                ended = endpoint.sender().ended();
                unsolicited = endpoint.wire().unsolicited();
                restored = endpoint.restore().await;
                ending
            }
        };
        interrupted = matches!(ending, Ending::Cancelled | Ending::Deadline);
        stopped_after = options.max_failures.filter(|_| ending == Ending::Stopped);
        if ending == Ending::Deadline {
            could_not_judge = Some(format!(
                "the deadline of the run, {} ms, passed; --total-timeout gives it more time",
                options.deadline.as_millis()
            ));
        }
    }
    if let Some(ended) = &ended {
        let why = endpoint.redactor().text(&format!("{}: {ended}", endpoint.name())).into_owned();
        unanswered_since(&why, &mut records);
        could_not_judge = Some(why);
    }
    if let Err(error) = restored {
        could_not_judge = Some(error);
    }
    let performed: Vec<Option<Test>> = plan
        .iter()
        .map(|planned| match &planned.work {
            Work::Perform(test) => Some(test.clone()),
            Work::NotApplicable(_) => None,
        })
        .collect();
    let claims: Vec<Arc<Claim>> = plan.iter().map(|planned| Arc::clone(&planned.claim)).collect();
    let redactor = endpoint.redactor();
    could_not_judge.iter_mut().for_each(|could_not_judge| redactor.redact(could_not_judge));
    let unrun = could_not_judge.clone().or_else(|| stopped_after.map(stopped));
    let mut tests: Vec<TestRecord> = plan
        .into_iter()
        .zip(records)
        .map(|(planned, record)| record.unwrap_or_else(|| unperformed(planned, unrun.as_deref())))
        .chain(
            unsolicited.map(|unsolicited| one::excused(unsolicited_bytes(&unsolicited, redactor), &endpoint)),
        )
        .chain(unstable)
        .collect();
    let judged = could_not_judge.is_none() && !interrupted;
    let mut causes = causes::find(&performed, &tests, &endpoint);
    if judged && in_time && options.repeats {
        tokio::select! {
            biased;
            () = &mut cancelled => {}
            () = &mut deadline => {}
            () = follow_up::follow_up(&mut causes, &performed, &tests, &endpoint, options) => {}
        }
    }
    let unused = causes::excuse(&mut causes, &mut tests, endpoint.known_issues());
    let operations = operations(&survey, &claims, &tests, redactor, judged);
    let unjudged = |operation: &Operation| {
        operations.iter().find(|record| record.name == operation.name).and_then(|it| it.not_judged.clone())
    };
    let checked = claims.iter().map(AsRef::as_ref).zip(&tests);
    let elsewhere = |operation: Option<&str>, promise: &Promise| rest.checks(operation, promise);
    let promises = promises::account(endpoint.promises(&survey), checked, unjudged, elsewhere);
    causes::name_promises(&mut causes, &promises, &tests);
    let no_success = match endpoint.reads().filter(|_| judged) {
        Some(reads) => success::never(endpoint.name(), reads, tests.iter()),
        None => no_operation_succeeded(endpoint.name(), &operations),
    };
    // Of a run that stopped early, the first success may have been still to come.
    let no_success = no_success.filter(|_| stopped_after.is_none()).map(|never| match interference {
        Some(by) => redactor.text(&format!("{never}; {by}")).into_owned(),
        None => never,
    });
    let record = RunRecord {
        record_version: RECORD_VERSION,
        crosscheck: env!("CARGO_PKG_VERSION").to_owned(),
        endpoint: EndpointRecord {
            name: endpoint.name().to_owned(),
            dialect: endpoint.description().dialect.to_string(),
            fault: endpoint.fault().map(|fault| fault.name().to_owned()),
            preflight_headers: endpoint.preflight_headers().to_vec(),
            connect: endpoint.connect().clone(),
        },
        machine: MachineRecord::here(),
        started: started.to_string(),
        duration_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
        profile: options.profile,
        seed: options.seed,
        sampled,
        command: redactor.text(&options.command).into_owned(),
        interrupted,
        shard: rest.record,
        stopped_after,
        could_not_judge,
        no_success,
        operations,
        throttled: endpoint.sender().throttled().map(Into::into),
        promises,
        causes,
        stale_known_issues: unused,
        breaking,
        tests,
    };
    sink.event(&Event::Ended(&record));
    record
}

/// What may have answered in the endpoint's place, and why tests of unknown paths do not apply. `probed`: the former,
/// where it is known already.
///
/// # Errors
/// Why the endpoint cannot be judged.
async fn ready(
    plan: &[Planned],
    endpoint: &Endpoint,
    probed: Option<Option<Interference>>,
) -> Result<(Option<Interference>, Option<String>), String> {
    let by = match probed {
        Some(by) => by,
        None => endpoint.probe().await?,
    };
    Ok((by, elsewhere::uncovered(plan, endpoint).await))
}

/// The operations as they were found.
fn operations(
    survey: &Survey,
    claims: &[Arc<Claim>],
    tests: &[TestRecord],
    redactor: &Redactor,
    judged: bool,
) -> Vec<OperationRecord> {
    let mut of: HashMap<&str, Vec<&TestRecord>> = HashMap::new();
    for (claim, test) in claims.iter().zip(tests) {
        if let Some(operation) = &claim.operation {
            of.entry(operation.name.as_str()).or_default().push(test);
        }
    }
    let surveyed = survey.operations();
    let record = |(place, Surveyed { operation, stands_for_it }): (usize, &Surveyed)| {
        let other = surveyed.get(*stands_for_it).filter(|_| *stands_for_it != place);
        let own = of.get(operation.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        OperationRecord {
            name: operation.name.clone(),
            method: operation.method.clone(),
            url: redactor.text(operation.url.as_str()).into_owned(),
            same_layer_as: other.map(|other| other.operation.name.clone()),
            not_judged: judged.then(|| success::never_of(operation, own.iter().copied())).flatten(),
        }
    };
    surveyed.iter().enumerate().map(record).collect()
}

/// Why an endpoint was not judged of which no operation ever answered with success.
fn no_operation_succeeded(name: &str, operations: &[OperationRecord]) -> Option<String> {
    let first = operations.first()?;
    let why = first.not_judged.as_deref()?;
    let all = operations.iter().all(|operation| operation.not_judged.is_some());
    all.then(|| match operations.len() {
        1 => format!("{name} was not judged: {} {why}", first.name),
        many => format!("{name} was not judged: none of its {many} operations; {} {why}", first.name),
    })
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
    /// Bytes came that answer no request: what was answered so far may be among them.
    Unsolicited,
    /// The endpoint stopped answering.
    Ended,
    /// As many tests failed as the run may have.
    Stopped,
}

/// Performs a plan. Where the endpoint sends unsolicited bytes, nothing that was answered on a kept connection is
/// trusted: everything is performed once more, with a connection for each request.
async fn perform_trusted(
    plan: &[Planned],
    endpoint: &Arc<Endpoint>,
    options: &Options,
    (mut cancelled, mut deadline): (impl Future<Output = ()> + Unpin, impl Future<Output = ()> + Unpin),
    sink: &mut dyn Sink,
    (records, breaking): (&mut Vec<Option<TestRecord>>, &mut Vec<Breaking>),
) -> Ending {
    let known = endpoint.wire().unsolicited().is_some();
    let until = (&mut cancelled, &mut deadline);
    let mut ending = perform_all(plan, endpoint, options, until, !known, sink, (records, breaking)).await;
    if ending == Ending::Complete && !known {
        endpoint.settle().await;
        if endpoint.wire().unsolicited().is_some() {
            ending = Ending::Unsolicited;
        }
    }
    if ending != Ending::Unsolicited {
        return ending;
    }
    records.iter_mut().for_each(|record| *record = None);
    breaking.clear();
    sink.event(&Event::Restarted);
    perform_all(plan, endpoint, options, (cancelled, deadline), false, sink, (records, breaking)).await
}

async fn perform_all(
    plan: &[Planned],
    endpoint: &Arc<Endpoint>,
    options: &Options,
    (mut cancelled, mut deadline): (impl Future<Output = ()> + Unpin, impl Future<Output = ()> + Unpin),
    ends_when_unsolicited: bool,
    sink: &mut dyn Sink,
    (records, breaking): (&mut Vec<Option<TestRecord>>, &mut Vec<Breaking>),
) -> Ending {
    let keeper = Arc::new(Keeper::new(options.jobs));
    let mut ending = Ending::Complete;
    for stage in stages_of(plan, endpoint) {
        let places: Vec<usize> = stage.iter().flat_map(Group::places_with_given).collect();
        ending = perform_stage(
            stage,
            (endpoint, &keeper),
            options,
            (&mut cancelled, &mut deadline),
            ends_when_unsolicited,
            sink,
            (&mut *records, &mut *breaking),
        )
        .await;
        if ending != Ending::Complete {
            break;
        }
        let checked = tokio::select! {
            biased;
            () = &mut cancelled => Err(Ending::Cancelled),
            () = &mut deadline => Err(Ending::Deadline),
            checked = endpoint.check() => Ok(checked),
        };
        match checked {
            Ok(Ok(())) => {}
            Ok(Err(error)) => distrust(&places, records, &endpoint.redactor().text(&error.to_string())),
            Err(why) => {
                distrust(&places, records, "whether the rules had stayed as they were set was not checked");
                ending = why;
                break;
            }
        }
    }
    // In the order of the suites, whichever was done first.
    let place = |breaking: &Breaking| plan.iter().position(|planned| planned.claim.id == breaking.case);
    breaking.sort_by_key(place);
    ending
}

/// The cases that can run at the same time: all of them, unless rules must be set on a bucket that
/// is not ours, which is done once for each distinct set of rules. Those that need none set come
/// first, while everything is as it was.
fn stages_of(plan: &[Planned], endpoint: &Endpoint) -> Vec<Vec<Group>> {
    let mut stages: Vec<(Option<Policy>, Vec<Group>)> = vec![(None, Vec::new())];
    for group in groups_of(plan) {
        let given = group.tests.first().and_then(|(_, _, test)| test.case.given.as_ref());
        let rules = endpoint.rules_to_set(given);
        match stages.iter_mut().find(|(other, _)| *other == rules) {
            Some((_, groups)) => groups.push(group),
            None => stages.push((rules, vec![group])),
        }
    }
    stages.into_iter().map(|(_, groups)| groups).collect()
}

/// What was asked while somebody else changed the rules says nothing of the endpoint.
fn distrust(places: &[usize], records: &mut [Option<TestRecord>], why: &str) {
    for place in places {
        let Some(record) = records.get_mut(*place).and_then(Option::as_mut) else { continue };
        if matches!(record.verdict, Verdict::Fail | Verdict::Warn | Verdict::KnownIssue) {
            record.verdict = Verdict::SetupError;
            record.note = Some(why.to_owned());
        }
    }
}

/// How many of these tests failed.
fn failures(records: &[Option<TestRecord>]) -> usize {
    records.iter().flatten().filter(|record| record.verdict == Verdict::Fail).count()
}

/// How often sinks hear that time passes while no test ends.
const TICK: Duration = Duration::from_secs(1);

async fn perform_stage(
    stage: Vec<Group>,
    (endpoint, keeper): (&Arc<Endpoint>, &Arc<Keeper>),
    options: &Options,
    (mut cancelled, mut deadline): (impl Future<Output = ()> + Unpin, impl Future<Output = ()> + Unpin),
    ends_when_unsolicited: bool,
    sink: &mut dyn Sink,
    (records, breaking): (&mut Vec<Option<TestRecord>>, &mut Vec<Breaking>),
) -> Ending {
    let room = Arc::new(Semaphore::new(options.jobs.max(1)));
    let (found, mut finds) = mpsc::unbounded_channel();
    let mut groups = JoinSet::new();
    for group in stage {
        let (endpoint, keeper) = (Arc::clone(endpoint), Arc::clone(keeper));
        let (options, room, found) = (options.clone(), Arc::clone(&room), found.clone());
        groups.spawn(async move {
            group::perform(group, (&endpoint, &keeper), &options, &room, &found).await;
        });
    }
    // The groups hold the others; when the last of them is done, nothing more will be found.
    drop(found);
    let mut tick = time::interval(TICK);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
    let ending = loop {
        tokio::select! {
            biased;
            () = &mut cancelled => break Ending::Cancelled,
            () = &mut deadline => break Ending::Deadline,
            () = endpoint.sender().until_ended() => break Ending::Ended,
            () = endpoint.wire().until_unsolicited(), if ends_when_unsolicited => break Ending::Unsolicited,
            _ = tick.tick() => sink.event(&Event::Tick),
            found = finds.recv() => match found {
                None => break Ending::Complete,
                Some(Found::Test(place, record)) => {
                    sink.event(&Event::Finished(&record));
                    let failed = record.verdict == Verdict::Fail;
                    if let Some(place) = records.get_mut(place) {
                        *place = Some(*record);
                    }
                    if failed && options.max_failures.is_some_and(|most| failures(records) >= most) {
                        break Ending::Stopped;
                    }
                }
                Some(Found::Breaking(found)) => breaking.push(*found),
            },
        }
    };
    groups.shutdown().await;
    ending
}

/// Tests that got no answer because the endpoint stopped answering: that is said once, for all of them.
fn unanswered_since(why: &str, records: &mut [Option<TestRecord>]) {
    let unanswered = |record: &&mut TestRecord| {
        record.verdict == Verdict::HarnessError && one::got_no_answer(&record.transcript)
    };
    for record in records.iter_mut().flatten().filter(unanswered) {
        record.verdict = Verdict::DependencyFailed;
        record.note = Some(why.to_owned());
        record.findings.clear();
    }
}

/// The cases of which only a sample of the orders is planned.
fn sampled(plan: &[Planned]) -> Vec<Sampled> {
    let mut sampled: Vec<Sampled> = Vec::new();
    for group in groups_of(plan) {
        let Some((_, _, first)) = group.tests.first() else { continue };
        let Some(of) = first.claim.sampled_of else { continue };
        let mut orders: Vec<&Steps> = group.tests.iter().map(|(_, _, test)| &test.order).collect();
        orders.sort_unstable();
        orders.dedup();
        sampled.push(Sampled { case: first.claim.id.clone(), orders: orders.len(), of });
    }
    sampled
}

/// The tests of each case.
fn groups_of(plan: &[Planned]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, planned) in plan.iter().enumerate() {
        let Work::Perform(test) = &planned.work else { continue };
        let test = (place, planned.id.clone(), test.clone());
        match groups.last_mut() {
            Some(group) if group.is_of(&test.2.case) => group.tests.push(test),
            _ => groups.push(Group { tests: vec![test] }),
        }
    }
    groups
}

/// About how many requests a plan makes, the survey of operations apart: an answer that can stand for several orders is
/// captured once, and asked once more to see that it stays the same.
pub fn requests_of(plan: &[Planned]) -> usize {
    let requests = |group: Group| {
        let replayed = group.tests.len() > 1
            && group.tests.iter().all(|(_, _, test)| {
                interleave::can_be_replayed(test.through) && interleave::must_be_sent(&test.case).is_none()
            });
        let each = group.tests.iter().map(|(_, _, test)| test.requests());
        if replayed { each.max().unwrap_or_default() * 2 } else { each.sum() }
    };
    groups_of(plan).into_iter().map(requests).sum()
}

/// The finding that an endpoint sends bytes that were not requested, as a test of its own: it is about the endpoint,
/// not about the tests that happened to be under way.
pub fn unsolicited_bytes(unsolicited: &Unsolicited, redactor: &Redactor) -> TestRecord {
    let claim = Claim {
        id: UNSOLICITED.to_owned(),
        title: "The endpoint sends nothing but answers to requests".to_owned(),
        kind: Kind::Safety,
        source: vec!["https://www.rfc-editor.org/rfc/rfc9112#section-9.3".to_owned()],
        file: "connections".to_owned(),
        line: 0,
        sampled_of: None,
        promise: None,
        operation: None,
    };
    let finding = verdict::unsolicited_bytes(&unsolicited.place(), &unsolicited.shown()).redacted(redactor);
    let verdict = Verdict::of(claim.kind, std::slice::from_ref(&finding));
    TestRecord { findings: vec![finding], ..one::blank(UNSOLICITED, &claim, verdict, None) }
}

/// Why tests were not run after this many failed.
fn stopped(failures: usize) -> String {
    let tests = if failures == 1 { "test" } else { "tests" };
    format!("the run stopped after {failures} failed {tests} (--max-failures)")
}

/// What is said of a planned test that was not performed.
fn unperformed(planned: Planned, why: Option<&str>) -> TestRecord {
    let (verdict, note) = match planned.work {
        Work::NotApplicable(reason) => (Verdict::NotApplicable, reason),
        Work::Perform(_) => {
            (Verdict::DependencyFailed, why.unwrap_or("the run ended before this test").to_owned())
        }
    };
    one::blank(&planned.id, &planned.claim, verdict, Some(note))
}
