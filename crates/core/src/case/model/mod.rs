//! The case format as types. The published JSON Schema is generated from them, and a case
//! file is checked against that schema, so that this is the one place where it is fixed.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod body;
mod expect;
mod given;
mod request;

pub use crate::{
    cause::Cause,
    exchange::{OutcomeName, PreflightState, ServedBy},
    fetch::{CacheMode, Credentials, Mode, RedirectMode},
    message::{DictatedAnswer, ObjectSpec, OneOrMany},
    promise::{Bound, RowSource},
};
pub use body::{Base64Body, BodyError, BodySpec, FileBody, SizedBody};
pub use expect::{
    Expect, FieldDetail, FieldExpect, PreflightDetail, PreflightExpect, ResponseExpect, StatusClass,
    StatusExpect,
};
pub use given::{Given, RouteSpec};
pub use request::{Client, Presign, PresignScheme, RequestSpec, Until};

/// A suite: a JSON file of cases about one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Where an editor finds the schema of this file, relative to it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The first part of every test id of this file, such as `cache/two-origins`.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-./][a-z0-9]+)*$"))]
    pub id: String,
    /// Title of the suite, in a few words.
    pub title: String,
    /// Background, for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Sources of the claims: sections of standards, documents, issues. Cases without sources of their own have
    /// these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// The cases.
    #[schemars(length(min = 1))]
    pub cases: Vec<Case>,
}

/// One claim about an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The last part of its test ids, unique within the file.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub id: String,
    /// The claim, in one sentence that a web developer understands.
    pub title: String,
    /// Background: why it matters, what goes wrong in practice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How binding the claim is.
    #[serde(default)]
    pub kind: Kind,
    /// Sources of the claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// Set-up before the requests. The case runs only on endpoints that can be set up this way; without it, on any
    /// endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// The requests by name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 100))]
    pub requests: IndexMap<String, RequestSpec>,
    /// Orders in which the requests are made.
    #[serde(default, skip_serializing_if = "Order::is_listed")]
    pub order: Order,
    /// Cache models between the pages and the endpoint; one test for each.
    #[serde(default = "through_none", skip_serializing_if = "is_through_none")]
    #[schemars(length(min = 1, max = 11))]
    pub through: Vec<Through>,
    /// Table: the case runs once for each row, and the row's values replace `{name}` in every string of the case. Or
    /// the name of rows that are derived from the endpoint's rules.
    #[serde(default, skip_serializing_if = "Each::is_empty")]
    pub each: Each,
    /// The statement about undeclared requests that it checks. Derived rows check one promise each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Bound>,
    /// Cause of a failure, where what was answered does not tell it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Run it only against the embedded reference store, whose default bucket has its paths.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub embedded_only: bool,
    /// Send its requests to the URL as declared, where caches on the way have what real users were answered, instead of
    /// to a fresh one. They may keep what this case is answered: send only what pages of allowed origins send anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared_url: bool,
}

impl Case {
    /// Whether it really sends requests by which an endpoint may be changed.
    pub fn writes(&self) -> bool {
        self.requests.values().any(RequestSpec::writes)
    }

    /// Whether one of its requests is expected to be answered with this error status, so that it speaks for the
    /// endpoint.
    pub fn expects_status(&self, status: u16) -> bool {
        self.requests.values().any(|request| request.expect.names_status(status))
    }
}

/// The rows of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Each {
    /// Named rows, which are derived.
    Derived(RowSource),
    /// Exactly these rows.
    Rows(#[schemars(length(max = 1000))] Vec<Row>),
}

impl Each {
    /// The rows that stand in the file.
    pub fn rows(&self) -> &[Row] {
        match self {
            Self::Rows(rows) => rows,
            Self::Derived(_) => &[],
        }
    }

    /// What its rows are derived from, if they are.
    pub const fn derived(&self) -> Option<RowSource> {
        match self {
            Self::Derived(derived) => Some(*derived),
            Self::Rows(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Rows(rows) if rows.is_empty())
    }
}

impl Default for Each {
    fn default() -> Self {
        Self::Rows(Vec::new())
    }
}

/// How binding a claim is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Required by the Fetch standard.
    #[default]
    Must,
    /// Required by the configured CORS rules.
    Rule,
    /// A cache or security hazard otherwise.
    Safety,
    /// Reported, never a failure: products differ.
    Note,
}

/// One row of a case's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Last part of the test id, after the id of the case.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub id: String,
    /// Title of the case for this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The values: `{"value": "x"}` replaces `{value}` by `x`.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Expectation of the only request of the case for this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// Orders in which the requests are made. Each occurrence of a name makes the next step of its request (preflight,
/// actual request, validation, redirect hop); the last one completes it. `a+b` makes the steps of several requests at
/// once, on the real path only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Order {
    /// Named orders.
    Word(OrderWord),
    /// Exactly these orders.
    Several(Vec<Vec<String>>),
    /// Exactly this order.
    One(Vec<String>),
}

/// Named orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderWord {
    /// One after the other, in the order of the file.
    #[default]
    Listed,
    /// All at once, as from pages opened at the same moment; on the real path only.
    AtOnce,
    /// Every interleaving of the requests' steps.
    Every,
}

/// A cache model between the pages and the endpoint.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// No cache: every request reaches the endpoint.
    #[default]
    None,
    /// The browser's HTTP cache: private, partitioned by top-level site, one stored response for each URL.
    Browser,
    /// A shared cache that stores a variant for each value of the fields that `Vary` names.
    Shared,
    /// A shared cache that stores only the last variant.
    SingleSlot,
    /// A shared cache that ignores `Vary`: the URL alone is its cache key.
    UrlKeyed,
    /// nginx with `proxy_cache`, as measured: `docs/caches.md`.
    Nginx,
    /// Varnish with its built-in VCL, as measured.
    Varnish,
    /// Squid as an accelerator, as measured.
    Squid,
    /// Apache httpd with mod_cache, as measured.
    Apache,
    /// HAProxy with `cache-store`, as measured.
    Haproxy,
    /// No cache model: the requests are sent in this order, which reveals a cache in front of the endpoint.
    Live,
}

impl Through {
    /// All that are a cache: all but `none`.
    pub fn caches() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|through| *through != Self::None)
    }

    /// The cache of this name.
    pub fn cache_named(name: &str) -> Option<Self> {
        Self::caches().find(|cache| cache.name() == name)
    }

    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::None,
        Self::Browser,
        Self::Shared,
        Self::SingleSlot,
        Self::UrlKeyed,
        Self::Nginx,
        Self::Varnish,
        Self::Squid,
        Self::Apache,
        Self::Haproxy,
        Self::Live,
    ];

    /// Whether it is a model of a shared cache.
    pub const fn is_shared(self) -> bool {
        !matches!(self, Self::None | Self::Browser | Self::Live)
    }

    /// The word for it in case files and test ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Browser => "browser",
            Self::Shared => "shared",
            Self::SingleSlot => "single-slot",
            Self::UrlKeyed => "url-keyed",
            Self::Nginx => "nginx",
            Self::Varnish => "varnish",
            Self::Squid => "squid",
            Self::Apache => "apache",
            Self::Haproxy => "haproxy",
            Self::Live => "live",
        }
    }

    /// What it is, for a reader: `through a shared cache`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "with nothing between",
            Self::Browser => "through the browser's cache",
            Self::Shared => "through a shared cache",
            Self::SingleSlot => "through a shared cache that keeps one variant",
            Self::UrlKeyed => "through a cache that ignores Vary",
            Self::Nginx => "through nginx",
            Self::Varnish => "through Varnish",
            Self::Squid => "through Squid",
            Self::Apache => "through Apache httpd",
            Self::Haproxy => "through HAProxy",
            Self::Live => "on the real path",
        }
    }
}

impl Order {
    fn is_listed(&self) -> bool {
        *self == Self::Word(OrderWord::Listed)
    }
}

impl Default for Order {
    fn default() -> Self {
        Self::Word(OrderWord::Listed)
    }
}

fn through_none() -> Vec<Through> {
    vec![Through::None]
}

fn is_through_none(through: &[Through]) -> bool {
    through == [Through::None]
}
