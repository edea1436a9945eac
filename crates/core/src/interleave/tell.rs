//! What became of a walk, and of each request of it.

use std::sync::Arc;

use super::{
    note,
    prepared::Prepared,
    walk::{Performer, State, Taken, Walk},
};
use crate::{
    case::model::{Credentials, OutcomeName, RequestSpec, ServedBy},
    exchange::{PreflightState, Purpose, RequestResult, Step, StoredUse, Transcript},
    fetch::{
        self, CorsCheckFailure, FetchId, Note, Outcome, Reason, StoredResponse,
        agent::{Blocked, Readable},
    },
    message::{Fields, Response},
    verdict,
};

impl Walk<'_> {
    /// Whether every request that was made got an outcome that the case expects, and nothing else is
    /// expected of it. Makes no transcript.
    pub fn holds(&self) -> bool {
        self.performers().all(|(index, performer)| {
            let Some(spec) = spec(self.prepared(), index) else { return false };
            let (outcome, reason) = Got::of(self, spec, performer).outcome();
            verdict::outcome_holds(&spec.expect, outcome, reason)
        })
    }

    /// What happened, whole.
    pub fn transcript(&self) -> Transcript {
        let name = |index: usize| self.prepared().get(index).map_or("", |(name, _, _)| name).to_owned();
        let steps = self.steps().iter().map(|taken| Step {
            request: name(taken.performer),
            purpose: taken.purpose,
            served_by: taken.served_by,
            exchange: Arc::clone(&taken.exchange),
            evidence: taken.evidence.clone(),
        });
        let mut transcript = Transcript { steps: steps.collect(), ..Transcript::default() };
        for (index, performer) in self.performers() {
            transcript.requests.insert(name(index), result(self, index, performer));
        }
        transcript
    }
}

/// What a page got, where it lies.
enum Got<'w> {
    /// Nothing, and no reason: it was not asked for, or not to its end.
    Nothing,
    /// The preflight, which is all that the case asks for.
    Preflight,
    /// A response that a browser lets it read.
    Readable(&'w Readable),
    /// A response that it may use without reading it.
    Opaque,
    /// Nothing: the browser refused.
    Blocked(&'w Blocked),
    /// The answer to a raw request, which the CORS check lets it read.
    Raw(&'w Response),
    /// The answer to a raw request that no page made.
    RawWithoutOrigin(&'w Response),
    /// Nothing of the answer to a raw request: the CORS check refused.
    RawRefused(CorsCheckFailure),
    /// A raw request got no answer.
    RawUnanswered,
}

impl<'w> Got<'w> {
    fn of(walk: &'w Walk<'_>, spec: &RequestSpec, performer: &Performer) -> Self {
        match performer.state {
            State::New => Self::Nothing,
            State::Preflighted(_) => Self::Preflight,
            State::Fetching(id) => match walk.agent().outcome(id) {
                Some(Outcome::Allowed(readable)) => Self::Readable(readable),
                Some(Outcome::Opaque(_)) => Self::Opaque,
                Some(Outcome::Blocked(blocked)) => Self::Blocked(blocked),
                None => Self::Nothing,
            },
            State::Raw(step) => {
                walk.steps().get(step).map_or(Self::Nothing, |taken| Self::of_raw(taken, spec))
            }
        }
    }

    /// What the CORS check says of a raw answer to a page of the origin that was sent.
    fn of_raw(taken: &'w Taken, spec: &RequestSpec) -> Self {
        let Some(response) = taken.exchange.response() else { return Self::RawUnanswered };
        let Some(origin) = taken.exchange.sent.fields.text("origin") else {
            return Self::RawWithoutOrigin(response);
        };
        match fetch::cors_check(&origin, spec.credentials == Credentials::Include, response) {
            Ok(()) => Self::Raw(response),
            Err(failure) => Self::RawRefused(failure),
        }
    }

    /// Its name, and why it was blocked.
    fn outcome(&self) -> (OutcomeName, Option<Reason>) {
        match self {
            Self::Nothing => (OutcomeName::Blocked, None),
            Self::Preflight | Self::Readable(_) | Self::Raw(_) => (OutcomeName::Allowed, None),
            Self::Opaque | Self::RawWithoutOrigin(_) => (OutcomeName::Opaque, None),
            Self::Blocked(blocked) => (OutcomeName::Blocked, Some(blocked.reason)),
            Self::RawRefused(failure) => (OutcomeName::Blocked, Some(failure.reason())),
            Self::RawUnanswered => (OutcomeName::Blocked, Some(Reason::NetworkError)),
        }
    }

    /// What the reason is about.
    fn subject(&self) -> Option<&str> {
        match self {
            Self::Blocked(blocked) => blocked.subject.as_deref(),
            Self::RawRefused(failure) => failure.subject(),
            _ => None,
        }
    }

    /// The status that the page reads.
    fn status(&self) -> Option<u16> {
        match self {
            Self::Readable(readable) => Some(readable.status),
            Self::Raw(response) | Self::RawWithoutOrigin(response) => Some(response.status),
            _ => None,
        }
    }

    /// The fields that the page can read.
    fn readable(&self, credentials: bool) -> Fields {
        match self {
            Self::Readable(readable) => readable.fields.clone(),
            Self::Raw(response) => fetch::filter::cors_filtered(response, credentials),
            _ => Fields::new(),
        }
    }
}

/// The result of one request.
fn result(walk: &Walk<'_>, index: usize, performer: &Performer) -> RequestResult {
    let spec = spec(walk.prepared(), index);
    let got = spec.map_or(Got::Nothing, |spec| Got::of(walk, spec, performer));
    let (outcome, reason) = got.outcome();
    let mut result = RequestResult {
        origin: spec.and_then(|spec| spec.origin.clone()).unwrap_or_else(|| "none".to_owned()),
        outcome,
        reason,
        subject: got.subject().map(str::to_owned),
        status: got.status(),
        readable: got.readable(spec.is_some_and(|spec| spec.credentials == Credentials::Include)),
        preflight: PreflightState::None,
        served_by: None,
        stored: performer.stored.clone(),
        ended_after: performer.ended_after.unwrap_or(walk.steps().len()),
        story: Vec::new(),
    };
    let mine = || walk.steps().iter().filter(|taken| taken.performer == index);
    if mine().any(|taken| taken.purpose == Purpose::Preflight) {
        result.preflight = PreflightState::Sent;
    }
    match performer.state {
        State::New => {}
        State::Raw(step) => result.served_by = walk.steps().get(step).map(|taken| taken.served_by),
        State::Preflighted(id) => describe(walk, id, &mut result),
        State::Fetching(id) => {
            describe(walk, id, &mut result);
            // The browser cannot tell a cache on the way from the endpoint; the steps can.
            if result.served_by == Some(ServedBy::Network) {
                let actual = mine().rfind(|taken| taken.purpose != Purpose::Preflight);
                result.served_by = actual.map(|taken| taken.served_by);
            }
        }
    }
    result
}

fn spec(prepared: &Prepared, index: usize) -> Option<&RequestSpec> {
    prepared.get(index).map(|(_, spec, _)| spec)
}

/// What the browser did on the way.
fn describe(walk: &Walk<'_>, id: FetchId, result: &mut RequestResult) {
    for note in walk.agent().notes(id) {
        match note {
            Note::PreflightCached if result.preflight == PreflightState::None => {
                result.preflight = PreflightState::Cached;
            }
            Note::ServedByCache(stored) | Note::ServedByValidation(stored) => {
                result.stored = Some(stored_by_browser(walk, stored));
            }
            _ => {}
        }
        if let Some(served_by) = served_by(note) {
            result.served_by = Some(served_by);
        }
        result.story.push(note::sentence(note));
    }
}

/// Who served the actual request, if the note says that.
fn served_by(note: &Note) -> Option<ServedBy> {
    match note {
        Note::ServedByNetwork => Some(ServedBy::Network),
        Note::ServedByCache(_) => Some(ServedBy::Cache),
        Note::ServedByValidation(_) => Some(ServedBy::Validated),
        _ => None,
    }
}

/// Which step a response in the browser's cache came from: the last that asked for its URL with
/// its `Origin` and was answered by more than a 304.
fn stored_by_browser(walk: &Walk<'_>, stored: &StoredResponse) -> StoredUse {
    let stores = |taken: &Taken| {
        taken.purpose != Purpose::Preflight
            && taken.exchange.sent.url == stored.url
            && taken.exchange.sent.fields.text("origin") == stored.stored_for
            && taken.exchange.response().is_some_and(|response| response.status != 304)
    };
    let step = walk.steps().iter().rposition(stores);
    StoredUse { origin: stored.stored_for.clone(), step, age: stored.age }
}
