//! What became of a walk, and of each request of it.

use std::sync::Arc;

use super::{
    note,
    prepared::Prepared,
    walk::{Performer, State, Taken, Walk},
};
use crate::{
    case::model::{Credentials, Expect, OneOrMany, OutcomeName, RequestSpec, ServedBy},
    exchange::{PreflightState, Purpose, Received, RequestResult, Step, StoredUse, Transcript},
    fetch::{self, FetchId, Note, Outcome, Reason, StoredResponse},
    message::Fields,
};

impl Walk<'_> {
    /// Whether every request that was made got an outcome that the case expects, and nothing else is
    /// expected of it: then no judge of outcomes would find anything. Makes no transcript.
    pub fn holds(&self) -> bool {
        self.performers().all(|(index, performer)| {
            let Some((_, spec, _)) = self.prepared().get(index) else { return false };
            let Expect {
                outcome,
                reason,
                status,
                exposed,
                exposed_if_sent,
                hidden,
                preflight,
                response,
                served_by,
            } = &spec.expect;
            let more = status.is_some() || preflight.is_some() || response.is_some() || served_by.is_some();
            if more || ![exposed, exposed_if_sent, hidden].into_iter().all(Vec::is_empty) {
                return false;
            }
            let (name, why) = outcome_of(self, spec, performer);
            let fits = outcome.as_ref().is_none_or(|expected| expected.as_slice().contains(&name));
            let reasons = reason.as_ref().map(OneOrMany::as_slice);
            fits && why.is_none_or(|why| reasons.is_none_or(|reasons| reasons.contains(&why)))
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

/// The result of one request.
fn result(walk: &Walk<'_>, index: usize, performer: &Performer) -> RequestResult {
    let spec = spec(walk.prepared(), index);
    let mut result = RequestResult {
        origin: spec.and_then(|spec| spec.origin.clone()).unwrap_or_else(|| "none".to_owned()),
        outcome: OutcomeName::Blocked,
        reason: None,
        subject: None,
        status: None,
        readable: Fields::new(),
        preflight: PreflightState::None,
        served_by: None,
        stored: performer.stored.clone(),
        ended_after: performer.ended_after.unwrap_or(walk.steps().len()),
        story: Vec::new(),
    };
    let mine = || walk.steps().iter().filter(|taken| taken.performer == index);
    let actual = mine().rfind(|taken| taken.purpose != Purpose::Preflight);
    if mine().any(|taken| taken.purpose == Purpose::Preflight) {
        result.preflight = PreflightState::Sent;
    }
    match performer.state {
        State::New => {}
        State::Raw(step) => {
            if let (Some(taken), Some(spec)) = (walk.steps().get(step), spec) {
                judge_raw(spec, taken, &mut result);
            }
        }
        State::Preflighted(id) => {
            result.outcome = OutcomeName::Allowed;
            describe(walk, id, &mut result);
        }
        State::Fetching(id) => {
            match walk.agent().outcome(id) {
                Some(Outcome::Allowed(readable)) => {
                    result.outcome = OutcomeName::Allowed;
                    result.status = Some(readable.status);
                    result.readable = readable.fields.clone();
                }
                Some(Outcome::Opaque(_)) => result.outcome = OutcomeName::Opaque,
                Some(Outcome::Blocked(blocked)) => {
                    result.reason = Some(blocked.reason);
                    result.subject.clone_from(&blocked.subject);
                }
                None => {}
            }
            describe(walk, id, &mut result);
            // The browser cannot tell a cache on the way from the endpoint; the steps can.
            if result.served_by == Some(ServedBy::Network) {
                result.served_by = actual.map(|taken| taken.served_by);
            }
        }
    }
    result
}

/// What a page got and why it was blocked, and nothing more.
fn outcome_of(walk: &Walk<'_>, spec: &RequestSpec, performer: &Performer) -> (OutcomeName, Option<Reason>) {
    match performer.state {
        State::New => (OutcomeName::Blocked, None),
        State::Preflighted(_) => (OutcomeName::Allowed, None),
        State::Fetching(id) => match walk.agent().outcome(id) {
            Some(Outcome::Allowed(_)) => (OutcomeName::Allowed, None),
            Some(Outcome::Opaque(_)) => (OutcomeName::Opaque, None),
            Some(Outcome::Blocked(blocked)) => (OutcomeName::Blocked, Some(blocked.reason)),
            None => (OutcomeName::Blocked, None),
        },
        State::Raw(step) => {
            let taken = walk.steps().get(step);
            let Some(response) = taken.and_then(|taken| taken.exchange.response()) else {
                return (OutcomeName::Blocked, Some(Reason::NetworkError));
            };
            let Some(origin) = taken.and_then(|taken| taken.exchange.sent.fields.text("origin")) else {
                return (OutcomeName::Opaque, None);
            };
            match fetch::cors_check(&origin, spec.credentials == Credentials::Include, response) {
                Ok(()) => (OutcomeName::Allowed, None),
                Err(failure) => (OutcomeName::Blocked, Some(failure.reason())),
            }
        }
    }
}

fn spec(prepared: &Prepared, index: usize) -> Option<&RequestSpec> {
    prepared.get(index).map(|(_, spec, _)| spec)
}

/// What the CORS check says of a raw answer to a page of the origin that was sent.
fn judge_raw(spec: &RequestSpec, taken: &Taken, result: &mut RequestResult) {
    result.served_by = Some(taken.served_by);
    let Received::Response(response) = &taken.exchange.received else {
        result.reason = Some(Reason::NetworkError);
        return;
    };
    let Some(origin) = taken.exchange.sent.fields.text("origin") else {
        // Nobody asked on behalf of a page.
        result.outcome = OutcomeName::Opaque;
        result.status = Some(response.status);
        return;
    };
    let credentials = spec.credentials == Credentials::Include;
    match fetch::cors_check(&origin, credentials, response) {
        Ok(()) => {
            result.outcome = OutcomeName::Allowed;
            result.status = Some(response.status);
            result.readable = fetch::filter::cors_filtered(response, credentials);
        }
        Err(failure) => {
            result.reason = Some(failure.reason());
            result.subject = failure.subject().map(str::to_owned);
        }
    }
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
