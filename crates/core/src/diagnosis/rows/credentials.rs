//! Credentials.

use super::{Judged, Proof, add, answers, name_origin};
use crate::{
    diagnosis::{
        Answer, Edit, Facts,
        facts::{line, members},
    },
    fetch::{Reason, method},
};

pub(super) fn wildcard(facts: &Facts<'_>) -> Judged {
    let Some(response) = facts.response().filter(|_| facts.page.credentials) else { return Ok(None) };
    let has_star = |name: &str| members(response, name).iter().any(|member| member == "*");
    let (name, proof) = match facts.reason() {
        Some(Reason::CorsCheckWildcardCredentials | Reason::PreflightCorsCheckWildcardCredentials) => {
            let proof = Proof::new("the request includes credentials, and then `Access-Control-Allow-Origin: *` does not count")
                .shown_by("Access-Control-Allow-Origin: *")
                .cured_by(format!(
                    "answer the page's own origin in place of `*`: `Access-Control-Allow-Origin: {}`, `Access-Control-Allow-Credentials: true`, `Vary: Origin`",
                    facts.origin()
                ));
            ("Access-Control-Allow-Origin", name_origin(facts, proof))
        }
        Some(Reason::PreflightAllowMethods) if has_star("access-control-allow-methods") => {
            let wanted = method::normalize(&facts.page.method);
            let proof = Proof::new("the request includes credentials, and then `*` in Access-Control-Allow-Methods is an ordinary name")
                .shown_by("Access-Control-Allow-Methods: *")
                .cured_by(format!("write the method out in Access-Control-Allow-Methods: {wanted}"))
                .edit(add(Answer::Preflight, "Access-Control-Allow-Methods", &wanted));
            ("Access-Control-Allow-Methods", proof)
        }
        Some(Reason::PreflightAllowHeaders | Reason::PreflightAllowHeadersAuthorization)
            if has_star("access-control-allow-headers") =>
        {
            let names = facts.page.unsafe_names();
            let mut proof = Proof::new("the request includes credentials, and then `*` in Access-Control-Allow-Headers is an ordinary name")
                .shown_by("Access-Control-Allow-Headers: *")
                .cured_by(format!("write the headers out in Access-Control-Allow-Headers: {}", names.join(", ")));
            for name in &names {
                proof = proof.edit(add(Answer::Preflight, "Access-Control-Allow-Headers", name));
            }
            ("Access-Control-Allow-Headers", proof)
        }
        _ => return Ok(None),
    };
    Ok(Some(
        proof
            .about(name)
            .cured_by("or make the request without credentials (`credentials: \"omit\"`), if it needs none"),
    ))
}

pub(super) fn wildcard_without_authorization(facts: &Facts<'_>) -> Judged {
    if facts.reason() != Some(Reason::PreflightAllowHeadersAuthorization) {
        return Ok(None);
    }
    Ok(Some(
        Proof::new("`Access-Control-Allow-Headers: *` does not cover authorization, by the standard")
            .about("authorization")
            .shown_by("Access-Control-Allow-Headers: *")
            .cured_by("write it out: `Access-Control-Allow-Headers: authorization, *`; today's browsers still let `*` pass with a warning, later ones will not")
            .edit(add(Answer::Preflight, "Access-Control-Allow-Headers", "authorization")),
    ))
}

pub(super) fn not_allowed(facts: &Facts<'_>) -> Judged {
    if !matches!(facts.reason(), Some(Reason::CorsCheckCredentials | Reason::PreflightCorsCheckCredentials)) {
        return Ok(None);
    }
    let name = "Access-Control-Allow-Credentials";
    let which = if facts.is_of_preflight() { "preflight" } else { "request itself" };
    let given = facts.response().and_then(|response| line(response, name));
    let mut proof = Proof::new(format!(
        "the page makes the request with credentials, and the answer to the {which} does not allow them"
    ))
    .about(name)
    .shown_by(given.unwrap_or_else(|| format!("the answer to the {which} has no {name}")))
    .cured_by(format!(
        "send `{name}: true`, in lower case, on the answer to the preflight and on the answer itself"
    ))
    .cured_by("or make the request without credentials, if it needs none");
    for on in answers(facts) {
        proof = proof.edit(Edit::SetField { on, name: name.to_owned(), value: "true".to_owned() });
    }
    Ok(Some(proof))
}
