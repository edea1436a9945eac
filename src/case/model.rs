//! The case format as types. The published JSON Schema is generated from them, and a case
//! file is checked against that schema, so that this file is the one place where it is fixed.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::fetch::{CacheMode, Credentials, Mode, RedirectMode};
use crate::{
    fetch::Reason,
    policy::{Dialect, Rule},
};

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
    /// What the file is about, in a few words.
    pub title: String,
    /// More about it, for a reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Where the claims come from: sections of standards, documents, issues. A case without
    /// sources of its own has these.
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
    /// The claim as a sentence that a web developer understands.
    pub title: String,
    /// More about it: why it matters, what goes wrong in the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How binding the claim is.
    #[serde(default)]
    pub kind: Kind,
    /// Where the claim comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// What must be set up before. Needs a target that can be set up so; a case without it
    /// runs on any endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// The requests by name.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 100))]
    pub requests: IndexMap<String, RequestSpec>,
    /// In which orders the requests are made.
    #[serde(default, skip_serializing_if = "Order::is_listed")]
    pub order: Order,
    /// The cache models between the pages and the endpoint; a test for each.
    #[serde(default = "through_none", skip_serializing_if = "is_through_none")]
    #[schemars(length(min = 1, max = 11))]
    pub through: Vec<Through>,
    /// A table: the case is run once for each row, with the row's values for `{name}`
    /// wherever it stands in a string of the case; or a word for rows that are derived from the
    /// target's rules.
    #[serde(default, skip_serializing_if = "Each::is_empty")]
    pub each: Each,
}

/// The rows of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Each {
    /// A word for rows that are derived.
    Derived(Derived),
    /// Exactly these rows.
    Rows(#[schemars(length(max = 1000))] Vec<Row>),
}

/// Where derived rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Derived {
    /// A row for each origin near those that the rules allow, none of which they allow: `{near}`
    /// is the origin, `{what}` says what it is, `{near-to}` is the allowed one.
    NearOrigins,
}

impl Derived {
    /// The values that each of its rows has.
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Self::NearOrigins => &["near", "near-to", "what"],
        }
    }
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
    pub const fn derived(&self) -> Option<Derived> {
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
    /// The Fetch standard fixes it.
    #[default]
    Must,
    /// The configured rules fix it.
    Rule,
    /// Otherwise: a cache or security hazard.
    Safety,
    /// Products differ; reported, never red.
    Note,
}

/// One row of a case's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Becomes the last part of the test id, after the case's.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub id: String,
    /// Replaces the case's title for this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The values: `{"value": "x"}` replaces `{value}` by `x`.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Replaces the expectation of the case's only request for this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// What must be set up on the target before the requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// As whose store the rules are read; absent: as the target's own.
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
    /// The path that it answers, relative to the target; absent: any.
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

/// Who makes a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// A page in a browser that follows the Fetch standard: it decides about preflights,
    /// headers, caches and redirects, and whether the page may read.
    #[default]
    Browser,
    /// A client that sends exactly what is written, such as a proxy, a scanner or `curl`; the
    /// outcome is what the CORS check says of the answer to a page of `origin`.
    Raw,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// So many requests like this one: `page` stands for `page-1`, `page-2` and so on, each with its
    /// number for `{nth}` and with another allowed origin for `{allowed.nth}`. An order that mentions
    /// `page` makes them one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 200))]
    pub many: Option<u32>,
    /// Who makes it.
    #[serde(default)]
    pub client: Client,
    /// The origin of the page: `https://a.example`, a role such as `{allowed}`, `null` for an
    /// opaque origin, or absent for the target's own origin (a raw client then sends none).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The top-level page's origin, from which the network partition key is made; absent: the
    /// page itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The method as a script writes it.
    #[serde(default = "method_get")]
    pub method: String,
    /// The path below the target's URL; absent: the target's URL itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The query, without the question mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Presigns the URL with the target's key, as an application does that lets a page read or
    /// write one object. Only the embedded reference store's key is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presign: Option<Presign>,
    /// The headers that the script sets. A list gives several lines.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The content, as text; sets `Content-Type: text/plain;charset=UTF-8` where a browser does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether the content is a stream, whose length and type nobody knows beforehand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// The credentials mode.
    #[serde(default)]
    pub credentials: Credentials,
    /// The request mode.
    #[serde(default)]
    pub mode: Mode,
    /// The cache mode.
    #[serde(default)]
    pub cache: CacheMode,
    /// The redirect mode.
    #[serde(default)]
    pub redirect: RedirectMode,
    /// Where a browser's request ends early: `preflight` sends no actual request, so that
    /// nothing is written on an endpoint that somebody lives from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// What must come out.
    #[serde(default)]
    pub expect: Expect,
}

/// How a URL is presigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presign {
    /// Under which scheme.
    pub scheme: PresignScheme,
    /// For which method; absent: the request's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether its time is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// Whether another key signed it than the one that it names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forged: bool,
}

/// A scheme of presigned URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PresignScheme {
    /// OSS V1.
    OssV1,
    /// OSS V4.
    OssV4,
    /// AWS Signature Version 2.
    SigV2,
    /// AWS Signature Version 4.
    SigV4,
}

/// Where a request ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// After the CORS-preflight request.
    Preflight,
}

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

/// In which orders the requests are made. A name that stands several times makes the next
/// step of its request each time (preflight, actual request, validation, redirect hop), and the
/// last mention carries it to its end. `a+b` makes the steps of several requests at once, on the
/// real path only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Order {
    /// A word for the orders.
    Word(OrderWord),
    /// Exactly these orders.
    Several(Vec<Vec<String>>),
    /// Exactly this order.
    One(Vec<String>),
}

/// A word for the orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderWord {
    /// One after the other as they stand in the file.
    #[default]
    Listed,
    /// All at once, as they come from pages that were opened at the same moment: on the real path
    /// only.
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
    /// Nothing: every request reaches the endpoint.
    #[default]
    None,
    /// The browser's own HTTP cache: private, partitioned by top-level site, one stored
    /// response for each URL.
    Browser,
    /// A shared cache that keeps a variant for each value of the fields that `Vary` names.
    Shared,
    /// A shared cache that keeps only the last variant.
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
    /// Nothing of ours: the order is really sent, so that a cache in front of the endpoint shows itself.
    Live,
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

impl Through {
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

fn method_get() -> String {
    "GET".to_owned()
}

fn status_ok() -> u16 {
    200
}

fn through_none() -> Vec<Through> {
    vec![Through::None]
}

fn is_through_none(through: &[Through]) -> bool {
    through == [Through::None]
}
