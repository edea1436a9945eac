//! The load plan as types. The published JSON Schema is generated from them, and a plan is
//! checked against that schema, so that this file is the one place where it is fixed.

use crosscheck_core::{
    case::model::{Given, Through},
    fetch::Credentials,
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Span;

/// A load plan: requests, origins, arrival rate, duration and budgets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPlan {
    /// Where an editor finds the schema of this file, relative to it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The plan's name, such as `preflight-storm`.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub id: String,
    /// What the plan measures, in one sentence.
    pub title: String,
    /// Background, for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The load engine.
    #[serde(default)]
    pub engine: EngineName,
    /// Set-up of the endpoint before the load, as for a case: CORS rules, objects. It is undone after the load. An
    /// object with `{n}` in its path exists for each number of the resource with the same path. Such a plan needs the
    /// embedded reference store or a writable bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// Requests by name. Budgets and reports use the names. A plan has either requests or cases.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("maxProperties" = 100))]
    pub requests: IndexMap<String, RequestPlan>,
    /// Whole cases of conformance suites by name, instead of requests. Each arrival makes all requests of one case in
    /// a new browser, and is judged as in a conformance run. Origins and resources come from the cases.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("maxProperties" = 100))]
    pub cases: IndexMap<String, CasePlan>,
    /// Origins of the pages, each with its popularity.
    #[serde(default = "allowed_origin")]
    #[schemars(length(min = 1, max = 1000))]
    pub origins: Vec<Entry<OriginPlan>>,
    /// Requested resources, each with its popularity. If omitted: the endpoint's own URL.
    #[serde(default = "endpoint_itself")]
    #[schemars(length(min = 1, max = 1000))]
    pub resources: Vec<Entry<ResourcePlan>>,
    /// Model of a shared cache between the pages and the endpoint; only cache misses are sent.
    #[serde(default)]
    pub through: Through,
    /// Browser of each user, for requests of the kind `fetch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// Open model: arrival rate per second, whether or not earlier requests are answered. A stage can override it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 10_000_000.0))]
    pub rate: Option<f64>,
    /// Closed model: number of concurrent users; each sends the next request when the last one is answered. A stage
    /// can override it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub users: Option<u32>,
    /// Think time of a user before the next request. Only in the closed model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Span>,
    /// The stages in their order.
    #[schemars(length(min = 1, max = 100))]
    pub stages: Vec<Stage>,
    /// Number of open connections. If omitted: the number of users, or 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub connections: Option<u32>,
    /// Timeout of a request.
    #[serde(default = "ten_seconds")]
    pub timeout: Span,
    /// Budgets, such as `p99<20ms for preflight`. `cors-errors==0` is added unless the plan has a budget for
    /// `cors-errors`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub budgets: Vec<String>,
}

/// The load engine.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EngineName {
    /// Crosscheck's own engine: highest throughput, open and closed model.
    #[default]
    Rate,
    /// Goose users.
    Scenarios,
}

/// One request, or a short sequence of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestPlan {
    /// Kind of request.
    #[serde(default)]
    pub kind: RequestKind,
    /// Relative weight among the requests.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
    /// Method of the actual request, even if only its preflight is sent.
    #[serde(default = "get")]
    pub method: String,
    /// Headers that the script sets.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Body of the actual request, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The credentials mode.
    #[serde(default)]
    pub credentials: Credentials,
    /// Expected result.
    #[serde(default)]
    pub expect: Expected,
    /// Whether every response must have `Vary: Origin`. If omitted: as in the baseline response before the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vary_origin: Option<bool>,
    /// Instead of the plan's origins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub origins: Vec<Entry<OriginPlan>>,
    /// Instead of the plan's resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub resources: Vec<Entry<ResourcePlan>>,
}

/// A case of a conformance suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CasePlan {
    /// Id, such as `origin/allowed/reads`. If the case has rows or several orders, each arrival picks one; `CASE/ROW`
    /// selects one row.
    pub case: String,
    /// Case file, relative to the plan. If omitted: the suites that come with Crosscheck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Relative weight among the requests.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
}

/// Kind of request.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// CORS preflight only.
    #[default]
    Preflight,
    /// Actual request only, as from a browser with a preflight cache hit.
    Actual,
    /// CORS preflight, then the actual request.
    Both,
    /// Requests of a browser with a preflight cache and an HTTP cache.
    Fetch,
}

/// Expected result of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// The page may read the response; a preflight allows the actual request.
    #[default]
    Allowed,
    /// The browser blocks the response.
    Refused,
}

/// A string, or an object with more fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry<T> {
    /// String.
    Text(String),
    /// Object.
    Full(T),
}

/// Origins of pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginPlan {
    /// The origin: a role such as `{allowed}`, or `https://tenant-{n}.example` with `{n}` for
    /// the numbers from 1 to `count`.
    pub origin: String,
    /// Number of them.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Use `count` origins that look like this one and must be refused: the worst case for pattern matching.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub near: bool,
    /// Relative weight of all of them together.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
    /// Distribution of the weight among them.
    #[serde(default)]
    pub popularity: Popularity,
}

/// Resources of the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcePlan {
    /// Path below the endpoint's URL, with `{n}` for the numbers from 1 to `count`. Empty: the endpoint's own URL.
    pub path: String,
    /// Number of them.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Relative weight of all of them together.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
    /// Distribution of the weight among them.
    #[serde(default)]
    pub popularity: Popularity,
}

/// Distribution over several entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Popularity {
    /// Uniform.
    #[default]
    Even,
    /// Zipf: the n-th entry is picked 1/n times as often as the first.
    Zipf,
}

/// One part of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Name in reports and budgets.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub name: String,
    /// Shape of the load.
    #[serde(default)]
    pub shape: Shape,
    /// Duration.
    #[serde(rename = "for")]
    pub duration: Span,
    /// Arrival rate per second; for a ramp, at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 10_000_000.0))]
    pub rate: Option<f64>,
    /// Number of users; for a ramp, at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub users: Option<u32>,
}

/// Shape of the load within a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Constant load.
    #[default]
    Steady,
    /// Linear change from the end of the previous stage (or zero) to the load of this stage.
    Ramp,
    /// Immediate jump to the load of this stage: a burst.
    Spike,
    /// Constant load for a long time, to find leaks.
    Soak,
}

/// The browser of each user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Browser {
    /// Number of browsers; each has its own caches.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Emulated browser: `spec`, `chromium`, `firefox` or `webkit`.
    #[serde(default = "chromium")]
    pub profile: String,
    /// Whether it has an HTTP cache.
    #[serde(default = "yes")]
    pub http_cache: bool,
    /// Number of requests in a page view.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub requests_per_view: u32,
    /// Simulated time between page views for its caches, so that `Access-Control-Max-Age` has an effect in a short
    /// run. Requests do not wait for it.
    #[serde(default = "minute")]
    pub view_every: Span,
}

impl LoadPlan {
    /// The paths of resources with a number in them, as they are written, and how many there are of each.
    pub(crate) fn numbered_paths(&self) -> Vec<(String, u32)> {
        let own = self.requests.values().flat_map(|request| &request.resources);
        let all = self.resources.iter().chain(own).map(|entry| entry.full(ResourcePlan::of));
        all.filter(|resource| resource.count > 1).map(|resource| (resource.path, resource.count)).collect()
    }
}

impl<T> Entry<T> {
    /// The object, or what `make` makes of the text.
    pub fn full(&self, make: impl FnOnce(&str) -> T) -> T
    where
        T: Clone,
    {
        match self {
            Self::Text(text) => make(text),
            Self::Full(full) => full.clone(),
        }
    }
}

impl OriginPlan {
    /// One origin of weight one.
    pub fn of(origin: &str) -> Self {
        Self { origin: origin.to_owned(), count: 1, near: false, weight: 1, popularity: Popularity::Even }
    }
}

impl ResourcePlan {
    /// One resource of weight one.
    pub fn of(path: &str) -> Self {
        Self { path: path.to_owned(), count: 1, weight: 1, popularity: Popularity::Even }
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            count: hundred(),
            profile: chromium(),
            http_cache: true,
            requests_per_view: 1,
            view_every: minute(),
        }
    }
}

pub(super) fn allowed_origin() -> Vec<Entry<OriginPlan>> {
    vec![Entry::Text("{allowed}".to_owned())]
}

pub(super) fn endpoint_itself() -> Vec<Entry<ResourcePlan>> {
    vec![Entry::Text(String::new())]
}

fn ten_seconds() -> Span {
    Span::from_millis(10_000)
}

fn minute() -> Span {
    Span::from_millis(60_000)
}

fn chromium() -> String {
    "chromium".to_owned()
}

const fn one() -> u32 {
    1
}

const fn hundred() -> u32 {
    100
}

const fn yes() -> bool {
    true
}

fn get() -> String {
    "GET".to_owned()
}
