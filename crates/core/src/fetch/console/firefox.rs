use super::{Console, Initiator, Message, Reason, has_credentials};
use crate::message::isomorphic;

const NETWORK_ERROR: &str = "TypeError: NetworkError when attempting to fetch resource.";

pub(super) fn messages(console: &Console<'_>) -> Vec<Message> {
    let Console { reason, url, page, subject, .. } = *console;
    let mut messages = match reason {
        Reason::RequestModeSameOrigin => vec![Message::console(
            None,
            format!("Security Error: Content at {page} may not load data from {url}."),
        )],
        Reason::RequestScheme if console.is_local_scheme() => Vec::new(),
        Reason::RequestScheme => vec![blocked(console, "CORSRequestNotHttp", "CORS request not http", "")],
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
            let (algorithm, digest) = console.digest();
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
        | Reason::RedirectLocation => vec![did_not_succeed(console)],
        Reason::RedirectScheme => {
            vec![
                blocked(console, "CORSRequestNotHttp", "CORS request not http", ""),
                did_not_succeed(console),
            ]
        }
        Reason::PreflightNetworkError => vec![did_not_succeed(console), did_not_succeed(console)],
        _ => cors(console),
    };
    if messages.is_empty() {
        messages.push(Message::exception(NETWORK_ERROR));
    }
    messages
}

/// The messages of the CORS check and of the preflight.
fn cors(console: &Console<'_>) -> Vec<Message> {
    let subject = shown(console.subject);
    let status = status(console);
    let first = match console.reason {
        Reason::CorsCheckMissing | Reason::PreflightCorsCheckMissing => blocked(
            console,
            "CORSMissingAllowOrigin2",
            "CORS header ‘Access-Control-Allow-Origin’ missing",
            &status,
        ),
        Reason::CorsCheckMultiple | Reason::PreflightCorsCheckMultiple if console.lines > 1 => blocked(
            console,
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
            console,
            "CORSAllowOriginNotMatchingOrigin",
            // What is printed as the thing to match is the field's own value.
            &format!("CORS header ‘Access-Control-Allow-Origin’ does not match ‘{subject}’"),
            "",
        ),
        Reason::CorsCheckWildcardCredentials | Reason::PreflightCorsCheckWildcardCredentials => {
            let url = console.url;
            Message::console(
                Some("CORSNotSupportingCredentials"),
                format!(
                    "{BLOCKED}‘{url}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’)."
                ),
            )
        }
        Reason::CorsCheckCredentials | Reason::PreflightCorsCheckCredentials => blocked(
            console,
            "CORSMissingAllowCredentials",
            "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’",
            "",
        ),
        Reason::PreflightStatus => preflight_did_not_succeed(console),
        Reason::PreflightRedirect => blocked(
            console,
            "CORSExternalRedirectNotAllowed",
            "CORS request external redirect not allowed",
            "",
        ),
        Reason::PreflightAllowMethodsInvalid => blocked(
            console,
            "CORSInvalidAllowMethod",
            &format!("invalid token ‘{subject}’ in CORS header ‘Access-Control-Allow-Methods’"),
            "",
        ),
        Reason::PreflightAllowHeadersInvalid => blocked(
            console,
            "CORSInvalidAllowHeader",
            &format!("invalid token ‘{subject}’ in CORS header ‘Access-Control-Allow-Headers’"),
            "",
        ),
        Reason::PreflightAllowMethods => blocked(
            console,
            "CORSMethodNotFound",
            "Did not find method in CORS header ‘Access-Control-Allow-Methods’",
            "",
        ),
        Reason::PreflightAllowHeaders | Reason::PreflightAllowHeadersAuthorization => blocked(
            console,
            "CORSMissingAllowHeaderFromPreflight2",
            &format!(
                "header ‘{subject}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response"
            ),
            "",
        ),
        _ => return Vec::new(),
    };
    let mut messages = vec![first];
    let at_redirect = console.status.is_some_and(|status| (300..400).contains(&status) && status != 304);
    if console.reason == Reason::PreflightRedirect {
        messages.push(preflight_did_not_succeed(console));
    }
    if console.reason.is_of_preflight() || at_redirect {
        messages.push(did_not_succeed(console));
    }
    if console.initiator == Initiator::EventSource {
        messages.push(Message::console(
            None,
            format!("Firefox can’t establish a connection to the server at {}.", console.url),
        ));
    }
    messages
}

const BLOCKED: &str =
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ";

fn blocked(console: &Console<'_>, code: &'static str, why: &str, after: &str) -> Message {
    Message::console(Some(code), format!("{BLOCKED}{}. (Reason: {why}).{after}", console.url))
}

fn did_not_succeed(console: &Console<'_>) -> Message {
    blocked(console, "CORSDidNotSucceed2", "CORS request did not succeed", " Status code: (null).")
}

fn preflight_did_not_succeed(console: &Console<'_>) -> Message {
    let why = "CORS preflight response did not succeed";
    blocked(console, "CORSPreflightDidNotSucceed3", why, &status(console))
}

fn status(console: &Console<'_>) -> String {
    match console.status {
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
