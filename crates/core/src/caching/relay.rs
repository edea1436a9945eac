use std::{sync::Arc, time::SystemTime};

use super::{
    Authorization, Cache, Key, Lookup, LookupMode, Preconditions, StoreDecision, Stored,
    directives::{RequestDirectives, ResponseDirectives},
    stored::Times,
    validation,
};
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
    /// The stale response for which it is sent, where the model has a use for it.
    stale: Option<Arc<Stored>>,
    /// The client asked for a part, or with preconditions, of which nothing is sent on.
    reshaped: bool,
}

impl Forward {
    /// The request as it came.
    pub fn asked(&self) -> &Arc<Request> {
        &self.asked
    }
}

/// Whose answer a client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The origin server's.
    Origin,
    /// A stored one that the origin server confirmed.
    Validated(Arc<Stored>),
    /// A stored one that is stale, because the origin server answered with an error.
    Stale(Arc<Stored>),
}

impl Cache {
    /// What becomes of a request that arrives at `now`. Changes nothing.
    pub fn relay(&self, key: &Key, request: &Arc<Request>, now: SystemTime) -> Relayed {
        if self.passes(request) {
            return Relayed::Forward(Forward {
                request: Arc::clone(request),
                asked: Arc::clone(request),
                key: key.clone(),
                requested_at: now,
                validating: false,
                stale: None,
                reshaped: false,
            });
        }
        let forward =
            |conditional, stale: Option<&Arc<Stored>>| self.forward(key, request, now, conditional, stale);
        match self.lookup(key, request, LookupMode::Default, now) {
            Lookup::Fresh(stored) if self.goes_on(request, &stored) => {
                Relayed::Forward(forward(Some(validation::conditional([stored.as_ref()])), None))
            }
            Lookup::Fresh(stored) => Relayed::Answer(stored),
            Lookup::Stale { stored, conditional, while_revalidate: true } => {
                let forward = forward(Some(conditional), Some(&stored));
                Relayed::AnswerAndForward(stored, forward)
            }
            Lookup::Stale { stored, conditional, .. } => {
                Relayed::Forward(forward(Some(conditional), Some(&stored)))
            }
            Lookup::VaryMismatch { conditional, .. } => Relayed::Forward(forward(Some(conditional), None)),
            Lookup::Miss => Relayed::Forward(forward(None, None)),
        }
    }

    /// What a client gets for a request at `now`, where the origin server answers at once.
    pub fn exchange(
        &mut self,
        key: &Key,
        request: &Arc<Request>,
        now: SystemTime,
        mut origin: impl FnMut(&Request) -> Response,
    ) -> Response {
        let (stored, forward) = match self.relay(key, request, now) {
            Relayed::Answer(stored) => return stored.answer(request, now),
            Relayed::AnswerAndForward(stored, forward) => (Some(stored), forward),
            Relayed::Forward(forward) => (None, forward),
        };
        let answer = origin(&forward.request);
        let (answer, _) = self.receive(forward, answer, now, 0);
        stored.map_or(answer, |stored| stored.answer(request, now))
    }

    /// Whether a request passes by the cache.
    fn passes(&self, request: &Request) -> bool {
        let model = self.model();
        let by_authorization =
            matches!(model.authorization, Authorization::Passes | Authorization::PassesUnlessPublic);
        (by_authorization && model.is_shared() && request.fields.contains("authorization"))
            || (model.cookies_pass && request.fields.contains("cookie"))
    }

    /// Whether a request is sent on although a fresh response is stored, because its preconditions do
    /// not find that unchanged.
    fn goes_on(&self, request: &Request, stored: &Stored) -> bool {
        self.model().preconditions == Preconditions::Replaced
            && has_precondition(request)
            && !validation::is_unchanged(&request.fields, &stored.response.fields)
    }

    fn forward(
        &self,
        key: &Key,
        asked: &Arc<Request>,
        requested_at: SystemTime,
        conditional: Option<Fields>,
        stale: Option<&Arc<Stored>>,
    ) -> Forward {
        let model = self.model();
        let mut request = Arc::clone(asked);
        let own = has_precondition(asked);
        let reloads = model.no_cache_reloads && RequestDirectives::parse(&asked.fields).no_cache;
        let conditional = conditional.filter(|fields| model.validates && !fields.is_empty() && !reloads);
        let mut validating = conditional.is_some();
        match model.preconditions {
            // The client's own preconditions are its own business.
            Preconditions::Forwarded => validating &= !own,
            Preconditions::Withheld => without_preconditions(&mut request),
            Preconditions::ReplacedForWhole | Preconditions::Replaced => {
                if validating {
                    without_preconditions(&mut request);
                }
            }
        }
        if let Some(conditional) = conditional.filter(|_| validating) {
            let request = Arc::make_mut(&mut request);
            for field in &conditional {
                request.fields.push(field.name.clone(), field.value.clone());
            }
        }
        let ranged = asked.fields.contains("range") && !model.ranges.are_sent_on();
        if ranged {
            Arc::make_mut(&mut request).fields.remove("range");
        }
        if model.head_as_get && request.method == "HEAD" {
            Arc::make_mut(&mut request).method = "GET".to_owned();
        }
        Forward {
            request,
            asked: Arc::clone(asked),
            key: key.clone(),
            requested_at,
            validating,
            stale: stale.filter(|_| model.stale_on_error || model.refused_forgets).cloned(),
            reshaped: ranged || (own && model.preconditions == Preconditions::Withheld),
        }
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
        let Forward { request, mut asked, key, requested_at, validating, stale, reshaped } = forward;
        if validating && response.status == 304 {
            return match self.freshen(&key, &asked, &response, requested_at, now) {
                Some(stored) => {
                    if self.model().preconditions == Preconditions::ReplacedForWhole {
                        without_preconditions(&mut asked);
                    }
                    (stored.answer(&asked, now), Source::Validated(stored))
                }
                None => (response, Source::Origin),
            };
        }
        if let Some(stored) = stale.as_ref().filter(|_| self.model().stale_on_error)
            && matches!(response.status, 500 | 502..=504)
            && stored.may_be_stale(self.model())
        {
            return (stored.answer(&asked, now), Source::Stale(Arc::clone(stored)));
        }
        self.invalidate(&key, &request.method, &response);
        // Stored is what was asked of the origin server, without the preconditions.
        let stored_for = match request.method == asked.method {
            true => Arc::clone(&asked),
            false => Arc::new(Request { method: request.method.clone(), ..Request::clone(&asked) }),
        };
        let mut answer = if reshaped {
            let directives = ResponseDirectives::parse(&response.fields);
            let at = Times { requested_at, received_at: now };
            let whole = Arc::new(response.clone());
            Stored::new(self.model(), &stored_for, whole, directives, at, tag).shaped(&asked)
        } else {
            response.clone()
        };
        let decision = self.store(&key, &stored_for, response, requested_at, now, tag);
        if stale.is_some() && self.model().refused_forgets && matches!(decision, StoreDecision::Refused(_)) {
            self.forget(&key, &asked);
        }
        if asked.method == "HEAD" {
            answer.body = bytes::Bytes::new();
        }
        (answer, Source::Origin)
    }
}

const PRECONDITIONS: [&str; 5] =
    ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"];

fn without_preconditions(request: &mut Arc<Request>) {
    if has_precondition(request) {
        let request = Arc::make_mut(request);
        PRECONDITIONS.iter().for_each(|name| request.fields.remove(name));
    }
}

/// Whether a request has preconditions of its own (RFC 9110 §13.1): a cache adds none to them.
pub fn has_precondition(request: &Request) -> bool {
    PRECONDITIONS.iter().any(|name| request.fields.contains(name))
}
