//! Where the bucket is named, and what vendors leave open.

use std::time::SystemTime;

use crosscheck_core::signature::{Payload, Scheme, Signer};

use super::{
    signed::{ask_as_owner, element, guarded, message, send},
    *,
};
use crate::Settings;

#[tokio::test]
async fn a_host_below_an_endpoint_names_the_bucket() {
    let mut settings = Settings::new(Dialect::Oss);
    settings.domains.push("store.example".to_owned());
    let server = guarded(settings).await;
    for (host, path, bucket) in [
        ("mine.oss-cn-hangzhou.aliyuncs.com", "/x", Some("mine")),
        ("mine.localhost:1", "/x", Some("mine")),
        ("mine.store.example", "/x", Some("mine")),
        ("store.example", "/mine/x", None),
        // Path and host both name it, as one of OSS's clients has it.
        ("mine.oss-cn-hangzhou.aliyuncs.com", "/mine/x", None),
    ] {
        for scheme in [Scheme::OssV1, Scheme::OssV4] {
            let mut request = message(&server, &format!("GET {path} | Host: {host}"), b"");
            let (key, now) = (Store::default_key(), SystemTime::now());
            Signer { scheme, key: &key, region: "r", bucket }.sign(&mut request, Payload::Unsigned, now);
            let reply = send(&server, &request).await;
            assert_eq!((reply.status, reply.body.as_str()), (200, "x"), "{scheme} {host}{path}");
        }
    }
    let preflight = message(
        &server,
        "OPTIONS /x | Host: mine.store.example | Origin: {A} | Access-Control-Request-Method: GET",
        b"",
    );
    assert_eq!(send(&server, &preflight).await.look("access-control-allow-origin"), A);
}

#[tokio::test]
async fn path_style_can_be_refused() {
    for (dialect, status, code) in
        [(Dialect::Oss, 403, "SecondLevelDomainForbidden"), (Dialect::S3, 301, "PermanentRedirect")]
    {
        let server = guarded(Settings { path_style: false, ..Settings::new(dialect) }).await;
        let reply = ask_as_owner(&server, "GET /mine/x", b"").await;
        assert_eq!((reply.status, element(&reply.body, "Code")), (status, code));
        assert_eq!(ask(&server, "OPTIONS /mine/x | Origin: {A} | ACRM: GET").await.status, status);
        assert_eq!(ask_as_owner(&server, "GET /", b"").await.status, 200);
        let hosted = message(&server, "GET /x | Host: read.localhost", b"");
        assert_eq!(send(&server, &hosted).await.status, 200);
        server.shutdown().await;
    }
}

fn rules(count: usize, origin: &str) -> String {
    let rule = format!(
        "<CORSRule><AllowedOrigin>{origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <AllowedMethod>PUT</AllowedMethod></CORSRule>"
    );
    format!("<CORSConfiguration>{}</CORSConfiguration>", rule.repeat(count))
}

#[tokio::test]
async fn the_number_of_rules_is_the_dialects_or_the_one_that_is_set() {
    let mut twenty = Settings::new(Dialect::Oss);
    twenty.unknowns.max_rules = Some(20);
    for (settings, most, code) in [
        (Settings::new(Dialect::Oss), 10, "CORSRuleBeyondLimit"),
        (twenty, 20, "CORSRuleBeyondLimit"),
        (Settings::new(Dialect::S3), 100, "MalformedXML"),
    ] {
        let server = guarded(settings).await;
        let full = rules(most, A);
        assert_eq!(ask_as_owner(&server, "PUT /mine?cors", full.as_bytes()).await.status, 200);
        let reply = ask_as_owner(&server, "PUT /mine?cors", rules(most + 1, A).as_bytes()).await;
        assert_eq!((reply.status, element(&reply.body, "Code")), (400, code));
        server.shutdown().await;
    }
}

#[tokio::test]
async fn what_vendors_leave_open_is_as_it_is_set() {
    let preflight = "OPTIONS /mine/x | Origin: HTTPS://App.Example | ACRM: PUT";
    let seen = [
        "status",
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-credentials",
    ];
    let usual = guarded(Settings::new(Dialect::Oss)).await;
    let mut settings = Settings::new(Dialect::Oss);
    settings.unknowns.origin_case_ignored = true;
    settings.unknowns.asked_method_only = true;
    settings.unknowns.allow_credentials = true;
    settings.unknowns.unknown_bucket_preflight = Some(403);
    settings.unknowns.scheme_wildcard_refused = true;
    let set = guarded(settings).await;
    for (server, expected, missing, wildcard) in [
        (&usual, ["403", "-", "-", "-"], 404, 200),
        (&set, ["200", "HTTPS://App.Example", "PUT", "true"], 403, 400),
    ] {
        assert_eq!(ask_as_owner(server, "PUT /mine?cors", rules(1, A).as_bytes()).await.status, 200);
        let reply = ask(server, preflight).await;
        assert_eq!(seen.map(|point| reply.look(point)), expected);
        assert_eq!(ask(server, "OPTIONS /none/x | Origin: {A} | ACRM: GET").await.status, missing);
        let reply = ask_as_owner(server, "PUT /mine?cors", rules(1, "https://*").as_bytes()).await;
        assert_eq!(reply.status, wildcard);
    }
}

#[tokio::test]
async fn odd_preflights_get_each_vendors_answer() {
    let rows = [
        (Dialect::Oss, "OPTIONS /none/x", 404, "NoSuchBucket"),
        (Dialect::Oss, "OPTIONS /mine/x | ACRM: GET", 400, "InvalidArgument"),
        (Dialect::Oss, "OPTIONS /mine/x | Origin: {A}", 400, "InvalidArgument"),
        (Dialect::S3, "OPTIONS /none/x", 400, "BadRequest"),
        (Dialect::S3, "OPTIONS /none/x | Origin: {A} | ACRM: GET", 403, "AccessForbidden"),
        (Dialect::S3, "OPTIONS /mine/x | Origin: {A}", 400, "BadRequest"),
    ];
    for (dialect, line, status, code) in rows {
        let server = guarded(Settings::new(dialect)).await;
        let reply = ask(&server, line).await;
        assert_eq!((reply.status, element(&reply.body, "Code")), (status, code), "{dialect:?} {line}");
        server.shutdown().await;
    }
    let server = guarded(Settings::new(Dialect::S3)).await;
    for (line, resource) in [("OPTIONS /mine/x", "OBJECT"), ("OPTIONS /mine", "BUCKET")] {
        let reply = ask(&server, &format!("{line} | Origin: {{E}} | ACRM: PUT")).await;
        assert_eq!(element(&reply.body, "ResourceType"), resource);
        assert_eq!(element(&reply.body, "Method"), "PUT");
        assert_eq!(reply.look("vary"), "-");
    }
}
