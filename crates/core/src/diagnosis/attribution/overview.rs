//! What holds of all requests that pages made in a run, whatever the rules.

use super::Performed;
use crate::{case::model::Client, diagnosis::Sighting, exchange::ServedBy};

/// What pages were granted by the endpoint itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overview {
    /// Some answer to a preflight has Access-Control-Allow-Origin.
    preflight_granted: bool,
    /// Some answer to a request itself has it.
    request_granted: bool,
    /// Some preflight without Access-Control-Request-Headers is allowed.
    bare_preflight_allowed: bool,
    /// Some preflight without them is refused.
    bare_preflight_refused: bool,
    /// Some preflight with them is allowed.
    preflight_with_headers_allowed: bool,
}

impl Overview {
    /// Of these tests.
    pub(super) fn of(tests: &[Performed<'_>]) -> Self {
        let mut overview = Self::default();
        // Dictated answers are not the endpoint's own.
        let is_dictated = |performed: &&Performed<'_>| {
            let given = performed.test.case.given.as_ref();
            given.is_some_and(|given| !given.answers.is_empty() || !given.routes.is_empty())
        };
        for performed in tests.iter().filter(|performed| !is_dictated(performed)) {
            let requests = performed.test.case.requests.iter();
            for (name, spec) in requests.filter(|(_, spec)| spec.client != Client::Raw) {
                if let Some(seen) = Sighting::of(name, spec, performed.transcript) {
                    overview.add(&seen);
                }
            }
        }
        overview
    }

    fn add(&mut self, seen: &Sighting) {
        if seen.origin.is_none() || seen.served_by != ServedBy::Network {
            return;
        }
        const FIELD: &str = "access-control-allow-origin";
        self.request_granted |= seen.response().is_some_and(|response| response.fields.contains(FIELD));
        let Some(preflight) = seen.preflight_response() else { return };
        self.preflight_granted |= preflight.fields.contains(FIELD);
        let allowed = !seen.reason.is_some_and(|reason| reason.is_of_preflight());
        match (seen.headers.is_empty(), allowed) {
            (true, true) => self.bare_preflight_allowed = true,
            (true, false) => self.bare_preflight_refused = true,
            (false, true) => self.preflight_with_headers_allowed = true,
            (false, false) => {}
        }
    }

    /// Whether preflights are granted, and no request itself ever is.
    pub(super) const fn only_preflights_are_granted(self) -> bool {
        self.preflight_granted && !self.request_granted
    }

    /// Whether preflights are allowed only with Access-Control-Request-Headers.
    pub(super) const fn preflights_need_headers(self) -> bool {
        self.preflight_with_headers_allowed && self.bare_preflight_refused && !self.bare_preflight_allowed
    }
}
