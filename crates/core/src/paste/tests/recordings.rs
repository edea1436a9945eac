use super::{super::read, *};
use crate::paste::Failed;

/// As Chromium saves it: the preflight that was refused is an entry of its own, behind the request.
const CHROMIUM: &str = r#"{ "log": { "version": "1.2", "creator": { "name": "WebInspector" }, "entries": [
  { "_resourceType": "document", "request": { "method": "GET", "url": "https://app.example.com/", "headers": [] },
    "response": { "status": 200, "headers": [] } },
  { "_resourceType": "fetch", "request": { "method": "GET", "url": "https://api.example.com/fine", "headers": [
      { "name": "Origin", "value": "https://app.example.com" } ] },
    "response": { "status": 200, "headers": [ { "name": "access-control-allow-origin", "value": "*" } ] } },
  { "_resourceType": "fetch", "_error": "net::ERR_FAILED", "request": { "method": "PUT", "url": "https://api.example.com/items", "headers": [
      { "name": "Referer", "value": "https://app.example.com/" },
      { "name": "User-Agent", "value": "Mozilla/5.0" },
      { "name": "Content-Type", "value": "application/json" },
      { "name": "sec-ch-ua", "value": "x" },
      { "name": "x-a", "value": "1" } ],
      "postData": { "mimeType": "application/json", "text": "{\"a\":1}" } },
    "response": { "status": 0, "headers": [], "_error": "net::ERR_FAILED" } },
  { "_resourceType": "preflight", "request": { "method": "OPTIONS", "url": "https://api.example.com/items", "headers": [
      { "name": "Access-Control-Request-Method", "value": "PUT" },
      { "name": "Access-Control-Request-Headers", "value": "content-type,x-a" },
      { "name": "Origin", "value": "https://app.example.com" } ] },
    "response": { "status": 405, "headers": [] } },
  { "_resourceType": "fetch", "request": { "method": "GET", "url": "https://api.example.com/error", "headers": [
      { "name": "Origin", "value": "https://app.example.com" }, { "name": "Cookie", "value": "a=1" } ] },
    "response": { "status": 500, "headers": [] } }
] } }"#;

/// A preflight alone.
const PREFLIGHT: &str = r#"{ "log": { "entries": [
  { "request": { "method": "OPTIONS", "url": "https://api.example.com/items", "headers": [
      { "name": "Access-Control-Request-Method", "value": "DELETE" },
      { "name": "Origin", "value": "https://app.example.com" } ] },
    "response": { "status": 404, "headers": [ { "name": "Access-Control-Allow-Origin", "value": "*" } ] } }
] } }"#;

pub(super) const SAMPLES: &[&str] = &[CHROMIUM, PREFLIGHT];

#[test]
fn the_failed_requests_of_a_recording_are_the_candidates() {
    let Pasted { form, requests } = read(CHROMIUM).unwrap();
    assert_eq!(form, Form::Har);
    let shown: Vec<String> = requests
        .iter()
        .map(|request| {
            let failed = request.failed.as_ref().map(ToString::to_string).unwrap_or_default();
            let (method, url) = (request.method.as_deref().unwrap(), request.url.as_ref().unwrap());
            format!("{method} {url} {failed} {:?}", request.credentials)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "PUT https://api.example.com/items net::ERR_FAILED None",
            "GET https://api.example.com/error cors-check.missing Some(Include)",
        ]
    );
    let put = &requests[0];
    assert_eq!(put.origin.as_ref().unwrap().text, APP);
    assert_eq!(headers(put), [("Content-Type", "application/json"), ("x-a", "1")]);
    assert_eq!(put.body, text("{\"a\":1}"));
}

#[test]
fn a_preflight_alone_stands_for_its_request() {
    let Pasted { requests, .. } = read(PREFLIGHT).unwrap();
    assert_eq!(requests[0].method.as_deref(), Some("DELETE"));
    assert_eq!(requests[0].failed, Some(Failed::NotPermitted(crate::fetch::Reason::PreflightStatus)));
    assert_eq!(requests[0].notes, [Note::Preflight]);
}

#[test]
fn a_recording_in_which_nothing_failed_gives_all_requests() {
    let fine = PREFLIGHT.replace("404", "204");
    let Pasted { requests, .. } = read(&fine).unwrap();
    assert_eq!((requests.len(), &requests[0].failed), (1, &None));
    let none = r#"{ "log": { "entries": [] } }"#;
    assert_eq!(read(none).unwrap_err().why, Why::NoCrossOrigin);
    assert!(matches!(read("{ \"log\": { \"entries\": [ ").unwrap_err().why, Why::Har(_)));
}
