//! Fetch §2.2.2: which request headers need no preflight.

use super::{header, mime, profile::Safelist, range::parse_single_range};
use crate::message::Fields;

/// The longest value of a CORS-safelisted request-header, in bytes.
pub const VALUE_LIMIT: usize = 128;

/// Fetch §2.2.2 *CORS-unsafe request-header byte*.
pub fn is_unsafe_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || b"\"():<>?@[\\]{}\x7F".contains(&byte)
}

/// Fetch §2.2.2 *CORS-safelisted request-header*.
pub fn is_safelisted(name: &str, value: &[u8]) -> bool {
    is_safelisted_by(name, value, &Safelist::SPEC)
}

/// [`is_safelisted`], as a browser does it.
pub fn is_safelisted_by(name: &str, value: &[u8], list: &Safelist) -> bool {
    let non_ascii = list.non_ascii_is_unsafe && !value.is_ascii();
    if value.len() > VALUE_LIMIT || non_ascii {
        return false;
    }
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("accept") {
        return !value.iter().copied().any(is_unsafe_byte);
    }
    if is("accept-language") || is("content-language") {
        return value.iter().all(|byte| byte.is_ascii_alphanumeric() || b" *,-.;=".contains(byte));
    }
    if is("content-type") {
        let comma = list.comma_in_content_type_is_unsafe && value.contains(&b',');
        return !comma
            && !value.iter().copied().any(is_unsafe_byte)
            && mime::essence(value).is_some_and(|essence| is_safelisted_mime_type(&essence));
    }
    if is("range") {
        return parse_single_range(value, false).is_some_and(|range| {
            range.start.is_some() && list.highest_position.is_none_or(|highest| range.is_within(highest))
        });
    }
    if is("save-data") && list.more_names.contains(&"save-data") {
        return value.eq_ignore_ascii_case(b"on");
    }
    list.more_names.iter().any(|other| is(other))
}

fn is_safelisted_mime_type(essence: &str) -> bool {
    matches!(essence, "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain")
}

/// Fetch §2.2.2 *CORS-unsafe request-header names*: lower case, sorted, each once.
pub fn unsafe_request_header_names(headers: &Fields) -> Vec<String> {
    unsafe_request_header_names_by(headers, &Safelist::SPEC)
}

/// [`unsafe_request_header_names`], as a browser does it.
pub fn unsafe_request_header_names_by(headers: &Fields, list: &Safelist) -> Vec<String> {
    let mut names = Vec::new();
    let mut potentially = Vec::new();
    let mut size = 0_usize;
    let combined;
    let headers = if list.combines_lines && has_repeated_names(headers) {
        combined = combine_all(headers);
        &combined
    } else {
        headers
    };
    for field in headers {
        if is_safelisted_by(&field.name, &field.value, list) {
            size = size.saturating_add(field.value.len());
            potentially.push(field.name.to_ascii_lowercase());
        } else {
            names.push(field.name.to_ascii_lowercase());
        }
    }
    if list.total_limit.is_some_and(|limit| size > limit) {
        names.append(&mut potentially);
    }
    names.sort();
    if !list.repeats_names {
        names.dedup();
    }
    names
}

fn has_repeated_names(headers: &Fields) -> bool {
    headers
        .iter()
        .enumerate()
        .any(|(at, field)| headers.iter().skip(at + 1).any(|other| other.is(&field.name)))
}

pub(super) fn combine_all(headers: &Fields) -> Fields {
    let mut combined = Fields::new();
    for field in headers {
        header::combine(&mut combined, &field.name, &field.value);
    }
    combined
}

/// Fetch §2.2.2 *no-CORS-safelisted request-header*.
pub fn is_no_cors_safelisted(name: &str, value: &[u8]) -> bool {
    ["accept", "accept-language", "content-language", "content-type"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
        && is_safelisted(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::profile::Profile;

    #[test]
    fn single_headers_are_safelisted_by_name_and_value() {
        let long = "a".repeat(129);
        let limit = "a".repeat(128);
        let table: Vec<(&str, &str, bool)> = vec![
            ("Accept", "", true),
            ("accept", "text/html, */*;q=0.8", true),
            ("Accept", "a\tb", true),
            ("Accept", "a\u{1}b", false),
            ("Accept", "a(b", false),
            ("Accept", "\u{7f}", false),
            ("Accept", &limit, true),
            ("Accept", &long, false),
            ("Accept-Language", "en;q=0.9, *", true),
            ("Accept-Language", "en/x", false),
            ("Accept-Language", "en_US", false),
            ("Content-Language", "de-DE", true),
            ("Content-Language", "de@x", false),
            ("Content-Type", "text/plain;charset=UTF-8", true),
            ("content-type", "Multipart/Form-Data; boundary=x", true),
            ("Content-Type", "application/x-www-form-urlencoded", true),
            ("Content-Type", "application/json", false),
            ("Content-Type", "text/html", false),
            ("Content-Type", "text/plain, application/json", false),
            ("Content-Type", "text/plain; a=b, application/json", true),
            ("Content-Type", "text/plain; a=@", false),
            ("Content-Type", "text /plain", false),
            ("Content-Type", "", false),
            ("Range", "bytes=0-1", true),
            ("Range", "bytes=0-", true),
            ("Range", "bytes=-1", false),
            ("Range", "bytes=5-1", false),
            ("Range", "bytes=0-1,2-3", false),
            ("Range", "Bytes=0-1", false),
            ("Authorization", "x", false),
            ("X-Custom", "1", false),
            ("Save-Data", "on", false),
            ("Last-Event-ID", "1", false),
            ("If-None-Match", "\"a\"", false),
            ("User-Agent", "x", false),
        ];
        for (name, value, safe) in table {
            assert_eq!(is_safelisted(name, value.as_bytes()), safe, "{name}: {value}");
        }
    }

    #[test]
    fn unsafe_names_are_lower_case_sorted_and_unique() {
        let headers: Fields =
            [("X-B", "1"), ("x-a", "2"), ("X-b", "3"), ("Accept", "x"), ("*", "1")].into_iter().collect();
        assert_eq!(unsafe_request_header_names(&headers), ["*", "x-a", "x-b"]);
    }

    #[test]
    fn values_of_more_than_1024_bytes_together_are_unsafe() {
        let lines = |count: usize| -> Fields { (0..count).map(|_| ("Accept", "a".repeat(128))).collect() };
        assert!(unsafe_request_header_names(&lines(8)).is_empty());
        assert_eq!(unsafe_request_header_names(&lines(9)), ["accept"]);
        let firefox = &Profile::Firefox.behaviour().safelist;
        assert!(unsafe_request_header_names_by(&lines(9), firefox).is_empty());
    }

    #[test]
    fn browsers_have_safelists_of_their_own() {
        // Headers; unsafe in Chromium; unsafe in Firefox.
        type Row =
            (&'static [(&'static str, &'static str)], &'static [&'static str], &'static [&'static str]);
        let table: [Row; 8] = [
            (&[("Save-Data", "on")], &[], &["save-data"]),
            (&[("Save-Data", "off")], &["save-data"], &["save-data"]),
            (&[("DPR", "2")], &[], &["dpr"]),
            (&[("X-A", "1")], &["x-a"], &["x-a"]),
            (&[("Content-Type", "text/plain; a=b, application/json")], &[], &["content-type"]),
            (&[("Content-Type", "text/plain"), ("Content-Type", "text/plain")], &["content-type"], &[]),
            (&[("Accept", "a"), ("Accept", "b")], &[], &[]),
            (&[("X-B", "1"), ("x-a", "2"), ("X-b", "3")], &["x-a", "x-b"], &["x-a", "x-b", "x-b"]),
        ];
        for (headers, chromium, firefox) in table {
            let fields: Fields = headers.iter().map(|&(name, value)| (name, value)).collect();
            let names =
                |profile: Profile| unsafe_request_header_names_by(&fields, &profile.behaviour().safelist);
            assert_eq!(names(Profile::Chromium), chromium, "{headers:?}");
            assert_eq!(names(Profile::Firefox), firefox, "{headers:?}");
        }
    }
}
