//! What holds of the simulated browser whatever pages ask and servers answer.
use std::time::{Duration, SystemTime};

use crosscheck::{
    fetch::{
        Agent, AgentConfig, Body, CacheMode, Client, Credentials, FetchId, Initiator, Mode, NetworkError,
        Next, Origin, Outcome, Outgoing, Profile, RedirectMode, Request,
        agent::{Purpose, ReadableKind},
        cors_check,
    },
    message::{Fields, Response},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use url::Url;

const ORIGINS: [&str; 5] = [
    "https://a.site.example",
    "https://b.site.example",
    "https://x.other.example",
    "http://a.site.example",
    "null",
];

/// A request; `{n}` in its URL and in the answers' is its number, so that no two meet.
#[derive(Clone, Debug)]
struct Asked {
    origin: &'static str,
    top: Option<&'static str>,
    url: &'static str,
    method: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: bool,
    mode: Mode,
    credentials: Credentials,
    cache: CacheMode,
    redirect: RedirectMode,
    initiator: Initiator,
}

/// An answer; `{origin}` in a value is the request's `Origin`.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    fields: Vec<(&'static str, String)>,
    fails: bool,
}

fn asked() -> impl Strategy<Value = Asked> {
    let urls = vec![
        "https://api{n}.store.example/o",
        "https://api{n}.store.example/o#f",
        "https://api{n}.cdn.example/o?q",
        "http://api{n}.store.example/o",
        "https://a.site.example/{n}",
        "https://b.site.example/{n}",
        "data:text/plain,{n}",
    ];
    let headers = vec![
        ("X-A", "1"),
        ("Accept", "text/x"),
        ("Authorization", "secret"),
        ("Content-Type", "application/json"),
        ("Content-Type", "text/plain"),
        ("Cookie", "mine=1"),
        ("Origin", "https://evil.example"),
        ("Range", "bytes=0-1"),
        ("If-None-Match", "\"1\""),
        ("Save-Data", "on"),
    ];
    let initiators = vec![
        Initiator::Fetch,
        Initiator::Fetch,
        Initiator::Xhr { upload_listener: false },
        Initiator::Xhr { upload_listener: true },
        Initiator::Image,
        Initiator::Beacon,
    ];
    (
        (select(&ORIGINS[..]), option::weighted(0.2, select(&ORIGINS[..])), select(urls)),
        (
            select(vec!["GET", "GET", "HEAD", "post", "PUT", "patch", "TRACE"]),
            vec(select(headers), 0..4),
            any::<bool>(),
        ),
        select(vec![Mode::Cors, Mode::Cors, Mode::NoCors, Mode::SameOrigin]),
        select(vec![Credentials::Omit, Credentials::SameOrigin, Credentials::Include]),
        select(vec![
            CacheMode::Default,
            CacheMode::Default,
            CacheMode::NoStore,
            CacheMode::Reload,
            CacheMode::NoCache,
            CacheMode::ForceCache,
        ]),
        select(vec![RedirectMode::Follow, RedirectMode::Follow, RedirectMode::Manual, RedirectMode::Error]),
        select(initiators),
    )
        .prop_map(
            |((origin, top, url), (method, headers, body), mode, credentials, cache, redirect, initiator)| {
                Asked {
                    origin,
                    top,
                    url,
                    method,
                    headers,
                    body: body && !matches!(method, "GET" | "HEAD"),
                    mode,
                    credentials,
                    cache,
                    redirect,
                    initiator,
                }
            },
        )
}

fn answer(allows: &'static [&'static str]) -> impl Strategy<Value = Answer> {
    let field = |name: &'static str, values: &[&'static str]| {
        option::weighted(0.6, select(values.to_vec()).prop_map(move |value| (name, value.to_owned())))
    };
    let fields = (
        option::weighted(
            0.8,
            select(allows).prop_map(|value| ("Access-Control-Allow-Origin", value.to_owned())),
        ),
        field("Access-Control-Allow-Credentials", &["true", "false"]),
        field("Access-Control-Allow-Methods", &["*", "PUT, patch", "PUT,,", "a b"]),
        field("Access-Control-Allow-Headers", &["*", "x-a, content-type, authorization", "@"]),
        field("Access-Control-Max-Age", &["0", "600", "-1", "x"]),
        field("Access-Control-Expose-Headers", &["*", "etag", "("]),
        field(
            "Cache-Control",
            &["max-age=600", "no-store", "no-cache", "max-age=1, stale-while-revalidate=60"],
        ),
        field("Vary", &["Origin", "*", "Accept"]),
        field("ETag", &["\"1\"", "W/\"2\""]),
        field("Set-Cookie", &["c=1", "c=1; SameSite=None; Secure", "d=2; Path=/"]),
        field(
            "Location",
            &[
                "/again/{n}",
                "https://api{n}.store.example/y",
                "https://api{n}.cdn.example/z",
                "https://a.site.example/{n}/back",
                "https://u:p@api{n}.cdn.example/",
                "data:,x",
                "https://",
            ],
        ),
    );
    let statuses = vec![200, 200, 200, 204, 206, 301, 302, 303, 304, 307, 308, 401, 404, 407, 500];
    (select(statuses), fields, prop::bool::weighted(0.03)).prop_map(|(status, fields, fails)| {
        let (a, b, c, d, e, f, g, h, i, j, k) = fields;
        let fields = [a, b, c, d, e, f, g, h, i, j, k].into_iter().flatten().collect();
        Answer { status, fields, fails }
    })
}

const ANY: &[&str] = &["{origin}", "{origin}", "{origin}", "*", "https://a.site.example", "null", "a, b", ""];
/// What is nobody's origin.
const NOBODY: &[&str] = &["https://nobody.example", "", "NULL", "https://a.site.example/", "a, b", "'*'"];

fn config() -> impl Strategy<Value = AgentConfig> {
    (select(&Profile::ALL[..]), any::<bool>())
        .prop_map(|(profile, http_cache)| AgentConfig { profile, http_cache })
}

fn request(asked: &Asked, number: usize) -> Request {
    let parse = |text: &str| Origin::parse(text).expect("an origin");
    let top = parse(asked.top.unwrap_or(asked.origin));
    let url = Url::parse(&asked.url.replace("{n}", &number.to_string())).expect("a URL");
    Request {
        method: asked.method.to_owned(),
        headers: asked.headers.iter().copied().collect::<Fields>(),
        body: asked.body.then(|| Body::text("x")),
        mode: asked.mode,
        credentials: asked.credentials,
        cache: asked.cache,
        redirect: asked.redirect,
        initiator: asked.initiator,
        ..Request::new(Client::framed(parse(asked.origin), top), url)
    }
}

fn received(answer: &Answer, outgoing: &Outgoing, number: usize) -> Result<Response, NetworkError> {
    if answer.fails {
        return Err(NetworkError("reset".into()));
    }
    let origin = outgoing.request.fields.text("origin").unwrap_or_default();
    let mut response = Response::new(answer.status);
    for (name, value) in &answer.fields {
        response = response
            .with_field(name, &value.replace("{origin}", &origin).replace("{n}", &number.to_string()));
    }
    response.body = "body".into();
    Ok(response)
}

/// One request and what came of it so far.
struct Run<'a> {
    number: usize,
    id: FetchId,
    answers: std::iter::Cycle<std::slice::Iter<'a, Answer>>,
    exchanges: Vec<(Outgoing, Result<Response, NetworkError>)>,
    outcome: Option<Outcome>,
}

impl<'a> Run<'a> {
    fn new(agent: &mut Agent, asked: &Asked, answers: &'a [Answer], number: usize) -> Self {
        let id = agent.fetch(request(asked, number));
        Self { number, id, answers: answers.iter().cycle(), exchanges: Vec::new(), outcome: None }
    }

    fn step(&mut self, agent: &mut Agent, now: SystemTime) {
        if self.outcome.is_some() {
            return;
        }
        match agent.next(self.id, now) {
            Next::Send(outgoing) => {
                assert!(self.exchanges.len() < 100, "it does not end");
                let answer = self.answers.next().expect("an answer");
                let received = received(answer, &outgoing, self.number);
                agent.receive(self.id, now, received.clone());
                self.exchanges.push((outgoing, received));
            }
            Next::Done(outcome) => self.outcome = Some(outcome),
        }
    }

    fn finish(mut self, agent: &mut Agent, now: SystemTime) -> Self {
        while self.outcome.is_none() {
            self.step(agent, now);
        }
        self
    }
}

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + second)
}

/// Requests one after the other in one browser, each with its own answers; with the number 0,
/// so that they share every cache.
fn in_turn(config: AgentConfig, turns: &[(Asked, Vec<Answer>)], check: impl Fn(&Asked, &Run<'_>)) {
    let mut agent = Agent::new(config);
    for (second, (asked, answers)) in (0..).zip(turns) {
        let run = Run::new(&mut agent, asked, answers, 0).finish(&mut agent, at(second));
        check(asked, &run);
        for id in agent.background() {
            let later =
                Run { number: 0, id, answers: answers.iter().cycle(), exchanges: vec![], outcome: None };
            check(asked, &later.finish(&mut agent, at(second)));
        }
    }
}

fn turns(allows: &'static [&'static str]) -> impl Strategy<Value = Vec<(Asked, Vec<Answer>)>> {
    vec((asked(), vec(answer(allows), 1..5)), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_read_across_origins_that_the_cors_check_denies(
        profile in select(&Profile::ALL[..]),
        turns in turns(ANY),
    ) {
        in_turn(AgentConfig { profile, http_cache: false }, &turns, |asked, run| {
            let Some(Outcome::Allowed(readable)) = &run.outcome else { return };
            let origin = Origin::parse(asked.origin).expect("an origin");
            match readable.kind {
                ReadableKind::Basic => {
                    assert!(readable.url.scheme() == "data" || origin.is_of(&readable.url));
                    for (outgoing, _) in &run.exchanges {
                        assert!(origin.is_of(&outgoing.request.url));
                    }
                }
                ReadableKind::Cors => {
                    let (outgoing, received) = run.exchanges.last().expect("an exchange");
                    assert_ne!(outgoing.purpose, Purpose::Preflight);
                    let sent = outgoing.request.fields.text("origin").expect("Origin");
                    let response = received.as_ref().expect("a response");
                    let credentials = asked.credentials == Credentials::Include;
                    assert_eq!(cors_check(&sent, credentials, response), Ok(()));
                }
            }
        });
    }

    #[test]
    fn who_allows_nobody_is_read_by_nobody_else(config in config(), turns in turns(NOBODY)) {
        in_turn(config, &turns, |asked, run| {
            if let Some(Outcome::Allowed(readable)) = &run.outcome {
                let origin = Origin::parse(asked.origin).expect("an origin");
                assert_eq!(readable.kind, ReadableKind::Basic);
                assert!(readable.url.scheme() == "data" || origin.is_of(&readable.url));
            }
        });
    }

    #[test]
    fn credentials_go_only_where_the_mode_lets_them(config in config(), turns in turns(ANY)) {
        in_turn(config, &turns, |asked, run| {
            let origin = Origin::parse(asked.origin).expect("an origin");
            for (outgoing, _) in &run.exchanges {
                let fields = &outgoing.request.fields;
                let forbidden = outgoing.purpose == Purpose::Preflight
                    || asked.credentials == Credentials::Omit
                    || (asked.credentials == Credentials::SameOrigin && !origin.is_of(&outgoing.request.url));
                if forbidden {
                    assert!(!outgoing.credentials && !fields.contains("cookie"), "{outgoing:?}");
                }
                assert_ne!(fields.text("cookie").as_deref(), Some("mine=1"));
                assert_ne!(fields.text("origin").as_deref(), Some("https://evil.example"));
                if outgoing.purpose == Purpose::Preflight {
                    assert!(!fields.contains("authorization"));
                }
                assert!(outgoing.request.url.username().is_empty() && outgoing.request.url.fragment().is_none());
            }
        });
    }

    #[test]
    fn no_unsafe_method_crosses_origins_unasked(config in config(), asked in asked(), answers in vec(answer(ANY), 1..5)) {
        let mut agent = Agent::new(config);
        let run = Run::new(&mut agent, &asked, &answers, 0).finish(&mut agent, at(0));
        let origin = Origin::parse(asked.origin).expect("an origin");
        for (at, (outgoing, _)) in run.exchanges.iter().enumerate() {
            let request = &outgoing.request;
            let safe = matches!(request.method.as_str(), "GET" | "HEAD" | "POST" | "OPTIONS");
            let asks = run.exchanges.iter().take(at).any(|(before, received)| {
                before.purpose == Purpose::Preflight
                    && before.request.url == request.url
                    && received.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
            });
            prop_assert!(safe || asks || origin.is_of(&request.url), "{outgoing:?}");
        }
    }

    #[test]
    fn the_same_again_comes_out_the_same(config in config(), turns in turns(ANY)) {
        let play = || {
            let mut agent = Agent::new(config);
            let mut told = Vec::new();
            for (second, (asked, answers)) in (0..).zip(&turns) {
                let run = Run::new(&mut agent, asked, answers, 0).finish(&mut agent, at(second));
                told.push(format!("{:?} {:?} {:?}", run.exchanges, run.outcome, agent.notes(run.id)));
            }
            told
        };
        prop_assert_eq!(play(), play());
    }

    #[test]
    fn requests_that_have_nothing_in_common_do_not_meet(
        config in config(),
        turns in vec((asked(), vec(answer(ANY), 1..5)), 2..5),
        schedule in vec(any::<prop::sample::Index>(), 0..40),
    ) {
        // Their URLs never meet; on the pages' own hosts cookies would.
        let strip = |answers: &[Answer]| -> Vec<Answer> {
            let mut answers = answers.to_vec();
            for answer in &mut answers {
                answer.fields.retain(|(name, _)| *name != "Set-Cookie");
            }
            answers
        };
        let turns: Vec<(Asked, Vec<Answer>)> =
            turns.into_iter().map(|(asked, answers)| (asked, strip(&answers))).collect();
        let alone: Vec<Run<'_>> = turns
            .iter()
            .enumerate()
            .map(|(number, (asked, answers))| {
                let mut agent = Agent::new(config);
                Run::new(&mut agent, asked, answers, number).finish(&mut agent, at(0))
            })
            .collect();
        let mut agent = Agent::new(config);
        let mut together: Vec<Run<'_>> = turns
            .iter()
            .enumerate()
            .map(|(number, (asked, answers))| Run::new(&mut agent, asked, answers, number))
            .collect();
        for index in schedule {
            let at_most = together.len();
            if let Some(run) = together.get_mut(index.index(at_most)) {
                run.step(&mut agent, at(0));
            }
        }
        let together: Vec<Run<'_>> = together.into_iter().map(|run| run.finish(&mut agent, at(0))).collect();
        for (alone, together) in alone.iter().zip(&together) {
            prop_assert_eq!(&alone.exchanges, &together.exchanges);
            prop_assert_eq!(&alone.outcome, &together.outcome);
        }
    }

    #[test]
    fn no_answer_makes_it_fall_over(
        config in config(),
        asked in asked(),
        status in 0_u16..1000,
        fields in vec(("[A-Za-z-]{1,12}|Access-Control-[A-Za-z-]{1,14}|Location|Set-Cookie|Vary|Cache-Control|ETag", vec(any::<u8>(), 0..40)), 0..6),
    ) {
        let mut agent = Agent::new(config);
        for second in 0..3 {
            let id = agent.fetch(request(&asked, 0));
            for _ in 0..60 {
                let Next::Send(_) = agent.next(id, at(second)) else { break };
                let mut response = Response::new(status);
                response.fields.push("Access-Control-Allow-Origin", "*");
                for (name, value) in &fields {
                    response.fields.push(name.clone(), value.clone());
                }
                agent.receive(id, at(second), Ok(response));
            }
            prop_assert!(matches!(agent.next(id, at(second)), Next::Done(_)));
        }
    }
}
