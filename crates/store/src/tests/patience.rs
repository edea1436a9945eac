//! Clients that are slow on purpose, half open or too many keep nobody out.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::*;
use crate::Limits;

const SOON: Duration = Duration::from_secs(10);

async fn limited(limits: Limits) -> Server {
    let store = Store::with_default_bucket(Dialect::Oss);
    let config = ServerConfig { limits, ..ServerConfig::new(store) };
    Server::start(config).await.expect("a server")
}

/// Whether the server closes this connection in time.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut sink = vec![0; 64 * 1024];
    let closed = async { while stream.read(&mut sink).await.is_ok_and(|length| length > 0) {} };
    timeout(SOON, closed).await.is_ok()
}

#[tokio::test]
async fn slow_heads_make_room_for_others() {
    // Their own deadline is far away, so that only the crowd can move them.
    let hour = Duration::from_secs(3600);
    let server = limited(Limits { connections: 4, head_timeout: hour, ..Limits::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
        stream.write_all(b"GET /default/data.json HTTP/1.1\r\nX-A").await.expect("sent");
        slow.push(stream);
    }
    let feeding = tokio::spawn(async move {
        // They go on byte by byte for as long as they are let.
        for _ in 0..100 {
            for stream in &mut slow {
                let _closed_already = stream.write_all(b"a").await;
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    let text = request("GET data.json | Origin: {A}");
    let started = Instant::now();
    let reply = timeout(Duration::from_secs(60), client::ask(server.address(), text.as_bytes()));
    assert_eq!(reply.await.expect("its turn").status, 200, "after {:?}", started.elapsed());
    feeding.abort();
    drop(server);
}

#[tokio::test]
async fn whoever_is_slow_is_let_go_in_time() {
    let short = Duration::from_millis(300);
    let limits = Limits {
        head_timeout: short,
        body_timeout: short,
        write_timeout: short,
        idle_timeout: short,
        ..Limits::default()
    };
    let server = limited(limits).await;
    let big = "y".repeat(8 * 1024 * 1024);
    let spec = ObjectSpec { body: big, ..ObjectSpec::default() };
    server.store().put_object("default", "big", &spec).expect("stored");
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    // A header block that is begun and never ended (RFC 9113 §6.2).
    let open_headers = [settings.as_slice(), b"\0\0\x01\x01\0\0\0\0\x01\x82"].concat();
    let rows: &[(&str, &[u8])] = &[
        ("nothing", b""),
        ("half a head", b"GET /default/data.json HTTP/1.1\r\nHost:"),
        ("half a content", b"PUT /default/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"),
        ("idle behind a request", b"GET /default/data.json HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("half a preface", b"PRI * HTTP/2.0\r\n"),
        ("HTTP/2 without a request", settings),
        ("HTTP/2 with half a header block", &open_headers),
    ];
    for (name, bytes) in rows {
        let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
        stream.write_all(bytes).await.expect("sent");
        assert!(is_closed(stream).await, "{name}");
    }
    // One that asks for much and reads nothing: its connection ends while it does not look.
    let mut deaf = TcpStream::connect(server.address()).await.expect("a connection");
    deaf.write_all(b"GET /default/big HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    sleep(Duration::from_secs(2)).await;
    let mut received = Vec::new();
    let _reset = timeout(SOON, deaf.read_to_end(&mut received)).await.expect("an end");
    assert!(received.len() < 8 * 1024 * 1024, "{} bytes", received.len());
    assert_eq!(ask(&server, "GET data.json").await.status, 200);
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_that_shuts_its_half_is_answered() {
    let server = limited(Limits::default()).await;
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.write_all(b"GET /default/data.json HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    stream.shutdown().await.expect("half closed");
    let mut answer = String::new();
    timeout(SOON, stream.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
    assert!(answer.ends_with("{\"value\":1}\n"), "{answer}");
}

#[tokio::test]
async fn contents_that_do_not_fit_into_memory_are_put_off() {
    let limits = Limits { memory_bytes: 64 * 1024, ..Limits::default() };
    let server = limited(limits).await;
    let put = |length: usize| {
        format!(
            "PUT /default/big HTTP/1.1\r\nHost: a\r\nOrigin: {A}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{}",
            "a".repeat(length)
        )
    };
    for (length, status) in [(1000, 200), (100_000, 503), (1000, 200)] {
        let reply = client::ask(server.address(), put(length).as_bytes()).await;
        assert_eq!(reply.status, status, "{length}");
        assert_eq!(reply.look("access-control-allow-origin"), A, "{length}");
    }
}

#[tokio::test]
async fn a_store_that_is_full_says_so_and_takes_again_what_fits() {
    let mut settings = crate::Settings::new(Dialect::Oss);
    settings.stored_bytes = 100_000;
    let server = super::signed::guarded(settings).await;
    let large = vec![b'a'; 60_000];
    let rows = [
        ("PUT /mine/one", 200),
        ("PUT /mine/two", 507),
        ("PUT /mine/one", 200),
        ("DELETE /mine/one", 204),
        ("PUT /mine/two", 200),
    ];
    for (line, status) in rows {
        let content = if line.starts_with("PUT") { large.as_slice() } else { b"" };
        assert_eq!(super::signed::ask_as_owner(&server, line, content).await.status, status, "{line}");
    }
}
