//! The operations of an endpoint: as a target file lists them, and as they are asked.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crosscheck_core::{
    case::model::{BodySpec, FileBody},
    fetch::{header::is_forbidden_request_header, method},
    message::is_token,
    operation::Operation,
    policy::Policy,
    redaction::Redactor,
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Dialect, EndpointError, Header, Provenance,
    resolve::{Problems, headers::header, normalized, possible},
};
use crate::input;

/// One method on one path of the endpoint, with what a page sends for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationFile {
    /// Name in reports and test ids. If omitted: method and path, such as `GET /items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Method. If omitted: GET.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// URL reference, relative to `url`: `/items/1`. If omitted: `url` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Query parameters, added to those of `path`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub query: IndexMap<String, String>,
    /// Request headers that the page's script sets, such as `content-type`. `${NAME}` is the value of an environment
    /// variable.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Request content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<OperationBody>,
    /// Statuses that mean success. If omitted: 2xx and 304.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<u16>,
    /// Whether tests may send the request itself, and not only its preflight. If omitted: true for GET, HEAD and
    /// OPTIONS, false for every other method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<bool>,
    /// What this operation should allow, as ordered CORS rules. If omitted: what the endpoint should allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// Request content: one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationBody {
    /// As text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// As JSON. `content-type: application/json` is set unless `headers` sets another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// From a file, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// The operations that one source lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operations {
    /// As they are listed.
    pub listed: Vec<OperationFile>,
    /// The folder that their files are relative to.
    pub folder: PathBuf,
    /// What their paths are relative to.
    pub below: Below,
}

/// What the paths of operations are relative to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Below {
    /// References that are resolved against the endpoint's URL.
    #[default]
    Url,
    /// Paths that are appended to the endpoint's URL, or to this path on its host where its URL has none.
    Server(String),
    /// Whole URLs, of which those of other origins are left out.
    Anywhere,
}

/// An operation as it is asked, with what is to be kept secret of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedOperation {
    /// The operation.
    pub operation: Arc<Operation>,
    /// Its headers, with the variables in them.
    headers: Vec<Header>,
}

impl ResolvedOperation {
    /// Tells a redactor what is secret of it.
    pub(super) fn hide(&self, redactor: &mut Redactor) {
        for Header { name, value, secrecy, template, variables } in &self.headers {
            for (variable, value) in variables {
                redactor.add_variable(variable, value);
            }
            let template = crosscheck_core::redaction::is_reference(template).then_some(template.as_str());
            redactor.add_header(name, value, template, *secrecy);
        }
        redactor.add_url(&self.operation.url);
    }
}

/// How operations are resolved: against which URL, and with which variables.
pub(super) struct Within<'a> {
    pub(super) from: Provenance,
    pub(super) url: &'a Url,
    pub(super) dialect: Dialect,
    pub(super) bucket: bool,
    pub(super) allowed_env: &'a [&'a str],
    pub(super) lookup: &'a dyn Fn(&str) -> Option<String>,
}

/// The methods of operations, normalised, each once.
pub(super) fn methods(listed: &[OperationFile]) -> Vec<String> {
    let mut methods: Vec<String> = Vec::new();
    for operation in listed {
        let method = method::normalize(operation.method.as_deref().unwrap_or("GET"));
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods
}

/// The operations of a source, ready to be asked.
pub(super) fn resolve(
    operations: &Operations,
    within: &Within<'_>,
    problems: &mut Problems,
) -> Vec<ResolvedOperation> {
    let mut resolved: Vec<ResolvedOperation> = Vec::new();
    let own = |listed: &OperationFile| {
        let url = listed.path.as_deref().and_then(|path| within.url.join(path).ok());
        operations.below != Below::Anywhere || url.is_some_and(|url| url.origin() == within.url.origin())
    };
    if !operations.listed.is_empty() && !operations.listed.iter().any(own) {
        problems.add(within.from, &["operations"], EndpointError::NothingRecorded(recorded(operations)));
    }
    for (index, listed) in operations.listed.iter().enumerate().filter(|(_, listed)| own(listed)) {
        let mut wrong = |field: &[&str], error| {
            let index = index.to_string();
            let at: Vec<&str> = ["operations", &index].into_iter().chain(field.iter().copied()).collect();
            problems.add(within.from, &at, error);
        };
        let Some(operation) = one(listed, operations, within, &mut wrong) else { continue };
        if resolved.iter().any(|other| other.operation.name == operation.operation.name) {
            wrong(&["name"], EndpointError::OperationTwice(operation.operation.name.clone()));
            continue;
        }
        resolved.push(operation);
    }
    resolved
}

fn one(
    listed: &OperationFile,
    operations: &Operations,
    within: &Within<'_>,
    wrong: &mut impl FnMut(&[&str], EndpointError),
) -> Option<ResolvedOperation> {
    let written = listed.method.as_deref().unwrap_or("GET");
    let method = method::normalize(written);
    let corrected = possible::corrected_method(&method);
    if !method::is_method(&method) || method::is_forbidden(&method) || corrected.is_some() {
        wrong(&["method"], EndpointError::Method { text: written.to_owned(), corrected });
        return None;
    }
    let url = match url_of(listed, &operations.below, within.url) {
        Ok(url) => url,
        Err(error) => {
            wrong(&["path"], error);
            return None;
        }
    };
    let send = listed.send.unwrap_or_else(|| Operation::may_be_sent(&method));
    if send && within.bucket && !Operation::may_be_sent(&method) {
        wrong(&["send"], EndpointError::WritesToBucket(method));
        return None;
    }
    if let Some(status) = listed.success.iter().find(|status| !(100..=599).contains(*status)) {
        wrong(&["success"], EndpointError::Status(*status));
    }
    let policy = listed.policy.clone().map(normalized);
    for fault in policy.iter().flat_map(|it| possible::faults(it, within.dialect, it.allow_credentials)) {
        wrong(&[&["policy"], fault.place().as_slice()].concat(), fault.error.clone());
    }
    let (body, content_type) = match body(listed.body.as_ref(), &operations.folder) {
        Ok(body) => body,
        Err(error) => {
            wrong(&["body"], error);
            return None;
        }
    };
    if body.is_some() && matches!(method.as_str(), "GET" | "HEAD") {
        wrong(&["body"], EndpointError::BodyOfRead(method));
        return None;
    }
    let mut headers = Vec::new();
    for (name, text) in &listed.headers {
        if is_token(name.as_bytes()) && is_forbidden_request_header(name, text.as_bytes()) {
            wrong(&["headers", name], EndpointError::NoScriptSets(name.clone()));
            continue;
        }
        match header(name, text, within.allowed_env, within.lookup) {
            Ok(header) => headers.push(header),
            Err(error) => wrong(&["headers", name], error),
        }
    }
    let mut fields: Vec<(String, String)> =
        headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect();
    if let Some(content_type) = content_type
        && !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        fields.push(("content-type".to_owned(), content_type.to_owned()));
    }
    let name = listed.name.clone().unwrap_or_else(|| name_of(&method, &url));
    if name.trim().is_empty() || name.contains(['[', ']', '@']) || name.chars().any(char::is_control) {
        wrong(&["name"], EndpointError::OperationName(name));
        return None;
    }
    let operation =
        Operation { name, method, url, headers: fields, body, success: listed.success.clone(), send, policy };
    Some(ResolvedOperation { operation: Arc::new(operation), headers })
}

/// `GET /items`: without the query, which may have secrets.
fn name_of(method: &str, url: &Url) -> String {
    format!("{method} {}", url.path().replace(['[', ']', '@'], "_"))
}

/// The origins of a recording.
fn recorded(operations: &Operations) -> Vec<String> {
    let urls = operations.listed.iter().filter_map(|listed| Url::parse(listed.path.as_deref()?).ok());
    let mut origins: Vec<String> = urls.map(|url| url.origin().ascii_serialization()).collect();
    origins.sort();
    origins.dedup();
    origins
}

fn url_of(listed: &OperationFile, below: &Below, base: &Url) -> Result<Url, EndpointError> {
    let refused =
        |why: String| EndpointError::OperationPath { path: listed.path.clone().unwrap_or_default(), why };
    let mut url = match (&listed.path, below) {
        (None, _) => base.clone(),
        (Some(path), Below::Server(server)) => {
            let own = base.path().trim_end_matches('/');
            let prefix = if own.is_empty() { server } else { own };
            base.join(&format!("{prefix}{path}")).map_err(|error| refused(error.to_string()))?
        }
        (Some(path), _) => base.join(path).map_err(|error| refused(error.to_string()))?,
    };
    if url.origin() != base.origin() {
        return Err(refused(format!(
            "it leads to {}, not to the endpoint",
            url.origin().ascii_serialization()
        )));
    }
    url.set_fragment(None);
    if !listed.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&listed.query);
    }
    Ok(url)
}

type Content = (Option<BodySpec>, Option<&'static str>);

/// The content, and the type that it implies.
fn body(listed: Option<&OperationBody>, folder: &Path) -> Result<Content, EndpointError> {
    let Some(body) = listed else { return Ok((None, None)) };
    match (&body.text, &body.json, &body.file) {
        (Some(text), None, None) => Ok((Some(BodySpec::Text(text.clone())), None)),
        (None, Some(json), None) => Ok((Some(BodySpec::Text(json.to_string())), Some("application/json"))),
        (None, None, Some(file)) => {
            let bytes = input::read(&folder.join(file), input::Kind::Body)
                .map_err(|error| EndpointError::BodyFile(error.to_string()))?;
            let body = FileBody { file: file.clone(), content: Some(bytes.into()) };
            Ok((Some(BodySpec::File(body)), None))
        }
        _ => Err(EndpointError::BodyForms),
    }
}
