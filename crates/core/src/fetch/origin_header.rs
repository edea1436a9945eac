//! Fetch §3.2: when a request carries `Origin`, and which.

use url::Url;

use super::{
    modes::{Mode, ReferrerPolicy},
    origin::Origin,
};

/// What decides over `Origin` in one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    /// The page's origin.
    pub origin: &'a Origin,
    /// The request's origin, serialised: `null` once redirects have tainted it.
    pub serialized: &'a str,
    /// Whether its response tainting is `cors`.
    pub is_cors: bool,
    /// Its mode.
    pub mode: Mode,
    /// Its method.
    pub method: &'a str,
    /// Its current URL.
    pub url: &'a Url,
    /// Its referrer policy.
    pub referrer_policy: ReferrerPolicy,
}

/// Fetch §3.2 *append a request `Origin` header*: the value; `None` where there is no such field.
pub(super) fn origin_header<'a>(asking: &Asking<'a>) -> Option<&'a str> {
    if asking.is_cors {
        return Some(asking.serialized);
    }
    if matches!(asking.method, "GET" | "HEAD") {
        return None;
    }
    let withheld = asking.mode != Mode::Cors
        && match asking.referrer_policy {
            ReferrerPolicy::NoReferrer => true,
            ReferrerPolicy::NoReferrerWhenDowngrade
            | ReferrerPolicy::StrictOrigin
            | ReferrerPolicy::StrictOriginWhenCrossOrigin => {
                matches!(asking.origin, Origin::Tuple(tuple) if tuple.scheme() == "https")
                    && asking.url.scheme() != "https"
            }
            ReferrerPolicy::SameOrigin => !asking.origin.is_of(asking.url),
            ReferrerPolicy::Origin | ReferrerPolicy::OriginWhenCrossOrigin | ReferrerPolicy::UnsafeUrl => {
                false
            }
        };
    Some(if withheld { "null" } else { asking.serialized })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_is_sent_with_cors_requests_and_whatever_is_no_get() {
        use Mode::{Cors, NoCors, SameOrigin};
        use ReferrerPolicy as P;
        const A: &str = "https://a.example";
        const DEFAULT: P = P::StrictOriginWhenCrossOrigin;
        type Row<'a> = (bool, Mode, &'a str, &'a str, P, Option<&'a str>);
        let table: [Row<'_>; 13] = [
            (true, Cors, "GET", "https://b.example", DEFAULT, Some(A)),
            (true, Cors, "GET", "http://b.example", P::NoReferrer, Some(A)),
            (false, Cors, "GET", "https://a.example", DEFAULT, None),
            (false, Cors, "HEAD", "https://a.example", DEFAULT, None),
            (false, Cors, "POST", "https://a.example", DEFAULT, Some(A)),
            (false, Cors, "POST", "https://a.example", P::NoReferrer, Some(A)),
            (false, SameOrigin, "PUT", "https://a.example", P::SameOrigin, Some(A)),
            (false, NoCors, "GET", "https://b.example", DEFAULT, None),
            (false, NoCors, "POST", "https://b.example", DEFAULT, Some(A)),
            (false, NoCors, "POST", "https://b.example", P::NoReferrer, Some("null")),
            (false, NoCors, "POST", "https://b.example", P::SameOrigin, Some("null")),
            (false, NoCors, "POST", "http://b.example", DEFAULT, Some("null")),
            (false, NoCors, "POST", "http://b.example", P::UnsafeUrl, Some(A)),
        ];
        for (is_cors, mode, method, url, referrer_policy, expected) in table {
            let url = Url::parse(url).expect(url);
            let origin = Origin::parse(A).expect(A);
            let asking =
                Asking { origin: &origin, serialized: A, is_cors, mode, method, url: &url, referrer_policy };
            assert_eq!(origin_header(&asking), expected, "{method} {url} {mode:?} {referrer_policy:?}");
        }
    }
}
