//! Decides the words for why a browser refused: one code for each step of the Fetch standard
//! that can end in a network error. Verdicts, reports and browsers' messages all speak it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $section:literal; )+) => {
        /// The step of the Fetch standard that failed, as a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Reason { $( $(#[doc = $doc])+ #[serde(rename = $code)] $name, )+ }

        impl Reason {
            /// Every reason, in the order of the standard's steps.
            pub const ALL: &'static [Reason] = &[ $( Reason::$name, )+ ];

            /// The stable code, as it stands in case files, records and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $( Reason::$name => $code, )+ }
            }

            /// The anchor of the step in the Fetch standard.
            pub const fn anchor(self) -> &'static str {
                match self { $( Reason::$name => concat!("https://fetch.spec.whatwg.org/#", $section), )+ }
            }

            /// One sentence that says what failed.
            pub const fn meaning(self) -> &'static str {
                match self { $( Reason::$name => concat!($($doc),+).trim_ascii(), )+ }
            }
        }
    };
}

reasons! {
    /// The page's request mode is `same-origin` and the URL is of another origin.
    RequestModeSameOrigin = "request.mode-same-origin", "main-fetch";
    /// A `no-cors` request may not have a redirect mode other than `follow`.
    RequestNoCorsRedirectMode = "request.no-cors-redirect-mode", "main-fetch";
    /// The scheme of the URL is not HTTP or HTTPS.
    RequestScheme = "request.scheme", "main-fetch";
    /// The method is forbidden: a browser never sends CONNECT, TRACE or TRACK.
    RequestForbiddenMethod = "request.forbidden-method", "forbidden-method";
    /// The method is not a valid token.
    RequestInvalidMethod = "request.invalid-method", "methods";
    /// A `no-cors` request may only use a CORS-safelisted method.
    RequestNoCorsMethod = "request.no-cors-method", "cors-safelisted-method";
    /// The request could not be constructed from its initialisation values.
    RequestInvalid = "request.invalid", "request-class";
    /// An insecure URL was requested by a page of a secure context.
    RequestMixedContent = "request.mixed-content", "main-fetch";
    /// A browser refuses this port: it belongs to another protocol.
    RequestBadPort = "request.bad-port", "port-blocking";
    /// The integrity metadata does not match the response.
    ResponseIntegrity = "response.integrity", "main-fetch";
    /// Cross-Origin-Resource-Policy forbids this page to use the response without CORS.
    ResponseCrossOriginResourcePolicy = "response.cross-origin-resource-policy", "cross-origin-resource-policy-header";
    /// The cache mode is `only-if-cached` and there is no stored response.
    CacheOnlyIfCachedMiss = "cache.only-if-cached-miss", "http-network-or-cache-fetch";
    /// No response came: the connection was refused, reset, timed out, or the answer was no HTTP.
    NetworkError = "network.error", "http-network-fetch";
    /// The preflight got no response.
    PreflightNetworkError = "preflight.network-error", "cors-preflight-fetch";
    /// The preflight's answer is a redirect, which is never followed.
    PreflightRedirect = "preflight.redirect", "cors-preflight-fetch";
    /// The preflight's answer has no Access-Control-Allow-Origin.
    PreflightCorsCheckMissing = "preflight.cors-check.missing", "concept-cors-check";
    /// The preflight's Access-Control-Allow-Origin has several values.
    PreflightCorsCheckMultiple = "preflight.cors-check.multiple", "concept-cors-check";
    /// The preflight's Access-Control-Allow-Origin is not an origin, `*` or `null`.
    PreflightCorsCheckInvalid = "preflight.cors-check.invalid", "concept-cors-check";
    /// The preflight's Access-Control-Allow-Origin is another origin than the request's.
    PreflightCorsCheckOriginMismatch = "preflight.cors-check.origin-mismatch", "concept-cors-check";
    /// The preflight's Access-Control-Allow-Origin is `*` and credentials are included.
    PreflightCorsCheckWildcardCredentials = "preflight.cors-check.wildcard-credentials", "concept-cors-check";
    /// The preflight's Access-Control-Allow-Credentials is not `true` and credentials are included.
    PreflightCorsCheckCredentials = "preflight.cors-check.credentials", "concept-cors-check";
    /// The preflight's status is not 200 to 299.
    PreflightStatus = "preflight.status", "cors-preflight-fetch";
    /// The preflight's Access-Control-Allow-Methods cannot be parsed.
    PreflightAllowMethodsInvalid = "preflight.allow-methods.invalid", "cors-preflight-fetch";
    /// The preflight's Access-Control-Allow-Headers cannot be parsed.
    PreflightAllowHeadersInvalid = "preflight.allow-headers.invalid", "cors-preflight-fetch";
    /// The method is not allowed by the preflight's Access-Control-Allow-Methods.
    PreflightAllowMethods = "preflight.allow-methods", "cors-preflight-fetch";
    /// A request header is not allowed by the preflight's Access-Control-Allow-Headers.
    PreflightAllowHeaders = "preflight.allow-headers", "cors-preflight-fetch";
    /// Authorization is not listed by name in Access-Control-Allow-Headers; `*` does not cover it.
    PreflightAllowHeadersAuthorization = "preflight.allow-headers.authorization", "cors-preflight-fetch";
    /// The response has no Access-Control-Allow-Origin.
    CorsCheckMissing = "cors-check.missing", "concept-cors-check";
    /// Access-Control-Allow-Origin has several values.
    CorsCheckMultiple = "cors-check.multiple", "concept-cors-check";
    /// Access-Control-Allow-Origin is not an origin, `*` or `null`.
    CorsCheckInvalid = "cors-check.invalid", "concept-cors-check";
    /// Access-Control-Allow-Origin is another origin than the request's.
    CorsCheckOriginMismatch = "cors-check.origin-mismatch", "concept-cors-check";
    /// Access-Control-Allow-Origin is `*` and credentials are included.
    CorsCheckWildcardCredentials = "cors-check.wildcard-credentials", "concept-cors-check";
    /// Access-Control-Allow-Credentials is not `true` and credentials are included.
    CorsCheckCredentials = "cors-check.credentials", "concept-cors-check";
    /// The redirect mode is `error` and the answer is a redirect.
    RedirectMode = "redirect.mode", "http-fetch";
    /// The Location of the redirect is not a valid URL.
    RedirectLocation = "redirect.location", "http-redirect-fetch";
    /// The Location of the redirect is not an HTTP(S) URL.
    RedirectScheme = "redirect.scheme", "http-redirect-fetch";
    /// The redirect's Location contains a username or password.
    RedirectCredentials = "redirect.credentials", "http-redirect-fetch";
    /// More than twenty redirects.
    RedirectTooMany = "redirect.too-many", "http-redirect-fetch";
    /// The redirected request's body cannot be sent again.
    RedirectBody = "redirect.body", "http-redirect-fetch";
}

impl Reason {
    /// Whether the request failed before anything could be sent.
    pub const fn is_of_request(self) -> bool {
        matches!(
            self,
            Self::RequestModeSameOrigin
                | Self::RequestNoCorsRedirectMode
                | Self::RequestScheme
                | Self::RequestForbiddenMethod
                | Self::RequestInvalidMethod
                | Self::RequestNoCorsMethod
                | Self::RequestInvalid
                | Self::RequestMixedContent
                | Self::RequestBadPort
        )
    }

    /// Whether the CORS-preflight fetch failed.
    pub const fn is_of_preflight(self) -> bool {
        matches!(
            self,
            Self::PreflightNetworkError
                | Self::PreflightRedirect
                | Self::PreflightCorsCheckMissing
                | Self::PreflightCorsCheckMultiple
                | Self::PreflightCorsCheckInvalid
                | Self::PreflightCorsCheckOriginMismatch
                | Self::PreflightCorsCheckWildcardCredentials
                | Self::PreflightCorsCheckCredentials
                | Self::PreflightStatus
                | Self::PreflightAllowMethodsInvalid
                | Self::PreflightAllowHeadersInvalid
                | Self::PreflightAllowMethods
                | Self::PreflightAllowHeaders
                | Self::PreflightAllowHeadersAuthorization
        )
    }

    /// Whether the CORS check of the actual response failed.
    pub const fn is_of_cors_check(self) -> bool {
        matches!(
            self,
            Self::CorsCheckMissing
                | Self::CorsCheckMultiple
                | Self::CorsCheckInvalid
                | Self::CorsCheckOriginMismatch
                | Self::CorsCheckWildcardCredentials
                | Self::CorsCheckCredentials
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_of_the_step_that_its_code_begins_with() {
        for reason in Reason::ALL.iter().copied() {
            let begins = |step: &str| reason.as_str().starts_with(step);
            assert_eq!(reason.is_of_request(), begins("request."), "{reason}");
            assert_eq!(reason.is_of_preflight(), begins("preflight."), "{reason}");
            assert_eq!(reason.is_of_cors_check(), begins("cors-check."), "{reason}");
        }
    }
}
