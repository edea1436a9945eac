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

/// A load plan: what is asked, by whom, how often and for how long, and what must come out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPlan {
    /// Where an editor finds the schema of this file, relative to it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The plan's name, such as `preflight-storm`.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub id: String,
    /// What the plan asks, as a sentence.
    pub title: String,
    /// More about it, for a reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What sends the requests.
    #[serde(default)]
    pub engine: EngineName,
    /// What must be set up on the endpoint before the load, and is put back after it, as for a case: the
    /// rules of its bucket, objects. An object whose path has `{n}` exists for each number that the
    /// resource with the same path has. A plan with this applies to the embedded reference store and to
    /// buckets that may be written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// The requests by name. Names stand in budgets and reports. A plan has these, or cases.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("maxProperties" = 100))]
    pub requests: IndexMap<String, RequestPlan>,
    /// Whole cases of conformance suites by name, instead of requests: each arrival makes all requests
    /// of one case, as a browser of its own, and is judged as in a conformance run. Origins and
    /// resources are the cases'.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("maxProperties" = 100))]
    pub cases: IndexMap<String, CasePlan>,
    /// The origins of the pages that ask, each with its popularity.
    #[serde(default = "allowed_origin")]
    #[schemars(length(min = 1, max = 1000))]
    pub origins: Vec<Entry<OriginPlan>>,
    /// What they ask for, each with its popularity. Absent: the endpoint's own URL.
    #[serde(default = "endpoint_itself")]
    #[schemars(length(min = 1, max = 1000))]
    pub resources: Vec<Entry<ResourcePlan>>,
    /// A model of a shared cache between the pages and the endpoint; only requests that it
    /// cannot answer are sent.
    #[serde(default)]
    pub through: Through,
    /// What each user's browser is, where requests are of the kind `fetch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// How many arrivals there are in a second, whether or not earlier ones are answered: open
    /// loop. A stage may say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 10_000_000.0))]
    pub rate: Option<f64>,
    /// How many users there are, each of whom asks again as soon as the last answer is there: closed
    /// loop. A stage may say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub users: Option<u32>,
    /// How long a user waits before asking again. Only where there are users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Span>,
    /// The stages in their order.
    #[schemars(length(min = 1, max = 100))]
    pub stages: Vec<Stage>,
    /// How many connections are kept open. Absent: as many as there are users, or 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub connections: Option<u32>,
    /// How long an answer may take before it counts as none.
    #[serde(default = "ten_seconds")]
    pub timeout: Span,
    /// What must hold, such as `p99<20ms for preflight`. `cors-errors==0` holds unless the plan
    /// has a budget for `cors-errors` itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub budgets: Vec<String>,
}

/// What sends the requests.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EngineName {
    /// Our own engine: the highest throughput, and arrivals at a rate.
    #[default]
    Rate,
    /// Users on goose.
    Scenarios,
}

/// One request, or a short sequence of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestPlan {
    /// What is sent.
    #[serde(default)]
    pub kind: RequestKind,
    /// How often it is picked, beside the weights of the others.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
    /// The actual request's method, also where only its preflight is sent.
    #[serde(default = "get")]
    pub method: String,
    /// The headers that the script sets.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The content of the actual request, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The credentials mode.
    #[serde(default)]
    pub credentials: Credentials,
    /// What must come of it.
    #[serde(default)]
    pub expect: Expected,
    /// Whether every answer must say `Vary: Origin`. Absent: as the answer in a calm moment
    /// before the load did.
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
    /// Its id, such as `origin/allowed/reads`. Of a case with rows or several orders, each arrival picks
    /// one; `CASE/ROW` is one row alone.
    pub case: String,
    /// The case file that has it, relative to the plan. Absent: the suites that come with Crosscheck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How often it is picked, beside the weights of the others.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
}

/// What is sent.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// The CORS-preflight request alone.
    #[default]
    Preflight,
    /// The actual request alone, as a browser sends it whose preflight cache has an answer.
    Actual,
    /// The CORS-preflight request, and when it is answered the actual one.
    Both,
    /// What a browser sends that keeps preflights and responses: the user's own agent decides.
    Fetch,
}

/// What must come of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// The page may read the answer; a preflight allows the actual request.
    #[default]
    Allowed,
    /// A browser blocks it.
    Refused,
}

/// A text, or an object that says more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry<T> {
    /// Only the text.
    Text(String),
    /// More.
    Full(T),
}

/// Origins of pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginPlan {
    /// The origin: a role such as `{allowed}`, or `https://tenant-{n}.example` with `{n}` for
    /// the numbers from 1 to `count`.
    pub origin: String,
    /// How many there are.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Instead of the origin, `count` others that look like it and must be refused: the worst
    /// case for whoever matches patterns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub near: bool,
    /// How often they ask, all together, beside the weights of the others.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
    /// How that is divided among them.
    #[serde(default)]
    pub popularity: Popularity,
}

/// Resources of the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcePlan {
    /// The path below the endpoint's URL, with `{n}` for the numbers from 1 to `count`; an empty one
    /// is the endpoint's own URL.
    pub path: String,
    /// How many there are.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// How often they are asked for, all together, beside the weights of the others.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub weight: u32,
    /// How that is divided among them.
    #[serde(default)]
    pub popularity: Popularity,
}

/// How often each of several is picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Popularity {
    /// All alike.
    #[default]
    Even,
    /// The n-th one n-th as often as the first.
    Zipf,
}

/// One part of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What it is called in reports and budgets.
    #[schemars(regex(pattern = r"^[a-z0-9]+([-.][a-z0-9]+)*$"))]
    pub name: String,
    /// How the load moves.
    #[serde(default)]
    pub shape: Shape,
    /// How long it takes.
    #[serde(rename = "for")]
    pub duration: Span,
    /// The arrivals in a second, at its end where it is a ramp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 10_000_000.0))]
    pub rate: Option<f64>,
    /// The users, at its end where it is a ramp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub users: Option<u32>,
}

/// How the load moves within a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The same all the time; this is what budgets are for.
    #[default]
    Steady,
    /// Evenly from where the stage before ended, or from nothing, to this stage's load.
    Ramp,
    /// At once to this stage's load: a burst.
    Spike,
    /// The same for very long: what leaks shows.
    Soak,
}

/// The browser of each user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Browser {
    /// How many there are; each has its own caches.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 100_000))]
    pub count: u32,
    /// Whose behaviour it is: `spec`, `chromium`, `firefox` or `webkit`.
    #[serde(default = "chromium")]
    pub profile: String,
    /// Whether it keeps responses.
    #[serde(default = "yes")]
    pub http_cache: bool,
    /// How many requests a page view makes.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub requests_per_view: u32,
    /// How much time passes for its caches between one page view and the next, so that
    /// `Access-Control-Max-Age` has its effect in a short run. The requests themselves do not
    /// wait for it.
    #[serde(default = "minute")]
    pub view_every: Span,
}

impl LoadPlan {
    /// The paths of resources with a number in them, as they are written, and how many there are of each.
    pub fn numbered_paths(&self) -> Vec<(String, u32)> {
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
