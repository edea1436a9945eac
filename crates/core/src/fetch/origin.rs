//! HTML §7.1.1: origins and sites.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use url::{Host, Url};

/// A tuple origin (HTML §7.1.1): scheme, host and port. The port is absent where it is the
/// scheme's default.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TupleOrigin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

/// Who asks: an origin (HTML §7.1.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// What a document or worker of an ordinary URL has.
    Tuple(TupleOrigin),
    /// What a sandboxed frame or a `data:` document has: serialised as `null`, the same only as
    /// itself. The number tells one from another.
    Opaque(u64),
}

/// A site (HTML §7.1.1): what cookies and caches are divided by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// Scheme and registrable domain, or the host where it has none.
    SchemeAndHost(SmolStr, SmolStr),
    /// An opaque origin is its own site.
    Opaque(u64),
}

/// The text is no serialised origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin: expected scheme://host, scheme://host:port or null, as browsers write them")]
pub struct NotAnOrigin(pub String);

impl TupleOrigin {
    /// The origin of a URL (URL §4.7), where it is a tuple: `None` for `data:`, `about:` and others.
    pub fn of(url: &Url) -> Option<Self> {
        match url.origin() {
            url::Origin::Tuple(scheme, host, port) => {
                let port = (default_port(&scheme) != Some(port)).then_some(port);
                Some(Self { host: host.to_string(), scheme, port })
            }
            url::Origin::Opaque(_) => None,
        }
    }

    /// The scheme, such as `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The serialised host: ASCII, lower case, IPv6 addresses in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where it is not the scheme's default.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether `url` is of this origin (HTML *same origin*).
    pub fn is_of(&self, url: &Url) -> bool {
        if url.scheme() == "blob" {
            return Self::of(url).as_ref() == Some(self);
        }
        url.scheme() == self.scheme
            && url.host_str() == Some(&self.host)
            && url.port_or_known_default() == self.port.or_else(|| default_port(&self.scheme))
    }

    /// HTML *obtain a site*.
    pub fn site(&self) -> Site {
        Site::SchemeAndHost(self.scheme.as_str().into(), registrable_domain(&self.host).into())
    }

    /// HTML *schemelessly same site* with `url`.
    pub fn is_schemelessly_same_site(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| registrable_domain(host) == registrable_domain(&self.host))
    }

    /// Secure Contexts §3.1 *is origin potentially trustworthy?*
    pub fn is_potentially_trustworthy(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "wss" | "file") || is_loopback_host(&self.host)
    }
}

impl Origin {
    /// An opaque origin; all opaque origins that nobody needs to tell apart may be this one.
    pub const NULL: Origin = Origin::Opaque(0);

    /// Parses what a browser would send as `Origin`: `null`, or a serialised tuple origin.
    ///
    /// # Errors
    /// [`NotAnOrigin`] where the text is not exactly how a browser serialises it: a path, a
    /// default port, upper case, or a scheme without `://`.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        if text == "null" {
            return Ok(Self::NULL);
        }
        let refused = || NotAnOrigin(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        if let Some(origin) = Url::parse(text).ok().as_ref().and_then(TupleOrigin::of) {
            return if origin.to_string() == text { Ok(Self::Tuple(origin)) } else { Err(refused()) };
        }
        // What pages of files have in Cordova's and old Electron's web views.
        if text == "file://" {
            return Ok(Self::Tuple(TupleOrigin {
                scheme: scheme.to_owned(),
                host: String::new(),
                port: None,
            }));
        }
        // Schemes of apps and extensions: opaque to the URL standard, tuples to browsers.
        let url = Url::parse(text).map_err(|_| refused())?;
        let host = url.host_str().unwrap_or("").to_owned();
        let plain = !host.is_empty()
            && url.path().is_empty()
            && rest == url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        if !plain {
            return Err(refused());
        }
        Ok(Self::Tuple(TupleOrigin { scheme: scheme.to_owned(), host, port: url.port() }))
    }

    /// The origin of a URL; an opaque one where the URL has no tuple origin.
    pub fn of(url: &Url) -> Self {
        TupleOrigin::of(url).map_or(Self::NULL, Self::Tuple)
    }

    /// HTML *same origin*, of this origin and `url`'s. A URL's opaque origin is the same as none.
    pub fn is_of(&self, url: &Url) -> bool {
        matches!(self, Self::Tuple(tuple) if tuple.is_of(url))
    }

    /// HTML *obtain a site*.
    pub fn site(&self) -> Site {
        match self {
            Self::Tuple(tuple) => tuple.site(),
            Self::Opaque(id) => Site::Opaque(*id),
        }
    }

    /// HTML *same site*, of this origin and `url`'s.
    pub fn is_same_site(&self, url: &Url) -> bool {
        matches!(self, Self::Tuple(tuple)
            if tuple.scheme == url.scheme() && tuple.is_schemelessly_same_site(url))
    }
}

impl Site {
    /// The site of a URL; `None` where its origin is opaque.
    pub fn of(url: &Url) -> Option<Self> {
        match url.scheme() {
            "http" | "https" => {
                let host = registrable_domain(url.host_str()?);
                Some(Self::SchemeAndHost(url.scheme().into(), host.into()))
            }
            _ => TupleOrigin::of(url).map(|origin| origin.site()),
        }
    }

    /// Whether `url` is of this site.
    pub fn is_of(&self, url: &Url) -> bool {
        matches!(self, Self::SchemeAndHost(scheme, host)
            if url.scheme() == scheme && url.host_str().is_some_and(|other| registrable_domain(other) == host))
    }
}

/// HTML *same origin* of two URLs.
pub fn same_origin(a: &Url, b: &Url) -> bool {
    let special = |url: &Url| matches!(url.scheme(), "http" | "https" | "ws" | "wss");
    if special(a) && special(b) {
        return a.scheme() == b.scheme()
            && a.host_str() == b.host_str()
            && a.port_or_known_default() == b.port_or_known_default();
    }
    TupleOrigin::of(a).is_some_and(|origin| origin.is_of(b))
}

/// HTML *same site* of two URLs.
pub fn same_site(a: &Url, b: &Url) -> bool {
    match (a.host_str(), b.host_str()) {
        (Some(host), Some(other)) => {
            a.scheme() == b.scheme() && registrable_domain(host) == registrable_domain(other)
        }
        _ => false,
    }
}

/// The registrable domain of a serialised host (URL §3.2), or the host itself where it has
/// none: an IP address, a public suffix, a single label.
pub fn registrable_domain(host: &str) -> &str {
    if host.starts_with('[') || is_ipv4(host) {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// Secure Contexts §3.2 *is url potentially trustworthy?*, as far as HTTP(S) and `data:` go.
pub fn is_potentially_trustworthy(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "wss" | "file" | "data" | "about") || is_loopback(url)
}

/// Whether the serialised host is an IP address.
pub fn is_ip_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

/// Whether a URL leads to the machine itself, whatever a resolver says.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback_host)
}

/// Whether a name is `localhost` or below it, which leads to the machine itself (RFC 6761 §6.3).
pub fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether a serialised host is the machine itself.
fn is_loopback_host(host: &str) -> bool {
    is_localhost(host) || host == "[::1]" || (host.starts_with("127.") && is_ipv4(host))
}

fn is_ipv4(host: &str) -> bool {
    host.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && host.parse::<std::net::Ipv4Addr>().is_ok()
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

impl fmt::Display for TupleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// HTML *ASCII serialisation of an origin*.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tuple(tuple) => tuple.fmt(f),
            Self::Opaque(_) => f.write_str("null"),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SchemeAndHost(scheme, host) => write!(f, "{scheme}://{host}"),
            Self::Opaque(_) => f.write_str("null"),
        }
    }
}

impl std::str::FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        Self::parse(text)
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn origins_are_serialised_as_browsers_send_them() {
        let table = [
            ("https://example.com/path?q#f", "https://example.com"),
            ("https://example.com:443/", "https://example.com"),
            ("http://example.com:80", "http://example.com"),
            ("http://example.com:443", "http://example.com:443"),
            ("HTTPS://EXAMPLE.com:8443", "https://example.com:8443"),
            ("http://bücher.example", "http://xn--bcher-kva.example"),
            ("http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"),
            ("http://example.com.:80/", "http://example.com."),
            ("blob:https://example.com/0-0", "https://example.com"),
            ("data:text/plain,x", "null"),
            ("file:///etc/hosts", "null"),
        ];
        for (from, serialised) in table {
            assert_eq!(Origin::of(&url(from)).to_string(), serialised, "{from}");
        }
    }

    #[test]
    fn only_what_a_browser_would_send_parses_as_an_origin() {
        for good in [
            "null",
            "https://a.example",
            "http://localhost:8080",
            "http://[::1]:1",
            "app://local",
            "chrome-extension://abcdef",
        ] {
            assert_eq!(Origin::parse(good).expect(good).to_string(), good);
        }
        for bad in [
            "",
            "*",
            "NULL",
            "https://a.example/",
            "https://a.example:443",
            "https://A.example",
            "HTTPS://a.example",
            "a.example",
            "//a.example",
            "https://",
            "https://u@a.example",
            "https://a.example?x",
            "https://a b.example",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn same_origin_means_scheme_host_and_port() {
        let table = [
            ("https://a.example", "https://a.example/x", true),
            ("https://a.example", "https://a.example:443/x", true),
            ("https://a.example", "http://a.example/x", false),
            ("https://a.example", "https://a.example:444/x", false),
            ("https://a.example", "https://b.example/x", false),
            ("https://a.example", "https://a.example./x", false),
            ("https://a.example", "blob:https://a.example/1", true),
            ("https://a.example", "data:,x", false),
            ("null", "data:,x", false),
        ];
        for (origin, target, same) in table {
            assert_eq!(Origin::parse(origin).expect(origin).is_of(&url(target)), same, "{origin} {target}");
        }
    }

    #[test]
    fn a_site_is_scheme_and_registrable_domain() {
        let table = [
            ("https://a.site.example", "https://b.site.example:8443/", true),
            ("https://a.site.example", "http://b.site.example/", false),
            ("https://a.github.io", "https://b.github.io/", false),
            ("https://a.co.uk", "https://b.co.uk/", false),
            ("https://x.a.co.uk", "https://y.a.co.uk/", true),
            ("http://127.0.0.1", "http://127.0.0.2/", false),
            ("http://127.0.0.1:1", "http://127.0.0.1:2/", true),
            ("http://[::1]:1", "http://[::1]:2/", true),
            ("http://localhost:1", "http://localhost:2/", true),
            ("null", "https://a.example/", false),
        ];
        for (origin, target, same) in table {
            let origin = Origin::parse(origin).expect(origin);
            assert_eq!(origin.is_same_site(&url(target)), same, "{origin} {target}");
            assert_eq!(origin.site().is_of(&url(target)), same, "{origin} {target}");
        }
    }

    #[test]
    fn loopback_is_potentially_trustworthy() {
        for good in [
            "https://a.example",
            "http://127.0.0.1:9",
            "http://localhost",
            "http://x.localhost",
            "http://[::1]/",
        ] {
            assert!(is_potentially_trustworthy(&url(good)), "{good}");
        }
        for bad in ["http://a.example", "http://127.example", "http://localhost.example", "http://[::2]/"] {
            assert!(!is_potentially_trustworthy(&url(bad)), "{bad}");
        }
    }
}
