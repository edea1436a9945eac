//! Freshness (RFC 9111 §4.2): for how long a stored response may be reused without asking,
//! and how old it is.

use std::time::{Duration, SystemTime};

use super::{
    Model,
    directives::{Delta, MAX_DELTA_SECONDS, ResponseDirectives, delta_seconds},
};
use crate::message::{Fields, Response, list};

/// A lifetime that no run of ours outlives.
pub(super) const FOR_EVER: Duration = Duration::from_secs(MAX_DELTA_SECONDS);

/// The value of `Date`, or when the response came where it has none that can be read
/// (RFC 9110 §6.6.1).
pub(super) fn date(fields: &Fields, received_at: SystemTime) -> SystemTime {
    time(fields, "date").unwrap_or(received_at)
}

/// The first line of a field as a time (RFC 9110 §5.6.7).
pub(super) fn time(fields: &Fields, name: &str) -> Option<SystemTime> {
    let line = fields.lines(name).next()?;
    httpdate::parse_http_date(std::str::from_utf8(line).ok()?.trim()).ok()
}

/// RFC 9111 §4.2.1: `s-maxage` in a shared cache, `max-age`, `Expires`. `None` where nothing
/// explicit is said. What cannot be read is stale.
pub(super) fn explicit(
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
pub(super) fn heuristic(
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
pub(super) fn lifetime(
    model: &Model,
    directives: &ResponseDirectives,
    response: &Response,
    date: SystemTime,
) -> Duration {
    explicit(model.is_shared(), directives, &response.fields, date)
        .or_else(|| heuristic(model, directives, response, date))
        .or_else(|| model.default_ttl_of(response))
        .unwrap_or_default()
}

/// RFC 9111 §4.2.3 `corrected_initial_age`: how old a response was when it came.
pub(super) fn initial_age(
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
    let first = line.and_then(|line| list::parts(line).next()).unwrap_or_default();
    Duration::from_secs(delta_seconds(first).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lines = &'static [(&'static str, &'static str)];

    const DAY: u64 = 24 * 3600;
    const NOON: &str = "Mon, 02 Nov 2026 12:00:00 GMT";

    fn noon() -> SystemTime {
        httpdate::parse_http_date(NOON).unwrap()
    }

    fn response(status: u16, fields: Lines) -> Response {
        fields.iter().fold(Response::new(status), |r, (name, value)| r.with_field(name, value))
    }

    #[test]
    fn lifetime_of_a_response() {
        const BROWSER: Model = Model::BROWSER;
        const SHARED: Model = Model::SHARED;
        const CDN: Model = Model { default_ttl: Some(Duration::from_secs(60)), ..Model::URL_KEYED };
        const TEN_DAYS_AGO: (&str, &str) = ("Last-Modified", "Fri, 23 Oct 2026 12:00:00 GMT");
        const YEARS_AGO: (&str, &str) = ("Last-Modified", "Thu, 02 Nov 2006 12:00:00 GMT");
        #[rustfmt::skip]
        let rows: &[(&str, Model, u16, Lines, u64)] = &[
            ("§4.2.1 max-age", BROWSER, 200, &[("Cache-Control", "max-age=60")], 60),
            ("§4.2.1 s-maxage, private", BROWSER, 200, &[("Cache-Control", "max-age=60, s-maxage=5")], 60),
            ("§4.2.1 s-maxage, shared", SHARED, 200, &[("Cache-Control", "max-age=60, s-maxage=5")], 5),
            ("§4.2.1 s-maxage alone, private", BROWSER, 200, &[("Cache-Control", "s-maxage=5")], 0),
            ("§4.2.1 an s-maxage that is no number", SHARED, 200, &[("Cache-Control", "max-age=60, s-maxage=x")], 0),
            ("§4.2.1 a max-age that is no number", BROWSER, 200, &[("Cache-Control", "max-age=x"), ("Expires", "Mon, 02 Nov 2026 12:01:00 GMT")], 0),
            ("§4.2.1 Expires", BROWSER, 200, &[("Expires", "Mon, 02 Nov 2026 12:01:00 GMT")], 60),
            ("§5.3 max-age goes before Expires", BROWSER, 200, &[("Cache-Control", "max-age=5"), ("Expires", "Mon, 02 Nov 2026 12:01:00 GMT")], 5),
            ("§5.3 Expires: 0", BROWSER, 200, &[("Expires", "0"), TEN_DAYS_AGO], 0),
            ("§5.3 Expires that is no date", BROWSER, 200, &[("Expires", "tomorrow")], 0),
            ("§5.3 Expires before Date", BROWSER, 200, &[("Expires", "Mon, 02 Nov 2026 11:00:00 GMT")], 0),
            ("§5.3 Expires of RFC 850", BROWSER, 200, &[("Expires", "Monday, 02-Nov-26 12:01:00 GMT")], 60),
            ("§5.3 Expires of asctime", BROWSER, 200, &[("Expires", "Mon Nov  2 12:01:00 2026")], 60),
            ("§4.2.1 two Expires lines: the first", BROWSER, 200, &[("Expires", "Mon, 02 Nov 2026 12:01:00 GMT"), ("Expires", "0")], 60),
            ("§4.2.2 ten percent", BROWSER, 200, &[TEN_DAYS_AGO], DAY),
            ("§4.2.2 404 too", BROWSER, 404, &[TEN_DAYS_AGO], DAY),
            ("§4.2.2 not 500", BROWSER, 500, &[TEN_DAYS_AGO], 0),
            ("§4.2.2 500 if public", BROWSER, 500, &[("Cache-Control", "public"), TEN_DAYS_AGO], DAY),
            ("§4.2.2 without Last-Modified", BROWSER, 200, &[], 0),
            ("§4.2.2 modified after Date", BROWSER, 200, &[("Last-Modified", "Tue, 03 Nov 2026 12:00:00 GMT")], 0),
            ("Chromium guesses nothing for 404", Model::CHROMIUM, 404, &[TEN_DAYS_AGO], 0),
            ("Chromium keeps 301 for ever", Model::CHROMIUM, 301, &[], FOR_EVER.as_secs()),
            ("Chromium keeps 301 by max-age", Model::CHROMIUM, 301, &[("Cache-Control", "max-age=5")], 5),
            ("Firefox guesses a week at most", Model::FIREFOX, 200, &[YEARS_AGO], 7 * DAY),
            ("Firefox guesses nothing for 301", Model::FIREFOX, 301, &[], 0),
            ("a default TTL", CDN, 200, &[], 60),
            ("a default TTL where nothing else is known", CDN, 200, &[("Cache-Control", "max-age=5")], 5),
            ("a default TTL is not for 500", CDN, 500, &[], 0),
        ];
        for (what, model, status, fields, expected) in rows {
            let response = response(*status, fields);
            let directives = ResponseDirectives::parse(&response.fields);
            let found = lifetime(model, &directives, &response, noon());
            assert_eq!(found.as_secs(), *expected, "{what}");
        }
    }

    #[test]
    fn age_of_a_response_when_it_comes() {
        // Requested 2 s before it came, which was at noon.
        #[rustfmt::skip]
        let rows: &[(&str, Lines, u64)] = &[
            ("§4.2.3 no Date, no Age: the delay", &[], 2),
            ("§4.2.3 made just now", &[("Date", NOON)], 2),
            ("§4.2.3 an hour old by Date", &[("Date", "Mon, 02 Nov 2026 11:00:00 GMT")], 3600),
            ("§4.2.3 Date in the future", &[("Date", "Mon, 02 Nov 2026 13:00:00 GMT")], 2),
            ("§4.2.3 Age and the delay", &[("Date", NOON), ("Age", "60")], 62),
            ("§4.2.3 the greater of both", &[("Date", "Mon, 02 Nov 2026 11:00:00 GMT"), ("Age", "60")], 3600),
            ("§5.1 an Age that is no number", &[("Age", "-1")], 2),
            ("§5.1 several members: the first", &[("Age", "60, 0")], 62),
            ("§5.1 several lines: the first", &[("Age", "60"), ("Age", "0")], 62),
            ("§1.2.2 an Age beyond counting", &[("Age", "99999999999999999999")], MAX_DELTA_SECONDS + 2),
        ];
        for (what, fields, expected) in rows {
            let fields = response(200, fields).fields;
            let received_at = noon();
            let requested_at = received_at - Duration::from_secs(2);
            let found = initial_age(&fields, date(&fields, received_at), requested_at, received_at);
            assert_eq!(found.as_secs(), *expected, "{what}");
        }
    }
}
