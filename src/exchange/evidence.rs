use std::sync::Arc;

use serde::{Deserialize, Serialize};

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

/// Why there was no whole response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How far it got.
    pub stage: Stage,
    /// What the operating system, the TLS library or the HTTP parser said.
    pub message: String,
}

/// How far an exchange got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The name could not be resolved.
    Resolve,
    /// No connection.
    Connect,
    /// No TLS session.
    Tls,
    /// The request could not be written.
    Send,
    /// The connection ended or broke before a whole response head.
    Head,
    /// What came is no HTTP.
    Parse,
    /// The head is longer than we read.
    HeadTooLarge,
    /// The connection ended or broke within the content.
    Body,
    /// The content is longer than we read.
    BodyTooLarge,
    /// The deadline of the request passed.
    Deadline,
}

impl Exchange {
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
            Self::Resolve => "the name could not be resolved",
            Self::Connect => "no connection",
            Self::Tls => "no TLS session",
            Self::Send => "the request could not be sent",
            Self::Head => "the connection ended before a whole response head",
            Self::Parse => "the answer is no HTTP",
            Self::HeadTooLarge => "the response head is too large",
            Self::Body => "the connection ended within the content",
            Self::BodyTooLarge => "the content is too large",
            Self::Deadline => "the deadline passed",
        })
    }
}
