use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HistogramRecord;

/// How requests were sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Configuration {
    /// Whether arrivals wait for answers.
    pub r#loop: LoopKind,
    /// The threads that sent.
    pub threads: usize,
    /// The connections that were kept open.
    pub connections: usize,
    /// Requests that may be under way on one connection at once; 1 but for HTTP/2.
    pub streams: usize,
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: String,
    /// Whether over TLS.
    pub tls: bool,
    /// What woke the sender.
    pub pacing: PacingKind,
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u64,
    /// The rate that the run was not to exceed, in requests a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<f64>,
    /// The names of headers that preflights were sent with, which no browser sends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preflight_headers: Vec<String>,
}

/// Whether arrivals wait for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoopKind {
    /// They do not: latency counts from the moment a request was due.
    Open,
    /// They do: each user asks again when the last answer is there. A stalled endpoint is then asked
    /// less, so these latencies say how fast it is when it is not asked much.
    Closed,
}

/// What wakes the sender when a request is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PacingKind {
    /// A timer of the operating system.
    #[default]
    Timer,
    /// It never sleeps: exact to a microsecond, at the price of a core for each thread.
    Spin,
    /// Nothing: a closed loop has no due times.
    None,
}

/// The machine of the harness.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The operating system and its version.
    pub os: String,
    /// The architecture.
    pub arch: String,
    /// The processor, as it calls itself.
    pub processor: String,
    /// Its logical processors that the harness may use.
    pub processors: usize,
    /// Its memory, in bytes; 0 where it is not known.
    pub memory: u64,
}

/// Arrivals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PacingRecord {
    /// How many arrivals were due.
    pub due: u64,
    /// How many of them were sent.
    pub sent: u64,
    /// How many were never sent: they were still waiting for a connection when the run ended, or
    /// too many waited.
    pub dropped: u64,
    /// The mean rate of arrivals that was asked for, in a second; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_rate: Option<f64>,
    /// The mean rate at which they were sent, in a second.
    pub achieved_rate: f64,
    /// The most arrivals that waited for a connection at once.
    pub backlog_max: u64,
    /// How late the harness itself sent: since a request was due and a connection was free for it.
    pub send_lag: HistogramRecord,
}

/// What the harness used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientRecord {
    /// Processor time of the sending threads, in seconds.
    pub cpu_seconds: f64,
    /// The busiest sending thread's share of one processor.
    pub cpu_busiest: f64,
    /// Processor time for each request, in microseconds.
    pub cpu_micros_per_request: f64,
    /// The most memory that the process had resident, in bytes; 0 where it is not known.
    pub memory_peak: u64,
    /// Connections that were opened, the first ones included.
    pub connects: u64,
    /// Connections that the endpoint closed after an answer, as it may.
    pub closed_by_peer: u64,
    /// Judgements that needed no parsing, because the answer's head was byte for byte one that had been
    /// judged for the same request.
    pub judged_by_identity: u64,
}

/// Whether the figures are the endpoint's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// Whether they are. Where they are not, the harness was itself the bottleneck.
    pub valid: bool,
    /// What speaks against it.
    pub doubts: Vec<Doubt>,
}

/// What speaks against the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// A stable code: `client.cpu`, `client.send-lag`, `client.rate`, `client.memory`, `preflight-headers`.
    pub code: String,
    /// One sentence with the figures.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Whether it makes the figures invalid, or only worth a look.
    pub invalidates: bool,
}
