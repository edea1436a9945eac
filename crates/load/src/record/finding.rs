use crosscheck_core::{
    diagnosis::{Cause, Diagnosed},
    exchange::{Bounds, shorten, shorten_all},
    verdict::Code,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Wrong answers with one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadFinding {
    /// The code of a conformance run, such as `preflight.cors-check.origin-mismatch`; for what only load shows,
    /// `load.changed` or `load.crossed`.
    pub reason: Code,
    /// The request of the plan that it is about.
    pub request: String,
    /// The cause that explains most of these answers, in `causes`; missing if they are unexplained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// One sentence.
    pub message: String,
    /// The section of the standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Number of answers.
    pub count: u64,
    /// Their share of the answers to this request.
    pub rate: f64,
    /// Time of the first one, in seconds since the start.
    pub first_at: f64,
    /// Whether the same requests got correct answers before the load; missing if they were not sent then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok_unloaded: Option<bool>,
    /// Number of answers with the origin of a concurrent request of another page.
    pub crossed: u64,
    /// Some of them: the first ones, and later ones at random.
    pub samples: Vec<Sample>,
}

/// A cause of wrong answers, with its cure and what it explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadCause {
    /// The cause, as in the record of a conformance run.
    #[serde(flatten)]
    pub cause: Diagnosed,
    /// The requests of the plan whose answers it explains.
    pub requests: Vec<String>,
    /// Number of wrong answers that it explains.
    pub answers: u64,
}

/// A wrong answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Time, in seconds since the start.
    pub at: f64,
    /// The connection, a number from 0.
    pub connection: u64,
    /// Origin of the request.
    pub origin: String,
    /// Request head, line by line, without secrets.
    pub sent: Vec<String>,
    /// Response head, line by line.
    pub received: Vec<String>,
    /// The correct answer, in words.
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

/// Errors of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorRecord {
    /// Kind.
    pub kind: ErrorKind,
    /// How many.
    pub count: u64,
    /// Time of the first one, in seconds since the start.
    pub first_at: f64,
    /// Message of the first one.
    pub first: String,
}

/// Kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The name did not resolve.
    Resolve,
    /// The connection was refused.
    Refused,
    /// The harness ran out of ports or open files.
    Exhausted,
    /// Connection failed for another reason, such as no route.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The connection was reset.
    Reset,
    /// The connection was closed before or within a response.
    Closed,
    /// No response within the timeout.
    Timeout,
    /// Invalid HTTP response.
    Parse,
    /// Status 429: too many requests.
    TooManyRequests,
    /// Status 503: unavailable.
    Unavailable,
    /// Another 5xx status.
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
