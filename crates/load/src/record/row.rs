use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HistogramRecord;
use crate::plan::Shape;

/// Measurements of the requests of one name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestRecord {
    /// The name in the plan; `total` for all of them together.
    pub name: String,
    /// The method on the wire; empty for several.
    pub method: String,
    /// Number of requests sent.
    pub sent: u64,
    /// Number of responses.
    pub answered: u64,
    /// Number of errors, including responses with 429 and 5xx.
    pub errors: u64,
    /// Number of wrong answers.
    pub wrong: u64,
    /// Number of cache hits, which were never sent.
    pub from_cache: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes received, heads included.
    pub bytes_received: u64,
    /// Answers per second of sending time.
    pub per_second: f64,
    /// Time from when a request was due to its response: what a page waits. Equal to `service` in the closed model.
    pub response: HistogramRecord,
    /// Time from when a request was sent to its response, without the time that the request waited to be sent.
    pub service: HistogramRecord,
}

/// Results of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseRecord {
    /// Its name.
    pub name: String,
    /// Shape of the load.
    pub shape: Shape,
    /// Start, in seconds since the start of the run.
    pub at: f64,
    /// Planned duration, in seconds.
    pub planned: f64,
    /// Actual duration, in seconds.
    pub seconds: f64,
    /// Arrival rate per second at its start and end; missing in the closed model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<(f64, f64)>,
    /// Users at its start and end; missing in the open model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<(u32, u32)>,
    /// All requests together.
    pub total: RequestRecord,
    /// Each request.
    pub requests: Vec<RequestRecord>,
}
