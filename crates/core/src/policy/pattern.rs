//! Decides whether a pattern of a rule matches: `*` stands for any run of characters, also
//! an empty one, and the rest is anchored at both ends.
//!
//! Stores accept one `*` in a pattern ([`lint`](super::lint()) reports more); several are
//! matched all the same, in time that grows with pattern × text and no worse.

/// Whether an origin pattern matches an `Origin`, byte for byte: no case is folded, no default
/// port is added, nothing is a wildcard but `*`.
pub fn matches_origin(pattern: &str, origin: &[u8]) -> bool {
    glob(pattern.as_bytes(), origin, |a, b| a == b)
}

/// Whether a header pattern matches a header name (RFC 9110 §5.1: names have no case).
pub fn matches_name(pattern: &str, name: &str) -> bool {
    glob(pattern.as_bytes(), name.as_bytes(), <[u8]>::eq_ignore_ascii_case)
}

fn glob(pattern: &[u8], text: &[u8], same: fn(&[u8], &[u8]) -> bool) -> bool {
    // Most patterns are what they match.
    if !pattern.contains(&b'*') {
        return same(pattern, text);
    }
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let first = pieces.next().unwrap_or_default();
    let last = pieces.next_back().unwrap_or_default();
    if text.len() < first.len() + last.len() {
        return false;
    }
    let (head, rest) = text.split_at(first.len());
    let (middle, tail) = rest.split_at(rest.len() - last.len());
    same(head, first)
        && same(tail, last)
        && pieces
            .filter(|piece| !piece.is_empty())
            .try_fold(middle, |rest, piece| skip(rest, piece, same))
            .is_some()
}

/// What follows the first place of `piece` in `text`.
fn skip<'t>(text: &'t [u8], piece: &[u8], same: fn(&[u8], &[u8]) -> bool) -> Option<&'t [u8]> {
    let at = text.windows(piece.len()).position(|window| same(window, piece))?;
    text.get(at + piece.len()..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{matches_name, matches_origin};

    /// Pattern, origin, whether it matches.
    const ORIGINS: &[(&str, &str, bool)] = &[
        ("*", "", true),
        ("*", "https://a.example", true),
        ("*", "null", true),
        ("", "", true),
        ("", "x", false),
        ("https://a.example", "https://a.example", true),
        ("https://a.example", "https://A.example", false),
        ("https://a.example", "HTTPS://a.example", false),
        ("https://a.example", "http://a.example", false),
        ("https://a.example", "https://a.example/", false),
        ("https://a.example", "https://a.example:443", false),
        ("https://a.example", "https://a.example.evil.test", false),
        ("https://a.example", "https://evil.test/https://a.example", false),
        ("https://a.example", "https://axexample", false),
        ("https://a.example", "https://a.exampl", false),
        ("https://a.example:443", "https://a.example", false),
        ("www.example.com", "www.example.com", true),
        ("www.example.com", "https://www.example.com", false),
        ("*suffix", "foo.suffix", true),
        ("*suffix", "suffix", true),
        ("*suffix", "foo.bar", false),
        ("*suffix", "foo.suffix.get", false),
        ("start*end", "startend", true),
        ("start*end", "start1end", true),
        ("start*end", "start12end", true),
        ("start*end", "0start12end", false),
        ("start*end", "startend1", false),
        ("start*tart", "start", false),
        ("start*tend", "startend", false),
        ("prefix*", "prefix", true),
        ("prefix*", "prefix.suffix", true),
        ("prefix*", "bla.prefix", false),
        ("*.put", "foo.put", true),
        ("https://*.example.com", "https://a.example.com", true),
        ("https://*.example.com", "https://a.b.example.com", true),
        ("https://*.example.com", "https://.example.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "http://a.example.com", false),
        ("https://*.example.com", "https://a.example.com:8443", false),
        ("https://*.example.com", "https://a.example.com/", false),
        ("http://*.origin.com", "http://x.origin.com:80", false),
        ("http://localhost:*", "http://localhost:3000", true),
        ("http://localhost:*", "http://localhost", false),
        ("https://*", "https://anything.example", true),
        ("https://*", "null", false),
        ("*.example", "null", false),
        ("null", "null", true),
        ("null", "NULL", false),
        ("a*b*c", "abc", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "acb", false),
        ("a**c", "abc", true),
        ("**", "", true),
    ];

    /// Pattern, header name, whether it matches.
    const NAMES: &[(&str, &str, bool)] = &[
        ("*", "authorization", true),
        ("Content-Type", "content-type", true),
        ("content-type", "CONTENT-TYPE", true),
        ("content-type", "content-types", false),
        ("x-oss-*", "X-OSS-Meta-Author", true),
        ("X-Amz-*", "x-amz-acl", true),
        ("x-oss-*", "x-os", false),
        ("*-md5", "Content-MD5", true),
        ("x-*-id", "x-request-id", true),
        ("x-*-id", "x-id", false),
    ];

    #[test]
    fn origin_patterns_match_byte_for_byte_and_are_anchored() {
        for (pattern, origin, matches) in ORIGINS {
            assert_eq!(
                matches_origin(pattern, origin.as_bytes()),
                *matches,
                "{pattern:?} against {origin:?}"
            );
        }
    }

    #[test]
    fn header_patterns_have_no_case() {
        for (pattern, name, matches) in NAMES {
            assert_eq!(matches_name(pattern, name), *matches, "{pattern:?} against {name:?}");
        }
    }

    #[test]
    fn many_wildcards_over_a_long_text_end_soon() {
        let pattern = "*a".repeat(500) + "*b";
        let text = "a".repeat(20_000);
        assert!(!matches_origin(&pattern, text.as_bytes()));
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_its_wildcard_is_replaced_by(
            before in "[a-z:/.]{0,8}", run in "[ -~]{0,8}", after in "[a-z:/.]{0,8}",
        ) {
            let whole = format!("{before}{run}{after}");
            let pattern = format!("{before}*{after}");
            prop_assert!(matches_origin(&pattern, whole.as_bytes()));
            prop_assert!(matches_name(&pattern, &whole.to_ascii_uppercase()));
        }

        #[test]
        fn a_match_begins_and_ends_as_its_pattern(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            if matches_origin(&pattern, text.as_bytes()) {
                prop_assert!(text.starts_with(pattern.split('*').next().unwrap_or("")));
                prop_assert!(text.ends_with(pattern.rsplit('*').next().unwrap_or("")));
            }
        }
    }
}
