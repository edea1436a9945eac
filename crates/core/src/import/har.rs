//! HAR 1.2, the archive of requests that browsers and proxies save: each request over HTTP as a message, with its
//! origin and response. Fields that are of no use here are not read, so an archive may be incomplete elsewhere.

mod document;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use url::{Url, form_urlencoded};

use crate::{
    diagnostic::{Diagnostic, SourceText},
    fetch::Origin,
    message::{Fields, Request, Response, is_token, isomorphic},
};

/// The requests of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The requests over HTTP, in the order of the file.
    pub entries: Vec<Entry>,
    /// How many requests were left out, because their URLs are not of HTTP: `data:`, `ws:`, `chrome-extension:` …
    pub left_out: usize,
}

/// One recorded request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The index in `log.entries`.
    pub index: usize,
    /// The request as recorded, without the pseudo-fields of HTTP/2 and HTTP/3. The fragment of its URL is removed.
    pub request: Request,
    /// The origin of the page: the `Origin` field. Of a `fetch()` whose fields were not recorded in full (Chromium's
    /// "provisional headers"), the origin of its `Referer`.
    pub origin: Option<Origin>,
    /// What the recording says about the request content.
    pub content: Content,
    /// The response; absent where the browser got none, or hid it from the page and so from the archive.
    pub response: Option<Response>,
    /// The error of the browser, such as `net::ERR_FAILED`, where it recorded one.
    pub error: Option<String>,
}

/// What a recording says about the content of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// There is none.
    Absent,
    /// [`Request::body`] has it.
    Recorded,
    /// The request had content that the archive does not hold: a file, a stream, a form with parts.
    Missing,
}

impl Entry {
    /// Whether this is a CORS-preflight request (Fetch §3.3.2).
    pub fn is_preflight(&self) -> bool {
        self.request.method == "OPTIONS" && self.request.fields.contains("access-control-request-method")
    }

    /// Whether a page of one origin made the request to another.
    pub fn is_cross_origin(&self) -> bool {
        match &self.origin {
            Some(Origin::Tuple(origin)) => !origin.is_of(&self.request.url),
            Some(Origin::Opaque(_)) => true,
            None => false,
        }
    }

    /// Whether a cookie or an `Authorization` field was sent.
    pub fn has_credentials(&self) -> bool {
        self.request.fields.contains("cookie") || self.request.fields.contains("authorization")
    }
}

/// Reads an archive.
///
/// # Errors
/// A text that is not JSON or not a HAR file, at the first wrong place.
pub fn read(source: &Arc<SourceText>) -> Result<Archive, Diagnostic> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let archive: document::Archive = serde_json::from_str(text).map_err(|error| refusal(source, &error))?;
    let mut entries = Vec::with_capacity(archive.log.entries.len());
    let mut left_out = 0;
    for (index, entry) in archive.log.entries.into_iter().enumerate() {
        match matches!(entry.request.url.0.scheme(), "http" | "https") {
            true => entries.push(converted(index, entry)),
            false => left_out += 1,
        }
    }
    Ok(Archive { entries, left_out })
}

fn refusal(source: &Arc<SourceText>, error: &serde_json::Error) -> Diagnostic {
    let (code, help) = match error.classify() {
        serde_json::error::Category::Data => (
            "har.form",
            "expected a HAR 1.2 file: {\"log\": {\"entries\": [{\"request\": …, \"response\": …}]}}. \
             Save one with the browser's developer tools: Network, \"Save all as HAR\"",
        ),
        _ => ("har.syntax", "the file is incomplete or was edited; save it again"),
    };
    // The parser adds its line and column to the text; the diagnostic has them as a place.
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let at = offset(&source.text, error.line(), error.column());
    Diagnostic::error(code, format!("not a HAR file: {message}")).at(source, at..at, "").help(help)
}

/// The byte at a line and column, which count from 1 as the parser does: the column in bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let bom = if line == 1 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + bom + column.saturating_sub(1)).min(text.len())
}

fn converted(index: usize, entry: document::Entry) -> Entry {
    let document::Entry { request: recorded, response, error, resource_type } = entry;
    let mut url = recorded.url.0;
    url.set_fragment(None);
    let fields = fields(recorded.headers);
    let origin = origin(&fields, resource_type.as_deref());
    let (content, body) = content(recorded.content, recorded.body_size, &fields);
    let error = error.or_else(|| response.as_ref().and_then(|response| response.error.clone()));
    let response = response.filter(|response| response.status > 0).map(|response| Response {
        fields: self::fields(response.headers),
        ..Response::new(response.status)
    });
    Entry {
        index,
        request: Request { fields, body, ..Request::new(recorded.method.0, url) },
        origin,
        content,
        response,
        error: error.filter(|error| !error.is_empty()),
    }
}

/// The field lines, without `:method`, `:path` and the like, and without what no field can be.
fn fields(recorded: Vec<document::Pair>) -> Fields {
    let sound = |pair: &document::Pair| is_token(pair.name.as_bytes());
    // Chromium joins lines of one name by line breaks.
    let mut fields = Fields::new();
    for pair in recorded.into_iter().filter(sound) {
        for value in pair.value.split('\n').map(str::trim) {
            fields.push(&*pair.name, isomorphic::encode(value).unwrap_or_else(|| value.into()));
        }
    }
    fields
}

fn origin(fields: &Fields, resource_type: Option<&str>) -> Option<Origin> {
    if let Some(origin) = fields.text("origin") {
        return Origin::parse(&origin).ok();
    }
    let script = matches!(resource_type, Some("fetch" | "xhr" | "preflight"));
    let whole = fields.contains("accept-encoding") || fields.contains("host");
    if !script || whole {
        return None;
    }
    let referrer = Url::parse(&fields.text("referer")?).ok()?;
    matches!(referrer.scheme(), "http" | "https").then(|| Origin::of(&referrer))
}

fn content(recorded: Option<document::Content>, size: i64, fields: &Fields) -> (Content, Bytes) {
    let announced = fields.text("content-length").is_some_and(|length| length != "0") || size > 0;
    let missing = || if announced { Content::Missing } else { Content::Absent };
    let Some(recorded) = recorded else { return (missing(), Bytes::new()) };
    if let Some(body) = recorded.bytes() {
        return if body.is_empty() { (missing(), body) } else { (Content::Recorded, body) };
    }
    if recorded.params.is_empty() {
        return (missing(), Bytes::new());
    }
    if !recorded.is_form() || recorded.params.iter().any(|param| param.file_name.is_some()) {
        return (Content::Missing, Bytes::new());
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for param in &recorded.params {
        form.append_pair(&param.name, param.value.as_deref().unwrap_or_default());
    }
    (Content::Recorded, form.finish().into_bytes().into())
}
