//! What is set up in process, and dictated answers.

use std::sync::Mutex;

use crosscheck_core::message::DictatedAnswer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

use super::*;
use crate::{Defect, Fault, ProvisionError, ServeConfig, serve};

fn answers(json: &str) -> Vec<DictatedAnswer> {
    serde_json::from_str(json).expect("answers")
}

async fn dictating(json: &str) -> Server {
    let server = server(Dialect::Oss).await;
    server.store().set_answers("closed", answers(json)).expect("a bucket");
    server
}

#[tokio::test]
async fn dictated_answers_are_tried_in_order() {
    let server = dictating(
        r#"[
            {"on": "GET", "path": "once", "times": 1, "body": "first"},
            {"on": "GET", "path": "once", "times": 2, "body": "second"},
            {"on": "GET", "path": "by-origin", "origin": "https://app.example", "body": "a"},
            {"on": "GET", "path": "by-origin", "origin": "", "body": "none"},
            {"on": "GET", "path": "by-origin", "body": "any"},
            {"on": "*", "path": "/by-header", "if_header": "X-Custom", "status": 299},
            {"on": "OPTIONS", "status": 204, "headers": {"access-control-allow-origin": "{origin}"}}
        ]"#,
    )
    .await;
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("GET /closed/once", &[("body", "first")]),
        ("GET /closed/once", &[("body", "second")]),
        ("GET /closed/once?query", &[("body", "second")]),
        ("GET /closed/once", &[("status", "404")]),
        ("GET /closed/by-origin | Origin: {A}", &[("body", "a")]),
        ("GET /closed/by-origin", &[("body", "none")]),
        ("GET /closed/by-origin | Origin: {E}", &[("body", "any")]),
        ("PURGE /closed/by-header | x-custom: 1", &[("status", "299")]),
        ("GET /closed/by-header", &[("status", "404")]),
        ("OPTIONS /closed/x | Origin: {E}", &[("status", "204"), ("access-control-allow-origin", E)]),
        ("OPTIONS /closed/x", &[("status", "204"), ("access-control-allow-origin", "-")]),
        ("GET /closed/x", &[("status", "200"), ("body", "x")]),
    ];
    for (line, points) in rows {
        let reply = ask(&server, line).await;
        for (point, expected) in *points {
            assert_eq!(reply.look(point), *expected, "{point} of {line}");
        }
    }
}

#[tokio::test]
async fn a_dictated_answer_is_sent_byte_for_byte() {
    let server = dictating(
        r#"[{"on": "GET", "status": 680, "headers": {
            "X-Second": "2",
            "access-control-ALLOW-origin": ["{origin}", "* ", "\u0000\u00ff"],
            "x-first": "",
            "Location": "{base.other}/a?{base}",
            "Date": "yesterday"
        }, "body": "hällo"}]"#,
    )
    .await;
    let text = request("GET /closed/x | Origin: {A}");
    let answer = client::exchange(server.address(), text.as_bytes()).await;
    let port = server.address().port();
    let mut expected = format!(
        "HTTP/1.1 680 Dictated\r\nX-Second: 2\r\naccess-control-ALLOW-origin: {A}\r\n\
         access-control-ALLOW-origin: * \r\naccess-control-ALLOW-origin: \0"
    )
    .into_bytes();
    expected.push(0xff);
    expected.extend_from_slice(
        format!(
            "\r\nx-first: \r\nLocation: http://localhost:{port}/closed/a?http://127.0.0.1:{port}/closed\r\n\
             Date: yesterday\r\nContent-Length: 6\r\n\r\nhällo"
        )
        .as_bytes(),
    );
    assert_eq!(answer.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[tokio::test]
async fn a_connection_goes_on_after_a_dictated_answer() {
    let server = dictating(r#"[{"on": "GET", "path": "dictated", "body": "one"}]"#).await;
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    let keep = |path: &str| format!("GET /closed/{path} HTTP/1.1\r\nHost: a\r\n\r\n");
    for (path, end) in [("dictated", "one"), ("x", "x"), ("dictated", "one"), ("dictated", "one"), ("x", "x")]
    {
        stream.write_all(keep(path).as_bytes()).await.expect("sent");
        let mut seen = Vec::new();
        while !(seen.windows(4).any(|window| window == b"\r\n\r\n") && seen.ends_with(end.as_bytes())) {
            let mut chunk = [0; 1024];
            let length = stream.read(&mut chunk).await.expect("an answer");
            assert_ne!(length, 0, "closed after {}", seen.escape_ascii());
            seen.extend_from_slice(&chunk[..length]);
        }
        assert!(seen.starts_with(b"HTTP/1.1 200 "), "{}", seen.escape_ascii());
    }
    drop(stream);
    let pipelined = format!("{0}{1}{1}{0}{2}", keep("dictated"), keep("x"), request("GET /closed/x"));
    let answers = client::exchange(server.address(), pipelined.as_bytes()).await;
    let text = String::from_utf8_lossy(&answers);
    let bodies: Vec<&str> =
        text.split("HTTP/1.1 200 OK").filter_map(|answer| answer.split("\r\n\r\n").nth(1)).collect();
    assert_eq!(bodies, ["one", "x", "x", "one", "x"], "{text}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_dictated_answer_without_a_body_frames_itself() {
    let server = dictating(
        r#"[
            {"on": "*", "path": "204", "status": 204, "body": "never"},
            {"on": "*", "path": "304", "status": 304},
            {"on": "*", "path": "short", "headers": {"content-length": "5"}, "body": "abc"},
            {"on": "*", "path": "close", "close": true},
            {"on": "*", "path": "head", "body": "abc"}
        ]"#,
    )
    .await;
    let rows: &[(&str, &str, &str, &str)] = &[
        ("GET /closed/204", "204", "-", ""),
        ("GET /closed/304", "304", "-", ""),
        ("GET /closed/short", "200", "5", "abc"),
        ("GET /closed/close", "0", "-", ""),
        ("HEAD /closed/head", "200", "3", ""),
    ];
    for (line, status, length, body) in rows {
        let reply = ask(&server, line).await;
        let seen = (reply.look("status"), reply.look("content-length"), reply.look("body"));
        assert_eq!(seen, ((*status).to_owned(), (*length).to_owned(), (*body).to_owned()), "{line}");
    }
}

#[tokio::test]
async fn what_is_provisioned_shows_at_once() {
    let server = server(Dialect::Oss).await;
    let store = server.store();
    let seen = "access-control-allow-origin";
    store.create_bucket("fresh").expect("a bucket");
    assert_eq!(ask(&server, "GET /fresh/x | Origin: {E}").await.status, 404);
    let spec: ObjectSpec = serde_json::from_str(
        r#"{"headers": {"cache-control": "no-store", "X-Two": ["1", "2"], "Content-Length": "99"}, "body": "hi"}"#,
    )
    .expect("an object");
    store.put_object("fresh", "x", &spec).expect("stored");
    store.put_policy("fresh", Policy::from_origins([E])).expect("a policy");
    let reply = ask(&server, "GET /fresh/x | Origin: {E}").await;
    let points = ["status", seen, "x-two", "content-length", "body"].map(|point| reply.look(point));
    assert_eq!(points, ["200", E, "1 | 2", "2", "hi"]);
    store.put_policy("fresh", Policy::default()).expect("a policy");
    assert_eq!(ask(&server, "GET /fresh/x | Origin: {E}").await.look(seen), "-");
    assert_eq!(store.policy("fresh"), Ok(Policy::default()));
    assert_eq!(store.put_policy("none", Policy::default()), Err(ProvisionError::NoBucket("none".to_owned())));
    assert_eq!(store.create_bucket("a/b"), Err(ProvisionError::BucketName("a/b".to_owned())));
    let bad: ObjectSpec = serde_json::from_str(r#"{"headers": {"x": "a\nb"}}"#).expect("an object");
    assert!(matches!(store.put_object("default", "x", &bad), Err(ProvisionError::Field { .. })));
}

#[tokio::test]
async fn what_is_written_is_read_back() {
    let server = server(Dialect::Oss).await;
    let put = "PUT /default/dir%2Fnew HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nX-Oss-Meta-A: 1\r\n\
               X-Other: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
    let stored = client::ask(server.address(), put.as_bytes()).await;
    let reply = ask(&server, "GET dir/new").await;
    let points = ["body", "content-type", "x-oss-meta-a", "x-other"].map(|point| reply.look(point));
    assert_eq!(points, ["abc", "text/plain", "1", "-"]);
    assert_eq!(reply.look("etag"), stored.look("etag"));
    let unchanged = ask(&server, &format!("GET dir/new | If-None-Match: W/{}", reply.look("etag"))).await;
    assert_eq!(unchanged.status, 304);
    let listed = ask(&server, "GET /default?prefix=dir/").await.body;
    assert!(listed.contains("<Contents><Key>dir/new</Key><LastModified>"), "{listed}");
    assert!(listed.contains("<Size>3</Size>"), "{listed}");
    assert_eq!(ask(&server, "DELETE dir/new").await.status, 204);
    assert_eq!(ask(&server, "PUT data.json").await.status, 200);
    assert_eq!(ask(&server, "GET data.json").await.body, "");
    assert_eq!(ask(&server, "GET dir/new").await.status, 404);
}

#[tokio::test]
async fn the_rules_are_set_read_and_deleted_over_http() {
    let server = server(Dialect::Oss).await;
    let put = |xml: &str| {
        let length = xml.len();
        format!(
            "PUT /closed/?cors= HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{xml}"
        )
    };
    let xml = "<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example</AllowedOrigin>\
               <AllowedMethod>GET</AllowedMethod></CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>";
    assert_eq!(ask(&server, "GET /closed?cors").await.status, 404);
    assert_eq!(client::ask(server.address(), put(xml).as_bytes()).await.status, 200);
    let reply = ask(&server, "GET /closed/?cors").await;
    assert!(reply.body.ends_with(xml), "{}", reply.body);
    let reply = ask(&server, "GET /closed/x | Origin: {A}").await;
    assert_eq!(
        (reply.look("access-control-allow-origin"), reply.look("vary")),
        (A.to_owned(), "Origin".to_owned())
    );
    let refused = client::ask(server.address(), put("<CORSConfiguration/>").as_bytes()).await;
    assert_eq!((refused.status, refused.look("x-oss-ec")), (400, "0034-00000002".to_owned()));
    assert_eq!(ask(&server, "DELETE /closed?cors").await.status, 204);
    assert_eq!(ask(&server, "DELETE /closed?cors").await.status, 204);
    let gone = ask(&server, "GET /closed?cors").await;
    assert!(gone.body.contains("<Code>NoSuchCORSConfiguration</Code>"), "{}", gone.body);
}

#[tokio::test]
async fn a_server_that_is_dropped_listens_no_more() {
    let server = server(Dialect::Oss).await;
    let address = server.address();
    drop(server);
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("still listens");
}

#[tokio::test]
async fn a_store_is_served_until_it_is_told_to_stop() {
    let (stop, stopped) = oneshot::channel::<()>();
    let (listens, listening) = oneshot::channel();
    let listens = Mutex::new(Some(listens));
    let config = ServeConfig {
        policy: Some(Policy::from_origins([E])),
        fault: Some(Defect::Known(Fault::VaryMissing)),
        ..ServeConfig::default()
    };
    let served = tokio::spawn(async move {
        let ready = |server: &Server| {
            let sender = listens.lock().ok().and_then(|mut sender| sender.take());
            if let Some(sender) = sender {
                let _ = sender.send((server.address(), server.bucket_url("default").to_string()));
            }
        };
        serve(config, ready, async move {
            let _ = stopped.await;
        })
        .await
    });
    let (address, url) = listening.await.expect("a server");
    assert_eq!(url, format!("http://127.0.0.1:{}/default/", address.port()));
    let reply = client::ask(address, request("GET data.json | Origin: {E}").as_bytes()).await;
    assert_eq!(
        (reply.look("access-control-allow-origin"), reply.look("vary")),
        (E.to_owned(), "-".to_owned())
    );
    // An idle connection does not keep the server.
    let idle = TcpStream::connect(address).await.expect("a connection");
    stop.send(()).expect("still served");
    served.await.expect("no panic").expect("no error");
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}
