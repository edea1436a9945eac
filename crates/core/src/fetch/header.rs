//! Fetch §2.2.2: header names, values and lists.

use bytes::Bytes;

use super::method;
use crate::message::{Fields, isomorphic, list};

/// Fetch §2.2.2 *normalize* a header value: without the whitespace around it.
pub fn normalize_value(value: &[u8]) -> &[u8] {
    trim(value, |byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '))
}

/// Fetch §2.2.2 *header value*, of a normalised one: no NUL, CR or LF.
pub fn is_value(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

/// `bytes` without the bytes at both ends for which `which` holds.
pub(super) fn trim(bytes: &[u8], which: fn(u8) -> bool) -> &[u8] {
    let start = bytes.iter().position(|&byte| !which(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|&byte| !which(byte)).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// Fetch §2.2.2 *forbidden request-header*: what only the browser itself may set.
pub fn is_forbidden_request_header(name: &str, value: &[u8]) -> bool {
    const NAMES: [&str; 21] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    const OVERRIDES: [&str; 3] = ["x-http-method", "x-http-method-override", "x-method-override"];
    let lower = name.to_ascii_lowercase();
    if NAMES.contains(&lower.as_str()) || lower.starts_with("proxy-") || lower.starts_with("sec-") {
        return true;
    }
    OVERRIDES.contains(&lower.as_str())
        && decode_and_split(value).iter().any(|method| method::is_forbidden(method))
}

/// Fetch §2.2.2 *forbidden response-header name*: never shown to a script.
pub fn is_forbidden_response_header_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("set-cookie2")
}

/// Fetch §2.2.2 *request-body-header name*: dropped with the body when a redirect turns the
/// request into a GET.
pub const REQUEST_BODY_HEADERS: [&str; 4] =
    ["content-encoding", "content-language", "content-location", "content-type"];

/// Fetch §2.2.2 *CORS non-wildcard request-header name*.
pub const NON_WILDCARD_HEADER: &str = "authorization";

/// Fetch §2.2.2 *get, decode, and split* a header value: split at commas that stand in no
/// quoted string, and trimmed.
pub fn decode_and_split(value: &[u8]) -> Vec<String> {
    list::unquoted_parts(value).map(isomorphic::decode).collect()
}

/// Fetch §2.2.2 *append* to a header list: the name is written as the first line of it is.
pub fn append(fields: &mut Fields, name: &str, value: impl Into<Bytes>) {
    let name = fields.iter().find(|field| field.is(name)).map_or(name, |field| &field.name).to_owned();
    fields.push(name, value);
}

/// Fetch §2.2.2 *combine* in a header list: one line, the values joined by `, `.
pub fn combine(fields: &mut Fields, name: &str, value: &[u8]) {
    match fields.get(name) {
        Some(first) => {
            let mut joined = first.to_vec();
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(value);
            let written = fields.iter().find(|field| field.is(name)).map_or(name, |field| &field.name);
            let written = written.to_owned();
            fields.set(&written, joined);
        }
        None => fields.push(name, value.to_vec()),
    }
}

/// Fetch §2.2.2 *sort and combine*: as a script iterates over headers, names in lower case and
/// in order, values joined, `Set-Cookie` lines apart.
pub fn sort_and_combine(fields: &Fields) -> Vec<(String, String)> {
    let mut lines: Vec<(String, &Bytes)> =
        fields.iter().map(|field| (field.name.to_ascii_lowercase(), &field.value)).collect();
    // The lines of a name stay in their order.
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut sorted: Vec<(String, String)> = Vec::with_capacity(lines.len());
    for (name, value) in lines {
        let value = isomorphic::decode(value);
        match sorted.last_mut() {
            Some((last, joined)) if *last == name && name != "set-cookie" => {
                joined.push_str(", ");
                joined.push_str(&value);
            }
            _ => sorted.push((name, value)),
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_request_headers_are_the_browsers_own() {
        let table: [(&str, &str, bool); 16] = [
            ("Cookie", "a=b", true),
            ("COOKIE2", "a", true),
            ("Origin", "https://a.example", true),
            ("Access-Control-Request-Method", "PUT", true),
            ("Access-Control-Request-Local-Network", "true", false),
            ("Sec-Anything", "1", true),
            ("Proxy-Foo", "1", true),
            ("Set-Cookie", "a=b", true),
            ("DNT", "1", true),
            ("User-Agent", "mine", false),
            ("Authorization", "Bearer x", false),
            ("X-HTTP-Method-Override", "GET", false),
            ("X-HTTP-Method-Override", "TRACE", true),
            ("x-http-method", "get, track", true),
            ("X-Method-Override", "\"TRACE\"", false),
            ("X-Method-Override", ", connect", true),
        ];
        for (name, value, forbidden) in table {
            assert_eq!(is_forbidden_request_header(name, value.as_bytes()), forbidden, "{name}: {value}");
        }
    }

    #[test]
    fn values_are_split_as_the_standard_shows() {
        let table: [(&str, &[&str]); 8] = [
            ("nosniff,", &["nosniff", ""]),
            ("", &[""]),
            ("text/html;\", x/x", &["text/html;\", x/x"]),
            ("x/x;test=\"hi\",y/y", &["x/x;test=\"hi\"", "y/y"]),
            ("x / x,,,1", &["x / x", "", "", "1"]),
            ("\"1,2\", 3", &["\"1,2\"", "3"]),
            ("\"a\\\",b\",c", &["\"a\\\",b\"", "c"]),
            (" \ta\t , b", &["a", "b"]),
        ];
        for (value, split) in table {
            assert_eq!(decode_and_split(value.as_bytes()), split, "{value:?}");
        }
    }

    #[test]
    fn combining_keeps_the_place_and_case_of_the_first_line() {
        let mut fields: Fields = [("Accept", "a"), ("X-A", "1")].into_iter().collect();
        combine(&mut fields, "ACCEPT", b"b");
        combine(&mut fields, "New", b"c");
        let lines: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.text())).collect();
        assert_eq!(lines, [("Accept", "a, b".into()), ("X-A", "1".into()), ("New", "c".into())]);
    }

    #[test]
    fn scripts_see_sorted_lower_case_names() {
        let fields: Fields =
            [("X-B", "2"), ("Set-Cookie", "a"), ("x-a", "1"), ("set-cookie", "b"), ("x-b", "3")]
                .into_iter()
                .collect();
        let sorted = sort_and_combine(&fields);
        let sorted: Vec<_> = sorted.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(sorted, [("set-cookie", "a"), ("set-cookie", "b"), ("x-a", "1"), ("x-b", "2, 3")]);
    }
}
