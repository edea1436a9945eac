//! What must be set up before a case's requests.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OneOrMany;
use crate::policy::{Dialect, Policy, Rule};

/// What must be set up on the endpoint before the requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// As whose store the rules are read; absent: as the endpoint's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// The ordered CORS rules of the bucket; an empty list means that CORS is not configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<Rule>>,
    /// OSS's `ResponseVary`: whether every answer carries `Vary: Origin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_vary: Option<bool>,
    /// Whether a matched answer for a named origin allows credentials. S3 does, OSS documents none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// Whether only who signs may read and write; absent: anybody may. Only the embedded reference
    /// store's buckets can be made so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Objects that must exist, by path.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub objects: IndexMap<String, ObjectSpec>,
    /// Paths at which an application answers, behind the store's CORS layer, which adds its
    /// fields. Only the embedded reference store has such an application.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub routes: IndexMap<String, RouteSpec>,
    /// Dictated answers, tried in order before anything else; the first that fits answers.
    /// For what only a browser decides: only the embedded reference store can play them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub answers: Vec<Answer>,
}

impl Given {
    /// Whether it sets a policy; otherwise the endpoint's own stays.
    pub fn sets_policy(&self) -> bool {
        self.rules.is_some() || self.response_vary.is_some() || self.allow_credentials.is_some()
    }

    /// The policy of a bucket that is set up as this says: what it leaves out is off.
    pub fn policy(&self) -> Policy {
        Policy {
            rules: self.rules.clone().unwrap_or_default(),
            response_vary: self.response_vary.unwrap_or_default(),
            allow_credentials: self.allow_credentials.unwrap_or_default(),
        }
    }
}

/// An object that must exist.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectSpec {
    /// Its stored fields, such as `cache-control`.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// Its content.
    #[serde(default)]
    pub body: String,
}

/// What an application answers at a path. Its answers carry `X-App: reached` and, in
/// `X-App-Runs`, how often it ran, so that a case can see whether it was asked at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteSpec {
    /// The status code.
    #[serde(default = "status_ok")]
    #[schemars(range(min = 200, max = 999))]
    pub status: u16,
    /// The field lines, before the CORS layer adds its own.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The content.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// One dictated answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The method that it answers; `*` answers any.
    pub on: String,
    /// The path that it answers, relative to the endpoint; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The `Origin` that it answers; an empty string: requests without one; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// A request header that must be present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_header: Option<String>,
    /// How often it answers before the next one is tried; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The status code.
    #[serde(default = "status_ok")]
    #[schemars(range(min = 200, max = 999))]
    pub status: u16,
    /// The field lines. `{origin}` in a value is the request's Origin; the line is left out
    /// where the request has none. `{base}` is the URL below which the case's paths lie, `{base.other}` the same
    /// of another origin.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The content.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Closes the connection without an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub close: bool,
}

fn status_ok() -> u16 {
    200
}
