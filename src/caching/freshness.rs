//! Freshness (RFC 9111 §4.2): for how long a stored response may be reused without asking,
//! and how old it is.

use std::time::{Duration, SystemTime};

use super::{
    HEURISTICALLY_CACHEABLE, Model,
    directives::{Delta, MAX_DELTA_SECONDS, ResponseDirectives, delta_seconds},
};
use crate::message::{Fields, Response};

/// A lifetime that no run of ours outlives.
pub const FOR_EVER: Duration = Duration::from_secs(MAX_DELTA_SECONDS);

/// The value of `Date`, or when the response came where it has none that can be read
/// (RFC 9110 §6.6.1).
pub fn date(fields: &Fields, received_at: SystemTime) -> SystemTime {
    time(fields, "date").unwrap_or(received_at)
}

/// The first line of a field as a time (RFC 9110 §5.6.7).
pub fn time(fields: &Fields, name: &str) -> Option<SystemTime> {
    let line = fields.lines(name).next()?;
    httpdate::parse_http_date(std::str::from_utf8(line).ok()?.trim()).ok()
}

/// RFC 9111 §4.2.1: `s-maxage` in a shared cache, `max-age`, `Expires`. `None` where nothing
/// explicit is said. What cannot be read is stale.
pub fn explicit(
    shared: bool,
    directives: &ResponseDirectives,
    fields: &Fields,
    date: SystemTime,
) -> Option<Duration> {
    let delta = directives.s_maxage.filter(|_| shared).or(directives.max_age);
    if let Some(delta) = delta {
        return Some(match delta {
            Delta::Seconds(seconds) => Duration::from_secs(seconds),
            Delta::Invalid => Duration::ZERO,
        });
    }
    if !fields.contains("expires") {
        return None;
    }
    let expires = time(fields, "expires");
    Some(expires.and_then(|expires| expires.duration_since(date).ok()).unwrap_or_default().min(FOR_EVER))
}

/// RFC 9111 §4.2.2: what the model guesses from the status and `Last-Modified`.
pub fn heuristic(
    model: &Model,
    directives: &ResponseDirectives,
    response: &Response,
    date: SystemTime,
) -> Option<Duration> {
    let heuristics = &model.heuristics;
    if heuristics.permanent.contains(&response.status) {
        return Some(FOR_EVER);
    }
    if !(directives.public || heuristics.statuses.contains(&response.status)) {
        return None;
    }
    let modified = time(&response.fields, "last-modified")?;
    let unchanged = date.duration_since(modified).ok()?;
    Some((unchanged.saturating_mul(heuristics.percent) / 100).min(heuristics.longest))
}

/// The `freshness_lifetime` of a response in a cache of this model.
pub fn lifetime(
    model: &Model,
    directives: &ResponseDirectives,
    response: &Response,
    date: SystemTime,
) -> Duration {
    explicit(model.is_shared(), directives, &response.fields, date)
        .or_else(|| heuristic(model, directives, response, date))
        .or(model.default_ttl.filter(|_| HEURISTICALLY_CACHEABLE.contains(&response.status)))
        .unwrap_or_default()
}

/// RFC 9111 §4.2.3 `corrected_initial_age`: how old a response was when it came.
pub fn initial_age(
    fields: &Fields,
    date: SystemTime,
    requested_at: SystemTime,
    received_at: SystemTime,
) -> Duration {
    let apparent_age = received_at.duration_since(date).unwrap_or_default();
    let response_delay = received_at.duration_since(requested_at).unwrap_or_default();
    apparent_age.max(age_value(fields).saturating_add(response_delay))
}

/// The `Age` field (RFC 9111 §5.1): its first member, zero where that is no number.
fn age_value(fields: &Fields) -> Duration {
    let line = fields.lines("age").next();
    let first = line.and_then(|line| line.split(|&b| b == b',').next()).unwrap_or_default();
    Duration::from_secs(delta_seconds(first.trim_ascii()).unwrap_or(0))
}
