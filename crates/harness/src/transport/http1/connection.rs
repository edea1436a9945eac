use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::{
    chunked::Chunked,
    framing::{Framing, framing, persists},
    read_head::HeadReader,
};
use crate::{
    exchange::{Failure, Stage},
    message::{Request, Response},
    transport::{AddressSpace, LargeBody, tls, trace::Trace},
};

/// A byte stream: TCP, or TLS over TCP.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Whether it is known without a system call that there is nothing to be read.
    fn is_quiet(&self) -> bool {
        false
    }
}

impl Stream for TcpStream {
    fn is_quiet(&self) -> bool {
        // Nothing is read: this only asks for what the runtime has been told.
        self.try_io(Interest::READABLE, || Ok(())).is_err()
    }
}

// What has come may have been decrypted already, so that reading alone tells.
impl Stream for TlsStream<TcpStream> {}

/// How much is read of one response.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Limits {
    pub head: usize,
    pub body: usize,
    pub large_body: LargeBody,
}

/// One connection, between two exchanges.
pub(in super::super) struct Connection {
    stream: Box<dyn Stream>,
    space: AddressSpace,
    scratch: Box<[u8]>,
}

/// A request on its way out.
struct Outgoing {
    bytes: Bytes,
    /// Why no more of it can be written. What the server says all the same is still read.
    broken: Option<io::Error>,
    flushed: bool,
}

const READ_BYTES: usize = 16 * 1024;

impl Connection {
    pub(in super::super) fn new(stream: Box<dyn Stream>, space: AddressSpace) -> Self {
        Self { stream, space, scratch: vec![0; READ_BYTES].into_boxed_slice() }
    }

    /// How public the address is that it is open to.
    pub(in super::super) fn space(&self) -> AddressSpace {
        self.space
    }

    /// Whether the connection can take another request: the server has neither closed it nor sent
    /// something that nobody asked for.
    pub(in super::super) async fn is_quiet(&mut self) -> bool {
        let Self { stream, scratch, .. } = self;
        poll_fn(|cx| {
            let mut chunk = ReadBuf::new(scratch);
            Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut chunk).is_pending())
        })
        .await
    }

    /// Sends a request, of which `head` are the bytes up to the empty line, and reads its response.
    /// Gives the response, and whether the connection serves another request.
    pub(in super::super) async fn exchange(
        &mut self,
        request: &Request,
        head: &[u8],
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<(Response, bool), Failure> {
        let mut outgoing =
            Outgoing { bytes: [head, &request.body].concat().into(), broken: None, flushed: false };
        trace.stage = Stage::Head;
        let mut reader = HeadReader::new(limits.head);
        let (head, length) = loop {
            if let Some(found) = reader.advance(&trace.input)? {
                break found;
            }
            match self.more(&mut outgoing, trace).await {
                Ok(0) => return Err(no_head(outgoing.broken, trace)),
                Ok(_) => {}
                Err(error) => return Err(head_broken(outgoing.broken, &error)),
            }
        };
        // A copy, because a slice would keep all that was read with it in memory.
        trace.head = Some(Bytes::copy_from_slice(&trace.input.split_to(length)));
        trace.stage = Stage::Body;
        let framing = framing(&request.method, &head)?;
        let body = self.content(framing, limits, &mut outgoing, trace).await?;
        let whole = body.len() <= limits.body;
        let quiet = trace.input.is_empty() && trace.written == outgoing.bytes.len() && outgoing.flushed;
        let reusable = whole
            && quiet
            && framing != Framing::UntilClose
            && request.method != "CONNECT"
            && persists(&request.fields, &head);
        if !whole {
            trace.content_cut = Some(limits.body);
        }
        // A copy without the room that reading needed.
        let body = Bytes::copy_from_slice(body.get(..limits.body).unwrap_or(&body));
        Ok((Response { status: head.status, fields: head.fields, body }, reusable))
    }

    /// Reads the content; longer than the limit only where it is to be cut.
    async fn content(
        &mut self,
        framing: Framing,
        limits: Limits,
        outgoing: &mut Outgoing,
        trace: &mut Trace,
    ) -> Result<BytesMut, Failure> {
        let mut content = BytesMut::new();
        let mut chunked = Chunked::new(limits.head);
        let too_large = |content: &BytesMut| content.len() > limits.body;
        if let (Framing::Length(length), LargeBody::Fail) = (framing, limits.large_body)
            && length > u64::try_from(limits.body).unwrap_or(u64::MAX)
        {
            return Err(body_too_large(limits.body));
        }
        loop {
            let whole = match framing {
                Framing::Empty => true,
                Framing::Length(length) => {
                    let have = u64::try_from(content.len()).unwrap_or(u64::MAX);
                    let left = usize::try_from(length.saturating_sub(have)).unwrap_or(usize::MAX);
                    content.unsplit(trace.input.split_to(left.min(trace.input.len())));
                    u64::try_from(content.len()).is_ok_and(|have| have == length)
                }
                Framing::Chunked => chunked
                    .decode(&mut trace.input, &mut content, limits.body)
                    .map_err(|message| Failure { stage: Stage::Body, message })?,
                Framing::UntilClose => {
                    content.unsplit(trace.input.split());
                    false
                }
            };
            if too_large(&content) {
                return match limits.large_body {
                    LargeBody::Fail => Err(body_too_large(limits.body)),
                    LargeBody::Cut => Ok(content),
                };
            }
            if whole {
                return Ok(content);
            }
            match self.more(outgoing, trace).await {
                Ok(0) if framing == Framing::UntilClose => return Ok(content),
                Ok(0) => return Err(content_ended(framing, content.len())),
                Ok(_) => {}
                // Many servers end a TLS session without saying so.
                Err(error)
                    if framing == Framing::UntilClose && error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    return Ok(content);
                }
                Err(error) => {
                    let message = format!("the connection broke within the content: {error}");
                    return Err(Failure { stage: Stage::Body, message });
                }
            }
        }
    }

    /// Reads once into the trace, and writes meanwhile what the connection takes. 0: the end.
    async fn more(&mut self, outgoing: &mut Outgoing, trace: &mut Trace) -> io::Result<usize> {
        poll_fn(|cx| {
            if let Err(error) = self.poll_write(cx, outgoing, trace) {
                outgoing.broken = Some(error);
            }
            let mut chunk = ReadBuf::new(&mut self.scratch);
            match Pin::new(&mut self.stream).poll_read(cx, &mut chunk) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) => {
                    trace.input.extend_from_slice(chunk.filled());
                    Poll::Ready(Ok(chunk.filled().len()))
                }
            }
        })
        .await
    }

    /// Writes and flushes as much as goes without waiting.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        outgoing: &mut Outgoing,
        trace: &mut Trace,
    ) -> io::Result<()> {
        if outgoing.broken.is_some() {
            return Ok(());
        }
        while let Some(rest) = outgoing.bytes.get(trace.written..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => {
                    trace.first_sent.get_or_insert_with(Instant::now);
                    trace.written += count;
                }
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        if !outgoing.flushed {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => outgoing.flushed = true,
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The connection ended before a whole head.
fn no_head(broken: Option<io::Error>, trace: &Trace) -> Failure {
    match broken {
        Some(error) => Failure {
            stage: Stage::Send,
            message: format!("the connection was closed while the request was sent: {error}"),
        },
        None if trace.input.is_empty() => {
            Failure { stage: Stage::Head, message: "the connection was closed without an answer".to_owned() }
        }
        None => Failure {
            stage: Stage::Head,
            message: format!(
                "the connection was closed within the response head, after {} bytes",
                trace.input.len()
            ),
        },
    }
}

/// The connection broke before a whole head.
fn head_broken(broken: Option<io::Error>, error: &io::Error) -> Failure {
    // A server that wants a client certificate says so only after the handshake.
    if let Some(failure) = tls::failure(error) {
        return failure;
    }
    match broken {
        Some(error) => Failure {
            stage: Stage::Send,
            message: format!("the connection broke while the request was sent: {error}"),
        },
        None => {
            Failure { stage: Stage::Head, message: format!("the connection broke before an answer: {error}") }
        }
    }
}

fn content_ended(framing: Framing, have: usize) -> Failure {
    let message = match framing {
        Framing::Length(length) => {
            format!("the connection was closed after {have} of {length} bytes of content")
        }
        _ => format!("the connection was closed before the last chunk, after {have} bytes of content"),
    };
    Failure { stage: Stage::Body, message }
}

fn body_too_large(limit: usize) -> Failure {
    Failure { stage: Stage::BodyTooLarge, message: format!("the content is longer than {limit} bytes") }
}
