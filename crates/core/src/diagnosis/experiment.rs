//! One request with one thing changed, that tells causes apart.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ExplainedRequest;
use crate::{
    case::model::{BodySpec, Case},
    fetch::method,
};

/// An origin that no policy names.
pub const STRANGER: &str = "https://stranger.crosscheck.example";

/// The name of the request in an experiment's case.
pub const PAGE: &str = "page";

/// What one experiment changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Experiment {
    /// The request itself as a client sends it that is not a browser: without its preflight, with the page's Origin. Only
    /// of requests that may be sent.
    WithoutPreflight,
    /// The same without Origin.
    WithoutOrigin,
    /// The same once more; the number tells repeats apart.
    Repeat(u8),
    /// The same without credentials.
    WithoutCredentials,
    /// The same with this header alone, as a preflight.
    HeaderAlone(String),
    /// The same without any header, as a preflight.
    MethodAlone,
    /// A preflight for this method without headers.
    MethodAs(String),
    /// A page of this origin: of a request with a preflight, the preflight.
    OriginAs(String),
    /// A page of this origin reads: GET, without headers and credentials.
    ReadAs(String),
    /// A read: GET, without headers and credentials.
    Read,
    /// The same at a URL that no cache has seen.
    FreshUrl,
    /// A read of an uncompressed copy.
    Uncompressed,
    /// The same with the bare minimum of fields, as a program sends it.
    Bare,
    /// The same with a Referer of the URL's own site.
    RefererOfTheSite,
    /// The preflight with the page's Authorization, which no browser sends.
    PreflightWithAuthorization,
    /// The same at this URL: where a redirect led to.
    UrlAs(String),
    /// The preflight at a signed URL without its signature: without the query.
    PreflightUnsigned,
    /// The same at a URL that no cache has seen, after a request without Origin (as an image makes it) came first.
    AfterImage,
}

impl Experiment {
    /// What it changes, as a line of a report.
    pub fn sentence(&self, page: &ExplainedRequest) -> String {
        let method = &page.method;
        match self {
            Self::WithoutPreflight => format!("{method} itself, without its preflight"),
            Self::WithoutOrigin => "the same without Origin".to_owned(),
            Self::Repeat(_) => "the same once more".to_owned(),
            Self::WithoutCredentials => "the same without credentials".to_owned(),
            Self::HeaderAlone(name) => format!("a preflight for {method} with {name} alone"),
            Self::MethodAlone => format!("a preflight for {method} without headers"),
            Self::MethodAs(method) => format!("a preflight for {method} without headers"),
            Self::OriginAs(origin) => format!("the same from {origin}"),
            Self::ReadAs(origin) => format!("an ordinary read from {origin}"),
            Self::Read => "an ordinary read: GET, no headers, no credentials".to_owned(),
            Self::FreshUrl => "the same at a URL that no cache has seen".to_owned(),
            Self::Uncompressed => "a read of the uncompressed copy".to_owned(),
            Self::Bare => "the same as a program sends it, not a browser".to_owned(),
            Self::RefererOfTheSite => "the same with a Referer of the site itself".to_owned(),
            Self::PreflightWithAuthorization => {
                "the preflight with Authorization, which browsers never send".to_owned()
            }
            Self::UrlAs(url) => format!("the same at {url}"),
            Self::PreflightUnsigned => "the preflight at the URL without its signature".to_owned(),
            Self::AfterImage => "the same at a fresh URL, after a request without Origin".to_owned(),
        }
    }

    /// How much it costs the endpoint, for the choice between experiments that are as telling.
    pub const fn cost(&self) -> u8 {
        match self {
            Self::MethodAlone
            | Self::HeaderAlone(_)
            | Self::MethodAs(_)
            | Self::PreflightWithAuthorization
            | Self::PreflightUnsigned => 1,
            Self::WithoutOrigin | Self::Repeat(_) | Self::WithoutCredentials | Self::Bare => 2,
            Self::AfterImage => 4,
            _ => 3,
        }
    }

    /// Whether it needs a query of its own.
    pub const fn is_fresh(&self) -> bool {
        matches!(self, Self::FreshUrl | Self::AfterImage)
    }

    /// Whether it can be made without sending what may change something.
    pub fn is_possible(&self, page: &ExplainedRequest) -> bool {
        self.request(page).is_some()
    }

    /// The case that performs it, and whether it can be performed at all: what would send a request that may change
    /// something, without permission, cannot.
    ///
    /// # Errors
    /// A case that cannot be made, as `serde_json` says it.
    pub fn case(&self, page: &ExplainedRequest) -> Result<Option<Case>, serde_json::Error> {
        let mut requests = Map::new();
        if *self == Self::AfterImage {
            requests.insert(
                "image".to_owned(),
                json!({ "client": "browser", "mode": "no-cors", "origin": page.origin }),
            );
        }
        let Some(request) = self.request(page) else { return Ok(None) };
        requests.insert(PAGE.to_owned(), request);
        let title = self.sentence(page);
        let case = json!({ "id": "explain", "title": title, "requests": requests });
        serde_json::from_value(case).map(Some)
    }

    fn request(&self, page: &ExplainedRequest) -> Option<Value> {
        Some(match self {
            Self::WithoutPreflight => page.may_be_sent().then(|| raw(page, Some(&page.origin)))?,
            Self::WithoutOrigin if page.may_be_sent() => raw(page, None),
            Self::WithoutOrigin => json!({ "client": "raw" }),
            Self::Bare => page.may_be_sent().then(|| raw(page, Some(&page.origin)))?,
            Self::Repeat(_) | Self::FreshUrl | Self::AfterImage | Self::UrlAs(_) => page.spec(),
            Self::WithoutCredentials => ExplainedRequest { credentials: false, ..page.clone() }.spec(),
            Self::HeaderAlone(name) => preflight(page, &page.method, std::slice::from_ref(name)),
            Self::MethodAlone => preflight(page, &page.method, &[]),
            Self::PreflightUnsigned => preflight(page, &page.method, &page.unsafe_names()),
            Self::MethodAs(method) => preflight(page, method, &[]),
            Self::OriginAs(origin) if page.needs_preflight() => preflight(
                &ExplainedRequest { origin: origin.clone(), ..page.clone() },
                &page.method,
                &page.unsafe_names(),
            ),
            Self::OriginAs(origin) if page.may_be_sent() => raw(page, Some(origin)),
            Self::OriginAs(origin) => {
                preflight(&ExplainedRequest { origin: origin.clone(), ..page.clone() }, &page.method, &[])
            }
            Self::ReadAs(origin) => json!({ "client": "raw", "origin": origin }),
            Self::Read => ExplainedRequest {
                method: "GET".to_owned(),
                headers: Vec::new(),
                credentials: false,
                body: None,
                ..page.clone()
            }
            .spec(),
            Self::Uncompressed => json!({
                "client": "raw", "origin": page.origin, "headers": { "accept-encoding": "identity" }
            }),
            Self::RefererOfTheSite => {
                let mut request = page.may_be_sent().then(|| raw(page, Some(&page.origin)))?;
                request["headers"]["referer"] = json!(page.own_origin().map(|own| format!("{own}/")));
                request
            }
            Self::PreflightWithAuthorization => {
                let value = page.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
                let mut request = preflight(page, &page.method, &page.unsafe_names());
                request["headers"]["authorization"] = json!(value?.1);
                request
            }
        })
    }
}

/// A request as a program writes it.
fn raw(page: &ExplainedRequest, origin: Option<&str>) -> Value {
    let mut request = page.spec();
    request["client"] = json!("raw");
    request["method"] = json!(method::normalize(&page.method));
    request["origin"] = json!(origin);
    // Fetch §5.2: a text has this type where the script names none.
    let is_text = matches!(page.body, Some(BodySpec::Text(_)));
    if is_text && !page.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        request["headers"]["content-type"] = json!("text/plain;charset=UTF-8");
    }
    if let Some(object) = request.as_object_mut() {
        object.remove("until");
        if origin.is_none() {
            object.remove("origin");
        }
    }
    request
}

/// A preflight, written by hand: a browser sends one only where it is needed.
fn preflight(page: &ExplainedRequest, method: &str, names: &[String]) -> Value {
    let mut headers = Map::new();
    headers.insert("accept".to_owned(), json!("*/*"));
    headers.insert("access-control-request-method".to_owned(), json!(method::normalize(method)));
    if !names.is_empty() {
        headers.insert("access-control-request-headers".to_owned(), json!(names.join(",")));
    }
    json!({
        "client": "raw",
        "origin": page.origin,
        "method": "OPTIONS",
        "headers": headers,
        "credentials": if page.credentials { "include" } else { "omit" },
    })
}

impl fmt::Display for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
