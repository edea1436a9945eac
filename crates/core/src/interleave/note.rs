//! What a browser did, one sentence for each note.

use crate::fetch::{Note, PreflightCause, StoredResponse};

/// The sentence for a note, without a full stop.
pub(super) fn sentence(note: &Note) -> String {
    match note {
        Note::SameOrigin => "the URL is of the page's own origin, so this is no CORS request".to_owned(),
        Note::NoCors => "a no-cors request: used without being readable".to_owned(),
        Note::PreflightNotNeeded => "no preflight is needed: method and headers are safelisted".to_owned(),
        Note::PreflightNeeded(causes) => {
            let causes: Vec<String> = causes.iter().map(cause).collect();
            format!("a preflight is needed for {}", causes.join(" and "))
        }
        Note::PreflightCached => "the CORS-preflight cache covers it, so no preflight is sent".to_owned(),
        Note::PreflightAllowed { max_age: Some(seconds) } => {
            format!("the preflight allows it, and is kept for {seconds} s")
        }
        Note::PreflightAllowed { max_age: None } => "the preflight allows it, and is not kept".to_owned(),
        Note::PreflightCacheCleared(url) => format!("the CORS-preflight cache forgets {url}"),
        Note::CookieRefused { name, why } => format!("the cookie `{name}` is not stored: {why}"),
        Note::CookiesSent(names) => format!("cookies are sent: {}", names.join(", ")),
        Note::CookiesStored(names) => format!("cookies are stored: {}", names.join(", ")),
        Note::ServedByNetwork => "the endpoint serves it".to_owned(),
        Note::ServedByCache(stored) => {
            format!("the browser's cache serves it with {}", stored_response(stored))
        }
        Note::ServedByValidation(stored) => {
            format!("the endpoint says that {} is still right", stored_response(stored))
        }
        Note::Validating(stored) => {
            format!("the endpoint is asked whether {} is still right", stored_response(stored))
        }
        Note::Stored => "the response is stored".to_owned(),
        Note::ValidatedLater => "a stale response is used, to be validated in the background".to_owned(),
        Note::CorsCheckPassed => "the CORS check passes".to_owned(),
        Note::Redirected { status, from, to } => format!("{status} from {from} to {to} is followed"),
        Note::BecameGet(method) => format!("the redirect turns {method} into GET"),
        Note::HeaderDropped(name) => {
            format!("{name} is dropped, because the redirect leads to another origin")
        }
        Note::OriginTainted => "from here on Origin is null".to_owned(),
        Note::Upgraded(url) => format!("upgraded to {url}"),
        Note::Failed(reason) => format!("blocked: {}", reason.meaning()),
    }
}

fn cause(cause: &PreflightCause) -> String {
    match cause {
        PreflightCause::Method(method) => format!("the method {method}"),
        PreflightCause::Headers(names) => format!("the header(s) {}", names.join(", ")),
        PreflightCause::Forced => "the body or its upload listener".to_owned(),
        PreflightCause::Redirected => "the redirected request".to_owned(),
    }
}

fn stored_response(stored: &StoredResponse) -> String {
    let page = stored.stored_for.as_deref().unwrap_or("a request without Origin");
    format!("the response stored {} s ago for {page}", stored.age)
}
