use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::{case::parse_suite, diagnostic::SourceText, import::har};

fn archive(entries: &Value) -> Archive {
    let text = json!({ "log": { "entries": entries } }).to_string();
    har::read(&Arc::new(SourceText { name: "recorded.har".to_owned(), text })).expect("an archive")
}

fn imported(entries: &Value) -> Imported {
    let imported = cases(&archive(entries), None, "Recorded in recorded.har").expect("cases");
    // What is written can be read.
    let text = serde_json::to_string_pretty(&imported.suite).unwrap();
    let parsed = parse_suite(Arc::new(SourceText { name: "cases.json".to_owned(), text }));
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.suite.as_ref(), Some(&imported.suite));
    imported
}

fn pairs(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn entry(method: &str, url: &str, fields: &[(&str, &str)], status: u16, answer: &[(&str, &str)]) -> Value {
    json!({
        "request": { "method": method, "url": url, "headers": pairs(fields) },
        "response": { "status": status, "headers": pairs(answer) },
    })
}

const PAGE: (&str, &str) = ("Origin", "https://app.example");
const ALLOWED: (&str, &str) = ("access-control-allow-origin", "https://app.example");
const API: &str = "https://api.example/v1/items?q={id}";

#[test]
fn a_request_with_its_preflight_becomes_a_case() {
    let preflight = [
        PAGE,
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "authorization,x-trace"),
    ];
    let put = [
        PAGE,
        ("Host", "api.example"),
        ("User-Agent", "Mozilla/5.0"),
        ("Accept", "*/*"),
        ("Sec-Fetch-Mode", "cors"),
        ("sec-ch-ua", "\"x\""),
        ("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh"),
        ("X-Trace", "a{b}"),
        ("Cookie", "session=1"),
    ];
    let credentials = ("access-control-allow-credentials", "true");
    let found = imported(&json!([
        entry("GET", "https://app.example/page", &[], 200, &[]),
        entry("OPTIONS", API, &preflight, 204, &[ALLOWED]),
        entry("PUT", API, &put, 201, &[ALLOWED, credentials]),
    ]));
    assert_eq!(found.base.as_str(), "https://api.example/");
    assert_eq!(found.withheld, ["Authorization"]);
    let [case] = found.suite.cases.as_slice() else { panic!("{:?}", found.suite.cases) };
    assert_eq!(case.id, "put-v1-items");
    assert_eq!(
        serde_json::to_value(&case.requests["page"]).unwrap(),
        json!({
            "client": "browser",
            "origin": "https://app.example",
            "method": "PUT",
            "path": "v1/items",
            "query": "q={{id}}",
            "headers": { "authorization": "withheld", "x-trace": "a{{b}}" },
            "credentials": "include",
            "mode": "cors",
            "cache": "default",
            "redirect": "follow",
            "expect": { "outcome": "allowed", "status": 201, "preflight": { "status": "2xx" } },
        })
    );
}

#[test]
fn what_was_blocked_is_expected_to_be() {
    let asks =
        |method| [PAGE, ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "x-a")];
    let found = imported(&json!([
        entry("OPTIONS", API, &asks("DELETE"), 405, &[]),
        entry("GET", API, &[PAGE], 200, &[]),
        entry("POST", API, &[PAGE], 0, &[]),
    ]));
    let outcomes: Vec<_> = found
        .suite
        .cases
        .iter()
        .map(|case| (case.id.as_str(), case.requests["page"].expect.outcome.clone()))
        .collect();
    let blocked = Some(OneOrMany::One(OutcomeName::Blocked));
    assert_eq!(
        outcomes,
        [("delete-v1-items", blocked.clone()), ("get-v1-items", blocked.clone()), ("post-v1-items", blocked)]
    );
    assert!(found.suite.cases[0].requests["page"].headers.contains_key("x-a"));
}

#[test]
fn content_and_modes_are_kept() {
    let mut post = entry("POST", "https://api.example/", &[PAGE, ("Sec-Fetch-Mode", "no-cors")], 200, &[]);
    post["request"]["postData"] = json!({ "mimeType": "x/y", "text": "AP8=", "encoding": "base64" });
    let mut file = entry("POST", "https://api.example/upload", &[PAGE], 200, &[ALLOWED]);
    file["request"]["bodySize"] = json!(99);
    let found = imported(&json!([post, file]));
    let request = &found.suite.cases[0].requests["page"];
    assert_eq!(request.body, Some(BodySpec::Base64(Base64Body { base64: "AP8=".to_owned() })));
    assert_eq!((request.mode, request.path.as_deref()), (Mode::NoCors, None));
    assert_eq!(request.expect.outcome, Some(OneOrMany::One(OutcomeName::Opaque)));
    assert_eq!(found.unusable, 1, "the upload was not recorded");
}

#[test]
fn the_same_request_is_one_case_and_others_have_ids_of_their_own() {
    let get = |answer: &[(&str, &str)]| entry("GET", "https://api.example/a", &[PAGE], 200, answer);
    let found = imported(&json!([get(&[ALLOWED]), get(&[ALLOWED]), get(&[])]));
    let ids: Vec<&str> = found.suite.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["get-a", "get-a-2"]);
}

#[test]
fn several_endpoints_need_a_choice() {
    let two = json!([
        entry("GET", "https://api.example/v1/a", &[PAGE], 200, &[ALLOWED]),
        entry("GET", "https://cdn.example/b", &[PAGE], 200, &[ALLOWED]),
    ]);
    let of = |entries: &Value, base: Option<&str>| {
        let base = base.map(|base| Url::parse(base).unwrap());
        cases(&archive(entries), base.as_ref(), "x")
    };
    let both = vec!["https://api.example/".to_owned(), "https://cdn.example/".to_owned()];
    assert_eq!(of(&two, None), Err(NotImported::Several(both)));
    let one = of(&two, Some("https://api.example/v1")).unwrap();
    assert_eq!((one.suite.cases.len(), one.elsewhere), (1, 1));
    assert_eq!(one.suite.cases[0].requests["page"].path.as_deref(), Some("a"));
    let elsewhere = of(&two, Some("https://other.example/"));
    assert_eq!(elsewhere, Err(NotImported::NoneBelow("https://other.example/".to_owned())));
    let own = json!([entry("GET", "https://app.example/", &[], 200, &[])]);
    assert_eq!(of(&own, None), Err(NotImported::NoCors));
}
