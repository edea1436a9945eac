use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What caching saves. Figures of a replay with the agents of `fetch` and the models of
/// `caching` over the endpoint's own answers, with only what a row names changed in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CachingRecord {
    /// What page views cost, by `Access-Control-Max-Age` and the browser's cap.
    pub views: Vec<ViewCost>,
    /// What a shared cache lets through to the origin, with and without `Vary: Origin`.
    pub shared: Vec<SharedCost>,
}

/// What page views cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ViewCost {
    /// The `Access-Control-Max-Age`, in seconds; absent: as the endpoint answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// The most that the browser keeps a preflight, in seconds; absent: no cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// Whose behaviour it is.
    pub profile: String,
    /// How many page views there were.
    pub views: u64,
    /// How many preflights they sent.
    pub preflights: u64,
    /// How many actual requests they sent, validations included.
    pub actuals: u64,
    /// How many requests their HTTP caches answered.
    pub from_cache: u64,
    /// Requests on the wire for each page view.
    pub per_view: f64,
}

/// What a shared cache lets through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SharedCost {
    /// Whether the answers say `Vary: Origin`.
    pub vary_origin: bool,
    /// The cache model: `shared`, `single-slot` or `url-keyed`.
    pub cache: String,
    /// How many requests pages made of it.
    pub requests: u64,
    /// How many of them went to the origin, validations included.
    pub to_origin: u64,
    /// How many pages were given an answer that they may not read.
    pub wrong: u64,
}
