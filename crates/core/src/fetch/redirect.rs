//! Fetch §4.4: redirects, and how they taint the origin.

use std::borrow::Cow;

use url::Url;

use super::{
    modes::Mode,
    origin::{Origin, same_origin, same_site},
    reason::Reason,
    status,
};
use crate::message::{Response, isomorphic};

/// The most redirects that are followed (Fetch §4.4, step 7).
pub(super) const LIMIT: usize = 20;

/// Fetch §2.2.6 *location URL*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// No redirect: another status, or no Location.
    Absent,
    /// Location is no URL, or there are several.
    Invalid(String),
    /// Where it redirects to, with the request's fragment where Location has none.
    Url(Url),
}

/// Fetch §2.2.5 *redirect-taint*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum RedirectTaint {
    /// The request's origin is sent as it is.
    #[default]
    SameOrigin,
    /// `Origin` is `null`; no other site was involved.
    SameSite,
    /// `Origin` is `null`.
    CrossSite,
}

/// Fetch §2.2.6 *location URL* of a response to a request for `current`. Several Location
/// lines are invalid, except where `same_lines_are_one` and all are the same.
pub(super) fn location(response: &Response, current: &Url, same_lines_are_one: bool) -> Location {
    if !status::is_redirect(response.status) {
        return Location::Absent;
    }
    let mut lines = response.fields.lines("location");
    let Some(line) = lines.next() else { return Location::Absent };
    let text = isomorphic::decode(line);
    if let Some(second) = lines.find(|other| !same_lines_are_one || *other != line) {
        return Location::Invalid(format!("{text}, {}", isomorphic::decode(second)));
    }
    let Ok(mut url) = current.join(&target(line)) else { return Location::Invalid(text) };
    if url.fragment().is_none() {
        url.set_fragment(current.fragment());
    }
    Location::Url(url)
}

/// Location as text. Bytes above ASCII are what servers send for UTF-8; where they are not, each
/// is percent-encoded as it is (measured in Chromium and Firefox).
fn target(line: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(line) {
        return Cow::Borrowed(text);
    }
    let encode =
        |&byte: &u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    Cow::Owned(line.iter().map(encode).collect())
}

/// Fetch §2.2.5 *redirect-taint* of a request of `origin` once `next` follows `last` in its URL
/// list, where it was `taint` before.
pub(super) fn taint(taint: RedirectTaint, origin: &Origin, last: &Url, next: &Url) -> RedirectTaint {
    if taint == RedirectTaint::CrossSite || (!same_site(next, last) && !origin.is_same_site(last)) {
        return RedirectTaint::CrossSite;
    }
    if !same_origin(next, last) && !origin.is_of(last) { RedirectTaint::SameSite } else { taint }
}

/// Fetch §4.4 *HTTP-redirect fetch*, step 12: whether the redirect turns the request into a GET
/// without a body.
pub(super) fn becomes_get(status: u16, method: &str) -> bool {
    match status {
        301 | 302 => method == "POST",
        303 => !matches!(method, "GET" | "HEAD"),
        _ => false,
    }
}

/// What Fetch §4.4 *HTTP-redirect fetch* looks at before a redirect is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Redirected<'a> {
    /// The page's origin.
    pub origin: &'a Origin,
    /// The request's mode.
    pub mode: Mode,
    /// Whether its response tainting is `cors`.
    pub is_cors: bool,
    /// How many redirects it has followed.
    pub count: usize,
    /// Whether it has a body that cannot be sent again.
    pub has_unrepeatable_body: bool,
    /// The redirect's status.
    pub status: u16,
    /// Whether a URL with credentials is refused in any case.
    pub no_credentials: bool,
}

/// Fetch §4.4 *HTTP-redirect fetch*, steps 6 to 11: whether the redirect may be followed.
///
/// # Errors
/// The reason of the first step that forbids it.
pub(super) fn may_follow(redirected: &Redirected<'_>, target: &Url) -> Result<(), Reason> {
    if !matches!(target.scheme(), "http" | "https") {
        return Err(Reason::RedirectScheme);
    }
    if redirected.count >= LIMIT {
        return Err(Reason::RedirectTooMany);
    }
    let includes_credentials = !target.username().is_empty() || target.password().is_some();
    let cors = redirected.mode == Mode::Cors && !redirected.origin.is_of(target);
    let refused = cors || redirected.is_cors || redirected.no_credentials;
    if includes_credentials && refused {
        return Err(Reason::RedirectCredentials);
    }
    if redirected.status != 303 && redirected.has_unrepeatable_body {
        return Err(Reason::RedirectBody);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn locations_are_resolved_against_the_request() {
        let table: [(u16, &[&str], Location); 9] = [
            (302, &["https://b.example/y"], Location::Url(url("https://b.example/y#f"))),
            (302, &["/y"], Location::Url(url("https://a.example/y#f"))),
            (302, &["?q#g"], Location::Url(url("https://a.example/x?q#g"))),
            (302, &[""], Location::Url(url("https://a.example/x#f"))),
            (302, &[], Location::Absent),
            (304, &["/y"], Location::Absent),
            (305, &["/y"], Location::Absent),
            (302, &["https://"], Location::Invalid("https://".into())),
            (302, &["/y", "/z"], Location::Invalid("/y, /z".into())),
        ];
        for (status, lines, expected) in table {
            let mut response = Response::new(status);
            for line in lines {
                response = response.with_field("Location", line);
            }
            assert_eq!(
                location(&response, &url("https://a.example/x#f"), true),
                expected,
                "{status} {lines:?}"
            );
        }
        let twice = Response::new(302).with_field("Location", "/y").with_field("Location", "/y");
        let base = url("https://a.example/x");
        assert_eq!(location(&twice, &base, true), Location::Url(url("https://a.example/y")));
        assert_eq!(location(&twice, &base, false), Location::Invalid("/y, /y".into()));
    }

    #[test]
    fn the_origin_is_tainted_once_another_origin_redirects_away() {
        use RedirectTaint::{CrossSite, SameOrigin, SameSite};
        const A: &str = "https://a.site.example/";
        const B: &str = "https://b.site.example/";
        const C: &str = "https://c.site.example/";
        const X: &str = "https://x.other.example/";
        const Y: &str = "https://y.third.example/";
        let table: [(&[&str], RedirectTaint); 10] = [
            (&[A], SameOrigin),
            (&[A, B], SameOrigin),
            (&[A, X], SameOrigin),
            (&[B, B], SameOrigin),
            (&[B, C], SameSite),
            (&[B, A], SameSite),
            (&[B, X], SameSite),
            (&[X, A], CrossSite),
            (&[X, Y, Y], CrossSite),
            (&[A, B, C, A], SameSite),
        ];
        let origin = Origin::parse("https://a.site.example").expect("origin");
        for (urls, expected) in table {
            let urls: Vec<Url> = urls.iter().map(|text| url(text)).collect();
            let got = urls
                .windows(2)
                .fold(RedirectTaint::default(), |before, pair| taint(before, &origin, &pair[0], &pair[1]));
            assert_eq!(got, expected, "{urls:?}");
        }
    }

    #[test]
    fn redirects_change_methods() {
        let table = [
            (301, "POST", true),
            (302, "POST", true),
            (301, "PUT", false),
            (302, "GET", false),
            (303, "POST", true),
            (303, "PUT", true),
            (303, "GET", false),
            (303, "HEAD", false),
            (307, "POST", false),
            (308, "POST", false),
        ];
        for (status, method, changes) in table {
            assert_eq!(becomes_get(status, method), changes, "{status} {method}");
        }
    }

    #[test]
    fn not_every_redirect_may_be_followed() {
        let origin = Origin::parse("https://a.example").expect("origin");
        let base = Redirected {
            origin: &origin,
            mode: Mode::Cors,
            is_cors: false,
            count: 0,
            has_unrepeatable_body: false,
            status: 307,
            no_credentials: false,
        };
        let cors = Redirected { is_cors: true, ..base };
        let no_cors = Redirected { mode: Mode::NoCors, ..base };
        let stream = Redirected { has_unrepeatable_body: true, ..base };
        let table = [
            (base, "https://b.example/", None),
            (base, "data:,x", Some(Reason::RedirectScheme)),
            (Redirected { count: 19, ..base }, "https://b.example/", None),
            (Redirected { count: 20, ..base }, "https://b.example/", Some(Reason::RedirectTooMany)),
            (base, "https://u@b.example/", Some(Reason::RedirectCredentials)),
            (base, "https://u:p@a.example/", None),
            (base, "https://@b.example/", None),
            (cors, "https://u:p@a.example/", Some(Reason::RedirectCredentials)),
            (no_cors, "https://u:p@b.example/", None),
            (
                Redirected { no_credentials: true, ..base },
                "https://u:p@a.example/",
                Some(Reason::RedirectCredentials),
            ),
            (stream, "https://b.example/", Some(Reason::RedirectBody)),
            (Redirected { status: 303, ..stream }, "https://b.example/", None),
        ];
        for (redirected, target, reason) in table {
            assert_eq!(may_follow(&redirected, &url(target)).err(), reason, "{redirected:?} to {target}");
        }
    }
}
