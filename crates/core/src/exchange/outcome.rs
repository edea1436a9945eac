use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the page gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeName {
    /// The page may read the exposed parts of the response.
    Allowed,
    /// The response was used without being readable.
    Opaque,
    /// A network error.
    Blocked,
}

/// What served a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServedBy {
    /// The endpoint.
    Network,
    /// A stored response, without a request to the endpoint.
    Cache,
    /// A stored response that the endpoint validated.
    Validated,
}

/// Whether a preflight was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreflightState {
    /// Sent over the network.
    Sent,
    /// Not needed: preflight cache hit.
    Cached,
    /// Not needed.
    None,
}
