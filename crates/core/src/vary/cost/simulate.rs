use std::{
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Page, Scenario, View,
    lru::{Lru, Slot},
    views,
};
use crate::{
    caching::{Cache, Key, Model, Relayed, Source},
    fetch::{self, Origin},
    message::{Request, Response},
    policy::Policy,
    vary::{Way, endpoint::Endpoint},
};

/// What an endpoint answers to the origins that it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Their own origin, and no `Vary`.
    Never,
    /// Their own origin, and `Vary: Origin` on every answer.
    Always,
    /// Their own origin, and `Vary: Origin` only to them.
    Matched,
    /// Their own origin, and `Vary: *`.
    Star,
    /// `*`, which needs no `Vary` and allows no credentials.
    Any,
}

impl Answers {
    /// Every answer.
    pub const ALL: [Self; 5] = [Self::Never, Self::Always, Self::Matched, Self::Star, Self::Any];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self.way() {
            Some(way) => way.name(),
            None => "any",
        }
    }

    /// When `Vary` is said; `None` where the answer is `*` to everybody.
    pub const fn way(self) -> Option<Way> {
        match self {
            Self::Never => Some(Way::Never),
            Self::Always => Some(Way::Always),
            Self::Matched => Some(Way::Matched),
            Self::Star => Some(Way::Star),
            Self::Any => None,
        }
    }

    /// The rules of a scenario's endpoint.
    pub fn rules(self, scenario: &Scenario) -> Policy {
        if self == Self::Any {
            return Policy::from_origins(["*"]);
        }
        let allowed = scenario.pages.iter().filter(|page| page.allowed);
        Policy::from_origins(allowed.filter_map(|page| page.origin.clone()))
    }
}

/// A word that names no [`Answers`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to answer: never, always, matched, star and any are")]
pub struct UnknownAnswers(String);

impl FromStr for Answers {
    type Err = UnknownAnswers;

    fn from_str(text: &str) -> Result<Self, UnknownAnswers> {
        let found = Self::ALL.into_iter().find(|answers| answers.name() == text);
        found.ok_or_else(|| UnknownAnswers(text.to_owned()))
    }
}

/// What one cache and one way to answer come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The cache: a model's name, or the name of a real one.
    pub cache: String,
    /// What the endpoint answers.
    pub answers: Answers,
    /// How many pages were viewed.
    pub views: u64,
    /// How many requests they made.
    pub requests: u64,
    /// How many of these the cache answered by itself.
    pub hits: u64,
    /// How many reached the origin server, those that only validate included.
    pub forwarded: u64,
    /// How many of these only validated: the origin server answered 304.
    pub validated: u64,
    /// How many stored responses had to make room for others.
    pub evicted: u64,
    /// How many views have a request that is allowed and that the browser blocked.
    pub broken_views: u64,
    /// How many requests that is.
    pub blocked: u64,
    /// How many requests of pages that are not allowed were readable all the same.
    pub leaked: u64,
}

impl Cost {
    /// A cost of nothing yet.
    pub fn new(cache: &str, answers: Answers) -> Self {
        Self {
            cache: cache.to_owned(),
            answers,
            views: 0,
            requests: 0,
            hits: 0,
            forwarded: 0,
            validated: 0,
            evicted: 0,
            broken_views: 0,
            blocked: 0,
            leaked: 0,
        }
    }

    /// The part of the requests that the cache answered by itself, 0 to 1.
    pub fn hit_ratio(&self) -> f64 {
        ratio(self.hits, self.requests)
    }

    /// The part of the views that broke, 0 to 1.
    pub fn broken_ratio(&self) -> f64 {
        ratio(self.broken_views, self.views)
    }

    /// Counts what a page got; whether that broke it.
    pub fn count(&mut self, page: &Page, response: &Response) -> bool {
        self.requests += 1;
        let Some(origin) = &page.origin else { return false };
        let readable = fetch::cors_check(origin, false, response).is_ok();
        self.blocked += u64::from(page.allowed && !readable);
        self.leaked += u64::from(!page.allowed && readable);
        page.allowed && !readable
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2⁵³")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// What several caches and ways to answer come to, for the same views.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Whose views.
    pub scenario: Scenario,
    /// One for each cache and way to answer.
    pub costs: Vec<Cost>,
}

impl Costs {
    /// The cost of a cache and a way to answer.
    pub fn of(&self, cache: &str, answers: Answers) -> Option<&Cost> {
        self.costs.iter().find(|cost| cost.cache == cache && cost.answers == answers)
    }
}

/// Puts the views of a scenario through caches, each under its name, for each way to answer.
pub fn costs(scenario: &Scenario, caches: &[(&str, &Model)], answers: &[Answers]) -> Costs {
    let each = caches.iter().flat_map(|(name, model)| {
        answers.iter().map(move |answers| simulate(scenario, name, model, *answers))
    });
    Costs { costs: each.collect(), scenario: scenario.clone() }
}

/// Puts the views of a scenario through a cache: a browser's for each visitor, or one shared
/// cache for all.
pub fn simulate(scenario: &Scenario, name: &str, model: &Model, answers: Answers) -> Cost {
    let mut simulation = Simulation::new(scenario, model, answers);
    let mut cost = Cost::new(name, answers);
    for view in views(scenario) {
        simulation.view(&view, &mut cost);
    }
    cost
}

struct Simulation<'a> {
    scenario: &'a Scenario,
    cache: Cache,
    endpoint: Endpoint,
    /// Only a shared cache has room for so many.
    capacity: Option<usize>,
    lru: Lru,
    /// The top-level site of each page.
    sites: Vec<String>,
}

impl<'a> Simulation<'a> {
    fn new(scenario: &'a Scenario, model: &Model, answers: Answers) -> Self {
        let way = answers.way().unwrap_or(Way::Never);
        let capacity = scenario.capacity.filter(|_| model.is_shared());
        let site = |page: &Page| {
            let top = page.site.as_deref().or(page.origin.as_deref());
            let top = top.and_then(|origin| Origin::parse(origin).ok());
            top.map_or_else(|| "no page".to_owned(), |origin| origin.site().to_string())
        };
        Self {
            scenario,
            cache: Cache::new(model.clone()),
            endpoint: Endpoint::new(way, answers.rules(scenario), scenario.lifetime_seconds),
            capacity: capacity.and_then(|capacity| usize::try_from(capacity).ok()),
            lru: Lru::default(),
            sites: scenario.pages.iter().map(site).collect(),
        }
    }

    fn view(&mut self, view: &View, cost: &mut Cost) {
        let Some(page) = self.scenario.pages.get(view.page) else { return };
        // Any time will do.
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000) + view.at;
        let mut broken = false;
        for resource in &view.reads {
            let response = self.read(view, page, *resource, now, cost);
            broken |= cost.count(page, &response);
        }
        cost.views += 1;
        cost.broken_views += u64::from(broken);
    }

    fn read(
        &mut self,
        view: &View,
        page: &Page,
        resource: u32,
        now: SystemTime,
        cost: &mut Cost,
    ) -> Response {
        let request = Arc::new(request(page, resource));
        let key = self.key(view, &request);
        let (response, slot) = match self.cache.relay(&key, &request, now) {
            Relayed::Answer(stored) => {
                cost.hits += 1;
                (stored.answer(&request, now), slot(&stored.response, view.page, resource))
            }
            Relayed::AnswerAndForward(stored, forward) => {
                cost.hits += 1;
                cost.forwarded += 1;
                let newer = self.endpoint.answer(&forward.request);
                self.cache.receive(forward, newer, now, 0);
                (stored.answer(&request, now), slot(&stored.response, view.page, resource))
            }
            Relayed::Forward(forward) => {
                cost.forwarded += 1;
                let answer = self.endpoint.answer(&forward.request);
                let (response, source) = self.cache.receive(forward, answer, now, 0);
                cost.validated += u64::from(matches!(source, Source::Validated(_)));
                let slot = slot(&response, view.page, resource);
                (response, slot)
            }
        };
        if let (Some(capacity), Some(slot)) = (self.capacity, slot) {
            self.lru.touch(slot);
            while let Some(slot) = self.lru.evict(capacity) {
                cost.evicted += 1;
                self.forget(slot);
            }
        }
        response
    }

    fn key(&self, view: &View, request: &Request) -> Key {
        let site = self.sites.get(view.page).map_or("", String::as_str);
        self.cache.model().key(format!("{} {site}", view.visitor), true, &request.url)
    }

    fn forget(&mut self, slot: Slot) {
        let page = slot.page.and_then(|page| self.scenario.pages.get(page));
        let nobody = Page { origin: None, site: None, weight: 0, allowed: false };
        let request = request(page.unwrap_or(&nobody), slot.resource);
        let key = self.cache.model().key("", true, &request.url);
        self.cache.forget(&key, &request);
    }
}

/// A page's request for a resource.
fn request(page: &Page, resource: u32) -> Request {
    #[expect(clippy::expect_used, reason = "a number in a literal")]
    let url = Url::parse(&format!("http://store.example/{resource}")).expect("a URL");
    let mut request = Request::new("GET", url);
    if let Some(origin) = &page.origin {
        request.fields.push("Origin", origin.clone());
    }
    request
}

/// Where a response is stored; `None` for `Vary: *`, which takes no room that matters.
fn slot(response: &Response, page: usize, resource: u32) -> Option<Slot> {
    match response.fields.text("vary") {
        None => Some(Slot { resource, page: None }),
        Some(vary) if vary == "*" => None,
        Some(_) => Some(Slot { resource, page: Some(page) }),
    }
}
