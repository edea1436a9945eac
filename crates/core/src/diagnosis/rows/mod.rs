//! The table of causes: a row says what it predicts, what proves it, and its cure. What stands in front of CORS comes
//! first, because it hides what is behind it.

mod answers;
mod caches;
mod credentials;
mod front;
mod network;
mod origins;
mod preflights;
mod redirects;

pub(super) use front::{SAME_EVERYWHERE, signed_checksum};
pub(super) use origins::vary;

use super::{Answer, Cause, Edit, Experiment, Facts, Proof};
use crate::fetch::method;

/// What a row finds: a proof, nothing, or the experiment that would tell.
type Judged = Result<Option<Proof>, Experiment>;

/// One row of the table.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The cause.
    pub(super) cause: Cause,
    /// What is known of it.
    pub(super) judge: fn(&Facts<'_>) -> Judged,
}

macro_rules! rows {
    ($( $cause:ident by $judge:path; )+) => {
        /// Every row, in the order in which causes hide one another.
        pub(super) const ROWS: &[Row] = &[ $( Row { cause: Cause::$cause, judge: $judge }, )+ ];
    };
}

rows! {
    NameNotResolved by network::name_not_resolved;
    EndpointDown by network::endpoint_down;
    Tls by network::tls;
    MixedContent by network::mixed_content;
    RequestRefusedByBrowser by network::refused_by_browser;
    ResponseHeaderSentAsRequestHeader by preflights::response_header_sent;
    HostNotAllowed by front::host_not_allowed;
    BotFilter by front::bot_filter;
    Throttled by front::throttled;
    UnstableAnswers by front::unstable;
    WrongRegionEndpoint by redirects::wrong_region;
    RedirectToHttp by redirects::to_http;
    LoginRedirect by redirects::login;
    PreflightRedirected by redirects::preflight;
    RedirectOriginNull by redirects::origin_null;
    RedirectTargetWithoutCors by redirects::target;
    RedirectWithoutCors by redirects::without_cors;
    HotlinkFilter by front::hotlink;
    SignatureRefused by front::signature;
    OptionsTurnedIntoGet by caches::options_turned_into_get;
    MethodCase by preflights::method_case;
    AllowOriginTwice by origins::twice;
    AllowOriginMalformed by origins::malformed;
    ListMalformed by preflights::list_malformed;
    CachedForAnotherOrigin by caches::for_another_origin;
    ListsItself by origins::lists_itself;
    WildcardWithCredentials by credentials::wildcard;
    WildcardWithoutAuthorization by credentials::wildcard_without_authorization;
    CredentialsNotAllowed by credentials::not_allowed;
    BodyTooLarge by answers::body_too_large;
    CorsLayerCrashes by front::crashes;
    PreflightAuthenticated by preflights::authenticated;
    PreflightCachedByCdn by caches::preflight;
    RequestedHeadersMisread by preflights::needs_headers;
    NoOptionsRoute by preflights::no_options_route;
    CachedWithoutCors by caches::without_cors;
    MethodNotAllowed by preflights::method;
    HeaderNotAllowed by preflights::header;
    OriginMisspelled by origins::misspelled;
    NotModifiedWrong by answers::not_modified;
    Stream by answers::stream;
    PathWithoutCors by answers::path;
    ActualWithoutCors by answers::actual;
    OriginNotAllowed by origins::not_allowed;
    CdnDoesNotForwardOrigin by caches::not_forwarded;
    ErrorWithoutCors by answers::error;
    NoCorsAtAll by origins::no_cors;
}

/// The answer that decided.
fn deciding(facts: &Facts<'_>) -> Answer {
    if facts.is_of_preflight() {
        return Answer::Preflight;
    }
    match u8::try_from(facts.seen.hops.len().saturating_sub(1)) {
        Ok(0) | Err(_) => Answer::Actual,
        Ok(hop) => Answer::RedirectHop(hop),
    }
}

/// An answer that names the page's origin, on the preflight and on the request itself.
fn name_origin(facts: &Facts<'_>, proof: Proof) -> Proof {
    let set = |on: Answer, name: &str, value: &str| Edit::SetField {
        on,
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let mut proof = proof;
    for on in answers(facts) {
        proof = proof
            .edit(set(on, "Access-Control-Allow-Origin", facts.origin()))
            .edit(set(on, "Vary", "Origin"));
        if facts.page.credentials {
            proof = proof.edit(set(on, "Access-Control-Allow-Credentials", "true"));
        }
    }
    proof
}

/// The answers that a page needs: of the preflight where there is one, and of the request itself.
fn answers(facts: &Facts<'_>) -> Vec<Answer> {
    let mut answers = Vec::new();
    if facts.page.needs_preflight() {
        answers.push(Answer::Preflight);
    }
    answers.push(match deciding(facts) {
        Answer::Preflight => Answer::Actual,
        other => other,
    });
    answers
}

/// Everything that the page needs of a server that grants it nothing yet.
fn grant_all(facts: &Facts<'_>, proof: Proof) -> Proof {
    let mut proof = name_origin(facts, proof);
    if !facts.page.needs_preflight() {
        return proof;
    }
    let refused = facts.seen.preflight_response();
    if refused.is_none_or(|response| !(200..300).contains(&response.status)) {
        proof = proof.edit(Edit::SetStatus { on: Answer::Preflight, status: 204 });
    }
    let lacks = |name: &str| refused.is_none_or(|response| !response.fields.contains(name));
    let method = method::normalize(&facts.page.method);
    if lacks("access-control-allow-methods") && !method::is_safelisted(&method) {
        proof = proof.edit(add(Answer::Preflight, "Access-Control-Allow-Methods", &method));
    }
    if lacks("access-control-allow-headers") {
        for name in facts.page.unsafe_names() {
            proof = proof.edit(add(Answer::Preflight, "Access-Control-Allow-Headers", &name));
        }
    }
    proof
}

fn add(on: Answer, name: &str, member: &str) -> Edit {
    Edit::AddMember { on, name: name.to_owned(), member: member.to_owned() }
}

/// What a page needs, as one sentence of a cure: origin, method, headers, credentials.
fn wants(facts: &Facts<'_>) -> String {
    let mut wanted = format!("origin {}", facts.origin());
    let method = method::normalize(&facts.page.method);
    wanted.push_str(&format!(", method {method}"));
    let names = facts.page.unsafe_names();
    if !names.is_empty() {
        wanted.push_str(&format!(", headers {}", names.join(", ")));
    }
    if facts.page.credentials {
        wanted.push_str(", with credentials");
    }
    wanted
}

/// A status as evidence.
fn status_line(facts: &Facts<'_>) -> String {
    let what = if facts.is_of_preflight() { "preflight" } else { "request" };
    match facts.status() {
        Some(status) => format!("the {what} is answered with {status}"),
        None => format!("the {what} is not answered"),
    }
}
