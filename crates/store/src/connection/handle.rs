use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, Version,
    body::{Body, Incoming as HyperBody},
    header::{HeaderName, HeaderValue},
    http::Extensions,
};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::Shared;
use crate::{
    message::{self, Fields},
    reference::{
        answer::{Reply, answer},
        dictate,
        request::Incoming,
    },
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
    let (mut incoming, body) = incoming(request);
    let mut held = Vec::new();
    if !body.is_end_stream() {
        let taken = timeout(shared.limits.body_timeout, take(body, &mut incoming, &mut held, shared)).await;
        if taken.ok().flatten().is_none() {
            return Err(Verbatim::close());
        }
    }
    match answer(&shared.store, &shared.place, &incoming).await {
        Reply::Response(mut response) => {
            let second = version == Version::HTTP_2;
            if second && incoming.method == "HEAD" {
                without_content(&mut response);
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

fn closes(request: &Request<HyperBody>) -> bool {
    let options = request.headers().get_all(hyper::header::CONNECTION);
    options
        .iter()
        .any(|value| value.as_bytes().to_ascii_lowercase().windows(5).any(|window| window == b"close"))
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
        overlong: false,
        crowded: false,
    };
    (incoming, body)
}

/// Takes in the content, and holds the memory that this takes; `None` where it breaks off.
async fn take(
    mut body: HyperBody,
    incoming: &mut Incoming,
    held: &mut Vec<OwnedSemaphorePermit>,
    shared: &Shared,
) -> Option<()> {
    let limits = &shared.limits;
    let mut content = BytesMut::new();
    let mut length = body.size_hint().lower();
    incoming.overlong = length > limits.body_bytes;
    let most = limits.body_bytes.saturating_mul(DRAINED);
    if length > most {
        return Some(());
    }
    length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        length += data.len() as u64;
        incoming.overlong |= length > limits.body_bytes;
        if length > most {
            break;
        }
        if !incoming.overlong && !incoming.crowded {
            let pages = u32::try_from(data.len().div_ceil(1024)).unwrap_or(u32::MAX);
            match shared.memory.clone().try_acquire_many_owned(pages) {
                Ok(permit) => held.push(permit),
                Err(_) => incoming.crowded = true,
            }
        }
        if incoming.overlong || incoming.crowded {
            content = BytesMut::new();
            held.clear();
        } else {
            content.extend_from_slice(&data);
        }
    }
    incoming.body = content.freeze();
    Some(())
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
