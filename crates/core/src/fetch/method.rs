//! Fetch §2.2.1: methods.

use crate::message::is_token;

/// Fetch §2.2.1 *CORS-safelisted method*.
pub fn is_safelisted(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// Fetch §2.2.1 *forbidden method*: never sent for a script, in whatever case.
pub fn is_forbidden(method: &str) -> bool {
    ["CONNECT", "TRACE", "TRACK"].iter().any(|name| method.eq_ignore_ascii_case(name))
}

/// Whether it is a method at all: RFC 9110 §9.1 `token`.
pub fn is_method(method: &str) -> bool {
    is_token(method.as_bytes())
}

/// Fetch §2.2.1 *normalize* a method: six methods are upper-cased, every other keeps its case,
/// so that `patch` stays `patch`.
pub fn normalize(method: &str) -> String {
    ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]
        .into_iter()
        .find(|name| method.eq_ignore_ascii_case(name))
        .unwrap_or(method)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_normalised_forbidden_and_safelisted() {
        // As written; as sent; forbidden; safelisted once normalised.
        let table = [
            ("get", "GET", false, true),
            ("hEaD", "HEAD", false, true),
            ("post", "POST", false, true),
            ("Put", "PUT", false, false),
            ("delete", "DELETE", false, false),
            ("options", "OPTIONS", false, false),
            ("patch", "patch", false, false),
            ("PATCH", "PATCH", false, false),
            ("Chicken", "Chicken", false, false),
            ("*", "*", false, false),
            ("connect", "connect", true, false),
            ("TRACE", "TRACE", true, false),
            ("Track", "Track", true, false),
        ];
        for (written, sent, forbidden, safelisted) in table {
            assert_eq!(normalize(written), sent);
            assert_eq!(is_forbidden(written), forbidden, "{written}");
            assert_eq!(is_safelisted(&normalize(written)), safelisted, "{written}");
        }
        for invalid in ["", "GE T", "GET\r", "a,b", "(", "ü"] {
            assert!(!is_method(invalid), "{invalid:?}");
        }
    }
}
