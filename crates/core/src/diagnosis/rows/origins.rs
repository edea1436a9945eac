//! The page's origin.

use url::Url;

use super::{Judged, Proof, answers, grant_all, name_origin, status_line};
use crate::{
    diagnosis::{Edit, Experiment, Facts, Sighting, facts::line},
    fetch::{self, Reason},
    message::list,
};

/// The value of Access-Control-Allow-Origin, all lines together.
fn allowed(facts: &Facts<'_>) -> String {
    facts
        .response()
        .and_then(|response| response.fields.text("access-control-allow-origin"))
        .unwrap_or_default()
}

pub(super) fn twice(facts: &Facts<'_>) -> Judged {
    if !matches!(facts.reason(), Some(Reason::CorsCheckMultiple | Reason::PreflightCorsCheckMultiple)) {
        return Ok(None);
    }
    let Some(response) = facts.response() else { return Ok(None) };
    let lines: Vec<String> = response
        .fields
        .lines("access-control-allow-origin")
        .map(|line| format!("Access-Control-Allow-Origin: {}", String::from_utf8_lossy(line)))
        .collect();
    let members = list::names(response.fields.lines("access-control-allow-origin"));
    let joined = members.len() == 2 && members.iter().all(|member| member == "*" || member == facts.origin());
    if lines.len() < 2 && !joined {
        return Ok(None);
    }
    let mut proof = Proof::new("two layers each add Access-Control-Allow-Origin, mostly the application and the proxy in front of it")
        .about("Access-Control-Allow-Origin");
    proof.evidence = lines;
    Ok(Some(
        name_origin(facts, proof)
            .cured_by("let only one layer send the CORS fields, and remove them from the other")
            .cured_by("nginx in front of an application that answers CORS itself: drop its add_header lines, or hide the application's with `proxy_hide_header Access-Control-Allow-Origin`"),
    ))
}

pub(super) fn malformed(facts: &Facts<'_>) -> Judged {
    let value = allowed(facts);
    let invalid = matches!(
        facts.reason(),
        Some(
            Reason::CorsCheckMultiple
                | Reason::PreflightCorsCheckMultiple
                | Reason::CorsCheckInvalid
                | Reason::PreflightCorsCheckInvalid
        )
    );
    // An origin has no slash at its end, and no path. No page has a `*` in its own, though URLs can.
    let is_pattern = value.contains('*');
    let spelt =
        facts.is_mismatch() && value != "null" && (is_pattern || fetch::Origin::parse(&value).is_err());
    if !invalid && !spelt {
        return Ok(None);
    }
    Ok(Some(
        name_origin(
            facts,
            Proof::new("Access-Control-Allow-Origin is not one origin: a browser compares the whole value with the page's origin")
                .about("Access-Control-Allow-Origin")
                .shown_by(format!("Access-Control-Allow-Origin: {value}")),
        )
        .cured_by(format!(
            "answer each allowed page with its own origin, exactly one: `Access-Control-Allow-Origin: {}`, without a slash, a list or a pattern",
            facts.origin()
        )),
    ))
}

pub(super) fn lists_itself(facts: &Facts<'_>) -> Judged {
    let Some(own) = facts.page.own_origin() else { return Ok(None) };
    if own == facts.page.origin || !(facts.is_missing() || facts.is_mismatch()) {
        return Ok(None);
    }
    let named = facts.is_mismatch() && allowed(facts) == own;
    if !named {
        let Some(seen) = facts.of(Experiment::OriginAs(own.clone()))? else { return Ok(None) };
        let given = seen.decisive().and_then(|response| response.fields.text("access-control-allow-origin"));
        if !seen.allowed() || given.as_deref() != Some(own.as_str()) {
            return Ok(None);
        }
    }
    Ok(Some(
        grant_all(
            facts,
            Proof::new(format!("the server allows its own origin, {own}, where the page's origin belongs"))
                .about(facts.origin())
                .shown_by(if named {
                    format!("Access-Control-Allow-Origin: {own}")
                } else {
                    format!("a request from {own} is allowed")
                }),
        )
        .cured_by(format!("put the page's origin {} in place of {own} into the list of allowed origins: the list is of pages, not of the server's own names", facts.origin())),
    ))
}

/// What somebody may have written instead of an origin: a slash, another scheme, a default port, `www`, the other name
/// of this machine.
pub(crate) fn spellings(origin: &str) -> Vec<String> {
    let Some((scheme, rest)) = origin.split_once("://") else { return Vec::new() };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, format!(":{port}")),
        _ => (rest, String::new()),
    };
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let mut found = vec![format!("{other_scheme}://{rest}")];
    match host {
        "localhost" => found.push(format!("{scheme}://127.0.0.1{port}")),
        "127.0.0.1" => found.push(format!("{scheme}://localhost{port}")),
        _ => found.push(match host.strip_prefix("www.") {
            Some(bare) => format!("{scheme}://{bare}{port}"),
            None => format!("{scheme}://www.{host}{port}"),
        }),
    }
    found.push(if port.is_empty() {
        format!("{origin}{default_port}")
    } else {
        format!("{scheme}://{host}")
    });
    found.push(format!("{origin}/"));
    found
}

/// Whether a person could take one origin for the other.
fn is_near(a: &str, b: &str) -> bool {
    let bare = |text: &str| {
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?.trim_start_matches("www.").to_owned();
        Some(if fetch::origin::is_loopback(&url) || host == "localhost" {
            "localhost".to_owned()
        } else {
            host
        })
    };
    bare(a).is_some() && bare(a) == bare(b)
}

pub(super) fn misspelled(facts: &Facts<'_>) -> Judged {
    if !(facts.is_missing() || facts.is_mismatch()) {
        return Ok(None);
    }
    let proof = |written: &str, shown: String| {
        grant_all(
            facts,
            Proof::new(format!("the server allows {written}, and the page's origin is {}", facts.origin()))
                .about(facts.origin())
                .shown_by(shown),
        )
        .cured_by(format!(
            "write {} in the list of allowed origins in place of {written}: scheme, host and port must be the page's",
            facts.origin()
        ))
    };
    if facts.is_mismatch() {
        let written = allowed(facts);
        return Ok(is_near(&written, facts.origin()).then(|| {
            let shown = format!("Access-Control-Allow-Origin: {written}");
            proof(&written, shown)
        }));
    }
    for written in spellings(facts.origin()) {
        if facts.of(Experiment::OriginAs(written.clone()))?.is_some_and(Sighting::allowed) {
            let shown = format!("a request with Origin: {written} is allowed");
            return Ok(Some(proof(&written, shown)));
        }
    }
    Ok(None)
}

/// A bucket's own words for a refusal by its rules.
const RULES_REFUSE: &[&str] =
    &["<code>accessforbidden</code>", "cors request is not allowed", "corsresponse:"];

/// A bucket's own words for no rules at all.
const NO_RULES: &[&str] = &["cors is not enabled", "nosuchcorsconfiguration"];

/// Whether a store's answer says that its CORS rules refuse the request, or that there are none.
pub(super) fn is_refused_by_rules(facts: &Facts<'_>) -> bool {
    let words = facts.words();
    RULES_REFUSE.iter().chain(NO_RULES).any(|said| words.contains(said))
}

pub(super) fn not_allowed(facts: &Facts<'_>) -> Judged {
    let origin = facts.origin();
    let cure = |proof: Proof| {
        grant_all(facts, proof)
            .cured_by(format!("add {origin} to the allowed origins of the server that answers, exactly so: scheme, host and port"))
    };
    if facts.is_mismatch() {
        let named = allowed(facts);
        return Ok(Some(cure(
            Proof::new(format!("the server does not allow the origin {origin}: it answers {named}"))
                .about(origin)
                .shown_by(format!("Access-Control-Allow-Origin: {named}")),
        )));
    }
    if facts.is_of_preflight()
        && facts.is_missing()
        && let Some(response) = facts.response()
        && ["access-control-allow-methods", "access-control-allow-headers"]
            .iter()
            .any(|name| response.fields.contains(name))
    {
        return Ok(Some(
            grant_all(
                facts,
                Proof::new(format!("the answer to the preflight does not allow the origin {origin}")),
            )
            .about(origin)
            .shown_by("it has other CORS fields, and no Access-Control-Allow-Origin")
            .cured_by(format!(
                "send `Access-Control-Allow-Origin: {origin}` on the answer to the preflight, too"
            )),
        ));
    }
    // What the same page is granted elsewhere is not refused to its origin.
    let fails = facts.status().is_some_and(|status| status >= 500);
    if !facts.is_missing() || fails || facts.bare_status || facts.granted_elsewhere().is_some() {
        return Ok(None);
    }
    let words = facts.words();
    let Some(response) = facts.response() else { return Ok(None) };
    if NO_RULES.iter().any(|said| words.contains(said)) {
        return Ok(None);
    }
    let refused = Proof::new(format!("the server does not allow the origin {origin}")).about(origin);
    if RULES_REFUSE.iter().any(|said| words.contains(said)) {
        return Ok(Some(cure(
            refused.shown_by("the store's answer says that its rules do not allow the request"),
        )));
    }
    // An answer that depends on Origin comes from a server that knows others.
    if response.varies_by("origin") && !response.fields.lines("vary").any(|line| line.as_ref() == b"*") {
        let shown = line(response, "Vary").unwrap_or_default();
        return Ok(Some(cure(
            refused.shown_by(format!("{shown}: the answer depends on Origin, and this one is not granted")),
        )));
    }
    if response.fields.contains("access-control-allow-methods")
        || response.fields.contains("access-control-allow-credentials")
    {
        return Ok(Some(cure(
            refused.shown_by("the answer has other CORS fields, and no Access-Control-Allow-Origin"),
        )));
    }
    if facts.granted_at_all
        || facts.others.iter().any(|other| other.origin.is_some() && other.grants_origin())
    {
        return Ok(Some(cure(refused.shown_by("pages of other origins are answered with CORS fields"))));
    }
    let Some(without) = facts.of(Experiment::WithoutOrigin)? else { return Ok(None) };
    let Some(status) = without.status() else { return Ok(None) };
    if without.has_allow_origin() {
        return Ok(Some(cure(refused.shown_by("the same without Origin is answered with CORS fields"))));
    }
    let refused_status = facts.status().filter(|refused| matches!(refused, 400 | 401 | 403 | 404 | 418));
    match refused_status {
        Some(with) if status < 300 => Ok(Some(cure(
            refused.shown_by(format!("with this Origin the answer is {with}, without Origin {status}")),
        ))),
        _ => Ok(None),
    }
}

pub(super) fn no_cors(facts: &Facts<'_>) -> Judged {
    if !facts.is_missing() || facts.granted_to_anyone() {
        return Ok(None);
    }
    let words = facts.words();
    let says = NO_RULES.iter().any(|said| words.contains(said));
    let mut proof = grant_all(
        facts,
        Proof::new(if says {
            "no CORS rules are configured on this bucket".to_owned()
        } else {
            "no answer has a CORS field: CORS is not configured at the server that answers".to_owned()
        })
        .shown_by(status_line(facts)),
    );
    if answers(facts).len() > 1 {
        proof = proof.cured_by("configure CORS for the preflight (OPTIONS) and for the request itself");
    }
    Ok(Some(
        proof.cured_by(format!(
            "configure CORS where the answer comes from, and allow {}",
            super::wants(facts)
        )),
    ))
}

/// The edits of a grant of an origin, for notes on requests that are allowed.
pub(crate) fn vary(facts: &Facts<'_>) -> Vec<Edit> {
    answers(facts)
        .into_iter()
        .map(|on| Edit::SetField { on, name: "Vary".to_owned(), value: "Origin".to_owned() })
        .collect()
}
