use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use crosscheck_core::{
    exchange::{Failure, Stage},
    message::{
        Fields, Request, Response,
        http1::{Chunked, Framing, HeadError, HeadReader},
        list,
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::{
    failure::{body_too_large, content_ended, head_broken, head_failure, no_head},
    request_name,
};
use crate::transport::{AddressSpace, LargeBody, Unsolicited, trace::Trace};

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
    /// How long content without a declared length is read where it may be cut.
    pub unframed: Duration,
}

/// One connection, between two exchanges.
pub(in super::super) struct Connection {
    stream: Box<dyn Stream>,
    space: AddressSpace,
    scratch: Box<[u8]>,
    /// The request that was answered last, where there was one.
    answered: Option<String>,
}

/// What an idle connection has brought.
#[derive(Debug)]
pub(in super::super) enum Idle {
    /// Nothing: it can take another request.
    Quiet,
    /// The server ended it, as it may; what it said, where it said why.
    Closed(Option<io::Error>),
    /// Bytes that answer no request.
    Unsolicited(Unsolicited),
}

/// Why a request was not answered on a connection.
#[derive(Debug)]
pub(in super::super) enum Refused {
    /// The exchange failed.
    Failed(Failure),
    /// The connection brought bytes that answer no request, before this one was sent or in the place of its answer.
    Unsolicited(Unsolicited),
    /// A kept connection brought an answer before the whole head of the request had been written: it may belong to
    /// another.
    Early,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// An answer, and what becomes of its connection.
#[derive(Debug)]
pub(in super::super) struct Answered {
    pub response: Response,
    /// Whether the connection serves another request.
    pub reusable: bool,
    /// What followed the answer.
    pub unsolicited: Option<Unsolicited>,
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
        Self { stream, space, scratch: vec![0; READ_BYTES].into_boxed_slice(), answered: None }
    }

    /// How public the address is that it is open to.
    pub(in super::super) fn space(&self) -> AddressSpace {
        self.space
    }

    /// Whether it has served a request before.
    pub(in super::super) fn is_kept(&self) -> bool {
        self.answered.is_some()
    }

    /// What has come while nothing was asked.
    pub(in super::super) async fn idle(&mut self) -> Idle {
        if self.stream.is_quiet() {
            return Idle::Quiet;
        }
        let Self { stream, scratch, answered, .. } = self;
        poll_fn(|cx| {
            let mut chunk = ReadBuf::new(scratch);
            Poll::Ready(match Pin::new(&mut *stream).poll_read(cx, &mut chunk) {
                Poll::Pending => Idle::Quiet,
                Poll::Ready(Ok(())) if !chunk.filled().is_empty() => {
                    Idle::Unsolicited(Unsolicited::new(answered.clone(), chunk.filled()))
                }
                Poll::Ready(ended) => Idle::Closed(ended.err()),
            })
        })
        .await
    }

    /// Sends a request, of which `head` are the bytes up to the empty line, and reads its response.
    pub(in super::super) async fn exchange(
        &mut self,
        request: &Request,
        head: &[u8],
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<Answered, Refused> {
        let head_length = head.len();
        let mut outgoing =
            Outgoing { bytes: [head, &request.body].concat().into(), broken: None, flushed: false };
        trace.stage = Stage::Head;
        let mut reader = HeadReader::new(limits.head);
        // What has come by now cannot be an answer.
        match self.idle().await {
            Idle::Quiet | Idle::Closed(None) => {}
            Idle::Closed(Some(error)) => return Err(head_broken(None, &error).into()),
            Idle::Unsolicited(unsolicited) => {
                trace.input.extend_from_slice(&unsolicited.bytes);
                // What is not HTTP at all is reported as what it is.
                reader.advance(&unsolicited.bytes).map_err(|error| head_failure(&error))?;
                return Err(Refused::Unsolicited(unsolicited));
            }
        }
        let (head, length) = loop {
            match reader.advance(&trace.input) {
                Ok(Some(found)) => break found,
                Ok(None) => {}
                // On a kept connection, the content of an earlier answer that should have had none, most often.
                Err(HeadError::NotHttp { .. }) if self.is_kept() => {
                    return Err(Refused::Unsolicited(Unsolicited::new(self.answered.clone(), &trace.input)));
                }
                Err(error) => return Err(head_failure(&error).into()),
            }
            match self.more(&mut outgoing, trace).await {
                Ok(0) => return Err(no_head(outgoing.broken, trace).into()),
                Ok(_) if self.is_kept() && trace.written < head_length && outgoing.broken.is_none() => {
                    return Err(Refused::Early);
                }
                Ok(_) => {}
                Err(error) => return Err(head_broken(outgoing.broken, &error).into()),
            }
        };
        // A copy, because a slice would keep all that was read with it in memory.
        trace.head = Some(Bytes::copy_from_slice(&trace.input.split_to(length)));
        trace.stage = Stage::Body;
        let message =
            head.message(&request.method).map_err(|error| Failure::new(Stage::Parse, error.to_string()))?;
        let framing = message.framing();
        let mut body = BytesMut::new();
        let whole =
            self.content_or_cut(&head.fields, framing, limits, &mut outgoing, (trace, &mut body)).await?;
        let sent = trace.written == outgoing.bytes.len() && outgoing.flushed;
        let name = request_name(request);
        let unsolicited = (whole && framing != Framing::UntilClose && !trace.input.is_empty())
            .then(|| Unsolicited::new(Some(name.clone()), &trace.input));
        let reusable = whole
            && sent
            && unsolicited.is_none()
            && request.method != "CONNECT"
            && message.persists()
            && !closes(&request.fields);
        self.answered = Some(name);
        if !whole {
            trace.content_cut = Some(limits.body.min(body.len()));
        }
        // A copy without the room that reading needed.
        let body = Bytes::copy_from_slice(body.get(..limits.body).unwrap_or(&body));
        let response = Response { status: head.status, fields: head.fields, body };
        Ok(Answered { response, reusable, unsolicited })
    }

    /// Reads the content, and gives whether that is all. Where it may be cut, an answer that goes on for ever is judged
    /// by its head: of a stream of events nothing is read, of other content without a declared length what comes in
    /// time.
    async fn content_or_cut(
        &mut self,
        fields: &Fields,
        framing: Framing,
        limits: Limits,
        outgoing: &mut Outgoing,
        (trace, content): (&mut Trace, &mut BytesMut),
    ) -> Result<bool, Failure> {
        let unframed = matches!(framing, Framing::Chunked | Framing::UntilClose);
        if limits.large_body == LargeBody::Fail || !unframed {
            return self.content(framing, limits, outgoing, trace, content).await;
        }
        if is_stream(fields) {
            return Ok(false);
        }
        let reading = self.content(framing, limits, outgoing, trace, content);
        timeout(limits.unframed, reading).await.unwrap_or(Ok(false))
    }

    /// Reads the content; longer than the limit only where it is to be cut. Gives whether it is whole.
    async fn content(
        &mut self,
        framing: Framing,
        limits: Limits,
        outgoing: &mut Outgoing,
        trace: &mut Trace,
        content: &mut BytesMut,
    ) -> Result<bool, Failure> {
        let mut chunked = Chunked::new();
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
                Framing::Chunked => decode(&mut chunked, &mut trace.input, content, limits.body)?,
                Framing::UntilClose => {
                    content.unsplit(trace.input.split());
                    false
                }
            };
            if too_large(content) {
                return match limits.large_body {
                    LargeBody::Fail => Err(body_too_large(limits.body)),
                    LargeBody::Cut => Ok(false),
                };
            }
            if whole {
                return Ok(true);
            }
            match self.more(outgoing, trace).await {
                Ok(0) if framing == Framing::UntilClose => return Ok(true),
                Ok(0) => return Err(content_ended(framing, content.len())),
                Ok(_) => {}
                // Many servers end a TLS session without saying so.
                Err(error)
                    if framing == Framing::UntilClose && error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    return Ok(true);
                }
                Err(error) => {
                    let message = format!("the connection broke within the content: {error}");
                    return Err(Failure::of_io(Stage::Body, &error, message));
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

/// Moves what `input` has of the content to `content`, at most until that has more than `limit` bytes. Gives whether
/// the content is whole.
fn decode(
    chunked: &mut Chunked,
    input: &mut BytesMut,
    content: &mut BytesMut,
    limit: usize,
) -> Result<bool, Failure> {
    while !input.is_empty() && content.len() <= limit {
        let passed = chunked.pass(input).map_err(|error| Failure::new(Stage::Body, error.to_string()))?;
        let part = input.split_to(passed.taken);
        content.extend_from_slice(part.get(passed.content).unwrap_or_default());
        if passed.whole {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether content of this type has no end: server-sent events, and images that replace each other.
fn is_stream(fields: &Fields) -> bool {
    let essence = fields.text("content-type").unwrap_or_default();
    let essence = essence.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "text/event-stream" | "multipart/x-mixed-replace")
}

/// Whether a request asks for the end of its connection.
fn closes(sent: &Fields) -> bool {
    list::has(sent.lines("connection"), "close")
}
