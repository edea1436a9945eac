use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use crosscheck_core::{
    message::Fields,
    policy::{Dialect, Policy, Rule},
};

use super::bucket::{Bucket, Object, Route};

/// The name of the bucket on which cases run that set nothing up.
pub const DEFAULT_BUCKET: &str = "default";

/// The rules of the default bucket: two named origins, every method that a store knows,
/// headers that applications send and clients read, and `Vary: Origin` on every answer.
pub fn default_policy() -> Policy {
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    let rule = Rule {
        id: None,
        allowed_origins: list(&["https://app.example", "https://admin.example:8443"]),
        allowed_methods: list(&["GET", "HEAD", "PUT", "POST", "DELETE"]),
        allowed_headers: list(&[
            "Authorization",
            "Content-Type",
            "Content-MD5",
            "Cache-Control",
            "If-Match",
            "If-None-Match",
            "If-Modified-Since",
            "Range",
            "X-Custom",
            "X-Requested-With",
            "X-Oss-*",
        ]),
        expose_headers: list(&[
            "ETag",
            "Content-Range",
            "X-Oss-Request-Id",
            "X-Trace",
            "X-App",
            "X-App-Runs",
        ]),
        max_age_seconds: Some(600),
    };
    Policy { rules: vec![rule], response_vary: true, allow_credentials: true }
}

/// Names and values.
type Lines = &'static [(&'static str, &'static str)];

/// Path, stored fields, content.
const OBJECTS: &[(&str, Lines, &str)] = &[
    (
        "index.html",
        &[("Content-Type", "text/html"), ("X-Trace", "index")],
        "<!doctype html><title>store</title>\n",
    ),
    (
        "data.json",
        &[
            ("Content-Type", "application/json"),
            ("Cache-Control", "public, max-age=600"),
            ("X-Trace", "data"),
        ],
        "{\"value\":1}\n",
    ),
    (
        "no-store.json",
        &[("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Trace", "no-store")],
        "{\"value\":2}\n",
    ),
    (
        "text.txt",
        &[("Content-Type", "text/plain"), ("X-Trace", "text")],
        "0123456789abcdefghijklmnopqrstuvwxyz\n",
    ),
    (
        "assets/app.css",
        &[("Content-Type", "text/css"), ("Cache-Control", "public, max-age=600")],
        "body { margin: 0 }\n",
    ),
    (
        "assets/font.woff2",
        &[("Content-Type", "font/woff2"), ("Cache-Control", "public, max-age=600")],
        "not a font\n",
    ),
    (
        "vary/encoding.json",
        &[
            ("Content-Type", "application/json"),
            ("Cache-Control", "public, max-age=600"),
            ("Vary", "Accept-Encoding"),
        ],
        "{\"varies\":\"encoding\"}\n",
    ),
    ("vary/star.json", &[("Content-Type", "application/json"), ("Vary", "*")], "{\"varies\":\"star\"}\n"),
];

/// Path, status, fields: what an application behind the CORS layer answers.
const ROUTES: &[(&str, u16, Lines)] = &[
    ("app", 200, &[("Allow", "GET, HEAD, PUT, POST, DELETE, OPTIONS")]),
    ("err/401", 401, &[("WWW-Authenticate", "Bearer realm=\"store\"")]),
    ("err/403", 403, &[]),
    ("err/404", 404, &[]),
    ("err/413", 413, &[]),
    ("err/422", 422, &[]),
    ("err/429", 429, &[("Retry-After", "1")]),
    ("err/500", 500, &[]),
    ("err/502", 502, &[]),
    ("err/503", 503, &[("Retry-After", "1")]),
    ("err/504", 504, &[]),
    ("redirect", 302, &[("Location", "index.html")]),
];

/// When the objects say that they were last modified: 2026-01-01T00:00:00Z, so that how long a cache
/// may take one for fresh by heuristics (RFC 9111 §4.2.2) does not hang on how long the store has run.
const MODIFIED: Duration = Duration::from_secs(1_767_225_600);

/// Puts the default rules, objects and routes into a bucket.
pub(super) fn fill(bucket: &mut Bucket, dialect: Dialect) {
    bucket.policy = Arc::new(default_policy());
    for (path, lines, body) in OBJECTS {
        let mut object = Object::new(dialect, fields(lines), Bytes::from_static(body.as_bytes()));
        object.modified = SystemTime::UNIX_EPOCH + MODIFIED;
        bucket.objects.insert((*path).to_owned(), Arc::new(object));
    }
    for (path, status, lines) in ROUTES {
        let mut route = Route::new(*status).with_body("application\n");
        route.fields = fields(lines);
        bucket.routes.insert((*path).to_owned(), Arc::new(route));
    }
}

fn fields(lines: Lines) -> Fields {
    lines.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect()
}
