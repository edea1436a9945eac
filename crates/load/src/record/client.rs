use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HistogramRecord;
use crosscheck_core::{exchange::ConnectOptions, verdict::Code};

/// How requests were sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Configuration {
    /// Open or closed model.
    pub r#loop: LoopKind,
    /// Number of sending threads.
    pub threads: usize,
    /// Number of open connections.
    pub connections: usize,
    /// Concurrent requests on one connection; 1 except for HTTP/2.
    pub streams: usize,
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: String,
    /// Whether TLS was used.
    pub tls: bool,
    /// Wake-up method of the sending threads.
    pub pacing: PacingKind,
    /// Timeout of a request, in milliseconds.
    pub timeout_ms: u64,
    /// Maximum rate, in requests per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<f64>,
    /// Names of headers on preflights that browsers do not send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preflight_headers: Vec<String>,
    /// How the endpoint was reached, where that is not as usual.
    #[serde(default, skip_serializing_if = "ConnectOptions::is_usual")]
    pub connect: ConnectOptions,
}

/// Open or closed model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoopKind {
    /// Open model: latency counts from the time a request was due.
    Open,
    /// Closed model: each user sends the next request when the last one is answered. A stalled endpoint gets fewer
    /// requests, so these latencies do not show the stall for all users.
    Closed,
}

/// Wake-up method of the sending threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PacingKind {
    /// A timer of the operating system.
    #[default]
    Timer,
    /// Busy loop: exact to a microsecond, one core for each thread.
    Spin,
    /// None: the closed model has no due times.
    None,
}

/// The machine of the harness.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The operating system and its version.
    pub os: String,
    /// The architecture.
    pub arch: String,
    /// Model name of the processor.
    pub processor: String,
    /// Number of logical processors available to the harness.
    pub processors: usize,
    /// Memory in bytes; 0 if unknown.
    pub memory: u64,
}

/// Arrivals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PacingRecord {
    /// Number of arrivals due.
    pub due: u64,
    /// Number of arrivals sent.
    pub sent: u64,
    /// Number of arrivals never sent: still waiting for a connection at the end of the run, or dropped from a full
    /// queue.
    pub dropped: u64,
    /// Mean requested arrival rate per second; missing in the closed model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_rate: Option<f64>,
    /// Mean send rate per second.
    pub achieved_rate: f64,
    /// Maximum number of arrivals that waited for a connection at once.
    pub backlog_max: u64,
    /// Send lag: delay after a request was due and a connection was free.
    pub send_lag: HistogramRecord,
}

/// Resource use of the harness.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientRecord {
    /// Processor time of the sending threads, in seconds.
    pub cpu_seconds: f64,
    /// The busiest sending thread's share of one processor.
    pub cpu_busiest: f64,
    /// Processor time for each request, in microseconds.
    pub cpu_micros_per_request: f64,
    /// Maximum resident memory of the process, in bytes; 0 if unknown.
    pub memory_peak: u64,
    /// Connections that were opened, the first ones included.
    pub connects: u64,
    /// Connections that the endpoint closed after an answer, as it may.
    pub closed_by_peer: u64,
    /// Judgements that needed no parsing, because the answer's head was byte for byte one that had been
    /// judged for the same request.
    pub judged_by_identity: u64,
}

/// Validity of the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// Whether they are valid. If not, the harness was the bottleneck.
    pub valid: bool,
    /// Reasons against it.
    pub doubts: Vec<Doubt>,
}

/// A reason against the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// Which doubt it is.
    pub code: Code,
    /// One sentence with the figures.
    pub message: String,
    /// Suggested action.
    pub help: String,
    /// Whether it makes the figures invalid or is only a note.
    pub invalidates: bool,
}
