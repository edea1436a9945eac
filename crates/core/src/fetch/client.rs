//! Who makes requests: the page, the top-level page that it is in, and what follows from both.

use super::origin::{Origin, Site, is_potentially_trustworthy};
use url::Url;

/// Who makes requests: a document or worker (an *environment settings object*), as far as
/// fetching asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    origin: Origin,
    serialized: String,
    top_level: Origin,
    top_level_site: Site,
    site: Site,
    cross_site_ancestor: bool,
    mixed_content_counts: bool,
}

impl Client {
    /// A document of `origin` in a frame of a top-level page of `top_level`.
    pub fn framed(origin: Origin, top_level: Origin) -> Self {
        let (site, top_level_site) = (origin.site(), top_level.site());
        let cross_site_ancestor = site != top_level_site;
        Self {
            serialized: origin.to_string(),
            origin,
            top_level,
            top_level_site,
            site,
            cross_site_ancestor,
            mixed_content_counts: true,
        }
    }

    /// A top-level document of `origin`.
    pub fn top_level(origin: Origin) -> Self {
        Self::framed(origin.clone(), origin)
    }

    /// The same, asking as if every URL were trustworthy: where the endpoint is what is judged, a
    /// secure page must be able to ask for it over plain HTTP.
    #[must_use]
    pub fn ignoring_mixed_content(mut self) -> Self {
        self.mixed_content_counts = false;
        self
    }

    /// Its origin.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its origin, serialised.
    pub fn serialized_origin(&self) -> &str {
        &self.serialized
    }

    /// The top-level page's origin.
    pub fn top_level_origin(&self) -> &Origin {
        &self.top_level
    }

    /// Fetch §2.7 *determine the network partition key*: the top-level page's site.
    pub fn network_partition_key(&self) -> &Site {
        &self.top_level_site
    }

    /// Its own site.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// HTML *has cross-site ancestor*.
    pub fn has_cross_site_ancestor(&self) -> bool {
        self.cross_site_ancestor
    }

    /// Mixed Content §4.3 *does settings prohibit mixed security contexts?*
    pub fn prohibits_mixed_content(&self) -> bool {
        self.mixed_content_counts
            && [&self.origin, &self.top_level]
                .into_iter()
                .any(|origin| matches!(origin, Origin::Tuple(tuple) if tuple.scheme() == "https"))
    }

    /// Mixed Content §4.4 *should fetching request be blocked as mixed content?*
    pub fn blocks_as_mixed_content(&self, url: &Url) -> bool {
        self.prohibits_mixed_content() && !is_potentially_trustworthy(url) && url.scheme() != "blob"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secure_pages_may_request_only_trustworthy_urls() {
        let table = [
            ("https://a.example", "https://a.example", "http://b.example/", true),
            ("https://a.example", "https://a.example", "http://127.0.0.1:9/", false),
            ("https://a.example", "https://a.example", "http://localhost/", false),
            ("https://a.example", "https://a.example", "https://b.example/", false),
            ("http://a.example", "http://a.example", "http://b.example/", false),
            ("null", "https://a.example", "http://b.example/", true),
            ("http://a.example", "https://a.example", "http://b.example/", true),
        ];
        for (origin, top, url, blocked) in table {
            let parse = |text: &str| Origin::parse(text).expect("origin");
            let client = Client::framed(parse(origin), parse(top));
            let url = Url::parse(url).expect("url");
            assert_eq!(client.blocks_as_mixed_content(&url), blocked, "{origin} in {top} asks for {url}");
        }
    }
}
