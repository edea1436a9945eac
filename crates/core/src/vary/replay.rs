//! Orders through a cache model, without sockets.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use url::Url;

use super::{
    Answer, Order, Seen, Step, Way,
    endpoint::{ANSWER_ID, Endpoint, rules},
};
use crate::{
    caching::{Cache, Model},
    message::{Request, Response},
};

/// How long an answer is fresh in an order without waiting, in seconds.
pub const LONG: u64 = 600;

/// How long an answer is fresh in an order with waiting, in seconds.
pub const SHORT: u64 = 5;

/// How long is waited until every stored response is stale.
pub const WAIT: Duration = Duration::from_millis(6_200);

/// What becomes of an order through a cache of this model, in front of an endpoint that answers
/// in this way.
pub fn replay(model: &Model, way: Way, order: &Order) -> Seen {
    let lifetime = if order.has_stale() { SHORT } else { LONG };
    let mut gateway = Gateway {
        cache: Cache::new(model.clone()),
        endpoint: Endpoint::new(way, rules(), lifetime),
        // Any time will do.
        now: UNIX_EPOCH + Duration::from_secs(1_000_000_000),
    };
    #[expect(clippy::expect_used, reason = "a literal")]
    let url = Url::parse("http://store.example/object").expect("a URL");
    let mut answers = Vec::new();
    let mut known = Vec::new();
    for step in &order.0 {
        let Step::Ask(ask) = step else {
            gateway.now += WAIT;
            continue;
        };
        let response = gateway.exchange(&Arc::new(ask.request(url.clone())));
        let id = response.fields.get(ANSWER_ID);
        let new = !known.contains(&id);
        known.push(id);
        answers.push(Answer::of(ask.who, &response, new));
    }
    let forwarded = usize::try_from(gateway.endpoint.answered).unwrap_or(usize::MAX);
    Seen { order: order.clone(), answers, forwarded }
}

/// A cache in front of an endpoint.
struct Gateway {
    cache: Cache,
    endpoint: Endpoint,
    now: SystemTime,
}

impl Gateway {
    fn exchange(&mut self, request: &Arc<Request>) -> Response {
        let key = self.cache.model().key("page", true, &request.url);
        self.cache.exchange(&key, request, self.now, |request| self.endpoint.answer(request))
    }
}
