//! Preflights.

use super::{Judged, Proof, add, grant_all, status_line};
use crate::{
    diagnosis::{
        Answer, Edit, Experiment, Facts, Sighting,
        facts::{line, members},
    },
    fetch::{Reason, method},
    message::Response,
    signature::is_presigned,
};

/// The CORS response fields, which pages set on their requests by mistake.
const RESPONSE_FIELDS: &[&str] = &[
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-max-age",
];

pub(super) fn response_header_sent(facts: &Facts<'_>) -> Judged {
    if !facts.is_of_preflight() {
        return Ok(None);
    }
    let mut sent = facts.page.unsafe_names();
    sent.retain(|name| RESPONSE_FIELDS.contains(&name.as_str()));
    let Some(name) = sent.first() else { return Ok(None) };
    let mut proof = Proof::new(format!("the page sets {} on its request: these are fields of responses, and a server allows nobody to send them", sent.join(", ")))
        .about(name.clone())
        .shown_by(format!("Access-Control-Request-Headers: {}", facts.page.unsafe_names().join(",")));
    for name in &sent {
        proof = proof
            .cured_by(format!(
                "remove {name} from the page's request headers: it belongs in the server's response"
            ))
            .edit(Edit::RemoveRequestHeader { name: name.clone() });
    }
    // What the server answers without it.
    if let Some(without) = facts.of(Experiment::MethodAlone)? {
        proof = proof.instead(without);
    }
    Ok(Some(proof))
}

pub(super) fn method_case(facts: &Facts<'_>) -> Judged {
    let sent = method::normalize(&facts.page.method);
    let upper = sent.to_ascii_uppercase();
    if !facts.is_of_preflight() || sent == upper {
        return Ok(None);
    }
    let listed = facts
        .response()
        .is_some_and(|response| members(response, "access-control-allow-methods").contains(&upper));
    let other = facts.of(Experiment::MethodAs(upper.clone()))?;
    if !listed && !other.is_some_and(Sighting::allowed) {
        return Ok(None);
    }
    let proof = Proof::new(format!(
        "the page writes the method as {sent}; methods are case-sensitive, and the server allows {upper}"
    ))
    .about(upper.clone())
    .shown_by(format!("a preflight for {upper} is answered well"))
    .cured_by(format!("write the method in capitals in the page: {upper}"))
    .edit(Edit::WriteMethod { method: upper });
    Ok(Some(match other.filter(|other| other.allowed()) {
        Some(other) => proof.instead(other),
        None => proof,
    }))
}

pub(super) fn list_malformed(facts: &Facts<'_>) -> Judged {
    let name = match facts.reason() {
        Some(Reason::PreflightAllowMethodsInvalid) => "Access-Control-Allow-Methods",
        Some(Reason::PreflightAllowHeadersInvalid) => "Access-Control-Allow-Headers",
        _ => return Ok(None),
    };
    let value = facts.response().and_then(|response| response.fields.text(name)).unwrap_or_default();
    let right = if name.ends_with("Methods") {
        method::normalize(&facts.page.method)
    } else {
        facts.page.unsafe_names().join(", ")
    };
    Ok(Some(
        Proof::new(format!("{name} is not a list of names between commas, so the browser refuses all of it"))
            .about(name)
            .shown_by(format!("{name}: {value}"))
            .cured_by(format!(
                "write {name} as names between commas, without quotes, brackets or semicolons: {right}"
            ))
            .edit(Edit::SetField { on: Answer::Preflight, name: name.to_owned(), value: right }),
    ))
}

pub(super) fn authenticated(facts: &Facts<'_>) -> Judged {
    if !facts.is_of_preflight() {
        return Ok(None);
    }
    let Some(response) = facts.response() else { return Ok(None) };
    let challenged = response.status == 401 || response.fields.contains("www-authenticate");
    let opened = match response.status {
        403 if !challenged => facts.of(Experiment::PreflightWithAuthorization)?,
        _ => None,
    };
    let opens = opened.is_some_and(|opened| opened.status() != Some(response.status));
    if !challenged && !opens {
        return unsigned(facts, response);
    }
    let mut proof = grant_all(
        facts,
        Proof::new(format!(
            "the preflight is answered with {}: the server wants a login before its CORS layer is reached, and preflights never carry credentials",
            response.status
        ))
        .about(response.status.to_string())
        .shown_by(status_line(facts)),
    );
    proof.evidence.extend(line(response, "WWW-Authenticate"));
    if opens {
        proof = proof.shown_by("the same preflight with Authorization is answered otherwise");
    }
    let proof = proof.cured_by(
        "answer preflights (OPTIONS with Access-Control-Request-Method) before authentication: they carry no credentials, and must \
         pass without a login",
    );
    Ok(Some(match opened.filter(|opened| opened.allowed()) {
        Some(opened) => proof.instead(opened),
        None => proof,
    }))
}

/// A signed URL whose preflight is refused, and answered well without the signature.
fn unsigned(facts: &Facts<'_>, response: &Response) -> Judged {
    if !is_presigned(&facts.page.url) || !(400..500).contains(&response.status) {
        return Ok(None);
    }
    let unsigned = facts.of(Experiment::PreflightUnsigned)?;
    // A store names its rules where they refuse; here others were granted, by whatever rules.
    let is_likely = unsigned.is_none() && facts.granted_at_all && !super::origins::is_refused_by_rules(facts);
    if !is_likely && !unsigned.is_some_and(Sighting::allowed) {
        return Ok(None);
    }
    let proof = Proof::new(format!(
        "the preflight of a signed URL is answered with {}: the server checks the signature of a request that is not the \
         signed one",
        response.status
    ));
    let proof = grant_all(facts, proof)
        .about(response.status.to_string())
        .shown_by(status_line(facts))
        .shown_by(if is_likely {
            "requests to URLs without a signature are answered with CORS fields"
        } else {
            "a preflight without the signature is answered well"
        })
        .cured_by(
            "answer preflights (OPTIONS with Access-Control-Request-Method) by the CORS rules before the signature is \
             checked: it is made for the request that comes after",
        );
    Ok(Some(match unsigned {
        Some(unsigned) => proof.instead(unsigned),
        None => proof,
    }))
}

/// Whether the request itself, or an ordinary read, has CORS fields for this page.
fn read_with_fields<'a>(facts: &Facts<'a>) -> Result<Option<&'a Sighting>, Experiment> {
    let direct = facts.of(Experiment::WithoutPreflight)?;
    let read = match direct {
        Some(direct) => Some(direct),
        None => facts.of(Experiment::ReadAs(facts.page.origin.clone()))?,
    };
    Ok(read.filter(|read| read.has_allow_origin()))
}

pub(super) fn no_options_route(facts: &Facts<'_>) -> Judged {
    if !facts.is_of_preflight() {
        return Ok(None);
    }
    let Some(response) = facts.response() else { return Ok(None) };
    let refuses = matches!(response.status, 400 | 404 | 405 | 406 | 415 | 422 | 501);
    // Answered like any other request, without a word of what a preflight needs.
    let says_nothing = (200..300).contains(&response.status)
        && facts.reason() == Some(Reason::PreflightCorsCheckMissing)
        && !response.fields.contains("access-control-allow-methods")
        && !response.fields.contains("access-control-allow-headers");
    if !refuses && !says_nothing {
        return Ok(None);
    }
    let read = read_with_fields(facts)?;
    if says_nothing && read.is_none_or(|read| !read.allowed()) && !response.fields.contains("allow") {
        return Ok(None);
    }
    let certain = matches!(response.status, 405 | 501);
    if read.is_none() && !certain {
        return Ok(None);
    }
    let mut proof = grant_all(
        facts,
        Proof::new(format!("nothing answers OPTIONS at this URL: the preflight gets {}", response.status))
            .about(response.status.to_string())
            .shown_by(status_line(facts)),
    );
    proof.evidence.extend(line(response, "Allow"));
    if read.is_some() {
        proof = proof.shown_by("other requests of this page are answered with CORS fields");
    }
    Ok(Some(proof.cured_by(format!(
        "answer OPTIONS before the router: the CORS layer must handle preflights itself, with 204, and grant {}",
        super::wants(facts)
    ))))
}

/// The unsafe names that a list does not have.
fn refused_names(facts: &Facts<'_>, response: &Response) -> Vec<String> {
    let listed = members(response, "access-control-allow-headers");
    let wildcard = !facts.page.credentials && listed.iter().any(|name| name == "*");
    let mut names = facts.page.unsafe_names();
    names.retain(|name| {
        let is_listed = listed.iter().any(|other| other.eq_ignore_ascii_case(name));
        let is_covered = wildcard && name != "authorization";
        !is_listed && !is_covered
    });
    names
}

pub(super) fn needs_headers(facts: &Facts<'_>) -> Judged {
    // Where OPTIONS has no route, or wants a login, a header changes nothing.
    let says_more = matches!(facts.status(), Some(401 | 404 | 405 | 501));
    if !hides_everything(facts) || !facts.page.unsafe_names().is_empty() || says_more {
        return Ok(None);
    }
    let Some(with) =
        facts.of(Experiment::HeaderAlone("content-type".to_owned()))?.filter(|seen| seen.allowed())
    else {
        return Ok(None);
    };
    let name = "Access-Control-Request-Headers";
    Ok(Some(
        grant_all(
            facts,
            Proof::new(format!(
                "a preflight without {name} is refused: the server wants a header that browsers send only where the page \
                 sets headers of its own"
            )),
        )
        .about(name)
        .shown_by(status_line(facts))
        .shown_by(format!("the same with `{name}: content-type` is answered well"))
        .cured_by(format!("take a preflight without {name} for one that asks about no header"))
        .instead(with),
    ))
}

pub(super) fn method(facts: &Facts<'_>) -> Judged {
    let wanted = method::normalize(&facts.page.method);
    let proof = |proof: Proof| {
        proof.cured_by(format!("add {wanted} to the allowed methods (Access-Control-Allow-Methods)"))
    };
    if facts.reason() == Some(Reason::PreflightAllowMethods) {
        let shown = facts.response().and_then(|response| line(response, "Access-Control-Allow-Methods"));
        let found =
            Proof::new(format!("the server does not allow the method {wanted}"))
                .about(wanted.clone())
                .shown_by(shown.unwrap_or_else(|| {
                    "the preflight's answer has no Access-Control-Allow-Methods".to_owned()
                }))
                .edit(add(Answer::Preflight, "Access-Control-Allow-Methods", &wanted));
        return Ok(Some(proof(found)));
    }
    if !hides_everything(facts) || method::is_safelisted(&wanted) {
        return Ok(None);
    }
    // The server refuses without a word. Another method of the same page tells whether this one is the reason.
    if !facts.page.unsafe_names().is_empty()
        && facts.of(Experiment::MethodAlone)?.is_none_or(Sighting::allowed)
    {
        return Ok(None);
    }
    for other in ["GET", "POST", "PUT"].into_iter().filter(|other| *other != wanted) {
        let Some(seen) = facts.of(Experiment::MethodAs(other.to_owned()))?.filter(|seen| seen.allowed())
        else {
            continue;
        };
        let found = Proof::new(format!(
            "the server does not allow the method {wanted}: its preflight is refused, whatever the headers"
        ))
        .about(wanted.clone())
        .shown_by(format!("a preflight for {other} is allowed, one for {wanted} is not"))
        .edit(add(Answer::Preflight, "Access-Control-Allow-Methods", &wanted))
        .instead(seen);
        return Ok(Some(proof(found)));
    }
    Ok(None)
}

/// Whether a preflight is refused without saying what of it.
fn hides_everything(facts: &Facts<'_>) -> bool {
    facts.is_of_preflight()
        && (facts.is_missing() || facts.reason() == Some(Reason::PreflightStatus))
        && facts.seen.preflight_response().is_some()
}

pub(super) fn header(facts: &Facts<'_>) -> Judged {
    let proof = |names: &[String], proof: Proof| {
        let mut proof = proof.about(names.first().cloned().unwrap_or_default());
        for name in names {
            proof = proof.edit(add(Answer::Preflight, "Access-Control-Allow-Headers", name));
        }
        let list = names.join(", ");
        proof.cured_by(format!(
            "add {list} to the allowed headers (Access-Control-Allow-Headers; OSS and S3: AllowedHeader)"
        ))
    };
    if facts.reason() == Some(Reason::PreflightAllowHeaders) {
        let names = facts.response().map(|response| refused_names(facts, response)).unwrap_or_default();
        let shown = facts.response().and_then(|response| line(response, "Access-Control-Allow-Headers"));
        let found =
            Proof::new(format!("the server does not allow the request header {}", names.join(", ")))
                .shown_by(shown.unwrap_or_else(|| {
                    "the preflight's answer has no Access-Control-Allow-Headers".to_owned()
                }));
        return Ok(Some(proof(&names, found)));
    }
    let wanted = facts.page.unsafe_names();
    if !hides_everything(facts) || wanted.is_empty() {
        return Ok(None);
    }
    let Some(alone) = facts.of(Experiment::MethodAlone)?.filter(|alone| alone.allowed()) else {
        return Ok(None);
    };
    let mut refused = Vec::new();
    if wanted.len() == 1 {
        refused.clone_from(&wanted);
    } else {
        for name in wanted.iter().take(12) {
            if facts.of(Experiment::HeaderAlone(name.clone()))?.is_some_and(|seen| !seen.allowed()) {
                refused.push(name.clone());
            }
        }
    }
    if refused.is_empty() {
        refused.clone_from(&wanted);
    }
    let found = Proof::new(format!(
        "the server does not allow the request header {}: with it the preflight is refused, without it not",
        refused.join(", ")
    ))
    .shown_by(status_line(facts))
    .shown_by("the same preflight without it is allowed")
    .instead(alone);
    let mut found = proof(&refused, found);
    // The answer to the preflight without headers lists none of the others either.
    for name in wanted.iter().filter(|name| !refused.contains(name)) {
        found = found.edit(add(Answer::Preflight, "Access-Control-Allow-Headers", name));
    }
    Ok(Some(found))
}
