use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::{Bounds, shorten, shorten_all};

/// One way in which answers were wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadFinding {
    /// The reason code of a conformance run, such as `preflight.cors-check.origin-mismatch`; for
    /// what only load shows, `load.granted`, `load.changed`, `load.vary`, `load.crossed` or
    /// `response.unsolicited-bytes`.
    pub reason: String,
    /// The request of the plan that it is about.
    pub request: String,
    /// One sentence.
    pub message: String,
    /// The section of the standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// How many answers.
    pub count: u64,
    /// Their share of the answers to this request.
    pub rate: f64,
    /// When the first came, in seconds since the start.
    pub first_at: f64,
    /// Whether the same requests were answered rightly in a calm moment before the load; absent where they
    /// were not asked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_when_calm: Option<bool>,
    /// How many carried the origin of another page that was asking at the time.
    pub crossed: u64,
    /// Some of them: the first ones, and later ones at random.
    pub samples: Vec<Sample>,
}

/// A wrong answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// When it came, in seconds since the start.
    pub at: f64,
    /// The connection, a number from 0.
    pub connection: u64,
    /// The origin that asked.
    pub origin: String,
    /// The head of the request, line by line, secrets left out.
    pub sent: Vec<String>,
    /// The head of the answer, line by line.
    pub received: Vec<String>,
    /// What a right answer would have said, in words.
    pub expected: String,
}

impl Sample {
    /// The sample with as much of both heads as these bounds allow.
    #[must_use]
    pub fn within(mut self, bounds: &Bounds) -> Self {
        shorten_all(&mut self.sent, bounds);
        shorten_all(&mut self.received, bounds);
        shorten(&mut self.expected, bounds.text_bytes);
        self
    }
}

/// Requests that went wrong in one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorRecord {
    /// In which.
    pub kind: ErrorKind,
    /// How many.
    pub count: u64,
    /// When the first came, in seconds since the start.
    pub first_at: f64,
    /// What was said of the first one.
    pub first: String,
}

/// What can go wrong on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The name did not resolve.
    Resolve,
    /// The connection was refused.
    Refused,
    /// The harness's machine had no port or no open file left for a connection.
    Exhausted,
    /// No connection for another reason, such as no route.
    Connect,
    /// No TLS session.
    Tls,
    /// The connection was reset.
    Reset,
    /// It was closed before an answer, or within one.
    Closed,
    /// No answer within the timeout.
    Timeout,
    /// The answer was no HTTP.
    Parse,
    /// The answer was 429: too many requests.
    TooManyRequests,
    /// The answer was 503: unavailable.
    Unavailable,
    /// Another answer from 500 on.
    ServerError,
    /// Not sent: the method or the host is not permitted, or a redirect led to an address that is not public.
    NotPermitted,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Resolve,
        Self::Refused,
        Self::Exhausted,
        Self::Connect,
        Self::Tls,
        Self::Reset,
        Self::Closed,
        Self::Timeout,
        Self::Parse,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::ServerError,
        Self::NotPermitted,
    ];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Resolve => "name not resolved",
            Self::Refused => "connection refused",
            Self::Exhausted => "no port or open file left here",
            Self::Connect => "no connection",
            Self::Tls => "no TLS session",
            Self::Reset => "connection reset",
            Self::Closed => "closed without an answer",
            Self::Timeout => "timed out",
            Self::Parse => "no HTTP",
            Self::TooManyRequests => "429 Too Many Requests",
            Self::Unavailable => "503 Service Unavailable",
            Self::ServerError => "another server error",
            Self::NotPermitted => "not sent, because it is not permitted",
        }
    }
}
