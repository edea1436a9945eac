//! What is worth knowing of a request that the browser lets the page read: what it cannot read of it, and what will break
//! once a cache or another page comes in between.

use super::{
    Cause, Diagnosed, Experiment, Facts, Proof,
    facts::{line, members},
    rows,
};
use crate::message::Response;

/// Response fields that pages need and servers forget to expose: of products, protocols and common APIs.
const WANTED: &[&str] = &[
    "etag",
    "content-disposition",
    "content-range",
    "accept-ranges",
    "x-total-count",
    "link",
    "location",
    "retry-after",
    "grpc-status",
    "grpc-message",
    "x-request-id",
    "upload-offset",
    "upload-length",
    "tus-resumable",
    "tus-version",
    "x-elastic-product",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "ratelimit",
    "x-next-page",
    "x-page",
    "digest",
    "server-timing",
];

/// Every note. `exposed`: the fields that the page must be able to read.
///
/// # Errors
/// An experiment that would tell.
pub(super) fn of(facts: &Facts<'_>, exposed: &[String]) -> Result<Vec<Diagnosed>, Experiment> {
    let mut notes = Vec::new();
    let credentials = facts.page.credentials;
    let mut add = |cause: Cause, proof: Proof| notes.push(Diagnosed::new(cause, proof, credentials));
    if !facts.seen.was_sent() {
        add(Cause::RequestNotSent, not_sent(facts));
        return Ok(notes);
    }
    if let Some(proof) = own_origin(facts)? {
        add(Cause::OwnOriginRefused, proof);
    }
    let Some(response) = facts.seen.response() else { return Ok(notes) };
    if let Some(proof) = hidden(response, facts, exposed) {
        add(Cause::NotExposed, proof);
    }
    if let Some(proof) = vary(response, facts)? {
        add(Cause::VaryMissing, proof);
    }
    Ok(notes)
}

fn not_sent(facts: &Facts<'_>) -> Proof {
    let mut proof = Proof::new("only the preflight was sent: the answer to the request itself needs Access-Control-Allow-Origin, too, and was not seen")
        .about(facts.page.method.clone())
        .cured_by(format!("send {} itself with --send, if it may have its effects", facts.page.method));
    if let Some((name, value, cure)) = rows::signed_checksum(&facts.page.url) {
        proof = proof.shown_by(format!("the signed URL carries {name}={value}")).cured_by(cure);
    }
    proof
}

/// The fields that are sent and hidden.
fn hidden(response: &Response, facts: &Facts<'_>, exposed: &[String]) -> Option<Proof> {
    let origin = facts.page.own_origin();
    if origin.as_deref() == Some(facts.origin()) {
        return None;
    }
    let listed = members(response, "access-control-expose-headers");
    let star = !facts.page.credentials && listed.iter().any(|name| name == "*");
    let readable = |name: &str| {
        star || listed.iter().any(|other| other.eq_ignore_ascii_case(name)) || SAFELISTED.contains(&name)
    };
    let sent = response.fields.iter().map(|field| field.name.to_ascii_lowercase());
    let mut names: Vec<String> =
        sent.filter(|name| WANTED.contains(&name.as_str()) || is_the_applications(name)).collect();
    names.retain(|name| !readable(name) && !INFRASTRUCTURE.iter().any(|start| name.starts_with(start)));
    for name in exposed {
        let name = name.to_ascii_lowercase();
        if !readable(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let list = names.join(", ");
    let given = line(response, "Access-Control-Expose-Headers");
    Some(
        Proof::new(format!("the page may read the answer, and not these of its fields: {list}"))
            .about(list.clone())
            .shown_by(given.unwrap_or_else(|| "the answer has no Access-Control-Expose-Headers".to_owned()))
            .cured_by(format!(
                "if the page needs them, send `Access-Control-Expose-Headers: {list}` on this very answer"
            )),
    )
}

/// Whether a field is one of the application's own.
fn is_the_applications(name: &str) -> bool {
    const VENDORS: &[&str] = &["x-oss-", "x-amz-", "x-ms-", "x-goog-", "x-minio-"];
    name.starts_with("x-") && !VENDORS.iter().any(|vendor| name.starts_with(vendor))
}

/// Fetch §2.2.2 *CORS-safelisted response-header name*.
const SAFELISTED: &[&str] = &[
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Fields of servers and proxies that no page reads.
const INFRASTRUCTURE: &[&str] = &[
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
    "x-powered-by",
    "x-served-by",
    "x-cache",
    "x-amz-cf",
    "x-varnish",
    "x-timer",
    "x-runtime",
    "x-dns-prefetch",
    "x-download-options",
    "x-permitted",
    "x-ua-compatible",
    "x-azure-ref",
    "x-envoy",
    "x-kong",
    "x-robots-tag",
    "x-proxy-cache",
    "x-cdn",
    "x-edge",
];

/// An answer that depends on Origin and does not say so, so that a cache gives it to the next page.
fn vary(response: &Response, facts: &Facts<'_>) -> Result<Option<Proof>, Experiment> {
    let named = response.fields.text("access-control-allow-origin");
    if named.as_deref() != Some(facts.origin()) || facts.page.own_origin().as_deref() == Some(facts.origin())
    {
        return Ok(None);
    }
    // The answer of a page says it; what an image or another page leaves in a cache must say it, too.
    let mut other = facts.of(Experiment::WithoutOrigin)?.and_then(super::Sighting::decisive);
    let says = |other: &Response| other.varies_by("origin") || !is_storable(other);
    if other.is_none_or(says) && !response.varies_by("origin") && is_storable(response) {
        other = facts.of(Experiment::ReadAs(super::STRANGER.to_owned()))?.and_then(super::Sighting::decisive);
    }
    let Some(other) = other else { return Ok(None) };
    let silent = if says(other) { response } else { other };
    if says(silent) || other.fields.text("access-control-allow-origin") == named {
        return Ok(None);
    }
    let mut proof = Proof::new("the answer depends on Origin and does not always say so: a cache, the browser's included, gives it to the next page, and an image that came first leaves a copy without CORS fields")
        .about("Origin")
        .shown_by(format!("Access-Control-Allow-Origin: {}", named.unwrap_or_default()))
        .shown_by("another request gets another answer, which may be stored and has no Vary: Origin")
        .cured_by("send `Vary: Origin` on every answer of this resource, also to other origins and to requests without Origin");
    proof.edits = rows::vary(facts);
    Ok(Some(proof))
}

/// Whether a cache may store an answer: it does not forbid it.
fn is_storable(response: &Response) -> bool {
    let control = response.fields.text("cache-control").unwrap_or_default().to_ascii_lowercase();
    !control.contains("no-store") && !control.contains("private")
}

/// A request of the site's own page that its CORS layer refuses, which the browser does not show as CORS.
fn own_origin(facts: &Facts<'_>) -> Result<Option<Proof>, Experiment> {
    let own = facts.page.own_origin();
    let Some(status) = facts.seen.status().filter(|status| matches!(status, 400 | 401 | 403 | 404 | 500))
    else {
        return Ok(None);
    };
    if own.as_deref() != Some(facts.origin()) || facts.seen.origin.is_none() {
        return Ok(None);
    }
    let Some(without) = facts.of(Experiment::WithoutOrigin)?.and_then(super::Sighting::status) else {
        return Ok(None);
    };
    Ok((without < 400).then(|| {
        Proof::new("the CORS layer refuses a request of the site's own page: browsers send Origin on it, too, where it is not GET or HEAD")
            .about(facts.origin())
            .shown_by(format!("with Origin {status}, without Origin {without}"))
            .cured_by(format!("let same-origin requests pass, or put the site's own origin {} on the list", facts.origin()))
    }))
}
