//! How much of an exchange is kept once it has been judged. An endpoint decides how long its
//! answers are, and must not decide how much memory and how large a report a run needs.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Exchange, Failure, Received, RequestResult};
use crate::message::{Field, Fields, Request, Response};

/// How much is kept of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of a head, as bytes and as fields, in bytes each.
    pub head_bytes: usize,
    /// Of a head that is longer: of its lines that decide nothing, and of its bytes.
    pub filler_bytes: usize,
    /// Field lines of a head.
    pub field_lines: usize,
    /// Of one field value, and of a URL.
    pub value_bytes: usize,
    /// Of the content.
    pub content_bytes: usize,
    /// Of a text that quotes a message.
    pub text_bytes: usize,
    /// Texts in a list of them.
    pub texts: usize,
}

impl Bounds {
    /// What is kept as long as there is little to keep: every ordinary message is kept whole.
    pub const AMPLE: Self = Self {
        head_bytes: 8 * 1024,
        filler_bytes: 1024,
        field_lines: 100,
        value_bytes: 4 * 1024,
        content_bytes: 4 * 1024,
        text_bytes: 1024,
        texts: 64,
    };

    /// What is kept of each message once the others have filled the memory that evidence may have.
    pub const SCARCE: Self = Self {
        head_bytes: 512,
        filler_bytes: 128,
        field_lines: 12,
        value_bytes: 256,
        content_bytes: 0,
        text_bytes: 128,
        texts: 12,
    };
}

/// Omitted parts of an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cut {
    /// Omitted parts of the request.
    #[serde(default, skip_serializing_if = "CutMessage::is_whole")]
    pub sent: CutMessage,
    /// Omitted parts of the response.
    #[serde(default, skip_serializing_if = "CutMessage::is_whole")]
    pub received: CutMessage,
}

/// Omitted parts of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CutMessage {
    /// Number of omitted field lines. Those that control access and caching are omitted last.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub field_lines: usize,
    /// Bytes that are left out of the URL and of the field lines, whole lines included; where nothing of the head was
    /// understood, of its bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub head_bytes: usize,
    /// The content, if a part of it is omitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<CutContent>,
}

/// Content that is not complete in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CutContent {
    /// Number of bytes that were read.
    pub bytes: usize,
    /// Whether there was more, which was not read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The SHA-256 digest of what was read, in hexadecimal digits; empty where all of that is kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl CutMessage {
    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }
}

impl Cut {
    /// The cut of an exchange whose response has more content than these bytes, which were read.
    pub fn of_content(bytes: usize) -> Self {
        let content = Some(CutContent { bytes, more: true, sha256: String::new() });
        Self { received: CutMessage { content, ..CutMessage::default() }, ..Self::default() }
    }

    /// `None` where nothing is cut.
    pub fn noted(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

impl Exchange {
    /// The exchange with as much of its messages as these bounds allow; `None` where all of it is
    /// within them.
    pub fn within(&self, bounds: &Bounds) -> Option<Self> {
        let mut cut = self.cut.as_deref().cloned().unwrap_or_default();
        let sent = request_within(&self.sent, bounds, &mut cut.sent);
        let received = match &self.received {
            Received::Response(response) => {
                response_within(response, bounds, &mut cut.received).map(Received::Response)
            }
            Received::Failed(failure) => match shortened(&failure.message, bounds.text_bytes) {
                Cow::Borrowed(_) => None,
                Cow::Owned(message) => Some(Received::Failed(Failure { message, ..*failure })),
            },
        };
        let raw = |raw: &Option<String>, cut: &mut CutMessage| {
            let raw = raw.as_deref()?;
            let most = if cut.head_bytes > 0 { bounds.filler_bytes } else { bounds.head_bytes };
            let kept = prefix(raw, most);
            if kept.len() == raw.len() {
                return None;
            }
            // What is not among the lines that were understood.
            cut.head_bytes = cut.head_bytes.max(raw.len() - kept.len());
            Some(kept.to_owned())
        };
        let raw_sent = raw(&self.raw_sent, &mut cut.sent);
        let raw_received = raw(&self.raw_received, &mut cut.received);
        if sent.is_none() && received.is_none() && raw_sent.is_none() && raw_received.is_none() {
            return None;
        }
        Some(Self {
            sent: sent.map_or_else(|| Arc::clone(&self.sent), Arc::new),
            raw_sent: raw_sent.or_else(|| self.raw_sent.clone()),
            received: received.unwrap_or_else(|| self.received.clone()),
            raw_received: raw_received.or_else(|| self.raw_received.clone()),
            micros: self.micros,
            // A request that is not whole cannot be sent again.
            hidden: if cut.sent.is_whole() { self.hidden.clone() } else { Vec::new() },
            cut: Some(Box::new(cut)),
        })
    }

    /// About how many bytes of memory it takes.
    pub fn held_bytes(&self) -> usize {
        let raw = |raw: &Option<String>| raw.as_ref().map_or(0, String::len);
        let received = match &self.received {
            Received::Response(response) => weight_of(&response.fields) + response.body.len(),
            Received::Failed(failure) => failure.message.len(),
        };
        size_of::<Self>()
            + size_of::<Request>()
            + self.sent.url.as_str().len()
            + weight_of(&self.sent.fields)
            + raw(&self.raw_sent)
            + raw(&self.raw_received)
            + received
    }
}

/// A field line in memory: what it is made of, and what its parts add on the heap.
const LINE_WEIGHT: usize = size_of::<Field>() + 48;

fn weight_of(fields: &Fields) -> usize {
    fields.iter().map(|field| LINE_WEIGHT + field.name.len() + field.value.len()).sum()
}

impl RequestResult {
    /// About how many bytes of memory it takes.
    pub fn held_bytes(&self) -> usize {
        let subject = self.subject.as_ref().map_or(0, String::len);
        let story: usize = self.story.iter().map(|line| line.len() + size_of::<String>()).sum();
        size_of::<Self>() + self.origin.len() + subject + story + weight_of(&self.readable)
    }

    /// Shortens what quotes messages.
    pub fn shorten(&mut self, bounds: &Bounds) {
        let mut left_out = CutMessage::default();
        if let Some(readable) = fields_within(&self.readable, bounds, &mut left_out) {
            self.readable = readable;
        }
        if let Some(subject) = &mut self.subject {
            shorten(subject, bounds.text_bytes);
        }
        if let Some(origin) = self.stored.as_mut().and_then(|stored| stored.origin.as_mut()) {
            shorten(origin, bounds.text_bytes);
        }
        // A sentence names two URLs at most.
        shorten_all(&mut self.story, &Bounds { text_bytes: bounds.text_bytes / 4, ..*bounds });
    }
}

fn request_within(request: &Request, bounds: &Bounds, cut: &mut CutMessage) -> Option<Request> {
    let fields = fields_within(&request.fields, bounds, cut);
    let url = url_within(&request.url, bounds);
    let body = content_within(&request.body, bounds.content_bytes.max(CASE_CONTENT), cut);
    if fields.is_none() && url.is_none() && body.is_none() {
        return None;
    }
    if let Some(url) = &url {
        cut.head_bytes += request.url.as_str().len().saturating_sub(url.as_str().len());
    }
    Some(Request {
        method: request.method.clone(),
        url: url.unwrap_or_else(|| request.url.clone()),
        fields: fields.unwrap_or_else(|| request.fields.clone()),
        body: body.unwrap_or_else(|| request.body.clone()),
    })
}

/// How much is kept of a request's content, which a case and not the endpoint dictates, so that the
/// request can be repeated.
const CASE_CONTENT: usize = 64 * 1024;

impl Response {
    /// As much of it as these bounds allow, without a note of what is left out.
    #[must_use]
    pub fn within(self, bounds: &Bounds) -> Self {
        response_within(&self, bounds, &mut CutMessage::default()).unwrap_or(self)
    }
}

fn response_within(response: &Response, bounds: &Bounds, cut: &mut CutMessage) -> Option<Response> {
    let fields = fields_within(&response.fields, bounds, cut);
    let body = content_within(&response.body, bounds.content_bytes, cut);
    if fields.is_none() && body.is_none() {
        return None;
    }
    Some(Response {
        status: response.status,
        fields: fields.unwrap_or_else(|| response.fields.clone()),
        body: body.unwrap_or_else(|| response.body.clone()),
    })
}

/// The start of content that is too long to be kept.
fn content_within(content: &Bytes, most: usize, cut: &mut CutMessage) -> Option<Bytes> {
    let kept = content.get(..most).filter(|kept| kept.len() < content.len())?;
    let note =
        cut.content.get_or_insert_with(|| CutContent { bytes: content.len(), ..CutContent::default() });
    if note.sha256.is_empty() {
        let digest = Sha256::digest(content);
        note.sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    }
    // A copy, because a slice would keep all of it in memory.
    Some(Bytes::copy_from_slice(kept))
}

/// The lines of a head that is too long to be kept: first those that decide, then the others, each
/// in their order, as long as there is room.
fn fields_within(fields: &Fields, bounds: &Bounds, cut: &mut CutMessage) -> Option<Fields> {
    let size = |field: &Field| field.name.len() + field.value.len() + 4;
    let whole: usize = fields.iter().map(size).sum();
    let long = fields.iter().any(|field| field.value.len() > bounds.value_bytes);
    if whole <= bounds.head_bytes && fields.len() <= bounds.field_lines && !long {
        return None;
    }
    let mut kept: Vec<(usize, Field)> = Vec::new();
    let mut used = 0;
    for decisive in [true, false] {
        let most =
            if decisive { bounds.head_bytes } else { bounds.head_bytes.min(used + bounds.filler_bytes) };
        for (place, field) in fields.iter().enumerate() {
            if kept.len() >= bounds.field_lines {
                break;
            }
            let value = field.value.get(..bounds.value_bytes).unwrap_or(&field.value);
            let line = field.name.len() + value.len() + 4;
            if is_decisive(&field.name) != decisive || used + line > most {
                continue;
            }
            used += line;
            let value = Bytes::copy_from_slice(value);
            kept.push((place, Field { name: field.name.clone(), value }));
        }
    }
    kept.sort_by_key(|(place, _)| *place);
    cut.field_lines += fields.len() - kept.len();
    cut.head_bytes = cut.head_bytes.max(whole - used);
    Some(kept.into_iter().map(|(_, field)| field).collect())
}

/// The start of a URL that is too long to be kept.
fn url_within(url: &Url, bounds: &Bounds) -> Option<Url> {
    let kept = prefix(url.as_str(), bounds.value_bytes);
    if kept.len() == url.as_str().len() {
        return None;
    }
    Url::parse(kept).ok()
}

/// Fields that decide who may read a response, who may store it, and what a browser asks next.
const DECISIVE: &[&str] = &[
    "age",
    "cache-control",
    "cache-status",
    "clear-site-data",
    "content-length",
    "content-range",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "host",
    "last-modified",
    "location",
    "origin",
    "pragma",
    "server",
    "set-cookie",
    "timing-allow-origin",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "x-cache",
    "x-content-type-options",
];

/// Whether a field of this name decides who may read a response, who may store it, or what a browser
/// asks next.
fn is_decisive(name: &str) -> bool {
    let cors = "access-control-";
    let prefix = name.as_bytes().get(..cors.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(cors.as_bytes()))
        || DECISIVE.iter().any(|decisive| name.eq_ignore_ascii_case(decisive))
}

/// The text, or its start and how much more there is.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    // What is short already stays as it is.
    if text.len() <= most + ENDING {
        return Cow::Borrowed(text);
    }
    let kept = prefix(text, most);
    Cow::Owned(format!("{kept}… ({} more bytes)", text.len() - kept.len()))
}

/// For how many bytes there is room to say how much more there is.
const ENDING: usize = 40;

/// At most so many bytes from the start of a text.
fn prefix(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}

/// Shortens a text in its place.
pub fn shorten(text: &mut String, most: usize) {
    if let Cow::Owned(short) = shortened(text, most) {
        *text = short;
    }
}

/// Shortens every text of a list, and the list.
pub fn shorten_all(texts: &mut Vec<String>, bounds: &Bounds) {
    let more = texts.len().saturating_sub(bounds.texts);
    if more > 0 {
        texts.truncate(bounds.texts);
        texts.push(format!("… and {more} more"));
    }
    texts.iter_mut().for_each(|text| shorten(text, bounds.text_bytes));
    texts.shrink_to_fit();
}
