//! One HTTP/1.1 connection: a request goes out as it was rendered, an answer is heard and its
//! content passed over. Two system calls for each.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    broken::{Broken, failed, late},
    judging::{Framing, Heard},
    worker::Worker,
};
use crate::{load::record::ErrorKind, transport::Stream};

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
    /// Bytes after the answer, that nobody asked for.
    pub unasked: usize,
    /// Evidence that the connection does not keep: lines of the head where it is wrong, and what nobody asked for.
    pub lines: Vec<String>,
}

impl Received {
    /// That bytes came before the request that is answered here went out.
    pub(super) fn after(mut self, early: Vec<String>) -> Self {
        self.unasked += early.len();
        self.lines.extend(early);
        self
    }
}

/// What is read at once of a head at first, so that a thousand connections take little, and of content; and the
/// longest head.
const FIRST: usize = 2 * 1024;
const READ: usize = 8 * 1024;
const LONGEST_HEAD: usize = 256 * 1024;

/// How long an answer may take.
pub(super) trait Patience {
    /// Whether it is over; where not, who waits is woken when it is.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool;
}

/// The patience of a slot, whose requests the thread watches.
struct Watched<'w> {
    worker: &'w Worker,
    slot: usize,
}

impl Patience for Watched<'_> {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.worker.is_late(self.slot, cx)
    }
}

impl Line {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, buffer: vec![0; FIRST], filled: 0, served: 0 }
    }

    /// Sends a slot's request and waits for its answer. `hear` is given what has come of the head.
    pub(super) async fn exchange(
        &mut self,
        worker: &Worker,
        slot: usize,
        request: &[u8],
        hear: impl FnMut(&[u8]) -> Result<Option<Heard>, String>,
    ) -> Result<Received, Broken> {
        self.patiently(&mut Watched { worker, slot }, request, hear).await
    }

    /// Sends a request and waits for its answer. `hear` is given what has come of the head.
    pub(super) async fn patiently(
        &mut self,
        patience: &mut impl Patience,
        request: &[u8],
        mut hear: impl FnMut(&[u8]) -> Result<Option<Heard>, String>,
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
                Err(message) => return Err(self.broken(ErrorKind::Parse, message)),
            }
        };
        let mut bytes = heard.head as u64;
        let mut content = Content::new(heard.framing);
        let mut at = heard.head;
        loop {
            let part = self.buffer.get(at..self.filled).unwrap_or_default();
            let (taken, whole) =
                content.pass(part).map_err(|message| self.broken(ErrorKind::Parse, message))?;
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
        let unasked = self.filled.saturating_sub(at);
        self.served += 1;
        let lines = nobodys(self.buffer.get(at..self.filled).unwrap_or_default());
        Ok(Received { heard, bytes, reusable: heard.persists && unasked == 0, unasked, lines })
    }

    /// What a kept connection has brought though nothing was asked: nothing where it was ended, as it may be, and
    /// lines where there were bytes, of an answer that was not asked for. `None` where all is quiet, which costs no
    /// system call.
    pub(super) fn overheard(&mut self) -> Option<Vec<String>> {
        if self.served == 0 || self.stream.is_quiet() {
            return None;
        }
        let mut into = ReadBuf::new(&mut self.buffer);
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.stream).poll_read(&mut cx, &mut into) {
            Poll::Pending => None,
            Poll::Ready(Ok(())) => Some(nobodys(into.filled())),
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
        Broken { kind, message, heard: self.filled > 0 }
    }

    /// What has come of the answer's head, for evidence.
    pub(super) fn seen(&self, length: usize) -> &[u8] {
        self.buffer.get(..length.min(self.buffer.len())).unwrap_or_default()
    }
}

/// Bytes that nobody asked for, as lines of evidence.
fn nobodys(bytes: &[u8]) -> Vec<String> {
    const SHOWN: usize = 20;
    let text = crate::message::isomorphic::decode(bytes);
    text.lines()
        .filter(|line| !line.is_empty())
        .take(SHOWN)
        .map(|line| format!("(nobody asked for) {line}"))
        .collect()
}

/// Passes over content as it comes.
pub(super) struct Content {
    framing: Framing,
    left: u64,
    chunk: Chunk,
}

/// Where in the chunked transfer coding (RFC 9112 §7.1).
#[derive(Clone, Copy)]
enum Chunk {
    /// In a size line: the size so far, whether a digit was seen, and whether extensions began.
    Size(u64, bool, bool),
    Data,
    /// In the line end after a chunk.
    End,
    /// In the trailer section: whether the line has had anything.
    Trailer(bool),
}

impl Content {
    pub(super) fn new(framing: Framing) -> Self {
        let left = if let Framing::Length(length) = framing { length } else { 0 };
        Self { framing, left, chunk: Chunk::Size(0, false, false) }
    }

    /// Passes over bytes: how many belong to the content, and whether it is whole.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), String> {
        match self.framing {
            Framing::Empty => Ok((0, true)),
            Framing::UntilClose => Ok((bytes.len(), false)),
            Framing::Length(_) => {
                let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                self.left -= taken as u64;
                Ok((taken, self.left == 0))
            }
            Framing::Chunked => self.chunks(bytes),
        }
    }

    fn chunks(&mut self, bytes: &[u8]) -> Result<(usize, bool), String> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            match self.chunk {
                Chunk::Size(size, seen, extension) => {
                    at += 1;
                    match byte {
                        b'\n' if seen => {
                            self.left = size;
                            self.chunk = if size == 0 { Chunk::Trailer(false) } else { Chunk::Data };
                        }
                        b'\r' => {}
                        _ if extension => {}
                        b';' | b' ' | b'\t' if seen => self.chunk = Chunk::Size(size, true, true),
                        _ => {
                            let digit = char::from(byte).to_digit(16).map(u64::from);
                            let size = digit.and_then(|digit| size.checked_mul(16)?.checked_add(digit));
                            let Some(size) = size else {
                                return Err(format!("{:?} in a chunk's size", char::from(byte)));
                            };
                            self.chunk = Chunk::Size(size, true, false);
                        }
                    }
                }
                Chunk::Data => {
                    let rest = bytes.len() - at;
                    let taken = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest);
                    at += taken;
                    self.left -= taken as u64;
                    if self.left == 0 {
                        self.chunk = Chunk::End;
                    }
                }
                Chunk::End => {
                    at += 1;
                    match byte {
                        b'\r' => {}
                        b'\n' => self.chunk = Chunk::Size(0, false, false),
                        _ => return Err("a chunk is longer than its size says".to_owned()),
                    }
                }
                Chunk::Trailer(some) => {
                    at += 1;
                    match byte {
                        b'\n' if !some => return Ok((at, true)),
                        b'\n' => self.chunk = Chunk::Trailer(false),
                        b'\r' => {}
                        _ => self.chunk = Chunk::Trailer(true),
                    }
                }
            }
        }
        Ok((at, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much of the bytes is content, and whether it is whole, given all at once and bit by bit.
    fn passed(framing: Framing, bytes: &[u8]) -> Result<(usize, bool), String> {
        let all = Content::new(framing).pass(bytes);
        let mut content = Content::new(framing);
        let (mut taken, mut whole) = (0, false);
        for byte in bytes {
            if whole {
                break;
            }
            let Ok((some, end)) = content.pass(&[*byte]) else {
                assert!(all.is_err(), "{}", bytes.escape_ascii());
                return all;
            };
            (taken, whole) = (taken + some, end);
        }
        let all = all?;
        if !bytes.is_empty() {
            assert_eq!((taken, whole), all, "{}", bytes.escape_ascii());
        }
        Ok(all)
    }

    #[test]
    fn content_ends_where_its_framing_says() {
        for (framing, bytes, taken, whole) in [
            (Framing::Empty, &b""[..], 0, true),
            (Framing::Length(3), b"abcd", 3, true),
            (Framing::Length(3), b"ab", 2, false),
            (Framing::Length(0), b"", 0, true),
            (Framing::UntilClose, b"abc", 3, false),
            (Framing::Chunked, b"0\r\n\r\n", 5, true),
            (Framing::Chunked, b"0\r\n\r\nHTTP", 5, true),
            (Framing::Chunked, b"3\r\nabc\r\n0\r\n\r\n", 13, true),
            (Framing::Chunked, b"3;x=\"1\"\r\nabc\r\nA\r\n0123456789\r\n00\r\nT: 1\r\n\r\n", 41, true),
            (Framing::Chunked, b"3\r\nab", 5, false),
            (Framing::Chunked, b"3\nabc\n0\n\n", 9, true),
        ] {
            assert_eq!(passed(framing, bytes), Ok((taken, whole)), "{}", bytes.escape_ascii());
        }
        for bytes in [&b"x\r\n"[..], b"3\r\nabcd\r\n", b"FFFFFFFFFFFFFFFFF\r\n"] {
            assert!(passed(Framing::Chunked, bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }
}
