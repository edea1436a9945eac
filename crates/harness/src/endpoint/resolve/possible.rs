//! Which entries of declared rules mean nothing: origins that no browser sends, methods that are not sent as written, and
//! `*` where Fetch does not let browsers act on it.

use crosscheck_core::policy::Policy;

use super::{EndpointError, Layer, Layers, Problems, check_origin, credentials, first};
use crate::endpoint::{Dialect, Provenance, WildcardList};

/// An entry of a rule that means nothing.
pub(in crate::endpoint) struct Fault {
    list: WildcardList,
    /// The place in a policy: `rules`, the rule's number, the list, the entry's number.
    place: [String; 4],
    pub(in crate::endpoint) error: EndpointError,
}

impl Fault {
    /// The place within `policy`.
    pub(in crate::endpoint) fn place(&self) -> Vec<&str> {
        self.place.iter().map(String::as_str).collect()
    }
}

/// Every such entry of a policy. Not among the allowed headers: they are patterns, and an endpoint keeps `*` with
/// credentials by naming the requested headers. `allowed`: whether credentials are declared as allowed.
pub(in crate::endpoint) fn faults(policy: &Policy, dialect: Dialect, allowed: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        for (list, entries) in [
            (WildcardList::Origins, &rule.allowed_origins),
            (WildcardList::Methods, &rule.allowed_methods),
            (WildcardList::Exposed, &rule.expose_headers),
        ] {
            for (number, entry) in entries.iter().enumerate() {
                let mut add = |error| {
                    let place =
                        ["rules".to_owned(), index.to_string(), list.field().to_owned(), number.to_string()];
                    faults.push(Fault { list, place, error });
                };
                if allowed && entry == "*" && is_literal(dialect, list, policy) {
                    add(EndpointError::CredentialedWildcard(list));
                }
                match list {
                    WildcardList::Origins => {
                        if let Err(fault) = check_origin(entry) {
                            add(EndpointError::Origin { text: entry.clone(), fault });
                        }
                    }
                    WildcardList::Methods => {
                        if let Some(corrected) = corrected_method(entry) {
                            add(EndpointError::Method { text: entry.clone(), corrected: Some(corrected) });
                        }
                    }
                    WildcardList::Exposed => {}
                }
            }
        }
    }
    faults
}

/// Reports every such entry of the declared rules. `given`: the layer that declares the rules or the origins.
pub(super) fn check(
    layers: Layers<'_>,
    policy: &Policy,
    given: (Provenance, &Layer),
    problems: &mut Problems,
) {
    let whole = given.1.policy.is_some();
    let dialect = first(layers, |layer| layer.dialect).map_or_else(Dialect::default, |(_, dialect)| dialect);
    for fault in faults(policy, dialect, credentials(layers) == Some(true)) {
        let place = fault.place();
        if whole {
            problems.add(given.0, &[&["policy"], place.as_slice()].concat(), fault.error.clone());
        } else {
            // Beside `policy` there is one rule, whose lists stand by themselves.
            let from = source(layers, fault.list).unwrap_or(given.0);
            problems.add(from, place.get(2..).unwrap_or_default(), fault.error.clone());
        }
    }
}

/// Whether `*` in the list is what the endpoint sends. A bucket's rules are patterns: its answers name the origin and the
/// methods. It answers `*` only if the origin is `*` in every rule, and then it cannot allow credentials.
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
pub(in crate::endpoint) fn corrected_method(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    (upper == "PATCH" && *text != upper).then_some(upper)
}
