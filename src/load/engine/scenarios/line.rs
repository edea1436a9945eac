//! One HTTP/1.1 connection of a user.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::super::{
    http1::{Broken, Content, Received, failed, late},
    judging::{Framing, Heard},
};
use crate::{load::record::ErrorKind, transport::Stream};

/// A connection that is open.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    filled: usize,
    /// How many answers it has brought.
    pub(super) served: u64,
}

const READ: usize = 8 * 1024;
const LONGEST_HEAD: usize = 256 * 1024;

impl Line {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, buffer: vec![0; READ], filled: 0, served: 0 }
    }

    /// Sends a request and waits for its answer. `hear` is given what has come of the head.
    pub(super) async fn exchange(
        &mut self,
        request: &[u8],
        patience: Duration,
        hear: impl FnMut(&[u8]) -> Result<Option<Heard>, String>,
    ) -> Result<Received, Broken> {
        match timeout(patience, self.patiently(request, hear)).await {
            Ok(result) => result,
            Err(_) => Err(late()),
        }
    }

    async fn patiently(
        &mut self,
        request: &[u8],
        mut hear: impl FnMut(&[u8]) -> Result<Option<Heard>, String>,
    ) -> Result<Received, Broken> {
        self.filled = 0;
        self.stream.write_all(request).await.map_err(|error| failed(&error, false))?;
        self.stream.flush().await.map_err(|error| failed(&error, false))?;
        let heard = loop {
            if self.filled == self.buffer.len() {
                if self.buffer.len() >= LONGEST_HEAD {
                    return Err(self.broken(ErrorKind::Parse, "the head has no end"));
                }
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            if self.read().await? == 0 {
                return Err(self.broken(ErrorKind::Closed, "closed before a whole answer"));
            }
            match hear(self.buffer.get(..self.filled).unwrap_or_default()) {
                Ok(Some(heard)) => break heard,
                Ok(None) => {}
                Err(message) => return Err(self.broken(ErrorKind::Parse, &message)),
            }
        };
        let mut bytes = heard.head as u64;
        let mut content = Content::new(heard.framing);
        let mut at = heard.head;
        loop {
            let part = self.buffer.get(at..self.filled).unwrap_or_default();
            let (taken, whole) =
                content.pass(part).map_err(|message| self.broken(ErrorKind::Parse, &message))?;
            bytes += taken as u64;
            at += taken;
            if whole {
                break;
            }
            // The head stays, as evidence.
            (at, self.filled) = (heard.head, heard.head);
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.buffer.len() + READ, 0);
            }
            if self.read().await? == 0 {
                if heard.framing == Framing::UntilClose {
                    break;
                }
                return Err(self.broken(ErrorKind::Closed, "closed within the content"));
            }
        }
        let unasked = self.filled.saturating_sub(at);
        self.served += 1;
        Ok(Received { heard, bytes, reusable: heard.persists && unasked == 0, unasked, lines: Vec::new() })
    }

    async fn read(&mut self) -> Result<usize, Broken> {
        let heard = self.filled > 0;
        let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = self.stream.read(free).await.map_err(|error| failed(&error, heard))?;
        self.filled += read;
        Ok(read)
    }

    fn broken(&self, kind: ErrorKind, message: &str) -> Broken {
        Broken { kind, message: message.to_owned(), heard: self.filled > 0 }
    }

    /// The lines of the last answer's head, for evidence.
    pub(super) fn lines(&self, head: usize) -> Vec<String> {
        super::super::carrier::lines(self.buffer.get(..head.min(self.buffer.len())).unwrap_or_default())
    }
}
