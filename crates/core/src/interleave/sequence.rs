//! The walk as a sequence: who takes part, and the messages between them in order. What a diagram draws, without how.

use crate::{
    case::model::{OutcomeName, ServedBy, Through},
    exchange::{Purpose, Received, RequestResult, Step, Transcript},
    fetch::Reason,
    message::Response,
};

/// Who takes part, and what happens in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// From left to right: the pages, the cache if there is one, the endpoint.
    pub lanes: Vec<Lane>,
    /// In the order in which they happened.
    pub events: Vec<Event>,
}

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A page that makes a request of the case.
    Page {
        /// The request's name in the case.
        request: String,
        /// The page's origin, serialised.
        origin: String,
    },
    /// The cache between pages and endpoint.
    Cache(Through),
    /// The endpoint.
    Endpoint,
}

/// One thing that happens. Lanes are indices in [`Sequence::lanes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request goes from one lane to another.
    Request {
        /// The lane that sends it.
        from: usize,
        /// The lane that receives it.
        to: usize,
        /// Method and path; of a preflight, the method that it asks about.
        what: String,
        /// Its `Origin`.
        origin: Option<String>,
        /// Whether it is for a response that has changed (RFC 9110 §13.1).
        conditional: bool,
    },
    /// A response goes from one lane to another.
    Response {
        /// The lane that sends it.
        from: usize,
        /// The lane that receives it.
        to: usize,
        /// Its status.
        status: u16,
        /// Its `Access-Control-Allow-Origin`.
        allow_origin: Option<String>,
        /// Its `Vary`.
        vary: Option<String>,
        /// Whether a browser refuses the page because of it.
        refused: bool,
    },
    /// No response came.
    Failure {
        /// The lane from which it was expected.
        from: usize,
        /// The lane that waited.
        to: usize,
        /// How far it got.
        message: String,
    },
    /// A cache uses what it stored.
    Reuse {
        /// The cache's lane, or the page's for its browser's cache.
        lane: usize,
        /// The request's name that it was stored for. `None`: it was stored before this test.
        request: Option<String>,
        /// The `Origin` that it was stored for.
        origin: Option<String>,
        /// Its age, in seconds.
        age: u64,
        /// Whether the endpoint confirmed it first.
        validated: bool,
    },
    /// What the page gets.
    Outcome {
        /// The page's lane.
        lane: usize,
        /// What it is.
        outcome: OutcomeName,
        /// Why a browser refuses it.
        reason: Option<Reason>,
    },
}

impl Sequence {
    /// The sequence of a walk through this cache.
    pub fn of(transcript: &Transcript, through: Through) -> Self {
        let mut lanes: Vec<Lane> = transcript
            .requests
            .iter()
            .map(|(request, result)| Lane::Page { request: request.clone(), origin: result.origin.clone() })
            .collect();
        let by_cache = transcript.steps.iter().any(|step| step.served_by != ServedBy::Network);
        let has_cache = !matches!(through, Through::None | Through::Live) || by_cache;
        let cache = has_cache.then(|| {
            lanes.push(Lane::Cache(through));
            lanes.len() - 1
        });
        lanes.push(Lane::Endpoint);
        let endpoint = lanes.len() - 1;
        let mut walk = Walk { transcript, cache, endpoint, events: Vec::new() };
        walk.all();
        Self { events: walk.events, lanes }
    }
}

struct Walk<'t> {
    transcript: &'t Transcript,
    cache: Option<usize>,
    endpoint: usize,
    events: Vec<Event>,
}

impl Walk<'_> {
    fn all(&mut self) {
        for made in 0..=self.transcript.steps.len() {
            if let Some((place, step)) =
                made.checked_sub(1).and_then(|place| Some((place, self.transcript.steps.get(place)?)))
            {
                self.step(place, step);
            }
            let ended = self.transcript.requests.iter().enumerate();
            for (page, (name, result)) in ended.filter(|(_, (_, result))| result.ended_after == made) {
                self.outcome(page, name, result);
            }
        }
    }

    fn step(&mut self, place: usize, step: &Step) {
        let Some(page) = self.transcript.requests.get_index_of(&step.request) else { return };
        let sent = &step.exchange.sent;
        let conditional =
            ["if-none-match", "if-modified-since"].iter().any(|name| sent.fields.contains(name));
        let request = |from, to| Event::Request {
            from,
            to,
            what: match step.purpose {
                Purpose::Preflight => {
                    let method = sent.fields.text("access-control-request-method").unwrap_or_default();
                    format!("OPTIONS {} for {method}", sent.url.path())
                }
                _ => format!("{} {}", sent.method, sent.url.path()),
            },
            origin: sent.fields.text("origin"),
            conditional,
        };
        let nearest = self.cache.unwrap_or(self.endpoint);
        self.events.push(request(page, nearest));
        let refused = self.is_refused_by(place, step);
        match (&step.exchange.received, self.cache, step.served_by) {
            (Received::Failed(failure), ..) => {
                let message = failure.stage.to_string();
                self.events.push(Event::Failure { from: nearest, to: page, message });
            }
            (Received::Response(response), Some(cache), ServedBy::Network) => {
                self.events.push(request(cache, self.endpoint));
                self.events.push(of(response, self.endpoint, cache, false));
                self.events.push(of(response, cache, page, refused));
            }
            (Received::Response(response), Some(cache), by) => {
                let stored = self.stored(place, step);
                let (name, origin, age) = stored.unwrap_or_default();
                let validated = by == ServedBy::Validated;
                self.events.push(Event::Reuse { lane: cache, request: name, origin, age, validated });
                self.events.push(of(response, cache, page, refused));
            }
            (Received::Response(response), None, _) => {
                self.events.push(of(response, self.endpoint, page, refused));
            }
        }
    }

    /// What the request's answer was stored for, if this is the step that it got its answer by.
    fn stored(&self, place: usize, step: &Step) -> Option<(Option<String>, Option<String>, u64)> {
        let last = self
            .transcript
            .steps
            .iter()
            .rposition(|other| other.request == step.request && other.purpose != Purpose::Preflight);
        let stored = self.transcript.requests.get(&step.request)?.stored.as_ref();
        let stored = stored.filter(|_| last == Some(place))?;
        let request = stored.step.and_then(|step| self.transcript.steps.get(step));
        Some((request.map(|step| step.request.clone()), stored.origin.clone(), stored.age))
    }

    /// Whether a browser refused the page because of the answer of this step.
    fn is_refused_by(&self, place: usize, step: &Step) -> bool {
        let Some(result) = self.transcript.requests.get(&step.request) else { return false };
        let Some(reason) = result.reason.filter(|_| result.outcome == OutcomeName::Blocked) else {
            return false;
        };
        let is_preflight = step.purpose == Purpose::Preflight;
        let last = self.transcript.steps.iter().rposition(|other| {
            other.request == step.request && (other.purpose == Purpose::Preflight) == is_preflight
        });
        last == Some(place) && is_preflight == reason.is_of_preflight() && !reason.is_of_request()
    }

    fn outcome(&mut self, page: usize, name: &str, result: &RequestResult) {
        let on_the_way = self.transcript.steps.iter().any(|step| {
            step.request == name && step.purpose != Purpose::Preflight && step.served_by != ServedBy::Network
        });
        if let Some(stored) = result.stored.as_ref().filter(|_| !on_the_way) {
            let step = stored.step.and_then(|step| self.transcript.steps.get(step));
            let validated = result.served_by == Some(ServedBy::Validated);
            let cache = self.cache.unwrap_or(page);
            if let Some(step) = step.filter(|_| !validated && cache != page) {
                self.events.push(Event::Request {
                    from: page,
                    to: cache,
                    what: format!("{} {}", step.exchange.sent.method, step.exchange.sent.url.path()),
                    origin: Some(result.origin.clone()),
                    conditional: false,
                });
            }
            self.events.push(Event::Reuse {
                lane: cache,
                request: step.map(|step| step.request.clone()),
                origin: stored.origin.clone(),
                age: stored.age,
                validated,
            });
            if let Some(response) = step.and_then(|step| step.exchange.response()).filter(|_| cache != page) {
                let refused = result.outcome == OutcomeName::Blocked;
                self.events.push(of(response, cache, page, refused));
            }
        }
        self.events.push(Event::Outcome { lane: page, outcome: result.outcome, reason: result.reason });
    }
}

fn of(response: &Response, from: usize, to: usize, refused: bool) -> Event {
    Event::Response {
        from,
        to,
        status: response.status,
        allow_origin: response.fields.text("access-control-allow-origin"),
        vary: response.fields.text("vary"),
        refused,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use url::Url;

    use super::*;
    use crate::{
        case::model::PreflightState,
        exchange::{Exchange, StoredUse},
        message::Request,
    };

    fn step(request: &str, method: &str, purpose: Purpose, served_by: ServedBy, origin: &str) -> Step {
        let mut sent = Request::new(method, Url::parse("https://api.example/p?q=1").expect("a URL"));
        sent.fields.set("Origin", format!("https://{request}.example"));
        let answer = Response::new(200).with_field("Access-Control-Allow-Origin", origin);
        let exchange = Exchange::new(Arc::new(sent), Received::Response(answer));
        Step {
            request: request.to_owned(),
            purpose,
            served_by,
            exchange: Arc::new(exchange),
            evidence: Vec::new(),
        }
    }

    fn result(name: &str, reason: Option<Reason>, ended_after: usize) -> RequestResult {
        RequestResult {
            origin: format!("https://{name}.example"),
            outcome: if reason.is_some() { OutcomeName::Blocked } else { OutcomeName::Allowed },
            reason,
            subject: None,
            status: None,
            readable: crate::message::Fields::default(),
            preflight: PreflightState::None,
            served_by: None,
            stored: None,
            ended_after,
            story: Vec::new(),
        }
    }

    /// A sequence in a few signs: arrows between lanes, `!` where a browser refuses, `*` where a cache reuses.
    fn signs(sequence: &Sequence) -> String {
        let sign = |event: &Event| match event {
            Event::Request { from, to, what, .. } => format!("{from}>{to} {what}"),
            Event::Response { from, to, refused, .. } => {
                format!("{from}>{to}{}", if *refused { "!" } else { "" })
            }
            Event::Failure { from, to, .. } => format!("{from}>{to}?"),
            Event::Reuse { lane, request, validated, .. } => {
                let of = request.as_deref().unwrap_or("-");
                format!("{lane}*{of}{}", if *validated { " validated" } else { "" })
            }
            Event::Outcome { lane, outcome, .. } => format!("{lane}={outcome:?}"),
        };
        sequence.events.iter().map(sign).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn messages_go_by_the_cache_that_is_there() {
        let direct = Transcript {
            steps: vec![
                step("a", "OPTIONS", Purpose::Preflight, ServedBy::Network, "*"),
                step("a", "PUT", Purpose::Actual, ServedBy::Network, "*"),
            ],
            requests: [("a".to_owned(), result("a", None, 2))].into_iter().collect(),
        };
        assert_eq!(
            signs(&Sequence::of(&direct, Through::None)),
            "0>1 OPTIONS /p for , 1>0, 0>1 PUT /p, 1>0, 0=Allowed"
        );
        let mut given = result("b", Some(Reason::CorsCheckOriginMismatch), 2);
        given.stored =
            Some(StoredUse { origin: Some("https://a.example".to_owned()), step: Some(0), age: 3 });
        let cached = |served_by| Transcript {
            steps: vec![
                step("a", "GET", Purpose::Actual, ServedBy::Network, "https://a.example"),
                step("b", "GET", Purpose::Actual, served_by, "https://a.example"),
            ],
            requests: [("a".to_owned(), result("a", None, 1)), ("b".to_owned(), given.clone())]
                .into_iter()
                .collect(),
        };
        let first = "0>2 GET /p, 2>3 GET /p, 3>2, 2>0, 0=Allowed, 1>2 GET /p";
        assert_eq!(
            signs(&Sequence::of(&cached(ServedBy::Cache), Through::Shared)),
            format!("{first}, 2*a, 2>1!, 1=Blocked")
        );
        assert_eq!(
            signs(&Sequence::of(&cached(ServedBy::Validated), Through::Nginx)),
            format!("{first}, 2*a validated, 2>1!, 1=Blocked")
        );
    }

    #[test]
    fn a_browser_that_answers_from_its_own_cache_makes_no_step() {
        let mut given = result("b", Some(Reason::CorsCheckOriginMismatch), 1);
        given.stored =
            Some(StoredUse { origin: Some("https://a.example".to_owned()), step: Some(0), age: 0 });
        let transcript = Transcript {
            steps: vec![step("a", "GET", Purpose::Actual, ServedBy::Network, "https://a.example")],
            requests: [("a".to_owned(), result("a", None, 1)), ("b".to_owned(), given)].into_iter().collect(),
        };
        assert_eq!(
            signs(&Sequence::of(&transcript, Through::Browser)),
            "0>2 GET /p, 2>3 GET /p, 3>2, 2>0, 0=Allowed, 1>2 GET /p, 2*a, 2>1!, 1=Blocked"
        );
    }

    #[test]
    fn a_refused_preflight_is_what_is_wrong() {
        let transcript = Transcript {
            steps: vec![step("a", "OPTIONS", Purpose::Preflight, ServedBy::Network, "https://b.example")],
            requests: [("a".to_owned(), result("a", Some(Reason::PreflightCorsCheckOriginMismatch), 1))]
                .into_iter()
                .collect(),
        };
        assert_eq!(signs(&Sequence::of(&transcript, Through::None)), "0>1 OPTIONS /p for , 1>0!, 0=Blocked");
    }
}
