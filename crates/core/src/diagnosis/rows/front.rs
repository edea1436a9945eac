//! Who answers in place of the endpoint, or in front of its CORS layer.

use url::Url;

use super::{Judged, Proof, status_line};
use crate::{
    diagnosis::{Edit, Experiment, Facts, facts::line},
    exchange::Stage,
    signature::is_presigned,
};

/// What to do where answers differ by chance.
pub(in crate::diagnosis) const SAME_EVERYWHERE: &str = "find the instance, replica or edge that answers differently: send the same request to each server behind the \
     load balancer, and give all of them the same configuration";

/// Phrases by which servers say that they do not know a host name.
const HOST_WORDS: &[&str] = &[
    "invalid host",
    "blocked host",
    "disallowedhost",
    "disallowed host",
    "unknown host",
    "host not allowed",
    "host is not allowed",
    "host not permitted",
    "not an allowed host",
    "unrecognized host",
    "unrecognised host",
    "allowed_hosts",
    "allowedhosts",
    "no such host",
    "host header",
    "misdirected",
];

pub(super) fn host_not_allowed(facts: &Facts<'_>) -> Judged {
    let Some(status @ (400 | 403 | 404 | 421)) = facts.status() else { return Ok(None) };
    let words = facts.words();
    let said = HOST_WORDS.iter().find(|said| words.contains(**said));
    if said.is_none() && status != 421 {
        return Ok(None);
    }
    let host = facts.page.url.host_str().unwrap_or_default().to_owned();
    let mut proof =
        Proof::new(format!("the server does not serve the host name {host}: it refuses every request to it"))
            .about(host.clone())
            .shown_by(status_line(facts));
    if let Some(line) = said.and_then(|said| facts.said(said)) {
        proof = proof.shown_by(format!("the answer says: {line}"));
    }
    Ok(Some(
        proof
            .cured_by(format!("add the host {host} to the host names that the server accepts"))
            .edit(Edit::Remedy { what: format!("the server accepts the host {host}") }),
    ))
}

pub(super) fn bot_filter(facts: &Facts<'_>) -> Judged {
    let Some(response) = facts.response() else { return Ok(None) };
    let proof = |shown: String| {
        Proof::new("a bot check or firewall in front of the server answers, not the server")
            .about(facts.status().map(|status| status.to_string()).unwrap_or_default())
            .shown_by(shown)
            .cured_by(
                "let requests of scripts and preflights to this path pass the bot check or firewall: a challenge page \
                 cannot be solved in a fetch",
            )
            .edit(Edit::Remedy { what: "the filter lets the request pass".to_owned() })
    };
    let says = ["cf-mitigated", "x-amzn-waf-action", "x-sucuri-block", "x-datadome", "x-iinfo"];
    if let Some(found) =
        says.iter().find_map(|name| line(response, name)).filter(|_| !facts.seen.has_allow_origin())
    {
        return Ok(Some(proof(found)));
    }
    let is_page = response.fields.text("content-type").is_some_and(|value| value.starts_with("text/html"));
    if !matches!(response.status, 403 | 429 | 503) || !is_page || facts.seen.has_allow_origin() {
        return Ok(None);
    }
    let words = facts.words();
    let challenge =
        ["captcha", "challenge", "are you a robot", "are you human", "bot protection", "attention required"];
    match challenge.iter().find(|said| words.contains(**said)) {
        Some(said) => {
            Ok(Some(proof(format!("status {} with a page that speaks of \"{said}\"", response.status))))
        }
        None => Ok(None),
    }
}

pub(super) fn throttled(facts: &Facts<'_>) -> Judged {
    let throttled = facts.seen.failure().is_some_and(|failure| failure.stage == Stage::Throttled);
    let limited = facts.status() == Some(429);
    if !throttled && !limited {
        return Ok(None);
    }
    let wait = facts.response().and_then(|response| line(response, "Retry-After"));
    let mut proof = Proof::new("the endpoint limits the rate of requests: this says nothing of CORS")
        .about("429")
        .shown_by(status_line(facts));
    if let Some(wait) = wait {
        proof = proof.shown_by(wait);
    }
    Ok(Some(
        proof
            .cured_by("try again later or more slowly (--rate); and add the CORS fields to 429 answers, so that pages see the status")
            .edit(Edit::Remedy { what: "the rate limit lets the request pass".to_owned() }),
    ))
}

pub(super) fn unstable(facts: &Facts<'_>) -> Judged {
    // A clear refusal of a method or a header is no matter of chance.
    if !facts.is_missing() && facts.status().is_none_or(|status| status < 500) {
        return Ok(None);
    }
    let Some(repeat) = facts.of(Experiment::Repeat(1))? else { return Ok(None) };
    let mut repeats = vec![repeat];
    for number in 2..=5 {
        repeats.extend(facts.of(Experiment::Repeat(number))?);
        // Two in a row, because a balancer may give every other request to the same server.
        if number == 2 && repeats.iter().all(|repeat| !repeat.allowed()) {
            return Ok(None);
        }
    }
    let allowed = repeats.iter().filter(|repeat| repeat.allowed()).count();
    let Some(good) = repeats.iter().find(|repeat| repeat.allowed()) else { return Ok(None) };
    let all = repeats.len() + 1;
    let mut proof = Proof::new(format!(
        "the same request is answered in two ways: {allowed} of {all} answers let the page read"
    ))
    .about(facts.status().map(|status| status.to_string()).unwrap_or_default())
    .shown_by(status_line(facts));
    if let Some(status) = good.status() {
        proof = proof
            .shown_by(format!("the same request again is answered with {status} and lets the page read"));
    }
    Ok(Some(
        proof
            .cured_by(SAME_EVERYWHERE)
            .edit(Edit::Remedy { what: "every instance gives the same answer".to_owned() })
            .instead(good),
    ))
}

pub(super) fn hotlink(facts: &Facts<'_>) -> Judged {
    if facts.status() != Some(403) || facts.is_of_preflight() || !facts.is_missing() {
        return Ok(None);
    }
    let words = facts.words();
    let said = ["referer", "referrer", "hotlink"].iter().any(|said| words.contains(said));
    let Some(own) = facts.of(Experiment::RefererOfTheSite)? else { return Ok(None) };
    let passes = own.status().is_some_and(|status| status < 400);
    if !passes && !said {
        return Ok(None);
    }
    let mut proof = Proof::new(format!(
        "the server refuses requests by their Referer: pages of {} are not on its list",
        facts.origin()
    ))
    .about("Referer")
    .shown_by(status_line(facts));
    if passes {
        proof = proof.shown_by("the same request with a Referer of the site itself is answered");
    }
    let proof = proof
        .cured_by(format!(
            "add {} to the Referer list (hotlink protection) of the server or CDN",
            facts.origin()
        ))
        .edit(Edit::Remedy { what: "the Referer filter lets the page pass".to_owned() });
    Ok(Some(if passes { proof.instead(own) } else { proof }))
}

/// A checksum that a signed URL carries for the content: the parameter, its value, and what to do about it.
pub(in crate::diagnosis) fn signed_checksum(url: &Url) -> Option<(String, String, String)> {
    let (name, value) = url.query_pairs().find(|(name, _)| {
        name.to_ascii_lowercase().starts_with("x-amz-checksum")
            || name.eq_ignore_ascii_case("x-amz-sdk-checksum-algorithm")
    })?;
    let cure = format!(
        "sign the URL without a checksum ({name}), or send that checksum with the body: a checksum of nothing in the URL \
         makes the store refuse the upload"
    );
    Some((name.into_owned(), value.into_owned(), cure))
}

pub(super) fn signature(facts: &Facts<'_>) -> Judged {
    const CODES: &[&str] = &[
        "signaturedoesnotmatch",
        "authorizationqueryparameterserror",
        "requesttimetooskewed",
        "invalidaccesskeyid",
        "xamzcontentsha256mismatch",
        "baddigest",
        "invaliddigest",
        "accessdenied",
        "expiredtoken",
        "invalidargument",
        "authorizationheadermalformed",
    ];
    if facts.is_of_preflight() || !facts.status().is_some_and(|status| (400..500).contains(&status)) {
        return Ok(None);
    }
    let words = facts.words();
    let code = CODES.iter().find(|code| words.contains(&format!("<code>{code}</code>")));
    if facts.status() == Some(400)
        && let Some((name, value, cure)) = signed_checksum(&facts.page.url)
    {
        return Ok(Some(
            Proof::new("the signed URL carries a checksum, and the store refuses what the page sends")
                .about(name.clone())
                .shown_by(format!("the URL has {name}={value}"))
                .shown_by(status_line(facts))
                .cured_by(cure)
                .edit(Edit::Remedy { what: "the checksum fits the content".to_owned() }),
        ));
    }
    let (Some(code), true) = (code, is_presigned(&facts.page.url)) else { return Ok(None) };
    Ok(Some(
        Proof::new("the store refuses the signed URL itself, and this error answer has no CORS fields")
            .about(*code)
            .shown_by(format!("the store's error code is {code}"))
            .cured_by(
                "sign exactly what the page sends: method, signed headers, checksum and time of expiry; the store's error \
                 text names the parameter that differs",
            )
            .edit(Edit::Remedy { what: "the signature fits the request".to_owned() }),
    ))
}

pub(super) fn crashes(facts: &Facts<'_>) -> Judged {
    let broke = facts.seen.failure().is_some_and(|failure| failure.stage == Stage::Head);
    let fails = facts.status().is_some_and(|status| status >= 500);
    if !broke && !fails {
        return Ok(None);
    }
    let Some(without) = facts.of(Experiment::WithoutOrigin)? else { return Ok(None) };
    let Some(status) = without.status().filter(|status| *status < 400) else { return Ok(None) };
    Ok(Some(
        super::grant_all(
            facts,
            Proof::new("the server fails as soon as a request has Origin: its CORS layer crashes")
                .about("Origin")
                .shown_by(status_line(facts))
                .shown_by(format!("the same request without Origin is answered with {status}")),
        )
        .cured_by(format!(
            "read the server's log for this request: with Origin it fails, without Origin it works ({status}); mend the \
             CORS middleware or its configuration"
        ))
        .instead(without),
    ))
}
