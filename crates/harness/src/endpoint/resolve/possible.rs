//! Which declared policies no server can keep, because Fetch does not let browsers act on them.

use crosscheck_core::policy::Policy;

use super::{EndpointError, Layer, Layers, Problems, credentials, first};
use crate::endpoint::{Dialect, Provenance, WildcardList};

/// A list of one rule, under its name in a target file.
struct List<'a> {
    name: &'static str,
    wildcard: WildcardList,
    entries: &'a [String],
}

/// Looks at the methods that browsers never send as written, and at `*` together with credentials. Not among the allowed
/// headers: they are patterns, and an endpoint keeps `*` with credentials by naming the requested headers. `given`: the
/// layer that declares the rules or the origins.
pub(super) fn check(
    layers: Layers<'_>,
    policy: &Policy,
    given: (Provenance, &Layer),
    problems: &mut Problems,
) {
    let whole = given.1.policy.is_some();
    let dialect = first(layers, |layer| layer.dialect).map_or_else(Dialect::default, |(_, dialect)| dialect);
    let allowed = credentials(layers) == Some(true);
    for (index, rule) in policy.rules.iter().enumerate() {
        let lists = [
            List { name: "allowed_origins", wildcard: WildcardList::Origins, entries: &rule.allowed_origins },
            List { name: "allowed_methods", wildcard: WildcardList::Methods, entries: &rule.allowed_methods },
            List { name: "expose_headers", wildcard: WildcardList::Exposed, entries: &rule.expose_headers },
        ];
        for list in lists {
            for (number, entry) in list.entries.iter().enumerate() {
                let impossible = allowed && entry == "*" && is_literal(dialect, list.wildcard, policy);
                let corrected = corrected_method(entry).filter(|_| list.wildcard == WildcardList::Methods);
                let error = match corrected {
                    Some(_) => EndpointError::Method { text: entry.clone(), corrected },
                    None if impossible => EndpointError::CredentialedWildcard(list.wildcard),
                    None => continue,
                };
                let (index, number) = (index.to_string(), number.to_string());
                let full = ["policy", "rules", &index, list.name, &number];
                let short = [list.name, &number];
                let from = if whole { given.0 } else { source(layers, list.wildcard).unwrap_or(given.0) };
                problems.add(from, if whole { &full } else { &short }, error);
            }
        }
    }
}

/// Whether `*` in the list is what the endpoint sends. A bucket's rules are patterns: its answers name the origin and the
/// methods. Only for the origin `*` it answers `*`, and so cannot allow credentials if there is no other.
fn is_literal(dialect: Dialect, list: WildcardList, policy: &Policy) -> bool {
    match (dialect.rules(), list) {
        (None, _) => true,
        (Some(_), WildcardList::Origins) => {
            policy.rules.iter().flat_map(|rule| &rule.allowed_origins).all(|origin| origin == "*")
        }
        (Some(_), _) => false,
    }
}

/// The layer that a list of the one rule comes from.
fn source(layers: Layers<'_>, list: WildcardList) -> Option<Provenance> {
    let get = |layer: &Layer| match list {
        WildcardList::Origins => layer.allowed_origins.is_some(),
        WildcardList::Methods => layer.allowed_methods.is_some(),
        WildcardList::Exposed => layer.expose_headers.is_some(),
    };
    layers.iter().find(|(_, layer)| get(layer)).map(|(from, _)| *from)
}

/// PATCH in another case, which no browser changes and no server knows, is probably not meant so.
pub(super) fn corrected_method(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    (upper == "PATCH" && *text != upper).then_some(upper)
}
