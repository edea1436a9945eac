//! Form uploads, as a browser's form or `FormData` sends them.

use std::time::SystemTime;

use crosscheck_core::{
    message::Fields,
    signature::{AccessKey, Scheme, Signer},
};

use super::{
    signed::{ask_as_owner, element, guarded, message, send},
    *,
};
use crate::Settings;

fn content(fields: &Fields, file: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", field.name);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&field.value);
        out.extend_from_slice(b"\r\n");
    }
    let file = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"n.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{file}\r\n--b--\r\n"
    );
    out.extend_from_slice(file.as_bytes());
    out
}

async fn post(server: &Server, bucket: &str, fields: &Fields, file: &str) -> Reply {
    let line = format!("POST /{bucket} | Origin: {{A}} | Content-Type: multipart/form-data; boundary=b");
    send(server, &message(server, &line, &content(fields, file))).await
}

/// The fields of a form for any key below `user/`, signed.
fn form(scheme: Scheme, key: &AccessKey, more: &str) -> Fields {
    let policy = format!(
        r#"{{"expiration": "2999-01-01T00:00:00.000Z", "conditions": [{{"bucket": "mine"}},
            ["starts-with", "$key", "user/"], ["content-length-range", 1, 10]{more}]}}"#
    );
    let signer = Signer { scheme, key, region: "anywhere", bucket: None };
    let mut fields = signer.sign_policy(policy.as_bytes(), SystemTime::now());
    fields.push("key", "user/${filename}");
    fields
}

#[tokio::test]
async fn a_signed_policy_lets_a_page_upload() {
    for scheme in [Scheme::OssV1, Scheme::OssV4] {
        let server = guarded(Settings::new(Dialect::Oss)).await;
        let fields = form(scheme, &Store::default_key(), "");
        let reply = post(&server, "mine", &fields, "hello").await;
        assert_eq!(reply.status, 204, "{}", reply.body);
        assert_eq!(reply.look("etag"), "\"5D41402ABC4B2A76B9719D911017C592\"");
        let read = ask_as_owner(&server, "GET /mine/user/n.txt", b"").await;
        assert_eq!((read.body.as_str(), read.look("content-type").as_str()), ("hello", "text/plain"));
        server.shutdown().await;
    }
}

#[tokio::test]
async fn the_answer_is_the_one_that_the_form_asks_for() {
    let server = guarded(Settings::new(Dialect::Oss)).await;
    let rows = [
        ("success_action_status", "200", 200, ""),
        ("success_action_status", "201", 201, "<Key>user/n.txt</Key>"),
        ("success_action_status", "404", 204, ""),
        ("success_action_redirect", "no URL", 204, ""),
    ];
    for (name, value, status, has) in rows {
        let mut fields = form(Scheme::OssV4, &Store::default_key(), "");
        fields.push(name, value);
        let reply = post(&server, "mine", &fields, "hello").await;
        assert_eq!(reply.status, status, "{name}={value}");
        assert!(reply.body.contains(has), "{}", reply.body);
    }
    let mut fields = form(Scheme::OssV4, &Store::default_key(), "");
    fields.push("success_action_redirect", "https://app.example/done?a=1");
    let reply = post(&server, "mine", &fields, "hello").await;
    assert_eq!(reply.status, 303);
    assert_eq!(
        reply.look("location"),
        "https://app.example/done?a=1&bucket=mine&key=user%2Fn.txt&etag=%225D41402ABC4B2A76B9719D911017C592%22"
    );
}

#[tokio::test]
async fn what_the_policy_does_not_allow_is_refused() {
    let own = Store::default_key();
    let impostor = AccessKey::new("crosscheck", "guessed");
    let v4 = |key: &AccessKey, more: &str| form(Scheme::OssV4, key, more);
    let without = |name: &str| {
        let mut fields = v4(&own, "");
        fields.remove(name);
        fields
    };
    let with = |name: &str, value: &str| {
        let mut fields = v4(&own, "");
        fields.set(name, value.to_owned());
        fields
    };
    let rows = [
        ("mine", v4(&own, ""), "", 400, "EntityTooSmall"),
        ("mine", v4(&own, ""), "more than ten", 400, "EntityTooLarge"),
        ("mine", v4(&impostor, ""), "hello", 403, "SignatureDoesNotMatch"),
        ("read", v4(&own, ""), "hello", 403, "AccessDenied"),
        ("mine", with("key", "other/a"), "hello", 403, "AccessDenied"),
        ("mine", v4(&own, r#", ["eq", "$x-oss-meta-a", "b"]"#), "hello", 403, "AccessDenied"),
        ("mine", without("key"), "hello", 400, "InvalidArgument"),
        ("mine", without("policy"), "hello", 400, "InvalidArgument"),
        ("mine", Fields::from_iter([("key", "a")]), "hello", 403, "AccessDenied"),
        ("mine", with("x-long", &"a".repeat(30_000)), "hello", 400, "MaxPOSTPreDataLengthExceeded"),
    ];
    let server = guarded(Settings::new(Dialect::Oss)).await;
    for (bucket, fields, file, status, code) in rows {
        let reply = post(&server, bucket, &fields, file).await;
        assert_eq!((reply.status, element(&reply.body, "Code")), (status, code), "{}", reply.body);
    }
    let anybody = post(&server, "write", &Fields::from_iter([("key", "a")]), "hello").await;
    assert_eq!(anybody.status, 204, "{}", anybody.body);
    assert_eq!(ask(&server, "GET /write/a").await.body, "hello");
    let line = "POST /mine | Content-Type: multipart/form-data; boundary=b";
    let broken = send(&server, &message(&server, line, b"--b\r\nno form")).await;
    assert_eq!(element(&broken.body, "Code"), "MalformedPOSTRequest");
}

#[tokio::test]
async fn s3_wants_every_field_spoken_of() {
    let server = guarded(Settings::new(Dialect::S3)).await;
    let spoken = r#", ["starts-with", "$x-amz-algorithm", ""], ["starts-with", "$x-amz-credential", ""],
                     ["starts-with", "$x-amz-date", ""]"#;
    let mut fields = form(Scheme::SigV4, &Store::default_key(), spoken);
    assert_eq!(post(&server, "mine", &fields, "hello").await.status, 204);
    fields.push("x-amz-meta-a", "b");
    let reply = post(&server, "mine", &fields, "hello").await;
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("Extra input fields: x-amz-meta-a"), "{}", reply.body);
}
