use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HistogramRecord;
use crate::plan::Shape;

/// What was measured of requests of one name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestRecord {
    /// The name in the plan; `total` for all of them together.
    pub name: String,
    /// The method on the wire; empty for several.
    pub method: String,
    /// How many were sent.
    pub sent: u64,
    /// How many were answered.
    pub answered: u64,
    /// How many went wrong on the way, answers of 429 and from 500 on included.
    pub errors: u64,
    /// How many answers were judged wrong.
    pub wrong: u64,
    /// How many were answered by a cache, and so never sent.
    pub from_cache: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes received, heads included.
    pub bytes_received: u64,
    /// Answers in a second of the time for which was asked.
    pub per_second: f64,
    /// From the moment a request was due to its answer: what a page waits. In a closed loop
    /// the same as `service`.
    pub response: HistogramRecord,
    /// From the moment a request was sent to its answer: what a harness reports that leaves out the time for
    /// which requests had to wait.
    pub service: HistogramRecord,
}

/// A stage as it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseRecord {
    /// Its name.
    pub name: String,
    /// How the load moved.
    pub shape: Shape,
    /// When it began, in seconds since the start.
    pub at: f64,
    /// How long it was planned to be, in seconds.
    pub planned: f64,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Arrivals in a second at its beginning and end; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<(f64, f64)>,
    /// Users at its beginning and end; absent in an open loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<(u32, u32)>,
    /// All requests together.
    pub total: RequestRecord,
    /// Each request.
    pub requests: Vec<RequestRecord>,
}
