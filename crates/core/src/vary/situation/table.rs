//! The situations.

use super::{
    Moment::{self, Ask, Stale},
    Said, Situation,
};
use crate::vary::Who::{A, B};

type Lines = &'static [(&'static str, &'static str)];

const ECHO: (&str, &str) = ("Access-Control-Allow-Origin", "{origin}");
const FRESH: (&str, &str) = ("Cache-Control", "max-age=600");
/// As long as [`SHORT`](crate::vary::SHORT).
const BRIEF: (&str, &str) = ("Cache-Control", "max-age=5");
const TAG: (&str, &str) = ("ETag", "\"1\"");
const OLD: (&str, &str) = ("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT");
const ACCEPTED: (&str, &str) = ("Accept-Ranges", "bytes");
const VARY: (&str, &str) = ("Vary", "Origin");

const CONTENT: &str = "content";

/// An answer to every request.
const fn said(status: u16, fields: Lines) -> Said {
    Said { if_field: None, times: None, status, fields, body: CONTENT }
}

/// An answer to requests with this field.
const fn said_if(name: &'static str, status: u16, fields: Lines) -> Said {
    Said { if_field: Some(name), ..said(status, fields) }
}

/// 304 to a conditional request.
const fn unchanged(fields: Lines) -> Said {
    said_if("if-none-match", 304, fields)
}

/// The first byte, to a request for a range.
const PART: Said = Said {
    body: "c",
    ..said_if("range", 206, &[ECHO, FRESH, TAG, ("Content-Range", "bytes 0-0/7"), ACCEPTED])
};

/// What it is a part of.
const WHOLE: Lines = &[ECHO, FRESH, TAG, ACCEPTED];

const fn get(who: crate::vary::Who) -> Moment {
    Ask("GET", who, &[])
}

const fn head(who: crate::vary::Who) -> Moment {
    Ask("HEAD", who, &[])
}

const fn situation(
    id: &'static str,
    about: &'static str,
    answers: &'static [Said],
    steps: &'static [Moment],
) -> Situation {
    Situation { id, about, answers, steps }
}

/// Two pages read, one after the other.
const TWO: &[Moment] = &[get(A), get(B)];

/// Two pages read, and the first one again.
const THREE: &[Moment] = &[get(A), get(B), get(A)];

const BASIC: (&str, &str) = ("Authorization", "Basic YTpi");
const COOKIE: (&str, &str) = ("Cookie", "id=1");
const SAME: (&str, &str) = ("If-None-Match", "\"1\"");
const OTHER: (&str, &str) = ("If-None-Match", "\"2\"");
const SINCE: (&str, &str) = ("If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT");
const RANGE: (&str, &str) = ("Range", "bytes=0-0");

/// Every situation.
#[rustfmt::skip]
pub const SITUATIONS: &[Situation] = &[
    situation("get-get", "GET twice", &[said(200, &[ECHO, FRESH])], TWO),
    situation("head-head", "HEAD twice", &[said(200, &[ECHO, FRESH])], &[head(A), head(B)]),
    situation("head-get", "HEAD, then GET, then HEAD", &[said(200, &[ECHO, FRESH])], &[head(A), get(B), head(B)]),
    situation("get-head", "GET, then HEAD", &[said(200, &[ECHO, FRESH])], &[get(A), head(B)]),

    situation("204", "204 with a lifetime", &[said(204, &[ECHO, FRESH])], TWO),
    situation("301", "301 with a lifetime", &[said(301, &[ECHO, FRESH, ("Location", "/elsewhere")])], TWO),
    situation("302", "302 with a lifetime", &[said(302, &[ECHO, FRESH, ("Location", "/elsewhere")])], TWO),
    situation("307", "307 with a lifetime", &[said(307, &[ECHO, FRESH, ("Location", "/elsewhere")])], TWO),
    situation("308", "308 with a lifetime", &[said(308, &[ECHO, FRESH, ("Location", "/elsewhere")])], TWO),
    situation("403", "403 with a lifetime", &[said(403, &[ECHO, FRESH])], TWO),
    situation("404", "404 with a lifetime", &[said(404, &[ECHO, FRESH])], TWO),
    situation("410", "410 with a lifetime", &[said(410, &[ECHO, FRESH])], TWO),
    situation("500", "500 with a lifetime", &[said(500, &[ECHO, FRESH])], TWO),
    situation("503", "503 with a lifetime", &[said(503, &[ECHO, FRESH])], TWO),
    situation("301-bare", "301 without a lifetime", &[said(301, &[ECHO, ("Location", "/elsewhere")])], TWO),
    situation("404-bare", "404 without a lifetime", &[said(404, &[ECHO])], TWO),
    situation("500-bare", "500 without a lifetime", &[said(500, &[ECHO])], TWO),

    situation("bare", "no lifetime and no date", &[said(200, &[ECHO])], TWO),
    situation("etag", "an ETag and no lifetime", &[unchanged(&[ECHO, TAG]), said(200, &[ECHO, TAG])], TWO),
    situation("last-modified", "Last-Modified of long ago and no lifetime", &[said(200, &[ECHO, OLD])], TWO),
    situation("expires", "Expires in the future", &[said(200, &[ECHO, ("Expires", "Thu, 01 Jan 2099 00:00:00 GMT")])], TWO),
    situation("no-store", "no-store", &[said(200, &[ECHO, ("Cache-Control", "no-store, max-age=600")])], TWO),
    situation("private", "private", &[said(200, &[ECHO, ("Cache-Control", "private, max-age=600")])], TWO),
    situation("no-cache", "no-cache, with an ETag", &[unchanged(&[ECHO, TAG, ("Cache-Control", "no-cache")]), said(200, &[ECHO, TAG, ("Cache-Control", "no-cache")])], TWO),
    situation("max-age-0", "max-age=0, with an ETag", &[unchanged(&[ECHO, TAG, ("Cache-Control", "max-age=0")]), said(200, &[ECHO, TAG, ("Cache-Control", "max-age=0")])], TWO),
    situation("max-age-0-bare", "max-age=0, without an ETag", &[said(200, &[ECHO, ("Cache-Control", "max-age=0")])], TWO),
    situation("s-maxage-0", "s-maxage=0 and max-age=600, with an ETag", &[unchanged(&[ECHO, TAG]), said(200, &[ECHO, TAG, ("Cache-Control", "s-maxage=0, max-age=600")])], TWO),
    situation("s-maxage", "s-maxage=600 and max-age=0", &[said(200, &[ECHO, ("Cache-Control", "s-maxage=600, max-age=0")])], TWO),
    situation("two-lines", "max-age=600 and no-store, a line for each", &[said(200, &[ECHO, FRESH, ("Cache-Control", "no-store")])], TWO),
    situation("age", "Age above the lifetime", &[said(200, &[ECHO, FRESH, ("Age", "700")])], TWO),

    situation("vary", "Vary: Origin", &[said(200, &[ECHO, FRESH, VARY])], THREE),
    situation("vary-star", "Vary: *", &[said(200, &[ECHO, FRESH, ("Vary", "*")])], TWO),
    situation("vary-star-tag", "Vary: *, with an ETag", &[unchanged(&[ECHO, TAG, FRESH, ("Vary", "*")]), said(200, &[ECHO, TAG, FRESH, ("Vary", "*")])], TWO),
    situation("vary-list", "Vary: Accept-Encoding, Origin", &[said(200, &[ECHO, FRESH, ("Vary", "Accept-Encoding, Origin")])], THREE),
    situation("vary-lines", "Vary: Accept-Encoding and Vary: Origin, a line for each", &[said(200, &[ECHO, FRESH, ("Vary", "Accept-Encoding"), VARY])], THREE),
    situation("vary-lines-turned", "Vary: Origin and Vary: Accept-Encoding, a line for each", &[said(200, &[ECHO, FRESH, VARY, ("Vary", "Accept-Encoding")])], THREE),
    situation("vary-encoding", "Vary: Accept-Encoding", &[said(200, &[ECHO, FRESH, ("Vary", "Accept-Encoding")])], TWO),
    situation("vary-404", "404 with Vary: Origin", &[said(404, &[ECHO, FRESH, VARY])], THREE),
    situation("vary-301", "301 with Vary: Origin", &[said(301, &[ECHO, FRESH, VARY, ("Location", "/elsewhere")])], THREE),
    situation("vary-head", "HEAD and GET with Vary: Origin", &[said(200, &[ECHO, FRESH, VARY])], &[head(A), get(B), get(A), head(B)]),

    situation("authorization", "Authorization, then none", &[said(200, &[ECHO, FRESH])], &[Ask("GET", A, &[BASIC]), get(B), get(A)]),
    situation("authorization-after", "Authorization where something is stored", &[said(200, &[ECHO, FRESH])], &[get(A), Ask("GET", B, &[BASIC])]),
    situation("authorization-public", "Authorization and public", &[said(200, &[ECHO, ("Cache-Control", "public, max-age=600")])], &[Ask("GET", A, &[BASIC]), get(B)]),
    situation("authorization-s-maxage", "Authorization and s-maxage", &[said(200, &[ECHO, ("Cache-Control", "s-maxage=600")])], &[Ask("GET", A, &[BASIC]), get(B)]),
    situation("authorization-must-revalidate", "Authorization and must-revalidate", &[said(200, &[ECHO, ("Cache-Control", "must-revalidate, max-age=600")])], &[Ask("GET", A, &[BASIC]), get(B)]),
    situation("cookie", "Cookie, then none", &[said(200, &[ECHO, FRESH])], &[Ask("GET", A, &[COOKIE]), get(B)]),
    situation("cookie-after", "Cookie where something is stored", &[said(200, &[ECHO, FRESH])], &[get(A), Ask("GET", B, &[COOKIE])]),
    situation("set-cookie", "Set-Cookie", &[said(200, &[ECHO, FRESH, ("Set-Cookie", "id=1")])], TWO),

    situation("if-none-match", "If-None-Match of what is stored", &[unchanged(&[ECHO, TAG, FRESH]), said(200, &[ECHO, TAG, FRESH])], &[get(A), Ask("GET", B, &[SAME])]),
    situation("if-none-match-vary", "If-None-Match of what is stored, with Vary: Origin", &[unchanged(&[ECHO, TAG, FRESH, VARY]), said(200, &[ECHO, TAG, FRESH, VARY])], &[get(A), get(B), Ask("GET", B, &[SAME])]),
    situation("if-none-match-other", "If-None-Match of something else", &[said(200, &[ECHO, TAG, FRESH])], &[get(A), Ask("GET", B, &[OTHER])]),
    situation("if-none-match-other-304", "If-None-Match of something else, which the endpoint has", &[unchanged(&[ECHO, TAG, FRESH]), said(200, &[ECHO, TAG, FRESH])], &[get(A), Ask("GET", B, &[OTHER]), get(A)]),
    situation("if-modified-since", "If-Modified-Since of what is stored", &[said_if("if-modified-since", 304, &[ECHO, OLD, FRESH]), said(200, &[ECHO, OLD, FRESH])], &[get(A), Ask("GET", B, &[SINCE])]),
    situation("if-none-match-first", "If-None-Match where nothing is stored", &[unchanged(&[ECHO, TAG, FRESH]), said(200, &[ECHO, TAG, FRESH])], &[Ask("GET", A, &[SAME]), get(B)]),
    situation("if-none-match-stale", "If-None-Match of what is stale", &[unchanged(&[ECHO, TAG, BRIEF]), said(200, &[ECHO, TAG, BRIEF])], &[get(A), Stale, Ask("GET", B, &[SAME]), get(A)]),
    situation("asks-no-cache", "a request's no-cache", &[said(200, &[ECHO, FRESH])], &[get(A), Ask("GET", B, &[("Cache-Control", "no-cache")]), get(A)]),
    situation("asks-no-cache-tag", "a request's no-cache, with an ETag", &[unchanged(&[ECHO, TAG, FRESH]), said(200, &[ECHO, TAG, FRESH])], &[get(A), Ask("GET", B, &[("Cache-Control", "no-cache")]), get(A)]),
    situation("asks-max-age-0", "a request's max-age=0, with an ETag", &[unchanged(&[ECHO, TAG, FRESH]), said(200, &[ECHO, TAG, FRESH])], &[get(A), Ask("GET", B, &[("Cache-Control", "max-age=0")]), get(A)]),
    situation("asks-no-store", "a request's no-store", &[said(200, &[ECHO, FRESH])], &[Ask("GET", A, &[("Cache-Control", "no-store")]), get(B)]),
    situation("asks-pragma", "a request's Pragma: no-cache", &[said(200, &[ECHO, FRESH])], &[get(A), Ask("GET", B, &[("Pragma", "no-cache")])]),

    situation("range", "a range of what is stored", &[PART, said(200, WHOLE)], &[get(A), Ask("GET", B, &[RANGE])]),
    situation("range-unsaid", "a range of what is stored, where nothing says Accept-Ranges", &[PART, said(200, &[ECHO, FRESH, TAG])], &[get(A), Ask("GET", B, &[RANGE])]),
    situation("range-first", "a range, then the whole, then a range", &[PART, said(200, WHOLE)], &[Ask("GET", A, &[RANGE]), get(B), Ask("GET", A, &[RANGE])]),
    situation("range-range", "a range twice", &[PART, said(200, WHOLE)], &[Ask("GET", A, &[RANGE]), Ask("GET", B, &[RANGE])]),

    situation("stale", "stale, with an ETag; the 304 names who asks", &[unchanged(&[ECHO, TAG, BRIEF]), said(200, &[ECHO, TAG, BRIEF])], &[get(A), Stale, get(B), get(A)]),
    situation("stale-lacks", "stale, with an ETag; the 304 names nobody", &[unchanged(&[TAG, BRIEF]), said(200, &[ECHO, TAG, BRIEF])], &[get(A), Stale, get(B), get(A)]),
    situation("stale-vary", "stale, with an ETag and Vary: Origin", &[unchanged(&[ECHO, TAG, BRIEF, VARY]), said(200, &[ECHO, TAG, BRIEF, VARY])], &[get(A), get(B), Stale, get(B), get(A)]),
    situation("stale-date", "stale, with a Last-Modified", &[said_if("if-modified-since", 304, &[ECHO, OLD, BRIEF]), said(200, &[ECHO, OLD, BRIEF])], &[get(A), Stale, get(B), get(A)]),
    situation("stale-bare", "stale, with nothing to validate by", &[said(200, &[ECHO, BRIEF])], &[get(A), Stale, get(B), get(A)]),
    situation("stale-must-revalidate", "stale, with must-revalidate", &[unchanged(&[ECHO, TAG, ("Cache-Control", "max-age=5, must-revalidate")]), said(200, &[ECHO, TAG, ("Cache-Control", "max-age=5, must-revalidate")])], &[get(A), Stale, get(B)]),
    situation("stale-while-revalidate", "stale, with stale-while-revalidate", &[unchanged(&[ECHO, TAG, ("Cache-Control", "max-age=5, stale-while-revalidate=60")]), said(200, &[ECHO, TAG, ("Cache-Control", "max-age=5, stale-while-revalidate=60")])], &[get(A), Stale, get(B), get(A)]),
    situation("stale-error", "stale, and the endpoint answers 500", &[Said { times: Some(1), ..said(200, &[ECHO, TAG, BRIEF]) }, said(500, &[ECHO])], &[get(A), Stale, get(B), get(A)]),

    situation("post", "POST between", &[said(200, &[ECHO, FRESH])], &[get(A), Ask("POST", A, &[]), get(B)]),
    situation("delete", "DELETE between", &[said(200, &[ECHO, FRESH])], &[get(A), Ask("DELETE", A, &[]), get(B)]),
    situation("delete-refused", "DELETE between, answered 403", &[Said { times: Some(1), ..said(200, &[ECHO, FRESH]) }, Said { times: Some(1), ..said(403, &[ECHO]) }, said(200, &[ECHO, FRESH])], &[get(A), Ask("DELETE", A, &[]), get(B)]),
    situation("options", "OPTIONS twice", &[said(200, &[ECHO, FRESH])], &[Ask("OPTIONS", A, &[]), Ask("OPTIONS", B, &[])]),
];
