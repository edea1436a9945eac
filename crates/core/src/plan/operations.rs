//! The tests of an endpoint that has several operations.

use super::{Outlook, Planned, Work, plan};
use crate::{
    case::{
        ExpandedCase,
        model::{Case, Client, RequestSpec, StatusClass, StatusExpect, Through},
    },
    operation::Operation,
};

/// The tests of cases on an endpoint of several operations. Every operation is held to every promise that concerns it.
/// What belongs to the CORS layer in front (near origins, caches in every order …) is asked of those operations that
/// stand for their layer: `true`. Cases that name paths of their own, or set something up, run once.
pub fn plan_operations(
    cases: &[ExpandedCase],
    endpoint: &Outlook,
    operations: &[(Outlook, bool)],
    seed: u64,
) -> Vec<Planned> {
    let mut planned = Vec::new();
    for case in cases {
        if !Operation::is_asked_by(&case.case) {
            planned.extend(plan(case, endpoint, seed));
            continue;
        }
        let every = case.case.each.derived().is_some_and(|source| source.asks_every_operation());
        let mut inapplicable = None;
        let mut applies = false;
        for (outlook, stands_for_its_layer) in operations {
            if !every && !stands_for_its_layer {
                continue;
            }
            for planned_here in plan(case, outlook, seed) {
                match (&planned_here.work, &planned_here.claim.promise) {
                    // Without a promise it says the same of every operation.
                    (Work::NotApplicable(_), None) => {
                        inapplicable.get_or_insert(planned_here);
                    }
                    _ => {
                        applies = true;
                        planned.push(planned_here);
                    }
                }
            }
        }
        planned.extend(inapplicable.filter(|_| !applies));
    }
    planned
}

/// Why the requests of a case, once they ask for an operation, are about something else.
pub(super) fn other_than(case: &Case, operation: &Operation, is_row_of_promises: bool) -> Option<String> {
    let own = operation.method.as_str();
    let cached = case.through.iter().any(|through| *through != Through::None);
    if cached && !matches!(own, "GET" | "HEAD") {
        return Some(format!("caches do not keep answers to {own}"));
    }
    let fails = operation.success.iter().any(|status| *status >= 500);
    let no_error = |request: &RequestSpec| {
        let status = request.expect.response.as_ref().and_then(|response| response.status.as_ref());
        matches!(status, Some(StatusExpect::Class(StatusClass::NotServerError)))
    };
    if fails && case.requests.values().any(no_error) {
        return Some("expects no server error, which is what this operation answers with".to_owned());
    }
    let reads = |request: &RequestSpec| request.client == Client::Browser && request.until.is_none();
    if operation.needs_preflight() && !is_row_of_promises && case.requests.values().any(reads) {
        return Some("is about requests without a preflight, and this operation needs one".to_owned());
    }
    case.requests.values().find_map(|request| {
        let method = request.method.as_str();
        let is_its_head = method == "HEAD" && own == "GET";
        let other = match request.client {
            Client::Browser => request.until.is_none() && method != own && !is_its_head,
            Client::Raw => !matches!(method, "OPTIONS") && method != own && !is_its_head,
        };
        other.then(|| format!("really sends {method}, and this operation is {own}"))
    })
}
