use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    Model, Ranges, VaryHandling, VaryLines,
    content::Content,
    directives::{Extent, ResponseDirectives},
    freshness,
    vary::Nominated,
};
use crate::message::{Request, Response};

/// When a request was sent and its response came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) requested_at: SystemTime,
    pub(super) received_at: SystemTime,
}

/// A stored response (RFC 9111 §3) and what its reuse depends on, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The response as stored, without the fields that are not stored (RFC 9111 §3.1).
    pub response: Arc<Response>,
    /// When its request, or the one that last validated it, was sent.
    pub requested_at: SystemTime,
    /// When it, or the answer that last validated it, came.
    pub received_at: SystemTime,
    /// The caller's mark: who stored it.
    pub tag: u64,
    /// Which part of its representation it holds.
    pub(super) content: Content,
    /// Must not be used until validated, however fresh it is.
    pub(super) invalid: bool,
    pub(super) directives: ResponseDirectives,
    pub(super) nominated: Nominated,
    /// By what it is kept apart from other variants, where that is less than what chooses.
    pub(super) parts: Option<Nominated>,
    /// The fields of a 304 made of it, where the cache that stored it says so.
    pub(super) own_304: Option<&'static [&'static str]>,
    /// What becomes of requests for a range of it.
    pub(super) ranges: Ranges,
    pub(super) lifetime: Duration,
    pub(super) initial_age: Duration,
    /// `Date`, by which the most recent of several is chosen (RFC 9111 §4).
    pub(super) date: SystemTime,
}

impl Stored {
    pub(super) fn new(
        model: &Model,
        request: &Request,
        response: Arc<Response>,
        directives: ResponseDirectives,
        at: Times,
        tag: u64,
    ) -> Self {
        let Times { requested_at, received_at } = at;
        let date = freshness::date(&response.fields, received_at);
        let nominated = match model.vary {
            VaryHandling::Ignored => Nominated::default(),
            VaryHandling::Honoured => match model.vary_lines {
                VaryLines::Last => Nominated::of_lines(response.fields.lines("vary").last(), &request.fields),
                VaryLines::All | VaryLines::FirstParts => Nominated::new(&response.fields, &request.fields),
            },
        };
        let parts = (model.vary_lines == VaryLines::FirstParts)
            .then(|| Nominated::of_lines(response.fields.lines("vary").next(), &request.fields));
        let content = match (request.method.as_str(), response.status) {
            ("HEAD", _) => Content::Nothing,
            (_, 206) => Content::of_partial(&response).unwrap_or(Content::Nothing),
            _ => Content::Whole,
        };
        Self {
            content,
            invalid: false,
            lifetime: freshness::lifetime(model, &directives, &response, date),
            initial_age: match model.counts_age {
                true => freshness::initial_age(&response.fields, date, requested_at, received_at),
                false => Duration::ZERO,
            },
            date,
            nominated,
            parts,
            own_304: model.own_304,
            ranges: model.ranges,
            directives,
            response,
            requested_at,
            received_at,
            tag,
        }
    }

    /// Its `current_age` (RFC 9111 §4.2.3).
    pub fn age(&self, now: SystemTime) -> Duration {
        self.initial_age.saturating_add(now.duration_since(self.received_at).unwrap_or_default())
    }

    /// Whether it is fresh (RFC 9111 §4.2): its lifetime exceeds its age.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        !self.invalid && self.lifetime > self.age(now)
    }

    /// How long it has been stale; zero while it is fresh.
    pub fn staleness(&self, now: SystemTime) -> Duration {
        self.age(now).saturating_sub(self.lifetime)
    }

    /// Whether it may be reused at `now` where validation failed (RFC 5861 §4).
    pub fn may_stand_in_for_error(&self, model: &Model, now: SystemTime) -> bool {
        let window = self.directives.stale_if_error.map(Duration::from_secs);
        self.may_be_stale(model) && window.is_some_and(|window| self.staleness(now) <= window)
    }

    /// Whether anything forbids to reuse it stale (RFC 9111 §4.2.4).
    pub(super) fn may_be_stale(&self, model: &Model) -> bool {
        let shared = model.is_shared();
        if !model.must_revalidate {
            return !self.invalid;
        }
        !(self.invalid
            || self.directives.no_cache == Extent::Whole
            || self.directives.must_revalidate
            || (shared && (self.directives.proxy_revalidate || self.directives.s_maxage.is_some())))
    }

    /// Whether both would stand in one place: stored for the same values of the same fields.
    pub(super) fn takes_the_place_of(&self, other: &Self) -> bool {
        match (&self.parts, &other.parts) {
            (Some(own), Some(other)) => own == other,
            _ => self.nominated == other.nominated,
        }
    }

    /// What its `Cache-Control` says.
    pub fn directives(&self) -> &ResponseDirectives {
        &self.directives
    }
}
