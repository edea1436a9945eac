//! The browser as a sans-I/O state machine: give it a request, it says which HTTP request to
//! send next; give it the response; in the end it says the outcome. Time comes in as data, and
//! nothing here sends anything.
//!
//! Requests of any origins and sites may be under way at once, in any interleaving of their
//! steps. They share what one browser shares: the CORS-preflight cache, the HTTP cache and the
//! cookies, each divided as the profile divides them.

mod asked;
mod http_cache;
mod note;
mod outcome;
mod run;
mod wire;

use std::{sync::Arc, time::SystemTime};

pub use asked::Asked;
pub use note::{Note, PreflightCause, StoredResponse};
pub use outcome::{Blocked, Opaque, OpaqueKind, Outcome, Readable, ReadableKind};
use url::Url;

use self::{http_cache::HttpCache, run::Run};
use super::{
    cookies::CookieJar,
    preflight_cache::PreflightCache,
    profile::{Behaviour, Profile},
    reason::Reason,
    request::Request,
};
use crate::message;

/// What a browser is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentConfig {
    /// Whose behaviour is simulated.
    pub profile: Profile,
    /// Whether it has a private HTTP cache.
    pub http_cache: bool,
}

/// One browser.
#[derive(Debug)]
pub struct Agent {
    shared: Shared,
    /// In the order of their ids.
    runs: Vec<(FetchId, Box<Run>)>,
    next_id: u64,
}

/// What all requests of one browser share.
#[derive(Debug)]
struct Shared {
    behaviour: &'static Behaviour,
    preflights: PreflightCache,
    cookies: CookieJar,
    http_cache: Option<HttpCache>,
    /// Validations that were put off until after their requests were served.
    background: Vec<Run>,
}

/// One request that an [`Agent`] was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(u64);

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send this, and give what comes back to [`Agent::receive`].
    Send(Outgoing),
    /// Nothing more.
    Done(Outcome),
}

/// An HTTP request to send. Host, Connection, User-Agent, Accept-Encoding, Accept-Language and
/// the framing of the content are the transport's to add.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// What it is for.
    pub purpose: Purpose,
    /// The request; its URL has no fragment.
    pub request: Arc<message::Request>,
    /// Whether credentials are included: cookies, client certificates, HTTP authentication.
    pub credentials: bool,
    /// Whether it asks if a stored response is still right.
    pub validating: bool,
    /// The URL whose answer redirected to the request's URL; `None`: no redirect was followed.
    pub redirected_from: Option<Arc<Url>>,
    /// Whether the page's request includes credentials; a preflight for it has none itself.
    pub includes: bool,
    /// The value of `Referer`, for a page at the root of its origin; the transport's to add.
    pub referrer: Option<Arc<str>>,
}

/// What an HTTP request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// It asks whether the actual request may be sent, also that of a redirect hop.
    Preflight,
    /// What the page asked for.
    Actual,
    /// The actual request of the so many-th redirect, from 1.
    RedirectHop(u8),
}

/// No whole response came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NetworkError(pub String);

impl Agent {
    /// A browser that was just installed: nothing is cached or stored.
    pub fn new(config: AgentConfig) -> Self {
        let behaviour = config.profile.behaviour();
        Self {
            shared: Shared {
                behaviour,
                preflights: PreflightCache::new(behaviour),
                cookies: CookieJar::new(&behaviour.cookies),
                http_cache: config.http_cache.then(|| HttpCache::new(config.profile)),
                background: Vec::new(),
            },
            runs: Vec::new(),
            next_id: 0,
        }
    }

    /// Whether its HTTP cache has stored anything.
    pub fn stores(&self) -> bool {
        self.shared.http_cache.as_ref().is_some_and(|cache| !cache.engine.is_empty())
    }

    /// Takes a request. Nothing is decided or sent yet.
    pub fn fetch(&mut self, request: Request) -> FetchId {
        self.fetch_again(&Arc::new(Asked::by(request, self.shared.behaviour)))
    }

    /// Takes a request that was made before, for this browser or another of its profile; for one
    /// of another profile it is made anew.
    pub fn fetch_again(&mut self, asked: &Arc<Asked>) -> FetchId {
        if !std::ptr::eq(asked.behaviour, self.shared.behaviour) {
            return self.fetch(asked.request.clone());
        }
        self.take_in(Box::new(Run::new(Arc::clone(asked))))
    }

    fn take_in(&mut self, run: Box<Run>) -> FetchId {
        let id = FetchId(self.next_id);
        self.next_id += 1;
        self.runs.push((id, run));
        id
    }

    fn run(&self, id: FetchId) -> Option<&Run> {
        let place = self.place(id)?;
        self.runs.get(place).map(|(_, run)| run.as_ref())
    }

    fn place(&self, id: FetchId) -> Option<usize> {
        self.runs.binary_search_by_key(&id, |(id, _)| *id).ok()
    }

    /// A request and what it shares with the others.
    fn run_mut(&mut self, id: FetchId) -> Option<(&mut Run, &mut Shared)> {
        let place = self.place(id)?;
        self.runs.get_mut(place).map(|(_, run)| (run.as_mut(), &mut self.shared))
    }

    /// The requests that the browser now makes of its own: validations of stale responses that
    /// were used meanwhile (RFC 5861 §3). They are like all others, but nobody waits for their
    /// outcome; whoever does not want them may [`Agent::forget`] them. Each is given once.
    pub fn background(&mut self) -> Vec<FetchId> {
        let runs = std::mem::take(&mut self.shared.background);
        runs.into_iter().map(|run| self.take_in(Box::new(run))).collect()
    }

    /// What the request needs next: the caches are asked now, and once. The answer stays the
    /// same until [`Agent::receive`]; after [`Next::Done`], for ever.
    ///
    /// An id that this agent did not give, or that was forgotten, is done and blocked with
    /// [`Reason::RequestInvalid`].
    pub fn next(&mut self, id: FetchId, now: SystemTime) -> Next {
        if let Some(outgoing) = self.outgoing(id, now) {
            return Next::Send(outgoing);
        }
        Next::Done(self.outcome(id).cloned().unwrap_or_else(|| Outcome::Blocked(unknown())))
    }

    /// The same for those who do not ask for the outcome yet: what to send next; `None` where it
    /// is done.
    pub fn outgoing(&mut self, id: FetchId, now: SystemTime) -> Option<Outgoing> {
        let (run, shared) = self.run_mut(id)?;
        run.next(shared, now)
    }

    /// What came back for the [`Outgoing`] that [`Agent::next`] gave last. Without one, nothing happens.
    pub fn receive(
        &mut self,
        id: FetchId,
        now: SystemTime,
        received: Result<message::Response, NetworkError>,
    ) {
        if let Some((run, shared)) = self.run_mut(id) {
            run.receive(shared, now, received);
        }
    }

    /// How the request ended, if it has. Asks no cache and decides nothing.
    pub fn outcome(&self, id: FetchId) -> Option<&Outcome> {
        self.run(id).and_then(Run::outcome)
    }

    /// What happened to the request so far, in order.
    pub fn notes(&self, id: FetchId) -> &[Note] {
        self.run(id).map_or(&[], Run::notes)
    }

    /// Forgets a request, done or not, so that an agent that makes very many does not grow.
    pub fn forget(&mut self, id: FetchId) {
        if let Some(place) = self.place(id) {
            self.runs.remove(place);
        }
    }
}

fn unknown() -> Blocked {
    Blocked {
        reason: Reason::RequestInvalid,
        url: run::about_blank(),
        subject: Some("unknown fetch".to_owned()),
        status: None,
        purpose: None,
    }
}

#[cfg(test)]
mod tests;
