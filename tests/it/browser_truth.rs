//! The simulated browser against real ones: every situation that was measured in Chromium and
//! Firefox is replayed through the agent, and must come out the same, request by request.
//!
//! `tests/data/browser-truth.meta.json` says how the situations were measured and what the
//! columns mean. `BROWSER_TRUTH` names a file of situations to be replayed instead,
//! as `scripts/browsers` measures them.
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, SystemTime},
};

use crosscheck::{
    fetch::{
        Agent, AgentConfig, Body, CacheMode, Client, Credentials, Initiator, Mode, NetworkError, Next,
        Origin, Outcome, Outgoing, Profile, Reason, RedirectMode, ReferrerPolicy, Request,
        agent::{OpaqueKind, Purpose, ReadableKind},
        devtools::{Engine, RefusedRequest},
        header::sort_and_combine,
        mime, safelist,
    },
    message::{
        Response,
        http1::{Chunked, Framing, HeadReader},
        isomorphic,
    },
};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// The situations as they were first measured, their neighbours, and response heads byte for byte.
const DATA: [&str; 3] = [
    include_str!("../data/browser-truth.json"),
    include_str!("../data/browser-neighbours.json"),
    include_str!("../data/browser-heads.json"),
];

/// What is compared: what came out and went over the wire, or what a developer was told.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Column,
    Words,
}

/// Differences that are known and accepted: situations (`*` stands for anything, once), profile,
/// side, why. One that no longer differs fails the test.
const KNOWN: &[(&str, Profile, Side, &str)] = &[
    (
        "nk-Partitioned*-https-cross-site",
        Profile::Chromium,
        Side::Column,
        "Partitioned cookies are not modelled",
    ),
    ("np-status-408", Profile::Chromium, Side::Column, "sent again by the network stack, below Fetch"),
    ("np-status-421", Profile::Chromium, Side::Column, "sent again by the network stack, below Fetch"),
    ("nc-xhr-star", Profile::Chromium, Side::Words, "XMLHttpRequest has a sentence more"),
    ("np-status-407", Profile::Chromium, Side::Words, "told as a failure of the network"),
    (
        "nr-mode-same-origin-follow-same-cross",
        Profile::Chromium,
        Side::Words,
        "another sentence where the redirect leaves the origin",
    ),
    (
        "nr-to-http_3a_2f_2fu*-same",
        Profile::Chromium,
        Side::Words,
        "nothing is told where the redirect stays in the origin",
    ),
    (
        "nr-to-*",
        Profile::Chromium,
        Side::Words,
        "schemes that redirects may not have are told with the list of those that may",
    ),
    ("ns-several-*", Profile::Chromium, Side::Words, "the sentence ends with which part is invalid"),
    (
        "nc-age-lines-empty~60",
        Profile::Firefox,
        Side::Column,
        "an empty line of Access-Control-Max-Age before one with a number: not modelled",
    ),
    (
        "nc-sandbox",
        Profile::Firefox,
        Side::Column,
        "opaque frames of one page share what is kept: not modelled",
    ),
    ("np-actual-421-star-*", Profile::Firefox, Side::Column, "sent again by the network stack, below Fetch"),
    ("np-status-421", Profile::Firefox, Side::Column, "sent again by the network stack, below Fetch"),
    (
        "nr-to-http_3a_2f_2fu*-same",
        Profile::Firefox,
        Side::Column,
        "the final URL loses its username and password: not modelled",
    ),
    (
        "ns-Content-Type-*-13",
        Profile::Firefox,
        Side::Column,
        "empty parameters make `text/plain` unsafe: not modelled",
    ),
    (
        "rh-end-crlfcr",
        Profile::Chromium,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-end-lfcr",
        Profile::Chromium,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-head",
        Profile::Chromium,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-line",
        Profile::Chromium,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-status",
        Profile::Chromium,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-status",
        Profile::Chromium,
        Side::Words,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    ("rh-lines-cr", Profile::Chromium, Side::Column, "a bare CR stays in the value, as in neither browser"),
    (
        "rh-location-0d",
        Profile::Chromium,
        Side::Column,
        "a bare CR stays in the value, as in neither browser",
    ),
    ("rh-value-0d", Profile::Chromium, Side::Column, "a bare CR stays in the value, as in neither browser"),
    (
        "rh-value-end-0d",
        Profile::Chromium,
        Side::Column,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-value-start-0d",
        Profile::Chromium,
        Side::Column,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-end-crlfcr",
        Profile::Firefox,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-end-lfcr",
        Profile::Firefox,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-head",
        Profile::Firefox,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-line",
        Profile::Firefox,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-status",
        Profile::Firefox,
        Side::Column,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    (
        "rh-half-status",
        Profile::Firefox,
        Side::Words,
        "a head that ends with the connection is reported as a broken connection, not read as far as it came",
    ),
    ("rh-lines-cr", Profile::Firefox, Side::Column, "a bare CR stays in the value, as in neither browser"),
    ("rh-location-0d", Profile::Firefox, Side::Column, "a bare CR stays in the value, as in neither browser"),
    ("rh-value-0d", Profile::Firefox, Side::Column, "a bare CR stays in the value, as in neither browser"),
    (
        "rh-value-end-0d",
        Profile::Firefox,
        Side::Column,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-value-start-0d",
        Profile::Firefox,
        Side::Column,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-acac-second-0d",
        Profile::Chromium,
        Side::Words,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-acao-second-0d",
        Profile::Chromium,
        Side::Words,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-acao-start-0d",
        Profile::Chromium,
        Side::Words,
        "a bare CR stays in the value, as in neither browser",
    ),
    (
        "rh-redirect-empty-second",
        Profile::Chromium,
        Side::Words,
        "several Locations are told as a failure of the network",
    ),
    (
        "rh-redirect-two-locations",
        Profile::Chromium,
        Side::Words,
        "several Locations are told as a failure of the network",
    ),
    (
        "rh-body-chunked-longer",
        Profile::Firefox,
        Side::Words,
        "content that breaks off fails when it is read, after the response has been let in",
    ),
    (
        "rh-body-chunked-no-last-crlf",
        Profile::Firefox,
        Side::Words,
        "content that breaks off fails when it is read, after the response has been let in",
    ),
    (
        "rh-body-chunked-unended",
        Profile::Firefox,
        Side::Words,
        "content that breaks off fails when it is read, after the response has been let in",
    ),
    (
        "rh-body-chunked-within",
        Profile::Firefox,
        Side::Words,
        "content that breaks off fails when it is read, after the response has been let in",
    ),
    (
        "rh-body-length-short",
        Profile::Firefox,
        Side::Words,
        "content that breaks off fails when it is read, after the response has been let in",
    ),
    (
        "rh-status-crlfs3-before",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-crlfs3-before",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-five-lf-before",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-five-lf-before",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-html",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-html",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-junk-line5",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-junk-line5",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-junk5",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-junk5",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-other",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-other",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-shout",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-shout",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-text",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-status-text",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox takes it for HTTP/0.9, which has no fields",
    ),
    (
        "rh-interim-100-only",
        Profile::Firefox,
        Side::Column,
        "refused as by Chromium; Firefox reads the interim response",
    ),
    (
        "rh-interim-100-only",
        Profile::Firefox,
        Side::Words,
        "refused as by Chromium; Firefox reads the interim response",
    ),
    (
        "rh-name-end-00",
        Profile::Firefox,
        Side::Column,
        "a NUL byte refuses the response, as in Chromium; Firefox passes over its line",
    ),
    (
        "rh-name-end-00",
        Profile::Firefox,
        Side::Words,
        "a NUL byte refuses the response, as in Chromium; Firefox passes over its line",
    ),
    (
        "rh-name-start-00",
        Profile::Firefox,
        Side::Column,
        "a NUL byte refuses the response, as in Chromium; Firefox passes over its line",
    ),
    (
        "rh-name-start-00",
        Profile::Firefox,
        Side::Words,
        "a NUL byte refuses the response, as in Chromium; Firefox passes over its line",
    ),
    ("nr-hops-21-same", Profile::Firefox, Side::Words, "nothing is told where no other origin is involved"),
    ("nr-to-*", Profile::Firefox, Side::Words, "refused redirects are told otherwise, or not at all"),
    ("ns-several-*", Profile::Firefox, Side::Words, "the exception names the part that is invalid"),
];

/// Whether a row of [`KNOWN`] speaks of the situation.
fn speaks_of(pattern: &str, id: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            id.len() >= start.len() + end.len() && id.starts_with(start) && id.ends_with(end)
        }
        None => pattern == id,
    }
}

#[derive(Deserialize)]
struct Situation {
    id: String,
    #[serde(default)]
    volatile: Option<String>,
    server: Vec<Rule>,
    steps: Vec<Step>,
    spec: Option<Vec<Option<String>>>,
    #[serde(default)]
    chromium: Vec<Measured>,
    #[serde(default)]
    firefox: Vec<Measured>,
}

#[derive(Deserialize)]
struct Rule {
    on: String,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    /// The bytes of the whole answer, in the place of the three above.
    raw: Option<String>,
    path: Option<String>,
    host: Option<String>,
    r#if: Option<String>,
    from: Option<String>,
    times: Option<u32>,
    #[serde(default)]
    close: bool,
}

#[derive(Deserialize)]
struct Step {
    origin: String,
    top: String,
    kind: String,
    url: String,
    frame: Option<String>,
    init: Option<Value>,
    wait_ms: Option<u64>,
    crossorigin: Option<String>,
    blob: Option<(String, String)>,
    body: Option<String>,
    #[serde(default, rename = "withCredentials")]
    with_credentials: bool,
}

#[derive(Deserialize)]
struct Measured {
    code: String,
    verdict: String,
    r#type: Option<String>,
    status: Option<u16>,
    redirected: Option<bool>,
    url: Option<String>,
    headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    cors_error: Option<Value>,
    #[serde(default)]
    shown: Vec<String>,
    requests: Vec<Sent>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Sent {
    method: String,
    host: String,
    path: String,
    headers: Vec<(String, String)>,
}

/// What the agent did in one step.
struct Did {
    outcome: Outcome,
    requests: Vec<(Purpose, Sent)>,
    last_response: Option<Response>,
    is_element: bool,
    /// What becomes of it, no script learns.
    is_beacon: bool,
}

/// The fields of a request that the data has.
const COMPARED: &[&str] = &[
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "cache-control",
    "content-language",
    "content-type",
    "cookie",
    "if-modified-since",
    "if-none-match",
    "last-event-id",
    "origin",
    "pragma",
    "range",
];

/// Answers as the situation's rules say.
struct Server<'a> {
    rules: &'a [Rule],
    used: Vec<u32>,
}

impl Server<'_> {
    fn answer(&mut self, outgoing: &Outgoing, now: SystemTime) -> Result<Response, NetworkError> {
        let request = &outgoing.request;
        if request.url.port() == Some(9089) {
            return Err(NetworkError("connection refused".into()));
        }
        let origin = request.fields.text("origin");
        let (path, host) = (path(&request.url), host(&request.url));
        let rule = self.rules.iter().zip(&mut self.used).find(|(rule, used)| {
            (rule.on == "*" || rule.on == request.method)
                && rule.path.as_ref().is_none_or(|wanted| *wanted == path)
                && rule.host.as_ref().is_none_or(|wanted| *wanted == host)
                && rule.r#if.as_ref().is_none_or(|name| request.fields.contains(name))
                && rule.from.as_ref().is_none_or(|from| *from == origin.clone().unwrap_or_default())
                && rule.times.is_none_or(|times| **used < times)
        });
        let Some((rule, used)) = rule else { return Ok(Response::new(599)) };
        *used += 1;
        if rule.close {
            return Err(NetworkError("connection closed".into()));
        }
        if let Some(raw) = &rule.raw {
            let bytes = isomorphic::encode(&raw.replace("{base}", "")).expect("isomorphic data");
            return read(&bytes, &request.method).map_err(NetworkError);
        }
        let mut response = Response::new(rule.status);
        for (name, value) in &rule.headers {
            let value = value.replace("{base}", "");
            let value = match (value.contains("{origin}"), &origin) {
                (true, None) => continue,
                (true, Some(origin)) => value.replace("{origin}", origin),
                (false, _) => value,
            };
            let bytes = isomorphic::encode(value.trim_matches([' ', '\t'])).expect("isomorphic data");
            response.fields.push(name.clone(), bytes);
        }
        response.fields.push("Date", httpdate::fmt_http_date(now));
        if !matches!(rule.status, 204 | 304) {
            response.fields.push("Content-Length", rule.body.len().to_string());
            if request.method != "HEAD" {
                response.body = rule.body.clone().into();
            }
        }
        Ok(response)
    }
}

/// The answer that bytes are, which end with their connection.
fn read(bytes: &[u8], method: &str) -> Result<Response, String> {
    let head = HeadReader::new(1 << 20).advance(bytes).map_err(|error| error.to_string())?;
    let (head, length) = head.ok_or("closed within the head")?;
    let message = head.message(method).map_err(|error| error.to_string())?;
    let rest = &bytes[length..];
    let body = match message.framing() {
        Framing::Empty => Vec::new(),
        Framing::UntilClose => rest.to_vec(),
        Framing::Length(length) => rest
            .get(..usize::try_from(length).expect("a length"))
            .ok_or("closed within the content")?
            .to_vec(),
        Framing::Chunked => {
            let (mut chunked, mut rest, mut body) = (Chunked::new(), rest, Vec::new());
            loop {
                let passed = chunked.pass(rest).map_err(|error| error.to_string())?;
                body.extend_from_slice(&rest[passed.content.clone()]);
                if passed.whole {
                    break body;
                }
                rest = rest.get(passed.taken..).filter(|rest| !rest.is_empty()).ok_or("no last chunk")?;
            }
        }
    };
    Ok(Response { fields: head.fields, body: body.into(), ..Response::new(head.status) })
}

fn path(url: &Url) -> String {
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

fn host(url: &Url) -> String {
    url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
}

/// An opaque origin for each document, the same in every step.
fn opaque(top: &str, frame: Option<&str>) -> Origin {
    let mut hasher = DefaultHasher::new();
    (top, frame).hash(&mut hasher);
    Origin::Opaque(hasher.finish())
}

fn client(step: &Step) -> Client {
    let top = Origin::parse(&step.top).unwrap_or_else(|_| opaque(&step.top, None));
    let Some(frame) = &step.frame else { return Client::top_level(top) };
    let origin = match step.origin.as_str() {
        "null" => opaque(&step.top, Some(frame)),
        origin => Origin::parse(origin).expect(origin),
    };
    Client::framed(origin, top)
}

fn request(step: &Step) -> Request {
    let url = Url::parse(&step.url.replace("{base}", "")).expect("a URL");
    let mut request = Request::new(client(step), url);
    let init = step.init.as_ref();
    match step.kind.as_str() {
        "fetch" => apply(&mut request, init),
        "xhr" => {
            let listens = init.and_then(|init| init.get("uploadListener")).is_some();
            request.initiator = Initiator::Xhr { upload_listener: listens };
            apply(&mut request, init);
            if step.with_credentials {
                request.credentials = Credentials::Include;
            }
        }
        "beacon" => {
            request.initiator = Initiator::Beacon;
            request.method = "POST".into();
            request.credentials = Credentials::Include;
            let body = match &step.blob {
                Some((kind, bytes)) => Body::blob(bytes.clone(), kind.clone()),
                None => Body::text(step.body.clone().unwrap_or_default()),
            };
            let kind = body.content_type().unwrap_or_default();
            if safelist::is_safelisted("content-type", kind.as_bytes()) {
                request.mode = Mode::NoCors;
            }
            request.body = Some(body);
        }
        "eventsource" => {
            request.initiator = Initiator::EventSource;
            request.cache = CacheMode::NoStore;
            if step.with_credentials {
                request.credentials = Credentials::Include;
            }
        }
        element => {
            request.initiator = match element {
                "img" => Initiator::Image,
                "css" => Initiator::Style,
                "font" => Initiator::Font,
                "script" | "module" => Initiator::Script,
                "preload" => Initiator::Preload,
                other => panic!("{other} is no kind of request"),
            };
            match step.crossorigin.as_deref() {
                None if matches!(element, "font" | "module") => {}
                None => {
                    request.mode = Mode::NoCors;
                    request.credentials = Credentials::Include;
                }
                Some("use-credentials") => request.credentials = Credentials::Include,
                Some(_) => {}
            }
        }
    }
    request
}

/// `RequestInit`, in Fetch's words.
fn apply(request: &mut Request, init: Option<&Value>) {
    for (name, value) in init.and_then(Value::as_object).into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        match name.as_str() {
            "method" => request.method = text.to_owned(),
            "mode" => request.mode = named(value),
            "credentials" => request.credentials = named::<Credentials>(value),
            "cache" => request.cache = named::<CacheMode>(value),
            "redirect" => request.redirect = named::<RedirectMode>(value),
            "referrerPolicy" => request.referrer_policy = named::<ReferrerPolicy>(value),
            "integrity" => request.integrity = text.to_owned(),
            "headers" => {
                let lines: Vec<(String, String)> = match value {
                    Value::Object(fields) => fields
                        .iter()
                        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                        .collect(),
                    lines => serde_json::from_value(lines.clone()).expect("lines"),
                };
                for (name, value) in lines {
                    request.headers.push(name, isomorphic::encode(&value).expect("isomorphic data"));
                }
            }
            "big_header" => {
                let (name, size): (String, usize) =
                    serde_json::from_value(value.clone()).expect("big_header");
                request.headers.push(name, "a".repeat(size));
            }
            "body" => request.body = Some(body(value)),
            "uploadListener" | "withCredentials" if value == &Value::Bool(true) => {
                if name == "withCredentials" {
                    request.credentials = Credentials::Include;
                }
            }
            "keepalive" | "duplex" | "uploadListener" | "withCredentials" => {}
            other => panic!("{other} is not known"),
        }
    }
}

fn named<T: for<'de> Deserialize<'de>>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("a mode")
}

fn body(value: &Value) -> Body {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(text) = value.as_str() {
        Body::text(text)
    } else if let Some(serialized) = text("urlencoded") {
        Body::url_encoded(serialized)
    } else if let Some(bytes) = text("blob") {
        Body::blob(bytes, text("type").unwrap_or_default())
    } else if let Some(bytes) = value.get("bytes") {
        Body::bytes(serde_json::from_value::<Vec<u8>>(bytes.clone()).expect("bytes"))
    } else if let Some(entries) = value.get("form") {
        let entries: Vec<(String, String)> = serde_json::from_value(entries.clone()).expect("entries");
        Body::form(entries.iter().map(|(name, value)| (name.as_str(), value.as_str())), "boundary")
    } else {
        panic!("{value} is no body")
    }
}

fn replay(situation: &Situation, profile: Profile) -> Vec<Did> {
    let mut agent = Agent::new(AgentConfig { profile, http_cache: true });
    let mut server = Server { rules: &situation.server, used: vec![0; situation.server.len()] };
    let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_500_000);
    let mut run = |agent: &mut Agent, id, now: &mut SystemTime| {
        let mut requests = Vec::new();
        let mut last_response = None;
        loop {
            *now += Duration::from_millis(5);
            match agent.next(id, *now) {
                Next::Send(outgoing) => {
                    let answer = server.answer(&outgoing, *now);
                    if outgoing.request.url.port() != Some(9089) {
                        requests.push((outgoing.purpose, sent(&outgoing)));
                    }
                    last_response = answer.as_ref().ok().cloned();
                    agent.receive(id, *now, answer);
                }
                Next::Done(outcome) => return (outcome, requests, last_response),
            }
        }
    };
    let step = |step: &Step| {
        now += Duration::from_millis(step.wait_ms.unwrap_or(0));
        let id = agent.fetch(request(step));
        let (outcome, requests, last_response) = run(&mut agent, id, &mut now);
        for id in agent.background() {
            run(&mut agent, id, &mut now);
        }
        let is_element = !matches!(step.kind.as_str(), "fetch" | "xhr");
        Did { outcome, requests, last_response, is_element, is_beacon: step.kind == "beacon" }
    };
    situation.steps.iter().map(step).collect()
}

fn sent(outgoing: &Outgoing) -> Sent {
    let mut headers = sort_and_combine(&outgoing.request.fields);
    headers.retain(|(name, _)| COMPARED.contains(&name.as_str()));
    Sent {
        method: outgoing.request.method.clone(),
        host: host(&outgoing.request.url),
        path: path(&outgoing.request.url),
        headers: headers.into_iter().map(|(name, value)| normalized(name, value)).collect(),
    }
}

/// Boundaries are random.
fn normalized(name: String, value: String) -> (String, String) {
    match mime::essence(value.as_bytes()).as_deref() {
        Some("multipart/form-data") if name == "content-type" && value.contains("boundary=") => {
            (name, "multipart/form-data; boundary=".to_owned())
        }
        _ => (name, value),
    }
}

impl Did {
    fn preflights(&self) -> usize {
        self.requests.iter().filter(|(purpose, _)| *purpose == Purpose::Preflight).count()
    }

    fn verdict(&self) -> &'static str {
        match &self.outcome {
            _ if self.is_beacon => "ok",
            Outcome::Allowed(_) => "ok",
            Outcome::Opaque(opaque) if opaque.kind == OpaqueKind::Redirect || self.is_element => "ok",
            Outcome::Opaque(_) => "opaque",
            Outcome::Blocked(_) => "err",
        }
    }

    /// The code as the browsers' columns have it.
    fn code(&self) -> String {
        let preflights = self.preflights();
        let suffix = match (preflights, self.requests.len()) {
            (_, 0) => "+0".to_owned(),
            (0, _) => String::new(),
            (1, 1) => "+p+a0".to_owned(),
            (1, _) => "+p".to_owned(),
            (count, all) if count == all => format!("+p{count}+a0"),
            (count, _) => format!("+p{count}"),
        };
        format!("{}{suffix}", self.verdict())
    }

    /// How it differs from the standard's column.
    fn differs_from_spec(&self, expected: &str) -> Option<String> {
        let mut parts = expected.split('+');
        let verdict = parts.next().unwrap_or_default();
        let marks: BTreeSet<&str> = parts.collect();
        let local = verdict == "err-local" || marks.contains("c");
        let same = verdict.trim_end_matches("-local") == self.verdict()
            && marks.contains("p") == (self.preflights() > 0)
            && local == self.requests.is_empty();
        (!same).then(|| format!("expected {expected}, got {} ({:?})", self.code(), self.outcome.reason()))
    }

    /// How it differs from what a browser did.
    fn differs_from(&self, measured: &Measured, volatile: bool) -> Option<String> {
        if volatile {
            let verdict = measured.code.split('+').next().unwrap_or_default();
            return (verdict != self.verdict()).then(|| format!("{verdict} is not {}", self.verdict()));
        }
        if measured.code != self.code() {
            return Some(format!(
                "expected {}, got {} ({:?})",
                measured.code,
                self.code(),
                self.outcome.reason()
            ));
        }
        for (expected, (_, got)) in measured.requests.iter().zip(&self.requests) {
            let headers: Vec<_> =
                expected.headers.iter().cloned().map(|(name, value)| normalized(name, value)).collect();
            let expected = Sent {
                headers,
                method: expected.method.clone(),
                host: expected.host.clone(),
                path: expected.path.clone(),
            };
            if expected != *got {
                return Some(format!("expected {expected:?}, got {got:?}"));
            }
        }
        if let Outcome::Allowed(readable) = &self.outcome
            && let Some(headers) = &measured.headers
        {
            let mut visible = sort_and_combine(&readable.fields);
            for (name, value) in &mut visible {
                if name == "date" {
                    *value = "<date>".to_owned();
                }
            }
            if visible != *headers {
                return Some(format!("visible: expected {headers:?}, got {visible:?}"));
            }
            let kind = match readable.kind {
                ReadableKind::Basic => "basic",
                ReadableKind::Cors => "cors",
            };
            let same = measured.status == Some(readable.status)
                && measured.r#type.as_deref().is_none_or(|expected| expected == kind)
                && measured.redirected.is_none_or(|redirected| redirected == readable.redirected)
                && measured.url.as_ref().is_none_or(|url| url.replace("{base}", "") == readable.url.as_str())
                && measured.body.as_ref().is_none_or(|body| body.as_bytes() == readable.body);
            if !same {
                return Some(format!("response: got {readable:?}"));
            }
        }
        None
    }
}

/// Chromium's codes and Firefox's message keys, as far as one means one thing.
fn reasons(error: &str) -> Option<&'static [Reason]> {
    use Reason as R;
    Some(match error {
        "MissingAllowOriginHeader" | "PreflightMissingAllowOriginHeader" | "CORSMissingAllowOrigin2" => {
            &[R::CorsCheckMissing, R::PreflightCorsCheckMissing]
        }
        "AllowOriginMismatch" | "PreflightAllowOriginMismatch" => {
            &[R::CorsCheckOriginMismatch, R::PreflightCorsCheckOriginMismatch]
        }
        "CORSAllowOriginNotMatchingOrigin" => &[
            R::CorsCheckOriginMismatch,
            R::CorsCheckMultiple,
            R::CorsCheckInvalid,
            R::PreflightCorsCheckOriginMismatch,
            R::PreflightCorsCheckMultiple,
            R::PreflightCorsCheckInvalid,
        ],
        "MultipleAllowOriginValues"
        | "PreflightMultipleAllowOriginValues"
        | "CORSMultipleAllowOriginNotAllowed" => &[R::CorsCheckMultiple, R::PreflightCorsCheckMultiple],
        "InvalidAllowOriginValue" | "PreflightInvalidAllowOriginValue" => {
            &[R::CorsCheckInvalid, R::PreflightCorsCheckInvalid]
        }
        "WildcardOriginNotAllowed" | "PreflightWildcardOriginNotAllowed" | "CORSNotSupportingCredentials" => {
            &[R::CorsCheckWildcardCredentials, R::PreflightCorsCheckWildcardCredentials]
        }
        "InvalidAllowCredentials" | "PreflightInvalidAllowCredentials" | "CORSMissingAllowCredentials" => {
            &[R::CorsCheckCredentials, R::PreflightCorsCheckCredentials]
        }
        "PreflightInvalidStatus" | "CORSPreflightDidNotSucceed3" => &[R::PreflightStatus],
        "PreflightDisallowedRedirect" | "CORSExternalRedirectNotAllowed" => &[R::PreflightRedirect],
        "InvalidAllowMethodsPreflightResponse" | "CORSInvalidAllowMethod" => {
            &[R::PreflightAllowMethodsInvalid]
        }
        "InvalidAllowHeadersPreflightResponse" | "CORSInvalidAllowHeader" => {
            &[R::PreflightAllowHeadersInvalid]
        }
        "MethodDisallowedByPreflightResponse" | "CORSMethodNotFound" => &[R::PreflightAllowMethods],
        "HeaderDisallowedByPreflightResponse" | "CORSMissingAllowHeaderFromPreflight2" => {
            &[R::PreflightAllowHeaders, R::PreflightAllowHeadersAuthorization]
        }
        "RedirectContainsCredentials" => &[R::RedirectCredentials],
        _ => return None,
    })
}

/// Whether a browser's reading of a dictated head is its own: the other one reads it otherwise. There the response is
/// refused, or read as the other one does: a page cannot rely on what one browser alone takes.
fn is_refused_elsewhere(situation: &Situation, at: usize, profile: Profile, did: &Did) -> bool {
    let (Some(chromium), Some(firefox)) = (situation.chromium.get(at), situation.firefox.get(at)) else {
        return false;
    };
    let dictated = situation.server.iter().any(|rule| rule.raw.is_some());
    if !dictated || chromium.is_as(firefox) {
        return false;
    }
    let other = if profile == Profile::Chromium { firefox } else { chromium };
    did.verdict() == "err" || did.differs_from(other, false).is_none()
}

impl Measured {
    /// Whether the same was read.
    fn is_as(&self, other: &Self) -> bool {
        self.code == other.code
            && self.status == other.status
            && self.body == other.body
            && self.headers == other.headers
            && self.requests == other.requests
    }
}

fn differs_in_reason(did: &Did, measured: &Measured) -> Option<String> {
    let error = match measured.cors_error.as_ref()? {
        Value::Array(errors) => errors.first()?.as_str()?,
        error => error.as_str()?,
    };
    let accepted = reasons(error)?;
    let reason = did.outcome.reason();
    let same = reason.is_some_and(|reason| accepted.contains(&reason));
    (!same).then(|| format!("{error} is not {reason:?}"))
}

/// How what a developer is told differs from what the browser's console said.
fn differs_in_words(engine: Engine, step: &Step, did: &Did, measured: &Measured) -> Option<String> {
    let Outcome::Blocked(blocked) = &did.outcome else { return None };
    if measured.shown.is_empty() {
        return None;
    }
    let request = request(step);
    let page = format!("{}/__page", step.top);
    let expected: Vec<_> = measured.shown.iter().map(|line| line.replace("{base}", "")).collect();
    // The network's own words for its failures are not the agent's to know.
    let net_error = expected.iter().find_map(|line| line.strip_prefix("Failed to load resource: net::"));
    let refused = RefusedRequest {
        page: &page,
        net_error: net_error.filter(|name| *name != "ERR_FAILED"),
        ..RefusedRequest::of(&request, blocked, did.last_response.as_ref())
    };
    let shown: Vec<_> = refused.messages(engine).into_iter().map(|message| message.text).collect();
    (shown != expected).then(|| format!("{:?}\n      {expected:#?}\n      {shown:#?}", blocked.reason))
}

fn situations() -> Vec<Situation> {
    let read = |text: &str| serde_json::from_str::<Vec<Situation>>(text).expect("situations");
    match std::env::var("BROWSER_TRUTH") {
        Ok(file) => read(&std::fs::read_to_string(&file).expect(&file)),
        Err(_) => DATA.iter().flat_map(|text| read(text)).collect(),
    }
}

/// Replays every situation; `differs` compares step `at` of one with what the agent did.
fn compare(profile: Profile, side: Side, differs: impl Fn(&Situation, usize, &Did) -> Option<String>) {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let situations = situations();
    for situation in &situations {
        for (at, did) in replay(situation, profile).iter().enumerate() {
            if let Some(difference) = differs(situation, at, did) {
                let step = format!("step {at}: {difference}");
                found.entry(situation.id.clone()).or_default().push(step);
            }
        }
    }
    let known: Vec<&str> = KNOWN
        .iter()
        .filter(|(_, of, on, _)| (*of, *on) == (profile, side))
        .map(|(pattern, ..)| *pattern)
        .collect();
    let stale: Vec<_> =
        known.iter().filter(|pattern| !found.keys().any(|id| speaks_of(pattern, id))).collect();
    let is_given = std::env::var_os("BROWSER_TRUTH").is_some();
    assert!(stale.is_empty() || is_given, "these no longer differ under {profile}: {stale:?}");
    found.retain(|id, _| !known.iter().any(|pattern| speaks_of(pattern, id)));
    let report: Vec<String> =
        found.iter().map(|(id, steps)| format!("{id}\n    {}", steps.join("\n    "))).collect();
    assert!(
        report.is_empty(),
        "{} of {} situations differ under {profile}:\n{}",
        report.len(),
        situations.len(),
        report.join("\n")
    );
}

#[test]
fn the_standard_s_column_comes_out() {
    compare(Profile::Spec, Side::Column, |situation, at, did| {
        let expected = situation.spec.as_ref()?.get(at)?.as_deref()?;
        if situation.volatile.is_some() {
            let verdict = expected.split(['+', '-']).next().unwrap_or_default();
            return (verdict != did.verdict()).then(|| format!("{verdict} is not {}", did.verdict()));
        }
        did.differs_from_spec(expected)
    });
}

#[test]
fn chromium_s_column_comes_out() {
    compare(Profile::Chromium, Side::Column, |situation, at, did| {
        let measured = situation.chromium.get(at)?;
        if is_refused_elsewhere(situation, at, Profile::Chromium, did) {
            return None;
        }
        did.differs_from(measured, situation.volatile.is_some()).or_else(|| differs_in_reason(did, measured))
    });
}

#[test]
fn firefox_s_column_comes_out() {
    compare(Profile::Firefox, Side::Column, |situation, at, did| {
        let measured = situation.firefox.get(at)?;
        if is_refused_elsewhere(situation, at, Profile::Firefox, did) {
            return None;
        }
        did.differs_from(measured, situation.volatile.is_some()).or_else(|| differs_in_reason(did, measured))
    });
}

#[test]
fn chromium_s_words_come_out() {
    compare(Profile::Chromium, Side::Words, |situation, at, did| {
        let (step, measured) = (situation.steps.get(at)?, situation.chromium.get(at)?);
        if is_refused_elsewhere(situation, at, Profile::Chromium, did) {
            return None;
        }
        differs_in_words(Engine::Chromium, step, did, measured)
    });
}

#[test]
fn firefox_s_words_come_out() {
    compare(Profile::Firefox, Side::Words, |situation, at, did| {
        let (step, measured) = (situation.steps.get(at)?, situation.firefox.get(at)?);
        if is_refused_elsewhere(situation, at, Profile::Firefox, did) {
            return None;
        }
        differs_in_words(Engine::Firefox, step, did, measured)
    });
}

#[test]
fn the_data_is_whole() {
    let situations = situations();
    assert!(!situations.is_empty());
    let mut ids = BTreeSet::new();
    for situation in &situations {
        assert!(ids.insert(&situation.id), "{} comes twice", situation.id);
        for column in [&situation.chromium, &situation.firefox] {
            let measured = situation.steps.len() == column.len() || column.is_empty();
            assert!(measured, "{}", situation.id);
        }
        for measured in situation.chromium.iter().chain(&situation.firefox) {
            let failed = measured.code.starts_with("err");
            assert_eq!(failed, measured.verdict != "ok", "{}", situation.id);
        }
    }
}
