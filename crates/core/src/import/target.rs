//! From what other tools describe to a declared endpoint: its URL, its operations, and what its pages need.

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{
    Draft, NotImported,
    cases::{below, directory, only_origin, recorded},
    drafts_of,
    har::Archive,
    openapi::Api,
};
use crate::{
    fetch::unsafe_request_header_names,
    message::Fields,
    redaction::{looks_secret, without_secrets},
};

/// An endpoint as another tool describes it, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its URL.
    pub url: Url,
    /// The origins of the pages that used it.
    pub origins: Vec<String>,
    /// The request headers for which those pages, or pages that use it as described, need permission.
    pub headers: Vec<String>,
    /// Whether pages sent credentials.
    pub credentials: bool,
    /// Its operations; each path is absolute on the origin of the URL.
    pub operations: Vec<Draft>,
    /// What is left out because it looks like a secret: names of query parameters and of fields of contents.
    pub withheld: Vec<String>,
    /// How many operations of a recording are of other endpoints.
    pub elsewhere: usize,
}

/// What a recording says of one endpoint. `base`: the endpoint; needed where pages used several.
///
/// # Errors
/// A recording without requests to it.
pub fn target_of_recording(archive: &Archive, base: Option<&Url>) -> Result<Target, NotImported> {
    let used = recorded(&archive.entries);
    let mut url = match base {
        Some(base) => directory(base),
        None => only_origin(&used)?,
    };
    // A URL has no place for a user's name and password here. Both fail only for URLs without a host.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    let mut target = Target::of(url);
    for entry in
        used.iter().map(|one| one.entry).filter(|entry| below(&target.url, &entry.request.url).is_some())
    {
        let origin = entry.origin.as_ref().map(ToString::to_string).filter(|origin| origin != "null");
        if let Some(origin) = origin.filter(|origin| !target.origins.contains(origin)) {
            target.origins.push(origin);
        }
        target.credentials |= entry.has_credentials();
    }
    for draft in drafts_of(archive) {
        let place = Url::parse(&draft.path).ok().filter(|url| below(&target.url, url).is_some());
        match place {
            // `//host` at the start of a path would lead elsewhere.
            Some(place) if !place.path().starts_with("//") => {
                target.add(Draft { path: place.path().to_owned(), ..draft });
            }
            _ => target.elsewhere += 1,
        }
    }
    if target.operations.is_empty() {
        return Err(NotImported::NoneBelow(target.url.to_string()));
    }
    Ok(target)
}

/// What a description says of its API. `base`: where it is; if omitted, at its first server. `None`: neither is known.
pub fn target_of_api(api: Api, base: Option<&Url>) -> Option<Target> {
    let mut url = base.cloned().or_else(|| Url::parse(&api.server).ok().filter(Url::has_host))?;
    url.set_query(None);
    url.set_fragment(None);
    if url.path() == "/" {
        url.set_path(&api.server_path);
    }
    let folder = url.path().trim_end_matches('/').to_owned();
    let mut target = Target::of(url);
    for draft in api.operations {
        let path = format!("{folder}{}", draft.path);
        target.add(Draft { path, ..draft });
    }
    Some(target)
}

impl Target {
    fn of(url: Url) -> Self {
        Self {
            url,
            origins: Vec::new(),
            headers: Vec::new(),
            credentials: false,
            operations: Vec::new(),
            withheld: Vec::new(),
            elsewhere: 0,
        }
    }

    fn add(&mut self, mut draft: Draft) {
        self.withhold(&mut draft);
        let mut fields = Fields::new();
        for (name, value) in &draft.headers {
            fields.push(name.clone(), value.clone().into_bytes());
        }
        let secret = draft.secret_headers.iter().cloned();
        for name in unsafe_request_header_names(&fields).into_iter().chain(secret) {
            if !self.headers.contains(&name) {
                self.headers.push(name);
            }
        }
        self.operations.push(draft);
    }

    /// Takes out parameters that look like secrets, and a whole content that has one.
    fn withhold(&mut self, draft: &mut Draft) {
        let mut names = Vec::new();
        let mut query = self.url.clone();
        query.query_pairs_mut().extend_pairs(&draft.query);
        if let Some((_, secret)) = without_secrets(&query) {
            draft.query.retain(|(name, _)| !secret.contains(name));
            names.extend(secret);
        }
        let in_content = draft.body.as_deref().map(secrets_of).unwrap_or_default();
        if !in_content.is_empty() {
            draft.body = None;
            draft.notes.push("its content has what looks like a secret, and was left out".to_owned());
            names.extend(in_content);
        }
        for name in names {
            if !self.withheld.contains(&name) {
                self.withheld.push(name);
            }
        }
    }
}

/// The names of what looks like a secret in a content, JSON or a form.
fn secrets_of(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    match serde_json::from_str::<Value>(content) {
        Ok(value) => secrets_within(&value, &mut found),
        Err(_) => {
            let pairs = form_urlencoded::parse(content.as_bytes());
            found.extend(
                pairs.filter(|(name, value)| is_secret(name, value)).map(|(name, _)| name.into_owned()),
            );
        }
    }
    found
}

fn secrets_within(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret(name, text) => found.push(name.clone()),
                    _ => secrets_within(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| secrets_within(member, found)),
        _ => {}
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    !value.is_empty() && looks_secret(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        diagnostic::SourceText,
        import::{har, openapi},
    };

    fn archive(entries: &[Value]) -> Archive {
        let text = json!({ "log": { "entries": entries } }).to_string();
        har::read(&Arc::new(SourceText { name: "a.har".to_owned(), text })).unwrap()
    }

    fn entry(method: &str, url: &str, headers: &[(&str, &str)], content: Option<&str>) -> Value {
        let origin = [("Origin", "https://app.example")];
        let headers: Vec<Value> = origin
            .iter()
            .chain(headers)
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let mut request = json!({ "method": method, "url": url, "headers": headers });
        if let Some(text) = content {
            request["postData"] = json!({ "mimeType": "application/json", "text": text });
        }
        json!({ "request": request, "response": { "status": 200, "headers": [] } })
    }

    #[test]
    fn a_recording_becomes_an_endpoint_without_its_secrets() {
        const SECRET: &str = "s3cr3t-s3cr3t-s3cr3t";
        let login = format!(r#"{{ "user": "a", "deep": [{{ "password": "{SECRET}" }}] }}"#);
        let archive = archive(&[
            entry(
                "GET",
                &format!("https://user:{SECRET}@api.example/items?page=2&access_token={SECRET}"),
                &[],
                None,
            ),
            entry(
                "PUT",
                "https://api.example/items/1",
                &[("Content-Type", "application/json"), ("Authorization", SECRET), ("Cookie", SECRET)],
                Some(r#"{"name":"box"}"#),
            ),
            entry("POST", "https://api.example/login", &[], Some(&login)),
        ]);
        let target = target_of_recording(&archive, None).unwrap();
        assert!(!format!("{target:?}").contains(SECRET), "{target:#?}");
        assert_eq!(target.url.as_str(), "https://api.example/");
        assert_eq!(target.origins, ["https://app.example"]);
        assert_eq!(target.headers, ["content-type", "authorization"]);
        assert!(target.credentials, "a cookie was sent");
        assert_eq!(target.withheld, ["access_token", "password"]);
        let told: Vec<_> = target
            .operations
            .iter()
            .map(|it| (it.method.as_str(), it.path.as_str(), it.body.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("GET", "/items", None),
                ("PUT", "/items/1", Some(r#"{"name":"box"}"#)),
                ("POST", "/login", None)
            ]
        );
        assert_eq!(target.operations[0].query, [("page".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn of_several_endpoints_one_is_named() {
        let archive = archive(&[
            entry("GET", "https://api.example/v1/items", &[], None),
            entry("GET", "https://other.example/items", &[], None),
        ]);
        assert!(matches!(target_of_recording(&archive, None), Err(NotImported::Several(_))));
        let base = Url::parse("https://api.example/v1").unwrap();
        let target = target_of_recording(&archive, Some(&base)).unwrap();
        assert_eq!((target.operations.len(), target.elsewhere), (1, 1));
        let nowhere = Url::parse("https://third.example/").unwrap();
        assert!(matches!(target_of_recording(&archive, Some(&nowhere)), Err(NotImported::NoneBelow(_))));
    }

    #[test]
    fn a_description_stands_at_its_server_or_where_it_is_said_to_be() {
        let document = |server: &str| {
            let operation =
                json!({ "requestBody": { "content": { "application/json": { "example": { "a": 1 } } } } });
            json!({ "openapi": "3.1.0", "servers": [{ "url": server }], "paths": { "/items": { "post": operation } } })
        };
        // (server, the base that is named, URL, path of the operation)
        for (server, base, wanted) in [
            ("https://api.example/v1", None, Some(("https://api.example/v1", "/v1/items"))),
            (
                "https://api.example/v1/",
                Some("http://127.0.0.1:1/"),
                Some(("http://127.0.0.1:1/v1", "/v1/items")),
            ),
            ("/v1", Some("http://127.0.0.1:1/v2/"), Some(("http://127.0.0.1:1/v2/", "/v2/items"))),
            ("/v1", None, None),
        ] {
            let api = openapi::read(&document(server)).unwrap();
            let base = base.map(|base| Url::parse(base).unwrap());
            let target = target_of_api(api, base.as_ref());
            let got = target.as_ref().map(|it| (it.url.as_str(), it.operations[0].path.as_str()));
            assert_eq!(got, wanted, "{server} {base:?}");
            assert!(target.is_none_or(|target| target.headers == ["content-type"]), "{server}");
        }
    }
}
