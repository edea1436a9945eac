use std::{fmt, sync::Arc};

use super::{
    Authorization, Model,
    content::Content,
    directives::{Delta, Extent, RequestDirectives, ResponseDirectives},
};
use crate::message::{Field, Fields, Request, Response, list};

/// Why a response was not stored (RFC 9111 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotStored {
    /// The method is not GET or HEAD, or is HEAD and the cache stores none.
    Method,
    /// The status is not final, or not one that this cache stores.
    Status,
    /// A part of a representation in a cache that stores none, several parts at once, or a
    /// part of another length than it says.
    Partial,
    /// The response says `no-store`.
    NoStore,
    /// The request says `no-store`.
    RequestNoStore,
    /// The response is `private` and the cache shared.
    Private,
    /// The request had `Authorization`, and nothing lets a shared cache store the answer (RFC 9111 §3.5).
    Authorization,
    /// The request had `Cookie`, and this cache then stores nothing.
    Cookie,
    /// The response says `no-cache`, and this cache then stores nothing.
    NoCache,
    /// It was stale as it came, and this cache stores nothing that is.
    Stale,
    /// The response has `Set-Cookie`, and this cache then stores nothing.
    SetCookie,
    /// It varies by a field, or by `*`, by which this cache does not keep responses apart.
    Vary,
    /// Neither explicit freshness nor a heuristically cacheable status.
    NoFreshness,
}

impl NotStored {
    /// One sentence that says why.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Method => "only answers to GET, and to HEAD in some caches, are stored",
            Self::Status => "a response of this status is not stored",
            Self::Partial => "this cache does not store such a partial response",
            Self::NoStore => "the response says `no-store`",
            Self::RequestNoStore => "the request says `no-store`",
            Self::Private => "the response is `private` and the cache is shared",
            Self::Authorization => {
                "the request had `Authorization`, and the response does not say what lets this cache store it"
            }
            Self::Cookie => "the request had `Cookie`, with which it passes by this cache",
            Self::NoCache => "the response says `no-cache`",
            Self::Stale => "the response is stale as it comes",
            Self::SetCookie => "the response sets a cookie",
            Self::Vary => "the response varies by a field by which this cache keeps nothing apart",
            Self::NoFreshness => "the response says nothing of its freshness, and its status allows no guess",
        }
    }
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning())
    }
}

/// RFC 9111 §3: whether the response may be stored.
pub(super) fn may_store(
    model: &Model,
    request: &Request,
    response: &Response,
    directives: &ResponseDirectives,
) -> Result<(), NotStored> {
    let status = response.status;
    match request.method.as_str() {
        "GET" => {}
        "HEAD" if model.store_head => {}
        _ => return Err(NotStored::Method),
    }
    if !(200..=999).contains(&status) || status == 304 || !model.statuses.has(status) {
        return Err(NotStored::Status);
    }
    if status == 206 && !(model.ranges.stores_parts() && Content::of_partial(response).is_some()) {
        return Err(NotStored::Partial);
    }
    if directives.must_understand {
        if !is_understood(status) {
            return Err(NotStored::Status);
        }
    } else if directives.no_store {
        return Err(NotStored::NoStore);
    }
    if model.request_directives && RequestDirectives::parse(&request.fields).no_store {
        return Err(NotStored::RequestNoStore);
    }
    if model.is_shared() {
        if directives.private == Extent::Whole {
            return Err(NotStored::Private);
        }
        if request.fields.contains("authorization") && !may_store_authorized(model, directives) {
            return Err(NotStored::Authorization);
        }
    }
    if model.cookies_pass && request.fields.contains("cookie") {
        return Err(NotStored::Cookie);
    }
    if !model.store_no_cache && directives.no_cache == Extent::Whole {
        return Err(NotStored::NoCache);
    }
    if model.max_age_0_forbids && directives.max_age == Some(Delta::Seconds(0)) {
        return Err(NotStored::Stale);
    }
    if !model.store_set_cookie && response.fields.contains("set-cookie") {
        return Err(NotStored::SetCookie);
    }
    if let Some(known) = model.vary_fields {
        let mut members = response.fields.lines("vary").flat_map(|line| list::unquoted_members(line));
        let is_known = |member: &[u8]| known.iter().any(|name| member.eq_ignore_ascii_case(name.as_bytes()));
        if !members.all(is_known) {
            return Err(NotStored::Vary);
        }
    }
    let said = directives.public
        || (!model.is_shared() && directives.private != Extent::Nothing)
        || directives.max_age.is_some()
        || (model.is_shared() && directives.s_maxage.is_some())
        || response.fields.contains("expires");
    let guessed = model.heuristics.statuses.contains(&status)
        || model.heuristics.permanent.contains(&status)
        || model.default_ttl_of(response).is_some();
    if said || guessed { Ok(()) } else { Err(NotStored::NoFreshness) }
}

/// RFC 9111 §3.5: whether the answer to a request with `Authorization` may be stored.
fn may_store_authorized(model: &Model, directives: &ResponseDirectives) -> bool {
    match model.authorization {
        Authorization::Standard => {
            directives.public || directives.s_maxage.is_some() || directives.must_revalidate
        }
        Authorization::Ignored => true,
        Authorization::Passes => false,
        Authorization::PassesUnlessPublic => directives.public,
    }
}

/// Whether the meaning of a status for caching is known here (RFC 9110 §15, RFC 9111 §5.2.2.3).
fn is_understood(status: u16) -> bool {
    matches!(
        status,
        200..=206 | 300..=303 | 305 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 428 | 429 | 431 | 451 | 500..=505 | 511
    )
}

/// Fields that belong to the connection and are never stored (RFC 9111 §3.1, RFC 9110 §7.6.1).
const CONNECTION_FIELDS: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// RFC 9111 §3.1: which fields of this response are left out when it is stored.
fn left_out<'a>(
    model: &'a Model,
    fields: &'a Fields,
    directives: &'a ResponseDirectives,
) -> impl Fn(&Field) -> bool + 'a {
    let options: Vec<&[u8]> = fields.lines("connection").flat_map(|line| list::members(line)).collect();
    let named = |extent: &Extent, field: &Field| match extent {
        Extent::Fields(names) => names.iter().any(|name| field.is(name)),
        _ => false,
    };
    move |field| {
        CONNECTION_FIELDS.iter().any(|name| field.is(name))
            || named(&directives.no_cache, field)
            || (model.is_shared() && named(&directives.private, field))
            || options.iter().any(|option| option.eq_ignore_ascii_case(field.name.as_bytes()))
    }
}

/// The response as it is stored: the same one where there is nothing to leave out.
pub(super) fn storable(
    model: &Model,
    response: Arc<Response>,
    directives: &ResponseDirectives,
) -> Arc<Response> {
    let kept = stored_fields(model, &response.fields, directives);
    if kept.len() == response.fields.len() {
        return response;
    }
    Arc::new(Response { status: response.status, fields: kept, body: response.body.clone() })
}

/// The fields of a response that are stored (RFC 9111 §3.1).
pub(super) fn stored_fields(model: &Model, fields: &Fields, directives: &ResponseDirectives) -> Fields {
    let left_out = left_out(model, fields, directives);
    fields.filtered(|field| !left_out(field))
}
