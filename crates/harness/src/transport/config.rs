use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use crosscheck_core::{
    exchange::SendContext,
    fetch::Profile,
    message::{Field, Fields, Request},
};
use thiserror::Error;
use url::Origin;

use super::ProxyRoute;

/// How a [`Wire`](super::Wire) connects, what it adds to requests, and how much it reads.
#[derive(Clone, Debug)]
pub struct WireConfig {
    /// Addresses to use instead of what the resolver says.
    pub resolve: Vec<ResolveOverride>,
    /// The proxy through which connections are tunnelled.
    pub proxy: ProxyRoute,
    /// Which certificates are trusted.
    pub tls: TlsConfig,
    /// From the start of the connection to the last byte of the content, retries included.
    /// Waiting for one of the [`max_connections`](Self::max_connections) does not count.
    pub request_deadline: Duration,
    /// For resolving the name, connecting and the TLS handshake together.
    pub connect_timeout: Duration,
    /// How often a name that did not resolve or a connection that failed is tried again.
    pub connect_retries: u32,
    /// The wait before the first such retry; it doubles each time.
    pub retry_backoff: Duration,
    /// The longest response head that is read, interim responses included, in bytes.
    pub max_head_bytes: usize,
    /// The longest content that is read, in bytes.
    pub max_body_bytes: usize,
    /// What becomes of a longer one.
    pub large_body: LargeBody,
    /// How many exchanges are under way at once; others wait for their turn.
    pub max_connections: usize,
    /// How many idle connections are kept for each scheme, host and port.
    pub max_idle_per_host: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// Sent where a request has no `User-Agent` of its own.
    pub user_agent: String,
    /// The browser whose fields the requests of a browser get, in its order; `None`: only what HTTP needs.
    pub shape: Option<Profile>,
    /// Fields for requests to one origin.
    pub added: Option<AddedFields>,
}

impl Default for WireConfig {
    fn default() -> Self {
        Self {
            resolve: Vec::new(),
            proxy: ProxyRoute::default(),
            tls: TlsConfig::default(),
            request_deadline: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            connect_retries: 0,
            retry_backoff: Duration::from_millis(100),
            max_head_bytes: 256 * 1024,
            max_body_bytes: 8 * 1024 * 1024,
            large_body: LargeBody::Fail,
            max_connections: 64,
            max_idle_per_host: 16,
            idle_timeout: Duration::from_secs(30),
            user_agent: concat!("crosscheck/", env!("CARGO_PKG_VERSION")).to_owned(),
            shape: None,
            added: None,
        }
    }
}

/// Which protocol a TLS session is opened for (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Alpn {
    /// As it is negotiated.
    pub(super) const fn name(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

/// How much of a response's content is read where its head is what counts: enough for whole error
/// documents, and for small objects to be read to their end so that the connection can be used again.
pub(crate) const JUDGED_BODY_BYTES: usize = 256 * 1024;

/// What becomes of content that is longer than [`WireConfig::max_body_bytes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeBody {
    /// The exchange failed at [`Stage::BodyTooLarge`](crosscheck_core::exchange::Stage::BodyTooLarge).
    Fail,
    /// The response counts, with its content cut at the limit, and the connection is closed:
    /// whether a page may read a film is decided by its head.
    Cut,
}

/// Fields for requests to one origin, where the request does not have them itself. Bound to
/// an origin, because they are often secrets, and a redirect must not carry those elsewhere.
#[derive(Clone, Debug)]
pub struct AddedFields {
    /// The only origin that gets them.
    pub to: Origin,
    /// The field lines of every request that is not a CORS-preflight request.
    pub fields: Fields,
    /// The field lines of CORS-preflight requests, to which a browser adds nothing.
    pub preflight_fields: Fields,
}

impl AddedFields {
    /// The field lines that a request gets.
    pub(super) fn of<'a>(
        &'a self,
        request: &'a Request,
        context: &SendContext,
    ) -> impl Iterator<Item = &'a Field> {
        let fields = match context.is_preflight(request) {
            true => &self.preflight_fields,
            false => &self.fields,
        };
        let own = self.to == request.url.origin();
        fields.iter().filter(move |field| own && !request.fields.contains(&field.name))
    }
}

/// Which certificates are trusted.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// Whether the authorities that this machine trusts are trusted.
    pub native_roots: bool,
    /// More certificates in PEM form: of authorities, or of the servers themselves.
    pub ca_pem: Option<Vec<u8>>,
    /// Whether certificates are accepted without verification.
    pub insecure: bool,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self { native_roots: true, ca_pem: None, insecure: false }
    }
}

/// An address to use for a host and port instead of what the resolver says. Written
/// `host:port:address`, an IPv6 address with or without brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveOverride {
    /// The host of the URL, in lower case; an IPv6 address without brackets.
    pub host: String,
    /// The port of the URL, the scheme's default included.
    pub port: u16,
    /// Where to connect, at the same port.
    pub address: IpAddr,
}

/// A text that is no `host:port:address`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseResolveError {
    /// Fewer than three parts.
    #[error("`{0}` is not of the form host:port:address")]
    Form(String),
    /// The second part is no port.
    #[error("`{port}` in `{text}` is no port: a number from 1 to 65535 is expected")]
    Port {
        /// The whole text.
        text: String,
        /// Its second part.
        port: String,
    },
    /// The third part is no IP address.
    #[error("`{address}` in `{text}` is no IP address")]
    Address {
        /// The whole text.
        text: String,
        /// Its third part.
        address: String,
    },
}

impl fmt::Display for ResolveOverride {
    /// As `curl --resolve` takes it: an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = |text: &str| if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
        write!(f, "{}:{}:{}", bracketed(&self.host), self.port, bracketed(&self.address.to_string()))
    }
}

impl FromStr for ResolveOverride {
    type Err = ParseResolveError;

    fn from_str(text: &str) -> Result<Self, ParseResolveError> {
        let form = || ParseResolveError::Form(text.to_owned());
        let (host, rest) = match text.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once("]:").ok_or_else(form)?,
            None => text.split_once(':').ok_or_else(form)?,
        };
        let (port, address) = rest.split_once(':').ok_or_else(form)?;
        if host.is_empty() {
            return Err(form());
        }
        let port_error = || ParseResolveError::Port { text: text.to_owned(), port: port.to_owned() };
        let number = port.parse().map_err(|_| port_error())?;
        if number == 0 {
            return Err(port_error());
        }
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let address = bare
            .parse()
            .map_err(|_| ParseResolveError::Address { text: text.to_owned(), address: address.to_owned() })?;
        Ok(Self { host: host.to_ascii_lowercase(), port: number, address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolve_override_is_host_port_and_address() {
        for (text, host, port, address) in [
            ("a.example:443:127.0.0.1", "a.example", 443, "127.0.0.1"),
            ("A.Example:8080:[::1]", "a.example", 8080, "::1"),
            ("a.example:80:::1", "a.example", 80, "::1"),
            ("[2001:db8::1]:80:127.0.0.1", "2001:db8::1", 80, "127.0.0.1"),
        ] {
            let expected = ResolveOverride { host: host.to_owned(), port, address: address.parse().unwrap() };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_malformed_override_says_which_part_is_wrong() {
        for (text, message) in [
            ("", "`` is not of the form host:port:address"),
            ("a.example", "`a.example` is not of the form host:port:address"),
            ("a.example:80", "`a.example:80` is not of the form host:port:address"),
            (":80:127.0.0.1", "`:80:127.0.0.1` is not of the form host:port:address"),
            (
                "a:http:127.0.0.1",
                "`http` in `a:http:127.0.0.1` is no port: a number from 1 to 65535 is expected",
            ),
            ("a:0:127.0.0.1", "`0` in `a:0:127.0.0.1` is no port: a number from 1 to 65535 is expected"),
            ("a:80:b.example", "`b.example` in `a:80:b.example` is no IP address"),
        ] {
            assert_eq!(text.parse::<ResolveOverride>().unwrap_err().to_string(), message);
        }
    }
}
