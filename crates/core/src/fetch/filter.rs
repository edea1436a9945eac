//! Fetch §2.2.6: what of a response a page may see.

use std::collections::HashSet;

use super::{header::is_forbidden_response_header_name, lists::extract_list};
use crate::message::{Field, Fields, Response};

const SAFELISTED: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Fetch §2.2.2 *CORS-safelisted response-header name* without regard to what is exposed.
pub fn is_safelisted_response_header_name(name: &str) -> bool {
    SAFELISTED.iter().any(|safe| safe.eq_ignore_ascii_case(name))
}

/// Fetch §2.2.6 *CORS-exposed header-name list* as §4.1 *main fetch* sets it: the members of
/// Access-Control-Expose-Headers, or every name where `*` exposes all, which it does without
/// credentials only. A list that cannot be parsed exposes nothing.
pub fn exposed_names(response: &Response, credentials: bool) -> Vec<String> {
    let listed = extract_list("Access-Control-Expose-Headers", &response.fields);
    let listed = listed.ok().flatten().unwrap_or_default();
    if credentials || !listed.iter().any(|name| name == "*") {
        return listed;
    }
    let mut names: Vec<String> =
        response.fields.iter().map(|field| field.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The header list of a *CORS filtered response* (Fetch §2.2.6).
pub fn cors_filtered(response: &Response, credentials: bool) -> Fields {
    /// Lists that are longer are looked up in a set: they may be as long as the response head.
    const SHORT: usize = 16;
    let exposed = exposed_names(response, credentials);
    let set: HashSet<String> = match exposed.len() {
        0..=SHORT => HashSet::new(),
        _ => exposed.iter().map(|name| name.to_ascii_lowercase()).collect(),
    };
    let is_exposed = |field: &Field| {
        if exposed.len() > SHORT {
            set.contains(&field.name.to_ascii_lowercase())
        } else {
            exposed.iter().any(|listed| field.is(listed))
        }
    };
    response.fields.filtered(|field| {
        is_safelisted_response_header_name(&field.name)
            || (is_exposed(field) && !is_forbidden_response_header_name(&field.name))
    })
}

/// The header list of a *basic filtered response* (Fetch §2.2.6).
pub fn basic_filtered(response: &Response) -> Fields {
    response.fields.filtered(|field| !is_forbidden_response_header_name(&field.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safelisted_and_exposed_headers_are_visible() {
        // Credentials; Access-Control-Expose-Headers lines; visible besides Content-Type.
        let table: [(bool, &[&str], &[&str]); 11] = [
            (false, &[], &[]),
            (false, &["x-a"], &["X-A"]),
            (false, &["X-A, ,x-b"], &["X-A", "X-B"]),
            (false, &["x-a", "x-b"], &["X-A", "X-B"]),
            (false, &["*"], &["X-A", "X-B", "ETag", "Access-Control-Expose-Headers"]),
            (false, &["x-q, *"], &["X-A", "X-B", "ETag", "Access-Control-Expose-Headers"]),
            (true, &["*"], &[]),
            (true, &["x-a, *"], &["X-A"]),
            (false, &["x-a, @@"], &[]),
            (false, &["x-a x-b"], &[]),
            (false, &["set-cookie, etag"], &["ETag"]),
        ];
        for (credentials, lines, visible) in table {
            let mut response = Response::new(200);
            for (name, value) in [
                ("Content-Type", "text/plain"),
                ("X-A", "1"),
                ("X-B", "2"),
                ("ETag", "e"),
                ("Set-Cookie", "c=1"),
            ] {
                response = response.with_field(name, value);
            }
            for line in lines {
                response = response.with_field("Access-Control-Expose-Headers", line);
            }
            let fields = cors_filtered(&response, credentials);
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).skip(1).collect();
            assert_eq!(names, visible, "{credentials} {lines:?}");
            assert!(!basic_filtered(&response).contains("set-cookie"));
        }
    }
}
