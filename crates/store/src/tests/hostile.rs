//! What the server survives.

use std::time::Duration;

use crosscheck_core::message::Fields;
use proptest::prelude::*;

use super::*;
use crate::{
    Fault, Limits,
    answer::{Place, answer},
    request::{Incoming, Unread},
};

#[tokio::test]
async fn bytes_that_are_no_http_are_refused_and_the_server_lives_on() {
    let store = Store::with_default_bucket(Dialect::Oss);
    let limits = Limits { head_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = Server::start(ServerConfig { limits, ..ServerConfig::new(store) }).await.expect("a server");
    let rows: &[&[u8]] = &[
        b"\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /default/x HTTP/1.1\r\nOrigin: a\rb\r\n\r\n",
        b"GET /default/x HTTP/1.1\r\nOrigin: a\0b\r\n\r\n",
        b"GET /default/x HTTP/1.1\r\nOrigin : a\r\n\r\n",
        b"GET /default/x HTTP/1.1\r\nOrigin: a\r\n folded\r\n\r\n",
        b"GET /default/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /default/x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PUT /default/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nConnection: close\r\n\r\n",
        b"GET /default/%00%ff%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET http://evil.test/default/data.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for bytes in rows {
        let reply = client::ask(server.address(), bytes).await;
        assert!(reply.status < 500, "{} gave {}", bytes.escape_ascii(), reply.status);
        assert_eq!(reply.look("access-control-allow-origin"), "-", "{}", bytes.escape_ascii());
    }
    assert_eq!(ask(&server, "GET data.json | Origin: {A}").await.status, 200);
    server.shutdown().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = server(Dialect::Oss).await;
    let long = format!("GET data.json | X-Long: {}", "a".repeat(300 * 1024));
    assert_eq!(ask(&server, &long).await.status, 431);
    let many = format!("GET data.json{}", " | X: y".repeat(400));
    assert_eq!(ask(&server, &many).await.status, 431);
    let names = format!("OPTIONS x | Origin: {{A}} | ACRM: PUT | ACRH: {}", "x-custom,".repeat(10_000));
    let reply = ask(&server, &names).await;
    assert_eq!(reply.look("access-control-allow-headers"), "x-custom");
}

#[tokio::test]
async fn a_content_that_is_too_long_is_answered_to_whoever_asked() {
    let store = Store::with_default_bucket(Dialect::Oss);
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let config = ServerConfig { limits, ..ServerConfig::new(store) };
    let server = Server::start(config).await.expect("a server");
    for (length, status) in [(1000, 200), (1001, 413), (7000, 413)] {
        let content = "a".repeat(length);
        let text = format!(
            "PUT /default/big HTTP/1.1\r\nHost: a\r\nOrigin: {A}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{content}"
        );
        let reply = client::ask(server.address(), text.as_bytes()).await;
        assert_eq!(reply.status, status, "{length}");
        assert_eq!(reply.look("access-control-allow-origin"), A, "{length}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go() {
    let store = Store::with_default_bucket(Dialect::Oss);
    let limits = Limits {
        head_timeout: Duration::from_millis(100),
        body_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let config = ServerConfig { limits, ..ServerConfig::new(store) };
    let server = Server::start(config).await.expect("a server");
    let rows: &[&[u8]] = &[
        b"GET /default/data.json HTTP/1.1\r\nHost:",
        b"PUT /default/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
    ];
    for bytes in rows {
        let answer = client::exchange(server.address(), bytes).await;
        assert!(answer.len() < 1000, "{}", bytes.escape_ascii());
    }
    server.shutdown().await;
}

#[tokio::test]
async fn more_clients_than_places_wait_for_their_turn() {
    let store = Store::with_default_bucket(Dialect::Oss);
    let limits = Limits { connections: 2, ..Limits::default() };
    let config = ServerConfig { limits, ..ServerConfig::new(store) };
    let server = Server::start(config).await.expect("a server");
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (address, text) = (server.address(), request("GET data.json | Origin: {A}"));
        clients.spawn(async move { client::ask(address, text.as_bytes()).await.status });
    }
    while let Some(status) = clients.join_next().await {
        assert_eq!(status.expect("an answer"), 200);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_said() {
    let server = server(Dialect::Oss).await;
    let config = ServerConfig { address: server.address(), ..ServerConfig::new(Store::new(Dialect::Oss)) };
    let error = Server::start(config).await.expect_err("taken").to_string();
    assert!(error.starts_with(&format!("cannot listen at {}: ", server.address())), "{error}");
}

fn any_request() -> impl Strategy<Value = Incoming> {
    let method = prop_oneof!["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "[A-Za-z]{0,5}"];
    let path = prop_oneof![
        "/default/(data.json|app|err/500|vary/star.json|vary/encoding.json|x)",
        "/(wild|open|nowhere)?(//|%2e|/x|%f|\\?)*",
        "[ -~]{0,20}",
    ];
    let name = prop_oneof![
        Just("origin"),
        Just("access-control-request-method"),
        Just("access-control-request-headers"),
        Just("range"),
        Just("if-range"),
        Just("if-none-match"),
        Just("if-modified-since"),
        Just("vary"),
        Just("cookie"),
    ];
    let value = prop_oneof![
        "(https://(app.example|admin.example:8443)|GET|put|x-custom|bytes=|[0-9-]|\\*|,| )*"
            .prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let fields = proptest::collection::vec((name, value), 0..6);
    (method, path, fields, any::<bool>()).prop_map(|(method, path, fields, overlong)| Incoming {
        fields: fields.into_iter().collect::<Fields>(),
        unread: overlong.then_some(Unread::Overlong),
        ..Incoming::new(&method, &path)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_request_is_answered_with_any_fault(request in any_request()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let place = std::sync::Arc::new(Place { own: "http://127.0.0.1:1".to_owned(), other: "http://localhost:1".to_owned() });
        let store = Store::with_default_bucket(Dialect::Oss);
        for fault in Fault::ALL.iter().copied().map(Some).chain([None]) {
            store.set_fault(fault);
            runtime.block_on(answer(&store, &place, &request));
        }
    }
}
