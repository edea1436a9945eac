//! Which names in the description of an endpoint must be tokens (RFC 9110 §5.6.2): with any other, nothing that is sent
//! or answered could ever be as declared. `*` is a token.

use crosscheck_core::message::is_token;

use super::{EndpointError, Layer, Layers, Problems, first};

const METHOD: &str = "method";
const HEADER: &str = "header name";

type List = fn(&Layer) -> Option<&Vec<String>>;

/// The lists of the one rule, what their entries are, and which of them a layer gives.
const LISTS: [(&str, &str, List); 3] = [
    ("allowed_methods", METHOD, |layer| layer.allowed_methods.as_ref()),
    ("allowed_headers", HEADER, |layer| layer.allowed_headers.as_ref()),
    ("expose_headers", HEADER, |layer| layer.expose_headers.as_ref()),
];

/// The roles whose values are names.
const ROLES: [(&str, &str); 6] = [
    ("method", METHOD),
    ("denied-method", METHOD),
    ("header", HEADER),
    ("second-header", HEADER),
    ("denied-header", HEADER),
    ("exposed-header", HEADER),
];

/// Looks at every name that will be used.
pub(super) fn check(layers: Layers<'_>, problems: &mut Problems) {
    for (name, what, get) in LISTS {
        if let Some((from, list)) = first(layers, get) {
            for (index, text) in wrong(list) {
                problems.add(from, &[name, &index], EndpointError::token(what, text));
            }
        }
    }
    if let Some((from, policy)) = first(layers, |layer| layer.policy.as_ref()) {
        for (rule, given) in policy.rules.iter().enumerate() {
            for (name, what, list) in [
                ("allowed_methods", METHOD, &given.allowed_methods),
                ("allowed_headers", HEADER, &given.allowed_headers),
                ("expose_headers", HEADER, &given.expose_headers),
            ] {
                for (index, text) in wrong(list) {
                    let at = ["policy", "rules", &rule.to_string(), name, &index];
                    problems.add(from, &at, EndpointError::token(what, text));
                }
            }
        }
    }
    if let Some((from, methods)) = first(layers, |layer| layer.capabilities.methods.as_ref()) {
        for (index, text) in wrong(methods) {
            problems.add(from, &["capabilities", "methods", &index], EndpointError::token(METHOD, text));
        }
    }
    for (role, what) in ROLES {
        if let Some((from, value)) = first(layers, |layer| layer.roles.get(role))
            && !is_token(value.as_bytes())
        {
            problems.add(from, &["roles", role], EndpointError::token(what, value));
        }
    }
}

/// The entries that are no tokens, with their places.
fn wrong(list: &[String]) -> impl Iterator<Item = (String, &str)> {
    let places = list.iter().enumerate().filter(|(_, text)| !is_token(text.as_bytes()));
    places.map(|(index, text)| (index.to_string(), text.as_str()))
}
