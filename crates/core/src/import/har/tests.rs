use std::sync::Arc;

use serde_json::json;

use super::{Archive, Content, Entry, read};
use crate::{
    diagnostic::{Diagnostic, SourceText},
    fetch::Origin,
};

fn source(text: &str) -> Arc<SourceText> {
    Arc::new(SourceText { name: "recorded.har".to_owned(), text: text.to_owned() })
}

fn archive(entries: serde_json::Value) -> Archive {
    let text = json!({ "log": { "version": "1.2", "creator": { "name": "x" }, "entries": entries } });
    read(&source(&text.to_string())).expect("an archive")
}

fn only(entry: serde_json::Value) -> Entry {
    archive(json!([entry])).entries.remove(0)
}

fn refused(text: &str) -> (Diagnostic, (usize, usize)) {
    let source = source(text);
    let diagnostic = read(&source).expect_err("not an archive");
    let place = diagnostic.labels.first().map_or((0, 0), |label| source.position(label.span.start));
    (diagnostic, place)
}

fn pairs(pairs: &[(&str, &str)]) -> serde_json::Value {
    pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

#[test]
fn a_request_of_chromium_over_http_2_is_read() {
    let entry = only(json!({
        "_resourceType": "fetch",
        "request": {
            "method": "PUT",
            "url": "https://api.example/items?q=1#part",
            "headers": pairs(&[
                (":authority", "api.example"),
                (":method", "PUT"),
                ("content-type", "application/json"),
                ("origin", "https://app.example"),
            ]),
            "postData": { "mimeType": "application/json", "text": "{\"a\":1}" },
            "bodySize": 7,
        },
        "response": {
            "status": 200,
            "headers": pairs(&[("vary", "Origin\nAccept-Encoding"), ("access-control-allow-origin", "*")]),
            "content": { "text": "not read", "size": 8 },
        },
    }));
    assert_eq!(entry.request.url.as_str(), "https://api.example/items?q=1");
    assert_eq!(entry.request.fields.len(), 2, "no pseudo-fields: {:?}", entry.request.fields);
    assert_eq!(entry.origin, Some(Origin::parse("https://app.example").unwrap()));
    assert!(entry.is_cross_origin() && !entry.is_preflight() && !entry.has_credentials());
    assert_eq!((entry.content, &entry.request.body[..]), (Content::Recorded, &b"{\"a\":1}"[..]));
    let response = entry.response.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.fields.lines("vary").count(), 2, "two lines that Chromium joined");
}

#[test]
fn a_request_that_the_browser_blocked_has_no_response() {
    let entry = only(json!({
        "_resourceType": "xhr",
        "request": {
            "method": "GET",
            "url": "https://api.example/",
            "headers": pairs(&[("Referer", "https://app.example/page"), ("User-Agent", "x")]),
        },
        "response": { "status": 0, "headers": [], "_error": "net::ERR_FAILED" },
    }));
    assert_eq!(entry.response, None);
    assert_eq!(entry.error.as_deref(), Some("net::ERR_FAILED"));
    assert_eq!(entry.origin, Some(Origin::parse("https://app.example").unwrap()), "from its Referer");
}

#[test]
fn a_request_without_origin_whose_fields_are_complete_is_not_of_cors() {
    let entry = only(json!({
        "_resourceType": "fetch",
        "request": {
            "method": "GET",
            "url": "https://app.example/",
            "headers": pairs(&[("Host", "app.example"), ("Referer", "https://app.example/page")]),
        },
        "response": { "status": 200, "headers": [] },
    }));
    assert_eq!((entry.origin.clone(), entry.is_cross_origin()), (None, false));
}

#[test]
fn preflights_credentials_and_opaque_origins_are_recognised() {
    let with = |method: &str, fields: &[(&str, &str)]| {
        only(json!({ "request": { "method": method, "url": "http://a.example/", "headers": pairs(fields) } }))
    };
    assert!(with("OPTIONS", &[("Access-Control-Request-Method", "PUT")]).is_preflight());
    assert!(!with("OPTIONS", &[]).is_preflight());
    assert!(with("GET", &[("cookie", "a=b")]).has_credentials());
    assert!(with("GET", &[("Authorization", "Bearer x")]).has_credentials());
    assert!(with("GET", &[("Origin", "null")]).is_cross_origin());
    assert!(!with("POST", &[("Origin", "http://a.example")]).is_cross_origin());
    assert!(!with("POST", &[("Origin", "two words")]).is_cross_origin());
}

#[test]
fn content_is_read_in_each_form_that_recorders_use() {
    let of = |post: serde_json::Value, size: i64| {
        let entry = only(json!({
            "request": { "method": "POST", "url": "http://a.example/", "postData": post, "bodySize": size },
        }));
        (entry.content, entry.request.body.to_vec())
    };
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    let params = json!([{ "name": "a b", "value": "ü&" }, { "name": "c" }]);
    assert_eq!(
        of(json!({ "mimeType": form, "params": params }), 9),
        (Content::Recorded, b"a+b=%C3%BC%26&c=".to_vec())
    );
    assert_eq!(
        of(json!({ "mimeType": "x/y", "text": "AP8=", "encoding": "base64" }), 2),
        (Content::Recorded, vec![0, 255])
    );
    let file = json!({ "mimeType": "multipart/form-data", "params": [{ "name": "f", "fileName": "a.png" }] });
    assert_eq!(of(file, 99), (Content::Missing, Vec::new()));
    assert_eq!(of(json!({ "mimeType": "x/y", "text": "" }), 99), (Content::Missing, Vec::new()));
    assert_eq!(of(json!(null), 0), (Content::Absent, Vec::new()));
    assert_eq!(of(json!(null), -1), (Content::Absent, Vec::new()), "-1 is HAR's word for unknown");
}

#[test]
fn requests_that_are_not_http_are_counted_and_left_out() {
    let of = |url: &str| json!({ "request": { "method": "GET", "url": url } });
    let archive = archive(json!([of("data:,x"), of("https://a.example/"), of("ws://a.example/")]));
    assert_eq!(archive.left_out, 2);
    assert_eq!(archive.entries.iter().map(|entry| entry.index).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let text = "\u{feff}{\"log\":{\"entries\":[]}}";
    assert_eq!(read(&source(text)).map(|archive| archive.entries), Ok(Vec::new()));
}

#[test]
fn errors_point_at_their_line_and_column() {
    let (diagnostic, place) = refused("{\n  \"log\": {\n    \"entries\": 7\n  }\n}");
    assert_eq!(diagnostic.code, "har.form");
    assert_eq!(diagnostic.message, "not a HAR file: invalid type: integer `7`, expected a sequence");
    assert_eq!(place, (3, 16));

    let (diagnostic, place) = refused("{\"log\": {\n\"entries\": [");
    assert_eq!((diagnostic.code, place), ("har.syntax", (2, 12)));

    let (diagnostic, place) =
        refused("{\"log\":{\"entries\":[{\"request\":\n{\"method\":\"GET\",\"url\":\"/relative\"}}]}}");
    assert_eq!(
        diagnostic.message,
        "not a HAR file: \"/relative\" is not a valid absolute URL: relative URL without a base"
    );
    assert_eq!(place.0, 2);

    let (diagnostic, _) =
        refused("{\"log\":{\"entries\":[{\"request\":{\"method\":\"G T\",\"url\":\"http://a/\"}}]}}");
    assert!(diagnostic.message.contains("\"G T\" is not a valid request method"), "{}", diagnostic.message);

    let (diagnostic, place) = refused("");
    assert_eq!((diagnostic.code, place), ("har.syntax", (1, 1)));
}
