use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use serde::Deserialize;
use url::Url;

use super::{Circumstances, referrer, shaped};
use crate::{
    fetch::{
        Agent, AgentConfig, Body, Client, Credentials, Mode, Next, Origin, Profile, Request,
        agent::{Outgoing, Purpose},
        modes::{CacheMode, ReferrerPolicy},
    },
    message::{Fields, Response},
};

#[derive(Deserialize)]
struct Measured {
    method: String,
    fields: Vec<(String, String)>,
}

/// By browser, and by scheme and kind of request.
type Measurements = BTreeMap<Profile, BTreeMap<String, Vec<Measured>>>;

fn measurements() -> Measurements {
    serde_json::from_str(include_str!("measured.json")).expect("measurements")
}

/// The script behind a measurement.
fn script(kind: &str) -> Option<Request> {
    let (scheme, kind) = kind.split_once(' ')?;
    let port = if scheme == "http" { 0 } else { 1 };
    let origin = Origin::parse(&format!("{scheme}://a.site.test:{}", 21610 + port)).ok()?;
    let url = Url::parse(&format!("{scheme}://api.target.test:{}/", 21612 + port)).ok()?;
    let get = Request::new(Arc::new(Client::top_level(origin)), url);
    let json = |request: Request, body: &str| Request {
        method: "PUT".to_owned(),
        headers: [("Content-Type", "application/json")].into_iter().collect(),
        body: Some(Body::text(body)),
        ..request
    };
    Some(match kind {
        "fetch-get" => get,
        "fetch-get-include" => Request { credentials: Credentials::Include, ..get },
        "fetch-get-no-store" => Request { cache: CacheMode::NoStore, ..get },
        "fetch-get-nocors" => Request { mode: Mode::NoCors, ..get },
        "fetch-get-range" => Request { headers: [("Range", "bytes=0-99")].into_iter().collect(), ..get },
        "fetch-head" => Request { method: "HEAD".to_owned(), ..get },
        "fetch-delete" => Request { method: "DELETE".to_owned(), ..get },
        "fetch-put-json" => {
            let mut request = json(get, "{\"a\":1}");
            request.headers.push("X-Requested-With", "shapes");
            request
        }
        "fetch-put-include-json" => Request { credentials: Credentials::Include, ..json(get, "{}") },
        "fetch-post-text" => Request { method: "POST".to_owned(), body: Some(Body::text("x")), ..get },
        _ => return None,
    })
}

/// What the agent sends for it, where every preflight is answered.
fn sent(profile: Profile, request: Request) -> Vec<Outgoing> {
    let origin = request.client.origin().to_string();
    let mut agent = Agent::new(AgentConfig { profile, http_cache: false });
    let id = agent.fetch(request);
    let mut all = Vec::new();
    while let Next::Send(outgoing) = agent.next(id, SystemTime::UNIX_EPOCH) {
        let fields = [
            ("Access-Control-Allow-Origin", origin.as_str()),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Methods", "PUT, DELETE"),
            ("Access-Control-Allow-Headers", "content-type, x-requested-with"),
        ];
        let answer =
            fields.iter().fold(Response::new(200), |answer, (name, value)| answer.with_field(name, value));
        all.push(outgoing);
        agent.receive(id, SystemTime::UNIX_EPOCH, Ok(answer));
    }
    all
}

/// The lines that go out, with what every transport adds.
fn lines(profile: Profile, outgoing: &Outgoing) -> Vec<(String, String)> {
    let request = &outgoing.request;
    let host =
        format!("{}:{}", request.url.host_str().unwrap_or_default(), request.url.port().unwrap_or_default());
    let mut given: Fields = [("Host", host)].into_iter().collect();
    if !request.body.is_empty() || matches!(request.method.as_str(), "PUT" | "POST") {
        given.push("Content-Length", request.body.len().to_string());
    }
    for field in &request.fields {
        given.push(field.name.clone(), field.value.clone());
    }
    let circumstances = Circumstances {
        url: &request.url,
        preflight: outgoing.purpose == Purpose::Preflight,
        referrer: outgoing.referrer.as_deref(),
        credentials: outgoing.includes,
    };
    let shaped = shaped(profile, &given, &circumstances);
    shaped.iter().map(|field| (field.name.to_string(), field.text())).collect()
}

/// Two browsers order the fields that scripts set among their own; the names of those.
const SCRIPTED: [&str; 2] = ["X-Requested-With", "Content-Type"];

#[test]
fn requests_are_as_browsers_send_them() {
    let measurements = measurements();
    assert_eq!(measurements.len(), 3);
    let mut compared = 0;
    for (profile, kinds) in &measurements {
        for (kind, requests) in kinds {
            let outgoing = sent(*profile, script(kind).unwrap_or_else(|| panic!("unknown kind {kind}")));
            assert_eq!(outgoing.len(), requests.len(), "{profile} {kind}");
            for (outgoing, measured) in outgoing.iter().zip(requests) {
                compared += 1;
                assert_eq!(outgoing.request.method, measured.method, "{profile} {kind}");
                let (mut ours, mut theirs) = (lines(*profile, outgoing), measured.fields.clone());
                let others = |(name, _): &(String, String)| !SCRIPTED.contains(&name.as_str());
                let scripted = |lines: &[(String, String)]| {
                    let mut lines: Vec<_> = lines.iter().filter(|line| !others(line)).cloned().collect();
                    lines.sort();
                    lines
                };
                assert_eq!(scripted(&ours), scripted(&theirs), "{profile} {kind} {}", measured.method);
                ours.retain(others);
                theirs.retain(others);
                assert_eq!(ours, theirs, "{profile} {kind} {}", measured.method);
            }
        }
    }
    assert!(compared > 60, "{compared} requests");
}

#[test]
fn what_a_request_has_wins() {
    let url = Url::parse("https://api.example/").unwrap();
    let given: Fields =
        [("accept-encoding", "identity"), ("Referer", "https://own.example/"), ("X-B", "1"), ("x-a", "2")]
            .into_iter()
            .collect();
    let circumstances = Circumstances {
        url: &url,
        preflight: false,
        referrer: Some("https://a.example/"),
        credentials: false,
    };
    for profile in Profile::ALL {
        let fields = shaped(profile, &given, &circumstances);
        assert_eq!(fields.text("accept-encoding").as_deref(), Some("identity"), "{profile}");
        assert_eq!(fields.lines("accept-encoding").count(), 1, "{profile}");
        assert_eq!(fields.text("referer").as_deref(), Some("https://own.example/"), "{profile}");
        let own: Vec<_> =
            fields.iter().filter(|field| field.name.len() == 3).map(|field| &*field.name).collect();
        assert_eq!(own, ["X-B", "x-a"], "{profile}");
    }
}

#[test]
fn the_referrer_follows_its_policy() {
    use ReferrerPolicy as P;
    let of = |origin: &str, policy, url: &str| {
        let client = Client::top_level(Origin::parse(origin).unwrap());
        referrer(&client, policy, &Url::parse(url).unwrap())
    };
    let page = Some("https://a.example/".to_owned());
    let default = P::default();
    assert_eq!(of("https://a.example", default, "https://b.example/x"), page);
    assert_eq!(of("https://a.example", default, "http://b.example/x"), None, "a downgrade");
    assert_eq!(of("https://a.example", default, "http://localhost/x"), page, "localhost is trustworthy");
    assert_eq!(of("https://a.example", P::UnsafeUrl, "http://b.example/x"), page);
    assert_eq!(of("https://a.example", P::NoReferrer, "https://b.example/x"), None);
    assert_eq!(of("https://a.example", P::SameOrigin, "https://b.example/x"), None);
    assert_eq!(of("https://a.example", P::SameOrigin, "https://a.example/x"), page);
    assert_eq!(of("null", default, "https://b.example/x"), None);
    assert_eq!(of("moz-extension://abc", default, "https://b.example/x"), None);
}
