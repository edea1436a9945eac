use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pattern::{matches_name, matches_origin};
use crate::{
    document::{self, Codes, Document, nearest, quote},
    message::is_token,
};

/// One CORS rule of a bucket, with the fields that OSS and S3 share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name of the rule. S3 stores it; OSS has no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Origins, each with at most one `*`, which stands for any run of characters.
    pub allowed_origins: Vec<String>,
    /// Methods: GET, HEAD, PUT, POST, DELETE.
    pub allowed_methods: Vec<String>,
    /// Request header names, each with at most one `*`; case-insensitive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_headers: Vec<String>,
    /// Response header names that scripts may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// How long a browser may cache a preflight response, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
}

/// The methods that a rule can allow.
pub(super) const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/// Why every store refuses a rule, in words for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRefusal {
    /// The field that it is about.
    pub field: &'static str,
    /// The place in that field's list; none for the whole list.
    pub index: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub label: String,
    /// What to do instead.
    pub help: Option<String>,
}

impl Rule {
    /// Whether one of its patterns fits an origin.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|pattern| matches_origin(pattern, origin.as_bytes()))
    }

    /// Whether it names a method, or `*`, which web endpoints can declare and no store has.
    pub fn allows_method(&self, method: &str) -> bool {
        self.allowed_methods.iter().any(|allowed| allowed == "*" || allowed == method)
    }

    /// Its methods; `*` gives one that only it covers.
    pub fn concrete_methods(&self) -> impl Iterator<Item = &str> {
        self.allowed_methods.iter().map(|method| if method == "*" { "PUT" } else { method.as_str() })
    }

    /// Whether one of its patterns fits the name of a request header.
    pub fn allows_header(&self, name: &str) -> bool {
        self.allowed_headers.iter().any(|pattern| matches_name(pattern, name))
    }

    /// Why every store refuses it; nothing is said of a value of which `is_open` says that it is yet to be
    /// filled in.
    pub fn refusals(&self, is_open: impl Fn(&str) -> bool) -> Vec<RuleRefusal> {
        let refusal = |field, index, message: String, label: &str, help: Option<String>| RuleRefusal {
            field,
            index,
            message,
            label: label.to_owned(),
            help,
        };
        let every = "every store refuses it";
        let mut found = Vec::new();
        for (field, list) in
            [("allowed_origins", &self.allowed_origins), ("allowed_methods", &self.allowed_methods)]
        {
            if list.is_empty() {
                let message = format!("a rule with an empty `{field}` matches nothing");
                let help = "for a bucket without CORS write `\"rules\": []`".to_owned();
                found.push(refusal(field, None, message, every, Some(help)));
            }
        }
        for (field, list) in
            [("allowed_origins", &self.allowed_origins), ("allowed_headers", &self.allowed_headers)]
        {
            for (index, pattern) in list.iter().enumerate() {
                if pattern.matches('*').count() > 1 {
                    let message = format!("{} has more than one `*`", quote(pattern));
                    found.push(refusal(field, Some(index), message, every, None));
                }
            }
        }
        for (field, list) in
            [("allowed_headers", &self.allowed_headers), ("expose_headers", &self.expose_headers)]
        {
            for (index, name) in list.iter().enumerate() {
                if !is_token(name.as_bytes()) && !is_open(name) {
                    let message = format!("{} is not a valid header name", quote(name));
                    let label = "expected letters, digits or !#$%&'*+-.^_`|~";
                    found.push(refusal(field, Some(index), message, label, None));
                }
            }
        }
        for (index, method) in self.allowed_methods.iter().enumerate() {
            if METHODS.contains(&method.as_str()) || is_open(method) {
                continue;
            }
            let label = match nearest(method, METHODS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => every.to_owned(),
            };
            let message = format!("no rule can allow the method {}", quote(method));
            let help = format!("methods of rules: {}", METHODS.join(", "));
            found.push(refusal("allowed_methods", Some(index), message, &label, Some(help)));
        }
        found
    }
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
