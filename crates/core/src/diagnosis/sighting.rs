//! One request and what came of it, as far as causes are told apart by it.

use std::sync::Arc;

use url::Url;

use crate::{
    case::model::{Client, Credentials, RequestSpec},
    exchange::{
        self, Exchange, Failure, OutcomeName, Purpose, Received, RequestResult, ServedBy, Step, Transcript,
    },
    fetch::{self, Profile, Reason, method, preflight},
    message::{Fields, Response, list},
};

/// One request of a page, or of a client that writes it itself, with everything that was answered to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The `Origin` that the first request had; `None`: none was sent.
    pub origin: Option<String>,
    /// The method of the request itself, as it is sent: of a preflight, the method that it announces.
    pub method: String,
    /// The CORS-unsafe request-header names, in lower case, sorted.
    pub headers: Vec<String>,
    /// Whether the credentials mode is `include`.
    pub credentials: bool,
    /// The URL that was requested first; `None`: nothing was sent.
    pub url: Option<Url>,
    /// The answer to the preflight, where one was sent: of several, the last.
    pub preflight: Option<Arc<Exchange>>,
    /// The request itself, and then each redirect hop.
    pub hops: Vec<Arc<Exchange>>,
    /// What a page gets.
    pub outcome: OutcomeName,
    /// Why it was blocked.
    pub reason: Option<Reason>,
    /// What the reason is about: a method, a header name, a field value.
    pub subject: Option<String>,
    /// Who served the answer that was judged last.
    pub served_by: ServedBy,
    /// Where a stored answer was used: the origin that it was stored for, if it is known, and the answer.
    pub stored: Option<Stored>,
}

/// A stored answer that was used.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The `Origin` of the request that it was stored for; `None`: one without Origin, or unknown.
    pub origin: Option<String>,
    /// The exchange that stored it, where it was seen.
    pub exchange: Option<Arc<Exchange>>,
}

impl Sighting {
    /// What a transcript tells of one of its requests; `None`: nothing was sent of it.
    pub fn of(name: &str, spec: &RequestSpec, transcript: &Transcript) -> Option<Self> {
        let steps = || transcript.steps.iter().filter(|step| step.request == name);
        let result = transcript.requests.get(name);
        let first = steps().next().map(|step| &step.exchange);
        if first.is_none() && result.is_none_or(|result| result.reason.is_none() && result.stored.is_none()) {
            return None;
        }
        let raw_preflight =
            |step: &&Step| step.purpose == Purpose::Raw && exchange::is_preflight(&step.exchange.sent);
        let preflight = steps().rfind(|step| step.purpose == Purpose::Preflight || raw_preflight(step));
        let hops: Vec<Arc<Exchange>> = steps()
            .filter(|step| step.purpose != Purpose::Preflight && !raw_preflight(step))
            .map(|step| Arc::clone(&step.exchange))
            .collect();
        let asked = preflight.map(|step| &step.exchange.sent);
        let method = asked
            .and_then(|sent| sent.fields.text("access-control-request-method"))
            .unwrap_or_else(|| method::normalize(&spec.method));
        let (outcome, reason, subject) = match preflight.filter(|_| hops.is_empty()) {
            Some(step) if spec.client == Client::Raw => of_raw_preflight(step, spec),
            _ => result.map_or((OutcomeName::Blocked, None, None), |result| {
                (result.outcome, result.reason, result.subject.clone())
            }),
        };
        Some(Self {
            origin: match (first, result) {
                (Some(first), _) => first.sent.fields.text("origin"),
                (None, result) => result.map(|result| result.origin.clone()),
            },
            headers: unsafe_names(asked.map(|sent| &sent.fields), spec),
            method,
            credentials: spec.credentials == Credentials::Include,
            url: first.map(|first| first.sent.url.clone()),
            preflight: preflight.map(|step| Arc::clone(&step.exchange)),
            hops,
            outcome,
            reason,
            subject,
            served_by: result
                .and_then(|result| result.served_by)
                .or_else(|| steps().next_back().map(|step| step.served_by))
                .unwrap_or(ServedBy::Network),
            stored: result.and_then(|result| stored(result, transcript)),
        })
    }

    /// Whether a page may read, or, where only a preflight was sent, may send the request.
    pub fn allowed(&self) -> bool {
        self.outcome == OutcomeName::Allowed
    }

    /// Whether a page was refused by what the endpoint itself answered.
    pub fn is_fresh_refusal(&self) -> bool {
        self.reason.is_some() && self.origin.is_some() && self.served_by == ServedBy::Network
    }

    /// Whether it is a preflight that a client wrote itself, with nothing after it.
    pub fn is_raw_preflight(&self) -> bool {
        self.hops.is_empty() && self.preflight.is_some() && self.reason.is_some()
    }

    /// The response to the preflight.
    pub fn preflight_response(&self) -> Option<&Response> {
        self.preflight.as_ref()?.response()
    }

    /// The last response to the request itself, redirects included.
    pub fn response(&self) -> Option<&Response> {
        self.hops.last()?.response()
    }

    /// The response that decided: of the request itself where it was sent, otherwise of the preflight.
    pub fn decisive(&self) -> Option<&Response> {
        self.decisive_exchange()?.response()
    }

    /// The exchange that decided.
    pub fn decisive_exchange(&self) -> Option<&Arc<Exchange>> {
        match self.reason {
            Some(reason) if reason.is_of_preflight() => self.preflight.as_ref().or(self.hops.last()),
            _ => self.hops.last().or(self.preflight.as_ref()),
        }
    }

    /// Why the request that decided got no response.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.decisive_exchange()?.received {
            Received::Failed(failure) => Some(failure),
            Received::Response(_) => None,
        }
    }

    /// The status of the response that decided.
    pub fn status(&self) -> Option<u16> {
        self.decisive().map(|response| response.status)
    }

    /// Whether the answer that decided has any CORS field that a page needs.
    pub fn has_allow_origin(&self) -> bool {
        self.decisive().is_some_and(|response| response.fields.contains("access-control-allow-origin"))
    }

    /// Whether an answer names the page's origin, or `*`.
    pub fn grants_origin(&self) -> bool {
        let named = |response: &Response| {
            let value = response.fields.text("access-control-allow-origin");
            value.is_some_and(|value| value == "*" || Some(&value) == self.origin.as_ref())
        };
        self.decisive().is_some_and(named) || self.preflight_response().is_some_and(named)
    }

    /// Whether the request itself was sent, and answered.
    pub fn was_sent(&self) -> bool {
        self.hops.iter().any(|hop| hop.response().is_some())
    }
}

/// What a browser makes of the answer to a preflight that a client wrote itself.
fn of_raw_preflight(step: &Step, spec: &RequestSpec) -> (OutcomeName, Option<Reason>, Option<String>) {
    let sent = &step.exchange.sent;
    let Some(response) = step.exchange.response() else {
        return (OutcomeName::Blocked, Some(Reason::PreflightNetworkError), None);
    };
    let origin = sent.fields.text("origin").unwrap_or_default();
    let method = sent.fields.text("access-control-request-method").unwrap_or_default();
    let names = requested(&sent.fields);
    let asked = preflight::Asked {
        origin: &origin,
        method: &method,
        unsafe_names: &names,
        credentials: spec.credentials == Credentials::Include,
        use_preflight: false,
    };
    match fetch::preflight_check(&asked, response, Profile::Spec.behaviour()) {
        Ok(_) => (OutcomeName::Allowed, None, None),
        Err(failure) => (OutcomeName::Blocked, Some(failure.reason()), failure.subject()),
    }
}

/// The header names that a preflight announces.
fn requested(fields: &Fields) -> Vec<String> {
    let mut names: Vec<String> = list::names(fields.lines("access-control-request-headers"));
    names.sort();
    names
}

fn unsafe_names(preflight: Option<&Fields>, spec: &RequestSpec) -> Vec<String> {
    if let Some(fields) = preflight {
        return requested(fields);
    }
    let mut pairs = Fields::new();
    for (name, values) in &spec.headers {
        for value in values.as_slice() {
            pairs.push(name.as_str(), value.clone());
        }
    }
    fetch::unsafe_request_header_names(&pairs)
}

fn stored(result: &RequestResult, transcript: &Transcript) -> Option<Stored> {
    if result.served_by.is_none_or(|by| by == ServedBy::Network) {
        return None;
    }
    let stored = result.stored.as_ref()?;
    let step = stored.step.and_then(|step| transcript.steps.get(step));
    Some(Stored { origin: stored.origin.clone(), exchange: step.map(|step| Arc::clone(&step.exchange)) })
}
