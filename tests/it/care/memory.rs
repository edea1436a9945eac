//! Memory and reports stay small, whatever an endpoint sends.

use std::{fs, process::Stdio, time::Duration};

use crosscheck::{
    report::json,
    run::record::{RunRecord, published},
};
use serde_json::Value;

use crate::{
    care::support::{DECLARED, Folder, Server, answer, command, correct, crosscheck},
    hostile::{ALLOWED, Endpoint, Hostile, Used, watch},
};

/// The bound for any endpoint, in bytes.
const MOST: u64 = 300 * 1000 * 1000;

fn used(folder: &Folder, arguments: &[&str]) -> Used {
    let child = command(folder, arguments, &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    watch(child, Duration::from_secs(240))
}

fn size(folder: &Folder, name: &str) -> u64 {
    fs::metadata(folder.path().join("reports").join(name)).expect(name).len()
}

fn record(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("reports/run.json")).expect("the record is JSON")
}

/// The entries of one of the record's tables.
fn table<'r>(record: &'r Value, name: &str) -> &'r [Value] {
    record[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn a_run_stays_within_its_memory_whatever_the_endpoint_sends() {
    // (endpoint, cases, exit code, most bytes of run.json and of junit.xml)
    for (hostile, cases, code, json, junit) in [
        (Hostile::LargeBody, "cache", 0, 1_500_000, 700_000),
        (Hostile::LongHead, "cache", 0, 6_000_000, 700_000),
        (Hostile::Redirects, "origin", 4, 30_000_000, 2_000_000),
    ] {
        let (folder, endpoint) = (Folder::new(), Endpoint::start(hostile));
        let used = used(&folder, &["run", cases, "-t", &endpoint.url, "--allowed-origin", ALLOWED]);
        assert_eq!(used.status.and_then(|status| status.code()), Some(code), "{hostile:?}");
        assert!(used.peak_bytes > 5_000_000, "{hostile:?}: nothing was measured");
        assert!(used.peak_bytes <= MOST, "{hostile:?}: {} bytes", used.peak_bytes);
        let sizes = (size(&folder, "run.json"), size(&folder, "junit.xml"));
        assert!(sizes.0 <= json && sizes.1 <= junit, "{hostile:?}: {sizes:?}");
    }
}

#[test]
fn an_explanation_stays_within_its_memory() {
    for hostile in [Hostile::EndlessBody, Hostile::LongCorsField] {
        let (folder, endpoint) = (Folder::new(), Endpoint::start(hostile));
        let used = used(&folder, &["explain", &endpoint.url, "--origin", "https://other.example"]);
        assert_eq!(used.status.and_then(|status| status.code()), Some(1), "{hostile:?}");
        assert!((5_000_000..=MOST).contains(&used.peak_bytes), "{hostile:?}: {} bytes", used.peak_bytes);
    }
}

#[test]
fn the_record_of_the_whole_suite_is_lean() {
    let folder = Folder::new();
    let used = used(&folder, &[]);
    assert_eq!(used.status.and_then(|status| status.code()), Some(0));
    let (json, junit) = (size(&folder, "run.json"), size(&folder, "junit.xml"));
    assert!(json < 6_000_000, "run.json: {json} bytes");
    assert!(junit < 700_000, "junit.xml: {junit} bytes");
    // Every line is of one entry, so that a person and `grep` can read it.
    let longest = folder.read("reports/run.json").lines().map(str::len).max();
    assert!(longest < Some(20_000), "{longest:?}");
    let text = folder.read("reports/run.json");
    let read: RunRecord = serde_json::from_str(&text).expect("the record can be read again");
    assert_eq!(read.tests.len(), read.counts().0.values().sum::<usize>());
    assert!(json::render(&read).expect("JSON") == text, "read and written again it is another one");
    let record = record(&folder);
    let schema: Value = serde_json::from_str(&published()).expect("JSON");
    let valid = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = valid.iter_errors(&record).take(3).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(record["record_version"], 6);
    assert!(table(&record, "tests").len() > 3_000);
    for name in ["claims", "results", "exchanges", "requests", "responses"] {
        let mut entries: Vec<String> = table(&record, name).iter().map(Value::to_string).collect();
        let all = entries.len();
        entries.sort();
        entries.dedup();
        assert!(all > 100 && entries.len() == all, "{name}: {} of {all} entries differ", entries.len());
    }
}

#[test]
fn what_is_left_out_is_said_and_what_decides_is_kept() {
    let filler = "f".repeat(300);
    let server = Server::start(move |request| {
        let mut lines: Vec<(String, String)> =
            (0..200).map(|place| (format!("X-Filler-{place}"), filler.clone())).collect();
        if request.field("origin") == Some(ALLOWED) {
            lines.push(("Access-Control-Allow-Origin".to_owned(), ALLOWED.to_owned()));
        }
        lines.push(("Vary".to_owned(), "Origin".to_owned()));
        let lines: Vec<(&str, &str)> =
            lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = vec![b'b'; if request.method == "GET" { 1_000_000 } else { 0 }];
        answer("200 OK", &lines, &body)
    });
    let folder = Folder::new();
    crosscheck(&folder, &["run", "origin", "-t", &server.url("/"), "--allowed-origin", ALLOWED]).with_code(0);
    let record = record(&folder);
    let requests = table(&record, "requests");
    let mut seen = 0;
    for exchange in table(&record, "exchanges") {
        let index = |value: &Value| usize::try_from(value.as_u64().expect("a place")).expect("a place");
        let request = &requests[index(&exchange["request"])];
        let response = &table(&record, "responses")[index(&exchange["response"])];
        if request["method"] != "GET" {
            continue;
        }
        seen += 1;
        let fields: Vec<&str> = table(response, "fields").iter().filter_map(Value::as_str).collect();
        assert!(fields.contains(&"Vary: Origin"), "{fields:?}");
        // As the server understands it: the first line counts.
        let origin = table(request, "fields")
            .iter()
            .filter_map(|line| line.as_str()?.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("origin"));
        let asked = origin.is_some_and(|(_, value)| value.trim() == ALLOWED);
        let granted = format!("Access-Control-Allow-Origin: {ALLOWED}");
        assert_eq!(fields.contains(&granted.as_str()), asked, "what decides is kept: {request}");
        assert_eq!(response["body"].as_str().map(str::len), Some(4_096));
        let cut = &exchange["cut"]["received"];
        let left = 200 - fields.iter().filter(|line| line.starts_with("X-Filler")).count();
        assert_eq!(cut["field_lines"], left);
        assert!(left > 100 && cut["head_bytes"].as_u64() > Some(30_000), "{cut}");
        assert_eq!((&cut["content"]["bytes"], &cut["content"]["more"]), (&262_144.into(), &true.into()));
        // Of the bytes that were read, as `head -c 262144 | sha256sum` computes it.
        let digest = "9e240eace59e902546b5c777cec8b8c20017915d2e0ec85580d5cc7b586da7dd";
        assert_eq!(cut["content"]["sha256"], digest);
    }
    assert!(seen > 10, "{seen} reads");
}

#[test]
fn the_record_of_an_ordinary_endpoint_lacks_nothing() {
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    let url = server.url("/");
    let arguments = [&["run", "-t", &url, "--allowed-origin", ALLOWED][..], &DECLARED].concat();
    crosscheck(&folder, &arguments).with_code(0);
    let record = record(&folder);
    assert!(table(&record, "exchanges").iter().all(|exchange| exchange.get("cut").is_none()));
    assert!(table(&record, "responses").iter().any(|response| response["body"] == "{}"));
}

#[test]
fn a_request_that_is_not_kept_whole_is_not_shown_as_a_command() {
    let (folder, endpoint) = (Folder::new(), Endpoint::start(Hostile::Redirects));
    let ended = crosscheck(&folder, &["explain", &endpoint.url, "--origin", ALLOWED]).with_code(1);
    assert!(ended.stdout.contains("too long to be kept whole"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("curl -"), "{}", ended.stdout);
}
