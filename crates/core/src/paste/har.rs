//! The requests of a recording that a page made to another origin and could not read.

use std::sync::Arc;

use super::{
    error::{Fault, Why},
    request::{Draft, Failed, PastedBody, PastedRequest},
};
use crate::{
    diagnostic::SourceText,
    fetch::{Origin, Reason, cors_check, status::is_ok},
    import::har::{self, Archive, Content, Entry},
    message::isomorphic,
};

/// The failed ones; where none failed, all of them.
pub(super) fn requests(text: &str) -> Result<Vec<PastedRequest>, Fault> {
    let source = Arc::new(SourceText { name: String::new(), text: text.to_owned() });
    let archive = har::read(&source).map_err(|problem| {
        let span = problem.labels.first().map_or(0..0, |label| label.span.clone());
        (Why::Har(problem.message), span)
    })?;
    let all: Vec<PastedRequest> = archive
        .entries
        .iter()
        .enumerate()
        .filter(|(index, entry)| entry.is_cross_origin() && !stands_for_itself(&archive, *index))
        .map(|(_, entry)| request(&archive, entry))
        .collect();
    if all.is_empty() {
        return Err((Why::NoCrossOrigin, 0..0));
    }
    let failed: Vec<PastedRequest> = all.iter().filter(|request| request.failed.is_some()).cloned().collect();
    Ok(if failed.is_empty() { all } else { failed })
}

/// Whether an entry is a preflight of a request that is recorded, too.
fn stands_for_itself(archive: &Archive, index: usize) -> bool {
    let Some(preflight) = archive.entries.get(index).filter(|entry| entry.is_preflight()) else {
        return false;
    };
    let same = |entry: &Entry| !entry.is_preflight() && entry.request.url == preflight.request.url;
    archive.entries.iter().any(same)
}

fn request(archive: &Archive, entry: &Entry) -> PastedRequest {
    let recorded = &entry.request;
    let mut draft = Draft::new(recorded.url.clone());
    draft.method = Some(recorded.method.clone());
    draft.headers = recorded
        .fields
        .iter()
        .map(|field| (field.name.to_string(), isomorphic::decode(&field.value)))
        .collect();
    draft.body = match entry.content {
        Content::Absent => None,
        Content::Recorded => Some(super::data::body(recorded.body.to_vec())),
        Content::Missing => Some(PastedBody::Missing),
    };
    let mut request = draft.finish();
    request.status = entry.response.as_ref().map(|response| response.status);
    request.failed = failed(entry).or_else(|| preflight_of(archive, entry).and_then(failed));
    request
}

/// The last preflight for the URL of an entry.
fn preflight_of<'a>(archive: &'a Archive, entry: &Entry) -> Option<&'a Entry> {
    let is_its = |other: &&Entry| other.is_preflight() && other.request.url == entry.request.url;
    archive.entries.iter().rfind(is_its)
}

fn failed(entry: &Entry) -> Option<Failed> {
    let Some(response) = &entry.response else {
        return Some(Failed::NoResponse(entry.error.clone()));
    };
    let origin = entry.origin.as_ref().map_or_else(|| "null".to_owned(), Origin::to_string);
    // A preflight shows no credentials of its own.
    let credentials = entry.request.fields.contains("cookie");
    match cors_check(&origin, credentials, response) {
        Err(failure) if entry.is_preflight() => Some(Failed::NotPermitted(failure.preflight_reason())),
        Err(failure) => Some(Failed::NotPermitted(failure.reason())),
        Ok(()) if entry.is_preflight() && !is_ok(response.status) => {
            Some(Failed::NotPermitted(Reason::PreflightStatus))
        }
        Ok(()) => entry.error.clone().map(|error| Failed::NoResponse(Some(error))),
    }
}
