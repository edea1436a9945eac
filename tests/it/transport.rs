//! The wire against servers that misbehave: each exchange ends within a bounded time, fails at
//! the right stage, and leaves the bytes as evidence.
use crate::bad_server;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bad_server::{BadServer, Fault, read_request};
use crosscheck::{
    exchange::{Exchange, Failure, IoKind, Purpose, Received, SendContext, Stage},
    message::{Fields, Request, Response},
    signature::{AccessKey, Payload, Scheme, Signer},
    transport::{AddedFields, Alpn, Control, Gate, LargeBody, TlsConfig, Transport, Wire, WireConfig},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Short enough for tests that wait for it, long enough for a busy machine.
const DEADLINE: Duration = Duration::from_millis(700);

fn config() -> WireConfig {
    WireConfig {
        request_deadline: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(10),
        max_head_bytes: 64 * 1024,
        max_body_bytes: 256 * 1024,
        tls: TlsConfig { native_roots: false, ..TlsConfig::default() },
        ..WireConfig::default()
    }
}

fn hasty() -> WireConfig {
    WireConfig { request_deadline: DEADLINE, ..config() }
}

fn wire(config: WireConfig) -> Wire {
    Wire::new(config, Gate::open()).unwrap()
}

fn get(url: &str) -> Request {
    Request::new("GET", url.parse().unwrap())
}

fn response(exchange: &Exchange) -> &Response {
    match &exchange.received {
        Received::Response(response) => response,
        Received::Failed(failure) => panic!("{failure:?}"),
    }
}

fn failure(exchange: &Exchange) -> &Failure {
    match &exchange.received {
        Received::Response(response) => panic!("{response:?}"),
        Received::Failed(failure) => failure,
    }
}

fn lines(response: &Response) -> Vec<(String, String)> {
    response.fields.iter().map(|field| (field.name.to_string(), field.text())).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// What becomes of every fault: the stage, and words of the message that a user needs.
const OUTCOMES: &[(Fault, Stage, &str)] = &[
    (Fault::Refuses, Stage::Connect, "127.0.0.1:"),
    (Fault::NeverAnswers, Stage::Deadline, "the head of the answer took too long"),
    (Fault::ClosesAtOnce, Stage::Head, "the connection"),
    (Fault::ClosesBeforeHead, Stage::Head, "closed without an answer"),
    (Fault::ClosesMidHead, Stage::Head, "closed within the response head, after 42 bytes"),
    (Fault::ClosesMidBody, Stage::Body, "closed after 4 of 10 bytes of content"),
    (Fault::ClosesMidChunks, Stage::Body, "closed before the last chunk, after 4 bytes"),
    (Fault::Garbage, Stage::Parse, "not HTTP/1.1: it starts with \"\\xff\\xfe\\x00 this"),
    (Fault::EndlessHead, Stage::HeadTooLarge, "longer than 65536 bytes"),
    (Fault::EndlessLine, Stage::HeadTooLarge, "longer than 65536 bytes"),
    (Fault::EndlessInterim, Stage::HeadTooLarge, "longer than 65536 bytes"),
    (Fault::EndlessBody, Stage::BodyTooLarge, "longer than 262144 bytes"),
    (Fault::EndlessChunks, Stage::BodyTooLarge, "longer than 262144 bytes"),
    (Fault::WrongChunkSize, Stage::Body, "\"hello\\r\\n\" is not a chunk size"),
    (Fault::TwoLengths, Stage::Parse, "Content-Length is both 1 and 2"),
    (Fault::SlowHead, Stage::Deadline, "the head of the answer took too long"),
    (Fault::SlowBody, Stage::Deadline, "the content of the answer took too long"),
    (
        Fault::SelfSigned,
        Stage::Tls,
        "no certificate authority is known on this machine; name a PEM file with --ca-file",
    ),
    (Fault::TlsNeverAnswers, Stage::Tls, "no certificate authority is known"),
];

#[tokio::test]
async fn every_fault_fails_at_its_stage_within_the_deadline() {
    for (fault, stage, words) in OUTCOMES {
        let server = BadServer::start(*fault);
        let config = if *stage == Stage::Deadline { hasty() } else { config() };
        let limit = config.request_deadline + Duration::from_secs(2);
        let started = Instant::now();
        let exchange = wire(config).exchange(&get(&server.url("/"))).await;
        let failure = failure(&exchange);
        assert_eq!(failure.stage, *stage, "{fault:?}: {failure:?}");
        assert!(failure.message.contains(words), "{fault:?}: {failure:?}");
        // A connection that is closed at once may be reset, or only end.
        if *fault != Fault::ClosesAtOnce {
            let io = (*fault == Fault::Refuses).then_some(IoKind::ConnectionRefused);
            assert_eq!(failure.io, io, "{fault:?}: {failure:?}");
        }
        assert!(started.elapsed() < limit, "{fault:?} took {:?}", started.elapsed());
    }
}

#[test]
fn every_fault_has_an_outcome_and_a_name() {
    for (name, fault) in Fault::ALL {
        // Plain HTTP is a fault only for who expects TLS.
        let tested = OUTCOMES.iter().any(|(of, ..)| of == fault) || *fault == Fault::PlainHttp;
        assert!(tested, "{name}");
    }
}

#[tokio::test]
async fn a_failed_exchange_keeps_what_was_sent_and_received() {
    let server = BadServer::start(Fault::ClosesMidHead);
    let exchange = wire(config()).exchange(&get(&server.url("/x"))).await;
    let raw_sent = exchange.raw_sent.unwrap();
    assert!(raw_sent.starts_with("GET /x HTTP/1.1\r\nHost: 127.0.0.1:"), "{raw_sent}");
    assert_eq!(exchange.raw_received.unwrap(), "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Orig");

    let server = BadServer::start(Fault::SlowBody);
    let exchange = wire(hasty()).exchange(&get(&server.url("/"))).await;
    assert_eq!(exchange.raw_received.unwrap(), "HTTP/1.1 200 OK\r\nX-Seen: yes\r\n\r\n");
    assert!(exchange.micros >= 600_000 && exchange.micros < 5_000_000, "{}", exchange.micros);

    let server = BadServer::start(Fault::Refuses);
    let exchange = wire(config()).exchange(&get(&server.url("/"))).await;
    assert_eq!((exchange.raw_sent, exchange.raw_received), (None, None));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_fails_before_connecting() {
    // A label has at most 63 bytes, so that nobody needs to be asked.
    let exchange = wire(config()).exchange(&get(&format!("http://{}.example/", "a".repeat(64)))).await;
    assert_eq!(failure(&exchange).stage, Stage::Resolve, "{exchange:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_sent() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let mut request = get(&server.url("/"));
    request.fields.push("X", "1\r\nY: 2");
    for request in [request, Request::new("G T", server.url("/").parse().unwrap()), get("ftp://a.example/")] {
        let exchange = wire(config()).exchange(&request).await;
        assert_eq!(failure(&exchange).stage, Stage::Send, "{exchange:?}");
    }
    assert_eq!(server.journal.connections(), 0);
}

#[tokio::test]
async fn field_lines_are_kept_as_they_came() {
    let head = "HTTP/1.1 200 Fine\r\nvary: a\r\nAccess-Control-Allow-Origin:  *\t\r\nVARY: B\r\n\
                access-CONTROL-allow-origin: https://a.example\r\nX: \u{e9}\r\nContent-Length: 2\r\n\r\n";
    let head_bytes: Vec<u8> = head.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let server = BadServer::answering([&head_bytes[..], b"ok"].concat());
    let exchange = wire(config()).exchange(&get(&server.url("/"))).await;
    let expected = [
        ("vary", "a"),
        ("Access-Control-Allow-Origin", "*"),
        ("VARY", "B"),
        ("access-CONTROL-allow-origin", "https://a.example"),
        ("X", "\u{e9}"),
        ("Content-Length", "2"),
    ];
    assert_eq!(lines(response(&exchange)), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(response(&exchange).body, "ok");
    assert_eq!(exchange.raw_received.as_deref(), Some(head));
}

#[tokio::test]
async fn field_lines_go_out_as_they_stand() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let wire = wire(WireConfig {
        user_agent: "test".to_owned(),
        added: Some(AddedFields {
            to: server.url("/").parse::<url::Url>().unwrap().origin(),
            fields: [("X-Added", "1"), ("origin", "not this")].into_iter().collect(),
            preflight_fields: Fields::new(),
        }),
        ..config()
    });
    let mut request = Request::new("PUT", server.url("/a%20b?q=1&q").parse().unwrap());
    request.fields.push("x-B", "1");
    request.fields.push("Origin", "https://a.example");
    request.fields.push("X-b", &b"\t \x7f\xe9\xff"[..]);
    request.body = "content".into();
    let exchange = wire.exchange(&request).await;
    response(&exchange);
    let expected = format!(
        "PUT /a%20b?q=1&q HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive\r\nContent-Length: 7\r\nx-B: 1\r\n\
         Origin: https://a.example\r\nX-b: \t \x7f\u{e9}\u{ff}\r\nX-Added: 1\r\nUser-Agent: test\r\n\r\n",
        server.address
    );
    assert_eq!(exchange.raw_sent.as_deref(), Some(&expected[..]));
    assert_eq!(text(&server.journal.requests()[0]), format!("{expected}content"));
    assert_eq!(exchange.sent.fields.len(), 8);
}

#[tokio::test]
async fn a_request_may_bring_its_own_host_and_length() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let mut request = Request::new("POST", server.url("/").parse().unwrap());
    request.fields = [("A", "1"), ("content-length", "0"), ("host", "b.example"), ("USER-AGENT", "")]
        .into_iter()
        .collect();
    wire(config()).exchange(&request).await;
    assert_eq!(
        text(&server.journal.requests()[0]),
        "POST / HTTP/1.1\r\nhost: b.example\r\nConnection: keep-alive\r\nA: 1\r\ncontent-length: 0\r\n\
         USER-AGENT: \r\n\r\n"
    );
}

#[tokio::test]
async fn added_fields_never_reach_another_origin() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let wire = wire(WireConfig {
        added: Some(AddedFields {
            to: "http://127.0.0.1:1/".parse::<url::Url>().unwrap().origin(),
            fields: [("Authorization", "secret")].into_iter().collect(),
            preflight_fields: [("Authorization", "secret")].into_iter().collect(),
        }),
        ..config()
    });
    wire.exchange(&get(&server.url("/"))).await;
    assert!(!text(&server.journal.requests()[0]).contains("secret"));
}

#[tokio::test]
async fn a_preflight_gets_only_the_fields_that_are_meant_for_it() {
    let raw = SendContext::RAW;
    let of = |purpose| SendContext { purpose, ..SendContext::RAW };
    // (method, whether it has the form of a preflight, why it is sent; the values that it carries)
    for (method, asks, context, expected) in [
        ("GET", false, of(Purpose::Actual), "x-a: actual"),
        ("OPTIONS", true, of(Purpose::Preflight), "x-a: preflight"),
        ("OPTIONS", true, raw.clone(), "x-a: preflight"),
        ("OPTIONS", false, raw.clone(), "x-a: actual"),
        ("GET", true, raw, "x-a: actual"),
    ] {
        let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
        let wire = wire(WireConfig {
            added: Some(AddedFields {
                to: server.url("/").parse::<url::Url>().unwrap().origin(),
                fields: [("x-a", "actual")].into_iter().collect(),
                preflight_fields: [("x-a", "preflight")].into_iter().collect(),
            }),
            ..config()
        });
        let mut request = Request::new(method, server.url("/").parse().unwrap());
        if asks {
            request.fields.push("access-control-request-method", "PUT");
        }
        let (dressed, head) = wire.written(&request, &context).unwrap();
        assert_eq!(dressed.fields.lines("x-a").count(), 1);
        response(&wire.send(&request, &context).await);
        for head in [head, server.journal.requests()[0].clone()] {
            let lines = text(&head).matches("x-a: ").count();
            assert!(lines == 1 && text(&head).contains(expected), "{method} {context:?}: {}", text(&head));
        }
    }
}

#[tokio::test]
async fn nothing_of_a_refused_request_is_sent() {
    let (own, other) = (
        BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n"),
        BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n"),
    );
    let gate = Gate::every_method_to([&own.url("/").parse().unwrap()]).with_methods(vec!["GET".to_owned()]);
    let wire = Wire::new(config(), gate).unwrap();
    for (method, url, stage) in [
        ("DELETE", own.url("/"), Stage::MethodNotPermitted),
        ("delete", own.url("/"), Stage::MethodNotPermitted),
        ("GET", other.url("/"), Stage::HostNotPermitted),
        ("DELETE", other.url("/"), Stage::HostNotPermitted),
    ] {
        let request = Request::new(method, url.parse().unwrap());
        let exchange = wire.exchange(&request).await;
        assert_eq!((failure(&exchange).stage, &exchange.raw_sent), (stage, &None), "{method} {url}");
        assert_eq!(wire.written(&request, &SendContext::RAW).unwrap_err().stage, stage, "{method} {url}");
    }
    let dialled = wire.dial(&other.url("/").parse().unwrap(), &SendContext::RAW, Alpn::Http1).await;
    assert_eq!(dialled.err().unwrap().stage, Stage::HostNotPermitted);
    assert_eq!((own.journal.connections(), other.journal.connections()), (0, 0));
    response(&wire.exchange(&get(&own.url("/"))).await);
}

#[tokio::test]
async fn content_ends_where_http_says() {
    // (method, answer, content, connections for two requests)
    for (method, answer, body, connections) in [
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 1),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: 1\r\n\r\n",
            "abc",
            1,
        ),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", 1),
        // Content that comes late would be taken for the next answer.
        ("OPTIONS", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", 2),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", 1),
        (
            "GET",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "ok",
            1,
        ),
    ] {
        let server = BadServer::answering(answer);
        let wire = wire(config());
        let request = Request::new(method, server.url("/").parse().unwrap());
        for _ in 0..2 {
            let exchange = wire.exchange(&request).await;
            assert_eq!(response(&exchange).body, body, "{answer}");
        }
        assert_eq!(server.journal.connections(), connections, "{answer}");
    }
}

#[tokio::test]
async fn interim_responses_are_kept_as_evidence_only() {
    let heads = "HTTP/1.1 103 Early Hints\r\nA: 1\r\n\r\nHTTP/1.1 204 No Content\r\nB: 2\r\n\r\n";
    let server = BadServer::answering(heads);
    let exchange = wire(config()).exchange(&get(&server.url("/"))).await;
    assert_eq!(lines(response(&exchange)), [("B".to_owned(), "2".to_owned())]);
    assert_eq!(exchange.raw_received.as_deref(), Some(heads));
}

#[tokio::test]
async fn content_without_a_length_ends_with_the_connection() {
    let server = BadServer::script(|mut stream, _, journal| async move {
        read_request(&mut stream, &journal).await;
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nto the end").await;
    });
    let wire = wire(config());
    for _ in 0..2 {
        assert_eq!(response(&wire.exchange(&get(&server.url("/"))).await).body, "to the end");
    }
    assert_eq!(server.journal.connections(), 2);
}

#[tokio::test]
async fn redirects_are_answers() {
    let server = BadServer::answering("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
    let exchange = wire(config()).exchange(&get(&server.url("/a"))).await;
    assert_eq!(response(&exchange).status, 302);
    assert_eq!(server.journal.requests().len(), 1);
}

#[tokio::test]
async fn long_content_can_be_cut_instead() {
    for fault in [Fault::EndlessBody, Fault::EndlessChunks] {
        let server = BadServer::start(fault);
        let config = WireConfig { max_body_bytes: 100_000, large_body: LargeBody::Cut, ..config() };
        let exchange = wire(config).exchange(&get(&server.url("/"))).await;
        assert_eq!(response(&exchange).body.len(), 100_000, "{fault:?}");
    }
    let length =
        BadServer::answering([&b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"[..], &[b'x'; 50]].concat());
    for (max, large_body, expected) in
        [(50, LargeBody::Fail, Some(50)), (49, LargeBody::Cut, Some(49)), (49, LargeBody::Fail, None)]
    {
        let config = WireConfig { max_body_bytes: max, large_body, ..config() };
        let exchange = wire(config).exchange(&get(&length.url("/"))).await;
        match expected {
            Some(length) => assert_eq!(response(&exchange).body.len(), length),
            None => assert_eq!(failure(&exchange).stage, Stage::BodyTooLarge),
        }
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = BadServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let wire = wire(config());
    for _ in 0..20 {
        response(&wire.exchange(&get(&server.url("/"))).await);
    }
    assert_eq!((server.journal.connections(), server.journal.requests().len()), (1, 20));
}

#[tokio::test]
async fn a_connection_is_not_used_again_when_either_side_closes_it() {
    for (sent, answer) in [
        ("close", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("keep-alive", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        ("keep-alive", "HTTP/1.0 204 No Content\r\n\r\n"),
        ("keep-alive", "HTTP/1.1 204 No Content\r\n\r\nunsolicited"),
    ] {
        let server = BadServer::answering(answer);
        let wire = wire(config());
        let mut request = get(&server.url("/"));
        request.fields.push("Connection", sent);
        for _ in 0..2 {
            response(&wire.exchange(&request).await);
        }
        assert_eq!(server.journal.connections(), 2, "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_on_a_connection_that_was_just_closed_is_sent_again_once() {
    // The first connection answers once, takes a second request and closes without a byte.
    let server = BadServer::script(|mut stream, number, journal| async move {
        let answers = if number == 0 { 1 } else { usize::MAX };
        for _ in 0..answers {
            if !read_request(&mut stream, &journal).await {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
        read_request(&mut stream, &journal).await;
    });
    let wire = wire(config());
    for _ in 0..3 {
        response(&wire.exchange(&get(&server.url("/"))).await);
    }
    assert_eq!((server.journal.connections(), server.journal.requests().len()), (2, 4));
}

#[tokio::test]
async fn a_request_that_was_answered_in_part_is_not_sent_again() {
    let server = BadServer::script(|mut stream, _, journal| async move {
        read_request(&mut stream, &journal).await;
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        read_request(&mut stream, &journal).await;
        let _ = stream.write_all(b"HTTP/1.1").await;
    });
    let wire = wire(config());
    response(&wire.exchange(&get(&server.url("/"))).await);
    assert_eq!(failure(&wire.exchange(&get(&server.url("/"))).await).stage, Stage::Head);
    assert_eq!(server.journal.requests().len(), 2);
}

#[tokio::test]
async fn a_fresh_connection_that_closes_is_an_answer() {
    let server = BadServer::start(Fault::ClosesBeforeHead);
    failure(&wire(config()).exchange(&get(&server.url("/"))).await);
    assert_eq!(server.journal.connections(), 1);
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_costs_nothing() {
    let server = BadServer::script(|mut stream, _, journal| async move {
        read_request(&mut stream, &journal).await;
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    });
    let wire = wire(config());
    for _ in 0..3 {
        response(&wire.exchange(&get(&server.url("/"))).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((server.journal.connections(), server.journal.requests().len()), (3, 3));
}

#[tokio::test]
async fn connecting_is_tried_again_as_often_as_configured() {
    let server = BadServer::start(Fault::Refuses);
    let config = WireConfig { connect_retries: 3, retry_backoff: Duration::from_millis(20), ..config() };
    let started = Instant::now();
    let exchange = wire(config).exchange(&get(&server.url("/"))).await;
    assert_eq!(failure(&exchange).stage, Stage::Connect);
    assert!(started.elapsed() >= Duration::from_millis(20 + 40 + 80));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_a_bounded_number_of_connections() {
    let server = BadServer::script(|mut stream, _, journal| async move {
        while read_request(&mut stream, &journal).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    });
    let wire: Arc<dyn Transport> = Arc::new(wire(WireConfig { max_connections: 4, ..config() }));
    let url = server.url("/");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (wire, request) = (Arc::clone(&wire), get(&url));
        tasks.spawn(async move { wire.exchange(&request).await });
    }
    for exchange in tasks.join_all().await {
        assert_eq!(response(&exchange).status, 204);
    }
    assert_eq!(server.journal.requests().len(), 100);
    assert!(server.journal.most_open() <= 4, "{}", server.journal.most_open());
    assert!(server.journal.connections() <= 4, "{}", server.journal.connections());
}

#[tokio::test]
async fn an_answer_that_comes_before_the_content_was_sent_counts() {
    let server = BadServer::script(|mut stream, _, _| async move {
        let mut some = [0; 1024];
        let _ = stream.read(&mut some).await;
        let _ = stream.write_all(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig").await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let mut request = Request::new("PUT", server.url("/").parse().unwrap());
    request.body = vec![b'x'; 32 * 1024 * 1024].into();
    let wire = wire(config());
    for _ in 0..2 {
        let exchange = wire.exchange(&request).await;
        assert_eq!((response(&exchange).status, &response(&exchange).body[..]), (413, &b"big"[..]));
    }
    assert_eq!(server.journal.connections(), 2);
}

#[tokio::test]
async fn large_content_goes_out_whole() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let mut request = Request::new("PUT", server.url("/").parse().unwrap());
    request.body = vec![b'y'; 3 * 1024 * 1024].into();
    response(&wire(config()).exchange(&request).await);
    assert!(server.journal.requests()[0].ends_with(&request.body));
}

#[tokio::test]
async fn tls_works_with_the_authority_that_was_named() {
    let server = BadServer::start(Fault::SelfSigned);
    let ca_pem = server.ca_pem.clone().map(String::into_bytes);
    let wire = wire(WireConfig {
        tls: TlsConfig { native_roots: false, ca_pem, ..TlsConfig::default() },
        ..config()
    });
    for _ in 0..2 {
        let exchange = wire.exchange(&get(&server.url("/"))).await;
        assert_eq!(response(&exchange).body, "ok");
        assert!(exchange.raw_received.unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    }
    assert_eq!(server.journal.connections(), 1);
}

#[tokio::test]
async fn tls_failures_say_what_to_do() {
    let namesake = BadServer::start(Fault::SelfSigned);
    let server = BadServer::start(Fault::SelfSigned);
    let plain = BadServer::start(Fault::PlainHttp);
    let silent = BadServer::start(Fault::TlsNeverAnswers);
    let trusting = |server: &BadServer| TlsConfig {
        native_roots: false,
        ca_pem: server.ca_pem.clone().map(String::into_bytes),
        ..TlsConfig::default()
    };
    let mut other = rcgen::CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
    other.distinguished_name.push(rcgen::DnType::CommonName, "another authority");
    let other = other.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    let unrelated =
        TlsConfig { native_roots: false, ca_pem: Some(other.into_bytes()), ..TlsConfig::default() };
    let by_address = server.url("/").replace("localhost", "127.0.0.1");
    let to_plain = plain.url("/").replace("http:", "https:");
    for (tls, url, words) in [
        (unrelated, server.url("/"), "if it is yours, name its PEM file with --ca-file"),
        (trusting(&namesake), server.url("/"), "signed with another key"),
        (trusting(&server), by_address, "not valid for name \"127.0.0.1\""),
        (trusting(&server), to_plain, "does not speak TLS at this port"),
        (trusting(&server), silent.url("/"), "the TLS handshake took longer than 300 ms"),
    ] {
        let config = WireConfig { tls, connect_timeout: Duration::from_millis(300), ..config() };
        let exchange = wire(config).exchange(&get(&url)).await;
        let failure = failure(&exchange);
        assert_eq!(failure.stage, Stage::Tls, "{failure:?}");
        assert!(failure.message.contains(words), "{failure:?}");
        assert_eq!(exchange.raw_sent, None);
    }
}

#[tokio::test]
async fn plain_http_to_a_tls_port_says_so() {
    let server = BadServer::start(Fault::SelfSigned);
    let exchange = wire(hasty()).exchange(&get(&server.url("/").replace("https:", "http:"))).await;
    let failure = failure(&exchange);
    assert_eq!(failure.stage, Stage::Parse, "{failure:?}");
    assert!(failure.message.contains("it looks like TLS: try https://"), "{failure:?}");
}

#[tokio::test]
async fn a_host_can_be_sent_elsewhere() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let port = server.address.port();
    let wire = wire(WireConfig {
        resolve: vec![format!("bucket.example:{port}:127.0.0.1").parse().unwrap()],
        ..config()
    });
    response(&wire.exchange(&get(&format!("http://Bucket.example:{port}/"))).await);
    assert!(text(&server.journal.requests()[0]).contains(&format!("Host: bucket.example:{port}\r\n")));
}

#[tokio::test]
async fn localhost_and_names_below_it_are_this_machine() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let port = server.address.port();
    let wire = wire(config());
    for host in ["localhost", "bucket.localhost", "127.0.0.1"] {
        response(&wire.exchange(&get(&format!("http://{host}:{port}/"))).await);
    }
}

#[tokio::test]
async fn an_ipv6_address_is_a_host() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        return; // This machine has no IPv6.
    };
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = [0; 1024];
        let count = stream.read(&mut seen).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        text(&seen[..count])
    };
    let wire = wire(config());
    let request = get(&url);
    let (exchange, seen) = tokio::join!(wire.exchange(&request), serving);
    response(&exchange);
    assert!(seen.contains("Host: [::1]:"), "{seen}");
}

#[tokio::test]
async fn what_is_signed_arrives_as_it_was_signed() {
    let server = BadServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let port = server.address.port();
    let added = AddedFields {
        to: server.url("/").parse::<url::Url>().unwrap().origin(),
        fields: [("X-Gateway", "open")].into_iter().collect(),
        preflight_fields: Fields::new(),
    };
    let config = WireConfig { added: Some(added), ..config() };
    let root = server.url("/").parse().unwrap();
    let control = Control::new(config, Gate::every_method_to([&root]), &root).unwrap();
    let key = AccessKey::new("AKIAEXAMPLE0TEST", "examplesecret");
    let signer = Signer { scheme: Scheme::SigV4, key: &key, region: "us-east-1", bucket: None };
    let path = "/bkt/a%20b+c%2Fd~e|f^g[h]i\'(j)*k!l;m:n@o&p=q,r$s/%e4%b8%ad/%C3%A9%25";
    for (method, query, body) in [
        ("PUT", None, &b"\0\r\n\xff"[..]),
        ("PUT", Some("cors"), b"<x/>"),
        ("GET", Some("cors"), b""),
        ("DELETE", Some("cors&a=%2F+%20b&c"), b""),
        ("PUT", None, b""),
        ("OPTIONS", None, b""),
    ] {
        let mut url: url::Url = server.url(path).parse().unwrap();
        url.set_query(query);
        let mut request = Request::new(method, url.clone());
        request.fields.push("x-amz-acl", "public-read");
        request.fields.push("Content-Type", b"text/plain; a=\xe9".to_vec());
        request.body = body.to_vec().into();
        let payload = Payload::of(&request.body);
        signer.sign(&mut request, payload, SystemTime::now());
        assert_eq!(response(&control.exchange(&request).await).status, 200);
        let arrived = server.journal.requests().pop().unwrap();
        let end = arrived.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head: String = arrived[..end].iter().copied().map(char::from).collect();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        assert!(head.starts_with(&format!("{method} {}{query} HTTP/1.1\r\n", url.path())), "{head}");
        let lines: Vec<(String, &str)> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let of = |name: &str| -> Vec<&str> {
            lines.iter().filter(|(given, _)| *given == name).map(|(_, value)| *value).collect()
        };
        for field in &request.fields {
            let value: String = field.value.iter().copied().map(char::from).collect();
            assert_eq!(of(&field.name.to_ascii_lowercase()), [value.as_str()], "{head}");
        }
        assert_eq!(of("host"), [format!("127.0.0.1:{port}").as_str()], "{head}");
        assert_eq!(of("x-gateway"), ["open"]);
        assert_eq!(of("accept-encoding"), [""; 0], "{head}");
        assert_eq!(&arrived[end + 4..], body, "{head}");
    }
}

#[tokio::test]
async fn requests_that_set_something_up_have_the_same_limits() {
    let moved = BadServer::answering("HTTP/1.1 307 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
    let long = BadServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n");
    let root = |server: &BadServer| server.url("/").parse::<url::Url>().unwrap();
    let control = |server: &BadServer, config: WireConfig| {
        Control::new(config, Gate::every_method_to([&root(server)]), &root(server)).unwrap()
    };
    // No redirect is followed, and nothing goes to another host.
    let to_moved = control(&moved, config());
    assert_eq!(response(&to_moved.exchange(&get(&moved.url("/"))).await).status, 307);
    assert_eq!(moved.journal.requests().len(), 1);
    let elsewhere = to_moved.exchange(&get(&long.url("/"))).await;
    assert_eq!(failure(&elsewhere).stage, Stage::HostNotPermitted);
    assert_eq!(long.journal.requests().len(), 0);
    // A deadline for the whole, and a limit on content.
    let started = Instant::now();
    let late = control(&long, hasty()).exchange(&get(&long.url("/"))).await;
    assert_eq!(failure(&late).stage, Stage::Deadline);
    assert!(started.elapsed() < DEADLINE * 3);
    let body = "x".repeat(2000);
    let long = BadServer::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n{body}"));
    let large = control(&long, WireConfig { max_body_bytes: 1999, ..config() });
    assert_eq!(failure(&large.exchange(&get(&long.url("/"))).await).stage, Stage::BodyTooLarge);
    // The same overrides; and what was not answered is not sent again.
    let lost = BadServer::answering("");
    let url: url::Url = format!("http://bucket.example:{}/", lost.address.port()).parse().unwrap();
    let resolve = vec![format!("bucket.example:{}:127.0.0.1", lost.address.port()).parse().unwrap()];
    let control = Control::new(WireConfig { resolve, ..hasty() }, Gate::open(), &url).unwrap();
    let exchange = control.exchange(&Request::new("PUT", url)).await;
    assert!(matches!(failure(&exchange).stage, Stage::Head | Stage::Deadline), "{:?}", failure(&exchange));
    assert_eq!(lost.journal.requests().len(), 1);
}
