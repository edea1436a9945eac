//! Conformance from code: a service of the program itself, or a server on a listener, is served and judged.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test opens sockets, and stops where it cannot go on"
)]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    task::{Context, Poll},
    thread,
};

use crosscheck::{Conformance, ConformanceError, verdict::Verdict};
use http_body_util::Full;
use hyper::{Request, Response, body::Bytes, body::Incoming};
use tower_service::Service;

const ALLOWED: &str = "https://app.example.com";

/// A service that lets one origin read; and says in `Vary` that answers differ, or does not.
#[derive(Clone)]
struct App {
    vary: bool,
}

impl Service<Request<Incoming>> for App {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let mut response = Response::builder().header("cache-control", "max-age=60");
        if self.vary {
            response = response.header("vary", "Origin");
        }
        if request.headers().get("origin").is_some_and(|origin| origin == ALLOWED) {
            response = response.header("access-control-allow-origin", ALLOWED);
            if request.method() == "OPTIONS" {
                response = response.header("access-control-allow-methods", "GET, PUT");
                response = response.header("access-control-allow-headers", "x-request-id");
            }
        }
        ready(Ok(response.body(Full::new(Bytes::from_static(b"[]"))).expect("a response")))
    }
}

fn promised(conformance: Conformance) -> Conformance {
    conformance.path("/items").allow_origin(ALLOWED).allow_methods(["GET", "PUT"])
}

#[tokio::test]
async fn a_service_that_keeps_its_promises_holds() {
    let record = promised(Conformance::against_service(App { vary: true })).run().await.expect("a record");
    assert!(record.held(), "{record}");
    assert!(record.counts().get(Verdict::Pass) > 100, "{record}");
}

#[tokio::test]
async fn a_service_without_vary_breaks_in_a_cache() {
    let run = promised(Conformance::against_service(App { vary: false })).select("cache");
    let record = run.run().await.expect("a record");
    assert!(!record.held() && !record.breaking.is_empty(), "{record}");
    assert!(record.to_string().contains("Vary"), "{record}");
}

#[tokio::test]
async fn a_server_on_a_listener_is_judged() {
    let serve = |listener: TcpListener| {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            thread::spawn(move || answer_all(stream));
        }
    };
    let record = Conformance::against_server(serve)
        .allow_origin(ALLOWED)
        .select("origin")
        .run()
        .await
        .expect("a record");
    assert!(record.held(), "{record}");
}

/// HTTP/1.1 in a few lines: each request is answered by its `Origin`, once its content has been read.
fn answer_all(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    loop {
        // Some origins are bytes that are no UTF-8: the head is read as bytes, to its empty line.
        let lines = reader.by_ref().split(b'\n').map_while(Result::ok);
        let head: Vec<String> = lines
            .map(|line| String::from_utf8_lossy(&line).trim_end().to_owned())
            .take_while(|line| !line.is_empty())
            .collect();
        let Some(request) = head.first() else { return };
        let length = head.iter().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .and_then(|value| value.trim().parse().ok())
        });
        if io::copy(&mut reader.by_ref().take(length.unwrap_or(0)), &mut io::sink()).is_err() {
            return;
        }
        let origin = head.iter().any(|line| line.eq_ignore_ascii_case(&format!("origin: {ALLOWED}")));
        let grant =
            if origin { format!("Access-Control-Allow-Origin: {ALLOWED}\r\n") } else { String::new() };
        let content = if request.starts_with("HEAD") { "" } else { "ok" };
        let answer = format!("HTTP/1.1 200 OK\r\nVary: Origin\r\n{grant}Content-Length: 2\r\n\r\n{content}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn what_must_be_corrected_is_an_error() {
    let of = |conformance: Conformance| async { conformance.run().await.map(|_| ()).unwrap_err() };
    let url = "http://127.0.0.1:1/";
    for (conformance, words) in [
        (Conformance::against("nowhere"), "endpoint.url"),
        (Conformance::against(url).allow_origin("https://app.example.com/"), "endpoint.origin"),
        (Conformance::against(url).allow_origin(ALLOWED).allow_methods(["G T"]), "`G T`"),
        (Conformance::against(url).suites(["nowhere.json"]), "nowhere.json"),
        (Conformance::against(url).select("nothing/of/this/name"), "matches no test"),
    ] {
        let error = of(conformance).await;
        assert!(error.to_string().contains(words), "{error}");
        assert!(!matches!(error, ConformanceError::Start(_)), "{error}");
    }
}

#[cfg(feature = "load")]
#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_put_under_load() {
    use crosscheck::load::{self, Plan};
    use std::time::Duration;

    let app = || promised(Conformance::against_service(App { vary: true })).allow_headers(["x-request-id"]);
    let plan = || Plan::named("preflight-storm").expect("a plan that is shipped").rate(50.0);
    let plan = plan().duration(Duration::from_secs(1));
    let record = load::run(plan, app()).await.expect("a record");
    assert!(record.total.answered > 0 && record.total.wrong == 0, "{record}");

    let missed = Plan::named("preflight-storm").expect("a plan that is shipped");
    let missed = missed.rate(50.0).duration(Duration::from_secs(1)).budget("p99<1ms").budget("rps>=1000");
    let record = load::run(missed, app()).await.expect("a record");
    assert!(!record.held(), "{record}");
}

#[cfg(feature = "load")]
#[tokio::test]
async fn load_that_cannot_be_run_is_an_error() {
    use crosscheck::load::{self, Plan};

    assert!(
        Plan::named("preflight-strom")
            .err()
            .is_some_and(|error| error.to_string().contains("preflight-storm"))
    );
    let plan = || Plan::named("preflight-storm").expect("a plan that is shipped");
    let remote = || Conformance::against("https://api.example.com/").allow_origin(ALLOWED);
    let local = || Conformance::against("http://127.0.0.1:1/").allow_origin(ALLOWED);
    for (plan, endpoint, words) in [
        (plan(), remote(), "i_own_this_target"),
        (plan().budget("p99<"), local(), "p99<"),
        (plan().users(2).rate(5.0), Conformance::against("nowhere"), ""),
        (plan(), Conformance::against("nowhere"), "endpoint.url"),
    ] {
        let error = load::run(plan, endpoint).await.expect_err("an error").to_string();
        assert!(error.contains(words), "{error}");
    }
}
