//! The engine from outside: rows are a section of RFC 9111 (or what a product is known to
//! do), what is stored, what is then asked, and what comes.

use std::time::{Duration, SystemTime};

use url::Url;

use super::*;
use crate::message::{Fields, Request, Response};

const BROWSER: Model = Model::BROWSER;
const SHARED: Model = Model::SHARED;
const SLOT: Model = Model::SINGLE_SLOT;
const URL: Model = Model::URL_KEYED;

/// Where the tests' time begins.
fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn at(seconds: u64) -> SystemTime {
    start() + Duration::from_secs(seconds)
}

fn url(text: &str) -> Url {
    Url::parse("https://api.example/data.json").unwrap().join(text).unwrap()
}

fn key(path: &str) -> Key {
    Key { partition: String::new(), url: url(path) }
}

/// Lines `name: value`, separated by `|`.
fn fields(text: &str) -> Fields {
    let lines = text.split('|').filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.trim(), value.trim().as_bytes().to_vec())).collect()
}

fn request(method: &str, lines: &str) -> Request {
    Request { fields: fields(lines), ..Request::new(method, url("")) }
}

fn response(status: u16, lines: &str) -> Response {
    Response { fields: fields(lines), body: "0123456789".into(), ..Response::new(status) }
}

fn store(cache: &mut Cache, seconds: u64, request: &Request, response: Response) -> StoreDecision {
    cache.store(&key(""), request, response, at(seconds), at(seconds), seconds)
}

/// What a lookup found in a few words: which response by its `x` field, and the preconditions.
fn words(lookup: &Lookup) -> String {
    let x = |stored: &Stored| stored.response.fields.text("x").unwrap_or_default();
    let asks = |conditional: &Fields| {
        conditional.iter().map(|f| format!(" {}: {}", f.name, f.text())).collect::<String>()
    };
    let found = match lookup {
        Lookup::Miss => "miss".to_owned(),
        Lookup::Fresh(stored) => format!("fresh {}", x(stored)),
        Lookup::Stale { stored, conditional, while_revalidate } => {
            let meanwhile = if *while_revalidate { " meanwhile" } else { "" };
            format!("stale {}{meanwhile}{}", x(stored), asks(conditional))
        }
        Lookup::VaryMismatch { stored, conditional } => format!("other {}{}", x(stored), asks(conditional)),
    };
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn which_responses_are_stored() {
    use NotStored as No;
    const AUTH: &str = "authorization: Bearer x";
    const OK: Result<(), NotStored> = Ok(());
    type Row = (&'static str, Model, &'static str, &'static str, u16, &'static str, Result<(), NotStored>);
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("§3 GET with max-age", SHARED, "GET", "", 200, "cache-control: max-age=60", OK),
        ("§3 POST", SHARED, "POST", "", 200, "cache-control: max-age=60", Err(No::Method)),
        ("§3 OPTIONS", SHARED, "OPTIONS", "", 200, "cache-control: max-age=60", Err(No::Method)),
        ("§3 methods have case", SHARED, "get", "", 200, "cache-control: max-age=60", Err(No::Method)),
        ("§3 HEAD", SHARED, "HEAD", "", 200, "cache-control: max-age=60", OK),
        ("browsers store no HEAD", BROWSER, "HEAD", "", 200, "cache-control: max-age=60", Err(No::Method)),
        ("§3 not final", SHARED, "GET", "", 103, "cache-control: max-age=60", Err(No::Status)),
        ("§4.3.3 a 304 is an update", SHARED, "GET", "", 304, "cache-control: max-age=60", Err(No::Status)),
        ("§3 nothing explicit, 200", SHARED, "GET", "", 200, "", OK),
        ("§3 nothing explicit, 302", SHARED, "GET", "", 302, "", Err(No::NoFreshness)),
        ("§3 nothing explicit, 500", SHARED, "GET", "", 500, "", Err(No::NoFreshness)),
        ("§3 explicit, 500", SHARED, "GET", "", 500, "cache-control: max-age=60", OK),
        ("§3 explicit, an unknown status", SHARED, "GET", "", 299, "expires: 0", OK),
        ("§3 public, 302", SHARED, "GET", "", 302, "cache-control: public", OK),
        ("§3 private, 302, private cache", BROWSER, "GET", "", 302, "cache-control: private", OK),
        ("§3 s-maxage, 302, private cache", BROWSER, "GET", "", 302, "cache-control: s-maxage=9", Err(No::NoFreshness)),
        ("§5.2.2.5 no-store", BROWSER, "GET", "", 200, "cache-control: no-store, max-age=60", Err(No::NoStore)),
        ("§5.2.1.5 no-store in the request", BROWSER, "GET", "cache-control: no-store", 200, "", Err(No::RequestNoStore)),
        ("CDNs do not read the request's", URL, "GET", "cache-control: no-store", 200, "", OK),
        ("§5.2.2.3 must-understand, a known status", SHARED, "GET", "", 200, "cache-control: must-understand, no-store, max-age=9", OK),
        ("§5.2.2.3 must-understand, an unknown one", SHARED, "GET", "", 299, "cache-control: must-understand, max-age=9", Err(No::Status)),
        ("§5.2.2.7 private, shared", SHARED, "GET", "", 200, "cache-control: private, max-age=9", Err(No::Private)),
        ("§5.2.2.7 private, private", BROWSER, "GET", "", 200, "cache-control: private, max-age=9", OK),
        ("§5.2.2.7 private of a field, shared", SHARED, "GET", "", 200, "cache-control: private=\"x\", max-age=9", OK),
        ("§3.5 Authorization, shared", SHARED, "GET", AUTH, 200, "cache-control: max-age=9", Err(No::Authorization)),
        ("§3.5 Authorization, private", BROWSER, "GET", AUTH, 200, "cache-control: max-age=9", OK),
        ("§3.5 Authorization, public", SHARED, "GET", AUTH, 200, "cache-control: public, max-age=9", OK),
        ("§3.5 Authorization, s-maxage", SHARED, "GET", AUTH, 200, "cache-control: s-maxage=9", OK),
        ("§3.5 Authorization, must-revalidate", SHARED, "GET", AUTH, 200, "cache-control: must-revalidate", OK),
        ("§3.5 Authorization, proxy-revalidate", SHARED, "GET", AUTH, 200, "cache-control: proxy-revalidate", Err(No::Authorization)),
        ("§4.1 Vary: * is stored to be validated", SHARED, "GET", "", 200, "vary: *", OK),
        ("§3.3 a part", SHARED, "GET", "range: bytes=0-9", 206, "content-range: bytes 0-9/20", OK),
        ("§3.3 a part of another length", SHARED, "GET", "range: bytes=0-9", 206, "content-range: bytes 0-8/20", Err(No::Partial)),
        ("§3.3 several parts", SHARED, "GET", "range: bytes=0-1,4-5", 206, "content-type: multipart/byteranges", Err(No::Partial)),
        ("§3.3 a part, no parts here", Model { ranges: Ranges::Cut, ..SHARED }, "GET", "range: bytes=0-9", 206, "content-range: bytes 0-9/20", Err(No::Partial)),
        ("§7.3 Set-Cookie", SHARED, "GET", "", 200, "set-cookie: a=b", OK),
        ("a cache that stores no Set-Cookie", Model { store_set_cookie: false, ..SHARED }, "GET", "", 200, "set-cookie: a=b", Err(No::SetCookie)),
        ("Firefox stores no 404", Model::FIREFOX, "GET", "", 404, "cache-control: max-age=9", Err(No::Status)),
        ("Firefox stores 410", Model::FIREFOX, "GET", "", 410, "cache-control: max-age=9", OK),
        ("Chromium stores 404", Model::CHROMIUM, "GET", "", 404, "cache-control: max-age=9", OK),
        ("Chromium stores 301 unasked", Model::CHROMIUM, "GET", "", 301, "", OK),
        ("Firefox does not", Model::FIREFOX, "GET", "", 301, "", Err(No::NoFreshness)),
    ];
    for (what, model, method, asked, status, said, expected) in rows {
        let mut cache = Cache::new(model.clone());
        let found = match store(&mut cache, 0, &request(method, asked), response(*status, said)) {
            StoreDecision::Stored(_) => Ok(()),
            StoreDecision::Refused(reason) => Err(reason),
            StoreDecision::Freshened(_) => panic!("{what}: freshened"),
        };
        assert_eq!(found, *expected, "{what}");
        assert_eq!(cache.len(), usize::from(found.is_ok()), "{what}");
    }
}

#[test]
fn which_fields_are_stored() {
    #[rustfmt::skip]
    let rows: &[(&str, Model, &str, &str)] = &[
        ("§3.1 all", SHARED, "a: 1|b: 2|a: 3", "a: 1|b: 2|a: 3"),
        ("§3.1 the connection's own", SHARED, "a: 1|connection: x|x: 2|keep-alive: 5|transfer-encoding: chunked", "a: 1"),
        ("§3.1 the proxy's own", SHARED, "a: 1|proxy-authenticate: basic|proxy-authentication-info: x", "a: 1"),
        ("§5.2.2.4 no-cache of a field", SHARED, "a: 1|cache-control: no-cache=\"A\"", "cache-control: no-cache=\"A\""),
        ("§5.2.2.7 private of a field, shared", SHARED, "a: 1|cache-control: private=\"A\"", "cache-control: private=\"A\""),
        ("§5.2.2.7 private of a field, private", BROWSER, "a: 1|cache-control: private=\"A\"", "a: 1|cache-control: private=\"A\""),
    ];
    for (what, model, said, expected) in rows {
        let mut cache = Cache::new(model.clone());
        let StoreDecision::Stored(stored) = store(&mut cache, 0, &request("GET", ""), response(200, said))
        else {
            panic!("{what}: not stored");
        };
        assert_eq!(stored.response.fields, fields(expected), "{what}");
    }
}

#[test]
fn one_stored_response_and_one_request() {
    use LookupMode::{Default, ForceCache, NoCache, OnlyIfCached};
    type Row = (
        &'static str,
        Model,
        (&'static str, &'static str),
        u64,
        LookupMode,
        (&'static str, &'static str),
        &'static str,
    );
    const GET: (&str, &str) = ("GET", "");
    const FRESH: &str = "cache-control: max-age=60";
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("§4 fresh", BROWSER, ("", FRESH), 59, Default, GET, "fresh"),
        ("§4.2 stale when its age is its lifetime", BROWSER, ("", FRESH), 60, Default, GET, "stale"),
        ("§4.2.3 stale when it came", BROWSER, ("", "cache-control: max-age=60|age: 70"), 0, Default, GET, "stale"),
        ("§4 another method", BROWSER, ("", FRESH), 0, Default, ("POST", ""), "miss"),
        ("§4 OPTIONS is never answered", URL, ("", FRESH), 0, Default, ("OPTIONS", ""), "miss"),
        ("§4 HEAD from GET", BROWSER, ("", FRESH), 0, Default, ("HEAD", ""), "fresh"),
        ("Firefox does not", Model::FIREFOX, ("", FRESH), 0, Default, ("HEAD", ""), "miss"),
        ("§4.3.1 ETag", BROWSER, ("", "etag: \"1\""), 0, Default, GET, "stale If-None-Match: \"1\""),
        ("§4.3.1 a weak ETag", BROWSER, ("", "etag: W/\"1\""), 0, Default, GET, "stale If-None-Match: W/\"1\""),
        ("§4.3.1 Last-Modified", BROWSER, ("", "cache-control: max-age=0|last-modified: Mon, 02 Nov 2026 12:00:00 GMT"), 0, Default, GET, "stale If-Modified-Since: Mon, 02 Nov 2026 12:00:00 GMT"),
        ("§5.2.2.4 no-cache", BROWSER, ("", "cache-control: no-cache, max-age=60"), 0, Default, GET, "stale"),
        ("§5.2.2.4 no-cache of a field", BROWSER, ("", "cache-control: no-cache=\"a\", max-age=60"), 0, Default, GET, "fresh"),
        ("§5.4 Pragma in a response is nothing", SHARED, ("", "pragma: no-cache|expires: Fri, 15 Jan 2100 08:00:00 GMT"), 0, Default, GET, "fresh"),
        ("browsers read it", Model::CHROMIUM, ("", "pragma: no-cache|expires: Fri, 15 Jan 2100 08:00:00 GMT"), 0, Default, GET, "stale"),
        ("§5.2.1.4 no-cache in the request", BROWSER, ("", FRESH), 0, Default, ("GET", "cache-control: no-cache"), "stale"),
        ("§5.4 Pragma in the request", BROWSER, ("", FRESH), 0, Default, ("GET", "pragma: no-cache"), "stale"),
        ("CDNs do not read the request's", URL, ("", FRESH), 0, Default, ("GET", "cache-control: no-cache"), "fresh"),
        ("§5.2.1.1 max-age in the request", BROWSER, ("", FRESH), 5, Default, ("GET", "cache-control: max-age=4"), "stale"),
        ("§5.2.1.1 not yet that old", BROWSER, ("", FRESH), 4, Default, ("GET", "cache-control: max-age=4"), "fresh"),
        ("§5.2.1.1 max-age=0", BROWSER, ("", FRESH), 0, Default, ("GET", "cache-control: max-age=0"), "stale"),
        ("§5.2.1.3 min-fresh", BROWSER, ("", FRESH), 5, Default, ("GET", "cache-control: min-fresh=56"), "stale"),
        ("§5.2.1.3 fresh enough", BROWSER, ("", FRESH), 5, Default, ("GET", "cache-control: min-fresh=55"), "fresh"),
        ("§5.2.1.2 max-stale", BROWSER, ("", FRESH), 65, Default, ("GET", "cache-control: max-stale=5"), "fresh"),
        ("§5.2.1.2 too stale", BROWSER, ("", FRESH), 66, Default, ("GET", "cache-control: max-stale=5"), "stale"),
        ("§4.2.4 must-revalidate", BROWSER, ("", "cache-control: max-age=60, must-revalidate"), 61, Default, ("GET", "cache-control: max-stale"), "stale"),
        ("§4.2.4 proxy-revalidate, shared", SHARED, ("", "cache-control: max-age=60, proxy-revalidate"), 61, Default, ("GET", "cache-control: max-stale"), "stale"),
        ("§4.2.4 proxy-revalidate, private", BROWSER, ("", "cache-control: max-age=60, proxy-revalidate"), 61, Default, ("GET", "cache-control: max-stale"), "fresh"),
        ("§5.2.2.10 s-maxage is proxy-revalidate", SHARED, ("", "cache-control: s-maxage=60"), 61, Default, ("GET", "cache-control: max-stale"), "stale"),
        ("RFC 5861 §3", BROWSER, ("", "cache-control: max-age=60, stale-while-revalidate=10"), 69, Default, GET, "stale meanwhile"),
        ("RFC 5861 §3, past it", BROWSER, ("", "cache-control: max-age=60, stale-while-revalidate=10"), 70, Default, GET, "stale"),
        ("RFC 5861 §3, must-revalidate", BROWSER, ("", "cache-control: max-age=60, stale-while-revalidate=10, must-revalidate"), 61, Default, GET, "stale"),
        ("Fetch no-cache", BROWSER, ("", "cache-control: max-age=60|etag: \"1\""), 0, NoCache, GET, "stale If-None-Match: \"1\""),
        ("Fetch force-cache", BROWSER, ("", "cache-control: max-age=0"), 9, ForceCache, GET, "fresh"),
        ("Fetch only-if-cached", BROWSER, ("", "cache-control: max-age=0"), 9, OnlyIfCached, GET, "fresh"),
        ("Fetch force-cache honours Vary", BROWSER, ("origin: a", "vary: origin"), 0, ForceCache, ("GET", "origin: b"), "other"),
        ("Fetch only-if-cached honours Vary", BROWSER, ("origin: a", "vary: origin"), 0, OnlyIfCached, ("GET", "origin: b"), "miss"),
        ("§4.1 Vary matches", BROWSER, ("origin: a", "vary: origin|cache-control: max-age=60"), 0, Default, ("GET", "origin: a"), "fresh"),
        ("§4.1 Vary does not", BROWSER, ("origin: a", "vary: origin|cache-control: max-age=60"), 0, Default, ("GET", "origin: b"), "other"),
        ("§4.1 a mismatch is validated", BROWSER, ("origin: a", "vary: origin|etag: \"1\""), 0, Default, ("GET", "origin: b"), "other If-None-Match: \"1\""),
        ("§4.1 or not", Model { validate_across_variants: false, ..SHARED }, ("origin: a", "vary: origin|etag: \"1\""), 0, Default, ("GET", "origin: b"), "other"),
        ("§4.1 Vary: *", SHARED, ("", "vary: *|cache-control: max-age=60"), 0, Default, GET, "other"),
        ("Vary is nothing to a URL-keyed cache", URL, ("origin: a", "vary: origin|cache-control: max-age=60"), 0, Default, ("GET", "origin: b"), "fresh"),
        ("§4.3.2 the origin server's preconditions", SHARED, ("", FRESH), 0, Default, ("GET", "if-match: \"1\""), "miss"),
        ("§3.3 a range of the whole", BROWSER, ("", FRESH), 0, Default, ("GET", "range: bytes=2-4"), "fresh"),
        ("§3.3 a range at the end", BROWSER, ("", FRESH), 0, Default, ("GET", "range: bytes=-4"), "fresh"),
        ("§3.3 a range past the end", BROWSER, ("", FRESH), 0, Default, ("GET", "range: bytes=10-"), "miss"),
        ("§3.3 several ranges", BROWSER, ("", FRESH), 0, Default, ("GET", "range: bytes=0-1,3-4"), "miss"),
        ("§3.3 the whole for a range", Model { ranges: Ranges::Whole, ..SHARED }, ("", FRESH), 0, Default, ("GET", "range: bytes=2-4"), "fresh"),
    ];
    for (what, model, (asked, said), seconds, mode, (method, then), expected) in rows {
        let mut cache = Cache::new(model.clone());
        store(&mut cache, 0, &request("GET", asked), response(200, said));
        let lookup = cache.lookup(&key(""), &request(method, then), *mode, at(*seconds));
        assert_eq!(words(&lookup), *expected, "{what}");
    }
}

/// Requests in order, each a second after the one before: `(request fields, response fields)`
/// stored where the lookup was not fresh; what each lookup found.
#[test]
fn several_requests_in_a_row() {
    type Row = (&'static str, Model, &'static [(&'static str, &'static str, &'static str)]);
    const A: &str = "origin: a";
    const B: &str = "origin: b";
    const N: &str = "";
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("one variant for each URL in a browser", BROWSER, &[
            (A, "x: a|vary: origin|cache-control: max-age=60", "miss"),
            (B, "x: b|vary: origin|cache-control: max-age=60", "other a"),
            (A, "x: a2|vary: origin|cache-control: max-age=60", "other b"),
            (A, "", "fresh a2"),
        ]),
        ("§4.1 one for each value in a shared cache", SHARED, &[
            (A, "x: a|vary: origin|cache-control: max-age=60", "miss"),
            (B, "x: b|vary: origin|cache-control: max-age=60", "other a"),
            (A, "", "fresh a"),
            (B, "", "fresh b"),
        ]),
        ("one slot", SLOT, &[
            (A, "x: a|vary: origin|cache-control: max-age=60", "miss"),
            (B, "x: b|vary: origin|cache-control: max-age=60", "other a"),
            (A, "x: a2|vary: origin|cache-control: max-age=60", "other b"),
        ]),
        ("no Vary: whoever came first", SHARED, &[
            (A, "x: a|cache-control: max-age=60", "miss"),
            (B, "", "fresh a"),
        ]),
        ("§4.1 Vary only where there is an Origin: the bare one answers everybody", SHARED, &[
            (N, "x: n|cache-control: max-age=60", "miss"),
            (A, "", "fresh n"),
        ]),
        ("§4.1 one with Vary goes before one without", SHARED, &[
            (A, "x: a|vary: origin|cache-control: max-age=60", "miss"),
            (N, "x: n|cache-control: max-age=60", "other a"),
            (A, "", "fresh a"),
            (B, "", "fresh n"),
        ]),
        ("§4.3.1 the validators of all variants", SHARED, &[
            (A, "x: a|vary: origin|etag: \"a\"", "miss"),
            (B, "x: b|vary: origin|etag: \"b\"", "other a If-None-Match: \"a\""),
            (N, "", "other b If-None-Match: \"a\", \"b\""),
        ]),
        ("§4.3.1 a date is of one response only", SHARED, &[
            (A, "x: a|vary: origin|last-modified: Mon, 02 Nov 2026 12:00:00 GMT", "miss"),
            (B, "x: b|vary: origin|last-modified: Tue, 03 Nov 2026 12:00:00 GMT", "other a If-Modified-Since: Mon, 02 Nov 2026 12:00:00 GMT"),
            (N, "", "other b"),
        ]),
        ("§4 the most recent", SHARED, &[
            (A, "x: old|vary: accept|cache-control: max-age=0", "miss"),
            (A, "x: new|vary: origin|cache-control: max-age=60", "stale old"),
            (A, "", "fresh new"),
        ]),
        ("only so many variants", Model { variants: 2, ..SHARED }, &[
            ("origin: a", "x: a|vary: origin|cache-control: max-age=60", "miss"),
            ("origin: b", "x: b|vary: origin|cache-control: max-age=60", "other a"),
            ("origin: c", "x: c|vary: origin|cache-control: max-age=60", "other b"),
            ("origin: b", "", "fresh b"),
            ("origin: a", "", "other c"),
        ]),
    ];
    for (what, model, steps) in rows {
        let mut cache = Cache::new(model.clone());
        for (second, (asked, said, expected)) in (0..).zip(*steps) {
            let request = request("GET", asked);
            let lookup = cache.lookup(&key(""), &request, LookupMode::Default, at(second));
            assert_eq!(words(&lookup), *expected, "{what}, request {second}");
            if !matches!(lookup, Lookup::Fresh(_)) {
                store(&mut cache, second, &request, response(200, said));
            }
        }
    }
}

#[test]
fn a_304_brings_the_stored_response_up_to_date() {
    type Row = (&'static str, Model, &'static str, &'static str, Option<&'static str>);
    const STORED: &str = "x: old|etag: \"1\"|content-type: a/b|y: 1|y: 2";
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("§3.2 nothing new", SHARED, STORED, "etag: \"1\"", Some(STORED)),
        ("§3.2 a new value", SHARED, STORED, "etag: \"1\"|x: new", Some("x: new|etag: \"1\"|content-type: a/b|y: 1|y: 2")),
        ("§3.2 all lines of a field", SHARED, STORED, "etag: \"1\"|y: 3|y: 4", Some("x: old|etag: \"1\"|content-type: a/b|y: 3|y: 4")),
        ("§3.2 a new field", SHARED, STORED, "etag: \"1\"|z: 1", Some("x: old|etag: \"1\"|content-type: a/b|y: 1|y: 2|z: 1")),
        ("§3.2 the content's fields stay", SHARED, STORED, "etag: \"1\"|content-type: c/d|content-length: 0", Some(STORED)),
        ("§3.1 the connection's own", SHARED, STORED, "etag: \"1\"|connection: q|q: 1", Some(STORED)),
        ("§4.3.4 another strong ETag", SHARED, STORED, "etag: \"2\"", None),
        ("§4.3.4 no ETag", SHARED, STORED, "x: new", Some("x: new|etag: \"1\"|content-type: a/b|y: 1|y: 2")),
        ("§4.3.4 a weak ETag", SHARED, "x: 1|etag: W/\"1\"", "etag: W/\"1\"", Some("x: 1|etag: W/\"1\"")),
        ("§4.3.4 a strong ETag for a weak one", SHARED, "etag: W/\"1\"", "etag: \"1\"", None),
        ("§4.3.4 another date", SHARED, "last-modified: Mon, 02 Nov 2026 12:00:00 GMT", "last-modified: Tue, 03 Nov 2026 12:00:00 GMT", None),
    ];
    for (what, model, stored, said, expected) in rows {
        let mut cache = Cache::new(model.clone());
        let request = request("GET", "");
        store(&mut cache, 0, &request, response(200, stored));
        let found = cache.freshen(&key(""), &request, &response(304, said), at(9), at(9));
        assert_eq!(found.as_ref().map(|s| &s.response.fields), expected.map(fields).as_ref(), "{what}");
        if let Some(found) = found {
            assert_eq!((found.response.status, found.response.body.len()), (200, 10), "{what}");
            assert_eq!((found.received_at, found.tag), (at(9), 0), "{what}");
            assert_eq!(cache.len(), 1, "{what}");
        }
    }
}

#[test]
fn a_304_makes_it_the_response_of_who_asked() {
    #[rustfmt::skip]
    let rows: &[(&str, Model, &str, &str)] = &[
        ("a browser has one", BROWSER, "other a", "fresh a"),
        ("one slot", SLOT, "other a", "fresh a"),
        ("§4.1 a shared cache then has both", SHARED, "fresh a", "fresh a"),
    ];
    for (what, model, for_a, for_b) in rows {
        let mut cache = Cache::new(model.clone());
        let (a, b) = (request("GET", "origin: a"), request("GET", "origin: b"));
        store(&mut cache, 0, &a, response(200, "x: a|vary: origin|etag: \"1\"|cache-control: max-age=60"));
        cache.freshen(&key(""), &b, &response(304, "etag: \"1\""), at(1), at(1)).unwrap();
        let look = |request| words(&cache.lookup(&key(""), request, LookupMode::Default, at(2)));
        assert!(look(&a).starts_with(for_a), "{what}: {}", look(&a));
        assert_eq!(look(&b), *for_b, "{what}");
    }
}

#[test]
fn a_304_may_change_what_is_nominated() {
    let mut cache = Cache::new(SHARED);
    let a = request("GET", "origin: a|accept: x");
    store(&mut cache, 0, &a, response(200, "vary: origin|etag: \"1\"|cache-control: max-age=60"));
    cache.freshen(&key(""), &a, &response(304, "vary: origin, accept"), at(1), at(1)).unwrap();
    assert_eq!(cache.len(), 1, "the old one is gone");
    let other = cache.lookup(&key(""), &request("GET", "origin: a|accept: y"), LookupMode::Default, at(2));
    assert_eq!(words(&other), "other If-None-Match: \"1\"");
}

#[test]
fn a_304_makes_it_fresh_again() {
    let mut cache = Cache::new(BROWSER);
    let get = request("GET", "");
    store(&mut cache, 0, &get, response(200, "etag: \"1\"|cache-control: max-age=60|age: 50"));
    assert_eq!(
        words(&cache.lookup(&key(""), &get, LookupMode::Default, at(11))),
        "stale If-None-Match: \"1\""
    );
    cache.freshen(&key(""), &get, &response(304, "age: 0"), at(11), at(12)).unwrap();
    assert_eq!(words(&cache.lookup(&key(""), &get, LookupMode::Default, at(70))), "fresh");
    assert_eq!(
        words(&cache.lookup(&key(""), &get, LookupMode::Default, at(71))),
        "stale If-None-Match: \"1\""
    );
}

#[test]
fn head_updates_what_get_stored() {
    const STORED: &str = "x: old|etag: \"1\"|cache-control: max-age=60";
    #[rustfmt::skip]
    let rows: &[(&str, Model, u16, &str, &str)] = &[
        ("§4.3.5 the same content", SHARED, 200, "etag: \"1\"|x: new", "fresh new"),
        ("§4.3.5 the same length", SHARED, 200, "content-length: 10|x: new", "fresh new"),
        ("§4.3.5 another length", SHARED, 200, "content-length: 11", "stale old If-None-Match: \"1\""),
        ("§4.3.5 another ETag", SHARED, 200, "etag: \"2\"", "stale old If-None-Match: \"1\""),
        ("§4.3.5 not of an error", SHARED, 500, "etag: \"2\"", "fresh old"),
        ("not everywhere", Model { head_freshens: false, ..SHARED }, 200, "etag: \"2\"", "fresh old"),
        ("in browsers too", BROWSER, 200, "etag: \"1\"|x: new", "fresh new"),
    ];
    for (what, model, status, said, expected) in rows {
        let mut cache = Cache::new(model.clone());
        let get = request("GET", "");
        store(&mut cache, 0, &get, response(200, STORED));
        let head = Response { body: bytes::Bytes::new(), ..response(*status, said) };
        store(&mut cache, 1, &request("HEAD", ""), head);
        let lookup = cache.lookup(&key(""), &get, LookupMode::Default, at(2));
        assert_eq!(words(&lookup), *expected, "{what}");
    }
}

#[test]
fn a_stored_head_answers_no_get() {
    let mut cache = Cache::new(SHARED);
    store(&mut cache, 0, &request("HEAD", ""), response(200, "cache-control: max-age=60"));
    let look = |method| words(&cache.lookup(&key(""), &request(method, ""), LookupMode::Default, at(1)));
    assert_eq!((look("HEAD").as_str(), look("GET").as_str()), ("fresh", "miss"));
}

#[test]
fn unsafe_methods_invalidate() {
    type Row = (&'static str, Model, &'static str, u16, &'static str, bool, bool);
    const ELSEWHERE: &str = "https://other.example/other";
    // What of /data.json, and of /other, is still there.
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("§4.4 POST", SHARED, "POST", 200, "", false, true),
        ("§4.4 PUT", SHARED, "PUT", 204, "", false, true),
        ("§4.4 DELETE", SHARED, "DELETE", 204, "", false, true),
        ("§4.4 an unknown method", SHARED, "FROB", 200, "", false, true),
        ("§4.4 a redirect", SHARED, "POST", 303, "", false, true),
        ("§4.4 not an error", SHARED, "POST", 404, "", true, true),
        ("§4.4 not GET", SHARED, "GET", 200, "", true, true),
        ("§4.4 not OPTIONS", SHARED, "OPTIONS", 200, "", true, true),
        ("§4.4 Location", SHARED, "POST", 201, "location: /other", false, false),
        ("§4.4 Content-Location", SHARED, "POST", 201, "content-location: https://api.example/other", false, false),
        ("§4.4 not of another origin", SHARED, "POST", 201, "location: https://other.example/other", false, true),
        ("§4.4 not everywhere", Model { invalidate_locations: false, ..SHARED }, "POST", 201, "location: /other", false, true),
        ("Chromium keeps what PUT changed", Model::CHROMIUM, "PUT", 200, "", true, true),
        ("Chromium does not what POST changed", Model::CHROMIUM, "POST", 200, "", false, true),
        ("Firefox forgets on errors too", Model::FIREFOX, "PUT", 500, "", false, true),
    ];
    for (what, model, method, status, said, target, other) in rows {
        let mut cache = Cache::new(model.clone());
        for path in ["", "/other", ELSEWHERE] {
            let get = Request::new("GET", url(path));
            cache.store(&key(path), &get, response(200, "cache-control: max-age=60"), at(0), at(0), 0);
        }
        cache.invalidate(&key(""), method, &response(*status, said));
        let there = |path| {
            let get = Request::new("GET", url(path));
            cache.lookup(&key(path), &get, LookupMode::Default, at(1)) != Lookup::Miss
        };
        assert_eq!((there(""), there("/other")), (*target, *other), "{what}");
        assert!(there(ELSEWHERE), "{what}");
    }
}

#[test]
fn parts_are_combined() {
    type Part = (&'static str, &'static str, &'static str);
    type Row = (&'static str, &'static [Part], &'static str, Option<(u16, &'static str, &'static str)>);
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("§3.3 a part within a part", &[("0-4/10", "\"1\"", "01234")], "bytes=1-2", Some((206, "bytes 1-2/10", "12"))),
        ("§3.3 beyond a part", &[("0-4/10", "\"1\"", "01234")], "bytes=4-5", None),
        ("§3.3 before a part", &[("4-5/10", "\"1\"", "45")], "bytes=3-4", None),
        ("§3.3 the end of an unknown length", &[("0-4/*", "\"1\"", "01234")], "bytes=3-", None),
        ("§3.3 a part is not the whole", &[("0-4/10", "\"1\"", "01234")], "", None),
        ("§3.4 two that touch", &[("0-4/10", "\"1\"", "01234"), ("5-7/10", "\"1\"", "567")], "bytes=3-6", Some((206, "bytes 3-6/10", "3456"))),
        ("§3.4 two that overlap", &[("3-6/10", "\"1\"", "3456"), ("0-4/10", "\"1\"", "01234")], "bytes=0-6", Some((206, "bytes 0-6/10", "0123456"))),
        ("§3.4 one within the other", &[("0-6/10", "\"1\"", "0123456"), ("2-3/10", "\"1\"", "23")], "bytes=0-6", Some((206, "bytes 0-6/10", "0123456"))),
        ("§3.4 two that do not touch", &[("0-1/10", "\"1\"", "01"), ("5-7/10", "\"1\"", "567")], "bytes=0-1", None),
        ("§3.4 of two representations", &[("0-4/10", "\"1\"", "01234"), ("5-7/10", "\"2\"", "567")], "bytes=3-6", None),
        ("§3.4 by a weak ETag", &[("0-4/10", "W/\"1\"", "01234"), ("5-7/10", "W/\"1\"", "567")], "bytes=3-6", None),
        ("§3.4 to the whole", &[("0-4/8", "\"1\"", "01234"), ("5-7/8", "\"1\"", "567")], "", Some((200, "", "01234567"))),
    ];
    for (what, parts, range, expected) in rows {
        let mut cache = Cache::new(BROWSER);
        for (content_range, tag, body) in *parts {
            let said = format!("cache-control: max-age=60|etag: {tag}|content-range: bytes {content_range}");
            let part = Response { body: (*body).into(), ..response(206, &said) };
            store(&mut cache, 0, &request("GET", "range: bytes=0-"), part);
        }
        let asked = if range.is_empty() { String::new() } else { format!("range: {range}") };
        let get = request("GET", &asked);
        let found = match cache.lookup(&key(""), &get, LookupMode::Default, at(1)) {
            Lookup::Fresh(stored) => Some(stored.answer(&get, at(1))),
            _ => None,
        };
        let found = found.map(|answer| {
            (answer.status, answer.fields.text("content-range").unwrap_or_default(), answer.body)
        });
        let expected = expected.map(|(status, range, body)| (status, range.to_owned(), body.into()));
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn what_a_cache_hands_on() {
    const LONG_AGO: &str = "Mon, 02 Nov 2020 12:00:00 GMT";
    #[rustfmt::skip]
    let rows: &[(&str, &str, &str, u16, &str)] = &[
        ("§5.1 the age", "GET", "", 200, "0123456789"),
        ("§4.3.2 If-None-Match", "GET", "if-none-match: \"1\"", 304, ""),
        ("§4.3.2 one of several", "GET", "if-none-match: \"0\", W/\"1\"", 304, ""),
        ("§4.3.2 *", "GET", "if-none-match: *", 304, ""),
        ("§4.3.2 none of them", "GET", "if-none-match: \"0\"", 200, "0123456789"),
        ("§4.3.2 If-Modified-Since", "GET", "if-modified-since: Tue, 03 Nov 2020 12:00:00 GMT", 304, ""),
        ("§4.3.2 modified since", "GET", "if-modified-since: Sun, 01 Nov 2020 12:00:00 GMT", 200, "0123456789"),
        ("RFC 9110 §13.2.2 the tag goes before the date", "GET", "if-none-match: \"0\"|if-modified-since: Tue, 03 Nov 2020 12:00:00 GMT", 200, "0123456789"),
        ("RFC 9110 §9.3.2 HEAD", "HEAD", "", 200, ""),
        ("§3.3 a range", "GET", "range: bytes=2-3", 206, "23"),
        ("§3.3 to the end", "GET", "range: bytes=7-", 206, "789"),
        ("§3.3 the last", "GET", "range: bytes=-2", 206, "89"),
        ("§3.3 more than there is", "GET", "range: bytes=-20", 206, "0123456789"),
        ("RFC 9110 §13.1.5 If-Range holds", "GET", "range: bytes=2-3|if-range: \"1\"", 206, "23"),
        ("RFC 9110 §13.1.5 it does not", "GET", "range: bytes=2-3|if-range: \"2\"", 200, "0123456789"),
    ];
    for (what, method, asked, status, body) in rows {
        let mut cache = Cache::new(SHARED);
        let said =
            format!("x: 1|cache-control: max-age=60|etag: \"1\"|content-type: a/b|last-modified: {LONG_AGO}");
        store(&mut cache, 0, &request("GET", ""), response(200, &said));
        let asked = request(method, asked);
        let Lookup::Fresh(stored) = cache.lookup(&key(""), &asked, LookupMode::Default, at(7)) else {
            panic!("{what}: not fresh");
        };
        let answer = stored.answer(&asked, at(7));
        assert_eq!((answer.status, answer.body.as_ref()), (*status, body.as_bytes()), "{what}");
        assert_eq!(answer.fields.text("age").as_deref(), Some("7"), "{what}");
        assert_eq!(answer.fields.text("x").as_deref(), Some("1"), "{what}");
        assert_eq!(answer.fields.contains("content-type"), *status != 304, "{what}");
    }
}

#[test]
fn stale_if_error_has_a_window() {
    let mut cache = Cache::new(SHARED);
    let get = request("GET", "");
    let decision = store(&mut cache, 0, &get, response(200, "cache-control: max-age=60, stale-if-error=10"));
    let StoreDecision::Stored(stored) = decision else { panic!("not stored") };
    assert!(stored.may_stand_in_for_error(&SHARED, at(70)));
    assert!(!stored.may_stand_in_for_error(&SHARED, at(71)));
}

#[test]
fn keys_know_partitions_and_no_fragments() {
    type Request = (&'static str, bool);
    type Row = (&'static str, Model, Request, Request, bool);
    let page = url("#top");
    let same = |model: Model, one: (&str, bool), other: (&str, bool)| {
        model.key(one.0, one.1, &page) == model.key(other.0, other.1, &url("#end"))
    };
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("a browser by site", BROWSER, ("https://a.example", true), ("https://b.example", true), false),
        ("a shared cache not", SHARED, ("https://a.example", true), ("https://b.example", true), true),
        ("credentials do not count", BROWSER, ("https://a.example", true), ("https://a.example", false), true),
        ("in Firefox they do", Model::FIREFOX, ("https://a.example", true), ("https://a.example", false), false),
    ];
    for (what, model, one, other, expected) in rows {
        assert_eq!(same(model.clone(), *one, *other), *expected, "{what}");
    }
    assert_ne!(key("?1"), key("?2"), "the query counts");
}

mod properties;
