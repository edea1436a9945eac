//! An operation as another tool describes it.

use url::Url;

use super::har::{Archive, Content, Entry};
use crate::{
    fetch::{header::is_forbidden_request_header, method},
    message::isomorphic,
    redaction::{Secrecy, secrecy},
};

/// An operation as another tool describes it: what is sent, without what only a browser sets and without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name there, if it has one.
    pub name: Option<String>,
    /// Its method.
    pub method: String,
    /// Where it is: in a recording the whole URL without its query; in an OpenAPI document a path with a leading slash,
    /// below the server URL.
    pub path: String,
    /// Its query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Request headers that a script sets, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Names of headers that were left out because their values are secrets.
    pub secret_headers: Vec<String>,
    /// The request content as text.
    pub body: Option<String>,
    /// Statuses that mean success; empty: not stated.
    pub success: Vec<u16>,
    /// What was made up or left out, a sentence each.
    pub notes: Vec<String>,
}

/// The operations that pages of other origins asked for in a recording, each method and URL once whatever its query.
pub fn drafts_of(archive: &Archive) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for entry in &archive.entries {
        let is_asked =
            entry.is_cross_origin() && !entry.is_preflight() && method::is_method(&entry.request.method);
        let draft = draft(entry);
        let known = drafts.iter().any(|other| (&other.method, &other.path) == (&draft.method, &draft.path));
        if is_asked && !known {
            drafts.push(draft);
        }
    }
    drafts
}

fn draft(entry: &Entry) -> Draft {
    let request = &entry.request;
    let mut draft = Draft {
        method: method::normalize(&request.method),
        path: without_query(&request.url),
        query: request
            .url
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
        ..Draft::default()
    };
    for field in &request.fields {
        let (name, value) = (field.name.to_ascii_lowercase(), isomorphic::decode(&field.value));
        if is_forbidden_request_header(&name, &field.value) || is_of_the_browser(&name, &value) {
            continue;
        }
        if secrecy(&name, &value) == Secrecy::Plain {
            draft.headers.push((name, value));
        } else {
            draft.secret_headers.push(name);
        }
    }
    match entry.content {
        Content::Absent => {}
        Content::Recorded => match std::str::from_utf8(&request.body) {
            Ok(text) => draft.body = Some(text.to_owned()),
            Err(_) => draft.notes.push("its content is not text, and was left out".to_owned()),
        },
        Content::Missing => draft.notes.push("the recording does not have its content".to_owned()),
    }
    if let Some(response) = &entry.response
        && matches!(response.status, 200..=299)
    {
        draft.success.push(response.status);
    }
    draft
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// Whether a browser sends a field that a script could set, but seldom does.
fn is_of_the_browser(name: &str, value: &str) -> bool {
    matches!(name, "user-agent" | "accept-language" | "priority" | "pragma" | "cache-control")
        || (name == "accept" && value.starts_with("*/*"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

    use std::sync::Arc;

    use super::*;
    use crate::{diagnostic::SourceText, import::har};

    #[test]
    fn a_recording_gives_each_operation_of_the_endpoint_once_and_no_secret() {
        let header = |name: &str, value: &str| serde_json::json!({ "name": name, "value": value });
        let entry = |method: &str, url: &str, more: Vec<serde_json::Value>| {
            let mut headers =
                vec![header("Origin", "https://app.example"), header("User-Agent", "Mozilla/5.0")];
            headers.extend(more);
            serde_json::json!({
                "request": { "method": method, "url": url, "headers": headers },
                "response": { "status": 200, "headers": [] }
            })
        };
        let asks = || header("Access-Control-Request-Method", "PUT");
        let text = serde_json::json!({ "log": { "entries": [
            entry("OPTIONS", "https://api.example/items/1", vec![asks()]),
            entry("PUT", "https://api.example/items/1", vec![
                header("Content-Type", "application/json"),
                header("Authorization", "Bearer abc"),
                header("Accept", "*/*"),
            ]),
            entry("PUT", "https://api.example/items/1", vec![]),
            entry("GET", "https://api.example/items?page=2", vec![]),
        ] } });
        let source = SourceText { name: "a.har".to_owned(), text: text.to_string() };
        let archive = har::read(&Arc::new(source)).unwrap();
        let drafts = drafts_of(&archive);
        let told: Vec<String> =
            drafts.iter().map(|draft| format!("{} {}", draft.method, draft.path)).collect();
        assert_eq!(told, ["PUT https://api.example/items/1", "GET https://api.example/items"]);
        let [put, get] = drafts.as_slice() else { unreachable!() };
        assert_eq!(put.headers, [("content-type".to_owned(), "application/json".to_owned())]);
        assert_eq!(put.secret_headers, ["authorization"]);
        assert_eq!(get.query, [("page".to_owned(), "2".to_owned())]);
        assert!(!format!("{drafts:?}").contains("abc"));
    }
}
