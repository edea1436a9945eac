//! What happened on the way of a request.

use std::sync::Arc;

use url::Url;

use crate::fetch::{cookies::CookieRefusal, reason::Reason};

/// One thing that happened on the way of a request, so that its story can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The URL is of the page's own origin: no CORS.
    SameOrigin,
    /// A `no-cors` request: no CORS, and the response will be opaque.
    NoCors,
    /// A CORS request that needs no preflight: method and headers are safelisted.
    PreflightNotNeeded,
    /// A CORS request that needs a preflight, and why.
    PreflightNeeded(Vec<PreflightCause>),
    /// The CORS-preflight cache covers it: none is sent.
    PreflightCached,
    /// The preflight's answer allows the actual request, and is kept for so many seconds.
    PreflightAllowed {
        /// `None`: not kept.
        max_age: Option<u64>,
    },
    /// The CORS-preflight cache forgets what it knows of this URL.
    PreflightCacheCleared(Url),
    /// Cookies were added to the request.
    CookiesSent(Vec<String>),
    /// Cookies of the response were stored.
    CookiesStored(Vec<String>),
    /// A cookie of the response was not stored.
    CookieRefused {
        /// Its name.
        name: String,
        /// Why.
        why: CookieRefusal,
    },
    /// The endpoint served the actual request.
    ServedByNetwork,
    /// A stored response served it, without asking the endpoint.
    ServedByCache(StoredResponse),
    /// A stored response served it, after the endpoint had said that it is still right.
    ServedByValidation(StoredResponse),
    /// A stored response is stale or does not match: the endpoint is asked whether it is still right.
    Validating(StoredResponse),
    /// The response was stored.
    Stored,
    /// A stale response was used and will be validated in the background.
    ValidatedLater,
    /// The CORS check allowed the response.
    CorsCheckPassed,
    /// A redirect is followed.
    Redirected {
        /// Its status.
        status: u16,
        /// From this URL.
        from: Url,
        /// To this one.
        to: Url,
    },
    /// The redirect turned the request into a GET without a body; the method that it had.
    BecameGet(String),
    /// The redirect leads to another origin: this header is dropped.
    HeaderDropped(String),
    /// From here on, `Origin` is `null`: another origin redirected the request away from itself.
    OriginTainted,
    /// The URL was upgraded to https, because the page is.
    Upgraded(Url),
    /// It ended in a network error.
    Failed(Reason),
}

/// Why a CORS request needs a preflight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreflightCause {
    /// The method is not CORS-safelisted.
    Method(String),
    /// These headers are not CORS-safelisted.
    Headers(Arc<[String]>),
    /// A stream as body, or a listener on the upload.
    Forced,
    /// It needed one before it was redirected, and this browser sticks to it.
    Redirected,
}

/// A stored response, as far as its story goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// The URL that it was stored for.
    pub url: Url,
    /// The `Origin` of the request that it answered; `None` for one without.
    pub stored_for: Option<String>,
    /// How long ago it was stored, in seconds.
    pub age: u64,
}
