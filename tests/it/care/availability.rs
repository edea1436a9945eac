//! An endpoint that throttles, dies or answers differently each time: not judged is not passed, and what is no answer
//! about CORS is no verdict.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::care::support::{
    DECLARED, Ended, Folder, Request, Server, answer, correct, crosscheck, crosscheck_with,
};

const ALLOWED: &str = "https://app.example";

fn run(folder: &Folder, url: &str, more: &[&str]) -> Ended {
    let arguments =
        [&["run", "--target", url, "--allowed-origin", ALLOWED][..], &DECLARED[..], more].concat();
    crosscheck(folder, &arguments)
}

fn record(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("reports/run.json")).expect("a record")
}

fn failed(record: &Value) -> Vec<String> {
    let tests = record["tests"].as_array().expect("tests").iter();
    tests.filter(|test| test["verdict"] == "fail").map(|test| test["id"].to_string()).collect()
}

fn codes(record: &Value) -> String {
    record["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| format!("{} ", finding["code"]))
        .collect()
}

/// The tests of a few suites: enough to be throttled, and soon over.
const FEW: [&str; 2] = ["promises", "origin"];

#[test]
fn a_throttled_run_waits_slows_down_and_says_so() {
    for (status, retry_after) in [
        ("429 Too Many Requests", Some("1")),
        ("503 Service Unavailable", None),
        ("429 Too Many Requests", Some("date")),
    ] {
        let (folder, number) = (Folder::new(), AtomicUsize::new(0));
        let server = Server::start(move |request| match number.fetch_add(1, Ordering::Relaxed) {
            // A while after the run has begun.
            20..=23 => {
                let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(2));
                let value = if retry_after == Some("date") { Some(date.as_str()) } else { retry_after };
                let fields: Vec<(&str, &str)> =
                    value.map(|value| ("Retry-After", value)).into_iter().collect();
                answer(status, &fields, b"later")
            }
            _ => correct(request, ALLOWED),
        });
        // A run that was slowed down takes a while for each request.
        let ended = run(&folder, &server.url("/items"), &["promises"]);
        let what = format!("{status} {retry_after:?}: {}", ended.all());
        assert!(server.requests().len() > 23, "{what}: {}", server.requests().len());
        assert_eq!(ended.code, 0, "{what}");
        assert!(ended.stdout.contains("throttled: ") && ended.stdout.contains("slowed down"), "{what}");
        let throttled = &record(&folder)["throttled"];
        assert!(throttled["responses"].as_u64().expect(&what) >= 1, "{what}");
        assert!(throttled["waited_ms"].as_u64().expect(&what) >= 200, "{what}");
        assert!(throttled["interval_ms"].as_u64().expect(&what) >= 10, "{what}");
    }
}

#[test]
fn an_endpoint_that_only_throttles_is_not_judged_and_soon_over() {
    // (status, Retry-After, whether it begins only during the run)
    for (status, retry_after, later) in [
        ("429 Too Many Requests", "1", false),
        ("429 Too Many Requests", "3600", false),
        ("503 Service Unavailable", "", false),
        ("502 Bad Gateway", "", false),
        ("429 Too Many Requests", "1", true),
        ("504 Gateway Timeout", "", true),
    ] {
        let (folder, number) = (Folder::new(), AtomicUsize::new(0));
        let server = Server::start(move |request| {
            if later && number.fetch_add(1, Ordering::Relaxed) < 20 {
                return correct(request, ALLOWED);
            }
            let fields = [("Retry-After", retry_after)];
            answer(status, if retry_after.is_empty() { &[] } else { &fields }, b"later")
        });
        let ended = run(&folder, &server.url("/items"), &[]);
        let what = format!("{status} {retry_after} {later}: {}", ended.all());
        assert_eq!(ended.code, 4, "{what}");
        let first = ended.stdout.lines().next().unwrap_or_default();
        let words = if later { "stopped answering" } else { "never answered with success" };
        assert!(first.contains(words) && first.contains(&status[..3]), "{what}");
        assert_eq!(failed(&record(&folder)), [""; 0], "{what}");
        assert!(ended.took < Duration::from_secs(30), "{what}: {:?}", ended.took);
        assert!(server.requests().len() < 60, "{what}: {}", server.requests().len());
        assert!(ended.stdout.lines().count() < 40, "{what}");
    }
}

#[test]
fn a_path_that_only_a_gateway_answers_is_not_judged_and_the_rest_is() {
    let folder = Folder::new();
    let server = Server::start(|request| match request.target.contains("does-not-exist") {
        true => answer("502 Bad Gateway", &[], b"no"),
        false => correct(request, ALLOWED),
    });
    let ended = run(&folder, &server.url("/items"), &[]);
    let record = record(&folder);
    assert_eq!(ended.code, 4, "{}", ended.all());
    assert_eq!(failed(&record), [""; 0], "{}", ended.all());
    assert!(codes(&record).contains("harness.gateway-error"), "{}", ended.all());
    assert!(record["could_not_judge"].is_null(), "{}", ended.all());
}

#[test]
fn a_case_that_expects_an_error_status_gets_it_at_once() {
    let folder = Folder::new();
    folder.write(
        "mine.json",
        r#"{ "id": "mine", "title": "Maintenance", "source": ["https://a.example/doc"], "cases": [
            { "id": "readable", "title": "A page reads that the service is down", "kind": "rule",
              "requests": { "page": { "origin": "https://app.example", "path": "down",
                "expect": { "outcome": "allowed", "status": 503 } },
                "other": { "origin": "https://app.example" } } } ] }"#,
    );
    let server = Server::start(|request| match request.target.contains("down") {
        true => answer(
            "503 Service Unavailable",
            &[("Access-Control-Allow-Origin", ALLOWED), ("Retry-After", "60")],
            b"down",
        ),
        false => correct(request, ALLOWED),
    });
    let url = server.url("/items");
    let arguments = ["try", "mine.json", "--target", &url, "--allowed-origin", ALLOWED];
    let ended = crosscheck(&folder, &arguments).with_code(0);
    assert!(ended.took < Duration::from_secs(5) && !ended.stdout.contains("throttled"), "{}", ended.all());
}

/// A server in a process of its own, which can be killed.
struct Killed {
    child: Child,
    url: String,
}

impl Killed {
    /// Answers as `correct` does, so many times; then the process is gone, and with it its port.
    fn after(answers: usize) -> Self {
        let port = {
            let free = TcpListener::bind("127.0.0.1:0").expect("a port");
            free.local_addr().expect("an address").port()
        };
        let script = format!(
            r#"
import http.server, os
left = {answers}
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do(self):
        global left
        left -= 1
        if left < 0:
            os._exit(0)
        self.send_response(204 if self.command == "OPTIONS" else 200)
        self.send_header("Vary", "Origin")
        if self.headers.get("Origin") == "{ALLOWED}":
            self.send_header("Access-Control-Allow-Origin", "{ALLOWED}")
            self.send_header("Access-Control-Allow-Methods", "GET, PUT")
            self.send_header("Access-Control-Allow-Headers", "content-type, authorization")
        if self.command != "OPTIONS":
            self.send_header("Content-Length", "0")
        self.end_headers()
    do_GET = do_HEAD = do_OPTIONS = do_PUT = do_POST = do_DELETE = do_PATCH = do
    def log_message(self, *given):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"#
        );
        let child = Command::new("python3")
            .args(["-c", &script])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, url: format!("http://127.0.0.1:{port}/items") }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_endpoint_that_dies_ends_the_run_with_the_last_request_before() {
    for answers in [1, 40] {
        let folder = Folder::new();
        let server = Killed::after(answers);
        let ended = run(&folder, &server.url, &[]);
        let what = format!("{answers}: {}", ended.all());
        assert_eq!(ended.code, 4, "{what}");
        let first = ended.stdout.lines().next().unwrap_or_default();
        assert!(first.contains("the endpoint stopped answering"), "{what}");
        assert!(first.contains("the last request before was ") && first.contains(&server.url), "{what}");
        // A read without an origin is one of those that may be the last.
        let named = first.contains(" from ") || first.contains("?crosscheck=");
        assert!(answers < 2 || named, "{what}");
        assert!(ended.took < Duration::from_secs(20), "{what}");
        assert!(ended.stdout.lines().count() < 40, "{what}");
        let record = record(&folder);
        assert_eq!(failed(&record), [""; 0], "{what}");
        let left = record["tests"].as_array().expect("tests").iter();
        assert!(left.filter(|test| test["verdict"] == "dependency-failed").count() > 20, "{what}");
    }
}

/// The CORS fields are missing in every third answer to a read.
fn one_of_three(number: &AtomicUsize, request: &Request) -> Vec<u8> {
    if request.method == "GET" && number.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
        return answer("200 OK", &[("Vary", "Origin")], b"{}");
    }
    correct(request, ALLOWED)
}

#[test]
fn answers_that_differ_by_chance_are_a_finding_with_their_ratio() {
    let (folder, number) = (Folder::new(), AtomicUsize::new(1));
    let server = Server::start(move |request| one_of_three(&number, request));
    let ended = run(&folder, &server.url("/items"), &FEW);
    let what = ended.all();
    assert_eq!(ended.code, 1, "{what}");
    let record = record(&folder);
    let finding = record["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|finding| {
            finding["code"] == "answer.unstable"
                && finding["message"].as_str().is_some_and(|text| text.contains("of 8 answers had no"))
        })
        .unwrap_or_else(|| panic!("no such finding: {what}"));
    let message = finding["message"].as_str().expect("a message");
    let ratios = [
        "2 of 8 answers had no Access-Control-Allow-Origin",
        "3 of 8 answers had no Access-Control-Allow-Origin",
    ];
    assert!(ratios.iter().any(|ratio| message.contains(ratio)), "{message}");
    assert!(what.contains("answer.unstable") && what.contains("load balancer"), "{what}");
    assert_eq!(record["causes"][0]["code"], "unstable-answers", "{what}");
    // Only what changes nothing is repeated.
    let requests = server.requests();
    let last =
        requests.iter().rev().take_while(|request| ["GET", "HEAD", "OPTIONS"].contains(&&*request.method));
    let reads = last.filter(|request| request.method == "GET").count();
    assert!(reads >= 8, "{reads} of the last requests read: {what}");
}

/// Runs against a server whose answer number N to a GET is an edge's bare 504 where `is_gateway` says so.
fn run_behind_an_edge(folder: &Folder, is_gateway: impl Fn(usize) -> bool + Send + Sync + 'static) -> Ended {
    let number = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        match request.method == "GET" && is_gateway(number.fetch_add(1, Ordering::Relaxed)) {
            true => answer("504 Gateway Timeout", &[], b"time-out"),
            false => correct(request, ALLOWED),
        }
    });
    run(folder, &server.url("/items"), &FEW)
}

#[test]
fn every_other_answer_of_a_gateway_is_a_finding_with_its_ratio() {
    let folder = Folder::new();
    let ended = run_behind_an_edge(&folder, |number| number.is_multiple_of(2));
    let what = ended.all();
    assert_eq!(ended.code, 1, "{what}");
    assert_eq!(failed(&record(&folder)), ["\"answers/same-request\""], "{what}");
    for said in [
        "answer.unstable",
        "4 of 8 answers had no Access-Control-Allow-Origin",
        "4 of 8: status: 504",
        "the gateway",
    ] {
        let words: Vec<&str> = what.split_whitespace().collect();
        assert!(words.join(" ").contains(said), "no `{said}`: {what}");
    }
}

#[test]
fn gateway_errors_of_one_moment_are_waited_out() {
    let folder = Folder::new();
    let ended = run_behind_an_edge(&folder, |number| (3..5).contains(&number)).with_code(0);
    assert!(!codes(&record(&folder)).contains("answer.unstable"), "{}", ended.all());
}

#[test]
fn an_explanation_takes_the_answer_of_a_gateway_for_what_the_page_gets() {
    let server = Server::start(|request| match request.method.as_str() {
        "OPTIONS" => correct(request, ALLOWED),
        _ => answer("504 Gateway Timeout", &[], b"time-out"),
    });
    let folder = Folder::new();
    let ended = crosscheck(&folder, &["explain", &server.url("/items"), "--origin", ALLOWED]);
    assert_eq!(ended.code, 1, "{}", ended.all());
    assert!(ended.stdout.contains("504"), "{}", ended.all());
}

#[test]
fn a_healthy_endpoint_gets_nothing_of_it() {
    let folder = Folder::new();
    let number = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let mut bytes = format!(
            "HTTP/1.1 {}\r\nX-Request-Id: {number}\r\nAge: {number}\r\n",
            match request.method.as_str() {
                "OPTIONS" => "204 No Content",
                _ => "200 OK",
            }
        )
        .into_bytes();
        let whole = correct(request, ALLOWED);
        let rest = whole.iter().position(|byte| *byte == b'\n').expect("a status line") + 1;
        bytes.extend_from_slice(&whole[rest..]);
        bytes
    });
    let ended = run(&folder, &server.url("/items"), &FEW).with_code(0);
    let record = record(&folder);
    assert!(!codes(&record).contains("answer.unstable"), "{}", ended.all());
    assert!(record["throttled"].is_null() && record["could_not_judge"].is_null(), "{}", ended.all());
    assert!(!ended.stdout.contains("throttled"), "{}", ended.all());
}

#[test]
fn the_rate_is_kept_wherever_it_is_set() {
    let rate = |folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]| {
        let server = Server::start(|request| correct(request, ALLOWED));
        let url = server.url("/items");
        let base = ["run", "promises", "--target", &url, "--allowed-origin", ALLOWED];
        let ended = crosscheck_with(folder, &[&base[..], &DECLARED[..], arguments].concat(), environment);
        assert_eq!(ended.code, 0, "{}", ended.all());
        let sent = server.requests().len();
        assert!(sent > 10, "only {sent} requests");
        let least = Duration::from_secs_f64((sent - 1) as f64 / 20.0);
        assert!(ended.took >= least, "{sent} requests in {:?}", ended.took);
    };
    let folder = Folder::new();
    rate(&folder, &["--rate", "20"], &[]);
    rate(&folder, &[], &[("CROSSCHECK_RATE", "20")]);
    folder.write("crosscheck.json", r#"{ "rate": 20 }"#);
    rate(&folder, &[], &[]);
    let refused =
        crosscheck(&folder, &["run", "--target", "http://127.0.0.1:9/", "--rate", "0"]).with_code(2);
    assert!(refused.stderr.contains("--rate"), "{}", refused.all());
    folder.write("crosscheck.json", r#"{ "rate": 0 }"#);
    let refused = crosscheck(&folder, &["config", "show"]).with_code(2);
    assert!(refused.stderr.contains("crosscheck.json:1:"), "{}", refused.all());
}

#[test]
fn an_explanation_of_a_throttled_request_waits_too_and_then_says_that_it_is_not_judged() {
    for (most, code) in [(2, 0), (usize::MAX, 4)] {
        let number = AtomicUsize::new(0);
        let server = Server::start(move |request| match number.fetch_add(1, Ordering::Relaxed) < most {
            true => answer("429 Too Many Requests", &[], b"later"),
            false => correct(request, ALLOWED),
        });
        let folder = Folder::new();
        let ended = crosscheck(&folder, &["explain", &server.url("/items"), "--origin", ALLOWED]);
        assert_eq!(ended.code, code, "{}", ended.all());
        assert!(code == 0 || ended.all().contains("429"), "{}", ended.all());
    }
}
