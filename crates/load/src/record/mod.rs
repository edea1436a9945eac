//! The record of a load run: everything that was asked, measured and found, as data. Both
//! engines fill it, and every report, gate and comparison is a function of it. Pure.

mod budget;
mod caching;
mod client;
mod finding;
mod histogram;
mod outcome;
mod row;
mod series;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use budget::{BudgetRecord, BudgetUnit};
pub use caching::{CachingRecord, SharedCost, ViewCost};
pub use client::{ClientRecord, Configuration, Doubt, LoopKind, Machine, PacingKind, PacingRecord, Validity};
pub use finding::{ErrorKind, ErrorRecord, LoadCause, LoadFinding, Sample};
pub use histogram::{HistogramError, HistogramRecord, Latencies, new_latencies, record};
pub use outcome::Outcome;
pub use row::{PhaseRecord, RequestRecord};
pub use series::Second;

use super::plan::{EngineName, LoadPlan};

/// The version of the record's form; it grows when a field is added, and never changes meaning.
pub const LOAD_RECORD_VERSION: u32 = 3;

/// The results of a load run. Times are in microseconds and shares from 0 to 1 unless a name includes another unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRecord {
    /// Version of this format.
    pub load_record_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// Tested endpoint: a URL, or the reference store.
    pub target: String,
    /// Defect that the reference store emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The plan as run, with flags applied and roles filled in.
    pub plan: LoadPlan,
    /// Load engine.
    pub engine: EngineName,
    /// Settings of the sender.
    pub configuration: Configuration,
    /// Machine of the harness.
    pub machine: Machine,
    /// The command that repeats the run.
    pub command: String,
    /// Seed for choosing requests, origins and resources.
    pub seed: u64,
    /// When the run began, RFC 3339.
    pub started: String,
    /// Duration from the first request to the last response, in seconds.
    pub seconds: f64,
    /// Whether a signal interrupted it.
    pub interrupted: bool,
    /// Why the run is incomplete, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// Results of each stage.
    pub phases: Vec<PhaseRecord>,
    /// All requests together, over the whole run.
    pub total: RequestRecord,
    /// Each request of the plan by its name, over the whole run. A request of the kind `both` has two
    /// rows, `NAME` for the actual request and `NAME.preflight`; so has one of the kind `fetch`.
    pub requests: Vec<RequestRecord>,
    /// Time slices of equal length, in order: one second each, more in a long run.
    pub series: Vec<Second>,
    /// Errors by kind.
    pub errors: Vec<ErrorRecord>,
    /// Causes of wrong answers, worst first: each once, with its cure. Wrong answers that no cause explains are only
    /// in `findings`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<LoadCause>,
    /// Wrong answers by reason code and request, the most frequent first.
    pub findings: Vec<LoadFinding>,
    /// Budgets in the order of the plan; the implicit one is last.
    pub budgets: Vec<BudgetRecord>,
    /// Arrivals: due, sent, dropped, and send lag.
    pub pacing: PacingRecord,
    /// Resource use of the harness.
    pub client: ClientRecord,
    /// Whether the figures are valid, or limited by the harness.
    pub validity: Validity,
    /// Savings by caching, if the plan has browsers or a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caching: Option<CachingRecord>,
}

impl LoadRecord {
    /// Whether every budget is met.
    pub fn budgets_met(&self) -> bool {
        self.budgets.iter().all(|budget| budget.met)
    }

    /// Number of wrong answers.
    pub fn wrong(&self) -> u64 {
        self.total.wrong
    }
}

/// The JSON Schema of the record of a load run.
pub fn published() -> String {
    let mut schema = crosscheck_core::document::schema_of::<LoadRecord>();
    schema.insert("title".to_owned(), "Crosscheck load record".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
