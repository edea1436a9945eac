use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crosscheck_core::message::{Fields, list};

use crate::bucket::Object;

/// Whether the client asks for a state of the object that is not its (RFC 9110 §13.1.1,
/// §13.1.4): `If-Match`, and only without it `If-Unmodified-Since`; `object` is `None` where
/// there is none.
pub(super) fn is_other(request: &Fields, object: Option<&Object>) -> bool {
    if let Some(tags) = request.text("if-match") {
        return !object.is_some_and(|object| has_tag(&tags, |tag| tag == object.etag));
    }
    let since = request.text("if-unmodified-since").and_then(|date| httpdate::parse_http_date(&date).ok());
    object.zip(since).is_some_and(|(object, since)| whole_seconds(object.modified) > since)
}

/// Whether the client's stored response is still right, or its write would overwrite what it
/// does not want to (RFC 9110 §13.1.2, §13.1.3): `If-None-Match`, and only without it
/// `If-Modified-Since`.
pub(super) fn is_unchanged(request: &Fields, object: &Object) -> bool {
    if let Some(tags) = request.text("if-none-match") {
        return has_tag(&tags, |tag| tag.strip_prefix("W/").unwrap_or(tag) == object.etag);
    }
    let since = request.text("if-modified-since").and_then(|date| httpdate::parse_http_date(&date).ok());
    since.is_some_and(|since| whole_seconds(object.modified) <= since)
}

fn has_tag(tags: &str, is: impl Fn(&str) -> bool) -> bool {
    list::unquoted_text_members(tags).any(|tag| tag == "*" || is(tag))
}

/// Whether a range is asked of what is there (RFC 9110 §13.1.5).
pub(super) fn range_applies(request: &Fields, object: &Object) -> bool {
    match request.text("if-range") {
        None => true,
        Some(tag) if tag.starts_with('"') => tag == object.etag,
        Some(date) => {
            httpdate::parse_http_date(&date).is_ok_and(|date| date == whole_seconds(object.modified))
        }
    }
}

/// What `Last-Modified` says of a time.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let seconds = time.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}
