use crate::fetch::{Reason, devtools::Engine};

/// A text with holes. What fills them: `{url}` the refused URL, `{from}` the URL before redirects, `{origin}` and
/// `{page}` the page, `{kind}` what made the request, `{method}`, `{header}`, and `{}` anything.
pub(super) struct Row {
    pub(super) engine: Engine,
    pub(super) text: &'static str,
    pub(super) says: Says,
}

/// What a text says besides what fills its holes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    /// The one reason that has this text, for an actual response and for a preflight.
    Reason(Reason),
    /// A check of the response, which a preflight has, too.
    Check {
        actual: Reason,
        preflight: Reason,
    },
    /// Something about a preflight.
    OfPreflight,
    /// The credentials mode is `include`.
    WithCredentials,
    /// `XMLHttpRequest`.
    Xhr,
    /// `fetch()`.
    Fetch,
}

use Engine::{Chromium, Firefox, Webkit};
use Says::{Check, Fetch, Nothing, OfPreflight, WithCredentials, Xhr};

const fn row(engine: Engine, text: &'static str, says: Says) -> Row {
    Row { engine, text, says }
}

const MISSING: Says =
    Check { actual: Reason::CorsCheckMissing, preflight: Reason::PreflightCorsCheckMissing };
const WILDCARD: Says = Check {
    actual: Reason::CorsCheckWildcardCredentials,
    preflight: Reason::PreflightCorsCheckWildcardCredentials,
};
const NO_CREDENTIALS: Says =
    Check { actual: Reason::CorsCheckCredentials, preflight: Reason::PreflightCorsCheckCredentials };

pub(super) const ROWS: &[Row] = &[
    row(
        Chromium,
        "Access to {kind} at '{url}' (redirected from '{from}') from origin '{origin}' has been blocked by CORS policy",
        Nothing,
    ),
    row(
        Chromium,
        "Access to {kind} at '{url}' from origin '{origin}' has been blocked by CORS policy",
        Nothing,
    ),
    row(Chromium, "Response to preflight request doesn't pass access control check", OfPreflight),
    row(Chromium, "No 'Access-Control-Allow-Origin' header is present", MISSING),
    row(Chromium, "must not be the wildcard '*' when the request's credentials mode is 'include'", WILDCARD),
    row(Chromium, "which must be 'true' when the request's credentials mode is 'include'", NO_CREDENTIALS),
    row(
        Chromium,
        "The 'Access-Control-Allow-Origin' header contains multiple values",
        Check { actual: Reason::CorsCheckMultiple, preflight: Reason::PreflightCorsCheckMultiple },
    ),
    row(
        Chromium,
        "The 'Access-Control-Allow-Origin' header contains the invalid value",
        Check { actual: Reason::CorsCheckInvalid, preflight: Reason::PreflightCorsCheckInvalid },
    ),
    row(
        Chromium,
        "that is not equal to the supplied origin",
        Check {
            actual: Reason::CorsCheckOriginMismatch,
            preflight: Reason::PreflightCorsCheckOriginMismatch,
        },
    ),
    row(Chromium, "It does not have HTTP ok status", Says::Reason(Reason::PreflightStatus)),
    row(Chromium, "Redirect is not allowed for a preflight request", Says::Reason(Reason::PreflightRedirect)),
    row(
        Chromium,
        "Cannot parse Access-Control-Allow-Methods response header field in preflight response",
        Says::Reason(Reason::PreflightAllowMethodsInvalid),
    ),
    row(
        Chromium,
        "Cannot parse Access-Control-Allow-Headers response header field in preflight response",
        Says::Reason(Reason::PreflightAllowHeadersInvalid),
    ),
    row(
        Chromium,
        "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response",
        Says::Reason(Reason::PreflightAllowMethods),
    ),
    row(
        Chromium,
        "Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response",
        OfPreflight,
    ),
    row(
        Chromium,
        "contains a username and password, which is disallowed",
        Says::Reason(Reason::RedirectCredentials),
    ),
    row(
        Chromium,
        "Fetch API cannot load {url}. Request mode is \"same-origin\" but the URL's origin is not same as the request \
         origin {origin}\n",
        Says::Reason(Reason::RequestModeSameOrigin),
    ),
    row(
        Chromium,
        "Fetch API cannot load {url}. Request mode is \"no-cors\"",
        Says::Reason(Reason::RequestNoCorsRedirectMode),
    ),
    row(Chromium, "Fetch API cannot load {url}. URL scheme", Says::Reason(Reason::RequestScheme)),
    row(Chromium, "Fetch API cannot load {url}. SRI's integrity checks failed", Fetch),
    row(
        Chromium,
        "Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure resource '{url}'",
        Says::Reason(Reason::RequestMixedContent),
    ),
    row(
        Chromium,
        "Failed to find a valid digest in the 'integrity' attribute for resource '{url}' with",
        Says::Reason(Reason::ResponseIntegrity),
    ),
    row(
        Chromium,
        "Request cannot be constructed from a URL that includes credentials: {url}\n",
        Says::Reason(Reason::RequestInvalid),
    ),
    row(Chromium, "Failed to execute 'fetch' on 'Window': '{method}' HTTP method is unsupported", Fetch),
    row(Chromium, "Failed to execute 'fetch' on 'Window': '{method}' is not a valid HTTP method", Fetch),
    row(Chromium, "Failed to execute 'fetch' on 'Window': '{method}' is unsupported in no-cors mode", Fetch),
    row(Chromium, "Failed to execute 'fetch' on 'Window'", Fetch),
    row(Chromium, "Failed to load resource: net::ERR_", Nothing),
    row(Chromium, "TypeError: Failed to fetch", Fetch),
    row(Chromium, "net::ERR_", Nothing),
    row(Firefox, "The Same Origin Policy disallows reading the remote resource at {url}. (Reason: ", Nothing),
    row(Firefox, "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing)", Nothing),
    row(Firefox, "(Reason: Credential is not supported if the CORS header", WithCredentials),
    row(
        Firefox,
        "(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’)",
        WithCredentials,
    ),
    row(Firefox, "(Reason: CORS preflight response did not succeed)", OfPreflight),
    row(
        Firefox,
        "(Reason: CORS request external redirect not allowed)",
        Says::Reason(Reason::PreflightRedirect),
    ),
    row(
        Firefox,
        "(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’)",
        Says::Reason(Reason::PreflightAllowMethods),
    ),
    row(
        Firefox,
        "(Reason: invalid token ‘{}’ in CORS header ‘Access-Control-Allow-Methods’)",
        Says::Reason(Reason::PreflightAllowMethodsInvalid),
    ),
    row(
        Firefox,
        "(Reason: invalid token ‘{}’ in CORS header ‘Access-Control-Allow-Headers’)",
        Says::Reason(Reason::PreflightAllowHeadersInvalid),
    ),
    row(
        Firefox,
        "(Reason: header ‘{header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS \
         preflight response)",
        OfPreflight,
    ),
    row(
        Firefox,
        "(Reason: missing token ‘{header}’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel)",
        OfPreflight,
    ),
    row(
        Firefox,
        "Security Error: Content at {page} may not load data from {url}\n",
        Says::Reason(Reason::RequestModeSameOrigin),
    ),
    row(Firefox, "Blocked loading mixed active content “{url}”", Says::Reason(Reason::RequestMixedContent)),
    row(
        Firefox,
        "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy",
        Says::Reason(Reason::ResponseCrossOriginResourcePolicy),
    ),
    row(
        Firefox,
        "hashes in the integrity attribute match the content of the subresource at “{url}”",
        Says::Reason(Reason::ResponseIntegrity),
    ),
    row(
        Firefox,
        "TypeError: Window.fetch: {url} is an url with embedded credentials",
        Says::Reason(Reason::RequestInvalid),
    ),
    row(Firefox, "Window.fetch: Invalid request method {method}\n", Fetch),
    row(Firefox, "TypeError: Window.fetch: ", Fetch),
    row(Firefox, "Firefox can’t establish a connection to the server at {url}\n", Nothing),
    row(Firefox, "NetworkError when attempting to fetch resource", Fetch),
    row(Webkit, "Fetch API cannot load {url} due to access control checks", Fetch),
    row(Webkit, "XMLHttpRequest cannot load {url} due to access control checks", Xhr),
    row(Webkit, "EventSource cannot load {url} due to access control checks", Nothing),
    row(Webkit, "Beacon API cannot load {url} due to access control checks", Nothing),
    row(Webkit, "Origin {origin} is not allowed by Access-Control-Allow-Origin", Nothing),
    row(Webkit, "Access-Control-Allow-Origin cannot contain more than one origin", Nothing),
    row(
        Webkit,
        "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true",
        WithCredentials,
    ),
    row(Webkit, "Credentials flag is true, but Access-Control-Allow-Credentials is not", WithCredentials),
    row(Webkit, "Preflight response is not successful", OfPreflight),
    row(
        Webkit,
        "Method {method} is not allowed by Access-Control-Allow-Methods.",
        Says::Reason(Reason::PreflightAllowMethods),
    ),
    row(Webkit, "Request header field {header} is not allowed by Access-Control-Allow-Headers.", OfPreflight),
    row(
        Webkit,
        "Header Access-Control-Allow-Methods has an invalid value",
        Says::Reason(Reason::PreflightAllowMethodsInvalid),
    ),
    row(
        Webkit,
        "Header Access-Control-Allow-Headers has an invalid value",
        Says::Reason(Reason::PreflightAllowHeadersInvalid),
    ),
    row(Webkit, "Cross origin requests are not allowed when using same-origin fetch mode", Fetch),
    row(Webkit, "Cross origin requests are only supported for HTTP", Says::Reason(Reason::RequestScheme)),
    row(Webkit, "Cross-origin redirection to {} denied by Cross-Origin Resource Sharing policy", Nothing),
    row(Webkit, "load denied by Cross-Origin Resource Sharing policy", Nothing),
    row(
        Webkit,
        "[blocked] The page at {page} requested insecure content from {url}. This content was blocked",
        Says::Reason(Reason::RequestMixedContent),
    ),
    row(
        Webkit,
        "Not allowed to use restricted network port {}: {url}\n",
        Says::Reason(Reason::RequestBadPort),
    ),
    row(
        Webkit,
        "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy",
        Says::Reason(Reason::ResponseCrossOriginResourcePolicy),
    ),
    row(Webkit, "Failed integrity metadata check", Says::Reason(Reason::ResponseIntegrity)),
    row(
        Webkit,
        "Not allowed to follow a redirection while loading {url}\n",
        Says::Reason(Reason::RedirectMode),
    ),
    row(Webkit, "too many HTTP redirects", Says::Reason(Reason::RedirectTooMany)),
    row(Webkit, "TypeError: Method is forbidden", Fetch),
    row(Webkit, "TypeError: Method is not a valid HTTP token", Fetch),
    row(Webkit, "TypeError: Method must be GET, POST or HEAD in no-cors mode", Fetch),
    row(Webkit, "TypeError: Load failed", Fetch),
];
