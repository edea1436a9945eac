use std::time::{Duration, SystemTime};

use crate::message::Fields;

/// How long `Retry-After` asks to wait (RFC 9110 §10.2.3): a number of seconds, or until a date. `None`: there is none,
/// or it is not valid.
pub fn retry_after(fields: &Fields, now: SystemTime) -> Option<Duration> {
    let text = fields.text("retry-after")?;
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are as good as for ever.
        return Some(Duration::from_secs(
            text.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX)),
        ));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now = httpdate::parse_http_date("Mon, 02 Nov 2026 12:00:00 GMT").unwrap();
        for (value, seconds) in [
            (Some("7"), Some(7)),
            (Some(" 7 "), Some(7)),
            (Some("0"), Some(0)),
            (Some("99999999999999999999999"), Some(u64::from(u32::MAX))),
            (Some("Mon, 02 Nov 2026 12:00:30 GMT"), Some(30)),
            (Some("Mon, 02 Nov 2026 11:00:00 GMT"), Some(0)),
            (Some("-1"), None),
            (Some("1.5"), None),
            (Some("soon"), None),
            (Some(""), None),
            (None, None),
        ] {
            let mut fields = Fields::new();
            if let Some(value) = value {
                fields.push("Retry-After", value.as_bytes().to_vec());
            }
            assert_eq!(retry_after(&fields, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
