//! Answers to the request itself, after the preflight.

use super::{Judged, Proof, name_origin, status_line};
use crate::{
    diagnosis::{Edit, Experiment, Facts, Sighting, facts::line},
    fetch::method,
};

/// Whether an answer of this endpoint grants the page something, other than the one that decided.
fn granted_elsewhere(facts: &Facts<'_>) -> Result<Option<&'static str>, Experiment> {
    if facts
        .seen
        .preflight_response()
        .is_some_and(|response| response.fields.contains("access-control-allow-origin"))
    {
        return Ok(Some("the preflight is allowed"));
    }
    if facts.of(Experiment::MethodAlone)?.is_some_and(Sighting::has_allow_origin) {
        return Ok(Some("a preflight of this page is allowed"));
    }
    if facts.bare_status {
        return Ok(Some("answers with status 200 have CORS fields"));
    }
    // An experiment that only changes the way to the same answer says nothing of other answers.
    let elsewhere =
        facts.granted_elsewhere().is_some_and(|other| other.url.is_some() && !same_answer(facts, other));
    Ok(elsewhere.then_some("other answers to this page have CORS fields"))
}

/// Whether another request is for the same answer: the same method, URL and status.
fn same_answer(facts: &Facts<'_>, other: &Sighting) -> bool {
    let path = |url: Option<&url::Url>| url.map(|url| url.path().to_owned());
    other.method == facts.seen.method
        && path(other.url.as_ref()) == path(facts.seen.url.as_ref())
        && other.status() == facts.status()
        && other.preflight.is_none()
}

/// The same page reads another path, and no request for this path has CORS fields.
pub(super) fn path(facts: &Facts<'_>) -> Judged {
    // Where the status decides, the path does not.
    if facts.is_of_preflight()
        || !facts.is_missing()
        || facts.bare_status
        || facts.status().is_none_or(|status| status >= 400)
    {
        return Ok(None);
    }
    let Some(url) = facts.seen.url.as_ref() else { return Ok(None) };
    let is_here = |other: &Sighting| other.url.as_ref().is_some_and(|other| other.path() == url.path());
    let page = Some(facts.origin());
    let granted =
        |other: &&Sighting| other.origin.as_deref() == page && other.grants_origin() && other.was_sent();
    let mut granted = facts.others.iter().copied().filter(granted);
    let Some(elsewhere) = granted.clone().find(|other| !is_here(other)) else { return Ok(None) };
    if granted.any(is_here) {
        return Ok(None);
    }
    let path = url.path().to_owned();
    let proof =
        Proof::new(format!("answers to {path} have no CORS fields, and those to other paths have them"))
            .about(path.clone())
            .shown_by(status_line(facts))
            .shown_by(format!("{} is allowed", elsewhere.url.as_ref().map_or("", |url| url.path())));
    Ok(Some(name_origin(facts, proof).cured_by(format!(
        "let the CORS configuration cover {path}, too: static files and nested paths are often served by another handler"
    ))))
}

/// A 304 without the fields of the answer that it confirms.
pub(super) fn not_modified(facts: &Facts<'_>) -> Judged {
    let granted = facts.bare_status || facts.granted_elsewhere().is_some();
    if facts.status() != Some(304) || facts.is_of_preflight() || !granted {
        return Ok(None);
    }
    let proof = Proof::new("a 304 has not the CORS fields of the page that revalidates")
        .about("304")
        .shown_by(status_line(facts));
    Ok(Some(name_origin(facts, proof).cured_by(
        "send the CORS fields and `Vary: Origin` on a 304 as on the 200: the browser and caches take them over",
    )))
}

pub(super) fn body_too_large(facts: &Facts<'_>) -> Judged {
    if facts.status() != Some(413) || facts.is_of_preflight() || !facts.is_missing() {
        return Ok(None);
    }
    let proof = Proof::new(
        "the request is too large for a proxy or server (413), whose error answer has no CORS fields",
    )
    .about("413")
    .shown_by(status_line(facts));
    Ok(Some(
        name_origin(facts, proof)
            .cured_by(
                "raise the limit for request bodies (nginx: client_max_body_size), or send less at a time",
            )
            .cured_by(
                "and add the CORS fields to error answers (nginx: `always`), so that the page sees the 413",
            )
            .edit(Edit::Remedy { what: "the request body is accepted".to_owned() }),
    ))
}

pub(super) fn stream(facts: &Facts<'_>) -> Judged {
    if facts.is_of_preflight() || !facts.is_missing() {
        return Ok(None);
    }
    const TYPES: &[&str] = &["text/event-stream", "application/x-ndjson", "application/stream+json"];
    let Some(response) = facts.response().filter(|response| response.status < 400) else { return Ok(None) };
    let content = response.fields.text("content-type").unwrap_or_default().to_ascii_lowercase();
    if !TYPES.iter().any(|stream| content.starts_with(stream)) || granted_elsewhere(facts)?.is_none() {
        return Ok(None);
    }
    let proof = Proof::new("the answer is a stream, and its head was sent without CORS fields: the code that streams bypasses the CORS layer")
        .about(content)
        .shown_by(line(response, "Content-Type").unwrap_or_default())
        .shown_by("other answers of this endpoint have CORS fields");
    Ok(Some(name_origin(facts, proof).cured_by(format!(
        "set the CORS fields before the stream begins: `Access-Control-Allow-Origin: {}`, and `Vary: Origin`",
        facts.origin()
    ))))
}

pub(super) fn actual(facts: &Facts<'_>) -> Judged {
    if facts.is_of_preflight() || !facts.is_missing() || facts.status().is_none_or(|status| status >= 400) {
        return Ok(None);
    }
    let Some(shown) = granted_elsewhere(facts)? else { return Ok(None) };
    let method = method::normalize(&facts.page.method);
    let proof =
        Proof::new(format!("the preflight is right, and the answer to {method} itself has no CORS fields"))
            .about(method.clone())
            .shown_by(shown)
            .shown_by(status_line(facts));
    Ok(Some(name_origin(facts, proof).cured_by(format!(
        "add the CORS fields to the actual answer to {method}, too: `Access-Control-Allow-Origin: {}`; an answer to OPTIONS alone is not enough",
        facts.origin()
    ))))
}

pub(super) fn error(facts: &Facts<'_>) -> Judged {
    if facts.is_of_preflight() || !facts.is_missing() {
        return Ok(None);
    }
    let Some(status) = facts.status().filter(|status| *status >= 400) else { return Ok(None) };
    let Some(shown) = granted_elsewhere(facts)? else { return Ok(None) };
    let proof = Proof::new(format!(
        "the server answers {status}, and its error answers have no CORS fields: the page is told of CORS in place of the {status}"
    ))
    .about(status.to_string())
    .shown_by(status_line(facts))
    .shown_by(shown);
    Ok(Some(
        name_origin(facts, proof)
            .cured_by(format!("add the CORS fields to error answers, also to this {status} (nginx: `always`), so that the page can read the status"))
            .cured_by(format!("then mend what the {status} is about")),
    ))
}
