//! How many orders are replayed and judged in a second.
//!
//! `cargo bench --bench replay`. One item is one test: one order of a case's requests walked from a
//! new browser through a new cache to every page's outcome, from captured answers, and compared
//! with what the case expects. The bar is 100,000 of them a second on one core. The answers are an
//! object store's, with a dozen field lines and a kilobyte of content; nothing is kept from one
//! test to the next, and `allocations` shows that a replay leaves nothing behind.

#![allow(
    clippy::expect_used,
    reason = "the inputs are fixed here, and a benchmark stops where it cannot go on"
)]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crosscheck::{
    case::model::{Case, Through},
    exchange::{Exchange, Received},
    fetch::Profile,
    interleave::{Capture, Place, Prepared, replay},
    message::{Request, Response},
    plan::Steps,
};
use divan::{AllocProfiler, Bencher, black_box, counter::ItemsCount};
use serde_json::json;
use url::Url;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const CACHES: [Through; 3] = [Through::Browser, Through::Shared, Through::SingleSlot];

fn main() {
    divan::main();
}

/// A case, its orders, and everything that an endpoint answers in them.
struct Situation {
    prepared: Prepared,
    orders: Vec<Steps>,
    capture: Capture,
    now: SystemTime,
}

impl Situation {
    fn new(requests: &serde_json::Value, orders: &[&str]) -> Self {
        let case = json!({ "id": "case", "title": "A case", "requests": requests });
        let case: Arc<Case> = Arc::new(serde_json::from_value(case).expect("a case"));
        let base = Url::parse("https://bucket.oss.example/").expect("a URL");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_620_800);
        let place = Place { url: base.clone(), base, fresh: None, key: None, at: now };
        let orders = orders.iter().map(|order| order.split(',').map(str::to_owned).collect()).collect();
        let mut situation = Self {
            prepared: Prepared::new(&case, &place).expect("requests"),
            orders,
            capture: Capture::default(),
            now,
        };
        for (order, through) in situation.tests() {
            while let Err(request) = situation.replay(&order, through) {
                let exchange = Arc::new(answer(&request));
                situation.capture.add(*request, exchange).expect("an answer of the endpoint's own");
            }
            assert_eq!(situation.replay(&order, through), Ok(true), "{order:?} {through:?}");
        }
        situation
    }

    fn tests(&self) -> Vec<(Steps, Through)> {
        let through = |order: &Steps| CACHES.map(|through| (order.clone(), through));
        self.orders.iter().flat_map(through).collect()
    }

    /// Whether every page gets what it should.
    fn replay(&self, order: &Steps, through: Through) -> Result<bool, Box<Request>> {
        let walk = replay(&self.prepared, order, through, Profile::Spec, &self.capture, self.now)?;
        Ok(walk.holds())
    }
}

/// What a store with `ResponseVary` answers.
fn answer(request: &Request) -> Exchange {
    let origin = request.fields.text("origin");
    let mut response = Response::new(200);
    for (name, value) in [
        ("Server", "AliyunOSS"),
        ("Date", "Mon, 02 Nov 2026 12:00:00 GMT"),
        ("Content-Type", "application/json"),
        ("Content-Length", "1000"),
        ("Connection", "keep-alive"),
        ("ETag", "\"5d41402abc4b2a76b9719d911017c592\""),
        ("Last-Modified", "Sun, 01 Nov 2026 12:00:00 GMT"),
        ("Cache-Control", "public, max-age=600"),
        ("Vary", "Origin"),
    ] {
        response = response.with_field(name, value);
    }
    if let Some(origin) = origin {
        response = response
            .with_field("Access-Control-Allow-Origin", &origin)
            .with_field("Access-Control-Allow-Methods", "GET, HEAD")
            .with_field("Access-Control-Allow-Headers", "x-a");
    }
    response.body = vec![b'x'; 1000].into();
    let received = Received::Response(response);
    Exchange { sent: request.clone(), raw_sent: None, received, raw_received: None, micros: 0 }
}

fn page(origin: &str) -> serde_json::Value {
    let site = "https://top.site.example";
    json!({ "origin": origin, "site": site, "path": "doc.json", "expect": { "outcome": "allowed" } })
}

fn bench(bencher: Bencher<'_, '_>, situation: &Situation) {
    let tests = situation.tests();
    bencher.counter(ItemsCount::new(tests.len())).bench_local(|| {
        tests
            .iter()
            .filter(|(order, through)| black_box(situation.replay(order, *through)) == Ok(true))
            .count()
    });
}

/// Two pages, in both orders.
#[divan::bench]
fn two_pages(bencher: Bencher<'_, '_>) {
    let requests = json!({ "a": page("https://a.site.example"), "b": page("https://b.site.example") });
    bench(bencher, &Situation::new(&requests, &["a,b", "b,a"]));
}

/// An image and two pages, in every order.
#[divan::bench]
fn image_and_two_pages(bencher: Bencher<'_, '_>) {
    let mut image = page("https://a.site.example");
    image["mode"] = json!("no-cors");
    image["expect"] = json!({ "outcome": "opaque" });
    let requests =
        json!({ "img": image, "a": page("https://a.site.example"), "b": page("https://b.site.example") });
    let orders = ["img,a,b", "img,b,a", "a,img,b", "a,b,img", "b,img,a", "b,a,img"];
    bench(bencher, &Situation::new(&requests, &orders));
}

/// Two pages whose requests need a preflight, every interleaving of their steps.
#[divan::bench]
fn two_preflighted_pages(bencher: Bencher<'_, '_>) {
    let preflighted = |origin: &str| {
        let mut page = page(origin);
        page["headers"] = json!({ "x-a": "1" });
        page
    };
    let requests =
        json!({ "a": preflighted("https://a.site.example"), "b": preflighted("https://b.site.example") });
    let orders = ["a,a,b,b", "a,b,a,b", "a,b,b,a", "b,a,a,b", "b,a,b,a", "b,b,a,a"];
    bench(bencher, &Situation::new(&requests, &orders));
}
