//! Small records for tests, made of the file form, so that a new member needs no change here.

use serde_json::{Value, json};

use super::record::{RECORD_VERSION, RunRecord};

/// A record of tests, each with its verdict and the codes of its findings; of causes (see [`cause`]) and promises
/// (see [`promise`]).
pub(super) fn record(tests: &[(&str, &str, &[&str])], causes: &[Value], promises: &[Value]) -> RunRecord {
    record_with(tests, causes, promises, &json!({}))
}

/// The same with further members.
pub(super) fn record_with(
    tests: &[(&str, &str, &[&str])],
    causes: &[Value],
    promises: &[Value],
    more: &Value,
) -> RunRecord {
    let mut findings = Vec::new();
    let mut made = Vec::new();
    for (id, verdict, codes) in tests {
        let first = findings.len();
        for code in *codes {
            findings.push(json!({
                "oracle": "outcome", "weight": "failure", "code": code, "message": "m", "expected": "e", "actual": "a",
            }));
        }
        let own: Vec<usize> = (first..findings.len()).collect();
        made.push(json!({ "id": id, "verdict": verdict, "claim": 0, "findings": own, "micros": 1 }));
    }
    let mut file = json!({
        "record_version": RECORD_VERSION, "crosscheck": "1.0.0", "started": "2026-01-01T00:00:00Z",
        "machine": { "os": "linux", "arch": "x86_64", "processors": 2 },
        "target": { "name": "https://api.example/", "dialect": "generic" },
        "duration_ms": 1, "seed": 1, "command": "crosscheck run --shard 1/2 x", "interrupted": false,
        "tests": made, "causes": causes, "promises": promises, "findings": findings,
        "claims": [{ "title": "t", "kind": "must", "file": "f.json", "line": 1 }],
        "results": [], "exchanges": [], "requests": [], "responses": [],
    });
    for (name, value) in more.as_object().unwrap() {
        file[name] = value.clone();
    }
    serde_json::from_value(file).unwrap()
}

/// A cause of these tests.
pub(super) fn cause(code: &str, subject: Option<&str>, tests: &[usize]) -> Value {
    json!({
        "code": code, "subject": subject, "severity": "high", "sentence": format!("{code} is wrong"),
        "cure": ["change it"], "fails": true, "tests": tests,
    })
}

/// A promise of an origin, with the tests that prove that it was broken.
pub(super) fn promise(origin: &str, state: &str, tests: &[&str]) -> Value {
    json!({
        "promise": "reads", "origin": origin, "sentence": format!("{origin} reads"), "state": state, "tests": tests,
    })
}
