//! A shared cache between the pages and the endpoint, as one of the models of `caching`.

use std::time::SystemTime;

use crate::{
    caching::{Cache, Key, Lookup, LookupMode, Model},
    case::model::{ServedBy, Through},
    exchange::{Exchange, Received},
    message::Request,
    transport::Wire,
};

/// What stands between the pages and the endpoint.
pub(super) struct Between {
    cache: Option<Cache>,
}

impl Between {
    pub(super) fn new(through: Through) -> Self {
        let model = match through {
            Through::None | Through::Browser | Through::Live => None,
            Through::Shared => Some(Model::SHARED.clone()),
            Through::SingleSlot => Some(Model::SINGLE_SLOT.clone()),
            Through::UrlKeyed => Some(Model::URL_KEYED.clone()),
        };
        Self { cache: model.map(Cache::new) }
    }

    /// Asks the cache, and the endpoint where the cache has no answer of its own.
    pub(super) async fn exchange(&mut self, wire: &Wire, request: &Request) -> (Exchange, ServedBy) {
        let Some(cache) = &mut self.cache else { return (wire.exchange(request).await, ServedBy::Network) };
        let key = Key { partition: String::new(), url: request.url.clone() };
        let requested_at = SystemTime::now();
        let mut forwarded = request.clone();
        let mut validating = false;
        match cache.lookup(&key, request, LookupMode::Default, requested_at) {
            Lookup::Fresh(stored) => {
                let exchange = Exchange {
                    sent: request.clone(),
                    raw_sent: None,
                    received: Received::Response(stored.answer(request, requested_at)),
                    raw_received: None,
                    micros: 0,
                };
                return (exchange, ServedBy::Cache);
            }
            Lookup::Stale { conditional, .. } | Lookup::VaryMismatch { conditional, .. } => {
                validating = !conditional.is_empty() && !has_condition(request);
                if validating {
                    for field in &conditional {
                        forwarded.fields.push(field.name.clone(), field.value.clone());
                    }
                }
            }
            Lookup::Miss => {}
        }
        let mut exchange = wire.exchange(&forwarded).await;
        let received_at = SystemTime::now();
        let Received::Response(response) = &exchange.received else { return (exchange, ServedBy::Network) };
        if validating && response.status == 304 {
            if let Some(stored) = cache.freshen(&key, request, response, requested_at, received_at) {
                exchange.received = Received::Response(stored.answer(request, received_at));
                return (exchange, ServedBy::Validated);
            }
            return (exchange, ServedBy::Network);
        }
        cache.invalidate(&key, &request.method, response);
        cache.store(&key, request, response.clone(), requested_at, received_at, 0);
        (exchange, ServedBy::Network)
    }
}

fn has_condition(request: &Request) -> bool {
    ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"]
        .iter()
        .any(|name| request.fields.contains(name))
}
