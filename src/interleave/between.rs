//! A shared cache between the pages and the endpoint, as one of the models of `caching`.

use std::{sync::Arc, time::SystemTime};

use super::walk::StoredAt;
use crate::{
    caching::{Cache, Forward, Key, Model, Relayed, Source, Stored},
    case::model::{ServedBy, Through},
    exchange::{Exchange, Received},
    message::Request,
};

/// What stands between the pages and the endpoint. A stored response's tag is the step that brought it.
#[derive(Debug)]
pub(super) struct Between {
    cache: Option<Cache>,
}

/// What becomes of a request that comes to the cache.
pub(super) enum Passage {
    /// The cache answers.
    Answered(Exchange, StoredAt),
    /// It is sent on.
    Forwarded(Forwarded),
}

/// A request on its way to the endpoint.
#[derive(Debug)]
pub(super) enum Forwarded {
    /// As it came: no cache is between.
    AsItCame(Arc<Request>),
    /// By the cache.
    Relayed(Box<Forward>),
}

impl Forwarded {
    pub(super) fn sent(&self) -> &Arc<Request> {
        match self {
            Self::AsItCame(request) => request,
            Self::Relayed(forward) => &forward.request,
        }
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
        Self { cache: shared_model(through).map(Cache::new) }
    }

    /// Asks the cache.
    pub(super) fn ask(&self, request: Arc<Request>, now: SystemTime) -> Passage {
        let Some(cache) = &self.cache else { return Passage::Forwarded(Forwarded::AsItCame(request)) };
        let key = Key { partition: String::new(), url: request.url.clone() };
        match cache.relay(&key, &request, now) {
            Relayed::Answer(stored) => {
                let received = Received::Response(stored.answer(&request, now));
                let exchange =
                    Exchange { sent: request, raw_sent: None, received, raw_received: None, micros: 0 };
                Passage::Answered(exchange, stored_at(&stored, now))
            }
            // What a cache would bring up to date later is brought up to date first: an order has
            // no steps of its own for it.
            Relayed::AnswerAndForward(_, forward) | Relayed::Forward(forward) => {
                Passage::Forwarded(Forwarded::Relayed(Box::new(forward)))
            }
        }
    }

    /// Takes what came back as the `step`th of the transcript: stores it, or answers with what it
    /// says is still right.
    pub(super) fn answered(
        &mut self,
        forwarded: Forwarded,
        exchange: Arc<Exchange>,
        step: usize,
        now: SystemTime,
    ) -> (Arc<Exchange>, ServedBy, Option<StoredAt>) {
        let (Some(cache), Forwarded::Relayed(forward), Received::Response(response)) =
            (&mut self.cache, forwarded, &exchange.received)
        else {
            return (exchange, ServedBy::Network, None);
        };
        let tag = u64::try_from(step).unwrap_or(u64::MAX);
        let (answer, source) = cache.receive(*forward, response.clone(), now, tag);
        let (served_by, stored) = match source {
            Source::Origin => (ServedBy::Network, None),
            Source::Validated(stored) => (ServedBy::Validated, Some(stored_at(&stored, now))),
        };
        if answer == *response {
            return (exchange, served_by, stored);
        }
        let received = Received::Response(answer);
        (Arc::new(Exchange { received, ..Exchange::clone(&exchange) }), served_by, stored)
    }
}

fn stored_at(stored: &Stored, now: SystemTime) -> StoredAt {
    let age = now.duration_since(stored.received_at).unwrap_or_default().as_secs();
    StoredAt { step: usize::try_from(stored.tag).ok(), age }
}
