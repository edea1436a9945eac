//! Whether an endpoint ever answered with success. What it says about CORS while every request fails is not judged.

use std::collections::BTreeMap;

use super::record::TestRecord;
use crosscheck_core::{exchange::Purpose, fetch::status::is_redirect, operation::Operation};

/// Why an endpoint was not judged: no request was ever answered with success. `reads`: whether it is declared to allow
/// GET or HEAD; otherwise a preflight with a status of 2xx counts.
pub(super) fn never<'t>(
    name: &str,
    reads: bool,
    tests: impl Iterator<Item = &'t TestRecord>,
) -> Option<String> {
    let (method, status) = most_common_failure(reads, |status| matches!(status, 200..=299 | 304), tests)?;
    Some(format!(
        "{name} never answered with success: {method} was answered with status {status}; {}",
        help(status)
    ))
}

/// The same of one operation, as a clause.
pub(super) fn never_of<'t>(
    operation: &Operation,
    tests: impl Iterator<Item = &'t TestRecord>,
) -> Option<String> {
    let succeeds = |status| match operation.send {
        true => operation.succeeds_with(status),
        // Only preflights were sent.
        false => matches!(status, 200..=299),
    };
    let (method, status) = most_common_failure(operation.send, succeeds, tests)?;
    Some(format!("never answered with success: {method} was answered with status {status}; {}", help(status)))
}

/// The method and status of most answers, where none was a success. `reads`: whether actual requests count, or
/// preflights.
fn most_common_failure<'t>(
    reads: bool,
    succeeds: impl Fn(u16) -> bool,
    tests: impl Iterator<Item = &'t TestRecord>,
) -> Option<(String, u16)> {
    let mut statuses: BTreeMap<(String, u16), usize> = BTreeMap::new();
    let mut redirects_preflights = false;
    for step in tests.flat_map(|test| &test.transcript.steps) {
        let request = &step.exchange.sent;
        let preflight = step.purpose == Purpose::Preflight || request.method == "OPTIONS";
        let Some(response) = step.exchange.response() else { continue };
        redirects_preflights |= preflight && is_redirect(response.status);
        if preflight == reads {
            continue;
        }
        if succeeds(response.status) {
            return None;
        }
        *statuses.entry((request.method.clone(), response.status)).or_default() += 1;
    }
    let (failure, _) = statuses.into_iter().max_by_key(|(_, count)| *count)?;
    // No browser follows a redirect of a preflight, or one without CORS fields: that is a verdict on this URL,
    // wherever it leads.
    let judged = redirects_preflights && is_redirect(failure.1);
    (!judged).then_some(failure)
}

/// What to do about requests that end with a status.
const fn help(status: u16) -> &'static str {
    match status {
        401 | 403 | 407 => "declare credentials (`headers` in the target file) that it accepts",
        404 | 410 => "check the path of the URL",
        405 | 501 => "declare the methods that it allows (`allowed_methods`)",
        429 => "lower the concurrency, or run later",
        300..=399 => "name the URL that the redirects lead to",
        500..=599 => "check that the service behind it is up",
        _ => "check the path, the method and the credentials",
    }
}
