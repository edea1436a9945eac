//! One HTTP/2 connection that several slots share, each with a stream of its own.

use std::{cell::RefCell, future::poll_fn, pin::pin, rc::Rc, task::Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Version,
    body::{Body, Incoming},
    client::conn::http2::{self, SendRequest},
    http::request::Parts,
};
use hyper_util::rt::TokioIo;

use super::{
    caller::unsendable,
    carrier::Way,
    http1::{Broken, Received},
    judging::{Framing, Heard, Verdict},
    worker::Worker,
};
use crate::{
    load::{
        record::ErrorKind,
        work::{Template, Work},
    },
    message,
    transport::Alpn,
};

/// A connection and its requests, ready to be sent.
pub(super) struct Session {
    sender: RefCell<Option<SendRequest<Full<Bytes>>>>,
    /// Held by who opens the connection, so that one does it for all.
    opening: tokio::sync::Mutex<()>,
    requests: Vec<Option<(Parts, Bytes)>>,
}

/// Starts hyper's tasks on this thread.
#[derive(Clone, Copy)]
struct Local;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}

impl Session {
    pub(super) fn new(work: &Work) -> Self {
        let requests = work.templates.iter().map(request).collect();
        Self { sender: RefCell::new(None), opening: tokio::sync::Mutex::new(()), requests }
    }

    /// A connection for requests that nobody rendered before.
    pub(super) fn bare() -> Self {
        Self { sender: RefCell::new(None), opening: tokio::sync::Mutex::new(()), requests: Vec::new() }
    }

    /// Sends a request that was not rendered before. Gives its answer without content, the lines of the
    /// answer's head, and how many bytes came.
    pub(super) async fn ask(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        asked: &message::Request,
        sent: &mut u64,
    ) -> Result<(message::Response, Vec<String>, u64), Broken> {
        let (dressed, _) = way.wire.written(asked).map_err(unsendable)?;
        let Some((parts, body)) = form(asked, &dressed.fields) else {
            return Err(unsendable("the request has no HTTP/2 form".to_owned()));
        };
        let mut sender = self.sender(worker, slot, way, sent).await?;
        worker.restart(slot, *sent);
        let request = Request::from_parts(parts, Full::new(body));
        let answer = within(worker, slot, sender.send_request(request)).await?;
        let answer = answer.map_err(|error| self.failed(&error))?;
        let mut response = message::Response::new(answer.status().as_u16());
        for (name, value) in answer.headers() {
            response.fields.push(name.as_str(), value.as_bytes().to_vec());
        }
        let shown = lines(response.status, answer.headers());
        let head = head_length(answer.headers());
        let bytes = head + within(worker, slot, content(answer.into_body())).await??;
        Ok((response, shown, bytes))
    }

    /// Sends a template's request and waits for its answer.
    pub(super) async fn exchange(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        template: &Template,
        index: usize,
        sent: &mut u64,
    ) -> Result<Received, Broken> {
        let mut sender = self.sender(worker, slot, way, sent).await?;
        let Some(Some((parts, body))) = self.requests.get(index) else {
            return Err(broken(ErrorKind::Parse, "the request has no HTTP/2 form".to_owned()));
        };
        let request = Request::from_parts(parts.clone(), Full::new(body.clone()));
        let answer = within(worker, slot, sender.send_request(request)).await?;
        let response = answer.map_err(|error| self.failed(&error))?;
        let status = response.status().as_u16();
        let fields = response.headers();
        let verdict = worker.state.borrow_mut().judging.judge(&worker.work, index, status, || {
            fields.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
        });
        let mut bytes = head_length(fields);
        let shown = if verdict == Verdict::Right { Vec::new() } else { lines(status, fields) };
        bytes += within(worker, slot, content(response.into_body())).await??;
        let _ = template;
        let heard = Heard { status, verdict, head: 0, framing: Framing::Empty, persists: true };
        Ok(Received { heard, bytes, reusable: true, unasked: 0, lines: shown })
    }

    /// What sends on the connection, which is opened where it is not.
    async fn sender(
        &self,
        worker: &Rc<Worker>,
        slot: usize,
        way: &Way,
        sent: &mut u64,
    ) -> Result<SendRequest<Full<Bytes>>, Broken> {
        if let Some(sender) = self.open() {
            return Ok(sender);
        }
        let _opening = within(worker, slot, self.opening.lock()).await?;
        let sender = match self.open() {
            Some(sender) => sender,
            None => {
                let stream = way.dial(Alpn::Http2).await?;
                let (sender, connection) =
                    http2::Builder::new(Local)
                        .handshake(TokioIo::new(stream))
                        .await
                        .map_err(|error| broken(ErrorKind::Parse, format!("no HTTP/2: {error}")))?;
                tokio::task::spawn_local(async move {
                    // How it ended is told to every stream.
                    let _ = connection.await;
                });
                worker.state.borrow_mut().tally.connects += 1;
                *self.sender.borrow_mut() = Some(sender.clone());
                sender
            }
        };
        *sent = worker.now();
        worker.restart(slot, *sent);
        Ok(sender)
    }

    fn open(&self) -> Option<SendRequest<Full<Bytes>>> {
        self.sender.borrow().as_ref().filter(|sender| !sender.is_closed()).cloned()
    }

    fn failed(&self, error: &hyper::Error) -> Broken {
        let text = error_chain(error);
        let kind = if error.is_canceled() || error.is_closed() || text.contains("closed") {
            ErrorKind::Closed
        } else if text.contains("reset") || text.contains("GOAWAY") || text.contains("go away") {
            ErrorKind::Reset
        } else {
            ErrorKind::Parse
        };
        if kind != ErrorKind::Reset {
            self.sender.borrow_mut().take();
        }
        broken(kind, text)
    }
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

fn broken(kind: ErrorKind, message: String) -> Broken {
    Broken { kind, message, heard: false }
}

/// A future that ends when the slot's request has taken too long.
async fn within<T>(worker: &Worker, slot: usize, future: impl Future<Output = T>) -> Result<T, Broken> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending if worker.is_late(slot, cx) => {
            Poll::Ready(Err(broken(ErrorKind::Timeout, "no whole answer within the timeout".to_owned())))
        }
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Passes over content; gives its length.
async fn content(mut body: Incoming) -> Result<u64, Broken> {
    let mut bytes = 0;
    while !body.is_end_stream() {
        let frame = poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await;
        match frame {
            None => break,
            Some(Ok(frame)) => bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(error)) => return Err(broken(ErrorKind::Closed, error_chain(&error))),
        }
    }
    Ok(bytes)
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

fn head_length(fields: &HeaderMap) -> u64 {
    fields.iter().map(|(name, value)| (name.as_str().len() + value.len()) as u64).sum()
}

fn lines(status: u16, fields: &HeaderMap) -> Vec<String> {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}: {}", crate::message::isomorphic::decode(value.as_bytes())));
    std::iter::once(format!(":status: {status}")).chain(fields).collect()
}
