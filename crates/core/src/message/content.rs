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

/// One canned response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Answer")]
pub struct DictatedAnswer {
    /// Method that it matches; `*` matches any.
    pub on: String,
    /// Path that it matches, relative to the endpoint. If omitted: any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `Origin` that it matches; an empty string matches requests without one. If omitted: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// A request header that must be present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_header: Option<String>,
    /// How many times it matches before the next one is tried. If omitted: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The status code.
    #[serde(default = "status_ok")]
    #[schemars(range(min = 200, max = 999))]
    pub status: u16,
    /// The field lines. `{origin}` in a value is the Origin of the request; the line is omitted if the request has
    /// none. `{base}` is the URL that the paths of the case are relative to, `{base.other}` the same on another
    /// origin.
    #[serde(default)]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The content.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Close the connection without a response.
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
