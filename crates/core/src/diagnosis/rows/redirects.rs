//! Redirects.

use url::Url;

use super::{Judged, Proof, grant_all, name_origin, status_line};
use crate::{
    diagnosis::{
        Answer, Edit, Experiment, Facts, Sighting,
        facts::{line, words},
    },
    exchange::Exchange,
    fetch::{self, Reason, status::is_redirect},
};

/// Where an exchange's answer redirects to.
fn location(exchange: &Exchange) -> Option<Url> {
    let response = exchange.response().filter(|response| is_redirect(response.status))?;
    exchange.sent.url.join(response.fields.text("location")?.trim()).ok()
}

/// The first redirect: of the preflight, or of the request itself.
fn first<'a>(facts: &Facts<'a>) -> Option<(&'a Exchange, Url)> {
    let preflight = facts.seen.preflight.iter().filter(|_| facts.is_of_preflight());
    preflight.chain(&facts.seen.hops).find_map(|exchange| Some((exchange.as_ref(), location(exchange)?)))
}

pub(super) fn wrong_region(facts: &Facts<'_>) -> Judged {
    let exchanges = facts.seen.preflight.iter().chain(&facts.seen.hops);
    for exchange in exchanges {
        let Some(response) =
            exchange.response().filter(|response| matches!(response.status, 301 | 307 | 400))
        else {
            continue;
        };
        let body = words(response);
        let named = body
            .split_once("<endpoint>")
            .and_then(|(_, rest)| rest.split_once("</endpoint>"))
            .map(|(name, _)| name.trim().to_owned());
        let region = line(response, "x-amz-bucket-region");
        let is_store = body.contains("<code>") || region.is_some();
        let Some(endpoint) =
            named.or_else(|| location(exchange)?.host_str().map(str::to_owned)).filter(|_| is_store)
        else {
            continue;
        };
        if exchange.sent.url.host_str() == Some(endpoint.as_str()) {
            continue;
        }
        let mut proof = Proof::new(format!("the bucket is at another endpoint of the store, {endpoint}, and preflights are not redirected there"))
            .about(endpoint.clone())
            .shown_by(format!("status {}", response.status));
        proof.evidence.extend(region);
        let mut url = facts.page.url.clone();
        let moved = url.set_host(Some(&endpoint)).is_ok();
        return Ok(Some(
            proof
                .cured_by(format!("request the bucket at the endpoint of its region: {endpoint}"))
                .edit(Edit::UseUrl { url: if moved { url.to_string() } else { endpoint } }),
        ));
    }
    Ok(None)
}

pub(super) fn to_http(facts: &Facts<'_>) -> Judged {
    let Some((exchange, target)) = first(facts) else { return Ok(None) };
    if exchange.sent.url.scheme() != "https" || target.scheme() != "http" {
        return Ok(None);
    }
    Ok(Some(
        Proof::new("the server redirects an https URL to plain http, which a page may not request (mixed content)")
            .about(target.to_string())
            .shown_by(format!("Location: {target}"))
            .cured_by(
                "tell the server behind the TLS proxy that the request came over https (X-Forwarded-Proto, and trust in \
                 proxy headers), so that its redirects keep the scheme",
            )
            .cured_by(format!("or request the redirect's target over https: {}", https(&target)))
            .edit(Edit::UseUrl { url: https(&target) }),
    ))
}

fn https(url: &Url) -> String {
    url.as_str().replacen("http:", "https:", 1)
}

/// Words in a path by which login pages are known.
const LOGIN: &[&str] =
    &["login", "signin", "sign-in", "sign_in", "sso", "oauth", "authorize", "saml", "logon", "auth/realms"];

pub(super) fn login(facts: &Facts<'_>) -> Judged {
    let exchanges = facts.seen.preflight.iter().chain(&facts.seen.hops);
    let found = exchanges.filter_map(|exchange| location(exchange)).find(|target| {
        let path = target.path().to_ascii_lowercase();
        let host = target.host_str().unwrap_or_default();
        LOGIN.iter().any(|word| path.contains(word)) || host.starts_with("login.") || host.starts_with("sso.")
    });
    let Some(target) = found else { return Ok(None) };
    Ok(Some(
        name_origin(
            facts,
            Proof::new("the session is missing or expired: the request is redirected to a login page")
                .about(target.to_string())
                .shown_by(format!("Location: {target}")),
        )
        .cured_by(
            "answer requests of scripts with 401 and CORS fields in place of the redirect to the login page",
        )
        .cured_by("and let the page send its session: log in first, and make the request with credentials")
        .edit(Edit::SetStatus {
            on: if facts.is_of_preflight() { Answer::Preflight } else { Answer::Actual },
            status: 401,
        }),
    ))
}

pub(super) fn preflight(facts: &Facts<'_>) -> Judged {
    if facts.reason() != Some(Reason::PreflightRedirect) {
        return Ok(None);
    }
    let Some((_, target)) = first(facts) else { return Ok(None) };
    let own = facts.page.url.origin() == target.origin();
    let direct = if own { facts.of(Experiment::UrlAs(target.to_string()))? } else { None };
    let mut proof = Proof::new(format!(
        "the preflight is redirected to {target}, and browsers never follow redirects of preflights"
    ))
    .about(target.to_string())
    .shown_by(status_line(facts));
    if direct.is_some_and(Sighting::allowed) {
        proof = proof.shown_by(format!("{target} itself is allowed"));
    }
    // Where the target redirects preflights, too, no other URL is a way out.
    if direct.is_some_and(|direct| direct.reason == Some(Reason::PreflightRedirect)) {
        let proof = proof.shown_by(format!("a preflight of {target} is redirected, too"));
        return Ok(Some(
            grant_all(facts, proof)
                .cured_by("answer OPTIONS before anything redirects, here and at the target"),
        ));
    }
    let proof = proof
        .cured_by(format!("request {target} directly"))
        .cured_by("or answer OPTIONS at this URL before the redirect")
        .edit(Edit::UseUrl { url: target.to_string() });
    Ok(Some(match direct {
        Some(direct) => proof.instead(direct),
        None => proof,
    }))
}

/// The last redirect hop, where the answer that decided came from one.
fn last_hop<'a>(facts: &Facts<'a>) -> Option<&'a Exchange> {
    let reason = facts.reason()?;
    (reason.is_of_cors_check() && facts.seen.hops.len() > 1)
        .then(|| facts.seen.hops.last())?
        .map(AsRef::as_ref)
}

pub(super) fn origin_null(facts: &Facts<'_>) -> Judged {
    let Some(hop) = last_hop(facts) else { return Ok(None) };
    if hop.sent.fields.text("origin").as_deref() != Some("null") || facts.page.origin == "null" {
        return Ok(None);
    }
    let (url, host) = (&hop.sent.url, hop.sent.url.origin().ascii_serialization());
    Ok(Some(
        Proof::new(format!("after a redirect from one origin to another, the browser sends `Origin: null` to {host}, which allows pages by name"))
            .about(host.clone())
            .shown_by(format!("{} is requested with Origin: null", url))
            .cured_by(format!("request {url} directly, without the redirect"))
            .cured_by(format!("or answer `Access-Control-Allow-Origin: *` at {host}, if what it serves is public; do not allow `null`"))
            .edit(Edit::SetField { on: super::deciding(facts), name: "Access-Control-Allow-Origin".to_owned(), value: "*".to_owned() }),
    ))
}

pub(super) fn target(facts: &Facts<'_>) -> Judged {
    let Some(hop) = last_hop(facts) else { return Ok(None) };
    let response = hop.response();
    if !facts.is_missing() || response.is_none_or(|response| is_redirect(response.status)) {
        return Ok(None);
    }
    let host = hop.sent.url.origin().ascii_serialization();
    if hop.sent.url.origin() == facts.page.url.origin()
        && response.is_some_and(|response| response.status >= 400)
    {
        return Ok(None);
    }
    Ok(Some(
        Proof::new(format!("the request is redirected to {host}, whose answer has no CORS fields"))
            .about(host.clone())
            .shown_by(format!(
                "{} is answered with {}",
                hop.sent.url,
                response.map_or(0, |response| response.status)
            ))
            .cured_by(format!("allow {} at {host}, where the redirect leads to", facts.origin()))
            .edit(Edit::SetField {
                on: super::deciding(facts),
                name: "Access-Control-Allow-Origin".to_owned(),
                value: hop.sent.fields.text("origin").unwrap_or_else(|| facts.origin().to_owned()),
            }),
    ))
}

pub(super) fn without_cors(facts: &Facts<'_>) -> Judged {
    let reason = facts.reason();
    let status = facts.status().filter(|status| is_redirect(*status));
    let (Some(reason), Some(status)) = (reason, status) else { return Ok(None) };
    if !reason.is_of_cors_check() || !facts.is_missing() {
        return Ok(None);
    }
    let Some(exchange) = facts.seen.hops.last() else { return Ok(None) };
    let target = location(exchange);
    let shown = target.as_ref().map_or_else(String::new, ToString::to_string);
    let own = target.as_ref().is_some_and(|target| fetch::origin::same_origin(target, &facts.page.url));
    let direct = match &target {
        Some(target) if own => facts.of(Experiment::UrlAs(target.to_string()))?,
        _ => None,
    };
    let proof = Proof::new(format!("the redirect itself has no CORS fields: status {status}"))
        .about(status.to_string())
        .shown_by(format!("Location: {shown}"));
    Ok(Some(match direct.filter(|direct| direct.allowed()) {
        Some(direct) => proof
            .shown_by(format!("{shown} itself is allowed"))
            .cured_by(format!("request {shown} directly, without the redirect"))
            .cured_by("or add the CORS fields to redirects, too")
            .edit(Edit::UseUrl { url: shown })
            .instead(direct),
        None => name_origin(facts, proof)
            .cured_by(format!("request {shown} directly, or add the CORS fields to redirects, too")),
    }))
}
