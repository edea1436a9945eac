//! What a finding means that is not a browser's refusal: its code, and what the request was, name the cause.

use super::{Context, Found};
use crate::{
    diagnosis::{Cause, Proof, Sighting, facts::line},
    exchange::ServedBy,
    fetch::{Reason, extract_list},
    message::{Response, isomorphic, list},
    promise::{Bound, Promise},
    verdict::{Code, Finding},
};

/// What to do where a stored answer may go to another page.
const VARY_EVERYWHERE: &str = "send `Vary: Origin` on every answer of this resource: also to refused origins, to \
    requests without Origin, and on errors (OSS: ResponseVary; nginx: `add_header Vary Origin always`)";

/// The cause of a finding by its code.
pub(super) fn of(finding: &Finding, context: &Context<'_>) -> Option<Found> {
    let response = context.sighting.and_then(|seen| seen.decisive());
    let cause = match finding.code {
        Code::Reason(Reason::ResponseCrossOriginResourcePolicy) => Cause::EmbeddingForbidden,
        Code::Reason(
            Reason::CorsCheckMissing | Reason::CorsCheckOriginMismatch | Reason::CorsCheckMultiple,
        ) => return of_stored(context),
        Code::Reason(Reason::CorsCheckCredentials) => {
            match response.is_some_and(|it| it.fields.contains("access-control-allow-credentials")) {
                true => Cause::AllowCredentialsMalformed,
                false => Cause::CredentialsNotAllowed,
            }
        }
        Code::Reason(_) => return None,
        Code::ExpectResponseStatus if context.refuses_a_stranger() => Cause::ForeignOriginRefused,
        Code::RulesAllowMethods | Code::RulesAllowHeaders if response.is_some_and(has_broken_list) => {
            Cause::ListMalformed
        }
        Code::OutcomeNotRefused | Code::RulesGranted => return Some(granted(context)),
        // A malformed origin that is echoed was let in.
        Code::SyntaxAllowOrigin if context.is_echoed() && !context.page_is_allowed() => {
            return Some(granted(context));
        }
        Code::SyntaxAllowOrigin => allow_origin(response),
        Code::SyntaxAllowCredentials => Cause::AllowCredentialsMalformed,
        Code::SyntaxAllowMethods | Code::SyntaxAllowHeaders | Code::SyntaxExposeHeaders => {
            Cause::ListMalformed
        }
        Code::SyntaxMaxAge | Code::RulesMaxAge => Cause::MaxAgeDiffers,
        Code::SyntaxUnknownField => Cause::UnknownField,
        Code::RulesVary => Cause::VaryMissing,
        Code::ExpectResponseField if context.has_preflight_fields() => Cause::FieldsOutOfPlace,
        Code::ExpectResponseField if context.allow_origin().is_some() && context.lacks_exposed() => {
            Cause::NotExposed
        }
        Code::ExpectResponseStatus
            if context.fails_on_malformed(Some(Cause::MalformedRequestsMishandled)) =>
        {
            Cause::MalformedRequestsMishandled
        }
        // A preflight that the rules refuse reached what only the request itself may reach.
        Code::RulesPreflightStatus
            if !context.is_granted_by_rules() && context.sighting.is_some_and(is_served) =>
        {
            Cause::PreflightRunsHandler
        }
        Code::RulesAllowMethods
            if response.is_some_and(|it| lists_star(it, "access-control-allow-methods")) =>
        {
            match context.allows_credentials() {
                true => Cause::WildcardWithCredentials,
                false => Cause::AllowsTooMuch,
            }
        }
        Code::RulesAllowMethods => Cause::MethodNotAllowed,
        Code::RulesAllowHeaders
            if response.is_some_and(|it| lists_star(it, "access-control-allow-headers")) =>
        {
            Cause::WildcardWithoutAuthorization
        }
        Code::RulesAllowHeaders => Cause::HeaderNotAllowed,
        Code::ExpectExposed | Code::ExpectExposedUnsent => Cause::NotExposed,
        Code::ExpectHidden => Cause::AllowsTooMuch,
        // Where nothing is granted, nothing is exposed.
        Code::RulesExposeHeaders if context.allow_origin().is_none() => return None,
        Code::RulesExposeHeaders if context.lacks_exposed() => Cause::NotExposed,
        Code::RulesExposeHeaders => {
            match response.is_some_and(|it| it.fields.contains("access-control-expose-headers")) {
                true => Cause::AllowsTooMuch,
                false => Cause::NotExposed,
            }
        }
        Code::RulesAllowCredentials => {
            match response.is_some_and(|it| it.fields.contains("access-control-allow-credentials")) {
                true => Cause::CredentialsNotDeclared,
                false => Cause::CredentialsNotAllowed,
            }
        }
        Code::AnswerUnstable => Cause::UnstableAnswers,
        Code::CachePreflightStored => Cause::PreflightCachedByCdn,
        Code::ResponseUnsolicitedBytes => Cause::UnsolicitedBytes,
        Code::LoadChanged | Code::LoadCrossed => Cause::AnswersChangeUnderLoad,
        Code::RulesAllowOrigin => return of_allow_origin(context),
        _ => return None,
    };
    Some((cause, proof(cause, finding, context)))
}

fn allow_origin(response: Option<&Response>) -> Cause {
    let lines = response.map_or(0, |response| response.fields.lines("access-control-allow-origin").count());
    if lines > 1 { Cause::AllowOriginTwice } else { Cause::AllowOriginMalformed }
}

/// Whether a list of a preflight's answer cannot be parsed.
fn has_broken_list(response: &Response) -> bool {
    ["Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]
        .iter()
        .any(|name| extract_list(name, &response.fields).is_err())
}

/// Whether a list field has the member `*`.
fn lists_star(response: &Response, name: &str) -> bool {
    list::has(response.fields.lines(name), "*")
}

/// Whether a preflight is answered with success, and grants nothing.
fn is_served(seen: &Sighting) -> bool {
    seen.preflight_response().is_some_and(|response| {
        (200..300).contains(&response.status) && !response.fields.contains("access-control-allow-origin")
    })
}

/// A refusal of what a cache answered.
fn of_stored(context: &Context<'_>) -> Option<Found> {
    let seen = context.sighting.filter(|seen| seen.served_by != ServedBy::Network)?;
    let stored = seen.stored.as_ref();
    let response = stored.and_then(|stored| stored.exchange.as_ref()?.response());
    let stored_for = stored.and_then(|stored| stored.origin.as_deref());
    let varies = response.is_some_and(|response| response.varies_by("origin"));
    let names_a_page = response
        .and_then(|response| response.fields.text("access-control-allow-origin"))
        .is_some_and(|value| value != "*");
    let cause = match seen.served_by {
        ServedBy::Validated => Cause::NotModifiedWrong,
        _ if varies => Cause::CacheIgnoresVary,
        // What a request without Origin was answered lets a page read.
        _ if stored_for.is_none() && (names_a_page || seen.allowed()) => return Some(no_origin(context)),
        _ => Cause::VaryMissing,
    };
    Some((cause, stored_proof(cause, stored_for, context)))
}

fn stored_proof(cause: Cause, stored_for: Option<&str>, context: &Context<'_>) -> Proof {
    let whom = stored_for.map_or_else(|| "a request without Origin".to_owned(), str::to_owned);
    match cause {
        Cause::NotModifiedWrong => {
            Proof::new("a 304 leaves the stored answer's CORS fields as they were for another page")
                .about("304")
                .cured_by("send the asking page's CORS fields and `Vary: Origin` on a 304 as on the 200")
        }
        Cause::CacheIgnoresVary => {
            Proof::new("a cache on the way gives a page what it stored for another, although the answer says `Vary: Origin`")
                .about("Vary")
                .cured_by("make Origin a part of the cache's key (a CDN's cache key or Vary setting; nginx: `$http_origin` in proxy_cache_key)")
        }
        _ => Proof::new("an answer that depends on Origin is stored without `Vary: Origin`, and a cache gives it to the next page")
            .about("Origin")
            .cured_by(VARY_EVERYWHERE)
            .cured_by("or answer every page with `Access-Control-Allow-Origin: *`, or forbid storing with `Cache-Control: no-store`"),
    }
    .shown_by(format!("a page of {} gets what was stored for {whom}", context.origin()))
}

/// Access-Control-Allow-Origin that is not what the rules demand, on an answer that the rows do not explain.
fn of_allow_origin(context: &Context<'_>) -> Option<Found> {
    let value = context.sighting?.decisive()?.fields.text("access-control-allow-origin")?;
    if context.sighting?.origin.is_none() {
        return Some(no_origin(context));
    }
    let allows = context.sighting?.decisive()?.fields.text("access-control-allow-credentials");
    let credentials = allows.as_deref() == Some("true") || context.includes_credentials();
    if context.page_is_allowed() && value == "*" && credentials {
        return Some((
            Cause::WildcardWithCredentials,
            Proof::new("`*` is answered together with credentials, and then it does not count")
                .about("Access-Control-Allow-Origin")
                .shown_by("Access-Control-Allow-Origin: *")
                .cured_by("answer the page's own origin in place of `*`, and `Vary: Origin`"),
        ));
    }
    if context.page_is_allowed() && (value == "*" || value == context.origin()) {
        return Some((
            Cause::RulesMisapplied,
            Proof::new(format!("a page is answered with {value}, which is not what the matching rule says"))
                .about(value.clone())
                .cured_by(
                    "answer `*` where the rule says `*`, and the page's own origin where it names origins",
                ),
        ));
    }
    if context.page_is_allowed() {
        return Some((
            Cause::FixedOrigin,
            Proof::new(format!("a page of {} is answered with {value}", context.origin()))
                .about(context.origin())
                .cured_by("answer each allowed page with its own origin, and `Vary: Origin`"),
        ));
    }
    Some(granted(context))
}

fn no_origin(context: &Context<'_>) -> Found {
    let value = context.allow_origin().unwrap_or_default();
    (
        Cause::NoOriginAnsweredAsPage,
        Proof::new(format!("a request without Origin is answered as if a page had sent it: {value}"))
            .about("Origin")
            .shown_by(format!("Access-Control-Allow-Origin: {value}"))
            .cured_by("send CORS fields only on answers to requests with Origin, and `Vary: Origin` on all"),
    )
}

/// Whether the finding is that an undeclared origin may read, because the response is `*`.
pub(super) fn allows_any_origin(finding: &Finding, context: &Context<'_>) -> bool {
    matches!(finding.code, Code::OutcomeNotRefused | Code::RulesGranted)
        && !context.page_is_allowed()
        && context.allow_origin().as_deref() == Some("*")
        && context.sighting.is_some_and(|seen| seen.served_by == ServedBy::Network)
}

/// What is granted to whom although it is not declared.
fn granted(context: &Context<'_>) -> Found {
    let origin = context.origin();
    let value = context.allow_origin().unwrap_or_default();
    let shown = format!("Access-Control-Allow-Origin: {value}");
    let is_refused = !context.page_is_allowed() && value.is_empty();
    if let Some(found) = of_stored(context).filter(|_| !is_refused) {
        return found;
    }
    if context.sighting.is_some_and(|seen| seen.origin.is_none()) {
        return no_origin(context);
    }
    if !context.page_is_allowed() && !context.is_echoed() && value != "*" && value != "null" {
        return named_other(&value, context);
    }
    if !context.page_is_allowed() && value == "*" {
        return (
            Cause::OriginCheckTooLoose,
            Proof::new(format!("every page may read, such as one of {origin}: the answer is `*`"))
                .about(origin)
                .shown_by(format!("Origin: {origin}"))
                .shown_by(shown)
                .cured_by("in place of `*`, answer a declared page with its own origin, any other without CORS fields, and all with `Vary: Origin`; or declare `*`, if every origin may read"),
        );
    }
    if origin == "null" || value == "null" {
        return (
            Cause::NullAllowed,
            Proof::new("the opaque origin `null` may read: every sandboxed frame and file has it")
                .about("null")
                .shown_by(shown)
                .cured_by("take `null` out of the allowed origins, and never answer `Access-Control-Allow-Origin: null`"),
        );
    }
    if !context.page_is_allowed() {
        return (Cause::OriginCheckTooLoose, too_loose(origin, &value, context.allows_credentials()));
    }
    if context.allows_credentials()
        && let Some(response) = context.sighting.and_then(|seen| seen.decisive())
        && let Some(name) = ["Access-Control-Allow-Headers", "Access-Control-Allow-Methods"]
            .into_iter()
            .find(|name| lists_star(response, &name.to_ascii_lowercase()))
    {
        return (
            Cause::WildcardWithCredentials,
            Proof::new(format!(
                "`*` is answered in {name} together with credentials, and then it is an ordinary name"
            ))
            .about(name)
            .shown_by(format!("{name}: *"))
            .cured_by(format!("write the names out in {name}")),
        );
    }
    let method = context.sighting.map(|seen| seen.method.clone()).unwrap_or_default();
    let subject = match &context.undeclared_header() {
        Some(name) => format!("the header {name}"),
        None if context.method_is_declared() => "credentials".to_owned(),
        None => format!("the method {method}"),
    };
    if subject == "credentials" {
        return (
            Cause::CredentialsNotDeclared,
            Proof::new("credentials are allowed although they are not declared")
                .about("Access-Control-Allow-Credentials")
                .shown_by(shown)
                .cured_by("do not send Access-Control-Allow-Credentials, or declare credentials as allowed"),
        );
    }
    let name = context.undeclared_header().unwrap_or(method);
    (
        Cause::AllowsTooMuch,
        Proof::new(format!("{subject} is granted although it is not declared"))
            .about(name)
            .cured_by(format!("grant only what is declared: do not echo what a preflight requests, and take {subject} out of the list")),
    )
}

/// A page of an origin that is not declared may read. `value`: the Access-Control-Allow-Origin that it gets.
pub(super) fn too_loose(origin: &str, value: &str, credentials: bool) -> Proof {
    let with = if credentials { ", with a user's credentials" } else { "" };
    Proof::new(format!("origins that are not declared may read{with}: for example {origin}"))
        .about(origin)
        .shown_by(format!("Origin: {origin}"))
        .shown_by(format!("Access-Control-Allow-Origin: {value}"))
        .cured_by("compare the whole Origin, byte for byte, with each allowed origin: no prefix, suffix, pattern or reflection")
}

/// A stranger is answered with the fields of somebody else.
fn named_other(value: &str, context: &Context<'_>) -> Found {
    let response = context.sighting.and_then(|seen| seen.decisive());
    let credentials = response.and_then(|it| it.fields.text("access-control-allow-credentials"));
    match credentials {
        Some(given) if value.is_empty() && given == "true" => (
            Cause::CredentialsNotDeclared,
            Proof::new(
                "origins that are not allowed are answered with Access-Control-Allow-Credentials: true",
            )
            .about("Access-Control-Allow-Credentials")
            .shown_by("Access-Control-Allow-Credentials: true")
            .cured_by("send Access-Control-Allow-Credentials only to allowed origins"),
        ),
        Some(given) if value.is_empty() => (
            Cause::AllowCredentialsMalformed,
            Proof::new(format!("Access-Control-Allow-Credentials is `{given}`: its only value is `true`"))
                .about("Access-Control-Allow-Credentials")
                .shown_by(format!("Access-Control-Allow-Credentials: {given}"))
                .cured_by("leave Access-Control-Allow-Credentials out where credentials are not allowed"),
        ),
        _ if value.is_empty() => (
            Cause::FieldsOutOfPlace,
            Proof::new("an answer that must grant nothing has CORS fields")
                .cured_by("send CORS fields only where a rule allows the request"),
        ),
        _ => (
            Cause::FixedOrigin,
            Proof::new(format!(
                "pages of other origins are answered with {value}: everybody gets the same origin"
            ))
            .about(value)
            .shown_by(format!("Access-Control-Allow-Origin: {value}"))
            .cured_by(
                "answer each allowed page with its own origin, others with none, and `Vary: Origin` on all",
            ),
        ),
    }
}

/// A proof by the finding's own words.
fn proof(cause: Cause, finding: &Finding, context: &Context<'_>) -> Proof {
    // Which answer it is matters where others are right.
    let answer = context.sighting.map(|seen| seen.method.as_str()).filter(|method| *method != "GET");
    let mut proof = Proof::new(match answer {
        Some(method) if cause == Cause::NotExposed => {
            format!("{}, of an answer to {method}", finding.message)
        }
        _ => finding.message.clone(),
    });
    if let Some(subject) = subject(cause, finding, context) {
        proof = proof.about(subject);
    }
    for line in finding.evidence.iter().take(6) {
        proof = proof.shown_by(line.clone());
    }
    if finding.evidence.is_empty() && !finding.actual.is_empty() {
        proof = proof.shown_by(format!("{} instead of {}", finding.actual, finding.expected));
    }
    match &finding.fix {
        Some(fix) => proof.cured_by(fix.clone()),
        None => proof.cured_by(cure(cause, context)),
    }
}

fn cure(cause: Cause, context: &Context<'_>) -> String {
    match (cause, context.promise) {
        (Cause::NotExposed, Some(Promise::Exposes { header, .. })) => {
            format!("add {header} to Access-Control-Expose-Headers on this very answer")
        }
        (Cause::MaxAgeDiffers, Some(Promise::MaxAge { seconds, .. })) => {
            format!(
                "send `Access-Control-Max-Age: {seconds}` on preflights: a whole number of seconds, without a unit"
            )
        }
        (Cause::MaxAgeDiffers, _) => {
            "send Access-Control-Max-Age as a whole number of seconds, without a unit".to_owned()
        }
        (Cause::CredentialsNotAllowed, _) => {
            "send `Access-Control-Allow-Credentials: true` on preflights and on the answers themselves"
                .to_owned()
        }
        (Cause::VaryMissing, _) => VARY_EVERYWHERE.to_owned(),
        (Cause::UnsolicitedBytes, _) => {
            "send no byte after the answer: Content-Length, or the last chunk, must be its end".to_owned()
        }
        (Cause::AllowsTooMuch, _) => "grant and expose only what is declared".to_owned(),
        _ => format!("mend this: {}", cause.meaning()),
    }
}

fn subject(cause: Cause, finding: &Finding, context: &Context<'_>) -> Option<String> {
    Some(match (cause, context.promise) {
        (Cause::NotExposed, Some(Promise::Exposes { header, .. })) => header.clone(),
        (Cause::MaxAgeDiffers, _) => "Access-Control-Max-Age".to_owned(),
        (Cause::VaryMissing, _) => "Origin".to_owned(),
        (Cause::AllowOriginTwice | Cause::AllowOriginMalformed, _) => {
            "Access-Control-Allow-Origin".to_owned()
        }
        (
            Cause::AllowCredentialsMalformed | Cause::CredentialsNotAllowed | Cause::CredentialsNotDeclared,
            _,
        ) => "Access-Control-Allow-Credentials".to_owned(),
        (Cause::ListMalformed, _) => match finding.code {
            Code::SyntaxAllowMethods => "Access-Control-Allow-Methods",
            Code::SyntaxAllowHeaders => "Access-Control-Allow-Headers",
            _ => "Access-Control-Expose-Headers",
        }
        .to_owned(),
        (Cause::MethodNotAllowed, _) => context.sighting?.method.clone(),
        (Cause::HeaderNotAllowed, Some(Promise::Header { header, .. })) => header.clone(),
        _ => return None,
    })
}

/// The cause that a broken promise means, where nothing else explains it.
pub(super) fn of_promise(finding: &Finding, context: &Context<'_>) -> Option<Found> {
    let cause = match context.promise? {
        Promise::Reads { .. } | Promise::Preflights { .. } => return None,
        Promise::Method { .. } => Cause::MethodNotAllowed,
        Promise::Header { .. } | Promise::Headers { .. } => Cause::HeaderNotAllowed,
        Promise::Exposes { .. } => Cause::NotExposed,
        Promise::MaxAge { .. } => Cause::MaxAgeDiffers,
        Promise::Credentials { .. } => Cause::CredentialsNotAllowed,
        Promise::Bound { bound } => match bound {
            Bound::Strangers | Bound::NearOrigins => Cause::OriginCheckTooLoose,
            Bound::NullOrigin => Cause::NullAllowed,
            Bound::OtherMethods | Bound::OtherHeaders | Bound::OtherFields => Cause::AllowsTooMuch,
            Bound::NoCredentials => Cause::CredentialsNotDeclared,
            Bound::OwnOrigin => Cause::OwnOriginRefused,
            Bound::Vary => Cause::VaryMissing,
        },
    };
    Some((cause, proof(cause, finding, context)))
}

/// The cause that the author of the case names.
pub(super) fn of_case(cause: Cause, finding: &Finding, context: &Context<'_>) -> Found {
    let mut proof = proof(cause, finding, context);
    // What a browser's refusal suggests is about the refusal, not about what the case is about.
    if matches!(finding.code, Code::Reason(_)) {
        proof.cure = vec![cure(cause, context)];
    }
    if let Some(response) = context.sighting.and_then(|seen| seen.decisive())
        && proof.evidence.is_empty()
    {
        proof.evidence.extend(line(response, "Access-Control-Allow-Origin"));
    }
    (cause, proof)
}

/// The header names that a response lists, for the question what it grants.
pub(super) fn granted_headers(response: &Response) -> Vec<String> {
    let lines = response.fields.lines("access-control-allow-headers");
    let mut names: Vec<String> = lines.flat_map(|line| list::members(line)).map(isomorphic::decode).collect();
    names.iter_mut().for_each(|name| name.make_ascii_lowercase());
    names
}
