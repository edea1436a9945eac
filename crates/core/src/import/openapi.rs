//! OpenAPI 3.0 and 3.1: the operations of a document, with parameters and content from its examples or, where it has
//! none, from its schemas. References within the document are followed.

mod sample;

use serde_json::{Map, Value};

use super::Draft;
use sample::Document;

/// What a document says of an API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Api {
    /// The URL of its first server, with the defaults of its variables; it may be relative, or empty.
    pub server: String,
    /// The path of its first server, without a slash at the end: what the paths of its operations are appended to.
    pub server_path: String,
    /// Its operations, in the order of the document.
    pub operations: Vec<Draft>,
}

/// Why a value is not such a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenApiError {
    /// It does not say that it is one.
    #[error("it has no `openapi` field: expected an OpenAPI 3.0 or 3.1 document")]
    NotOpenApi,
    /// It is of another version.
    #[error("it is of version {0}: expected OpenAPI 3.0 or 3.1")]
    Version(String),
    /// It has no operation.
    #[error("its `paths` have no operation")]
    NoOperations,
}

/// The methods that a path item may have (OpenAPI 3.1 §4.8.9).
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Reads a document.
///
/// # Errors
/// A value that is not an OpenAPI document of a version that is known, or that has no operation.
pub fn read(document: &Value) -> Result<Api, OpenApiError> {
    let Some(version) = document.get("openapi").and_then(Value::as_str) else {
        return Err(match document.get("swagger").and_then(Value::as_str) {
            Some(version) => OpenApiError::Version(version.to_owned()),
            None => OpenApiError::NotOpenApi,
        });
    };
    if !version.starts_with("3.0") && !version.starts_with("3.1") {
        return Err(OpenApiError::Version(version.to_owned()));
    }
    let document = Document::new(document);
    let mut operations = Vec::new();
    for (path, item) in document.root().get("paths").and_then(Value::as_object).into_iter().flatten() {
        let item = document.resolved(item);
        for (method, operation) in item.as_object().into_iter().flatten() {
            // A page cannot send TRACE.
            if METHODS.contains(&method.as_str()) && method != "trace" {
                operations.push(draft(&document, path, item, method, document.resolved(operation)));
            }
        }
    }
    if operations.is_empty() {
        return Err(OpenApiError::NoOperations);
    }
    let server = server(&document);
    Ok(Api { server_path: path_of(&server), server, operations })
}

fn server(document: &Document<'_>) -> String {
    let server = document.root().get("servers").and_then(|servers| servers.get(0));
    let Some(server) = server else { return String::new() };
    let mut url = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    url
}

/// The path of a server's URL, without a slash at the end.
fn path_of(url: &str) -> String {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map(|(_, path)| format!("/{path}")).unwrap_or_default(),
        None => url.to_owned(),
    };
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}

fn draft(document: &Document<'_>, path: &str, item: &Value, method: &str, operation: &Value) -> Draft {
    let mut draft = Draft {
        name: operation.get("operationId").and_then(Value::as_str).map(str::to_owned),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        ..Draft::default()
    };
    for parameter in parameters(document, item, operation) {
        add_parameter(document, parameter, &mut draft);
    }
    // A template without a parameter is filled, too: nothing would answer to the braces.
    while let Some((name, place)) = template(&draft.path) {
        draft.notes.push(format!("the document does not describe the path parameter `{name}`: 1 is sent"));
        draft.path.replace_range(place, "1");
    }
    if let Some(content) = operation.get("requestBody").map(|body| document.resolved(body)) {
        add_content(document, content, &mut draft);
    }
    for status in operation.get("responses").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if let Ok(status @ 200..=299) = status.parse() {
            draft.success.push(status);
        }
    }
    // Any status of 2xx is what is expected where none is named.
    if operation.get("responses").is_some_and(|responses| responses.get("2XX").is_some()) {
        draft.success.clear();
    }
    draft
}

/// The name and the place of the first `{name}` in a path.
fn template(path: &str) -> Option<(String, std::ops::Range<usize>)> {
    let start = path.find('{')?;
    let end = start + path.get(start..)?.find('}')?;
    Some((path.get(start + 1..end)?.to_owned(), start..end + 1))
}

/// The parameters of an operation; its own replace those of its path with the same name and place.
fn parameters<'d>(document: &Document<'d>, item: &'d Value, operation: &'d Value) -> Vec<&'d Value> {
    let listed = |of: &'d Value| {
        let list = of.get("parameters").and_then(Value::as_array).into_iter().flatten();
        list.map(|parameter| document.resolved(parameter)).collect::<Vec<_>>()
    };
    let own = listed(operation);
    let key = |parameter: &Value| (parameter.get("in").cloned(), parameter.get("name").cloned());
    let shared = listed(item).into_iter().filter(|shared| !own.iter().any(|it| key(it) == key(shared)));
    shared.chain(own.iter().copied()).collect()
}

fn add_parameter(document: &Document<'_>, parameter: &Value, draft: &mut Draft) {
    let text = |field: &str| parameter.get(field).and_then(Value::as_str).unwrap_or_default();
    let (name, place) = (text("name"), text("in"));
    let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(place == "path");
    if !required {
        return;
    }
    let (value, stated) = document.value_of(parameter);
    let value = as_text(&value);
    if !stated {
        draft.notes.push(format!("the document has no example of `{name}`: {value} is sent"));
    }
    match place {
        "path" => draft.path = draft.path.replace(&format!("{{{name}}}"), &escaped(&value)),
        "query" => draft.query.push((name.to_owned(), value)),
        // OpenAPI 3.1 §4.8.12.1: these three are described elsewhere.
        "header"
            if !["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str()) =>
        {
            draft.headers.push((name.to_ascii_lowercase(), value));
        }
        _ => {}
    }
}

/// Adds the content, as JSON where the document has a choice.
fn add_content(document: &Document<'_>, body: &Value, draft: &mut Draft) {
    let Some(types) = body.get("content").and_then(Value::as_object) else { return };
    let json = types.iter().find(|(name, _)| is_json(name));
    let Some((name, content)) = json.or_else(|| types.iter().next()) else { return };
    if name.contains('*') || name.starts_with("multipart/") {
        draft.notes.push(format!("content of the type {name} is not made up"));
        return;
    }
    let (value, _) = document.value_of(content);
    draft.headers.push(("content-type".to_owned(), name.clone()));
    draft.body = Some(match &value {
        _ if is_json(name) => value.to_string(),
        Value::Object(fields) if name == "application/x-www-form-urlencoded" => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields.iter().map(|(name, value)| (name, as_text(value))));
            form.finish()
        }
        value => as_text(value),
    });
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// A value as it stands in a path, a query or a field: lists with commas (style `simple`).
fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(members) => members.iter().map(as_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A value as a segment of a path.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' | b':' | b'@' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
