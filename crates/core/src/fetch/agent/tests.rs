//! Stories of one or more requests, told as the exchanges that the agent asks for.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use url::Url;

use super::*;
use crate::fetch::{
    body::Body,
    client::Client,
    initiator::Initiator,
    modes::{CacheMode, Credentials, Mode, RedirectMode},
    origin::Origin,
};

const A: &str = "https://a.site.example";
const B: &str = "https://b.site.example";
const X: &str = "https://x.other.example";
const API: &str = "https://api.store.example/object";
const OTHER: &str = "https://cdn.example/object";

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn client(origin: &str) -> Arc<Client> {
    Arc::new(Client::top_level(Origin::parse(origin).expect("an origin")))
}

fn get(origin: &str, url: &str) -> Request {
    Request::new(client(origin), Url::parse(url).expect("a URL"))
}

fn put(origin: &str, url: &str) -> Request {
    Request { method: "PUT".into(), body: Some(Body::text("x")), ..get(origin, url) }
}

fn browser(profile: Profile) -> Agent {
    Agent::new(AgentConfig { profile, http_cache: true })
}

fn answer(status: u16, fields: &[(&str, &str)]) -> message::Response {
    fields
        .iter()
        .fold(message::Response::new(status), |response, (name, value)| response.with_field(name, value))
}

const STAR: (&str, &str) = ("Access-Control-Allow-Origin", "*");
const FRESH: (&str, &str) = ("Cache-Control", "max-age=600");

/// The request that comes next, as one line: purpose, method, URL, and the `Origin`.
fn line(outgoing: &Outgoing) -> String {
    let request = &outgoing.request;
    let origin = request.fields.text("origin").unwrap_or_else(|| "-".into());
    format!("{:?} {} {} {origin}", outgoing.purpose, request.method, request.url)
}

fn send(agent: &mut Agent, id: FetchId, now: SystemTime) -> Outgoing {
    match agent.next(id, now) {
        Next::Send(outgoing) => outgoing,
        Next::Done(outcome) => panic!("nothing is sent: {outcome:?}"),
    }
}

fn done(agent: &mut Agent, id: FetchId, now: SystemTime) -> Outcome {
    match agent.next(id, now) {
        Next::Send(outgoing) => panic!("not done: {}", line(&outgoing)),
        Next::Done(outcome) => outcome,
    }
}

/// Answers in order, and returns what was sent and what came out.
fn run(
    agent: &mut Agent,
    request: Request,
    now: SystemTime,
    answers: &[message::Response],
) -> (Vec<String>, Outcome) {
    let id = agent.fetch(request);
    let mut sent = Vec::new();
    let mut answers = answers.iter();
    loop {
        match agent.next(id, now) {
            Next::Send(outgoing) => {
                sent.push(line(&outgoing));
                let received = answers.next().cloned().ok_or_else(|| NetworkError("no more".into()));
                agent.receive(id, now, received);
            }
            Next::Done(outcome) => return (sent, outcome),
        }
    }
}

#[test]
fn the_next_step_stays_the_same_until_something_is_received() {
    let mut agent = browser(Profile::Spec);
    let id = agent.fetch(put(A, API));
    let first = agent.next(id, at(0));
    assert_eq!(first, agent.next(id, at(1000)));
    agent.receive(id, at(0), Ok(answer(204, &[STAR, ("Access-Control-Allow-Methods", "PUT")])));
    let second = agent.next(id, at(0));
    assert_ne!(first, second);
    assert_eq!(second, agent.next(id, at(0)));
    agent.receive(id, at(0), Ok(answer(200, &[STAR])));
    let outcome = agent.next(id, at(0));
    agent.receive(id, at(0), Ok(answer(500, &[])));
    assert_eq!(outcome, agent.next(id, at(0)));
    agent.forget(id);
    assert!(matches!(agent.next(id, at(0)), Next::Done(Outcome::Blocked(_))));
}

#[test]
fn a_preflight_comes_before_what_needs_one() {
    let mut agent = browser(Profile::Spec);
    let mut request = put(A, &format!("{API}?v#f"));
    request.headers.push("X-B", "1");
    request.headers.push("x-a", "1");
    let id = agent.fetch(request);
    let preflight = send(&mut agent, id, at(0));
    let fields: Vec<String> =
        preflight.request.fields.iter().map(|field| format!("{}: {}", field.name, field.text())).collect();
    assert_eq!(line(&preflight), format!("Preflight OPTIONS {API}?v {A}"));
    assert_eq!(
        fields,
        [
            "Accept: */*",
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: x-a,x-b",
            "Origin: https://a.site.example",
            "Sec-Fetch-Dest: empty",
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Site: cross-site",
        ]
    );
    assert!(!preflight.credentials && preflight.request.body.is_empty());
    let allow = [STAR, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "X-A, X-B")];
    agent.receive(id, at(0), Ok(answer(204, &allow)));
    let actual = send(&mut agent, id, at(0));
    assert_eq!(line(&actual), format!("Actual PUT {API}?v {A}"));
    assert_eq!(actual.request.body, "x");
    agent.receive(id, at(0), Ok(answer(200, &[STAR])));
    assert!(done(&mut agent, id, at(0)).is_allowed());
    assert_eq!(
        agent.notes(id),
        [
            Note::PreflightNeeded(vec![
                PreflightCause::Method("PUT".into()),
                PreflightCause::Headers(["x-a".into(), "x-b".into()].into()),
            ]),
            Note::PreflightAllowed { max_age: Some(5) },
            Note::ServedByNetwork,
            Note::CorsCheckPassed,
        ]
    );
}

#[test]
fn what_blocks_a_request_is_named() {
    type Change = fn(&mut Request);
    let same: Change = |_| {};
    let ok = || answer(200, &[STAR]);
    type Row = (&'static str, Request, Change, Vec<message::Response>, Reason, Option<&'static str>);
    let rows: Vec<Row> = vec![
        ("a bad port", get(A, "https://api.example:25/"), same, vec![], Reason::RequestBadPort, None),
        ("mixed content", get(A, "http://api.example/"), same, vec![], Reason::RequestMixedContent, None),
        (
            "mode same-origin",
            get(A, API),
            |r| r.mode = Mode::SameOrigin,
            vec![],
            Reason::RequestModeSameOrigin,
            None,
        ),
        ("another scheme", get(A, "ftp://a.example/"), same, vec![], Reason::RequestMixedContent, None),
        (
            "another scheme of an insecure page",
            get("http://a.example", "ftp://a.example/"),
            same,
            vec![],
            Reason::RequestScheme,
            None,
        ),
        (
            "a manual redirect without CORS",
            get(A, API),
            |r| {
                r.mode = Mode::NoCors;
                r.redirect = RedirectMode::Manual;
            },
            vec![],
            Reason::RequestNoCorsRedirectMode,
            None,
        ),
        (
            "nothing stored",
            get(A, A),
            |r| {
                r.mode = Mode::SameOrigin;
                r.cache = CacheMode::OnlyIfCached;
            },
            vec![],
            Reason::CacheOnlyIfCachedMiss,
            None,
        ),
        ("no answer", get(A, API), same, vec![], Reason::NetworkError, Some("no more")),
        (
            "no answer to the preflight",
            put(A, API),
            same,
            vec![],
            Reason::PreflightNetworkError,
            Some("no more"),
        ),
        ("no permission", get(A, API), same, vec![answer(200, &[])], Reason::CorsCheckMissing, None),
        (
            "the preflight's status",
            put(A, API),
            same,
            vec![answer(404, &[STAR])],
            Reason::PreflightStatus,
            Some("404"),
        ),
        (
            "a redirect that is an error",
            get(A, API),
            |r| r.redirect = RedirectMode::Error,
            vec![answer(302, &[STAR, ("Location", "/y")])],
            Reason::RedirectMode,
            None,
        ),
        (
            "a redirect to data",
            get(A, API),
            same,
            vec![answer(302, &[STAR, ("Location", "data:,x")])],
            Reason::RedirectScheme,
            Some("data:,x"),
        ),
        (
            "a redirect to http",
            get(A, API),
            same,
            vec![answer(302, &[STAR, ("Location", "http://api.example/")])],
            Reason::RequestMixedContent,
            None,
        ),
        (
            "a policy of the resource",
            get(A, API),
            |r| r.mode = Mode::NoCors,
            vec![answer(200, &[("Cross-Origin-Resource-Policy", "same-site")])],
            Reason::ResponseCrossOriginResourcePolicy,
            Some("same-site"),
        ),
        (
            "integrity",
            get(A, API),
            |r| r.integrity = "sha256-AAAA".into(),
            vec![ok()],
            Reason::ResponseIntegrity,
            Some("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ),
        (
            "a stream that cannot be sent again",
            Request { method: "POST".into(), ..get(A, API) },
            |r| r.body = Some(Body::stream("x")),
            vec![ok(), answer(307, &[STAR, ("Location", "/y")])],
            Reason::RedirectBody,
            Some("https://api.store.example/y"),
        ),
    ];
    for (what, mut request, change, answers, reason, subject) in rows {
        change(&mut request);
        let (_, outcome) = run(&mut browser(Profile::Spec), request, at(0), &answers);
        let Outcome::Blocked(blocked) = outcome else { panic!("{what}: {outcome:?}") };
        assert_eq!(blocked.reason, reason, "{what}");
        assert_eq!(blocked.subject.as_deref(), subject, "{what}");
    }
}

#[test]
fn origins_are_tainted_by_the_second_foreign_redirect() {
    let to = |url: &'static str| answer(302, &[STAR, ("Location", url)]);
    let answers = [to(API), to(OTHER), answer(200, &[STAR])];
    let (sent, outcome) = run(&mut browser(Profile::Spec), get(A, A), at(0), &answers);
    assert_eq!(
        sent,
        [
            format!("Actual GET {A}/ -"),
            format!("RedirectHop(1) GET {API} {A}"),
            format!("RedirectHop(2) GET {OTHER} null"),
        ]
    );
    let Outcome::Allowed(readable) = outcome else { panic!("{outcome:?}") };
    assert!(readable.redirected && readable.kind == ReadableKind::Cors);
    assert_eq!(readable.url.as_str(), OTHER);
}

#[test]
fn redirected_requests_are_preflighted_again() {
    let allow = answer(204, &[STAR, ("Access-Control-Allow-Methods", "PUT")]);
    let moved = answer(307, &[STAR, ("Location", OTHER)]);
    let answers = [allow.clone(), moved.clone(), allow.clone(), answer(200, &[STAR])];
    for (profile, origin) in [(Profile::Spec, "null"), (Profile::Chromium, "null"), (Profile::Firefox, A)] {
        let (sent, outcome) = run(&mut browser(profile), put(A, API), at(0), &answers);
        assert_eq!(
            sent,
            [
                format!("Preflight OPTIONS {API} {A}"),
                format!("Actual PUT {API} {A}"),
                format!("Preflight OPTIONS {OTHER} {origin}"),
                format!("RedirectHop(1) PUT {OTHER} null"),
            ],
            "{profile}"
        );
        assert!(outcome.is_allowed(), "{profile}");
    }
}

#[test]
fn twenty_redirects_are_followed() {
    let next = answer(302, &[STAR, ("Location", API)]);
    let mut answers = vec![next; 20];
    answers.push(answer(200, &[STAR]));
    assert!(run(&mut browser(Profile::Spec), get(A, API), at(0), &answers).1.is_allowed());
    answers.insert(0, answer(302, &[STAR, ("Location", API)]));
    let (sent, outcome) = run(&mut browser(Profile::Spec), get(A, API), at(0), &answers);
    assert_eq!((sent.len(), outcome.reason()), (21, Some(Reason::RedirectTooMany)));
}

#[test]
fn authorization_stays_within_its_origin() {
    let mut request = get(A, A);
    request.headers.push("Authorization", "secret");
    let mut agent = browser(Profile::Spec);
    let id = agent.fetch(request);
    assert!(send(&mut agent, id, at(0)).request.fields.contains("authorization"));
    agent.receive(id, at(0), Ok(answer(302, &[("Location", "/y")])));
    assert!(send(&mut agent, id, at(0)).request.fields.contains("authorization"));
    agent.receive(id, at(0), Ok(answer(302, &[("Location", API)])));
    let hop = send(&mut agent, id, at(0));
    assert_eq!(line(&hop), format!("RedirectHop(2) GET {API} {A}"));
    assert!(!hop.request.fields.contains("authorization"));
    assert!(agent.notes(id).contains(&Note::HeaderDropped("Authorization".into())));
}

#[test]
fn posts_become_gets_and_lose_what_speaks_of_the_body() {
    let mut request = Request { method: "POST".into(), body: Some(Body::text("x")), ..get(A, A) };
    request.headers.push("Content-Language", "de");
    request.headers.push("X-A", "1");
    let mut agent = browser(Profile::Spec);
    let id = agent.fetch(request);
    send(&mut agent, id, at(0));
    agent.receive(id, at(0), Ok(answer(303, &[("Location", "/y")])));
    let hop = send(&mut agent, id, at(0)).request;
    assert_eq!((hop.method.as_str(), hop.body.len()), ("GET", 0));
    assert!(hop.fields.contains("x-a") && !hop.fields.contains("content-type"));
    assert!(!hop.fields.contains("content-language"));
}

#[test]
fn one_page_s_preflight_is_no_other_s() {
    let mut agent = browser(Profile::Spec);
    let allow =
        answer(204, &[STAR, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Max-Age", "60")]);
    let both = [allow.clone(), answer(200, &[STAR])];
    let one = [answer(200, &[STAR])];
    assert_eq!(run(&mut agent, put(A, API), at(0), &both).0.len(), 2);
    assert_eq!(run(&mut agent, put(A, API), at(59), &one).0, [format!("Actual PUT {API} {A}")]);
    assert_eq!(run(&mut agent, put(B, API), at(1), &both).0.len(), 2);
    assert_eq!(run(&mut agent, put(A, API), at(60), &both).0.len(), 2);
    let (_, outcome) = run(&mut agent, put(A, API), at(61), &[answer(200, &[])]);
    assert_eq!(outcome.reason(), Some(Reason::CorsCheckMissing));
    assert_eq!(run(&mut agent, put(A, API), at(62), &both).0.len(), 2, "the error made it doubtful");
}

#[test]
fn requests_under_way_share_what_is_known_when_they_ask() {
    let mut agent = browser(Profile::Spec);
    let allow =
        answer(204, &[STAR, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Max-Age", "60")]);
    let (first, second, third) =
        (agent.fetch(put(A, API)), agent.fetch(put(A, API)), agent.fetch(put(A, API)));
    assert_eq!(send(&mut agent, first, at(0)).purpose, Purpose::Preflight);
    assert_eq!(send(&mut agent, second, at(0)).purpose, Purpose::Preflight);
    agent.receive(first, at(0), Ok(allow));
    assert_eq!(send(&mut agent, third, at(0)).purpose, Purpose::Actual);
    assert_eq!(send(&mut agent, second, at(0)).purpose, Purpose::Preflight);
}

#[test]
fn a_stored_response_with_another_page_s_origin_blocks() {
    let mut agent = browser(Profile::Spec);
    let echo = |origin| answer(200, &[("Access-Control-Allow-Origin", origin), FRESH]);
    assert!(run(&mut agent, get(A, API), at(0), &[echo(A)]).1.is_allowed());
    let id = agent.fetch(get(B, API));
    let outcome = done(&mut agent, id, at(5));
    assert_eq!(outcome.reason(), Some(Reason::CorsCheckOriginMismatch));
    let stored = StoredResponse { url: Url::parse(API).expect("a URL"), stored_for: Some(A.into()), age: 5 };
    assert_eq!(
        agent.notes(id),
        [
            Note::PreflightNotNeeded,
            Note::ServedByCache(stored),
            Note::Failed(Reason::CorsCheckOriginMismatch),
        ]
    );
    assert!(run(&mut agent, get(X, API), at(5), &[echo(X)]).1.is_allowed(), "another site has its own cache");
    let vary = answer(200, &[("Access-Control-Allow-Origin", A), FRESH, ("Vary", "Origin")]);
    let other = format!("{API}2");
    assert!(run(&mut agent, get(A, &other), at(0), &[vary]).1.is_allowed());
    assert!(run(&mut agent, get(B, &other), at(0), &[echo(B)]).1.is_allowed(), "Vary tells them apart");
}

#[test]
fn validated_responses_keep_the_fields_that_the_304_leaves_out() {
    let mut agent = browser(Profile::Spec);
    let tag = ("ETag", "\"1\"");
    let stale = answer(200, &[("Access-Control-Allow-Origin", A), tag, ("Cache-Control", "no-cache")]);
    run(&mut agent, get(A, API), at(0), &[stale]);
    let id = agent.fetch(get(B, API));
    let validating = send(&mut agent, id, at(1));
    assert!(validating.validating);
    assert_eq!(validating.request.fields.text("if-none-match").as_deref(), Some("\"1\""));
    agent.receive(id, at(1), Ok(answer(304, &[tag])));
    assert_eq!(done(&mut agent, id, at(1)).reason(), Some(Reason::CorsCheckOriginMismatch));
    let id = agent.fetch(get(B, API));
    send(&mut agent, id, at(2));
    agent.receive(id, at(2), Ok(answer(304, &[tag, ("Access-Control-Allow-Origin", B)])));
    assert!(done(&mut agent, id, at(2)).is_allowed());
    assert!(agent.notes(id).iter().any(|note| matches!(note, Note::ServedByValidation(_))));
}

#[test]
fn a_304_that_fits_nothing_is_asked_again() {
    let mut agent = browser(Profile::Spec);
    let stale = answer(200, &[STAR, ("ETag", "\"1\""), ("Cache-Control", "no-cache")]);
    run(&mut agent, get(A, API), at(0), &[stale]);
    let id = agent.fetch(get(A, API));
    assert!(send(&mut agent, id, at(1)).validating);
    agent.receive(id, at(1), Ok(answer(304, &[STAR, ("ETag", "\"2\"")])));
    let again = send(&mut agent, id, at(1));
    assert!(!again.validating && !again.request.fields.contains("if-none-match"));
    agent.receive(id, at(1), Ok(answer(200, &[STAR])));
    assert!(done(&mut agent, id, at(1)).is_allowed());
}

#[test]
fn stale_responses_are_validated_in_the_background() {
    let mut agent = browser(Profile::Spec);
    let cache = ("Cache-Control", "max-age=1, stale-while-revalidate=600");
    run(&mut agent, get(A, API), at(0), &[answer(200, &[STAR, cache])]);
    let id = agent.fetch(get(A, API));
    assert!(done(&mut agent, id, at(10)).is_allowed());
    let later = agent.background();
    assert_eq!(later.len(), 1);
    assert!(agent.background().is_empty());
    let outgoing = send(&mut agent, later[0], at(10));
    assert!(!outgoing.request.fields.contains("cache-control"));
    agent.receive(later[0], at(10), Ok(answer(200, &[STAR, FRESH])));
    assert!(done(&mut agent, later[0], at(10)).is_allowed());
    let id = agent.fetch(get(A, API));
    assert!(done(&mut agent, id, at(20)).is_allowed());
    assert!(agent.background().is_empty(), "it is fresh again");
}

#[test]
fn credentials_go_only_where_the_mode_lets_them() {
    // Credentials mode; mode; URL; whether credentials are included.
    let rows = [
        (Credentials::SameOrigin, Mode::Cors, A, true),
        (Credentials::SameOrigin, Mode::Cors, API, false),
        (Credentials::SameOrigin, Mode::NoCors, API, false),
        (Credentials::Include, Mode::Cors, API, true),
        (Credentials::Include, Mode::NoCors, API, true),
        (Credentials::Omit, Mode::Cors, A, false),
        (Credentials::Omit, Mode::NoCors, API, false),
    ];
    for (credentials, mode, url, included) in rows {
        let mut agent = Agent::new(AgentConfig::default());
        let set = answer(200, &[("Set-Cookie", "c=1; SameSite=None; Secure")]);
        let first = Request { credentials: Credentials::Include, mode: Mode::NoCors, ..get(A, url) };
        run(&mut agent, first, at(0), &[set]);
        let id = agent.fetch(Request { credentials, mode, ..get(A, url) });
        let outgoing = send(&mut agent, id, at(0));
        assert_eq!(outgoing.credentials, included, "{credentials:?} {mode:?} {url}");
        assert_eq!(outgoing.request.fields.contains("cookie"), included, "{credentials:?} {mode:?} {url}");
    }
}

#[test]
fn cookies_are_kept_even_where_the_page_may_not_read() {
    let mut agent = Agent::new(AgentConfig::default());
    let include = || Request { credentials: Credentials::Include, ..get(A, API) };
    let set = answer(200, &[("Set-Cookie", "c=1; SameSite=None; Secure")]);
    assert_eq!(run(&mut agent, include(), at(0), &[set]).1.reason(), Some(Reason::CorsCheckMissing));
    let id = agent.fetch(include());
    assert_eq!(send(&mut agent, id, at(0)).request.fields.text("cookie").as_deref(), Some("c=1"));
    assert_eq!(agent.notes(id).last(), Some(&Note::CookiesSent(vec!["c".into()])));
}

#[test]
fn opaque_responses_show_nothing() {
    let no_cors = || Request { mode: Mode::NoCors, ..get(A, API) };
    let (sent, outcome) = run(&mut browser(Profile::Spec), no_cors(), at(0), &[answer(200, &[])]);
    assert_eq!(sent, [format!("Actual GET {API} -")]);
    assert!(matches!(outcome, Outcome::Opaque(Opaque { kind: OpaqueKind::Response, .. })));
    let manual = Request { redirect: RedirectMode::Manual, ..get(A, API) };
    let moved = answer(302, &[STAR, ("Location", "/y")]);
    let (_, outcome) = run(&mut browser(Profile::Spec), manual, at(0), &[moved]);
    assert!(matches!(outcome, Outcome::Opaque(Opaque { kind: OpaqueKind::Redirect, .. })));
}

#[test]
fn data_urls_are_read_without_the_network() {
    let (sent, outcome) = run(&mut browser(Profile::Spec), get(A, "data:text/plain,hello"), at(0), &[]);
    assert!(sent.is_empty());
    let Outcome::Allowed(readable) = outcome else { panic!("{outcome:?}") };
    assert_eq!((readable.kind, readable.body.as_ref()), (ReadableKind::Basic, b"hello".as_ref()));
}

#[test]
fn images_of_secure_pages_are_upgraded() {
    let mut request = get(A, "http://img.example/x");
    request.mode = Mode::NoCors;
    request.initiator = Initiator::Image;
    let (sent, _) = run(&mut browser(Profile::Spec), request, at(0), &[answer(200, &[])]);
    assert_eq!(sent, ["Actual GET https://img.example/x -"]);
}

#[test]
fn cache_modes_say_so_on_the_wire() {
    let rows = [
        (CacheMode::Default, None, None),
        (CacheMode::NoCache, Some("max-age=0"), None),
        (CacheMode::Reload, Some("no-cache"), Some("no-cache")),
        (CacheMode::NoStore, Some("no-cache"), Some("no-cache")),
        (CacheMode::ForceCache, None, None),
    ];
    for (cache, control, pragma) in rows {
        let mut agent = browser(Profile::Spec);
        let id = agent.fetch(Request { cache, ..get(A, API) });
        let fields = send(&mut agent, id, at(0)).request.fields.clone();
        assert_eq!(fields.text("cache-control").as_deref(), control, "{cache:?}");
        assert_eq!(fields.text("pragma").as_deref(), pragma, "{cache:?}");
    }
}

#[test]
fn clear_site_data_empties_the_cache() {
    let rows = [
        (Profile::Spec, Credentials::SameOrigin, true),
        (Profile::Firefox, Credentials::SameOrigin, true),
        (Profile::Chromium, Credentials::SameOrigin, false),
        (Profile::Chromium, Credentials::Include, true),
    ];
    for (profile, credentials, cleared) in rows {
        let mut agent = browser(profile);
        run(&mut agent, get(A, API), at(0), &[answer(200, &[STAR, FRESH])]);
        let clear = answer(200, &[STAR, ("Clear-Site-Data", "\"cache\"")]);
        let request = Request { credentials, ..get(A, "https://api.store.example/clear") };
        run(&mut agent, request, at(0), &[clear]);
        let id = agent.fetch(get(A, API));
        assert_eq!(matches!(agent.next(id, at(1)), Next::Send(_)), cleared, "{profile} {credentials:?}");
    }
}

#[test]
fn what_a_browser_does_not_store_it_does_not_keep_beside_what_it_had() {
    // Profile; status of the second answer; whether the first is still used.
    let rows = [
        (Profile::Spec, 200, true),
        (Profile::Chromium, 200, false),
        (Profile::Firefox, 200, false),
        (Profile::Firefox, 500, false),
    ];
    for (profile, status, kept) in rows {
        let mut agent = browser(profile);
        run(&mut agent, get(A, API), at(0), &[answer(200, &[STAR, FRESH])]);
        let second = Request { cache: CacheMode::Reload, ..get(A, API) };
        run(&mut agent, second, at(1), &[answer(status, &[STAR, ("Cache-Control", "no-store")])]);
        let id = agent.fetch(get(A, API));
        assert_eq!(matches!(agent.next(id, at(2)), Next::Done(_)), kept, "{profile} {status}");
    }
}

#[test]
fn firefox_stores_no_errors() {
    for (profile, status, stored) in [
        (Profile::Spec, 404, true),
        (Profile::Chromium, 404, true),
        (Profile::Firefox, 404, false),
        (Profile::Firefox, 403, false),
        (Profile::Firefox, 410, true),
    ] {
        let mut agent = browser(profile);
        run(&mut agent, get(A, API), at(0), &[answer(status, &[STAR, FRESH])]);
        let id = agent.fetch(get(A, API));
        assert_eq!(matches!(agent.next(id, at(1)), Next::Done(_)), stored, "{profile} {status}");
    }
}
