//! An endpoint as its rules answer: what the reference store says of one object, without sockets.

use super::{Way, Who};
use crate::{
    message::{Request, Response},
    policy::{Policy, Question, evaluate},
};

/// The rules of every endpoint here: two origins may read.
pub fn rules() -> Policy {
    let origins = [Who::A, Who::B].into_iter().filter_map(Who::origin);
    Policy::from_origins(origins).with_credentials(true)
}

/// An object behind rules.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    way: Way,
    policy: Policy,
    /// How long its answers are fresh, in seconds.
    lifetime: u64,
    /// How many answers it has given.
    pub(super) answered: u64,
}

/// The field that tells one answer from another.
pub(super) const ANSWER_ID: &str = "X-Request-Id";

const TAG: &str = "\"1\"";

impl Endpoint {
    /// An endpoint with these rules that answers in this way, for `lifetime` seconds.
    pub(super) fn new(way: Way, rules: Policy, lifetime: u64) -> Self {
        Self { way, policy: way.policy(rules), lifetime, answered: 0 }
    }

    /// Answers a GET or a HEAD, a conditional one with 304 (RFC 9110 §15.4.5).
    pub(super) fn answer(&mut self, request: &Request) -> Response {
        self.answered += 1;
        let unchanged = request.fields.text("if-none-match").is_some_and(|tags| tags.contains(TAG));
        let mut response = Response::new(if unchanged { 304 } else { 200 })
            .with_field("Cache-Control", &format!("public, max-age={}", self.lifetime))
            .with_field("ETag", TAG)
            .with_field(ANSWER_ID, &self.answered.to_string());
        let origin = request.fields.get("origin");
        let question = Question { origin, ..Question::actual("", request.method.as_str()) };
        for field in &evaluate(&self.policy, self.way.dialect(), &question).fields {
            response.fields.push(field.name.clone(), field.value.clone());
        }
        if let Some(vary) = self.way.stored() {
            response.fields.set("Vary", vary);
        }
        response
    }
}
