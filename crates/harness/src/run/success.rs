//! Whether an endpoint ever answered with success. What it says about CORS while every request fails is not judged.

use std::collections::BTreeMap;

use super::record::TestRecord;
use crosscheck_core::exchange::Purpose;

/// Why an endpoint was not judged: no request was ever answered with success. `reads`: whether it is declared to allow
/// GET or HEAD; otherwise a preflight with a status of 2xx counts.
pub(super) fn never<'t>(
    name: &str,
    reads: bool,
    tests: impl Iterator<Item = &'t TestRecord>,
) -> Option<String> {
    let mut statuses: BTreeMap<(String, u16), usize> = BTreeMap::new();
    for step in tests.flat_map(|test| &test.transcript.steps) {
        let request = &step.exchange.sent;
        let preflight = step.purpose == Purpose::Preflight || request.method == "OPTIONS";
        let Some(response) = step.exchange.response().filter(|_| preflight != reads) else { continue };
        if matches!(response.status, 200..=299 | 304) {
            return None;
        }
        *statuses.entry((request.method.clone(), response.status)).or_default() += 1;
    }
    let (&(ref method, status), _) = statuses.iter().max_by_key(|(_, count)| **count)?;
    let help = match status {
        401 | 403 | 407 => "declare credentials (`headers` in the target file) that it accepts",
        404 | 410 => "check the path of the URL",
        405 | 501 => "declare the methods that it allows (`allowed_methods`)",
        429 => "lower the concurrency, or run later",
        300..=399 => "name the URL that the redirects lead to",
        500..=599 => "check that the service behind it is up",
        _ => "check the path, the method and the credentials",
    };
    Some(format!("{name} never answered with success: {method} was answered with status {status}; {help}"))
}
