use crosscheck_core::signature::VendorHost;
use thiserror::Error;
use url::{Host, Url};

/// Where a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The bucket's name.
    pub name: String,
    /// The bucket's own URL; ends with `/`, has no query.
    pub root: Url,
    /// Whether the host names the bucket and the path does not.
    pub in_host: bool,
    /// The region, where the host says it.
    pub region: Option<String>,
}

/// Why a URL does not say which bucket is meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Nothing in the URL is known to be a bucket's name.
    #[error("{0} does not say which bucket is meant")]
    NoName(Url),
    /// A name that no bucket has, and that could lead to something else than a bucket.
    #[error("`{0}` is not a valid bucket name: expected letters, digits, `-`, `_` and `.`")]
    Name(String),
}

impl Address {
    /// The bucket that a URL lies in. `name`: what the bucket is called, where somebody said so;
    /// otherwise it is known of the vendors' own hosts, and of addresses and `localhost`, where the
    /// first part of the path is the bucket.
    ///
    /// # Errors
    /// A URL that says nothing of a bucket.
    pub fn of(url: &Url, name: Option<&str>) -> Result<Self, AddressError> {
        let mut root = url.clone();
        root.set_query(None);
        root.set_fragment(None);
        let first = url.path().trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let vendor = VendorHost::of(&host);
        let region = vendor.and_then(|vendor| vendor.region).map(str::to_owned);
        let in_host = vendor.and_then(|vendor| vendor.bucket).map(str::to_owned);
        let local = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) || host == "localhost";
        let (name, in_host) = match (name, in_host) {
            (None, Some(bucket)) => (bucket, true),
            (Some(name), Some(bucket)) if name == bucket => (bucket, true),
            (Some(name), _) => (name.to_owned(), first != name),
            (None, None) if !first.is_empty() && (local || region.is_some()) => (first, false),
            (None, None) => return Err(AddressError::NoName(url.clone())),
        };
        if !is_bucket_name(&name) {
            return Err(AddressError::Name(name));
        }
        root.set_path(&if in_host { "/".to_owned() } else { format!("/{name}/") });
        Ok(Self { name, root, in_host, region })
    }
}

/// Whether two addresses can be of one bucket under two names of its store: the same name, and the same vendor or port.
pub(super) fn may_be_same((name, url): (&str, &Url), (other, at): (&str, &Url)) -> bool {
    let ports = url.port_or_known_default() == at.port_or_known_default();
    name == other && (ports || (is_of_vendor(url) && is_of_vendor(at)))
}

/// Whether a URL is one of the vendors' own hosts, so that what lies there is a bucket.
pub(crate) fn is_of_vendor(url: &Url) -> bool {
    url.host_str().is_some_and(|host| VendorHost::of(&host.to_ascii_lowercase()).is_some())
}

/// Whether a name is one that leads to a bucket and nowhere else, in a path as in a host.
pub(super) fn is_bucket_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(plain) && !name.chars().all(|c| c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_a_bucket_and_nowhere_else() {
        for (name, fits) in [
            ("photos", true),
            ("My_photos.2", true),
            ("..", false),
            (".", false),
            ("", false),
            ("a/../other", false),
            ("%2e%2e", false),
            ("a?acl", false),
            (r"..\\other", false),
        ] {
            let found = Address::of(&"https://files.example/x".parse().unwrap(), Some(name));
            assert_eq!(found.is_ok(), fits, "{name}: {found:?}");
        }
        // What the URL's own path says is held to the same.
        assert!(Address::of(&"http://127.0.0.1:9000/%2e%2e%2fother/x".parse().unwrap(), None).is_err());
    }

    #[test]
    fn one_bucket_has_several_addresses() {
        for (one, other, same) in [
            ("http://localhost:9000/b/", "http://127.0.0.1:9000/b/", true),
            ("http://b.localhost:9000/", "http://localhost:9000/b/", true),
            ("http://localhost:9000/b/", "http://localhost:9001/b/", false),
            ("https://b.oss-cn-hangzhou.aliyuncs.com/", "http://b.oss-accelerate.aliyuncs.com/", true),
        ] {
            let (one, other): (Url, Url) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(may_be_same(("b", &one), ("b", &other)), same, "{one} {other}");
            assert!(!may_be_same(("b", &one), ("c", &other)));
        }
    }

    #[test]
    fn a_url_says_where_the_bucket_is() {
        // (URL, name, root, bucket, in host, region)
        for (url, name, expected) in [
            (
                "http://127.0.0.1:9000/bkt/data/x.json?y",
                None,
                Some(("http://127.0.0.1:9000/bkt/", "bkt", false, None)),
            ),
            ("http://localhost:9000/bkt", None, Some(("http://localhost:9000/bkt/", "bkt", false, None))),
            ("http://127.0.0.1:9000/", None, None),
            ("http://127.0.0.1:9000/x", Some("bkt"), Some(("http://127.0.0.1:9000/", "bkt", true, None))),
            ("https://files.example/bkt/x", None, None),
            (
                "https://files.example/bkt/x",
                Some("bkt"),
                Some(("https://files.example/bkt/", "bkt", false, None)),
            ),
            ("https://files.example/x", Some("bkt"), Some(("https://files.example/", "bkt", true, None))),
            (
                "https://b.oss-cn-hangzhou.aliyuncs.com/x",
                None,
                Some(("https://b.oss-cn-hangzhou.aliyuncs.com/", "b", true, Some("cn-hangzhou"))),
            ),
            (
                "https://b.oss-cn-hangzhou-internal.aliyuncs.com",
                None,
                Some(("https://b.oss-cn-hangzhou-internal.aliyuncs.com/", "b", true, Some("cn-hangzhou"))),
            ),
            (
                "https://b.oss-accelerate.aliyuncs.com",
                None,
                Some(("https://b.oss-accelerate.aliyuncs.com/", "b", true, None)),
            ),
            (
                "https://b.s3.eu-west-1.amazonaws.com/x",
                None,
                Some(("https://b.s3.eu-west-1.amazonaws.com/", "b", true, Some("eu-west-1"))),
            ),
            (
                "https://my.b.s3.amazonaws.com/x",
                None,
                Some(("https://my.b.s3.amazonaws.com/", "my.b", true, Some("us-east-1"))),
            ),
            (
                "https://b.s3-us-west-2.amazonaws.com/x",
                None,
                Some(("https://b.s3-us-west-2.amazonaws.com/", "b", true, Some("us-west-2"))),
            ),
            (
                "https://b.s3.dualstack.us-west-2.amazonaws.com/x",
                None,
                Some(("https://b.s3.dualstack.us-west-2.amazonaws.com/", "b", true, Some("us-west-2"))),
            ),
            (
                "https://s3.eu-west-1.amazonaws.com/b/x",
                None,
                Some(("https://s3.eu-west-1.amazonaws.com/b/", "b", false, Some("eu-west-1"))),
            ),
        ] {
            let found = Address::of(&url.parse().unwrap(), name).ok();
            let expected = expected.map(|(root, name, in_host, region)| Address {
                name: name.to_owned(),
                root: root.parse().unwrap(),
                in_host,
                region: region.map(str::to_owned),
            });
            assert_eq!(found, expected, "{url} {name:?}");
        }
    }
}
