//! What to change: the root cause behind a reason, as far as the answer shows it, and its cure.

use crate::{
    case::model::ServedBy,
    exchange::{self, PreflightState, RequestResult, Step, Transcript},
    fetch::reason::Reason,
    message::{Fields, Response},
};

/// Where `Vary: Origin` has to be.
const EVERYWHERE: &str = "on every answer of this resource, also to refused origins, to requests without Origin and on errors (OSS: ResponseVary=true; nginx: `add_header Vary Origin always`)";

/// What helps instead.
const OTHERWISE: &str = "or answer everybody with `Access-Control-Allow-Origin: *`, or forbid storing with `Cache-Control: no-store`";

const CACHES: &str = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches";

/// What to change so that a browser no longer refuses for `reason`.
pub(super) fn for_reason(reason: Reason, result: &RequestResult, step: Option<&Step>) -> Option<String> {
    let response = step.and_then(|step| step.exchange.response());
    let status = response.map(|response| response.status);
    let origin = &result.origin;
    let subject = result.subject.as_deref().unwrap_or_default();
    Some(match reason {
        _ if result.preflight == PreflightState::Cached && is_cors_check(reason) => format!(
            "no preflight was sent, because the browser still keeps the answer to an earlier one: wait for its Access-Control-Max-Age to pass or clear the cache; with MaxAgeSeconds 0 changed rules count at once. Then the answer itself must say `Access-Control-Allow-Origin: {origin}`"
        ),
        _ if is_cors_check(reason) && response.is_some_and(is_from_a_cache) => {
            let evidence = response.and_then(on_the_way).unwrap_or_else(|| "Age".to_owned());
            let cure = match response.is_some_and(|response| response.varies_by("origin")) {
                true => "let its cache key have Origin, or honour `Vary: Origin`, and configure CORS there if it sets fields of its own, which override the store's".to_owned(),
                false => format!("what it stored does not say `Vary: Origin`: send it {EVERYWHERE}, {OTHERWISE}; or let its cache key have Origin, and configure CORS there if it sets fields of its own"),
            };
            format!("a cache or CDN answered, not the endpoint ({evidence}): {cure}")
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

/// What to change where a stored response, or a 304 for it, was refused: by whom it was stored and
/// what it says of `Vary` tells an endpoint that says too little from a cache that does not listen.
pub(super) fn for_stored(reason: Reason, result: &RequestResult, transcript: &Transcript) -> Option<String> {
    let served_by = result.served_by.filter(|served_by| *served_by != ServedBy::Network)?;
    if !is_cors_check(reason) {
        return None;
    }
    let stored = result.stored.as_ref();
    let step = stored.and_then(|stored| transcript.steps.get(stored.step?));
    let whom = match (step, stored.and_then(|stored| stored.origin.as_ref())) {
        (Some(step), Some(origin)) => format!("`{}` ({origin})", step.request),
        (Some(step), None) => format!("`{}`, a request without Origin", step.request),
        (None, _) => "another request".to_owned(),
    };
    let (everywhere, otherwise) = (EVERYWHERE, OTHERWISE);
    // The last step before its end is its own.
    let last = result.ended_after.checked_sub(1).and_then(|last| transcript.steps.get(last));
    let on_the_way = last.and_then(|step| step.exchange.response()).and_then(on_the_way);
    Some(match step.and_then(|step| step.exchange.response()).map(|response| response.varies_by("origin")) {
        _ if served_by == ServedBy::Validated && on_the_way.is_some() => format!(
            "a cache on the way answered by itself ({}) with a 304 that left in place what was stored for {whom}: let its 304 carry the asking origin's Access-Control-Allow-Origin and `Vary: Origin`, as the endpoint's does; where it cannot (Squid), {}",
            on_the_way.unwrap_or_default(),
            otherwise.trim_start_matches("or ")
        ),
        _ if served_by == ServedBy::Validated => format!(
            "the 304 left in place what was stored for {whom}: let a 304 carry the asking origin's Access-Control-Allow-Origin and `Vary: Origin`, as a 200 does"
        ),
        Some(true) => format!(
            "the cache ignores Vary and gave away what it stored for {whom}: make Origin a part of its cache key (a CDN's cache key or Vary setting; nginx: `$http_origin` in proxy_cache_key), {otherwise}"
        ),
        Some(false) => format!(
            "the answer to {whom} was stored without `Vary: Origin`: send it {everywhere}, {otherwise}"
        ),
        None => format!(
            "an answer to {whom} was stored: send `Vary: Origin` {everywhere}, make Origin a part of the cache key, {otherwise}"
        ),
    })
}

/// What a cache on the way left in an answer that it gave itself.
fn on_the_way(response: &Response) -> Option<String> {
    let served = exchange::served(response, &[]);
    (served.by != ServedBy::Network).then(|| served.evidence.join(", "))
}

/// Whether a cache says that an answer is its own, or at least has an `Age` (RFC 9111 §5.1).
fn is_from_a_cache(response: &Response) -> bool {
    response.fields.contains("age") || on_the_way(response).is_some()
}

/// Whether the answer's content has these words.
fn says(response: Option<&Response>, words: &str) -> bool {
    response
        .and_then(Response::decoded_body)
        .is_some_and(|content| content.windows(words.len()).any(|part| part == words.as_bytes()))
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
