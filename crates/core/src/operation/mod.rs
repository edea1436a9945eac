//! Decides what an operation of an endpoint is, which part of the policy concerns it, and how the cases of a suite ask
//! for it. Knows no sockets and no files.

mod layer;
mod survey;

use url::Url;

pub use layer::{Layer, Sample, layer_of};
pub use survey::{Survey, Surveyed};

use crate::{
    case::model::{BodySpec, Case, Client, OneOrMany, RequestSpec},
    fetch::{method, unsafe_request_header_names},
    message::{Fields, is_safe_method},
    policy::{Policy, Rule},
    promise::ReadBy,
};

/// One method on one URL of an endpoint, with what it needs to be answered with success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name in reports and ids, unique within the endpoint: `GET /items`.
    pub name: String,
    /// Its method, normalised.
    pub method: String,
    /// Its URL with its query.
    pub url: Url,
    /// Request headers that a page sets for it, in order.
    pub headers: Vec<(String, String)>,
    /// The content that a page sends.
    pub body: Option<BodySpec>,
    /// The statuses that mean success; none: 2xx and 304.
    pub success: Vec<u16>,
    /// Whether its actual request may be sent. Without that, only its preflights are.
    pub send: bool,
    /// What it promises, where that is not what the endpoint promises.
    pub policy: Option<Policy>,
}

impl Operation {
    /// Whether actual requests with a method are sent by default: it must be safe (RFC 9110 §9.2.1).
    pub fn may_be_sent(method: &str) -> bool {
        is_safe_method(method)
    }

    /// Whether a response with this status is what its owner calls success.
    pub fn succeeds_with(&self, status: u16) -> bool {
        match self.success.as_slice() {
            [] => matches!(status, 200..=299 | 304),
            statuses => statuses.contains(&status),
        }
    }

    /// Whether a page's request for it needs a preflight (Fetch §4.8 HTTP fetch).
    pub fn needs_preflight(&self) -> bool {
        let fields: Fields =
            self.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
        !method::is_safelisted(&self.method) || !unsafe_request_header_names(&fields).is_empty()
    }

    /// The method by which pages read it.
    pub fn read_by(&self) -> ReadBy {
        ReadBy::Only(self.send.then(|| self.method.clone()))
    }

    /// The rules that hold for it: its own, or the endpoint's.
    pub fn rules<'p>(&'p self, endpoint: &'p Policy) -> &'p Policy {
        self.policy.as_ref().unwrap_or(endpoint)
    }

    /// The part of rules that concerns it: those that allow its method, with no other method.
    pub fn share(&self, rules: &Policy) -> Policy {
        let own = |rule: &Rule| Rule { allowed_methods: vec![self.method.clone()], ..rule.clone() };
        let rules_for_it = rules.rules.iter().filter(|rule| rule.allows_method(&self.method)).map(own);
        Policy { rules: rules_for_it.collect(), ..rules.clone() }
    }

    /// Whether the requests of a case can be made to an operation: none names a path of its own, and nothing is set
    /// up.
    pub fn is_asked_by(case: &Case) -> bool {
        case.given.is_none()
            && !case.embedded_only
            && case.requests.values().all(|request| request.path.is_none() && request.presign.is_none())
    }

    /// Makes the requests of a case requests for this operation: a page that reads the endpoint's URL by the usual GET
    /// reads by its method; actual requests by its method have its headers and its content.
    pub fn ask(&self, case: &mut Case) {
        for request in case.requests.values_mut().filter(|request| request.client == Client::Browser) {
            if request.method == "GET" {
                request.method.clone_from(&self.method);
            }
            if request.until.is_none() && method::normalize(&request.method) == self.method {
                self.complete(request);
            }
            // A query of its own stands behind that of the operation.
            if let (Some(query), Some(own)) = (&request.query, self.url.query()) {
                request.query = Some(format!("{own}&{query}"));
            }
        }
    }

    fn complete(&self, request: &mut RequestSpec) {
        for (name, value) in &self.headers {
            let set = request.headers.keys().any(|own| own.eq_ignore_ascii_case(name));
            if !set {
                request.headers.insert(name.clone(), OneOrMany::One(value.clone()));
            }
        }
        if request.body.is_none() {
            request.body.clone_from(&self.body);
        }
    }
}
