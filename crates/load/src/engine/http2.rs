//! One HTTP/2 connection that several slots share, each with a stream of its own.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::Poll,
};

use bytes::Bytes;
use crosscheck_core::{
    exchange::SendContext,
    message::{self, http1::Framing},
};
use crosscheck_harness::transport::Alpn;
use h2::client::{Builder, SendRequest};
use hyper::{
    HeaderMap, Request, Version,
    http::{request::Parts, response::Parts as Head},
};

use super::{
    broken::{Broken, broken, failed, late, unsendable},
    evidence::HTTP2,
    http1::Received,
    judging::{Heard, Verdict},
    way::Way,
    worker::Worker,
};
use crate::{
    record::ErrorKind,
    time::Nanos,
    work::{Template, Work},
};

/// A connection and its requests, ready to be sent.
pub(super) struct Session {
    open: RefCell<Option<Open>>,
    /// Held by who opens the connection, so that one does it for all.
    opening: tokio::sync::Mutex<()>,
    requests: Vec<Option<(Parts, Bytes)>>,
}

/// A connection that is open, as each slot keeps it.
#[derive(Clone)]
pub(super) struct Open {
    sender: SendRequest<Bytes>,
    ended: Rc<Cell<bool>>,
    /// Whether it is counted among those that the endpoint ended.
    counted: Rc<Cell<bool>>,
}

/// Why a request got no answer.
enum Lost {
    /// The endpoint has not looked at it, so that it is safe to send again, whatever its method.
    Unprocessed(Broken),
    /// Anything else.
    Sent(Broken),
}

/// How often a request is sent again that the endpoint has not looked at; one that refuses everything is overloaded.
const AGAIN: u32 = 3;

/// How much of an answer may be under way, in bytes: on a stream, and on the connection.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 5 * 1024 * 1024;

impl Session {
    pub(super) fn new(work: &Work) -> Self {
        let requests = work.templates.iter().map(request).collect();
        Self { open: RefCell::new(None), opening: tokio::sync::Mutex::new(()), requests }
    }

    /// A connection for requests that nobody rendered before.
    pub(super) fn bare() -> Self {
        Self { open: RefCell::new(None), opening: tokio::sync::Mutex::new(()), requests: Vec::new() }
    }

    /// Sends a request that was not rendered before. Gives its answer without content, the lines of the
    /// answer's head, and how many bytes came.
    pub(super) async fn ask(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        (asked, context): (&message::Request, &SendContext),
        sent: &mut Nanos,
    ) -> Result<(message::Response, Vec<String>, u64), Broken> {
        let (dressed, _) = way.wire.written(asked, context).map_err(unsendable)?;
        let Some((parts, body)) = form(asked, &dressed.fields) else {
            return Err(broken(ErrorKind::Parse, "the request has no HTTP/2 form".to_owned()));
        };
        worker.restart(slot, *sent);
        let (head, mut bytes) = self.deliver(worker, slot, way, (&parts, &body), &mut None, sent).await?;
        let mut response = message::Response::new(head.status.as_u16());
        for (name, value) in &head.headers {
            bytes += (name.as_str().len() + value.len()) as u64;
            response.fields.push(name.as_str(), value.as_bytes().to_vec());
        }
        let shown = lines(response.status, &head.headers);
        Ok((response, shown, bytes))
    }

    /// Sends a template's request and waits for its answer.
    pub(super) async fn exchange(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        index: usize,
        kept: &mut Option<Open>,
        sent: &mut Nanos,
    ) -> Result<Received, Broken> {
        let Some(Some((parts, body))) = self.requests.get(index) else {
            return Err(broken(ErrorKind::Parse, "the request has no HTTP/2 form".to_owned()));
        };
        let (head, content) = self.deliver(worker, slot, way, (parts, body), kept, sent).await?;
        let (status, fields) = (head.status.as_u16(), &head.headers);
        let (verdict, length) =
            worker.state.borrow_mut().judging.hear_fields(&worker.work, index, status, fields);
        let shown = if verdict == Verdict::Right { Vec::new() } else { lines(status, fields) };
        let heard = Heard { status, verdict, head: 0, framing: Framing::Empty, persists: true };
        Ok(Received { heard, bytes: length + content, reusable: true, unsolicited: 0, lines: shown })
    }

    /// Sends a request, and again where the endpoint says that it has not looked at it. Gives the head of its
    /// answer, and how many bytes of content came.
    async fn deliver(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        request: (&Parts, &Bytes),
        kept: &mut Option<Open>,
        sent: &mut Nanos,
    ) -> Result<(Head, u64), Broken> {
        let mut again = AGAIN;
        loop {
            match self.once(worker, slot, way, request, kept, sent).await {
                Ok(received) => return Ok(received),
                Err(Lost::Unprocessed(_)) if again > 0 => again -= 1,
                Err(Lost::Unprocessed(broken) | Lost::Sent(broken)) => return Err(broken),
            }
        }
    }

    /// Sends a request, on the connection that a slot has kept or on one that is opened where there is none.
    async fn once(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        (parts, body): (&Parts, &Bytes),
        kept: &mut Option<Open>,
        sent: &mut Nanos,
    ) -> Result<(Head, u64), Lost> {
        let mut open = match kept.take().filter(|open| !open.ended.get()) {
            Some(open) => open,
            None => self.opened(worker, slot, way, sent).await?,
        };
        // The endpoint says how many streams may be open.
        if within(worker, slot, poll_fn(|cx| open.sender.poll_ready(cx))).await?.is_err() {
            // It has ended the connection, as it may (RFC 9113 §6.8): asked on a new one.
            open.ended_by_peer(worker);
            open = self.opened(worker, slot, way, sent).await?;
            let ready = within(worker, slot, poll_fn(|cx| open.sender.poll_ready(cx))).await?;
            ready.map_err(|error| open.failed(&error))?;
        }
        let request = Request::from_parts(parts.clone(), ());
        let (answer, mut content) =
            open.sender.send_request(request, body.is_empty()).map_err(|error| open.failed(&error))?;
        if !body.is_empty() {
            content.send_data(body.clone(), true).map_err(|error| open.failed(&error))?;
        }
        let answer = match within(worker, slot, answer).await? {
            Ok(answer) => answer,
            Err(error) if is_unprocessed(&error) => {
                let lost = Lost::Unprocessed(open.failed(&error));
                if error.is_go_away() {
                    open.ended_by_peer(worker);
                } else {
                    *kept = Some(open);
                }
                return Err(lost);
            }
            Err(error) => return Err(open.failed(&error).into()),
        };
        let (head, mut content) = answer.into_parts();
        let mut bytes = 0;
        while !content.is_end_stream() {
            match within(worker, slot, content.data()).await? {
                None => break,
                Some(Ok(data)) => {
                    bytes += data.len() as u64;
                    // A stream that has ended meanwhile needs no more room.
                    let _ = content.flow_control().release_capacity(data.len());
                }
                Some(Err(error)) => return Err(Broken { heard: true, ..open.failed(&error) }.into()),
            }
        }
        *kept = Some(open);
        Ok((head, bytes))
    }

    /// The connection, which is opened where it is not.
    async fn opened(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        sent: &mut Nanos,
    ) -> Result<Open, Broken> {
        if let Some(open) = self.open() {
            return Ok(open);
        }
        let _opening = within(worker, slot, self.opening.lock()).await?;
        let open = match self.open() {
            Some(open) => open,
            None => {
                let stream = way.dial(Alpn::Http2).await?;
                let (sender, connection) = Builder::new()
                    .enable_push(false)
                    // Until the endpoint has said how many it takes, more might be refused.
                    .initial_max_send_streams(1)
                    .initial_window_size(STREAM_WINDOW)
                    .initial_connection_window_size(CONNECTION_WINDOW)
                    .handshake(stream)
                    .await
                    .map_err(|error| broken(ErrorKind::Parse, format!("no HTTP/2: {error}")))?;
                let ended = Rc::new(Cell::new(false));
                let end = Rc::clone(&ended);
                tokio::task::spawn_local(async move {
                    // How it ended is told to every stream.
                    let _ = connection.await;
                    end.set(true);
                });
                worker.state.borrow_mut().tally.connects += 1;
                let open = Open { sender, ended, counted: Rc::default() };
                *self.open.borrow_mut() = Some(open.clone());
                open
            }
        };
        *sent = worker.now();
        worker.restart(slot, *sent);
        Ok(open)
    }

    fn open(&self) -> Option<Open> {
        self.open.borrow().as_ref().filter(|open| !open.ended.get()).cloned()
    }
}

impl Open {
    /// That the endpoint ended it, as several streams may find out.
    fn ended_by_peer(&self, worker: &Worker) {
        self.ended.set(true);
        if !self.counted.replace(true) {
            worker.state.borrow_mut().tally.closed_by_peer += 1;
        }
    }

    /// What went wrong. Unless it was only one stream, the connection is given up.
    fn failed(&self, error: &h2::Error) -> Broken {
        if error.is_reset() {
            return broken(ErrorKind::Reset, error.to_string());
        }
        self.ended.set(true);
        match (error.get_io(), error.reason()) {
            (Some(error), _) => failed(error, false),
            (None, Some(_)) if !error.is_go_away() => broken(ErrorKind::Parse, error.to_string()),
            // The endpoint ended it, or the stream is not open any more.
            (None, _) => broken(ErrorKind::Closed, error.to_string()),
        }
    }
}

impl From<Broken> for Lost {
    fn from(broken: Broken) -> Self {
        Self::Sent(broken)
    }
}

/// Whether the endpoint says that it has not looked at a request: it refused the stream, or the stream came after the
/// last one that it looks at before it ends the connection (RFC 9113 §6.8, §8.7).
fn is_unprocessed(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (refused || error.is_go_away())
}

/// A future that ends when the slot's request has taken too long.
async fn within<T>(worker: &Worker, slot: usize, future: impl Future<Output = T>) -> Result<T, Broken> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending if worker.is_late(slot, cx) => Poll::Ready(Err(late())),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// A template's request in HTTP/2.
fn request(template: &Template) -> Option<(Parts, Bytes)> {
    form(&template.request, &template.dressed)
}

/// A request in HTTP/2, with its fields as the transport dresses them: names in lower case, nothing
/// that is of one connection only (RFC 9113 §8.2).
fn form(asked: &message::Request, dressed: &message::Fields) -> Option<(Parts, Bytes)> {
    let mut request =
        Request::builder().method(asked.method.as_str()).uri(asked.url.as_str()).version(Version::HTTP_2);
    for field in dressed.iter() {
        let name = field.name.to_ascii_lowercase();
        if !matches!(name.as_str(), "host" | "connection" | "keep-alive" | "transfer-encoding" | "upgrade") {
            request = request.header(name, field.value.as_ref());
        }
    }
    let (parts, ()) = request.body(()).ok()?.into_parts();
    Some((parts, asked.body.clone()))
}

fn lines(status: u16, fields: &HeaderMap) -> Vec<String> {
    let fields = fields.iter().map(|(name, value)| {
        format!("{name}: {}", crosscheck_core::message::isomorphic::decode(value.as_bytes()))
    });
    std::iter::once(format!("{HTTP2} {status}")).chain(fields).collect()
}
