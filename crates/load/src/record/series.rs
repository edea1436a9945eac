use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HistogramRecord;

/// One time slice of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    /// Start, in seconds since the start of the run.
    pub at: f64,
    /// Actual duration, in seconds.
    pub seconds: f64,
    /// Arrivals due; in the closed model, requests sent.
    pub due: u64,
    /// Requests sent.
    pub sent: u64,
    /// Answers.
    pub answered: u64,
    /// Errors.
    pub errors: u64,
    /// Wrong answers.
    pub wrong: u64,
    /// Arrivals that waited for a connection at its end.
    pub backlog: u64,
    /// Users, or connections in use, at its end.
    pub active: u64,
    /// From due to response.
    pub response: HistogramRecord,
    /// From sent to response.
    pub service: HistogramRecord,
}
