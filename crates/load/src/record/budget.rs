use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A budget, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetRecord {
    /// As it was written.
    pub text: String,
    /// The limit, in `unit`.
    pub limit: f64,
    /// What was measured, in `unit`; absent where there was nothing to measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// In what both are counted.
    pub unit: BudgetUnit,
    /// How far the value is on the good side, as a share of the limit; negative on the bad side.
    /// Absent where the limit is nothing, or nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Whether it is met. One without samples is not.
    pub met: bool,
    /// How many requests the value is of.
    pub samples: u64,
    /// Why there is no value, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// In what a budget is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetUnit {
    /// Microseconds.
    Micros,
    /// Per second.
    PerSecond,
    /// So many.
    Count,
    /// A share, 0 to 1.
    Share,
}
