//! How many responses a cache stores and hands on in a second.
//!
//! `cargo bench --bench caching`. A replay of one order through one cache model is a few
//! lookups and stores; the bar is 100,000 whole replays a second on one core, so that a
//! round of three requests has ten microseconds.

#![allow(clippy::expect_used, reason = "the inputs are fixed here")]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crosscheck::{
    caching::{Cache, Key, Lookup, LookupMode, Model},
    message::{Request, Response},
};
use divan::{Bencher, black_box, counter::ItemsCount};
use url::Url;

const ORIGINS: [&str; 3] = ["https://a.example", "https://b.example", "https://c.example"];

fn main() {
    divan::main();
}

fn models() -> [(&'static str, Model); 4] {
    [
        ("browser", Model::BROWSER),
        ("shared", Model::SHARED),
        ("single-slot", Model::SINGLE_SLOT),
        ("url-keyed", Model::URL_KEYED),
    ]
}

fn model(name: &str) -> Model {
    models().into_iter().find(|(known, _)| *known == name).map_or(Model::BROWSER, |(_, model)| model)
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_620_800)
}

/// What three pages ask and are answered, as an object store would.
struct Traffic {
    key: Key,
    requests: Vec<Request>,
    responses: Vec<Arc<Response>>,
}

impl Traffic {
    fn new() -> Self {
        let url = Url::parse("https://bucket.oss.example/shared.json").expect("a URL");
        let requests = ORIGINS.map(|origin| {
            let mut request = Request::new("GET", url.clone());
            for (name, value) in [
                ("Host", "bucket.oss.example"),
                ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
                ("Accept", "*/*"),
                ("Origin", origin),
                ("Referer", "https://a.example/"),
                ("Accept-Encoding", "gzip, deflate, br"),
                ("Accept-Language", "en"),
            ] {
                request.fields.push(name, value);
            }
            request
        });
        let responses = ORIGINS.map(|origin| {
            let mut response = Response::new(200)
                .with_field("Date", "Mon, 02 Nov 2026 12:00:00 GMT")
                .with_field("Content-Type", "application/json")
                .with_field("Content-Length", "1000")
                .with_field("ETag", "\"5d41402abc4b2a76b9719d911017c592\"")
                .with_field("Last-Modified", "Sun, 01 Nov 2026 12:00:00 GMT")
                .with_field("Cache-Control", "public, max-age=600")
                .with_field("Access-Control-Allow-Origin", origin)
                .with_field("Vary", "Origin");
            response.body = vec![b'x'; 1000].into();
            Arc::new(response)
        });
        let key = Key { partition: "https://a.example".to_owned(), url };
        Self { key, requests: requests.to_vec(), responses: responses.to_vec() }
    }

    fn replay(&self, cache: &mut Cache) -> usize {
        let mut hits = 0;
        for (tag, (request, response)) in (0..).zip(self.requests.iter().zip(&self.responses)) {
            match cache.lookup(&self.key, request, LookupMode::Default, now()) {
                Lookup::Fresh(_) => hits += 1,
                _ => {
                    cache.store(&self.key, request, Arc::clone(response), now(), now(), tag);
                }
            }
        }
        hits
    }
}

/// Lookups that find a fresh stored response.
#[divan::bench(args = ["browser", "shared", "single-slot", "url-keyed"])]
fn hit(bencher: Bencher<'_, '_>, name: &str) {
    let traffic = Traffic::new();
    let mut cache = Cache::new(model(name));
    traffic.replay(&mut cache);
    let last = &traffic.requests[ORIGINS.len() - 1];
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench_local(|| black_box(cache.lookup(&traffic.key, black_box(last), LookupMode::Default, now())));
}

/// Stores of one response in the place of another.
#[divan::bench(args = ["browser", "shared", "single-slot", "url-keyed"])]
fn store(bencher: Bencher<'_, '_>, name: &str) {
    let traffic = Traffic::new();
    let mut cache = Cache::new(model(name));
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        let response = Arc::clone(&traffic.responses[0]);
        black_box(cache.store(&traffic.key, &traffic.requests[0], response, now(), now(), 0))
    });
}

/// A new cache, and three requests through it: what a replay costs on the cache's side.
#[divan::bench(args = ["browser", "shared", "single-slot", "url-keyed"])]
fn round(bencher: Bencher<'_, '_>, name: &str) {
    let traffic = Traffic::new();
    let model = model(name);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        let mut cache = Cache::new(model.clone());
        black_box(traffic.replay(&mut cache))
    });
}
