//! Which HTTP proxy a connection goes through. Knows no sockets.

use std::{fmt, net::IpAddr, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::Url;

/// An HTTP proxy, with the credentials for it. Text and debug output never show those.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    scheme: Scheme,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

/// How the proxy itself is spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: String,
    password: String,
}

/// A text that is not the URL of a proxy. Shows neither user name nor password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseProxyError {
    /// Not a URL with a host.
    #[error("`{text}` is not a valid proxy: {why}")]
    Url {
        /// What was given, without credentials.
        text: String,
        /// What the parser says.
        why: String,
    },
    /// Another protocol.
    #[error("`{text}` is not a valid proxy: expected http://, not {scheme}://")]
    Scheme {
        /// What was given, without credentials.
        text: String,
        /// Its scheme.
        scheme: String,
    },
    /// More than a host and a port.
    #[error("`{0}` is not a valid proxy: a proxy has no path, query or fragment")]
    Path(String),
}

impl Proxy {
    /// The proxy of a URL, or of `host:port`. `https`: whether the proxy itself may be spoken to over TLS.
    ///
    /// # Errors
    /// Anything but `http://[user:password@]host[:port]`.
    pub fn parse(text: &str, https: bool) -> Result<Self, ParseProxyError> {
        let text = text.trim();
        let shown = without_credentials(text);
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let invalid = |why: &str| ParseProxyError::Url { text: shown.clone(), why: why.to_owned() };
        let url = Url::parse(&whole).map_err(|error| invalid(&error.to_string()))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" if https => Scheme::Https,
            other => return Err(ParseProxyError::Scheme { text: shown, scheme: other.to_owned() }),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ParseProxyError::Path(shown));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(invalid("a host is missing"));
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let named = !url.username().is_empty() || url.password().is_some();
        let credentials = named.then(|| Credentials {
            user: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()),
        });
        Ok(Self { scheme, host: host.to_owned(), port, credentials })
    }

    /// Its host, an IPv6 address with brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The value of `Proxy-Authorization`, where there are credentials.
    pub(super) fn authorization(&self) -> Option<String> {
        let Credentials { user, password } = self.credentials.as_ref()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// Whether it is spoken to over TLS.
    #[cfg(feature = "control")]
    pub(super) fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// User name and password, where there are some.
    #[cfg(feature = "control")]
    pub(super) fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|Credentials { user, password }| (user.as_str(), password.as_str()))
    }

    /// What must never be shown: user name, password, and both as they are sent.
    pub fn secrets(&self) -> Vec<String> {
        let Some(Credentials { user, password }) = &self.credentials else { return Vec::new() };
        let sent = STANDARD.encode(format!("{user}:{password}"));
        [user.clone(), password.clone(), sent].into_iter().filter(|secret| !secret.is_empty()).collect()
    }

    /// The URL with hidden credentials.
    pub fn hidden(&self) -> String {
        let hidden = if self.credentials.is_some() { "***@" } else { "" };
        format!("{}://{hidden}{}:{}", self.scheme, self.host, self.port)
    }
}

impl FromStr for Proxy {
    type Err = ParseProxyError;

    fn from_str(text: &str) -> Result<Self, ParseProxyError> {
        Self::parse(text, false)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hidden())
    }
}

/// What stands before the last `@` is a user name and a password, whatever else is wrong with the text.
fn without_credentials(text: &str) -> String {
    let Some((before, after)) = text.rsplit_once('@') else { return text.to_owned() };
    let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}***@{after}")
}

/// Hosts that are connected to without a proxy, as `NO_PROXY` lists them: names with everything below them,
/// addresses, networks such as `10.0.0.0/8`, or `*` for every host. A port limits an entry to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Exception>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Every,
    Below(String),
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Reads a list between commas or spaces. What is not a host, an address or a network matches nothing.
    pub fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ', '\t']).map(str::trim).filter(|entry| !entry.is_empty());
        Self(entries.filter_map(Exception::parse).collect())
    }

    /// Whether a host, as it stands in a URL, is connected to without a proxy.
    pub fn contains(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|entry| entry.port.is_none_or(|only| only == port) && entry.hosts.contain(host))
    }
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        if let Some(network) = network(entry) {
            return Some(Self { hosts: network, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let hosts = match network(host) {
            Some(network) => network,
            None if host == "*" => Hosts::Every,
            None => {
                let name = host.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
                (!name.is_empty()).then_some(Hosts::Below(name))?
            }
        };
        Some(Self { hosts, port })
    }
}

/// An address, in brackets or not, or a network.
fn network(text: &str) -> Option<Hosts> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = bare(address).parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    Some(Hosts::Network(address, prefix.unwrap_or(all).min(all)))
}

impl Hosts {
    fn contain(&self, host: &str) -> bool {
        let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::Every => true,
            Self::Below(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }
            Self::Network(network, prefix) => match (network, host.parse()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
                    (network.to_bits() ^ address.to_bits()).leading_zeros() >= *prefix
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
                    (network.to_bits() ^ address.to_bits()).leading_zeros() >= *prefix
                }
                _ => false,
            },
        }
    }
}

/// An address without brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The proxy that connections go through, and the hosts that are exempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyRoute {
    /// The proxy; `None`: every connection is direct.
    pub proxy: Option<Proxy>,
    /// Hosts that are connected to directly.
    pub except: NoProxy,
}

impl ProxyRoute {
    /// The proxy for a host, as it stands in a URL.
    pub fn to(&self, host: &str, port: u16) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.except.contains(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_host_and_a_port_with_credentials() {
        for (text, https, shown, hidden, authorization) in [
            ("http://proxy.example:3128", false, "http://proxy.example:3128", None, None),
            ("proxy.example:3128", false, "http://proxy.example:3128", None, None),
            ("http://proxy.example/", false, "http://proxy.example:80", None, None),
            ("http://[::1]:8080", false, "http://[::1]:8080", None, None),
            ("https://proxy.example", true, "https://proxy.example:443", None, None),
            (
                "http://user:p%40ss@proxy.example:3128",
                false,
                "http://proxy.example:3128",
                Some("http://***@proxy.example:3128"),
                Some("Basic dXNlcjpwQHNz"),
            ),
            (
                "user@127.0.0.1:1",
                false,
                "http://127.0.0.1:1",
                Some("http://***@127.0.0.1:1"),
                Some("Basic dXNlcjo="),
            ),
        ] {
            let proxy = Proxy::parse(text, https).unwrap();
            assert_eq!(proxy.to_string(), shown, "{text}");
            assert_eq!(proxy.hidden(), hidden.unwrap_or(shown), "{text}");
            assert_eq!(format!("{proxy:?}"), proxy.hidden(), "{text}");
            assert_eq!(proxy.authorization().as_deref(), authorization, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_proxy_is_refused_without_its_password() {
        for (text, message) in [
            ("", "`` is not a valid proxy: empty host"),
            ("http://u:secret@:80", "`http://***@:80` is not a valid proxy: empty host"),
            (
                "https://proxy.example",
                "`https://proxy.example` is not a valid proxy: expected http://, not https://",
            ),
            (
                "socks5://u:secret@proxy.example:1080",
                "`socks5://***@proxy.example:1080` is not a valid proxy: expected http://, not socks5://",
            ),
            (
                "http://u:se@cret@proxy.example/pac",
                "`http://***@proxy.example/pac` is not a valid proxy: a proxy has no path, query or fragment",
            ),
            ("http://u:secret@p:99999", "`http://***@p:99999` is not a valid proxy: invalid port number"),
        ] {
            assert_eq!(text.parse::<Proxy>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn exceptions_are_names_addresses_and_networks() {
        for (list, host, port, expected) in [
            ("", "a.example", 443, false),
            ("*", "a.example", 443, true),
            ("b.example, a.example", "a.example", 443, true),
            ("A.Example", "www.a.example", 443, true),
            (".a.example", "a.example", 443, true),
            ("*.a.example", "x.a.example", 443, true),
            ("a.example", "ba.example", 443, false),
            ("a.example:8443", "a.example", 443, false),
            ("a.example:8443", "a.example", 8443, true),
            ("127.0.0.1", "127.0.0.1", 80, true),
            ("127.0.0.1:8080", "127.0.0.1", 80, false),
            ("127.0.0.1", "27.0.0.1", 80, false),
            ("10.0.0.0/8 192.168.0.0/16", "192.168.7.7", 80, true),
            ("10.0.0.0/8", "11.0.0.1", 80, false),
            ("::1", "[::1]", 80, true),
            ("[::1]:80", "[::1]", 80, true),
            ("fd00::/8", "[fd12::1]", 80, true),
            ("a.example:x,/,:", "a.example", 80, false),
        ] {
            assert_eq!(NoProxy::parse(list).contains(host, port), expected, "{list:?} {host}:{port}");
        }
    }
}
