use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the page gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeName {
    /// The page may read the response, as far as it is exposed.
    Allowed,
    /// The response was used without being readable.
    Opaque,
    /// A network error.
    Blocked,
}

/// Who served a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServedBy {
    /// The endpoint.
    Network,
    /// A stored response, without asking the endpoint.
    Cache,
    /// A stored response, after the endpoint had said that it is still right.
    Validated,
}

/// Whether a preflight was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreflightState {
    /// Over the network.
    Sent,
    /// The CORS-preflight cache made it needless.
    Cached,
    /// None was needed.
    None,
}
