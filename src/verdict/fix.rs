//! What to change: the root cause behind a reason, as far as the answer shows it, and its cure.

use crate::{
    exchange::{PreflightState, RequestResult, Step},
    fetch::reason::Reason,
    message::{Fields, Response},
};

const CACHES: &str = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches";

/// What to change so that a browser no longer refuses for `reason`.
pub(super) fn for_reason(reason: Reason, result: &RequestResult, step: Option<&Step>) -> Option<String> {
    let response = step.and_then(|step| step.exchange.response());
    let status = response.map(|response| response.status);
    let origin = &result.origin;
    let subject = result.subject.as_deref().unwrap_or_default();
    let from_store = step.is_some_and(|step| step.served_by != crate::case::model::ServedBy::Network);
    Some(match reason {
        _ if from_store && is_cors_check(reason) => {
            "a stored answer for another origin was used: send `Vary: Origin` on every answer of this resource (OSS: ResponseVary=true), or the same `*` to everybody, or forbid storing (Cache-Control: no-store); clear the caches then".to_owned()
        }
        _ if result.preflight == PreflightState::Cached && is_cors_check(reason) => format!(
            "no preflight was sent, because the browser still keeps the answer to an earlier one: wait for its Access-Control-Max-Age to pass or clear the cache; with MaxAgeSeconds 0 changed rules count at once. Then the answer itself must say `Access-Control-Allow-Origin: {origin}`"
        ),
        // RFC 9111 §5.1 Age, and what caches add to say that they answered.
        _ if is_cors_check(reason) && response.is_some_and(|response| response.fields.contains("age")) => {
            "a cache or CDN answered, not the endpoint (Age): let its cache key have Origin, or honour `Vary: Origin`, and configure CORS there if it sets fields of its own, which override the store's".to_owned()
        }
        // The root cause is in front of CORS: browsers blame the missing field all the same.
        Reason::PreflightCorsCheckMissing | Reason::PreflightStatus => match status {
            Some(401) => "the preflight was asked to authenticate, but preflights never carry credentials: answer OPTIONS before authentication".to_owned(),
            Some(403) if says(response, "CORS is not enabled") => format!("CORS is not configured on this bucket: add a rule with AllowedOrigin {origin} and this method"),
            Some(403) if says(response, "CORSResponse") => format!("the bucket's rules refuse this preflight: allow origin {origin}, the method and every header in one rule; to find out which of them refuses, allow *, all five methods and header * for a moment, then narrow one field at a time"),
            Some(403) => format!("the preflight was refused: allow origin {origin} with this method and these headers, and keep firewalls and authentication from answering OPTIONS first"),
            Some(404 | 405) => "no route answers OPTIONS here: let the CORS layer answer it before routing".to_owned(),
            Some(status) if status >= 500 => format!("the server or a proxy failed with {status}: mend that first, CORS is only the symptom"),
            _ => format!("answer the preflight with a 2xx status and `Access-Control-Allow-Origin: {origin}`"),
        },
        Reason::CorsCheckMissing => match status {
            Some(403) if !says(response, "CORSResponse") && is_store_error(response) => "the store refused the request itself (signature, policy, referer or expiry), and authentication comes before CORS: mend that first, and look at the preflight's answer separately".to_owned(),
            Some(status) if status >= 400 => format!("the {status} answer has no CORS fields, so the page cannot even see the status: add them to error answers too (nginx: `always`)"),
            Some(status) if (300..400).contains(&status) => "redirects need the CORS fields too".to_owned(),
            _ => format!("allow origin {origin}: the answer must say `Access-Control-Allow-Origin: {origin}`"),
        },
        Reason::PreflightCorsCheckMultiple | Reason::CorsCheckMultiple => {
            "send exactly one line with exactly one origin; two layers (proxy and application) often both add one".to_owned()
        }
        Reason::PreflightCorsCheckInvalid | Reason::CorsCheckInvalid => format!(
            "send the origin as the browser serialises it, `{origin}`: scheme, host and non-default port, no slash at the end"
        ),
        Reason::PreflightCorsCheckOriginMismatch | Reason::CorsCheckOriginMismatch => format!(
            "answer each allowed origin with its own: here `{origin}` was asked for and `{subject}` was answered"
        ),
        Reason::PreflightCorsCheckWildcardCredentials | Reason::CorsCheckWildcardCredentials => format!(
            "with credentials `*` is no wildcard: answer `Access-Control-Allow-Origin: {origin}` and `Vary: Origin`, or make the request without credentials"
        ),
        Reason::PreflightCorsCheckCredentials | Reason::CorsCheckCredentials => {
            "send `Access-Control-Allow-Credentials: true`, lower case, on the preflight's answer and on the actual one".to_owned()
        }
        Reason::PreflightRedirect => "answer OPTIONS itself: preflights are never redirected; look for a slash at the end or an http-to-https redirect".to_owned(),
        Reason::PreflightAllowMethods => format!("add {subject} to Access-Control-Allow-Methods; methods are case-sensitive"),
        Reason::PreflightAllowHeaders => format!("add `{subject}` to Access-Control-Allow-Headers"),
        Reason::PreflightAllowHeadersAuthorization => {
            "list `authorization` by name in Access-Control-Allow-Headers: `*` does not cover it".to_owned()
        }
        Reason::PreflightAllowMethodsInvalid | Reason::PreflightAllowHeadersInvalid => {
            "the list must be tokens between commas: no quotes, semicolons or brackets".to_owned()
        }
        Reason::RedirectCredentials => "leave username and password out of the redirect's Location".to_owned(),
        Reason::NetworkError | Reason::PreflightNetworkError => {
            "no answer came, so this is no CORS fault: look at the connection, TLS and proxies".to_owned()
        }
        _ => return None,
    })
}

/// Whether the answer's content has these words.
fn says(response: Option<&Response>, words: &str) -> bool {
    response.is_some_and(|response| response.body.windows(words.len()).any(|part| part == words.as_bytes()))
}

/// Whether it is the error document of an object store.
fn is_store_error(response: Option<&Response>) -> bool {
    says(response, "<Code>")
}

fn is_cors_check(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::CorsCheckMissing
            | Reason::CorsCheckOriginMismatch
            | Reason::CorsCheckWildcardCredentials
            | Reason::CorsCheckCredentials
    )
}

/// The section of the standard and the cure for a field that is not as expected.
pub(super) fn for_field(name: &str, fields: &Fields) -> Option<(&'static str, &'static str)> {
    match name.to_ascii_lowercase().as_str() {
        "vary" => Some((
            CACHES,
            "add `Origin` to Vary on every answer of this resource, also to refused origins and to requests without Origin; keep what is already in Vary",
        )),
        "access-control-allow-origin" if fields.lines(name).count() > 1 => {
            Some(("https://fetch.spec.whatwg.org/#concept-cors-check", "let only one layer add it"))
        }
        "access-control-allow-credentials" => Some((
            "https://fetch.spec.whatwg.org/#http-access-control-allow-credentials",
            "send exactly `true`, to allowed origins only, or leave it out",
        )),
        _ => None,
    }
}
