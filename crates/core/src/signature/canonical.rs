//! The canonical forms that all schemes are made of.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::message::Fields;

/// Everything but RFC 3986's unreserved characters.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same, with the slashes of a path left alone.
const PATH: &AsciiSet = &STRICT.remove(b'/');

/// Percent-encodes everything but unreserved characters.
pub(super) fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, STRICT).to_string()
}

/// Percent-encodes everything but unreserved characters and slashes.
pub(super) fn encode_path(bytes: &[u8]) -> String {
    percent_encode(bytes, PATH).to_string()
}

/// Percent-decodes a path; what is no escape stays.
pub(super) fn decode_path(path: &str) -> Vec<u8> {
    percent_decode(path.as_bytes()).collect()
}

/// A part of a query as it was meant: `+` is a space, as HTML forms and many clients write it.
pub(super) fn decode(text: &str) -> Vec<u8> {
    percent_decode(text.replace('+', "%20").as_bytes()).collect()
}

/// The parameters of a query in order, decoded; empty ones between two `&` are none.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_ {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    })
}

/// The canonical query: encoded anew and sorted, without the parameter that has the signature.
/// `bare`: a parameter without a value is written without `=`, as OSS V4 does.
pub(super) fn query(query: &str, without: Option<&str>, bare: bool) -> String {
    let mut parts: Vec<(String, String)> = parameters(query)
        .filter(|(name, _)| without.is_none_or(|without| name != without.as_bytes()))
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    parts.sort();
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(name, value)| if bare && value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    parts.join("&")
}

/// The value of a field with several lines as one line.
pub(super) fn joined(fields: &Fields, name: &str) -> Vec<u8> {
    let lines: Vec<&[u8]> = fields.lines(name).map(|line| line.trim_ascii()).collect();
    lines.join(&b","[..])
}

/// Runs of spaces folded into one, as SigV4 wants it.
pub(super) fn folded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    for byte in value {
        if *byte != b' ' || out.last() != Some(&b' ') {
            out.push(*byte);
        }
    }
    out
}

/// The names of the fields that begin with `prefix`, in lower case, sorted, each once.
pub(super) fn names(fields: &Fields, prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = fields
        .iter()
        .map(|field| field.name.to_ascii_lowercase())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_anew_and_sorted() {
        // (as on the request line, SigV4, OSS V4)
        for (given, aws, oss) in [
            ("", "", ""),
            ("cors", "cors=", "cors"),
            ("cors=", "cors=", "cors"),
            ("b=2&a=1", "a=1&b=2", "a=1&b=2"),
            ("a=2&a=1&&", "a=1&a=2", "a=1&a=2"),
            ("k=a+b%20c%2B", "k=a%20b%20c%2B", "k=a%20b%20c%2B"),
            ("k=a=b", "k=a%3Db", "k=a%3Db"),
            ("k=%zz", "k=%25zz", "k=%25zz"),
            ("s=x&k=~*", "k=~%2A", "k=~%2A"),
        ] {
            assert_eq!(query(given, Some("s"), false), aws, "{given}");
            assert_eq!(query(given, Some("s"), true), oss, "{given}");
        }
    }

    #[test]
    fn values_are_folded_and_joined() {
        let fields: Fields = [("X-A", " one  two "), ("x-b", "3"), ("x-a", "four")].into_iter().collect();
        assert_eq!(folded(&joined(&fields, "x-a")), b"one two,four");
        assert_eq!(names(&fields, "x-"), ["x-a", "x-b"]);
    }
}
