//! What a cache makes of requests besides the orders of `Vary`: HEAD, errors, credentials, conditions,
//! ranges, freshness. A situation is a few requests for one URL and what its endpoint answers; a model of
//! a cache is held to the cache, request for request.

mod heard;
mod play;
mod table;

pub use heard::{Heard, Upstream};
pub use play::play;
use serde::{Deserialize, Serialize};
pub use table::SITUATIONS;
use url::Url;

use super::Who;
use crate::message::Request;

/// Requests for one URL, one after the other, and what the endpoint answers.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Its name, unique.
    pub id: &'static str,
    /// What happens in it, in a few words.
    pub about: &'static str,
    /// What the endpoint answers: the first that fits a request.
    pub answers: &'static [Said],
    /// What is asked.
    pub steps: &'static [Moment],
}

/// An answer of the endpoint. `{origin}` in a value is the request's `Origin`.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// The request field that it answers; absent: any request.
    pub if_field: Option<&'static str>,
    /// How often it is given before the next one is; absent: always.
    pub times: Option<u32>,
    /// The status.
    pub status: u16,
    /// The lines.
    pub fields: &'static [(&'static str, &'static str)],
    /// The content.
    pub body: &'static str,
}

/// A moment of a situation.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// A request: its method, whose page asks, and what fields it has besides `Origin`.
    Ask(&'static str, Who, &'static [(&'static str, &'static str)]),
    /// Time passes until every stored response is stale that is fresh for [`SHORT`](super::SHORT).
    Stale,
}

impl Situation {
    /// Whether stored responses become stale on the way.
    pub fn waits(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Moment::Stale))
    }
}

/// The request as it is sent to a URL.
pub fn request(method: &str, who: Who, fields: &[(&str, &str)], url: Url) -> Request {
    let mut request = Request::new(method, url);
    if let Some(origin) = who.origin() {
        request.fields.push("Origin", origin);
    }
    for (name, value) in fields {
        request.fields.push((*name).to_owned(), value.as_bytes().to_vec());
    }
    request
}

/// What became of a situation behind one cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The cache: a model's name, or the name of a real one's folder.
    pub cache: String,
    /// The situation's name.
    pub situation: String,
    /// What was heard for each request.
    pub heard: Vec<Heard>,
}
