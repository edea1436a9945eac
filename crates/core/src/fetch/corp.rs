//! Fetch §3.7: Cross-Origin-Resource-Policy.

use url::Url;

use super::origin::Origin;
use crate::message::Response;

/// Fetch §3.7 *cross-origin resource policy check* of an opaque response to a page of `origin`
/// without an embedder policy: whether the page may use it.
pub(super) fn allows(origin: &Origin, url: &Url, response: &Response) -> bool {
    match response.fields.text("cross-origin-resource-policy").as_deref() {
        Some("same-origin") => origin.is_of(url),
        Some("same-site") => {
            matches!(origin, Origin::Tuple(tuple)
                if tuple.is_schemelessly_same_site(url) && (tuple.scheme() == "https" || url.scheme() != "https"))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_compares_origins_and_sites() {
        let table = [
            (&[][..], "https://a.site.example", "https://b.site.example/", true),
            (&["same-origin"], "https://a.site.example", "https://a.site.example/", true),
            (&["same-origin"], "https://a.site.example", "https://b.site.example/", false),
            (&["same-site"], "https://a.site.example", "https://b.site.example:1/", true),
            (&["same-site"], "https://a.site.example", "http://b.site.example/", true),
            (&["same-site"], "http://a.site.example", "https://b.site.example/", false),
            (&["same-site"], "https://a.other.example", "https://b.site.example/", false),
            (&["same-site"], "null", "https://b.site.example/", false),
            (&["cross-origin"], "null", "https://b.site.example/", true),
            (&["Same-Origin"], "null", "https://b.site.example/", true),
            (&["same-origin", "same-origin"], "null", "https://b.site.example/", true),
        ];
        for (lines, origin, url, allowed) in table {
            let mut response = Response::new(200);
            for line in lines {
                response = response.with_field("Cross-Origin-Resource-Policy", line);
            }
            let origin = Origin::parse(origin).expect(origin);
            assert_eq!(
                allows(&origin, &Url::parse(url).expect(url), &response),
                allowed,
                "{lines:?} {origin} {url}"
            );
        }
    }
}
