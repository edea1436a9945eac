//! One HTTP/1.1 connection: a request goes out as it was rendered, an answer is heard and its
//! content passed over. Two system calls for each.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crosscheck_core::message::http1::{ChunkError, Chunked, Framing, HeadError};
use crosscheck_harness::transport::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    broken::{Broken, broken, failed, late},
    judging::{Heard, LONGEST_HEAD, Unreadable},
};
use crate::record::ErrorKind;

/// A connection that is open.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    filled: usize,
    /// How many answers it has brought.
    pub served: u64,
}

/// A whole answer came.
#[derive(Debug)]
pub(super) struct Received {
    pub heard: Heard,
    /// The bytes of the answer.
    pub bytes: u64,
    /// Whether the connection serves another request.
    pub reusable: bool,
    /// How many unsolicited bytes came after the answer, or before the request.
    pub unsolicited: usize,
    /// Evidence that the connection does not keep: lines of the head where it is wrong, and unsolicited bytes.
    pub lines: Vec<String>,
}

impl Received {
    /// That bytes came before the request that is answered here went out.
    pub(super) fn after(mut self, early: Vec<String>) -> Self {
        self.unsolicited += early.len();
        self.lines.extend(early);
        self
    }
}

/// What is read at once of a head at first, so that a thousand connections take little, and of content.
const FIRST: usize = 2 * 1024;
const READ: usize = 8 * 1024;

/// How long an answer may take.
pub(super) trait Patience {
    /// Whether it is over; where not, who waits is woken when it is.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool;
}

impl Line {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, buffer: vec![0; FIRST], filled: 0, served: 0 }
    }

    /// Sends a request and waits for its answer. `hear` is given what has come of the head.
    pub(super) async fn exchange(
        &mut self,
        patience: &mut impl Patience,
        request: &[u8],
        mut hear: impl FnMut(&[u8]) -> Result<Option<Heard>, Unreadable>,
    ) -> Result<Received, Broken> {
        self.filled = 0;
        self.write(patience, request).await?;
        let heard = loop {
            if self.filled == self.buffer.len() {
                if self.buffer.len() >= LONGEST_HEAD {
                    return Err(self.broken(ErrorKind::Parse, "the head has no end".to_owned()));
                }
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            if self.read(patience).await? == 0 {
                return Err(self.broken(ErrorKind::Closed, "closed before a whole answer".to_owned()));
            }
            match hear(self.buffer.get(..self.filled).unwrap_or_default()) {
                Ok(Some(heard)) => break heard,
                Ok(None) => {}
                // Bytes that are not an answer at all belong to none: the content of one that should have had none,
                // most often.
                Err(Unreadable::Head(HeadError::NotHttp { .. })) if self.served > 0 => {
                    let lines = unsolicited(self.buffer.get(..self.filled).unwrap_or_default());
                    return Err(Broken {
                        unsolicited: lines,
                        ..broken(ErrorKind::Parse, "unsolicited bytes in the place of an answer".to_owned())
                    });
                }
                Err(error) => return Err(self.broken(ErrorKind::Parse, error.to_string())),
            }
        };
        let mut bytes = heard.head as u64;
        let mut content = Content::new(heard.framing);
        let mut at = heard.head;
        loop {
            let part = self.buffer.get(at..self.filled).unwrap_or_default();
            let (taken, whole) =
                content.pass(part).map_err(|error| self.broken(ErrorKind::Parse, error.to_string()))?;
            bytes += taken as u64;
            at += taken;
            if whole {
                break;
            }
            // The head stays, as evidence.
            (at, self.filled) = (heard.head, heard.head);
            if self.buffer.len() < heard.head + READ {
                self.buffer.resize(heard.head + READ, 0);
            }
            if self.read(patience).await? == 0 {
                if heard.framing == Framing::UntilClose {
                    break;
                }
                return Err(self.broken(ErrorKind::Closed, "closed within the content".to_owned()));
            }
        }
        let surplus = self.filled.saturating_sub(at);
        self.served += 1;
        let lines = unsolicited(self.buffer.get(at..self.filled).unwrap_or_default());
        Ok(Received { heard, bytes, reusable: heard.persists && surplus == 0, unsolicited: surplus, lines })
    }

    /// What a kept connection has brought while no request was under way: nothing where it was ended, as it may be,
    /// and lines where there were unsolicited bytes. `None` where all is quiet, which costs no
    /// system call.
    pub(super) fn overheard(&mut self) -> Option<Vec<String>> {
        if self.served == 0 || self.stream.is_quiet() {
            return None;
        }
        let mut into = ReadBuf::new(&mut self.buffer);
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.stream).poll_read(&mut cx, &mut into) {
            Poll::Pending => None,
            Poll::Ready(Ok(())) => Some(unsolicited(into.filled())),
            Poll::Ready(Err(_)) => Some(Vec::new()),
        }
    }

    async fn write(&mut self, patience: &mut impl Patience, mut bytes: &[u8]) -> Result<(), Broken> {
        std::future::poll_fn(|cx| {
            let written = loop {
                if bytes.is_empty() {
                    // A TLS session writes into its own buffer first; for TCP this is nothing.
                    break Pin::new(&mut self.stream).poll_flush(cx);
                }
                match Pin::new(&mut self.stream).poll_write(cx, bytes) {
                    Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(written)) => bytes = bytes.get(written..).unwrap_or_default(),
                    Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                    Poll::Pending => break Poll::Pending,
                }
            };
            match written {
                Poll::Ready(written) => Poll::Ready(written.map_err(|error| failed(&error, false))),
                Poll::Pending if patience.is_over(cx) => Poll::Ready(Err(late())),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    async fn read(&mut self, patience: &mut impl Patience) -> Result<usize, Broken> {
        let filled = self.filled;
        let read = std::future::poll_fn(|cx| {
            let free = self.buffer.get_mut(filled..).unwrap_or_default();
            let mut into = ReadBuf::new(free);
            match Pin::new(&mut self.stream).poll_read(cx, &mut into) {
                Poll::Ready(Ok(())) => Poll::Ready(Ok(into.filled().len())),
                Poll::Ready(Err(error)) => Poll::Ready(Err(failed(&error, filled > 0))),
                Poll::Pending if patience.is_over(cx) => Poll::Ready(Err(late())),
                Poll::Pending => Poll::Pending,
            }
        })
        .await?;
        self.filled += read;
        Ok(read)
    }

    fn broken(&self, kind: ErrorKind, message: String) -> Broken {
        Broken { kind, message, heard: self.filled > 0, unsolicited: Vec::new() }
    }

    /// What has come of the answer's head, for evidence.
    pub(super) fn seen(&self, length: usize) -> &[u8] {
        self.buffer.get(..length.min(self.buffer.len())).unwrap_or_default()
    }
}

/// Unsolicited bytes as lines of evidence.
fn unsolicited(bytes: &[u8]) -> Vec<String> {
    const SHOWN: usize = 20;
    let text = crosscheck_core::message::isomorphic::decode(bytes);
    text.lines()
        .filter(|line| !line.is_empty())
        .take(SHOWN)
        .map(|line| format!("(unsolicited) {line}"))
        .collect()
}

/// Passes over content as it comes.
struct Content {
    framing: Framing,
    left: u64,
    chunked: Chunked,
}

impl Content {
    fn new(framing: Framing) -> Self {
        let left = if let Framing::Length(length) = framing { length } else { 0 };
        Self { framing, left, chunked: Chunked::new() }
    }

    /// Passes over bytes: how many belong to the content, and whether it is whole.
    fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), ChunkError> {
        match self.framing {
            Framing::Empty => Ok((0, true)),
            Framing::UntilClose => Ok((bytes.len(), false)),
            Framing::Length(_) => {
                let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= taken as u64;
                Ok((taken, self.left == 0))
            }
            Framing::Chunked => {
                let mut at = 0;
                loop {
                    let passed = self.chunked.pass(bytes.get(at..).unwrap_or_default())?;
                    at += passed.taken;
                    if passed.whole || at == bytes.len() {
                        return Ok((at, passed.whole));
                    }
                }
            }
        }
    }
}
