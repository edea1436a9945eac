use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cut, IoKind};
use crate::{
    message::{Request, Response},
    redaction::Hidden,
};

/// One HTTP request and what came back, as on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent, with its field lines in order.
    pub sent: Arc<Request>,
    /// The head of the request as bytes on the connection, isomorphic-decoded, where it was tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_sent: Option<String>,
    /// What came back.
    pub received: Received,
    /// The head of the response as bytes on the connection, isomorphic-decoded, where it was tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_received: Option<String>,
    /// From the first byte sent to the last byte received, in microseconds.
    pub micros: u64,
    /// What of the messages is not kept here. `None`: they are whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Box<Cut>>,
    /// What was redacted in the request, so that it can be sent again by whoever has the secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Hidden>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Received {
    /// A whole response.
    Response(Response),
    /// None: a result to judge, not an error of ours.
    Failed(Failure),
}

/// Why there was no complete response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// How far it got.
    pub stage: Stage,
    /// Error of the operating system, where the failure is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<IoKind>,
    /// Message of the operating system, the TLS library or the HTTP parser.
    pub message: String,
}

impl Failure {
    /// A failure that is not an error of the operating system.
    pub fn new(stage: Stage, message: impl Into<String>) -> Self {
        Self { stage, io: None, message: message.into() }
    }

    /// An error of the operating system, with what was being done in the message.
    pub fn of_io(stage: Stage, error: &std::io::Error, message: impl Into<String>) -> Self {
        Self { stage, io: Some(error.into()), message: message.into() }
    }
}

/// How far an exchange got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Not sent: the method is not permitted on this endpoint.
    MethodNotPermitted,
    /// Not sent: the host is not the target's, and no redirect led there.
    HostNotPermitted,
    /// Not sent: a redirect led to an address that is less public than where it came from.
    PrivateAddress,
    /// The name could not be resolved.
    Resolve,
    /// No connection.
    Connect,
    /// The proxy could not be reached, or opened no tunnel to the host.
    Proxy,
    /// The TLS handshake failed.
    Tls,
    /// The request could not be written.
    Send,
    /// The connection ended or broke before a whole response head.
    Head,
    /// Invalid HTTP response.
    Parse,
    /// The head is longer than we read.
    HeadTooLarge,
    /// The connection ended or broke within the content.
    Body,
    /// The content is longer than we read.
    BodyTooLarge,
    /// The deadline of the request passed.
    Deadline,
    /// Every answer only said that the endpoint cannot answer now: 429 or 503.
    Throttled,
    /// Every answer was the error of a gateway: 502 or 504.
    Gateway,
    /// Not sent: the endpoint had stopped answering.
    Gone,
}

/// What to do about a proxy that carries nothing.
pub const PROXY_HELP: &str = "check the proxy (--proxy; for the bucket API also HTTPS_PROXY and HTTP_PROXY): its URL, \
    its user name and password, and whether it permits CONNECT to this host. NO_PROXY exempts hosts";

impl Stage {
    /// Whether nothing is known of the endpoint's own answer, as rate limits and gateways answered in its place.
    pub const fn is_unavailable(self) -> bool {
        matches!(self, Self::Throttled | Self::Gateway | Self::Gone)
    }

    /// Whether the request was refused here, before anything of it was sent.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::MethodNotPermitted | Self::HostNotPermitted | Self::PrivateAddress)
    }
}

impl Exchange {
    /// What was sent, and what came back; neither a time nor the bytes of the heads are known.
    pub const fn new(sent: Arc<Request>, received: Received) -> Self {
        Self { sent, raw_sent: None, received, raw_received: None, micros: 0, cut: None, hidden: Vec::new() }
    }

    /// The response, where there was one.
    pub fn response(&self) -> Option<&Response> {
        match &self.received {
            Received::Response(response) => Some(response),
            Received::Failed(_) => None,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.stage, self.message)
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MethodNotPermitted => "not sent, because the method is not permitted",
            Self::HostNotPermitted => "not sent, because the host is not the endpoint's",
            Self::PrivateAddress => "not followed, because the address is not public",
            Self::Resolve => "the name could not be resolved",
            Self::Connect => "no connection",
            Self::Proxy => "no connection through the proxy",
            Self::Tls => "no TLS session",
            Self::Send => "the request could not be sent",
            Self::Head => "the connection ended before a whole response head",
            Self::Parse => "invalid HTTP response",
            Self::HeadTooLarge => "the response head is too large",
            Self::Body => "the connection ended within the content",
            Self::BodyTooLarge => "the content is too large",
            Self::Deadline => "the deadline passed",
            Self::Throttled => "throttled",
            Self::Gateway => "a gateway answered in the endpoint's place",
            Self::Gone => "not sent, because the endpoint had stopped answering",
        })
    }
}
