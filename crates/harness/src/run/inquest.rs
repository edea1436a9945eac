//! Asks the endpoint again where what tests saw is explained in more than one way: the first request of each such cause
//! goes through the same experiments as one that somebody wants explained.

use crosscheck_core::{
    diagnosis::{Cause, ExplainedRequest, Sighting, page_of},
    plan::Test,
    verdict::{Code, Finding, Verdict},
};

use super::{Options, causes::CauseRecord, explain, record::TestRecord};
use crate::endpoint::Endpoint;

/// How many causes are asked about.
const ASKED: usize = 3;

/// Whether other requests than those of the tests may explain a refusal otherwise.
const fn is_open(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::NoCorsAtAll
            | Cause::OriginNotAllowed
            | Cause::MethodNotAllowed
            | Cause::HeaderNotAllowed
            | Cause::ActualWithoutCors
            | Cause::ErrorWithoutCors
            | Cause::PathWithoutCors
    )
}

/// Replaces causes by what experiments show to be behind them.
pub(super) async fn hold(
    causes: &mut Vec<CauseRecord>,
    planned: &[Option<Test>],
    records: &[TestRecord],
    endpoint: &Endpoint,
    options: &Options,
) {
    if causes.iter().any(|cause| cause.cause.code == Cause::UnstableAnswers) {
        return;
    }
    let mut place = 0;
    for _ in 0..ASKED {
        let Some(next) = causes.iter().skip(place).position(|cause| cause.fails && is_open(cause.cause.code))
        else {
            break;
        };
        place += next;
        let Some(asked) = causes.get(place).and_then(|cause| refused(cause, planned, records)) else {
            place += 1;
            continue;
        };
        let (page, seen) = asked;
        let found = explain::inquire(&page, seen, endpoint, options).await;
        let first = found.ok().and_then(|diagnosis| diagnosis.causes.into_iter().next());
        if let Some(first) = first
            && let Some(cause) = causes.get_mut(place)
        {
            cause.cause = first.redacted(endpoint.redactor());
            if merged(causes, place) {
                continue;
            }
        }
        place += 1;
    }
}

/// Puts the cause at a place together with the same one before it. Whether there was one.
fn merged(causes: &mut Vec<CauseRecord>, place: usize) -> bool {
    let Some(cause) = causes.get(place).cloned() else { return false };
    let is_same = |other: &CauseRecord| {
        other.cause.code == cause.cause.code
            && (other.cause.subject == cause.cause.subject || !cause.cause.code.is_per_subject())
    };
    let Some(first) = causes.iter().position(is_same).filter(|first| *first < place) else { return false };
    causes.remove(place);
    if let Some(known) = causes.get_mut(first) {
        known.tests.extend(cause.tests);
        known.tests.sort_unstable();
        known.tests.dedup();
        for operation in cause.operations {
            if !known.operations.contains(&operation) {
                known.operations.push(operation);
            }
        }
    }
    true
}

/// A refused request that a cause explains: of a promise, if there is one. Tests that set rules of their own are over, and
/// so are their rules.
fn refused(
    cause: &CauseRecord,
    planned: &[Option<Test>],
    records: &[TestRecord],
) -> Option<(ExplainedRequest, Sighting)> {
    let failed = || {
        cause.tests.iter().filter_map(|place| {
            let test = planned.get(*place)?.as_ref().filter(|test| test.case.given.is_none())?;
            let record = records.get(*place).filter(|record| record.verdict == Verdict::Fail)?;
            Some((test, record))
        })
    };
    let of_promises = failed().filter(|(test, _)| test.claim.promise.is_some());
    of_promises.chain(failed()).find_map(|(test, record)| {
        record.findings.iter().find_map(|finding| {
            let (name, spec) = test.case.requests.get_key_value(refused_request(finding)?)?;
            let seen = Sighting::of(name, spec, &record.transcript)?;
            if !seen.is_fresh_refusal() {
                return None;
            }
            // Nothing is sent that may change something.
            Some((ExplainedRequest { send: false, ..page_of(&seen, spec)? }, seen))
        })
    })
}

/// The request that a browser refuses, as a finding names it.
fn refused_request(finding: &Finding) -> Option<&str> {
    matches!(finding.code, Code::Reason(_)).then_some(finding.request.as_deref()).flatten()
}
