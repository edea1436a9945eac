//! A client that signs, and what the store answers to it and to those who do not.

use std::time::{Duration, SystemTime};

use crosscheck_core::{
    message::Request,
    signature::{AccessKey, Payload, Scheme, Signer},
};
use url::Url;

use super::*;
use crate::{Acl, Settings};

/// A store with the usual key, and the buckets `mine`, `read` and `write` with one object each.
pub(super) async fn guarded(settings: Settings) -> Server {
    let store = Store::with(settings, vec![Store::default_key()]);
    for (name, acl) in [("mine", Acl::Private), ("read", Acl::PublicRead), ("write", Acl::PublicReadWrite)] {
        store.create_with_acl(name, acl).expect("a bucket");
        store.put_policy(name, Policy::from_origins([A]).with_response_vary(true)).expect("a policy");
        let spec = ObjectSpec { body: "x".to_owned(), ..ObjectSpec::default() };
        store.put_object(name, "x", &spec).expect("an object");
    }
    Server::start(ServerConfig::new(store)).await.expect("a server")
}

/// The request of a line as [`super::request`] has it, with a content.
pub(super) fn message(server: &Server, line: &str, content: &[u8]) -> Request {
    let line = line.replace("{A}", A).replace("{E}", E);
    let mut parts = line.split(" | ");
    let (method, path) = parts.next().and_then(|first| first.split_once(' ')).expect("method and path");
    let url = Url::parse(&format!("http://{}{path}", server.address())).expect("a URL");
    let mut request = Request::new(method, url);
    for part in parts {
        let (name, value) = part.split_once(": ").expect("a field");
        request.fields.push(name, value.to_owned());
    }
    request.body = content.to_vec().into();
    request
}

/// Signs in the `Authorization` field.
pub(super) fn sign(request: &mut Request, scheme: Scheme, key: &AccessKey, now: SystemTime) {
    let payload = match scheme {
        Scheme::SigV4 => Payload::of(&request.body),
        _ => Payload::Unsigned,
    };
    Signer { scheme, key, region: "anywhere", bucket: None }.sign(request, payload, now);
}

/// Sends a request and reads the answer.
pub(super) async fn send(server: &Server, request: &Request) -> Reply {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut bytes = format!("{} {}{query} HTTP/1.1\r\n", request.method, request.url.path()).into_bytes();
    if !request.fields.contains("host") {
        bytes.extend_from_slice(format!("Host: {}\r\n", server.address()).as_bytes());
    }
    for field in &request.fields {
        bytes.extend_from_slice(format!("{}: ", field.name).as_bytes());
        bytes.extend_from_slice(&field.value);
        bytes.extend_from_slice(b"\r\n");
    }
    let length = request.body.len();
    bytes.extend_from_slice(format!("Content-Length: {length}\r\nConnection: close\r\n\r\n").as_bytes());
    bytes.extend_from_slice(&request.body);
    client::ask(server.address(), &bytes).await
}

/// Asks in a line as the owner.
pub(super) async fn ask_as_owner(server: &Server, line: &str, content: &[u8]) -> Reply {
    let scheme = match server.store().dialect() {
        Dialect::Oss => Scheme::OssV4,
        Dialect::S3 => Scheme::SigV4,
    };
    let mut request = message(server, line, content);
    sign(&mut request, scheme, &Store::default_key(), SystemTime::now());
    send(server, &request).await
}

/// The text between the tags of an element.
pub(super) fn element<'a>(body: &'a str, name: &str) -> &'a str {
    let start = body.split_once(&format!("<{name}>")).map_or("", |(_, rest)| rest);
    start.split_once(&format!("</{name}>")).map_or("", |(text, _)| text)
}

#[tokio::test]
async fn every_scheme_opens_the_door_in_either_form() {
    for dialect in [Dialect::Oss, Dialect::S3] {
        let server = guarded(Settings::new(dialect)).await;
        let (key, now) = (Store::default_key(), SystemTime::now());
        for scheme in Scheme::ALL.iter().copied() {
            let mut request = message(&server, "GET /mine?cors", b"");
            sign(&mut request, scheme, &key, now);
            assert_eq!(send(&server, &request).await.status, 200, "{scheme} in the field");
            let mut request = message(&server, "GET /mine/x?response-content-type=text/a", b"");
            let signer = Signer { scheme, key: &key, region: "anywhere", bucket: None };
            signer.presign(&mut request, Duration::from_secs(60), now);
            let reply = send(&server, &request).await;
            assert_eq!((reply.status, reply.look("content-type").as_str()), (200, "text/a"), "{scheme}");
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_signature_is_said_in_the_vendors_words() {
    let (long_ago, hour) = (Duration::from_secs(1000), Duration::from_secs(3600));
    let stranger = AccessKey::new("stranger", "secret");
    let impostor = AccessKey::new("crosscheck", "guessed");
    for (dialect, scheme) in
        [(Dialect::Oss, Scheme::OssV1), (Dialect::Oss, Scheme::OssV4), (Dialect::S3, Scheme::SigV4)]
    {
        let server = guarded(Settings::new(dialect)).await;
        let (own, now) = (Store::default_key(), SystemTime::now());
        let rows = [
            (&stranger, now, "InvalidAccessKeyId"),
            (&impostor, now, "SignatureDoesNotMatch"),
            (&own, now - long_ago, "RequestTimeTooSkewed"),
            (&own, now + hour, "RequestTimeTooSkewed"),
        ];
        for (key, time, code) in rows {
            let mut request = message(&server, "GET /mine/x | Origin: {A}", b"");
            sign(&mut request, scheme, key, time);
            let reply = send(&server, &request).await;
            assert_eq!((reply.status, element(&reply.body, "Code")), (403, code), "{scheme}");
            // OSS is documented to refuse before CORS; S3 is observed to have the fields.
            let origin = if dialect == Dialect::S3 { A } else { "-" };
            assert_eq!(reply.look("access-control-allow-origin"), origin, "{scheme} {code}");
            assert!(reply.look("vary").starts_with("Origin"), "{scheme} {code}");
        }
        let mut request = message(&server, "GET /mine/x", b"");
        let signer = Signer { scheme, key: &own, region: "anywhere", bucket: None };
        signer.presign(&mut request, Duration::from_secs(60), now - long_ago);
        let reply = send(&server, &request).await;
        assert_eq!((reply.status, element(&reply.body, "Code")), (403, "AccessDenied"), "{scheme}");
        assert!(element(&reply.body, "Message").starts_with("Request has expired"), "{}", reply.body);
        let mut request = message(&server, "GET /mine/x", b"");
        sign(&mut request, scheme, &own, now);
        request.url.set_path("/mine/y");
        let reply = send(&server, &request).await;
        assert_eq!(element(&reply.body, "Code"), "SignatureDoesNotMatch");
        assert_ne!(element(&reply.body, "StringToSign"), "", "{}", reply.body);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn another_content_than_the_signed_one_is_refused() {
    let server = guarded(Settings::new(Dialect::S3)).await;
    let mut request = message(&server, "PUT /mine/y", b"signed");
    sign(&mut request, Scheme::SigV4, &Store::default_key(), SystemTime::now());
    request.body = b"forged".to_vec().into();
    let reply = send(&server, &request).await;
    assert_eq!((reply.status, element(&reply.body, "Code")), (400, "XAmzContentSHA256Mismatch"));
    assert_eq!(ask_as_owner(&server, "GET /mine/y", b"").await.status, 404);
}

#[tokio::test]
async fn the_access_control_list_decides_about_those_who_do_not_sign() {
    let rows = [
        ("GET /mine/x", 403),
        ("GET /read/x", 200),
        ("GET /write/x", 200),
        ("GET /read", 200),
        ("GET /mine", 403),
        ("PUT /mine/y", 403),
        ("PUT /read/y", 403),
        ("PUT /write/y", 200),
        ("DELETE /read/x", 403),
        ("DELETE /write/y", 204),
        ("GET /write?cors", 403),
        ("PUT /write?cors", 403),
        ("GET /write?uploads", 403),
        ("PUT /write?acl | x-oss-acl: private", 403),
        ("DELETE /write", 403),
        ("PUT /new-one", 403),
        ("GET /", 403),
        ("GET /nowhere/x", 404),
        ("GET /read/x?response-content-type=text/html", 400),
        ("GET /read/x | Authorization: Bearer token", 400),
        ("OPTIONS /mine/x | Origin: {A} | ACRM: GET", 200),
    ];
    for dialect in [Dialect::Oss, Dialect::S3] {
        let server = guarded(Settings::new(dialect)).await;
        for (line, status) in rows {
            assert_eq!(ask(&server, line).await.status, status, "{dialect:?}: {line}");
        }
        let vendor = if dialect == Dialect::Oss { "oss" } else { "amz" };
        let open = format!("PUT /mine?acl | x-{vendor}-acl: public-read");
        assert_eq!(ask_as_owner(&server, &open, b"").await.status, 200);
        assert_eq!(ask(&server, "GET /mine/x").await.status, 200);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn a_store_that_is_told_so_puts_cors_fields_on_what_it_denies() {
    let mut settings = Settings::new(Dialect::Oss);
    settings.unknowns.cors_on_denied = Some(true);
    let server = guarded(settings).await;
    let reply = ask(&server, "GET /mine/x | Origin: {A}").await;
    assert_eq!((reply.status, reply.look("access-control-allow-origin").as_str()), (403, A));
}
