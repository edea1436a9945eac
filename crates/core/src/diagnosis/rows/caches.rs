//! Caches and CDNs on the way.

use super::{Judged, Proof, grant_all, status_line};
use crate::{
    diagnosis::{Edit, Experiment, Facts, Sighting},
    exchange::ServedBy,
    fetch::Reason,
};

/// The key that a cache needs for answers that depend on the page.
const KEY: [&str; 3] = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];

pub(super) fn options_turned_into_get(facts: &Facts<'_>) -> Judged {
    let Some(response) = facts.response().filter(|_| facts.is_of_preflight()) else { return Ok(None) };
    let is_content = response.fields.contains("content-type")
        && (!response.body.is_empty() || response.fields.contains("etag"));
    let says_preflight = ["access-control-allow-methods", "access-control-allow-headers"]
        .iter()
        .any(|name| response.fields.contains(name));
    if !is_content || says_preflight || response.status != 200 {
        return Ok(None);
    }
    let Some(lines) = facts.cache_hit().filter(|lines| !lines.is_empty()) else { return Ok(None) };
    let mut proof =
        Proof::new("a cache answers OPTIONS with the answer that it stored for GET").about("OPTIONS");
    proof.evidence = lines;
    Ok(Some(
        grant_all(facts, proof)
            .cured_by(
                "let the cache pass OPTIONS on to the server (Varnish: `return (pass)` for OPTIONS in vcl_recv; a CDN: allow \
                 OPTIONS, and do not cache it); then the preflight gets the server's own answer",
            )
            .edit(Edit::Remedy { what: "the cache passes OPTIONS on to the server".to_owned() }),
    ))
}

/// A fresh URL that is answered well where this one is not.
fn well_when_fresh<'a>(facts: &Facts<'a>) -> Result<Option<&'a Sighting>, Experiment> {
    Ok(facts.of(Experiment::FreshUrl)?.filter(|fresh| {
        fresh.allowed()
            // The preflight is well, and the rest is another question.
            || (facts.is_of_preflight() && fresh.reason.is_some_and(|reason| !reason.is_of_preflight()))
    }))
}

pub(super) fn preflight(facts: &Facts<'_>) -> Judged {
    if !facts.is_of_preflight() || facts.seen.preflight_response().is_none() {
        return Ok(None);
    }
    // A list that grants the request's method or header to others does not come from its own preflight.
    let Some(fresh) = well_when_fresh(facts)? else { return Ok(None) };
    let mut proof =
        Proof::new("a cache answers preflights with what it stored for another preflight of this URL")
            .about("OPTIONS");
    proof.evidence = facts.cache_hit().unwrap_or_default();
    Ok(Some(
        proof
            .shown_by("the same preflight at a URL that no cache has seen is answered well")
            .cured_by(format!(
                "keep the CDN or cache from storing OPTIONS; where it must, put {} into its cache key",
                KEY.join(", ")
            ))
            .cured_by(format!("purge what is stored for {}", facts.page.url))
            .edit(Edit::AddToCacheKey { fields: KEY.iter().map(|name| (*name).to_owned()).collect() })
            .edit(Edit::Purge { url: facts.page.url.to_string() })
            .instead(fresh),
    ))
}

pub(super) fn for_another_origin(facts: &Facts<'_>) -> Judged {
    if facts.is_of_preflight() || facts.reason() != Some(Reason::CorsCheckOriginMismatch) {
        return Ok(None);
    }
    let hit = facts.cache_hit();
    let fresh = facts.of(Experiment::FreshUrl)?.filter(|fresh| fresh.allowed());
    // A browser's own cache, or one of the models: what was stored is known.
    if let Some(stored) = &facts.seen.stored
        && facts.seen.served_by != ServedBy::Network
    {
        return Ok(stored_wrong(facts, stored.exchange.as_ref().and_then(|it| it.response())));
    }
    let Some(fresh) = fresh else { return Ok(None) };
    let mut proof =
        Proof::new(format!("a cache gives this page the copy that it stored for {}", facts.subject()))
            .about(facts.subject());
    proof.evidence = hit.unwrap_or_default();
    Ok(Some(
        proof
            .shown_by("the same at a URL that no cache has seen is allowed")
            .cured_by(format!("purge the stored copy of {} from the cache or CDN", facts.page.url))
            .cured_by(
                "put Origin into the cache key, and send `Vary: Origin` on every answer of this resource",
            )
            .edit(Edit::Purge { url: facts.page.url.to_string() })
            .edit(Edit::AddToCacheKey { fields: vec!["Origin".to_owned()] })
            .instead(fresh),
    ))
}

fn stored_wrong(facts: &Facts<'_>, stored: Option<&crate::message::Response>) -> Option<Proof> {
    let varies = stored?.varies_by("origin");
    varies.then(|| {
        Proof::new(format!("a cache gives this page the copy that it stored for {}", facts.subject()))
            .about(facts.subject())
            .cured_by("put Origin into the cache key: what is stored says `Vary: Origin`, and the cache does not heed it")
            .edit(Edit::AddToCacheKey { fields: vec!["Origin".to_owned()] })
    })
}

pub(super) fn without_cors(facts: &Facts<'_>) -> Judged {
    if facts.is_of_preflight() || !facts.is_missing() || facts.status().is_some_and(|status| status >= 400) {
        return Ok(None);
    }
    let (good, how) = match facts.of(Experiment::FreshUrl)?.filter(|fresh| fresh.allowed()) {
        Some(fresh) => (fresh, "the same at a URL that no cache has seen is allowed"),
        None => {
            let coded = facts.response().is_some_and(|response| response.fields.contains("content-encoding"));
            if !coded || facts.cache_hit().is_none() {
                return Ok(None);
            }
            match facts.of(Experiment::Uncompressed)?.filter(|plain| plain.allowed()) {
                Some(plain) => (plain, "the uncompressed copy is allowed"),
                None => return Ok(None),
            }
        }
    };
    let mut proof =
        Proof::new("a cache on the way stored a copy without CORS fields, and gives it to this page")
            .about(facts.page.url.to_string());
    proof.evidence = facts.cache_hit().unwrap_or_default();
    Ok(Some(
        proof
            .shown_by(how)
            .cured_by(format!("purge the stored copy of {} from the cache or CDN", facts.page.url))
            .cured_by(
                "keep it from coming back: put Origin into the cache key, and send `Vary: Origin` also on answers to \
                 requests without Origin",
            )
            .edit(Edit::Purge { url: facts.page.url.to_string() })
            .edit(Edit::AddToCacheKey { fields: vec!["Origin".to_owned()] })
            .instead(good),
    ))
}

pub(super) fn not_forwarded(facts: &Facts<'_>) -> Judged {
    if !facts.is_missing() || facts.status().is_some_and(|status| status >= 400) {
        return Ok(None);
    }
    let lines = facts.on_the_way();
    // A proxy that only names itself in Via stores nothing, as far as it says.
    if lines.is_empty() || lines.iter().all(|line| line.to_ascii_lowercase().starts_with("via:")) {
        return Ok(None);
    }
    if facts.of(Experiment::FreshUrl)?.is_none_or(Sighting::allowed) {
        return Ok(None);
    }
    let mut proof = grant_all(
        facts,
        Proof::new("a CDN or cache stands in front, and no answer that comes through it has CORS fields: either it does not pass Origin on, or the server behind it has no CORS configuration")
            .about("Origin"),
    );
    proof.evidence = lines;
    Ok(Some(
        proof
            .shown_by(status_line(facts))
            .shown_by("nor has a URL that no cache has seen")
            .cured_by(
                "let the CDN forward Origin, Access-Control-Request-Method and Access-Control-Request-Headers to the server, \
                 and put them into its cache key (CloudFront: an origin request policy and a cache policy)",
            )
            .cured_by(format!("check at the server behind the CDN that it allows {}", super::wants(facts)))
            .edit(Edit::ForwardOrigin)
            .edit(Edit::AddToCacheKey { fields: KEY.iter().map(|name| (*name).to_owned()).collect() }),
    ))
}
