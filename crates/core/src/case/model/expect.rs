//! What must come out of a request.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OneOrMany;
use crate::fetch::Reason;

/// What must come out of a request. What is not named is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What the page gets; several: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OneOrMany<OutcomeName>>,
    /// Why it was blocked; several: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<OneOrMany<Reason>>,
    /// The status that the page reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OneOrMany<u16>>,
    /// Response headers that the page can read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed: Vec<String>,
    /// Response headers that the page can read where the answer has them. A warning where the answer has none and
    /// does not name it in `Access-Control-Expose-Headers` either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed_if_sent: Vec<String>,
    /// Response headers that the page cannot read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// The CORS-preflight request and its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightExpect>,
    /// The last answer to the actual request, as on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseExpect>,
    /// Who served the actual request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<OneOrMany<ServedBy>>,
}

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

/// What is expected of the preflight: a word, or more about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PreflightExpect {
    /// Only whether there was one.
    State(PreflightState),
    /// What was sent and answered.
    Detail(PreflightDetail),
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

/// What the preflight carried and what it was answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreflightDetail {
    /// Fields of the preflight request itself.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub sent: IndexMap<String, FieldExpect>,
    /// The answer's status; several: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusExpect>,
    /// Fields of the answer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FieldExpect>,
}

/// What is expected of a response on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseExpect {
    /// Its status; several: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusExpect>,
    /// Its fields by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FieldExpect>,
}

/// A status, several, or a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StatusExpect {
    /// This one.
    Code(u16),
    /// A class: `2xx` and so on, or `not-5xx`.
    Class(StatusClass),
    /// Any of these.
    Codes(Vec<u16>),
}

/// A class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StatusClass {
    /// 200 to 299: Fetch's *ok status*.
    #[serde(rename = "2xx")]
    Successful,
    /// 300 to 399.
    #[serde(rename = "3xx")]
    Redirection,
    /// 400 to 499.
    #[serde(rename = "4xx")]
    ClientError,
    /// 500 to 599.
    #[serde(rename = "5xx")]
    ServerError,
    /// Anything below 500: refused or served, but not broken.
    #[serde(rename = "not-5xx")]
    NotServerError,
}

/// What is expected of a field: `null` for absent, a string for its one exact line, or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldExpect {
    /// One line with exactly this value.
    Exact(String),
    /// What its lines are or hold.
    Detail(FieldDetail),
    /// There is no such line.
    Absent(()),
}

/// What a field's lines are or hold; everything that is given must be true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDetail {
    /// Whether there is such a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
    /// The one line is any of these; `null` among them accepts its absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<Option<String>>>,
    /// The value of the field is none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_of: Vec<String>,
    /// A list field that has these members, in any order; without case but for methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// A list field that has none of these members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// How many lines there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<usize>,
    /// How long all lines together are at most, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<usize>,
    /// `*` alone, or as one of the members, fulfils `contains`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub or_wildcard: bool,
}
