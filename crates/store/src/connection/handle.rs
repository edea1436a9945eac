use std::time::SystemTime;

use bytes::Bytes;
use crosscheck_core::message::{self, Fields, list};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, Version,
    body::{Body, Incoming as HyperBody},
    header::{HeaderName, HeaderValue},
    http::Extensions,
};
use tokio::time::timeout;

use super::Shared;
use crate::{
    answer::{Reply, answer},
    dictate,
    request::{Incoming, Unread},
};

/// How much of a content that is not taken is read and thrown away, in multiples of the limit,
/// so that a client which is still sending gets the answer.
const DRAINED: u64 = 8;

/// How many fields hyper adds to an answer: `Content-Length` and `Date`.
const ADDED: usize = 2;

/// An answer that hyper cannot send: it goes to the connection as it is.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a dictated answer")]
pub(super) struct Verbatim {
    /// The bytes of HTTP/1.1.
    pub(super) bytes: Bytes,
    /// Whether the connection ends with it.
    pub(super) closes: bool,
    answer: dictate::Verbatim,
}

impl Verbatim {
    fn close() -> Self {
        Self { bytes: Bytes::new(), closes: true, answer: dictate::Verbatim::Close }
    }
}

/// Answers a request.
pub(super) async fn handle(
    request: Request<HyperBody>,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Verbatim> {
    let version = request.version();
    let last = version != Version::HTTP_11 || closes(&request);
    let waits = waits(&request);
    let (mut incoming, body) = incoming(request);
    // For as long as the request is under way, its head is in memory, and copies of parts of it.
    let head = shared.store.budget().take(2 * head_length(&incoming));
    if head.is_none() {
        incoming.unread = Some(Unread::Crowded);
    }
    let mut rest = Rest::Read;
    if !body.is_end_stream() {
        let taken = timeout(shared.limits.body_timeout, take(body, &mut incoming, waits, shared)).await;
        rest = match taken {
            Ok(Ok(rest)) => rest,
            // The client is gone, and nobody is there to be answered.
            Ok(Err(error)) if !is_malformed(&error) => return Err(Verbatim::close()),
            Ok(Err(_)) => {
                incoming.unread = Some(Unread::Malformed);
                Rest::Unread
            }
            Err(_) => {
                incoming.unread = Some(Unread::Late);
                Rest::Unread
            }
        };
    }
    let last = last || rest == Rest::Unread;
    match answer(&shared.store, &shared.place, &incoming).await {
        Reply::Response(mut response) => {
            let second = version == Version::HTTP_2;
            if second && incoming.method == "HEAD" {
                without_content(&mut response);
            }
            if rest == Rest::Unread && !second {
                response.fields.push("Connection", "close");
            }
            let spelling = if second { Extensions::new() } else { shared.spelling.of(&incoming.method) };
            Ok(outgoing(response, spelling))
        }
        Reply::Verbatim(dictated) => {
            let date = httpdate::fmt_http_date(SystemTime::now());
            let (bytes, closes) = dictated.bytes(&incoming.method, &date);
            Err(Verbatim { bytes: bytes.into(), closes: closes || last, answer: dictated })
        }
    }
}

/// What hyper does to the answer of a HEAD request in HTTP/1.1 alone: its content is not sent, its
/// length is said (RFC 9110 §9.3.2).
fn without_content(response: &mut message::Response) {
    let length = response.body.len();
    if length > 0 && !response.fields.contains("content-length") {
        response.fields.push("content-length", length.to_string());
    }
    response.body = Bytes::new();
}

/// A dictated answer as HTTP/2 can carry it: without the case of its lines, and without those that
/// frame it.
pub(super) fn as_message(verbatim: Verbatim, method: &str) -> Result<Response<Full<Bytes>>, Verbatim> {
    let dictate::Verbatim::Send { status, fields, body } = &verbatim.answer else { return Err(verbatim) };
    let mut kept = Fields::new();
    for field in fields {
        let framing = ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];
        if !framing.iter().any(|name| field.is(name)) {
            kept.push(field.name.as_str(), field.value.clone());
        }
    }
    let body = if method == "HEAD" || matches!(status, 204 | 304) { Bytes::new() } else { body.clone() };
    Ok(outgoing(message::Response { status: *status, fields: kept, body }, Extensions::new()))
}

/// What became of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// All of it was read.
    Read,
    /// What is left of it was not: the connection cannot go on.
    Unread,
}

/// Whether the client sends its content only when it is told to (RFC 9110 §10.1.1).
fn waits(request: &Request<HyperBody>) -> bool {
    let expected = request.headers().get(hyper::header::EXPECT);
    expected.is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Whether a content broke off because it is malformed, and not because its client went away.
fn is_malformed(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    source.is_some_and(|source| {
        matches!(source.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData)
    })
}

/// What a request's head takes in memory.
fn head_length(incoming: &Incoming) -> usize {
    let lines: usize = incoming.fields.iter().map(|field| 64 + field.name.len() + field.value.len()).sum();
    1024 + incoming.path.len() + incoming.query.as_ref().map_or(0, String::len) + lines
}

fn closes(request: &Request<HyperBody>) -> bool {
    list::has(request.headers().get_all(hyper::header::CONNECTION).iter(), "close")
}

/// The request, and its content that is yet to come.
fn incoming(request: Request<HyperBody>) -> (Incoming, HyperBody) {
    let (head, body) = request.into_parts();
    let mut fields: Fields = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), Bytes::copy_from_slice(value.as_bytes())))
        .collect();
    if let Some(authority) = head.uri.authority().filter(|_| !fields.contains("host")) {
        fields.push("host", authority.as_str().to_owned());
    }
    let incoming = Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        fields,
        body: Bytes::new(),
        unread: None,
    };
    (incoming, body)
}

/// Takes in the content.
async fn take(
    mut body: HyperBody,
    incoming: &mut Incoming,
    waits: bool,
    shared: &Shared,
) -> Result<Rest, hyper::Error> {
    let (limits, budget) = (&shared.limits, shared.store.budget());
    let said = body.size_hint().lower();
    let most = limits.body_bytes.saturating_mul(DRAINED);
    if said > limits.body_bytes {
        incoming.unread = Some(Unread::Overlong);
    } else if incoming.unread.is_none()
        && waits
        && usize::try_from(said).unwrap_or(usize::MAX) > budget.room()
    {
        incoming.unread = Some(Unread::Crowded);
    }
    // Who asks whether to send is told so before anything is read: reading says yes.
    if said > most || (waits && incoming.unread.is_some()) {
        return Ok(Rest::Unread);
    }
    let mut content = Vec::new();
    let mut charge = budget.take(0);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len() as u64;
        if length > limits.body_bytes {
            incoming.unread = Some(Unread::Overlong);
        } else if incoming.unread.is_none() && !charge.as_mut().is_some_and(|charge| charge.grow(data.len()))
        {
            incoming.unread = Some(Unread::Crowded);
        }
        if length > most {
            return Ok(Rest::Unread);
        }
        if incoming.unread.is_some() {
            (content, charge) = (Vec::new(), None);
        } else {
            content.extend_from_slice(&data);
        }
    }
    if let Some(charge) = charge {
        incoming.body = charge.hold(content);
    }
    Ok(Rest::Read)
}

/// The answer as hyper sends it; lines that no HTTP message can carry are left out.
fn outgoing(answer: message::Response, spelling: Extensions) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    if let Ok(status) = hyper::StatusCode::from_u16(answer.status) {
        *response.status_mut() = status;
    }
    let fields = response.headers_mut();
    fields.reserve(answer.fields.len() + ADDED);
    for field in answer.fields {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(field.value);
        if let (Ok(name), Ok(value)) = (name, value) {
            fields.append(name, value);
        }
    }
    *response.extensions_mut() = spelling;
    response
}
