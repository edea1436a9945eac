//! Who served an answer, as far as its fields tell: the evidence that caches on the way leave.

use super::ServedBy;
use crate::message::{Response, list};

/// Who served an answer, and the lines that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Who.
    pub by: ServedBy,
    /// The lines, as they arrived. Empty where nothing speaks of a cache.
    pub evidence: Vec<String>,
}

/// What one field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Testimony {
    /// The request went on to the endpoint.
    Missed,
    /// A stored response was used after it was validated.
    Validated,
    /// A stored response was used.
    Hit,
}

/// Fields that say in a word what a cache did, in no standard's form.
const WORDS: &[&str] = &[
    "x-cache",
    "x-cache-status",
    "cf-cache-status",
    "x-proxy-cache",
    "x-nginx-cache",
    "x-fastcgi-cache",
    "x-vercel-cache",
    "x-litespeed-cache",
    "x-drupal-cache",
    "x-swift-cache",
    "cdn-cache",
    "x-rack-cache",
];

/// Fields that count how often a stored response was used.
const COUNTERS: &[&str] = &["x-cache-hits", "x-hits"];

/// Fields that an endpoint gives another value in each of its own answers.
const REQUEST_IDS: &[&str] = &[
    "x-oss-request-id",
    "x-amz-request-id",
    "x-ms-request-id",
    "x-guploader-uploadid",
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-reqid",
    "x-trace-id",
];

/// How long a request id is at least that tells requests apart, in bytes.
const ID_BYTES: usize = 8;

/// Who served `response`, given the answers before it that may have been stored.
///
/// What a cache says of itself counts most (`Cache-Status` of RFC 9211, `X-Cache` and its kin,
/// `X-Varnish`, the codes in `Via`), and one cache that had it is enough, however many were
/// asked. An `Age` above zero comes second (RFC 9111 §5.1); zero says nothing, because some
/// caches send it with what they just fetched. Last comes the request id of an earlier answer.
pub fn served(response: &Response, earlier: &[&Response]) -> Served {
    let mut evidence = Vec::new();
    let mut strongest: Option<Testimony> = None;
    for field in &response.fields {
        let value = field.text();
        if let Some(testimony) = testimony(&field.name.to_ascii_lowercase(), &value) {
            evidence.push(format!("{}: {value}", field.name));
            strongest = strongest.max(Some(testimony));
        }
    }
    let age = response.fields.text("age").and_then(|age| age.trim().parse::<u64>().ok());
    if let Some(age) = age {
        evidence.push(format!("Age: {age}"));
    }
    if let Some(via) = response.fields.text("via") {
        evidence.push(format!("Via: {via}"));
    }
    let by = match strongest {
        Some(Testimony::Hit) => ServedBy::Cache,
        Some(Testimony::Validated) => ServedBy::Validated,
        _ if age.is_some_and(|age| age > 0) => ServedBy::Cache,
        _ => match repeated_id(response, earlier) {
            Some(line) => {
                evidence.push(format!("{line}, as in an earlier answer"));
                ServedBy::Cache
            }
            None => ServedBy::Network,
        },
    };
    Served { by, evidence }
}

/// The earlier answer that this one was stored as, as far as that shows: the same request id, or
/// the same `Date`, `ETag` and `Access-Control-Allow-Origin`.
pub fn stored_as(response: &Response, earlier: &[&Response]) -> Option<usize> {
    let same = |name: &str, other: &Response| response.fields.get(name) == other.fields.get(name);
    let by_id = earlier
        .iter()
        .position(|other| REQUEST_IDS.iter().any(|name| response.fields.contains(name) && same(name, other)));
    by_id.or_else(|| {
        earlier.iter().position(|other| {
            response.fields.contains("date")
                && ["date", "etag", "access-control-allow-origin"].iter().all(|name| same(name, other))
        })
    })
}

fn testimony(name: &str, value: &str) -> Option<Testimony> {
    match name {
        "cache-status" => list::unquoted_text_members(value).map(cache_status).max(),
        // One number is that of the request, a second one that of the request that was stored.
        "x-varnish" => list::unquoted_text_members(value)
            .map(
                |member| {
                    if member.split_whitespace().count() > 1 { Testimony::Hit } else { Testimony::Missed }
                },
            )
            .max(),
        "via" => list::unquoted_text_members(value).filter_map(traffic_server).max(),
        _ if WORDS.contains(&name) => list::unquoted_text_members(value).filter_map(word).max(),
        _ if COUNTERS.contains(&name) => list::unquoted_text_members(value)
            .filter_map(|member| member.parse::<u64>().ok())
            .map(|hits| if hits > 0 { Testimony::Hit } else { Testimony::Missed })
            .max(),
        _ => None,
    }
}

/// RFC 9211 §2: one cache of the list, with its parameters.
fn cache_status(member: &str) -> Testimony {
    let parameters: Vec<String> =
        list::parameters(member).skip(1).map(|part| part.to_ascii_lowercase()).collect();
    let says = |parameter: &str| parameters.iter().any(|part| part == parameter);
    if says("hit") || says("hit=?1") || says("collapsed") || says("collapsed=?1") {
        Testimony::Hit
    } else if says("fwd=stale") && says("fwd-status=304") {
        Testimony::Validated
    } else {
        Testimony::Missed
    }
}

/// The first word of a member, before `from` and who says it.
fn word(member: &str) -> Option<Testimony> {
    let word = member.split([' ', ':', ';', '(']).next()?.to_ascii_uppercase();
    match word.as_str() {
        "REFRESHHIT" | "REVALIDATED" | "TCP_REFRESH_HIT" | "TCP_REFRESH_UNMODIFIED" | "VALID" => {
            Some(Testimony::Validated)
        }
        "STALE" | "UPDATING" | "FRESH" => Some(Testimony::Hit),
        word if word.ends_with("HIT") => Some(Testimony::Hit),
        "MISS" | "EXPIRED" | "BYPASS" | "DYNAMIC" | "PASS" | "NONE" | "REFRESHMISS" => {
            Some(Testimony::Missed)
        }
        word if word.starts_with("TCP_") || word.ends_with("MISS") => Some(Testimony::Missed),
        _ => None,
    }
}

/// The codes that Traffic Server adds to `Via` in brackets: `c` and what its look-up found.
fn traffic_server(member: &str) -> Option<Testimony> {
    let codes = member.split_once('[')?.1.split_once(']')?.0;
    match codes.split_once('c')?.1.chars().next()? {
        'H' | 'R' => Some(Testimony::Hit),
        'S' => Some(if codes.contains("sN") { Testimony::Validated } else { Testimony::Missed }),
        'M' | 'A' | ' ' => Some(Testimony::Missed),
        _ => None,
    }
}

/// A request id that an earlier answer had, too. What is stored comes with the fields that were
/// stored: an answer that names another origin, or was made at another time, was made anew, by a
/// server whose ids are none. So are ids that are too short to tell requests apart.
fn repeated_id(response: &Response, earlier: &[&Response]) -> Option<String> {
    let same = |name: &str, other: &Response| response.fields.get(name) == other.fields.get(name);
    REQUEST_IDS.iter().find_map(|name| {
        let id = response.fields.get(name).filter(|id| id.len() >= ID_BYTES)?;
        let again = earlier
            .iter()
            .any(|other| [*name, "date", "access-control-allow-origin"].iter().all(|name| same(name, other)));
        again.then(|| format!("{name}: {}", String::from_utf8_lossy(&id)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServedBy::{Cache, Network, Validated};

    fn response(lines: &[(&str, &str)]) -> Response {
        lines.iter().fold(Response::new(200), |response, (name, value)| response.with_field(name, value))
    }

    #[test]
    fn caches_on_the_way_are_known_by_what_they_say() {
        // (the fields of the answer, who served it)
        let table: &[(&[(&str, &str)], ServedBy)] = &[
            (&[], Network),
            // RFC 9211.
            (&[("Cache-Status", "ExampleCache; hit")], Cache),
            (&[("Cache-Status", "ExampleCache;hit;ttl=30;key=\"a, b; hit\"")], Cache),
            (&[("Cache-Status", "ExampleCache; fwd=uri-miss; stored")], Network),
            (&[("Cache-Status", "ExampleCache; fwd=vary-miss; key=\"x; hit\"")], Network),
            (&[("Cache-Status", "ExampleCache; fwd=stale; fwd-status=304")], Validated),
            (&[("Cache-Status", "ExampleCache; fwd=stale; fwd-status=200")], Network),
            (&[("Cache-Status", "Origin; hit; ttl=1100, \"CDN, here\"; fwd=uri-miss")], Cache),
            (&[("Cache-Status", "ExampleCache; fwd=uri-miss; collapsed")], Cache),
            // Words.
            (&[("X-Cache", "HIT")], Cache),
            (&[("X-Cache", "MISS")], Network),
            (&[("X-Cache", "Hit from cloudfront")], Cache),
            (&[("X-Cache", "Miss from cloudfront")], Network),
            (&[("X-Cache", "RefreshHit from cloudfront")], Validated),
            (&[("X-Cache", "MISS from hit.example")], Network),
            (&[("X-Cache", "MISS, HIT"), ("X-Cache-Hits", "0, 1")], Cache),
            (&[("X-Cache", "MISS, MISS"), ("X-Cache-Hits", "0, 0")], Network),
            (&[("X-Cache", "HIT TCP_MEM_HIT dirn:-2:-2")], Cache),
            (&[("X-Cache", "TCP_MEM_HIT from a23-1-2-3.deploy.example (Ghost/11)")], Cache),
            (&[("X-Cache", "TCP_MISS from a23-1-2-3.deploy.example")], Network),
            (&[("X-Cache", "TCP_REFRESH_HIT")], Validated),
            (&[("X-Cache-Lookup", "HIT from squid:3128"), ("X-Cache", "MISS from squid")], Network),
            (&[("CF-Cache-Status", "HIT"), ("Age", "0")], Cache),
            (&[("CF-Cache-Status", "REVALIDATED"), ("Age", "12")], Validated),
            (&[("CF-Cache-Status", "DYNAMIC")], Network),
            (&[("CF-Cache-Status", "EXPIRED")], Network),
            (&[("X-Cache-Status", "STALE")], Cache),
            (&[("X-Cache-Status", "UPDATING")], Cache),
            (&[("X-Cache-Status", "BYPASS")], Network),
            (&[("X-Cache", "unheard of")], Network),
            // Varnish.
            (&[("X-Varnish", "32770"), ("Age", "0"), ("Via", "1.1 varnish")], Network),
            (&[("X-Varnish", "32772 32771"), ("Age", "0")], Cache),
            // Traffic Server.
            (&[("Via", "http/1.1 edge (ApacheTrafficServer/9.2.5 [uScHs f p eN:t cCHp s ])")], Cache),
            (&[("Via", "http/1.1 edge (ApacheTrafficServer/9.2.5 [cMsSfW])"), ("Age", "0")], Network),
            (&[("Via", "http/1.1 edge (ApacheTrafficServer/9.2.5 [cSsNfU])"), ("Age", "0")], Validated),
            (&[("Via", "1.1 cache.example (squid/5.7)")], Network),
            // Age alone, and against what a nearer cache says.
            (&[("Age", "0")], Network),
            (&[("Age", "1")], Cache),
            (&[("Age", "soon")], Network),
            (&[("X-Cache", "MISS"), ("Age", "30")], Cache),
        ];
        for (lines, by) in table {
            assert_eq!(served(&response(lines), &[]).by, *by, "{lines:?}");
        }
    }

    #[test]
    fn the_evidence_is_what_arrived() {
        let found = served(&response(&[("X-Cache", "HIT"), ("ETag", "\"a\""), ("Age", "3")]), &[]);
        assert_eq!(found.evidence, ["X-Cache: HIT", "Age: 3"]);
        assert!(served(&response(&[("ETag", "\"a\"")]), &[]).evidence.is_empty());
    }

    #[test]
    fn a_cache_that_says_nothing_is_known_by_a_request_id_that_comes_twice() {
        const ID: &str = "5C3D9175B6FC201293AD4890";
        let origin = ("Access-Control-Allow-Origin", "https://a.example");
        let first = response(&[("X-Oss-Request-Id", ID), ("Date", "x"), origin]);
        let short = response(&[("X-Request-Id", "1"), ("Date", "x"), origin]);
        let earlier = [&first, &short];
        let again = served(&response(&[("x-oss-request-id", ID), ("Date", "x"), origin]), &earlier);
        assert_eq!(again.by, Cache);
        assert_eq!(again.evidence, [format!("x-oss-request-id: {ID}, as in an earlier answer")]);
        let other = ("Access-Control-Allow-Origin", "https://b.example");
        for (fields, earlier) in [
            (&[("x-oss-request-id", "5C3D9175B6FC201293AD4891"), ("Date", "x"), origin][..], &earlier[..]),
            (&[("x-oss-request-id", ID), ("Date", "x"), other], &earlier),
            (&[("x-oss-request-id", ID), ("Date", "y"), origin], &earlier),
            (&[("x-request-id", "1"), ("Date", "x"), origin], &earlier),
            (&[("x-oss-request-id", ID), ("Date", "x"), origin], &[]),
        ] {
            assert_eq!(served(&response(fields), earlier).by, Network, "{fields:?}");
        }
    }

    #[test]
    fn a_stored_answer_is_traced_to_the_one_that_was_stored() {
        let a = response(&[("x-request-id", "1"), ("Date", "x"), ("Access-Control-Allow-Origin", "a")]);
        let b = response(&[("Date", "y"), ("Access-Control-Allow-Origin", "b")]);
        // (the fields of the answer, which of the earlier ones it is)
        let table: &[(&[(&str, &str)], Option<usize>)] = &[
            (&[("X-Request-Id", "1")], Some(0)),
            (&[("Date", "y"), ("Access-Control-Allow-Origin", "b"), ("Age", "1")], Some(1)),
            (&[("Date", "y"), ("Access-Control-Allow-Origin", "c")], None),
            (&[("Access-Control-Allow-Origin", "b")], None),
        ];
        for (lines, step) in table {
            assert_eq!(stored_as(&response(lines), &[&a, &b]), *step, "{lines:?}");
        }
    }
}
