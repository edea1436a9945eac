//! What caching saves: page views replayed with the agents of `fetch` and the models of `caching` over the
//! endpoint's own answers, with another `Access-Control-Max-Age`, or with and without `Vary: Origin`. Pure.

use std::time::{Duration, SystemTime};

use crosscheck_core::{
    caching::{Cache, Key, Lookup, LookupMode, Model},
    fetch::{Agent, AgentConfig, NetworkError, Next, Outcome, Outgoing, Profile, Purpose},
    message::{Request, Response, list},
    random::Rng,
};

use super::{
    plan::Browser,
    record::{CachingRecord, SharedCost, ViewCost},
    virtual_time::VirtualTime,
    work::Work,
};

/// What the endpoint answers to one page request, before the load.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// To its preflight; absent where none was needed.
    pub preflight: Option<Response>,
    /// To the actual request; absent where the preflight refused it.
    pub actual: Option<Response>,
}

/// How many page views are replayed for each figure, by how many browsers.
const VIEWS: u32 = 1_000;
const BROWSERS: usize = 20;

/// The ages that are tried, in seconds.
const AGES: [Option<u64>; 4] = [None, Some(600), Some(7_200), Some(86_400)];

/// Those whose caps differ: WebKit 600 seconds, Chromium 7200, Firefox 86400.
const PROFILES: [Profile; 3] = [Profile::Webkit, Profile::Chromium, Profile::Firefox];

/// The figures, where every page request has an answer.
pub(crate) fn study(work: &Work, answers: &[Answers], seed: u64) -> Option<CachingRecord> {
    if work.page_requests.is_empty() || answers.len() < work.page_requests.len() {
        return None;
    }
    let plan = work.plan.browser.clone().unwrap_or_default();
    let replay = Replay { work, answers, plan, seed };
    let mut views = Vec::new();
    for profile in PROFILES {
        for max_age in AGES {
            views.push(replay.views(profile, max_age));
        }
    }
    let models =
        [("shared", Model::SHARED), ("single-slot", Model::SINGLE_SLOT), ("url-keyed", Model::URL_KEYED)];
    let mut shared = Vec::new();
    for vary_origin in [true, false] {
        for (name, model) in &models {
            shared.push(replay.shared(vary_origin, name, model));
        }
    }
    Some(CachingRecord { views, shared })
}

struct Replay<'a> {
    work: &'a Work,
    answers: &'a [Answers],
    plan: Browser,
    seed: u64,
}

impl Replay<'_> {
    fn time(&self) -> VirtualTime {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        VirtualTime::new(start, self.plan.view_every.duration() / BROWSERS as u32)
    }

    /// What page views cost with this age.
    fn views(&self, profile: Profile, max_age: Option<u64>) -> ViewCost {
        let config = AgentConfig { profile, http_cache: self.plan.http_cache };
        let mut browsers: Vec<Agent> = (0..BROWSERS).map(|_| Agent::new(config)).collect();
        let (time, mut random) = (self.time(), Rng::new(self.seed));
        let (mut preflights, mut actuals, mut from_cache) = (0, 0, 0);
        for view in 0..VIEWS {
            let now = time.at(view);
            let Some(agent) = browsers.get_mut(view as usize % BROWSERS) else { continue };
            for _ in 0..self.plan.requests_per_view {
                let index = self.work.picker.pick(random.draw()) as usize;
                let mut sent = 0;
                let outcome = self.fetch(agent, index, now, |outgoing, answers| {
                    if outgoing.purpose == Purpose::Preflight {
                        preflights += 1;
                        return answers.preflight.clone().map(|answer| with_age(answer, max_age));
                    }
                    actuals += 1;
                    sent += 1;
                    answers.actual.clone().map(|answer| validated(outgoing, answer))
                });
                from_cache += u64::from(sent == 0 && matches!(outcome, Some(Outcome::Allowed(_))));
            }
        }
        ViewCost {
            max_age,
            cap: profile.behaviour().preflight_cache.max_age_limit,
            profile: profile.name().to_owned(),
            views: u64::from(VIEWS),
            preflights,
            actuals,
            from_cache,
            per_view: (preflights + actuals) as f64 / f64::from(VIEWS),
        }
    }

    /// What a shared cache lets through.
    fn shared(&self, vary_origin: bool, name: &str, model: &Model) -> SharedCost {
        let config = AgentConfig { profile: Profile::Spec, http_cache: false };
        let mut cache = Cache::new(model.clone());
        let (time, mut random) = (self.time(), Rng::new(self.seed));
        let mut cost =
            SharedCost { vary_origin, cache: name.to_owned(), requests: 0, to_origin: 0, wrong: 0 };
        for view in 0..VIEWS {
            let now = time.at(view);
            let index = self.work.picker.pick(random.draw()) as usize;
            let (mut requests, mut to_origin) = (0, 0);
            // A new page each time: what the shared cache saves, not what the browser does.
            let outcome = self.fetch(&mut Agent::new(config), index, now, |outgoing, answers| {
                if outgoing.purpose == Purpose::Preflight {
                    return answers.preflight.clone();
                }
                requests += 1;
                let fresh = time.moved(with_vary(answers.actual.clone()?, vary_origin), now);
                let (response, went) = through(&mut cache, &outgoing.request, fresh, now);
                to_origin += u64::from(went);
                Some(response)
            });
            cost.requests += requests;
            cost.to_origin += to_origin;
            cost.wrong += u64::from(!matches!(outcome, Some(Outcome::Allowed(_))));
        }
        cost
    }

    fn fetch(
        &self,
        agent: &mut Agent,
        index: usize,
        now: SystemTime,
        mut answer: impl FnMut(&Outgoing, &Answers) -> Option<Response>,
    ) -> Option<Outcome> {
        let (page_request, answers) = (self.work.page_requests.get(index)?, self.answers.get(index)?);
        let time = self.time();
        let id = agent.fetch(page_request.request.clone());
        let outcome = loop {
            match agent.next(id, now) {
                Next::Done(outcome) => break outcome,
                Next::Send(outgoing) => {
                    let received = answer(&outgoing, answers).map(|response| time.moved(response, now));
                    let none = || NetworkError("no answer is known".to_owned());
                    agent.receive(id, now, received.ok_or_else(none));
                }
            }
        };
        agent.forget(id);
        Some(outcome)
    }
}

/// What a shared cache makes of a request, when the origin would answer `fresh`; and whether it was asked.
fn through(cache: &mut Cache, request: &Request, fresh: Response, now: SystemTime) -> (Response, bool) {
    let key = Key { partition: String::new(), url: request.url.clone() };
    if let Lookup::Fresh(stored) = cache.lookup(&key, request, LookupMode::Default, now) {
        return (stored.answer(request, now), false);
    }
    cache.store(&key, request, fresh.clone(), now, now, 0);
    (fresh, true)
}

fn with_age(mut response: Response, max_age: Option<u64>) -> Response {
    if let Some(age) = max_age {
        response.fields.set("Access-Control-Max-Age", age.to_string().into_bytes());
    }
    response
}

fn with_vary(mut response: Response, origin: bool) -> Response {
    let mut names = list::names(response.fields.lines("vary"));
    names.retain(|name| !name.eq_ignore_ascii_case("origin"));
    if origin {
        names.push("Origin".to_owned());
    }
    response.fields.remove("vary");
    if !names.is_empty() {
        response.fields.push("Vary", names.join(", ").into_bytes());
    }
    response
}

/// The answer to a request that asks whether a stored response is still right: it is.
fn validated(outgoing: &Outgoing, mut answer: Response) -> Response {
    if outgoing.validating {
        answer.status = 304;
        answer.body = bytes::Bytes::new();
        answer.fields.remove("content-length");
    }
    answer
}
