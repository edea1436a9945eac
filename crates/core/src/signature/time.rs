//! The two forms of a date in signed requests.

use std::time::SystemTime;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// Seconds since 1970-01-01T00:00:00Z; before and far beyond, the nearest that there is.
pub(super) fn seconds(time: SystemTime) -> i64 {
    Timestamp::try_from(time).map_or(0, Timestamp::as_second)
}

/// `20261123T202557Z`, ISO 8601's basic form.
pub(super) fn basic(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or_default().strftime(BASIC).to_string()
}

/// Reads [`basic`]'s form.
pub(super) fn parse_basic(text: &str) -> Option<i64> {
    if text.len() != 16 {
        return None;
    }
    let date = DateTime::strptime(BASIC, text).ok()?;
    Some(TimeZone::UTC.to_timestamp(date).ok()?.as_second())
}

/// Reads either form: [`basic`]'s, or an HTTP date (RFC 9110 §5.6.7).
pub(super) fn parse(text: &str) -> Option<i64> {
    parse_basic(text).or_else(|| httpdate::parse_http_date(text).ok().map(seconds))
}

/// The date of a request as HTTP writes it.
pub(super) fn http(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, expected) in [
            ("20261123T202557Z", Some(1_795_465_557)),
            ("Mon, 23 Nov 2026 20:25:57 GMT", Some(1_795_465_557)),
            ("20261323T202557Z", None),
            ("20261123T202557", None),
            ("2026-11-23T20:25:57Z", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
        assert_eq!(basic(1_795_465_557), "20261123T202557Z");
    }
}
