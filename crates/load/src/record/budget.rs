use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Budget;

/// A budget and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetRecord {
    /// The budget as written.
    #[serde(rename = "text")]
    pub budget: Budget,
    /// The limit, in `unit`.
    pub limit: f64,
    /// Measured value, in `unit`; missing if there are no samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Unit of both.
    pub unit: BudgetUnit,
    /// Margin to the limit, as a share of the limit; negative if missed. Missing if the limit is zero or there are no
    /// samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Whether it is met. A budget without samples is not met.
    pub met: bool,
    /// Number of samples.
    pub samples: u64,
    /// Why there is no value, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Unit of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetUnit {
    /// Microseconds.
    Micros,
    /// Per second.
    PerSecond,
    /// Count.
    Count,
    /// A share, 0 to 1.
    Share,
}
