//! A shared cache between the pages and the endpoint, as one of the models of `caching`.

use std::{sync::Arc, time::SystemTime};

use crate::{
    caching::{Cache, Forward, Key, Model, Relayed, Source, Stored},
    case::model::{ServedBy, Through},
    exchange::{Exchange, Received, StoredUse},
    message::{Request, Response},
};

/// What stands between the pages and the endpoint.
#[derive(Debug)]
pub(super) struct Between {
    cache: Option<Cache>,
    /// Each request whose response was offered for storing, and its step; a stored response's tag
    /// is its place here. No step: the cache asked by itself.
    offered: Vec<(Arc<Request>, Option<usize>)>,
}

/// What becomes of a request that comes to the cache.
pub(super) enum Passage {
    /// The cache answers; with a request by which it meanwhile asks for something newer.
    Answered(Arc<Exchange>, StoredUse, Option<Forwarded>),
    /// It is sent on.
    Forwarded(Forwarded),
}

/// A request on its way to the endpoint.
#[derive(Debug)]
pub(super) enum Forwarded {
    /// As it came.
    AsItIs(Arc<Request>),
    /// As the cache sends it.
    ByCache(Box<Forward>),
}

impl Forwarded {
    /// The request as it is sent on.
    pub(super) fn sent(&self) -> &Arc<Request> {
        match self {
            Self::AsItIs(request) => request,
            Self::ByCache(forward) => &forward.request,
        }
    }
}

/// The model of the shared cache that a case names; `None` where no shared cache of ours is between.
pub fn shared_model(through: Through) -> Option<Model> {
    Model::named(through.name()).filter(|_| through.is_shared()).cloned()
}

impl Between {
    pub(super) fn new(through: Through) -> Self {
        Self { cache: shared_model(through).map(Cache::new), offered: Vec::new() }
    }

    /// Whether it has stored anything.
    pub(super) fn stores(&self) -> bool {
        self.cache.as_ref().is_some_and(|cache| !cache.is_empty())
    }

    /// Asks the cache.
    pub(super) fn ask(&self, request: Arc<Request>, now: SystemTime) -> Passage {
        let Some(cache) = &self.cache else { return Passage::Forwarded(Forwarded::AsItIs(request)) };
        match cache.relay(&key(&request), &request, now) {
            Relayed::Answer(stored) => self.answer(request, &stored, now, None),
            Relayed::AnswerAndForward(stored, forward) => {
                self.answer(request, &stored, now, Some(Forwarded::ByCache(Box::new(forward))))
            }
            Relayed::Forward(forward) => Passage::Forwarded(Forwarded::ByCache(Box::new(forward))),
        }
    }

    fn answer(
        &self,
        request: Arc<Request>,
        stored: &Stored,
        now: SystemTime,
        meanwhile: Option<Forwarded>,
    ) -> Passage {
        let received = Received::Response(stored.answer(&request, now));
        let exchange = Exchange::new(request, received);
        Passage::Answered(Arc::new(exchange), self.used(stored, now), meanwhile)
    }

    /// Takes what came back as the `step`th of the transcript: stores it, or answers with what it
    /// says is still right. Without a step nobody waits for it.
    pub(super) fn answered(
        &mut self,
        forwarded: Forwarded,
        exchange: Arc<Exchange>,
        step: Option<usize>,
        now: SystemTime,
    ) -> (Arc<Exchange>, ServedBy, Option<StoredUse>) {
        let as_it_is = |exchange| (exchange, ServedBy::Network, None);
        let (Some(cache), Forwarded::ByCache(forward)) = (&mut self.cache, forwarded) else {
            return as_it_is(exchange);
        };
        let Received::Response(response) = &exchange.received else { return as_it_is(exchange) };
        let tag = u64::try_from(self.offered.len()).unwrap_or(u64::MAX);
        self.offered.push((Arc::clone(&forward.request), step));
        let asked = Arc::clone(forward.asked());
        let (answer, source) = cache.receive(*forward, response.clone(), now, tag);
        match source {
            Source::Validated(stored) => {
                let used = self.used(&stored, now);
                (with_answer(&exchange, &asked, answer), ServedBy::Validated, Some(used))
            }
            Source::Stale(stored) => {
                let used = self.used(&stored, now);
                (with_answer(&exchange, &asked, answer), ServedBy::Cache, Some(used))
            }
            Source::Origin if answer.status != response.status || asked.method != exchange.sent.method => {
                (with_answer(&exchange, &asked, answer), ServedBy::Network, None)
            }
            Source::Origin => as_it_is(exchange),
        }
    }

    fn used(&self, stored: &Stored, now: SystemTime) -> StoredUse {
        let offered = usize::try_from(stored.tag).ok().and_then(|place| self.offered.get(place));
        let origin = offered.and_then(|(request, _)| request.fields.text("origin"));
        let age = now.duration_since(stored.received_at).unwrap_or_default().as_secs();
        StoredUse { origin, step: offered.and_then(|(_, step)| *step), age }
    }
}

/// The exchange as the cache's client sees it.
fn with_answer(exchange: &Exchange, asked: &Request, answer: Response) -> Arc<Exchange> {
    let mut exchange = Exchange { received: Received::Response(answer), ..Exchange::clone(exchange) };
    if exchange.sent.method != asked.method {
        Arc::make_mut(&mut exchange.sent).method.clone_from(&asked.method);
    }
    Arc::new(exchange)
}

fn key(request: &Request) -> Key {
    Key { partition: String::new(), url: request.url.clone() }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn every_cache_that_a_case_can_name_is_known() {
        for through in Through::ALL {
            assert_eq!(shared_model(through).is_some(), through.is_shared(), "{}", through.name());
            assert!(shared_model(through).is_none_or(|model| model.is_shared()), "{}", through.name());
        }
    }

    /// What a cache makes of GET and HEAD requests whose answers are fresh for a minute, one after the other: what is
    /// sent on, and what the client sees.
    fn passed(through: Through, methods: &[&str]) -> Vec<String> {
        let mut between = Between::new(through);
        let now = SystemTime::UNIX_EPOCH;
        let told = |exchange: &Exchange, sent: &str| {
            let content = exchange.response().map_or(0, |response| response.body.len());
            format!("{} {sent} {content}", exchange.sent.method)
        };
        let mut seen = Vec::new();
        for (step, method) in methods.iter().enumerate() {
            let request = Arc::new(Request::new(*method, Url::parse("https://api.example/").expect("a URL")));
            match between.ask(request, now) {
                Passage::Answered(exchange, _, _) => seen.push(told(&exchange, "-")),
                Passage::Forwarded(forwarded) => {
                    let sent = forwarded.sent().clone();
                    let mut answer = Response::new(200).with_field("Cache-Control", "max-age=60");
                    if sent.method == "GET" {
                        answer.body = "content".into();
                    }
                    let received = Received::Response(answer);
                    let method = sent.method.clone();
                    let exchange = Exchange::new(sent, received);
                    let (exchange, ..) = between.answered(forwarded, Arc::new(exchange), Some(step), now);
                    seen.push(told(&exchange, &method));
                }
            }
        }
        seen
    }

    #[test]
    fn a_page_sees_what_it_asked_for_and_not_what_the_cache_asked_for() {
        // (cache, methods; what is seen: the method asked, the method sent on, how much content came)
        let table: &[(Through, &[&str], &[&str])] = &[
            (Through::Nginx, &["HEAD", "GET", "HEAD"], &["HEAD GET 0", "GET - 7", "HEAD - 0"]),
            (Through::Squid, &["HEAD", "GET", "HEAD"], &["HEAD HEAD 0", "GET GET 7", "HEAD - 0"]),
            (Through::Haproxy, &["HEAD", "GET", "HEAD"], &["HEAD HEAD 0", "GET GET 7", "HEAD - 0"]),
            (Through::None, &["HEAD", "GET", "GET"], &["HEAD HEAD 0", "GET GET 7", "GET GET 7"]),
        ];
        for (through, methods, expected) in table {
            assert_eq!(passed(*through, methods), *expected, "{}", through.name());
        }
    }

    #[test]
    fn what_a_cache_sends_by_itself_is_not_a_step() {
        let mut between = Between::new(Through::Varnish);
        let request = || Arc::new(Request::new("GET", Url::parse("https://api.example/").expect("a URL")));
        let exchange = |sent: &Arc<Request>| {
            let answer = Response::new(200).with_field("Cache-Control", "max-age=1");
            let received = Received::Response(answer);
            Arc::new(Exchange::new(Arc::clone(sent), received))
        };
        let (then, later) =
            (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(3));
        let Passage::Forwarded(first) = between.ask(request(), then) else { panic!("nothing is stored yet") };
        let answer = exchange(first.sent());
        between.answered(first, answer, Some(0), then);
        // Two seconds too old, and used for ten more.
        let Passage::Answered(_, stored, Some(meanwhile)) = between.ask(request(), later) else {
            panic!("a stale response is used, and a newer one asked for")
        };
        assert_eq!((stored.step, stored.age), (Some(0), 3));
        let answer = exchange(meanwhile.sent());
        between.answered(meanwhile, answer, None, later);
        let Passage::Answered(_, stored, None) = between.ask(request(), later) else {
            panic!("it is fresh again")
        };
        assert_eq!((stored.step, stored.age), (None, 0));
    }
}
