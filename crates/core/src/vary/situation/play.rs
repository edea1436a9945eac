use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use url::Url;

use super::{Heard, Moment, Said, Situation, Upstream, request};
use crate::{
    caching::{Cache, Model},
    message::{Request, Response},
    vary::WAIT,
};

/// A moment when `Last-Modified` of the table is long past.
const NOW: Duration = Duration::from_secs(1_790_000_000);

/// How long lies between two requests.
const PAUSE: Duration = Duration::from_millis(300);

/// What becomes of a situation behind a cache of this model: one for each request.
pub fn play(model: &Model, situation: &Situation) -> Vec<Heard> {
    let mut stage = Stage {
        cache: Cache::new(model.clone()),
        endpoint: Endpoint { answers: situation.answers, given: vec![0; situation.answers.len()] },
        now: UNIX_EPOCH + NOW,
        upstream: Vec::new(),
    };
    #[expect(clippy::expect_used, reason = "a literal")]
    let url = Url::parse("http://store.example/object").expect("a URL");
    let mut heard = Vec::new();
    for moment in situation.steps {
        let Moment::Ask(method, who, fields) = moment else {
            stage.now += WAIT;
            continue;
        };
        let response = stage.exchange(&Arc::new(request(method, *who, fields, url.clone())));
        heard.push(Heard::new(&std::mem::take(&mut stage.upstream), &response));
        stage.now += PAUSE;
    }
    heard
}

/// A cache, the endpoint behind it, and what reaches that.
struct Stage {
    cache: Cache,
    endpoint: Endpoint,
    now: SystemTime,
    upstream: Vec<Upstream>,
}

impl Stage {
    fn exchange(&mut self, request: &Arc<Request>) -> Response {
        let key = self.cache.model().key("page", true, &request.url);
        self.cache.exchange(&key, request, self.now, |request| {
            self.upstream.push(Upstream::of(request));
            self.endpoint.answer(request)
        })
    }
}

/// The endpoint of a situation.
struct Endpoint {
    answers: &'static [Said],
    /// How often each was given.
    given: Vec<u32>,
}

impl Endpoint {
    fn answer(&mut self, request: &Request) -> Response {
        let mut choices = self.answers.iter().zip(&mut self.given);
        let chosen = choices.find(|(said, given)| {
            said.if_field.is_none_or(|name| request.fields.contains(name))
                && said.times.is_none_or(|times| **given < times)
        });
        // Every situation has an answer that fits always; a test holds that.
        let Some((said, given)) = chosen else { return Response::new(500) };
        *given += 1;
        let origin = request.fields.text("origin");
        let mut response = Response::new(said.status);
        for (name, value) in said.fields {
            match (&origin, value.contains("{origin}")) {
                (Some(origin), true) => response.fields.push(*name, value.replace("{origin}", origin)),
                (None, true) => {}
                (_, false) => response.fields.push(*name, *value),
            }
        }
        let has_content = !matches!(said.status, 204 | 304) && request.method != "HEAD";
        if has_content {
            response.body = said.body.into();
        }
        response
    }
}
