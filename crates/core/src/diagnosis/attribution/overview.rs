//! What holds of all requests that pages made in a run, whatever the rules.

use std::collections::BTreeSet;

use super::Performed;
use crate::{case::model::Client, diagnosis::Sighting, exchange::ServedBy, fetch::method, policy::Policy};

/// What pages were granted by the endpoint itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Overview {
    /// Some answer to a preflight has Access-Control-Allow-Origin.
    preflight_granted: bool,
    /// The statuses of answers to requests themselves that have it, and of those that lack it.
    granted: BTreeSet<u16>,
    bare: BTreeSet<u16>,
    /// Some answer to a request itself has it, and the rules do not allow the page every request header.
    granted_by_named_headers: bool,
    /// Some answer to a request itself has it, and the rules allow the page, but not the method.
    undeclared_method_granted: bool,
    /// Some preflight for a method that needs one is allowed without Access-Control-Request-Headers.
    bare_preflight_allowed: bool,
    /// Some such preflight is refused without them.
    bare_preflight_refused: bool,
    /// Some such preflight is allowed with them.
    preflight_with_headers_allowed: bool,
}

impl Overview {
    /// Of these tests. `declared`: the policy of those that set no rules of their own.
    pub(super) fn of(tests: &[Performed<'_>], declared: Option<&Policy>) -> Self {
        let mut overview = Self::default();
        // Dictated answers are not the endpoint's own.
        let is_dictated = |performed: &&Performed<'_>| {
            let given = performed.test.case.given.as_ref();
            given.is_some_and(|given| !given.answers.is_empty() || !given.routes.is_empty())
        };
        for performed in tests.iter().filter(|performed| !is_dictated(performed)) {
            let policy = performed.test.policy.as_deref().or(declared);
            let requests = performed.test.case.requests.iter();
            for (name, spec) in requests.filter(|(_, spec)| spec.client != Client::Raw) {
                if let Some(seen) = Sighting::of(name, spec, performed.transcript) {
                    overview.add(&seen, policy);
                }
            }
        }
        overview
    }

    fn add(&mut self, seen: &Sighting, policy: Option<&Policy>) {
        let Some(origin) = seen.origin.as_deref().filter(|_| seen.served_by == ServedBy::Network) else {
            return;
        };
        const FIELD: &str = "access-control-allow-origin";
        if let Some(response) = seen.response() {
            let is_granted = response.fields.contains(FIELD);
            let statuses = if is_granted { &mut self.granted } else { &mut self.bare };
            statuses.insert(response.status);
            if is_granted {
                self.granted_by_named_headers |= !policy.is_some_and(|it| allows_every_header(it, origin));
                self.undeclared_method_granted |= policy.is_some_and(|it| {
                    seen.method != "OPTIONS"
                        && it.allows_origin(origin.as_bytes())
                        && !it.allows_read(origin, &seen.method)
                });
            }
        }
        let Some(preflight) = seen.preflight_response() else { return };
        self.preflight_granted |= preflight.fields.contains(FIELD);
        // The method of the others is allowed without a word.
        if method::is_safelisted(&seen.method) {
            return;
        }
        let allowed = !seen.reason.is_some_and(|reason| reason.is_of_preflight());
        match (seen.headers.is_empty(), allowed) {
            (true, true) => self.bare_preflight_allowed = true,
            (true, false) => self.bare_preflight_refused = true,
            (false, true) => self.preflight_with_headers_allowed = true,
            (false, false) => {}
        }
    }

    /// Whether preflights are granted, and no request itself is, but where the rules allow every request header.
    pub(super) const fn only_preflights_are_granted(&self) -> bool {
        self.preflight_granted && !self.granted_by_named_headers
    }

    /// Whether requests are granted whose method the rules do not allow.
    pub(super) const fn undeclared_methods_are_granted(&self) -> bool {
        self.undeclared_method_granted
    }

    /// The statuses that come of another part of a server than 200, and never with CORS fields, where 200 has them. An
    /// origin can be refused with 400 to 404 as well.
    pub(super) fn bare_statuses(&self) -> BTreeSet<u16> {
        let is_bare = |status: &u16| self.bare.contains(status) && !self.granted.contains(status);
        let granted = self.granted.contains(&200);
        [206, 304, 412, 416].into_iter().filter(|status| granted && is_bare(status)).collect()
    }

    /// Whether preflights are allowed only with Access-Control-Request-Headers.
    pub(super) const fn preflights_need_headers(&self) -> bool {
        self.preflight_with_headers_allowed && self.bare_preflight_refused && !self.bare_preflight_allowed
    }
}

fn allows_every_header(policy: &Policy, origin: &str) -> bool {
    let mut rules = policy.rules.iter().filter(|rule| rule.allows_origin(origin));
    rules.any(|rule| rule.allowed_headers.iter().any(|name| name == "*"))
}
