use super::{Initiator, Message, Reason, RefusedRequest, has_credentials};
use crate::message::isomorphic;

const NETWORK_ERROR: &str = "TypeError: NetworkError when attempting to fetch resource.";

pub(super) fn messages(refused: &RefusedRequest<'_>) -> Vec<Message> {
    let RefusedRequest { reason, url, page, subject, .. } = *refused;
    let mut messages = match reason {
        Reason::RequestModeSameOrigin => vec![Message::console(
            None,
            format!("Security Error: Content at {page} may not load data from {url}."),
        )],
        Reason::RequestScheme if refused.is_local_scheme() => Vec::new(),
        Reason::RequestScheme => vec![blocked(refused, "CORSRequestNotHttp", "CORS request not http", "")],
        Reason::RequestForbiddenMethod | Reason::RequestInvalidMethod | Reason::RequestNoCorsMethod => {
            vec![Message::exception(format!("TypeError: Window.fetch: Invalid request method {subject}."))]
        }
        // What else cannot be constructed has words of its own for every member.
        Reason::RequestInvalid => vec![Message::exception(match (has_credentials(url), subject) {
            (true, _) => format!("TypeError: Window.fetch: {url} is an url with embedded credentials."),
            (false, "only-if-cached") => {
                "TypeError: Window.fetch: Request mode 'cors' was used, but request cache mode 'only-if-cached' can only be used with request mode 'same-origin'.".to_owned()
            }
            (false, _) => "TypeError".to_owned(),
        })],
        Reason::RequestMixedContent => {
            vec![Message::console(None, format!("Blocked loading mixed active content “{url}”"))]
        }
        Reason::ResponseIntegrity => {
            let (algorithm, digest) = refused.digest();
            vec![Message::console(
                None,
                format!(
                    "None of the “{algorithm}” hashes in the integrity attribute match the content of the subresource at “{url}”. The computed hash is “{digest}”."
                ),
            )]
        }
        Reason::ResponseCrossOriginResourcePolicy => vec![Message::console(
            None,
            format!(
                "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#"
            ),
        )],
        Reason::NetworkError
        | Reason::RedirectCredentials
        | Reason::RedirectTooMany
        | Reason::RedirectLocation => vec![did_not_succeed(refused)],
        Reason::RedirectScheme => {
            vec![
                blocked(refused, "CORSRequestNotHttp", "CORS request not http", ""),
                did_not_succeed(refused),
            ]
        }
        Reason::PreflightNetworkError => vec![did_not_succeed(refused), did_not_succeed(refused)],
        _ => cors(refused),
    };
    if messages.is_empty() {
        messages.push(Message::exception(NETWORK_ERROR));
    }
    messages
}

/// The messages of the CORS check and of the preflight.
fn cors(refused: &RefusedRequest<'_>) -> Vec<Message> {
    let subject = shown(refused.subject);
    let status = status(refused);
    let first = match refused.reason {
        Reason::CorsCheckMissing | Reason::PreflightCorsCheckMissing => blocked(
            refused,
            "CORSMissingAllowOrigin2",
            "CORS header ‘Access-Control-Allow-Origin’ missing",
            &status,
        ),
        Reason::CorsCheckMultiple | Reason::PreflightCorsCheckMultiple if refused.lines > 1 => blocked(
            refused,
            "CORSMultipleAllowOriginNotAllowed",
            "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed",
            "",
        ),
        Reason::CorsCheckMultiple
        | Reason::CorsCheckInvalid
        | Reason::CorsCheckOriginMismatch
        | Reason::PreflightCorsCheckMultiple
        | Reason::PreflightCorsCheckInvalid
        | Reason::PreflightCorsCheckOriginMismatch => blocked(
            refused,
            "CORSAllowOriginNotMatchingOrigin",
            // What is printed as the thing to match is the field's own value.
            &format!("CORS header ‘Access-Control-Allow-Origin’ does not match ‘{subject}’"),
            "",
        ),
        Reason::CorsCheckWildcardCredentials | Reason::PreflightCorsCheckWildcardCredentials => {
            let url = refused.url;
            Message::console(
                Some("CORSNotSupportingCredentials"),
                format!(
                    "{BLOCKED}‘{url}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’)."
                ),
            )
        }
        Reason::CorsCheckCredentials | Reason::PreflightCorsCheckCredentials => blocked(
            refused,
            "CORSMissingAllowCredentials",
            "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’",
            "",
        ),
        Reason::PreflightStatus => preflight_did_not_succeed(refused),
        Reason::PreflightRedirect => blocked(
            refused,
            "CORSExternalRedirectNotAllowed",
            "CORS request external redirect not allowed",
            "",
        ),
        Reason::PreflightAllowMethodsInvalid => blocked(
            refused,
            "CORSInvalidAllowMethod",
            &format!("invalid token ‘{subject}’ in CORS header ‘Access-Control-Allow-Methods’"),
            "",
        ),
        Reason::PreflightAllowHeadersInvalid => blocked(
            refused,
            "CORSInvalidAllowHeader",
            &format!("invalid token ‘{subject}’ in CORS header ‘Access-Control-Allow-Headers’"),
            "",
        ),
        Reason::PreflightAllowMethods => blocked(
            refused,
            "CORSMethodNotFound",
            "Did not find method in CORS header ‘Access-Control-Allow-Methods’",
            "",
        ),
        Reason::PreflightAllowHeaders | Reason::PreflightAllowHeadersAuthorization => blocked(
            refused,
            "CORSMissingAllowHeaderFromPreflight2",
            &format!(
                "header ‘{subject}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response"
            ),
            "",
        ),
        _ => return Vec::new(),
    };
    let mut messages = vec![first];
    let at_redirect = refused.status.is_some_and(|status| (300..400).contains(&status) && status != 304);
    if refused.reason == Reason::PreflightRedirect {
        messages.push(preflight_did_not_succeed(refused));
    }
    if refused.reason.is_of_preflight() || at_redirect {
        messages.push(did_not_succeed(refused));
    }
    if refused.initiator == Initiator::EventSource {
        messages.push(Message::console(
            None,
            format!("Firefox can’t establish a connection to the server at {}.", refused.url),
        ));
    }
    messages
}

const BLOCKED: &str =
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ";

fn blocked(refused: &RefusedRequest<'_>, code: &'static str, why: &str, after: &str) -> Message {
    Message::console(Some(code), format!("{BLOCKED}{}. (Reason: {why}).{after}", refused.url))
}

fn did_not_succeed(refused: &RefusedRequest<'_>) -> Message {
    blocked(refused, "CORSDidNotSucceed2", "CORS request did not succeed", " Status code: (null).")
}

fn preflight_did_not_succeed(refused: &RefusedRequest<'_>) -> Message {
    let why = "CORS preflight response did not succeed";
    blocked(refused, "CORSPreflightDidNotSucceed3", why, &status(refused))
}

fn status(refused: &RefusedRequest<'_>) -> String {
    match refused.status {
        Some(status) => format!(" Status code: {status}."),
        None => " Status code: (null).".to_owned(),
    }
}

/// Bytes are shown as UTF-8 as far as they are.
fn shown(isomorphic: &str) -> String {
    match isomorphic::encode(isomorphic) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => isomorphic.to_owned(),
    }
}
