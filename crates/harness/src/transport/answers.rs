//! What was answered to requests that can be sent again: which were answered in two ways, and which a failed test is
//! about.

use std::hash::{DefaultHasher, Hash, Hasher};

use crosscheck_core::{
    availability::View,
    case::model::Case,
    exchange::SendContext,
    message::{Request, Response},
};

use super::sender::is_repeatable;

/// How many requests are remembered, and how many of failed tests.
const REMEMBERED: usize = 256;
const SUSPECTS: usize = 3;

/// A request, and why it is sent.
pub(super) type Sent = (Request, SendContext);

/// What was answered to the requests of a run that can be sent again.
#[derive(Debug, Default)]
pub struct Answers {
    known: Vec<Known>,
    suspects: Vec<(u64, Sent)>,
    last: Option<Sent>,
}

#[derive(Debug)]
struct Known {
    key: u64,
    sent: Sent,
    first: View,
    differs: bool,
}

impl Answers {
    /// Remembers an answer to a request that can be sent again, unless its case sets something up or writes.
    pub(super) fn note(
        &mut self,
        request: &Request,
        context: &SendContext,
        response: &Response,
        case: Option<&Case>,
    ) {
        if !is_repeatable(request) {
            return;
        }
        self.last = Some((request.clone(), context.clone()));
        self.remember(request, context, response, case);
    }

    /// Remembers that a gateway answered in the endpoint's place: pages get that answer too, where the next one is good.
    pub(super) fn note_gateway(
        &mut self,
        request: &Request,
        context: &SendContext,
        response: &Response,
        case: Option<&Case>,
    ) {
        if is_repeatable(request) {
            self.remember(request, context, response, case);
        }
    }

    fn remember(
        &mut self,
        request: &Request,
        context: &SendContext,
        response: &Response,
        case: Option<&Case>,
    ) {
        if case.is_some_and(|case| case.given.is_some() || case.writes()) {
            return;
        }
        let (key, view) = (key(request), View::of(response));
        let room = self.known.len() < REMEMBERED;
        match self.known.iter_mut().find(|known| known.key == key) {
            Some(known) => known.differs |= !known.first.is_same(&view),
            None if room => {
                let sent = (request.clone(), context.clone());
                self.known.push(Known { key, sent, first: view, differs: false });
            }
            None => {}
        }
    }

    /// Remembers that a test failed because of what was answered to this request.
    pub fn suspect(&mut self, request: &Request, context: &SendContext) {
        let key = key(request);
        let is_new = self.suspects.iter().all(|(other, _)| *other != key);
        if is_new && self.suspects.len() < SUSPECTS && is_repeatable(request) {
            self.suspects.push((key, (request.clone(), context.clone())));
        }
    }

    /// The last request that was answered and can be sent again.
    pub(super) fn last(&self) -> Option<Sent> {
        self.last.clone()
    }

    /// The requests that were answered in two ways.
    pub fn differing(&self) -> Vec<Sent> {
        let differing = self.known.iter().filter(|known| known.differs);
        differing.take(SUSPECTS).map(|known| known.sent.clone()).collect()
    }

    /// The requests that failed tests are about, and the first request of the run.
    pub fn doubtful(&self) -> Vec<Sent> {
        let suspects = self.suspects.iter().map(|(_, sent)| sent.clone());
        suspects.chain(self.known.first().map(|known| known.sent.clone())).collect()
    }
}

fn key(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.method, request.url.as_str(), &request.body).hash(&mut hasher);
    for field in &request.fields {
        (field.name.as_str(), &field.value).hash(&mut hasher);
    }
    hasher.finish()
}
