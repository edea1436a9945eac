//! `crosscheck load` as a user meets it: what it asks of which server in which protocol, what it
//! finds, what it says of bad input and bad ends, and its exit code.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests run the program and read what it wrote"
)]

#[allow(dead_code, reason = "shared with other tests, which use more of it")]
#[path = "support/load_server.rs"]
mod load_server;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use crosscheck::load::record::{ErrorKind, LoadRecord};
use load_server::{LoadServer, Way};

/// A folder of its own for a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn record(&self) -> LoadRecord {
        let text = fs::read_to_string(self.0.join("load.json")).expect("the record was written");
        serde_json::from_str(&text).expect("a record")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
    command.args(["load", "--report-dir"]).arg(&folder.0).args(arguments).env_remove("CROSSCHECK_TARGET");
    command
}

/// The exit code, and what was said on both ways out.
fn load(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let output: Output = command(folder, arguments).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

/// Of a run whose harness had no time, nothing is said but that: a test's machine may be busy.
fn ends(folder: &Folder, (code, said): &(i32, String), expected: i32) {
    assert!(
        *code == expected || (*code == 4 && !folder.record().validity.valid),
        "{code}, not {expected}: {said}"
    );
}

/// The engines of this build.
fn engines() -> Vec<&'static str> {
    if cfg!(feature = "load") { vec!["rate", "goose"] } else { vec!["rate"] }
}

/// What a load server allows.
const ALLOWED: [&str; 6] =
    ["--allowed-origin", "https://a.example", "--allowed-method", "PUT", "--allowed-header", "x-custom"];

/// A store that serves until it is dropped.
struct Store {
    process: Child,
    url: String,
}

impl Store {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("its URL");
        Self { process, url: format!("{}/default/data.json", line.trim().trim_end_matches('/')) }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A plan whose every answer is wrong by its own words, so that the record has samples of them.
fn told(kind: &str) -> String {
    format!(
        r#"{{ "id": "told", "title": "t", "requests": {{ "read": {{ "kind": "{kind}", "expect": "refused" }} }},
            "rate": 30, "stages": [{{ "name": "all", "for": "1s" }}] }}"#
    )
}

#[test]
fn each_protocol_is_really_spoken_by_requests_browsers_and_cases() {
    let folder = Folder::new("protocols");
    let ca = folder.0.join("ca.pem").display().to_string();
    let case = folder.write(
        "suite.json",
        r#"{ "id": "own", "title": "t", "cases": [{ "id": "refused", "title": "t",
            "requests": { "r": { "origin": "{allowed}", "expect": { "response": { "status": 299 } } } } }] }"#,
    );
    assert!(case.ends_with("suite.json"));
    let plans = [
        folder.write("actual.json", &told("actual")),
        folder.write("fetch.json", &told("fetch")),
        folder.write(
            "case.json",
            r#"{ "id": "told", "title": "t", "cases": { "read": { "case": "refused", "file": "suite.json" } },
                "rate": 30, "stages": [{ "name": "all", "for": "1s" }] }"#,
        ),
    ];
    for tls in [false, true] {
        let secured = ["--tls", "--tls-ca", ca.as_str()];
        let store = Store::start(if tls { &secured } else { &[] });
        for (http, first_line) in [("1.1", "HTTP/1.1 200"), ("2", "HTTP/2 200")] {
            for plan in &plans {
                let mut arguments = vec![
                    plan.as_str(),
                    "--target",
                    &store.url,
                    "--allowed-origin",
                    "https://app.example",
                    "--http",
                    http,
                ];
                if tls {
                    arguments.extend(["--ca-file", &ca]);
                }
                let (code, said) = load(&folder, &arguments);
                assert_eq!(code, 1, "{arguments:?}: {said}");
                let record = folder.record();
                assert_eq!(record.configuration.tls, tls);
                assert_eq!((record.total.wrong, record.total.errors), (record.total.answered, 0), "{said}");
                assert_eq!(record.pacing.sent, 30);
                let finding = record.findings.first().expect("a finding");
                assert_eq!(finding.right_when_calm.is_some(), !plan.ends_with("fetch.json"), "{plan}");
                for sample in &finding.samples {
                    assert!(sample.received[0].starts_with(first_line), "{arguments:?}: {sample:?}");
                    assert!(sample.sent[0].ends_with(&format!(" HTTP/{http}")), "{arguments:?}: {sample:?}");
                    assert!(
                        sample.sent.iter().any(|line| line.contains("https://app.example")),
                        "{sample:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn whole_cases_hold_on_a_healthy_store_and_show_what_is_wrong_with_another() {
    let folder = Folder::new("cases");
    for engine in engines() {
        let usual = ["whole-cases", "--engine", engine, "--rate", "40", "--duration", "2s"];
        let healthy = load(&folder, &usual);
        let record = folder.record();
        assert_eq!((record.total.wrong, record.total.errors), (0, 0), "{engine}: {}", healthy.1);
        for name in ["reads", "asks.preflight", "refused", "own-name", "two-origins"] {
            let row = record.requests.iter().find(|row| row.name == name).expect(name);
            assert!(row.answered > 0, "{engine}: {name}");
        }
        // Seven pages for each arrival of this case.
        let own = record.requests.iter().find(|row| row.name == "own-name").expect("a row");
        assert_eq!(own.answered % 7, 0, "{engine}");
        let (code, said) = load(&folder, &[&usual[..], &["--fault", "reflect-any-origin"]].concat());
        assert_eq!(code, 1, "{engine}: {said}");
        let record = folder.record();
        let finding = record.findings.iter().find(|finding| finding.request == "refused").expect("a finding");
        assert!(finding.message.contains("origin/denied/does-not-read/"), "{finding:?}");
        assert_eq!(finding.right_when_calm, Some(false));
        assert!(!finding.samples[0].sent.is_empty() && !finding.samples[0].received.is_empty());
    }
}

#[test]
fn a_case_that_sets_rules_is_put_under_load_where_rules_can_be_set() {
    let folder = Folder::new("given");
    let plan = folder.write(
        "plan.json",
        r#"{ "id": "given", "title": "t",
            "cases": { "s3": { "case": "rules/order" , "file": "suite.json" } },
            "rate": 30, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    folder.write(
        "suite.json",
        r#"{ "id": "rules", "title": "t", "cases": [{ "id": "order", "title": "The first rule that fits counts",
            "kind": "rule",
            "given": { "rules": [{ "allowed_origins": ["https://x.example"], "allowed_methods": ["GET"] }],
                       "objects": { "a": { "body": "a" } } },
            "requests": {
              "x": { "origin": "https://x.example", "path": "a", "expect": { "outcome": "allowed" } },
              "y": { "origin": "https://y.example", "path": "a", "expect": { "outcome": "blocked" } } } }] }"#,
    );
    let (_, said) = load(&folder, &[&plan]);
    let record = folder.record();
    assert_eq!((record.total.answered, record.total.wrong, record.total.errors), (60, 0, 0), "{said}");
    // Elsewhere it is said what is missing.
    let server = LoadServer::start(Way::Right);
    let (code, said) = load(&folder, &[&[plan.as_str(), "--target", &server.url()], &ALLOWED[..]].concat());
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("needs a target whose CORS rules can be set"), "{said}");
}

#[test]
fn what_a_plan_needs_is_set_up_for_it_and_many_origins_read_many_resources() {
    let folder = Folder::new("many");
    let many = ["many-origins-through-cache", "--rate", "300", "--duration", "2s"];
    for engine in engines() {
        let arguments = [&many[..], &["--engine", engine]].concat();
        let ended = load(&folder, &arguments);
        ends(&folder, &ended, 0);
        let total = folder.record().total;
        assert_eq!((total.wrong, total.errors), (0, 0), "{engine}: {}", ended.1);
        // Each of the fifty origins gets a variant of its own of what it asks for, and often asks for it again.
        assert!(total.answered > 50 && total.from_cache > 50, "{engine}: {total:?}");
        // Without Vary, what is kept for one is given to others.
        let (code, said) = load(&folder, &[&arguments[..], &["--fault", "vary-missing"]].concat());
        assert_eq!(code, 1, "{engine}: {said}");
        let record = folder.record();
        assert_eq!(
            record.findings.first().map(|finding| finding.reason.as_str()),
            Some("cors-check.origin-mismatch")
        );
        assert!(record.findings[0].crossed > 20, "{engine}: {:?}", record.findings[0]);
    }
    // Elsewhere it is said what is missing, and what to do.
    let server = LoadServer::start(Way::Right);
    let (code, said) = load(&folder, &[&many[..], &["--target", &server.url()], &ALLOWED[..]].concat());
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("needs a target whose CORS rules can be set"), "{said}");
    assert!(said.contains("leave out `given`"), "{said}");
}

#[test]
fn the_study_of_caching_says_what_max_age_and_vary_do() {
    let folder = Folder::new("caching");
    let (_, said) = load(&folder, &["browser-fleet", "--rate", "40", "--duration", "1s"]);
    let caching = folder.record().caching.unwrap_or_else(|| panic!("{said}"));
    let per_view = |cap: u64, age: u64| {
        let view = caching.views.iter().find(|view| view.cap == Some(cap) && view.max_age == Some(age));
        view.unwrap_or_else(|| panic!("{cap} {age}: {:?}", caching.views)).per_view
    };
    let (webkit, chromium, firefox) = (600, 7_200, 86_400);
    // Up to a browser's cap a longer age saves requests; beyond it, nothing.
    assert!(per_view(firefox, 600) > per_view(firefox, 7_200));
    assert!(per_view(firefox, 7_200) >= per_view(firefox, 86_400));
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(close(per_view(webkit, 600), per_view(webkit, 86_400)));
    assert!(close(per_view(chromium, 7_200), per_view(chromium, 86_400)));
    for age in [600, 7_200, 86_400] {
        assert!(per_view(webkit, age) >= per_view(chromium, age), "{age}");
        assert!(per_view(chromium, age) >= per_view(firefox, age), "{age}");
    }
    let shared = |vary: bool, cache: &str| {
        let cost = caching.shared.iter().find(|cost| cost.vary_origin == vary && cost.cache == cache);
        cost.unwrap_or_else(|| panic!("{vary} {cache}: {:?}", caching.shared)).clone()
    };
    // A variant for each of two origins costs the origin more, and nobody's page breaks.
    let (with, without) = (shared(true, "shared"), shared(false, "shared"));
    assert!(with.to_origin > without.to_origin, "{with:?} {without:?}");
    assert_eq!(with.wrong, 0);
    assert!(without.wrong > 0 && without.wrong < without.requests, "{without:?}");
    // Who keeps one variant asks for nearly every change of origin.
    assert!(shared(true, "single-slot").to_origin > with.to_origin);
}

#[test]
fn a_baseline_is_kept_missed_or_measured_again() {
    let folder = Folder::new("baseline");
    // So slow that what a test's machine adds is noise.
    let usual = LoadServer::start(Way::SlowAtFirst(u64::MAX, Duration::from_millis(100)));
    let plan = folder.write(
        "plan.json",
        r#"{ "id": "steady", "title": "t", "requests": { "ask": { "method": "PUT" } }, "origins": ["{allowed}"],
            "rate": 60, "connections": 32, "stages": [{ "name": "all", "for": "4s" }] }"#,
    );
    let run = |name: &str, server: &LoadServer, more: &[&str]| {
        let folder = Folder::new(&format!("baseline-{name}"));
        let url = server.url();
        let arguments = [&[plan.as_str(), "--target", &url], &ALLOWED[..], more].concat();
        let ended = load(&folder, &arguments);
        (folder, ended)
    };
    let (before, ended) = run("before", &usual, &[]);
    ends(&before, &ended, 0);
    let baseline = before.0.join("load.json").display().to_string();
    let baseline = ["--baseline", baseline.as_str()];
    let slow = LoadServer::start(Way::SlowAtFirst(u64::MAX, Duration::from_millis(250)));
    // Slow for one run and its calm moment, and then as fast as ever.
    let once = LoadServer::start(Way::SlowAtFirst(240, Duration::from_millis(250)));
    let same = run("same", &usual, &baseline);
    ends(&same.0, &same.1, 0);
    let [worse, noise] = std::thread::scope(|scope| {
        let worse = scope.spawn(|| run("worse", &slow, &baseline));
        let noise = scope.spawn(|| run("noise", &once, &baseline));
        [worse, noise].map(|run| run.join().expect("a run"))
    });
    ends(&worse.0, &worse.1, 5);
    assert!(worse.1.1.contains("measured once more"), "{}", worse.1.1);
    let text = fs::read_to_string(worse.0.0.join("load-baseline.json")).expect("the comparison");
    assert!(text.contains("\"measured_again\": true") && text.contains("\"worse\""), "{text}");
    // The record is of the first run, and so is its log.
    for name in ["load.hlog", "load-again.hlog"] {
        assert!(worse.0.0.join(name).exists(), "{name}");
    }
    assert!(noise.1.1.contains("measured once more"), "{}", noise.1.1);
    ends(&noise.0, &noise.1, 0);
}

#[test]
fn a_record_is_of_its_run_alone_and_says_how_to_repeat_it_without_secrets() {
    let folder = Folder::new("repeat");
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let usual = ["--rate", "50", "--duration", "1s", "--header", "Authorization: Bearer hush", "--target"];
    let arguments = [&usual[..], &[url.as_str(), "--budget", "p50<5s"], &ALLOWED].concat();
    ends(&folder, &load(&folder, &arguments), 0);
    let command = folder.record().command;
    assert!(command.contains("--header 'Authorization: ***'"), "{command}");
    assert!(command.contains("--budget 'p50<5s'"), "a shell can read it: {command}");
    for file in fs::read_dir(&folder.0).expect("a folder") {
        let path = file.expect("a file").path();
        let text = String::from_utf8_lossy(&fs::read(&path).expect("read")).into_owned();
        assert!(!text.contains("hush"), "{}", path.display());
    }
    assert!(folder.0.join("load.hlog").exists());
    drop(server);
    let (code, said) = load(&folder, &arguments);
    assert_eq!(code, 4, "{said}");
    assert!(
        !folder.0.join("load.hlog").exists() && !said.contains("load.hlog"),
        "nothing was measured: {said}"
    );
}

#[test]
fn bad_input_is_said_before_anything_is_sent() {
    let folder = Folder::new("input");
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let impossible = folder.write(
        "impossible.json",
        "{ \"id\": \"a\", \"title\": \"t\", \"requests\": { \"ask\": {} }, \"rate\": 1, \"users\": 1,\n  \"stages\": [{ \"name\": \"s\", \"for\": \"0s\" }] }",
    );
    let table: [(&[&str], &[&str]); 11] = [
        (&["no-such-plan"], &["there is no load plan `no-such-plan`"]),
        (&["preflight-strom"], &["did you mean `preflight-storm`?"]),
        (
            &[&impossible],
            &[
                "impossible.json:1:66",
                "a plan has a rate of arrivals or a number of users",
                "impossible.json:2:",
            ],
        ),
        (&["--budget", "eror-rate<1%"], &["did you mean `error-rate`?"]),
        (&["--budget", "p99<1s for ask"], &["which the plan does not have"]),
        (&["--connections", "90000"], &["90000 connections", "raise|widen"]),
        (&["cross-talk", "--rate", "5"], &["the plan has users, not a rate of arrivals"]),
        (&["--baseline", "missing.json"], &["cannot read missing.json"]),
        (
            &["--target", "http://192.0.2.1/", "--allowed-origin", "https://a.example"],
            &["http://192.0.2.1/ is not on this machine", "--i-own-this-target", "--max-rate"],
        ),
        (&["--rate", "0"], &["a number from 0.001"]),
        (
            &["--jobs", "4", "--profile", "webkit"],
            &["--jobs has no effect", "--threads", "`browser.profile`"],
        ),
    ];
    for (arguments, words) in table {
        let (code, said) = load(&folder, &[arguments, &["--duration", "1s"]].concat());
        assert_eq!(code, 2, "{arguments:?}: {said}");
        for word in words {
            assert!(word.split('|').any(|word| said.contains(word)), "{word}: {said}");
        }
    }
    assert!(!folder.0.join("load.json").exists());
    // Who owns it may ask, and no faster than the cap.
    let arguments = [
        &["--target", &url, "--max-rate", "40", "--rate", "500", "--duration", "1s", "--i-own-this-target"],
        &ALLOWED[..],
    ]
    .concat();
    let ended = load(&folder, &arguments);
    let record = folder.record();
    assert!(record.pacing.sent <= 40 && record.pacing.sent >= 20, "{}: {}", record.pacing.sent, ended.1);
}

/// The harness is stopped for a while, so that it sends late though every connection is free.
#[cfg(unix)]
#[test]
fn a_harness_without_time_ends_alike_when_it_is_run_and_when_it_is_rendered() {
    let folder = Folder::new("invalid");
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let arguments = [&["--target", &url, "--rate", "200", "--duration", "3s"], &ALLOWED[..]].concat();
    let mut process =
        command(&folder, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    for _ in 0..600 {
        if server.answers() > 100 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let signal = |name: &str| {
        let id = process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("it runs").success());
    };
    signal("-STOP");
    std::thread::sleep(Duration::from_millis(500));
    signal("-CONT");
    assert_eq!(process.wait().expect("it ends").code(), Some(4));
    let record = folder.record();
    assert!(
        record.validity.doubts.iter().any(|doubt| doubt.code == "client.send-lag"),
        "{:?}",
        record.validity
    );
    assert_eq!((record.total.wrong, record.total.errors), (0, 0));
    let output = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .arg("render")
        .arg(folder.0.join("load.json"))
        .args(["--form", "text"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stdout).contains("not valid"));
}

#[test]
fn bad_ends_leave_a_report_up_to_there() {
    let folder = Folder::new("ends");
    let plan = folder.write(
        "plan.json",
        r#"{ "id": "steady", "title": "t", "requests": { "ask": { "method": "PUT" } }, "origins": ["{allowed}"],
            "rate": 100, "connections": 4, "timeout": "500ms", "stages": [{ "name": "all", "for": "4s" }] }"#,
    );
    let asked = |url: &str, more: &[&str]| {
        let arguments = [&[plan.as_str(), "--target", url], &ALLOWED[..], more].concat();
        let (code, said) = load(&folder, &arguments);
        (code, said, folder.record())
    };
    // It disappears midway: no budget speaks of errors, and still the run was not whole.
    let server = LoadServer::start(Way::Ends(150));
    let (code, said, record) = asked(&server.url(), &[]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("answered nothing any more after"), "{said}");
    assert!(record.total.answered > 100 && record.total.errors > 100, "{:?}", record.total);
    assert!(record.errors.iter().any(|error| error.kind == ErrorKind::Refused), "{:?}", record.errors);
    // Certificates that nobody trusts, and a connection that never speaks TLS: by kind, where there is no
    // calm moment to find them out, and none is lost.
    let ca = folder.0.join("ca.pem").display().to_string();
    let store = Store::start(&["--tls", "--tls-ca", &ca]);
    let server = LoadServer::start(Way::Right);
    let mute = server.url().replace("http:", "https:");
    for (url, kind) in [(&store.url, ErrorKind::Tls), (&mute, ErrorKind::Timeout)] {
        let (code, said, record) = asked(url, &["--http", "2", "--duration", "1s"]);
        assert_eq!(code, 4, "{said}");
        // Who waits for another's handshake on a shared connection may lose patience first.
        assert!(record.errors.iter().any(|error| error.kind == kind), "{kind:?}: {said}");
        assert_eq!(record.total.errors + record.pacing.dropped, 100, "{said}");
    }
    // Nothing listens at all.
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (code, said, record) = asked(&format!("http://{closed}/"), &[]);
    assert_eq!((code, record.total.answered), (4, 0), "{said}");
    assert!(said.contains("cannot be asked"), "{said}");
    for name in ["load.html", "load.md", "load-junit.xml", "load-requests.csv", "load-seconds.csv"] {
        assert!(fs::metadata(folder.0.join(name)).is_ok_and(|file| file.len() > 0), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_its_report_also_when_it_comes_twice() {
    for engine in engines() {
        for times in [1, 2] {
            let folder = Folder::new("ctrl-c");
            let server = LoadServer::start(Way::Right);
            let url = server.url();
            let arguments = ["--engine", engine, "--target", &url, "--rate", "100", "--duration", "60s"];
            let mut process = command(&folder, &[&arguments[..], &ALLOWED[..]].concat())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            for _ in 0..600 {
                if server.answers() > 50 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let id = process.id().to_string();
            for _ in 0..times {
                assert!(Command::new("kill").args(["-INT", &id]).status().expect("it runs").success());
                std::thread::sleep(Duration::from_millis(10));
            }
            let status = process.wait().expect("it ends");
            assert_eq!(status.code(), Some(130), "{engine}, {times}");
            let record = folder.record();
            assert!(
                record.interrupted && record.total.answered > 40 && record.seconds < 50.0,
                "{engine}, {times}: {:?}",
                record.total
            );
            assert!(fs::read_to_string(folder.0.join("load.html")).expect("the page").contains("cut short"));
        }
    }
}

#[test]
fn nothing_is_sent_on_a_connection_that_has_ended_and_no_late_answer_is_taken_for_the_next() {
    let folder = Folder::new("kept");
    let plan = folder.write(
        "kept.json",
        r#"{ "id": "kept", "title": "t", "requests": { "ask": { "method": "PUT" } }, "connections": 1,
            "origins": ["https://a.example", "https://b.example"],
            "rate": 50, "stages": [{ "name": "all", "for": "2s" }] }"#,
    );
    for engine in engines() {
        let asked = |server: &LoadServer| {
            let url = server.url();
            let arguments = [&[plan.as_str(), "--engine", engine, "--target", &url], &ALLOWED[..]].concat();
            let (_, said) =
                load(&folder, &[&arguments[..], &["--allowed-origin", "https://b.example"]].concat());
            (folder.record(), said)
        };
        let server = LoadServer::start(Way::ClosesSilently);
        let (record, said) = asked(&server);
        assert_eq!((record.total.answered, record.total.errors), (100, 0), "{engine}: {said}");
        assert_eq!(server.answers(), 102, "{engine}: {said}");
        // One that was late may go out while the end is still on its way.
        assert!(server.strays() < 10, "{engine}: {}", server.strays());
        // The second time comes when the first is long taken, and before the next request goes out.
        let server = LoadServer::start(Way::Repeats(10, Duration::from_millis(5)));
        let (record, said) = asked(&server);
        let found: Vec<_> = record.findings.iter().map(|finding| finding.reason.as_str()).collect();
        assert_eq!(found, ["load.unasked-bytes"], "{engine}: {said}");
        let finding = &record.findings[0];
        assert!((8..=10).contains(&finding.count), "{engine}: {said}");
        let received = &finding.samples[0].received;
        assert!(received.iter().any(|line| line == "(nobody asked for) HTTP/1.1 204 X"), "{received:?}");
        assert_eq!(record.total.answered, 100, "{engine}: {said}");
    }
}

#[test]
fn requests_of_a_case_that_are_to_be_made_at_once_are() {
    let folder = Folder::new("at-once");
    folder.write(
        "suite.json",
        r#"{ "id": "own", "title": "t", "cases": [{ "id": "pair", "title": "t",
            "requests": { "a": { "origin": "https://a.example", "expect": { "outcome": "allowed" } },
                          "b": { "origin": "https://b.example", "expect": { "outcome": "allowed" } } },
            "through": ["live"], "order": ["a+b"] }] }"#,
    );
    let plan = folder.write(
        "plan.json",
        r#"{ "id": "pairs", "title": "t", "cases": { "pair": { "case": "pair", "file": "suite.json" } },
            "rate": 20, "connections": 1, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    for engine in engines() {
        let server = LoadServer::start(Way::Pairs);
        let url = server.url();
        let arguments = [&[plan.as_str(), "--engine", engine, "--target", &url], &ALLOWED[..]].concat();
        let (_, said) = load(&folder, &[&arguments[..], &["--allowed-origin", "https://b.example"]].concat());
        let record = folder.record();
        assert_eq!(
            (record.total.answered, record.total.wrong, record.total.errors),
            (40, 0, 0),
            "{engine}: {said}"
        );
        // And once in the calm moment.
        assert_eq!((server.pairs(), record.client.connects), (21, 2), "{engine}: {said}");
    }
}

#[test]
fn requests_without_an_answer_take_nothing_from_the_others() {
    for engine in engines() {
        let folder = Folder::new("swallowed");
        let server = LoadServer::start(Way::Swallows(100));
        let url = server.url();
        let run = ["preflight-storm", "--engine", engine, "--rate", "100", "--duration", "2s"];
        let more = ["--target", &url, "--request-timeout", "3000", "--budget", "error-rate<50%"];
        let ended = load(&folder, &[&run[..], &more[..], &ALLOWED[..]].concat());
        let record = folder.record();
        // What was said for this run goes before the plan's own ten seconds.
        assert_eq!(record.configuration.timeout_ms, 3000, "{engine}");
        assert!(record.errors.iter().all(|error| error.kind == ErrorKind::Timeout), "{engine}: {}", ended.1);
        assert!(record.total.errors > 0 && record.seconds > 3.0, "{engine}: {}", record.seconds);
        assert!(record.seconds < 8.0, "{engine}: {}", record.seconds);
        // It answered until the end, and how long the last few were waited for is not the others' rate.
        assert_eq!(record.hindrance, None, "{engine}");
        let rate = record.total.answered as f64 / 2.0;
        assert!((rate * 0.6..rate * 1.01).contains(&record.total.per_second), "{engine}: {}", ended.1);
        let last = record.phases.last().expect("a stage");
        assert!(last.seconds < last.planned + 1.0, "{engine}: {last:?}");
    }
}

/// The exit code, and what was said as errors, where so many files may be open.
#[cfg(unix)]
fn limited(folder: &Folder, most: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
    let program = command(folder, arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(program.get_program()).args(program.get_args());
    let output = shell.output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A case makes more requests at once than files may be open.
#[cfg(unix)]
#[test]
fn a_harness_without_files_left_does_not_blame_the_endpoint() {
    let folder = Folder::new("exhausted");
    let names: Vec<String> = (0..90).map(|number| format!("r{number}")).collect();
    let requests: Vec<String> =
        names.iter().map(|name| format!(r#""{name}": {{ "origin": "https://a.example" }}"#)).collect();
    let text = format!(
        r#"{{ "id": "own", "title": "t", "cases": [{{ "id": "many", "title": "t", "requests": {{ {} }},
            "through": ["live"], "order": ["{}"] }}] }}"#,
        requests.join(", "),
        names.join("+")
    );
    folder.write("suite.json", &text);
    let plan = folder.write(
        "plan.json",
        r#"{ "id": "many", "title": "t", "cases": { "many": { "case": "many", "file": "suite.json" } },
            "rate": 2, "connections": 1, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let (code, said) = limited(&folder, "80", &[&[plan.as_str(), "--target", &url], &ALLOWED[..]].concat());
    let record = folder.record();
    assert_eq!(code, Some(4), "{said}");
    assert!(record.errors.iter().any(|error| error.kind == ErrorKind::Exhausted), "{:?}", record.errors);
    let told = record.validity.doubts.iter().find(|doubt| doubt.code == "client.exhausted");
    assert!(told.is_some_and(|doubt| doubt.invalidates), "{:?}", record.validity);
}

#[cfg(unix)]
#[test]
fn open_files_are_counted_for_both_ends_and_for_each_of_gooses_users() {
    let folder = Folder::new("files");
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let limited = |most: &str, arguments: &[&str]| limited(&folder, most, arguments);
    let short = ["--rate", "20", "--duration", "1s"];
    let (code, said) = limited("150", &short);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("64 connections, both of whose ends are here, need 192 open files"), "{said}");
    assert!(said.contains("--connections 43"), "{said}");
    let target = [&["--target", &url][..], &ALLOWED[..], &short[..]].concat();
    let (code, said) = limited("150", &target);
    assert_ne!(code, Some(2), "{said}");
    if cfg!(feature = "load") {
        let fleet = [&["browser-fleet", "--engine", "goose"][..], &target[..]].concat();
        let (code, said) = limited("150", &fleet);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("200 connections need 264 open files"), "{said}");
        assert!(said.contains("`browser.count` of 86"), "{said}");
    }
}

#[test]
fn a_report_that_cannot_be_written_does_not_take_the_record_with_it() {
    let folder = Folder::new("unwritable");
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    fs::create_dir(folder.0.join("load.html")).expect("a folder in its place");
    let arguments = [&["--target", &url, "--rate", "20", "--duration", "1s"], &ALLOWED[..]].concat();
    let (code, said) = load(&folder, &arguments);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("load.html") && said.contains("crosscheck render"), "{said}");
    assert!(folder.record().total.answered > 0);
    assert!(folder.0.join("load.md").is_file());
}

#[cfg(unix)]
#[test]
fn the_record_of_a_long_plan_can_be_read_again() {
    let folder = Folder::new("long");
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    // A third of it takes more milliseconds than a plan may say.
    let plan = folder.write(
        "thirds.json",
        r#"{ "id": "thirds", "title": "t", "requests": { "ask": { "method": "PUT" } }, "rate": 100, "stages": [
            { "name": "one", "for": "1s" }, { "name": "two", "for": "2s" }, { "name": "three", "for": "4s" }] }"#,
    );
    let arguments = [&[plan.as_str(), "--target", &url, "--duration", "3h"], &ALLOWED[..]].concat();
    let mut process =
        command(&folder, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    for _ in 0..600 {
        if server.answers() > 20 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("it runs").success());
    assert_eq!(process.wait().expect("it ends").code(), Some(130));
    let record = folder.record();
    assert!((record.plan.stages[0].duration.seconds() - 10_800.0 / 7.0).abs() < 1.0, "{:?}", record.plan);
}
