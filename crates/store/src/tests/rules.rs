//! What the healthy store answers, by its rules.

use crosscheck_core::vary::Way;

use super::*;

/// The request, then what is seen at each point.
type Row = (&'static str, &'static [(&'static str, &'static str)]);

const OSS: &[Row] = &[
    // Actual requests.
    (
        "GET data.json | Origin: {A}",
        &[
            ("status", "200"),
            ("access-control-allow-origin", A),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE"),
            ("access-control-allow-headers", "-"),
            ("access-control-max-age", "600"),
            ("vary", "Origin"),
            ("cache-control", "public, max-age=600"),
            ("content-type", "application/json"),
            ("content-length", "12"),
            ("x-trace", "data"),
            ("server", "crosscheck"),
            ("body", "{\"value\":1}\n"),
        ],
    ),
    ("GET data.json | Origin: {B}", &[("access-control-allow-origin", B), ("vary", "Origin")]),
    (
        "GET data.json | Origin: {E}",
        &[
            ("status", "200"),
            ("access-control-allow-origin", "-"),
            ("access-control-allow-credentials", "-"),
            ("vary", "Origin"),
        ],
    ),
    ("GET data.json", &[("status", "200"), ("access-control-allow-origin", "-"), ("vary", "Origin")]),
    ("GET data.json | Origin: {A} | Origin: {E}", &[("status", "200"), ("access-control-allow-origin", "-")]),
    ("GET data.json | ORIGIN: {A}", &[("access-control-allow-origin", A)]),
    ("GET data.json | Referer: {A}/", &[("access-control-allow-origin", "-")]),
    (
        "HEAD data.json | Origin: {A}",
        &[
            ("status", "200"),
            ("access-control-allow-origin", A),
            ("vary", "Origin"),
            ("content-length", "12"),
            ("body", ""),
        ],
    ),
    (
        "GET text.txt | Origin: {A} | Range: bytes=2-4",
        &[
            ("status", "206"),
            ("access-control-allow-origin", A),
            ("content-range", "bytes 2-4/37"),
            ("body", "234"),
        ],
    ),
    (
        "GET text.txt | Origin: {A} | Range: bytes=99-",
        &[
            ("status", "416"),
            ("access-control-allow-origin", A),
            ("content-range", "bytes */37"),
            ("vary", "Origin"),
        ],
    ),
    ("GET text.txt | Range: bytes=2-4 | If-Range: \"other\"", &[("status", "200")]),
    (
        "GET data.json | Origin: {A} | If-None-Match: \"other\", *",
        &[
            ("status", "304"),
            ("access-control-allow-origin", A),
            ("vary", "Origin"),
            ("cache-control", "public, max-age=600"),
            ("content-type", "-"),
            ("body", ""),
        ],
    ),
    ("GET data.json | If-None-Match: \"other\"", &[("status", "200")]),
    (
        "GET data.json | If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
        &[("status", "304"), ("vary", "Origin")],
    ),
    ("GET data.json | If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", &[("status", "200")]),
    (
        "GET data.json | If-None-Match: \"other\" | If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
        &[("status", "200")],
    ),
    (
        "GET data.json | Origin: {A} | If-Match: \"other\"",
        &[("status", "412"), ("access-control-allow-origin", A), ("vary", "Origin")],
    ),
    ("GET data.json | If-Match: *", &[("status", "200")]),
    ("GET missing | If-Match: *", &[("status", "404")]),
    ("GET data.json | If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", &[("status", "412")]),
    ("GET data.json | If-Unmodified-Since: Fri, 01 Jan 2100 00:00:00 GMT", &[("status", "200")]),
    (
        "PUT data.json | Origin: {A} | If-None-Match: *",
        &[("status", "412"), ("access-control-allow-origin", A)],
    ),
    ("PUT missing | If-Match: *", &[("status", "412")]),
    ("DELETE data.json | If-Match: \"other\"", &[("status", "412")]),
    (
        "GET missing | Origin: {A}",
        &[("status", "404"), ("access-control-allow-origin", A), ("vary", "Origin")],
    ),
    (
        "GET missing | Origin: {E}",
        &[("status", "404"), ("access-control-allow-origin", "-"), ("vary", "Origin")],
    ),
    ("PUT new | Origin: {A}", &[("status", "200"), ("access-control-allow-origin", A)]),
    ("PUT new | Origin: {E}", &[("status", "200"), ("access-control-allow-origin", "-")]),
    ("POST new | Origin: {A}", &[("status", "200"), ("access-control-allow-origin", A)]),
    ("DELETE new | Origin: {A}", &[("status", "204"), ("access-control-allow-origin", A)]),
    ("DELETE new | Origin: {A}", &[("status", "204")]),
    (
        "PATCH data.json | Origin: {A}",
        &[("status", "405"), ("access-control-allow-origin", "-"), ("vary", "Origin")],
    ),
    ("GET vary/encoding.json | Origin: {A}", &[("vary", "Accept-Encoding, Origin")]),
    ("GET vary/star.json | Origin: {A}", &[("vary", "*")]),
    (
        "GET err/500 | Origin: {A}",
        &[("status", "500"), ("access-control-allow-origin", A), ("x-app", "reached")],
    ),
    (
        "GET err/429 | Origin: {A}",
        &[("status", "429"), ("access-control-allow-origin", A), ("retry-after", "1")],
    ),
    (
        "GET redirect | Origin: {A}",
        &[("status", "302"), ("access-control-allow-origin", A), ("location", "index.html")],
    ),
    // Preflights.
    (
        "OPTIONS anything | Origin: {A} | ACRM: PUT",
        &[
            ("status", "200"),
            ("access-control-allow-origin", A),
            ("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE"),
            ("access-control-allow-headers", "-"),
            ("access-control-max-age", "600"),
            ("vary", "Origin"),
            ("content-length", "0"),
            ("body", ""),
        ],
    ),
    (
        "OPTIONS anything | Origin: {A} | ACRM: PUT | ACRH: content-type,x-custom,x-oss-meta-a",
        &[("status", "200"), ("access-control-allow-headers", "content-type, x-custom, x-oss-meta-a")],
    ),
    (
        "OPTIONS anything | Origin: {A} | ACRM: PUT | ACRH:",
        &[("status", "200"), ("access-control-allow-headers", "-")],
    ),
    (
        "OPTIONS anything | Origin: {A} | ACRM: PUT | ACRH: x-evil",
        &[
            ("status", "403"),
            ("access-control-allow-origin", "-"),
            ("vary", "Origin"),
            ("x-oss-ec", "0003-00000602"),
        ],
    ),
    (
        "OPTIONS anything | Origin: {A} | ACRM: PATCH",
        &[("status", "403"), ("access-control-allow-origin", "-")],
    ),
    (
        "OPTIONS anything | Origin: {E} | ACRM: PUT",
        &[("status", "403"), ("access-control-allow-origin", "-"), ("vary", "Origin")],
    ),
    ("OPTIONS anything | ACRM: PUT", &[("status", "400"), ("x-oss-ec", "0034-00000101"), ("vary", "Origin")]),
    (
        "OPTIONS anything | Origin: {A}",
        &[("status", "400"), ("x-oss-ec", "0034-00000102"), ("access-control-allow-origin", "-")],
    ),
    ("OPTIONS anything | Origin: {A} | Origin: {E} | ACRM: PUT", &[("status", "400")]),
    ("OPTIONS | Origin: {A} | ACRM: GET", &[("status", "200")]),
    // An application behind the rules.
    ("OPTIONS app", &[("status", "200"), ("x-app", "reached")]),
    ("OPTIONS app | Origin: {A}", &[("status", "200"), ("x-app", "reached")]),
    (
        "OPTIONS app | Origin: {A} | ACRM: GET",
        &[("status", "200"), ("x-app", "-"), ("access-control-allow-origin", A)],
    ),
    ("OPTIONS app | Origin: {E} | ACRM: GET", &[("status", "403"), ("x-app", "-")]),
    ("PATCH app | Origin: {A}", &[("status", "200"), ("x-app", "reached")]),
    // Other buckets.
    (
        "OPTIONS /closed/x | Origin: {A} | ACRM: GET",
        &[("status", "403"), ("x-oss-ec", "0003-00000601"), ("vary", "-")],
    ),
    (
        "GET /closed/x | Origin: {A}",
        &[("status", "200"), ("access-control-allow-origin", "-"), ("vary", "-")],
    ),
    (
        "GET /open/x | Origin: {E}",
        &[("access-control-allow-origin", "*"), ("access-control-allow-credentials", "-"), ("vary", "-")],
    ),
    (
        "GET /wild/x | Origin: https://a.b.app.example",
        &[("access-control-allow-origin", "https://a.b.app.example")],
    ),
    ("GET /wild/x | Origin: {A}", &[("access-control-allow-origin", "-"), ("vary", "Origin")]),
    ("GET /nowhere/x | Origin: {A}", &[("status", "404"), ("access-control-allow-origin", "-")]),
    ("OPTIONS /nowhere/x | Origin: {A} | ACRM: GET", &[("status", "404")]),
    ("GET / | Origin: {A}", &[("status", "403")]),
    (
        "GET /default/ | Origin: {A}",
        &[("status", "200"), ("access-control-allow-origin", A), ("content-type", "application/xml")],
    ),
];

const S3: &[Row] = &[
    (
        "GET data.json | Origin: {A}",
        &[
            ("access-control-allow-origin", A),
            ("access-control-allow-credentials", "true"),
            ("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
        ],
    ),
    ("GET data.json | Origin: {E}", &[("access-control-allow-origin", "-"), ("vary", "-")]),
    ("GET data.json", &[("vary", "-")]),
    ("GET data.json | Origin: {A} | ACRM: PATCH", &[("status", "200"), ("access-control-allow-origin", "-")]),
    ("GET data.json | Origin: {A} | ACRM: PUT | ACRH: x-evil", &[("access-control-allow-origin", "-")]),
    ("OPTIONS x", &[("status", "400")]),
    ("OPTIONS /nowhere/x | Origin: {A} | ACRM: GET", &[("status", "403")]),
];

async fn check(dialect: Dialect, rows: &[Row]) {
    let server = server(dialect).await;
    for (line, points) in rows {
        let line = if line.starts_with("OPTIONS |") {
            line.replacen("OPTIONS |", "OPTIONS /default |", 1)
        } else {
            (*line).to_owned()
        };
        let reply = ask(&server, &line).await;
        for (point, expected) in *points {
            assert_eq!(reply.look(point), *expected, "{point} of {line}");
        }
        assert_ne!(reply.look("date"), "-", "{line}");
        assert_eq!(reply.look(dialect.traits().request_id_field).len(), 24, "{line}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn the_rules_as_oss_plays_them() {
    check(Dialect::Oss, OSS).await;
}

#[tokio::test]
async fn the_rules_as_s3_plays_them() {
    check(Dialect::S3, S3).await;
}

#[tokio::test]
async fn a_refused_preflight_says_why_in_xml() {
    let server = server(Dialect::Oss).await;
    let reply = ask(&server, "OPTIONS x | Origin: {E} | ACRM: PUT").await;
    assert_eq!(reply.look("content-type"), "application/xml");
    for part in [
        "<Code>AccessForbidden</Code>",
        "<Message>CORSResponse: This CORS request is not allowed.",
        "<EC>0003-00000602</EC>",
        &format!("<RequestId>{}</RequestId>", reply.look("x-oss-request-id")),
        "<HostId>127.0.0.1:",
    ] {
        assert!(reply.body.contains(part), "{part} in {}", reply.body);
    }
    let reply = ask(&server, "GET missing").await;
    assert!(reply.body.contains("<Code>NoSuchKey</Code>"), "{}", reply.body);
    let reply = ask(&server, "GET /nowhere/missing").await;
    assert!(reply.body.contains("<Code>NoSuchBucket</Code>"), "{}", reply.body);
}

#[tokio::test]
async fn the_first_rule_that_matches_in_everything_answers() {
    let server = server(Dialect::Oss).await;
    let rules = vec![rule(&[A], &["GET"]), rule(&["https://*"], &["PUT"]), rule(&["*"], &["GET"])];
    server.store().put_policy("closed", Policy { rules, ..Policy::default() }).expect("a policy");
    let rows = [
        ("GET /closed/x | Origin: {A}", A),
        ("PUT /closed/y | Origin: {A}", A),
        ("PUT /closed/y | Origin: {E}", E),
        ("GET /closed/x | Origin: {E}", "*"),
        ("PUT /closed/y | Origin: http://plain.example", "-"),
        ("GET /closed/x | Origin: null", "*"),
    ];
    for (line, origin) in rows {
        assert_eq!(ask(&server, line).await.look("access-control-allow-origin"), origin, "{line}");
    }
}

#[tokio::test]
async fn the_default_bucket_says_vary_in_each_way() {
    // (way, Vary for an allowed origin, a stranger, nobody)
    #[rustfmt::skip]
    let rows = [
        (Way::Never, "-", "-", "-"),
        (Way::Always, "Origin", "Origin", "Origin"),
        (Way::Matched, "Origin, Access-Control-Request-Headers, Access-Control-Request-Method", "-", "-"),
        (Way::Star, "*", "*", "*"),
    ];
    for (way, allowed, stranger, nobody) in rows {
        let store = Store::with_default_bucket(way.dialect());
        store.vary(crate::DEFAULT_BUCKET, way).expect("a bucket");
        let server = Server::start(ServerConfig::new(store)).await.expect("a server");
        for (line, expected) in [
            ("GET data.json | Origin: {A}", allowed),
            ("HEAD data.json | Origin: {A}", allowed),
            ("GET data.json | Origin: {E}", stranger),
            ("GET data.json", nobody),
        ] {
            assert_eq!(ask(&server, line).await.look("vary"), expected, "{way}: {line}");
        }
    }
}
