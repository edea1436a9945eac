use std::{sync::Arc, time::SystemTime};

use super::{Cache, Key, Lookup, LookupMode, Stored};
use crate::message::{Fields, Request, Response};

/// What a cache that stands between a client and an origin server does with a request.
#[derive(Clone, Debug)]
pub enum Relayed {
    /// It answers by itself with a stored response: [`Stored::answer`].
    Answer(Arc<Stored>),
    /// It answers by itself with a stale one, and asks for a newer one meanwhile (RFC 5861 §3).
    AnswerAndForward(Arc<Stored>, Forward),
    /// It asks the origin server.
    Forward(Forward),
}

/// A request that a cache sends on; its answer goes to [`Cache::receive`].
#[derive(Clone, Debug)]
pub struct Forward {
    /// The request as it is sent on.
    pub request: Arc<Request>,
    asked: Arc<Request>,
    key: Key,
    requested_at: SystemTime,
    validating: bool,
}

/// Whose answer a client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The origin server's.
    Origin,
    /// This stored one, which the origin server confirmed.
    Validated(Arc<Stored>),
}

impl Cache {
    /// What becomes of a request that arrives at `now`. Changes nothing.
    pub fn relay(&self, key: &Key, request: &Arc<Request>, now: SystemTime) -> Relayed {
        let forward = |conditional: Option<Fields>| self.forward(key, request, now, conditional);
        match self.lookup(key, request, LookupMode::Default, now) {
            Lookup::Fresh(stored) => Relayed::Answer(stored),
            Lookup::Stale { stored, conditional, while_revalidate: true } => {
                Relayed::AnswerAndForward(stored, forward(Some(conditional)))
            }
            Lookup::Stale { conditional, .. } | Lookup::VaryMismatch { conditional, .. } => {
                Relayed::Forward(forward(Some(conditional)))
            }
            Lookup::Miss => Relayed::Forward(forward(None)),
        }
    }

    fn forward(
        &self,
        key: &Key,
        asked: &Arc<Request>,
        requested_at: SystemTime,
        conditional: Option<Fields>,
    ) -> Forward {
        let mut request = Arc::clone(asked);
        // The client's own preconditions are its own business.
        let conditional = conditional
            .filter(|fields| self.model().validates && !fields.is_empty() && !has_precondition(asked));
        if let Some(conditional) = &conditional {
            let request = Arc::make_mut(&mut request);
            for field in conditional {
                request.fields.push(field.name.clone(), field.value.clone());
            }
        }
        if self.model().head_as_get && request.method == "HEAD" {
            Arc::make_mut(&mut request).method = "GET".to_owned();
        }
        let validating = conditional.is_some();
        Forward { request, asked: Arc::clone(asked), key: key.clone(), requested_at, validating }
    }

    /// Takes the answer to a request that was sent on, stores what may be stored, and says what
    /// the client gets. `tag` is the caller's mark.
    pub fn receive(
        &mut self,
        forward: Forward,
        response: Response,
        now: SystemTime,
        tag: u64,
    ) -> (Response, Source) {
        let Forward { request, asked, key, requested_at, validating } = forward;
        if validating && response.status == 304 {
            return match self.freshen(&key, &asked, &response, requested_at, now) {
                Some(stored) => (stored.answer(&asked, now), Source::Validated(stored)),
                None => (response, Source::Origin),
            };
        }
        self.invalidate(&key, &request.method, &response);
        // Stored is what was asked of the origin server, without the preconditions.
        let stored_for = match request.method == asked.method {
            true => Arc::clone(&asked),
            false => Arc::new(Request { method: request.method.clone(), ..Request::clone(&asked) }),
        };
        self.store(&key, &stored_for, response.clone(), requested_at, now, tag);
        let mut answer = response;
        if asked.method == "HEAD" {
            answer.body = bytes::Bytes::new();
        }
        (answer, Source::Origin)
    }
}

/// Whether a request has preconditions of its own (RFC 9110 §13.1): a cache adds none to them.
pub fn has_precondition(request: &Request) -> bool {
    ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"]
        .iter()
        .any(|name| request.fields.contains(name))
}
