//! Whether the CORS configuration of an endpoint covers paths that are not declared. Where it belongs to one route, the
//! errors of other paths have no CORS fields by design, and no page requests them.

use crosscheck_core::{
    case::model::{Case, OneOrMany, OutcomeName},
    exchange::{Purpose, SendContext},
    interleave::with_fresh_query,
    message::{Request, isomorphic},
    plan::{Planned, Work},
};
use url::Url;

use crate::endpoint::Endpoint;

/// A path that no endpoint has, for which the suites ask.
const UNKNOWN: &str = "crosscheck-does-not-exist";

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Why these tests do not apply: a preflight of the declared URL has CORS fields, and one of an unknown path has none.
/// `None` where that is not so, or where nothing expects pages to read at an unknown path.
pub(super) async fn uncovered(plan: &[Planned], endpoint: &Endpoint) -> Option<String> {
    if endpoint.is_embedded() || endpoint.description().dialect.rules().is_some() {
        return None;
    }
    let test = plan.iter().find_map(|planned| match &planned.work {
        Work::Perform(test) if reads_unknown_path(&test.case) => Some(test),
        _ => None,
    })?;
    let (place, _hold) = endpoint.prepare(None, false).await.ok()?;
    let place = place.at(test.claim.url());
    let unknown = place.url_of("GET", Some(UNKNOWN)).ok()?;
    let covers_declared = covers(endpoint, &place.url).await?;
    (covers_declared && !covers(endpoint, &unknown).await?).then(|| {
        format!(
            "the CORS configuration does not cover paths that are not declared: a preflight for `{UNKNOWN}` has no \
             Access-Control-Allow-Origin"
        )
    })
}

/// Leaves out the tests that expect pages to read at an unknown path.
pub(super) fn leave_out(plan: &mut [Planned], why: &str) {
    for planned in plan {
        if matches!(&planned.work, Work::Perform(test) if reads_unknown_path(&test.case)) {
            planned.work = Work::NotApplicable(why.to_owned());
        }
    }
}

fn reads_unknown_path(case: &Case) -> bool {
    case.given.is_none()
        && case.requests.values().any(|request| {
            let outcomes = request.expect.outcome.as_ref().map(OneOrMany::as_slice).unwrap_or_default();
            request.path.as_deref() == Some(UNKNOWN) && outcomes.contains(&OutcomeName::Allowed)
        })
}

/// Whether a preflight of an allowed page is answered with CORS fields at this URL; `None`: it has no answer.
async fn covers(endpoint: &Endpoint, url: &Url) -> Option<bool> {
    let description = endpoint.description();
    let origin = description.probe_origin()?;
    let rules = description.policy.iter().flat_map(|policy| &policy.rules);
    let method = rules.flat_map(|rule| rule.concrete_methods()).next().unwrap_or("GET").to_owned();
    let url = match endpoint.fresh_query() {
        Some(fresh) => with_fresh_query(url.clone(), &fresh),
        None => url.clone(),
    };
    let mut preflight = Request::new("OPTIONS", url);
    preflight.fields.push("Accept", "*/*");
    preflight.fields.push("Access-Control-Request-Method", method);
    preflight.fields.push("Origin", isomorphic::encode(&origin)?);
    let context = SendContext { purpose: Purpose::Preflight, ..SendContext::RAW };
    let exchange = endpoint.send(&preflight, &context, None).await;
    Some(exchange.response()?.fields.contains(ALLOW_ORIGIN))
}
