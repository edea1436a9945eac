//! Decides which bucket and key a request is for: in the path, or in the host.

use std::net::Ipv6Addr;

use crosscheck_core::signature::VendorHost;

use super::request::{Incoming, decoded};

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The bucket; empty for the service itself.
    pub(super) bucket: String,
    /// The key; empty for the bucket itself.
    pub(super) key: String,
    /// Where the bucket stands.
    pub(super) style: Style,
}

/// Where a bucket is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// In the path: `host/bucket/key`.
    Path,
    /// In the host: `bucket.host/key`.
    VirtualHosted,
}

impl Endpoint {
    /// What this request is for. Hosts that are neither an endpoint nor below one, addresses among
    /// them, name no bucket: it stands in the path.
    pub(super) fn of(incoming: &Incoming, domains: &[String]) -> Self {
        let host = incoming.host();
        match bucket_of(&host, domains) {
            Some(bucket) => {
                let key = incoming.path.strip_prefix('/').unwrap_or(&incoming.path);
                Self { bucket, key: decoded(key), style: Style::VirtualHosted }
            }
            None => Self::in_path(incoming),
        }
    }

    /// What the path alone says.
    pub(super) fn in_path(incoming: &Incoming) -> Self {
        let (bucket, key) = incoming.target();
        Self { bucket, key, style: Style::Path }
    }

    /// The bucket where only the host says it: it belongs to what is signed.
    pub(super) fn hosted(&self) -> Option<&str> {
        (self.style == Style::VirtualHosted).then_some(self.bucket.as_str())
    }
}

/// The bucket that a host names before an endpoint.
fn bucket_of(host: &str, domains: &[String]) -> Option<String> {
    let name = without_port(host);
    if name.is_empty() || is_address(name) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let bucket = domains
        .iter()
        .map(String::as_str)
        .chain(["localhost"])
        .find_map(|domain| below(&name, domain))
        .or_else(|| VendorHost::of(&name)?.bucket)?;
    (!bucket.is_empty()).then(|| bucket.to_owned())
}

/// What stands before this domain; nothing where the name is the domain itself.
fn below<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    let before = name.strip_suffix(&domain.to_ascii_lowercase())?;
    if before.is_empty() { Some("") } else { before.strip_suffix('.') }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') => name,
        _ => host,
    }
}

fn is_address(name: &str) -> bool {
    let bare = || name.trim_start_matches('[').split(']').next().unwrap_or_default();
    name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || bare().parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_names_a_bucket_below_an_endpoint_only() {
        let rows = [
            ("127.0.0.1:9000", None),
            ("[::1]:9000", None),
            ("", None),
            ("store.test", None),
            ("localhost:9000", None),
            ("bkt.localhost:9000", Some("bkt")),
            ("BKT.LOCALHOST", Some("bkt")),
            ("xlocalhost", None),
            ("oss-cn-hangzhou.aliyuncs.com", None),
            ("bkt.oss-cn-hangzhou.aliyuncs.com", Some("bkt")),
            ("oss-logs.oss-cn-hangzhou.aliyuncs.com", Some("oss-logs")),
            ("s3.amazonaws.com", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("bkt.s3.eu-west-1.amazonaws.com", Some("bkt")),
            ("a.b.s3-us-west-2.amazonaws.com", Some("a.b")),
            ("bkt.s3.amazonaws.com:80", Some("bkt")),
            ("bkt.store.example", Some("bkt")),
            ("store.example:1", None),
        ];
        for (host, bucket) in rows {
            assert_eq!(bucket_of(host, &["store.example".to_owned()]).as_deref(), bucket, "{host}");
        }
    }

    #[test]
    fn the_key_is_what_is_left_of_the_path() {
        let rows = [
            ("bkt.localhost", "/", "bkt", "", Style::VirtualHosted),
            ("bkt.localhost", "/dir%2Fa%20b.txt", "bkt", "dir/a b.txt", Style::VirtualHosted),
            ("127.0.0.1", "/bkt/dir/a", "bkt", "dir/a", Style::Path),
            ("127.0.0.1", "/", "", "", Style::Path),
        ];
        for (host, path, bucket, key, style) in rows {
            let mut incoming = Incoming::new("GET", path);
            incoming.fields.push("host", host);
            let target = Endpoint { bucket: bucket.to_owned(), key: key.to_owned(), style };
            assert_eq!(Endpoint::of(&incoming, &[]), target, "{host}{path}");
        }
    }
}
