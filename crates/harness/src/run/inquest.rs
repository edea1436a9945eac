//! Asks the endpoint again where what tests saw is explained in more than one way: the first request of each such cause
//! goes through the same experiments as one that somebody wants explained.

use std::{cmp::Reverse, collections::BTreeSet};

use crosscheck_core::{
    diagnosis::{self, Cause, ExplainedRequest, STRANGER, Sighting, page_of},
    fetch::Reason,
    plan::Test,
    verdict::{Code, Finding, Verdict},
};

use super::{Options, causes::CauseRecord, explain, record::TestRecord};
use crate::endpoint::Endpoint;

/// How many causes are asked about, and how many refusals without a cause.
const ASKED: usize = 3;
const ASKED_UNEXPLAINED: usize = 2;

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
    hold_unexplained(causes, planned, records, endpoint, options).await;
    hold_narrow(causes, planned, records, endpoint, options).await;
    causes.sort_by_key(|cause| Reverse((cause.fails, cause.cause.severity, cause.tests.len())));
}

/// Whether a cause is about one way in, which says little where every way is open.
const fn is_narrow(cause: Cause) -> bool {
    matches!(cause, Cause::PathEscapesRules | Cause::NullAllowed | Cause::OriginFromAnotherField)
}

/// Where the first cause is one narrow way in: asks whether any page at all is let in.
async fn hold_narrow(
    causes: &mut Vec<CauseRecord>,
    planned: &[Option<Test>],
    records: &[TestRecord],
    endpoint: &Endpoint,
    options: &Options,
) {
    let Some(cause) = causes.first().filter(|cause| cause.fails && is_narrow(cause.cause.code)) else {
        return;
    };
    let asked = cause.tests.iter().find_map(|place| let_in(*place, planned, records));
    let Some((page, seen)) = asked else { return };
    if explain::stranger_reads(&page, endpoint, options).await.ok() != Some(true) {
        return;
    }
    if let Some(cause) = causes.first_mut() {
        cause.cause = diagnosis::lets_anybody_in(STRANGER, &seen).redacted(endpoint.redactor());
    }
    let too_loose: Vec<CauseRecord> =
        causes.extract_if(1.., |cause| cause.cause.code == Cause::OriginCheckTooLoose).collect();
    if let Some(cause) = causes.first_mut() {
        cause.tests.extend(too_loose.into_iter().flat_map(|other| other.tests));
        cause.tests.sort_unstable();
        cause.tests.dedup();
    }
}

/// The first request of a failed test that let a page in which nobody declares.
fn let_in(
    place: usize,
    planned: &[Option<Test>],
    records: &[TestRecord],
) -> Option<(ExplainedRequest, Sighting)> {
    let test = planned.get(place)?.as_ref().filter(|test| test.case.given.is_none())?;
    let record = records.get(place).filter(|record| record.verdict == Verdict::Fail)?;
    record.findings.iter().find_map(|finding| {
        let name = matches!(finding.code, Code::OutcomeNotRefused | Code::RulesGranted)
            .then_some(finding.request.as_ref())??;
        let spec = test.case.requests.get(name)?;
        let seen = Sighting::of(name, spec, &record.transcript)?;
        Some((ExplainedRequest { send: false, ..page_of(&seen, spec)? }, seen))
    })
}

/// Adds the causes of refusals that nothing explains yet: of the first few, each with the tests that fail alike.
async fn hold_unexplained(
    causes: &mut Vec<CauseRecord>,
    planned: &[Option<Test>],
    records: &[TestRecord],
    endpoint: &Endpoint,
    options: &Options,
) {
    for _ in 0..ASKED_UNEXPLAINED {
        let is_open = |place: &usize| {
            records.get(*place).is_some_and(|record| record.verdict == Verdict::Fail)
                && causes.iter().all(|cause| !cause.tests.contains(place))
        };
        let open: Vec<usize> = (0..records.len()).filter(is_open).collect();
        let asked = open.iter().find_map(|place| Some((*place, refused_in(*place, planned, records)?)));
        let Some((place, (page, seen))) = asked else { break };
        let alike = |other: &usize| {
            *other == place
                || refused_in(*other, planned, records).is_some_and(|(_, other)| {
                    (&other.origin, &other.method, &other.headers, other.reason, other.status())
                        == (&seen.origin, &seen.method, &seen.headers, seen.reason, seen.status())
                })
        };
        let tests: Vec<usize> = open.iter().copied().filter(alike).collect();
        let found = explain::inquire(&page, seen.clone(), endpoint, options).await;
        let Some(cause) = found.ok().and_then(|diagnosis| diagnosis.causes.into_iter().next()) else { break };
        let operations =
            tests.iter().filter_map(|place| planned.get(*place)?.as_ref()?.claim.operation.clone());
        causes.push(CauseRecord {
            cause: cause.redacted(endpoint.redactor()),
            fails: true,
            known: false,
            operations: operations
                .map(|operation| operation.name.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            promises: Vec::new(),
            tests,
        });
        merged(causes, causes.len() - 1);
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

/// A refused request that a cause explains: of a promise, if there is one.
fn refused(
    cause: &CauseRecord,
    planned: &[Option<Test>],
    records: &[TestRecord],
) -> Option<(ExplainedRequest, Sighting)> {
    let is_of_a_promise = |place: &&usize| {
        let test = planned.get(**place).and_then(Option::as_ref);
        test.is_some_and(|test| test.claim.promise.is_some())
    };
    let of_promises = cause.tests.iter().filter(is_of_a_promise);
    of_promises.chain(&cause.tests).find_map(|place| refused_in(*place, planned, records))
}

/// The first request of a failed test that the endpoint refused. Tests that set rules of their own are over, and so are
/// their rules.
fn refused_in(
    place: usize,
    planned: &[Option<Test>],
    records: &[TestRecord],
) -> Option<(ExplainedRequest, Sighting)> {
    let test = planned.get(place)?.as_ref().filter(|test| test.case.given.is_none())?;
    let record = records.get(place).filter(|record| record.verdict == Verdict::Fail)?;
    record.findings.iter().find_map(|finding| {
        let (name, spec) = test.case.requests.get_key_value(refused_request(finding)?)?;
        let seen = Sighting::of(name, spec, &record.transcript).filter(Sighting::is_fresh_refusal)?;
        // Nothing is sent that may change something, and a preflight alone says nothing of the request's own answer.
        let page = ExplainedRequest { send: false, ..page_of(&seen, spec)? };
        let is_of_preflight = seen.reason.is_some_and(Reason::is_of_preflight);
        (is_of_preflight || page.may_be_sent()).then_some((page, seen))
    })
}

/// The request that a browser refuses, as a finding names it.
fn refused_request(finding: &Finding) -> Option<&str> {
    matches!(finding.code, Code::Reason(_)).then_some(finding.request.as_deref()).flatten()
}
