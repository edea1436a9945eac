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
        let vendor = vendor(&host);
        let region = vendor.as_ref().and_then(|vendor| vendor.region.clone());
        let in_host = vendor.and_then(|vendor| vendor.bucket);
        let local = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) || host == "localhost";
        let (name, in_host) = match (name, in_host) {
            (None, Some(bucket)) => (bucket, true),
            (Some(name), Some(bucket)) if name == bucket => (bucket, true),
            (Some(name), _) => (name.to_owned(), first != name),
            (None, None) if !first.is_empty() && (local || region.is_some()) => (first, false),
            (None, None) => return Err(AddressError::NoName(url.clone())),
        };
        root.set_path(&if in_host { "/".to_owned() } else { format!("/{name}/") });
        Ok(Self { name, root, in_host, region })
    }
}

struct Vendor {
    bucket: Option<String>,
    region: Option<String>,
}

/// What the host of a vendor says: `bucket.oss-cn-hangzhou.aliyuncs.com`,
/// `bucket.s3.eu-west-1.amazonaws.com` and their kin.
fn vendor(host: &str) -> Option<Vendor> {
    if let Some(rest) = host.strip_suffix(".aliyuncs.com") {
        let (bucket, place) = split(rest, "oss-")?;
        let region = place.strip_prefix("oss-")?;
        let region = region.strip_suffix("-internal").unwrap_or(region);
        // Accelerated hosts name no region.
        let region = (!region.starts_with("accelerate")).then(|| region.to_owned());
        return Some(Vendor { bucket, region });
    }
    let rest = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let (bucket, place) = split(rest, "s3")?;
    let region = place.strip_prefix("s3").unwrap_or_default().trim_start_matches(['.', '-']);
    let region = region.strip_prefix("dualstack.").unwrap_or(region);
    let region = if region.is_empty() || region == "accelerate" { "us-east-1" } else { region };
    Some(Vendor { bucket, region: Some(region.to_owned()) })
}

/// Before and after the label that begins with `mark`: bucket and place.
fn split<'a>(host: &'a str, mark: &str) -> Option<(Option<String>, &'a str)> {
    if host.starts_with(mark) {
        return Some((None, host));
    }
    let at = host.rfind(&format!(".{mark}"))?;
    Some((Some(host[..at].to_owned()), &host[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

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
