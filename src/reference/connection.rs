use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, Version,
    body::{Body, Incoming as HyperBody},
    header::{HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

use super::{
    answer::{Place, Reply, answer},
    request::Incoming,
    server::Limits,
    store::Store,
};
use crate::message::{self, Fields};

/// How much of a content that is too long is read and thrown away, in multiples of the limit,
/// so that a client which is still sending gets the answer.
const DRAINED: u64 = 8;

/// What every connection of a server shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) place: Arc<Place>,
    pub(super) limits: Limits,
}

/// Answers the requests of one connection until the client, an answer or `stop` ends it.
pub(super) async fn run(stream: TcpStream, shared: Shared, mut stop: watch::Receiver<bool>) {
    let mut stream = Rewound { early: Bytes::new(), stream };
    loop {
        let service = service_fn(|request| {
            let shared = shared.clone();
            Box::pin(async move { handle(request, &shared).await }) as Handled
        });
        let mut connection = builder(&shared.limits).serve_connection(TokioIo::new(stream), service);
        let mut stopping = *stop.borrow();
        if stopping {
            Pin::new(&mut connection).graceful_shutdown();
        }
        let ended = loop {
            tokio::select! {
                ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
                _ = stop.changed(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let parts = connection.into_parts();
        stream = parts.io.into_inner();
        let verbatim = ended.err().and_then(|error| {
            std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Verbatim>()).cloned()
        });
        let Some(Verbatim { bytes, closes }) = verbatim else { break };
        let write = timeout(shared.limits.write_timeout, stream.stream.write_all(&bytes));
        if !matches!(write.await, Ok(Ok(()))) || closes || stopping {
            break;
        }
        stream.push_back(parts.read_buf);
    }
    // A client that is gone already needs no goodbye.
    let _ = timeout(shared.limits.write_timeout, stream.stream.shutdown()).await;
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_bytes.max(8192))
        .half_close(true)
        .title_case_headers(true);
    builder
}

type Handled = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Verbatim>> + Send>>;

/// An answer that hyper cannot send: it goes to the connection as it is.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a dictated answer")]
struct Verbatim {
    bytes: Bytes,
    closes: bool,
}

async fn handle(request: Request<HyperBody>, shared: &Shared) -> Result<Response<Full<Bytes>>, Verbatim> {
    let last = request.version() != Version::HTTP_11 || closes(&request);
    let Ok(incoming) = timeout(shared.limits.body_timeout, read(request, &shared.limits)).await else {
        return Err(Verbatim { bytes: Bytes::new(), closes: true });
    };
    let Some(incoming) = incoming else { return Err(Verbatim { bytes: Bytes::new(), closes: true }) };
    match answer(&shared.store, &shared.place, &incoming).await {
        Reply::Response(response) => Ok(outgoing(response)),
        Reply::Verbatim(dictated) => {
            let date = httpdate::fmt_http_date(SystemTime::now());
            let (bytes, closes) = dictated.bytes(&incoming.method, &date);
            Err(Verbatim { bytes: bytes.into(), closes: closes || last })
        }
    }
}

fn closes(request: &Request<HyperBody>) -> bool {
    let options = request.headers().get_all(hyper::header::CONNECTION);
    options
        .iter()
        .any(|value| value.as_bytes().to_ascii_lowercase().windows(5).any(|window| window == b"close"))
}

/// The request with its content; `None` where the content breaks off.
async fn read(request: Request<HyperBody>, limits: &Limits) -> Option<Incoming> {
    let (head, mut body) = request.into_parts();
    let fields: Fields = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), Bytes::copy_from_slice(value.as_bytes())))
        .collect();
    let mut content = BytesMut::new();
    let mut length = body.size_hint().lower();
    let mut overlong = length > limits.body_bytes;
    let most = limits.body_bytes.saturating_mul(DRAINED);
    if length <= most {
        length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.ok()?.into_data() else { continue };
            length += data.len() as u64;
            overlong |= length > limits.body_bytes;
            if length > most {
                break;
            }
            if overlong {
                content = BytesMut::new();
            } else {
                content.extend_from_slice(&data);
            }
        }
    }
    Some(Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        fields,
        body: content.freeze(),
        overlong,
    })
}

/// The answer as hyper sends it; lines that no HTTP message can carry are left out.
fn outgoing(answer: message::Response) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    if let Ok(status) = hyper::StatusCode::from_u16(answer.status) {
        *response.status_mut() = status;
    }
    for field in &answer.fields {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(field.value.clone());
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A connection with bytes that were read from it and not used.
struct Rewound {
    early: Bytes,
    stream: TcpStream,
}

impl Rewound {
    fn push_back(&mut self, unused: Bytes) {
        if self.early.is_empty() {
            self.early = unused;
        } else {
            let mut whole = BytesMut::from(unused.as_ref());
            whole.extend_from_slice(&self.early);
            self.early = whole.freeze();
        }
    }
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.early.len().min(buffer.remaining());
        buffer.put_slice(self.early.get(..length).unwrap_or_default());
        self.early.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
