//! What a server is to serve, as it is written in JSON.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// One dictated answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Answer")]
pub struct DictatedAnswer {
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

const fn status_ok() -> u16 {
    200
}

/// One value, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}
