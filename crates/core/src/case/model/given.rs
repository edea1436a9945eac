//! What must be set up before a case's requests.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OneOrMany;
use crate::{
    message::{DictatedAnswer, ObjectSpec},
    policy::{Dialect, Policy, Rule},
};

/// Set-up of the endpoint before the requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// CORS rule semantics. If omitted: those of the endpoint.
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
    /// Whether requests need a signature to read and write. If omitted: no signature needed. Only on the embedded
    /// reference store.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Objects that must exist, by path.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub objects: IndexMap<String, ObjectSpec>,
    /// Paths that an application serves behind the store's CORS layer, which adds its fields. Only on the embedded
    /// reference store.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub routes: IndexMap<String, RouteSpec>,
    /// Canned responses, tried in order before anything else; the first match is sent. For claims about browsers.
    /// Only on the embedded reference store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub answers: Vec<DictatedAnswer>,
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

/// Response of an application at a path. It carries `X-App: reached` and, in `X-App-Runs`, the number of calls, so
/// that a case can check whether the application was reached.
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

fn status_ok() -> u16 {
    200
}
