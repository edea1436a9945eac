//! A browser whose every request is answered by whatever is there: it comes to an outcome in
//! a bounded number of requests, and never shows a page of another origin a response that does
//! not name it.
//!
//! Input: a byte that chooses the request, then responses: a status byte (100 to 355) and field
//! lines, each ended by an empty line.
#![no_main]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crosscheck::{
    fetch::{
        Agent, AgentConfig, Client, Credentials, Mode, Next, Origin, Outcome, Profile, Request,
        agent::ReadableKind,
    },
    message::{Fields, Response},
};
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Twenty redirects, each with a preflight, and the first.
const MOST_REQUESTS: usize = 2 * 21;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let origin: Origin = "https://a.example".parse().expect("an origin");
    let client = Arc::new(Client::top_level(origin));
    let mut request = Request::new(client, Url::parse("https://b.example/x").expect("a URL"));
    request.mode = if choice & 1 == 0 { Mode::Cors } else { Mode::NoCors };
    request.credentials = if choice & 2 == 0 { Credentials::Include } else { Credentials::SameOrigin };
    if choice & 4 != 0 {
        request.method = "PUT".to_owned();
    }
    if choice & 8 != 0 {
        request.headers.push("X-A", "1");
    }
    let profile = match choice >> 4 & 3 {
        0 => Profile::Spec,
        1 => Profile::Chromium,
        2 => Profile::Firefox,
        _ => Profile::Webkit,
    };
    let config = AgentConfig { profile, http_cache: choice & 64 != 0 };
    let mut agent = Agent::new(config);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for round in 0..2 {
        let id = agent.fetch(request.clone());
        let mut sent = 0;
        let mut last = None;
        let outcome = loop {
            match agent.next(id, now) {
                Next::Done(outcome) => break outcome,
                Next::Send(_) => {
                    sent += 1;
                    assert!(sent <= MOST_REQUESTS, "no end in round {round}");
                    let response = response(&mut rest);
                    last = Some(response.clone());
                    agent.receive(id, now, Ok(response));
                }
            }
        };
        let Outcome::Allowed(readable) = outcome else { continue };
        assert!(!readable.fields.contains("set-cookie"));
        // A stored response may have answered instead of the last one, where there is a cache.
        if readable.kind == ReadableKind::Cors
            && !config.http_cache
            && let Some(last) = last
        {
            let allowed = last.fields.get("access-control-allow-origin").unwrap_or_default();
            let mut accepted = [b"https://a.example".as_slice(), b"null", b"*"].into_iter();
            assert!(accepted.any(|value| allowed.as_ref() == value), "{last:?}");
        }
    }
});

/// The next response of the input; 200 and nothing at its end.
fn response(rest: &mut &[u8]) -> Response {
    let Some((&status, data)) = rest.split_first() else { return Response::new(200) };
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let fields = fields(&data[..end]);
    *rest = data.get(end + 2..).unwrap_or_default();
    Response { fields, ..Response::new(100 + u16::from(status)) }
}

fn fields(data: &[u8]) -> Fields {
    data.split(|&b| b == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|&b| b == b':')?;
            let name = String::from_utf8_lossy(line.get(..colon)?).into_owned();
            Some((name, line.get(colon + 1..)?.trim_ascii().to_vec()))
        })
        .collect()
}
