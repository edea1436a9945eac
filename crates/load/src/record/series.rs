use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HistogramRecord;

/// A slice of the run: what happened within it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    /// When it began, in seconds since the start.
    pub at: f64,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Arrivals that were due; in a closed loop, requests that were sent.
    pub due: u64,
    /// Requests sent.
    pub sent: u64,
    /// Answers.
    pub answered: u64,
    /// Requests that went wrong on the way.
    pub errors: u64,
    /// Answers that were judged wrong.
    pub wrong: u64,
    /// Arrivals that waited for a connection at its end.
    pub backlog: u64,
    /// Users, or connections in use, at its end.
    pub active: u64,
    /// From due to answered.
    pub response: HistogramRecord,
    /// From sent to answered.
    pub service: HistogramRecord,
}
