//! What is replayed: cases, their orders, and what an endpoint answers.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crosscheck::{
    case::model::{Case, Through},
    exchange::{Exchange, Received, SendContext},
    fetch::Profile,
    interleave::{Capture, Place, Prepared, replay},
    message::{Request, Response},
    plan::Steps,
};
use serde_json::json;
use url::Url;

const CACHES: [Through; 3] = [Through::Browser, Through::Shared, Through::SingleSlot];

/// A case, its orders, and everything that an endpoint answers in them.
pub(super) struct Situation {
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
            prepared: Prepared::new(&case, &place, Profile::Spec).expect("requests"),
            orders,
            capture: Capture::default(),
            now,
        };
        for (order, through) in situation.tests() {
            while let Err((request, context)) = situation.replay(&order, through) {
                let exchange = Arc::new(answer(&request));
                situation.capture.add((request, context), exchange).expect("an answer of the endpoint's own");
            }
            assert_eq!(situation.replay(&order, through), Ok(true), "{order:?} {through:?}");
        }
        situation
    }

    /// Every order through every cache.
    pub(super) fn tests(&self) -> Vec<(Steps, Through)> {
        let through = |order: &Steps| CACHES.map(|through| (order.clone(), through));
        self.orders.iter().flat_map(through).collect()
    }

    /// Whether every page gets what it should.
    pub(super) fn replay(
        &self,
        order: &Steps,
        through: Through,
    ) -> Result<bool, (Arc<Request>, SendContext)> {
        let walk = replay(&self.prepared, order, through, &self.capture, self.now)?;
        Ok(walk.holds())
    }
}

/// What a store with `ResponseVary` answers.
fn answer(request: &Arc<Request>) -> Exchange {
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
    Exchange {
        sent: Arc::clone(request),
        raw_sent: None,
        received,
        raw_received: None,
        micros: 0,
        cut: None,
        hidden: Vec::new(),
    }
}

fn page(origin: &str) -> serde_json::Value {
    let site = "https://top.site.example";
    json!({ "origin": origin, "site": site, "path": "doc.json", "expect": { "outcome": "allowed" } })
}

/// Two pages, in both orders.
pub(super) fn two_pages() -> Situation {
    let requests = json!({ "a": page("https://a.site.example"), "b": page("https://b.site.example") });
    Situation::new(&requests, &["a,b", "b,a"])
}

/// An image and two pages, in every order.
pub(super) fn image_and_two_pages() -> Situation {
    let mut image = page("https://a.site.example");
    image["mode"] = json!("no-cors");
    image["expect"] = json!({ "outcome": "opaque" });
    let requests =
        json!({ "img": image, "a": page("https://a.site.example"), "b": page("https://b.site.example") });
    Situation::new(&requests, &["img,a,b", "img,b,a", "a,img,b", "a,b,img", "b,img,a", "b,a,img"])
}

/// Two pages whose requests need a preflight, every interleaving of their steps.
pub(super) fn two_preflighted_pages() -> Situation {
    let preflighted = |origin: &str| {
        let mut page = page(origin);
        page["headers"] = json!({ "x-a": "1" });
        page
    };
    let requests =
        json!({ "a": preflighted("https://a.site.example"), "b": preflighted("https://b.site.example") });
    Situation::new(&requests, &["a,a,b,b", "a,b,a,b", "a,b,b,a", "b,a,a,b", "b,a,b,a", "b,b,a,a"])
}

/// A case.
pub(super) type Shape = fn() -> Situation;

/// The cases that are replayed.
pub(super) const SHAPES: [(&str, Shape); 3] = [
    ("two pages", two_pages),
    ("an image and two pages", image_and_two_pages),
    ("two preflighted pages", two_preflighted_pages),
];
