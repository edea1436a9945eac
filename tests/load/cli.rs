//! `crosscheck load` as a user meets it: what it asks of which server in which protocol, and what it finds.
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
use crate::load_command;
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
use crate::load_server;

use std::{fs, time::Duration};

use crate::folder::Folder;
use load_command::{ALLOWED, Store, ends, engines, load, record_in, written};
use load_server::{LoadServer, Way};

/// A plan whose every answer is wrong by its own words, so that the record has samples of them.
fn told(kind: &str) -> String {
    format!(
        r#"{{ "id": "told", "title": "t", "requests": {{ "read": {{ "kind": "{kind}", "expect": "refused" }} }},
            "rate": 30, "stages": [{{ "name": "all", "for": "1s" }}] }}"#
    )
}

#[test]
fn each_protocol_is_really_spoken_by_requests_browsers_and_cases() {
    let folder = Folder::new();
    let ca = folder.join("ca.pem").display().to_string();
    let case = written(
        &folder,
        "suite.json",
        r#"{ "id": "own", "title": "t", "cases": [{ "id": "refused", "title": "t",
            "requests": { "r": { "origin": "{allowed}", "expect": { "response": { "status": 299 } } } } }] }"#,
    );
    assert!(case.ends_with("suite.json"));
    let plans = [
        written(&folder, "actual.json", &told("actual")),
        written(&folder, "fetch.json", &told("fetch")),
        written(
            &folder,
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
                let record = record_in(&folder);
                assert_eq!(record.configuration.tls, tls);
                assert_eq!((record.total.wrong, record.total.errors), (record.total.answered, 0), "{said}");
                assert_eq!(record.pacing.sent, 30);
                let finding = record.findings.first().expect("a finding");
                assert_eq!(finding.ok_unloaded.is_some(), !plan.ends_with("fetch.json"), "{plan}");
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
    let folder = Folder::new();
    for engine in engines() {
        let usual = ["whole-cases", "--engine", engine, "--rate", "40", "--duration", "2s"];
        let healthy = load(&folder, &usual);
        let record = record_in(&folder);
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
        let record = record_in(&folder);
        let finding = record.findings.iter().find(|finding| finding.request == "refused").expect("a finding");
        assert!(finding.message.contains("origin/denied/does-not-read/"), "{finding:?}");
        assert_eq!(finding.ok_unloaded, Some(false));
        assert!(!finding.samples[0].sent.is_empty() && !finding.samples[0].received.is_empty());
    }
}

#[test]
fn a_case_that_sets_rules_is_put_under_load_where_rules_can_be_set() {
    let folder = Folder::new();
    let plan = written(
        &folder,
        "plan.json",
        r#"{ "id": "given", "title": "t",
            "cases": { "s3": { "case": "rules/order" , "file": "suite.json" } },
            "rate": 30, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    written(
        &folder,
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
    let record = record_in(&folder);
    assert_eq!((record.total.answered, record.total.wrong, record.total.errors), (60, 0, 0), "{said}");
    // Elsewhere it is said what is missing.
    let server = LoadServer::start(Way::Right);
    let (code, said) = load(&folder, &[&[plan.as_str(), "--target", &server.url()], &ALLOWED[..]].concat());
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("needs an endpoint whose CORS rules can be set"), "{said}");
}

#[test]
fn what_a_plan_needs_is_set_up_for_it_and_many_origins_read_many_resources() {
    let folder = Folder::new();
    let many = ["many-origins-through-cache", "--rate", "300", "--duration", "2s"];
    for engine in engines() {
        let arguments = [&many[..], &["--engine", engine]].concat();
        let ended = load(&folder, &arguments);
        ends(&folder, &ended, 0);
        let total = record_in(&folder).total;
        assert_eq!((total.wrong, total.errors), (0, 0), "{engine}: {}", ended.1);
        // Each of the fifty origins gets a variant of its own of what it asks for, and often asks for it again.
        assert!(total.answered > 50 && total.from_cache > 50, "{engine}: {total:?}");
        // Without Vary, what is kept for one is given to others.
        let (code, said) = load(&folder, &[&arguments[..], &["--fault", "vary-missing"]].concat());
        assert_eq!(code, 1, "{engine}: {said}");
        let record = record_in(&folder);
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
    assert!(said.contains("needs an endpoint whose CORS rules can be set"), "{said}");
    assert!(said.contains("leave out `given`"), "{said}");
}

#[test]
fn the_study_of_caching_says_what_max_age_and_vary_do() {
    let folder = Folder::new();
    let (_, said) = load(&folder, &["browser-fleet", "--rate", "40", "--duration", "1s"]);
    let caching = record_in(&folder).caching.unwrap_or_else(|| panic!("{said}"));
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
    let folder = Folder::new();
    // So slow that what a test's machine adds is noise.
    let usual = LoadServer::start(Way::SlowAtFirst(u64::MAX, Duration::from_millis(100)));
    let plan = written(
        &folder,
        "plan.json",
        r#"{ "id": "steady", "title": "t", "requests": { "ask": { "method": "PUT" } }, "origins": ["{allowed}"],
            "rate": 60, "connections": 32, "stages": [{ "name": "all", "for": "4s" }] }"#,
    );
    let run = |_name: &str, server: &LoadServer, more: &[&str]| {
        let folder = Folder::new();
        let url = server.url();
        let arguments = [&[plan.as_str(), "--target", &url], &ALLOWED[..], more].concat();
        let ended = load(&folder, &arguments);
        (folder, ended)
    };
    let (before, ended) = run("before", &usual, &[]);
    ends(&before, &ended, 0);
    let baseline = before.join("load.json").display().to_string();
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
    let text = fs::read_to_string(worse.0.join("load-baseline.json")).expect("the comparison");
    assert!(text.contains("\"measured_again\": true") && text.contains("\"worse\""), "{text}");
    // The record is of the first run, and so is its log.
    for name in ["load.hlog", "load-again.hlog"] {
        assert!(worse.0.join(name).exists(), "{name}");
    }
    assert!(noise.1.1.contains("measured once more"), "{}", noise.1.1);
    ends(&noise.0, &noise.1, 0);
}

#[test]
fn a_record_is_of_its_run_alone_and_says_how_to_repeat_it_without_secrets() {
    let folder = Folder::new();
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let usual = ["--rate", "50", "--duration", "1s", "--header", "Authorization: Bearer hush", "--target"];
    let arguments = [&usual[..], &[url.as_str(), "--budget", "p50<5s"], &ALLOWED].concat();
    ends(&folder, &load(&folder, &arguments), 0);
    let command = record_in(&folder).command;
    assert!(command.contains("--header 'Authorization: ***'"), "{command}");
    assert!(command.contains("--budget 'p50<5s'"), "a shell can read it: {command}");
    for file in fs::read_dir(folder.path()).expect("a folder") {
        let path = file.expect("a file").path();
        let text = String::from_utf8_lossy(&fs::read(&path).expect("read")).into_owned();
        assert!(!text.contains("hush"), "{}", path.display());
    }
    assert!(folder.join("load.hlog").exists());
    drop(server);
    let (code, said) = load(&folder, &arguments);
    assert_eq!(code, 4, "{said}");
    assert!(
        !folder.join("load.hlog").exists() && !said.contains("load.hlog"),
        "nothing was measured: {said}"
    );
}

#[test]
fn nothing_is_sent_on_a_connection_that_has_ended_and_no_late_answer_is_taken_for_the_next() {
    let folder = Folder::new();
    let plan = written(
        &folder,
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
            (record_in(&folder), said)
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
        assert_eq!(found, ["response.unsolicited-bytes"], "{engine}: {said}");
        let finding = &record.findings[0];
        assert!((8..=10).contains(&finding.count), "{engine}: {said}");
        let received = &finding.samples[0].received;
        assert!(received.iter().any(|line| line == "(unsolicited) HTTP/1.1 204 X"), "{received:?}");
        assert_eq!(record.total.answered, 100, "{engine}: {said}");
    }
}

#[test]
fn requests_of_a_case_that_are_to_be_made_at_once_are() {
    let folder = Folder::new();
    written(
        &folder,
        "suite.json",
        r#"{ "id": "own", "title": "t", "cases": [{ "id": "pair", "title": "t",
            "requests": { "a": { "origin": "https://a.example", "expect": { "outcome": "allowed" } },
                          "b": { "origin": "https://b.example", "expect": { "outcome": "allowed" } } },
            "through": ["live"], "order": ["a+b"] }] }"#,
    );
    let plan = written(
        &folder,
        "plan.json",
        r#"{ "id": "pairs", "title": "t", "cases": { "pair": { "case": "pair", "file": "suite.json" } },
            "rate": 20, "connections": 1, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    for engine in engines() {
        let server = LoadServer::start(Way::Pairs);
        let url = server.url();
        let arguments = [&[plan.as_str(), "--engine", engine, "--target", &url], &ALLOWED[..]].concat();
        let (_, said) = load(
            &folder,
            &[&arguments[..], &["--allowed-origin", "https://b.example", "--allowed-method", "GET"]].concat(),
        );
        let record = record_in(&folder);
        assert_eq!(
            (record.total.answered, record.total.wrong, record.total.errors),
            (40, 0, 0),
            "{engine}: {said}"
        );
        // And once before the load.
        assert_eq!((server.pairs(), record.client.connects), (21, 2), "{engine}: {said}");
    }
}
