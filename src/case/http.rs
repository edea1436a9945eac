//! What a case's words must be to be sent at all.

use url::Url;

/// RFC 9110 §5.6.2 `token`.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Fetch §2.2.1 *normalize* a method.
pub(super) fn normalize_method(method: &str) -> &str {
    ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(method))
        .unwrap_or(method)
}

/// Fetch §2.2.1 *CORS-safelisted method*, of a normalised one.
pub(super) fn is_safelisted_method(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// Fetch §2.2.1 *forbidden method*.
pub(super) fn is_forbidden_method(method: &str) -> bool {
    ["CONNECT", "TRACE", "TRACK"].iter().any(|forbidden| forbidden.eq_ignore_ascii_case(method))
}

/// Fetch §2.2.2 *forbidden request-header*, as far as the name alone decides.
pub(super) fn is_forbidden_request_header(name: &str) -> bool {
    const NAMES: [&str; 21] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// Whether a header of this name can be a CORS-safelisted request-header (Fetch §2.2.2), so
/// that its value decides about a preflight.
pub(super) fn may_be_safelisted(name: &str) -> bool {
    ["accept", "accept-language", "content-language", "content-type", "range"]
        .iter()
        .any(|safelisted| safelisted.eq_ignore_ascii_case(name))
}

/// A text that should be a serialised origin: its serialised form, which may be another text.
///
/// # Errors
/// `()` where the text is no URL of a tuple origin.
pub(super) fn origin(text: &str) -> Result<String, ()> {
    if text.trim().eq_ignore_ascii_case("null") {
        return Ok("null".to_owned());
    }
    let url = Url::parse(text.trim())
        .or_else(|_| Url::parse(&format!("https://{}", text.trim())))
        .map_err(|_| ())?;
    if let url::Origin::Tuple(..) = url.origin() {
        return Ok(url.origin().ascii_serialization());
    }
    // Schemes of apps and extensions: opaque to the URL standard, tuples to browsers.
    let host = url.host_str().filter(|host| !host.is_empty() && url.scheme() != "data").ok_or(())?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{}://{}{port}", url.scheme(), host.to_ascii_lowercase()))
}
