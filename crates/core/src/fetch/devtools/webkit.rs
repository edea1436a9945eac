use url::Url;

use super::{Initiator, Message, Reason, RefusedRequest};

const LOAD_FAILED: &str = "TypeError: Load failed";

pub(super) fn messages(refused: &RefusedRequest<'_>) -> Vec<Message> {
    let RefusedRequest { reason, url, page, .. } = *refused;
    if let Some(detail) = access_control(refused) {
        return vec![Message::console(None, detail), Message::console(None, denied(refused))];
    }
    match reason {
        Reason::RequestModeSameOrigin => vec![
            Message::console(
                None,
                "Cross origin requests are not allowed when using same-origin fetch mode.",
            ),
            Message::console(None, denied(refused)),
        ],
        Reason::RequestScheme => vec![
            Message::console(None, "Cross origin requests are only supported for HTTP."),
            Message::console(None, denied(refused)),
        ],
        Reason::RequestMixedContent => vec![Message::console(
            None,
            format!(
                "[blocked] The page at {page} requested insecure content from {url}. This content was blocked and must be served over HTTPS."
            ),
        )],
        Reason::RequestForbiddenMethod => {
            vec![Message::exception("TypeError: Method is forbidden.")]
        }
        Reason::RequestInvalidMethod => {
            vec![Message::exception("TypeError: Method is not a valid HTTP token.")]
        }
        Reason::RequestNoCorsMethod => {
            vec![Message::exception("TypeError: Method must be GET, POST or HEAD in no-cors mode.")]
        }
        Reason::RequestBadPort => {
            let port = Url::parse(url).ok().and_then(|url| url.port()).unwrap_or_default();
            vec![Message::console(None, format!("Not allowed to use restricted network port {port}: {url}"))]
        }
        Reason::ResponseCrossOriginResourcePolicy => vec![Message::console(
            None,
            format!(
                "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy response header."
            ),
        )],
        Reason::ResponseIntegrity => {
            vec![Message::console(None, "Failed integrity metadata check.")]
        }
        Reason::RedirectMode => vec![Message::console(
            None,
            format!(
                "Not allowed to follow a redirection while loading {}",
                refused.redirected_from.unwrap_or(url)
            ),
        )],
        Reason::RedirectTooMany => {
            vec![Message::console(None, "Failed to load resource: too many HTTP redirects")]
        }
        _ => vec![Message::exception(LOAD_FAILED)],
    }
}

/// What WebKit says of the CORS check and the preflight. It looks at a preflight's status first.
fn access_control(refused: &RefusedRequest<'_>) -> Option<String> {
    let RefusedRequest { reason, origin, subject, .. } = *refused;
    let preflight = reason.is_of_preflight() && reason != Reason::PreflightNetworkError;
    if preflight && let Some(status) = refused.status.filter(|status| !(200..300).contains(status)) {
        return Some(format!("Preflight response is not successful. Status code: {status}"));
    }
    let redirection = |why: &str| {
        format!("Cross-origin redirection to {subject} denied by Cross-Origin Resource Sharing policy: {why}")
    };
    let found = match reason {
        Reason::CorsCheckMultiple | Reason::PreflightCorsCheckMultiple if subject.contains(',') => {
            "Access-Control-Allow-Origin cannot contain more than one origin.".to_owned()
        }
        Reason::CorsCheckMissing
        | Reason::CorsCheckMultiple
        | Reason::CorsCheckInvalid
        | Reason::CorsCheckOriginMismatch
        | Reason::PreflightCorsCheckMissing
        | Reason::PreflightCorsCheckMultiple
        | Reason::PreflightCorsCheckInvalid
        | Reason::PreflightCorsCheckOriginMismatch => {
            let status = refused.status.map(|status| format!(" Status code: {status}")).unwrap_or_default();
            format!("Origin {origin} is not allowed by Access-Control-Allow-Origin.{status}")
        }
        Reason::CorsCheckWildcardCredentials | Reason::PreflightCorsCheckWildcardCredentials => {
            "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.".to_owned()
        }
        Reason::CorsCheckCredentials | Reason::PreflightCorsCheckCredentials => {
            "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".".to_owned()
        }
        Reason::PreflightStatus | Reason::PreflightRedirect => {
            "Preflight response is not successful.".to_owned()
        }
        Reason::PreflightAllowMethodsInvalid => {
            format!("Header Access-Control-Allow-Methods has an invalid value: {subject}")
        }
        Reason::PreflightAllowHeadersInvalid => {
            format!("Header Access-Control-Allow-Headers has an invalid value: {subject}")
        }
        Reason::PreflightAllowMethods => {
            format!("Method {subject} is not allowed by Access-Control-Allow-Methods.")
        }
        Reason::PreflightAllowHeaders | Reason::PreflightAllowHeadersAuthorization => {
            format!("Request header field {subject} is not allowed by Access-Control-Allow-Headers.")
        }
        Reason::RedirectScheme => {
            redirection("not allowed to follow a cross-origin CORS redirection with non CORS scheme")
        }
        Reason::RedirectCredentials => redirection(&format!("redirection URL {subject} has credentials")),
        _ => return None,
    };
    Some(found)
}

fn denied(refused: &RefusedRequest<'_>) -> String {
    let url = refused.url;
    let element = match refused.initiator {
        Initiator::Fetch | Initiator::Preload => {
            return format!("Fetch API cannot load {url} due to access control checks.");
        }
        Initiator::Xhr { .. } => {
            return format!("XMLHttpRequest cannot load {url} due to access control checks.");
        }
        Initiator::EventSource => {
            return format!("EventSource cannot load {url} due to access control checks.");
        }
        Initiator::Beacon => return format!("Beacon API cannot load {url} due to access control checks."),
        Initiator::Script => "script",
        Initiator::Image => "image",
        Initiator::Font => "font",
        Initiator::Style => "stylesheet",
    };
    format!("Cross-origin {element} load denied by Cross-Origin Resource Sharing policy.")
}
