//! A shared cache between the pages and the endpoint, as one of the models of `caching`.

use std::{sync::Arc, time::SystemTime};

use crate::{
    caching::{Cache, Key, Lookup, LookupMode, Model, Stored, has_precondition},
    case::model::{ServedBy, Through},
    exchange::{Exchange, Received, StoredUse},
    message::Request,
};

/// What stands between the pages and the endpoint.
#[derive(Debug)]
pub(super) struct Between {
    cache: Option<Cache>,
    /// The `Origin` and the step of each request whose response was offered for storing; a stored
    /// response's tag is its place here.
    offered: Vec<(Option<String>, usize)>,
}

/// What becomes of a request that comes to the cache.
pub(super) enum Passage {
    /// The cache answers.
    Answered(Exchange, StoredUse),
    /// It is sent on.
    Forwarded(Forwarded),
}

/// A request on its way to the endpoint.
#[derive(Debug)]
pub(super) struct Forwarded {
    /// As it is sent on, with the cache's own conditions.
    pub(super) sent: Request,
    /// As it came, where that is something else.
    asked: Option<Request>,
    at: SystemTime,
}

impl Forwarded {
    fn asked(&self) -> &Request {
        self.asked.as_ref().unwrap_or(&self.sent)
    }
}

/// The model of the shared cache that a case names; `None` where no shared cache of ours is between.
pub fn shared_model(through: Through) -> Option<Model> {
    match through {
        Through::None | Through::Browser | Through::Live => None,
        Through::Shared => Some(Model::SHARED),
        Through::SingleSlot => Some(Model::SINGLE_SLOT),
        Through::UrlKeyed => Some(Model::URL_KEYED),
    }
}

impl Between {
    pub(super) fn new(through: Through) -> Self {
        Self { cache: shared_model(through).map(Cache::new), offered: Vec::new() }
    }

    /// Asks the cache.
    pub(super) fn ask(&self, request: Request, now: SystemTime) -> Passage {
        let as_it_is = |sent| Passage::Forwarded(Forwarded { sent, asked: None, at: now });
        let Some(cache) = &self.cache else { return as_it_is(request) };
        match cache.lookup(&key(&request), &request, LookupMode::Default, now) {
            Lookup::Fresh(stored) => {
                let answer = stored.answer(&request, now);
                let exchange = Exchange {
                    sent: request,
                    raw_sent: None,
                    received: Received::Response(answer),
                    raw_received: None,
                    micros: 0,
                };
                Passage::Answered(exchange, self.used(&stored, now))
            }
            Lookup::Stale { conditional, .. } | Lookup::VaryMismatch { conditional, .. }
                if !conditional.is_empty() && !has_precondition(&request) =>
            {
                let mut sent = request.clone();
                for field in &conditional {
                    sent.fields.push(field.name.clone(), field.value.clone());
                }
                Passage::Forwarded(Forwarded { sent, asked: Some(request), at: now })
            }
            Lookup::Stale { .. } | Lookup::VaryMismatch { .. } | Lookup::Miss => as_it_is(request),
        }
    }

    /// Takes what came back as the `step`th of the transcript: stores it, or answers with what it
    /// says is still right.
    pub(super) fn answered(
        &mut self,
        forwarded: &Forwarded,
        exchange: Arc<Exchange>,
        step: usize,
        now: SystemTime,
    ) -> (Arc<Exchange>, ServedBy, Option<StoredUse>) {
        let Some(cache) = &mut self.cache else { return (exchange, ServedBy::Network, None) };
        let Received::Response(response) = &exchange.received else {
            return (exchange, ServedBy::Network, None);
        };
        let request = forwarded.asked();
        let key = key(request);
        if forwarded.asked.is_some() && response.status == 304 {
            let Some(stored) = cache.freshen(&key, request, response, forwarded.at, now) else {
                return (exchange, ServedBy::Network, None);
            };
            let used = self.used(&stored, now);
            let answer = Received::Response(stored.answer(request, now));
            let exchange = Exchange { received: answer, ..Exchange::clone(&exchange) };
            return (Arc::new(exchange), ServedBy::Validated, Some(used));
        }
        cache.invalidate(&key, &request.method, response);
        let tag = u64::try_from(self.offered.len()).unwrap_or(u64::MAX);
        self.offered.push((request.fields.text("origin"), step));
        cache.store(&key, request, response.clone(), forwarded.at, now, tag);
        (exchange, ServedBy::Network, None)
    }

    fn used(&self, stored: &Stored, now: SystemTime) -> StoredUse {
        let offered = usize::try_from(stored.tag).ok().and_then(|place| self.offered.get(place));
        let age = now.duration_since(stored.received_at).unwrap_or_default().as_secs();
        match offered {
            Some((origin, step)) => StoredUse { origin: origin.clone(), step: Some(*step), age },
            None => StoredUse { origin: None, step: None, age },
        }
    }
}

fn key(request: &Request) -> Key {
    Key { partition: String::new(), url: request.url.clone() }
}
