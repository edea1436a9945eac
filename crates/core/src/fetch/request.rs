//! Fetch §2.2.5 and §5.4: requests, as pages make them.

use std::sync::Arc;

use url::Url;

use super::{
    body::Body,
    client::Client,
    header::{self, is_value, normalize_value},
    initiator::Initiator,
    method,
    modes::{CacheMode, Credentials, Mode, RedirectMode, ReferrerPolicy},
    profile::Behaviour,
    range::parse_single_range,
    reason::Reason,
    safelist,
};
use crate::message::{Fields, is_token, isomorphic};

/// What a page asks for (Fetch §2.2.5), in the words of the script or element that asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Who asks.
    pub client: Arc<Client>,
    /// The URL, with its fragment and any username and password.
    pub url: Url,
    /// The method as the script writes it.
    pub method: String,
    /// The headers as the script sets them, forbidden ones included.
    pub headers: Fields,
    /// The body.
    pub body: Option<Body>,
    /// The mode.
    pub mode: Mode,
    /// The credentials mode.
    pub credentials: Credentials,
    /// The cache mode.
    pub cache: CacheMode,
    /// The redirect mode.
    pub redirect: RedirectMode,
    /// The referrer policy, which decides over `Origin` in requests that are no CORS requests.
    pub referrer_policy: ReferrerPolicy,
    /// The integrity metadata; empty for none.
    pub integrity: String,
    /// What makes the request.
    pub initiator: Initiator,
}

/// A request that its API refuses before anything is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The method, header or value that it is about.
    pub subject: String,
}

/// What a script's words come to: normalised method, header list and body.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The method as it will be sent.
    pub method: String,
    /// The header list, with Content-Type and Accept.
    pub headers: Fields,
    /// The body.
    pub body: Option<Body>,
    /// Fetch's *use-CORS-preflight flag*.
    pub use_preflight: bool,
}

impl Request {
    /// `fetch(url)` by a script of `client`.
    pub fn new(client: impl Into<Arc<Client>>, url: Url) -> Self {
        Self {
            client: client.into(),
            url,
            method: "GET".to_owned(),
            headers: Fields::new(),
            body: None,
            mode: Mode::default(),
            credentials: Credentials::default(),
            cache: CacheMode::default(),
            redirect: RedirectMode::default(),
            referrer_policy: ReferrerPolicy::default(),
            integrity: String::new(),
            initiator: Initiator::default(),
        }
    }

    /// What the API makes of it: Fetch §5.4 `new Request()` with the header guards of §5.1; for
    /// `XMLHttpRequest` the like of it.
    ///
    /// # Errors
    /// A [`Refusal`] where the API throws.
    pub fn prepare(&self, behaviour: &Behaviour) -> Result<Prepared, Refusal> {
        let refuse = |reason, subject: &str| Err(Refusal { reason, subject: subject.to_owned() });
        let is_fetch = self.initiator == Initiator::Fetch;
        if is_fetch && (!self.url.username().is_empty() || self.url.password().is_some()) {
            return refuse(Reason::RequestInvalid, self.url.as_str());
        }
        if self.cache == CacheMode::OnlyIfCached && self.mode != Mode::SameOrigin {
            return refuse(Reason::RequestInvalid, "only-if-cached");
        }
        if !method::is_method(&self.method) {
            return refuse(Reason::RequestInvalidMethod, &self.method);
        }
        if method::is_forbidden(&self.method) {
            return refuse(Reason::RequestForbiddenMethod, &self.method);
        }
        let method = method::normalize(&self.method);
        if self.mode == Mode::NoCors && !method::is_safelisted(&method) {
            return refuse(Reason::RequestNoCorsMethod, &method);
        }
        let bodiless = matches!(method.as_str(), "GET" | "HEAD");
        let body = match &self.body {
            Some(_) if bodiless && is_fetch => return refuse(Reason::RequestInvalid, "body"),
            Some(body) if !body.can_be_sent_again() && self.mode == Mode::NoCors => {
                return refuse(Reason::RequestInvalid, "body");
            }
            Some(body) if !bodiless => Some(body.clone()),
            _ => None,
        };
        let headers = self.header_list(body.as_ref(), behaviour)?;
        let upload_listener = self.initiator == Initiator::Xhr { upload_listener: true };
        let streams = body.as_ref().is_some_and(|body| !body.can_be_sent_again());
        Ok(Prepared { method, headers, use_preflight: upload_listener || streams, body })
    }

    fn header_list(&self, body: Option<&Body>, behaviour: &Behaviour) -> Result<Fields, Refusal> {
        let mut list = Fields::new();
        for field in &self.headers {
            let value = normalize_value(&field.value);
            if !is_token(field.name.as_bytes()) || !is_value(value) {
                return Err(Refusal { reason: Reason::RequestInvalid, subject: field.name.to_string() });
            }
            self.append(&mut list, &field.name, value, behaviour);
        }
        if self.mode == Mode::NoCors {
            list.remove("range");
        }
        let content_type = body.and_then(Body::content_type);
        if let Some(content_type) = content_type.filter(|_| !list.contains("content-type")) {
            self.append(&mut list, "Content-Type", content_type.as_bytes(), behaviour);
        }
        if !list.contains("accept") {
            list.push("Accept", self.initiator.accept());
        }
        Ok(list)
    }

    /// Fetch §5.1 *append* to a `Headers` object of the guard `request` or `request-no-cors`;
    /// `XMLHttpRequest` combines instead.
    fn append(&self, list: &mut Fields, name: &str, value: &[u8], behaviour: &Behaviour) {
        let requests = &behaviour.requests;
        let ignored = requests.ignored_headers.iter().any(|other| other.eq_ignore_ascii_case(name));
        if ignored || header::is_forbidden_request_header(name, value) {
            return;
        }
        if self.mode == Mode::NoCors {
            let mut together = list.get(name).map(|first| first.to_vec()).unwrap_or_default();
            if list.contains(name) {
                together.extend_from_slice(b", ");
            }
            together.extend_from_slice(value);
            if !safelist::is_no_cors_safelisted(name, &together) {
                return;
            }
        }
        if requests.first_content_type_only
            && name.eq_ignore_ascii_case("content-type")
            && list.contains(name)
        {
            return;
        }
        match self.initiator {
            Initiator::Xhr { .. } => header::combine(list, name, value),
            _ => header::append(list, name, value.to_vec()),
        }
    }
}

/// A Range value as a browser with [`super::profile::Requests::rewrites_range`] sends it.
pub(super) fn strict_range(value: &[u8]) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    let range = parse_single_range(&lower, true)?;
    let digits = |digits: Option<&[u8]>| {
        let Some(digits) = digits.map(isomorphic::decode) else { return String::new() };
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() { "0".to_owned() } else { significant.to_owned() }
    };
    Some(format!("bytes={}-{}", digits(range.start), digits(range.end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{origin::Origin, profile::Profile};

    fn request() -> Request {
        let client = Client::top_level(Origin::parse("https://a.example").expect("origin"));
        Request::new(client, Url::parse("https://api.example/x").expect("url"))
    }

    fn lines(fields: &Fields) -> Vec<String> {
        fields.iter().map(|field| format!("{}: {}", field.name, field.text())).collect()
    }

    #[test]
    fn apis_refuse_what_cannot_be_requested() {
        type Change = fn(&mut Request);
        let table: [(&str, Change, Option<Reason>); 14] = [
            ("plain", |_| {}, None),
            ("forbidden method", |r| r.method = "Trace".into(), Some(Reason::RequestForbiddenMethod)),
            ("no method", |r| r.method = "GE T".into(), Some(Reason::RequestInvalidMethod)),
            (
                "no-cors PUT",
                |r| {
                    r.mode = Mode::NoCors;
                    r.method = "PUT".into();
                },
                Some(Reason::RequestNoCorsMethod),
            ),
            (
                "no-cors post",
                |r| {
                    r.mode = Mode::NoCors;
                    r.method = "post".into();
                },
                None,
            ),
            ("GET with a body", |r| r.body = Some(Body::text("x")), Some(Reason::RequestInvalid)),
            (
                "XHR drops the body of GET",
                |r| {
                    r.initiator = Initiator::Xhr { upload_listener: false };
                    r.body = Some(Body::text("x"));
                },
                None,
            ),
            ("invalid header name", |r| r.headers.push("x y", "1"), Some(Reason::RequestInvalid)),
            ("invalid header value", |r| r.headers.push("x", "a\0b"), Some(Reason::RequestInvalid)),
            ("whitespace around a value", |r| r.headers.push("x", " \n1\r "), None),
            ("only-if-cached", |r| r.cache = CacheMode::OnlyIfCached, Some(Reason::RequestInvalid)),
            (
                "only-if-cached, same-origin",
                |r| {
                    r.cache = CacheMode::OnlyIfCached;
                    r.mode = Mode::SameOrigin;
                },
                None,
            ),
            (
                "credentials in the URL",
                |r| r.url = Url::parse("https://u:p@api.example/").expect("url"),
                Some(Reason::RequestInvalid),
            ),
            (
                "no-cors stream",
                |r| {
                    r.mode = Mode::NoCors;
                    r.method = "POST".into();
                    r.body = Some(Body::stream("x"));
                },
                Some(Reason::RequestInvalid),
            ),
        ];
        for (what, change, reason) in table {
            let mut request = request();
            change(&mut request);
            let refused = request.prepare(Profile::Spec.behaviour()).err().map(|refusal| refusal.reason);
            assert_eq!(refused, reason, "{what}");
        }
    }

    #[test]
    fn header_lists_hold_what_the_guard_lets_through() {
        let mut request = request();
        request.method = "POST".into();
        request.body = Some(Body::text("x"));
        for (name, value) in [("Cookie", "a=b"), ("X-A", " 1 "), ("x-a", "2"), ("User-Agent", "mine")] {
            request.headers.push(name, value);
        }
        let list = |request: &Request, profile: Profile| {
            lines(&request.prepare(profile.behaviour()).expect("accepted").headers)
        };
        assert_eq!(
            list(&request, Profile::Spec),
            ["X-A: 1", "X-A: 2", "User-Agent: mine", "Content-Type: text/plain;charset=UTF-8", "Accept: */*"]
        );
        assert_eq!(
            list(&request, Profile::Chromium),
            ["X-A: 1", "X-A: 2", "Content-Type: text/plain;charset=UTF-8", "Accept: */*"]
        );
        request.initiator = Initiator::Xhr { upload_listener: false };
        assert_eq!(list(&request, Profile::Spec)[0], "X-A: 1, 2");
    }

    #[test]
    fn no_cors_requests_carry_only_safelisted_headers() {
        let mut request = request();
        request.mode = Mode::NoCors;
        request.method = "POST".into();
        request.body = Some(Body::blob("{}", "application/json"));
        for (name, value) in [("X-A", "1"), ("Accept", "text/x"), ("Range", "bytes=0-1"), ("Accept", "y")] {
            request.headers.push(name, value);
        }
        let prepared = request.prepare(Profile::Spec.behaviour()).expect("accepted");
        assert_eq!(lines(&prepared.headers), ["Accept: text/x", "Accept: y"]);
    }

    #[test]
    fn streams_and_upload_listeners_force_a_preflight() {
        let mut request = request();
        request.method = "POST".into();
        let forced =
            |request: &Request| request.prepare(Profile::Spec.behaviour()).expect("accepted").use_preflight;
        assert!(!forced(&request));
        request.body = Some(Body::stream("x"));
        assert!(forced(&request));
        request.body = None;
        request.initiator = Initiator::Xhr { upload_listener: true };
        assert!(forced(&request));
    }
}
