//! Which requests may be sent at all: to which hosts, and with which methods. Every request passes here on
//! its way out, whichever command makes it.

use crosscheck_core::{
    exchange::{Failure, SendContext, Stage},
    message::Request,
};
use url::{Origin, Url};

/// What the owner of an endpoint permits to be sent.
///
/// - Requests go to the target's own origins. To other origins goes only what follows a redirect of an
///   answer: a browser does, and CORS depends on it.
/// - Methods are those that the owner names. A CORS-preflight request asks for nothing to be done, so that
///   it is always permitted, whichever method it asks about.
#[derive(Clone, Debug)]
pub struct Gate {
    /// `None`: every origin.
    origins: Option<Vec<Origin>>,
    /// `None`: every method.
    methods: Option<Vec<String>>,
    /// Requests that are permitted besides: method and URL.
    also: Vec<(String, Url)>,
    follow_private: bool,
}

impl Gate {
    /// Permits everything: for what is ours, such as a server that a benchmark starts.
    pub const fn open() -> Self {
        Self { origins: None, methods: None, also: Vec::new(), follow_private: true }
    }

    /// Permits every method to these URLs' origins.
    pub fn every_method_to<'u>(urls: impl IntoIterator<Item = &'u Url>) -> Self {
        let origins = urls.into_iter().map(Url::origin).collect();
        Self { origins: Some(origins), methods: None, also: Vec::new(), follow_private: false }
    }

    /// Permits only these methods.
    #[must_use]
    pub fn with_methods(self, methods: Vec<String>) -> Self {
        Self { methods: Some(methods), ..self }
    }

    /// Permits this method on this URL, besides; what is added to its query does not matter.
    #[must_use]
    pub(crate) fn with_request(mut self, method: &str, url: &Url) -> Self {
        self.also.push((method.to_owned(), url.clone()));
        self
    }

    /// Whether redirects are followed to addresses that are less public than where they come from.
    #[must_use]
    pub(crate) fn following_private(self, follow_private: bool) -> Self {
        Self { follow_private, ..self }
    }

    /// Whether redirects may lead to any address.
    pub(super) const fn follows_private(&self) -> bool {
        self.follow_private
    }

    /// Whether a URL is of one of the endpoint's own origins.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        self.origins.as_ref().is_none_or(|origins| origins.contains(&url.origin()))
    }

    /// The method with which the endpoint can be asked whether it answers at all; `None`: only a preflight
    /// may be sent.
    pub(crate) fn probe_method(&self) -> Option<&'static str> {
        ["GET", "HEAD"].into_iter().find(|method| self.permits_method(method))
    }

    /// Whether a request may be sent.
    ///
    /// # Errors
    /// That it may not, and why.
    pub fn check(&self, request: &Request, context: &SendContext) -> Result<(), Refusal> {
        self.check_url(&request.url, context)?;
        let also =
            || self.also.iter().any(|(method, url)| *method == request.method && is_at(&request.url, url));
        if context.is_preflight(request) || self.permits_method(&request.method) || also() {
            return Ok(());
        }
        Err(Refusal::Method {
            method: request.method.clone(),
            permitted: self.methods.clone().unwrap_or_default(),
        })
    }

    /// Whether a connection to the host of a URL may be opened.
    ///
    /// # Errors
    /// That it may not.
    pub(crate) fn check_url(&self, url: &Url, context: &SendContext) -> Result<(), Refusal> {
        if self.is_own(url) || context.redirected_from.is_some() {
            return Ok(());
        }
        let own = self.origins.iter().flatten().map(Origin::ascii_serialization).collect();
        Err(Refusal::Host { origin: url.origin().ascii_serialization(), own })
    }

    /// Methods are compared as they are sent: case counts.
    fn permits_method(&self, method: &str) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.iter().any(|permitted| permitted == method))
    }
}

/// Whether a URL is another one, with the same query or more.
fn is_at(url: &Url, other: &Url) -> bool {
    let added = url.query().unwrap_or_default().strip_prefix(other.query().unwrap_or_default());
    let separate = |rest: &str| rest.is_empty() || rest.starts_with('&') || other.query().is_none();
    url.origin() == other.origin() && url.path() == other.path() && added.is_some_and(separate)
}

/// Why a request may not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The owner does not permit the method.
    #[error("{method} is not one of the methods that `capabilities.methods` permits: {}", listed(permitted))]
    Method {
        /// The method.
        method: String,
        /// Those that are permitted.
        permitted: Vec<String>,
    },
    /// It would go to another host than the target, where no redirect of the target led.
    #[error("{origin} is not the endpoint's origin, {}", own.join(" or "))]
    Host {
        /// The origin of the request's URL.
        origin: String,
        /// The endpoint's own.
        own: Vec<String>,
    },
}

fn listed(methods: &[String]) -> String {
    if methods.is_empty() { "none".to_owned() } else { methods.join(", ") }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let stage = match refusal {
            Refusal::Method { .. } => Stage::MethodNotPermitted,
            Refusal::Host { .. } => Stage::HostNotPermitted,
        };
        Self::new(stage, refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crosscheck_core::exchange::Purpose;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_request_is_permitted_by_host_and_method() {
        const OWN: &str = "https://api.example/data";
        const OTHER: &str = "https://other.example/data";
        let gate = Gate::every_method_to([&url(OWN)])
            .with_methods(vec!["GET".to_owned(), "PUT".to_owned()])
            .with_request("DELETE", &url("https://api.example/one"));
        use Purpose::{Actual, Preflight, Raw, RedirectHop};
        use Stage::{HostNotPermitted, MethodNotPermitted};
        // (purpose, redirected, method, whether it asks for a method, URL, why it is refused)
        for (purpose, redirected, method, asks, to, refused) in [
            (Actual, false, "GET", false, OWN, None),
            (Actual, false, "PUT", false, OWN, None),
            (Actual, false, "DELETE", false, OWN, Some(MethodNotPermitted)),
            (Actual, false, "HEAD", false, OWN, Some(MethodNotPermitted)),
            (Raw, false, "delete", false, OWN, Some(MethodNotPermitted)),
            (Raw, false, "get", false, OWN, Some(MethodNotPermitted)),
            (Raw, false, "OPTIONS", false, OWN, Some(MethodNotPermitted)),
            (Raw, false, "OPTIONS", true, OWN, None),
            (Preflight, false, "OPTIONS", true, OWN, None),
            (Actual, false, "DELETE", false, "https://api.example/one", None),
            // Each request has a query of its own, so that no cache answers it.
            (Actual, false, "DELETE", false, "https://api.example/one?x", None),
            (Actual, false, "DELETE", false, "https://api.example/one/x", Some(MethodNotPermitted)),
            (Actual, false, "GET", false, OTHER, Some(HostNotPermitted)),
            (Raw, false, "GET", false, OTHER, Some(HostNotPermitted)),
            (Raw, false, "OPTIONS", true, OTHER, Some(HostNotPermitted)),
            (Raw, false, "GET", false, "http://api.example/data", Some(HostNotPermitted)),
            (Raw, false, "GET", false, "https://api.example:8443/data", Some(HostNotPermitted)),
            (RedirectHop(1), true, "GET", false, OTHER, None),
            (Preflight, true, "OPTIONS", true, OTHER, None),
            (RedirectHop(1), true, "DELETE", false, OTHER, Some(MethodNotPermitted)),
            (RedirectHop(1), true, "DELETE", false, OWN, Some(MethodNotPermitted)),
        ] {
            let redirected_from = redirected.then(|| Arc::new(url(OWN)));
            let mut request = Request::new(method, url(to));
            if asks {
                request.fields.push("Access-Control-Request-Method", "DELETE");
            }
            let found = gate.check(&request, &SendContext { purpose, redirected_from, ..SendContext::RAW });
            let stage = found.err().map(|refusal| Failure::from(refusal).stage);
            assert_eq!(stage, refused, "{purpose} {method} {to}");
        }
    }

    #[test]
    fn a_refusal_names_what_is_permitted() {
        let gate = Gate::every_method_to([&url("http://a.example/")]).with_methods(vec!["GET".to_owned()]);
        for (method, to, words) in [
            (
                "DELETE",
                "http://a.example/",
                "DELETE is not one of the methods that `capabilities.methods` permits: GET",
            ),
            ("GET", "http://b.example/", "http://b.example is not the endpoint's origin, http://a.example"),
        ] {
            let refusal = gate.check(&Request::new(method, url(to)), &SendContext::RAW).unwrap_err();
            assert_eq!(refusal.to_string(), words);
        }
    }

    #[test]
    fn the_probe_sends_what_is_permitted() {
        for (methods, expected) in
            [(&["GET", "HEAD"][..], Some("GET")), (&["PUT", "HEAD"], Some("HEAD")), (&["PUT"], None)]
        {
            let methods = methods.iter().map(|method| (*method).to_owned()).collect();
            assert_eq!(Gate::open().with_methods(methods).probe_method(), expected);
        }
    }
}
