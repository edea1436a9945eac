//! Follow-up experiments after the tests: where several causes fit what the tests saw, the first request of each goes
//! through the experiments of `explain`.

use std::{cmp::Reverse, collections::BTreeSet};

use crosscheck_core::{
    diagnosis::{self, Cause, ExplainedRequest, STRANGER, Sighting, page_of},
    fetch::Reason,
    plan::Test,
    verdict::{Code, Verdict},
};

use super::{Options, causes::CauseRecord, explain, record::TestRecord};
use crate::endpoint::Endpoint;

/// Maximum number of causes with follow-up experiments.
const MAX_CAUSES: usize = 3;

/// Maximum number of unexplained refusals with follow-up experiments.
const MAX_UNEXPLAINED: usize = 2;

/// Whether further requests may show another cause behind this one.
const fn is_ambiguous(cause: Cause) -> bool {
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

/// Replaces ambiguous causes with the causes that experiments prove.
pub(super) async fn follow_up(
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
    for _ in 0..MAX_CAUSES {
        let Some(next) =
            causes.iter().skip(place).position(|cause| cause.fails && is_ambiguous(cause.cause.code))
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
    explain_unexplained(causes, planned, records, endpoint, options).await;
    widen_narrow_cause(causes, planned, records, endpoint, options).await;
    causes.sort_by_key(|cause| Reverse((cause.fails, cause.cause.severity, cause.tests.len())));
}

/// Whether a cause is one narrow hole in the origin check, which is irrelevant if any origin is allowed.
const fn is_narrow(cause: Cause) -> bool {
    matches!(cause, Cause::PathEscapesRules | Cause::NullAllowed | Cause::OriginFromAnotherField)
}

/// Replaces a narrow first cause with `origin-check-too-loose` if an undeclared origin is allowed, too.
async fn widen_narrow_cause(
    causes: &mut Vec<CauseRecord>,
    planned: &[Option<Test>],
    records: &[TestRecord],
    endpoint: &Endpoint,
    options: &Options,
) {
    let Some(cause) = causes.first().filter(|cause| cause.fails && is_narrow(cause.cause.code)) else {
        return;
    };
    let is_wanted = |code| matches!(code, Code::OutcomeNotRefused | Code::RulesGranted);
    let mut allowed = cause.tests.iter().flat_map(|place| requests_of(*place, planned, records, is_wanted));
    let Some((page, seen)) = allowed.next() else { return };
    drop(allowed);
    if explain::undeclared_origin_reads(&page, endpoint, options).await.ok() != Some(true) {
        return;
    }
    if let Some(cause) = causes.first_mut() {
        cause.cause = diagnosis::any_origin_allowed(STRANGER, &seen).redacted(endpoint.redactor());
    }
    let too_loose: Vec<CauseRecord> =
        causes.extract_if(1.., |cause| cause.cause.code == Cause::OriginCheckTooLoose).collect();
    if let Some(cause) = causes.first_mut() {
        cause.tests.extend(too_loose.into_iter().flat_map(|other| other.tests));
        cause.tests.sort_unstable();
        cause.tests.dedup();
    }
}

/// Adds the causes of unexplained refusals, each with the tests that fail in the same way.
async fn explain_unexplained(
    causes: &mut Vec<CauseRecord>,
    planned: &[Option<Test>],
    records: &[TestRecord],
    endpoint: &Endpoint,
    options: &Options,
) {
    for _ in 0..MAX_UNEXPLAINED {
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

/// Merges the cause at a place and an equal one into the first of both. Returns whether the place is another's now.
fn merged(causes: &mut Vec<CauseRecord>, place: usize) -> bool {
    let Some(cause) = causes.get(place).map(|cause| cause.cause.clone()) else { return false };
    let is_same = |(other, known): (usize, &CauseRecord)| {
        (other != place
            && known.cause.code == cause.code
            && (known.cause.subject == cause.subject || !cause.code.is_per_subject()))
        .then_some(other)
    };
    let Some(equal) = causes.iter().enumerate().find_map(is_same) else { return false };
    let gone = causes.remove(place.max(equal));
    if let Some(known) = causes.get_mut(place.min(equal)) {
        known.tests.extend(gone.tests);
        known.tests.sort_unstable();
        known.tests.dedup();
        for operation in gone.operations {
            if !known.operations.contains(&operation) {
                known.operations.push(operation);
            }
        }
        known.fails |= gone.fails;
    }
    equal < place
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

/// The first request of a failed test that the endpoint refused.
fn refused_in(
    place: usize,
    planned: &[Option<Test>],
    records: &[TestRecord],
) -> Option<(ExplainedRequest, Sighting)> {
    requests_of(place, planned, records, |code| matches!(code, Code::Reason(_))).find(|(page, seen)| {
        // A preflight alone says nothing of the answer to the actual request.
        let is_of_preflight = seen.reason.is_some_and(Reason::is_of_preflight);
        seen.is_fresh_refusal() && (is_of_preflight || page.may_be_sent())
    })
}

/// The requests of a failed test with findings of these codes. Tests that set their own rules have none: their rules are no
/// longer in force. The requests may not be sent if they may have side effects.
fn requests_of<'a>(
    place: usize,
    planned: &'a [Option<Test>],
    records: &'a [TestRecord],
    is_wanted: impl Fn(Code) -> bool + 'a,
) -> impl Iterator<Item = (ExplainedRequest, Sighting)> + 'a {
    let test = planned.get(place).and_then(Option::as_ref).filter(|test| test.case.given.is_none());
    let record = records.get(place).filter(|record| record.verdict == Verdict::Fail);
    let findings = test
        .zip(record)
        .into_iter()
        .flat_map(|(test, record)| record.findings.iter().map(move |finding| (test, record, finding)));
    findings.filter(move |(.., finding)| is_wanted(finding.code)).filter_map(|(test, record, finding)| {
        let name = finding.request.as_deref()?;
        let spec = test.case.requests.get(name)?;
        let seen = Sighting::of(name, spec, &record.transcript)?;
        Some((ExplainedRequest { send: false, ..page_of(&seen, spec)? }, seen))
    })
}
