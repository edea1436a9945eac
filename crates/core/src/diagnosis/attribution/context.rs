//! The request that a finding is of, with its answer and the rules that it is judged by.

use super::codes;
use crate::{
    case::model::RequestSpec,
    diagnosis::{Cause, Sighting},
    exchange::ServedBy,
    message::{Response, list},
    policy::Policy,
    promise::Promise,
};

/// What is known of the test that a finding is of.
pub(super) struct Context<'a> {
    pub(super) sighting: Option<&'a Sighting>,
    pub(super) spec: Option<&'a RequestSpec>,
    pub(super) policy: Option<&'a Policy>,
    pub(super) promise: Option<&'a Promise>,
}

impl Context<'_> {
    /// The page's origin.
    pub(super) fn origin(&self) -> &str {
        let sent = self.sighting.and_then(|seen| seen.origin.as_deref());
        sent.or_else(|| self.spec?.origin.as_deref()).unwrap_or_default()
    }

    pub(super) fn allow_origin(&self) -> Option<String> {
        self.sighting?.decisive()?.fields.text("access-control-allow-origin")
    }

    /// Whether the answer allows credentials.
    pub(super) fn allows_credentials(&self) -> bool {
        self.sighting.and_then(|seen| seen.decisive()).is_some_and(Response::allows_credentials)
    }

    pub(super) fn includes_credentials(&self) -> bool {
        self.sighting.is_some_and(|seen| seen.credentials)
    }

    /// Whether the answer names the origin that was sent.
    pub(super) fn is_echoed(&self) -> bool {
        self.allow_origin().is_some_and(|value| value == self.origin())
    }

    /// Whether a request of an origin that is not declared is refused with an error.
    pub(super) fn refuses_a_stranger(&self) -> bool {
        let Some(seen) = self.sighting else { return false };
        seen.origin.is_some()
            && !self.page_is_allowed()
            && seen.response().is_some_and(|response| matches!(response.status, 400 | 401 | 403))
    }

    /// Whether the answer was made of a stored one and a 304.
    pub(super) fn is_of_a_304(&self) -> bool {
        self.sighting.is_some_and(|seen| seen.served_by == ServedBy::Validated)
    }

    pub(super) fn page_is_allowed(&self) -> bool {
        self.policy.is_some_and(|policy| policy.allows_origin(self.origin().as_bytes()))
    }

    /// Whether the answer lacks a response header in Access-Control-Expose-Headers that every rule of the page exposes.
    pub(super) fn lacks_exposed(&self) -> bool {
        let Some((policy, response)) = self.policy.zip(self.sighting.and_then(Sighting::decisive)) else {
            return false;
        };
        let listed = list::names(response.fields.lines("access-control-expose-headers"));
        let is_listed =
            |name: &String| listed.iter().any(|other| other == "*" || other.eq_ignore_ascii_case(name));
        let mut rules = policy.rules.iter().filter(|rule| rule.allows_origin(self.origin())).peekable();
        rules.peek().is_some() && rules.all(|rule| !rule.expose_headers.iter().all(is_listed))
    }

    /// Whether a response to an actual request has fields of preflight responses, and no Access-Control-Allow-Origin.
    pub(super) fn has_preflight_fields(&self) -> bool {
        const NAMES: [&str; 3] =
            ["access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"];
        let response = self.sighting.and_then(Sighting::response);
        response.is_some_and(|response| {
            !response.fields.contains("access-control-allow-origin")
                && NAMES.iter().any(|name| response.fields.contains(name))
        })
    }

    /// Whether a request that the case's author wrote wrongly on purpose makes the server fail.
    pub(super) fn fails_on_malformed(&self, cause: Option<Cause>) -> bool {
        matches!(cause, Some(Cause::RequestedHeadersMisread | Cause::MalformedRequestsMishandled))
            && self.sighting.and_then(Sighting::status).is_some_and(|status| status >= 500)
    }

    /// Whether the rules let the page send what it announces.
    pub(super) fn is_granted_by_rules(&self) -> bool {
        self.page_is_allowed() && self.method_is_declared() && self.undeclared_header().is_none()
    }

    pub(super) fn method_is_declared(&self) -> bool {
        let method = self.sighting.map_or("GET", |seen| seen.method.as_str());
        self.policy.is_some_and(|policy| policy.allows_read(self.origin(), method))
    }

    /// A header that was requested, and that no rule declares.
    pub(super) fn undeclared_header(&self) -> Option<String> {
        let policy = self.policy?;
        let seen = self.sighting?;
        let response = seen.preflight_response()?;
        let granted = codes::granted_headers(response);
        let declared = |name: &String| policy.rules.iter().any(|rule| rule.allows_header(name));
        let asked = seen.headers.iter().find(|name| !declared(name));
        asked.cloned().or_else(|| granted.into_iter().find(|name| name != "*" && !declared(name)))
    }
}
