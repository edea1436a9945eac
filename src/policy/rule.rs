use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{self, Codes, Document};

/// One CORS rule of a bucket, in the words that OSS and S3 share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name for the rule; S3 keeps it, OSS has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Origins, each with at most one `*`, which stands for any run of characters.
    pub allowed_origins: Vec<String>,
    /// Methods: GET, HEAD, PUT, POST, DELETE.
    pub allowed_methods: Vec<String>,
    /// Request header names, each with at most one `*`; without case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_headers: Vec<String>,
    /// Response header names that scripts may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// How long a browser may keep a preflight's answer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
}

/// Everything that decides a bucket's CORS answers: the rules in their order and OSS's
/// `ResponseVary` switch. No rules means that CORS is not configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules; the first that matches decides.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Whether every answer carries `Vary: Origin`, matched or not.
    #[serde(default)]
    pub response_vary: bool,
    /// Whether a matched answer for a named origin carries `Access-Control-Allow-Credentials: true`.
    #[serde(default)]
    pub allow_credentials: bool,
}

impl Document for Policy {
    const CODES: Codes = document::codes!("rules");
}
