//! What a client could not send.

use url::Url;

use super::{
    super::model::{BodySpec, CacheMode, Case, Client, Mode, OneOrMany, RequestSpec},
    Finder, is_open,
};
use crate::{
    document::{Place, quote},
    fetch::{Origin, header, method, origin::TupleOrigin, reason::Reason},
    message::{is_safe_method, is_token, isomorphic, plain_path},
};

pub(super) fn check(request: &RequestSpec, case: &Case, place: Place<'_>, finder: &mut Finder<'_>) {
    if request.client == Client::Browser {
        for (name, origin) in [("origin", &request.origin), ("site", &request.site)] {
            if let Some(origin) = origin {
                browser_origin(name, origin, place.field(name), finder);
            }
        }
        body(request, place, finder);
        if request.cache == CacheMode::OnlyIfCached
            && request.mode != Mode::SameOrigin
            && !may_fail(request, &[Reason::RequestInvalid])
        {
            let message = "a browser refuses `only-if-cached` unless the mode is `same-origin`";
            let label = "needs `\"mode\": \"same-origin\"`";
            finder.error("case.cache", message, place.field("cache").span(), label).link =
                Some("https://fetch.spec.whatwg.org/#request-class".to_owned());
        }
    } else if let Some(origin) = &request.origin {
        sendable(origin, "origin", place.field("origin"), finder);
    }
    base64(request, place, finder);
    check_method(request, place.field("method"), finder);
    path(request, place, finder);
    headers(&request.headers, place.field("headers"), finder);
    if request.headers.len() <= MAX_HEADERS {
        forbidden_headers(request, case, place.field("headers"), finder);
    }
}

/// Headers that a browser leaves out, unless the case is about just that: whether they lead to
/// a preflight, or what is answered to them.
fn forbidden_headers(request: &RequestSpec, case: &Case, place: Place<'_>, finder: &mut Finder<'_>) {
    if request.client == Client::Raw || request.expect.preflight.is_some() {
        return;
    }
    let answers = || case.given.iter().flat_map(|given| &given.answers);
    let answered = |name: &str| {
        answers().filter_map(|answer| answer.if_header.as_ref()).any(|asked| asked.eq_ignore_ascii_case(name))
    };
    for (index, (name, values)) in request.headers.iter().enumerate().filter(|(_, (name, _))| !answered(name))
    {
        if is_forbidden(name, values) {
            let message = format!("a browser does not let scripts set {}", quote(name));
            let label = "it is left out without a word";
            let diagnostic = finder.warning("case.forbidden-header", message, place.nth(index).key(), label);
            diagnostic.help.push("a client that sends what is written is `\"client\": \"raw\"`".to_owned());
            diagnostic.link = Some("https://fetch.spec.whatwg.org/#forbidden-request-header".to_owned());
        }
    }
}

/// Whether a browser leaves the header out, whatever the open parts of its values become.
pub(super) fn is_forbidden(name: &str, values: &OneOrMany<String>) -> bool {
    let mut values = values.as_slice().iter().filter_map(|value| isomorphic::encode(value));
    values.any(|value| header::is_forbidden_request_header(name, &value))
}

/// Whether the request is expected to fail for one of these reasons, so that the case tests
/// just what would otherwise be its mistake.
pub(super) fn may_fail(request: &RequestSpec, reasons: &[Reason]) -> bool {
    let expected = request.expect.reason.as_ref().map(OneOrMany::as_slice).unwrap_or_default();
    expected.iter().any(|reason| reasons.contains(reason))
}

fn browser_origin(name: &str, origin: &str, place: Place<'_>, finder: &mut Finder<'_>) {
    if is_open(origin) || Origin::parse(origin).is_ok() {
        return;
    }
    let (message, label) = match nearest_origin(origin) {
        Some(meant) if !origin.contains('*') => (
            format!("no browser has the {name} {}", quote(origin)),
            format!("did you mean {}?", quote(&meant)),
        ),
        _ => (
            format!("{} is no {name}", quote(origin)),
            "expected scheme://host or scheme://host:port".to_owned(),
        ),
    };
    let diagnostic = finder.error("case.origin", message, place.span(), label);
    diagnostic.help.push(
        "browsers write an origin as scheme://host[:port], in lower case, without the default port, path or final slash; or `null`".to_owned(),
    );
    diagnostic.help.push("a client that sends what is written is `\"client\": \"raw\"`".to_owned());
    diagnostic.link = Some(
        "https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin".to_owned(),
    );
}

/// The origin of a text that is more or less than one.
fn nearest_origin(text: &str) -> Option<String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("null") {
        return Some("null".to_owned());
    }
    let url = Url::parse(text).or_else(|_| Url::parse(&format!("https://{text}"))).ok()?;
    TupleOrigin::of(&url).map(|origin| origin.to_string())
}

fn check_method(request: &RequestSpec, place: Place<'_>, finder: &mut Finder<'_>) {
    let method = request.method.as_str();
    if is_open(method) {
        return;
    }
    if !method::is_method(method) {
        if request.client == Client::Raw || !may_fail(request, &[Reason::RequestInvalidMethod]) {
            let message = format!("{} is no method", quote(method));
            let label = "expected letters, digits or !#$%&'*+-.^_`|~";
            finder.error("case.method", message, place.span(), label).link =
                Some("https://fetch.spec.whatwg.org/#methods".to_owned());
        }
    } else if request.client == Client::Browser
        && method::is_forbidden(method)
        && !may_fail(request, &[Reason::RequestForbiddenMethod])
    {
        let message = format!("a browser does not let scripts use {}", quote(method));
        let diagnostic = finder.error("case.method", message, place.span(), "forbidden");
        diagnostic.help.push(format!(
            "expect it to be blocked for the reason `{}`, or use `\"client\": \"raw\"`",
            Reason::RequestForbiddenMethod.as_str()
        ));
        diagnostic.link = Some("https://fetch.spec.whatwg.org/#forbidden-method".to_owned());
    }
}

/// Base64 that is none; what a file holds is looked at when it is read.
fn base64(request: &RequestSpec, place: Place<'_>, finder: &mut Finder<'_>) {
    if let Some(BodySpec::Base64(body)) = &request.body
        && let Err(error) = BodySpec::Base64(body.clone()).bytes()
    {
        let span = place.field("body").field("base64").span();
        let label = "expected groups of four of A-Z, a-z, 0-9, + and /, padded with =";
        finder.error("case.body", error.to_string(), span, label);
    }
}

fn body(request: &RequestSpec, place: Place<'_>, finder: &mut Finder<'_>) {
    let method = method::normalize(&request.method);
    if request.body.is_some()
        && matches!(method.as_str(), "GET" | "HEAD")
        && !may_fail(request, &[Reason::RequestInvalid])
    {
        let message = format!("a browser sends no body with {method}");
        let label = "`fetch()` throws a TypeError";
        finder.error("case.body", message, place.field("body").key(), label).link =
            Some("https://fetch.spec.whatwg.org/#request-class".to_owned());
    }
}

fn path(request: &RequestSpec, place: Place<'_>, finder: &mut Finder<'_>) {
    if let Some(path) = &request.path {
        let span = place.field("path").span();
        if leads_elsewhere(path) {
            finder
                .error(
                    "case.path",
                    "the path leads to another host",
                    span,
                    "expected a path below the endpoint's URL",
                )
                .help
                .push("the endpoint's URL is given with --target; a case goes to no other host".to_owned());
        } else if let Some(at) = path.find(['?', '#']) {
            let (message, label) = if path.get(at..at + 1) == Some("?") {
                ("the path holds a query", "write it as `query`")
            } else {
                ("the path holds a fragment", "a fragment is never sent")
            };
            finder.error("case.path", message, span, label);
        } else if let Some(relative) = path.strip_prefix('/') {
            let label = format!("did you mean {}?", quote(relative));
            finder
                .error("case.path", "the path begins with `/`", span, label)
                .help
                .push("paths lie below the endpoint's URL, which may have a path itself".to_owned());
        } else if path.chars().any(|c| c.is_control() || c == ' ') {
            finder.error(
                "case.path",
                "a space or control character in the path",
                span,
                "write it as %20 or so",
            );
        } else if !is_safe_method(&request.method)
            && let Err(why) = plain_path(path)
        {
            let message = format!("{} may not go to the path {}", request.method, quote(path));
            finder
                .error("case.path", message, span, why.to_string())
                .help
                .push("requests that may write stay below the endpoint's URL in every spelling".to_owned());
        }
    }
    if let Some(query) = &request.query {
        let span = place.field("query").span();
        if query.starts_with('?') {
            finder.error("case.path", "the query begins with `?`", span, "leave out the question mark");
        } else if query.chars().any(|c| c.is_control() || matches!(c, ' ' | '#')) {
            let message = "a space, `#` or control character in the query";
            finder.error("case.path", message, span, "write it as %20 or so");
        }
    }
}

/// Whether a path is a URL of its own, or one that names a host, for an endpoint of either scheme.
fn leads_elsewhere(path: &str) -> bool {
    let relative = path.trim_start_matches('/');
    ["http://target.invalid/a/", "https://target.invalid/a/"].into_iter().any(|base| {
        let base = Url::parse(base).ok();
        base.is_some_and(|base| base.join(relative).is_ok_and(|url| url.origin() != base.origin()))
    })
}
/// How many header lines a message of a case may have.
const MAX_HEADERS: usize = 1_000;

/// Names must be tokens, values must fit on a line.
pub(super) fn headers(
    headers: &indexmap::IndexMap<String, OneOrMany<String>>,
    place: Place<'_>,
    finder: &mut Finder<'_>,
) {
    let lines: usize = headers.values().map(|values| values.as_slice().len()).sum();
    if lines > MAX_HEADERS {
        let message = format!("{lines} header lines, expected at most {MAX_HEADERS}");
        finder.error("case.header", message, place.head(), "no client sends so many");
        return;
    }
    for (index, (name, values)) in headers.iter().enumerate() {
        let place = place.nth(index);
        header_name(name, place.key(), finder);
        for (number, value) in values.as_slice().iter().enumerate() {
            let place = if matches!(values, OneOrMany::Many(_)) { place.nth(number) } else { place };
            sendable(value, name, place, finder);
        }
    }
}

pub(super) fn header_name(name: &str, span: std::ops::Range<usize>, finder: &mut Finder<'_>) {
    if !is_token(name.as_bytes()) && !is_open(name) {
        let message = format!("{} is no header name", quote(name));
        let label = "expected letters, digits or !#$%&'*+-.^_`|~";
        finder.error("case.header", message, span, label).link =
            Some("https://fetch.spec.whatwg.org/#header-name".to_owned());
    }
}

fn sendable(value: &str, name: &str, place: Place<'_>, finder: &mut Finder<'_>) {
    let Some(wrong) = value.chars().find(|c| matches!(c, '\0' | '\r' | '\n') || u32::from(*c) > 0xFF) else {
        return;
    };
    let label = match wrong {
        '\0' => "NUL cannot be sent".to_owned(),
        '\r' | '\n' => "a line break would begin another header".to_owned(),
        wrong => format!("{} has no byte: header values are Latin-1", quote(&wrong.to_string())),
    };
    let diagnostic = finder.error(
        "case.header",
        format!("the value of {} cannot be sent", quote(name)),
        place.span(),
        label,
    );
    if matches!(wrong, '\r' | '\n') {
        diagnostic.help.push("several lines of one header are a list: [\"a\", \"b\"]".to_owned());
    }
    diagnostic.link = Some("https://fetch.spec.whatwg.org/#header-value".to_owned());
}
