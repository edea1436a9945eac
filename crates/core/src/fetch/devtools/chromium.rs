use url::Url;

use super::{Initiator, Message, Reason, RefusedRequest, has_credentials};

const FAILED: &str = "ERR_FAILED";

pub(super) fn messages(refused: &RefusedRequest<'_>) -> Vec<Message> {
    let RefusedRequest { reason, url, subject, .. } = *refused;
    if let Some((code, detail)) = cors_error(refused) {
        return vec![Message::console(Some(code), frame(refused, &detail)), net_error(FAILED)];
    }
    match reason {
        Reason::RequestModeSameOrigin => {
            let origin = refused.origin;
            vec![fetch_cannot_load(
                refused,
                &format!(
                    "Request mode is \"same-origin\" but the URL's origin is not same as the request origin {origin}."
                ),
            )]
        }
        Reason::RequestNoCorsRedirectMode => vec![Message {
            code: Some("NoCorsRedirectModeNotFollow"),
            ..fetch_cannot_load(
                refused,
                "Request mode is \"no-cors\" but the redirect mode is not \"follow\".",
            )
        }],
        Reason::RequestScheme if !refused.is_local_scheme() => {
            vec![fetch_cannot_load(
                refused,
                &format!("URL scheme \"{}\" is not supported.", refused.scheme()),
            )]
        }
        Reason::RequestForbiddenMethod => {
            vec![cannot_execute(&format!("'{subject}' HTTP method is unsupported."))]
        }
        Reason::RequestInvalidMethod => {
            vec![cannot_execute(&format!("'{subject}' is not a valid HTTP method."))]
        }
        Reason::RequestNoCorsMethod => {
            vec![cannot_execute(&format!("'{subject}' is unsupported in no-cors mode."))]
        }
        // What else cannot be constructed has words of its own for every member.
        Reason::RequestInvalid => vec![match (has_credentials(url), subject) {
            (true, _) => cannot_execute(&format!(
                "Request cannot be constructed from a URL that includes credentials: {url}"
            )),
            (false, "only-if-cached") => {
                cannot_execute("'only-if-cached' can be set only with 'same-origin' mode")
            }
            (false, _) => Message::exception("TypeError: Failed to execute 'fetch' on 'Window'"),
        }],
        Reason::RequestMixedContent => vec![Message::console(
            None,
            format!(
                "Mixed Content: The page at '{}' was loaded over HTTPS, but requested an insecure resource '{url}'. This request has been blocked; the content must be served over HTTPS.",
                refused.page
            ),
        )],
        Reason::ResponseIntegrity => {
            let (algorithm, digest) = refused.digest();
            let algorithm = algorithm.replace("sha", "SHA-");
            vec![
                Message::console(
                    None,
                    format!(
                        "Failed to find a valid digest in the 'integrity' attribute for resource '{url}' with computed {algorithm} integrity '{digest}'. The resource has been blocked."
                    ),
                ),
                fetch_cannot_load(refused, "SRI's integrity checks failed."),
            ]
        }
        Reason::RequestBadPort => vec![net_error("ERR_UNSAFE_PORT")],
        Reason::ResponseCrossOriginResourcePolicy => {
            let same = if subject.eq_ignore_ascii_case("same-site") { "Site" } else { "Origin" };
            vec![net_error(&format!("ERR_BLOCKED_BY_RESPONSE.NotSame{same}"))]
        }
        Reason::CacheOnlyIfCachedMiss => vec![net_error("ERR_CACHE_MISS")],
        Reason::NetworkError | Reason::PreflightNetworkError => {
            vec![net_error(refused.net_error.unwrap_or(FAILED))]
        }
        Reason::RedirectLocation => vec![net_error("ERR_INVALID_REDIRECT")],
        Reason::RedirectScheme => vec![net_error("ERR_UNSAFE_REDIRECT")],
        Reason::RedirectTooMany => vec![net_error("ERR_TOO_MANY_REDIRECTS")],
        Reason::RedirectBody => vec![net_error("ERR_INVALID_ARGUMENT")],
        Reason::RedirectMode => vec![net_error(FAILED)],
        _ => vec![Message::exception("TypeError: Failed to fetch")],
    }
}

/// The `corsError` and what it says behind the frame; `None` where Chromium does not call it CORS.
fn cors_error(refused: &RefusedRequest<'_>) -> Option<(&'static str, String)> {
    let subject = escaped(refused.subject);
    let found = match refused.reason {
        Reason::CorsCheckMissing => ("MissingAllowOriginHeader", MISSING.to_owned()),
        Reason::PreflightCorsCheckMissing => {
            ("PreflightMissingAllowOriginHeader", format!("{PREFLIGHT}{MISSING}"))
        }
        Reason::CorsCheckMultiple | Reason::CorsCheckInvalid | Reason::CorsCheckOriginMismatch => {
            let value = Value::of(refused.subject);
            (value.code().0, value.text(&subject))
        }
        Reason::PreflightCorsCheckMultiple
        | Reason::PreflightCorsCheckInvalid
        | Reason::PreflightCorsCheckOriginMismatch => {
            let value = Value::of(refused.subject);
            (value.code().1, format!("{PREFLIGHT}{}", value.text(&subject)))
        }
        Reason::CorsCheckWildcardCredentials => ("WildcardOriginNotAllowed", WILDCARD.to_owned()),
        Reason::PreflightCorsCheckWildcardCredentials => {
            ("PreflightWildcardOriginNotAllowed", format!("{PREFLIGHT}{WILDCARD}"))
        }
        Reason::CorsCheckCredentials => ("InvalidAllowCredentials", credentials(&subject)),
        Reason::PreflightCorsCheckCredentials => {
            ("PreflightInvalidAllowCredentials", format!("{PREFLIGHT}{}", credentials(&subject)))
        }
        Reason::PreflightStatus => {
            ("PreflightInvalidStatus", format!("{PREFLIGHT}It does not have HTTP ok status."))
        }
        Reason::PreflightRedirect => (
            "PreflightDisallowedRedirect",
            format!("{PREFLIGHT}Redirect is not allowed for a preflight request."),
        ),
        Reason::PreflightAllowMethodsInvalid => {
            ("InvalidAllowMethodsPreflightResponse", cannot_parse("Access-Control-Allow-Methods"))
        }
        Reason::PreflightAllowHeadersInvalid => {
            ("InvalidAllowHeadersPreflightResponse", cannot_parse("Access-Control-Allow-Headers"))
        }
        Reason::PreflightAllowMethods => (
            "MethodDisallowedByPreflightResponse",
            format!("Method {subject} is not allowed by Access-Control-Allow-Methods in preflight response."),
        ),
        Reason::PreflightAllowHeaders | Reason::PreflightAllowHeadersAuthorization => (
            "HeaderDisallowedByPreflightResponse",
            format!(
                "Request header field {subject} is not allowed by Access-Control-Allow-Headers in preflight response."
            ),
        ),
        // The location is never filled in.
        Reason::RedirectCredentials => (
            "RedirectContainsCredentials",
            "Redirect location '' contains a username and password, which is disallowed for cross-origin requests."
                .to_owned(),
        ),
        Reason::RequestModeSameOrigin if refused.initiator != Initiator::Fetch => {
            ("DisallowedByMode", "Cross origin requests are not allowed by request mode.".to_owned())
        }
        Reason::RequestScheme if refused.initiator != Initiator::Fetch && !refused.is_local_scheme() => (
            "CorsDisabledScheme",
            "Cross origin requests are only supported for protocol schemes: chrome, chrome-extension, chrome-untrusted, data, http, https, isolated-app."
                .to_owned(),
        ),
        _ => return None,
    };
    Some(found)
}

const PREFLIGHT: &str = "Response to preflight request doesn't pass access control check: ";
const MISSING: &str = "No 'Access-Control-Allow-Origin' header is present on the requested resource.";
const WILDCARD: &str = "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.";

fn credentials(value: &str) -> String {
    format!(
        "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true' when the request's credentials mode is 'include'."
    )
}

fn cannot_parse(field: &str) -> String {
    format!("Cannot parse {field} response header field in preflight response.")
}

/// How Chromium sees an Access-Control-Allow-Origin that is not the request's origin.
enum Value {
    Multiple,
    Invalid,
    Mismatch,
}

impl Value {
    fn of(value: &str) -> Self {
        if value.contains([' ', ',']) {
            Self::Multiple
        } else if value == "null" || Url::parse(value).is_ok() {
            Self::Mismatch
        } else {
            Self::Invalid
        }
    }

    /// The code for an actual response, and for a preflight's.
    fn code(&self) -> (&'static str, &'static str) {
        match self {
            Self::Multiple => ("MultipleAllowOriginValues", "PreflightMultipleAllowOriginValues"),
            Self::Invalid => ("InvalidAllowOriginValue", "PreflightInvalidAllowOriginValue"),
            Self::Mismatch => ("AllowOriginMismatch", "PreflightAllowOriginMismatch"),
        }
    }

    fn text(&self, value: &str) -> String {
        let said = match self {
            Self::Multiple => format!("contains multiple values '{value}', but only one is allowed"),
            Self::Invalid => format!("contains the invalid value '{value}'"),
            Self::Mismatch => format!("has a value '{value}' that is not equal to the supplied origin"),
        };
        format!(
            "The 'Access-Control-Allow-Origin' header {said}. Have the server send the header with a valid value."
        )
    }
}

fn frame(refused: &RefusedRequest<'_>, detail: &str) -> String {
    let kind = match refused.initiator {
        Initiator::Fetch => "fetch",
        Initiator::Xhr { .. } => "XMLHttpRequest",
        Initiator::Beacon | Initiator::EventSource | Initiator::Preload => "resource",
        Initiator::Script => "script",
        Initiator::Image => "image",
        Initiator::Font => "font",
        Initiator::Style => "CSS stylesheet",
    };
    let from = refused.redirected_from.map(|url| format!(" (redirected from '{url}')")).unwrap_or_default();
    let RefusedRequest { url, origin, .. } = refused;
    format!(
        "Access to {kind} at '{url}'{from} from origin '{origin}' has been blocked by CORS policy: {detail}"
    )
}

fn net_error(name: &str) -> Message {
    Message::console(None, format!("Failed to load resource: net::{name}"))
}

fn fetch_cannot_load(refused: &RefusedRequest<'_>, why: &str) -> Message {
    Message::console(None, format!("Fetch API cannot load {}. {why}", refused.url))
}

fn cannot_execute(why: &str) -> Message {
    Message::exception(format!("TypeError: Failed to execute 'fetch' on 'Window': {why}"))
}

/// Bytes that are no printable ASCII are shown as escapes.
fn escaped(isomorphic: &str) -> String {
    let mut text = String::with_capacity(isomorphic.len());
    for c in isomorphic.chars() {
        if matches!(c, ' '..='~') {
            text.push(c);
        } else {
            text.push_str(&format!("\\u{:04X}", u32::from(c)));
        }
    }
    text
}
