//! The endpoint's answers to a case's distinct requests, as they were captured on the wire.

use std::{
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use indexmap::IndexMap;

use crate::{
    case::model::{Case, Client, Order, OrderWord, RequestSpec, ServedBy, Through},
    exchange::{self, Exchange, Received, SendContext, shortened},
    fetch,
    message::{Request, Response, is_safe_method},
};

/// What an endpoint answers to requests that were captured. Two requests are the same if their
/// method, URL, field lines and content are.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    answers: Vec<Captured>,
    places: HashMap<u64, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Captured {
    request: Arc<Request>,
    context: SendContext,
    exchange: Arc<Exchange>,
}

/// Why a capture cannot stand for the endpoint, so that every order must really be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A request got no answer.
    Unanswered,
    /// An answer sets cookies, so that later requests are others.
    Cookies,
    /// An answer came out of a cache on the way, and not from the endpoint.
    Cached {
        /// The line that says so.
        evidence: String,
    },
    /// The same request was answered in two ways.
    Unstable(Difference),
}

/// How two answers to the same request differ in what decides who may read or store them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The request: `GET /data.json`.
    pub request: String,
    /// Its `Origin`.
    pub origin: Option<String>,
    /// What differs: a field, or the status.
    pub what: String,
    /// What it was at first.
    pub first: String,
    /// What it was then.
    pub again: String,
}

impl Difference {
    /// Whether it is about CORS or `Vary`, so that who asks decides nothing and chance does.
    pub fn is_cors(&self) -> bool {
        self.what.starts_with("access-control-") || self.what == "vary"
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin =
            self.origin.as_ref().map_or_else(|| "without Origin".to_owned(), |it| format!("of {it}"));
        write!(
            f,
            "{} {origin} was answered with {} `{}`, and then with `{}`",
            self.request, self.what, self.first, self.again
        )
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered => f.write_str("a request got no answer"),
            Self::Cookies => f.write_str("the endpoint sets cookies"),
            Self::Cached { evidence } => write!(f, "a cache on the way answers ({evidence})"),
            Self::Unstable(difference) => {
                write!(f, "the endpoint answers the same request in two ways: {difference}")
            }
        }
    }
}

/// Why a case's orders must really be sent, each of them, whatever the endpoint answers; `None`
/// where its answers can be captured once for all of them.
pub fn must_be_sent(case: &Case) -> Option<&'static str> {
    let given = case.given.as_ref();
    if given.is_some_and(|given| given.answers.iter().any(|answer| answer.times.is_some())) {
        return Some("a dictated answer is given only so many times");
    }
    if given.is_some_and(|given| !given.routes.is_empty()) {
        return Some("the application counts how often it runs");
    }
    if case.requests.values().any(changes_something) {
        return Some("a request changes what the endpoint holds");
    }
    let at_once = |mentions: &[String]| mentions.iter().any(|mention| mention.contains('+'));
    let at_once = match &case.order {
        Order::Word(word) => *word == OrderWord::AtOnce,
        Order::One(order) => at_once(order),
        Order::Several(orders) => orders.iter().any(|order| at_once(order)),
    };
    if at_once {
        return Some("requests are made at once");
    }
    None
}

/// Whether a test through this cache can be replayed.
pub fn can_be_replayed(through: Through) -> bool {
    through != Through::Live
}

fn changes_something(spec: &RequestSpec) -> bool {
    let method = match spec.client {
        Client::Browser => fetch::method::normalize(&spec.method),
        Client::Raw => spec.method.clone(),
    };
    spec.until.is_none() && !is_safe_method(&method)
}

impl Capture {
    /// The answer to a request, if it was captured.
    pub fn answer(&self, request: &Arc<Request>) -> Option<&Arc<Exchange>> {
        // Most requests are the very ones that were captured.
        let same = self.answers.iter().take(FEW).find(|known| Arc::ptr_eq(&known.request, request));
        let equal = || {
            let places = self.places.get(&key(request))?.iter();
            places.filter_map(|place| self.answers.get(*place)).find(|known| known.request == *request)
        };
        same.or_else(equal).map(|known| &known.exchange)
    }

    /// Adds the answer to a request that was sent for this.
    ///
    /// # Errors
    /// Why it cannot stand for the endpoint.
    pub fn add(
        &mut self,
        (request, context): (Arc<Request>, SendContext),
        exchange: Arc<Exchange>,
    ) -> Result<(), Unfit> {
        let Received::Response(response) = &exchange.received else { return Err(Unfit::Unanswered) };
        if response.fields.contains("set-cookie") {
            return Err(Unfit::Cookies);
        }
        self.own(response, &self.responses())?;
        self.places.entry(key(&request)).or_default().push(self.answers.len());
        self.answers.push(Captured { request, context, exchange });
        Ok(())
    }

    /// Compares a second answer to a captured request with the first.
    ///
    /// # Errors
    /// That they differ in what decides who may read or store them, or that a cache gave it.
    pub fn confirm(&self, request: &Arc<Request>, again: &Exchange) -> Result<(), Unfit> {
        let (Some(first), Received::Response(again)) = (self.answer(request), &again.received) else {
            return Err(Unfit::Unanswered);
        };
        let Some(response) = first.response() else { return Err(Unfit::Unanswered) };
        // What a cache gives is no second answer of the endpoint's.
        self.own(again, &self.responses())?;
        if let Some((what, first, again)) = difference(response, again) {
            let request_words = format!("{} {}", request.method, request.url.path());
            let origin = request.fields.text("origin");
            return Err(Unfit::Unstable(Difference { request: request_words, origin, what, first, again }));
        }
        Ok(())
    }

    fn responses(&self) -> Vec<&Response> {
        self.answers.iter().filter_map(|known| known.exchange.response()).collect()
    }

    fn own(&self, response: &Response, earlier: &[&Response]) -> Result<(), Unfit> {
        let served = exchange::served(response, earlier);
        if served.by == ServedBy::Network {
            return Ok(());
        }
        Err(Unfit::Cached { evidence: shortened(&served.evidence.join(", "), QUOTED).into_owned() })
    }

    /// The captured requests, and why they were sent, in the order of their capture.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = (&Arc<Request>, &SendContext)> {
        self.answers.iter().map(|known| (&known.request, &known.context))
    }
}

/// How many bytes of a field are quoted where answers differ.
const QUOTED: usize = 512;

/// Among so many answers looking at each is faster than looking one up.
const FEW: usize = 32;

fn key(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.method.hash(&mut hasher);
    request.url.as_str().hash(&mut hasher);
    for field in &request.fields {
        field.name.hash(&mut hasher);
        field.value.hash(&mut hasher);
    }
    request.body.hash(&mut hasher);
    hasher.finish()
}

/// Fields that decide who may read an answer, who may store it and what a browser asks next. Not
/// among them: `Date`, `Age`, request ids and whatever else is new with each answer.
const DECISIVE: &[&str] = &[
    "vary",
    "cache-control",
    "pragma",
    "etag",
    "last-modified",
    "location",
    "content-type",
    "content-range",
    "x-content-type-options",
    "cross-origin-resource-policy",
    "timing-allow-origin",
    "clear-site-data",
    "www-authenticate",
];

/// The first thing in which two answers differ, with what it was in each.
fn difference(first: &Response, again: &Response) -> Option<(String, String, String)> {
    if first.status != again.status {
        return Some(("status".to_owned(), first.status.to_string(), again.status.to_string()));
    }
    let (first, again) = (decisive(first), decisive(again));
    // CORS before the others, and each as the answers have them.
    let is_cors = |name: &&String| name.starts_with("access-control-");
    let cors = first.keys().filter(is_cors).chain(again.keys().filter(is_cors)).map(String::as_str);
    cors.chain(DECISIVE.iter().copied()).find_map(|name| {
        let (first, again) = (first.get(name), again.get(name));
        let words = |lines: Option<&Vec<String>>| {
            lines.map_or("none".to_owned(), |lines| shortened(&lines.join(" | "), QUOTED).into_owned())
        };
        (first != again).then(|| (name.to_owned(), words(first), words(again)))
    })
}

/// The values of the decisive fields, line by line, by name.
fn decisive(response: &Response) -> IndexMap<String, Vec<String>> {
    let mut found: IndexMap<String, Vec<String>> = IndexMap::new();
    for field in &response.fields {
        let name = field.name.to_ascii_lowercase();
        if name.starts_with("access-control-") || DECISIVE.contains(&name.as_str()) {
            found.entry(name).or_default().push(String::from_utf8_lossy(&field.value).into_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn request(origin: &str) -> Arc<Request> {
        let mut request = Request::new("GET", Url::parse("https://api.example/data.json").expect("a URL"));
        if !origin.is_empty() {
            request.fields.push("Origin", origin.as_bytes().to_vec());
        }
        Arc::new(request)
    }

    fn raw(request: &Arc<Request>) -> (Arc<Request>, SendContext) {
        (Arc::clone(request), SendContext::RAW)
    }

    fn exchange(request: &Arc<Request>, status: u16, lines: &[(&str, &str)]) -> Arc<Exchange> {
        let response = lines
            .iter()
            .fold(Response::new(status), |response, (name, value)| response.with_field(name, value));
        let sent = Arc::clone(request);
        let received = Received::Response(response);
        Arc::new(Exchange {
            sent,
            raw_sent: None,
            received,
            raw_received: None,
            micros: 1,
            cut: None,
            hidden: Vec::new(),
        })
    }

    #[test]
    fn what_is_really_sent_tells_requests_apart() {
        let mut capture = Capture::default();
        let (a, b, none) = (request("https://a.example"), request("https://b.example"), request(""));
        capture.add(raw(&a), exchange(&a, 200, &[("Vary", "Origin")])).expect("fit");
        capture.add(raw(&none), exchange(&none, 404, &[])).expect("fit");
        let status =
            |request: &Arc<Request>| capture.answer(request)?.response().map(|response| response.status);
        assert_eq!((status(&a), status(&none), status(&b)), (Some(200), Some(404), None));
        let mut conditional = Request::clone(&a);
        conditional.fields.push("If-None-Match", "\"1\"");
        assert_eq!(status(&Arc::new(conditional)), None);
        assert_eq!(status(&Arc::new(Request::clone(&a))), Some(200), "the same request, made anew");
        assert_eq!(capture.requests().count(), 2);
    }

    #[test]
    fn two_answers_must_agree_in_what_decides() {
        let first: &[(&str, &str)] = &[
            ("Date", "Mon, 02 Nov 2026 12:00:00 GMT"),
            ("X-Oss-Request-Id", "1"),
            ("Access-Control-Allow-Origin", "https://a.example"),
            ("Vary", "Origin"),
            ("ETag", "\"1\""),
        ];
        // (status of the second answer, a field of it instead, what differs)
        let table: &[(u16, Option<(usize, (&str, &str))>, Option<&str>)] = &[
            (200, None, None),
            (200, Some((0, ("Date", "Mon, 02 Nov 2026 12:00:09 GMT"))), None),
            (200, Some((3, ("vary", "Origin"))), None),
            (503, None, Some("status")),
            (200, Some((2, ("Access-Control-Allow-Origin", "*"))), Some("access-control-allow-origin")),
            (200, Some((2, ("Access-Control-Allow-Methods", "GET"))), Some("access-control-allow-origin")),
            (200, Some((3, ("Vary", "Accept"))), Some("vary")),
            (200, Some((4, ("ETag", "\"2\""))), Some("etag")),
        ];
        for (status, other, what) in table {
            let asked = request("https://a.example");
            let mut capture = Capture::default();
            capture.add(raw(&asked), exchange(&asked, 200, first)).expect("fit");
            let mut lines = first.to_vec();
            lines[1] = ("X-Oss-Request-Id", "2");
            if let Some((place, line)) = other {
                lines[*place] = *line;
            }
            let found = capture.confirm(&asked, &exchange(&asked, *status, &lines));
            let differs = match &found {
                Err(Unfit::Unstable(difference)) => Some(difference.what.as_str()),
                Ok(()) => None,
                Err(other) => panic!("{other}"),
            };
            assert_eq!(differs, *what, "{status} {other:?}");
        }
    }

    #[test]
    fn answers_that_are_not_the_endpoints_own_do_not_stand_for_it() {
        let asked = request("https://a.example");
        // (the fields of an answer, why it is unfit)
        let table: &[(&[(&str, &str)], Option<&str>)] = &[
            (&[("X-Cache", "MISS")], None),
            (&[("X-Cache", "HIT")], Some("a cache on the way answers (X-Cache: HIT)")),
            (&[("Age", "4")], Some("a cache on the way answers (Age: 4)")),
            (&[("Set-Cookie", "a=b")], Some("the endpoint sets cookies")),
        ];
        for (lines, why) in table {
            let found = Capture::default().add(raw(&asked), exchange(&asked, 200, lines));
            assert_eq!(found.err().map(|unfit| unfit.to_string()).as_deref(), *why, "{lines:?}");
        }
        let id: &[(&str, &str)] = &[("x-oss-request-id", "5C3D9175B6FC201293AD4890")];
        let mut capture = Capture::default();
        capture.add(raw(&asked), exchange(&asked, 200, id)).expect("fit");
        let again = capture.confirm(&asked, &exchange(&asked, 200, id));
        assert!(matches!(again, Err(Unfit::Cached { .. })), "{again:?}");
        // Whatever it is, it says nothing of the endpoint.
        let other = [("X-Cache", "HIT"), ("Access-Control-Allow-Origin", "https://b.example")];
        let again = capture.confirm(&asked, &exchange(&asked, 200, &other));
        assert!(matches!(again, Err(Unfit::Cached { .. })), "{again:?}");
    }
}
