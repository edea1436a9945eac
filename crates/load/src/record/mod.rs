//! The record of a load run: everything that was asked, measured and found, as data. Both
//! engines fill it, and every report, gate and comparison is a function of it. Pure.

mod budget;
mod caching;
mod client;
mod finding;
mod histogram;
mod row;
mod series;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use budget::{BudgetRecord, BudgetUnit};
pub use caching::{CachingRecord, SharedCost, ViewCost};
pub use client::{ClientRecord, Configuration, Doubt, LoopKind, Machine, PacingKind, PacingRecord, Validity};
pub use finding::{ErrorKind, ErrorRecord, LoadFinding, Sample};
pub use histogram::{HistogramError, HistogramRecord, LARGEST_MICROS, Latencies, new_latencies, record};
pub use row::{PhaseRecord, RequestRecord};
pub use series::Second;

use super::plan::{EngineName, LoadPlan};

/// The version of the record's form; it grows when a field is added, and never changes meaning.
pub const LOAD_RECORD_VERSION: u32 = 1;

/// What a load run did, measured and found. Times are in microseconds and shares from 0 to 1
/// unless a name says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRecord {
    /// The version of this form.
    pub load_record_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// What was asked: a URL, or the reference store.
    pub target: String,
    /// The fault that the reference store was told to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The plan as it was run, flags applied and roles filled in.
    pub plan: LoadPlan,
    /// What sent the requests.
    pub engine: EngineName,
    /// How it sent them.
    pub configuration: Configuration,
    /// Where it ran.
    pub machine: Machine,
    /// The command that repeats the run.
    pub command: String,
    /// What reproduces the choice of requests, origins and resources.
    pub seed: u64,
    /// When the run began, RFC 3339.
    pub started: String,
    /// How long requests were sent, in seconds; until the last answer.
    pub seconds: f64,
    /// Whether it was cut short by a signal.
    pub interrupted: bool,
    /// Why nothing, or not everything, could be measured, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<String>,
    /// The stages as they went.
    pub phases: Vec<PhaseRecord>,
    /// All requests together, over the whole run.
    pub total: RequestRecord,
    /// Each request of the plan by its name, over the whole run. A request of the kind `both` has two
    /// rows, `NAME` for the actual request and `NAME.preflight`; so has one of the kind `fetch`.
    pub requests: Vec<RequestRecord>,
    /// The run in slices of equal length, in their order; a second each, or more in a long run.
    pub series: Vec<Second>,
    /// What went wrong on the way, by kind.
    pub errors: Vec<ErrorRecord>,
    /// Answers that were judged wrong, by reason code and request, the most frequent first.
    pub findings: Vec<LoadFinding>,
    /// The budgets, in the order of the plan, the one that nobody wrote last.
    pub budgets: Vec<BudgetRecord>,
    /// Arrivals: what was due, sent and dropped, and how late.
    pub pacing: PacingRecord,
    /// What the harness itself used.
    pub client: ClientRecord,
    /// Whether the figures are the endpoint's, or the harness's own.
    pub validity: Validity,
    /// What caching saves, where the plan has browsers or a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caching: Option<CachingRecord>,
}

impl LoadRecord {
    /// Whether every budget is met.
    pub fn budgets_met(&self) -> bool {
        self.budgets.iter().all(|budget| budget.met)
    }

    /// How many answers were judged wrong.
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
