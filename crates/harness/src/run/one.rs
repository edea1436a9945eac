//! One test: set up, really sent, judged, excused by the list of known issues.

use std::time::Instant;

use crosscheck_core::{
    case::model::{Case, Through},
    exchange::{Received, Recorder, SendContext, ServedBy, Stage, Transcript},
    fetch::Profile,
    interleave::Place,
    plan::{Claim, Test},
    verdict::{self, Finding, Verdict, Weight},
};

use super::{keeper::Keeper, options::Options, perform, record::TestRecord};
use crate::endpoint::Endpoint;

/// Performs one test on an endpoint: sets up what it needs, really sends its order, judges.
pub async fn perform_one(id: &str, test: &Test, endpoint: &Endpoint, options: &Options) -> TestRecord {
    perform_at(id, test, (endpoint, &Keeper::new(1)), options, false).await
}

/// The same; `always_fresh` gives it URLs that no cache has seen, as every live order has.
pub(super) async fn perform_at(
    id: &str,
    test: &Test,
    (endpoint, keeper): (&Endpoint, &Keeper),
    options: &Options,
    always_fresh: bool,
) -> TestRecord {
    let mut record = attempt(id, test, (endpoint, keeper), options, always_fresh).await;
    for _ in 0..options.retries {
        if record.verdict != Verdict::HarnessError || !connection_failed(&record.transcript) {
            break;
        }
        record = attempt(id, test, (endpoint, keeper), options, always_fresh).await;
        if record.verdict == Verdict::Pass {
            record.verdict = Verdict::Flaky;
            record.note = Some("passed when it was run again after its connection had failed".to_owned());
        }
    }
    record
}

async fn attempt(
    id: &str,
    test: &Test,
    (endpoint, keeper): (&Endpoint, &Keeper),
    options: &Options,
    always_fresh: bool,
) -> TestRecord {
    let clock = Instant::now();
    let record = sent(id, test, (endpoint, keeper), (options.profile, always_fresh), clock).await;
    let differs = record.verdict == Verdict::Fail
        && options.profile != Profile::Spec
        && speaks_of_the_browser(test)
        && sent(id, test, (endpoint, keeper), (Profile::Spec, always_fresh), clock).await.verdict
            == Verdict::Pass;
    if !differs {
        return excused(record, endpoint);
    }
    let note = Some(format!("{} differs from the standard here", options.profile));
    excused(TestRecord { verdict: Verdict::Observed, note, ..record }, endpoint)
}

/// Performs a test once, as a browser of this profile, and judges it.
async fn sent(
    id: &str,
    test: &Test,
    (endpoint, keeper): (&Endpoint, &Keeper),
    (profile, always_fresh): (Profile, bool),
    clock: Instant,
) -> TestRecord {
    let not_performed = |verdict: Verdict, error: String| {
        let error = endpoint.redactor().text(&error).into_owned();
        blank(id, &test.claim, verdict, Some(error))
    };
    let (place, _hold) = match endpoint.prepare(test.case.given.as_ref(), test.case.writes()).await {
        Ok((place, hold)) => {
            (fresh(place, endpoint, &test.case, always_fresh || test.through == Through::Live), hold)
        }
        Err(error) => return not_performed(error.verdict(), error.to_string()),
    };
    let place = place.at(test.claim.url());
    match perform::perform(test, &place, (endpoint, keeper), profile).await {
        Ok(transcript) => judged(id, test, (endpoint, keeper), (transcript, &mut endpoint.recorder()), clock),
        Err(error) => not_performed(Verdict::SetupError, error.to_string()),
    }
}

/// The record of a test with this transcript, whatever the list of known issues says; `clock`
/// began with it. Judges by what was on the wire; what is kept has no secrets, and is as much as the keeper keeps.
pub(super) fn judged(
    id: &str,
    test: &Test,
    (endpoint, keeper): (&Endpoint, &Keeper),
    (transcript, recorder): (Transcript, &mut Recorder),
    clock: Instant,
) -> TestRecord {
    let findings = verdict::judge(test, &transcript, endpoint.dialect());
    suspect(test, &transcript, &findings, endpoint);
    // Secrets go before anything is shortened, which could leave a part of one.
    let mut transcript = recorder.transcript(transcript);
    let mut findings: Vec<_> =
        findings.into_iter().map(|finding| finding.redacted(recorder.redactor())).collect();
    keeper.keep(&mut transcript, &mut findings);
    let mut record = blank(id, &test.claim, Verdict::of(test.claim.kind, &findings), None);
    record.order.clone_from(&test.order);
    record.through = test.through;
    record.near.clone_from(&test.near);
    record.transcript = transcript;
    record.findings = findings;
    recorder.redactor().redact(&mut record.title);
    record.micros = u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX);
    record
}

/// Remembers the requests that a test failed for, so that they can be repeated.
fn suspect(test: &Test, transcript: &Transcript, findings: &[Finding], endpoint: &Endpoint) {
    if endpoint.is_embedded() || test.case.given.is_some() || test.case.writes() {
        return;
    }
    let failed = |name: &str| {
        let of_it = |finding: &Finding| {
            finding.weight == Weight::Failure && finding.request.as_deref().is_none_or(|of| of == name)
        };
        findings.iter().any(of_it)
    };
    for step in transcript.steps.iter().filter(|step| step.served_by == ServedBy::Network) {
        if failed(&step.request) && endpoint.wire().gate().is_own(&step.exchange.sent.url) {
            let context = SendContext { purpose: step.purpose, ..SendContext::RAW };
            endpoint.sender().answers().suspect(&step.exchange.sent, &context);
        }
    }
}

/// The record with what the list of known issues says of it.
pub(super) fn excused(mut record: TestRecord, endpoint: &Endpoint) -> TestRecord {
    if let Some(issue) =
        endpoint.known_issues().iter().find(|issue| issue.cause.is_none() && issue.covers(&record.id))
    {
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

/// Where requests go: with `fresh`, to URLs that no cache has seen. To an endpoint that is not ours they always do,
/// since a refusal or another page's answer that stays in a cache on the way would reach its real users. Except for a
/// case that is about the declared URL itself.
pub(super) fn fresh(place: Place, endpoint: &Endpoint, case: &Case, fresh: bool) -> Place {
    let fresh = !case.declared_url && (fresh || !endpoint.is_embedded());
    Place { fresh: fresh.then(|| endpoint.fresh_query()).flatten(), ..place }
}

/// Whether a test says nothing of an endpoint: its answers are dictated, and what is claimed is
/// what a browser makes of them.
pub(super) fn speaks_of_the_browser(test: &Test) -> bool {
    test.case.given.as_ref().is_some_and(|given| !given.answers.is_empty())
}

/// Whether a request got no answer that could be judged.
pub(super) fn got_no_answer(transcript: &Transcript) -> bool {
    transcript.steps.iter().any(|step| match &step.exchange.received {
        Received::Failed(failure) => !failure.stage.is_refusal(),
        Received::Response(_) => false,
    })
}

/// Whether an exchange failed before any answer, so that asking again is no second opinion.
fn connection_failed(transcript: &Transcript) -> bool {
    transcript.steps.iter().any(|step| match &step.exchange.received {
        Received::Failed(failure) => {
            matches!(
                failure.stage,
                Stage::Resolve | Stage::Connect | Stage::Proxy | Stage::Tls | Stage::Send | Stage::Head
            )
        }
        Received::Response(_) => false,
    })
}

/// A record of nothing that was performed.
pub(super) fn blank(id: &str, claim: &Claim, verdict: Verdict, note: Option<String>) -> TestRecord {
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
        order: Vec::new(),
        through: Through::None,
        near: None,
        replayed: false,
        transcript: Transcript::default(),
        micros: 0,
    }
}
