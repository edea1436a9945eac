//! Caches on the way that keep what they should not, in a process that knows nothing of Crosscheck: what they break is
//! reported, and nothing is left in them for an endpoint's real users.

use crate::{away::Served, care::support};

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crosscheck::reference::default_policy;
use serde_json::Value;
use support::{Folder, crosscheck};

/// A proxy of `tests/fixtures/keeping_proxy.py` in front of a port, ended with the test.
struct Proxy {
    child: Child,
    port: u16,
    lines: mpsc::Receiver<String>,
}

impl Proxy {
    fn start(upstream: &str) -> Self {
        Self::start_with(upstream, &[])
    }

    fn start_with(upstream: &str, more: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keeping_proxy.py");
        let port = upstream.trim_end_matches('/').rsplit_once(':').expect("a port").1;
        let mut child = Command::new("python3")
            .args([script, port])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3");
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("its port");
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                let _ = told.send(line);
            }
        });
        Self { child, port: line.trim().parse().expect("a port"), lines }
    }

    /// The request lines that reached it so far, each with its Origin.
    fn asked(&self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_millis(500)).ok()).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The arguments of a run against the default bucket behind this port.
fn run(port: u16, select: &[&str], more: &[&str]) -> Vec<String> {
    let url = format!("http://127.0.0.1:{port}/default/data.json");
    let arguments = [&["run"], select, &["--target", &url], more].concat();
    arguments.into_iter().map(str::to_owned).chain(crate::away::declared()).collect()
}

fn failed(folder: &Folder) -> Vec<String> {
    let record: Value = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    let tests = record["tests"].as_array().expect("tests").iter();
    tests
        .filter(|test| test["verdict"] == "fail")
        .map(|test| test["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn a_network_that_keeps_preflights_is_caught_by_the_questions_of_one_page() {
    let folder = Folder::new();
    let store = Served::start(&folder, None);
    let proxy = Proxy::start(&store.url);
    let arguments = run(proxy.port, &["cache/live"], &[]);
    crosscheck(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).with_code(1);
    let failed = failed(&folder);
    for case in ["preflights-of-headers", "refused-method-and-allowed", "refused-header-and-allowed"] {
        let id = format!("cache/live/{case}");
        assert!(failed.iter().any(|test| test.starts_with(&id)), "{case} holds: {failed:#?}");
    }
    // It keeps preflights apart for each origin, so that two pages do not disturb each other.
    assert!(!failed.iter().any(|test| test.starts_with("cache/live/preflights[")), "{failed:#?}");
    // The same without the proxy is clean.
    let direct = store.url.trim_end_matches('/').rsplit_once(':').expect("a port").1.parse().expect("a port");
    let arguments = run(direct, &["cache/live"], &[]);
    crosscheck(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).with_code(0);
}

#[test]
fn an_edge_that_keeps_preflights_of_the_declared_url_alone_is_caught_there() {
    let folder = Folder::new();
    let store = Served::start(&folder, None);
    let edge = Proxy::start_with(&store.url, &["plain-preflights"]);
    let arguments = run(edge.port, &["promises", "cache/live", "preflight/allowed"], &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    crosscheck(&folder, &arguments).with_code(1);
    let failed = failed(&folder);
    assert!(
        failed.iter().all(|id| id.starts_with("promises/origins/declared-url/")) && failed.len() == 1,
        "whatever has a query is answered afresh: {failed:#?}"
    );
}

/// The request lines to the declared URL and to paths below it, their queries included.
fn of_declared(asked: &[String]) -> Vec<&str> {
    let plain = |line: &&String| line.split(' ').nth(1).is_some_and(|target| !target.contains("crosscheck="));
    asked.iter().filter(plain).map(String::as_str).collect()
}

#[test]
fn a_run_leaves_nothing_in_caches_on_the_way_to_the_real_url() {
    let folder = Folder::new();
    let store = Served::start(&folder, None);
    let proxy = Proxy::start(&store.url);
    let arguments = run(proxy.port, &[], &[]);
    let _ = crosscheck(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let asked = proxy.asked();
    assert!(asked.len() > 200, "the whole suite was sent: {}", asked.len());
    // Preflights of the first allowed origin, which its pages send anyway: never a refusal, or the answer to another origin.
    let first = &default_policy().rules[0].allowed_origins[0];
    let harmless = format!("OPTIONS /default/data.json {first}");
    let left: Vec<&str> = of_declared(&asked).into_iter().filter(|line| *line != harmless).collect();
    assert!(left.is_empty(), "these could be kept for real users: {left:#?}");
    assert!(asked.contains(&harmless), "the declared URL itself is asked as well");

    // An owner can have the URL left as it is: then this shows that the test can fail.
    let arguments = run(proxy.port, &["origin/denied"], &["--fresh-query", ""]);
    let _ = crosscheck(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let asked = proxy.asked();
    assert!(!of_declared(&asked).is_empty(), "{asked:#?}");
}
