//! How many steps of simulated browsers fit in a second: one call of `next` or `receive` is a step.
//!
//! `cargo bench --bench agent`. A load run drives hundreds of browsers at once, and a replay
//! walks three requests through one in ten microseconds.
#![allow(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crosscheck::{
    fetch::{Agent, AgentConfig, Client, Next, Origin, Profile, Request},
    message::Response,
};
use divan::{Bencher, counter::ItemsCount};
use url::Url;

fn main() {
    divan::main();
}

fn client(origin: &str) -> Arc<Client> {
    Arc::new(Client::top_level(Origin::parse(origin).expect("an origin")))
}

fn url() -> Url {
    Url::parse("https://store.example/bucket/object.json?version=1").expect("a URL")
}

/// Brings one request to its end; the answer to a preflight is `preflight`, to others `actual`.
fn drive(agent: &mut Agent, request: Request, preflight: &Response, actual: &Response) -> usize {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let id = agent.fetch(request);
    let mut steps = 1;
    while let Next::Send(outgoing) = agent.next(id, now) {
        let answer = if outgoing.request.method == "OPTIONS" { preflight } else { actual };
        agent.receive(id, now, Ok(answer.clone()));
        steps += 2;
    }
    agent.forget(id);
    steps
}

fn answers() -> (Response, Response) {
    let preflight = Response::new(204)
        .with_field("Access-Control-Allow-Origin", "https://app.example")
        .with_field("Access-Control-Allow-Methods", "GET, PUT")
        .with_field("Access-Control-Allow-Headers", "x-a, content-type")
        .with_field("Access-Control-Max-Age", "600");
    let actual = Response::new(200)
        .with_field("Access-Control-Allow-Origin", "https://app.example")
        .with_field("Vary", "Origin")
        .with_field("Cache-Control", "max-age=600")
        .with_field("Content-Type", "application/json");
    (preflight, actual)
}

fn get() -> Request {
    Request::new(client("https://app.example"), url())
}

fn put() -> Request {
    let mut request = get();
    request.method = "PUT".into();
    request.headers.push("Content-Type", "application/json");
    request.headers.push("X-A", "1");
    request
}

fn bench(bencher: Bencher<'_, '_>, request: &Request, config: AgentConfig, warm: bool) {
    let (preflight, actual) = answers();
    let mut counted = Agent::new(config);
    if warm {
        drive(&mut counted, request.clone(), &preflight, &actual);
    }
    let steps = drive(&mut counted, request.clone(), &preflight, &actual);
    let mut shared = Agent::new(config);
    drive(&mut shared, request.clone(), &preflight, &actual);
    bencher.counter(ItemsCount::new(steps)).bench_local(|| {
        if warm {
            drive(&mut shared, request.clone(), &preflight, &actual)
        } else {
            drive(&mut Agent::new(config), request.clone(), &preflight, &actual)
        }
    });
}

const PLAIN: AgentConfig = AgentConfig { profile: Profile::Spec, http_cache: false };
const CACHING: AgentConfig = AgentConfig { profile: Profile::Chromium, http_cache: true };

#[divan::bench]
fn simple_get(bencher: Bencher<'_, '_>) {
    bench(bencher, &get(), PLAIN, false);
}

#[divan::bench]
fn preflighted_put(bencher: Bencher<'_, '_>) {
    bench(bencher, &put(), PLAIN, false);
}

#[divan::bench]
fn put_with_the_preflight_cached(bencher: Bencher<'_, '_>) {
    bench(bencher, &put(), PLAIN, true);
}

#[divan::bench]
fn get_stored_in_the_http_cache(bencher: Bencher<'_, '_>) {
    bench(bencher, &get(), CACHING, false);
}

#[divan::bench]
fn get_served_by_the_http_cache(bencher: Bencher<'_, '_>) {
    bench(bencher, &get(), CACHING, true);
}
