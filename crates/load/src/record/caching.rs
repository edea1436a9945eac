use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Savings by caching: a replay over the endpoint's own responses, with only the properties that a row names changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CachingRecord {
    /// Requests for page views, by `Access-Control-Max-Age` and the browser's cap.
    pub views: Vec<ViewCost>,
    /// Requests that a shared cache passes to the origin, with and without `Vary: Origin`.
    pub shared: Vec<SharedCost>,
}

/// Requests for page views.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ViewCost {
    /// `Access-Control-Max-Age` in seconds. If missing: as the endpoint answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// The browser's maximum lifetime of a preflight, in seconds. If missing: no cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// Emulated browser.
    pub profile: String,
    /// Number of page views.
    pub views: u64,
    /// Number of preflights.
    pub preflights: u64,
    /// Number of actual requests, including validations.
    pub actuals: u64,
    /// Number of HTTP cache hits.
    pub from_cache: u64,
    /// Requests on the wire for each page view.
    pub per_view: f64,
}

/// Requests that a shared cache passes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SharedCost {
    /// Whether the answers say `Vary: Origin`.
    pub vary_origin: bool,
    /// The cache model: `shared`, `single-slot` or `url-keyed`.
    pub cache: String,
    /// Number of requests to it.
    pub requests: u64,
    /// Number of requests to the origin, including validations.
    pub to_origin: u64,
    /// Number of pages that got a response they may not read.
    pub wrong: u64,
}
