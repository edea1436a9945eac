//! Pages of several origins in one browser, behind a cache or none, in any interleaving of their
//! steps, answered by whatever is there and whenever it comes: nothing falls over or has no end,
//! what was decided stays decided, and no page gets a cookie that it asked to leave out.
//!
//! Input: a byte that chooses the browser, one that chooses the cache, then steps, each a line:
//! `f` and bytes that choose a request, `n` and one that chooses whose turn it is, `r` with that and
//! a status byte (100 to 355), then field lines up to an empty line, `e` (no answer), `x` (forget),
//! `b` (what the browser asks of its own), `w` and one that chooses how long to wait.
#![no_main]

use std::time::{Duration, SystemTime};

use crosscheck::{
    caching::{Cache, Forward, Model, Relayed},
    fetch::{
        Agent, AgentConfig, Body, CacheMode, Client, Credentials, FetchId, Initiator, Mode, NetworkError,
        Next, Origin, Outcome, Profile, RedirectMode, Request,
    },
    message::{Fields, Response},
};
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Twenty redirects and the first, each with a preflight, a validation and a request made again.
const MOST_REQUESTS: usize = 3 * 21;

/// So many requests are under way at most.
const MOST_AT_ONCE: usize = 16;

fuzz_target!(|data: &[u8]| {
    let &[browser, between, ref rest @ ..] = data else { return };
    let mut rest: &[u8] = rest;
    let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut world = World {
        agent: Agent::new(AgentConfig { profile: of(&Profile::ALL, browser), http_cache: browser & 128 != 0 }),
        cache: Model::NAMED.get(usize::from(between)).map(|(_, model)| Cache::new(model.clone())),
        under_way: Vec::new(),
    };
    while !rest.is_empty() {
        let Some((&step, choices)) = line(&mut rest).split_first() else { continue };
        let mut choices = choices.iter().copied();
        let mut choice = || choices.next().unwrap_or_default();
        match step {
            b'f' if world.under_way.len() < MOST_AT_ONCE => {
                let asked = request([choice(), choice(), choice(), choice(), choice()]);
                let omits = asked.credentials == Credentials::Omit;
                let id = world.agent.fetch(asked);
                world.under_way.push(UnderWay::new(id, omits));
            }
            b'n' => world.next(choice(), now),
            b'r' => {
                let (who, status) = (choice(), 100 + u16::from(choice()));
                let fields = fields(&mut rest);
                world.receive(who, Ok(Response { fields, body: "0123456789".into(), ..Response::new(status) }), now);
            }
            b'e' => world.receive(choice(), Err(NetworkError("reset".to_owned())), now),
            b'x' => {
                if let Some(place) = world.place(choice()) {
                    world.agent.forget(world.under_way.swap_remove(place).id);
                }
            }
            b'b' => {
                let ids = world.agent.background();
                world.under_way.extend(ids.into_iter().map(|id| UnderWay::new(id, false)));
            }
            b'w' => now += Duration::from_secs(1 << (choice() % 32)),
            _ => {}
        }
    }
});

/// One request on its way.
struct UnderWay {
    id: FetchId,
    omits_credentials: bool,
    /// Whether something was sent that is not answered.
    sent: bool,
    answered: usize,
    /// What the cache sent on.
    forward: Option<Forward>,
}

impl UnderWay {
    fn new(id: FetchId, omits_credentials: bool) -> Self {
        Self { id, omits_credentials, sent: false, answered: 0, forward: None }
    }
}

struct World {
    agent: Agent,
    cache: Option<Cache>,
    under_way: Vec<UnderWay>,
}

impl World {
    fn place(&self, who: u8) -> Option<usize> {
        usize::from(who).checked_rem(self.under_way.len())
    }

    fn next(&mut self, who: u8, now: SystemTime) {
        let Some(place) = self.place(who) else { return };
        let one = &mut self.under_way[place];
        let next = self.agent.next(one.id, now);
        assert_eq!(self.agent.next(one.id, now), next, "asked twice");
        match next {
            Next::Send(outgoing) => {
                one.sent = true;
                let cookie = outgoing.request.fields.contains("cookie");
                assert!(!one.omits_credentials || !cookie, "{outgoing:?}");
                let Some(cache) = self.cache.as_ref().filter(|_| one.forward.is_none()) else { return };
                let key = cache.model().key("", outgoing.credentials, &outgoing.request.url);
                match cache.relay(&key, &outgoing.request, now) {
                    Relayed::Answer(stored) => {
                        let answer = stored.answer(&outgoing.request, now);
                        self.receive(who, Ok(answer), now);
                    }
                    Relayed::AnswerAndForward(_, forward) | Relayed::Forward(forward) => {
                        one.forward = Some(forward);
                    }
                }
            }
            Next::Done(outcome) => {
                if let Outcome::Allowed(readable) = &outcome {
                    assert!(!readable.fields.contains("set-cookie"));
                }
                assert_eq!(self.agent.outcome(one.id), Some(&outcome));
            }
        }
    }

    fn receive(&mut self, who: u8, received: Result<Response, NetworkError>, now: SystemTime) {
        let Some(place) = self.place(who) else { return };
        let one = &mut self.under_way[place];
        let done = self.agent.outcome(one.id).cloned();
        one.answered += usize::from(std::mem::take(&mut one.sent));
        assert!(one.answered <= MOST_REQUESTS, "no end");
        let received = match (one.forward.take(), &mut self.cache, received) {
            (Some(forward), Some(cache), Ok(response)) => Ok(cache.receive(forward, response, now, 0).0),
            (_, _, received) => received,
        };
        self.agent.receive(one.id, now, received);
        if done.is_some() {
            assert_eq!(self.agent.outcome(one.id), done.as_ref(), "decided twice");
        }
    }
}

const ORIGINS: [&str; 5] =
    ["https://a.site.example", "https://b.site.example", "https://c.example", "http://a.site.example", "null"];

const URLS: [&str; 6] = [
    "https://api.example/x",
    "https://a.site.example/x?q#f",
    "http://api.example/x",
    "https://u:p@api.example/x",
    "data:text/plain,x",
    "ftp://api.example/x",
];

const METHODS: [&str; 8] = ["GET", "GET", "HEAD", "post", "PUT", "patch", "OPTIONS", "TRACE"];

const HEADERS: [(&str, &str); 8] = [
    ("X-A", "1"),
    ("Range", "bytes=0-4"),
    ("Range", "bytes=-3"),
    ("If-None-Match", "\"1\""),
    ("Authorization", "secret"),
    ("Content-Type", "application/json"),
    ("Cookie", "mine=1"),
    ("Cache-Control", "max-stale=5"),
];

/// One of several, by a byte of the input.
fn of<T: Copy>(values: &[T], choice: u8) -> T {
    values[usize::from(choice) % values.len()]
}

fn request([page, url, headers, modes, more]: [u8; 5]) -> Request {
    let origin = |choice: u8| -> Origin { of(&ORIGINS, choice).parse().expect("an origin") };
    let client = Client::framed(origin(page), origin(page / 8));
    let mut request = Request::new(client, Url::parse(of(&URLS, url)).expect("a URL"));
    request.method = of(&METHODS, url / 8).to_owned();
    for (bit, (name, value)) in HEADERS.iter().enumerate() {
        if headers >> bit & 1 == 1 {
            request.headers.push(*name, *value);
        }
    }
    request.mode = of(&[Mode::Cors, Mode::Cors, Mode::NoCors, Mode::SameOrigin], modes);
    request.credentials = of(&[Credentials::Include, Credentials::SameOrigin, Credentials::Omit], modes / 4);
    request.cache = of(
        &[
            CacheMode::Default,
            CacheMode::Default,
            CacheMode::NoStore,
            CacheMode::Reload,
            CacheMode::NoCache,
            CacheMode::ForceCache,
            CacheMode::OnlyIfCached,
        ],
        modes / 16,
    );
    request.redirect = of(&[RedirectMode::Follow, RedirectMode::Follow, RedirectMode::Manual, RedirectMode::Error], more);
    request.initiator = of(
        &[
            Initiator::Fetch,
            Initiator::Xhr { upload_listener: false },
            Initiator::Xhr { upload_listener: true },
            Initiator::Image,
            Initiator::Beacon,
        ],
        more / 4,
    );
    request.body = match more / 32 {
        0 => Some(Body::text("x")),
        1 => Some(Body::stream("x")),
        _ => None,
    };
    request
}

/// The next line of the input, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    let (line, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    line
}

/// Field lines up to an empty line.
fn fields(rest: &mut &[u8]) -> Fields {
    let mut fields = Fields::new();
    loop {
        let line = line(rest);
        if line.is_empty() {
            return fields;
        }
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        fields.push(name, line[colon + 1..].trim_ascii().to_vec());
    }
}
